//! Filters that are expressions: `and(eq(posts.authorId, id), gt(posts.createdAt, since))`.
//!
//! They are written out as the statement that the library makes of them, and read like any other one: what is true of
//! joins, alternatives and orders in a text is true here, and pieces of text within them are parsed with the rest.

use plimsoll_behavior::models::{Predicate, Rows, Slot};
use plimsoll_behavior::{Kind, Literal, NodeId};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::{Dialect, Table};

use super::pattern::begins_open;
use super::{Lookup, Order, object, text, whole_number};
use crate::UnitView;
use crate::ask::{SqlText, chain, column_of, table_of};
use crate::view::CallView;

/// How deeply conditions may be nested.
const MAX_DEPTH: u32 = 24;

/// A condition of which nothing is known: no table has such a column.
const UNKNOWN: &str = "plimsoll_unknown = 1";

pub(super) fn lookups<'s>(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
) -> Vec<Lookup<'s>> {
    if is_object(unit, call.slot(Slot::Filter)) {
        return object::lookup(unit, call, schema).into_iter().collect();
    }
    let Some(sql) = statement(unit, call, schema) else { return Vec::new() };
    let node = unit.own_node(call.slot(Slot::Filter)).or_else(|| unit.own_node(call.slot(Slot::Order)));
    let mut found = text::of_text(&SqlText { text: sql, node, holes: Vec::new() }, call, schema, &|_| false);
    for lookup in &mut found {
        name_by_code(lookup);
    }
    found
}

fn is_object(unit: &UnitView<'_>, filter: Option<&SlotValue>) -> bool {
    let Some(SlotValue::Node(site)) = filter else { return false };
    let Some((index, node)) = unit.node_at(site) else { return false };
    matches!(unit.unit_of(index).kind(node), Kind::Object { .. })
}

/// Columns stand in the query by their names in code.
fn name_by_code(lookup: &mut Lookup<'_>) {
    let table = lookup.table;
    let rename = |name: &mut String| {
        if let Some(column) = table.columns.iter().find(|column| column.name == *name) {
            *name = column.code_name.to_string();
        }
    };
    lookup
        .branches
        .iter_mut()
        .flat_map(|branch| &mut branch.conditions)
        .for_each(|own| rename(&mut own.column));
    if let Order::Column(name) = &mut lookup.order {
        rename(name);
    }
}

/// The statement that a query stands for.
fn statement(unit: &UnitView<'_>, call: &CallView<'_>, schema: &ProjectSchema) -> Option<String> {
    let table = match call.slot(Slot::Table)? {
        SlotValue::Text(name) => schema.schema.table_by_code_name(name)?,
        SlotValue::Node(site) => {
            let (index, node) = unit.node_at(site)?;
            table_of(unit, schema, &unit.eval.value(index, node))?
        }
        SlotValue::Elsewhere => return None,
    };
    let writer = Writer { unit, schema, table };
    let mut sql = format!("SELECT * FROM {}", writer.table_name(table));
    let mut is_aggregate = false;
    for step in chain(unit.unit, call.node).into_iter().rev() {
        let facts = unit.eval.call(unit.index, step);
        let Some((_, behavior)) = &facts.behavior else { continue };
        is_aggregate |= behavior.rows == Some(Rows::Aggregate);
        if let Some(joined) = behavior.slots.get(&Slot::Join).filter(|path| *path == "0") {
            let joined = unit.eval.argument_node(unit.index, step, joined.parse().ok()?)?;
            let joined = table_of(unit, schema, &unit.eval.value(unit.index, joined))?;
            let on = behavior
                .slots
                .get(&Slot::JoinOn)
                .and_then(|path| unit.eval.argument_node(unit.index, step, path.parse().ok()?));
            let on = on.map_or_else(|| "1 = 1".to_owned(), |on| writer.condition(unit.index, on, 0));
            sql.push_str(&format!(" JOIN {} ON {on}", writer.table_name(joined)));
        }
    }
    match call.slot(Slot::Filter) {
        Some(SlotValue::Node(site)) => {
            let (index, node) = unit.node_at(site)?;
            sql.push_str(&format!(" WHERE {}", writer.condition(index, node, 0)));
        }
        Some(_) => return None,
        // What is kept in a variable may be filtered further.
        None if is_kept(unit, call.node) => return None,
        None => {}
    }
    // Groups are put in order after they were found.
    if !is_aggregate && let Some(slot) = call.slot(Slot::Order) {
        let order = writer.order(slot).unwrap_or_else(|| "lower('')".to_owned());
        sql.push_str(&format!(" ORDER BY {order}"));
    }
    if call.slot(Slot::Bound).is_some() || call.facts.rows == Some(Rows::One) {
        sql.push_str(" LIMIT 1");
    }
    Some(sql)
}

