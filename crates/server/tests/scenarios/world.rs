//! The world of a story: nodes on one store, clients, and time that passes when told.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tidegate_domain::growth::Step;
use tidegate_domain::{Actor, Decision, Event, State};
use tidegate_journal::Journal;
use tidegate_journal::memory::MemoryJournal;
use tidegate_model::{Timestamp, route};
use tidegate_server::clock::Clock;
use tidegate_server::conductor::Conductor;
use tidegate_server::node::{Caller, Node};
use tidegate_server::{Settings, operations};
use tidegate_wire::Request;

use super::link::{Link, Seen, Witness};
use super::sessions::{Group, Send, Watcher, content, refusal};

/// When every story begins.
const BEGINNING_MS: i64 = 1_800_000_000_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Two moments of the same time in a row are many steps at once; so many are a step that stays due.
const MOMENTS_AT_ONCE: usize = 50;

/// A machine with a clock and a line to the store, on which a node may run.
struct Machine {
    link: Link,
    /// How far its clock is ahead.
    clock_ms: i64,
    settings: Settings,
    running: Option<(Arc<Node>, Conductor)>,
}

/// See the module.
pub struct World {
    journal: Arc<MemoryJournal>,
    witness: Arc<Witness>,
    now_ms: i64,
    machines: BTreeMap<String, Machine>,
    groups: Vec<Group>,
    sessions: u128,
    /// What has been made, by the path under which it was asked for.
    made: HashSet<String>,
    /// Ids, with the names that stand for them in outputs.
    names: BTreeMap<String, String>,
    /// The application and environment that were last deployed to.
    environment: String,
}

/// Lines of output, or what is wrong with the command.
type Output = Result<Vec<String>, String>;

impl World {
    pub fn new() -> Self {
        Self {
            journal: Arc::new(MemoryJournal::new()),
            witness: Arc::default(),
            now_ms: BEGINNING_MS,
            machines: BTreeMap::new(),
            groups: Vec::new(),
            sessions: 0,
            made: HashSet::new(),
            names: BTreeMap::new(),
            environment: String::new(),
        }
    }

    pub async fn carry_out(&mut self, command: &str) -> Output {
        let mut words: Vec<&str> = command.split_whitespace().collect();
        let mut node = None;
        if let [.., "on", name] = words[..] {
            node = Some(name);
            words.truncate(words.len() - 2);
        }
        let mut lines = match words[..] {
            ["start", name, ref options @ ..] => self.start(name, options).await?,
            ["kill", name] => self.kill(name)?,
            ["restart", name] => {
                self.kill(name)?;
                self.start(name, &[]).await?
            }
            ["cut", name] => self.each(name, |machine| machine.link.cut())?,
            ["mend", name] => self.each(name, |machine| machine.link.mend())?,
            ["lose", name] => self.each(name, |machine| machine.link.lose_next_answer())?,
            ["break", name] => self.each(name, |machine| machine.link.break_at_next_append())?,
            ["blind", name] => self.each(name, |machine| machine.link.blind())?,
            ["slow", name] => self.each(name, |machine| machine.link.slow_next_write())?,
            ["deploy", channel, ref options @ ..] => self.deploy(node, channel, options).await?,
            ["show", number] => self.show(node, number).await?,
            ["stop", number] => self.stop(node, number, false).await?,
            ["revert", number] => self.stop(node, number, true).await?,
            ["delete", environment] => self.delete(node, environment).await?,
            ["serving"] => self.serving(),
            ["advance", duration] => self.advance(duration).await?,
            ["sessions", count, "watch", channel] => self.watch(node, count, channel, "").await?,
            ["sessions", count, "watch", channel, "as", group] => self.watch(node, count, channel, group).await?,
            ["poll"] => self.poll(node, None, Send::Next)?,
            ["poll", "again"] => self.poll(node, None, Send::Last)?,
            ["poll", group] => self.poll(node, Some(group), Send::Next)?,
            ["poll", group, "again"] => self.poll(node, Some(group), Send::Last)?,
            _ => return Err("there is no such command; tests/scenarios.rs lists them".into()),
        };
        self.settle().await;
        lines.extend(self.witness.take().into_iter().filter_map(told));
        self.agree().await;
        Ok(lines.into_iter().map(|line| self.with_names(line)).collect())
    }

