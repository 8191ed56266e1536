//! Drives keep-alive connections from one thread: each connection has at most one request under way.
//!
//! What is asked and how an answer is judged is a [`Script`]; when the next request leaves is a [`Pace`]. Back to back
//! is a closed loop and shows cost and throughput; a fixed rate is an open loop and shows latency, counted from the
//! instant at which a request was due, so that a server that stalls cannot make its own stall look shorter.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::Result;
use crate::answer::{self, Answer};

/// How long a server may say nothing at all before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(20);

const TIMER: Token = Token(usize::MAX - 1);

/// What the connections say and how they judge what they hear.
pub trait Script {
    /// Writes a connection's next request into `out`; `false` when it has nothing more to ask.
    fn ask(&mut self, connection: usize, out: &mut Vec<u8>) -> bool;

    /// Judges the answer to the connection's last request.
    fn hear(&mut self, connection: usize, answer: &Answer<'_>) -> Result<()>;
}

/// When the next request leaves.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As soon as a connection has its answer.
    BackToBack,
    /// At fixed instants, so many a second, on whichever connection is idle.
    PerSecond(f64),
}

/// When a run ends; requests under way are always waited for.
#[derive(Clone, Copy)]
pub enum Stop {
    After(Duration),
    WhenDone,
}

/// What one run saw.
#[derive(Default)]
pub struct Run {
    pub answers: u64,
    pub answer_bytes: u64,
    pub elapsed: Duration,
    pub latencies_ns: Vec<u64>,
    /// Requests that were due and could not be sent in time because every connection was busy.
    pub missed: u64,
}

/// A set of open connections to one server.
pub struct Load {
    poll: Poll,
    events: Events,
    timer: TimerFd,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    written: usize,
    inbox: Vec<u8>,
    filled: usize,
    /// When the request under way was sent or should have been; `None` between requests.
    asked_at: Option<Instant>,
}

