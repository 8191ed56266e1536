//! Checked credentials, as somebody would try them who does not belong.

mod common;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use common::aws::{self, Home};
use common::client::{Key, Raw};
use common::server::{command, run};
use common::{Answer, Client, Server, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

const REGION: &str = "eu-west-1";

/// A server on a store, and the command line in front of it.
struct House {
    _directory: TempDir,
    data: PathBuf,
    server: Server,
}

impl House {
    /// With one key that may do everything.
    fn new(options: &[&str]) -> (Self, Key) {
        let directory = common::directory();
        let data = directory.path().join("data");
        let admin = make_key(&data, "admin", &["--policy=TidegateFullAccess"]);
        let server = Server::start(&data, options);
        (Self { _directory: directory, data, server }, admin)
    }

    fn client(&self, key: &Key) -> Client {
        let mut client = self.server.client();
        client.key = Some(key.clone());
        client
    }

    #[track_caller]
    fn tidegate(&self, arguments: &[&str]) -> Value {
        tidegate(&self.data, arguments)
    }

    fn key(&self, name: &str, more: &[&str]) -> Key {
        make_key(&self.data, name, more)
    }

    fn policy(&self, name: &str, document: &Value) {
        let file = self.data.join("policy.json");
        std::fs::write(&file, document.to_string()).unwrap();
        self.tidegate(&["policy", "put", name, file.to_str().unwrap()]);
    }

    /// Waits until a key is known here, or known no more.
    fn until_status(&self, key: &Key, status: u16) {
        eventually("the node takes the change in", || {
            (self.client(key).get("/settings").status == status).then_some(())
        });
    }
}

#[track_caller]
fn tidegate(data: &Path, arguments: &[&str]) -> Value {
    let output = run(command().args(arguments).arg("--json").env("TIDEGATE_DATA", data));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON is printed")
}

fn make_key(data: &Path, name: &str, more: &[&str]) -> Key {
    key_of(&tidegate(data, &[&["keys", "create", name], more].concat()))
}

fn key_of(made: &Value) -> Key {
    let text = |member: &str| made[member].as_str().expect("it is told").to_owned();
    Key { id: text("AccessKeyId"), secret: text("SecretAccessKey"), region: REGION.into(), session_token: None }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64
}

/// An application with something deployed.
#[track_caller]
fn deployed(client: &mut Client) -> Home {
    let home = Home::create(client);
    let version = home.store(client, b"high water");
    home.deploy(client, version).expect(201);
    home
}

/// Sends a request whose signature was made for another, or changed.
fn send(server: &Server, method: &str, target: &str, headers: &[(String, String)], body: Option<&[u8]>) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    server.client().ask(method, target, &headers, body)
}

#[test]
fn a_key_that_was_made_closes_the_door_for_all_others() {
    let (house, admin) = House::new(&[]);
    assert!(
        house.server.greeting.contains("credentials  checked: signatures of 1 access key\n"),
        "{}",
        house.server.greeting
    );
    house.client(&admin).get("/applications").expect(200);
    let mut nobody = house.server.client();
    nobody.get("/applications").expect_error(403, "MissingAuthenticationTokenException");
    nobody.get("/configuration?configuration_token=x").expect_error(403, "MissingAuthenticationTokenException");
    let session =
        json!({"ApplicationIdentifier": "a", "EnvironmentIdentifier": "b", "ConfigurationProfileIdentifier": "c"});
    nobody.post("/configurationsessions", &session).expect_error(403, "MissingAuthenticationTokenException");
    nobody.get("/_tidegate/health").expect(200);
    nobody.get("/_tidegate/metrics").expect(200);
    nobody.get("/_tidegate/clock").expect_error(403, "MissingAuthenticationTokenException");
    house.client(&admin).get("/_tidegate/clock").expect(200);
}

