//! `check-then-act`

use plimsoll_behavior::{BindingKind, Effects, FunctionId, Kind, Name, NodeId, Unit};
use plimsoll_project::conflict_handler;
use plimsoll_project::schema::{Dialect, Table};

use crate::ask::database::row::{
    Access, Cell, Seen, accesses, hands_errors_on, path_of, plain_column, row_of, tells_conflicts,
};
use crate::ask::{
    Absence, Action, absence, declaration, is_exclusive, is_in_transaction, is_of_users_or_money, plain_name,
    schema_table, words,
};
use crate::edit::upsert::create_or_leave;
use crate::wording::listed;
use crate::{Confidence, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// A row that is created because a lookup found none, so that two requests at the same time both create it.
    ///
    /// ## What happens
    ///
    /// A user clicks twice. Both requests look for the address, both find nobody, both insert. Without a unique key
    /// there are two accounts with one address from then on, and every later lookup finds one of them at random. With a
    /// unique key the second insert fails with an error that nobody expected: a 500 where a 409 belongs. Limits that are
    /// checked by counting are passed in the same way.
    ///
    /// Users and money are errors: a second account or a second payment is hard to take back. Anything else is a warning.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const existing = await prisma.user.findUnique({ where: { email } })
    /// if (existing) throw new Conflict('taken')
    /// await prisma.user.create({ data: { email, name } })
    /// ```
    ///
    /// ```rust
    /// let existing = sqlx::query("SELECT id FROM users WHERE email = $1").bind(&email).fetch_optional(&db).await?;
    /// if existing.is_none() {
    ///     sqlx::query("INSERT INTO users (email) VALUES ($1)").bind(&email).execute(&db).await?;
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// try {
    ///   await prisma.user.create({ data: { email, name } })
    /// } catch (error) {
    ///   if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') throw new Conflict('taken')
    ///   throw error
    /// }
    /// ```
    ///
    /// ```rust
    /// sqlx::query("INSERT INTO users (email) VALUES ($1) ON CONFLICT (email) DO NOTHING")
    ///     .bind(&email).execute(&db).await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Where a unique key holds the columns, the lookup and the insert become one statement that leaves a row that is there.
    /// Without such a key none is offered: the key must come first.
    ///
    /// ## What it does not flag
    ///
    /// - Upserts and inserts that say what happens on a conflict.
    /// - Functions that tell a violation of a unique key from other failures, and programs of which a file for errors
    ///   does, unless the schema has no such key.
    /// - Rows that are loaded, refused if they are missing, and then saved.
    /// - Lookups in another table, and of values that are not part of what is created.
    /// - Notifications and logs.
    /// - Functions that fill the database when the program starts.
    /// - Code that holds a lock, or runs in a transaction that is serializable or reads repeatably.
    /// - Databases inside the process.
    /// - SQLite's transactions.
    /// - Programs on somebody's command line, scripts and tests.
    pub CheckThenAct { id: "check-then-act", category: Database, severity: Warning, since: "0.1.0", preview }
}

/// What tables are called, at their end, of which a second row says the same once more.
const NOTES: &[&str] = &["notification", "log", "audit", "history", "activity", "reminder"];
/// First words of the names of functions that fill a database when the program starts.
const STARTS: &[&str] = &["init", "initialize", "initialise", "seed", "bootstrap", "migrate"];

impl Rule for CheckThenAct {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_WRITE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if unit.project.runs.runs == plimsoll_project::Runs::CommandLine {
            return;
        }
        for call in unit.calls_with(Effects::DB_WRITE) {
            for write in accesses(unit, call.node).iter() {
                let Some(check) = check_before(unit, call.node, write) else { continue };
                if is_exclusive(unit, call.node)
                    || is_serial(unit, call.node, write)
                    || is_a_note(write)
                    || is_of_the_start(unit, call.node)
                {
                    continue;
                }
                let (key, columns) = key(&check.read, write);
                if key != Key::None && (is_told_here(unit, call.node, write) || is_told_elsewhere(unit)) {
                    continue;
                }
                say(unit, report, call.node, write, &check, key, &columns);
                break;
            }
        }
    }
}

