//! The time, as an argument: the machine's, or one that tests own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where a node takes the time from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's clocks.
    System {
        /// What the monotonic clock counts from.
        started: Instant,
    },
    /// Stands still until it is set, in milliseconds since 1970.
    Manual(AtomicI64),
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self::System { started: Instant::now() }
    }

    /// A clock that stands at this time, in milliseconds since 1970.
    pub fn manual(now_ms: i64) -> Self {
        Self::Manual(AtomicI64::new(now_ms))
    }

    /// The time of day, in milliseconds since 1970. It may jump, and may differ from other nodes'.
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System { .. } => system_now_ms(),
            Self::Manual(now_ms) => now_ms.load(Ordering::Acquire),
        }
    }

    /// A time, in milliseconds since some moment of this process, that only moves forward and at the pace of seconds.
    pub fn monotonic_ms(&self) -> i64 {
        match self {
            Self::System { started } => i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
            Self::Manual(now_ms) => now_ms.load(Ordering::Acquire),
        }
    }

    /// Whether somebody else moves it.
    pub fn is_manual(&self) -> bool {
        matches!(self, Self::Manual(_))
    }

    /// Moves a manual clock forward to this time; the machine's clock, and a later time, stay.
    pub fn set_ms(&self, to_ms: i64) {
        if let Self::Manual(now_ms) = self {
            now_ms.fetch_max(to_ms, Ordering::AcqRel);
        }
    }
}

/// The machine's time of day, in milliseconds since 1970.
pub fn system_now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
