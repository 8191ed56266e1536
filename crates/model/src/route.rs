//! Which operation a method and a path mean.
//!
//! Works on the path as it came in, before percent-decoding: a label may hold an ARN whose slashes are written `%2F`, and
//! only the raw path tells them from the slashes between segments. Decoding the labels is `wire`'s work.

use std::fmt;
use std::ops::Deref;

use crate::shape::{Operation, Segment};
use crate::{appconfig, appconfigdata};

/// The most labels that a path of the model has.
const MAX_LABELS: usize = 4;

/// An operation, and the pieces of the path that stand at its labels.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The operation that was asked for.
    pub operation: &'static Operation,
    /// The labels in the order of the path.
    pub labels: Labels<'a>,
}

/// Pairs of a label's name and its value, which is still percent-encoded and never empty.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    pairs: [(&'static str, &'a str); MAX_LABELS],
    len: usize,
}

/// Why no operation answers to a method and a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// No operation has this path.
    UnknownPath,
    /// The path exists, with other methods.
    WrongMethod,
}

/// Finds the operation for a method and a raw path (without the query) among those of both services.
///
/// One slash at the end is tolerated. Where a literal segment and a label both fit, the literal wins. Does not allocate.
pub fn route<'a>(method: &str, raw_path: &'a str) -> Result<Route<'a>, NoRoute> {
    let operations = appconfig::OPERATIONS.iter().chain(appconfigdata::OPERATIONS);
    route_among(operations.copied(), method, raw_path)
}

fn route_among<'a>(
    operations: impl Iterator<Item = &'static Operation>,
    method: &str,
    raw_path: &'a str,
) -> Result<Route<'a>, NoRoute> {
    let path = raw_path.strip_prefix('/').ok_or(NoRoute::UnknownPath)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut found: Option<Route<'a>> = None;
    let mut no_route = NoRoute::UnknownPath;
    for operation in operations {
        let Some(labels) = labels(operation.path, path) else {
            continue;
        };
        if operation.method.as_str() != method {
            no_route = NoRoute::WrongMethod;
        } else if found.is_none_or(|other| is_more_literal(operation.path, other.operation.path)) {
            found = Some(Route { operation, labels });
        }
    }
    found.ok_or(no_route)
}

/// Matches a path without its outer slashes against a pattern.
fn labels<'a>(pattern: &[Segment], path: &'a str) -> Option<Labels<'a>> {
    let mut labels = Labels { pairs: [("", ""); MAX_LABELS], len: 0 };
    let mut pieces = path.split('/');
    for segment in pattern {
        let piece = pieces.next()?;
        match *segment {
            Segment::Literal(literal) if literal == piece => {}
            Segment::Label(name) if !piece.is_empty() => {
                labels.pairs[labels.len] = (name, piece);
                labels.len += 1;
            }
            Segment::Literal(_) | Segment::Label(_) => return None,
        }
    }
    pieces.next().is_none().then_some(labels)
}

/// Says whether, at the first place where only one of two patterns has a literal, it is the first of them.
fn is_more_literal(one: &[Segment], other: &[Segment]) -> bool {
    let is_literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
    one.iter().map(is_literal).gt(other.iter().map(is_literal))
}

impl<'a> Labels<'a> {
    /// Returns the raw value at a label.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let pair = self.iter().find(|pair| pair.0 == name)?;
        Some(pair.1)
    }
}

impl<'a> Deref for Labels<'a> {
    type Target = [(&'static str, &'a str)];

    fn deref(&self) -> &Self::Target {
        &self.pairs[..self.len]
    }
}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().copied()).finish()
    }
}

impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownPath => "no operation has this path",
            Self::WrongMethod => "no operation has this path with this method",
        })
    }
}

