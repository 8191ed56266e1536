//! Signatures: what SDKs make is verified, and anything else is refused under AWS's names.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::sample::Index;
use tidegate_wire::Failure;
use tidegate_wire::sigv4::{
    AuthFailure, Form, MAX_SKEW_MS, PayloadHash, RequestParts, SERVICE, Signed, Signer, SigningKey, sign, timestamp,
};

#[path = "sigv4/vector.rs"]
mod vector;

const SECRET: &str = "the+secret/of/the/tests";
const REGION: &str = "eu-north-1";
const NOW_MS: i64 = 1_769_903_999_000;

/// A request that can be changed.
#[derive(Clone, Debug, PartialEq)]
struct Sent {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn get(target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let headers = vec![("host".to_owned(), "localhost:8787".to_owned())];
        Self { method: "GET".to_owned(), path: path.to_owned(), query, headers, body: Vec::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the one header of that name.
    fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.with(name, value)
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    fn map(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        Some(headers)
    }

    fn signed(self) -> Self {
        self.signed_at(NOW_MS)
    }

    fn signed_at(self, at_ms: i64) -> Self {
        let sent = self.set("x-amz-date", &timestamp(at_ms));
        let key = SigningKey::derive(SECRET, &timestamp(at_ms)[..8], REGION, SERVICE);
        let signer = Signer { access_key_id: "AKIDX", key: &key, region: REGION };
        let headers = sent.map().unwrap();
        let authorization = sign(&signer, &sent.parts(&headers), &PayloadHash::of(&sent.body), at_ms).unwrap();
        sent.with("authorization", &authorization)
    }

    fn parts<'a>(&'a self, headers: &'a HeaderMap) -> RequestParts<'a> {
        RequestParts { method: &self.method, path: &self.path, query: self.query.as_deref(), authority: None, headers }
    }

    /// What becomes of it; none if it is not a request that HTTP has.
    fn verdict(&self) -> Option<Result<(), AuthFailure>> {
        let headers = self.map()?;
        Some(vector::verify(&self.parts(&headers), &self.body, SECRET, NOW_MS, |_| {}))
    }

    #[track_caller]
    fn refusal(&self) -> AuthFailure {
        self.verdict().expect("it is a request").expect_err("it is refused")
    }

    /// What the request says, whichever way it is written.
    fn meaning(&self, signed_headers: &str) -> Option<impl PartialEq + use<>> {
        let decode = |text: &str| -> Option<Vec<u8>> {
            let text = text.replace('+', " ");
            let mut bytes = Vec::new();
            let mut rest = text.as_bytes();
            while let [byte, after @ ..] = rest {
                rest = after;
                bytes.push(match (byte, after) {
                    (b'%', [high, low, after @ ..]) => {
                        rest = after;
                        u8::from_str_radix(std::str::from_utf8(&[*high, *low]).ok()?, 16).ok()?
                    }
                    (b'%', _) => return None,
                    (byte, _) => *byte,
                });
            }
            Some(bytes)
        };
        let mut query = Vec::new();
        for piece in self.query.as_deref().unwrap_or_default().split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            query.push((decode(name)?, decode(value)?));
        }
        query.sort();
        let headers = self.map()?;
        let mut lines = Vec::new();
        for name in signed_headers.split(';') {
            let values = headers.get_all(name).iter().map(|value| {
                value
                    .to_str()
                    .unwrap_or_default()
                    .split([' ', '\t'])
                    .filter(|word| !word.is_empty())
                    .collect::<Vec<_>>()
            });
            lines.push(values.map(|words| words.join(" ")).collect::<Vec<_>>().join(","));
        }
        let path = if self.path.is_empty() { "/".to_owned() } else { self.path.clone() };
        Some((self.method.clone(), path, query, lines, self.body.clone()))
    }
}

fn signed_headers(sent: &Sent) -> String {
    let (_, authorization) = sent.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap().to_owned()
}

#[test]
fn what_botocore_signs_is_verified_and_what_was_spoilt_is_refused() {
    let lines: Vec<vector::Vector> =
        include_str!("sigv4/botocore.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 200);
    for (index, vector) in lines.iter().enumerate() {
        assert_eq!(vector.verdict(), vector.expect, "line {}", index + 1);
    }
}

#[test]
fn both_forms_say_who_signed() {
    let sent = Sent::get("/applications").with("x-amz-security-token", "a+token/of==").signed();
    let headers = sent.map().unwrap();
    let signed = Signed::read(&sent.parts(&headers)).unwrap();
    assert_eq!(signed.access_key_id, "AKIDX");
    assert_eq!(signed.region, REGION);
    assert_eq!(signed.date.as_str(), "20260131");
    assert_eq!(signed.signed_at_ms, NOW_MS);
    assert_eq!(signed.session_token.as_deref(), Some("a+token/of=="));
    assert_eq!(signed.form, Form::Header);
    let shown = format!("{signed:?}");
    assert!(!shown.contains("token/of") && !shown.contains("signature"), "{shown}");
}

#[test]
fn the_authority_stands_for_the_host_of_http_2() {
    let sent = Sent::get("/applications").signed();
    let headers = sent.clone().without("host").map().unwrap();
    let verify = |authority| {
        let parts = RequestParts { authority, ..sent.parts(&headers) };
        vector::verify(&parts, b"", SECRET, NOW_MS, |_| {})
    };
    assert_eq!(verify(Some("localhost:8787")), Ok(()));
    assert_eq!(verify(Some("localhost:8788")), Err(AuthFailure::Mismatch));
    assert_eq!(verify(None), Err(AuthFailure::SignedButAbsent("host".to_owned())));
}

#[test]
fn a_signature_holds_for_fifteen_minutes_both_ways() {
    let verdict = |at_ms| Sent::get("/settings").signed_at(at_ms).verdict().unwrap().map_err(|error| error.to_string());
    assert_eq!(verdict(NOW_MS - MAX_SKEW_MS), Ok(()));
    assert_eq!(verdict(NOW_MS + MAX_SKEW_MS), Ok(()));
    let expired = "Signature expired: it was made at 20260131T234458Z, and it is 20260131T235959Z now.";
    assert_eq!(verdict(NOW_MS - MAX_SKEW_MS - 1000), Err(expired.to_owned()));
    let early = "Signature not yet current: 20260201T001500Z is still later than 20260131T235959Z (± 15 min.).";
    assert_eq!(verdict(NOW_MS + MAX_SKEW_MS + 1000), Err(early.to_owned()));
}

#[test]
fn a_presigned_request_holds_for_as_long_as_it_says() {
    let lines = include_str!("sigv4/botocore.jsonl").lines().map(serde_json::from_str::<vector::Vector>);
    let mut count = 0;
    for vector in lines.map(Result::unwrap).filter(|vector| vector.expect == "ok") {
        let headers = vector.headers();
        let signed = Signed::read(&vector.parts(&headers)).unwrap();
        let Form::Presigned { expires_s } = signed.form else { continue };
        let end_ms = signed.signed_at_ms + i64::from(expires_s) * 1000;
        assert_eq!(signed.check_time(end_ms), Ok(()));
        assert!(signed.check_time(end_ms + 1).is_err());
        assert!(signed.check_time(signed.signed_at_ms - MAX_SKEW_MS - 1).is_err());
        let query = vector.query.clone().unwrap();
        for (from, to) in [
            ("X-Amz-Expires=", "X-Amz-Expires=9"),
            ("X-Amz-Signature=", "X-Amz-Signature=0&X-Amz-Signature="),
            ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"),
            ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
            ("X-Amz-Date=2", "X-Amz-Date=1"),
            ("X-Amz-Signature=", "more=1&X-Amz-Signature="),
        ] {
            let altered = vector::Vector { query: Some(query.replacen(from, to, 1)), ..vector.clone() };
            assert_ne!(altered.verdict(), "ok", "{to}");
        }
        count += 1;
    }
    assert!(count >= 10, "the sample has {count} presigned requests");
}

#[test]
fn refusals_have_the_names_that_aws_gives_them() {
    #[track_caller]
    fn check(sent: Sent, name: &str, says: &str) {
        let refusal = sent.refusal();
        let failure = Failure::from(refusal.clone());
        assert_eq!((&*failure.name, failure.status), (name, 403), "{refusal}");
        assert!(failure.message().unwrap().contains(says), "{refusal}");
    }
    let bare = || Sent::get("/applications/abc1234?z=1&a=2");
    let good = || bare().signed();
    assert_eq!(good().verdict(), Some(Ok(())));
    check(bare(), "MissingAuthenticationTokenException", "no signature");
    check(bare().with("authorization", ""), "IncompleteSignatureException", "AWS4-HMAC-SHA256");
    check(bare().with("authorization", "Bearer abc"), "IncompleteSignatureException", "AWS4-HMAC-SHA256");
    check(good().with("authorization", "Bearer abc"), "IncompleteSignatureException", "twice");
    check(good().with("x-amz-smuggled", "1"), "IncompleteSignatureException", "'x-amz-smuggled' has to be signed");
    check(
        good().with("x-amzn-deletion-protection-check", "BYPASS"),
        "IncompleteSignatureException",
        "'x-amzn-deletion-protection-check' has to be signed",
    );
    check(good().without("host"), "IncompleteSignatureException", "'host' is said to be signed");
    check(good().with("host", "localhost:8787"), "IncompleteSignatureException", "one host");
    check(good().with("x-amz-date", &timestamp(NOW_MS)), "IncompleteSignatureException", "written once");
    check(good().set("x-amz-date", "yesterday"), "IncompleteSignatureException", "20260131T235959Z");
    check(good().without("x-amz-date"), "IncompleteSignatureException", "needs the time");
    check(
        bare().with("x-amz-security-token", &"a".repeat(8193)).signed(),
        "IncompleteSignatureException",
        "8192 visible ASCII",
    );
    for hash in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""] {
        check(bare().with("x-amz-content-sha256", hash).signed(), "InvalidSignatureException", "SHA-256 of the body");
    }
    check(
        bare().with("x-amz-content-sha256", &"0".repeat(64)).signed(),
        "InvalidSignatureException",
        "not the one that 'x-amz-content-sha256' states",
    );
    let altered = |from: &str, to: &str| {
        let mut sent = good();
        let (_, authorization) = sent.headers.iter_mut().find(|(name, _)| name == "authorization").unwrap();
        assert!(authorization.contains(from), "{authorization}");
        *authorization = authorization.replacen(from, to, 1);
        sent
    };
    let invalid = "InvalidSignatureException";
    let incomplete = "IncompleteSignatureException";
    check(altered("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), incomplete, "algorithm");
    check(altered("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256"), incomplete, "algorithm");
    check(altered("Signature=", "Signature=0"), incomplete, "64 lower-case");
    check(altered(", Signature=", ", Signature"), incomplete, "KEY=VALUE");
    check(altered("Signature=", "Signature=0, Signature="), incomplete, "each once");
    check(altered("Credential=AKIDX", "Credential=AKIDX, Extra=1"), incomplete, "no other");
    check(altered("/aws4_request", "/aws4"), incomplete, "REGION/appconfig");
    check(altered("/20260131/", "/20260130/"), invalid, "day of the credential scope");
    check(altered("/20260131/", "/2026013/"), incomplete, "YYYYMMDD");
    check(altered("/appconfig/", "/s3/"), invalid, "'appconfig'");
    check(altered("/eu-north-1/", "/eu-north-2/"), invalid, "does not match");
    check(altered("host;x-amz-date", "x-amz-date;host"), incomplete, "ascending");
    check(altered("host;x-amz-date", "host;host;x-amz-date"), incomplete, "ascending");
    check(altered("host;x-amz-date", "host;x-amz-date;"), incomplete, "ascending");
    check(altered("host;x-amz-date", "Host;x-amz-date"), incomplete, "lower-case");
    check(altered("host;x-amz-date", "x-amz-date"), incomplete, "'host' has to be signed");
    check(altered("host;x-amz-date", "host"), incomplete, "'x-amz-date' has to be signed");
    check(altered("host;x-amz-date", "host;x-amz-date;x-else"), incomplete, "is not there");
    let mut both = good();
    both.query = Some("X-Amz-Signature=0".to_owned());
    check(both, incomplete, "not in both");
    let mut presigned = bare();
    presigned.query = Some("X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned());
    check(presigned, incomplete, "X-Amz-Credential");
    for path in ["/a/../b", "/a//b", "/./a", "/..", "//", "a"] {
        check(Sent { path: path.to_owned(), ..good() }, invalid, "segments");
    }
    check(Sent { query: Some("a=%zz".to_owned()), ..good() }, incomplete, "percent-encoded");
    check(Sent { query: Some("a&".repeat(101)), ..good() }, incomplete, "too long");
    let denied = AuthFailure::Denied {
        principal_arn: "arn:aws:iam::210000000001:user/x".to_owned(),
        action: "appconfig:GetApplication".to_owned(),
        resource: "*".to_owned(),
        is_explicit: false,
    };
    assert_eq!(
        Failure::from(denied).message().unwrap(),
        "User: arn:aws:iam::210000000001:user/x is not authorized to perform: appconfig:GetApplication on resource: * \
         because no identity-based policy allows the appconfig:GetApplication action",
    );
}

#[test]
fn another_writing_of_the_same_request_is_verified() {
    let good = Sent::get("/applications/a%20b?name=a%20b&empty=&list=1&list=2").with("x-note", "a b").signed();
    let with = |change: fn(&mut Sent)| {
        let mut sent = good.clone();
        change(&mut sent);
        assert_eq!(sent.verdict(), Some(Ok(())), "{sent:?}");
    };
    with(|sent| sent.query = Some("list=2&list=1&empty&name=a+b".to_owned()));
    with(|sent| sent.query = Some("&name=%61%20b&list=1&&list=2&empty=&".to_owned()));
    with(|sent| *sent = sent.clone().set("x-note", " \ta \t b "));
    let mut plus = good;
    plus.query = Some("list=2&list=1&empty&name=a%2Bb".to_owned());
    assert_eq!(plus.refusal(), AuthFailure::Mismatch);
}

/// Text for a request's pieces, most of it such that it has to be encoded.
fn piece() -> impl Strategy<Value = String> {
    proptest::string::string_regex("([a-zA-Z0-9._~-]|%[0-9A-F]{2}){1,12}").unwrap()
}

fn request() -> impl Strategy<Value = Sent> {
    let method = proptest::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "PUT"]);
    let path = proptest::collection::vec(piece(), 0..5);
    let query = proptest::collection::vec((piece(), piece()), 0..5);
    let header = proptest::string::string_regex("[!-~]{1,6}( {1,2}[!-~]{1,6}){0,2}").unwrap();
    let headers = proptest::collection::vec(("(x-amz-|b|content-)[a-z]{1,4}", header), 0..4);
    (method, path, query, headers, proptest::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(method, path, query, headers, body)| {
            let path: Vec<_> = path.into_iter().filter(|piece| piece != "." && piece != "..").collect();
            let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut sent = Sent::get(&format!("/{}", path.join("/")));
            sent.method = method.to_owned();
            sent.query = (!query.is_empty()).then(|| query.join("&"));
            sent.headers.extend(headers);
            sent.body = body;
            sent.signed()
        },
    )
}

proptest! {
    #[test]
    fn what_is_signed_here_is_verified(sent in request()) {
        prop_assert_eq!(sent.verdict(), Some(Ok(())));
    }

    #[test]
    fn a_request_that_says_something_else_is_refused(
        sent in request(),
        part in 0..6,
        header in any::<Index>(),
        at in any::<Index>(),
        new in 0x20..0x7fu8,
        change in 0..3,
    ) {
        let mut altered = sent.clone();
        let alter = |bytes: &mut Vec<u8>| match change {
            _ if bytes.is_empty() => bytes.push(new),
            0 => {
                let at = at.index(bytes.len());
                bytes[at] = new;
            }
            1 => bytes.insert(at.index(bytes.len()), new),
            _ => drop(bytes.remove(at.index(bytes.len()))),
        };
        let alter_text = |text: &mut String| {
            let mut bytes = std::mem::take(text).into_bytes();
            alter(&mut bytes);
            *text = String::from_utf8(bytes).unwrap();
        };
        match part {
            0 => alter_text(&mut altered.method),
            1 => alter_text(&mut altered.path),
            2 => alter_text(altered.query.get_or_insert_default()),
            3 => alter(&mut altered.body),
            _ => {
                let header = header.index(altered.headers.len());
                let (name, value) = &mut altered.headers[header];
                if part == 4 { alter_text(name) } else { alter_text(value) }
            }
        }
        let signed = signed_headers(&sent);
        let is_same = altered.headers.iter().any(|header| header.0.eq_ignore_ascii_case("authorization"))
            && altered.meaning(&signed) == sent.meaning(&signed);
        if let Some(Ok(())) = altered.verdict() {
            prop_assert!(is_same, "verified, and it is not what was signed: {:?} {:?}", sent, altered);
        }
    }

    #[test]
    fn every_byte_of_the_signature_counts(sent in request(), at in 0..64usize, digit in "[0-9a-f]") {
        let (_, authorization) = sent.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        let mut altered = authorization.clone();
        let at = altered.len() - 64 + at;
        altered.replace_range(at..=at, &digit);
        if altered != *authorization {
            prop_assert_eq!(sent.clone().set("authorization", &altered).refusal(), AuthFailure::Mismatch);
        }
    }

    #[test]
    fn no_request_is_too_odd(
        pieces in proptest::collection::vec("[ -~]{0,12}", 0..4),
        headers in proptest::collection::vec("(host|x-amz-[a-z]{1,3}|x-amz-date|date|b):[ -~\t]{0,12}", 0..4),
        authorization in "AWS4-HMAC-SHA256 (Credential=[a-z0-9/]{0,40}|SignedHeaders=[a-z;-]{0,9}|Signature=[0-9a-f]{0,65}|,| |=){0,6}",
    ) {
        let mut pieces = pieces;
        pieces.resize(4, String::new());
        pieces.extend(headers);
        pieces.push(format!("authorization:{authorization}"));
        tidegate_wire::fuzz::signature_any(pieces.join("\0").as_bytes());
    }
}
