//! Clients of a journal that is hurt meanwhile, and the judgement of what they saw.
//!
//! Each client does what a node does, over a handle of its own: it looks at the end of the journal, commits an entry after
//! it, and if somebody was quicker looks again; now and then it only looks, or stores a blob. Everything is noted with
//! its times. At the end, what the journal holds and what was noted must be one linearizable history, and every blob
//! that was acknowledged must be there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tidegate_engines::HANG;
use tidegate_engines::history::{History, Said, Summary, What};
use tidegate_journal::{AppendError, BlobId, Entry, EntryId, Journal, commit};

/// How many clients there are, and after how many further acknowledged entries each has shown that it goes on.
pub const CLIENTS: u32 = 4;
const GOES_ON: u64 = 3;

#[derive(Default)]
struct Shared {
    history: History,
    blobs: Mutex<Vec<BlobId>>,
    stop: AtomicBool,
    acknowledged: Vec<AtomicU64>,
}

/// Lets clients work while `disturb` hurts the engine (on a thread where it may block), and until each of them has gone on
/// after it; then judges. `fresh` opens one more handle.
pub async fn endure<D, F>(journals: Vec<Arc<dyn Journal>>, disturb: D, fresh: F) -> Summary
where
    D: FnOnce() + Send + 'static,
    F: AsyncFn() -> Arc<dyn Journal>,
{
    let acknowledged = journals.iter().map(|_| AtomicU64::new(0)).collect();
    let shared = Arc::new(Shared { acknowledged, ..Shared::default() });
    let clients = journals
        .into_iter()
        .zip(0..)
        .map(|(journal, number)| tokio::spawn(client(number, journal, Arc::clone(&shared))));
    let clients: Vec<_> = clients.collect();
    let disturbed = tokio::task::spawn_blocking(disturb).await;
    let before: Vec<_> = shared.acknowledged.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    let deadline = Instant::now() + HANG;
    let go_on =
        || shared.acknowledged.iter().zip(&before).all(|(now, before)| now.load(Ordering::Relaxed) >= before + GOES_ON);
    while disturbed.is_ok() && !go_on() {
        assert!(Instant::now() < deadline, "clients do not go on: {:?}, and were at {before:?}", shared.acknowledged);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shared.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("a client panicked");
    }
    disturbed.expect("hurting the engine failed");
    judge(&shared, &*fresh().await).await
}

async fn judge(shared: &Shared, journal: &dyn Journal) -> Summary {
    // What is still on its way may come later, and changes nothing.
    let entries = journal.read(0, usize::MAX).await.expect("the journal can be read when all is over");
    let mut prev = EntryId::NONE;
    for (entry, number) in entries.iter().zip(1..) {
        assert_eq!((entry.number, entry.prev), (number, prev), "a hole, a double, or a wrong predecessor");
        prev = entry.id;
    }
    let log: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    let summary = shared.history.check(&log).unwrap_or_else(|error| panic!("not linearizable: {error}"));
    let blobs = shared.blobs.lock().expect("nobody panicked").clone();
    for blob in &blobs {
        let content = journal.get_blob(*blob).await.expect("the journal can be read when all is over");
        assert!(content.is_some(), "the acknowledged blob {blob} is lost");
    }
    summary
}

async fn client(number: u32, journal: Arc<dyn Journal>, shared: Arc<Shared>) {
    let mut random = 0x1234_5678_9abc_def0 ^ u64::from(number);
    let mut pick = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut seen = (0, EntryId::NONE);
    let mut turn = 0_u128;
    while !shared.stop.load(Ordering::Relaxed) {
        turn += 1;
        let called_ns = shared.history.now_ns();
        match pick(10) {
            0 => {
                if let Ok(last) = journal.last().await {
                    shared.history.note(number, called_ns, What::Last(last));
                }
            }
            1 => {
                let content = Bytes::from(format!("blob {turn} of {number}"));
                if let Ok(id) = journal.put_blob(&content).await {
                    shared.blobs.lock().expect("nobody panics").push(id);
                }
            }
            _ => {
                let id = (u128::from(number) + 1) << 64 | turn;
                let body = format!("{{\"turn\":{turn},\"client\":{number}}}");
                let entry = Entry { number: seen.0 + 1, id: EntryId(id), prev: seen.1, at_ms: 0, body };
                let said = match commit(&*journal, &entry).await {
                    Ok(()) => Said::Yes,
                    Err(AppendError::Conflict) => Said::No,
                    Err(AppendError::Unavailable(_)) => Said::Unknown,
                };
                let what = What::Append { number: entry.number, id, prev: entry.prev.0, said };
                shared.history.note(number, called_ns, what);
                match said {
                    Said::Yes => {
                        seen = (entry.number, entry.id);
                        shared.acknowledged[number as usize].fetch_add(1, Ordering::Relaxed);
                    }
                    Said::No => seen = look(number, &*journal, seen, &shared).await,
                    Said::Unknown => {
                        // As a caller would that got a 503.
                        tokio::time::sleep(Duration::from_millis(20 + pick(50))).await;
                        seen = look(number, &*journal, seen, &shared).await;
                    }
                }
            }
        }
    }
}

/// Reads to the end of the journal, if that is possible just now.
async fn look(number: u32, journal: &dyn Journal, seen: (u64, EntryId), shared: &Shared) -> (u64, EntryId) {
    let called_ns = shared.history.now_ns();
    let Ok(entries) = journal.read(seen.0, usize::MAX).await else { return seen };
    let ids = entries.iter().map(|entry| entry.id.0).collect();
    shared.history.note(number, called_ns, What::Read { after: seen.0, ids });
    entries.last().map_or(seen, |last| (last.number, last.id))
}
