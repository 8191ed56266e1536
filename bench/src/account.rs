//! A large account with a history, made through the API.
//!
//! Everything lies in the first application; where there can be much under one parent, one parent has most of it (the
//! first profile's versions, the first environment's deployments), because that is where a list is long.

use serde::Serialize;
use serde_json::{Value, json};

use crate::Result;
use crate::answer::Answer;
use crate::api::{Api, content, expect_status};
use crate::request::encoded;

/// How much there is in an account.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    pub applications: usize,
    pub strategies: usize,
    pub environments: usize,
    /// The last one is of feature flags.
    pub profiles: usize,
    /// Of all profiles together; all but the first have up to [`Size::VERSIONS_EACH`].
    pub versions: usize,
    /// Half of them in the first environment; a multiple of [`Size::DEPLOYMENTS_BY`].
    pub deployments: usize,
    pub definitions: usize,
    /// Of the first definition.
    pub runs: usize,
    /// Of the last run.
    pub events: usize,
    pub extensions: usize,
    pub associations: usize,
}

impl Size {
    /// Bytes of each version's content.
    const CONTENT_BYTES: usize = 256;
    const VERSIONS_EACH: usize = 9;
    /// The environments beside the first that have deployments.
    const OTHER_ENVIRONMENTS: usize = 10;
    pub const DEPLOYMENTS_BY: usize = 2 * Self::OTHER_ENVIRONMENTS;

    /// A size with so much of what there is most of, and a few pages of everything else.
    pub fn of(versions: usize, profiles: usize, deployments: usize) -> Self {
        Self {
            applications: 200,
            strategies: 100,
            environments: 100,
            profiles,
            versions,
            deployments,
            definitions: 100,
            runs: 100,
            events: 100,
            extensions: 200,
            associations: 1_000,
        }
    }

    /// A fiftieth of a size, but never less than makes sense.
    pub fn fiftieth(self) -> Self {
        let part = |count: usize| (count / 50).max(3);
        Self {
            applications: part(self.applications),
            strategies: part(self.strategies),
            environments: part(self.environments).max(2 + Self::OTHER_ENVIRONMENTS),
            profiles: part(self.profiles),
            versions: part(self.versions),
            deployments: part(self.deployments).next_multiple_of(Self::DEPLOYMENTS_BY),
            definitions: part(self.definitions),
            runs: part(self.runs),
            events: part(self.events),
            extensions: part(self.extensions),
            associations: part(self.associations),
        }
    }

    /// The flags of a server that has room for this.
    pub fn quota_arguments(self) -> String {
        format!(
            "--quota-applications {} --quota-strategies {} --quota-environments {} --quota-profiles {} \
             --quota-experiment-definitions {}",
            self.applications, self.strategies, self.environments, self.profiles, self.definitions,
        )
    }

    /// How many versions each profile but the first has; the one of feature flags has one.
    fn versions_each(self) -> usize {
        ((self.versions / self.profiles).saturating_sub(1)).clamp(1, Self::VERSIONS_EACH)
    }

    /// How many versions the first profile has.
    pub fn versions_of_first(self) -> usize {
        self.versions.saturating_sub((self.profiles - 2) * self.versions_each() + 1).max(1)
    }

    pub fn deployments_of_first(self) -> usize {
        self.deployments / 2
    }

    fn deployments_of_others(self) -> usize {
        self.deployments / Self::DEPLOYMENTS_BY
    }
}

/// The ids in an account that was made.
#[derive(Default)]
pub struct Account {
    pub applications: Vec<String>,
    pub strategies: Vec<String>,
    pub environments: Vec<String>,
    pub profiles: Vec<String>,
    pub definitions: Vec<String>,
    pub extensions: Vec<String>,
    pub associations: Vec<String>,
}

impl Account {
    /// The application with everything in it, as a path.
    pub fn application(&self) -> String {
        format!("/applications/{}", self.applications[0])
    }

    /// The profile of feature flags.
    pub fn flags_profile(&self) -> &str {
        self.profiles.last().expect("there are profiles")
    }

    /// The environment of the experiments, whose deployments the server makes itself.
    pub fn experiment_environment(&self) -> &str {
        self.environments.last().expect("there are environments")
    }

    pub fn application_arn(&self) -> String {
        arn(&format!("application/{}", self.applications[0]))
    }

