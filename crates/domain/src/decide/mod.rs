//! Judging commands: rules only, and pure. One file per resource, in the order of checks that the service shows.

mod alarm;
mod application;
pub(crate) mod deployment;
mod environment;
mod experiment;
mod extension;
mod identity;
mod profile;
pub(crate) mod protection;
pub(crate) mod strategy;
mod tags;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::Command;
use crate::event::Event;
use crate::id::{IdSource, Realm};
use crate::record::{AccountSettings, TokenKey, Work};
use crate::refusal::Refusal;
use crate::state::{RealmState, State};

/// What a decision may depend on besides the state and the command.
#[derive(Clone, Debug)]
pub struct Context {
    /// The deciding node's clock, in milliseconds since 1970.
    pub now_ms: i64,
    /// The caller's account and region.
    pub realm: Realm,
    /// A random number to make fresh ids from.
    pub seed: u64,
    /// How much there may be.
    pub limits: Limits,
}

/// How much there may be; the defaults are AWS's quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a hosted version's content.
    pub hosted_content_bytes: u64,
    /// Applications of an account in a region.
    pub applications: usize,
    /// Environments of an application.
    pub environments: usize,
    /// Configuration profiles of an application.
    pub profiles: usize,
    /// Deployment strategies of an account in a region, the predefined ones aside.
    pub strategies: usize,
    /// Experiment definitions of an application.
    pub experiment_definitions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hosted_content_bytes: 2_048 * 1_024,
            applications: 100,
            environments: 20,
            profiles: 100,
            strategies: 20,
            experiment_definitions: 50,
        }
    }
}

/// What the rules of one command see.
struct Case<'a> {
    realm: Arc<RealmState>,
    context: &'a Context,
}

impl Case<'_> {
    fn ids(&self) -> IdSource {
        IdSource::new(self.context.seed)
    }
}

/// Says what follows from a command, or why nothing does.
///
/// The answer holds for this state only. A refusal is final only if the state is the journal's head.
pub fn decide(state: &State, context: &Context, command: &Command) -> Result<Vec<Event>, Refusal> {
    let events = judge(state, context, command)?;
    state.check_contents(&events)?;
    Ok(events)
}

