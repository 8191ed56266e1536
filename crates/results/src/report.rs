//! Every treatment against the control, metric by metric.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assignments::Assignments;
use crate::broken::{Broken, shown};
use crate::outcomes::{Measured, Outcomes};
use crate::statistics::{
    GoodnessOfFit, Interval, Moments, Proportion, bonferroni, goodness_of_fit, holm, newcombe, pooled_error,
    same_proportions, two_proportions, welch, wilson, z_quantile,
};
use crate::verdict::{self, Conclusion};
use crate::weights::Weights;

/// Below this p-value the counts are not what the weights say. A low threshold, as the test is made on every look and a
/// mismatch spoils everything (Fabijan et al., Diagnosing sample ratio mismatch in online controlled experiments, KDD
/// 2019, use 0.0005).
const MISMATCH_P: f64 = 0.001;
/// Below this p-value those with an outcome are spread unevenly.
const UNEVEN_P: f64 = 0.001;
/// How often a difference that could have been seen is seen.
const POWER: f64 = 0.8;
/// Expected successes and failures in each group, so that the normal approximation is fair.
const LEAST_EXPECTED: f64 = 10.0;
/// Entities in each group, so that a mean is worth testing.
const LEAST_ENTITIES: u64 = 30;
/// Entities in each group, as a multiple of the squared skewness, so that a mean is about normal (Kohavi et al., Seven
/// rules of thumb for web site experimenters, KDD 2014, rule 7).
const ENTITIES_PER_SKEWNESS: f64 = 355.0;
/// The share of entities in several treatments above which something is wrong.
const CROSSED_SHARE: f64 = 0.01;

/// How results are computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The treatments' shares; equal ones if none are given.
    pub weights: Option<Weights>,
    /// The treatment that the others are compared with.
    pub control: String,
    /// The level of intervals, and 1 less it the p-value from which on a difference counts: 0.5 to 0.999999.
    pub confidence: f64,
    /// What is done about many comparisons.
    pub correction: Correction,
    /// What is done with entities in several treatments.
    pub crossed: Crossed,
    /// What is done with entities without an outcome.
    pub missing: Missing,
    /// The same for some metrics.
    pub missing_of: BTreeMap<String, Missing>,
    /// How several values of an entity become one. Metrics that are not named: any if all values are 0 or 1, else sum.
    pub measures: BTreeMap<String, Measure>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            weights: None,
            control: "c".to_owned(),
            confidence: 0.95,
            correction: Correction::default(),
            crossed: Crossed::default(),
            missing: Missing::default(),
            missing_of: BTreeMap::new(),
            measures: BTreeMap::new(),
        }
    }
}

/// What is done about many comparisons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Nothing.
    #[default]
    None,
    /// p-values times their number; intervals widened accordingly, so that they hold all at once.
    Bonferroni,
    /// Holm's step-down p-values; intervals as without a correction.
    Holm,
}

/// What is done with entities in several treatments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crossed {
    /// They are left out.
    #[default]
    Exclude,
    /// They count for the treatment that they had first.
    First,
}

/// What is done with entities without an outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// They count as 0.
    #[default]
    Zero,
    /// They are left out.
    LeaveOut,
}

/// How several values of an entity become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Whether any is not 0: the metric is a share of entities.
    Any,
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
}

/// What an experiment has shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The experiment definition's id, if the logs tell.
    pub definition: Option<String>,
    /// The run's number, if the logs tell.
    pub run: Option<String>,
    /// The level asked for.
    pub confidence: f64,
    /// The correction asked for.
    pub correction: Correction,
    /// How many comparisons there are to correct for.
    pub comparisons: usize,
    /// The treatment that the others are compared with.
    pub control: String,
    /// Who got what.
    pub exposure: Exposure,
    /// What was read of assignment logs.
    pub assignment_lines: Lines,
    /// What was read of outcomes.
    pub outcome_rows: Rows,
    /// Metrics in the order in which the outcomes name them.
    pub metrics: Vec<Metric>,
    /// What to know before believing anything.
    pub warnings: Vec<String>,
}

