//! The binary: front doors only. All input and output is here; what is reviewed, and how, is below.

mod cache;
mod cli;
mod files;
mod log;
mod lsp;
mod report;

fn main() -> std::process::ExitCode {
    cli::run()
}
