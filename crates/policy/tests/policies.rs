//! What policies allow: a table of small stories, and what holds for all policies.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tidegate_policy::{
    ACTIONS, Context, Decision, Identifiers, MAX_POLICY_BYTES, Place, Policy, Principal, Realm, Request, Touches,
    action, evaluate, evaluate_all, requirements,
};

const APPLICATION: &str = "arn:aws:appconfig:eu-west-1:210000000001:application/abc1234";

const CONTEXT: Context<'_> = Context {
    principal: Principal {
        arn: "arn:aws:iam::210000000001:user/deployer",
        account: "210000000001",
        user_id: "AKIDX",
        user_name: Some("deployer"),
        tags: &[("team", "green")],
    },
    // 2026-01-31T23:59:59Z
    now_ms: 1_769_903_999_000,
    source_ip: Some(IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3))),
    is_secure: true,
    region: "eu-west-1",
    request_tags: &[("stage", "live"), ("level", "7")],
    tag_keys: &["stage", "level"],
};

fn ask(policies: &[Policy], action: &str, resource: &str, context: &Context<'_>) -> Decision {
    evaluate(policies, &Request { action, resource, resource_tags: &[("team", "green"), ("size", "big")], context })
}

fn parse(document: &str) -> Policy {
    Policy::parse(document).unwrap_or_else(|error| panic!("{error}\n{document}"))
}

/// Asks to get the application.
#[track_caller]
fn check(document: &str, expected: Decision) {
    let decision = ask(&[parse(document)], "appconfig:GetApplication", APPLICATION, &CONTEXT);
    assert_eq!(decision, expected, "{document}");
}

fn at(statement: usize) -> Place {
    Place { policy: 0, statement }
}

