//! `unindexed-foreign-key`

use plimsoll_behavior::Name;
use plimsoll_project::ProjectSchema;
use plimsoll_project::schema::{Column, Dialect, ForeignKey, Table};

use crate::ask::database::size::{is_passing, is_signature, is_small, refers_to_few, target};
use crate::ask::{is_example, is_wide};
use crate::edit::schema::{NewIndex, add_indexes};
use crate::wording::listed;
use crate::{Place, Report, Rule, RuleMeta, SchemaView, declare_rule};

declare_rule! {
    /// A foreign key that no index leads with, in a database that adds none by itself.
    ///
    /// ## What happens
    ///
    /// PostgreSQL and SQLite index what a foreign key refers to, not the column that holds it. Every delete of a parent,
    /// and every change of its key, then reads the whole table of its children to see whether any is left, and holds
    /// its locks meanwhile; every page that shows a parent with its children does the same.
    ///
    /// ## Bad
    ///
    /// ```sql
    /// CREATE TABLE comments (
    ///     id      BIGINT PRIMARY KEY,
    ///     post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE
    /// );
    /// ```
    ///
    /// ```prisma
    /// model Comment {
    ///   id     String @id
    ///   postId String
    ///   post   Post   @relation(fields: [postId], references: [id])
    /// }
    /// ```
    ///
    /// ```ts
    /// export const comments = pgTable('comments', {
    ///   id: bigserial('id', { mode: 'number' }).primaryKey(),
    ///   postId: bigint('post_id', { mode: 'number' }).references(() => posts.id),
    /// })
    /// ```
    ///
    /// ## Good
    ///
    /// ```sql
    /// CREATE INDEX comments_post_id_idx ON comments (post_id);
    /// ```
    ///
    /// ```prisma
    /// model Comment {
    ///   id     String @id
    ///   postId String
    ///   post   Post   @relation(fields: [postId], references: [id])
    ///
    ///   @@index([postId])
    /// }
    /// ```
    ///
    /// ```ts
    /// export const comments = pgTable('comments', {
    ///   id: bigserial('id', { mode: 'number' }).primaryKey(),
    ///   postId: bigint('post_id', { mode: 'number' }).references(() => posts.id),
    /// }, (t) => [index('comments_post_id_idx').on(t.postId)])
    /// ```
    ///
    /// ## What its fix does
    ///
    /// The index is added where the schema lives, or in a new migration. It changes the database, and so waits for a review.
    ///
    /// ## What it does not flag
    ///
    /// - Migrations that a tool writes from tables in code or from a Prisma schema: it is told there.
    /// - Tables of MySQL, which indexes foreign keys by itself, and of databases that neither the schema nor the
    ///   client of the code tells.
    /// - Keys of which one column leads an index, a unique key or the primary key, alone or behind the tenant, a
    ///   partial index included.
    /// - Keys that an index in a loose SQL file mentions.
    /// - Keys that only say which of the people did something, as `approved_by`, unless the rows are deleted with them:
    ///   where a query looks for rows by one, `missing-index` tells it there.
    /// - Keys to tables of a few rows, as roles, and tables that are small themselves.
    /// - Tables whose rows only pass through, as those of an import.
    /// - Tables of which a statement could not be read.
    /// - Schemas in an `examples` folder of a project.
    pub UnindexedForeignKey { id: "unindexed-foreign-key", category: Database, severity: Warning, since: "0.1.0", preview }
}

impl Rule for UnindexedForeignKey {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn review_schema(&self, view: &SchemaView<'_>, report: &mut Report<'_>) {
        let schema = &view.schema.schema;
        if is_example(view.project, view.path) {
            return;
        }
        let is_told = |table: &&Table| {
            let adds_none = matches!(table.dialect, Dialect::Postgres | Dialect::Sqlite);
            adds_none && !table.unknown && !is_small(table, schema) && !is_passing(table)
        };
        for table in schema.tables.iter().filter(is_told) {
            for key in table.foreign_keys.iter().filter(|key| !is_signature(key)) {
                let columns: Option<Vec<&Column>> =
                    key.columns.iter().map(|name| table.column(name)).collect();
                let Some(columns) = columns else { continue };
                let Some(first) = columns.first().filter(|first| first.file == view.path) else { continue };
                if is_served(view.schema, table, key) || refers_to_few(table, &first.name, schema) {
                    continue;
                }
                let index = NewIndex { columns: columns.iter().map(|c| c.code_name.to_string()).collect() };
                let names: Vec<&str> = columns.iter().map(|column| column.code_name.as_str()).collect();
                let parent = target(key, table, schema);
                let parent_name = parent.map_or(key.table.as_str(), |parent| parent.code_name.as_str());
                let verb = if names.len() == 1 { "refers" } else { "refer" };
                let message = format!(
                    "no index leads with {}, which {verb} to `{parent_name}`: every delete of a row there reads all of `{}`",
                    listed(&names),
                    table.code_name,
                );
                let about = columns.iter().map(|&column| (table, column));
                let mut reported = report.in_schema(first.name_range, message).about(about);
                if let Some(parent) = parent {
                    let place = Place::Bytes { file: parent.file.as_str().into(), range: parent.name_range };
                    reported = reported
                        .related(place, format!("a delete here looks for rows of `{}`", table.code_name));
                }
                reported.fix(|| add_indexes(view.project, view.schema, table, &[index]));
            }
        }
    }
}

/// Whether an index finds the rows that hold a key, or may: of a partial one the schema does not tell which it leaves
/// out, and usually that is the rows without the key. One that holds it behind the tenant serves every query, for each
/// names the tenant.
fn is_served(schema: &ProjectSchema, table: &Table, key: &ForeignKey) -> bool {
    let is_of_key = |column: &str| key.columns.iter().any(|own| own.eq_ignore_ascii_case(column));
    let columns: Vec<&str> = key.columns.iter().map(|column| column.as_str()).collect();
    let leads = |parts: &[Name]| match parts {
        [first, ..] if is_of_key(first) => true,
        [first, second, ..] => is_wide(first) && is_of_key(second),
        _ => false,
    };
    table.serving_index(&columns).is_some()
        || table.indexes.iter().any(|index| leads(&index.columns))
        || leads(&table.primary_key)
        || columns.iter().any(|column| schema.has_raw_index(&table.name, column))
}