/// Who got what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exposure {
    /// The control first.
    pub treatments: Vec<Share>,
    /// Whether the weights were given, or are taken to be equal.
    pub weights_are_given: bool,
    /// The chi-square test of the counts against the weights.
    pub ratio_test: Option<GoodnessOfFit>,
    /// Whether the counts are not what the weights say.
    pub is_mismatched: bool,
    /// Entities in several treatments.
    pub crossed: Tally,
    /// What was done with them.
    pub crossed_are: Crossed,
    /// Entities whose treatment was an override, which are left out.
    pub overridden: u64,
}

/// A treatment's entities.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Its key.
    pub key: String,
    /// How many count.
    pub entities: u64,
    /// How many there should be, by the weights.
    pub expected: f64,
}

/// How many, and some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many.
    pub entities: u64,
    /// Some of them.
    pub examples: Vec<String>,
}

/// What was read of assignment logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// Assignments of this run.
    pub used: u64,
    /// Of another type, run or definition.
    pub of_others: u64,
    /// Of the deployed flag, outside the experiment.
    pub of_default: u64,
    /// Of entities that were to be left out.
    pub excluded: u64,
    /// Not readable, and skipped.
    pub broken: u64,
    /// Cut off at the end of a file.
    pub cut_off: u64,
}

/// What was read of outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Outcomes of entities in the experiment.
    pub used: u64,
    /// Of entities without an assignment.
    pub of_others: u64,
    /// From before the entity's first assignment.
    pub before_assignment: u64,
    /// Not readable, and skipped.
    pub broken: u64,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// How several values of an entity became one.
    pub measure: Measure,
    /// Whether it is a share of entities, between 0 and 1.
    pub is_proportion: bool,
    /// What was done with entities without an outcome.
    pub missing: Missing,
    /// The control first.
    pub groups: Vec<Group>,
    /// Every other treatment with the control.
    pub comparisons: Vec<Comparison>,
    /// What to know of it.
    pub warnings: Vec<String>,
}

/// A metric in a treatment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The treatment's key.
    pub key: String,
    /// Entities that count.
    pub entities: u64,
    /// Entities with an outcome.
    pub with_outcome: u64,
    /// The share, or the mean; none of nobody.
    pub value: Option<f64>,
    /// The standard deviation of a mean's values.
    pub standard_deviation: Option<f64>,
    /// Wilson's interval for a share.
    pub interval: Option<Interval>,
}

/// A treatment with the control.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The treatment's key.
    pub treatment: String,
    /// The treatment's value less the control's.
    pub difference: Option<f64>,
    /// The interval for the difference.
    pub interval: Option<Interval>,
    /// The interval's level: higher than asked for with Bonferroni's correction.
    pub interval_level: f64,
    /// The difference over the control's value.
    pub relative_lift: Option<f64>,
    /// The test's two-sided p-value.
    pub p_value: Option<f64>,
    /// The same after the correction.
    pub p_value_corrected: Option<f64>,
    /// The difference that would have been seen four times out of five.
    pub detectable: Option<f64>,
    /// In a word.
    pub conclusion: Conclusion,
    /// In a sentence.
    pub verdict: String,
    /// What makes it shaky.
    pub warnings: Vec<String>,
}

/// A group's numbers.
#[derive(Clone, Copy, Default)]
struct Sample {
    with_outcome: u64,
    proportion: Proportion,
    moments: Moments,
}

