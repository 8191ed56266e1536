//! No content that anybody needs is ever deleted, and every other one is in the end.
//!
//! Three nodes write, delete and deploy contents out of a small stock, and look for useless ones without any patience.
//! Answers get lost, calls are refused, nodes crash between any two steps, and deletions that nobody waits for any more
//! arrive at any time later. After every append and every deletion the store itself is looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tidegate_domain::{
    Command, CreateEnvironment, CreateHostedVersion, CreateProfile, CreateStrategy, Decision, GrowthType, Plan, Realm,
    ReplicateTo, StartDeployment, State, Tags,
};
use tidegate_journal::faulty::{Faulty, Odds};
use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::{AppendError, BlobId, BlobInfo, BoxFuture, Entry, Journal, Snapshot, Unavailable};
use tidegate_server::Settings;
use tidegate_server::clock::Clock;
use tidegate_server::node::{Caller, Node, NotDone};

const RUNS: u64 = 40;
const NODES: u64 = 3;
const TURNS: u64 = 60;
/// So few that the same content is stored, given up and stored again all the time.
const CONTENTS: u64 = 5;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The store, its witness, and deletions that are still on their way.
struct Store {
    inner: MemoryJournal,
    now_ms: AtomicI64,
    random: AtomicU64,
    is_calm: AtomicBool,
    state: Mutex<State>,
    on_their_way: Mutex<Vec<BlobId>>,
    deleted: AtomicUsize,
    late: AtomicUsize,
}

impl Store {
    fn new(seed: u64) -> Self {
        Self {
            inner: MemoryJournal::new(),
            now_ms: AtomicI64::new(1_800_000_000_000),
            random: AtomicU64::new(seed),
            is_calm: AtomicBool::new(false),
            state: Mutex::default(),
            on_their_way: Mutex::default(),
            deleted: AtomicUsize::new(0),
            late: AtomicUsize::new(0),
        }
    }

    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    fn pick(&self, below: u64) -> u64 {
        // SplitMix64.
        let mut mixed = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Whatever can be given to anybody is there.
    async fn check(&self) {
        let (live, number) = {
            let state = self.state();
            (state.live_contents(self.now_ms()), state.number)
        };
        for content in live {
            let blob = self.inner.get_blob(BlobId(content.0)).await.unwrap();
            assert!(blob.is_some(), "content {content} is needed after entry {number}, and is gone");
        }
    }

    async fn delete_now(&self, id: BlobId) {
        self.inner.delete_blob(id).await.unwrap();
        self.deleted.fetch_add(1, Ordering::Relaxed);
        self.check().await;
    }

    /// Some deletion of long ago arrives.
    async fn tick(&self) {
        if self.pick(10) == 0 {
            let late = {
                let mut on_their_way = self.on_their_way.lock().unwrap();
                let count = on_their_way.len() as u64;
                (count > 0).then(|| on_their_way.swap_remove(self.pick(count) as usize))
            };
            if let Some(late) = late {
                self.late.fetch_add(1, Ordering::Relaxed);
                self.delete_now(late).await;
            }
        }
    }
}

impl Journal for Store {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.tick().await;
            self.inner.append(entry).await?;
            let decision: Decision = serde_json::from_str(&entry.body).unwrap();
            self.state().apply(entry.number, &decision);
            self.check().await;
            Ok(())
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        self.inner.read(after, limit)
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        self.inner.last()
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        self.inner.wait(after)
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move {
            self.tick().await;
            self.inner.put_blob(content).await
        })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        self.inner.get_blob(id)
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.inner.save_snapshot(snapshot)
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        self.inner.load_snapshot()
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        self.inner.first()
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.inner.forget(through)
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        self.inner.begin(entry)
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        self.inner.list_blobs(after, limit)
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            if !self.is_calm.load(Ordering::Relaxed) && self.pick(3) == 0 {
                self.on_their_way.lock().unwrap().push(id);
                return Err(Unavailable::new("delete a blob", "no answer in time"));
            }
            self.delete_now(id).await;
            Ok(())
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.inner.probe()
    }
}

