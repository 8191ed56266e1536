//! Looking after the store: snapshots, forgetting old entries, and deleting contents that nobody needs.
//!
//! Every node does all of it; what one has done the others find done.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tidegate_domain::{Command, ContentHash, Snapshot as Written, State};
use tidegate_journal::{BlobId, EntryId, Snapshot, Unavailable};
use tokio::sync::Mutex;

use crate::apart::apart;
use crate::node::{Node, NotDone, restored};

/// How many entries are read and forgotten at once: short transactions, so that nobody waits.
const FORGET_AT_ONCE: usize = 500;
/// How many times that in one go; the rest has time until the next one.
const FORGET_TURNS: usize = 200;
/// How many blobs are listed at once.
const LIST_AT_ONCE: usize = 1_000;
/// How many contents are condemned in one entry.
const CONDEMN_AT_ONCE: usize = 1_000;
/// How many contents are condemned in one go.
const CONDEMN_AT_MOST: usize = 10_000;
/// Where the journal is kept for a time only, a snapshot is never older than this while something happens.
const SNAPSHOT_AGE_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a node remembers between two rounds of housekeeping.
#[derive(Default)]
pub(crate) struct Housekeeping {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// When this node saved a snapshot, or would not have.
    snapshot_at_ms: Option<i64>,
    /// The snapshot that was read back and understood.
    verified: Option<u64>,
    /// When the next look at the contents is due.
    next_sweep_ms: Option<i64>,
    /// Since when contents have been seen to be of no use to anybody, on the monotonic clock.
    useless_since_ms: HashMap<ContentHash, i64>,
    /// Contents that were condemned when this node last looked, and still there.
    condemned: HashSet<BlobId>,
}

/// What a look at the contents led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Contents that may be deleted from here on.
    pub condemned: usize,
    /// Contents that were deleted.
    pub deleted: usize,
}

impl Node {
    /// Saves a snapshot of the state, if enough has happened since the last one, and forgets what is older than the
    /// journal is to be kept.
    pub async fn look_after_journal(&self) -> Result<(), Unavailable> {
        let mut kept = self.housekeeping.kept.lock().await;
        self.save_snapshot(&mut kept).await?;
        match self.settings.journal_keep {
            Some(keep) => self.forget_entries(&mut kept, keep).await,
            None => Ok(()),
        }
    }

    async fn save_snapshot(&self, kept: &mut Kept) -> Result<(), Unavailable> {
        let (state, id, snapshot_number) = self.written().await?;
        let news = state.number.saturating_sub(snapshot_number);
        let now_ms = self.clock.monotonic_ms();
        let is_old = now_ms.saturating_sub(*kept.snapshot_at_ms.get_or_insert(now_ms)) >= SNAPSHOT_AGE_MS;
        let is_wanted = news >= self.settings.snapshot_every
            || self.settings.journal_keep.is_some() && news > 0 && (is_old || snapshot_number == 0);
        if !is_wanted {
            return Ok(());
        }
        let number = state.number;
        let snapshot = written(state, id).await?;
        self.journal().save_snapshot(&snapshot).await?;
        self.note_snapshot(number).await?;
        kept.snapshot_at_ms = Some(now_ms);
        tracing::info!(number, "saved a snapshot");
        Ok(())
    }

    /// Never beyond the kept snapshot, and only if that can be read back: it is all that is left of what goes.
    async fn forget_entries(&self, kept: &mut Kept, keep: Duration) -> Result<(), Unavailable> {
        let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let until_ms = self.clock.now_ms().saturating_sub(keep_ms);
        let mut snapshot_number = None;
        let first = self.journal().first().await?;
        let mut forgotten = first - 1;
        for _ in 0..FORGET_TURNS {
            let entries = self.journal().read(forgotten, FORGET_AT_ONCE).await?;
            // Times need not be in order. What is young keeps everything after it.
            let old = entries.iter().take_while(|entry| entry.at_ms < until_ms).last();
            let Some(old) = old else { break };
            let snapshot_number = match snapshot_number {
                Some(number) => number,
                None => *snapshot_number.insert(self.verified_snapshot(kept).await?),
            };
            // The snapshot's own entry stays as well, to tell the snapshot's history by.
            let through = old.number.min(snapshot_number.saturating_sub(1));
            if through <= forgotten {
                break;
            }
            self.journal().forget(through).await?;
            let is_all = through < old.number || entries.len() < FORGET_AT_ONCE;
            forgotten = through;
            if is_all {
                break;
            }
        }
        if forgotten >= first {
            tracing::info!(first, last = forgotten, "forgot old entries of the journal");
        }
        Ok(())
    }