/// Compares every treatment with the control.
///
/// # Errors
/// Nobody is in the experiment or in its control, a treatment has no weight, a setting is out of range or names a metric
/// that is not there.
pub fn analyse(assignments: &Assignments, outcomes: &Outcomes, settings: &Settings) -> Result<Report, Broken> {
    check(assignments, outcomes, settings)?;
    let keys = treatments(assignments, settings)?;
    let places = places(assignments, settings, &keys);
    let exposure = exposure(assignments, settings, &keys, &places);
    if exposure.treatments[0].entities == 0 {
        let seen: Vec<_> = assignments.treatments.iter().map(|key| shown(key)).collect();
        let what = format!("nobody got the control '{}'; treatments are: {}", shown(&keys[0]), seen.join(", "));
        return Err(Broken::new(what).hint("name another control with --control KEY"));
    }
    let mut metrics: Vec<Metric> = Vec::new();
    let mut samples = Vec::new();
    for measured in &outcomes.metrics {
        let (metric, groups) = measure(measured, settings, &exposure, &places);
        metrics.push(metric);
        samples.push(groups);
    }
    let comparisons = compare(&mut metrics, &samples, settings, &exposure);
    let warnings = warnings(assignments, outcomes, settings, &exposure, comparisons);
    Ok(Report {
        definition: assignments.run().and_then(|run| run.definition.clone()),
        run: assignments.run().and_then(|run| run.run.clone()),
        confidence: settings.confidence,
        correction: settings.correction,
        comparisons,
        control: settings.control.clone(),
        exposure,
        assignment_lines: Lines {
            used: assignments.lines,
            of_others: assignments.lines_of_others,
            of_default: assignments.lines_of_default,
            excluded: assignments.lines_excluded,
            broken: assignments.lines_broken,
            cut_off: assignments.lines_cut_off,
        },
        outcome_rows: Rows {
            used: outcomes.rows,
            of_others: outcomes.rows_of_others,
            before_assignment: outcomes.rows_before_assignment,
            broken: outcomes.rows_broken,
        },
        metrics,
        warnings,
    })
}

fn check(assignments: &Assignments, outcomes: &Outcomes, settings: &Settings) -> Result<(), Broken> {
    if !(0.5..=0.999_999).contains(&settings.confidence) {
        let what = format!("a confidence of {} is not between 0.5 and 0.999999", settings.confidence);
        return Err(Broken::new(what).hint("write 95 % as 0.95"));
    }
    if assignments.is_empty() {
        let broken = Broken::new("there is no assignment to an experiment in these logs");
        return Err(broken.hint("are the paths right, and --definition and --run, if they are given?"));
    }
    for name in settings.measures.keys().chain(settings.missing_of.keys()) {
        if !outcomes.metrics.iter().any(|metric| metric.name == *name) {
            let known: Vec<_> = outcomes.metrics.iter().map(|metric| shown(&metric.name)).collect();
            let what = format!("no entity in the experiment has the metric '{}'", shown(name));
            return Err(Broken::new(what).hint(format!("metrics are: {}", known.join(", "))));
        }
    }
    Ok(())
}

/// The treatments' keys: the control, then the others, `t2` before `t10`.
fn treatments(assignments: &Assignments, settings: &Settings) -> Result<Vec<String>, Broken> {
    let mut is_seen = vec![false; assignments.treatments.len()];
    for entity in assignments.entities.iter().filter(|entity| !entity.is_overridden) {
        is_seen[usize::from(entity.treatment)] = true;
    }
    let seen = assignments.treatments.iter().zip(is_seen).filter(|(_, is_seen)| *is_seen).map(|(key, _)| key);
    let mut keys: Vec<String> = match &settings.weights {
        None => seen.cloned().collect(),
        Some(weights) => {
            if let Some(key) = seen.into_iter().find(|key| weights.of(key).is_none()) {
                let what = format!("treatment '{}' is in the logs, and has no weight", shown(key));
                return Err(Broken::new(what).hint("give the weights of the experiment definition, such as c=50,t1=50"));
            }
            weights.0.iter().map(|(key, _)| key.clone()).collect()
        }
    };
    keys.retain(|key| *key != settings.control);
    keys.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    keys.insert(0, settings.control.clone());
    Ok(keys)
}

