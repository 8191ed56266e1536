"""The old way to a configuration, on the control plane: one call, no session."""

import pytest
from harness import MINUTE, assert_refused, status_of

WHERE = {"Application": "shop", "Environment": "live", "Configuration": "theme"}


def test_a_configuration_comes_with_its_version_and_type(tenant, channel):
    channel.publish(b'{"a": 1}', "application/json")
    for where in (
        WHERE,
        {
            "Application": channel.application_id,
            "Environment": channel.environment_id,
            "Configuration": channel.profile_id,
        },
    ):
        answer = tenant.control.get_configuration(**where, ClientId="a client")
        assert status_of(answer) == 200
        assert answer["Content"].read() == b'{"a": 1}'
        assert answer["ConfigurationVersion"] == "1"
        assert answer["ContentType"] == "application/json"


def test_a_client_that_has_the_version_gets_204_and_no_body(tenant, channel):
    channel.publish(b"one")
    same = tenant.control.get_configuration(**WHERE, ClientId="a client", ClientConfigurationVersion="1")
    assert status_of(same) == 204
    assert same["Content"].read() == b""
    channel.publish(b"two")
    other = tenant.control.get_configuration(**WHERE, ClientId="a client", ClientConfigurationVersion="1")
    assert (status_of(other), other["ConfigurationVersion"]) == (200, "2")
    assert other["Content"].read() == b"two"


def test_a_client_id_is_needed(tenant, channel):
    channel.publish(b"one")
    status, headers, body = tenant.raw(
        "GET", "/applications/shop/environments/live/configurations/theme"
    )
    assert (status, headers["x-amzn-errortype"]) == (400, "BadRequestException:")
    assert b"'clientId'" in body and b"Member must not be null" in body
    for client in ("", "x" * 65):
        assert_refused("BadRequestException", None, tenant.unchecked.get_configuration, **WHERE, ClientId=client)


@pytest.mark.parametrize("member", WHERE)
def test_what_does_not_exist_is_not_found(tenant, channel, member):
    channel.publish(b"one")
    where = {**WHERE, member: "not this one"}
    assert_refused("ResourceNotFoundException", None, tenant.control.get_configuration, **where, ClientId="a client")


def test_what_was_never_deployed_is_not_found(tenant, channel):
    channel.put()
    assert_refused("ResourceNotFoundException", None, tenant.control.get_configuration, **WHERE, ClientId="a client")


def test_a_client_moves_once_in_a_rollout_and_never_back(tenant, channel):
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(tenant.strategy(duration=50, growth=25.0), 2)
    clients = [f"client {number}" for number in range(200)]

    def moved():
        return {
            client
            for client in clients
            if tenant.control.get_configuration(**WHERE, ClientId=client)["Content"].read() == b"new"
        }

    assert moved() == set()
    before = set()
    for expected in (50, 100, 150, 200):
        tenant.server.advance(10 * MINUTE + 1)
        now = moved()
        assert before <= now
        # Six times the standard deviation of a fair draw on either side.
        assert abs(len(now) - expected) <= 6 * (expected * (200 - expected) / 200) ** 0.5
        before = now


def test_feature_flags_are_read_through_a_session_only(tenant, channel):
    tenant.control.create_configuration_profile(
        ApplicationId="shop", Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )
    tenant.control.create_hosted_configuration_version(
        ApplicationId="shop",
        ConfigurationProfileId="flags",
        Content=b'{"flags":{"dark":{"name":"Dark"}},"values":{"dark":{"enabled":true}},"version":"1"}',
        ContentType="application/json",
    )
    channel.start(tenant.strategy(), 1, ConfigurationProfileId="flags")
    assert_refused(
        "BadRequestException",
        "Feature flag configurations must be accessed via AWS AppConfig Data's GetLatestConfiguration API.",
        tenant.control.get_configuration,
        **{**WHERE, "Configuration": "flags"},
        ClientId="a client",
    )
