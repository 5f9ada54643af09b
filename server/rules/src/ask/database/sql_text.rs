//! The text of a query that is written as SQL in code.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingKind, Kind, Literal, NodeId, Unit};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::{SlotValue, Value};
use plimsoll_project::schema::Dialect;

use crate::UnitView;
use crate::ask::{column_of, table_of};
use crate::view::CallView;

/// A query's text as the database sees it, with a placeholder for each value that is put in at run time.
pub struct SqlText {
    /// The text.
    pub text: String,
    /// The node of this unit that holds it; none where it stands elsewhere.
    pub node: Option<NodeId>,
    /// The values that are put in where `$9001`, `$9002` … stand, each with its unit.
    pub holes: Vec<(usize, NodeId)>,
}

/// How deeply a text may be put together of parts.
const MAX_DEPTH: u32 = 24;

/// The SQL texts of a call: one, or each that a variable may hold. Empty where a text is not constant but for values: a
/// hole that stands where no value can.
#[must_use]
pub fn sql_texts(unit: &UnitView<'_>, call: &CallView<'_>, schema: Option<&ProjectSchema>) -> Vec<SqlText> {
    let Some(SlotValue::Node(site)) = call.slot(Slot::Sql) else { return Vec::new() };
    let Some((index, node)) = unit.node_at(site) else { return Vec::new() };
    let texts = alternatives(unit.unit_of(index), node).into_iter().filter_map(|alternative| {
        let mut writer = Writer { unit, schema, text: String::new(), holes: Vec::new() };
        writer.write(index, alternative, 0)?;
        let node = (index == unit.index).then_some(node);
        Some(SqlText { text: writer.text, node, holes: writer.holes })
    });
    texts.collect()
}

/// The nodes that a node may stand for: both arms of a choice, all that is assigned to a variable.
fn alternatives(unit: &Unit, node: NodeId) -> Vec<NodeId> {
    match unit.kind(node) {
        Kind::If { then, otherwise: Some(otherwise), .. } => vec![*then, *otherwise],
        Kind::Name { binding: Some(binding), .. } => {
            let binding = unit.binding(*binding);
            let assigned = binding.assignments.iter().filter_map(|&assignment| match unit.kind(assignment) {
                Kind::Assign { op, value, .. } if op == "=" => Some(*value),
                _ => None,
            });
            let assigned: Vec<NodeId> = assigned.collect();
            let is_one_of_them = binding.kind == BindingKind::Variable && binding.path.is_empty();
            if assigned.is_empty() || assigned.len() < binding.assignments.len() || !is_one_of_them {
                return vec![node];
            }
            binding.value.into_iter().chain(assigned).collect()
        }
        _ => vec![node],
    }
}

struct Writer<'a, 'u> {
    unit: &'a UnitView<'u>,
    schema: Option<&'a ProjectSchema>,
    text: String,
    holes: Vec<(usize, NodeId)>,
}

impl Writer<'_, '_> {
    fn write(&mut self, index: usize, node: NodeId, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let unit = &self.unit.linked.file.units[index].unit;
        match unit.kind(node) {
            Kind::Literal(Literal::String(text)) => self.text.push_str(&unescaped(text)),
            Kind::Template { pieces, holes } => {
                for (i, piece) in pieces.iter().enumerate() {
                    self.text.push_str(&unescaped(piece));
                    if let Some(&hole) = holes.get(i) {
                        self.hole(index, hole)?;
                    }
                }
            }
            Kind::Binary { op, left, right } if op == "+" => {
                self.write(index, *left, depth + 1)?;
                match self.unit.eval.value(index, *right) {
                    Value::Unknown if !is_text(unit.kind(*right)) => self.hole(index, *right)?,
                    _ => self.write(index, *right, depth + 1)?,
                }
            }
            Kind::Unary { op, value } if op == "&" => self.write(index, *value, depth + 1)?,
            Kind::Cast { value, .. } | Kind::NonNull(value) => self.write(index, *value, depth + 1)?,
            // A query that is made apart, and a text that is made by a macro.
            Kind::Call { args, .. } => match self.unit.eval.call(index, node).slot(Slot::Sql) {
                Some(SlotValue::Node(site)) if site.node != node => {
                    let (index, node) = self.unit.node_at(site)?;
                    self.write(index, node, depth + 1)?;
                }
                _ => match &**args {
                    [only] if matches!(unit.kind(*only), Kind::Template { .. }) => {
                        self.write(index, *only, depth + 1)?;
                    }
                    _ => return None,
                },
            },
            Kind::Object { entries, .. } => {
                // `query({ text: "SELECT …", values })`
                let entry = entries.iter().find(|entry| {
                    matches!(&entry.key, plimsoll_behavior::Key::Name(name) if name == "text" || name == "sql")
                })?;
                self.write(index, entry.value, depth + 1)?;
            }
            _ => match self.unit.eval.value(index, node) {
                Value::Text(text) => self.text.push_str(&unescaped(&text)),
                Value::Syntax(site) if site.node != node => {
                    let (index, node) = self.unit.node_at(&site)?;
                    self.write(index, node, depth + 1)?;
                }
                _ => return None,
            },
        }
        Some(())
    }

