//! What verifying the signature of a poll costs, and what the hashes of two libraries cost without the rest.
//!
//! `cargo run --release -p tidegate-wire --example sigv4_cost`

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use tidegate_wire::sigv4::{PayloadHash, RequestParts, SERVICE, Signed, Signer, SigningKey, sign, timestamp};

const NOW_MS: i64 = 1_769_903_999_000;

fn main() {
    let token = "AQABAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let query = format!("configuration_token={token}");
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("127.0.0.1:8787"));
    headers.insert("user-agent", HeaderValue::from_static("Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux"));
    headers.insert("x-amz-date", HeaderValue::try_from(timestamp(NOW_MS)).unwrap());
    headers.insert("amz-sdk-request", HeaderValue::from_static("attempt=1; max=3"));
    headers.insert("accept-encoding", HeaderValue::from_static("identity"));
    let key = SigningKey::derive("a secret", "20260131", "eu-west-1", SERVICE);
    let target = RequestParts {
        method: "GET",
        path: "/configuration",
        query: Some(&query),
        authority: None,
        headers: &HeaderMap::new(),
    };
    let signer = Signer { access_key_id: "AKIDEXAMPLEOFTHETEST", key: &key, region: "eu-west-1" };
    let authorization =
        sign(&signer, &RequestParts { headers: &headers, ..target }, &PayloadHash::EMPTY, NOW_MS).unwrap();
    headers.insert("authorization", HeaderValue::try_from(authorization).unwrap());
    let parts = RequestParts { headers: &headers, ..target };

    measure("read and verify a poll", || {
        let signed = Signed::read(black_box(&parts)).unwrap();
        signed.verify(&key, &parts, &PayloadHash::EMPTY, NOW_MS).unwrap();
    });
    measure("read alone", || {
        black_box(Signed::read(black_box(&parts)).unwrap());
    });
    measure("derive a key", || {
        black_box(SigningKey::derive(black_box("a secret"), "20260131", "eu-west-1", SERVICE));
    });

    // The same number of bytes, in one piece: the least that either library can do.
    let canonical = vec![b'x'; 350];
    let to_sign = vec![b'x'; 140];
    let mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    measure("hashes alone: sha2 and hmac", || {
        let hash = Sha256::digest(black_box(&canonical));
        let mut mac = mac.clone();
        mac.update(&to_sign);
        black_box((hash, mac.finalize()));
    });
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &[7; 32]);
    measure("hashes alone: aws-lc-rs", || {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, black_box(&canonical));
        black_box((hash, aws_lc_rs::hmac::sign(&key, &to_sign)));
    });
}

/// Prints the best of ten runs: the others have been disturbed.
fn measure(what: &str, mut run: impl FnMut()) {
    const ROUNDS: u32 = 50_000;
    let best_ns = (0..10)
        .map(|_| {
            let start = Instant::now();
            (0..ROUNDS).for_each(|_| run());
            start.elapsed().as_nanos() / u128::from(ROUNDS)
        })
        .min();
    println!("{what}: {} ns", best_ns.unwrap_or_default());
}
