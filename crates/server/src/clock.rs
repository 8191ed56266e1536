//! The time, as an argument: the machine's, or one that tests own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
    /// Goes with tokio's clock, which a simulation makes up; its time of day may be wrong, and jump.
    Simulated {
        /// What the monotonic clock counts from.
        started: tokio::time::Instant,
        /// The time of day then, in milliseconds since 1970.
        started_ms: AtomicI64,
    },
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

    /// A clock that goes with tokio's, and that takes this moment for that time, in milliseconds since 1970.
    pub fn simulated(now_ms: i64) -> Self {
        Self::Simulated { started: tokio::time::Instant::now(), started_ms: AtomicI64::new(now_ms) }
    }

    /// Lets a simulated clock's time of day jump; others stay.
    pub fn jump_ms(&self, by_ms: i64) {
        if let Self::Simulated { started_ms, .. } = self {
            started_ms.fetch_add(by_ms, Ordering::AcqRel);
        }
    }

    /// The time of day, in milliseconds since 1970. It may jump, and may differ from other nodes'.
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System { .. } => system_now_ms(),
            Self::Manual(now_ms) => now_ms.load(Ordering::Acquire),
            Self::Simulated { started, started_ms } => {
                started_ms.load(Ordering::Acquire).saturating_add(milliseconds(started.elapsed()))
            }
        }
    }

    /// A time, in milliseconds since some moment of this process, that only moves forward and at the pace of seconds.
    pub fn monotonic_ms(&self) -> i64 {
        match self {
            Self::System { started } => milliseconds(started.elapsed()),
            Self::Manual(now_ms) => now_ms.load(Ordering::Acquire),
            Self::Simulated { started, .. } => milliseconds(started.elapsed()),
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

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// The machine's time of day, in milliseconds since 1970.
pub fn system_now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
