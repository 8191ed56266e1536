//! Identities as tables for people and as JSON for programs.

use serde_json::{Value, json};
use tidegate_domain::Account;
use tidegate_domain::identity::{
    AccessKey, Identities, IssuerKeys, PREDEFINED_POLICIES, Trust, TrustedPrincipal, User,
};

use super::Shown;

pub(super) fn new_key(key: &AccessKey, account: &Account, secret: &str, user: &Option<User>) -> Shown {
    let has_policies = user.as_ref().is_some_and(|user| !user.policies.is_empty() || !user.groups.is_empty());
    let mut text = format!(
        "access key of user {} in account {account}; the secret is not shown again\n\n  \
           export AWS_ACCESS_KEY_ID={}\n  \
           export AWS_SECRET_ACCESS_KEY={secret}\n",
        key.user, key.id
    );
    if let Some(old) = &key.replaces {
        text.push_str(&format!("\n{old} goes on until it is disabled or deleted.\n"));
    } else if !has_policies {
        let user = &key.user;
        text.push_str(&format!(
            "\nIt has no policy and may do nothing yet: tidegate policy attach TidegateFullAccess --user {user}\n"
        ));
    }
    let json = json!({
        "AccessKeyId": key.id,
        "SecretAccessKey": secret,
        "UserName": key.user,
        "AccountId": account.as_str(),
        "Status": status(key),
        "CreateDate": time(key.created_at_ms),
        "Replaces": key.replaces,
    });
    Shown { text, json }
}

pub(super) fn keys(identities: &Identities, only: Option<&Account>) -> Shown {
    let mut rows = vec![
        ["ACCESS KEY", "ACCOUNT", "USER", "STATUS", "CREATED", "LAST ROTATED", "POLICIES", "GROUPS"].map(str::to_owned),
    ];
    let mut json = Vec::new();
    for key in identities.keys().filter(|it| only.is_none_or(|only| it.account == *only)) {
        let user = identities.user(&key.account, &key.user);
        let (policies, groups) = user.map_or((&[][..], &[][..]), |user| (&user.policies[..], &user.groups[..]));
        let rotated = user.and_then(|user| user.rotated_at_ms).map(time);
        rows.push([
            key.id.clone(),
            key.account.to_string(),
            key.user.clone(),
            status(key).into(),
            time(key.created_at_ms),
            rotated.clone().unwrap_or_else(|| "-".into()),
            list(policies),
            list(groups),
        ]);
        json.push(json!({
            "AccessKeyId": key.id,
            "AccountId": key.account.as_str(),
            "UserName": key.user,
            "UserId": user.map(|user| &user.id),
            "Status": status(key),
            "CreateDate": time(key.created_at_ms),
            "LastRotated": rotated,
            "Policies": policies,
            "Groups": groups,
            "Tags": user.map(|user| &user.tags),
        }));
    }
    Shown { text: table(&rows), json: Value::Array(json) }
}

pub(super) fn groups(identities: &Identities, only: Option<&Account>) -> Shown {
    let mut rows = vec![["GROUP", "ACCOUNT", "POLICIES", "USERS"].map(str::to_owned)];
    let mut json = Vec::new();
    for group in identities.groups().filter(|it| only.is_none_or(|only| it.account == *only)) {
        let users = identities.members(&group.account, &group.name);
        let users: Vec<String> = users.into_iter().map(str::to_owned).collect();
        rows.push([group.name.clone(), group.account.to_string(), list(&group.policies), list(&users)]);
        json.push(json!({
            "GroupName": group.name,
            "AccountId": group.account.as_str(),
            "Policies": group.policies,
            "Users": users,
            "CreateDate": time(group.created_at_ms),
        }));
    }
    Shown { text: table(&rows), json: Value::Array(json) }
}

