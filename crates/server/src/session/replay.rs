//! The guard against using a token twice: bounded, without locks, and of this node only.
//!
//! A table of fixed size remembers for the sessions polled last how many answers they have had. A token says how many
//! came before it, so one that is behind has been used. What the guard has forgotten, or another node has seen, it
//! cannot refuse: forgetting errs on the side of the client.

use std::sync::atomic::{AtomicU64, Ordering};

/// Sessions that share a place; the one polled longest ago makes way.
const WAYS: usize = 4;
const TIME_BITS: u32 = 20;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// What the guard says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Not seen before.
    First,
    /// Seen a moment ago: the reply may have been lost.
    Retry,
    /// Used up.
    Reused,
}

/// One session: its fingerprint, and what is known of it.
///
/// What is known holds, from the top, 12 bits of the fingerprint again (so that the two halves of a slot that is being
/// replaced are not taken for one), 32 bits of the number of answers plus one, and 20 bits of the time in seconds.
type Slot = [AtomicU64; 2];

/// See the module.
pub struct ReplayGuard {
    slots: Box<[Slot]>,
    grace_s: u64,
}

impl ReplayGuard {
    /// A guard that remembers at least this many sessions, 16 bytes each, and forgives a second use within the grace.
    ///
    /// Memory is taken as sessions come: untouched parts of the table cost nothing.
    pub fn new(sessions: usize, grace_ms: i64) -> Self {
        let slots = sessions.clamp(WAYS, 1 << 28).next_power_of_two();
        let grace_s = u64::try_from(grace_ms.div_euclid(1_000)).unwrap_or(0);
        Self { slots: bytemuck::allocation::zeroed_slice_box(slots), grace_s }
    }

    /// Notes the use of a token of this session that says that so many answers came before it.
    pub fn note(&self, session: u128, answers: u32, now_ms: i64) -> Use {
        let fingerprint = ((session >> 64) as u64 ^ session as u64).max(1);
        let now_s = (now_ms.div_euclid(1_000) as u64) & TIME_MASK;
        let check = fingerprint >> 52;
        let known = (check << 52) | ((u64::from(answers) + 1) & 0xffff_ffff) << TIME_BITS | now_s;
        let set = self.set_of(fingerprint);
        for [session, slot] in set {
            if session.load(Ordering::Acquire) != fingerprint {
                continue;
            }
            let mut old = slot.load(Ordering::Acquire);
            while old >> 52 == check {
                let (old_answers, old_s) = ((old >> TIME_BITS) & 0xffff_ffff, old & TIME_MASK);
                if old_answers == (known >> TIME_BITS) & 0xffff_ffff {
                    return if age_s(now_s, old_s) <= self.grace_s { Use::Retry } else { Use::Reused };
                }
                if old_answers > (known >> TIME_BITS) & 0xffff_ffff {
                    return Use::Reused;
                }
                match slot.compare_exchange(old, known, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return Use::First,
                    Err(newer) => old = newer,
                }
            }
        }
        let oldest = set.iter().max_by_key(|[session, known]| {
            let is_free = session.load(Ordering::Relaxed) == 0;
            let seen_s = known.load(Ordering::Relaxed) & TIME_MASK;
            (is_free, age_s(now_s, seen_s))
        });
        if let Some([session, slot]) = oldest {
            session.store(fingerprint, Ordering::Release);
            slot.store(known, Ordering::Release);
        }
        Use::First
    }

    /// What [`ReplayGuard::note`] would say, without noting anything.
    pub fn look(&self, session: u128, answers: u32, now_ms: i64) -> Use {
        let fingerprint = ((session >> 64) as u64 ^ session as u64).max(1);
        let now_s = (now_ms.div_euclid(1_000) as u64) & TIME_MASK;
        let asked = (u64::from(answers) + 1) & 0xffff_ffff;
        let known =
            self.set_of(fingerprint).iter().filter(|[session, _]| session.load(Ordering::Acquire) == fingerprint);
        for known in known.map(|[_, known]| known.load(Ordering::Acquire)) {
            let (noted, noted_s) = ((known >> TIME_BITS) & 0xffff_ffff, known & TIME_MASK);
            if known >> 52 == fingerprint >> 52 && noted >= asked {
                let is_retry = noted == asked && age_s(now_s, noted_s) <= self.grace_s;
                return if is_retry { Use::Retry } else { Use::Reused };
            }
        }
        Use::First
    }

    fn set_of(&self, fingerprint: u64) -> &[Slot] {
        let sets = self.slots.len() / WAYS;
        let start = (fingerprint as usize & (sets - 1)) * WAYS;
        &self.slots[start..start + WAYS]
    }
}

/// Seconds between two times of which only the low bits are kept. A time that lies ahead, because a clock was set back
/// or another thread was quicker, is now.
fn age_s(now_s: u64, then_s: u64) -> u64 {
    match now_s.wrapping_sub(then_s) & TIME_MASK {
        ahead if ahead > TIME_MASK / 2 => 0,
        age_s => age_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_once_and_is_forgiven_within_the_grace() {
        let guard = ReplayGuard::new(1_024, 10_000);
        assert_eq!(guard.note(7, 0, 0), Use::First);
        assert_eq!(guard.note(7, 0, 10_000), Use::Retry);
        assert_eq!(guard.note(7, 0, 11_000), Use::Reused);
        assert_eq!(guard.note(7, 1, 60_000), Use::First);
        assert_eq!(guard.note(7, 0, 60_000), Use::Reused, "a later token was used");
        assert_eq!(guard.note(7, 1, 61_000), Use::Retry);
        assert_eq!(guard.note(8, 0, 61_000), Use::First, "another session");
    }

    #[test]
    fn a_look_says_the_same_and_uses_nothing_up() {
        let guard = ReplayGuard::new(1_024, 10_000);
        assert_eq!(guard.look(7, 1, 0), Use::First);
        assert_eq!(guard.look(7, 1, 0), Use::First);
        assert_eq!(guard.note(7, 1, 0), Use::First);
        assert_eq!(guard.look(7, 0, 0), Use::Reused);
        assert_eq!(guard.look(7, 1, 10_000), Use::Retry);
        assert_eq!(guard.look(7, 1, 11_000), Use::Reused);
        assert_eq!(guard.look(7, 2, 11_000), Use::First);
    }

    #[test]
    fn a_clock_that_is_set_back_harms_no_retry() {
        let guard = ReplayGuard::new(1_024, 10_000);
        assert_eq!(guard.note(7, 0, 10_000), Use::First);
        assert_eq!(guard.note(7, 0, 9_999), Use::Retry);
        assert_eq!(guard.note(7, 0, 1_000), Use::Retry);
    }

    #[test]
    fn the_longest_unseen_session_makes_way() {
        let guard = ReplayGuard::new(WAYS, 0);
        for session in 1..=5u128 {
            assert_eq!(guard.note(session, 0, session as i64 * 1_000), Use::First);
        }
        assert_eq!(guard.note(1, 0, 90_000), Use::First, "forgotten");
        assert_eq!(guard.note(5, 0, 90_000), Use::Reused, "remembered");
    }

    #[test]
    fn of_many_at_once_one_is_first() {
        let guard = ReplayGuard::new(1_024, 10_000);
        guard.note(7, 0, 0);
        let firsts: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| guard.note(7, 1, 60_000) == Use::First)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(firsts, 1);
    }
}
