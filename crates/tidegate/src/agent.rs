//! `tidegate agent`: configurations and flags for the applications of this machine.

use std::collections::HashMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use tidegate_agent::settings::{Host, LogLevel};
use tidegate_agent::{Agent, Ofrep, SETTINGS, Settings, http};
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::problem::Problem;
use crate::serve::Signals;

/// Threads that answer requests.
const THREADS: usize = 2;

/// The flags that were given, as text; the agent judges them together with the environment.
pub(crate) struct Options(HashMap<&'static str, String>);

impl Args for Options {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let mut help = format!("{} [default: {}] [env: {}", setting.about, setting.default, setting.variable);
            if let Some(lambda) = setting.lambda {
                help.push_str(&format!(", {lambda}"));
            }
            help.push(']');
            command.arg(Arg::new(setting.flag).long(setting.flag).value_name(setting.value).help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Options {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = SETTINGS.iter().filter_map(|setting| {
            let text = matches.get_one::<String>(setting.flag)?;
            Some((setting.flag, text.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Runs the agent until the process is told to stop.
pub(crate) fn run(options: &Options) -> Result<(), Problem> {
    let settings = Settings::read(|flag| options.0.get(flag).cloned(), |name| std::env::var(name).ok());
    let settings = settings.map_err(|wrong| {
        Problem::new(wrong.to_string()).hint("`tidegate agent --help` lists all settings and what they may be")
    })?;
    start_logging(&settings)?;
    let _ = rlimit::increase_nofile_limit(u64::from(u32::MAX));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(format!("cannot start threads: {error}")))?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: Settings) -> Result<(), Problem> {
    tracing::info!("AppConfig Agent of Tidegate {}", env!("CARGO_PKG_VERSION"));
    // Listening first, so that a second agent on the port ends before it asks for anything.
    let listeners = listen(&settings).await?;
    let addresses: Vec<SocketAddr> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    // Before anything takes long: whoever stops us in the meantime is to be heard.
    let mut signals = Signals::listen()?;
    let starting = Agent::start(settings);
    let stop = signals.wait();
    tokio::pin!(stop);
    let agent = tokio::select! {
        () = &mut stop => return Ok(()),
        agent = starting => agent.map_err(|problem| {
            let hint = match problem.contains("region") {
                true => "name it with --service-region or AWS_REGION, or a Tidegate node with --upstream",
                false => "`tidegate agent --help` lists all settings and what they may be",
            };
            Problem::new(problem).hint(hint)
        })?,
    };
    greet(&addresses);
    let ofrep: Arc<dyn http::Mount> = Arc::new(Ofrep::new(agent.clone()));
    http::serve(listeners, agent.clone(), Arc::new([ofrep]), stop).await;
    agent.stop().await;
    Ok(())
}

/// Binds the port on every address that the host stands for.
async fn listen(settings: &Settings) -> Result<Vec<TcpListener>, Problem> {
    let port = settings.port;
    let bind = async |address: SocketAddr| {
        TcpListener::bind(address).await.map_err(|error| {
            Problem::new(format!("cannot listen on {address}: {error}"))
                .hint("another agent may run already; choose another port with --http-port, or 0 for a free one")
        })
    };
    match &settings.host {
        Host::Address(address) => Ok(vec![bind((*address, port).into()).await?]),
        Host::All => match bind((Ipv6Addr::UNSPECIFIED, port).into()).await {
            Ok(both) => Ok(vec![both]),
            Err(_) => Ok(vec![bind((Ipv4Addr::UNSPECIFIED, port).into()).await?]),
        },
        Host::Localhost => {
            let first = bind((Ipv4Addr::LOCALHOST, port).into()).await?;
            let port = first.local_addr().map_or(port, |address| address.port());
            let mut listeners = vec![first];
            // A machine may have no IPv6.
            listeners.extend(bind((Ipv6Addr::LOCALHOST, port).into()).await.ok());
            Ok(listeners)
        }
        Host::Name(name) => {
            let found = tokio::net::lookup_host((&**name, port)).await;
            let found: Vec<SocketAddr> = found
                .map_err(|error| Problem::new(format!("cannot find the address of HTTP_HOST {name}: {error}")))?
                .collect();
            let mut listeners = Vec::new();
            for address in found {
                listeners.push(bind(address).await?);
            }
            Ok(listeners)
        }
    }
}

/// Says where it listens, in the log as AWS's agent does, and on standard output as the server does.
fn greet(addresses: &[SocketAddr]) {
    let Some(address) = addresses.first() else { return };
    let host = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    tracing::info!("serving on {host}:{}", address.port());
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "tidegate agent is listening on http://{address}").and_then(|()| out.flush());
}

fn start_logging(settings: &Settings) -> Result<(), Problem> {
    let level = match settings.log_level {
        LogLevel::Trace => LevelFilter::TRACE,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error | LogLevel::Fatal => LevelFilter::ERROR,
        LogLevel::None => LevelFilter::OFF,
    };
    // Others' crates say at these levels what is for their authors.
    let filter = match level {
        LevelFilter::TRACE | LevelFilter::DEBUG => {
            tracing_subscriber::EnvFilter::new(format!("warn,tidegate={level},tidegate_agent={level}"))
        }
        level => tracing_subscriber::EnvFilter::new(level.to_string()),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).event_format(Line);
    match &settings.log_path {
        None => builder.with_writer(std::io::stderr).init(),
        Some(path) => {
            let file = OpenOptions::new().append(true).create(true).open(path);
            let file =
                file.map_err(|error| Problem::new(format!("cannot open the log {}: {error}", path.display())))?;
            builder.with_writer(Mutex::new(file)).init();
        }
    }
    Ok(())
}

/// A line as AWS's agent writes it: `[appconfig agent] 2026/11/24 12:00:00 INFO serving on localhost:2772`.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARN",
            Level::INFO => "INFO",
            Level::DEBUG => "DEBUG",
            Level::TRACE => "TRACE",
        };
        let now = jiff::Timestamp::now().strftime("%Y/%m/%d %H:%M:%S");
        write!(writer, "[appconfig agent] {now} {level} ")?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
