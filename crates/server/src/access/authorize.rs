//! Whether somebody may: what an operation needs to be allowed, and whether policies allow it.

use serde_json::{Map, Value};
use tidegate_domain::{Channel, RealmState, Resource, State};
use tidegate_model::Operation;
use tidegate_policy as policy;
use tidegate_policy::{Decision, Identifiers, Request, requirements};
use tidegate_wire::sigv4::AuthFailure;

use super::claim::{Claim, Proven};
use super::grants::decide;

/// Where all ARNs are.
const PARTITION: &str = "aws";

/// Says whether somebody may carry an operation out, whose input has these members.
pub(crate) fn authorize(
    state: &State,
    who: &Proven,
    operation: &'static Operation,
    members: &Map<String, Value>,
    now_ms: i64,
) -> Result<(), AuthFailure> {
    let realm = who.realm();
    let held = state.realm(&realm);
    let named = Named::find(&held, members);
    let tags: Vec<(&str, &str)> = match members.get("Tags") {
        Some(Value::Object(tags)) => tags.iter().filter_map(|(key, value)| Some((&**key, value.as_str()?))).collect(),
        _ => Vec::new(),
    };
    let keys: Vec<&str> = match members.get("TagKeys") {
        Some(Value::Array(keys)) => keys.iter().filter_map(Value::as_str).collect(),
        _ => tags.iter().map(|(key, _)| *key).collect(),
    };
    let of = policy::Realm { partition: PARTITION, region: &realm.region, account: realm.account.as_str() };
    let needed = requirements(operation.name, of, &named.identifiers(), !tags.is_empty());
    if needed.is_empty() {
        // An operation that the table does not know is nobody's to carry out.
        return Err(denied(who, &format!("appconfig:{}", operation.name), "*", false));
    }
    let asking = Asking { who, now_ms, request_tags: &tags, tag_keys: &keys };
    for requirement in needed {
        let own = format!("arn:{PARTITION}:appconfig:{}:{}:", realm.region, realm.account);
        let resource = match requirement.resource_type {
            // What sessions read has the tags of its profile.
            Some(policy::ResourceType::Configuration) => {
                let profile = policy::ResourceType::ConfigurationProfile.arn(of, &named.identifiers());
                profile.strip_prefix(&own).and_then(Resource::parse)
            }
            _ => requirement.resource.strip_prefix(&own).and_then(Resource::parse),
        };
        let tags = resource.filter(|_| requirement.exists).map(|resource| held.tags(resource));
        let tags: Vec<(&str, &str)> =
            tags.iter().flat_map(|tags| tags.iter()).map(|(key, value)| (&**key, &**value)).collect();
        asking.allows(&requirement.action.full_name(), &requirement.resource, &tags)?;
    }
    Ok(())
}

/// Says whether somebody may do something that touches nothing of AppConfig.
pub(crate) fn authorize_page(who: &Proven, action: &str, resource: &str, now_ms: i64) -> Result<(), AuthFailure> {
    Asking { who, now_ms, request_tags: &[], tag_keys: &[] }.allows(action, resource, &[])
}

/// Whether what a poll may read is the same for all polls of this caller on this channel.
pub(crate) fn is_steady(claim: &Claim<'_>) -> bool {
    claim.principal().is_steady && !claim.is_narrowed()
}

/// Says whether a caller may go on reading a channel.
pub(crate) fn authorize_poll(state: &State, who: &Proven, channel: &Channel, now_ms: i64) -> Result<(), AuthFailure> {
    let realm = &channel.realm;
    let of = policy::Realm { partition: PARTITION, region: &realm.region, account: realm.account.as_str() };
    let identifiers = Identifiers {
        application: Some(channel.application.as_str()),
        environment: Some(channel.environment.as_str()),
        profile: Some(channel.profile.as_str()),
        ..Identifiers::default()
    };
    let arn = policy::ResourceType::Configuration.arn(of, &identifiers);
    let tags = state.realm(realm).tags(Resource::Profile(channel.application, channel.profile));
    let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (&**key, &**value)).collect();
    let asking = Asking { who, now_ms, request_tags: &[], tag_keys: &[] };
    asking.allows("appconfig:GetLatestConfiguration", &arn, &tags)
}

/// A request in the terms of policies.
struct Asking<'a> {
    who: &'a Proven,
    now_ms: i64,
    request_tags: &'a [(&'a str, &'a str)],
    tag_keys: &'a [&'a str],
}

