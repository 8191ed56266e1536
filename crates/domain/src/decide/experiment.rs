//! Experiments: definitions and runs. What reaches clients does so through deployments that the service makes itself.

use std::collections::BTreeMap;

use super::{Case, created, described, redescribed, within_quota};
use crate::command::{CreateDefinition, RunDeployment, StartRun, TreatmentInput, UpdateDefinition, UpdateRun};
use crate::event::Event;
use crate::experiment::{
    DefinitionStatus, ExperimentDefinition, ExperimentRun, RunEvent, RunEventType, RunResult, RunStatus, Treatment,
};
use crate::growth::Step;
use crate::record::{
    Deployment, DeploymentKind, DeploymentState, Environment, GrowthType, Plan, ProfileType, Resource,
};
use crate::refusal::Refusal;

/// The strategy of the deployments that the service makes itself; it stands in no list.
const SERVICE_MANAGED: &str = "AppConfig.ServiceManaged";
const AT_ONCE: Plan = Plan {
    duration_in_minutes: 0,
    final_bake_time_in_minutes: 0,
    growth_factor: 100.0,
    growth_type: GrowthType::Linear,
};

impl Case<'_> {
    pub(super) fn create_definition(&self, command: &CreateDefinition) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let profile = self.realm.profile(application, &command.profile)?;
        let environment = self.realm.environment(application, &command.environment)?;
        if profile.kind != ProfileType::FeatureFlags {
            return Err(Refusal::ExperimentOutsideFlags { profile: profile.id });
        }
        self.check_tags(&command.tags)?;
        if let Some(id) = self.realm.definitions.id_of(Some(application.id), &command.name) {
            return Err(Refusal::DefinitionNameTaken { name: command.name.clone(), id, application: application.id });
        }
        let present = self.realm.definitions.count_under(Some(application.id));
        within_quota(present, self.context.limits.experiment_definitions, "experiment definitions per application")?;
        let id = self.ids().fresh(|id| self.realm.definitions.get(id).is_some());
        let definition = ExperimentDefinition {
            application: application.id,
            id,
            name: command.name.clone(),
            profile: profile.id,
            environment: environment.id,
            flag_key: command.flag_key.clone(),
            treatments: treatments(&command.treatments),
            control: treatment("c".into(), &command.control),
            audience_rule: command.audience_rule.clone(),
            audience_description: described(&command.audience_description),
            hypothesis: described(&command.hypothesis),
            launch_criteria: described(&command.launch_criteria),
            status: DefinitionStatus::Idle,
            created_at_ms: self.context.now_ms,
            updated_at_ms: self.context.now_ms,
            latest_run: 0,
        };
        let resource = Resource::Definition(application.id, id);
        Ok(created(Event::ExperimentDefinitionPut(Box::new(definition)), resource, &command.tags))
    }

    pub(super) fn update_definition(&self, command: &UpdateDefinition) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let old = self.realm.definition(application, &command.definition)?;
        if old.status != DefinitionStatus::Idle {
            return Err(Refusal::DefinitionNotUpdatable { definition: old.id, status: old.status });
        }
        let control = command.control.as_ref().map(|control| treatment("c".into(), control));
        Ok(vec![Event::ExperimentDefinitionPut(Box::new(ExperimentDefinition {
            treatments: command.treatments.as_deref().map_or_else(|| old.treatments.clone(), treatments),
            control: control.unwrap_or_else(|| old.control.clone()),
            audience_rule: command.audience_rule.clone().unwrap_or_else(|| old.audience_rule.clone()),
            audience_description: redescribed(&command.audience_description, &old.audience_description),
            hypothesis: redescribed(&command.hypothesis, &old.hypothesis),
            launch_criteria: redescribed(&command.launch_criteria, &old.launch_criteria),
            updated_at_ms: self.context.now_ms,
            ..ExperimentDefinition::clone(old)
        }))])
    }

    pub(super) fn delete_definition(
        &self,
        application: &str,
        definition: &str,
        is_destroyed: bool,
    ) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let old = self.realm.definition(application, definition)?;
        if old.status == DefinitionStatus::Active {
            return Err(Refusal::DefinitionActive { definition: old.id });
        }
        if is_destroyed {
            return Ok(vec![Event::ExperimentDefinitionDestroyed { definition: old.id }]);
        }
        Ok(vec![Event::ExperimentDefinitionPut(Box::new(ExperimentDefinition {
            status: DefinitionStatus::Archived,
            updated_at_ms: self.context.now_ms,
            ..ExperimentDefinition::clone(old)
        }))])
    }

    /// Whether the flag and the rule fit is found out before; see the callers.
    pub(super) fn start_run(&self, command: &StartRun) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let old = self.realm.definition(application, &command.definition)?;
        if old.status != DefinitionStatus::Idle {
            return Err(Refusal::DefinitionNotStartable { definition: old.id, status: old.status });
        }
        let running = self.realm.running_experiments(application.id, old.environment, old.profile);
        if let Some(other) = running.iter().find(|run| run.definition.flag_key == old.flag_key) {
            return Err(Refusal::FlagInExperiment { flag: old.flag_key.clone(), definition: other.definition.id });
        }
        self.check_tags(&command.tags)?;
        check_overrides(old, &command.overrides)?;
        let now_ms = self.context.now_ms;
        let exposure_percentage = command.exposure_percentage.unwrap_or(0.0);
        let definition = ExperimentDefinition {
            status: DefinitionStatus::Active,
            updated_at_ms: now_ms,
            latest_run: old.latest_run + 1,
            ..ExperimentDefinition::clone(old)
        };
        let run = ExperimentRun {
            definition: Box::new(ExperimentDefinition::clone(old)),
            number: definition.latest_run,
            description: described(&command.description),
            status: RunStatus::Running,
            exposure_percentage,
            overrides: command.overrides.clone(),
            result: None,
            started_at_ms: now_ms,
            updated_at_ms: now_ms,
            ended_at_ms: None,
            events: vec![RunEvent {
                kind: RunEventType::RunStarted,
                deployment: None,
                exposure_percentage: Some(exposure_percentage),
                overrides: (!command.overrides.is_empty()).then(|| command.overrides.clone()),
                occurred_at_ms: now_ms,
            }],
        };
        let resource = Resource::Run(application.id, definition.id, run.number);
        let (mut events, _) = self.managed_deployment(&run, &command.deployment)?;
        // What is deployed shows the run, so that the run has to be there first.
        let mut all = created(Event::ExperimentRunPut(Box::new(run)), resource, &command.tags);
        all.push(Event::ExperimentDefinitionPut(Box::new(definition)));
        all.append(&mut events);
        Ok(all)
    }

    pub(super) fn update_run(&self, command: &UpdateRun) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(&command.application)?;
        let definition = self.realm.definition(application, &command.definition)?;
        let old = self.realm.run(definition, command.run)?;
        if old.status == RunStatus::Done {
            return Err(Refusal::RunTerminal { definition: definition.id, run: old.number });
        }
        if let (Some(exposure), Some(_)) = (command.exposure_percentage, &command.overrides) {
            return Err(Refusal::RunUpdatesTwoAttributes { exposure: format!("{exposure:?}") });
        }
        let mut run = ExperimentRun::clone(old);
        run.description = redescribed(&command.description, &run.description);
        run.updated_at_ms = self.context.now_ms;
        let kind = if let Some(requested) = command.exposure_percentage {
            if requested < run.exposure_percentage {
                return Err(Refusal::ExposureShrinks {
                    current: format!("{:?}", run.exposure_percentage),
                    requested: format!("{requested:?}"),
                });
            }
            run.exposure_percentage = requested;
            RunEventType::ExposureUpdated
        } else if let Some(overrides) = &command.overrides {
            check_overrides(&run.definition, overrides)?;
            run.overrides = overrides.clone();
            RunEventType::OverridesUpdated
        } else {
            return Ok(vec![Event::ExperimentRunPut(Box::new(run))]);
        };
        let (mut events, number) = self.managed_deployment(&run, &command.deployment)?;
        let is_exposure = kind == RunEventType::ExposureUpdated;
        run.events.push(RunEvent {
            kind,
            deployment: Some(number),
            exposure_percentage: is_exposure.then_some(run.exposure_percentage),
            overrides: (!is_exposure).then(|| run.overrides.clone()),
            occurred_at_ms: self.context.now_ms,
        });
        let mut all = vec![Event::ExperimentRunPut(Box::new(run))];
        all.append(&mut events);
        Ok(all)
    }

    pub(super) fn stop_run(
        &self,
        application: &str,
        definition: &str,
        run: i64,
        result: &Option<RunResult>,
        deployment: &RunDeployment,
    ) -> Result<Vec<Event>, Refusal> {
        let application = self.realm.application(application)?;
        let definition = self.realm.definition(application, definition)?;
        let old = self.realm.run(definition, run)?;
        if old.status == RunStatus::Done {
            return Err(Refusal::RunNotRunning { definition: definition.id, run: old.number });
        }
        let now_ms = self.context.now_ms;
        let mut run = ExperimentRun::clone(old);
        run.status = RunStatus::Done;
        (run.updated_at_ms, run.ended_at_ms) = (now_ms, Some(now_ms));
        run.result = result.clone();
        let (mut events, number) = match self.managed_deployment(&run, deployment) {
            // What was deployed has been reverted: nobody sees the run, and there is nothing to bring back.
            Err(Refusal::FlagNotDeployed { .. }) => (Vec::new(), None),
            outcome => outcome.map(|(events, number)| (events, Some(number)))?,
        };
        run.events.push(RunEvent {
            kind: RunEventType::RunStopped,
            deployment: number,
            exposure_percentage: None,
            overrides: None,
            occurred_at_ms: now_ms,
        });
        let definition = ExperimentDefinition {
            status: DefinitionStatus::Idle,
            updated_at_ms: now_ms,
            ..ExperimentDefinition::clone(definition)
        };
        let mut all =
            vec![Event::ExperimentRunPut(Box::new(run)), Event::ExperimentDefinitionPut(Box::new(definition))];
        all.append(&mut events);
        Ok(all)
    }

    /// The deployment that brings a change of a run to the clients: the same version once more, at once.
    fn managed_deployment(&self, run: &ExperimentRun, command: &RunDeployment) -> Result<(Vec<Event>, u32), Refusal> {
        let definition = &run.definition;
        let environment = self.realm.environments.get(definition.environment);
        let environment: &Environment = environment.ok_or_else(|| Refusal::EnvironmentNotFound {
            application: definition.application,
            environment: definition.environment.to_string(),
        })?;
        if let Some(number) = environment.running {
            return Err(Refusal::DeploymentInProgress { environment: environment.id, number });
        }
        if let Some(expected) = command.latest_deployment
            && expected != environment.latest_deployment
        {
            let (expected, actual) = (i64::from(expected), environment.latest_deployment);
            return Err(Refusal::DeploymentNumberOutdated { expected, actual });
        }
        let deployed = self.realm.latest_complete(environment.id, definition.profile);
        let deployed = deployed.ok_or_else(|| Refusal::FlagNotDeployed {
            flag: definition.flag_key.clone(),
            environment: environment.id,
        })?;
        self.check_tags(&command.tags)?;
        let number = environment.latest_deployment + 1;
        let arn = Resource::Run(definition.application, definition.id, run.number)
            .arn(&self.context.realm.region, &self.context.realm.account);
        let deployment = Deployment {
            number,
            description: Some(format!("For {arn}")),
            strategy: SERVICE_MANAGED.into(),
            plan: AT_ONCE,
            kind: DeploymentKind::Managed,
            state: DeploymentState::Deploying,
            percentage: 0.0,
            steps: 0,
            started_at_ms: self.context.now_ms,
            last_step_at_ms: self.context.now_ms,
            completed_at_ms: None,
            log: Vec::new(),
            applied: command.applied.clone(),
            ..Deployment::clone(deployed)
        };
        let resource = Resource::Deployment(definition.application, environment.id, number);
        let mut events = created(Event::DeploymentStarted(Box::new(deployment)), resource, &command.tags);
        events.push(Event::DeploymentStepped {
            environment: environment.id,
            number,
            step: Step::Complete,
            invocations: Vec::new(),
        });
        Ok((events, number))
    }
}

fn treatments(treatments: &[TreatmentInput]) -> Vec<Treatment> {
    let keyed = treatments.iter().enumerate();
    keyed.map(|(index, input)| treatment(format!("t{}", index + 1), input)).collect()
}

fn treatment(key: String, input: &TreatmentInput) -> Treatment {
    Treatment {
        key,
        weight: input.weight,
        description: described(&input.description),
        enabled: input.enabled,
        attributes: input.attributes.clone(),
    }
}

fn check_overrides(definition: &ExperimentDefinition, overrides: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let is_known =
        |key: &str| definition.control.key == key || definition.treatments.iter().any(|treatment| treatment.key == key);
    match overrides.values().find(|key| !is_known(key)) {
        Some(key) => Err(Refusal::TreatmentUnknown { key: key.clone(), definition: definition.id }),
        None => Ok(()),
    }
}
