//! `unfiltered-write`

use plimsoll_behavior::models::{FilterForm, Predicate, Rows, Slot};
use plimsoll_behavior::{Effects, FunctionKind, Key, Kind, Literal, NodeId};
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::Dialect;
use plimsoll_project::schema::sql::{Limit, Scope, ScopeRole, StatementKind, analyse};

use crate::ask::{
    Action, chain, frame, may_be_undefined, plain_name, schema_of, sql_texts, touches, words,
    writes_of_function,
};
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Report, Rule, RuleMeta, SUPPRESSION, UnitView, declare_rule};

declare_rule! {
    /// An update or a delete that reaches every row of its table, because it has no filter or one that may go away.
    ///
    /// ## What happens
    ///
    /// A statement without a filter changes or removes all rows. Where a filter leaves out conditions whose value is
    /// `undefined`, one missing parameter is enough: the request that was to delete one user's drafts deletes
    /// everybody's, and it succeeds.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// async function discardDrafts(userId?: string) {
    ///   await prisma.draft.deleteMany({ where: { userId } })
    /// }
    /// ```
    ///
    /// ```rust
    /// sqlx::query("UPDATE users SET plan = $1").bind(plan).execute(&pool).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// async function discardDrafts(userId: string) {
    ///   await prisma.draft.deleteMany({ where: { userId } })
    /// }
    /// ```
    ///
    /// ```rust
    /// sqlx::query("UPDATE users SET plan = $1 WHERE id = $2").bind(plan).bind(id).execute(&pool).await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// None is offered: only you know which rows are meant.
    ///
    /// ## What it does not flag
    ///
    /// - Tests, seeds, migrations and scripts.
    /// - An empty filter that is written out with a comment beside it.
    /// - Functions that say what they are for by their names (`clearCache`, `resetAll`, `rebuildTotals`) and take no
    ///   identifier.
    /// - Functions that empty several tables.
    /// - Tables that the same function, or a helper that it calls, writes in another way as well.
    /// - Settings of which there is one row.
    /// - Queries that are kept in a variable, and values that a condition has looked at.
    /// - Libraries for which `undefined` is a value like any other.
    pub UnfilteredWrite { id: "unfiltered-write", category: Database, severity: Error, since: "0.1.0", preview }
}

/// Words in the names of functions that are meant to reach all rows.
const MEANT: &[&str] = &[
    "all",
    "clear",
    "reset",
    "truncate",
    "wipe",
    "purge",
    "empty",
    "flush",
    "seed",
    "everything",
    "nuke",
    "rebuild",
    "refresh",
    "repair",
    "backfill",
    "migrate",
    "migrated",
    "ensure",
    "sync",
    "prepare",
    "init",
    "initialize",
    "recompute",
    "recalculate",
    "regenerate",
    "replace",
    "restore",
];
/// Names of tables that have one row, or that nobody misses.
const ONE_ROW: &[&str] =
    &["setting", "config", "configuration", "state", "meta", "metadata", "singleton", "preference"];
const PASSING: &[&str] = &["cache", "staging", "temp", "tmp", "scratch", "snapshot"];

impl Rule for UnfilteredWrite {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB_WRITE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for call in unit.calls() {
            if !call.facts.effects.contains(Effects::DB_WRITE) {
                continue;
            }
            let Some(reach) = reach(unit, &call) else { continue };
            let Some(written) = touches(unit, &call).into_iter().find(|touch| is_many(touch.action)) else {
                continue;
            };
            if is_expendable(&written.table)
                || is_meant(unit, &call)
                || is_written_anew(unit, &call, &written.table)
                || !matches!(reach, Reach::Undefined(_)) && is_one_of_several(unit, &call, &written.table)
            {
                continue;
            }
            let (verb, table) =
                (if written.action == Action::Delete { "deletes" } else { "updates" }, &written.table);
            let (node, message) = match reach {
                Reach::Unfiltered => {
                    (call.node, format!("this {verb} every row of `{table}`: it has no filter"))
                }
                Reach::Empty(node) => {
                    (node, format!("this {verb} every row of `{table}`: its filter has no condition"))
                }
                Reach::Undefined(node) => {
                    let value = unit.text(node);
                    let when = quoted(value).unwrap_or_else(|| "its filter".to_owned());
                    let what = format!("this {verb} every row of `{table}` when {when} is `undefined`");
                    (node, format!("{what}: such a condition is left out"))
                }
            };
            report.at_node(unit, node, call.confidence(), message);
        }
    }
}

/// How a statement comes to reach every row.
enum Reach {
    Unfiltered,
    Empty(NodeId),
    Undefined(NodeId),
}

fn is_many(action: Action) -> bool {
    matches!(action, Action::Update | Action::Delete)
}

