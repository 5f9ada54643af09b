//! What an edit to a large function leaves alone among the units nested in it.
//!
//! A component of thousands of lines holds hundreds of handlers, each a unit, which see all that the component binds. Were
//! they understood anew at every key in the component itself, each key would cost what the component costs. But most of
//! what is typed is a statement that nothing else speaks of yet. Where that is so, nothing leads into it: a unit reads of
//! the function around it only what the names that it mentions are bound to, what they are assigned, and the call or
//! element that it stands in itself. What others ask of the function, its result and its effects, is told by its
//! [`UnitFacts::outward`], which [`super::relink`] holds to be equal.

use std::mem::discriminant;

use plimsoll_behavior::{BodyPart, Kind, Name, OwnRange, ScopeId, Unit, UnitPlace};
use plimsoll_syntax::TextRange;

use super::{CallFacts, FileUnits, FnRef, Local, Site, SlotValue, UnitFacts, Value};

/// An edit to statements of one unit that nothing outside of them mentions.
pub(super) struct Apart {
    /// The unit.
    root: usize,
    /// Bytes of the file, as it is now, between the statements that stand as they stood.
    between: TextRange,
    /// Whether the nodes and functions elsewhere in the unit have the numbers that they had.
    keeps_numbers: bool,
}

impl Apart {
    /// The edit that made `now` of `before`, of which `changed` is told by [`FileUnits::changed_since`]; none where it is of
    /// another kind. `text` is the file's.
    pub fn of(before: &FileUnits, now: &FileUnits, changed: &[usize], text: &str) -> Option<Apart> {
        if !now.language.is_script_family() {
            return None;
        }
        let mut edited = changed.iter().filter(|&&unit| before.units[unit].key != now.units[unit].key);
        let (&root, None) = (edited.next()?, edited.next()) else { return None };
        let (old, new) = (&*before.units[root].unit, &*now.units[root].unit);
        if !is_plain(old) || !is_plain(new) || old.directives != new.directives {
            return None;
        }
        let (from, to) = differing(&old.parts, &new.parts)?;
        let (old_span, new_span) = (span(&old.parts, from, to), span(&new.parts, from, to));
        let place = &now.units[root].place;
        let between = TextRange::new(
            file_byte(place, new_span.start, new.parts[from - 1].nested.end),
            file_byte(place, new_span.end, new.parts[new.parts.len() - to].nested.start),
        );
        let around = text.get(place.range.start as usize..between.start as usize)?;
        let behind = text.get(between.end as usize..place.range.end as usize)?;
        for (u, span) in [(old, old_span), (new, new_span)] {
            let nested = u.parts[from - 1].nested.end..u.parts[u.parts.len() - to].nested.start;
            let is_mentioned = |name: &Name| mentions(around, name) || mentions(behind, name);
            if assigns(u, span) || bound_for_others(u, span, nested)?.into_iter().any(is_mentioned) {
                return None;
            }
        }
        let keeps_numbers = keeps_numbers(old, new, old_span, new_span);
        Some(Apart { root, between, keeps_numbers })
    }

    /// Whether a unit does what `facts` say it did before the edit.
    pub fn leaves(&self, now: &FileUnits, unit: usize, facts: &UnitFacts) -> bool {
        let parent = |&at: &usize| now.units[at].parent;
        let Some(at) = std::iter::successors(Some(unit), parent).find(|&at| parent(&at) == Some(self.root))
        else {
            return false;
        };
        let range = now.units[at].place.range;
        let is_elsewhere = range.end <= self.between.start || self.between.end <= range.start;
        is_elsewhere && (self.keeps_numbers || !numbers(facts, &now.path, &now.units[self.root].path))
    }
}

/// Whether a unit holds nothing that is found otherwise than by what leads to it, and was read as a whole.
fn is_plain(u: &Unit) -> bool {
    !u.parts.is_empty() && u.types.is_empty() && u.imports.is_empty() && u.exports.is_empty() && !u.is_cut
}

/// How many parts at the beginning, and how many at the end, are written alike; none where none are.
fn differing(old: &[BodyPart], new: &[BodyPart]) -> Option<(usize, usize)> {
    let is_same = |(a, b): &(&BodyPart, &BodyPart)| {
        a.written.is_some() && a.written == b.written && a.nested == b.nested
    };
    // The brace at the end is left for the other side: only white space may differ.
    let least = old.len().min(new.len()).checked_sub(1)?;
    let from = old.iter().zip(new).take(least).take_while(is_same).count();
    let left = old.len().min(new.len()) - from;
    let to = old.iter().rev().zip(new.iter().rev()).take(left).take_while(is_same).count();
    (from > 0 && to > 0).then_some((from, to))
}

/// What lies between the first `from` parts and the last `to`.
fn span(parts: &[BodyPart], from: usize, to: usize) -> OwnRange {
    OwnRange { start: parts[from - 1].range.end, end: parts[parts.len() - to].range.start }
}

