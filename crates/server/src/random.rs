//! Where a node takes random numbers from: the thread's generator, or a seed that a simulation owns.
//!
//! Nonces of tokens and ids of requests always come from the thread's generator: nothing follows from them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// See the module.
#[derive(Clone, Debug, Default)]
pub enum Randomness {
    /// The thread's generator.
    #[default]
    Thread,
    /// SplitMix64 from a seed: the same numbers in the same order. For simulations, never for keys that matter.
    Seeded(Arc<AtomicU64>),
}

impl Randomness {
    /// Numbers that follow from a seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(AtomicU64::new(seed)))
    }

    pub(crate) fn u64(&self) -> u64 {
        match self {
            Self::Thread => rand::random(),
            Self::Seeded(state) => {
                let mut mixed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
        }
    }

    pub(crate) fn u128(&self) -> u128 {
        match self {
            Self::Thread => rand::random(),
            Self::Seeded(_) => u128::from(self.u64()) << 64 | u128::from(self.u64()),
        }
    }

    pub(crate) fn secret(&self) -> [u8; 32] {
        match self {
            Self::Thread => rand::random(),
            Self::Seeded(_) => {
                let mut secret = [0; 32];
                secret.chunks_mut(8).for_each(|part| part.copy_from_slice(&self.u64().to_be_bytes()));
                secret
            }
        }
    }

    /// A time between half of this one and one and a half, so that nodes do not do things in step.
    pub(crate) fn jittered(&self, time: Duration) -> Duration {
        time.mul_f64(0.5 + (self.u64() >> 11) as f64 / (1u64 << 53) as f64)
    }
}
