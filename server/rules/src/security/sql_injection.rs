//! `sql-injection`

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Effects, Guarantees};

use crate::ask::{FromOutside, from_outside};
use crate::edit::bind::bound;
use crate::view::function_name;
use crate::wording::quoted;
use crate::{Confidence, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// What a request brings along becomes a part of the text of a query.
    ///
    /// ## What happens
    ///
    /// The database cannot tell which part of a text the program has written and which part its user. Who looks for
    /// `x' OR '1'='1` gets every row; who sends `x'; DROP TABLE orders --`, or reads the table of passwords by a `UNION`,
    /// needs nothing but a browser. It is found by programs that try it at every form of every site, and what they read is
    /// gone at once. In a search box, the same fault is a name like O'Brien that ends in an error.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// app.get('/users', async (req, res) => {
    ///   const { rows } = await pool.query(`SELECT id, name FROM users WHERE name LIKE '%${req.query.name}%'`)
    ///   res.json(rows)
    /// })
    /// ```
    ///
    /// ```rust
    /// async fn search(State(pool): State<PgPool>, Query(asked): Query<Asked>) -> Result<Json<Vec<User>>, Error> {
    ///     let mut sql = String::from("SELECT id, name FROM users WHERE deleted_at IS NULL");
    ///     if let Some(name) = &asked.name {
    ///         sql.push_str(&format!(" AND name = '{name}'"));
    ///     }
    ///     Ok(Json(sqlx::query_as(&sql).fetch_all(&pool).await?))
    /// }
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const { rows } = await pool.query('SELECT id, name FROM users WHERE name LIKE $1', [`%${req.query.name}%`])
    /// ```
    ///
    /// ```rust
    /// let mut query = QueryBuilder::new("SELECT id, name FROM users WHERE deleted_at IS NULL");
    /// if let Some(name) = &asked.name {
    ///     query.push(" AND name = ").push_bind(name);
    /// }
    /// ```
    ///
    /// A name of a column or a direction cannot be bound: look it up in a list of your own.
    ///
    /// ## What its fix does
    ///
    /// Where the text stands as one template at the call, what is put into it is bound: by `$1` or `?` and a list of values,
    /// or by the library's tagged template. Names of tables and columns cannot be bound, and are left to you.
    ///
    /// ## What it does not flag
    ///
    /// - Texts that the program has put together of what is its own, however that is spelled: placeholders that are
    ///   counted, conditions out of a list, names of tables from the configuration. An interpolation is no finding.
    /// - Tagged templates that bind what is put into them, and parameters.
    /// - Numbers, dates, UUIDs and enums, by their type in Rust, by a conversion or a schema elsewhere.
    /// - What was looked up in a list or a table of the program's own, compared with several constants, held against a
    ///   pattern, escaped, or handed to a function that is called a check.
    /// - Data of which it is not known that a user sent it.
    pub SqlInjection {
        id: "sql-injection", category: Security, severity: Error, since: "0.1.0", preview
    }
}

/// In which texts it must not stand, and what it does there.
const TEXTS: &[(Slot, &str)] = &[
    (Slot::Sql, "it becomes a part of the SQL text here"),
    (Slot::Fragment, "it becomes a part of the SQL text here"),
    (Slot::Expression, "it becomes a part of the filter here"),
];

impl Rule for SqlInjection {
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
        for (slot, at_the_end) in TEXTS {
            for found in from_outside(unit, *slot, Guarantees::NO_TEXT, at_the_end) {
                let confidence = if found.is_convention { Confidence::Medium } else { Confidence::High };
                let at = found.hole.unwrap_or(found.node);
                // A filter stays below the other conditions of its query.
                let severity = if *slot == Slot::Expression { Severity::Warning } else { Severity::Error };
                report
                    .at_node(unit, at, confidence, message(unit, &found, *slot))
                    .severity(severity)
                    .related_all(found.way.iter().cloned())
                    .fix(|| bound(unit, &found));
            }
        }
    }
}

fn message(unit: &UnitView<'_>, found: &FromOutside, slot: Slot) -> String {
    let name = found.name.as_ref().map(|name| format!("`{name}`"));
    let at = found.hole.unwrap_or(found.node);
    let name = name.or_else(|| quoted(unit.text(at))).unwrap_or_else(|| "this".to_owned());
    let by = match &found.through {
        Some(function) => format!(" by `{}`", function_name(&function.unit)),
        None => String::new(),
    };
    match slot {
        Slot::Expression => format!(
            "{name} comes from the request and is put{by} into the text of a filter: a comma in it adds a condition of whoever sends it"
        ),
        _ if !found.guards.contains(Guarantees::IN_TEXT) && found.through.is_none() => format!(
            "{name} comes from the request and is run as SQL: whoever sends it reads and changes what they like"
        ),
        _ => format!(
            "{name} comes from the request and is put{by} into the text of the query: whoever sends SQL in it has that run"
        ),
    }
}
