//! A server for the tests: answers the calls that the benchmark makes, with single-use chained tokens.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;

/// The fake server; stops when dropped.
pub struct Fake {
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct State {
    fresh: u64,
    content: Bytes,
    /// Whether the session of a token that is still good has had the content.
    tokens: HashMap<String, bool>,
}

impl Fake {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                let service = service_fn(move |request| answer(state.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, _runtime: runtime }
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut state = state.lock().unwrap();
    let segments = Vec::from_iter(head.uri.path().split('/').skip(1));
    let response = match (&head.method, segments.as_slice()) {
        (&Method::GET, ["configuration"]) => state.latest(head.uri.query().unwrap()),
        (&Method::POST, ["configurationsessions"]) => {
            let token = state.fresh_token(false);
            created(format!("{{\"InitialConfigurationToken\":\"{token}\"}}"))
        }
        (&Method::POST, [.., "hostedconfigurationversions"]) => {
            state.content = body;
            created(String::new())
        }
        (&Method::POST, [.., "deployments"]) => created("{\"State\":\"COMPLETE\"}".into()),
        (
            &Method::POST,
            ["applications" | "deploymentstrategies"] | [_, _, "environments" | "configurationprofiles"],
        ) => {
            state.fresh += 1;
            created(format!("{{\"Id\":\"{:07}\"}}", state.fresh))
        }
        _ => refused(404),
    };
    Ok(response)
}

impl State {
    /// A token with characters that a query has to encode.
    fn fresh_token(&mut self, has_content: bool) -> String {
        self.fresh += 1;
        let token = format!("AYAB+{:08}/==", self.fresh);
        self.tokens.insert(token.clone(), has_content);
        token
    }

    fn latest(&mut self, query: &str) -> Response<Full<Bytes>> {
        let token = query.strip_prefix("configuration_token=").unwrap();
        let token = token.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        let Some(has_content) = self.tokens.remove(&token) else { return refused(400) };
        let body = if has_content { Bytes::new() } else { self.content.clone() };
        Response::builder()
            .header("next-poll-configuration-token", self.fresh_token(true))
            .header("next-poll-interval-in-seconds", "60")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .unwrap()
    }
}

fn created(body: String) -> Response<Full<Bytes>> {
    Response::builder().status(201).body(Full::new(body.into())).unwrap()
}

fn refused(status: u16) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::default()).unwrap()
}
