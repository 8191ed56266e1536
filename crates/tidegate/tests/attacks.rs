//! The listener as an attacker would try it. Nothing of this may lead to a fault, a panic, memory that grows without
//! end, or something done that was not asked for plainly.

mod common;

use std::io::Write;

use common::aws::Home;
use common::client::Raw;
use common::{Answer, Server, http_2};
use serde_json::json;

/// What a server may grow by under any of these. It starts with some tens of MiB.
const MOST_GROWTH_KIB: u64 = 48 * 1_024;

fn server(options: &[&str]) -> (tempfile::TempDir, Server) {
    let directory = common::directory();
    let server = Server::start(directory.path(), options);
    (directory, server)
}

/// So that a server soon closes what it waits for in vain.
const IMPATIENT: &[&str] = &["--header-timeout=2", "--body-timeout=2", "--idle-timeout=2"];

/// Sends these bytes over a connection of their own, and reads the first answer; `None` if it was closed without one.
fn exchange(server: &Server, request: &[u8]) -> Option<Answer> {
    let mut raw = Raw::connect(server.address).unwrap();
    raw.throw(request);
    raw.read().ok()
}

#[track_caller]
fn expect_refusal(server: &Server, request: &[u8]) {
    let shown = String::from_utf8_lossy(&request[..request.len().min(160)]).into_owned();
    let Some(answer) = exchange(server, request) else { return };
    assert!((400..500).contains(&answer.status), "{shown:?}: {answer:?}");
}

#[track_caller]
fn expect_nothing_made(server: &Server, what: &str) {
    assert_eq!(server.client().get("/applications").expect(200).json()["Items"], json!([]), "{what:?}");
}

#[track_caller]
fn expect_little_growth(server: &Server, before_kib: u64) {
    let grown = server.memory_kib("VmHWM").saturating_sub(before_kib);
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB");
}

#[test]
fn no_spelling_of_a_path_leads_anywhere_but_where_it_says() {
    let (_directory, server) = server(IMPATIENT);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let id = &home.application;
    let paths = [
        // Encoded slashes do not divide.
        format!("/applications%2F{id}"),
        format!("/applications/{id}%2Fenvironments"),
        format!("/applications/{id}%2fenvironments%2f{}", home.environment),
        format!("/applications%2f{id}/environments"),
        "/_tidegate%2Fhealth".to_owned(),
        "/_tidegate%2Fclock%2Fadvance".to_owned(),
        // Dots do not climb.
        format!("/applications/nothing/../{id}"),
        format!("/nowhere/../applications/{id}"),
        format!("/applications/%2e%2e/applications/{id}"),
        format!("/applications/{id}/."),
        format!("/./applications/{id}"),
        "/_tidegate/../applications".to_owned(),
        "/_tidegate/%2e%2e/applications".to_owned(),
        "/applications/../_tidegate/health".to_owned(),
        // Nothing is decoded twice.
        format!("/applications/%25{:02x}{}", id.as_bytes()[0], &id[1..]),
        format!("/applications%252F{id}"),
        "/applications/%252e%252e".to_owned(),
        // Overlong, surrogate and broken UTF-8.
        "/applications/%c0%ae%c0%ae".to_owned(),
        "/applications/%c0%af".to_owned(),
        "/applications/%e0%80%af".to_owned(),
        "/applications/%f0%80%80%af".to_owned(),
        "/applications/%ed%a0%80".to_owned(),
        "/applications/%f8%88%80%80%80".to_owned(),
        "/applications/%80".to_owned(),
        // Nothing ends at a zero byte, a backslash is no slash, and the fullwidth one is neither.
        format!("/applications/{id}%00"),
        format!("/applications/{id}%00/environments"),
        format!("/applications/{id}%0d%0aX:%20y"),
        format!("/applications\\{id}"),
        format!("/applications/{id}\\environments"),
        format!("/applications%5c{id}"),
        format!("/applications/{id}%5cenvironments"),
        format!("/applications%ef%bc%8f{id}"),
        // Letters of operations are letters, however they are written.
        format!("/%61pplications/{id}"),
        format!("/Applications/{id}"),
        format!("/applications/{id};x=y"),
        format!("/applications//{id}"),
        format!("//applications/{id}"),
        "/%5ftidegate/health".to_owned(),
    ];
    for path in &paths {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = exchange(&server, request.as_bytes()).unwrap_or_else(|| panic!("{path}: no answer"));
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert!(answer.header("x").is_none(), "{path}: a header was put in");
    }
    // What is sent to a spelling of a path is not done, either.
    for path in ["//applications", "/%61pplications", "/applications%00", "/applications/..;/"] {
        let body = r#"{"Name":"by another name"}"#;
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        expect_refusal(&server, request.as_bytes());
    }
    let names = client.get("/applications").json()["Items"].as_array().unwrap().len();
    assert_eq!(names, 1, "only the one that was there");
    server.assert_well();
}

