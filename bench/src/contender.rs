//! A server in the ring, its sessions, and one measured phase against it.

use std::net::SocketAddr;
use std::time::Duration;

use nix::unistd::Pid;
use serde::Serialize;

use crate::Result;
use crate::answer::Answer;
use crate::drive::{Load, Pace, Run, Stop, run_together};
use crate::process::{self, CpuTime, Process};
use crate::request::Caller;
use crate::sessions::{Channel, Expected, Laps, Polls, Sessions, Starts};
use crate::stats;

/// How many connections there are and how many client threads drive them.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Crowd {
    pub sessions: usize,
    pub connections: usize,
    pub threads: usize,
}

impl Crowd {
    /// Divides the connections and sessions over the threads.
    fn divide<T>(self, mut make: impl FnMut(usize, usize) -> T) -> Vec<T> {
        let threads = self.threads.clamp(1, self.connections);
        let share = |total: usize, thread: usize| (total + threads - 1 - thread) / threads;
        (0..threads).map(|thread| make(share(self.sessions, thread), share(self.connections, thread))).collect()
    }
}

/// A server under test.
pub struct Contender {
    pub name: String,
    pub address: SocketAddr,
    pub pids: Vec<Pid>,
    /// One set for each client thread.
    sessions: Vec<Sessions>,
    /// Keeps the server running.
    _process: Option<Process>,
}

/// One answer of the server, taken as the pattern for the references.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub headers: Vec<(String, String)>,
    pub body_bytes: usize,
    pub token: Vec<u8>,
}

impl Sample {
    /// Keeps what a reference needs of a poll's answer.
    pub fn of(answer: &Answer<'_>, token: &[u8]) -> Self {
        Self { headers: answer.headers().collect(), body_bytes: answer.body.len(), token: token.to_vec() }
    }

    /// Lists the headers, names in lower case, without those that every HTTP server writes by itself.
    pub fn settable_headers(&self) -> impl Iterator<Item = (String, String)> {
        let is_automatic =
            |name: &str| matches!(name, "connection" | "content-length" | "date" | "keep-alive" | "transfer-encoding");
        self.headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .filter(move |(name, _)| !is_automatic(name))
    }
}

/// What is asked in a phase, how fast and until when.
#[derive(Clone, Copy)]
pub struct Plan {
    pub expected: Expected,
    pub laps: Laps,
    pub pace: Pace,
    pub stop: Stop,
    /// How long the connections are used before the measurement begins.
    pub warm_up: Duration,
}

/// What one phase of one round measured.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    pub answers: u64,
    pub seconds: f64,
    pub server_cpu_us: f64,
    /// The part of the server's processor time that was spent in the kernel (from clock ticks).
    pub kernel_share: f64,
    pub client_cpu_us: f64,
    pub answers_per_s: f64,
    pub answer_bytes: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
    pub missed: u64,
    /// How much of the machine somebody other than server and client used: noise.
    pub foreign_share: f64,
}

impl Contender {
    /// Enters a running server whose sessions have not started.
    pub fn enter(name: &str, address: SocketAddr, process: Process, crowd: Crowd) -> Result<Self> {
        let sessions = crowd.divide(Sessions::unstarted);
        Ok(Self { name: name.into(), address, pids: process.pids()?, sessions, _process: Some(process) })
    }

    /// Enters a reference: all its sessions send the sample's token for ever.
    pub fn enter_reference(
        name: &str,
        address: SocketAddr,
        process: Process,
        crowd: Crowd,
        token: &[u8],
    ) -> Result<Self> {
        let sessions = crowd.divide(|sessions, connections| Sessions::all_with(token, sessions, connections));
        Ok(Self { name: name.into(), address, pids: process.pids()?, sessions, _process: Some(process) })
    }

    /// Enters a server that runs inside this very process.
    #[cfg(test)]
    pub fn enter_own(address: SocketAddr, crowd: Crowd) -> Self {
        let sessions = crowd.divide(Sessions::unstarted);
        Self { name: "fake".into(), address, pids: vec![Pid::this()], sessions, _process: None }
    }

