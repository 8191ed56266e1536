//! A journal that fails on purpose and on cue: for simulations, and for tests of what happens when a store does.
//!
//! There is no clock and no ambient randomness in it: what fails is drawn from a seed, or scripted, or switched.

use crate::{AppendError, BlobId, BlobInfo, Entry, Journal, Snapshot, Unavailable};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::watch;

/// One node's view of a journal, with faults between the two.
///
/// Several nodes on one journal are several of these around clones of one [`Arc`](std::sync::Arc), each with its own
/// seed. Three sources of faults, the first that has something to say decides: the link ([`cut`](Faulty::cut),
/// [`hold`](Faulty::hold), [`mend`](Faulty::mend)), the [`script`](Faulty::script), the [`odds`](Faulty::set_odds).
#[derive(Debug)]
pub struct Faulty<J> {
    inner: J,
    link: watch::Sender<Link>,
    plan: Mutex<Plan>,
}

/// What happens to one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It passes.
    Pass,
    /// It fails, and nothing was written.
    Refuse,
    /// It is written (or found to be in conflict), and nobody is told.
    LoseAnswer,
    /// It lets everybody else run this many times first, then passes.
    Slow {
        /// How often it gives up its turn.
        turns: u32,
    },
}

/// How many of a thousand operations fail in which way; the rest passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Odds {
    /// Writes that fail before anything is written.
    pub refuse: u32,
    /// Writes that happen and whose answer is lost.
    pub lose_answer: u32,
    /// Reads that fail.
    pub fail_read: u32,
    /// Operations, of those that do not fail, that let others run first.
    pub slow: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Up,
    Held,
    Cut,
}

#[derive(Debug)]
struct Plan {
    script: VecDeque<Fault>,
    odds: Odds,
    random: u64,
    faults: u64,
}

impl<J> Faulty<J> {
    /// Wraps a journal; nothing fails until told.
    pub fn new(inner: J) -> Faulty<J> {
        Faulty::seeded(inner, 0, Odds::default())
    }

    /// Wraps a journal; the same seed and the same order of calls meet the same faults.
    pub fn seeded(inner: J, seed: u64, odds: Odds) -> Faulty<J> {
        let plan = Plan { script: VecDeque::new(), odds, random: seed, faults: 0 };
        Faulty { inner, link: watch::Sender::new(Link::Up), plan: Mutex::new(plan) }
    }

    /// The journal without the faults: what is really there.
    pub fn inner(&self) -> &J {
        &self.inner
    }

    /// Adds what happens to the next writes (everything but reads and lists), one each, before the odds are asked again.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.plan().script.extend(faults);
    }

    /// Changes the odds from here on; [`Odds::default`] is calm.
    pub fn set_odds(&self, odds: Odds) {
        self.plan().odds = odds;
    }

    /// Makes every read and write fail until [`mend`](Faulty::mend); what is under way loses its answer.
    pub fn cut(&self) {
        self.link.send_replace(Link::Cut);
    }

    /// Makes every read and write hang, neither done nor failed, until [`mend`](Faulty::mend) or [`cut`](Faulty::cut).
    pub fn hold(&self) {
        self.link.send_replace(Link::Held);
    }

    /// Makes the store reachable again.
    pub fn mend(&self) {
        self.link.send_replace(Link::Up);
    }

    /// How many operations have failed so far: a simulation in which none did has shown nothing.
    pub fn faults(&self) -> u64 {
        self.plan().faults
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("nothing panics while it holds the plan of the faults")
    }

    async fn pass_link(&self, doing: &str) -> Result<(), Unavailable> {
        let mut link = self.link.subscribe();
        let link = *link.wait_for(|link| *link != Link::Held).await.expect("the link is borrowed here");
        if link == Link::Cut { Err(self.fail(doing, "the store is unreachable")) } else { Ok(()) }
    }

    fn fail(&self, doing: &str, cause: &str) -> Unavailable {
        self.plan().faults += 1;
        Unavailable::new(doing, cause)
    }

    async fn write<T>(&self, doing: &str, write: BoxFuture<'_, T>) -> Result<T, Unavailable> {
        self.pass_link(doing).await?;
        let fault = self.plan().next_for_write();
        match fault {
            Fault::Pass | Fault::LoseAnswer => {}
            Fault::Refuse => return Err(self.fail(doing, "the connection was refused")),
            Fault::Slow { turns } => self.slow(doing, turns).await?,
        }
        let answer = write.await;
        if fault == Fault::LoseAnswer || *self.link.borrow() == Link::Cut {
            return Err(self.fail(doing, "the connection broke before the answer came"));
        }
        Ok(answer)
    }

    async fn read<T>(&self, doing: &str, read: BoxFuture<'_, Result<T, Unavailable>>) -> Result<T, Unavailable> {
        self.pass_link(doing).await?;
        let fault = self.plan().next_for_read();
        match fault {
            Fault::Refuse => return Err(self.fail(doing, "the connection was refused")),
            Fault::Slow { turns } => self.slow(doing, turns).await?,
            Fault::Pass | Fault::LoseAnswer => {}
        }
        read.await
    }

    async fn slow(&self, doing: &str, turns: u32) -> Result<(), Unavailable> {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        self.pass_link(doing).await
    }
}

