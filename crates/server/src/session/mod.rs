//! Configuration sessions: the tokens that carry them, the guard against using a token twice, and the answer to a poll.

#[cfg(test)]
mod fuzz;
mod keyring;
mod legacy;
mod poll;
mod present;
mod replay;
mod start;
mod token;

pub use keyring::{Keyring, Purpose};
pub use legacy::get_configuration;
pub(crate) use poll::{gone, poll, refused, used_twice};
pub use poll::{latest_configuration, throttled_poll};
pub(crate) use present::{Presented, is_gone, present};
pub use replay::ReplayGuard;
pub use start::start_configuration_session;
pub(crate) use token::seal_for;
pub use token::{Problem, Session, open, seal};
