//! A node: the whole state in memory, published for reading, and one writer that follows the journal.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tidegate_domain::rollout::Standing;
use tidegate_domain::{
    Actor, Channel, ChannelNumber, Command, ContentHash, Context, DEFAULT_PERIOD_IN_MINUTES, Decision, Event,
    ProfileType, Realm, Refusal, Secret, State, decide,
};
use tidegate_flags::overlay;
use tidegate_journal::{AppendError, BlobId, Entry, EntryId, Journal, Snapshot, Unavailable, commit};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::access::sts::Issuers;
use crate::access::{AllowedPolls, Directory, Proven};
use crate::actions::{Actions, NoTargets, Outside};
use crate::alarms::{AlarmSettings, Alarms};
use crate::apart::apart;
use crate::audit::Audit;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::contents::{Contents, overlay_run};
use crate::data_rates::DataRates;
use crate::head::{Head, NewerEntry, newer_entry};
use crate::housekeeping::Housekeeping;
use crate::metrics::Metrics;
use crate::rates::Rates;
use crate::serving::{Served, Serving, ServingMap};
use crate::session::{Keyring, ReplayGuard};
use crate::settings::{Credentials, Settings};
use crate::store::Store;
use crate::stream::Streams;
use crate::tls::Tls;
use crate::validators::Validators;

/// How many polled channels a relay names to its upstream at once.
const POLLS_AT_ONCE: usize = 10_000;
/// How many entries are read at once while catching up.
const READ_AT_ONCE: usize = 1_000;
/// How often a write that lost the race for its number is decided again before the caller is told to come back.
const ATTEMPTS: usize = 64;
/// How often a content is stored anew because it was given up before anything referred to it.
const CONTENT_ATTEMPTS: usize = 8;
/// How many channels' contents are fetched at a time.
const FETCHED_AT_ONCE: usize = 8;
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
    /// Who it is, if that was verified.
    pub(crate) verified: Option<Arc<Proven>>,
}

impl Caller {
    /// Somebody who is believed.
    pub fn new(realm: Realm, actor: Actor, request_id: String) -> Self {
        Self { realm, actor, request_id, verified: None }
    }

    /// What configuration sessions are bound to; nothing if nobody asks who callers are.
    pub(crate) fn holder(&self) -> &str {
        self.verified.as_ref().map_or("", |verified| verified.binding())
    }
}

/// What a node can reach besides its store.
pub struct Surroundings {
    /// Whom actions and validators call.
    pub targets: Arc<dyn Outside>,
    /// Where alarms are read.
    pub alarms: AlarmSettings,
    /// A disk of the node's own, from which it can start without its store.
    pub cache: Option<Arc<dyn Cache>>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { targets: Arc::new(NoTargets), alarms: AlarmSettings::default(), cache: None }
    }
}

/// What follows from the journal up to some entry. Immutable; a newer one replaces it.
pub struct Published {
    /// The state.
    pub state: State,
    pub(crate) serving: ServingMap,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) directory: Arc<Directory>,
    /// Which polls were found to be allowed in this state.
    pub(crate) allowed_polls: AllowedPolls,
}

impl Published {
    /// How many access keys there are whose secrets could be opened.
    pub fn usable_keys(&self) -> usize {
        self.directory.usable_keys()
    }
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
    /// An alarm is unclear.
    Held(String),
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
            Self::Held(why) => f.write_str(why),
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
    /// TLS, if it is spoken.
    pub tls: OnceLock<Arc<Tls>>,
    pub(crate) data_rates: Option<DataRates>,
    pub(crate) guard: ReplayGuard,
    pub(crate) actions: Actions,
    pub(crate) alarms: Alarms,
    pub(crate) validators: Validators,
    pub(crate) rates: Rates,
    pub(crate) issuers: Issuers,
    pub(crate) head: Head,
    pub(crate) streams: Arc<Streams>,
    pub(crate) housekeeping: Housekeeping,
    journal: Store,
    contents: Contents,
    cache: Option<Arc<dyn Cache>>,
    /// Whether the node starts without the store, and need not ask it for contents.
    has_only_cache: AtomicBool,
    is_incomplete: AtomicBool,
    published: ArcSwap<Published>,
    writer: Mutex<Writer>,
    changed: watch::Sender<u64>,
    probed: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// What only the one who holds the lock may look at.
struct Writer {
    state: State,
    /// The id of the last entry that went into the state.
    last_id: EntryId,
    /// Channels whose contents could not be fetched yet.
    incomplete: BTreeSet<ChannelNumber>,
    /// The last entry of the latest snapshot that this node knows of.
    snapshot_number: u64,
    /// Whether the state is known to be one of this journal's: what was kept on disk may be of another.
    is_verified: bool,
}

impl Node {
    /// A node that reaches nothing but its store; see [`Node::open_with`].
    pub async fn open(journal: Arc<dyn Journal>, settings: Settings, clock: Clock) -> Result<Arc<Self>, Unavailable> {
        Self::open_with(journal, settings, clock, Surroundings::default()).await
    }

