//! The world of a simulation: machines that fail, clients that want things, and sessions that poll.
//!
//! Beside what `truth.rs`, `stage.rs` and `outside.rs` check, clients do: what was acknowledged is in the journal, once;
//! what was refused is not; what was not answered is there at most once. A read sees what anybody was told before. A
//! session holds what a deployment brought, and goes back only when that deployment was taken back.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tidegate_domain::{Actor, DeploymentState, Event, Id, Realm};
use tidegate_journal::{BlobId, Entry, EntryId, Journal, Snapshot};
use tidegate_model::route;
use tidegate_server::cache::Cache;
use tidegate_server::clock::Clock;
use tidegate_server::conductor::Conductor;
use tidegate_server::node::{Caller, Node, Surroundings};
use tidegate_server::session::{Keyring, latest_configuration, open, seal};
use tidegate_server::{Randomness, RequestRates, Settings, operations};
use tidegate_wire::Request;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::life::Life;
use super::line::{CALM, Line};
use super::outside::{Calls, Extensions};
use super::stage::{Ended, Plant, Stage, Weather, name};

const MACHINES: usize = 3;
const SESSIONS: usize = 6;
/// How many things happen, before everything is mended.
const HAPPENINGS: u32 = 50;
const BEGINNING_MS: i64 = 1_800_000_000_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;
const APPLICATION: &str = "shop";
const ENVIRONMENTS: [&str; 2] = ["live", "test"];
const PROFILE: &str = "checkout";
/// Names, minutes, percent, minutes to bake.
const STRATEGIES: [(&str, u32, f64, u32); 3] = [("quick", 1, 34.0, 0), ("slow", 2, 25.0, 1), ("once", 0, 100.0, 1)];

/// Tells what comes of a seed.
pub fn play(seed: u64, plant: Plant, is_told: bool) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::new(seed, plant, is_told);
        world.play().await;
        world.stage.ended()
    })
}

/// A disk of a machine's own.
struct Disk {
    stage: Arc<Stage>,
    kept: Mutex<(Option<Snapshot>, BTreeMap<BlobId, Bytes>)>,
}

impl Cache for Disk {
    fn load(&self) -> Option<Snapshot> {
        self.kept.lock().unwrap().0.clone()
    }

    fn content(&self, id: BlobId) -> Option<Bytes> {
        self.kept.lock().unwrap().1.get(&id).cloned()
    }

    fn contents(&self) -> HashSet<BlobId> {
        self.kept.lock().unwrap().1.keys().copied().collect()
    }

    fn save_content(&self, id: BlobId, content: &[u8]) -> std::io::Result<()> {
        self.kept.lock().unwrap().1.insert(id, Bytes::copy_from_slice(content));
        Ok(())
    }

    fn save(&self, state: &Snapshot, needed: &HashSet<BlobId>) -> std::io::Result<()> {
        let is_damaged = self.stage.chance().strikes(30);
        let mut kept = self.kept.lock().unwrap();
        kept.0 = (!is_damaged).then(|| state.clone());
        kept.1.retain(|id, _| needed.contains(id));
        Ok(())
    }

    fn limit_bytes(&self) -> u64 {
        1 << 20
    }
}

/// A session, as its client knows it.
struct Watcher {
    environment: usize,
    token: Option<String>,
    /// The version that it holds, and the deployment that brought it.
    holds: Option<(String, u32)>,
}

struct World {
    stage: Arc<Stage>,
    calls: Arc<Calls>,
    disks: Vec<Arc<Disk>>,
    lives: Mutex<Vec<Arc<Life>>>,
    watchers: Mutex<Vec<Watcher>>,
    requests: Mutex<u64>,
    realm: Realm,
    /// The environments' and the strategies' ids, once they are made.
    ids: Mutex<BTreeMap<String, String>>,
}

impl World {
    fn new(seed: u64, plant: Plant, is_told: bool) -> Arc<Self> {
        let stage = Arc::new(Stage::new(seed, plant, MACHINES, is_told));
        let disk = || Arc::new(Disk { stage: stage.clone(), kept: Mutex::default() });
        let settings = Settings::default();
        Arc::new(Self {
            calls: Arc::default(),
            disks: (0..MACHINES).map(|_| disk()).collect(),
            lives: Mutex::new((0..MACHINES).map(|machine| dead(machine, 0)).collect()),
            watchers: Mutex::default(),
            requests: Mutex::new(0),
            realm: Realm { account: settings.account, region: settings.region },
            ids: Mutex::default(),
            stage,
        })
    }

