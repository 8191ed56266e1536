//! The Python environment that the chores and the Python clients' tests share.
//!
//! Lies at `target/venv`, holds what `tests/clients/python/requirements.txt` pins, and is made anew when that file changes.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{debian, workspace};

const REQUIREMENTS: &str = "tests/clients/python/requirements.txt";

/// An environment that holds what the requirements pin.
pub struct Venv {
    bin: PathBuf,
}

impl Venv {
    /// Makes the environment unless it is there and was made from the requirements as they are.
    pub fn ready() -> Result<Self> {
        let folder = workspace::path("target/venv");
        let stamp = folder.join("requirements.stamp");
        let requirements = workspace::path(REQUIREMENTS);
        let wanted = fs::read_to_string(&requirements)
            .with_context(|| format!("cannot read {}\nhint: restore it from the repository", requirements.display()))?;

        // Two chores at once must not both build it.
        let lock = workspace::path("target/venv.lock");
        fs::create_dir_all(workspace::path("target")).context("cannot make target/")?;
        let lock = File::create(&lock).with_context(|| format!("cannot open {}", lock.display()))?;
        lock.lock().context("cannot lock target/venv.lock\nhint: another cargo xtask is running")?;

        let venv = Self { bin: folder.join("bin") };
        let is_ready =
            fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) && venv.bin.join("python").exists();
        if is_ready {
            return Ok(venv);
        }
        eprintln!("making {} from {REQUIREMENTS}", folder.display());
        debian::ensure(Command::new("python3").args(["-c", "import ensurepip, venv"]), "python3-venv")?;
        workspace::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
            .context("cannot make a Python environment\nhint: install python3 with its venv module")?;
        workspace::output(
            venv.command("python")
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
                .arg(&requirements),
        )
        .with_context(|| {
            format!("cannot install {REQUIREMENTS}\nhint: check that pip reaches a package index, then run this again")
        })?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(venv)
    }

    /// Prepares to run a program of the environment (`python`, `pytest`, `aws`) in the repository's root.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(workspace::root());
        command
    }
}
