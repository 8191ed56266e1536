//! PostgreSQL by force: a primary with a synchronous standby, behind proxies, is killed, frozen, cut off and replaced, while
//! clients write. What they were told must be one linearizable history. `docs/reliability.md` says how often.

mod force;

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use force::{CLIENTS, endure};
use tidegate_engines::{Postgres, Proxy};
use tidegate_journal::Journal;
use tidegate_journal::postgres::{PostgresAddress, PostgresJournal};

/// Two places for servers, each behind an address that stays; one is the primary's.
struct Pair {
    servers: [Option<Postgres>; 2],
    proxies: Arc<[Proxy; 2]>,
    primary: usize,
}

impl Pair {
    fn start() -> Pair {
        let primary = Postgres::start();
        let standby = primary.standby("other");
        primary.wait_for_standbys("other");
        let proxies = Arc::new([Proxy::start(primary.address()), Proxy::start(standby.address())]);
        Pair { servers: [Some(primary), Some(standby)], proxies, primary: 0 }
    }

    fn address(&self) -> PostgresAddress {
        let [first, second] = [self.proxies[0].address(), self.proxies[1].address()];
        let url =
            format!("postgres://tidegate@{first},{second}/postgres?connect_timeout=2&target_session_attrs=read-write");
        url.parse().unwrap()
    }

    fn primary(&mut self) -> &mut Postgres {
        self.servers[self.primary].as_mut().unwrap()
    }

    /// The primary's machine fails; the standby is promoted; a new standby is made.
    fn fail_over(&mut self) {
        let (old, new) = (self.primary, 1 - self.primary);
        self.primary().kill();
        self.proxies[old].cut_once();
        self.servers[new].as_ref().unwrap().promote();
        self.primary = new;
        sleep(Duration::from_millis(300));
        self.servers[old] = None;
        let primary = self.servers[new].as_ref().unwrap();
        let standby = primary.standby("other");
        self.proxies[old].set_target(standby.address());
        primary.wait_for_standbys("other");
        self.servers[old] = Some(standby);
    }

    /// The primary's machine fails, and comes back as it was.
    fn crash(&mut self) {
        self.primary().kill();
        self.primary().restart();
    }

    /// The primary is restarted in good order.
    fn restart(&mut self) {
        self.primary().stop();
        self.primary().restart();
    }

    fn freeze(&mut self, which: usize, long: Duration) {
        let server = self.servers[which].as_ref().unwrap();
        server.pause();
        sleep(long);
        server.resume();
    }

    fn partition(&self, long: Duration) {
        self.proxies[self.primary].hold();
        sleep(long);
        self.proxies[self.primary].pass();
    }

    /// Cuts a reply somewhere, so that it is not known what it was to say.
    fn lose_replies(&self, bytes: usize) {
        let proxy = &self.proxies[self.primary];
        proxy.cut_after_replies_of(bytes);
        tidegate_engines::eventually("a reply is cut", || (!proxy.is_cut_pending()).then_some(()));
    }
}

/// The servers are needed until all is judged.
type Kept = Arc<std::sync::Mutex<Option<Pair>>>;

async fn open(address: &PostgresAddress) -> Arc<dyn Journal> {
    Arc::new(PostgresJournal::open(address).await.unwrap())
}

async fn clients(address: &PostgresAddress) -> Vec<Arc<dyn Journal>> {
    let mut journals = Vec::new();
    for _ in 0..CLIENTS {
        journals.push(open(address).await);
    }
    journals
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_primary_dies_and_its_standby_takes_over() {
    let mut pair = Pair::start();
    let address = pair.address();
    let disturb = move || {
        sleep(Duration::from_millis(500));
        pair.fail_over();
        sleep(Duration::from_millis(500));
        pair
    };
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let summary =
        endure(clients(&address).await, move || *keep.lock().unwrap() = Some(disturb()), async || open(&address).await);
    let summary = summary.await;
    assert!(summary.yes > 10, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_freezes_partitions_and_lost_replies_leave_one_history() {
    let mut pair = Pair::start();
    let address = pair.address();
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let disturb = move || {
        let brief = Duration::from_millis(400);
        for bytes in [0, 1, 40, 300] {
            pair.lose_replies(bytes);
        }
        pair.crash();
        sleep(brief);
        let (primary, standby) = (pair.primary, 1 - pair.primary);
        pair.freeze(standby, brief);
        pair.freeze(primary, brief);
        pair.partition(brief);
        pair.restart();
        *keep.lock().unwrap() = Some(pair);
    };
    let summary = endure(clients(&address).await, disturb, async || open(&address).await).await;
    assert!(summary.yes > 10, "{summary:?}");
}

/// For `cargo xtask soak`: the same again and again, and longer pauses than a node waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a soak: `cargo xtask soak`"]
async fn postgres_soak() {
    let of = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (of("TIDEGATE_SOAK_SECONDS").unwrap_or(60), of("TIDEGATE_SOAK_SEED").unwrap_or(1));
    let mut pair = Pair::start();
    let address = pair.address();
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let disturb = move || {
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut random = seed;
        let mut pick = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut counts = std::collections::BTreeMap::<&str, u32>::new();
        while Instant::now() < until {
            sleep(Duration::from_millis(200 + pick(1_500)));
            // Now and then longer than an operation may take.
            let long = Duration::from_millis(if pick(6) == 0 { 11_000 + pick(3_000) } else { 100 + pick(3_000) });
            let (primary, standby) = (pair.primary, 1 - pair.primary);
            let what = match pick(12) {
                0..3 => {
                    pair.fail_over();
                    "failovers"
                }
                3 => {
                    pair.crash();
                    "crashes of the primary"
                }
                4 => {
                    pair.restart();
                    "restarts of the primary"
                }
                5 => {
                    pair.freeze(primary, long);
                    "freezes of the primary"
                }
                6 => {
                    pair.freeze(standby, long);
                    "freezes of the standby"
                }
                7 | 8 => {
                    pair.partition(long);
                    "partitions"
                }
                9 => {
                    pair.proxies[primary].cut_once();
                    "cuts of all connections"
                }
                _ => {
                    pair.lose_replies(usize::try_from(pick(400)).unwrap());
                    "cut replies"
                }
            };
            *counts.entry(what).or_default() += 1;
        }
        println!("{seconds} s of {CLIENTS} clients: {counts:?}");
        *keep.lock().unwrap() = Some(pair);
    };
    let summary = endure(clients(&address).await, disturb, async || open(&address).await).await;
    println!("linearizable: {summary:?}");
    assert!(summary.yes > 100, "{summary:?}");
}
