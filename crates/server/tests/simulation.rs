//! A simulation of nodes that share a journal, from one seed.
//!
//! Real nodes with real conductors run on one thread, in time that tokio invents. Between them and the journal lies a
//! line that is slow, refuses, falls silent, loses requests and answers, and delivers writes whose senders are dead. The
//! processes die between any two of their dealings with the world, and start anew with what they kept on disk, or
//! without. Their clocks are hours apart and jump. Clients write to, read from and poll whichever node they meet.
//!
//! After every event the invariants are checked; `truth.rs` and `world.rs` say which. In the end everything is mended,
//! and has to come to rest: every node knows everything, every deployment is over, every action was called.
//!
//! ```sh
//! SIMULATION_SEED=17 cargo test -p tidegate-server --test simulation one_seed -- --nocapture
//! SIMULATION_SEEDS=100000 cargo test -p tidegate-server --test simulation holds -- --nocapture
//! ```
//!
//! The first tells the story of one seed; the second tries more of them. What is not decided by the seed: the nonces of
//! tokens and the ids of requests' answers, from which nothing follows, and the order in which hash maps are walked,
//! from which nothing may follow. That the same seed gives the same story is a test of its own.

#[path = "simulation/chance.rs"]
mod chance;
#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/line.rs"]
mod line;
#[path = "simulation/outside.rs"]
mod outside;
#[path = "simulation/stage.rs"]
mod stage;
#[path = "simulation/truth.rs"]
mod truth;
#[path = "simulation/world.rs"]
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use self::stage::{Ended, Plant, Seen};

/// How many seeds are tried by every run of the tests.
const SEEDS: u64 = 500;
/// How many seeds a planted fault has to be caught in.
const SEEDS_TO_CATCH: u64 = 300;

/// Plays seeds on all processors until one ends badly, and says which and how; and what was seen in all of them.
fn play(seeds: std::ops::Range<u64>, plant: Plant) -> (Seen, Option<(u64, Ended)>) {
    let next = AtomicU64::new(seeds.start);
    let found: Mutex<Option<(u64, Ended)>> = Mutex::new(None);
    let all = Mutex::new(Seen::default());
    let threads = std::thread::available_parallelism().map_or(2, |threads| threads.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_over = seed >= seeds.end || found.lock().unwrap().is_some();
                    if is_over {
                        return;
                    }
                    let ended = world::play(seed, plant, false);
                    all.lock().unwrap().add(&ended.seen);
                    if ended.violation.is_some() {
                        let mut found = found.lock().unwrap();
                        // The lowest, so that it is the same one every time.
                        if found.as_ref().is_none_or(|(other, _)| seed < *other) {
                            *found = Some((seed, ended));
                        }
                    }
                }
            });
        }
    });
    (all.into_inner().unwrap(), found.into_inner().unwrap())
}

fn number_of(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} should be a number, and is {text:?}")))
}

#[test]
fn everything_holds_whatever_goes_wrong() {
    let seeds = number_of("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let (seen, found) = play(0..seeds, Plant::Nothing);
    if let Some((seed, ended)) = found {
        let told = world::play(seed, Plant::Nothing, true);
        panic!(
            "seed {seed}: {}\n\n{}\n\nhint: SIMULATION_SEED={seed} cargo test -p tidegate-server --test simulation \
             one_seed -- --nocapture tells this story again\n",
            ended.violation.unwrap_or_default(),
            told.story.join("\n"),
        );
    }
    println!("{seeds} seeds: {seen:?}");
    // A simulation in which nothing goes wrong shows nothing.
    seen.assert_rich(seeds);
}

#[test]
fn one_seed() {
    let seed = number_of("SIMULATION_SEED").unwrap_or(0);
    let told = world::play(seed, Plant::Nothing, true);
    if std::env::var_os("SIMULATION_SEED").is_some() {
        println!("{}", told.story.join("\n"));
    }
    assert_eq!(told.violation, None, "seed {seed}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 0..20 {
        let (one, other) = (world::play(seed, Plant::Nothing, false), world::play(seed, Plant::Nothing, false));
        if one.hash != other.hash {
            let (one, other) = (world::play(seed, Plant::Nothing, true), world::play(seed, Plant::Nothing, true));
            let differs = one.story.iter().zip(&other.story).position(|(one, other)| one != other);
            let at = differs.unwrap_or(one.story.len().min(other.story.len()));
            panic!(
                "seed {seed} tells two stories, from line {at}:\n{:?}\n{:?}",
                one.story.get(at),
                other.story.get(at)
            );
        }
    }
}

/// A planted fault is found, and for what it is.
#[track_caller]
fn check_caught(plant: Plant, words: &str) {
    let (_, found) = play(0..SEEDS_TO_CATCH, plant);
    let (seed, ended) = found.unwrap_or_else(|| panic!("{plant:?} was not found in {SEEDS_TO_CATCH} seeds"));
    let violation = ended.violation.unwrap_or_default();
    assert!(violation.contains(words), "{plant:?} was found by seed {seed}, but as: {violation}");
}

macro_rules! catches {
    ($($test:ident: $plant:ident => $words:literal;)*) => {
        $(
            #[test]
            fn $test() {
                check_caught(Plant::$plant, $words);
            }
        )*
    };
}

catches! {
    the_simulation_catches_a_store_that_appends_without_comparing: AppendWithoutCompare => "";
    the_simulation_catches_a_store_that_acknowledges_what_it_did_not_write: AcknowledgeUnwritten => "";
    the_simulation_catches_a_writer_that_forgets_lost_answers: ForgetLostAnswers => "is in the journal 2 times";
    the_simulation_catches_a_writer_that_starts_a_second_deployment: SkipOneDeploymentRule => "deployments run in";
    the_simulation_catches_a_share_that_falls: FallBack => "the plan says";
    the_simulation_catches_a_node_that_serves_what_is_older: ServeOlder => "went back from";
    the_simulation_catches_a_node_that_acts_on_others_claims: ActWithoutClaim => "was called twice";
    the_simulation_catches_a_read_that_does_not_look: ReadWithoutLook => "a read saw entry";
}