    /// Reads the journal and makes sure that there is a key for tokens. Where the store cannot be reached, the node starts
    /// with what it kept the last time, if it did.
    pub async fn open_with(
        journal: Arc<dyn Journal>,
        settings: Settings,
        clock: Clock,
        surroundings: Surroundings,
    ) -> Result<Arc<Self>, Unavailable> {
        let rates = Rates::new(settings.request_rates.clone());
        let data_rates = DataRates::new(settings.data_rates);
        let guard = ReplayGuard::new(settings.replay_guard_sessions, settings.retry_grace_ms);
        let metrics = Metrics::new();
        let journal = Store::new(journal, settings.store_timeout, metrics.store_errors.clone());
        let actions = Actions::new(surroundings.targets, settings.randomness.clone());
        let streams = Streams::new(settings.max_streams, metrics.streams.clone());
        let directory = Directory::empty(settings.master_keys.clone());
        let node = Arc::new(Self {
            settings,
            clock,
            metrics,
            audit: OnceLock::new(),
            tls: OnceLock::new(),
            data_rates,
            guard,
            actions,
            alarms: Alarms::new(surroundings.alarms),
            validators: Validators::new(),
            rates,
            issuers: Issuers::new(),
            head: Head::new(),
            streams,
            housekeeping: Housekeeping::default(),
            journal,
            contents: Contents::new(),
            cache: surroundings.cache,
            has_only_cache: AtomicBool::new(false),
            is_incomplete: AtomicBool::new(false),
            published: ArcSwap::from_pointee(Published {
                state: State::default(),
                serving: ServingMap::new_sync(),
                keyring: Arc::new(Keyring::new(Arc::default())),
                directory: Arc::new(directory),
                allowed_polls: AllowedPolls::default(),
            }),
            writer: Mutex::new(Writer::new()),
            changed: watch::Sender::new(0),
            probed: Mutex::new(None),
        });
        if let Err(error) = node.start().await {
            if newer_entry(&error).is_some() {
                tracing::error!(%error, "this node serves what came before, and takes no writes");
            } else if node.start_from_cache().await {
                let number = node.published().state.number;
                tracing::warn!(%error, number, "the store cannot be reached; this node serves what it kept");
            } else {
                return Err(error);
            }
            node.head.note_stale(&error);
            return Ok(node);
        }
        if node.settings.follows.is_some() {
            return Ok(node);
        }
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
        self.head.look(self.look()).await?;
        Ok(self.published.load_full())
    }

    async fn look(&self) -> Result<(), Unavailable> {
        let before = self.head.before();
        let last = self.journal.last().await?;
        if last != self.published.load().state.number {
            return self.take_in().await;
        }
        self.head.note_known(before, last);
        Ok(())
    }

    /// Takes in what other nodes have written, and fetches contents that are still missing.
    pub async fn catch_up(&self) -> Result<(), Unavailable> {
        self.take_in().await?;
        self.complete().await
    }

    /// Takes in what other nodes have written.
    pub(crate) async fn take_in(&self) -> Result<(), Unavailable> {
        self.follow(self.lock().await?).await.map(drop)
    }

    /// Fetches contents that could not be had when they were needed. Nobody waits for it.
    pub(crate) async fn complete(&self) -> Result<(), Unavailable> {
        if !self.is_incomplete() {
            return Ok(());
        }
        let writer = self.lock().await?;
        let missing = Ahead { touched: writer.incomplete.clone(), ..Ahead::of(&writer) };
        drop(writer);
        let _ready = self.make_ready(&missing).await;
        let mut writer = self.lock().await?;
        let ahead = Ahead::of(&writer);
        self.publish(&mut writer, ahead);
        Ok(())
    }

