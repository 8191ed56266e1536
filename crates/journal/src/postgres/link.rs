//! The connections to the server that can be written to: two, so that what waits for a commit is in no reader's way.
//!
//! Both are to one server, and it is asked for a commit before it is believed anything. When one breaks, or does not answer
//! in time, the next operation makes new ones: to whichever of the servers is the one now. All are tried at once, so that
//! one that hangs costs nothing. After a failure operations fail at once for a short while, which grows.

use super::explain::Reason;
use super::schema::{self, Absent};
use super::url::PostgresAddress;
use futures_util::StreamExt;
use futures_util::future::poll_fn;
use futures_util::stream::FuturesUnordered;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client, Config};

/// How long to wait after the first failure, and after many in a row.
const BACKOFF: Duration = Duration::from_millis(50);
const BACKOFF_MOST: Duration = Duration::from_secs(1);

/// Tidegate needs `octet_length` without fetching, and nothing newer; older servers are no longer looked after.
const OLDEST: i32 = 150_000;

/// What a session is to be like, whatever the role or the database say.
const SESSION: &str = "
    SET search_path = pg_catalog;
    SET default_transaction_isolation = 'read committed';
    SET idle_session_timeout = 0;
";

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Read,
    Write,
}

/// The channel on which servers tell of new entries.
pub(super) fn channel(schema: &str) -> String {
    format!("tidegate.{schema}")
}

/// Two connections to one server.
pub(super) struct Link {
    reader: Connection,
    writer: Connection,
    pub(super) server: String,
    /// Counts the times that the server said it had not waited for a standby.
    complaints: Arc<AtomicU64>,
}

struct Connection {
    client: Client,
    driver: Driver,
    is_lost: AtomicBool,
}

/// The task that reads and writes the socket. It ends with its owner.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    fn is_usable(&self) -> bool {
        !self.is_lost.load(Ordering::Acquire) && !self.client.is_closed()
    }
}

impl Link {
    pub(super) fn client(&self, need: Need) -> &Client {
        &self.connection(need).client
    }

    pub(super) fn complaints(&self) -> u64 {
        self.complaints.load(Ordering::Acquire)
    }

    /// Waits for an answer, within a limit. A connection that is late, or broken, is not used again.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        need: Need,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Reason> {
        // Given up in the middle, it may leave a statement behind that others would wait for.
        let reason = match timeout(limit, answer).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Reason::from(error),
            Err(_) => Reason::too_late(limit),
        };
        if !reason.is_refusal() || reason.is_read_only() {
            self.connection(need).is_lost.store(true, Ordering::Release);
        }
        Err(reason)
    }

    fn connection(&self, need: Need) -> &Connection {
        match need {
            Need::Read => &self.reader,
            Need::Write => &self.writer,
        }
    }

    /// Who reads may go on while writes wait in vain; a new writer is a new link.
    fn is_usable(&self, need: Need) -> bool {
        self.reader.is_usable() && (need == Need::Read || self.writer.is_usable())
    }
}

/// Keeps a link.
pub(super) struct Links {
    pub address: PostgresAddress,
    bell: Arc<watch::Sender<u64>>,
    current: Mutex<Current>,
    /// Held by the one who connects.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    link: Option<Arc<Link>>,
    failure: Option<Failure>,
    is_closed: bool,
}

/// The last try to connect, which failed.
struct Failure {
    reason: Reason,
    times: u32,
    until: Instant,
}

impl Links {
    pub(super) fn new(address: PostgresAddress, bell: Arc<watch::Sender<u64>>) -> Links {
        Links { address, bell, current: Mutex::default(), connecting: tokio::sync::Mutex::default() }
    }

    /// Connects for the first time.
    pub(super) async fn open(&self, absent: Absent) -> Result<(), Reason> {
        let link = self.connect(absent).await?;
        self.current().link = Some(Arc::new(link));
        Ok(())
    }

