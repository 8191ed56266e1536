//! What can be set, as one table: the command line, the environment and the documents follow it.
//!
//! AWS's agent is set by environment variables, under one name in containers and under another in its Lambda extension.
//! Both are read here, and each also is a flag.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::name::Name;

/// One thing that can be set. All values are text until [`Settings::read`] has judged them.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// Its environment variable; AWS's container and EC2 name, if AWS has it.
    pub variable: &'static str,
    /// Its name in AWS's Lambda extension, which wins over the other one.
    pub lambda: Option<&'static str>,
    /// What the value is, in one word.
    pub value: &'static str,
    /// What holds if it is not set, in words.
    pub default: &'static str,
    /// What it does, in a sentence or two.
    pub about: &'static str,
}

/// Everything that can be set.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "upstream",
        variable: "TIDEGATE_AGENT_UPSTREAM",
        lambda: Some("AWS_APPCONFIG_EXTENSION_SERVICE_ENDPOINT"),
        value: "URL",
        default: "AWS AppConfig",
        about: "Fetch configurations from this Tidegate node, instead of from AWS.",
    },
    Setting {
        flag: "access-token",
        variable: "ACCESS_TOKEN",
        lambda: Some("AWS_APPCONFIG_EXTENSION_ACCESS_TOKEN"),
        value: "TOKEN",
        default: "none",
        about: "Answer only callers who send this token as Authorization: Bearer.",
    },
    Setting {
        flag: "backup-directory",
        variable: "BACKUP_DIRECTORY",
        lambda: Some("AWS_APPCONFIG_EXTENSION_BACKUP_DIRECTORY"),
        value: "DIR",
        default: "none",
        about: "Keep an unencrypted copy of each configuration in this directory, for starts without upstream.",
    },
    Setting {
        flag: "assignment-log",
        variable: "EXPERIMENT_ASSIGNMENT_LOG_DESTINATION",
        lambda: Some("AWS_APPCONFIG_EXTENSION_EXPERIMENT_ASSIGNMENT_LOG_DESTINATION"),
        value: "WHERE",
        default: "none",
        about: "Record who got which treatment of an experiment: to stderr, or file:DIR/.",
    },
    Setting {
        flag: "assignment-log-rotate-kib",
        variable: "TIDEGATE_AGENT_ASSIGNMENT_LOG_ROTATE_KIB",
        lambda: None,
        value: "KIB",
        default: "65536",
        about: "Begin a new file of the assignment log after so many KiB.",
    },
    Setting {
        flag: "http-host",
        variable: "HTTP_HOST",
        lambda: Some("AWS_APPCONFIG_EXTENSION_HTTP_HOST"),
        value: "HOST",
        default: "localhost",
        about: "Listen on all interfaces (all), on localhost, on an IP address, or on a name's address.",
    },
    Setting {
        flag: "http-port",
        variable: "HTTP_PORT",
        lambda: Some("AWS_APPCONFIG_EXTENSION_HTTP_PORT"),
        value: "PORT",
        default: "2772",
        about: "Listen on this port; 0 takes a free one.",
    },
    Setting {
        flag: "allowed-hosts",
        variable: "TIDEGATE_AGENT_ALLOWED_HOSTS",
        lambda: None,
        value: "NAMES",
        default: "none",
        about: "Names besides localhost by which an agent on localhost may be called, separated by commas.",
    },
    Setting {
        flag: "local-development-directory",
        variable: "LOCAL_DEVELOPMENT_DIRECTORY",
        lambda: Some("AWS_APPCONFIG_EXTENSION_LOCAL_DEVELOPMENT_DIRECTORY"),
        value: "DIR",
        default: "none",
        about: "Answer from files named application:environment:profile.type in this directory, and fetch nothing.",
    },
    Setting {
        flag: "log-level",
        variable: "LOG_LEVEL",
        lambda: Some("AWS_APPCONFIG_EXTENSION_LOG_LEVEL"),
        value: "LEVEL",
        default: "info",
        about: "What to log: trace, debug, info, warn, error, fatal or none.",
    },
    Setting {
        flag: "log-path",
        variable: "LOG_PATH",
        lambda: Some("AWS_APPCONFIG_EXTENSION_LOG_PATH"),
        value: "FILE",
        default: "standard error",
        about: "Append the log to this file.",
    },
    Setting {
        flag: "manifest",
        variable: "MANIFEST",
        lambda: Some("AWS_APPCONFIG_EXTENSION_MANIFEST"),
        value: "MANIFEST",
        default: "none",
        about: "What to do with which configuration: file:PATH, the JSON itself, or the configuration App:Env:Conf.",
    },
    Setting {
        flag: "wait-on-manifest",
        variable: "WAIT_ON_MANIFEST",
        lambda: Some("AWS_APPCONFIG_EXTENSION_WAIT_ON_MANIFEST"),
        value: "BOOL",
        default: "true",
        about: "Listen only when the manifest has been carried out.",
    },
    Setting {
        flag: "max-connections",
        variable: "MAX_CONNECTIONS",
        lambda: Some("AWS_APPCONFIG_EXTENSION_MAX_CONNECTIONS"),
        value: "N",
        default: "3",
        about: "Requests to upstream at a time, 1 to 1000.",
    },
    Setting {
        flag: "max-configurations",
        variable: "TIDEGATE_AGENT_MAX_CONFIGURATIONS",
        lambda: None,
        value: "N",
        default: "1000",
        about: "Configurations that are kept, 1 to 100000; requests for further ones are refused.",
    },
    Setting {
        flag: "ofrep-configuration",
        variable: "TIDEGATE_AGENT_OFREP_CONFIGURATION",
        lambda: None,
        value: "NAME",
        default: "none",
        about: "The configuration that OFREP answers from where a base URL names none: App:Env:Conf.",
    },
    Setting {
        flag: "ofrep-origins",
        variable: "TIDEGATE_AGENT_OFREP_ORIGINS",
        lambda: None,
        value: "ORIGINS",
        default: "none",
        about: "Origins whose pages may ask over OFREP, by commas, such as https://shop.example; * stands for all.",
    },
    Setting {
        flag: "poll-interval",
        variable: "POLL_INTERVAL",
        lambda: Some("AWS_APPCONFIG_EXTENSION_POLL_INTERVAL_SECONDS"),
        value: "DURATION",
        default: "45s",
        about: "How often upstream is asked for something newer, 1s to 24h: seconds, or a number with s, m or h.",
    },
    Setting {
        flag: "prefetch-list",
        variable: "PREFETCH_LIST",
        lambda: Some("AWS_APPCONFIG_EXTENSION_PREFETCH_LIST"),
        value: "LIST",
        default: "none",
        about: "Fetch these at start: App:Env:Conf or /applications/a/environments/e/configurations/c, by commas.",
    },
    Setting {
        flag: "preload-backups",
        variable: "PRELOAD_BACKUPS",
        lambda: Some("AWS_APPCONFIG_EXTENSION_PRELOAD_BACKUPS"),
        value: "BOOL",
        default: "true",
        about: "Answer from backups at once and then look for newer ones; else only while upstream is away.",
    },
    Setting {
        flag: "proxy-headers",
        variable: "PROXY_HEADERS",
        lambda: Some("AWS_APPCONFIG_EXTENSION_PROXY_HEADERS"),
        value: "HEADERS",
        default: "none",
        about: "Send these headers to the proxy: \"name: value\", several separated by commas.",
    },
    Setting {
        flag: "proxy-url",
        variable: "PROXY_URL",
        lambda: Some("AWS_APPCONFIG_EXTENSION_PROXY_URL"),
        value: "URL",
        default: "none",
        about: "Reach upstream through this HTTP proxy.",
    },
    Setting {
        flag: "request-timeout",
        variable: "REQUEST_TIMEOUT",
        lambda: Some("AWS_APPCONFIG_EXTENSION_POLL_TIMEOUT_MILLIS"),
        value: "DURATION",
        default: "3000ms",
        about: "How long upstream may take, 1ms to 10m: milliseconds, or a number with ms or s.",
    },
    Setting {
        flag: "role-arn",
        variable: "ROLE_ARN",
        lambda: Some("AWS_APPCONFIG_EXTENSION_ROLE_ARN"),
        value: "ARN",
        default: "none",
        about: "Assume this role to read configurations.",
    },
    Setting {
        flag: "role-external-id",
        variable: "ROLE_EXTERNAL_ID",
        lambda: Some("AWS_APPCONFIG_EXTENSION_ROLE_EXTERNAL_ID"),
        value: "ID",
        default: "none",
        about: "The external id to assume the role with.",
    },
    Setting {
        flag: "role-session-name",
        variable: "ROLE_SESSION_NAME",
        lambda: Some("AWS_APPCONFIG_EXTENSION_ROLE_SESSION_NAME"),
        value: "NAME",
        default: "AWSAppConfigAgent",
        about: "The session's name under which the role is assumed.",
    },
    Setting {
        flag: "service-region",
        variable: "SERVICE_REGION",
        lambda: Some("AWS_APPCONFIG_EXTENSION_SERVICE_REGION"),
        value: "REGION",
        default: "as AWS's SDKs find it; of a Tidegate node, us-east-1",
        about: "The region of the service.",
    },
    Setting {
        flag: "stream",
        variable: "TIDEGATE_AGENT_STREAM",
        lambda: None,
        value: "BOOL",
        default: "true",
        about: "Hear of changes from a Tidegate node at once; without it, it is polled as AWS is.",
    },
];