    async fn start(&mut self, name: &str, options: &[&str]) -> Output {
        let machine = self.machines.entry(name.into()).or_insert_with(|| Machine {
            link: Link::new(name, self.journal.clone(), self.witness.clone()),
            clock_ms: 0,
            settings: Settings { replay_guard_sessions: 1 << 14, ..Settings::default() },
            running: None,
        });
        if machine.running.is_some() {
            return Err(format!("node {name} runs already"));
        }
        for option in options {
            match option.split_once('=') {
                Some(("clock", offset)) => machine.clock_ms = offset_ms(offset)?,
                Some(("keys", age)) => machine.settings.token_key_max_age_ms = milliseconds(age)?,
                _ => return Err(format!("a node has no option {option}")),
            }
        }
        let clock = Clock::manual(self.now_ms + machine.clock_ms);
        match Node::open(machine.link.faulty.clone(), machine.settings.clone(), clock).await {
            Ok(node) => machine.running = Some((node.clone(), Conductor::new(node))),
            Err(error) => return Ok(vec![format!("{name} does not start: {error}")]),
        }
        Ok(Vec::new())
    }

    fn kill(&mut self, name: &str) -> Output {
        let machine = self.machines.get_mut(name).ok_or_else(|| format!("there is no node {name}"))?;
        machine.running.take().ok_or_else(|| format!("node {name} does not run"))?;
        Ok(Vec::new())
    }

    fn each(&self, name: &str, change: impl Fn(&Machine)) -> Output {
        let mut meant = self.machines.iter().filter(|(other, _)| name == "all" || name == *other).peekable();
        meant.peek().ok_or_else(|| format!("there is no node {name}"))?;
        meant.for_each(|(_, machine)| change(machine));
        Ok(Vec::new())
    }

    async fn deploy(&mut self, on: Option<&str>, channel: &str, options: &[&str]) -> Output {
        let node = self.node(on)?;
        let (application, environment, profile) = parts(channel)?;
        let (mut version, mut strategy, mut latest) = ("1", "instant", None);
        for option in options {
            match option.split_once('=') {
                Some(("version", number)) => version = number,
                Some(("strategy", name)) => strategy = name,
                Some(("latest", number)) => latest = Some(number.parse::<i32>().map_err(|error| error.to_string())?),
                _ => return Err(format!("a deployment has no option {option}")),
            }
        }
        let root = format!("/applications/{application}");
        let mut needed = vec![
            ("/applications".to_owned(), application.to_owned(), json!({"Name": application})),
            (format!("{root}/environments"), environment.to_owned(), json!({"Name": environment})),
            (
                format!("{root}/configurationprofiles"),
                profile.to_owned(),
                json!({"Name": profile, "LocationUri": "hosted"}),
            ),
        ];
        if let Some(plan) = plan(strategy) {
            needed.push(("/deploymentstrategies".to_owned(), strategy.to_owned(), plan));
        }
        for (path, name, body) in needed {
            if self.made.contains(&format!("{path}/{name}")) {
                continue;
            }
            match call(&node, "POST", &path, &[], body.to_string()).await {
                Ok(made) => self.names.insert(made["Id"].as_str().unwrap_or_default().into(), name.clone()),
                Err(refusal) => return Ok(vec![refusal]),
            };
            self.made.insert(format!("{path}/{name}"));
        }
        let versions = format!("{root}/configurationprofiles/{profile}/hostedconfigurationversions");
        for number in 1..=version.parse::<u32>().map_err(|error| error.to_string())? {
            let path = format!("{versions}/{number}");
            if self.made.contains(&path) {
                continue;
            }
            let content = content(profile, &number.to_string());
            if let Err(refusal) = call(&node, "POST", &versions, &[("content-type", "text/plain")], content).await {
                return Ok(vec![refusal]);
            }
            self.made.insert(path);
        }
        let strategy_id = self.names.iter().find(|(_, name)| *name == strategy).map_or(strategy, |(id, _)| id);
        let mut body = json!({
            "ConfigurationProfileId": profile, "ConfigurationVersion": version, "DeploymentStrategyId": strategy_id,
        });
        if let Some(latest) = latest {
            body["LatestDeploymentNumber"] = latest.into();
        }
        self.environment = format!("{root}/environments/{environment}");
        let path = format!("{}/deployments", self.environment);
        Ok(vec![match call(&node, "POST", &path, &[], body.to_string()).await {
            Ok(deployment) => summary(&deployment),
            Err(refusal) => refusal,
        }])
    }

