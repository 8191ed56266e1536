use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde_json::json;
use tidegate_model::{appconfig, appconfigdata};

use super::*;

/// What is hidden, by operation: of the request, and of the answer. Operations that are not here hide nothing.
const HIDDEN_PARTS: &[(&str, &str, &str)] = &[
    ("CreateConfigurationProfile", "validators", "validators"),
    (
        "CreateExperimentDefinition",
        "control.flagValue.attributeValues treatments.0.flagValue.attributeValues",
        "control.flagValue.attributeValues treatments.0.flagValue.attributeValues",
    ),
    ("CreateHostedConfigurationVersion", "content", "content"),
    ("GetConfiguration", "", "content"),
    ("GetConfigurationProfile", "", "validators"),
    ("GetExperimentDefinition", "", "control.flagValue.attributeValues treatments.0.flagValue.attributeValues"),
    (
        "GetExperimentRun",
        "",
        "experimentDefinitionSnapshot.control.flagValue.attributeValues \
         experimentDefinitionSnapshot.treatments.0.flagValue.attributeValues treatmentOverrides",
    ),
    ("GetHostedConfigurationVersion", "", "content"),
    ("GetLatestConfiguration", "configurationToken", "configuration nextPollConfigurationToken"),
    ("ListApplications", "nextToken", "nextToken"),
    ("ListConfigurationProfiles", "nextToken", "nextToken"),
    ("ListDeploymentStrategies", "nextToken", "nextToken"),
    ("ListDeployments", "nextToken", "nextToken"),
    ("ListEnvironments", "nextToken", "nextToken"),
    ("ListExperimentDefinitions", "nextToken", "nextToken"),
    ("ListExperimentRunEvents", "nextToken", "items.0.treatmentOverrides nextToken"),
    ("ListExperimentRuns", "nextToken", "nextToken"),
    ("ListExtensionAssociations", "nextToken", "nextToken"),
    ("ListExtensions", "nextToken", "nextToken"),
    ("ListHostedConfigurationVersions", "nextToken", "nextToken"),
    ("StartConfigurationSession", "", "initialConfigurationToken"),
    ("StartDeployment", "dynamicExtensionParameters", ""),
    (
        "StartExperimentRun",
        "deploymentParameters.dynamicExtensionParameters treatmentOverrides",
        "experimentDefinitionSnapshot.control.flagValue.attributeValues \
         experimentDefinitionSnapshot.treatments.0.flagValue.attributeValues treatmentOverrides",
    ),
    (
        "StopExperimentRun",
        "deploymentParameters.dynamicExtensionParameters",
        "experimentDefinitionSnapshot.control.flagValue.attributeValues \
         experimentDefinitionSnapshot.treatments.0.flagValue.attributeValues treatmentOverrides",
    ),
    ("UpdateConfigurationProfile", "validators", "validators"),
    (
        "UpdateExperimentDefinition",
        "control.flagValue.attributeValues treatments.0.flagValue.attributeValues",
        "control.flagValue.attributeValues treatments.0.flagValue.attributeValues",
    ),
    (
        "UpdateExperimentRun",
        "deploymentParameters.dynamicExtensionParameters treatmentOverrides",
        "experimentDefinitionSnapshot.control.flagValue.attributeValues \
         experimentDefinitionSnapshot.treatments.0.flagValue.attributeValues treatmentOverrides",
    ),
];

#[test]
fn of_all_58_operations_this_is_hidden_and_everything_else_is_shown() {
    let hidden: BTreeMap<_, _> =
        HIDDEN_PARTS.iter().map(|(name, request, response)| (*name, (*request, *response))).collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for operation in appconfig::OPERATIONS.iter().chain(appconfigdata::OPERATIONS) {
        count += 1;
        let mut leaves = Vec::new();
        let shown = request_with(operation, &mut leaves);
        let request = paths(&shown.parameters, &leaves, operation.name);
        let mut leaves = Vec::new();
        let shown = response_with(operation, &mut leaves);
        let response = paths(&shown, &leaves, operation.name);
        let expected = hidden.get(operation.name).copied().unwrap_or_default();
        if (request.as_str(), response.as_str()) != expected {
            wrong.push(format!("({:?}, {request:?}, {response:?}),", operation.name));
        }
    }
    assert!(wrong.is_empty(), "look whether this is right, and write it into the table:\n{}", wrong.join("\n"));
    assert_eq!(count, 58);
}

#[test]
fn a_refusals_message_shows_nothing_that_the_request_keeps_hidden() {
    let operation = find("ListApplications");
    let headers = HeaderMap::new();
    let parts = Parts { labels: &[], query: Some("next_token=my%20secret"), headers: &headers, body: b"" };
    let shown = request(operation, &parts);
    let failure = Failure::bad_request("Invalid nextToken parameter my secret.");
    let message = shown.message(operation.name, &failure).unwrap();
    assert_eq!(message, format!("Invalid nextToken parameter {HIDDEN}."));

    let operation = find("ValidateConfiguration");
    let shown = request(operation, &Parts { labels: &[], query: None, headers: &headers, body: b"" });
    let quoting = Failure::bad_request("JSON Schema: \"hunter2\" is not an integer");
    assert_eq!(shown.message(operation.name, &quoting).as_deref(), Some(HIDDEN));
    let of_constraints = Failure::bad_request("1 validation error detected: Value null at 'configurationVersion'");
    assert!(shown.message(operation.name, &of_constraints).unwrap().starts_with("1 validation error"));
}

