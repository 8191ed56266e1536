//! What this node has claimed and done, and the journal may not say yet.
//!
//! What reaches outside must not happen twice because the note of it could not be written. So what was done is kept here
//! until the journal has it, and a claim is acted on only while no other node can have taken it over.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidegate_domain::{Invocation, Realm, State, Work};
use tokio::time::Instant;

use crate::actions::Tick;

pub(super) type Key = (Realm, Work);

/// See the module. Forgotten with the process: then others take over.
#[derive(Default)]
pub(super) struct Ledger {
    pages: Mutex<HashMap<Key, Page>>,
}

#[derive(Default)]
struct Page {
    /// Claims that this node has asked for, by their numbers, and when it did.
    claims: HashMap<u64, Instant>,
    done: Option<(Done, Instant)>,
}

/// What came of work that reaches outside.
#[derive(Clone)]
pub(super) enum Done {
    Told(Vec<Invocation>),
    Asked(Tick),
}

impl Ledger {
    /// Writes down a claim before it is made: its answer may be lost.
    pub(super) fn note_claim(&self, key: &Key, claim: u64) {
        self.pages().entry(key.clone()).or_default().claims.insert(claim, Instant::now());
    }

    /// Whether a claim is this node's.
    pub(super) fn is_own(&self, key: &Key, claim: u64) -> bool {
        self.claimed_at(key, claim).is_some()
    }

    /// When this node asked for a claim; none if it did not.
    pub(super) fn claimed_at(&self, key: &Key, claim: u64) -> Option<Instant> {
        self.pages().get(key)?.claims.get(&claim).copied()
    }

    /// Writes down what came of work, until the journal has it.
    pub(super) fn note_done(&self, key: &Key, done: Done) {
        self.pages().entry(key.clone()).or_default().done = Some((done, Instant::now()));
    }

    /// What has come of work, and when.
    pub(super) fn done(&self, key: &Key) -> Option<(Done, Instant)> {
        self.pages().get(key)?.done.clone()
    }

    /// Forgets work that is over.
    pub(super) fn strike_out(&self, state: &State) {
        self.pages().retain(|(realm, work), _| state.is_open(realm, *work));
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<Key, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
