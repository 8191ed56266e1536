//! What the store's URL says.
//!
//! It is libpq's: what `psql` connects with is right here, too. Nothing of it is ever shown as it came: a password may
//! stand in the wrong place.

use super::explain::Reason;
use super::tls::Security;
use crate::Unavailable;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, Host, SslMode, TargetSessionAttrs};

/// Where a journal in PostgreSQL is: `postgres://USER:PASSWORD@HOST:PORT,…/DATABASE?…`, or `postgresql://…`.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresAddress {
    /// One server each, with its address for messages.
    pub(super) servers: Vec<(String, Config)>,
    pub(super) security: Security,
    pub(super) schema: String,
    /// Read at each connection.
    pub(super) password_file: Option<PathBuf>,
    pub(super) shown: String,
    /// How long a server may take until it can be talked to.
    pub(super) connect_limit: Duration,
    /// How long it may take to answer.
    pub(super) operation_limit: Duration,
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl FromStr for PostgresAddress {
    type Err = Unavailable;

    fn from_str(url: &str) -> Result<PostgresAddress, Unavailable> {
        PostgresAddress::parse(url).map_err(|reason| reason.while_doing("understand the store's URL"))
    }
}

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const OPERATION_LIMIT: Duration = Duration::from_secs(10);
const KEEPALIVE: Duration = Duration::from_secs(10);

const FORM: &str = "write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %-codes for `@`, `:`, `/`, `?` and `%` in a \
    password; several servers as HOST1:PORT1,HOST2:PORT2";

/// What `tokio-postgres` understands by itself.
const PASSED_ON: &[&str] = &[
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "options",
    "application_name",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "sslnegotiation",
    "channel_binding",
    "load_balance_hosts",
    "target_session_attrs",
];

impl PostgresAddress {
    fn parse(url: &str) -> Result<PostgresAddress, Reason> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut passed_on, mut security, mut schema) = (Vec::new(), Security::default(), "tidegate".to_owned());
        let mut password_file = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| malformed("after its `?`, a value has no name"))?;
            let decoded = || -> Result<String, Reason> {
                let text = percent_decode_str(value).decode_utf8();
                text.map(Into::into).map_err(|_| malformed(&format!("{key} is not UTF-8")))
            };
            match key {
                "sslmode" => security.mode = decoded()?.parse()?,
                "sslrootcert" => security.root = Some(decoded()?.into()),
                "sslcert" => security.certificate = Some(decoded()?.into()),
                "sslkey" => security.key = Some(decoded()?.into()),
                "password_file" => password_file = Some(decoded()?.into()),
                "schema" => schema = checked_schema(decoded()?)?,
                key if PASSED_ON.contains(&key) => passed_on.push(pair),
                key if key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => {
                    return Err(Reason::new(format!("it has the option {key}, which is not known"))
                        .with_hint("see docs/operating.md for what may stand after the `?`"));
                }
                _ => return Err(malformed("an option's name has strange characters")),
            }
        }
        let config = format!("{base}?{}", passed_on.join("&"));
        let config = config.parse::<Config>().map_err(|error| {
            // Its own words may hold a part of the URL, unless they are about an option's value.
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            match source.strip_prefix("invalid value for option ") {
                Some(option) => malformed(&format!("the value of {option} is not right")),
                None => malformed("it does not have the right form"),
            }
        })?;
        if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
            return Err(Reason::new("target_session_attrs asks for a server that cannot be written to")
                .with_hint("say target_session_attrs=read-write, or nothing: it is what Tidegate looks for"));
        }
        if config.get_channel_binding() == ChannelBinding::Require {
            return Err(Reason::new("channel_binding=require is not supported")
                .with_hint("leave it out; sslmode=verify-full makes sure of the server"));
        }
        let servers = servers(&config, &security)?;
        let names: Vec<_> = servers.iter().map(|(name, _)| name.as_str()).collect();
        let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let database = config.get_dbname().map(|name| format!("/{name}")).unwrap_or_default();
        let of_schema = if schema == "tidegate" { String::new() } else { format!("?schema={schema}") };
        let shown = format!("postgres://{user}{}{database}{of_schema}", names.join(","));
        let connect_limit = config.get_connect_timeout().copied().unwrap_or(CONNECT_LIMIT);
        Ok(PostgresAddress {
            servers,
            security,
            schema,
            password_file,
            shown,
            connect_limit,
            operation_limit: OPERATION_LIMIT,
        })
    }
}

fn malformed(why: &str) -> Reason {
    Reason::new(why).with_hint(FORM)
}

/// A name that needs no quotes anywhere.
fn checked_schema(name: String) -> Result<String, Reason> {
    let is_right = matches!(name.as_bytes(), [b'a'..=b'z' | b'_', rest @ ..] if rest.len() < 40
        && rest.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')));
    if is_right && !name.starts_with("pg_") {
        return Ok(name);
    }
    let hint = "use up to 40 lower-case letters, digits and `_`, beginning with a letter, and not with pg_";
    Err(Reason::new(format!("schema={name:?} is not a name that can be used")).with_hint(hint))
}

/// Takes the list of servers apart: each is tried by itself.
fn servers(config: &Config, security: &Security) -> Result<Vec<(String, Config)>, Reason> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    if count == 0 {
        return Err(malformed("it names no server"));
    }
    let is_uneven = !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len();
    if is_uneven || (ports.len() > 1 && ports.len() != count) {
        return Err(malformed("it names more of some than of others of servers, their addresses and their ports"));
    }
    let mut servers = Vec::with_capacity(count);
    for index in 0..count {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let mut server = one_server(config);
        server.port(port).ssl_mode(security.mode.of_tokio_postgres());
        let name = match (hosts.get(index), addresses.get(index)) {
            (Some(Host::Unix(path)), _) => {
                // Nobody can listen in, and the server offers no TLS there.
                server.host_path(path).ssl_mode(SslMode::Disable);
                path.display().to_string()
            }
            (Some(Host::Tcp(name)), address) => {
                server.host(name);
                if let Some(address) = address {
                    server.hostaddr(*address);
                }
                name.clone()
            }
            (None, Some(address)) => {
                server.host(address.to_string()).hostaddr(*address);
                address.to_string()
            }
            (None, None) => unreachable!("there are as many as the longer list has"),
        };
        let name = if name.contains(':') { format!("[{name}]") } else { name };
        servers.push((format!("{name}:{port}"), server));
    }
    Ok(servers)
}

/// Everything but the servers.
fn one_server(config: &Config) -> Config {
    let mut server = Config::new();
    if let Some(user) = config.get_user() {
        server.user(user);
    }
    if let Some(password) = config.get_password() {
        server.password(password);
    }
    if let Some(dbname) = config.get_dbname() {
        server.dbname(dbname);
    }
    if let Some(options) = config.get_options() {
        server.options(options);
    }
    server.application_name(config.get_application_name().unwrap_or("tidegate"));
    server.ssl_negotiation(config.get_ssl_negotiation()).channel_binding(config.get_channel_binding());
    server.keepalives(config.get_keepalives()).keepalives_idle(config.get_keepalives_idle().min(KEEPALIVE));
    server.keepalives_interval(config.get_keepalives_interval().unwrap_or(KEEPALIVE));
    server.tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(3 * KEEPALIVE));
    server
}
