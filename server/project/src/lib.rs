//! Many files: the view of them, module resolution, manifests, database schemas, and linking.
//!
//! Knows no disk: files are seen through [`Files`], which a front door hands in.

mod conflicts;
mod declared;
mod files;
mod hosting;
pub mod importers;
pub mod link;
pub mod manifests;
mod runs;
pub mod schema;
mod schema_of;
mod toolchain;
mod undeclared;

pub use conflicts::{conflict_handler, tells_conflicts};
pub use declared::{declared_major, is_declared, major_in_use};
pub use files::{Files, MemoryFiles, Overlay};
pub use hosting::{SharedStore, brings_a_store, several_instances, shared_store};
pub use runs::{
    Runs, Served, WhereItRuns, below_manifest, is_of_a_command, names_a_page, served_by_importers,
    where_it_runs,
};
pub use schema_of::{ProjectSchema, SchemasOf, declared_dialect, declares_only_in_process};
pub use toolchain::{RustOf, aborts_on_panic, has_error_causes, rust_of};
pub use undeclared::{Undeclared, undeclared};
