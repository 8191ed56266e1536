//! What is particular to PostgreSQL: servers that go away, hang, are replaced; TLS; schemas; answers that get lost.

use super::*;
use crate::commit;
use futures_util::future::join_all;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use tidegate_engines::postgres::Setup;
use tidegate_engines::{HANG, Postgres, Proxy, eventually};

/// The address of a database of this test's own, on the server that these tests share.
pub(super) fn fresh_address() -> PostgresAddress {
    let server = Postgres::shared();
    server.url(&server.fresh_database()).parse().unwrap()
}

fn parse(url: impl AsRef<str>) -> PostgresAddress {
    url.as_ref().parse().unwrap()
}

/// With limits that a test can wait for.
fn hasty(url: impl AsRef<str>) -> PostgresAddress {
    let limit = Duration::from_millis(500);
    PostgresAddress { connect_limit: Duration::from_secs(3), operation_limit: limit, ..parse(url) }
}

async fn open(url: impl AsRef<str>) -> PostgresJournal {
    PostgresJournal::open(&parse(url)).await.unwrap()
}

/// What a start says that fails: the sentence and what to do.
async fn refused(url: impl AsRef<str>) -> (String, String) {
    let address: PostgresAddress = match url.as_ref().parse() {
        Ok(address) => address,
        Err(unavailable) => return (unavailable.to_string(), unavailable.hint.unwrap_or_default()),
    };
    let unavailable = PostgresJournal::open(&address).await.err().expect("this must not open");
    (unavailable.to_string(), unavailable.hint.unwrap_or_default())
}

fn entry_after(last: Option<&Entry>, body: &str) -> Entry {
    let (number, prev) = last.map_or((0, EntryId::NONE), |last| (last.number, last.id));
    Entry { number: number + 1, id: EntryId(u128::from(number) + 100), prev, at_ms: 0, body: body.into() }
}

async fn append(journal: &PostgresJournal, last: Option<&Entry>) -> Entry {
    let entry = entry_after(last, "{}");
    eventually_committed(journal, &entry).await;
    entry
}

/// As a node does: the same entry again, until it is known.
async fn eventually_committed(journal: &PostgresJournal, entry: &Entry) {
    let deadline = Instant::now() + HANG;
    while let Err(error) = commit(journal, entry).await {
        assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future).await.expect("this should have happened long ago")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_nodes_may_create_the_same_journal_at_once() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let url = server.url(&database);
    let opened = soon(join_all((0..8).map(|_| open(&url)))).await;
    assert_eq!(opened.len(), 8);
    assert_eq!(server.sql(&database, "SELECT version, usable_by FROM tidegate.version"), "1|1");
}

#[tokio::test]
async fn only_a_server_makes_a_journal() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let address = parse(server.url(&database));
    let unavailable = PostgresJournal::open_existing(&address).await.err().unwrap();
    assert!(unavailable.to_string().ends_with("there is no journal in the schema tidegate"), "{unavailable}");
    assert_eq!(server.sql(&database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tidegate'"), "0");
    PostgresJournal::open(&address).await.unwrap();
    PostgresJournal::open_existing(&address).await.unwrap();
}

#[tokio::test]
async fn schemas_are_journals_of_their_own() {
    let url = fresh_url();
    let (here, other) = (open(&url).await, open(format!("{url}?schema=blue_2")).await);
    append(&here, None).await;
    assert_eq!((here.last().await.unwrap(), other.last().await.unwrap()), (1, 0));
    assert!(format!("{}", parse(format!("{url}?schema=blue_2"))).ends_with("?schema=blue_2"));
    for name in ["Blue", "a-b", "a.b", "1a", "pg_x", "", "a\"b", "é"] {
        let (cause, hint) = refused(format!("{url}?schema={name}")).await;
        assert!(cause.contains("is not a name that can be used"), "{cause}");
        assert!(hint.contains("lower-case"), "{hint}");
    }
}

fn fresh_url() -> String {
    let server = Postgres::shared();
    server.url(&server.fresh_database())
}

#[tokio::test]
async fn a_newer_schema_is_refused_unless_it_says_that_it_may_be_used() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let url = server.url(&database);
    let journal = open(&url).await;
    append(&journal, None).await;
    server.sql(&database, "UPDATE tidegate.version SET version = 7");
    assert_eq!(open(&url).await.last().await.unwrap(), 1);
    assert_eq!(server.sql(&database, "SELECT version FROM tidegate.version"), "7");
    server.sql(&database, "UPDATE tidegate.version SET usable_by = 7");
    let (cause, hint) = refused(&url).await;
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!("version 7, which needs 7 or newer, and this binary (Tidegate {version}) understands version 1");
    assert!(cause.ends_with(&expected), "{cause}");
    assert!(hint.starts_with("run the version of Tidegate that wrote it"));
}

