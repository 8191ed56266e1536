//! etcd: clusters of a test's own, with one member or more.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::{Process, Signal};
use crate::programs::find;
use crate::{Proxy, eventually, free_port};

/// Elections take about a second with etcd's defaults; tests have less patience. Syncs to disk are as in earnest.
const HEARTBEAT_MS: &str = "50";
const ELECTION_MS: &str = "500";

/// A cluster. Dropping it ends its members and removes their directories.
pub struct Etcd {
    members: Vec<Member>,
    setup: Setup,
}

/// What a cluster has beside the usual.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Flags of each member.
    pub flags: Vec<&'static str>,
    /// With TLS, clients need a certificate.
    pub tls: Option<TlsFiles>,
    /// Whether members can be cut off from each other; see [`Etcd::mute`].
    pub is_breakable: bool,
}

struct Member {
    name: String,
    client_port: u16,
    peer_port: u16,
    /// Where the other members connect to, if not to the port itself.
    peer_proxy: Option<Proxy>,
    directory: PathBuf,
    process: Option<Process>,
}

/// Files in PEM form, with which clients and members show who they are.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The members' certificate and key.
    pub member: (PathBuf, PathBuf),
    /// The clients' certificate and key.
    pub client: (PathBuf, PathBuf),
}

impl Etcd {
    /// Starts a cluster of so many members.
    #[track_caller]
    pub fn start(members: usize) -> Etcd {
        Etcd::start_with(members, &Setup::default())
    }

    /// Starts a cluster that is set up like this.
    #[track_caller]
    pub fn start_with(members: usize, setup: &Setup) -> Etcd {
        eventually("a cluster of etcd starts", || Etcd::try_start(members, setup))
    }

