//! Nodes on a journal whose beginning was forgotten.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tidegate_domain::{Command, Realm};
use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::{EntryId, Journal, Snapshot};
use tidegate_server::Settings;
use tidegate_server::clock::Clock;
use tidegate_server::node::Node;

const NOW_MS: i64 = 1_800_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A node that keeps entries for ten days.
async fn open(journal: &Arc<MemoryJournal>) -> Arc<Node> {
    let settings = Settings { journal_keep: Some(10 * DAY), ..Settings::default() };
    Node::open(journal.clone(), settings, Clock::manual(NOW_MS)).await.unwrap()
}

async fn create(node: &Node, name: &str) {
    let caller = node.service(Realm { account: Default::default(), region: "us-east-1".into() });
    let command = Command::CreateApplication { name: name.into(), description: None, tags: Default::default() };
    node.execute(&caller, &command).await.unwrap();
}

fn applications(node: &Node) -> Vec<String> {
    let published = node.published();
    let realm = published.state.realm(&node.home());
    realm.applications(0, 100).items.iter().map(|application| application.name.clone()).collect()
}

/// Entries 1 (a key for tokens), 2 and 3 are of the first day; later ones are written twenty days later.
async fn with_old_entries(journal: &Arc<MemoryJournal>) -> Arc<Node> {
    let node = open(journal).await;
    create(&node, "first").await;
    create(&node, "second").await;
    node.clock.set_ms(NOW_MS + 20 * DAY_MS);
    create(&node, "third").await;
    node
}

#[tokio::test]
async fn what_is_older_than_the_journal_is_kept_is_forgotten_once_a_snapshot_holds_it() {
    let journal = Arc::new(MemoryJournal::new());
    let node = with_old_entries(&journal).await;
    assert_eq!((journal.first().await.unwrap(), journal.last().await.unwrap()), (1, 4));
    node.look_after_journal().await.unwrap();
    assert_eq!(journal.load_snapshot().await.unwrap().unwrap().number, 4);
    assert_eq!(journal.first().await.unwrap(), 4);
    // Young entries stay, and so does the one that the snapshot is of.
    create(&node, "fourth").await;
    node.look_after_journal().await.unwrap();
    assert_eq!((journal.first().await.unwrap(), journal.last().await.unwrap()), (4, 5));
    node.clock.set_ms(NOW_MS + 40 * DAY_MS);
    node.look_after_journal().await.unwrap();
    assert_eq!((journal.first().await.unwrap(), journal.last().await.unwrap()), (5, 5));
}

#[tokio::test]
async fn whoever_keeps_everything_forgets_nothing() {
    let journal = Arc::new(MemoryJournal::new());
    with_old_entries(&journal).await;
    let settings = Settings { snapshot_every: 1, ..Settings::default() };
    let node = Node::open(journal.clone(), settings, Clock::manual(NOW_MS + 20 * DAY_MS)).await.unwrap();
    node.look_after_journal().await.unwrap();
    assert!(journal.load_snapshot().await.unwrap().is_some());
    assert_eq!(journal.first().await.unwrap(), 1);
}

#[tokio::test]
async fn a_node_that_starts_takes_the_snapshot_for_what_was_forgotten() {
    let journal = Arc::new(MemoryJournal::new());
    let node = with_old_entries(&journal).await;
    node.look_after_journal().await.unwrap();
    create(&node, "fourth").await;
    let started = open(&journal).await;
    assert_eq!(applications(&started), ["first", "second", "third", "fourth"]);
    assert!(started.published().state == node.published().state);
    create(&started, "fifth").await;
    node.catch_up().await.unwrap();
    assert_eq!(applications(&node).len(), 5);
}

#[tokio::test]
async fn a_snapshot_whose_own_entry_was_forgotten_is_told_by_the_next_one() {
    let journal = Arc::new(MemoryJournal::new());
    let node = with_old_entries(&journal).await;
    node.look_after_journal().await.unwrap();
    create(&node, "fourth").await;
    journal.forget(4).await.unwrap();
    assert_eq!(journal.first().await.unwrap(), 5);
    assert_eq!(applications(&*open(&journal).await).len(), 4);
}

#[tokio::test]
async fn a_running_node_that_finds_its_next_entry_forgotten_goes_on_from_the_snapshot() {
    let journal = Arc::new(MemoryJournal::new());
    let slow = open(&journal).await;
    let node = with_old_entries(&journal).await;
    node.look_after_journal().await.unwrap();
    create(&node, "fourth").await;
    assert_eq!(applications(&slow), [""; 0]);
    slow.look_after_history().await.unwrap();
    assert_eq!(applications(&slow).len(), 4);
    assert!(slow.published().state == node.published().state);
    // Also when it comes to write, and its own last entry is among those that are gone.
    for name in ["fifth", "sixth"] {
        create(&node, name).await;
    }
    node.clock.set_ms(NOW_MS + 40 * DAY_MS);
    node.look_after_journal().await.unwrap();
    assert_eq!(journal.first().await.unwrap(), 7);
    create(&slow, "seventh").await;
    assert_eq!(applications(&slow).len(), 7);
}

/// A snapshot that says what this version cannot understand, in the place of the one that is there.
async fn spoil_snapshot(journal: &MemoryJournal) {
    let number = journal.last().await.unwrap();
    let id = journal.read(number - 1, 1).await.unwrap()[0].id;
    let body = Bytes::from_static(b"{\"v\": 99}");
    journal.save_snapshot(&Snapshot { number, id, body }).await.unwrap();
}

#[tokio::test]
async fn without_its_beginning_and_without_a_snapshot_a_journal_is_refused_with_what_to_do() {
    let journal = Arc::new(MemoryJournal::new());
    let slow = open(&journal).await;
    create(&slow, "zeroth").await;
    let node = with_old_entries(&journal).await;
    node.look_after_journal().await.unwrap();
    create(&node, "fourth").await;
    spoil_snapshot(&journal).await;
    let refused = Node::open(journal.clone(), Settings::default(), Clock::manual(NOW_MS)).await.err().unwrap();
    let sentence = refused.to_string();
    assert!(sentence.starts_with("cannot begin with the journal's snapshot"), "{sentence}");
    assert!(refused.hint.unwrap().contains("tidegate restore"));
    // A node that runs keeps what it has, and says why it cannot go on.
    slow.catch_up().await.unwrap_err();
    assert_eq!(applications(&slow), ["zeroth"]);
    // The one that has seen everything goes on.
    create(&node, "fifth").await;
}

#[tokio::test]
async fn nothing_is_forgotten_behind_a_snapshot_that_cannot_be_read() {
    let journal = Arc::new(MemoryJournal::new());
    let node = with_old_entries(&journal).await;
    spoil_snapshot(&journal).await;
    node.clock.set_ms(NOW_MS + 60 * DAY_MS);
    assert!(node.look_after_journal().await.is_err());
    assert_eq!(journal.first().await.unwrap(), 1);
    // Neither behind one of another history.
    let journal = Arc::new(MemoryJournal::new());
    let node = with_old_entries(&journal).await;
    let elsewhere = Snapshot { number: 100, id: EntryId(1), body: Bytes::new() };
    journal.save_snapshot(&elsewhere).await.unwrap();
    assert!(node.look_after_journal().await.is_err());
    assert_eq!(journal.first().await.unwrap(), 1);
    // And a start does without it.
    assert_eq!(applications(&*open(&journal).await).len(), 3);
}
