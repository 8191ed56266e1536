//! The body of a stream: events, made when there is room for them.

use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tidegate_domain::rollout::Place;
use tokio::time::{Instant, Sleep, sleep};

use super::announced::{Announced, LEAST_KEY, first_eight};
use super::streams::Admission;
use crate::access::Reader;
use crate::node::{Node, Published};
use crate::serving::Serving;
use crate::session::{self, Problem, Session};

/// How often a stream that has nothing to tell shows that it is there. Shorter than any time limit on the way.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How old a token on the stream becomes before there is a fresh one.
const REFRESH_AFTER_MS: i64 = 5 * 60 * 60 * 1_000;
/// How much a frame may hold before the rest of the sessions wait for the next.
const FRAME_BYTES: usize = 16 * 1_024;
/// How long clients wait, in milliseconds, before they come back.
const RETRY_MS: std::ops::Range<u64> = 1_000..3_000;
/// The same when the node stops: all of them have to go elsewhere, but not at once.
const RETRY_AFTER_BYE_MS: std::ops::Range<u64> = 200..5_000;

/// What a session was told last, where that is not the key of an announcement.
const NOTHING: u64 = 0;
const GONE: u64 = 1;
const REFUSED: u64 = 2;

/// One of a stream's sessions.
pub(crate) struct Watched {
    session: Session,
    told: u64,
    /// The problem with a token that is not good; the rest then means nothing.
    problem: Option<Problem>,
}

impl Watched {
    pub(super) fn session(session: Session) -> Self {
        Self { session, told: NOTHING, problem: None }
    }

    pub(super) fn refused(problem: Problem) -> Self {
        let session = Session { id: 0, channel: 0, held: 0, seen: 0, issued_at_ms: 0, poll_interval_s: 0, answers: 0 };
        Self { session, told: NOTHING, problem: Some(problem) }
    }

    /// The session, unless its token was refused.
    pub(super) fn good(&self) -> Option<&Session> {
        self.problem.is_none().then_some(&self.session)
    }
}

/// See the module.
pub(crate) struct StreamBody {
    node: Arc<Node>,
    admission: Admission,
    watched: Box<[Watched]>,
    accepts_ion: bool,
    heartbeat: Pin<Box<Sleep>>,
    /// The session to look at next; all have been looked at when it is behind the last.
    next: usize,
    /// Whether something was told since the last `id`.
    is_id_due: bool,
    is_begun: bool,
    is_over: bool,
    told_degraded: bool,
    /// Who reads it, if credentials are checked.
    reader: Option<Reader>,
}

impl StreamBody {
    pub(super) fn new(
        node: Arc<Node>,
        admission: Admission,
        watched: Box<[Watched]>,
        accepts_ion: bool,
        last_id: Option<&str>,
        reader: Option<Reader>,
    ) -> Self {
        let mut body = Self {
            node,
            admission,
            watched,
            accepts_ion,
            heartbeat: Box::pin(sleep(HEARTBEAT)),
            next: 0,
            is_id_due: false,
            is_begun: false,
            is_over: false,
            told_degraded: false,
            reader,
        };
        if let Some(last_id) = last_id {
            body.resume(last_id);
        }
        body
    }

    /// Tells nothing anew if what there is to tell now is what the client was told last.
    fn resume(&mut self, last_id: &str) {
        let published = self.node.published();
        let keys: Vec<u64> = self.watched.iter().map(|watched| self.key_of(&published, watched)).collect();
        drop(published);
        if id_of(&self.watched, keys.iter().copied()) == last_id {
            self.watched.iter_mut().zip(keys).for_each(|(watched, key)| watched.told = key);
        }
    }

    /// What there is to tell of a session now.
    fn key_of(&self, published: &Published, watched: &Watched) -> u64 {
        if watched.problem.is_some() {
            return REFUSED;
        }
        let session = &watched.session;
        match published.serving.get(&session.channel) {
            Some(serving) if is_behind(&self.node, published, serving, session) => NOTHING,
            Some(serving) => announced(serving, session.channel).for_reader(self.accepts_ion).key,
            None if session::is_gone(&self.node, published, session) => GONE,
            None => NOTHING,
        }
    }

    /// Writes what is news to the sessions, as far as there is room.
    fn tell(&mut self, text: &mut String) {
        let node = self.node.clone();
        let published = node.published();
        let now_ms = node.clock.now_ms();
        let reader = self.reader.clone();
        let holder = reader.as_ref().map_or("", |reader| reader.holder());
        while self.next < self.watched.len() && text.len() < FRAME_BYTES {
            let index = self.next;
            self.next += 1;
            let key = self.key_of(&published, &self.watched[index]);
            let watched = &mut self.watched[index];
            // What cannot be told yet is told when this node has caught up.
            if key == NOTHING {
                continue;
            }
            if key == watched.told {
                if key >= LEAST_KEY && now_ms.saturating_sub(watched.session.issued_at_ms) >= REFRESH_AFTER_MS {
                    write_token(text, (index, holder), &published, &mut watched.session, now_ms);
                }
                continue;
            }
            let is_written = match (watched.problem, published.serving.get(&watched.session.channel)) {
                (Some(problem), _) => {
                    let _ =
                        write!(text, "event: refused\ndata: {{\"session\":{index},\"problem\":\"{problem:?}\"}}\n\n");
                    true
                }
                (None, None) => {
                    let _ = write!(text, "event: gone\ndata: {{\"session\":{index}}}\n\n");
                    true
                }
                (None, Some(serving)) => {
                    serving.note_poll(now_ms);
                    let session = &mut watched.session;
                    write_configuration(text, (index, holder), &published, serving, session, self.accepts_ion, now_ms)
                }
            };
            if is_written {
                watched.told = key;
                self.is_id_due = true;
                node.metrics.stream_events.inc();
            }
        }
        if self.next == self.watched.len() && std::mem::take(&mut self.is_id_due) {
            let id = id_of(&self.watched, self.watched.iter().map(|watched| watched.told));
            // A field of its own block belongs to no event, and sets the id all the same.
            let _ = write!(text, "id: {id}\n\n");
        }
    }

