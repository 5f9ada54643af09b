//! What components show, and when their effects run.

pub(in crate::ask) mod controls;
pub(in crate::ask) mod depends;
pub(in crate::ask) mod effect_runs;
pub(in crate::ask) mod press_guard;
pub(in crate::ask) mod shown;
pub(in crate::ask) mod state;
pub(in crate::ask) mod superseded;
pub(in crate::ask) mod unmounted;

pub use controls::{Press, presses};
pub use depends::{Dependency, dependency};
pub use effect_runs::{EffectRun, Through, effect_runs, holder};
pub use press_guard::{Unguarded, unguarded};
pub use shown::{Shown, shown};
pub use state::{State, is_a_copy, is_a_state, is_hook, is_set_elsewhere, state_set_by};
pub use superseded::is_kept_out;
