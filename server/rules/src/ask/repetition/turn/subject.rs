//! Turns that each ask for something else, which no statement asks for together.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingKind, FunctionId, Kind, Literal, NodeId, Unit};
use plimsoll_project::link::{Context, SlotValue};

use super::Turn;
use crate::UnitView;
use crate::ask::code::{Source, bare, callee_name, in_function, mentions, unit_of};
use plimsoll_behavior::words;

/// Words after which a table stands in SQL text.
const BEFORE_TABLES: &[&str] = &["from", "into", "update", "join", "table", "truncate"];

/// Whether each turn asks another table, which its element names.
#[must_use]
pub(crate) fn is_each_of_a_table(view: &UnitView<'_>, turn: &Turn, call: NodeId, source: &Source) -> bool {
    let u = unit_of(view, turn.unit);
    let facts = view.eval.call(view.index, call);
    if facts.target.is_none() {
        let named = match facts.slot(Slot::Table) {
            Some(SlotValue::Node(site)) => view.node_at(site),
            _ => None,
        };
        let is_its_own = |node: NodeId| {
            mentions(u, node, &turn.elements)
                || matches!(u.kind(bare(u, node)), Kind::Name { binding: Some(b), .. }
                    if u.binding(*b).value.is_some_and(|value| mentions(u, value, &turn.elements)))
        };
        return turn.unit == view.index
            && (named.is_some_and(|(unit, node)| unit == turn.unit && is_its_own(node))
                || table_in_text(view, &facts).is_some_and(is_its_own));
    }
    // The whole request goes to a helper of the project, which takes the table out of what it is given.
    let Some(SlotValue::Node(site)) = source.facts.slot(Slot::Table) else { return false };
    let is_given = if site.file == view.linked.file.path {
        view.node_at(site).is_some_and(|(unit, node)| comes_from_outside(view.unit_of(unit), node))
    } else {
        view.world.linked(&site.file).is_some_and(|linked| {
            let unit = linked.file.unit_at(&site.unit);
            unit.is_some_and(|unit| comes_from_outside(&linked.file.units[unit].unit, site.node))
        })
    };
    let Kind::Call { args, .. } = view.unit.kind(call) else { return false };
    let is_element = |arg: NodeId| match view.unit.kind(bare(view.unit, arg)) {
        Kind::Name { binding: Some(b), .. } => turn.elements.contains(b),
        _ => false,
    };
    is_given && turn.unit == view.index && args.iter().any(|&arg| is_element(arg))
}

/// Whether each turn asks as another tenant, whom its element names: row-level security shows each one's rows only to a
/// connection that says who it is.
#[must_use]
pub(crate) fn is_each_of_a_tenant(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    if runs_as_a_tenant(view, turn, call) {
        return true;
    }
    let Some(target) = view.eval.call(view.index, call).target.clone() else { return false };
    let Kind::Call { args, .. } = view.unit.kind(call) else { return false };
    let u = view.unit;
    let named = |arg: NodeId| match u.kind(bare(u, arg)) {
        Kind::Name { binding: Some(b), .. } => turn.elements.contains(b),
        Kind::Member { object, .. } => mentions(u, *object, &turn.elements),
        _ => false,
    };
    let Some(index) = args.iter().position(|&arg| named(arg)).filter(|_| turn.unit == view.index) else {
        return false;
    };
    let mut says_who = false;
    in_function(view, &target, &mut |there| {
        says_who |= tells_the_database(there.unit, target.function, index);
    });
    says_who
}

/// Whether a call stands in a function that is handed to another one which runs it as the tenant that the element is:
/// `runWithTenant(company.id, async () => …)`.
fn runs_as_a_tenant(view: &UnitView<'_>, turn: &Turn, call: NodeId) -> bool {
    view.functions_around(call).iter().any(|(_, _, context)| {
        let (Context::Passed(closure) | Context::Runs(_, closure)) = context else { return false };
        let u = unit_of(view, closure.unit);
        let Kind::Call { args, .. } = u.kind(closure.call) else { return false };
        closure.unit == turn.unit
            && callee_name(u, closure.call)
                .is_some_and(|name| words(name).iter().any(|word| word == "tenant"))
            && args
                .iter()
                .enumerate()
                .any(|(at, &arg)| at != closure.argument && mentions(u, arg, &turn.elements))
    })
}

/// Whether a unit sets a variable of its connection to a parameter of one of its functions:
/// `SELECT set_config('app.tenant', $1, true)`.
fn tells_the_database(u: &Unit, function: FunctionId, index: usize) -> bool {
    let sets = |text: &str| {
        let text = text.trim_start().to_ascii_lowercase();
        text.contains("set_config(") || text.starts_with("set local ") || text.starts_with("set session ")
    };
    u.calls.iter().any(|&call| {
        let parts = u.descendants(call);
        let has_text = parts.iter().any(|&part| match u.kind(part) {
            Kind::Literal(Literal::String(text)) => sets(text),
            Kind::Template { pieces, .. } => pieces.first().is_some_and(|piece| sets(piece)),
            _ => false,
        });
        has_text
            && parts.iter().any(|&part| match u.kind(part) {
                Kind::Name { binding: Some(b), .. } => {
                    matches!(
                        u.binding(*b).kind,
                        BindingKind::Parameter(own, at) if own == function && usize::from(at) == index
                    )
                }
                _ => false,
            })
    })
}

/// Whether a value is a parameter, or a part of one.
fn comes_from_outside(u: &Unit, node: NodeId) -> bool {
    let mut at = node;
    for _ in 0..16 {
        at = match u.kind(bare(u, at)) {
            Kind::Member { object, .. } => *object,
            Kind::Name { binding: Some(b), .. } => {
                let b = u.binding(*b);
                match (b.kind, b.value) {
                    (BindingKind::Parameter(..), _) => return true,
                    (_, Some(value)) => value,
                    _ => return false,
                }
            }
            _ => return false,
        };
    }
    false
}

/// What stands in SQL text where a table does: `` `SELECT * FROM ${table}` ``.
fn table_in_text(view: &UnitView<'_>, facts: &plimsoll_project::link::CallFacts) -> Option<NodeId> {
    let sql = view.own_node(facts.slot(Slot::Sql))?;
    let Kind::Template { pieces, holes } = view.unit.kind(sql) else { return None };
    pieces.iter().zip(holes).find_map(|(piece, &hole)| {
        let before = piece.trim_end_matches(['"', '`', ' ', '\n']);
        let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?.to_ascii_lowercase();
        BEFORE_TABLES.contains(&word.as_str()).then_some(hole)
    })
}
