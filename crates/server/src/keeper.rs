//! Keeps what a node serves on its own disk, a while after it changed.

use std::time::Duration;

use tokio::time::Instant;

use crate::node::Node;

/// Keeping takes this share of the time at most: one part in so many.
const SHARE: u32 = 20;
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// Keeps the node's state for as long as it is polled.
pub(crate) async fn keep(node: &Node) {
    loop {
        let started = Instant::now();
        let pause = match node.keep().await {
            Ok(number) => {
                let pause = node.settings.keep_every.max(started.elapsed() * SHARE);
                node.changed_from(number).await;
                pause
            }
            Err(error) => {
                tracing::warn!(error, "cannot keep what is served on disk");
                RETRY_AFTER
            }
        };
        tokio::time::sleep(pause).await;
    }
}
