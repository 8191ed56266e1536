//! Unchanged polls: Tidegate beside a fixed hyper answer and beside nginx, round by round.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Bench, Common, Rounds, cost_table, noise_note, ratio_table};
use crate::api::{Api, Shape};
use crate::contender::{Contender, Crowd, Phase, Plan, Sample};
use crate::drive::{Pace, Stop};
use crate::process::{self, Process, free_address};
use crate::request::Caller;
use crate::sessions::{Expected, Laps};
use crate::{Result, nginx, report};

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Sessions on each server; many times the connections
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Polls per second in the phases with a fixed rate
    #[arg(long, default_value_t = 5_000.0)]
    rate: f64,
    /// Begins no further round after so many seconds
    #[arg(long, default_value_t = 165)]
    max_seconds: u64,
    /// Leaves nginx out
    #[arg(long)]
    no_nginx: bool,
    /// Enters a second Tidegate, which checks signatures and policies
    #[arg(long)]
    checked: bool,
}

impl Options {
    pub fn new(common: Common) -> Self {
        Self { common, sessions: 10_000, rounds: 7, rate: 5_000.0, max_seconds: 165, no_nginx: false, checked: false }
    }
}

const CONTENT_BYTES: usize = 1024;

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::prepare(&options.common)?;
    let started = Instant::now();
    let is_quick = options.common.quick;
    let crowd = bench.crowd(if is_quick { 500 } else { options.sessions });
    // Found, and if need be fetched, before anything is running that could be disturbed.
    let nginx = if options.no_nginx { None } else { Some(nginx::find(&bench.target_dir)?) };

    // Before the contenders, so that it goes after they have ended.
    let directory = bench.temporary_directory()?;
    let server = bench.start_tidegate("tidegate")?;
    let api = Api { caller: &bench.caller, address: server.address, connections: 1 };
    let channels = api.make_channels(Shape::single(CONTENT_BYTES))?;
    let (_, sample) = api.sample(&channels[0], CONTENT_BYTES)?;
    let _data = server.data;
    let mut contenders = vec![Contender::enter("Tidegate", server.address, server.process, crowd)?];
    contenders.push(bench.start_reference(crowd, &sample)?);
    let mut callers = vec![&bench.caller; 2];
    let checked;
    let _checked_data;
    if options.checked {
        let server = bench.start_tidegate("tidegate-checked")?;
        checked = make_key(&bench, server.data.path())?;
        let api = Api { caller: &checked, address: server.address, connections: 1 };
        let channels = api.make_channels(Shape::single(CONTENT_BYTES))?;
        let mut contender = Contender::enter("Tidegate, checked", server.address, server.process, crowd)?;
        contender.start_sessions(&checked, &channels)?;
        contender.measure(&checked, FIRST)?;
        _checked_data = server.data;
        contenders.push(contender);
        callers.push(&checked);
    }
    if let Some(program) = &nginx {
        callers.push(&bench.caller);
        contenders.push(start_nginx(program, &directory, &bench, crowd, &sample)?);
    }
    contenders[0].start_sessions(&bench.caller, &channels)?;
    contenders[0].measure(&bench.caller, FIRST)?;

    let rounds = if is_quick { 2 } else { options.rounds };
    let seconds = if is_quick { 0.3 } else { 1.0 };
    let deadline = started + Duration::from_secs(options.max_seconds);
    let plans = plans(seconds, options.rate);
    let phases = take_rounds(&mut contenders, &callers, plans, rounds, deadline)?;

    let [saturated, paced] = [0, 1].map(|plan| {
        Vec::from_iter(contenders.iter().enumerate().map(|(index, contender)| Rounds {
            name: &contender.name,
            phases: Vec::from_iter(phases.iter().map(|round| round[index][plan].clone())),
        }))
    });
    let nginx_version = nginx.as_deref().map(nginx::version);
    let markdown = format!(
        "{} sessions over {} keep-alive connections to each server, {} client thread(s), medians [lowest–highest] of \
         {} rounds, servers in turn. {}\n\n\
         ### As fast as answers come ({:.1} s a phase)\n\n{}\n{}\n{}{}\n\
         ### At {} polls/s ({:.1} s a phase; latency counts from when a poll was due)\n\n{}\n{}\n{}{}",
        report::count(crowd.sessions),
        crowd.connections,
        crowd.threads,
        phases.len(),
        nginx_version.as_deref().unwrap_or("No nginx."),
        SATURATED_SHARE * seconds,
        cost_table(&saturated),
        ratio_table(&saturated),
        noise_note(&saturated),
        client_note(&saturated, crowd.threads),
        options.rate,
        PACED_SHARE * seconds,
        cost_table(&paced),
        ratio_table(&paced),
        noise_note(&paced),
        missed_note(&paced),
    );
    let figures = json!({
        "crowd": crowd,
        "rate": options.rate,
        "nginx": nginx_version,
        "clock_ticks_per_s": process::ticks_per_second(),
        "contenders": contenders.iter().enumerate().map(|(index, contender)| json!({
            "name": contender.name,
            "saturated": saturated[index].phases,
            "paced": paced[index].phases,
        })).collect::<Vec<_>>(),
    });
    report::publish(&bench.out_dir, "poll", options.common.quick, &markdown, &figures)
}

