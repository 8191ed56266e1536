//! `tidegate backup`: the whole store at one moment, in one file, while servers run.
//!
//! The moment is an entry: the file holds the entries up to it, what follows from them as a snapshot, and every content
//! that is needed then. Entries never change, and a content that is needed is never deleted, so that nothing has to be
//! locked: what is copied a little later is still what it was.

mod archive;
mod restore;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use tidegate_domain::{ContentHash, Snapshot};
use tidegate_journal::{BlobId, EntryId, Journal};
use tidegate_server::clock::system_now_ms;

use self::archive::Writer;
pub(crate) use self::restore::{RestoreOptions, run as run_restore};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::store::StoreOptions;

/// The form of the file that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// The name of the first member.
const HEAD: &str = "tidegate-backup.json";
/// The name of the member with what follows from all entries.
const SNAPSHOT: &str = "snapshot.json";
/// How many entries are read at once.
const READ_AT_ONCE: usize = 256;
/// A member with entries is closed when it has grown to so much.
const ENTRIES_BYTES: usize = 1 << 20;
/// How often the moment of the backup is moved on, because contents were deleted under way.
const MOMENTS: usize = 100;

#[derive(Args)]
pub(crate) struct BackupOptions {
    /// The file to write: a tar file that holds the configurations and the keys of tokens; keep it as you keep those.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    store: StoreOptions,

    /// Replace the file if it is there. The old one stays until the new one is whole.
    #[arg(long)]
    replace: bool,
}

/// What is first said of a backup.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: u32,
    tidegate: String,
    made_at_ms: i64,
}

/// What is last said of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// Of everything before.
    pub sha256: String,
    /// How many contents it holds.
    pub blobs: u64,
    /// The first entry's number, 0 if there is no entry.
    pub first: u64,
    /// The last entry's number, 0 if there is none.
    pub last: u64,
    /// The last entry's id.
    pub last_id: EntryId,
}

pub(crate) fn run(options: &BackupOptions) -> Result<(), Problem> {
    let store = options.store.store()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let opened = store.open_existing().await?;
        let file = &options.file;
        if file.exists() && !options.replace {
            return Err(Problem::new(format!("{} is there already", file.display()))
                .hint("name another file, or say --replace"));
        }
        let end = write_file(&*opened.journal, file).await;
        opened.close().await?;
        let end = end?;
        println!(
            "{}: entries {} to {}, {} contents. Not in it: the files master-key and webhook-secret of data directories.",
            file.display(),
            end.first,
            end.last,
            end.blobs
        );
        Ok(())
    })
}

/// Writes under another name first: under its own name a backup is whole.
async fn write_file(journal: &dyn Journal, path: &Path) -> Result<End, Problem> {
    let problem = |error: io::Error| {
        Problem::new(format!("cannot write {}: {error}", path.display())).hint("choose a directory with room in it")
    };
    let mut name = path.file_name().ok_or_else(|| Problem::new("the backup needs the name of a file"))?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let draft = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(problem)?;
    let written = write(journal, BufWriter::new(file), system_now_ms()).await;
    let finished = written.and_then(|(end, out)| {
        let file = out.into_inner().map_err(|error| problem(error.into_error()))?;
        file.sync_all().and_then(|()| fs::rename(&draft, path)).map_err(problem)?;
        let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(problem)?;
        Ok(end)
    });
    if finished.is_err() {
        let _ = fs::remove_file(&draft);
    }
    finished
}

/// Writes a backup. Not more than a few entries and one content are in memory at a time, beside the state itself.
async fn write<W: Write>(journal: &dyn Journal, out: W, now_ms: i64) -> Result<(End, W), Problem> {
    let problem = |error: io::Error| Problem::new(format!("cannot write the backup: {error}"));
    let mut writer = Writer::new(out);
    let head = Head { format: FORMAT, tidegate: env!("CARGO_PKG_VERSION").into(), made_at_ms: now_ms };
    writer.add(HEAD, &serde_json::to_vec(&head).expect("this is JSON")).map_err(problem)?;

    let mut moment = Moment::of(journal).await?;
    let mut copied: HashSet<ContentHash> = HashSet::new();
    for attempt in 0.. {
        let mut missing = None;
        for content in moment.state.live_contents(now_ms).difference(&copied.clone()) {
            match journal.get_blob(BlobId(content.0)).await? {
                Some(blob) => {
                    writer.add(&blob_name(*content), &blob).map_err(problem)?;
                    copied.insert(*content);
                }
                None => missing = Some(*content),
            }
        }
        let Some(missing) = missing else { break };
        // Given up since that moment, and so not needed at a later one.
        let before = moment.state.number;
        moment = Moment::of(journal).await?;
        if moment.state.number == before || attempt == MOMENTS {
            return Err(Problem::new(format!("the store does not have content {missing}, which is needed"))
                .hint("the store is damaged: `tidegate doctor` says more; a backup from before has the content"));
        }
    }

    let last = moment.state.number;
    if last > 0 {
        let snapshot = serde_json::to_vec(&Snapshot::of(&moment.state));
        let snapshot = snapshot.map_err(|error| Problem::new(format!("cannot write the snapshot: {error}")))?;
        writer.add(SNAPSHOT, &snapshot).map_err(problem)?;
    }
    let first = write_entries(journal, &mut writer, last, moment.last_id).await?;
    let mut end = End { sha256: String::new(), blobs: copied.len() as u64, first, last, last_id: moment.last_id };
    let out = writer.finish(|sha256| {
        end.sha256 = sha256;
        serde_json::to_vec(&end).expect("this is JSON")
    });
    Ok((end.clone(), out.map_err(problem)?))
}

async fn write_entries<W: Write>(
    journal: &dyn Journal,
    writer: &mut Writer<W>,
    last: u64,
    last_id: EntryId,
) -> Result<u64, Problem> {
    let (mut first, mut seen) = (0, None::<(u64, EntryId)>);
    let (mut lines, mut from) = (Vec::new(), 0);
    while seen.is_none_or(|(number, _)| number < last) && last > 0 {
        let entries = journal.read(seen.map_or(0, |(number, _)| number), READ_AT_ONCE).await?;
        if entries.is_empty() {
            return Err(Problem::new("the journal has lost entries while it was read").hint("try again"));
        }
        for entry in entries.into_iter().take_while(|entry| entry.number <= last) {
            if seen.is_some_and(|(number, id)| (entry.number, entry.prev) != (number + 1, id)) {
                return Err(Problem::new("entries were forgotten while they were read").hint("try again"));
            }
            if seen.is_none() {
                first = entry.number;
            }
            if lines.is_empty() {
                from = entry.number;
            }
            seen = Some((entry.number, entry.id));
            serde_json::to_writer(&mut lines, &entry).expect("an entry can be written as JSON");
            lines.push(b'\n');
            if lines.len() >= ENTRIES_BYTES || entry.number == last {
                let added = writer.add(&entries_name(from, entry.number), &lines);
                added.map_err(|error| Problem::new(format!("cannot write the backup: {error}")))?;
                lines.clear();
            }
        }
    }
    if seen.is_some_and(|(_, id)| id != last_id) {
        return Err(Problem::new("the journal was replaced while it was read").hint("try again"));
    }
    Ok(first)
}

fn blob_name(content: ContentHash) -> String {
    format!("blobs/{content}")
}

fn entries_name(first: u64, last: u64) -> String {
    format!("entries/{first:020}-{last:020}.jsonl")
}
