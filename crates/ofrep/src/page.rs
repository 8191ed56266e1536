//! What a path names.

/// Between where a base URL ends and where the protocol's own path begins.
const VERSION: &str = "/ofrep/v1/";

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// One flag, by a key that is still percent-encoded.
    Single(&'a str),
    /// All flags.
    Bulk,
    /// The stream of what changes.
    Events,
    /// Nothing.
    Unknown,
}

impl<'a> Page<'a> {
    /// Splits a path into what stands before the protocol's part, and what that names; none if it has no such part.
    pub fn of_path(path: &'a str) -> Option<(&'a str, Self)> {
        let (base, rest) = path.split_once(VERSION)?;
        let page = match rest.strip_prefix("evaluate/flags") {
            Some("" | "/") => Self::Bulk,
            Some(key) => key.strip_prefix('/').map_or(Self::Unknown, Self::Single),
            None if rest == "events" => Self::Events,
            None => Self::Unknown,
        };
        Some((base, page))
    }
}

/// The flag that a key is about: all before the first dot.
pub fn flag_of(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_base_and_a_page() {
        assert_eq!(Page::of_path("/ofrep/v1/evaluate/flags"), Some(("", Page::Bulk)));
        assert_eq!(Page::of_path("/x/y/ofrep/v1/evaluate/flags/"), Some(("/x/y", Page::Bulk)));
        assert_eq!(Page::of_path("/ofrep/v1/evaluate/flags/a%2Eb"), Some(("", Page::Single("a%2Eb"))));
        assert_eq!(Page::of_path("/ofrep/v1/evaluate/flags/a/b"), Some(("", Page::Single("a/b"))));
        assert_eq!(Page::of_path("/ofrep/v1/events"), Some(("", Page::Events)));
        for path in ["/ofrep/v1/configuration", "/ofrep/v1/evaluate/flagsx", "/ofrep/v1/"] {
            assert_eq!(Page::of_path(path), Some(("", Page::Unknown)), "{path}");
        }
        assert_eq!(Page::of_path("/ofrep/v2/evaluate/flags"), None);
    }
}
