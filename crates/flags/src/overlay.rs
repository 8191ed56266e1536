//! Experiments over a deployed document: the Ion form with treatments in it, and the header that says so.
//!
//! What was recorded from AWS: the arms lie one after another on the bucket of `split`, treatments first, then the
//! control, each as wide as its weight. Exposure narrows every arm from above and leaves its beginning where it is, so
//! that growing exposure moves nobody. First come the overrides, which look at nothing but the entity; then the
//! treatments, the control, and `__default__`, what is deployed. JSON readers see no experiment.
//!
//! Ours: weights are shares of their sum, so that 1 and 1 are halves; the variants of a flag that has some stay behind
//! the arms as they are, and keep their names.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::check;
use crate::details::{Detail, Details};
use crate::document::{Document, FlagValue, Variant};
use crate::rule::Patterns;
use crate::{json, normalise, read::Unreadable, render};

/// A running experiment on a flag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The flag.
    pub flag: String,
    /// The run's ARN.
    pub arn: String,
    /// The seed of its splits: `{account}:{application}:{definition}:{run}`.
    pub seed: String,
    /// Who takes part.
    pub audience_rule: String,
    /// The share of the audience, in percent, that takes part.
    pub exposure_percentage: f64,
    /// The arms with their keys `t1`, `t2`, …
    pub treatments: Vec<Arm>,
    /// The arm with the key `c`.
    pub control: Arm,
    /// Entities that get a certain arm, by its key, whoever they are.
    pub overrides: Vec<(String, String)>,
}

/// What some of the audience get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arm {
    /// Its key.
    pub key: String,
    /// Its share of the sum of weights.
    pub weight: f64,
    /// Whether the flag is on.
    pub enabled: bool,
    /// The flag's attributes.
    pub attributes: BTreeMap<String, Value>,
}

/// What the agent gets while experiments run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The Ion form.
    pub ion: Vec<u8>,
    /// The value of the header `Experiment-Flags`.
    pub experiment_flags: String,
}

/// Why experiments cannot be laid over a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverlayRefused {
    /// The document cannot be rendered.
    Unreadable(Unreadable),
    /// The document sets no such flag.
    FlagNotDeployed {
        /// Its key.
        flag: String,
    },
    /// Two runs are on one flag.
    FlagTaken {
        /// Its key.
        flag: String,
    },
    /// An arm or the audience rule does not comply with the flag's definition.
    Invalid {
        /// The flag's key.
        flag: String,
        /// What is wrong, as in a document that had the arms as variants.
        details: Vec<Detail>,
    },
}

impl fmt::Display for OverlayRefused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(formatter),
            Self::FlagNotDeployed { flag } => write!(formatter, "flag '{flag}' is not in the deployed document"),
            Self::FlagTaken { flag } => write!(formatter, "two runs are on flag '{flag}'"),
            Self::Invalid { flag, .. } => write!(formatter, "an arm or the audience rule is wrong for flag '{flag}'"),
        }
    }
}

impl std::error::Error for OverlayRefused {}

/// Runs that do not fit a document, by their ARNs, and why.
pub type Misfits = Vec<(String, OverlayRefused)>;

/// Lays runs over a stored document.
///
/// # Errors
/// See [`OverlayRefused`].
pub fn overlay(deployed: &[u8], runs: &[Run]) -> Result<Overlay, OverlayRefused> {
    let unreadable = OverlayRefused::Unreadable;
    let document = normalise::stored(deployed).ok_or(unreadable(Unreadable::NotAuthoring))?;
    let mut overlays = BTreeMap::new();
    for run in runs {
        let variants = check_run(&document, run)?;
        if overlays.insert(run.flag.as_str(), variants).is_some() {
            return Err(OverlayRefused::FlagTaken { flag: run.flag.clone() });
        }
    }
    let ion = render::ion(&document, &overlays).map_err(unreadable)?;
    Ok(Overlay { ion, experiment_flags: runs.iter().map(header_part).collect::<Vec<_>>().join(";") })
}

/// Lays those runs over a stored document that fit it, and says of the others by their ARNs why they do not. The
/// document is read once, however many runs there are.
///
/// # Errors
/// The document cannot be rendered.
pub fn overlay_fitting(deployed: &[u8], runs: &[Run]) -> Result<(Option<Overlay>, Misfits), Unreadable> {
    let document = normalise::stored(deployed).ok_or(Unreadable::NotAuthoring)?;
    let (mut overlays, mut parts, mut misfits) = (BTreeMap::new(), Vec::new(), Vec::new());
    for run in runs {
        match check_run(&document, run) {
            Ok(_) if overlays.contains_key(run.flag.as_str()) => {
                misfits.push((run.arn.clone(), OverlayRefused::FlagTaken { flag: run.flag.clone() }));
            }
            Ok(variants) => {
                overlays.insert(run.flag.as_str(), variants);
                parts.push(header_part(run));
            }
            Err(refused) => misfits.push((run.arn.clone(), refused)),
        }
    }
    let ion = if parts.is_empty() { None } else { Some(render::ion(&document, &overlays)?) };
    Ok((ion.map(|ion| Overlay { ion, experiment_flags: parts.join(";") }), misfits))
}

