//! `panic-in-service`

use plimsoll_behavior::{Effects, Kind, NodeId, Unit};
use plimsoll_project::aborts_on_panic;

use super::unguarded_parse::after_a_panic;
use crate::ask::{Missing, Writer, missing, panic_ends};
use crate::edit::handed_on::handed_on;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, Severity, UnitView, declare_rule};

declare_rule! {
    /// An `unwrap` or `expect` in a handler or a task, on what a request, a query or another service need not bring.
    ///
    /// ## What happens
    ///
    /// The database is away for a second, a header is missing, a service answers without a field. `unwrap` makes a panic of
    /// it: the request gets no answer at all, not even a 500, locks that it holds are poisoned for all that come after it, and
    /// a task that goes through a list is gone, while the service goes on as if nothing were wrong.
    ///
    /// ## Bad
    ///
    /// ```rust
    /// async fn list(State(pool): State<PgPool>) -> Json<Vec<Post>> {
    ///     Json(sqlx::query_as("SELECT id, title FROM posts LIMIT 50").fetch_all(&pool).await.unwrap())
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```rust
    /// async fn list(State(pool): State<PgPool>) -> Result<Json<Vec<Post>>, AppError> {
    ///     Ok(Json(sqlx::query_as("SELECT id, title FROM posts LIMIT 50").fetch_all(&pool).await?))
    /// }
    /// ```
    ///
    /// ## What its fix does
    ///
    /// `unwrap()` becomes `?`, where the function hands on any error or one of the same library.
    ///
    /// ## What it does not flag
    ///
    /// - Locks, constants, and what the program has put there itself.
    /// - What has been asked for before: `is_some()`, `contains_key()`, `if let`.
    /// - The first part of a text that is split: there is one of any text.
    /// - The start of a program, statics, tests, command lines, and functions of which is not known who calls them.
    /// - Texts that are parsed: `unguarded-parse` tells of those.
    pub PanicInService { id: "panic-in-service", category: Errors, severity: Warning, since: "0.1.0", preview }
}

impl Rule for PanicInService {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        !unit.calls.is_empty()
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        if !unit.is_rust() || !unit.may_be_on_a_server() {
            return;
        }
        for call in unit.calls() {
            let Some(missing) = missing(unit, &call) else { continue };
            let Some(why) = why(unit, &missing) else { continue };
            let Some(ends) = panic_ends(unit, call.node).filter(|_| unit.is_on_a_server()) else { continue };
            let aborts = aborts_on_panic(unit.world.files(), &unit.linked.file.path);
            let message = format!("this panics when {why}: {}", after_a_panic(ends, aborts));
            let severity = if aborts { Severity::Error } else { Severity::Warning };
            let confidence = match &missing {
                Missing::Part(_, Writer::User { is_convention: true }) => Confidence::Medium,
                Missing::Failure(source, _) => {
                    unit.call(*source).map_or(Confidence::High, |call| call.confidence())
                }
                _ => call.confidence(),
            };
            report.at_node(unit, call.node, confidence, message).severity(severity).fix(|| {
                let edits = vec![handed_on(unit, call.node)?];
                let title = "Hand the failure on by `?` (review: it is answered)".to_owned();
                Some(FixPlan { title, safety: Safety::Review, edits })
            });
        }
    }
}

/// When what is taken by force is not there.
fn why(unit: &UnitView<'_>, missing: &Missing) -> Option<String> {
    let text = |node: NodeId| quoted(unit.text(node));
    Some(match missing {
        Missing::Form(..) | Missing::Row(_) | Missing::Entry(..) => return None,
        Missing::Part(part, by) => {
            let what = text(*part).unwrap_or_else(|| match unit.unit.kind(*part) {
                Kind::Call { .. } => format!("what `{}` asks for", unit.call_name(*part)),
                _ => "this".to_owned(),
            });
            format!("{what} is not there, which {}", by.told())
        }
        Missing::Failure(call, effects) => {
            let name = unit.call_name(*call);
            let other = if effects.intersects(Effects::DB | Effects::DB_CONNECT | Effects::DB_TRANSACTION) {
                "the database"
            } else if effects.contains(Effects::FILE) {
                "the disk"
            } else {
                "another service"
            };
            format!("`{name}` fails, as it does whenever {other} does")
        }
        Missing::Setting(call) => {
            let name = text(*call).unwrap_or_else(|| "a variable".to_owned());
            format!("{name} is not set")
        }
    })
}
