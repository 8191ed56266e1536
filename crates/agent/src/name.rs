//! Which configuration: an application, an environment and a profile, each by name or id as the caller has it.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};

use percent_encoding::percent_decode_str;

/// Between the parts; no part can hold it.
const SEPARATOR: char = '\0';
/// The longest part, in characters: what the data plane takes.
const LONGEST: usize = 128;

/// A configuration's name in three parts.
#[derive(Clone, Debug)]
pub struct Name {
    /// The parts with zero bytes between them: what it is looked up by.
    joined: Box<str>,
    environment: usize,
    configuration: usize,
}

impl Name {
    /// Takes three parts; none if one is empty, too long or holds control characters.
    pub fn new(application: &str, environment: &str, configuration: &str) -> Option<Self> {
        let parts = [application, environment, configuration];
        if parts.iter().any(|part| part.is_empty() || !is_part(part)) {
            return None;
        }
        let environment = application.len() + 1;
        let configuration = environment + parts[1].len() + 1;
        let joined = [parts[0], parts[1], parts[2]].join("\0").into_boxed_str();
        Some(Self { joined, environment, configuration })
    }

    /// Reads `App:Env:Conf`. More colons belong to the last part.
    pub fn of_colons(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':').map(str::trim);
        Self::new(parts.next()?, parts.next()?, parts.next()?)
    }

    /// Reads `/applications/{}/environments/{}/configurations/{}`, split before it is decoded.
    pub fn of_path(path: &str) -> Option<Self> {
        let parts = segments(path)?;
        let [application, environment, configuration] = parts.map(decoded);
        Self::new(&application?, &environment?, &configuration?)
    }

    /// The application.
    pub fn application(&self) -> &str {
        &self.joined[..self.environment - 1]
    }

    /// The environment.
    pub fn environment(&self) -> &str {
        &self.joined[self.environment..self.configuration - 1]
    }

    /// The configuration profile.
    pub fn configuration(&self) -> &str {
        &self.joined[self.configuration..]
    }
}

/// The three parts of a path, still encoded; none if it is another path.
pub(crate) fn segments(path: &str) -> Option<[&str; 3]> {
    let mut parts = path.strip_prefix("/applications/")?.split('/');
    let mut next = || parts.next();
    let (application, environments, environment) = (next()?, next()?, next()?);
    let (configurations, configuration) = (next()?, next()?);
    let is_whole = next().is_none();
    (environments == "environments" && configurations == "configurations" && is_whole).then_some([
        application,
        environment,
        configuration,
    ])
}

fn decoded(part: &str) -> Option<Cow<'_, str>> {
    // The decoder passes over what is no encoding; a client that sends it means something else.
    let bytes = part.as_bytes();
    let is_encoded = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if (0..bytes.len()).any(|at| bytes[at] == b'%' && !is_encoded(at)) {
        return None;
    }
    percent_decode_str(part).decode_utf8().ok()
}

fn is_part(part: &str) -> bool {
    (part.len() <= LONGEST || part.chars().count() <= LONGEST) && !part.chars().any(char::is_control)
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.joined
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.joined == other.joined
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.joined.hash(state);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.joined.cmp(&other.joined)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.joined.split(SEPARATOR).enumerate() {
            if index > 0 {
                formatter.write_str(":")?;
            }
            formatter.write_str(part)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_before_it_is_decoded() {
        let name = Name::of_path("/applications/my%20app/environments/my%2Fenv/configurations/caf%C3%A9").unwrap();
        assert_eq!((name.application(), name.environment(), name.configuration()), ("my app", "my/env", "café"));
        assert_eq!(name.to_string(), "my app:my/env:café");
    }

    #[test]
    fn what_is_no_such_path_is_none() {
        let long = format!("/applications/{}/environments/e/configurations/c", "a".repeat(129));
        for path in [
            "/",
            "/applications/a/environments/e/configurations/",
            "/applications//environments/e/configurations/c",
            "/applications/a/environments/e/configurations/c/",
            "/applications/a/environments/e/profiles/c",
            "/applications/a%2/environments/e/configurations/c",
            "/applications/a%zz/environments/e/configurations/c",
            "/applications/%ff/environments/e/configurations/c",
            "/applications/%00/environments/e/configurations/c",
            &long,
        ] {
            assert!(Name::of_path(path).is_none(), "{path}");
        }
    }

    #[test]
    fn further_colons_belong_to_the_configuration() {
        let name = Name::of_colons("a: b :c:d").unwrap();
        assert_eq!((name.application(), name.environment(), name.configuration()), ("a", "b", "c:d"));
        assert!(Name::of_colons("a:b").is_none() && Name::of_colons("a::c").is_none());
    }
}
