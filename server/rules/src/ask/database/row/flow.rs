//! From which rows a value comes, and whether it is computed from a column of one.

use plimsoll_behavior::{BindingKind, Effects, FunctionId, Key, Kind, Literal, NodeId, PathStep, Unit};
use plimsoll_project::link::Context;

use super::{Access, Seen, accesses, is_same_but_for_its_form, plain_column};
use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, receiver, unit_of};
use crate::ask::database::touch::Action;

/// How many names and calls lie between a value and the row it comes from at most.
const MAX_STEPS: u32 = 12;

/// A node with its unit, which go together wherever a value is followed from one unit into another.
type At = (usize, NodeId);

/// Rows that a call has read.
#[derive(Clone, Debug)]
pub struct Row {
    /// The call, and its unit.
    pub at: (usize, NodeId),
    /// What it reads.
    pub reads: Vec<Access>,
}

/// A value that is computed from a column of a row.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The rows.
    pub row: Row,
    /// Whether a number is made of it, and not a list, an object or a text.
    pub is_number: bool,
    /// What is read of the row, and its unit.
    pub leaf: (usize, NodeId),
}

/// What is on the way from the column to the value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Nothing: it is handed on as it is.
    Same,
    Number,
    Other,
}

/// Whether a value is computed from the column of a row that was read: not only copied, compared, or taken if there is
/// no other.
#[must_use]
pub fn computed_from(view: &UnitView<'_>, seen: &Seen, column: &str) -> Option<Computed> {
    if !seen.path.is_empty() {
        return None;
    }
    let walk = Walk { view, column: plain_column(column) };
    walk.value((seen.unit, seen.node), Made::Same, 0)
}

struct Walk<'a, 'v> {
    view: &'a UnitView<'v>,
    column: String,
}

/// Methods and functions that compute.
const COMPUTE: &[&str] = &[
    "plus",
    "minus",
    "add",
    "sub",
    "subtract",
    "times",
    "mul",
    "multiply",
    "div",
    "divide",
    "dividedBy",
    "checked_add",
    "checked_sub",
    "checked_mul",
    "saturating_add",
    "saturating_sub",
    "saturating_mul",
    "wrapping_add",
    "wrapping_sub",
    "increment",
    "decrement",
];
/// Methods that make another list or text of one.
const CHANGE: &[&str] = &["concat", "filter", "slice", "assign", "union", "without", "append"];

impl Walk<'_, '_> {
    fn value(&self, (unit, node): At, made: Made, depth: u32) -> Option<Computed> {
        if depth > MAX_STEPS {
            return None;
        }
        let u = unit_of(self.view, unit);
        let node = bare(u, node);
        if made != Made::Same
            && let Some(row) = self.column_at((unit, node))
        {
            return Some(Computed { row, is_number: made == Made::Number, leaf: (unit, node) });
        }
        let of = |part: NodeId, made: Made| self.value((unit, part), made, depth + 1);
        match u.kind(node) {
            Kind::Assign { op, target, value } => self.assignment(unit, op, *target, *value, made, depth),
            Kind::Unary { op, value } if matches!(op.as_str(), "++" | "--") => of(*value, Made::Number),
            Kind::Unary { op, value } if matches!(op.as_str(), "-" | "+") => of(*value, made),
            Kind::Binary { op, left, right } => {
                let made = match op.as_str() {
                    "+" | "-" | "*" | "/" | "%" | "**" => self.sum(unit, *left, *right),
                    "|" | "&" | "^" | "<<" | ">>" => Made::Number,
                    "??" | "||" | "&&" => made,
                    _ => return None,
                };
                of(*left, made).or_else(|| of(*right, made))
            }
            Kind::If { then, otherwise, .. } => {
                of(*then, made).or_else(|| otherwise.and_then(|otherwise| of(otherwise, made)))
            }
            Kind::Match { arms, .. } => arms.iter().find_map(|arm| of(arm.body, made)),
            Kind::Block { statements, has_value: true, .. } => of(*statements.last()?, made),
            Kind::Await(inner) | Kind::Try(inner) => of(*inner, made),
            Kind::Array(items) => items.iter().find_map(|&item| match u.kind(item) {
                Kind::Spread(inner) => of(*inner, Made::Other),
                _ => None,
            }),
            Kind::Object { entries, .. } => entries.iter().find_map(|entry| match u.kind(entry.value) {
                Kind::Spread(inner) if entry.key == Key::Spread => of(*inner, Made::Other),
                _ => None,
            }),
            Kind::Template { holes, .. } => holes.iter().find_map(|&hole| of(hole, Made::Other)),
            Kind::Call { args, .. } => {
                let name = callee_name(u, node).map_or("", |name| name.as_str());
                let made = match name {
                    name if COMPUTE.contains(&name) => Made::Number,
                    // In Rust, an option is filtered.
                    name if CHANGE.contains(&name) && !self.view.is_rust() => Made::Other,
                    _ => made,
                };
                receiver(u, node)
                    .and_then(|on| of(on, made))
                    .or_else(|| args.iter().find_map(|&arg| of(arg, made)))
            }
            Kind::Name { .. } => self.name((unit, node), made, depth),
            _ => None,
        }
    }