impl Asking<'_> {
    fn allows(&self, action: &str, resource: &str, resource_tags: &[(&str, &str)]) -> Result<(), AuthFailure> {
        let who = self.who;
        let user_id = who.user_id();
        let tags: Vec<(&str, &str)> = who.principal.tags.iter().map(|(key, value)| (&**key, &**value)).collect();
        let region = who.realm().region;
        let context = policy::Context {
            principal: policy::Principal {
                // Of a session it is the role's, as in IAM: policies are written for roles.
                arn: &who.principal.arn,
                account: who.principal.account.as_str(),
                user_id: &user_id,
                user_name: (!who.principal.is_role).then_some(&who.principal.name),
                tags: &tags,
            },
            now_ms: self.now_ms,
            source_ip: Some(who.source_ip),
            is_secure: who.is_secure,
            region: &region,
            request_tags: self.request_tags,
            tag_keys: self.tag_keys,
        };
        let request = Request { action, resource, resource_tags, context: &context };
        let (decision, _) = decide(&who.principal.grants, &request);
        // A session's policy narrows down what the role's allow.
        let narrowed = who.session.as_ref().and_then(|session| session.policy.as_ref());
        let narrowed = narrowed.map(|policy| policy::evaluate([policy], &request));
        for decision in std::iter::once(decision).chain(narrowed) {
            if !decision.is_allowed() {
                return Err(denied(who, action, resource, matches!(decision, Decision::ExplicitDeny(_))));
            }
        }
        Ok(())
    }
}

fn denied(who: &Proven, action: &str, resource: &str, is_explicit: bool) -> AuthFailure {
    AuthFailure::Denied { principal_arn: who.arn(), action: action.into(), resource: resource.into(), is_explicit }
}

/// What a request names: ids of what is there, and what it says of the rest.
#[derive(Default)]
struct Named {
    application: Option<String>,
    environment: Option<String>,
    profile: Option<String>,
    deployment: Option<String>,
    strategy: Option<String>,
    extension: Option<String>,
    extension_version: Option<String>,
    association: Option<String>,
    definition: Option<String>,
    run: Option<String>,
    tagged: Option<String>,
}

impl Named {
    fn find(held: &RealmState, members: &Map<String, Value>) -> Self {
        let text = |names: &[&str]| {
            names.iter().find_map(|name| match members.get(*name)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        let mut named = Self {
            application: text(&["ApplicationId", "ApplicationIdentifier", "Application"]),
            environment: text(&["EnvironmentId", "EnvironmentIdentifier", "Environment"]),
            profile: text(&["ConfigurationProfileId", "ConfigurationProfileIdentifier", "Configuration"]),
            deployment: text(&["DeploymentNumber"]),
            strategy: text(&["DeploymentStrategyId"]),
            extension: text(&["ExtensionIdentifier"]),
            extension_version: text(&["ExtensionVersionNumber", "VersionNumber"]),
            association: text(&["ExtensionAssociationId"]),
            definition: text(&["ExperimentDefinitionIdentifier", "ExperimentDefinitionId"]),
            run: text(&["Run"]),
            tagged: text(&["ResourceArn"]),
        };
        named.look_up(held);
        named
    }

    /// Puts the ids of what is there in the place of names. What is not there stays as the request has it, so that only
    /// a policy that is for it, too, lets somebody learn that it is not there.
    fn look_up(&mut self, held: &RealmState) {
        if let Some(Ok(application)) = self.application.as_deref().map(|it| held.application(it)) {
            self.application = Some(application.id.to_string());
            if let Some(Ok(environment)) = self.environment.as_deref().map(|it| held.environment(application, it)) {
                self.environment = Some(environment.id.to_string());
            }
            if let Some(Ok(profile)) = self.profile.as_deref().map(|it| held.profile(application, it)) {
                self.profile = Some(profile.id.to_string());
            }
            if let Some(Ok(definition)) = self.definition.as_deref().map(|it| held.definition(application, it)) {
                self.definition = Some(definition.id.to_string());
                // A run deploys to where its definition says.
                self.environment.get_or_insert_with(|| definition.environment.to_string());
                self.profile.get_or_insert_with(|| definition.profile.to_string());
            }
        }
        if let Some(identifier) = &self.extension {
            let version = self.extension_version.as_deref().and_then(|version| version.parse().ok());
            if let Ok(extension) = held.any_extension(identifier, version) {
                self.extension = Some(extension.id);
                self.extension_version = Some(extension.version.to_string());
            }
        }
    }

    fn identifiers(&self) -> Identifiers<'_> {
        Identifiers {
            application: self.application.as_deref(),
            environment: self.environment.as_deref(),
            profile: self.profile.as_deref(),
            deployment: self.deployment.as_deref(),
            strategy: self.strategy.as_deref(),
            extension: self.extension.as_deref(),
            extension_version: self.extension_version.as_deref(),
            association: self.association.as_deref(),
            definition: self.definition.as_deref(),
            run: self.run.as_deref(),
            tagged: self.tagged.as_deref(),
        }
    }
}
