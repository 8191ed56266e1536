//! What all that takes part in a simulation shares: the store, chance, the story, and what is found wrong.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tidegate_journal::memory::MemoryJournal;
use tidegate_journal::{AppendError, Entry, Journal};
use tidegate_server::node::Node;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::chance::Chance;
use super::line::CALM;
use super::truth::Truth;

/// A fault that is put in on purpose, to see whether it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    Nothing,
    /// The store takes an entry whatever stands before it.
    AppendWithoutCompare,
    /// The store says yes, and now and then writes nothing.
    AcknowledgeUnwritten,
    /// What was not answered is sent once more, as something new.
    ForgetLostAnswers,
    /// Somebody starts deployments without looking whether one runs.
    SkipOneDeploymentRule,
    /// Somebody writes steps that make a share smaller.
    FallBack,
    /// Tokens do not say what a session has seen.
    ServeOlder,
    /// Nodes do not see the claims of others.
    ActWithoutClaim,
    /// Nodes take themselves for up to date.
    ReadWithoutLook,
}

/// What a machine's line is like.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub is_cut: bool,
    /// How long one way takes at most.
    pub slowest: Duration,
    /// Of a thousand messages, how many get lost.
    pub lost_per_mille: u64,
}

impl Weather {
    fn is_hindering(self) -> bool {
        self.is_cut || self.slowest >= Duration::from_secs(1) || self.lost_per_mille > 0
    }
}

/// How often what happened: a simulation in which nothing does shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub entries: u64,
    pub conflicts: u64,
    pub lost: u64,
    pub deaths: u64,
    pub starts_from_disk: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub unknown: u64,
    pub reads: u64,
    pub polls: u64,
    pub changes: u64,
    pub steps: u64,
    pub rollbacks: u64,
    pub calls: u64,
    pub calls_again: u64,
}

/// How a simulation ended.
pub struct Ended {
    /// A digest of all that happened.
    pub hash: u64,
    pub violation: Option<String>,
    /// All that happened, if it was asked for.
    pub story: Vec<String>,
    pub seen: Seen,
}

pub struct Stage {
    pub journal: MemoryJournal,
    pub plant: Plant,
    pub began: Instant,
    chance: Mutex<Chance>,
    /// Rung when the journal grew. (It wakes in the order in which was waited; the journal's own bell does not.)
    bell: Notify,
    lines: Mutex<Vec<Tracked>>,
    nodes: Mutex<BTreeMap<usize, (Arc<Node>, u64)>>,
    truth: Mutex<Truth>,
    told: Mutex<Told>,
}

struct Tracked {
    weather: Weather,
    hindered_since: Option<Instant>,
    hindered_for: Duration,
}

struct Told {
    hash: u64,
    story: Option<Vec<String>>,
    violation: Option<String>,
    seen: Seen,
    line: String,
}

impl Stage {
    pub fn new(seed: u64, plant: Plant, machines: usize, is_told: bool) -> Self {
        let line = || Tracked { weather: CALM, hindered_since: None, hindered_for: Duration::ZERO };
        Self {
            journal: MemoryJournal::new(),
            plant,
            began: Instant::now(),
            chance: Mutex::new(Chance::new(seed)),
            bell: Notify::new(),
            lines: Mutex::new((0..machines).map(|_| line()).collect()),
            nodes: Mutex::default(),
            truth: Mutex::new(Truth::new()),
            told: Mutex::new(Told {
                hash: 0xcbf2_9ce4_8422_2325,
                story: is_told.then(Vec::new),
                violation: None,
                seen: Seen::default(),
                line: String::new(),
            }),
        }
    }

