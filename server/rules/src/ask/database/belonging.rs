//! Whether two writes belong together: one uses the key of the other's row, or they move one amount.

use std::sync::Arc;

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{BindingId, Effects, Key, Kind, NodeId, Unit, words};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::{ForeignKey, OnDelete, Table};

use crate::UnitView;
use crate::ask::code::{bare, effects_of};
use crate::ask::database::sql_text::sql_texts;
use crate::ask::database::touch::{Action, Given, Touch, givens, plain_name, schema_table};

/// How many names a value is followed through.
const MAX_NAMES: usize = 24;

/// A statement, or a call of an own function that runs some, on a path.
#[derive(Clone, Debug)]
pub struct Step {
    /// The call, or the function that runs where it is written.
    pub node: NodeId,
    /// The tables that it writes.
    pub writes: Vec<Touch>,
    /// The schema that describes these tables.
    pub schema: Option<Arc<ProjectSchema>>,
    /// Whether the call is the statement itself.
    pub is_direct: bool,
    /// The values that it is given.
    pub givens: Vec<Given>,
}

impl Step {
    /// A step with the values that its call is given.
    #[must_use]
    pub fn new(
        view: &UnitView<'_>,
        node: NodeId,
        writes: Vec<Touch>,
        schema: Option<Arc<ProjectSchema>>,
        is_direct: bool,
    ) -> Step {
        Step { node, writes, schema, is_direct, givens: givens(view, view.index, node) }
    }
}

/// Why two writes belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bond {
    /// The second is given this value, which is the key of the first one's row.
    Key(String),
    /// They take and give this amount.
    Amount(String),
}

/// Why a later write belongs to an earlier one, if it does.
#[must_use]
pub fn bond(view: &UnitView<'_>, first: &Step, second: &Step) -> Option<Bond> {
    if let Some(amount) = moved(view, first, second) {
        return Some(Bond::Amount(amount));
    }
    let is_same = |a: &Touch, b: &Touch| plain_name(&a.table) == plain_name(&b.table);
    if first.writes.iter().any(|a| second.writes.iter().any(|b| is_same(a, b))) {
        return None;
    }
    flows(view, first, second).or_else(|| shared(view, first, second)).map(Bond::Key)
}

/// The key that flows from what the first write returns into what the second is given.
fn flows(view: &UnitView<'_>, first: &Step, second: &Step) -> Option<String> {
    let u = view.unit;
    // What an own function returns beside an update is seldom the key of what it has changed.
    if !first
        .writes
        .iter()
        .any(|touch| touch.action.adds() || first.is_direct && touch.action == Action::Update)
    {
        return None;
    }
    second.givens.iter().find_map(|given| {
        let value = plain(u, given.value);
        // An entity that was saved and is now a property of another one.
        let is_entity = |b: &BindingId| {
            let bound = u.binding(*b);
            bound.path.is_empty() && bound.value.is_some_and(|v| is_result(u, v, first.node))
        };
        let is_whole = first.is_direct
            && second.is_direct
            && given.column.is_some()
            && matches!(u.kind(value), Kind::Name { binding: Some(b), .. } if is_entity(b));
        let name = last_name(u, value)?;
        // What a helper returns may be a row with keys of others.
        let is_own = first.is_direct
            || matches!(u.kind(value), Kind::Name { .. })
            || first.writes.iter().any(|touch| {
                let of_table = format!("{}id", plain_name(&touch.table));
                let name = plain_column(name);
                name == of_table || matches!(name.as_str(), "id" | "uuid" | "insertid" | "rowid" | "oid")
            });
        let is_key =
            is_own && is_key_name(name) || given.column.as_deref().is_some_and(is_key_name) || is_whole;
        (is_key && comes_from(view, value, first.node)).then(|| view.text(value).to_owned())
    })
}

