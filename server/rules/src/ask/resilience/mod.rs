//! Requests to other services and what becomes of their answers.

pub(in crate::ask) mod again;
pub(in crate::ask) mod backoff;
pub(in crate::ask) mod body;
pub(in crate::ask) mod delivered;
pub(in crate::ask) mod doubled;
pub(in crate::ask) mod flow_of;
pub(in crate::ask) mod judged;
pub(in crate::ask) mod money;
pub(in crate::ask) mod open_limit;
pub(in crate::ask) mod outgoing;
pub(in crate::ask) mod own_status;
pub(in crate::ask) mod reconnect;
pub(in crate::ask) mod request;
pub(in crate::ask) mod response;
pub(in crate::ask) mod retry_helper;
pub(in crate::ask) mod slow;
pub(in crate::ask) mod tries;
pub(in crate::ask) mod twice;

pub use again::{Again, REMOTE, done_again, name_of_tried};
pub use backoff::{Limit, Wait, limit_of, wait_before};
pub use body::{is_held_to_a_type, is_loaded_as_a_picture, is_thrown_away};
pub use delivered::{AddedAgain, Delivers, Redelivered, redelivered};
pub use doubled::{Added, added, is_harmless};
pub use money::{MovesMoney, is_known_again, may_be_claimed, moves_money};
pub use open_limit::{OpenLimit, open_limit};
pub use outgoing::{
    Wrapped, chain_name, host_by_name, host_key, is_idempotent, is_nobodys_wait, is_sent_again,
    may_be_bounded, method, takes_its_url, wrapped_request,
};
pub use own_status::is_own_status_looked_at;
pub use reconnect::{Reconnect, reconnects};
pub use request::{
    asks_for_health, has_deadline_around, is_bounded, is_client_bounded_where_used,
    is_delivered_with_the_page, is_left_alone, is_local_resource, is_same_origin,
    stands_in_for_a_bounded_one, url_head,
};
pub use response::{ResponseUse, follow, is_status_checked, library_checks, response_type};
pub(crate) use retry_helper::module_bindings;
pub use retry_helper::{RetryHelper, is_retry_helper, retry_helper, suggests_retry};
pub use slow::{asks_for_pieces, slow_answer};
pub use tries::{Tried, tried_again};
pub use twice::{DoneTwice, Twice, done_twice};
