//! Filters that are objects: `{ authorId: id, OR: [{ … }], title: { contains: … } }`.

use plimsoll_behavior::models::{Rows, Slot};
use plimsoll_behavior::{BindingKind, Entry, Key, Kind, Literal, NodeId, Unit};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_project::schema::{Column, ColumnType, Table};

use super::{Branch, Lookup, Order, Test, all, whole_number};
use crate::UnitView;
use crate::view::CallView;

/// How deeply objects of a filter may be nested.
const MAX_DEPTH: u32 = 16;

pub(super) fn lookup<'s>(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
) -> Option<Lookup<'s>> {
    let Some(SlotValue::Text(name)) = call.slot(Slot::Table) else { return None };
    let table = schema.schema.table_by_code_name(name)?;
    let reader = Reader { unit, table };
    let order = match call.slot(Slot::Order) {
        None => Order::None,
        Some(slot) => reader.order(slot),
    };
    let branches = match call.slot(Slot::Filter) {
        None => Vec::new(),
        Some(SlotValue::Node(site)) => match unit.node_at(site) {
            Some((index, node)) => reader.filter(index, node, 0),
            None => vec![Branch::open()],
        },
        Some(_) => vec![Branch::open()],
    };
    let node = unit.own_node(call.slot(Slot::Filter)).filter(|_| !branches.is_empty());
    let node = node.or_else(|| unit.own_node(call.slot(Slot::Order))).unwrap_or(call.node);
    let is_bounded = call.slot(Slot::Bound).is_some() || call.facts.rows == Some(Rows::One);
    Some(Lookup { table, branches, order, is_bounded, node })
}

pub(super) struct Reader<'a, 'u, 's> {
    pub unit: &'a UnitView<'u>,
    pub table: &'s Table,
}

