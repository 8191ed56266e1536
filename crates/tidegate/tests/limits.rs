//! Limits in time, number and rate: each closes or refuses what it is for, and leaves everybody else alone.

mod common;

use std::io::Read;
use std::time::{Duration, Instant};

use common::aws::{self, Home};
use common::client::Raw;
use common::{Client, Server, eventually, http_2};

const GET: &[u8] = b"GET /applications HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn server(options: &[&str]) -> (tempfile::TempDir, Server) {
    let directory = common::directory();
    let server = Server::start(directory.path(), options);
    (directory, server)
}

/// The one number in the metrics that stands behind this name.
#[track_caller]
fn metric(server: &Server, name: &str) -> f64 {
    let text = server.client().get("/_tidegate/metrics").text();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
}

fn connections_are_gone(server: &Server) {
    eventually("their places are free", || (metric(server, "tidegate_connections") == 1.0).then_some(()));
}

#[test]
fn heads_and_bodies_that_trickle_in_are_cut_off_at_the_limits_that_are_set() {
    let (_directory, server) = server(&["--header-timeout=1", "--body-timeout=1"]);
    let head = b"POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n".as_slice();
    std::thread::scope(|scope| {
        for (opening, drip, expected) in [
            (b"".as_slice(), b"G".as_slice(), None),
            (b"GET / HTTP/1.1\r\n", b"X: y\r\n", None),
            (head, b" ", Some(408)),
            (b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n", b" ", Some(404)),
        ] {
            let server = &server;
            scope.spawn(move || {
                let mut raw = Raw::connect(server.address).unwrap();
                raw.write(opening).unwrap();
                let mut writer = raw.stream.get_ref().try_clone().unwrap();
                scope.spawn(move || {
                    // Each piece a little while after the last, until nobody listens.
                    for _ in 0..90 {
                        if std::io::Write::write_all(&mut writer, drip).is_err() {
                            return;
                        }
                        std::thread::sleep(Duration::from_millis(300));
                    }
                });
                match expected {
                    Some(status) => assert_eq!(raw.read().unwrap().status, status),
                    None => _ = raw.rest(),
                }
                let _ = raw.stream.get_ref().shutdown(std::net::Shutdown::Both);
            });
        }
    });
    connections_are_gone(&server);
    server.assert_well();
}

#[test]
fn whoever_asks_and_does_not_read_is_cut_off() {
    let (_directory, server) = server(&["--write-timeout=1"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let content = vec![b'x'; 2_000_000];
    let version = home.store(&mut client, &content);
    let get = format!("GET {}/{version} HTTP/1.1\r\nHost: localhost\r\n\r\n", home.versions());
    // The kernel holds some megabytes of an answer by itself.
    let mut deaf: Vec<Raw> = (0..3).map(|_| Raw::connect(server.address).unwrap()).collect();
    for raw in &mut deaf {
        raw.write(get.repeat(20).as_bytes()).unwrap();
    }
    drop(client);
    connections_are_gone(&server);
    for raw in &mut deaf {
        assert!(raw.rest().len() < 20 * content.len(), "it was not all sent");
    }
    server.assert_well();
}

#[test]
fn idle_connections_are_closed_and_those_at_work_are_not() {
    let (_directory, server) = server(&["--idle-timeout=2", "--header-timeout=1"]);
    let mut kept = Raw::connect(server.address).unwrap();
    let mut idle = Raw::connect(server.address).unwrap();
    for raw in [&mut kept, &mut idle] {
        raw.write(GET).unwrap();
        raw.read().unwrap().expect(200);
    }
    let began = Instant::now();
    let closing = std::thread::spawn(move || {
        assert_eq!(idle.rest(), b"");
        began.elapsed()
    });
    let mut lasted = Duration::ZERO;
    while !closing.is_finished() || lasted < Duration::from_secs(4) {
        kept.write(GET).unwrap();
        kept.read().unwrap().expect(200);
        std::thread::sleep(Duration::from_millis(100));
        lasted = began.elapsed();
    }
    assert!(closing.join().unwrap() > Duration::from_secs(1), "it was given its time");
    server.assert_well();
}

#[test]
fn an_idle_connection_of_http_2_is_told_goodbye_however_often_it_pings() {
    let (_directory, server) = server(&["--idle-timeout=2", "--header-timeout=1"]);
    let pinging = || {
        let mut raw = Raw::connect(server.address).unwrap();
        assert_eq!(http_2::get(&mut raw, "/applications").status, "200");
        let mut writer = raw.stream.get_ref().try_clone().unwrap();
        std::thread::spawn(move || {
            while std::io::Write::write_all(&mut writer, &http_2::frame(http_2::PING, 0, 0, &[7; 8])).is_ok() {
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        raw
    };
    let mut raw = pinging();
    let mut said_goodbye = false;
    while let Ok(frame) = http_2::read_frame(&mut raw) {
        said_goodbye |= frame.kind == http_2::GOAWAY;
    }
    assert!(said_goodbye);
    // One that never says anything at all.
    let mut silent = Raw::connect(server.address).unwrap();
    silent.write(&[http_2::PREFACE, &http_2::frame(http_2::SETTINGS, 0, 0, &[])].concat()).unwrap();
    silent.rest();
    connections_are_gone(&server);
    server.assert_well();
}

#[test]
fn one_address_cannot_take_all_connections() {
    let (_directory, server) = server(&["--max-connections-per-address=3"]);
    let mut client = server.client();
    client.get("/applications").expect(200);
    let mut kept: Vec<Raw> = (0..2).map(|_| Raw::connect(server.address).unwrap()).collect();
    for raw in &mut kept {
        raw.write(GET).unwrap();
        raw.read().unwrap().expect(200);
    }
    let mut fourth = Raw::connect(server.address).unwrap();
    fourth.throw(GET);
    assert_eq!(fourth.rest(), b"", "closed without a word");
    assert!(client.get("/_tidegate/metrics").text().contains("\ntidegate_connections_refused_total 1\n"));
    drop(kept);
    eventually("the places are free again", || {
        Client::new(server.address).send("GET", "/applications", &[], None).ok()
    });
    drop(client);
    server.assert_well();
}

const THROTTLED: (u16, &str) = (429, "ThrottlingException");

#[test]
fn an_address_that_asks_the_data_plane_too_often_is_throttled_and_the_control_plane_is_not() {
    let (_directory, server) =
        server(&["--data-rate-per-address=1", "--data-rate-burst=5", "--enforce-poll-interval=false"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"content");
    home.deploy(&mut client, version).expect(201);
    let mut token = home.start_session(&mut client);
    let mut answered = 0;
    let refused = loop {
        let polled = aws::poll(&mut client, &token);
        if polled.status != 200 {
            break polled;
        }
        token = aws::next_token(&polled);
        answered += 1;
        assert!(answered < 10_000);
    };
    assert!(answered >= 4, "a burst of five, of which one began the session: {answered}");
    refused.clone().expect_error(THROTTLED.0, THROTTLED.1);
    assert_eq!(refused.json()["Message"], "Rate exceeded");
    let mut client_of_control = server.client();
    for _ in 0..20 {
        client_of_control.get("/applications").expect(200);
    }
    // A session cannot be started either, nor a configuration be read in the old way.
    let session = serde_json::json!({
        "ApplicationIdentifier": home.application, "EnvironmentIdentifier": home.environment,
        "ConfigurationProfileIdentifier": home.profile,
    });
    let old = format!(
        "/applications/{}/environments/{}/configurations/{}?client_id=x",
        home.application, home.environment, home.profile
    );
    // A second's worth comes back each second, which a slow machine may let pass.
    eventually("both are refused, too", || {
        let started = client.post("/configurationsessions", &session);
        let read = client.get(&old);
        ([started.status, read.status] == [429, 429]).then_some(())
    });
    assert!(metric(&server, "tidegate_data_throttled_total{by=\"address\"}") >= 3.0);
    eventually("its credit has come back", || (aws::poll(&mut client, &token).status == 200).then_some(()));
    server.assert_well();
}

#[test]
fn each_access_key_has_a_rate_of_its_own() {
    let (_directory, server) = server(&["--data-rate-per-key=1", "--data-rate-burst=3"]);
    let poll = |key: Option<&str>| {
        let mut client = server.client();
        if let Some(key) = key {
            let scope = format!("AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/appconfig/aws4_request");
            client.headers.push(("Authorization".into(), format!("{scope}, SignedHeaders=host, Signature=00")));
        }
        client.get("/configuration?configuration_token=x").status
    };
    eventually("the key is over its rate", || (poll(Some("AKIAGREEDY")) == 429).then_some(()));
    assert_eq!(poll(Some("AKIAMODEST")), 400, "another key is not");
    assert_eq!((0..10).map(|_| poll(None)).max(), Some(400), "nor is who names none");
    assert!(metric(&server, "tidegate_data_throttled_total{by=\"key\"}") >= 1.0);
    server.assert_well();
}

#[test]
fn a_trusted_proxy_is_believed_about_whom_it_speaks_for_and_nobody_else_is() {
    let poll = |server: &Server, client: &str| {
        let headers = [("X-Forwarded-For", client)];
        server.client().ask("GET", "/configuration?configuration_token=x", &headers, None).status
    };
    let rates = ["--data-rate-per-address=1", "--data-rate-burst=3"];
    let (_directory, trusting) = server(&[rates[0], rates[1], "--trusted-proxies=10.0.0.0/8,127.0.0.1"]);
    eventually("the one is over its rate", || (poll(&trusting, "203.0.113.5") == 429).then_some(()));
    assert_eq!(poll(&trusting, "203.0.113.6"), 400, "the other is not");
    assert_eq!(poll(&trusting, "203.0.113.5, 203.0.113.7"), 400, "what a client writes itself is not believed");
    let (_directory, plain) = server(&rates);
    let mut count = 0;
    eventually("whatever is written, it is one address", || {
        count += 1;
        (poll(&plain, &format!("203.0.113.{}", count % 250)) == 429).then_some(())
    });
    trusting.assert_well();
    plain.assert_well();
}

#[test]
fn a_head_that_was_begun_does_not_hold_up_the_end() {
    let (_directory, mut server) = server(&["--shutdown-timeout=3600", "--header-timeout=300"]);
    let mut begun: Vec<Raw> = (0..5).map(|_| Raw::connect(server.address).unwrap()).collect();
    for raw in &mut begun {
        raw.write(b"GET /applications HTTP/1.1\r\nHo").unwrap();
    }
    let mut second: Vec<Raw> = (0..5).map(|_| Raw::connect(server.address).unwrap()).collect();
    for raw in &mut second {
        raw.write(GET).unwrap();
        raw.read().unwrap().expect(200);
        raw.write(b"GET /app").unwrap();
    }
    let mut idle = Raw::connect(server.address).unwrap();
    assert_eq!(http_2::get(&mut idle, "/applications").status, "200");
    server.signal("TERM");
    assert!(server.wait().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (_directory, mut server) = server(&["--shutdown-timeout=3600", "--body-timeout=3600"]);
    let mut open = Raw::connect(server.address).unwrap();
    open.write(b"POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").unwrap();
    // So that the request before it is known to be at work.
    eventually("it is at work", || (metric(&server, "tidegate_connections") >= 2.0).then_some(()));
    server.signal("INT");
    eventually("it is stopping", || server.log().contains("stopping").then_some(()));
    assert!(server.is_running(), "an open request is given its time");
    server.signal("INT");
    assert_eq!(server.wait().code(), Some(130));
    let mut rest = Vec::new();
    let _ = open.stream.read_to_end(&mut rest);
    assert_eq!(rest, b"");
}
