//! `tidegate serve`: one node.

use std::fs::OpenOptions;
use std::io::{ErrorKind, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidegate_domain::{Account, Limits};
use tidegate_journal::{Journal, Unavailable};
use tidegate_server::Credentials as CheckedWhen;
use tidegate_server::actions::{Targets, Webhook, WebhookSettings};
use tidegate_server::alarms::AlarmSettings;
use tidegate_server::audit::{Audit, AuditSettings};
use tidegate_server::cache::{Cache, DiskCache};
use tidegate_server::clock::{Clock, system_now_ms};
use tidegate_server::conductor::Conductor;
use tidegate_server::node::{Node, Surroundings};
use tidegate_server::tls::{ClientCertificates, Tls, TlsSettings};
use tidegate_server::{DataRateLimits, RequestRates, Settings, TokenReuse, TrustedProxies, http};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing_subscriber::EnvFilter;

use crate::cli::{
    ClientCertificatesChoice, ClockChoice, Credentials, LogFormat, Options, RequestRatesChoice, TokenReuseChoice,
};
use crate::master;
use crate::problem::Problem;
use crate::store::{Opened, Store};
use crate::{alarms, config_file, relay};

/// How long opening a store may take.
const OPENING_TAKES: Duration = Duration::from_secs(10);
/// How long a server that has kept nothing waits for a store that is away.
const WAIT_FOR_STORE: Duration = Duration::from_secs(60);

/// Runs a node until the process is told to stop.
pub(crate) fn run(options: Options) -> Result<(), Problem> {
    let options = config_file::merge(options)?;
    start_logging(&options)?;
    let listen = options.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 8787).into());
    // What a relay serves lies elsewhere.
    let store = if options.follow.is_some() { Store::Memory } else { Store::of(&options)? };
    check_exposure(&options, listen, &store)?;
    let doors = Doors {
        listen,
        is_exposed: is_exposed(&options, listen),
        is_named: matches!(options.credentials, Some(Credentials::Any | Credentials::Checked)),
        master_key: options.master_key.clone(),
    };
    let settings = relay::add(&options, settings(&options, listen)?)?;
    let webhook = webhook(&options);
    let alarms = alarms::settings(&options)?;
    let audit = audit(&options)?;
    let tls = tls(&options)?;
    let cache = cache(&options, &store)?;
    // Each connection takes a file descriptor; where the limit cannot be raised, the rest has to wait.
    let _ = rlimit::increase_nofile_limit(u64::from(u32::MAX));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start threads: {error}")))?;
    runtime.block_on(serve(
        Listen { address: listen, tls },
        doors,
        Kept { store, cache },
        settings,
        webhook,
        alarms,
        audit,
        options.clock.unwrap_or(ClockChoice::System),
    ))
}

/// Where to listen, and whether over TLS.
struct Listen {
    address: SocketAddr,
    tls: Option<Tls>,
}

/// What was chosen about who is let in.
struct Doors {
    listen: SocketAddr,
    /// Whether other machines can reach the address, and that was not said to be right.
    is_exposed: bool,
    /// Whether it was said which credentials callers need.
    is_named: bool,
    /// Where the master key is.
    master_key: Option<PathBuf>,
}

/// Where things are kept: the journal, and what a start without it needs.
struct Kept {
    store: Store,
    cache: Option<Arc<DiskCache>>,
}

