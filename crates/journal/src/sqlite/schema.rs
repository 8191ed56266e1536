//! How a connection is set up, and what the file holds.
//!
//! Ids are texts, so that the `sqlite3` shell shows what logs and audit trails show.

use super::explain::Reason;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What this binary writes. Add one, and a step in `settle`, when the tables change.
const VERSION: i64 = 1;

/// Marks a file as Tidegate's: `tidg`.
const APPLICATION_ID: i64 = 0x7469_6467;

const TABLES: &str = "
    CREATE TABLE journal (
        number INTEGER PRIMARY KEY CHECK (number >= 1),
        id     TEXT    NOT NULL,
        prev   TEXT    NOT NULL,
        at_ms  INTEGER NOT NULL,
        body   TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE blob (
        id      TEXT NOT NULL PRIMARY KEY,
        content BLOB NOT NULL
    ) STRICT;
    CREATE TABLE snapshot (
        only   INTEGER PRIMARY KEY CHECK (only = 1),
        number INTEGER NOT NULL,
        id     TEXT    NOT NULL,
        body   BLOB    NOT NULL
    ) STRICT;
    CREATE TABLE probe (
        only  INTEGER PRIMARY KEY CHECK (only = 1),
        times INTEGER NOT NULL
    ) STRICT;
";

/// How long to wait for another process's transaction.
const BUSY: Duration = Duration::from_secs(5);

/// The WAL is cut back to this many bytes after a burst of large contents.
const WAL_LIMIT: i64 = 64 * 1024 * 1024;

/// Opens a connection to a file that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, Reason> {
    // Each connection stays with one thread, so SQLite need not lock it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| denied(path).unwrap_or(error.into()))?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS an fsync alone does not reach the disk; elsewhere these two do nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A file from elsewhere may be hostile or damaged: notice early, and run nothing that it brings along.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Asks the system why a file cannot be opened, which SQLite does not tell. (Not before it has failed: see `file`.)
fn denied(path: &Path) -> Option<Reason> {
    std::fs::File::open(path).err().map(Reason::from)
}

/// Makes sure that the file is Tidegate's, of a version that is understood, with its tables, in WAL mode.
pub(super) fn settle(connection: &mut Connection) -> Result<(), Reason> {
    // SQLite opens what it may not write without a word, and fails at the first write.
    if connection.is_readonly("main")? {
        return Err(Reason::read_only("the file is read-only"));
    }
    patiently(|| {
        // Looked at before anything is changed: a file of somebody else's stays as it is.
        let is_new = is_new(&connection.transaction()?)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(Reason::new(format!("SQLite cannot use a write-ahead log here, only {mode:?}"))
                .with_hint("choose a data directory on a local file system"));
        }
        if is_new { create(connection) } else { Ok(()) }
    })
}

fn create(connection: &mut Connection) -> Result<(), Reason> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been here first.
    if is_new(&transaction)? {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(transaction.commit()?)
}

/// Says whether there is nothing in the file yet; refuses one that this binary must not write to.
///
/// Three questions, one moment: between two of them another process may create the tables.
fn is_new(connection: &Transaction<'_>) -> Result<bool, Reason> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application_id = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    match (application_id, version, tables) {
        (APPLICATION_ID, VERSION, _) => Ok(false),
        (APPLICATION_ID, version, _) => Err(Reason::new(format!(
            "its schema has version {version}, and this binary (Tidegate {}) understands version {VERSION}",
            env!("CARGO_PKG_VERSION")
        ))
        .with_hint("run the version of Tidegate that wrote it or a newer one, or restore a backup made before")),
        (0, 0, 0) => Ok(true),
        _ => Err(Reason::new("it is a SQLite database of another program").with_hint("choose another data directory")),
    }
}

/// Tries again while another process is just now doing the same; SQLite does not wait by itself for a change of mode.
fn patiently(mut attempt: impl FnMut() -> Result<(), Reason>) -> Result<(), Reason> {
    let deadline = Instant::now() + BUSY;
    loop {
        match attempt() {
            Err(reason) if reason.is_busy() && Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            settled => return settled,
        }
    }
}
