//! What a comparison means, in a word and in a sentence.

use serde::Serialize;

use crate::broken::shown;
use crate::report::{Comparison, Metric};

/// What a comparison means, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The treatment raised the metric.
    Raised,
    /// The treatment lowered the metric.
    Lowered,
    /// No difference can be told.
    Unclear,
    /// There is nothing to test.
    Untestable,
    /// The counts of entities are not what the weights say.
    DoNotTrust,
}

/// Fills in what a comparison means. A difference counts if the test says so and the interval has no zero in it.
pub(crate) fn conclude(metric: &Metric, comparison: &mut Comparison, control: &str, alpha: f64, is_mismatched: bool) {
    let (name, treatment) = (shown(&metric.name), shown(&comparison.treatment));
    let is_significant = comparison.p_value_corrected.is_some_and(|p| p < alpha);
    let apart = comparison.interval.filter(|interval| !interval.has_zero());
    if is_significant && apart.is_none() {
        comparison.warnings.push("the test sees a difference and the interval does not: too close to call".to_owned());
    }
    let (conclusion, verdict) = match (comparison.p_value, apart.filter(|_| is_significant)) {
        _ if is_mismatched => (Conclusion::DoNotTrust, "do not trust: sample ratio mismatch".to_owned()),
        (None, _) => {
            let why = match comparison.difference {
                None => "a group has no entities",
                Some(_) => "too few values, or all values in a group are alike",
            };
            (Conclusion::Untestable, format!("{treatment} and {control} cannot be compared in {name}: {why}"))
        }
        (Some(_), Some(interval)) => {
            let is_raised = interval.low > 0.0;
            let (least, most) = if is_raised { (interval.low, interval.high) } else { (-interval.high, -interval.low) };
            let (conclusion, verb) =
                if is_raised { (Conclusion::Raised, "raised") } else { (Conclusion::Lowered, "lowered") };
            let range = range(least, most, metric.is_proportion);
            (conclusion, format!("{treatment} {verb} {name} by {range}; unlikely to be chance"))
        }
        (Some(_), None) => {
            let seen = match comparison.detectable {
                Some(detectable) => format!(
                    "no difference in {name} between {treatment} and {control} can be told yet; with this many entities a \
                     difference of about {} could have been seen",
                    amount(detectable, metric.is_proportion)
                ),
                None => format!(
                    "no difference in {name} between {treatment} and {control} can be told: all entities are alike"
                ),
            };
            (Conclusion::Unclear, seen)
        }
    };
    comparison.conclusion = conclusion;
    comparison.verdict = verdict;
}

fn range(least: f64, most: f64, is_proportion: bool) -> String {
    match is_proportion {
        true => format!("{} to {} percentage points", number(100.0 * least), number(100.0 * most)),
        false => format!("{} to {}", number(least), number(most)),
    }
}

fn amount(value: f64, is_proportion: bool) -> String {
    match is_proportion {
        true => format!("{} percentage points", number(100.0 * value)),
        false => number(value),
    }
}

/// A number for people: three significant digits, never fewer than its whole part has.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-6..1e15).contains(&size) {
        return format!("{value:.2e}");
    }
    // The power of ten is between -6 and 14.
    #[expect(clippy::cast_possible_truncation, reason = "see above")]
    let decimals = usize::try_from(2 - size.log10().floor() as i32).unwrap_or(0);
    format!("{value:.decimals$}")
}

/// A p-value for people.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        _ if p < 1e-4 => "less than 0.0001".to_owned(),
        _ if p < 0.1 => format!("{p:.4}"),
        _ => format!("{p:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let check = |value: f64, text: &str| assert_eq!(number(value), text);
        check(0.0, "0");
        check(0.012_345, "0.0123");
        check(1.0, "1.00");
        check(-12.345, "-12.3");
        check(123_456.7, "123457");
        check(1e-9, "1.00e-9");
        check(2.5e20, "2.50e20");
    }
}
