//! What actions are told. Member names and spellings are those that AWS sends to functions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tidegate_domain::{ActionPoint, AppliedExtension, Deployment, DeploymentState};

/// A resource by id and name.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Named {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The names of a deployment's resources; of what is gone there is only the id.
pub(crate) struct Names {
    pub application: Named,
    pub environment: Named,
    pub profile: Named,
}

/// A version as an action before something sees it.
pub(crate) struct ContentPayload {
    pub point: ActionPoint,
    pub application: Named,
    pub environment: Option<Named>,
    pub profile: Named,
    pub profile_type: &'static str,
    pub deployment_number: Option<u32>,
    pub description: Option<String>,
    pub content: Bytes,
    pub content_type: String,
    pub content_version: String,
    /// The content before: type, version and bytes.
    pub previous: Option<(String, String, Bytes)>,
}

impl ContentPayload {
    pub(super) fn to_json(&self, invocation_id: &str, parameters: &BTreeMap<String, String>) -> Bytes {
        let mut body = json!({
            "InvocationId": invocation_id,
            "Parameters": parameters,
            "Type": type_of(self.point),
            "Application": self.application,
            "ConfigurationProfile": self.profile,
            "ConfigurationProfileType": self.profile_type,
            "Description": self.description,
            "Content": STANDARD.encode(&self.content),
            "ContentType": self.content_type,
            "ContentVersion": self.content_version,
        });
        let members = body.as_object_mut().expect("it was written as an object");
        if let Some(environment) = &self.environment {
            members.insert("Environment".into(), json!(environment));
        }
        if let Some(number) = self.deployment_number {
            members.insert("DeploymentNumber".into(), json!(number));
        }
        if let Some((content_type, version, content)) = &self.previous {
            let previous = json!({
                "ContentType": content_type,
                "ContentVersion": version,
                "Content": STANDARD.encode(content),
            });
            members.insert("PreviousContent".into(), previous);
        }
        to_bytes(&body)
    }
}

/// What an action at or after a step of a deployment is told.
pub(crate) fn deployment_payload(
    point: ActionPoint,
    deployment: &Deployment,
    names: &Names,
    extension: &AppliedExtension,
    invocation_id: &str,
) -> Bytes {
    let mut body: Map<String, Value> = Map::new();
    let mut add = |name: &str, value: Value| {
        body.insert(name.into(), value);
    };
    add("InvocationId", json!(invocation_id));
    add("Parameters", json!(extension.parameters));
    add("Type", json!(type_of(point)));
    add("Application", json!(names.application));
    add("Environment", json!(names.environment));
    add("ConfigurationProfile", json!(names.profile));
    add("DeploymentNumber", json!(deployment.number));
    add("Description", json!(deployment.description));
    add("ConfigurationVersion", json!(deployment.content.version));
    if point == ActionPoint::AtDeploymentTick {
        let state = match deployment.state {
            DeploymentState::Baking => "BAKING",
            _ => "DEPLOYING",
        };
        add("DeploymentState", json!(state));
        add("PercentageComplete", json!(format!("{:?}", deployment.percentage)));
    }
    to_bytes(&Value::Object(body))
}

fn type_of(point: ActionPoint) -> &'static str {
    match point {
        ActionPoint::PreCreateHostedConfigurationVersion => "PreCreateHostedConfigurationVersion",
        ActionPoint::PreStartDeployment => "PreStartDeployment",
        ActionPoint::AtDeploymentTick => "AtDeploymentTick",
        ActionPoint::OnDeploymentStart => "OnDeploymentStart",
        ActionPoint::OnDeploymentStep => "OnDeploymentStep",
        ActionPoint::OnDeploymentBaking => "OnDeploymentBaking",
        ActionPoint::OnDeploymentComplete => "OnDeploymentComplete",
        ActionPoint::OnDeploymentRolledBack => "OnDeploymentRolledBack",
    }
}

fn to_bytes(value: &Value) -> Bytes {
    serde_json::to_vec(value).expect("JSON values can be written as JSON").into()
}
