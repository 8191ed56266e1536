//! Nodes that share a journal: what they answer for each other, and what they do when the store is away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tidegate_domain::{Actor, Command, Decision};
use tidegate_journal::faulty::Faulty;
use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::{Entry, EntryId, Journal};
use tidegate_server::cache::DiskCache;
use tidegate_server::clock::Clock;
use tidegate_server::conductor::Conductor;
use tidegate_server::node::{Caller, Node, Surroundings};
use tidegate_server::{Settings, http};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

type Store = Arc<Faulty<Arc<MemoryJournal>>>;

fn store(journal: &Arc<MemoryJournal>) -> Store {
    Arc::new(Faulty::new(journal.clone()))
}

fn settings() -> Settings {
    Settings {
        enforce_poll_interval: false,
        store_timeout: Duration::from_millis(500),
        look_every: Duration::from_millis(20),
        stale_after: Duration::ZERO,
        ..Settings::default()
    }
}

/// A node with its listener, as the binary runs it.
struct Running {
    node: Arc<Node>,
    address: SocketAddr,
    client: reqwest::Client,
    stop: watch::Sender<bool>,
    parts: Vec<JoinHandle<()>>,
}

impl Running {
    async fn start(store: Store) -> Self {
        Self::serve(Node::open(store, settings(), Clock::system()).await.unwrap()).await
    }

    async fn serve(node: Arc<Node>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, _) = watch::channel(false);
        let stopped = || {
            let mut stopping = stop.subscribe();
            async move {
                let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
            }
        };
        let (advances, requests) = mpsc::channel(1);
        let parts = vec![
            tokio::spawn(Conductor::new(node.clone()).run(requests, stopped())),
            tokio::spawn(http::serve(listener, node.clone(), advances, stopped())),
        ];
        Self { node, address, client: reqwest::Client::new(), stop, parts }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        drop(self.client);
        for part in self.parts {
            part.await.unwrap();
        }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let request = self.client.post(format!("http://{}{path}", self.address)).body(body);
        let response = request.header("content-type", "application/json").send().await.unwrap();
        (response.status(), json_of(response).await)
    }

    async fn make(&self, path: &str, body: Value) -> Value {
        let (status, made) = self.post(path, body.to_string()).await;
        assert!(status.is_success(), "{path}: {status} {made}");
        made
    }

    /// Makes a channel with a first version on it.
    async fn make_channel(&self) {
        self.make("/applications", json!({"Name": "shop"})).await;
        self.make("/applications/shop/environments", json!({"Name": "live"})).await;
        let profile = json!({"Name": "checkout", "LocationUri": "hosted"});
        self.make("/applications/shop/configurationprofiles", profile).await;
        self.deploy().await;
    }

    /// Makes another version and deploys it all at once; returns its number.
    async fn deploy(&self) -> String {
        let versions = "/applications/shop/configurationprofiles/checkout/hostedconfigurationversions";
        let request = self.client.post(format!("http://{}{versions}", self.address)).body("{}");
        let response = request.header("content-type", "application/json").send().await.unwrap();
        let version = response.headers()["version-number"].to_str().unwrap().to_owned();
        let strategy = json!({
            "Name": format!("instant {version}"), "DeploymentDurationInMinutes": 0, "GrowthFactor": 100,
            "FinalBakeTimeInMinutes": 0, "ReplicateTo": "NONE",
        });
        let strategy = self.make("/deploymentstrategies", strategy).await;
        let deployment = json!({
            "ConfigurationProfileId": "checkout", "ConfigurationVersion": version, "DeploymentStrategyId": strategy["Id"],
        });
        self.make("/applications/shop/environments/live/deployments", deployment).await;
        version
    }

    async fn begin_session(&self) -> (StatusCode, String) {
        let session = json!({
            "ApplicationIdentifier": "shop", "EnvironmentIdentifier": "live",
            "ConfigurationProfileIdentifier": "checkout",
        });
        let (status, started) = self.post("/configurationsessions", session.to_string()).await;
        (status, started["InitialConfigurationToken"].as_str().unwrap_or_default().to_owned())
    }

    async fn poll(&self, token: &mut String) -> Polled {
        let response = self.get(&format!("/configuration?configuration_token={token}")).await;
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(response.status(), 200, "{response:?}");
        *token = header("next-poll-configuration-token").unwrap();
        Polled { version: header("configuration-version"), stale: header("tidegate-stale") }
    }

    /// Waits until health says so.
    async fn wait_for_health(&self, path: &str, status: StatusCode) -> Value {
        for _ in 0..1_000 {
            let response = self.get(&format!("/_tidegate/{path}")).await;
            if response.status() == status {
                return json_of(response).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} did not become {status}");
    }
}

