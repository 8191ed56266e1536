//! Who is at the other end: which addresses count as one, how many connections each may have, and whom a proxy speaks for.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::Settings;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How far back along a chain of proxies is looked.
const MAX_HOPS: usize = 32;

/// The addresses that one customer has: in IPv6 a /64, since nobody is given less.
pub(crate) fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// Room for connections: so many altogether, and perhaps so many for each household.
pub(crate) struct Places {
    all: Arc<Semaphore>,
    per_household: Option<usize>,
    proxies: TrustedProxies,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// Room for one connection, free again when it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    of: Option<IpAddr>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    pub(crate) fn new(settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(settings.max_connections)),
            per_household: settings.max_connections_per_address,
            proxies: settings.trusted_proxies.clone(),
            taken: Mutex::default(),
        })
    }

    /// Waits for room.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        // The semaphore is never closed.
        let permit = self.all.clone().acquire_owned().await.ok();
        Place { places: self.clone(), of: None, _permit: permit }
    }
}

impl Place {
    /// Gives the place to somebody; none if they have all that they may.
    pub(crate) fn of(mut self, address: IpAddr) -> Option<Self> {
        let Some(most) = self.places.per_household else { return Some(self) };
        if self.places.proxies.contains(address) {
            return Some(self);
        }
        let household = household(address);
        {
            let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let count = taken.entry(household).or_default();
            if *count >= most {
                return None;
            }
            *count += 1;
        }
        self.of = Some(household);
        Some(self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(household) = self.of else { return };
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&household) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&household);
            }
        }
    }
}

/// Proxies that are believed when they say whom they speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether the address is one of theirs.
    pub fn contains(&self, address: IpAddr) -> bool {
        // The usual case costs nothing.
        !self.0.is_empty() && {
            let address = address.to_canonical();
            self.0.iter().any(|network| network.contains(&address))
        }
    }

    /// The client that a trusted proxy names: from the right, the first address in `X-Forwarded-For` that is not a
    /// trusted proxy's. What stands left of it was written by that client, and may be anything.
    ///
    /// Where nothing of use stands, the last address that could be read. The port is 0: the header has none.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: SocketAddr) -> SocketAddr {
        let mut last = peer;
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let names = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for name in names.take(MAX_HOPS) {
            let Some(address) = std::str::from_utf8(name).ok().and_then(|name| read_address(name.trim())) else {
                break;
            };
            last = SocketAddr::new(address.to_canonical(), 0);
            if !self.contains(address) {
                break;
            }
        }
        last
    }
}

/// An address as proxies write it: alone, with a port, or in brackets.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

impl FromStr for TrustedProxies {
    type Err = NoNetwork;

    /// Reads networks and addresses, separated by commas.
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let network = |name: &str| {
            let network = name.parse::<IpNet>().ok().or_else(|| name.parse::<IpAddr>().ok().map(IpNet::from));
            network.ok_or_else(|| NoNetwork(name.to_owned()))
        };
        Ok(Self(names.map(network).collect::<Result<_, _>>()?))
    }
}

/// A text that names no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoNetwork(String);

impl fmt::Display for NoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is neither an address nor a network such as 10.0.0.0/8", self.0)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        #[track_caller]
        fn check(lines: &[&str], expected: &str) {
            let proxies: TrustedProxies = "10.0.0.0/8, 2001:db8::/32,192.0.2.7".parse().unwrap();
            let values = lines.iter().map(|line| (X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap()));
            let mut headers = HeaderMap::new();
            values.for_each(|(name, value)| {
                headers.append(name, value);
            });
            let client = proxies.client(&headers, "10.0.0.1:4711".parse().unwrap());
            assert_eq!(client.ip().to_string(), expected, "{lines:?}");
        }
        check(&[], "10.0.0.1");
        check(&["198.51.100.1"], "198.51.100.1");
        check(&["198.51.100.1:55555"], "198.51.100.1");
        check(&["[2001:db9::1]:55555"], "2001:db9::1");
        check(&["::ffff:198.51.100.1"], "198.51.100.1");
        // What the client itself wrote comes first, and is not believed.
        check(&["127.0.0.1, 198.51.100.1"], "198.51.100.1");
        check(&["127.0.0.1", "198.51.100.1"], "198.51.100.1");
        check(&["127.0.0.1, 198.51.100.1, 10.1.2.3, 192.0.2.7, 2001:db8::5"], "198.51.100.1");
        check(&["198.51.100.1, nonsense"], "10.0.0.1");
        check(&["198.51.100.1, nonsense, 10.9.9.9"], "10.9.9.9");
        check(&["", ","], "10.0.0.1");
        check(&["10.2.2.2, 10.3.3.3"], "10.2.2.2");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        #[track_caller]
        fn check(address: &str, expected: &str) {
            assert_eq!(household(address.parse().unwrap()).to_string(), expected);
        }
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("2001:db8:1:2::", "2001:db8:1:2::");
        check("192.0.2.1", "192.0.2.1");
        check("::ffff:192.0.2.1", "192.0.2.1");
    }

    #[test]
    fn what_names_no_network_is_named() {
        let wrong = "10.0.0.0/8,10.0.0.0/99".parse::<TrustedProxies>().unwrap_err();
        assert!(wrong.to_string().contains("10.0.0.0/99"), "{wrong}");
        assert!("proxy.example".parse::<TrustedProxies>().is_err());
        assert_eq!("".parse::<TrustedProxies>(), Ok(TrustedProxies::default()));
    }
}
