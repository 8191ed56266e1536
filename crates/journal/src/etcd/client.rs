//! Requests to a cluster: which member is asked, for how long, and what is asked again.
//!
//! Each request here may be sent again after its answer was lost, because each names what it expects: a transaction
//! that has happened finds its own condition broken, and does nothing the second time. Who has to know whether it was
//! the first hears of it in [`Answer::is_repeated`].

use super::address::{EtcdAddress, Password};
use super::explain::{Failure, Remedy};
use super::proto::{
    ANSWER_LIMIT, AUTHENTICATE, AuthenticateRequest, AuthenticateResponse, LEASE_GRANT, LEASE_REVOKE,
    LeaseGrantRequest, LeaseGrantResponse, LeaseRevokeRequest, Nothing, RANGE, RangeRequest, RangeResponse, TXN,
    TxnRequest, TxnResponse, WATCH, WatchCreateRequest, WatchOp, WatchRequest, WatchResponse,
};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use http::uri::PathAndQuery;
use prost::Message;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One member's answer to one request. Another member is asked when it is over.
    pub attempt: Duration,
    /// A request, with all members that are asked.
    pub request: Duration,
    /// How long parts of something large may lie in etcd before it is committed; etcd then removes them. Whole seconds.
    pub upload: Duration,
}

impl Default for Limits {
    /// Longer than an election takes with etcd's own defaults.
    fn default() -> Limits {
        let seconds = Duration::from_secs;
        Limits { attempt: seconds(2), request: seconds(8), upload: seconds(120) }
    }
}

/// How long to wait after every member has failed.
const PAUSE: Duration = Duration::from_millis(100);
/// etcd closes connections that are probed more often than every five seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(6);

pub(super) struct Client {
    members: Vec<Member>,
    /// The place of the member that is asked first: the one that answered last.
    preferred: watch::Sender<usize>,
    login: Option<(String, Password)>,
    token: Mutex<Option<MetadataValue<Ascii>>>,
    limits: Limits,
}

struct Member {
    name: String,
    channel: Channel,
}

/// What a member answered.
pub(super) struct Answer<T> {
    pub value: T,
    /// Whether the request was sent before without an answer, and may have been carried out then.
    pub is_repeated: bool,
}

impl Client {
    /// Prepares the connections; none is made before the first request.
    pub(super) fn new(address: &EtcdAddress, limits: Limits) -> Result<Client, Failure> {
        let tls = address.tls.as_ref().map(|tls| {
            let read = |file: &std::path::Path| {
                std::fs::read(file).map_err(|error| Failure::wrong(format!("cannot read {}: {error}", file.display())))
            };
            let config = ClientTlsConfig::new();
            let config = match &tls.ca {
                Some(file) => config.ca_certificate(Certificate::from_pem(read(file)?)),
                None => config.with_native_roots(),
            };
            let config = match &tls.identity {
                Some((cert, key)) => config.identity(Identity::from_pem(read(cert)?, read(key)?)),
                None => config,
            };
            Ok(match &tls.server_name {
                Some(name) => config.domain_name(name),
                None => config,
            })
        });
        let tls = tls.transpose()?;
        let member = |name: &String| {
            let channel = connection(name, tls.clone(), limits);
            let channel =
                channel.map_err(|error| Failure::wrong(format!("cannot connect to {name}: {}", chain(&error))));
            Ok(Member { name: name.clone(), channel: channel?.connect_lazy() })
        };
        let members = address.members.iter().map(member).collect::<Result<Vec<_>, Failure>>()?;
        // Many nodes with one address should not all lean on the member that stands first in it.
        let first = RandomState::new().hash_one(0) as usize % members.len();
        let login = address.login.as_ref().map(|login| (login.user.clone(), login.password.clone()));
        Ok(Client { members, preferred: watch::Sender::new(first), login, token: Mutex::default(), limits })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) async fn range(&self, request: RangeRequest) -> Result<RangeResponse, Failure> {
        Ok(self.call::<_, RangeResponse>(RANGE, &request).await?.value)
    }

