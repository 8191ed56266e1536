//! The server under test, one for each test that starts it, and SDK clients that talk to it.

// Each file of tests is a crate of its own and uses a part of this.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_appconfig::config::retry::RetryConfig;
use aws_sdk_appconfig::config::timeout::TimeoutConfig;
use aws_sdk_appconfig::config::{AsyncSleep, Region, Sleep, StalledStreamProtectionConfig};

/// How long a freshly started binary may take until it says that it listens.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running Tidegate; it ends and its data goes with this value.
pub struct Server {
    url: String,
    child: Child,
    directory: PathBuf,
}

impl Server {
    /// Starts `TIDEGATE_BIN` with a manual clock and a data directory of its own.
    pub fn start() -> Server {
        Self::start_prepared("manual", |_, _| ()).0
    }

    /// Starts it with access keys of these names and policies; their ids and secrets come along.
    pub fn start_checked<const N: usize>(keys: [(&str, &str); N]) -> (Server, [(String, String); N]) {
        Self::start_prepared("system", |binary, data| {
            keys.map(|(name, policy)| {
                let made = Command::new(binary)
                    .args(["keys", "create", name, "--policy", policy, "--data"])
                    .arg(data)
                    .output()
                    .unwrap();
                let said = String::from_utf8_lossy(&made.stdout).into_owned();
                let value = |name: &str| {
                    let (_, rest) = said.split_once(name).unwrap_or_else(|| panic!("no key was made: {said}"));
                    rest.split_whitespace().next().unwrap().to_owned()
                };
                (value("AWS_ACCESS_KEY_ID="), value("AWS_SECRET_ACCESS_KEY="))
            })
        })
    }

    fn start_prepared<T>(clock: &str, prepare: impl FnOnce(&std::path::Path, &std::path::Path) -> T) -> (Server, T) {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("tidegate-rust-sdk-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let binary = std::env::var_os("TIDEGATE_BIN")
            .map(PathBuf::from)
            .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../target/debug/tidegate"));
        let prepared = prepare(&binary, &directory.join("data"));
        let log = std::fs::File::create(directory.join("log")).unwrap();
        let mut child = Command::new(&binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--clock", clock, "--data"])
            .arg(directory.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {}: {e}", binary.display()));

        // The thread goes on reading after the address is known, so that the server never writes to a full pipe.
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (said, hear) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on ") {
                    let url = rest.split_whitespace().next().unwrap_or_default().to_owned();
                    let _ = said.send(url);
                }
            }
        });
        let mut server = Server { url: String::new(), child, directory };
        server.url = hear.recv_timeout(START_LIMIT).expect("the server said where it listens");
        (server, prepared)
    }

    /// A control-plane client that signs with this key.
    pub fn control_as(&self, id: &str, secret: &str) -> aws_sdk_appconfig::Client {
        let credentials = Credentials::new(id, secret, None, None, "tests");
        let settings = self.control_settings("").credentials_provider(credentials);
        aws_sdk_appconfig::Client::from_conf(settings.build())
    }

    /// A control-plane client for `account`.
    pub fn control(&self, account: &'static str) -> aws_sdk_appconfig::Client {
        aws_sdk_appconfig::Client::from_conf(self.control_settings(account).build())
    }

    /// A control-plane client that moves the server's clock instead of sleeping, for its waiters.
    pub fn control_whose_sleeps_move_the_clock(&self, account: &'static str) -> aws_sdk_appconfig::Client {
        // Whatever else would race a request against a sleep is switched off: that sleep would be over at once.
        let settings = self
            .control_settings(account)
            .sleep_impl(MoveTheClock { url: self.url.clone() })
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        aws_sdk_appconfig::Client::from_conf(settings.build())
    }

    /// A data-plane client for `account`.
    pub fn data(&self, account: &'static str) -> aws_sdk_appconfigdata::Client {
        let settings = aws_sdk_appconfigdata::Config::builder()
            .endpoint_url(&self.url)
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new(account, "any", None, None, "tests"))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        aws_sdk_appconfigdata::Client::from_conf(settings.build())
    }

    fn control_settings(&self, account: &'static str) -> aws_sdk_appconfig::config::Builder {
        aws_sdk_appconfig::Config::builder()
            .endpoint_url(&self.url)
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new(account, "any", None, None, "tests"))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    }

    /// Moves the server's clock; every step that became due has been taken when it returns.
    pub fn advance(&self, seconds: u64) {
        advance(&self.url, seconds);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            eprintln!("--- the server's log ---\n{log}");
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Turns the SDK's sleeps into steps of the server's clock.
#[derive(Debug)]
struct MoveTheClock {
    url: String,
}

impl AsyncSleep for MoveTheClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let url = self.url.clone();
        Sleep::new(async move { advance(&url, duration.as_secs().max(1)) })
    }
}

fn advance(url: &str, seconds: u64) {
    let address = url.strip_prefix("http://").expect("an http address");
    let body = format!("{{\"seconds\": {seconds}}}");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /_tidegate/clock/advance HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 2"), "the clock did not move: {answer}");
}
