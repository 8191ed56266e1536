//! From a document to a policy.

use std::fmt;

use crate::actions::{ACTIONS, SERVICE};
use crate::condition::Condition;
use crate::context::Key;
use crate::json::Node;
use crate::pattern::{Pattern, Syntax, Variables};

/// The longest document, in bytes: twice the longest that IAM takes.
pub const MAX_POLICY_BYTES: usize = 20 * 1024;

/// The version that has variables.
const VERSION: &str = "2012-10-17";

/// A policy document that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its `Id`, which means nothing to IAM.
    pub id: Option<String>,
    /// At least one.
    pub statements: Vec<Statement>,
}

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Letters and digits; unique in its policy.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    pub(crate) actions: Matching<ActionPattern>,
    pub(crate) resources: Matching<Pattern>,
    pub(crate) conditions: Vec<Condition>,
}

/// An element and its opposite, such as `Action` and `NotAction`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matching<T> {
    pub(crate) is_negated: bool,
    pub(crate) any_of: Vec<T>,
}

/// A pattern of actions, as it was written and in lower case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ActionPattern {
    pub(crate) text: String,
    pub(crate) lower: Pattern,
}

/// Why a document is not a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Where, for example `Statement[1].Condition.StringEquals`; empty for the document as a whole.
    pub path: String,
    /// Why, as the end of a sentence that begins with the path.
    pub reason: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "The policy" } else { &self.path };
        write!(f, "{path} {}", self.reason)
    }
}

impl std::error::Error for PolicyError {}

impl Policy {
    /// Reads a policy document.
    pub fn parse(document: &str) -> Result<Self, PolicyError> {
        if document.len() > MAX_POLICY_BYTES {
            return Err(error("", format!("is longer than {MAX_POLICY_BYTES} bytes")));
        }
        // serde_json refuses nesting beyond 128 levels.
        let node: Node =
            serde_json::from_str(document).map_err(|cause| error("", format!("is not valid JSON: {cause}")))?;
        read_policy(node)
    }

    /// Whether the answer to a request depends on nothing but the principal, the action, the resource and its tags.
    ///
    /// Not so when a condition or a variable looks at the time, the address, the transport or the request's tags.
    pub fn is_steady(&self) -> bool {
        self.keys().all(Key::is_steady)
    }

    /// The actions of AppConfig that the policy names and that there are none of: mistakes, or newer than this program.
    pub fn unknown_actions(&self) -> impl Iterator<Item = &str> {
        let patterns = self.statements.iter().flat_map(|statement| &statement.actions.any_of);
        patterns.filter(|pattern| pattern.is_for_appconfig() && !pattern.matches_any()).map(|pattern| &*pattern.text)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.statements.iter().flat_map(|statement| {
            let resources = statement.resources.any_of.iter().flat_map(Pattern::keys);
            resources.chain(statement.conditions.iter().flat_map(Condition::keys))
        })
    }
}

impl ActionPattern {
    fn is_for_appconfig(&self) -> bool {
        self.text.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case(SERVICE))
    }

    fn matches_any(&self) -> bool {
        ACTIONS.iter().any(|action| self.matches(&action.full_name().to_ascii_lowercase()))
    }

    /// Whether the pattern matches an action in lower case.
    pub(crate) fn matches(&self, lower_action: &str) -> bool {
        self.lower.matches(lower_action, None) == Some(true)
    }
}

fn read_policy(node: Node) -> Result<Policy, PolicyError> {
    let (mut version, mut id, mut statements) = (None, None, None);
    for (name, node) in object(node, "")? {
        match name.as_str() {
            "Version" => version = Some(text(node, &name)?),
            "Id" => id = Some(text(node, &name)?),
            "Statement" => statements = Some(node),
            _ => return Err(error(&name, "is not an element of a policy: those are Version, Id and Statement")),
        }
    }
    let variables = match version.as_deref() {
        Some(VERSION) => Variables::Known,
        Some("2008-10-17") | None => Variables::NeedVersion,
        Some(_) => return Err(error("Version", format!("has to be {VERSION:?} or \"2008-10-17\""))),
    };
    let statements = match statements.ok_or_else(|| error("", "has no Statement"))? {
        Node::List(nodes) if nodes.is_empty() => return Err(error("Statement", "is an empty list")),
        Node::List(nodes) => {
            let nodes = nodes.into_iter().enumerate();
            nodes
                .map(|(index, node)| read_statement(node, &format!("Statement[{index}]"), variables))
                .collect::<Result<Vec<_>, _>>()?
        }
        node => vec![read_statement(node, "Statement", variables)?],
    };
    for (index, statement) in statements.iter().enumerate() {
        let is_taken = |other: &Statement| other.sid.is_some() && other.sid == statement.sid;
        if statements[..index].iter().any(is_taken) {
            return Err(error(&format!("Statement[{index}].Sid"), "is that of another statement"));
        }
    }
    Ok(Policy { id, statements })
}