    /// A value that is put in at run time. Constants are written out; anything else must stand where a value can.
    fn hole(&mut self, index: usize, node: NodeId) -> Option<()> {
        let is_part = matches!(self.unit.unit_of(index).kind(node), Kind::Call { .. })
            && self.unit.eval.call(index, node).slot(Slot::Sql).is_some();
        let value = self.unit.eval.value(index, node);
        // A table or a column that is declared in code: `${posts.authorId}`.
        if let Some((table, column)) =
            self.schema.and_then(|schema| column_of(self.unit, schema, &value, None))
        {
            self.name(&table.name);
            self.text.push('.');
            self.name(&column.name);
            return Some(());
        }
        if value.instance().is_some_and(|instance| instance.slot(Slot::Column).is_some()) {
            return None;
        }
        if let Some(table) = self.schema.and_then(|schema| table_of(self.unit, schema, &value)) {
            self.name(&table.name);
            return Some(());
        }
        match value {
            Value::Text(text) if self.is_constant(index, node) => self.text.push_str(&text),
            Value::Number(number) if self.is_constant(index, node) => self.text.push_str(&number),
            _ if is_part || !stands_for_a_value(&self.text) => return None,
            _ => {
                self.holes.push((index, node));
                self.text.push_str(&format!("$9{:03}", self.holes.len()));
            }
        }
        Some(())
    }

    /// A name, quoted as the database quotes names.
    fn name(&mut self, name: &str) {
        let is_mysql = self.schema.is_some_and(|schema| schema.schema.dialect == Dialect::MySql);
        let mark = if is_mysql { '`' } else { '"' };
        self.text.push(mark);
        self.text.push_str(&name.replace(mark, ""));
        self.text.push(mark);
    }

    /// Whether a node is one constant, not one of several that a loop or a function may give.
    fn is_constant(&self, index: usize, node: NodeId) -> bool {
        let unit = self.unit.unit_of(index);
        match unit.kind(node) {
            Kind::Literal(_) | Kind::Member { .. } => true,
            Kind::Name { binding: None, .. } => true,
            Kind::Name { binding: Some(binding), .. } => {
                let binding = unit.binding(*binding);
                let is_fixed = binding.path.is_empty() && binding.assignments.is_empty();
                let is_plain =
                    binding.value.is_some_and(|value| matches!(unit.kind(value), Kind::Literal(_)));
                is_fixed && (is_plain || matches!(binding.kind, BindingKind::Import(_)))
            }
            _ => false,
        }
    }
}

fn is_text(kind: &Kind) -> bool {
    matches!(kind, Kind::Literal(_) | Kind::Template { .. } | Kind::Binary { .. })
}

/// Whether what follows the text is a value: after an operator, a parenthesis, a comma or a word that takes one.
fn stands_for_a_value(before: &str) -> bool {
    let before = before.trim_end();
    if before.ends_with(['=', '<', '>', '(', ',', '[', '\'', '%', '+', '-', '*', '/', '|']) {
        return true;
    }
    let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let takes_a_value = [
        "like", "ilike", "in", "any", "all", "between", "limit", "offset", "interval", "then", "else",
        "values",
    ];
    if takes_a_value.iter().any(|own| word.eq_ignore_ascii_case(own)) {
        return true;
    }
    // `BETWEEN $1 AND` takes a value, any other `AND` a condition.
    let tail = before.get(before.len().saturating_sub(120)..).unwrap_or_default().to_ascii_lowercase();
    let last = |word: &str| tail[..tail.len().saturating_sub(3)].rfind(word);
    word.eq_ignore_ascii_case("and") && last("between ") > last(" and ")
}

/// A text without its escapes, as far as they matter to SQL.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'r' | 't' | '\n' | '\r') => plain.push(' '),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_after_operators_only() {
        for before in ["WHERE id = ", "WHERE id IN (", "LIMIT ", "a LIKE ", "x BETWEEN $1 AND ", "name = '"] {
            assert!(stands_for_a_value(before), "{before}");
        }
        for before in ["WHERE ", "WHERE a = $1 AND ", "SELECT ", "FROM ", "ORDER BY ", "WHERE a = $1 "] {
            assert!(!stands_for_a_value(before), "{before}");
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(unescaped(r#"a \"b\"\n c"#), "a \"b\"  c");
        assert_eq!(unescaped("a \\\n  b"), "a    b");
    }
}
