//! What the generated types look like as JSON, and what they keep to themselves.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;
use tidegate_model::appconfig::{self, *};
use tidegate_model::{Input, Output, Timestamp, appconfigdata};

#[test]
fn a_request_is_read_from_the_members_of_the_model() {
    let request: StartExperimentRunRequest = serde_json::from_value(json!({
        "ApplicationIdentifier": "shop",
        "ExperimentDefinitionIdentifier": "abc1234",
        "ExposurePercentage": 5,
        "Description": null,
        "TreatmentOverrides": { "Inline": { "user-1": "blue" } },
    }))
    .unwrap();
    assert_eq!(request.exposure_percentage, Some(5.0));
    assert_eq!(request.description, None);
    let inline = BTreeMap::from([("user-1".to_owned(), "blue".to_owned())]);
    assert_eq!(request.treatment_overrides, Some(TreatmentOverrides::Inline(inline)));
}

#[test]
fn a_response_leaves_out_what_is_absent_and_keeps_the_order_of_the_model() {
    let deployment = Deployment {
        state: Some(DeploymentState::RolledBack),
        deployment_number: Some(3),
        growth_factor: Some(100.0),
        started_at: Some(Timestamp(0)),
        ..Deployment::default()
    };
    assert_eq!(
        serde_json::to_string(&deployment).unwrap(),
        r#"{"DeploymentNumber":3,"GrowthFactor":100.0,"State":"ROLLED_BACK","StartedAt":"1970-01-01T00:00:00.000Z"}"#
    );
    assert_eq!(serde_json::to_string(&DeleteApplicationResponse {}).unwrap(), "{}");
}

#[test]
fn a_union_is_an_object_with_one_member() {
    let values = [
        (AttributeValue::StringValue("x".to_owned()), json!({ "StringValue": "x" })),
        (AttributeValue::NumberArray(vec![1.0, 2.5]), json!({ "NumberArray": [1.0, 2.5] })),
        (AttributeValue::BooleanValue(false), json!({ "BooleanValue": false })),
    ];
    for (value, text) in values {
        assert_eq!(serde_json::to_value(&value).unwrap(), text);
        assert_eq!(serde_json::from_value::<AttributeValue>(text).unwrap(), value);
    }
}

#[test]
fn a_map_by_action_point_has_its_words_as_keys() {
    let actions = json!({ "ON_DEPLOYMENT_STEP": [{ "Name": "tell" }], "PRE_START_DEPLOYMENT": [] });
    let request = json!({ "Name": "x", "Actions": actions });
    let request: CreateExtensionRequest = serde_json::from_value(request).unwrap();
    assert!(request.actions.keys().eq(&[ActionPoint::PreStartDeployment, ActionPoint::OnDeploymentStep]));
    let extension = Extension { actions: Some(request.actions), ..Extension::default() };
    assert_eq!(serde_json::to_value(&extension).unwrap(), json!({ "Actions": actions }));
}

#[test]
fn an_environment_is_in_a_state_that_the_waiters_know() {
    let environment = Environment { state: Some(EnvironmentState::ReadyForDeployment), ..Environment::default() };
    assert_eq!(serde_json::to_value(&environment).unwrap(), json!({ "State": "ReadyForDeployment" }));
}

#[test]
fn every_word_travels_as_it_is_called() {
    for state in EnvironmentState::ALL {
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        assert_eq!(serde_json::from_value::<EnvironmentState>(state.as_str().into()).unwrap(), *state);
    }
    for point in ActionPoint::ALL {
        assert_eq!(serde_json::to_value(point).unwrap(), point.to_string());
    }
}

#[test]
fn an_error_is_the_body_of_the_exception_that_it_is() {
    let error: appconfig::Error =
        ResourceNotFoundException { message: Some("gone".to_owned()), resource_name: None }.into();
    assert_eq!(serde_json::to_value(&error).unwrap(), json!({ "Message": "gone" }));
    assert_eq!(error.to_string(), "ResourceNotFoundException: gone");
    assert_eq!(error.shape().status, 404);

    let silent = appconfigdata::Error::from(appconfigdata::InternalServerException::default());
    assert_eq!(serde_json::to_value(&silent).unwrap(), json!({}));
    assert_eq!(silent.to_string(), "InternalServerException");

    let detail = appconfigdata::InvalidParameterDetail {
        problem: Some(appconfigdata::InvalidParameterProblem::PollIntervalNotSatisfied),
    };
    let details = BTreeMap::from([("ConfigurationToken".to_owned(), detail)]);
    let refused = appconfigdata::Error::from(appconfigdata::BadRequestException {
        message: Some("too soon".to_owned()),
        reason: Some(appconfigdata::BadRequestReason::InvalidParameters),
        details: Some(appconfigdata::BadRequestDetails::InvalidParameters(details)),
    });
    assert_eq!(
        serde_json::to_value(&refused).unwrap(),
        json!({
            "Message": "too soon",
            "Reason": "InvalidParameters",
            "Details": { "InvalidParameters": { "ConfigurationToken": { "Problem": "PollIntervalNotSatisfied" } } },
        })
    );
}

#[test]
fn a_payload_travels_beside_the_json() {
    let mut request: CreateHostedConfigurationVersionRequest = serde_json::from_value(json!({
        "ApplicationId": "a", "ConfigurationProfileId": "p", "ContentType": "text/plain",
    }))
    .unwrap();
    request.set_payload(Bytes::from_static(b"secret"));
    assert_eq!(request.content, "secret");

    let mut response = HostedConfigurationVersion { content: Some(request.content.clone()), ..Default::default() };
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({}));
    assert_eq!(response.take_payload().as_deref(), Some(&b"secret"[..]));
    assert_eq!(response.take_payload(), None);
}

#[test]
fn what_is_sensitive_is_not_printed() {
    let shown = [
        format!("{:?}", Validator { r#type: ValidatorType::JsonSchema, content: "secret".to_owned() }),
        format!("{:?}", Configuration { content: Some(Bytes::from_static(b"secret")), ..Default::default() }),
        format!(
            "{:?}",
            StartDeploymentRequest {
                dynamic_extension_parameters: Some(BTreeMap::from([("a#b".to_owned(), "secret".to_owned())])),
                ..Default::default()
            }
        ),
    ];
    for text in shown {
        assert!(!text.contains("secret"), "{text}");
        assert!(text.contains("(sensitive)"), "{text}");
    }
}

#[test]
fn a_request_knows_its_operation_and_response() {
    fn status<I: Input<Output = O>, O: Output>(_: &O) -> (&'static str, u16) {
        (I::OPERATION.name, I::OPERATION.status)
    }
    let application = Application::default();
    assert_eq!(status::<CreateApplicationRequest, _>(&application), ("CreateApplication", 201));
    assert_eq!(status::<UpdateApplicationRequest, _>(&application), ("UpdateApplication", 200));
    assert_eq!(status::<StopDeploymentRequest, _>(&Deployment::default()), ("StopDeployment", 202));
}
