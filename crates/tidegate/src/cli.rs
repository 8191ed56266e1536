//! The command line. A flag wins over its environment variable, and that over the configuration file.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::alarms::{AlarmTable, Patience};

/// AWS AppConfig that you run yourself: AWS SDKs and the AWS CLI work against it unchanged.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a node: the control plane, the data plane, health and metrics on one port.
    ///
    /// Point AWS tools at it with --endpoint-url, or with AWS_ENDPOINT_URL_APPCONFIG and
    /// AWS_ENDPOINT_URL_APPCONFIGDATA in their environment.
    Serve(Box<Options>),

    /// Run the local agent: configurations and flags for applications on this machine, on localhost:2772.
    ///
    /// It takes the place of AWS's AppConfig Agent, reads the same environment variables, and follows AWS AppConfig or,
    /// with --upstream, a Tidegate node. A flag wins over its environment variables.
    Agent(crate::agent::Options),

    /// Check an audit log, or take records out of it.
    #[command(subcommand)]
    Audit(crate::audit::AuditCommand),

    /// Show the journal: who changed what, and when.
    Log(crate::log::LogOptions),

    /// Write everything that a store holds into one file, while servers run.
    ///
    /// With `restore` also the way from one engine to another.
    Backup(crate::backup::BackupOptions),

    /// Look whether a store, this machine and running servers are well, and say what to do where they are not.
    Doctor(crate::doctor::DoctorOptions),

    /// Check a backup, and put it into an empty store of any engine.
    Restore(crate::backup::RestoreOptions),

    /// Check feature-flag documents, or evaluate their flags.
    #[command(subcommand)]
    Flags(crate::flags::FlagsCommand),

    /// Make, list, disable, rotate and delete access keys.
    #[command(subcommand)]
    Keys(crate::identities::KeysCommand),

    /// Put users into groups that have policies in common.
    #[command(subcommand)]
    Groups(crate::identities::GroupsCommand),

    /// Keep IAM policies, attach them, and ask what they allow.
    #[command(subcommand, visible_alias = "policies")]
    Policy(crate::identities::PolicyCommand),

    /// Keep roles, which others may take on for a while.
    #[command(subcommand)]
    Roles(crate::identities::RolesCommand),

    /// Keep the OIDC issuers whose tokens let their bearers take roles on.
    #[command(subcommand)]
    Issuers(crate::identities::IssuersCommand),

    /// Say what an experiment has shown.
    #[command(subcommand)]
    Experiment(crate::experiment::ExperimentCommand),
}