impl Reader<'_, '_, '_> {
    fn u(&self, index: usize) -> &Unit {
        self.unit.unit_of(index)
    }

    /// The alternatives of a filter.
    pub fn filter(&self, index: usize, node: NodeId, depth: u32) -> Vec<Branch> {
        if depth > MAX_DEPTH {
            return vec![Branch::open()];
        }
        let (index, node, is_settled) = match self.object_at(index, node) {
            Some(found) => found,
            None => return vec![Branch::open()],
        };
        let Kind::Object { entries, .. } = self.u(index).kind(node) else { return vec![Branch::open()] };
        let mut branches = vec![Branch { conditions: Vec::new(), is_open: !is_settled }];
        for entry in entries {
            branches = all(branches, &self.entry(index, entry, depth));
        }
        branches
    }

    fn entry(&self, index: usize, entry: &Entry, depth: u32) -> Vec<Branch> {
        let name = match &entry.key {
            Key::Name(name) => name.as_str(),
            Key::Spread => {
                let inner = match self.u(index).kind(entry.value) {
                    Kind::Spread(inner) => *inner,
                    _ => entry.value,
                };
                // What is spread in a condition may be nothing.
                return match self.u(index).kind(inner) {
                    Kind::Name { .. } | Kind::Object { .. } => self.filter(index, inner, depth + 1),
                    _ => vec![Branch::open()],
                };
            }
            Key::Computed(_) => return vec![Branch::open()],
        };
        match name {
            "AND" => match self.u(index).kind(entry.value) {
                Kind::Array(items) => items.iter().fold(vec![Branch::default()], |branches, &item| {
                    all(branches, &self.filter(index, item, depth + 1))
                }),
                _ => self.filter(index, entry.value, depth + 1),
            },
            "OR" => match self.u(index).kind(entry.value) {
                Kind::Array(items) if !items.is_empty() => {
                    items.iter().flat_map(|&item| self.filter(index, item, depth + 1)).collect()
                }
                _ => vec![Branch::open()],
            },
            // What a negation leaves is seldom what an index finds.
            "NOT" => vec![Branch::default()],
            _ => match self.table.columns.iter().find(|column| column.code_name == name) {
                Some(column) => vec![self.column(index, column, entry.value, depth)],
                None => vec![self.key_of_several(name).unwrap_or_else(Branch::open)],
            },
        }
    }

    /// `userId_postId: { … }`: a unique key of several columns.
    fn key_of_several(&self, name: &str) -> Option<Branch> {
        let mut branch = Branch::default();
        for part in name.split('_') {
            let column = self.table.columns.iter().find(|column| column.code_name == part)?;
            branch = branch.and(&Branch::of(&column.code_name, Test::Equal));
        }
        Some(branch)
    }

    /// The condition on one column.
    fn column(&self, index: usize, column: &Column, value: NodeId, depth: u32) -> Branch {
        let name = column.code_name.as_str();
        if self.may_be_missing(index, value) {
            return Branch::open();
        }
        if column.list || column.column_type == ColumnType::Json {
            return Branch::of(name, Test::Other);
        }
        let operators = match self.u(index).kind(value) {
            Kind::Object { .. } | Kind::Name { .. } | Kind::Cast { .. } => self.object_at(index, value),
            Kind::If { .. } => return Branch::open(),
            _ => None,
        };
        let Some((index, object, is_settled)) = operators.filter(|_| depth <= MAX_DEPTH) else {
            let value = self.unit.eval.value(index, value);
            let test = if value == Value::Null { Test::Null } else { Test::Equal };
            return Branch::of(name, test).with(whole_number(&value));
        };
        let Kind::Object { entries, .. } = self.u(index).kind(object) else { return Branch::open() };
        let mut branch = Branch { conditions: Vec::new(), is_open: !is_settled };
        let mut ignores_case = false;
        for entry in entries {
            let Key::Name(operator) = &entry.key else { return Branch::open() };
            if self.may_be_missing(index, entry.value) {
                branch.is_open = true;
                continue;
            }
            let test = match operator.as_str() {
                "equals" | "eq" if self.unit.eval.value(index, entry.value) == Value::Null => Test::Null,
                "equals" | "eq" | "in" => Test::Equal,
                "gt" | "gte" | "lt" | "lte" => Test::Range,
                "startsWith" => Test::Prefix,
                "contains" | "endsWith" => Test::Within,
                "mode" => {
                    ignores_case = self.unit.eval.value(index, entry.value) != Value::Text("default".into());
                    continue;
                }
                _ => Test::Other,
            };
            let number = whole_number(&self.unit.eval.value(index, entry.value));
            branch = branch.and(&Branch::of(name, test).with(number));
        }
        if ignores_case {
            let plain = branch.conditions.iter_mut().filter(|condition| condition.test != Test::Within);
            plain.for_each(|condition| condition.test = Test::Other);
        }
        branch
    }

    /// Whether a value may be `undefined`, with which the condition goes away.
    fn may_be_missing(&self, index: usize, node: NodeId) -> bool {
        let unit = self.u(index);
        match unit.kind(node) {
            Kind::Literal(Literal::Undefined) => true,
            Kind::If { then, otherwise, .. } => {
                [Some(*then), *otherwise].into_iter().flatten().any(|part| self.may_be_missing(index, part))
            }
            Kind::Binary { op, right, .. } if op == "??" || op == "||" => self.may_be_missing(index, *right),
            Kind::Binary { op, .. } => op == "&&",
            Kind::Member { access: plimsoll_behavior::Access::Optional, .. } => true,
            Kind::Name { binding: Some(binding), .. } => {
                let binding = unit.binding(*binding);
                let is_parameter =
                    matches!(binding.kind, BindingKind::Parameter(..)) && binding.path.is_empty();
                let end = self.unit.linked.file.to_file(index, binding.range).end as usize;
                let after = self.unit.project.text.get(end..).unwrap_or_default();
                is_parameter && after.starts_with('?')
                    || binding.ty.as_ref().is_some_and(|ty| {
                        ty.path.iter().any(|part| part == "|")
                            && ty.args.iter().any(|arm| arm.path.iter().any(|part| part == "undefined"))
                    })
                    || binding.kind == BindingKind::Variable
                        && binding.value.is_some_and(|value| {
                            value != node
                                && matches!(unit.kind(value), Kind::If { .. } | Kind::Literal(_))
                                && self.may_be_missing(index, value)
                        })
            }
            _ => false,
        }
    }

    /// The object that a node is or names, and whether nothing is added to it after it was written.
    fn object_at(&self, index: usize, node: NodeId) -> Option<(usize, NodeId, bool)> {
        let unit = self.u(index);
        match unit.kind(node) {
            Kind::Object { .. } => Some((index, node, true)),
            Kind::Cast { value, .. } | Kind::NonNull(value) => {
                let is_object = matches!(unit.kind(*value), Kind::Object { .. });
                is_object.then_some((index, *value, true))
            }
            Kind::Name { binding: Some(id), .. } => {
                let binding = unit.binding(*id);
                let value = binding
                    .value
                    .filter(|_| binding.kind == BindingKind::Variable && binding.path.is_empty())?;
                let value = match unit.kind(value) {
                    Kind::Cast { value, .. } => *value,
                    _ => value,
                };
                if !matches!(unit.kind(value), Kind::Object { .. }) || !binding.assignments.is_empty() {
                    return None;
                }
                let is_settled = binding.uses.iter().all(|&name| is_only_read(unit, name));
                Some((index, value, is_settled))
            }
            _ => match self.unit.eval.value(index, node) {
                Value::Syntax(site) => {
                    let (index, node) = self.unit.node_at(&site)?;
                    matches!(self.u(index).kind(node), Kind::Object { .. }).then_some((index, node, true))
                }
                _ => None,
            },
        }
    }

    /// The first column of an order: `{ createdAt: 'desc' }`, or the first of an array of such.
    fn order(&self, slot: &SlotValue) -> Order {
        let SlotValue::Node(site) = slot else { return Order::Unknown };
        let Some((index, mut node)) = self.unit.node_at(site) else { return Order::Unknown };
        if let Kind::Array(items) = self.u(index).kind(node) {
            let Some(&first) = items.first() else { return Order::None };
            node = first;
        }
        let Some((index, object, true)) = self.object_at(index, node) else { return Order::Unknown };
        let Kind::Object { entries, .. } = self.u(index).kind(object) else { return Order::Unknown };
        match entries.first().map(|entry| &entry.key) {
            None => Order::None,
            Some(Key::Name(name)) if self.table.columns.iter().any(|column| column.code_name == *name) => {
                Order::Column(name.to_string())
            }
            Some(_) => Order::Unknown,
        }
    }
}

/// Whether a name is only read as a whole: not assigned into, not handed to a function, no method called on it.
fn is_only_read(unit: &Unit, name: NodeId) -> bool {
    let Some(parent) = unit.parent(name) else { return true };
    match unit.kind(parent) {
        Kind::Member { .. } | Kind::Index { .. } => {
            // `where.AND.push(…)`, `where.status = …`
            !unit
                .ancestors(name)
                .take(4)
                .any(|around| matches!(unit.kind(around), Kind::Assign { .. } | Kind::Call { .. }))
        }
        Kind::Call { callee, .. } => *callee == name,
        _ => true,
    }
}
