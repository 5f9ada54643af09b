//! SQL: migrations and schema files as statements about tables, and queries in strings.
//!
//! Statements are split by the parser crate's tokenizer and parsed one by one, so that one that
//! cannot be read costs the tables that it names and nothing else.

mod alter;
mod attribution;
mod blocks;
pub(super) mod changes;
mod conditions;
mod dialect;
mod keys;
pub mod layout;
mod mask;
mod predicates;
mod put_together;
mod query;
mod reader;
mod scopes;
mod sources;
mod statements;
mod tables;
pub(super) mod writer;

pub(super) use dialect::{Evidence, of_migration_lock as dialect_of_migration_lock};
pub use predicates::{Branch, Comparison, Operand, Predicate, Wildcard};
pub use query::{
    Limit, OrderColumn, Query, QueryStatement, Rows, Scope, ScopeRole, StatementKind, TableSource, TableUse,
    WrittenValue, analyse,
};
pub(super) use reader::SqlFile;