    /// Whether contents of what is deployed are still missing.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.is_incomplete.load(Ordering::Relaxed)
    }

    /// Whether this node, with this state, lags behind what a session has seen.
    ///
    /// A node that has since made sure that it has all of the journal does not lag: what the session saw is no longer
    /// part of it, because a backup was restored or a failover lost entries. No clock is asked: nodes' differ.
    pub(crate) fn lags_behind(&self, number: u64, seen: u64) -> bool {
        number < seen && !self.head.has_lost(number, seen)
    }

    /// Makes sure now and then that the journal is still the one that this node has followed, and takes in its news.
    pub async fn look_after_history(&self) -> Result<(), Unavailable> {
        let mut writer = self.lock().await?;
        self.stay_in_history(&mut writer).await?;
        drop(writer);
        self.take_in().await
    }

    /// Resolves when another state than the one with this number is published here.
    pub async fn changed_from(&self, number: u64) {
        let mut changed = self.changed.subscribe();
        // The sender lives as long as the node.
        let _ = changed.wait_for(|published| *published != number).await;
    }

    /// Resolves when a state with this entry's successor is published here.
    pub(crate) async fn grown_beyond(&self, number: u64) {
        let mut changed = self.changed.subscribe();
        // The sender lives as long as the node.
        let _ = changed.wait_for(|published| *published > number).await;
    }

    /// Resolves when the journal may hold more than this node has taken in.
    pub async fn journal_grew(&self) {
        let number = self.published.load().state.number;
        self.journal.wait(number).await;
    }

