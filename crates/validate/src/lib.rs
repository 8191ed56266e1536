//! JSON Schema checks as AppConfig's JSON_SCHEMA validator makes them: a schema and a document in, a verdict out.
//!
//! AWS evaluates every schema as draft-04, whatever its `$schema` says, and refuses references to other documents;
//! [`Draft::Draft4`] does the same. The later drafts are an addition of ours that a profile opts in to.
//!
//! Deliberately absent: sockets, files, clocks and threads. Nothing is ever fetched, and no check is stopped by a timer:
//! a check that would take too much work is refused before it starts. The bounds, in the order in which they apply:
//!
//! | what | bound |
//! |---|---|
//! | schema's size, nesting | [`MAX_SCHEMA_BYTES`], [`MAX_SCHEMA_DEPTH`] |
//! | all regular expressions of a schema together | [`MAX_PATTERN_WEIGHT`]; a linear engine, so no look-around |
//! | references that come back to the same value | refused, wherever the schema can reach them |
//! | document's size, nesting | [`MAX_DOCUMENT_BYTES`], the JSON parser's 128 |
//! | schemas inside schemas while one value is checked | [`MAX_NESTING`] |
//! | steps that the check can take at most | [`MAX_WORK`], counted by a dry run that stops there |
//! | the text of an answer | about 6 KiB |

mod cost;
pub mod fuzz;
mod graph;
mod message;
mod syntax;
mod unique;

use std::fmt;
use std::str::FromStr;

use jsonschema::PatternOptions;
use serde_json::Value;

use cost::{Explanation, Verdict};
use graph::Graph;

/// Most bytes of a schema; AWS's limit for a validator's content.
pub const MAX_SCHEMA_BYTES: usize = 32 * 1024;
/// Most levels of objects and arrays in a schema.
pub const MAX_SCHEMA_DEPTH: usize = 64;
/// Most bytes of a document; twice what AWS stores at most, because a parsed document takes some 15 times its size.
pub const MAX_DOCUMENT_BYTES: usize = 8 * 1024 * 1024;
/// Most schemas that may be at work inside each other, from the document's root to its deepest value.
pub const MAX_NESTING: usize = 256;
/// Most steps of one check: a schema meeting a value is one, and each of its keywords, sixteen bytes of text compared, and
/// one byte met by sixteen states of a regular expression are one more each.
pub const MAX_WORK: u64 = 10_000_000;
/// Most states, roughly, of all regular expressions in a schema.
pub const MAX_PATTERN_WEIGHT: u64 = 50_000;
/// Most memory of one compiled regular expression, and of its cache.
const PATTERN_BYTES: usize = 4 * 1024 * 1024;

/// The edition of JSON Schema that a schema is read as, whatever it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Draft {
    /// draft-04, which is what AWS evaluates.
    #[default]
    Draft4,
    /// draft-06.
    Draft6,
    /// draft-07.
    Draft7,
    /// 2019-09.
    Draft201909,
    /// 2020-12.
    Draft202012,
}

const DRAFTS: [(Draft, &str); 5] = [
    (Draft::Draft4, "draft-04"),
    (Draft::Draft6, "draft-06"),
    (Draft::Draft7, "draft-07"),
    (Draft::Draft201909, "2019-09"),
    (Draft::Draft202012, "2020-12"),
];

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = DRAFTS.iter().find(|(draft, _)| draft == self).expect("every draft is in the table");
        f.write_str(name)
    }
}

impl FromStr for Draft {
    type Err = String;

    /// Reads `draft-04`, `draft-06`, `draft-07`, `2019-09` and `2020-12`, and the short forms `4`, `04`, `draft4`….
    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let short = lower.trim_start_matches("draft").trim_start_matches(['-', '0']);
        DRAFTS
            .iter()
            .find(|(_, name)| short == name.trim_start_matches("draft-0"))
            .map(|(draft, _)| *draft)
            .ok_or_else(|| "a JSON Schema draft is one of draft-04, draft-06, draft-07, 2019-09, 2020-12".to_owned())
    }
}