    /// Whether whoever reads has to come back and show who they are.
    fn is_to_come_back(&self) -> bool {
        let published = self.node.published();
        match &self.reader {
            Some(reader) => reader.is_stale(&published, self.node.clock.now_ms()),
            None => self.node.is_guarded(&published),
        }
    }

    fn note_use(&self) {
        let published = self.node.published();
        let now_ms = self.node.clock.now_ms();
        for session in self.watched.iter().filter_map(Watched::good) {
            if let Some(serving) = published.serving.get(&session.channel) {
                serving.note_poll(now_ms);
            }
        }
    }

    fn say_bye(&mut self, text: &mut String) {
        let retry_ms = rand::random_range(RETRY_AFTER_BYE_MS);
        let _ = write!(text, "retry: {retry_ms}\nevent: bye\ndata: {{}}\n\n");
        self.is_over = true;
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        let is_rung = this.admission.bell.take_ring(cx.waker());
        let mut text = String::new();
        if !std::mem::replace(&mut this.is_begun, true) {
            let _ = write!(text, "retry: {}\n\n", rand::random_range(RETRY_MS));
        }
        let mut is_time = false;
        while this.heartbeat.as_mut().poll(cx).is_ready() {
            is_time = true;
            this.heartbeat.as_mut().reset(Instant::now() + HEARTBEAT);
        }
        if this.node.streams.is_closing() || ((is_rung || is_time) && this.is_to_come_back()) {
            this.say_bye(&mut text);
        } else {
            if is_time {
                this.note_use();
            }
            let is_degraded = this.node.head.stale_s().is_some();
            if std::mem::replace(&mut this.told_degraded, is_degraded) != is_degraded {
                let _ = write!(text, "event: node\ndata: {{\"degraded\":{is_degraded}}}\n\n");
            }
            // A ring while some sessions still wait to be looked at: the others have to be looked at again.
            if (is_rung || is_time) && this.next == this.watched.len() {
                this.next = 0;
            } else if is_rung {
                this.admission.bell.ring();
            }
            this.tell(&mut text);
            if text.is_empty() && is_time {
                text.push_str(":\n\n");
            }
        }
        if text.is_empty() { Poll::Pending } else { Poll::Ready(Some(Ok(Frame::data(text.into())))) }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}

/// A session's state is told only if nothing newer was told to it elsewhere.
fn is_behind(node: &Node, published: &Published, serving: &Serving, session: &Session) -> bool {
    session.held != 0
        && (serving.stale_since.is_some_and(|number| number < session.seen)
            || node.lags_behind(published.state.number, session.seen))
}

fn announced(serving: &Serving, channel: u64) -> &Announced {
    serving.announced.get_or_init(|| Box::new(Announced::of(channel, serving)))
}

/// Writes a whole event; false if there is no key for tokens.
fn write_configuration(
    text: &mut String,
    (index, holder): (usize, &str),
    published: &Published,
    serving: &Serving,
    session: &mut Session,
    accepts_ion: bool,
    now_ms: i64,
) -> bool {
    let (served, which) = match &serving.rollout.next {
        Some((share, next)) if Place::of(session.id, session.channel, next.deployment).is_inside(*share) => {
            (Some(next), "\"next\"")
        }
        _ => (serving.rollout.base.as_ref(), "\"base\""),
    };
    let which = if served.is_some() { which } else { "null" };
    let next = Session {
        held: served.map_or(session.held, |served| served.form(accepts_ion).0.key),
        seen: serving.stale_since.unwrap_or(published.state.number).max(session.seen),
        issued_at_ms: now_ms,
        ..*session
    };
    let Some(token) = sealed(published, holder, &next) else { return false };
    *session = next;
    let members = &announced(serving, session.channel).for_reader(accepts_ion).members;
    let _ = write!(
        text,
        "event: configuration\ndata: {{\"session\":{index},\"token\":\"{token}\",\"served\":{which},{members}}}\n\n"
    );
    true
}

fn write_token(
    text: &mut String,
    (index, holder): (usize, &str),
    published: &Published,
    session: &mut Session,
    now_ms: i64,
) {
    session.issued_at_ms = now_ms;
    if let Some(token) = sealed(published, holder, session) {
        let _ = write!(text, "event: token\ndata: {{\"session\":{index},\"token\":\"{token}\"}}\n\n");
    }
}

/// The token with which a session can poll on. All that a stream gives count as one answer: whoever polls with one has
/// used up the others.
fn sealed(published: &Published, holder: &str, session: &Session) -> Option<String> {
    let next = Session { answers: session.answers.saturating_add(1), ..*session };
    session::seal_for(&published.keyring, holder, &next)
}

/// Names what a stream has told its sessions. It follows from that alone, so that every node gives the same.
fn id_of(watched: &[Watched], keys: impl Iterator<Item = u64>) -> String {
    let mut record = Vec::with_capacity(watched.len() * 24);
    for (watched, key) in watched.iter().zip(keys) {
        record.extend_from_slice(&watched.session.id.to_be_bytes());
        record.extend_from_slice(&key.to_be_bytes());
    }
    format!("{:016x}", first_eight(&[&record]))
}
