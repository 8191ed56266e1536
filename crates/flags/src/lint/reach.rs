//! What can be known of rules without a caller: which are never true, always true, or covered by an earlier one.
//!
//! Only what is certain is said; what is not found here may still be unreachable.

use std::collections::BTreeMap;

use ion_rs::Element;

use crate::rule::{Comparison, Expression, Fault, FaultReason, Literal, Operand, compare_literals};

/// The rules of a flag so far.
#[derive(Default)]
pub(super) struct Earlier {
    rules: Vec<(String, Expression)>,
    /// The sum of splits on the same value with the same seed.
    sums: Vec<(Operand, Option<String>, f64)>,
}

impl Earlier {
    /// Why nobody gets past these rules, if so.
    pub fn shadows_all(&self) -> Option<String> {
        let (name, _) = self.rules.iter().find(|(_, rule)| constant(rule) == Some(true))?;
        Some(format!("the rule of variant '{name}' is always true"))
    }

    /// Why nobody gets to a rule, if so.
    pub fn shadows(&self, rule: &Expression) -> Option<String> {
        if let Some(reason) = self.shadows_all() {
            return Some(reason);
        }
        // Flags have tens of variants, but a hostile one may have many.
        self.rules.iter().take(100).find_map(|(name, earlier)| match (earlier, rule) {
            _ if earlier == rule => Some(format!("variant '{name}' has the same rule")),
            (
                Expression::Split { by, pct, seed },
                Expression::Split { by: later_by, pct: later_pct, seed: later_seed },
            ) if by == later_by && seed == later_seed && pct >= later_pct => {
                Some(format!("its {later_pct} % lie within the {pct} % of variant '{name}'"))
            }
            _ => None,
        })
    }

    /// Takes in a rule, and warns if splits add up to more than everybody with it.
    pub fn add(&mut self, name: &str, rule: Expression) -> Option<String> {
        let mut warning = None;
        if let Expression::Split { by, pct, seed } = &rule {
            match self.sums.iter_mut().find(|(known, known_seed, _)| known == by && known_seed == seed) {
                None => self.sums.push((by.clone(), seed.clone(), *pct)),
                Some((_, _, sum)) => {
                    let before = *sum;
                    *sum += pct;
                    if before <= 100.0 && *sum > 100.0 {
                        warning = Some(format!(
                            "splits of the same value add up to {sum} %: they overlap, and each gets only what the ones \
                             before it leave"
                        ));
                    }
                }
            }
        }
        self.rules.push((name.to_owned(), rule));
        warning
    }
}

/// The smallest parts of a rule that can never be true, or always are; the whole rule if that follows from several.
pub(super) fn doubts(rule: &Expression) -> Vec<Fault> {
    let mut doubts = Vec::new();
    find_doubts(rule, "", &mut doubts);
    if doubts.is_empty()
        && let Some(value) = constant(rule)
    {
        doubts.push(doubt("", value));
    }
    doubts
}

fn find_doubts(rule: &Expression, path: &str, doubts: &mut Vec<Fault>) {
    let before = doubts.len();
    let (name, conditions) = match rule {
        Expression::And(conditions) => ("and", conditions.as_slice()),
        Expression::Or(conditions) => ("or", conditions.as_slice()),
        Expression::Not(condition) => ("not", std::slice::from_ref(&**condition)),
        // A literal `true` or `false` was meant.
        Expression::Truth(Operand::Literal(_)) => return,
        _ => ("", &[][..]),
    };
    for (index, condition) in conditions.iter().enumerate() {
        find_doubts(condition, &format!("{path}.{name}.{}", index + 1), doubts);
    }
    if doubts.len() == before
        && doubts.len() < 20
        && let Some(value) = constant(rule)
    {
        doubts.push(doubt(path, value));
    }
}

fn doubt(path: &str, value: bool) -> Fault {
    let message = if value { "this is always true" } else { "this can never be true" };
    Fault { path: path.to_owned(), reason: FaultReason::InvalidOperand, message: message.into(), position: None }
}