impl Draft {
    fn library(self) -> jsonschema::Draft {
        match self {
            Draft::Draft4 => jsonschema::Draft::Draft4,
            Draft::Draft6 => jsonschema::Draft::Draft6,
            Draft::Draft7 => jsonschema::Draft::Draft7,
            Draft::Draft201909 => jsonschema::Draft::Draft201909,
            Draft::Draft202012 => jsonschema::Draft::Draft202012,
        }
    }
}

/// Checks a document against a schema; an error is the whole text for the caller.
pub fn check(schema: &str, document: &[u8], draft: Draft) -> Result<(), String> {
    Compiled::new(schema, draft)?.check(document)
}

/// A schema that is ready to check documents; cheap to use again, and shared between threads.
pub struct Compiled {
    graph: Graph,
    schema: Value,
    validator: jsonschema::Validator,
    prefix: String,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").finish_non_exhaustive()
    }
}

impl Compiled {
    /// Reads a schema; an error is the whole text for the caller.
    pub fn new(schema: &str, draft: Draft) -> Result<Self, String> {
        let prefix = message::prefix(schema);
        match compile(schema, draft) {
            Ok((graph, schema, validator)) => Ok(Self { graph, schema, validator, prefix }),
            Err(reason) => Err(prefix + &reason),
        }
    }

    /// Checks a document; an error is the whole text for the caller.
    pub fn check(&self, document: &[u8]) -> Result<(), String> {
        self.reason(document).map_err(|reason| self.prefix.clone() + &reason)
    }

    fn reason(&self, document: &[u8]) -> Result<(), String> {
        if document.len() > MAX_DOCUMENT_BYTES {
            let size = document.len();
            return Err(message::fatal(&format!(
                "the configuration is too large to be checked against a JSON Schema (length: {size} bytes, maximum allowed: {MAX_DOCUMENT_BYTES})"
            )));
        }
        let document: Value = serde_json::from_slice(document)
            .map_err(|error| message::fatal(&format!("the configuration is not valid JSON: {error}")))?;
        let explanation = match cost::estimate(&self.graph, &document) {
            Verdict::Cheap(explanation) => explanation,
            Verdict::TooMuchWork => {
                return Err(message::fatal(&format!(
                    "checking this configuration against this schema takes too much work (maximum allowed: {MAX_WORK} steps); simplify the schema's nested references and combinations"
                )));
            }
            Verdict::TooDeep => {
                return Err(message::fatal(&format!(
                    "the schema applies more than {MAX_NESTING} schemas inside each other to this configuration"
                )));
            }
        };
        if self.validator.is_valid(&document) {
            return Ok(());
        }
        Err(match explanation {
            Explanation::All => message::failures(&mut self.validator.iter_errors(&document), &self.schema),
            Explanation::First => {
                message::failures(&mut self.validator.validate(&document).err().into_iter(), &self.schema)
            }
            Explanation::Nothing => message::unexplained(),
        })
    }
}

fn compile(schema: &str, draft: Draft) -> Result<(Graph, Value, jsonschema::Validator), String> {
    if schema.len() > MAX_SCHEMA_BYTES {
        let size = schema.len();
        return Err(message::fatal(&format!(
            "the schema is too large (length: {size} bytes, maximum allowed: {MAX_SCHEMA_BYTES})"
        )));
    }
    let mut schema: Value = serde_json::from_str(schema)
        .map_err(|error| message::fatal(&format!("the schema is not valid JSON: {error}")))?;
    if depth(&schema) > MAX_SCHEMA_DEPTH {
        return Err(message::fatal(&format!("the schema is nested deeper than {MAX_SCHEMA_DEPTH} levels")));
    }
    let graph = Graph::new(&schema, draft)?;
    graph.detach(&mut schema, draft);
    let validator = jsonschema::options()
        .with_draft(draft.library())
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES))
        .with_keyword("uniqueItems", unique::keyword)
        .build(&schema)
        .map_err(|error| message::invalid_schema(&[syntax::from_library(&error)]))?;
    Ok((graph, schema, validator))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
