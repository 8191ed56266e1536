//! The server is killed with SIGKILL again and again while many write, and started again on the same data.
//!
//! What was acknowledged has to be there, whole. Of what was under way when the server died, each command has to be
//! there whole or not at all, and whatever a look after the restart has shown stays. SIGKILL leaves the kernel's page
//! cache alone: this is about transactions, start-up and numbering, not about `fsync`.
//!
//! `TIDEGATE_CRASH_ROUNDS` sets the number of rounds for a longer soak, `TIDEGATE_CRASH_SEED` the dice.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::aws::{self, Home};
use common::server::{Starting, command};
use common::{Answer, Client, Dice, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

/// After so many rounds a new data directory is begun, so that a round costs the same at the end as at the start.
const ROUNDS_ON_ONE_JOURNAL: usize = 20;
const OPTIONS: &[&str] = &[
    "--clock=manual",
    "--log=warn",
    "--enforce-poll-interval=false",
    "--quota-applications=1000000",
    "--quota-strategies=1000",
];

#[test]
fn a_killed_server_has_every_acknowledged_write_and_no_half_of_any_command() {
    let number = |name: &str, default: u64| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} has to be a number, and is {text:?}")),
        Err(_) => default,
    };
    let rounds = number("TIDEGATE_CRASH_ROUNDS", 200) as usize;
    let seed = number("TIDEGATE_CRASH_SEED", 20_261_124);
    println!("{rounds} rounds, seed {seed}");
    let began = Instant::now();
    let mut dice = Dice(seed);
    let mut tally = Tally::default();
    for (journal, first) in (0..rounds).step_by(ROUNDS_ON_ONE_JOURNAL).enumerate() {
        // On a disk most servers die while they wait for it; in memory they get further.
        let directory = if journal % 2 == 0 { common::directory() } else { in_memory() };
        live_and_die(&directory, ROUNDS_ON_ONE_JOURNAL.min(rounds - first), &mut dice, &mut tally);
    }
    println!("{tally:?} in {:?}", began.elapsed());
    assert!(tally.acknowledged > rounds as u64, "hardly anything was written: {tally:?}");
}

/// What happened, for whoever reads the test's output.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    kills_while_starting: u64,
    acknowledged: u64,
    unacknowledged_and_there: u64,
    unacknowledged_and_not_there: u64,
    most_entries: u64,
    slowest_start: Duration,
}

/// Some rounds on one data directory.
fn live_and_die(directory: &TempDir, rounds: usize, dice: &mut Dice, tally: &mut Tally) {
    // The very first start is cut short as well.
    for _ in 0..dice.below(6) {
        let starting = Starting::spawn(serve(directory.path()));
        std::thread::sleep(Duration::from_micros(dice.below(40_000)));
        starting.kill();
        tally.kills_while_starting += 1;
    }
    let mut server = Server::spawn(serve(directory.path()));
    let mut client = server.client();
    let harbour = Harbour::create(&mut client);
    let ledger = Mutex::new(Ledger::default());
    harbour.open_first_session(&mut client, &ledger);
    let mut start_took = server.took;
    for round in 0..rounds {
        let until = Instant::now() + Duration::from_micros(dice.below(100_000));
        let seed = dice.next();
        std::thread::scope(|scope| {
            let (harbour, ledger, address) = (&harbour, &ledger, server.address);
            for (name, work) in WRITERS.iter().enumerate() {
                let dice = Dice(seed.wrapping_add(name as u64));
                let name = format!("{round}.{name}");
                let mut writer = Writer { client: Client::new(address), harbour, ledger, dice, name };
                scope.spawn(move || {
                    let mut count = 0;
                    // An error means that the server is dead; what an answer should be is checked where it comes in.
                    while work(&mut writer, count).is_ok() {
                        count += 1;
                    }
                });
            }
            // The instant of death is the subject of this test.
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            server.kill();
        });
        server.assert_no_panic();
        tally.kills += 1;
        for _ in 0..dice.below(3) {
            let starting = Starting::spawn(serve(directory.path()));
            std::thread::sleep(start_took.mul_f64(dice.below(1_200) as f64 / 1_000.0));
            starting.kill();
            tally.kills_while_starting += 1;
        }
        server = Server::spawn(serve(directory.path()));
        start_took = server.took;
        tally.slowest_start = tally.slowest_start.max(server.took);
        let mut audit = Audit { client: server.client(), harbour: &harbour, tally };
        audit.look(&mut ledger.lock().unwrap(), round + 1 == rounds);
    }
    let entries = server.client().get("/_tidegate/health").json()["journal"]["number"].as_u64();
    tally.most_entries = tally.most_entries.max(entries.expect("a number"));
    server.assert_well();
}

fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| common::directory())
}

fn serve(data: &Path) -> std::process::Command {
    let mut command = command();
    command.args(["serve", "--listen=127.0.0.1:0", "--data"]).arg(data).args(OPTIONS);
    command
}

/// Where everybody writes: two environments, one for deployments that are done at once, one for those that grow.
struct Harbour {
    home: Home,
    growing: String,
    slow: String,
}

impl Harbour {
    fn create(client: &mut Client) -> Self {
        let home = Home::create(client);
        let environments = format!("/applications/{}/environments", home.application);
        let environment = aws::create(client, &environments, &json!({"Name": "inner basin"}));
        let growing = format!("{environments}/{environment}/deployments");
        let slow = aws::strategy(client, "slow", 10, 1);
        Self { home, growing, slow }
    }

    fn open_first_session(&self, client: &mut Client, ledger: &Mutex<Ledger>) {
        let ledger = &mut *ledger.lock().unwrap();
        let made = Made { seed: 1, length: 1_000 };
        ledger.versions.acknowledge("first".into(), made, self.home.store(client, &made.content()));
        let mut body = self.home.deployment(1);
        body["Description"] = "first".into();
        body["Tags"] = tags("first");
        client.post(&self.home.deployments(), &body).expect(201);
        ledger.deployments.acknowledge("first".into(), 1, 1);
        ledger.unused_token = self.home.start_session(client);
        ledger.chained_token = self.home.start_session(client);
    }
}

/// A content that can be made again.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Made {
    seed: u64,
    length: usize,
}

impl Made {
    fn content(self) -> Vec<u8> {
        Dice(self.seed).bytes(self.length)
    }
}

/// Numbered things of one list, by a name that their maker gave them.
#[derive(Debug)]
struct Numbered<T> {
    by_number: BTreeMap<u64, (String, T)>,
    /// Every number ever seen, that of deleted things included.
    ever: BTreeSet<u64>,
    /// Asked for, and not (yet) acknowledged.
    unknown: BTreeMap<String, T>,
    /// Acknowledged since the last look.
    recent: BTreeSet<u64>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { by_number: BTreeMap::new(), ever: BTreeSet::new(), unknown: BTreeMap::new(), recent: BTreeSet::new() }
    }
}

impl<T> Numbered<T> {
    #[track_caller]
    fn acknowledge(&mut self, name: String, thing: T, number: u64) {
        assert!(self.ever.insert(number), "number {number} was given a second time, now to {name}");
        self.unknown.remove(&name);
        self.by_number.insert(number, (name, thing));
        self.recent.insert(number);
    }

    /// Numbers are given one after the other: none is left out, and so none is used again.
    #[track_caller]
    fn assert_gapless(&self) {
        assert_eq!(self.ever.last().copied().unwrap_or(0), self.ever.len() as u64, "numbers are missing");
    }
}

