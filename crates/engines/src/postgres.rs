//! PostgreSQL: clusters of a test's own, with standbys.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::{Process, Signal, as_user};
use crate::programs::find;
use crate::{eventually, free_port};

/// The superuser of each cluster; nobody is asked for a password unless a test says so.
pub const USER: &str = "tidegate";

/// Everything is as durable as in earnest; only what is there before a test begins need not be.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = '32MB'
fsync = on
synchronous_commit = on
wal_level = replica
max_wal_senders = 8
hot_standby = on
# A standby whose primary went away looks for it again at once, and not after five seconds.
wal_retrieve_retry_interval = '100ms'
# In the data directory, so that nothing of a killed server stays in /dev/shm.
dynamic_shared_memory_type = mmap
";

/// A cluster: a directory, and most of the time a server on it. Dropping it ends the server and removes the directory.
pub struct Postgres {
    directory: PathBuf,
    port: u16,
    user: Option<&'static str>,
    process: Option<Process>,
}

/// What a cluster has beside the usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup<'a> {
    /// Lines of `postgresql.conf`.
    pub settings: &'a str,
    /// The whole of `pg_hba.conf`; if empty, everybody on this machine is trusted.
    pub hba: &'a str,
    /// Files in the data directory, readable for the server alone: keys and certificates.
    pub files: &'a [(&'a str, &'a str)],
}

impl Postgres {
    /// Starts a server on a new cluster.
    #[track_caller]
    pub fn start() -> Postgres {
        Postgres::start_with(Setup::default())
    }

    /// Starts a server on a new cluster that is set up like this.
    #[track_caller]
    pub fn start_with(setup: Setup<'_>) -> Postgres {
        let mut postgres = Postgres::empty();
        let data = postgres.data();
        let mut initdb = postgres.program("initdb");
        initdb.arg("--pgdata").arg(&data).args(["--username", USER, "--auth", "trust", "--encoding", "UTF8"]);
        run(initdb.args(["--locale", "C", "--no-sync", "--no-instructions"]));
        postgres.append("postgresql.conf", &format!("{SETTINGS}\n{}\n", setup.settings));
        if !setup.hba.is_empty() {
            fs::write(data.join("pg_hba.conf"), setup.hba).expect("the data directory can be written");
        }
        for (name, content) in setup.files {
            postgres.write_private(name, content);
        }
        postgres.run();
        postgres
    }