    /// The cluster of one member that the tests of this process share; each takes a [prefix of its own](Etcd::url).
    #[track_caller]
    pub fn shared() -> &'static Etcd {
        static SHARED: OnceLock<Etcd> = OnceLock::new();
        SHARED.get_or_init(|| Etcd::start(1))
    }

    /// A prefix that no other test of this process has.
    pub fn fresh_prefix() -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        format!("/test-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    /// How to reach these addresses, or all members if there are none, with this prefix.
    pub fn url(&self, login: &str, addresses: &[SocketAddr], prefix: &str) -> String {
        let own: Vec<_> = (0..self.members.len()).map(|place| self.address(place)).collect();
        let addresses = if addresses.is_empty() { &own } else { addresses };
        let addresses: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
        let options = self.setup.tls.as_ref().map_or_else(String::new, |tls| {
            let (cert, key) = &tls.client;
            format!("?ca={}&cert={}&key={}", tls.ca.display(), cert.display(), key.display())
        });
        format!("etcd://{login}{}{prefix}{options}", addresses.join(","))
    }

    /// How many members there are.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// Where a member listens for clients.
    pub fn address(&self, place: usize) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.members[place].client_port).into()
    }

    /// The place of the member that leads, as soon as most agree on one.
    #[track_caller]
    pub fn leader(&self) -> usize {
        eventually("a member leads", || {
            let mut leaders = Vec::new();
            for place in self.running() {
                // MEMBER and LEADER are the last ids of the header and of the status, in hexadecimal.
                let status =
                    self.try_ctl(&[place], &["endpoint", "status", "--write-out", "fields"]).unwrap_or_default();
                let field = |name: &str| {
                    let line = status.lines().find(|line| line.starts_with(&format!("\"{name}\"")))?;
                    line.rsplit(' ').next().map(str::to_owned)
                };
                leaders.push((place, field("MemberID"), field("Leader").filter(|leader| leader != "0")));
            }
            let leader = leaders.iter().find(|(_, member, leader)| member == leader && member.is_some())?;
            let agreeing = leaders.iter().filter(|(_, _, named)| *named == leader.1).count();
            (2 * agreeing > self.members.len()).then_some(leader.0)
        })
    }

    /// Runs `etcdctl` with all running members, and returns what it says.
    #[track_caller]
    pub fn ctl(&self, arguments: &[&str]) -> String {
        let members: Vec<_> = self.running().collect();
        self.try_ctl(&members, arguments).unwrap_or_else(|error| panic!("etcdctl {arguments:?}: {error}"))
    }

    /// Runs `etcdctl` with these members; what it says may be a failure.
    pub fn try_ctl(&self, members: &[usize], arguments: &[&str]) -> Result<String, String> {
        let scheme = if self.setup.tls.is_some() { "https" } else { "http" };
        let endpoints: Vec<_> = members.iter().map(|place| format!("{scheme}://{}", self.address(*place))).collect();
        let mut command = Command::new(find("etcdctl"));
        command.env("ETCDCTL_API", "3").stdin(Stdio::null());
        command.args(["--command-timeout=10s", "--endpoints", &endpoints.join(",")]);
        if let Some(tls) = &self.setup.tls {
            // Names are what a test of its own may be about.
            command.arg("--insecure-skip-tls-verify").arg("--cert").arg(&tls.client.0).arg("--key").arg(&tls.client.1);
        }
        let output = command.args(arguments).output().expect("etcdctl can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Ends a member as a failure of its machine would.
    #[track_caller]
    pub fn kill(&mut self, place: usize) {
        self.end(place, Signal::Kill);
    }

    /// Ends a member in good order.
    #[track_caller]
    pub fn stop(&mut self, place: usize) {
        self.end(place, Signal::Terminate);
    }

    /// Starts a member again, where it was.
    #[track_caller]
    pub fn restart(&mut self, place: usize) {
        assert!(self.members[place].process.is_none(), "the member runs");
        eventually("a member starts again", || self.try_run(place).then_some(()));
        eventually("a member that started again answers", || self.is_well(place).then_some(()));
    }

    /// Freezes a member: connections stay, and it does not answer.
    pub fn pause(&self, place: usize) {
        self.process(place).signal(Signal::Stop);
    }

    /// Lets a frozen member go on.
    pub fn resume(&self, place: usize) {
        self.process(place).signal(Signal::Continue);
    }

    /// Holds everything on connections that other members have made to this one, in a cluster that is breakable. What a
    /// member has to say goes over these, so that nobody hears of it any more, while it still hears of others: a
    /// partition in one direction.
    pub fn mute(&self, place: usize) {
        self.peer_proxy(place).hold();
    }

    /// Lets a member be heard again.
    pub fn unmute(&self, place: usize) {
        self.peer_proxy(place).pass();
    }

    /// What a member has logged.
    pub fn log(&self, place: usize) -> String {
        String::from_utf8_lossy(&fs::read(self.members[place].directory.join("log")).unwrap_or_default()).into_owned()
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        (0..self.members.len()).filter(|place| self.members[*place].process.is_some())
    }

    fn process(&self, place: usize) -> &Process {
        self.members[place].process.as_ref().expect("the member runs")
    }

    fn peer_proxy(&self, place: usize) -> &Proxy {
        self.members[place].peer_proxy.as_ref().expect("the cluster is breakable")
    }

    #[track_caller]
    fn end(&mut self, place: usize, signal: Signal) {
        self.members[place].process.take().expect("the member runs").end(signal);
    }

    fn try_start(count: usize, setup: &Setup) -> Option<Etcd> {
        let member = |number: usize| {
            let directory = tempfile::Builder::new().prefix("tidegate-etcd-").tempdir();
            let peer_port = free_port();
            Member {
                name: format!("member-{number}"),
                client_port: free_port(),
                peer_port,
                peer_proxy: setup.is_breakable.then(|| Proxy::start((Ipv4Addr::LOCALHOST, peer_port).into())),
                directory: directory.expect("the directory for temporary files can be written").keep(),
                process: None,
            }
        };
        let members = (1..=count).map(member).collect();
        let mut etcd = Etcd { members, setup: setup.clone() };
        // A port that was free may be taken by now: then all of them are chosen again.
        let run = (0..count).all(|place| etcd.try_run(place));
        let is_up = run && {
            let deadline = std::time::Instant::now() + crate::HANG / 2;
            loop {
                if (0..count).all(|place| etcd.is_well(place)) {
                    break true;
                }
                if std::time::Instant::now() > deadline || etcd.members.iter().any(|member| !member.is_running()) {
                    break false;
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        };
        is_up.then_some(etcd)
    }

    fn is_well(&self, place: usize) -> bool {
        // Without a login this is refused where one is needed, which only a member that is well can do.
        match self.try_ctl(&[place], &["get", "nothing"]) {
            Ok(_) => true,
            Err(error) => error.contains("user name is empty"),
        }
    }

    fn try_run(&mut self, place: usize) -> bool {
        let scheme = if self.setup.tls.is_some() { "https" } else { "http" };
        let cluster: Vec<_> =
            self.members.iter().map(|member| format!("{}={}", member.name, member.peer_url())).collect();
        let member = &self.members[place];
        let client = format!("{scheme}://127.0.0.1:{}", member.client_port);
        let text = |path: &Path| path.to_str().expect("paths of tests are text").to_owned();
        let mut command = vec![text(&find("etcd"))];
        let mut flag = |name: &str, value: &str| command.push(format!("--{name}={value}"));
        flag("name", &member.name);
        flag("data-dir", &text(&member.directory.join("data")));
        flag("listen-client-urls", &client);
        flag("advertise-client-urls", &client);
        flag("listen-peer-urls", &format!("http://127.0.0.1:{}", member.peer_port));
        flag("initial-advertise-peer-urls", &member.peer_url());
        flag("initial-cluster", &cluster.join(","));
        flag("initial-cluster-token", &text(&self.members[0].directory));
        flag("heartbeat-interval", HEARTBEAT_MS);
        flag("election-timeout", ELECTION_MS);
        flag("logger", "zap");
        flag("log-level", "warn");
        if let Some(tls) = &self.setup.tls {
            flag("trusted-ca-file", &text(&tls.ca));
            flag("cert-file", &text(&tls.member.0));
            flag("key-file", &text(&tls.member.1));
            flag("client-cert-auth", "true");
        }
        command.extend(self.setup.flags.iter().map(|flag| (*flag).to_owned()));
        let command: Vec<_> = command.iter().map(String::as_str).collect();
        let log = member.directory.join("log");
        let process = Process::start(&command, None, &member.directory, &log, Signal::Kill);
        self.members[place].process = Some(process);
        // It exits at once if a port is taken.
        std::thread::sleep(std::time::Duration::from_millis(20));
        self.members[place].is_running()
    }
}

impl Member {
    fn peer_url(&self) -> String {
        let port = self.peer_proxy.as_ref().map_or(self.peer_port, |proxy| proxy.address().port());
        format!("http://127.0.0.1:{port}")
    }

    fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_running)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // A process takes its directory with it; one that was ended before has left it.
        drop(self.process.take());
        let _ = fs::remove_dir_all(&self.directory);
    }
}