/// What an agent was told, judged.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Tidegate node to ask instead of AWS.
    pub upstream: Option<String>,
    /// What callers must present.
    pub access_token: Option<Secret>,
    /// Where copies are kept.
    pub backup_directory: Option<PathBuf>,
    /// Where assignments are recorded.
    pub assignment_log: Option<AssignmentLog>,
    /// The size at which a new file of the assignment log is begun.
    pub assignment_log_rotate_bytes: u64,
    /// Where to listen.
    pub host: Host,
    /// On which port.
    pub port: u16,
    /// Further names by which it may be called.
    pub allowed_hosts: Vec<String>,
    /// Files to answer from.
    pub local_directory: Option<PathBuf>,
    /// What is logged.
    pub log_level: LogLevel,
    /// Where it is logged.
    pub log_path: Option<PathBuf>,
    /// What to do with which configuration.
    pub manifest: Option<ManifestSource>,
    /// Whether to listen only when the manifest has been carried out.
    pub wait_on_manifest: bool,
    /// Requests to upstream at a time.
    pub max_connections: usize,
    /// Configurations that are kept.
    pub max_configurations: usize,
    /// What OFREP answers from where a base URL names no configuration.
    pub ofrep_configuration: Option<Name>,
    /// Origins whose pages may ask over OFREP; `*` stands for all.
    pub ofrep_origins: Vec<String>,
    /// How often upstream is asked.
    pub poll_interval: Duration,
    /// What is fetched at start.
    pub prefetch: Vec<Name>,
    /// Whether backups are served before upstream was asked.
    pub preload_backups: bool,
    /// What the proxy is sent.
    pub proxy_headers: HeaderMap,
    /// The proxy on the way to upstream.
    pub proxy_url: Option<String>,
    /// How long upstream may take.
    pub request_timeout: Duration,
    /// The role that reads configurations, unless the manifest names another.
    pub role: Option<Role>,
    /// The service's region.
    pub region: Option<String>,
    /// Whether changes are heard of at once, where upstream can tell.
    pub stream: bool,
}

