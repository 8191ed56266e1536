//! What can go wrong, and there are two things: somebody was faster, or the store did not answer.

use std::error::Error;

/// The store could not do it, or did not say whether it did.
///
/// `Display` is the whole sentence with its cause, `cannot append entry 7: the disk is full`; there is no `source()` on
/// top of it that a printer of chains would repeat.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}: {cause}")]
pub struct Unavailable {
    /// What was being done, as a verb phrase: `append entry 7`.
    pub doing: String,
    /// Why it did not work.
    pub cause: Box<dyn Error + Send + Sync>,
    /// What an operator can do about it, as a sentence, where that is known.
    pub hint: Option<String>,
}

impl Unavailable {
    /// Says what was being done and why it failed.
    pub fn new(doing: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Unavailable {
        Unavailable { doing: doing.into(), cause: cause.into(), hint: None }
    }

    /// Adds what an operator can do about it.
    pub fn with_hint(self, hint: impl Into<String>) -> Unavailable {
        Unavailable { hint: Some(hint.into()), ..self }
    }
}

/// Why an entry is not (known to be) in the journal.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The entry is not the next one: its number is taken, or leaves a gap, or its predecessor is another. Nothing was
    /// written. Catch up and decide again.
    #[error("the journal has moved on")]
    Conflict,
    /// The entry may or may not have been written; [`commit`](crate::commit) finds out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
