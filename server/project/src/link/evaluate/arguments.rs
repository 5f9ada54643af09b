//! What stands at an argument path such as `0.where`.

use plimsoll_behavior::{Key, Kind, Literal, NodeId};

use crate::link::{Site, Value};

use super::{Argument, Evaluator};

impl Evaluator<'_> {
    /// The argument with this index, where no spread stands before it.
    #[must_use]
    pub fn argument_node(&self, unit: usize, call: NodeId, index: usize) -> Option<NodeId> {
        let u = self.unit(unit);
        let Kind::Call { args, .. } = u.kind(call) else {
            return None;
        };
        let before = args.get(..=index)?;
        (!before.iter().any(|&a| matches!(u.kind(a), Kind::Spread(_)))).then(|| args[index])
    }

    /// What stands at an argument path: none where nothing does, and an inner none where something may that is not known.
    pub(in crate::link) fn argument_site(
        &self,
        unit: usize,
        call: NodeId,
        path: &str,
    ) -> Option<Option<Site>> {
        match self.argument(unit, call, path, "") {
            Argument::Found(site) => Some(Some(site)),
            Argument::Text(_) | Argument::Unknown => Some(None),
            Argument::Absent => None,
        }
    }

    pub(super) fn argument(&self, unit: usize, call: NodeId, path: &str, name: &str) -> Argument {
        if let Some(constant) = path.strip_prefix('=') {
            return Argument::Text(constant.into());
        }
        if path == "{member}" {
            return Argument::Text(name.into());
        }
        let u = self.unit(unit);
        let Kind::Call { callee, args, .. } = u.kind(call) else {
            return Argument::Absent;
        };
        if path == "receiver" {
            return match u.kind(*callee) {
                Kind::Member { object, .. } => Argument::Found(self.site(unit, *object)),
                _ => Argument::Absent,
            };
        }
        if path == "<0>" {
            return match u.kind(call) {
                Kind::Call { type_args, .. } if !type_args.is_empty() => {
                    Argument::Found(self.site(unit, call))
                }
                _ => Argument::Absent,
            };
        }
        if path == "*" {
            return args.first().map_or(Argument::Absent, |&first| Argument::Found(self.site(unit, first)));
        }
        let mut steps = path.split('.');
        let Some(index) = steps.next().and_then(|i| i.parse::<usize>().ok()) else {
            return Argument::Absent;
        };
        let spread = args.iter().take(index + 1).any(|&a| matches!(u.kind(a), Kind::Spread(_)));
        if spread {
            return Argument::Unknown;
        }
        let Some(&argument) = args.get(index) else {
            return Argument::Absent;
        };
        let mut at = self.site(unit, argument);
        for step in steps {
            match self.property(&at, step) {
                Argument::Found(site) => at = site,
                other => return other,
            }
        }
        Argument::Found(at)
    }

    /// Whether an object is known to have no property of this name.
    #[must_use]
    pub fn lacks_property(&self, unit: usize, object: NodeId, name: &str) -> bool {
        matches!(self.property(&self.site(unit, object), name), Argument::Absent)
    }

    /// The value of a property of an object, which may stand in another file.
    #[must_use]
    pub fn property_value(&self, object: &Site, name: &str) -> Value {
        if object.file != self.file.path {
            return self.world.ask(&object.file, |there| there.property_value(object, name));
        }
        match self.property(object, name) {
            Argument::Found(site) if site.file == self.file.path => {
                self.file.unit_at(&site.unit).map_or(Value::Unknown, |unit| self.value(unit, site.node))
            }
            _ => Value::Unknown,
        }
    }

    /// The property of an object in this file, whether written in place or bound to a name.
    pub(super) fn property(&self, at: &Site, name: &str) -> Argument {
        if at.file != self.file.path {
            let mut found = Argument::Unknown;
            self.world.in_file(&at.file, &mut |there| found = there.property(at, name));
            return found;
        }
        let Some(unit) = self.file.unit_at(&at.unit) else {
            return Argument::Unknown;
        };
        let (unit, node) = match self.value(unit, at.node) {
            Value::Syntax(site) if site.file != self.file.path => return self.property(&site, name),
            Value::Syntax(site) => match self.file.unit_at(&site.unit) {
                Some(unit) => (unit, site.node),
                None => return Argument::Unknown,
            },
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Null | Value::Function(_) => {
                return Argument::Absent;
            }
            _ if self.is_text(at.node, unit) => return Argument::Absent,
            _ => return Argument::Unknown,
        };
        if let Some(assigned) = self.assigned_property(at, name) {
            return Argument::Found(assigned);
        }
        let Kind::Object { entries, .. } = self.unit(unit).kind(node) else {
            return Argument::Absent;
        };
        let mut spread = false;
        for entry in entries.iter().rev() {
            match &entry.key {
                Key::Name(n) if n == name => return Argument::Found(self.site(unit, entry.value)),
                Key::Name(_) => {}
                Key::Computed(_) => spread = true,
                Key::Spread => {
                    let inner = match self.unit(unit).kind(entry.value) {
                        Kind::Spread(inner) => *inner,
                        _ => entry.value,
                    };
                    match self.in_spread(unit, node, || self.property(&self.site(unit, inner), name)) {
                        Some(Argument::Absent) => {}
                        Some(Argument::Found(site)) => return Argument::Found(site),
                        _ => spread = true,
                    }
                }
            }
        }
        if spread { Argument::Unknown } else { Argument::Absent }
    }

    /// Whether a node is text, whatever it says: a template, what falls back to text, a variable of the environment.
    pub(super) fn is_text(&self, mut node: NodeId, unit: usize) -> bool {
        const MAX_NAMES: usize = 8;
        let u = self.unit(unit);
        let is_literal =
            |node: NodeId| matches!(u.kind(node), Kind::Template { .. } | Kind::Literal(Literal::String(_)));
        for _ in 0..MAX_NAMES {
            node = match u.kind(node) {
                Kind::Template { .. } => return true,
                Kind::Binary { op, left, right } => {
                    let text = match op.as_str() {
                        "+" => *left,
                        "??" | "||" => *right,
                        _ => return false,
                    };
                    return is_literal(text);
                }
                Kind::Member { object, .. } => {
                    let of = self.value(unit, *object);
                    return of.instance().is_some_and(|of| self.models.ty(of.ty).holds_text);
                }
                Kind::NonNull(inner) | Kind::Cast { value: inner, .. } => *inner,
                Kind::Name { binding: Some(binding), .. } => {
                    let binding = u.binding(*binding);
                    match binding.value {
                        Some(value) if binding.path.is_empty() && binding.assignments.is_empty() => value,
                        _ => return false,
                    }
                }
                _ => return false,
            };
        }
        false
    }

    /// What is assigned to a property of an object that a name of its unit is bound to: `options.signal = signal`.
    pub(super) fn assigned_property(&self, at: &Site, name: &str) -> Option<Site> {
        let unit = self.file.unit_at(&at.unit)?;
        let u = self.unit(unit);
        let Kind::Name { binding: Some(binding), .. } = u.kind(at.node) else {
            return None;
        };
        u.binding(*binding).uses.iter().find_map(|&used| {
            let member = u.parent(used)?;
            let Kind::Member { object, name: property, .. } = u.kind(member) else { return None };
            let Kind::Assign { target, value, .. } = u.kind(u.parent(member)?) else { return None };
            (*object == used && property == name && *target == member).then(|| self.site(unit, *value))
        })
    }
}
