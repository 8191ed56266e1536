//! `tidegate agent` in a process of its own: before a node, before an upstream that lies, before none, and before files.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use common::aws::{Home, create};
use common::client::Raw;
use common::{Answer, Client, Server, directory, eventually};
use serde_json::json;

const ION: &str = "application/ion; type=AWS.AppConfig.FeatureFlags";

/// The binary as an agent on a free port, in an environment that says nothing else.
fn agent(settings: &[(&str, &str)]) -> Command {
    let mut command = common::server::command();
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("AWS_") || tidegate_agent::SETTINGS.iter().any(|setting| setting.variable == name) {
            command.env_remove(&*name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HTTP_PORT", "0").arg("agent");
    for (name, value) in settings {
        command.env(name, value);
    }
    command
}

fn start(settings: &[(&str, &str)]) -> Server {
    Server::spawn(agent(settings))
}

/// A node whose sessions may poll once a second, and an environment in it.
struct Node {
    server: Server,
    home: Home,
    data: tempfile::TempDir,
}

impl Node {
    fn start() -> Self {
        let data = directory();
        let server = Server::start(data.path(), &["--poll-interval", "1"]);
        let home = Home::create(&mut server.client());
        Self { server, home, data }
    }

    /// Starts it again where it was.
    fn restart(&mut self) {
        let address = self.server.address.to_string();
        let mut command = common::server::command();
        command.args(["serve", "--listen", &address, "--poll-interval", "1", "--data"]).arg(self.data.path());
        self.server = Server::spawn(command);
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    fn publish(&self, content: &str) {
        let mut client = self.server.client();
        let version = self.home.store(&mut client, content.as_bytes());
        self.home.deploy(&mut client, version).expect(201);
    }

    fn agent(&self, more: &[(&str, &str)]) -> Server {
        let url = self.url();
        let mut settings = vec![("TIDEGATE_AGENT_UPSTREAM", &*url), ("POLL_INTERVAL", "1")];
        settings.extend_from_slice(more);
        start(&settings)
    }
}

const LOCK_GATES: &str = "/applications/harbour/environments/outer%20basin/configurations/lock%20gates";

#[track_caller]
fn metric(agent: &Server, name: &str) -> f64 {
    let text = agent.client().get("/_tidegate/metrics").expect(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// An upstream that says what the test wants it to say.
struct Fake {
    address: SocketAddr,
    says: Arc<Mutex<Says>>,
    heard: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Says {
    status: u16,
    content_type: String,
    body: Vec<u8>,
    /// Further headers of an answer to a poll.
    headers: String,
    /// Bytes that are promised and do not come.
    missing: usize,
}

impl Says {
    fn content(content_type: &str, body: &str) -> Self {
        Self {
            status: 200,
            content_type: content_type.into(),
            body: body.into(),
            headers: "Next-Poll-Configuration-Token: next\r\nNext-Poll-Interval-In-Seconds: 1\r\nConfiguration-Version: 1\r\n"
                .into(),
            missing: 0,
        }
    }
}

impl Fake {
    fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (says, heard) = (Arc::new(Mutex::new(says)), Arc::new(Mutex::new(Vec::new())));
        let (of_thread, hears) = (says.clone(), heard.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (says, heard) = (of_thread.clone(), hears.clone());
                std::thread::spawn(move || answer(stream, &says, &heard));
            }
        });
        Self { address, says, heard }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn agent(&self, more: &[(&str, &str)]) -> Server {
        let url = self.url();
        let mut settings = vec![("TIDEGATE_AGENT_UPSTREAM", &*url), ("POLL_INTERVAL", "1")];
        settings.extend_from_slice(more);
        start(&settings)
    }
}

/// Answers one request after the other until the client goes away.
fn answer(stream: TcpStream, says: &Mutex<Says>, heard: &Mutex<Vec<String>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (stream.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).ok()?;
        heard.lock().unwrap().push(head.clone());
        let says = says.lock().unwrap().clone();
        let mut reply;
        if head.contains("/configurationsessions ") {
            let body = br#"{"InitialConfigurationToken":"first"}"#;
            reply = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            reply.extend_from_slice(body);
        } else if head.contains("/_tidegate/") {
            reply = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
        } else {
            reply = format!(
                "HTTP/1.1 {} OK\r\nContent-Type: {}\r\n{}Content-Length: {}\r\n\r\n",
                says.status,
                says.content_type,
                says.headers,
                says.body.len() + says.missing
            )
            .into_bytes();
            reply.extend_from_slice(&says.body);
        }
        stream.get_mut().write_all(&reply).ok()?;
        if says.missing > 0 {
            return None;
        }
    }
}

const CONF: &str = "/applications/a/environments/e/configurations/c";

// Before a node.

#[test]
fn what_is_deployed_is_served_and_followed() {
    follow("true");
}

#[test]
fn without_a_stream_it_is_polled() {
    follow("false");
}

#[track_caller]
fn follow(stream: &str) {
    let node = Node::start();
    node.publish(r#"{"gates": "open"}"#);
    let agent = node.agent(&[("TIDEGATE_AGENT_STREAM", stream)]);
    let mut client = agent.client();
    let answer = client.get(LOCK_GATES).expect(200);
    assert_eq!(answer.text(), r#"{"gates": "open"}"#);
    assert_eq!(answer.header("configuration-version"), Some("1"));
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.header("content-length"), Some("17"));
    assert!(answer.header("date").is_some() && answer.header("tidegate-stale").is_none());
    node.publish(r#"{"gates": "shut"}"#);
    let answer = eventually("the second version", || {
        let answer = client.get(LOCK_GATES).expect(200);
        (answer.header("configuration-version") == Some("2")).then_some(answer)
    });
    assert_eq!(answer.text(), r#"{"gates": "shut"}"#);
    // By ids it is the same.
    let Home { application, environment, profile, .. } = &node.home;
    let by_id = format!("/applications/{application}/environments/{environment}/configurations/{profile}");
    assert_eq!(client.get(&by_id).expect(200).text(), r#"{"gates": "shut"}"#);
    agent.assert_well();
}

#[test]
fn what_is_not_there_is_said_as_the_service_says_it() {
    let node = Node::start();
    let agent = node.agent(&[]);
    let mut client = agent.client();
    let missing = client.get("/applications/harbour/environments/outer%20basin/configurations/none").expect(404);
    assert_eq!(missing.json()["ResourceType"], "ConfigurationProfile", "{}", missing.text());
    // Nothing has been deployed yet; once something is, it is found.
    let early = client.get(LOCK_GATES);
    assert!(early.status == 404 && early.json()["Message"].is_string(), "{early:?}");
    node.publish("now");
    eventually("the first version", || (client.get(LOCK_GATES).status == 200).then_some(()));
    agent.assert_well();
}

#[test]
fn flags_are_evaluated_for_whoever_asks() {
    let node = Node::start();
    let mut control = node.server.client();
    let application = &node.home.application;
    let body = json!({"Name": "signals", "LocationUri": "hosted", "Type": "AWS.AppConfig.FeatureFlags"});
    let profile = create(&mut control, &format!("/applications/{application}/configurationprofiles"), &body);
    let document = json!({
        "version": "1",
        "flags": {"lamp": {"attributes": {"colour": {"constraints": {"type": "string"}}}}, "horn": {}},
        "values": {
            "lamp": {"_variants": [
                {"name": "fog", "enabled": true, "rule": "(eq $weather \"fog\")", "attributeValues": {"colour": "amber"}},
                {"name": "captain", "enabled": true, "rule": "(eq $entityId \"ahab\")", "attributeValues": {"colour": "white"}},
                {"name": "default", "enabled": false},
            ]},
            "horn": {"enabled": true},
        },
    });
    let versions = format!("/applications/{application}/configurationprofiles/{profile}/hostedconfigurationversions");
    let headers = [("Content-Type", "application/json")];
    control.ask("POST", &versions, &headers, Some(document.to_string().as_bytes())).expect(201);
    let deployment = json!({
        "DeploymentStrategyId": node.home.at_once,
        "ConfigurationProfileId": profile,
        "ConfigurationVersion": "1",
    });
    control.post(&node.home.deployments(), &deployment).expect(201);

    let agent = node.agent(&[]);
    let mut client = agent.client();
    let path = "/applications/harbour/environments/outer%20basin/configurations/signals";
    let mut ask = |query: &str, headers: &[(&str, &str)]| {
        let answer = client.ask("GET", &format!("{path}{query}"), headers, None);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
        (answer.status, answer.json())
    };
    let (off, horn) = (json!({"_variant": "default", "enabled": false}), json!({"enabled": true}));
    let amber = json!({"_variant": "fog", "colour": "amber", "enabled": true});
    let white = json!({"_variant": "captain", "colour": "white", "enabled": true});
    assert_eq!(ask("", &[]), (200, json!({"lamp": off, "horn": horn})));
    assert_eq!(ask("?flag=lamp", &[]), (200, off));
    assert_eq!(ask("?flag=lamp", &[("Context", "x=1, weather=fog")]), (200, amber.clone()));
    assert_eq!(ask("?flag=lamp", &[("Context", "weather=sun"), ("Context", "weather=fog")]), (200, amber.clone()));
    assert_eq!(ask("?flag=lamp", &[("Entity-Id", "ahab")]), (200, white));
    assert_eq!(ask("?flag=lamp&flag=horn", &[("context", "weather=fog")]), (200, json!({"lamp": amber, "horn": horn})));
    for query in ["?flag=none", "?flag=lamp&flag=none"] {
        let (status, body) = ask(query, &[]);
        assert_eq!((status, &body["Message"]), (404, &json!("There is no flag \"none\" in this configuration")));
    }
    agent.assert_well();
}

#[test]
fn stale_is_served_and_said_for_as_long_as_the_node_is_away() {
    let mut node = Node::start();
    node.publish("first");
    let agent = node.agent(&[]);
    let mut client = agent.client();
    client.get(LOCK_GATES).expect(200);
    node.server.kill();
    let stale = eventually("a stale answer", || {
        let answer = client.get(LOCK_GATES).expect(200);
        answer.header("tidegate-stale").is_some().then_some(answer)
    });
    assert_eq!(stale.text(), "first");
    assert_eq!(client.get("/_tidegate/health").expect(200).json()["status"], "stale");
    eventually("the metric", || {
        (metric(&agent, "tidegate_agent_stale_seconds{configuration=\"harbour:outer basin:lock gates\"}") > 0.0)
            .then_some(())
    });
    node.restart();
    node.publish("second");
    eventually("the second version", || {
        let answer = client.get(LOCK_GATES).expect(200);
        (answer.text() == "second" && answer.header("tidegate-stale").is_none()).then_some(())
    });
    agent.assert_well();
}

#[test]
fn backups_stand_in_for_a_node_that_is_gone() {
    let mut node = Node::start();
    node.publish("kept");
    let backups = directory();
    let settings = [("BACKUP_DIRECTORY", backups.path().to_str().unwrap())];
    {
        let agent = node.agent(&settings);
        agent.client().get(LOCK_GATES).expect(200);
        eventually("a backup", || files(backups.path()).into_iter().find(|name| name.ends_with(".backup")));
    }
    node.server.kill();
    for preload in ["true", "false"] {
        let agent = node.agent(&[settings[0], ("PRELOAD_BACKUPS", preload)]);
        let answer = agent.client().get(LOCK_GATES).expect(200);
        assert_eq!((answer.text().as_str(), answer.header("configuration-version")), ("kept", Some("1")));
        assert!(answer.header("tidegate-stale").is_some(), "{answer:?}");
        agent.assert_well();
    }
    // Half of it is nothing.
    let name = files(backups.path()).pop().unwrap();
    let path = backups.path().join(name);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let agent = node.agent(&settings);
    agent.client().get(LOCK_GATES).expect(502);
    assert!(agent.log().contains("damaged, or was not written to its end"), "{}", agent.log());
    assert!((metric(&agent, "tidegate_agent_backups_unusable_total") - 1.0).abs() < f64::EPSILON);
    agent.assert_well();
}

fn files(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_manifest_fetches_and_writes_copies() {
    let node = Node::start();
    node.publish("first");
    let place = directory();
    let copy = place.path().join("below/copy.txt");
    let manifest = json!({"harbour:outer basin:lock gates": {"writeTo": {"path": copy}}});
    let file = place.path().join("manifest.json");
    fs::write(&file, manifest.to_string()).unwrap();
    for given in [manifest.to_string(), format!("file:{}", file.display())] {
        let _ = fs::remove_file(&copy);
        let agent = node.agent(&[("MANIFEST", &given)]);
        eventually("the copy", || (fs::read_to_string(&copy).ok()? == "first").then_some(()));
        assert!(agent.log().contains("wrote configuration 'harbour:outer basin:lock gates' to"), "{}", agent.log());
    }
    let agent = node.agent(&[("MANIFEST", &manifest.to_string())]);
    node.publish("second");
    eventually("a copy of the second", || (fs::read_to_string(&copy).ok()? == "second").then_some(()));
    assert_eq!(files(copy.parent().unwrap()), ["copy.txt"], "no draft is left");
    agent.assert_well();
}

#[test]
fn a_manifest_may_be_a_configuration_and_change() {
    let node = Node::start();
    let mut control = node.server.client();
    let body = json!({"Name": "manifest", "LocationUri": "hosted"});
    let profiles = format!("/applications/{}/configurationprofiles", node.home.application);
    let profile = create(&mut control, &profiles, &body);
    let of_manifest = Home {
        application: node.home.application.clone(),
        environment: node.home.environment.clone(),
        at_once: node.home.at_once.clone(),
        profile,
    };
    let mut deploy = |content: &str| {
        let version = of_manifest.store(&mut control, content.as_bytes());
        of_manifest.deploy(&mut control, version).expect(201);
    };
    let place = directory();
    let copies = [place.path().join("one"), place.path().join("two")];
    let manifest = |copy: &Path| json!({"harbour:outer basin:lock gates": {"writeTo": {"path": copy}}}).to_string();
    deploy(&manifest(&copies[0]));
    node.publish("first");
    let agent = node.agent(&[("AWS_APPCONFIG_EXTENSION_MANIFEST", "harbour:outer basin:manifest")]);
    eventually("the first copy", || (fs::read_to_string(&copies[0]).ok()? == "first").then_some(()));
    deploy("{\"not a manifest\": {}}");
    eventually("a word about it", || agent.log().contains("the one before it holds").then_some(()));
    deploy(&manifest(&copies[1]));
    eventually("the second copy", || (fs::read_to_string(&copies[1]).ok()? == "first").then_some(()));
    agent.assert_well();
}

#[test]
fn what_is_listed_is_there_before_anybody_asks() {
    let node = Node::start();
    node.publish("first");
    let path = LOCK_GATES.to_owned();
    for list in ["harbour:outer basin:lock gates", &path] {
        let agent = node.agent(&[("AWS_APPCONFIG_EXTENSION_PREFETCH_LIST", list)]);
        assert!(
            agent.log().contains("retrieved initial data for 'harbour:outer basin:lock gates' in "),
            "{}",
            agent.log()
        );
        assert!(agent.log().contains("[appconfig agent] 20") && agent.log().contains(" INFO serving on localhost:"));
    }
}

// Before an upstream that lies.

#[test]
fn what_is_not_fit_to_be_served_leaves_the_last_good_value() {
    let good = Says::content(ION, r#"lamp::[[(eq $x "1"), "{\"enabled\":true}"], "{\"enabled\":false}"]"#);
    let fake = Fake::start(good.clone());
    let agent = fake.agent(&[]);
    let mut client = agent.client();
    assert_eq!(client.get(CONF).expect(200).json(), json!({"lamp": {"enabled": false}}));
    let large = "x".repeat(9 * 1024 * 1024);
    let lies = [
        ("Ion that breaks off", Says::content(ION, "lamp::[[(eq $x"), 1),
        ("Ion of something else", Says::content(ION, "{a: 1}"), 1),
        ("another configuration's type", Says::content("text/plain", "hello"), 1),
        ("JSON that is no flags", Says::content("application/json", "[1]"), 1),
        ("a page of a proxy", Says { headers: String::new(), ..Says::content("text/html", "<html>Sign in</html>") }, 0),
        ("half a body", Says { missing: 100, ..good.clone() }, 0),
        ("too much", Says::content("application/json", &large), 0),
        ("a failure", Says { status: 500, ..Says::content("application/json", "{}") }, 0),
        ("nobody's protocol", Says { headers: "\0".into(), ..good.clone() }, 0),
    ];
    for (what, lie, rejected) in lies {
        fake.say(lie);
        let before = metric(&agent, "tidegate_agent_rejected_total");
        eventually(what, || client.get(CONF).expect(200).header("tidegate-stale").is_some().then_some(()));
        assert_eq!(client.get(CONF).expect(200).json(), json!({"lamp": {"enabled": false}}), "{what}");
        if rejected > 0 {
            eventually(what, || (metric(&agent, "tidegate_agent_rejected_total") > before).then_some(()));
        }
        fake.say(good.clone());
        eventually(what, || client.get(CONF).expect(200).header("tidegate-stale").is_none().then_some(()));
    }
    assert!(agent.log().contains("what was good is served on"), "{}", agent.log());
    agent.assert_well();
}

#[test]
fn an_upstream_that_lies_from_the_start_is_a_bad_gateway() {
    let fake = Fake::start(Says::content(ION, "lamp::["));
    let agent = fake.agent(&[]);
    let answer = agent.client().get(CONF).expect(502);
    assert!(answer.json()["Message"].as_str().unwrap().contains("feature flags cannot be read"), "{answer:?}");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let agent = start(&[("TIDEGATE_AGENT_UPSTREAM", &url), ("REQUEST_TIMEOUT", "50")]);
    agent.client().get(CONF).expect(504);
    drop(silent);
    eventually("a refused connection", || (agent.client().get(CONF).status == 502).then_some(()));
    agent.assert_well();
}

#[test]
fn many_who_ask_for_the_same_are_one_upstream() {
    let fake = Fake::start(Says::content("text/plain", "one"));
    let agent = fake.agent(&[("POLL_INTERVAL", "1h")]);
    let address = agent.address;
    let asking: Vec<_> =
        (0..16).map(|_| std::thread::spawn(move || Client::new(address).get(CONF).expect(200).text())).collect();
    assert!(asking.into_iter().all(|it| it.join().unwrap() == "one"));
    let heard = fake.heard.lock().unwrap();
    let polls = heard.iter().filter(|head| head.contains("/configuration?")).count();
    assert_eq!(polls, 1, "{heard:?}");
    let accept = "application/ion;type=aws.appconfig.featureflags";
    assert!(heard.iter().any(|head| head.to_ascii_lowercase().contains(&format!("accept: {accept}"))), "{heard:?}");
}

#[test]
fn requests_are_signed_where_there_are_credentials() {
    let fake = Fake::start(Says::content("text/plain", "one"));
    let unsigned = fake.agent(&[]);
    unsigned.client().get(CONF).expect(200);
    let signs = |head: &String| head.to_ascii_lowercase().contains("authorization: aws4-hmac-sha256 credential=akid/");
    assert!(!fake.heard.lock().unwrap().iter().any(signs));
    let signed = fake.agent(&[
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("SERVICE_REGION", "eu-north-1"),
    ]);
    signed.client().get(CONF).expect(200);
    let heard = fake.heard.lock().unwrap();
    assert!(heard.iter().any(|head| signs(head) && head.contains("/eu-north-1/appconfig/")), "{heard:?}");
}

#[test]
fn a_proxy_is_told_what_it_is_to_be_told() {
    // The upstream's name is known to nobody but the proxy.
    let proxy = Fake::start(Says::content("text/plain", "through"));
    let agent = start(&[
        ("TIDEGATE_AGENT_UPSTREAM", "http://tidegate.invalid:8787"),
        ("PROXY_URL", &proxy.url()),
        ("PROXY_HEADERS", "proxy-authorization: Basic abc, x-team: harbour"),
    ]);
    assert_eq!(agent.client().get(CONF).expect(200).text(), "through");
    let heard = proxy.heard.lock().unwrap();
    for wanted in ["http://tidegate.invalid:8787/", "x-team: harbour"] {
        assert!(heard.iter().any(|head| head.contains(wanted)), "{wanted}: {heard:?}");
    }
}

// Before callers.

/// A method, a path, headers, and the status that they get.
type Refused<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16);

#[test]
fn hostile_requests_are_refused_and_hurt_nobody() {
    let fake = Fake::start(Says::content("application/json", r#"{"lamp":{"enabled":true}}"#));
    let agent = fake.agent(&[]);
    let mut client = agent.client();
    client.get(CONF).expect(200);
    let long = "x".repeat(2_049);
    let huge = "k=v,".repeat(4_000);
    let refused: &[Refused<'_>] = &[
        ("GET", CONF, &[("Context", "no value")], 400),
        ("GET", CONF, &[("Context", "=value")], 400),
        ("GET", CONF, &[("Context", "k=\u{ff}\u{fe}"), ("Context", "novalue")], 400),
        ("GET", CONF, &[("Context", &huge)], 400),
        ("GET", CONF, &[("Entity-Id", &long)], 400),
        ("GET", CONF, &[("Entity-Id", "")], 400),
        ("GET", "/applications/a/environments/e/configurations/c?flag=%ff", &[], 400),
        ("GET", "/applications/a/environments/e/configurations/c?flag=dark", &[], 404),
        ("GET", "/applications/a/environments/e", &[], 404),
        ("GET", "/applications/a/environments/e/configurations/c/d", &[], 404),
        ("GET", "/applications/a%2/environments/e/configurations/c", &[], 404),
        ("GET", "/", &[], 404),
        ("GET", "/_tidegate/clock", &[], 404),
        ("POST", CONF, &[], 405),
        ("DELETE", "/ping", &[], 405),
    ];
    for (method, path, headers, status) in refused {
        let answer = client.ask(method, path, headers, None);
        assert_eq!(answer.status, *status, "{method} {path} {headers:?}");
        assert!(answer.json()["Message"].is_string() && answer.json()["enabled"].is_null(), "{answer:?}");
    }
    // A head without end, and what is no HTTP.
    let endless = format!("GET {CONF} HTTP/1.1\r\nHost: localhost\r\nEntity-Id: {}", "x".repeat(1 << 20));
    for bytes in [endless.as_bytes(), b"\x16\x03\x01\x00\xa5\x01\x00", b"GET\r\n\r\n"] {
        let mut raw = Raw::connect(agent.address).unwrap();
        raw.throw(bytes);
        let answer = raw.read();
        assert!(answer.is_err() || (400..500).contains(&answer.unwrap().status));
    }
    // A page whose own name points here.
    let mut rebound = Raw::connect(agent.address).unwrap();
    rebound.write(format!("GET {CONF} HTTP/1.1\r\nHost: evil.example\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(rebound.read().unwrap().status, 403);
    client.get(CONF).expect(200);
    assert_eq!(client.get("/ping").expect(200).text(), "pong\n");
    agent.assert_well();
}

#[test]
fn as_many_configurations_are_kept_as_were_allowed() {
    let fake = Fake::start(Says::content("text/plain", "one"));
    let agent = fake.agent(&[("TIDEGATE_AGENT_MAX_CONFIGURATIONS", "2")]);
    let mut client = agent.client();
    let mut ask = |name: &str| client.get(&format!("/applications/{name}/environments/e/configurations/c"));
    ask("one").expect(200);
    ask("two").expect(200);
    let third = ask("three").expect(400);
    assert!(third.json()["Message"].as_str().unwrap().contains("keeps 2 configurations"), "{third:?}");
    ask("one").expect(200);
}

#[test]
fn with_an_access_token_others_get_nothing() {
    let fake = Fake::start(Says::content("text/plain", "secret"));
    let agent = fake.agent(&[("ACCESS_TOKEN", "open-sesame")]);
    let mut client = agent.client();
    for header in [None, Some("Bearer open"), Some("Bearer open-sesame2"), Some("Basic open-sesame"), Some("Bear")] {
        let headers: Vec<(&str, &str)> = header.map(|it| ("Authorization", it)).into_iter().collect();
        for path in [CONF, "/_tidegate/metrics"] {
            let answer = client.ask("GET", path, &headers, None).expect(401);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    let answer = client.ask("GET", CONF, &[("Authorization", "bearer open-sesame")], None).expect(200);
    assert_eq!(answer.text(), "secret");
    client.get("/ping").expect(200);
    assert!(!agent.log().contains("open-sesame"));
}

// Before files.

#[test]
fn files_are_served_and_watched() {
    let place = directory();
    let write = |name: &str, content: &str| fs::write(place.path().join(name), content).unwrap();
    write("app1:env1:cfg1.txt", "apple");
    write("app:env:profile", r#"{"string":{"enabled":true,"flag_value":"VALUE"}}"#);
    write(
        "app3:env1:flags.json",
        r#"{"feature1":{"enabled":false},"feature2":{"enabled":true,"max_items":200},"feature3":{"_variant":"default","enabled":false}}"#,
    );
    write(
        "Local:MyFeatureFlags:SampleMV1.application%ion%type=AWS.AppConfig.FeatureFlags",
        r#"'colorway'::[[(contains $userId "beta"), '''{"_variant": "BetaTesters", "enabled": true}''',],
           '''{"_variant": "default", "enabled": false}''',] 'plain'::'''{"enabled": true}'''"#,
    );
    // No region, no credentials, and nothing to ask.
    let agent = start(&[("LOCAL_DEVELOPMENT_DIRECTORY", place.path().to_str().unwrap()), ("POLL_INTERVAL", "24h")]);
    let mut client = agent.client();
    let mut ask = |name: &str, query: &str, context: &str| -> Answer {
        let [application, environment, profile] = name.split(':').collect::<Vec<_>>()[..] else { panic!("{name}") };
        let path = format!("/applications/{application}/environments/{environment}/configurations/{profile}{query}");
        let headers: &[_] = if context.is_empty() { &[] } else { &[("Context", context)] };
        client.ask("GET", &path, headers, None)
    };
    let text = ask("app1:env1:cfg1", "", "").expect(200);
    assert_eq!((text.text().as_str(), text.header("content-type")), ("apple", Some("text/plain")));
    let bare = ask("app:env:profile", "?flag=string", "").expect(200);
    assert_eq!(bare.json(), json!({"enabled": true, "flag_value": "VALUE"}));
    assert_eq!(
        ask("app3:env1:flags", "?flag=feature1&flag=feature2", "").expect(200).json(),
        json!({"feature1": {"enabled": false}, "feature2": {"enabled": true, "max_items": 200}})
    );
    assert_eq!(ask("app3:env1:flags", "", "").expect(200).json().as_object().map(serde_json::Map::len), Some(3));
    ask("app3:env1:flags", "?flag=feature1&flag=feature4", "").expect(404);
    ask("app3:env2:flags", "", "").expect(404);
    let variant = |answer: Answer| answer.expect(200).json()["_variant"].as_str().map(str::to_owned);
    let ion = "Local:MyFeatureFlags:SampleMV1";
    assert_eq!(variant(ask(ion, "?flag=colorway", "userId=beta-7")).as_deref(), Some("BetaTesters"));
    assert_eq!(variant(ask(ion, "?flag=colorway", "")).as_deref(), Some("default"));
    // The interval is a day: what comes now was seen.
    write("app1:env1:cfg1.txt", "banana");
    eventually("the change", || (ask("app1:env1:cfg1", "", "").text() == "banana").then_some(()));
    write("app1:env1:new.json", "{}");
    eventually("a new file", || (ask("app1:env1:new", "", "").status == 200).then_some(()));
    write("app1:env1:new.json", "{");
    eventually("a word about a broken file", || agent.log().contains("what it was before stays").then_some(()));
    assert_eq!(ask("app1:env1:new", "", "").expect(200).text(), "{}");
    fs::remove_file(place.path().join("app1:env1:new.json")).unwrap();
    eventually("the end of a file", || (ask("app1:env1:new", "", "").status == 404).then_some(()));
    agent.assert_well();
}

// Its settings.

#[test]
fn what_is_set_wrong_is_named_and_nothing_starts() {
    let place = directory();
    let broken = place.path().join("broken.json");
    fs::write(&broken, "{\"a:b:c\": ").unwrap();
    let broken = format!("file:{}", broken.display());
    for (name, value, said) in [
        ("POLL_INTERVAL", "soon", "POLL_INTERVAL \"soon\" is not right"),
        ("AWS_APPCONFIG_EXTENSION_POLL_TIMEOUT_MILLIS", "0", "AWS_APPCONFIG_EXTENSION_POLL_TIMEOUT_MILLIS \"0\""),
        ("MANIFEST", "{\"a:b\": {}}", "\"a:b\" is not application:environment:configuration"),
        ("MANIFEST", &broken, "broken.json cannot be read: EOF"),
        ("LOCAL_DEVELOPMENT_DIRECTORY", "/nowhere", "/nowhere: No such file"),
        ("BACKUP_DIRECTORY", "/proc/nothing", "cannot make the backup directory /proc/nothing"),
        ("HTTP_HOST", "192.0.2.1", "cannot listen on 192.0.2.1:0"),
    ] {
        let output = common::server::run(
            agent(&[("TIDEGATE_AGENT_UPSTREAM", "http://127.0.0.1:1"), (name, value)]).arg("--stream=true"),
        );
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said) && error.contains("hint: "), "{name}: {error}");
    }
    let output = common::server::run(&mut agent(&[("AWS_CONFIG_FILE", "/nowhere"), ("HOME", "/nowhere")]));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("the region of AWS AppConfig is not known") && error.contains("--service-region"),
        "{error}"
    );
}

#[test]
fn every_setting_is_a_flag_and_stands_in_the_documents() {
    let output = common::server::run(common::server::command().args(["agent", "--help"]));
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let documents = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/agent.md");
    let documents = fs::read_to_string(documents).unwrap();
    for setting in tidegate_agent::SETTINGS {
        assert!(help.contains(&format!("--{} <{}>", setting.flag, setting.value)), "{}", setting.flag);
        let names = setting.lambda.map_or(format!("`{}`", setting.variable), |lambda| {
            format!("`{}`, `{lambda}`", setting.variable).replace("AWS_APPCONFIG_EXTENSION_", "…")
        });
        let row = format!("| `--{}` | {names} | {} |", setting.flag, setting.default);
        assert!(documents.contains(&row), "docs/agent.md has no row {row}");
    }
}
