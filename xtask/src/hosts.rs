//! Holds the repository's files to naming no package registry: where packages come from is each machine's own setting.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::{tracked, workspace};

/// Registries' hosts and the domains that they lie in, in two pieces so that this file does not name them.
const HOSTS: [(&str, &str); 13] = [
    ("crates", "io"),
    ("pypi", "org"),
    ("pypi.python", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("yarnpkg", "com"),
    ("proxy.golang", "org"),
    ("sum.golang", "org"),
    ("repo.maven.apache", "org"),
    ("maven", "org"),
    ("deb.debian", "org"),
    ("security.debian", "org"),
];

/// Returns each place that names a registry, as `file:line: what`.
pub fn named() -> Result<Vec<String>> {
    let hosts = HOSTS.map(|(name, domain)| format!("{name}.{domain}"));
    let mut found = Vec::new();
    for file in tracked::files()? {
        let bytes =
            fs::read(workspace::root().join(&file)).with_context(|| format!("cannot read {}", file.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        for (index, line) in text.lines().enumerate() {
            if let Some(what) = named_in(&file, line, &hosts) {
                found.push(format!("{}:{}: {what}", file.display(), index + 1));
            }
        }
    }
    Ok(found)
}

fn named_in(file: &Path, line: &str, hosts: &[String]) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    if let Some(host) = hosts.iter().find(|host| names(&lower, host)) {
        return Some(format!("names the registry {host}"));
    }
    // A machine's own mirror can have any name; it would come in through a lock file.
    let is_locked_to_a_place = match file.file_name()?.to_str()? {
        "package-lock.json" => line.trim_start().starts_with("\"resolved\":") && line.contains("://"),
        "Cargo.lock" => {
            let standard = concat!("\"registry+https://github.com/rust-lang/crates", ".io-index\"");
            line.strip_prefix("source = ").is_some_and(|source| source != standard)
        }
        _ => false,
    };
    is_locked_to_a_place.then(|| "is locked to an address".to_owned())
}

/// Says whether a text names a host, or one that lies in its domain.
fn names(text: &str, host: &str) -> bool {
    let is_part_of_a_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    text.match_indices(host).any(|(start, _)| {
        !text[..start].ends_with(is_part_of_a_name) && !text[start + host.len()..].starts_with(is_part_of_a_name)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::named_in;

    #[track_caller]
    fn check(file: &str, line: &str, is_named: bool) {
        let hosts = ["registry.example".to_owned()];
        assert_eq!(named_in(Path::new(file), line, &hosts).is_some(), is_named, "{file}: {line}");
    }

    #[test]
    fn a_host_is_named_by_itself_and_by_those_below_it() {
        check("a.md", "see https://registry.example/some/package", true);
        check("a.md", "see Static.Registry.Example.", true);
        check("a.md", "registry.example", true);
        check("a.md", "my-registry.example and registry.example-index and registry.examples", false);
    }

    #[test]
    fn a_lock_file_holds_to_no_address() {
        check("js/package-lock.json", r#"  "resolved": "http://mirror.invalid/a.tgz","#, true);
        check("js/package-lock.json", r#"  "url": "https://example.com/sponsor""#, false);
        check("Cargo.lock", r#"source = "registry+http://mirror.invalid/index""#, true);
        let standard = ["source = \"registry+https://github.com/rust-lang/crates", ".io-index\""].concat();
        check("Cargo.lock", &standard, false);
    }
}
