//! The binary: front doors only. All input and output is here; what is reviewed, and how, is below.

mod baselines;
mod cache;
mod cli;
mod files;
mod interrupt;
mod log;
mod lsp;
mod report;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