    async fn play(self: &Arc<Self>) {
        for machine in 0..MACHINES {
            self.start(machine);
        }
        sleep(Duration::from_secs(5)).await;
        self.make_things().await;
        for happening in 0..HAPPENINGS {
            let pause = self.stage.chance().pause(Duration::from_secs(8));
            sleep(pause).await;
            if self.stage.is_over() {
                return;
            }
            self.happen(happening);
            self.stage.check();
        }
        self.come_to_rest().await;
    }

    /// Starts a process, which tries until it has a state.
    fn start(self: &Arc<Self>, machine: usize) {
        let life = {
            let mut lives = self.lives.lock().unwrap();
            let life = Arc::new(Life::new(machine, lives[machine].run + 1));
            lives[machine] = life.clone();
            life
        };
        let world = self.clone();
        let (clock_ms, seed, keeps_disk) = {
            let mut chance = self.stage.chance();
            let off_ms = chance.below(4 * HOUR_MS) as i64 - 2 * HOUR_MS as i64;
            (BEGINNING_MS + milliseconds(self.stage.began) + off_ms, chance.number(), chance.strikes(800))
        };
        if !keeps_disk {
            *self.disks[machine].kept.lock().unwrap() = Default::default();
        }
        self.stage.tell(format_args!("{} starts, run {}", name(machine), life.run));
        self.stage.truth().started = Instant::now();
        tokio::spawn(async move {
            let _ = life.while_it_lasts(world.run(&life, clock_ms, seed)).await;
            world.stage.set_node(machine, None);
            world.stage.saw(|seen| seen.deaths += 1);
            world.stage.tell(format_args!("{} is dead, run {}", name(machine), life.run));
        });
    }

