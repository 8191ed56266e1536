//! The actions of AppConfig, and what each operation has to be allowed.
//!
//! The facts are those of AWS's service authorization reference for AppConfig (with the experiments of 2026). An
//! operation is its action of the same name, once for each resource that it touches. A create that sets tags is
//! `TagResource` too, on a resource that has no id yet.

use crate::arn::{Identifiers, Realm, ResourceType};
use ResourceType::*;

/// The prefix of AppConfig's actions, in both of its services.
pub(crate) const SERVICE: &str = "appconfig";

/// What an action does, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Names what there is.
    List,
    /// Shows what it is.
    Read,
    /// Sets or removes tags.
    Tagging,
    /// Changes something.
    Write,
}

/// Which resources an action is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// None: a policy has to say `"Resource": "*"`.
    Nothing,
    /// Each of these.
    Each(&'static [ResourceType]),
    /// The one that the request names by its ARN.
    Tagged,
}

/// An action, and the operation of the same name.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// For example `GetApplication`.
    pub name: &'static str,
    /// What it does.
    pub access: Access,
    /// What it is asked about.
    pub touches: Touches,
    /// The type that it makes, and tags if the request says so.
    pub makes: Option<ResourceType>,
}

impl Action {
    /// With its service, as policies and messages write it: `appconfig:GetApplication`.
    pub fn full_name(&self) -> String {
        format!("{SERVICE}:{}", self.name)
    }
}

/// One action on one resource that has to be allowed.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The action.
    pub action: &'static Action,
    /// The type of the resource; none for `*`, and for a resource that the request names by its ARN.
    pub resource_type: Option<ResourceType>,
    /// Its ARN, or `*`.
    pub resource: String,
    /// Whether the resource is there already: then its tags are those of `aws:ResourceTag`.
    pub exists: bool,
}

/// Finds an action by its name, without the service.
pub fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

/// Says what has to be allowed for an operation; empty for one that AppConfig does not have.
///
/// `sets_tags` says whether the request brings tags for what it makes.
pub fn requirements(operation: &str, realm: Realm<'_>, ids: &Identifiers<'_>, sets_tags: bool) -> Vec<Requirement> {
    let Some(own) = action(operation) else { return Vec::new() };
    let on = |action: &'static Action, resource_type: ResourceType| Requirement {
        action,
        resource_type: Some(resource_type),
        resource: resource_type.arn(realm, ids),
        exists: true,
    };
    let bare = |resource: &str| Requirement {
        action: own,
        resource_type: None,
        resource: resource.to_owned(),
        exists: resource != "*",
    };
    let mut all = match own.touches {
        Touches::Nothing => vec![bare("*")],
        Touches::Tagged => vec![bare(ids.tagged.unwrap_or("*"))],
        Touches::Each(types) => types.iter().map(|resource_type| on(own, *resource_type)).collect(),
    };
    // A run begins with a deployment. It takes no strategy, and AWS asks for the right to deploy all the same.
    if operation == "StartExperimentRun" {
        let deploy = action("StartDeployment").expect("the table has StartDeployment");
        all.extend([Application, ConfigurationProfile, Environment].map(|resource_type| on(deploy, resource_type)));
    }
    if let Some(made) = own.makes.filter(|_| sets_tags) {
        let tag = action("TagResource").expect("the table has TagResource");
        let unnamed = without_own_id(made, *ids);
        let resource = made.arn(realm, &unnamed);
        all.push(Requirement { action: tag, resource_type: Some(made), resource, exists: false });
    }
    all
}

