//! `tidegate doctor`: is the store well, and this machine, and the servers; and if not, what helps.
//!
//! It may be run at any time, beside servers or without. It writes nothing but the small row by which the store shows that
//! it can be written.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use tidegate_domain::{ContentHash, Snapshot, State};
use tidegate_journal::{BlobId, Journal};
use tidegate_secrets::Purpose;
use tidegate_server::clock::system_now_ms;

use crate::moment::Moment;
use crate::problem::Problem;
use crate::store::{Store, StoreOptions};

/// The file in a data directory.
const MASTER_KEY: &str = "master-key";
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A store that takes longer for one small write is slow.
const SLOW: Duration = Duration::from_millis(250);
/// Clocks may differ by so much without anybody noticing.
const CLOCKS_APART_MS: i64 = 5_000;
/// More entries than this behind the latest snapshot: nobody saves any.
const MANY_ENTRIES: u64 = 50_000;
/// Twice the life of a key for tokens, after which a server makes a new one.
const OLD_KEY_MS: i64 = 60 * DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const LIST_AT_ONCE: usize = 1_000;

#[derive(Args)]
pub(crate) struct DoctorOptions {
    #[command(flatten)]
    store: StoreOptions,

    /// Also ask these running servers: http://127.0.0.1:8787.
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    url: Vec<String>,

    /// Read every content and compare it with its hash.
    #[arg(long)]
    contents: bool,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Fine,
    Note,
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    about: &'static str,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn fine(&mut self, about: &'static str, what: impl Into<String>) {
        self.0.push(Finding { level: Level::Fine, about, what: what.into(), advice: None });
    }

    fn note(&mut self, about: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding { level: Level::Note, about, what: what.into(), advice: Some(advice.into()) });
    }

    fn problem(&mut self, about: &'static str, what: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding { level: Level::Problem, about, what: what.into(), advice: Some(advice.into()) });
    }

    fn failed(&mut self, about: &'static str, problem: Problem) {
        let (what, advice) = problem.parts();
        self.0.push(Finding { level: Level::Problem, about, what, advice });
    }
}

pub(crate) fn run(options: &DoctorOptions) -> Result<(), Problem> {
    let store = options.store.store()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start: {error}")))?;
    let mut findings = Findings::default();
    findings.fine("version", format!("this is Tidegate {}", env!("CARGO_PKG_VERSION")));
    runtime.block_on(async {
        match store.open_existing().await {
            Ok(opened) => {
                let last = look_at_store(&*opened.journal, options, &store, &mut findings).await;
                look_at_servers(&options.url, last, &*opened.journal, &mut findings).await;
                if let Err(problem) = opened.close().await {
                    findings.failed("store", problem);
                }
            }
            Err(problem) => findings.failed("store", problem),
        }
    });
    if let Some(directory) = store.directory() {
        look_at_disk(directory, &mut findings);
    }
    let problems = findings.0.iter().filter(|finding| finding.level == Level::Problem).count();
    let text = if options.json { json_of(&findings, problems) } else { text_of(&findings) };
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    match problems {
        0 => Ok(()),
        1 => Err(Problem::new("there is a problem")),
        count => Err(Problem::new(format!("there are {count} problems"))),
    }
}

fn json_of(findings: &Findings, problems: usize) -> String {
    let status = if problems == 0 { "ok" } else { "problem" };
    format!("{}\n", json!({"status": status, "findings": findings.0}))
}

fn text_of(findings: &Findings) -> String {
    let mut text = String::new();
    for Finding { level, about, what, advice } in &findings.0 {
        let level = match level {
            Level::Fine => "ok",
            Level::Note => "note",
            Level::Problem => "PROBLEM",
        };
        text.push_str(&format!("{level:<8} {about:<9} {what}\n"));
        if let Some(advice) = advice {
            text.push_str(&format!("{:<18} {advice}\n", ""));
        }
    }
    text
}

