//! The command line as an operator meets it: greeting, help, wrong values, precedence, signals, restarts.

mod common;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::aws::{self, Home};
use common::client::Raw;
use common::server::{Starting, command, run};
use common::{Client, Server};
use serde_json::json;

/// Every option of `serve`.
const OPTIONS: &[&str] = &[
    "account",
    "alarm-interval",
    "alarm-patience",
    "alarm-token",
    "allowed-hosts",
    "audit",
    "audit-reads",
    "audit-required",
    "audit-rotate-daily",
    "audit-rotate-kib",
    "blobs",
    "body-timeout",
    "cache",
    "cache-mib",
    "claim-timeout",
    "clock",
    "config",
    "credentials",
    "data",
    "data-rate-burst",
    "data-rate-per-address",
    "data-rate-per-key",
    "enforce-poll-interval",
    "follow",
    "follow-ca",
    "follow-insecure",
    "header-timeout",
    "idle-timeout",
    "insecure-allow-any",
    "journal-keep-days",
    "listen",
    "log",
    "log-format",
    "master-key",
    "max-connections",
    "max-connections-per-address",
    "max-streams",
    "open-metrics",
    "poll-interval",
    "quota-applications",
    "quota-content-kib",
    "quota-environments",
    "quota-experiment-definitions",
    "quota-profiles",
    "quota-strategies",
    "region",
    "relay-secret",
    "replay-guard-sessions",
    "request-rates",
    "shutdown-timeout",
    "store",
    "sweep-after-hours",
    "tls-cert",
    "tls-client-ca",
    "tls-client-certificates",
    "tls-key",
    "token-reuse",
    "trusted-proxies",
    "unlimited-accounts",
    "webhook-allow-link-local",
    "webhook-secret",
    "webhook-timeout",
    "write-timeout",
];

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A `serve` that would work, up to the options under test.
fn serve(data: &Path) -> Command {
    let mut command = command();
    command.arg("serve").env("TIDEGATE_LISTEN", "127.0.0.1:0").env("TIDEGATE_DATA", data);
    command
}

