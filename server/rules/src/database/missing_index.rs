//! `missing-index`

use plimsoll_behavior::models::{FilterForm, Slot};
use plimsoll_behavior::{Effects, Kind, NodeId, OwnRange};
use plimsoll_project::ProjectSchema;
use plimsoll_project::link::SlotValue;
use plimsoll_project::schema::{Column, ColumnType, Dialect, Table};

use crate::ask::database::filter::{Branch, Condition, Join, Lookup, Order, Test, lookups};
use crate::ask::database::size::{is_count, is_kind, is_place, is_small, is_state, is_tiny, is_truth};
use crate::ask::{Action, each_query, is_named_as_a_job, is_scheduled, touches, words};
use crate::edit::schema::{NewIndex, add_indexes, note_indexes};
use crate::view::CallView;
use crate::wording::listed;
use crate::{Place, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A query that reads a whole table because no index leads with a column that it filters, joins or orders by.
    ///
    /// ## What happens
    ///
    /// Without an index the database looks at every row to find a few. With the hundred rows of a test nobody sees it;
    /// with a million each call takes seconds, keeps the disk busy and holds its connection, until the pool is empty. A
    /// primary key, a unique key and an index help a filter only if their first column is among its conditions.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// // model Post { id String @id  authorId String }
    /// const posts = await prisma.post.findMany({ where: { authorId } })
    /// ```
    ///
    /// ```rust
    /// // CREATE TABLE posts (id BIGINT PRIMARY KEY, author_id BIGINT NOT NULL);
    /// let posts = sqlx::query("SELECT id FROM posts WHERE author_id = $1").bind(author).fetch_all(&db).await?;
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// // model Post { id String @id  authorId String  @@index([authorId]) }
    /// const posts = await prisma.post.findMany({ where: { authorId } })
    /// ```
    ///
    /// ```rust
    /// // CREATE INDEX posts_author_id_idx ON posts (author_id);
    /// let posts = sqlx::query("SELECT id FROM posts WHERE author_id = $1").bind(author).fetch_all(&db).await?;
    /// ```
    ///
    /// ## What is a preview
    ///
    /// What does no harm when it reads all rows: reads of rows by their age alone in a job, or in what is called like one
    /// (`cleanup`, `findExpired`), deletes and updates by it anywhere, deletes beside those of two other tables, a file of SQLite of which nothing says that a server reads it,
    /// the order of all tenants or companies.
    ///
    /// ## What its fix does
    ///
    /// The index is added where the schema lives: `@@index` in Prisma, `index()` in Drizzle, a new migration in the naming of
    /// the project for SQL. Where nothing can be added there, the statement that somebody must run is written into a comment
    /// above the query. It changes the database, and so waits for a review.
    ///
    /// ## What it does not flag
    ///
    /// - Queries whose schema is not found in Prisma files, tables declared in code or SQL migrations, and tables and
    ///   columns that it does not have, as those of another Prisma file with a database of its own.
    /// - A conjunction of which one column leads an index.
    /// - Conditions that may be missing, or that are put together where they cannot be seen.
    /// - Boolean columns, numbers that are named like one (`is_new`) or that are 0 or 1 unless somebody sets them and
    ///   compared with these, low bounds of what is counted (`trips >= 2`), and enumerations of at most ten values.
    /// - Texts and enumerations that by their name say a state or a kind (`status`, `role`, `type`), texts that are a
    ///   constant unless somebody sets them, and alternatives of which one narrows by nothing but these.
    /// - Comparisons with null, beginnings of and searches within texts, negations, and comparisons of a function of a
    ///   column.
    /// - An order without a limit, after a selective filter, or of several tables.
    /// - Joins of tables that the query reads as a whole.
    /// - An order by a name or by a place that somebody gave the rows.
    /// - Tables that are small by their name, as settings, roles and countries, or because somebody puts their rows in
    ///   order or a migration brings them, if they have no parent but such tables and who wrote them.
    /// - Tables of which a key takes only a few values.
    /// - Foreign keys to those.
    /// - Tables whose policies of row-level security compare a column that an index leads with.
    /// - Columns that a partial or special index or an index in a loose SQL file mentions, or one in a
    ///   program that is called like what makes indexes.
    /// - Foreign keys in MySQL, which indexes them by itself.
    /// - Tables of which an index is made by SQL that is put together while it runs, where its columns are not told.
    /// - Files in an `examples` folder of a project.
    pub MissingIndex { id: "missing-index", category: Database, severity: Warning, since: "0.1.0" }
}