fn is_kept(unit: &UnitView<'_>, node: NodeId) -> bool {
    let parent = unit.unit.parent(node);
    parent.is_some_and(|parent| matches!(unit.unit.kind(parent), Kind::Let { .. } | Kind::Assign { .. }))
}

struct Writer<'a, 'u, 's> {
    unit: &'a UnitView<'u>,
    schema: &'s ProjectSchema,
    /// The table of columns whose value does not say theirs.
    table: &'s Table,
}

impl Writer<'_, '_, '_> {
    fn condition(&self, index: usize, node: NodeId, depth: u32) -> String {
        self.try_condition(index, node, depth).unwrap_or_else(|| UNKNOWN.to_owned())
    }

    fn try_condition(&self, index: usize, node: NodeId, depth: u32) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let unit = self.unit.unit_of(index);
        match unit.kind(node) {
            Kind::Cast { value, .. } | Kind::NonNull(value) => self.try_condition(index, *value, depth + 1),
            Kind::Name { binding: Some(binding), .. } => {
                let binding = unit.binding(*binding);
                let is_settled = binding.assignments.is_empty();
                self.try_condition(index, binding.value.filter(|_| is_settled)?, depth + 1)
            }
            Kind::Function(_) | Kind::Nested(_) => {
                let (index, result) = self.returned(index, node)?;
                self.try_condition(index, result, depth + 1)
            }
            Kind::Call { args, .. } => {
                let facts = self.unit.eval.call(index, node);
                let (_, behavior) = facts.behavior.as_ref()?;
                match behavior.predicate {
                    Some(predicate) => self.predicate(index, predicate, args, depth),
                    None if behavior.slots.contains_key(&Slot::Sql) => self.text(index, node, depth),
                    None => None,
                }
            }
            _ => None,
        }
    }

    fn predicate(&self, index: usize, predicate: Predicate, args: &[NodeId], depth: u32) -> Option<String> {
        let joined = |word: &str| {
            let parts: Vec<String> = args.iter().map(|&arg| self.condition(index, arg, depth + 1)).collect();
            (!parts.is_empty()).then(|| format!("({})", parts.join(word)))
        };
        let operator = match predicate {
            Predicate::And => return joined(" AND "),
            Predicate::Or => return joined(" OR "),
            Predicate::Equal => "=",
            Predicate::Range => ">",
            Predicate::In => "IN",
            Predicate::IsNull => "IS NULL",
            Predicate::Prefix | Predicate::Search => "LIKE",
            Predicate::Not => "<>",
            Predicate::EqualAll => return None,
        };
        let &left = args.first()?;
        let Some(left) = self.operand(index, left, depth) else {
            // `not(eq(…))`: what a negation leaves is seldom what an index finds.
            return (predicate == Predicate::Not).then(|| "1 = 1".to_owned());
        };
        let right = args
            .get(1)
            .map(|&right| self.operand(index, right, depth).unwrap_or_else(|| self.value(index, right)));
        Some(match (operator, right) {
            ("IS NULL", _) => format!("{left} IS NULL"),
            ("IN", _) => format!("{left} IN ($1)"),
            ("LIKE", _) => format!("{left} LIKE {}", self.pattern(index, *args.get(1)?)),
            (">", Some(_)) if args.len() == 3 => format!("{left} BETWEEN $1 AND $2"),
            (_, Some(right)) => format!("{left} {operator} {right}"),
            ("<>", None) => format!("{left} IS NOT NULL"),
            _ => return None,
        })
    }

    /// A column or a piece of text; none for values.
    fn operand(&self, index: usize, node: NodeId, depth: u32) -> Option<String> {
        let value = self.unit.eval.value(index, node);
        if let Some((table, column)) = column_of(self.unit, self.schema, &value, Some(self.table)) {
            return Some(format!("{}.{}", self.table_name(table), self.quoted(&column.name)));
        }
        // A column that the schema does not have is not known to be served by nothing.
        if value.instance().is_some_and(|instance| instance.slot(Slot::Column).is_some()) {
            return Some("plimsoll_unknown".to_owned());
        }
        let is_text = matches!(self.unit.unit_of(index).kind(node), Kind::Call { .. })
            && self.unit.eval.call(index, node).slot(Slot::Sql).is_some();
        if is_text { self.text(index, node, depth) } else { None }
    }

    /// A whole number as it is, any other value as one that is bound.
    fn value(&self, index: usize, node: NodeId) -> String {
        let number = whole_number(&self.unit.eval.value(index, node));
        number.map_or_else(|| "$1".to_owned(), |number| number.to_string())
    }

    /// A piece of text with columns, tables, values and further pieces in its holes.
    fn text(&self, index: usize, node: NodeId, depth: u32) -> Option<String> {
        let facts = self.unit.eval.call(index, node);
        let Some(SlotValue::Node(site)) = facts.slot(Slot::Sql) else { return None };
        let (index, node) = self.unit.node_at(site)?;
        let Kind::Template { pieces, holes } = self.unit.unit_of(index).kind(node) else { return None };
        let mut text = String::from("(");
        for (at, piece) in pieces.iter().enumerate() {
            text.push_str(piece);
            let Some(&hole) = holes.get(at) else { continue };
            if depth > MAX_DEPTH {
                return None;
            }
            let value = self.unit.eval.value(index, hole);
            match self.operand(index, hole, depth + 1) {
                Some(operand) => text.push_str(&operand),
                None => match table_of(self.unit, self.schema, &value) {
                    Some(table) => text.push_str(&self.table_name(table)),
                    None => text.push_str(&self.value(index, hole)),
                },
            }
        }
        text.push(')');
        Some(text)
    }

    /// What a text is compared with, as far as its beginning matters.
    fn pattern(&self, index: usize, node: NodeId) -> String {
        let starts_open = |text: &str| if text.starts_with('%') { "'%x'" } else { "'x%'" }.to_owned();
        match self.unit.unit_of(index).kind(node) {
            Kind::Template { pieces, .. } => starts_open(pieces.first().map_or("", |piece| piece)),
            Kind::Literal(Literal::String(text)) => starts_open(text),
            Kind::Binary { left, .. } => self.pattern_of_head(index, *left),
            Kind::Name { .. } if begins_open(self.unit, index, node) => "'%x'".to_owned(),
            _ => "$1".to_owned(),
        }
    }

    fn pattern_of_head(&self, index: usize, node: NodeId) -> String {
        match self.unit.unit_of(index).kind(node) {
            Kind::Literal(Literal::String(text)) if text.starts_with('%') => "'%x'".to_owned(),
            _ => "$1".to_owned(),
        }
    }

    /// The first column of an order.
    fn order(&self, slot: &SlotValue) -> Option<String> {
        let SlotValue::Node(site) = slot else { return None };
        let (mut index, mut node) = self.unit.node_at(site)?;
        for _ in 0..4 {
            match self.unit.unit_of(index).kind(node) {
                Kind::Array(items) => node = *items.first()?,
                Kind::Function(_) | Kind::Nested(_) => (index, node) = self.returned(index, node)?,
                _ => break,
            }
        }
        let value = self.unit.eval.value(index, node);
        let (table, column) = column_of(self.unit, self.schema, &value, Some(self.table))?;
        Some(format!("{}.{}", self.table_name(table), self.quoted(&column.name)))
    }

    /// What a function of this file returns, where it does so in one place.
    fn returned(&self, index: usize, node: NodeId) -> Option<(usize, NodeId)> {
        let function = self.unit.linked.file.function_at(index, node)?;
        let index = self.unit.linked.file.unit_at(&function.unit)?;
        let unit = self.unit.unit_of(index);
        let body = unit.function(function.function).body?;
        if !matches!(unit.kind(body), Kind::Block { .. }) {
            return Some((index, body));
        }
        let mut returns = unit.returns.iter().filter(|&&at| unit.node(at).function == function.function);
        let (only, None) = (returns.next()?, returns.next()) else { return None };
        match unit.kind(*only) {
            Kind::Return(Some(value)) => Some((index, *value)),
            _ => None,
        }
    }

    fn table_name(&self, table: &Table) -> String {
        match &table.namespace {
            Some(namespace) => format!("{}.{}", self.quoted(namespace), self.quoted(&table.name)),
            None => self.quoted(&table.name),
        }
    }

    fn quoted(&self, name: &str) -> String {
        let mark = if self.schema.schema.dialect == Dialect::MySql { '`' } else { '"' };
        format!("{mark}{}{mark}", name.replace(mark, ""))
    }
}
