//! What a client can send that it should not: the answer is a refusal that says why, and the server goes on.
//!
//! Where a head cannot be read as HTTP at all, hyper answers with a bare status and closes the connection; everything
//! that has a method and a path gets AWS's JSON.

mod common;

use std::io::Write;
use std::time::{Duration, Instant};

use common::aws::{self, Home};
use common::client::Raw;
use common::{Answer, Client, Server, eventually, http_2};
use serde_json::{Value, json};

fn server(options: &[&str]) -> (tempfile::TempDir, Server) {
    let directory = common::directory();
    let server = Server::start(directory.path(), options);
    (directory, server)
}

/// Sends these bytes over a connection of their own and reads the one answer.
#[track_caller]
fn exchange(server: &Server, request: &[u8]) -> Answer {
    let mut raw = Raw::connect(server.address).unwrap();
    raw.throw(request);
    let shown = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
    raw.read().unwrap_or_else(|error| panic!("{error} after {shown:?}"))
}

#[test]
fn a_body_that_is_not_what_the_operation_takes_is_a_client_error_in_aws_form() {
    let (_directory, server) = server(&[]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let deep = |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let bodies: Vec<Vec<u8>> = [
        "{",
        "}",
        "{\"Name\"",
        "{\"Name\":}",
        "{'Name':'x'}",
        "[]",
        "\"Name\"",
        "1",
        "nul",
        "{\"Name\":1}",
        "{\"Name\":[\"x\"]}",
        "{\"Name\":{\"x\":1}}",
        "{\"Name\":true}",
        "{\"Name\":null}",
        "{\"Name\":\"\"}",
        "{\"Name\":\"\\ud800\"}",
        "{\"Name\":\"x\",\"Tags\":[]}",
        "{\"Name\":\"x\",\"Tags\":{\"k\":1}}",
        "{\"Name\":\"x\",\"Description\":1e999}",
        "{\"Name\":\"x\"} {\"Name\":\"y\"}",
        "{\"Name\":\"x\"",
        "\u{feff}{\"Name\":\"x\"}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([
        b"\xff\xfe".to_vec(),
        b"{\"Name\":\"\xff\"}".to_vec(),
        vec![0; 1_000],
        deep("[", "]", 200_000).into_bytes(),
        deep("{\"Name\":", "}", 100_000).into_bytes(),
        format!("{{\"Name\":\"x\",\"Other\":{}}}", deep("[", "]", 200_000)).into_bytes(),
        format!("{{\"Name\":\"{}\"}}", "x".repeat(900_000)).into_bytes(),
        format!("{{\"Name\":{}}}", "9".repeat(500_000)).into_bytes(),
    ])
    .collect();
    let paths = [
        "/applications".to_owned(),
        format!("/applications/{}/environments", home.application),
        format!("/applications/{}/configurationprofiles", home.application),
        "/deploymentstrategies".to_owned(),
        home.deployments(),
        "/configurationsessions".to_owned(),
    ];
    for path in &paths {
        for body in &bodies {
            let answer = client.ask("POST", path, &[("Content-Type", "application/json")], Some(body));
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert!((400..500).contains(&answer.status), "{path} {shown}: {answer:?}");
            assert!(answer.body.len() < 10_000, "{path} {shown}: the refusal is {} bytes long", answer.body.len());
            answer.assert_well_formed_error();
        }
        server.assert_well();
    }
    let numbers = ["-1", "1.5", "1e9", "\"0\"", "99999999999999999999", "2147483648", "NaN"];
    for number in numbers {
        let body = format!(
            "{{\"Name\":\"x\",\"DeploymentDurationInMinutes\":{number},\"GrowthFactor\":10,\"ReplicateTo\":\"NONE\"}}"
        );
        let answer = client.ask("POST", "/deploymentstrategies", &[], Some(body.as_bytes()));
        assert_eq!(answer.status, 400, "{number}: {answer:?}");
        answer.assert_well_formed_error();
    }
    server.assert_well();
}

