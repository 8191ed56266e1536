//! Backups of journals in memory and in SQLite, with nodes at work on them.

use std::io::Cursor;
use std::sync::Arc;

use bytes::Bytes;
use tidegate_domain::{Command, CreateHostedVersion, CreateProfile, Event};
use tidegate_journal::Entry;
use tidegate_journal::faulty::{Fault, Faulty};
use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::sqlite::SqliteJournal;
use tidegate_server::Settings;
use tidegate_server::clock::Clock;
use tidegate_server::node::Node;

use super::restore::{Extent, check, restore};
use super::*;

async fn node_on(journal: impl Journal) -> Arc<Node> {
    let clock = Clock::manual(system_now_ms());
    Node::open(Arc::new(journal), Settings::default(), clock).await.unwrap()
}

async fn furnish(node: &Node) {
    let caller = node.service(node.home());
    let application = Command::CreateApplication { name: "app".into(), description: None, tags: Default::default() };
    node.execute(&caller, &application).await.unwrap();
    let profile = Command::CreateProfile(CreateProfile {
        application: "app".into(),
        name: "conf".into(),
        description: None,
        location_uri: "hosted".into(),
        retrieval_role_arn: None,
        validators: Vec::new(),
        kind: None,
        kms_key_identifier: None,
        tags: Default::default(),
    });
    node.execute(&caller, &profile).await.unwrap();
}

async fn publish(node: &Node, content: &str) -> u32 {
    let content = Bytes::from(content.to_owned());
    let named = |hash| {
        Command::CreateHostedVersion(CreateHostedVersion {
            application: "app".into(),
            profile: "conf".into(),
            description: None,
            content_type: "text/plain".into(),
            content: hash,
            size: content.len() as u64,
            label: None,
            latest_version: None,
        })
    };
    let committed = node.execute_with(&node.service(node.home()), &content, named).await.unwrap();
    match &committed.events[0] {
        Event::HostedVersionCreated(version) => version.number,
        other => panic!("{other:?}"),
    }
}

async fn delete(node: &Node, number: u32) {
    let (application, profile) = ("app".into(), "conf".into());
    let delete = Command::DeleteHostedVersion { application, profile, number: number.into() };
    node.execute(&node.service(node.home()), &delete).await.unwrap();
}

async fn backup(journal: &dyn Journal) -> (End, Vec<u8>) {
    write(journal, Vec::new(), system_now_ms()).await.unwrap()
}

async fn restored(journal: &dyn Journal, bytes: &[u8], extent: Extent) -> Result<(), String> {
    let end = check(Cursor::new(bytes))?;
    restore(journal, Cursor::new(bytes), &end, extent).await.map_err(|problem| problem.to_string())
}

async fn entries(journal: &dyn Journal) -> Vec<Entry> {
    journal.read(0, usize::MAX).await.unwrap()
}

/// A store with some history: versions, one of them deleted, and a content that nobody needs.
async fn some_store() -> Arc<MemoryJournal> {
    let journal = Arc::new(MemoryJournal::new());
    let node = node_on(journal.clone()).await;
    furnish(&node).await;
    for content in ["one", "two", "three"] {
        publish(&node, content).await;
    }
    delete(&node, 2).await;
    journal
}

#[tokio::test]
async fn a_backup_goes_into_another_engine_and_back() {
    let journal = some_store().await;
    let (end, bytes) = backup(&*journal).await;
    assert_eq!((end.first, end.last, end.blobs), (1, journal.last().await.unwrap(), 2));
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteJournal::open(directory.path()).unwrap();
    restored(&sqlite, &bytes, Extent::Whole).await.unwrap();
    assert_eq!(entries(&sqlite).await, entries(&*journal).await);
    let (again, bytes) = backup(&sqlite).await;
    let back = Arc::new(MemoryJournal::new());
    restored(&*back, &bytes, Extent::Whole).await.unwrap();
    assert_eq!(End { sha256: end.sha256.clone(), ..again }, end);
    assert_eq!(entries(&*back).await, entries(&*journal).await);
    let node = node_on(back).await;
    assert!(node.published().state == node_on(journal).await.published().state);
    publish(&node, "four").await;
}

#[tokio::test]
async fn a_store_without_entries_has_a_backup_too() {
    let (end, bytes) = backup(&MemoryJournal::new()).await;
    assert_eq!((end.first, end.last, end.blobs), (0, 0, 0));
    let into = MemoryJournal::new();
    restored(&into, &bytes, Extent::Whole).await.unwrap();
    assert_eq!(into.last().await.unwrap(), 0);
}

#[tokio::test]
async fn every_backup_taken_while_nodes_write_and_delete_is_whole() {
    let journal = Arc::new(MemoryJournal::new());
    let settings = Settings { content_keep: Some(std::time::Duration::ZERO), ..Settings::default() };
    // Every call lets others run, so that the backup and the writer take turns at everything.
    let odds = tidegate_journal::faulty::Odds { slow: 500, ..Default::default() };
    let line = Arc::new(Faulty::seeded(journal.clone(), 7, odds));
    let node = Node::open(line, settings, Clock::manual(system_now_ms())).await.unwrap();
    furnish(&node).await;
    let write = async {
        for round in 0..60 {
            let number = publish(&node, &format!("content {}", round % 4)).await;
            if round % 5 != 0 {
                delete(&node, number).await;
            }
            node.look_after_contents().await.unwrap();
            tokio::task::yield_now().await;
        }
        false
    };
    tokio::pin!(write);
    let reader = Faulty::seeded(journal.clone(), 8, odds);
    let (mut backups, mut moments) = (0, HashSet::new());
    let mut is_writing = true;
    while is_writing {
        let taken = super::write(&reader, Vec::new(), system_now_ms());
        tokio::pin!(taken);
        let (end, bytes) = loop {
            tokio::select! {
                biased;
                more = &mut write, if is_writing => is_writing = more,
                taken = &mut taken => break taken.unwrap(),
            }
        };
        let into = Arc::new(MemoryJournal::new());
        restored(&*into, &bytes, Extent::Whole).await.unwrap();
        node_on(into).await;
        moments.insert(end.last);
        backups += 1;
    }
    assert!(backups > 3 && moments.len() > 3, "{backups} backups of {} moments", moments.len());
}