    async fn show(&self, on: Option<&str>, number: &str) -> Output {
        let node = self.node(on)?;
        let deployment = call(&node, "GET", &format!("{}/deployments/{number}", self.environment), &[], "").await;
        let environment = call(&node, "GET", &self.environment, &[], "").await;
        let (deployment, environment) = match (deployment, environment) {
            (Ok(deployment), Ok(environment)) => (deployment, environment),
            (Err(refusal), _) | (_, Err(refusal)) => return Ok(vec![refusal]),
        };
        let mut lines = vec![format!("{}; environment {}", summary(&deployment), text(&environment["State"]))];
        if deployment["CompletedAt"].is_string() {
            lines[0] += &format!("; completed at {}", since_beginning(&deployment["CompletedAt"]));
        }
        for event in deployment["EventLog"].as_array().into_iter().flatten() {
            lines.push(format!(
                "  {} {} by {}: {}",
                since_beginning(&event["OccurredAt"]),
                text(&event["EventType"]),
                text(&event["TriggeredBy"]),
                text(&event["Description"]),
            ));
        }
        Ok(lines)
    }

    async fn stop(&self, on: Option<&str>, number: &str, allow_revert: bool) -> Output {
        let node = self.node(on)?;
        let headers: &[_] = if allow_revert { &[("allow-revert", "true")] } else { &[] };
        let path = format!("{}/deployments/{number}", self.environment);
        Ok(vec![match call(&node, "DELETE", &path, headers, "").await {
            Ok(deployment) => summary(&deployment),
            Err(refusal) => refusal,
        }])
    }

    async fn delete(&self, on: Option<&str>, environment: &str) -> Output {
        let node = self.node(on)?;
        let (application, environment) = environment.split_once('/').ok_or("that should be application/environment")?;
        let path = format!("/applications/{application}/environments/{environment}");
        let headers = [("x-amzn-deletion-protection-check", "BYPASS")];
        Ok(call(&node, "DELETE", &path, &headers, "").await.err().into_iter().collect())
    }