#[tokio::test]
async fn a_schema_of_another_program_is_left_as_it_is() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    server.sql(&database, "CREATE SCHEMA tidegate; CREATE TABLE tidegate.theirs (x int)");
    let (cause, hint) = refused(server.url(&database)).await;
    assert!(cause.ends_with("the schema tidegate holds tables of another program"), "{cause}");
    assert!(hint.contains("schema=NAME"));
    assert_eq!(server.sql(&database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'tidegate'"), "1");
}

#[tokio::test]
async fn what_is_wrong_with_a_database_or_a_role_is_said_with_what_to_do() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let (cause, hint) = refused(server.url("nowhere")).await;
    assert!(cause.contains("database \"nowhere\" does not exist"), "{cause}");
    assert!(hint.contains("CREATE DATABASE"));

    server.sql("postgres", &format!("CREATE ROLE guest_{database} LOGIN"));
    let as_guest = server.url(&database).replace("tidegate@", &format!("guest_{database}@"));
    let (cause, hint) = refused(&as_guest).await;
    assert!(cause.contains("permission denied"), "{cause}");
    assert!(hint.contains("CREATE SCHEMA tidegate AUTHORIZATION"));
    server.sql(&database, &format!("CREATE SCHEMA tidegate AUTHORIZATION guest_{database}"));
    append(&open(&as_guest).await, None).await;

    let latin = format!("CREATE DATABASE latin_{database} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    server.sql("postgres", &latin);
    let (cause, hint) = refused(server.url(&format!("latin_{database}"))).await;
    assert!(cause.ends_with("the database is encoded in LATIN1, and not in UTF8"), "{cause}");
    assert!(hint.contains("UTF8"));

    let (cause, hint) = refused(format!("postgres://tidegate@127.0.0.1:{}/x", tidegate_engines::free_port())).await;
    assert!(cause.contains("refused"), "{cause}");
    assert!(hint.contains("see whether the server runs"));
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_whatever_the_role_says() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    server.sql("postgres", &format!("ALTER DATABASE {database} SET synchronous_commit = off"));
    server.sql("postgres", &format!("ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'"));
    let journal = open(server.url(&database)).await;
    let link = journal.links.link(Need::Write).await.unwrap();
    for need in [Need::Read, Need::Write] {
        let look = "SELECT current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation')";
        let rows = link.client(need).query_typed(look, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, &str>(0), "on, read committed");
    }
}

#[test]
fn a_password_is_shown_nowhere() {
    let url = "postgres://us%40er:s3cr%3At@db-1,db-2:5433/flags?sslmode=require";
    let address = parse(url);
    assert_eq!(address.to_string(), "postgres://us@er@db-1:5432,db-2:5433/flags");
    assert!(!format!("{address:?}").contains("s3cr"));
    for wrong in [
        "postgres://user:s3cr?t@db/flags",
        "postgres://user:s3cr?et=1@db/flags",
        "postgres://user:s3cr/et@db/flags",
        "postgres://user:s3cret@db:port/flags",
        "postgres://user:s3cret@db/flags?s3cret",
        "postgres://user:s3cret@db/flags?sslmode=s3cret",
        "postgres://user:s3cret@db/flags?connect_timeout=s3cret",
        "postgres://user:s3cret@db,db2:1,db3:2/flags?port=1,2",
        "postgres://user:s3cret@",
    ] {
        let Err(unavailable) = wrong.parse::<PostgresAddress>() else { continue };
        let said = format!("{unavailable} {unavailable:?}");
        assert!(!said.contains("s3cr"), "{wrong}: {said}");
        assert!(unavailable.hint.is_some(), "{wrong}");
    }
}

#[test]
fn a_url_says_what_libpq_would_read() {
    let several = parse("postgresql://user@db-1:1,db-2,[::1]:3/flags");
    assert_eq!(several.to_string(), "postgres://user@db-1:1,db-2:5432,[::1]:3/flags");
    assert_eq!(several.servers.len(), 3);
    let socket = parse("postgres://user@%2Frun%2Fpostgresql/flags?sslmode=require");
    assert_eq!(socket.to_string(), "postgres://user@/run/postgresql:5432/flags");
    assert_eq!(parse("postgres://u@h/d?connect_timeout=3").connect_limit, Duration::from_secs(3));
    for (wrong, why) in [
        ("postgres://u@h/d?sslmode=allow", "sslmode has a value that is not known"),
        ("postgres://u@h/d?gssencmode=disable", "the option gssencmode, which is not known"),
        ("postgres://u@h/d?target_session_attrs=read-only", "a server that cannot be written to"),
        ("postgres://u@h/d?channel_binding=require", "not supported"),
        ("postgres://u@h/d?port=1,2,3", "more of some than of others"),
        ("postgres:///d", "names no server"),
    ] {
        let unavailable = wrong.parse::<PostgresAddress>().unwrap_err();
        assert!(unavailable.to_string().contains(why), "{wrong}: {unavailable}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_server_is_found_again_and_a_hung_one_hangs_nobody() {
    let mut server = Postgres::start();
    let journal = PostgresJournal::open(&hasty(server.url("postgres"))).await.unwrap();
    let mut last = append(&journal, None).await;
    for _ in 0..2 {
        server.stop();
        let error = journal.append(&entry_after(Some(&last), "")).await.unwrap_err();
        assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
        assert!(journal.last().await.is_err() && journal.probe().await.is_err());
        server.restart();
        last = append(&journal, Some(&last)).await;
    }
    // Killed, and nobody asked anything in the meantime: the next question is answered.
    server.kill();
    server.restart();
    eventually_committed(&journal, &last).await;
    assert_eq!(journal.last().await.unwrap(), last.number);

    server.pause();
    let next = entry_after(Some(&last), "while it hangs");
    let Err(AppendError::Unavailable(unavailable)) = soon(journal.append(&next)).await else {
        panic!("nobody answers")
    };
    assert!(unavailable.to_string().ends_with("there was no answer within 0.5 s"), "{unavailable}");
    for _ in 0..3 {
        soon(journal.last()).await.unwrap_err();
        soon(journal.get_blob(BlobId([0; 32]))).await.unwrap_err();
        soon(journal.put_blob(&Bytes::new())).await.unwrap_err();
    }
    server.resume();
    // What was sent before it hung may be done now, and counts once.
    eventually_committed(&journal, &next).await;
    assert_eq!(journal.read(last.number, 10).await.unwrap(), [next]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_cut_anywhere_counts_once() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let proxy = Proxy::start(server.address());
    let address = parse(format!("postgres://tidegate@{}/{database}", proxy.address()));
    let journal = PostgresJournal::open(&address).await.unwrap();
    let mut entries: Vec<Entry> = Vec::new();
    let mut lost = 0;
    for bytes in (0..60).chain((60..1_500).step_by(97)) {
        let entry = entry_after(entries.last(), &format!("cut after {bytes}"));
        proxy.cut_after_replies_of(bytes);
        lost += u32::from(journal.append(&entry).await.is_err());
        eventually_committed(&journal, &entry).await;
        proxy.pass();
        entries.push(entry);
    }
    assert!(lost > 20, "{lost} answers were lost");
    assert_eq!(journal.read(0, usize::MAX).await.unwrap(), entries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_comes_by_notification_and_without_one_by_looking() {
    let url = fresh_url();
    let (here, deaf) = (open(&url).await, open(&url).await);
    let link = deaf.links.link(Need::Read).await.unwrap();
    link.client(Need::Read).batch_execute("UNLISTEN *").await.unwrap();
    let listener = open(&url).await;
    let (mut bell, silent) = (listener.bell.subscribe(), deaf.bell.subscribe());
    let wait = deaf.wait(0);
    append(&here, None).await;
    soon(wait).await;
    soon(bell.changed()).await.unwrap();
    assert_eq!(*silent.borrow(), 0, "nobody has told it");
}

#[tokio::test]
async fn a_reader_is_in_nobodys_way_while_a_write_waits() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let journal = Arc::new(open(server.url(&database)).await);
    let blocker = open(server.url(&database)).await;
    let link = blocker.links.another().await.unwrap();
    link.client(Need::Write).batch_execute("BEGIN; LOCK TABLE tidegate.journal IN EXCLUSIVE MODE").await.unwrap();
    let first = entry_after(None, "");
    let (appended, ()) = tokio::join!(commit(&*journal, &first), async {
        assert_eq!(journal.last().await.unwrap(), 0, "reads go on");
        link.client(Need::Write).batch_execute("ROLLBACK").await.unwrap();
    });
    appended.unwrap();
}

#[tokio::test]
async fn what_somebody_else_did_to_the_tables_is_an_error_and_never_an_answer() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let journal = open(server.url(&database)).await;
    let mut last = None;
    for _ in 0..4 {
        last = Some(append(&journal, last.as_ref()).await);
    }
    server.sql(&database, "DELETE FROM tidegate.journal WHERE number = 2");
    let error = journal.read(0, 10).await.unwrap_err();
    assert!(error.to_string().ends_with("entry 2 is missing, and entry 3 is there"), "{error}");
    assert!(error.hint.unwrap().contains("restore a backup"));
    assert_eq!(journal.read(2, 10).await.unwrap().len(), 2);
    server.sql(&database, "UPDATE tidegate.journal SET id = 'x' WHERE number = 3");
    assert!(journal.read(2, 10).await.unwrap_err().to_string().contains("invalid id"));

    let content = Bytes::from_static(b"as it was");
    let blob_id = journal.put_blob(&content).await.unwrap();
    server.sql(&database, "UPDATE tidegate.blob SET content = '\\x00'");
    let error = journal.get_blob(blob_id).await.unwrap_err();
    assert!(error.to_string().ends_with("its content is no longer the one that was stored"), "{error}");
    journal.put_blob(&content).await.unwrap();
    assert_eq!(journal.get_blob(blob_id).await.unwrap(), Some(content));

    let zero = Entry { body: "a\0b".into(), ..entry_after(last.as_ref(), "") };
    let error = journal.append(&zero).await.unwrap_err();
    assert!(error.to_string().ends_with("PostgreSQL cannot store a text with a zero byte"), "{error}");
}

#[tokio::test]
async fn a_server_that_became_read_only_says_so_and_recovers() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let journal = open(server.url(&database)).await;
    let first = append(&journal, None).await;
    let link = journal.links.link(Need::Write).await.unwrap();
    link.client(Need::Write).batch_execute("SET default_transaction_read_only = on").await.unwrap();
    drop(link);
    let unavailable = journal.append(&entry_after(Some(&first), "")).await.unwrap_err();
    assert!(unavailable.to_string().contains("read-only"), "{unavailable}");
    append(&journal, Some(&first)).await;
    server.sql("postgres", &format!("ALTER DATABASE {database} SET default_transaction_read_only = on"));
    let (cause, hint) = refused(server.url(&database)).await;
    assert!(cause.ends_with("the server is read-only"), "{cause}");
    assert!(hint.contains("HOST1,HOST2"));
}

#[tokio::test]
async fn a_closed_journal_refuses_everything_and_leaves_no_session() {
    let server = Postgres::shared();
    let database = server.fresh_database();
    let journal = open(server.url(&database)).await;
    append(&journal, None).await;
    journal.close().await;
    journal.close().await;
    let error = journal.last().await.unwrap_err();
    assert!(error.to_string().ends_with(": it is closed"), "{error}");
    assert!(journal.probe().await.is_err());
    let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'");
    eventually("the sessions end", || (server.sql("postgres", &sessions) == "0").then_some(()));
}

/// A primary and a standby that it waits for.
fn pair() -> (Postgres, Postgres) {
    let primary = Postgres::start();
    let standby = primary.standby("other");
    primary.wait_for_standbys("other");
    (primary, standby)
}

fn url_of(servers: &[&Postgres]) -> String {
    let addresses: Vec<_> = servers.iter().map(|server| server.address().to_string()).collect();
    format!("postgres://tidegate@{}/postgres", addresses.join(","))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_servers_the_one_that_can_be_written_to_is_found() {
    let (mut primary, standby) = pair();
    let nobody = tidegate_engines::free_port();
    let url = url_of(&[&standby, &primary]).replace("/postgres", &format!(",127.0.0.1:{nobody}/postgres"));
    let journal = open(&url).await;
    let first = append(&journal, None).await;
    let (cause, _) = refused(url_of(&[&standby])).await;
    assert!(cause.ends_with("the server is a standby"), "{cause}");

    primary.kill();
    let second = entry_after(Some(&first), "after the failover");
    assert!(journal.append(&second).await.is_err());
    standby.promote();
    eventually_committed(&journal, &second).await;
    assert_eq!(journal.read(0, 10).await.unwrap(), [first, second.clone()]);

    // The old primary comes back, believes that it still is one, and lacks an entry. It waits for its standby in vain.
    primary.restart();
    for _ in 0..3 {
        let fresh = PostgresJournal::open(&hasty(url_of(&[&primary, &standby]))).await.unwrap();
        assert_eq!(fresh.last().await.unwrap(), 2);
        assert_eq!(fresh.links.link(Need::Write).await.unwrap().server, standby.address().to_string());
    }
    let alone = PostgresJournal::open(&hasty(url_of(&[&primary]))).await.err().unwrap();
    assert!(alone.to_string().contains("did not commit a row within 3 s"), "{alone}");
    assert!(alone.hint.unwrap().contains("synchronous standby"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_one_server_only_is_not_told_of() {
    let (primary, standby) = pair();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%INSERT INTO tidegate.journal%'";
    let mut last = None;
    for end in ["pg_terminate_backend", "pg_cancel_backend"] {
        let limit = Duration::from_secs(3);
        let journal = PostgresAddress { operation_limit: limit, ..hasty(primary.url("postgres")) };
        let journal = PostgresJournal::open(&journal).await.unwrap();
        let entry = entry_after(last.as_ref(), "on one server only");
        standby.pause();
        let ended = async {
            let look = || (primary.sql("postgres", waiting) == "1").then_some(());
            tokio::task::block_in_place(|| eventually("the commit waits", look));
            assert_eq!(journal.last().await.unwrap(), entry.number - 1, "what waits cannot be seen");
            let end = waiting.replace("count(*)", &format!("count({end}(pid))"));
            assert_eq!(primary.sql("postgres", &end), "1");
        };
        let (committed, ()) = soon(async { tokio::join!(commit(&journal, &entry), ended) }).await;
        // It is there, on the primary; a failover now would lose it.
        assert!(matches!(committed, Err(AppendError::Unavailable(_))), "{end}: {committed:?}");
        assert_eq!(primary.sql("postgres", "SELECT max(number) FROM tidegate.journal"), entry.number.to_string());
        assert!(soon(journal.last()).await.is_err() && soon(journal.read(0, 10)).await.is_err());
        standby.resume();
        eventually_committed(&journal, &entry).await;
        assert_eq!(journal.last().await.unwrap(), entry.number);
        assert_eq!(standby.sql("postgres", "SELECT max(number) FROM tidegate.journal"), entry.number.to_string());
        last = Some(entry);
    }
}

/// Two authorities, and what the first has signed for the server and for a client.
struct Certificates {
    directory: TempDir,
    server: (String, String),
}

impl Certificates {
    fn make(server_names: &[&str]) -> Certificates {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        let mut server = None;
        for authority in ["ca", "other"] {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, authority);
            let key = KeyPair::generate().unwrap();
            write(&format!("{authority}.pem"), &params.self_signed(&key).unwrap().pem());
            let issuer = Issuer::new(params, key);
            for name in ["server", "tidegate"] {
                let names: Vec<String> = if name == "server" {
                    server_names.iter().map(|it| (*it).to_owned()).collect()
                } else {
                    Vec::new()
                };
                let mut params = CertificateParams::new(names).unwrap();
                params.distinguished_name.push(DnType::CommonName, name);
                let key = KeyPair::generate().unwrap();
                let certificate = params.signed_by(&key, &issuer).unwrap();
                let pair = (certificate.pem(), key.serialize_pem());
                if name == "server" {
                    server.get_or_insert(pair);
                } else {
                    write(&format!("{authority}-client.pem"), &pair.0);
                    write(&format!("{authority}-client.key"), &pair.1);
                }
            }
        }
        Certificates { directory, server: server.unwrap() }
    }

    fn path(&self, name: &str) -> String {
        Path::join(self.directory.path(), name).to_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_as_strict_as_it_was_asked_to_be() {
    let certificates = Certificates::make(&["localhost"]);
    let ca = std::fs::read_to_string(certificates.path("ca.pem")).unwrap();
    let server = Postgres::start_with(Setup {
        settings: "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.pem'\n\
                   password_encryption = 'scram-sha-256'",
        hba: "host    postgres tidegate 127.0.0.1/32 trust\n\
              hostssl locked   tidegate 127.0.0.1/32 cert\n\
              hostssl all      flags    127.0.0.1/32 scram-sha-256\n",
        files: &[("server.pem", &certificates.server.0), ("server.key", &certificates.server.1), ("ca.pem", &ca)],
    });
    let port = server.address().port();
    let url = |login: &str, host: &str, rest: &str| format!("postgres://{login}@{host}:{port}/{rest}");
    let ca = format!("sslrootcert={}", certificates.path("ca.pem"));
    let other = format!("sslrootcert={}", certificates.path("other.pem"));

    for (rest, is_encrypted) in [
        ("sslmode=disable", false),
        ("sslmode=prefer", true),
        ("sslmode=require", true),
        (&*format!("sslmode=require&{ca}"), true),
        (&*format!("sslmode=verify-ca&{ca}"), true),
    ] {
        let journal = open(url("tidegate", "127.0.0.1", &format!("postgres?{rest}"))).await;
        let link = journal.links.link(Need::Write).await.unwrap();
        let look = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tidegate'
                    AND pid = pg_backend_pid()";
        let rows = link.client(Need::Read).query_typed(look, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, bool>(0), is_encrypted, "{rest}");
    }
    open(url("tidegate", "localhost", &format!("postgres?sslmode=verify-full&{ca}"))).await;

    let wrong = [
        ("127.0.0.1", format!("sslmode=verify-full&{ca}"), "not valid for name"),
        ("localhost", format!("sslmode=verify-full&{other}"), "UnknownIssuer"),
        ("localhost", format!("sslmode=verify-ca&{other}"), "UnknownIssuer"),
        ("localhost", format!("sslmode=require&{other}"), "UnknownIssuer"),
        ("localhost", "sslmode=verify-full".to_owned(), "UnknownIssuer"),
    ];
    for (host, rest, why) in wrong {
        let (cause, hint) = refused(url("tidegate", host, &format!("postgres?{rest}"))).await;
        assert!(cause.contains(why), "{rest}: {cause}");
        assert!(hint.contains("sslrootcert=FILE"), "{rest}: {hint}");
    }
    for (rest, why) in [
        ("sslmode=verify-full&sslrootcert=/nowhere", "cannot read sslrootcert=/nowhere"),
        ("sslmode=require&sslcert=/nowhere", "belong together"),
    ] {
        let (cause, _) = refused(url("tidegate", "localhost", &format!("postgres?{rest}"))).await;
        assert!(cause.contains(why), "{cause}");
    }

    // With the client's certificate as its login.
    server.sql("postgres", "CREATE DATABASE locked");
    let client = |name: &str| {
        format!(
            "sslcert={}&sslkey={}",
            certificates.path(&format!("{name}-client.pem")),
            certificates.path(&format!("{name}-client.key"))
        )
    };
    append(
        &open(url("tidegate", "localhost", &format!("locked?sslmode=verify-full&{ca}&{}", client("ca")))).await,
        None,
    )
    .await;
    refused(url("tidegate", "localhost", &format!("locked?sslmode=require&{}", client("other")))).await;
    let (cause, hint) = refused(url("tidegate", "localhost", "locked?sslmode=require")).await;
    assert!(cause.contains("certificate"), "{cause}");
    assert!(!hint.is_empty());

    // With a password, in the URL or in a file.
    server.sql("postgres", "CREATE ROLE flags LOGIN PASSWORD 'p@ss/w?rd'");
    server.sql("postgres", "CREATE DATABASE flags OWNER flags");
    open(url("flags:p%40ss%2Fw%3Frd", "localhost", "flags")).await;
    std::fs::write(certificates.path("password"), "p@ss/w?rd\n").unwrap();
    open(url("flags", "localhost", &format!("flags?password_file={}", certificates.path("password")))).await;
    for login in ["flags:wrong", "flags"] {
        let (cause, hint) = refused(url(login, "localhost", "flags")).await;
        assert!(cause.contains("password"), "{cause}");
        assert!(!cause.contains("wrong") && hint.contains("check the user and the password"), "{cause} / {hint}");
    }
    let (cause, hint) = refused(url("flags:p%40ss%2Fw%3Frd", "localhost", "flags?sslmode=disable")).await;
    assert!(cause.contains("no encryption"), "{cause}");
    assert!(!hint.is_empty());

    let plain = Postgres::shared().url("postgres");
    let (cause, hint) = refused(format!("{plain}?sslmode=require")).await;
    assert!(cause.contains("server does not support TLS"), "{cause}");
    assert!(hint.contains("sslmode=disable"));
}
