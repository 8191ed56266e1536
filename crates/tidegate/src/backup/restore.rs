//! `tidegate restore`: a backup into a store, of whatever engine.
//!
//! The file is read twice. The first time nothing is written: every checksum, every content's hash and the whole chain
//! of entries are checked, and that every content that is needed is there. The second time contents come first, then
//! entries in their order, then the snapshot, so that what is visible at any moment is whole.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use tidegate_domain::{ContentHash, Decision, Snapshot, State};
use tidegate_journal::{AppendError, BlobId, Entry, EntryId, Journal, commit};
use tidegate_server::clock::system_now_ms;

use super::archive::{END, Reader};
use super::{End, FORMAT, HEAD, Head, SNAPSHOT, blob_name, entries_name};
use crate::problem::Problem;
use crate::store::StoreOptions;

#[derive(Args)]
pub(crate) struct RestoreOptions {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    store: StoreOptions,

    /// Only look whether the backup is whole.
    #[arg(long)]
    check: bool,

    /// Go on in a store that holds a part of the backup already: after an interrupted restore, or with a newer backup.
    #[arg(long = "continue")]
    is_continued: bool,

    /// Leave out what came before the backup's last entry, except what follows from it: `tidegate log` then begins there.
    #[arg(long, conflicts_with = "is_continued")]
    without_history: bool,
}

/// How much of a backup is wanted, and what of it may be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Rest,
    WithoutHistory,
}

pub(crate) fn run(options: &RestoreOptions) -> Result<(), Problem> {
    let problem = |error: String| {
        Problem::new(format!("cannot restore {}: {error}", options.file.display()))
            .hint("nothing was written; use another backup")
    };
    let mut file = File::open(&options.file).map_err(|error| {
        Problem::new(format!("cannot read {}: {error}", options.file.display())).hint("name a backup")
    })?;
    let end = check(BufReader::new(&file)).map_err(problem)?;
    let summary = format!("entries {} to {}, {} contents", end.first, end.last, end.blobs);
    if options.check {
        println!("{} is whole: {summary}", options.file.display());
        return Ok(());
    }
    let store = options.store.store()?;
    let extent = match (options.is_continued, options.without_history) {
        (true, _) => Extent::Rest,
        (_, true) => Extent::WithoutHistory,
        _ => Extent::Whole,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start: {error}")))?;
    file.rewind().map_err(|error| problem(error.to_string()))?;
    runtime.block_on(async {
        let opened = store.open().await?;
        let restored = restore(&*opened.journal, BufReader::new(&file), &end, extent).await;
        opened.close().await?;
        restored
    })?;
    println!("restored {summary}");
    Ok(())
}

/// Reads the whole backup, and says what is in it if it is whole.
pub(super) fn check(from: impl Read) -> Result<End, String> {
    let mut reader = Reader::new(from);
    let head = reader.next()?;
    let parsed: Option<Head> = serde_json::from_slice(&head.content).ok().filter(|_| head.name == HEAD);
    let head = parsed.ok_or("it does not begin as a backup of Tidegate does")?;
    if head.format > FORMAT {
        let (theirs, format) = (head.tidegate, head.format);
        return Err(format!("it was written by Tidegate {theirs} in format {format}; this version reads {FORMAT}"));
    }
    let mut contents = HashSet::new();
    let mut snapshot: Option<State> = None;
    let mut seen: Option<(u64, EntryId)> = None;
    let mut first = 0;
    loop {
        let member = reader.next()?;
        let name = member.name.as_str();
        if name == END {
            let end: End = serde_json::from_slice(&member.content).map_err(|error| format!("{END}: {error}"))?;
            let (last, last_id) = seen.unwrap_or((0, EntryId::NONE));
            let found = End { sha256: member.digest_before, blobs: contents.len() as u64, first, last, last_id };
            if found.sha256 != end.sha256 {
                return Err("it is damaged: its checksum is another".into());
            }
            // To the letter, so that no byte of it can have changed.
            if found != end || member.content != serde_json::to_vec(&end).expect("this is JSON") {
                return Err(format!("it says that it holds {end:?}, and holds {found:?}"));
            }
            if snapshot.as_ref().map_or(0, |state| state.number) != last {
                return Err("its snapshot is not of its last entry".into());
            }
            let live = snapshot.map(|state| state.live_contents(system_now_ms())).unwrap_or_default();
            return match live.difference(&contents).next() {
                Some(missing) => Err(format!("content {missing} is missing")),
                None => Ok(end),
            };
        }
        if let Some(hash) = name.strip_prefix("blobs/") {
            let content = ContentHash(BlobId::of(&member.content).0);
            if blob_name(content) != name {
                return Err(format!("content {hash} is damaged"));
            }
            contents.insert(content);
        } else if name == SNAPSHOT {
            let written: Snapshot =
                serde_json::from_slice(&member.content).map_err(|error| format!("{SNAPSHOT}: {error}"))?;
            snapshot = Some(written.restore().map_err(|error| error.to_string())?);
        } else {
            for entry in entries_of(name, &member.content)? {
                let is_next = match seen {
                    None => entry.number > 0,
                    Some((number, id)) => (entry.number, entry.prev) == (number + 1, id),
                };
                if !is_next {
                    return Err(format!("entry {} does not follow the one before it", entry.number));
                }
                if let Err(error) = serde_json::from_str::<Decision>(&entry.body) {
                    return Err(format!("entry {} cannot be understood: {error}", entry.number));
                }
                first = if seen.is_none() { entry.number } else { first };
                seen = Some((entry.number, entry.id));
            }
        }
    }
}

fn entries_of(name: &str, content: &[u8]) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for line in content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        entries.push(serde_json::from_slice::<Entry>(line).map_err(|error| format!("{name}: {error}"))?);
    }
    match (entries.first(), entries.last()) {
        (Some(first), Some(last)) if entries_name(first.number, last.number) == name => Ok(entries),
        _ => Err(format!("{name} is nothing that belongs into a backup")),
    }
}