    /// Returns the link, connected anew if it has to be.
    pub(super) async fn link(&self, need: Need) -> Result<Arc<Link>, Reason> {
        if let Some(known) = self.known(need) {
            return known;
        }
        let connecting = self.connecting.lock().await;
        // Another may have connected, or failed to, in the meantime.
        if let Some(known) = self.known(need) {
            return known;
        }
        let connected = self.connect(Absent::Refuse).await;
        let mut current = self.current();
        let outcome = match connected {
            Ok(_) if current.is_closed => Err(closed()),
            Ok(link) => {
                let times = current.failure.take().map_or(0, |failure| failure.times);
                tracing::info!(server = link.server, failed_before = times, "connected to the journal's server again");
                Ok(Arc::clone(current.link.insert(Arc::new(link))))
            }
            Err(reason) => {
                let times = current.failure.as_ref().map_or(0, |failure| failure.times) + 1;
                if times == 1 {
                    tracing::warn!(reason = reason.cause, "the journal's server cannot be reached; trying again");
                }
                let pause = BACKOFF_MOST.min(BACKOFF * 2_u32.saturating_pow(times - 1));
                current.failure = Some(Failure { reason: reason.clone(), times, until: Instant::now() + pause });
                Err(reason)
            }
        };
        drop(current);
        drop(connecting);
        outcome
    }

    /// Connects once more, for something that must not be in others' way.
    pub(super) async fn another(&self) -> Result<Link, Reason> {
        if self.current().is_closed {
            return Err(closed());
        }
        self.connect(Absent::Refuse).await
    }

    pub(super) async fn close(&self) {
        let link = {
            let mut current = self.current();
            current.is_closed = true;
            current.link.take()
        };
        // Whoever still uses it ends it then.
        let Some(link) = link.and_then(Arc::into_inner) else { return };
        for Connection { client, mut driver, .. } in [link.reader, link.writer] {
            // The driver says goodbye to the server when its client is gone.
            drop(client);
            let _ = timeout(self.address.connect_limit, &mut driver.0).await;
        }
    }

    /// The link if it can be used; the last failure if it is too early to try again.
    fn known(&self, need: Need) -> Option<Result<Arc<Link>, Reason>> {
        let current = self.current();
        if current.is_closed {
            return Some(Err(closed()));
        }
        if let Some(link) = current.link.as_ref().filter(|link| link.is_usable(need)) {
            return Some(Ok(Arc::clone(link)));
        }
        let failure = current.failure.as_ref().filter(|failure| Instant::now() < failure.until)?;
        Some(Err(failure.reason.clone()))
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().expect("nothing panics while it holds the current link")
    }

    /// Connects to the server that can be written to.
    async fn connect(&self, absent: Absent) -> Result<Link, Reason> {
        let mut tries: FuturesUnordered<_> =
            self.address.servers.iter().map(|server| self.try_server(server, absent)).collect();
        let mut failed = Vec::new();
        while let Some(tried) = tries.next().await {
            match tried {
                Ok(link) => return Ok(link),
                Err((server, reason)) => failed.push((server, reason)),
            }
        }
        if failed.len() == 1 {
            return Err(failed.remove(0).1);
        }
        // In the order in which the URL has them.
        failed.sort_by_key(|(server, _)| self.address.servers.iter().position(|(name, _)| name == server));
        let causes: Vec<_> = failed.iter().map(|(server, reason)| format!("{server}: {}", reason.cause)).collect();
        let hint = failed.iter().find_map(|(_, reason)| reason.hint);
        let reason = Reason::new(format!("none of the servers can be used ({})", causes.join("; ")));
        Err(match hint {
            Some(hint) => reason.with_hint(hint),
            None => reason,
        })
    }

