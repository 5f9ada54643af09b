//! `missing-transaction`

use std::sync::Arc;

use plimsoll_behavior::{Binding, BindingId, BindingKind, Effects, Kind, NodeId, Unit};
use plimsoll_project::below_manifest;
use plimsoll_project::link::Context;

use crate::ask::database::row::accesses;
use crate::ask::{
    Absence, Action, Bond, Step, Touch, absence, are_on_one_path, are_stamps, bond, chain_head, frame,
    is_bookkeeping, is_in_transaction, mentions, plain_name, query_of_helper, schema_of, touches, words,
    writes_of_function,
};
use crate::edit::transaction::in_one_transaction;
use crate::view::CallView;
use crate::wording::listed;
use crate::{Confidence, RawRelated, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// Writes that belong together but do not run in one transaction, so that a failure between them leaves half.
    ///
    /// ## What happens
    ///
    /// The process is restarted, the connection drops, the second statement breaks a constraint: the first one stays.
    /// An order without its items is paid, money that has left one account arrives nowhere, and nobody can tell such
    /// rows from good ones later. In a transaction both writes happen or neither does.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const order = await prisma.order.create({ data: { userId } })
    /// await prisma.orderItem.createMany({ data: lines.map((line) => ({ ...line, orderId: order.id })) })
    /// ```
    ///
    /// ```rust
    /// sqlx::query("UPDATE accounts SET balance = balance - $1 WHERE id = $2").bind(amount).bind(from).execute(&pool).await?;
    /// sqlx::query("UPDATE accounts SET balance = balance + $1 WHERE id = $2").bind(amount).bind(to).execute(&pool).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// await prisma.$transaction(async (tx) => {
    ///   const order = await tx.order.create({ data: { userId } })
    ///   await tx.orderItem.createMany({ data: lines.map((line) => ({ ...line, orderId: order.id })) })
    /// })
    /// ```
    ///
    /// ```rust
    /// let mut tx = pool.begin().await?;
    /// sqlx::query("UPDATE accounts SET balance = balance - $1 WHERE id = $2").bind(amount).bind(from).execute(&mut *tx).await?;
    /// sqlx::query("UPDATE accounts SET balance = balance + $1 WHERE id = $2").bind(amount).bind(to).execute(&mut *tx).await?;
    /// tx.commit().await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The statements are put into one transaction, where each of them stands in the function itself. A failure then undoes
    /// all of them, which wants a review. Where the library has no transactions, the message says what it has instead.
    ///
    /// ## What is a preview
    ///
    /// Writes of which the code does not show that half is harm. Told unasked are statements of one function: an amount that is moved, a row
    /// and the rows or the reference that get its key, a row and the count of it elsewhere. Writes behind helpers, changes of a row by its key
    /// and what stands in a `try` of its own are most often made good by whoever tries again. A handle that a function of TypeScript is
    /// handed may be a transaction.
    ///
    /// ## What it does not flag
    ///
    /// - Writes of which nothing shows that they belong together: neither the key of one row in the other write, nor
    ///   one amount in both.
    /// - Two writes to one table that move no amount, as a status before and after some work.
    /// - Writes of which only one runs.
    /// - Writes in a transaction that is opened here, or whose handle or connection is a parameter.
    /// - Lists that a transaction takes.
    /// - Deletes that a foreign key repeats by itself.
    /// - Logs, audit trails, notifications, sessions and the time of the last login.
    /// - A first step that only makes sure that its row is there (`getOrCreateUser`, or a lookup and a creation of what
    ///   it did not find).
    /// - Rows that are removed again further down, and what removes them.
    /// - What follows from the answer of another service, or writes down what was handed to it, as an upload, and
    ///   functions that wait for one.
    pub MissingTransaction { id: "missing-transaction", category: Database, severity: Warning, since: "0.1.0" }
}

