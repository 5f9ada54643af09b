//! `n-plus-one`

use plimsoll_behavior::models::{SchemaKind, Slot};
use plimsoll_behavior::{Effects, Kind, NodeId};
use plimsoll_project::declared_dialect;
use plimsoll_project::link::{Value, run_of};
use plimsoll_project::schema::Dialect;

use crate::ask::{
    Often, Source, Turn, goes_through_rows, handed_to_each, is_dispatcher, is_each_of_a_table,
    is_each_of_a_tenant, is_fallback_of, is_in_process, is_kept_apart, is_of_few_rows, is_told_inside,
    looks_at_what_it_keeps, names_of, often, once_per_element, only_adds_to_a_query, sends_on_each, source,
    source_in, sql_argument, works_elsewhere, writes_on_each,
};
use crate::edit::batch::{read_before_the_loop, write_at_once};
use crate::report::Reported;
use crate::view::CallView;
use crate::{Confidence, RawRelated, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

/// How many own functions are followed to what is done with files.
const MAX_FUNCTIONS: usize = 8;

declare_rule! {
    /// A query, or a request that could be made for many at once, that runs once for every element of a collection.
    ///
    /// ## What happens
    ///
    /// Ten rows in development are eleven queries, and nobody sees it. Ten thousand rows in production are ten thousand
    /// and one: each one waits for the network, holds a connection of the pool and keeps the others waiting. The page
    /// that took 20 ms takes a minute, and it takes the rest of the service with it.
    ///
    /// Reads are errors: pages grow with the data that they show. Writes and requests are warnings: most of them are made
    /// by a job or once, and are slow before they take anything down.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// for (const post of posts) {
    ///   const author = await prisma.user.findUnique({ where: { id: post.authorId } })
    ///   result.push({ ...post, author })
    /// }
    /// ```
    ///
    /// ```rust
    /// for post in posts {
    ///     let author = sqlx::query_as::<_, User>("SELECT id, name FROM users WHERE id = $1")
    ///         .bind(post.author_id)
    ///         .fetch_optional(db)
    ///         .await?;
    ///     result.push((post, author));
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const authors = await prisma.user.findMany({ where: { id: { in: posts.map((post) => post.authorId) } } })
    /// const authorById = new Map(authors.map((author) => [author.id, author]))
    /// for (const post of posts) {
    ///   result.push({ ...post, author: authorById.get(post.authorId) ?? null })
    /// }
    /// ```
    ///
    /// ```rust
    /// let ids: Vec<i64> = posts.iter().map(|post| post.author_id).collect();
    /// let authors = sqlx::query_as::<_, User>("SELECT id, name FROM users WHERE id = ANY($1)")
    ///     .bind(&ids)
    ///     .fetch_all(db)
    ///     .await?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// Reads become one query with `in` before the loop, and a map that each turn looks into; writes become one statement
    /// for all rows. It changes which query runs, and so waits for a review. Where it cannot be written safely, none is offered.
    ///
    /// ## What it does not flag
    ///
    /// - Batches, by whatever means they are cut.
    /// - Retry, polling and cursor loops.
    /// - Turns that ask with what the turn before has found.
    /// - Loops that sleep.
    /// - Short lists that the code writes out.
    /// - Loops that end after one turn.
    /// - Loaders that collect what one tick asks for, and caches in front of the query.
    /// - Queries that are collected and run in one transaction.
    /// - Turns that each are a transaction, that lock their row, or that work outside of the database and then write
    ///   down that their element is done, or that open a database of their own.
    /// - Writes of what became of an element after something was sent, of what was uploaded for it or has failed.
    /// - Turns that set the state of their element beside other writes.
    /// - What the first turn asks for all of them.
    /// - Turns that each take the next number.
    /// - Functions that work through files, that call another service, or that do something else for every word they
    ///   are given.
    /// - Rows of a table that stays small.
    /// - Turns that each ask a table which their element names, or as the tenant that it is.
    /// - Calls that run for one certain element.
    /// - Loops that end at their first hit and hand it on.
    /// - A fallback of a call that is told already.
    /// - Databases that live in the process.
    /// - Steps that are added to a query which runs later.
    ///
    /// Recursion and work lists count.
    ///
    /// ## What is shown only with previews
    ///
    /// Unasked it tells of reads on a server that run for each row which the same function has fetched, or has had fetched:
    /// these grow with the table. All else waits for `preview`, because it is right too seldom: what a caller or a request
    /// hands over, which may be a handful; writes, and reads beside them; turns that each survive a failure of their own;
    /// checks whose answer nobody uses; turns that send something, too, or look first at what they have kept; a handful of
    /// rows (`take: 5`); what runs at the start or for a message; SQLite from Rust
    /// or by Prisma.
    pub NPlusOne { id: "n-plus-one", category: Database, severity: Error, since: "0.1.0" }
}

impl Rule for NPlusOne {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB | Effects::HTTP_REQUEST
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let mut told: Vec<((usize, NodeId), NodeId)> = Vec::new();
        for call in unit.calls() {
            if let Some((effect, source)) = cost(unit, &call)
                && !only_adds_to_a_query(unit, &call)
                && let Some(turn) = once_per_element(unit, call.node)
                && !is_coalesced(unit, &turn, &call, &source)
                && !is_each_of_a_table(unit, &turn, call.node, &source)
                && !is_each_of_a_tenant(unit, &turn, call.node)
                && !works_through_files(unit, &call)
                && !is_of_few_rows(unit, &turn, &call)
                && !told.iter().any(|&(driver, earlier)| {
                    driver == turn.driver && is_fallback_of(unit.unit, &turn, call.node, earlier)
                })
                && !call.facts.target.as_ref().is_some_and(|own| {
                    works_elsewhere(unit, own)
                        || is_told_inside(unit, own, source.effect)
                        || is_dispatcher(unit, own, source.effect)
                })
            {
                told.push((turn.driver, call.node));
                let name = name_of(unit, call.node);
                let what = What { effect, is_command: runs_commands(unit, &source) };
                let chain = unit.chain(&call, source.effect, what.at_the_end());
                say(unit, report, &turn, call.node, &name, what, call.confidence(), chain)
                    .preview(!grows_with_the_table(unit, &turn, call.node, what))
                    .fix(|| {
                        read_before_the_loop(unit, &turn, &call).or_else(|| write_at_once(unit, &turn, &call))
                    });
            }
            for (argument, node, source) in handed_functions(unit, &call) {
                let Some(turn) = handed_to_each(unit, call.node, argument) else { continue };
                let what = What { effect: effect_of(&source), is_command: runs_commands(unit, &source) };
                let name = unit.dotted(node).unwrap_or_else(|| unit.text(node).to_owned());
                say(unit, report, &turn, node, &name, what, Confidence::High, Vec::new())
                    .preview(!grows_with_the_table(unit, &turn, node, what));
            }
        }
    }
}