/// A text that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Where assignments are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignmentLog {
    /// On standard error.
    Stderr,
    /// In files below this directory.
    Files(PathBuf),
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// Everywhere.
    All,
    /// On 127.0.0.1 and, if there is one, on ::1.
    Localhost,
    /// On one address.
    Address(IpAddr),
    /// On a name's address.
    Name(String),
}

/// How much is logged. AWS knows one level more than there is a use for: `fatal` is errors alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
    None,
}

/// Where the manifest stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestSource {
    /// In a file.
    File(PathBuf),
    /// In the setting itself.
    Inline(String),
    /// In a configuration, and read anew whenever that changes.
    Configuration(Name),
}

/// A role to read configurations with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// An external id.
    pub external_id: Option<String>,
    /// A name for the session.
    pub session_name: Option<String>,
    /// How long credentials are valid.
    pub duration: Option<Duration>,
}

/// A setting that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The flag or variable that it was given by.
    pub by: String,
    /// What was given, unless it is secret.
    pub given: Option<String>,
    /// What it has to be.
    pub expected: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.given {
            Some(given) => write!(formatter, "{} {given:?} is not right: it has to be {}", self.by, self.expected),
            None => write!(formatter, "{} is not right: it has to be {}", self.by, self.expected),
        }
    }
}