impl Rule for MissingTransaction {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        // What a helper runs that is handed its statement, only the statement tells.
        Effects::DB
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let steps = steps(unit);
        let mut done: Vec<usize> = Vec::new();
        for second in 1..steps.len() {
            if done.contains(&second) {
                continue;
            }
            let Some((first, why)) =
                (0..second).find_map(|first| Some((first, belongs(unit, &steps, first, second)?)))
            else {
                continue;
            };
            // One finding for all writes that belong to the first one.
            let later: Vec<usize> = (second..steps.len())
                .filter(|&other| {
                    other == second
                        || [first, second]
                            .iter()
                            .any(|&of| of < other && belongs(unit, &steps, of, other).is_some())
                })
                .collect();
            let is_known = done.contains(&first);
            done.push(first);
            done.extend(&later);
            if !is_known {
                say(unit, report, &steps, first, &later, &why);
            }
        }
    }
}

/// Work that takes its time, or that a transaction does not undo.
const WAITS: Effects = Effects::HTTP_REQUEST.union(Effects::PROCESS).union(Effects::SLEEP);

/// The writes of a unit outside of transactions, in their order.
fn steps(unit: &UnitView<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for call in unit.calls() {
        let is_direct = call.facts.effects.contains(Effects::DB_WRITE);
        let of_helper = if is_direct { None } else { query_of_helper(unit, call.node).map(Arc::new) };
        let (writes, schema) = match (&of_helper, &call.facts.target) {
            _ if is_direct => (touches(unit, &call), schema_of(unit, &call)),
            // The statement stands at the call of a helper that runs any.
            (Some(facts), _) => {
                let query = CallView { node: call.node, facts, summary: None };
                (touches(unit, &query), schema_of(unit, &query))
            }
            (None, Some(target)) if call.effects().contains(Effects::DB_WRITE) => {
                writes_of_function(unit, target)
            }
            _ => continue,
        };
        let writes: Vec<Touch> = writes.into_iter().filter(|touch| touch.action != Action::Read).collect();
        let is_told = writes.iter().all(|touch| is_bookkeeping(&touch.table));
        // A helper that also waits for others has no place in a transaction.
        let waits = !is_direct && call.effects().intersects(WAITS);
        if writes.is_empty() || is_told || waits || is_in_transaction(unit, call.node) {
            continue;
        }
        let step = Step::new(unit, call.node, writes, schema, is_direct);
        if !only_stamps(&step) {
            steps.push(step);
        }
    }
    for nested in &unit.unit.nested {
        let Some(function) = unit.linked.file.function_at(unit.index, nested.node) else { continue };
        let writes = unit.summary(&function).is_some_and(|s| s.effects.contains(Effects::DB_WRITE));
        let Some(inner) = unit.linked.file.unit_at(&function.unit).filter(|_| writes) else { continue };
        let runs_here =
            matches!(unit.eval.context(inner, function.function), Context::Runs(..) | Context::Immediate)
                && unit.eval.context(inner, function.function).is_inline();
        let (writes, schema) = writes_of_function(unit, &function);
        let is_told = writes.iter().all(|touch| is_bookkeeping(&touch.table));
        if runs_here && !is_told && !is_in_transaction(unit, nested.node) {
            steps.push(Step::new(unit, nested.node, writes, schema, false));
        }
    }
    steps.sort_by_key(|step| (unit.unit.range(step.node).end, step.node));
    steps
}

/// Why a later write belongs to an earlier one, where a run may do the first without the second.
fn belongs(unit: &UnitView<'_>, steps: &[Step], first: usize, second: usize) -> Option<Bond> {
    let (a, b) = (&steps[first], &steps[second]);
    if frame(unit, a.node) != frame(unit, b.node) || !are_on_one_path(unit.unit, a.node, b.node) {
        return None;
    }
    if makes_sure(unit, a) || is_found_or_created(unit, a, b) || cleans_up(unit, steps, second) {
        return None;
    }
    let why = bond(unit, a, b)?;
    (!is_undone(unit, steps, first) && !follows_from_a_service(unit, a, b)).then_some(why)
}

/// Whether the rows of a write are removed again further down.
fn is_undone(unit: &UnitView<'_>, steps: &[Step], first: usize) -> bool {
    let written = &steps[first];
    let adds = written.writes.iter().any(|touch| touch.action.adds());
    adds && unit.calls_with(Effects::DB_WRITE).any(|call| {
        unit.unit.range(call.node).start >= unit.unit.range(written.node).end
            && frame(unit, call.node) == frame(unit, written.node)
            && touches(unit, &call).iter().any(|touch| {
                touch.action == Action::Delete
                    && written.writes.iter().any(|own| plain_name(&own.table) == plain_name(&touch.table))
            })
    })
}

