//! When the next step of each running deployment is due, by this node's own monotonic clock.
//!
//! Clocks of day jump, and differ between nodes; so a node that has seen a step happen counts the interval from there
//! on its monotonic clock, and looks at the time of day only once, when it starts and has to guess how long ago the
//! last step was. A wrong guess costs at most one interval, in either direction of the clock's error none is skipped.

use std::collections::BTreeMap;

use tidegate_domain::growth::delay_ms;
use tidegate_domain::{Deployment, Id, Realm, State};

/// A step that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub(super) realm: Realm,
    pub(super) environment: Id,
    pub(super) number: u32,
    pub(super) steps: u32,
}

struct Line {
    number: u32,
    steps: u32,
    due_ms: i64,
}

/// See the module.
pub struct Timetable {
    lines: BTreeMap<(Realm, Id), Line>,
    /// The number of the state that was observed last.
    observed: u64,
}

impl Timetable {
    /// The timetable of a node that has just learnt of everything at once.
    pub fn new(state: &State, monotonic_ms: i64, now_ms: i64) -> Self {
        let lines = state.running().map(|(realm, deployment, step)| {
            let delay_ms = delay_ms(&deployment.plan, step);
            let gone_ms = now_ms.saturating_sub(deployment.last_step_at_ms).clamp(0, delay_ms);
            (key(realm, &deployment), line(&deployment, monotonic_ms + delay_ms - gone_ms))
        });
        Self { lines: lines.collect(), observed: state.number }
    }

    /// Takes in a state: what is new in it has happened just now.
    pub fn observe(&mut self, state: &State, monotonic_ms: i64) {
        if state.number == self.observed {
            return;
        }
        self.observed = state.number;
        let mut old = std::mem::take(&mut self.lines);
        for (realm, deployment, step) in state.running() {
            let key = key(realm, &deployment);
            let is_same = |line: &Line| line.number == deployment.number && line.steps == deployment.steps;
            let line = match old.remove(&key) {
                Some(line) if is_same(&line) => line,
                _ => line(&deployment, monotonic_ms + delay_ms(&deployment.plan, step)),
            };
            self.lines.insert(key, line);
        }
    }

    /// When the next step is due.
    pub fn next_at_ms(&self) -> Option<i64> {
        self.lines.values().map(|line| line.due_ms).min()
    }

    /// The steps that are due by now, the longest due first.
    pub fn due(&self, monotonic_ms: i64) -> Vec<Due> {
        let mut due: Vec<_> = self.lines.iter().filter(|(_, line)| line.due_ms <= monotonic_ms).collect();
        due.sort_by_key(|(_, line)| line.due_ms);
        let due = due.into_iter().map(|((realm, environment), line)| Due {
            realm: realm.clone(),
            environment: *environment,
            number: line.number,
            steps: line.steps,
        });
        due.collect()
    }

    /// Strikes out a step that turned out to be somebody else's; the next state brings the next one.
    pub(super) fn forget(&mut self, due: &Due) {
        self.lines.remove(&(due.realm.clone(), due.environment));
    }
}

fn key(realm: &Realm, deployment: &Deployment) -> (Realm, Id) {
    (realm.clone(), deployment.environment)
}

fn line(deployment: &Deployment, due_ms: i64) -> Line {
    Line { number: deployment.number, steps: deployment.steps, due_ms }
}
