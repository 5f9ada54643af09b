//! What becomes of a failure, and why there is one.

pub(in crate::ask) mod best_effort;
pub(in crate::ask) mod cut;
pub(in crate::ask) mod dropped;
pub(in crate::ask) mod failing;
pub(in crate::ask) mod failure;
pub(in crate::ask) mod floating;
pub(in crate::ask) mod for_nobody;
pub(in crate::ask) mod internal;
pub(in crate::ask) mod meant;
pub(in crate::ask) mod outside;
pub(in crate::ask) mod panics;
pub(in crate::ask) mod parts_asked_for;
pub(in crate::ask) mod process_end;
pub(in crate::ask) mod result_use;
pub(in crate::ask) mod surfacing;
pub(in crate::ask) mod swallowed;
pub(in crate::ask) mod undefined;
pub(in crate::ask) mod unwrapped;
pub(in crate::ask) mod writer;

pub use cut::{Cut, Cuts};
pub use dropped::{Dropped, dropped_callbacks, is_dropped_middleware};
pub use failing::{failing, failing_call};
pub use failure::{Failure, failure_of};
pub use floating::{Floating, floating, floating_callbacks, never_begun};
pub use for_nobody::is_for_nobody;
pub use internal::{Detail, detail_in, is_kind_known};
pub use meant::{is_meant_to_float, outlives_rejections};
pub use outside::{FromOutside, from_outside};
pub use panics::{PanicEnds, panic_ends};
pub use process_end::{ProcessEnd, ProcessEndKind, ProcessListener, process_end, process_listener};
pub use result_use::{error_member, result_use};
pub use surfacing::{Surfaces, surfaces};
pub use swallowed::{Quiet, failing_in, is_empty, may_be_rejected, quiet};
pub use undefined::may_be_undefined;
pub use unwrapped::{Missing, missing, parsed};
pub use writer::{Writer, is_address_of_a_request, writer};
