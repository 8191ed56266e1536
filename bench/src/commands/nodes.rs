//! Three nodes on one store: how long after a change was acknowledged by one of them all of them serve it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Bench, Common};
use crate::api::{Api, Shape};
use crate::process::{Process, free_address};
use crate::report::Table;
use crate::request::{Caller, encode};
use crate::sessions::{self, Channel};
use crate::{Result, answer, report, stats, tidegate};

#[derive(clap::Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// The store that the nodes share, as `tidegate serve` takes it [default: SQLite in one directory]
    #[arg(long)]
    store: Option<String>,
    /// How many changes are made, on each node in turn
    #[arg(long, default_value_t = 300)]
    changes: usize,
}

impl Options {
    pub fn new(common: Common) -> Self {
        Self { common, store: None, changes: 300 }
    }
}

const NODES: usize = 3;
const CONTENT_BYTES: usize = 1024;
/// How long a node is left alone between two polls.
const POLL_EVERY: Duration = Duration::from_micros(500);
const PATIENCE: Duration = Duration::from_secs(30);

/// One request at a time on a connection that stays open.
struct Client<'a> {
    caller: &'a Caller,
    stream: TcpStream,
    buffer: Vec<u8>,
    request: Vec<u8>,
}

impl<'a> Client<'a> {
    fn new(caller: &'a Caller, address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { caller, stream, buffer: Vec::new(), request: Vec::new() })
    }

