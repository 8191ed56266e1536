//! The journal in one SQLite file in a data directory: the default, and for one machine all that is needed.
//!
//! The file is `journal.sqlite3`, in WAL mode with `synchronous=FULL`: an append is one statement, one transaction and
//! one fsync, and is visible to anybody only after that. Two connections, each on a thread of its own, so that a big
//! read does not wait for a write. A second process on the same file is allowed: the file's lock decides between the
//! two, and each hears of the other's entries within [`POLL`]. An engine for several machines this is not: WAL needs
//! memory shared between the processes, so the directory must not be on a network file system.

mod explain;
mod file;
mod schema;
mod worker;

use crate::{AppendError, BlobId, BlobInfo, Entry, EntryId, Journal, Snapshot, Unavailable};
use bytes::Bytes;
use explain::Reason;
use file::Identity;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use worker::Worker;

/// How often a waiting process looks for entries that another process appended. Its own it hears of at once.
pub const POLL: Duration = Duration::from_millis(200);

/// The name of the file in the data directory.
pub const FILE_NAME: &str = "journal.sqlite3";

/// An open journal file. Dropping it finishes what is under way; [`close`](SqliteJournal::close) also says how that went.
pub struct SqliteJournal {
    path: PathBuf,
    identity: Identity,
    bell: Arc<watch::Sender<u64>>,
    // Dropped in this order: the last connection to go tidies the WAL up, and only the writer may write.
    reader: Worker,
    writer: Worker,
}

impl SqliteJournal {
    /// Opens the journal in this directory, and creates both if they are not there. Blocks for some milliseconds.
    pub fn open(dir: &Path) -> Result<SqliteJournal, Unavailable> {
        let path = dir.join(FILE_NAME);
        SqliteJournal::open_file(dir, &path).map_err(|reason| reason.while_doing("open the journal at", &path))
    }

    fn open_file(dir: &Path, path: &Path) -> Result<SqliteJournal, Reason> {
        file::prepare(dir, path)?;
        let mut connection = schema::connect(path)?;
        schema::settle(&mut connection)?;
        let reader = schema::connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(SqliteJournal {
            path: path.to_owned(),
            identity: Identity::of(path)?,
            bell: Arc::default(),
            reader: Worker::start("journal-reader", reader)?,
            writer: Worker::start("journal-writer", connection)?,
        })
    }

    /// Finishes what is under way, moves everything from the WAL into the file, and closes it.
    ///
    /// Afterwards every operation is refused. Closing twice is closing once.
    pub async fn close(&self) -> Result<(), Unavailable> {
        self.reader.stop().await;
        // Another process that reads just now keeps the WAL from being emptied; that is its right, and no error.
        let checkpoint =
            |writer: &mut Connection| Ok(writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?);
        let closed = if self.writer.is_running() { self.writer.run(checkpoint).await } else { Ok(()) };
        self.writer.stop().await;
        closed.map_err(|reason| reason.while_doing("close the journal at", &self.path))
    }

    async fn read_with<T: Send + 'static>(
        &self,
        doing: impl AsRef<str>,
        job: impl FnOnce(&mut Connection) -> Result<T, Reason> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let answer = self.reader.run(job).await;
        answer.map_err(|reason| reason.while_doing(doing, &self.path))
    }

    /// Writes an entry in a way that says whether it was the right one, and rings the bell.
    async fn write_entry(
        &self,
        doing: String,
        entry: &Entry,
        write: fn(&Connection, &Entry) -> Result<bool, Reason>,
    ) -> Result<(), AppendError> {
        let (bell, entry) = (Arc::clone(&self.bell), entry.clone());
        let is_written = self.write_with(doing, move |writer| {
            let is_written = write(writer, &entry)?;
            if is_written {
                bell.send_modify(|last| *last = entry.number.max(*last));
            }
            Ok(is_written)
        });
        if is_written.await? { Ok(()) } else { Err(AppendError::Conflict) }
    }

    async fn write_with<T: Send + 'static>(
        &self,
        doing: impl AsRef<str>,
        job: impl FnOnce(&mut Connection) -> Result<T, Reason> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (identity, path) = (self.identity, self.path.clone());
        let answer = self.writer.run(move |writer| {
            identity.check(&path)?;
            job(writer)
        });
        answer.await.map_err(|reason| reason.while_doing(doing, &self.path))
    }
}

