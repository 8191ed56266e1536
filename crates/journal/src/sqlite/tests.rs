//! What the suite does not know of: the file, its directory, and what can happen to them.

use super::*;
use crate::commit;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};

fn entry_after(prev: u128, body: impl Into<String>) -> Entry {
    let number = u64::try_from(prev).unwrap() + 1;
    Entry { number, id: EntryId(prev + 1), prev: EntryId(prev), at_ms: 0, body: body.into() }
}

async fn on_writer<T: Send + 'static>(
    journal: &SqliteJournal,
    job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
) -> T {
    journal.writer.run(|writer| Ok(job(writer)?)).await.unwrap()
}

#[track_caller]
fn refused(dir: &Path) -> (String, String) {
    let unavailable = SqliteJournal::open(dir).err().expect("this must not open");
    let sentence = unavailable.to_string();
    let start = format!("cannot open the journal at {}/journal.sqlite3: ", dir.display());
    let cause = sentence.strip_prefix(&start).unwrap_or_else(|| panic!("{sentence}"));
    (cause.to_owned(), unavailable.hint.expect("an operator needs a hint"))
}

fn mode_of(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_is_created_is_for_nobody_else() {
    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("not/yet");
    let journal = SqliteJournal::open(&dir).unwrap();
    commit(&journal, &entry_after(0, "")).await.unwrap();
    assert_eq!((mode_of(dir.parent().unwrap()), mode_of(&dir)), (0o700, 0o700));
    for name in ["journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"] {
        assert_eq!(mode_of(dir.join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_write_is_on_the_disk_before_it_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    let pragma = |sql: &'static str| {
        on_writer(&journal, move |writer| writer.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0)))
    };
    assert_eq!(pragma("PRAGMA journal_mode").await, "wal".to_owned().into());
    assert_eq!(pragma("PRAGMA synchronous").await, 2.into());
    assert_eq!(pragma("PRAGMA fullfsync").await, 1.into());
}

#[tokio::test]
async fn a_closed_journal_is_one_file_and_refuses_everything() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    commit(&journal, &entry_after(0, "kept")).await.unwrap();
    journal.close().await.unwrap();
    journal.close().await.unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let error = commit(&journal, &entry_after(1, "")).await.unwrap_err();
    let path = dir.path().join(FILE_NAME);
    assert_eq!(error.to_string(), format!("cannot append entry 2 to the journal at {}: it is closed", path.display()));
    assert!(journal.last().await.is_err());
    assert_eq!(SqliteJournal::open(dir.path()).unwrap().last().await.unwrap(), 1);
}

#[tokio::test]
async fn dropping_an_append_leaves_the_journal_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    let first = entry_after(0, "given up");
    let polled = futures_util::FutureExt::now_or_never(journal.append(&first));
    assert!(polled.is_none());
    // Given up is not undone: whether it was written, the journal knows.
    commit(&journal, &first).await.unwrap();
    assert_eq!(journal.read(0, 10).await.unwrap(), [first]);
}

#[test]
fn many_processes_may_create_the_same_journal_at_once() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..8).map(|_| scope.spawn(|| SqliteJournal::open(dir.path()))).collect();
        for opened in opening {
            opened.join().unwrap().unwrap();
        }
    });
}

#[tokio::test]
async fn a_full_disk_fails_writes_only_and_only_while_it_is_full() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    commit(&journal, &entry_after(0, "there was room")).await.unwrap();
    let set_limit = |pages: i64| {
        on_writer(&journal, move |writer| {
            writer.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))
        })
    };
    set_limit(1).await;
    let large = entry_after(1, "x".repeat(100_000));
    let Err(AppendError::Unavailable(unavailable)) = commit(&journal, &large).await else {
        panic!("there is no room for this")
    };
    let sentence = unavailable.to_string();
    assert!(sentence.starts_with("cannot append entry 2 to the journal at /"), "{sentence}");
    assert!(sentence.contains("journal.sqlite3: the disk is full"), "{sentence}");
    assert!(unavailable.hint.unwrap().starts_with("make room"));
    assert!(journal.put_blob(&vec![1; 100_000].into()).await.is_err());
    assert!(on_writer(&journal, |writer| Ok(writer.is_autocommit())).await, "no transaction stays open");
    assert_eq!(journal.last().await.unwrap(), 1);
    set_limit(1_000_000).await;
    commit(&journal, &large).await.unwrap();
    journal.probe().await.unwrap();
    assert_eq!(journal.read(1, 10).await.unwrap(), [large]);
}

#[tokio::test]
async fn a_file_that_became_read_only_says_so_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    on_writer(&journal, |writer| writer.pragma_update(None, "query_only", true)).await;
    let unavailable = journal.probe().await.unwrap_err();
    assert!(unavailable.to_string().contains("read-only"), "{unavailable}");
    assert!(unavailable.hint.unwrap().contains("write access"));
    on_writer(&journal, |writer| writer.pragma_update(None, "query_only", false)).await;
    journal.probe().await.unwrap();
}

#[test]
fn a_file_that_may_only_be_read_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let _journal = SqliteJournal::open(dir.path()).unwrap();
    // As SQLite opens it for a user who may not write; the user who runs this test may well be one who always may.
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let mut connection = Connection::open_with_flags(dir.path().join(FILE_NAME), flags).unwrap();
    let unavailable = schema::settle(&mut connection).unwrap_err().while_doing("open", dir.path());
    assert!(unavailable.to_string().ends_with(": the file is read-only"), "{unavailable}");
    assert!(unavailable.hint.unwrap().contains("write access"));
}

