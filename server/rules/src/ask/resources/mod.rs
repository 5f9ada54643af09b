//! How long what code starts or takes is wanted, and what gives it back.

pub(in crate::ask) mod additions;
pub(in crate::ask) mod anew;
pub(in crate::ask) mod connections;
pub(in crate::ask) mod deeds;
pub(in crate::ask) mod endless;
pub(in crate::ask) mod given_back;
pub(in crate::ask) mod kept_urls;
pub(in crate::ask) mod lifetime;
pub(in crate::ask) mod listener;
pub(in crate::ask) mod queue;
pub(in crate::ask) mod released;
pub(in crate::ask) mod request_state;
pub(in crate::ask) mod rescheduled;
pub(in crate::ask) mod unheard;

pub use additions::{Addition, MAX_STEPS, added_to, again, is_exported, may_add, member_of};
pub use anew::Anew;
pub use connections::Slow;
pub use deeds::{Deeds, deeds};
pub use endless::{Endless, endless};
pub use given_back::{Leak, Taken, Ways, leak, taken};
pub use kept_urls::{attribute_of, fate_of_url, shows};
pub(crate) use lifetime::component;
pub use lifetime::{Lifetime, is_left_running, lifetime};
pub use listener::{
    Listener, Removal, ends_by_itself, event_name, is_made_there, listener, outlives, removal,
};
pub use queue::{Queue, is_of_the_program, queue, waits_for_an_answer};
pub use released::{
    Fate, binding_around, binding_of, fate, fate_in_component, fate_with_receiver, is_cleared_by_rendering,
    owner_of, uses_of,
};
pub use request_state::{Kept, is_storable, kept_for};
pub use rescheduled::reschedules;
pub use unheard::is_unheard;
