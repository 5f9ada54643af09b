//! Whether anybody listens for the failure of something that tells it by an event, and ends the process where nobody does.

use plimsoll_behavior::{BindingId, BindingKind, Effects, Exported, Kind, LoopKind, Name, NodeId};
use plimsoll_project::link::Value;
use rustc_hash::FxHashSet;

use crate::UnitView;
use crate::ask::{binding_of, callee_name, owner_of, uses_of};

/// Methods by which something is listened to.
const LISTENS: &[&str] = &["on", "once", "addListener", "prependListener", "prependOnceListener"];

/// Methods that leave a failure to whoever listens.
const LEAVES: &[&str] = &[
    "pipe",
    "unpipe",
    "write",
    "end",
    "destroy",
    "close",
    "cork",
    "uncork",
    "off",
    "removeListener",
    "removeAllListeners",
    "setDefaultEncoding",
    "emit",
];

/// The same, where they hand out what they are called on.
const HANDS_OUT: &[&str] = &["pause", "resume", "setEncoding", "setMaxListeners"];

/// Whether nobody listens for this event of what a call makes, wherever that goes in this file. What goes elsewhere is
/// taken for listened to.
#[must_use]
pub fn is_unheard(view: &UnitView<'_>, call: NodeId, event: &str) -> bool {
    let mut follow = Follow {
        view,
        event,
        open: vec![(view.index, call)],
        seen: FxHashSet::default(),
        bindings: FxHashSet::default(),
        is_heard: false,
    };
    while let Some((unit, node)) = follow.open.pop() {
        if follow.seen.insert((unit, node)) {
            follow.at(unit, node);
        }
        if follow.is_heard {
            return false;
        }
    }
    true
}

/// Its work list only ever takes a node once, so it ends.
struct Follow<'a, 'b> {
    view: &'b UnitView<'a>,
    event: &'b str,
    open: Vec<(usize, NodeId)>,
    seen: FxHashSet<(usize, NodeId)>,
    bindings: FxHashSet<(usize, BindingId)>,
    is_heard: bool,
}

impl Follow<'_, '_> {
    fn at(&mut self, unit: usize, node: NodeId) {
        let u = self.view.unit_of(unit);
        let Some(parent) = u.parent(node) else {
            self.is_heard = true;
            return;
        };
        match u.kind(parent) {
            Kind::Cast { .. } | Kind::NonNull(_) => self.open.push((unit, parent)),
            Kind::Binary { op, .. } if matches!(op.as_str(), "??" | "||" | "&&") => {
                self.open.push((unit, parent));
            }
            Kind::If { condition, is_expression: true, .. } if *condition != node => {
                self.open.push((unit, parent));
            }
            Kind::Member { object, .. } if *object == node => self.member(unit, parent),
            Kind::Assign { target, value, .. } if *value == node => self.stored(unit, *target),
            // It is given another value.
            Kind::Assign { target, .. } if *target == node => {}
            Kind::Let { pattern, .. } => match pattern.bindings.as_slice() {
                [only] if u.binding(*only).path.is_empty() => self.bound(unit, *only),
                _ => self.is_heard = true,
            },
            Kind::Call { args, .. } if args.contains(&node) => {
                // Where it is piped to tells nobody of its failure.
                let is_piped_to = callee_name(u, parent).is_some_and(|name| name == "pipe");
                let is_shown = || self.view.eval.call(unit, parent).effects.contains(Effects::LOG);
                self.is_heard |= !is_piped_to && !is_shown();
            }
            Kind::Loop(own) if own.over == Some(node) => self.is_heard |= own.kind == LoopKind::EachAwait,
            Kind::Discard(_) | Kind::If { .. } | Kind::Unary { .. } | Kind::Binary { .. } | Kind::Loop(_) => {
            }
            _ => self.is_heard = true,
        }
    }

    /// A member of it is read, or called.
    fn member(&mut self, unit: usize, member: NodeId) {
        let u = self.view.unit_of(unit);
        let Kind::Member { name, .. } = u.kind(member) else { return };
        let called = u.parent(member).and_then(|call| match u.kind(call) {
            Kind::Call { callee, args, .. } if *callee == member => Some((call, args)),
            _ => None,
        });
        let Some((call, args)) = called else { return };
        if LISTENS.contains(&name.as_str()) {
            let event = args.first().map(|&event| self.view.eval.value(unit, event));
            self.is_heard |= match event {
                Some(Value::Text(event)) => event == self.event,
                _ => true,
            };
            self.open.push((unit, call));
        } else if HANDS_OUT.contains(&name.as_str()) {
            self.open.push((unit, call));
        } else {
            self.is_heard |= !LEAVES.contains(&name.as_str());
        }
    }

    fn stored(&mut self, unit: usize, target: NodeId) {
        let u = self.view.unit_of(unit);
        match u.kind(target) {
            Kind::Name { .. } => match binding_of(self.view, unit, target) {
                Some((unit, b)) => self.bound(unit, b),
                None => self.is_heard = true,
            },
            Kind::Member { object, name, .. } if *u.kind(*object) == Kind::This => {
                self.in_field(unit, *object, name);
            }
            _ => self.is_heard = true,
        }
    }

    fn bound(&mut self, unit: usize, binding: BindingId) {
        let u = self.view.unit_of(unit);
        let is_exported = unit == 0
            && u.exports.iter().any(|export| matches!(export.local, Exported::Binding(b) if b == binding));
        if is_exported || u.binding(binding).kind != BindingKind::Variable {
            self.is_heard = true;
        } else if self.bindings.insert((unit, binding)) {
            self.open.extend(uses_of(self.view, unit, binding));
        }
    }

    /// It is in a field of a class: the methods of the class read it there.
    fn in_field(&mut self, unit: usize, this: NodeId, field: &Name) {
        let class = owner_of(self.view, unit, this);
        for (unit, entry) in self.view.linked.file.units.iter().enumerate() {
            for (i, node) in entry.unit.nodes.iter().enumerate() {
                let Kind::Member { object, name, .. } = &node.kind else { continue };
                let id = NodeId(u32::try_from(i).expect("few nodes"));
                let is_it = name == field && *entry.unit.kind(*object) == Kind::This;
                if is_it && owner_of(self.view, unit, id) == class {
                    self.open.push((unit, id));
                }
            }
        }
    }
}
