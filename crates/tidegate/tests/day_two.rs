//! `tidegate backup`, `restore` and `doctor`, beside running servers.

mod common;

use std::path::Path;
use std::process::Output;

use common::aws::{self, Home};
use common::server::{command, run};
use common::{Server, directory};
use serde_json::{Value, json};
use tidegate_engines::{Etcd, Postgres};

fn tidegate(arguments: &[&str], data: &Path) -> Output {
    run(command().args(arguments).arg("--data").arg(data))
}

#[track_caller]
fn said(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a doctor found about something: levels and words.
fn found(output: &Output, about: &str) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["about"] == about);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings.map(|finding| (text(&finding["level"]), text(&finding["what"]))).collect()
}

#[test]
fn a_backup_of_a_running_server_goes_on_where_it_was_taken() {
    let directory = directory();
    let (data, new) = (directory.path().join("data"), directory.path().join("new"));
    let file = directory.path().join("backup.tar");
    let name = file.to_str().unwrap();
    let server = Server::start(&data, &["--enforce-poll-interval=false"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"depth: 9");
    home.deploy(&mut client, version).expect(201);
    let token = home.start_session(&mut client);
    assert!(said(tidegate(&["backup", name], &data)).contains("1 contents"));
    assert!(complaint(&tidegate(&["backup", name], &data)).contains("--replace"));
    said(tidegate(&["backup", "--replace", name], &data));
    assert!(said(tidegate(&["restore", "--check", name], &new)).contains("is whole"));
    assert!(!new.exists(), "a check writes nothing");
    aws::create(&mut client, "/applications", &json!({"Name": "later"}));

    said(tidegate(&["restore", name], &new));
    assert!(complaint(&tidegate(&["restore", name], &new)).contains("--continue"));
    said(tidegate(&["restore", "--continue", name], &new));
    let restored = Server::start(&new, &["--enforce-poll-interval=false"]);
    let mut client = restored.client();
    let listed = client.get("/applications").expect(200).json();
    assert_eq!(listed["Items"].as_array().unwrap().len(), 1, "{listed}");
    // A session of the one server is continued on the other.
    assert_eq!(aws::poll(&mut client, &token).expect(200).text(), "depth: 9");
    restored.assert_well();

    let bare = directory.path().join("bare");
    said(tidegate(&["restore", "--without-history", name], &bare));
    let log = tidegate(&["log"], &bare);
    assert!(String::from_utf8_lossy(&log.stderr).contains("were forgotten"), "{log:?}");
    assert_eq!(said(log).lines().filter(|line| !line.starts_with("        ")).count(), 1);
    let bare = Server::start(&bare, &["--enforce-poll-interval=false"]);
    assert_eq!(aws::poll(&mut bare.client(), &token).expect(200).text(), "depth: 9");
}

#[test]
fn a_damaged_backup_makes_no_store() {
    let directory = directory();
    let (data, new) = (directory.path().join("data"), directory.path().join("new"));
    let file = directory.path().join("backup.tar");
    drop(Server::start(&data, &[]));
    said(tidegate(&["backup", file.to_str().unwrap()], &data));
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let complaint = complaint(&tidegate(&["restore", file.to_str().unwrap()], &new));
    assert!(complaint.contains("cannot restore") && complaint.contains("hint: nothing was written"), "{complaint}");
    assert!(!new.exists());
}

#[test]
fn a_doctor_finds_a_well_server_well_and_says_what_is_wrong_with_others() {
    let directory = directory();
    let data = directory.path().join("data");
    let mut server = Server::start(&data, &[]);
    Home::create(&mut server.client());
    let url = format!("http://{}", server.address);
    let well = tidegate(&["doctor", "--contents", "--json", "--url", &url], &data);
    assert!(well.status.success(), "{well:?}");
    for about in ["version", "store", "journal", "clock", "snapshot", "entries", "keys", "contents", "disk", "server"] {
        let findings = found(&well, about);
        assert!(!findings.is_empty(), "nothing about {about}");
        assert!(findings.iter().all(|(level, _)| level != "problem"), "{findings:?}");
    }
    assert_eq!(found(&well, "server")[0].0, "fine");
    assert!(said(tidegate(&["doctor"], &data)).contains("ok       clock"));

    server.kill();
    let ill = tidegate(&["doctor", "--json", "--url", &url], &data);
    assert_eq!(ill.status.code(), Some(1));
    let (level, what) = &found(&ill, "server")[0];
    assert!(level == "problem" && what.contains("does not answer"), "{what}");

    // A server on another store.
    let other = Server::start(&directory.path().join("other"), &[]);
    Home::create(&mut other.client());
    for name in ["first", "second"] {
        aws::create(&mut other.client(), "/applications", &json!({"Name": name}));
    }
    let url = format!("http://{}", other.address);
    let wrong = tidegate(&["doctor", "--json", "--url", &url], &data);
    assert!(found(&wrong, "server")[0].1.contains("which this store does not have"), "{wrong:?}");
    let none = tidegate(&["doctor", "--json"], &directory.path().join("none"));
    assert_eq!(none.status.code(), Some(1));
    assert!(found(&none, "store")[0].1.contains("there is no journal in"), "{none:?}");
}

#[test]
fn a_doctor_finds_a_clock_that_is_behind_and_contents_that_are_gone() {
    let directory = directory();
    let data = directory.path().join("data");
    let mut server = Server::start(&data, &["--clock=manual"]);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"depth: 9");
    home.deploy(&mut client, version).expect(201);
    client.post("/_tidegate/clock/advance", &json!({"seconds": 7200})).expect(200);
    aws::create(&mut client, "/applications", &json!({"Name": "later"}));
    server.signal("TERM");
    server.wait();
    let journal = rusqlite::Connection::open(data.join("journal.sqlite3")).unwrap();
    journal.execute("DELETE FROM blob", []).unwrap();
    drop(journal);
    let ill = tidegate(&["doctor", "--json"], &data);
    assert_eq!(ill.status.code(), Some(1));
    assert!(found(&ill, "clock")[0].1.contains("ahead of this machine's clock"), "{ill:?}");
    assert!(found(&ill, "contents")[0].1.contains("needed are not there"), "{ill:?}");
}

