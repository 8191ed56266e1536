//! A connection that has to keep a pace: who begins a request's head finishes it in time, who asks also reads, and who
//! does neither for long makes room.
//!
//! hyper has one timeout for the whole wait for a head. Clients poll once a minute over connections that they keep, so
//! that wait has to be long; a head that trickles in must not be given as long. And hyper sets a timer for every
//! request, which costs a good part of a poll. Here each connection has one timer, that looks every few seconds at what
//! has become of it; between two looks nothing is timed, and no clock is read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Looks within the time for a head; limits are kept to within the time between two.
const LOOKS_PER_HEAD: u32 = 2;

const IDLE: u8 = 0;
const IN_HEAD: u8 = 1;
const BUSY: u8 = 2;
const RELEASED: u8 = 3;

/// What a connection is at, shared with the service that answers on it.
#[derive(Debug)]
pub(crate) struct Pace(AtomicU8);

impl Pace {
    /// A new connection: a head is expected.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU8::new(IN_HEAD)))
    }

    /// A request's head is complete.
    pub(crate) fn begin(&self) {
        self.set(BUSY);
    }

    /// The request is answered; the next may come at leisure.
    pub(crate) fn end(&self) {
        self.set(IDLE);
    }

    /// Something else keeps the pace from now on: HTTP/2 has pings, and many requests at a time.
    pub(crate) fn release(&self) {
        self.0.store(RELEASED, Ordering::Relaxed);
    }

    fn set(&self, state: u8) {
        if self.0.load(Ordering::Relaxed) != RELEASED {
            self.0.store(state, Ordering::Relaxed);
        }
    }
}

/// How long a client may take for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub head: Duration,
    pub idle: Duration,
    pub write: Duration,
}

/// A stream that fails when its client does not keep the pace.
pub(crate) struct Paced {
    stream: TcpStream,
    pace: Arc<Pace>,
    limits: Limits,
    look: Pin<Box<Sleep>>,
    is_look_set: bool,
    /// How many looks have found the connection at the same thing, without anything read.
    looks: u32,
    /// What the last look found.
    found: u8,
    write: Deadline,
}

impl Paced {
    pub(crate) fn new(stream: TcpStream, pace: Arc<Pace>, limits: Limits) -> Self {
        let look = Box::pin(sleep(limits.head / LOOKS_PER_HEAD));
        let write = Deadline::new(limits.write);
        Self { stream, pace, limits, look, is_look_set: false, looks: 0, found: IN_HEAD, write }
    }

    /// Looks whether the client has been at the same thing for too long.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        // Once it is set, the timer wakes this task by itself: a connection is served by one task all its life.
        if self.is_look_set && !self.look.is_elapsed() {
            return false;
        }
        // A task that has used up its turn is not told whether the timer took its waker.
        self.is_look_set = tokio::task::coop::has_budget_remaining();
        let pause = self.limits.head / LOOKS_PER_HEAD;
        while self.look.as_mut().poll(cx).is_ready() {
            let state = self.pace.0.load(Ordering::Relaxed);
            self.looks = if state == self.found { self.looks + 1 } else { 0 };
            self.found = state;
            let limit = match state {
                IN_HEAD => self.limits.head,
                IDLE => self.limits.idle,
                _ => Duration::MAX,
            };
            if pause.saturating_mul(self.looks) >= limit {
                return true;
            }
            self.look.as_mut().reset(Instant::now() + pause);
        }
        false
    }
}

/// A limit for writing: nothing unless somebody has to wait.
struct Deadline {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn new(limit: Duration) -> Self {
        Self { limit, timer: None }
    }

    /// Waits on; ready when the time is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        timer.as_mut().poll(cx).map(|()| io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for Paced {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if read.is_pending() {
            if this.is_over(cx) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        } else if this.pace.0.load(Ordering::Relaxed) == IDLE {
            this.pace.0.store(IN_HEAD, Ordering::Relaxed);
            // A request between two looks is no long wait.
            this.looks = 0;
            this.found = IN_HEAD;
        }
        read
    }
}

impl AsyncWrite for Paced {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.keep_writing(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.keep_writing(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl Paced {
    fn keep_writing(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            // Whoever reads an answer is not idle.
            self.looks = 0;
            self.write.timer = None;
            return written;
        }
        self.write.poll(cx).map(Err)
    }
}

/// Whether a client begins with HTTP/2's preface; looks at what it sends without taking it.
pub(crate) async fn speaks_http2(stream: &TcpStream, limit: Duration) -> io::Result<bool> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    /// Between looks at a preface that has come in part; peeking at it again would not wait for more.
    const PAUSE: Duration = Duration::from_millis(10);
    let look = async {
        let mut seen = [0; PREFACE.len()];
        loop {
            let length = stream.peek(&mut seen).await?;
            if !PREFACE.starts_with(&seen[..length]) || length == 0 {
                return Ok(false);
            }
            if length == PREFACE.len() {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(limit, look).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