/// Whether what is created only tells somebody something, so that a second one hurts nobody.
fn is_a_note(write: &Access) -> bool {
    let words = write.table.as_deref().map(plain_words).unwrap_or_default();
    words.last().is_some_and(|word| NOTES.contains(&word.as_str()))
}

/// Whether a function around the write prepares the database when the program starts.
fn is_of_the_start(unit: &UnitView<'_>, call: NodeId) -> bool {
    unit.functions_around(call).iter().any(|(at, function, _)| {
        let name = unit.unit_of(*at).function(*function).name.as_deref().unwrap_or_default();
        words(name).first().is_some_and(|first| STARTS.contains(&first.as_str()))
    })
}

/// A lookup whose outcome leads to a write.
struct Check {
    at: (usize, NodeId),
    read: Access,
    form: Absence,
}

fn check_before(unit: &UnitView<'_>, call: NodeId, write: &Access) -> Option<Check> {
    let creates = match write.action {
        Action::Insert => true,
        // What was not read is new.
        Action::Save => {
            let saved = write.row.iter().chain(&write.data);
            !saved.into_iter().any(|seen| row_of(unit, seen.unit, seen.node).is_some())
        }
        _ => false,
    };
    if !creates || write.in_process || write.table.is_none() {
        return None;
    }
    let written = Written::of(unit, write);
    let levels = levels(unit, call);
    for &(at, node) in &levels {
        let there = unit.of(at);
        let end = there.unit.range(node).start;
        let before = there.unit.calls.iter().copied().filter(|&lookup| there.unit.range(lookup).start < end);
        for lookup in before {
            let found = accesses(&there, lookup);
            let read = found.iter().find(|read| {
                let is_read = read.action == Action::Read && !read.locks && !read.in_process;
                is_read && is_same_table(read, write) && (looks_for(unit, read, &written) || read.is_count)
            });
            let Some(read) = read.cloned() else { continue };
            let form = levels.iter().find_map(|&(level, node)| absence(unit, level, node, (at, lookup)));
            let Some(form) = form else { continue };
            // What is counted for another reason than a limit must be what is created.
            if form == Absence::Few || looks_for(unit, &read, &written) {
                return Some(Check { at: (at, lookup), read, form });
            }
        }
    }
    None
}

/// The call, and where the functions around it that run where they are written stand in the units around.
fn levels(unit: &UnitView<'_>, call: NodeId) -> Vec<(usize, NodeId)> {
    let mut levels = vec![(unit.index, call)];
    let mut at = unit.index;
    while levels.len() < 8 && unit.eval.context(at, FunctionId(0)).is_inline() {
        let Some((outer, node)) = unit.eval.node_of(at, FunctionId(0)).filter(|(outer, _)| *outer != at)
        else {
            break;
        };
        levels.push((outer, node));
        at = outer;
    }
    levels
}

fn is_same_table(read: &Access, write: &Access) -> bool {
    matches!((&read.table, &write.table), (Some(read), Some(write)) if plain_name(read) == plain_name(write))
}

/// The values that a write hands over, by how they are reached.
struct Written {
    paths: Vec<String>,
}

impl Written {
    fn of(unit: &UnitView<'_>, write: &Access) -> Written {
        let mut paths = Vec::new();
        for seen in write.data.iter().chain(write.written.iter().filter_map(|cell| cell.value.as_ref())) {
            add_paths(unit, seen, &mut paths, 2);
        }
        paths.sort();
        paths.dedup();
        Written { paths }
    }

