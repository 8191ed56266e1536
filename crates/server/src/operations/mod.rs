//! The operations: typed input to typed output, a file per resource.

mod account_settings;
mod application;
mod configuration_profile;
mod deployment;
mod deployment_strategy;
mod environment;
mod experiment;
mod extension;
mod extension_association;
mod hosted_version;
mod page;
mod tag;

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use tidegate_domain::experiment::{ExperimentDefinition, ExperimentRun};
use tidegate_domain::{
    AnyExtension, Application, Association, ChannelNumber, Command, ContentHash, Deployment, Environment, Event,
    HostedVersion, Kind, Profile, Protection, ProtectionCheck, RealmState, Refusal, Resource, Strategy,
};
use tidegate_model::appconfig::{
    BadRequestException, BytesMeasure, ConflictException, Error, PayloadTooLargeException, ResourceNotFoundException,
    ServiceQuotaExceededException,
};
use tidegate_model::{Input, Operation, appconfig as aws};
use tidegate_wire::{Failure, Request, bind, unbind};

pub(crate) use self::deployment::state as deployment_state;
use crate::head::newer_entry;
use crate::node::{Caller, Committed, Node, NotDone, Published};
use crate::{access, session};

/// A request on its way through a handler.
pub(crate) struct Call<'a> {
    pub node: &'a Node,
    pub caller: &'a Caller,
}

/// Operations that have no handler yet and answer 501. This list only ever gets shorter: a test holds its length.
pub const WITHOUT_HANDLER: &[&str] = &[];

macro_rules! handlers {
    ($($name:literal => $handler:path),* $(,)?) => {
        /// Operations that have a handler. GetLatestConfiguration's stands apart, in [`session`].
        pub const WITH_HANDLER: &[&str] = &[$($name),*];

        /// Carries out an operation.
        pub async fn answer(
            node: &Node,
            caller: &Caller,
            operation: &'static Operation,
            request: &Request<'_>,
        ) -> Result<Response<Bytes>, Failure> {
            node.rates.check(&caller.realm.account, operation.name)?;
            refuse_on_relays(node, operation.name)?;
            if let Some(verified) = &caller.verified {
                access::admit(node, verified, operation, request).await?;
            }
            let call = Call { node, caller };
            match operation.name {
                $($name => {
                    let input = bind(request)?;
                    $handler(&call, input).await?.into_response(caller)
                })*
                name => Err(Failure::not_implemented(name)),
            }
        }
    };
}

handlers! {
    "CreateApplication" => application::create,
    "CreateConfigurationProfile" => configuration_profile::create,
    "CreateDeploymentStrategy" => deployment_strategy::create,
    "CreateEnvironment" => environment::create,
    "CreateExtension" => extension::create,
    "CreateExtensionAssociation" => extension_association::create,
    "CreateHostedConfigurationVersion" => hosted_version::create,
    "DeleteApplication" => application::delete,
    "DeleteConfigurationProfile" => configuration_profile::delete,
    "DeleteDeploymentStrategy" => deployment_strategy::delete,
    "DeleteEnvironment" => environment::delete,
    "DeleteExtension" => extension::delete,
    "DeleteExtensionAssociation" => extension_association::delete,
    "DeleteHostedConfigurationVersion" => hosted_version::delete,
    "GetAccountSettings" => account_settings::get,
    "GetApplication" => application::get,
    "GetConfiguration" => get_configuration,
    "GetConfigurationProfile" => configuration_profile::get,
    "GetDeployment" => deployment::get,
    "GetDeploymentStrategy" => deployment_strategy::get,
    "GetEnvironment" => environment::get,
    "GetExtension" => extension::get,
    "GetExtensionAssociation" => extension_association::get,
    "GetHostedConfigurationVersion" => hosted_version::get,
    "ListApplications" => application::list,
    "ListConfigurationProfiles" => configuration_profile::list,
    "ListDeploymentStrategies" => deployment_strategy::list,
    "ListDeployments" => deployment::list,
    "ListEnvironments" => environment::list,
    "ListExtensionAssociations" => extension_association::list,
    "ListExtensions" => extension::list,
    "ListHostedConfigurationVersions" => hosted_version::list,
    "ListTagsForResource" => tag::list,
    "StartConfigurationSession" => start_configuration_session,
    "StartDeployment" => deployment::start,
    "StopDeployment" => deployment::stop,
    "TagResource" => tag::tag,
    "UntagResource" => tag::untag,
    "UpdateAccountSettings" => account_settings::update,
    "UpdateApplication" => application::update,
    "UpdateConfigurationProfile" => configuration_profile::update,
    "UpdateDeploymentStrategy" => deployment_strategy::update,
    "UpdateEnvironment" => environment::update,
    "UpdateExtension" => extension::update,
    "CreateExperimentDefinition" => experiment::create_definition,
    "DeleteExperimentDefinition" => experiment::delete_definition,
    "GetExperimentDefinition" => experiment::get_definition,
    "GetExperimentRun" => experiment::get_run,
    "ListExperimentDefinitions" => experiment::list_definitions,
    "ListExperimentRunEvents" => experiment::list_run_events,
    "ListExperimentRuns" => experiment::list_runs,
    "StartExperimentRun" => experiment::start_run,
    "StopExperimentRun" => experiment::stop_run,
    "UpdateExperimentDefinition" => experiment::update_definition,
    "UpdateExperimentRun" => experiment::update_run,
    "UpdateExtensionAssociation" => extension_association::update,
    "ValidateConfiguration" => configuration_profile::validate,
}