impl Rule for MissingIndex {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::DB
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let mut done = Vec::new();
        each_query(unit, &mut |call, schema| {
            if call.facts.behavior.as_ref().is_some_and(|(_, behavior)| behavior.unique) {
                return;
            }
            let Some((lookup, problem)) = first_problem(unit, call, schema) else { return };
            if done.contains(&lookup.node) {
                return;
            }
            done.push(lookup.node);
            let table = lookup.table;
            let place = Place::Bytes { file: table.file.as_str().into(), range: table.name_range };
            report
                .at(marked(unit, lookup.node), call.confidence(), message(unit, call, &lookup, &problem))
                .related(place, indexes_of(table, lookup.table_name(call)))
                .preview(may_read_them_all(unit, call, &lookup, &problem))
                .about(problem.indexes.iter().filter_map(|index| leading_column(table, index)))
                .hint(|| note_indexes(unit, lookup.node, self.meta(), schema, table, &problem.indexes))
                .fix(|| add_indexes(unit.project, schema, table, &problem.indexes));
        });
    }
}

/// What is marked of a query: of a text over many lines the first that says something, for the whole would mark half a
/// screen.
fn marked(unit: &UnitView<'_>, query: NodeId) -> OwnRange {
    let (whole, text) = (unit.unit.range(query), unit.text(query));
    let is_text = matches!(unit.unit.kind(query), Kind::Literal(_) | Kind::Template { .. });
    let mut first = 0;
    for line in text.split_inclusive('\n') {
        first += line.len();
        // The mark that opens it says nothing.
        if line.contains(char::is_alphanumeric) && line.trim().len() > 3 {
            break;
        }
    }
    let first = text.get(..first).unwrap_or_default().trim_end().len();
    match u32::try_from(first) {
        Ok(length) if is_text && length < whole.end - whole.start => {
            OwnRange { start: whole.start, end: whole.start + length }
        }
        _ => whole,
    }
}

/// The column that an index would lead with: as a foreign key it wants no other one.
fn leading_column<'s>(table: &'s Table, index: &NewIndex) -> Option<(&'s Table, &'s Column)> {
    Some((table, table.column(index.columns.first()?)?))
}

/// As many columns that indexes begin with are named.
const MAX_NAMED: usize = 5;

/// What the indexes of a table begin with, as the reason why none serves.
fn indexes_of(table: &Table, name: &str) -> String {
    let keys = table.indexes.iter().filter(|index| !index.expression).map(|index| &index.columns);
    let is_by_code = name == table.code_name;
    let mut first: Vec<&str> = Vec::new();
    for key in std::iter::once(&table.primary_key).chain(keys) {
        let Some(column) = key.first() else { continue };
        let in_code = table.column(column).filter(|_| is_by_code).map(|own| &own.code_name);
        let column = in_code.unwrap_or(column).as_str();
        if !first.contains(&column) {
            first.push(column);
        }
    }
    match first.as_slice() {
        [] => format!("`{name}` has no index"),
        [only] => format!("only `{only}` leads an index of `{name}`"),
        few if few.len() <= MAX_NAMED => format!("the indexes of `{name}` begin with {}", listed(few)),
        many => {
            let (named, others) = many.split_at(MAX_NAMED - 1);
            let named: Vec<String> = named.iter().map(|column| format!("`{column}`")).collect();
            format!("the indexes of `{name}` begin with {} and {} others", named.join(", "), others.len())
        }
    }
}