async fn json_of(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
}

#[derive(Debug, PartialEq)]
struct Polled {
    version: Option<String>,
    stale: Option<String>,
}

fn fresh(version: Option<&str>) -> Polled {
    Polled { version: version.map(Into::into), stale: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_node_goes_on_with_what_another_began() {
    let journal = Arc::new(MemoryJournal::new());
    let nodes = join_all((0..3).map(|_| Running::start(store(&journal)))).await;
    nodes[0].make_channel().await;
    // The very next request, on another node.
    let (status, mut token) = nodes[1].begin_session().await;
    assert_eq!(status, 201);
    assert_eq!(nodes[1].poll(&mut token).await, fresh(Some("1")));
    for round in 0..12 {
        assert_eq!(nodes[round % 3].poll(&mut token).await, fresh(None), "nothing new, whoever is asked");
    }
    let version = nodes[2].deploy().await;
    for node in &nodes {
        node.node.current().await.unwrap();
    }
    assert_eq!(nodes[0].poll(&mut token).await, fresh(Some(&version)));
    assert_eq!(nodes[1].poll(&mut token).await, fresh(None));
    join_all(nodes.into_iter().map(Running::stop)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_read_sees_what_another_node_acknowledged() {
    let journal = Arc::new(MemoryJournal::new());
    let nodes = join_all((0..3).map(|_| Running::start(store(&journal)))).await;
    nodes[0].make_channel().await;
    for round in 0..20 {
        let (writer, reader) = (&nodes[round % 3], &nodes[(round + 1) % 3]);
        let name = format!("application {round}");
        let made = writer.make("/applications", json!({"Name": name})).await;
        let got = reader.get(&format!("/applications/{}", made["Id"].as_str().unwrap())).await;
        assert_eq!(got.status(), 200, "{name}");
        let listed = json_of(reader.get("/applications?max_results=50").await).await;
        assert!(listed["Items"].as_array().unwrap().iter().any(|item| item["Name"] == name), "{listed}");
    }
    let version = nodes[0].deploy().await;
    let root = "/applications/shop";
    let paths = [
        format!("{root}/environments/live/deployments/{version}"),
        format!("{root}/configurationprofiles/checkout/hostedconfigurationversions/{version}"),
    ];
    for path in &paths {
        assert_eq!(nodes[1].get(path).await.status(), 200, "{path}");
    }
    join_all(nodes.into_iter().map(Running::stop)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_its_store_answers_polls_says_so_and_catches_up() {
    let journal = Arc::new(MemoryJournal::new());
    let cut_off = store(&journal);
    let (a, b) = (Running::start(store(&journal)).await, Running::start(cut_off.clone()).await);
    a.make_channel().await;
    let (_, mut token) = b.begin_session().await;
    assert_eq!(b.poll(&mut token).await, fresh(Some("1")));
    assert_eq!(b.wait_for_health("health", StatusCode::OK).await["status"], "ready");

    cut_off.cut();
    let health = b.wait_for_health("health", StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(health["journal"]["problem"].as_str().unwrap().contains("unreachable"), "{health}");
    // Nobody writes, and it notices all the same.
    let ready = loop {
        let ready = b.wait_for_health("health/ready", StatusCode::OK).await;
        if ready["stale_seconds"].is_u64() {
            break ready;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(ready["status"], "ready");
    assert_eq!(b.wait_for_health("health/live", StatusCode::OK).await["status"], "live");
    let metrics = b.get("/_tidegate/metrics").await.text().await.unwrap();
    assert!(metrics.contains("\ntidegate_stale 1\n"), "{metrics}");
    assert!(metrics.contains("\ntidegate_head_age_seconds "), "{metrics}");
    assert!(!metrics.contains("\ntidegate_store_errors_total 0\n"), "{metrics}");

    let (status, mut other) = b.begin_session().await;
    assert_eq!(status, 201);
    let polled = b.poll(&mut other).await;
    assert_eq!(polled.version.as_deref(), Some("1"));
    assert!(polled.stale.unwrap().parse::<u64>().is_ok());
    let version = a.deploy().await;
    for (path, body) in [
        ("/applications", r#"{"Name":"x"}"#),
        ("/deploymentstrategies", r#"{"Name":"x","DeploymentDurationInMinutes":0,"GrowthFactor":1}"#),
    ] {
        let (status, body) = b.post(path, body).await;
        assert_eq!(status, 503, "{body}");
        assert_eq!(body["Message"], "The configuration store is not available. Try again.");
    }
    let response = b.get("/applications/shop").await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["x-amzn-errortype"], "ServiceUnavailableException:");

    cut_off.mend();
    b.wait_for_health("health", StatusCode::OK).await;
    let polled = loop {
        let polled = b.poll(&mut token).await;
        if polled.version.is_some() {
            break polled;
        }
    };
    assert_eq!(polled.version.as_deref(), Some(version.as_str()));
    assert_eq!(b.poll(&mut token).await, fresh(None));
    a.stop().await;
    b.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_says_nothing_makes_nobody_wait_for_ever() {
    let store = store(&Arc::new(MemoryJournal::new()));
    let node = Node::open(store.clone(), Settings::default(), Clock::system()).await.unwrap();
    store.hold();
    let caller = node.service(node.home());
    let began = tokio::time::Instant::now();
    let writes = (0..200).map(|_| async {
        let command = Command::RotateTokenKey { secret: tidegate_domain::Secret([1; 32]), max_age_ms: 0 };
        node.execute(&caller, &command).await.err().unwrap().to_string()
    });
    let reads = join_all((0..200).map(|_| async { node.current().await.err().unwrap().to_string() }));
    let (writes, reads) = tokio::join!(join_all(writes), reads);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(reads.iter().all(|error| error.contains("no answer within 6s")), "{reads:?}");
    assert!(writes.iter().any(|error| error.contains("others have waited for the store")), "{writes:?}");
}

/// Counts looks, and lets them wait until they may go on.
struct Counting {
    journal: MemoryJournal,
    looks: AtomicUsize,
    gate: watch::Sender<bool>,
}

macro_rules! pass_on {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name<'a>(&'a self, $($argument: $kind),*) -> tidegate_journal::BoxFuture<'a, $answer> {
            self.journal.$name($($argument),*)
        })*
    };
}

impl Journal for Counting {
    fn append<'a>(
        &'a self,
        entry: &'a Entry,
    ) -> tidegate_journal::BoxFuture<'a, Result<(), tidegate_journal::AppendError>> {
        self.journal.append(entry)
    }

    fn begin<'a>(
        &'a self,
        entry: &'a Entry,
    ) -> tidegate_journal::BoxFuture<'a, Result<(), tidegate_journal::AppendError>> {
        self.journal.begin(entry)
    }

    fn put_blob<'a>(
        &'a self,
        content: &'a Bytes,
    ) -> tidegate_journal::BoxFuture<'a, Result<tidegate_journal::BlobId, tidegate_journal::Unavailable>> {
        self.journal.put_blob(content)
    }

    fn save_snapshot<'a>(
        &'a self,
        snapshot: &'a tidegate_journal::Snapshot,
    ) -> tidegate_journal::BoxFuture<'a, Result<(), tidegate_journal::Unavailable>> {
        self.journal.save_snapshot(snapshot)
    }

    fn last(&self) -> tidegate_journal::BoxFuture<'_, Result<u64, tidegate_journal::Unavailable>> {
        Box::pin(async {
            self.looks.fetch_add(1, Ordering::SeqCst);
            let _ = self.gate.subscribe().wait_for(|is_open| *is_open).await;
            self.journal.last().await
        })
    }

    pass_on! {
        read(after: u64, limit: usize) -> Result<Vec<Entry>, tidegate_journal::Unavailable>;
        wait(after: u64) -> ();
        get_blob(id: tidegate_journal::BlobId) -> Result<Option<Bytes>, tidegate_journal::Unavailable>;
        load_snapshot() -> Result<Option<tidegate_journal::Snapshot>, tidegate_journal::Unavailable>;
        first() -> Result<u64, tidegate_journal::Unavailable>;
        forget(through: u64) -> Result<(), tidegate_journal::Unavailable>;
        list_blobs(after: Option<tidegate_journal::BlobId>, limit: usize)
            -> Result<Vec<tidegate_journal::BlobInfo>, tidegate_journal::Unavailable>;
        delete_blob(id: tidegate_journal::BlobId) -> Result<(), tidegate_journal::Unavailable>;
        probe() -> Result<(), tidegate_journal::Unavailable>;
    }
}