/// What the writers know.
#[derive(Default)]
struct Ledger {
    /// Ids by name, none while they are not known.
    applications: BTreeMap<String, Option<String>>,
    recent_applications: BTreeSet<String>,
    versions: Numbered<Made>,
    /// Versions whose deletion was asked for, and not (yet) acknowledged.
    deleting: BTreeSet<u64>,
    /// The deployed version by deployment.
    deployments: Numbered<u64>,
    growing: Numbered<()>,
    /// How far each growing deployment was seen to be; a finished one is at 101.
    seen: BTreeMap<u64, f64>,
    /// Issued before the first crash.
    unused_token: String,
    /// Of a session that goes on through all crashes.
    chained_token: String,
    /// What that session holds.
    held: Option<Vec<u8>>,
    acknowledged: u64,
}

type Died = std::io::Error;
type Work = fn(&mut Writer<'_>, u64) -> Result<(), Died>;

const WRITERS: &[Work] = &[
    |writer, count| writer.create_application(count),
    |writer, count| writer.create_version(count),
    |writer, count| writer.create_version(count),
    |writer, count| writer.create_then_deploy(count),
    |writer, count| writer.grow(count),
    |writer, _| writer.poll(),
];

struct Writer<'a> {
    client: Client,
    harbour: &'a Harbour,
    ledger: &'a Mutex<Ledger>,
    dice: Dice,
    name: String,
}

impl Writer<'_> {
    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Died> {
        let body = body.to_string();
        self.client.send("POST", path, &[("Content-Type", "application/json")], Some(body.as_bytes()))
    }

    fn create_application(&mut self, count: u64) -> Result<(), Died> {
        let name = format!("{}.{count}", self.name);
        self.ledger().applications.insert(name.clone(), None);
        let body = json!({"Name": name, "Description": about(&name), "Tags": tags(&name)});
        let id = text(&self.post("/applications", &body)?.expect(201).json()["Id"]);
        let mut ledger = self.ledger();
        ledger.recent_applications.insert(name.clone());
        ledger.applications.insert(name, Some(id));
        ledger.acknowledged += 1;
        Ok(())
    }

    fn create_version(&mut self, count: u64) -> Result<(), Died> {
        let number = self.version(format!("{}.{count}", self.name))?;
        if self.dice.below(8) > 0 {
            return Ok(());
        }
        // The highest number is the one that might be given again.
        self.ledger().deleting.insert(number);
        let path = format!("{}/{number}", self.harbour.home.versions());
        self.client.send("DELETE", &path, &[], None)?.expect(204);
        let mut ledger = self.ledger();
        ledger.deleting.remove(&number);
        ledger.versions.by_number.remove(&number);
        ledger.versions.recent.remove(&number);
        ledger.acknowledged += 1;
        Ok(())
    }

    fn version(&mut self, label: String) -> Result<u64, Died> {
        let longest = [64, 5_000, 300_000][self.dice.below(3) as usize];
        let made = Made { seed: self.dice.next(), length: 1 + self.dice.below(longest) as usize };
        self.ledger().versions.unknown.insert(label.clone(), made);
        let description = about(&label);
        let headers =
            [("Content-Type", "application/octet-stream"), ("VersionLabel", &label), ("Description", &description)];
        let created = self.client.send("POST", &self.harbour.home.versions(), &headers, Some(&made.content()))?;
        let created = created.expect(201);
        let number = aws::version_number(&created);
        let mut ledger = self.ledger();
        ledger.versions.acknowledge(label, made, number);
        ledger.acknowledged += 1;
        Ok(number)
    }

    fn create_then_deploy(&mut self, count: u64) -> Result<(), Died> {
        let name = format!("{}.{count}", self.name);
        let version = self.version(name.clone())?;
        self.ledger().deployments.unknown.insert(name.clone(), version);
        let mut body = self.harbour.home.deployment(version);
        body["Description"] = about(&name).into();
        body["Tags"] = tags(&name);
        let started = self.post(&self.harbour.home.deployments(), &body)?.expect(201).json();
        assert_eq!(started["State"], "COMPLETE", "{started}");
        let number = started["DeploymentNumber"].as_u64().expect("a number");
        let mut ledger = self.ledger();
        ledger.deployments.acknowledge(name, version, number);
        ledger.acknowledged += 1;
        Ok(())
    }

    /// Starts a deployment that grows, and moves the clock until it is done.
    fn grow(&mut self, count: u64) -> Result<(), Died> {
        let running = self.ledger().seen.iter().find(|seen| *seen.1 < 101.0).map(|seen| *seen.0);
        if let Some(number) = running {
            let seconds = 30 + self.dice.below(60);
            self.post("/_tidegate/clock/advance", &json!({"seconds": seconds}))?.expect(200);
            let path = format!("{}/{number}", self.harbour.growing);
            let progress = progress(&self.client.send("GET", &path, &[], None)?.expect(200).json());
            let mut ledger = self.ledger();
            let before = ledger.seen.insert(number, progress).expect("it was seen when it was started");
            assert!(progress >= before, "deployment {number} was at {before} and is at {progress}");
            return Ok(());
        }
        let name = format!("{}.{count}", self.name);
        self.ledger().growing.unknown.insert(name.clone(), ());
        let mut body = self.harbour.home.deployment(1);
        body["DeploymentStrategyId"] = self.harbour.slow.clone().into();
        body["Description"] = about(&name).into();
        body["Tags"] = tags(&name);
        let started = self.post(&self.harbour.growing, &body)?.expect(201).json();
        let number = started["DeploymentNumber"].as_u64().expect("a number");
        let mut ledger = self.ledger();
        ledger.growing.acknowledge(name, (), number);
        ledger.seen.insert(number, 0.0);
        ledger.acknowledged += 1;
        Ok(())
    }

    fn poll(&mut self) -> Result<(), Died> {
        let token = self.ledger().chained_token.clone();
        let path = format!("/configuration?configuration_token={token}");
        let polled = self.client.send("GET", &path, &[], None)?.expect(200);
        self.ledger().take(&polled);
        Ok(())
    }
}