#[test]
fn statements_decide() {
    let allow = r#"{"Effect":"Allow","Action":"appconfig:Get*","Resource":"*"}"#;
    let deny = r#"{"Sid":"No1","Effect":"Deny","Action":"*","Resource":"*"}"#;
    let other = r#"{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"*"}"#;
    check(&format!(r#"{{"Version":"2012-10-17","Statement":{allow}}}"#), Decision::Allow(at(0)));
    check(&format!(r#"{{"Version":"2008-10-17","Id":"old","Statement":[{allow}]}}"#), Decision::Allow(at(0)));
    check(&format!(r#"{{"Statement":[{other},{allow},{allow}]}}"#), Decision::Allow(at(1)));
    check(&format!(r#"{{"Statement":[{other}]}}"#), Decision::ImplicitDeny);
    check(&format!(r#"{{"Statement":[{allow},{deny}]}}"#), Decision::ExplicitDeny(at(1)));
    check(&format!(r#"{{"Statement":[{deny},{allow}]}}"#), Decision::ExplicitDeny(at(0)));
    let policies =
        [parse(&format!(r#"{{"Statement":{allow}}}"#)), parse(&format!(r#"{{"Statement":[{other},{deny}]}}"#))];
    let decision = ask(&policies, "appconfig:GetApplication", APPLICATION, &CONTEXT);
    assert_eq!(decision, Decision::ExplicitDeny(Place { policy: 1, statement: 1 }));
    assert_eq!(policies[1].statements[1].sid.as_deref(), Some("No1"));
    assert_eq!(
        evaluate([], &Request { action: "a:b", resource: "*", resource_tags: &[], context: &CONTEXT }),
        Decision::ImplicitDeny
    );
}

#[test]
fn actions_and_resources_match() {
    #[track_caller]
    fn check(elements: &str, is_allowed: bool) {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{elements}}}}}"#);
        let decision = ask(&[parse(&document)], "appconfig:GetApplication", APPLICATION, &CONTEXT);
        assert_eq!(decision.is_allowed(), is_allowed, "{elements}");
    }
    let on = |resource: &str| format!(r#""Action":"*","Resource":"{resource}""#);
    let to = |action: &str| format!(r#""Action":"{action}","Resource":"*""#);
    for action in ["*", "appconfig:*", "appconfig:GetApplication", "APPCONFIG:getapplication", "appconfig:G?t*n"] {
        check(&to(action), true);
    }
    for action in ["appconfig:GetApplications", "appconfig:Get", "appconfig:?", "ssm:*", "appconfigdata:*"] {
        check(&to(action), false);
    }
    check(r#""Action":["ssm:*","appconfig:Get*"],"Resource":"*""#, true);
    check(r#""NotAction":"appconfig:Delete*","Resource":"*""#, true);
    check(r#""NotAction":["appconfig:Delete*","appconfig:Get*"],"Resource":"*""#, false);
    for resource in [
        "*",
        "arn:aws:appconfig:eu-west-1:210000000001:application/abc1234",
        "arn:aws:appconfig:*:*:application/abc1234",
        "arn:aws:appconfig:*:*:application/*",
        "arn:aws:appconfig:eu-west-?:210000000001:*",
        "arn:*",
        "arn:aws:appconfig:${aws:RequestedRegion}:${aws:PrincipalAccount}:application/abc1234",
        "arn:aws:appconfig:*:*:application/abc1234*",
    ] {
        check(&on(resource), true);
    }
    for resource in [
        "arn:aws:appconfig:eu-west-1:210000000001:application/ABC1234",
        "arn:aws:appconfig:eu-west-1:210000000001:application/abc123",
        "arn:aws:appconfig:eu-west-1:210000000001:application/abc1234/*",
        "arn:aws:appconfig:eu-west-1:210000000001:application/${aws:username}",
        "arn:aws:appconfig:eu-west-1:210000000001:application/${*}",
        "arn:aws:appconfig:us-*:210000000001:application/abc1234",
    ] {
        check(&on(resource), false);
        check(&on(resource).replace("\"Resource\"", "\"NotResource\""), true);
    }
}

#[test]
fn conditions_hold() {
    #[track_caller]
    fn check(operator: &str, key: &str, values: &str, holds: bool) {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{{"{operator}":{{"{key}":{values}}}}}}}}}"#
        );
        let decision = ask(&[parse(&document)], "appconfig:GetApplication", APPLICATION, &CONTEXT);
        assert_eq!(decision.is_allowed(), holds, "{operator} {key} {values}");
    }
    /// An operator and its opposite.
    #[track_caller]
    fn both(operator: &str, opposite: &str, key: &str, values: &str, holds: bool) {
        check(operator, key, values, holds);
        check(opposite, key, values, !holds);
    }
    let string = |key, values, holds| both("StringEquals", "StringNotEquals", key, values, holds);
    string("aws:username", r#""deployer""#, true);
    string("AWS:UserName", r#"["x","deployer"]"#, true);
    string("aws:username", r#""Deployer""#, false);
    string("aws:username", r#""deploy*""#, false);
    string("aws:ResourceTag/team", r#""green""#, true);
    string("aws:resourcetag/TEAM", r#""green""#, true);
    string("aws:ResourceTag/none", r#""green""#, false);
    string("aws:ResourceTag/team", r#""${aws:PrincipalTag/team}""#, true);
    string("aws:RequestTag/stage", r#"["live","test"]"#, true);
    string("aws:SourceIp", r#""10.1.2.3""#, true);
    string("aws:SecureTransport", "true", true);
    string("aws:EpochTime", "1769903999", true);
    string("aws:CurrentTime", r#""2026-01-31T23:59:59Z""#, true);
    string("aws:PrincipalAccount", "210000000001", true);
    string("aws:userid", r#""AKIDX""#, true);
    let like = |key, values, holds| both("StringLike", "StringNotLike", key, values, holds);
    like("aws:username", r#""dep*r""#, true);
    like("aws:username", r#""d?p*r""#, true);
    like("aws:username", r#""${aws:username}*""#, true);
    like("aws:username", r#""dep${*}r""#, false);
    let ignoring_case =
        |key, values, holds| both("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", key, values, holds);
    ignoring_case("aws:username", r#""DePlOyEr""#, true);
    ignoring_case("aws:username", r#""DePlOyErs""#, false);
    let arn = |values, holds| {
        both("ArnLike", "ArnNotLike", "aws:PrincipalArn", values, holds);
        both("ArnEquals", "ArnNotEquals", "aws:PrincipalArn", values, holds);
    };
    arn(r#""arn:aws:iam::210000000001:user/*""#, true);
    arn(r#""arn:*:iam::*:user/deployer""#, true);
    arn(r#""arn:aws:iam:*:210000000001:role/*""#, false);
    arn(r#""arn:aws:*:deployer:*:*""#, false);
    let ip = |values, holds| both("IpAddress", "NotIpAddress", "aws:SourceIp", values, holds);
    ip(r#""10.0.0.0/8""#, true);
    ip(r#""10.1.2.3""#, true);
    ip(r#""10.1.2.2/31""#, true);
    ip(r#""10.1.2.4/31""#, false);
    ip(r#""0.0.0.0/0""#, true);
    ip(r#""::/0""#, false);
    ip(r#"["192.168.0.0/16","2001:db8::/32"]"#, false);
    check("NumericEquals", "aws:RequestTag/level", "7", true);
    check("NumericEquals", "aws:RequestTag/level", r#""7.0""#, true);
    check("NumericNotEquals", "aws:RequestTag/level", "7", false);
    check("NumericLessThan", "aws:RequestTag/level", "[3, 8]", true);
    check("NumericLessThanEquals", "aws:RequestTag/level", "6", false);
    check("NumericGreaterThan", "aws:RequestTag/level", "6", true);
    check("NumericGreaterThanEquals", "aws:RequestTag/level", "7", true);
    check("NumericEquals", "aws:RequestTag/stage", "7", false);
    check("NumericNotEquals", "aws:RequestTag/stage", "7", true);
    check("DateLessThan", "aws:CurrentTime", r#""2026-02-01""#, true);
    check("DateLessThan", "aws:CurrentTime", r#""2026-01-31T23:59:59Z""#, false);
    check("DateLessThanEquals", "aws:CurrentTime", r#""2026-02-01T00:59:59+01:00""#, true);
    check("DateGreaterThan", "aws:CurrentTime", r#""2026-01-31T23:59:58Z""#, true);
    check("DateGreaterThanEquals", "aws:EpochTime", "1769903999", true);
    check("DateEquals", "aws:EpochTime", r#""2026-01-31T23:59:59Z""#, true);
    check("DateNotEquals", "aws:EpochTime", "0", true);
    check("Bool", "aws:SecureTransport", "true", true);
    check("Bool", "aws:SecureTransport", r#""False""#, false);
    check("Null", "aws:ResourceTag/none", "true", true);
    check("Null", "aws:ResourceTag/team", r#""true""#, false);
    check("Null", "aws:TagKeys", "false", true);
    check("StringEqualsIfExists", "aws:ResourceTag/none", r#""x""#, true);
    check("StringEqualsIfExists", "aws:ResourceTag/team", r#""x""#, false);
    check("BoolIfExists", "aws:ResourceTag/none", "true", true);
    check("ForAllValues:StringEquals", "aws:TagKeys", r#"["stage","level","more"]"#, true);
    check("ForAllValues:StringEquals", "aws:TagKeys", r#"["stage"]"#, false);
    check("ForAllValues:StringEquals", "aws:ResourceTag/none", r#""x""#, true);
    check("ForAllValues:StringNotLike", "aws:TagKeys", r#""aws:*""#, true);
    check("ForAllValues:StringNotLike", "aws:TagKeys", r#""le*""#, false);
    check("ForAnyValue:StringEquals", "aws:TagKeys", r#"["stage"]"#, true);
    check("ForAnyValue:StringLike", "aws:TagKeys", r#""x*""#, false);
    check("ForAnyValue:StringEquals", "aws:ResourceTag/none", r#""x""#, false);
    check("ForAnyValue:StringNotEquals", "aws:TagKeys", r#""stage""#, true);
}

#[test]
fn all_conditions_have_to_hold() {
    let document = |team: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{
            "Bool":{{"aws:SecureTransport":true}},
            "StringEquals":{{"aws:username":"deployer","aws:ResourceTag/team":"{team}"}}}}}}}}"#
        )
    };
    check(&document("green"), Decision::Allow(at(0)));
    check(&document("blue"), Decision::ImplicitDeny);
}

#[test]
fn a_variable_without_a_value_allows_nothing_and_hinders_no_deny() {
    let nobody = Context { principal: Principal { user_name: None, ..CONTEXT.principal }, ..CONTEXT };
    let check = |statement: &str, expected| {
        let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let statements = if statement.contains("Deny") { format!("{statement},{allow}") } else { statement.to_owned() };
        let policy = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
        assert_eq!(ask(&[policy], "appconfig:GetApplication", APPLICATION, &nobody), expected, "{statement}");
    };
    let arn = "arn:aws:appconfig:*:*:application/${aws:username}";
    check(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{arn}"}}"#), Decision::ImplicitDeny);
    check(&format!(r#"{{"Effect":"Allow","Action":"*","NotResource":"{arn}"}}"#), Decision::ImplicitDeny);
    check(&format!(r#"{{"Effect":"Deny","Action":"*","NotResource":"{arn}"}}"#), Decision::ExplicitDeny(at(0)));
    check(&format!(r#"{{"Effect":"Deny","Action":"*","Resource":"{arn}"}}"#), Decision::Allow(at(1)));
    let on = |effect: &str, operator: &str| {
        format!(
            r#"{{"Effect":"{effect}","Action":"*","Resource":"*",
            "Condition":{{"{operator}":{{"aws:userid":"${{aws:username}}"}}}}}}"#
        )
    };
    check(&on("Allow", "StringEquals"), Decision::ImplicitDeny);
    check(&on("Allow", "StringNotEquals"), Decision::ImplicitDeny);
    check(&on("Deny", "StringNotEquals"), Decision::ExplicitDeny(at(0)));
}

#[test]
fn a_value_of_a_variable_is_text_and_no_pattern() {
    let star = Context { principal: Principal { user_name: Some("*"), ..CONTEXT.principal }, ..CONTEXT };
    let policy = parse(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",
        "Resource":"arn:aws:appconfig:*:*:application/${aws:username}"}}"#,
    );
    assert_eq!(ask(&[policy], "appconfig:GetApplication", APPLICATION, &star), Decision::ImplicitDeny);
}

#[test]
fn an_ipv4_address_in_ipv6_is_one() {
    let mapped = Context { source_ip: Some("::ffff:10.1.2.3".parse().unwrap()), ..CONTEXT };
    let policy = parse(
        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}"#,
    );
    assert!(ask(std::slice::from_ref(&policy), "a:b", "*", &mapped).is_allowed());
    assert!(!ask(&[policy], "a:b", "*", &Context { source_ip: None, ..CONTEXT }).is_allowed());
}

#[test]
fn mistakes_are_named() {
    #[track_caller]
    fn check(document: &str, expected: &str) {
        let error = Policy::parse(document).expect_err(document).to_string();
        assert!(error.starts_with(expected), "{document}\n{error}");
    }
    #[track_caller]
    fn statement(elements: &str, expected: &str) {
        check(&format!(r#"{{"Version":"2012-10-17","Statement":[{{{elements}}}]}}"#), expected);
    }
    #[track_caller]
    fn condition(condition: &str, expected: &str) {
        let elements = format!(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}"#);
        statement(&elements, &format!("Statement[0].Condition{expected}"));
    }
    let good = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    check("", "The policy is not valid JSON");
    check("[]", "The policy has to be an object and is a list");
    check("{}", "The policy has no Statement");
    check(&"[".repeat(1000), "The policy is not valid JSON");
    check(
        &format!(r#"{{"Statement":{good}}}{}"#, " ".repeat(MAX_POLICY_BYTES)),
        "The policy is longer than 20480 bytes",
    );
    check(r#"{"Statement":[]}"#, "Statement is an empty list");
    check(
        &format!(r#"{{"Statement":{good},"Statement":{good}}}"#),
        "The policy is not valid JSON: the key \"Statement\" is there twice",
    );
    check(&format!(r#"{{"Version":"2012-10-18","Statement":{good}}}"#), "Version has to be");
    check(&format!(r#"{{"version":"2012-10-17","Statement":{good}}}"#), "version is not an element");
    check(
        r#"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}"#,
        "Statement[1].Sid is that of another statement",
    );
    check(
        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:appconfig:*:*:application/${aws:username}"}}"#,
        "Statement.Resource has a '${': variables need \"Version\"",
    );
    statement(r#""Action":"*","Resource":"*""#, "Statement[0] has no Effect");
    statement(r#""Effect":"allow","Action":"*","Resource":"*""#, "Statement[0].Effect has to be");
    statement(r#""Effect":"Allow","Resource":"*""#, "Statement[0] has no Action");
    statement(r#""Effect":"Allow","Action":"*""#, "Statement[0] has no Resource");
    statement(
        r#""Effect":"Allow","Action":"*","NotAction":"*","Resource":"*""#,
        "Statement[0] has Action and NotAction",
    );
    statement(r#""Effect":"Allow","Action":[],"Resource":"*""#, "Statement[0].Action is an empty list");
    statement(
        r#""Effect":"Allow","Action":["*",1],"Resource":"*""#,
        "Statement[0].Action has to be a string and is a number",
    );
    statement(
        r#""Effect":"Allow","Action":["*","GetApplication"],"Resource":"*""#,
        "Statement[0].Action[1] has to be '*' or",
    );
    statement(r#""Effect":"Allow","Action":"app*:Get","Resource":"*""#, "Statement[0].Action has to be '*' or");
    statement(
        r#""Effect":"Allow","Action":"appconfig:${aws:username}","Resource":"*""#,
        "Statement[0].Action has to be '*' or",
    );
    statement(
        r#""Effect":"Allow","Action":"*","Resource":"application/x""#,
        "Statement[0].Resource has to be '*' or an ARN",
    );
    statement(
        r#""Effect":"Allow","Action":"*","Resource":"arn:aws:x""#,
        "Statement[0].Resource has to be '*' or an ARN",
    );
    statement(
        r#""Effect":"Allow","Action":"*","Resource":"arn:aws:appconfig:::${aws:TagKeys}""#,
        "Statement[0].Resource has the variable",
    );
    statement(
        r#""Effect":"Allow","Action":"*","Resource":"arn:aws:appconfig:::${aws:username""#,
        "Statement[0].Resource has a '${' without",
    );
    statement(
        r#""Effect":"Allow","Action":"*","Resource":"*","Principal":"*""#,
        "Statement[0].Principal is not for identity policies",
    );
    statement(
        r#""Effect":"Allow","Action":"*","Resource":"*","Conditions":{}"#,
        "Statement[0].Conditions is not an element",
    );
    statement(
        r#""Sid":"a b","Effect":"Allow","Action":"*","Resource":"*""#,
        "Statement[0].Sid has to be letters and digits",
    );
    condition("[]", " has to be an object");
    condition(r#"{"StringIs":{"aws:username":"x"}}"#, ".StringIs.aws:username has an unknown operator");
    condition(
        r#"{"ForSome:StringEquals":{"aws:username":"x"}}"#,
        ".ForSome:StringEquals.aws:username has an unknown prefix",
    );
    condition(r#"{"NullIfExists":{"aws:username":"true"}}"#, ".NullIfExists.aws:username has Null with");
    condition(r#"{"StringEquals":{"aws:nobody":"x"}}"#, ".StringEquals.aws:nobody is not a known key");
    condition(r#"{"StringEquals":{"aws:ResourceTag/":"x"}}"#, ".StringEquals.aws:ResourceTag/ is not a known key");
    condition(r#"{"StringEquals":{"aws:TagKeys":"x"}}"#, ".StringEquals.aws:TagKeys has several values");
    condition(r#"{"StringEquals":{"aws:username":[]}}"#, ".StringEquals.aws:username is an empty list");
    condition(
        r#"{"StringEquals":{"aws:username":{}}}"#,
        ".StringEquals.aws:username has to be a string and is an object",
    );
    condition(r#"{"IpAddress":{"aws:username":"10.0.0.1"}}"#, ".IpAddress.aws:username is of another type");
    for range in ["10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "all"] {
        condition(&format!(r#"{{"IpAddress":{{"aws:SourceIp":"{range}"}}}}"#), ".IpAddress.aws:SourceIp has");
    }
    for date in ["yesterday", "2026-02-30", "2026-01-01T00:00:00", "2026-13-01", "99999999999999999999", ""] {
        condition(
            &format!(r#"{{"DateLessThan":{{"aws:CurrentTime":"{date}"}}}}"#),
            ".DateLessThan.aws:CurrentTime has",
        );
    }
    condition(
        r#"{"Bool":{"aws:SecureTransport":"yes"}}"#,
        ".Bool.aws:SecureTransport has \"yes\", which is not true or false",
    );
    condition(r#"{"ArnLike":{"aws:PrincipalArn":"*"}}"#, ".ArnLike.aws:PrincipalArn has \"*\", which is not an ARN");
    condition(
        &format!(r#"{{"StringLike":{{"aws:username":"*{}?*"}}}}"#, "a".repeat(64)),
        ".StringLike.aws:username has a piece with a '?'",
    );
}

#[test]
fn an_answer_can_be_kept_when_nothing_that_changes_is_looked_at() {
    let is_steady = |elements: &str| {
        parse(&format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*",{elements}}}}}"#))
            .is_steady()
    };
    assert!(is_steady(r#""Resource":"*""#));
    assert!(is_steady(r#""Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/a":"${aws:username}"}}"#));
    assert!(!is_steady(r#""Resource":"arn:aws:appconfig:::${aws:SourceIp}""#));
    assert!(!is_steady(r#""Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01"}}"#));
    assert!(!is_steady(r#""Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:CurrentTime}"}}"#));
}

#[test]
fn actions_that_there_are_none_of_are_shown() {
    let policy = parse(
        r#"{"Statement":{"Effect":"Allow","Action":["appconfig:GetAplication","appconfig:List*","ssm:Nothing","*"],"Resource":"*"}}"#,
    );
    assert_eq!(policy.unknown_actions().collect::<Vec<_>>(), ["appconfig:GetAplication"]);
}

#[test]
fn every_operation_is_an_action_and_every_action_an_operation() {
    let operations = || tidegate_model::appconfig::OPERATIONS.iter().chain(tidegate_model::appconfigdata::OPERATIONS);
    for operation in operations() {
        assert!(action(operation.name).is_some(), "{} is no action", operation.name);
    }
    for action in ACTIONS {
        assert!(operations().any(|operation| operation.name == action.name), "{} is no operation", action.name);
        // Whoever sets tags while making something needs the right to.
        let makes_tagged = operations()
            .find(|operation| operation.name == action.name)
            .is_some_and(|operation| operation.input.members.iter().any(|member| member.name == "Tags"));
        assert_eq!(action.makes.is_some(), makes_tagged && action.touches != Touches::Tagged, "{}", action.name);
    }
    assert!(ACTIONS.is_sorted_by_key(|action| action.name));
}

#[test]
fn operations_need_each_of_their_resources() {
    #[track_caller]
    fn check(operation: &str, ids: &Identifiers<'_>, sets_tags: bool, expected: &[&str]) {
        let realm = Realm { partition: "aws", region: "eu-west-1", account: "210000000001" };
        let needed = requirements(operation, realm, ids, sets_tags);
        let shown: Vec<_> = needed
            .iter()
            .map(|needed| {
                let resource = needed.resource.replace("arn:aws:appconfig:eu-west-1:210000000001:", "");
                format!("{} {resource}", needed.action.name)
            })
            .collect();
        assert_eq!(shown, expected);
    }
    let ids = Identifiers {
        application: Some("app"),
        environment: Some("env"),
        profile: Some("pro"),
        deployment: Some("3"),
        strategy: Some("AppConfig.AllAtOnce"),
        definition: Some("def"),
        ..Identifiers::default()
    };
    check("ListApplications", &ids, false, &["ListApplications *"]);
    check("GetApplication", &ids, false, &["GetApplication application/app"]);
    check(
        "StartConfigurationSession",
        &ids,
        false,
        &["StartConfigurationSession application/app/environment/env/configuration/pro"],
    );
    check(
        "GetLatestConfiguration",
        &ids,
        false,
        &["GetLatestConfiguration application/app/environment/env/configuration/pro"],
    );
    check(
        "StartDeployment",
        &ids,
        true,
        &[
            "StartDeployment application/app",
            "StartDeployment application/app/configurationprofile/pro",
            "StartDeployment deploymentstrategy/AppConfig.AllAtOnce",
            "StartDeployment application/app/environment/env",
            "TagResource application/app/environment/env/deployment/*",
        ],
    );
    check(
        "StartExperimentRun",
        &ids,
        false,
        &[
            "StartExperimentRun application/app",
            "StartExperimentRun application/app/experimentdefinition/def",
            "StartDeployment application/app",
            "StartDeployment application/app/configurationprofile/pro",
            "StartDeployment application/app/environment/env",
        ],
    );
    check("CreateApplication", &ids, true, &["CreateApplication *", "TagResource application/*"]);
    check("CreateEnvironment", &ids, false, &["CreateEnvironment application/app"]);
    check("TagResource", &Identifiers { tagged: Some("arn:x"), ..ids }, false, &["TagResource arn:x"]);
    check("TagResource", &ids, false, &["TagResource *"]);
    check(
        "GetApplication",
        &Identifiers { application: Some("a/environment/*:ü"), ..ids },
        false,
        &["GetApplication application/a%2Fenvironment%2F%2A%3A%C3%BC"],
    );
    check(
        "GetExtension",
        &Identifiers { extension: Some("AWS.AppConfig.FeatureFlags"), extension_version: Some("1"), ..ids },
        false,
        &["GetExtension arn:aws:appconfig:eu-west-1::extension/AWS.AppConfig.FeatureFlags/1"],
    );
    check("Nothing", &ids, false, &[]);
}

#[test]
fn all_of_several_have_to_be_allowed() {
    let policy = parse(
        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:appconfig:*:*:application/abc1234"}}"#,
    );
    let request = |resource| Request { action: "appconfig:X", resource, resource_tags: &[], context: &CONTEXT };
    let (good, bad) = (request(APPLICATION), request("arn:aws:appconfig:eu-west-1:210000000001:application/other12"));
    assert_eq!(evaluate_all([&policy], [&good, &good]), None);
    assert_eq!(evaluate_all([&policy], [&good, &bad]), Some((1, Decision::ImplicitDeny)));
}

#[test]
fn hostile_wildcards_do_not_stall() {
    let check = |pattern: &str, text: &str| {
        let document = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringLike":{{"aws:ResourceTag/team":"{pattern}"}}}}}}}}"#
        );
        let policy = parse(&document);
        let tags = [("team", text)];
        let request = Request { action: "a:b", resource: "*", resource_tags: &tags, context: &CONTEXT };
        let start = Instant::now();
        let decision = evaluate([&policy], &request);
        assert!(start.elapsed() < Duration::from_secs(1), "{pattern} took {:?}", start.elapsed());
        assert_eq!(decision, Decision::ImplicitDeny);
    };
    let text = "a".repeat(100_000);
    check(&format!("{}b", "*a".repeat(1000)), &text);
    check(&format!("*{}b", "a".repeat(2000)), &text);
    check(&format!("{}*b", "*?".repeat(1000)), &text);
    check(&format!("*{}b*", "?".repeat(60)), &text);
    check(&"*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?b*".repeat(30), &text);
}

/// Whether a pattern matches, the slow and plain way.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skipped| naive(rest, &text[skipped..])),
        ['?', rest @ ..] => !text.is_empty() && naive(rest, &text[1..]),
        [char, rest @ ..] => text.first() == Some(char) && naive(rest, &text[1..]),
    }
}

/// A statement that may apply to the request.
fn statement(effect: &'static str) -> impl Strategy<Value = String> {
    let action = proptest::sample::select(vec!["*", "appconfig:Get*", "appconfig:Delete*", "ssm:*"]);
    let resource =
        proptest::sample::select(vec!["*", APPLICATION, "arn:aws:appconfig:*:*:application/?bc*", "arn:aws:s3:::x"]);
    let condition = proptest::sample::select(vec![
        "{}",
        r#"{"Bool":{"aws:SecureTransport":false}}"#,
        r#"{"StringLike":{"aws:username":"d*"}}"#,
        r#"{"StringNotEquals":{"aws:ResourceTag/none":"${aws:ResourceTag/none}"}}"#,
    ]);
    let negation = (any::<bool>(), any::<bool>());
    (action, resource, condition, negation).prop_map(move |(action, resource, condition, (no_action, no_resource))| {
        let not = |is| if is { "Not" } else { "" };
        format!(
            r#"{{"Effect":"{effect}","{}Action":"{action}","{}Resource":"{resource}","Condition":{condition}}}"#,
            not(no_action),
            not(no_resource),
        )
    })
}

fn statements() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(prop_oneof![statement("Allow"), statement("Deny")], 1..6)
}

fn policy(statements: &[String]) -> Policy {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")))
}

fn get(statements: &[String]) -> Decision {
    ask(&[policy(statements)], "appconfig:GetApplication", APPLICATION, &CONTEXT)
}

proptest! {
    #[test]
    fn wildcards_match_as_a_naive_matcher_says(pattern in "[ab?*ü]{0,10}", text in "[abü]{0,10}") {
        let document = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringLike":{{"aws:ResourceTag/x":"{pattern}"}}}}}}}}"#
        );
        let tags = [("x", &*text)];
        let request = Request { action: "a:b", resource: "*", resource_tags: &tags, context: &CONTEXT };
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(evaluate([&parse(&document)], &request).is_allowed(), naive(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn a_deny_that_applies_always_wins(statements in statements(), at in any::<proptest::sample::Index>()) {
        let mut denied = statements.clone();
        denied.insert(at.index(statements.len() + 1), r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#.to_owned());
        prop_assert!(matches!(get(&denied), Decision::ExplicitDeny(_)));
    }

    #[test]
    fn one_more_allow_takes_nothing_away(statements in statements(), more in statement("Allow"), at in any::<proptest::sample::Index>()) {
        let mut longer = statements.clone();
        longer.insert(at.index(statements.len() + 1), more);
        if get(&statements).is_allowed() {
            prop_assert!(get(&longer).is_allowed());
        }
        if matches!(get(&statements), Decision::ExplicitDeny(_)) {
            prop_assert!(matches!(get(&longer), Decision::ExplicitDeny(_)));
        }
    }

    #[test]
    fn one_more_deny_gives_nothing(statements in statements(), more in statement("Deny")) {
        let mut longer = statements.clone();
        longer.push(more);
        prop_assert!(!get(&longer).is_allowed() || get(&statements).is_allowed());
    }

    #[test]
    fn the_order_and_the_grouping_of_statements_do_not_matter(statements in statements()) {
        let reversed: Vec<_> = statements.iter().rev().cloned().collect();
        prop_assert_eq!(get(&statements).is_allowed(), get(&reversed).is_allowed());
        let apart: Vec<_> = statements.iter().map(|one| policy(std::slice::from_ref(one))).collect();
        let decision = ask(&apart, "appconfig:GetApplication", APPLICATION, &CONTEXT);
        prop_assert_eq!(get(&statements).is_allowed(), decision.is_allowed());
    }

    #[test]
    fn the_deciding_statement_decides_alone(statements in statements()) {
        match get(&statements) {
            Decision::Allow(place) => prop_assert!(get(&statements[place.statement..=place.statement]).is_allowed()),
            Decision::ExplicitDeny(place) => {
                let alone = get(&statements[place.statement..=place.statement]);
                prop_assert!(matches!(alone, Decision::ExplicitDeny(_)));
            }
            Decision::ImplicitDeny => {}
        }
    }

    #[test]
    fn no_document_is_too_odd(text in "[\\PC]{0,200}", json in "[{}\\[\\]\":,a-zA-Z*?$]{0,200}") {
        tidegate_policy::fuzz::policy_and_request(text.as_bytes());
        tidegate_policy::fuzz::policy_and_request(json.as_bytes());
    }
}
