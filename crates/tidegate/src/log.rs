//! `tidegate log`: the journal as what it is, who changed what and when.
//!
//! Read beside a running server or without one. Keys that seal tokens, validators, parameters of extensions and what
//! follows the `?` of addresses are never shown; contents only as differences, and only with `--diff`.

mod describe;

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use serde_json::{Value, json};
use similar::TextDiff;
use tidegate_domain::{Actor, ContentHash, Decision, Event, Snapshot};
use tidegate_journal::{BlobId, Entry, Journal};

use self::describe::{Names, clean, redacted};
use crate::problem::Problem;
use crate::store::StoreOptions;
use crate::when::When;

/// How many entries are read at once.
const READ_AT_ONCE: usize = 500;
/// Larger contents are not compared.
const MAX_DIFF_BYTES: usize = 1_024 * 1_024;
/// Lines of a difference that are shown.
const MAX_DIFF_LINES: usize = 400;

#[derive(Args)]
pub(crate) struct LogOptions {
    #[command(flatten)]
    store: StoreOptions,

    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,

    /// Only what happened since this time: 2027-02-03T04:05:06Z, 2027-02-03, or 6h for six hours ago.
    #[arg(long, value_name = "TIME")]
    since: Option<When>,

    /// Only these operations.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    operation: Vec<String>,

    /// Only what concerns this application, by id or name.
    #[arg(long, value_name = "APPLICATION")]
    application: Option<String>,

    /// Show what each new hosted version changes, compared with the version before it.
    #[arg(long)]
    diff: bool,

    /// Go on with what happens from now on.
    #[arg(long)]
    follow: bool,
}

pub(crate) fn run(options: &LogOptions) -> Result<(), Problem> {
    let store = options.store.store()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let opened = store.open_existing().await?;
        let shown = show(&*opened.journal, options, &mut BufWriter::new(io::stdout().lock())).await;
        opened.close().await?;
        shown
    })
}

async fn show(journal: &dyn Journal, options: &LogOptions, out: &mut impl Write) -> Result<(), Problem> {
    let mut names = Names::default();
    let first = journal.first().await?;
    if first > 1 {
        eprintln!("note: the entries before {first} were forgotten");
        // What was made then has its name of today.
        let snapshot = journal.load_snapshot().await?;
        let written = snapshot.and_then(|snapshot| serde_json::from_slice::<Snapshot>(&snapshot.body).ok());
        if let Some(state) = written.and_then(|written| written.restore().ok()) {
            names.learn_state(&state);
        }
    }
    let mut last = 0;
    loop {
        let entries = journal.read(last, READ_AT_ONCE).await?;
        for entry in &entries {
            last = entry.number;
            let Some(text) = text_of(journal, options, &mut names, entry).await? else { continue };
            if let Err(error) = out.write_all(text.as_bytes()) {
                return ended(&error);
            }
        }
        if let Err(error) = out.flush() {
            return ended(&error);
        }
        if entries.len() < READ_AT_ONCE {
            if !options.follow {
                return Ok(());
            }
            journal.wait(last).await;
        }
    }
}

/// Whoever reads has read enough.
fn ended(error: &io::Error) -> Result<(), Problem> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Problem::new(format!("cannot write: {error}")))
}

/// An entry as it is printed, if it is wanted.
async fn text_of(
    journal: &dyn Journal,
    options: &LogOptions,
    names: &mut Names,
    entry: &Entry,
) -> Result<Option<String>, Problem> {
    let Ok(decision) = serde_json::from_str::<Decision>(&entry.body) else {
        return Ok(Some(format!("{:>6}  cannot be read by this version of Tidegate\n", entry.number)));
    };
    // What is deleted has its name until after it is told.
    names.learn(&decision.events);
    let about = |event: &Event| names.application_of(event);
    let is_about = |wanted: &String| {
        let mut applications = decision.events.iter().filter_map(about);
        applications.any(|id| id.as_str() == wanted || names.application(id) == Some(wanted))
    };
    let is_wanted = options.since.is_none_or(|When(since)| entry.at_ms >= since)
        && (options.operation.is_empty()
            || options.operation.iter().any(|it| it.eq_ignore_ascii_case(&decision.operation)))
        && options.application.as_ref().is_none_or(is_about);
    if !is_wanted {
        return Ok(None);
    }
    let mut diffs = Vec::new();
    if options.diff {
        for event in &decision.events {
            diffs.extend(diff_of(journal, names, event).await?);
        }
    }
    Ok(Some(if options.json {
        json_of(entry, &decision, names, &diffs)
    } else {
        lines_of(entry, &decision, names, &diffs)
    }))
}