/// Says whether a run can be laid over a stored document.
///
/// # Errors
/// See [`OverlayRefused`].
pub fn check_startable(deployed: &[u8], run: &Run) -> Result<(), OverlayRefused> {
    let document = normalise::stored(deployed).ok_or(OverlayRefused::Unreadable(Unreadable::NotAuthoring))?;
    check_run(&document, run).map(drop)
}

/// The variants that a run gives its flag.
fn check_run(document: &Document, run: &Run) -> Result<Vec<Variant>, OverlayRefused> {
    let flag = run.flag.clone();
    let Some(value) = document.values.get(&run.flag) else {
        return Err(OverlayRefused::FlagNotDeployed { flag });
    };
    let nothing = BTreeMap::new();
    let attributes = document.flags.get(&run.flag).map_or(&nothing, |flag| &flag.attributes);
    // The arms with nothing but the audience in their rules, so that details speak of what the author wrote.
    let arms = run.treatments.iter().chain([&run.control]);
    let mut plain: Vec<_> =
        arms.map(|arm| variant(arm, &format!("__{}__", arm.key), run.audience_rule.clone())).collect();
    plain.push(Variant { name: "__default__".into(), ..Variant::default() });
    let plain = FlagValue { variants: plain, ..FlagValue::default() };
    let mut details = Details::default();
    check::check_arms(&run.flag, &plain, attributes, &mut Patterns::default(), &mut details);
    if !details.0.is_empty() {
        return Err(OverlayRefused::Invalid { flag, details: details.0 });
    }
    Ok(variants(run, value))
}

fn variants(run: &Run, deployed: &FlagValue) -> Vec<Variant> {
    let mut variants = Vec::new();
    for arm in [&run.control].into_iter().chain(&run.treatments) {
        let entities: Vec<Value> = run
            .overrides
            .iter()
            .filter(|(_, key)| *key == arm.key)
            .map(|(entity, _)| Value::String(entity.clone()))
            .collect();
        if !entities.is_empty() {
            let list: Vec<String> = entities.iter().map(json::value_text).collect();
            let rule = format!("(in $entityId [{}])", list.join(","));
            variants.push(variant(arm, &format!("__{}_override__", arm.key), rule));
        }
    }
    // By the largest one, so that no sum of weights is too large for a number.
    let weights = || run.treatments.iter().chain([&run.control]).map(|arm| arm.weight);
    let largest = weights().fold(f64::MIN_POSITIVE, f64::max);
    let sum: f64 = weights().map(|weight| weight / largest).sum();
    let seed = json::value_text(&Value::String(run.seed.clone()));
    let split = |pct: f64| format!("(split pct::{} by::$entityId seed::{seed})", number(pct));
    let mut before = 0.0;
    for arm in run.treatments.iter().chain([&run.control]) {
        let lower = share(before, sum);
        before += arm.weight / largest;
        let upper = lower + (share(before, sum) - lower) * run.exposure_percentage / 100.0;
        let range = match variants.iter().any(|variant| !variant.name.ends_with("_override__")) {
            false => split(upper),
            true => format!("(and {} (not {}))", split(upper), split(lower)),
        };
        // The audience ends its line: it may end in a comment.
        let rule = format!("(and (exists key::\"entityId\") {}\n {range})", run.audience_rule);
        variants.push(variant(arm, &format!("__{}__", arm.key), rule));
    }
    if deployed.variants.is_empty() {
        variants.push(Variant {
            name: "__default__".into(),
            enabled: deployed.enabled.unwrap_or(false),
            rule: None,
            attributes: deployed.attributes.clone(),
        });
    } else {
        variants.extend(deployed.variants.iter().cloned());
    }
    variants
}

fn variant(arm: &Arm, name: &str, rule: String) -> Variant {
    Variant { name: name.to_owned(), enabled: arm.enabled, rule: Some(rule), attributes: arm.attributes.clone() }
}

fn share(weight: f64, sum: f64) -> f64 {
    if sum > 0.0 { (weight * 100.0 / sum).clamp(0.0, 100.0) } else { 0.0 }
}

/// A percentage in Ion: an integer as in the recordings, else a float.
fn number(pct: f64) -> String {
    let pct = pct.clamp(0.0, 100.0);
    if pct.fract() == 0.0 { format!("{pct:.0}") } else { format!("{pct:e}") }
}

/// `checkout=arn:…|t1=__t1__,c=__c__`
fn header_part(run: &Run) -> String {
    let arms = run.treatments.iter().chain([&run.control]);
    let arms: Vec<String> = arms.map(|arm| format!("{key}=__{key}__", key = arm.key)).collect();
    format!("{}={}|{}", run.flag, run.arn, arms.join(","))
}