/// Checks that the server does not start, and that what it says holds all of these.
#[track_caller]
fn refuses(command: &mut Command, says: &[&str]) {
    let output = run(command);
    let text = stderr(&output);
    assert!(!output.status.success(), "{text}");
    assert!(text.starts_with("error: "), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    for part in says {
        assert!(text.contains(part), "{part:?} is not said in: {text}");
    }
    assert_eq!(stdout(&output), "", "there is nothing to greet for");
}

#[track_caller]
fn refuses_options(options: &[&str], says: &[&str]) {
    let directory = common::directory();
    let data = directory.path().join("data");
    refuses(serve(&data).args(options), says);
    assert!(!data.exists(), "a wrong value is found before anything is touched");
}

#[test]
fn the_greeting_says_address_data_credentials_clock_and_shell_lines_to_try() {
    let directory = common::directory();
    let data = directory.path().join("data");
    let server = Server::start(&data, &[]);
    let address = server.address;
    let expected = format!(
        "tidegate {} is listening on http://{address}\n\
         data         {}\n\
         credentials  not checked: any access key is accepted\n\
         clock        the machine's\n\
         \n\
         Try it:\n  \
           export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1\n  \
           aws --endpoint-url http://{address} appconfig create-application --name hello\n  \
           aws --endpoint-url http://{address} appconfig list-applications\n",
        env!("CARGO_PKG_VERSION"),
        data.display(),
    );
    assert_eq!(server.greeting, expected);
    server.assert_well();
    let server = Server::start(&data, &["--clock=manual", "--store=memory:"]);
    assert!(server.greeting.contains("data         in memory only, gone when the server stops\n"));
    assert!(server.greeting.contains("clock        manual: moved by POST /_tidegate/clock/advance\n"));
}

#[test]
fn help_names_every_option_with_its_environment_variable_and_its_default() {
    let help = run(command().args(["serve", "--help"]));
    assert!(help.status.success());
    let help = stdout(&help);
    for option in OPTIONS {
        let variable = format!("TIDEGATE_{}", option.to_uppercase().replace('-', "_"));
        assert!(help.contains(&format!("--{option} <")) || help.contains(&format!("--{option} [<")), "--{option}");
        assert!(help.contains(&variable), "{variable}");
    }
    let listed: Vec<&str> = help
        .lines()
        .filter_map(|line| line.trim_start().trim_start_matches("-h, ").strip_prefix("--"))
        .filter_map(|line| line.split([' ', '[']).next())
        .collect();
    for option in listed {
        assert!(option == "help" || OPTIONS.contains(&option), "--{option} is new: test it here");
    }
    for default in ["127.0.0.1:8787", "tidegate-data", "us-east-1", "000000000000"] {
        assert!(help.contains(default), "{default}");
    }
    let short = run(command().args(["serve", "-h"]));
    assert!(stdout(&short).len() < help.len(), "-h is the short form");
    let version = run(command().arg("--version"));
    assert_eq!(stdout(&version), format!("tidegate {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn no_arguments_show_how_to_use_it() {
    let output = run(&mut command());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Usage: tidegate <COMMAND>"), "{}", stderr(&output));
}

#[test]
fn a_wrong_value_is_named_with_what_would_be_right() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--listen=localhost"], &["localhost", "--listen <ADDRESS:PORT>"]),
        (&["--listen=127.0.0.1:99999"], &["127.0.0.1:99999", "--listen <ADDRESS:PORT>"]),
        (&["--store=mysql://somewhere"], &["mysql://somewhere", "hint: ", "sqlite:DIR", "memory:"]),
        (&["--store="], &["is not a store", "hint: "]),
        (&["--blobs=s3://a"], &["\"a\" is not a bucket", "hint: write s3://"]),
        (&["--store=etcd://h:0"], &["\"h:0\" does not end in a port", "hint: write etcd://"]),
        (&["--store=sqlite:"], &["is not a store", "hint: "]),
        (&["--account=12345"], &["--account", "12345", "12"]),
        (&["--account=12345678901x"], &["--account", "12345678901x", "12"]),
        (&["--region=EU Central"], &["--region", "EU Central", "lower-case letters, digits and hyphens"]),
        (&["--region="], &["--region", "lower-case letters, digits and hyphens"]),
        (&["--credentials=some"], &["some", "[possible values: auto, any, checked]"]),
        (&["--clock=sundial"], &["sundial", "[possible values: system, manual]"]),
        (&["--token-reuse=sometimes"], &["sometimes", "[possible values: refuse, allow]"]),
        (&["--poll-interval=0"], &["--poll-interval", "1..=86400"]),
        (&["--poll-interval=soon"], &["--poll-interval", "soon"]),
        (&["--enforce-poll-interval=perhaps"], &["perhaps", "[possible values: true, false]"]),
        (&["--insecure-allow-any=perhaps"], &["perhaps", "[possible values: true, false]"]),
        (&["--replay-guard-sessions=0"], &["--replay-guard-sessions", "1..=268435456"]),
        (&["--max-connections=0"], &["--max-connections", "1..=1048576"]),
        (&["--max-streams=-1"], &["--max-streams", "0..=1048576"]),
        (&["--max-connections-per-address=0"], &["--max-connections-per-address", "1..=1048576"]),
        (&["--header-timeout=0"], &["--header-timeout", "1..=300"]),
        (&["--idle-timeout=86401"], &["--idle-timeout", "1..=86400"]),
        (&["--data-rate-per-key=0"], &["--data-rate-per-key", "1..=1000000000"]),
        (&["--trusted-proxies=10.0.0.0/8,proxy"], &["--trusted-proxies", "\"proxy\"", "10.0.0.0/8"]),
        (&["--tls-cert=cert.pem"], &["TLS needs a certificate and its key", "hint: ", "--tls-key FILE"]),
        (&["--tls-client-ca=ca.pem"], &["TLS needs a certificate and its key", "hint: ", "--tls-cert FILE"]),
        (&["--tls-cert=/nowhere/c.pem", "--tls-key=/nowhere/k.pem"], &["cannot read /nowhere/c.pem", "No such file"]),
        (&["--tls-client-certificates=some"], &["some", "[possible values: required, optional]"]),
        (&["--relay-secret=/nowhere/secret"], &["--relay-secret", "/nowhere/secret", "hint: "]),
        (&["--follow=localhost:8787"], &["--relay-secret", "hint: "]),
        (&["--follow-insecure=perhaps"], &["perhaps", "[possible values: true, false]"]),
        (&["--quota-applications=-1"], &["--quota-applications"]),
        (&["--quota-content-kib=4001"], &["--quota-content-kib", "1..=4000"]),
        (&["--log=tidegate=loud"], &["tidegate=loud", "hint: ", "debug"]),
        (&["--request-rates=fair"], &["fair", "[possible values: aws, unlimited]"]),
        (&["--unlimited-accounts=12345"], &["--unlimited-accounts", "12345", "12"]),
        (&["--webhook-allow-link-local=perhaps"], &["perhaps", "[possible values: true, false]"]),
        (&["--log-format=prose"], &["prose", "[possible values: text, json]"]),
        (&["--listne=127.0.0.1:0"], &["--listne", "'--listen'"]),
        (&["--config=/nowhere/tidegate.toml"], &["/nowhere/tidegate.toml", "No such file", "hint: ", "--config"]),
    ];
    for (options, says) in cases {
        refuses_options(options, says);
    }
    refuses_options(
        &["--clock=manual", "--credentials=checked"],
        &["manual clock", "checked credentials", "hint: ", "--clock manual"],
    );
    refuses_options(
        &["--listen=0.0.0.0:0"],
        &["0.0.0.0:0 can be reached from other machines", "hint: ", "--insecure-allow-any"],
    );
    refuses_options(&["--listen=[::]:0", "--insecure-allow-any=false"], &["hint: ", "--insecure-allow-any"]);
}

#[test]
fn a_wrong_environment_variable_is_named() {
    let directory = common::directory();
    let data = directory.path().join("data");
    refuses(serve(&data).env("TIDEGATE_POLL_INTERVAL", "never"), &["never", "--poll-interval"]);
    refuses(serve(&data).env("TIDEGATE_CONFIG", "/nowhere.toml"), &["/nowhere.toml", "TIDEGATE_CONFIG"]);
    assert!(!data.exists());
}

#[test]
fn a_wrong_configuration_file_is_shown_where_it_is_wrong() {
    let directory = common::directory();
    let file = directory.path().join("tidegate.toml");
    let name = file.to_str().unwrap();
    let cases: &[(&str, &[&str])] = &[
        ("listen = \"127.0.0.1:0\"\ncolour = \"blue\"\n", &["line 2", "unknown field `colour`", "poll_interval"]),
        ("\n\npoll_interval = \"often\"\n", &["line 3", "poll_interval", "invalid type: string \"often\""]),
        ("poll-interval = 15\n", &["line 1", "unknown field `poll-interval`", "hint: ", "they have `_`"]),
        ("clock = \"sundial\"\n", &["line 1", "sundial", "`system` or `manual`"]),
        ("listen = \"here\"\n", &["line 1", "listen", "socket address"]),
        ("listen = \n", &["line 1"]),
        ("[serve]\nlisten = \"127.0.0.1:0\"\n", &["line 1", "serve"]),
    ];
    for (text, says) in cases {
        fs::write(&file, text).unwrap();
        let mut all = vec![name, "hint: "];
        all.extend_from_slice(says);
        refuses_options(&["--config", name], &all);
    }
    refuses_options(&["--config", directory.path().to_str().unwrap()], &["cannot read the configuration file"]);
}

#[test]
fn values_of_a_configuration_file_are_judged_like_flags() {
    let directory = common::directory();
    let file = directory.path().join("tidegate.toml");
    for (text, says) in [
        ("poll_interval = 0\n", "1..=86400"),
        ("quota_content_kib = 4001\n", "1..=4000"),
        ("max_connections = 0\n", "1..=1048576"),
        ("max_streams = 1048577\n", "0..=1048576"),
        ("replay_guard_sessions = 0\n", "1..=268435456"),
    ] {
        fs::write(&file, text).unwrap();
        let key = text.split(' ').next().unwrap();
        refuses_options(&["--config", file.to_str().unwrap()], &[key, says]);
    }
    for (text, says) in [
        ("store = \"mysql:\"\n", "sqlite:DIR"),
        ("account = \"1\"\n", "account"),
        ("listen = \"0.0.0.0:0\"\n", "127.0.0.1"),
    ] {
        fs::write(&file, text).unwrap();
        let mut command = command();
        refuses(command.args(["serve", "--config"]).arg(&file), &[says]);
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let directory = common::directory();
    let file = directory.path().join("tidegate.toml");
    fs::write(&file, "poll_interval = 101\nregion = \"eu-file-1\"\naccount = \"111111111111\"\nclock = \"manual\"\n")
        .unwrap();
    let mut command = command();
    command
        .arg("serve")
        .args(["--listen=127.0.0.1:0", "--poll-interval=303", "--data"])
        .arg(directory.path().join("flag"))
        .env("TIDEGATE_CONFIG", &file)
        .env("TIDEGATE_POLL_INTERVAL", "202")
        .env("TIDEGATE_REGION", "eu-outer-1")
        .env("TIDEGATE_DATA", directory.path().join("environment"));
    let server = Server::spawn(command);
    let mut client = server.client();
    assert!(directory.path().join("flag/journal.sqlite3").exists());
    assert!(!directory.path().join("environment").exists());
    assert_eq!(client.get("/_tidegate/clock").json()["clock"], "manual", "only the file says it");
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"x");
    home.deploy(&mut client, version).expect(201);
    let token = home.start_session(&mut client);
    let polled = aws::poll(&mut client, &token).expect(200);
    assert_eq!(polled.header("next-poll-interval-in-seconds"), Some("303"));
    let arn = |realm: &str| format!("/tags/arn:aws:appconfig:{realm}:application%2F{}", home.application);
    client.get(&arn("eu-outer-1:111111111111")).expect(200);
    server.assert_well();
}

#[test]
fn a_second_start_finds_everything_again() {
    let directory = common::directory();
    let data = directory.path().join("not/there/yet");
    let mut server = Server::start(&data, &["--enforce-poll-interval=false"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let version = home.store(&mut client, &content);
    home.deploy(&mut client, version).expect(201);
    let token = home.start_session(&mut client);
    let used = aws::next_token(&aws::poll(&mut client, &token).expect(200));
    let unused = home.start_session(&mut client);
    let pages: Vec<String> = [
        "/applications".to_owned(),
        format!("/applications/{}/environments", home.application),
        format!("/applications/{}/configurationprofiles", home.application),
        "/deploymentstrategies".to_owned(),
        home.versions(),
        home.deployments(),
        format!("{}/1", home.deployments()),
    ]
    .into();
    let before: Vec<_> = pages.iter().map(|page| client.get(page).expect(200).json()).collect();
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0));
    for file in fs::read_dir(&data).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(
            ["journal.sqlite3", "master-key", "webhook-secret"].contains(&&*name),
            "{name}: a stopped server is fit to be copied"
        );
    }
    let server = Server::start(&data, &["--enforce-poll-interval=false"]);
    let mut client = server.client();
    let after: Vec<_> = pages.iter().map(|page| client.get(page).expect(200).json()).collect();
    assert_eq!(before, after);
    assert_eq!(client.get(&format!("{}/1", home.versions())).expect(200).body, content);
    assert_eq!(aws::poll(&mut client, &unused).expect(200).body, content);
    assert_eq!(aws::poll(&mut client, &used).expect(200).body, b"", "that session has it already");
    server.assert_well();
}