fn judge(state: &State, context: &Context, command: &Command) -> Result<Vec<Event>, Refusal> {
    let case = Case { realm: state.realm(&context.realm), context };
    match command {
        Command::CreateApplication { name, description, tags } => case.create_application(name, description, tags),
        Command::UpdateApplication { application, name, description } => {
            case.update_application(application, name, description)
        }
        Command::DeleteApplication { application } => case.delete_application(application),
        Command::CreateEnvironment(command) => case.create_environment(command),
        Command::UpdateEnvironment(command) => case.update_environment(command),
        Command::DeleteEnvironment { application, environment, protection } => {
            case.delete_environment(state, application, environment, *protection)
        }
        Command::CreateProfile(command) => case.create_profile(command),
        Command::UpdateProfile(command) => case.update_profile(command),
        Command::DeleteProfile { application, profile, protection } => {
            case.delete_profile(state, application, profile, *protection)
        }
        Command::CreateHostedVersion(command) => case.create_hosted_version(command),
        Command::DeleteHostedVersion { application, profile, number } => {
            case.delete_hosted_version(application, profile, *number)
        }
        Command::CreateStrategy(command) => case.create_strategy(command),
        Command::UpdateStrategy(command) => case.update_strategy(command),
        Command::DeleteStrategy { strategy } => case.delete_strategy(strategy),
        Command::StartDeployment(command) => case.start_deployment(command),
        Command::StopDeployment { application, environment, number, allow_revert } => {
            case.stop_deployment(application, environment, *number, *allow_revert)
        }
        Command::TakeStep { environment, number, steps, invocations } => {
            case.take_step(*environment, *number, *steps, invocations)
        }
        Command::RollBack { environment, number, steps, by, reason, invocations } => {
            case.due_step(*environment, *number, *steps)?;
            Ok(vec![Event::DeploymentRolledBack {
                environment: *environment,
                number: *number,
                by: *by,
                reason: reason.clone(),
                invocations: invocations.clone(),
            }])
        }
        Command::Claim { work, node, instead_of } => case.claim(state, *work, *node, *instead_of),
        Command::NoteActions { environment, number, entry, invocations } => {
            let work = Work::Actions { environment: *environment, number: *number, entry: *entry };
            if !state.is_open(&context.realm, work) {
                return Err(Refusal::Superseded);
            }
            Ok(vec![Event::ActionsInvoked {
                environment: *environment,
                number: *number,
                entry: *entry,
                is_done: true,
                invocations: invocations.clone(),
            }])
        }
        Command::CreateExtension(command) => case.create_extension(command),
        Command::UpdateExtension(command) => case.update_extension(command),
        Command::DeleteExtension { extension, version } => case.delete_extension(extension, *version),
        Command::CreateAssociation(command) => case.create_association(command),
        Command::UpdateAssociation { association, parameters } => {
            case.update_association(association, parameters.as_ref())
        }
        Command::DeleteAssociation { association } => case.delete_association(association),
        Command::UpdateAccountSettings(changes) => {
            let old = case.realm.settings();
            Ok(vec![Event::AccountSettingsUpdated(AccountSettings {
                deletion_protection: changes.deletion_protection.or(old.deletion_protection),
                protection_period_in_minutes: changes.protection_period_in_minutes.or(old.protection_period_in_minutes),
                vended_metrics: changes.vended_metrics.or(old.vended_metrics),
            })])
        }
        Command::ReportAlarm { name, report } => case.report_alarm(name, report),
        Command::ForgetAlarm { name } => case.forget_alarm(name),
        Command::CreateDefinition(command) => case.create_definition(command),
        Command::UpdateDefinition(command) => case.update_definition(command),
        Command::DeleteDefinition { application, definition, is_destroyed } => {
            case.delete_definition(application, definition, *is_destroyed)
        }
        Command::StartRun(command) => case.start_run(command),
        Command::UpdateRun(command) => case.update_run(command),
        Command::StopRun { application, definition, run, result, deployment } => {
            case.stop_run(application, definition, *run, result, deployment)
        }
        Command::NotePolls { channels } => Ok(vec![Event::ChannelsPolled { channels: channels.clone() }]),
        Command::Condemn { contents } => Ok(state.condemn(contents, context.now_ms)),
        Command::Tag { resource, arn, tags } => case.tag(*resource, arn, tags),
        Command::Untag { resource, arn, keys } => case.untag(*resource, arn, keys),
        Command::Identity(command) => identity::decide(state.identities(), context, command),
        Command::RotateTokenKey { secret, max_age_ms } => {
            let present = state.token_keys().last();
            if present.is_some_and(|key| context.now_ms.saturating_sub(key.created_at_ms) < *max_age_ms) {
                return Err(Refusal::Superseded);
            }
            let number = present.map_or(1, |key| key.number.wrapping_add(1).max(1));
            let secret = secret.clone();
            Ok(vec![Event::TokenKeyCreated(TokenKey { number, secret, created_at_ms: context.now_ms })])
        }
    }
}

/// An empty description is none.
fn described(description: &Option<String>) -> Option<String> {
    description.clone().filter(|text| !text.is_empty())
}

/// The new description of an update: absent leaves the old one, empty clears it.
fn redescribed(description: &Option<String>, old: &Option<String>) -> Option<String> {
    if description.is_some() { described(description) } else { old.clone() }
}

fn within_quota(present: usize, limit: usize, what: &'static str) -> Result<(), Refusal> {
    if present < limit { Ok(()) } else { Err(Refusal::QuotaExceeded { what, limit }) }
}

/// The events of a creation: the thing, and its tags if it has any.
fn created(event: Event, resource: crate::record::Resource, tags: &BTreeMap<String, String>) -> Vec<Event> {
    let mut events = vec![event];
    if !tags.is_empty() {
        events.push(Event::Tagged { resource, tags: tags.clone() });
    }
    events
}