/// Whether a node is the result of a call: awaited, unwrapped.
fn is_result(u: &Unit, mut node: NodeId, call: NodeId) -> bool {
    loop {
        node = match u.kind(node) {
            _ if node == call => return true,
            Kind::Await(x) | Kind::Try(x) | Kind::NonNull(x) | Kind::Cast { value: x, .. } => *x,
            _ => return false,
        }
    }
}

/// Whether a value comes from what a call returns, through names, but through no other query.
fn comes_from(view: &UnitView<'_>, value: NodeId, call: NodeId) -> bool {
    let u = view.unit;
    let mut seen: Vec<BindingId> = Vec::new();
    let mut open = vec![value];
    while let Some(node) = open.pop() {
        match u.kind(node) {
            _ if node == call => return true,
            Kind::Call { .. } if effects_of(view, view.index, node).intersects(Effects::DB) => continue,
            Kind::Name { binding: Some(b), .. } if !seen.contains(b) && seen.len() < MAX_NAMES => {
                seen.push(*b);
                let binding = u.binding(*b);
                open.extend(binding.value);
                for &assignment in &binding.assignments {
                    if let Kind::Assign { value, .. } = u.kind(assignment) {
                        open.push(*value);
                    }
                }
            }
            Kind::Function(_) => {}
            kind => kind.each_part(&mut |part| open.push(part)),
        }
    }
    false
}

/// The key that both writes are given, where it is the key of one of their tables and leads from the other's to it.
fn shared(view: &UnitView<'_>, first: &Step, second: &Step) -> Option<String> {
    for a in &first.writes {
        for b in &second.writes {
            for (parent, parent_step, child, child_step) in [(a, first, b, second), (b, second, a, first)] {
                // A parent that only changes belongs to what is said beside it, not to all that is its.
                let is_sure =
                    parent.action != Action::Update || parent_step.is_direct && child_step.is_direct;
                let link = link(parent, parent_step, child, child_step);
                let Some(link) = link.filter(|_| is_sure) else { continue };
                if let Some(value) = shared_value(view, &link, parent_step, child_step) {
                    return Some(value);
                }
            }
        }
    }
    None
}

/// How a table leads to another: the columns of the reference, and of what it refers to.
struct Link {
    from: Vec<String>,
    to: Vec<String>,
}

/// The reference from `child` to `parent`: of the schema, or, where that is not known, by the column's name. None where
/// deleting the parent deletes the child.
fn link(parent: &Touch, parent_step: &Step, child: &Touch, child_step: &Step) -> Option<Link> {
    let schema = parent_step.schema.as_ref().or(child_step.schema.as_ref());
    let known = schema
        .and_then(|schema| Some((schema_table(schema, &parent.table)?, schema_table(schema, &child.table)?)));
    let reference = known.and_then(|(parent_table, child_table)| {
        let leads_there =
            |key: &&ForeignKey| key.table.eq_ignore_ascii_case(&parent_table.name) && key.columns.len() == 1;
        Some((parent_table, child_table, child_table.foreign_keys.iter().find(leads_there)?))
    });
    if let Some((parent_table, child_table, key)) = reference {
        let is_both_deleted = parent.action == Action::Delete && child.action == Action::Delete;
        let cascades = key.on_delete == Some(OnDelete::Cascade);
        if is_both_deleted && cascades {
            return None;
        }
        let names = |table: &Table, columns: &[smol_str::SmolStr]| {
            let mut all = Vec::new();
            for name in columns {
                all.push(plain_column(name));
                all.extend(table.column(name).map(|column| plain_column(&column.code_name)));
            }
            all
        };
        let to = if key.references.is_empty() { &parent_table.primary_key } else { &key.references };
        return Some(Link { from: names(child_table, &key.columns), to: names(parent_table, to) });
    }
    // `creatorAddress` beside the `address` of a creator.
    let table = plain_name(&parent.table);
    let of_parent = columns(parent_step, parent).chain(["id".to_owned(), "uuid".to_owned()]);
    let pairs = of_parent.map(|column| (format!("{table}{column}"), column));
    let of_child: Vec<String> = columns(child_step, child).collect();
    let named: Vec<(String, String)> = pairs.filter(|(reference, _)| of_child.contains(reference)).collect();
    let (from, to): (Vec<String>, Vec<String>) = named.into_iter().unzip();
    (!from.is_empty()).then_some(Link { from, to })
}