fn lines_of(entry: &Entry, decision: &Decision, names: &Names, diffs: &[String]) -> String {
    let actor = clean(actor_of(&decision.actor));
    let operation = clean(&decision.operation);
    let mut text = format!(
        "{:>6}  {}  {}  {actor}  {operation}\n",
        entry.number,
        time_of(entry.at_ms),
        clean(&realm_of(decision))
    );
    for event in &decision.events {
        text.push_str(&format!("        {}\n", clean(&names.describe(event))));
    }
    for line in diffs.iter().flat_map(|diff| diff.lines()) {
        text.push_str(&format!("        {}\n", clean(line)));
    }
    text
}

fn json_of(entry: &Entry, decision: &Decision, names: &Names, diffs: &[String]) -> String {
    let what: Vec<String> = decision.events.iter().map(|event| names.describe(event)).collect();
    let mut shown = json!({
        "number": entry.number,
        "at": time_of(entry.at_ms),
        "account": decision.realm.as_ref().map(|realm| realm.account.as_str()),
        "region": decision.realm.as_ref().map(|realm| &*realm.region),
        "actor": actor_of(&decision.actor),
        "operation": decision.operation,
        "requestId": decision.request_id,
        "what": what,
        "events": decision.events.iter().map(redacted).collect::<Vec<Value>>(),
    });
    if !diffs.is_empty() {
        shown["diff"] = json!(diffs);
    }
    format!("{shown}\n")
}

/// How a new version differs from the one before it.
async fn diff_of(journal: &dyn Journal, names: &Names, event: &Event) -> Result<Option<String>, Problem> {
    let Event::HostedVersionCreated(version) = event else { return Ok(None) };
    let before = names.version_before(version);
    let Some(new) = content_of(journal, version.content, version.size).await? else { return Ok(None) };
    let old = match before {
        Some((_, (hash, size))) => content_of(journal, hash, size).await?.unwrap_or_default(),
        None => Default::default(),
    };
    let (Some(old_text), Some(new_text)) = (comparable(&old), comparable(&new)) else {
        let what = format!("contents of {} and {} bytes, not compared", old.len(), new.len());
        return Ok(Some(what));
    };
    let diff = TextDiff::configure().timeout(Duration::from_secs(2)).diff_lines(old_text, new_text);
    let old_name = before.map_or_else(|| "nothing".into(), |(number, _)| format!("version {number}"));
    let unified =
        diff.unified_diff().context_radius(3).header(&old_name, &format!("version {}", version.number)).to_string();
    let count = unified.lines().count();
    let mut shown: String = unified.lines().take(MAX_DIFF_LINES).flat_map(|line| [line, "\n"]).collect();
    if count > MAX_DIFF_LINES {
        shown.push_str(&format!("… {} more lines\n", count - MAX_DIFF_LINES));
    }
    Ok(Some(shown))
}

/// A content, if it is still there. In the store it may have a tail.
async fn content_of(journal: &dyn Journal, hash: ContentHash, size: u64) -> Result<Option<Bytes>, Problem> {
    let blob = journal.get_blob(BlobId(hash.0)).await?;
    Ok(blob.map(|blob| blob.slice(..blob.len().min(usize::try_from(size).unwrap_or(usize::MAX)))))
}

fn comparable(content: &[u8]) -> Option<&str> {
    if content.len() > MAX_DIFF_BYTES || content.contains(&0) { None } else { std::str::from_utf8(content).ok() }
}

fn actor_of(actor: &Actor) -> &str {
    match actor {
        Actor::Caller(key) if key.is_empty() => "unsigned",
        Actor::Caller(key) => key,
        Actor::Verified { arn, .. } => arn,
        Actor::Operator => "command-line",
        Actor::Service => "tidegate",
    }
}

fn realm_of(decision: &Decision) -> String {
    decision.realm.as_ref().map_or_else(|| "-".into(), |realm| format!("{}/{}", realm.account, realm.region))
}

fn time_of(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |instant| format!("{instant:.3}"))
}