/// The poll of each session that brings the content.
const FIRST: Plan = Plan {
    expected: Expected::Bytes(CONTENT_BYTES),
    laps: Laps::One,
    pace: Pace::BackToBack,
    stop: Stop::WhenDone,
    warm_up: Duration::ZERO,
};

/// Makes a key for a running server, whose policy looks at what it allows, and waits until the server checks.
fn make_key(bench: &Bench, data: &Path) -> Result<Caller> {
    let made = Command::new(&bench.server)
        .args(["keys", "create", "bench", "--policy", "TidegateFullAccess", "--json", "--data"])
        .arg(data)
        .output()?;
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Made {
        access_key_id: String,
        secret_access_key: String,
    }
    let made: Made = serde_json::from_slice(&made.stdout)
        .map_err(|_| format!("no key was made: {}", String::from_utf8_lossy(&made.stderr)))?;
    // A control-plane request looks at the journal's head: the first one finds the key.
    std::thread::sleep(Duration::from_secs(1));
    Ok(Caller::signing(&made.access_key_id, &made.secret_access_key))
}

/// Seconds of each phase, before they are scaled down for a smoke test.
const SATURATED_SHARE: f64 = 3.5;
const PACED_SHARE: f64 = 2.5;

/// The two phases of a turn: as fast as it goes, and at a fixed rate.
fn plans(scale: f64, rate: f64) -> [Plan; 2] {
    [(Pace::BackToBack, SATURATED_SHARE), (Pace::PerSecond(rate), PACED_SHARE)].map(|(pace, seconds)| Plan {
        expected: Expected::Nothing,
        laps: Laps::Endless,
        pace,
        stop: Stop::After(Duration::from_secs_f64(seconds * scale)),
        warm_up: Duration::from_secs_f64(0.3 * scale),
    })
}

/// Measures every contender once a round, until the rounds or the time are over; `[round][contender][plan]`.
fn take_rounds(
    contenders: &mut [Contender],
    callers: &[&Caller],
    plans: [Plan; 2],
    rounds: usize,
    deadline: Instant,
) -> Result<Vec<Vec<[Phase; 2]>>> {
    let mut taken: Vec<Vec<[Phase; 2]>> = Vec::new();
    while taken.len() < rounds && (taken.is_empty() || Instant::now() < deadline) {
        let mut round = Vec::new();
        for (contender, caller) in contenders.iter_mut().zip(callers) {
            let [first, second] = plans;
            round.push([contender.measure(caller, first)?, contender.measure(caller, second)?]);
        }
        taken.push(round);
        eprintln!("round {} of {rounds}", taken.len());
    }
    Ok(taken)
}

fn start_nginx(
    program: &std::path::Path,
    directory: &tempfile::TempDir,
    bench: &Bench,
    crowd: Crowd,
    sample: &Sample,
) -> Result<Contender> {
    let address = free_address()?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let arguments = nginx::configure(directory.path(), address, workers, sample)?;
    let mut process = Process::start(program, &arguments, bench.out_dir.join("nginx.log"))?;
    process.wait_until_it_listens(address)?;
    // The master listens before its workers have been born.
    while process.pids()?.len() <= workers {
        std::thread::sleep(Duration::from_millis(10));
    }
    Contender::enter_reference("nginx, fixed", address, process, crowd, &sample.token)
}

