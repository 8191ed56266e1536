//! The built binary in a process of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Client, HANG, eventually};

/// The binary, in an environment that says nothing about it.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TIDEGATE_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs the binary to its end, which has to come soon.
pub fn run(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let deadline = Instant::now() + HANG;
    while child.try_wait().expect("a child can be waited for").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("it was to end by itself: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().expect("the output can be read")
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    log: PathBuf,
    _log_directory: tempfile::TempDir,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it printed when it was ready.
    pub greeting: String,
    /// From the start of the process to the end of its greeting.
    pub took: Duration,
}

impl Server {
    /// Starts a server on a free port and waits until it is ready.
    #[track_caller]
    pub fn start(data: &Path, options: &[&str]) -> Self {
        let mut command = command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(options);
        Self::spawn(command)
    }

    /// Starts a server as the command says and waits until it is ready.
    #[track_caller]
    pub fn spawn(command: Command) -> Self {
        Starting::spawn(command).ready()
    }

    /// A new client. It connects when it is used.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Ends it at once, with SIGKILL: nothing in it gets to run any more.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        // The shell's own `kill` is there when no other is.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.expect("there is a shell").success(), "SIG{name} can be sent");
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        eventually("the server ends", || self.child.try_wait().expect("a child can be waited for"))
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Everything it has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).expect("the log can be read")).into_owned()
    }

    /// A line of `/proc/…/status` that counts KiB, such as `VmHWM`, the most memory that it ever held.
    pub fn memory_kib(&self, line: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("this needs Linux's /proc");
        let value = status.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':'));
        value.and_then(|it| it.split_whitespace().next()?.parse().ok()).expect("the line has a number")
    }

    /// Checks that it still answers and that nothing in it has panicked.
    #[track_caller]
    pub fn assert_well(&self) {
        let health = self.client().get("/_tidegate/health");
        assert_eq!(health.status, 200, "{health:?}");
        self.assert_no_panic();
    }

    #[track_caller]
    pub fn assert_no_panic(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that may not be ready yet.
pub struct Starting {
    child: Option<Child>,
    lines: mpsc::Receiver<String>,
    log: PathBuf,
    log_directory: Option<tempfile::TempDir>,
    since: Instant,
}

impl Starting {
    pub fn spawn(mut command: Command) -> Self {
        let log_directory = super::directory();
        let log = log_directory.path().join("log");
        let stderr = File::create(&log).expect("the log can be created");
        let since = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("the output is piped");
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                let _ = tell.send(line);
            }
        });
        Self { child: Some(child), lines, log, log_directory: Some(log_directory), since }
    }

    /// Kills it, ready or not.
    pub fn kill(mut self) {
        let mut child = self.child.take().expect("it was not waited for");
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
    }

    /// Waits for the greeting.
    #[track_caller]
    pub fn ready(self) -> Server {
        self.ready_or_ended().unwrap_or_else(|log| panic!("the server did not start: {log}"))
    }

    /// Waits for the greeting, or for an end without one; then says what was logged.
    pub fn ready_or_ended(mut self) -> Result<Server, String> {
        let mut greeting = String::new();
        // A server ends its greeting with how to try it; an agent has one line.
        while !greeting.contains("list-applications\n") && !greeting.starts_with("tidegate agent is listening") {
            let Ok(line) = self.lines.recv_timeout(HANG) else {
                return Err(String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned());
            };
            greeting.push_str(&line);
            greeting.push('\n');
        }
        let took = self.since.elapsed();
        let address = greeting.lines().next().and_then(|line| line.split_once("://"));
        let address = address.and_then(|(_, address)| address.parse().ok()).expect("the first line has the address");
        Ok(Server {
            child: self.child.take().expect("it was not waited for"),
            log: std::mem::take(&mut self.log),
            _log_directory: self.log_directory.take().expect("it was not waited for"),
            address,
            greeting,
            took,
        })
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