impl Journal for SqliteJournal {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        let doing = format!("append entry {} to the journal at", entry.number);
        Box::pin(self.write_entry(doing, entry, append))
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(async move {
            let doing = format!("read the entries after {after} from the journal at");
            self.read_with(doing, move |reader| read(reader, after, limit)).await
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.read_with("read the last number from the journal at", |reader| last(reader)))
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut bell = self.bell.subscribe();
            loop {
                if *bell.borrow_and_update() > after {
                    return;
                }
                // Whoever reads next meets the error and says so; here it only means that there is no news.
                if self.last().await.is_ok_and(|last| last > after) {
                    return;
                }
                tokio::select! {
                    _ = bell.changed() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        })
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        let content = content.clone();
        Box::pin(self.write_with("store a blob in the journal at", move |writer| put_blob(writer, &content)))
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move {
            let doing = format!("read blob {id} from the journal at");
            self.read_with(doing, move |reader| get_blob(reader, id)).await
        })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        let snapshot = snapshot.clone();
        Box::pin(self.write_with("save a snapshot in the journal at", move |writer| save_snapshot(writer, &snapshot)))
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(self.read_with("read the snapshot from the journal at", |reader| load_snapshot(reader)))
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.read_with("read the first number from the journal at", |reader| first(reader)))
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = format!("forget the entries up to {through} of the journal at");
            self.write_with(doing, move |writer| forget(writer, through)).await
        })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        let doing = format!("begin with entry {} the journal at", entry.number);
        Box::pin(self.write_entry(doing, entry, begin))
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(self.read_with("list the blobs of the journal at", move |reader| list_blobs(reader, after, limit)))
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = format!("delete blob {id} from the journal at");
            self.write_with(doing, move |writer| delete_blob(writer, id)).await
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.write_with("write a probe to the journal at", |writer| write_probe(writer)).await?;
            self.read_with("read a probe from the journal at", |reader| read_probe(reader)).await
        })
    }
}

/// Says whether the entry was the next one. A single statement, so that no failure can leave a transaction open.
fn append(writer: &Connection, entry: &Entry) -> Result<bool, Reason> {
    let Ok(number) = i64::try_from(entry.number) else {
        return Ok(false);
    };
    let mut statement = writer.prepare_cached(
        "INSERT INTO journal (number, id, prev, at_ms, body) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE ?1 = 1 + (SELECT coalesce(max(number), 0) FROM journal)
           AND ?3 = coalesce((SELECT id FROM journal WHERE number = ?1 - 1), ?6)",
    )?;
    let (id, prev, none) = (entry.id.to_string(), entry.prev.to_string(), EntryId::NONE.to_string());
    let rows = statement.execute(params![number, id, prev, entry.at_ms, entry.body, none])?;
    Ok(rows == 1)
}

