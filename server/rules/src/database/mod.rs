//! Queries, schemas, transactions.

mod check_then_act;
mod lost_update;
mod missing_index;
mod n_plus_one;
mod unindexed_foreign_key;

pub use check_then_act::CheckThenAct;
pub use lost_update::LostUpdate;
pub use missing_index::MissingIndex;
pub use n_plus_one::NPlusOne;
pub use unindexed_foreign_key::UnindexedForeignKey;