/// The place of each entity's treatment in `keys`, unless it is left out.
fn places(assignments: &Assignments, settings: &Settings, keys: &[String]) -> Vec<Option<u8>> {
    let place = |key: &String| keys.iter().position(|known| known == key).and_then(|place| u8::try_from(place).ok());
    let by_treatment: Vec<Option<u8>> = assignments.treatments.iter().map(place).collect();
    let place = |entity: &crate::assignments::Entity| {
        let is_out = entity.is_overridden || entity.is_crossed && settings.crossed == Crossed::Exclude;
        if is_out { None } else { by_treatment[usize::from(entity.treatment)] }
    };
    assignments.entities.iter().map(place).collect()
}

fn exposure(assignments: &Assignments, settings: &Settings, keys: &[String], places: &[Option<u8>]) -> Exposure {
    let mut counts = vec![0u64; keys.len()];
    for place in places.iter().flatten() {
        counts[usize::from(*place)] += 1;
    }
    let weight = |key: &String| settings.weights.as_ref().map_or(1.0, |weights| weights.of(key).unwrap_or(0.0));
    let groups: Vec<(u64, f64)> = counts.iter().zip(keys).map(|(count, key)| (*count, weight(key))).collect();
    let total: u64 = counts.iter().sum();
    let sum: f64 = groups.iter().map(|(_, weight)| weight).sum();
    let treatments = keys.iter().zip(&groups).map(|(key, (entities, weight))| Share {
        key: key.clone(),
        entities: *entities,
        expected: total as f64 * weight / sum,
    });
    let ratio_test = goodness_of_fit(&groups);
    let crossed = assignments.entities.iter().filter(|entity| entity.is_crossed && !entity.is_overridden).count();
    Exposure {
        treatments: treatments.collect(),
        weights_are_given: settings.weights.is_some(),
        ratio_test,
        is_mismatched: ratio_test.is_some_and(|test| test.p_value < MISMATCH_P),
        crossed: Tally { entities: crossed as u64, examples: assignments.crossed_examples.iter().cloned().collect() },
        crossed_are: settings.crossed,
        overridden: assignments.entities.iter().filter(|entity| entity.is_overridden).count() as u64,
    }
}

/// A metric's groups, and their numbers.
fn measure(
    measured: &Measured,
    settings: &Settings,
    exposure: &Exposure,
    places: &[Option<u8>],
) -> (Metric, Vec<Sample>) {
    let default = if measured.is_binary { Measure::Any } else { Measure::Sum };
    let measure = settings.measures.get(&measured.name).copied().unwrap_or(default);
    let missing = settings.missing_of.get(&measured.name).copied().unwrap_or(settings.missing);
    let is_proportion = measure == Measure::Any;
    let mut samples = vec![Sample::default(); exposure.treatments.len()];
    // In the order of entities, so that the last digits of sums do not depend on chance.
    let mut cells: Vec<_> = measured.cells.iter().collect();
    cells.sort_unstable_by_key(|(place, _)| **place);
    for (entity, cell) in cells {
        let Some(place) = places[*entity as usize] else { continue };
        let sample = &mut samples[usize::from(place)];
        sample.with_outcome += 1;
        sample.proportion.of += 1;
        sample.proportion.successes += u64::from(cell.is_nonzero);
        sample.moments.push(if measure == Measure::Mean { cell.sum / f64::from(cell.count) } else { cell.sum });
    }
    if missing == Missing::Zero {
        for (sample, share) in samples.iter_mut().zip(&exposure.treatments) {
            sample.moments.push_many(0.0, share.entities - sample.with_outcome);
            sample.proportion.of = share.entities;
        }
    }
    let mut warnings = Vec::new();
    if missing == Missing::LeaveOut {
        let with_outcome = samples.iter().zip(&exposure.treatments);
        let with_outcome: Vec<_> = with_outcome
            .map(|(sample, share)| Proportion { successes: sample.with_outcome, of: share.entities })
            .collect();
        if let Some(p) = same_proportions(&with_outcome).filter(|p| *p < UNEVEN_P) {
            warnings.push(format!(
                "whether an entity has an outcome at all depends on its treatment (p = {}): those left out may explain any \
                 difference",
                verdict::p_value(p)
            ));
        }
    }
    let z = z_quantile((1.0 - settings.confidence) / 2.0);
    let groups = samples.iter().zip(&exposure.treatments).map(|(sample, share)| Group {
        key: share.key.clone(),
        entities: sample.proportion.of,
        with_outcome: sample.with_outcome,
        value: sample.value(is_proportion),
        standard_deviation: sample.moments.variance().filter(|_| !is_proportion).map(f64::sqrt),
        interval: (is_proportion && sample.proportion.of > 0).then(|| wilson(sample.proportion, z)),
    });
    let groups = groups.collect();
    let name = measured.name.clone();
    let metric = Metric { name, measure, is_proportion, missing, groups, comparisons: Vec::new(), warnings };
    (metric, samples)
}

