//! Questions that several rules ask of a unit.

mod absence;
mod anew;
mod at_once;
mod belonging;
mod best_effort;
mod body;
mod bookkeeping;
mod bulk;
mod code;
mod collection;
mod cut;
mod deeds;
mod depends;
mod dropped;
mod effect_runs;
mod endless;
mod exclusive;
mod failing;
mod failure;
mod fetched;
pub mod filter;
mod floating;
mod for_nobody;
mod gathered;
mod given_back;
mod growth;
mod held;
mod in_turn;
mod lifetime;
mod listener;
mod made;
mod meant;
mod occasion;
mod often;
mod open_limit;
mod outgoing;
mod outside;
mod overlap;
mod own_status;
mod panics;
mod parts_asked_for;
mod process_end;
mod query;
pub mod reading;
mod record;
mod released;
mod remembered;
mod request;
mod rescheduled;
mod resolver;
mod response;
mod result_use;
mod retry_helper;
mod role;
pub mod row;
mod shown;
pub mod size;
mod sized;
mod slow;
mod sql_text;
mod stall;
mod state;
mod superseded;
mod surely;
mod surfacing;
mod swallowed;
mod table;
mod time;
mod touch;
mod trail;
mod transaction;
mod turn;
mod turnstile;
mod undefined;
mod unmounted;
mod unwrapped;
mod used_columns;
mod words;
mod writer;

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

pub use absence::{Absence, absence};
pub use anew::Anew;
pub use at_once::{AtOnce, at_once, at_once_by_name, started};
pub use belonging::{Bond, Step, bond};
pub use body::{is_held_to_a_type, is_loaded_as_a_picture, is_thrown_away};
pub use bookkeeping::{are_stamps, is_bookkeeping};
pub use bulk::is_bulk_work;
pub(crate) use code::{
    Source, bare, callee_name, calls_within, declaration, derives_from, mentions, query_of_helper, receiver,
    source, source_in, sql_argument,
};
pub use cut::{Cut, Cuts};
pub use deeds::{Deeds, deeds};
pub use depends::{Dependency, dependency};
pub use dropped::{Dropped, dropped_callbacks, is_dropped_middleware};
pub use effect_runs::{EffectRun, Through, effect_runs, holder};
pub use endless::{Endless, endless};
pub use exclusive::is_exclusive;
pub use failing::{failing, failing_call};
pub use failure::{Failure, failure_of};
pub use fetched::{Fetched, Says, fetches_all};
pub use floating::{Floating, floating, floating_callbacks, never_begun};
pub use for_nobody::is_for_nobody;
pub use gathered::{Gathered, Numbers, numbers};
pub use given_back::{Leak, Taken, leak, taken};
pub use growth::{Growth, Left, growth, is_key, is_lasting, is_wide, left};
pub use held::{Held, held};
pub use in_turn::{Read, reads_in_turn};
pub use lifetime::{Lifetime, is_left_running, lifetime};
pub use listener::{
    Listener, Removal, ends_by_itself, event_name, is_made_there, listener, outlives, removal,
};
pub use made::{Goes, comes_from_parameters, goes};
pub use meant::{is_meant_to_float, outlives_rejections};
pub use occasion::role_of_failure;
pub(crate) use occasion::{callers, in_other};
pub use often::{Often, often};
pub use open_limit::leaves_limit_open;
pub use outgoing::{
    Wrapped, chain_name, host_by_name, host_key, is_idempotent, is_nobodys_wait, is_sent_again,
    may_be_bounded, method, takes_its_url, wrapped_request,
};
pub use outside::{FromOutside, from_outside};
pub use overlap::{Overlap, overlap};
pub use own_status::is_own_status_looked_at;
pub use panics::{PanicEnds, panic_ends};
pub use process_end::{ProcessEnd, ProcessEndKind, ProcessListener, process_end, process_listener};
pub use query::{each_query, is_example};
pub use record::{Record, record_of};
pub(crate) use record::{derives, is_renamed, struct_of};
pub use released::{
    Fate, binding_around, binding_of, fate, fate_in_component, fate_with_receiver, is_cleared_by_rendering,
    owner_of, uses_of,
};
pub use request::{
    asks_for_health, has_deadline_around, is_bounded, is_client_bounded_where_used,
    is_delivered_with_the_page, is_left_alone, is_local_resource, is_same_origin, url_head,
};
pub use rescheduled::reschedules;
pub use response::{ResponseUse, follow, is_status_checked, library_checks, response_type};
pub use result_use::{error_member, result_use};
pub(crate) use retry_helper::module_bindings;
pub use retry_helper::{RetryHelper, is_retry_helper, retry_helper, suggests_retry};
pub use role::{Role, RoleFact, is_of_the_start, role, role_in_file};
pub use shown::{Shown, shown};
pub use sized::{SizedBy, sized_by};
pub use slow::{asks_for_pieces, slow_answer};
pub use sql_text::{SqlText, sql_texts};
pub use stall::{Stall, is_shared_thread, stall};
pub use state::{State, is_a_state, is_hook, state_set_by};
pub use superseded::is_kept_out;
pub use surely::does_surely;
pub use surfacing::{Surfaces, surfaces};
pub use swallowed::{Quiet, failing_in, is_empty, may_be_rejected, quiet};
pub use table::{column_of, schema_of, table_of};
pub use time::{milliseconds, period};
pub use touch::{Action, Given, Touch, TouchMemo, givens, handle, plain_name, touches, writes_of_function};
pub(crate) use touch::{chain, schema_table};
pub use transaction::{are_on_one_path, frame, is_in_transaction, may_be_transaction};
pub use turn::{Turn, handed_to_each, is_fallback_of, is_told_inside, names_of, once_per_element};
pub(crate) use turn::{
    goes_through_rows, is_dispatcher, is_each_of_a_table, is_each_of_a_tenant, is_kept_apart, is_of_few_rows,
    only_adds_to_a_query, works_elsewhere, writes_on_each,
};
pub use turnstile::{is_of_what_it_guards, is_turnstile};
pub use undefined::may_be_undefined;
pub use unwrapped::{Missing, missing, parsed};
pub use used_columns::{Used, used_columns};
pub use words::words;
pub use writer::{Writer, is_address_of_a_request, writer};
