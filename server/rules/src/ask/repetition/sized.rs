//! What sizes a collection: the rows of a table that grows, or what a user sends.

use std::sync::Arc;

use plimsoll_behavior::{BindingKind, Effects, FunctionId, Guarantees, Kind, Name, NodeId, PathStep, Unit};
use plimsoll_project::link::{CallFacts, FnRef, is_visible_outside};

use crate::ask::code::{bare, callee_name, declaration, in_function, receiver, unit_of};
use crate::ask::database::growth::{Growth, growth, is_key, is_lasting, is_wide};
use crate::ask::database::reading::{Compared, Condition, Reading, unlimited};
use crate::ask::database::table::schema_of;
use crate::ask::occasion::{callers, in_other};
use crate::ask::repetition::turn::turns_around;
use crate::view::CallView;
use crate::{Place, UnitView};

/// How many names, calls and functions a collection is followed through.
const MAX_STEPS: u8 = 16;
/// How many values are looked at.
const MAX_VALUES: u32 = 64;
/// How many own functions lead to a query.
const MAX_FUNCTIONS: usize = 8;

/// What sizes a collection.
#[derive(Clone, Debug)]
pub enum SizedBy {
    /// The rows of a table that a query without a limit reads.
    Table {
        /// Its name.
        table: String,
        /// The query.
        query: Place,
    },
    /// What a user sends.
    User {
        /// What is sent, by its name.
        name: Option<Name>,
        /// Whether that rests on a convention.
        is_convention: bool,
    },
}

/// Steps after which a collection has at most as many elements as somebody asks for.
const BOUNDS: &[&str] =
    &["take", "first", "limit", "head", "sample", "top", "chunk", "chunks", "splice", "batch"];

/// Steps that yield elements of the list that they are called on.
const KEEPS_ELEMENTS: &[&str] =
    &["filter", "map", "flatMap", "flat", "sort", "toSorted", "reverse", "toReversed", "concat", "slice"];

/// What has as many elements as what it is given: `Object.keys(all)`, `Array.from(all)`, `new Set(all)`.
const HOLDS: &[&str] = &["keys", "values", "entries", "from", "Set", "Map", "assign"];

/// What sizes a collection; none where it is bounded, or nothing tells.
#[must_use]
pub fn sized_by(view: &UnitView<'_>, unit: usize, collection: NodeId) -> Option<SizedBy> {
    Search { view, left: MAX_VALUES, asks_elsewhere: true }.of(unit, collection, MAX_STEPS)
}

struct Search<'v, 'a> {
    view: &'v UnitView<'a>,
    /// How many values are still looked at.
    left: u32,
    /// Whether the callers in other files are still to be asked.
    asks_elsewhere: bool,
}

impl Search<'_, '_> {
    fn of(&mut self, unit: usize, node: NodeId, depth: u8) -> Option<SizedBy> {
        let depth = depth.checked_sub(1)?;
        self.left = self.left.checked_sub(1)?;
        let view = self.view;
        let u = unit_of(view, unit);
        let node = bare(u, node);
        match u.kind(node) {
            Kind::Await(x) | Kind::Try(x) | Kind::Spread(x) => self.of(unit, *x, depth),
            Kind::Binary { op, left, right } if matches!(op.as_str(), "??" | "||") => {
                self.of(unit, *left, depth).or_else(|| self.of(unit, *right, depth))
            }
            Kind::If { then, otherwise, .. } => {
                let found = self.of(unit, *then, depth);
                found.or_else(|| self.of(unit, (*otherwise)?, depth))
            }
            Kind::Array(items) => {
                let spread = |&item: &NodeId| matches!(u.kind(item), Kind::Spread(_));
                let spreads: Vec<NodeId> = items.iter().copied().filter(spread).collect();
                spreads.into_iter().find_map(|item| self.of(unit, item, depth))
            }
            Kind::Name { .. } => self.name(unit, node, depth),
            Kind::Member { object, name, .. } => match self.sent(unit, node, name) {
                Some(found) => found,
                None => self.part(unit, *object, name, depth),
            },
            Kind::Call { args, .. } => self.call(unit, node, args, depth),
            _ => None,
        }
    }

    /// Whether a user sent it: then what sizes it, none where something bounds it. What it has passed of which nothing
    /// is known is looked at further.
    fn sent(&self, unit: usize, node: NodeId, name: &Name) -> Option<Option<SizedBy>> {
        let (guards, is_convention) = self.view.eval.sent_as_a_whole(unit, node)?;
        if guards.intersects(Guarantees::BOUNDED | Guarantees::LISTED) {
            return Some(None);
        }
        let is_open = !guards.contains(Guarantees::CHECKED);
        is_open.then(|| Some(SizedBy::User { name: Some(name.clone()), is_convention }))
    }

