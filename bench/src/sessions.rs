//! Sessions, and the scripts that start and poll them.
//!
//! A session belongs to one connection, which goes round its own sessions: a token is never in two requests at once,
//! and every answer's token is what that session sends next.

use serde::Deserialize;
use serde_json::json;

use crate::Result;
use crate::answer::Answer;
use crate::drive::Script;
use crate::request::{Caller, encode};

/// What a session watches; names and ids alike.
#[derive(Clone, Debug)]
pub struct Channel {
    pub application: String,
    pub environment: String,
    pub profile: String,
}

/// The sessions of one thread's connections: the token that each sends next, percent-encoded.
pub struct Sessions {
    tokens: Vec<Vec<u8>>,
    connections: usize,
    /// How many polls each connection has begun.
    positions: Vec<usize>,
}

/// What the body of a poll's answer should be.
#[derive(Clone, Copy)]
pub enum Expected {
    Nothing,
    Bytes(usize),
}

/// How often the connections go round their sessions.
#[derive(Clone, Copy, PartialEq)]
pub enum Laps {
    Endless,
    One,
}

impl Sessions {
    /// Makes sessions that have no token yet.
    pub fn unstarted(count: usize, connections: usize) -> Self {
        Self { tokens: vec![Vec::new(); count], connections, positions: vec![0; connections] }
    }

    /// Makes sessions that all send the same token, for a server that gives the same answer to everything.
    pub fn all_with(token: &[u8], count: usize, connections: usize) -> Self {
        let mut encoded = Vec::new();
        encode(token, &mut encoded);
        Self { tokens: vec![encoded; count], ..Self::unstarted(count, connections) }
    }

    /// The number of connections that share these sessions.
    pub fn connections(&self) -> usize {
        self.connections
    }

    fn rewind(&mut self) {
        self.positions.fill(0);
    }

    /// Returns the session whose turn it is on a connection; `None` after the last one of a single lap.
    fn next(&mut self, connection: usize, laps: Laps) -> Option<usize> {
        let share = (self.tokens.len() + self.connections - 1 - connection) / self.connections;
        let position = self.positions[connection];
        if share == 0 || laps == Laps::One && position == share {
            return None;
        }
        self.positions[connection] += 1;
        Some(connection + position % share * self.connections)
    }
}

/// Starts every session, the n-th on the n-th channel, round and round.
pub struct Starts<'a> {
    caller: &'a Caller,
    channels: &'a [Channel],
    sessions: &'a mut Sessions,
    current: Vec<usize>,
}

impl<'a> Starts<'a> {
    pub fn new(caller: &'a Caller, channels: &'a [Channel], sessions: &'a mut Sessions) -> Self {
        sessions.rewind();
        Self { caller, channels, current: vec![0; sessions.connections], sessions }
    }
}

impl Script for Starts<'_> {
    fn ask(&mut self, connection: usize, out: &mut Vec<u8>) -> bool {
        let Some(session) = self.sessions.next(connection, Laps::One) else { return false };
        self.current[connection] = session;
        start(self.caller, &self.channels[session % self.channels.len()], out);
        true
    }

    fn hear(&mut self, connection: usize, answer: &Answer<'_>) -> Result<()> {
        let session = self.current[connection];
        encode(started(answer)?.as_bytes(), &mut self.sessions.tokens[session]);
        Ok(())
    }
}

/// Writes a StartConfigurationSession.
pub fn start(caller: &Caller, channel: &Channel, out: &mut Vec<u8>) {
    let body = json!({
        "ApplicationIdentifier": channel.application,
        "EnvironmentIdentifier": channel.environment,
        "ConfigurationProfileIdentifier": channel.profile,
    });
    caller.post_json("/configurationsessions", &body, out);
}

/// Reads the token of a StartConfigurationSession's answer.
pub fn started<'a>(answer: &Answer<'a>) -> Result<&'a str> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Started<'a> {
        initial_configuration_token: &'a str,
    }
    if answer.status != 201 {
        return Err(format!("StartConfigurationSession answered {}", answer.describe()).into());
    }
    Ok(serde_json::from_slice::<Started<'_>>(answer.body)?.initial_configuration_token)
}

/// Polls the sessions, each poll with the token of its session's last answer.
pub struct Polls<'a> {
    caller: &'a Caller,
    sessions: &'a mut Sessions,
    expected: Expected,
    laps: Laps,
    current: Vec<usize>,
}