fn read_statement(node: Node, path: &str, variables: Variables) -> Result<Statement, PolicyError> {
    let (mut sid, mut effect, mut actions, mut resources, mut conditions) = (None, None, None, None, Vec::new());
    for (name, node) in object(node, path)? {
        let at = format!("{path}.{name}");
        let twice = |other: &str| error(path, format!("has {other} and Not{other}"));
        match name.as_str() {
            "Sid" => sid = Some(read_sid(node, &at)?).filter(|sid| !sid.is_empty()),
            "Effect" => {
                effect = Some(match text(node, &at)?.as_str() {
                    "Allow" => Effect::Allow,
                    "Deny" => Effect::Deny,
                    _ => return Err(error(&at, "has to be \"Allow\" or \"Deny\"")),
                });
            }
            "Action" | "NotAction" => {
                let any_of = each(texts(node, &at)?, &at, |text| read_action(&text))?;
                if actions.replace(Matching { is_negated: name == "NotAction", any_of }).is_some() {
                    return Err(twice("Action"));
                }
            }
            "Resource" | "NotResource" => {
                let any_of = each(texts(node, &at)?, &at, |text| read_resource(&text, variables))?;
                if resources.replace(Matching { is_negated: name == "NotResource", any_of }).is_some() {
                    return Err(twice("Resource"));
                }
            }
            "Condition" => conditions = read_conditions(node, &at, variables)?,
            "Principal" | "NotPrincipal" => {
                return Err(error(&at, "is not for identity policies: they are attached to whom they are about"));
            }
            _ => return Err(error(&at, "is not an element of a statement")),
        }
    }
    let needs = |what: &str| error(path, format!("has no {what}"));
    Ok(Statement {
        sid,
        effect: effect.ok_or_else(|| needs("Effect"))?,
        actions: actions.ok_or_else(|| needs("Action or NotAction"))?,
        resources: resources.ok_or_else(|| needs("Resource or NotResource"))?,
        conditions,
    })
}

fn read_sid(node: Node, at: &str) -> Result<String, PolicyError> {
    let sid = text(node, at)?;
    let is_sid = sid.len() <= 256 && sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_sid { Ok(sid) } else { Err(error(at, "has to be letters and digits, at most 256")) }
}

fn read_action(text: &str) -> Result<ActionPattern, String> {
    let is_action = match text.split_once(':') {
        None => text == "*",
        Some((service, name)) => {
            let is_service = !service.is_empty() && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            is_service && !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?".contains(&b))
        }
    };
    if !is_action {
        return Err("has to be '*' or SERVICE:ACTION, with wildcards in the action only".to_owned());
    }
    let syntax = Syntax { wildcards: true, variables: Variables::Refused };
    Ok(ActionPattern { text: text.to_owned(), lower: Pattern::parse(&text.to_ascii_lowercase(), syntax)? })
}

fn read_resource(text: &str, variables: Variables) -> Result<Pattern, String> {
    // With the five colons of an ARN in both, no wildcard can reach from one of its parts into the next.
    let is_arn = text.starts_with("arn:") && (text.ends_with('*') || text.matches(':').count() >= 5);
    if text != "*" && !is_arn {
        return Err("has to be '*' or an ARN, which wildcards may stand in".to_owned());
    }
    Pattern::parse(text, Syntax { wildcards: true, variables })
}

fn read_conditions(node: Node, at: &str, variables: Variables) -> Result<Vec<Condition>, PolicyError> {
    let mut conditions = Vec::new();
    for (operator, node) in object(node, at)? {
        let at = format!("{at}.{operator}");
        for (key, node) in object(node, &at)? {
            let at = format!("{at}.{key}");
            let values = scalars(node, &at)?;
            let condition = Condition::parse(&operator, &key, &values, variables);
            conditions.push(condition.map_err(|reason| error(&at, reason))?);
        }
    }
    Ok(conditions)
}

fn object(node: Node, path: &str) -> Result<Vec<(String, Node)>, PolicyError> {
    match node {
        Node::Object(members) => Ok(members),
        node => Err(error(path, format!("has to be an object and is {}", node.kind()))),
    }
}

fn text(node: Node, path: &str) -> Result<String, PolicyError> {
    match node {
        Node::Text(text) => Ok(text),
        node => Err(error(path, format!("has to be a string and is {}", node.kind()))),
    }
}

/// One string or several.
fn texts(node: Node, path: &str) -> Result<Vec<String>, PolicyError> {
    match node {
        Node::List(nodes) if nodes.is_empty() => Err(error(path, "is an empty list")),
        Node::List(nodes) => nodes.into_iter().map(|node| text(node, path)).collect(),
        node => Ok(vec![text(node, path)?]),
    }
}

/// One value or several; IAM takes booleans and numbers for the strings that they are written as.
fn scalars(node: Node, path: &str) -> Result<Vec<String>, PolicyError> {
    let scalar = |node| match node {
        Node::Bool(value) => Ok(value.to_string()),
        Node::Number(value) => Ok(value),
        node => text(node, path),
    };
    match node {
        Node::List(nodes) if nodes.is_empty() => Err(error(path, "is an empty list")),
        Node::List(nodes) => nodes.into_iter().map(scalar).collect(),
        node => Ok(vec![scalar(node)?]),
    }
}

fn each<T>(texts: Vec<String>, at: &str, read: impl Fn(String) -> Result<T, String>) -> Result<Vec<T>, PolicyError> {
    let is_one = texts.len() == 1;
    let read_one = |(index, text)| {
        read(text).map_err(|reason| if is_one { error(at, reason) } else { error(&format!("{at}[{index}]"), reason) })
    };
    texts.into_iter().enumerate().map(read_one).collect()
}

fn error(path: &str, reason: impl Into<String>) -> PolicyError {
    // A path may hold a key of the document's; an error is for a line of text.
    let path = path.chars().take(256).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    PolicyError { path, reason: reason.into() }
}