    pub fn chance(&self) -> MutexGuard<'_, Chance> {
        self.chance.lock().unwrap()
    }

    pub fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap()
    }

    pub fn saw(&self, count: impl FnOnce(&mut Seen)) {
        count(&mut self.told.lock().unwrap().seen);
    }

    /// Adds a line to the story.
    pub fn tell(&self, line: std::fmt::Arguments<'_>) {
        let mut told = self.told.lock().unwrap();
        let Told { hash, story, line: text, .. } = &mut *told;
        text.clear();
        let _ = write!(text, "{:>9.3} {line}", self.began.elapsed().as_secs_f64());
        for byte in text.bytes() {
            *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        if let Some(story) = story {
            story.push(text.clone());
        }
    }

    /// Notes that an invariant does not hold. The first one counts.
    pub fn accuse(&self, what: String) {
        self.tell(format_args!("!! {what}"));
        self.told.lock().unwrap().violation.get_or_insert(what);
    }

    pub fn is_over(&self) -> bool {
        self.told.lock().unwrap().violation.is_some()
    }

    pub fn ended(&self) -> Ended {
        let mut told = self.told.lock().unwrap();
        Ended {
            hash: told.hash,
            violation: told.violation.take(),
            story: told.story.take().unwrap_or_default(),
            seen: told.seen,
        }
    }

    pub fn weather(&self, machine: usize) -> Weather {
        self.lines.lock().unwrap()[machine].weather
    }

    pub fn set_weather(&self, machine: usize, weather: Weather) {
        let mut lines = self.lines.lock().unwrap();
        let line = &mut lines[machine];
        line.weather = weather;
        match (line.hindered_since, weather.is_hindering()) {
            (None, true) => line.hindered_since = Some(Instant::now()),
            (Some(since), false) => {
                line.hindered_for += since.elapsed();
                line.hindered_since = None;
            }
            _ => {}
        }
    }

    /// How long a machine's line has been cut, slow or lossy in all: so that a few exchanges may take half a minute.
    pub fn hindered_for(&self, machine: usize) -> Duration {
        let lines = self.lines.lock().unwrap();
        let line = &lines[machine];
        line.hindered_for + line.hindered_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub fn node(&self, machine: usize) -> Option<Arc<Node>> {
        self.nodes.lock().unwrap().get(&machine).map(|(node, _)| node.clone())
    }

    pub fn set_node(&self, machine: usize, node: Option<Arc<Node>>) {
        let mut nodes = self.nodes.lock().unwrap();
        match node {
            Some(node) => nodes.insert(machine, (node, u64::MAX)),
            None => nodes.remove(&machine),
        };
    }

    /// Waits until the journal is longer.
    pub async fn wait(&self, after: u64) {
        loop {
            let mut rung = std::pin::pin!(self.bell.notified());
            rung.as_mut().enable();
            if self.truth().now().number > after {
                return;
            }
            rung.await;
        }
    }

    /// The store's end: an entry arrives.
    pub async fn append(&self, machine: usize, mut entry: Entry) -> Result<(), AppendError> {
        if self.plant == Plant::AppendWithoutCompare {
            let entries = self.journal.read(0, usize::MAX).await?;
            entry.number = entries.len() as u64 + 1;
            entry.prev = entries.last().map_or(entry.prev, |last| last.id);
        }
        let outcome = self.journal.append(&entry).await;
        match &outcome {
            Ok(()) => {
                self.bell.notify_waiters();
                self.saw(|seen| seen.entries += 1);
                self.tell(format_args!("{} writes {}: {}", name(machine), entry.number, entry.body));
                let taken_in = self.truth().take_in(&entry, |count| self.saw(count));
                if let Err(violation) = taken_in {
                    self.accuse(violation);
                }
            }
            Err(_) => {
                self.saw(|seen| seen.conflicts += 1);
                self.tell(format_args!("{} is too late for {}", name(machine), entry.number));
            }
        }
        self.check();
        outcome
    }

    /// Every node is where the journal says it was at the entry that the node has come to: so nodes that have come to
    /// the same entry show the same, down to the last percent.
    pub fn check(&self) {
        if self.plant == Plant::ActWithoutClaim {
            // What it does is what is to be found.
            return;
        }
        let truth = self.truth();
        let mut violation = None;
        for (machine, (node, checked)) in &mut *self.nodes.lock().unwrap() {
            let published = node.published();
            let number = published.state.number;
            if number == *checked {
                continue;
            }
            *checked = number;
            match truth.at(number) {
                Some(state) if *state == published.state => {}
                Some(_) => violation = Some(format!("{} at {number} is not what the journal says", name(*machine))),
                None => violation = Some(format!("{} is at {number}, which nobody wrote", name(*machine))),
            }
        }
        drop(truth);
        if let Some(violation) = violation {
            self.accuse(violation);
        }
    }
}

pub fn name(machine: usize) -> char {
    char::from(b'a' + machine as u8)
}

impl Seen {
    pub fn add(&mut self, other: &Self) {
        macro_rules! add {
            ($($count:ident),* $(,)?) => { $(self.$count += other.$count;)* };
        }
        add!(
            entries,
            conflicts,
            lost,
            deaths,
            starts_from_disk,
            acknowledged,
            refused,
            unknown,
            reads,
            polls,
            changes,
            steps,
            rollbacks,
            calls,
            calls_again,
        );
    }

    /// Everything that can happen has happened, and not only once.
    pub fn assert_rich(&self, seeds: u64) {
        macro_rules! rich {
            ($($count:ident),* $(,)?) => { $(
                assert!(self.$count >= seeds / 20, "{seeds} seeds, and {}: {}", stringify!($count), self.$count);
            )* };
        }
        rich!(entries, conflicts, lost, deaths, acknowledged, refused, unknown, reads, polls, changes, steps);
        rich!(rollbacks, calls, calls_again);
    }
}
