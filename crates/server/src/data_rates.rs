//! Request rates of the data plane, by address and by access key: off unless asked for.
//!
//! Each rate is kept in a table of fixed size, one word for each slot: when what was taken so far will have been paid
//! for (the generic cell rate algorithm). There is no lock, nothing is allocated, and nothing is ever cleaned up. A name
//! has two slots, found with seeds of this process's own, and is refused only when both say so: somebody else's load
//! comes in the way only if it lies on both.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::HeaderMap;
use tidegate_model::appconfigdata::{Error, ThrottlingException};
use tidegate_wire::{Failure, credential};

use crate::node::Node;
use crate::peers::household;

/// Slots of a table, 8 bytes each.
const SLOTS: usize = 1 << 16;
const NS_PER_S: u64 = 1_000_000_000;

/// How often each may ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataRateLimits {
    /// Requests a second from one address, or from one /64 of IPv6.
    pub per_address: Option<u32>,
    /// Requests a second with one access key.
    pub per_key: Option<u32>,
    /// How many seconds' worth of requests may come at once.
    pub burst_s: u32,
}

/// The data plane's meters.
pub(crate) struct DataRates {
    by_address: Option<Meters>,
    by_key: Option<Meters>,
}

impl DataRates {
    /// None where nothing is limited, which costs nothing.
    pub(crate) fn new(limits: DataRateLimits) -> Option<Self> {
        let meters = |rate: Option<u32>| rate.map(|per_second| Meters::new(per_second, limits.burst_s));
        let rates = Self { by_address: meters(limits.per_address), by_key: meters(limits.per_key) };
        (rates.by_address.is_some() || rates.by_key.is_some()).then_some(rates)
    }

    /// Counts a request of the data plane by who sends it and whose key it names. The key has not been verified.
    pub(crate) fn admit(&self, node: &Node, address: IpAddr, headers: &HeaderMap, query: Option<&str>) -> bool {
        let is_address_admitted = self.by_address.as_ref().is_none_or(|meters| meters.admit(household(address)));
        if !is_address_admitted {
            node.metrics.throttled_addresses.inc();
            return false;
        }
        if self.by_key.is_none() {
            return true;
        }
        credential(headers, query).is_none_or(|credential| self.admit_key(node, &credential.access_key_id))
    }

    /// Counts a request by the id of its access key.
    pub(crate) fn admit_key(&self, node: &Node, access_key_id: &str) -> bool {
        let is_admitted = self.by_key.as_ref().is_none_or(|meters| meters.admit(access_key_id));
        if !is_admitted {
            node.metrics.throttled_keys.inc();
        }
        is_admitted
    }

    /// Counts a request if its operation is of the data plane; refuses it if there were too many.
    pub(crate) fn check(
        &self,
        node: &Node,
        operation: &str,
        address: IpAddr,
        head: &http::request::Parts,
    ) -> Result<(), Failure> {
        let is_data = matches!(operation, "StartConfigurationSession" | "GetLatestConfiguration" | "GetConfiguration");
        match !is_data || self.admit(node, address, &head.headers, head.uri.query()) {
            true => Ok(()),
            false => Err(throttled()),
        }
    }
}

/// 429 `ThrottlingException`, as the data plane models it.
pub(crate) fn throttled() -> Failure {
    Error::from(ThrottlingException { message: Some("Rate exceeded".into()) }).into()
}

/// Counts requests by a name.
struct Meters {
    /// When the requests so far will have been paid for, in nanoseconds since the start.
    slots: Box<[AtomicU64]>,
    seeds: [RandomState; 2],
    since: Instant,
    /// What a request costs, in nanoseconds.
    cost_ns: u64,
    /// How far ahead of what is paid for somebody may be.
    credit_ns: u64,
}

impl Meters {
    fn new(per_second: u32, burst_s: u32) -> Self {
        let cost_ns = NS_PER_S / u64::from(per_second.max(1));
        Self {
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            seeds: [RandomState::new(), RandomState::new()],
            since: Instant::now(),
            cost_ns,
            // However low the rate, one request may come.
            credit_ns: (u64::from(burst_s) * NS_PER_S).max(cost_ns),
        }
    }

    fn admit(&self, name: impl Hash) -> bool {
        self.admit_at(name, u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn admit_at(&self, name: impl Hash, now_ns: u64) -> bool {
        let [first, second] = self.seeds.each_ref().map(|seed| seed.hash_one(&name) as usize % SLOTS);
        // Both are charged: one that somebody else empties must not be a way around the other.
        let is_admitted = self.charge(&self.slots[first], now_ns);
        (first != second && self.charge(&self.slots[second], now_ns)) || is_admitted
    }

    /// Whether there was credit left in a slot, which then is taken.
    fn charge(&self, slot: &AtomicU64, now_ns: u64) -> bool {
        let charged = slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |paid_at| {
            let paid_at = paid_at.max(now_ns) + self.cost_ns;
            (paid_at - now_ns <= self.credit_ns).then_some(paid_at)
        });
        charged.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(meters: &Meters, name: &str, times: usize, now_ns: u64) -> usize {
        (0..times).filter(|_| meters.admit_at(name, now_ns)).count()
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let meters = Meters::new(10, 5);
        assert_eq!(admitted(&meters, "a", 1_000, NS_PER_S), 50, "five seconds' worth");
        assert_eq!(admitted(&meters, "a", 1_000, NS_PER_S), 0);
        for second in 2..20 {
            assert_eq!(admitted(&meters, "a", 1_000, second * NS_PER_S), 10);
        }
        assert_eq!(admitted(&meters, "a", 1_000, 10_000 * NS_PER_S), 50, "credit does not grow without end");
    }

    #[test]
    fn whoever_is_refused_does_not_pay_for_it() {
        let meters = Meters::new(1, 1);
        assert!(meters.admit_at("a", 0));
        assert_eq!(admitted(&meters, "a", 1_000_000, NS_PER_S / 2), 0);
        assert!(meters.admit_at("a", NS_PER_S), "a second later it is as if nothing had been");
    }

    #[test]
    fn one_name_hardly_ever_comes_in_the_way_of_another() {
        let meters = Meters::new(1, 1);
        // A hundred that ask for ever.
        for name in 0..100 {
            admitted(&meters, &format!("greedy {name}"), 5, 0);
        }
        let refused = (0..1_000).filter(|name| !meters.admit_at(format!("modest {name}"), 0)).count();
        assert!(refused < 20, "{refused}");
    }

    #[test]
    fn neither_the_highest_rate_nor_a_late_time_overflows() {
        let meters = Meters::new(u32::MAX, 3_600);
        assert!(meters.admit_at("a", 0));
        assert!(meters.admit_at("a", u64::MAX / 2));
        assert_eq!(admitted(&Meters::new(1, 0), "a", 5, 0), 1, "even without a burst");
    }

    #[test]
    fn threads_take_no_more_than_there_is() {
        let meters = Meters::new(100, 10);
        let admitted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| admitted(&meters, "a", 10_000, 0))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // Each slot admits 1,000; a request that finds the one empty and the other not is admitted too.
        assert!((1_000..=2_000).contains(&admitted), "{admitted}");
    }
}