    async fn try_server<'a>(
        &'a self,
        (name, config): &'a (String, Config),
        absent: Absent,
    ) -> Result<Link, (&'a str, Reason)> {
        // How far it got says what it was that took too long.
        let is_committing = AtomicBool::new(false);
        let limit = self.address.connect_limit;
        let link = match timeout(limit, self.connect_to(name, config, absent, &is_committing)).await {
            Ok(link) => link,
            Err(_) if is_committing.into_inner() => Err(Reason::uncommitted(limit)),
            Err(_) => Err(Reason::too_late(limit)),
        };
        link.map_err(|reason| (name.as_str(), reason))
    }

    async fn connect_to(
        &self,
        name: &str,
        config: &Config,
        absent: Absent,
        is_committing: &AtomicBool,
    ) -> Result<Link, Reason> {
        let schema = &self.address.schema;
        let complaints = Arc::new(AtomicU64::new(0));
        let writer = self.connection(config, &complaints).await?;
        prepare(&writer.client).await?;
        is_committing.store(true, Ordering::Release);
        schema::settle(&writer.client, schema, absent).await?;
        // From here on, whatever can be seen on this server is also where a failover leads.
        writer.client.execute_typed(&schema::write_probe(schema), &[]).await?;
        is_committing.store(false, Ordering::Release);
        let reader = self.connection(config, &complaints).await?;
        prepare(&reader.client).await?;
        let listen = format!("LISTEN \"{}\"", channel(schema));
        if let Err(error) = reader.client.batch_execute(&listen).await {
            let reason = Reason::from(error).cause;
            tracing::warn!(reason, "the server tells of no news; looking for it every {} ms", super::POLL.as_millis());
        }
        if complaints.load(Ordering::Acquire) > 0 {
            return Err(Reason::unreplicated());
        }
        Ok(Link { reader, writer, server: name.to_owned(), complaints })
    }

    async fn connection(&self, config: &Config, complaints: &Arc<AtomicU64>) -> Result<Connection, Reason> {
        let tls = self.address.security.connector()?;
        let mut config = config.clone();
        if let Some(file) = &self.address.password_file {
            let password = std::fs::read_to_string(file);
            let password = password.map_err(|error| Reason::new(format!("cannot read {}: {error}", file.display())))?;
            config.password(password.trim_end());
        }
        let (client, mut connection) = config.connect(tls).await?;
        let (bell, complaints) = (Arc::clone(&self.bell), Arc::clone(complaints));
        let driver = tokio::spawn(async move {
            // What the server says beside its answers comes in order with them.
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    AsyncMessage::Notification(_) => bell.send_modify(|rings| *rings += 1),
                    AsyncMessage::Notice(notice) if notice.message().contains("wait for synchronous replication") => {
                        tracing::error!(notice = notice.message(), "the server did not wait for its standby");
                        complaints.fetch_add(1, Ordering::AcqRel);
                    }
                    AsyncMessage::Notice(notice) => tracing::debug!(notice = notice.message(), "the server notes"),
                    _ => {}
                }
            }
        });
        Ok(Connection { client, driver: Driver(driver), is_lost: AtomicBool::new(false) })
    }
}

fn closed() -> Reason {
    Reason::new("it is closed")
}

/// Makes sure that the server is one to write to, and that a commit means what it should.
async fn prepare(client: &Client) -> Result<(), Reason> {
    let look = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
                       current_setting('server_version_num')::int4, current_setting('server_encoding'),
                       current_setting('synchronous_commit'), current_setting('fsync')";
    let rows = client.query_typed(look, &[]).await?;
    let row = rows.first().ok_or_else(|| Reason::damaged("an answer without a row"))?;
    let (is_standby, is_read_only, version): (bool, bool, i32) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let (encoding, synchronous_commit, fsync): (&str, &str, &str) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
    if is_standby {
        return Err(Reason::read_only("the server is a standby"));
    }
    if is_read_only {
        return Err(Reason::read_only("the server is read-only"));
    }
    if version < OLDEST {
        let cause = format!("the server is PostgreSQL {}, which is too old", version / 10_000);
        return Err(Reason::new(cause).with_hint("PostgreSQL 15 is the oldest that Tidegate is for"));
    }
    if encoding != "UTF8" {
        return Err(Reason::encoding(encoding));
    }
    if fsync != "on" {
        tracing::warn!("the server has fsync off: a failure of its machine may lose or damage everything");
    }
    // `remote_apply` is more than `on`; everything else is less.
    let is_safe = matches!(synchronous_commit, "on" | "remote_apply");
    let forced = if is_safe { "" } else { "SET synchronous_commit = on;" };
    Ok(client.batch_execute(&format!("{SESSION}{forced}")).await?)
}
