//! GetConfiguration: the old way to read, with a client id instead of a session.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{Response, StatusCode};
use tidegate_domain::rollout::Place;
use tidegate_model::appconfig::GetConfigurationRequest;
use tidegate_wire::Failure;

use crate::node::{Caller, Node};
use crate::operations::{not_found, refused};

const CONFIGURATION_VERSION: HeaderName = HeaderName::from_static("configuration-version");

/// Answers with the configuration, or 204 if the client holds the current one already.
pub async fn get_configuration(
    node: &Node,
    caller: &Caller,
    input: GetConfigurationRequest,
) -> Result<Response<Bytes>, Failure> {
    let published = node.published();
    let realm = published.state.realm(&caller.realm);
    let refused = |refusal| refused(refusal, caller);
    let application = realm.application(&input.application).map_err(refused)?;
    let environment = realm.environment(application, &input.environment).map_err(refused)?;
    let profile = realm.profile(application, &input.configuration).map_err(refused)?;
    let channel = realm.channel_number(environment.id, profile.id);
    let serving = channel.and_then(|channel| Some((channel, published.serving.get(&channel)?)));
    let Some((channel, serving)) = serving else {
        // What is deployed and could not be fetched yet is not missing.
        if channel.is_some() {
            return Err(Failure::internal());
        }
        return Err(not_found(format!(
            "No deployment of configuration {} was found in environment {}.",
            profile.name, environment.name
        )));
    };
    if serving.is_of_flags {
        return Err(Failure::bad_request(
            "Feature flag configurations must be accessed via AWS AppConfig Data's GetLatestConfiguration API.",
        ));
    }
    serving.note_poll(node.clock.now_ms());
    let served = match &serving.rollout.next {
        Some((_, next)) => serving.rollout.choose(Place::of(session_of(&input.client_id), channel, next.deployment)),
        None => serving.rollout.base.as_ref(),
    };
    let mut response = Response::new(Bytes::new());
    match served {
        Some(served) if input.client_configuration_version.as_deref() != served.version.to_str().ok() => {
            *response.body_mut() = served.plain.body.0.clone();
            response.headers_mut().insert(CONTENT_TYPE, served.plain.content_type.clone());
            response.headers_mut().insert(CONFIGURATION_VERSION, served.version.clone());
        }
        // There is nothing (yet) for this client, or nothing new.
        _ => {
            *response.status_mut() = StatusCode::NO_CONTENT;
            if let Some(served) = served {
                response.headers_mut().insert(CONFIGURATION_VERSION, served.version.clone());
            }
        }
    }
    Ok(response)
}

/// A client's place in rollouts follows from its id, as a session's from its own.
fn session_of(client_id: &str) -> u128 {
    let hash = digest(&SHA256, client_id.as_bytes());
    u128::from_be_bytes(hash.as_ref()[..16].try_into().expect("a SHA-256 has 32 bytes"))
}
