//! Questions that several rules ask of a unit: here those that can be asked of any code, in a folder each those of a
//! family of rules, of repeated work and of components.

mod code;
pub(crate) mod components;
pub(crate) mod concurrency;
pub(crate) mod database;
pub(crate) mod errors;
mod made;
mod occasion;
mod often;
mod remembered;
pub(crate) mod repetition;
pub(crate) mod resilience;
pub(crate) mod resources;
mod role;
pub(crate) mod security;
mod surely;
mod time;
mod trail;

use std::cell::OnceCell;

/// What rules have found in one review that others will ask for again.
#[derive(Debug, Default)]
pub struct Memo {
    /// Of statements.
    pub accesses: row::AccessMemo,
    /// Of the tables that functions write.
    pub touches: TouchMemo,
    /// Of each unit whether those who import the file make it a server's, none if they do not; empty while nobody has asked.
    pub served: OnceCell<Option<Vec<bool>>>,
}

pub(crate) use code::{
    Source, bare, callee_name, calls_within, chain_head, declaration, derives_from, in_function, mentions,
    query_of_helper, receiver, source, source_in, sql_argument,
};
pub use components::*;
pub use concurrency::*;
pub use database::*;
pub use errors::*;
pub use made::{Goes, comes_from_parameters, goes};
pub use occasion::role_of_failure;
pub(crate) use occasion::{callers, in_other};
pub use often::{Often, is_server_action, often};
pub use plimsoll_behavior::words;
pub use remembered::is_remembered;
pub use repetition::*;
pub use resilience::*;
pub use resources::*;
pub use role::{Role, RoleFact, is_named_as_a_job, is_of_the_start, is_scheduled, role, role_in_file};
pub use security::*;
pub use surely::does_surely;
pub use time::{milliseconds, period};
