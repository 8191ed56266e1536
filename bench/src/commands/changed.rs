//! Polls that bring 10 KiB: every poll is the first of its session.

use std::time::Duration;

use serde_json::json;

use super::{Bench, Common, Rounds, cost_table, noise_note, ratio_table};
use crate::api::{Api, Shape};
use crate::contender::{Contender, Plan};
use crate::drive::{Pace, Stop};
use crate::sessions::{Expected, Laps};
use crate::{Result, report};

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Sessions in each round; each is started unmeasured and polled once
    #[arg(long, default_value_t = 50_000)]
    sessions: usize,
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

impl Options {
    pub fn new(common: Common) -> Self {
        Self { common, sessions: 50_000, rounds: 7 }
    }
}

const CONTENT_BYTES: usize = 10 * 1024;

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::prepare(&options.common)?;
    let crowd = bench.crowd(if options.common.quick { 1_000 } else { options.sessions });
    let rounds = if options.common.quick { 2 } else { options.rounds };
    let server = bench.start_tidegate("tidegate")?;
    let api = Api { caller: &bench.caller, address: server.address, connections: 1 };
    let channels = api.make_channels(Shape::single(CONTENT_BYTES))?;
    let (sample, _) = api.sample(&channels[0], CONTENT_BYTES)?;
    let _data = server.data;
    let mut tidegate = Contender::enter("Tidegate", server.address, server.process, crowd)?;
    let mut hyper = bench.start_reference(crowd, &sample)?;

    let plan = Plan {
        expected: Expected::Bytes(CONTENT_BYTES),
        laps: Laps::One,
        pace: Pace::BackToBack,
        stop: Stop::WhenDone,
        warm_up: Duration::ZERO,
    };
    let mut own = Rounds { name: "Tidegate", phases: Vec::new() };
    let mut fixed = Rounds { name: "hyper, fixed", phases: Vec::new() };
    for round in 1..=rounds {
        tidegate.start_sessions(&bench.caller, &channels)?;
        own.phases.push(tidegate.measure(&bench.caller, plan)?);
        fixed.phases.push(hyper.measure(&bench.caller, plan)?);
        eprintln!("round {round} of {rounds}");
    }
    let all = [own, fixed];
    let markdown = format!(
        "{} polls a round that bring {CONTENT_BYTES} bytes each, over {} keep-alive connections, {} client thread(s), \
         medians [lowest–highest] of {rounds} rounds, servers in turn.\n\n{}\n{}\n{}",
        report::count(crowd.sessions),
        crowd.connections,
        crowd.threads,
        cost_table(&all),
        ratio_table(&all),
        noise_note(&all),
    );
    let figures = json!({
        "crowd": crowd,
        "content_bytes": CONTENT_BYTES,
        "contenders": all.iter().map(|rounds| json!({ "name": rounds.name, "phases": rounds.phases })).collect::<Vec<_>>(),
    });
    report::publish(&bench.out_dir, "changed", options.common.quick, &markdown, &figures)
}
