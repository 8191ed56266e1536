//! Three real members that are killed, frozen and cut off while four writers write; afterwards the history that the writers
//! saw is held against what is there.
//!
//! A few seconds, each kind of fault once. `TIDEGATE_SOAK_SECONDS` makes it longer, with faults by dice
//! (`TIDEGATE_SOAK_SEED`); `cargo xtask soak etcd` sets it.

use super::*;
use crate::commit;
use crate::faulty::next_random;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use tidegate_engines::etcd::Setup;
use tidegate_engines::history::{History, Said, What};
use tidegate_engines::{Etcd, Proxy};

const WRITERS: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    KillLeader,
    KillFollower,
    FreezeLeader,
    FreezeFollower,
    /// Nobody hears of the leader, which hears of everybody.
    MuteLeader,
    /// The writers' connections to the leader hold; nobody is told.
    CutOffLeader,
    /// All connections of writers break.
    BreakConnections,
    /// Answers break in the middle.
    BreakAnswers,
    /// Old revisions go, and every member is rewritten.
    CompactAndDefragment,
}

const FAULTS: [Fault; 9] = [
    Fault::KillLeader,
    Fault::BreakAnswers,
    Fault::FreezeLeader,
    Fault::MuteLeader,
    Fault::CutOffLeader,
    Fault::BreakConnections,
    Fault::CompactAndDefragment,
    Fault::KillFollower,
    Fault::FreezeFollower,
];

struct Harm {
    etcd: Etcd,
    proxies: Vec<Proxy>,
    random: u64,
}

impl Harm {
    fn pick(&mut self, below: u64) -> u64 {
        next_random(&mut self.random) % below
    }

    /// Does harm for a while, and then undoes it.
    fn do_and_undo(&mut self, fault: Fault) {
        let for_a_while = Duration::from_millis(300 + self.pick(1_500));
        let leader = self.etcd.leader();
        let follower = (leader + 1 + self.pick(2) as usize) % self.etcd.members();
        match fault {
            Fault::KillLeader | Fault::KillFollower => {
                let place = if fault == Fault::KillLeader { leader } else { follower };
                self.etcd.kill(place);
                std::thread::sleep(for_a_while);
                self.etcd.restart(place);
            }
            Fault::FreezeLeader | Fault::FreezeFollower => {
                let place = if fault == Fault::FreezeLeader { leader } else { follower };
                self.etcd.pause(place);
                std::thread::sleep(for_a_while);
                self.etcd.resume(place);
            }
            Fault::MuteLeader => {
                self.etcd.mute(leader);
                std::thread::sleep(for_a_while);
                self.etcd.unmute(leader);
            }
            Fault::CutOffLeader => {
                self.proxies[leader].hold();
                std::thread::sleep(for_a_while);
                self.proxies[leader].pass();
            }
            Fault::BreakConnections => self.proxies.iter().for_each(Proxy::cut_once),
            Fault::BreakAnswers => {
                for _ in 0..8 {
                    let bytes = self.pick(400) as usize;
                    self.proxies.iter().for_each(|proxy| proxy.cut_after_replies_of(bytes));
                    std::thread::sleep(Duration::from_millis(60));
                }
                self.proxies.iter().for_each(Proxy::pass);
            }
            Fault::CompactAndDefragment => {
                let status = self.etcd.ctl(&["endpoint", "status", "--write-out", "fields"]);
                let revisions = status.lines().filter_map(|line| line.strip_prefix("\"Revision\" : "));
                // A member may lag behind the others, and two compactions may meet.
                for revision in revisions {
                    let _ = self.etcd.try_ctl(&[leader], &["compact", revision]);
                }
                let _ = self.etcd.try_ctl(&[0, 1, 2], &["defrag"]);
            }
        }
    }
}

struct Shared {
    history: History,
    is_over: AtomicBool,
    blobs: AtomicU64,
}

