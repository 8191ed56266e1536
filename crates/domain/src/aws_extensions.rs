//! The extensions that AWS wrote. Every account has them; their id is their name, and their only version is 1.

use std::collections::BTreeMap;

use crate::record::{Action, ActionPoint, AppliedExtension, Parameter};

/// An extension that AWS wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsExtension {
    /// The id, by which it is found.
    pub id: &'static str,
    /// The name that is shown.
    pub name: &'static str,
    /// In words.
    pub description: &'static str,
    /// The points at which it acts.
    pub points: &'static [ActionPoint],
    /// The parameter that says whom to tell, if it needs one; it is required.
    pub parameter: Option<&'static str>,
}

const NOTIFICATIONS: &[ActionPoint] =
    &[ActionPoint::OnDeploymentStart, ActionPoint::OnDeploymentComplete, ActionPoint::OnDeploymentRolledBack];

/// The extension that looks after feature flags, by itself, on every profile of them.
pub const FEATURE_FLAGS: &str = "AWS.AppConfig.FeatureFlags";

/// In the order in which they are listed.
pub const AWS_EXTENSIONS: [AwsExtension; 5] = [
    AwsExtension {
        id: FEATURE_FLAGS,
        name: "AppConfig Feature Flags Helper",
        description: "Checks and normalises feature flags; at work on every profile of feature flags by itself.",
        points: &[ActionPoint::PreCreateHostedConfigurationVersion, ActionPoint::PreStartDeployment],
        parameter: None,
    },
    AwsExtension {
        id: "AWS.AppConfig.JiraIntegration",
        name: "AppConfig integration with Atlassian Jira",
        description: "Tracks changes of feature flags in Jira.",
        points: &[ActionPoint::OnDeploymentStart, ActionPoint::OnDeploymentComplete],
        parameter: None,
    },
    AwsExtension {
        id: "AWS.AppConfig.DeploymentNotificationsToEventBridge",
        name: "AppConfig deployment events to Amazon EventBridge",
        description: "Sends events to the EventBridge default event bus when a deployment starts, completes or rolls \
                      back.",
        points: NOTIFICATIONS,
        parameter: None,
    },
    AwsExtension {
        id: "AWS.AppConfig.DeploymentNotificationsToSqs",
        name: "AppConfig deployment events to Amazon SQS",
        description: "Sends messages to the configured SQS queue when a deployment starts, completes or rolls back.",
        points: NOTIFICATIONS,
        parameter: Some("queueArn"),
    },
    AwsExtension {
        id: "AWS.AppConfig.DeploymentNotificationsToSns",
        name: "AppConfig deployment events to Amazon SNS",
        description: "Sends messages to the configured SNS topic when a deployment starts, completes or rolls back.",
        points: NOTIFICATIONS,
        parameter: Some("topicArn"),
    },
];

/// The extension with this id.
pub fn find(id: &str) -> Option<&'static AwsExtension> {
    AWS_EXTENSIONS.iter().find(|extension| extension.id == id)
}

impl AwsExtension {
    /// Its parameters.
    pub fn parameters(&self) -> BTreeMap<String, Parameter> {
        let parameter = Parameter { description: None, required: true, dynamic: false };
        self.parameter.map(|name| (name.to_owned(), parameter)).into_iter().collect()
    }

    /// Its actions, on whom a parameter names or on AWS's own.
    pub fn actions(&self, values: &BTreeMap<String, String>) -> BTreeMap<ActionPoint, Vec<Action>> {
        let target = self.parameter.and_then(|name| values.get(name)).cloned();
        let action = Action {
            name: None,
            description: None,
            uri: target.unwrap_or_else(|| format!("arn:aws:appconfig:::extension/{}/1", self.id)),
            role_arn: None,
        };
        self.points.iter().map(|point| (*point, vec![action.clone()])).collect()
    }

    /// It, at work in a deployment through this association.
    pub fn applied(&self, association: &str, values: &BTreeMap<String, String>) -> AppliedExtension {
        AppliedExtension {
            extension: self.id.into(),
            name: self.name.into(),
            version: 1,
            association: association.into(),
            parameters: values.clone(),
            // What it does for flags is part of the service; others are called like any extension.
            actions: if self.id == FEATURE_FLAGS { BTreeMap::new() } else { self.actions(values) },
        }
    }
}
