//! The server's memory as sessions come: each is started, polled once and then only exists in its client's token.

use std::time::Duration;

use serde::Serialize;

use super::{Bench, Common};
use crate::api::{Api, Shape};
use crate::drive::{Load, Pace, Stop};
use crate::process::{CpuTime, Memory};
use crate::report::{Table, count};
use crate::sessions::Arrivals;
use crate::{Result, report};

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// The numbers of sessions, ascending, at which memory is read
    #[arg(long, value_delimiter = ',', default_values_t = POINTS)]
    points: Vec<usize>,
}

const POINTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

impl Options {
    pub fn new(common: Common) -> Self {
        Self { common, points: POINTS.to_vec() }
    }
}

const CONTENT_BYTES: usize = 1024;

/// How long the server rests before its memory is read.
const REST: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Point {
    sessions: usize,
    memory: Memory,
    /// Starting a session and polling it once, for the sessions since the previous point.
    cpu_us_per_session: f64,
    seconds: f64,
}

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::prepare(&options.common)?;
    let numbers = if options.common.quick { vec![100, 2_000] } else { options.points.clone() };
    let server = bench.start_tidegate("tidegate")?;
    let api = Api { caller: &bench.caller, address: server.address, connections: 1 };
    let channels = api.make_channels(Shape::single(CONTENT_BYTES))?;
    let pids = server.process.pids()?;
    let connections = options.common.connections.max(1);

    let mut points: Vec<Point> = Vec::new();
    for sessions in numbers {
        let new = sessions.saturating_sub(points.last().map_or(0, |point| point.sessions));
        let mut arrivals = Arrivals::new(&bench.caller, &channels[0], CONTENT_BYTES, new, connections);
        let cpu = CpuTime::of(&pids)?;
        // The connections are closed again before memory is read.
        let run = Load::open(server.address, connections)?.run(&mut arrivals, Pace::BackToBack, Stop::WhenDone)?;
        let cpu = CpuTime::of(&pids)?.since(cpu);
        std::thread::sleep(REST);
        let seconds = run.elapsed.as_secs_f64();
        let cpu_us_per_session = cpu.total.as_secs_f64() * 1e6 / new.max(1) as f64;
        points.push(Point { sessions, memory: Memory::of(&pids)?, cpu_us_per_session, seconds });
        eprintln!("{} sessions, the last {} in {seconds:.0} s", count(sessions), count(new));
    }
    let markdown = format!(
        "One channel with {CONTENT_BYTES} bytes. A session is started, polled once and left; {connections} connections, \
         closed before each reading. Bytes/session is the growth since the first row.\n\n{}",
        table(&points),
    );
    report::publish(&bench.out_dir, "memory", options.common.quick, &markdown, &points)
}

fn table(points: &[Point]) -> String {
    let mut table = Table::new(&["sessions", "Rss KiB", "Pss KiB", "anonymous KiB", "bytes/session", "CPU µs/session"]);
    for point in points {
        let first = &points[0];
        let per_session = (point.sessions > first.sessions).then(|| {
            let growth = point.memory.pss_kib as f64 - first.memory.pss_kib as f64;
            growth * 1024.0 / (point.sessions - first.sessions) as f64
        });
        table.row(vec![
            count(point.sessions),
            count(point.memory.rss_kib as usize),
            count(point.memory.pss_kib as usize),
            count(point.memory.anonymous_kib as usize),
            report::number(per_session, 1),
            format!("{:.1}", point.cpu_us_per_session),
        ]);
    }
    table.render()
}
