//! The configuration token: a session's whole state, sealed.
//!
//! Any node can answer any token, and a node keeps nothing for a session. What is inside, big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | session id, random |
//! | 8 | channel |
//! | 8 | what the session holds: [`Served::key`](crate::serving::Served), 0 for nothing |
//! | 8 | the highest journal entry that an answer to this session rested on |
//! | 8 | when the token was made, in milliseconds since 1970 |
//! | 4 | the poll interval in seconds |
//! | 4 | how many answers came before |

use super::keyring::{Keyring, Purpose};

/// How long a token can be used, as AWS documents it.
const LIFETIME_MS: i64 = 24 * 60 * 60 * 1_000;
/// How far two nodes' clocks may be apart before a token from the other's future is not judged by its age.
const CLOCK_SKEW_MS: i64 = 1_000;
/// A client that waits just as long as it was told must not be refused for a rounding.
const EARLY_TOLERANCE_MS: i64 = 500;
/// How long after its interval a token can be used at least.
const LONGEST_INTERVAL_GRACE_MS: i64 = 10 * 60 * 1_000;
const LENGTH: usize = 56;

/// A session, as it stands in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Random; decides the session's place in every rollout.
    pub id: u128,
    /// The channel that it watches.
    pub channel: u64,
    /// What it holds, 0 for nothing.
    pub held: u64,
    /// The highest journal entry that an answer rested on.
    pub seen: u64,
    /// When the token was made, in milliseconds since 1970.
    pub issued_at_ms: i64,
    /// 15 to 86,400 by request.
    pub poll_interval_s: u32,
    /// How many answers came before this token.
    pub answers: u32,
}

/// What can be the matter with a token; the names are AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Not made here, or changed, or made long ago.
    Corrupted,
    /// Older than 24 hours.
    Expired,
    /// Used before its time.
    PollIntervalNotSatisfied,
}

/// Seals a session's next token; none if there is no key yet.
pub fn seal(keyring: &Keyring, session: &Session) -> Option<String> {
    seal_for(keyring, "", session)
}

/// As [`seal`], for somebody: nobody else can use it.
pub fn seal_for(keyring: &Keyring, holder: &str, session: &Session) -> Option<String> {
    let mut record = [0; LENGTH];
    record[..16].copy_from_slice(&session.id.to_be_bytes());
    record[16..24].copy_from_slice(&session.channel.to_be_bytes());
    record[24..32].copy_from_slice(&session.held.to_be_bytes());
    record[32..40].copy_from_slice(&session.seen.to_be_bytes());
    record[40..48].copy_from_slice(&session.issued_at_ms.to_be_bytes());
    record[48..52].copy_from_slice(&session.poll_interval_s.to_be_bytes());
    record[52..].copy_from_slice(&session.answers.to_be_bytes());
    keyring.seal_for(Purpose::Session, holder, &record, session.issued_at_ms)
}

/// Opens a token and judges its age.
pub fn open(keyring: &Keyring, token: &str, now_ms: i64, enforce_poll_interval: bool) -> Result<Session, Problem> {
    open_for(keyring, "", token, now_ms, enforce_poll_interval)
}

