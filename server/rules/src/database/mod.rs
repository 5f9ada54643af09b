//! Queries, schemas, transactions.

mod check_then_act;
mod connection_per_call;
mod in_memory_aggregation;
mod leading_wildcard;
mod lost_update;
mod missing_connection_release;
mod missing_index;
mod missing_transaction;
mod n_plus_one;
mod over_fetching;
mod unbounded_query;
mod unclamped_limit;
mod unfiltered_write;
mod unindexed_foreign_key;

pub use check_then_act::CheckThenAct;
pub use connection_per_call::ConnectionPerCall;
pub use in_memory_aggregation::InMemoryAggregation;
pub use leading_wildcard::LeadingWildcard;
pub use lost_update::LostUpdate;
pub use missing_connection_release::MissingConnectionRelease;
pub use missing_index::MissingIndex;
pub use missing_transaction::MissingTransaction;
pub use n_plus_one::NPlusOne;
pub use over_fetching::OverFetching;
pub use unbounded_query::UnboundedQuery;
pub use unclamped_limit::UnclampedLimit;
pub use unfiltered_write::UnfilteredWrite;
pub use unindexed_foreign_key::UnindexedForeignKey;