/// The byte of the file of an own offset behind so many nested units.
fn file_byte(place: &UnitPlace, own: u32, nested_before: u32) -> u32 {
    let holes = place.holes.iter().take(nested_before as usize);
    place.range.start + own + holes.map(|hole| hole.len()).sum::<u32>()
}

fn is_in(span: OwnRange, range: OwnRange) -> bool {
    span.start <= range.start && range.end <= span.end
}

/// Whether something is set there: who looks at what is set finds it by its name.
fn assigns(u: &Unit, span: OwnRange) -> bool {
    u.nodes.iter().filter(|node| is_in(span, node.range)).any(|node| match &node.kind {
        Kind::Assign { .. } => true,
        Kind::Unary { op, .. } => matches!(op.as_str(), "++" | "--" | "delete"),
        _ => false,
    })
}

/// The names that are bound there for what stands elsewhere in the unit; none where that cannot be told.
fn bound_for_others(u: &Unit, span: OwnRange, nested: std::ops::Range<u32>) -> Option<Vec<&Name>> {
    let Kind::Block { statements, .. } = u.kind(u.own().body?) else { return None };
    let innermost = u.node(*statements.first()?).scope;
    let around = |&scope: &ScopeId| u.scopes[scope.0 as usize].parent;
    let scopes: Vec<ScopeId> = std::iter::successors(Some(innermost), around).collect();
    let is_there = |range: OwnRange, name: &Name| match range.start < range.end {
        true => is_in(span, range),
        // The name of a nested unit stands in that.
        false => {
            nested.clone().any(|i| u.nested.get(i as usize).is_some_and(|it| it.name.as_ref() == Some(name)))
        }
    };
    let bound = u.bindings.iter().filter(|binding| scopes.contains(&binding.scope));
    Some(
        bound.filter(|binding| is_there(binding.range, &binding.name)).map(|binding| &binding.name).collect(),
    )
}

/// Whether a text has a name in it, or what looks like it.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii();
    name.is_empty()
        || text
            .match_indices(name)
            .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

/// Whether what stands outside of the edit is numbered as it was.
fn keeps_numbers(old: &Unit, new: &Unit, old_span: OwnRange, new_span: OwnRange) -> bool {
    if old.nodes.len() != new.nodes.len() || old.functions.len() != new.functions.len() {
        return false;
    }
    let moved = |at: u32| if at < old_span.end { at } else { at - old_span.end + new_span.end };
    old.nodes.iter().zip(&new.nodes).all(|(old, new)| match (&old.kind, &new.kind) {
        (Kind::Nested(a), Kind::Nested(b)) => a == b,
        (Kind::Nested(_), _) | (_, Kind::Nested(_)) => false,
        _ if is_in(old_span, old.range) && is_in(new_span, new.range) => true,
        (Kind::Function(a), Kind::Function(b)) if a != b => false,
        (a, b) => discriminant(a) == discriminant(b) && moved(old.range.start) == new.range.start,
    })
}

/// Whether facts hold numbers of the nodes or functions of a unit, as others than that may.
fn numbers(facts: &UnitFacts, file: &str, unit: &str) -> bool {
    let own = Numbered { file, unit };
    facts.calls.values().any(|call| own.in_call(call)) || facts.locals.iter().any(|local| own.in_local(local))
}

/// A unit whose numbers are looked for.
struct Numbered<'n> {
    file: &'n str,
    unit: &'n str,
}

impl Numbered<'_> {
    fn in_call(&self, call: &CallFacts) -> bool {
        let CallFacts { slots, target, value, .. } = call;
        slots.iter().any(|(_, slot)| self.in_slot(slot))
            || target.as_ref().is_some_and(|target| self.in_function(target))
            || self.in_value(value)
    }

    fn in_local(&self, local: &Local) -> bool {
        let Local { callees, alternatives, returns, flow_calls, failures, .. } = local;
        callees.iter().any(|(function, ..)| self.in_function(function))
            || alternatives.iter().any(|function| self.in_function(function))
            || flow_calls.iter().any(|(_, function)| self.in_function(function))
            || failures
                .iter()
                .filter_map(|it| it.callee.as_ref())
                .any(|(function, _)| self.in_function(function))
            || self.in_value(returns)
    }

    fn in_value(&self, value: &Value) -> bool {
        match value {
            Value::Syntax(site) => self.in_site(site),
            Value::Instance(instance) => instance.slots.iter().any(|(_, slot)| self.in_slot(slot)),
            Value::Function(function) => self.in_function(function),
            Value::List(inner) => self.in_value(inner),
            Value::Shape(members) => members.iter().any(|(_, value)| self.in_value(value)),
            _ => false,
        }
    }

    fn in_slot(&self, slot: &SlotValue) -> bool {
        matches!(slot, SlotValue::Node(site) if self.in_site(site))
    }

    fn in_site(&self, site: &Site) -> bool {
        *site.file == *self.file && site.unit == self.unit
    }

    fn in_function(&self, function: &FnRef) -> bool {
        let is_it = |one: &FnRef| one.function.0 != 0 && *one.file == *self.file && one.unit == self.unit;
        is_it(function) || function.others.iter().any(is_it)
    }
}