/// As [`open`], for a token that was sealed for this holder.
pub fn open_for(
    keyring: &Keyring,
    holder: &str,
    token: &str,
    now_ms: i64,
    enforce_poll_interval: bool,
) -> Result<Session, Problem> {
    let record: Option<[u8; LENGTH]> = keyring.open_for(Purpose::Session, holder, token, now_ms);
    let record = record.ok_or(Problem::Corrupted)?;
    let session = Session {
        id: u128::from_be_bytes(part(&record, 0)),
        channel: u64::from_be_bytes(part(&record, 16)),
        held: u64::from_be_bytes(part(&record, 24)),
        seen: u64::from_be_bytes(part(&record, 32)),
        issued_at_ms: i64::from_be_bytes(part(&record, 40)),
        poll_interval_s: u32::from_be_bytes(part(&record, 48)),
        answers: u32::from_be_bytes(part(&record, 52)),
    };
    let age_ms = now_ms.saturating_sub(session.issued_at_ms);
    let due_ms = i64::from(session.poll_interval_s) * 1_000 - EARLY_TOLERANCE_MS;
    // A session that polls once a day has to get a chance to.
    let lifetime_ms = LIFETIME_MS.max(due_ms + LONGEST_INTERVAL_GRACE_MS);
    if age_ms > lifetime_ms {
        Err(Problem::Expired)
    } else if enforce_poll_interval && session.answers > 0 && (-CLOCK_SKEW_MS..due_ms).contains(&age_ms) {
        Err(Problem::PollIntervalNotSatisfied)
    } else {
        Ok(session)
    }
}

fn part<const N: usize>(record: &[u8; LENGTH], start: usize) -> [u8; N] {
    record[start..start + N].try_into().expect("the part lies within the record")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tidegate_domain::{Secret, TokenKey};

    use super::*;

    fn keyring() -> Keyring {
        Keyring::new([TokenKey { number: 1, secret: Secret([9; 32]), created_at_ms: 0 }].into())
    }

    fn session(answers: u32) -> Session {
        Session {
            id: 0x0123_4567_89ab_cdef,
            channel: 3,
            held: u64::MAX,
            seen: 17,
            issued_at_ms: 1_000_000,
            poll_interval_s: 60,
            answers,
        }
    }

    fn open_after(session: &Session, age_ms: i64) -> Result<Session, Problem> {
        let token = seal(&keyring(), session).unwrap();
        open(&keyring(), &token, session.issued_at_ms + age_ms, true)
    }

    #[test]
    fn the_first_poll_may_come_at_once_and_the_others_wait() {
        assert_eq!(open_after(&session(0), 0), Ok(session(0)));
        for age_ms in [0, 5_000, 59_499] {
            assert_eq!(open_after(&session(1), age_ms), Err(Problem::PollIntervalNotSatisfied), "{age_ms}");
        }
        for age_ms in [59_500, 60_000, 86_400_000] {
            assert_eq!(open_after(&session(1), age_ms), Ok(session(1)), "{age_ms}");
        }
    }

    #[test]
    fn a_day_is_a_tokens_life() {
        assert_eq!(open_after(&session(0), 86_400_001), Err(Problem::Expired));
        assert_eq!(open_after(&session(1), 2 * 86_400_000), Err(Problem::Expired));
        assert_eq!(open_after(&session(1), 300 * 86_400_000), Err(Problem::Expired));
    }

    #[test]
    fn a_session_that_polls_once_a_day_gets_a_chance_to() {
        let daily = Session { poll_interval_s: 86_400, ..session(1) };
        assert_eq!(open_after(&daily, 86_390_000), Err(Problem::PollIntervalNotSatisfied));
        assert_eq!(open_after(&daily, 86_400_000 + 300_000), Ok(daily));
        assert_eq!(open_after(&daily, 86_400_000 + 600_000), Err(Problem::Expired));
    }

    #[test]
    fn a_token_from_a_clock_that_is_ahead_is_not_kept_waiting_for_it() {
        assert_eq!(open_after(&session(1), -500), Err(Problem::PollIntervalNotSatisfied));
        assert_eq!(open_after(&session(1), -3_600_000), Ok(session(1)));
    }

    #[test]
    fn a_token_looks_like_one() {
        let token = seal(&keyring(), &session(0)).unwrap();
        assert_eq!(token.len(), 119);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        assert_ne!(token, seal(&keyring(), &session(0)).unwrap());
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(id: u128, channel: u64, held: u64, seen: u64, poll_interval_s in 15..=86_400u32) {
            let session = Session { id, channel, held, seen, poll_interval_s, ..session(0) };
            prop_assert_eq!(open_after(&session, 0), Ok(session));
        }
    }
}
