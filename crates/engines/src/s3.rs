//! A server that speaks S3's language: moto's, from the Python packages that the clients' tests run with.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::{Process, Signal};
use crate::programs::find_python;
use crate::{eventually, free_port};

/// A server with its buckets in memory. Dropping it ends it.
pub struct S3 {
    port: u16,
    /// Ends with this.
    process: Process,
}

impl S3 {
    /// Starts a server without any bucket.
    #[track_caller]
    pub fn start() -> S3 {
        eventually("a server of buckets starts", || {
            let directory = tempfile::Builder::new().prefix("tidegate-s3-").tempdir();
            let directory = directory.expect("the directory for temporary files can be written").keep();
            let port = free_port();
            let program = find_python("moto_server");
            let text = |path: &Path| path.to_str().expect("paths of tests are text").to_owned();
            let command = [&text(&program), "-H", "127.0.0.1", "-p", &port.to_string()];
            let process = Process::start(&command, None, &directory, &directory.join("log"), Signal::Kill);
            let server = S3 { port, process };
            eventually("a server of buckets answers", || {
                let is_up = server.try_request("GET", "/moto-api/", "").is_some_and(|(status, _)| status == 200);
                (is_up || !server.process.is_running()).then_some(())
            });
            // Another process may have been quicker to take the port, and have answered.
            server.process.is_running().then_some(server)
        })
    }

    /// The server that the tests of this process share; each takes a [bucket of its own](S3::fresh_bucket).
    #[track_caller]
    pub fn shared() -> &'static S3 {
        static SHARED: OnceLock<S3> = OnceLock::new();
        SHARED.get_or_init(S3::start)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Its endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Makes a bucket of this test's own, and returns its name.
    #[track_caller]
    pub fn fresh_bucket(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("bucket-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let place =
            "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
        self.request("PUT", &format!("/{name}"), place);
        name
    }

    /// Puts an object.
    #[track_caller]
    pub fn put(&self, bucket: &str, name: &str, content: &str) {
        self.request("PUT", &format!("/{bucket}/{name}"), content);
    }

    /// The names of a bucket's objects.
    #[track_caller]
    pub fn list(&self, bucket: &str) -> Vec<String> {
        let listed = self.request("GET", &format!("/{bucket}?list-type=2"), "");
        let names = listed.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        names.map(str::to_owned).collect()
    }

    /// Removes a bucket with all that is in it.
    #[track_caller]
    pub fn remove_bucket(&self, bucket: &str) {
        for name in self.list(bucket) {
            self.request("DELETE", &format!("/{bucket}/{name}"), "");
        }
        self.request("DELETE", &format!("/{bucket}"), "");
    }

    #[track_caller]
    fn request(&self, method: &str, target: &str, body: &str) -> String {
        match self.try_request(method, target, body) {
            Some((200..=299, answer)) => answer,
            answer => panic!("{method} {target}: {answer:?}"),
        }
    }

    /// One request on a connection of its own. Whoever asks is believed, so that nothing has to be signed.
    fn try_request(&self, method: &str, target: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.address()).ok()?;
        let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request";
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\nauthorization: {credential}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}",
            self.address()
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }
}
