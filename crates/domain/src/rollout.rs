//! Who sees which version: a session's place in 0..100, held against the share of the running deployment.

use crate::id::mix;
use crate::record::DeployedContent;

/// What a deployment put on a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The deployment's number.
    pub deployment: u32,
    /// What it delivers.
    pub content: DeployedContent,
}

/// Who gets what on a channel now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout<T> {
    /// What sessions outside the running deployment's share get; nothing before the first complete deployment.
    pub base: Option<T>,
    /// The running deployment's share in percent, and what sessions inside it get.
    pub next: Option<(f64, T)>,
}

impl<T> Rollout<T> {
    /// What a session with this place gets.
    pub fn choose(&self, place: Place) -> Option<&T> {
        match &self.next {
            Some((share, next)) if place.is_inside(*share) => Some(next),
            _ => self.base.as_ref(),
        }
    }

    /// What there is to get.
    pub fn parts(&self) -> impl Iterator<Item = &T> {
        self.base.iter().chain(self.next.iter().map(|(_, next)| next))
    }

    /// The same rollout of something made from each part.
    pub fn map<U>(self, mut make: impl FnMut(T) -> U) -> Rollout<U> {
        Rollout { base: self.base.map(&mut make), next: self.next.map(|(share, part)| (share, make(part))) }
    }
}

/// Where a session stands in the order in which a deployment reaches sessions.
///
/// Uniform over sessions, fixed for a session and a deployment, and unrelated between deployments. A session inside a
/// share is inside every larger one, since shares of one deployment only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

impl Place {
    /// The place of a session in the deployment with this number on this channel.
    ///
    /// Two rounds of SplitMix64's finalizer over session, channel and number. All nodes of all versions must agree on
    /// it, as the test vectors below say.
    pub fn of(session: u128, channel: u64, deployment: u32) -> Self {
        let low = mix((session as u64) ^ channel.rotate_left(32));
        let high = mix(((session >> 64) as u64).wrapping_add(low) ^ u64::from(deployment).rotate_left(17));
        Self((high >> 32) as u32)
    }

    /// Whether the place lies within the first `share` percent.
    pub fn is_inside(self, share: f64) -> bool {
        f64::from(self.0) < share / 100.0 * 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_the_same_on_every_node_and_in_every_version() {
        let vectors = [
            ((0, 0, 0), 0),
            ((1, 1, 1), 848_499_353),
            ((0x0123_4567_89ab_cdef_0123_4567_89ab_cdef, 42, 7), 570_999_063),
            ((u128::MAX, u64::MAX, u32::MAX), 3_880_080_757),
        ];
        let found = vectors.map(|((session, channel, number), _)| Place::of(session, channel, number).0);
        assert_eq!(found, vectors.map(|(_, place)| place));
    }

    #[test]
    fn shares_are_met_and_only_grow() {
        let places: Vec<Place> = (0..10_000u128).map(|session| Place::of(session << 70 | session, 3, 9)).collect();
        let mut before = 0;
        for share in [0.0, 1.0, 10.0, 25.0, 50.0, 99.0, 100.0] {
            let inside = places.iter().filter(|place| place.is_inside(share)).count();
            assert!(inside >= before);
            assert!((inside as f64 - share * 100.0).abs() < 150.0, "{share} %: {inside} of 10,000");
            before = inside;
        }
        assert_eq!(before, 10_000, "100 % is everybody");
    }

    #[test]
    fn deployments_reach_sessions_in_unrelated_orders() {
        let both = (0..10_000u128)
            .filter(|session| {
                let is_early = |number| Place::of(*session << 64, 3, number).is_inside(50.0);
                is_early(1) && is_early(2)
            })
            .count();
        assert!((2_300..2_700).contains(&both), "{both} of 10,000 are early in both");
    }
}