    /// Whether a value, or the whole that it is a member of, is written.
    fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|own| {
            own == path || path.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

fn add_paths(unit: &UnitView<'_>, seen: &Seen, paths: &mut Vec<String>, names: u32) {
    let u = unit.unit_of(seen.unit);
    for node in u.descendants(seen.node) {
        let own =
            if node == seen.node { seen.clone() } else { Seen { unit: seen.unit, node, path: Vec::new() } };
        if !matches!(u.kind(node), Kind::Name { .. } | Kind::Member { .. }) {
            continue;
        }
        // What a longer path begins with is not handed over as a whole.
        let is_head = u
            .parent(node)
            .is_some_and(|parent| matches!(u.kind(parent), Kind::Member { object, .. } if *object == node));
        if is_head && node != seen.node {
            continue;
        }
        paths.extend(path_of(unit, &own));
        if names == 0 || !own.path.is_empty() {
            continue;
        }
        let Some((at, binding)) = declaration(unit, seen.unit, node) else { continue };
        let binding = unit.unit_of(at).binding(binding);
        if let Some(value) =
            binding.value.filter(|_| binding.kind == BindingKind::Variable && binding.path.is_empty())
        {
            let value = Seen { unit: at, node: value, path: Vec::new() };
            add_paths(unit, &value, paths, names - 1);
        }
    }
}

/// Whether a lookup is for what is created: a value that it compares is part of it.
fn looks_for(unit: &UnitView<'_>, read: &Access, written: &Written) -> bool {
    let values = read.keys.iter().filter_map(|key: &Cell| key.value.as_ref());
    values.filter_map(|value| path_of(unit, value)).any(|path| written.has(&path))
}

/// Whether the schema keeps a second row out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Unknown,
    None,
    Unique,
}

/// What the schema says of the columns that a lookup compares, and which of them say it.
fn key(read: &Access, write: &Access) -> (Key, Vec<String>) {
    let columns: Vec<&str> = read.keys.iter().map(|key| key.column.as_str()).collect();
    let told = |columns: &[&str]| columns.iter().map(|&column| column.to_owned()).collect();
    let Some(table) = table(write).filter(|table| !table.unknown) else { return (Key::Unknown, Vec::new()) };
    if columns.is_empty() || columns.iter().any(|column| table.column(column).is_none()) {
        return (Key::Unknown, Vec::new());
    }
    let mentions = |parts: &[Name]| {
        columns
            .iter()
            .any(|column| parts.iter().any(|part| part.eq_ignore_ascii_case(table.database_name(column))))
    };
    // What keeps a second row out of a part of the table, or only together with a column that the code compares itself.
    let may_hold = table.indexes.iter().any(|index| {
        let parts = || mentions(&index.columns) || mentions(&index.expression_columns);
        let is_wider = columns.len() < index.columns.len();
        index.unique && (index.partial || index.expression || is_wider) && parts()
    });
    // Of several conditions each may be an alternative.
    let alone: Vec<&str> = columns.iter().copied().filter(|column| table.is_unique(&[column])).collect();
    let whole =
        if alone.is_empty() && table.is_unique(&columns) { least(table, &columns) } else { Vec::new() };
    let held: Vec<&str> = alone.iter().copied().filter(|&column| is_given(table, write, column)).collect();
    match () {
        () if !held.is_empty() => (Key::Unique, told(&held)),
        () if !whole.is_empty() && whole.iter().all(|column| is_given(table, write, column)) => {
            (Key::Unique, told(&whole))
        }
        // A key that every new row gets anew keeps none out, but the lookup may not be for what is unique.
        () if may_hold || !alone.is_empty() || !whole.is_empty() => (Key::Unknown, Vec::new()),
        () => (Key::None, told(&columns)),
    }
}

/// As few of the columns as are still unique together.
fn least<'a>(table: &Table, columns: &[&'a str]) -> Vec<&'a str> {
    let mut least = columns.to_vec();
    for &column in columns {
        let without: Vec<&str> = least.iter().copied().filter(|other| *other != column).collect();
        if table.is_unique(&without) {
            least = without;
        }
    }
    least
}

/// Whether a write may hand over a value for a column, which is then not made anew for every row: an id by default.
fn is_given(table: &Table, write: &Access, column: &str) -> bool {
    let is_named = || write.written.iter().any(|cell| plain_column(&cell.column) == plain_column(column));
    let is_made = table.column(column).is_some_and(|column| column.has_default);
    !is_made || write.written.is_empty() || is_named()
}

fn table(write: &Access) -> Option<&Table> {
    schema_table(write.schema.as_ref()?, write.table.as_deref()?)
}