/// Whether it does no harm to read all rows: it happens seldom, for nobody who waits, or there are few.
fn may_read_them_all(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    lookup: &Lookup<'_>,
    problem: &Problem,
) -> bool {
    let is_of_a_user = lookup.table.dialect == Dialect::Sqlite && !unit.is_on_a_server();
    let lists_owners = problem.verb == "orders"
        && words(&lookup.table.name).last().is_some_and(|w| OWNERS.contains(&w.as_str()));
    is_of_a_user
        || lists_owners
        || is_housekeeping(unit, call, lookup, problem)
        || is_part_of_a_purge(unit, call)
}

/// Last words of the names of tables whose rows are those that the service is run for: there are as many as it has
/// customers, and only who runs it lists them all.
const OWNERS: &[&str] = &[
    "tenant",
    "tenants",
    "organization",
    "organizations",
    "company",
    "companies",
    "workspace",
    "workspaces",
    "shop",
    "shops",
    "store",
    "stores",
    "restaurant",
    "restaurants",
    "clinic",
    "clinics",
    "school",
    "schools",
];

/// Whether it goes to rows by their age alone, as a job does once in a while, and what deletes them: it may read them all.
fn is_housekeeping(unit: &UnitView<'_>, call: &CallView<'_>, lookup: &Lookup<'_>, problem: &Problem) -> bool {
    let is_time = |name: &String| {
        let column = lookup.table.column(name);
        column.is_some_and(|own| matches!(own.column_type, ColumnType::Timestamp | ColumnType::Date))
    };
    let mut conditions = lookup.branches.iter().flat_map(|branch| &branch.conditions);
    problem.verb == "filters"
        && problem.columns.iter().all(is_time)
        && conditions.all(|own| own.test == Test::Range || !problem.columns.contains(&own.column))
        && (call.facts.effects.contains(Effects::DB_WRITE)
            || is_scheduled(unit, call.node)
            || is_named_as_a_job(unit, call.node))
}

/// How many tables are emptied of something by what takes it away for good.
const PURGED: usize = 3;

/// Whether rows are deleted beside those of other tables: what they belong to goes away, which happens once to each.
fn is_part_of_a_purge(unit: &UnitView<'_>, call: &CallView<'_>) -> bool {
    let deleted = |call: &CallView<'_>| {
        touches(unit, call).into_iter().find(|touch| touch.action == Action::Delete).map(|touch| touch.table)
    };
    if !call.facts.effects.contains(Effects::DB_WRITE) || deleted(call).is_none() {
        return false;
    }
    let mut tables: Vec<String> = unit
        .calls_with(Effects::DB_WRITE)
        .filter(|own| own.facts.target.is_none())
        .filter_map(|own| deleted(&own))
        .collect();
    tables.sort_unstable();
    tables.dedup();
    tables.len() >= PURGED
}

/// Why a lookup reads its whole table.
struct Problem {
    /// The columns, by their names in the query.
    columns: Vec<String>,
    verb: &'static str,
    /// Whether only some alternatives of the filter do.
    in_one_branch: bool,
    indexes: Vec<NewIndex>,
}

fn first_problem<'s>(
    unit: &UnitView<'_>,
    call: &CallView<'_>,
    schema: &'s ProjectSchema,
) -> Option<(Lookup<'s>, Problem)> {
    lookups(unit, call, schema).into_iter().find_map(|lookup| {
        let problem = problem(&lookup, schema)?;
        Some((lookup, problem))
    })
}

