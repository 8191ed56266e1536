//! The audit log: who asked for what, when, from where, and what came of it, as a chain of JSON lines.
//!
//! Records have the shape of CloudTrail's. What is recorded: every call that can change something, every call of the
//! control plane that was refused, every StartConfigurationSession, and on request everything else. A call's record is
//! on the disk before its answer is sent; a poll never waits, and rather than that its record is dropped and counted.
//!
//! Deliberately absent: what nodes do by themselves. That stands in the journal, see `tidegate log`.

mod chain;
mod files;
mod mask;
mod record;
mod verify;
mod writer;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};
use tidegate_domain::Realm;
use tidegate_model::{Method, Operation, route};
use tidegate_wire::Failure;
use tokio::sync::{mpsc, oneshot};

pub use self::chain::Head;
pub use self::mask::{HIDDEN, without_credentials};
use self::record::Record;
pub use self::verify::{Expectation, Fault, Verified, files_of, verify};
use self::writer::{Message, Writer};
use crate::access::{Proven, sts};
use crate::metrics::Metrics;
use crate::node::{Caller, Node};

/// How many records may wait to be written.
const QUEUE: usize = 8_192;
/// How many places of the queue are kept for records that must not be dropped.
const KEPT: usize = QUEUE / 4;

/// What an operator chose about the audit log.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// A file, or a directory to make one in.
    pub path: PathBuf,
    /// Whether reads and polls are recorded.
    pub reads: bool,
    /// Whether changes are refused when they cannot be recorded.
    pub is_required: bool,
    /// After how many bytes a new file is begun.
    pub rotate_bytes: u64,
    /// Whether a new file is begun with each day, in UTC.
    pub rotate_daily: bool,
}

impl AuditSettings {
    /// Changes and refusals, in files of 64 MiB or a day.
    pub fn new(path: PathBuf) -> Self {
        Self { path, reads: false, is_required: false, rotate_bytes: 64 * 1_024 * 1_024, rotate_daily: true }
    }
}

/// A running audit log, with the thread that writes it.
pub struct Audit {
    sender: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    settings: AuditSettings,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread tells the others.
pub(crate) struct Shared {
    metrics: Arc<AuditMetrics>,
    is_failing: AtomicBool,
    problem: Mutex<String>,
}

/// Why a record was not written, in words.
#[derive(Clone, Debug)]
pub(crate) struct NotWritten;

pub(crate) use crate::metrics::AuditMetrics;

impl Audit {
    /// Opens the log, mends what a crash left, and starts the thread. Blocks for some milliseconds.
    pub fn open(settings: AuditSettings, metrics: &Metrics, home: Realm, now_ms: i64) -> Result<Self, String> {
        let shared = Arc::new(Shared {
            metrics: metrics.audit.clone(),
            is_failing: AtomicBool::new(false),
            problem: Mutex::default(),
        });
        let (sender, receiver) = mpsc::channel(QUEUE);
        let writer = Writer::open(settings.clone(), shared.clone(), home, now_ms)?;
        let thread = std::thread::Builder::new().name("audit-writer".into()).spawn(move || writer.run(receiver));
        let thread = thread.map_err(|error| error.to_string())?;
        Ok(Self { sender, shared, settings, thread: Mutex::new(Some(thread)) })
    }

