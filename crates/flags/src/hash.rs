//! The split hash: which values fall into a share. Ours, published in docs/split-hash.md; AWS does not publish its own.
//!
//! MurmurHash3 x86 32-bit with seed 0 over the rule's seed in UTF-8, a zero byte and the value in UTF-8. A value is in
//! the first `pct` percent when `hash × 100 < pct × 2³²`. Raising `pct` therefore never takes anybody out.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// The position of a value in 0..2³² for a seed.
pub fn position(seed: &str, value: &str) -> u32 {
    Seeded::new(seed).position(value)
}

/// The seed that a split without one uses, so that flags are split independently of each other.
pub fn seed_of_flag(flag: &str) -> String {
    format!("flag:{flag}")
}

/// Says whether a position lies in the first so many percent.
pub fn is_within(position: u32, pct: f64) -> bool {
    // Both sides are exact: an integer below 2^39, and a scaling by a power of two.
    f64::from(position) * 100.0 < pct * 4_294_967_296.0
}

/// The hash with the seed and the zero byte already in it.
#[derive(Clone, Copy, Debug)]
pub struct Seeded(Murmur3);

impl Seeded {
    /// Takes in a seed.
    pub fn new(seed: &str) -> Self {
        let mut hash = Murmur3::default();
        hash.update(seed.as_bytes());
        hash.update(&[0]);
        Self(hash)
    }

    /// The position of a value in 0..2³².
    pub fn position(&self, value: &str) -> u32 {
        let mut hash = self.0;
        hash.update(value.as_bytes());
        hash.finish()
    }
}

/// MurmurHash3 x86 32-bit, fed piece by piece.
#[derive(Clone, Copy, Debug, Default)]
struct Murmur3 {
    state: u32,
    /// The bytes that do not fill a block yet, little-endian.
    tail: u32,
    /// How many bytes have been fed, modulo 2³² as in the reference.
    length: u32,
}

impl Murmur3 {
    fn update(&mut self, bytes: &[u8]) {
        let held = (self.length % 4) as usize;
        #[allow(clippy::cast_possible_truncation, reason = "the reference counts modulo 2^32")]
        let added = bytes.len() as u32;
        self.length = self.length.wrapping_add(added);
        let (head, rest) = bytes.split_at(if held == 0 { 0 } else { (4 - held).min(bytes.len()) });
        for (index, &byte) in head.iter().enumerate() {
            self.tail |= u32::from(byte) << (8 * (held + index));
        }
        if held > 0 && held + head.len() == 4 {
            self.block(self.tail);
            self.tail = 0;
        }
        let (blocks, last) = rest.as_chunks::<4>();
        for block in blocks {
            self.block(u32::from_le_bytes(*block));
        }
        for (index, &byte) in last.iter().enumerate() {
            self.tail |= u32::from(byte) << (8 * index);
        }
    }

    fn block(&mut self, block: u32) {
        let mixed = block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
        self.state = (self.state ^ mixed).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }

    fn finish(self) -> u32 {
        let mut hash = self.state;
        if !self.length.is_multiple_of(4) {
            hash ^= self.tail.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
        }
        hash ^= self.length;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn murmur3(seed: u32, bytes: &[u8]) -> u32 {
        let mut hash = Murmur3 { state: seed, ..Murmur3::default() };
        hash.update(bytes);
        hash.finish()
    }

    #[test]
    fn the_hash_is_murmur3() {
        // The vectors that MurmurHash3's implementations share.
        let check = |seed: u32, bytes: &[u8], expected: u32| assert_eq!(murmur3(seed, bytes), expected, "{bytes:?}");
        check(0, b"", 0);
        check(1, b"", 0x514e_28b7);
        check(0xffff_ffff, b"", 0x81f1_6f39);
        check(0, &[0xff; 4], 0x7629_3b50);
        check(0, &[0x21, 0x43, 0x65, 0x87], 0xf55b_516b);
        check(0, &[0x21, 0x43, 0x65], 0x7e4a_8634);
        check(0, &[0x21, 0x43], 0xa0f7_b07a);
        check(0, &[0x21], 0x7266_1cf4);
        check(0x9747_b28c, b"aaaa", 0x5a97_808a);
        check(0x9747_b28c, b"The quick brown fox jumps over the lazy dog", 0x2fa8_26cd);
        check(0, b"hello", 0x248b_fa47);
    }

    #[test]
    fn feeding_in_pieces_changes_nothing() {
        let bytes: Vec<u8> = (0..23).collect();
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let mut hash = Murmur3::default();
                for piece in [&bytes[..first], &bytes[first..second], &bytes[second..]] {
                    hash.update(piece);
                }
                assert_eq!(hash.finish(), murmur3(0, &bytes), "{first} {second}");
            }
        }
    }

    #[test]
    fn the_published_positions_hold() {
        // docs/split-hash.md; computed independently, in Python.
        let vectors = [
            ("", "", 1_364_076_727),
            ("abc", "user123", 4_083_636_563),
            ("co", "u-1", 4_233_927_129),
            ("co", "u-42", 651_002_935),
            ("seed_one", "user1", 1_629_175_069),
            ("seed_two", "user1", 208_980_778),
            ("2025.01.01", "user-123", 1_082_566_878),
            ("rollout-2026", "L000000", 4_071_673_706),
            ("rollout-2026", "L000001", 1_723_522_268),
            ("flag:checkout", "u-1", 3_496_600_373),
            ("flag:search", "u-1", 1_706_247_291),
            ("závod", "jiří@example.org", 3_667_403_464),
            ("000000000000:bw0ws4j:ngsym4r:1", "ordinary", 1_134_673_617),
        ];
        for (seed, value, expected) in vectors {
            assert_eq!(position(seed, value), expected, "{seed} {value}");
        }
        let members = (0..100_000).filter(|n| is_within(position("rollout-2026", &format!("L{n:06}")), 20.0)).count();
        assert_eq!(members, 19_859);
    }

    #[test]
    fn nobody_is_within_nothing_and_everybody_within_all() {
        for hash in [0, 1, u32::MAX] {
            assert!(!is_within(hash, 0.0));
            assert!(is_within(hash, 100.0));
        }
        assert!(is_within(0, f64::MIN_POSITIVE));
        assert!(is_within((1 << 31) - 1, 50.0) && !is_within(1 << 31, 50.0));
    }
}