fn problem(lookup: &Lookup<'_>, schema: &ProjectSchema) -> Option<Problem> {
    let table = lookup.table;
    if table.unknown || is_small(table, &schema.schema) || table.dialect == Dialect::MongoDb {
        return None;
    }
    let known = Known { table, schema };
    let mut columns = Vec::new();
    let mut indexes: Vec<NewIndex> = Vec::new();
    let mut verb = "filters";
    // Where one side of an `OR` reads the whole table, no index for the others helps.
    if lookup.branches.len() > 1 && lookup.branches.iter().any(|branch| known.reads_all(branch)) {
        return None;
    }
    for branch in &lookup.branches {
        let Some(unserved) = known.unserved(branch) else { continue };
        if unserved.iter().all(|condition| condition.joins.is_some()) {
            verb = "joins";
        }
        let index = known.index_for(&unserved, &lookup.order);
        if !indexes.contains(&index) {
            indexes.push(index);
        }
        for condition in unserved {
            if !columns.contains(&condition.column) {
                columns.push(condition.column.clone());
            }
        }
    }
    if !indexes.is_empty() {
        let in_one_branch = lookup.branches.len() > indexes.len();
        // An index that begins with the columns of another one serves what that would.
        let all = indexes.clone();
        indexes
            .retain(|own| !all.iter().any(|other| own != other && other.columns.starts_with(&own.columns)));
        return Some(Problem { columns, verb, in_one_branch, indexes });
    }
    let order = known.unserved_order(lookup)?;
    let indexes = vec![NewIndex { columns: vec![order.clone()] }];
    Some(Problem { columns: vec![order], verb: "orders", in_one_branch: false, indexes })
}

/// The highest bound that most of what is counted passes, or falls short of.
const LOW: u64 = 10;

struct Known<'a> {
    table: &'a Table,
    schema: &'a ProjectSchema,
}