/// What a store serves, by a server on it.
#[track_caller]
fn serve(store: &str, data: &Path) -> Server {
    let mut command = command();
    command.args(["serve", "--listen=127.0.0.1:0", "--enforce-poll-interval=false", "--store", store, "--data"]);
    command.arg(data);
    Server::spawn(command)
}

#[test]
fn a_store_moves_from_sqlite_to_postgresql_to_etcd_and_back() {
    let directory = directory();
    let data = directory.path().join("data");
    let (postgres, etcd) = (Postgres::start(), Etcd::start(1));
    let stores = [
        format!("sqlite:{}", data.display()),
        postgres.url(&postgres.fresh_database()),
        etcd.url("", &[], &Etcd::fresh_prefix()),
        format!("sqlite:{}", directory.path().join("back").display()),
    ];
    let (token, home) = {
        let server = serve(&stores[0], &data);
        let mut client = server.client();
        let home = Home::create(&mut client);
        let version = home.store(&mut client, &b"depth: 9 ".repeat(200_000));
        home.deploy(&mut client, version).expect(201);
        (home.start_session(&mut client), home)
    };
    for (place, pair) in stores.windows(2).enumerate() {
        let file = directory.path().join(format!("{place}.tar"));
        let file = file.to_str().unwrap();
        said(run(command().args(["backup", file, "--store", &pair[0]])));
        said(run(command().args(["restore", file, "--store", &pair[1]])));
        let doctor = run(command().args(["doctor", "--contents", "--json", "--store", &pair[1]]));
        assert!(doctor.status.success(), "{doctor:?}");
        let server = serve(&pair[1], &data);
        let mut client = server.client();
        // The same session everywhere, and the same content; and writes go on.
        let polled = aws::poll(&mut client, &token).expect(200);
        assert_eq!(polled.text().len(), 9 * 200_000, "{}", pair[1]);
        home.store(&mut client, format!("version of {place}").as_bytes());
        server.assert_well();
    }
    let log = said(run(command().args(["log", "--store", &stores[3]])));
    assert_eq!(log.matches("CreateHostedConfigurationVersion").count(), 4, "{log}");
}