/// Options of `serve`. Each can also stand in the configuration file, under its long name with `_` for `-`.
#[derive(Args, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Read options from this TOML file.
    ///
    /// Its keys are the names of these options with `_` for `-`, for example `listen = "127.0.0.1:8787"`.
    /// Flags and environment variables win over it.
    #[arg(long, env = "TIDEGATE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Listen on this address [default: 127.0.0.1:8787].
    ///
    /// Port 0 takes a free one. An address that other machines can reach also needs --insecure-allow-any.
    #[arg(long, env = "TIDEGATE_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// Keep data in this directory [default: tidegate-data].
    #[arg(long, env = "TIDEGATE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Keep the journal in this store [default: SQLite in the data directory].
    ///
    /// sqlite:DIR keeps it in another directory. For nodes on several machines,
    /// postgres://USER:PASSWORD@HOST:PORT[,…]/DATABASE keeps it in PostgreSQL, and
    /// etcd://[user:password@]host:port[,…][/prefix] in etcd. memory: forgets everything when the server stops.
    #[arg(long, env = "TIDEGATE_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,

    /// Keep contents in a bucket of S3, or of a store that speaks its language [default: in the store].
    ///
    /// s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME]; credentials come from AWS_ACCESS_KEY_ID and its kin, or from what a
    /// container or machine is given by its cloud. It is for good: contents do not move by themselves.
    #[arg(long, env = "TIDEGATE_BLOBS", value_name = "URL")]
    pub blobs: Option<String>,

    /// Keep what is served in this directory, too, so that a start without the store can answer polls [default: cache in
    /// the data directory where the store is on other machines; none where it is not].
    ///
    /// Each server needs its own. It holds the keys that tokens are sealed with.
    #[arg(long, env = "TIDEGATE_CACHE", value_name = "DIR")]
    pub cache: Option<PathBuf>,

    /// How much of the contents the cache may hold, in MiB, 1 to 1048576 [default: 1024].
    #[arg(long, env = "TIDEGATE_CACHE_MIB", value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    #[serde(deserialize_with = "within::<1, 1_048_576, _>")]
    pub cache_mib: Option<u32>,

    /// The file with the master key, under which secrets are sealed [default: master-key in the data directory].
    ///
    /// Without one given, a server with SQLite in a data directory makes it there. All servers that share a store need
    /// the same. `openssl rand -hex 32` makes one.
    #[arg(long, env = "TIDEGATE_MASTER_KEY", value_name = "FILE")]
    pub master_key: Option<PathBuf>,

    /// Be a relay: serve what the node, or relay, at this address serves, and take no changes.
    ///
    /// Both need the same --relay-secret. A relay has no store.
    #[arg(long, env = "TIDEGATE_FOLLOW", value_name = "URL")]
    pub follow: Option<String>,

    /// Trust the certificates in this PEM file, besides the machine's, when following.
    #[arg(long, env = "TIDEGATE_FOLLOW_CA", value_name = "FILE")]
    pub follow_ca: Option<PathBuf>,

    /// Follow over http:// on another machine, where others may read the secret and everything else [default: false].
    #[arg(long, env = "TIDEGATE_FOLLOW_INSECURE", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub follow_insecure: Option<bool>,

    /// Let relays follow this node that have the same secret: 32 or more characters in this file.
    ///
    /// Whoever has it can read everything that is stored.
    #[arg(long, env = "TIDEGATE_RELAY_SECRET", value_name = "FILE")]
    pub relay_secret: Option<PathBuf>,

    /// Which credentials callers need [default: auto].
    #[arg(long, env = "TIDEGATE_CREDENTIALS", value_name = "WHICH")]
    pub credentials: Option<Credentials>,

    /// Show the metrics to everybody, also when credentials are checked [default: false].
    ///
    /// Otherwise they are for this machine, and for those whose policies allow tidegate:GetMetrics.
    #[arg(long, env = "TIDEGATE_OPEN_METRICS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub open_metrics: Option<bool>,

    /// Accept any credentials on an address that other machines can reach.
    #[arg(long, env = "TIDEGATE_INSECURE_ALLOW_ANY", num_args = 0..=1, default_missing_value = "true")]
    pub insecure_allow_any: Option<bool>,

    /// Names besides localhost by which requests may call a server on a loopback address, separated by commas.
    ///
    /// Web pages must not reach it by having their own name point here.
    #[arg(long, env = "TIDEGATE_ALLOWED_HOSTS", value_name = "NAMES", value_delimiter = ',')]
    pub allowed_hosts: Option<Vec<String>>,

    /// Speak TLS with this certificate: a PEM file that holds it and those that lead to its authority.
    ///
    /// The files of TLS are looked at every two seconds, and taken over when they have changed and are right.
    #[arg(long, env = "TIDEGATE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The key of --tls-cert: a PEM file, not encrypted.
    #[arg(long, env = "TIDEGATE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Ask clients for certificates of these authorities: a PEM file.
    #[arg(long, env = "TIDEGATE_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,

    /// Whether a client without a certificate is refused where --tls-client-ca asks for one [default: required].
    #[arg(long, env = "TIDEGATE_TLS_CLIENT_CERTIFICATES", value_name = "WHICH")]
    pub tls_client_certificates: Option<ClientCertificatesChoice>,

    /// The account of callers whose access key id is not an account of its own [default: 000000000000].
    #[arg(long, env = "TIDEGATE_ACCOUNT", value_name = "12 DIGITS")]
    pub account: Option<String>,

    /// The region of callers whose request is not signed for one [default: us-east-1].
    #[arg(long, env = "TIDEGATE_REGION", value_name = "REGION")]
    pub region: Option<String>,

    /// Where the time comes from [default: system].
    ///
    /// A manual clock stands still until a test moves it: POST /_tidegate/clock/advance {"seconds": N}.
    #[arg(long, env = "TIDEGATE_CLOCK", value_name = "CLOCK")]
    pub clock: Option<ClockChoice>,

    /// What happens to a configuration token that is used twice [default: refuse].
    ///
    /// For ten seconds after its first use a token is answered again in any case, since the reply may have been lost.
    #[arg(long, env = "TIDEGATE_TOKEN_REUSE", value_name = "WHAT")]
    pub token_reuse: Option<TokenReuseChoice>,

    /// The poll interval of sessions that ask for none, in seconds, 1 to 86400 [default: 60].
    #[arg(long, env = "TIDEGATE_POLL_INTERVAL", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    #[serde(deserialize_with = "within::<1, 86_400, _>")]
    pub poll_interval: Option<u32>,

    /// Whether a poll before its time is refused, as AWS does [default: true].
    ///
    /// Switch it off to measure, not to run.
    #[arg(long, env = "TIDEGATE_ENFORCE_POLL_INTERVAL", value_name = "BOOL")]
    pub enforce_poll_interval: Option<bool>,

    /// How many sessions each node remembers to notice tokens that are used twice, 16 bytes each [default: 1048576].
    #[arg(long, env = "TIDEGATE_REPLAY_GUARD_SESSIONS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 28))]
    #[serde(deserialize_with = "within::<1, { 1 << 28 }, _>")]
    pub replay_guard_sessions: Option<u32>,

    /// Connections at a time; further ones wait [default: 16384].
    #[arg(long, env = "TIDEGATE_MAX_CONNECTIONS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    #[serde(deserialize_with = "within::<1, { 1 << 20 }, _>")]
    pub max_connections: Option<u32>,

    /// Streams at a time; further ones are refused, and their clients poll [default: 10240].
    #[arg(long, env = "TIDEGATE_MAX_STREAMS", value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1 << 20))]
    #[serde(deserialize_with = "within::<0, { 1 << 20 }, _>")]
    pub max_streams: Option<u32>,

    /// Connections at a time from one address, or one /64 of IPv6; further ones are closed [default: no limit].
    #[arg(long, env = "TIDEGATE_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1048576))]
    #[serde(deserialize_with = "within::<1, 1048576, _>")]
    pub max_connections_per_address: Option<u32>,

    /// How long a client may take for a request's head, in seconds, 1 to 300 [default: 10].
    #[arg(long, env = "TIDEGATE_HEADER_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=300))]
    #[serde(deserialize_with = "within::<1, 300, _>")]
    pub header_timeout: Option<u32>,

    /// How long a client may take to send a request's body, in seconds, 1 to 3600 [default: 30].
    #[arg(long, env = "TIDEGATE_BODY_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    #[serde(deserialize_with = "within::<1, 3600, _>")]
    pub body_timeout: Option<u32>,

    /// How long a client may take to read any part of an answer, in seconds, 1 to 3600 [default: 60].
    #[arg(long, env = "TIDEGATE_WRITE_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    #[serde(deserialize_with = "within::<1, 3600, _>")]
    pub write_timeout: Option<u32>,

    /// How long a connection may stand without a request, in seconds, 1 to 86400 [default: 100].
    ///
    /// Clients that poll less often than that connect anew each time.
    #[arg(long, env = "TIDEGATE_IDLE_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86400))]
    #[serde(deserialize_with = "within::<1, 86400, _>")]
    pub idle_timeout: Option<u32>,

    /// How long open requests may take when the server is told to stop, in seconds, 1 to 3600 [default: 10].
    #[arg(long, env = "TIDEGATE_SHUTDOWN_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    #[serde(deserialize_with = "within::<1, 3600, _>")]
    pub shutdown_timeout: Option<u32>,

    /// Requests a second to the data plane from one address, or one /64 of IPv6 [default: no limit].
    ///
    /// More are refused with ThrottlingException, status 429.
    #[arg(long, env = "TIDEGATE_DATA_RATE_PER_ADDRESS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000000000))]
    #[serde(deserialize_with = "within::<1, 1000000000, _>")]
    pub data_rate_per_address: Option<u32>,

    /// Requests a second to the data plane with one access key [default: no limit].
    #[arg(long, env = "TIDEGATE_DATA_RATE_PER_KEY", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000000000))]
    #[serde(deserialize_with = "within::<1, 1000000000, _>")]
    pub data_rate_per_key: Option<u32>,

    /// How many seconds' worth of requests to the data plane may come at once, 1 to 3600 [default: 10].
    #[arg(long, env = "TIDEGATE_DATA_RATE_BURST", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    #[serde(deserialize_with = "within::<1, 3600, _>")]
    pub data_rate_burst: Option<u32>,

    /// Proxies whose X-Forwarded-For is believed: addresses and networks, separated by commas.
    ///
    /// Whom they name counts as the sender, for rates and in the audit log.
    #[arg(long, env = "TIDEGATE_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<String>>,

    /// The quota of applications in an account and region [default: 100].
    #[arg(long, env = "TIDEGATE_QUOTA_APPLICATIONS", value_name = "N")]
    pub quota_applications: Option<u32>,

    /// The quota of environments in an application [default: 20].
    #[arg(long, env = "TIDEGATE_QUOTA_ENVIRONMENTS", value_name = "N")]
    pub quota_environments: Option<u32>,

    /// The quota of configuration profiles in an application [default: 100].
    #[arg(long, env = "TIDEGATE_QUOTA_PROFILES", value_name = "N")]
    pub quota_profiles: Option<u32>,

    /// The quota of deployment strategies in an account and region [default: 20].
    #[arg(long, env = "TIDEGATE_QUOTA_STRATEGIES", value_name = "N")]
    pub quota_strategies: Option<u32>,

    /// The quota of experiment definitions in an application [default: 50].
    #[arg(long, env = "TIDEGATE_QUOTA_EXPERIMENT_DEFINITIONS", value_name = "N")]
    pub quota_experiment_definitions: Option<u32>,

    /// The largest hosted configuration, in KiB, 1 to 4000 [default: 2048].
    #[arg(long, env = "TIDEGATE_QUOTA_CONTENT_KIB", value_name = "KIB", value_parser = clap::value_parser!(u32).range(1..=4_000))]
    #[serde(deserialize_with = "within::<1, 4_000, _>")]
    pub quota_content_kib: Option<u32>,

    /// Whether accounts are held to AWS's request rates for the control plane [default: aws].
    #[arg(long, env = "TIDEGATE_REQUEST_RATES", value_name = "WHICH")]
    pub request_rates: Option<RequestRatesChoice>,

    /// Accounts without request rates, separated by commas [default: the account of --account].
    #[arg(long, env = "TIDEGATE_UNLIMITED_ACCOUNTS", value_name = "ACCOUNTS", value_delimiter = ',')]
    pub unlimited_accounts: Option<Vec<String>>,

    /// Sign webhooks with this secret [default: one made at first start, in webhook-secret in the data directory].
    #[arg(long, env = "TIDEGATE_WEBHOOK_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub webhook_secret: Option<String>,

    /// How long a single try of a webhook may take, in seconds, 1 to 15 [default: 10].
    ///
    /// While a caller or a deployment waits for it, a call with all its tries takes 15 seconds at most.
    #[arg(long, env = "TIDEGATE_WEBHOOK_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=15))]
    #[serde(deserialize_with = "within::<1, 15, _>")]
    pub webhook_timeout: Option<u32>,

    /// How often the alarms of running deployments are asked for, in seconds, 1 to 10 [default: 5].
    #[arg(long, env = "TIDEGATE_ALARM_INTERVAL", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=10))]
    #[serde(deserialize_with = "within::<1, 10, _>")]
    pub alarm_interval: Option<u32>,

    /// How long an alarm without data holds a deployment before it is rolled back, in seconds, or forever [default: 60].
    ///
    /// An alarm has no data when its source says so or cannot be reached. AWS rolls back at once: 0.
    #[arg(long, env = "TIDEGATE_ALARM_PATIENCE", value_name = "SECONDS")]
    pub alarm_patience: Option<Patience>,

    /// What those have to show who report alarms to /_tidegate/alarms/ or /_tidegate/alertmanager, as a bearer token.
    #[arg(long, env = "TIDEGATE_ALARM_TOKEN", value_name = "TEXT", hide_env_values = true)]
    pub alarm_token: Option<String>,

    /// Where alarms are read, by their names; only in the file.
    #[arg(skip)]
    pub alarms: Option<BTreeMap<String, AlarmTable>>,

    /// How long another node's claim on calling an extension is respected while nothing comes of it, in seconds, 25 to
    /// 3600 [default: 30].
    #[arg(long, env = "TIDEGATE_CLAIM_TIMEOUT", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(25..=3_600))]
    #[serde(deserialize_with = "within::<25, 3_600, _>")]
    pub claim_timeout: Option<u32>,

    /// Forget entries of the journal that are older than so many days, once a snapshot holds what follows from them
    /// [default: keep all].
    ///
    /// What is forgotten, `tidegate log` shows no more. What is served, and everything that AWS's operations show, stays.
    #[arg(long, env = "TIDEGATE_JOURNAL_KEEP_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    #[serde(deserialize_with = "within::<1, 36_500, _>")]
    pub journal_keep_days: Option<u32>,

    /// Delete contents that nothing has referred to for so many hours; 0 deletes none [default: 1].
    #[arg(long, env = "TIDEGATE_SWEEP_AFTER_HOURS", value_name = "HOURS", value_parser = clap::value_parser!(u32).range(0..=8_760))]
    #[serde(deserialize_with = "within::<0, 8_760, _>")]
    pub sweep_after_hours: Option<u32>,

    /// Let webhooks call link-local addresses, at which clouds keep an instance's secrets [default: false].
    #[arg(long, env = "TIDEGATE_WEBHOOK_ALLOW_LINK_LOCAL", value_name = "BOOL")]
    pub webhook_allow_link_local: Option<bool>,

    /// Write an audit log: to this file, or to audit.jsonl in this directory.
    ///
    /// It records every change and every refused call in CloudTrail's record shape, as a chain that
    /// `tidegate audit verify` checks. A name that ends in .jsonl, .json or .log is a file.
    #[arg(long, env = "TIDEGATE_AUDIT", value_name = "FILE|DIR")]
    pub audit: Option<PathBuf>,

    /// Record reads and polls too; rather than making one wait, its record is dropped and counted [default: false].
    #[arg(long, env = "TIDEGATE_AUDIT_READS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub audit_reads: Option<bool>,

    /// Refuse changes when the audit log cannot be written, instead of making them unrecorded [default: false].
    #[arg(long, env = "TIDEGATE_AUDIT_REQUIRED", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub audit_required: Option<bool>,

    /// Begin a new file of the audit log after so many KiB [default: 65536].
    #[arg(long, env = "TIDEGATE_AUDIT_ROTATE_KIB", value_name = "KIB", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(deserialize_with = "within::<1, { u32::MAX }, _>")]
    pub audit_rotate_kib: Option<u32>,

    /// Begin a new file of the audit log with each day, in UTC [default: true].
    #[arg(long, env = "TIDEGATE_AUDIT_ROTATE_DAILY", value_name = "BOOL")]
    pub audit_rotate_daily: Option<bool>,

    /// What to log: error, warn, info, debug or trace, or directives as `info,tidegate_server=debug` [default: info].
    #[arg(long, env = "TIDEGATE_LOG", value_name = "LEVEL")]
    pub log: Option<String>,

    /// How to write the log, which goes to standard error [default: text].
    #[arg(long, env = "TIDEGATE_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Credentials {
    /// As soon as an access key or a role was made, signatures of known keys; before that, on a loopback address, any.
    Auto,
    /// Any at all, or none, as local stand-ins for AWS do.
    Any,
    /// Only signatures of known access keys.
    Checked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClientCertificatesChoice {
    /// Nobody gets in without one.
    Required,
    /// One that is shown has to be right.
    Optional,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ClockChoice {
    /// The machine's clock.
    System,
    /// One that tests move.
    Manual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokenReuseChoice {
    /// It is refused, as AWS documents.
    Refuse,
    /// It is answered, as AWS was observed to do.
    Allow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequestRatesChoice {
    /// Those of AWS's quotas, per account and operation.
    Aws,
    /// None.
    Unlimited,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads a number that the configuration file gives, in the range that its flag has.
fn within<'de, const LEAST: u32, const MOST: u32, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let number = i64::deserialize(from)?;
    match u32::try_from(number) {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(Some(number)),
        _ => Err(D::Error::custom(format_args!("{number} is not in {LEAST}..={MOST}"))),
    }
}
