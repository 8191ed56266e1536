//! The tests that every implementation passes: what it means to be a [`Journal`].
//!
//! An implementation calls [`journal_suite!`](crate::journal_suite) once, with how to make a fresh [`Fixture`]. Each
//! function here is a claim and one test. They assume nothing about an implementation but the trait, and use real time
//! only as a limit after which a missing wake-up is a failure and not a test that hangs.

use crate::faulty::{Fault, Faulty, Odds, next_random};
use crate::{AppendError, BlobId, BlobInfo, Entry, EntryId, Journal, Snapshot, commit};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Makes one test of each claim of the suite, in a module `suite`.
///
/// The argument is a future of a [`Fixture`](crate::suite::Fixture) on fresh, empty storage, made anew for each test.
/// The crate that calls it needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! journal_suite {
    ($fixture:expr) => {
        $crate::journal_suite! { $fixture;
            an_empty_journal_holds_nothing,
            an_entry_is_read_as_it_was_written,
            an_entry_that_is_not_the_next_is_a_conflict,
            a_body_of_many_megabytes_is_an_entry_like_any_other,
            racing_writers_leave_no_hole_and_lose_nothing,
            racing_writers_whose_answers_get_lost_count_once,
            a_commit_whose_answer_was_lost_counts_once,
            a_commit_of_another_entry_in_my_place_is_a_conflict,
            a_tail_starts_at_any_number,
            a_tail_follows_a_writer_elsewhere,
            a_wait_ends_with_the_next_entry,
            a_dropped_wait_misses_nothing,
            a_blob_of_any_size_is_read_as_it_was_written,
            the_same_blob_is_stored_once,
            an_unknown_blob_is_none,
            the_snapshot_of_the_latest_entry_is_kept,
            what_was_acknowledged_is_there_after_opening_again,
            a_probe_leaves_no_trace_among_the_entries,
            what_is_forgotten_is_gone_and_the_rest_goes_on,
            the_last_entry_is_never_forgotten,
            nothing_is_forgotten_that_no_snapshot_replaces,
            writers_and_readers_go_on_while_entries_are_forgotten,
            a_forgotten_entry_is_nobodys,
            an_empty_journal_begins_with_any_entry,
            of_racing_beginnings_one_is_there,
            blobs_are_listed_in_order_and_by_pages,
            a_deleted_blob_is_gone_until_it_is_stored_again,
            a_blob_stored_while_it_is_deleted_is_whole_or_gone,
            any_story_goes_as_in_a_list,
        }
    };
    ($fixture:expr; $($claim:ident,)+) => {
        mod suite {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    $crate::suite::$claim(&$fixture.await).await;
                }
            )+
        }
    };
}

/// Storage of one test, and how to open it.
pub struct Fixture {
    open: Box<dyn Fn() -> BoxFuture<'static, Arc<dyn Journal>> + Send + Sync>,
}

impl Fixture {
    /// Makes a fixture of how to open one more handle on one storage, as another process would.
    ///
    /// What keeps the storage alive (a directory, say) belongs into the closure.
    pub fn new<F, J>(open: impl Fn() -> F + Send + Sync + 'static) -> Fixture
    where
        F: Future<Output = J> + Send + 'static,
        J: Journal,
    {
        Fixture { open: Box::new(move || open().map(|journal| Arc::new(journal) as Arc<dyn Journal>).boxed()) }
    }

    async fn open(&self) -> Arc<dyn Journal> {
        (self.open)().await
    }
}

/// Nothing is expected to take nearly as long; a test that would hang fails instead.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("this should have happened long ago")
}

async fn head(journal: &dyn Journal) -> (u64, EntryId) {
    let last = journal.last().await.unwrap();
    let entries = journal.read(last.saturating_sub(1), 1).await.unwrap();
    // Another writer may have been faster than the second question; any entry is a fair head.
    entries.last().map_or((0, EntryId::NONE), |entry| (entry.number, entry.id))
}

fn entry_on((number, prev): (u64, EntryId), id: u128, body: impl Into<String>) -> Entry {
    Entry { number: number + 1, id: EntryId(id), prev, at_ms: 1_700_000_000_000 + number as i64, body: body.into() }
}

async fn fill(journal: &dyn Journal, count: u64) -> Vec<Entry> {
    for number in 1..=count {
        let entry = entry_on(head(journal).await, number.into(), format!("entry {number}"));
        journal.append(&entry).await.unwrap();
    }
    journal.read(0, usize::MAX).await.unwrap()
}