    /// The number of the kept snapshot, 0 if there is none that can be used.
    async fn verified_snapshot(&self, kept: &mut Kept) -> Result<u64, Unavailable> {
        let Some(snapshot) = self.journal().load_snapshot().await? else { return Ok(0) };
        let number = snapshot.number;
        if kept.verified != Some(number) {
            restored(snapshot).await.map_err(|reason| Unavailable::new("forget old entries", reason))?;
            kept.verified = Some(number);
        }
        Ok(number)
    }

    /// Looks for contents that nobody needs, if it is time to.
    ///
    /// One that this node has seen to be useless for long enough is condemned, and at the next look deleted. That a
    /// condemned content is nobody's, now and later, is the domain's word; nothing here depends on how long anything
    /// takes or on who else is at it.
    pub async fn look_after_contents(&self) -> Result<Swept, NotDone> {
        let Some(keep) = self.settings.content_keep else { return Ok(Swept::default()) };
        let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let mut kept = self.housekeeping.kept.lock().await;
        let now_ms = self.clock.monotonic_ms();
        if *kept.next_sweep_ms.get_or_insert(now_ms) > now_ms {
            return Ok(Swept::default());
        }
        let swept = self.sweep(&mut kept, keep_ms, now_ms).await?;
        // Whatever went wrong is tried again with the next round of housekeeping, and not only after an hour.
        kept.next_sweep_ms = Some(now_ms.saturating_add((keep_ms / 2).min(60 * 60 * 1_000)));
        Ok(swept)
    }

    async fn sweep(&self, kept: &mut Kept, keep_ms: i64, now_ms: i64) -> Result<Swept, NotDone> {
        let published = self.current().await?;
        let state = &published.state;
        let live = state.live_contents(self.clock.now_ms());
        let mut useless_since_ms = HashMap::new();
        let (mut due, mut gone) = (Vec::new(), Vec::new());
        let mut after = None;
        loop {
            let blobs = self.journal().list_blobs(after, LIST_AT_ONCE).await?;
            for blob in &blobs {
                let content = ContentHash(blob.id.0);
                if state.is_condemned(content) {
                    gone.push(blob.id);
                } else if !live.contains(&content) {
                    let since_ms = *kept.useless_since_ms.get(&content).unwrap_or(&now_ms);
                    useless_since_ms.insert(content, since_ms);
                    if now_ms.saturating_sub(since_ms) >= keep_ms && due.len() < CONDEMN_AT_MOST {
                        due.push(content);
                    }
                }
            }
            after = blobs.last().map(|blob| blob.id);
            if blobs.len() < LIST_AT_ONCE {
                break;
            }
        }
        kept.useless_since_ms = useless_since_ms;
        let mut swept = Swept::default();
        for contents in due.chunks(CONDEMN_AT_ONCE) {
            let command = Command::Condemn { contents: contents.to_vec() };
            let committed = self.execute(&self.service(self.home()), &command).await?;
            swept.condemned += committed.events.iter().map(condemned_in).sum::<usize>();
        }
        // What was condemned since the last look can wait: a store that loses its last entries in a failover must not
        // have lost contents because of them.
        for blob in gone.iter().filter(|blob| kept.condemned.contains(blob)) {
            self.journal().delete_blob(*blob).await?;
            swept.deleted += 1;
        }
        kept.condemned = gone.into_iter().collect();
        if swept != Swept::default() {
            tracing::info!(swept.condemned, swept.deleted, "looked for contents that nobody needs");
        }
        Ok(swept)
    }
}

fn condemned_in(event: &tidegate_domain::Event) -> usize {
    match event {
        tidegate_domain::Event::ContentsCondemned { contents } => contents.len(),
        _ => 0,
    }
}

/// A snapshot of a state whose last entry has this id.
async fn written(state: State, id: EntryId) -> Result<Snapshot, Unavailable> {
    let number = state.number;
    match apart(move || serde_json::to_vec(&Written::of(&state))).await {
        Ok(Ok(body)) => Ok(Snapshot { number, id, body: body.into() }),
        Ok(Err(error)) => Err(Unavailable::new("write a snapshot", error)),
        Err(error) => Err(Unavailable::new("write a snapshot", error)),
    }
}
