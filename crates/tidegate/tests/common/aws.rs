//! The few operations of AppConfig that the tests stand on.

use serde_json::{Value, json};

use super::{Answer, Client};

/// An environment and a hosted profile of one application, and a strategy that is done at once.
pub struct Home {
    pub application: String,
    pub environment: String,
    pub profile: String,
    pub at_once: String,
}

impl Home {
    #[track_caller]
    pub fn create(client: &mut Client) -> Self {
        let application = create(client, "/applications", &json!({"Name": "harbour"}));
        let inside = format!("/applications/{application}");
        let environment = create(client, &format!("{inside}/environments"), &json!({"Name": "outer basin"}));
        let profile = json!({"Name": "lock gates", "LocationUri": "hosted"});
        let profile = create(client, &format!("{inside}/configurationprofiles"), &profile);
        let at_once = strategy(client, "at once", 0, 0);
        Self { application, environment, profile, at_once }
    }

    pub fn versions(&self) -> String {
        format!("/applications/{}/configurationprofiles/{}/hostedconfigurationversions", self.application, self.profile)
    }

    pub fn deployments(&self) -> String {
        format!("/applications/{}/environments/{}/deployments", self.application, self.environment)
    }

    /// Stores a content and says its number.
    #[track_caller]
    pub fn store(&self, client: &mut Client, content: &[u8]) -> u64 {
        version_number(&store(client, &self.versions(), content).expect(201))
    }

    #[track_caller]
    pub fn deploy(&self, client: &mut Client, version: u64) -> Answer {
        client.post(&self.deployments(), &self.deployment(version))
    }

    pub fn deployment(&self, version: u64) -> Value {
        json!({
            "DeploymentStrategyId": self.at_once,
            "ConfigurationProfileId": self.profile,
            "ConfigurationVersion": version.to_string(),
        })
    }

    /// Starts a session and says its token.
    #[track_caller]
    pub fn start_session(&self, client: &mut Client) -> String {
        let started = client.post("/configurationsessions", &self.session()).expect(201);
        started.json()["InitialConfigurationToken"].as_str().expect("a token").to_owned()
    }

    pub fn session(&self) -> Value {
        json!({
            "ApplicationIdentifier": self.application,
            "EnvironmentIdentifier": self.environment,
            "ConfigurationProfileIdentifier": self.profile,
        })
    }
}

/// Creates something and says its id.
#[track_caller]
pub fn create(client: &mut Client, path: &str, body: &Value) -> String {
    client.post(path, body).expect(201).json()["Id"].as_str().expect("an id").to_owned()
}

#[track_caller]
pub fn strategy(client: &mut Client, name: &str, duration_in_minutes: u32, bake_in_minutes: u32) -> String {
    let body = json!({
        "Name": name,
        "DeploymentDurationInMinutes": duration_in_minutes,
        "FinalBakeTimeInMinutes": bake_in_minutes,
        "GrowthFactor": if duration_in_minutes == 0 { 100.0 } else { 10.0 },
        "ReplicateTo": "NONE",
    });
    create(client, "/deploymentstrategies", &body)
}

#[track_caller]
pub fn store(client: &mut Client, versions: &str, content: &[u8]) -> Answer {
    client.ask("POST", versions, &[("Content-Type", "application/octet-stream")], Some(content))
}

#[track_caller]
pub fn version_number(created: &Answer) -> u64 {
    created.header("version-number").and_then(|number| number.parse().ok()).expect("a version's number")
}

#[track_caller]
pub fn poll(client: &mut Client, token: &str) -> Answer {
    client.get(&format!("/configuration?configuration_token={token}"))
}

#[track_caller]
pub fn next_token(polled: &Answer) -> String {
    polled.header("next-poll-configuration-token").expect("a next token").to_owned()
}