#[test]
fn framings_that_two_programs_may_read_differently_are_refused() {
    let (_directory, server) = server(IMPATIENT);
    let body = r#"{"Name":"smuggled"}"#;
    let hidden =
        format!("POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let after = format!("0\r\n\r\n{hidden}");
    let length = after.len();
    let cases = [
        // Ways to write `chunked` that one of two programs may overlook.
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding:\x0bchunked\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding: chunked\x0b\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding\t: chunked\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding: \"chunked\"\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding: chunked;q=1\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding: chunked, chunked\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Transfer-Encoding: gzip, chunked\r\nTransfer-Encoding: identity\r\n\r\n{after}"),
        format!("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n{after}"),
        format!("Transfer-Encoding:\r\n chunked\r\nContent-Length: {length}\r\n\r\n{after}"),
        // Lengths of which there are two, or none that is one.
        format!("Content-Length: 5, {length}\r\n\r\n{after}"),
        format!("Content-Length: 5\r\nContent-Length: {length}\r\n\r\n{after}"),
        format!("Content-Length: 5\r\nContent-length: {length}\r\n\r\n{after}"),
        format!("Content-Length: 0x5\r\n\r\n{after}"),
        format!("Content-Length: 5 5\r\n\r\n{after}"),
        format!("Content-Length: -1\r\n\r\n{after}"),
        // Folded lines, bare returns, a space before the colon, a name that is none.
        format!("X: y\r\n\tContent-Length: 5\r\n\r\n{after}"),
        format!("X: y\rContent-Length: 5\r\n\r\n{after}"),
        format!("X: y\r\r\n\r\n{after}"),
        format!("Content-Length : 5\r\n\r\n{after}"),
        format!("Content-Length\u{a0}: 5\r\n\r\n{after}"),
        format!(" Content-Length: 5\r\n\r\n{after}"),
        format!(": 5\r\n\r\n{after}"),
        // Chunks whose size or end may be read in two ways.
        format!("Transfer-Encoding: chunked\r\n\r\n0x5\r\n01234\r\n{after}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5\r\n0123456{after}"),
        format!("Transfer-Encoding: chunked\r\n\r\n 5\r\n01234\r\n{after}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5\n01234\r\n{after}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5;\n{hidden}\r\n01234\r\n{after}"),
    ];
    std::thread::scope(|scope| {
        for case in &cases {
            let server = &server;
            scope.spawn(move || {
                let mut raw = Raw::connect(server.address).unwrap();
                raw.throw(format!("POST /nowhere HTTP/1.1\r\nHost: localhost\r\n{case}").as_bytes());
                for answer in raw.answers() {
                    assert!((400..500).contains(&answer.status), "{case:?}: {answer:?}");
                }
            });
        }
    });
    expect_nothing_made(&server, "a second request");
    server.assert_well();
}