#[tokio::test]
async fn an_own_entry_rings_the_bell_and_a_conflict_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    let bell = journal.bell.subscribe();
    commit(&journal, &entry_after(5, "leaves a gap")).await.unwrap_err();
    assert_eq!(*bell.borrow(), 0);
    commit(&journal, &entry_after(0, "")).await.unwrap();
    assert_eq!(*bell.borrow(), 1);
}

#[tokio::test]
async fn a_reader_never_writes() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    let written = journal.reader.run(|reader| write_probe(reader)).await;
    assert!(written.is_err());
}

#[tokio::test]
async fn a_lock_that_is_held_elsewhere_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    let elsewhere = Connection::open(dir.path().join(FILE_NAME)).unwrap();
    elsewhere.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = entry_after(0, "");
    let (appended, ()) = tokio::join!(journal.append(&first), async {
        assert_eq!(journal.last().await.unwrap(), 0, "reads go on");
        elsewhere.execute_batch("ROLLBACK").unwrap();
    });
    appended.unwrap();
}

#[test]
fn a_directory_that_is_a_file_is_named() {
    let outer = tempfile::tempdir().unwrap();
    let file = outer.path().join("file");
    fs::write(&file, "mine").unwrap();
    for dir in [file.clone(), file.join("below")] {
        let (cause, hint) = refused(&dir);
        assert_eq!(cause, "a part of its path is a file, not a directory");
        assert!(hint.contains("choose another data directory"));
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    fs::create_dir_all(outer.path().join("dir").join(FILE_NAME)).unwrap();
    assert_eq!(refused(&outer.path().join("dir")).0, "it is not a file");
}

#[test]
fn a_file_of_something_else_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let text = "not a database, and longer than the hundred bytes of the header ".repeat(100);
    fs::write(&path, &text).unwrap();
    assert!(refused(dir.path()).0.starts_with("the file is not a SQLite database"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let before = fs::read(&path).unwrap();
    assert_eq!(refused(dir.path()).0, "it is a SQLite database of another program");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteJournal::open(dir.path()).unwrap());
    let newer = Connection::open(dir.path().join(FILE_NAME)).unwrap();
    newer.pragma_update(None, "user_version", 7).unwrap();
    drop(newer);
    let (cause, hint) = refused(dir.path());
    let version = env!("CARGO_PKG_VERSION");
    let expected = "its schema has version 7, and this binary (Tidegate VERSION) understands version 1";
    assert_eq!(cause, expected.replace("VERSION", version));
    assert!(hint.starts_with("run the version of Tidegate that wrote it"));
}

#[tokio::test]
async fn a_deleted_or_replaced_file_takes_no_more_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    let journal = SqliteJournal::open(dir.path()).unwrap();
    commit(&journal, &entry_after(0, "")).await.unwrap();
    let away = dir.path().join("away");
    fs::rename(&path, &away).unwrap();
    assert!(journal.probe().await.unwrap_err().to_string().ends_with("it is no longer there"));
    fs::write(&path, "").unwrap();
    let error = commit(&journal, &entry_after(1, "")).await.unwrap_err();
    assert!(error.to_string().ends_with("the file was replaced while it was open"), "{error}");
    fs::rename(&away, &path).unwrap();
    commit(&journal, &entry_after(1, "")).await.unwrap();
}

#[tokio::test]
async fn damage_is_an_error_and_never_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    for prev in 0..4 {
        commit(&journal, &entry_after(prev, "x".repeat(20_000))).await.unwrap();
    }
    let blob_id = journal.put_blob(&vec![b'y'; 30_000].into()).await.unwrap();
    journal.close().await.unwrap();

    // Every page but the first, one file each: whatever is hit, opening and reading either work or say what is wrong.
    let path = dir.path().join(FILE_NAME);
    let whole = fs::read(&path).unwrap();
    let mut damaged = 0;
    for page in 1..whole.len() / 4096 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        fs::write(&path, &whole).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[0x55; 4096], page as u64 * 4096).unwrap();
        let Ok(journal) = SqliteJournal::open(dir.path()) else {
            damaged += 1;
            continue;
        };
        let (entries, blob) = (journal.read(0, 10).await, journal.get_blob(blob_id).await);
        for hint in [entries.err().map(|error| error.hint), blob.err().map(|error| error.hint)].into_iter().flatten() {
            assert!(hint.unwrap().contains("damaged"));
            damaged += 1;
        }
        // Writing to a damaged file may fail, and must not panic.
        let _ = commit(&journal, &entry_after(4, "")).await;
        let _ = journal.probe().await;
    }
    assert!(damaged > 5, "{damaged}");
}

#[tokio::test]
async fn a_missing_entry_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    for prev in 0..4 {
        commit(&journal, &entry_after(prev, "")).await.unwrap();
    }
    on_writer(&journal, |writer| writer.execute("DELETE FROM journal WHERE number = 2", [])).await;
    let error = journal.read(0, 10).await.unwrap_err();
    assert!(error.to_string().ends_with("entry 2 is missing, and entry 3 is there"), "{error}");
    assert_eq!(journal.read(2, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_blob_that_rotted_is_an_error_until_it_is_stored_again() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(dir.path()).unwrap();
    let content = Bytes::from_static(b"as it was");
    let blob_id = journal.put_blob(&content).await.unwrap();
    on_writer(&journal, |writer| writer.execute("UPDATE blob SET content = x'00'", [])).await;
    let error = journal.get_blob(blob_id).await.unwrap_err();
    assert!(error.to_string().ends_with("its content is no longer the one that was stored"), "{error}");
    journal.put_blob(&content).await.unwrap();
    assert_eq!(journal.get_blob(blob_id).await.unwrap(), Some(content));
}