impl<'a> Polls<'a> {
    pub fn new(caller: &'a Caller, sessions: &'a mut Sessions, expected: Expected, laps: Laps) -> Self {
        if laps == Laps::One {
            sessions.rewind();
        }
        Self { caller, expected, laps, current: vec![0; sessions.connections], sessions }
    }
}

impl Script for Polls<'_> {
    fn ask(&mut self, connection: usize, out: &mut Vec<u8>) -> bool {
        let Some(session) = self.sessions.next(connection, self.laps) else { return false };
        self.current[connection] = session;
        self.caller.poll(&self.sessions.tokens[session], out);
        true
    }

    fn hear(&mut self, connection: usize, answer: &Answer<'_>) -> Result<()> {
        let token = polled(answer, self.expected)?;
        encode(token, &mut self.sessions.tokens[self.current[connection]]);
        Ok(())
    }
}

/// Checks a poll's answer and returns the token for the next one.
pub fn polled<'a>(answer: &Answer<'a>, expected: Expected) -> Result<&'a [u8]> {
    if answer.status != 200 {
        return Err(format!("GetLatestConfiguration answered {}", answer.describe()).into());
    }
    match (expected, answer.body.len()) {
        (Expected::Nothing, 0) => {}
        (Expected::Bytes(expected), length) if length == expected => {}
        (Expected::Nothing, length) => return Err(format!("an unchanged poll brought {length} bytes").into()),
        (Expected::Bytes(expected), length) => {
            return Err(format!("a poll brought {length} bytes instead of {expected}").into());
        }
    }
    match answer.header("next-poll-configuration-token") {
        Some(token) if !token.is_empty() => Ok(token),
        _ => Err("a poll's answer has no token for the next one".into()),
    }
}

/// Starts sessions, polls each of them once and forgets them: a million clients that have just come up.
pub struct Arrivals<'a> {
    caller: &'a Caller,
    channel: &'a Channel,
    content_bytes: usize,
    /// How many sessions are still to be started.
    left: usize,
    /// The first token of the session that a connection has started and not yet polled.
    tokens: Vec<Vec<u8>>,
    is_polling: Vec<bool>,
}

impl<'a> Arrivals<'a> {
    pub fn new(
        caller: &'a Caller,
        channel: &'a Channel,
        content_bytes: usize,
        sessions: usize,
        connections: usize,
    ) -> Self {
        let (tokens, is_polling) = (vec![Vec::new(); connections], vec![false; connections]);
        Self { caller, channel, content_bytes, left: sessions, tokens, is_polling }
    }
}

impl Script for Arrivals<'_> {
    fn ask(&mut self, connection: usize, out: &mut Vec<u8>) -> bool {
        if self.is_polling[connection] {
            self.caller.poll(&self.tokens[connection], out);
            return true;
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        start(self.caller, self.channel, out);
        true
    }

    fn hear(&mut self, connection: usize, answer: &Answer<'_>) -> Result<()> {
        if self.is_polling[connection] {
            polled(answer, Expected::Bytes(self.content_bytes))?;
        } else {
            encode(started(answer)?.as_bytes(), &mut self.tokens[connection]);
        }
        self.is_polling[connection] = !self.is_polling[connection];
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(sessions: &mut Sessions, connection: usize, laps: Laps, count: usize) -> Vec<Option<usize>> {
        (0..count).map(|_| sessions.next(connection, laps)).collect()
    }

    #[test]
    fn connections_share_the_sessions_without_overlap() {
        let mut sessions = Sessions::unstarted(5, 2);
        assert_eq!(order(&mut sessions, 0, Laps::One, 4), [Some(0), Some(2), Some(4), None]);
        assert_eq!(order(&mut sessions, 1, Laps::One, 3), [Some(1), Some(3), None]);
    }

    #[test]
    fn an_endless_lap_begins_again() {
        let mut sessions = Sessions::unstarted(5, 2);
        assert_eq!(order(&mut sessions, 1, Laps::Endless, 4), [Some(1), Some(3), Some(1), Some(3)]);
    }

    #[test]
    fn a_connection_without_sessions_asks_nothing() {
        assert_eq!(Sessions::unstarted(1, 2).next(1, Laps::Endless), None);
    }
}
