//! The audit log of the built binary: what is recorded, what is never shown, that it is whole, and what happens when it
//! cannot be written.

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::aws::{self, Home};
use common::client::Raw;
use common::server::{command, run};
use common::{Client, Server, eventually};
use serde_json::{Value, json};

const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
const KEY: &str = "AKIDAUDITOR";

/// A server with an audit log in a directory.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: common::directory() }
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("audit")
    }

    #[track_caller]
    fn start(&self, options: &[&str]) -> Server {
        let log = self.log();
        let mut all = vec!["--audit", log.to_str().unwrap(), "--enforce-poll-interval=false"];
        all.extend(options);
        Server::start(&self.directory.path().join("data"), &all)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.log().join("audit.jsonl")).unwrap()
    }

    fn records(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The only record of this name.
    #[track_caller]
    fn record(&self, name: &str) -> Value {
        let mut found: Vec<_> = self.records().into_iter().filter(|record| record["eventName"] == name).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        found.remove(0)
    }

    fn verify(&self, options: &[&str]) -> Output {
        run(command().args(["audit", "verify"]).arg(self.log()).args(options))
    }

    /// Checks that it is whole, and says what its last record is.
    #[track_caller]
    fn assert_whole(&self) -> String {
        let output = self.verify(&[]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text.trim_end().rsplit_once(' ').expect("the last word is the last record").1.to_owned()
    }
}

fn signed(server: &Server) -> Client {
    let mut client = server.client();
    let scope = "20270203/eu-north-1/appconfig/aws4_request";
    let value = format!("AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders=host, Signature=0badc0de0badc0de");
    client.headers = vec![("Authorization".into(), value), ("User-Agent".into(), "harbour-master/1.0".into())];
    client
}

#[test]
fn changes_and_refusals_are_recorded_as_cloudtrail_would() {
    let place = Place::new();
    let mut server = place.start(&[]);
    let mut client = signed(&server);
    let created = client.post("/applications", &json!({"Name": "harbour", "Tags": {"team": "pilots"}})).expect(201);
    let id = created.json()["Id"].clone();
    let record = place.record("CreateApplication");
    for (name, expected) in [
        ("eventVersion", json!("1.11")),
        ("eventSource", json!("appconfig.amazonaws.com")),
        ("awsRegion", json!("eu-north-1")),
        ("sourceIPAddress", json!("127.0.0.1")),
        ("userAgent", json!("harbour-master/1.0")),
        ("requestParameters", json!({"name": "harbour", "tags": {"team": "pilots"}})),
        ("responseElements", json!({"id": id, "name": "harbour"})),
        ("requestID", json!(created.header("x-amzn-requestid"))),
        ("readOnly", json!(false)),
        ("eventType", json!("AwsApiCall")),
        ("managementEvent", json!(true)),
        ("recipientAccountId", json!("000000000000")),
        ("eventCategory", json!("Management")),
    ] {
        assert_eq!(record[name], expected, "{name}");
    }
    let identity = json!({"type": "IAMUser", "principalId": KEY, "accountId": "000000000000", "accessKeyId": KEY});
    assert_eq!(record["userIdentity"], identity);
    let time = record["eventTime"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    assert_eq!(record["eventID"].as_str().map(str::len), Some(36));
    assert_eq!(record.get("errorCode"), None);

    client.get("/applications").expect(200);
    client.get("/applications/abcdefg").expect(404);
    client.post("/applications", &json!({"Name": ""})).expect(400);
    client.get("/nowhere").expect(404);
    client.ask("GET", "/applications", &[("Origin", "https://evil.example")], None).expect(403);
    let refused = place.record("GetApplication");
    assert_eq!(refused["errorCode"], "ResourceNotFoundException");
    assert_eq!(refused["requestParameters"], json!({"applicationId": "abcdefg"}));
    assert_eq!((&refused["readOnly"], &refused["responseElements"]), (&json!(true), &Value::Null));
    let invalid = place.records().into_iter().find(|record| record["errorCode"] == "BadRequestException").unwrap();
    assert!(invalid["errorMessage"].as_str().unwrap().contains("1 validation error"), "{invalid}");
    assert_eq!(place.record("UnknownOperation")["errorCode"], "UnknownOperationException");
    // Of the two that asked for all applications, one was not refused.
    assert_eq!(place.record("ListApplications")["errorCode"], "AccessDeniedException");
    server.signal("TERM");
    assert!(server.wait().success());
    place.assert_whole();
}

#[test]
fn no_content_no_secret_and_no_token_is_ever_written_down() {
    let place = Place::new();
    let server = place.start(&["--audit-reads"]);
    let mut client = signed(&server);
    let home = Home::create(&mut client);
    let schema =
        json!({"$schema": "http://json-schema.org/draft-04/schema#", "title": "schema-secret", "type": "object"});
    let profile = json!({
        "Name": "guarded", "LocationUri": "hosted",
        "Validators": [{"Type": "JSON_SCHEMA", "Content": schema.to_string()}],
    });
    let inside = format!("/applications/{}", home.application);
    let guarded = aws::create(&mut client, &format!("{inside}/configurationprofiles"), &profile);
    let versions = format!("{inside}/configurationprofiles/{guarded}/hostedconfigurationversions");
    aws::store(&mut client, &versions, b"\"content-secret\"").expect(201);
    client.ask(
        "POST",
        &format!("{inside}/configurationprofiles/{guarded}/validators?configuration_version=1"),
        &[],
        None,
    );
    client.get(&format!("{versions}/1")).expect(200);
    let version = home.store(&mut client, b"content-secret");
    let mut deployment = home.deployment(version);
    deployment["DynamicExtensionParameters"] = json!({"no-such": "parameter-secret"});
    client.post(&home.deployments(), &deployment);
    home.deploy(&mut client, version).expect(201);
    let extension = json!({
        "Name": "caller",
        "Actions": {"ON_DEPLOYMENT_START": [{"Name": "a", "Uri": "https://who:uri-secret@127.0.0.1:1/a?k=uri-secret"}]},
    });
    client.post("/extensions", &extension);
    let mut tokens = vec![home.start_session(&mut client)];
    let polled = aws::poll(&mut client, &tokens[0]).expect(200);
    assert_eq!(polled.body, b"content-secret");
    tokens.push(aws::next_token(&polled));
    aws::poll(&mut client, "made-up-token-secret").expect(400);
    client.get("/applications?next_token=made-up-token-secret").expect(400);
    eventually("polls are recorded", || {
        (place.text().matches("\"GetLatestConfiguration\"").count() == 2).then_some(())
    });

    let text = place.text();
    for secret in [
        "content-secret",
        "schema-secret",
        "parameter-secret",
        "uri-secret",
        "token-secret",
        "0badc0de",
        "Y29udGVudC1zZWNyZXQ",
    ] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    for token in &tokens {
        assert!(!text.contains(token.as_str()), "{text}");
    }
    let session = place.record("StartConfigurationSession");
    assert_eq!(session["responseElements"], json!({"initialConfigurationToken": HIDDEN}));
    assert_eq!((&session["readOnly"], &session["eventCategory"]), (&json!(false), &json!("Data")));
    let poll = place.records().into_iter().rfind(|record| record["eventName"] == "GetLatestConfiguration").unwrap();
    assert_eq!(poll["errorCode"], "BadRequestException");
    assert_eq!(poll["requestParameters"], json!({"configurationToken": HIDDEN}));
    assert_eq!(poll["userIdentity"]["accessKeyId"], KEY);
    assert_eq!((&poll["awsRegion"], &poll["managementEvent"]), (&json!("eu-north-1"), &json!(false)));
    assert_eq!(
        place.records().iter().filter(|record| record["eventName"] == "GetHostedConfigurationVersion").count(),
        1
    );
    place.assert_whole();
    server.assert_well();
}

#[test]
fn verify_finds_what_was_changed_and_says_where() {
    let place = Place::new();
    let mut server = place.start(&[]);
    let mut client = server.client();
    aws::strategy(&mut client, "slow", 10, 0);
    aws::strategy(&mut client, "slower", 20, 0);
    server.kill();
    let head = place.assert_whole();
    assert!(place.verify(&["--expect", &head]).status.success());
    let path = place.log().join("audit.jsonl");
    let good = place.text();
    fs::write(&path, good.replacen("\"slow\"", "\"fast\"", 1)).unwrap();
    let output = place.verify(&[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("audit.jsonl:2: its content is not the one that its hash was made of"), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: the audit log is not whole"));
    // The end is cut off at a line: only whoever noted it knows.
    let shorter: String = good.split_inclusive('\n').take(2).collect();
    fs::write(&path, shorter).unwrap();
    assert!(place.verify(&[]).status.success());
    assert_eq!(place.verify(&["--expect", &head]).status.code(), Some(1));
    assert_eq!(place.verify(&["--expect", "nonsense"]).status.code(), Some(2));
    assert_eq!(run(command().args(["audit", "verify", "/nowhere/audit"])).status.code(), Some(1));
}

#[test]
fn files_are_rotated_while_the_chain_goes_on_over_restarts() {
    let place = Place::new();
    for _ in 0..2 {
        let mut server = place.start(&["--audit-rotate-kib=2", "--request-rates=unlimited", "--quota-strategies=100"]);
        let mut client = server.client();
        for count in 0..8 {
            aws::strategy(&mut client, &format!("strategy {count}"), 10, 0);
        }
        server.kill();
    }
    place.assert_whole();
    let files = || fs::read_dir(place.log()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(files().filter(|name| name.starts_with("audit.jsonl.0")).count() >= 4);
    let export = |options: &[&str]| {
        let output = run(command().args(["audit", "export"]).arg(place.log()).args(options));
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(export(&[]).lines().count(), 18);
    assert_eq!(export(&["--operation", "createdeploymentstrategy", "--from", "1h"]).lines().count(), 16);
    assert_eq!(export(&["--operation=CreateDeploymentStrategy", "--to", "1h"]), "");
    assert_eq!(export(&["--errors"]), "");
    let wrapped: Value = serde_json::from_str(&export(&["--cloudtrail", "--account=000000000000"])).unwrap();
    assert_eq!(wrapped["Records"].as_array().map(Vec::len), Some(18));
    fs::remove_file(place.log().join("audit.jsonl.000002")).unwrap();
    let text = String::from_utf8(place.verify(&["--partial"]).stdout).unwrap();
    assert!(text.contains("audit.jsonl.000002: the file is missing in the sequence"), "{text}");
}

#[test]
fn what_was_answered_before_a_kill_is_recorded_and_a_torn_line_is_mended() {
    let place = Place::new();
    let options = ["--request-rates=unlimited", "--quota-applications=100000"];
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let mut server = place.start(&options);
        let address = server.address;
        // Several at a time, until the server is gone.
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                std::thread::spawn(move || {
                    let mut client = Client::new(address);
                    let mut ids = Vec::new();
                    for count in 0.. {
                        let body = json!({"Name": format!("{round} {thread} {count}")}).to_string();
                        let Ok(answer) = client.send("POST", "/applications", &[], Some(body.as_bytes())) else {
                            break;
                        };
                        ids.push(answer.expect(201).header("x-amzn-requestid").unwrap().to_owned());
                    }
                    ids
                })
            })
            .collect();
        eventually("some records", || (place.text().lines().count() > 20 * (round + 1)).then_some(()));
        server.kill();
        acknowledged.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
        // As if it had been killed in the middle of a line.
        let mut file = File::options().append(true).open(place.log().join("audit.jsonl")).unwrap();
        file.write_all(b"{\"eventVersion\":\"1.11\",\"userIden").unwrap();
        assert!(!place.verify(&[]).status.success());
    }
    drop(place.start(&options));
    place.assert_whole();
    let text = place.text();
    assert!(acknowledged.len() > 40);
    for id in &acknowledged {
        assert!(text.contains(id.as_str()), "the change of request {id} is not recorded");
    }
    assert_eq!(text.matches("\"eventName\":\"AuditMended\"").count(), 4);
    let torn = fs::read_dir(place.log())
        .unwrap()
        .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().contains(".torn."));
    assert_eq!(torn.count(), 4);
}

#[test]
fn a_caller_that_goes_away_is_recorded_too() {
    let place = Place::new();
    let server = place.start(&[]);
    let mut raw = Raw::connect(server.address).unwrap();
    raw.write(b"POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"Name\":").unwrap();
    // It has to be at work before the caller goes.
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(raw);
    let record =
        eventually("a record", || place.records().into_iter().find(|it| it["eventName"] == "CreateApplication"));
    let is_told = record["additionalEventData"]["outcome"].is_string() || record["errorCode"].is_string();
    assert!(is_told, "{record}");
    server.assert_well();
}

#[test]
fn wrong_options_are_named() {
    let directory = common::directory();
    for option in ["--audit-required", "--audit-reads"] {
        let data = directory.path().join("data");
        let output = run(command().args(["serve", "--listen=127.0.0.1:0", option, "--data"]).arg(&data));
        assert!(String::from_utf8_lossy(&output.stderr).contains("name one with --audit"), "{output:?}");
        assert!(!data.exists());
    }
    let place = Place::new();
    let _server = place.start(&[]);
    let data = directory.path().join("other");
    let second =
        run(command().args(["serve", "--listen=127.0.0.1:0", "--data"]).arg(data).arg("--audit").arg(place.log()));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process writes to it"), "{second:?}");
}

#[test]
fn the_environment_and_the_configuration_file_can_name_the_log_too() {
    let directory = common::directory();
    let log = directory.path().join("of-the-environment.jsonl");
    let mut by_environment = command();
    by_environment.args(["serve", "--listen=127.0.0.1:0", "--store=memory:"]).env("TIDEGATE_AUDIT", &log);
    drop(Server::spawn(by_environment));
    assert!(fs::read_to_string(&log).unwrap().contains("\"AuditStarted\""));
    let log = directory.path().join("of-the-file");
    let file = directory.path().join("tidegate.toml");
    fs::write(&file, format!("audit = {log:?}\naudit_reads = true\naudit_rotate_daily = false\n")).unwrap();
    let mut by_file = command();
    by_file.args(["serve", "--listen=127.0.0.1:0", "--store=memory:", "--config"]).arg(&file);
    drop(Server::spawn(by_file));
    assert!(fs::read_to_string(log.join("audit.jsonl")).unwrap().contains("\"reads\":true"));
}

/// A file system of a few MiB in memory. Dropping it unmounts it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    #[track_caller]
    fn mount(at: &Path, mib: u32) -> Self {
        fs::create_dir_all(at).expect("the mount point can be created");
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tidegate-test"]).arg(at).status();
        let needs =
            "this test needs to mount a tmpfs: run it as root, or under `unshare --user --map-root-user --mount`";
        assert!(mounted.is_ok_and(|status| status.success()), "{needs}");
        Self(at.to_owned())
    }

    fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        let mut file = File::options().create(true).append(true).open(&ballast).expect("the ballast can be created");
        for block in [vec![0; 65_536], vec![0; 4_096], vec![0; 64]] {
            while file.write_all(&block).is_ok() {}
        }
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Makes changes until one goes the way that is looked for; says how many went otherwise.
#[track_caller]
fn create_until(client: &mut Client, disk: &SmallDisk, is_it: impl Fn(u16, &mut Client) -> bool) -> usize {
    for count in 0..10_000 {
        disk.fill();
        let body = json!({"Name": format!("buoy {count}"), "Description": "x".repeat(1_000)});
        let status = client.post("/applications", &body).status;
        if is_it(status, client) {
            return count;
        }
        assert_eq!(status, 201);
    }
    panic!("a full disk has no end");
}

fn health_problem(client: &mut Client) -> Option<String> {
    client.get("/_tidegate/health").json()["audit"]["problem"].as_str().map(str::to_owned)
}

const MANY: &[&str] = &["--request-rates=unlimited", "--quota-applications=100000", "--log=warn"];

#[test]
fn on_a_full_disk_calls_are_answered_without_a_record_and_that_is_told() {
    let directory = common::directory();
    let disk = SmallDisk::mount(&directory.path().join("disk"), 4);
    let log = disk.0.join("audit");
    let options = [&["--audit", log.to_str().unwrap()], MANY].concat();
    let server = Server::start(&directory.path().join("data"), &options);
    let mut client = server.client();
    create_until(&mut client, &disk, |status, client| status == 201 && health_problem(client).is_some());
    let health = client.get("/_tidegate/health").expect(200);
    assert!(health.text().contains("cannot write the audit log: the disk is full"), "{}", health.text());
    client.post("/applications", &json!({"Name": "unrecorded"})).expect(201);
    let metrics = client.get("/_tidegate/metrics").text();
    assert!(
        metrics.contains("tidegate_audit_failing 1") && !metrics.contains("tidegate_audit_lost_total 0"),
        "{metrics}"
    );
    assert!(server.log().contains("calls are answered WITHOUT a record"), "{}", server.log());
    fs::remove_file(disk.0.join("ballast")).unwrap();
    client.post("/applications", &json!({"Name": "recorded"})).expect(201);
    assert_eq!(health_problem(&mut client), None);
    let text = fs::read_to_string(log.join("audit.jsonl")).unwrap();
    assert!(text.contains("\"AuditGap\"") && text.contains("\"recorded\"") && !text.contains("\"unrecorded\""));
    assert!(run(command().args(["audit", "verify"]).arg(&log)).status.success());
    server.assert_well();
}

#[test]
fn where_records_are_required_a_full_disk_refuses_changes_and_none_is_made_unrecorded() {
    let directory = common::directory();
    let disk = SmallDisk::mount(&directory.path().join("disk"), 4);
    let log = disk.0.join("audit");
    let options = [&["--audit", log.to_str().unwrap(), "--audit-required"], MANY].concat();
    let server = Server::start(&directory.path().join("data"), &options);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"on");
    home.deploy(&mut client, version).expect(201);
    create_until(&mut client, &disk, |status, _| status == 503);
    let refused = client.post("/applications", &json!({"Name": "refused"}));
    refused.expect_error(503, "ServiceUnavailableException");
    let health = client.get("/_tidegate/health").expect(503);
    assert!(health.text().contains("audit log"), "{}", health.text());
    // Reads, sessions and polls go on.
    let names = |client: &mut Client| {
        let mut names = Vec::new();
        let mut path = "/applications".to_owned();
        loop {
            let page = client.get(&path).expect(200).json();
            names
                .extend(page["Items"].as_array().unwrap().iter().map(|item| item["Name"].as_str().unwrap().to_owned()));
            let Some(token) = page["NextToken"].as_str() else { return names };
            path = format!("/applications?next_token={token}");
        }
    };
    let token = home.start_session(&mut client);
    assert_eq!(aws::poll(&mut client, &token).expect(200).body, b"on");
    let made = names(&mut client);
    assert!(!made.contains(&"refused".to_owned()));
    let text = fs::read_to_string(log.join("audit.jsonl")).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let recorded: Vec<_> = records.map(|record| record["responseElements"]["name"].clone()).collect();
    for name in &made {
        assert!(recorded.iter().any(|it| it == name.as_str()), "{name} was made and is not recorded");
    }
    fs::remove_file(disk.0.join("ballast")).unwrap();
    client.post("/applications", &json!({"Name": "after"})).expect(201);
    client.get("/_tidegate/health").expect(200);
    assert!(run(command().args(["audit", "verify"]).arg(&log)).status.success());
    server.assert_well();
}
