//! What text a value is, where it is written down.

use plimsoll_behavior::{CallForm, Kind, Literal, NodeId, Unit};

use crate::UnitView;
use crate::ask::code::{bare, declaration};

/// How many calls and names a text is followed through.
const MAX_STEPS: u8 = 6;

/// Methods that hand out the text they are called on, in another type.
#[rustfmt::skip] // a list of words
const OF_TEXT: &[&str] = &[
    "as_bytes", "as_ref", "as_str", "clone", "into", "into_boxed_str", "into_bytes", "into_string", "to_bytes", "to_owned", "to_string",
    "to_vec", "toString", "trim",
];
/// Functions that make another type of a text.
#[rustfmt::skip] // a list of words
const MAKES: &[&str] = &[
    "Some", "String", "encode", "from", "from_slice", "from_static", "from_str", "new", "createSecretKey",
];

/// A text that is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The unit it stands in.
    pub unit: usize,
    /// The literal.
    pub node: NodeId,
    /// What it says.
    pub text: String,
    /// Whether it stands where the value is wanted, and not behind a name.
    pub is_here: bool,
}

/// The text that a value is, where this file says it.
#[must_use]
pub fn written(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<Written> {
    follow(view, unit, node, MAX_STEPS)
}

fn follow(view: &UnitView<'_>, unit: usize, node: NodeId, steps: u8) -> Option<Written> {
    let steps = steps.checked_sub(1)?;
    let u = view.unit_of(unit);
    let node = bare(u, node);
    let here = |text: &str| Written { unit, node, text: text.to_owned(), is_here: true };
    match u.kind(node) {
        Kind::Literal(Literal::String(text)) => Some(here(text)),
        Kind::Literal(Literal::Bytes) => {
            let text = view.of(unit).text(node);
            let inside = text.trim_start_matches(['b', 'r', '#']).trim_end_matches('#');
            Some(here(inside.trim_matches(['"', '\''])))
        }
        Kind::Call { callee, args, form, .. } => {
            if matches!(form, CallForm::Macro | CallForm::Tagged | CallForm::Import) {
                return None;
            }
            match u.kind(*callee) {
                Kind::Member { object, name, .. } if OF_TEXT.contains(&name.as_str()) => {
                    follow(view, unit, *object, steps)
                }
                Kind::Member { name, .. } | Kind::Name { name, .. } if MAKES.contains(&name.as_str()) => {
                    follow(view, unit, *args.first()?, steps)
                }
                _ => None,
            }
        }
        Kind::Function(function) => follow(view, unit, u.function(*function).body?, steps),
        Kind::Block { statements, has_value: true, .. } => follow(view, unit, *statements.last()?, steps),
        Kind::Block { statements, .. } => {
            let [only] = statements.as_slice() else { return None };
            follow(view, unit, returned(u, *only)?, steps)
        }
        Kind::Name { .. } => {
            let (at, binding) = declaration(view, unit, node)?;
            let binding = view.unit_of(at).binding(binding);
            if !binding.path.is_empty() || !binding.assignments.is_empty() {
                return None;
            }
            let found = follow(view, at, binding.value?, steps)?;
            Some(Written { is_here: false, ..found })
        }
        _ => None,
    }
}

fn returned(u: &Unit, statement: NodeId) -> Option<NodeId> {
    match u.kind(statement) {
        Kind::Return(value) => *value,
        Kind::Discard(inner) => returned(u, *inner),
        _ => None,
    }
}
