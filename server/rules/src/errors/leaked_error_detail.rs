//! `leaked-error-detail`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Key, Kind, NodeId, Unit};
use plimsoll_project::below_manifest;
use plimsoll_project::link::{SlotValue, Value};

use crate::ask::{Detail, Role, chain, detail_in, failing_call, is_kind_known, role, words};
use crate::edit::generic_text::generic_text;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Confidence, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// The text of a database's error that is sent to whoever asked, with a status that says the service has failed.
    ///
    /// ## What happens
    ///
    /// A constraint is violated, a column is missing after a deployment, the database cannot be reached. What the driver says
    /// of it names tables, columns, values of other rows, hosts and users. Whoever sent the request reads that: for somebody
    /// who looks for a way in it is a map, and for everybody else it is noise. The log, where it is needed, often has nothing.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// app.get('/orders', async (req, res) => {
    ///   try {
    ///     res.json(await prisma.order.findMany({ take: 50 }))
    ///   } catch (error) {
    ///     res.status(500).json({ error: error.message })
    ///   }
    /// })
    /// ```
    ///
    /// ```rust
    /// let orders = sqlx::query_as!(Order, "SELECT * FROM orders LIMIT 50")
    ///     .fetch_all(&pool)
    ///     .await
    ///     .map_err(|e| (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// } catch (error) {
    ///   console.error('cannot list orders', error)
    ///   res.status(500).json({ error: 'Internal server error' })
    /// }
    /// ```
    ///
    /// ```rust
    /// .map_err(|e| {
    ///     tracing::error!("cannot list orders: {e}");
    ///     (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
    /// })?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// A general text takes the place of the error's, and the error is logged where it is not yet. Nothing is written in Rust.
    ///
    /// ## What it does not flag
    ///
    /// - Other statuses than those of a failure of the service: what a user has done wrong is told.
    /// - Errors that something has looked at before: what kind they are, their code.
    /// - What is only sent while somebody develops.
    /// - Errors of anything but a database, for which it is not known what they say.
    /// - What machines and those who run the service ask: schedulers, health checks, webhooks, administration.
    pub LeakedErrorDetail { id: "leaked-error-detail", category: Errors, severity: Info, since: "0.1.0", preview }
}

/// Statuses by which a service says that it has failed itself, as Rust's libraries call them.
#[rustfmt::skip] // a list of words
const FAILED: &[&str] = &[
    "INTERNAL_SERVER_ERROR", "BAD_GATEWAY", "SERVICE_UNAVAILABLE", "GATEWAY_TIMEOUT", "InternalServerError", "BadGateway",
    "ServiceUnavailable", "GatewayTimeout",
];
/// Words in the paths of files, and the names of functions, that no user of the service asks.
#[rustfmt::skip] // a list of words
const INTERNAL: &[&str] = &[
    "admin", "cron", "debug", "dev", "diagnostics", "health", "healthz", "internal", "job", "jobs", "metrics", "migrate", "scheduled",
    "script", "scripts", "seed", "setup", "status", "test", "tests", "webhook", "webhooks", "worker", "workers",
];

impl Rule for LeakedErrorDetail {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::RESPOND | Effects::DB
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let path = || below_manifest(unit.project.files, &unit.linked.file.path);
        if !unit.may_be_on_a_server() || is_internal(&path()) {
            return;
        }
        let answers = if unit.is_rust() { answers_of_rust(unit) } else { answers(unit) };
        for (answer, body) in answers {
            let Some(detail) = detail_in(unit, body) else { continue };
            let is_asked_by_users = !unit.functions_around(answer).iter().any(|(at, function, _)| {
                unit.unit_of(*at).function(*function).name.as_deref().is_some_and(is_internal)
            });
            if is_kind_known(unit, detail.error, answer)
                || is_kind_known(unit, detail.error, detail.node)
                || !is_asked_by_users
                || !unit.is_on_a_server()
            {
                continue;
            }
            tell(unit, body, &detail, report);
        }
    }
}

fn is_internal(name: &str) -> bool {
    words(name).iter().any(|word| INTERNAL.contains(&word.as_str()))
}

/// Where a script answers that the service has failed, and what it sends.
fn answers(unit: &UnitView<'_>) -> Vec<(NodeId, NodeId)> {
    let all = unit.calls().filter(|call| call.facts.effects.contains(Effects::RESPOND));
    let failed = all.filter(|call| status(unit, call).is_some_and(|status| (500..600).contains(&status)));
    failed.filter_map(|call| Some((call.node, unit.own_node(call.slot(Slot::Body))?))).collect()
}

/// The status that an answer has, where it is a constant: what its options are, or say, or those of a call before in its
/// chain: `res.status(500).json(…)`.
fn status(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<u32> {
    let calls = chain(unit.unit, call.node);
    calls.into_iter().find_map(|call| status_of(unit, &unit.call(call)?))
}

fn status_of(unit: &UnitView<'_>, call: &CallView<'_>) -> Option<u32> {
    let SlotValue::Node(site) = call.slot(Slot::Options)? else { return None };
    let (at, node) = unit.node_at(site)?;
    let number = |node: NodeId| match unit.eval.value(at, node) {
        Value::Number(number) => number.parse().ok(),
        _ => None,
    };
    match unit.unit_of(at).kind(node) {
        Kind::Object { entries, .. } => {
            let is_it = |key: &Key| matches!(key, Key::Name(name) if name == "status");
            number(entries.iter().find(|entry| is_it(&entry.key))?.value)
        }
        _ => number(node),
    }
}

/// The same for Rust: a status beside what is sent, or a builder that is named by it.
fn answers_of_rust(unit: &UnitView<'_>) -> Vec<(NodeId, NodeId)> {
    let u: &Unit = unit.unit;
    let mut found = Vec::new();
    for (i, node) in u.nodes.iter().enumerate() {
        let id = NodeId(u32::try_from(i).expect("few nodes"));
        let body = match &node.kind {
            Kind::Array(parts) => match parts.as_slice() {
                [status, .., body] if says_failed(u, *status) => *body,
                _ => continue,
            },
            Kind::Call { callee, args, .. } => {
                let Kind::Member { object, .. } = u.kind(*callee) else { continue };
                let Kind::Call { callee: begun, .. } = u.kind(*object) else { continue };
                match args.first() {
                    Some(&body) if says_failed(u, *begun) => body,
                    _ => continue,
                }
            }
            _ => continue,
        };
        if role(unit, id).is_some_and(Role::answers_a_request) {
            found.push((id, body));
        }
    }
    found
}

fn says_failed(u: &Unit, status: NodeId) -> bool {
    matches!(u.kind(status), Kind::Member { name, .. } if FAILED.contains(&name.as_str()))
}

fn tell(unit: &UnitView<'_>, body: NodeId, detail: &Detail, report: &mut Report<'_>) {
    let what = failing_call(unit, detail.call);
    let read = quoted(unit.text(detail.node)).unwrap_or_else(|| "the error's text".to_owned());
    let with = if detail.is_stack { "the code's paths" } else { "names of tables, columns and hosts" };
    let confidence = unit.call(detail.call).map_or(Confidence::Medium, |call| call.confidence());
    report
        .at_node(
            unit,
            detail.node,
            confidence,
            format!("when {what} whoever sent the request is told {read}: {with}, which belong in the log"),
        )
        .related(unit.place(detail.call), "what fails here is told")
        .fix(|| generic_text(unit, body, detail));
}