/// The columns that a write names, plain.
fn columns<'s>(step: &'s Step, touch: &'s Touch) -> impl Iterator<Item = String> + 's {
    let given = step.givens.iter().filter_map(|given| given.column.as_deref());
    given.chain(touch.columns.iter().map(String::as_str)).map(plain_column)
}

fn plain_column(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn shared_value(view: &UnitView<'_>, link: &Link, parent: &Step, child: &Step) -> Option<String> {
    let u = view.unit;
    let fits = |given: &Given, columns: &[String], step: &Step| match &given.column {
        Some(column) => columns.contains(&plain_column(column)),
        // SQL text names the columns, the values stand beside it; a helper's parameters may be anything.
        None => {
            let knows = step
                .writes
                .iter()
                .any(|touch| touch.columns.iter().any(|column| columns.contains(&plain_column(column))));
            let is_named_so = last_name(u, plain(u, given.value)).map(plain_column).is_some_and(|name| {
                link.to.contains(&name) || link.from.iter().any(|column| name.ends_with(column.as_str()))
            });
            (knows || !step.is_direct) && is_named_so
        }
    };
    parent.givens.iter().filter(|given| fits(given, &link.to, parent)).find_map(|of_parent| {
        let value = path(view, of_parent.value)?;
        let is_shared = child
            .givens
            .iter()
            .any(|given| fits(given, &link.from, child) && path(view, given.value).as_ref() == Some(&value));
        is_shared.then_some(value)
    })
}

/// The path that a value is, without what is wrapped around it.
fn path(view: &UnitView<'_>, value: NodeId) -> Option<String> {
    let value = plain(view.unit, value);
    match view.unit.kind(value) {
        Kind::Name { .. } | Kind::Member { .. } => view.dotted(value),
        _ => None,
    }
}

/// A value without references, casts and calls that only copy or convert it.
fn plain(u: &Unit, mut node: NodeId) -> NodeId {
    loop {
        node = bare(u, node);
        match u.kind(node) {
            Kind::Call { callee, args, .. } if args.is_empty() => match u.kind(*callee) {
                Kind::Member { object, .. } => node = *object,
                _ => return node,
            },
            Kind::Call { callee, args, .. } if args.len() == 1 => match u.kind(*callee) {
                Kind::Name { name, .. }
                    if matches!(name.as_str(), "Number" | "String" | "parseInt" | "BigInt") =>
                {
                    node = args[0];
                }
                _ => return node,
            },
            _ => return node,
        }
    }
}

fn last_name(u: &Unit, node: NodeId) -> Option<&str> {
    match u.kind(node) {
        Kind::Name { name, .. } | Kind::Member { name, .. } => Some(name),
        _ => None,
    }
}

/// Whether a name is that of a key.
fn is_key_name(name: &str) -> bool {
    let plain = plain_column(name);
    ["id", "uuid", "oid", "key", "pk", "slug", "sub"].iter().any(|word| plain.ends_with(word))
}

/// Words of what is moved and written down.
const AMOUNTS: &[&str] = &[
    "amount", "bonus", "cents", "coins", "cost", "credits", "deposit", "fee", "payout", "points", "price",
    "qty", "quantity", "refund", "sum", "total", "value",
];

/// The amount that one write takes and the other gives, or that one changes a count by and the other adds a row with:
/// what an account has, and the entry that says why.
fn moved(view: &UnitView<'_>, first: &Step, second: &Step) -> Option<String> {
    if !first.is_direct || !second.is_direct {
        return None;
    }
    let (a, b) = (amounts(view, first.node), amounts(view, second.node));
    let of_both = a.iter().find_map(|(takes, amount)| {
        b.iter().any(|(other, same)| takes != other && amount == same).then(|| amount.clone())
    });
    of_both.or_else(|| entered(view, &a, first, second)).or_else(|| entered(view, &b, second, first))
}

/// The amount by which one write changes what is there, and that the other adds to another table in a row.
fn entered(view: &UnitView<'_>, amounts: &[(bool, String)], changes: &Step, adds: &Step) -> Option<String> {
    let is_change = |touch: &Touch| matches!(touch.action, Action::Update | Action::Save);
    let adds_elsewhere = adds.writes.iter().any(|touch| {
        touch.action == Action::Insert
            && changes.writes.iter().all(|other| plain_name(&other.table) != plain_name(&touch.table))
    });
    if !adds_elsewhere || !changes.writes.iter().any(is_change) {
        return None;
    }
    let is_amount = |name: &str| words(name).iter().any(|word| AMOUNTS.contains(&word.as_str()));
    let entries = adds.givens.iter().filter_map(|given| {
        let path = path(view, given.value)?;
        let called = given.column.as_deref().unwrap_or(&path);
        (is_amount(called) || is_amount(&path)).then_some(path)
    });
    let entries: Vec<String> = entries.collect();
    amounts.iter().map(|(_, amount)| amount).find(|&amount| entries.contains(amount)).cloned()
}

/// The amounts that a statement adds to or takes from what is there; `true` where it takes.
fn amounts(view: &UnitView<'_>, call: NodeId) -> Vec<(bool, String)> {
    let u = view.unit;
    let mut found = Vec::new();
    for node in u.descendants(call) {
        match u.kind(node) {
            Kind::Object { entries, .. } => {
                for entry in entries {
                    let Key::Name(key) = &entry.key else { continue };
                    let takes = match key.as_str() {
                        "decrement" => true,
                        "increment" => false,
                        _ => continue,
                    };
                    found.extend(path(view, entry.value).map(|amount| (takes, amount)));
                }
            }
            Kind::Binary { op, right, left } if op == "-" || op == "+" => {
                let is_of_a_column =
                    matches!(u.kind(bare(u, *left)), Kind::Member { .. } | Kind::Call { .. });
                if is_of_a_column {
                    found.extend(path(view, *right).map(|amount| (op == "-", amount)));
                }
            }
            Kind::Unary { op, value } if op == "-" => {
                found.extend(path(view, *value).map(|amount| (true, amount)));
            }
            _ => {}
        }
    }
    found.extend(amounts_in_text(view, call));
    found
}

/// `SET balance = balance - $1`, with the values that the statement is given.
fn amounts_in_text(view: &UnitView<'_>, call: NodeId) -> Vec<(bool, String)> {
    let Some(view_of_call) = view.call(call) else { return Vec::new() };
    if !matches!(view_of_call.slot(Slot::Sql), Some(SlotValue::Node(_))) {
        return Vec::new();
    }
    let mut signs = Vec::new();
    for sql in sql_texts(view, &view_of_call, None) {
        let words: Vec<&str> = sql.text.split_whitespace().collect();
        for part in words.windows(4) {
            let [column, "=", same, sign @ ("-" | "+")] = part else { continue };
            if same.rsplit('.').next() == column.rsplit('.').next() {
                signs.push(*sign == "-");
            }
        }
    }
    let values = givens(view, view.index, call);
    let amounts = values.iter().filter_map(|given| path(view, given.value));
    let amounts: Vec<String> =
        amounts.filter(|amount| !is_key_name(amount.rsplit(['.', ':']).next().unwrap_or(amount))).collect();
    signs.iter().flat_map(|&takes| amounts.iter().map(move |amount| (takes, amount.clone()))).collect()
}
