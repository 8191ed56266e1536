//! The formulas, and nothing about experiments.
//!
//! Distributions come from `statrs`, held against SciPy in the tests. Its `StudentsT::inverse_cdf` is not used: with a
//! million degrees of freedom it is off in the fourth digit, with ten million by 7 % and more, and beyond that it may not
//! return (statrs 0.19.1; compare its issue 435). [`t_quantile`] searches the upper tail instead, which is accurate.

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};

/// From this many degrees of freedom on, Student's t is the normal distribution to seven digits.
const NORMAL_FROM: f64 = 1e6;

/// A range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether 0 lies in it.
    pub fn has_zero(&self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// How many did.
    pub successes: u64,
    /// How many could have.
    pub of: u64,
}

impl Proportion {
    /// The share; 0 of nobody.
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.successes as f64 / self.of as f64 }
    }
}

/// The normal distribution's value that `tail` of it lies above.
pub fn z_quantile(tail: f64) -> f64 {
    -Normal::standard().inverse_cdf(tail)
}

/// The value that `tail` of Student's t lies above; `tail` in 0..0.5, at least 1e-12.
pub fn t_quantile(tail: f64, degrees_of_freedom: f64) -> f64 {
    if degrees_of_freedom > NORMAL_FROM {
        return z_quantile(tail);
    }
    let distribution = student(degrees_of_freedom);
    let (mut low, mut high) = (0.0, 1.0);
    while distribution.sf(high) > tail && high < 1e300 {
        low = high;
        high *= 2.0;
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if distribution.sf(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// How likely Student's t is at least as far from 0 as this.
fn t_two_sided(t: f64, degrees_of_freedom: f64) -> f64 {
    match degrees_of_freedom > NORMAL_FROM {
        true => z_two_sided(t),
        false => (2.0 * student(degrees_of_freedom).sf(t.abs())).min(1.0),
    }
}

fn z_two_sided(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

fn student(degrees_of_freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).expect("degrees of freedom are positive")
}

/// Wilson's score interval for a proportion, without continuity correction. Of nobody it is everything.
///
/// E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209–212.
pub fn wilson(proportion: Proportion, z: f64) -> Interval {
    if proportion.of == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (n, p) = (proportion.of as f64, proportion.share());
    let centre = 2.0 * n * p + z * z;
    let width = z * (z * z + 4.0 * n * p * (1.0 - p)).sqrt();
    let (low, high) = ((centre - width) / (2.0 * (n + z * z)), (centre + width) / (2.0 * (n + z * z)));
    // Rounding must not move an end past what it is exactly.
    Interval {
        low: if proportion.successes == 0 { 0.0 } else { low.clamp(0.0, p) },
        high: if proportion.successes == proportion.of { 1.0 } else { high.clamp(p, 1.0) },
    }
}

/// Newcombe's hybrid score interval for the first proportion minus the second, without continuity correction.
///
/// Method 10 of R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of
/// eleven methods, Statistics in Medicine 17 (1998), 873–890.
pub fn newcombe(first: Proportion, second: Proportion, z: f64) -> Interval {
    let (p1, p2) = (first.share(), second.share());
    let (w1, w2) = (wilson(first, z), wilson(second, z));
    let difference = p1 - p2;
    Interval {
        low: (difference - (p1 - w1.low).hypot(w2.high - p2)).max(-1.0),
        high: (difference + (w1.high - p1).hypot(p2 - w2.low)).min(1.0),
    }
}

/// The standard error of a difference of proportions if both are the same; none if one is of nobody.
pub fn pooled_error(first: Proportion, second: Proportion) -> Option<f64> {
    if first.of == 0 || second.of == 0 {
        return None;
    }
    let (n1, n2) = (first.of as f64, second.of as f64);
    let pooled = (first.successes + second.successes) as f64 / (n1 + n2);
    Some((pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt())
}

/// The two-sided p-value of the pooled z-test for two proportions, which is the chi-square test without continuity
/// correction (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3). None if one is of nobody.
pub fn two_proportions(first: Proportion, second: Proportion) -> Option<f64> {
    let error = pooled_error(first, second)?;
    if error == 0.0 {
        // All did, or nobody did: there is no difference.
        return Some(1.0);
    }
    Some(z_two_sided((first.share() - second.share()) / error))
}

/// Count, mean, spread and lopsidedness of values, one at a time: nothing is lost where the mean is large.
///
/// P. Pébay, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments,
/// SAND2008-6212.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    second: f64,
    third: f64,
}

impl Moments {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        let before = self.count as f64;
        self.count += 1;
        let n = self.count as f64;
        let delta = value - self.mean;
        let step = delta / n;
        let term = delta * step * before;
        self.mean += step;
        self.third += term * step * (n - 2.0) - 3.0 * step * self.second;
        self.second += term;
    }

    /// Adds a value so many times.
    pub fn push_many(&mut self, value: f64, times: u64) {
        if times == 0 {
            return;
        }
        let (before, added) = (self.count as f64, times as f64);
        self.count += times;
        let n = self.count as f64;
        let delta = value - self.mean;
        self.third +=
            delta.powi(3) * before * added * (before - added) / (n * n) - 3.0 * delta * added * self.second / n;
        self.second += delta * delta * before * added / n;
        self.mean += delta * added / n;
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 of none.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their variance with n − 1; none of fewer than two.
    pub fn variance(&self) -> Option<f64> {
        (self.count >= 2).then(|| (self.second / (self.count as f64 - 1.0)).max(0.0))
    }

    /// Their skewness, the third central moment over the third power of the standard deviation; none if all are alike.
    pub fn skewness(&self) -> Option<f64> {
        let n = self.count as f64;
        let spread = (self.second / n).powf(1.5);
        (self.count >= 2 && spread > 0.0).then(|| self.third / n / spread)
    }
}

impl Extend<f64> for Moments {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, values: T) {
        for value in values {
            self.push(value);
        }
    }
}

/// What Welch's test says of two means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// The standard error of the difference.
    pub error: f64,
    /// The difference in standard errors.
    pub t: f64,
    /// Welch's and Satterthwaite's degrees of freedom.
    pub degrees_of_freedom: f64,
    /// How likely a t at least as far from 0 is if the means are the same.
    pub p_value: f64,
    /// The interval for the difference.
    pub interval: Interval,
}

/// Welch's test of the first mean minus the second, and its interval at a level. None if there are fewer than two values
/// on a side, or no spread on both.
///
/// B. L. Welch, The generalization of 'Student's' problem when several different population variances are involved,
/// Biometrika 34 (1947), 28–35.
pub fn welch(first: &Moments, second: &Moments, level: f64) -> Option<Welch> {
    let (v1, v2) = (first.variance()? / first.count() as f64, second.variance()? / second.count() as f64);
    let error = (v1 + v2).sqrt();
    if error <= 0.0 || !error.is_finite() {
        return None;
    }
    // Shares of the whole, so that squares of tiny or huge variances stay in range.
    let (s1, s2) = (v1 / (v1 + v2), v2 / (v1 + v2));
    let degrees_of_freedom = 1.0 / (s1 * s1 / (first.count() as f64 - 1.0) + s2 * s2 / (second.count() as f64 - 1.0));
    let difference = first.mean() - second.mean();
    let t = difference / error;
    let margin = t_quantile((1.0 - level) / 2.0, degrees_of_freedom) * error;
    let interval = Interval { low: difference - margin, high: difference + margin };
    Some(Welch { error, t, degrees_of_freedom, p_value: t_two_sided(t, degrees_of_freedom), interval })
}

/// What the chi-square test says of counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GoodnessOfFit {
    /// Pearson's chi-square; infinite if something is there that cannot be, which JSON writes as null.
    pub statistic: f64,
    /// Groups that can be there, less one.
    pub degrees_of_freedom: u32,
    /// How likely a statistic at least as large is if the weights are right.
    pub p_value: f64,
}

