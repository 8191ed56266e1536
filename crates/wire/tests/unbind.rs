//! Responses out, sentence by sentence.

use http::Response;
use serde_json::{Value, json};
use tidegate_model::{Input, appconfig::*, appconfigdata};
use tidegate_wire::{Failure, unbind};

type Answer = Response<bytes::Bytes>;

/// Checks status, headers (all of them, by name) and body.
#[track_caller]
fn check(response: Answer, status: u16, headers: &[(&str, &str)], body: &str) {
    assert_eq!(std::str::from_utf8(response.body()).unwrap(), body);
    assert_eq!(response.status().as_u16(), status);
    let found = response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    assert_eq!(found, headers);
}

fn sent<I: Input>(output: I::Output) -> Answer {
    unbind::<I>(output, "id-1")
}

#[test]
fn a_json_answer_has_the_models_status_and_order() {
    let json = [("content-type", "application/json"), ("x-amzn-requestid", "id-1")];
    let application = || Application { id: Some("abc1234".into()), name: Some("a".into()), description: None };
    check(sent::<CreateApplicationRequest>(application()), 201, &json, r#"{"Id":"abc1234","Name":"a"}"#);
    check(sent::<GetApplicationRequest>(application()), 200, &json, r#"{"Id":"abc1234","Name":"a"}"#);
    let strategy = DeploymentStrategy {
        name: Some("s".into()),
        growth_factor: Some(100.0),
        final_bake_time_in_minutes: Some(0),
        ..DeploymentStrategy::default()
    };
    check(
        sent::<GetDeploymentStrategyRequest>(strategy),
        200,
        &json,
        r#"{"Name":"s","GrowthFactor":100.0,"FinalBakeTimeInMinutes":0}"#,
    );
}

#[test]
fn an_answer_without_content_has_a_type_and_no_body() {
    let json = [("content-type", "application/json"), ("x-amzn-requestid", "id-1")];
    check(sent::<DeleteApplicationRequest>(Default::default()), 204, &json, "");
    check(sent::<ValidateConfigurationRequest>(Default::default()), 204, &json, "");
}

#[test]
fn a_blob_is_the_body_and_the_rest_are_headers() {
    let version = HostedConfigurationVersion {
        application_id: Some("abc1234".into()),
        configuration_profile_id: Some("def5678".into()),
        version_number: Some(3),
        description: Some(String::new()),
        content: Some("on: yes".into()),
        content_type: Some("application/x-yaml".into()),
        version_label: Some("v3".into()),
        kms_key_arn: None,
    };
    let expected = [
        ("application-id", "abc1234"),
        ("configuration-profile-id", "def5678"),
        ("content-type", "application/x-yaml"),
        ("description", ""),
        ("version-number", "3"),
        ("versionlabel", "v3"),
        ("x-amzn-requestid", "id-1"),
    ];
    check(sent::<CreateHostedConfigurationVersionRequest>(version.clone()), 201, &expected, "on: yes");
    check(sent::<GetHostedConfigurationVersionRequest>(version), 200, &expected, "on: yes");
}

#[test]
fn a_blob_without_a_type_is_bytes() {
    let latest = appconfigdata::GetLatestConfigurationResponse {
        next_poll_configuration_token: Some("t".into()),
        next_poll_interval_in_seconds: Some(60),
        ..Default::default()
    };
    let expected = [
        ("content-type", "application/octet-stream"),
        ("next-poll-configuration-token", "t"),
        ("next-poll-interval-in-seconds", "60"),
        ("x-amzn-requestid", "id-1"),
    ];
    check(sent::<appconfigdata::GetLatestConfigurationRequest>(latest), 200, &expected, "");
}

#[test]
fn text_that_no_header_can_carry_is_percent_encoded() {
    #[track_caller]
    fn check_description(description: &str, expected: &str) {
        let version = HostedConfigurationVersion { description: Some(description.into()), ..Default::default() };
        let response = sent::<GetHostedConfigurationVersionRequest>(version);
        assert_eq!(response.headers()["description"], expected);
    }
    check_description("50% off,\tplain", "50% off,\tplain");
    check_description("grün", "gr%C3%BCn");
    check_description("a\r\nset-cookie: b\0\u{7f}", "a%0D%0Aset-cookie: b%00%7F");
}

#[test]
fn a_request_id_that_is_no_header_is_left_out() {
    let response = unbind::<DeleteApplicationRequest>(Default::default(), "a\nb");
    assert!(!response.headers().contains_key("x-amzn-requestid"));
}

fn error_headers(name: &str) -> [(&str, &str); 3] {
    [("content-type", "application/json"), ("x-amzn-errortype", name), ("x-amzn-requestid", "id-1")]
}

#[test]
fn a_modelled_error_has_its_name_status_and_members() {
    #[track_caller]
    fn check_error(error: impl Into<Failure>, status: u16, name: &str, body: &str) {
        check(error.into().into_response("id-1"), status, &error_headers(name), body);
    }
    let missing = ResourceNotFoundException { message: Some("gone".into()), resource_name: Some("Thing".into()) };
    let body = r#"{"Message":"gone","ResourceName":"Thing"}"#;
    check_error(Error::from(missing), 404, "ResourceNotFoundException:", body);
    let conflict = ConflictException { message: Some("stale".into()) };
    check_error(Error::from(conflict), 409, "ConflictException:", r#"{"Message":"stale"}"#);
    let quota = ServiceQuotaExceededException { message: Some("full".into()) };
    check_error(Error::from(quota), 402, "ServiceQuotaExceededException:", r#"{"Message":"full"}"#);
    let internal = InternalServerException { message: None };
    check_error(Error::from(internal), 500, "InternalServerException:", "{}");
    let internal = appconfigdata::InternalServerException { message: Some("on purpose".into()) };
    check_error(appconfigdata::Error::from(internal), 500, "InternalServerException:", r#"{"Message":"on purpose"}"#);
    let bad = BadRequestException {
        message: Some("bad".into()),
        reason: Some(BadRequestReason::InvalidConfiguration),
        details: Some(BadRequestDetails::InvalidConfiguration(vec![])),
    };
    let body = r#"{"Details":{"InvalidConfiguration":[]},"Message":"bad","Reason":"InvalidConfiguration"}"#;
    check_error(Error::from(bad), 400, "BadRequestException:", body);
    let early = appconfigdata::InvalidParameterDetail {
        problem: Some(appconfigdata::InvalidParameterProblem::PollIntervalNotSatisfied),
    };
    let early = appconfigdata::BadRequestException {
        message: Some("Request too early".into()),
        reason: Some(appconfigdata::BadRequestReason::InvalidParameters),
        details: Some(appconfigdata::BadRequestDetails::InvalidParameters(
            [("ConfigurationToken".to_owned(), early)].into(),
        )),
    };
    let body = concat!(
        r#"{"Details":{"InvalidParameters":{"ConfigurationToken":{"Problem":"PollIntervalNotSatisfied"}}},"#,
        r#""Message":"Request too early","Reason":"InvalidParameters"}"#
    );
    check_error(appconfigdata::Error::from(early), 400, "BadRequestException:", body);
}

#[test]
fn errors_outside_the_model_look_the_same() {
    #[track_caller]
    fn check_failure(failure: Failure, status: u16, name: &str, body: Value) {
        let response = failure.into_response("id-1");
        assert_eq!(serde_json::from_slice::<Value>(response.body()).unwrap(), body);
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        check(response, status, &error_headers(name), &text);
    }
    let message = |message: &str| json!({"Message": message});
    check_failure(
        Failure::unknown_operation(),
        404,
        "UnknownOperationException:",
        message("No operation has this method and path."),
    );
    check_failure(Failure::bad_request("b"), 400, "BadRequestException:", message("b"));
    check_failure(Failure::serialization("s"), 400, "SerializationException:", message("s"));
    check_failure(
        Failure::not_implemented("GetTides"),
        501,
        "NotImplementedException:",
        message("Tidegate does not implement GetTides yet."),
    );
    check_failure(Failure::service_unavailable("later"), 503, "ServiceUnavailableException:", message("later"));
    check_failure(
        Failure::request_timeout(),
        408,
        "RequestTimeoutException:",
        message("The request did not arrive in time."),
    );
    check_failure(
        Failure::headers_too_large(),
        431,
        "RequestHeaderFieldsTooLargeException:",
        message("The request's headers are too many or too long."),
    );
    check_failure(
        Failure::request_too_large(1024),
        413,
        "RequestEntityTooLargeException:",
        message("The request body is longer than 1024 bytes."),
    );
    check_failure(Failure::internal(), 500, "InternalServerException:", json!({}));
    check_failure(Failure::new("AccessDeniedException", 403, "no"), 403, "AccessDeniedException:", message("no"));
}

#[test]
fn contents_that_are_too_large_are_measured_in_kib() {
    let limit_bytes = 2 * 1024 * 1024;
    let response = Failure::payload_too_large(limit_bytes + 1, limit_bytes).into_response("id-1");
    let body = r#"{"Limit":2048.0,"Measure":"KILOBYTES","Message":"Content size limit exceeded.","Size":2049.0}"#;
    check(response, 413, &error_headers("PayloadTooLargeException:"), body);
}
