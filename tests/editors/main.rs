//! Real editors: each is set up by the steps of `editors/README.md`, opens a file of the sample project, sees the finding,
//! applies the fix and writes the file.

#[path = "../skip.rs"]
mod skip;

mod emacs;
mod helix;
mod neovim;
mod readme;
mod stage;
mod zed;