#[test]
fn a_compressed_body_is_taken_as_the_bytes_that_it_is() {
    let (_directory, server) = server(&[]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    // 10 MiB of zero bytes, in gzip: a header, stored as one run by deflate.
    let bomb: Vec<u8> = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03".as_slice(), &[0x63; 2_000], &[0; 8]].concat();
    let before = server.memory_kib("VmHWM");
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip, gzip", "identity", "aws-chunked", "nonsense"] {
        let headers = [("Content-Encoding", coding), ("Content-Type", "application/json")];
        // Nothing here unpacks, so JSON that is packed is not JSON.
        client.ask("POST", "/applications", &headers, Some(&bomb)).expect_error(400, "SerializationException");
        // A configuration is anybody's bytes.
        let stored = client.ask("POST", &home.versions(), &headers[..1], Some(&bomb));
        assert_eq!(stored.status, 400, "a type is needed: {stored:?}");
        let headers = [("Content-Encoding", coding), ("Content-Type", "application/gzip")];
        let stored = client.ask("POST", &home.versions(), &headers, Some(&bomb)).expect(201);
        assert_eq!(stored.body, bomb, "{coding}");
        let number = stored.header("version-number").unwrap().to_owned();
        let read = client.get(&format!("{}/{number}", home.versions())).expect(200);
        assert_eq!((read.header("content-encoding"), &read.body), (None, &bomb));
    }
    expect_little_growth(&server, before);
    server.assert_well();
}