/// Whether a write only removes again what an earlier one has added.
fn cleans_up(unit: &UnitView<'_>, steps: &[Step], second: usize) -> bool {
    let removes = &steps[second];
    let is_added = |touch: &Touch| {
        steps[..second].iter().any(|earlier| {
            frame(unit, earlier.node) == frame(unit, removes.node)
                && earlier
                    .writes
                    .iter()
                    .any(|own| own.action.adds() && plain_name(&own.table) == plain_name(&touch.table))
        })
    };
    removes.writes.iter().all(|touch| touch.action == Action::Delete && is_added(touch))
}

/// Whether another service is asked between two writes, with whose answer the second is made, or of what was handed to
/// it, as the path of an upload: no transaction should wait for it.
fn follows_from_a_service(unit: &UnitView<'_>, first: &Step, second: &Step) -> bool {
    let (from, to) = (unit.unit.range(first.node).end, unit.unit.range(second.node).start);
    unit.calls_with(WAITS).any(|call| {
        let range = unit.unit.range(call.node);
        let is_between = range.start >= from && range.end <= to && !call.effects().intersects(Effects::DB);
        is_between
            && (second.givens.iter().any(|given| crate::ask::derives_from(unit.unit, given.value, call.node))
                || is_told_of(unit.unit, second, call.node, from))
    })
}

/// Whether a write is given what a call was handed, where that was made after the first write.
fn is_told_of(u: &Unit, write: &Step, call: NodeId, from: u32) -> bool {
    u.descendants(call).into_iter().any(|part| match u.kind(part) {
        Kind::Name { binding: Some(b), .. } => {
            u.binding(*b).range.start >= from
                && write.givens.iter().any(|given| mentions(u, given.value, &[*b]))
        }
        _ => false,
    })
}

/// Whether a call only makes sure that something is there, so that it does no harm alone.
fn makes_sure(unit: &UnitView<'_>, step: &Step) -> bool {
    let name: String =
        unit.call_name(step.node).chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    let name = name.rsplit(['.', ':']).next().unwrap_or_default();
    !step.is_direct
        && ["orcreate", "orinsert", "ensure", "upsert", "resolve"].iter().any(|word| name.contains(word))
}

/// Whether the first write only creates what a lookup did not find, and the second comes in either case: it finds the
/// row the next time.
fn is_found_or_created(unit: &UnitView<'_>, first: &Step, second: &Step) -> bool {
    let start = unit.unit.range(first.node).start;
    unit.calls_with(Effects::DB_READ).any(|lookup| {
        let at = (unit.index, lookup.node);
        let fills = |node: NodeId| absence(unit, unit.index, node, at) == Some(Absence::Filled);
        unit.unit.range(lookup.node).end <= start
            && fills(first.node)
            && !fills(second.node)
            && accesses(unit, lookup.node).iter().any(|read| {
                let table = read.table.as_deref().map(plain_name);
                first.writes.iter().any(|touch| table.as_ref() == Some(&plain_name(&touch.table)))
            })
    })
}

/// Whether an update only writes down when something was done last.
fn only_stamps(step: &Step) -> bool {
    let of_calls = step.givens.iter().filter_map(|given| given.column.as_deref());
    let of_text = step.writes.iter().flat_map(|touch| touch.columns.iter().map(String::as_str));
    step.is_direct
        && step.writes.iter().all(|touch| touch.action == Action::Update)
        && are_stamps(of_calls.chain(of_text))
}

/// Whether the code itself shows that half is harm: an amount that only one has, a row without its part, a count that is
/// not of what is there.
fn is_sure(unit: &UnitView<'_>, first: &Step, later: &[usize], steps: &[Step], why: &Bond) -> bool {
    let all_direct = first.is_direct && later.iter().all(|&step| steps[step].is_direct);
    if is_handed_in(unit, first.node) {
        return false;
    }
    // What fills a database for a look at it is run again.
    let path = below_manifest(unit.project.files, &unit.linked.file.path);
    let is_for_show = words(&path).iter().any(|word| FOR_SHOW.contains(&word.as_str()));
    all_direct && matches!(why, Bond::Amount(_))
        || !is_for_show
            && !is_undone_by_a_function(unit, first)
            && later
                .iter()
                .any(|&step| leaves_half(unit, first, &steps[step]) || is_counted(unit, first, &steps[step]))
}

