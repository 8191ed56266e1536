//! What Tidegate costs: a poll beside a fixed hyper answer and beside nginx, in one interleaved run; the control plane of a
//! large account; the evaluation of a feature flag.
//!
//! The load generator is one thread of blocking epoll and a hand-written HTTP/1.1 reader, so that on a small machine
//! the client takes as little as it can. Costs are the operating system's figures for the server's processes, not the
//! client's. Nothing here asserts a speed; `README.md` says what each number means and what it does not.

mod account;
mod answer;
mod api;
mod commands;
mod contender;
mod documents;
mod drive;
#[cfg(test)]
mod fake;
mod nginx;
mod process;
mod reads;
mod reference;
mod report;
mod request;
mod sessions;
mod stats;
mod tidegate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Whatever ended a benchmark early, as a sentence for the person who started it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

type Result<T, E = Failure> = std::result::Result<T, E>;

/// The same allocator as the server's, so that the hyper reference is the floor of what the server could reach.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measures what a poll, a read or an evaluation costs. Read bench/README.md before quoting a number.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Unchanged polls: Tidegate, a fixed hyper answer and nginx, in turn
    Poll(commands::poll::Options),
    /// Polls that return 10 KiB: Tidegate and a fixed hyper answer, in turn
    Changed(commands::changed::Options),
    /// The server's memory with a thousand and with a million sessions
    Memory(commands::memory::Options),
    /// Poll cost and memory with ten and with a hundred thousand channels
    Channels(commands::channels::Options),
    /// Every read of a large account, and a start with its history
    Control(commands::control::Options),
    /// Three nodes on one store: how soon all serve a change
    Nodes(commands::nodes::Options),
    /// The evaluation of feature flags, in process
    Flags(commands::flags::Options),
    /// Everything above with its defaults
    All(commands::Common),
    /// Answers every request with the same bytes (the benchmark starts this itself)
    #[command(hide = true)]
    Reference(reference::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Poll(options) => commands::poll::run(&options),
        Command::Changed(options) => commands::changed::run(&options),
        Command::Memory(options) => commands::memory::run(&options),
        Command::Channels(options) => commands::channels::run(&options),
        Command::Control(options) => commands::control::run(&options),
        Command::Nodes(options) => commands::nodes::run(&options),
        Command::Flags(options) => commands::flags::run(&options),
        Command::All(common) => commands::all(&common),
        Command::Reference(options) => reference::serve(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