/// Whether it costs more with each row that the table gets, and whoever asks waits for it: rows are fetched on a server,
/// and something is asked for each. What is handed over may be a handful, and writes may have to be made one by one.
fn grows_with_the_table(unit: &UnitView<'_>, turn: &Turn, node: NodeId, what: What) -> bool {
    what.is_read()
        && !what.is_command
        && goes_through_rows(unit, turn)
        && !writes_on_each(unit, turn)
        && !sends_on_each(unit, turn)
        && !looks_at_what_it_keeps(unit, turn)
        && !only_checks(unit, node)
        && !is_kept_apart(unit, turn, node)
        && unit.is_on_a_server()
        && !matches!(often(unit, node), Often::Seldom | Often::Message)
        // In a file beside the program a query takes no round trip.
        && !asks_a_file(unit, node)
}

/// Whether what is asked is a file of SQLite that the program itself reads.
fn asks_a_file(unit: &UnitView<'_>, node: NodeId) -> bool {
    if unit.is_rust() {
        return declared_dialect(unit.project.files, &unit.linked.file.path) == Dialect::Sqlite;
    }
    // A builder of queries may ask a server that speaks the language of SQLite.
    let facts = unit.call(node).and_then(|call| cost(unit, &call)).map(|(_, source)| source.facts);
    let model =
        facts.as_ref().and_then(|facts| facts.behavior.as_ref()).map(|(model, _)| usize::from(*model));
    let kind = model.and_then(|model| unit.eval.models.all()[model].schema);
    kind == Some(SchemaKind::Prisma)
        && unit
            .project
            .schemas
            .schema_for(SchemaKind::Prisma)
            .is_some_and(|schema| schema.schema.dialect == Dialect::Sqlite)
}

/// Whether nobody looks at what a call yields: who may touch an element is asked of each.
fn only_checks(unit: &UnitView<'_>, call: NodeId) -> bool {
    let mut at = call;
    while let Some(parent) = unit.unit.parent(at) {
        match unit.unit.kind(parent) {
            Kind::Await(_) | Kind::Try(_) => at = parent,
            Kind::Discard(_) => return true,
            _ => return false,
        }
    }
    false
}

