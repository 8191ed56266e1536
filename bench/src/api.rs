//! The few control-plane calls that a benchmark needs, many at a time.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Result;
use crate::answer::{self, Answer};
use crate::contender::Sample;
use crate::drive::{Load, Pace, Run, Script, Stop};
use crate::request::Caller;
use crate::sessions::{self, Channel, Expected};

/// A server's API as one caller sees it.
pub struct Api<'a> {
    pub caller: &'a Caller,
    pub address: SocketAddr,
    /// How many requests may be under way during set-up.
    pub connections: usize,
}

/// How many channels there are: every application has each of its environments with each of its profiles.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Shape {
    pub applications: usize,
    pub environments: usize,
    pub profiles: usize,
    pub content_bytes: usize,
}

impl Shape {
    /// One channel with a content of so many bytes.
    pub const fn single(content_bytes: usize) -> Self {
        Self { applications: 1, environments: 1, profiles: 1, content_bytes }
    }

    pub fn channels(self) -> usize {
        self.applications * self.environments * self.profiles
    }

    /// How many writes it takes to set this up.
    pub fn writes(self) -> usize {
        1 + self.applications * (1 + self.environments + 2 * self.profiles) + self.channels()
    }
}

impl Api<'_> {
    /// Makes applications, environments, profiles, one hosted version each, and a completed deployment everywhere.
    pub fn make_channels(&self, shape: Shape) -> Result<Vec<Channel>> {
        let Shape { applications, environments, profiles, content_bytes } = shape;
        let strategy = self.make_each("/deploymentstrategies", 1, |_| {
            let strategy = json!({
                "Name": "bench-instant", "DeploymentDurationInMinutes": 0, "FinalBakeTimeInMinutes": 0,
                "GrowthFactor": 100.0, "GrowthType": "LINEAR", "ReplicateTo": "NONE",
            });
            (String::new(), strategy)
        })?;
        let application_ids = self.make_each("/applications", applications, |index| {
            (String::new(), json!({ "Name": format!("bench-{index}") }))
        })?;
        let environment_ids = self.make_each("/applications/", applications * environments, |index| {
            let path = format!("{}/environments", application_ids[index / environments]);
            (path, json!({ "Name": format!("env-{}", index % environments) }))
        })?;
        let profile_ids = self.make_each("/applications/", applications * profiles, |index| {
            let path = format!("{}/configurationprofiles", application_ids[index / profiles]);
            (path, json!({ "Name": format!("profile-{}", index % profiles), "LocationUri": "hosted" }))
        })?;
        self.batch(
            "CreateHostedConfigurationVersion",
            (applications * profiles, 1),
            |index, _, out| {
                let (application, profile) = (&application_ids[index / profiles], &profile_ids[index]);
                let path =
                    format!("/applications/{application}/configurationprofiles/{profile}/hostedconfigurationversions");
                let body = content(index, content_bytes);
                self.caller.call("POST", &path, "Content-Type: application/json\r\n", &body, out);
            },
            |_, _, answer| expect_status(answer, 201),
        )?;
        self.batch(
            "StartDeployment",
            // An environment takes one deployment at a time: its profiles follow one another.
            (applications * environments, profiles),
            |environment, profile, out| {
                let application = environment / environments;
                let path = format!(
                    "/applications/{}/environments/{}/deployments",
                    application_ids[application], environment_ids[environment]
                );
                let deployment = json!({
                    "DeploymentStrategyId": strategy[0],
                    "ConfigurationProfileId": profile_ids[application * profiles + profile],
                    "ConfigurationVersion": "1",
                });
                self.caller.post_json(&path, &deployment, out);
            },
            |_, _, answer| {
                expect_status(answer, 201)?;
                match serde_json::from_slice::<Value>(answer.body)?["State"].as_str() {
                    Some("COMPLETE") => Ok(()),
                    state => Err(format!("an instant deployment is in state {state:?}, not COMPLETE").into()),
                }
            },
        )?;
        Ok((0..shape.channels())
            .map(|index| {
                let (environment, profile) = (index / profiles, index % profiles);
                let application = environment / environments;
                Channel {
                    application: application_ids[application].clone(),
                    environment: environment_ids[environment].clone(),
                    profile: profile_ids[application * profiles + profile].clone(),
                }
            })
            .collect())
    }

    /// Starts a session, polls it, and returns the answers to its first poll and to an unchanged one.
    pub fn sample(&self, channel: &Channel, content_bytes: usize) -> Result<(Sample, Sample)> {
        let mut token = Vec::new();
        let mut samples = Vec::new();
        self.batch(
            "sample",
            (1, 1),
            |_, _, out| sessions::start(self.caller, channel, out),
            |_, _, answer| {
                token = sessions::started(answer)?.as_bytes().to_vec();
                Ok(())
            },
        )?;
        for expected in [Expected::Bytes(content_bytes), Expected::Nothing] {
            let mut encoded = Vec::new();
            crate::request::encode(&token, &mut encoded);
            self.batch(
                "sample",
                (1, 1),
                |_, _, out| self.caller.poll(&encoded, out),
                |_, _, answer| {
                    token = sessions::polled(answer, expected)?.to_vec();
                    samples.push(Sample::of(answer, &token));
                    Ok(())
                },
            )?;
        }
        match <[Sample; 2]>::try_from(samples) {
            Ok([first, unchanged]) => Ok((first, unchanged)),
            Err(_) => Err("the server did not answer both polls".into()),
        }
    }

    /// Makes many resources of a kind and returns their ids; `make` gives the rest of the path and the body.
    pub fn make_each(
        &self,
        prefix: &str,
        count: usize,
        make: impl Fn(usize) -> (String, Value),
    ) -> Result<Vec<String>> {
        let mut ids = vec![String::new(); count];
        self.batch(
            prefix,
            (count, 1),
            |index, _, out| {
                let (rest, body) = make(index);
                self.caller.post_json(&format!("{prefix}{rest}"), &body, out);
            },
            |index, _, answer| {
                expect_status(answer, 201)?;
                let created = serde_json::from_slice::<Value>(answer.body)?;
                ids[index] = created["Id"].as_str().ok_or("a created resource has no Id")?.to_owned();
                Ok(())
            },
        )?;
        Ok(ids)
    }

    /// Plays `(lanes, steps)` requests: the steps of a lane one after the other, the lanes side by side.
    pub fn batch(
        &self,
        what: &str,
        (lanes, steps): (usize, usize),
        write: impl FnMut(usize, usize, &mut Vec<u8>),
        keep: impl FnMut(usize, usize, &Answer<'_>) -> Result<()>,
    ) -> Result<Run> {
        let connections = self.connections.min(lanes).max(1);
        let mut batch = Batch { lanes, steps, next_lane: 0, places: vec![None; connections], write, keep };
        Load::open(self.address, connections)?
            .run(&mut batch, Pace::BackToBack, Stop::WhenDone)
            .map_err(|failure| format!("set-up, {what}: {failure}").into())
    }
}

