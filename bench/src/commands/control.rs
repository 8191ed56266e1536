//! The control plane of a large account: what every read costs, and how long the server takes to start.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use super::{Bench, Common, noise_sentence};
use crate::account::Size;
use crate::api::Api;
use crate::process::{Memory, Watch};
use crate::reads::{self, Figures};
use crate::report::{Table, count, number, ranged};
use crate::tidegate::{self, Snapshots, Tidegate};
use crate::{Result, report, stats};

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Hosted versions in the account
    #[arg(long, default_value_t = 100_000)]
    versions: usize,
    /// Configuration profiles in the account
    #[arg(long, default_value_t = 10_000)]
    profiles: usize,
    /// Deployments that have been, a multiple of 20
    #[arg(long, default_value_t = 1_000)]
    deployments: usize,
    /// Requests of each kind, at least
    #[arg(long, default_value_t = 1_000)]
    requests: usize,
    /// How often the server is started in each way
    #[arg(long, default_value_t = 5)]
    starts: usize,
}

impl Options {
    pub fn new(common: Common) -> Self {
        Self { common, versions: 100_000, profiles: 10_000, deployments: 1_000, requests: 1_000, starts: 5 }
    }
}

/// What reads should take at the median, every page of every list by itself.
const AIM_MS: f64 = 5.0;

/// What a start from a snapshot should take.
const AIM_START_S: f64 = 2.0;

/// After how many entries the server saves a snapshot, and how long it may be before it looks.
const SNAPSHOT_EVERY: u64 = 10_000;
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(150);

/// How long the server rests before its memory is read.
const REST: Duration = Duration::from_secs(2);

/// Starts in one way.
#[derive(Serialize)]
struct Starts {
    from: &'static str,
    /// Entries of the journal that had to be read.
    entries: u64,
    seconds: Vec<f64>,
    memory: Memory,
}

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let mut bench = Bench::prepare(&options.common)?;
    let size = Size::of(options.versions, options.profiles, options.deployments);
    let (size, requests, starts) = match options.common.quick {
        true => (size.fiftieth(), 50, 2),
        false => (size, options.requests, options.starts),
    };
    if size.profiles < 3 || size.versions < 2 * size.profiles {
        return Err("too small an account\nhint: at least 3 profiles, and twice as many versions as profiles".into());
    }
    if size.deployments == 0 || !size.deployments.is_multiple_of(Size::DEPLOYMENTS_BY) {
        return Err(format!("choose a multiple of {} deployments", Size::DEPLOYMENTS_BY).into());
    }
    bench.common.add_server_args(&size.quota_arguments());
    let mut server = bench.start_tidegate("tidegate-control")?;
    let api = Api { caller: &bench.caller, address: server.address, connections: options.common.connections };
    let empty = Memory::of(&server.process.pids()?)?;
    let started = Instant::now();
    let account = api.make_account(size)?;
    let setup_s = started.elapsed().as_secs_f64();
    let entries = tidegate::wait_until_ready(&mut server.process, server.address)?;
    eprintln!("{} journal entries in {setup_s:.0} s", count(entries as usize));

    let pids = server.process.pids()?;
    let watch = Watch::begin(&pids)?;
    let mut figures = Vec::new();
    for read in reads::all(&account, size) {
        figures.push(reads::measure(&api, &read, requests)?);
        eprintln!("{}", figures.last().map(titled).unwrap_or_default());
    }
    let foreign_share = watch.foreign_share()?;
    let snapshot = wait_for_snapshot(server.data.path(), entries)?;
    std::thread::sleep(REST);
    let full = Memory::of(&pids)?;
    let disk_kib = tidegate::disk_kib(server.data.path());
    let (starts, stop_s) = restart(&bench, server, starts)?;

    let markdown = format!(
        "One account with {} versions ({} of them of one profile), {} profiles, {} deployments ({} in one environment), \
         {} applications, {} environments, {} strategies, {} experiment definitions, {} extensions and {} associations: \
         {} journal entries, written through the API over {} connections in {setup_s:.0} s ({:.0} a second), {} KiB on \
         disk. {} of memory, {} when empty.\n\n\
         ### Reads\n\n\
         One connection, one request at a time, at least {requests} of each kind; lists from the first page to the last, \
         50 items a page. The last column is the median of that page of the list whose median is highest.\n\n\
         {}\n{}{}\n\
         ### Starts\n\n\
         From the start of the process to its first answer to `/_tidegate/health`, files in the page cache; median \
         [lowest–highest]. To stop took {stop_s:.2} s.\n\n{}\n{}",
        count(size.versions),
        count(size.versions_of_first()),
        count(size.profiles),
        count(size.deployments),
        count(size.deployments_of_first()),
        count(size.applications),
        count(size.environments),
        count(size.strategies),
        count(size.definitions),
        count(size.extensions),
        count(size.associations),
        count(entries as usize),
        options.common.connections,
        entries as f64 / setup_s,
        count(disk_kib as usize),
        mib(full.pss_kib),
        mib(empty.pss_kib),
        reads_table(&figures),
        aim_note(&figures),
        noise_sentence(stats::spread([foreign_share * 100.0])),
        starts_table(&starts),
        starts_note(&starts, snapshot),
    );
    let json = json!({
        "size": size, "setup_s": setup_s, "entries": entries, "disk_kib": disk_kib, "reads": figures,
        "foreign_share": foreign_share, "memory_empty": empty, "memory": full, "snapshot_bytes": snapshot,
        "stop_s": stop_s, "starts": starts,
    });
    report::publish(&bench.out_dir, "control", options.common.quick, &markdown, &json)
}

