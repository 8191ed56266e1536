//! Requests in, sentence by sentence.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use tidegate_model::Input;
use tidegate_model::appconfig::*;
use tidegate_model::appconfigdata::StartConfigurationSessionRequest;
use tidegate_wire::{Failure, Request, bind};

/// A request as it is written in these tests.
#[derive(Default)]
struct Given<'a> {
    labels: &'a [(&'a str, &'a str)],
    query: &'a str,
    headers: &'a [(&'a str, &'a [u8])],
    body: &'a str,
}

impl Given<'_> {
    fn bind<I: Input>(&self) -> Result<I, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            let name = HeaderName::try_from(*name).unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        let query = Some(self.query).filter(|query| !query.is_empty());
        bind(&Request { labels: self.labels, query, headers: &headers, body: Bytes::from(self.body.to_owned()) })
    }
}

/// Expects a refusal with this name and message.
#[track_caller]
fn check<I: Input>(given: &Given<'_>, name: &str, message: &str) {
    match given.bind::<I>() {
        Ok(_) => panic!("accepted, where this was expected: {message}"),
        Err(failure) => {
            assert_eq!(failure.message(), Some(message));
            assert_eq!((&*failure.name, failure.status), (name, 400));
        }
    }
}

#[track_caller]
fn check_body<I: Input>(labels: &[(&str, &str)], body: serde_json::Value, constraints: &str) {
    let body = body.to_string();
    check::<I>(&Given { labels, body: &body, ..Given::default() }, "BadRequestException", constraints);
}

const APPLICATION: &[(&str, &str)] = &[("ApplicationId", "abc1234")];
const PROFILE: &[(&str, &str)] = &[("ApplicationId", "abc1234"), ("ConfigurationProfileId", "def5678")];

#[test]
fn a_json_request_is_bound() {
    let body = json!({
        "Name": "Grüße", "Description": "", "Monitors": [{"AlarmArn": "alarm"}], "Tags": {"a": ""}, "Later": 1
    });
    let given = Given { labels: APPLICATION, body: &body.to_string(), ..Given::default() };
    let request: CreateEnvironmentRequest = given.bind().unwrap();
    assert_eq!((&*request.application_id, &*request.name), ("abc1234", "Grüße"));
    assert_eq!(request.description.as_deref(), Some(""));
    assert_eq!(request.monitors.unwrap()[0].alarm_arn, "alarm");
    assert_eq!(request.tags.unwrap()["a"], "");
}