/// What a call costs that should not be paid per element: whether it reads or writes, and the library call that does.
fn cost(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<(Effects, Source)> {
    let effects = call.effects();
    let found = if effects.intersects(Effects::DB) {
        [Effects::DB_READ, Effects::DB_WRITE]
            .iter()
            .find_map(|&effect| source(unit, call.facts, effects & effect))
    } else {
        let has_batch = call.facts.behavior.as_ref().is_some_and(|(_, b)| b.batch.is_some());
        source(unit, call.facts, Effects::HTTP_REQUEST).filter(|_| has_batch)
    }?;
    // What a helper runs, only its caller knows.
    let sql = sql_argument(unit, call.node).and_then(|(_, text)| unit.eval.text_head(unit.index, text));
    let found = Source { sql: sql.map(|text| text.to_string()).or(found.sql), ..found };
    (!is_fine(unit, &found)).then(|| (effect_of(&found), found))
}

/// Own functions with queries that the call runs for every element.
fn handed_functions(unit: &UnitView<'_>, call: &CallView<'_>) -> Vec<(usize, NodeId, Source)> {
    let Kind::Call { args, .. } = unit.unit.kind(call.node) else { return Vec::new() };
    let handed = args.iter().enumerate().filter_map(|(argument, &node)| {
        run_of(call.facts, argument)?;
        if !matches!(unit.unit.kind(node), Kind::Name { .. } | Kind::Member { .. }) {
            return None;
        }
        let Value::Function(function) = unit.eval.value(unit.index, node) else { return None };
        let summary = unit.summary(&function)?;
        let effect =
            if summary.effects.contains(Effects::DB_READ) { Effects::DB_READ } else { Effects::DB_WRITE };
        let source = source_in(unit, function, summary.effects & effect)?;
        let is_job = summary.effects.contains(Effects::DB_TRANSACTION) || is_job(summary.effects);
        (!is_fine(unit, &source) && !is_job).then_some((argument, node, source))
    });
    handed.collect()
}

/// Whether an own function reads or writes files beside its queries: those are the work that each element is for. A file
/// that a function reads which is given nothing, as one that knows where a key is kept, is no such work.
fn works_through_files(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let Some(target) = call.facts.target.as_ref().filter(|_| call.effects().contains(Effects::FILE)) else {
        return false;
    };
    let mut next = unit.with_effect(target, Effects::FILE);
    for depth in 0..MAX_FUNCTIONS {
        let Some(summary) = unit.summary(&next) else { return true };
        if depth > 0 && summary.params.is_empty() {
            return false;
        }
        match summary.witness(Effects::FILE).and_then(|witness| witness.next.clone()) {
            Some(further) => next = further,
            None => return true,
        }
    }
    true
}

fn is_job(effects: Effects) -> bool {
    effects.contains(Effects::DB_WRITE)
        && effects.intersects(Effects::HTTP_REQUEST | Effects::NOTIFY | Effects::ENQUEUE | Effects::PROCESS)
}

/// A query that may run per element: it locks its row, notifies, its answer is kept, or it makes no round trip.
fn is_fine(unit: &UnitView<'_>, source: &Source) -> bool {
    let says = |text: &str| source.sql.as_ref().is_some_and(|sql| sql.to_ascii_lowercase().contains(text));
    // Who is told of an element through the database is told of each.
    let locks = source.facts.slot(Slot::Lock).is_some()
        || says("for update")
        || says("for share")
        || says("pg_notify(");
    // SQLite is asked of one table at a time what that looks like.
    locks || says("pragma ") || source.is_kept || is_in_process(unit, &source.facts)
}

/// Whether it reads or writes: the text of a statement knows better than the method that runs it.
fn effect_of(source: &Source) -> Effects {
    let word =
        source.sql.as_deref().and_then(|sql| sql.split_whitespace().next()).map(str::to_ascii_uppercase);
    match word.as_deref() {
        Some("INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE") => Effects::DB_WRITE,
        Some("SELECT") => Effects::DB_READ,
        _ => source.effect,
    }
}

/// Whether the library makes one query of what `Promise.all(posts.map((post) => …))` starts, or the resolvers of a field.
fn is_coalesced(unit: &UnitView<'_>, turn: &Turn, call: &CallView<'_>, source: &Source) -> bool {
    let (at, driver) = turn.driver;
    let u = &unit.linked.file.units[at].unit;
    let coalesces = source.facts.behavior.as_ref().is_some_and(|(_, b)| b.coalesces);
    // The fields of all rows are resolved together.
    let is_resolver = matches!(u.kind(driver), Kind::Function(_) | Kind::Nested(_));
    if is_resolver {
        return coalesces;
    }
    call.facts.target.is_none()
        && coalesces
        && (turn.unit, turn.body) == (unit.index, call.node)
        && u.parent(driver).is_some_and(|all| match u.kind(all) {
            Kind::Call { callee, .. } => {
                unit.eval.value(at, *callee) == Value::Package("<global>".into(), "Promise.all".into())
            }
            _ => false,
        })
}

/// What a call is called by: a builder by how its chain begins, `db.select`; what the project's own functions make is
/// none.
fn name_of(unit: &UnitView<'_>, call: NodeId) -> String {
    let is_own = |at: NodeId| unit.facts.calls.get(&at).is_some_and(|facts| facts.target.is_some());
    let mut head = call;
    let mut at = call;
    loop {
        at = match unit.unit.kind(at) {
            Kind::Call { .. } if at != call && is_own(at) => return unit.call_name(head),
            Kind::Call { .. } if is_own(at) => return unit.call_name(at),
            Kind::Call { callee, .. } => {
                head = at;
                *callee
            }
            Kind::Member { object, .. } => *object,
            Kind::Await(value) | Kind::Try(value) | Kind::NonNull(value) => *value,
            _ => break,
        }
    }
    let name = unit.call_name(head);
    // A builder that begins with a bare function says by its last call what it does: `db(…).update`.
    match unit.unit.kind(call) {
        Kind::Call { callee, .. } if head != call && !name.contains(['.', ':']) => {
            match unit.unit.kind(*callee) {
                Kind::Member { name: last, .. } => format!("{name}(…).{last}"),
                _ => name,
            }
        }
        _ => name,
    }
}

/// What runs once per element.
#[derive(Clone, Copy)]
struct What {
    effect: Effects,
    /// A command of a server of keys and values.
    is_command: bool,
}

impl What {
    fn is_read(self) -> bool {
        self.effect.contains(Effects::DB_READ)
    }

    /// What is there where the chain of calls ends.
    fn at_the_end(self) -> &'static str {
        if self.is_command {
            "the command runs here"
        } else if self.is_read() {
            "the query runs here"
        } else if self.effect.contains(Effects::HTTP_REQUEST) {
            "the request is sent here"
        } else {
            "the statement runs here"
        }
    }
}