pub(super) fn policies(identities: &Identities, only: Option<&Account>) -> Shown {
    let mut rows = vec![["POLICY", "ACCOUNT", "CHANGED", "ATTACHED TO"].map(str::to_owned)];
    let mut json = Vec::new();
    for policy in PREDEFINED_POLICIES {
        rows.push([policy.name.into(), "all".into(), "predefined".into(), format!("({})", policy.about)]);
        json.push(json!({"PolicyName": policy.name, "IsPredefined": true, "Description": policy.about}));
    }
    for policy in identities.policies().filter(|it| only.is_none_or(|only| it.account == *only)) {
        let holders = identities.holders(&policy.account, &policy.name);
        let holders: Vec<String> = holders.iter().map(ToString::to_string).collect();
        rows.push([policy.name.clone(), policy.account.to_string(), time(policy.updated_at_ms), list(&holders)]);
        json.push(json!({
            "PolicyName": policy.name,
            "AccountId": policy.account.as_str(),
            "IsPredefined": false,
            "UpdateDate": time(policy.updated_at_ms),
            "AttachedTo": holders,
        }));
    }
    Shown { text: table(&rows), json: Value::Array(json) }
}

pub(super) fn roles(identities: &Identities, only: Option<&Account>) -> Shown {
    let mut rows = vec![["ROLE", "LONGEST SESSION", "POLICIES", "TRUSTS"].map(str::to_owned)];
    let mut json = Vec::new();
    for role in identities.roles().filter(|it| only.is_none_or(|only| it.account == *only)) {
        let arn = format!("arn:aws:iam::{}:role/{}", role.account, role.name);
        let seconds = format!("{} s", role.max_session_s);
        rows.push([arn.clone(), seconds, list(&role.policies), list(&trusted(&role.trust))]);
        json.push(json!({
            "RoleName": role.name,
            "RoleId": role.id,
            "Arn": arn,
            "AccountId": role.account.as_str(),
            "MaxSessionDuration": role.max_session_s,
            "Policies": role.policies,
            "Trusts": trusted(&role.trust),
            "NeedsExternalId": role.trust.external_id.is_some(),
            "CreateDate": time(role.created_at_ms),
        }));
    }
    Shown { text: table(&rows), json: Value::Array(json) }
}

pub(super) fn issuers(identities: &Identities, only: Option<&Account>) -> Shown {
    let mut rows = vec![["ISSUER", "ACCOUNT", "KEYS"].map(str::to_owned)];
    let mut json = Vec::new();
    for issuer in identities.issuers().filter(|it| only.is_none_or(|only| it.account == *only)) {
        let keys = match &issuer.keys {
            IssuerKeys::Discovered => "discovered".to_owned(),
            IssuerKeys::At(url) => url.clone(),
            IssuerKeys::Fixed(_) => "given".to_owned(),
        };
        rows.push([issuer.url.clone(), issuer.account.to_string(), keys.clone()]);
        json.push(json!({"Url": issuer.url, "AccountId": issuer.account.as_str(), "Keys": keys}));
    }
    Shown { text: table(&rows), json: Value::Array(json) }
}

fn trusted(trust: &Trust) -> Vec<String> {
    let principals = trust.principals.iter().map(|principal| match principal {
        TrustedPrincipal::Account(account) => format!("account {account}"),
        TrustedPrincipal::User(account, name) => format!("arn:aws:iam::{account}:user/{name}"),
        TrustedPrincipal::Role(account, name) => format!("arn:aws:iam::{account}:role/{name}"),
    });
    let bearers = trust.web_identities.iter().map(|trusted| {
        let (audiences, subjects) = (trusted.audiences.join("|"), trusted.subjects.join("|"));
        format!("{} for {audiences} as {subjects}", trusted.issuer)
    });
    principals.chain(bearers).collect()
}

fn status(key: &AccessKey) -> &'static str {
    if key.is_active { "Active" } else { "Inactive" }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "-".into() } else { names.join(",") }
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |instant| format!("{instant:.0}"))
}

/// Columns as wide as what is in them.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
