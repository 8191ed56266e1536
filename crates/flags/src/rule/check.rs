//! Operators, how many operands they take, and of which kind. All faults of a rule are found, not only the first.
//!
//! Comparisons, text tests and `in` take two operands; `and` and `or` two or more; `not` one. `matches`, `exists` and
//! `split` take named operands in any order. `ne` is documented for experiments only and taken everywhere.

use ion_rs::{Decimal, Element, Int, Sequence, Value};

use super::{
    Comparison, Expression, Fault, FaultReason, Literal, Number, Operand, PatternError, Patterns, TextTest, parse,
};
use crate::{limits, time};

/// Reads and checks a rule.
pub(crate) fn check(rule: &str, patterns: &mut Patterns) -> Result<Expression, Vec<Fault>> {
    let element = parse::parse(rule).map_err(|fault| vec![fault])?;
    check_element(&element, patterns)
}

/// Checks a rule that is Ion already.
pub(crate) fn check_element(element: &Element, patterns: &mut Patterns) -> Result<Expression, Vec<Fault>> {
    let mut checker = Checker { patterns, faults: Vec::new() };
    match (checker.expression(element, ""), checker.faults.is_empty()) {
        (Some(expression), true) => Ok(expression),
        _ => Err(checker.faults),
    }
}

pub(crate) fn is_operator(name: &str) -> bool {
    operator(name).is_some()
}

#[derive(Clone, Copy)]
enum Operator {
    Compare(Comparison),
    Text(TextTest),
    And,
    Or,
    Not,
    In,
    Matches,
    Exists,
    Split,
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "eq" => Operator::Compare(Comparison::Eq),
        "ne" => Operator::Compare(Comparison::Ne),
        "gt" => Operator::Compare(Comparison::Gt),
        "gte" => Operator::Compare(Comparison::Gte),
        "lt" => Operator::Compare(Comparison::Lt),
        "lte" => Operator::Compare(Comparison::Lte),
        "begins_with" => Operator::Text(TextTest::BeginsWith),
        "ends_with" => Operator::Text(TextTest::EndsWith),
        "contains" => Operator::Text(TextTest::Contains),
        "and" => Operator::And,
        "or" => Operator::Or,
        "not" => Operator::Not,
        "in" => Operator::In,
        "matches" => Operator::Matches,
        "exists" => Operator::Exists,
        "split" => Operator::Split,
        _ => return None,
    })
}