#[track_caller]
fn assert_one_history(entries: &[Entry]) {
    let mut prev = EntryId::NONE;
    for (entry, number) in entries.iter().zip(1..) {
        assert_eq!((entry.number, entry.prev), (number, prev), "a hole, a double, or a wrong predecessor");
        prev = entry.id;
    }
}

fn bytes_of(seed: u64, length: usize) -> Bytes {
    let mut random = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(next_random(&mut random).to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

const MIB: usize = 1024 * 1024;

/// Claims that there is no entry 0, and that asking beyond the end is no error.
pub async fn an_empty_journal_holds_nothing(fixture: &Fixture) {
    let journal = fixture.open().await;
    assert_eq!(journal.last().await.unwrap(), 0);
    for after in [0, 1, u64::MAX] {
        assert_eq!(journal.read(after, 10).await.unwrap(), []);
    }
    assert_eq!(journal.read(0, usize::MAX).await.unwrap(), []);
}

/// Claims that all five members come back, whatever is in them.
pub async fn an_entry_is_read_as_it_was_written(fixture: &Fixture) {
    let journal = fixture.open().await;
    let bodies = ["", "{\"a\": 'b'}\\\n\t\r\n", "naïve ☂ 𝕏 \u{7f}\u{fffd}", "\\x00 %s $1 ?1 \"; --"];
    let times = [0, -1, i64::MAX, i64::MIN];
    let ids = [u128::MAX, 1, 1 << 127, 0xabc];
    let mut written = Vec::new();
    for ((body, at_ms), id) in bodies.into_iter().zip(times).zip(ids) {
        let entry = Entry { at_ms, ..entry_on(head(&*journal).await, id, body) };
        journal.append(&entry).await.unwrap();
        written.push(entry);
    }
    assert_eq!(journal.read(0, 10).await.unwrap(), written);
    assert_eq!(fixture.open().await.read(0, 10).await.unwrap(), written);
}

/// Claims that a taken number, a gap and a wrong predecessor are refused, and that nothing of them remains.
pub async fn an_entry_that_is_not_the_next_is_a_conflict(fixture: &Fixture) {
    let journal = fixture.open().await;
    let refused = async |number: u64, prev: u128| {
        let entry = Entry { number, prev: EntryId(prev), ..entry_on((0, EntryId::NONE), 99, "refused") };
        let answer = journal.append(&entry).await;
        assert!(matches!(answer, Err(AppendError::Conflict)), "{number} after {prev}: {answer:?}");
    };
    refused(0, 0).await;
    refused(1, 7).await;
    refused(2, 0).await;
    let entries = fill(&*journal, 3).await;
    for number in 0..=3 {
        for prev in 0..=3 {
            refused(number, prev).await;
        }
    }
    refused(4, 2).await;
    refused(4, 0).await;
    for number in [5, 6, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        refused(number, 3).await;
    }
    assert_eq!(journal.read(0, 10).await.unwrap(), entries);
    journal.append(&entry_on((3, EntryId(3)), 4, "the next")).await.unwrap();
}

/// Claims that bodies of several MiB go in and out whole.
pub async fn a_body_of_many_megabytes_is_an_entry_like_any_other(fixture: &Fixture) {
    let journal = fixture.open().await;
    for (id, length) in [(1, 4 * MIB), (2, 10), (3, 2 * MIB + 1)] {
        let body = "é€x".repeat(length / 6);
        journal.append(&entry_on(head(&*journal).await, id, body)).await.unwrap();
    }
    let entries = journal.read(0, 10).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.body.len() / MIB).collect::<Vec<_>>(), [3, 0, 1]);
    assert!(entries.iter().all(|entry| entry.body == "é€x".repeat(entry.body.len() / 6)));
}

/// Appends until `count` numbers are this writer's own, as a node does: look, try, and if somebody was faster look again.
async fn own(journal: &dyn Journal, writer: u128, count: u128) -> Vec<Entry> {
    let mut owned = Vec::new();
    let mut turn = 0;
    let mut seen = (0, EntryId::NONE);
    while (owned.len() as u128) < count {
        turn += 1;
        let entry = entry_on(seen, writer << 64 | turn, format!("turn {turn} of {writer}"));
        loop {
            match commit(journal, &entry).await {
                Ok(()) => break owned.push(entry),
                Err(AppendError::Conflict) => break,
                // Nobody knows: the same entry again, until somebody does.
                Err(AppendError::Unavailable(_)) => tokio::task::yield_now().await,
            }
        }
        seen = loop {
            match journal.read(seen.0, usize::MAX).await {
                Ok(entries) => break entries.last().map_or(seen, |last| (last.number, last.id)),
                Err(_) => tokio::task::yield_now().await,
            }
        };
    }
    owned
}

