//! `cargo-deny`: licences, banned crates, duplicates and sources, as `deny.toml` has them.
//!
//! The tool is built once, into `target/tools`; that takes some minutes. Advisories are checked only where their database
//! lies already: nothing is fetched here.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace;

const VERSION: &str = "0.20.2";

/// Checks everything but advisories; a refusal of any kind is an error.
pub fn check() -> Result<()> {
    // What other platforms would need is looked at too, and a build here has not brought it.
    workspace::run(&mut workspace::cargo(&["fetch", "--locked"]))?;
    run(&["check", "licenses", "bans", "sources"])
}

/// Checks advisories against the database that is there; says whether there is one.
pub fn check_advisories() -> Result<bool> {
    if !has_advisories() {
        println!("advisories: not checked, since their database is not here; `cargo deny fetch` would bring it");
        return Ok(false);
    }
    run(&["check", "--disable-fetch", "advisories"])?;
    Ok(true)
}

fn run(arguments: &[&str]) -> Result<()> {
    let tool = ready()?;
    // Called as cargo would: the first argument is the subcommand's name.
    let mut command = std::process::Command::new(tool);
    command.args(["deny", "--offline", "--workspace"]).args(arguments).current_dir(workspace::root());
    workspace::run(&mut command)
}

/// Builds the tool unless it is there in the right version.
fn ready() -> Result<PathBuf> {
    let root = workspace::path("target/tools");
    let tool = root.join("bin/cargo-deny");
    let installed = fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    if tool.exists() && installed.contains(&format!("\"cargo-deny {VERSION} ")) {
        return Ok(tool);
    }
    println!("building cargo-deny {VERSION}, once");
    let started = Instant::now();
    let build = root.join("build");
    let mut cargo = workspace::cargo(&["install", "cargo-deny", "--version", VERSION, "--locked", "--quiet", "--root"]);
    cargo.arg(&root).arg("--target-dir").arg(&build);
    workspace::run(&mut cargo).context("cannot build cargo-deny")?;
    // What it was built from is large, and not needed again.
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))?;
    println!("built in {:.0} s", started.elapsed().as_secs_f64());
    if !tool.exists() {
        bail!("cargo-deny was built, and is not at {}", tool.display());
    }
    Ok(tool)
}

/// Whether a database of advisories was fetched into cargo's directory.
fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let databases = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    databases.is_some_and(|mut databases| databases.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir())))
}
