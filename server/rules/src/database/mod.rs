//! Queries, schemas, transactions.

mod missing_index;
mod n_plus_one;
mod unindexed_foreign_key;

pub use missing_index::MissingIndex;
pub use n_plus_one::NPlusOne;
pub use unindexed_foreign_key::UnindexedForeignKey;
