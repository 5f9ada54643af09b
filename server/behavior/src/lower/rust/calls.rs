//! Calls and struct literals.

use tree_sitter::Node;

use super::Lower;
use super::kinds::{K, child_of_kind, field, first_part, kind, parts};
use super::types::{type_arguments, type_expr};
use crate::{CallForm, Entry, Key, Kind, NodeId, TypeExpr};

impl Lower<'_, '_> {
    /// A call whose callee is lowered already.
    pub(super) fn call(&mut self, node: Node<'_>, callee: NodeId) -> NodeId {
        let type_args = field(node, |f| f.function).map(|callee| self.turbofish(callee)).unwrap_or_default();
        let args = field(node, |f| f.arguments).map(|list| self.all_parts(list)).unwrap_or_default();
        self.add(
            Kind::Call { callee, args: args.into(), form: CallForm::Plain, type_args: type_args.into() },
            node,
        )
    }

    /// The type arguments of a callee: those of `f::<T>`, else those of the type in `Vec::<T>::new`.
    fn turbofish(&self, callee: Node<'_>) -> Vec<TypeExpr> {
        let list = match kind(callee) {
            K::GenericFunction => field(callee, |f| f.type_arguments),
            K::ScopedIdentifier => field(callee, |f| f.path)
                .filter(|path| kind(*path) == K::GenericType)
                .and_then(|path| field(path, |f| f.type_arguments)),
            _ => None,
        };
        list.map(|list| type_arguments(list, self.text)).unwrap_or_default()
    }

    /// `Point { x: 1, y, ..rest }`
    pub(super) fn struct_literal(&mut self, node: Node<'_>) -> NodeId {
        let ty = field(node, |f| f.name).map(|ty| type_expr(ty, self.text));
        let fields = field(node, |f| f.body).map(parts).unwrap_or_default();
        let mut entries = Vec::with_capacity(fields.len());
        for part in fields {
            let range = self.own_range(part);
            match kind(part) {
                K::FieldInitializer => {
                    let Some(key) = field(part, |f| f.field) else {
                        continue;
                    };
                    let value = match field(part, |f| f.value) {
                        Some(value) if kind(value) == K::Closure => self.closure(value, Some(key)),
                        value => self.expr_or_nothing(value, part),
                    };
                    entries.push(Entry { key: Key::Name(self.name(key)), value, is_shorthand: false, range });
                }
                K::ShorthandFieldInitializer => {
                    let Some(name) = child_of_kind(part, K::Identifier) else {
                        continue;
                    };
                    let value = self.name_node(name);
                    entries.push(Entry { key: Key::Name(self.name(name)), value, is_shorthand: true, range });
                }
                K::BaseFieldInitializer => {
                    let base = self.expr_or_nothing(first_part(part), part);
                    let value = self.add(Kind::Spread(base), part);
                    entries.push(Entry { key: Key::Spread, value, is_shorthand: false, range });
                }
                _ => {}
            }
        }
        self.add(Kind::Object { entries: entries.into(), ty: ty.map(Box::new) }, node)
    }
}
