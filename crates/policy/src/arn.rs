//! The resources that policies are about, and their ARNs.

use std::fmt::Write;

/// Where ARNs are.
#[derive(Clone, Copy, Debug)]
pub struct Realm<'a> {
    /// `aws`, as a rule.
    pub partition: &'a str,
    /// For example `eu-central-1`.
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
}

/// A type of resource in AppConfig's service authorization reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceType {
    /// `application/{application}`.
    Application,
    /// `application/{application}/environment/{environment}/configuration/{profile}`: what sessions read.
    Configuration,
    /// `application/{application}/configurationprofile/{profile}`.
    ConfigurationProfile,
    /// `application/{application}/environment/{environment}/deployment/{deployment}`.
    Deployment,
    /// `deploymentstrategy/{strategy}`.
    DeploymentStrategy,
    /// `application/{application}/environment/{environment}`.
    Environment,
    /// `application/{application}/experimentdefinition/{definition}`.
    ExperimentDefinition,
    /// `application/{application}/experimentdefinition/{definition}/experimentrun/{run}`.
    ExperimentRun,
    /// `extension/{extension}/{version}`.
    Extension,
    /// `extensionassociation/{association}`.
    ExtensionAssociation,
    /// A type of its own with the ARN of its profile: AWS has none for it in policies.
    HostedConfigurationVersion,
}

/// What an operation's resources are called: ids, not names, once those have been looked up.
///
/// What is not known, because it is not there yet, is written as `*`: only a pattern that takes all of them takes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identifiers<'a> {
    /// The application.
    pub application: Option<&'a str>,
    /// The environment.
    pub environment: Option<&'a str>,
    /// The configuration profile.
    pub profile: Option<&'a str>,
    /// The deployment's number.
    pub deployment: Option<&'a str>,
    /// The deployment strategy.
    pub strategy: Option<&'a str>,
    /// The extension.
    pub extension: Option<&'a str>,
    /// The extension's version.
    pub extension_version: Option<&'a str>,
    /// The extension association.
    pub association: Option<&'a str>,
    /// The experiment definition.
    pub definition: Option<&'a str>,
    /// The experiment run's number.
    pub run: Option<&'a str>,
    /// The ARN that the operations about tags name. Give the one of the resource that was found.
    pub tagged: Option<&'a str>,
}

impl ResourceType {
    /// The name in AWS's reference.
    pub fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Configuration => "configuration",
            Self::ConfigurationProfile => "configurationprofile",
            Self::Deployment => "deployment",
            Self::DeploymentStrategy => "deploymentstrategy",
            Self::Environment => "environment",
            Self::ExperimentDefinition => "experimentdefinition",
            Self::ExperimentRun => "experimentrun",
            Self::Extension => "extension",
            Self::ExtensionAssociation => "extensionassociation",
            Self::HostedConfigurationVersion => "hostedconfigurationversion",
        }
    }

    /// The ARN of a resource of this type.
    ///
    /// Identifiers come from requests: what is not a letter, a digit, `.`, `_` or `-` is percent-encoded, so that none
    /// can reach into another part of the ARN, or look like a wildcard.
    pub fn arn(self, realm: Realm<'_>, ids: &Identifiers<'_>) -> String {
        let Realm { partition, region, account } = realm;
        let is_of_aws = self == Self::Extension && ids.extension.is_some_and(|id| id.starts_with("AWS."));
        let account = if is_of_aws { "" } else { account };
        let mut arn = format!("arn:{partition}:appconfig:{region}:{account}:");
        let application = ("application/", ids.application);
        let environment = ("/environment/", ids.environment);
        let definition = ("/experimentdefinition/", ids.definition);
        let parts: &[(&str, Option<&str>)] = match self {
            Self::Application => &[application],
            Self::Configuration => &[application, environment, ("/configuration/", ids.profile)],
            Self::ConfigurationProfile | Self::HostedConfigurationVersion => {
                &[application, ("/configurationprofile/", ids.profile)]
            }
            Self::Deployment => &[application, environment, ("/deployment/", ids.deployment)],
            Self::DeploymentStrategy => &[("deploymentstrategy/", ids.strategy)],
            Self::Environment => &[application, environment],
            Self::ExperimentDefinition => &[application, definition],
            Self::ExperimentRun => &[application, definition, ("/experimentrun/", ids.run)],
            Self::Extension => &[("extension/", ids.extension), ("/", ids.extension_version)],
            Self::ExtensionAssociation => &[("extensionassociation/", ids.association)],
        };
        for (label, id) in parts {
            arn.push_str(label);
            match id {
                None => arn.push('*'),
                Some(id) => push_id(&mut arn, id),
            }
        }
        arn
    }
}

fn push_id(arn: &mut String, id: &str) {
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            arn.push(char::from(byte));
        } else {
            write!(arn, "%{byte:02X}").expect("a string takes everything");
        }
    }
}
