//! StartConfigurationSession.

use tidegate_domain::{Application, Environment, Profile, RealmState};
use tidegate_model::appconfigdata::{
    Error, InternalServerException, ResourceNotFoundException, ResourceType, StartConfigurationSessionRequest,
    StartConfigurationSessionResponse,
};
use tidegate_wire::Failure;

use super::token::{self, Session};
use crate::node::{Caller, Node};

/// Starts a session. Nothing is stored: the token is the session.
pub async fn start_configuration_session(
    node: &Node,
    caller: &Caller,
    input: StartConfigurationSessionRequest,
) -> Result<StartConfigurationSessionResponse, Failure> {
    let mut published = node.published().clone();
    let mut channel = channel_of(&published.state.realm(&caller.realm), &input);
    // What is not here may have been made on another node a moment ago.
    if channel.is_err() {
        published = node.current().await.map_err(|_| Failure::from(Error::from(InternalServerException::default())))?;
        channel = channel_of(&published.state.realm(&caller.realm), &input);
    }
    let channel = channel?;
    let requested = input.required_minimum_poll_interval_in_seconds.and_then(|seconds| u32::try_from(seconds).ok());
    let session = Session {
        id: node.settings.randomness.u128(),
        channel,
        held: 0,
        seen: published.state.number,
        issued_at_ms: node.clock.now_ms(),
        poll_interval_s: requested.unwrap_or(node.settings.default_poll_interval_s),
        answers: 0,
    };
    let token = token::seal_for(&published.keyring, caller.holder(), &session);
    let token = token.ok_or_else(|| Failure::service_unavailable("There is no key to seal tokens with yet."))?;
    node.metrics.sessions_started.inc();
    Ok(StartConfigurationSessionResponse { initial_configuration_token: Some(token) })
}

/// The channel that the identifiers name; what is missing is reported in the order in which the service looks.
fn channel_of(realm: &RealmState, input: &StartConfigurationSessionRequest) -> Result<u64, Failure> {
    let not_found = |kind: ResourceType, members: &[(&str, &str)]| {
        Failure::from(Error::from(ResourceNotFoundException {
            message: Some(format!("{} not found", kind.as_str())),
            resource_type: Some(kind),
            referenced_by: Some(members.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()),
        }))
    };
    let application = ("ApplicationIdentifier", input.application_identifier.as_str());
    let environment = ("EnvironmentIdentifier", input.environment_identifier.as_str());
    let profile = ("ConfigurationProfileIdentifier", input.configuration_profile_identifier.as_str());
    let all = [application, environment, profile];
    // Three ids name a deployment directly, so that what the service misses is the deployment.
    let looks_direct = all.iter().all(|(_, value)| looks_like_an_id(value));
    let missing = |kind: ResourceType, members: &[(&str, &str)]| {
        if looks_direct { not_found(ResourceType::Deployment, &all) } else { not_found(kind, members) }
    };
    let found_application: &Application =
        realm.application(application.1).map_err(|_| missing(ResourceType::Application, &[application]))?;
    let found_profile: &Profile = realm
        .profile(found_application, profile.1)
        .map_err(|_| missing(ResourceType::ConfigurationProfile, &[application, profile]))?;
    let found_environment: &Environment = realm
        .environment(found_application, environment.1)
        .map_err(|_| missing(ResourceType::Environment, &[application, environment]))?;
    realm
        .channel_number(found_environment.id, found_profile.id)
        .ok_or_else(|| not_found(ResourceType::Deployment, &all))
}

/// The model's pattern for ids.
fn looks_like_an_id(identifier: &str) -> bool {
    (4..=7).contains(&identifier.len())
        && identifier.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