impl Plan {
    fn next_for_write(&mut self) -> Fault {
        if let Some(fault) = self.script.pop_front() {
            return fault;
        }
        let Odds { refuse, lose_answer, slow, .. } = self.odds;
        match self.per_mille() {
            draw if draw < refuse => Fault::Refuse,
            draw if draw < refuse + lose_answer => Fault::LoseAnswer,
            draw if draw < refuse + lose_answer + slow => self.slow(),
            _ => Fault::Pass,
        }
    }

    fn next_for_read(&mut self) -> Fault {
        let Odds { fail_read, slow, .. } = self.odds;
        match self.per_mille() {
            draw if draw < fail_read => Fault::Refuse,
            draw if draw < fail_read + slow => self.slow(),
            _ => Fault::Pass,
        }
    }

    fn slow(&mut self) -> Fault {
        Fault::Slow { turns: 1 + self.per_mille() % 16 }
    }

    fn per_mille(&mut self) -> u32 {
        (next_random(&mut self.random) % 1000) as u32
    }
}

/// SplitMix64: a few lines, good enough to spread faults, and the same on every machine for ever.
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl<J: Journal> Journal for Faulty<J> {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            let doing = format!("append entry {}", entry.number);
            self.write(&doing, self.inner.append(entry)).await?
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(async move {
            let doing = format!("read the entries after {after}");
            self.read(&doing, self.inner.read(after, limit)).await
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.read("read the last number", self.inner.last()))
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.inner.wait(after).await;
            let mut link = self.link.subscribe();
            link.wait_for(|link| *link == Link::Up).await.expect("the link is borrowed here");
        })
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move { self.write("store a blob", self.inner.put_blob(content)).await? })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move {
            let doing = format!("read blob {id}");
            self.read(&doing, self.inner.get_blob(id)).await
        })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move { self.write("save a snapshot", self.inner.save_snapshot(snapshot)).await? })
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(self.read("load the snapshot", self.inner.load_snapshot()))
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.read("read the first number", self.inner.first()))
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = format!("forget the entries up to {through}");
            self.write(&doing, self.inner.forget(through)).await?
        })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            let doing = format!("begin with entry {}", entry.number);
            self.write(&doing, self.inner.begin(entry)).await?
        })
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(self.read("list the blobs", self.inner.list_blobs(after, limit)))
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = format!("delete blob {id}");
            self.write(&doing, self.inner.delete_blob(id)).await?
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move { self.write("probe", self.inner.probe()).await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryJournal;
    use crate::{EntryId, commit};
    use futures_util::FutureExt;
    use std::sync::Arc;

    fn entry(number: u64) -> Entry {
        let id = EntryId(number.into());
        Entry { number, id, prev: EntryId(u128::from(number) - 1), at_ms: 0, body: String::new() }
    }

    #[tokio::test]
    async fn a_refused_write_wrote_nothing_and_a_lost_answer_wrote() {
        let journal = Faulty::new(MemoryJournal::new());
        journal.script([Fault::Refuse, Fault::LoseAnswer]);
        let refused = journal.append(&entry(1)).await.unwrap_err();
        assert_eq!(refused.to_string(), "cannot append entry 1: the connection was refused");
        assert_eq!(journal.inner().last().await.unwrap(), 0);
        assert!(matches!(journal.append(&entry(1)).await, Err(AppendError::Unavailable(_))));
        assert_eq!(journal.inner().last().await.unwrap(), 1);
        commit(&journal, &entry(2)).await.unwrap();
        assert_eq!(journal.faults(), 2);
    }

    #[tokio::test]
    async fn a_cut_link_fails_reads_and_writes_until_it_is_mended() {
        let journal = Faulty::new(MemoryJournal::new());
        journal.cut();
        assert!(matches!(commit(&journal, &entry(1)).await, Err(AppendError::Unavailable(_))));
        assert!(journal.last().await.is_err());
        assert!(journal.probe().await.is_err());
        assert!(journal.put_blob(&Bytes::new()).await.is_err());
        assert!(journal.get_blob(BlobId::of(b"")).await.is_err());
        journal.mend();
        commit(&journal, &entry(1)).await.unwrap();
        assert_eq!(journal.last().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_held_store_says_nothing_until_it_is_mended() {
        let journal = Arc::new(Faulty::new(MemoryJournal::new()));
        journal.hold();
        let first = entry(1);
        let mut append = journal.append(&first);
        assert!((&mut append).now_or_never().is_none());
        assert_eq!(journal.inner().last().await.unwrap(), 0);
        journal.mend();
        append.await.unwrap();
    }

    #[tokio::test]
    async fn nobody_hears_of_an_entry_behind_a_cut_link() {
        let journal = Faulty::new(MemoryJournal::new());
        let mut wait = journal.wait(0);
        journal.cut();
        journal.inner().append(&entry(1)).await.unwrap();
        assert!((&mut wait).now_or_never().is_none());
        journal.mend();
        wait.await;
    }

    #[tokio::test]
    async fn a_write_cut_off_on_its_way_writes_nothing() {
        let journal = Faulty::new(MemoryJournal::new());
        journal.script([Fault::Slow { turns: 3 }]);
        let first = entry(1);
        let mut append = journal.append(&first);
        assert!((&mut append).now_or_never().is_none());
        journal.cut();
        assert!(append.await.is_err());
        assert_eq!(journal.inner().last().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn the_same_seed_meets_the_same_faults() {
        let odds = Odds { refuse: 200, lose_answer: 200, fail_read: 100, slow: 100 };
        let mut stories = Vec::new();
        for seed in [7, 7, 8] {
            let journal = Faulty::seeded(MemoryJournal::new(), seed, odds);
            let mut story = Vec::new();
            for _ in 0..50 {
                story.push((journal.append(&entry(1)).await.is_ok(), journal.last().await.is_ok()));
            }
            stories.push(story);
        }
        assert_eq!(stories[0], stories[1]);
        assert_ne!(stories[0], stories[2]);
    }
}

#[cfg(test)]
crate::journal_suite!(async {
    let journal = std::sync::Arc::new(crate::memory::MemoryJournal::new());
    let slow = Odds { slow: 300, ..Odds::default() };
    crate::suite::Fixture::new(move || std::future::ready(Faulty::seeded(std::sync::Arc::clone(&journal), 1, slow)))
});
