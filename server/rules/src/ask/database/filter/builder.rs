//! Filters that are built by methods: `.from('posts').select().eq('author_id', id)`.

use plimsoll_behavior::models::{Predicate, Rows, Slot};
use plimsoll_behavior::{Key, Kind, NodeId};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_project::schema::Table;

use super::pattern::begins_open;
use super::{Branch, Lookup, Order, Test, whole_number};
use crate::UnitView;
use crate::ask::chain;
use crate::view::CallView;

pub(super) fn lookup<'s>(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
) -> Option<Lookup<'s>> {
    let name = match call.slot(Slot::Table)? {
        SlotValue::Text(name) => name.clone(),
        SlotValue::Node(site) => {
            let (index, node) = unit.node_at(site)?;
            match unit.eval.value(index, node) {
                Value::Text(name) => name,
                _ => return None,
            }
        }
        SlotValue::Elsewhere => return None,
    };
    let table = schema.schema.table(&name)?;
    // What is kept in a variable may be filtered further.
    let is_kept = unit
        .unit
        .parent(call.node)
        .is_some_and(|parent| matches!(unit.unit.kind(parent), Kind::Let { .. } | Kind::Assign { .. }));
    let mut branch = Branch { conditions: Vec::new(), is_open: is_kept };
    let (mut order, mut is_whole, mut has_filter) = (Order::None, false, false);
    for step in chain(unit.unit, call.node) {
        let facts = unit.eval.call(unit.index, step);
        let Some((_, behavior)) = &facts.behavior else { continue };
        is_whole |= behavior.slots.contains_key(&Slot::Table);
        if let Some(predicate) = behavior.predicate {
            has_filter = true;
            branch = condition(unit, step, predicate, table).and(&branch);
        }
        // The chain is walked from its end: the first order is the last that is met.
        if behavior.slots.contains_key(&Slot::Order) {
            order = match text_argument(unit, step, 0).filter(|name| table.column(name).is_some()) {
                Some(name) => Order::Column(name),
                None => Order::Unknown,
            };
        }
    }
    branch.is_open |= !is_whole;
    let branches = if has_filter || branch.is_open { vec![branch] } else { Vec::new() };
    let is_bounded = call.slot(Slot::Bound).is_some() || call.facts.rows == Some(Rows::One);
    Some(Lookup { table, branches, order, is_bounded, node: call.node })
}

fn condition(unit: &UnitView<'_>, call: NodeId, predicate: Predicate, table: &Table) -> Branch {
    let Kind::Call { args, .. } = unit.unit.kind(call) else { return Branch::open() };
    let Some(&first) = args.first() else { return Branch::open() };
    // `.match({ a: 1, b: 2 })`, `.where({ a: 1 })`
    if let Kind::Object { entries, .. } = unit.unit.kind(first) {
        if !matches!(predicate, Predicate::EqualAll | Predicate::Equal) {
            return Branch::open();
        }
        return entries.iter().fold(Branch::default(), |branch, entry| match &entry.key {
            Key::Name(name) => {
                let number = whole_number(&unit.eval.value(unit.index, entry.value));
                branch.and(&on_column(name, Test::Equal, table).with(number))
            }
            _ => Branch::open(),
        });
    }
    let Some(column) = text_argument(unit, call, 0) else { return Branch::open() };
    let operator = (args.len() == 3).then(|| text_argument(unit, call, 1)).flatten();
    let test = match predicate {
        Predicate::Equal if args.len() == 3 => match operator.as_deref() {
            Some("eq" | "=" | "in" | "IN") => Test::Equal,
            Some("gt" | "gte" | "lt" | "lte" | ">" | ">=" | "<" | "<=") => Test::Range,
            Some("like" | "ilike" | "LIKE" | "ILIKE") if begins_open(unit, unit.index, args[2]) => {
                Test::Within
            }
            _ => Test::Other,
        },
        Predicate::Equal | Predicate::In => Test::Equal,
        Predicate::Range => Test::Range,
        Predicate::Prefix => Test::Prefix,
        Predicate::IsNull => Test::Null,
        Predicate::Search if args.get(1).is_some_and(|&text| begins_open(unit, unit.index, text)) => {
            Test::Within
        }
        Predicate::Search | Predicate::Not => Test::Other,
        Predicate::And | Predicate::Or | Predicate::EqualAll => return Branch::open(),
    };
    let number = args.last().and_then(|&value| whole_number(&unit.eval.value(unit.index, value)));
    on_column(&column, test, table).with(number)
}

fn on_column(name: &str, test: Test, table: &Table) -> Branch {
    let name = name.strip_prefix(&format!("{}.", table.name)).unwrap_or(name);
    if table.column(name).is_some() { Branch::of(name, test) } else { Branch::open() }
}

fn text_argument(unit: &UnitView<'_>, call: NodeId, index: usize) -> Option<String> {
    let node = unit.eval.argument_node(unit.index, call, index)?;
    match unit.eval.value(unit.index, node) {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
