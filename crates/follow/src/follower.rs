//! What users hold: a follower, and a session for each configuration.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::client::{BadSettings, Settings, Upstream};
use crate::driver::Driver;
use crate::state::{Problem, State};

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no stream (yet, or any more): poll with the token meanwhile.
    Waiting,
    /// The state is what the node serves now.
    Streaming,
    /// What the session watches was deleted.
    Gone,
    /// The token is not good. Start a new session, and [`Session::renew`] this one with its token.
    Refused(Problem),
}

/// What a session knows.
#[derive(Clone, Debug)]
pub struct Told {
    /// How it stands.
    pub standing: Standing,
    /// The last state that was received whole.
    pub state: Option<Arc<State>>,
    /// The token to poll with: it says that its holder has what [`State::served`] gives.
    pub token: String,
    /// Whether the node says of itself that it may be behind.
    pub is_degraded: bool,
}

/// Follows one node for many sessions. Dropping it, with all its sessions, ends its [`Driver`].
#[derive(Clone, Debug)]
pub struct Follower {
    shared: Arc<Shared>,
}

/// One session. Dropping it ends the watch.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
    number: u64,
    told: watch::Receiver<Told>,
}

/// What users and the driver share.
#[derive(Debug)]
pub(crate) struct Shared {
    sessions: Mutex<Sessions>,
    /// Rung when the sessions or their tokens change, or nobody is left.
    pub changed: Arc<Notify>,
}

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    latest: u64,
    /// In the order in which they came, which is their order on the stream.
    pub watched: BTreeMap<u64, watch::Sender<Told>>,
    /// Counts changes of what the stream has to be opened for.
    pub version: u64,
}

impl Follower {
    /// A follower, and the driver that does its work and has to be run.
    ///
    /// # Errors
    ///
    /// The settings cannot be used.
    pub fn new(settings: Settings) -> Result<(Self, Driver), BadSettings> {
        let upstream = Upstream::new(&settings)?;
        let shared = Arc::new(Shared { sessions: Mutex::default(), changed: Arc::default() });
        Ok((Self { shared: shared.clone() }, Driver::new(settings, upstream, &shared)))
    }

    /// Watches what a token is for. Of more than 256 sessions the later ones stay [`Standing::Waiting`].
    pub fn watch(&self, token: String) -> Session {
        let told = Told { standing: Standing::Waiting, state: None, token, is_degraded: false };
        let (sender, told) = watch::channel(told);
        let mut sessions = self.shared.sessions();
        sessions.latest += 1;
        sessions.version += 1;
        let number = sessions.latest;
        sessions.watched.insert(number, sender);
        drop(sessions);
        self.shared.changed.notify_one();
        Session { shared: self.shared.clone(), number, told }
    }
}

impl Session {
    /// What it knows now.
    pub fn told(&mut self) -> Told {
        self.told.borrow_and_update().clone()
    }

    /// Waits until it knows something else; false if that will not happen any more.
    pub async fn changed(&mut self) -> bool {
        self.told.changed().await.is_ok()
    }

    /// Goes on with another token: one from a poll, or of a new session.
    pub fn renew(&self, token: String) {
        let mut sessions = self.shared.sessions();
        if let Some(told) = sessions.watched.get(&self.number) {
            let mut needs_a_stream = false;
            told.send_modify(|told| {
                needs_a_stream = told.standing != Standing::Streaming;
                told.token = token;
                if matches!(told.standing, Standing::Gone | Standing::Refused(_)) {
                    told.standing = Standing::Waiting;
                }
            });
            // A stream that is there needs no other token.
            sessions.version += u64::from(needs_a_stream);
        }
        drop(sessions);
        self.shared.changed.notify_one();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut sessions = self.shared.sessions();
        sessions.watched.remove(&self.number);
        sessions.version += 1;
        drop(sessions);
        self.shared.changed.notify_one();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

impl Shared {
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