fn reach(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<Reach> {
    if call.slot(Slot::Sql).is_some() {
        return is_unfiltered_text(unit, call).then_some(Reach::Unfiltered);
    }
    if call.slot(Slot::Bound).is_some() || is_kept(unit, call) {
        return None;
    }
    let u = unit.unit;
    let steps = chain(u, call.node);
    let acting = steps.iter().find_map(|&step| {
        let facts = unit.eval.call(unit.index, step);
        let (model, behavior) = facts.behavior.as_ref()?;
        behavior
            .slots
            .contains_key(&Slot::Action)
            .then(|| (*model, std::sync::Arc::clone(behavior), facts.filters))
    });
    let (model, acting, form) = acting?;
    if acting.rows == Some(Rows::One) || acting.unique {
        return None;
    }
    let Some(filter) = call.slot(Slot::Filter) else {
        // Only where the statement could have one: an entity that is removed stands for itself.
        let takes_one = acting.slots.contains_key(&Slot::Filter)
            || form.or(call.facts.filters).is_some()
                && !acting.slots.contains_key(&Slot::Data)
                && acting.yields.is_some()
            || acting.yields.is_some() && call.slot(Slot::Table).is_some();
        let has_other = steps.iter().any(|&step| is_named_like_a_filter(unit, step));
        return (takes_one && !has_other).then_some(Reach::Unfiltered);
    };
    let SlotValue::Node(site) = filter else { return None };
    let (index, node) = unit.node_at(site)?;
    if index != unit.index {
        return None;
    }
    match call.facts.filters {
        Some(FilterForm::Object) => {
            let ignores = unit.eval.models.all()[usize::from(model)].ignores_undefined;
            object_reach(unit, node, ignores)
        }
        Some(FilterForm::Expression) => goes_away(unit, node).then_some(Reach::Undefined(node)),
        _ => None,
    }
}

/// What an object lets through: nothing is asked, or nothing that is sure to be there.
fn object_reach(unit: &UnitView<'_>, node: NodeId, ignores_undefined: bool) -> Option<Reach> {
    let Kind::Object { entries, .. } = unit.unit.kind(node) else { return None };
    if entries.is_empty() {
        let is_explained = is_beside_a_comment(unit, node);
        return (!is_explained).then_some(Reach::Empty(node));
    }
    let mut undefined = None;
    for entry in entries {
        if !matches!(entry.key, Key::Name(_))
            || !ignores_undefined
            || !may_be_undefined(unit, unit.index, entry.value)
        {
            return None;
        }
        undefined.get_or_insert(entry.value);
    }
    undefined.map(Reach::Undefined)
}

/// Whether a condition that is an expression may be `undefined`, alone or as all parts of a conjunction.
fn goes_away(unit: &UnitView<'_>, node: NodeId) -> bool {
    let Kind::Call { args, .. } = unit.unit.kind(node) else {
        return match unit.unit.kind(node) {
            // `a && eq(…)` is `undefined`, `false` or `''` where `a` is.
            Kind::If { .. } | Kind::Literal(Literal::Undefined) => may_be_undefined(unit, unit.index, node),
            _ => false,
        };
    };
    let facts = unit.eval.call(unit.index, node);
    let is_conjunction = facts.behavior.as_ref().is_some_and(|(_, b)| b.predicate == Some(Predicate::And));
    is_conjunction && args.iter().all(|&arg| goes_away(unit, arg))
}

/// A query that goes on elsewhere: it is kept, or handed to a function.
fn is_kept(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let u = unit.unit;
    let builds = call.facts.value.instance().is_some_and(|made| unit.eval.models.ty(made.ty).runs.is_some());
    builds
        && u.parent(call.node).is_some_and(|parent| match u.kind(parent) {
            Kind::Let { .. }
            | Kind::Assign { .. }
            | Kind::Call { .. }
            | Kind::Array(_)
            | Kind::Object { .. } => true,
            Kind::Return(_) => !u.function(u.node(call.node).function).is_async,
            _ => false,
        })
}

fn is_named_like_a_filter(unit: &UnitView<'_>, call: NodeId) -> bool {
    let Kind::Call { callee, .. } = unit.unit.kind(call) else { return false };
    let Kind::Member { name, .. } = unit.unit.kind(*callee) else { return false };
    ["where", "filter", "match", "and", "or", "$", "modify", "belongs"]
        .iter()
        .any(|word| name.starts_with(word))
}

/// Whether the text of a call is an update or a delete without a condition, wholly known.
fn is_unfiltered_text(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(SlotValue::Node(site)) = call.slot(Slot::Sql) else { return false };
    let Some((index, node)) = unit.node_at(site) else { return false };
    let stands_in_the_call = index == unit.index && {
        let mut around = std::iter::once(node).chain(unit.unit.ancestors(node));
        around.any(|at| at == call.node)
    };
    // What is put together in steps does not stand in the call.
    let is_in_steps = !stands_in_the_call && unit.is_rust();
    let is_changed = match unit.unit_of(index).kind(node) {
        Kind::Name { binding: Some(binding), .. } => {
            !unit.unit_of(index).binding(*binding).assignments.is_empty()
        }
        _ => false,
    };
    if is_in_steps || is_changed {
        return false;
    }
    let lacks_one = |scope: &Scope| {
        matches!(scope.kind, StatementKind::Update | StatementKind::Delete)
            && scope.role == ScopeRole::Main
            && scope.branches.is_empty()
            && !scope.is_truncated
            && scope.limit == Limit::None
            && scope.tables.len() == 1
    };
    sql_texts(unit, call, schema_of(unit, call).as_deref()).iter().any(|sql| {
        let query = analyse(&sql.text, Dialect::Unknown, None);
        query.is_some_and(|query| query.statements.iter().flat_map(|s| &s.scopes).any(lacks_one))
    })
}

fn is_expendable(table: &str) -> bool {
    let lower = table.to_ascii_lowercase();
    let plain = plain_name(table);
    ONE_ROW.iter().any(|word| plain.ends_with(word)) || PASSING.iter().any(|word| lower.contains(word))
}

/// Whether a function around the call says by its name that all rows are meant, and takes no identifier.
fn is_meant(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    unit.functions_around(call.node).iter().any(|(index, function, _)| {
        let function = unit.unit_of(*index).function(*function);
        if function.kind == FunctionKind::Module {
            return false;
        }
        let takes_identifier =
            function.params.iter().flat_map(|param| &param.pattern.bindings).any(|&binding| {
                let name = unit.unit_of(*index).binding(binding).name.to_ascii_lowercase();
                name == "id" || name.ends_with("_id") || name.ends_with("id")
            });
        !takes_identifier
            && function
                .name
                .as_ref()
                .is_some_and(|name| words(name).iter().any(|word| MEANT.contains(&word.as_str())))
    })
}

/// Whether the same function empties another table as well: nobody forgets two filters.
fn is_one_of_several(unit: &UnitView<'_>, call: &CallView<'_>, table: &str) -> bool {
    let own = frame(unit, call.node);
    unit.calls_with(Effects::DB_WRITE).any(|other| {
        other.node != call.node
            && frame(unit, other.node) == own
            && touches(unit, &other)
                .iter()
                .any(|touch| touch.action == Action::Delete && plain_name(&touch.table) != plain_name(table))
            && matches!(reach(unit, &other), Some(Reach::Unfiltered | Reach::Empty(_)))
    })
}

/// Whether the same function writes the table in another way as well: rows that are replaced, a mark that moves, the
/// case of an empty list.
fn is_written_anew(unit: &UnitView<'_>, call: &CallView<'_>, table: &str) -> bool {
    let own = frame(unit, call.node);
    let is_same = |name: &str| plain_name(name) == plain_name(table);
    let is_written = unit.calls_with(Effects::DB_WRITE).any(|other| {
        other.node != call.node
            && frame(unit, other.node) == own
            && touches(unit, &other).iter().any(|touch| touch.action != Action::Read && is_same(&touch.table))
    });
    let is_written_by_a_helper = || {
        unit.calls().any(|other| {
            frame(unit, other.node) == own
                && other.facts.target.as_ref().is_some_and(|target| {
                    writes_of_function(unit, target).0.iter().any(|touch| is_same(&touch.table))
                })
        })
    };
    // A text that is put together names it where no statement can be read.
    let names_it = |text: &str| {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.next().is_some_and(|first| {
            ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|verb| first.eq_ignore_ascii_case(verb))
        }) && words.any(|word| word.eq_ignore_ascii_case(table))
    };
    let at = unit.unit.range(call.node);
    is_written
        || is_written_by_a_helper()
        || unit.unit.nodes.iter().any(|node| {
            let is_outside = node.range.end <= at.start || node.range.start >= at.end;
            is_outside
                && match &node.kind {
                    Kind::Literal(Literal::String(text)) => names_it(text.trim_start()),
                    Kind::Template { pieces, .. } => {
                        pieces.first().is_some_and(|text| names_it(text.trim_start()))
                    }
                    _ => false,
                }
        })
}

/// Whether a comment stands on a line of the node, or alone on the line above it.
fn is_beside_a_comment(unit: &UnitView<'_>, node: NodeId) -> bool {
    let range = unit.bytes(node);
    let text = unit.project.text;
    let line_start =
        text.get(..range.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line_end = text.get(range.end as usize..).and_then(|after| after.find('\n'));
    let line_end = line_end.map_or(text.len(), |at| range.end as usize + at);
    let above =
        text.get(..line_start.saturating_sub(1)).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let mut explaining = unit.unit.comments.iter().filter(|comment| !comment.text.contains(SUPPRESSION));
    explaining.any(|comment| {
        let at = unit.to_file(comment.range);
        let start = at.start as usize;
        start >= line_start && start < line_end || comment.is_alone && start >= above && start < line_start
    })
}