struct Batch<W, K> {
    lanes: usize,
    steps: usize,
    next_lane: usize,
    /// The lane that each connection is in, and the step whose answer it awaits.
    places: Vec<Option<(usize, usize)>>,
    write: W,
    keep: K,
}

impl<W, K> Script for Batch<W, K>
where
    W: FnMut(usize, usize, &mut Vec<u8>),
    K: FnMut(usize, usize, &Answer<'_>) -> Result<()>,
{
    fn ask(&mut self, connection: usize, out: &mut Vec<u8>) -> bool {
        let (lane, step) = match self.places[connection] {
            Some((lane, step)) if step + 1 < self.steps => (lane, step + 1),
            _ if self.next_lane < self.lanes => {
                self.next_lane += 1;
                (self.next_lane - 1, 0)
            }
            _ => return false,
        };
        self.places[connection] = Some((lane, step));
        (self.write)(lane, step, out);
        true
    }

    fn hear(&mut self, connection: usize, answer: &answer::Answer<'_>) -> Result<()> {
        let (lane, step) = self.places[connection].ok_or("an answer to no request")?;
        (self.keep)(lane, step, answer)
    }
}

/// Ends the benchmark unless an answer has this status.
pub fn expect_status(answer: &Answer<'_>, status: u16) -> Result<()> {
    if answer.status == status { Ok(()) } else { Err(format!("answered {}", answer.describe()).into()) }
}

/// A JSON document of exactly so many bytes, different for each index.
pub fn content(index: usize, bytes: usize) -> Vec<u8> {
    let start = format!("{{\"profile\":{index},\"filling\":\"");
    let mut content = start.into_bytes();
    while content.len() + 2 < bytes {
        content.push(b'a' + (content.len() % 26) as u8);
    }
    content.extend_from_slice(b"\"}");
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_json_of_the_size_asked_for() {
        for bytes in [64, 1024, 10_240] {
            let content = content(7, bytes);
            assert_eq!(content.len(), bytes);
            assert_eq!(serde_json::from_slice::<Value>(&content).unwrap()["profile"], 7);
        }
    }

    #[test]
    fn a_shape_knows_its_size() {
        let shape = Shape { applications: 50, environments: 20, profiles: 100, content_bytes: 256 };
        assert_eq!(shape.channels(), 100_000);
        assert_eq!(shape.writes(), 1 + 50 + 1000 + 5000 + 5000 + 100_000);
    }
}
