//! The repository's own files: those that git keeps, and those that it would.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace;

/// Returns the files' paths below the root, sorted; ignored files are not among them.
pub fn files() -> Result<Vec<PathBuf>> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(workspace::root());
    let list = workspace::output(&mut command).context("cannot list the repository's files\nhint: install git")?;
    let mut files: Vec<_> = list.split_terminator('\0').map(PathBuf::from).collect();
    files.sort();
    files.dedup();
    // What is deleted and not yet committed is still listed.
    files.retain(|file| workspace::root().join(file).is_file());
    Ok(files)
}
