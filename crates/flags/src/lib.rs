//! Feature-flag documents: what may be stored, what is served, and what a caller gets to see.
//!
//! [`admit`] takes what an author sends and answers with the document as the service stores it, or with a
//! [`Refused`] in AWS's words. [`render`] turns a stored document into its two retrieval forms, once per version.
//! [`FlagSet`] reads any of the three forms and evaluates flags for a [`Context`]. [`overlay()`] lays running
//! experiments over a stored document. [`lint()`] says what is wrong with a document before it hurts.
//!
//! Deliberately absent: clocks, sockets, files and random numbers (the time is an argument); HTTP and status codes;
//! versions and deployments. Everything here is bounded by constants in [`limits`], because documents come from outside.

mod check;
mod details;
mod document;
mod dump;
mod evaluate;
pub mod fuzz;
pub mod hash;
mod json;
pub mod limits;
mod lint;
mod normalise;
pub mod overlay;
mod position;
mod read;
mod render;
mod rule;
mod time;

pub use details::{Detail, DetailKind, Refused};
pub use document::{Attribute, Constraints, Deprecation, Document, Flag, FlagValue, Type, Variant};
pub use evaluate::{Context, Evaluation, FlagSet, Reason};
pub use lint::{Finding, Severity, lint};
pub use normalise::{Admitted, admit};
pub use overlay::{Arm, Overlay, Run, overlay};
pub use read::Unreadable;
pub use render::{CONTENT_TYPE_ION, CONTENT_TYPE_JSON, Retrieval, render};
pub use rule::{Fault, FaultReason, Rule};
