//! A node: the whole state in memory, published for reading, and one writer that follows the journal.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use tidegate_domain::{
    Actor, Channel, ChannelNumber, Command, ContentHash, Context, DEFAULT_PERIOD_IN_MINUTES, Decision, Event,
    ProfileType, Realm, Refusal, Secret, State, decide,
};
use tidegate_journal::{AppendError, BlobId, Entry, EntryId, Journal, Snapshot, Unavailable, commit};
use tokio::sync::{Mutex, watch};

use crate::actions::{Actions, NoTargets, Outside};
use crate::audit::Audit;
use crate::clock::Clock;
use crate::contents::Contents;
use crate::metrics::Metrics;
use crate::rates::Rates;
use crate::serving::{Served, Serving, ServingMap};
use crate::session::{Keyring, ReplayGuard};
use crate::settings::Settings;
use crate::validators::Validators;

/// How many entries are read at once while catching up.
const READ_AT_ONCE: usize = 1_000;
/// How often a write that lost the race for its number is decided again before the caller is told to come back.
const ATTEMPTS: usize = 64;
/// How far nodes' clocks are taken to be apart at most when one judges what another has seen.
const CLOCKS_APART_MS: i64 = 5_000;
/// How long an answer of [`Node::probe`] holds.
const PROBE_HOLDS: Duration = Duration::from_secs(1);

/// Who asks, and in whose account.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account and region.
    pub realm: Realm,
    /// Who.
    pub actor: Actor,
    /// The request's id.
    pub request_id: String,
}

/// What follows from the journal up to some entry. Immutable; a newer one replaces it.
pub struct Published {
    /// The state.
    pub state: State,
    pub(crate) serving: ServingMap,
    pub(crate) keyring: Arc<Keyring>,
}

/// A command's effect.
pub struct Committed {
    /// What was decided.
    pub events: Vec<Event>,
    /// A state in which it has happened.
    pub published: Arc<Published>,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub enum NotDone {
    /// The rules are against it.
    Refused(Refusal),
    /// The store did not answer; whether the command will be found carried out is not known.
    Unavailable(Unavailable),
    /// Other writers were quicker, again and again.
    Contended,
    /// Another node has claimed the work, and may be at it.
    OthersAtWork,
    /// A fault of ours; the log says which.
    Fault,
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unavailable> for NotDone {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "{refusal:?}"),
            Self::Unavailable(unavailable) => fmt::Display::fmt(unavailable, f),
            Self::Contended => f.write_str("other writers were quicker, again and again"),
            Self::OthersAtWork => f.write_str("another node has claimed the work and may be at it"),
            Self::Fault => f.write_str("the work ended with a fault"),
        }
    }
}

/// See the module.
pub struct Node {
    /// What the operator chose.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// The numbers.
    pub metrics: Metrics,
    /// The audit log, if there is one.
    pub audit: OnceLock<Audit>,
    pub(crate) guard: ReplayGuard,
    pub(crate) actions: Actions,
    pub(crate) validators: Validators,
    pub(crate) rates: Rates,
    /// Names this node among those that share a journal, until it stops.
    pub(crate) id: u64,
    journal: Arc<dyn Journal>,
    published: ArcSwap<Published>,
    writer: Mutex<Writer>,
    changed: watch::Sender<u64>,
    /// When this node last knew that it had taken in all of the journal, in milliseconds since 1970.
    at_head_ms: AtomicI64,
    probed: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// What only the one who holds the lock may look at.
struct Writer {
    state: State,
    /// The id of the last entry that went into the state.
    last_id: EntryId,
    contents: Contents,
    /// Channels whose contents could not be fetched yet.
    incomplete: HashSet<ChannelNumber>,
    /// The last entry of the latest snapshot that this node knows of.
    snapshot_number: u64,
}

impl Node {
    /// A node that can call nothing outside; see [`Node::open_with`].
    pub async fn open(journal: Arc<dyn Journal>, settings: Settings, clock: Clock) -> Result<Arc<Self>, Unavailable> {
        Self::open_with(journal, settings, clock, Arc::new(NoTargets)).await
    }

