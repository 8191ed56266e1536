//! What the server does when its disk is full, and that it goes on by itself when there is room again.

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::aws::{self, Home};
use common::{Server, eventually};
use serde_json::json;

const OPTIONS: &[&str] = &["--enforce-poll-interval=false", "--quota-applications=100000", "--log=warn"];

/// A file system of a few MiB in memory. Dropping it unmounts it.
struct SmallDisk(PathBuf);

impl SmallDisk {
    #[track_caller]
    fn mount(at: &Path, mib: u32) -> Self {
        fs::create_dir_all(at).expect("the mount point can be created");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tidegate-test"])
            .arg(at)
            .output();
        let needs = "this test needs to mount a tmpfs: run it as root, in a container with CAP_SYS_ADMIN, or under \
                     `unshare --user --map-root-user --mount`";
        match mounted {
            Ok(output) if output.status.success() => Self(at.to_owned()),
            Ok(output) => panic!("{needs}\n{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => panic!("{needs}\nmount: {error}"),
        }
    }

    /// Takes all the room that is left.
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
        // Lazily: a failing test may still have a server on it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn on_a_full_disk_writes_are_refused_and_reads_go_on_and_room_is_all_it_takes_to_recover() {
    let directory = common::directory();
    let disk = SmallDisk::mount(&directory.path().join("disk"), 8);
    let data = disk.0.join("data");
    let mut server = Server::start(&data, OPTIONS);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let content = common::Dice(1).bytes(20_000);
    let version = home.store(&mut client, &content);
    home.deploy(&mut client, version).expect(201);
    let token = home.start_session(&mut client);

    // A write may still find room in what SQLite has already taken; not for long.
    let mut acknowledged = vec!["harbour".to_owned()];
    let mut refused = None;
    disk.fill();
    for count in 0..10_000 {
        let name = format!("buoy {count}");
        let answer = client.post("/applications", &json!({"Name": name, "Description": "x".repeat(1_000)}));
        if answer.status != 201 {
            refused = Some(answer);
            break;
        }
        acknowledged.push(name);
        disk.fill();
    }
    let refused = refused.expect("a full disk takes no more writes").expect_error(503, "ServiceUnavailableException");
    assert!(!refused.text().contains(data.to_str().unwrap()), "the client learns nothing about the disk");

    // Every kind of write is refused in the same way, and none ends the connection or the process.
    let big = aws::store(&mut client, &home.versions(), &common::Dice(2).bytes(500_000));
    big.expect_error(503, "ServiceUnavailableException");
    let never = "never acknowledged";
    client.post("/applications", &json!({"Name": never})).expect_error(503, "ServiceUnavailableException");
    home.deploy(&mut client, version).expect_error(503, "ServiceUnavailableException");
    let path = format!("/applications/{}", home.application);
    client.ask("PATCH", &path, &[], Some(br#"{"Name":"renamed"}"#)).expect_error(503, "ServiceUnavailableException");

    let health = eventually("health says that it cannot write", || {
        let health = client.get("/_tidegate/health");
        (health.status == 503).then_some(health)
    });
    assert_eq!(health.json()["status"], "unavailable");
    assert!(health.text().contains("the disk is full"), "{}", health.text());
    let log = server.log();
    assert!(log.contains("the disk is full") && log.contains("make room on the disk"), "{log}");

    // Reads, polls and new sessions do not need the disk.
    assert_eq!(client.get(&path).expect(200).json()["Name"], "harbour");
    assert_eq!(client.get(&format!("{}/{version}", home.versions())).expect(200).body, content);
    let polled = aws::poll(&mut client, &token).expect(200);
    assert_eq!(polled.body, content);
    let token = aws::next_token(&polled);
    let fresh = home.start_session(&mut client);
    assert_eq!(aws::poll(&mut client, &fresh).expect(200).body, content);
    assert_eq!(client.get("/_tidegate/metrics").status, 200);
    assert_eq!(names(&mut client), acknowledged);

    fs::remove_file(disk.0.join("ballast")).unwrap();
    eventually("health says that it can write again", || (client.get("/_tidegate/health").status == 200).then_some(()));
    client.post("/applications", &json!({"Name": "after"})).expect(201);
    acknowledged.push("after".into());
    let after = home.store(&mut client, b"there is room again");
    assert_eq!(after, version + 1, "what was refused has taken no number");
    home.deploy(&mut client, after).expect(201);
    let polled = aws::poll(&mut client, &token).expect(200);
    assert_eq!(polled.body, b"there is room again");
    let token = aws::next_token(&polled);
    assert_eq!(names(&mut client), acknowledged);
    assert!(server.is_running());
    server.assert_well();

    server.kill();
    let server = Server::start(&data, OPTIONS);
    let mut client = server.client();
    assert_eq!(names(&mut client), acknowledged);
    assert_eq!(client.get(&format!("{}/{version}", home.versions())).expect(200).body, content);
    assert_eq!(aws::poll(&mut client, &token).expect(200).body, b"");
    server.assert_well();
}

#[test]
fn a_server_that_starts_on_a_full_disk_serves_what_it_has_or_says_that_the_disk_is_full() {
    let directory = common::directory();
    let disk = SmallDisk::mount(&directory.path().join("disk"), 8);
    let data = disk.0.join("data");
    let mut server = Server::start(&data, OPTIONS);
    let mut client = server.client();
    let home = Home::create(&mut client);
    let version = home.store(&mut client, b"kept");
    home.deploy(&mut client, version).expect(201);
    server.kill();
    disk.fill();
    let mut command = common::server::command();
    command.args(["serve", "--listen=127.0.0.1:0", "--data"]).arg(&data).args(OPTIONS);
    let starting = common::server::Starting::spawn(command);
    let server = match starting.ready_or_ended() {
        Ok(server) => {
            let mut client = server.client();
            let token = home.start_session(&mut client);
            assert_eq!(aws::poll(&mut client, &token).expect(200).body, b"kept");
            fs::remove_file(disk.0.join("ballast")).unwrap();
            server
        }
        Err(log) => {
            println!("it did not start: {log}");
            assert!(log.contains("the disk is full") && log.contains("hint: make room"), "{log}");
            fs::remove_file(disk.0.join("ballast")).unwrap();
            Server::start(&data, OPTIONS)
        }
    };
    let mut client = server.client();
    assert_eq!(client.get(&format!("{}/{version}", home.versions())).expect(200).body, b"kept");
    client.post("/applications", &json!({"Name": "after"})).expect(201);
    server.assert_well();
}

/// The names of all applications in the order in which they were created.
fn names(client: &mut common::Client) -> Vec<String> {
    let mut names = Vec::new();
    let mut path = "/applications".to_owned();
    loop {
        let page = client.get(&path).expect(200).json();
        let items = page["Items"].as_array().expect("a list");
        names.extend(items.iter().map(|item| item["Name"].as_str().expect("a name").to_owned()));
        let Some(token) = page["NextToken"].as_str() else { return names };
        path = format!("/applications?next_token={token}");
    }
}