/// Looks at everything that the store tells, and says its last entry's number.
async fn look_at_store(
    journal: &dyn Journal,
    options: &DoctorOptions,
    store: &Store,
    findings: &mut Findings,
) -> Option<u64> {
    let started = Instant::now();
    if let Err(unavailable) = journal.probe().await {
        findings.failed("store", unavailable.into());
        return None;
    }
    let took = started.elapsed();
    let what = format!("it can be read and written; a small write took {} ms", took.as_millis());
    if took > SLOW {
        findings.note("store", what, "every change waits for such a write: look at the disk, or the way to the store");
    } else {
        findings.fine("store", what);
    }
    let outcome = async {
        let (first, last) = (journal.first().await?, journal.last().await?);
        let forgotten = if first > 1 { format!("; {} were forgotten", first - 1) } else { String::new() };
        findings.fine("journal", format!("entries {first} to {last}{forgotten}"));
        look_at_clock(journal, last, findings).await?;
        look_at_snapshot(journal, first, last, findings).await?;
        let moment = Moment::of(journal).await?;
        findings.fine("entries", "all can be understood, and each follows the one before it");
        look_at_keys(&moment.state, options, store, findings)?;
        look_at_contents(journal, &moment.state, options.contents, findings).await?;
        Ok::<u64, Problem>(last)
    };
    match outcome.await {
        Ok(last) => Some(last),
        Err(problem) => {
            findings.failed("store", problem);
            None
        }
    }
}

/// The store has no clock of its own here; its entries have the times of those who wrote them.
async fn look_at_clock(journal: &dyn Journal, last: u64, findings: &mut Findings) -> Result<(), Problem> {
    let entries = journal.read(last.saturating_sub(200), 200).await?;
    let latest_ms = entries.iter().map(|entry| entry.at_ms).max();
    let ahead_ms = latest_ms.map_or(0, |at_ms| at_ms.saturating_sub(system_now_ms()));
    let back_ms = entries.windows(2).map(|pair| pair[0].at_ms.saturating_sub(pair[1].at_ms)).max().unwrap_or(0);
    let advice = "have all machines follow the same time servers (chrony, systemd-timesyncd)";
    if ahead_ms > CLOCKS_APART_MS {
        let what = format!("an entry is {} s ahead of this machine's clock", ahead_ms / 1_000);
        findings.problem("clock", what, advice);
    } else if back_ms > CLOCKS_APART_MS {
        let what = format!("of the last entries, one is {} s older than the one before it", back_ms / 1_000);
        findings.note("clock", what, advice);
    } else {
        findings.fine("clock", "this machine's agrees with the times of the last entries");
    }
    Ok(())
}

async fn look_at_snapshot(
    journal: &dyn Journal,
    first: u64,
    last: u64,
    findings: &mut Findings,
) -> Result<(), Problem> {
    let Some(snapshot) = journal.load_snapshot().await? else {
        let what = format!("there is none, with {last} entries");
        if last > MANY_ENTRIES {
            findings.note("snapshot", what, "a running server saves one after 10,000 entries: does one run?");
        } else {
            findings.fine("snapshot", what);
        }
        return Ok(());
    };
    let written = serde_json::from_slice::<Snapshot>(&snapshot.body).map_err(|error| error.to_string());
    let restored = written.and_then(|written| written.restore().map_err(|error| error.to_string()));
    let behind = last.saturating_sub(snapshot.number);
    match restored {
        Err(error) if first > 1 => findings.problem(
            "snapshot",
            format!("it cannot be read ({error}), and what it replaces was forgotten: no server can start"),
            "use the version of Tidegate that wrote it, or a newer one; or restore a backup",
        ),
        Err(error) => findings.note(
            "snapshot",
            format!("it cannot be read ({error}); starts take longer"),
            "a running server saves a new one; a newer version may have written this one",
        ),
        Ok(_) if behind > MANY_ENTRIES => findings.note(
            "snapshot",
            format!("it is {behind} entries old; starts take longer"),
            "a running server saves one after 10,000 entries: look into its log",
        ),
        Ok(_) => {
            let size = snapshot.body.len().div_ceil(1_024);
            findings.fine("snapshot", format!("of entry {}, {behind} entries ago, {size} KiB", snapshot.number));
        }
    }
    Ok(())
}