#[test]
fn a_body_cannot_stand_in_for_a_label() {
    let given =
        Given { labels: &[("ApplicationId", "mine")], body: r#"{"ApplicationId": "yours"}"#, ..Given::default() };
    assert_eq!(given.bind::<UpdateApplicationRequest>().unwrap().application_id, "mine");
    let given = Given { labels: &[], ..given };
    let message = "1 validation error detected: Value null at 'applicationId' failed to satisfy constraint: Member must \
                   not be null";
    check::<UpdateApplicationRequest>(&given, "BadRequestException", message);
}

#[test]
fn hosted_content_is_bound_from_headers_and_the_raw_body() {
    let given = Given {
        labels: PROFILE,
        headers: &[
            ("content-type", b"application/json"),
            ("Latest-Version-Number", b"7"),
            ("VersionLabel", b"v1.0"),
            ("description", b"first, of many"),
        ],
        body: "{not json",
        ..Given::default()
    };
    let request: CreateHostedConfigurationVersionRequest = given.bind().unwrap();
    assert_eq!(request.content, "{not json");
    assert_eq!(request.content_type, "application/json");
    assert_eq!(request.latest_version_number, Some(7));
    assert_eq!(request.version_label.as_deref(), Some("v1.0"));
    assert_eq!(request.description.as_deref(), Some("first, of many"));
}

#[test]
fn broken_constraints_are_named_as_aws_names_them() {
    check_body::<CreateApplicationRequest>(
        &[],
        json!({}),
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    );
    check_body::<CreateApplicationRequest>(
        &[],
        json!({"Name": null}),
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    );
    check_body::<CreateApplicationRequest>(
        &[],
        json!({"Name": ""}),
        "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater \
         than or equal to 1",
    );
    check_body::<CreateApplicationRequest>(
        &[],
        json!({"Name": "ü".repeat(65)}),
        &format!(
            "1 validation error detected: Value '{}' at 'name' failed to satisfy constraint: Member must have length less \
             than or equal to 64",
            "ü".repeat(65)
        ),
    );
    check_body::<CreateApplicationRequest>(
        &[],
        json!({"Name": "n", "Description": "d".repeat(1025)}),
        &format!(
            "1 validation error detected: Value '{}...' at 'description' failed to satisfy constraint: Member must have \
             length less than or equal to 1024",
            "d".repeat(256)
        ),
    );
    check_body::<CreateDeploymentStrategyRequest>(
        &[],
        json!({"Name": "n", "DeploymentDurationInMinutes": 1441, "GrowthFactor": 0.5, "GrowthType": "LATER"}),
        "3 validation errors detected: Value '1441' at 'deploymentDurationInMinutes' failed to satisfy constraint: Member \
         must have value less than or equal to 1440; Value '0.5' at 'growthFactor' failed to satisfy constraint: Member \
         must have value greater than or equal to 1.0; Value 'LATER' at 'growthType' failed to satisfy constraint: Member \
         must satisfy enum value set: [LINEAR, EXPONENTIAL]",
    );
    check_body::<CreateExtensionRequest>(
        &[],
        json!({"Name": "n", "Actions": {}}),
        "1 validation error detected: Value '{}' at 'actions' failed to satisfy constraint: Member must have length greater \
         than or equal to 1",
    );
    check_body::<StartConfigurationSessionRequest>(
        &[],
        json!({"ApplicationIdentifier": "a", "EnvironmentIdentifier": "e", "ConfigurationProfileIdentifier": "p",
               "RequiredMinimumPollIntervalInSeconds": 14}),
        "1 validation error detected: Value '14' at 'requiredMinimumPollIntervalInSeconds' failed to satisfy constraint: \
         Member must have value greater than or equal to 15",
    );
}

#[test]
fn nested_members_are_named_by_their_path() {
    check_body::<CreateEnvironmentRequest>(
        APPLICATION,
        json!({"Name": "", "Monitors": [{"AlarmArn": "a"}, {"AlarmArn": ""}, {}]}),
        "3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater \
         than or equal to 1; Value '' at 'monitors.2.member.alarmArn' failed to satisfy constraint: Member must have \
         length greater than or equal to 1; Value null at 'monitors.3.member.alarmArn' failed to satisfy constraint: \
         Member must not be null",
    );
    check_body::<CreateExtensionRequest>(
        &[],
        json!({"Name": "n", "Actions": {"PRE_START_DEPLOYMENT": [{"Uri": ""}]}}),
        "1 validation error detected: Value '' at 'actions.PRE_START_DEPLOYMENT.member.1.member.uri' failed to satisfy \
         constraint: Member must have length greater than or equal to 1",
    );
    check_body::<TagResourceRequest>(
        &[("ResourceArn", "arn%3Aaws%3Aappconfig%3Aeu-north-1%3A123456789012%3Aapplication%2Fabc1234")],
        json!({"Tags": {"": "x", "k": "v".repeat(257)}}),
        &format!(
            "2 validation errors detected: Value '{{=x, k={}...' at 'tags' failed to satisfy constraint: Map keys must \
             satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater \
             than or equal to 1, Member must not be null]; Value '{{=x, k={}...' at 'tags' failed to satisfy constraint: \
             Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must not be \
             null]",
            "v".repeat(249),
            "v".repeat(249)
        ),
    );
}

#[test]
fn sensitive_values_are_not_shown() {
    check_body::<UpdateConfigurationProfileRequest>(
        PROFILE,
        json!({"Validators": [{"Type": "LAMBDA", "Content": "hush".repeat(9000)}]}),
        "1 validation error detected: Value at 'validators.1.member.content' failed to satisfy constraint: Member must \
         have length less than or equal to 32768",
    );
    let validator = json!({"Type": "LAMBDA", "Content": "hush"});
    check_body::<UpdateConfigurationProfileRequest>(
        PROFILE,
        json!({"Validators": [validator, validator, validator]}),
        "1 validation error detected: Value '[{type=LAMBDA, content=*}, {type=LAMBDA, content=*}, {type=LAMBDA, \
         content=*}]' at 'validators' failed to satisfy constraint: Member must have length less than or equal to 2",
    );
    let labels = [("ApplicationId", "abc1234"), ("EnvironmentId", "ghi9012")];
    check_body::<StartDeploymentRequest>(
        &labels,
        json!({"DeploymentStrategyId": "abcd", "ConfigurationProfileId": "p", "ConfigurationVersion": "1",
               "DynamicExtensionParameters": {"hush": "hush"}}),
        "1 validation error detected: Value at 'dynamicExtensionParameters' failed to satisfy constraint: Map keys must \
         satisfy constraint: [Member must satisfy regular expression pattern: ^([^#\\n]{1,96})#([^\\/#\\n]{1,64})$, Member \
         must not be null]",
    );
    let body = r#"{"DynamicExtensionParameters": {"hush#hush": {"hush": "hush"}}}"#;
    check::<StartDeploymentRequest>(
        &Given { labels: &labels, body, ..Given::default() },
        "SerializationException",
        "Value at 'dynamicExtensionParameters.*.member' must be a string.",
    );
    check::<UpdateConfigurationProfileRequest>(
        &Given { labels: PROFILE, body: r#"{"Validators": [{"Content": ["hush"]}]}"#, ..Given::default() },
        "SerializationException",
        "Value at 'validators.1.member.content' must be a string.",
    );
}

#[test]
fn hosted_content_is_refused_as_aws_was_seen_to_refuse_it() {
    #[track_caller]
    fn check_hosted(headers: &[(&str, &[u8])], body: &str, name: &str, message: &str) {
        let given = Given { labels: PROFILE, headers, body, ..Given::default() };
        check::<CreateHostedConfigurationVersionRequest>(&given, name, message);
    }
    let plain: (&str, &[u8]) = ("content-type", b"text/plain");
    check_hosted(
        &[plain],
        "",
        "BadRequestException",
        "1 validation error detected: Value at 'content' failed to satisfy constraint: Member must not be null",
    );
    check_hosted(
        &[plain, ("versionlabel", b"123")],
        "x",
        "BadRequestException",
        "1 validation error detected: Value '123' at 'versionLabel' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: .*[^0-9].*",
    );
    check_hosted(
        &[],
        "x",
        "BadRequestException",
        "1 validation error detected: Value null at 'contentType' failed to satisfy constraint: Member must not be null",
    );
    check_hosted(
        &[plain, ("latest-version-number", b"seven")],
        "x",
        "SerializationException",
        "Value at 'latestVersionNumber' must be a 32-bit integer.",
    );
    check_hosted(
        &[plain, ("description", "grün".as_bytes())],
        "x",
        "SerializationException",
        "Value at 'description' must be visible ASCII, since it travels in the header Description.",
    );
    check_hosted(
        &[plain, ("description", b"a"), ("Description", b"b")],
        "x",
        "SerializationException",
        "Value at 'description' must be given once, and the header Description is there twice.",
    );
}

#[test]
fn bodies_that_are_not_json_objects_are_refused() {
    #[track_caller]
    fn check_text(body: &str, message: &str) {
        check::<CreateApplicationRequest>(&Given { body, ..Given::default() }, "SerializationException", message);
    }
    check_text("{", "The request body is not valid JSON: EOF while parsing an object at line 1 column 1.");
    check_text("{} {}", "The request body is not valid JSON: trailing characters at line 1 column 4.");
    check_text(
        &format!(r#"{{"Name": {}"#, "[".repeat(1000)),
        "The request body is not valid JSON: recursion limit exceeded at line 1 column 136.",
    );
    for body in ["[]", "null", "\"x\"", "7"] {
        check_text(body, "The request body must be a JSON object.");
    }
    check_text(r#"{"Name": 7}"#, "Value at 'name' must be a string.");
    check_text(r#"{"Name": "n", "Tags": ["x"]}"#, "Value at 'tags' must be a map.");
    check_text(r#"{"Name": "n", "Tags": {"x": 1}}"#, "Value at 'tags.x.member' must be a string.");
}

#[test]
fn a_body_is_ignored_where_the_model_has_none() {
    let given = Given { labels: APPLICATION, body: "{not json", ..Given::default() };
    assert_eq!(given.bind::<GetApplicationRequest>().unwrap().application_id, "abc1234");
    assert!(Given { labels: APPLICATION, ..Given::default() }.bind::<UpdateApplicationRequest>().is_ok());
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let given = Given { body: r#"{"Name": 1, "Name": "two"}"#, ..Given::default() };
    assert_eq!(given.bind::<CreateApplicationRequest>().unwrap().name, "two");
}

#[test]
fn integers_are_whole_and_have_32_bits() {
    for (json, expected) in [("0", 0), ("60", 60), ("60.0", 60), ("6e1", 60), ("-0.0", 0)] {
        let body = format!(r#"{{"DeploymentDurationInMinutes": {json}}}"#);
        let given = Given { labels: &[("DeploymentStrategyId", "abcd")], body: &body, ..Given::default() };
        let request: UpdateDeploymentStrategyRequest = given.bind().unwrap();
        assert_eq!(request.deployment_duration_in_minutes, Some(expected), "{json}");
    }
}

#[test]
fn what_is_no_integer_is_refused() {
    for json in ["1.5", "\"1\"", "true", "2147483648", "-2147483649", "2147483648.0", "1e300", "18446744073709551616"] {
        let body = format!(r#"{{"GrowthFactor": 1, "DeploymentDurationInMinutes": {json}}}"#);
        let given = Given { labels: &[("DeploymentStrategyId", "abcd")], body: &body, ..Given::default() };
        let message = "Value at 'deploymentDurationInMinutes' must be a 32-bit integer.";
        check::<UpdateDeploymentStrategyRequest>(&given, "SerializationException", message);
    }
    for json in ["\"NaN\"", "\"1.0\"", "[]"] {
        let body = format!(r#"{{"GrowthFactor": {json}}}"#);
        let given = Given { labels: &[("DeploymentStrategyId", "abcd")], body: &body, ..Given::default() };
        check::<UpdateDeploymentStrategyRequest>(
            &given,
            "SerializationException",
            "Value at 'growthFactor' must be a number.",
        );
    }
}

#[test]
fn queries_are_bound() {
    let given = Given { query: "max_results=50&next_token=a%20b+c%2Bd&other=%FF&other=2", ..Given::default() };
    let request: ListApplicationsRequest = given.bind().unwrap();
    assert_eq!(request.max_results, Some(50));
    assert_eq!(request.next_token.as_deref(), Some("a b c+d"));

    #[track_caller]
    fn check_query(query: &str, name: &str, message: &str) {
        check::<ListApplicationsRequest>(&Given { query, ..Given::default() }, name, message);
    }
    check_query(
        "max_results=51",
        "BadRequestException",
        "1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less \
         than or equal to 50",
    );
    check_query("max_results=ten", "SerializationException", "Value at 'maxResults' must be a 32-bit integer.");
    check_query("max_results", "SerializationException", "Value at 'maxResults' must be a 32-bit integer.");
    check_query(
        "max_results=1&max%5Fresults=1",
        "SerializationException",
        "Value at 'maxResults' must be given once, and the query parameter max_results is there twice.",
    );
    check_query(
        "next_token=%FF",
        "SerializationException",
        "Value at 'nextToken' must be valid percent-encoded UTF-8.",
    );
    check_query(&"x&".repeat(101), "SerializationException", "The query string has more than 100 parameters.");
    check_query(&"x".repeat(32 * 1024 + 1), "SerializationException", "The query string is longer than 32768 bytes.");
}

#[test]
fn a_repeated_query_parameter_is_a_list() {
    let arn = "arn:aws:appconfig:eu-north-1:123456789012:application/abc1234";
    let labels = [("ResourceArn", &*arn.replace('/', "%2F"))];
    let given = Given { labels: &labels, query: "tagKeys=a&tagKeys=b%26c&tagKeys=a", ..Given::default() };
    let request: UntagResourceRequest = given.bind().unwrap();
    assert_eq!(request.resource_arn, arn);
    assert_eq!(request.tag_keys, ["a", "b&c", "a"]);
}

#[test]
fn labels_are_decoded_and_checked() {
    #[track_caller]
    fn check_label(raw: &str, name: &str, message: &str) {
        let labels = [("ApplicationId", "a"), ("EnvironmentId", "e"), ("DeploymentNumber", raw)];
        check::<GetDeploymentRequest>(&Given { labels: &labels, ..Given::default() }, name, message);
    }
    check_label("one", "SerializationException", "Value at 'deploymentNumber' must be a 32-bit integer.");
    check_label("%FF", "SerializationException", "Value at 'deploymentNumber' must be valid percent-encoded UTF-8.");
    let given = Given { labels: &[("ApplicationId", "my+app%20%C3%BC")], ..Given::default() };
    assert_eq!(given.bind::<GetApplicationRequest>().unwrap().application_id, "my+app ü");
}

#[test]
fn booleans_in_headers_are_true_or_false() {
    #[track_caller]
    fn check_header(value: &[u8], expected: Option<bool>) {
        let given = Given {
            labels: &[("ApplicationId", "a"), ("EnvironmentId", "e"), ("DeploymentNumber", "1")],
            headers: &[("allow-revert", value)],
            ..Given::default()
        };
        let bound = given.bind::<StopDeploymentRequest>();
        match expected {
            Some(_) => assert_eq!(bound.unwrap().allow_revert, expected),
            None => {
                assert_eq!(bound.unwrap_err().message(), Some("Value at 'allowRevert' must be true or false."));
            }
        }
    }
    check_header(b"true", Some(true));
    check_header(b"false", Some(false));
    check_header(b"yes", None);
    check_header(b"", None);
}
