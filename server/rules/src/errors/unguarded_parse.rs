//! `unguarded-parse`

use plimsoll_behavior::models::{Run, Slot};
use plimsoll_behavior::{Kind, NodeId, Unit};
use plimsoll_project::aborts_on_panic;

use crate::ask::{
    Missing, PanicEnds, Surfaces, Writer, is_address_of_a_request, missing, panic_ends, parsed, surfaces,
    writer,
};
use crate::edit::handed_on::handed_on;
use crate::edit::handler::caught_in_callback;
use crate::view::CallView;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule};

declare_rule! {
    /// A text from a user, another service or a file that is parsed where nobody handles that it has no form.
    ///
    /// ## What happens
    ///
    /// Whoever sends a message decides what is in it. `JSON.parse` throws for one that is cut off, empty or a page of HTML
    /// in place of an answer. In a listener nothing catches that: Node.js ends the process, with all other requests in it,
    /// and anybody can make it so by one message. In Rust `unwrap` panics: the request is not answered, or the task ends
    /// and nobody starts it again.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// socket.on('message', (data) => {
    ///   const event = JSON.parse(data.toString())
    ///   rooms.publish(event.room, event.text)
    /// })
    /// ```
    ///
    /// ```rust
    /// async fn show(State(pool): State<PgPool>, Path(id): Path<String>) -> Result<Json<Post>, AppError> {
    ///     let id: i64 = id.parse().unwrap();
    ///     Ok(Json(find(&pool, id).await?))
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// socket.on('message', (data) => {
    ///   let event
    ///   try {
    ///     event = JSON.parse(data.toString())
    ///   } catch (error) {
    ///     return socket.close(1007, 'not JSON')
    ///   }
    ///   rooms.publish(event.room, event.text)
    /// })
    /// ```
    ///
    /// ```rust
    /// let id: i64 = id.parse().map_err(|_| AppError::BadRequest("id"))?;
    /// ```
    ///
    /// ## What its fix does
    ///
    /// What fails in a listener or a timer is caught and logged. In Rust `unwrap()` becomes `?`, where the function hands on
    /// any error.
    ///
    /// ## What it does not flag
    ///
    /// - A text that the program writes itself, or one that runs on the same machine, a row of a database, and one of which
    ///   is not known where it comes from.
    /// - What is caught, here or by a function of the file that calls this one.
    /// - Handlers of a library that answers the request when they throw, unless what fails is what the user has sent: that
    ///   is told as info, and only with the previews, for it is answered as if the service had failed. An error handler of
    ///   the project is not looked for.
    /// - Async listeners and handlers whose promises nobody looks at: `unhandled-async-handler` tells of those.
    /// - The address that a request came to, and addresses with a base.
    /// - What has been looked at before: by a schema, a comparison, a pattern, `is_ok()`.
    /// - Tests, the start of a program, command lines, and functions of which is not known who calls them.
    pub UnguardedParse { id: "unguarded-parse", category: Errors, severity: Warning, since: "0.1.0", preview }
}

impl Rule for UnguardedParse {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        !unit.calls.is_empty()
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            match unit.is_rust() {
                true => by_force(unit, &call, report),
                false => thrown(unit, &call, report),
            }
        }
    }
}