fn look_at_keys(state: &State, options: &DoctorOptions, store: &Store, findings: &mut Findings) -> Result<(), Problem> {
    match state.token_keys().last() {
        None => findings.note("keys", "there is none for tokens", "a server makes one when it starts"),
        Some(key) => {
            let age_ms = system_now_ms().saturating_sub(key.created_at_ms);
            let what = format!("the one for tokens is {} days old", age_ms.max(0) / DAY_MS);
            if age_ms > OLD_KEY_MS {
                findings.note("keys", what, "a running server makes a new one every 30 days: does one run?");
            } else {
                findings.fine("keys", what);
            }
        }
    }
    let access_keys: Vec<_> = state.identities().keys().collect();
    let named = options.store.master_key()?;
    let path = named.or_else(|| store.directory().map(|directory| directory.join(MASTER_KEY)));
    let Some(path) = path.filter(|path| path.exists() || !access_keys.is_empty()) else {
        if !access_keys.is_empty() {
            let what = format!("whether the secrets of {} access keys can be opened is not known", access_keys.len());
            findings.note("keys", what, "name the file with the master key with --master-key");
        }
        return Ok(());
    };
    match tidegate_secrets::read(&path) {
        Err(error) => findings.problem(
            "keys",
            format!("cannot use the master key {}: {error}", path.display()),
            "bring it back: without it no signature of an access key can be checked",
        ),
        Ok(masters) => {
            let is_closed = |id: &str, sealed: &str| masters.open_text(Purpose::AccessKey, id, sealed).is_err();
            let closed = access_keys.iter().filter(|key| is_closed(&key.id, &key.secret.0)).count();
            if closed > 0 {
                findings.problem(
                    "keys",
                    format!("the secrets of {closed} of {} access keys cannot be opened", access_keys.len()),
                    "name the file with the master key that they were sealed with, or make new keys",
                );
            } else {
                findings.fine("keys", format!("the master key opens the secrets of {} access keys", access_keys.len()));
            }
        }
    }
    Ok(())
}

/// Whether every content that is needed is there, and how much there is besides.
async fn look_at_contents(
    journal: &dyn Journal,
    state: &State,
    is_thorough: bool,
    findings: &mut Findings,
) -> Result<(), Problem> {
    let live = state.live_contents(system_now_ms());
    let mut missing: HashSet<ContentHash> = live.clone();
    let (mut needed_bytes, mut condemned, mut useless) = (0, (0, 0), (0, 0));
    let mut after = None;
    let mut rotten = Vec::new();
    loop {
        let blobs = journal.list_blobs(after, LIST_AT_ONCE).await?;
        for blob in &blobs {
            let content = ContentHash(blob.id.0);
            if live.contains(&content) {
                missing.remove(&content);
                needed_bytes += blob.size;
                if is_thorough && let Err(unavailable) = journal.get_blob(blob.id).await {
                    rotten.push((content, unavailable.to_string()));
                }
            } else {
                let (count, bytes) = if state.is_condemned(content) { &mut condemned } else { &mut useless };
                *count += 1;
                *bytes += blob.size;
            }
        }
        after = blobs.last().map(|blob| blob.id);
        if blobs.len() < LIST_AT_ONCE {
            break;
        }
    }
    // What was given up since the state was read is not missing.
    let mut lost = Vec::new();
    for content in missing {
        if journal.get_blob(BlobId(content.0)).await?.is_none() {
            lost.push(content);
        }
    }
    if !lost.is_empty() && Moment::of(journal).await?.state.number == state.number {
        findings.problem(
            "contents",
            format!("{} that are needed are not there, such as {}", lost.len(), lost[0]),
            "restore a backup from when it was there; or create the version again and deploy it",
        );
    }
    for (content, error) in &rotten {
        findings.problem("contents", format!("{content}: {error}"), "look at the disk; restore a backup");
    }
    if lost.is_empty() && rotten.is_empty() {
        let how = if is_thorough { "there and whole" } else { "there" };
        findings.fine("contents", format!("{} are needed and {how}, {} KiB", live.len(), kib(needed_bytes)));
    }
    let given_up = state.condemned_count();
    findings.fine(
        "contents",
        format!("{given_up} were given up so far; {} of them wait for deletion, {} KiB", condemned.0, kib(condemned.1)),
    );
    let what = format!("{} are of use to nobody, {} KiB", useless.0, kib(useless.1));
    if useless.0 > live.len().max(1_000) {
        let advice = "a running server deletes them unless it was started with --sweep-after-hours 0: does one run?";
        findings.note("contents", what, advice);
    } else {
        findings.fine("contents", what);
    }
    Ok(())
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1_024)
}