fn read(reader: &Connection, after: u64, limit: usize) -> Result<Vec<Entry>, Reason> {
    let Ok(after) = i64::try_from(after) else {
        return Ok(Vec::new());
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = reader.prepare_cached(
        "SELECT number, id, prev, at_ms, body FROM journal WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after, limit])?;
    let mut entries = Vec::new();
    let mut expected = after as u64 + 1;
    while let Some(row) = rows.next()? {
        let entry = entry_of(row)?;
        // Only the beginning of the whole journal may be missing: that was forgotten.
        if entries.is_empty() && entry.number > expected && entry.number == first(reader)? {
            expected = entry.number;
        }
        if entry.number != expected {
            return Err(Reason::damaged(format!("entry {expected} is missing, and entry {} is there", entry.number)));
        }
        expected += 1;
        entries.push(entry);
    }
    Ok(entries)
}

fn entry_of(row: &Row<'_>) -> Result<Entry, Reason> {
    let number: u64 = row.get("number")?;
    let entry_id = |column: &str| -> Result<EntryId, Reason> {
        let text: String = row.get(column)?;
        text.parse().map_err(|_| Reason::damaged(format!("entry {number} has no valid {column}: {text:?}")))
    };
    let (id, prev) = (entry_id("id")?, entry_id("prev")?);
    Ok(Entry { number, id, prev, at_ms: row.get("at_ms")?, body: row.get("body")? })
}

fn last(reader: &Connection) -> Result<u64, Reason> {
    let mut statement = reader.prepare_cached("SELECT coalesce(max(number), 0) FROM journal")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn first(reader: &Connection) -> Result<u64, Reason> {
    let mut statement = reader.prepare_cached("SELECT coalesce(min(number), 1) FROM journal")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn forget(writer: &mut Connection, through: u64) -> Result<(), Reason> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if through < first(&transaction)? {
        return Ok(());
    }
    let mut statement = transaction.prepare_cached(
        "SELECT snapshot.number, journal.id IS snapshot.id
         FROM snapshot LEFT JOIN journal ON journal.number = snapshot.number",
    )?;
    let snapshot: Option<(u64, bool)> = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match snapshot {
        Some((number, _)) if number < through => {
            return Err(Reason::new(format!("the snapshot is of entry {number}, which is older")));
        }
        Some((_, false)) => return Err(Reason::new("the snapshot is of another history")),
        Some((_, true)) => {}
        None => return Err(Reason::new("there is no snapshot that holds what follows from them")),
    }
    drop(statement);
    transaction
        .prepare_cached("DELETE FROM journal WHERE number <= ?1 AND number < (SELECT max(number) FROM journal)")?
        .execute([i64::try_from(through).unwrap_or(i64::MAX)])?;
    Ok(transaction.commit()?)
}

/// Says whether the journal was empty.
fn begin(writer: &Connection, entry: &Entry) -> Result<bool, Reason> {
    let Some(number) = i64::try_from(entry.number).ok().filter(|number| *number > 0) else {
        return Ok(false);
    };
    let mut statement = writer.prepare_cached(
        "INSERT INTO journal (number, id, prev, at_ms, body) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE NOT EXISTS (SELECT * FROM journal)",
    )?;
    let (id, prev) = (entry.id.to_string(), entry.prev.to_string());
    let rows = statement.execute(params![number, id, prev, entry.at_ms, entry.body])?;
    Ok(rows == 1)
}

/// Writes nothing if the content is there, and repairs it if it is there and no longer the same.
fn put_blob(writer: &Connection, content: &[u8]) -> Result<BlobId, Reason> {
    let blob_id = BlobId::of(content);
    let mut statement = writer.prepare_cached(
        "INSERT INTO blob (id, content) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET content = excluded.content WHERE content <> excluded.content",
    )?;
    statement.execute(params![blob_id.to_string(), content])?;
    Ok(blob_id)
}

fn get_blob(reader: &Connection, blob_id: BlobId) -> Result<Option<Bytes>, Reason> {
    let mut statement = reader.prepare_cached("SELECT content FROM blob WHERE id = ?1")?;
    let content: Option<Vec<u8>> = statement.query_row([blob_id.to_string()], |row| row.get(0)).optional()?;
    match content {
        Some(content) if BlobId::of(&content) != blob_id => {
            Err(Reason::damaged("its content is no longer the one that was stored"))
        }
        content => Ok(content.map(Bytes::from)),
    }
}

fn list_blobs(reader: &Connection, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobInfo>, Reason> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement =
        reader.prepare_cached("SELECT id, length(content) FROM blob WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let mut rows = statement.query(params![after, limit])?;
    let mut blobs = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let id = id.parse().map_err(|_| Reason::damaged(format!("a blob has no valid id: {id:?}")))?;
        blobs.push(BlobInfo { id, size: row.get(1)? });
    }
    Ok(blobs)
}

fn delete_blob(writer: &Connection, blob_id: BlobId) -> Result<(), Reason> {
    writer.prepare_cached("DELETE FROM blob WHERE id = ?1")?.execute([blob_id.to_string()])?;
    Ok(())
}

fn save_snapshot(writer: &Connection, snapshot: &Snapshot) -> Result<(), Reason> {
    let mut statement = writer.prepare_cached(
        "INSERT INTO snapshot (only, number, id, body) VALUES (1, ?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET number = excluded.number, id = excluded.id, body = excluded.body
         WHERE number < excluded.number",
    )?;
    statement.execute(params![snapshot.number, snapshot.id.to_string(), &*snapshot.body])?;
    Ok(())
}

fn load_snapshot(reader: &Connection) -> Result<Option<Snapshot>, Reason> {
    let mut statement = reader.prepare_cached("SELECT number, id, body FROM snapshot")?;
    let found = statement
        .query_row([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?)))
        .optional()?;
    let Some((number, id, body)) = found else { return Ok(None) };
    let id = id.parse().map_err(|_| Reason::damaged(format!("the snapshot has no valid id: {id:?}")))?;
    Ok(Some(Snapshot { number, id, body: body.into() }))
}

fn write_probe(writer: &Connection) -> Result<(), Reason> {
    let mut statement = writer
        .prepare_cached("INSERT INTO probe (only, times) VALUES (1, 1) ON CONFLICT DO UPDATE SET times = times + 1")?;
    statement.execute([])?;
    Ok(())
}

fn read_probe(reader: &Connection) -> Result<(), Reason> {
    last(reader)?;
    let mut statement = reader.prepare_cached("SELECT times FROM probe")?;
    Ok(statement.query_row([], |_| Ok(()))?)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
crate::journal_suite!(async {
    let dir = tempfile::tempdir().unwrap();
    crate::suite::Fixture::new(move || std::future::ready(SqliteJournal::open(dir.path()).unwrap()))
});
