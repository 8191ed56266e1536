//! What an operator can choose about a node.

use std::sync::Arc;
use std::time::Duration;

use tidegate_domain::{Account, Limits};
use tidegate_secrets::MasterKeys;

use crate::data_rates::DataRateLimits;
use crate::peers::TrustedProxies;
use crate::relay::{RelaySecret, Upstream};

use crate::random::Randomness;

/// Whether callers have to prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// As soon as a key or a role was made, and from then on.
    Auto,
    /// Never: any credentials will do.
    Any,
    /// Always.
    Checked,
}

/// What happens to a token that is used a second time, after the grace for retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenReuse {
    /// It is refused, as AWS's documentation says.
    Refuse,
    /// It is answered, as AWS was observed to do.
    Allow,
}

/// Which accounts are held to AWS's request rates for the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestRates {
    /// All but these.
    Aws {
        /// Accounts without limit.
        except: Vec<Account>,
    },
    /// None.
    Unlimited,
}

impl RequestRates {
    /// Whether an account is held to them.
    pub fn apply_to(&self, account: &Account) -> bool {
        match self {
            Self::Aws { except } => !except.contains(account),
            Self::Unlimited => false,
        }
    }
}

/// A node's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account of callers whose access key names none.
    pub account: Account,
    /// The region of callers whose signature names none.
    pub region: Arc<str>,
    /// Whether callers have to prove who they are.
    pub credentials: Credentials,
    /// What secrets are sealed under; without it no key lets anybody in.
    pub master_keys: Option<Arc<MasterKeys>>,
    /// Whether everybody may read the metrics, and not those only who ask from this machine or may.
    pub open_metrics: bool,
    /// The names besides `localhost` and addresses that requests may be to; any, if absent.
    pub allowed_hosts: Option<Vec<String>>,
    /// How much there may be.
    pub limits: Limits,
    /// Which accounts are held to request rates.
    pub request_rates: RequestRates,
    /// How often each address and each key may ask the data plane.
    pub data_rates: DataRateLimits,
    /// Proxies that are believed when they say whom they speak for.
    pub trusted_proxies: TrustedProxies,
    /// What happens to tokens that are used twice.
    pub token_reuse: TokenReuse,
    /// How long after its first use a token is answered once more, in milliseconds: a lost reply must not end a session.
    pub retry_grace_ms: i64,
    /// How many sessions the guard against reuse remembers; a power of two is taken.
    pub replay_guard_sessions: usize,
    /// The poll interval, in seconds, of sessions that ask for none.
    pub default_poll_interval_s: u32,
    /// Whether a poll before its time is refused. Only ever off for measurements.
    pub enforce_poll_interval: bool,
    /// How long one key seals tokens, in milliseconds.
    pub token_key_max_age_ms: i64,
    /// After how many journal entries a snapshot is saved.
    pub snapshot_every: u64,
    /// How long entries are kept in the journal once a snapshot holds what follows from them; for ever, if absent.
    pub journal_keep: Option<Duration>,
    /// How long contents are kept that nothing refers to; for ever, if absent. Long enough for a writer to get from
    /// storing a content to referring to it: one that takes longer has to store it again.
    pub content_keep: Option<Duration>,
    /// How long another node's claim on work is respected while nothing comes of it: longer than a call outside takes,
    /// which is 20 seconds.
    /// What those who report alarms have to show; nothing, if absent.
    pub alarm_token: Option<Arc<str>>,
    /// How long another node's claim on work is respected while nothing comes of it. Longer than any such work takes.
    pub claim_timeout: Duration,
    /// How long the store may take to append or read entries before it counts as out of reach; five times as long for
    /// contents and snapshots.
    pub store_timeout: Duration,
    /// How often a node makes sure that it has everything, also when nobody tells it of news.
    pub look_every: Duration,
    /// How long a node may be cut off from the journal's head before its polls say so.
    pub stale_after: Duration,
    /// The shortest time between two states that a node keeps on its own disk.
    pub keep_every: Duration,
    /// Where random numbers come from.
    pub randomness: Randomness,
    /// Connections at a time; further ones wait to be accepted.
    pub max_connections: usize,
    /// What relays have to show to follow this node; without it none can.
    pub relay_secret: Option<RelaySecret>,
    /// The node that this one relays. It then takes no writes, and its journal is that node.
    pub follows: Option<Arc<Upstream>>,
    /// Streams at a time; further ones are refused, and poll.
    pub max_streams: usize,
    /// Connections at a time from one address, or from one /64 of IPv6; further ones are closed.
    pub max_connections_per_address: Option<usize>,
    /// How long a client may take to send a request's head once it has begun, and to begin its first.
    pub header_timeout: Duration,
    /// How long a client may keep a connection without a request. Longer than clients wait between polls.
    pub idle_timeout: Duration,
    /// How long a client may take to read any part of an answer.
    pub write_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// How long open requests may take to finish at shutdown.
    pub shutdown_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: Account::default(),
            region: "us-east-1".into(),
            credentials: Credentials::Auto,
            master_keys: None,
            open_metrics: false,
            allowed_hosts: None,
            limits: Limits::default(),
            request_rates: RequestRates::Aws { except: vec![Account::default()] },
            data_rates: DataRateLimits { per_address: None, per_key: None, burst_s: 10 },
            trusted_proxies: TrustedProxies::default(),
            token_reuse: TokenReuse::Refuse,
            retry_grace_ms: 10_000,
            replay_guard_sessions: 1 << 20,
            default_poll_interval_s: 60,
            enforce_poll_interval: true,
            token_key_max_age_ms: 30 * 24 * 60 * 60 * 1_000,
            snapshot_every: 10_000,
            alarm_token: None,
            journal_keep: None,
            content_keep: Some(Duration::from_secs(60 * 60)),
            claim_timeout: Duration::from_secs(30),
            store_timeout: Duration::from_secs(6),
            look_every: Duration::from_secs(1),
            stale_after: Duration::from_secs(3),
            keep_every: Duration::from_secs(5),
            randomness: Randomness::Thread,
            max_connections: 16_384,
            relay_secret: None,
            follows: None,
            max_streams: 10_240,
            max_connections_per_address: None,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(100),
            write_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}