/// A relay knows what the journal says, and nobody decides anything there.
fn refuse_on_relays(node: &Node, operation: &str) -> Result<(), Failure> {
    match &node.settings.follows {
        Some(upstream) if !matches!(operation, "StartConfigurationSession" | "GetConfiguration") => {
            let url = upstream.url();
            Err(Failure::bad_request(format!(
                "This node is a relay: it serves configurations. Ask {url} for {operation}."
            )))
        }
        _ => Ok(()),
    }
}

async fn start_configuration_session(
    call: &Call<'_>,
    input: tidegate_model::appconfigdata::StartConfigurationSessionRequest,
) -> Result<Done<tidegate_model::appconfigdata::StartConfigurationSessionRequest>, Failure> {
    session::start_configuration_session(call.node, call.caller, input).await.map(Done)
}

async fn get_configuration(
    call: &Call<'_>,
    input: tidegate_model::appconfig::GetConfigurationRequest,
) -> Result<Response<Bytes>, Failure> {
    session::get_configuration(call.node, call.caller, input).await
}

/// A handler's answer: the typed output of the operation that takes this input.
pub(crate) struct Done<I: Input>(pub I::Output);

trait Answer {
    fn into_response(self, caller: &Caller) -> Result<Response<Bytes>, Failure>;
}

impl<I: Input> Answer for Done<I> {
    fn into_response(self, caller: &Caller) -> Result<Response<Bytes>, Failure> {
        Ok(unbind::<I>(self.0, &caller.request_id))
    }
}

/// The one operation with a second status, 204, answers for itself.
impl Answer for Response<Bytes> {
    fn into_response(mut self, caller: &Caller) -> Result<Response<Bytes>, Failure> {
        let id = http::HeaderValue::from_str(&caller.request_id).map_err(|_| Failure::internal())?;
        self.headers_mut().insert("x-amzn-requestid", id);
        Ok(self)
    }
}

/// What a handler returns for input `I`.
pub(crate) type Outcome<I> = Result<Done<I>, Failure>;