/// Runs a future for so many of its steps, and drops it where it then stands.
async fn crash_after<T>(mut steps: u64, future: impl Future<Output = T>) -> Option<T> {
    tokio::pin!(future);
    std::future::poll_fn(|context| {
        if steps == 0 {
            return Poll::Ready(None);
        }
        steps -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

fn settings() -> Settings {
    Settings { content_keep: Some(Duration::ZERO), ..Settings::default() }
}

async fn open(store: &Arc<Store>, seed: u64) -> Arc<Node> {
    let odds = Odds { refuse: 20, lose_answer: 40, fail_read: 20, slow: 400 };
    loop {
        let journal = Arc::new(Faulty::seeded(store.clone(), seed.wrapping_mul(store.pick(u64::MAX)), odds));
        if let Ok(node) = Node::open(journal, settings(), Clock::manual(store.now_ms())).await {
            return node;
        }
    }
}

fn realm() -> Realm {
    Realm { account: Default::default(), region: "us-east-1".into() }
}

fn caller(node: &Node) -> Caller {
    node.service(realm())
}

/// The place that everything happens in.
async fn furnish(store: &Arc<Store>) {
    let node = Node::open(store.clone(), settings(), Clock::manual(store.now_ms())).await.unwrap();
    let (description, tags) = (None, Tags::new());
    let plan = Plan {
        duration_in_minutes: 0,
        final_bake_time_in_minutes: 0,
        growth_factor: 100.0,
        growth_type: GrowthType::Linear,
    };
    let commands = [
        Command::CreateApplication { name: "app".into(), description: None, tags: tags.clone() },
        Command::CreateEnvironment(CreateEnvironment {
            application: "app".into(),
            name: "env".into(),
            description: None,
            monitors: Vec::new(),
            tags: tags.clone(),
        }),
        Command::CreateProfile(CreateProfile {
            application: "app".into(),
            name: "conf".into(),
            description: None,
            location_uri: "hosted".into(),
            retrieval_role_arn: None,
            validators: Vec::new(),
            kind: None,
            kms_key_identifier: None,
            tags: tags.clone(),
        }),
        Command::CreateStrategy(CreateStrategy {
            name: "at once".into(),
            description,
            plan,
            replicate_to: ReplicateTo::None,
            tags,
        }),
    ];
    for command in commands {
        node.execute(&caller(&node), &command).await.unwrap();
    }
}

fn create(content: &Bytes, named: tidegate_domain::ContentHash) -> Command {
    Command::CreateHostedVersion(CreateHostedVersion {
        application: "app".into(),
        profile: "conf".into(),
        description: None,
        content_type: "text/plain".into(),
        content: named,
        size: content.len() as u64,
        label: None,
        latest_version: None,
    })
}

fn deploy(store: &Store, version: u32, content: Option<(tidegate_domain::ContentHash, u64)>) -> Command {
    let strategy = store.state().realm(&realm()).strategies(0, 1).items[0].id.to_string();
    Command::StartDeployment(StartDeployment {
        application: "app".into(),
        environment: "env".into(),
        strategy,
        profile: "conf".into(),
        version: version.to_string(),
        description: None,
        kms_key_identifier: None,
        latest_deployment: None,
        tags: Tags::new(),
        content,
        applied: Vec::new(),
        invocations: Vec::new(),
    })
}

/// One thing that a node does; whether it works is its own affair.
async fn act(store: &Store, node: &Node) {
    node.clock.set_ms(store.now_ms());
    let (versions, latest_deployment) = {
        let state = store.state();
        let realm = state.realm(&realm());
        let application = realm.application("app").unwrap();
        let profile = realm.profile(application, "conf").unwrap().id;
        let versions = realm.versions(profile, u64::MAX, 99, |_| true).items;
        let environment = realm.environment(application, "env").unwrap();
        (versions.iter().map(|version| version.number).collect::<Vec<_>>(), environment.latest_deployment)
    };
    let version = |store: &Store| versions.get(store.pick(versions.len().max(1) as u64) as usize).copied().unwrap_or(1);
    let content = Bytes::from(format!("content {}", store.pick(CONTENTS)));
    let caller = caller(node);
    let outcome = match store.pick(12) {
        0..=2 => node.execute_with(&caller, &content, |named| create(&content, named)).await.map(drop),
        3 | 4 => {
            let number = version(store).into();
            let (application, profile) = ("app".into(), "conf".into());
            node.execute(&caller, &Command::DeleteHostedVersion { application, profile, number }).await.map(drop)
        }
        5 => node.execute(&caller, &deploy(store, version(store), None)).await.map(drop),
        6 => {
            let (version, size) = (version(store), content.len() as u64);
            let command = |named| deploy(store, version, Some((named, size)));
            node.execute_with(&caller, &content, command).await.map(drop)
        }
        7 => {
            let (application, environment) = ("app".into(), "env".into());
            let number = latest_deployment.into();
            let stop = Command::StopDeployment { application, environment, number, allow_revert: true };
            node.execute(&caller, &stop).await.map(drop)
        }
        8 if store.pick(3) == 0 => {
            store.now_ms.fetch_add(DAY_MS * store.pick(9) as i64, Ordering::Relaxed);
            Ok(())
        }
        _ => node.look_after_contents().await.map(drop),
    };
    assert!(!matches!(outcome, Err(NotDone::Fault)));
}

#[tokio::test]
async fn no_needed_content_is_ever_deleted_and_every_other_one_is_in_the_end() {
    let (mut deleted, mut late, mut renamed) = (0, 0, 0);
    for seed in 0..RUNS {
        let store = Arc::new(Store::new(seed));
        furnish(&store).await;
        let lives = (0..NODES).map(|number| {
            let store = store.clone();
            async move {
                let mut node = open(&store, seed * NODES + number).await;
                for _ in 0..TURNS {
                    let steps = if store.pick(8) == 0 { store.pick(30) } else { u64::MAX };
                    if crash_after(steps, act(&store, &node)).await.is_none() {
                        node = open(&store, seed * NODES + number).await;
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        futures_util::future::join_all(lives).await;

        // What is still on its way arrives, and then there is peace.
        store.is_calm.store(true, Ordering::Relaxed);
        let left = std::mem::take(&mut *store.on_their_way.lock().unwrap());
        for id in left {
            store.delete_now(id).await;
        }
        let node = Node::open(store.clone(), settings(), Clock::manual(store.now_ms())).await.unwrap();
        for _ in 0..3 {
            node.look_after_contents().await.unwrap();
        }
        let blobs = store.list_blobs(None, usize::MAX).await.unwrap();
        let live = store.state().live_contents(store.now_ms());
        assert_eq!(blobs.len(), live.len(), "seed {seed}: what nobody needs is gone");
        deleted += store.deleted.load(Ordering::Relaxed);
        late += store.late.load(Ordering::Relaxed);
        // Contents all have one length; longer ones have got a tail.
        renamed += blobs.iter().filter(|blob| blob.size > "content 0".len() as u64).count();
        // And whoever reads gets what was stored.
        let content = Bytes::from_static(b"content 0");
        let created = node.execute_with(&caller(&node), &content, |named| create(&content, named)).await.unwrap();
        let stored = created.events[0].content().unwrap();
        assert_eq!(node.fetch(stored, content.len() as u64).await.unwrap(), content);
    }
    assert!(deleted > RUNS as usize && late > 10 && renamed > 10, "{deleted} deleted, {late} late, {renamed} renamed");
}