impl std::error::Error for Wrong {}

impl Settings {
    /// Reads settings from flags, and where there is none from the environment. What is empty is not set.
    ///
    /// # Errors
    /// The first value that is wrong.
    pub fn read(
        flag: impl Fn(&str) -> Option<String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Wrong> {
        let given = Given { flag: &flag, variable: &variable };
        let role_arn = given.text("role-arn");
        let role = role_arn.map(|arn| Role {
            arn: arn.text,
            external_id: given.text("role-external-id").map(|it| it.text),
            session_name: given.text("role-session-name").map(|it| it.text),
            duration: None,
        });
        let path = |flag| given.text(flag).map(|it| PathBuf::from(it.text));
        let rotate_kib =
            given.parse("assignment-log-rotate-kib", "a number from 1 to 67108864", |text| number(text, 1, 1 << 26))?;
        let settings = Self {
            upstream: given.parse("upstream", "a URL such as http://127.0.0.1:8787", url)?,
            access_token: given.parse_secret("access-token", "visible characters without spaces", access_token)?,
            backup_directory: path("backup-directory"),
            assignment_log: given.parse("assignment-log", "stderr, or file: and a directory", assignment_log)?,
            assignment_log_rotate_bytes: rotate_kib.unwrap_or(65_536) * 1_024,
            host: given
                .parse("http-host", "all, localhost, an IP address or a host name", host)?
                .unwrap_or(Host::Localhost),
            port: given
                .parse("http-port", "a port from 0 to 65535", |text| text.parse().ok())?
                .unwrap_or(2_772),
            allowed_hosts: given.text("allowed-hosts").map(|it| list(&it.text).map(str::to_owned).collect()).unwrap_or_default(),
            local_directory: path("local-development-directory"),
            log_level: given
                .parse("log-level", "trace, debug, info, warn, error, fatal or none", log_level)?
                .unwrap_or(LogLevel::Info),
            log_path: path("log-path"),
            manifest: given.parse("manifest", "file:PATH, a JSON object, or App:Env:Conf", manifest_source)?,
            wait_on_manifest: given.flag("wait-on-manifest")?.unwrap_or(true),
            max_connections: given
                .parse("max-connections", "a number from 1 to 1000", |text| number(text, 1, 1_000))?
                .map_or(3, |number| usize::try_from(number).unwrap_or(3)),
            max_configurations: given
                .parse("max-configurations", "a number from 1 to 100000", |text| number(text, 1, 100_000))?
                .map_or(1_000, |number| usize::try_from(number).unwrap_or(1_000)),
            ofrep_configuration: given.parse("ofrep-configuration", "App:Env:Conf", name_of_either_form)?,
            ofrep_origins: given
                .parse(
                    "ofrep-origins",
                    "*, or origins such as https://shop.example or http://localhost:3000, several separated by commas",
                    |text| list(text).map(origin).collect(),
                )?
                .unwrap_or_default(),
            poll_interval: given
                .parse("poll-interval", "from 1s to 24h: seconds, or a number with s, m or h, such as 45s", |text| {
                    poll_interval(text)
                })?
                .unwrap_or(Duration::from_secs(45)),
            prefetch: given
                .parse(
                    "prefetch-list",
                    "App:Env:Conf or /applications/App/environments/Env/configurations/Conf, several separated by commas",
                    |text| list(text).map(name_of_either_form).collect(),
                )?
                .unwrap_or_default(),
            preload_backups: given.flag("preload-backups")?.unwrap_or(true),
            proxy_headers: given
                .parse_secret("proxy-headers", "\"name: value\", several separated by commas", proxy_headers)?
                .unwrap_or_default(),
            proxy_url: given.parse_secret("proxy-url", "a URL such as http://proxy.example.com:3128", url)?,
            request_timeout: given
                .parse("request-timeout", "from 1ms to 10m: milliseconds, or a number with ms or s, such as 3s", |text| {
                    request_timeout(text)
                })?
                .unwrap_or(Duration::from_secs(3)),
            role,
            region: given
                .parse("service-region", "a region such as eu-west-1", |text| is_region(text).then(|| text.to_owned()))?,
            stream: given.flag("stream")?.unwrap_or(true),
        };
        Ok(settings)
    }
}

/// Where values come from.
struct Given<'a> {
    flag: &'a dyn Fn(&str) -> Option<String>,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

struct Text {
    by: String,
    text: String,
}

impl Given<'_> {
    fn text(&self, flag: &str) -> Option<Text> {
        let setting = SETTINGS.iter().find(|setting| setting.flag == flag);
        let setting = setting.expect("every setting that is read stands in the table");
        let of_flag = (self.flag)(flag).map(|text| Text { by: format!("--{flag}"), text });
        let of_variable = |name: &str| (self.variable)(name).map(|text| Text { by: name.to_owned(), text });
        let given = of_flag.or_else(|| setting.lambda.and_then(of_variable).filter(|it| !it.text.trim().is_empty()));
        let mut given = given.or_else(|| of_variable(setting.variable)).filter(|it| !it.text.trim().is_empty())?;
        given.text = given.text.trim().to_owned();
        Some(given)
    }

