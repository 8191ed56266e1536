//! The work of following: open, hear, fetch, check, tell; and come back.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep};

use crate::client::{NoContent, NoStream, Settings, Upstream};
use crate::events::{Event, Events};
use crate::follower::{Shared, Standing, Told};
use crate::state::{Announced, Problem};

/// The longest event that is read: a session's state with the longest texts that it can have.
const MAX_EVENT_BYTES: usize = 64 * 1_024;
/// As many sessions as a stream may have.
const MAX_SESSIONS: usize = 256;
/// How long a new session waits for others before the stream is opened anew for all of them.
const GATHER: Duration = Duration::from_millis(10);
/// The waits before a content is asked for again.
const FIRST_FETCH_WAIT: Duration = Duration::from_millis(100);
const LONGEST_FETCH_WAIT: Duration = Duration::from_secs(30);

/// Does a follower's work. It ends when the follower and all its sessions are gone.
#[derive(Debug)]
pub struct Driver {
    settings: Settings,
    upstream: Arc<Upstream>,
    shared: Weak<Shared>,
    changed: Arc<Notify>,
    /// What the upstream asked to be left alone for.
    retry: Option<Duration>,
    /// The last id, and the sessions that it is about.
    last: Option<(Vec<u64>, String)>,
}

/// What a stream is opened for.
struct Opening {
    numbers: Vec<u64>,
    tokens: String,
    version: u64,
}

/// How a stream ended.
enum Ended {
    /// It has to be opened for other sessions.
    Changed,
    /// It was closed, or fell silent, after something had been heard or not.
    Closed { has_told: bool },
    /// What came was no such stream.
    Broken,
    /// Nobody is left to tell.
    Over,
}

/// One of the stream's sessions.
#[derive(Default)]
struct Slot {
    /// What it was told of and does not have whole.
    wanted: Option<Announced>,
    fetched: HashMap<String, Bytes>,
    is_fetching: bool,
    failures: u32,
}

struct Fetched {
    slot: usize,
    sha256: String,
    outcome: Result<Bytes, NoContent>,
}

#[derive(Deserialize)]
struct OfSession {
    session: usize,
}

#[derive(Deserialize)]
struct FreshToken {
    session: usize,
    token: String,
}

#[derive(Deserialize)]
struct Refused {
    session: usize,
    problem: Problem,
}

#[derive(Deserialize)]
struct NodeSays {
    degraded: bool,
}

impl Driver {
    pub(crate) fn new(settings: Settings, upstream: Upstream, shared: &Arc<Shared>) -> Self {
        Self {
            settings,
            upstream: Arc::new(upstream),
            shared: Arc::downgrade(shared),
            changed: shared.changed.clone(),
            retry: None,
            last: None,
        }
    }

    /// Works until the follower and all its sessions are gone.
    pub async fn run(mut self) {
        let mut failures: u32 = 0;
        while let Some(opening) = self.opening() {
            if opening.numbers.is_empty() {
                self.changed.notified().await;
                continue;
            }
            let last_id = self.last.take().filter(|(numbers, _)| *numbers == opening.numbers).map(|(_, id)| id);
            let mut wait = None;
            match self.upstream.open(&opening.tokens, last_id.as_deref(), failures).await {
                Ok((answer, client)) => match self.follow(answer, client, &opening, last_id).await {
                    Ended::Over => return,
                    Ended::Changed => {
                        sleep(GATHER).await;
                        continue;
                    }
                    Ended::Closed { has_told: true } => failures = 0,
                    Ended::Closed { has_told: false } | Ended::Broken => failures = failures.saturating_add(1),
                },
                Err(NoStream::Refused(problem)) => {
                    self.tell_all(&opening.numbers, |told| told.standing = Standing::Refused(problem));
                    continue;
                }
                Err(NoStream::Gone) => {
                    self.tell_all(&opening.numbers, |told| told.standing = Standing::Gone);
                    continue;
                }
                Err(NoStream::Away(after)) => {
                    failures = failures.saturating_add(1);
                    wait = after;
                }
                Err(NoStream::Unknown) => {
                    failures = failures.saturating_add(1);
                    wait = Some(self.settings.longest_wait);
                }
            }
            self.tell_all(&opening.numbers, |told| {
                if told.standing == Standing::Streaming {
                    told.standing = Standing::Waiting;
                }
            });
            if !self.rest(failures, wait).await {
                return;
            }
        }
    }