#[expect(clippy::too_many_arguments, reason = "each is a part of what was chosen, and is used once")]
async fn serve(
    listen: Listen,
    doors: Doors,
    kept: Kept,
    settings: Settings,
    webhook: WebhookSettings,
    alarms: AlarmSettings,
    audit: Option<AuditSettings>,
    clock: ClockChoice,
) -> Result<(), Problem> {
    let Listen { address: listen, tls } = listen;
    let Kept { store, cache } = kept;
    // Listening first: a second server on the port must not touch the first one's data.
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Problem::new(format!("cannot listen on {listen}: {error}"))
            .hint("choose another address with --listen ADDRESS:PORT, or port 0 for a free one")
    })?;
    let address = listener.local_addr().map_err(|error| Problem::new(format!("cannot listen on {listen}: {error}")))?;
    let opened = match &settings.follows {
        Some(upstream) => Opened::other(upstream.clone()),
        None => open(&store, cache.as_deref()).await?,
    };
    let journal = opened.journal.clone();
    let clock = match clock {
        ClockChoice::System => Clock::system(),
        ClockChoice::Manual => Clock::manual(manual_start_ms(&*journal).await?),
    };
    let webhook = match webhook.secret.is_empty() {
        true => WebhookSettings { secret: own_webhook_secret(&store)?, ..webhook },
        false => webhook,
    };
    let webhook = Webhook::new(webhook).map_err(Problem::new)?;
    // A relay has none of its own: what is sealed was sealed elsewhere.
    let master_keys = match (&settings.follows, &doors.master_key) {
        (Some(_), None) => None,
        (_, named) => master::keys(named.as_deref(), &store)?.map(Arc::new),
    };
    let settings = Settings { master_keys, ..settings };
    let cache = cache.map(|cache| cache as Arc<dyn Cache>);
    let surroundings = Surroundings { targets: Arc::new(Targets { webhook }), alarms, cache };
    let node = Node::open_with(journal, settings, clock, surroundings).await?;
    check_keys(&node, &doors)?;
    if let Some(audit) = audit {
        start_audit(&node, audit).await?;
    }
    if let Some(tls) = tls {
        let _ = node.tls.set(Arc::new(tls));
    }
    let (stop, stopping) = watch::channel(false);
    let (advances, advance_requests) = mpsc::channel(1);
    let conductor = tokio::spawn(Conductor::new(node.clone()).run(advance_requests, stopped(stopping.clone())));
    let server = tokio::spawn(http::serve(listener, node.clone(), advances, stopped(stopping)));
    // Before anybody is told that the server runs, and could tell it to stop.
    let mut signals = Signals::listen()?;
    greet(address, &store, &node);
    signals.wait().await;
    tracing::info!("stopping");
    stop.send_replace(true);
    let stopped = async {
        let ended = tokio::join!(server, conductor);
        if let Some(audit) = node.audit.get() {
            audit.close().await;
        }
        opened.close().await?;
        match ended {
            (Ok(()), Ok(())) => Ok(()),
            _ => Err(Problem::new("a part of the server ended with a fault; the log says which")),
        }
    };
    tokio::select! {
        ended = stopped => ended,
        () = signals.wait() => {
            tracing::warn!("stopping at once, as told a second time");
            // What is acknowledged is stored: no moment is a wrong one to end at.
            std::process::exit(130)
        }
    }
}

/// What is served is kept on this machine where the store is on others.
fn cache(options: &Options, store: &Store) -> Result<Option<Arc<DiskCache>>, Problem> {
    let data = options.data.as_deref().unwrap_or(Path::new("tidegate-data"));
    let directory = match &options.cache {
        Some(directory) => directory.clone(),
        None if store.is_remote() => data.join("cache"),
        None => return Ok(None),
    };
    let limit_bytes = u64::from(options.cache_mib.unwrap_or(1_024)) << 20;
    let opened = DiskCache::open(&directory, limit_bytes)
        .map_err(|error| Problem::new(error).hint("name a directory of this server's own with --cache or --data"))?;
    Ok(Some(Arc::new(opened)))
}