    /// What `+` makes: a text, where one of its sides is one.
    fn sum(&self, unit: usize, left: NodeId, right: NodeId) -> Made {
        let u = unit_of(self.view, unit);
        let is_text =
            |node| matches!(u.kind(node), Kind::Literal(Literal::String(_)) | Kind::Template { .. });
        if is_text(left) || is_text(right) { Made::Other } else { Made::Number }
    }

    fn assignment(
        &self,
        unit: usize,
        op: &str,
        target: NodeId,
        value: NodeId,
        made: Made,
        depth: u32,
    ) -> Option<Computed> {
        match op {
            "=" => self.value((unit, value), made, depth + 1),
            "+=" | "-=" | "*=" | "/=" | "%=" | "**=" | "|=" | "&=" => {
                self.value((unit, target), self.sum(unit, target, value), depth + 1)
            }
            _ => None,
        }
    }

    fn name(&self, used: At, made: Made, depth: u32) -> Option<Computed> {
        // A name of the code around a function is declared in another unit than it is used in.
        let (unit, binding) = declaration(self.view, used.0, used.1)?;
        let u = unit_of(self.view, unit);
        let binding = u.binding(binding);
        if !matches!(binding.kind, BindingKind::Variable | BindingKind::Matched) {
            return None;
        }
        let is_plain = binding.path.iter().all(|step| matches!(step, PathStep::Variant(..)));
        // `let stock = product.stock; stock -= quantity`
        let changes = |&assignment: &NodeId| match u.kind(assignment) {
            Kind::Assign { op, .. } => matches!(op.as_str(), "+=" | "-=" | "*=" | "/="),
            Kind::Unary { op, .. } => matches!(op.as_str(), "++" | "--"),
            _ => false,
        };
        let made = if binding.assignments.iter().any(changes) { Made::Number } else { made };
        if made != Made::Same
            && let Some(row) = self.column_at(used)
        {
            return Some(Computed { row, is_number: made == Made::Number, leaf: used });
        }
        let first = binding.value.filter(|_| is_plain);
        let later = binding.assignments.iter().filter_map(|&assignment| match u.kind(assignment) {
            Kind::Assign { op, value, .. } if op == "=" => Some(*value),
            _ => None,
        });
        first.into_iter().chain(later).find_map(|value| self.value((unit, value), made, depth + 1))
    }