async fn race(handles: Vec<Arc<dyn Journal>>, count: u128) -> Vec<Entry> {
    let writers = handles
        .into_iter()
        .zip(1..)
        .map(|(journal, writer)| tokio::spawn(async move { own(&*journal, writer, count).await }));
    let owned = soon(join_all(writers.collect::<Vec<_>>())).await;
    owned.into_iter().flat_map(|owned| owned.expect("a writer panicked")).collect()
}

/// Claims that writers on one handle and on several end up with one history that has everything acknowledged in it.
pub async fn racing_writers_leave_no_hole_and_lose_nothing(fixture: &Fixture) {
    let shared = fixture.open().await;
    let handles = vec![Arc::clone(&shared), Arc::clone(&shared), fixture.open().await, fixture.open().await];
    let owned = race(handles, 10).await;
    let entries = shared.read(0, usize::MAX).await.unwrap();
    assert_one_history(&entries);
    assert_eq!(entries.len(), 40, "without faults, what is there was acknowledged");
    assert!(owned.iter().all(|entry| entries[entry.number as usize - 1] == *entry));
}

/// Claims the same of writers whose writes are refused and whose answers get lost, each by its own seed.
pub async fn racing_writers_whose_answers_get_lost_count_once(fixture: &Fixture) {
    let odds = Odds { refuse: 100, lose_answer: 200, fail_read: 100, slow: 200 };
    let mut handles: Vec<Arc<dyn Journal>> = Vec::new();
    for seed in 1..=3 {
        handles.push(Arc::new(Faulty::seeded(fixture.open().await, seed, odds)));
    }
    let owned = race(handles, 10).await;
    let entries = fixture.open().await.read(0, usize::MAX).await.unwrap();
    assert_one_history(&entries);
    assert_eq!(entries.len(), 30, "each writer knows each of its entries, lost answer or not");
    assert!(owned.iter().all(|entry| entries[entry.number as usize - 1] == *entry));
}

/// Claims that a lost answer, and a second try after it, leave one entry.
pub async fn a_commit_whose_answer_was_lost_counts_once(fixture: &Fixture) {
    let journal = Faulty::new(fixture.open().await);
    journal.script([Fault::LoseAnswer, Fault::Refuse, Fault::Pass]);
    let first = entry_on((0, EntryId::NONE), 1, "the answer gets lost");
    commit(&journal, &first).await.unwrap();
    let second = entry_on((1, first.id), 2, "refused, and then not");
    assert!(matches!(commit(&journal, &second).await, Err(AppendError::Unavailable(_))));
    commit(&journal, &second).await.unwrap();
    commit(&journal, &second).await.unwrap();
    commit(&journal, &first).await.unwrap();
    assert_eq!(journal.inner().read(0, 10).await.unwrap(), [first, second]);
}

/// Claims that whoever loses a race hears so, lost answer or not.
pub async fn a_commit_of_another_entry_in_my_place_is_a_conflict(fixture: &Fixture) {
    let journal = Faulty::new(fixture.open().await);
    fill(journal.inner(), 2).await;
    journal.script([Fault::Pass, Fault::LoseAnswer, Fault::Refuse]);
    let late = entry_on((1, EntryId(1)), 77, "late");
    for _ in 0..3 {
        assert!(matches!(commit(&journal, &late).await, Err(AppendError::Conflict)));
    }
    journal.script([Fault::Pass, Fault::LoseAnswer]);
    let ahead = entry_on((3, EntryId(3)), 78, "leaves a gap");
    assert!(matches!(commit(&journal, &ahead).await, Err(AppendError::Conflict)));
    assert!(matches!(commit(&journal, &ahead).await, Err(AppendError::Unavailable(_))));
    assert_eq!(journal.inner().last().await.unwrap(), 2);
}

