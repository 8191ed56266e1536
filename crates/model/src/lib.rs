//! The AWS interface as data: operations, shapes, constraints, and the plain structs beside them.
//!
//! [`appconfig`] and [`appconfigdata`] are written by `cargo xtask model` from the service model that AWS publishes
//! inside the botocore package; they hold facts only. This crate knows no HTTP library, no JSON text and no rule of the
//! service: reading and writing bytes is `wire`'s work, deciding is `domain`'s.

pub mod appconfig;
pub mod appconfigdata;
mod route;
mod shape;
mod timestamp;

pub use route::{Labels, NoRoute, Route, route};
pub use shape::{
    ErrorShape, Input, Location, Member, Method, Operation, Output, Segment, Service, Shape, ShapeKind, Structure,
};
pub use timestamp::Timestamp;
