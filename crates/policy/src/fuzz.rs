//! Entry points for fuzzers: any bytes in, no panic out.

use crate::{Context, Decision, Policy, Principal, Request, evaluate};

/// Reads arbitrary bytes as a policy, an action and a resource with zero bytes between, and decides.
pub fn policy_and_request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut pieces = text.splitn(4, '\0');
    let (document, action) = (pieces.next().unwrap_or_default(), pieces.next().unwrap_or("appconfig:GetApplication"));
    let resource = pieces.next().unwrap_or("arn:aws:appconfig:eu-west-1:210000000001:application/abc1234");
    let tag = pieces.next().unwrap_or("green");
    let policy = match Policy::parse(document) {
        Ok(policy) => policy,
        Err(error) => {
            assert!(!error.reason.is_empty() && !error.to_string().contains('\n'), "{error:?}");
            return;
        }
    };
    let tags = [("team", tag)];
    let context = Context {
        principal: Principal {
            arn: "arn:aws:iam::210000000001:user/deployer",
            account: "210000000001",
            user_id: "AKIDX",
            user_name: Some(tag),
            tags: &tags,
        },
        now_ms: 1_769_903_999_000,
        source_ip: Some([10, 1, 2, 3].into()),
        is_secure: true,
        region: "eu-west-1",
        request_tags: &tags,
        tag_keys: &["team"],
    };
    let request = Request { action, resource, resource_tags: &tags, context: &context };
    let decision = evaluate([&policy], &request);
    if let Decision::Allow(place) | Decision::ExplicitDeny(place) = decision {
        assert!(place.policy == 0 && place.statement < policy.statements.len());
    }
    let twice = evaluate([&policy, &policy], &request);
    assert_eq!(twice, decision, "the same policy again changes nothing");
    let _ = (policy.is_steady(), policy.unknown_actions().count());
}