/// Claims that `read` gives what is after a number, in order, up to the limit.
pub async fn a_tail_starts_at_any_number(fixture: &Fixture) {
    let journal = fixture.open().await;
    let entries = fill(&*journal, 12).await;
    assert_one_history(&entries);
    assert_eq!(entries.len(), 12);
    for after in 0..15 {
        for limit in [0, 1, 5, 12, 100, usize::MAX] {
            let expected: Vec<_> = entries.iter().skip(after).take(limit).cloned().collect();
            assert_eq!(journal.read(after as u64, limit).await.unwrap(), expected, "after {after}, limit {limit}");
        }
    }
    assert_eq!(journal.read(u64::MAX, usize::MAX).await.unwrap(), []);
}

/// Claims that wait and read together see every entry that another handle appends.
pub async fn a_tail_follows_a_writer_elsewhere(fixture: &Fixture) {
    let (reader, writer) = (fixture.open().await, fixture.open().await);
    let tail = async {
        let mut entries = Vec::new();
        while entries.len() < 8 {
            let last = entries.len() as u64;
            reader.wait(last).await;
            entries.extend(reader.read(last, 3).await.unwrap());
        }
        entries
    };
    let (entries, written) = soon(async { tokio::join!(tail, fill(&*writer, 8)) }).await;
    assert_eq!(entries, written);
}

/// Claims that a wait is over when there is an entry, and not before.
pub async fn a_wait_ends_with_the_next_entry(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    let (mut wait_here, mut wait_elsewhere) = (here.wait(0), elsewhere.wait(0));
    assert!((&mut wait_here).now_or_never().is_none());
    assert!((&mut wait_elsewhere).now_or_never().is_none());
    fill(&*here, 2).await;
    soon(async { tokio::join!(wait_here, wait_elsewhere) }).await;
    assert!(elsewhere.last().await.unwrap() >= 1);
    soon(here.wait(0)).await;
    soon(here.wait(1)).await;
    soon(elsewhere.wait(1)).await;
    let not_yet = tokio::time::timeout(Duration::from_millis(300), here.wait(2)).await;
    assert!(not_yet.is_err(), "there is no entry 3");
}

/// Claims that a wait may be given up and begun again.
pub async fn a_dropped_wait_misses_nothing(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    for number in 1..=4 {
        for journal in [&here, &elsewhere] {
            assert!(journal.wait(number - 1).now_or_never().is_none());
        }
        let entry = entry_on(head(&*here).await, number.into(), "");
        here.append(&entry).await.unwrap();
        soon(here.wait(number - 1)).await;
        soon(elsewhere.wait(number - 1)).await;
    }
}

/// Claims that contents from nothing to 8 MiB come back, on any handle.
pub async fn a_blob_of_any_size_is_read_as_it_was_written(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    for length in [0, 1, 4095, 4 * MIB, 8 * MIB] {
        let content = bytes_of(length as u64, length);
        let blob_id = here.put_blob(&content).await.unwrap();
        assert_eq!(blob_id, BlobId::of(&content));
        assert!(elsewhere.get_blob(blob_id).await.unwrap().unwrap() == content, "{length} bytes");
    }
}

/// Claims that storing the same content again, even at the same time, changes nothing.
pub async fn the_same_blob_is_stored_once(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    let content = bytes_of(1, 100_000);
    let puts = [&here, &elsewhere, &here, &elsewhere].map(|journal| journal.put_blob(&content));
    for blob_id in soon(join_all(puts)).await {
        assert_eq!(blob_id.unwrap(), BlobId::of(&content));
    }
    assert_eq!(here.get_blob(BlobId::of(&content)).await.unwrap(), Some(content));
}

/// Claims that a name without a content is an answer, not an error.
pub async fn an_unknown_blob_is_none(fixture: &Fixture) {
    let journal = fixture.open().await;
    assert_eq!(journal.get_blob(BlobId([0; 32])).await.unwrap(), None);
    journal.put_blob(&Bytes::from_static(b"known")).await.unwrap();
    assert_eq!(journal.get_blob(BlobId::of(b"unknown")).await.unwrap(), None);
}

/// Claims that everything acknowledged outlives the handle.
pub async fn what_was_acknowledged_is_there_after_opening_again(fixture: &Fixture) {
    let content = bytes_of(2, 300_000);
    let mut entries = Vec::new();
    for round in 1..=3 {
        let journal = fixture.open().await;
        assert_eq!(journal.read(0, usize::MAX).await.unwrap(), entries);
        assert_eq!(journal.get_blob(BlobId::of(&content)).await.unwrap().is_some(), round > 1);
        journal.put_blob(&content).await.unwrap();
        let entry = entry_on(head(&*journal).await, round, format!("round {round}"));
        journal.append(&entry).await.unwrap();
        entries.push(entry);
    }
    assert_eq!(fixture.open().await.read(0, usize::MAX).await.unwrap(), entries);
}

