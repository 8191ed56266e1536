//! HTTP/1.1 by hand, over a connection that stays open.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tidegate_wire::sigv4::{PayloadHash, RequestParts, SERVICE, Signer, SigningKey, sign, timestamp};

use super::HANG;

/// The server closes connections that are idle for ten seconds; a client must not send into the closing.
const IDLE: Duration = Duration::from_secs(5);

/// An access key to sign with.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub region: String,
    pub session_token: Option<String>,
}

impl Key {
    /// What a signature adds to a request: headers, with names in lower case.
    pub fn sign(
        &self,
        address: SocketAddr,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Vec<(String, String)> {
        let now_ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
        self.sign_at(now_ms, address, method, target, headers, body)
    }

    pub fn sign_at(
        &self,
        now_ms: i64,
        address: SocketAddr,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Vec<(String, String)> {
        let stamp = timestamp(now_ms);
        let mut added = vec![("x-amz-date".to_owned(), stamp.clone())];
        added.extend(self.session_token.clone().map(|token| ("x-amz-security-token".to_owned(), token)));
        let mut signed = http::HeaderMap::new();
        let mut insert = |name: &str, value: &str| {
            signed.append(http::HeaderName::try_from(name).unwrap(), http::HeaderValue::try_from(value).unwrap());
        };
        insert("host", &address.to_string());
        headers.iter().for_each(|(name, value)| insert(name, value));
        added.iter().for_each(|(name, value)| insert(name, value));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let key = SigningKey::derive(&self.secret, &stamp[..8], &self.region, SERVICE);
        let signer = Signer { access_key_id: &self.id, key: &key, region: &self.region };
        let parts = RequestParts { method, path, query, authority: None, headers: &signed };
        let payload = PayloadHash::of(body.unwrap_or_default());
        added.push(("authorization".into(), sign(&signer, &parts, &payload, now_ms).expect("it can be signed")));
        added
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads one answer, past any `100 Continue`.
    pub fn read(from: &mut impl BufRead, is_to_head: bool) -> io::Result<Self> {
        loop {
            let answer = Self::read_one(from, is_to_head)?;
            if answer.status != 100 {
                return Ok(answer);
            }
        }
    }

    /// Reads one answer, be it `100 Continue`.
    pub fn read_one(from: &mut impl BufRead, is_to_head: bool) -> io::Result<Self> {
        let line = read_line(from)?;
        let status = line.strip_prefix("HTTP/1.").and_then(|it| it.get(2..5)?.parse().ok());
        let status: u16 = status.ok_or_else(|| io::Error::other(format!("not an answer: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(from)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| io::Error::other(format!("no header: {line:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Self { status, headers, body: Vec::new() };
        let length = answer.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
        if !is_to_head {
            answer.body.resize(length, 0);
            from.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Checks the status, and gives back the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Checks that it is this error, in the form that AWS's clients read.
    #[track_caller]
    pub fn expect_error(self, status: u16, name: &str) -> Self {
        assert_eq!((self.status, self.error_name()), (status, name), "{}", self.text());
        self.assert_well_formed_error();
        self
    }

    /// The error's name from its header, without AWS's trailing colon; empty if there is none.
    pub fn error_name(&self) -> &str {
        self.header("x-amzn-errortype").and_then(|name| name.strip_suffix(':')).unwrap_or_default()
    }

    #[track_caller]
    pub fn assert_well_formed_error(&self) {
        assert!((400..600).contains(&self.status), "{self:?}");
        assert!(self.error_name().ends_with("Exception"), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let message = &self.json()["Message"];
        assert!(message.as_str().is_some_and(|message| !message.is_empty()), "{self:?}");
        assert_eq!(self.header("x-amzn-requestid").map(str::len), Some(36), "{self:?}");
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_err(io::Error::other)
}

/// A connection to say anything at all over.
pub struct Raw {
    pub stream: BufReader<TcpStream>,
}

impl Raw {
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANG))?;
        stream.set_write_timeout(Some(HANG))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Writes, whether or not the other side still listens.
    pub fn throw(&mut self, bytes: &[u8]) {
        let _ = self.write(bytes);
    }

    pub fn read(&mut self) -> io::Result<Answer> {
        Answer::read(&mut self.stream, false)
    }

    /// Reads to the end; what is left if the connection was reset.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    /// Every answer until the server closes the connection.
    pub fn answers(&mut self) -> Vec<Answer> {
        std::iter::from_fn(|| self.read().ok()).collect()
    }
}

impl Read for Raw {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.stream.read(room)
    }
}

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client with one connection, made anew when it has to be.
pub struct Client {
    address: SocketAddr,
    connection: Option<(Raw, Instant)>,
    /// Signs every request, if it is there.
    pub key: Option<Key>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, key: None, headers: Vec::new() }
    }

    /// Sends a request and reads its answer. After an error the next request goes over a new connection.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        let signature = self.key.as_ref().map(|key| key.sign(self.address, method, path, headers, body));
        for (name, value) in signature.iter().flatten() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut request = head.into_bytes();
        request.extend_from_slice(body.unwrap_or_default());
        let mut raw = match self.connection.take() {
            Some((raw, used)) if used.elapsed() < IDLE => raw,
            _ => Raw::connect(self.address)?,
        };
        raw.write(&request)?;
        let answer = Answer::read(&mut raw.stream, method == "HEAD")?;
        if answer.header("connection") != Some("close") {
            self.connection = Some((raw, Instant::now()));
        }
        Ok(answer)
    }

    #[track_caller]
    pub fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        self.send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], None)
    }

    #[track_caller]
    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[("Content-Type", "application/json")], Some(body.to_string().as_bytes()))
    }
}