#[test]
fn a_loopback_server_is_open_until_the_first_key_and_never_again() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let server = Server::start(&data, &[]);
    let mut nobody = server.client();
    let home = deployed(&mut nobody);
    let token = home.start_session(&mut nobody);
    let admin = make_key(&data, "admin", &["--policy=TidegateFullAccess"]);
    eventually("the server checks", || (nobody.get("/applications").status == 403).then_some(()));
    let mut client = server.client();
    // What was made in the open lies in the account of callers who name none, and in their region.
    client.key = Some(Key { region: "us-east-1".into(), ..admin.clone() });
    client.get("/applications").expect(200);
    aws::poll(&mut client, &token).expect_error(400, "BadRequestException");
    tidegate(&data, &["keys", "delete", &admin.id]);
    eventually("the key is gone", || (client.get("/applications").status == 403).then_some(()));
    nobody.get("/applications").expect_error(403, "MissingAuthenticationTokenException");
    drop(server);
    let server = Server::start(&data, &[]);
    assert!(server.greeting.contains("there is no access key yet"), "{}", server.greeting);
    server.client().get("/applications").expect_error(403, "MissingAuthenticationTokenException");
    let server = Server::start(&data, &["--credentials=any"]);
    server.client().get("/applications").expect(200);
}

#[test]
fn nobody_is_let_in_by_an_unknown_a_disabled_or_a_wrong_key() {
    let (house, admin) = House::new(&[]);
    let other = house.key("other", &["--policy=TidegateFullAccess"]);
    house.until_status(&other, 200);
    let wrong = Key { secret: other.secret.clone(), ..admin.clone() };
    house.client(&wrong).get("/settings").expect_error(403, "InvalidSignatureException");
    let unknown = Key { id: "AKIAUNKNOWNUNKNOWN22".into(), ..admin.clone() };
    house.client(&unknown).get("/settings").expect_error(403, "UnrecognizedClientException");
    for id in ["../../etc/passwd", "%00", "' or 1"] {
        let odd = Key { id: id.into(), ..admin.clone() };
        let headers = odd.sign(house.server.address, "GET", "/settings", &[], None);
        assert_eq!(send(&house.server, "GET", "/settings", &headers, None).status, 403, "{id}");
    }
    house.tidegate(&["keys", "disable", &other.id]);
    house.client(&other).get("/settings").expect_error(403, "UnrecognizedClientException");
    house.tidegate(&["keys", "enable", &other.id]);
    house.until_status(&other, 200);
    house.tidegate(&["keys", "delete", &other.id]);
    house.client(&other).get("/settings").expect_error(403, "UnrecognizedClientException");
}

#[test]
fn a_disabled_key_opens_no_door_of_any_node() {
    let (house, _) = House::new(&[]);
    let second = Server::start(&house.data, &[]);
    let other = house.key("other", &["--policy=TidegateFullAccess"]);
    let clients = || {
        [&house.server, &second].map(|server| {
            let mut client = server.client();
            client.key = Some(other.clone());
            client
        })
    };
    for mut client in clients() {
        eventually("the node knows the key", || (client.get("/settings").status == 200).then_some(()));
    }
    let mut here = house.client(&other);
    let home = deployed(&mut here);
    let token = home.start_session(&mut here);
    let [_, mut there] = clients();
    eventually("the other node has the deployment", || (aws::poll(&mut there, &token).status == 200).then_some(()));
    house.tidegate(&["keys", "disable", &other.id]);
    // The control plane asks the journal: the very next request is refused, on every node.
    for mut client in clients() {
        client.get("/settings").expect_error(403, "UnrecognizedClientException");
    }
    for mut client in clients() {
        let token = &token;
        eventually("polls are refused", || {
            (aws::poll(&mut client, token).error_name() == "UnrecognizedClientException").then_some(())
        });
    }
}

