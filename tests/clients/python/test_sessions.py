import json

import pytest
from harness import HOUR, MINUTE, assert_refused, status_of


def test_a_session_gets_the_content_then_nothing_until_it_changes(tenant, channel):
    channel.publish(b'{"a": 1}', "application/json", VersionLabel="first")
    started = tenant.data.start_configuration_session(**channel.identifiers)
    assert status_of(started) == 201
    token = started["InitialConfigurationToken"]
    assert 1 <= len(token) <= 8192 and not any(character.isspace() for character in token)

    answer = tenant.data.get_latest_configuration(ConfigurationToken=token)
    assert status_of(answer) == 200
    assert answer["Configuration"].read() == b'{"a": 1}'
    assert answer["ContentType"] == "application/json"
    assert answer["VersionLabel"] == "first"
    assert answer["NextPollIntervalInSeconds"] == 60
    assert answer["NextPollConfigurationToken"] != token

    tenant.server.advance(60)
    answer = tenant.data.get_latest_configuration(ConfigurationToken=answer["NextPollConfigurationToken"])
    assert (status_of(answer), answer["Configuration"].read()) == (200, b"")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"

    channel.publish(b"plain", "text/plain")
    tenant.server.advance(60)
    answer = tenant.data.get_latest_configuration(ConfigurationToken=answer["NextPollConfigurationToken"])
    assert (answer["Configuration"].read(), answer["ContentType"]) == (b"plain", "text/plain")
    assert "VersionLabel" not in answer


def test_content_is_served_byte_for_byte(tenant, channel):
    content = bytes(range(256)) * 4096
    channel.publish(content, "application/octet-stream")
    assert channel.open_session().poll() == content


def test_the_answer_has_the_headers_that_aws_sends(tenant, channel):
    channel.publish(b"content", "text/plain", VersionLabel="v1.0")
    status, headers, body = tenant.raw(
        "POST", "/configurationsessions", json.dumps(channel.identifiers), {"content-type": "application/json"}
    )
    assert status == 201 and headers["content-type"] == "application/json"
    token = json.loads(body)["InitialConfigurationToken"]
    status, headers, body = tenant.raw("GET", f"/configuration?configuration_token={token}")
    assert (status, body) == (200, b"content")
    assert headers["content-type"] == "text/plain"
    assert headers["version-label"] == "v1.0"
    assert headers["next-poll-interval-in-seconds"] == "60"
    assert headers["next-poll-configuration-token"]
    assert headers["x-amzn-requestid"]


def test_ids_do_as_well_as_names(tenant, channel):
    channel.publish(b"content")
    ids = {
        "ApplicationIdentifier": channel.application_id,
        "EnvironmentIdentifier": channel.environment_id,
        "ConfigurationProfileIdentifier": channel.profile_id,
    }
    assert channel.open_session(**ids).poll() == b"content"
    for member, identifier in ids.items():
        assert channel.open_session(**{member: identifier}).poll() == b"content"


@pytest.mark.parametrize("interval_s", [15, 61, 86400])
def test_a_session_may_ask_for_its_own_interval(tenant, channel, interval_s):
    channel.publish(b"content")
    token = channel.open_session(interval_s).token
    answer = tenant.data.get_latest_configuration(ConfigurationToken=token)
    assert answer["NextPollIntervalInSeconds"] == interval_s


@pytest.mark.parametrize("interval_s", [14, 0, -1, 86401])
def test_an_interval_lies_between_15_seconds_and_a_day(tenant, channel, interval_s):
    channel.publish(b"content")
    assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked_data.start_configuration_session,
        **channel.identifiers,
        RequiredMinimumPollIntervalInSeconds=interval_s,
    )


@pytest.mark.parametrize("interval_s", [None, 15, 3600])
def test_a_poll_before_its_time_is_refused_and_uses_nothing_up(tenant, channel, interval_s):
    channel.publish(b"content")
    session = channel.open_session(interval_s)
    assert session.poll() == b"content"
    channel.publish(b"changed")
    wait_s = interval_s or 60
    tenant.server.advance(wait_s - 10)
    for _ in range(3):
        response = assert_refused(
            "BadRequestException",
            "Request too early",
            tenant.data.get_latest_configuration,
            ConfigurationToken=session.token,
        )
        assert response["Reason"] == "InvalidParameters"
        assert response["Details"] == {
            "InvalidParameters": {"ConfigurationToken": {"Problem": "PollIntervalNotSatisfied"}}
        }
    tenant.server.advance(10)
    assert session.poll() == b"changed"


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("ApplicationIdentifier", "Application"),
        ("EnvironmentIdentifier", "Environment"),
        ("ConfigurationProfileIdentifier", "ConfigurationProfile"),
    ],
)
def test_what_is_not_found_is_told_with_the_member_that_named_it(tenant, channel, member, kind):
    channel.publish(b"content")
    response = assert_refused(
        "ResourceNotFoundException",
        None,
        tenant.data.start_configuration_session,
        **{**channel.identifiers, member: "not this one"},
    )
    assert response["Error"]["Message"]
    assert response["ResourceType"] == kind
    assert response["ReferencedBy"][member] == "not this one"