#[tokio::test]
async fn reads_that_come_during_a_look_share_the_next_one() {
    let gate = watch::Sender::new(true);
    let journal = Arc::new(Counting { journal: MemoryJournal::new(), looks: AtomicUsize::new(0), gate });
    let node = Node::open(journal.clone(), Settings::default(), Clock::system()).await.unwrap();
    journal.gate.send_replace(false);
    journal.looks.store(0, Ordering::SeqCst);
    let first = tokio::spawn({
        let node = node.clone();
        async move { node.current().await.unwrap().state.number }
    });
    while journal.looks.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // The look of the first is under way, and may not know what is written now.
    let others = (0..100).map(|_| {
        let node = node.clone();
        tokio::spawn(async move { node.current().await.unwrap().state.number })
    });
    let others: Vec<_> = others.collect();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(journal.looks.load(Ordering::SeqCst), 1);
    journal.gate.send_replace(true);
    assert!(first.await.unwrap() > 0);
    for other in others {
        assert!(other.await.unwrap() > 0);
    }
    assert_eq!(journal.looks.load(Ordering::SeqCst), 2, "one for the first, and one for all that came during it");
}

/// Appends what this version does not write.
async fn append(journal: &MemoryJournal, change: impl FnOnce(&mut Value)) -> u64 {
    let last = journal.read(0, usize::MAX).await.unwrap().pop().unwrap();
    let decision = Decision {
        v: 1,
        at_ms: 0,
        realm: None,
        actor: Actor::Service,
        operation: "Future".into(),
        request_id: String::new(),
        events: Vec::new(),
    };
    let mut body = serde_json::to_value(&decision).unwrap();
    change(&mut body);
    let (number, id) = (last.number + 1, EntryId(u128::from(last.number) << 64 | 7));
    let entry = Entry { number, id, prev: last.id, at_ms: 0, body: body.to_string() };
    journal.append(&entry).await.unwrap();
    number
}