impl Call<'_> {
    /// Carries out a command.
    async fn execute(&self, command: Command) -> Result<Committed, Failure> {
        self.node.execute(self.caller, &command).await.map_err(|error| self.not_done(error))
    }

    /// Stores a content and carries out the command that refers to it.
    async fn execute_with(
        &self,
        content: &Bytes,
        command: impl Fn(ContentHash) -> Command,
    ) -> Result<Committed, Failure> {
        self.node.execute_with(self.caller, content, command).await.map_err(|error| self.not_done(error))
    }

    fn not_done(&self, error: NotDone) -> Failure {
        match error {
            NotDone::Refused(refusal) => refused(refusal, self.caller),
            NotDone::Unavailable(error) => unavailable(&error),
            NotDone::Contended | NotDone::OthersAtWork => {
                tracing::warn!("a write lost the race for its number again and again");
                Failure::service_unavailable("Too many writers at once. Try again.")
            }
            NotDone::Held(_) | NotDone::Fault => Failure::internal(),
        }
    }

    /// A state in which everything acknowledged before has happened.
    async fn current(&self) -> Result<Arc<Published>, Failure> {
        self.node.current().await.map_err(|error| unavailable(&error))
    }

    /// The caller's part of such a state.
    async fn view(&self) -> Result<View<'_>, Failure> {
        Ok(self.view_of(self.current().await?))
    }

    /// The caller's part of a state.
    fn view_of(&self, published: Arc<Published>) -> View<'_> {
        let realm = published.state.realm(&self.caller.realm);
        View { call: self, published, realm }
    }

    fn refused(&self, refusal: Refusal) -> Failure {
        refused(refusal, self.caller)
    }

    fn arn(&self, resource: Resource) -> String {
        resource.arn(&self.caller.realm.region, &self.caller.realm.account)
    }

    /// Reads an ARN of the caller's own account and region.
    fn resource(&self, arn: &str) -> Result<Resource, Failure> {
        let realm = &self.caller.realm;
        let own = format!("arn:aws:appconfig:{}:{}:", realm.region, realm.account);
        let resource = arn.strip_prefix(&own).and_then(Resource::parse);
        resource.ok_or_else(|| self.refused(Refusal::ResourceNotFound { arn: arn.into() }))
    }

    /// Looks whether an extension's identifier, if it is an ARN, is of the caller's region and account, or of AWS.
    fn check_extension_reference(&self, identifier: &str) -> Result<(), Failure> {
        let realm = &self.caller.realm;
        let is_of = |account: &str| identifier.starts_with(&format!("arn:aws:appconfig:{}:{account}:", realm.region));
        if !identifier.starts_with("arn:") || is_of(realm.account.as_str()) || is_of("") {
            Ok(())
        } else {
            Err(self.refused(Refusal::ExtensionNotFound))
        }
    }

    /// What a deletion has to know of the channels that it would take away.
    fn protection(
        &self,
        published: &Published,
        check: Option<aws::DeletionProtectionCheck>,
        channels: &[ChannelNumber],
    ) -> Protection {
        let polled = channels.iter().filter_map(|channel| published.serving.get(channel)?.last_polled_ms());
        Protection {
            check: match check {
                None | Some(aws::DeletionProtectionCheck::AccountDefault) => ProtectionCheck::AccountDefault,
                Some(aws::DeletionProtectionCheck::Apply) => ProtectionCheck::Apply,
                Some(aws::DeletionProtectionCheck::Bypass) => ProtectionCheck::Bypass,
            },
            last_polled_ms: polled.max(),
        }
    }

    /// The ARN of a KMS key that was named by key id, alias or ARN.
    fn key_arn(&self, identifier: &str) -> String {
        if identifier.starts_with("arn:") {
            return identifier.into();
        }
        let realm = &self.caller.realm;
        let kind = if identifier.starts_with("alias/") { "" } else { "key/" };
        format!("arn:aws:kms:{}:{}:{kind}{identifier}", realm.region, realm.account)
    }
}

/// What a caller sees of a state. What is not there is a [`Failure`] in AWS's words.
pub(crate) struct View<'a> {
    call: &'a Call<'a>,
    pub published: Arc<Published>,
    pub realm: Arc<RealmState>,
}

impl View<'_> {
    /// Refuses what would be refused if it were carried out now.
    fn rehearse(&self, command: &Command) -> Result<(), Failure> {
        let rehearsed = self.call.node.rehearse(&self.published, self.call.caller, command);
        rehearsed.map_err(|refusal| self.call.refused(refusal))
    }
}

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $found:ty;)*) => {
        impl View<'_> {
            $($(#[$doc])* fn $name(&self, $($argument: $kind),*) -> Result<$found, Failure> {
                self.realm.$name($($argument),*).map_err(|refusal| self.call.refused(refusal))
            })*
        }
    };
}

