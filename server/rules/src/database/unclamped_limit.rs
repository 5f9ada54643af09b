//! `unclamped-limit`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Guarantees, NodeId};

use crate::ask::reading::cuts_off_at;
use crate::ask::{FromOutside, from_outside};
use crate::edit::clamp::clamp;
use crate::view::function_name;
use crate::wording::quoted;
use crate::{Confidence, FixPlan, Report, Rule, RuleMeta, Safety, UnitView, declare_rule};

declare_rule! {
    /// A limit or a page size that a request brings along, and that reaches a query without an upper bound.
    ///
    /// ## What happens
    ///
    /// The page asks for twenty rows. Whoever writes `?limit=1000000` gets the whole table: the database reads it, the
    /// server makes an object of each row and holds all of them, and a handful of such requests takes the service down.
    /// Nobody needs a password for it where the list is public, and a client of one's own with a wrong number does it
    /// as well.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// app.get('/posts', async (req, res) => {
    ///   const limit = Number(req.query.limit) || 20
    ///   res.json(await prisma.post.findMany({ orderBy: { id: 'desc' }, take: limit }))
    /// })
    /// ```
    ///
    /// ```rust
    /// async fn list(State(pool): State<PgPool>, Query(page): Query<Page>) -> Result<Json<Vec<Post>>, Error> {
    ///     let posts = sqlx::query_as("SELECT id, title FROM posts ORDER BY id DESC LIMIT $1")
    ///         .bind(page.limit.unwrap_or(20))
    ///         .fetch_all(&pool)
    ///         .await?;
    ///     Ok(Json(posts))
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const limit = Math.min(Number(req.query.limit) || 20, 100)
    /// ```
    ///
    /// ```rust
    /// let limit = page.limit.unwrap_or(20).clamp(1, 100);
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The limit is clamped where it comes from, with the constant that the file has for it or the configured maximum. Whoever
    /// asks for more must page, which wants a review.
    ///
    /// ## What it does not flag
    ///
    /// - Limits that are clamped, compared with a number of the program's own, looked up in a list or an enum, wherever
    ///   that is done: in a helper of another file, in the function that runs the query, in a schema (`.max(100)`), by
    ///   the decorators of the field, by a validator before the handler.
    /// - Limits that a `u8` holds.
    /// - Queries of which the server hands over only so many rows, as PostgREST does.
    /// - Schemas and validators that are not known.
    /// - Limits that do not come from a request: constants, configuration, arguments of a command.
    pub UnclampedLimit {
        id: "unclamped-limit", category: Database, severity: Warning, since: "0.1.0", preview;
        options: { max_rows: 100, "The bound that its fix writes where the file has no constant for it, in rows." }
    }
}

impl Rule for UnclampedLimit {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB
    }

    fn follows_data(&self) -> bool {
        true
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for found in from_outside(unit, Slot::Bound, Guarantees::LIMITED, "as many rows are read here") {
            if found.through.is_none() && is_cut_off(unit, found.node) {
                continue;
            }
            let rows = report.option("max_rows");
            let confidence = if found.is_convention { Confidence::Medium } else { Confidence::High };
            report
                .at_node(unit, found.node, confidence, message(unit, &found))
                .related_all(found.way.iter().cloned())
                .fix(|| {
                    let (edits, bound) = clamp(unit, &found, rows)?;
                    let title = format!("Read at most {bound} rows (review: who asks for more must page)");
                    Some(FixPlan { title, safety: Safety::Review, edits })
                });
        }
    }
}

/// Whether the library's server hands over only so many rows, whatever is asked for.
fn is_cut_off(unit: &UnitView<'_>, node: NodeId) -> bool {
    let mut around = unit.unit.ancestors(node).filter_map(|around| unit.call(around));
    around.any(|call| call.facts.effects.intersects(Effects::DB) && cuts_off_at(unit, call.facts).is_some())
}

fn message(unit: &UnitView<'_>, found: &FromOutside) -> String {
    let name = found.name.as_ref().map(|name| format!("`{name}`"));
    let name = name.or_else(|| quoted(unit.text(found.node))).unwrap_or_else(|| "this".to_owned());
    let what = format!("{name} comes from the request");
    let how = match &found.through {
        Some(function) => format!("`{}` reads as many rows as it says", function_name(&function.unit)),
        None => "says how many rows the query reads".to_owned(),
    };
    let and = if found.through.is_some() { ", and" } else { " and" };
    format!("{what}{and} {how}: nothing bounds it, so that one request can ask for all of them")
}