    /// As [`Contender::enter_own`], with sessions that all begin with one token.
    #[cfg(test)]
    pub fn enter_own_with(address: SocketAddr, crowd: Crowd, token: &[u8]) -> Self {
        let sessions = crowd.divide(|sessions, connections| Sessions::all_with(token, sessions, connections));
        Self { sessions, ..Self::enter_own(address, crowd) }
    }

    /// Starts all sessions, spread evenly over the channels.
    pub fn start_sessions(&mut self, caller: &Caller, channels: &[Channel]) -> Result<Run> {
        let mut crews = self
            .sessions
            .iter_mut()
            .map(|sessions| {
                let load = Load::open(self.address, sessions.connections())?;
                Ok((load, Starts::new(caller, channels, sessions)))
            })
            .collect::<Result<Vec<_>>>()?;
        run_together(&mut crews, Pace::BackToBack, Stop::WhenDone).map_err(|failure| named(&self.name, failure))
    }

    /// Polls as planned, over fresh connections, and measures what that cost.
    pub fn measure(&mut self, caller: &Caller, plan: Plan) -> Result<Phase> {
        let name = &self.name;
        let pids = &self.pids;
        let mut crews = self
            .sessions
            .iter_mut()
            .map(|sessions| {
                let load = Load::open(self.address, sessions.connections())?;
                Ok((load, Polls::new(caller, sessions, plan.expected, plan.laps)))
            })
            .collect::<Result<Vec<_>>>()
            .map_err(|failure| named(name, failure))?;
        if plan.warm_up > Duration::ZERO {
            run_together(&mut crews, plan.pace, Stop::After(plan.warm_up)).map_err(|failure| named(name, failure))?;
        }
        let (machine, client, server) = (process::machine_busy_time()?, process::own_cpu_time()?, CpuTime::of(pids)?);
        let run = run_together(&mut crews, plan.pace, plan.stop).map_err(|failure| named(name, failure))?;
        let server = CpuTime::of(pids)?.since(server);
        let client = process::own_cpu_time()?.saturating_sub(client);
        let machine = process::machine_busy_time()?.saturating_sub(machine);
        Ok(phase(run, server, client, machine))
    }
}

fn phase(mut run: Run, server: CpuTime, client: Duration, machine: Duration) -> Phase {
    let answers = run.answers.max(1) as f64;
    let seconds = run.elapsed.as_secs_f64();
    let mut latency_us = |per_mille| stats::percentile(&mut run.latencies_ns, per_mille).unwrap_or(0) as f64 / 1e3;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let foreign = machine.as_secs_f64() - server.total.as_secs_f64() - client.as_secs_f64();
    Phase {
        answers: run.answers,
        seconds,
        server_cpu_us: server.total.as_secs_f64() * 1e6 / answers,
        kernel_share: server.kernel_ticks as f64 / server.all_ticks.max(1) as f64,
        client_cpu_us: client.as_secs_f64() * 1e6 / answers,
        answers_per_s: run.answers as f64 / seconds,
        answer_bytes: run.answer_bytes as f64 / answers,
        p50_us: latency_us(500),
        p99_us: latency_us(990),
        p999_us: latency_us(999),
        missed: run.missed,
        foreign_share: (foreign / (seconds * cores)).max(0.0),
    }
}

fn named(name: &str, failure: crate::Failure) -> crate::Failure {
    format!("{name}: {failure}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_divided_without_loss() {
        let crowd = Crowd { sessions: 10, connections: 5, threads: 3 };
        let parts = crowd.divide(|sessions, connections| (sessions, connections));
        assert_eq!(parts, [(4, 2), (3, 2), (3, 1)]);
        assert_eq!(Crowd { threads: 9, ..crowd }.divide(|_, connections| connections), [1; 5]);
    }

    #[test]
    fn a_reference_leaves_automatic_headers_to_its_server() {
        let headers = [("Date", "x"), ("Content-Length", "0"), ("Content-Type", "text/plain")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let sample = Sample { headers, ..Sample::default() };
        assert_eq!(Vec::from_iter(sample.settable_headers()), [("content-type".to_owned(), "text/plain".to_owned())]);
    }
}