#[test]
fn a_signal_ends_the_server_with_status_0_soon_whoever_is_connected() {
    for name in ["TERM", "INT"] {
        let directory = common::directory();
        let mut server = Server::start(directory.path(), &[]);
        let mut client = server.client();
        client.get("/applications").expect(200);
        // One that has said nothing, one that has said little, and `client`, which could ask again.
        let _silent = TcpStream::connect(server.address).unwrap();
        let mut little = Raw::connect(server.address).unwrap();
        little.write(b"PRI * HT").unwrap();
        client.get("/applications").expect(200);
        let signalled = Instant::now();
        server.signal(name);
        assert_eq!(server.wait().code(), Some(0), "SIG{name}: {}", server.log());
        let took = signalled.elapsed();
        println!("SIG{name}: ended after {took:?}");
        assert!(took < Duration::from_secs(5), "SIG{name}: {took:?}, though nobody waits for an answer");
        server.assert_no_panic();
    }
}

#[test]
fn a_request_that_is_under_way_is_finished_before_the_end() {
    let directory = common::directory();
    let mut server = Server::start(directory.path(), &[]);
    let mut raw = Raw::connect(server.address).unwrap();
    // The server has the request in hand when it asks for the body.
    raw.write(b"POST /applications HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 18\r\n\r\n")
        .unwrap();
    assert_eq!(common::Answer::read_one(&mut raw.stream, false).unwrap().status, 100);
    raw.write(br#"{"Name":"#).unwrap();
    server.signal("TERM");
    common::eventually("the server takes no new connection", || TcpStream::connect(server.address).err());
    assert!(server.is_running(), "it waits for the request");
    raw.write(br#""in time"}"#).unwrap();
    let answer = raw.read().unwrap().expect(201);
    assert_eq!(answer.json()["Name"], "in time");
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
}

#[test]
fn an_address_in_use_is_said_and_the_data_is_not_touched() {
    let directory = common::directory();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = directory.path().join("data");
    let says = [&*address, "in use", "hint: ", "--listen ADDRESS:PORT", "port 0"];
    refuses(serve(&data).args(["--listen", &address]), &says);
    assert!(!data.exists());
}

#[test]
fn a_second_server_on_the_same_port_leaves_the_firsts_data_alone() {
    let directory = common::directory();
    let server = Server::start(directory.path(), &[]);
    let mut client = server.client();
    client.post("/applications", &json!({"Name": "mine"})).expect(201);
    let number = |client: &mut Client| client.get("/_tidegate/health").json()["journal"]["number"].clone();
    let before = number(&mut client);
    refuses(serve(directory.path()).args(["--listen", &server.address.to_string()]), &["in use"]);
    assert_eq!(number(&mut client), before);
    client.post("/applications", &json!({"Name": "still mine"})).expect(201);
    server.assert_well();
}

#[test]
fn data_that_is_not_a_journal_of_this_version_is_left_as_it_is() {
    let directory = common::directory();
    let file = directory.path().join("file");
    fs::write(&file, "a letter").unwrap();
    refuses(
        &mut serve(&file),
        &["file/journal.sqlite3", "a file, not a directory", "hint: ", "another data directory"],
    );
    assert_eq!(fs::read(&file).unwrap(), b"a letter");

    let strange = directory.path().join("strange");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("journal.sqlite3"), "a letter, as long as need be".repeat(100)).unwrap();
    refuses(&mut serve(&strange), &["not a SQLite database", "hint: "]);
    assert_eq!(fs::read_dir(&strange).unwrap().count(), 1);

    let newer = directory.path().join("newer");
    let mut server = Server::start(&newer, &[]);
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0), "told to stop in its first moment, it stops in order");
    let journal = newer.join("journal.sqlite3");
    let mut bytes = fs::read(&journal).unwrap();
    // SQLite's `user_version` is the big-endian number at byte 60 of the file.
    assert_eq!(bytes[60..63], [0, 0, 0]);
    bytes[63] += 1;
    fs::write(&journal, &bytes).unwrap();
    let says = ["its schema has version", env!("CARGO_PKG_VERSION"), "hint: run the version of Tidegate"];
    refuses(&mut serve(&newer), &says);
    assert_eq!(fs::read(&journal).unwrap(), bytes);
}

