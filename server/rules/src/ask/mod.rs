//! Questions that several rules ask of a unit.

mod absence;
mod code;
mod collection;
mod exclusive;
mod failure;
pub mod filter;
mod lifetime;
mod occasion;
mod outgoing;
mod released;
mod request;
mod response;
mod role;
pub mod row;
mod sql_text;
mod table;
mod time;
mod transaction;
mod turn;

pub use absence::{Absence, absence};
pub(crate) use code::{Source, bare, callee_name, calls_within, declaration, receiver, source, source_in};
pub use exclusive::is_exclusive;
pub use failure::{Failure, failure_of, is_retry_helper, suggests_retry};
pub use lifetime::{Lifetime, lifetime};
pub use occasion::role_of_failure;
pub use outgoing::{
    Wrapped, host, host_key, is_idempotent, may_be_bounded, method, takes_its_url, wrapped_request,
};
pub use released::{Fate, binding_around, binding_of, fate, owner_of, uses_of};
pub use request::{
    has_deadline_around, is_bounded, is_client_bounded_where_used, is_local_resource, is_same_origin,
    url_head,
};
pub use response::{
    ResponseUse, follow, is_own_status_looked_at, is_status_checked, library_checks, response_type,
};
pub use role::{Role, role};
pub use sql_text::{SqlText, sql_texts};
pub(crate) use table::chain;
pub use table::{Action, Given, Touch, givens, plain_name, schema_kind, schema_table, touches};
pub use time::{milliseconds, period};
pub use transaction::{are_on_one_path, frame, is_in_transaction, may_be_transaction};
pub use turn::{Turn, handed_to_each, names_of, once_per_element};
