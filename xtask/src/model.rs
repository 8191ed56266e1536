//! `cargo xtask model`: the interface table, written from the service model that AWS publishes inside botocore.

mod differences;
mod error;
mod generate;
mod names;
mod source;
mod table;
mod types;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::venv::Venv;
use crate::workspace;

use source::Source;

#[derive(clap::Args)]
pub struct Arguments {
    /// Writes nothing; names each difference between the checked-in files and the installed botocore, and fails on one
    #[arg(long)]
    check: bool,
    /// Writes nothing; prints the table as it is compiled into the model crate, as JSON
    #[arg(long, conflicts_with = "check")]
    dump: bool,
}

/// A service, and the file that its table lies in.
struct Target {
    service: &'static str,
    api_version: &'static str,
    variant: &'static str,
    file: &'static str,
}

const TARGETS: [Target; 2] = [
    Target {
        service: "appconfig",
        api_version: "2019-10-09",
        variant: "AppConfig",
        file: "crates/model/src/appconfig.rs",
    },
    Target {
        service: "appconfigdata",
        api_version: "2021-11-11",
        variant: "AppConfigData",
        file: "crates/model/src/appconfigdata.rs",
    },
];

/// Names each difference between the checked-in files and the installed botocore, and fails on one.
pub fn check() -> Result<()> {
    run(&Arguments { check: true, dump: false })
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.dump {
        return dump();
    }
    let venv = Venv::ready()?;
    let mut differing = Vec::new();
    for target in &TARGETS {
        let wanted = written(&venv, target)?;
        let path = workspace::path(target.file);
        let present = fs::read_to_string(&path).unwrap_or_default();
        if present == wanted {
            continue;
        }
        if arguments.check {
            for difference in differences::between(&present, &wanted) {
                println!("{}: {difference}", target.file);
            }
            differing.push(target.file);
        } else {
            fs::write(&path, wanted).with_context(|| format!("cannot write {}", path.display()))?;
            println!("{}: written", target.file);
        }
    }
    if !differing.is_empty() {
        bail!(
            "{} not what the installed botocore says\nhint: run `cargo xtask model`, then look at the changes",
            differing.join(" and ") + if differing.len() == 1 { " is" } else { " are" }
        );
    }
    Ok(())
}

/// Returns the text of a target's file.
fn written(venv: &Venv, target: &Target) -> Result<String> {
    let source = Source::read(venv, target.service, target.api_version)?;
    let text = generate::module(&source, target.service, target.api_version, target.variant).with_context(|| {
        format!(
            "the model of {} has something that the generator does not know\nhint: teach it in xtask/src/model/",
            target.service
        )
    })?;
    // In the repository's root, so that the same settings hold as for `cargo fmt`.
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--emit", "stdout"]).current_dir(workspace::root());
    workspace::pipe(&mut rustfmt, &text)
}

/// Prints the table that is compiled into the model crate. A program of that crate does it: xtask itself must build when
/// that crate does not.
fn dump() -> Result<()> {
    let mut command = workspace::cargo(&["run", "--quiet", "--package", "tidegate-model", "--example", "table"]);
    workspace::run(&mut command)
}
