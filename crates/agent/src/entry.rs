//! A configuration that the agent keeps: what is served of it, and how fresh that is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::failure::Failure;
use crate::manifest::Options;
use crate::name::Name;
use crate::rollout::Served;

/// A configuration that is kept.
pub(crate) struct Entry {
    pub name: Name,
    served: ArcSwapOption<Served>,
    /// How far the first look at it has come.
    state: watch::Sender<State>,
    /// What the manifest wants of it.
    pub options: watch::Sender<Options>,
    /// When upstream last confirmed what is served, in milliseconds since 1970.
    confirmed_ms: AtomicI64,
    /// Whether upstream could not be asked last time.
    is_away: AtomicBool,
}

#[derive(Clone, Debug)]
enum State {
    Unknown,
    Ready,
    Failed(Arc<Failure>),
}

impl Entry {
    pub(crate) fn new(name: Name, options: Options) -> Self {
        Self {
            name,
            served: ArcSwapOption::empty(),
            state: watch::Sender::new(State::Unknown),
            options: watch::Sender::new(options),
            confirmed_ms: AtomicI64::new(0),
            is_away: AtomicBool::new(false),
        }
    }

    /// What is served; waits for the first look at it if there has been none.
    pub(crate) async fn served(&self, patience: Duration) -> Result<Arc<Served>, Failure> {
        if let Some(served) = self.served.load_full() {
            return Ok(served);
        }
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Unknown));
        let Ok(settled) = tokio::time::timeout(patience, settled).await else {
            let ms = patience.as_millis();
            return Err(Failure::gateway_timeout(format!("Upstream did not answer within {ms} ms")));
        };
        match settled.as_deref() {
            Ok(State::Failed(failure)) => return Err((**failure).clone()),
            Ok(_) => {}
            Err(_) => return Err(Failure::internal("The agent is stopping")),
        }
        self.served.load_full().ok_or_else(|| Failure::internal("The agent is stopping"))
    }

    /// What is served, if something is.
    pub(crate) fn current(&self) -> Option<Arc<Served>> {
        self.served.load_full()
    }

    /// Serves something from now on.
    pub(crate) fn publish(&self, served: Served) {
        self.served.store(Some(Arc::new(served)));
        self.state.send_replace(State::Ready);
    }

    /// Upstream has confirmed that what is served is the latest.
    pub(crate) fn confirm(&self, now_ms: i64) {
        self.confirmed_ms.store(now_ms, Ordering::Relaxed);
        self.is_away.store(false, Ordering::Relaxed);
    }

    /// What is served is of this time, and upstream has not confirmed it since.
    pub(crate) fn date_back(&self, at_ms: i64) {
        self.confirmed_ms.store(at_ms, Ordering::Relaxed);
        self.is_away.store(true, Ordering::Relaxed);
    }

    /// Upstream did not answer, or not with something to serve. What is served stays.
    pub(crate) fn fail(&self, failure: Failure) {
        self.is_away.store(true, Ordering::Relaxed);
        self.state.send_if_modified(|state| {
            let is_open = !matches!(state, State::Ready);
            if is_open {
                *state = State::Failed(Arc::new(failure));
            }
            is_open
        });
    }

    /// For how long upstream has not confirmed what is served; none while it answers.
    pub(crate) fn stale_s(&self, now_ms: i64) -> Option<i64> {
        self.is_away
            .load(Ordering::Relaxed)
            .then(|| now_ms.saturating_sub(self.confirmed_ms.load(Ordering::Relaxed)).max(0) / 1_000)
    }

    /// Waits until the first look at it has come to an end, one way or the other.
    pub(crate) async fn settled(&self) -> Option<Arc<Failure>> {
        match self.state.subscribe().wait_for(|state| !matches!(state, State::Unknown)).await.as_deref() {
            Ok(State::Failed(failure)) => Some(failure.clone()),
            _ => None,
        }
    }
}
