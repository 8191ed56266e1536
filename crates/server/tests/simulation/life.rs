//! A process: it lives until it dies, which it may do at every one of its dealings with the world.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

/// One run of a process on a machine.
pub struct Life {
    pub machine: usize,
    /// Counts the machine's processes.
    pub run: u32,
    /// How many more dealings it survives.
    left: AtomicU64,
    is_over: AtomicBool,
    /// (Wakes in the order in which was waited. A `watch` does not.)
    ends: Notify,
}

impl Life {
    pub fn new(machine: usize, run: u32) -> Self {
        Self { machine, run, left: AtomicU64::new(u64::MAX), is_over: AtomicBool::new(false), ends: Notify::new() }
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.ends.notify_waiters();
    }

    /// Lets the process die after so many more dealings.
    pub fn end_after(&self, dealings: u64) {
        self.left.store(dealings, Ordering::Relaxed);
    }

    /// A dealing with the world, before or after which the process may die. A dead process goes no further.
    pub async fn deal(&self) {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            self.end();
        } else if left != u64::MAX {
            self.left.store(left - 1, Ordering::Relaxed);
        }
        if self.is_over() {
            pending::<()>().await;
        }
    }

    /// Does something as long as the process lives; none if it died before it was done.
    pub async fn while_it_lasts<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut ends = std::pin::pin!(self.ends.notified());
        ends.as_mut().enable();
        if self.is_over() {
            return None;
        }
        tokio::select! {
            biased;
            () = ends => None,
            done = work => Some(done),
        }
    }
}
