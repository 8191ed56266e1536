//! TLS of the built binary: what it takes, what it refuses, and how it takes over new files.

mod common;

use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::client::Raw;
use common::server::{command, run};
use common::{Answer, HANG, Server, eventually, http_2};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// An authority that a test makes for itself.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, until: (i32, u8)) -> Pair {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until.0, until.1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        Pair { certificate: params.signed_by(&key, &self.0).unwrap().pem(), key: key.serialize_pem() }
    }

    fn pem(&self) -> String {
        self.0.pem()
    }
}

const LATER: (i32, u8) = (2100, 1);

/// A directory with a certificate's files, and a client that trusts their authority.
struct Bench {
    directory: tempfile::TempDir,
    authority: Authority,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { directory: common::directory(), authority: Authority::new() };
        bench.write(&bench.authority.issue(LATER));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, pair: &Pair) {
        fs::write(self.path("cert.pem"), &pair.certificate).unwrap();
        fs::write(self.path("key.pem"), &pair.key).unwrap();
    }

    fn option(&self, option: &str, file: &str) -> String {
        format!("--{option}={}", self.path(file).display())
    }

    fn start(&self, more: &[&str]) -> Server {
        let (cert, key) = (self.option("tls-cert", "cert.pem"), self.option("tls-key", "key.pem"));
        let options: Vec<&str> = [cert.as_str(), key.as_str()].into_iter().chain(more.iter().copied()).collect();
        Server::start(&self.path("data"), &options)
    }

    fn client(&self, server: &Server) -> Client {
        Client::new(server.address, &self.authority.pem(), None, &[])
    }
}

/// A client of TLS, with a new connection for each request.
struct Client {
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

type Tls = BufReader<StreamOwned<ClientConnection, TcpStream>>;

impl Client {
    fn new(address: SocketAddr, authorities: &str, own: Option<&Pair>, protocols: &[&str]) -> Self {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(authority.unwrap()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut config = match own {
            Some(pair) => {
                let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).map(Result::unwrap).collect();
                config
                    .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap())
                    .unwrap()
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        // What a resumed session shows is the certificate of the one before.
        config.resumption = rustls::client::Resumption::disabled();
        Self { address, config: Arc::new(config) }
    }

    fn connect(&self) -> std::io::Result<Tls> {
        let socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(HANG))?;
        socket.set_nodelay(true)?;
        let name = IpAddr::from(Ipv4Addr::LOCALHOST).into();
        let session = ClientConnection::new(self.config.clone(), name).map_err(std::io::Error::other)?;
        Ok(BufReader::new(StreamOwned::new(session, socket)))
    }