#[test]
fn a_token_is_for_the_user_who_started_the_session_and_for_all_of_its_keys() {
    let (house, admin) = House::new(&["--enforce-poll-interval=false"]);
    let mut client = house.client(&admin);
    let home = deployed(&mut client);
    let token = home.start_session(&mut client);
    let other = house.key("other", &["--policy=AdministratorAccess"]);
    let elsewhere = make_key(&house.data, "elsewhere", &["--policy=AdministratorAccess", "--account=210000000009"]);
    for stranger in [&other, &elsewhere] {
        house.until_status(stranger, 200);
        let refused = aws::poll(&mut house.client(stranger), &token).expect_error(400, "BadRequestException");
        assert_eq!(refused.json()["Message"], "Token not valid", "as if it had never been one");
    }
    let region = Key { region: "us-east-1".into(), ..admin.clone() };
    aws::poll(&mut house.client(&region), &token).expect_error(400, "BadRequestException");
    let rotated = key_of(&house.tidegate(&["keys", "rotate", &admin.id]));
    house.until_status(&rotated, 200);
    let polled = aws::poll(&mut house.client(&rotated), &token).expect(200);
    assert_eq!(polled.body, b"high water");
    let next = aws::next_token(&polled);
    house.tidegate(&["keys", "delete", &admin.id]);
    aws::poll(&mut house.client(&rotated), &next).expect(200);
    // A user of the same name that was made later is another one.
    house.tidegate(&["keys", "delete", &other.id]);
    let token = home.start_session(&mut house.client(&rotated));
    house.tidegate(&["keys", "delete", &rotated.id]);
    let again = house.key("admin", &["--policy=TidegateFullAccess"]);
    house.until_status(&again, 200);
    aws::poll(&mut house.client(&again), &token).expect_error(400, "BadRequestException");
}