    /// The rows whose column of that name a node is.
    fn column_at(&self, (unit, node): At) -> Option<Row> {
        let u = unit_of(self.view, unit);
        let is_own = |name: &str| plain_column(name) == self.column;
        match u.kind(node) {
            Kind::Member { object, name, .. } if is_own(name) => row_of(self.view, unit, *object),
            Kind::Index { object, index } => match u.kind(*index) {
                Kind::Literal(Literal::String(name)) if is_own(name) => row_of(self.view, unit, *object),
                _ => self.only_value((unit, node)),
            },
            Kind::Call { args, .. } => {
                let name = callee_name(u, node).map_or("", |name| name.as_str());
                match args.first().map(|&arg| u.kind(bare(u, arg))) {
                    Some(Kind::Literal(Literal::String(column)))
                        if matches!(name, "get" | "try_get") && is_own(column) =>
                    {
                        row_of(self.view, unit, receiver(u, node)?)
                    }
                    _ => self.only_value((unit, node)),
                }
            }
            Kind::Name { .. } => {
                let (at, binding) = declaration(self.view, unit, node)?;
                let binding = unit_of(self.view, at).binding(binding);
                match binding.path.iter().rev().find(|step| matches!(step, PathStep::Member(_))) {
                    Some(PathStep::Member(name)) if is_own(name) => {
                        let row = row_of(self.view, at, binding.value?);
                        row.or_else(|| parameter_row(self.view, at, &binding.kind, MAX_STEPS))
                    }
                    _ => self.only_value((unit, node)),
                }
            }
            Kind::Await(_) | Kind::Try(_) => self.only_value((unit, node)),
            _ => None,
        }
    }

    /// The rows whose only column that was read is this one, where a node is what was read.
    fn only_value(&self, (unit, node): At) -> Option<Row> {
        let row = row_of(self.view, unit, node)?;
        let is_own =
            |read: &Access| read.only_column.as_deref().is_some_and(|name| plain_column(name) == self.column);
        row.reads.iter().any(is_own).then_some(row)
    }
}

/// The rows that a node is, or one of.
#[must_use]
pub fn row_of(view: &UnitView<'_>, unit: usize, node: NodeId) -> Option<Row> {
    row_at(view, unit, node, MAX_STEPS)
}

/// Members that hold the rows of a result.
const ROWS: &[&str] = &["rows", "data", "docs", "items", "results", "recordset", "0", "1"];

fn row_at(view: &UnitView<'_>, unit: usize, node: NodeId, steps: u32) -> Option<Row> {
    let steps = steps.checked_sub(1)?;
    let u = unit_of(view, unit);
    let node = bare(u, node);
    let of = |part: NodeId| row_at(view, unit, part, steps);
    match u.kind(node) {
        Kind::Await(inner) | Kind::Try(inner) => of(*inner),
        Kind::Call { .. } => {
            let found = accesses(&view.of(unit), node);
            if !found.is_empty() {
                // What writes first and hands back what is there then has not read it before.
                let is_read = found.iter().all(|access| access.action == Action::Read);
                let is_library = found.iter().all(|access| !access.is_indirect);
                let reads = found.iter().filter(|access| access.action == Action::Read);
                let reads: Vec<Access> = reads.cloned().collect();
                let reads_first = is_read || !is_library;
                return (reads_first && !reads.is_empty()).then_some(Row { at: (unit, node), reads });
            }
            let facts = view.eval.call(unit, node);
            if facts.target.is_some() || facts.effects.intersects(Effects::HTTP_REQUEST) {
                return None;
            }
            of(receiver(u, node)?)
        }
        Kind::Member { object, name, .. } if ROWS.contains(&name.as_str()) => of(*object),
        Kind::Index { object, .. } => of(*object),
        Kind::Name { .. } => {
            let (at, binding) = declaration(view, unit, node)?;
            let declared = unit_of(view, at);
            let binding = declared.binding(binding);
            let is_whole = binding.path.iter().all(|step| match step {
                PathStep::Member(name) => ROWS.contains(&name.as_str()),
                PathStep::Index(_) | PathStep::Variant(..) | PathStep::Rest => true,
            });
            if !is_whole {
                return None;
            }
            let assigned =
                binding.assignments.iter().filter_map(|&assignment| match declared.kind(assignment) {
                    Kind::Assign { op, value, .. } if op == "=" => Some(*value),
                    _ => None,
                });
            let values = binding.value.into_iter().chain(assigned);
            let mut rows = values.filter_map(|value| row_at(view, at, value, steps));
            rows.next().or_else(|| parameter_row(view, at, &binding.kind, steps))
        }
        Kind::If { then, otherwise, .. } => of(*then).or_else(|| of((*otherwise)?)),
        Kind::Binary { op, left, right } if matches!(op.as_str(), "??" | "||") => {
            of(*left).or_else(|| of(*right))
        }
        Kind::Match { on, arms } => of(*on).or_else(|| arms.iter().find_map(|arm| of(arm.body))),
        Kind::Block { statements, has_value: true, .. } => of(*statements.last()?),
        _ => None,
    }
}

