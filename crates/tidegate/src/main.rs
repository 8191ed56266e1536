//! `tidegate`: AWS AppConfig that you run yourself.

mod agent;
mod alarms;
mod audit;
mod backup;
mod cli;
mod config_file;
mod doctor;
mod experiment;
mod flags;
mod identities;
mod log;
mod master;
mod moment;
mod offline;
mod problem;
mod relay;
mod serve;
mod store;
mod when;

use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match cli::Cli::parse().command {
        cli::Command::Serve(options) => serve::run(*options),
        cli::Command::Agent(options) => agent::run(&options),
        cli::Command::Audit(command) => audit::run(command),
        cli::Command::Backup(options) => backup::run(&options),
        cli::Command::Restore(options) => backup::run_restore(&options),
        cli::Command::Doctor(options) => doctor::run(&options),
        cli::Command::Log(options) => log::run(&options),
        cli::Command::Keys(command) => identities::keys(command),
        cli::Command::Groups(command) => identities::groups(command),
        cli::Command::Policy(command) => identities::policy(command),
        cli::Command::Roles(command) => identities::roles(command),
        cli::Command::Issuers(command) => identities::issuers(command),
        cli::Command::Flags(command) => flags::run(&command),
        cli::Command::Experiment(command) => experiment::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprint!("{problem}");
            ExitCode::FAILURE
        }
    }
}
