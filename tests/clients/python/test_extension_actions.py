"""Extensions at work: webhooks that watch deployments, change them, refuse them and have them rolled back."""

import base64
import hashlib
import hmac
import json
import threading
import time

import pytest
from harness import MINUTE, Tenant, assert_refused, until
from webhook import CLOSE, HANG, Answer, arns, associate, extend, gives, says

PRE_CREATE = "PRE_CREATE_HOSTED_CONFIGURATION_VERSION"
PRE_START = "PRE_START_DEPLOYMENT"
TICK = "AT_DEPLOYMENT_TICK"
ON_START = "ON_DEPLOYMENT_START"
ON_STEP = "ON_DEPLOYMENT_STEP"
ON_BAKING = "ON_DEPLOYMENT_BAKING"
ON_COMPLETE = "ON_DEPLOYMENT_COMPLETE"
ON_ROLLED_BACK = "ON_DEPLOYMENT_ROLLED_BACK"


@pytest.fixture
def by_halves(tenant):
    """Half at 1:20, all at 2:40, baking at 4:00, complete at 5:00."""
    return tenant.strategy("by halves", duration=4, growth=50.0, bake=1)


def at_work(channel, webhook, *points, on="application", path="hook", name=None, parameters=None, **more):
    """Has an extension call a path of the webhook at these points, and gives its id."""
    extension = extend(
        channel.tenant, name or f"calls {path}", {point: webhook.url(path) for point in points}, parameters
    )
    associate(channel.tenant, extension, arns(channel)[on], **more)
    return extension


def log_of(deployment):
    """The event log, oldest first."""
    return [(event["EventType"], event) for event in reversed(deployment["EventLog"])]


def noted(channel, number, event_type, count=1):
    """Waits until an event of the log has so many invocations, and gives them."""

    def invocations():
        events = dict(log_of(channel.deployment(number)))
        return events.get(event_type, {}).get("ActionInvocations", [])

    until(lambda: len(invocations()) >= count, 30)
    return invocations()


# The main journey.


def test_the_journey_of_a_user_with_the_cli(tenant, channel, webhook, aws, tmp_path):
    watch = aws(
        "appconfig create-extension --name watch --description 'sees everything begin' --actions "
        + json.dumps(
            {
                point: [{"Name": point.lower(), "Uri": webhook.url("watch")}]
                for point in (PRE_CREATE, PRE_START, TICK, ON_START, ON_STEP)
            },
            separators=(",", ":"),
        ).join("''")
        + " --parameters 'team={Required=true,Description=whose}'"
    )
    assert (watch["Name"], watch["VersionNumber"], len(watch["Actions"])) == ("watch", 1, 5)
    tell = aws(
        "appconfig create-extension --name tell --actions "
        + ",".join(
            f"{point}=[{{Name={point.lower()},Uri={webhook.url('tell')}}}]"
            for point in (ON_BAKING, ON_COMPLETE, ON_ROLLED_BACK)
        ).join("''")
    )
    arn = arns(channel)
    watching = aws(
        f"appconfig create-extension-association --extension-identifier watch --resource-identifier {arn['profile']}"
        " --parameters team=shop"
    )
    assert watching["ExtensionArn"] == watch["Arn"] and watching["ResourceArn"] == arn["profile"]
    telling = aws(
        f"appconfig create-extension-association --extension-identifier {tell['Id']}"
        f" --resource-identifier {arn['environment']}"
    )

    (tmp_path / "theme.json").write_text('{"colour": "sand"}')
    aws(
        "appconfig create-hosted-configuration-version --application-id shop --configuration-profile-id theme"
        " --content fileb://theme.json --content-type application/json stored"
    )
    deployment = "--application-id shop --environment-id live"
    strategy = tenant.strategy(duration=4, growth=50.0, bake=1)
    aws(
        f"appconfig start-deployment {deployment} --configuration-profile-id theme --configuration-version 1"
        f" --deployment-strategy-id {strategy} --description 'for the beach'"
    )
    noted(channel, 1, "DEPLOYMENT_STARTED", 2)
    tenant.server.advance(80)
    noted(channel, 1, "PERCENTAGE_UPDATED", 2)
    tenant.server.advance(80)
    until(lambda: webhook.types().count("OnDeploymentStep") == 2)
    tenant.server.advance(80)
    noted(channel, 1, "BAKE_TIME_STARTED", 2)
    tenant.server.advance(MINUTE)
    noted(channel, 1, "DEPLOYMENT_COMPLETED", 2)

    assert webhook.types() == [
        "PreCreateHostedConfigurationVersion",
        "PreStartDeployment",
        "OnDeploymentStart",
        *["AtDeploymentTick", "OnDeploymentStep"] * 2,
        "AtDeploymentTick",
        "OnDeploymentBaking",
        "AtDeploymentTick",
        "OnDeploymentComplete",
    ]
    shown = aws(f"appconfig get-deployment {deployment} --deployment-number 1")
    assert shown["State"] == "COMPLETE"
    assert shown["AppliedExtensions"] == [
        {
            "ExtensionId": watch["Id"],
            "ExtensionAssociationId": watching["Id"],
            "VersionNumber": 1,
            "Parameters": {"team": "shop"},
        },
        {
            "ExtensionId": tell["Id"],
            "ExtensionAssociationId": telling["Id"],
            "VersionNumber": 1,
            "Parameters": {},
        },
    ]
    invocations = [
        (event, invocation["ActionName"], invocation["ExtensionIdentifier"], invocation["InvocationId"])
        for event, entry in log_of(shown)
        for invocation in entry["ActionInvocations"]
    ]
    watched = webhook.at("watch")[1:]
    told = webhook.at("tell")
    ids = [call.id for call in watched]
    assert invocations == [
        ("DEPLOYMENT_STARTED", PRE_START.lower(), watch["Id"], ids[0]),
        ("DEPLOYMENT_STARTED", ON_START.lower(), watch["Id"], ids[1]),
        ("PERCENTAGE_UPDATED", TICK.lower(), watch["Id"], ids[2]),
        ("PERCENTAGE_UPDATED", ON_STEP.lower(), watch["Id"], ids[3]),
        ("PERCENTAGE_UPDATED", TICK.lower(), watch["Id"], ids[4]),
        ("PERCENTAGE_UPDATED", ON_STEP.lower(), watch["Id"], ids[5]),
        ("BAKE_TIME_STARTED", TICK.lower(), watch["Id"], ids[6]),
        ("BAKE_TIME_STARTED", ON_BAKING.lower(), tell["Id"], told[0].id),
        ("DEPLOYMENT_COMPLETED", TICK.lower(), watch["Id"], ids[7]),
        ("DEPLOYMENT_COMPLETED", ON_COMPLETE.lower(), tell["Id"], told[1].id),
    ]
    assert len({invocation[3] for invocation in invocations}) == len(invocations)

    webhook.answers("watch", says(Error="BadRequestError", Message="the beach is closed"))
    said = aws(
        f"appconfig start-deployment {deployment} --configuration-profile-id theme --configuration-version 1"
        f" --deployment-strategy-id {strategy}",
        fails=True,
    )
    assert "(BadRequestException)" in said and "Error invoking extension watch: the beach is closed" in said
    assert len(aws(f"appconfig list-deployments {deployment}")["Items"]) == 1


