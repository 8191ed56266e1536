//! Builds and starts the server under test.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::Result;
use crate::answer;
use crate::process::{Process, free_address};

/// Takes away the lower bound of the poll interval, so that a session can poll as fast as it is answered.
pub const NO_POLL_INTERVAL: &str = "--enforce-poll-interval=false";

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
    let log = out_dir.join(format!("{name}.log"));
    let mut process = start_on(binary, extra_arguments, address, data.path(), log)?;
    process.wait_until_it_listens(address)?;
    Ok(Tidegate { process, address, data })
}

/// Starts a server on data that are there, and does not wait for it.
pub fn start_on(
    binary: &Path,
    extra_arguments: &str,
    address: SocketAddr,
    data: &Path,
    log: PathBuf,
) -> Result<Process> {
    let mut arguments = ["serve", "--listen", &address.to_string(), "--data"].map(str::to_owned).to_vec();
    arguments.push(data.display().to_string());
    arguments.extend(extra_arguments.split_whitespace().map(str::to_owned));
    Process::start(binary, &arguments, log)
}

/// Waits until the server says that it is ready, and returns the number of its last journal entry.
///
/// A server listens before it has read its journal, so that the answer to the first question comes when it is ready.
pub fn wait_until_ready(process: &mut Process, address: SocketAddr) -> Result<u64> {
    let given_up = Instant::now() + Duration::from_secs(120);
    loop {
        match health(address) {
            Ok(Some(number)) => return Ok(number),
            Err(failure) if Instant::now() > given_up => return Err(format!("not ready for 120 s: {failure}").into()),
            Ok(None) if Instant::now() > given_up => return Err("not ready for 120 s".into()),
            Ok(None) | Err(_) => process.check_that_it_runs()?,
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Asks how the server is; `None` if it is not ready.
fn health(address: SocketAddr) -> Result<Option<u64>> {
    #[derive(serde::Deserialize)]
    struct Health {
        status: String,
        journal: Journal,
    }
    #[derive(serde::Deserialize)]
    struct Journal {
        number: u64,
    }
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.write_all(b"GET /_tidegate/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let answer = answer::read(&bytes)?.ok_or("half an answer")?;
    let health: Health = serde_json::from_slice(answer.body)?;
    Ok((health.status == "ready").then_some(health.journal.number))
}

/// The snapshot in a data directory, looked at from outside the server.
pub struct Snapshots(Connection);

impl Snapshots {
    /// Opens the journal's file.
    pub fn of(data: &Path) -> Result<Self> {
        let connection = Connection::open_with_flags(data.join("journal.sqlite3"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(Self(connection))
    }

    /// Returns the number of the last entry in the snapshot, and the snapshot's size in bytes.
    pub fn latest(&self) -> Result<Option<(u64, u64)>> {
        let mut statement = self.0.prepare("SELECT number, length(body) FROM snapshot")?;
        let mut rows = statement.query(())?;
        Ok(rows.next()?.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?)
    }

    /// Takes the snapshot away, so that the next start has to read the whole journal.
    pub fn delete(&self) -> Result<()> {
        self.0.execute("DELETE FROM snapshot", ())?;
        Ok(())
    }
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
