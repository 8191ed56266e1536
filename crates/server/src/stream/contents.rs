//! Contents by hash, for those whose token's configuration serves them.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use tidegate_wire::Failure;

use super::open::presented_tokens;
use crate::access::{Proven, Reader};
use crate::node::Node;
use crate::serving::Served;
use crate::session::{self, Presented};

/// Answers with the content of this hash, if the token's configuration serves it to anybody.
///
/// A hash alone opens nothing: contents of others are not found, whether they are there or not.
pub(crate) fn content(
    node: &Node,
    head: &Parts,
    hash: &str,
    who: Option<Arc<Proven>>,
) -> Result<Response<Bytes>, Failure> {
    let tokens = presented_tokens(head)?;
    let [token] = &*tokens else {
        return Err(Failure::bad_request("Name one token: that of the configuration that serves the content."));
    };
    let published = node.published();
    let now_ms = node.clock.now_ms();
    let reader = who.map(|who| Reader::new(who, &published));
    let holder = reader.as_ref().map_or("", |reader| reader.holder());
    let session = match session::present(node, &published, holder, token, now_ms) {
        Presented::Good(session) => session,
        Presented::Bad(problem) => return Err(session::refused(problem)),
        Presented::Used => return Err(session::used_twice()),
    };
    if let Some(reader) = &reader {
        reader.may_read(&published, session.channel, now_ms)?;
    }
    let serving = published.serving.get(&session.channel);
    let forms = serving.iter().flat_map(|serving| serving.rollout.parts()).flat_map(|served| forms_of(served));
    let Some(form) = forms.into_iter().find(|form| form.hash.to_string() == hash) else {
        return Err(Failure::new("ResourceNotFoundException", 404, "The configuration does not serve this content."));
    };
    let mut response = Response::new(Bytes::new());
    let tag = format!("\"{hash}\"");
    let known = head.headers.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    if known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = form.body.0.clone();
        response.headers_mut().insert(CONTENT_TYPE, form.content_type.clone());
    }
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits can stand in a header"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    Ok(response)
}

fn forms_of(served: &Served) -> impl Iterator<Item = &crate::serving::Form> {
    std::iter::once(&served.plain).chain(served.ion.iter().map(|ion| &ion.form))
}