    fn name(&mut self, unit: usize, node: NodeId, depth: u8) -> Option<SizedBy> {
        let view = self.view;
        let Kind::Name { name, .. } = unit_of(view, unit).kind(node) else { return None };
        if let Some(found) = self.sent(unit, node, name) {
            return found;
        }
        let (there, binding) = declaration(view, unit, node)?;
        let u = unit_of(view, there);
        let b = u.binding(binding);
        match b.kind {
            BindingKind::Parameter(function, index) if b.path.is_empty() && b.assignments.is_empty() => {
                let looks = b.uses.iter().any(|&used| looks_at_its_size(u, used));
                if looks { None } else { self.handed(there, function, index, depth) }
            }
            BindingKind::Variable | BindingKind::Matched => {
                let found = b.value.and_then(|value| self.bound(there, value, &b.path, depth));
                let assigned = |search: &mut Self| {
                    b.assignments.iter().find_map(|&assignment| match u.kind(assignment) {
                        Kind::Assign { op, value, .. } if op == "=" => search.of(there, *value, depth),
                        _ => None,
                    })
                };
                found.or_else(|| assigned(self)).or_else(|| self.filled(there, &b.uses, depth))
            }
            _ => None,
        }
    }

    /// What callers hand to a function: those of its file, and those of the files that requests arrive in.
    fn handed(&mut self, unit: usize, function: FunctionId, index: u16, depth: u8) -> Option<SizedBy> {
        let view = self.view;
        let own = view.linked.file.fn_ref(unit, function);
        let given = |u: &Unit, call: NodeId| {
            let Kind::Call { args, .. } = u.kind(call) else { return None };
            let is_spread = args.iter().any(|&arg| matches!(u.kind(arg), Kind::Spread(_)));
            args.get(usize::from(index)).copied().filter(|_| !is_spread)
        };
        for (there, call) in callers(view.linked, &own) {
            let Some(arg) = given(unit_of(view, there), call) else { continue };
            if let Some(found) = self.of(there, arg, depth) {
                return Some(found);
            }
        }
        if !std::mem::take(&mut self.asks_elsewhere) || !is_visible_outside(view.linked, unit, function) {
            return None;
        }
        view.world.uses_at_entries(&own).into_iter().filter(|used| used.argument.is_none()).find_map(|used| {
            in_other(view, &used.linked.file.path, used.unit, &mut |there| {
                let arg = given(there.unit, used.call)?;
                Search { view: there, left: MAX_VALUES, asks_elsewhere: false }.of(there.index, arg, depth)
            })?
        })
    }

    /// What a name is bound to: all of a value, or a part of it that is the collection.
    fn bound(&mut self, unit: usize, value: NodeId, path: &[PathStep], depth: u8) -> Option<SizedBy> {
        let u = unit_of(self.view, unit);
        match path {
            [] | [PathStep::Variant(..)] => self.of(unit, value, depth),
            [PathStep::Member(name)] => self.part(unit, value, name, depth),
            // `const [users, total] = await Promise.all([…, …])`
            [PathStep::Index(index)] => {
                let mut at = bare(u, value);
                while let Kind::Await(inner) | Kind::Try(inner) = u.kind(at) {
                    at = *inner;
                }
                let Kind::Call { args, .. } = u.kind(at) else { return None };
                let facts = self.view.eval.call(unit, at);
                let gathers = facts.behavior.as_ref()?.1.gathers?;
                let Kind::Array(items) = u.kind(*args.get(usize::from(gathers))?) else { return None };
                self.of(unit, *items.get(*index as usize)?, depth)
            }
            _ => None,
        }
    }

    /// A part of what a query hands over, as `rows` or `data`: the rows themselves.
    fn part(&mut self, unit: usize, object: NodeId, name: &Name, depth: u8) -> Option<SizedBy> {
        if !matches!(name.as_str(), "rows" | "data" | "0" | "recordset" | "documents" | "docs") {
            return None;
        }
        match self.of(unit, object, depth)? {
            found @ SizedBy::Table { .. } => Some(found),
            SizedBy::User { .. } => None,
        }
    }

    /// What a list is filled with that begins empty: `for (const user of users) jobs.push(user.id)`.
    fn filled(&mut self, unit: usize, uses: &[NodeId], depth: u8) -> Option<SizedBy> {
        let view = self.view.of(unit);
        let u = view.unit;
        uses.iter().find_map(|&used| {
            let member = u.parent(used)?;
            let Kind::Member { object, name, .. } = u.kind(member) else { return None };
            let call = u.parent(member)?;
            let adds = matches!(name.as_str(), "push" | "add") && *object == used;
            if !adds || !matches!(u.kind(call), Kind::Call { .. }) {
                return None;
            }
            let turn = turns_around(&view, call).into_iter().next()?;
            let (there, over) = turn.over?;
            self.of(there, over, depth)
        })
    }

