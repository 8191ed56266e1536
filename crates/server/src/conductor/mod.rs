//! The conductor: lets deployments grow.
//!
//! It follows the journal, keeps a [`Timetable`] of the next step of every running deployment, and when a step is due
//! proposes it. The append is the lock: of two nodes that propose the same step one gets it written, and the other
//! finds it taken. While the store cannot be reached nobody can look, and the rollout holds where it is.

mod timetable;

use std::sync::Arc;
use std::time::Duration;

use tidegate_domain::{Command, Refusal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::timetable::Due;
pub use self::timetable::Timetable;
use crate::node::{Node, NotDone};

/// How long the conductor waits before it tries again what the store did not let it do.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often token keys are looked after.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(60 * 60);

/// Asks a conductor with a manual clock to move it.
pub struct Advance {
    /// The new time, in milliseconds since 1970.
    pub to_ms: i64,
    /// Answered when every step that was due by then has been taken, or with the reason why not.
    pub done: oneshot::Sender<Result<(), String>>,
}

/// See the module. One per node.
pub struct Conductor {
    node: Arc<Node>,
    timetable: Timetable,
}

impl Conductor {
    /// A conductor for a node that has just read the journal.
    pub fn new(node: Arc<Node>) -> Self {
        let timetable = Timetable::new(&node.published().state, node.clock.monotonic_ms(), node.clock.now_ms());
        Self { node, timetable }
    }

    /// Follows the journal and takes steps as they come due, until `shutdown` resolves.
    pub async fn run(mut self, mut advances: mpsc::Receiver<Advance>, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut housekeeping = tokio::time::interval(HOUSEKEEPING_EVERY);
        loop {
            let number = self.observe();
            let tried = self.take_due_steps().await;
            let pause = match tried {
                Ok(()) => self.until_next_step(),
                Err(_) => RETRY_AFTER,
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = self.node.changed_from(number) => {}
                () = self.node.journal_grew() => self.catch_up().await,
                () = tokio::time::sleep_until(Instant::now() + pause) => {}
                Some(advance) = advances.recv() => {
                    let outcome = self.advance(advance.to_ms).await;
                    // Whoever asked may have gone away.
                    let _ = advance.done.send(outcome);
                }
                _ = housekeeping.tick() => self.keep_house().await,
            }
        }
    }

    /// Moves a manual clock to this time, and through every step that comes due on the way.
    ///
    /// A step that the store refuses stays due; the clock goes on without it.
    pub async fn advance(&mut self, to_ms: i64) -> Result<(), String> {
        self.observe();
        let mut outcome = Ok(());
        while let Some(due_ms) = self.timetable.next_at_ms()
            && due_ms <= to_ms
            && outcome.is_ok()
        {
            self.node.clock.set_ms(due_ms);
            outcome = self.take_due_steps().await.map_err(|error| error.to_string());
        }
        self.node.clock.set_ms(to_ms);
        self.keep_house().await;
        outcome
    }

    /// Takes every step that is due by now.
    pub async fn take_due_steps(&mut self) -> Result<(), NotDone> {
        loop {
            self.observe();
            let due = self.timetable.due(self.node.clock.monotonic_ms());
            if due.is_empty() {
                return Ok(());
            }
            for step in due {
                self.take(step).await?;
            }
        }
    }

    async fn take(&mut self, due: Due) -> Result<(), NotDone> {
        let command = Command::TakeStep { environment: due.environment, number: due.number, steps: due.steps };
        let caller = self.node.service(due.realm.clone());
        match self.node.execute(&caller, &command).await {
            Ok(_) => {
                tracing::info!(environment = %due.environment, number = due.number, "took a deployment's next step");
                Ok(())
            }
            // Another node was quicker, or the deployment was stopped.
            Err(NotDone::Refused(Refusal::Superseded)) => {
                self.timetable.forget(&due);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(
                    %error, environment = %due.environment, number = due.number,
                    "cannot take a deployment's next step; the deployment holds"
                );
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

    fn until_next_step(&self) -> Duration {
        let never = Duration::from_secs(60 * 60);
        match self.timetable.next_at_ms() {
            // A manual clock moves when it is told to.
            Some(due_ms) if !self.node.clock.is_manual() => {
                let wait_ms = due_ms.saturating_sub(self.node.clock.monotonic_ms()).max(0);
                Duration::from_millis(wait_ms.unsigned_abs()).min(never)
            }
            _ => never,
        }
    }

    async fn catch_up(&self) {
        if let Err(error) = self.node.catch_up().await {
            tracing::warn!(%error, "cannot follow the journal; polls are answered from memory");
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    async fn keep_house(&self) {
        if let Err(error) = self.node.rotate_token_key().await {
            tracing::warn!(%error, "cannot look after the keys for tokens");
        }
    }
}