/// Words in the paths of what fills a database for a look at it.
const FOR_SHOW: &[&str] = &[
    "seed",
    "seeds",
    "demo",
    "sample",
    "samples",
    "simulate",
    "simulation",
    "simulator",
    "mock",
    "mocks",
    "dev",
    "test",
    "tests",
];

/// Words in the names of functions that take away again what was done.
const UNDOES: &[&str] =
    &["delete", "remove", "rollback", "undo", "revert", "compensate", "cleanup", "destroy"];

/// Whether a statement of TypeScript runs on what its function is handed, which may be a transaction of the caller's
/// whatever its type is, in a library that has some.
fn is_handed_in(unit: &UnitView<'_>, node: NodeId) -> bool {
    let u = unit.unit;
    if unit.is_rust() || !advice(unit, node).is_empty() {
        return false;
    }
    let Kind::Name { binding: Some(binding), .. } = u.kind(chain_head(u, node)) else { return false };
    let is_of_this = |binding: &Binding| matches!(binding.kind, BindingKind::Parameter(function, _) if function == u.node(node).function);
    let binding = u.binding(*binding);
    let from = || match binding.value.map(|value| u.kind(chain_head(u, value))) {
        Some(Kind::Name { binding: Some(from), .. }) => is_of_this(u.binding(*from)),
        _ => false,
    };
    is_of_this(binding) || from()
}

/// Whether a function of the project is given the key of the first row, by its name to take that away again.
fn is_undone_by_a_function(unit: &UnitView<'_>, first: &Step) -> bool {
    let names = names_made_of(unit.unit, first.node);
    let from = unit.unit.range(first.node).end;
    unit.calls().any(|call| {
        let Kind::Call { args, .. } = unit.unit.kind(call.node) else { return false };
        call.facts.target.is_some()
            && unit.unit.range(call.node).start >= from
            && words(&unit.call_name(call.node)).iter().any(|word| UNDOES.contains(&word.as_str()))
            && args.iter().any(|&arg| mentions(unit.unit, arg, &names))
    })
}

/// The names that are bound to what a node yields.
fn names_made_of(u: &Unit, node: NodeId) -> Vec<BindingId> {
    let is_made = |b: &Binding| b.value.is_some_and(|value| u.descendants(value).contains(&node));
    let all = u.bindings.iter().enumerate().filter(|(_, b)| is_made(b));
    all.filter_map(|(index, _)| u32::try_from(index).ok().map(BindingId)).collect()
}

/// Whether a statement adds or removes a row and the next one counts it elsewhere. What is counted up before is most often a
/// number for the new row, of which one may be missing.
fn is_counted(unit: &UnitView<'_>, first: &Step, second: &Step) -> bool {
    let does =
        |step: &Step, actions: &[Action]| step.writes.iter().any(|touch| actions.contains(&touch.action));
    let counts = |step: &Step| {
        let text = unit.text(step.node);
        does(step, &[Action::Update])
            && ["increment", "decrement", "+ 1", "- 1"].iter().any(|counted| text.contains(counted))
    };
    let moves = |step: &Step| does(step, &[Action::Insert, Action::Delete]);
    first.is_direct
        && second.is_direct
        && block_around(unit.unit, first.node) == block_around(unit.unit, second.node)
        && moves(first)
        && counts(second)
}

