//! Tokens of OIDC issuers: JSON Web Tokens signed with RS256 or ES256, and the keys that verify them.
//!
//! A token's header says which key, and nothing else that is believed: its algorithm has to be the key's own, keys that it
//! brings along or points at are not looked at, and extensions that it calls critical are refused.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

/// The longest token, in bytes: AWS's limit.
pub(crate) const MAX_TOKEN_BYTES: usize = 20_000;
/// The most keys of an issuer that are looked at.
const MAX_KEYS: usize = 64;
/// How far an issuer's clock may be from ours, in milliseconds.
const SKEW_MS: i64 = 60_000;

/// The algorithms that are taken. Neither `none` nor a MAC under a public key is among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Es256,
}

/// An issuer's keys.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point of P-256.
    P256(Vec<u8>),
}

/// What a token says of itself. Nothing in it is true before [`Token::verify`] says so.
pub(crate) struct Token<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    signed: &'a str,
    signature: Vec<u8>,
    /// What it claims.
    pub claims: Claims,
}

/// What a token claims, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    /// The issuer.
    pub iss: String,
    /// Whom it is about.
    pub sub: String,
    #[serde(default)]
    aud: Value,
    exp: f64,
    nbf: Option<f64>,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is not one, or not of a kind that is taken; the sentence says what of it.
    Malformed(&'static str),
    /// None of the issuer's keys is the one that it names.
    UnknownKey,
    /// The signature does not hold.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of other kinds and uses are left out.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_str(text).map_err(|error| format!("it is no JSON Web Key Set: {error}"))?;
        let keys: Vec<Key> = set.keys.iter().take(MAX_KEYS).filter_map(Key::read).collect();
        if keys.is_empty() { Err("there is no key for RS256 or ES256 in it".into()) } else { Ok(Self { keys }) }
    }

    fn candidates(&self, token: &Token<'_>) -> impl Iterator<Item = &Key> {
        let (algorithm, id) = (token.algorithm, token.key_id.clone());
        self.keys.iter().filter(move |key| {
            let is_of_algorithm = matches!(
                (&key.material, algorithm),
                (Material::Rsa { .. }, Algorithm::Rs256) | (Material::P256(_), Algorithm::Es256)
            );
            is_of_algorithm && (id.is_none() || key.id == id)
        })
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str();
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let material = match (text("kty")?, text("alg")) {
            ("RSA", None | Some("RS256")) => {
                let without_zeros = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
                Material::Rsa { n: without_zeros(bytes("n")?), e: without_zeros(bytes("e")?) }
            }
            ("EC", None | Some("ES256")) if text("crv") == Some("P-256") => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                Material::P256([&[4][..], &x, &y].concat())
            }
            _ => return None,
        };
        Some(Self { id: text("kid").map(str::to_owned), material })
    }

    fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
        }
    }
}

impl<'a> Token<'a> {
    /// Reads a token without verifying it.
    pub(crate) fn read(text: &'a str) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
            crit: Option<Value>,
        }
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Problem::Malformed("The token is too long."));
        }
        let not_three = Problem::Malformed("A token has three parts with dots between.");
        let (signed, signature) = text.rsplit_once('.').ok_or(not_three)?;
        let (header, claims) = signed.split_once('.').ok_or(not_three)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = decode(header).and_then(|header| serde_json::from_slice::<Header>(&header).ok());
        let header = header.ok_or(Problem::Malformed("The token's header cannot be read."))?;
        if header.crit.is_some() {
            return Err(Problem::Malformed("The token needs an extension that is not known here."));
        }
        let algorithm = match header.alg.as_str() {
            "RS256" => Algorithm::Rs256,
            "ES256" => Algorithm::Es256,
            _ => return Err(Problem::Malformed("The token's algorithm is neither RS256 nor ES256.")),
        };
        let claims = decode(claims).and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok());
        let claims = claims.ok_or(Problem::Malformed("The token has to have iss, sub and exp, each once."))?;
        let signature = decode(signature).ok_or(Problem::Malformed("The token's signature cannot be read."))?;
        Ok(Self { algorithm, key_id: header.kid, signed, signature, claims })
    }

    /// Verifies the signature with an issuer's keys, and the time.
    pub(crate) fn verify(&self, keys: &KeySet, now_ms: i64) -> Result<(), Problem> {
        let mut candidates = keys.candidates(self).peekable();
        if candidates.peek().is_none() {
            return Err(Problem::UnknownKey);
        }
        if !candidates.any(|key| key.verifies(self.signed.as_bytes(), &self.signature)) {
            return Err(Problem::Signature);
        }
        let at_ms = |seconds: f64| (seconds * 1_000.0) as i64;
        if now_ms >= at_ms(self.claims.exp).saturating_add(SKEW_MS) {
            return Err(Problem::Expired);
        }
        if self.claims.nbf.is_some_and(|nbf| now_ms < at_ms(nbf).saturating_sub(SKEW_MS)) {
            return Err(Problem::NotYetValid);
        }
        Ok(())
    }
}