    /// Reads the journal and makes sure that there is a key for tokens.
    pub async fn open_with(
        journal: Arc<dyn Journal>,
        settings: Settings,
        clock: Clock,
        outside: Arc<dyn Outside>,
    ) -> Result<Arc<Self>, Unavailable> {
        let rates = Rates::new(settings.request_rates.clone());
        let guard = ReplayGuard::new(settings.replay_guard_sessions, settings.retry_grace_ms);
        let node = Arc::new(Self {
            settings,
            clock,
            metrics: Metrics::new(),
            audit: OnceLock::new(),
            guard,
            actions: Actions::new(outside),
            validators: Validators::new(),
            rates,
            id: rand::random(),
            journal,
            published: ArcSwap::from_pointee(Published {
                state: State::default(),
                serving: ServingMap::new_sync(),
                keyring: Arc::new(Keyring::new(Arc::default())),
            }),
            writer: Mutex::new(Writer::new()),
            changed: watch::Sender::new(0),
            at_head_ms: AtomicI64::new(i64::MIN),
            probed: Mutex::new(None),
        });
        node.start_from_snapshot().await?;
        node.catch_up().await?;
        match node.rotate_token_key().await {
            Ok(()) => Ok(node),
            // Without a key no session can start, but sessions that others started can be answered.
            Err(error) => {
                tracing::error!(%error, "cannot make a key for tokens yet");
                Ok(node)
            }
        }
    }

    /// The state as this node knows it. Costs no lock and no look at the store.
    pub fn published(&self) -> arc_swap::Guard<Arc<Published>> {
        self.published.load()
    }

    /// A state that holds every write acknowledged anywhere before this call.
    pub async fn current(&self) -> Result<Arc<Published>, Unavailable> {
        let last = self.journal.last().await?;
        let published = self.published.load_full();
        if published.state.number == last {
            return Ok(published);
        }
        self.catch_up().await?;
        Ok(self.published.load_full())
    }

    /// Takes in what other nodes have written, and fetches contents that are still missing.
    pub async fn catch_up(&self) -> Result<(), Unavailable> {
        let mut writer = self.writer.lock().await;
        self.follow(&mut writer).await?;
        if !writer.incomplete.is_empty() {
            let ahead = Ahead::of(&writer);
            self.publish(&mut writer, ahead).await?;
        }
        Ok(())
    }

    /// Whether this node lags behind what a session has seen, whose token was made then.
    ///
    /// A node that has since taken in all of the journal does not lag: what the session saw is no longer part of it,
    /// because a backup was restored or a failover lost entries.
    pub(crate) fn lags_behind(&self, number: u64, seen: u64, issued_at_ms: i64) -> bool {
        let at_head_ms = self.at_head_ms.load(Ordering::Relaxed);
        number < seen && at_head_ms < issued_at_ms.saturating_add(CLOCKS_APART_MS)
    }

    /// Makes sure now and then that the journal is still the one that this node has followed, and takes in its news.
    pub async fn look_after_history(&self) -> Result<(), Unavailable> {
        let mut writer = self.writer.lock().await;
        self.stay_in_history(&mut writer).await?;
        drop(writer);
        self.catch_up().await
    }

    /// Resolves when another state than the one with this number is published here.
    pub async fn changed_from(&self, number: u64) {
        let mut changed = self.changed.subscribe();
        // The sender lives as long as the node.
        let _ = changed.wait_for(|published| *published != number).await;
    }

    /// Resolves when the journal may hold more than this node has taken in.
    pub async fn journal_grew(&self) {
        let number = self.published.load().state.number;
        self.journal.wait(number).await;
    }

    /// Decides a command at the journal's head and writes what follows.
    pub async fn execute(&self, caller: &Caller, command: &Command) -> Result<Committed, NotDone> {
        let mut writer = self.writer.lock().await;
        for _ in 0..ATTEMPTS {
            self.follow(&mut writer).await?;
            let context = self.context(caller);
            let events = decide(&writer.state, &context, command)?;
            if events.is_empty() {
                return Ok(Committed { events, published: self.published.load_full() });
            }
            let decision = Decision {
                v: 1,
                at_ms: context.now_ms,
                realm: Some(context.realm),
                actor: caller.actor.clone(),
                operation: command.operation().into(),
                request_id: caller.request_id.clone(),
                events,
            };
            let entry = Entry {
                number: writer.state.number + 1,
                id: EntryId(rand::random()),
                prev: writer.last_id,
                at_ms: decision.at_ms,
                body: serde_json::to_string(&decision).expect("a decision can be written as JSON"),
            };
            let started = Instant::now();
            let outcome = commit(&*self.journal, &entry).await;
            self.metrics.append_seconds.observe(started.elapsed().as_secs_f64());
            match outcome {
                Ok(()) => {
                    let mut ahead = Ahead::of(&writer);
                    ahead.apply(std::slice::from_ref(&entry))?;
                    self.publish(&mut writer, ahead).await?;
                    return Ok(Committed { events: decision.events, published: self.published.load_full() });
                }
                Err(AppendError::Conflict) => self.stay_in_history(&mut writer).await?,
                Err(AppendError::Unavailable(unavailable)) => return Err(unavailable.into()),
            }
        }
        Err(NotDone::Contended)
    }

