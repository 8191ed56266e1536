//! Real engines for tests: found, started, hurt and ended; and what is needed to judge how they took it.
//!
//! For tests only, and never part of the binary. It knows nothing of Tidegate: an engine is a program from Debian's
//! packages in a directory of its own, on free loopback ports, that ends when the test process ends, however that ends.
//! Where a program is missing it says how to get it and fails; nothing here is skipped in silence.
//!
//! What goes wrong here is a failed test: these functions panic with the sentence that helps.

pub mod etcd;
pub mod history;
pub mod postgres;
mod process;
pub mod programs;
pub mod proxy;
pub mod s3;

pub use etcd::Etcd;
pub use postgres::Postgres;
pub use process::{Process, Signal};
pub use proxy::Proxy;
pub use s3::S3;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

/// Long enough for a busy machine; whoever waits this long hangs.
pub const HANG: Duration = Duration::from_secs(60);

/// Looks again and again until there is an answer.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + HANG;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {HANG:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A loopback port that is free just now. Another process may be quicker to take it: be ready to try another.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    listener.local_addr().expect("a listener has an address").port()
}