fn look_at_disk(directory: &Path, findings: &mut Findings) {
    let statistics = match rustix::fs::statvfs(directory) {
        Ok(statistics) => statistics,
        Err(error) => {
            let what = format!("cannot look at {}: {error}", directory.display());
            return findings.problem("disk", what, "give whoever runs this access to the directory");
        }
    };
    let free = statistics.f_bavail.saturating_mul(statistics.f_frsize);
    let all = statistics.f_blocks.saturating_mul(statistics.f_frsize).max(1);
    let (free_mib, percent) = (free >> 20, free.saturating_mul(100) / all);
    let what = format!("{free_mib} MiB are free where {} is, {percent} %", directory.display());
    let advice = "make room: on a full disk writes are refused, while polls go on";
    if free_mib < 100 {
        findings.problem("disk", what, advice);
    } else if percent < 5 && free_mib < 10_240 {
        findings.note("disk", what, advice);
    } else {
        findings.fine("disk", what);
    }
}

async fn look_at_servers(urls: &[String], last: Option<u64>, journal: &dyn Journal, findings: &mut Findings) {
    for url in urls {
        match health_of(url).await {
            Ok((status, health)) => look_at_health(url, status, &health, last, journal, findings).await,
            Err(error) => findings.problem(
                "server",
                format!("{url} does not answer: {error}"),
                "is it running, and is this its address? Its log says why if it is not",
            ),
        }
    }
}

async fn health_of(url: &str) -> Result<(u16, Value), String> {
    let told = |error: reqwest::Error| {
        let error = error.without_url();
        let cause = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        format!("{error}{cause}")
    };
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().map_err(told)?;
    let address = format!("{}/_tidegate/health", url.trim_end_matches('/'));
    let mut response = client.get(address).send().await.map_err(told)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        body.extend_from_slice(&chunk);
        if body.len() > 64 * 1_024 {
            return Err("what answers there is no Tidegate".into());
        }
    }
    let health = serde_json::from_slice(&body).map_err(|_| "what answers there is no Tidegate".to_owned())?;
    Ok((status, health))
}

async fn look_at_health(
    url: &str,
    status: u16,
    health: &Value,
    last: Option<u64>,
    journal: &dyn Journal,
    findings: &mut Findings,
) {
    let number = health["journal"]["number"].as_u64();
    if status != 200 {
        let why = ["journal", "audit", "tls"].iter().find_map(|part| health[part]["problem"].as_str());
        let what = format!("{url} is not ready: {}", why.unwrap_or("it does not say why"));
        findings.problem("server", what, "it answers polls from memory; its log says more");
    }
    if let Some(theirs) = health["version"].as_str().filter(|theirs| *theirs != env!("CARGO_PKG_VERSION")) {
        findings.note(
            "server",
            format!("{url} runs Tidegate {theirs}, and this is {}", env!("CARGO_PKG_VERSION")),
            "two neighbouring versions may share a store while one is replaced by the other; no longer",
        );
    }
    let (Some(number), Some(last)) = (number, last) else { return };
    // It may have more than was read here, and after a moment it should not have less.
    let is_of_store = match journal.last().await {
        Ok(now) => number <= now,
        Err(_) => true,
    };
    if !is_of_store {
        let what = format!("{url} has taken in entry {number}, which this store does not have");
        findings.problem("server", what, "is it on another store? Or has this one lost entries?");
    } else if number < last {
        let what = format!("{url} is {} entries behind", last - number);
        findings.problem("server", what, "does it reach the store? Its log says more");
    } else if status == 200 {
        findings.fine("server", format!("{url} is ready, and has taken in everything up to entry {number}"));
    }
}
