//! `cargo xtask soak`: real engines are hurt for as long as one likes, where `cargo xtask test` does it for seconds.
//!
//! A soak is a test that takes its length from `TIDEGATE_SOAK_SECONDS` and its dice from `TIDEGATE_SOAK_SEED`, and that says
//! what it has tried.

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use crate::{engines, workspace};

/// A test that can be made longer.
struct Soak {
    name: &'static str,
    package: &'static str,
    test: &'static str,
}

/// All of them: a row for each.
const SOAKS: &[Soak] = &[
    Soak { name: "etcd", package: "tidegate-journal", test: "etcd::force::" },
    Soak { name: "postgres", package: "tidegate-journal", test: "postgres_soak" },
];

#[derive(clap::Args)]
pub struct Arguments {
    /// What is hurt; everything, one after the other, if nothing is named
    #[arg(value_parser = PossibleValuesParser::new(SOAKS.iter().map(|soak| soak.name)))]
    what: Option<String>,
    /// For how long, each
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// The dice that choose what goes wrong, and when
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    engines::ready()?;
    let is_wanted = |soak: &&Soak| arguments.what.as_ref().is_none_or(|what| what == soak.name);
    for soak in SOAKS.iter().filter(is_wanted) {
        println!("== {}: {} seconds with seed {}", soak.name, arguments.seconds, arguments.seed);
        let mut cargo =
            workspace::cargo(&["test", "--package", soak.package, soak.test, "--", "--nocapture", "--include-ignored"]);
        cargo.env("TIDEGATE_SOAK_SECONDS", arguments.seconds.to_string());
        workspace::run(cargo.env("TIDEGATE_SOAK_SEED", arguments.seed.to_string()))?;
    }
    Ok(())
}
