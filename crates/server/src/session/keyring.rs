//! Keys that all nodes share: sealed with AES-256-GCM-SIV, under a key for each day and purpose.
//!
//! A day's key is HKDF-SHA256 of a master key from the journal, so nodes have nothing to tell each other. The nonce is
//! random and comes from the thread's generator; GCM-SIV (RFC 8452) forgives one that repeats, which AES-GCM does not,
//! and the system's generator would cost more than the cipher.

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use tidegate_domain::TokenKey;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const FORMAT: u8 = 1;
/// Format, key number and day: in the clear, and authenticated.
const HEAD: usize = 5;
const TAG: usize = 16;
/// Bytes around the sealed ones.
const FRAME: usize = HEAD + NONCE_LEN + TAG;
/// The longest thing ever sealed here, with its frame.
const ROOM: usize = 128;
/// The longest name of a holder.
const MAX_HOLDER: usize = 64;
/// How many derived keys are kept at hand: two purposes, three days, and as much again while a master is replaced.
const AT_HAND: usize = 12;
/// How many days two nodes' clocks may be apart.
const DAYS_APART: u16 = 2;

/// What something is sealed for. What was sealed for one purpose does not open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A configuration token.
    Session,
    /// The token for the next page of a list.
    Page,
}

struct Derived {
    number: u16,
    day: u16,
    purpose: Purpose,
    key: LessSafeKey,
}

/// Seals and opens small records.
pub struct Keyring {
    /// Oldest first; the last one seals.
    masters: Arc<[TokenKey]>,
    derived: ArcSwap<Vec<Arc<Derived>>>,
}

impl Keyring {
    /// A keyring of these master keys, oldest first.
    pub fn new(masters: Arc<[TokenKey]>) -> Self {
        Self { masters, derived: ArcSwap::default() }
    }

    /// Whether it was made of these very keys.
    pub fn is_of(&self, masters: &Arc<[TokenKey]>) -> bool {
        Arc::ptr_eq(&self.masters, masters)
    }

    /// Seals a record as URL-safe text without padding; none if there is no key yet.
    ///
    /// # Panics
    ///
    /// If the record is longer than 95 bytes.
    pub fn seal(&self, purpose: Purpose, record: &[u8], now_ms: i64) -> Option<String> {
        self.seal_for(purpose, "", record, now_ms)
    }