/// Claims that a snapshot is read as it was saved, and that an older one does not replace a newer one.
pub async fn the_snapshot_of_the_latest_entry_is_kept(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    assert_eq!(here.load_snapshot().await.unwrap(), None);
    let snapshot =
        |number: u64, size: usize| Snapshot { number, id: EntryId(number.into()), body: bytes_of(number, size) };
    here.save_snapshot(&snapshot(7, 12 * 1024 * 1024)).await.unwrap();
    assert_eq!(elsewhere.load_snapshot().await.unwrap(), Some(snapshot(7, 12 * 1024 * 1024)));
    elsewhere.save_snapshot(&snapshot(9, 100)).await.unwrap();
    here.save_snapshot(&snapshot(8, 100)).await.unwrap();
    assert_eq!(here.load_snapshot().await.unwrap(), Some(snapshot(9, 100)));
    assert_eq!(fixture.open().await.load_snapshot().await.unwrap(), Some(snapshot(9, 100)));
}

/// Claims that a probe writes, and that nobody who reads the journal can tell.
pub async fn a_probe_leaves_no_trace_among_the_entries(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    for _ in 0..3 {
        let (first, second) = soon(async { tokio::join!(here.probe(), elsewhere.probe()) }).await;
        first.unwrap();
        second.unwrap();
    }
    assert_eq!(here.last().await.unwrap(), 0);
    fill(&*here, 1).await;
    here.probe().await.unwrap();
    assert_eq!(elsewhere.last().await.unwrap(), 1);
}

fn snapshot_of(entry: &Entry) -> Snapshot {
    Snapshot { number: entry.number, id: entry.id, body: Bytes::from_static(b"what follows") }
}

/// Claims that what remains is read, appended to and waited for as before, on every handle and after opening again.
pub async fn what_is_forgotten_is_gone_and_the_rest_goes_on(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    assert_eq!(here.first().await.unwrap(), 1);
    let mut entries = fill(&*here, 10).await;
    here.save_snapshot(&snapshot_of(&entries[6])).await.unwrap();
    assert_eq!(elsewhere.first().await.unwrap(), 1);
    // The second time, a part of it a third time, and nothing at all: no more than once.
    for through in [4, 4, 2, 0] {
        here.forget(through).await.unwrap();
        for journal in [&here, &elsewhere, &fixture.open().await] {
            assert_eq!((journal.first().await.unwrap(), journal.last().await.unwrap()), (5, 10));
            for (after, limit) in [(0, usize::MAX), (0, 3), (2, 3), (3, 1), (4, 2), (5, 2), (9, 5), (10, 5), (0, 0)] {
                let expected: Vec<_> = entries.iter().skip(after.max(4)).take(limit).cloned().collect();
                assert_eq!(journal.read(after as u64, limit).await.unwrap(), expected, "after {after}, {limit}");
            }
            soon(journal.wait(0)).await;
            soon(journal.wait(9)).await;
        }
    }
    let next = entry_on((10, EntryId(10)), 11, "goes on");
    elsewhere.append(&next).await.unwrap();
    entries.push(next);
    // The snapshot's own entry may go, too.
    elsewhere.forget(7).await.unwrap();
    assert_eq!(here.first().await.unwrap(), 8);
    assert_eq!(here.read(0, usize::MAX).await.unwrap(), entries[7..]);
    assert_eq!(here.load_snapshot().await.unwrap(), Some(snapshot_of(&entries[6])));
}

/// Claims that the end of the journal stays what the next entry is judged by.
pub async fn the_last_entry_is_never_forgotten(fixture: &Fixture) {
    let journal = fixture.open().await;
    let entries = fill(&*journal, 3).await;
    journal.save_snapshot(&snapshot_of(&entries[2])).await.unwrap();
    for _ in 0..2 {
        journal.forget(3).await.unwrap();
        assert_eq!((journal.first().await.unwrap(), journal.last().await.unwrap()), (3, 3));
        assert_eq!(journal.read(0, 10).await.unwrap(), entries[2..]);
    }
    let refused = [entry_on((3, EntryId::NONE), 4, ""), entry_on((0, EntryId::NONE), 4, ""), entries[2].clone()];
    for entry in refused {
        assert!(matches!(journal.append(&entry).await, Err(AppendError::Conflict)), "{entry:?}");
    }
    journal.append(&entry_on((3, EntryId(3)), 4, "the next")).await.unwrap();
    assert_eq!(fixture.open().await.last().await.unwrap(), 4);
}

