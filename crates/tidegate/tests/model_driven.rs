//! Written once for all operations of the interface table, over HTTP and against the built binary: the minimal and the
//! maximal request work, one violation of each constraint is refused in AWS's words, and what is wrong around a request
//! is refused or ignored as the service does.
//!
//! Requests come from the shapes (see `sample`); what no shape says, such as which ids exist, stands in [`Harbour`].
//! Experiments are not in the harbour: what asks about one may also be answered that there is none.

mod common;
#[allow(dead_code, reason = "binding without HTTP is for the tests of `wire`")]
#[path = "../../wire/tests/common/sample.rs"]
mod sample;

use common::{Answer, Client, Server, aws};
use sample::{Extent, Parts};
use serde_json::{Map, Value, json};
use tidegate_model::{Location, Operation, Segment, ShapeKind, appconfig, appconfigdata};
use tidegate_server::operations::WITHOUT_HANDLER;

const REGION: &str = "eu-north-1";

#[derive(Debug, Default)]
struct Counts {
    operations: usize,
    minimal: usize,
    maximal: usize,
    violations: usize,
    wrong_types: usize,
    wrong_methods: usize,
    content_types: usize,
    repeated: usize,
    unknown: usize,
}

#[test]
fn every_operation_keeps_to_the_interface_table() {
    let directory = common::directory();
    let options = ["--store", "memory:", "--clock", "manual", "--request-rates", "unlimited", "--log", "warn"];
    let server = Server::start(directory.path(), &options);
    let mut harbours = Harbours { server: &server, built: 0 };
    let mut counts = Counts::default();
    for operation in operations() {
        counts.operations += 1;
        counts.minimal += good_requests_work(&mut harbours, operation, Extent::Minimal);
        counts.maximal += good_requests_work(&mut harbours, operation, Extent::Maximal);
        counts.content_types += content_types_do_not_matter(&mut harbours, operation);
        counts.unknown += what_the_model_does_not_know_is_ignored(&mut harbours, operation);
    }
    let mut harbour = harbours.build();
    let before = harbour.inventory();
    for operation in operations() {
        counts.violations += violations_are_named(&mut harbour, operation);
        counts.wrong_types += wrong_types_are_named(&mut harbour, operation);
        counts.wrong_methods += wrong_methods_are_unknown(&mut harbour, operation);
        counts.repeated += repeated_parameters_are_refused(&mut harbour, operation);
    }
    assert_eq!(harbour.inventory(), before, "a request that was refused has changed something");
    server.assert_well();
    println!(
        "{} operations: {} minimal and {} maximal requests, {} violations of constraints, {} wrong types, {} wrong \
         methods, {} wrong content types, {} repeated and {} unknown query parameters",
        counts.operations,
        counts.minimal,
        counts.maximal,
        counts.violations,
        counts.wrong_types,
        counts.wrong_methods,
        counts.content_types,
        counts.repeated,
        counts.unknown,
    );
    let enough = counts.operations >= 58
        && counts.minimal == counts.operations
        && counts.maximal == counts.operations
        && counts.violations >= 500
        && counts.wrong_types >= 100
        && counts.wrong_methods >= 200
        && counts.content_types >= 50
        && counts.repeated >= 40
        && counts.unknown == counts.operations;
    assert!(enough, "{counts:?}");
}

fn operations() -> impl Iterator<Item = &'static Operation> {
    appconfig::OPERATIONS.iter().chain(appconfigdata::OPERATIONS).copied()
}

fn good_requests_work(harbours: &mut Harbours<'_>, operation: &'static Operation, extent: Extent) -> usize {
    let mut harbour = harbours.build();
    let mut object = harbour.object(operation, extent);
    // A token that a test makes up is no token of a list.
    if let Some(token) = object.get("NextToken").cloned() {
        let answer = harbour.ask(operation, &Parts::of(operation, &object));
        // The experiments that it asks about need not be there.
        if !is_without_handler(operation, &answer) && answer.status != 404 {
            answer.clone().expect_error(400, "BadRequestException");
            let expected = format!("Invalid nextToken parameter {}.", token.as_str().expect("a token is a text"));
            assert_eq!(answer.json()["Message"], expected, "{}", operation.name);
        }
        object.remove("NextToken");
    }
    let answer = harbour.ask(operation, &Parts::of(operation, &object));
    assert_success(operation, &answer, &object);
    1
}

