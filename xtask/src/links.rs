//! Holds every relative link in the repository's Markdown to a file, and to a heading where it names one.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use crate::{tracked, workspace};

/// Returns the links that lead nowhere, as `file:line: link`, and how many links there are.
pub fn broken() -> Result<(Vec<String>, usize)> {
    let (mut found, mut count) = (Vec::new(), 0);
    for file in tracked::files()?.iter().filter(|file| is_markdown(file)) {
        let text = read(file)?;
        for (number, link) in links(&text) {
            count += 1;
            if let Some(problem) = problem(file, &link)? {
                found.push(format!("{}:{number}: {link}: {problem}", file.display()));
            }
        }
    }
    Ok((found, count))
}

fn is_markdown(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "md")
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(workspace::root().join(file)).with_context(|| format!("cannot read {}", file.display()))
}

fn problem(file: &Path, link: &str) -> Result<Option<&'static str>> {
    let (path, heading) = link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
    let target = match path {
        "" => Some(file.to_owned()),
        path => below_root(file.parent().unwrap_or(Path::new("")), path),
    };
    let Some(target) = target else {
        return Ok(Some("leads out of the repository"));
    };
    if !workspace::root().join(&target).exists() {
        return Ok(Some("no such file"));
    }
    match heading {
        Some(heading) if is_markdown(&target) && !anchors(&read(&target)?).iter().any(|it| it == heading) => {
            Ok(Some("no such heading"))
        }
        _ => Ok(None),
    }
}

/// Resolves a link against its file's folder; none if it leaves the repository.
fn below_root(folder: &Path, link: &str) -> Option<PathBuf> {
    let path = match link.strip_prefix('/') {
        Some(path) => PathBuf::from(path),
        None => folder.join(link),
    };
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if !resolved.pop() => return None,
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    Some(resolved)
}

/// Returns the relative links with the numbers of their lines: `[text](link)`, `![text](link)` and `[name]: link`.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let inline = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
        let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
        let defined = line.split_once("]: ").filter(|(name, _)| name.starts_with('['));
        let defined = defined.and_then(|(_, rest)| rest.split_whitespace().next());
        let all = inline.chain(defined).map(|link| link.trim_matches(['<', '>']));
        let is_relative = |link: &&str| !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:");
        links.extend(all.filter(is_relative).map(|link| (number, link.to_owned())));
    }
    links
}

/// Returns the names under which the headings can be linked to.
fn anchors(text: &str) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    let mut anchors = Vec::new();
    for (_, line) in prose(text).filter(|(_, line)| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        let anchor: String = kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        anchors.push(match titles.iter().filter(|title| **title == anchor).count() {
            0 => anchor.clone(),
            repeats => format!("{anchor}-{repeats}"),
        });
        titles.push(anchor);
    }
    anchors
}

/// Returns the lines outside of fenced blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// Leaves out what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{anchors, below_root, links};

    #[test]
    fn relative_links_are_found_outside_of_code() {
        let text = "[a](b.md) ![c](d.png) [e](https://example.com) `[f](g)`\n```\n[h](i)\n```\n[j]: ../k.md#l \"m\"\n";
        let found = links(text);
        let expect = [(1, "b.md"), (1, "d.png"), (5, "../k.md#l")];
        assert!(found.iter().map(|(line, link)| (*line, link.as_str())).eq(expect), "{found:?}");
    }

    #[test]
    fn a_link_stays_in_the_repository() {
        let from = |link| below_root(Path::new("docs/decisions"), link);
        assert_eq!(from("../behaviour.md"), Some(PathBuf::from("docs/behaviour.md")));
        assert_eq!(from("/README.md"), Some(PathBuf::from("README.md")));
        assert_eq!(from("../../../shared/plan.md"), None);
    }

    #[test]
    fn headings_are_named_as_forges_name_them() {
        let found = anchors("# What a poll costs\n## `serve`: it runs!\n```\n# no\n```\n## Again\n## Again\n");
        assert_eq!(found, ["what-a-poll-costs", "serve-it-runs", "again", "again-1"]);
    }
}
