//! Programs that a chore needs and a fresh machine may lack: Debian's packages.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Installs Debian's package unless the command that tells whether it is there succeeds; see [`ensure_that`].
pub fn ensure(probe: &mut Command, package: &str) -> Result<()> {
    ensure_that(|| is_there(probe), package)
}

/// Installs Debian's package unless what it brings is there.
///
/// Only root can install, and only where there is `apt-get`; anyone else is told what to do.
pub fn ensure_that(mut is_there: impl FnMut() -> bool, package: &str) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        bail!("{package} is missing\nhint: apt-get install {package}, or what your system has in its place");
    }
    eprintln!("installing Debian's {package}");
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "DPkg::Lock::Timeout=120"]).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null());
        workspace::run(&mut command).with_context(|| format!("cannot install {package}"))
    };
    apt_get(&["update"])?;
    apt_get(&["install", "--no-install-recommends", "--yes", package])?;
    if !is_there() {
        bail!("Debian's {package} is installed, and what it should have brought is still missing");
    }
    Ok(())
}

fn is_there(probe: &mut Command) -> bool {
    let quiet = probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