/// The identifiers without that of what is about to be made.
fn without_own_id(made: ResourceType, ids: Identifiers<'_>) -> Identifiers<'_> {
    match made {
        Application => Identifiers { application: None, ..ids },
        ConfigurationProfile | Configuration | HostedConfigurationVersion => Identifiers { profile: None, ..ids },
        Deployment => Identifiers { deployment: None, ..ids },
        DeploymentStrategy => Identifiers { strategy: None, ..ids },
        Environment => Identifiers { environment: None, ..ids },
        ExperimentDefinition => Identifiers { definition: None, ..ids },
        ExperimentRun => Identifiers { run: None, ..ids },
        Extension => Identifiers { extension: None, extension_version: None, ..ids },
        ExtensionAssociation => Identifiers { association: None, ..ids },
    }
}

const fn list(name: &'static str, touches: Touches) -> Action {
    Action { name, access: Access::List, touches, makes: None }
}

const fn read(name: &'static str, touches: Touches) -> Action {
    Action { name, access: Access::Read, touches, makes: None }
}

const fn write(name: &'static str, touches: Touches) -> Action {
    Action { name, access: Access::Write, touches, makes: None }
}

const fn make(name: &'static str, makes: ResourceType, touches: Touches) -> Action {
    Action { name, access: Access::Write, touches, makes: Some(makes) }
}

const fn tagging(name: &'static str) -> Action {
    Action { name, access: Access::Tagging, touches: Touches::Tagged, makes: None }
}

const NOTHING: Touches = Touches::Nothing;
const APPLICATION: Touches = Touches::Each(&[Application]);
const ASSOCIATION: Touches = Touches::Each(&[ExtensionAssociation]);
const CONFIGURATION: Touches = Touches::Each(&[Configuration]);
const DEFINITION: Touches = Touches::Each(&[Application, ExperimentDefinition]);
const DEPLOYMENT: Touches = Touches::Each(&[Application, Deployment, Environment]);
const ENVIRONMENT: Touches = Touches::Each(&[Application, Environment]);
const EXTENSION: Touches = Touches::Each(&[Extension]);
const PROFILE: Touches = Touches::Each(&[Application, ConfigurationProfile]);
const RUN: Touches = Touches::Each(&[Application, ExperimentDefinition, ExperimentRun]);
const STRATEGY: Touches = Touches::Each(&[DeploymentStrategy]);
const VERSION: Touches = Touches::Each(&[Application, ConfigurationProfile, HostedConfigurationVersion]);

/// Every action, in the order of the alphabet.
pub static ACTIONS: &[Action] = &[
    make("CreateApplication", Application, NOTHING),
    make("CreateConfigurationProfile", ConfigurationProfile, APPLICATION),
    make("CreateDeploymentStrategy", DeploymentStrategy, NOTHING),
    make("CreateEnvironment", Environment, APPLICATION),
    make("CreateExperimentDefinition", ExperimentDefinition, APPLICATION),
    make("CreateExtension", Extension, NOTHING),
    make("CreateExtensionAssociation", ExtensionAssociation, NOTHING),
    write("CreateHostedConfigurationVersion", PROFILE),
    write("DeleteApplication", APPLICATION),
    write("DeleteConfigurationProfile", PROFILE),
    write("DeleteDeploymentStrategy", STRATEGY),
    write("DeleteEnvironment", ENVIRONMENT),
    write("DeleteExperimentDefinition", DEFINITION),
    write("DeleteExtension", EXTENSION),
    write("DeleteExtensionAssociation", ASSOCIATION),
    write("DeleteHostedConfigurationVersion", VERSION),
    read("GetAccountSettings", NOTHING),
    read("GetApplication", APPLICATION),
    read("GetConfiguration", Touches::Each(&[Application, ConfigurationProfile, Environment])),
    read("GetConfigurationProfile", PROFILE),
    read("GetDeployment", DEPLOYMENT),
    read("GetDeploymentStrategy", STRATEGY),
    read("GetEnvironment", ENVIRONMENT),
    read("GetExperimentDefinition", DEFINITION),
    read("GetExperimentRun", RUN),
    read("GetExtension", EXTENSION),
    read("GetExtensionAssociation", ASSOCIATION),
    read("GetHostedConfigurationVersion", VERSION),
    read("GetLatestConfiguration", CONFIGURATION),
    list("ListApplications", NOTHING),
    list("ListConfigurationProfiles", APPLICATION),
    list("ListDeploymentStrategies", NOTHING),
    list("ListDeployments", ENVIRONMENT),
    list("ListEnvironments", APPLICATION),
    list("ListExperimentDefinitions", NOTHING),
    list("ListExperimentRunEvents", RUN),
    list("ListExperimentRuns", DEFINITION),
    list("ListExtensionAssociations", NOTHING),
    list("ListExtensions", NOTHING),
    list("ListHostedConfigurationVersions", PROFILE),
    read("ListTagsForResource", Touches::Tagged),
    write("StartConfigurationSession", CONFIGURATION),
    make(
        "StartDeployment",
        Deployment,
        Touches::Each(&[Application, ConfigurationProfile, DeploymentStrategy, Environment]),
    ),
    make("StartExperimentRun", ExperimentRun, DEFINITION),
    write("StopDeployment", DEPLOYMENT),
    write("StopExperimentRun", RUN),
    tagging("TagResource"),
    tagging("UntagResource"),
    write("UpdateAccountSettings", NOTHING),
    write("UpdateApplication", APPLICATION),
    write("UpdateConfigurationProfile", PROFILE),
    write("UpdateDeploymentStrategy", STRATEGY),
    write("UpdateEnvironment", ENVIRONMENT),
    write("UpdateExperimentDefinition", DEFINITION),
    write("UpdateExperimentRun", RUN),
    write("UpdateExtension", EXTENSION),
    write("UpdateExtensionAssociation", ASSOCIATION),
    write("ValidateConfiguration", PROFILE),
];