/// Whether something is there without a part of it, if only the first of two statements of a function is done: a row
/// without the rows that are added with its key, or one that another row was to point to. What changes a row by its key, or
/// is made by a helper, is most often made good by whoever tries again.
fn leaves_half(unit: &UnitView<'_>, first: &Step, second: &Step) -> bool {
    let does = |step: &Step, action: Action| step.writes.iter().any(|touch| touch.action == action);
    let is_given_its_key = || {
        let names = names_made_of(unit.unit, first.node);
        second.givens.iter().any(|given| {
            let is_written = given.column.as_deref().is_some_and(|column| plain_name(column) != "id");
            is_written && mentions(unit.unit, given.value, &names)
        })
    };
    first.is_direct
        && second.is_direct
        && does(first, Action::Insert)
        // Many rows are most often written a part at a time.
        && loop_around(unit.unit, first.node) == loop_around(unit.unit, second.node)
        && !is_survived(unit.unit, first.node, second.node)
        && (does(second, Action::Insert) || does(second, Action::Update) && is_given_its_key())
}

/// The innermost block around a statement.
fn block_around(u: &Unit, node: NodeId) -> Option<NodeId> {
    u.ancestors(node).find(|&around| matches!(u.kind(around), Kind::Block { .. }))
}

/// The innermost loop around a statement.
fn loop_around(u: &Unit, node: NodeId) -> Option<NodeId> {
    u.ancestors(node).find(|&around| matches!(u.kind(around), Kind::Loop(_)))
}

/// Whether the code goes on when a later statement fails, and knows so: it stands in a `try` of its own.
fn is_survived(u: &Unit, first: NodeId, second: NodeId) -> bool {
    u.ancestors(second).any(|around| {
        matches!(u.kind(around), Kind::TryCatch { body, catch: Some(_), .. }
            if u.descendants(*body).contains(&second) && !u.descendants(*body).contains(&first))
    })
}

fn say(
    unit: &UnitView<'_>,
    report: &mut Report<'_>,
    steps: &[Step],
    first: usize,
    later: &[usize],
    why: &Bond,
) {
    let (Some(&second), a) = (later.first(), &steps[first]) else { return };
    let b = &steps[second];
    let name = |step: &Step| step.writes.first().map_or_else(String::new, |touch| touch.table.clone());
    let advice = advice(unit, b.node);
    let message = match why {
        Bond::Amount(amount) => format!(
            "`{amount}` is moved by two statements without a transaction: a failure between them loses or doubles it{advice}"
        ),
        Bond::Key(key) => format!(
            "{} are written for one `{key}` without a transaction: a failure between them leaves half{advice}",
            listed([name(a), name(b)])
        ),
    };
    let confidence =
        [a, b].iter().filter_map(|step| unit.call(step.node)).map(|call| call.confidence()).min();
    let written = |step: &Step, when: &str| RawRelated {
        place: unit.place(step.node),
        message: format!("`{}` is written {when}", name(step)),
    };
    let chain = |step: &Step| {
        let call = unit.call(step.node).filter(|_| !step.is_direct);
        let at_the_end = format!("`{}` is written here", name(step));
        call.map_or_else(Vec::new, |call| unit.chain(&call, Effects::DB_WRITE, &at_the_end))
    };
    let mut related = vec![written(a, "first")];
    related.extend(chain(a));
    related.extend(chain(b));
    related.extend(later.iter().skip(1).map(|&step| written(&steps[step], "as well")));
    let nodes: Vec<NodeId> =
        std::iter::once(first).chain(later.iter().copied()).map(|i| steps[i].node).collect();
    let all_direct = std::iter::once(&first).chain(later).all(|&step| steps[step].is_direct);
    report
        .at_node(unit, b.node, confidence.unwrap_or(Confidence::High), message)
        .preview(!is_sure(unit, a, later, steps, why))
        .related_all(related)
        .fix(|| all_direct.then(|| in_one_transaction(unit, &nodes)).flatten());
}

/// What makes one transaction of several statements, where the library has no call for it.
fn advice(unit: &UnitView<'_>, node: NodeId) -> String {
    let Some(call) = unit.call(node).filter(|_| matches!(unit.unit.kind(node), Kind::Call { .. })) else {
        return String::new();
    };
    let source = crate::ask::source(unit, call.facts, Effects::DB_WRITE);
    let model =
        source.and_then(|source| source.facts.behavior.as_ref().map(|(model, _)| usize::from(*model)));
    let by = model.and_then(|model| unit.eval.models.all()[model].transaction_by.as_ref());
    by.map_or_else(String::new, |by| format!("; use {by}"))
}