fn content_types_do_not_matter(harbours: &mut Harbours<'_>, operation: &'static Operation) -> usize {
    let has_body = operation.input.members.iter().any(|member| member.location == Location::Body);
    if !has_body || operation.input.payload.is_some() {
        return 0;
    }
    let content_types = ["text/plain", "application/xml; charset=utf-16", "application/x-www-form-urlencoded", ""];
    for content_type in content_types {
        let mut harbour = harbours.build();
        let object = harbour.object(operation, Extent::Minimal);
        let parts = Parts::of(operation, &object);
        let answer = harbour.ask_as(operation.method.as_str(), operation, &parts, Some(content_type));
        assert_success(operation, &answer, &object);
    }
    content_types.len()
}

fn what_the_model_does_not_know_is_ignored(harbours: &mut Harbours<'_>, operation: &'static Operation) -> usize {
    let mut harbour = harbours.build();
    let object = harbour.object(operation, Extent::Minimal);
    let mut parts = Parts::of(operation, &object);
    parts.push_query("not_in_the_model", "1");
    parts.push_query("not_in_the_model", "2");
    parts.push_header("not-in-the-model", "1");
    if operation.input.payload.is_none() && !parts.body.is_empty() {
        let mut body: Map<String, Value> = serde_json::from_slice(&parts.body).expect("it was written as an object");
        body.insert("NotInTheModel".into(), json!({"x": [1]}));
        parts.body = Value::Object(body).to_string().into();
    }
    let answer = harbour.ask(operation, &parts);
    assert_success(operation, &answer, &object);
    1
}

fn violations_are_named(harbour: &mut Harbour, operation: &'static Operation) -> usize {
    let mut count = 0;
    for member in operation.input.members {
        let is_query = matches!(member.location, Location::Query(_));
        for (mut object, words) in sample::member_violations(operation.input, member) {
            let cannot_be_said = match object.get(member.name) {
                // A path without the label is another path.
                None | Some(Value::Null) => matches!(member.location, Location::Path(_)),
                Some(Value::String(text)) => text.is_empty() && matches!(member.location, Location::Path(_)),
                // The list of a query has no way to say `null`.
                Some(value) => is_query && *value == json!([null]),
            };
            if cannot_be_said {
                continue;
            }
            harbour.fit(operation, &mut object, Some(member.name));
            let answer = harbour.ask(operation, &Parts::of(operation, &object));
            if is_without_handler(operation, &answer) {
                continue;
            }
            let place = format!("{}.{} ({words}): {}", operation.name, member.name, answer.text());
            assert_eq!((answer.status, answer.error_name()), (400, "BadRequestException"), "{place}");
            answer.assert_well_formed_error();
            let message = answer.json()["Message"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains(&words) && message.contains(" failed to satisfy constraint: "), "{place}");
            let camel_case = member.name[..1].to_lowercase() + &member.name[1..];
            assert!(message.contains(&format!(" at '{camel_case}")), "{place}");
            count += 1;
        }
    }
    count
}

fn wrong_types_are_named(harbour: &mut Harbour, operation: &'static Operation) -> usize {
    let mut count = 0;
    for member in operation.input.members {
        let is_payload = operation.input.payload == Some(member.name);
        let is_json = member.location == Location::Body && !is_payload;
        let is_text = matches!(member.shape.kind, ShapeKind::String(_) | ShapeKind::List(_));
        if is_payload || (!is_json && is_text) {
            continue;
        }
        let mut object = harbour.object(operation, Extent::Maximal);
        object.insert(member.name.to_owned(), if is_json && is_text { json!(7) } else { json!("secret") });
        let answer = harbour.ask(operation, &Parts::of(operation, &object));
        if is_without_handler(operation, &answer) {
            continue;
        }
        let place = format!("{}.{}: {}", operation.name, member.name, answer.text());
        assert_eq!((answer.status, answer.error_name()), (400, "SerializationException"), "{place}");
        answer.assert_well_formed_error();
        assert!(!answer.text().contains("secret"), "{place}");
        count += 1;
    }
    count
}