#[test]
fn an_altered_or_borrowed_token_is_no_token() {
    let (house, admin) = House::new(&["--enforce-poll-interval=false"]);
    let mut client = house.client(&admin);
    let home = deployed(&mut client);
    let token = home.start_session(&mut client);
    for place in [0, 1, 7, 40, token.len() - 1] {
        let mut letters = token.clone().into_bytes();
        letters[place] = if letters[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(letters).unwrap();
        aws::poll(&mut client, &altered).expect_error(400, "BadRequestException");
    }
    // A token of another installation.
    let (elsewhere, key) = House::new(&[]);
    let mut foreign = elsewhere.client(&key);
    let there = deployed(&mut foreign);
    let borrowed = there.start_session(&mut foreign);
    aws::poll(&mut client, &borrowed).expect_error(400, "BadRequestException");
    // A page's token is no configuration token.
    for name in ["b", "c"] {
        client.post("/applications", &json!({"Name": name})).expect(201);
    }
    let page = client.get("/applications?max_results=1").expect(200).json();
    aws::poll(&mut client, page["NextToken"].as_str().unwrap()).expect_error(400, "BadRequestException");
    aws::poll(&mut client, &token).expect(200);
}

#[test]
fn a_token_used_twice_is_refused_and_one_of_another_node_is_not() {
    let (house, admin) = House::new(&["--enforce-poll-interval=false"]);
    let second = Server::start(&house.data, &["--enforce-poll-interval=false"]);
    let mut client = house.client(&admin);
    let home = deployed(&mut client);
    let first = home.start_session(&mut client);
    let polled = aws::poll(&mut client, &first).expect(200);
    let mut there = second.client();
    there.key = Some(admin.clone());
    let next = aws::next_token(&polled);
    let polled = eventually("the other node has the deployment", || {
        let polled = aws::poll(&mut there, &next);
        (polled.status == 200).then_some(polled)
    });
    let last = aws::next_token(&aws::poll(&mut client, &aws::next_token(&polled)).expect(200));
    aws::poll(&mut client, &last).expect(200);
    let replayed = aws::poll(&mut client, &first).expect_error(400, "BadRequestException");
    assert_eq!(replayed.json()["Message"], "Token has already been used");
}

#[test]
fn a_stripped_or_spoilt_signature_is_refused_under_awss_names() {
    let (house, admin) = House::new(&[]);
    let (server, address) = (&house.server, house.server.address);
    let body = br#"{"Name": "harbour"}"#;
    let good = admin.sign(address, "POST", "/applications", &[], Some(body));
    let with = |change: &dyn Fn(&str, &str) -> Option<String>| -> Vec<(String, String)> {
        let changed = good.iter().filter_map(|(name, value)| Some((name.clone(), change(name, value)?)));
        changed.collect()
    };
    let ask = |headers: &[(String, String)]| send(server, "POST", "/applications", headers, Some(body));
    let stripped = with(&|name, value| (name != "authorization").then(|| value.into()));
    ask(&stripped).expect_error(403, "MissingAuthenticationTokenException");
    let rewritten = |from: &str, to: &str| with(&|_, value| Some(value.replace(from, to)));
    for (from, to, name) in [
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "AWS", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256", "none", "IncompleteSignatureException"),
        ("Signature=", "Signature=,Signature=", "IncompleteSignatureException"),
        ("host;x-amz-date", "x-amz-date", "IncompleteSignatureException"),
        ("host;x-amz-date", "host", "IncompleteSignatureException"),
        ("host;x-amz-date", "x-amz-date;host", "IncompleteSignatureException"),
        ("host;x-amz-date", "host;host;x-amz-date", "IncompleteSignatureException"),
        ("/eu-west-1/", "/us-east-1/", "InvalidSignatureException"),
        ("/eu-west-1/", "/EU-WEST-1/", "IncompleteSignatureException"),
        ("/appconfig/", "/appconfigdata/", "InvalidSignatureException"),
        ("/appconfig/", "/sts/", "InvalidSignatureException"),
        ("/aws4_request", "/aws5_request", "IncompleteSignatureException"),
    ] {
        ask(&rewritten(from, to)).expect_error(403, name);
    }
    // A day and a time that are not those of the signature.
    let yesterday = admin.sign_at(now_ms() - 86_400_000, address, "POST", "/applications", &[], Some(body));
    ask(&yesterday).expect_error(403, "InvalidSignatureException");
    let day = yesterday[0].1[..8].to_owned();
    ask(&rewritten(&good[0].1[..8], &day)).expect_error(403, "InvalidSignatureException");
    let later = with(&|name, value| Some(if name == "x-amz-date" { "20990101T000000Z".into() } else { value.into() }));
    ask(&later).expect_error(403, "InvalidSignatureException");
    // Another method, path, query, host and body than those that were signed.
    send(server, "PUT", "/applications", &good, Some(body)).expect_error(404, "UnknownOperationException");
    send(server, "POST", "/applications?x=y", &good, Some(body)).expect_error(403, "InvalidSignatureException");
    send(server, "POST", "/deploymentstrategies", &good, Some(body)).expect_error(403, "InvalidSignatureException");
    send(server, "POST", "/applications/", &good, Some(body)).expect_error(403, "InvalidSignatureException");
    send(server, "POST", "/applications", &good, Some(b"{\"Name\": \"other\"}"))
        .expect_error(403, "InvalidSignatureException");
    let unsigned = [&good[..], &[("x-amz-content-sha256".into(), "UNSIGNED-PAYLOAD".into())]].concat();
    ask(&unsigned).expect_error(403, "IncompleteSignatureException");
    ask(&good).expect(201);
}

#[test]
fn headers_cannot_be_smuggled_around_the_signed_ones() {
    let (house, admin) = House::new(&[]);
    let (server, address) = (&house.server, house.server.address);
    let good = admin.sign(address, "GET", "/settings", &[], None);
    let ask = |more: &[(&str, &str)]| {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        send(server, "GET", "/settings", &good.iter().cloned().chain(more).collect::<Vec<_>>(), None)
    };
    ask(&[("x-amz-smuggled", "1")]).expect_error(403, "IncompleteSignatureException");
    ask(&[("X-Amz-Security-Token", "abc")]).expect_error(403, "IncompleteSignatureException");
    ask(&[("x-amzn-deletion-protection-check", "BYPASS")]).expect_error(403, "IncompleteSignatureException");
    ask(&[("x-amz-date", &good[0].1)]).expect_error(403, "IncompleteSignatureException");
    ask(&[("authorization", &good[1].1)]).expect_error(403, "IncompleteSignatureException");
    let target = "/settings?X-Amz-Signature=0";
    send(server, "GET", target, &good, None).expect_error(403, "IncompleteSignatureException");
    // Two hosts: HTTP does not forbid what the signature does.
    let mut raw = Raw::connect(address).unwrap();
    let headers: String = good.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    raw.write(format!("GET /settings HTTP/1.1\r\nhost: {address}\r\nhost: localhost\r\n{headers}\r\n").as_bytes())
        .unwrap();
    assert!(raw.read().is_ok_and(|answer| answer.status >= 400));
    // What nobody signs may be there.
    ask(&[("accept", "*/*"), ("x-forwarded-for", "10.0.0.1")]).expect(200);
}

#[test]
fn policies_decide_and_the_refusal_says_who_what_and_on_which_resource() {
    let (house, admin) = House::new(&["--enforce-poll-interval=false"]);
    let mut client = house.client(&admin);
    let home = deployed(&mut client);
    let own = format!("arn:aws:appconfig:{REGION}:000000000000:application/{}", home.application);
    house.policy(
        "reads-one",
        &json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["appconfig:GetApplication", "appconfig:ListEnvironments"], "Resource": own},
            {"Effect": "Allow", "Action": ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
             "Resource": format!("{own}/environment/*/configuration/{}", home.profile)},
            {"Effect": "Allow", "Action": "appconfig:UpdateEnvironment", "Resource": "*",
             "Condition": {"StringEquals": {"aws:ResourceTag/stage": "test"}}},
            {"Effect": "Allow", "Action": ["appconfig:CreateApplication", "appconfig:TagResource"], "Resource": "*",
             "Condition": {"StringEquals": {"aws:RequestTag/owner": "${aws:username}"}}},
            {"Effect": "Allow", "Action": "appconfig:ListApplications", "Resource": "*",
             "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            {"Effect": "Allow", "Action": "appconfig:ListDeploymentStrategies", "Resource": "*",
             "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}},
            {"Effect": "Deny", "Action": "appconfig:Delete*", "Resource": "*"},
        ]}),
    );
    let key = house.key("reader", &["--policy=reads-one"]);
    let mut reader = house.client(&key);
    eventually("the node knows the key", || (reader.get("/deploymentstrategies").status == 200).then_some(()));
    reader.get(&format!("/applications/{}", home.application)).expect(200);
    reader.get("/applications/harbour").expect(200);
    reader.get(&format!("/applications/{}/environments", home.application)).expect(200);
    let denied = reader.get("/applications").expect_error(403, "AccessDeniedException");
    assert_eq!(
        denied.json()["Message"],
        "User: arn:aws:iam::000000000000:user/reader is not authorized to perform: appconfig:ListApplications on \
         resource: * because no identity-based policy allows the appconfig:ListApplications action"
    );
    let denied = reader.ask("DELETE", &format!("/applications/{}", home.application), &[], None);
    let denied = denied.expect_error(403, "AccessDeniedException");
    assert_eq!(
        denied.json()["Message"],
        format!(
            "User: arn:aws:iam::000000000000:user/reader is not authorized to perform: appconfig:DeleteApplication on \
             resource: {own} with an explicit deny in an identity-based policy"
        )
    );
    reader.get("/applications/another").expect_error(403, "AccessDeniedException");
    reader.get("/applications/%2A").expect_error(403, "AccessDeniedException");
    reader.get(&format!("/applications/{}%2Fenvironment", home.application)).expect_error(403, "AccessDeniedException");

    // Sessions, and polls that were allowed until the policy changed.
    let token = home.start_session(&mut reader);
    let polled = aws::poll(&mut reader, &token).expect(200);
    let profile = json!({"Name": "tide tables", "LocationUri": "hosted"});
    let other =
        aws::create(&mut client, &format!("/applications/{}/configurationprofiles", home.application), &profile);
    let session = json!({"ConfigurationProfileIdentifier": other, "ApplicationIdentifier": home.application, "EnvironmentIdentifier": home.environment});
    reader.post("/configurationsessions", &session).expect_error(403, "AccessDeniedException");

    // Tags of what is there, and of what is to be.
    let environment = format!("/applications/{}/environments/{}", home.application, home.environment);
    let rename = json!({"Description": "for trying"});
    let patch = |client: &mut Client| {
        client.ask("PATCH", &environment, &[("content-type", "application/json")], Some(rename.to_string().as_bytes()))
    };
    // The operation touches both, so that both need the tag.
    for arn in [format!("{own}/environment/{}", home.environment), own.clone()] {
        patch(&mut reader).expect_error(403, "AccessDeniedException");
        let tagged = arn.replace(':', "%3A").replace('/', "%2F");
        client.post(&format!("/tags/{tagged}"), &json!({"Tags": {"stage": "test"}})).expect(204);
    }
    patch(&mut reader).expect(200);
    let created = |tags: Value| json!({"Name": "yard", "Tags": tags});
    reader.post("/applications", &created(json!({"owner": "admin"}))).expect_error(403, "AccessDeniedException");
    reader.post("/applications", &json!({"Name": "yard"})).expect_error(403, "AccessDeniedException");
    reader.post("/applications", &created(json!({"owner": "reader"}))).expect(201);

    // A policy that changes is heeded by sessions that are under way.
    house.policy("reads-one", &json!({"Statement": {"Effect": "Allow", "Action": "appconfig:List*", "Resource": "*"}}));
    let mut token = aws::next_token(&polled);
    let denied = eventually("the change is taken in", || {
        let answer = aws::poll(&mut reader, &token);
        match answer.status {
            200 => {
                token = aws::next_token(&answer);
                None
            }
            _ => Some(answer),
        }
    });
    let denied = denied.expect_error(403, "AccessDeniedException");
    let resource = format!("{own}/environment/{}/configuration/{}", home.environment, home.profile);
    assert!(
        denied.text().contains(&format!("appconfig:GetLatestConfiguration on resource: {resource} ")),
        "{}",
        denied.text()
    );
}