    fn serving(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, node) in self.nodes() {
            let published = node.published();
            let mut channels: Vec<_> = published.state.channels().collect();
            channels.sort_by_key(|channel| channel.number);
            for channel in channels {
                let rollout = published.state.rollout(channel);
                let base = rollout.base.map_or("nothing".into(), |base| format!("v{}", base.content.version));
                let next = rollout.next.map(|(share, next)| format!(", v{} to {share} %", next.content.version));
                let (environment, profile) = (channel.environment, channel.profile);
                lines.push(format!("{name}: {environment}/{profile} {base}{}", next.unwrap_or_default()));
            }
        }
        lines
    }

    async fn watch(&mut self, on: Option<&str>, count: &str, channel: &str, group: &str) -> Output {
        let node = self.node(on)?;
        let (application, environment, profile) = parts(channel)?;
        let body = json!({
            "ApplicationIdentifier": application,
            "EnvironmentIdentifier": environment,
            "ConfigurationProfileIdentifier": profile,
        });
        let mut watchers = Vec::new();
        for _ in 0..count.parse::<usize>().map_err(|error| error.to_string())? {
            match call(&node, "POST", "/configurationsessions", &[], body.to_string()).await {
                Ok(started) => {
                    self.sessions += 1;
                    watchers.push(Watcher::new(&node, text(&started["InitialConfigurationToken"]), self.sessions));
                }
                Err(refusal) => return Ok(vec![refusal]),
            }
        }
        self.groups.push(Group { name: group.into(), profile: profile.into(), watchers });
        Ok(Vec::new())
    }

    fn poll(&mut self, on: Option<&str>, name: Option<&str>, send: Send) -> Output {
        let node = self.node(on)?;
        let mut lines = Vec::new();
        for group in self.groups.iter_mut().filter(|group| name.is_none_or(|name| name == group.name)) {
            let mut polled = group.poll(&node, send);
            if name.is_none() && !group.name.is_empty() {
                polled[0] = format!("{}: {}", group.name, polled[0]);
            }
            lines.append(&mut polled);
        }
        Ok(lines)
    }

    /// Lets time pass, from one moment in which something is due to the next.
    async fn advance(&mut self, duration: &str) -> Output {
        let end_ms = self.now_ms + milliseconds(duration)?;
        let mut at_once = 0;
        loop {
            let next_ms = self.next_moment_ms(end_ms);
            at_once = if next_ms == self.now_ms { at_once + 1 } else { 0 };
            if at_once > 0 && next_ms == end_ms {
                return Ok(Vec::new());
            }
            assert!(at_once < MOMENTS_AT_ONCE, "a step stays due");
            self.now_ms = next_ms;
            self.witness.now_ms.store(next_ms - BEGINNING_MS, Ordering::Relaxed);
            self.conduct().await;
            self.settle().await;
        }
    }

    /// The next moment in which a node that can reach the store has something to do, or looks after its keys.
    fn next_moment_ms(&mut self, end_ms: i64) -> i64 {
        let housekeeping_ms = self.now_ms - self.now_ms.rem_euclid(HOUR_MS) + HOUR_MS;
        let mut next_ms = end_ms.min(housekeeping_ms);
        for machine in self.machines.values_mut().filter(|machine| machine.link.is_up()) {
            let Some((_, conductor)) = &mut machine.running else { continue };
            if let Some(due_ms) = conductor.next_step_at_ms() {
                next_ms = next_ms.min(due_ms - machine.clock_ms);
            }
        }
        next_ms.max(self.now_ms)
    }

    /// Moves all clocks to the present, and lets the conductors do what is due then: all at the same time.
    async fn conduct(&mut self) {
        let mut tasks = Vec::new();
        for (name, machine) in &mut self.machines {
            let to_ms = self.now_ms + machine.clock_ms;
            let Some((node, mut conductor)) = machine.running.take() else { continue };
            let task = tokio::spawn(async move {
                // A step that cannot be taken now stays due.
                let _ = conductor.advance(to_ms).await;
                (node, conductor)
            });
            tasks.push((name.clone(), task));
        }
        for (name, task) in tasks {
            let running = task.await.expect("a conductor does not panic");
            self.machines.get_mut(&name).expect("machines stay").running = Some(running);
        }
    }

    /// Lets every node that can follow the journal to its end, and take what is due, until nothing new comes.
    async fn settle(&mut self) {
        loop {
            let before = self.journal.last().await.unwrap();
            for (node, conductor) in self.machines.values_mut().filter_map(|machine| machine.running.as_mut()) {
                let _ = node.catch_up().await;
                let _ = conductor.take_due_steps().await;
            }
            if self.journal.last().await.unwrap() == before {
                return;
            }
        }
    }

    /// Every node that can reach the store knows what the journal says.
    async fn agree(&self) {
        let mut state = State::default();
        for entry in self.journal.read(0, usize::MAX).await.unwrap() {
            state.apply(entry.number, &serde_json::from_str(&entry.body).unwrap());
        }
        for (name, machine) in self.machines.iter().filter(|(_, machine)| machine.link.is_up()) {
            if let Some((node, _)) = &machine.running {
                assert!(node.published().state == state, "node {name} is not where the journal is");
            }
        }
    }

    fn nodes(&self) -> impl Iterator<Item = (&str, &Arc<Node>)> {
        self.machines.iter().filter_map(|(name, machine)| Some((name.as_str(), &machine.running.as_ref()?.0)))
    }

    fn node(&self, on: Option<&str>) -> Result<Arc<Node>, String> {
        let found = self.nodes().find(|(name, _)| on.is_none_or(|on| on == *name));
        found.map(|(_, node)| node.clone()).ok_or_else(|| "no such node runs".into())
    }

    /// Puts names for ids, which are different every time.
    fn with_names(&self, line: String) -> String {
        self.names.iter().fold(line, |line, (id, name)| line.replace(id, name))
    }
}

/// Sends a request to a node, past its listener.
async fn call(
    node: &Node,
    method: &str,
    path: &str,
    headers: &[(&'static str, &'static str)],
    body: impl Into<Bytes>,
) -> Result<Value, String> {
    let route = route(method, path).map_err(|error| format!("{method} {path}: {error}"))?;
    let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    let headers: HeaderMap = headers.collect();
    let caller = Caller::new(node.home(), Actor::Caller(String::new()), "story".into());
    let request = Request { labels: &route.labels, query: None, headers: &headers, body: body.into() };
    match operations::answer(node, &caller, route.operation, &request).await {
        Ok(response) => Ok(serde_json::from_slice(response.body()).unwrap_or_default()),
        Err(failure) => Err(refusal(&failure.into_response("story"))),
    }
}

