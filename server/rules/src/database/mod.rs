//! Queries, schemas, transactions.

mod n_plus_one;

pub use n_plus_one::NPlusOne;
mod missing_index;

pub use missing_index::MissingIndex;
