//! Rules: Amazon Ion s-expressions that say who gets a variant.
//!
//! A rule is read ([`parse`](self::parse)), checked into a typed expression ([`check`](self::check)), compiled
//! ([`compile`](self::compile)) and evaluated ([`eval`](self::eval)); evaluation parses nothing. The
//! language is AWS's; what AWS leaves open is decided in `eval`.

mod check;
mod compile;
mod eval;
pub(crate) mod parse;
mod pattern;

use std::fmt;

pub(crate) use check::{check, check_element};
pub use compile::Rule;
pub(crate) use compile::compile;
pub(crate) use eval::compare_literals;
pub(crate) use pattern::{PatternError, Patterns};

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, below the rule: empty, or such as `.eq` or `.and.2.eq`. Operands count from 1.
    pub path: String,
    /// What kind of fault.
    pub reason: FaultReason,
    /// In words.
    pub message: String,
    /// Line and column in the rule's text from 1, if they are known.
    pub position: Option<(usize, usize)>,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// The `Reason` of a detail about a rule. The first three are AWS's, recorded; the others follow their manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultReason {
    /// It is not one s-expression.
    NotAnExpression,
    /// No such operator.
    UnknownSymbol,
    /// An operand is missing. Also what the service says when an operand cannot be read as Ion.
    TooFewOperands,
    /// There are more operands than the operator takes.
    TooManyOperands,
    /// An operand of a kind that the operator does not take.
    InvalidOperand,
    /// A named operand is unknown to the operator, or is there twice.
    UnknownOperand,
    /// A `pct` outside 0..=100.
    InvalidPercentage,
    /// A regular expression that does not compile within its bounds.
    InvalidPattern,
    /// Too deep, or too many regular expressions.
    TooComplex,
}

impl FaultReason {
    /// Its spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnExpression => "NotAnExpression",
            Self::UnknownSymbol => "UnknownSymbol",
            Self::TooFewOperands => "TooFewOperands",
            Self::TooManyOperands => "TooManyOperands",
            Self::InvalidOperand => "InvalidOperand",
            Self::UnknownOperand => "UnknownOperand",
            Self::InvalidPercentage => "InvalidPercentage",
            Self::InvalidPattern => "InvalidPattern",
            Self::TooComplex => "TooComplex",
        }
    }
}

/// A rule with its operands' types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    /// `true`, `false`, or a context value that reads `true`. Only below `and`, `or` and `not`.
    Truth(Operand),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Comparison, Operand, Operand),
    Text(TextTest, Operand, Operand),
    In(Operand, Vec<Literal>),
    Matches {
        text: Operand,
        pattern: String,
    },
    Exists {
        key: String,
    },
    Split {
        by: Operand,
        pct: f64,
        seed: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    BeginsWith,
    EndsWith,
    Contains,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Literal(Literal),
    /// The key, without its `$`.
    Context(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(Number),
    Boolean(bool),
    /// Nanoseconds since 1970.
    Time(i128),
}

/// A finite number, and exactly if it is an integer of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub float: f64,
    pub integer: Option<i64>,
}

impl Expression {
    /// Whether it looks at a split anywhere.
    pub fn has_split(&self) -> bool {
        match self {
            Self::Split { .. } => true,
            Self::And(conditions) | Self::Or(conditions) => conditions.iter().any(Self::has_split),
            Self::Not(condition) => condition.has_split(),
            _ => false,
        }
    }
}