#[test]
fn json_that_is_made_to_hurt_is_refused_and_takes_no_memory() {
    let (_directory, server) = server(&[]);
    let mut client = server.client();
    client.post("/applications", &json!({"Name": "x"})).expect(201);
    let before = server.memory_kib("VmHWM");
    let text = "x".repeat(1_000_000);
    let many = |item: &str, count: usize| vec![item; count].join(",");
    let bodies = [
        format!("{}{}", "[".repeat(500_000), "]".repeat(500_000)),
        "{\"Tags\":".repeat(100_000),
        format!("{{\"Name\":\"y\",\"Tags\":{}{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000)),
        format!("{{\"Name\":1{}}}", "0".repeat(900_000)),
        format!("{{\"Name\":1e{}}}", "9".repeat(900_000)),
        format!("{{\"Name\":-0.{}1}}", "0".repeat(900_000)),
        format!("{{\"Name\":\"{text}\"}}"),
        format!("{{\"{text}\":1}}"),
        format!("{{\"Name\":\"{}\"}}", "\\u0041".repeat(160_000)),
        format!("{{\"Name\":[{}]}}", many("0", 500_000)),
        format!("{{\"Name\":[{}]}}", many("[]", 300_000)),
        format!("{{\"Name\":[{}]}}", many("{}", 300_000)),
        format!("{{{}}}", (0..60_000).map(|count| format!("\"k{count}\":{{}}")).collect::<Vec<_>>().join(",")),
        format!("{{\"Name\":{{}},{}}}", many("\"Name\":{}", 80_000)),
        format!(
            "{{\"Name\":\"y\",\"Tags\":{{{}}}}}",
            (0..60_000).map(|count| format!("\"k{count}\":\"\"")).collect::<Vec<_>>().join(",")
        ),
    ];
    for body in &bodies {
        for path in ["/applications", "/deploymentstrategies", "/configurationsessions", "/extensions"] {
            let answer = client.ask("POST", path, &[("Content-Type", "application/json")], Some(body.as_bytes()));
            let shown = format!("{path} {}", &body[..60]);
            assert!((400..500).contains(&answer.status), "{shown}: {answer:?}");
            assert!(answer.body.len() < 10_000, "{shown}: {} bytes", answer.body.len());
            answer.assert_well_formed_error();
        }
    }
    // Many at a time take no more than a few.
    std::thread::scope(|scope| {
        for count in 0..24 {
            let (server, body) = (&server, &bodies[9 + count % 3]);
            scope.spawn(move || {
                for _ in 0..3 {
                    let mut client = server.client();
                    let answer = client.ask("POST", "/deploymentstrategies", &[], Some(body.as_bytes()));
                    assert!((400..500).contains(&answer.status), "{answer:?}");
                }
            });
        }
    });
    // Two members of one name: the last is taken, everywhere alike, or it is refused.
    let twice = client.ask("POST", "/applications", &[], Some(br#"{"Name":"first","Name":"second"}"#));
    match twice.status {
        201 => assert_eq!(twice.json()["Name"], "second"),
        _ => assert_eq!(twice.status, 400),
    }
    let grown = server.memory_kib("VmHWM").saturating_sub(before);
    println!("the most memory ever held has grown by {grown} KiB");
    assert!(grown < 640 * 1_024, "{grown} KiB");
    server.assert_well();
}

#[test]
fn targets_of_other_forms_reach_no_other_host_and_nothing_more() {
    let (_directory, server) = server(IMPATIENT);
    for (line, statuses) in [
        // The absolute form is to be understood; its host has to be this one.
        ("GET http://localhost/applications", &[200][..]),
        ("GET http://elsewhere.example/applications", &[200, 403]),
        ("GET http://localhost@elsewhere.example/applications", &[200, 400, 403]),
        ("GET ftp://localhost/applications", &[200, 400]),
        ("GET http:///applications", &[400]),
        ("GET http://[::1/applications", &[400]),
        ("GET http://localhost:99999/applications", &[200, 400]),
        ("CONNECT localhost:22", &[404]),
        ("CONNECT /applications", &[400, 404]),
        ("GET localhost:80", &[400, 404]),
        ("OPTIONS *", &[404]),
        ("GET *", &[400, 404]),
        ("GET ?configuration_token=x", &[400, 404]),
        ("GET #", &[400, 404]),
        ("GET /applications#fragment", &[200, 400, 404]),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = exchange(&server, request.as_bytes()).unwrap_or_else(|| panic!("{line}: no answer"));
        assert!(statuses.contains(&answer.status), "{line}: {answer:?}");
    }
    for headers in [
        "Host: elsewhere.example\r\n",
        "Host: localhost.elsewhere.example\r\n",
        "Host: localhost@elsewhere.example\r\n",
        "Host: elsewhere.example:localhost\r\n",
        "Host: \r\n",
        "Host: localhost, elsewhere.example\r\n",
    ] {
        let request = format!("GET /applications HTTP/1.1\r\n{headers}\r\n");
        expect_refusal(&server, request.as_bytes());
    }
    server.assert_well();
}

#[test]
fn two_hosts_are_none() {
    let (_directory, server) = server(IMPATIENT);
    for headers in [
        "Host: localhost\r\nHost: elsewhere.example\r\n",
        "Host: elsewhere.example\r\nHost: localhost\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
    ] {
        expect_refusal(&server, format!("GET /applications HTTP/1.1\r\n{headers}\r\n").as_bytes());
    }
    server.assert_well();
}

#[test]
fn offers_to_speak_something_else_are_not_taken_up() {
    let (_directory, server) = server(IMPATIENT);
    for headers in [
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n",
        "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
    ] {
        let mut raw = Raw::connect(server.address).unwrap();
        let get = format!("GET /applications HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        raw.write(get.repeat(2).as_bytes()).unwrap();
        for _ in 0..2 {
            assert_eq!(raw.read().unwrap().expect(200).header("upgrade"), None);
        }
    }
    for expectation in ["nonsense", "100-continue, 100-continue", ""] {
        let request = format!("GET /applications HTTP/1.1\r\nHost: localhost\r\nExpect: {expectation}\r\n\r\n");
        let answer = exchange(&server, request.as_bytes()).expect("an answer");
        assert!(matches!(answer.status, 200 | 400 | 417), "{answer:?}");
    }
    server.assert_well();
}

#[test]
fn trailers_and_garbage_behind_a_request_change_nothing() {
    let (_directory, server) = server(IMPATIENT);
    let chunked = "Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";
    for trailers in [
        "Content-Length: 100\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Host: elsewhere.example\r\n",
        "Authorization: AWS4-HMAC-SHA256 Credential=x\r\n",
        &"X: y\r\n".repeat(5_000),
        &format!("X: {}\r\n", "y".repeat(500_000)),
    ] {
        expect_refusal(&server, format!("POST /applications HTTP/1.1\r\n{chunked}{trailers}\r\n").as_bytes());
    }
    let get = "GET /applications HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for garbage in ["\0\0\0\0", "\u{1}\u{2}\u{3}", "GET", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "{}\r\n\r\n", "\r\r\r\n"]
    {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.throw(format!("{get}{get}{garbage}").as_bytes());
        let answers = raw.answers();
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.get(..2), Some([200, 200].as_slice()), "{garbage:?}");
        assert!(statuses[2..].iter().all(|status| (400..500).contains(status)), "{garbage:?}: {statuses:?}");
    }
    expect_nothing_made(&server, "trailers and garbage");
    server.assert_well();
}

/// Sends these frames over a connection of HTTP/2, and says whether the server broke it off: with a GOAWAY that names an
/// error, or by not listening any more.
fn is_broken_off(server: &Server, frames: impl Iterator<Item = Vec<u8>>) -> bool {
    let mut raw = Raw::connect(server.address).unwrap();
    let mut writer = raw.stream.get_ref().try_clone().unwrap();
    let reading = std::thread::spawn(move || {
        let mut has_error = false;
        while let Ok(frame) = http_2::read_frame(&mut raw) {
            has_error |= frame.kind == http_2::GOAWAY && frame.payload.get(4..8) != Some(&[0; 4]);
        }
        has_error
    });
    let mut batch = [http_2::PREFACE, &http_2::frame(http_2::SETTINGS, 0, 0, &[])].concat();
    let mut is_deaf = false;
    for frame in frames {
        batch.extend(frame);
        if batch.len() > 16 * 1_024 {
            is_deaf = writer.write_all(&batch).is_err();
            batch.clear();
        }
        if is_deaf {
            break;
        }
    }
    let is_deaf = is_deaf || writer.write_all(&batch).is_err();
    let _ = writer.shutdown(std::net::Shutdown::Write);
    reading.join().unwrap() || is_deaf
}

fn headers(stream: u32, flags: u8) -> Vec<u8> {
    http_2::frame(http_2::HEADERS, flags, stream, &http_2::get_block("/applications"))
}

#[test]
fn streams_that_are_opened_and_reset_at_once_end_the_connection() {
    let (_directory, server) = server(&[]);
    let before = server.memory_kib("VmHWM");
    for flags in [http_2::END_HEADERS, http_2::END_HEADERS | http_2::END_STREAM] {
        let reset = |stream: u32| {
            [headers(stream, flags), http_2::frame(http_2::RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
        };
        let has_ended = is_broken_off(&server, (0..100_000).map(|count| reset(count * 2 + 1)));
        assert!(has_ended);
        server.client().get("/applications").expect(200);
    }
    // The same by provoking the server to reset: a window of zero, enlarged by nothing.
    let provoke = |stream: u32| [headers(stream, 4), http_2::frame(8, 0, stream, &[0; 4])].concat();
    let has_ended = is_broken_off(&server, (0..100_000).map(|count| provoke(count * 2 + 1)));
    assert!(has_ended);
    expect_little_growth(&server, before);
    server.assert_well();
}

#[test]
fn heads_that_never_end_and_lists_without_measure_end_the_connection() {
    let (_directory, server) = server(&[]);
    let before = server.memory_kib("VmHWM");
    let field = |length: u8| [&[0x00, 1, b'x', length], vec![b'y'; length.into()].as_slice()].concat();
    let fields = field(100).repeat(150);
    let continued = |flags: u8| http_2::frame(http_2::CONTINUATION, flags, 1, &fields);
    let opening = || std::iter::once(headers(1, http_2::END_STREAM));
    let has_ended = is_broken_off(&server, opening().chain((0..10_000).map(|_| continued(0))));
    assert!(has_ended, "a head without end");
    let empty = || http_2::frame(http_2::CONTINUATION, 0, 1, &[]);
    let has_ended = is_broken_off(&server, opening().chain((0..100_000).map(|_| empty())));
    assert!(has_ended, "a head without end, of nothing");
    // An entry of the table that is referred to again and again: a few bytes that stand for many.
    let entry = [&[0x40, 1, b'x', 126], vec![b'y'; 126].as_slice()].concat();
    let bomb = [http_2::get_block("/applications"), entry, vec![0xbe; 15_000]].concat();
    let head = http_2::frame(http_2::HEADERS, http_2::END_STREAM | http_2::END_HEADERS, 1, &bomb);
    is_broken_off(&server, std::iter::once(head));
    expect_little_growth(&server, before);
    server.assert_well();
}

#[test]
fn floods_of_what_has_to_be_answered_take_no_memory() {
    let (_directory, server) = server(&[]);
    let before = server.memory_kib("VmHWM");
    let settings = http_2::frame(http_2::SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff].repeat(100));
    let ping = http_2::frame(http_2::PING, 0, 0, &[1; 8]);
    let nothing = http_2::frame(http_2::DATA, 0, 1, &[]);
    let unknown = http_2::frame(0xfe, 0xff, 0, &[1; 100]);
    for (frame, count) in [(&settings, 20_000), (&ping, 200_000), (&unknown, 100_000)] {
        is_broken_off(&server, (0..count).map(|_| frame.clone()));
        server.client().get("/applications").expect(200);
    }
    let opening = std::iter::once(headers(1, http_2::END_HEADERS));
    is_broken_off(&server, opening.chain((0..200_000).map(|_| nothing.clone())));
    // And by somebody who never reads the answers.
    for frame in [&settings, &ping] {
        let mut raw = Raw::connect(server.address).unwrap();
        let mut writer = raw.stream.get_ref().try_clone().unwrap();
        writer.set_write_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
        raw.write(&[http_2::PREFACE, &http_2::frame(http_2::SETTINGS, 0, 0, &[])].concat()).unwrap();
        let flood = frame.repeat(64 * 1_024 / frame.len());
        let mut sent = 0;
        while sent < 64 << 20 && writer.write_all(&flood).is_ok() {
            sent += flood.len();
        }
        server.client().get("/applications").expect(200);
    }
    expect_little_growth(&server, before);
    server.assert_well();
}

#[test]
fn more_streams_than_are_allowed_are_refused_and_windows_that_stay_shut_hold_nothing_up() {
    let (_directory, server) = server(&["--token-reuse=allow", "--enforce-poll-interval=false"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, &vec![b'x'; 1_000_000]);
    home.deploy(&mut client, version).expect(201);
    let path = format!("/configuration?configuration_token={}", home.start_session(&mut client));
    let before = server.memory_kib("VmHWM");
    let mut shut: Vec<Raw> = (0..8).map(|_| Raw::connect(server.address).unwrap()).collect();
    for raw in &mut shut {
        // INITIAL_WINDOW_SIZE 0: an answer's body cannot be sent.
        let mut bytes = [http_2::PREFACE, &http_2::frame(http_2::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])].concat();
        for count in 0..200 {
            let flags = http_2::END_HEADERS | http_2::END_STREAM;
            bytes.extend(http_2::frame(http_2::HEADERS, flags, count * 2 + 1, &http_2::get_block(&path)));
        }
        raw.write(&bytes).unwrap();
    }
    for raw in &mut shut {
        // Each stream is answered with a head or refused, or the connection is ended.
        let mut seen = 0;
        while seen < 100 {
            match http_2::read_frame(raw) {
                Ok(frame) if matches!(frame.kind, http_2::HEADERS | http_2::RST_STREAM) => seen += 1,
                Ok(frame) => assert!(frame.kind != http_2::DATA || frame.payload.is_empty()),
                Err(_) => break,
            }
        }
    }
    client.get(&path).expect(200);
    expect_little_growth(&server, before);
    server.assert_well();
}

#[test]
fn what_a_browser_could_be_made_to_show_is_text_that_does_nothing() {
    let (_directory, server) = server(&[]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let page = b"<script>alert(1)</script>";
    let headers = [("Content-Type", "text/html")];
    let stored = client.ask("POST", &home.versions(), &headers, Some(page)).expect(201);
    let number = stored.header("version-number").unwrap().to_owned();
    for path in [
        format!("{}/{number}", home.versions()),
        "/_tidegate/health".to_owned(),
        "/_tidegate/metrics".to_owned(),
        "/_tidegate/none".to_owned(),
        "/nowhere/script".to_owned(),
        "/applications/%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
    ] {
        let answer = client.get(&path);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'; sandbox", "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "this is not TLS");
        if answer.status != 200 {
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        }
    }
    server.assert_well();
}
