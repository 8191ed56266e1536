//! `tidegate log`: the journal for people.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use common::aws::{self, Home};
use common::server::{command, run};
use common::{Client, Server};
use serde_json::{Value, json};

#[track_caller]
fn log(data: &Path, options: &[&str]) -> String {
    let output = run(command().args(["log", "--data"]).arg(data).args(options));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn entries(data: &Path, options: &[&str]) -> Vec<Value> {
    let text = log(data, &[&["--json"], options].concat());
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn operations(data: &Path, options: &[&str]) -> Vec<String> {
    entries(data, options).iter().map(|entry| entry["operation"].as_str().unwrap().to_owned()).collect()
}

fn client(server: &Server) -> Client {
    let mut client = server.client();
    let scope = "20270203/eu-north-1/appconfig/aws4_request";
    client.headers = vec![("Authorization".into(), format!("AWS4-HMAC-SHA256 Credential=AKIDPILOT/{scope}"))];
    client
}

#[test]
fn it_says_who_changed_what_beside_a_running_server_and_after_it() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let mut server = Server::start(&data, &["--enforce-poll-interval=false"]);
    let mut client = client(&server);
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"depth: 9\nlock: open\n");
    home.deploy(&mut client, version).expect(201);
    let other = aws::create(&mut client, "/applications", &json!({"Name": "airport"}));
    let text = log(&data, &[]);
    let created = text.lines().find(|line| line.contains("CreateApplication")).unwrap();
    assert!(created.contains("  000000000000/eu-north-1  AKIDPILOT  "), "{created}");
    for part in [
        format!("application {} \"harbour\" created", home.application),
        format!("version 1 of profile {} \"lock gates\" created: application/octet-stream, 20 bytes", home.profile),
        format!("deployment 1 to environment {} \"outer basin\" started: version 1", home.environment),
        "key 1 for tokens made".into(),
    ] {
        assert!(text.contains(&part), "{part:?} is not in {text}");
    }
    assert_eq!(operations(&data, &["--operation", "createapplication"]), ["CreateApplication"; 2]);
    assert_eq!(operations(&data, &["--application", "airport"]), ["CreateApplication"]);
    assert_eq!(operations(&data, &["--application", &other]), ["CreateApplication"]);
    let of_harbour = operations(&data, &["--application", "harbour"]);
    assert!(of_harbour.contains(&"StartDeployment".into()) && !of_harbour.contains(&"RotateTokenKey".into()));
    assert_eq!(operations(&data, &["--since", "2020-01-01"]).len(), operations(&data, &[]).len());
    assert_eq!(operations(&data, &["--since", "2099-01-01"]), [""; 0]);
    let first = &entries(&data, &["--operation=CreateApplication"])[0];
    assert_eq!((&first["actor"], &first["region"]), (&json!("AKIDPILOT"), &json!("eu-north-1")));
    server.kill();
    assert_eq!(log(&data, &["--operation=CreateApplication"]).lines().count(), 4);
}

#[test]
fn secrets_are_never_shown() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let server = Server::start(&data, &[]);
    let mut client = client(&server);
    let application = aws::create(&mut client, "/applications", &json!({"Name": "harbour"}));
    let profile = json!({
        "Name": "guarded", "LocationUri": "hosted",
        "Validators": [{"Type": "JSON_SCHEMA", "Content": "{\"title\":\"schema-secret\"}"}],
    });
    let profile = aws::create(&mut client, &format!("/applications/{application}/configurationprofiles"), &profile);
    let extension = json!({
        "Name": "caller",
        "Actions": {"ON_DEPLOYMENT_START": [{"Name": "a", "Uri": "https://who:uri-secret@127.0.0.1:1/a?k=uri-secret"}]},
        "Parameters": {"key": {"Required": true}},
    });
    let extension = aws::create(&mut client, "/extensions", &extension);
    let profile_arn =
        format!("arn:aws:appconfig:eu-north-1:000000000000:application/{application}/configurationprofile/{profile}");
    let association = json!({
        "ExtensionIdentifier": extension, "ResourceIdentifier": profile_arn, "Parameters": {"key": "parameter-secret"},
    });
    aws::create(&mut client, "/extensionassociations", &association);
    let texts = [log(&data, &["--json", "--diff"]), log(&data, &["--diff"])];
    for text in &texts {
        for secret in ["schema-secret", "uri-secret", "parameter-secret"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    let keys = entries(&data, &["--operation=RotateTokenKey"]);
    assert_eq!(keys[0]["events"][0]["TokenKeyCreated"]["secret"], "HIDDEN_DUE_TO_SECURITY_REASONS");
}

#[test]
fn versions_are_compared_with_the_ones_before_them() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let server = Server::start(&data, &[]);
    let mut client = client(&server);
    let home = Home::create(&mut client);
    home.store(&mut client, b"depth: 9\nlock: open\n");
    home.store(&mut client, b"depth: 9\nlock: \x1b[31mshut\n");
    home.store(&mut client, &[0, 1, 2]);
    let lines: String = (0..1_000).map(|line| format!("line {line}\n")).collect();
    home.store(&mut client, lines.as_bytes());
    home.store(&mut client, b"short\n");
    home.store(&mut client, lines.as_bytes());
    assert!(!log(&data, &[]).contains("depth"), "contents are shown only to those who ask");
    let text = log(&data, &["--diff", "--operation=CreateHostedConfigurationVersion"]);
    for part in [
        "--- nothing\n        +++ version 1\n",
        "        +depth: 9\n",
        "--- version 1\n        +++ version 2\n",
        "         depth: 9\n        -lock: open\n        +lock: \\u{1b}[31mshut\n",
        "contents of 25 and 3 bytes, not compared",
        "… 604 more lines",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let entries = entries(&data, &["--diff", "--operation=CreateHostedConfigurationVersion"]);
    assert!(entries[1]["diff"][0].as_str().unwrap().contains("-lock: open\n"));
}

#[test]
fn following_shows_what_happens_from_now_on() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let server = Server::start(&data, &[]);
    let mut client = client(&server);
    let mut follower = command()
        .args(["log", "--follow", "--json", "--operation=CreateApplication", "--data"])
        .arg(&data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    for name in ["first", "second"] {
        aws::create(&mut client, "/applications", &json!({"Name": name}));
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(name), "{line}");
    }
    follower.kill().unwrap();
    follower.wait().unwrap();
    server.assert_well();
}

#[test]
fn where_there_is_no_journal_none_is_made() {
    let directory = common::directory();
    let output = run(command().args(["log", "--data"]).arg(directory.path()));
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no journal in"), "{output:?}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let wrong = run(command().args(["log", "--since=yesterday", "--data"]).arg(directory.path()));
    assert_eq!(wrong.status.code(), Some(2));
}
