//! What is particular to etcd: sizes, leases, compaction, quotas, logins, and answers that get lost.

use super::*;
use crate::commit;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::Path;
use tempfile::TempDir;
use tidegate_engines::etcd::{Setup, TlsFiles};
use tidegate_engines::{Etcd, HANG, Proxy, eventually};

/// An address on the cluster that these tests share, with nothing there yet.
pub(super) fn fresh_address() -> EtcdAddress {
    Etcd::shared().url("", &[], &Etcd::fresh_prefix()).parse().unwrap()
}

async fn fresh_journal() -> EtcdJournal {
    EtcdJournal::open(&fresh_address()).await.unwrap()
}

fn entry_after(number: u64, body: impl Into<String>) -> Entry {
    let id = EntryId(u128::from(number) + 1);
    Entry { number: number + 1, id, prev: EntryId(number.into()), at_ms: 0, body: body.into() }
}

fn body_of(length: usize) -> String {
    "0123456789abcdef".chars().cycle().take(length).collect()
}

/// The keys below a part of the journal's prefix, as `etcdctl` sees them.
fn keys_of(etcd: &Etcd, address: &EtcdAddress, part: &str) -> Vec<String> {
    let found = etcd.ctl(&["get", "--prefix", "--keys-only", &format!("{}/{part}", address.prefix)]);
    found.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn revision_of(etcd: &Etcd) -> String {
    let status = etcd.ctl(&["endpoint", "status", "--write-out", "fields"]);
    let line = status.lines().find(|line| line.starts_with("\"Revision\"")).expect("there is a revision");
    line.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_watch_tells_of_entries_without_anybody_looking() {
    let address = fresh_address();
    let writer = EtcdJournal::open(&address).await.unwrap();
    let never = Duration::from_secs(100_000);
    let reader = EtcdJournal::open_with(&address, Limits::default(), never).await.unwrap();
    for number in 0..3 {
        let wait = reader.wait(number);
        let append = async { commit(&writer, &entry_after(number, "")).await.unwrap() };
        // Whether the watch was there before the entry or came after it, the bell rings.
        tokio::time::timeout(HANG, async { tokio::join!(wait, append) }).await.expect("the watch says it");
    }
}

#[tokio::test]
async fn looking_tells_of_entries_without_any_watch() {
    let address = fresh_address();
    let writer = EtcdJournal::open(&address).await.unwrap();
    let reader = EtcdJournal::open(&address).await.unwrap();
    reader.follower.abort();
    let (wait, append) = (reader.wait(0), async { commit(&writer, &entry_after(0, "")).await.unwrap() });
    tokio::time::timeout(HANG, async { tokio::join!(wait, append) }).await.expect("a look says it");
}

#[tokio::test]
async fn a_tail_goes_on_while_everything_is_compacted_and_defragmented() {
    let etcd = Etcd::start(1);
    let address: EtcdAddress = etcd.url("", &[], "/t").parse().unwrap();
    let (reader, writer) = (EtcdJournal::open(&address).await.unwrap(), EtcdJournal::open(&address).await.unwrap());
    let blob = writer.put_blob(&vec![7; 3 << 20].into()).await.unwrap();
    let write = async {
        for number in 0..40 {
            let length = if number % 8 == 3 { 2_500_000 } else { 100 };
            commit(&writer, &entry_after(number, body_of(length))).await.unwrap();
        }
    };
    let tail = async {
        let mut last = 0;
        while last < 40 {
            reader.wait(last).await;
            // All of them each time: several requests, with compactions in between.
            let entries = reader.read(0, usize::MAX).await.unwrap();
            last = entries.len() as u64;
            assert!(entries.iter().zip(1..).all(|(entry, number)| entry.number == number));
            assert_eq!(reader.get_blob(blob).await.unwrap().map(|blob| blob.len()), Some(3 << 20));
        }
    };
    let (stop, stopped) = (Arc::new(std::sync::atomic::AtomicBool::new(false)), std::sync::atomic::Ordering::SeqCst);
    let is_stopped = Arc::clone(&stop);
    let compact = std::thread::spawn(move || {
        let mut times = 0;
        while !is_stopped.load(stopped) || times < 3 {
            // If nothing was written since the last time, there is nothing to compact, which is an error.
            let _ = etcd.try_ctl(&[0], &["compact", &revision_of(&etcd)]);
            etcd.ctl(&["defrag"]);
            times += 1;
        }
        etcd
    });
    tokio::time::timeout(HANG, async { tokio::join!(write, tail) }).await.expect("the tail goes on");
    stop.store(true, stopped);
    let _etcd = tokio::task::spawn_blocking(move || compact.join().unwrap()).await.unwrap();
    assert_eq!(reader.read(0, usize::MAX).await.unwrap().len(), 40);
}

#[tokio::test]
async fn parts_that_nobody_commits_go_away() {
    let address = fresh_address();
    let limits = Limits { upload: Duration::from_secs(2), ..Limits::default() };
    let journal = EtcdJournal::open_with(&address, limits, POLL).await.unwrap();
    let body = Bytes::from(vec![1; 2_500_000]);
    let upload = upload(&journal.client, &journal.keys, Item::Entry(1), &body).await.unwrap();
    assert_eq!(upload.content.parts, 3);
    // As if its writer had died: nothing is said of it any more.
    let etcd = Etcd::shared();
    tokio::task::spawn_blocking(move || {
        eventually("etcd removes the parts", || keys_of(etcd, &address, "part/").is_empty().then_some(()));
    })
    .await
    .unwrap();
    let commit = TxnRequest { success: ops(upload.commit()), ..TxnRequest::default() };
    let failure = journal.client.txn(commit).await.map(|_| ()).unwrap_err();
    let said = expired(failure, &journal.client).to_string();
    assert_eq!(said, "sending it in parts took longer than 2 s, and etcd has removed them");
    assert_eq!(journal.last().await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_loses_a_race_leaves_no_parts() {
    let address = fresh_address();
    let mut handles = Vec::new();
    for _ in 0..4 {
        handles.push(EtcdJournal::open(&address).await.unwrap());
    }
    let mut prev = EntryId::NONE;
    for number in 0..3 {
        let by = |writer: u128| {
            let id = EntryId(100 * writer + u128::from(number) + 1);
            Entry { id, prev, ..entry_after(number, body_of(2_500_000)) }
        };
        let entries: Vec<_> = (0..4).map(by).collect();
        let appends = handles.iter().zip(&entries).map(|(journal, entry)| journal.append(entry));
        let answers = futures_util::future::join_all(appends).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let conflicts = answers.iter().filter(|answer| matches!(answer, Err(AppendError::Conflict)));
        assert_eq!(conflicts.count(), 3);
        let parts = keys_of(Etcd::shared(), &address, &format!("part/entry/{:020}/", number + 1));
        assert_eq!(parts.len(), 3, "only the winner's are left: {parts:?}");
        prev = handles[0].read(number, 1).await.unwrap().remove(0).id;
    }
}

#[tokio::test]
async fn a_part_that_arrives_again_after_the_commit_changes_nothing() {
    let journal = fresh_journal().await;
    let body = Bytes::from(vec![1; 2_500_000]);
    let item = Item::Blob(BlobId::of(&body));
    let lease = journal.client.grant_lease(Duration::from_secs(60)).await.unwrap();
    let key = journal.keys.part(item, lease.cast_unsigned(), 0);
    let part = proto::PutRequest { key: key.clone(), value: "part".into(), lease, ignore_value: false };
    let send = TxnRequest { compare: vec![is_absent(&key)], success: ops([Op::Put(part)]), ..TxnRequest::default() };
    assert!(journal.client.txn(send.clone()).await.unwrap().value.succeeded);
    let keep = proto::PutRequest { key: key.clone(), value: Bytes::new(), lease: 0, ignore_value: true };
    journal.client.txn(TxnRequest { success: ops([Op::Put(keep)]), ..TxnRequest::default() }).await.unwrap();
    assert!(!journal.client.txn(send).await.unwrap().value.succeeded);
    journal.client.revoke_lease(lease).await;
    assert_eq!(&*journal.client.range(get(&key)).await.unwrap().kvs[0].value, b"part");
}

#[tokio::test]
async fn what_is_replaced_deleted_or_forgotten_leaves_no_parts() {
    let address = fresh_address();
    let journal = EtcdJournal::open(&address).await.unwrap();
    let parts = |kind: &str| keys_of(Etcd::shared(), &address, &format!("part/{kind}")).len();
    for number in 0..3 {
        let entry = entry_after(number, body_of(1_100_000));
        commit(&journal, &entry).await.unwrap();
        let snapshot = Snapshot { number: entry.number, id: entry.id, body: vec![number as u8; 3_000_000].into() };
        journal.save_snapshot(&snapshot).await.unwrap();
    }
    let blob = journal.put_blob(&vec![9; 2_000_000].into()).await.unwrap();
    assert_eq!((parts("entry/"), parts("snapshot/"), parts("blob/")), (6, 3, 2));
    journal.forget(2).await.unwrap();
    journal.delete_blob(blob).await.unwrap();
    assert_eq!((parts("entry/"), parts("snapshot/"), parts("blob/")), (2, 3, 0));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_counts_once() {
    let etcd = Etcd::shared();
    let proxy = Proxy::start(etcd.address(0));
    let address: EtcdAddress = etcd.url("", &[proxy.address()], &Etcd::fresh_prefix()).parse().unwrap();
    let journal = EtcdJournal::open(&address).await.unwrap();
    let mut number = 0;
    // The connection breaks after so many bytes of answers: before the first, in a frame's head, in the middle of one.
    for bytes in [0, 1, 5, 9, 12, 20, 33, 40, 60, 90, 130, 200, 300, 500] {
        for length in [10, 200_000, 2_200_000] {
            proxy.cut_after_replies_of(bytes);
            let entry = entry_after(number, body_of(length));
            // Without `commit`: it is the request that is sent again, and finds that it has been carried out.
            journal.append(&entry).await.unwrap_or_else(|error| panic!("{bytes} bytes: {error}"));
            number += 1;
        }
    }
    proxy.pass();
    let entries = journal.read(0, usize::MAX).await.unwrap();
    assert!(entries.iter().zip(1..).all(|(entry, number)| entry.number == number));
    assert_eq!(entries.len() as u64, number);
    assert!(proxy.accepted() > 14, "connections were cut: {}", proxy.accepted());
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unavailable_in_time_and_found_later() {
    let etcd = Etcd::shared();
    let proxy = Proxy::start(etcd.address(0));
    let address: EtcdAddress = etcd.url("", &[proxy.address()], &Etcd::fresh_prefix()).parse().unwrap();
    let limits =
        Limits { attempt: Duration::from_millis(300), request: Duration::from_millis(900), ..Limits::default() };
    let journal = EtcdJournal::open_with(&address, limits, POLL).await.unwrap();
    commit(&journal, &entry_after(0, "")).await.unwrap();
    proxy.hold();
    let entry = entry_after(1, "held");
    let Err(AppendError::Unavailable(unavailable)) = commit(&journal, &entry).await else { panic!("nobody answered") };
    let said = unavailable.to_string();
    assert!(said.contains("cannot append entry 2 to etcd at 127.0.0.1:"), "{said}");
    assert!(unavailable.hint.unwrap().starts_with("see whether etcd runs"));
    assert!(journal.last().await.is_err());
    proxy.cut_once();
    proxy.pass();
    // Nobody is told when a link is back; nodes ask again, and so does this test.
    let deadline = std::time::Instant::now() + HANG;
    while let Err(error) = commit(&journal, &entry).await {
        assert!(std::time::Instant::now() < deadline, "{error}");
    }
    assert_eq!(journal.read(1, 5).await.unwrap(), [entry]);
}

#[tokio::test]
async fn a_full_quota_fails_writes_only_and_only_while_it_is_full() {
    let setup = Setup { flags: vec!["--quota-backend-bytes=16777216"], ..Setup::default() };
    let etcd = Etcd::start_with(1, &setup);
    let address: EtcdAddress = etcd.url("", &[], "/t").parse().unwrap();
    let journal = EtcdJournal::open(&address).await.unwrap();
    commit(&journal, &entry_after(0, "there was room")).await.unwrap();
    let mut stored = Vec::new();
    let unavailable = loop {
        match journal.put_blob(&vec![stored.len() as u8; 1 << 20].into()).await {
            Ok(blob) => stored.push(blob),
            Err(unavailable) => break unavailable,
        }
        assert!(stored.len() < 40, "the quota is 16 MiB");
    };
    assert!(unavailable.to_string().contains("database space exceeded"), "{unavailable}");
    assert!(unavailable.hint.unwrap().contains("alarm disarm"));
    assert!(journal.probe().await.is_err());
    assert!(commit(&journal, &entry_after(1, "")).await.is_err());
    // Reads go on.
    assert_eq!(journal.last().await.unwrap(), 1);
    for blob in &stored {
        assert!(journal.get_blob(*blob).await.unwrap().is_some());
    }
    // Deleting is possible, and is how room comes about.
    for blob in stored {
        journal.delete_blob(blob).await.unwrap();
    }
    etcd.ctl(&["compact", &revision_of(&etcd)]);
    etcd.ctl(&["defrag"]);
    etcd.ctl(&["alarm", "disarm"]);
    commit(&journal, &entry_after(1, "there is room again")).await.unwrap();
    journal.probe().await.unwrap();
}

#[tokio::test]
async fn damage_is_an_error_and_never_an_answer() {
    let address = fresh_address();
    let journal = EtcdJournal::open(&address).await.unwrap();
    let etcd = Etcd::shared();
    let content = Bytes::from(vec![5; 2_500_000]);
    let blob = journal.put_blob(&content).await.unwrap();
    let blob_key = format!("{}/blob/{blob}", address.prefix);
    for turn in 0..3 {
        let parts = keys_of(etcd, &address, "part/blob/");
        assert_eq!(parts.len(), 3, "nothing is left of what was damaged before");
        match turn {
            0 => etcd.ctl(&["put", &parts[1], "something else"]),
            1 => etcd.ctl(&["del", &parts[1]]),
            _ => etcd.ctl(&["put", &blob_key, "?"]),
        };
        let unavailable = journal.get_blob(blob).await.map(|blob| blob.map(|blob| blob.len())).unwrap_err();
        assert!(unavailable.hint.as_ref().unwrap().contains("damaged"), "{unavailable}");
        journal.put_blob(&content).await.unwrap();
        assert!(journal.get_blob(blob).await.unwrap() == Some(content.clone()), "turn {turn}");
    }
    for number in 0..4 {
        commit(&journal, &entry_after(number, "body")).await.unwrap();
    }
    let key = |number: u64| format!("{}/entry/{number:020}", address.prefix);
    etcd.ctl(&["del", &key(2)]);
    let unavailable = journal.read(0, 10).await.unwrap_err();
    assert!(unavailable.to_string().ends_with("entry 2 is missing, and later ones are there"), "{unavailable}");
    assert!(journal.read(1, 10).await.is_err());
    assert_eq!(journal.read(2, 10).await.unwrap().len(), 2);
    etcd.ctl(&["put", &key(3), "?"]);
    assert!(journal.read(2, 10).await.unwrap_err().to_string().ends_with("what stands for entry 3 is none"));
    etcd.ctl(&["put", &format!("{}/last", address.prefix), "many"]);
    assert!(journal.last().await.is_err() && journal.read(0, 1).await.is_err());
    assert!(matches!(journal.append(&entry_after(4, "")).await, Err(AppendError::Conflict)));
}

#[tokio::test]
async fn keys_of_something_else_are_left_as_they_are() {
    let (address, etcd) = (fresh_address(), Etcd::shared());
    let other = format!("{}/other", address.prefix);
    etcd.ctl(&["put", &other, "theirs"]);
    let refused = async |address: &EtcdAddress| match EtcdJournal::open(address).await {
        Ok(_) => panic!("{address} should have been refused"),
        Err(unavailable) => (unavailable.to_string(), unavailable.hint.unwrap()),
    };
    let (said, hint) = refused(&address).await;
    assert!(said.ends_with("something else has keys below the prefix"), "{said}");
    assert!(hint.starts_with("choose another prefix"));
    assert_eq!(keys_of(etcd, &address, ""), std::slice::from_ref(&other));

    etcd.ctl(&["del", &other]);
    let Err(absent) = EtcdJournal::open_existing(&address).await else { panic!("there is none") };
    assert!(absent.to_string().ends_with("there is none below the prefix"), "{absent}");
    assert!(keys_of(etcd, &address, "").is_empty(), "looking makes nothing");

    let format = format!("{}/format", address.prefix);
    etcd.ctl(&["put", &format, "tidegate journal 2"]);
    let (said, hint) = refused(&address).await;
    assert!(said.contains("its format is \"tidegate journal 2\", and this binary (Tidegate "), "{said}");
    assert!(hint.starts_with("run the version of Tidegate that wrote it"));

    etcd.ctl(&["del", &format]);
    drop(EtcdJournal::open(&address).await.unwrap());
    drop(EtcdJournal::open_existing(&address).await.unwrap());
}

#[tokio::test]
async fn an_etcd_that_is_not_there_is_named_with_what_to_look_at() {
    let port = tidegate_engines::free_port();
    let address: EtcdAddress = format!("etcd://alice:hunter2@127.0.0.1:{port}").parse().unwrap();
    let limits = Limits { request: Duration::from_millis(500), ..Limits::default() };
    let Err(unavailable) = EtcdJournal::open_with(&address, limits, POLL).await else { panic!("nobody listens there") };
    let said = unavailable.to_string();
    assert!(said.starts_with(&format!("cannot open the journal in etcd at 127.0.0.1:{port}/tidegate: ")), "{said}");
    assert!(said.contains("refused") && !said.contains("hunter2"), "{said}");
    assert!(unavailable.hint.unwrap().starts_with("see whether etcd runs"));
}

/// An authority, and what it has signed, in a directory that goes away.
struct Certificates {
    directory: TempDir,
}

impl Certificates {
    fn make() -> Certificates {
        let directory = tempfile::tempdir().unwrap();
        for ca in ["ca", "other-ca"] {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, ca);
            let key = KeyPair::generate().unwrap();
            let certificate = params.self_signed(&key).unwrap();
            std::fs::write(directory.path().join(format!("{ca}.pem")), certificate.pem()).unwrap();
            let issuer = Issuer::new(params, key);
            let signed = if ca == "ca" { &["member", "nobody", "root", "flags"][..] } else { &["stranger"] };
            for name in signed {
                let names = if *name == "member" { vec!["etcd.example".to_owned()] } else { Vec::new() };
                let mut params = CertificateParams::new(names).unwrap();
                params.distinguished_name.push(DnType::CommonName, *name);
                let key = KeyPair::generate().unwrap();
                let certificate = params.signed_by(&key, &issuer).unwrap();
                std::fs::write(directory.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
                std::fs::write(directory.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
            }
        }
        Certificates { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn pair(&self, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
        (self.path().join(format!("{name}.pem")), self.path().join(format!("{name}.key")))
    }

    fn address(&self, etcd: &Etcd, login: &str, ca: &str, client: Option<&str>, more: &str) -> EtcdAddress {
        let (dir, member) = (self.path().display(), etcd.address(0));
        let client = client.map_or_else(String::new, |name| format!("&cert={dir}/{name}.pem&key={dir}/{name}.key"));
        format!("etcd://{login}{member}/t?ca={dir}/{ca}.pem{client}{more}").parse().unwrap()
    }
}

#[tokio::test]
async fn tls_logins_and_rights_are_what_etcd_says() {
    let certificates = Certificates::make();
    let tls = TlsFiles {
        ca: certificates.path().join("ca.pem"),
        member: certificates.pair("member"),
        client: certificates.pair("root"),
    };
    let etcd = Etcd::start_with(1, &Setup { tls: Some(tls), ..Setup::default() });
    let named = "&server_name=etcd.example";
    let limits = Limits { request: Duration::from_secs(2), ..Limits::default() };
    let open = async |address: &EtcdAddress| EtcdJournal::open_with(address, limits, POLL).await;
    let refused = async |address: &EtcdAddress| match open(address).await {
        Ok(_) => panic!("{address} should have been refused"),
        Err(unavailable) => {
            let said = unavailable.to_string();
            assert!(!said.contains("s3cret") && !format!("{unavailable:?}").contains("s3cret"), "{unavailable:?}");
            format!("{said} / {}", unavailable.hint.unwrap_or_default())
        }
    };
    let said = refused(&certificates.address(&etcd, "", "other-ca", Some("nobody"), named)).await;
    assert!(said.contains("UnknownIssuer") && said.contains("ca=FILE"), "{said}");
    let said = refused(&certificates.address(&etcd, "", "ca", Some("nobody"), "")).await;
    assert!(said.contains("not valid for name") && said.contains("server_name=NAME"), "{said}");
    for client in [None, Some("stranger")] {
        let said = refused(&certificates.address(&etcd, "", "ca", client, named)).await;
        assert!(said.contains(" / "), "{said}");
    }
    let plain: EtcdAddress = format!("etcd://{}/t", etcd.address(0)).parse().unwrap();
    assert!(refused(&plain).await.contains("TLS options"));
    let absent = certificates.address(&etcd, "", "absent", None, "");
    assert!(refused(&absent).await.contains("absent.pem: No such file"));
    drop(open(&certificates.address(&etcd, "", "ca", Some("nobody"), named)).await.unwrap());
    // A cluster that asks for no login takes one all the same.
    drop(open(&certificates.address(&etcd, "anybody:s3cret@", "ca", Some("nobody"), named)).await.unwrap());

    for command in [
        &["user", "add", "root:root-s3cret"][..],
        &["user", "grant-role", "root", "root"],
        &["role", "add", "journal"],
        &["role", "grant-permission", "journal", "readwrite", "/t/", "--prefix=true"],
        &["user", "add", "flags:s3cret"],
        &["user", "grant-role", "flags", "journal"],
        &["user", "add", "guest:s3cret"],
        &["auth", "enable"],
    ] {
        etcd.ctl(command);
    }
    let password_file = certificates.path().join("password");
    std::fs::write(&password_file, "s3cret\n").unwrap();
    let in_file = format!("{named}&password_file={}", password_file.display());
    let journal = open(&certificates.address(&etcd, "flags@", "ca", Some("nobody"), &in_file)).await.unwrap();
    commit(&journal, &entry_after(0, body_of(2_000_000))).await.unwrap();
    journal.probe().await.unwrap();
    // The name in a client's certificate is a login, too.
    let by_certificate = open(&certificates.address(&etcd, "", "ca", Some("flags"), named)).await.unwrap();
    assert_eq!(by_certificate.last().await.unwrap(), 1);

    let said = refused(&certificates.address(&etcd, "flags:wr0ng@", "ca", Some("nobody"), named)).await;
    assert!(said.contains("check the user and the password"), "{said}");
    let said = refused(&certificates.address(&etcd, "guest:s3cret@", "ca", Some("nobody"), named)).await;
    assert!(said.contains("permission denied") && said.contains("grant-permission"), "{said}");
    let said = refused(&certificates.address(&etcd, "", "ca", Some("nobody"), named)).await;
    assert!(said.contains("permission denied") || said.contains("user name is empty"), "{said}");

    // Whatever ends a login, the next request makes another one: rights that change, and a password that does.
    etcd.ctl(&["role", "grant-permission", "journal", "read", "/elsewhere/", "--prefix=true"]);
    commit(&journal, &entry_after(1, "")).await.unwrap();
    std::fs::write(&password_file, "an0ther").unwrap();
    etcd.ctl(&["user", "delete", "flags"]);
    etcd.ctl(&["user", "add", "flags:an0ther"]);
    etcd.ctl(&["user", "grant-role", "flags", "journal"]);
    commit(&journal, &entry_after(2, "")).await.unwrap();
    let fourth = entry_after(3, "");
    let both = async { tokio::join!(journal.wait(3), commit(&by_certificate, &fourth)) };
    tokio::time::timeout(HANG, both).await.expect("the watch or a look says it").1.unwrap();
}
