//! Builds and starts the server under test.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Result;
use crate::process::{Process, free_address};

/// Takes away the lower bound of the poll interval, so that a session can poll as fast as it is answered.
pub const NO_POLL_INTERVAL: &str = "--min-poll-interval 0";

/// A running server and the directory with its data, which goes when this is dropped (the process first).
pub struct Tidegate {
    pub process: Process,
    pub address: SocketAddr,
    pub data: TempDir,
}

/// Builds the server in the profile that the benchmark itself was built in.
pub fn build(profile_dir: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "tidegate"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("release") => {
            command.arg("--release");
        }
        _ => eprintln!("warning: this is not a release build: the numbers will mean nothing"),
    }
    if !command.status()?.success() {
        return Err("the server does not build\nhint: give the path of a built one with --server".into());
    }
    Ok(profile_dir.join("tidegate"))
}

/// Starts a server on a free loopback port with an empty data directory.
pub fn start(binary: &Path, extra_arguments: &str, out_dir: &Path, name: &str) -> Result<Tidegate> {
    let address = free_address()?;
    let data = tempfile::Builder::new().prefix("data-").tempdir_in(out_dir)?;
    let mut arguments = ["serve", "--listen", &address.to_string(), "--data"].map(str::to_owned).to_vec();
    arguments.push(data.path().display().to_string());
    arguments.extend(extra_arguments.split_whitespace().map(str::to_owned));
    let mut process = Process::start(binary, &arguments, out_dir.join(format!("{name}.log")))?;
    process.wait_until_it_listens(address)?;
    Ok(Tidegate { process, address, data })
}

/// Adds up the sizes of the files in a directory, in KiB.
pub fn disk_kib(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => disk_kib(&entry.path()),
            Ok(metadata) => metadata.len() / 1024,
            Err(_) => 0,
        })
        .sum()
}
