//! The least that hyper can do: the same answer to everything.
//!
//! This is a sub-command and not a second program because `cargo run` builds only the program that it runs. Headers and
//! body are made once and borrowed by every answer; the runtime is the multi-thread one that the real server has.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Result;

#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    listen: SocketAddr,
    /// A header of every answer, as "name: value"
    #[arg(long)]
    header: Vec<String>,
    #[arg(long, default_value_t = 0)]
    body_bytes: usize,
}

/// Serves until the process is told to end.
pub fn serve(options: &Options) -> Result<()> {
    let headers = options.header.iter().map(|line| header(line)).collect::<Result<Vec<_>>>()?;
    // Lives as long as the process; static headers are copied without counting references.
    let headers: &'static [(HeaderName, HeaderValue)] = headers.leak();
    let body = Bytes::from_static(vec![b'x'; options.body_bytes].leak());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            let service = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(answer(headers, body.clone()))));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A connection that ends badly is the client's to notice.
            tokio::spawn(async { drop(connection.await) });
        }
    })
}

fn answer(headers: &'static [(HeaderName, HeaderValue)], body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().reserve(headers.len() + 2);
    for (name, value) in headers {
        response.headers_mut().append(name, value.clone());
    }
    response
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(": ").ok_or("a header without ': '")?;
    let name = name.to_ascii_lowercase().leak();
    let value: &'static str = value.to_owned().leak();
    let checked = HeaderName::from_bytes(name.as_bytes())?;
    HeaderValue::from_str(value)?;
    drop(checked);
    Ok((HeaderName::from_static(name), HeaderValue::from_static(value)))
}