def test_the_application_is_looked_up_before_the_profile_and_the_environment_last(tenant, channel):
    channel.publish(b"content")
    wrong = dict.fromkeys(channel.identifiers, "not this one")
    for member, kind in (
        ("ApplicationIdentifier", "Application"),
        ("ConfigurationProfileIdentifier", "ConfigurationProfile"),
        ("EnvironmentIdentifier", "Environment"),
    ):
        response = assert_refused(
            "ResourceNotFoundException", None, tenant.data.start_configuration_session, **wrong
        )
        assert response["ResourceType"] == kind
        wrong[member] = channel.identifiers[member]


def test_what_was_never_deployed_is_a_deployment_not_found(tenant, channel):
    channel.put()
    response = assert_refused(
        "ResourceNotFoundException", None, tenant.data.start_configuration_session, **channel.identifiers
    )
    assert response["ResourceType"] == "Deployment"
    assert set(response["ReferencedBy"]) == set(channel.identifiers)


def test_a_session_outside_a_first_ever_deployment_gets_nothing_and_polls_on(tenant, channel):
    channel.put(b"only", VersionLabel="v1.0")
    channel.start(tenant.strategy(duration=20, growth=25.0, bake=10), 1)
    session = channel.open_session()
    answer = tenant.data.get_latest_configuration(ConfigurationToken=session.token)
    assert (status_of(answer), answer["Configuration"].read()) == (200, b"")
    assert answer["NextPollIntervalInSeconds"] == 15
    assert "VersionLabel" not in answer
    session.token = answer["NextPollConfigurationToken"]
    tenant.server.advance(21 * MINUTE)
    assert session.poll() == b"only"
    tenant.server.advance(HOUR)
    assert session.poll() == b""


@pytest.mark.parametrize("gone", ["environment", "application"])
def test_a_live_session_learns_that_its_configuration_is_gone(tenant, channel, gone):
    channel.publish(b"content")
    session = channel.open_session()
    session.poll()
    tenant.control.delete_environment(**channel.in_environment, DeletionProtectionCheck="BYPASS")
    if gone == "application":
        tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=1)
        tenant.control.delete_configuration_profile(**channel.in_profile, DeletionProtectionCheck="BYPASS")
        tenant.control.delete_application(ApplicationId=channel.application_id)
    tenant.server.advance(15)
    response = assert_refused(
        "ResourceNotFoundException",
        None,
        tenant.data.get_latest_configuration,
        ConfigurationToken=session.token,
    )
    assert response["ResourceType"] == "Configuration"
    assert "ConfigurationToken" in response["ReferencedBy"]


def test_a_renamed_environment_keeps_its_sessions(tenant, channel):
    channel.publish(b"one")
    session = channel.open_session()
    assert session.poll() == b"one"
    tenant.control.update_environment(**channel.in_environment, Name="prod")
    channel.publish(b"two")
    tenant.server.advance(15)
    assert session.poll() == b"two"


def test_a_deployment_of_another_profile_changes_nothing_here(tenant, channel):
    channel.publish(b"content")
    session = channel.open_session()
    assert session.poll() == b"content"
    tenant.control.create_configuration_profile(ApplicationId="shop", Name="other", LocationUri="hosted")
    tenant.control.create_hosted_configuration_version(
        ApplicationId="shop", ConfigurationProfileId="other", Content=b"x", ContentType="text/plain"
    )
    channel.start(tenant.strategy(), 1, ConfigurationProfileId="other")
    tenant.server.advance(15)
    assert session.poll() == b""


def test_the_same_version_deployed_again_is_no_news(tenant, channel):
    channel.publish(b"content")
    session = channel.open_session()
    assert session.poll() == b"content"
    channel.deploy_at_once(1)
    tenant.server.advance(15)
    assert session.poll() == b""
