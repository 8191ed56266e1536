//! A process that ends when this one ends, whatever ends this one.
//!
//! A small shell stands beside each process. It reads from a pipe whose other end only this process has; when that
//! closes, because the [`Process`] was dropped or this process was killed, it ends its charge and cleans up. The kernel's
//! parent-death signal would not do: it comes when the *thread* ends that started the process, and each test has its own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::eventually;

/// $1 is the log, $2 the directory that goes away at the end, $3 the signal that ends the charge; the rest is its
/// command. A word on the pipe means that the directory is still needed.
const KEEPER: &str = r#"
log=$1; directory=$2; signal=$3; shift 3
"$@" >>"$log" 2>&1 </dev/null &
pid=$!
echo "$pid"
exec >/dev/null
read -r word
kill -s CONT "$pid" 2>/dev/null
kill -s "$signal" "$pid" 2>/dev/null
tries=0
while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
kill -s KILL "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
[ "$word" = leave ] || rm -rf "$directory"
"#;

/// A running program, with the user that it runs as.
pub struct Process {
    keeper: Child,
    pid: u32,
}

/// What a process can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ends it at once; it does not get to do anything any more.
    Kill,
    /// Freezes it.
    Stop,
    /// Thaws it.
    Continue,
    /// Asks it to end.
    Terminate,
    /// For PostgreSQL: end now, without tidying up the data.
    Quit,
    /// For PostgreSQL: end in good order, without waiting for clients.
    Interrupt,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
            Self::Interrupt => "INT",
        }
    }
}

impl Process {
    /// Starts the command, as this user if one is given. What it prints is appended to the log. The directory goes away
    /// with the process, unless that is [stopped](Process::end) first.
    #[track_caller]
    pub fn start(command: &[&str], user: Option<&str>, directory: &Path, log: &Path, end: Signal) -> Process {
        let mut keeper = as_user(user, "sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(log).arg(directory).arg(end.name()).args(command);
        // A group of its own: Ctrl-C is for the test, whose end ends everything.
        keeper.current_dir(directory).env("LC_ALL", "C").process_group(0);
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().expect("there is a shell");
        let mut line = String::new();
        let stdout = keeper.stdout.take().expect("the output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the keeper can be read");
        let pid = line.trim().parse().unwrap_or_else(|_| panic!("the keeper started nothing: {line:?}"));
        Process { keeper, pid }
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs (or is frozen).
    pub fn is_running(&self) -> bool {
        is_running(self.pid)
    }

    /// Sends the signal to it and to everything that it started.
    pub fn signal_all(&self, signal: Signal) {
        send(&[self.pid], signal);
        // Whoever is frozen or dead starts nothing new, so that this ends.
        let children = children_of(self.pid);
        send(&children, signal);
    }

    /// Sends the signal to it alone.
    pub fn signal(&self, signal: Signal) {
        send(&[self.pid], signal);
    }

    /// Ends it with a signal, waits until it and what it started are gone, and leaves its directory.
    #[track_caller]
    pub fn end(mut self, signal: Signal) {
        let children = children_of(self.pid);
        match signal {
            Signal::Kill => self.signal_all(signal),
            _ => self.signal(signal),
        }
        eventually("a process ends that was told to", || {
            (!is_running(self.pid) && !children.iter().any(|child| is_running(*child))).then_some(())
        });
        let _ = self.keeper.stdin.as_mut().expect("the input is piped").write_all(b"leave\n");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Prepares to run a program as another user.
pub(crate) fn as_user(user: Option<&str>, program: &str) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--init-groups", "--", program]);
    command
}

fn send(pids: &[u32], signal: Signal) {
    if pids.is_empty() {
        return;
    }
    let pids: Vec<_> = pids.iter().map(u32::to_string).collect();
    // The shell's own `kill` is there when no other is. One that is gone already is no failure.
    let script = format!("kill -s {} {}", signal.name(), pids.join(" "));
    let _ = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status().expect("there is a shell");
}

/// The state and the parent of a process, from Linux's `/proc`.
fn status_of(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything, brackets too.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

fn is_running(pid: u32) -> bool {
    status_of(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn children_of(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("this needs Linux's /proc").filter_map(Result::ok);
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|child| status_of(*child).is_some_and(|(_, parent)| parent == pid)).collect()
}