/// A call of a script that throws.
fn thrown(unit: &UnitView<'_>, call: &CallView<'_>, report: &mut Report<'_>) {
    let Some(text) = parsed(unit, call.node) else { return };
    let has_a_base = call.slot(Slot::BaseUrl).is_some();
    if has_a_base || is_address_of_a_request(unit, unit.index, text) || is_tested(unit, text, call.node) {
        return;
    }
    let Some(by) = writer(unit, unit.index, text) else { return };
    let Some(surfaces) = surfaces(unit, call.node).filter(|_| unit.is_on_a_server()) else { return };
    let is_of_a_user = matches!(by, Writer::User { .. });
    let severity = match surfaces {
        Surfaces::EndsTheProcess(_) => Severity::Error,
        Surfaces::AnswersAnError if is_of_a_user => Severity::Info,
        Surfaces::AnswersAnError => return,
    };
    let name = unit.call_name(call.node);
    let what = told(unit, text);
    let by = by.told();
    let message = match surfaces {
        Surfaces::EndsTheProcess(run) => {
            let place = match run {
                Run::Listener => "listener",
                Run::Handler => "handler",
                _ => "timer",
            };
            format!(
                "`{name}` throws when {what}, which {by}, has no form for it: nothing catches that in this {place}, and the process ends"
            )
        }
        Surfaces::AnswersAnError => format!(
            "`{name}` throws when {what}, which {by}, has no form for it: who sends that is answered as if the service had failed"
        ),
    };
    let is_answered = surfaces == Surfaces::AnswersAnError;
    let reported = report.at_node(unit, call.node, confidence(call, unit, text), message);
    reported.severity(severity).preview(is_answered).fix(|| match surfaces {
        Surfaces::EndsTheProcess(Run::Handler) | Surfaces::AnswersAnError => None,
        Surfaces::EndsTheProcess(_) => caught_in_callback(unit, call.node),
    });
}

/// Whether code before has looked at the form of a text: a name in it is handed to what tells, in a condition.
fn is_tested(unit: &UnitView<'_>, text: NodeId, call: NodeId) -> bool {
    let u = unit.unit;
    let before = u.range(call).start;
    let names = u.descendants(text).into_iter().filter_map(|node| match u.kind(node) {
        Kind::Name { binding: Some(binding), .. } => Some(*binding),
        _ => None,
    });
    names.flat_map(|binding| &u.binding(binding).uses).filter(|&&used| u.range(used).start < before).any(
        |&used| {
            let Some(around) = u.ancestors(used).find(|&around| matches!(u.kind(around), Kind::Call { .. }))
            else {
                return false;
            };
            let Kind::Call { callee, .. } = u.kind(around) else { return false };
            let name = match u.kind(*callee) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => name.to_ascii_lowercase(),
                _ => return false,
            };
            TELLS.contains(&name.as_str()) || name.starts_with("is") || name.contains("valid")
        },
    )
}

/// Functions that tell the form of a text.
const TELLS: &[&str] = &["test", "match", "exec", "includes", "has", "some", "every"];

/// What is read in Rust and then taken by force.
fn by_force(unit: &UnitView<'_>, call: &CallView<'_>, report: &mut Report<'_>) {
    let Some(Missing::Form(text, by)) = missing(unit, call) else { return };
    let Some(ends) = panic_ends(unit, call.node).filter(|_| unit.is_on_a_server()) else { return };
    let aborts = aborts_on_panic(unit.world.files(), &unit.linked.file.path);
    let what = told(unit, text);
    let message = format!(
        "this panics when {what}, which {}, has no form to be read in: {}",
        by.told(),
        after_a_panic(ends, aborts)
    );
    let severity = if aborts { Severity::Error } else { Severity::Warning };
    report.at_node(unit, call.node, confidence(call, unit, text), message).severity(severity).fix(|| {
        let edits = vec![handed_on(unit, call.node)?];
        Some(FixPlan {
            title: "Hand the failure on by `?` (review: it is answered)".to_owned(),
            safety: Safety::Review,
            edits,
        })
    });
}

/// What is left of the work after a panic.
pub(super) fn after_a_panic(ends: PanicEnds, aborts: bool) -> &'static str {
    match ends {
        _ if aborts => "the process ends, with all other requests in it",
        PanicEnds::Request => "the request is not answered",
        PanicEnds::Task => "the task ends with it",
    }
}

fn told(unit: &UnitView<'_>, text: NodeId) -> String {
    quoted(unit.text(text)).unwrap_or_else(|| "the text".to_owned())
}

fn confidence(call: &CallView<'_>, unit: &UnitView<'_>, text: NodeId) -> Confidence {
    let is_guessed = matches!(writer(unit, unit.index, text), Some(Writer::User { is_convention: true }));
    if is_guessed { Confidence::Medium } else { call.confidence() }
}