    fn try_get(&self, path: &str) -> std::io::Result<Answer> {
        ask(&mut self.connect()?, path)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The certificate that the server shows.
    fn shown(&self) -> std::io::Result<Vec<u8>> {
        let mut stream = self.connect()?;
        ask(&mut stream, "/_tidegate/clock")?;
        let certificates = stream.get_ref().conn.peer_certificates().unwrap_or_default();
        Ok(certificates.first().map(|certificate| certificate.to_vec()).unwrap_or_default())
    }
}

fn ask(stream: &mut Tls, path: &str) -> std::io::Result<Answer> {
    write!(stream.get_mut(), "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    Answer::read(stream, false)
}

fn der(pair: &Pair) -> Vec<u8> {
    CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap().to_vec()
}

#[test]
fn with_a_certificate_the_greeting_says_https_and_requests_are_answered_over_tls() {
    let bench = Bench::new();
    let server = bench.start(&[]);
    assert!(server.greeting.contains(&format!("is listening on https://{}\n", server.address)), "{}", server.greeting);
    assert!(server.greeting.contains(&format!("--endpoint-url https://{} ", server.address)));
    let client = bench.client(&server);
    let mut stream = client.connect().unwrap();
    for _ in 0..3 {
        let answer = ask(&mut stream, "/applications").unwrap().expect(200);
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    }
    let health = client.get("/_tidegate/health").expect(200).json();
    assert_eq!(health["tls"]["not_after"], "2100-01-01T00:00:00.000Z");
    assert_eq!(health["tls"]["problem"], serde_json::Value::Null);
    let metrics = client.get("/_tidegate/metrics").text();
    assert!(metrics.contains("\ntidegate_tls_certificate_not_after_seconds 4102444800\n"), "{metrics}");
    assert!(metrics.contains("\ntidegate_tls_reload_failing 0\n"));
    server.assert_no_panic();
}

#[test]
fn http_2_is_agreed_on_by_name() {
    let bench = Bench::new();
    let server = bench.start(&[]);
    for (offered, agreed) in [(["h2", "http/1.1"].as_slice(), "h2"), (&["http/1.1"], "http/1.1")] {
        let client = Client::new(server.address, &bench.authority.pem(), None, offered);
        let mut stream = client.connect().unwrap().into_inner();
        if agreed == "h2" {
            assert_eq!(http_2::get(&mut stream, "/applications").status, "200");
        } else {
            ask(&mut BufReader::new(stream), "/applications").unwrap().expect(200);
            stream = client.connect().unwrap().into_inner();
            stream.conn.complete_io(&mut stream.sock).unwrap();
        }
        assert_eq!(stream.conn.alpn_protocol(), Some(agreed.as_bytes()));
    }
    let strange = Client::new(server.address, &bench.authority.pem(), None, &["spdy/3"]);
    assert!(strange.try_get("/applications").is_err(), "there is nothing that both speak");
    server.assert_no_panic();
}

#[test]
fn files_that_are_wrong_at_the_start_are_named_with_what_is_wrong() {
    let bench = Bench::new();
    let other = bench.authority.issue(LATER);
    fs::write(bench.path("other.pem"), &other.key).unwrap();
    fs::write(bench.path("text.pem"), "nothing of the kind\n").unwrap();
    fs::write(bench.path("broken.pem"), "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n").unwrap();
    fs::write(bench.path("junk.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAoGCCqGSIb3DQEF\n-----END ENCRYPTED PRIVATE KEY-----\n";
    fs::write(bench.path("sealed.pem"), sealed).unwrap();
    let cases = [
        ("cert.pem", "other.pem", "", "other.pem is not the key of the first certificate in "),
        ("cert.pem", "cert.pem", "", "cert.pem has no private key"),
        ("cert.pem", "sealed.pem", "", "sealed.pem has no private key"),
        ("key.pem", "key.pem", "", "key.pem has no certificate"),
        ("text.pem", "key.pem", "", "text.pem has no certificate"),
        ("broken.pem", "key.pem", "", "broken.pem: "),
        ("junk.pem", "key.pem", "", "junk.pem: the first certificate cannot be read"),
        ("none.pem", "key.pem", "", "cannot read "),
        ("cert.pem", "key.pem", "text.pem", "text.pem has no certificate"),
        ("cert.pem", "key.pem", "junk.pem", "junk.pem: "),
    ];
    for (cert, key, authorities, says) in cases {
        let mut command = command();
        command.args(["serve", "--listen=127.0.0.1:0", "--store=memory:"]);
        command.args([bench.option("tls-cert", cert), bench.option("tls-key", key)]);
        if !authorities.is_empty() {
            command.arg(bench.option("tls-client-ca", authorities));
        }
        let output = run(&mut command);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{cert} {key} {authorities}");
        assert!(text.starts_with("error: cannot speak TLS: ") && text.contains(says), "{cert} {key}: {text}");
        assert!(!text.contains("PRIVATE KEY-----"), "a key is in no message");
    }
}

#[test]
fn new_files_are_taken_over_and_wrong_ones_reported_while_the_old_are_used() {
    let bench = Bench::new();
    let first = bench.authority.issue(LATER);
    bench.write(&first);
    let server = bench.start(&[]);
    let client = bench.client(&server);
    let mut kept = client.connect().unwrap();
    ask(&mut kept, "/applications").unwrap().expect(200);
    assert_eq!(client.shown().unwrap(), der(&first));
    // Half of a change: a certificate whose key has not come yet.
    let second = bench.authority.issue((2090, 1));
    fs::write(bench.path("cert.pem"), &second.certificate).unwrap();
    let problem = eventually("the change is found wrong", || {
        client.get("/_tidegate/health").expect(200).json()["tls"]["problem"].as_str().map(str::to_owned)
    });
    assert!(problem.contains("key.pem is not the key of the first certificate"), "{problem}");
    assert!(client.get("/_tidegate/metrics").text().contains("\ntidegate_tls_reload_failing 1\n"));
    assert_eq!(client.shown().unwrap(), der(&first), "what was right goes on being used");
    assert_eq!(server.log().matches("the TLS files have changed and are not used").count(), 1, "it is said once");
    // The other half.
    fs::write(bench.path("key.pem"), &second.key).unwrap();
    eventually("the new certificate is shown", || (client.shown().unwrap() == der(&second)).then_some(()));
    let health = client.get("/_tidegate/health").json();
    assert_eq!(health["tls"], serde_json::json!({"not_after": "2090-01-01T00:00:00.000Z"}));
    assert!(client.get("/_tidegate/metrics").text().contains("\ntidegate_tls_reload_failing 0\n"));
    // Files that are gone are wrong, too.
    fs::remove_file(bench.path("key.pem")).unwrap();
    eventually("the loss is noticed", || {
        client.get("/_tidegate/metrics").text().contains("\ntidegate_tls_reload_failing 1\n").then_some(())
    });
    fs::write(bench.path("key.pem"), &second.key).unwrap();
    eventually("it is mended", || {
        client.get("/_tidegate/metrics").text().contains("\ntidegate_tls_reload_failing 0\n").then_some(())
    });
    ask(&mut kept, "/applications").unwrap().expect(200);
    server.assert_no_panic();
}

/// As Kubernetes puts a secret in place: `..data` is a link that is replaced as a whole.
fn put_in_place(folder: &Path, name: &str, pair: &Pair) {
    let version = folder.join(name);
    fs::create_dir(&version).unwrap();
    fs::write(version.join("tls.crt"), &pair.certificate).unwrap();
    fs::write(version.join("tls.key"), &pair.key).unwrap();
    symlink(name, folder.join("..next")).unwrap();
    fs::rename(folder.join("..next"), folder.join("..data")).unwrap();
}

#[test]
fn a_secret_of_kubernetes_is_swapped_under_load_without_a_failed_request() {
    let bench = Bench::new();
    let folder = bench.path("secret");
    fs::create_dir(&folder).unwrap();
    put_in_place(&folder, "..1", &bench.authority.issue(LATER));
    for name in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(name), folder.join(name)).unwrap();
    }
    let options = [bench.option("tls-cert", "secret/tls.crt"), bench.option("tls-key", "secret/tls.key")];
    let server = Server::start(&bench.path("data"), &options.each_ref().map(String::as_str));
    let client = bench.client(&server);
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut kept = client.connect().unwrap();
                    while !is_over.load(Ordering::Relaxed) {
                        ask(&mut kept, "/applications").expect("an old connection goes on").expect(200);
                        client.try_get("/applications").expect("a new one is taken").expect(200);
                        answered.fetch_add(2, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for number in 2..5 {
            let pair = bench.authority.issue((2080 + number, 1));
            put_in_place(&folder, &format!("..{number}"), &pair);
            let asked = answered.load(Ordering::Relaxed);
            eventually("the new certificate is shown", || (client.shown().unwrap() == der(&pair)).then_some(()));
            eventually("requests are answered with it", || {
                (answered.load(Ordering::Relaxed) > asked + 4 || askers.iter().any(|it| it.is_finished())).then_some(())
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(client.get("/_tidegate/metrics").text().contains("\ntidegate_tls_handshakes_failed_total 0\n"));
    server.assert_no_panic();
}

#[test]
fn a_certificate_that_has_ended_is_said_loudly_and_does_not_stop_anybody() {
    let bench = Bench::new();
    bench.write(&bench.authority.issue((2021, 3)));
    let server = bench.start(&["--tls-client-certificates=required"]);
    eventually("it is said", || server.log().contains("the TLS certificate has ended").then_some(()));
    assert!(bench.client(&server).try_get("/applications").is_err(), "clients see it, too");
    bench.write(&bench.authority.issue(LATER));
    let client = bench.client(&server);
    eventually("a new one is taken", || client.try_get("/applications").ok());
    server.assert_no_panic();
}

#[test]
fn client_certificates_are_asked_for_and_those_of_others_refused() {
    let bench = Bench::new();
    fs::write(bench.path("ca.pem"), bench.authority.pem()).unwrap();
    let (own, ended) = (bench.authority.issue(LATER), bench.authority.issue((2021, 3)));
    let stranger = Authority::new().issue(LATER);
    let ca = bench.option("tls-client-ca", "ca.pem");
    for (which, is_nobody_let_in) in [("required", false), ("optional", true)] {
        let server = bench.start(&[&ca, "--store=memory:", &format!("--tls-client-certificates={which}")]);
        let client = |own| Client::new(server.address, &bench.authority.pem(), own, &[]);
        client(Some(&own)).get("/applications").expect(200);
        assert_eq!(client(None).try_get("/applications").is_ok(), is_nobody_let_in, "{which}: none");
        assert!(client(Some(&stranger)).try_get("/applications").is_err(), "{which}: another authority's");
        assert!(client(Some(&ended)).try_get("/applications").is_err(), "{which}: one that has ended");
        let metrics = client(Some(&own)).get("/_tidegate/metrics").text();
        let failed = if is_nobody_let_in { 2 } else { 3 };
        assert!(metrics.contains(&format!("\ntidegate_tls_handshakes_failed_total {failed}\n")), "{metrics}");
        server.assert_no_panic();
    }
}

#[test]
fn http_without_tls_is_told_to_use_it_and_tls_is_refused_where_it_is_not_spoken() {
    let bench = Bench::new();
    let server = bench.start(&[]);
    let mut raw = Raw::connect(server.address).unwrap();
    raw.write(b"GET /applications HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let answer = raw.read().unwrap().expect(400);
    assert_eq!(answer.json()["message"], "This port speaks TLS: use https:// instead.");
    assert_eq!(raw.rest(), b"");
    let plain = Server::start(&bench.path("plain"), &[]);
    assert!(bench.client(&plain).try_get("/applications").is_err());
    plain.assert_well();
    server.assert_no_panic();
}

#[test]
fn tls_1_1_and_what_is_no_tls_are_refused() {
    let bench = Bench::new();
    let server = bench.start(&[]);
    // A ClientHello of TLS 1.1 with one suite and no extensions.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let old = [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length], hello.as_slice()].concat();
    let mut raw = Raw::connect(server.address).unwrap();
    raw.write(&old).unwrap();
    let answer = raw.rest();
    assert_eq!(answer.get(..2), Some([0x15, 3].as_slice()), "an alert: {answer:?}");
    for garbage in [vec![0x16; 5_000], vec![0; 100], [b"\x16\x03\x01\xff\xff".as_slice(), &[1; 70_000]].concat()] {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.throw(&garbage);
        assert!(raw.rest().len() < 100);
    }
    bench.client(&server).get("/_tidegate/health").expect(200);
    server.assert_no_panic();
}

#[test]
fn whoever_does_not_finish_a_handshake_is_hung_up_on_and_keeps_nobody_waiting() {
    let bench = Bench::new();
    let server = bench.start(&["--header-timeout=1"]);
    let openings: [&[u8]; 4] = [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00", b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"];
    let mut silent: Vec<Raw> = (0..40)
        .map(|count| {
            let mut raw = Raw::connect(server.address).unwrap();
            raw.write(openings[count % openings.len()]).unwrap();
            raw
        })
        .collect();
    // And some that finish the handshake and then say nothing.
    let client = bench.client(&server);
    let mut shaken: Vec<_> = (0..5)
        .map(|_| {
            let mut stream = client.connect().unwrap().into_inner();
            stream.conn.complete_io(&mut stream.sock).unwrap();
            stream
        })
        .collect();
    client.get("/applications").expect(200);
    for raw in &mut silent {
        raw.rest();
    }
    for stream in &mut shaken {
        let _ = stream.read_to_end(&mut Vec::new());
    }
    eventually("their places are free", || {
        client.get("/_tidegate/metrics").text().contains("\ntidegate_connections 1\n").then_some(())
    });
    server.assert_no_panic();
}
