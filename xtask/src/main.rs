//! The project's own chores: `cargo xtask …`.
//!
//! Never depends on the crates that it writes, so that it can repair them when they do not compile. `tidegate-engines`, whose
//! table says what tests need, depends on nothing of the workspace.

mod debian;
mod deny;
mod engines;
mod fuzz;
mod hosts;
mod links;
mod model;
mod node;
mod soak;
mod test;
mod tracked;
mod venv;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tidegate's chores")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything that has to hold before a change lands, after setting itself up
    Test(test::Arguments),
    /// Looks for inputs that the readers of foreign bytes fail on
    Fuzz(fuzz::Arguments),
    /// Hurts real engines for minutes or hours, and checks what their clients saw
    Soak(soak::Arguments),
    /// Writes the interface table from the service model inside the pinned botocore
    Model(model::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Soak(arguments) => soak::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Model(arguments) => model::run(&arguments).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            explain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Prints what went wrong, from the outermost cause inwards, and after it what to do: each message may end with a line
/// that starts with `hint: `.
fn explain(error: &anyhow::Error) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let split = causes.iter().map(|cause| cause.split_once("\nhint: ").unwrap_or((cause, "")));
    let (messages, hints): (Vec<_>, Vec<_>) = split.unzip();
    eprintln!("error: {}", messages.join(": "));
    for hint in hints.into_iter().filter(|hint| !hint.is_empty()) {
        eprintln!("hint: {hint}");
    }
}
