//! Deployments: start, the steps in between, and being taken back.

use super::{Case, created, described};
use crate::command::StartDeployment;
use crate::event::Event;
use crate::growth::{self, Step};
use crate::id::Id;
use crate::record::{
    DeployedContent, Deployment, DeploymentKind, DeploymentState, Invocation, Profile, Resource, TriggeredBy, Work,
};
use crate::refusal::Refusal;
use crate::state::State;

/// How long after its completion a deployment can be reverted.
pub(crate) const REVERT_WITHIN_MS: i64 = 72 * 60 * 60 * 1_000;

impl Case<'_> {
    pub(super) fn start_deployment(&self, command: &StartDeployment) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let environment = self.realm.environment(application, &command.environment)?;
        let (strategy, plan) = self.plan_of(&command.strategy)?;
        let profile = self.realm.profile(application, &command.profile)?;
        let mut content = self.content_to_deploy(profile, &command.version)?;
        if let Some((hash, size)) = command.content {
            (content.hash, content.size) = (hash, size);
        }
        self.check_tags(&command.tags)?;
        if let Some(number) = environment.running {
            return Err(Refusal::DeploymentInProgress { environment: environment.id, number });
        }
        let latest = environment.latest_deployment;
        if let Some(expected) = command.latest_deployment
            && expected != i64::from(latest)
        {
            return Err(Refusal::DeploymentNumberOutdated { expected, actual: latest });
        }
        let deployment = Deployment {
            application: application.id,
            environment: environment.id,
            number: latest + 1,
            profile: profile.id,
            configuration_name: profile.name.clone(),
            location_uri: profile.location_uri.clone(),
            content,
            strategy,
            plan,
            description: described(&command.description),
            kms_key_identifier: command.kms_key_identifier.clone().or_else(|| profile.kms_key_identifier.clone()),
            kind: DeploymentKind::User,
            state: DeploymentState::Deploying,
            percentage: 0.0,
            steps: 0,
            started_at_ms: self.context.now_ms,
            last_step_at_ms: self.context.now_ms,
            completed_at_ms: None,
            log: Vec::new(),
            applied: command.applied.clone(),
        };
        let resource = Resource::Deployment(application.id, environment.id, deployment.number);
        let is_instant = plan.duration_in_minutes == 0 && plan.final_bake_time_in_minutes == 0;
        let (environment, number) = (deployment.environment, deployment.number);
        let mut events = created(Event::DeploymentStarted(Box::new(deployment)), resource, &command.tags);
        if !command.invocations.is_empty() {
            let invocations = command.invocations.clone();
            events.push(Event::ActionsInvoked { environment, number, entry: 0, is_done: false, invocations });
        }
        if is_instant {
            events.push(stepped(environment, number, Step::Complete, &[]));
        }
        Ok(events)
    }

    fn content_to_deploy(&self, profile: &Profile, version: &str) -> Result<DeployedContent, Refusal> {
        let hosted = self.realm.version_to_deploy(profile, version)?;
        Ok(DeployedContent {
            version: hosted.number.to_string(),
            label: hosted.label.clone(),
            content_type: hosted.content_type.clone(),
            hash: hosted.content,
            size: hosted.size,
        })
    }

    /// Takes the next step if it is still the one that was due. Whether its time has come is the caller's to know:
    /// only a node that has run since the last step can say how long ago that was, whatever the clocks show.
    pub(super) fn take_step(
        &self,
        environment: Id,
        number: u32,
        steps: u32,
        invocations: &[Invocation],
    ) -> Result<Vec<Event>, Refusal> {
        let (deployment, step) = self.due_step(environment, number, steps)?;
        let mut events = vec![stepped(environment, number, step, invocations)];
        // Without a duration the bake begins in the moment in which everybody has the configuration.
        if deployment.plan.duration_in_minutes == 0 && matches!(step, Step::Grow(_)) {
            events.push(stepped(environment, number, Step::Bake, &[]));
        }
        Ok(events)
    }

    /// The step that follows the first `steps` of a running deployment.
    pub(super) fn due_step(&self, environment: Id, number: u32, steps: u32) -> Result<(&Deployment, Step), Refusal> {
        let deployment = self.realm.deployments.get(&(environment, number)).ok_or(Refusal::Superseded)?;
        let step = growth::next_step(deployment).ok_or(Refusal::Superseded)?;
        if deployment.steps == steps { Ok((deployment, step)) } else { Err(Refusal::Superseded) }
    }

    /// Takes on work that is still to be done and that nobody else does.
    pub(super) fn claim(
        &self,
        state: &State,
        work: Work,
        node: u64,
        instead_of: Option<u64>,
    ) -> Result<Vec<Event>, Refusal> {
        let is_free = state.claimant(&self.context.realm, work) == instead_of;
        if is_free && state.is_open(&self.context.realm, work) {
            Ok(vec![Event::WorkClaimed { work, node }])
        } else {
            Err(Refusal::Superseded)
        }
    }

    pub(super) fn stop_deployment(
        &self,
        application: &str,
        environment: &str,
        number: i64,
        allow_revert: bool,
    ) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let environment = self.realm.environment(application, environment)?;
        let deployment = self.realm.deployment(environment, number)?;
        let (environment, number) = (deployment.environment, deployment.number);
        match deployment.state {
            DeploymentState::Deploying | DeploymentState::Baking | DeploymentState::RollingBack => {
                let reason = "Deployment rolled back by user request".into();
                let by = TriggeredBy::User;
                Ok(vec![Event::DeploymentRolledBack { environment, number, by, reason, invocations: Vec::new() }])
            }
            DeploymentState::Complete if !allow_revert => Err(Refusal::DeploymentIsComplete { number }),
            DeploymentState::Complete => {
                let completed_at_ms = deployment.completed_at_ms.unwrap_or(deployment.started_at_ms);
                if self.context.now_ms.saturating_sub(completed_at_ms) > REVERT_WITHIN_MS {
                    return Err(Refusal::DeploymentTooOldToRevert { number });
                }
                if !self.is_served_alone(deployment) {
                    return Err(Refusal::DeploymentIsNotCurrent { number });
                }
                Ok(vec![Event::DeploymentReverted { environment, number }])
            }
            DeploymentState::RolledBack => Err(Refusal::DeploymentIsTerminal { number, state: "ROLLED_BACK" }),
            DeploymentState::Reverted => Err(Refusal::DeploymentIsTerminal { number, state: "REVERTED" }),
        }
    }

    /// Whether the deployment is what its channel serves, and nothing is on its way to replace it.
    fn is_served_alone(&self, deployment: &Deployment) -> bool {
        let of_profile = |other: &Deployment| other.profile == deployment.profile;
        let later = self.realm.deployments.range((deployment.environment, deployment.number + 1)..);
        let mut later = later.take_while(|((environment, _), _)| *environment == deployment.environment);
        !later.any(|(_, other)| of_profile(other) && (other.is_running() || other.state == DeploymentState::Complete))
    }
}

fn stepped(environment: Id, number: u32, step: Step, invocations: &[Invocation]) -> Event {
    Event::DeploymentStepped { environment, number, step, invocations: invocations.to_vec() }
}