fn runs_commands(unit: &UnitView<'_>, source: &Source) -> bool {
    let model = source.facts.behavior.as_ref().map(|(model, _)| usize::from(*model));
    model.and_then(|model| unit.eval.models.all().get(model)).is_some_and(|model| model.runs_commands)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one finding")]
fn say<'r>(
    unit: &UnitView<'_>,
    report: &'r mut Report<'_>,
    turn: &Turn,
    node: NodeId,
    name: &str,
    what: What,
    confidence: Confidence,
    chain: Vec<RawRelated>,
) -> Reported<'r> {
    let (one, all) = names_of(unit, turn);
    let per = match (&one, &all) {
        (Some(one), _) => format!("`{one}`"),
        (None, Some(all)) => format!("element of `{all}`"),
        (None, None) => "element".to_owned(),
    };
    let many = match &all {
        Some(all) if all.ends_with('s') => all.to_string(),
        Some(all) => format!("elements of `{all}`"),
        None => "elements".to_owned(),
    };
    let message = if what.is_command {
        format!("`{name}` runs one command per {per}: N commands for N {many}")
    } else if what.is_read() {
        format!("`{name}` runs one query per {per}: 1 + N queries for N {many}")
    } else if what.effect.contains(Effects::HTTP_REQUEST) {
        format!("`{name}` sends one request per {per}: N requests for N {many}")
    } else {
        format!("`{name}` runs one statement per {per}: N statements for N {many}")
    };
    let severity = if what.is_read() { Severity::Error } else { Severity::Warning };
    let collection = collection(unit, turn, node);
    let reported = report.at_node(unit, node, confidence, message).severity(severity);
    reported.related_all(collection).related_all(chain)
}

/// What the turns go over, where it does not stand on the line of what runs on each.
fn collection(unit: &UnitView<'_>, turn: &Turn, node: NodeId) -> Option<RawRelated> {
    let (at, over) = turn.over?;
    let there = unit.of(at);
    let (start, end) = (there.bytes(over).end as usize, unit.bytes(node).start as usize);
    let is_above = unit.project.text.get(start..end)?.contains('\n');
    is_above.then(|| RawRelated { place: there.place(over), message: "once for each of these".to_owned() })
}
