//! A report for people.

use std::fmt::{self, Display, Formatter};

use crate::broken::shown;
use crate::report::{Comparison, Correction, Crossed, Exposure, Group, Measure, Metric, Missing, Report};
use crate::verdict::{number, p_value};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.definition, &self.run) {
            (Some(definition), Some(run)) => writeln!(f, "Experiment {}, run {}", shown(definition), shown(run))?,
            (Some(definition), None) => writeln!(f, "Experiment {}", shown(definition))?,
            _ => writeln!(f, "Experiment")?,
        }
        writeln!(f)?;
        write_exposure(f, &self.exposure)?;
        let (lines, rows) = (&self.assignment_lines, &self.outcome_rows);
        writeln!(f, "  used: {} assignments, {} outcomes", lines.used, rows.used)?;
        for (count, what) in [
            (lines.of_others, "lines of other types or runs"),
            (lines.of_default, "assignments of the deployed flag, outside the experiment"),
            (lines.excluded, "assignments of entities to exclude"),
            (lines.broken, "lines of assignment logs that cannot be read"),
            (lines.cut_off, "lines cut off at the end of a log"),
            (rows.of_others, "outcomes of entities without an assignment"),
            (rows.before_assignment, "outcomes from before their entity's first assignment"),
            (rows.broken, "outcomes that cannot be read"),
        ] {
            if count > 0 {
                writeln!(f, "  left out: {count} {what}")?;
            }
        }
        for metric in &self.metrics {
            writeln!(f)?;
            write_metric(f, metric)?;
        }
        writeln!(f)?;
        for warning in &self.warnings {
            writeln!(f, "Warning: {warning}.")?;
        }
        let percent = number_of_percent(self.confidence);
        match self.correction {
            Correction::None => writeln!(f, "Intervals hold in {percent} % of experiments, each for itself."),
            Correction::Holm => writeln!(
                f,
                "p-values are corrected after Holm for {} comparisons; intervals hold in {percent} % of experiments, each \
                 for itself.",
                self.comparisons
            ),
            Correction::Bonferroni => writeln!(
                f,
                "p-values and intervals are corrected after Bonferroni for {} comparisons: in {percent} % of experiments all \
                 intervals hold.",
                self.comparisons
            ),
        }?;
        writeln!(f, "Looking again and again until a difference shows makes all of this too sure: decide when to look.")
    }
}

fn number_of_percent(confidence: f64) -> String {
    let text = format!("{:.4}", 100.0 * confidence);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn write_exposure(f: &mut Formatter<'_>, exposure: &Exposure) -> fmt::Result {
    writeln!(f, "Exposure")?;
    let total: u64 = exposure.treatments.iter().map(|share| share.entities).sum();
    let percent = |part: f64| if total == 0 { 0.0 } else { 100.0 * part / total as f64 };
    for share in &exposure.treatments {
        writeln!(
            f,
            "  {:<8} {:>10} entities  {:>6.2} %  (expected {:.2} %)",
            shown(&share.key),
            share.entities,
            percent(share.entities as f64),
            percent(share.expected)
        )?;
    }
    let weights = if exposure.weights_are_given { "the weights" } else { "equal weights (give others with --weights)" };
    match &exposure.ratio_test {
        Some(test) if exposure.is_mismatched => {
            writeln!(f, "  sample ratio mismatch: p = {} against {weights}", p_value(test.p_value))?;
        }
        Some(test) => writeln!(f, "  counts agree with {weights}: p = {}", p_value(test.p_value))?,
        None => {}
    }
    if exposure.crossed.entities > 0 {
        let what = match exposure.crossed_are {
            Crossed::Exclude => "left out",
            Crossed::First => "counted for their first treatment",
        };
        writeln!(
            f,
            "  {what}: {} in more than one treatment: {}{}",
            entities(exposure.crossed.entities),
            exposure.crossed.examples.join(", "),
            if exposure.crossed.entities > exposure.crossed.examples.len() as u64 { ", …" } else { "" }
        )?;
    }
    if exposure.overridden > 0 {
        writeln!(f, "  left out: {} with an override, which is no chance", entities(exposure.overridden))?;
    }
    Ok(())
}

fn entities(count: u64) -> String {
    if count == 1 { "1 entity".to_owned() } else { format!("{count} entities") }
}

fn write_metric(f: &mut Formatter<'_>, metric: &Metric) -> fmt::Result {
    let measure = match metric.measure {
        Measure::Any => "share of entities with a value other than 0",
        Measure::Sum => "mean of the entities' sums",
        Measure::Mean => "mean of the entities' means",
    };
    let missing = match metric.missing {
        Missing::Zero => "without an outcome counts as 0",
        Missing::LeaveOut => "without an outcome is left out",
    };
    writeln!(f, "{}: {measure}; {missing}", shown(&metric.name))?;
    for group in &metric.groups {
        write_group(f, group)?;
    }
    for comparison in &metric.comparisons {
        write_comparison(f, metric, comparison)?;
    }
    for warning in &metric.warnings {
        writeln!(f, "  warning: {warning}")?;
    }
    Ok(())
}

fn write_group(f: &mut Formatter<'_>, group: &Group) -> fmt::Result {
    let key = shown(&group.key);
    match (group.value, group.interval, group.standard_deviation) {
        (None, ..) => writeln!(f, "  {key:<8} nobody"),
        (Some(value), Some(interval), _) => writeln!(
            f,
            "  {key:<8} {} %  ({} to {} %; {} of {} entities have an outcome)",
            number(100.0 * value),
            number(100.0 * interval.low),
            number(100.0 * interval.high),
            group.with_outcome,
            group.entities
        ),
        (Some(value), None, deviation) => writeln!(
            f,
            "  {key:<8} {}  (standard deviation {}; {} of {} entities have an outcome)",
            number(value),
            deviation.map_or_else(|| "unknown".to_owned(), number),
            group.with_outcome,
            group.entities
        ),
    }
}

fn write_comparison(f: &mut Formatter<'_>, metric: &Metric, comparison: &Comparison) -> fmt::Result {
    let (scale, unit) = if metric.is_proportion { (100.0, " points") } else { (1.0, "") };
    let signed = |value: f64| format!("{}{}", if value > 0.0 { "+" } else { "" }, number(scale * value));
    write!(f, "  {} less {}:", shown(&comparison.treatment), shown(&metric.groups[0].key))?;
    match comparison.difference {
        Some(difference) => write!(f, " {}{unit}", signed(difference))?,
        None => write!(f, " unknown")?,
    }
    if let Some(interval) = comparison.interval {
        write!(f, " ({} to {})", signed(interval.low), signed(interval.high))?;
    }
    if let Some(lift) = comparison.relative_lift {
        write!(f, ", {}{} % of the control", if lift > 0.0 { "+" } else { "" }, number(100.0 * lift))?;
    }
    match (comparison.p_value, comparison.p_value_corrected) {
        (Some(p), Some(corrected)) if p != corrected => {
            writeln!(f, ", p = {}, corrected {}", p_value(p), p_value(corrected))?;
        }
        (Some(p), _) => writeln!(f, ", p = {}", p_value(p))?,
        _ => writeln!(f)?,
    }
    writeln!(f, "  → {}", comparison.verdict)?;
    for warning in &comparison.warnings {
        writeln!(f, "    warning: {warning}")?;
    }
    Ok(())
}
