//! What a node knows of the journal's head: when it last had everything, and what keeps it from having it now.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidegate_journal::Unavailable;
use tokio::time::Instant;

/// An entry that this version cannot take in. A node stays before it until it is upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was written by a newer version of Tidegate; upgrade this node")]
pub struct NewerEntry {
    /// The entry's number.
    pub number: u64,
}

/// See the module. The time is tokio's, which only moves forward.
pub(crate) struct Head {
    started: Instant,
    /// When the last look began after which the node had everything, in milliseconds since the start; -1 for never.
    known_ms: AtomicI64,
    /// The highest entry that a session has seen and this node has not.
    questioned: AtomicU64,
    /// What the journal turned out not to hold, and the number of its last entry then.
    lost_at: AtomicU64,
    lost_up_to: AtomicU64,
    /// Whether polls have to be told how old their answers may be.
    is_stale: AtomicBool,
    problem: Mutex<Option<Problem>>,
    arrivals: AtomicU64,
    looks: tokio::sync::Mutex<Looked>,
}

/// What keeps a node from the head.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// In words, for operators.
    pub text: String,
    /// The entry that it cannot take in, if that is what it is.
    pub newer: Option<NewerEntry>,
}

/// The last look at the journal that several readers shared.
struct Looked {
    /// The last arrival that was there before the look began.
    covers: u64,
    outcome: Result<(), Problem>,
}

/// A moment before a look: what is known afterwards was true then, or later.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    at: Instant,
    questioned: u64,
}

impl Problem {
    pub(crate) fn of(error: &Unavailable) -> Self {
        Self { text: error.to_string(), newer: newer_entry(error) }
    }

    pub(crate) fn into_unavailable(self) -> Unavailable {
        match self.newer {
            Some(newer) => Unavailable::new(format!("take in journal entry {}", newer.number), newer),
            None => Unavailable::new("look at the journal", self.text),
        }
    }
}

/// The entry that a newer version wrote, if that is what an error is about.
pub(crate) fn newer_entry(error: &Unavailable) -> Option<NewerEntry> {
    error.cause.downcast_ref::<NewerEntry>().copied()
}

impl Head {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            known_ms: AtomicI64::new(-1),
            questioned: AtomicU64::new(0),
            lost_at: AtomicU64::new(0),
            lost_up_to: AtomicU64::new(0),
            is_stale: AtomicBool::new(false),
            problem: Mutex::new(None),
            arrivals: AtomicU64::new(0),
            looks: tokio::sync::Mutex::new(Looked { covers: 0, outcome: Ok(()) }),
        }
    }

    /// The moment before a look.
    pub(crate) fn before(&self) -> Before {
        Before { at: Instant::now(), questioned: self.questioned.load(Ordering::Acquire) }
    }

    /// Notes that nothing was missing at this moment, and that the journal ended with this entry.
    pub(crate) fn note_known(&self, before: Before, number: u64) {
        let since_start = before.at.saturating_duration_since(self.started);
        self.known_ms.fetch_max(milliseconds(since_start), Ordering::Relaxed);
        if before.questioned > number {
            // In this order: who reads the two in between finds nothing lost.
            self.lost_up_to.store(0, Ordering::Release);
            self.lost_at.store(number, Ordering::Release);
            self.lost_up_to.store(before.questioned, Ordering::Release);
        }
        *self.problem() = None;
        if self.is_stale.load(Ordering::Relaxed) {
            self.is_stale.store(false, Ordering::Relaxed);
        }
    }

    /// Notes what keeps the node from the head. Polls are told once it has gone on for a while.
    pub(crate) fn note_problem(&self, error: &Unavailable, stale_after: Duration) {
        *self.problem() = Some(Problem::of(error));
        if self.age() >= stale_after {
            self.is_stale.store(true, Ordering::Relaxed);
        }
    }

    /// Marks a node that starts with what it kept.
    pub(crate) fn note_stale(&self, error: &Unavailable) {
        *self.problem() = Some(Problem::of(error));
        self.is_stale.store(true, Ordering::Relaxed);
    }

    /// How long ago the node last knew that it had everything; since its start, if it never did.
    pub(crate) fn age(&self) -> Duration {
        let known = u64::try_from(self.known_ms.load(Ordering::Relaxed)).unwrap_or(0);
        self.started.elapsed().saturating_sub(Duration::from_millis(known))
    }

    /// The age in whole seconds, if polls have to be told.
    pub(crate) fn stale_s(&self) -> Option<u64> {
        self.is_stale.load(Ordering::Relaxed).then(|| self.age().as_secs())
    }

    /// Whether the journal, whose last entry this node has, has lost an entry that a session has seen. As long as that
    /// is not known, the next look is to find it out.
    pub(crate) fn has_lost(&self, number: u64, seen: u64) -> bool {
        let is_lost = self.lost_at.load(Ordering::Acquire) == number && seen <= self.lost_up_to.load(Ordering::Acquire);
        if !is_lost {
            self.questioned.fetch_max(seen, Ordering::AcqRel);
        }
        is_lost
    }

    /// What keeps the node from the head now.
    pub(crate) fn last_problem(&self) -> Option<Problem> {
        self.problem().clone()
    }

    /// Has somebody look at the journal after this call, and says what came of it. Many who ask at once share one look:
    /// whoever was there before it began takes its outcome.
    pub(crate) async fn look(&self, look: impl Future<Output = Result<(), Unavailable>>) -> Result<(), Unavailable> {
        let arrival = self.arrivals.fetch_add(1, Ordering::SeqCst) + 1;
        // Given to those who wait in their order. Whoever goes away before the look is over leaves it to the next.
        let mut looked = self.looks.lock().await;
        if looked.covers < arrival {
            let covers = self.arrivals.load(Ordering::SeqCst);
            let outcome = look.await;
            *looked = Looked { covers, outcome: outcome.as_ref().copied().map_err(Problem::of) };
            return outcome;
        }
        looked.outcome.clone().map_err(Problem::into_unavailable)
    }

    fn problem(&self) -> MutexGuard<'_, Option<Problem>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