#[test]
fn an_address_that_others_can_reach_is_possible_for_those_who_say_so() {
    let directory = common::directory();
    let mut command = serve(directory.path());
    command.args(["--listen=0.0.0.0:0", "--insecure-allow-any"]);
    let server = Server::spawn(command);
    let address = (std::net::Ipv4Addr::LOCALHOST, server.address.port()).into();
    Client::new(address).get("/_tidegate/health").expect(200);
}

#[test]
fn a_closed_standard_output_is_no_reason_to_stop() {
    let directory = common::directory();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = serve(directory.path())
        .args(["--listen", &free.to_string()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let health = common::eventually("the server answers", || {
        Client::new(free).send("GET", "/_tidegate/health", &[], None).ok().filter(|answer| answer.status == 200)
    });
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(health.json()["status"], "ready");
}

#[test]
fn start_up_is_measured_on_a_new_and_on_a_small_journal() {
    let directory = common::directory();
    let starting = |what: &str| {
        let mut command = serve(directory.path());
        command.arg("--log=warn");
        let server = Starting::spawn(command).ready();
        println!("start-up on {what}: {:?}", server.took);
        assert!(server.took < Duration::from_secs(5), "{what}: {:?}", server.took);
        server
    };
    let mut server = starting("a new journal");
    let mut client = server.client();
    for count in 0..100 {
        client.post("/applications", &json!({"Name": format!("application {count}")})).expect(201);
        if count == 99 {
            server.kill();
        }
    }
    starting("a journal of 100 entries after a crash").signal("TERM");
    starting("a journal of 100 entries");
}
