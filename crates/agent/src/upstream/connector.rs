//! The SDK's way to the network: reqwest, which the server has, too.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::BytesMut;

use crate::settings::Settings;
use crate::version::LARGEST;

/// Where clouds answer their machines: never through a proxy.
const LINK_LOCAL: &str = "169.254.0.0/16,fd00:ec2::254";

/// Sends the SDK's requests.
#[derive(Clone)]
pub(crate) struct Connector(reqwest::Client);

impl Connector {
    pub(crate) fn new(settings: &Settings) -> Result<Self, String> {
        Ok(Self(client(settings)?))
    }
}

/// The HTTP client, with the proxy that the settings name and no other.
fn client(settings: &Settings) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.request_timeout)
        .pool_idle_timeout(Duration::from_secs(90))
        .pool_max_idle_per_host(settings.max_connections);
    if let Some(url) = &settings.proxy_url {
        let proxy = reqwest::Proxy::all(url).map_err(|error| format!("the proxy cannot be used: {error}"))?;
        let proxy = proxy.headers(settings.proxy_headers.clone());
        builder = builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(LINK_LOCAL)));
    }
    builder.build().map_err(|error| format!("cannot make an HTTP client: {error}"))
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { send(&client, request).await })
    }
}

async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = body.bytes().map(<[u8]>::to_vec).ok_or_else(|| ConnectorError::user("a body that streams".into()))?;
    let request = http::Request::from_parts(head, body);
    let request = reqwest::Request::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
    let mut answer = client.execute(request).await.map_err(of_reqwest)?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut content = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(of_reqwest)? {
        if content.len() + chunk.len() > LARGEST {
            return Err(ConnectorError::other(format!("the answer has more than {LARGEST} bytes").into(), None));
        }
        content.extend_from_slice(&chunk);
    }
    let mut response = http::Response::new(SdkBody::from(content.freeze()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

fn of_reqwest(error: reqwest::Error) -> ConnectorError {
    // Addresses of polls carry tokens.
    let error = error.without_url();
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
