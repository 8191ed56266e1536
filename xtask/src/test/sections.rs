//! The sections of `cargo xtask test`, in their order: what is quick and often wrong comes first.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::count::Count;
use crate::venv::Venv;
use crate::{deny, engines, fuzz, hosts, links, model, node, workspace};

/// One thing that is checked. A check that runs no tests counts as one that passed or failed.
pub struct Section {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&mut Context) -> Result<Count>,
}

/// What sections share.
#[derive(Default)]
pub struct Context {
    binary: Option<PathBuf>,
}

pub const SECTIONS: &[Section] = &[
    Section { name: "format", about: "Rust is formatted as rustfmt.toml says", run: format },
    Section { name: "documents", about: "links lead somewhere, and no package registry is named", run: documents },
    Section { name: "lint", about: "clippy has nothing to say", run: lint },
    Section { name: "deny", about: "licences, banned crates, duplicates and sources are as deny.toml says", run: deny },
    Section { name: "model", about: "the interface table is what the pinned botocore says", run: model },
    Section { name: "rust", about: "the tests of the workspace's crates", run: rust },
    Section { name: "python", about: "boto3, the AWS CLI and Powertools against the built binary", run: python },
    Section { name: "js", about: "AWS's JavaScript SDK against the built binary", run: js },
    Section { name: "rust-sdk", about: "AWS's Rust SDK against the built binary", run: rust_sdk },
    Section { name: "bench", about: "the benchmark runs; its numbers mean nothing here", run: bench },
    Section { name: "fuzz", about: "a few seconds of each fuzz target", run: fuzz },
];

const RUST_SDK: &str = "tests/clients/rust-sdk/Cargo.toml";
/// How long each fuzz target looks; `cargo xtask fuzz` is for longer.
const FUZZ_SECONDS: u32 = 5;

fn format(_: &mut Context) -> Result<Count> {
    workspace::run(&mut workspace::cargo(&["fmt", "--all", "--check"]))?;
    // Two packages are workspaces of their own.
    for manifest in ["fuzz/Cargo.toml", RUST_SDK] {
        workspace::run(&mut workspace::cargo(&["fmt", "--check", "--manifest-path", manifest]))?;
    }
    Ok(Count::passed(1))
}

fn documents(_: &mut Context) -> Result<Count> {
    let (broken, links) = links::broken()?;
    let named = hosts::named()?;
    broken.iter().chain(&named).for_each(|line| println!("{line}"));
    if !broken.is_empty() || !named.is_empty() {
        bail!("{} of {links} relative links lead nowhere, and {} lines name a registry", broken.len(), named.len());
    }
    println!("{links} relative links");
    Ok(Count::passed(2))
}

fn lint(_: &mut Context) -> Result<Count> {
    workspace::run(&mut workspace::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Count::passed(1))
}

fn deny(_: &mut Context) -> Result<Count> {
    deny::check()?;
    let skipped = usize::from(!deny::check_advisories()?);
    Ok(Count { passed: 2 - skipped, failed: 0, skipped })
}

fn model(_: &mut Context) -> Result<Count> {
    model::check()?;
    Ok(Count::passed(1))
}

fn rust(_: &mut Context) -> Result<Count> {
    engines::ready()?;
    // One engine is a Python package: a server of buckets.
    Venv::ready()?;
    tests(&mut workspace::cargo(&["test", "--workspace", "--no-fail-fast"]), Count::of_cargo)
}

fn python(context: &mut Context) -> Result<Count> {
    let binary = context.binary()?;
    let mut pytest = Venv::ready()?.command("pytest");
    pytest.arg("tests/clients/python").env("TIDEGATE_BIN", binary);
    tests(&mut pytest, Count::of_pytest)
}

fn js(context: &mut Context) -> Result<Count> {
    let binary = context.binary()?;
    node::ready()?;
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec"]).args(node::tests()?);
    command.current_dir(workspace::path(node::FOLDER)).env("TIDEGATE_BIN", binary);
    tests(&mut command, Count::of_node)
}

fn rust_sdk(context: &mut Context) -> Result<Count> {
    let binary = context.binary()?;
    let mut cargo = workspace::cargo(&["test", "--locked", "--no-fail-fast", "--manifest-path", RUST_SDK]);
    // The SDKs' tree is large: kept apart, it is built once.
    cargo.env("CARGO_TARGET_DIR", workspace::path("target/rust-sdk")).env("TIDEGATE_BIN", binary);
    tests(&mut cargo, Count::of_cargo)
}

fn bench(context: &mut Context) -> Result<Count> {
    let binary = context.binary()?;
    let mut cargo = workspace::cargo(&["run", "--package", "bench", "--", "all", "--quick", "--server"]);
    workspace::run(cargo.arg(binary))?;
    Ok(Count::passed(1))
}

fn fuzz(_: &mut Context) -> Result<Count> {
    let (targets, failed) = fuzz::smoke(FUZZ_SECONDS)?;
    Ok(Count { passed: targets - failed, failed, skipped: 0 })
}

impl Context {
    /// Returns the binary that the clients talk to, built as a developer's: overflows are checked there.
    fn binary(&mut self) -> Result<PathBuf> {
        if let Some(binary) = &self.binary {
            return Ok(binary.clone());
        }
        let mut cargo =
            workspace::cargo(&["build", "--package", "tidegate", "--message-format", "json-render-diagnostics"]);
        let messages = workspace::output(&mut cargo).context("cannot build the binary")?;
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut programs = messages.filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)));
        let binary = programs.find(|program| program.file_stem().is_some_and(|name| name == "tidegate"));
        let binary = binary.context("cargo built the package tidegate, and no program of that name")?;
        println!("the binary is {}", binary.display());
        self.binary = Some(binary.clone());
        Ok(binary)
    }
}

/// Runs a test runner, shows what it prints, and reads from that how many tests there were.
fn tests(runner: &mut Command, read: fn(&str) -> Count) -> Result<Count> {
    let (output, status) = workspace::tee(runner)?;
    let mut count = read(&output);
    if !status.success() && count.failed == 0 {
        eprintln!("error: {} failed ({status}), and no test of its did", runner.get_program().to_string_lossy());
        count.failed = 1;
    }
    Ok(count)
}
