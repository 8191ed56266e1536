//! Webhooks: an action whose address is on the web.
//!
//! The call is a POST of the payload. Its header `tidegate-signature` is `t=<seconds since 1970>,v1=<hex>`, where the
//! hexadecimal digits are HMAC-SHA256, under the server's webhook secret, of the seconds, a full stop and the body.
//! Redirects are not followed, and addresses that reach a machine's own metadata (link-local ones) are refused.

use std::error::Error;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use bytes::{Bytes, BytesMut};
use rand::RngExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use super::outside::{Call, Fault, Mode};
use crate::clock::system_now_ms;

/// How long a single try may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take with all its tries, while somebody waits: AWS's limit for functions.
const ASK_TIMEOUT: Duration = Duration::from_secs(15);
/// The same while nobody does.
const TELL_TIMEOUT: Duration = Duration::from_secs(20);
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Bytes of an answer: the largest content, in base64, and room around it.
const MAX_ANSWER_BYTES: usize = 8 * 1_024 * 1_024;

/// What an operator can choose about webhooks.
#[derive(Clone)]
pub struct WebhookSettings {
    /// Signs calls.
    pub secret: Vec<u8>,
    /// Whether link-local addresses may be called.
    pub allow_link_local: bool,
    /// The longest a single try may take.
    pub try_timeout: Duration,
}

impl WebhookSettings {
    /// The settings with this secret, and everything else as it is.
    pub fn new(secret: Vec<u8>) -> Self {
        Self { secret, allow_link_local: false, try_timeout: TRY_TIMEOUT }
    }
}

/// Calls addresses on the web.
pub struct Webhook {
    client: Client,
    key: hmac::Key,
    allow_link_local: bool,
}

impl Webhook {
    /// Makes the client.
    pub fn new(settings: WebhookSettings) -> Result<Self, String> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would look names up by itself, and reach what is refused here.
            .no_proxy()
            .timeout(settings.try_timeout)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Resolver { allow_link_local: settings.allow_link_local }))
            .build()
            .map_err(|error| format!("cannot make a web client: {error}"))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &settings.secret);
        Ok(Self { client, key, allow_link_local: settings.allow_link_local })
    }

    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Bytes, Fault> {
        let limit = match call.mode {
            Mode::Ask => ASK_TIMEOUT,
            Mode::Tell => TELL_TIMEOUT,
        };
        match tokio::time::timeout(limit, self.call_in_time(call)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Fault::new("Timeout", format!("No answer within {} seconds", limit.as_secs()))),
        }
    }

    async fn call_in_time(&self, call: &Call<'_>) -> Result<Bytes, Fault> {
        let url: Url = call.uri.parse().map_err(|_| Fault::new("InvalidUri", "The address cannot be read"))?;
        self.check_literal_address(&url)?;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let (fault, is_final) = match self.try_once(&url, call).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if is_final || attempt == TRIES {
                return Err(fault);
            }
            let jitter = rand::rng().random_range(0.5..1.5);
            tokio::time::sleep(pause.mul_f64(jitter)).await;
            pause *= 2;
        }
        unreachable!("the last try returns")
    }

    /// One try; a failure says whether another can help.
    async fn try_once(&self, url: &Url, call: &Call<'_>) -> Result<Bytes, (Fault, bool)> {
        let request = self
            .client
            .post(url.clone())
            .header("content-type", "application/json")
            .header("tidegate-invocation-id", call.invocation_id)
            .header("tidegate-signature", self.signature(system_now_ms() / 1_000, &call.payload))
            .body(call.payload.clone());
        let response = request.send().await.map_err(|error| (fault_of(&error), false))?;
        let status = response.status();
        if status.is_success() {
            return read(response).await.map_err(|fault| (fault, true));
        }
        let can_pass =
            status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        let fault = Fault::new(format!("HttpStatus{}", status.as_u16()), format!("The answer was {status}"));
        Err((fault, !can_pass))
    }

    fn signature(&self, now_s: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(now_s.to_string().as_bytes());
        context.update(b".");
        context.update(body);
        let mut text = format!("t={now_s},v1=");
        for byte in context.sign().as_ref() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// An address that is written out is not looked up, and has to be looked at here.
    fn check_literal_address(&self, url: &Url) -> Result<(), Fault> {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) if !self.allow_link_local && is_link_local(address) => Err(refused_address()),
            _ => Ok(()),
        }
    }
}

/// Looks names up, and leaves out addresses that may not be called.
struct Resolver {
    allow_link_local: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_link_local = self.allow_link_local;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = |address: &SocketAddr| allow_link_local || !is_link_local(address.ip());
            let addresses: Vec<SocketAddr> = found.filter(allowed).collect();
            if addresses.is_empty() {
                return Err(refused_address().message.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn refused_address() -> Fault {
    Fault::new("AddressRefused", "The address is a link-local one, or there is none")
}

/// Link-local addresses, and those at which clouds keep an instance's metadata.
fn is_link_local(address: IpAddr) -> bool {
    const CLOUD_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_unspecified() || address.is_broadcast(),
        IpAddr::V6(address) => {
            (address.segments()[0] & 0xffc0) == 0xfe80
                || address.is_unspecified()
                || address == CLOUD_METADATA
                || embedded_v4(address).is_some_and(|address| is_link_local(address.into()))
        }
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, translated (RFC 6052) or tunnelled (RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, .., high, low] | [0x2002, high, low, ..] => {
            of(high, low)
        }
        _ => None,
    }
}

async fn read(mut response: Response) -> Result<Bytes, Fault> {
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(|error| fault_of(&error))? {
        if body.len() + part.len() > MAX_ANSWER_BYTES {
            return Err(Fault::new("ResponseTooLarge", "The answer is longer than 8 MiB"));
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

/// The innermost cause says most, and names no secrets of the address.
fn fault_of(error: &reqwest::Error) -> Fault {
    let code = if error.is_timeout() { "Timeout" } else { "ConnectionFailed" };
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Fault::new(code, format!("The call failed: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, is_refused: bool) {
        assert_eq!(is_link_local(address.parse().unwrap()), is_refused, "{address}");
    }

    #[test]
    fn metadata_addresses_are_refused_however_they_are_written() {
        for address in [
            "169.254.169.254",
            "fe80::1",
            "febf::1",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
        ] {
            check(address, true);
        }
        for address in ["127.0.0.1", "10.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "fec0::1", "::ffff:127.0.0.1"] {
            check(address, false);
        }
    }

    #[test]
    fn a_signature_can_be_checked_with_any_hmac() {
        let webhook = Webhook::new(WebhookSettings::new(b"secret".to_vec())).unwrap();
        let expected = "t=1700000000,v1=";
        let signature = webhook.signature(1_700_000_000, b"{}");
        assert!(signature.starts_with(expected), "{signature}");
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
        assert_eq!(&signature[expected.len()..], SIGNATURE);
    }

    const SIGNATURE: &str = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
}