/// Names the servers that waited for the client more than the client for them.
fn client_note(all: &[Rounds<'_>], threads: usize) -> String {
    let is_client_bound = |rounds: &&Rounds<'_>| {
        let client = rounds.median(|phase| phase.client_cpu_us * phase.answers_per_s / 1e6);
        client.is_some_and(|processors| processors > 0.9 * threads as f64)
    };
    let names = Vec::from_iter(all.iter().filter(is_client_bound).map(|rounds| rounds.name));
    match names.as_slice() {
        [] => String::new(),
        names => format!("The client was the bottleneck (its polls/s say little) with: {}.\n", names.join("; ")),
    }
}

fn missed_note(all: &[Rounds<'_>]) -> String {
    let missed: u64 = all.iter().flat_map(|rounds| &rounds.phases).map(|phase| phase.missed).sum();
    match missed {
        0 => String::new(),
        _ => format!("**{missed} polls could not be sent at the fixed rate: choose a lower --rate.**\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn tokens_are_chained_through_both_phases_of_every_round() {
        let fake = Fake::start();
        let caller = Caller::new();
        let api = Api { caller: &caller, address: fake.address, connections: 4 };
        let shape = Shape { applications: 2, environments: 2, profiles: 3, content_bytes: 100 };
        let channels = api.make_channels(shape).unwrap();
        assert_eq!(channels.len(), 12);
        let (first, unchanged) = api.sample(&channels[0], 100).unwrap();
        assert_eq!((first.body_bytes, unchanged.body_bytes), (100, 0));

        for threads in [1, 2] {
            let crowd = Crowd { sessions: 50, connections: 5, threads };
            let mut contenders = [Contender::enter_own(fake.address, crowd)];
            assert_eq!(contenders[0].start_sessions(&caller, &channels).unwrap().answers, 50);
            let first = Plan {
                expected: Expected::Bytes(100),
                laps: Laps::One,
                pace: Pace::BackToBack,
                stop: Stop::WhenDone,
                warm_up: Duration::ZERO,
            };
            assert_eq!(contenders[0].measure(&caller, first).unwrap().answers, 50);
            let rounds = take_rounds(
                &mut contenders,
                &[&caller],
                plans(0.02, 1_000.0),
                2,
                Instant::now() + Duration::from_secs(60),
            );
            let rounds = rounds.unwrap();
            assert_eq!(rounds.len(), 2);
            for [saturated, paced] in rounds.iter().flatten() {
                assert!(saturated.answers > 0 && paced.answers > 0);
                assert!(paced.answers <= 60, "1,000 a second for 50 ms, not {}", paced.answers);
            }
        }
    }

    #[test]
    fn a_poll_that_brings_content_again_ends_the_benchmark() {
        let fake = Fake::start();
        let caller = Caller::new();
        let api = Api { caller: &caller, address: fake.address, connections: 1 };
        let channels = api.make_channels(Shape::single(100)).unwrap();
        let mut contender = Contender::enter_own(fake.address, Crowd { sessions: 4, connections: 2, threads: 1 });
        contender.start_sessions(&caller, &channels).unwrap();
        let [saturated, _] = plans(0.02, 1_000.0);
        let failure = contender.measure(&caller, saturated).unwrap_err().to_string();
        assert_eq!(failure, "fake: an unchanged poll brought 100 bytes");
    }

    #[test]
    fn a_token_used_twice_is_noticed() {
        let fake = Fake::start();
        let caller = Caller::new();
        let api = Api { caller: &caller, address: fake.address, connections: 1 };
        let channels = api.make_channels(Shape::single(100)).unwrap();
        let (_, unchanged) = api.sample(&channels[0], 100).unwrap();
        let crowd = Crowd { sessions: 2, connections: 2, threads: 1 };
        let mut contender = Contender::enter_own_with(fake.address, crowd, &unchanged.token);
        let [saturated, _] = plans(0.02, 1_000.0);
        let failure = contender.measure(&caller, saturated).unwrap_err().to_string();
        assert!(failure.starts_with("fake: GetLatestConfiguration answered 400"), "{failure}");
    }
}
