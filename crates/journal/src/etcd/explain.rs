//! From etcd's errors to what an operator can do about them.

use crate::Unavailable;
use std::error::Error;
use std::time::Duration;
use tonic::{Code, Status};

/// Why something did not work, before it is known what that was.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A member answered with an error, or the connection to it failed.
    #[error("{member}: {}", sentence(.status))]
    Refused { member: String, status: Box<Status> },
    /// A member did not answer.
    #[error("{member}: no answer within {} ms", .limit.as_millis())]
    Silent { member: String, limit: Duration },
    /// What etcd holds, or was asked to hold, is not what it should be.
    #[error("{cause}")]
    Wrong { cause: String, hint: Option<&'static str> },
}

/// What to do about a failure of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Another member, or the same one later, may do it.
    TryAgain,
    /// The login is no longer good.
    LogIn,
    /// Nothing that is done again.
    None,
}

const DAMAGED: &str = "what etcd holds below the prefix is damaged or was changed by hand: stop Tidegate, take a snapshot \
    with `etcdctl snapshot save`, and restore a backup";
const NO_SPACE: &str = "etcd is over its quota (--quota-backend-bytes): compact and defragment it, or raise the quota, then \
    `etcdctl alarm disarm`; a running Tidegate then goes on by itself, and nothing acknowledged is lost";
const TOO_LARGE: &str =
    "start etcd with --max-request-bytes of 1572864 (its default) or more, and --max-txn-ops of 128 or more";
const NO_LOGIN: &str = "etcd asks for a login: write etcd://user:password@host:port, or user@host:port with \
    ?password_file=FILE";
const WRONG_LOGIN: &str = "check the user and the password of the store's address; the user needs a role";
const RIGHTS: &str = "grant the user's role read and write access to everything below the prefix: \
    `etcdctl role grant-permission ROLE readwrite PREFIX/ --prefix=true`";
const UNREACHABLE: &str = "see whether etcd runs, whether most of its members reach each other, and whether the address \
    and its TLS options are right; a running Tidegate goes on by itself when etcd does";
const CERTIFICATE: &str = "name the authority that signed etcd's certificate with ?ca=FILE, this client's own certificate \
    with cert=FILE&key=FILE, and with server_name=NAME the name that etcd's certificate is for";
const CORRUPT: &str =
    "etcd found its members to differ: see `etcdctl alarm list` and etcd's documentation on corruption";

impl Failure {
    pub(super) fn refused(member: &str, status: Status) -> Failure {
        Failure::Refused { member: member.to_owned(), status: Box::new(status) }
    }

    pub(super) fn damaged(cause: impl Into<String>) -> Failure {
        Failure::Wrong { cause: cause.into(), hint: Some(DAMAGED) }
    }

    pub(super) fn wrong(cause: impl Into<String>) -> Failure {
        Failure::Wrong { cause: cause.into(), hint: None }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Failure::Silent { .. } => Remedy::TryAgain,
            Failure::Wrong { .. } => Remedy::None,
            Failure::Refused { status, .. } => remedy(status),
        }
    }

    /// Whether parts, or the lease that they hang on, were gone before they were committed.
    pub(super) fn is_expired_upload(&self) -> bool {
        let Failure::Refused { status, .. } = self else { return false };
        let message = status.message();
        message.contains("requested lease not found") || message.contains("key not found")
    }

    /// Whether what etcd holds is not what was written.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Failure::Wrong { hint: Some(DAMAGED), .. })
    }

    pub(super) fn while_doing(self, doing: impl AsRef<str>, store: &str) -> Unavailable {
        let hint = self.hint();
        let unavailable = Unavailable::new(format!("{} {store}", doing.as_ref()), self);
        match hint {
            Some(hint) => unavailable.with_hint(hint),
            None => unavailable,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        let status = match self {
            Failure::Silent { .. } => return Some(UNREACHABLE),
            Failure::Wrong { hint, .. } => return *hint,
            Failure::Refused { status, .. } => status,
        };
        let sentence = sentence(status);
        let says = |words: &str| sentence.contains(words);
        match status.code() {
            _ if says("certificate") => Some(CERTIFICATE),
            _ if says("database space exceeded") => Some(NO_SPACE),
            _ if says("corrupt cluster") => Some(CORRUPT),
            _ if says("request is too large") || says("too many operations") || says("larger than max") => {
                Some(TOO_LARGE)
            }
            _ if says("user name is empty") => Some(NO_LOGIN),
            _ if says("authentication failed") => Some(WRONG_LOGIN),
            Code::PermissionDenied => Some(RIGHTS),
            Code::Unauthenticated => Some(WRONG_LOGIN),
            Code::Unavailable | Code::Unknown | Code::DeadlineExceeded | Code::Cancelled => Some(UNREACHABLE),
            _ => None,
        }
    }
}

fn remedy(status: &Status) -> Remedy {
    let says = |words: &str| status.message().contains(words);
    match status.code() {
        Code::Unauthenticated => Remedy::LogIn,
        Code::InvalidArgument if says("revision of auth store is old") => Remedy::LogIn,
        Code::ResourceExhausted if says("too many requests") => Remedy::TryAgain,
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::Internal
        | Code::Aborted => Remedy::TryAgain,
        _ => Remedy::None,
    }
}

/// What a status says, with its causes: that the transport failed says little without them.
fn sentence(status: &Status) -> String {
    let mut sentence = match status.message() {
        "" => status.code().description().to_owned(),
        message => message.to_owned(),
    };
    let mut source = status.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !sentence.contains(&words) {
            sentence = format!("{sentence}: {words}");
        }
        source = cause.source();
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn hint_for(status: Status) -> &'static str {
        Failure::refused("m", status).hint().expect("there is something to do")
    }

    #[test]
    fn what_an_operator_can_do_is_said() {
        let full = Status::resource_exhausted("etcdserver: mvcc: database space exceeded");
        assert!(hint_for(full).contains("alarm disarm"));
        assert!(hint_for(Status::permission_denied("etcdserver: permission denied")).contains("grant-permission"));
        assert!(hint_for(Status::invalid_argument("etcdserver: user name is empty")).contains("user:password@"));
        assert!(hint_for(Status::unavailable("tcp connect error")).contains("whether etcd runs"));
        assert!(hint_for(Status::unavailable("invalid peer certificate: UnknownIssuer")).contains("ca=FILE"));
        assert!(hint_for(Status::invalid_argument("etcdserver: request is too large")).contains("--max-request-bytes"));
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
        assert_eq!(remedy(&Status::unavailable("etcdserver: no leader")), Remedy::TryAgain);
        assert_eq!(remedy(&Status::unknown("transport error")), Remedy::TryAgain);
        assert_eq!(remedy(&Status::unauthenticated("etcdserver: invalid auth token")), Remedy::LogIn);
        assert_eq!(remedy(&Status::invalid_argument("etcdserver: revision of auth store is old")), Remedy::LogIn);
        let full = Status::resource_exhausted("etcdserver: mvcc: database space exceeded");
        assert_eq!(remedy(&full), Remedy::None);
    }

    #[test]
    fn an_error_names_the_member_and_the_store() {
        let failure = Failure::refused("a:1", Status::unavailable("etcdserver: no leader"));
        let unavailable = failure.while_doing("append entry 7 to", "etcd at a:1/p");
        assert_eq!(unavailable.to_string(), "cannot append entry 7 to etcd at a:1/p: a:1: etcdserver: no leader");
    }
}
