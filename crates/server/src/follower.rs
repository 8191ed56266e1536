//! The follower: keeps a node at the journal's head, and notices when it cannot be there.
//!
//! The journal says when it grew, and says nothing while it cannot be reached; so the follower looks by itself now and
//! then, and what it finds is what health, metrics and polls tell.

use std::time::Duration;

use crate::head::newer_entry;
use crate::node::Node;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A problem that goes on is logged again after so many tries.
const LOGGED_EVERY: u32 = 20;

/// Follows the journal for as long as it is polled.
pub(crate) async fn follow(node: &Node) {
    tokio::join!(take_in(node), complete(node));
}

async fn take_in(node: &Node) {
    let mut failures: u32 = 0;
    loop {
        match node.take_in().await {
            Ok(()) => {
                if failures > 0 {
                    tracing::info!(number = node.published().state.number, "this node follows the journal again");
                }
                failures = 0;
            }
            Err(error) => {
                node.head.note_problem(&error, node.settings.stale_after);
                if failures.is_multiple_of(LOGGED_EVERY) {
                    let hint = error.hint.as_deref();
                    match newer_entry(&error) {
                        Some(_) => tracing::error!(%error, "this node goes on with what it has, and takes no writes"),
                        None => {
                            tracing::warn!(%error, hint, "cannot follow the journal; polls are answered from memory")
                        }
                    }
                }
                failures = failures.saturating_add(1);
                tokio::time::sleep(pause_after(node, failures)).await;
                continue;
            }
        }
        tokio::select! {
            biased;
            () = node.journal_grew() => {}
            () = tokio::time::sleep(node.settings.look_every) => {}
        }
    }
}

/// Fetches what could not be had when it was needed, while news go on coming in.
async fn complete(node: &Node) {
    loop {
        let number = node.published().state.number;
        if let Err(error) = node.complete().await {
            tracing::debug!(%error, "contents are still missing");
        }
        tokio::select! {
            biased;
            () = node.changed_from(number), if !node.is_incomplete() => {}
            () = tokio::time::sleep(node.settings.look_every) => {}
        }
    }
}

/// Doubles from failure to failure, and differs between nodes: a store that comes back is not met by all at once.
fn pause_after(node: &Node, failures: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(10));
    node.settings.randomness.jittered(pause.min(LONGEST_PAUSE))
}
