//! What names mean and what calls do, across the units of a file and across files.
//!
//! [`FileUnits`] is one file, extracted. [`Linked`] adds to it what every call of the file does: values are followed
//! from names to imports, models and the project's own functions, and each function gets a [`Summary`]. Another file
//! is only ever asked through [`World`]: for a value it exports, a type, the summary of a function.

mod apart;
mod context;
mod demanded;
mod evaluate;
mod failures;
mod file;
mod flow;
mod kept;
mod linked;
mod linker;
mod others;
mod outward;
mod promise_fate;
mod relink;
mod resolve;
mod roles;
mod routes;
mod settings;
mod summary;
mod types;
mod value;

pub use context::{Closure, Context, run_of};
pub use demanded::{Demanded, asks_for_mode, demanded_in, ends};
pub use evaluate::{CallFacts, Evaluator, Guard, Memo, Sent, looks_like_sql};
pub use failures::{Fails, LocalFailure};
pub use file::{FileUnits, UnitEntry};
pub use flow::{Arrival, Flow, Flows, Path, Root, Step, To, arrivals, step};
pub use kept::{KeptUse, compares_amounts, is_kept_collection, is_looked_up, kept_use};
pub use linked::{Linked, UnitFacts, World, link, models_of, patched};
pub use linker::{Asked, LinkCache, Linker, OwnModels, Session};
pub use others::Other;
pub use promise_fate::PromiseFate;
pub use relink::{Relinked, relink};
pub(crate) use resolve::configurations;
pub(crate) use resolve::rust::path_of_dependency;
pub use resolve::{Target, ancestors, parent, resolve_import, resolve_module};
pub(crate) use resolve::{is_test_code, join, package_name, split_package};
pub use roles::{
    Role, RoleFact, Use, is_scheduled_route, is_visible_outside, registered, role_of_place, role_of_run,
};
pub use routes::{
    Applied, AsksWho, Before, CHANGING, ClassGuard, ClassRoute, Handed, Pattern, Procedure, Registration,
    RouterId, Way, is_about_who, route_of_place,
};
pub use settings::{Holder, Setting};
pub use summary::{FailureWitness, Local, ParamFacts, Summary, Witness};
pub use value::{FnRef, Instance, Site, SlotValue, TypeRef, Value};
