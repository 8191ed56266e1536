//! Tokens presented for something else than a poll: they open what they are for, and are not used up.

use super::replay::Use;
use super::token::{self, Problem, Session};
use crate::node::{Node, Published};
use crate::settings::TokenReuse;

/// What came of a token.
pub(crate) enum Presented {
    Good(Session),
    Bad(Problem),
    /// A poll has used it up.
    Used,
}

/// Opens a token. The poll interval does not matter to what is not a poll.
pub(crate) fn present(node: &Node, published: &Published, holder: &str, token: &str, now_ms: i64) -> Presented {
    match token::open_for(&published.keyring, holder, token, now_ms, false) {
        Err(problem) => Presented::Bad(problem),
        Ok(session)
            if node.settings.token_reuse == TokenReuse::Refuse
                && node.guard.look(session.id, session.answers, now_ms) == Use::Reused =>
        {
            Presented::Used
        }
        Ok(session) => Presented::Good(session),
    }
}

/// Whether what a session watches is known not to exist any more: not by a node that lags behind what it has seen.
pub(crate) fn is_gone(node: &Node, published: &Published, session: &Session) -> bool {
    published.state.channel(session.channel).is_none() && !node.lags_behind(published.state.number, session.seen)
}