impl Sample {
    fn value(&self, is_proportion: bool) -> Option<f64> {
        let value = if is_proportion { self.proportion.share() } else { self.moments.mean() };
        (self.proportion.of > 0).then_some(value)
    }
}

/// Fills in the comparisons; answers with how many can be tested.
fn compare(metrics: &mut [Metric], samples: &[Vec<Sample>], settings: &Settings, exposure: &Exposure) -> usize {
    // First every p-value, as corrections need them all.
    let mut p_values = Vec::new();
    for (metric, samples) in metrics.iter().zip(samples) {
        p_values.extend(samples[1..].iter().filter_map(|sample| p_value(metric, sample, &samples[0])));
    }
    let corrected = match settings.correction {
        Correction::None => p_values.clone(),
        Correction::Bonferroni => bonferroni(&p_values),
        Correction::Holm => holm(&p_values),
    };
    let level = match settings.correction {
        Correction::Bonferroni => 1.0 - (1.0 - settings.confidence) / p_values.len().max(1) as f64,
        Correction::None | Correction::Holm => settings.confidence,
    };
    let mut corrected = corrected.into_iter();
    for (metric, samples) in metrics.iter_mut().zip(samples) {
        for (sample, share) in samples[1..].iter().zip(&exposure.treatments[1..]) {
            let p = p_value(metric, sample, &samples[0]);
            let mut comparison = comparison(metric, sample, &samples[0], level);
            comparison.treatment.clone_from(&share.key);
            comparison.p_value = p;
            comparison.p_value_corrected = p.and_then(|_| corrected.next());
            let alpha = 1.0 - settings.confidence;
            verdict::conclude(metric, &mut comparison, &settings.control, alpha, exposure.is_mismatched);
            metric.comparisons.push(comparison);
        }
    }
    p_values.len()
}

fn p_value(metric: &Metric, treatment: &Sample, control: &Sample) -> Option<f64> {
    match metric.is_proportion {
        true => two_proportions(treatment.proportion, control.proportion),
        false => welch(&treatment.moments, &control.moments, 0.95).map(|welch| welch.p_value),
    }
}

fn comparison(metric: &Metric, treatment: &Sample, control: &Sample, level: f64) -> Comparison {
    let z = z_quantile((1.0 - level) / 2.0);
    let has_both = treatment.proportion.of > 0 && control.proportion.of > 0;
    let (interval, error) = match metric.is_proportion {
        true => (
            has_both.then(|| newcombe(treatment.proportion, control.proportion, z)),
            pooled_error(treatment.proportion, control.proportion),
        ),
        false => {
            let welch = welch(&treatment.moments, &control.moments, level);
            (welch.map(|welch| welch.interval), welch.map(|welch| welch.error))
        }
    };
    let values = treatment.value(metric.is_proportion).zip(control.value(metric.is_proportion));
    let difference = values.map(|(treatment, control)| treatment - control);
    Comparison {
        treatment: String::new(),
        difference,
        interval,
        interval_level: level,
        relative_lift: values
            .filter(|(_, control)| *control != 0.0)
            .map(|(treatment, control)| (treatment - control) / control.abs()),
        p_value: None,
        p_value_corrected: None,
        detectable: error.filter(|error| *error > 0.0).map(|error| (z + z_quantile(1.0 - POWER)) * error),
        conclusion: Conclusion::Unclear,
        verdict: String::new(),
        warnings: match metric.is_proportion {
            true => doubts_of_proportions(treatment.proportion, control.proportion),
            false => doubts_of_means(treatment.moments, control.moments),
        },
    }
}