#[test]
fn groups_lend_their_policies_and_accounts_see_nothing_of_each_other() {
    let (house, admin) = House::new(&[]);
    let home = deployed(&mut house.client(&admin));
    house.tidegate(&["groups", "create", "crew", "--policy=TidegateReadOnly"]);
    let key = house.key("sailor", &["--group=crew"]);
    house.until_status(&key, 200);
    let mut sailor = house.client(&key);
    sailor.get(&format!("/applications/{}", home.application)).expect(200);
    sailor.post("/applications", &json!({"Name": "yard"})).expect_error(403, "AccessDeniedException");
    house.tidegate(&["groups", "remove", "crew", "sailor"]);
    sailor.get("/settings").expect_error(403, "AccessDeniedException");
    let other = make_key(&house.data, "admin", &["--policy=AdministratorAccess", "--account=210000000009"]);
    house.until_status(&other, 200);
    let mut stranger = house.client(&other);
    assert_eq!(stranger.get("/applications").expect(200).json()["Items"], json!([]));
    stranger.get(&format!("/applications/{}", home.application)).expect_error(404, "ResourceNotFoundException");
    let tagged = format!("arn%3Aaws%3Aappconfig%3A{REGION}%3A000000000000%3Aapplication%2F{}", home.application);
    stranger.get(&format!("/tags/{tagged}")).expect_error(404, "ResourceNotFoundException");
}

