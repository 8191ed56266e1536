//! What the signer of AWS's Rust SDK signs, in both of its forms, is verified; and that of nobody else.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_wire::sigv4::{AuthFailure, Form, PayloadHash, RequestParts, SERVICE, Signed, SigningKey};

const COUNT: u32 = 3000;
const SECRET: &str = "a/secret+of/the/test";
const REGION: &str = "eu-south-2";
const TOKEN: &str = "a+token/of==";

/// Small and the same every time; only the variety matters.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn text(&mut self, longest: u64) -> String {
        let odd: Vec<char> = (' '..='~').chain(['ä', '€', '𝄞']).collect();
        (0..=self.below(longest)).map(|_| odd[self.below(odd.len() as u64) as usize]).collect()
    }

    /// Percent-encoded, as clients send labels and parameters. It is not all dots, which would be another path.
    fn encoded(&mut self) -> String {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
        let text = format!("x{}", self.text(8));
        text.bytes()
            .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }
}

#[test]
fn what_the_rust_sdk_signs_is_verified() {
    let mut random = Random(7);
    for round in 0..COUNT {
        let is_presigned = round % 3 == 0;
        let signed_at_s = 1_700_000_000 + random.below(300_000_000);
        let token = (random.below(2) == 0).then(|| TOKEN.to_owned());
        let path: String = (0..=random.below(4)).map(|_| format!("/{}", random.encoded())).collect();
        let names = ["tagKeys", "b", "A"];
        let query: Vec<String> =
            (0..random.below(4)).map(|_| format!("{}={}", names[random.below(3) as usize], random.encoded())).collect();
        let mut url = format!("http://localhost:8787{path}");
        if !query.is_empty() {
            url = format!("{url}?{}", query.join("&"));
        }
        let method = ["GET", "POST", "PATCH", "DELETE"][random.below(4) as usize];
        let body = random.text(100).into_bytes();
        let mut headers: Vec<(String, String)> = vec![("host".to_owned(), "localhost:8787".to_owned())];
        for name in ["content-type", "x-amz-note", "description"] {
            if random.below(2) == 0 {
                headers.push((name.to_owned(), random.text(20).replace(|c: char| !c.is_ascii(), "").trim().to_owned()));
            }
        }

        let identity = Credentials::new("AKIDX", SECRET, token.clone(), None, "test").into();
        let mut settings = SigningSettings::default();
        if is_presigned {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(60));
        }
        let time = UNIX_EPOCH + Duration::from_secs(signed_at_s);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(SERVICE)
            .time(time)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new(method, url.clone(), pairs, SignableBody::Bytes(&body)).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        let mut sent = http::Request::builder().method(method).uri(url);
        for (name, value) in &headers {
            sent = sent.header(name, value);
        }
        let mut sent = sent.body(()).unwrap();
        instructions.apply_to_request_http1x(&mut sent);

        let (head, ()) = sent.into_parts();
        let parts = RequestParts::from(&head);
        let signed = Signed::read(&parts).unwrap_or_else(|failure| panic!("{failure}: {head:?}"));
        assert_eq!(signed.access_key_id, "AKIDX");
        assert_eq!(signed.session_token.as_deref(), token.as_deref());
        assert_eq!(matches!(signed.form, Form::Presigned { expires_s: 60 }), is_presigned);
        let key = SigningKey::derive(SECRET, signed.date.as_str(), &signed.region, SERVICE);
        let now_ms = signed_at_s as i64 * 1000;
        let verdict = signed.verify(&key, &parts, &PayloadHash::of(&body), now_ms);
        assert_eq!(verdict, Ok(()), "{head:?}");
        let others = SigningKey::derive("another", signed.date.as_str(), &signed.region, SERVICE);
        assert_eq!(signed.verify(&others, &parts, &PayloadHash::of(&body), now_ms), Err(AuthFailure::Mismatch));
    }
}

#[test]
fn a_header_that_comes_twice_is_signed_in_its_order() {
    let identity = Credentials::new("AKIDX", SECRET, None, None, "test").into();
    let time = UNIX_EPOCH + Duration::from_secs(1_769_903_999);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let pairs = [("host", "localhost"), ("b", "2  1"), ("b", "1")];
    let request = SignableRequest::new("GET", "http://localhost/", pairs.into_iter(), SignableBody::empty()).unwrap();
    let (instructions, _) = sign(request, &params).unwrap().into_parts();
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.into_iter().chain(instructions.headers()) {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let parts = RequestParts { method: "GET", path: "/", query: None, authority: None, headers: &headers };
    let signed = Signed::read(&parts).unwrap();
    let key = SigningKey::derive(SECRET, signed.date.as_str(), &signed.region, SERVICE);
    assert_eq!(signed.verify(&key, &parts, &PayloadHash::EMPTY, 1_769_903_999_000), Ok(()));
}