    /// Says whether a command would be carried out now, without carrying it out.
    pub fn rehearse(&self, published: &Published, caller: &Caller, command: &Command) -> Result<(), Refusal> {
        decide(&published.state, &self.context(caller), command).map(drop)
    }

    fn context(&self, caller: &Caller) -> Context {
        Context {
            now_ms: self.clock.now_ms(),
            realm: caller.realm.clone(),
            seed: rand::random(),
            limits: self.settings.limits,
        }
    }

    /// Notes in the journal which channels were polled, where the last note is old: a third of the period for which the
    /// account protects what is in use, so that notes of what is polled are never too old. Polls note nothing.
    pub async fn note_polls(&self) -> Result<(), NotDone> {
        let published = self.published.load_full();
        let polled = published.serving.iter().filter_map(|(channel, serving)| {
            let at_ms = serving.last_polled_ms()?;
            let noted_ms = published.state.last_polled_ms(*channel).unwrap_or(i64::MIN);
            let settings = published.state.realm(&published.state.channel(*channel)?.realm).settings();
            let period_in_minutes = settings.protection_period_in_minutes.unwrap_or(DEFAULT_PERIOD_IN_MINUTES);
            let is_old = at_ms.saturating_sub(noted_ms) >= i64::from(period_in_minutes) * 60_000 / 3;
            (is_old && settings.deletion_protection != Some(false)).then_some((*channel, at_ms))
        });
        let channels: Vec<_> = polled.collect();
        if channels.is_empty() {
            return Ok(());
        }
        self.execute(&self.service(self.home()), &Command::NotePolls { channels }).await.map(drop)
    }

    /// Saves a snapshot of the state, if enough has happened since the last one.
    pub async fn save_snapshot(&self) -> Result<(), Unavailable> {
        let (state, id) = {
            let writer = self.writer.lock().await;
            if writer.state.number.saturating_sub(writer.snapshot_number) < self.settings.snapshot_every {
                return Ok(());
            }
            (writer.state.clone(), writer.last_id)
        };
        let number = state.number;
        let written = tokio::task::spawn_blocking(move || serde_json::to_vec(&tidegate_domain::Snapshot::of(&state)));
        let body = match written.await {
            Ok(Ok(body)) => body.into(),
            Ok(Err(error)) => return Err(Unavailable::new("write a snapshot", error)),
            Err(error) => return Err(Unavailable::new("write a snapshot", error)),
        };
        self.journal.save_snapshot(&Snapshot { number, id, body }).await?;
        self.writer.lock().await.snapshot_number = number;
        tracing::info!(number, "saved a snapshot");
        Ok(())
    }

    /// Takes the latest snapshot for a beginning. One that cannot be read costs time and nothing else.
    async fn start_from_snapshot(&self) -> Result<(), Unavailable> {
        let Some(snapshot) = self.journal.load_snapshot().await? else { return Ok(()) };
        let (number, id) = (snapshot.number, snapshot.id);
        let restored = tokio::task::spawn_blocking(move || {
            let written: tidegate_domain::Snapshot =
                serde_json::from_slice(&snapshot.body).map_err(|error| error.to_string())?;
            written.restore().map_err(|error| error.to_string())
        });
        let restored = restored.await.unwrap_or_else(|error| Err(error.to_string()));
        match restored {
            Ok(state) => {
                let mut writer = self.writer.lock().await;
                (writer.state, writer.last_id, writer.snapshot_number) = (state, id, number);
                // A snapshot of entries that the journal has lost is worth nothing.
                let entries = self.journal.read(number.saturating_sub(1), 1).await?;
                if entries.first().is_none_or(|entry| entry.number != number || entry.id != id) {
                    tracing::warn!(
                        number,
                        "the snapshot is of another history; reading the journal from its beginning"
                    );
                    *writer = Writer::new();
                    return Ok(());
                }
                // All channels are new to this process.
                let ahead = Ahead { is_anew: true, ..Ahead::of(&writer) };
                self.publish(&mut writer, ahead).await
            }
            Err(error) => {
                tracing::warn!(error, number, "cannot use the snapshot; reading the journal from its beginning");
                Ok(())
            }
        }
    }

