//! Ten channels beside a hundred thousand: two servers that differ in nothing else, polled in turn.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Bench, Common, Rounds, cost_table, noise_note, ratio_table};
use crate::api::{Api, Shape};
use crate::contender::{Contender, Plan};
use crate::drive::{Pace, Stop};
use crate::process::Memory;
use crate::report::{Table, count};
use crate::sessions::{Expected, Laps};
use crate::{Result, report, tidegate};

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Applications on the large server, each with 20 environments and 100 profiles: 2,000 channels
    #[arg(long, default_value_t = 50)]
    applications: usize,
    /// Sessions on each server, spread evenly over its channels
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,
    /// Requests under way at once while channels are made
    #[arg(long, default_value_t = 64)]
    setup_connections: usize,
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

impl Options {
    pub fn new(common: Common) -> Self {
        Self { common, applications: 50, sessions: 100_000, setup_connections: 64, rounds: 7 }
    }
}

const CONTENT_BYTES: usize = 256;

const FEW: Shape = Shape { applications: 1, environments: 2, profiles: 5, content_bytes: CONTENT_BYTES };

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::prepare(&options.common)?;
    let is_quick = options.common.quick;
    let many = match is_quick {
        true => Shape { applications: 2, environments: 10, profiles: 20, content_bytes: CONTENT_BYTES },
        false => {
            Shape { applications: options.applications, environments: 20, profiles: 100, content_bytes: CONTENT_BYTES }
        }
    };
    let crowd = bench.crowd(if is_quick { 1_000 } else { options.sessions });
    let (rounds, scale) = if is_quick { (2, 0.1) } else { (options.rounds, 1.0) };

    // Before the contenders, so that the data go after the servers have ended.
    let mut data = Vec::new();
    let mut contenders = Vec::new();
    let mut memory =
        Table::new(&["channels", "set-up s", "writes/s", "disk KiB", "Rss KiB", "Pss KiB", "Pss KiB, with sessions"]);
    let mut sizes = Vec::new();
    for (name, shape) in [("many", many), ("few", FEW)] {
        let server = bench.start_tidegate(&format!("tidegate-{name}"))?;
        let api = Api { caller: &bench.caller, address: server.address, connections: options.setup_connections };
        let started = Instant::now();
        let channels = api.make_channels(shape)?;
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("{} channels, {} writes, {seconds:.0} s", count(shape.channels()), count(shape.writes()));
        std::thread::sleep(Duration::from_secs(2));
        let disk_kib = tidegate::disk_kib(server.data.path());
        let pids = server.process.pids()?;
        let before = Memory::of(&pids)?;
        let title = format!("{} channels", count(shape.channels()));
        let mut contender = Contender::enter(&title, server.address, server.process, crowd)?;
        contender.start_sessions(&bench.caller, &channels)?;
        let first = Plan {
            expected: Expected::Bytes(CONTENT_BYTES),
            laps: Laps::One,
            pace: Pace::BackToBack,
            stop: Stop::WhenDone,
            warm_up: Duration::ZERO,
        };
        contender.measure(&bench.caller, first)?;
        std::thread::sleep(Duration::from_secs(2));
        let after = Memory::of(&pids)?;
        memory.row(vec![
            count(shape.channels()),
            format!("{seconds:.1}"),
            format!("{:.0}", shape.writes() as f64 / seconds),
            count(disk_kib as usize),
            count(before.rss_kib as usize),
            count(before.pss_kib as usize),
            count(after.pss_kib as usize),
        ]);
        sizes.push(json!({
            "shape": shape, "setup_s": seconds, "disk_kib": disk_kib, "before_sessions": before, "after_sessions": after,
        }));
        data.push(server.data);
        contenders.push(contender);
    }

    let plan = Plan {
        expected: Expected::Nothing,
        laps: Laps::Endless,
        pace: Pace::BackToBack,
        stop: Stop::After(Duration::from_secs_f64(4.0 * scale)),
        warm_up: Duration::from_secs_f64(0.3 * scale),
    };
    let mut phases = vec![Vec::new(); contenders.len()];
    for round in 1..=rounds {
        for (contender, phases) in contenders.iter_mut().zip(&mut phases) {
            phases.push(contender.measure(&bench.caller, plan)?);
        }
        eprintln!("round {round} of {rounds}");
    }
    let all = Vec::from_iter(
        contenders.iter().zip(phases).map(|(contender, phases)| Rounds { name: &contender.name, phases }),
    );
    let markdown = format!(
        "A channel is an environment × profile with a completed deployment of {CONTENT_BYTES} bytes. {} sessions on each \
         server, spread evenly; {} connections, {} client thread(s); medians [lowest–highest] of {rounds} rounds.\n\n\
         {}\n{}\n{}\n{}",
        count(crowd.sessions),
        crowd.connections,
        crowd.threads,
        memory.render(),
        cost_table(&all),
        ratio_table(&all),
        noise_note(&all),
    );
    let figures = json!({
        "crowd": crowd,
        "servers": all.iter().zip(sizes).map(|(rounds, size)| json!({
            "name": rounds.name, "size": size, "phases": rounds.phases,
        })).collect::<Vec<_>>(),
    });
    report::publish(&bench.out_dir, "channels", options.common.quick, &markdown, &figures)
}