    fn parse<T>(&self, flag: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Wrong> {
        let Some(Text { by, text }) = self.text(flag) else { return Ok(None) };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(Wrong { by, given: Some(shown(&text)), expected: expected.to_owned() }),
        }
    }

    fn parse_secret<T>(
        &self,
        flag: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        self.parse(flag, expected, parse).map_err(|wrong| Wrong { given: None, ..wrong })
    }

    fn flag(&self, flag: &str) -> Result<Option<bool>, Wrong> {
        self.parse(flag, "true or false", |text| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        })
    }
}

/// Enough of a value to recognise it by.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(200).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn number(text: &str, least: u64, most: u64) -> Option<u64> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

fn url(text: &str) -> Option<String> {
    let uri: http::Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    (is_http && uri.host().is_some_and(|host| !host.is_empty())).then(|| text.trim_end_matches('/').to_owned())
}

fn origin(text: &str) -> Option<String> {
    let host = text.split_once("://").map_or("/", |(_, host)| host);
    let is_origin = url(text).is_some_and(|url| url == text) && !host.contains(['/', '?', '#', '@']);
    (text == "*" || is_origin).then(|| text.to_owned())
}

fn access_token(text: &str) -> Option<Secret> {
    text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| Secret(text.to_owned()))
}

fn assignment_log(text: &str) -> Option<AssignmentLog> {
    if text.eq_ignore_ascii_case("stderr") {
        return Some(AssignmentLog::Stderr);
    }
    let directory = text.strip_prefix("file:").filter(|directory| !directory.is_empty())?;
    Some(AssignmentLog::Files(directory.strip_prefix("//").unwrap_or(directory).into()))
}