    /// The server that the tests of this process share; each takes a [database of its own](Postgres::fresh_database).
    #[track_caller]
    pub fn shared() -> &'static Postgres {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Postgres::start)
    }

    /// Makes a standby of this server that follows it under this name, and waits until it does.
    #[track_caller]
    pub fn standby(&self, name: &str) -> Postgres {
        let mut standby = Postgres::empty();
        let primary = format!("host=127.0.0.1 port={} user={USER} application_name={name}", self.port);
        let mut backup = standby.program("pg_basebackup");
        backup.arg("--pgdata").arg(standby.data()).args(["--dbname", &primary, "--write-recovery-conf"]);
        run(backup.args(["--wal-method", "stream", "--checkpoint", "fast", "--no-sync"]));
        standby.run();
        let follows = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming'"
        );
        eventually("the standby follows", || (self.sql("postgres", &follows) == "1").then_some(()));
        standby
    }

    /// Makes commits wait for these standbys, as `synchronous_standby_names` has it; for none, if empty.
    #[track_caller]
    pub fn wait_for_standbys(&self, names: &str) {
        self.sql("postgres", &format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"));
        self.sql("postgres", "SELECT pg_reload_conf()");
        eventually("the server knows whom to wait for", || {
            (self.sql("postgres", "SHOW synchronous_standby_names") == names).then_some(())
        });
        if !names.is_empty() {
            let sync = "SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')";
            eventually("a standby is synchronous", || (self.sql("postgres", sync) == "t").then_some(()));
        }
    }

    /// Makes a standby the primary.
    #[track_caller]
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote(true, 60)"), "t", "the standby was promoted");
    }

    /// Makes a database of this test's own, and returns its name.
    #[track_caller]
    pub fn fresh_database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        name
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Runs statements, and returns what they say: a line for each row, `|` between columns.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs statements that may fail.
    pub fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(find("psql"));
        psql.args(["--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"]);
        psql.args(["--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1", "--username", USER, "--dbname", database]);
        psql.args(["--port", &self.port.to_string(), "--command", sql]).stdin(Stdio::null());
        let output = psql.output().expect("psql can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Ends the server as a failure of its machine would: none of its processes gets to do anything any more.
    #[track_caller]
    pub fn kill(&mut self) {
        self.end(Signal::Kill);
    }

    /// Ends the server in good order; connections are closed.
    #[track_caller]
    pub fn stop(&mut self) {
        self.end(Signal::Interrupt);
    }

    /// Starts the server again, on the same port.
    #[track_caller]
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "the server runs");
        eventually("the server starts again", || self.try_run().then_some(()));
    }

    /// Freezes all of the server's processes: connections stay, and nobody answers.
    pub fn pause(&self) {
        self.process.as_ref().expect("the server runs").signal_all(Signal::Stop);
    }

    /// Lets the frozen server go on.
    pub fn resume(&self) {
        if let Some(process) = &self.process {
            process.signal_all(Signal::Continue);
        }
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.join("log")).unwrap_or_default()).into_owned()
    }

    fn empty() -> Postgres {
        let directory = tempfile::Builder::new().prefix("tidegate-postgres-").tempdir();
        let directory = directory.expect("the directory for temporary files can be written").keep();
        // The server refuses to run as root.
        let user = is_root().then_some("postgres");
        if user.is_some() {
            let id = |which: &str| -> u32 {
                let output = Command::new("id").args([which, "postgres"]).output().expect("there is `id`");
                let id = String::from_utf8_lossy(&output.stdout).trim().parse();
                id.expect("Debian's package has made the user postgres")
            };
            chown(&directory, Some(id("-u")), Some(id("-g"))).expect("root may give a directory away");
        }
        Postgres { directory, port: 0, user, process: None }
    }

    #[track_caller]
    fn run(&mut self) {
        // Another process may have taken the port in the meantime.
        eventually("the server starts", || {
            self.port = free_port();
            self.try_run().then_some(())
        });
    }

    fn try_run(&mut self) -> bool {
        let (data, port) = (self.data(), self.port.to_string());
        let program = find("postgres");
        let command = [path(&program), "-D", path(&data), "-p", &port];
        let pid_file = data.join("postmaster.pid");
        // Its directory is still needed if this try fails, and goes away with the last one.
        let process = Process::start(&command, self.user, &self.directory, &self.directory.join("log"), Signal::Quit);
        let ready = eventually("the server starts or ends", || {
            if !process.is_running() {
                return Some(false);
            }
            let lines = fs::read_to_string(&pid_file).unwrap_or_default();
            let is_own = lines.lines().next() == Some(&process.pid().to_string());
            let is_ready = matches!(lines.lines().nth(7).map(str::trim), Some("ready" | "standby"));
            (is_own && is_ready).then_some(true)
        });
        if !ready {
            let log = self.log();
            assert!(log.contains("could not bind") || log.contains("could not create any TCP"), "{log}");
            process.end(Signal::Kill);
            return false;
        }
        self.process = Some(process);
        true
    }

    #[track_caller]
    fn end(&mut self, signal: Signal) {
        self.process.take().expect("the server runs").end(signal);
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = as_user(self.user, path(&find(name)));
        command.current_dir(&self.directory).env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// A setting that takes effect with the next start.
    fn append(&self, name: &str, text: &str) {
        let file = self.data().join(name);
        let old = fs::read_to_string(&file).expect("the data directory can be read");
        fs::write(file, old + text).expect("the data directory can be written");
    }

    /// A file that only the server may read, as it demands of keys.
    fn write_private(&self, name: &str, content: &str) {
        let mut command = as_user(self.user, "sh");
        command.args(["-c", "umask 077; cat >\"$1\"", "sh"]).arg(self.data().join(name)).stdin(Stdio::piped());
        let mut child = command.spawn().expect("there is a shell");
        let mut stdin = child.stdin.take().expect("the input is piped");
        std::io::Write::write_all(&mut stdin, content.as_bytes()).expect("the file can be written");
        drop(stdin);
        assert!(child.wait().expect("a child can be waited for").success(), "{name} was written");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.resume();
        match self.process.take() {
            Some(process) => drop(process),
            None => drop(fs::remove_dir_all(&self.directory)),
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("there is `id`");
    id.stdout.trim_ascii() == b"0"
}

fn path(path: &Path) -> &str {
    path.to_str().expect("paths of programs and temporary files are text")
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_server_has_what_it_confirmed_after_its_restart() {
        let mut postgres = Postgres::start();
        let database = postgres.fresh_database();
        postgres.sql(&database, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
        postgres.kill();
        assert!(postgres.try_sql(&database, "SELECT 1").is_err());
        postgres.restart();
        assert_eq!(postgres.sql(&database, "SELECT n FROM kept"), "7");
    }

    #[test]
    fn a_promoted_standby_has_what_its_primary_confirmed() {
        let mut primary = Postgres::start();
        let standby = primary.standby("second");
        primary.wait_for_standbys("second");
        primary.sql("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
        primary.kill();
        standby.promote();
        assert_eq!(standby.sql("postgres", "SELECT n FROM kept"), "7");
    }

    #[test]
    fn nothing_is_left_of_a_server_that_is_dropped() {
        let postgres = Postgres::start();
        let (directory, pid) = (postgres.directory.clone(), postgres.process.as_ref().unwrap().pid());
        assert!(directory.exists());
        drop(postgres);
        assert!(!directory.exists());
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }

    /// Not a claim of its own: what the test below starts in a process that it then kills.
    #[test]
    #[ignore = "waits to be killed"]
    fn a_process_that_waits_to_be_killed() {
        let postgres = Postgres::start();
        println!("started {} {}", postgres.process.as_ref().unwrap().pid(), postgres.directory.display());
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn nothing_is_left_of_a_server_whose_test_is_killed() {
        use std::io::{BufRead, BufReader};
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--ignored", "--exact", "--nocapture", "postgres::tests::a_process_that_waits_to_be_killed"]);
        let mut test = test.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(test.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.filter_map(|line| line.split_once("started ").map(|(_, rest)| rest.to_owned())).next();
        let (pid, directory) = started.as_deref().and_then(|rest| rest.split_once(' ')).expect("it says so");
        assert!(Path::new(directory).exists());
        test.kill().unwrap();
        test.wait().unwrap();
        eventually("the server and its directory go away", || {
            (!Path::new(directory).exists() && !Path::new(&format!("/proc/{pid}")).exists()).then_some(())
        });
    }
}