    pub(super) async fn txn(&self, request: TxnRequest) -> Result<Answer<TxnResponse>, Failure> {
        self.call(TXN, &request).await
    }

    /// Makes a lease, after which etcd removes what hangs on it. An answer that is lost leaves one on which nothing hangs.
    pub(super) async fn grant_lease(&self, ttl: Duration) -> Result<i64, Failure> {
        let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).max(1);
        let granted = self.call::<_, LeaseGrantResponse>(LEASE_GRANT, &LeaseGrantRequest { ttl }).await?.value;
        match granted.error.as_str() {
            "" => Ok(granted.id),
            error => Err(Failure::wrong(format!("no lease was granted: {error}"))),
        }
    }

    /// Ends a lease, and with it what still hangs on it. Tried once: time does the same.
    pub(super) async fn revoke_lease(&self, id: i64) {
        let index = *self.preferred.borrow();
        let revoked =
            self.attempt::<_, Nothing>(index, LEASE_REVOKE, &LeaseRevokeRequest { id }, self.limits.attempt).await;
        if let Err(failure) = revoked {
            tracing::debug!(%failure, "a lease was not revoked, and ends by itself");
        }
    }

    /// Watches a key at the preferred member, from now on.
    pub(super) async fn watch(&self, key: Bytes) -> Result<Streaming<WatchResponse>, Failure> {
        self.log_in_first().await?;
        let index = *self.preferred.borrow();
        let member = &self.members[index];
        let create = WatchRequest { op: Some(WatchOp::Create(WatchCreateRequest { key })) };
        let mut request = Request::new(stream::iter([create]).chain(stream::pending()));
        // A member that lost its cluster hears of nothing, and would keep the watch open all the same.
        request.metadata_mut().insert("hasleader", MetadataValue::from_static("true"));
        self.sign(request.metadata_mut());
        let mut grpc = Grpc::new(member.channel.clone()).max_decoding_message_size(ANSWER_LIMIT);
        let opened = async {
            grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
            let codec = ProstCodec::<WatchRequest, WatchResponse>::default();
            grpc.streaming(request, PathAndQuery::from_static(WATCH), codec).await
        };
        match timeout(self.limits.attempt, opened).await {
            Ok(Ok(stream)) => Ok(stream.into_inner()),
            Ok(Err(status)) => Err(Failure::refused(&member.name, status)),
            Err(_) => Err(Failure::Silent { member: member.name.clone(), limit: self.limits.attempt }),
        }
    }

    /// Hears of the preferred member becoming another.
    pub(super) fn preferred(&self) -> watch::Receiver<usize> {
        self.preferred.subscribe()
    }

    /// Asks the next member first from now on, if it is still this one that is asked.
    pub(super) fn pass_over(&self, index: usize) {
        let next = (index + 1) % self.members.len();
        self.preferred.send_if_modified(|preferred| {
            let is_it = *preferred == index && next != index;
            if is_it {
                *preferred = next;
            }
            is_it
        });
    }

    /// Forgets the login, so that the next request makes a new one.
    pub(super) fn log_out(&self) {
        *self.token() = None;
    }

    /// Asks one member after another until one answers or the time is over.
    async fn call<Q, A>(&self, path: &'static str, request: &Q) -> Result<Answer<A>, Failure>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let deadline = Instant::now() + self.limits.request;
        let mut has_logged_in = false;
        let mut failures = 0;
        loop {
            let index = *self.preferred.borrow();
            let limit = self.limits.attempt.min(deadline.saturating_duration_since(Instant::now()));
            let failure = match self.attempt(index, path, request, limit).await {
                Ok(value) => return Ok(Answer { value, is_repeated: failures > 0 }),
                Err(failure) => failure,
            };
            match failure.remedy() {
                Remedy::LogIn if self.login.is_some() && !has_logged_in => {
                    self.log_out();
                    has_logged_in = true;
                    continue;
                }
                Remedy::TryAgain => {}
                Remedy::LogIn | Remedy::None => return Err(failure),
            }
            failures += 1;
            self.pass_over(index);
            let pause = if failures % self.members.len() == 0 { PAUSE } else { Duration::ZERO };
            if Instant::now() + pause >= deadline {
                return Err(failure);
            }
            tracing::debug!(%failure, path, "etcd is asked again");
            sleep(pause).await;
        }
    }

    async fn attempt<Q, A>(&self, index: usize, path: &'static str, request: &Q, limit: Duration) -> Result<A, Failure>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let member = &self.members[index];
        let answer = async {
            self.log_in_at(member, limit).await?;
            self.send(member, path, request.clone(), limit).await
        };
        match timeout(limit, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(status)) => Err(Failure::refused(&member.name, status)),
            Err(_) => Err(Failure::Silent { member: member.name.clone(), limit }),
        }
    }

    async fn send<Q, A>(&self, member: &Member, path: &'static str, request: Q, limit: Duration) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut request = Request::new(request);
        // So that a member stops working on what nobody waits for any more.
        request.set_timeout(limit);
        self.sign(request.metadata_mut());
        let mut grpc = Grpc::new(member.channel.clone()).max_decoding_message_size(ANSWER_LIMIT);
        grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
        let answer = grpc.unary(request, PathAndQuery::from_static(path), ProstCodec::<Q, A>::default()).await?;
        Ok(answer.into_inner())
    }

    fn sign(&self, metadata: &mut tonic::metadata::MetadataMap) {
        if let Some(token) = &*self.token() {
            metadata.insert("token", token.clone());
        }
    }

    async fn log_in_first(&self) -> Result<(), Failure> {
        let member = &self.members[*self.preferred.borrow()];
        let limit = self.limits.attempt;
        match timeout(limit, self.log_in_at(member, limit)).await {
            Ok(logged_in) => logged_in.map_err(|status| Failure::refused(&member.name, status)),
            Err(_) => Err(Failure::Silent { member: member.name.clone(), limit }),
        }
    }

    /// Logs in unless there is nobody to log in, or a login is at hand. Two at once do no harm.
    async fn log_in_at(&self, member: &Member, limit: Duration) -> Result<(), Status> {
        let Some((name, password)) = &self.login else { return Ok(()) };
        if self.token().is_some() {
            return Ok(());
        }
        let password = match password {
            Password::Given(password) => password.clone(),
            // A line of a local file: no time that anybody would notice.
            Password::In(file) => std::fs::read_to_string(file)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|error| {
                    Status::failed_precondition(format!("cannot read the password in {}: {error}", file.display()))
                })?,
        };
        let request = AuthenticateRequest { name: name.clone(), password };
        let token = match self.send::<_, AuthenticateResponse>(member, AUTHENTICATE, request, limit).await {
            Ok(answer) => answer.token,
            // A cluster that asks nobody for a login lets everybody in.
            Err(status) if status.code() == Code::FailedPrecondition && status.message().contains("not enabled") => {
                return Ok(());
            }
            Err(status) => return Err(status),
        };
        let mut token: MetadataValue<Ascii> =
            token.parse().map_err(|_| Status::internal("the member sent a token that is not text"))?;
        token.set_sensitive(true);
        *self.token() = Some(token);
        Ok(())
    }

    fn token(&self) -> std::sync::MutexGuard<'_, Option<MetadataValue<Ascii>>> {
        self.token.lock().expect("nothing panics while it holds a token")
    }
}

fn connection(name: &str, tls: Option<ClientTlsConfig>, limits: Limits) -> Result<Endpoint, tonic::transport::Error> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{name}"))?
        .connect_timeout(limits.attempt)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(limits.attempt)
        .tcp_nodelay(true)
        // Pages of entries and parts are large: the window of HTTP/2's default would make each a dozen round trips.
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(8 << 20);
    match tls {
        Some(tls) => endpoint.tls_config(tls),
        None => Ok(endpoint),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