#[test]
fn the_journal_and_the_audit_log_name_who_was_verified() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let audit = directory.path().join("audit.jsonl");
    let admin = make_key(&data, "admin", &["--policy=TidegateFullAccess"]);
    let server = Server::start(&data, &["--audit", audit.to_str().unwrap()]);
    let mut client = server.client();
    client.key = Some(admin.clone());
    client.post("/applications", &json!({"Name": "harbour"})).expect(201);
    client.key = Some(Key { secret: "wrong".into(), ..admin.clone() });
    client.post("/applications", &json!({"Name": "yard"})).expect_error(403, "InvalidSignatureException");
    let records: Vec<Value> = eventually("both are recorded", || {
        let text = std::fs::read_to_string(&audit).ok()?;
        let records: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let made: Vec<Value> = records.into_iter().filter(|it| it["eventName"] == "CreateApplication").collect();
        (made.len() == 2).then_some(made)
    });
    let identity = &records[0]["userIdentity"];
    assert_eq!(identity["type"], "IAMUser");
    assert_eq!(identity["arn"], "arn:aws:iam::000000000000:user/admin");
    assert_eq!((&identity["userName"], &identity["accessKeyId"]), (&json!("admin"), &json!(admin.id)));
    assert!(identity["principalId"].as_str().is_some_and(|id| id.starts_with("AIDA")));
    assert_eq!(records[1]["userIdentity"]["type"], "Unknown");
    assert_eq!(records[1]["errorCode"], "InvalidSignatureException");
    let log = run(command().args(["log", "--operation=CreateApplication"]).env("TIDEGATE_DATA", &data));
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains("arn:aws:iam::000000000000:user/admin  CreateApplication"), "{log}");
}

