//! One module per sub-command.

pub mod changed;
pub mod channels;
pub mod control;
pub mod flags;
pub mod memory;
pub mod nodes;
pub mod poll;

use std::fs;
use std::path::PathBuf;

use crate::Result;
use crate::contender::{Contender, Crowd, Phase, Sample};
use crate::process::{Process, free_address};
use crate::report::{Table, number, ranged};
use crate::request::Caller;
use crate::stats;
use crate::tidegate::{self, NO_POLL_INTERVAL, Tidegate};

/// What all sub-commands can be told.
#[derive(Clone, clap::Args)]
pub struct Common {
    /// A smoke test: does everything, briefly; the numbers mean nothing
    #[arg(long)]
    pub quick: bool,
    /// A built server to measure, instead of building this workspace's
    #[arg(long)]
    server: Option<PathBuf>,
    /// Flags that take the server's poll interval away
    #[arg(long, default_value = NO_POLL_INTERVAL, allow_hyphen_values = true)]
    interval_args: String,
    /// Further flags for `tidegate serve`, in one argument
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    server_args: String,
    /// Keep-alive connections to each server
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Client threads [default: half of the processors]
    #[arg(long)]
    threads: Option<usize>,
}

/// Runs every benchmark with its defaults.
pub fn all(common: &Common) -> Result<()> {
    poll::run(&poll::Options::new(common.clone()))?;
    changed::run(&changed::Options::new(common.clone()))?;
    memory::run(&memory::Options::new(common.clone()))?;
    channels::run(&channels::Options::new(common.clone()))?;
    control::run(&control::Options::new(common.clone()))?;
    nodes::run(&nodes::Options::new(common.clone()))?;
    flags::run(&flags::Options::new(common.quick))
}

impl Common {
    /// Adds flags of the benchmark's own before those of its caller.
    fn add_server_args(&mut self, arguments: &str) {
        self.server_args = format!("{arguments} {}", self.server_args);
    }
}

/// Where results go, and the directories above.
struct Directories {
    profile: PathBuf,
    target: PathBuf,
    out: PathBuf,
}

impl Directories {
    /// Finds them by where the benchmark's program lies.
    fn find() -> Result<Self> {
        let program = std::env::current_exe()?;
        let profile = program.parent().ok_or("the benchmark's program has no directory")?.to_owned();
        let target = profile.parent().ok_or("the benchmark's program is not in a target directory")?.to_owned();
        let out = target.join("bench");
        fs::create_dir_all(&out)?;
        Ok(Self { profile, target, out })
    }
}

/// What a sub-command works with.
struct Bench {
    common: Common,
    target_dir: PathBuf,
    out_dir: PathBuf,
    server: PathBuf,
    caller: Caller,
}

impl Bench {
    /// Finds its directories and makes sure that there is a server to measure.
    fn prepare(common: &Common) -> Result<Self> {
        let Directories { profile, target: target_dir, out: out_dir } = Directories::find()?;
        let server = match &common.server {
            Some(server) => server.clone(),
            None => tidegate::build(&profile)?,
        };
        Ok(Self { common: common.clone(), target_dir, out_dir, server, caller: Caller::new() })
    }

    fn crowd(&self, sessions: usize) -> Crowd {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = self.common.threads.unwrap_or(cores / 2).max(1);
        Crowd { sessions, connections: self.common.connections.max(1), threads }
    }

    fn start_tidegate(&self, name: &str) -> Result<Tidegate> {
        tidegate::start(&self.server, &self.server_arguments(), &self.out_dir, name)
    }

    fn server_arguments(&self) -> String {
        format!("{} {}", self.common.interval_args, self.common.server_args)
    }

