//! Queries, schemas, transactions.

mod check_then_act;
mod in_memory_aggregation;
mod lost_update;
mod missing_index;
mod missing_transaction;
mod n_plus_one;
mod unbounded_query;
mod unfiltered_write;
mod unindexed_foreign_key;

pub use check_then_act::CheckThenAct;
pub use in_memory_aggregation::InMemoryAggregation;
pub use lost_update::LostUpdate;
pub use missing_index::MissingIndex;
pub use missing_transaction::MissingTransaction;
pub use n_plus_one::NPlusOne;
pub use unbounded_query::UnboundedQuery;
pub use unfiltered_write::UnfilteredWrite;
pub use unindexed_foreign_key::UnindexedForeignKey;
