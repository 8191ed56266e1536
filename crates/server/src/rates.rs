//! Request rates of the control plane: AWS's, per account and operation.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tidegate_domain::Account;
use tidegate_wire::Failure;

use crate::settings::RequestRates;

/// Limits how often an account may ask for an operation.
pub(crate) struct Rates {
    setting: RequestRates,
    /// One for each rate, in requests a second.
    limiters: [(u32, DefaultKeyedRateLimiter<(Account, &'static str)>); 3],
}

impl Rates {
    pub(crate) fn new(setting: RequestRates) -> Self {
        let limiter = |per_second: u32| {
            let rate = NonZeroU32::new(per_second).expect("no rate is zero");
            (per_second, RateLimiter::keyed(Quota::per_second(rate)))
        };
        Self { setting, limiters: [limiter(10), limiter(20), limiter(100)] }
    }

    /// Counts a request, or refuses it.
    pub(crate) fn check(&self, account: &Account, operation: &'static str) -> Result<(), Failure> {
        let Some(per_second) = rate_of(operation) else { return Ok(()) };
        if !self.setting.apply_to(account) {
            return Ok(());
        }
        let limiter = self.limiters.iter().find(|(rate, _)| *rate == per_second);
        match limiter.map(|(_, limiter)| limiter.check_key(&(account.clone(), operation))) {
            Some(Err(_)) => Err(Failure::new("ThrottlingException", 400, "Rate exceeded")),
            _ => Ok(()),
        }
    }

    /// Forgets accounts that have not asked for a while.
    pub(crate) fn forget_idle(&self) {
        for (_, limiter) in &self.limiters {
            limiter.retain_recent();
        }
    }
}

/// Requests a second, as the service's quotas have them; the data plane has its own.
fn rate_of(operation: &str) -> Option<u32> {
    match operation {
        "GetConfiguration" | "GetLatestConfiguration" | "StartConfigurationSession" => None,
        "TagResource" | "UntagResource" => Some(20),
        _ if operation.starts_with("Get") => Some(100),
        _ => Some(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(rates: &Rates, account: &str, operation: &'static str, times: usize) -> usize {
        let account = account.parse().unwrap();
        (0..times).filter(|_| rates.check(&account, operation).is_ok()).count()
    }

    #[test]
    fn each_operation_of_each_account_has_its_own_rate() {
        let rates = Rates::new(RequestRates::Aws { except: Vec::new() });
        assert!((10..15).contains(&asked(&rates, "111111111111", "CreateApplication", 50)));
        assert!((10..15).contains(&asked(&rates, "222222222222", "CreateApplication", 50)));
        assert!((10..15).contains(&asked(&rates, "111111111111", "CreateEnvironment", 50)));
        assert!((20..30).contains(&asked(&rates, "111111111111", "TagResource", 100)));
        assert!((100..130).contains(&asked(&rates, "111111111111", "GetApplication", 500)));
        assert_eq!(asked(&rates, "111111111111", "StartConfigurationSession", 500), 500);
    }

    #[test]
    fn accounts_can_be_left_out() {
        let rates = Rates::new(RequestRates::Aws { except: vec!["111111111111".parse().unwrap()] });
        assert_eq!(asked(&rates, "111111111111", "CreateApplication", 500), 500);
        assert!(asked(&rates, "222222222222", "CreateApplication", 500) < 500);
        assert_eq!(asked(&Rates::new(RequestRates::Unlimited), "222222222222", "CreateApplication", 500), 500);
    }

    #[test]
    fn a_refusal_is_what_clients_retry() {
        let rates = Rates::new(RequestRates::Aws { except: Vec::new() });
        let account: Account = "111111111111".parse().unwrap();
        let refused = (0..100).find_map(|_| rates.check(&account, "StartDeployment").err()).unwrap();
        assert_eq!((&*refused.name, refused.status), ("ThrottlingException", 400));
    }
}
