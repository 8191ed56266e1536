//! `tidegate policy simulate`: may this key do that, and which statement says so.

use std::net::IpAddr;

use serde_json::json;
use tidegate_domain::identity::{Holder, Identities, Role, User};
use tidegate_policy::{Context, Decision, Principal, Request};
use tidegate_server::access::{Grant, decide, grants_of_role, grants_of_user};
use tidegate_server::clock::system_now_ms;

use super::Shown;
use super::options::SimulateOptions;
use crate::problem::Problem;
use crate::when::When;

/// What `--context` says.
struct Circumstances<'a> {
    now_ms: i64,
    source_ip: Option<IpAddr>,
    is_secure: bool,
    region: &'a str,
    resource_tags: Vec<(&'a str, &'a str)>,
    request_tags: Vec<(&'a str, &'a str)>,
    principal_tags: Vec<(&'a str, &'a str)>,
    tag_keys: Vec<&'a str>,
}

pub(super) fn simulate(identities: &Identities, options: &SimulateOptions) -> Result<Shown, Problem> {
    let mut note = None;
    let (arn, account, user_id, user_name, tags, grants) = match (&options.key, &options.role) {
        (Some(id), _) => {
            let key = identities.key(id).ok_or_else(|| Problem::new(format!("there is no access key {id}")))?;
            let user: &User = identities
                .user(&key.account, &key.user)
                .ok_or_else(|| Problem::new(format!("the user of {id} is gone")))?;
            if !key.is_active {
                note = Some(format!("{id} is disabled: it is let in nowhere, whatever its policies allow"));
            }
            let arn = format!("arn:aws:iam::{}:user/{}", user.account, user.name);
            let tags = user.tags.clone();
            (
                arn,
                user.account.clone(),
                user.id.clone(),
                Some(user.name.as_str()),
                tags,
                grants_of_user(identities, user),
            )
        }
        (None, Some(name)) => {
            let account = options.access.account()?;
            let role: &Role = identities
                .role(&account, name)
                .ok_or_else(|| Problem::new(format!("there is no role {name} in account {account}")))?;
            let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/simulation");
            let user_id = format!("{}:simulation", role.id);
            (arn, account, user_id, None, Default::default(), grants_of_role(identities, role))
        }
        (None, None) => return Err(Problem::new("say who would ask, with --key or --role")),
    };
    let mut given = read_context(options)?;
    given.principal_tags.extend(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let principal =
        Principal { arn: &arn, account: account.as_str(), user_id: &user_id, user_name, tags: &given.principal_tags };
    let context = Context {
        principal,
        now_ms: given.now_ms,
        source_ip: given.source_ip,
        is_secure: given.is_secure,
        region: given.region,
        request_tags: &given.request_tags,
        tag_keys: &given.tag_keys,
    };
    let request = Request {
        action: &options.action,
        resource: &options.resource,
        resource_tags: &given.resource_tags,
        context: &context,
    };
    let (decision, grant) = decide(&grants, &request);
    Ok(answer(options, &arn, decision, grant, note))
}

fn answer(
    options: &SimulateOptions,
    arn: &str,
    decision: Decision,
    grant: Option<&Grant>,
    note: Option<String>,
) -> Shown {
    let SimulateOptions { action, resource, .. } = options;
    let verdict = match decision {
        Decision::Allow(_) => "allowed",
        Decision::ExplicitDeny(_) => "explicitDeny",
        Decision::ImplicitDeny => "implicitDeny",
    };
    let place = match (decision, grant) {
        (Decision::Allow(place) | Decision::ExplicitDeny(place), Some(grant)) => Some((place.statement, grant)),
        _ => None,
    };
    let sid = place.and_then(|(index, grant)| grant.policy.statements[index].sid.clone());
    let because = match &place {
        Some((index, grant)) => {
            let sid = sid.as_ref().map(|sid| format!(" {sid:?}")).unwrap_or_default();
            format!("statement {index}{sid} of policy {} of {} says so", grant.name, grant.holder)
        }
        None => "no statement allows it".to_owned(),
    };
    let said = if decision.is_allowed() { "allowed" } else { "denied" };
    let mut text = format!(
        "{said}: {arn} may {}{action} on {resource}\n  {because}\n",
        if decision.is_allowed() { "" } else { "not " }
    );
    if let Some(note) = &note {
        text.push_str(&format!("  but {note}\n"));
    }
    let source = place.map(|(_, grant)| match &grant.holder {
        Holder::User(name) => json!({"Type": "user", "Name": name}),
        Holder::Group(name) => json!({"Type": "group", "Name": name}),
        Holder::Role(name) => json!({"Type": "role", "Name": name}),
    });
    let json = json!({
        "Principal": arn,
        "Action": action,
        "Resource": resource,
        "Decision": verdict,
        "IsAllowed": decision.is_allowed(),
        "Policy": place.map(|(_, grant)| &*grant.name),
        "Source": source,
        "Statement": place.map(|(index, _)| index),
        "Sid": sid,
        "Note": note,
    });
    Shown { text, json }
}

fn read_context(options: &SimulateOptions) -> Result<Circumstances<'_>, Problem> {
    let region = options.resource.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or("us-east-1");
    let mut given = Circumstances {
        now_ms: system_now_ms(),
        source_ip: None,
        is_secure: false,
        region,
        resource_tags: Vec::new(),
        request_tags: Vec::new(),
        principal_tags: Vec::new(),
        tag_keys: Vec::new(),
    };
    for (key, value) in &options.context {
        let wrong = |what: &str| Problem::new(format!("--context {key}={value}: {what}"));
        let lower = key.to_ascii_lowercase();
        let tag = key.split_once('/').map(|(_, tag)| tag);
        match (lower.split('/').next().unwrap_or_default(), tag) {
            ("aws:sourceip", None) => {
                given.source_ip = Some(value.parse().map_err(|_| wrong("that is no address"))?);
            }
            ("aws:currenttime", None) => {
                given.now_ms = value.parse::<When>().map_err(wrong)?.0;
            }
            ("aws:securetransport", None) => {
                given.is_secure = value.parse().map_err(|_| wrong("true or false"))?;
            }
            ("aws:requestedregion", None) => given.region = value,
            ("aws:tagkeys", None) => given.tag_keys.push(value),
            ("aws:resourcetag", Some(tag)) => given.resource_tags.push((tag, value)),
            ("aws:requesttag", Some(tag)) => {
                given.request_tags.push((tag, value));
                given.tag_keys.push(tag);
            }
            ("aws:principaltag", Some(tag)) => given.principal_tags.push((tag, value)),
            _ => {
                return Err(wrong("that key is not known").hint(
                    "known are aws:SourceIp, aws:CurrentTime, aws:SecureTransport, aws:RequestedRegion, aws:TagKeys, \
                     aws:ResourceTag/KEY, aws:RequestTag/KEY and aws:PrincipalTag/KEY",
                ));
            }
        }
    }
    Ok(given)
}
