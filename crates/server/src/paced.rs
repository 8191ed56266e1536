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
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
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
const MULTIPLEXED: u8 = 3;

/// What may be written between two looks without counting as an answer: HTTP/2's own answers to pings and settings.
const MOST_CHATTER_BYTES: usize = 16 * 1_024;

/// What a connection is at, shared with the service that answers on it.
#[derive(Debug)]
pub(crate) struct Pace {
    state: AtomicU8,
    /// Requests at a time, where there can be several, and answers that are not at their end.
    held: AtomicU32,
    /// How many were ever held.
    begun: AtomicU32,
    is_over: AtomicBool,
    /// Something was written since this was looked at last, where requests come side by side.
    has_written: AtomicBool,
}

/// Something that keeps a connection from being idle for as long as it lives.
#[derive(Debug)]
pub(crate) struct Held(Arc<Pace>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pace {
    /// A new connection: a head is expected.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(IN_HEAD),
            held: AtomicU32::new(0),
            begun: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            has_written: AtomicBool::new(false),
        })
    }

    /// A request's head is complete.
    pub(crate) fn begin(&self) {
        self.state.store(BUSY, Ordering::Relaxed);
    }

    /// The request is answered; the next may come at leisure.
    pub(crate) fn end(&self) {
        self.state.store(IDLE, Ordering::Relaxed);
    }

    /// From now on requests come side by side: each is held instead of begun and ended.
    pub(crate) fn multiplex(&self) {
        self.state.store(MULTIPLEXED, Ordering::Relaxed);
    }

    /// Keeps the connection from being idle.
    pub(crate) fn hold(self: &Arc<Self>) -> Held {
        self.held.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Held(self.clone())
    }

    /// Resolves when a multiplexed connection has been idle for too long; asked whenever its task runs.
    pub(crate) async fn over(&self) {
        std::future::poll_fn(|_| if self.is_over.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }

    /// Whether nothing that anybody waits for is lost with the connection, as far as can be seen since the last look.
    pub(crate) fn is_expendable(&self) -> bool {
        match self.state.load(Ordering::Relaxed) {
            IN_HEAD => true,
            MULTIPLEXED if self.held.load(Ordering::Relaxed) == 0 => {
                let has_written = self.has_written.swap(false, Ordering::Relaxed);
                self.is_over.load(Ordering::Relaxed) || !has_written
            }
            _ => false,
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
    found_begun: u32,
    /// Bytes written since the last look.
    written: usize,
    write: Deadline,
}

impl Paced {
    pub(crate) fn new(stream: TcpStream, pace: Arc<Pace>, limits: Limits) -> Self {
        let look = Box::pin(sleep(limits.head / LOOKS_PER_HEAD));
        let write = Deadline::new(limits.write);
        let (is_look_set, looks, found, found_begun, written) = (false, 0, IN_HEAD, 0, 0);
        Self { stream, pace, limits, look, is_look_set, looks, found, found_begun, written, write }
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
            let state = self.pace.state.load(Ordering::Relaxed);
            let has_moved = self.has_moved(state);
            self.looks = if state == self.found && !has_moved { self.looks + 1 } else { 0 };
            self.found = state;
            let limit = match state {
                IN_HEAD => self.limits.head,
                IDLE | MULTIPLEXED => self.limits.idle,
                _ => Duration::MAX,
            };
            if pause.saturating_mul(self.looks) >= limit {
                if state != MULTIPLEXED {
                    return true;
                }
                // HTTP/2 can say goodbye, so that no request is lost; whoever drives the connection sees to it.
                self.pace.is_over.store(true, Ordering::Relaxed);
            }
            self.look.as_mut().reset(Instant::now() + pause);
        }
        false
    }

    /// Whether the client has asked for something, or read some of an answer, since the last look.
    fn has_moved(&mut self, state: u8) -> bool {
        let chatter = if state == MULTIPLEXED { MOST_CHATTER_BYTES } else { 0 };
        let begun = self.pace.begun.load(Ordering::Relaxed);
        let has_begun = std::mem::replace(&mut self.found_begun, begun) != begun;
        let has_read = std::mem::take(&mut self.written) > chatter;
        has_begun || has_read || self.pace.held.load(Ordering::Relaxed) > 0
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
        } else if this.pace.state.load(Ordering::Relaxed) == IDLE {
            this.pace.state.store(IN_HEAD, Ordering::Relaxed);
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
        if let Poll::Ready(result) = &written {
            self.written = self.written.saturating_add(*result.as_ref().unwrap_or(&0));
            self.write.timer = None;
            if self.pace.state.load(Ordering::Relaxed) == MULTIPLEXED {
                self.pace.has_written.store(true, Ordering::Relaxed);
            }
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

/// Whether a client begins as one of HTTP does where TLS is spoken: with a letter, and not with a record of a handshake.
pub(crate) async fn speaks_without_tls(stream: &TcpStream, limit: Duration) -> io::Result<bool> {
    let mut first = [0];
    let length = tokio::time::timeout(limit, stream.peek(&mut first)).await??;
    Ok(length == 1 && first[0].is_ascii_uppercase())
}
