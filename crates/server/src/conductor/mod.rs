//! The conductor: lets deployments grow, and calls the actions that come after.
//!
//! It follows the journal, keeps a [`Timetable`] of the next step of every running deployment, and when a step is due
//! proposes it. The append is the lock: of two nodes that propose the same step one gets it written, and the other
//! finds it taken. While the store cannot be reached nobody can look, and the rollout holds where it is.
//!
//! What reaches outside is claimed in the journal first, so that one node does it; each deployment's work runs on its
//! own, so that a slow extension delays no other deployment.

mod ledger;
mod timetable;
mod work;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tidegate_domain::{Id, Realm, Work};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::Instant;

use self::ledger::Ledger;
pub use self::timetable::Timetable;
use self::work::Progress;
use crate::follower;
use crate::keeper;
use crate::node::{Node, NotDone};

/// How long the conductor waits before it tries again what the store did not let it do.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often token keys, notes of polls and idle limits are looked after.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(60);

/// Asks a conductor with a manual clock to move it.
pub struct Advance {
    /// How far, in milliseconds.
    pub by_ms: i64,
    /// Answered when every step that was due by then has been taken, or with the reason why not.
    pub done: oneshot::Sender<Result<(), String>>,
}

/// What runs one at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Lane {
    /// The steps of the deployment that runs in an environment.
    Steps(Realm, Id),
    /// Looking at the monitors of an environment.
    Watch(Realm, Id),
    /// The actions after what happened to a deployment.
    Actions(Realm, Id, u32),
    /// Looking after the store.
    Store,
}

type Finished = (Lane, Result<Progress, NotDone>);

/// See the module. One per node.
pub struct Conductor {
    node: Arc<Node>,
    timetable: Timetable,
    jobs: JoinSet<Finished>,
    /// Which lane a job runs in, for those that end with a fault and cannot tell.
    lanes: HashMap<task::Id, Lane>,
    busy: HashSet<Lane>,
    /// Lanes in which something went wrong, or another node is at work, and when to look again.
    held: HashMap<Lane, Instant>,
    /// What this node has claimed, and what it has done.
    ledger: Arc<Ledger>,
    /// The deployments whose monitors are looked at, and when the next time.
    watched: HashMap<(Realm, Id), (u32, Instant)>,
    /// Since when this node has seen others at work.
    others: HashMap<(Realm, Work), (u64, Instant)>,
}

impl Conductor {
    /// A conductor for a node that has just read the journal.
    pub fn new(node: Arc<Node>) -> Self {
        let timetable = Timetable::new(&node.published().state, node.clock.monotonic_ms(), node.clock.now_ms());
        Self {
            node,
            timetable,
            jobs: JoinSet::new(),
            lanes: HashMap::new(),
            busy: HashSet::new(),
            held: HashMap::new(),
            ledger: Arc::default(),
            watched: HashMap::new(),
            others: HashMap::new(),
        }
    }

    /// Follows the journal and does what comes due, until `shutdown` resolves; then lets what runs finish.
    pub async fn run(self, advances: mpsc::Receiver<Advance>, shutdown: impl Future<Output = ()>) {
        let node = self.node.clone();
        tokio::select! {
            biased;
            () = self.work(advances, shutdown) => {}
            () = follower::follow(&node) => {}
            () = keeper::keep(&node) => {}
        }
        if node.has_cache()
            && let Err(error) = node.keep().await
        {
            tracing::warn!(error, "cannot keep what is served on disk");
        }
    }