    /// Waits before coming back; false if nobody is left meanwhile.
    async fn rest(&self, failures: u32, at_least: Option<Duration>) -> bool {
        let first = self.retry.unwrap_or(self.settings.first_wait);
        let wait = first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let wait =
            wait.min(self.settings.longest_wait).max(at_least.unwrap_or_default().min(self.settings.longest_wait));
        let until = Instant::now() + wait.mul_f64(rand::random_range(0.5..1.5));
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return true,
                () = self.changed.notified() => {
                    if self.shared.strong_count() == 0 {
                        return false;
                    }
                }
            }
        }
    }

    /// What a stream has to be opened for now; none if nobody is left.
    fn opening(&self) -> Option<Opening> {
        let shared = self.shared.upgrade()?;
        let sessions = shared.sessions();
        let mut opening = Opening { numbers: Vec::new(), tokens: String::new(), version: sessions.version };
        let open = sessions
            .watched
            .iter()
            .filter(|(_, told)| matches!(told.borrow().standing, Standing::Waiting | Standing::Streaming));
        for (number, told) in open.take(MAX_SESSIONS) {
            if !opening.tokens.is_empty() {
                opening.tokens.push(',');
            }
            opening.tokens.push_str(&told.borrow().token);
            opening.numbers.push(*number);
        }
        Some(opening)
    }

    fn tell_all(&self, numbers: &[u64], change: impl Fn(&mut Told)) {
        numbers.iter().for_each(|number| self.tell(*number, &change));
    }

    fn tell(&self, number: u64, change: impl FnOnce(&mut Told)) {
        let Some(shared) = self.shared.upgrade() else { return };
        if let Some(told) = shared.sessions().watched.get(&number) {
            told.send_modify(change);
        }
    }

    async fn follow(
        &mut self,
        mut answer: Response,
        client: Client,
        opening: &Opening,
        last_id: Option<String>,
    ) -> Ended {
        let mut events = Events::new(MAX_EVENT_BYTES);
        let mut slots: Vec<Slot> = opening.numbers.iter().map(|_| Slot::default()).collect();
        let mut fetches: FuturesUnordered<BoxFuture<'static, Fetched>> = FuturesUnordered::new();
        let mut silence: Pin<Box<Sleep>> = Box::pin(sleep(self.settings.silence_timeout));
        let mut has_told = false;
        let mut id = last_id;
        if id.is_some() {
            // Nothing is told anew, unless something has changed.
            self.tell_all(&opening.numbers, |told| {
                if told.state.is_some() {
                    told.standing = Standing::Streaming;
                }
            });
        }
        let ended = loop {
            tokio::select! {
                piece = answer.chunk() => {
                    let Ok(Some(piece)) = piece else { break Ended::Closed { has_told } };
                    has_told = true;
                    silence.as_mut().reset(Instant::now() + self.settings.silence_timeout);
                    let mut heard = Vec::new();
                    if events.take(&piece, |event| heard.push(event)).is_err() {
                        break Ended::Broken;
                    }
                    let mut is_whole = true;
                    for event in heard {
                        is_whole &= self.hear(event, opening, &mut slots, &mut id).is_some();
                    }
                    if !is_whole {
                        break Ended::Broken;
                    }
                    for slot in 0..slots.len() {
                        self.complete(slot, opening, &mut slots, &fetches, &client);
                    }
                }
                Some(fetched) = fetches.next(), if !fetches.is_empty() => {
                    let slot = fetched.slot;
                    self.take_in(fetched, &mut slots[slot]);
                    self.complete(slot, opening, &mut slots, &fetches, &client);
                }
                () = self.changed.notified() => {
                    let Some(shared) = self.shared.upgrade() else { break Ended::Over };
                    if shared.sessions().version != opening.version {
                        break Ended::Changed;
                    }
                }
                () = silence.as_mut() => break Ended::Closed { has_told },
            }
        };
        if matches!(ended, Ended::Broken) {
            tracing::warn!(upstream = self.settings.url, "what the upstream sent is no stream; coming back later");
        } else if slots.iter().all(|slot| slot.wanted.is_none()) {
            // With something outstanding, all has to be told anew.
            self.last = id.map(|id| (opening.numbers.clone(), id));
        }
        ended
    }

    /// Takes in an event; none if it is not one that a node sends.
    fn hear(&mut self, event: Event, opening: &Opening, slots: &mut [Slot], id: &mut Option<String>) -> Option<()> {
        let (kind, data) = match event {
            Event::Message { kind, data } => (kind, data),
            Event::Id(told) => {
                *id = Some(told).filter(|id| id.len() <= 256);
                return Some(());
            }
            Event::Retry(ms) => {
                self.retry = Some(Duration::from_millis(ms.clamp(50, 60_000)));
                return Some(());
            }
            Event::Comment => return Some(()),
        };
        match &*kind {
            "configuration" => {
                let announced: Announced = read(&data)?;
                let slot = slots.get_mut(announced.session)?;
                slot.fetched.retain(|sha256, _| announced.versions().any(|version| version.sha256 == *sha256));
                slot.wanted = Some(announced);
                slot.failures = 0;
            }
            "token" => {
                let fresh: FreshToken = read(&data)?;
                match &mut slots.get_mut(fresh.session)?.wanted {
                    Some(wanted) => wanted.token = fresh.token,
                    None => self.tell(opening.numbers[fresh.session], |told| told.token = fresh.token),
                }
            }
            "gone" => {
                let of: OfSession = read(&data)?;
                slots.get_mut(of.session)?.wanted = None;
                self.tell(opening.numbers[of.session], |told| told.standing = Standing::Gone);
            }
            "refused" => {
                let refused: Refused = read(&data)?;
                slots.get_mut(refused.session)?.wanted = None;
                let standing = Standing::Refused(refused.problem);
                self.tell(opening.numbers[refused.session], |told| told.standing = standing);
            }
            "node" => {
                let says: NodeSays = read(&data)?;
                self.tell_all(&opening.numbers, |told| told.is_degraded = says.degraded);
            }
            // More will come.
            _ => {}
        }
        Some(())
    }

    fn take_in(&self, fetched: Fetched, slot: &mut Slot) {
        slot.is_fetching = false;
        match fetched.outcome {
            Ok(content) => {
                slot.failures = 0;
                slot.fetched.insert(fetched.sha256, content);
            }
            Err(problem) => {
                slot.failures = slot.failures.saturating_add(1);
                if problem == NoContent::Wrong {
                    tracing::warn!(sha256 = fetched.sha256, "what came is not the content of this hash; asking again");
                }
            }
        }
    }

    /// Tells a session's state if it is whole, or fetches what is missing.
    fn complete(
        &self,
        index: usize,
        opening: &Opening,
        slots: &mut [Slot],
        fetches: &FuturesUnordered<BoxFuture<'static, Fetched>>,
        client: &Client,
    ) {
        let slot = &mut slots[index];
        let Some(wanted) = &slot.wanted else { return };
        let number = opening.numbers[index];
        let Some(shared) = self.shared.upgrade() else { return };
        let known = known_contents(&shared, number, wanted);
        let content = |sha256: &str| slot.fetched.get(sha256).or_else(|| known.get(sha256)).cloned();
        if let Some(state) = wanted.with(content) {
            let token = wanted.token.clone();
            *slot = Slot { is_fetching: slot.is_fetching, ..Slot::default() };
            self.tell(number, |told| {
                told.standing = Standing::Streaming;
                told.state = Some(Arc::new(state));
                told.token = token;
            });
            return;
        }
        if slot.is_fetching {
            return;
        }
        let missing = wanted.versions().find(|version| content(&version.sha256).is_none());
        let Some(missing) = missing.cloned() else { return };
        slot.is_fetching = true;
        let wait = match slot.failures {
            0 => Duration::ZERO,
            failures => FIRST_FETCH_WAIT.saturating_mul(1 << failures.min(16)).min(LONGEST_FETCH_WAIT),
        };
        let (upstream, client, token) = (self.upstream.clone(), client.clone(), wanted.token.clone());
        fetches.push(Box::pin(async move {
            if !wait.is_zero() {
                sleep(wait.mul_f64(rand::random_range(0.5..1.0))).await;
            }
            let outcome = upstream.fetch(&client, &token, &missing).await;
            Fetched { slot: index, sha256: missing.sha256, outcome }
        }));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Sessions learn that nothing more comes.
        if let Some(shared) = self.shared.upgrade() {
            shared.sessions().watched.clear();
        }
    }
}

/// The contents of a state that the session holds already: a rollout that ends brings nothing new.
fn known_contents(shared: &Shared, number: u64, wanted: &Announced) -> HashMap<String, Bytes> {
    let sessions = shared.sessions();
    let Some(told) = sessions.watched.get(&number) else { return HashMap::new() };
    let told = told.borrow();
    let versions = told.state.iter().flat_map(|state| state.base.iter().chain(state.next.iter().map(|(_, next)| next)));
    let wanted = |sha256: &str| wanted.versions().any(|version| version.sha256 == sha256);
    versions
        .filter(|version| wanted(&version.sha256))
        .map(|version| (version.sha256.clone(), version.content.clone()))
        .collect()
}

fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
    serde_json::from_str(data).ok()
}