impl std::error::Error for NoRoute {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NoRoute, route, route_among};
    use crate::shape::{Method, Operation, Segment, Service, Structure};
    use crate::{appconfig, appconfigdata};

    fn operations() -> impl Iterator<Item = &'static Operation> {
        let operations = appconfig::OPERATIONS.iter();
        operations.chain(appconfigdata::OPERATIONS).copied()
    }

    fn path_of(operation: &Operation, value: &str) -> String {
        let pieces = operation.path.iter().map(|segment| match segment {
            Segment::Literal(literal) => literal,
            Segment::Label(_) => value,
        });
        pieces.map(|piece| format!("/{piece}")).collect()
    }

    #[track_caller]
    fn check(request: &str, expect: Result<(&str, &[&str]), NoRoute>) {
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let found = route(method, path);
        let values = |it: &super::Route<'_>| it.labels.iter().map(|pair| pair.1.to_owned()).collect::<Vec<_>>();
        let found = found.map(|it| (it.operation.name, values(&it)));
        let expect = expect.map(|(name, values)| (name, values.iter().map(|&it| it.to_owned()).collect()));
        assert_eq!(found, expect, "{request}");
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        for operation in operations() {
            for value in ["abc1234", "arn%3Aaws%3Aappconfig%3A%3A%3Aapplication%2Fabc1234", "%ff%", "é"] {
                for end in ["", "/"] {
                    let path = path_of(operation, value) + end;
                    let found = route(operation.method.as_str(), &path).expect(operation.name);
                    assert_eq!(found.operation.name, operation.name, "{path}");
                    let labels = operation.path.iter().filter_map(|segment| match segment {
                        Segment::Label(name) => Some((*name, value)),
                        Segment::Literal(_) => None,
                    });
                    assert!(labels.eq(found.labels.iter().copied()), "{path}: {:?}", found.labels);
                }
            }
        }
    }

    #[test]
    fn every_label_names_a_required_member_in_the_path_and_the_reverse() {
        use crate::shape::Location;
        for operation in operations() {
            let mut labels: Vec<_> = operation
                .path
                .iter()
                .filter_map(|segment| match segment {
                    Segment::Label(name) => Some(*name),
                    Segment::Literal(_) => None,
                })
                .collect();
            let mut members: Vec<_> = operation
                .input
                .members
                .iter()
                .filter_map(|member| match member.location {
                    Location::Path(name) if member.required => Some(name),
                    _ => None,
                })
                .collect();
            labels.sort_unstable();
            members.sort_unstable();
            assert_eq!(labels, members, "{}", operation.name);
        }
    }

    #[test]
    fn no_two_operations_answer_to_one_request() {
        for one in operations() {
            for other in operations().filter(|it| it.name != one.name && it.method == one.method) {
                let meets = |(a, b): (&Segment, &Segment)| match (a, b) {
                    (Segment::Literal(a), Segment::Literal(b)) => a == b,
                    _ => true,
                };
                let may_meet = one.path.len() == other.path.len() && one.path.iter().zip(other.path).all(meets);
                assert!(!may_meet, "{} and {}", one.name, other.name);
            }
        }
    }

    #[test]
    fn a_known_path_with_another_method_is_told_from_an_unknown_path() {
        for operation in operations() {
            let path = path_of(operation, "abc1234");
            for method in ["PUT", "HEAD", "OPTIONS", "", "post", "GET "] {
                assert_eq!(route(method, &path).unwrap_err(), NoRoute::WrongMethod, "{method} {path}");
            }
        }
        check("DELETE /applications", Err(NoRoute::WrongMethod));
        check("POST /configuration", Err(NoRoute::WrongMethod));
        check("GET /application", Err(NoRoute::UnknownPath));
    }

    #[test]
    fn aws_really_deletes_strategies_at_a_misspelled_path() {
        check("DELETE /deployementstrategies/abc1234", Ok(("DeleteDeploymentStrategy", &["abc1234"])));
        check("DELETE /deploymentstrategies/abc1234", Err(NoRoute::WrongMethod));
    }

    #[test]
    fn an_encoded_slash_does_not_split_a_label() {
        check("GET /tags/arn%3Aaws%3Aappconfig%2Fx", Ok(("ListTagsForResource", &["arn%3Aaws%3Aappconfig%2Fx"])));
        check("GET /tags/arn:aws:appconfig/x", Err(NoRoute::UnknownPath));
        check("GET /applications%2Fabc1234", Err(NoRoute::UnknownPath));
    }

    #[test]
    fn an_empty_segment_is_no_label() {
        check("GET /applications//environments", Err(NoRoute::UnknownPath));
        check("GET /applications//", Err(NoRoute::UnknownPath));
        check("GET //applications", Err(NoRoute::UnknownPath));
        check("DELETE /applications/", Err(NoRoute::WrongMethod));
        for path in ["", "/", "//", "///", "*", "applications"] {
            assert_eq!(route("GET", path).unwrap_err(), NoRoute::UnknownPath, "{path}");
        }
    }

    #[test]
    fn a_literal_wins_over_a_label() {
        static EMPTY: Structure = Structure { name: "Empty", members: &[], payload: None, is_union: false };
        const fn get(name: &'static str, path: &'static [Segment]) -> Operation {
            Operation {
                name,
                service: Service::AppConfig,
                method: Method::Get,
                path,
                status: 200,
                input: &EMPTY,
                output: &EMPTY,
                errors: &[],
            }
        }
        static LABEL: Operation = get("Label", &[Segment::Literal("a"), Segment::Label("b")]);
        static LITERAL: Operation = get("Literal", &[Segment::Literal("a"), Segment::Literal("b")]);
        for table in [[&LABEL, &LITERAL], [&LITERAL, &LABEL]] {
            let found = |path| route_among(table.into_iter(), "GET", path).unwrap().operation.name;
            assert_eq!(found("/a/b"), "Literal");
            assert_eq!(found("/a/c"), "Label");
        }
    }

    #[test]
    fn a_very_long_path_is_refused() {
        check(&format!("GET {}", "/a".repeat(1 << 20)), Err(NoRoute::UnknownPath));
        let long = "a".repeat(1 << 20);
        check(&format!("GET /applications/{long}"), Ok(("GetApplication", &[&long])));
    }

    fn pieces() -> impl Strategy<Value = String> {
        let literals: Vec<_> = operations()
            .flat_map(|it| it.path)
            .filter_map(|segment| match segment {
                Segment::Literal(literal) => Some((*literal).to_owned()),
                Segment::Label(_) => None,
            })
            .collect();
        prop_oneof![
            4 => prop::sample::select(literals),
            2 => prop::sample::select(vec!["/", "", "%2f", "%2F", "%ff%00", "%", ".", "..", "?x", "#", "\0", "{ApplicationId}"])
                .prop_map(str::to_owned),
            2 => ".{0,12}",
        ]
    }

    proptest! {
        #[test]
        fn any_path_is_routed_without_panicking_and_labels_are_pieces_of_it(
            method in prop_oneof![prop::sample::select(vec!["GET", "POST", "PATCH", "DELETE"]).prop_map(str::to_owned), ".{0,8}"],
            pieces in prop::collection::vec(pieces(), 0..10),
        ) {
            let path = format!("/{}", pieces.join("/"));
            if let Ok(found) = route(&method, &path) {
                prop_assert_eq!(found.operation.method.as_str(), method);
                let mut labels = found.labels.iter();
                let rebuilt: String = found.operation.path.iter().map(|segment| match segment {
                    Segment::Literal(literal) => format!("/{literal}"),
                    Segment::Label(_) => format!("/{}", labels.next().expect("a value for each label").1),
                }).collect();
                prop_assert!(path == rebuilt || path == rebuilt.clone() + "/", "{} is not {}", path, rebuilt);
            }
        }
    }
}
