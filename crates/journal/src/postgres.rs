//! The journal in a schema of a PostgreSQL database, 15 or newer: for nodes on several machines.
//!
//! An append is one statement and one transaction, acknowledged when the server says that it has committed: on its own
//! disk, and on its synchronous standby's if it has one. The number is the primary key, so that of two writers one gets
//! it. Nodes hear of each other's entries by NOTIFY, which is a hint, and by looking every [`POLL`], which is the truth.
//!
//! A failover must lose nothing and show nothing that it then loses. So a server is only talked to after it has committed
//! a small row of ours, which it does not while it waits for a standby in vain: what was left over from a crash, or stands
//! on a server that another has replaced, is not taken for history. And what an append may have left behind whose answer
//! was lost is looked at only after a second such row has been committed. See `docs/decisions/0019`.

mod explain;
mod link;
mod schema;
mod tls;
mod url;

pub use url::PostgresAddress;

use crate::{AppendError, BlobId, BlobInfo, Entry, EntryId, Journal, Snapshot, Unavailable};
use bytes::Bytes;
use explain::Reason;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use link::{Link, Links, Need};
use schema::Absent;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

/// How often a waiting node looks for entries, in case that no notification came.
pub const POLL: Duration = Duration::from_millis(100);

/// How much longer than the usual limit a MiB may take on its way to the server.
const PER_MIB: Duration = Duration::from_secs(1);

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A journal in PostgreSQL, over two connections that are made anew when they break.
pub struct PostgresJournal {
    links: Links,
    sql: Sql,
    bell: Arc<watch::Sender<u64>>,
    /// The lowest number under which an entry may lie that no standby has yet; `u64::MAX` if there is none.
    in_doubt: AtomicU64,
}

impl PostgresJournal {
    /// Opens the journal at this address, and creates or migrates its schema.
    pub async fn open(address: &PostgresAddress) -> Result<PostgresJournal, Unavailable> {
        PostgresJournal::open_or(address, Absent::Make).await
    }

    /// Opens the journal at this address, and says so if there is none.
    pub async fn open_existing(address: &PostgresAddress) -> Result<PostgresJournal, Unavailable> {
        PostgresJournal::open_or(address, Absent::Refuse).await
    }

    async fn open_or(address: &PostgresAddress, absent: Absent) -> Result<PostgresJournal, Unavailable> {
        let (sql, bell) = (Sql::of(&address.schema), Arc::<watch::Sender<u64>>::default());
        let links = Links::new(address.clone(), Arc::clone(&bell));
        let opened = links.open(absent).await;
        opened.map_err(|reason| reason.while_doing(format!("open the journal at {address}")))?;
        Ok(PostgresJournal { links, sql, bell, in_doubt: AtomicU64::new(u64::MAX) })
    }

    /// Ends the connections. Afterwards every operation is refused.
    pub async fn close(&self) {
        self.links.close().await;
    }

