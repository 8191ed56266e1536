//! What an experiment has shown: from the agent's assignment logs and a file of outcomes to a verdict in plain words.
//!
//! [`Assignments`] reads who got which treatment, [`Outcomes`] what became of them, [`analyse`] compares every treatment
//! with the control, metric by metric, into a [`Report`], which prints itself as text or serialises as JSON.
//! [`statistics`] has the formulas, each with its source. What all this assumes stands in `docs/experiment-results.md`.
//!
//! Deliberately absent: paths are only names here and files are opened elsewhere; no clock, no random number, nothing
//! asynchronous. Input comes from outside, so memory is bounded by [`Limits`] and every complaint names its line.

mod assignments;
mod broken;
mod lines;
mod outcomes;
mod report;
pub mod statistics;
mod text;
mod verdict;
mod weights;

pub use assignments::{Assignments, Place, Reading};
pub use broken::Broken;
pub use lines::Limits;
pub use outcomes::Outcomes;
pub use report::{
    Comparison, Correction, Crossed, Exposure, Group, Lines, Measure, Metric, Missing, Report, Rows, Settings, Share,
    Tally, analyse,
};
pub use statistics::{GoodnessOfFit, Interval};
pub use verdict::Conclusion;
pub use weights::Weights;
