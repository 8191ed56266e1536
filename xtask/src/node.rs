//! The packages of the JavaScript clients' tests, as their lock file pins them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{debian, workspace};

/// Where the tests, their manifest and their packages are.
pub const FOLDER: &str = "tests/clients/js";
/// What decides the packages.
const MANIFESTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
/// The oldest Node.js that the tests are for, as in `engines` of their manifest.
const OLDEST: u32 = 20;

/// Installs the packages unless they are there and were installed from the manifests as they are.
pub fn ready() -> Result<()> {
    let hint = format!("\nhint: install Node.js {OLDEST} or newer, with npm");
    let version =
        workspace::output(Command::new("node").arg("--version")).with_context(|| format!("no Node.js{hint}"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major.is_some_and(|major| major >= OLDEST), "Node.js {} is too old{hint}", version.trim());

    let folder = workspace::path(FOLDER);
    let stamp = folder.join("node_modules/.made-from");
    let mut wanted = String::new();
    for manifest in MANIFESTS {
        let path = folder.join(manifest);
        wanted += &fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(());
    }
    debian::ensure(Command::new("npm").arg("--version"), "npm")?;
    eprintln!("installing the packages of {FOLDER}");
    workspace::run(
        Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder),
    )
    .with_context(|| {
        format!("cannot install the packages of {FOLDER}\nhint: check that npm reaches a registry, then run this again")
    })?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Returns the files with tests. They are named to Node one by one: what a folder's name means depends on its version.
pub fn tests() -> Result<Vec<PathBuf>> {
    let folder = workspace::path(FOLDER).join("test");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths = entries.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path());
    let mut tests: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
    tests.sort();
    Ok(tests)
}
