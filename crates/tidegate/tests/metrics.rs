//! `/_tidegate/metrics`: what is counted, and that it moves with what happens.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::aws::{self, Home};
use common::{Client, Server};
use serde_json::json;

/// The samples of a page in Prometheus' text format, by name and labels as they stand there.
struct Page(BTreeMap<String, f64>);

impl Page {
    #[track_caller]
    fn of(client: &mut Client) -> Self {
        let answer = client.get("/_tidegate/metrics").expect(200);
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        Self(parse(&answer.text()))
    }

    #[track_caller]
    fn value(&self, sample: &str) -> f64 {
        self.0.get(sample).copied().unwrap_or(0.0)
    }

    /// What has been added between another page and this one.
    #[track_caller]
    fn since(&self, before: &Page, sample: &str) -> f64 {
        self.value(sample) - before.value(sample)
    }
}

/// Reads the text format strictly: every line is a comment that names a metric of a known type, or one of its samples.
#[track_caller]
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line ends");
    let mut samples = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut current = "";
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<&str> = comment.splitn(3, ' ').collect();
            match words[..] {
                ["HELP", name, help] => assert!(helped.insert(name) && !help.is_empty(), "{line}"),
                ["TYPE", name, kind @ ("counter" | "gauge" | "histogram")] => {
                    assert!(helped.contains(name) && types.insert(name, kind).is_none(), "{line}");
                    current = name;
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let name = sample.split('{').next().expect("a name");
        let is_of_histogram = ["_bucket", "_sum", "_count"].iter().any(|end| name.strip_suffix(end) == Some(current));
        assert!(name == current || (types[current] == "histogram" && is_of_histogram), "{line} is not of {current}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
        assert!(sample == name || sample.ends_with("\"}"), "{line}");
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        assert!(samples.insert(sample.to_owned(), value).is_none(), "{line} is there twice");
        assert!(!name.ends_with("_total") || types[current] == "counter", "{line}");
    }
    for (name, kind) in types {
        if kind == "histogram" {
            assert_buckets(name, text);
        }
    }
    samples
}

/// Buckets only ever grow, and the last one holds everything.
#[track_caller]
fn assert_buckets(name: &str, text: &str) {
    let mut before = 0.0;
    for line in text.lines().filter(|line| line.starts_with(&format!("{name}_"))) {
        let (sample, value) = line.rsplit_once(' ').expect("a value");
        let value: f64 = value.parse().expect("a number");
        if sample.starts_with(&format!("{name}_bucket")) {
            assert!(value >= before, "{line}");
            before = value;
        } else if sample.starts_with(&format!("{name}_count")) {
            assert!((value - before).abs() < f64::EPSILON, "{line}: the last bucket has {before}");
            before = 0.0;
        }
    }
}

#[test]
fn requests_are_counted_by_operation_and_status_and_timed() {
    let directory = common::directory();
    let server = Server::start(directory.path(), &[]);
    let mut client = server.client();
    let before = Page::of(&mut client);
    client.post("/applications", &json!({"Name": "one"})).expect(201);
    client.post("/applications", &json!({"Name": "two"})).expect(201);
    client.post("/applications", &json!({"Name": ""})).expect(400);
    client.get("/applications").expect(200);
    client.get("/applications/none").expect(404);
    client.get("/nowhere").expect(404);
    let after = Page::of(&mut client);
    let counted = |sample: &str| after.since(&before, sample);
    assert_eq!(counted(r#"tidegate_requests_total{operation="CreateApplication",status="201"}"#), 2.0);
    assert_eq!(counted(r#"tidegate_requests_total{operation="CreateApplication",status="400"}"#), 1.0);
    assert_eq!(counted(r#"tidegate_requests_total{operation="ListApplications",status="200"}"#), 1.0);
    assert_eq!(counted(r#"tidegate_requests_total{operation="GetApplication",status="404"}"#), 1.0);
    assert_eq!(counted(r#"tidegate_requests_total{operation="Unknown",status="404"}"#), 1.0);
    assert_eq!(counted(r#"tidegate_request_duration_seconds_count{operation="CreateApplication"}"#), 3.0);
    assert!(counted(r#"tidegate_request_duration_seconds_sum{operation="CreateApplication"}"#) > 0.0);
    assert_eq!(after.value("tidegate_connections"), 1.0);
    server.assert_well();
}

#[test]
fn what_clients_invent_makes_no_new_series() {
    let directory = common::directory();
    let server = Server::start(directory.path(), &[]);
    let mut client = server.client();
    client.get("/nowhere").expect(404);
    client.get("/_tidegate/nowhere").expect(404);
    let before = Page::of(&mut client);
    for count in 0..50 {
        client.get(&format!("/nowhere/{count}")).expect(404);
        client.get(&format!("/_tidegate/{count}")).expect(404);
        client.ask(&format!("BREW{count}"), "/applications", &[], None).expect(404);
    }
    assert_eq!(Page::of(&mut client).0.len(), before.0.len());
}

#[test]
fn sessions_and_polls_are_counted_by_their_answer() {
    let directory = common::directory();
    let server = Server::start(directory.path(), &["--clock=manual"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"tide table");
    home.deploy(&mut client, version).expect(201);
    let before = Page::of(&mut client);
    let token = home.start_session(&mut client);
    home.start_session(&mut client);
    client.post("/configurationsessions", &json!({})).expect(400);
    let full = aws::poll(&mut client, &token).expect(200);
    aws::poll(&mut client, &aws::next_token(&full)).expect(400);
    client.post("/_tidegate/clock/advance", &json!({"seconds": 60})).expect(200);
    let empty = aws::poll(&mut client, &aws::next_token(&full)).expect(200);
    assert_eq!(empty.body, b"");
    aws::poll(&mut client, "nonsense").expect(400);
    client.get("/configuration").expect(400);
    let after = Page::of(&mut client);
    let counted = |sample: &str| after.since(&before, sample);
    assert_eq!(counted("tidegate_sessions_started_total"), 2.0);
    assert_eq!(counted(r#"tidegate_polls_total{answer="full"}"#), 1.0);
    assert_eq!(counted(r#"tidegate_polls_total{answer="empty"}"#), 1.0);
    assert_eq!(counted(r#"tidegate_polls_total{answer="refused"}"#), 3.0);
    // One poll in sixteen is timed.
    assert!(counted("tidegate_poll_duration_seconds_count") <= 5.0);
}

#[test]
fn deployments_are_counted_by_the_state_that_they_are_in() {
    let directory = common::directory();
    let server = Server::start(directory.path(), &["--clock=manual"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"tide table");
    let slow = aws::strategy(&mut client, "slow", 10, 5);
    let in_state = |client: &mut Client, state: &str| {
        Page::of(client).value(&format!(r#"tidegate_deployments{{state="{state}"}}"#))
    };
    home.deploy(&mut client, version).expect(201);
    assert_eq!(in_state(&mut client, "COMPLETE"), 1.0);
    let mut growing = home.deployment(version);
    growing["DeploymentStrategyId"] = slow.into();
    client.post(&home.deployments(), &growing).expect(201);
    assert_eq!(in_state(&mut client, "DEPLOYING"), 1.0);
    client.post("/_tidegate/clock/advance", &json!({"seconds": 11 * 60})).expect(200);
    assert_eq!(in_state(&mut client, "DEPLOYING"), 0.0);
    assert_eq!(in_state(&mut client, "BAKING"), 1.0);
    client.post("/_tidegate/clock/advance", &json!({"seconds": 5 * 60})).expect(200);
    assert_eq!(in_state(&mut client, "BAKING"), 0.0);
    assert_eq!(in_state(&mut client, "COMPLETE"), 2.0);
    client.post(&home.deployments(), &growing).expect(201);
    client.ask("DELETE", &format!("{}/3", home.deployments()), &[], None).expect(202);
    assert_eq!(in_state(&mut client, "ROLLED_BACK"), 1.0);
    assert_eq!(in_state(&mut client, "COMPLETE"), 2.0);
}

#[test]
fn the_journals_entries_are_counted_and_appends_are_timed_and_a_restart_keeps_the_one_and_forgets_the_other() {
    let directory = common::directory();
    let mut server = Server::start(directory.path(), &[]);
    let mut client = server.client();
    let before = Page::of(&mut client);
    client.post("/applications", &json!({"Name": "one"})).expect(201);
    client.post("/applications", &json!({"Name": "one"})).expect(400);
    client.post("/applications", &json!({"Name": "two"})).expect(201);
    let after = Page::of(&mut client);
    assert_eq!(after.since(&before, "tidegate_journal_entries"), 2.0, "a refusal is no entry");
    assert_eq!(after.since(&before, "tidegate_journal_append_seconds_count"), 2.0);
    assert!(after.since(&before, "tidegate_journal_append_seconds_sum") > 0.0);
    server.kill();
    let server = Server::start(directory.path(), &[]);
    let restarted = Page::of(&mut server.client());
    assert_eq!(restarted.value("tidegate_journal_entries"), after.value("tidegate_journal_entries"));
    assert_eq!(restarted.value("tidegate_journal_append_seconds_count"), 0.0);
}
