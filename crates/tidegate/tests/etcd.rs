//! Nodes whose journal is in etcd do the main job together, while members of etcd die.

mod common;

use common::aws::{self, Home, next_token};
use common::{Client, Server, directory, eventually};
use tempfile::TempDir;
use tidegate_engines::{Etcd, S3};

const OPTIONS: &[&str] = &["--enforce-poll-interval=false", "--request-rates=unlimited", "--log=warn"];

/// A node with a data directory of its own, as on a machine of its own.
struct Node {
    server: Server,
    _data: TempDir,
}

impl Node {
    #[track_caller]
    fn start(options: &[&str]) -> Node {
        let data = directory();
        let server = Server::start(data.path(), &[OPTIONS, options].concat());
        Node { server, _data: data }
    }

    fn client(&self) -> Client {
        self.server.client()
    }
}

/// Polls until a session gets this content.
#[track_caller]
fn until_served(node: &Node, token: &mut String, content: &[u8]) {
    eventually("a node serves what another one deployed", || {
        let polled = aws::poll(&mut node.client(), token);
        if polled.status == 500 {
            // A node that has not heard of the deployment yet, and knows from the token that there is one; SDKs try again.
            return None;
        }
        let polled = polled.expect(200);
        *token = next_token(&polled);
        (polled.body == content).then_some(())
    });
}

/// Stores and deploys a content at one node; while a leader is elected, that may take more than one try.
#[track_caller]
fn deploy(home: &Home, node: &Node, content: &[u8]) -> u64 {
    let version = eventually("a content is stored", || {
        let stored = aws::store(&mut node.client(), &home.versions(), content);
        (stored.status == 201).then(|| aws::version_number(&stored))
    });
    eventually("it is deployed", || (home.deploy(&mut node.client(), version).status == 201).then_some(()));
    version
}

#[test]
fn three_nodes_serve_one_state_while_members_of_etcd_die() {
    let mut etcd = Etcd::start(3);
    let url = etcd.url("", &[], "/nodes");
    let store = format!("--store={url}");
    let nodes: Vec<_> = (0..3).map(|_| Node::start(&[&store])).collect();
    assert!(nodes[0].server.greeting.contains("etcd://127.0.0.1:"), "{}", nodes[0].server.greeting);

    let home = Home::create(&mut nodes[0].client());
    deploy(&home, &nodes[0], b"first");
    // A session that one node has started goes on at the others.
    let mut token = home.start_session(&mut nodes[1].client());
    until_served(&nodes[2], &mut token, b"first");

    let leader = etcd.leader();
    etcd.kill(leader);
    for (turn, node) in nodes.iter().enumerate() {
        let content = format!("without a member, {turn}");
        let version = deploy(&home, node, content.as_bytes());
        let other = &nodes[(turn + 1) % 3];
        // What one has acknowledged, any other knows when it is asked.
        let found = other.client().get(&format!("{}/{version}", home.versions())).expect(200);
        assert_eq!(found.body, content.as_bytes());
        until_served(other, &mut token, content.as_bytes());
    }

    // Two of three: nobody can decide, and everybody is served what there is.
    let second = etcd.leader();
    etcd.kill(second);
    let mut fresh = token.clone();
    let refused = aws::store(&mut nodes[0].client(), &home.versions(), b"refused");
    assert!((500..=599).contains(&refused.status), "{refused:?}");
    for node in &nodes {
        let polled = aws::poll(&mut node.client(), &fresh).expect(200);
        fresh = next_token(&polled);
        assert!(polled.body.is_empty(), "nothing has changed: {polled:?}");
    }

    etcd.restart(leader);
    etcd.restart(second);
    let last = deploy(&home, &nodes[1], b"all are back");
    for node in &nodes {
        let mut token = home.start_session(&mut node.client());
        until_served(node, &mut token, b"all are back");
        node.server.assert_no_panic();
    }
    drop(nodes);
    let node = Node::start(&[&store]);
    assert_eq!(node.client().get(&format!("{}/{last}", home.versions())).expect(200).body, b"all are back");
    node.server.assert_well();
}

#[test]
fn contents_in_a_bucket_are_served_by_every_node() {
    let (etcd, s3) = (Etcd::start(1), S3::start());
    let bucket = s3.fresh_bucket();
    let store = format!("--store={}", etcd.url("", &[], "/nodes"));
    let blobs = format!("--blobs=s3://{bucket}/flags?endpoint={}&region=eu-west-1", s3.url());
    let start = || {
        let data = directory();
        let mut command = common::server::command();
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "s3cret");
        command.args(["serve", "--listen=127.0.0.1:0", "--data"]).arg(data.path()).args(OPTIONS).args([&store, &blobs]);
        Node { server: Server::spawn(command), _data: data }
    };
    let nodes = [start(), start()];
    let home = Home::create(&mut nodes[0].client());
    let content = common::Dice(7).bytes(1_500_000);
    deploy(&home, &nodes[0], &content);
    let mut token = home.start_session(&mut nodes[1].client());
    until_served(&nodes[1], &mut token, &content);
    let names = s3.list(&bucket);
    assert!(names.iter().any(|name| name.starts_with("flags/blob/")), "{names:?}");
    let in_etcd = etcd.ctl(&["get", "--prefix", "--keys-only", "/nodes/blob/"]);
    assert_eq!(in_etcd, "", "no content is in etcd");
    for node in &nodes {
        node.server.assert_well();
        assert!(!node.server.greeting.contains("s3cret") && !node.server.log().contains("s3cret"));
    }
}