/// Claims that without a snapshot of this history, late enough, everything stays.
pub async fn nothing_is_forgotten_that_no_snapshot_replaces(fixture: &Fixture) {
    let journal = fixture.open().await;
    journal.forget(0).await.unwrap();
    let entries = fill(&*journal, 6).await;
    journal.forget(1).await.unwrap_err();
    journal.save_snapshot(&snapshot_of(&entries[2])).await.unwrap();
    for through in [4, 6, 7, u64::MAX] {
        journal.forget(through).await.unwrap_err();
    }
    let of_another_history = Snapshot { id: EntryId(99), ..snapshot_of(&entries[3]) };
    journal.save_snapshot(&of_another_history).await.unwrap();
    journal.forget(2).await.unwrap_err();
    let of_no_entry = Snapshot { number: 7, ..snapshot_of(&entries[3]) };
    journal.save_snapshot(&of_no_entry).await.unwrap();
    journal.forget(2).await.unwrap_err();
    assert_eq!(journal.first().await.unwrap(), 1);
    assert_eq!(journal.read(0, 10).await.unwrap(), entries);
}

/// Claims that forgetting is in nobody's way: appends, and reads that see one stretch without holes.
pub async fn writers_and_readers_go_on_while_entries_are_forgotten(fixture: &Fixture) {
    let (writer, forgetter, reader) = (fixture.open().await, fixture.open().await, fixture.open().await);
    let write = fill(&*writer, 40);
    let forget = async {
        for number in (5..=30).step_by(5) {
            forgetter.wait(number - 1).await;
            let entries = forgetter.read(number - 1, 1).await.unwrap();
            forgetter.save_snapshot(&snapshot_of(&entries[0])).await.unwrap();
            forgetter.forget(number).await.unwrap();
        }
    };
    let read = async {
        loop {
            let entries = reader.read(0, usize::MAX).await.unwrap();
            for pair in entries.windows(2) {
                assert_eq!((pair[1].number, pair[1].prev), (pair[0].number + 1, pair[0].id));
            }
            if entries.last().is_some_and(|last| last.number == 40) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    soon(async { tokio::join!(write, forget, read) }).await;
    // Entry 30 stays if it was still the last one when it was to go.
    let first = reader.first().await.unwrap();
    assert!([30, 31].contains(&first), "{first}");
    assert_eq!(reader.read(0, usize::MAX).await.unwrap().len() as u64, 41 - first);
}

/// Claims that a writer who asks too late hears that nobody knows, and not that its entry is not there.
pub async fn a_forgotten_entry_is_nobodys(fixture: &Fixture) {
    let journal = fixture.open().await;
    let entries = fill(&*journal, 5).await;
    journal.save_snapshot(&snapshot_of(&entries[4])).await.unwrap();
    journal.forget(3).await.unwrap();
    for entry in &entries[..3] {
        assert!(matches!(commit(&*journal, entry).await, Err(AppendError::Unavailable(_))), "{entry:?}");
    }
    commit(&*journal, &entries[3]).await.unwrap();
    let late = entry_on((4, EntryId(4)), 77, "late");
    assert!(matches!(commit(&*journal, &late).await, Err(AppendError::Conflict)));
}

/// Claims that a journal can begin where another one did, and only while it is empty.
pub async fn an_empty_journal_begins_with_any_entry(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    let mut wait = elsewhere.wait(0);
    assert!((&mut wait).now_or_never().is_none());
    let of_no_number = Entry { number: 0, ..entry_on((0, EntryId::NONE), 1, "") };
    assert!(matches!(here.begin(&of_no_number).await, Err(AppendError::Conflict)));
    let beginning = entry_on((41, EntryId(41)), 42, "the beginning");
    here.begin(&beginning).await.unwrap();
    soon(wait).await;
    let next = entry_on((42, EntryId(42)), 43, "the next");
    for again in [&beginning, &next, &entry_on((0, EntryId::NONE), 1, "")] {
        assert!(matches!(elsewhere.begin(again).await, Err(AppendError::Conflict)), "{again:?}");
    }
    elsewhere.append(&next).await.unwrap();
    for journal in [&here, &fixture.open().await] {
        assert_eq!((journal.first().await.unwrap(), journal.last().await.unwrap()), (42, 43));
        assert_eq!(journal.read(0, 10).await.unwrap(), [beginning.clone(), next.clone()]);
    }
    commit(&*here, &beginning).await.unwrap();
    let before = entry_on((40, EntryId(40)), 41, "before the beginning");
    assert!(matches!(here.append(&before).await, Err(AppendError::Conflict)));
}

/// Claims that whoever begins, one entry is the beginning, and that a first entry may be appended instead.
pub async fn of_racing_beginnings_one_is_there(fixture: &Fixture) {
    let handles = [fixture.open().await, fixture.open().await];
    let beginnings = [9, 4, 1, 1].map(|number| entry_on((number - 1, EntryId::NONE), u128::from(number), ""));
    let begun = beginnings.iter().zip(0..).map(|(entry, turn)| {
        let journal = &handles[turn % 2];
        async move { if turn == 3 { journal.append(entry).await } else { journal.begin(entry).await } }
    });
    let begun = soon(join_all(begun)).await;
    assert_eq!(begun.iter().filter(|answer| answer.is_ok()).count(), 1, "{begun:?}");
    let entries = handles[0].read(0, 10).await.unwrap();
    let winner = begun.iter().position(|answer| answer.is_ok()).unwrap();
    assert_eq!(entries, beginnings[winner..=winner]);
}

/// Lists all blobs, by pages of this size.
async fn list(journal: &dyn Journal, limit: usize) -> Vec<BlobInfo> {
    let mut listed: Vec<BlobInfo> = Vec::new();
    loop {
        let page = journal.list_blobs(listed.last().map(|last| last.id), limit).await.unwrap();
        let is_last = page.len() < limit;
        assert!(page.len() <= limit);
        listed.extend(page);
        if is_last {
            return listed;
        }
    }
}

/// Claims that every blob is listed once, with its size, whatever the size of a page.
pub async fn blobs_are_listed_in_order_and_by_pages(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    assert_eq!(here.list_blobs(None, 10).await.unwrap(), []);
    let mut expected = Vec::new();
    for size in (0..20).chain([3 * MIB]) {
        let content = bytes_of(size as u64, size);
        expected.push(BlobInfo { id: here.put_blob(&content).await.unwrap(), size: size as u64 });
        here.put_blob(&content).await.unwrap();
    }
    expected.sort_by_key(|blob| blob.id);
    for limit in [1, 2, 7, 21, 22, usize::MAX] {
        assert_eq!(list(&*elsewhere, limit).await, expected, "pages of {limit}");
    }
    assert_eq!(elsewhere.list_blobs(None, 0).await.unwrap(), []);
    // A place between two blobs is as good as a blob.
    let mut between = expected[5].id;
    between.0[31] ^= 1;
    let after: Vec<_> = expected.iter().copied().filter(|blob| blob.id > between).collect();
    assert_eq!(elsewhere.list_blobs(Some(between), 100).await.unwrap(), after);
    assert_eq!(elsewhere.list_blobs(Some(BlobId([0xff; 32])), 100).await.unwrap(), []);
}

/// Claims that a deleted blob is as one that never was, on every handle, and that others stay.
pub async fn a_deleted_blob_is_gone_until_it_is_stored_again(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    let (content, other) = (bytes_of(1, 3 * MIB), bytes_of(2, 100));
    let (blob_id, other_id) = (BlobId::of(&content), BlobId::of(&other));
    here.delete_blob(blob_id).await.unwrap();
    for _ in 0..2 {
        here.put_blob(&content).await.unwrap();
        here.put_blob(&other).await.unwrap();
        elsewhere.delete_blob(blob_id).await.unwrap();
        elsewhere.delete_blob(blob_id).await.unwrap();
        for journal in [&here, &elsewhere, &fixture.open().await] {
            assert_eq!(journal.get_blob(blob_id).await.unwrap(), None);
            assert_eq!(journal.get_blob(other_id).await.unwrap().as_ref(), Some(&other));
            assert_eq!(list(&**journal, 10).await, [BlobInfo { id: other_id, size: 100 }]);
        }
    }
    here.put_blob(&content).await.unwrap();
    assert!(elsewhere.get_blob(blob_id).await.unwrap() == Some(content));
}

/// Claims that whatever a race of the two leaves is no part of a content, and that storing it afterwards mends it.
pub async fn a_blob_stored_while_it_is_deleted_is_whole_or_gone(fixture: &Fixture) {
    let (here, elsewhere) = (fixture.open().await, fixture.open().await);
    let content = bytes_of(3, 2 * MIB);
    let blob_id = BlobId::of(&content);
    for _ in 0..8 {
        let (put, read, deleted) = soon(async {
            tokio::join!(here.put_blob(&content), here.get_blob(blob_id), elsewhere.delete_blob(blob_id))
        })
        .await;
        put.unwrap();
        deleted.unwrap();
        assert!(read.unwrap().is_none_or(|read| read == content));
        assert!(here.get_blob(blob_id).await.unwrap().is_none_or(|read| read == content));
        here.put_blob(&content).await.unwrap();
        assert!(elsewhere.get_blob(blob_id).await.unwrap().is_some_and(|read| read == content));
    }
}

/// Claims that random operations on two handles answer as a plain list and a map would.
pub async fn any_story_goes_as_in_a_list(fixture: &Fixture) {
    let handles = [fixture.open().await, fixture.open().await];
    let mut random = 20_261_124;
    let mut pick = move |below: u64| next_random(&mut random) % below;
    let mut list: Vec<Entry> = Vec::new();
    let mut forgotten = 0;
    let mut map: BTreeMap<BlobId, Bytes> = BTreeMap::new();
    for turn in 1..=200_u32 {
        let journal = &handles[pick(2) as usize];
        let last = list.len() as u64;
        match pick(7) {
            0 | 1 => {
                let prev = list.iter().rev().nth(pick(8) as usize / 6).map_or(EntryId::NONE, |entry| entry.id);
                let number = last + [1, 1, 1, 1, 0, 2][pick(6) as usize];
                let entry = Entry { number, ..entry_on((last, prev), turn.into(), format!("turn {turn}")) };
                let last_id = list.last().map_or(EntryId::NONE, |entry| entry.id);
                let is_next = number == last + 1 && prev == last_id;
                let answer = journal.append(&entry).await;
                assert_eq!(answer.is_ok(), is_next, "turn {turn}: {entry:?} on {last}: {answer:?}");
                if is_next {
                    list.push(entry);
                }
            }
            2 => {
                let (after, limit) = (pick(last + 3), pick(last + 3) as usize);
                let skipped = after.max(forgotten) as usize;
                let expected: Vec<_> = list.iter().skip(skipped).take(limit).cloned().collect();
                assert_eq!(journal.read(after, limit).await.unwrap(), expected, "turn {turn}");
                assert_eq!(journal.last().await.unwrap(), last, "turn {turn}");
                assert_eq!(journal.first().await.unwrap(), forgotten + 1, "turn {turn}");
            }
            3 => {
                let content = bytes_of(pick(10), 50);
                let blob_id = journal.put_blob(&content).await.unwrap();
                map.insert(blob_id, content);
            }
            4 => {
                let blob_id = BlobId::of(&bytes_of(pick(10), 50));
                journal.delete_blob(blob_id).await.unwrap();
                map.remove(&blob_id);
                let expected: Vec<_> = map.keys().map(|id| BlobInfo { id: *id, size: 50 }).collect();
                assert_eq!(journal.list_blobs(None, 100).await.unwrap(), expected, "turn {turn}");
            }
            5 if last > 0 => {
                let through = pick(last + 1);
                let snapshot = snapshot_of(&list[pick(last) as usize]);
                journal.save_snapshot(&snapshot).await.unwrap();
                let kept = journal.load_snapshot().await.unwrap().unwrap();
                let is_replaced = through <= forgotten || kept.number >= through;
                assert_eq!(journal.forget(through).await.is_ok(), is_replaced, "turn {turn}");
                if is_replaced {
                    forgotten = through.min(last - 1).max(forgotten);
                }
            }
            _ => {
                let blob_id = BlobId::of(&bytes_of(pick(10), 50));
                let content = journal.get_blob(blob_id).await.unwrap();
                assert_eq!(content.as_ref(), map.get(&blob_id), "turn {turn}");
            }
        }
    }
    assert!(forgotten > 0);
    assert_eq!(handles[0].read(0, usize::MAX).await.unwrap(), list[forgotten as usize..]);
}