struct Checker<'a> {
    patterns: &'a mut Patterns,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, path: &str, reason: FaultReason, element: &Element, message: impl Into<String>) {
        if self.faults.len() < limits::DETAILS {
            let position = element.location().row_column();
            self.faults.push(Fault { path: path.to_owned(), reason, message: message.into(), position });
        }
    }

    fn expression(&mut self, element: &Element, path: &str) -> Option<Expression> {
        let Value::SExp(items) = element.value() else {
            let message = "a rule is an expression in parentheses, such as (eq $tier \"gold\")";
            self.fault(path, FaultReason::NotAnExpression, element, message);
            return None;
        };
        if !element.annotations().is_empty() {
            self.fault(path, FaultReason::InvalidOperand, element, "an expression takes no name");
            return None;
        }
        let mut items = items.iter();
        let name = items.next().filter(|name| name.annotations().is_empty());
        let Some(name) = name.and_then(Element::as_symbol).and_then(|symbol| symbol.text()) else {
            self.fault(path, FaultReason::UnknownSymbol, element, "an expression begins with an operator");
            return None;
        };
        let operands: Vec<&Element> = items.collect();
        let Some(operator) = operator(name) else {
            self.fault(path, FaultReason::UnknownSymbol, element, format!("there is no operator '{name}'"));
            return None;
        };
        let path = format!("{path}.{name}");
        let call = Call { element, path, operands };
        match operator {
            Operator::Compare(comparison) => {
                let [left, right] = self.exactly(&call)?;
                let left = self.operand(left, &call.at(1));
                let right = self.operand(right, &call.at(2));
                Some(Expression::Compare(comparison, left?, right?))
            }
            Operator::Text(test) => {
                let [text, part] = self.exactly(&call)?;
                let text = self.text_operand(text, &call.at(1));
                let part = self.text_operand(part, &call.at(2));
                Some(Expression::Text(test, text?, part?))
            }
            Operator::And => self.conditions(&call).map(Expression::And),
            Operator::Or => self.conditions(&call).map(Expression::Or),
            Operator::Not => {
                let [condition] = self.exactly(&call)?;
                Some(Expression::Not(Box::new(self.condition(condition, &call.at(1))?)))
            }
            Operator::In => {
                let [value, list] = self.exactly(&call)?;
                let value = self.operand(value, &call.at(1));
                let list = self.list(list, &call.at(2));
                Some(Expression::In(value?, list?))
            }
            Operator::Matches => self.matches(&call),
            Operator::Exists => {
                let [key] = self.named(&call, ["key"], 1)?;
                let key = self.text(key?, &format!("{}.key", call.path))?;
                Some(Expression::Exists { key })
            }
            Operator::Split => self.split(&call),
        }
    }

    fn exactly<'a, const N: usize>(&mut self, call: &Call<'a>) -> Option<[&'a Element; N]> {
        if let Ok(operands) = <[&Element; N]>::try_from(call.operands.as_slice()) {
            return Some(operands);
        }
        let (reason, word) = if call.operands.len() < N {
            (FaultReason::TooFewOperands, "too few")
        } else {
            (FaultReason::TooManyOperands, "too many")
        };
        let message = format!("{word} operands: {} of {N}", call.operands.len());
        self.fault(&call.path, reason, call.element, message);
        None
    }

    fn conditions(&mut self, call: &Call<'_>) -> Option<Vec<Expression>> {
        if call.operands.len() < 2 {
            let message = format!("too few operands: {} of at least 2", call.operands.len());
            self.fault(&call.path, FaultReason::TooFewOperands, call.element, message);
            return None;
        }
        let conditions = call.operands.iter().enumerate();
        let conditions: Vec<_> =
            conditions.map(|(index, condition)| self.condition(condition, &call.at(index + 1))).collect();
        conditions.into_iter().collect()
    }

    fn condition(&mut self, element: &Element, path: &str) -> Option<Expression> {
        if let Value::SExp(_) = element.value() {
            return self.expression(element, path);
        }
        match self.operand(element, path)? {
            operand @ (Operand::Context(_) | Operand::Literal(Literal::Boolean(_))) => Some(Expression::Truth(operand)),
            Operand::Literal(_) => {
                let message = "what is not an expression here must be true, false or a context value";
                self.fault(path, FaultReason::InvalidOperand, element, message);
                None
            }
        }
    }

    fn operand(&mut self, element: &Element, path: &str) -> Option<Operand> {
        if !element.annotations().is_empty() {
            self.fault(path, FaultReason::InvalidOperand, element, "this operand takes no name");
            return None;
        }
        self.value(element, path)
    }

    /// A literal or a context value, whatever its name.
    fn value(&mut self, element: &Element, path: &str) -> Option<Operand> {
        if let Value::Symbol(symbol) = element.value() {
            let key = symbol.text().and_then(|text| text.strip_prefix('$')).filter(|key| !key.is_empty());
            if key.is_none() {
                let message = "a context value is written $name and a text in double quotes";
                self.fault(path, FaultReason::InvalidOperand, element, message);
            }
            return key.map(|key| Operand::Context(key.to_owned()));
        }
        let literal = literal(element);
        if literal.is_none() {
            let message = "an operand is a text, a number, a time, true, false or a context value such as $tier";
            self.fault(path, FaultReason::InvalidOperand, element, message);
        }
        literal.map(Operand::Literal)
    }

    fn text_operand(&mut self, element: &Element, path: &str) -> Option<Operand> {
        match self.operand(element, path)? {
            Operand::Literal(Literal::Number(_) | Literal::Boolean(_) | Literal::Time(_)) => {
                let message = "this operand is a text in double quotes or a context value";
                self.fault(path, FaultReason::InvalidOperand, element, message);
                None
            }
            operand => Some(operand),
        }
    }

    fn text(&mut self, element: &Element, path: &str) -> Option<String> {
        let text = element.as_string();
        if text.is_none() {
            self.fault(path, FaultReason::InvalidOperand, element, "this operand is a text in double quotes");
        }
        text.map(str::to_owned)
    }

    fn list(&mut self, element: &Element, path: &str) -> Option<Vec<Literal>> {
        let list = element.as_list().filter(|_| element.annotations().is_empty());
        let Some(list) = list else {
            let message = "the second operand is a list of constants, such as [\"a\", \"b\"]";
            self.fault(path, FaultReason::InvalidOperand, element, message);
            return None;
        };
        self.literals(list, path)
    }

    fn literals(&mut self, list: &Sequence, path: &str) -> Option<Vec<Literal>> {
        let mut literals = Vec::new();
        let mut is_right = true;
        for (index, element) in list.iter().enumerate() {
            match literal(element).filter(|_| element.annotations().is_empty()) {
                Some(literal) => literals.push(literal),
                None => {
                    is_right = false;
                    let path = format!("{path}.{}", index + 1);
                    self.fault(&path, FaultReason::InvalidOperand, element, "a list holds constants only");
                }
            }
        }
        is_right.then_some(literals)
    }

    /// The named operands, the first `required` of which must be there.
    fn named<'a, const N: usize>(
        &mut self,
        call: &Call<'a>,
        names: [&str; N],
        required: usize,
    ) -> Option<[Option<&'a Element>; N]> {
        let mut found = [None; N];
        let mut is_right = true;
        for (index, operand) in call.operands.iter().enumerate() {
            let name = operand.annotations().first().filter(|_| operand.annotations().len() == 1);
            let (reason, message) = match name {
                None => {
                    (FaultReason::InvalidOperand, format!("operands are named here: {}", names.join("::, ") + "::"))
                }
                Some(name) => match names.iter().position(|known| *known == name) {
                    Some(place) if found[place].is_none() => {
                        found[place] = Some(*operand);
                        continue;
                    }
                    Some(_) => (FaultReason::UnknownOperand, format!("'{name}' is there twice")),
                    None => (FaultReason::UnknownOperand, format!("there is no operand '{name}' here")),
                },
            };
            is_right = false;
            self.fault(&call.at(index + 1), reason, operand, message);
        }
        if let Some(missing) = found[..required].iter().position(Option::is_none) {
            is_right = false;
            let message = format!("the operand {}:: is missing", names[missing]);
            self.fault(&call.path, FaultReason::TooFewOperands, call.element, message);
        }
        is_right.then_some(found)
    }

    fn matches(&mut self, call: &Call<'_>) -> Option<Expression> {
        let [text, pattern] = self.named(call, ["in", "pattern"], 2)?;
        let text = self.subject(text?, &format!("{}.in", call.path));
        let path = format!("{}.pattern", call.path);
        let element = pattern?;
        let pattern = self.text(element, &path);
        if let Some(pattern) = &pattern
            && let Err(error) = self.patterns.get(pattern)
        {
            let reason = match error {
                PatternError::Invalid(_) => FaultReason::InvalidPattern,
                PatternError::TooMany => FaultReason::TooComplex,
            };
            self.fault(&path, reason, element, format!("no regular expression: {error}"));
            return None;
        }
        Some(Expression::Matches { text: text?, pattern: pattern? })
    }

    fn split(&mut self, call: &Call<'_>) -> Option<Expression> {
        let [by, pct, seed] = self.named(call, ["by", "pct", "seed"], 2)?;
        let by = self.subject(by?, &format!("{}.by", call.path));
        let pct = self.percentage(pct?, &format!("{}.pct", call.path));
        let seed = match seed {
            Some(seed) => Some(self.text(seed, &format!("{}.seed", call.path))?),
            None => None,
        };
        Some(Expression::Split { by: by?, pct: pct?, seed })
    }

    /// What `in::` and `by::` take: a context value, or a text.
    fn subject(&mut self, element: &Element, path: &str) -> Option<Operand> {
        match self.value(element, path)? {
            operand @ (Operand::Context(_) | Operand::Literal(Literal::Text(_))) => Some(operand),
            Operand::Literal(_) => {
                let message = "this operand is a context value such as $userId, or a text";
                self.fault(path, FaultReason::InvalidOperand, element, message);
                None
            }
        }
    }

    fn percentage(&mut self, element: &Element, path: &str) -> Option<f64> {
        let pct = match literal(element) {
            Some(Literal::Number(number)) if (0.0..=100.0).contains(&number.float) => Some(number.float),
            _ => None,
        };
        if pct.is_none() {
            self.fault(path, FaultReason::InvalidPercentage, element, "pct is a number from 0 to 100");
        }
        pct
    }
}