fn host(text: &str) -> Option<Host> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse() {
        return Some(Host::Address(address));
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    match text.to_ascii_lowercase().as_str() {
        "all" => Some(Host::All),
        "localhost" => Some(Host::Localhost),
        name if name.bytes().all(is_name) && name.len() <= 253 => Some(Host::Name(name.to_owned())),
        _ => None,
    }
}

fn log_level(text: &str) -> Option<LogLevel> {
    Some(match text.to_ascii_lowercase().as_str() {
        "trace" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" | "warning" => LogLevel::Warn,
        "error" => LogLevel::Error,
        "fatal" => LogLevel::Fatal,
        "none" | "off" => LogLevel::None,
        _ => return None,
    })
}

fn manifest_source(text: &str) -> Option<ManifestSource> {
    if text.starts_with('{') {
        return Some(ManifestSource::Inline(text.to_owned()));
    }
    if let Some(path) = text.strip_prefix("file:").filter(|path| !path.is_empty()) {
        return Some(ManifestSource::File(path.strip_prefix("//").unwrap_or(path).into()));
    }
    Name::of_colons(text).map(ManifestSource::Configuration)
}

fn name_of_either_form(text: &str) -> Option<Name> {
    if text.starts_with('/') { Name::of_path(text) } else { Name::of_colons(text) }
}

fn proxy_headers(text: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for item in list(text) {
        let (name, value) = item.split_once(':')?;
        headers.append(name.trim().parse::<HeaderName>().ok()?, value.trim().parse::<HeaderValue>().ok()?);
    }
    Some(headers)
}

fn is_region(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(is_part)
}

fn poll_interval(text: &str) -> Option<Duration> {
    let duration = duration(text, "s")?;
    (Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&duration).then_some(duration)
}

fn request_timeout(text: &str) -> Option<Duration> {
    let duration = duration(text, "ms")?;
    (Duration::from_millis(1)..=Duration::from_secs(600)).contains(&duration).then_some(duration)
}

