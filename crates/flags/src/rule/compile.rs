//! An expression made ready for evaluation: regular expressions compiled, seeds hashed, lists sorted.

use regex::Regex;

use super::{Comparison, Expression, Fault, FaultReason, Literal, Number, Operand, Patterns, TextTest};
use crate::evaluate::Context;
use crate::hash::{self, Seeded};

/// A rule that can be evaluated.
#[derive(Clone, Debug)]
pub struct Rule(pub(super) Node);

impl Rule {
    /// Reads a rule. `flag` is the key of its flag: it salts splits without a seed.
    ///
    /// # Errors
    /// All its faults.
    pub fn new(rule: &str, flag: &str) -> Result<Self, Vec<Fault>> {
        let mut patterns = Patterns::default();
        let expression = super::check(rule, &mut patterns)?;
        compile(&expression, flag, &mut patterns).map_err(|fault| vec![fault])
    }

    /// Says whether a caller satisfies it.
    pub fn is_satisfied_by(&self, context: &Context<'_>) -> bool {
        self.0.is_true(context)
    }

    /// Whether it holds a split by this key, and does not ask by itself whether there is such a value.
    pub(crate) fn takes_for_granted(&self, key: &str) -> bool {
        self.0.splits_by(key) && !self.0.asks_for(key)
    }
}

impl Node {
    fn splits_by(&self, key: &str) -> bool {
        match self {
            Self::Split { by: Subject::Context(by), .. } => **by == *key,
            _ => self.conditions().iter().any(|condition| condition.splits_by(key)),
        }
    }

    fn asks_for(&self, key: &str) -> bool {
        match self {
            Self::Exists(asked) => **asked == *key,
            _ => self.conditions().iter().any(|condition| condition.asks_for(key)),
        }
    }

    fn conditions(&self) -> &[Self] {
        match self {
            Self::And(conditions) | Self::Or(conditions) => conditions,
            Self::Not(condition) => std::slice::from_ref(condition),
            _ => &[],
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Truth(Subject),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Not(Box<Node>),
    Compare(Comparison, Subject, Literal),
    CompareSubjects(Comparison, Subject, Subject),
    Text(TextTest, Subject, Subject),
    /// Sorted.
    InTexts(Subject, Box<[Box<str>]>),
    In(Subject, Box<[Literal]>),
    Matches(Subject, Box<Regex>),
    Exists(Box<str>),
    Split {
        by: Subject,
        pct: f64,
        seeded: Seeded,
    },
}

/// What is looked at.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    Context(Box<str>),
    Literal(Literal),
}

/// Compiles a checked rule.
pub(crate) fn compile(expression: &Expression, flag: &str, patterns: &mut Patterns) -> Result<Rule, Fault> {
    node(expression, flag, patterns).map(Rule)
}

fn node(expression: &Expression, flag: &str, patterns: &mut Patterns) -> Result<Node, Fault> {
    Ok(match expression {
        Expression::Truth(operand) => Node::Truth(subject(operand)),
        Expression::And(conditions) => Node::And(nodes(conditions, flag, patterns)?),
        Expression::Or(conditions) => Node::Or(nodes(conditions, flag, patterns)?),
        Expression::Not(condition) => Node::Not(Box::new(node(condition, flag, patterns)?)),
        Expression::Compare(comparison, left, Operand::Literal(literal)) => {
            Node::Compare(*comparison, subject(left), literal.clone())
        }
        Expression::Compare(comparison, Operand::Literal(literal), right) => {
            Node::Compare(mirrored(*comparison), subject(right), literal.clone())
        }
        Expression::Compare(comparison, left, right) => {
            Node::CompareSubjects(*comparison, subject(left), subject(right))
        }
        Expression::Text(test, text, part) => Node::Text(*test, subject(text), subject(part)),
        Expression::In(value, list) => {
            let texts = list.iter().map(|literal| match literal {
                Literal::Text(text) => Some(text.as_str().into()),
                _ => None,
            });
            match texts.collect::<Option<Vec<Box<str>>>>() {
                Some(mut texts) => {
                    texts.sort_unstable();
                    Node::InTexts(subject(value), texts.into())
                }
                None => Node::In(subject(value), list.clone().into()),
            }
        }
        Expression::Matches { text, pattern } => match patterns.get(pattern) {
            Ok(regex) => Node::Matches(subject(text), Box::new(regex)),
            Err(error) => {
                let message = format!("no regular expression: {error}");
                let path = String::new();
                return Err(Fault { path, reason: FaultReason::InvalidPattern, message, position: None });
            }
        },
        Expression::Exists { key } => Node::Exists(key.as_str().into()),
        Expression::Split { by, pct, seed } => {
            let seeded = match seed {
                Some(seed) => Seeded::new(seed),
                None => Seeded::new(&hash::seed_of_flag(flag)),
            };
            Node::Split { by: subject(by), pct: *pct, seeded }
        }
    })
}

fn nodes(conditions: &[Expression], flag: &str, patterns: &mut Patterns) -> Result<Box<[Node]>, Fault> {
    conditions.iter().map(|condition| node(condition, flag, patterns)).collect()
}

fn subject(operand: &Operand) -> Subject {
    match operand {
        Operand::Context(key) => Subject::Context(key.as_str().into()),
        Operand::Literal(literal) => Subject::Literal(literal.clone()),
    }
}

fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq | Comparison::Ne => comparison,
        Comparison::Gt => Comparison::Lt,
        Comparison::Gte => Comparison::Lte,
        Comparison::Lt => Comparison::Gt,
        Comparison::Lte => Comparison::Gte,
    }
}

impl Number {
    /// A finite number written as Rust and Go read floats; integers of 64 bits exactly.
    pub fn of_text(text: &str) -> Option<Self> {
        let integer = text.parse().ok();
        let float = text.parse::<f64>().ok().filter(|float| float.is_finite())?;
        Some(Self { float, integer })
    }
}