#[test]
fn doors_that_others_can_reach_stay_shut_without_a_key() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let start =
        |options: &[&str]| run(command().args(["serve", "--listen=0.0.0.0:0", "--data"]).arg(&data).args(options));
    let says = |output: std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let said = says(start(&[]));
    assert!(said.contains("no access key was made yet") && said.contains("tidegate keys create"), "{said}");
    assert!(!data.exists(), "nothing is touched");
    let said = says(start(&["--credentials=any"]));
    assert!(said.contains("credentials are not checked"), "{said}");
    let said = says(start(&["--credentials=checked", "--clock=manual"]));
    assert!(said.contains("manual clock"), "{said}");
    let admin = make_key(&data, "admin", &["--policy=TidegateFullAccess"]);
    let mut command = command();
    command.args(["serve", "--listen=0.0.0.0:0", "--data"]).arg(&data);
    let server = Server::spawn(command);
    let address = (std::net::Ipv4Addr::LOCALHOST, server.address.port()).into();
    let mut client = Client::new(address);
    client.get("/settings").expect_error(403, "MissingAuthenticationTokenException");
    client.key = Some(admin);
    client.get("/settings").expect(200);
    // A manual clock would move what signatures rest on, also one that was there before the first key.
    let later = directory.path().join("later");
    let server = Server::start(&later, &["--clock=manual"]);
    server.client().post("/_tidegate/clock/advance", &json!({"seconds": 1})).expect(200);
    let key = make_key(&later, "admin", &["--policy=AdministratorAccess"]);
    let mut client = server.client();
    eventually("the server checks", || (client.get("/settings").status == 403).then_some(()));
    client.key = Some(key);
    client.post("/_tidegate/clock/advance", &json!({"seconds": 1})).expect(409);
    let said = says(run(common::server::command()
        .args(["serve", "--listen=127.0.0.1:0", "--clock=manual", "--data"])
        .arg(&data)));
    assert!(said.contains("manual clock"), "{said}");
    std::fs::rename(data.join("master-key"), data.join("elsewhere")).unwrap();
    let said = says(run(common::server::command().args(["serve", "--listen=127.0.0.1:0", "--data"]).arg(&data)));
    assert!(said.contains("sealed under another master key"), "{said}");
}
