//! Upstreams that send what they should not: nothing of it is handed out, and the follower comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tidegate_follow::{Driver, Follower, Problem, Session, Settings, Standing, Told};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const SHA256_OF_HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const OPENED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

fn version(sha256: &str, size: usize) -> String {
    format!(
        "{{\"deployment\":1,\"version\":\"1\",\"content_type\":\"text/plain\",\"form\":\"stored\",\"sha256\":\"{sha256}\",\"size\":{size}}}"
    )
}

fn configuration(token: &str, base: &str) -> String {
    format!(
        "event: configuration\ndata: {{\"session\":0,\"token\":\"{token}\",\"served\":\"base\",\"type\":\"AWS.Freeform\",\"base\":{base},\"next\":null,\"seed\":null}}\n\n"
    )
}

fn content(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// An upstream that speaks HTTP/1 only. For the n-th stream and the n-th content it says what it is told to, and keeps
/// streams open.
struct Upstream {
    url: String,
    streams: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Upstream {
    async fn start(
        stream: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
        content: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (streams, contents) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (stream, content) = (Arc::new(stream), Arc::new(content));
        let counted = streams.clone();
        let serving = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (streams, contents) = (counted.clone(), contents.clone());
                let (stream, content) = (stream.clone(), content.clone());
                tokio::spawn(async move {
                    while let Some(head) = read_head(&mut socket).await {
                        if head.starts_with("PRI ") {
                            return;
                        }
                        if head.starts_with("GET /_tidegate/stream ") {
                            let said = stream(streams.fetch_add(1, Ordering::SeqCst));
                            let _ = socket.write_all(&said).await;
                            // Until the client goes.
                            let _ = socket.read_u8().await;
                            return;
                        }
                        let said = content(contents.fetch_add(1, Ordering::SeqCst));
                        if socket.write_all(said.as_bytes()).await.is_err() || said.contains("Connection: close") {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, streams, serving }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn read_head(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

fn follow(upstream: &Upstream) -> (Follower, JoinHandle<()>) {
    let settings = Settings {
        first_wait: Duration::from_millis(5),
        longest_wait: Duration::from_millis(20),
        silence_timeout: Duration::from_secs(60),
        ..Settings::new(&upstream.url)
    };
    let (follower, driver): (Follower, Driver) = Follower::new(settings).unwrap();
    (follower, tokio::spawn(driver.run()))
}

async fn until(session: &mut Session, claim: impl Fn(&Told) -> bool) -> Told {
    let wait = async {
        loop {
            let told = session.told();
            if claim(&told) {
                return told;
            }
            assert!(session.changed().await, "the driver ended");
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("it did not come true")
}

#[tokio::test]
async fn what_is_handed_out_is_whole_and_has_its_hash() {
    let hello = version(SHA256_OF_HELLO, 5);
    let upstream = Upstream::start(
        move |_| format!("{OPENED}retry: 50\n\n{}id: 1\n\n", configuration("second", &hello)).into_bytes(),
        // Wrong in every way, and right in the end.
        |n| match n {
            0 => content("jello"),
            1 => content("hello, and more"),
            2 => content("hell"),
            3 => "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhello".into(),
            4 => "HTTP/1.1 500 Broken\r\nContent-Length: 5\r\n\r\nhello".into(),
            _ => content("hello"),
        },
    )
    .await;
    let (follower, driving) = follow(&upstream);
    let mut session = follower.watch("first".into());
    let told = until(&mut session, |told| {
        assert!(told.state.is_some() || told.token == "first", "a token comes with its content");
        told.standing == Standing::Streaming
    })
    .await;
    assert_eq!(told.token, "second");
    assert_eq!(told.state.unwrap().served().unwrap().content, "hello");
    drop((session, follower));
    tokio::time::timeout(Duration::from_secs(30), driving).await.expect("nobody is left to work for").unwrap();
}

#[tokio::test]
async fn what_is_no_stream_is_left_and_the_follower_comes_back() {
    let hello = version(SHA256_OF_HELLO, 5);
    let garbage: Vec<Vec<u8>> = vec![
        b"\x00\xff\xfe not http\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n".to_vec(),
        [OPENED.as_bytes(), b"data: \xff\xff\n\n"].concat(),
        [OPENED.as_bytes(), &vec![b'x'; 1 << 20]].concat(),
        [OPENED.as_bytes(), "data: x\n".repeat(40_000).as_bytes()].concat(),
        format!("{OPENED}event: configuration\ndata: {{\"session\":0}}\n\n").into_bytes(),
        format!("{OPENED}{}", configuration("t", &hello).replace("\"session\":0", "\"session\":7")).into_bytes(),
        format!("{OPENED}{}", configuration("t", &hello).replace("\"session\":0", "\"session\":-1")).into_bytes(),
        format!("{OPENED}event: token\ndata: [[[[[[\n\n").into_bytes(),
        format!("{OPENED}event: gone\ndata: {{\"session\":99999999999999999999}}\n\n").into_bytes(),
    ];
    let count = garbage.len();
    let upstream = Upstream::start(
        move |n| match garbage.get(n) {
            Some(garbage) => garbage.clone(),
            None => {
                format!("{OPENED}event: of another time\ndata: ?\n\n{}", configuration("good", &hello)).into_bytes()
            }
        },
        |_| content("hello"),
    )
    .await;
    let (follower, _driving) = follow(&upstream);
    let mut session = follower.watch("first".into());
    let told = until(&mut session, |told| {
        assert_ne!(told.token, "t");
        told.standing == Standing::Streaming
    })
    .await;
    assert_eq!(told.state.unwrap().served().unwrap().content, "hello");
    assert!(upstream.streams.load(Ordering::SeqCst) > count);
}

#[tokio::test]
async fn hashes_that_are_none_and_contents_without_end_are_not_asked_for() {
    let upstream = Upstream::start(
        |n| {
            let base = match n {
                0 => version("../../../etc/passwd", 5),
                _ => version(SHA256_OF_HELLO, usize::MAX / 2),
            };
            format!("{OPENED}{}", configuration("t", &base)).into_bytes()
        },
        |_| panic!("it was asked for"),
    )
    .await;
    let (follower, _driving) = follow(&upstream);
    let mut session = follower.watch("first".into());
    // Another session has the stream opened anew.
    while upstream.streams.load(Ordering::SeqCst) < 2 {
        let another = follower.watch("another".into());
        tokio::time::timeout(Duration::from_millis(50), session.changed()).await.ok();
        drop(another);
    }
    assert_eq!((session.told().standing, session.told().state), (Standing::Waiting, None));
}

#[tokio::test]
async fn a_flood_of_events_is_heard_in_bounded_memory_and_the_last_one_counts() {
    let hello = version(SHA256_OF_HELLO, 5);
    let upstream = Upstream::start(
        move |_| {
            let other = version(&SHA256_OF_HELLO.replace('2', "3"), 5);
            let flood: String = (0..20_000).map(|n| configuration(&format!("t{n}"), &other)).collect();
            format!("{OPENED}{flood}{}", configuration("last", &hello)).into_bytes()
        },
        |_| content("hello"),
    )
    .await;
    let (follower, _driving) = follow(&upstream);
    let mut session = follower.watch("first".into());
    let told = until(&mut session, |told| told.standing == Standing::Streaming).await;
    assert_eq!(told.token, "last");
}

#[tokio::test]
async fn a_server_without_streams_leaves_its_users_to_poll() {
    let refusal = |status: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let upstream = Upstream::start(
        move |n| match n {
            0 => refusal("404 Not Found", "{\"Message\":\"No operation has this method and path.\"}"),
            1 => refusal("403 Forbidden", "<html>"),
            2 => refusal("503 Busy", ""),
            _ => refusal(
                "400 Bad Request",
                "{\"Reason\":\"InvalidParameters\",\"Details\":{\"InvalidParameters\":{\"ConfigurationToken\":{\"Problem\":\"Expired\"}}}}",
            ),
        },
        |_| content("hello"),
    )
    .await;
    let (follower, _driving) = follow(&upstream);
    let mut session = follower.watch("first".into());
    let told = until(&mut session, |told| told.standing != Standing::Waiting).await;
    assert_eq!(told.standing, Standing::Refused(Problem::Expired));
    session.renew("new".into());
    assert_eq!(session.told().standing, Standing::Waiting);
}

#[test]
fn addresses_that_are_none_are_refused() {
    for url in ["", "localhost:8787", "ftp://localhost", "http://", "http://localhost/?x=1", "file:///etc/passwd"] {
        assert!(Follower::new(Settings::new(url)).is_err(), "{url}");
    }
}