/// Writes what [`check`] has found to be whole.
pub(super) async fn restore(journal: &dyn Journal, from: impl Read, end: &End, extent: Extent) -> Result<(), Problem> {
    let damaged = |error: String| Problem::new(format!("the backup has changed while it was read: {error}"));
    let mut present = match journal.last().await? {
        0 => None,
        last if extent == Extent::Rest => journal.read(last - 1, 1).await?.pop().map(|entry| (last, entry.id)),
        last => {
            return Err(Problem::new(format!("the store is not empty: it has {last} entries"))
                .hint("name an empty directory, database or prefix; after an interrupted restore, say --continue"));
        }
    };
    let strangers = || {
        Problem::new("the store holds another history than the backup")
            .hint("name an empty directory, database or prefix")
    };
    if present.is_some_and(|(last, _)| last < end.first || last > end.last) {
        return Err(strangers());
    }
    let mut reader = Reader::new(from);
    let mut snapshot = None;
    loop {
        let member = reader.next().map_err(damaged)?;
        let name = member.name.as_str();
        if name == END {
            if member.digest_before != end.sha256 {
                return Err(damaged("its checksum is another".into()));
            }
            break;
        } else if name.starts_with("blobs/") {
            let stored = journal.put_blob(&Bytes::from(member.content)).await?;
            if blob_name(ContentHash(stored.0)) != name {
                return Err(damaged(format!("{name} is damaged")));
            }
        } else if name == SNAPSHOT {
            let body = Bytes::from(member.content);
            let written = tidegate_journal::Snapshot { number: end.last, id: end.last_id, body };
            if extent == Extent::WithoutHistory {
                journal.save_snapshot(&written).await?;
            }
            snapshot = Some(written);
        } else if name != HEAD {
            for entry in entries_of(name, &member.content).map_err(damaged)? {
                if extent == Extent::WithoutHistory && entry.number < end.last {
                    continue;
                }
                match present {
                    Some((last, id)) if entry.number < last || entry.number == last && entry.id == id => {}
                    Some((last, _)) if entry.number == last => return Err(strangers()),
                    Some(_) => {
                        append(journal, &entry).await?;
                        present = Some((entry.number, entry.id));
                    }
                    None => {
                        begin(journal, &entry).await?;
                        present = Some((entry.number, entry.id));
                    }
                }
            }
        }
    }
    if let Some(snapshot) = snapshot {
        journal.save_snapshot(&snapshot).await?;
    }
    // What matters is what is read.
    let last = journal.last().await?;
    let entry = journal.read(last.saturating_sub(1), 1).await?.pop();
    if (last, entry.map_or(EntryId::NONE, |entry| entry.id)) != (end.last, end.last_id) {
        return Err(strangers());
    }
    Ok(())
}

async fn append(journal: &dyn Journal, entry: &Entry) -> Result<(), Problem> {
    match commit(journal, entry).await {
        Ok(()) => Ok(()),
        Err(AppendError::Conflict) => Err(busy()),
        Err(AppendError::Unavailable(unavailable)) => Err(unavailable.into()),
    }
}

/// The first entry, whatever its number.
async fn begin(journal: &dyn Journal, entry: &Entry) -> Result<(), Problem> {
    if entry.number == 1 {
        return append(journal, entry).await;
    }
    let Err(error) = journal.begin(entry).await else { return Ok(()) };
    // The answer may have been lost, and an interrupted restore may have come so far.
    let found = journal.read(entry.number - 1, 1).await?.pop();
    match error {
        _ if found.is_some_and(|found| found.id == entry.id) => Ok(()),
        AppendError::Conflict => Err(busy()),
        AppendError::Unavailable(unavailable) => Err(Problem::from(unavailable)),
    }
}

fn busy() -> Problem {
    Problem::new("somebody else writes to the store").hint("stop the servers on it, empty it, and restore again")
}