fn wrong_methods_are_unknown(harbour: &mut Harbour, operation: &'static Operation) -> usize {
    let mut count = 0;
    let parts = Parts::of(operation, &harbour.object(operation, Extent::Minimal));
    let path = path_of(operation, &parts);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NOTHING"] {
        if tidegate_model::route(method, &path).is_ok() {
            continue;
        }
        let answer = harbour.ask_as(method, operation, &parts, Some("application/json"));
        let place = format!("{method} {path}: {}", answer.text());
        assert_eq!((answer.status, answer.error_name()), (404, "UnknownOperationException"), "{place}");
        answer.assert_well_formed_error();
        count += 1;
    }
    count
}

fn repeated_parameters_are_refused(harbour: &mut Harbour, operation: &'static Operation) -> usize {
    let mut count = 0;
    for member in operation.input.members {
        let Location::Query(name) = member.location else { continue };
        let object = harbour.object(operation, Extent::Maximal);
        let mut parts = Parts::of(operation, &object);
        let is_list = matches!(member.shape.kind, ShapeKind::List(_));
        let value = sample::value(member.shape, Extent::Maximal);
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        parts.push_query(name, if is_list { "another" } else { &value });
        let answer = harbour.ask(operation, &parts);
        if is_without_handler(operation, &answer) {
            continue;
        }
        let place = format!("{}.{}: {}", operation.name, member.name, answer.text());
        if is_list {
            assert_eq!(answer.status, operation.status, "{place}");
        } else {
            assert_eq!(answer.status, 400, "{place}");
            answer.assert_well_formed_error();
        }
        count += 1;
    }
    count
}

#[track_caller]
fn assert_success(operation: &'static Operation, answer: &Answer, object: &Map<String, Value>) {
    if is_without_handler(operation, answer) {
        return;
    }
    let place = format!("{} {object:?}: {} {}", operation.name, answer.status, answer.text());
    // No experiment is there to be asked about.
    if is_of_experiments(operation) && answer.status != operation.status {
        let is_modelled = operation.errors.iter().any(|error| error.name == answer.error_name());
        assert!(is_modelled && (400..500).contains(&answer.status), "{place}");
        return;
    }
    assert_eq!(answer.status, operation.status, "{place}");
    assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36), "{place}");
    if operation.output.payload.is_none() && operation.status != 204 {
        assert_eq!(answer.header("content-type"), Some("application/json"), "{place}");
        let answered = answer.json();
        let members = answered.as_object().expect("an answer is an object");
        for name in members.keys() {
            assert!(operation.output.members.iter().any(|member| member.name == name), "{name} in {place}");
        }
    }
}

/// Says whether the operation is one that nobody has written yet, and then holds the answer to what that means.
#[track_caller]
fn is_without_handler(operation: &'static Operation, answer: &Answer) -> bool {
    if WITHOUT_HANDLER.contains(&operation.name) {
        answer.clone().expect_error(501, "NotImplementedException");
        return true;
    }
    assert!(answer.status < 500, "{}: {answer:?}", operation.name);
    false
}

fn is_of_experiments(operation: &'static Operation) -> bool {
    operation.name.contains("Experiment")
}

fn path_of(operation: &'static Operation, parts: &Parts) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Label(name) => {
            let label = parts.labels.iter().find(|(label, _)| label == name);
            format!("/{}", label.map_or("", |(_, value)| value))
        }
    };
    operation.path.iter().map(segment).collect()
}

/// Builds harbours, each in an account of its own.
struct Harbours<'a> {
    server: &'a Server,
    built: u64,
}