#[test]
fn paths_queries_and_methods_that_mean_nothing_are_client_errors_in_aws_form() {
    let (_directory, server) = server(&[]);
    let unknown = [
        "GET /",
        "GET //",
        "GET //applications",
        "GET /applications//environments",
        "GET /applications/../applications",
        "GET /applications/x/../../deploymentstrategies/y/z",
        "GET /./applications",
        "GET /%2e%2e/etc/passwd",
        "GET /%",
        "GET /%zz",
        "GET /%00",
        "GET /APPLICATIONS",
        "GET /applications%2Fx",
        "GET /applications;x=1",
        "GET /nowhere",
        "POST /nowhere",
        "PUT /applications",
        "DELETE /applications",
        "BREW /applications",
        "get /applications",
        "OPTIONS /applications",
        "OPTIONS *",
        "TRACE /applications",
        "CONNECT example.com:443",
        "POST /configuration",
        "GET /_tidegate",
        "GET http://example.com/nowhere",
    ];
    for line in unknown {
        let answer = exchange(&server, format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        assert_eq!((answer.status, answer.error_name()), (404, "UnknownOperationException"), "{line}: {answer:?}");
        answer.assert_well_formed_error();
    }
    let refused = [
        "GET /applications/%zz",
        "GET /applications/%",
        "GET /applications/%f",
        "GET /applications/%ff",
        "GET /applications/%00",
        "GET /applications/%2e%2e",
        "GET /applications/a%2Fb",
        "GET /applications/..",
        "GET /applications/x/environments/%c3%28",
        "GET /applications?max_results=%zz",
        "GET /applications?max_results=many",
        "GET /applications?max_results=0",
        "GET /applications?max_results=-1",
        "GET /applications?max_results=99999999999999999999",
        "GET /applications?max_results=1&max_results=2",
        "GET /applications?next_token=%ff",
        "GET /applications?next_token=nonsense",
        "GET /applications/x/environments/y/deployments/one",
        "GET /applications/x/environments/y/deployments/-1",
        "GET /applications/x/environments/y/deployments/99999999999999999999",
        "GET /configuration",
        "GET /configuration?configuration_token=",
        "GET /configuration?configuration_token=%zz",
        "GET /configuration?configuration_token=%00",
        "GET /configuration?configuration_token=a&configuration_token=b",
        "GET /configuration?&&&===",
        "GET /tags/nonsense",
        "GET /tags/arn:aws:appconfig:us-east-1:000000000000:application%2F%2e%2e",
    ];
    for line in refused {
        let answer = exchange(&server, format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        if line.ends_with("max_results=1&max_results=2") && answer.status == 200 {
            continue; // AWS does not say; either is no accident.
        }
        assert!(matches!(answer.status, 400 | 404), "{line}: {answer:?}");
        assert_ne!(answer.error_name(), "UnknownOperationException", "{line}");
        answer.assert_well_formed_error();
    }
    let long =
        format!("GET /configuration?configuration_token={} HTTP/1.1\r\nHost: localhost\r\n\r\n", "t".repeat(20_000));
    exchange(&server, long.as_bytes()).expect_error(400, "BadRequestException");
    server.assert_well();
}

#[test]
fn a_page_in_a_browser_cannot_change_anything() {
    let (_directory, server) = server(&["--clock=manual"]);
    let mut client = server.client();
    let of_page = [("origin", "https://pages.example"), ("content-type", "text/plain")];
    for path in ["/applications", "/_tidegate/clock/advance", "/configurationsessions"] {
        let body = b"{\"Name\":\"x\",\"seconds\":60}";
        client.ask("POST", path, &of_page, Some(body)).expect_error(403, "AccessDeniedException");
    }
    assert_eq!(client.get("/applications").expect(200).json()["Items"], json!([]));
    for (host, status) in [
        ("pages.example", 403),
        ("pages.example:8787", 403),
        ("localhost.pages.example", 403),
        ("localhost:8787", 200),
        ("tidegate.localhost", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8787", 200),
    ] {
        let request = format!("GET /applications HTTP/1.1\r\nhost: {host}\r\n\r\n");
        assert_eq!(exchange(&server, request.as_bytes()).status, status, "{host}");
    }
}

#[test]
fn an_extra_page_that_is_not_there_or_is_asked_wrongly_is_a_client_error() {
    let (_directory, server) = server(&["--clock=manual"]);
    let mut client = server.client();
    client.get("/_tidegate/").expect(404);
    client.get("/_tidegate/none").expect(404);
    assert_eq!(client.ask("POST", "/_tidegate/health", &[], Some(b"")).expect(405).header("allow"), Some("GET"));
    assert_eq!(client.get("/_tidegate/clock/advance").expect(405).header("allow"), Some("POST"));
    for body in ["", "{", "[]", "{\"seconds\":\"1\"}", "{\"seconds\":-1}", "{\"seconds\":1e300}", "{\"seconds\":null}"]
    {
        client.ask("POST", "/_tidegate/clock/advance", &[], Some(body.as_bytes())).expect(400);
    }
    client.ask("POST", "/_tidegate/clock/advance", &[], Some(&vec![b'['; 2_000_000])).expect(413);
    server.assert_well();
}

#[test]
fn a_body_over_the_limit_is_refused_while_it_is_read_and_takes_no_memory() {
    let (_directory, server) = server(&[]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    // So that what the largest body that is allowed takes has been taken.
    home.store(&mut client, &vec![b'x'; 2_048 * 1_024]);
    let before = server.memory_kib("VmHWM");
    let piece = vec![b'x'; 1_024 * 1_024];
    let cases = [
        ("/applications".to_owned(), "RequestEntityTooLargeException"),
        (home.versions(), "PayloadTooLargeException"),
        ("/nowhere".to_owned(), "UnknownOperationException"),
    ];
    for (path, name) in &cases {
        for is_chunked in [false, true] {
            let mut raw = Raw::connect(server.address).unwrap();
            let framing = if is_chunked {
                "Transfer-Encoding: chunked".to_owned()
            } else {
                format!("Content-Length: {}", 100 << 20)
            };
            raw.write(
                format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n{framing}\r\n\r\n")
                    .as_bytes(),
            )
            .unwrap();
            for _ in 0..100 {
                if is_chunked {
                    raw.write(b"100000\r\n").unwrap();
                }
                raw.write(&piece).unwrap();
                if is_chunked {
                    raw.write(b"\r\n").unwrap();
                }
            }
            if is_chunked {
                raw.write(b"0\r\n\r\n").unwrap();
            }
            let answer = raw.read().unwrap();
            assert_eq!(answer.error_name(), *name, "{path}, chunked: {is_chunked}");
            answer.assert_well_formed_error();
            // The connection has not lost its place.
            raw.write(b"GET /_tidegate/health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            assert_eq!(raw.read().unwrap().status, 200);
        }
    }
    let grown = server.memory_kib("VmHWM") - before;
    println!("600 MiB were refused; the most memory ever held has grown by {grown} KiB from {before} KiB");
    assert!(grown < 32 * 1_024, "{grown} KiB");
    server.assert_well();
}

#[test]
fn a_body_far_over_the_limit_is_refused_before_it_is_sent() {
    let (_directory, server) = server(&[]);
    for head in [
        "POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n",
        "POST /applications HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n",
        "POST /applications HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 18446744073709551615\r\n\r\n",
    ] {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.write(head.as_bytes()).unwrap();
        let answer = Answer::read_one(&mut raw.stream, false).unwrap();
        if head.contains("18446744073709551615") && answer.status == 431 {
            continue; // hyper keeps the largest numbers for itself, and refuses them itself.
        }
        answer.expect_error(413, "RequestEntityTooLargeException");
    }
    server.assert_well();
}

#[test]
fn a_client_that_asks_first_is_told_to_continue() {
    let (_directory, server) = server(&[]);
    let mut raw = Raw::connect(server.address).unwrap();
    let body = r#"{"Name":"asked first"}"#;
    let length = body.len();
    raw.write(
        format!(
            "POST /applications HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
        .as_bytes(),
    )
    .unwrap();
    assert_eq!(Answer::read_one(&mut raw.stream, false).unwrap().status, 100);
    raw.write(body.as_bytes()).unwrap();
    assert_eq!(raw.read().unwrap().expect(201).json()["Name"], "asked first");
    server.assert_well();
}

#[test]
fn chunks_may_be_of_any_size() {
    let (_directory, server) = server(&[]);
    let mut raw = Raw::connect(server.address).unwrap();
    raw.write(b"POST /applications HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    for byte in br#"{"Name":"in pieces"}"# {
        raw.write(&[b"1;ext=1\r\n".as_slice(), &[*byte], b"\r\n"].concat()).unwrap();
    }
    raw.write(b"0\r\nTrailer: x\r\n\r\n").unwrap();
    assert_eq!(raw.read().unwrap().expect(201).json()["Name"], "in pieces");
    server.assert_well();
}

#[test]
fn a_body_that_ends_early_or_is_badly_framed_harms_nobody() {
    let (_directory, server) = server(&[]);
    let head = "POST /applications HTTP/1.1\r\nHost: localhost\r\n";
    for framing in [
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n{}",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        "Content-Length: two\r\n\r\n{}",
        "Content-Length: -2\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: 0x2\r\n\r\n{}",
        "Content-Length: 2, 2\r\n\r\n{}",
        "Content-Length: 99999999999999999999999999\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    ] {
        let answer = exchange(&server, format!("{head}{framing}").as_bytes());
        assert!((400..500).contains(&answer.status), "{framing:?}: {answer:?}");
    }
    for cut in ["Content-Length: 100\r\n\r\n{\"Name\"", "Transfer-Encoding: chunked\r\n\r\n64\r\n{\"Name\""] {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.write(format!("{head}{cut}").as_bytes()).unwrap();
        drop(raw);
    }
    assert_eq!(server.client().get("/applications").json()["Items"], json!([]), "nothing was created by half");
    server.assert_well();
}

#[test]
fn no_second_request_can_be_smuggled_in_a_body() {
    let (_directory, server) = server(&[]);
    let smuggled = r#"{"Name":"smuggled"}"#;
    let hidden = format!(
        "POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{smuggled}",
        smuggled.len()
    );
    let chunked = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    let cases = [
        // A front end that goes by the length would take the rest for the body.
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}", 5 + hidden.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n\r\n0\r\n\r\n{hidden}", 5 + hidden.len()),
        // One that goes by the chunks would take the rest for the body.
        format!("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
        format!("Content-Length: 0\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("Content-Length: {}\r\nContent-Length: 0\r\n\r\n{hidden}", hidden.len()),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding : chunked\r\nContent-Length: {}\r\n\r\n{chunked}", chunked.len()),
        format!("Content-Length : 0\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("X: y\r\n Content-Length: 0\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("X: y\nContent-Length: {}\r\n\r\n{hidden}", hidden.len()),
    ];
    for case in cases {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.throw(format!("POST /applications HTTP/1.1\r\nHost: localhost\r\n{case}").as_bytes());
        let first = raw.read().unwrap_or_else(|error| panic!("{error}: {case}"));
        assert!((400..500).contains(&first.status), "{case}: {first:?}");
        let _ = raw.stream.get_mut().shutdown(std::net::Shutdown::Write);
        raw.rest();
        let applications = server.client().get("/applications").json();
        assert_eq!(applications["Items"], json!([]), "it got through: {case}");
    }
    server.assert_well();
}

#[test]
fn pipelined_requests_are_answered_in_their_order_each_for_itself() {
    let (_directory, server) = server(&[]);
    let mut raw = Raw::connect(server.address).unwrap();
    let mut requests = String::new();
    for count in 0..50 {
        let body = format!("{{\"Name\":\"in line {count}\"}}");
        let length = body.len();
        requests.push_str(&format!(
            "POST /applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}\
             GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n\
             HEAD /_tidegate/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
    }
    raw.write(requests.as_bytes()).unwrap();
    for count in 0..50 {
        assert_eq!(raw.read().unwrap().expect(201).json()["Name"], format!("in line {count}"));
        raw.read().unwrap().expect_error(404, "UnknownOperationException");
        assert_eq!(Answer::read(&mut raw.stream, true).unwrap().status, 200);
    }
    server.assert_well();
}

#[test]
fn http_1_0_is_answered_and_its_connection_closed() {
    let (_directory, server) = server(&[]);
    let mut raw = Raw::connect(server.address).unwrap();
    raw.write(b"GET /applications HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(raw.read().unwrap().expect(200).json()["Items"], json!([]));
    assert_eq!(raw.rest(), b"");
    server.assert_well();
}

#[test]
fn what_is_not_http_is_refused_and_its_connection_closed() {
    let (_directory, server) = server(&[]);
    let tls = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[7; 200]].concat();
    let garbage: Vec<Vec<u8>> = vec![
        b"hello\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET /applications\r\n\r\n".to_vec(),
        b"GET /applications HTTP/3.0\r\n\r\n".to_vec(),
        b"GET /applications HTTP/1.1\r\nno colon\r\n\r\n".to_vec(),
        b"GET /applications HTTP/1.1\r\nbad name: x\r\n\r\n".to_vec(),
        b"GET /applications HTTP/1.1\r\nX: \x00\r\n\r\n".to_vec(),
        b"GET /app lications HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"GET nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18"
            .to_vec(),
        tls,
    ];
    for bytes in garbage {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.throw(&bytes);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let answer = raw.read().unwrap_or_else(|error| panic!("{error}: {shown:?}"));
        assert!(matches!(answer.status, 400 | 404 | 505), "{shown:?}: {answer:?}");
    }
    server.assert_well();
}

#[test]
fn headers_that_are_too_many_or_too_long_are_refused() {
    let (_directory, server) = server(&[]);
    let head = "GET /applications HTTP/1.1\r\nHost: localhost\r\n";
    for headers in [
        "X: y\r\n".repeat(500),
        format!("X: {}\r\n", "y".repeat(200_000)),
        format!("{}: y\r\n", "X".repeat(200_000)),
        format!("Authorization: {}\r\n", "AWS4-HMAC-SHA256 Credential=".repeat(10_000)),
    ] {
        let answer = exchange(&server, format!("{head}{headers}\r\n").as_bytes());
        assert!(matches!(answer.status, 400 | 431), "{answer:?}");
    }
    let answer =
        exchange(&server, format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(200_000)).as_bytes());
    assert!(matches!(answer.status, 400 | 414 | 431), "{answer:?}");
    // Strange, and no reason to refuse.
    for headers in [
        "Authorization: nonsense\r\n".to_owned(),
        "Authorization: AWS4-HMAC-SHA256 Credential=////,,,==\r\n".to_owned(),
        "Authorization: \u{e9}\r\n".to_owned(),
        "X-Amz-Date: yesterday\r\n".to_owned(),
        "Content-Type: \u{7f}\r\n".replace('\u{7f}', "???"),
        "Accept: */*;q=nonsense\r\n".to_owned(),
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n".to_owned(),
        "X: y\r\n".repeat(90),
    ] {
        exchange(&server, format!("{head}{headers}\r\n").as_bytes()).expect(200);
    }
    server.assert_well();
}

#[test]
fn headers_of_a_hosted_version_that_are_not_right_are_client_errors() {
    let (_directory, server) = server(&[]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let (long_type, long_text) = ("t".repeat(300), "d".repeat(2_000));
    for (name, value) in [
        ("Latest-Version-Number", "one"),
        ("Latest-Version-Number", "-1"),
        ("Latest-Version-Number", "99999999999999999999"),
        ("Latest-Version-Number", "7"),
        ("VersionLabel", "1"),
        ("VersionLabel", "\u{e9}"),
        ("Description", &long_text),
        ("Content-Type", &long_type),
    ] {
        let mut headers = vec![(name, value)];
        if name != "Content-Type" {
            headers.push(("Content-Type", "text/plain"));
        }
        let answer = client.ask("POST", &home.versions(), &headers, Some(b"x"));
        assert!((400..500).contains(&answer.status), "{name}: {value}: {answer:?}");
        answer.assert_well_formed_error();
    }
    server.assert_well();
}

#[test]
fn whoever_sends_nothing_or_a_head_for_ever_is_hung_up_on_and_who_has_been_answered_may_take_its_time() {
    let (_directory, server) = server(&[]);
    let began = Instant::now();
    let openings: [&[u8]; 5] = [
        b"",
        b"G",
        b"PRI * HTTP/2.0\r\n",
        b"GET /applications HTTP/1.1\r\nHost: localhost\r\n",
        b"GET /applications HTTP/1.1\r\nX: ",
    ];
    let address = server.address;
    let mut patient = Raw::connect(address).unwrap();
    patient.write(b"GET /applications HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    patient.read().unwrap().expect(200);
    std::thread::scope(|scope| {
        for opening in openings {
            scope.spawn(move || {
                let mut raw = Raw::connect(address).unwrap();
                raw.write(opening).unwrap();
                let mut stream = raw.stream.get_ref().try_clone().unwrap();
                if opening.ends_with(b"X: ") {
                    // A head that grows and never ends.
                    scope.spawn(move || {
                        while stream.write_all(b"y").is_ok() {
                            std::thread::sleep(Duration::from_millis(500));
                        }
                    });
                }
                raw.rest();
                println!("{:?}: hung up after {:?}", String::from_utf8_lossy(opening), began.elapsed());
                let _ = raw.stream.get_mut().shutdown(std::net::Shutdown::Both);
            });
        }
        while began.elapsed() < Duration::from_secs(2) {
            Client::new(address).get("/applications").expect(200);
        }
    });
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    // Clients poll every 15 to 60 seconds, and should not have to connect each time.
    patient.write(b"GET /applications HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    patient.read().unwrap().expect(200);
    drop(patient);
    eventually("the connections are gone", || {
        server.client().get("/_tidegate/metrics").text().contains("\ntidegate_connections 1\n").then_some(())
    });
    server.assert_well();
}

#[test]
fn clients_that_never_speak_do_not_keep_others_out() {
    let (_directory, server) = server(&["--max-connections=2"]);
    let silent: Vec<_> = (0..2).map(|_| Raw::connect(server.address).unwrap()).collect();
    Client::new(server.address).get("/applications").expect(200);
    drop(silent);
    server.assert_well();
}

#[test]
fn http_2_without_negotiation_is_spoken() {
    let (_directory, server) = server(&[]);
    for (path, status, text) in [("/applications", "200", r#"{"Items":[]}"#), ("/nowhere", "404", r#"{"Message":"#)] {
        let answer = http_2::get(&mut Raw::connect(server.address).unwrap(), path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.starts_with(text.as_bytes()), "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    // Frames that make no sense end the connection and nothing else.
    for frames in [vec![0xff; 1_000], vec![0, 0, 4, 1, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff], vec![0; 9]] {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.throw(&[http_2::PREFACE, &frames].concat());
        let _ = raw.stream.get_mut().shutdown(std::net::Shutdown::Write);
        raw.rest();
    }
    server.assert_well();
}

#[test]
fn the_log_never_holds_a_configuration_at_any_level() {
    for format in ["--log-format=text", "--log-format=json"] {
        let (_directory, server) = server(&["--log=trace", "--enforce-poll-interval=false", format]);
        let mut client = server.client();
        let home = Home::create(&mut client);
        let marker = "mooring-lines-4711";
        let content = json!({"secret": marker}).to_string();
        let version = home.store(&mut client, content.as_bytes());
        home.deploy(&mut client, version).expect(201);
        let token = home.start_session(&mut client);
        let polled = aws::poll(&mut client, &token).expect(200);
        assert_eq!(polled.text(), content);
        aws::poll(&mut client, &aws::next_token(&polled)).expect(200);
        assert_eq!(client.get(&format!("{}/{version}", home.versions())).expect(200).text(), content);
        let old = format!(
            "/applications/{}/environments/{}/configurations/{}?client_id=x",
            home.application, home.environment, home.profile
        );
        assert_eq!(client.get(&old).expect(200).text(), content);
        // The same content where it is refused: without a type, over the limit, at the wrong place, badly framed.
        client.ask("POST", &home.versions(), &[], Some(content.as_bytes()));
        let big = content.repeat(100_000);
        client.ask("POST", &home.versions(), &[("Content-Type", "text/plain")], Some(big.as_bytes())).expect(413);
        client.ask("POST", "/applications", &[], Some(content.as_bytes())).expect(400);
        client.ask("POST", "/applications", &[], Some(&content.as_bytes()[1..])).expect(400);
        client.ask("POST", "/nowhere", &[], Some(content.as_bytes())).expect(404);
        exchange(&server, format!("{content}\r\n\r\n").as_bytes());
        let flags = json!({"Name": "flags", "LocationUri": "hosted", "Type": "AWS.AppConfig.FeatureFlags"});
        let profiles = format!("/applications/{}/configurationprofiles", home.application);
        let flags = aws::create(&mut client, &profiles, &flags);
        let document: Value = json!({"version": "1", "flags": {marker: {"name": marker}}, "values": {marker: 1}});
        let path = format!("{profiles}/{flags}/hostedconfigurationversions");
        for body in [document.to_string(), content.clone(), content[1..].to_owned()] {
            client.ask("POST", &path, &[("Content-Type", "application/json")], Some(body.as_bytes()));
        }
        let over_http_2 =
            http_2::get(&mut Raw::connect(server.address).unwrap(), &format!("{}/{version}", home.versions()));
        assert_eq!(over_http_2.body, content.as_bytes());
        let log = server.log();
        assert!(log.contains("CreateHostedConfigurationVersion"), "there is a log to look at");
        let found = log.lines().find(|line| line.contains(marker));
        assert_eq!(found, None, "a configuration is nobody's business");
        server.assert_well();
    }
}