/// Waits until so much of the journal is in a snapshot that the server would not save another one, and returns its size.
/// `None` if there is too little for any.
fn wait_for_snapshot(data: &Path, entries: u64) -> Result<Option<u64>> {
    let snapshots = Snapshots::of(data)?;
    let given_up = Instant::now() + SNAPSHOT_PATIENCE;
    loop {
        let latest = snapshots.latest()?;
        let behind = entries - latest.map_or(0, |(number, _)| number).min(entries);
        if behind < SNAPSHOT_EVERY {
            return Ok(latest.map(|(_, bytes)| bytes));
        }
        if Instant::now() > given_up {
            let patience_s = SNAPSHOT_PATIENCE.as_secs();
            return Err(format!("no snapshot for {patience_s} s, with {behind} entries behind the last one").into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Stops the server and starts it, again and again; with the snapshot, if there is one, and without.
fn restart(bench: &Bench, server: Tidegate, times: usize) -> Result<(Vec<Starts>, f64)> {
    let Tidegate { process, address, data } = server;
    let stop_s = process.stop()?.as_secs_f64();
    let snapshots = Snapshots::of(data.path())?;
    let number = snapshots.latest()?.map(|(number, _)| number);
    let mut all = Vec::new();
    for from in ["a snapshot", "the journal"] {
        let is_from_snapshot = from == "a snapshot";
        if is_from_snapshot && number.is_none() {
            continue;
        }
        let mut starts = Starts { from, entries: 0, seconds: Vec::new(), memory: Memory::default() };
        for _ in 0..times {
            if !is_from_snapshot {
                // A server that starts without one saves one before long.
                snapshots.delete()?;
            }
            let log = bench.out_dir.join("tidegate-control-restart.log");
            let started = Instant::now();
            let arguments = bench.server_arguments();
            let mut process = tidegate::start_on(&bench.server, &arguments, address, data.path(), log)?;
            let entries = tidegate::wait_until_ready(&mut process, address)?;
            starts.seconds.push(started.elapsed().as_secs_f64());
            starts.entries = entries - number.filter(|_| is_from_snapshot).unwrap_or(0);
            std::thread::sleep(REST);
            starts.memory = Memory::of(&process.pids()?)?;
            process.stop()?;
        }
        eprintln!("{} starts from {from}", starts.seconds.len());
        all.push(starts);
    }
    Ok((all, stop_s))
}

fn reads_table(figures: &[Figures]) -> String {
    let mut table = Table::new(&[
        "operation",
        "requests",
        "pages",
        "bytes/answer",
        "median ms",
        "p99 ms",
        "max ms",
        "slowest page, median ms",
    ]);
    for figures in figures {
        table.row(vec![
            titled(figures),
            count(figures.requests),
            figures.pages.map_or("–".into(), count),
            number(Some(figures.bytes), 0),
            format!("{:.3}", figures.median_ms),
            format!("{:.3}", figures.p99_ms),
            format!("{:.3}", figures.max_ms),
            format!("{:.3}", figures.slowest_page_ms),
        ]);
    }
    table.render()
}

fn titled(figures: &Figures) -> String {
    match figures.note {
        "" => figures.operation.into(),
        note => format!("{}, {note}", figures.operation),
    }
}

fn aim_note(figures: &[Figures]) -> String {
    let slow = figures.iter().filter(|figures| figures.slowest_page_ms >= AIM_MS);
    let slow = Vec::from_iter(slow.map(|figures| format!("{} ({:.1} ms)", titled(figures), figures.slowest_page_ms)));
    match slow.as_slice() {
        [] => format!("Every one, and every page, is below the aim of {AIM_MS} ms at the median.\n"),
        slow => format!("**Not below the aim of {AIM_MS} ms at the median: {}.**\n", slow.join("; ")),
    }
}

fn starts_table(all: &[Starts]) -> String {
    let mut table = Table::new(&["start from", "entries to read", "seconds", "Rss", "Pss"]);
    for starts in all {
        table.row(vec![
            starts.from.into(),
            count(starts.entries as usize),
            ranged(stats::spread(starts.seconds.iter().copied()), 3),
            mib(starts.memory.rss_kib),
            mib(starts.memory.pss_kib),
        ]);
    }
    table.render()
}

fn starts_note(all: &[Starts], snapshot: Option<u64>) -> String {
    let Some(bytes) = snapshot else {
        return format!("No snapshot: the server saves one after {} entries.\n", count(SNAPSHOT_EVERY as usize));
    };
    let median = all.first().and_then(|starts| stats::median(starts.seconds.iter().copied()));
    let verdict = match median {
        Some(seconds) if seconds >= AIM_START_S => format!(" **Not below the aim of {AIM_START_S} s.**"),
        _ => format!(" A start from it is below the aim of {AIM_START_S} s."),
    };
    format!("The snapshot has {}.{verdict}\n", mib(bytes / 1024))
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