impl Load {
    /// Opens the connections.
    pub fn open(address: SocketAddr, connections: usize) -> Result<Self> {
        let poll = Poll::new()?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        poll.registry().register(&mut SourceFd(&timer.as_fd().as_raw_fd()), TIMER, Interest::READABLE)?;
        let connections = (0..connections)
            .map(|index| {
                let stream = std::net::TcpStream::connect_timeout(&address, PATIENCE)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                let mut stream = TcpStream::from_std(stream);
                poll.registry().register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
                Ok(Connection {
                    stream,
                    out: Vec::with_capacity(4096),
                    written: 0,
                    inbox: vec![0; 16 * 1024],
                    filled: 0,
                    asked_at: None,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { poll, events: Events::with_capacity(1024), timer, connections })
    }

    /// Plays a script to its end, or until the time is over; then every request has had its answer.
    pub fn run(&mut self, script: &mut impl Script, pace: Pace, stop: Stop) -> Result<Run> {
        let started = Instant::now();
        let mut turn = Turn {
            idle: (0..self.connections.len()).collect(),
            connections: &mut self.connections,
            script,
            interval: match pace {
                Pace::BackToBack => None,
                Pace::PerSecond(rate) => Some(Duration::from_secs_f64(1.0 / rate)),
            },
            due: started,
            armed_for: None,
            end: match stop {
                Stop::After(duration) => Some(started + duration),
                Stop::WhenDone => None,
            },
            is_over: false,
            under_way: 0,
            run: Run::default(),
        };
        turn.dispatch()?;
        while turn.under_way > 0 || !(turn.is_over || turn.idle.is_empty()) {
            turn.arm(&self.timer)?;
            match self.poll.poll(&mut self.events, Some(PATIENCE)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                outcome => outcome?,
            }
            if self.events.is_empty() {
                return Err(format!("no answer for {} s", PATIENCE.as_secs()).into());
            }
            for event in &self.events {
                if event.token() != TIMER {
                    turn.progress(event.token().0)?;
                }
            }
            turn.dispatch()?;
        }
        let mut run = turn.run;
        run.elapsed = started.elapsed();
        Ok(run)
    }
}

/// A run in progress.
struct Turn<'a, S> {
    connections: &'a mut [Connection],
    script: &'a mut S,
    idle: VecDeque<usize>,
    interval: Option<Duration>,
    due: Instant,
    /// What the timer is set to; once that has passed, the next request is due later than that.
    armed_for: Option<Instant>,
    end: Option<Instant>,
    is_over: bool,
    under_way: usize,
    run: Run,
}

impl<S: Script> Turn<'_, S> {
    /// Sends whatever may be sent now.
    fn dispatch(&mut self) -> Result<()> {
        while !self.is_over {
            let now = Instant::now();
            if self.end.is_some_and(|end| now >= end) {
                self.close();
                break;
            }
            if self.interval.is_some() && self.due > now {
                break;
            }
            let Some(index) = self.idle.pop_front() else { break };
            let connection = &mut self.connections[index];
            connection.out.clear();
            connection.written = 0;
            if !self.script.ask(index, &mut connection.out) {
                continue;
            }
            connection.asked_at = Some(match self.interval {
                None => now,
                Some(interval) => {
                    self.due += interval;
                    self.due - interval
                }
            });
            self.under_way += 1;
            connection.flush()?;
        }
        Ok(())
    }

    fn close(&mut self) {
        self.is_over = true;
        if let (Some(interval), Some(end)) = (self.interval, self.end) {
            self.run.missed = (end.saturating_duration_since(self.due).as_secs_f64() / interval.as_secs_f64()) as u64;
        }
    }

    /// Sees to it that the next poll wakes up when a request is due.
    fn arm(&mut self, timer: &TimerFd) -> Result<()> {
        if self.interval.is_some() && !self.is_over && !self.idle.is_empty() {
            let next = self.end.map_or(self.due, |end| end.min(self.due));
            // Setting a timer is dear in a virtual machine.
            if self.armed_for.replace(next) == Some(next) {
                return Ok(());
            }
            let wait = next.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
            timer.set(Expiration::OneShot(TimeSpec::from_duration(wait)), TimerSetTimeFlags::empty())?;
        }
        Ok(())
    }

    /// Takes what a connection has to give, and hears its answer when that is whole.
    fn progress(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        connection.flush()?;
        while connection.fill()? {
            let inbox = &connection.inbox[..connection.filled];
            let Some(asked_at) = connection.asked_at else {
                return Err("bytes that nobody asked for".into());
            };
            let Some(answer) = answer::read(inbox)? else { continue };
            if answer.length != inbox.len() {
                return Err(format!("{} bytes behind an answer", inbox.len() - answer.length).into());
            }
            self.run.latencies_ns.push(asked_at.elapsed().as_nanos() as u64);
            self.run.answers += 1;
            self.run.answer_bytes += answer.length as u64;
            self.script.hear(index, &answer)?;
            connection.filled = 0;
            connection.asked_at = None;
            self.under_way -= 1;
            self.idle.push_back(index);
            // Nothing more can come before the next request, and whatever comes then is a new event: no need to read
            // until the socket would block.
            return self.dispatch();
        }
        Ok(())
    }
}

impl Connection {
    fn flush(&mut self) -> Result<()> {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("cannot send a request: {error}").into()),
            }
        }
        Ok(())
    }

    /// Reads once; `false` when there is nothing to read now.
    fn fill(&mut self) -> Result<bool> {
        if self.filled == self.inbox.len() {
            self.inbox.resize(self.inbox.len() * 2, 0);
        }
        loop {
            match self.stream.read(&mut self.inbox[self.filled..]) {
                Ok(0) => return Err("the server closed a connection that should have stayed open".into()),
                Ok(count) => {
                    self.filled += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("cannot read an answer: {error}").into()),
            }
        }
    }
}

/// Plays one script per set of connections, each set on a thread of its own, and adds up what they saw.
pub fn run_together<S: Script + Send>(crews: &mut [(Load, S)], pace: Pace, stop: Stop) -> Result<Run> {
    let share = match pace {
        Pace::BackToBack => Pace::BackToBack,
        Pace::PerSecond(rate) => Pace::PerSecond(rate / crews.len() as f64),
    };
    let runs: Vec<Result<Run>> = match crews {
        [(load, script)] => vec![load.run(script, share, stop)],
        crews => std::thread::scope(|scope| {
            let threads = Vec::from_iter(
                crews.iter_mut().map(|(load, script)| scope.spawn(move || load.run(script, share, stop))),
            );
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err("a client thread panicked".into())))
                .collect()
        }),
    };
    let mut total = Run::default();
    for run in runs {
        let run = run?;
        total.answers += run.answers;
        total.answer_bytes += run.answer_bytes;
        total.elapsed = total.elapsed.max(run.elapsed);
        total.latencies_ns.extend(run.latencies_ns);
        total.missed += run.missed;
    }
    Ok(total)
}