/// The node serves what came before such an entry, and says what to do.
async fn check_newer(change: impl FnOnce(&mut Value)) {
    let journal = Arc::new(MemoryJournal::new());
    let node = Running::start(store(&journal)).await;
    node.make_channel().await;
    let (_, mut token) = node.begin_session().await;
    let number = append(&journal, change).await;
    let problem = loop {
        let health = node.wait_for_health("health", StatusCode::SERVICE_UNAVAILABLE).await;
        if let Some(problem) = health["journal"]["problem"].as_str() {
            break problem.to_owned();
        }
    };
    assert_eq!(
        problem,
        format!(
            "cannot take in journal entry {number}: it was written by a newer version of Tidegate; upgrade this node"
        )
    );
    let polled = node.poll(&mut token).await;
    assert_eq!(polled.version.as_deref(), Some("1"));
    assert!(polled.stale.is_some());
    let (status, body) = node.post("/applications", r#"{"Name":"x"}"#).await;
    assert_eq!(status, 503);
    let message =
        format!("Journal entry {number} was written by a newer version of Tidegate. This node has to be upgraded.");
    assert_eq!(body["Message"], message);
    assert_eq!(node.get("/applications/shop").await.status(), 503);
    let metrics = node.get("/_tidegate/metrics").await.text().await.unwrap();
    assert!(metrics.contains(&format!("\ntidegate_newer_entry {number}\n")), "{metrics}");
    node.stop().await;

    // One that starts then is in the same state.
    let node = Running::start(store(&journal)).await;
    let (status, mut token) = node.begin_session().await;
    assert_eq!(status, 201);
    assert_eq!(node.poll(&mut token).await.version.as_deref(), Some("1"));
    assert_eq!(node.post("/applications", r#"{"Name":"x"}"#).await.0, 503);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_newer_version_is_a_reason_to_upgrade_and_not_to_stop() {
    check_newer(|body| body["events"] = json!([{"TideTurned": {"by": "the moon"}}])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_a_newer_format_is_not_half_understood() {
    check_newer(|body| body["v"] = 2.into()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_a_newer_version_lets_older_ones_ignore_is_ignored() {
    let journal = Arc::new(MemoryJournal::new());
    let node = Running::start(store(&journal)).await;
    let number = append(&journal, |body| body["mood"] = "fine".into()).await;
    assert_eq!(node.node.current().await.unwrap().state.number, number);
    node.make("/applications", json!({"Name": "shop"})).await;
    node.stop().await;
}

async fn open_with_cache(store: Store, cache: &std::path::Path) -> Result<Arc<Node>, String> {
    let cache = Arc::new(DiskCache::open(cache, 1 << 20)?);
    let surroundings = Surroundings { cache: Some(cache), ..Surroundings::default() };
    let opened = Node::open_with(store, settings(), Clock::system(), surroundings).await;
    opened.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_starts_without_its_store_with_what_it_kept() {
    let journal = Arc::new(MemoryJournal::new());
    let directory = tempfile::tempdir().unwrap();
    let store = store(&journal);
    let node = Running::serve(open_with_cache(store.clone(), directory.path()).await.unwrap()).await;
    node.make_channel().await;
    let (_, mut token) = node.begin_session().await;
    assert_eq!(node.poll(&mut token).await, fresh(Some("1")));
    // Stopping, it keeps what it served last.
    node.stop().await;

    store.cut();
    let node = Running::serve(open_with_cache(store.clone(), directory.path()).await.unwrap()).await;
    let polled = node.poll(&mut token).await;
    assert_eq!(polled.version, None, "the session goes on, and there is nothing new");
    assert!(polled.stale.is_some());
    let (status, mut other) = node.begin_session().await;
    assert_eq!(status, 201);
    assert_eq!(node.poll(&mut other).await.version.as_deref(), Some("1"));
    assert_eq!(node.post("/applications", r#"{"Name":"x"}"#).await.0, 503);
    store.mend();
    node.wait_for_health("health", StatusCode::OK).await;
    assert_eq!(node.deploy().await, "2");
    assert_eq!(node.poll(&mut token).await, fresh(Some("2")));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_cache_is_no_cache() {
    let journal = Arc::new(MemoryJournal::new());
    let directory = tempfile::tempdir().unwrap();
    let store = store(&journal);
    let node = Running::serve(open_with_cache(store.clone(), directory.path()).await.unwrap()).await;
    node.make_channel().await;
    node.stop().await;
    let state = directory.path().join("state");
    let mut damaged = std::fs::read(&state).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(&state, damaged).unwrap();
    store.cut();
    let error = open_with_cache(store.clone(), directory.path()).await.err().unwrap();
    assert!(error.contains("unreachable"), "{error}");
    store.mend();
    let node = open_with_cache(store, directory.path()).await.unwrap();
    assert!(node.published().state.number > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_of_another_history_is_given_up_for_the_stores() {
    let directory = tempfile::tempdir().unwrap();
    let other = store(&Arc::new(MemoryJournal::new()));
    let node = Running::serve(open_with_cache(other, directory.path()).await.unwrap()).await;
    node.make_channel().await;
    node.stop().await;

    let journal = Arc::new(MemoryJournal::new());
    let store = store(&journal);
    let first = Node::open(store.clone(), settings(), Clock::system()).await.unwrap();
    store.cut();
    let node = open_with_cache(store.clone(), directory.path()).await.unwrap();
    let number = first.published().state.number;
    assert!(node.published().state.number > number);
    store.mend();
    let current = node.current().await.unwrap();
    assert!(current.state == first.published().state, "it is where the store is");
    let caller = Caller::new(node.home(), Actor::Service, String::new());
    let command = Command::RotateTokenKey { secret: tidegate_domain::Secret([1; 32]), max_age_ms: -1 };
    node.execute(&caller, &command).await.unwrap();
}
