//! Experiments: definitions, and the runs made of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Id;

/// A flag's attribute in a treatment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttributeValue {
    /// A string.
    String(String),
    /// A number.
    Number(f64),
    /// A Boolean.
    Boolean(bool),
    /// Strings.
    Strings(Vec<String>),
    /// Numbers.
    Numbers(Vec<f64>),
}

/// What a part of the audience gets. The control is one too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// `c` for the control; `t1`, `t2`, … in the order in which the treatments were given.
    pub key: String,
    /// Its share of the sum of weights; they need not sum to 100.
    pub weight: f64,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the flag is on.
    pub enabled: bool,
    /// The flag's attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// Where a definition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DefinitionStatus {
    /// Nothing runs.
    Idle,
    /// A run is on.
    Active,
    /// Put away: readable, and nothing else.
    Archived,
}

impl DefinitionStatus {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }
}

/// What an experiment is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentDefinition {
    /// Its application.
    pub application: Id,
    /// Its id.
    pub id: Id,
    /// Unique within the application.
    pub name: String,
    /// The profile of the flag.
    pub profile: Id,
    /// Where it runs.
    pub environment: Id,
    /// The flag.
    pub flag_key: String,
    /// One to five.
    pub treatments: Vec<Treatment>,
    /// What is compared with.
    pub control: Treatment,
    /// Who takes part: a rule, not looked at before a run starts.
    pub audience_rule: String,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience_description: Option<String>,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypothesis: Option<String>,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_criteria: Option<String>,
    /// Where it stands.
    pub status: DefinitionStatus,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// Milliseconds since 1970.
    pub updated_at_ms: i64,
    /// The number of the latest run; 0 before the first.
    pub latest_run: u32,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    /// It is on.
    Running,
    /// It is over.
    Done,
}

/// What people made of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// In short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executive_summary: Option<String>,
    /// What speaks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons_to_launch: Option<String>,
    /// What speaks against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons_not_to_launch: Option<String>,
}

/// A run of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentRun {
    /// The definition as it was at the start.
    pub definition: Box<ExperimentDefinition>,
    /// From 1, counted per definition.
    pub number: u32,
    /// Never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands.
    pub status: RunStatus,
    /// The share of the audience that takes part, in percent; only grows.
    pub exposure_percentage: f64,
    /// Entities that get a certain treatment, by its key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
    /// Given at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<RunResult>,
    /// Milliseconds since 1970.
    pub started_at_ms: i64,
    /// Milliseconds since 1970.
    pub updated_at_ms: i64,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// What happened, oldest first.
    pub events: Vec<RunEvent>,
}

/// What can happen to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunEventType {
    /// It started.
    RunStarted,
    /// More of the audience takes part.
    ExposureUpdated,
    /// Other entities are told what they get.
    OverridesUpdated,
    /// It is over.
    RunStopped,
}

/// A line of a run's event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// What.
    pub kind: RunEventType,
    /// The deployment that brought it to the clients, by its number in the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<u32>,
    /// The exposure from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_percentage: Option<f64>,
    /// The overrides from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<BTreeMap<String, String>>,
    /// Milliseconds since 1970.
    pub occurred_at_ms: i64,
}