impl Claims {
    /// Whom it is for: one, or several.
    pub(crate) fn audiences(&self) -> Vec<&str> {
        match &self.aud {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
    use serde_json::json;

    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    struct Issuer {
        rsa: RsaKeyPair,
        ec: EcdsaKeyPair,
    }

    impl Issuer {
        fn new() -> Self {
            Self {
                rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
                ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            }
        }

        fn keys(&self) -> Value {
            // PKCS #1: a sequence of the modulus, 256 bytes behind a zero, and the exponent, 65537 in three bytes.
            let (rsa, point) = (self.rsa.public_key().as_ref(), self.ec.public_key().as_ref());
            let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            json!({"keys": [
                {"kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256",
                 "n": b64(&rsa[rsa.len() - 261..rsa.len() - 5]),
                 "e": b64(&rsa[rsa.len() - 3..])},
                {"kty": "EC", "kid": "e", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..])},
                {"kty": "oct", "kid": "o", "k": "c2VjcmV0"},
                {"kty": "EC", "kid": "p", "crv": "P-384", "x": "AA", "y": "AA"},
            ]})
        }

        fn key_set(&self) -> KeySet {
            KeySet::parse(&self.keys().to_string()).unwrap()
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let random = SystemRandom::new();
            let signature = if header["kid"] == "e" {
                self.ec.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec()
            } else {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            };
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
    }

    fn claims() -> Value {
        json!({"iss": "https://issuer.example", "sub": "pod", "aud": ["a", "b"], "exp": NOW_MS / 1_000 + 600})
    }

    fn verdict(token: &str, keys: &KeySet) -> Result<(), Problem> {
        Token::read(token)?.verify(keys, NOW_MS)
    }

    #[test]
    fn both_algorithms_are_verified() {
        let issuer = Issuer::new();
        let keys = issuer.key_set();
        for header in
            [json!({"alg": "RS256", "kid": "r"}), json!({"alg": "ES256", "kid": "e"}), json!({"alg": "RS256"})]
        {
            let token = issuer.sign(&header, &claims());
            assert_eq!(verdict(&token, &keys), Ok(()), "{header}");
            let read = Token::read(&token).unwrap().claims;
            assert_eq!((&*read.iss, &*read.sub), ("https://issuer.example", "pod"));
            assert_eq!(read.audiences(), ["a", "b"]);
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let other = if signature.starts_with('A') { "B" } else { "A" };
            assert_eq!(verdict(&format!("{signed}.{other}{}", &signature[1..]), &keys), Err(Problem::Signature));
            assert_eq!(verdict(&token, &Issuer::new().key_set()), Err(Problem::Signature), "another issuer's keys");
        }
    }

    #[test]
    fn another_algorithm_than_the_keys_own_is_refused() {
        let issuer = Issuer::new();
        let keys = issuer.key_set();
        for alg in ["none", "None", "", "HS256", "RS512", "PS256", "EdDSA", "ES384"] {
            let token = issuer.sign(&json!({"alg": alg, "kid": "r"}), &claims());
            assert!(matches!(verdict(&token, &keys), Err(Problem::Malformed(_))), "{alg}");
        }
        // A header that names one kind of key and another's algorithm.
        assert_eq!(
            verdict(&issuer.sign(&json!({"alg": "ES256", "kid": "r"}), &claims()), &keys),
            Err(Problem::UnknownKey)
        );
        assert_eq!(
            verdict(&issuer.sign(&json!({"alg": "RS256", "kid": "e"}), &claims()), &keys),
            Err(Problem::UnknownKey)
        );
        // A MAC whose key is the public one.
        let hmac = issuer.sign(&json!({"alg": "HS256", "kid": "o"}), &claims());
        assert!(matches!(verdict(&hmac, &keys), Err(Problem::Malformed(_))));
    }

    #[test]
    fn a_token_without_a_signature_or_with_keys_of_its_own_is_refused() {
        let (issuer, other) = (Issuer::new(), Issuer::new());
        let keys = issuer.key_set();
        let token = issuer.sign(&json!({"alg": "RS256", "kid": "r"}), &claims());
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(verdict(&format!("{signed}."), &keys), Err(Problem::Signature));
        assert!(matches!(verdict(signed, &keys), Err(Problem::Malformed(_))));
        let own = json!({"alg": "RS256", "kid": "r", "jwk": other.keys()["keys"][0], "jku": "http://127.0.0.1/keys"});
        assert_eq!(verdict(&other.sign(&own, &claims()), &keys), Err(Problem::Signature));
        let critical = json!({"alg": "RS256", "kid": "r", "crit": ["b64"], "b64": false});
        assert!(matches!(verdict(&issuer.sign(&critical, &claims()), &keys), Err(Problem::Malformed(_))));
    }

    #[test]
    fn a_token_has_its_time() {
        let issuer = Issuer::new();
        let keys = issuer.key_set();
        let at = |name: &str, seconds: i64| {
            let mut claims = claims();
            claims[name] = (NOW_MS / 1_000 + seconds).into();
            verdict(&issuer.sign(&json!({"alg": "ES256", "kid": "e"}), &claims), &keys)
        };
        assert_eq!(at("exp", -59), Ok(()), "clocks differ");
        assert_eq!(at("exp", -60), Err(Problem::Expired));
        assert_eq!(at("nbf", 60), Ok(()));
        assert_eq!(at("nbf", 61), Err(Problem::NotYetValid));
    }

    #[test]
    fn what_has_to_be_there_is_there_once() {
        let issuer = Issuer::new();
        let header = json!({"alg": "ES256", "kid": "e"});
        for name in ["iss", "sub", "exp"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert!(matches!(Token::read(&issuer.sign(&header, &claims)), Err(Problem::Malformed(_))), "{name}");
        }
        let twice = r#"{"iss":"a","sub":"a","sub":"b","exp":1}"#;
        let token = format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(twice));
        assert!(matches!(Token::read(&token), Err(Problem::Malformed(_))));
        for text in ["", ".", "..", "a.b.c", "....", "é.é.é", &"a".repeat(MAX_TOKEN_BYTES + 1)] {
            assert!(matches!(Token::read(text), Err(Problem::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn sets_without_a_key_to_use_are_refused() {
        for text in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#, r#"{"keys":[{"kty":"RSA"}]}"#]
        {
            assert!(KeySet::parse(text).is_err(), "{text}");
        }
    }
}