/// What a node did of itself.
fn told(seen: Seen) -> Option<String> {
    let (when, node) = (duration(seen.at_ms), seen.node);
    let Some(entry) = seen.entry else { return Some(format!("+{when} {node} finds that another write was quicker")) };
    let decision: Decision = serde_json::from_str(&entry.body).expect("an entry holds a decision");
    if decision.actor != Actor::Service {
        return None;
    }
    let events: Vec<String> = decision.events.iter().filter_map(event).collect();
    if events.is_empty() { None } else { Some(format!("+{when} {node} writes: {}", events.join(", "))) }
}

fn event(event: &Event) -> Option<String> {
    Some(match event {
        Event::TokenKeyCreated(key) => format!("token key {}", key.number),
        Event::DeploymentStepped { number, step: Step::Grow(share), .. } => format!("deployment {number} to {share} %"),
        Event::DeploymentStepped { number, step: Step::Bake, .. } => format!("deployment {number} bakes"),
        Event::DeploymentStepped { number, step: Step::Complete, .. } => format!("deployment {number} is complete"),
        Event::DeploymentRolledBack { number, .. } => format!("deployment {number} is rolled back"),
        _ => return None,
    })
}

fn summary(deployment: &Value) -> String {
    let (number, state, share) =
        (&deployment["DeploymentNumber"], text(&deployment["State"]), &deployment["PercentageComplete"]);
    format!("deployment {number} of v{}: {state}, {share} %", text(&deployment["ConfigurationVersion"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("(none)")
}

fn since_beginning(instant: &Value) -> String {
    let Timestamp(at_ms) = serde_json::from_value(instant.clone()).expect("an instant is one");
    format!("+{}", duration(at_ms - BEGINNING_MS))
}

fn parts(channel: &str) -> Result<(&str, &str, &str), String> {
    let parts: Vec<&str> = channel.split('/').collect();
    let [application, environment, profile] = parts[..] else {
        return Err(format!("{channel} should be application/environment/profile"));
    };
    Ok((application, environment, profile))
}

/// `linear25x15+10`: the factor, the duration, the bake. None for a name that only AWS's predefined strategies have.
fn plan(strategy: &str) -> Option<Value> {
    let (growth, bake) = strategy.split_once('+').unwrap_or((strategy, "0"));
    let (growth_type, numbers) = match growth {
        "all-at-once" | "instant" => ("LINEAR", "100x0"),
        _ => match growth.strip_prefix("linear") {
            Some(numbers) => ("LINEAR", numbers),
            None => ("EXPONENTIAL", growth.strip_prefix("exponential")?),
        },
    };
    let (factor, minutes) = numbers.split_once('x')?;
    Some(json!({
        "Name": strategy,
        "GrowthType": growth_type,
        "GrowthFactor": factor.parse::<f64>().ok()?,
        "DeploymentDurationInMinutes": minutes.parse::<u32>().ok()?,
        "FinalBakeTimeInMinutes": bake.parse::<u32>().ok()?,
    }))
}

const UNITS: [(char, i64); 4] = [('d', 24 * HOUR_MS), ('h', HOUR_MS), ('m', 60_000), ('s', 1_000)];

/// `1h30m` in milliseconds.
fn milliseconds(text: &str) -> Result<i64, String> {
    let mistake = || format!("{text} should be a duration, like 1h30m");
    let (mut all_ms, mut number) = (0, 0);
    for letter in text.chars() {
        match letter.to_digit(10) {
            Some(digit) => number = number * 10 + i64::from(digit),
            None => {
                let (_, unit_ms) = UNITS.into_iter().find(|(unit, _)| *unit == letter).ok_or_else(mistake)?;
                all_ms += std::mem::take(&mut number) * unit_ms;
            }
        }
    }
    if number == 0 { Ok(all_ms) } else { Err(mistake()) }
}

/// `+1h` or `-1h` in milliseconds.
fn offset_ms(text: &str) -> Result<i64, String> {
    match text.strip_prefix('-') {
        Some(behind) => Ok(-milliseconds(behind)?),
        None => milliseconds(text.trim_start_matches('+')),
    }
}

/// A duration as people write it.
fn duration(mut rest_ms: i64) -> String {
    let mut text = String::new();
    for (unit, unit_ms) in UNITS {
        let count = rest_ms / unit_ms;
        rest_ms %= unit_ms;
        if count != 0 {
            text += &format!("{count}{unit}");
        }
    }
    if rest_ms != 0 {
        text += &format!("{rest_ms}ms");
    }
    if text.is_empty() { "0s".into() } else { text }
}