    fn start_reference(&self, crowd: Crowd, sample: &Sample) -> Result<Contender> {
        let address = free_address()?;
        let mut arguments = ["reference", "--listen", &address.to_string(), "--body-bytes"].map(str::to_owned).to_vec();
        arguments.push(sample.body_bytes.to_string());
        for (name, value) in sample.settable_headers() {
            arguments.extend(["--header".to_owned(), format!("{name}: {value}")]);
        }
        let log = self.out_dir.join("hyper.log");
        let mut process = Process::start(&std::env::current_exe()?, &arguments, log)?;
        process.wait_until_it_listens(address)?;
        Contender::enter_reference("hyper, fixed", address, process, crowd, &sample.token)
    }

    fn temporary_directory(&self) -> Result<tempfile::TempDir> {
        Ok(tempfile::Builder::new().prefix("run-").tempdir_in(&self.out_dir)?)
    }
}

/// The rounds of one contender in one kind of phase.
struct Rounds<'a> {
    name: &'a str,
    phases: Vec<Phase>,
}

impl Rounds<'_> {
    fn median(&self, figure: impl Fn(&Phase) -> f64) -> Option<f64> {
        stats::median(self.phases.iter().map(figure))
    }

    /// The ratio to another contender, taken inside each round, so that noise that lasts longer than a round cancels.
    fn ratio(&self, other: &Self, figure: impl Fn(&Phase) -> f64) -> Option<stats::Spread> {
        stats::spread(self.phases.iter().zip(&other.phases).map(|(own, others)| figure(own) / figure(others)))
    }
}

/// A table of costs; closed loops show throughput, open loops latency.
fn cost_table(all: &[Rounds<'_>]) -> String {
    let mut table = Table::new(&[
        "server",
        "CPU µs/poll",
        "of it kernel",
        "polls/s",
        "polls per CPU-s",
        "client CPU µs",
        "p50 µs",
        "p99 µs",
        "p99.9 µs",
        "bytes/answer",
    ]);
    for rounds in all {
        table.row(vec![
            rounds.name.into(),
            ranged(stats::spread(rounds.phases.iter().map(|phase| phase.server_cpu_us)), 2),
            number(rounds.median(|phase| phase.kernel_share * 100.0), 0) + " %",
            number(rounds.median(|phase| phase.answers_per_s), 0),
            number(rounds.median(|phase| 1e6 / phase.server_cpu_us), 0),
            number(rounds.median(|phase| phase.client_cpu_us), 2),
            number(rounds.median(|phase| phase.p50_us), 0),
            number(rounds.median(|phase| phase.p99_us), 0),
            number(rounds.median(|phase| phase.p999_us), 0),
            number(rounds.median(|phase| phase.answer_bytes), 0),
        ]);
    }
    table.render()
}

/// A table of the first contender's ratios to each of the others.
fn ratio_table(all: &[Rounds<'_>]) -> String {
    let mut table = Table::new(&["ratio", "CPU", "polls/s", "p50", "p99"]);
    let Some((first, others)) = all.split_first() else { return String::new() };
    for other in others {
        table.row(vec![
            format!("{} / {}", first.name, other.name),
            ranged(first.ratio(other, |phase| phase.server_cpu_us), 2),
            ranged(first.ratio(other, |phase| phase.answers_per_s), 2),
            ranged(first.ratio(other, |phase| phase.p50_us), 2),
            ranged(first.ratio(other, |phase| phase.p99_us), 2),
        ]);
    }
    table.render()
}

/// A sentence on how quiet the machine was, with a warning when it was not.
fn noise_note(all: &[Rounds<'_>]) -> String {
    noise_sentence(stats::spread(all.iter().flat_map(|rounds| &rounds.phases).map(|phase| phase.foreign_share * 100.0)))
}

/// As [`noise_note`], of percentages.
fn noise_sentence(foreign: Option<stats::Spread>) -> String {
    let warning = match foreign {
        Some(foreign) if foreign.median > 5.0 => " **Too much: run it again on a quieter machine.**",
        _ => "",
    };
    format!("Others (and the hypervisor) used {} % of the machine meanwhile.{warning}\n", ranged(foreign, 1))
}