/// Opens the store. One on other machines may be away: a server that has kept what it served starts without it, and any
/// other waits for it a while.
async fn open(store: &Store, cache: Option<&DiskCache>) -> Result<Opened, Problem> {
    let given_up = Instant::now() + WAIT_FOR_STORE;
    loop {
        let opened = tokio::time::timeout(OPENING_TAKES, store.open()).await;
        let problem = match opened {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(problem)) => problem,
            Err(_) => Problem::new(format!("{store} does not answer within {OPENING_TAKES:?}")),
        };
        if !store.is_remote() {
            return Err(problem);
        }
        if cache.is_some_and(|cache| cache.load().is_some()) {
            tracing::warn!(
                problem = problem.to_string().trim_end(),
                "the store is away; starting with what this server kept"
            );
            return Ok(store.open_later());
        }
        if Instant::now() >= given_up {
            return Err(problem);
        }
        tracing::warn!(
            problem = problem.to_string().trim_end(),
            "the store is away, and nothing was kept; trying again"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Before anybody can ask for anything.
async fn start_audit(node: &Arc<Node>, settings: AuditSettings) -> Result<(), Problem> {
    let of_node = node.clone();
    let opened = tokio::task::spawn_blocking(move || {
        Audit::open(settings, &of_node.metrics, of_node.home(), of_node.clock.now_ms())
    });
    let opened = opened.await.unwrap_or_else(|error| Err(error.to_string()));
    let audit = opened.map_err(|error| {
        Problem::new(format!("cannot open the audit log {error}"))
            .hint("see what `tidegate audit verify` says, move the files away, or name others with --audit")
    })?;
    node.audit.set(audit).map_err(|_| Problem::new("there is an audit log already"))
}

/// A manual clock starts at the machine's time, and never before what the journal already holds.
async fn manual_start_ms(journal: &dyn Journal) -> Result<i64, Unavailable> {
    let last = journal.last().await?;
    let entries = journal.read(last.saturating_sub(1), 1).await?;
    Ok(entries.last().map_or(0, |entry| entry.at_ms).max(system_now_ms()))
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // The sender going away means the same.
    let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
}

/// The signals that tell the process to stop.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Problem> {
        let listen = |kind| signal(kind).map_err(|error| Problem::new(format!("cannot listen for signals: {error}")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Says where everything is and how to try it. Standard output may be closed; that is no reason to stop.
fn greet(address: SocketAddr, store: &Store, node: &Node) {
    let url = format!("{}://{address}", if node.tls.get().is_some() { "https" } else { "http" });
    let access = match node.is_guarded(&node.published()) {
        false => "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test",
        true => "AWS_ACCESS_KEY_ID=AKIA… AWS_SECRET_ACCESS_KEY=…",
    };
    let clock = if node.clock.is_manual() { "manual: moved by POST /_tidegate/clock/advance" } else { "the machine's" };
    let data = match &node.settings.follows {
        Some(upstream) => format!("a relay of {}", upstream.url()),
        None => store.to_string(),
    };
    let text = format!(
        "tidegate {version} is listening on {url}\n\
         data         {data}\n\
         credentials  {credentials}\n\
         clock        {clock}\n\
         \n\
         Try it:\n  \
           export {access} AWS_DEFAULT_REGION=us-east-1\n  \
           aws --endpoint-url {url} appconfig create-application --name hello\n  \
           aws --endpoint-url {url} appconfig list-applications\n",
        version = env!("CARGO_PKG_VERSION"),
        credentials = credentials_line(node),
    );
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn start_logging(options: &Options) -> Result<(), Problem> {
    let level = options.log.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Problem::new(format!("the log level {level:?} is not right: {error}"))
            .hint("use error, warn, info, debug or trace, or directives such as info,tidegate_server=debug")
    })?;
    let is_terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_terminal);
    match options.log_format.unwrap_or(LogFormat::Text) {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Open doors are for loopback; a clock that anybody can move is for tests. What can be said without the store is said
/// before it is touched; [`check_keys`] says the rest.
fn check_exposure(options: &Options, listen: SocketAddr, store: &Store) -> Result<(), Problem> {
    if options.credentials == Some(Credentials::Checked) && options.clock == Some(ClockChoice::Manual) {
        return Err(Problem::new("a manual clock is never available together with checked credentials")
            .hint("leave out --clock manual, or use --credentials any on a loopback address"));
    }
    if !is_exposed(options, listen) {
        return Ok(());
    }
    match options.credentials {
        Some(Credentials::Checked) => Ok(()),
        Some(Credentials::Any) => {
            Err(Problem::new(format!("{listen} can be reached from other machines, and credentials are not checked"))
                .hint("listen on 127.0.0.1 or [::1], or say --insecure-allow-any if everybody may do everything"))
        }
        Some(Credentials::Auto) | None if !store.may_hold_something() => Err(no_keys(listen)),
        Some(Credentials::Auto) | None => Ok(()),
    }
}

/// Whether other machines can reach the address, and that was not said to be right.
fn is_exposed(options: &Options, listen: SocketAddr) -> bool {
    !listen.ip().is_loopback() && options.insecure_allow_any != Some(true)
}

fn no_keys(listen: SocketAddr) -> Problem {
    Problem::new(format!("{listen} can be reached from other machines, and no access key was made yet")).hint(
        "make one with `tidegate keys create NAME --policy TidegateFullAccess`, listen on 127.0.0.1 or [::1], or say \
         --insecure-allow-any if everybody may do everything",
    )
}

/// Looks whether the keys in the store and the options fit each other.
fn check_keys(node: &Node, doors: &Doors) -> Result<(), Problem> {
    let published = node.published();
    let identities = published.state.identities();
    if doors.is_exposed && !doors.is_named && !identities.is_guarded() {
        return Err(no_keys(doors.listen));
    }
    if node.is_guarded(&published) && node.clock.is_manual() {
        return Err(Problem::new("access keys were made in this store, and a manual clock is never available together with checked credentials")
            .hint("leave out --clock manual, or use --credentials any on a loopback address"));
    }
    let (keys, usable) = (identities.keys().count(), published.usable_keys());
    if node.is_guarded(&published) && keys > 0 && usable == 0 {
        let at_hand =
            node.settings.master_keys.as_ref().map_or_else(|| "none".into(), |masters| masters.id().to_string());
        return Err(Problem::new(format!(
            "none of the {keys} access keys can be used: their secrets are sealed under another master key than the one at hand ({at_hand})"
        ))
        .hint("name the file that holds it with --master-key, or restore it to the data directory"));
    }
    Ok(())
}

/// What is said about credentials at the start.
fn credentials_line(node: &Node) -> String {
    let published = node.published();
    if !node.is_guarded(&published) {
        return "not checked: any access key is accepted".into();
    }
    match published.usable_keys() {
        0 => "checked, and there is no access key yet: tidegate keys create NAME --policy TidegateFullAccess".into(),
        1 => "checked: signatures of 1 access key".into(),
        keys => format!("checked: signatures of {keys} access keys"),
    }
}

/// What the options say about TLS; the files are read at once.
fn tls(options: &Options) -> Result<Option<Tls>, Problem> {
    let (certificate, key) = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
        (None, None) if options.tls_client_ca.is_none() => return Ok(None),
        _ => {
            return Err(Problem::new("TLS needs a certificate and its key")
                .hint("name both with --tls-cert FILE and --tls-key FILE"));
        }
    };
    let are_required = options.tls_client_certificates != Some(ClientCertificatesChoice::Optional);
    let clients = options.tls_client_ca.clone();
    let clients = clients.map(|authorities| ClientCertificates { authorities, are_required });
    let tls = Tls::open(TlsSettings { certificate, key, clients });
    tls.map(Some).map_err(|wrong| Problem::new(format!("cannot speak TLS: {wrong}")))
}

/// What the options say about webhooks; without a secret in them, the node's own is taken later.
fn webhook(options: &Options) -> WebhookSettings {
    let secret = options.webhook_secret.clone().unwrap_or_default().into_bytes();
    let allow_link_local = options.webhook_allow_link_local.unwrap_or(false);
    let defaults = WebhookSettings::new(secret);
    let try_timeout = options.webhook_timeout.map_or(defaults.try_timeout, |s| Duration::from_secs(s.into()));
    WebhookSettings { allow_link_local, try_timeout, ..defaults }
}

fn audit(options: &Options) -> Result<Option<AuditSettings>, Problem> {
    let Some(path) = &options.audit else {
        let is_lost = options.audit_required == Some(true) || options.audit_reads == Some(true);
        let problem = Problem::new("there is no audit log that reads or changes could be recorded in");
        return if is_lost { Err(problem.hint("name one with --audit FILE|DIR")) } else { Ok(None) };
    };
    let defaults = AuditSettings::new(path.clone());
    Ok(Some(AuditSettings {
        reads: options.audit_reads.unwrap_or(defaults.reads),
        is_required: options.audit_required.unwrap_or(defaults.is_required),
        rotate_bytes: options.audit_rotate_kib.map_or(defaults.rotate_bytes, |kib| u64::from(kib) * 1_024),
        rotate_daily: options.audit_rotate_daily.unwrap_or(defaults.rotate_daily),
        ..defaults
    }))
}

/// The secret in the data directory, made if there is none yet; in memory, one that is gone when the server stops.
fn own_webhook_secret(store: &Store) -> Result<Vec<u8>, Problem> {
    let fresh = || format!("{:032x}{:032x}\n", rand::random::<u128>(), rand::random::<u128>());
    let Some(directory) = store.directory() else { return Ok(fresh().trim_end().into()) };
    let path = directory.join("webhook-secret");
    let problem = |what: &str, error: std::io::Error| {
        Problem::new(format!("cannot {what} the webhook secret {}: {error}", path.display()))
            .hint("name one with --webhook-secret or TIDEGATE_WEBHOOK_SECRET")
    };
    if !path.exists() {
        make_secret(&path, &fresh()).map_err(|error| problem("make", error))?;
    }
    let secret = std::fs::read_to_string(&path).map_err(|error| problem("read", error))?;
    match secret.trim_end() {
        "" => Err(Problem::new(format!("the webhook secret {} is empty", path.display()))
            .hint("remove the file to have a new one made")),
        secret => Ok(secret.into()),
    }
}

/// Makes the file whole or not at all, and leaves it if another process was quicker: a server that is killed, or finds
/// the disk full, must not leave half a secret for the next start.
fn make_secret(path: &Path, secret: &str) -> std::io::Result<()> {
    let draft = path.with_extension(std::process::id().to_string());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let written = file.write_all(secret.as_bytes()).and_then(|()| file.sync_all());
    let made = written.and_then(|()| std::fs::hard_link(&draft, path));
    let _ = std::fs::remove_file(&draft);
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 60 * 60)
}

fn settings(options: &Options, listen: SocketAddr) -> Result<Settings, Problem> {
    let defaults = Settings::default();
    let account_of = |flag: &str, text: &str| {
        text.parse::<Account>().map_err(|error| Problem::new(format!("{flag} {text}: {error}")))
    };
    let account = match &options.account {
        Some(text) => account_of("--account", text)?,
        None => defaults.account,
    };
    let except = match &options.unlimited_accounts {
        Some(texts) => {
            let accounts = texts.iter().filter(|text| !text.is_empty());
            accounts.map(|text| account_of("--unlimited-accounts", text)).collect::<Result<_, _>>()?
        }
        None => vec![account.clone()],
    };
    let region = match &options.region {
        Some(text) if http::is_region(text) => text.as_str().into(),
        Some(text) => {
            return Err(Problem::new(format!("--region {text}: a region has lower-case letters, digits and hyphens")));
        }
        None => defaults.region,
    };
    let count = |option: Option<u32>, default: usize| option.map_or(default, |number| number as usize);
    let limits = defaults.limits;
    let seconds = |option: Option<u32>, default| option.map_or(default, |s| Duration::from_secs(s.into()));
    let trusted_proxies = options.trusted_proxies.as_deref().unwrap_or_default().join(",").parse::<TrustedProxies>();
    let trusted_proxies = trusted_proxies.map_err(|error| Problem::new(format!("--trusted-proxies: {error}")))?;
    Ok(Settings {
        account,
        region,
        credentials: match options.credentials {
            Some(Credentials::Any) => CheckedWhen::Any,
            Some(Credentials::Checked) => CheckedWhen::Checked,
            // The door does not open again when the last key is gone.
            Some(Credentials::Auto) | None if is_exposed(options, listen) => CheckedWhen::Checked,
            Some(Credentials::Auto) | None => CheckedWhen::Auto,
        },
        open_metrics: options.open_metrics.unwrap_or(false),
        // Who may be reached from anywhere has said so, and may be called anything.
        allowed_hosts: listen.ip().is_loopback().then(|| options.allowed_hosts.clone().unwrap_or_default()),
        limits: Limits {
            hosted_content_bytes: options
                .quota_content_kib
                .map_or(limits.hosted_content_bytes, |kib| u64::from(kib) * 1_024),
            applications: count(options.quota_applications, limits.applications),
            environments: count(options.quota_environments, limits.environments),
            profiles: count(options.quota_profiles, limits.profiles),
            strategies: count(options.quota_strategies, limits.strategies),
            experiment_definitions: count(options.quota_experiment_definitions, limits.experiment_definitions),
        },
        request_rates: match options.request_rates {
            Some(RequestRatesChoice::Unlimited) => RequestRates::Unlimited,
            Some(RequestRatesChoice::Aws) | None => RequestRates::Aws { except },
        },
        token_reuse: match options.token_reuse {
            Some(TokenReuseChoice::Allow) => TokenReuse::Allow,
            Some(TokenReuseChoice::Refuse) | None => TokenReuse::Refuse,
        },
        replay_guard_sessions: count(options.replay_guard_sessions, defaults.replay_guard_sessions),
        default_poll_interval_s: options.poll_interval.unwrap_or(defaults.default_poll_interval_s),
        enforce_poll_interval: options.enforce_poll_interval.unwrap_or(defaults.enforce_poll_interval),
        alarm_token: match options.alarm_token.as_deref() {
            Some("") => {
                return Err(Problem::new("--alarm-token is empty").hint("leave it out, or give a long random text"));
            }
            token => token.map(Into::into),
        },
        claim_timeout: seconds(options.claim_timeout, defaults.claim_timeout),
        journal_keep: options.journal_keep_days.map(|days| hours(24 * days)),
        content_keep: match options.sweep_after_hours {
            Some(0) => None,
            Some(given) => Some(hours(given)),
            None => defaults.content_keep,
        },
        max_connections: count(options.max_connections, defaults.max_connections),
        max_streams: count(options.max_streams, defaults.max_streams),
        max_connections_per_address: options.max_connections_per_address.map(|most| most as usize),
        header_timeout: seconds(options.header_timeout, defaults.header_timeout),
        body_timeout: seconds(options.body_timeout, defaults.body_timeout),
        write_timeout: seconds(options.write_timeout, defaults.write_timeout),
        idle_timeout: seconds(options.idle_timeout, defaults.idle_timeout),
        shutdown_timeout: seconds(options.shutdown_timeout, defaults.shutdown_timeout),
        data_rates: DataRateLimits {
            per_address: options.data_rate_per_address,
            per_key: options.data_rate_per_key,
            burst_s: options.data_rate_burst.unwrap_or(defaults.data_rates.burst_s),
        },
        trusted_proxies,
        ..defaults
    })
}
