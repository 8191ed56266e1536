//! `tidegate keys`, `groups`, `policy`, `roles` and `issuers` as an operator meets them.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::server::{command, run};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A store, and the command line in front of it.
struct Store {
    _directory: TempDir,
    data: PathBuf,
}

impl Store {
    fn new() -> Self {
        let directory = common::directory();
        let data = directory.path().join("data");
        Self { _directory: directory, data }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(command().args(arguments).env("TIDEGATE_DATA", &self.data))
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON is printed")
    }

    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text is printed")
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], says: &str) {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(text.contains(says) && !text.contains("panicked"), "{text}");
        assert!(output.stdout.is_empty());
    }

    #[track_caller]
    fn key(&self, name: &str, more: &[&str]) -> (String, String) {
        let made = self.json(&[&["keys", "create", name], more].concat());
        let text = |member: &str| made[member].as_str().expect("it is told").to_owned();
        (text("AccessKeyId"), text("SecretAccessKey"))
    }

    fn policy(&self, name: &str, document: &Value) {
        let file = self.data.join("policy.json");
        fs::write(&file, document.to_string()).unwrap();
        self.json(&["policy", "put", name, file.to_str().unwrap()]);
    }
}

fn everything_under(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_first_key_of_an_empty_store_is_made_without_a_server() {
    let store = Store::new();
    let made = store.json(&["keys", "create", "deployer", "--policy=TidegateFullAccess", "--account=210000000001"]);
    assert!(made["AccessKeyId"].as_str().is_some_and(|id| id.starts_with("AKIA") && id.len() == 20), "{made}");
    assert_eq!(made["SecretAccessKey"].as_str().map(str::len), Some(40));
    assert_eq!((&made["UserName"], &made["AccountId"]), (&json!("deployer"), &json!("210000000001")));
    let listed = store.json(&["keys", "list"]);
    assert_eq!(listed[0]["Status"], "Active");
    assert_eq!(listed[0]["Policies"], json!(["TidegateFullAccess"]));
    assert!(listed[0].get("SecretAccessKey").is_none());
    let mode = fs::metadata(store.data.join("master-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_secret_is_shown_once_and_is_nowhere_in_the_store() {
    let store = Store::new();
    let (id, secret) = store.key("deployer", &[]);
    let master = fs::read_to_string(store.data.join("master-key")).unwrap();
    for (path, content) in everything_under(&store.data) {
        let has = |text: &str| content.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!has(&secret), "{}", path.display());
        assert!(path.ends_with("master-key") || !has(master.trim()), "{}", path.display());
    }
    let log = store.text(&["log", "--json"]);
    assert!(log.contains(&id) && !log.contains(&secret), "{log}");
    let sealed = log.split("\"secret\":\"").nth(1).expect("the event has a secret").split('"').next().unwrap();
    assert!(!sealed.starts_with("AQ"), "what is sealed is not shown either: {sealed}");
}

#[test]
fn a_key_is_disabled_enabled_rotated_and_deleted() {
    let store = Store::new();
    let (old, secret) = store.key("deployer", &["--policy=TidegateReadOnly"]);
    let status = |id: &str| {
        let listed = store.json(&["keys", "list"]);
        let key = listed.as_array().unwrap().iter().find(|key| key["AccessKeyId"] == id).cloned();
        key.map(|key| key["Status"].as_str().unwrap().to_owned())
    };
    store.json(&["keys", "disable", &old]);
    assert_eq!(status(&old).as_deref(), Some("Inactive"));
    store.json(&["keys", "disable", &old]);
    store.json(&["keys", "enable", &old]);
    let rotated = store.json(&["keys", "rotate", &old]);
    let new = rotated["AccessKeyId"].as_str().unwrap();
    assert_eq!(rotated["Replaces"], old.as_str());
    assert_eq!(rotated["UserName"], "deployer");
    assert_ne!(rotated["SecretAccessKey"], secret.as_str());
    assert_eq!((status(&old).as_deref(), status(new).as_deref()), (Some("Active"), Some("Active")));
    store.refuses(&["keys", "rotate", new], "has 2 access keys");
    let listed = store.json(&["keys", "list"]);
    assert_eq!(listed[0]["UserId"], listed[1]["UserId"], "it is the same user");
    assert!(listed[0]["LastRotated"].is_string());
    store.json(&["keys", "delete", &old]);
    assert_eq!(status(&old), None);
    store.refuses(&["keys", "enable", &old], "there is no access key");
    store.json(&["keys", "delete", new]);
    assert_eq!(store.json(&["keys", "list"]), json!([]));
}

#[test]
fn another_master_key_than_that_of_the_other_secrets_makes_no_key() {
    let store = Store::new();
    let (id, _) = store.key("one", &[]);
    fs::remove_file(store.data.join("master-key")).unwrap();
    store.refuses(&["keys", "create", "two"], &format!("the secret of {id} cannot be opened"));
    fs::set_permissions(store.data.join("master-key"), fs::Permissions::from_mode(0o644)).unwrap();
    store.refuses(&["keys", "create", "two"], "everybody may read it");
    store.refuses(&["keys", "create", "two", "--master-key=/nowhere/at/all"], "/nowhere/at/all");
}

#[test]
fn names_policies_and_groups_have_to_be_there_and_right() {
    let store = Store::new();
    store.refuses(&["keys", "create", "deploy er"], "is no name");
    store.refuses(&["keys", "create", "deployer", "--policy=unknown"], "there is no policy unknown");
    store.refuses(&["keys", "create", "deployer", "--group=unknown"], "there is no group unknown");
    store.key("deployer", &[]);
    store.refuses(&["keys", "create", "deployer"], "made with rotate");
    store.refuses(&["keys", "disable", "AKIAUNKNOWN"], "there is no access key");
    store.refuses(&["keys", "list", "--account=12"], "12");
    store.refuses(&["policy", "delete", "TidegateReadOnly"], "predefined");
    store.refuses(&["policy", "attach", "TidegateReadOnly"], "--user");
    let file = store.data.join("policy.json");
    fs::write(&file, r#"{"Statement": [{"Effect": "Perhaps"}]}"#).unwrap();
    store.refuses(&["policy", "put", "odd", file.to_str().unwrap()], "Statement[0].Effect");
    let none = Store::new();
    none.refuses(&["keys", "list"], "there is no journal");
}

#[test]
fn a_policy_is_attached_to_users_groups_and_roles_and_stays_while_it_is() {
    let store = Store::new();
    store.key("deployer", &[]);
    store.policy("ship", &json!({"Statement": [{"Effect": "Allow", "Action": "appconfig:*", "Resource": "*"}]}));
    store.json(&["groups", "create", "crew", "--policy=ship"]);
    store.json(&["groups", "add", "crew", "deployer"]);
    store.json(&["policies", "attach", "ship", "--user=deployer"]);
    store.json(&["roles", "put", "ci", "--policy=ship", "--trust-user=deployer", "--max-session=30m"]);
    store.refuses(&["policy", "delete", "ship"], "attached to user deployer, group crew, role ci");
    store.refuses(&["groups", "delete", "crew"], "has users: deployer");
    let roles = store.json(&["roles", "list"]);
    assert_eq!(roles[0]["Arn"], "arn:aws:iam::000000000000:role/ci");
    assert_eq!(roles[0]["MaxSessionDuration"], 1800);
    assert_eq!(roles[0]["Trusts"], json!(["arn:aws:iam::000000000000:user/deployer"]));
    store.json(&["roles", "delete", "ci"]);
    store.json(&["groups", "remove", "crew", "deployer"]);
    store.json(&["groups", "delete", "crew"]);
    store.json(&["policy", "detach", "ship", "--user=deployer"]);
    store.json(&["policy", "delete", "ship"]);
    store.refuses(&["policy", "show", "ship"], "there is no policy ship");
}

#[test]
fn an_issuer_is_there_as_long_as_a_role_trusts_it() {
    let store = Store::new();
    let trust = "--trust-oidc=issuer=https://issuer.example,audience=tidegate,subject=pods:*";
    store.refuses(&["roles", "put", "pods", trust], "there is no issuer https://issuer.example");
    store.refuses(&["issuers", "put", "http://issuer.example"], "https://");
    store.refuses(&["issuers", "put", "https://issuer.example?x=y"], "query");
    store.json(&["issuers", "put", "https://issuer.example"]);
    store.refuses(&["roles", "put", "pods", "--trust-oidc=issuer=https://issuer.example"], "audience=TEXT");
    store.refuses(&["roles", "put", "pods", "--max-session=13h"], "15m to 12h");
    store.json(&["roles", "put", "pods", trust]);
    store.refuses(&["issuers", "delete", "https://issuer.example"], "the role pods trusts");
    store.json(&["roles", "delete", "pods"]);
    store.json(&["issuers", "delete", "https://issuer.example"]);
    assert_eq!(store.json(&["issuers", "list"]), json!([]));
}

#[test]
fn a_simulation_names_the_statement_that_decides() {
    let store = Store::new();
    let (key, _) = store.key("deployer", &[]);
    let shop = "arn:aws:appconfig:eu-west-1:000000000000:application/abc1234";
    store.policy(
        "ship",
        &json!({"Statement": [
            {"Sid": "Reads", "Effect": "Allow", "Action": "appconfig:Get*", "Resource": "*"},
            {"Sid": "Ships", "Effect": "Allow", "Action": "appconfig:UpdateApplication", "Resource": shop,
             "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        ]}),
    );
    store.policy(
        "never",
        &json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/stage": "live"}}}}),
    );
    store.json(&["groups", "create", "crew", "--policy=ship"]);
    store.json(&["groups", "add", "crew", "deployer"]);
    store.json(&["policy", "attach", "never", "--user=deployer"]);
    let ask = |action: &str, context: &[&str]| {
        let fixed = ["policy", "simulate", "--key", &key, "--action", action, "--resource", shop];
        store.json(&[&fixed, context].concat())
    };
    let read = ask("appconfig:GetApplication", &[]);
    assert_eq!(
        (&read["Decision"], &read["Sid"], &read["Policy"]),
        (&json!("allowed"), &json!("Reads"), &json!("ship"))
    );
    assert_eq!(read["Source"], json!({"Type": "group", "Name": "crew"}));
    assert_eq!(ask("appconfig:UpdateApplication", &[])["Decision"], "implicitDeny");
    let inside = ask("appconfig:UpdateApplication", &["--context=aws:SourceIp=10.1.2.3"]);
    assert_eq!((&inside["Decision"], &inside["Statement"]), (&json!("allowed"), &json!(1)));
    let live = ask("appconfig:GetApplication", &["--context=aws:ResourceTag/stage=live"]);
    assert_eq!((&live["Decision"], &live["Policy"]), (&json!("explicitDeny"), &json!("never")));
    assert_eq!(live["Source"], json!({"Type": "user", "Name": "deployer"}));
    store.json(&["keys", "disable", &key]);
    let text = store.text(&["policy", "simulate", "--key", &key, "--action=appconfig:GetApplication"]);
    assert!(text.contains("allowed: ") && text.contains("but ") && text.contains("is disabled"), "{text}");
    store.refuses(&["policy", "simulate", "--key", &key, "--action=x", "--context=aws:Sky=blue"], "aws:SourceIp");
    store.refuses(&["policy", "simulate", "--key=AKIAX", "--action=x"], "there is no access key AKIAX");
}