/// An account in which everything that a request can name is there.
struct Harbour {
    client: Client,
    account: String,
    /// Has a version, a deployment that is complete and one that runs, and an extension.
    home: aws::Home,
    strategy: String,
    extension: String,
    association: String,
    /// Has nothing below it, so that it can be deleted.
    bare_application: String,
    bare_environment: String,
    bare_profile: String,
    bare_extension: String,
    token: String,
}

impl Harbours<'_> {
    fn build(&mut self) -> Harbour {
        self.built += 1;
        let account = format!("{:012}", 310_000_000_000 + self.built);
        let mut client = self.server.client();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={account}/20270101/{REGION}/appconfig/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={}",
            "0".repeat(64)
        );
        client.headers.push(("authorization".into(), authorization));
        client.headers.push(("x-amz-date".into(), "20270101T000000Z".into()));
        let home = aws::Home::create(&mut client);
        let inside = format!("/applications/{}", home.application);
        let name = |name: &str| json!({"Name": name});
        let bare_application = aws::create(&mut client, "/applications", &name("bare"));
        let bare_environment = aws::create(&mut client, &format!("{inside}/environments"), &name("bare"));
        let bare_profile = json!({"Name": "bare", "LocationUri": "hosted"});
        let bare_profile = aws::create(&mut client, &format!("{inside}/configurationprofiles"), &bare_profile);
        let bare_extension = aws::create(&mut client, "/extensions", &extension("bare"));
        let extension = aws::create(&mut client, "/extensions", &extension("lamp"));
        let profile_arn =
            arn(&account, &format!("application/{}/configurationprofile/{}", home.application, home.profile));
        let association = json!({"ExtensionIdentifier": extension, "ResourceIdentifier": profile_arn});
        let association = aws::create(&mut client, "/extensionassociations", &association);
        let strategy = aws::strategy(&mut client, "unused", 10, 10);
        home.store(&mut client, b"open");
        home.deploy(&mut client, 1).expect(201);
        let token = home.start_session(&mut client);
        let running = json!({
            "DeploymentStrategyId": strategy,
            "ConfigurationProfileId": home.profile,
            "ConfigurationVersion": "1",
        });
        client.post(&home.deployments(), &running).expect(201);
        Harbour {
            client,
            account,
            home,
            strategy,
            extension,
            association,
            bare_application,
            bare_environment,
            bare_profile,
            bare_extension,
            token,
        }
    }
}

/// An extension that nobody calls while these tests run, with a parameter for an association and one for a deployment.
fn extension(name: &str) -> Value {
    json!({"Name": name, "Actions": actions(), "Parameters": parameters()})
}

fn actions() -> Value {
    let action = json!({
        "Name": "tell",
        "Description": "the harbour master",
        "Uri": "https://127.0.0.1:1/",
        "RoleArn": "arn:aws:iam::123456789012:role/caller",
    });
    json!({"ON_DEPLOYMENT_BAKING": [action]})
}

fn parameters() -> Value {
    json!({"berth": {"Description": "where", "Required": false}, "ship": {"Dynamic": true}})
}

fn arn(account: &str, resource: &str) -> String {
    format!("arn:aws:appconfig:{REGION}:{account}:{resource}")
}

impl Harbour {
    /// A request of this extent that names what is there.
    fn object(&self, operation: &'static Operation, extent: Extent) -> Map<String, Value> {
        let mut object = sample::structure(operation.input, extent);
        self.fit(operation, &mut object, None);
        object
    }

    /// Has a request name what is there, in every member but one.
    fn fit(&self, operation: &'static Operation, object: &mut Map<String, Value>, except: Option<&str>) {
        let members = operation.input.members.iter().filter(|member| Some(member.name) != except);
        for member in members.filter(|member| member.name != "NextToken" || except.is_some()) {
            if !object.contains_key(member.name) {
                continue;
            }
            match self.value(operation.name, member.name) {
                Some(Value::Null) => object.remove(member.name),
                Some(value) => object.insert(member.name.to_owned(), value),
                None => None,
            };
        }
    }