    /// Decides a command at the journal's head and writes what follows.
    pub async fn execute(&self, caller: &Caller, command: &Command) -> Result<Committed, NotDone> {
        let mut writer = self.lock().await?;
        // Keeps what was made ready alive until it is published.
        let mut ready = None;
        for _ in 0..ATTEMPTS {
            writer = self.follow(writer).await?;
            let context = self.context(caller);
            let events = decide(&writer.state, &context, command)?;
            if events.is_empty() {
                return Ok(Committed { events, published: self.published.load_full() });
            }
            let decision = Decision {
                v: Decision::FORMAT,
                at_ms: context.now_ms,
                realm: Some(context.realm),
                actor: caller.actor.clone(),
                operation: command.operation().into(),
                request_id: caller.request_id.clone(),
                events,
            };
            let entry = Entry {
                number: writer.state.number + 1,
                id: EntryId(self.settings.randomness.u128()),
                prev: writer.last_id,
                at_ms: decision.at_ms,
                body: serde_json::to_string(&decision).expect("a decision can be written as JSON"),
            };
            let mut ahead = Ahead::of(&writer);
            ahead.apply(&entry, &decision);
            // Once; whatever others do to it meanwhile is then done while they wait.
            if ready.is_none() && self.has_to_make_ready(&ahead) {
                drop(writer);
                ready = Some(self.make_ready_in_time(&ahead).await);
                writer = self.lock().await?;
                continue;
            }
            let started = Instant::now();
            let outcome = commit(&self.journal, &entry).await;
            self.metrics.append_seconds.observe(started.elapsed().as_secs_f64());
            match outcome {
                Ok(()) => {
                    self.publish(&mut writer, ahead);
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
            seed: self.settings.randomness.u64(),
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
        let mut channels: Vec<_> = polled.collect();
        channels.sort_unstable();
        if channels.is_empty() {
            return Ok(());
        }
        if let Some(upstream) = &self.settings.follows {
            for channels in channels.chunks(POLLS_AT_ONCE) {
                upstream.note_polls(channels.to_vec()).await?;
            }
            return Ok(());
        }
        self.execute(&self.service(self.home()), &Command::NotePolls { channels }).await.map(drop)
    }

    /// Reads the journal to its end, or up to what was written by a newer version. Nothing is shown of what lies between.
    async fn start(&self) -> Result<(), Unavailable> {
        let before = self.head.before();
        let mut writer = self.lock().await?;
        // Waits for a silent store as long as for one answer, not as long as for a snapshot.
        self.journal.last().await?;
        let mut ahead = self.beginning().await?;
        let outcome = match self.read_to_end(&mut ahead).await {
            Err(error) if newer_entry(&error).is_none() => return Err(error),
            outcome => outcome,
        };
        let _ready = self.make_ready(&ahead).await;
        self.publish(&mut writer, ahead);
        outcome?;
        self.head.note_known(before, writer.state.number);
        Ok(())
    }

    /// The state at its last entry, with that entry's id, and the last entry of the latest snapshot known here.
    pub(crate) async fn written(&self) -> Result<(State, EntryId, u64), Unavailable> {
        let writer = self.lock().await?;
        Ok((writer.state.clone(), writer.last_id, writer.snapshot_number))
    }

    /// Notes that there is a snapshot of this entry.
    pub(crate) async fn note_snapshot(&self, number: u64) -> Result<(), Unavailable> {
        let mut writer = self.lock().await?;
        writer.snapshot_number = writer.snapshot_number.max(number);
        Ok(())
    }

    /// Takes what was kept for a beginning, if there is something to be had.
    async fn start_from_cache(&self) -> bool {
        let Some(cache) = self.cache.clone() else { return false };
        let Ok(Some(kept)) = apart(move || cache.load()).await else { return false };
        let id = kept.id;
        let state = match restored(kept).await {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(error, "the kept state cannot be used");
                return false;
            }
        };
        let Ok(mut writer) = self.lock().await else { return false };
        *writer = Writer { state, last_id: id, is_verified: false, ..Writer::new() };
        let ahead = Ahead { is_anew: true, ..Ahead::of(&writer) };
        // Contents that were not kept are fetched when the store is there.
        self.has_only_cache.store(true, Ordering::Relaxed);
        let _ready = self.make_ready(&ahead).await;
        self.publish(&mut writer, ahead);
        self.has_only_cache.store(false, Ordering::Relaxed);
        true
    }

    pub(crate) fn has_cache(&self) -> bool {
        self.cache.is_some()
    }

    /// Keeps what this node serves on its own disk; says up to which entry. Where there is no such disk, it never ends.
    pub(crate) async fn keep(&self) -> Result<u64, String> {
        let Some(cache) = self.cache.clone() else { return std::future::pending().await };
        let (state, id) = {
            let writer = self.lock().await.map_err(|error| error.to_string())?;
            (writer.state.clone(), writer.last_id)
        };
        let number = state.number;
        if number == 0 {
            return Ok(0);
        }
        let mut room = cache.limit_bytes();
        let mut needed = BTreeSet::new();
        let mut left_out = 0;
        for channel in state.channels() {
            for standing in state.rollout(channel).parts() {
                let id = BlobId(standing.content.hash.0);
                if needed.contains(&id) {
                    continue;
                }
                match room.checked_sub(standing.content.size) {
                    Some(rest) => {
                        room = rest;
                        needed.insert(id);
                    }
                    None => left_out += 1,
                }
            }
        }
        if left_out > 0 {
            tracing::warn!(left_out, "the cache has no room for some contents");
        }
        let of_cache = cache.clone();
        let there = apart(move || of_cache.contents()).await.map_err(|error| error.to_string())?;
        for id in needed.iter().filter(|id| !there.contains(id)) {
            // What cannot be had now is missing to a start without the store, and kept the next time.
            let Ok(content) = self.fetch_stored(*id).await else { continue };
            let (cache, id) = (cache.clone(), *id);
            let saved = apart(move || cache.save_content(id, &content)).await;
            saved.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        }
        let saved = apart(move || {
            let body = serde_json::to_vec(&tidegate_domain::Snapshot::of(&state))?;
            cache.save(&Snapshot { number, id, body: body.into() }, &needed.into_iter().collect())
        });
        saved.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        Ok(number)
    }

    /// Makes a new key for tokens if there is none or the present one is old.
    pub async fn rotate_token_key(&self) -> Result<(), NotDone> {
        let command = Command::RotateTokenKey {
            secret: Secret(self.settings.randomness.secret()),
            max_age_ms: self.settings.token_key_max_age_ms,
        };
        match self.execute(&self.service(self.home()), &command).await {
            Ok(_) | Err(NotDone::Refused(Refusal::Superseded)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stores a content and carries out the command that refers to it by the name that it has in the store.
    ///
    /// While nothing refers to it yet, the content may be given up again; then it is stored once more.
    pub async fn execute_with(
        &self,
        caller: &Caller,
        content: &Bytes,
        command: impl Fn(ContentHash) -> Command,
    ) -> Result<Committed, NotDone> {
        for _ in 0..CONTENT_ATTEMPTS {
            let hash = self.store(content).await?;
            match self.execute(caller, &command(hash)).await {
                Err(NotDone::Refused(Refusal::ContentCondemned)) => {}
                outcome => return outcome,
            }
        }
        Err(NotDone::Contended)
    }

    /// Stores a content. Its name is its hash, unless that name was given up for good: then a tail is added that makes
    /// it another one, and that [`fetch`](Node::fetch) takes off again.
    async fn store(&self, content: &Bytes) -> Result<ContentHash, Unavailable> {
        let name = BlobId::of(content);
        if !self.published.load().state.is_condemned(ContentHash(name.0)) {
            return Ok(ContentHash(self.journal.put_blob(content).await?.0));
        }
        let tail = self.settings.randomness.u128().to_le_bytes();
        let renamed = Bytes::from([content, &tail[..]].concat());
        Ok(ContentHash(self.journal.put_blob(&renamed).await?.0))
    }

    /// Fetches a content of so many bytes: from this node's own disk if it lies there, or from the store.
    pub async fn fetch(&self, hash: ContentHash, size: u64) -> Result<Bytes, Unavailable> {
        let stored = self.fetch_stored(BlobId(hash.0)).await?;
        match usize::try_from(size) {
            Ok(size) if size <= stored.len() => Ok(stored.slice(..size)),
            _ => Err(Unavailable::new(format!("read content {hash}"), "it is shorter than it was")),
        }
    }

    /// What lies under a name, be it with a tail.
    async fn fetch_stored(&self, id: BlobId) -> Result<Bytes, Unavailable> {
        if let Some(cache) = self.cache.clone()
            && let Ok(Some(content)) = apart(move || cache.content(id)).await
        {
            return Ok(content);
        }
        let unavailable = |cause: &str| Unavailable::new(format!("read content {id}"), cause);
        if self.has_only_cache.load(Ordering::Relaxed) {
            return Err(unavailable("it was not kept"));
        }
        let found = self.journal.get_blob(id).await?;
        found.ok_or_else(|| unavailable("the store does not have it"))
    }

    /// The journal, for those who look after it.
    pub(crate) fn journal(&self) -> &dyn Journal {
        &self.journal
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
        Caller::new(realm, Actor::Service, String::new())
    }

    /// Whether callers have to say who they are, and to prove it.
    pub fn is_guarded(&self, published: &Published) -> bool {
        match self.settings.credentials {
            Credentials::Any => false,
            Credentials::Checked => true,
            Credentials::Auto => published.state.identities().is_guarded(),
        }
    }

    /// The account and region of callers who name none.
    pub fn home(&self) -> Realm {
        Realm { account: self.settings.account.clone(), region: self.settings.region.clone() }
    }

    /// The writer, for whoever waits for it no longer than the store may take.
    async fn lock(&self) -> Result<MutexGuard<'_, Writer>, Unavailable> {
        let timeout = self.settings.store_timeout;
        let locked = tokio::time::timeout(timeout, self.writer.lock()).await;
        locked.map_err(|_| Unavailable::new("write", format!("others have waited for the store for {timeout:?}")))
    }

    /// Reads the journal to its end, and publishes what follows once it is there: a node that reads anew because it has
    /// left history shows nothing of what lies between. What has to be fetched and rendered for it is made ready while
    /// others may write.
    async fn follow<'a>(&'a self, mut writer: MutexGuard<'a, Writer>) -> Result<MutexGuard<'a, Writer>, Unavailable> {
        if !writer.is_verified {
            self.stay_in_history(&mut writer).await?;
            writer.is_verified = true;
        }
        let mut ready = None;
        loop {
            let before = self.head.before();
            let (ahead, outcome) = self.read_ahead(&writer).await;
            let outcome = match outcome {
                // What came before a newer version's entry holds for good.
                Err(error) if newer_entry(&error).is_none() => return Err(error),
                outcome => outcome,
            };
            if ready.is_none() && self.has_to_make_ready(&ahead) {
                drop(writer);
                ready = Some(self.make_ready_in_time(&ahead).await);
                writer = self.lock().await?;
                continue;
            }
            if ahead.is_news(&writer) {
                self.publish(&mut writer, ahead);
            }
            outcome?;
            self.head.note_known(before, writer.state.number);
            return Ok(writer);
        }
    }

    /// What follows from the journal to its end, or up to what cannot be read.
    async fn read_ahead(&self, writer: &Writer) -> (Ahead, Result<(), Unavailable>) {
        let mut ahead = Ahead::of(writer);
        let outcome = self.read_to_end(&mut ahead).await;
        (ahead, outcome)
    }

    async fn read_to_end(&self, ahead: &mut Ahead) -> Result<(), Unavailable> {
        loop {
            let last = self.journal.last().await?;
            if last == ahead.state.number {
                return Ok(());
            }
            let entries = self.journal.read(ahead.state.number, READ_AT_ONCE).await?;
            let number = ahead.state.number;
            match entries.first() {
                Some(next) if next.number > number + 1 => {
                    tracing::info!(number, oldest = next.number, "what comes next was forgotten; taking the snapshot");
                    *ahead = self.beginning().await?;
                }
                Some(next) if next.prev != ahead.last_id => *ahead = self.begin_anew(number).await?,
                None if last < number => *ahead = self.begin_anew(number).await?,
                // (An entry that is not there although it was counted has just been overtaken; look again.)
                _ => ahead.take_in(&entries)?,
            }
        }
    }

    /// Makes sure that the last entry that this node knows is the journal's own; if not, all of it is read anew.
    async fn stay_in_history(&self, writer: &mut Writer) -> Result<(), Unavailable> {
        let number = writer.state.number;
        if number == 0 {
            return Ok(());
        }
        let entries = self.journal.read(number - 1, 1).await?;
        match entries.first() {
            Some(entry) if entry.number == number && entry.id == writer.last_id => return Ok(()),
            // Forgotten in the meantime; reading on finds out what that means.
            Some(entry) if entry.number > number => return Ok(()),
            _ => {}
        }
        let mut ahead = self.begin_anew(number).await?;
        self.read_to_end(&mut ahead).await?;
        let _ready = self.make_ready_in_time(&ahead).await;
        self.publish(writer, ahead);
        Ok(())
    }

    async fn begin_anew(&self, number: u64) -> Result<Ahead, Unavailable> {
        tracing::error!(
            number,
            "the journal is not the one that this node has followed (was a backup restored, or did a failover lose \
             entries?); reading it anew"
        );
        self.beginning().await
    }

    /// From where the journal is read: its snapshot, or its first entry. A snapshot that cannot be used costs time, and
    /// is missed only when the entries before it were forgotten.
    async fn beginning(&self) -> Result<Ahead, Unavailable> {
        let mut problem = None;
        if let Some(snapshot) = self.journal.load_snapshot().await? {
            let (number, id) = (snapshot.number, snapshot.id);
            match restored(snapshot).await {
                Ok(state) if self.is_of_this_history(number, id).await? => return Ok(Ahead::from_snapshot(state, id)),
                Ok(_) => problem = Some(format!("the snapshot, of entry {number}, is of another history")),
                Err(reason) => problem = Some(reason),
            }
        }
        let first = self.journal.first().await?;
        if first > 1 {
            let doing = format!("begin with the journal's snapshot, which holds what came before entry {first}");
            let reason = problem.unwrap_or_else(|| "there is none".into());
            return Err(Unavailable::new(doing, reason).with_hint(
                "run the version of Tidegate that wrote the snapshot, or a newer one; if the store was damaged, restore \
                 a backup with `tidegate restore`",
            ));
        }
        if let Some(problem) = problem {
            tracing::warn!(problem, "cannot use the snapshot; reading the journal from its beginning");
        }
        Ok(Ahead::from_nothing())
    }

    /// Whether the entry is in the journal, or the next one names it. A snapshot of entries that the journal has lost is
    /// worth nothing.
    async fn is_of_this_history(&self, number: u64, id: EntryId) -> Result<bool, Unavailable> {
        let entries = self.journal.read(number.saturating_sub(1), 1).await?;
        Ok(entries.first().is_some_and(|entry| match entry.number.checked_sub(number) {
            Some(0) => entry.id == id,
            Some(1) => entry.prev == id,
            _ => false,
        }))
    }

    /// Whether something that a state serves would have to be fetched or rendered.
    fn has_to_make_ready(&self, ahead: &Ahead) -> bool {
        let published = self.published.load();
        ahead.touched.iter().filter_map(|number| ahead.state.channel(*number)).any(|channel| {
            let old = published.serving.get(&channel.number).filter(|_| !ahead.is_anew);
            self.serving_at_hand(&ahead.state, channel, old).is_none()
        })
    }

    /// The same as [`Node::make_ready`], for those for whom others wait.
    async fn make_ready_in_time(&self, ahead: &Ahead) -> Vec<Arc<Served>> {
        let made = tokio::time::timeout(self.settings.store_timeout, self.make_ready(ahead)).await;
        made.unwrap_or_default()
    }

    /// Fetches and renders what a state serves. What is returned keeps it at hand; what cannot be had is left out.
    async fn make_ready(&self, ahead: &Ahead) -> Vec<Arc<Served>> {
        let published = self.published.load_full();
        let channels: Vec<_> = ahead.touched.iter().filter_map(|number| ahead.state.channel(*number)).collect();
        let mut ready = Vec::new();
        for channels in channels.chunks(FETCHED_AT_ONCE) {
            let made = channels.iter().map(|channel| {
                let old = published.serving.get(&channel.number).filter(|_| !ahead.is_anew);
                self.fetch_serving(&ahead.state, channel, old)
            });
            for made in join_all(made).await {
                match made {
                    Ok(made) => ready.extend(made),
                    Err(error) => tracing::error!(%error, "cannot fetch a content; its sessions keep what they have"),
                }
            }
        }
        ready
    }

    async fn fetch_serving(
        &self,
        state: &State,
        channel: &Channel,
        old: Option<&Arc<Serving>>,
    ) -> Result<Vec<Arc<Served>>, Unavailable> {
        let runs = runs_of(state, channel);
        let mut fetched = Vec::new();
        for standing in state.rollout(channel).parts().filter(|standing| known(old, standing).is_none()) {
            fetched.push(match &runs {
                Some(runs) => self.contents.served_flags(self, standing, runs).await?,
                None => self.contents.served(self, standing).await?,
            });
        }
        Ok(fetched)
    }

    /// Publishes a state. The contents that it serves have been fetched before, so that a poll never waits; where one is
    /// not at hand, the channel keeps what it serves.
    fn publish(&self, writer: &mut Writer, ahead: Ahead) {
        let Ahead { state, last_id, is_anew, snapshot_number, mut touched } = ahead;
        let published = self.published.load();
        // Nothing of another history is kept.
        let mut serving = if is_anew { ServingMap::new_sync() } else { published.serving.clone() };
        touched.extend(&writer.incomplete);
        let mut incomplete = BTreeSet::new();
        for &number in &touched {
            let Some(channel) = state.channel(number) else {
                serving.remove_mut(&number);
                continue;
            };
            match self.serving_at_hand(&state, channel, serving.get(&number)) {
                Some(new) => serving.insert_mut(number, Arc::new(new)),
                None => {
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
        let directory = published.directory.follow(state.identities());
        // Who reads streams has to show anew that they may.
        let are_others = !Arc::ptr_eq(&directory, &published.directory);
        let allowed_polls = AllowedPolls::default();
        drop(published);
        self.is_incomplete.store(!incomplete.is_empty(), Ordering::Relaxed);
        writer.incomplete = incomplete;
        writer.last_id = last_id;
        writer.snapshot_number = snapshot_number;
        writer.state = state.clone();
        let number = state.number;
        self.metrics.journal_entries.set(i64::try_from(number).unwrap_or(i64::MAX));
        self.published.store(Arc::new(Published { state, serving, keyring, directory, allowed_polls }));
        self.changed.send_replace(number);
        if is_anew || are_others { self.streams.ring_all() } else { self.streams.ring(touched) }
    }

    fn serving_at_hand(&self, state: &State, channel: &Channel, old: Option<&Arc<Serving>>) -> Option<Serving> {
        let runs = runs_of(state, channel);
        let rollout = state.rollout(channel);
        let mut ready: Vec<Arc<Served>> = Vec::new();
        for standing in rollout.parts() {
            ready.push(match known(old, standing) {
                Some(known) => known.clone(),
                None => self.contents.at_hand(standing, runs.as_deref())?,
            });
        }
        let mut ready = ready.into_iter();
        Some(Serving {
            polled: old.map_or_else(Arc::default, |old| old.polled.clone()),
            announced: OnceLock::new(),
            stale_since: None,
            rollout: rollout.map(|_| ready.next().expect("one was made for each")),
            is_of_flags: runs.is_some(),
        })
    }
}

/// The experiments that run on a channel of feature flags; none if it is of something else.
fn runs_of(state: &State, channel: &Channel) -> Option<Vec<overlay::Run>> {
    let realm = state.realm(&channel.realm);
    realm.profile_by_id(channel.profile).filter(|profile| profile.kind == ProfileType::FeatureFlags)?;
    let runs = realm.running_experiments(channel.application, channel.environment, channel.profile);
    Some(runs.iter().map(|run| overlay_run(&channel.realm, run)).collect())
}

/// What a deployment is served as already. Each change of an experiment comes with a deployment of its own, so that
/// this holds for flags too.
fn known<'a>(old: Option<&'a Arc<Serving>>, standing: &Standing) -> Option<&'a Arc<Served>> {
    old.and_then(|old| old.rollout.parts().find(|known| known.deployment == standing.deployment))
}

/// The state that a snapshot holds, or why it cannot be read.
pub(crate) async fn restored(snapshot: Snapshot) -> Result<State, String> {
    let restored = apart(move || {
        let written: tidegate_domain::Snapshot =
            serde_json::from_slice(&snapshot.body).map_err(|error| format!("the snapshot cannot be read: {error}"))?;
        let state = written.restore().map_err(|error| error.to_string())?;
        if state.number == snapshot.number { Ok(state) } else { Err("the snapshot is of another entry".to_owned()) }
    });
    restored.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// A state ahead of the one that is published.
struct Ahead {
    state: State,
    last_id: EntryId,
    /// Whether nothing of what is published holds any more.
    is_anew: bool,
    /// The last entry of the latest snapshot that this node knows of.
    snapshot_number: u64,
    /// Channels that serve something else than what is published.
    touched: BTreeSet<ChannelNumber>,
}

impl Ahead {
    fn of(writer: &Writer) -> Self {
        let mut state = writer.state.clone();
        let touched = state.take_touched().into_iter().collect();
        Self { state, last_id: writer.last_id, is_anew: false, snapshot_number: writer.snapshot_number, touched }
    }

    fn from_nothing() -> Self {
        let (state, last_id) = (State::default(), EntryId::NONE);
        Self { state, last_id, is_anew: true, snapshot_number: 0, touched: BTreeSet::new() }
    }

    fn from_snapshot(mut state: State, last_id: EntryId) -> Self {
        let touched = state.take_touched().into_iter().collect();
        Self { snapshot_number: state.number, state, last_id, is_anew: true, touched }
    }

    fn take_in(&mut self, entries: &[Entry]) -> Result<(), Unavailable> {
        entries.iter().try_for_each(|entry| {
            self.apply(entry, &read(entry)?);
            Ok(())
        })
    }

    fn apply(&mut self, entry: &Entry, decision: &Decision) {
        self.state.apply(entry.number, decision);
        self.last_id = entry.id;
        self.touched.extend(self.state.take_touched());
    }

    fn is_news(&self, writer: &Writer) -> bool {
        self.is_anew || self.state.number != writer.state.number
    }
}

/// Reads an entry. What this version does not know was written by a newer one.
fn read(entry: &Entry) -> Result<Decision, Unavailable> {
    #[derive(Deserialize)]
    struct Any {
        v: u32,
        #[serde(rename = "events")]
        _events: Vec<IgnoredAny>,
    }
    let doing = || format!("take in journal entry {}", entry.number);
    let newer = || Unavailable::new(doing(), NewerEntry { number: entry.number });
    match serde_json::from_str::<Decision>(&entry.body) {
        Ok(decision) if decision.v <= Decision::FORMAT => Ok(decision),
        Ok(_) => Err(newer()),
        Err(error) => match serde_json::from_str::<Any>(&entry.body) {
            Ok(any) if any.v >= Decision::FORMAT => Err(newer()),
            _ => Err(Unavailable::new(doing(), error)),
        },
    }
}

impl Writer {
    fn new() -> Self {
        Self {
            state: State::default(),
            last_id: EntryId::NONE,
            incomplete: BTreeSet::new(),
            snapshot_number: 0,
            is_verified: true,
        }
    }
}
