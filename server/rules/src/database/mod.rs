//! Queries, schemas, transactions.

mod missing_index;

pub use missing_index::MissingIndex;