/// Pearson's chi-square test of counts against weights. None if there is nothing to compare. What has no weight and is
/// there all the same cannot be chance.
pub fn goodness_of_fit(groups: &[(u64, f64)]) -> Option<GoodnessOfFit> {
    let total: u64 = groups.iter().map(|(count, _)| count).sum();
    let sum: f64 = groups.iter().map(|(_, weight)| weight).sum();
    let possible = groups.iter().filter(|(_, weight)| *weight > 0.0).count();
    if total == 0 || possible < 1 {
        return None;
    }
    let degrees_of_freedom = u32::try_from(possible - 1).expect("treatments are few");
    if groups.iter().any(|(count, weight)| *count > 0 && *weight <= 0.0) {
        return Some(GoodnessOfFit { statistic: f64::INFINITY, degrees_of_freedom, p_value: 0.0 });
    }
    if degrees_of_freedom == 0 {
        return None;
    }
    let statistic = groups
        .iter()
        .filter(|(_, weight)| *weight > 0.0)
        .map(|(count, weight)| {
            let expected = total as f64 * weight / sum;
            (*count as f64 - expected).powi(2) / expected
        })
        .sum();
    Some(GoodnessOfFit { statistic, degrees_of_freedom, p_value: chi_square_tail(statistic, degrees_of_freedom) })
}

/// The p-value of the chi-square test that several proportions are one. None if there are fewer than two groups, or all
/// did, or nobody did.
pub fn same_proportions(groups: &[Proportion]) -> Option<f64> {
    let groups: Vec<_> = groups.iter().filter(|group| group.of > 0).collect();
    let successes: u64 = groups.iter().map(|group| group.successes).sum();
    let of: u64 = groups.iter().map(|group| group.of).sum();
    if groups.len() < 2 || successes == 0 || successes == of {
        return None;
    }
    let pooled = successes as f64 / of as f64;
    let statistic: f64 =
        groups.iter().map(|group| (group.share() - pooled).powi(2) * group.of as f64 / (pooled * (1.0 - pooled))).sum();
    Some(chi_square_tail(statistic, u32::try_from(groups.len() - 1).expect("treatments are few")))
}

fn chi_square_tail(statistic: f64, degrees_of_freedom: u32) -> f64 {
    ChiSquared::new(f64::from(degrees_of_freedom)).expect("degrees of freedom are positive").sf(statistic)
}

/// p-values as Bonferroni corrects them: times their number, at most 1.
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    p_values.iter().map(|p| (p * p_values.len() as f64).min(1.0)).collect()
}

/// p-values as Holm corrects them.
///
/// S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979), 65–70.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut highest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        highest = highest.max((p_values.len() - rank) as f64 * p_values[index]).min(1.0);
        corrected[index] = highest;
    }
    corrected
}