    /// Makes a new key for tokens if there is none or the present one is old.
    pub async fn rotate_token_key(&self) -> Result<(), NotDone> {
        let command =
            Command::RotateTokenKey { secret: Secret(rand::random()), max_age_ms: self.settings.token_key_max_age_ms };
        match self.execute(&self.service(self.home()), &command).await {
            Ok(_) | Err(NotDone::Refused(Refusal::Superseded)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stores a content; it may be referred to when this returns.
    pub async fn store(&self, content: &Bytes) -> Result<ContentHash, Unavailable> {
        Ok(ContentHash(self.journal.put_blob(content).await?.0))
    }

    /// Fetches a content from the store.
    pub async fn fetch(&self, hash: ContentHash) -> Result<Bytes, Unavailable> {
        let found = self.journal.get_blob(BlobId(hash.0)).await?;
        found.ok_or_else(|| Unavailable::new(format!("read content {hash}"), "the store does not have it"))
    }

    /// Whether the journal can be read and written. Asked at most once a second.
    pub async fn probe(&self) -> Result<(), String> {
        let mut probed = self.probed.lock().await;
        if let Some((at, outcome)) = &*probed
            && at.elapsed() < PROBE_HOLDS
        {
            return outcome.clone();
        }
        let outcome = self.journal.probe().await.map_err(|unavailable| unavailable.to_string());
        *probed = Some((Instant::now(), outcome.clone()));
        outcome
    }

    /// The node itself as a caller.
    pub fn service(&self, realm: Realm) -> Caller {
        Caller { realm, actor: Actor::Service, request_id: String::new() }
    }

    /// The account and region of callers who name none.
    pub fn home(&self) -> Realm {
        Realm { account: self.settings.account.clone(), region: self.settings.region.clone() }
    }

    /// Reads the journal to its end, and publishes what follows once it is there: a node that reads anew because it has
    /// left history shows nothing of what lies between.
    async fn follow(&self, writer: &mut Writer) -> Result<(), Unavailable> {
        let mut ahead = Ahead::of(writer);
        loop {
            let last = self.journal.last().await?;
            if last == ahead.state.number {
                break;
            }
            let entries = self.journal.read(ahead.state.number, READ_AT_ONCE).await?;
            // (An entry that is not there although it was counted has just been overtaken; look again.)
            let has_left_history = match entries.first() {
                Some(entry) => entry.prev != ahead.last_id,
                None => last < ahead.state.number,
            };
            if has_left_history {
                ahead = self.begin_anew(ahead.state.number);
            } else {
                ahead.apply(&entries)?;
            }
        }
        self.at_head_ms.store(self.clock.now_ms(), Ordering::Relaxed);
        if ahead.is_news(writer) { self.publish(writer, ahead).await } else { Ok(()) }
    }

    /// Makes sure that the last entry that this node knows is the journal's own; if not, all of it is read anew.
    async fn stay_in_history(&self, writer: &mut Writer) -> Result<(), Unavailable> {
        let number = writer.state.number;
        if number == 0 {
            return Ok(());
        }
        let entries = self.journal.read(number - 1, 1).await?;
        if entries.first().is_some_and(|entry| entry.number == number && entry.id == writer.last_id) {
            return Ok(());
        }
        let mut ahead = self.begin_anew(number);
        loop {
            let entries = self.journal.read(ahead.state.number, READ_AT_ONCE).await?;
            if entries.is_empty() {
                return self.publish(writer, ahead).await;
            }
            ahead.apply(&entries)?;
        }
    }

    fn begin_anew(&self, number: u64) -> Ahead {
        tracing::error!(
            number,
            "the journal is not the one that this node has followed (was a backup restored, or did a failover lose \
             entries?); reading it anew"
        );
        Ahead { state: State::default(), last_id: EntryId::NONE, is_anew: true }
    }

    /// Publishes a state. The contents that it serves are fetched before, so that a poll never waits; where one cannot
    /// be had, the channel keeps what it serves.
    ///
    /// Nothing of the writer changes before everything has: this may be dropped at any await.
    async fn publish(&self, writer: &mut Writer, ahead: Ahead) -> Result<(), Unavailable> {
        let Ahead { mut state, last_id, is_anew } = ahead;
        let published = self.published.load();
        // Nothing of another history is kept.
        let mut serving = if is_anew { ServingMap::new_sync() } else { published.serving.clone() };
        let mut touched: HashSet<ChannelNumber> = state.take_touched().into_iter().collect();
        touched.extend(&writer.incomplete);
        let mut incomplete = HashSet::new();
        for number in touched {
            let Some(channel) = state.channel(number) else {
                serving.remove_mut(&number);
                continue;
            };
            match self.serving_of(&state, channel, serving.get(&number), &mut writer.contents).await {
                Ok(new) => serving.insert_mut(number, Arc::new(new)),
                Err(error) => {
                    tracing::error!(%error, channel = number, "cannot fetch a content; its sessions keep what they have");
                    incomplete.insert(number);
                    if let Some(old) = serving.get(&number) {
                        let stale = old.stale_at(writer.state.number);
                        serving.insert_mut(number, Arc::new(stale));
                    }
                }
            }
        }
        let keyring = if published.keyring.is_of(state.token_keys()) {
            published.keyring.clone()
        } else {
            Arc::new(Keyring::new(state.token_keys().clone()))
        };
        drop(published);
        writer.incomplete = incomplete;
        writer.last_id = last_id;
        writer.state = state.clone();
        let number = state.number;
        self.metrics.journal_entries.set(i64::try_from(number).unwrap_or(i64::MAX));
        self.published.store(Arc::new(Published { state, serving, keyring }));
        self.changed.send_replace(number);
        Ok(())
    }

    async fn serving_of(
        &self,
        state: &State,
        channel: &Channel,
        old: Option<&Arc<Serving>>,
        contents: &mut Contents,
    ) -> Result<Serving, Unavailable> {
        let realm = state.realm(&channel.realm);
        let is_of_flags =
            realm.profile_by_id(channel.profile).is_some_and(|profile| profile.kind == ProfileType::FeatureFlags);
        let runs = match is_of_flags {
            true => realm.running_experiments(channel.application, channel.environment, channel.profile),
            false => Vec::new(),
        };
        let rollout = state.rollout(channel);
        let mut ready: Vec<Arc<Served>> = Vec::new();
        for standing in rollout.base.iter().chain(rollout.next.iter().map(|(_, standing)| standing)) {
            // Each change of an experiment comes with a deployment of its own, so that this holds for flags too.
            let known = old.and_then(|old| old.rollout.parts().find(|known| known.deployment == standing.deployment));
            ready.push(match known {
                Some(known) => known.clone(),
                None if is_of_flags => contents.served_flags(self, standing, &channel.realm, &runs).await?,
                None => contents.served(self, standing).await?,
            });
        }
        let mut ready = ready.into_iter();
        Ok(Serving {
            polled: old.map_or_else(Arc::default, |old| old.polled.clone()),
            stale_since: None,
            rollout: rollout.map(|_| ready.next().expect("one was made for each")),
            is_of_flags,
        })
    }
}

/// A state ahead of the one that is published.
struct Ahead {
    state: State,
    last_id: EntryId,
    /// Whether nothing of what is published holds any more.
    is_anew: bool,
}

impl Ahead {
    fn of(writer: &Writer) -> Self {
        Self { state: writer.state.clone(), last_id: writer.last_id, is_anew: false }
    }

    fn apply(&mut self, entries: &[Entry]) -> Result<(), Unavailable> {
        for entry in entries {
            let decision: Decision = serde_json::from_str(&entry.body)
                .map_err(|error| Unavailable::new(format!("understand journal entry {}", entry.number), error))?;
            self.state.apply(entry.number, &decision);
            self.last_id = entry.id;
        }
        Ok(())
    }

    fn is_news(&self, writer: &Writer) -> bool {
        self.is_anew || self.state.number != writer.state.number
    }
}

impl Writer {
    fn new() -> Self {
        Self {
            state: State::default(),
            last_id: EntryId::NONE,
            contents: Contents::new(),
            incomplete: HashSet::new(),
            snapshot_number: 0,
        }
    }
}
