//! From an engine's error to what an operator can do about it.

use crate::Unavailable;
use rusqlite::ErrorCode;
use std::io;
use std::path::Path;

/// Why something did not work, before it is known what that was.
#[derive(Debug)]
pub(super) struct Reason {
    cause: Box<dyn std::error::Error + Send + Sync>,
    hint: Option<String>,
}

/// An error of the engine in our words first, then in its own.
#[derive(Debug, thiserror::Error)]
#[error("{words} (SQLite: {error})")]
struct Explained {
    words: &'static str,
    #[source]
    error: rusqlite::Error,
}

impl Reason {
    pub(super) fn new(cause: impl Into<String>) -> Reason {
        Reason { cause: cause.into().into(), hint: None }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Reason {
        Reason { hint: Some(hint.into()), ..self }
    }

    pub(super) fn read_only(cause: impl Into<String>) -> Reason {
        Reason::new(cause).with_hint(ACCESS)
    }

    pub(super) fn damaged(cause: impl Into<String>) -> Reason {
        Reason::new(cause).with_hint(DAMAGED)
    }

    /// Says whether another process is in the way, which passes.
    pub(super) fn is_busy(&self) -> bool {
        let explained = self.cause.downcast_ref::<Explained>();
        let code = explained.and_then(|explained| explained.error.sqlite_error_code());
        matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    pub(super) fn while_doing(self, doing: impl AsRef<str>, path: &Path) -> Unavailable {
        let doing = format!("{} {}", doing.as_ref(), path.display());
        Unavailable { doing, cause: self.cause, hint: self.hint }
    }
}

const DAMAGED: &str = "the file is damaged: stop Tidegate, keep a copy of the directory, look at the disk, \
    and restore a backup (`sqlite3 journal.sqlite3 .recover` may save what is readable)";
const FULL: &str = "make room on the disk; a running Tidegate then goes on by itself, and nothing acknowledged is lost";
const UNOPENED: &str = "look for a read-only or full file system, for the limit on open files, and whether the user \
    that runs Tidegate may write to the directory and all files in it";
const ACCESS: &str = "give the user that runs Tidegate read and write access to the directory and all files in it";

impl From<rusqlite::Error> for Reason {
    fn from(error: rusqlite::Error) -> Reason {
        let (words, hint) = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => ("the disk is full", FULL),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
                ("the file or its directory is read-only", ACCESS)
            }
            Some(ErrorCode::CannotOpen) => ("a file in the directory cannot be opened or created", UNOPENED),
            Some(ErrorCode::SystemIoFailure) => (
                "the disk reports an error",
                "look at the disk, at its free space and at the kernel's log; a running Tidegate tries again by itself",
            ),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => (
                "another process keeps the file locked",
                "look for a backup, a `sqlite3` shell or another program that holds a transaction open",
            ),
            Some(ErrorCode::NotADatabase) => (
                "the file is not a SQLite database",
                "if it is not Tidegate's, choose another data directory; if it is, it is damaged: restore a backup",
            ),
            Some(ErrorCode::DatabaseCorrupt) => ("the file is damaged", DAMAGED),
            Some(ErrorCode::OutOfMemory) => ("there is not enough memory", "give the process more memory"),
            // A value of another type or another encoding than was written.
            None => ("the file holds what was never written to it", DAMAGED),
            Some(_) => {
                return Reason { cause: error.into(), hint: None };
            }
        };
        Reason { cause: Explained { words, error }.into(), hint: Some(hint.to_owned()) }
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Reason {
        let (cause, hint) = match error.kind() {
            io::ErrorKind::PermissionDenied => ("permission denied", ACCESS),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ("the disk is full", FULL),
            io::ErrorKind::ReadOnlyFilesystem => {
                ("the file system is read-only", "choose a data directory on a file system that can be written")
            }
            io::ErrorKind::NotADirectory => (
                "a part of its path is a file, not a directory",
                "move that file away or choose another data directory",
            ),
            io::ErrorKind::NotFound => {
                ("it is no longer there", "restore the directory from a backup, and start Tidegate again")
            }
            _ => {
                return Reason { cause: error.into(), hint: None };
            }
        };
        Reason::new(cause).with_hint(hint)
    }
}