/// Where the part of a rule stands that a doubt is about.
pub(super) fn locate(rule: &Element, path: &str) -> Option<(usize, usize)> {
    let mut element = rule;
    // Names of operators and numbers of operands take turns.
    for step in path.split('.').skip(2).step_by(2) {
        element = element.as_sexp()?.iter().nth(step.parse().ok()?)?;
    }
    element.location().row_column()
}

/// What a rule is for everybody, if that is known.
fn constant(rule: &Expression) -> Option<bool> {
    match rule {
        Expression::Truth(Operand::Literal(literal)) => Some(*literal == Literal::Boolean(true)),
        Expression::And(conditions) => {
            let values: Vec<_> = conditions.iter().map(constant).collect();
            if values.contains(&Some(false)) || contradict(conditions) {
                return Some(false);
            }
            values.iter().all(|value| *value == Some(true)).then_some(true)
        }
        Expression::Or(conditions) => {
            let values: Vec<_> = conditions.iter().map(constant).collect();
            if values.contains(&Some(true)) {
                return Some(true);
            }
            values.iter().all(|value| *value == Some(false)).then_some(false)
        }
        Expression::Not(condition) => constant(condition).map(|value| !value),
        Expression::Compare(comparison, Operand::Literal(left), Operand::Literal(right)) => {
            Some(compare_literals(*comparison, left, right))
        }
        Expression::Compare(comparison, Operand::Context(_), Operand::Literal(literal))
        | Expression::Compare(comparison, Operand::Literal(literal), Operand::Context(_)) => {
            let is_ordered = !matches!(comparison, Comparison::Eq | Comparison::Ne);
            (is_ordered && matches!(literal, Literal::Boolean(_))).then_some(false)
        }
        Expression::In(_, list) if list.is_empty() => Some(false),
        Expression::In(Operand::Literal(value), list) => {
            Some(list.iter().any(|member| compare_literals(Comparison::Eq, value, member)))
        }
        Expression::Split { pct, .. } if *pct == 0.0 => Some(false),
        _ => None,
    }
}

/// Whether conditions on one context value exclude each other: two different constants, or an empty range.
fn contradict(conditions: &[Expression]) -> bool {
    let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
    let mut ranges: BTreeMap<&str, Range> = BTreeMap::new();
    for condition in conditions {
        let Expression::Compare(comparison, Operand::Context(key), Operand::Literal(literal)) = condition else {
            continue;
        };
        match literal {
            Literal::Text(text)
                if *comparison == Comparison::Eq && *texts.entry(key).or_insert(text) != text.as_str() =>
            {
                return true;
            }
            Literal::Number(number) => {
                let range = ranges.entry(key).or_default();
                range.narrow(*comparison, number.float);
                if range.is_empty() {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

struct Range {
    low: f64,
    high: f64,
    /// Whether the ends are left out.
    is_open: (bool, bool),
}

impl Default for Range {
    fn default() -> Self {
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY, is_open: (false, false) }
    }
}

impl Range {
    fn narrow(&mut self, comparison: Comparison, number: f64) {
        if matches!(comparison, Comparison::Eq | Comparison::Gte | Comparison::Gt) && number >= self.low {
            let is_open = comparison == Comparison::Gt || number == self.low && self.is_open.0;
            (self.low, self.is_open.0) = (number, is_open);
        }
        if matches!(comparison, Comparison::Eq | Comparison::Lte | Comparison::Lt) && number <= self.high {
            let is_open = comparison == Comparison::Lt || number == self.high && self.is_open.1;
            (self.high, self.is_open.1) = (number, is_open);
        }
    }

    fn is_empty(&self) -> bool {
        // Integers beyond 2^53 may share a float: only a gap is certain there.
        let is_exact = self.low.abs() < 9e15;
        self.low > self.high || self.low == self.high && is_exact && (self.is_open.0 || self.is_open.1)
    }
}