# What actions are told.


def test_what_an_action_before_a_version_is_told(channel, webhook):
    at_work(channel, webhook, PRE_CREATE, parameters={"team": {}}, Parameters={"team": "shop"})
    channel.put(b"\x00one", "text/x-one", Description="the first")
    channel.put(b"two", "text/x-two")
    first, second = webhook.at("hook")
    application, profile = {"Id": channel.application_id, "Name": "shop"}, {"Id": channel.profile_id, "Name": "theme"}
    assert first.body == {
        "InvocationId": first.id,
        "Parameters": {"team": "shop"},
        "Type": "PreCreateHostedConfigurationVersion",
        "Application": application,
        "ConfigurationProfile": profile,
        "ConfigurationProfileType": "AWS.Freeform",
        "Description": "the first",
        "Content": base64.b64encode(b"\x00one").decode(),
        "ContentType": "text/x-one",
        "ContentVersion": "1",
    }
    assert second.body == {
        "InvocationId": second.id,
        "Parameters": {"team": "shop"},
        "Type": "PreCreateHostedConfigurationVersion",
        "Application": application,
        "ConfigurationProfile": profile,
        "ConfigurationProfileType": "AWS.Freeform",
        "Description": None,
        "Content": base64.b64encode(b"two").decode(),
        "ContentType": "text/x-two",
        "ContentVersion": "2",
        "PreviousContent": {
            "ContentType": "text/x-one",
            "ContentVersion": "1",
            "Content": base64.b64encode(b"\x00one").decode(),
        },
    }
    assert first.id != second.id
    assert first.headers["content-type"] == "application/json"
    assert first.headers["user-agent"].startswith("tidegate/")
    assert first.headers["tidegate-invocation-id"] == first.id


def test_what_an_action_before_a_deployment_is_told(channel, webhook):
    at_work(channel, webhook, PRE_START)
    channel.put(b"\xffcontent", "text/x-one", VersionLabel="first")
    channel.start("AppConfig.AllAtOnce", "first", Description="go")
    (call,) = webhook.at("hook")
    assert call.body == {
        "InvocationId": call.id,
        "Parameters": {},
        "Type": "PreStartDeployment",
        "Application": {"Id": channel.application_id, "Name": "shop"},
        "Environment": {"Id": channel.environment_id, "Name": "live"},
        "ConfigurationProfile": {"Id": channel.profile_id, "Name": "theme"},
        "ConfigurationProfileType": "AWS.Freeform",
        "DeploymentNumber": 1,
        "Description": "go",
        "Content": base64.b64encode(b"\xffcontent").decode(),
        "ContentType": "text/x-one",
        "ContentVersion": "1",
    }