/// The rows whose elements a closure is called with.
fn parameter_row(view: &UnitView<'_>, unit: usize, kind: &BindingKind, steps: u32) -> Option<Row> {
    let BindingKind::Parameter(function, 0) = *kind else { return None };
    let function: FunctionId = function;
    let Context::Runs(_, closure) = view.eval.context(unit, function) else { return None };
    let on = receiver(unit_of(view, closure.unit), closure.call)?;
    row_at(view, closure.unit, on, steps)
}

/// Whether two values are the same as far as their text tells: the same names of the same declarations, or the same
/// constant.
#[must_use]
pub fn is_same_value(view: &UnitView<'_>, a: &Seen, b: &Seen) -> bool {
    let (a, b) = (path_of(view, a), path_of(view, b));
    a.is_some() && a == b
}

/// Whether a value is itself, or a literal where it is missing: `body.name || ''`.
fn has_a_default(u: &Unit, node: NodeId) -> bool {
    let Kind::Binary { op, right, .. } = u.kind(node) else { return false };
    matches!(op.as_str(), "||" | "??") && matches!(u.kind(bare(u, *right)), Kind::Literal(_))
}

/// How a value is reached: the declaration or the constant it begins with, and the members that follow. Its form does
/// not count: `email.trim()` is `email`.
#[must_use]
pub fn path_of(view: &UnitView<'_>, seen: &Seen) -> Option<String> {
    let mut members: Vec<String> = seen.path.iter().rev().map(ToString::to_string).collect();
    let (mut unit, mut node) = (seen.unit, seen.node);
    for _ in 0..32 {
        let u: &Unit = unit_of(view, unit);
        node = bare(u, node);
        match u.kind(node) {
            Kind::Member { object, name, .. } => {
                members.push(name.to_string());
                node = *object;
            }
            Kind::Await(inner) | Kind::Try(inner) => node = *inner,
            Kind::Binary { left, .. } if has_a_default(u, node) => node = *left,
            Kind::Call { args, .. } => {
                node = match receiver(u, node).filter(|_| is_same_but_for_its_form(u, node)) {
                    Some(on) => on,
                    // `Number(id)`, `parseInt(id, 10)`, `new ObjectId(id)`
                    None => match (callee_name(u, node).map(|name| name.as_str()), args.first()) {
                        (
                            Some("Number" | "String" | "parseInt" | "BigInt" | "ObjectId" | "Some" | "Set"),
                            Some(&first),
                        ) => first,
                        _ => return None,
                    },
                };
            }
            Kind::This => {
                members.push("this".to_owned());
                break;
            }
            Kind::Literal(literal) => {
                members.push(format!("{literal:?}"));
                break;
            }
            Kind::Name { name, .. } => {
                let Some((at, binding)) = declaration(view, unit, node) else {
                    members.push(name.to_string());
                    break;
                };
                let b = unit_of(view, at).binding(binding);
                let is_alias = b.kind == BindingKind::Variable && b.assignments.is_empty();
                let steps: Option<Vec<String>> = b
                    .path
                    .iter()
                    .map(|step| match step {
                        PathStep::Member(name) => Some(name.to_string()),
                        _ => None,
                    })
                    .collect();
                let to = b.value.filter(|_| is_alias).filter(|&value| {
                    let inner = bare(unit_of(view, at), value);
                    match unit_of(view, at).kind(inner) {
                        Kind::Name { .. } | Kind::Member { .. } => true,
                        Kind::Binary { .. } => has_a_default(unit_of(view, at), inner),
                        Kind::Call { .. } => {
                            is_same_but_for_its_form(unit_of(view, at), inner)
                                || path_of(view, &Seen::at(at, inner)).is_some()
                        }
                        _ => false,
                    }
                });
                match (to, steps) {
                    (Some(value), Some(steps)) => {
                        members.extend(steps.into_iter().rev());
                        (unit, node) = (at, value);
                    }
                    _ => {
                        members.push(format!("{at}:{}", binding.0));
                        break;
                    }
                }
            }
            _ => return None,
        }
    }
    members.reverse();
    Some(members.join("."))
}