    async fn query(
        &self,
        need: Need,
        doing: &str,
        sql: &str,
        parameters: &[Parameter<'_>],
        size: usize,
    ) -> Result<Vec<Row>, Unavailable> {
        let mut answer = self.try_query(need, sql, parameters, size).await;
        // A connection that had broken in the meantime is no failure of this statement, which may be said twice.
        if answer.as_ref().is_err_and(|reason| reason.is_broken) {
            answer = self.try_query(need, sql, parameters, size).await;
        }
        answer.map_err(|reason| self.explain(reason, doing))
    }

    async fn try_query(
        &self,
        need: Need,
        sql: &str,
        parameters: &[Parameter<'_>],
        size: usize,
    ) -> Result<Vec<Row>, Reason> {
        let link = self.links.link(need).await?;
        let limit = self.limit(size);
        let complaints = link.complaints();
        let work = async {
            let parameters = parameters.iter().map(|(value, kind)| (*value, kind.clone()));
            // The limit is for each row: how many there are is no fault of the server.
            let stream = link.within(limit, need, link.client(need).query_typed_raw(sql, parameters)).await?;
            let (mut stream, mut rows) = (pin!(stream), Vec::new());
            while let Some(row) = link.within(limit, need, stream.try_next()).await? {
                rows.push(row);
            }
            Ok::<_, Reason>(rows)
        };
        let rows = work.await?;
        if need == Need::Write && link.complaints() != complaints {
            return Err(Reason::unreplicated());
        }
        Ok(rows)
    }

    /// Says whether the entry was written. Not said twice: whether it was, [`commit`](crate::commit) finds out.
    async fn try_append(&self, link: &Link, entry: &Entry) -> Result<bool, Reason> {
        let Ok(number) = i64::try_from(entry.number) else {
            return Ok(false);
        };
        let (id, prev, none) = (entry.id.to_string(), entry.prev.to_string(), EntryId::NONE.to_string());
        let body = text(&entry.body)?;
        let parameters: [Parameter<'_>; 6] = [
            (&number, Type::INT8),
            (&id, Type::TEXT),
            (&prev, Type::TEXT),
            (&entry.at_ms, Type::INT8),
            (&body, Type::TEXT),
            (&none, Type::TEXT),
        ];
        // From here on it may be there whatever happens, also if nobody waits any more.
        let doubt = Doubt { number: entry.number, in_doubt: &self.in_doubt };
        let complaints = link.complaints();
        let execute = link.client(Need::Write).execute_typed(&self.sql.append, &parameters);
        let is_written = match link.within(self.limit(body.len()), Need::Write, execute).await {
            Ok(rows) => rows == 1,
            Err(reason) if reason.is_conflict() => false,
            // The server has looked at it and has said no.
            Err(reason) if reason.is_refusal() => {
                doubt.settle();
                return Err(reason);
            }
            Err(reason) => return Err(reason),
        };
        if link.complaints() != complaints {
            return Err(Reason::unreplicated());
        }
        doubt.settle();
        Ok(is_written)
    }

    /// Before anything is said that rests on entry `number` or an earlier one: if one of them may be on this server alone,
    /// commits a row after them, which makes a synchronous standby have them all.
    async fn settle_doubt(&self, number: u64) -> Result<(), Unavailable> {
        let in_doubt = self.in_doubt.load(Ordering::Acquire);
        if number < in_doubt {
            return Ok(());
        }
        self.write_probe().await?;
        // Another doubt may have come up in the meantime; it then stands.
        let _ = self.in_doubt.compare_exchange(in_doubt, u64::MAX, Ordering::AcqRel, Ordering::Acquire);
        Ok(())
    }

    async fn write_probe(&self) -> Result<(), Unavailable> {
        self.query(Need::Write, "write a probe to", &self.sql.write_probe, &[], 0).await.map(drop)
    }

    async fn write_entry(&self, entry: &Entry, doing: &str, kind: Write) -> Result<(), AppendError> {
        let is_written = async {
            match kind {
                Write::Append => {
                    let link = self.links.link(Need::Write).await?;
                    self.try_append(&link, entry).await
                }
                Write::Begin => self.try_begin(entry).await,
            }
        };
        let is_written = is_written.await.map_err(|reason| self.explain(reason, doing))?;
        if !is_written {
            return Err(AppendError::Conflict);
        }
        self.bell.send_modify(|rings| *rings += 1);
        Ok(())
    }

    /// Over a connection of its own: it takes a lock, which needs a transaction.
    async fn try_begin(&self, entry: &Entry) -> Result<bool, Reason> {
        let Some(number) = i64::try_from(entry.number).ok().filter(|number| *number > 0) else {
            return Ok(false);
        };
        let body = text(&entry.body)?;
        let link = self.links.another().await?;
        let client = link.client(Need::Write);
        let (id, prev) = (entry.id.to_string(), entry.prev.to_string());
        let parameters: [Parameter<'_>; 5] = [
            (&number, Type::INT8),
            (&id, Type::TEXT),
            (&prev, Type::TEXT),
            (&entry.at_ms, Type::INT8),
            (&body, Type::TEXT),
        ];
        let doubt = Doubt { number: entry.number, in_doubt: &self.in_doubt };
        let (limit, complaints) = (self.limit(body.len()), link.complaints());
        link.within(limit, Need::Write, client.batch_execute(&self.sql.lock)).await?;
        let rows = link.within(limit, Need::Write, client.execute_typed(&self.sql.begin, &parameters)).await?;
        link.within(limit, Need::Write, client.batch_execute("COMMIT")).await?;
        if link.complaints() != complaints {
            return Err(Reason::unreplicated());
        }
        doubt.settle();
        Ok(rows == 1)
    }

    fn limit(&self, size: usize) -> Duration {
        self.links.address.operation_limit + PER_MIB * u32::try_from(size >> 20).unwrap_or(u32::MAX)
    }

    fn explain(&self, reason: Reason, doing: &str) -> Unavailable {
        reason.while_doing(format!("{doing} the journal at {}", self.links.address))
    }

    fn damaged(&self, doing: &str, cause: impl Into<String>) -> Unavailable {
        self.explain(Reason::damaged(cause), doing)
    }

    fn column<'a, T: tokio_postgres::types::FromSql<'a>>(
        &self,
        row: &'a Row,
        column: usize,
        doing: &str,
    ) -> Result<T, Unavailable> {
        row.try_get(column).map_err(|error| self.damaged(doing, format!("it holds what was never written: {error}")))
    }

    fn count(&self, row: &Row, column: usize, doing: &str) -> Result<u64, Unavailable> {
        let count: i64 = self.column(row, column, doing)?;
        u64::try_from(count).map_err(|_| self.damaged(doing, format!("it holds the number {count}")))
    }

    fn id<I: std::str::FromStr>(&self, row: &Row, column: usize, doing: &str) -> Result<I, Unavailable> {
        let text: &str = self.column(row, column, doing)?;
        text.parse().map_err(|_| self.damaged(doing, format!("it holds the invalid id {text:?}")))
    }

    async fn one_number(&self, doing: &str, sql: &str) -> Result<u64, Unavailable> {
        let rows = self.query(Need::Read, doing, sql, &[], 0).await?;
        let row = rows.first().ok_or_else(|| self.damaged(doing, "an answer without a row"))?;
        self.count(row, 0, doing)
    }

    async fn read_entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, Unavailable> {
        let doing = &format!("read the entries after {after} from");
        let Ok(after_number) = i64::try_from(after) else {
            return Ok(Vec::new());
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters: [Parameter<'_>; 2] = [(&after_number, Type::INT8), (&limit, Type::INT8)];
        let rows = self.query(Need::Read, doing, &self.sql.read, &parameters, 0).await?;
        let mut entries: Vec<Entry> = Vec::with_capacity(rows.len());
        let mut expected = after + 1;
        for row in rows {
            let entry = Entry {
                number: self.count(&row, 0, doing)?,
                id: self.id(&row, 1, doing)?,
                prev: self.id(&row, 2, doing)?,
                at_ms: self.column(&row, 3, doing)?,
                body: self.column(&row, 4, doing)?,
            };
            // Only the beginning of the whole journal may be missing: that was forgotten.
            let is_oldest: bool = self.column(&row, 5, doing)?;
            if entries.is_empty() && is_oldest && entry.number > expected {
                expected = entry.number;
            }
            if entry.number != expected {
                let cause = format!("entry {expected} is missing, and entry {} is there", entry.number);
                return Err(self.damaged(doing, cause));
            }
            expected += 1;
            entries.push(entry);
        }
        self.settle_doubt(entries.last().map_or(0, |last| last.number)).await?;
        Ok(entries)
    }
}

#[derive(Clone, Copy)]
enum Write {
    Append,
    Begin,
}

/// An entry that may be on its way. Unless it is settled, it stays in doubt.
struct Doubt<'a> {
    number: u64,
    in_doubt: &'a AtomicU64,
}

impl Doubt<'_> {
    fn settle(self) {
        std::mem::forget(self);
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        self.in_doubt.fetch_min(self.number, Ordering::AcqRel);
    }
}

/// The one thing that a text of PostgreSQL cannot hold. Decisions are JSON, where it is escaped.
fn text(body: &str) -> Result<&str, Reason> {
    if body.contains('\0') { Err(Reason::new("PostgreSQL cannot store a text with a zero byte")) } else { Ok(body) }
}

impl Journal for PostgresJournal {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            let doing = format!("append entry {} to", entry.number);
            self.write_entry(entry, &doing, Write::Append).await
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(self.read_entries(after, limit))
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let last = self.one_number("read the last number from", &self.sql.last).await?;
            self.settle_doubt(last).await?;
            Ok(last)
        })
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut bell = self.bell.subscribe();
            loop {
                // Marked before the look, so that what comes between the two is not missed.
                bell.borrow_and_update();
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
        Box::pin(async move {
            let blob_id = BlobId::of(content);
            let (id, bytes) = (blob_id.to_string(), &content[..]);
            let parameters: [Parameter<'_>; 2] = [(&id, Type::TEXT), (&bytes, Type::BYTEA)];
            self.query(Need::Write, "store a blob in", &self.sql.put_blob, &parameters, content.len()).await?;
            Ok(blob_id)
        })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move {
            let doing = &format!("read blob {id} from");
            let name = id.to_string();
            let rows = self.query(Need::Read, doing, &self.sql.get_blob, &[(&name, Type::TEXT)], 0).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            let content: Vec<u8> = self.column(row, 0, doing)?;
            if BlobId::of(&content) != id {
                return Err(self.damaged(doing, "its content is no longer the one that was stored"));
            }
            Ok(Some(content.into()))
        })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = "save a snapshot in";
            let number =
                i64::try_from(snapshot.number).map_err(|error| self.explain(Reason::new(error.to_string()), doing))?;
            let (id, body) = (snapshot.id.to_string(), &snapshot.body[..]);
            let parameters: [Parameter<'_>; 3] = [(&number, Type::INT8), (&id, Type::TEXT), (&body, Type::BYTEA)];
            self.query(Need::Write, doing, &self.sql.save_snapshot, &parameters, body.len()).await.map(drop)
        })
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(async move {
            let doing = "read the snapshot from";
            let rows = self.query(Need::Read, doing, &self.sql.load_snapshot, &[], 0).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            let body: Vec<u8> = self.column(row, 2, doing)?;
            Ok(Some(Snapshot { number: self.count(row, 0, doing)?, id: self.id(row, 1, doing)?, body: body.into() }))
        })
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.one_number("read the first number from", &self.sql.first))
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = &format!("forget the entries up to {through} of");
            let number = i64::try_from(through).unwrap_or(i64::MAX);
            let rows = self.query(Need::Write, doing, &self.sql.forget, &[(&number, Type::INT8)], 0).await?;
            let row = rows.first().ok_or_else(|| self.damaged(doing, "an answer without a row"))?;
            if through < self.count(row, 0, doing)? {
                return Ok(());
            }
            let snapshot: Option<i64> = self.column(row, 1, doing)?;
            let is_ours: Option<bool> = self.column(row, 2, doing)?;
            let cause = match (snapshot, is_ours) {
                (Some(of), _) if of < number => format!("the snapshot is of entry {of}, which is older"),
                (Some(_), Some(true)) => return Ok(()),
                (Some(_), _) => "the snapshot is of another history".to_owned(),
                (None, _) => "there is no snapshot that holds what follows from them".to_owned(),
            };
            Err(self.explain(Reason::new(cause), doing))
        })
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            let doing = format!("begin with entry {}", entry.number);
            self.write_entry(entry, &doing, Write::Begin).await
        })
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(async move {
            let doing = "list the blobs of";
            let after = after.map(|id| id.to_string()).unwrap_or_default();
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let parameters: [Parameter<'_>; 2] = [(&after, Type::TEXT), (&limit, Type::INT8)];
            let rows = self.query(Need::Read, doing, &self.sql.list_blobs, &parameters, 0).await?;
            let info = |row: &Row| Ok(BlobInfo { id: self.id(row, 0, doing)?, size: self.count(row, 1, doing)? });
            rows.iter().map(info).collect()
        })
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = &format!("delete blob {id} from");
            let name = id.to_string();
            self.query(Need::Write, doing, &self.sql.delete_blob, &[(&name, Type::TEXT)], 0).await.map(drop)
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.write_probe().await?;
            self.query(Need::Read, "read a probe from", &self.sql.read_probe, &[], 0).await.map(drop)
        })
    }
}