/// An expression's operator with its operands.
struct Call<'a> {
    element: &'a Element,
    path: String,
    operands: Vec<&'a Element>,
}

impl Call<'_> {
    fn at(&self, operand: usize) -> String {
        format!("{}.{operand}", self.path)
    }
}

fn literal(element: &Element) -> Option<Literal> {
    match element.value() {
        Value::Bool(boolean) => Some(Literal::Boolean(*boolean)),
        Value::Int(int) => int_number(int).map(Literal::Number),
        Value::Float(float) => number(*float).map(Literal::Number),
        Value::Decimal(decimal) => decimal_number(decimal).map(Literal::Number),
        Value::String(text) => Some(Literal::Text(text.text().to_owned())),
        Value::Timestamp(timestamp) => time::instant_of_ion(timestamp).map(Literal::Time),
        _ => None,
    }
}

fn number(float: f64) -> Option<Number> {
    float.is_finite().then_some(Number { float, integer: None })
}

/// Integers beyond 128 bits and decimals with longer coefficients are no literals: the service has 64 bits, and their
/// conversion would take more than linear time.
#[allow(clippy::cast_precision_loss, reason = "the exact integer is kept beside it")]
fn int_number(int: &Int) -> Option<Number> {
    match int.as_i64() {
        Some(integer) => Some(Number { float: integer as f64, integer: Some(integer) }),
        None => number(int.as_i128()? as f64),
    }
}

fn decimal_number(decimal: &Decimal) -> Option<Number> {
    // Not through `Display`, which writes out as many zeros as the exponent says.
    let coefficient = decimal.coefficient();
    let sign = if coefficient.is_negative() { "-" } else { "" };
    number(format!("{sign}{}e{}", coefficient.magnitude().as_u128()?, decimal.exponent()).parse().ok()?)
}