#[test]
fn what_the_model_does_not_know_or_expects_otherwise_is_not_shown() {
    let operation = find("CreateApplication");
    let headers = HeaderMap::new();
    let body = json!({"Name": {"oops": "hunter2"}, "Password": "hunter2", "Tags": {"a": ["hunter2"]}}).to_string();
    let parts = Parts { labels: &[], query: Some("Password=hunter2"), headers: &headers, body: body.as_bytes() };
    let shown = request(operation, &parts).parameters;
    assert_eq!(shown, json!({"name": HIDDEN, "tags": {"a": HIDDEN}}));
    let parts = Parts { labels: &[], query: None, headers: &headers, body: b"{\"Name\": \"hunter2" };
    assert_eq!(request(operation, &parts).parameters, Value::Null);
}

#[test]
fn addresses_are_shown_without_what_lets_somebody_in() {
    #[track_caller]
    fn check(address: &str, expected: &str) {
        assert_eq!(without_credentials(address), expected.replace('*', HIDDEN));
    }
    check("https://hooks.example/a", "https://hooks.example/a");
    check("https://user:word@hooks.example:8443/a/b?key=k#f", "https://*@hooks.example:8443/a/b?*");
    check("HTTP://a@b@hooks.example", "HTTP://*@hooks.example");
    check("https://hooks.example#k", "https://hooks.example#*");
    check("https://hooks.example?a@b", "https://hooks.example?*");
    check("arn:aws:lambda:eu-north-1:123456789012:function:f", "arn:aws:lambda:eu-north-1:123456789012:function:f");
    check("hosted", "hosted");
}

#[test]
fn texts_and_whole_requests_are_bounded() {
    let operation = find("CreateApplication");
    let headers = HeaderMap::new();
    let of = |body: Value| {
        let body = body.to_string();
        request(operation, &Parts { labels: &[], query: None, headers: &headers, body: body.as_bytes() }).parameters
    };
    let shown = of(json!({"Name": "ä".repeat(5_000)}));
    assert_eq!(shown["name"], format!("{}…", "ä".repeat(1_024)));
    let tags: Map<_, _> = (0..500).map(|index| (format!("k{index}"), "x".repeat(5_000).into())).collect();
    assert_eq!(of(json!({"Tags": tags})), json!({"omitted": "too long"}));
}

fn find(name: &str) -> &'static Operation {
    appconfig::OPERATIONS.iter().find(|operation| operation.name == name).copied().unwrap()
}

type Leaves = Vec<String>;

/// A value in which every text is another one.
fn sample(shape: &Shape, leaves: &mut Leaves) -> Value {
    match &shape.kind {
        ShapeKind::String(_) | ShapeKind::Timestamp | ShapeKind::Blob => {
            let leaf = format!("leaf-{:04}", leaves.len());
            leaves.push(leaf.clone());
            leaf.into()
        }
        ShapeKind::Integer => json!(7),
        ShapeKind::Float => json!(7.5),
        ShapeKind::Boolean => json!(true),
        ShapeKind::List(item) => json!([sample(item, leaves)]),
        ShapeKind::Map(_, item) => json!({"key": sample(item, leaves)}),
        ShapeKind::Structure(it) => {
            let members = it.members.iter().map(|member| (member.name.to_owned(), sample(member.shape, leaves)));
            members.collect::<Map<_, _>>().into()
        }
    }
}

fn request_with(operation: &'static Operation, leaves: &mut Leaves) -> Shown {
    let (mut labels, mut query, mut headers, mut body) = (Vec::new(), String::new(), HeaderMap::new(), Map::new());
    let mut payload = None;
    for member in operation.input.members {
        let value = sample(member.shape, leaves);
        let text = || match &value {
            Value::Array(items) => items[0].as_str().unwrap().to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match member.location {
            Location::Body if operation.input.payload == Some(member.name) => payload = Some(text()),
            Location::Body => drop(body.insert(member.name.into(), value)),
            Location::Path(name) => labels.push((name, text())),
            Location::Query(name) => query.push_str(&format!("{name}={}&", text())),
            Location::Header(name) => {
                headers
                    .insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::try_from(text()).unwrap());
            }
            Location::StatusCode => unreachable!(),
        }
    }
    let body = payload.unwrap_or_else(|| Value::Object(body).to_string());
    let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
    request(operation, &Parts { labels: &labels, query: Some(&query), headers: &headers, body: body.as_bytes() })
}

fn response_with(operation: &'static Operation, leaves: &mut Leaves) -> Value {
    let (mut headers, mut body, mut payload) = (HeaderMap::new(), Map::new(), None);
    for member in operation.output.members {
        let value = sample(member.shape, leaves);
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match member.location {
            Location::Body if operation.output.payload == Some(member.name) => payload = Some(text),
            Location::Body => drop(body.insert(member.name.into(), value)),
            Location::Header(name) => {
                headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::try_from(text).unwrap());
            }
            Location::StatusCode => {}
            Location::Path(_) | Location::Query(_) => unreachable!(),
        }
    }
    let body = payload.unwrap_or_else(|| Value::Object(body).to_string());
    response(operation, &headers, &body.into())
}

/// The places that are hidden. Every text has to be shown, or stand at one of them.
fn paths(shown: &Value, leaves: &Leaves, operation: &str) -> String {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::String(text) if text == HIDDEN => found.push(path.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &under(&index.to_string()), found));
            }
            Value::Object(members) => members.iter().for_each(|(name, item)| walk(item, &under(name), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(shown, "", &mut found);
    let text = shown.to_string();
    let missing = leaves.iter().filter(|leaf| !text.contains(leaf.as_str())).count();
    assert!((missing == 0) == found.is_empty(), "{operation}: {text}");
    found.sort();
    found.join(" ")
}