views! {
    application(identifier: &str) -> &Arc<Application>;
    environment(application: &Application, identifier: &str) -> &Arc<Environment>;
    profile(application: &Application, identifier: &str) -> &Arc<Profile>;
    version(profile: &Profile, number: i64) -> &Arc<HostedVersion>;
    version_to_deploy(profile: &Profile, reference: &str) -> &Arc<HostedVersion>;
    deployment(environment: &Environment, number: i64) -> &Arc<Deployment>;
    strategy(identifier: &str) -> &Arc<Strategy>;
    any_extension(identifier: &str, version: Option<i64>) -> AnyExtension;
    association(identifier: &str) -> &Arc<Association>;
    definition(application: &Application, identifier: &str) -> &Arc<ExperimentDefinition>;
    run(definition: &ExperimentDefinition, number: i64) -> &Arc<ExperimentRun>;
}

/// Finds the event that a command is known to have led to.
fn find<T>(committed: &Committed, wanted: impl Fn(&Event) -> Option<&T>) -> &T {
    committed.events.iter().find_map(wanted).expect("a command leads to the event that it is for")
}

/// A refusal as the wire shows it.
pub(crate) fn refused(refusal: Refusal, caller: &Caller) -> Failure {
    let message = Some(refusal.message(&caller.realm.account));
    let error: Error = match refusal.kind() {
        Kind::BadRequest => BadRequestException { message, ..Default::default() }.into(),
        Kind::NotFound => {
            let is_of_type = refusal == Refusal::ProfileTypeUnknown;
            let resource_name = is_of_type.then(|| "ConfigurationProfileType".into());
            ResourceNotFoundException { message, resource_name }.into()
        }
        Kind::Conflict | Kind::Superseded => ConflictException { message }.into(),
        Kind::QuotaExceeded => ServiceQuotaExceededException { message }.into(),
        Kind::TooLarge => {
            let Refusal::ContentTooLarge { size, limit } = refusal else { return Failure::internal() };
            PayloadTooLargeException {
                message,
                measure: Some(BytesMeasure::Kilobytes),
                limit: Some((limit / 1_024) as f64),
                size: Some(size.div_ceil(1_024) as f64),
            }
            .into()
        }
    };
    error.into()
}

pub(crate) fn not_found(message: String) -> Failure {
    Error::from(ResourceNotFoundException { message: Some(message), resource_name: None }).into()
}

/// The store did not answer: said once in the log with its cause, and to the client without.
fn unavailable(error: &tidegate_journal::Unavailable) -> Failure {
    tracing::error!(%error, hint = error.hint.as_deref(), "the store is not available");
    match newer_entry(error) {
        Some(entry) => Failure::service_unavailable(format!(
            "Journal entry {} was written by a newer version of Tidegate. This node has to be upgraded.",
            entry.number
        )),
        None => Failure::service_unavailable("The configuration store is not available. Try again."),
    }
}

/// An empty description is told in the answer to the request that set it, and nowhere else.
fn echoed(requested: Option<String>, stored: &Option<String>) -> Option<String> {
    match requested {
        Some(text) if text.is_empty() => Some(text),
        _ => stored.clone(),
    }
}

/// Lists and maps without members are left out.
fn unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_a_handler_or_stands_in_the_list_of_those_without() {
        let mut known: Vec<&str> = WITH_HANDLER.iter().chain(WITHOUT_HANDLER).copied().collect();
        known.push("GetLatestConfiguration");
        let unique: BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(unique.len(), known.len(), "an operation stands in both lists");
        let of_aws = tidegate_model::appconfig::OPERATIONS.iter().chain(tidegate_model::appconfigdata::OPERATIONS);
        assert_eq!(unique, of_aws.map(|operation| operation.name).collect());
    }

    #[test]
    fn the_list_of_operations_without_a_handler_only_gets_shorter() {
        assert_eq!(WITHOUT_HANDLER.len(), 0, "lower this number with the list, and never raise it");
    }
}