    async fn run(self: &Arc<Self>, life: &Arc<Life>, clock_ms: i64, seed: u64) {
        let machine = life.machine;
        let settings = Settings {
            replay_guard_sessions: 64,
            request_rates: RequestRates::Unlimited,
            enforce_poll_interval: false,
            look_every: Duration::from_secs(15),
            snapshot_every: 40,
            keep_every: Duration::from_secs(30),
            claim_timeout: Duration::from_secs(30),
            randomness: Randomness::seeded(seed),
            ..Settings::default()
        };
        let node = loop {
            let line = Arc::new(Line::new(self.stage.clone(), life.clone()));
            let outside =
                Arc::new(Extensions { stage: self.stage.clone(), life: life.clone(), calls: self.calls.clone() });
            let cache: Arc<dyn Cache> = self.disks[machine].clone();
            let surroundings = Surroundings { targets: outside, cache: Some(cache), ..Surroundings::default() };
            let clock = Clock::simulated(clock_ms);
            match Node::open_with(line, settings.clone(), clock, surroundings).await {
                Ok(node) => break node,
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        };
        let number = node.published().state.number;
        self.stage.tell(format_args!("{} runs from {number}", name(machine)));
        if self.stage.weather(machine).is_cut {
            self.stage.saw(|seen| seen.starts_from_disk += 1);
        }
        self.stage.truth().started = Instant::now();
        self.stage.set_node(machine, Some(node.clone()));
        self.stage.check();
        let (_advance, advances) = mpsc::channel(1);
        Conductor::new(node).run(advances, std::future::pending()).await;
    }

    /// An application with two environments, a profile, strategies, and an extension that is called at every point.
    async fn make_things(self: &Arc<Self>) {
        let root = format!("/applications/{APPLICATION}");
        let mut wanted = vec![("/applications".to_owned(), json!({"Name": APPLICATION}))];
        for environment in ENVIRONMENTS {
            wanted.push((format!("{root}/environments"), json!({"Name": environment})));
        }
        wanted.push((format!("{root}/configurationprofiles"), json!({"Name": PROFILE, "LocationUri": "hosted"})));
        for (name, minutes, percent, bake) in STRATEGIES {
            let strategy = json!({
                "Name": name, "DeploymentDurationInMinutes": minutes, "GrowthFactor": percent,
                "FinalBakeTimeInMinutes": bake, "ReplicateTo": "NONE",
            });
            wanted.push(("/deploymentstrategies".to_owned(), strategy));
        }
        let action = json!([{"Name": "call", "Uri": "https://extension.example/"}]);
        let actions: BTreeMap<&str, &Value> = [
            "AT_DEPLOYMENT_TICK",
            "ON_DEPLOYMENT_START",
            "ON_DEPLOYMENT_BAKING",
            "ON_DEPLOYMENT_COMPLETE",
            "ON_DEPLOYMENT_ROLLED_BACK",
        ]
        .into_iter()
        .map(|point| (point, &action))
        .collect();
        wanted.push(("/extensions".to_owned(), json!({"Name": "watch", "Actions": actions})));
        for (path, body) in wanted {
            let made = self.insist(&path, &body).await;
            let name = body["Name"].as_str().unwrap_or_default();
            self.ids.lock().unwrap().insert(name.into(), made["Id"].as_str().unwrap_or_default().into());
        }
        let application = self.ids.lock().unwrap()[APPLICATION].clone();
        let association = json!({
            "ExtensionIdentifier": "watch",
            "ResourceIdentifier": format!("arn:aws:appconfig:us-east-1:000000000000:application/{application}"),
        });
        self.insist("/extensionassociations", &association).await;
        let watcher = |number| Watcher { environment: number % ENVIRONMENTS.len(), token: None, holds: None };
        *self.watchers.lock().unwrap() = (0..SESSIONS).map(watcher).collect();
    }

    /// Nothing fails before the story begins.
    async fn insist(self: &Arc<Self>, path: &str, body: &Value) -> Value {
        let node = self.stage.node(0).expect("nothing fails before the story begins");
        match self.ask(&node, "POST", path, &[], body.to_string()).await {
            Ok((_, made)) => made,
            Err(status) => {
                self.stage.accuse(format!("{path} was answered with {status}"));
                Value::Null
            }
        }
    }

    /// One thing happens.
    fn happen(self: &Arc<Self>, happening: u32) {
        let (kind, machine) = {
            let mut chance = self.stage.chance();
            (chance.below(100), chance.below(MACHINES as u64) as usize)
        };
        match kind {
            0..14 => self.change_weather(machine),
            14..22 => self.hurt(machine),
            22..34 => {
                for machine in 0..MACHINES {
                    let is_dead = self.lives.lock().unwrap()[machine].is_over();
                    if is_dead && self.stage.chance().strikes(700) {
                        self.start(machine);
                    }
                }
            }
            34..38 => {
                let by_ms = self.stage.chance().below(2 * HOUR_MS) as i64 - HOUR_MS as i64;
                if let Some(node) = self.stage.node(machine) {
                    self.stage.tell(format_args!("{}'s clock jumps by {by_ms}", name(machine)));
                    node.clock.jump_ms(by_ms);
                }
            }
            38..55 => self.client(machine, World::deploy),
            55..60 => self.client(machine, World::stop),
            60..64 => self.client(machine, World::describe),
            64..74 => self.client(machine, World::read),
            _ => self.poll_all(),
        }
        if self.stage.plant == Plant::SkipOneDeploymentRule && happening % 5 == 4 {
            self.intrude(|deployment| {
                let mut second = deployment.clone();
                second.number += 1;
                (second.steps, second.percentage) = (0, 0.0);
                Event::DeploymentStarted(Box::new(second))
            });
        }
        if self.stage.plant == Plant::FallBack && happening % 5 == 4 {
            self.intrude(|deployment| Event::DeploymentStepped {
                environment: deployment.environment,
                number: deployment.number,
                step: tidegate_domain::growth::Step::Grow(deployment.percentage / 2.0),
                invocations: Vec::new(),
            });
        }
    }

    fn change_weather(&self, machine: usize) {
        let weather = {
            let mut chance = self.stage.chance();
            match chance.below(10) {
                0..3 => Weather { is_cut: true, ..CALM },
                3..5 => Weather { slowest: Duration::from_secs(2), ..CALM },
                5..7 => Weather { lost_per_mille: 150, ..CALM },
                _ => CALM,
            }
        };
        self.stage.tell(format_args!("{}'s line is {weather:?}", name(machine)));
        self.stage.set_weather(machine, weather);
    }

    /// Lets a process die, at once or a few dealings later.
    fn hurt(&self, machine: usize) {
        let dealings = self.stage.chance().below(12);
        let life = self.lives.lock().unwrap()[machine].clone();
        self.stage.tell(format_args!("{} dies after {dealings} dealings", name(machine)));
        if dealings == 0 { life.end() } else { life.end_after(dealings) }
    }

    fn client<F>(self: &Arc<Self>, machine: usize, does: impl FnOnce(Arc<Self>, Arc<Node>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(node) = self.stage.node(machine) else { return };
        let life = self.lives.lock().unwrap()[machine].clone();
        let work = does(self.clone(), node);
        tokio::spawn(async move { life.while_it_lasts(work).await });
    }

    /// Makes a version and deploys it.
    async fn deploy(self: Arc<Self>, node: Arc<Node>) {
        let (environment, (strategy, ..)) = {
            let mut chance = self.stage.chance();
            (ENVIRONMENTS[chance.below(2) as usize], STRATEGIES[chance.below(3) as usize])
        };
        let path = format!("/applications/{APPLICATION}/configurationprofiles/{PROFILE}/hostedconfigurationversions");
        let content = format!("content {}", self.stage.chance().number());
        let made = self.ask(&node, "POST", &path, &[("content-type", "text/plain")], content).await;
        let Ok((headers, _)) = made else { return };
        let version = headers.get("version-number").and_then(|version| version.to_str().ok()).unwrap_or_default();
        let strategy = self.ids.lock().unwrap()[strategy].clone();
        let body = json!({
            "ConfigurationProfileId": PROFILE, "ConfigurationVersion": version, "DeploymentStrategyId": strategy,
        });
        let path = format!("/applications/{APPLICATION}/environments/{environment}/deployments");
        let _ = self.ask(&node, "POST", &path, &[], body.to_string()).await;
    }

    async fn stop(self: Arc<Self>, node: Arc<Node>) {
        let (environment, reverts) = {
            let mut chance = self.stage.chance();
            (ENVIRONMENTS[chance.below(2) as usize], chance.strikes(300))
        };
        let latest = self.latest_deployment(environment);
        let headers: &[_] = if reverts { &[("allow-revert", "true")] } else { &[] };
        let path = format!("/applications/{APPLICATION}/environments/{environment}/deployments/{latest}");
        let _ = self.ask(&node, "DELETE", &path, headers, "").await;
    }

    async fn describe(self: Arc<Self>, node: Arc<Node>) {
        let text = format!("text {}", self.stage.chance().number());
        let path = format!("/applications/{APPLICATION}");
        let _ = self.ask(&node, "PATCH", &path, &[], json!({"Description": text}).to_string()).await;
    }

    /// A read sees all that anybody was told before it began.
    async fn read(self: Arc<Self>, node: Arc<Node>) {
        let acknowledged = self.stage.truth().acknowledged;
        let Ok(published) = node.current().await else { return };
        self.stage.saw(|seen| seen.reads += 1);
        let number = published.state.number;
        self.stage.tell(format_args!("a read sees {number}"));
        if number < acknowledged {
            self.stage.accuse(format!("a read saw entry {number}, and {acknowledged} was acknowledged before"));
        }
    }

    /// Sends a request that writes, and holds the answer against the journal.
    async fn ask(
        &self,
        node: &Node,
        method: &str,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: impl Into<Bytes>,
    ) -> Result<(HeaderMap, Value), u16> {
        let request_id = {
            let mut requests = self.requests.lock().unwrap();
            *requests += 1;
            format!("request-{requests}")
        };
        let route = route(method, path).expect("there is such an operation");
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let actor = Actor::Caller(String::new());
        let caller = Caller::new(self.realm.clone(), actor, request_id.clone());
        let request = Request { labels: &route.labels, query: None, headers: &headers, body: body.into() };
        let answered = operations::answer(node, &caller, route.operation, &request).await;
        let written = self.stage.truth().of_request(&request_id).to_vec();
        let status = answered.as_ref().map_or_else(|failure| failure.status, |response| response.status().as_u16());
        self.stage.tell(format_args!("{request_id} {method} {path}: {status} {written:?}"));
        match answered {
            Ok(response) => {
                self.stage.saw(|seen| seen.acknowledged += 1);
                let Some(number) = written.first() else {
                    self.stage.accuse(format!("{request_id} was acknowledged and is not in the journal"));
                    return Err(status);
                };
                let mut truth = self.stage.truth();
                truth.acknowledged = truth.acknowledged.max(*number);
                drop(truth);
                let body = serde_json::from_slice(response.body()).unwrap_or_default();
                Ok((response.headers().clone(), body))
            }
            Err(_) if status < 500 => {
                self.stage.saw(|seen| seen.refused += 1);
                if let Some(number) = written.first() {
                    self.stage
                        .accuse(format!("{request_id} was refused with {status} and is in the journal at {number}"));
                }
                Err(status)
            }
            Err(_) => {
                self.stage.saw(|seen| seen.unknown += 1);
                Err(status)
            }
        }
    }

    fn poll_all(self: &Arc<Self>) {
        for watcher in 0..SESSIONS {
            let machine = self.stage.chance().below(MACHINES as u64) as usize;
            let Some(node) = self.stage.node(machine) else { continue };
            let (token, environment) = {
                let watchers = self.watchers.lock().unwrap();
                (watchers[watcher].token.clone(), watchers[watcher].environment)
            };
            match token {
                Some(token) => self.poll(&node, machine, watcher, &token),
                None => self.client(machine, move |world, node| async move {
                    let body = json!({
                        "ApplicationIdentifier": APPLICATION, "EnvironmentIdentifier": ENVIRONMENTS[environment],
                        "ConfigurationProfileIdentifier": PROFILE,
                    });
                    let token = world.begin_session(&node, &body).await;
                    let mut watchers = world.watchers.lock().unwrap();
                    // Two may have begun at once; the first goes on.
                    if watchers[watcher].token.is_none() {
                        watchers[watcher].token = token;
                    }
                }),
            }
        }
    }

    async fn begin_session(&self, node: &Node, body: &Value) -> Option<String> {
        let route = route("POST", "/configurationsessions").expect("there is such an operation");
        let caller = Caller::new(self.realm.clone(), Actor::Service, "session".into());
        let headers = HeaderMap::new();
        let body = body.to_string().into();
        let request = Request { labels: &route.labels, query: None, headers: &headers, body };
        let response = operations::answer(node, &caller, route.operation, &request).await.ok()?;
        let body: Value = serde_json::from_slice(response.body()).ok()?;
        body["InitialConfigurationToken"].as_str().map(Into::into)
    }

    fn poll(&self, node: &Node, machine: usize, watcher: usize, token: &str) {
        let token = match self.stage.plant {
            Plant::ServeOlder => forgetful(node, token),
            _ => token.to_owned(),
        };
        let response = latest_configuration(node, &format!("configuration_token={token}"), None);
        self.stage.saw(|seen| seen.polls += 1);
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let status = response.status().as_u16();
        let version = header("configuration-version").map(str::to_owned);
        let number = node.published().state.number;
        self.stage.tell(format_args!("session {watcher} polls {} at {number}: {status} {version:?}", name(machine)));
        let mut watchers = self.watchers.lock().unwrap();
        let watcher = &mut watchers[watcher];
        let Some(next) = header("next-poll-configuration-token") else {
            // A node that lags may not know the channel yet.
            if status != 500 && self.stage.plant != Plant::ServeOlder {
                let body = String::from_utf8_lossy(response.body()).into_owned();
                self.stage.accuse(format!("a poll was answered with {status}: {body}"));
            }
            return;
        };
        watcher.token = Some(next.to_owned());
        let Some(version) = version else { return };
        let environment = self.environment(ENVIRONMENTS[watcher.environment]);
        let truth = self.stage.truth();
        let realm = truth.now().realm(&self.realm);
        let brought = realm.all_deployments().filter(|deployment| deployment.environment == environment);
        let brought = brought.filter(|deployment| deployment.content.version == version).map(|of| of.number).max();
        let Some(brought) = brought else {
            drop(truth);
            self.stage.accuse(format!("a session got version {version}, which nobody deployed"));
            return;
        };
        let before = watcher.holds.replace((version, brought));
        let Some((_, before)) = before.filter(|(_, before)| *before != brought) else { return };
        let is_taken_back = truth
            .deployment(&self.realm, environment, before)
            .is_some_and(|old| matches!(old.state, DeploymentState::RolledBack | DeploymentState::Reverted));
        drop(truth);
        self.stage.saw(|seen| seen.changes += 1);
        if brought < before && !is_taken_back {
            self.stage
                .accuse(format!("a session went back from deployment {before} to {brought}, and {before} stands"));
        }
    }

    fn environment(&self, name: &str) -> Id {
        let truth = self.stage.truth();
        let realm = truth.now().realm(&self.realm);
        let application = realm.application(APPLICATION).expect("it was made");
        realm.environment(application, name).expect("it was made").id
    }

    fn latest_deployment(&self, environment: &str) -> u32 {
        let environment = self.environment(environment);
        let truth = self.stage.truth();
        let of = truth.now().realm(&self.realm);
        of.all_deployments()
            .filter(|deployment| deployment.environment == environment)
            .map(|of| of.number)
            .max()
            .unwrap_or(1)
    }

    /// Somebody writes to the journal without asking what may be written.
    fn intrude(self: &Arc<Self>, event: impl FnOnce(&tidegate_domain::Deployment) -> Event) {
        let running = {
            let truth = self.stage.truth();
            truth.now().running().map(|(_, deployment, _)| deployment).next()
        };
        let Some(running) = running else { return };
        let decision = tidegate_domain::Decision {
            v: 1,
            at_ms: BEGINNING_MS,
            realm: Some(self.realm.clone()),
            actor: Actor::Service,
            operation: "Intrude".into(),
            request_id: String::new(),
            events: vec![event(&running)],
        };
        let body = serde_json::to_string(&decision).unwrap();
        let id = EntryId(u128::from(self.stage.chance().number()));
        let stage = self.stage.clone();
        tokio::spawn(async move {
            let entries = stage.journal.read(0, usize::MAX).await.unwrap();
            let prev = entries.last().map_or(EntryId::NONE, |last| last.id);
            let entry = Entry { number: entries.len() as u64 + 1, id, prev, at_ms: BEGINNING_MS, body };
            let _ = stage.append(0, entry).await;
        });
    }

    /// Everything is mended, and nothing may be left undone.
    async fn come_to_rest(self: &Arc<Self>) {
        self.stage.tell(format_args!("everything is mended"));
        for machine in 0..MACHINES {
            self.stage.set_weather(machine, CALM);
            let life = self.lives.lock().unwrap()[machine].clone();
            life.end_after(u64::MAX);
            if life.is_over() {
                self.start(machine);
            }
        }
        // The longest deployment takes three minutes, with twelve seconds more for each of six steps.
        for _ in 0..60 {
            sleep(Duration::from_secs(10)).await;
            if self.stage.is_over() || self.is_at_rest() {
                break;
            }
        }
        if self.stage.is_over() {
            return;
        }
        if !self.is_at_rest() {
            let running: Vec<u32> = self.stage.truth().now().running().map(|(_, of, _)| of.number).collect();
            let outbox = self.stage.truth().now().outbox().count();
            self.stage.accuse(format!("no rest: {running:?} run, {outbox} entries wait for their actions"));
        }
        // Nodes look every fifteen seconds; polls are noted once a minute, if at all.
        let mut last = self.stage.truth().now().number;
        for _ in 0..10 {
            sleep(Duration::from_secs(20)).await;
            let before = std::mem::replace(&mut last, self.stage.truth().now().number);
            if before == last {
                break;
            }
        }
        self.stage.check();
        for machine in 0..MACHINES {
            let number = self.stage.node(machine).map(|node| node.published().state.number);
            if number != Some(last) {
                self.stage.accuse(format!("{} is at {number:?} in the end, and the journal at {last}", name(machine)));
            }
        }
        let truth = self.stage.truth();
        let noted: Vec<String> = truth
            .now()
            .realm(&self.realm)
            .all_deployments()
            .flat_map(|deployment| &deployment.log)
            .flat_map(|entry| &entry.invocations)
            .map(|invocation| invocation.id.clone())
            .collect();
        drop(truth);
        if let Some(id) = noted.iter().find(|id| !self.calls.has(id)) {
            self.stage.accuse(format!("{id} is noted and was not called"));
        }
    }

    fn is_at_rest(&self) -> bool {
        let truth = self.stage.truth();
        truth.now().running().next().is_none() && truth.now().outbox().next().is_none()
    }
}

fn dead(machine: usize, run: u32) -> Arc<Life> {
    let life = Life::new(machine, run);
    life.end();
    Arc::new(life)
}

fn milliseconds(since: Instant) -> i64 {
    since.elapsed().as_millis() as i64
}

/// The token as a node would make it that does not tell what a session has seen.
fn forgetful(node: &Node, token: &str) -> String {
    let keyring = Keyring::new(node.published().state.token_keys().clone());
    let session = open(&keyring, token, node.clock.now_ms(), false);
    let forgetful = session.ok().and_then(|mut session| {
        session.seen = 0;
        seal(&keyring, &session)
    });
    forgetful.unwrap_or_else(|| token.to_owned())
}
