//! Two servers on one PostgreSQL: what either is told, both serve; and the end of either, or of the primary, loses nothing.

mod common;

use std::fs::{self, File};
use std::process::Stdio;

use common::aws::{self, Home, next_token, poll};
use common::server::command;
use common::{Client, Server, eventually};
use serde_json::json;
use tempfile::TempDir;
use tidegate_engines::{Postgres, free_port};

/// A server on this store, with a data directory of its own, as on another machine.
struct Node {
    server: Server,
    client: Client,
    directory: TempDir,
}

impl Node {
    #[track_caller]
    fn start(store: &str) -> Node {
        let directory = common::directory();
        let options = ["--store", store, "--webhook-secret=shared", "--enforce-poll-interval=false", "--log=warn"];
        let server = Server::start(directory.path(), &options);
        Node { client: server.client(), server, directory }
    }
}

/// Polls until this content is there, and says the token after it.
#[track_caller]
fn await_content(client: &mut Client, token: String, content: &[u8]) -> String {
    let mut token = token;
    eventually("the content is served", || {
        let polled = poll(client, &token);
        if polled.status == 500 {
            // A node that has not heard of the deployment yet, and knows from the token that there is one; SDKs try again.
            return None;
        }
        let polled = polled.expect(200);
        token = next_token(&polled);
        (polled.body == content).then(|| token.clone())
    })
}

#[test]
fn two_servers_on_one_database_do_the_job_together() {
    let postgres = Postgres::shared();
    let database = postgres.fresh_database();
    let store = postgres.url(&database).replace("tidegate@", "tidegate:not-asked-for@");
    let (mut first, mut second) = (Node::start(&store), Node::start(&store));
    for node in [&first, &second] {
        let greeting = &node.server.greeting;
        assert!(greeting.contains("postgres://tidegate@127.0.0.1"), "{greeting}");
        assert!(!greeting.contains("not-asked-for"), "{greeting}");
    }

    // Made on one; the other shows it at once, and deploys it.
    let home = Home::create(&mut first.client);
    let version = home.store(&mut second.client, b"{\"gates\":2}");
    home.deploy(&mut second.client, version).expect(201);
    let token = home.start_session(&mut first.client);
    let token = await_content(&mut second.client, token, b"{\"gates\":2}");

    // A large content, deployed on the first, reaches the session on the second.
    let large: Vec<u8> = (0..2_000_000_u32).map(|byte| b'a' + (byte % 23) as u8).collect();
    let version = home.store(&mut first.client, &large);
    home.deploy(&mut first.client, version).expect(201);
    let token = await_content(&mut second.client, token, &large);

    // The first dies; the second goes on, with the sessions of both.
    let of_first = home.start_session(&mut first.client);
    first.server.kill();
    let version = home.store(&mut second.client, b"{\"gates\":3}");
    home.deploy(&mut second.client, version).expect(201);
    await_content(&mut second.client, token, b"{\"gates\":3}");
    await_content(&mut second.client, of_first, b"{\"gates\":3}");

    // And the first, started anew with nothing on its own disk, knows everything.
    let mut third = Node::start(&store);
    let shown = third.client.get(&format!("{}/3", home.deployments())).expect(200).json();
    assert_eq!(shown["State"], "COMPLETE");
    for node in [&second, &third] {
        node.server.assert_well();
        assert!(!node.server.log().contains("not-asked-for"));
        assert!(!node.directory.path().join("journal.sqlite3").exists());
    }
}

#[test]
fn racing_writers_on_two_servers_get_one_deployment_between_them() {
    let postgres = Postgres::shared();
    let store = postgres.url(&postgres.fresh_database());
    let (mut first, second) = (Node::start(&store), Node::start(&store));
    let home = Home::create(&mut first.client);
    let version = home.store(&mut first.client, b"contended");
    let slow = aws::strategy(&mut first.client, "slow", 60, 0);
    let body = json!({
        "DeploymentStrategyId": slow,
        "ConfigurationProfileId": home.profile,
        "ConfigurationVersion": version.to_string(),
    });
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let nodes = [&first, &second];
        let post = |turn: usize| {
            let (mut client, path, body) = (nodes[turn % 2].server.client(), home.deployments(), body.clone());
            scope.spawn(move || client.post(&path, &body).status)
        };
        let posting: Vec<_> = (0..8).map(post).collect();
        posting.into_iter().map(|posted| posted.join().expect("nobody panics")).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 7, "{answers:?}");
}

#[test]
fn servers_go_on_after_the_primary_was_replaced_by_its_standby() {
    let mut primary = Postgres::start();
    let standby = primary.standby("other");
    primary.wait_for_standbys("other");
    let store = format!("postgres://tidegate@{},{}/postgres", primary.address(), standby.address());
    let (mut first, mut second) = (Node::start(&store), Node::start(&store));
    let home = Home::create(&mut first.client);
    let version = home.store(&mut first.client, b"before");
    home.deploy(&mut first.client, version).expect(201);
    let token = home.start_session(&mut second.client);
    let token = await_content(&mut second.client, token, b"before");

    primary.kill();
    // Polls go on; writes and health say what is the matter.
    let token = next_token(&poll(&mut first.client, &token).expect(200));
    let refused = eventually("a write is refused", || {
        let answer = aws::store(&mut first.client, &home.versions(), b"refused");
        (answer.status != 201).then_some(answer)
    });
    assert_eq!(refused.status, 503, "{}", refused.text());
    eventually("health says so", || (first.client.get("/_tidegate/health").status == 503).then_some(()));

    standby.promote();
    let version = eventually("a write is accepted again", || {
        let answer = aws::store(&mut second.client, &home.versions(), b"after");
        (answer.status == 201).then(|| aws::version_number(&answer))
    });
    eventually("it is deployed", || (home.deploy(&mut first.client, version).status == 201).then_some(()));
    await_content(&mut second.client, token, b"after");
    let shown = first.client.get(&format!("{}/1", home.versions())).expect(200);
    assert_eq!(shown.body, b"before");
    for node in [&first, &second] {
        eventually("health is well again", || {
            (node.server.client().get("/_tidegate/health").status == 200).then_some(())
        });
        node.server.assert_no_panic();
    }
}

#[test]
fn a_database_that_cannot_be_used_stops_the_start_with_what_to_do() {
    let nobody = format!("postgres://tidegate:s3cret@127.0.0.1:{}/x", free_port());
    for (store, expected) in [
        (Postgres::shared().url("nowhere"), "CREATE DATABASE"),
        (nobody, "see whether the server runs"),
        ("postgres://tidegate:s3cret@h/x?sslmode=s3cret".to_owned(), "sslmode=disable, prefer, require"),
    ] {
        let directory = common::directory();
        let mut command = command();
        command.args(["serve", "--listen=127.0.0.1:0", "--store", &store, "--data"]).arg(directory.path());
        // Where the database may come up yet, the server tries again for a while; it says at once what the matter is.
        let log = directory.path().join("log");
        let mut child = command.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let said = || fs::read_to_string(&log).unwrap();
        eventually("the matter is said", || said().contains(expected).then_some(()));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = said();
        assert!(said.contains("error: cannot ") && said.contains("hint: "), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}