    fn ask<T>(
        &mut self,
        write: impl FnOnce(&Caller, &mut Vec<u8>),
        read: impl FnOnce(&answer::Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        self.request.clear();
        write(self.caller, &mut self.request);
        self.stream.write_all(&self.request)?;
        let mut chunk = [0; 16 * 1024];
        self.buffer.clear();
        loop {
            if let Some(answer) = answer::read(&self.buffer)? {
                return read(&answer);
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err("a node closed the connection".into()),
                count => self.buffer.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// Polls one node for as long as the benchmark goes on, and says when each version came.
fn watch(
    caller: &Caller,
    (node, address): (usize, SocketAddr),
    channel: &Channel,
    is_over: &AtomicBool,
    came: &mpsc::Sender<(usize, u64, Instant)>,
) -> Result<()> {
    let mut client = Client::new(caller, address)?;
    let mut token = client.ask(
        |caller, out| sessions::start(caller, channel, out),
        |answer| sessions::started(answer).map(|token| token.as_bytes().to_vec()),
    )?;
    let mut encoded = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        encode(&token, &mut encoded);
        let (next, version) = client.ask(
            |caller, out| caller.poll(&encoded, out),
            |answer| {
                let next = answer.header("next-poll-configuration-token").ok_or("a poll brought no next token")?;
                let version = answer.header("configuration-version").and_then(number_in);
                Ok((next.to_vec(), version))
            },
        )?;
        token = next;
        if let Some(version) = version {
            // Nobody listens any more when the benchmark has failed.
            let _ = came.send((node, version, Instant::now()));
        }
        std::thread::sleep(POLL_EVERY);
    }
    Ok(())
}

/// Runs the benchmark and publishes its result.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::prepare(&options.common)?;
    let changes = if options.common.quick { 6 } else { options.changes };
    let shared = bench.temporary_directory()?;
    let mut nodes: Vec<(SocketAddr, Process)> = Vec::new();
    for number in 0..NODES {
        let address = free_address()?;
        let log = bench.out_dir.join(format!("node-{number}.log"));
        let (data, arguments) = match &options.store {
            Some(store) => {
                let data = shared.path().join(number.to_string());
                (data, format!("{} --store {store}", bench.server_arguments()))
            }
            None => (shared.path().to_owned(), bench.server_arguments()),
        };
        let mut process = tidegate::start_on(&bench.server, &arguments, address, &data, log)?;
        tidegate::wait_until_ready(&mut process, address)?;
        nodes.push((address, process));
    }
    let addresses = Vec::from_iter(nodes.iter().map(|(address, _)| *address));
    let api = Api { caller: &bench.caller, address: addresses[0], connections: 1 };
    let channel = api.make_channels(Shape::single(CONTENT_BYTES))?.remove(0);
    let strategy = api.make_each("/deploymentstrategies", 1, |_| {
        let strategy = json!({
            "Name": "bench-nodes", "DeploymentDurationInMinutes": 0, "FinalBakeTimeInMinutes": 0,
            "GrowthFactor": 100.0, "ReplicateTo": "NONE",
        });
        (String::new(), strategy)
    })?;
    let strategy = strategy.into_iter().next().ok_or("no strategy was made")?;
    let is_over = AtomicBool::new(false);
    let (came, arrivals) = mpsc::channel();
    let (mut by_ack, mut by_request, mut own) = (Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| -> Result<()> {
        let watchers = Vec::from_iter(addresses.iter().enumerate().map(|(node, address)| {
            let (caller, channel, is_over, came) = (&bench.caller, &channel, &is_over, came.clone());
            scope.spawn(move || watch(caller, (node, *address), channel, is_over, &came))
        }));
        drop(came);
        let made = (|| -> Result<()> {
            let mut clients = Vec::new();
            for address in &addresses {
                clients.push(Client::new(&bench.caller, *address)?);
            }
            // Everybody has the first version before the first change.
            wait_for(&arrivals, 1, NODES)?;
            for change in 0..changes {
                let at = change % NODES;
                let (version, asked, acknowledged) = make_change(&mut clients[at], (&channel, &strategy), change)?;
                let mut last = acknowledged;
                for (node, came) in wait_for(&arrivals, version, NODES)? {
                    last = last.max(came);
                    if node == at {
                        own.push(micros(came.saturating_duration_since(acknowledged)));
                    }
                }
                by_ack.push(micros(last.saturating_duration_since(acknowledged)));
                by_request.push(micros(last.saturating_duration_since(asked)));
                // Changes that come one by one, as people make them.
                std::thread::sleep(Duration::from_millis(20 + 7 * (change as u64 % 5)));
            }
            Ok(())
        })();
        is_over.store(true, Ordering::Relaxed);
        for watcher in watchers {
            watcher.join().map_err(|_| "a watcher panicked")??;
        }
        made
    })?;
    for (_, process) in nodes {
        process.stop()?;
    }
    let mut table = Table::new(&["from … until all nodes serve it", "p50 ms", "p90 ms", "p99 ms", "longest ms"]);
    let mut figures = Vec::new();
    for (name, times) in [
        ("the acknowledgement, on the node that gave it", &mut own),
        ("the acknowledgement", &mut by_ack),
        ("the request", &mut by_request),
    ] {
        let at = |times: &mut Vec<u64>, per_mille| stats::percentile(times, per_mille).unwrap_or(0) as f64 / 1_000.0;
        let row = [500, 900, 990, 1_000].map(|per_mille| at(times, per_mille));
        table.row([name.to_owned()].into_iter().chain(row.map(|ms| format!("{ms:.1}"))).collect());
        figures.push(json!({ "from": name, "ms": row }));
    }
    // A URL may hold a password.
    let store = options.store.as_deref().map_or("sqlite", |store| store.split(':').next().unwrap_or(store)).to_owned();
    let markdown = format!(
        "{NODES} nodes on {store}, {changes} deployments of {CONTENT_BYTES} bytes, on each node in turn; each node is \
         polled every {POLL_EVERY:?} and once more as long as that takes.\n\n{}",
        table.render()
    );
    let figures = json!({ "store": store, "changes": changes, "times": figures });
    report::publish(&bench.out_dir, &format!("nodes-{store}"), options.common.quick, &markdown, &figures)
}

/// Deploys a new version; says which, and when that was asked for and acknowledged.
fn make_change(
    client: &mut Client<'_>,
    (channel, strategy): (&Channel, &str),
    change: usize,
) -> Result<(u64, Instant, Instant)> {
    let Channel { application, environment, profile } = channel;
    let versions = format!("/applications/{application}/configurationprofiles/{profile}/hostedconfigurationversions");
    let content = format!("{change:>CONTENT_BYTES$}");
    let version: u64 = client.ask(
        |caller, out| caller.call("POST", &versions, "Content-Type: text/plain\r\n", content.as_bytes(), out),
        |answer| match answer.header("version-number").and_then(number_in) {
            Some(version) => Ok(version),
            None => Err(format!("CreateHostedConfigurationVersion answered {}", answer.describe()).into()),
        },
    )?;
    let deployment = json!({
        "ConfigurationProfileId": profile, "ConfigurationVersion": version.to_string(),
        "DeploymentStrategyId": strategy,
    });
    let path = format!("/applications/{application}/environments/{environment}/deployments");
    let asked = Instant::now();
    client.ask(
        |caller, out| caller.post_json(&path, &deployment, out),
        |answer| match answer.status {
            201 => Ok(()),
            _ => Err(format!("StartDeployment answered {}", answer.describe()).into()),
        },
    )?;
    Ok((version, asked, Instant::now()))
}

/// Waits until so many nodes serve a version, and says when each did first.
fn wait_for(
    arrivals: &mpsc::Receiver<(usize, u64, Instant)>,
    version: u64,
    nodes: usize,
) -> Result<Vec<(usize, Instant)>> {
    let mut first: Vec<(usize, Instant)> = Vec::new();
    while first.len() < nodes {
        let arrival = arrivals.recv_timeout(PATIENCE);
        let (node, came, at) = arrival.map_err(|_| format!("not all nodes serve version {version} after 30 s"))?;
        if came == version && first.iter().all(|(other, _)| *other != node) {
            first.push((node, at));
        }
    }
    Ok(first)
}

fn number_in(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
