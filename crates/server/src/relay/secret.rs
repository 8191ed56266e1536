//! What a relay and its upstream both know.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderValue;

/// The fewest characters: what can be guessed is no secret.
const FEWEST: usize = 32;
const MOST: usize = 1_024;

/// A secret of 32 to 1,024 visible ASCII characters.
#[derive(Clone)]
pub struct RelaySecret(HeaderValue);

impl RelaySecret {
    /// Takes the secret from a file's text; white space around it does not count.
    ///
    /// # Errors
    ///
    /// It is too short, too long, or has other characters; the text says which.
    pub fn new(text: &str) -> Result<Self, String> {
        let secret = text.trim();
        if !(FEWEST..=MOST).contains(&secret.len()) {
            return Err(format!("a relay secret has {FEWEST} to {MOST} characters, and this one has {}", secret.len()));
        }
        if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a relay secret has visible ASCII characters only".into());
        }
        let mut value = HeaderValue::try_from(format!("Bearer {secret}")).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The header `Authorization` that shows it.
    pub(super) fn authorization(&self) -> HeaderValue {
        self.0.clone()
    }

    /// Whether such a header shows it. How long that takes says nothing about it.
    pub(super) fn is_shown_by(&self, authorization: Option<&HeaderValue>) -> bool {
        let hash = |value: &HeaderValue| digest(&SHA256, value.as_bytes());
        let shown = authorization.map(hash);
        shown.is_some_and(|shown| verify_slices_are_equal(shown.as_ref(), hash(&self.0).as_ref()).is_ok())
    }
}

impl fmt::Debug for RelaySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelaySecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_whole_or_not_at_all() {
        let text = "a-secret-of-thirty-two-characters";
        let secret = RelaySecret::new(&format!("  {text}\n")).unwrap();
        let shows = |header: &str| secret.is_shown_by(Some(&HeaderValue::from_str(header).unwrap()));
        assert!(shows(&format!("Bearer {text}")));
        for header in [
            "",
            "Bearer",
            text,
            &format!("bearer {text}"),
            &format!("Bearer {text}x"),
            &format!("Bearer {}", &text[1..]),
        ] {
            assert!(!shows(header), "{header}");
        }
        assert!(!secret.is_shown_by(None));
        assert!(!format!("{secret:?} {:?}", secret.authorization()).contains(text));
    }

    #[test]
    fn what_can_be_guessed_is_refused() {
        for text in
            ["", "short", &"x".repeat(31), &"x".repeat(1_025), &format!("{} {}", "x".repeat(20), "x".repeat(20))]
        {
            assert!(RelaySecret::new(text).is_err(), "{text:?}");
        }
    }
}