/// Appends, reads and looks until it is over, as a node does; the second answer of an append that nobody knew of is not
/// asked for, so that the history has all of them.
async fn write(journal: EtcdJournal, shared: Arc<Shared>, writer: u32) -> Vec<(BlobId, Bytes)> {
    let mut random = u64::from(writer);
    let mut blobs = Vec::new();
    let mut seen = (0, EntryId::NONE);
    let mut turn = 0_u128;
    while !shared.is_over.load(Ordering::SeqCst) {
        turn += 1;
        let now = shared.history.now_ns();
        match next_random(&mut random) % 8 {
            0 => {
                if let Ok(last) = journal.last().await {
                    shared.history.note(writer, now, What::Last(last));
                }
            }
            1..=3 => {
                if let Ok(entries) = journal.read(seen.0, usize::MAX).await {
                    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
                    shared.history.note(writer, now, What::Read { after: seen.0, ids });
                    seen = entries.last().map_or(seen, |last| (last.number, last.id));
                }
            }
            4 if next_random(&mut random).is_multiple_of(8) => {
                let length = 1_000 + next_random(&mut random) % 2_000_000;
                let content = Bytes::from(vec![turn as u8; length as usize]);
                if let Ok(id) = journal.put_blob(&content).await {
                    shared.blobs.fetch_add(1, Ordering::SeqCst);
                    blobs.push((id, content));
                }
            }
            _ => {
                let length = match next_random(&mut random) % 50 {
                    0 => 1_500_000,
                    1..=3 => 80_000,
                    _ => 60,
                };
                let id = EntryId(u128::from(writer) << 64 | turn);
                let (number, prev) = (seen.0 + 1, seen.1);
                let entry = Entry { number, id, prev, at_ms: 0, body: "b".repeat(length) };
                let said = match commit(&journal, &entry).await {
                    Ok(()) => Said::Yes,
                    Err(AppendError::Conflict) => Said::No,
                    Err(AppendError::Unavailable(_)) => Said::Unknown,
                };
                shared.history.note(writer, now, What::Append { number, id: id.0, prev: prev.0, said });
                if said == Said::Yes {
                    seen = (number, id);
                }
            }
        }
    }
    blobs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_whatever_happens_to_members() {
    let number_in = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let soak = number_in("TIDEGATE_SOAK_SECONDS").map(Duration::from_secs);
    let seed = number_in("TIDEGATE_SOAK_SEED").unwrap_or(1);
    let etcd = Etcd::start_with(3, &Setup { is_breakable: true, ..Setup::default() });
    let proxies: Vec<_> = (0..3).map(|place| Proxy::start(etcd.address(place))).collect();
    let addresses: Vec<_> = proxies.iter().map(Proxy::address).collect();
    let address: EtcdAddress = etcd.url("", &addresses, "/force").parse().unwrap();
    let limits = Limits { attempt: Duration::from_secs(1), request: Duration::from_secs(4), ..Limits::default() };
    let in_a_hurry =
        Limits { attempt: Duration::from_millis(40), request: Duration::from_millis(60), ..Limits::default() };
    let shared =
        Arc::new(Shared { history: History::new(), is_over: AtomicBool::new(false), blobs: AtomicU64::new(0) });
    let mut writers = Vec::new();
    for writer in 1..=WRITERS {
        // One gives up soon, and often does not know what became of its entry.
        let limits = if writer == WRITERS { in_a_hurry } else { limits };
        let journal = loop {
            match EtcdJournal::open_with(&address, limits, POLL).await {
                Ok(journal) => break journal,
                Err(unavailable) => assert!(writer == WRITERS, "{unavailable}"),
            }
        };
        writers.push(tokio::spawn(write(journal, Arc::clone(&shared), writer)));
    }

    let mut harm = Harm { etcd, proxies, random: seed };
    let harming = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        let mut done: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
        let mut turn = 0;
        while soak.map_or(turn < FAULTS.len(), |soak| began.elapsed() < soak) {
            let fault = match soak {
                Some(_) => FAULTS[harm.pick(FAULTS.len() as u64) as usize],
                None => FAULTS[turn],
            };
            harm.do_and_undo(fault);
            *done.entry(format!("{fault:?}")).or_default() += 1;
            turn += 1;
        }
        (harm, done)
    });
    let (harm, done) = harming.await.unwrap();
    shared.is_over.store(true, Ordering::SeqCst);
    let mut blobs = Vec::new();
    for writer in writers {
        blobs.extend(writer.await.unwrap());
    }

    let journal = EtcdJournal::open(&address).await.unwrap();
    let entries = journal.read(0, usize::MAX).await.unwrap();
    let mut prev = EntryId::NONE;
    for (entry, number) in entries.iter().zip(1..) {
        assert_eq!((entry.number, entry.prev), (number, prev), "a hole, a double, or a wrong predecessor");
        prev = entry.id;
    }
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.0).collect();
    let summary = shared.history.check(&ids).unwrap_or_else(|why| panic!("this cannot have happened: {why}"));
    for (id, content) in blobs {
        assert!(journal.get_blob(id).await.unwrap() == Some(content), "a blob that was acknowledged");
    }
    let blobs = shared.blobs.load(Ordering::SeqCst);
    println!("faults {done:?}; {} entries, {blobs} blobs; {summary:?}", entries.len());
    assert!(summary.yes > 20 && summary.looks > 20, "hardly anything was tried: {summary:?}");
    drop(harm);
}