def test_what_actions_at_and_after_steps_are_told(channel, webhook, by_halves):
    at_work(channel, webhook, TICK, ON_START, ON_STEP, ON_BAKING, ON_COMPLETE, Parameters={"a": "b"}, parameters={"a": {}})
    channel.put()
    channel.start(by_halves, 1, Description="go")
    channel.tenant.server.advance(10 * MINUTE)
    noted(channel, 1, "DEPLOYMENT_COMPLETED", 2)
    common = {
        "Parameters": {"a": "b"},
        "Application": {"Id": channel.application_id, "Name": "shop"},
        "Environment": {"Id": channel.environment_id, "Name": "live"},
        "ConfigurationProfile": {"Id": channel.profile_id, "Name": "theme"},
        "DeploymentNumber": 1,
        "Description": "go",
        "ConfigurationVersion": "1",
    }
    calls = webhook.at("hook")
    ticks = [call for call in calls if call.body["Type"] == "AtDeploymentTick"]
    seen = [(call.body["DeploymentState"], call.body["PercentageComplete"]) for call in ticks]
    assert seen == [("DEPLOYING", "0.0"), ("DEPLOYING", "50.0"), ("DEPLOYING", "100.0"), ("BAKING", "100.0")]
    for call in ticks:
        own = {name: call.body[name] for name in ("InvocationId", "Type", "DeploymentState", "PercentageComplete")}
        assert call.body == {**common, **own}
    told = [call for call in calls if call not in ticks]
    assert [call.body["Type"] for call in told] == [
        "OnDeploymentStart",
        "OnDeploymentStep",
        "OnDeploymentStep",
        "OnDeploymentBaking",
        "OnDeploymentComplete",
    ]
    for call in told:
        assert call.body == {**common, "InvocationId": call.id, "Type": call.body["Type"]}
    assert len({call.id for call in calls}) == len(calls)


@pytest.mark.parametrize("revert", [False, True])
def test_who_is_told_of_a_stop_and_of_a_revert(channel, webhook, by_halves, revert):
    at_work(channel, webhook, ON_ROLLED_BACK)
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(by_halves, 2)
    if revert:
        channel.tenant.server.advance(10 * MINUTE)
    channel.stop(2, AllowRevert=revert)
    noted(channel, 2, "REVERT_COMPLETED" if revert else "ROLLBACK_COMPLETED")
    (call,) = webhook.at("hook")
    assert (call.body["Type"], call.body["DeploymentNumber"]) == ("OnDeploymentRolledBack", 2)


def test_a_deployment_at_once_tells_of_its_start_and_its_end(channel, webhook):
    at_work(channel, webhook, ON_START, ON_COMPLETE)
    channel.publish(b"content")
    noted(channel, 1, "DEPLOYMENT_COMPLETED")
    assert webhook.types() == ["OnDeploymentStart", "OnDeploymentComplete"]


def test_an_extension_works_where_it_is_associated_and_nowhere_else(tenant, webhook):
    here, there = tenant.channel("here"), tenant.channel("there")
    for on in ("application", "environment", "profile"):
        at_work(here, webhook, PRE_CREATE, PRE_START, on=on, path=on)
    there.publish(b"content")
    assert webhook.calls == []
    here.put()
    # A version has no environment.
    assert [call.path for call in webhook.calls] == ["/application", "/profile"]
    here.deploy_at_once(1)
    assert [call.path for call in webhook.calls[2:]] == ["/application", "/environment", "/profile"]
    other = tenant.control.create_environment(ApplicationId="here", Name="other")["Id"]
    here.start("AppConfig.AllAtOnce", 1, EnvironmentId=other)
    assert [call.path for call in webhook.calls[5:]] == ["/application", "/profile"]


def test_a_deployment_keeps_the_extensions_that_it_started_with(channel, webhook, by_halves):
    extension = at_work(channel, webhook, ON_COMPLETE, path="old")
    channel.put()
    channel.start(by_halves, 1)
    control = channel.tenant.control
    control.update_extension(ExtensionIdentifier=extension, Actions={ON_COMPLETE: [{"Uri": webhook.url("new")}]})
    at_work(channel, webhook, ON_COMPLETE, path="later")
    channel.tenant.server.advance(10 * MINUTE)
    (invocation,) = noted(channel, 1, "DEPLOYMENT_COMPLETED")
    assert invocation["Uri"] == webhook.url("old")
    assert [call.path for call in webhook.calls] == ["/old"]


def test_an_association_works_with_the_version_that_it_names(channel, webhook):
    tenant = channel.tenant
    extend(tenant, "hook", {PRE_START: webhook.url("one")})
    tenant.control.create_extension(
        Name="hook", Actions={PRE_START: [{"Uri": webhook.url("two")}]}, LatestVersionNumber=1
    )
    associate(tenant, "hook", arns(channel)["profile"], ExtensionVersionNumber=1)
    channel.publish(b"content")
    assert [call.path for call in webhook.calls] == ["/one"]
    associate(tenant, "hook", arns(channel)["profile"])
    channel.deploy_at_once(1)
    assert [call.path for call in webhook.calls] == ["/one", "/one", "/two"]
    versions = [applied["VersionNumber"] for applied in channel.deployment(2)["AppliedExtensions"]]
    assert versions == [1, 2]


# Actions before something.


def test_a_deployment_is_refused(channel, webhook):
    at_work(channel, webhook, PRE_START, name="strict")
    channel.put()
    webhook.answers("hook", says(Error="BadRequestError", Message="not on a Friday"))
    assert_refused(
        "BadRequestException",
        "Error invoking extension strict: not on a Friday",
        channel.start,
        strategy="AppConfig.AllAtOnce",
        version=1,
    )
    control = channel.tenant.control
    assert control.list_deployments(**channel.in_environment)["Items"] == []
    assert channel.environment_state() == "ReadyForDeployment"
    webhook.answers("hook", Answer())
    assert channel.start("AppConfig.AllAtOnce", 1)["DeploymentNumber"] == 1