/// The statements, with the schema's name in them.
struct Sql {
    append: String,
    read: String,
    last: String,
    put_blob: String,
    get_blob: String,
    save_snapshot: String,
    load_snapshot: String,
    first: String,
    forget: String,
    lock: String,
    begin: String,
    list_blobs: String,
    delete_blob: String,
    write_probe: String,
    read_probe: String,
}

impl Sql {
    /// The schema's name is one that needs no quotes, which the URL's reader makes sure of.
    fn of(schema: &str) -> Sql {
        let channel = link::channel(schema);
        Sql {
            // Somebody who is quicker makes this wait for the outcome, and then do nothing.
            append: format!(
                "WITH appended AS (
                     INSERT INTO {schema}.journal (number, id, prev, at_ms, body) SELECT $1, $2, $3, $4, $5
                     WHERE $1 = 1 + (SELECT coalesce(max(number), 0) FROM {schema}.journal)
                       AND $3 = coalesce((SELECT id FROM {schema}.journal WHERE number = $1 - 1), $6)
                     ON CONFLICT DO NOTHING RETURNING number)
                 SELECT pg_notify('{channel}', '') FROM appended"
            ),
            read: format!(
                "SELECT number, id, prev, at_ms, body, number = (SELECT min(number) FROM {schema}.journal)
                 FROM {schema}.journal WHERE number > $1 ORDER BY number LIMIT $2"
            ),
            last: format!("SELECT coalesce(max(number), 0) FROM {schema}.journal"),
            // Writes nothing if the content is there, and repairs it if it is there and no longer the same.
            put_blob: format!(
                "INSERT INTO {schema}.blob AS blob (id, content) VALUES ($1, $2)
                 ON CONFLICT (id) DO UPDATE SET content = excluded.content WHERE blob.content <> excluded.content"
            ),
            get_blob: format!("SELECT content FROM {schema}.blob WHERE id = $1"),
            save_snapshot: format!(
                "INSERT INTO {schema}.snapshot AS kept (lone, number, id, body) VALUES (1, $1, $2, $3)
                 ON CONFLICT (lone) DO UPDATE SET number = excluded.number, id = excluded.id, body = excluded.body
                 WHERE kept.number < excluded.number"
            ),
            load_snapshot: format!("SELECT number, id, body FROM {schema}.snapshot"),
            first: format!("SELECT coalesce(min(number), 1) FROM {schema}.journal"),
            // All of it looks at one moment.
            forget: format!(
                "WITH kept AS (
                     SELECT number, id = (SELECT id FROM {schema}.journal WHERE number = snapshot.number) AS is_ours
                     FROM {schema}.snapshot),
                 gone AS (
                     DELETE FROM {schema}.journal
                     WHERE number <= $1 AND number < (SELECT max(number) FROM {schema}.journal)
                       AND EXISTS (SELECT FROM kept WHERE number >= $1 AND is_ours))
                 SELECT (SELECT coalesce(min(number), 1) FROM {schema}.journal),
                        (SELECT number FROM kept), (SELECT is_ours FROM kept)"
            ),
            // Nobody else may append or begin until the end of the transaction.
            lock: format!("BEGIN; LOCK TABLE {schema}.journal IN SHARE ROW EXCLUSIVE MODE"),
            begin: format!(
                "INSERT INTO {schema}.journal (number, id, prev, at_ms, body) SELECT $1, $2, $3, $4, $5
                 WHERE NOT EXISTS (SELECT FROM {schema}.journal)"
            ),
            list_blobs: format!(
                "SELECT id, octet_length(content)::int8 FROM {schema}.blob WHERE id > $1 ORDER BY id LIMIT $2"
            ),
            delete_blob: format!("DELETE FROM {schema}.blob WHERE id = $1"),
            write_probe: schema::write_probe(schema),
            read_probe: format!("SELECT times FROM {schema}.probe"),
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
crate::journal_suite!(async {
    let address = tests::fresh_address();
    crate::suite::Fixture::new(move || {
        let address = address.clone();
        async move { PostgresJournal::open(&address).await.unwrap() }
    })
});