    fn call(&mut self, unit: usize, call: NodeId, args: &[NodeId], depth: u8) -> Option<SizedBy> {
        let view = self.view;
        let u = unit_of(view, unit);
        let there = view.of(unit);
        let facts = view.eval.call(unit, call);
        if facts.effects.contains(Effects::DB_READ) {
            let found = there.call(call)?;
            let reading = unlimited(&there, &found)?;
            return many(&there, &reading, found.facts)
                .then(|| SizedBy::Table { table: reading.table, query: there.place(call) });
        }
        if let Some(target) = &facts.target {
            return self.own(target);
        }
        let name = callee_name(u, call)?;
        let is_cut = matches!(name.as_str(), "slice" | "subarray") && args.len() == 2;
        if is_cut || BOUNDS.contains(&name.as_str()) {
            return None;
        }
        // What is left of a list is called as the list is.
        let of = receiver(u, call).filter(|_| KEEPS_ELEMENTS.contains(&name.as_str()));
        let name = match of.map(|of| u.kind(of)) {
            Some(Kind::Name { name, .. } | Kind::Member { name, .. }) => name,
            _ => name,
        };
        if let Some(found) = self.sent(unit, call, name) {
            return found;
        }
        let holds_what_it_is_given = HOLDS.contains(&name.as_str())
            || facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.gathers == Some(0));
        match receiver(u, call) {
            Some(on) if !is_namespace(u, on) => self.of(unit, on, depth),
            _ if holds_what_it_is_given => self.of(unit, *args.first()?, depth),
            _ => None,
        }
    }

    /// The query of a function of the project that reads rows, where nothing but that is seen of it.
    fn own(&self, target: &FnRef) -> Option<SizedBy> {
        let view = self.view;
        let mut function = target.clone();
        for _ in 0..MAX_FUNCTIONS {
            function = view.with_effect(&function, Effects::DB_READ);
            let summary = view.summary(&function)?;
            if summary.effects.intersects(Effects::HTTP_REQUEST) {
                return None;
            }
            let witness = summary.witness(Effects::DB_READ)?;
            if let Some(next) = &witness.next {
                function = next.clone();
                continue;
            }
            let mut found = None;
            in_function(view, &FnRef { unit: witness.unit.clone(), ..function.clone() }, &mut |there| {
                let Some(call) = there.call(witness.node) else { return };
                found = unlimited(there, &call)
                    .filter(|reading| many(there, reading, call.facts))
                    .map(|reading| SizedBy::Table { table: reading.table, query: there.place(witness.node) });
            });
            return found;
        }
        None
    }
}

/// Whether a function asks how many elements it is handed, or goes through them part by part.
fn looks_at_its_size(u: &Unit, used: NodeId) -> bool {
    let Some(Kind::Member { object, name, .. }) = u.parent(used).map(|around| u.kind(around)) else {
        return false;
    };
    *object == used
        && (matches!(name.as_str(), "length" | "size" | "len" | "chunks")
            || name == "slice"
            || BOUNDS.contains(&name.as_str()))
}

/// `Object` of `Object.keys(all)`: a name that is bound nowhere.
fn is_namespace(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Name { name, binding: None } => name.starts_with(char::is_uppercase),
        _ => false,
    }
}

/// Whether what a query without a limit reads becomes more with use: no table that somebody keeps by hand, and not what
/// belongs to one thing that has few.
fn many(view: &UnitView<'_>, reading: &Reading, facts: &Arc<CallFacts>) -> bool {
    let call = CallView { node: NodeId(0), facts, summary: None };
    let schema = schema_of(view, &call);
    let growth = growth(&reading.table, schema.as_deref());
    if reading.is_open || growth.is_none_or(|growth| growth == Growth::Kept) {
        return false;
    }
    reading.alternatives.is_empty()
        || reading
            .alternatives
            .iter()
            .any(|conditions| leaves_many(conditions, growth == Some(Growth::Forever)))
}

/// Whether conditions that hold together leave as many rows as there are: those of a time or a state are as many as there
/// is work.
fn leaves_many(conditions: &[Condition], is_record: bool) -> bool {
    conditions.iter().all(|condition| match condition.compared {
        Compared::Equal => is_wide(&condition.column) || is_record && is_lasting(&condition.column),
        Compared::OneOf | Compared::Other => false,
        Compared::Constant(_) => !is_key(&condition.column),
        Compared::Range | Compared::Null | Compared::Not => true,
    })
}
