//! What is done again and again: for every element, at the same time, by a timer.

pub(in crate::ask) mod at_once;
pub(in crate::ask) mod collection;
pub(in crate::ask) mod in_turn;
pub(in crate::ask) mod overlap;
pub(in crate::ask) mod sized;
pub(in crate::ask) mod turn;

pub use at_once::{AtOnce, at_once, at_once_by_name, started};
pub use in_turn::{Read, reads_in_turn};
pub use overlap::{Overlap, overlap};
pub use sized::{SizedBy, sized_by};
pub use turn::{Turn, handed_to_each, is_fallback_of, is_told_inside, names_of, once_per_element};
pub(crate) use turn::{
    goes_through_rows, is_dispatcher, is_each_of_a_table, is_each_of_a_tenant, is_kept_apart, is_of_few_rows,
    looks_at_what_it_keeps, only_adds_to_a_query, sends_on_each, works_elsewhere, writes_on_each,
};
