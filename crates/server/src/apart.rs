//! Work that takes a while, on a thread of its own.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{JoinError, spawn_blocking};

/// Does what would hold up other tasks on a thread of its own.
///
/// A runtime of a single thread is a test's, perhaps a simulation, in which everything happens in one order: there the
/// work is done on the spot.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => Ok(work()),
        _ => spawn_blocking(work).await,
    }
}