    /// Writes what waits, and ends the thread. Later records are lost.
    pub async fn close(&self) {
        let _ = self.sender.send(Message::Stop).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// Whether changes are refused when they cannot be recorded.
    pub fn is_required(&self) -> bool {
        self.settings.is_required
    }

    /// What keeps records from being written, asked anew; none if nothing does.
    pub async fn problem(&self) -> Option<String> {
        if self.sender.is_closed() {
            return Some("cannot write the audit log: the thread that writes it has ended".into());
        }
        if !self.shared.is_failing.load(Ordering::Acquire) {
            return None;
        }
        let (done, probed) = oneshot::channel();
        let _ = self.sender.send(Message::Probe(done)).await;
        match probed.await {
            Ok(Ok(())) => None,
            _ => Some(self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }

    /// Notes a poll, without waiting and without looking closely: the thread does that.
    pub(crate) fn note_poll(&self, node: &Node, request: &HeaderMap, peer: SocketAddr, response: &Response<Bytes>) {
        if !self.settings.reads {
            return;
        }
        let header = |name: &str| response.headers().get(name).cloned();
        self.offer(Message::Poll(Box::new(Poll {
            at_ms: node.clock.now_ms(),
            peer: peer.ip(),
            realm: node.home(),
            user_agent: request.get(USER_AGENT).cloned(),
            authorization: request.get(AUTHORIZATION).cloned(),
            request_id: header("x-amzn-requestid"),
            error: header("x-amzn-errortype"),
            identity: crate::access::identity_of_poll(node, request, response),
        })));
    }

    /// Hands over a record that may be dropped.
    fn offer(&self, message: Message) {
        if self.sender.capacity() <= KEPT || self.sender.try_send(message).is_err() {
            self.shared.metrics.dropped.inc();
        }
    }

    async fn write(&self, record: Record) -> Result<(), NotWritten> {
        let (done, written) = oneshot::channel();
        if self.sender.send(Message::Record(Box::new(record), Some(done))).await.is_err() {
            self.shared.metrics.lost.inc();
            return Err(NotWritten);
        }
        written.await.unwrap_or(Err(NotWritten))
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        // Whoever did not close it still gets what waits written; the thread ends with its last sender.
        let _ = self.sender.try_send(Message::Stop);
    }
}

/// A poll as it is handed over.
pub(crate) struct Poll {
    at_ms: i64,
    peer: IpAddr,
    realm: Realm,
    user_agent: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
    request_id: Option<HeaderValue>,
    error: Option<HeaderValue>,
    /// Who it is, as CloudTrail writes it, if credentials are checked.
    identity: Option<serde_json::Value>,
}

/// A call of the control plane that is under way. One that is dropped before it is finished is recorded as such: its
/// client went away, and whether the change was made is not known here.
pub(crate) struct Call<'a> {
    audit: &'a Audit,
    head: &'a Parts,
    peer: SocketAddr,
    request_id: &'a str,
    at_ms: i64,
    operation: Option<&'static Operation>,
    realm: Realm,
    access_key: String,
    /// Who it is, if that was verified.
    verified: Option<Arc<Proven>>,
    /// Whether callers have to prove who they are.
    is_guarded: bool,
    body: Bytes,
    is_open: bool,
}

impl<'a> Call<'a> {
    /// Begins to look at a call; none if nobody wants to know.
    pub(crate) fn begin(node: &'a Node, head: &'a Parts, peer: SocketAddr, request_id: &'a str) -> Option<Self> {
        let audit = node.audit.get()?;
        let operation = route(head.method.as_str(), head.uri.path()).ok().map(|route| route.operation);
        let (realm, access_key) = record::who(node.home(), &head.headers, head.uri.query());
        let at_ms = node.clock.now_ms();
        let body = Bytes::new();
        let is_guarded = node.is_guarded(&node.published());
        // A name that was not proven says nothing about accounts.
        let realm = if is_guarded { node.home() } else { realm };
        let verified = None;
        Some(Self {
            audit,
            head,
            peer,
            request_id,
            at_ms,
            operation,
            realm,
            access_key,
            verified,
            is_guarded,
            body,
            is_open: true,
        })
    }

    /// Refuses a change that could not be recorded, if the operator wants that.
    pub(crate) async fn admit(&mut self, body: &Bytes) -> Result<(), Failure> {
        // A content is not kept alive for telling that it was there.
        let is_content = self.operation.is_some_and(|operation| operation.input.payload.is_some());
        self.body = if is_content && !body.is_empty() { Bytes::from_static(b"-") } else { body.clone() };
        if self.audit.settings.is_required && self.is_lasting() && self.audit.problem().await.is_some() {
            return Err(Failure::service_unavailable("The audit log cannot be written. Try again."));
        }
        Ok(())
    }

    /// Records what came of the call, as far as that is wanted, and gives it back; or a refusal, if it had to be
    /// recorded and could not be.
    pub(crate) async fn finish(
        mut self,
        outcome: Result<Response<Bytes>, Failure>,
    ) -> Result<Response<Bytes>, Failure> {
        self.is_open = false;
        let is_poll = self.operation.is_some_and(|it| it.name == "GetConfiguration");
        let is_wanted = self.is_change() || (outcome.is_err() && !is_poll);
        if is_wanted {
            let written = self.audit.write(record::of_call(&self, Some(&outcome))).await;
            if written.is_err() && self.audit.settings.is_required && self.is_lasting() && outcome.is_ok() {
                let message = "The change may have been made, but it could not be recorded in the audit log.";
                return Err(Failure::service_unavailable(message));
            }
        } else if self.audit.settings.reads {
            self.audit.offer(Message::Record(Box::new(record::of_call(&self, Some(&outcome))), None));
        }
        outcome
    }

    fn is_change(&self) -> bool {
        self.operation.is_some_and(is_change)
    }

    /// Whether something may be left behind that was not there before.
    fn is_lasting(&self) -> bool {
        let leaves_nothing = ["StartConfigurationSession", "ValidateConfiguration"];
        self.operation.is_some_and(|operation| is_change(operation) && !leaves_nothing.contains(&operation.name))
    }
}

/// Notes who makes a call, once that was verified.
pub(crate) fn identify(call: &mut Option<Call<'_>>, caller: &Caller) {
    if let (Some(call), Some(verified)) = (call, &caller.verified) {
        call.realm = caller.realm.clone();
        call.verified = Some(verified.clone());
    }
}

/// Records what came of a request for temporary credentials.
pub(crate) async fn note_sts(node: &Node, head: &Parts, peer: SocketAddr, request_id: &str, outcome: &sts::Outcome) {
    let Some(audit) = node.audit.get() else { return };
    let record = record::of_sts(node.home(), node.clock.now_ms(), head, peer, request_id, outcome);
    let is_read = outcome.operation == "GetCallerIdentity" && outcome.refused.is_none();
    if !is_read {
        // It changes nothing that could be taken back: what cannot be written is counted.
        let _ = audit.write(record).await;
    } else if audit.settings.reads {
        audit.offer(Message::Record(Box::new(record), None));
    }
}

/// See [`Call::admit`].
pub(crate) async fn admit(call: &mut Option<Call<'_>>, body: &Bytes) -> Result<(), Failure> {
    match call {
        Some(call) => call.admit(body).await,
        None => Ok(()),
    }
}

/// See [`Call::finish`].
pub(crate) async fn finish(
    call: Option<Call<'_>>,
    outcome: Result<Response<Bytes>, Failure>,
) -> Result<Response<Bytes>, Failure> {
    match call {
        Some(call) => call.finish(outcome).await,
        None => outcome,
    }
}

/// Whether an operation can change something, or counts as such: sessions and validations are begun, not read.
fn is_change(operation: &Operation) -> bool {
    operation.method != Method::Get
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.is_open && self.is_change() {
            let message = Message::Record(Box::new(record::of_call(self, None)), None);
            if self.audit.sender.try_send(message).is_err() {
                self.audit.shared.metrics.lost.inc();
            }
        }
    }
}
