//! What has happened, by the one order that the store gives it; and what must be so in it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tidegate_domain::growth::{delay_ms, growth_steps, next_step, percentage_after};
use tidegate_domain::{Decision, Deployment, DeploymentState, Event, Id, Realm, State};
use tidegate_journal::Entry;
use tokio::time::Instant;

use super::stage::Seen;

pub struct Truth {
    /// The state after each entry; the first is the empty one.
    states: Vec<State>,
    /// Entries by the request that led to them.
    by_request: HashMap<String, Vec<u64>>,
    /// The highest entry that a client knows of.
    pub acknowledged: u64,
    /// When a process started last: it may guess wrong how long ago a step was, and be early by one.
    pub started: Instant,
    stepped: BTreeMap<(Realm, Id), Instant>,
}

impl Truth {
    pub fn new() -> Self {
        Self {
            states: vec![State::default()],
            by_request: HashMap::new(),
            acknowledged: 0,
            started: Instant::now(),
            stepped: BTreeMap::new(),
        }
    }

    pub fn now(&self) -> &State {
        self.states.last().expect("there is always a state")
    }

    pub fn at(&self, number: u64) -> Option<&State> {
        self.states.get(usize::try_from(number).ok()?)
    }

    /// The entries that a request led to.
    pub fn of_request(&self, request: &str) -> &[u64] {
        self.by_request.get(request).map_or(&[], Vec::as_slice)
    }

    /// A deployment by the environment's and its own number, as it is now.
    pub fn deployment(&self, realm: &Realm, environment: Id, number: u32) -> Option<Deployment> {
        self.now().realm(realm).deployment_by_id(environment, number).map(|deployment| Deployment::clone(deployment))
    }

    /// Takes in an entry, and says what is wrong with it.
    pub fn take_in(&mut self, entry: &Entry, saw: impl Fn(fn(&mut Seen))) -> Result<(), String> {
        let decision: Decision = serde_json::from_str(&entry.body).map_err(|error| error.to_string())?;
        let before = self.now().clone();
        let mut after = before.clone();
        after.apply(entry.number, &decision);
        let _ = after.take_touched();
        self.states.push(after.clone());
        if !decision.request_id.is_empty() {
            let entries = self.by_request.entry(decision.request_id.clone()).or_default();
            entries.push(entry.number);
            if entries.len() > 1 {
                return Err(format!("request {} is in the journal {} times", decision.request_id, entries.len()));
            }
        }
        let Some(realm) = &decision.realm else { return Ok(()) };
        self.check_deployments(&before, &after, realm)?;
        for event in &decision.events {
            match event {
                Event::DeploymentStarted(deployment) => {
                    self.stepped.insert((realm.clone(), deployment.environment), Instant::now());
                }
                Event::DeploymentStepped { environment, number, .. } => {
                    saw(|seen| seen.steps += 1);
                    let of = before.realm(realm);
                    if let Some(deployment) = of.deployment_by_id(*environment, *number) {
                        self.check_time(realm, deployment)?;
                    }
                    self.stepped.insert((realm.clone(), *environment), Instant::now());
                }
                Event::DeploymentRolledBack { .. } => saw(|seen| seen.rollbacks += 1),
                _ => {}
            }
        }
        Ok(())
    }

    /// A step comes an interval after the one before it at the earliest.
    fn check_time(&self, realm: &Realm, deployment: &Deployment) -> Result<(), String> {
        let Some(stepped) = self.stepped.get(&(realm.clone(), deployment.environment)) else { return Ok(()) };
        let Some(step) = next_step(deployment) else { return Ok(()) };
        let interval = Duration::from_millis(delay_ms(&deployment.plan, step).unsigned_abs());
        // Clocks count whole milliseconds.
        let is_early = stepped.elapsed() + Duration::from_millis(2) < interval;
        if is_early && self.started < *stepped {
            return Err(format!(
                "deployment {} took a step after {:?} instead of {interval:?}",
                deployment.number,
                stepped.elapsed()
            ));
        }
        Ok(())
    }

    /// One deployment runs in an environment, and its share is what its plan says, and does not fall.
    fn check_deployments(&self, before: &State, after: &State, realm: &Realm) -> Result<(), String> {
        let (before, after) = (before.realm(realm), after.realm(realm));
        let mut running: BTreeMap<Id, u32> = BTreeMap::new();
        for deployment in after.all_deployments().filter(|deployment| deployment.is_running()) {
            let (environment, number) = (deployment.environment, deployment.number);
            if let Some(other) = running.insert(environment, number) {
                return Err(format!("two deployments run in {environment}: {other} and {number}"));
            }
            let planned = match (deployment.state, deployment.steps) {
                (_, 0) => 0.0,
                (DeploymentState::Deploying, steps) => percentage_after(&deployment.plan, steps),
                (_, _) => percentage_after(&deployment.plan, growth_steps(&deployment.plan)),
            };
            if deployment.percentage != planned {
                let (steps, share) = (deployment.steps, deployment.percentage);
                return Err(format!(
                    "deployment {number} is at {share} % after {steps} steps; the plan says {planned}"
                ));
            }
            if let Some(old) = before.deployment_by_id(environment, number)
                && (deployment.percentage < old.percentage || deployment.steps < old.steps)
            {
                return Err(format!("deployment {number} fell from {} %", old.percentage));
            }
        }
        Ok(())
    }
}