    /// What a member has to be so that the rules behind the shapes are kept; null for what cannot stand beside the rest.
    fn value(&self, operation: &str, member: &str) -> Option<Value> {
        let home = &self.home;
        let value = match (operation, member) {
            ("DeleteApplication", "ApplicationId") => json!(self.bare_application),
            (_, "ApplicationId" | "ApplicationIdentifier" | "Application") => json!(home.application),
            ("DeleteEnvironment" | "StartDeployment", "EnvironmentId") => json!(self.bare_environment),
            (_, "EnvironmentId" | "EnvironmentIdentifier" | "Environment") => json!(home.environment),
            ("DeleteConfigurationProfile", "ConfigurationProfileId") => json!(self.bare_profile),
            (_, "ConfigurationProfileId" | "ConfigurationProfileIdentifier" | "Configuration") => json!(home.profile),
            (_, "DeploymentStrategyId") => json!(self.strategy),
            ("DeleteExtension", "ExtensionIdentifier") => json!(self.bare_extension),
            (_, "ExtensionIdentifier") => json!(self.extension),
            (_, "ExtensionAssociationId") => json!(self.association),
            (_, "ResourceIdentifier" | "ResourceArn") => {
                json!(arn(&self.account, &format!("application/{}", home.application)))
            }
            (_, "ConfigurationToken") => json!(self.token),
            // The one that runs.
            (_, "DeploymentNumber") => json!(2),
            ("CreateExtension", "LatestVersionNumber") => json!(0),
            (_, "VersionNumber" | "ExtensionVersionNumber" | "LatestVersionNumber") => json!(1),
            ("StartDeployment" | "ValidateConfiguration", "ConfigurationVersion") => json!("1"),
            ("StartDeployment", "LatestDeploymentNumber") => json!(0),
            ("StartDeployment", "DynamicExtensionParameters") => json!({format!("{}#ship", self.extension): "Aurora"}),
            ("CreateConfigurationProfile", "LocationUri") => json!("hosted"),
            // Only for what lies elsewhere, where a key cannot be.
            ("CreateConfigurationProfile" | "UpdateConfigurationProfile", "RetrievalRoleArn") => Value::Null,
            ("CreateExtension" | "UpdateExtension", "Actions") => actions(),
            ("CreateExtension" | "UpdateExtension", "Parameters") => parameters(),
            ("CreateExtensionAssociation" | "UpdateExtensionAssociation", "Parameters") => json!({"berth": "7"}),
            _ => return None,
        };
        Some(value)
    }

    fn ask(&mut self, operation: &'static Operation, parts: &Parts) -> Answer {
        self.ask_as(operation.method.as_str(), operation, parts, Some("application/json"))
    }

    fn ask_as(
        &mut self,
        method: &str,
        operation: &'static Operation,
        parts: &Parts,
        content_type: Option<&str>,
    ) -> Answer {
        let mut path = path_of(operation, parts);
        if !parts.query.is_empty() {
            path = format!("{path}?{}", parts.query);
        }
        let mut headers: Vec<(&str, &str)> = Vec::new();
        for (name, value) in &parts.headers {
            headers.push((name.as_str(), value.to_str().expect("samples in headers are ASCII")));
        }
        let has_own = operation.input.members.iter().any(|member| member.location == Location::Header("Content-Type"));
        if let Some(content_type) = content_type.filter(|text| !text.is_empty() && !has_own) {
            headers.push(("content-type", content_type));
        }
        let body = (!parts.body.is_empty()).then_some(&parts.body[..]);
        self.client.ask(method, &path, &headers, body)
    }

    /// What is there, as the lists and the settings show it.
    fn inventory(&mut self) -> Vec<Value> {
        let application = &self.home.application;
        let paths = [
            "/applications".to_owned(),
            format!("/applications/{application}/environments"),
            format!("/applications/{application}/configurationprofiles"),
            self.home.versions(),
            self.home.deployments(),
            "/deploymentstrategies".to_owned(),
            "/extensions".to_owned(),
            "/extensionassociations".to_owned(),
            "/settings".to_owned(),
        ];
        paths.iter().map(|path| self.client.get(path).expect(200).json()).collect()
    }
}