impl Known<'_> {
    /// The conditions of a branch that an index would serve and none does.
    fn unserved<'b>(&self, branch: &'b Branch) -> Option<Vec<&'b Condition>> {
        if branch.is_open || self.is_served(branch) {
            return None;
        }
        let wanted = self.wanted(branch);
        let is_selective = wanted.iter().any(|own| own.joins.is_none() || own.joins == Some(Join::ToFew));
        (is_selective && !wanted.iter().any(|own| self.is_special(&own.column))).then_some(wanted)
    }

    /// The conditions that an index may find few rows by.
    fn wanted<'b>(&self, branch: &'b Branch) -> Vec<&'b Condition> {
        branch
            .conditions
            .iter()
            .filter(|own| {
                let is_wanted = matches!(own.test, Test::Equal | Test::Range);
                is_wanted && !self.is_tiny(&own.column) && !self.is_state(&own.column) && !self.is_little(own)
            })
            .filter(|own| own.joins != Some(Join::ToMany))
            .collect()
    }

    /// Whether a branch has no condition that any index would find few rows by.
    fn reads_all(&self, branch: &Branch) -> bool {
        !branch.is_open && !self.is_served(branch) && self.wanted(branch).is_empty()
    }

    /// Whether an index finds the rows, or something about the conditions is not known.
    fn is_served(&self, branch: &Branch) -> bool {
        self.is_served_by_policy()
            || branch.conditions.iter().any(|own| {
                self.table.column(&own.column).is_none()
                    || own.test.is_servable() && self.table.leads_index(&own.column)
            })
    }

    /// Whether the database itself narrows every query by a column that an index leads with: row-level security.
    fn is_served_by_policy(&self) -> bool {
        self.table.compared_by_policies().any(|column| self.table.leads_index(column))
    }

    /// Whether a column has so few values that no index helps.
    fn is_tiny(&self, name: &str) -> bool {
        let column = self.table.column(name);
        column.is_none_or(|column| is_tiny(column, self.table, &self.schema.schema))
    }

    fn is_state(&self, name: &str) -> bool {
        self.table.column(name).is_some_and(|column| is_state(column) || is_kind(column))
    }

    /// Whether a comparison with a number narrows by little: a truth value, or a low bound of what is counted.
    fn is_little(&self, condition: &Condition) -> bool {
        let (Some(column), Some(number)) = (self.table.column(&condition.column), condition.number) else {
            return false;
        };
        match condition.test {
            Test::Equal => is_truth(column) && matches!(number, 0 | 1),
            Test::Range => is_count(column) && number.unsigned_abs() <= LOW,
            _ => false,
        }
    }

    /// Whether rows are put in an order that people read all of them in: by their names, or as somebody has put them. What
    /// grows is read by its time.
    fn is_read_as_a_list(&self, name: &str) -> bool {
        self.table.column(name).is_some_and(|column| {
            let is_text = column.column_type == ColumnType::Text;
            is_place(column) || is_text && matches!(column.name.as_str(), "name" | "title" | "label")
        })
    }

    /// Whether an index that does not serve every row may serve these, or one that the schema does not tell of.
    fn is_special(&self, name: &str) -> bool {
        let column = self.table.database_name(name);
        let code_name = self.table.column(name).map_or(column, |column| column.code_name.as_str());
        let stands_in = |index| self.stands_in(index, column) || self.stands_in(index, code_name);
        self.table.is_mentioned_in_index(name) && !self.is_only_behind(name)
            || self.table.indexes.iter().any(|index| index.partial && stands_in(index))
            || self.schema.has_raw_index(&self.table.name, column)
    }

    /// Whether every index that mentions the column is a plain one that begins with another.
    fn is_only_behind(&self, name: &str) -> bool {
        let column = self.table.database_name(name);
        let mentions =
            |parts: &[plimsoll_behavior::Name]| parts.iter().any(|part| part.eq_ignore_ascii_case(column));
        let mut indexes = self.table.indexes.iter();
        indexes.all(|index| {
            index.serves_all_rows() && !mentions(&index.expression_columns) || {
                !mentions(&index.columns) && !mentions(&index.expression_columns)
            }
        })
    }

    fn stands_in(&self, index: &plimsoll_project::schema::Index, column: &str) -> bool {
        let text = self.schema.text(&index.file).and_then(|text| text.get(index.range.as_usize()));
        text.is_none_or(|text| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word.eq_ignore_ascii_case(column))
        })
    }

    /// Columns compared for equality first, then one that is compared with a bound or ordered by.
    fn index_for(&self, unserved: &[&Condition], order: &Order) -> NewIndex {
        let mut columns: Vec<String> = Vec::new();
        for condition in unserved.iter().filter(|own| own.test == Test::Equal) {
            if columns.len() < 3 && !columns.contains(&condition.column) {
                columns.push(condition.column.clone());
            }
        }
        let range = unserved.iter().find(|own| own.test == Test::Range).map(|own| own.column.clone());
        let order = match order {
            Order::Column(name) if self.table.column(name).is_some() => Some(name.clone()),
            _ => None,
        };
        columns.extend(range.or(order).filter(|name| !columns.contains(name)));
        NewIndex { columns }
    }

    /// The column of an order over a table that nothing narrows.
    fn unserved_order(&self, lookup: &Lookup<'_>) -> Option<String> {
        let Order::Column(name) = &lookup.order else { return None };
        let is_narrowed = self.is_served_by_policy()
            || lookup.branches.iter().any(|branch| {
                branch.is_open
                    || self.is_served(branch)
                    || branch.conditions.iter().any(|own| !self.is_tiny(&own.column))
            });
        let is_unserved = lookup.is_bounded
            && !is_narrowed
            && !self.table.leads_index(name)
            && !self.is_special(name)
            && !self.is_tiny(name)
            && !self.is_read_as_a_list(name);
        is_unserved.then(|| name.clone())
    }
}

fn message(unit: &UnitView<'_>, call: &CallView<'_>, lookup: &Lookup<'_>, problem: &Problem) -> String {
    let columns = listed(&problem.columns);
    let table = lookup.table_name(call);
    // A chain of calls has no short name.
    let is_built = match call.facts.filters {
        Some(FilterForm::Builder) => true,
        Some(FilterForm::Expression) => matches!(call.slot(Slot::Table), Some(SlotValue::Node(_))),
        _ => false,
    };
    let is_text = call.slot(Slot::Sql).is_some() || is_built;
    let who = if is_text { "the query".to_owned() } else { format!("`{}`", unit.call_name(call.node)) };
    let what = if is_text { format!(" `{table}`") } else { String::new() };
    let one = if problem.in_one_branch { " in one branch of an `OR`" } else { "" };
    let reads = if problem.verb == "orders" { "reads and sorts" } else { "reads" };
    format!(
        "{who} {}{what} by {columns}{one}, which no index of `{table}` begins with: every call {reads} the whole table",
        problem.verb
    )
}
