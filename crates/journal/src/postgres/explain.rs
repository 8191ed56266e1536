//! From the engine's error to what an operator can do about it.

use crate::Unavailable;
use std::error::Error;
use std::time::Duration;
use tokio_postgres::error::SqlState;

/// Why something did not work, before it is known what that was. Cheap to keep, and to say again.
#[derive(Clone, Debug)]
pub(super) struct Reason {
    pub cause: String,
    pub hint: Option<&'static str>,
    /// Whether the connection broke, so that another one may do better.
    pub is_broken: bool,
    code: Option<SqlState>,
}

const ACCESS: &str = "let the role own the schema: as a superuser, in that database, `CREATE SCHEMA tidegate AUTHORIZATION …`, \
    or `GRANT CREATE ON DATABASE … TO …` and it makes its own";
const CREDENTIALS: &str = "check the user and the password in the store's URL (in which `@`, `:`, `/`, `?` and `%` of a \
    password are written %40, %3A, %2F, %3F and %25), and the server's pg_hba.conf";
const DAMAGED: &str = "something else has written to Tidegate's tables, or the server's disk is damaged: stop Tidegate, and \
    restore a backup";
const DATABASE: &str = "make it: `CREATE DATABASE … OWNER … ENCODING 'UTF8' TEMPLATE template0`, or name another one in the \
    store's URL: postgres://USER@HOST/DATABASE";
const DISK: &str = "make room on the server's disk; Tidegate then goes on by itself, and nothing acknowledged is lost";
const READ_ONLY: &str = "name all servers of the cluster in the store's URL: postgres://USER@HOST1,HOST2/DATABASE; Tidegate \
    takes the one that can be written to";
const STANDBY: &str = "look at the server's synchronous standby: while it is away (pg_stat_replication is empty) nothing can \
    be committed safely. Never cancel a session that waits for it";
const TLS: &str = "name the authority that signed the server's certificate with sslrootcert=FILE in the store's URL; with \
    sslmode=verify-full the certificate must also be for the name or address in the URL";
const UNREACHABLE: &str = "see whether the server runs and can be reached from here; Tidegate tries again by itself";

impl Reason {
    pub(super) fn new(cause: impl Into<String>) -> Reason {
        Reason { cause: cause.into(), hint: None, is_broken: false, code: None }
    }

    pub(super) fn with_hint(self, hint: &'static str) -> Reason {
        Reason { hint: Some(hint), ..self }
    }

    pub(super) fn damaged(cause: impl Into<String>) -> Reason {
        Reason::new(cause).with_hint(DAMAGED)
    }

    pub(super) fn read_only(cause: impl Into<String>) -> Reason {
        Reason::new(cause).with_hint(READ_ONLY)
    }

    pub(super) fn encoding(encoding: &str) -> Reason {
        Reason::new(format!("the database is encoded in {encoding}, and not in UTF8")).with_hint(DATABASE)
    }

    pub(super) fn unreplicated() -> Reason {
        Reason::new("somebody made the server give up waiting for its standby").with_hint(STANDBY)
    }

    pub(super) fn too_late(limit: Duration) -> Reason {
        let cause = format!("there was no answer within {} s", limit.as_secs_f32());
        Reason::new(cause).with_hint(UNREACHABLE)
    }

    /// The server answers, and cannot commit.
    pub(super) fn uncommitted(limit: Duration) -> Reason {
        let cause = format!("the server answers, and did not commit a row within {} s", limit.as_secs_f32());
        Reason::new(cause).with_hint(STANDBY)
    }

    /// Somebody was quicker: the number is taken.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self.code, Some(SqlState::UNIQUE_VIOLATION | SqlState::T_R_SERIALIZATION_FAILURE))
    }

    /// The server answered with an error that ended the transaction, and the connection goes on: nothing was written.
    pub(super) fn is_refusal(&self) -> bool {
        self.code.is_some() && !self.is_broken
    }

    /// The server takes no writes any more: another one has taken its place, perhaps.
    pub(super) fn is_read_only(&self) -> bool {
        self.code == Some(SqlState::READ_ONLY_SQL_TRANSACTION)
    }

    pub(super) fn is_missing_table(&self) -> bool {
        matches!(self.code, Some(SqlState::UNDEFINED_TABLE | SqlState::INVALID_SCHEMA_NAME))
    }

    pub(super) fn while_doing(self, doing: impl Into<String>) -> Unavailable {
        Unavailable { doing: doing.into(), cause: self.cause.into(), hint: self.hint.map(str::to_owned) }
    }
}

impl From<tokio_postgres::Error> for Reason {
    fn from(error: tokio_postgres::Error) -> Reason {
        if let Some(said) = error.as_db_error() {
            let code = said.code().clone();
            let detail = said.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
            let cause = format!("{}{detail} (PostgreSQL: {})", said.message(), code.code());
            // These end the session, whatever the statement was.
            let is_broken = matches!(code.code().get(..3), Some("57P" | "08P")) || code.code().starts_with("08");
            return Reason { cause, hint: hint_of(&code), is_broken, code: Some(code) };
        }
        let cause = chain(&error);
        let hint = match error.to_string().as_str() {
            "error performing TLS handshake" if cause.contains("does not support TLS") => {
                "switch `ssl` on in the server's configuration, or say sslmode=disable in the store's URL"
            }
            "error performing TLS handshake" => TLS,
            "authentication error" | "invalid configuration" => CREDENTIALS,
            _ => UNREACHABLE,
        };
        let is_broken = error.is_closed() || cause.starts_with("error communicating");
        let cause = if error.is_closed() { "the connection broke before the answer came".to_owned() } else { cause };
        Reason { cause, hint: Some(hint), is_broken, code: None }
    }
}

fn hint_of(code: &SqlState) -> Option<&'static str> {
    let hint = match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => CREDENTIALS,
        SqlState::INVALID_CATALOG_NAME => DATABASE,
        SqlState::INSUFFICIENT_PRIVILEGE => ACCESS,
        SqlState::TOO_MANY_CONNECTIONS => "each node takes two connections: raise the server's max_connections",
        SqlState::DISK_FULL => DISK,
        SqlState::READ_ONLY_SQL_TRANSACTION => READ_ONLY,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => UNREACHABLE,
        SqlState::QUERY_CANCELED => "somebody or a statement_timeout of the role ended the statement: give it none",
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => DAMAGED,
        _ => return None,
    };
    Some(hint)
}

/// The whole chain of causes as one sentence.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}
