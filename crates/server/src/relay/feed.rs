//! What relays are given: `/_tidegate/relay/…`, for those who show the secret.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use tidegate_domain::ChannelNumber;
use tidegate_journal::{BlobId, Entry, Unavailable};
use tidegate_wire::Failure;

use crate::node::Node;

/// How many entries an answer holds at most, and how many bytes it has before no more are added.
const MAX_ENTRIES: usize = 1_000;
const ENOUGH_BYTES: usize = 4 * 1_024 * 1_024;
/// How long a question for new entries is held.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// Where a journal begins and ends.
#[derive(Serialize, Deserialize)]
pub(super) struct Ends {
    pub first: u64,
    pub last: u64,
}

/// Entries, and whether there are more.
#[derive(Serialize, Deserialize)]
pub(super) struct Entries {
    pub entries: Vec<Entry>,
    pub has_more: bool,
}

/// Which channels a relay was asked for, and when last, in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
pub(super) struct Polls {
    pub channels: Vec<(ChannelNumber, i64)>,
}

pub(super) const SNAPSHOT_NUMBER: &str = "tidegate-snapshot-number";
pub(super) const SNAPSHOT_ID: &str = "tidegate-snapshot-id";

/// Answers a relay. Without a secret of its own, a node has no such pages.
pub(crate) async fn answer(node: &Node, head: &Parts, page: &str, body: Bytes) -> Result<Response<Bytes>, Failure> {
    let Some(secret) = &node.settings.relay_secret else { return Err(Failure::unknown_operation()) };
    if !secret.is_shown_by(head.headers.get(AUTHORIZATION)) {
        return Err(Failure::new("AccessDeniedException", 403, "Relays show the relay secret of this node."));
    }
    let journal = node.journal();
    let query = head.uri.query().unwrap_or_default();
    match (&head.method, page) {
        (&Method::GET, "ends") => {
            // Asked at the root of the tree: a relay that says what it knows could have its followers go back.
            let current = node.current().await.map_err(unavailable)?;
            let first = journal.first().await.map_err(unavailable)?;
            json(&Ends { first, last: current.state.number })
        }
        (&Method::GET, "entries") => {
            let number = |name: &str| parameter(query, name).and_then(|text| text.parse::<u64>().ok());
            let after = number("after").ok_or_else(|| Failure::bad_request("Say after which entry: after=N."))?;
            if let Some(wait_s) = number("wait") {
                let wait = Duration::from_secs(wait_s).min(LONGEST_WAIT);
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = node.grown_beyond(after) => {}
                    () = node.streams.closed() => {}
                }
                if node.published().state.number <= after {
                    return json(&Entries { entries: Vec::new(), has_more: false });
                }
            }
            let limit = number("limit").map_or(MAX_ENTRIES, |limit| limit.clamp(1, MAX_ENTRIES as u64) as usize);
            let mut entries = journal.read(after, limit).await.map_err(unavailable)?;
            let mut has_more = entries.len() == limit;
            let mut bytes = 0;
            if let Some(cut) = entries.iter().position(|entry| {
                let is_enough = bytes >= ENOUGH_BYTES;
                bytes += entry.body.len();
                is_enough
            }) {
                entries.truncate(cut);
                has_more = true;
            }
            json(&Entries { entries, has_more })
        }
        (&Method::GET, "snapshot") => {
            let snapshot = journal.load_snapshot().await.map_err(unavailable)?;
            let Some(snapshot) = snapshot else { return Ok(empty(StatusCode::NO_CONTENT)) };
            let mut response = Response::new(snapshot.body);
            let id = HeaderValue::try_from(snapshot.id.to_string()).map_err(|_| Failure::internal())?;
            response.headers_mut().insert(SNAPSHOT_NUMBER, HeaderValue::from(snapshot.number));
            response.headers_mut().insert(SNAPSHOT_ID, id);
            Ok(response)
        }
        (&Method::GET, page) if page.starts_with("blobs/") => {
            let id: BlobId = page["blobs/".len()..]
                .parse()
                .map_err(|_| Failure::bad_request("A content is named by the 64 hexadecimal digits of its SHA-256."))?;
            let found = journal.get_blob(id).await.map_err(unavailable)?;
            found
                .map(Response::new)
                .ok_or_else(|| Failure::new("ResourceNotFoundException", 404, "There is no such content."))
        }
        (&Method::POST, "polls") => {
            let polls: Polls = serde_json::from_slice(&body)
                .map_err(|error| Failure::bad_request(format!("The polls cannot be read: {error}.")))?;
            let published = node.published();
            let now_ms = node.clock.now_ms();
            for (channel, at_ms) in polls.channels {
                if let Some(serving) = published.serving.get(&channel) {
                    serving.note_polled_at(at_ms.min(now_ms));
                }
            }
            Ok(empty(StatusCode::NO_CONTENT))
        }
        _ => Err(Failure::unknown_operation()),
    }
}

fn unavailable(error: Unavailable) -> Failure {
    Failure::service_unavailable(error.to_string())
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn json(value: &impl Serialize) -> Result<Response<Bytes>, Failure> {
    let body = serde_json::to_vec(value).map_err(|_| Failure::internal())?;
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
