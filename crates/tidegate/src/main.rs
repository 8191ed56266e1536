//! `tidegate`: AWS AppConfig that you run yourself.

mod cli;
mod config_file;
mod problem;
mod serve;

use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match cli::Cli::parse().command {
        cli::Command::Serve(options) => serve::run(*options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprint!("{problem}");
            ExitCode::FAILURE
        }
    }
}