fn is_serial(unit: &UnitView<'_>, call: NodeId, write: &Access) -> bool {
    write.schema.as_ref().is_some_and(|schema| schema.schema.dialect == Dialect::Sqlite)
        && is_in_transaction(unit, call)
}

/// Whether a function around the write, or on the way to it, tells a violation of a unique key from other failures.
fn is_told_here(unit: &UnitView<'_>, call: NodeId, write: &Access) -> bool {
    let around = unit.functions_around(call);
    write.tells_conflicts
        || around.iter().any(|(at, ..)| tells_conflicts(unit.unit_of(*at)) || hands_errors_on(&unit.of(*at)))
}

/// Whether the program turns such violations into answers in one place: in a function for errors of this file, or in
/// another file.
fn is_told_elsewhere(unit: &UnitView<'_>) -> bool {
    let is_for_errors = |u: &Unit| {
        let function = u.own();
        let name = function.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        name.contains("error") || name.contains("exception") || function.of_trait.is_some()
    };
    unit.linked.file.units.iter().any(|entry| is_for_errors(&entry.unit) && tells_conflicts(&entry.unit))
        || conflict_handler(unit.project.files, &unit.linked.file.path).is_some()
}

fn say(
    unit: &UnitView<'_>,
    report: &mut Report<'_>,
    call: NodeId,
    write: &Access,
    check: &Check,
    key: Key,
    columns: &[String],
) {
    let table = write.table.as_deref().unwrap_or_default();
    let columns = listed(columns);
    let name = |access: &Access, node: NodeId, at: usize| {
        let name = unit.of(at).call_name(node);
        if access.is_indirect || access.is_called_by_its_table {
            format!("`{name}`")
        } else {
            format!("the write to `{table}`")
        }
    };
    let who = name(write, call, unit.index);
    let message = match (check.form, key) {
        (Absence::Few, _) => format!(
            "{who} comes after a count that it changes: two requests that count at the same time both pass the limit"
        ),
        (_, Key::Unique) => format!(
            "{who} comes after a lookup that found nothing: of two requests at the same time, one violates the unique key on {columns}, and nothing handles its failure"
        ),
        (_, Key::None) => format!(
            "{who} comes after a lookup that found nothing: two requests at the same time both create it, because there is no unique key on {columns}"
        ),
        (_, Key::Unknown) => format!(
            "{who} comes after a lookup that found nothing: two requests at the same time both create it, or one violates a unique key and nothing handles its failure"
        ),
    };
    let is_convention = write.is_convention || check.read.is_convention;
    let confidence = if is_convention { Confidence::Medium } else { Confidence::High };
    let is_grave = is_of_users_or_money(table);
    let severity = if is_grave { Severity::Error } else { Severity::Warning };
    let (at, lookup) = check.at;
    let looked_up = if check.form == Absence::Few { "counted" } else { "looked up" };
    let reported = report
        .at_node(unit, call, confidence, message)
        .severity(severity)
        .related(unit.of(at).place(lookup), format!("`{table}` is {looked_up} here"));
    let chain = |at: usize, node: NodeId, effect: Effects, at_the_end: &str| {
        let there = unit.of(at);
        there.call(node).map_or_else(Vec::new, |call| there.chain(&call, effect, at_the_end))
    };
    let reported = if check.read.is_indirect {
        reported.related_all(chain(at, lookup, Effects::DB_READ, "the lookup runs here"))
    } else {
        reported
    };
    let reported = if write.is_indirect {
        reported.related_all(chain(unit.index, call, Effects::DB_WRITE, "the write runs here"))
    } else {
        reported
    };
    reported.fix(|| {
        let is_unique = key == Key::Unique;
        is_unique.then(|| create_or_leave(unit, call, write, check.at, &check.read, check.form)).flatten()
    });
}

/// The words of a table's name, each for one: `user`, `order`.
fn plain_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter.is_uppercase() || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            last.extend(letter.to_lowercase());
        }
    }
    words.iter().filter(|word| !word.is_empty()).map(|word| plain_name(word)).collect()
}