    pub fn profile_arn(&self, index: usize) -> String {
        arn(&format!("application/{}/configurationprofile/{}", self.applications[0], self.profiles[index]))
    }
}

/// The ARN of something in the account and region of callers whose access key names none.
fn arn(resource: &str) -> String {
    format!("arn:aws:appconfig:us-east-1:000000000000:{resource}")
}

impl Api<'_> {
    /// Makes an account of this size.
    pub fn make_account(&self, size: Size) -> Result<Account> {
        let mut account = Account {
            applications: self
                .make_each("/applications", size.applications, |index| named("application", index, json!({})))?,
            strategies: self.make_each("/deploymentstrategies", size.strategies, |index| {
                let plan = json!({
                    "DeploymentDurationInMinutes": 0, "FinalBakeTimeInMinutes": 0, "GrowthFactor": 100.0,
                    "ReplicateTo": "NONE",
                });
                named("strategy", index, plan)
            })?,
            ..Account::default()
        };
        let application = account.application();
        account.environments = self.make_each(&format!("{application}/environments"), size.environments, |index| {
            named("environment", index, json!({}))
        })?;
        account.profiles = self.make_each(&format!("{application}/configurationprofiles"), size.profiles, |index| {
            let kind = if index + 1 == size.profiles { "AWS.AppConfig.FeatureFlags" } else { "AWS.Freeform" };
            named("profile", index, json!({ "LocationUri": "hosted", "Type": kind }))
        })?;
        self.make_versions(size, &account)?;
        self.make_deployments(size, &account)?;
        account.definitions = self.make_experiments(size, &account)?;
        // Last, so that nothing that was done before has anything to do with them.
        account.extensions = self.make_each("/extensions", size.extensions, |index| {
            let action = json!([{ "Name": "never", "Uri": "http://127.0.0.1:9/never" }]);
            named("extension", index, json!({ "Actions": { "ON_DEPLOYMENT_ROLLED_BACK": action } }))
        })?;
        account.associations = self.make_each("/extensionassociations", size.associations, |index| {
            let association = json!({
                "ExtensionIdentifier": account.extensions[index % size.extensions],
                "ResourceIdentifier": account.profile_arn(index % size.profiles),
            });
            (String::new(), association)
        })?;
        let tags = json!({ "Tags": serde_json::Map::from_iter((0..50).map(|n| (format!("tag-{n}"), json!("value")))) });
        self.one("TagResource", "POST", &format!("/tags/{}", encoded(&account.application_arn())), &tags, 204)?;
        Ok(account)
    }

    fn make_versions(&self, size: Size, account: &Account) -> Result<()> {
        let path = |profile: usize| {
            let (application, profile) = (account.application(), &account.profiles[profile]);
            format!("{application}/configurationprofiles/{profile}/hostedconfigurationversions")
        };
        let is_created = |_: usize, _: usize, answer: &Answer<'_>| expect_status(answer, 201);
        let each = size.versions_each();
        self.batch(
            "CreateHostedConfigurationVersion",
            (size.profiles - 2, each),
            |lane, step, out| {
                let body = content(lane * each + step, Size::CONTENT_BYTES);
                self.caller.call("POST", &path(lane + 1), "Content-Type: application/json\r\n", &body, out);
            },
            is_created,
        )?;
        self.batch(
            "CreateHostedConfigurationVersion",
            (size.versions_of_first(), 1),
            |lane, _, out| {
                let headers = format!("Content-Type: application/json\r\nVersionLabel: build-{lane}\r\n");
                let body = content(size.versions + lane, Size::CONTENT_BYTES);
                self.caller.call("POST", &path(0), &headers, &body, out);
            },
            is_created,
        )?;
        let keys = Vec::from_iter((0..size.definitions).map(flag_key));
        let flags = serde_json::Map::from_iter(keys.iter().map(|key| (key.clone(), json!({ "name": key }))));
        let values = serde_json::Map::from_iter(keys.iter().map(|key| (key.clone(), json!({ "enabled": false }))));
        let document = json!({ "version": "1", "flags": flags, "values": values });
        self.one("CreateHostedConfigurationVersion", "POST", &path(size.profiles - 1), &document, 201).map(drop)
    }

    /// An environment takes one deployment at a time: they follow one another, each of another profile.
    fn make_deployments(&self, size: Size, account: &Account) -> Result<()> {
        let deploy = |environment: &str, profile: &str, out: &mut Vec<u8>| {
            let deployment = json!({
                "DeploymentStrategyId": account.strategies[0],
                "ConfigurationProfileId": profile,
                "ConfigurationVersion": "1",
            });
            let path = format!("{}/environments/{environment}/deployments", account.application());
            self.caller.post_json(&path, &deployment, out);
        };
        let is_complete = |_: usize, _: usize, answer: &Answer<'_>| {
            expect_status(answer, 201)?;
            match serde_json::from_slice::<Value>(answer.body)?["State"].as_str() {
                Some("COMPLETE") => Ok(()),
                state => Err(format!("an instant deployment is in state {state:?}, not COMPLETE").into()),
            }
        };
        let freeform = size.profiles - 1;
        self.batch(
            "StartDeployment",
            (1, size.deployments_of_first()),
            |_, step, out| deploy(&account.environments[0], &account.profiles[step % freeform], out),
            is_complete,
        )?;
        self.batch(
            "StartDeployment",
            (Size::OTHER_ENVIRONMENTS, size.deployments_of_others()),
            |lane, step, out| deploy(&account.environments[lane + 1], &account.profiles[step % freeform], out),
            is_complete,
        )?;
        self.batch(
            "StartDeployment",
            (1, 1),
            |_, _, out| deploy(account.experiment_environment(), account.flags_profile(), out),
            is_complete,
        )?;
        Ok(())
    }

    fn make_experiments(&self, size: Size, account: &Account) -> Result<Vec<String>> {
        let path = format!("{}/experimentdefinitions", account.application());
        let definitions = self.make_each(&path, size.definitions, |index| {
            let [control, treatment] =
                [false, true].map(|enabled| json!({ "Weight": 50.0, "FlagValue": { "Enabled": enabled } }));
            let definition = json!({
                "ConfigurationProfileIdentifier": account.flags_profile(),
                "EnvironmentIdentifier": account.experiment_environment(),
                "FlagKey": flag_key(index),
                "Control": control,
                "Treatments": [treatment],
                "AudienceRule": "(eq $country \"CZ\")",
            });
            named("definition", index, definition)
        })?;
        let runs = format!("{path}/{}/experimentruns", definitions[0]);
        for run in 1..=size.runs {
            let started = json!({ "ExposurePercentage": 1.0 });
            self.one("StartExperimentRun", "POST", &runs, &started, 201)?;
            if run < size.runs {
                self.one("StopExperimentRun", "PATCH", &format!("{runs}/{run}/stop"), &json!({}), 200)?;
            }
        }
        // The run's start is its first event.
        for event in 1..size.events {
            let exposure = json!({ "ExposurePercentage": 1.0 + 99.0 * event as f64 / size.events as f64 });
            self.one("UpdateExperimentRun", "PATCH", &format!("{runs}/{}/update", size.runs), &exposure, 200)?;
        }
        Ok(definitions)
    }

    /// Makes one call with a JSON body.
    fn one(&self, what: &str, method: &str, path: &str, body: &Value, status: u16) -> Result<()> {
        self.batch(
            what,
            (1, 1),
            |_, _, out| {
                let body = body.to_string();
                self.caller.call(method, path, "Content-Type: application/json\r\n", body.as_bytes(), out);
            },
            |_, _, answer| expect_status(answer, status),
        )?;
        Ok(())
    }
}

fn flag_key(index: usize) -> String {
    format!("flag{index:03}")
}

/// The rest of a path, which is nothing, and a body with a name in it.
fn named(kind: &str, index: usize, mut body: Value) -> (String, Value) {
    body["Name"] = format!("{kind}-{index:05}").into();
    (String::new(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_all_profiles_add_up() {
        for size in [Size::of(100_000, 10_000, 1_000), Size::of(100_000, 10_000, 1_000).fiftieth()] {
            let sum = size.versions_of_first() + (size.profiles - 2) * size.versions_each() + 1;
            assert_eq!(sum, size.versions, "{size:?}");
            let deployments = size.deployments_of_first() + Size::OTHER_ENVIRONMENTS * size.deployments_of_others();
            assert_eq!(deployments, size.deployments, "{size:?}");
            assert!(size.environments >= 2 + Size::OTHER_ENVIRONMENTS);
        }
        assert_eq!(Size::of(100_000, 10_000, 1_000).versions_of_first(), 10_017);
    }
}