#[tokio::test]
async fn no_changed_byte_and_no_missing_end_passes() {
    let (_, bytes) = backup(&*some_store().await).await;
    check(Cursor::new(&bytes)).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(check(Cursor::new(&damaged)).is_err(), "byte {at} of {}", bytes.len());
    }
    for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        assert!(check(Cursor::new(&bytes[..length])).is_err(), "the first {length} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(check(Cursor::new(&longer)).unwrap_err(), "something follows its end");
}

#[tokio::test]
async fn a_damaged_or_foreign_file_writes_nothing() {
    let (_, mut bytes) = backup(&*some_store().await).await;
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    let into = MemoryJournal::new();
    assert!(restored(&into, &bytes, Extent::Whole).await.is_err());
    assert!(restored(&into, b"PK\x03\x04 no backup at all", Extent::Whole).await.is_err());
    assert_eq!((into.last().await.unwrap(), into.list_blobs(None, 1).await.unwrap()), (0, vec![]));
}

#[tokio::test]
async fn a_store_that_is_not_empty_is_left_as_it_is() {
    let (_, bytes) = backup(&*some_store().await).await;
    let other = some_store().await;
    let before = entries(&*other).await;
    let refused = restored(&*other, &bytes, Extent::Whole).await.unwrap_err();
    assert!(refused.contains("the store is not empty") && refused.contains("hint: "), "{refused}");
    let refused = restored(&*other, &bytes, Extent::Rest).await.unwrap_err();
    assert!(refused.contains("another history"), "{refused}");
    assert_eq!(entries(&*other).await, before);
}

#[tokio::test]
async fn a_restore_that_was_interrupted_anywhere_goes_on() {
    let journal = some_store().await;
    let (_, bytes) = backup(&*journal).await;
    for writes in 0..12 {
        for fault in [Fault::Refuse, Fault::LoseAnswer] {
            let into = Faulty::new(MemoryJournal::new());
            into.script(std::iter::repeat_n(Fault::Pass, writes).chain([fault]));
            if restored(&into, &bytes, Extent::Whole).await.is_err() {
                restored(&into, &bytes, Extent::Rest).await.unwrap();
            }
            assert_eq!(entries(&into).await, entries(&*journal).await, "{writes} writes, then {fault:?}");
            assert_eq!(into.load_snapshot().await.unwrap().unwrap().number, journal.last().await.unwrap());
        }
    }
}

#[tokio::test]
async fn without_history_the_state_is_there_at_once_and_complete() {
    let journal = some_store().await;
    let (end, bytes) = backup(&*journal).await;
    let into = Arc::new(MemoryJournal::new());
    restored(&*into, &bytes, Extent::WithoutHistory).await.unwrap();
    assert_eq!((into.first().await.unwrap(), into.last().await.unwrap()), (end.last, end.last));
    let node = node_on(into.clone()).await;
    assert!(node.published().state == node_on(journal.clone()).await.published().state);
    // And a backup of what has no beginning goes the same way, with and without history.
    publish(&node, "four").await;
    let (later, bytes) = backup(&*into).await;
    assert_eq!((later.first, later.last), (end.last, end.last + 1));
    for extent in [Extent::Whole, Extent::WithoutHistory] {
        let third = Arc::new(MemoryJournal::new());
        restored(&*third, &bytes, extent).await.unwrap();
        assert!(node_on(third).await.published().state == node.published().state);
    }
    // Also behind an older copy of the same history.
    restored(&*journal, &bytes, Extent::Rest).await.unwrap();
    assert_eq!(journal.last().await.unwrap(), later.last);
}

#[tokio::test]
async fn a_content_that_is_needed_and_gone_is_no_backup() {
    let journal = some_store().await;
    let blob = journal.list_blobs(None, 1).await.unwrap()[0].id;
    let two = BlobId::of(b"two");
    journal.delete_blob(two).await.unwrap();
    write(&*journal, Vec::new(), system_now_ms()).await.unwrap();
    let needed = if blob == two { BlobId::of(b"one") } else { blob };
    journal.delete_blob(needed).await.unwrap();
    let problem = write(&*journal, Vec::new(), system_now_ms()).await.unwrap_err().to_string();
    assert!(problem.contains("is needed"), "{problem}");
}

#[tokio::test]
async fn a_backup_has_its_name_only_when_it_is_whole_and_is_its_owners() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.tar");
    let journal = Faulty::new(some_store().await);
    journal.cut();
    assert!(write_file(&journal, &path).await.is_err());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    journal.mend();
    write_file(&journal, &path).await.unwrap();
    check(File::open(&path).unwrap()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}