/// Reads a whole number with `ms`, `s`, `m` or `h` behind it, or with nothing for the unit given.
pub(crate) fn duration(text: &str, unit: &str) -> Option<Duration> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let number: u64 = digits.parse().ok()?;
    let ms = match suffix.trim() {
        "" => return duration(&format!("{number}{unit}"), unit).filter(|_| !unit.is_empty()),
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(ms).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Settings, Wrong> {
        let of = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let (flags, variables) = (of(flags), of(variables));
        Settings::read(|name| flags.get(name).cloned(), |name| variables.get(name).cloned())
    }

    #[test]
    fn nothing_set_is_awss_defaults() {
        let settings = read(&[], &[]).unwrap();
        assert_eq!((settings.host, settings.port), (Host::Localhost, 2772));
        assert_eq!(settings.poll_interval, Duration::from_secs(45));
        assert_eq!(settings.request_timeout, Duration::from_secs(3));
        assert_eq!(settings.max_connections, 3);
        assert!(settings.preload_backups && settings.wait_on_manifest && settings.upstream.is_none());
    }

    #[test]
    fn a_flag_wins_over_lambdas_name_and_that_over_the_containers() {
        let variables = [("POLL_INTERVAL", "10"), ("AWS_APPCONFIG_EXTENSION_POLL_INTERVAL_SECONDS", "20")];
        assert_eq!(read(&[], &variables[..1]).unwrap().poll_interval, Duration::from_secs(10));
        assert_eq!(read(&[], &variables).unwrap().poll_interval, Duration::from_secs(20));
        assert_eq!(read(&[("poll-interval", "2m")], &variables).unwrap().poll_interval, Duration::from_secs(120));
        let empty = [("POLL_INTERVAL", "10"), ("AWS_APPCONFIG_EXTENSION_POLL_INTERVAL_SECONDS", " ")];
        assert_eq!(read(&[], &empty).unwrap().poll_interval, Duration::from_secs(10), "what is empty is not set");
    }

    #[test]
    fn durations_have_units() {
        let seconds = |text| poll_interval(text).map(|it| it.as_secs());
        assert_eq!(["60", "60s", "1m"].map(seconds), [Some(60); 3]);
        assert_eq!(
            ["24h", "86401", "0", "-1", "1.5", "45 d", "", "s", "99999999999999999999"].map(seconds),
            [Some(86_400), None, None, None, None, None, None, None, None]
        );
        assert_eq!(request_timeout("250"), Some(Duration::from_millis(250)));
        assert_eq!(request_timeout("2s"), Some(Duration::from_secs(2)));
    }

    #[test]
    fn each_setting_that_is_wrong_says_who_said_it_and_what_is_right() {
        let wrong = [
            ("upstream", "tidegate:8787"),
            ("assignment-log", "syslog"),
            ("assignment-log-rotate-kib", "0"),
            ("http-host", "not a name"),
            ("http-port", "65536"),
            ("log-level", "loud"),
            ("manifest", "App:Env"),
            ("wait-on-manifest", "maybe"),
            ("max-connections", "0"),
            ("max-configurations", "many"),
            ("ofrep-configuration", "App:Env"),
            ("ofrep-origins", "https://shop.example/page"),
            ("poll-interval", "soon"),
            ("prefetch-list", "App:Env:Conf,/applications/a"),
            ("preload-backups", "2"),
            ("request-timeout", "0"),
            ("service-region", "Frankfurt"),
            ("stream", "perhaps"),
        ];
        for (flag, value) in wrong {
            let error = read(&[(flag, value)], &[]).unwrap_err();
            assert_eq!((&*error.by, error.given.as_deref()), (&*format!("--{flag}"), Some(value)));
            assert!(!error.expected.is_empty());
            let setting = SETTINGS.iter().find(|setting| setting.flag == flag).unwrap();
            assert_eq!(read(&[], &[(setting.variable, value)]).unwrap_err().by, setting.variable);
            if let Some(lambda) = setting.lambda {
                assert_eq!(read(&[], &[(lambda, value)]).unwrap_err().by, lambda);
            }
        }
        let secret = [("access-token", "pass word"), ("proxy-headers", "no colon"), ("proxy-url", "user:word@host")];
        for (flag, value) in secret {
            let error = read(&[(flag, value)], &[]).unwrap_err().to_string();
            assert!(error.contains(flag) && !error.contains(value), "{error}");
        }
    }

    #[test]
    fn the_manifest_is_a_file_a_configuration_or_the_text_itself() {
        assert_eq!(manifest_source("file:/m.json"), Some(ManifestSource::File("/m.json".into())));
        assert_eq!(manifest_source("{\"a:b:c\":{}}"), Some(ManifestSource::Inline("{\"a:b:c\":{}}".into())));
        let name = Name::new("App", "Env", "Conf").unwrap();
        assert_eq!(manifest_source("App:Env:Conf"), Some(ManifestSource::Configuration(name)));
    }

    #[test]
    fn both_forms_of_a_prefetch_list_are_read() {
        let list = "a:b:c, /applications/a%2Fx/environments/b/configurations/c ,";
        let settings = read(&[("prefetch-list", list)], &[]).unwrap();
        assert_eq!(settings.prefetch, [Name::new("a", "b", "c").unwrap(), Name::new("a/x", "b", "c").unwrap()]);
    }
}