impl Ledger {
    /// Takes a poll's answer for the session that goes on.
    fn take(&mut self, polled: &Answer) {
        self.chained_token = aws::next_token(polled);
        if !polled.body.is_empty() {
            self.held = Some(polled.body.clone());
        }
    }
}

/// Looks at everything after a restart.
struct Audit<'a> {
    client: Client,
    harbour: &'a Harbour,
    tally: &'a mut Tally,
}

impl Audit<'_> {
    fn look(&mut self, ledger: &mut Ledger, at_everything: bool) {
        self.applications(ledger, at_everything);
        self.versions(ledger, at_everything);
        self.deployments(ledger, at_everything);
        self.growing(ledger);
        self.tokens(ledger);
        self.tally.acknowledged += std::mem::take(&mut ledger.acknowledged);
    }

    fn settle(&mut self, there: usize, not_there: usize) {
        self.tally.unacknowledged_and_there += there as u64;
        self.tally.unacknowledged_and_not_there += not_there as u64;
    }

    fn applications(&mut self, ledger: &mut Ledger, at_everything: bool) {
        let mut found = BTreeMap::new();
        for application in self.list("/applications") {
            let name = text(&application["Name"]);
            if name == "harbour" {
                continue;
            }
            assert_eq!(text(&application["Description"]), about(&name));
            found.insert(name, text(&application["Id"]));
        }
        let mut to_look_at = std::mem::take(&mut ledger.recent_applications);
        let (mut there, mut not_there) = (0, 0);
        ledger.applications.retain(|name, known| match (&known, found.get(name)) {
            (Some(known), id) => {
                assert_eq!(Some(known), id, "application {name} was acknowledged");
                true
            }
            (None, Some(id)) => {
                there += 1;
                *known = Some(id.clone());
                to_look_at.insert(name.clone());
                true
            }
            (None, None) => {
                not_there += 1;
                false
            }
        });
        assert_eq!(found.len(), ledger.applications.len(), "an application has come back that was not there before");
        self.settle(there, not_there);
        for (name, id) in &found {
            if at_everything || to_look_at.contains(name) {
                self.tags_are(&format!("application/{id}"), name);
            }
        }
    }

    fn versions(&mut self, ledger: &mut Ledger, at_everything: bool) {
        let versions = &mut ledger.versions;
        let mut found = BTreeSet::new();
        let mut there = 0;
        for version in self.list(&self.harbour.home.versions()) {
            let number = version["VersionNumber"].as_u64().expect("a number");
            let label = version["VersionLabel"].as_str().map_or("first".into(), str::to_owned);
            assert!(found.insert(number), "version {number} is there twice");
            if let Some((known, _)) = versions.by_number.get(&number) {
                assert_eq!(known, &label, "version {number} has changed hands");
                continue;
            }
            let made = versions.unknown.get(&label).copied();
            let made = made.unwrap_or_else(|| panic!("version {number} ({label}) is one that nobody asked for"));
            versions.acknowledge(label, made, number);
            there += 1;
        }
        self.settle(there, versions.unknown.len());
        versions.unknown.clear();
        for number in std::mem::take(&mut ledger.deleting) {
            if !found.contains(&number) {
                versions.by_number.remove(&number);
            }
        }
        let known: BTreeSet<u64> = versions.by_number.keys().copied().collect();
        assert_eq!(known, found, "versions that were acknowledged, and that are there");
        versions.assert_gapless();
        let recent = std::mem::take(&mut versions.recent);
        for (number, (label, made)) in &versions.by_number {
            if at_everything || recent.contains(number) {
                let path = format!("{}/{number}", self.harbour.home.versions());
                let got = self.client.get(&path).expect(200);
                assert!(got.body == made.content(), "version {number} ({label}) has another content");
                if label != "first" {
                    assert_eq!(got.header("versionlabel"), Some(label.as_str()));
                    assert_eq!(got.header("description"), Some(about(label).as_str()));
                }
            }
        }
    }

    fn deployments(&mut self, ledger: &mut Ledger, at_everything: bool) {
        let path = self.harbour.home.deployments();
        let found = self.found(&path);
        assert!(found.values().all(|state| state == "COMPLETE"), "{found:?}");
        let deployments = &mut ledger.deployments;
        self.adopt(&path, &found, deployments);
        for (number, (name, version)) in &deployments.by_number {
            if at_everything || deployments.recent.contains(number) {
                let deployment = self.client.get(&format!("{path}/{number}")).expect(200).json();
                assert_eq!(text(&deployment["ConfigurationVersion"]), version.to_string());
                assert_eq!(deployment["PercentageComplete"], 100.0);
                let log = deployment["EventLog"].as_array().expect("a log");
                assert_eq!(log.first().map(|it| text(&it["EventType"])), Some("DEPLOYMENT_COMPLETED".into()));
                assert_eq!(log.last().map(|it| text(&it["EventType"])), Some("DEPLOYMENT_STARTED".into()));
                self.deployment_is(&path, *number, name, &deployment);
            }
        }
        deployments.recent.clear();
    }

    fn growing(&mut self, ledger: &mut Ledger) {
        let path = self.harbour.growing.clone();
        let found = self.found(&path);
        let running = found.values().filter(|state| *state != "COMPLETE").count();
        assert!(running <= 1, "{found:?}");
        self.adopt(&path, &found, &mut ledger.growing);
        for (number, (name, ())) in &ledger.growing.by_number {
            let deployment = self.client.get(&format!("{path}/{number}")).expect(200).json();
            let progress = progress(&deployment);
            let before = ledger.seen.insert(*number, progress).unwrap_or(0.0);
            assert!(progress >= before, "deployment {number} was at {before} and is at {progress}");
            self.deployment_is(&path, *number, name, &deployment);
        }
        ledger.growing.recent.clear();
    }

    /// The states of an environment's deployments.
    fn found(&mut self, path: &str) -> BTreeMap<u64, String> {
        let listed = self.list(path);
        let number = |deployment: &Value| deployment["DeploymentNumber"].as_u64().expect("a number");
        let found: BTreeMap<_, _> = listed.iter().map(|it| (number(it), text(&it["State"]))).collect();
        assert_eq!(found.len(), listed.len(), "a deployment is there twice");
        found
    }

    /// Learns of deployments whose acknowledgement was lost.
    fn adopt<T: Copy>(&mut self, path: &str, found: &BTreeMap<u64, String>, known: &mut Numbered<T>) {
        let mut there = 0;
        for number in found.keys() {
            if known.by_number.contains_key(number) {
                continue;
            }
            let deployment = self.client.get(&format!("{path}/{number}")).expect(200).json();
            let name = text(&deployment["Description"]);
            let name = name.strip_prefix("about ").unwrap_or(&name).to_owned();
            let asked = known.unknown.get(&name).copied();
            let asked = asked.unwrap_or_else(|| panic!("a deployment that nobody asked for: {deployment}"));
            known.acknowledge(name, asked, *number);
            there += 1;
        }
        self.settle(there, known.unknown.len());
        known.unknown.clear();
        let acknowledged: Vec<_> = known.by_number.keys().collect();
        assert_eq!(acknowledged, Vec::from_iter(found.keys()), "deployments acknowledged, and there, at {path}");
        known.assert_gapless();
    }

    fn deployment_is(&mut self, path: &str, number: u64, name: &str, deployment: &Value) {
        if name != "first" {
            assert_eq!(text(&deployment["Description"]), about(name));
        }
        let resource = path.trim_start_matches('/').replace("applications/", "application/");
        let resource = resource.replace("environments/", "environment/").replace("deployments", "deployment");
        self.tags_are(&format!("{resource}/{number}"), name);
    }

    fn tokens(&mut self, ledger: &mut Ledger) {
        let (_, version) = ledger.deployments.by_number.last_key_value().expect("there is a first one").1;
        let (_, made) = &ledger.versions.by_number[version];
        let newest = made.content();
        let unused = aws::poll(&mut self.client, &ledger.unused_token).expect(200);
        assert!(unused.body == newest, "a session from before all crashes is served what was deployed last");
        let polled = aws::poll(&mut self.client, &ledger.chained_token).expect(200);
        ledger.take(&polled);
        assert!(ledger.held.as_ref() == Some(&newest), "a session that went on holds what was deployed last");
        let fresh = self.harbour.home.start_session(&mut self.client);
        assert!(aws::poll(&mut self.client, &fresh).expect(200).body == newest);
    }

    fn tags_are(&mut self, resource: &str, name: &str) {
        let arn = format!("arn:aws:appconfig:us-east-1:000000000000:{resource}").replace('/', "%2F");
        let found = self.client.get(&format!("/tags/{arn}")).expect(200).json();
        assert_eq!(found["Tags"], tags(name), "the tags of {resource}");
    }

    /// All pages of a list.
    fn list(&mut self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut query = String::new();
        loop {
            let page = self.client.get(&format!("{path}?max_results=50{query}")).expect(200).json();
            items.extend(page["Items"].as_array().expect("a list").iter().cloned());
            match page["NextToken"].as_str() {
                Some(token) => query = format!("&next_token={token}"),
                None => return items,
            }
        }
    }
}

fn about(name: &str) -> String {
    format!("about {name}")
}

fn tags(name: &str) -> Value {
    json!({"made-as": name, "kind": "crash test"})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The percentage; 100.5 while it bakes and 101 when it is done.
fn progress(deployment: &Value) -> f64 {
    match deployment["State"].as_str() {
        Some("COMPLETE") => 101.0,
        Some("BAKING") => 100.5,
        Some("DEPLOYING") => deployment["PercentageComplete"].as_f64().expect("a percentage"),
        state => panic!("{state:?}: {deployment}"),
    }
}