    /// As [`Keyring::seal`], for somebody: it opens for nobody else.
    ///
    /// # Panics
    ///
    /// If the record is longer than 95 bytes.
    pub fn seal_for(&self, purpose: Purpose, holder: &str, record: &[u8], now_ms: i64) -> Option<String> {
        let number = self.masters.last()?.number;
        let day = day_of(now_ms);
        let mut room = [0; ROOM];
        let sealed = &mut room[..FRAME + record.len()];
        sealed[0] = FORMAT;
        sealed[1..3].copy_from_slice(&number.to_be_bytes());
        sealed[3..5].copy_from_slice(&day.to_be_bytes());
        let nonce: [u8; NONCE_LEN] = rand::rng().random();
        sealed[HEAD..HEAD + NONCE_LEN].copy_from_slice(&nonce);
        let (head, rest) = sealed.split_at_mut(HEAD + NONCE_LEN);
        let (body, tag) = rest.split_at_mut(record.len());
        body.copy_from_slice(record);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let made = self.with_key(number, day, purpose, day, |key| {
            key.seal_in_place_separate_tag(nonce, Associated::new(&head[..HEAD], holder)?.aad(), body).ok()
        })?;
        tag.copy_from_slice(made.as_ref());
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Keyring::seal`] made, however long ago; none for anything else. Whoever opens judges the age.
    pub fn open<const N: usize>(&self, purpose: Purpose, text: &str, now_ms: i64) -> Option<[u8; N]> {
        self.open_for(purpose, "", text, now_ms)
    }

    /// As [`Keyring::open`], for what [`Keyring::seal_for`] made for the same holder.
    pub fn open_for<const N: usize>(&self, purpose: Purpose, holder: &str, text: &str, now_ms: i64) -> Option<[u8; N]> {
        let mut room = [0; ROOM];
        let length = FRAME + N;
        // Exact lengths keep each record to one spelling.
        if text.len() != length.div_ceil(3) * 4 - (3 - length % 3) % 3 {
            return None;
        }
        let written = URL_SAFE_NO_PAD.decode_slice(text, &mut room).ok()?;
        let sealed = &mut room[..written];
        if written != length || sealed[0] != FORMAT {
            return None;
        }
        let number = u16::from_be_bytes([sealed[1], sealed[2]]);
        let day = u16::from_be_bytes([sealed[3], sealed[4]]);
        let today = day_of(now_ms);
        if day > today.saturating_add(DAYS_APART) {
            return None;
        }
        // What is older opens too, as long as its master is there, so that it can be told from what was never sealed
        // here.
        let (head, body) = sealed.split_at_mut(HEAD + NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&head[HEAD..]).ok()?;
        let record = self.with_key(number, day, purpose, today, |key| {
            key.open_in_place(nonce, Associated::new(&head[..HEAD], holder)?.aad(), body).ok()
        })?;
        (&*record).try_into().ok()
    }

    /// Uses a key: one at hand, or one derived now, which is kept at hand if it worked and its day is near.
    ///
    /// What was never sealed here works with no key, so that nobody can crowd out the keys at hand with it. And whoever
    /// derives a key uses that very one: what is kept at hand, others may replace at any time. A guard costs no
    /// reference count that all threads share.
    fn with_key<T>(
        &self,
        number: u16,
        day: u16,
        purpose: Purpose,
        today: u16,
        work: impl FnOnce(&LessSafeKey) -> Option<T>,
    ) -> Option<T> {
        let at_hand = self.derived.load();
        if let Some(derived) = find(&at_hand, number, day, purpose) {
            return work(&derived.key);
        }
        drop(at_hand);
        let derived = Arc::new(self.derive(number, day, purpose)?);
        let done = work(&derived.key)?;
        if today.abs_diff(day) <= DAYS_APART {
            self.derived.rcu(|at_hand| {
                let mut newer = vec![derived.clone()];
                let others = at_hand.iter().filter(|other| !other.is(number, day, purpose));
                newer.extend(others.take(AT_HAND - 1).cloned());
                newer
            });
        }
        Some(done)
    }

    fn derive(&self, number: u16, day: u16, purpose: Purpose) -> Option<Derived> {
        let master = self.masters.iter().find(|master| master.number == number)?;
        Some(Derived { number, day, purpose, key: derive(&master.secret.0, day, purpose) })
    }
}

/// What is authenticated along with a record: its head, and for whom it is.
struct Associated {
    bytes: [u8; HEAD + MAX_HOLDER],
    length: usize,
}

impl Associated {
    fn new(head: &[u8], holder: &str) -> Option<Self> {
        let mut bytes = [0; HEAD + MAX_HOLDER];
        bytes.get_mut(..head.len())?.copy_from_slice(head);
        bytes.get_mut(head.len()..head.len() + holder.len())?.copy_from_slice(holder.as_bytes());
        Some(Self { bytes, length: head.len() + holder.len() })
    }

    fn aad(&self) -> Aad<&[u8]> {
        Aad::from(&self.bytes[..self.length])
    }
}

impl Derived {
    fn is(&self, number: u16, day: u16, purpose: Purpose) -> bool {
        self.day == day && self.number == number && self.purpose == purpose
    }
}

fn find(at_hand: &[Arc<Derived>], number: u16, day: u16, purpose: Purpose) -> Option<&Derived> {
    at_hand.iter().find(|derived| derived.is(number, day, purpose)).map(|derived| &**derived)
}

fn day_of(now_ms: i64) -> u16 {
    u16::try_from(now_ms.div_euclid(DAY_MS).clamp(0, i64::from(u16::MAX))).unwrap_or(0)
}

fn derive(master: &[u8; 32], day: u16, purpose: Purpose) -> LessSafeKey {
    let label: &[u8] = match purpose {
        Purpose::Session => b"tidegate configuration token",
        Purpose::Page => b"tidegate page token",
    };
    let info = [label, &day.to_be_bytes()];
    let secret = Salt::new(HKDF_SHA256, b"tidegate").extract(master);
    let key = secret.expand(&info, &AES_256_GCM_SIV).map(UnboundKey::from);
    LessSafeKey::new(key.expect("HKDF makes a key of this length"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use proptest::prelude::*;
    use tidegate_domain::Secret;

    use super::*;

    fn keyring(numbers: &[u16]) -> Keyring {
        let keys = numbers.iter().map(|number| TokenKey {
            number: *number,
            secret: Secret([*number as u8; 32]),
            created_at_ms: 0,
        });
        Keyring::new(keys.collect())
    }

    #[test]
    fn what_was_sealed_opens_on_every_node_until_its_key_is_gone() {
        let sealed = keyring(&[1]).seal(Purpose::Session, b"a record", 0).unwrap();
        assert_eq!(keyring(&[1, 2]).open(Purpose::Session, &sealed, DAY_MS), Some(*b"a record"));
        assert_eq!(keyring(&[2]).open::<8>(Purpose::Session, &sealed, 0), None, "another key");
        assert_eq!(keyring(&[1]).open::<8>(Purpose::Page, &sealed, 0), None, "another purpose");
        assert_eq!(keyring(&[1]).open::<7>(Purpose::Session, &sealed, 0), None, "another length");
        assert_eq!(keyring(&[1]).open(Purpose::Session, &sealed, 30 * DAY_MS), Some(*b"a record"), "long ago");
        let early = keyring(&[1]).seal(Purpose::Session, b"a record", 4 * DAY_MS).unwrap();
        assert_eq!(keyring(&[1]).open::<8>(Purpose::Session, &early, 0), None, "from days ahead");
    }

    #[test]
    fn what_was_sealed_for_somebody_opens_for_nobody_else() {
        let keyring = keyring(&[1]);
        let sealed = keyring.seal_for(Purpose::Session, "AIDA1", b"a record", 0).unwrap();
        assert_eq!(keyring.open_for(Purpose::Session, "AIDA1", &sealed, 0), Some(*b"a record"));
        for other in ["", "AIDA2", "AIDA", "AIDA11"] {
            assert_eq!(keyring.open_for::<8>(Purpose::Session, other, &sealed, 0), None, "{other}");
        }
        let free = keyring.seal(Purpose::Session, b"a record", 0).unwrap();
        assert_eq!(keyring.open_for::<8>(Purpose::Session, "AIDA1", &free, 0), None);
    }

    #[test]
    fn nothing_is_sealed_without_a_key() {
        assert_eq!(keyring(&[]).seal(Purpose::Session, b"a record", 0), None);
    }

    #[test]
    fn no_changed_letter_goes_unnoticed() {
        let keyring = keyring(&[1]);
        let sealed = keyring.seal(Purpose::Session, &[7; 56], 0).unwrap();
        for place in 0..sealed.len() {
            for letter in ['A', 'b', '9', '_', '=', 'é'] {
                let mut altered: Vec<char> = sealed.chars().collect();
                if altered[place] == letter {
                    continue;
                }
                altered[place] = letter;
                let altered: String = altered.into_iter().collect();
                assert_eq!(keyring.open::<56>(Purpose::Session, &altered, 0), None, "{altered}");
            }
        }
        for end in 0..sealed.len() {
            assert_eq!(keyring.open::<56>(Purpose::Session, &sealed[..end], 0), None);
        }
    }

    #[test]
    fn a_token_opens_whatever_others_ask_of_the_keyring_meanwhile() {
        let keyring = keyring(&[1, 2]);
        let now_ms = 10 * DAY_MS;
        let is_over = AtomicBool::new(false);
        let is_open = |sealed: &str| keyring.open(Purpose::Session, sealed, now_ms) == Some([7; 56]);
        std::thread::scope(|scope| {
            // Heads of all keys and days, as anybody can write them.
            scope.spawn(|| {
                for n in (0..10u8).cycle().take_while(|_| !is_over.load(Ordering::Relaxed)) {
                    let mut forged = [0; FRAME + 56];
                    forged[..HEAD].copy_from_slice(&[FORMAT, 0, 1 + n % 2, 0, 8 + n / 2]);
                    let forged = URL_SAFE_NO_PAD.encode(forged);
                    assert_eq!(keyring.open::<56>(Purpose::Session, &forged, now_ms), None);
                }
            });
            // Lists in pages, and sessions from yesterday to tomorrow.
            scope.spawn(|| {
                for day in (8..=12).cycle().take_while(|_| !is_over.load(Ordering::Relaxed)) {
                    for purpose in [Purpose::Page, Purpose::Session] {
                        let sealed = keyring.seal(purpose, &[7; 56], day * DAY_MS);
                        assert!(sealed.is_some_and(|sealed| keyring.open::<56>(purpose, &sealed, now_ms).is_some()));
                    }
                }
            });
            let sealed = (0..20_000).map(|_| keyring.seal(Purpose::Session, &[7; 56], now_ms));
            let failed = sealed.filter(|sealed| !sealed.as_deref().is_some_and(is_open)).count();
            is_over.store(true, Ordering::Relaxed);
            assert_eq!(failed, 0);
        });
        assert!(keyring.derived.load().len() <= AT_HAND);
    }

    proptest! {
        #[test]
        fn no_text_is_trusted(text in "\\PC{0,200}") {
            prop_assert_eq!(keyring(&[1]).open::<56>(Purpose::Session, &text, 0), None);
        }
    }
}
