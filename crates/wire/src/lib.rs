//! AWS's restJson1 protocol, in and out: bytes to values, no sockets.
//!
//! One small interpreter over the interface table of `tidegate-model` serves all operations. [`bind`] collects a
//! request's labels, query, headers and body under the model's member names, settles their types, judges every
//! constraint in AWS's words, and decodes what is left into the typed input; [`unbind`] writes a typed output as AWS
//! writes it; a [`Failure`] is everything else that a client can be told. This crate knows no rule of the service, and
//! nothing in it waits, logs or opens anything.
//!
//! How the protocol is read where AWS leaves room is said where it is decided: [`bind`] for the request as a whole,
//! [`query`] for query strings and percent-encoding.

mod bind;
mod constraints;
mod credential;
mod failure;
#[doc(hidden)]
pub mod fuzz;
mod path;
mod pattern;
pub mod query;
pub mod sigv4;
mod token;
mod types;
mod unbind;
mod violation;

pub use bind::{Request, bind, bind_members};
pub use credential::{Credential, credential};
pub use failure::Failure;
pub use token::read_configuration_token;
pub use unbind::unbind;
