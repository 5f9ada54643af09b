//! What a value of unknown origin may be taken for.

use std::sync::Arc;

use plimsoll_behavior::{Access, BindingKind, Key, Kind, Name, NodeId};

use crate::link::{Instance, Value};

use super::Evaluator;

impl Evaluator<'_> {
    /// What a value of unknown origin may be taken for by its name and what is called on it.
    pub(super) fn by_convention(&self, unit: usize, node: NodeId) -> Value {
        let u = self.unit(unit);
        let name = match u.kind(node) {
            Kind::Name { name, .. } | Kind::Member { name, access: Access::Dot | Access::Optional, .. } => {
                name
            }
            _ => return Value::Unknown,
        };
        for (index, model) in self.models.all().iter().enumerate() {
            for convention in model.conventions.iter().filter(|c| c.receiver.contains(name)) {
                let fits =
                    convention.calls.iter().any(|calls| self.is_used_so(unit, node, calls, convention))
                        || !convention.beside.is_empty()
                            && self.stands_beside(unit, node, &convention.beside);
                let model = u16::try_from(index).expect("fewer than 65,536 models");
                if fits && let Some(ty) = self.models.type_named(model, &convention.ty) {
                    return Value::Instance(Arc::new(Instance {
                        is_convention: true,
                        ..Instance::new(ty, Vec::new())
                    }));
                }
            }
        }
        Value::Unknown
    }

    /// Whether a name is the first parameter of a function whose second one has one of these names.
    fn stands_beside(&self, unit: usize, node: NodeId, names: &[Name]) -> bool {
        let Some((unit, binding)) = self.declared_at(unit, node) else { return false };
        let u = self.unit(unit);
        let BindingKind::Parameter(function, 0) = u.binding(binding).kind else { return false };
        let second = u.function(function).params.get(1);
        let mut bound = second.into_iter().flat_map(|param| &param.pattern.bindings);
        u.binding(binding).path.is_empty()
            && bound.any(|&b| {
                let name = u.binding(b).name.trim_start_matches('_');
                u.binding(b).path.is_empty() && names.iter().any(|own| own == name)
            })
    }

    /// Whether `node` is the receiver of the members and calls that `path` lists.
    pub(super) fn is_used_so(
        &self,
        unit: usize,
        node: NodeId,
        path: &str,
        convention: &plimsoll_behavior::models::Convention,
    ) -> bool {
        let u = self.unit(unit);
        let mut at = node;
        let mut call = None;
        for step in path.split('.') {
            let mut parent = u.parent(at);
            if let Some(p) = parent
                && matches!(u.kind(p), Kind::Call { callee, .. } if *callee == at)
            {
                at = p;
                parent = u.parent(p);
            }
            let Some(p) = parent else { return false };
            match u.kind(p) {
                Kind::Member { object, name, .. } if *object == at && (step == "*" || name == step) => at = p,
                _ => return false,
            }
            call = u.parent(at).filter(|&c| matches!(u.kind(c), Kind::Call { callee, .. } if *callee == at));
        }
        let Some(call) = call else { return false };
        let Some(first) = self.argument_node(unit, call, 0) else {
            return convention.first_argument_has.is_empty() && !convention.first_argument_is_sql;
        };
        if convention.first_argument_is_sql {
            return self.text_head(unit, first).is_some_and(|t| looks_like_sql(&t));
        }
        match u.kind(first) {
            Kind::Object { entries, .. } if !convention.first_argument_has.is_empty() => {
                entries.iter().any(|e| match &e.key {
                    Key::Name(n) => convention.first_argument_has.contains(n),
                    _ => false,
                })
            }
            _ => convention.first_argument_has.is_empty(),
        }
    }

    /// The constant text that a text begins with.
    #[must_use]
    pub fn text_head(&self, unit: usize, node: NodeId) -> Option<Name> {
        match self.unit(unit).kind(node) {
            Kind::Template { pieces, .. } => pieces.first().cloned(),
            Kind::Binary { op, left, .. } if op == "+" => self.text_head(unit, *left),
            _ => match self.value(unit, node) {
                Value::Text(text) => Some(text),
                _ => None,
            },
        }
    }
}

/// Whether a text begins like an SQL statement.
#[must_use]
pub fn looks_like_sql(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let word: String =
        text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    matches!(
        word.as_str(),
        "select" | "insert" | "update" | "delete" | "with" | "create" | "alter" | "drop" | "truncate"
    ) && text[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '*')
}