fn doubts_of_proportions(treatment: Proportion, control: Proportion) -> Vec<String> {
    let of = treatment.of + control.of;
    if of == 0 {
        return Vec::new();
    }
    let share = (treatment.successes + control.successes) as f64 / of as f64;
    let least = treatment.of.min(control.of) as f64 * share.min(1.0 - share);
    match least < LEAST_EXPECTED {
        true => vec![format!(
            "few entities for so rare an outcome (or so common a one): {least:.1} are expected in the smaller group, and \
             below {LEAST_EXPECTED:.0} the test is rough"
        )],
        false => Vec::new(),
    }
}

fn doubts_of_means(treatment: Moments, control: Moments) -> Vec<String> {
    let mut doubts = Vec::new();
    let least = treatment.count().min(control.count());
    if least < LEAST_ENTITIES {
        doubts
            .push(format!("few entities: {least} in the smaller group, and below {LEAST_ENTITIES} the test is rough"));
    }
    let needed = |moments: &Moments| ENTITIES_PER_SKEWNESS * moments.skewness().unwrap_or(0.0).powi(2);
    let needed_of = |moments: &Moments| Some(needed(moments)).filter(|needed| (moments.count() as f64) < *needed);
    let needed = [treatment, control].iter().filter_map(needed_of).fold(0.0, f64::max);
    if needed > 0.0 && least >= LEAST_ENTITIES {
        doubts.push(format!(
            "the values are lopsided: means are about normal only from some {needed:.0} entities a treatment on; capping \
             extreme values helps"
        ));
    }
    doubts
}

fn warnings(
    assignments: &Assignments,
    outcomes: &Outcomes,
    settings: &Settings,
    exposure: &Exposure,
    comparisons: usize,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if exposure.is_mismatched {
        warnings.push(
            "the treatments' counts are not what the weights say, by far: something decides who is counted, and nothing \
             below can be trusted until it is found"
                .to_owned(),
        );
    }
    let is_small = |share: &Share| share.expected > 0.0 && share.expected < 5.0;
    if exposure.treatments.len() > 1 && exposure.treatments.iter().any(is_small) {
        warnings.push("too few entities for the test of the treatments' counts".to_owned());
    }
    if exposure.treatments.len() == 1 {
        warnings.push(format!("nobody got another treatment than '{}': there is nothing to compare", settings.control));
    }
    if exposure.crossed.entities as f64 > CROSSED_SHARE * assignments.len() as f64 {
        warnings.push(format!(
            "{} of {} entities were seen in more than one treatment: are entity ids stable, and is this one run?",
            exposure.crossed.entities,
            assignments.len()
        ));
    }
    if outcomes.metrics.is_empty() {
        warnings.push(
            "no outcome is of an entity in the experiment: are the entity ids the same in both files?".to_owned(),
        );
    } else if outcomes.rows_of_others > outcomes.rows {
        warnings.push("most outcomes are of entities without an assignment: are the entity ids the same?".to_owned());
    }
    if comparisons > 1 && settings.correction == Correction::None {
        let alpha = 1.0 - settings.confidence;
        warnings.push(format!(
            "{comparisons} comparisons without a correction: if no treatment did anything, about {:.2} of them would still \
             seem to have",
            comparisons as f64 * alpha
        ));
    }
    let lost = assignments.lines_broken + assignments.lines_cut_off + outcomes.rows_broken;
    if lost > 0 {
        warnings.push(format!("lines that could not be read were left out: {lost}"));
    }
    warnings
}