def test_the_details_of_a_refusal_are_handed_on(channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    details = [{"Type": "Malformed", "Name": "colour", "Reason": "no such colour"}]
    webhook.answers("hook", says(Error="BadRequestError", Message="look below", Details=details))
    response = assert_refused("BadRequestException", "Error invoking extension calls hook: look below", channel.put)
    assert response["Reason"] == "InvalidConfiguration"
    assert response["Details"]["InvalidConfiguration"] == [
        {"Location": "colour", "Reason": "no such colour", "Type": "Malformed"}
    ]


def test_a_version_is_refused(channel, webhook):
    at_work(channel, webhook, PRE_CREATE, name="strict")
    webhook.answers("hook", says(Error="BadRequestError", Message="too sandy"))
    assert_refused("BadRequestException", "Error invoking extension strict: too sandy", channel.put)
    control = channel.tenant.control
    assert control.list_hosted_configuration_versions(**channel.in_profile)["Items"] == []
    webhook.answers("hook", Answer(body=b"null"))
    assert channel.put() == 1


@pytest.mark.parametrize(
    "answer, words",
    [
        (Answer(400), "400"),
        (Answer(404, b'{"Content": "eA=="}'), "404"),
        (Answer(body=b"certainly"), "not the JSON object"),
        (Answer(body=b"[]"), "not the JSON object"),
        (Answer(body=b'{"Content": 7}'), "not the JSON object"),
        (says(Content="not base64!"), "base64"),
        (says(Error="Unhandled"), "Unhandled"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_answer_refuses(channel, webhook, answer, words):
    channel.put()
    at_work(channel, webhook, PRE_CREATE, PRE_START)
    webhook.answers("hook", answer)
    for call, given in ((channel.put, {}), (channel.start, {"strategy": "AppConfig.AllAtOnce", "version": 1})):
        response = assert_refused("BadRequestException", None, call, **given)
        message = response["Error"]["Message"]
        assert message.startswith("Error invoking extension calls hook: ") and words in message


@pytest.mark.parametrize("answer", [Answer(), Answer(204), Answer(body=b"{}"), Answer(body=b" \n"), Answer(body=b"null")])
def test_an_answer_that_says_nothing_agrees(channel, webhook, answer):
    at_work(channel, webhook, PRE_CREATE, PRE_START)
    webhook.answers("hook", answer)
    channel.publish(b"content")
    assert channel.open_session().poll() == b"content"


def test_a_chain_of_three_rewrites_a_deployment_in_the_order_of_association(tenant, channel, webhook):
    added = lambda letter: lambda call: gives(call.content + letter)  # noqa: E731
    extensions = {}
    for letter in "cab":
        extensions[letter] = extend(tenant, f"adds {letter}", {PRE_START: webhook.url(letter)})
        webhook.answers(letter, added(letter.encode()))
    associated = [
        associate(tenant, extensions[letter], arns(channel)[on])
        for letter, on in (("a", "profile"), ("b", "application"), ("c", "environment"))
    ]
    channel.publish(b"content:")
    assert [call.content for call in webhook.calls] == [b"content:", b"content:a", b"content:ab"]
    assert channel.open_session().poll() == b"content:abc"
    stored = tenant.control.get_hosted_configuration_version(**channel.in_profile, VersionNumber=1)
    assert stored["Content"].read() == b"content:"
    deployment = channel.deployment(1)
    applied = [extension["ExtensionAssociationId"] for extension in deployment["AppliedExtensions"]]
    assert applied == associated
    started = dict(log_of(deployment))["DEPLOYMENT_STARTED"]
    assert [invocation["InvocationId"] for invocation in started["ActionInvocations"]] == [
        call.id for call in webhook.calls
    ]
    old = tenant.control.get_configuration(Application="shop", Environment="live", Configuration="theme", ClientId="x")
    assert old["Content"].read() == b"content:abc"


def test_the_first_refusal_ends_a_chain(tenant, channel, webhook):
    for name in ("one", "two", "three"):
        at_work(channel, webhook, PRE_START, path=name, name=name)
    webhook.answers("two", says(Error="No", Message="enough"))
    channel.put()
    message = "Error invoking extension two: enough"
    assert_refused("BadRequestException", message, channel.start, strategy="AppConfig.AllAtOnce", version=1)
    assert [call.path for call in webhook.calls] == ["/one", "/two"]


def test_a_version_is_rewritten(tenant, channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", gives(b"rewritten"))
    created = tenant.control.create_hosted_configuration_version(
        **channel.in_profile, Content=b"written", ContentType="text/plain"
    )
    assert created["Content"].read() == b"rewritten"
    stored = tenant.control.get_hosted_configuration_version(**channel.in_profile, VersionNumber=1)
    assert (stored["Content"].read(), stored["ContentType"]) == (b"rewritten", "text/plain")
    channel.deploy_at_once(1)
    assert channel.open_session().poll() == b"rewritten"
    channel.put(b"written")
    previous = webhook.at("hook")[1].body["PreviousContent"]["Content"]
    assert base64.b64decode(previous) == b"rewritten"


def test_what_an_extension_makes_too_large_is_refused(channel, webhook):
    channel.put()
    at_work(channel, webhook, PRE_CREATE, PRE_START)
    webhook.answers("hook", gives(b"x" * (2048 * 1024 + 1)))
    response = None
    for call, given in ((channel.put, {}), (channel.start, {"strategy": "AppConfig.AllAtOnce", "version": 1})):
        with pytest.raises(channel.tenant.control.exceptions.ClientError) as raised:
            call(**given)
        response = raised.value.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] in (400, 413)
    webhook.answers("hook", gives(b"x" * (2048 * 1024)))
    channel.put()
    channel.start("AppConfig.AllAtOnce", 1)


def test_a_rewritten_content_is_what_validators_see(tenant, channel, webhook):
    validators = [{"Type": "JSON_SCHEMA", "Content": '{"required": ["checked"]}'}]
    tenant.control.update_configuration_profile(**channel.in_profile, Validators=validators)
    at_work(channel, webhook, PRE_START)
    channel.put(b"{}")
    webhook.answers("hook", Answer(), gives(b'{"checked": true}'))
    assert_refused("BadRequestException", None, channel.start, strategy="AppConfig.AllAtOnce", version=1)
    channel.start("AppConfig.AllAtOnce", 1)


def test_nothing_is_called_for_what_the_rules_refuse(channel, webhook, by_halves):
    channel.put()
    at_work(channel, webhook, PRE_CREATE, PRE_START)
    assert_refused("ConflictException", None, channel.put, LatestVersionNumber=7)
    assert_refused("ResourceNotFoundException", None, channel.start, strategy=by_halves, version=9)
    assert webhook.calls == []
    channel.start(by_halves, 1)
    assert_refused("ConflictException", None, channel.start, strategy=by_halves, version=1)
    assert len(webhook.calls) == 1


# Actions at a tick.


def test_a_tick_that_says_nothing_or_continue_goes_on(channel, webhook, by_halves):
    at_work(channel, webhook, TICK)
    webhook.answers("hook", Answer(), says(Directive="CONTINUE", Description="fine"))
    channel.put()
    channel.start(by_halves, 1)
    channel.tenant.server.advance(10 * MINUTE)
    deployment = channel.deployment(1)
    assert deployment["State"] == "COMPLETE"
    assert len(webhook.at("hook")) == 4
    assert "fine" not in str(deployment["EventLog"])


@pytest.mark.parametrize(
    "answer, text, code",
    [
        (says(Directive="ROLL_BACK", Description="errors went up"), "errors went up", None),
        (says(Directive="ROLL_BACK"), "Rolled back by extension watcher", None),
        (
            says(Error="InternalError", Message="no idea"),
            "Error invoking extension watcher: no idea",
            "InternalError",
        ),
        (Answer(500), "500", "HttpStatus500"),
        (Answer(403), "403", "HttpStatus403"),
        (Answer(body=b"<html>"), "not the JSON object", "InvalidResponse"),
    ],
    ids=["directive with a description", "directive", "error", "500", "403", "no JSON"],
)
def test_a_tick_rolls_back(channel, webhook, by_halves, answer, text, code):
    channel.publish(b"old")
    at_work(channel, webhook, TICK, ON_ROLLED_BACK, name="watcher")
    channel.put(b"new")
    webhook.answers("hook", Answer(), answer)
    channel.start(by_halves, 2)
    channel.tenant.server.advance(80)
    assert channel.deployment(2)["PercentageComplete"] == 50.0
    channel.tenant.server.advance(80)
    deployment = channel.deployment(2)
    assert (deployment["State"], deployment["PercentageComplete"]) == ("ROLLED_BACK", 0.0)
    assert "CompletedAt" not in deployment
    assert channel.environment_state() == "RolledBack"
    event = deployment["EventLog"][0]
    assert event["EventType"] == "ROLLBACK_COMPLETED" and event["TriggeredBy"] == "APPCONFIG"
    assert text in event["Description"]
    invocation = event["ActionInvocations"][0]
    assert (invocation["ActionName"], invocation.get("ErrorCode")) == (TICK.lower(), code)
    assert ("ErrorMessage" in invocation) == (code is not None)
    assert [channel.open_session().poll() for _ in range(10)] == [b"old"] * 10
    webhook.answers("hook", Answer())
    until(lambda: "OnDeploymentRolledBack" in webhook.types(), 30)
    channel.tenant.server.advance(MINUTE)
    channel.start("AppConfig.AllAtOnce", 2)


def test_all_ticks_are_asked_and_one_is_enough(channel, webhook, by_halves):
    for path in ("calm", "worried", "afraid"):
        at_work(channel, webhook, TICK, path=path)
    webhook.answers("worried", says(Directive="ROLL_BACK", Description="hm"))
    webhook.answers("afraid", says(Directive="ROLL_BACK", Description="help"))
    channel.put()
    channel.start(by_halves, 1)
    channel.tenant.server.advance(80)
    event = channel.deployment(1)["EventLog"][0]
    assert event["Description"] == "hm" and len(event["ActionInvocations"]) == 3


def test_a_tick_while_baking_rolls_back(channel, webhook):
    at_work(channel, webhook, TICK)
    channel.put()
    channel.start("AppConfig.AllAtOnce", 1)
    channel.tenant.server.advance(1)
    assert channel.deployment(1)["State"] == "BAKING"
    webhook.answers("hook", says(Directive="ROLL_BACK", Description="at the last moment"))
    channel.tenant.server.advance(10 * MINUTE)
    deployment = channel.deployment(1)
    assert (deployment["State"], deployment["EventLog"][0]["Description"]) == ("ROLLED_BACK", "at the last moment")


def test_a_tick_without_an_answer_rolls_back(channel, webhook, by_halves):
    """Waits for the server's patience to end: 15 seconds."""
    at_work(channel, webhook, TICK, name="silent")
    webhook.answers("hook", HANG)
    channel.put()
    channel.start(by_halves, 1)
    channel.tenant.server.advance(80)
    deployment = channel.deployment(1)
    assert deployment["State"] == "ROLLED_BACK"
    event = deployment["EventLog"][0]
    assert event["Description"].startswith("Error invoking extension silent: ")
    assert event["ActionInvocations"][0]["ErrorCode"] == "Timeout"
    assert len({call.id for call in webhook.at("hook")}) == 1


def test_a_dead_webhook_refuses_and_rolls_back(channel, webhook, by_halves):
    channel.put()
    at_work(channel, webhook, TICK, on="environment", name="dead")
    channel.start(by_halves, 1)
    webhook.close()
    channel.tenant.server.advance(80)
    event = channel.deployment(1)["EventLog"][0]
    assert event["EventType"] == "ROLLBACK_COMPLETED"
    assert event["ActionInvocations"][0]["ErrorCode"] == "ConnectionFailed"
    at_work(channel, webhook, PRE_CREATE, name="dead too")
    response = assert_refused("BadRequestException", None, channel.put)
    assert response["Error"]["Message"].startswith("Error invoking extension dead too: ")


# Actions after something.


def test_failures_of_those_who_are_told_change_nothing_and_are_noted(channel, webhook, by_halves):
    at_work(channel, webhook, ON_START, ON_STEP, ON_BAKING, ON_COMPLETE)
    webhook.answers("hook", Answer(404))
    channel.put()
    channel.start(by_halves, 1)
    channel.tenant.server.advance(10 * MINUTE)
    noted(channel, 1, "DEPLOYMENT_COMPLETED")
    deployment = channel.deployment(1)
    assert deployment["State"] == "COMPLETE"
    for kind, event in log_of(deployment):
        (invocation,) = event["ActionInvocations"]
        assert invocation["ErrorCode"] == "HttpStatus404", kind
        assert "404" in invocation["ErrorMessage"]
        assert invocation["Uri"] == webhook.url("hook")


def test_what_those_who_are_told_answer_does_not_matter(channel, webhook):
    at_work(channel, webhook, ON_START, ON_COMPLETE)
    webhook.answers("hook", Answer(body=b"\xff not JSON"), says(Error="No", Directive="ROLL_BACK", Content="!"))
    channel.publish(b"content")
    (invocation,) = noted(channel, 1, "DEPLOYMENT_COMPLETED")
    assert "ErrorCode" not in invocation
    assert channel.deployment(1)["State"] == "COMPLETE"


def test_a_target_that_cannot_be_called_is_noted(channel):
    tenant = channel.tenant
    uri, role = "arn:aws:lambda:eu-west-1:123456789012:function:watch", "arn:aws:iam::123456789012:role/caller"
    extension = tenant.control.create_extension(
        Name="in the cloud", Actions={ON_COMPLETE: [{"Name": "far", "Uri": uri, "RoleArn": role}]}
    )["Id"]
    associate(tenant, extension, arns(channel)["profile"])
    channel.publish(b"content")
    (invocation,) = noted(channel, 1, "DEPLOYMENT_COMPLETED")
    assert (invocation["Uri"], invocation["RoleArn"], invocation["ActionName"]) == (uri, role, "far")
    assert invocation["ErrorCode"] and invocation["ErrorMessage"]


# Parameters.


def test_dynamic_parameters_are_given_when_a_deployment_starts(channel, webhook):
    parameters = {"ticket": {"Dynamic": True}, "team": {"Required": True}}
    extension = at_work(
        channel, webhook, PRE_START, ON_COMPLETE, name="audit", parameters=parameters, Parameters={"team": "shop"}
    )
    channel.put()
    arn = f"arn:aws:appconfig:{channel.tenant.region}:{channel.tenant.account}:extension/{extension}/1"
    strategy = channel.tenant.strategy()
    for number, identifier in enumerate((extension, "audit", arn), start=1):
        channel.start(strategy, 1, DynamicExtensionParameters={f"{identifier}#ticket": f"T-{number}"})
        expected = {"team": "shop", "ticket": f"T-{number}"}
        (applied,) = channel.deployment(number)["AppliedExtensions"]
        assert applied["Parameters"] == expected
        noted(channel, number, "DEPLOYMENT_COMPLETED")
        before, after = webhook.at("hook")[-2:]
        assert (before.body["Parameters"], after.body["Parameters"]) == (expected, expected)
    channel.start(strategy, 1)
    assert webhook.at("hook")[6].body["Parameters"] == {"team": "shop"}


def test_parameters_that_nobody_takes_are_refused(channel, webhook):
    at_work(channel, webhook, PRE_START, name="audit", parameters={"ticket": {"Dynamic": True}, "team": {}})
    channel.put()
    for key in ("audit#team", "audit#unknown", "nobody#ticket"):
        response = assert_refused(
            "BadRequestException",
            None,
            channel.start,
            strategy="AppConfig.AllAtOnce",
            version=1,
            DynamicExtensionParameters={key: "x"},
        )
        assert key in response["Error"]["Message"]
    assert webhook.calls == []


# How a call is made.


def test_calls_are_signed_with_the_secret_of_the_data_directory(server, channel, webhook):
    secret = (server.data / "webhook-secret").read_text().strip().encode()
    assert (server.data / "webhook-secret").stat().st_mode & 0o077 == 0
    at_work(channel, webhook, PRE_CREATE)
    channel.put()
    (call,) = webhook.at("hook")
    assert_signed(call, secret)
    seconds = int(call.headers["tidegate-signature"].split(",")[0].removeprefix("t="))
    assert abs(seconds - time.time()) < 60


def assert_signed(call, secret):
    seconds, digest = (part.split("=", 1)[1] for part in call.headers["tidegate-signature"].split(","))
    expected = hmac.new(secret, seconds.encode() + b"." + call.raw, hashlib.sha256).hexdigest()
    assert call.headers["tidegate-signature"] == f"t={seconds},v1={digest}"
    assert digest == expected


def test_the_secret_stays_and_an_operator_can_name_one(own_server, webhook):
    server = own_server()
    secret = (server.data / "webhook-secret").read_bytes()
    channel = Tenant(server).channel()
    at_work(channel, webhook, PRE_CREATE)
    assert server.terminate() == 0
    server.start()
    assert (server.data / "webhook-secret").read_bytes() == secret
    channel.tenant = Tenant(server, channel.tenant.account)
    channel.put()
    assert_signed(webhook.at("hook")[0], secret.strip())
    assert server.terminate() == 0
    server.flags += ["--webhook-secret", "said aloud"]
    server.start()
    channel.tenant = Tenant(server, channel.tenant.account)
    channel.put()
    assert_signed(webhook.at("hook")[1], b"said aloud")


def test_a_call_is_tried_again_with_the_same_id_and_body(channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", Answer(503), Answer(429), Answer())
    channel.put()
    calls = webhook.at("hook")
    assert len(calls) == 3
    assert len({call.id for call in calls}) == 1 and len({call.raw for call in calls}) == 1
    assert len({call.headers["tidegate-invocation-id"] for call in calls}) == 1


def test_tries_are_bounded(channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", Answer(500))
    response = assert_refused("BadRequestException", None, channel.put)
    assert "500" in response["Error"]["Message"]
    assert len(webhook.at("hook")) == 3


def test_a_connection_that_breaks_is_tried_again(channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", CLOSE, CLOSE, gives(b"at last"))
    channel.put()
    assert len(webhook.at("hook")) == 3
    webhook.answers("hook", CLOSE)
    assert_refused("BadRequestException", None, channel.put)
    assert len(webhook.at("hook")) == 6


def test_an_answer_has_bounds(channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", Answer(body=b" " * (9 * 1024 * 1024)))
    assert_refused("BadRequestException", None, channel.put)
    webhook.answers("hook", says(Error="No", Message="x" * 100_000))
    response = assert_refused("BadRequestException", None, channel.put)
    assert len(response["Error"]["Message"]) < 2_000


def test_what_cannot_get_better_is_not_tried_again(channel, webhook):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", Answer(400))
    assert_refused("BadRequestException", None, channel.put)
    assert len(webhook.at("hook")) == 1


def test_those_who_are_told_are_told_again_too(channel, webhook):
    at_work(channel, webhook, ON_START)
    webhook.answers("hook", Answer(502), Answer())
    channel.publish(b"content")
    (invocation,) = noted(channel, 1, "DEPLOYMENT_STARTED")
    assert "ErrorCode" not in invocation
    assert [call.id for call in webhook.at("hook")] == [invocation["InvocationId"]] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(channel, webhook, status):
    at_work(channel, webhook, PRE_CREATE)
    webhook.answers("hook", Answer(status, location=webhook.url("elsewhere")))
    response = assert_refused("BadRequestException", None, channel.put)
    assert str(status) in response["Error"]["Message"]
    assert [call.path for call in webhook.calls] == ["/hook"]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0:1/",
    ],
)
def test_link_local_addresses_are_refused(channel, address):
    tenant = channel.tenant
    extension = extend(tenant, "curious", {PRE_CREATE: address, ON_COMPLETE: address})
    associate(tenant, extension, arns(channel)["profile"])
    before = time.monotonic()
    response = assert_refused("BadRequestException", None, channel.put)
    assert "link-local" in response["Error"]["Message"]
    assert time.monotonic() - before < 1, "nothing is to be gained from trying again"


@pytest.mark.parametrize("address", ["http://", "http://a b/", "https://[::1", "http://exa_mple:99999/"])
def test_an_address_that_is_none_refuses(tenant, channel, address):
    try:
        extension = extend(tenant, "lost", {PRE_CREATE: address})
    except tenant.control.exceptions.BadRequestException:
        return
    associate(tenant, extension, arns(channel)["profile"])
    assert_refused("BadRequestException", None, channel.put)


# Slow webhooks, and the end of the server.


def test_a_hanging_webhook_delays_its_own_deployment_and_nothing_else(tenant, webhook, by_halves):
    slow, quick = tenant.channel("slow"), tenant.channel("quick")
    slow.publish(b"old")
    at_work(slow, webhook, TICK)
    webhook.answers("hook", HANG)
    for channel in (slow, quick):
        channel.put(b"new")
        channel.start(by_halves, 2 if channel is slow else 1)
    advance = threading.Thread(target=tenant.server.advance, args=(80,))
    advance.start()
    webhook.wait_for("hook")
    until(lambda: quick.deployment(1)["PercentageComplete"] == 50.0)
    assert slow.deployment(2)["PercentageComplete"] == 0.0
    before = time.monotonic()
    assert [slow.open_session().poll() for _ in range(20)] == [b"old"] * 20
    tenant.application("another")
    assert time.monotonic() - before < 5
    assert slow.deployment(2)["PercentageComplete"] == 0.0
    webhook.release()
    advance.join()
    assert slow.deployment(2)["PercentageComplete"] == 50.0


def test_a_hanging_webhook_delays_nobody_on_a_real_clock(own_server, webhook):
    tenant = Tenant(own_server(clock=None))
    slow, quick = tenant.channel("slow"), tenant.channel("quick")
    at_work(slow, webhook, TICK)
    webhook.answers("hook", HANG)
    for channel in (slow, quick):
        channel.put()
        channel.start("AppConfig.AllAtOnce", 1)
    webhook.wait_for("hook")
    until(lambda: quick.deployment(1)["State"] == "BAKING")
    assert slow.deployment(1)["State"] == "DEPLOYING"
    webhook.release()
    until(lambda: slow.deployment(1)["State"] == "BAKING")


def test_those_who_are_told_slowly_hold_up_no_step(channel, webhook, by_halves):
    at_work(channel, webhook, ON_START, ON_COMPLETE)
    webhook.answers("hook", HANG)
    channel.put()
    channel.start(by_halves, 1)
    webhook.wait_for("hook")
    channel.tenant.server.advance(10 * MINUTE)
    assert channel.deployment(1)["State"] == "COMPLETE"
    assert webhook.types() == ["OnDeploymentStart"], "what comes after waits for its turn"
    webhook.release()
    noted(channel, 1, "DEPLOYMENT_COMPLETED")
    assert webhook.types() == ["OnDeploymentStart", "OnDeploymentComplete"]


def test_a_deployment_can_be_stopped_while_a_tick_is_being_asked(tenant, channel, webhook, by_halves):
    at_work(channel, webhook, TICK)
    webhook.answers("hook", HANG)
    channel.put()
    channel.start(by_halves, 1)
    advance = threading.Thread(target=tenant.server.advance, args=(80,))
    advance.start()
    webhook.wait_for("hook")
    assert channel.stop(1)["State"] == "ROLLED_BACK"
    webhook.release()
    advance.join()
    deployment = channel.deployment(1)
    assert deployment["State"] == "ROLLED_BACK"
    assert [kind for kind, _ in log_of(deployment)] == ["DEPLOYMENT_STARTED", "ROLLBACK_COMPLETED"]


def test_what_was_being_called_when_the_power_went_is_called_again_with_the_same_id(own_server, webhook):
    """A claim of a server that is gone is taken over after 30 seconds, in which this waits."""
    server = own_server()
    tenant = Tenant(server)
    told, asked = tenant.channel("told"), tenant.channel("asked")
    at_work(told, webhook, ON_COMPLETE, path="told")
    at_work(asked, webhook, TICK, path="asked")
    for path in ("told", "asked"):
        webhook.answers(path, HANG)
    told.publish(b"content")
    asked.put()
    asked.start("AppConfig.AllAtOnce", 1)
    first = {path: webhook.wait_for(path)[0] for path in ("told", "asked")}
    server.kill()
    server.start()
    for channel in (told, asked):
        channel.tenant = Tenant(server, tenant.account)
    assert asked.deployment(1)["State"] == "DEPLOYING"
    assert told.open_session().poll() == b"content"
    webhook.release()
    for path, call in first.items():
        again = webhook.wait_for(path, 2, limit_s=60)
        assert [each.raw for each in again] == [call.raw] * 2
    (invocation,) = noted(told, 1, "DEPLOYMENT_COMPLETED")
    assert invocation["InvocationId"] == first["told"].id
    until(lambda: asked.deployment(1)["State"] == "BAKING", 30)


def test_what_was_not_yet_called_when_the_power_went_is_called_after_the_restart(own_server, webhook):
    server = own_server()
    channel = Tenant(server).channel()
    at_work(channel, webhook, ON_START, path="first")
    at_work(channel, webhook, ON_COMPLETE, path="second")
    webhook.answers("first", HANG)
    channel.publish(b"content")
    webhook.wait_for("first")
    server.kill()
    webhook.release()
    assert webhook.at("second") == []
    server.start()
    channel.tenant = Tenant(server, channel.tenant.account)
    webhook.wait_for("second", limit_s=60)
    noted(channel, 1, "DEPLOYMENT_COMPLETED")
    assert [call.path for call in webhook.calls] == ["/first", "/first", "/second"]


def test_of_two_nodes_one_calls(own_server, webhook):
    first = own_server()
    second = own_server(beside=first)
    channel = Tenant(first).channel()
    at_work(channel, webhook, TICK, ON_START, ON_STEP, ON_BAKING, ON_COMPLETE)
    channel.put()
    channel.start(channel.tenant.strategy(duration=4, growth=50.0, bake=1), 1)
    for _ in range(30):
        clocks = [threading.Thread(target=server.advance, args=(20,)) for server in (first, second)]
        for clock in clocks:
            clock.start()
        for clock in clocks:
            clock.join()
        if channel.deployment(1)["State"] == "COMPLETE":
            break
    noted(channel, 1, "DEPLOYMENT_COMPLETED", 2)
    assert len({call.id for call in webhook.calls}) == len(webhook.calls)
    types = webhook.types()
    assert types.count("AtDeploymentTick") == 4
    assert [kind for kind in types if kind != "AtDeploymentTick"] == [
        "OnDeploymentStart",
        *["OnDeploymentStep"] * 2,
        "OnDeploymentBaking",
        "OnDeploymentComplete",
    ]
