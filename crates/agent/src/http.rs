//! The listener: connections, limits, and who answers what.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::agent::Agent;
use crate::answer;
use crate::failure::Failure;

/// Connections at a time; further ones wait.
const MOST_CONNECTIONS: usize = 4_096;
/// Bytes of a request's head.
const MAX_HEAD_BYTES: usize = 64 * 1_024;
/// How long a client may take for the head of its next request, the wait between two included.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
/// How long open requests may take once the agent stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// An answer's body: ready, or one that comes in pieces.
pub type Body = Either<Full<Bytes>, UnsyncBoxBody<Bytes, Infallible>>;

/// Something else that answers on the agent's port.
pub trait Mount: Send + Sync {
    /// Whether a path is its own.
    fn owns(&self, path: &str) -> bool;

    /// Answers a request for such a path. Whoever asks has not been checked: see [`admit`].
    fn answer(&self, request: Request<Incoming>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>>;

    /// Ends the answers that do not end by themselves: the listener is going to.
    fn close(&self);
}

/// Checks that a caller may read configurations: whom it calls us by, and the access token.
///
/// # Errors
/// It may not.
pub fn admit<B>(agent: &Agent, request: &Request<B>) -> Result<(), Failure> {
    answer::admit(agent, request.headers(), request.uri().host())
}

/// Serves requests until `shutdown` resolves, then lets open ones finish.
pub async fn serve(
    listeners: Vec<TcpListener>,
    agent: Arc<Agent>,
    mounts: Arc<[Arc<dyn Mount>]>,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut http1 = http1::Builder::new();
    http1.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(MAX_HEAD_BYTES);
    tokio::pin!(shutdown);
    loop {
        let place = places.clone().acquire_owned().await;
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listeners) => accepted,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            // Out of file descriptors, most likely: those in use have to come back first.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        agent.metrics.connections.inc();
        let (of_connection, mounts) = (agent.clone(), mounts.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (agent, mounts) = (of_connection.clone(), mounts.clone());
            async move { Ok::<_, Infallible>(respond(&agent, &mounts, request).await) }
        });
        let connection = graceful.watch(http1.serve_connection(TokioIo::new(stream), service));
        let agent = agent.clone();
        tokio::spawn(async move {
            // A client that goes away, or does not speak HTTP, is nobody's fault here.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            agent.metrics.connections.dec();
            drop(place);
        });
    }
    drop(listeners);
    mounts.iter().for_each(|mount| mount.close());
    if tokio::time::timeout(STOP_PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

async fn accept(listeners: &[TcpListener]) -> std::io::Result<tokio::net::TcpStream> {
    let accepts = listeners.iter().map(|listener| Box::pin(listener.accept()));
    let (accepted, _, _) = futures_util::future::select_all(accepts).await;
    accepted.map(|(stream, _)| stream)
}

async fn respond(agent: &Arc<Agent>, mounts: &[Arc<dyn Mount>], request: Request<Incoming>) -> Response<Body> {
    if let Some(mount) = mounts.iter().find(|mount| mount.owns(request.uri().path())) {
        return mount.answer(request).await;
    }
    let (head, _) = request.into_parts();
    answer::answer(agent, &head).await.map(|body| Either::Left(Full::new(body)))
}