    async fn work(mut self, mut advances: mpsc::Receiver<Advance>, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut housekeeping = tokio::time::interval(HOUSEKEEPING_EVERY);
        let node = self.node.clone();
        loop {
            let number = self.observe();
            self.start_due_work();
            self.start_due_looks();
            let pause = self.until_something_is_due();
            // In this order, so that a simulation goes the same way every time. None of them is always ready.
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(joined) = self.jobs.join_next_with_id(), if !self.jobs.is_empty() => {
                    // It was logged, and is tried again.
                    let _ = self.finish(joined);
                }
                Some(advance) = advances.recv() => {
                    let to_ms = self.node.clock.now_ms().saturating_add(advance.by_ms);
                    let outcome = self.advance(to_ms).await;
                    // Whoever asked may have gone away.
                    let _ = advance.done.send(outcome);
                }
                () = node.changed_from(number) => {}
                _ = housekeeping.tick() => self.keep_house().await,
                () = tokio::time::sleep(pause) => {}
            }
        }
        let rest = async { while self.jobs.join_next_with_id().await.is_some() {} };
        if tokio::time::timeout(node.settings.shutdown_timeout, rest).await.is_err() {
            tracing::warn!("some actions did not finish in time; they will be called again");
        }
    }

    /// Moves a manual clock to this time, and through every step that comes due on the way.
    ///
    /// A step that the store refuses stays due; the clock goes on without it.
    pub async fn advance(&mut self, to_ms: i64) -> Result<(), String> {
        let mut outcome = self.take_due_steps().await;
        while outcome.is_ok()
            && self.node.settings.follows.is_none()
            && let Some(due_ms) = self.next_at_ms()
            && due_ms <= to_ms
        {
            self.node.clock.set_ms(due_ms);
            outcome = self.take_due_steps().await;
        }
        self.node.clock.set_ms(to_ms);
        self.keep_house().await;
        outcome.map_err(|error| error.to_string())
    }

    /// When, after now, something is to be done: a step that comes due, or one that an alarm has held for too long.
    fn next_at_ms(&mut self) -> Option<i64> {
        self.observe();
        let now_ms = self.node.clock.monotonic_ms();
        let end_of_patience = self.node.alarms.next_at_ms().filter(|at_ms| *at_ms > now_ms);
        self.timetable.next_at_ms_after(now_ms).into_iter().chain(end_of_patience).min()
    }

    /// When the next step is due by what the node knows now, in milliseconds of its monotonic clock.
    pub fn next_step_at_ms(&mut self) -> Option<i64> {
        self.observe();
        self.timetable.next_at_ms()
    }

    /// Takes every step that is due by now, also those that were held.
    pub async fn take_due_steps(&mut self) -> Result<(), NotDone> {
        self.held.clear();
        let mut outcome = Ok(());
        loop {
            self.observe();
            self.start_due_work();
            if !self.busy.iter().any(|lane| matches!(lane, Lane::Steps(..))) {
                return outcome;
            }
            if let Some(joined) = self.jobs.join_next_with_id().await {
                outcome = outcome.and(self.finish(joined));
            }
        }
    }

    /// Starts what is due in lanes in which nothing runs.
    fn start_due_work(&mut self) {
        // A relay decides nothing.
        if self.node.settings.follows.is_some() {
            return;
        }
        let now = Instant::now();
        self.held.retain(|_, until| *until > now);
        let published = self.node.published();
        self.others.retain(|(realm, work), _| published.state.is_open(realm, *work));
        self.ledger.strike_out(&published.state);
        drop(published);
        for due in self.timetable.due(self.node.clock.monotonic_ms()) {
            let work = Work::Step { environment: due.environment, number: due.number, steps: due.steps };
            self.start(Lane::Steps(due.realm.clone(), due.environment), due.realm, work);
        }
        let node = self.node.clone();
        let published = node.published();
        for (realm, work) in published.state.outbox() {
            let Work::Actions { environment, number, .. } = work else { continue };
            // The outbox is in order: what comes later of the same deployment finds the lane busy.
            self.start(Lane::Actions(realm.clone(), environment, number), realm.clone(), work);
        }
    }

    /// Looks at the monitors of running deployments: when one starts, from then on regularly, and at once when one of
    /// its alarms was reported as raised.
    fn start_due_looks(&mut self) {
        if self.node.settings.follows.is_some() {
            return;
        }
        let now = Instant::now();
        let node = self.node.clone();
        let published = node.published();
        let mut old = std::mem::take(&mut self.watched);
        for (realm, deployment, _) in published.state.running() {
            let state = published.state.realm(realm);
            if !node.alarms.has_monitors(&state, &deployment) {
                continue;
            }
            let (environment, number) = (deployment.environment, deployment.number);
            let key = (realm.clone(), environment);
            let next_at = old.remove(&key).filter(|(of, _)| *of == number).map_or(now, |(_, next_at)| next_at);
            let lane = Lane::Watch(realm.clone(), environment);
            let is_due = next_at <= now || node.alarms.is_raised(&state, &deployment);
            if !is_due || self.held.contains_key(&lane) || self.busy.contains(&lane) {
                self.watched.insert(key, (number, next_at));
                continue;
            }
            self.watched.insert(key, (number, now + node.alarms.every()));
            self.busy.insert(lane.clone());
            let (node, realm) = (node.clone(), realm.clone());
            self.spawn(lane, async move { work::watch(&node, &realm, environment, number).await });
        }
        let held = node.alarms.retain(|realm, environment, number| {
            let deployment = published.state.realm(realm);
            deployment.deployment_by_id(environment, number).is_some_and(|deployment| deployment.is_running())
        });
        node.metrics.held_deployments.set(i64::try_from(held).unwrap_or(i64::MAX));
    }

    fn start(&mut self, lane: Lane, realm: Realm, work: Work) {
        if self.held.contains_key(&lane) || !self.busy.insert(lane.clone()) {
            return;
        }
        let instead_of = self.claim_to_take_over(&realm, work);
        let (node, ledger) = (self.node.clone(), self.ledger.clone());
        self.spawn(lane, async move { work::carry_out(&node, &ledger, realm, work, instead_of).await });
    }

    /// Another node's claim that may be taken over, because nothing has come of it for long.
    fn claim_to_take_over(&mut self, realm: &Realm, work: Work) -> Option<u64> {
        let key = (realm.clone(), work);
        let claimant = self.node.published().state.claimant(realm, work);
        let Some(claimant) = claimant.filter(|claim| !self.ledger.is_own(&key, *claim)) else {
            self.others.remove(&key);
            return None;
        };
        let (seen, since) = *self.others.entry(key.clone()).or_insert((claimant, Instant::now()));
        if seen != claimant {
            self.others.insert(key, (claimant, Instant::now()));
            return None;
        }
        (since.elapsed() >= self.node.settings.claim_timeout).then_some(claimant)
    }

    fn finish(&mut self, joined: Result<(task::Id, Finished), JoinError>) -> Result<(), NotDone> {
        let (lane, outcome) = match joined {
            Ok((id, (lane, outcome))) => {
                self.lanes.remove(&id);
                (lane, outcome)
            }
            Err(error) => {
                tracing::error!(%error, "a deployment's work ended with a fault");
                if let Some(lane) = self.lanes.remove(&error.id()) {
                    self.busy.remove(&lane);
                    self.held.insert(lane, Instant::now() + RETRY_AFTER);
                }
                return Err(NotDone::Fault);
            }
        };
        self.busy.remove(&lane);
        match outcome {
            Ok(Progress::Done) => Ok(()),
            Ok(Progress::NothingToDo) => {
                if let Lane::Steps(realm, environment) = &lane {
                    self.timetable.forget(realm, *environment);
                }
                Ok(())
            }
            Err(NotDone::Held(why)) => {
                tracing::warn!(why, ?lane, "a deployment is held");
                self.held.insert(lane, Instant::now() + RETRY_AFTER);
                Ok(())
            }
            Err(error) => {
                if !matches!(error, NotDone::OthersAtWork) {
                    tracing::warn!(%error, ?lane, "cannot go on with a deployment; it holds");
                }
                self.held.insert(lane, Instant::now() + RETRY_AFTER);
                Err(error)
            }
        }
    }

    /// Brings the timetable up to date, and says with what state.
    fn observe(&mut self) -> u64 {
        let published = self.node.published();
        self.timetable.observe(&published.state, self.node.clock.monotonic_ms());
        published.state.number
    }

    fn until_something_is_due(&self) -> Duration {
        let now = Instant::now();
        let next_try = self.held.values().map(|until| until.saturating_duration_since(now)).min();
        // A manual clock moves when it is told to. What is due already runs, or is held.
        let monotonic_ms = self.node.clock.monotonic_ms();
        let next_step = self.timetable.next_at_ms_after(monotonic_ms).filter(|_| !self.node.clock.is_manual());
        let next_step = next_step.map(|due_ms| Duration::from_millis((due_ms - monotonic_ms).unsigned_abs()));
        // A look that is due and does not start waits for the one before it, which wakes the conductor when it ends.
        let next_look = self.watched.values().map(|(_, next_at)| next_at.saturating_duration_since(now));
        let next_look = next_look.filter(|pause| !pause.is_zero()).min();
        next_try
            .into_iter()
            .chain(next_step)
            .chain(next_look)
            .min()
            .unwrap_or(HOUSEKEEPING_EVERY)
            .min(HOUSEKEEPING_EVERY)
    }

    async fn keep_house(&mut self) {
        self.node.rates.forget_idle();
        if let Err(error) = self.node.look_after_history().await {
            tracing::warn!(%error, "cannot follow the journal; polls are answered from memory");
        }
        let is_relay = self.node.settings.follows.is_some();
        if !is_relay && let Err(error) = self.node.rotate_token_key().await {
            tracing::warn!(%error, "cannot look after the keys for tokens");
        }
        if let Err(error) = self.node.note_polls().await {
            tracing::warn!(%error, "cannot note which configurations are in use");
        }
        if !is_relay && self.busy.insert(Lane::Store) {
            let node = self.node.clone();
            self.spawn(Lane::Store, async move {
                if let Err(error) = node.look_after_journal().await {
                    tracing::warn!(%error, hint = error.hint, "cannot look after the journal; it only grows");
                }
                if let Err(error) = node.look_after_contents().await {
                    tracing::warn!(%error, "cannot look for contents that nobody needs; they stay");
                }
                Ok(Progress::Done)
            });
        }
    }

    fn spawn(&mut self, lane: Lane, job: impl Future<Output = Result<Progress, NotDone>> + Send + 'static) {
        let of_job = lane.clone();
        let handle = self.jobs.spawn(async move { (of_job, job.await) });
        self.lanes.insert(handle.id(), lane);
    }
}
