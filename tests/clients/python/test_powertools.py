"""Powertools for AWS Lambda (Python): its AppConfig provider, found by the environment as in a real function."""

import json

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from harness import REGION


@pytest.fixture
def function(monkeypatch, tenant):
    """The environment of a function whose data plane is the server under test."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_APPCONFIGDATA", tenant.server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", tenant.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def provider(function):
    return parameters.AppConfigProvider(environment="live", application="shop", boto3_session=boto3.Session())


def test_get_gives_the_bytes_and_then_its_cache(channel, provider):
    channel.publish(b"plain")
    assert provider.get("theme", max_age=3600) == b"plain"
    # No poll is due yet: only the cache can answer.
    assert provider.get("theme", max_age=3600) == b"plain"


def test_get_reads_json(channel, provider):
    channel.publish(json.dumps({"dark": True, "sizes": [1, 2]}).encode(), "application/json")
    assert provider.get("theme", transform="json") == {"dark": True, "sizes": [1, 2]}


def test_get_decodes_binary(channel, provider):
    channel.publish(b"aGVsbG8=")
    assert provider.get("theme", transform="binary") == b"hello"


def test_what_is_not_json_is_told_as_that(channel, provider):
    channel.publish(b"{")
    with pytest.raises(TransformParameterError):
        provider.get("theme", transform="json")


def test_a_forced_fetch_keeps_the_old_value_while_nothing_changed(tenant, channel, provider):
    channel.publish(b'{"a": 1}', "application/json")
    assert provider.get("theme", transform="json", max_age=3600) == {"a": 1}
    for _ in range(3):
        tenant.server.advance(60)
        assert provider.get("theme", transform="json", force_fetch=True) == {"a": 1}
    channel.publish(b'{"a": 2}', "application/json")
    assert provider.get("theme", transform="json") == {"a": 1}, "the cache answers"
    tenant.server.advance(60)
    assert provider.get("theme", transform="json", force_fetch=True) == {"a": 2}


def test_a_value_without_age_is_fetched_each_time(tenant, channel, provider):
    channel.publish(b"one")
    assert provider.get("theme", max_age=0) == b"one"
    channel.publish(b"two")
    tenant.server.advance(60)
    assert provider.get("theme", max_age=0) == b"two"


def test_a_fetch_before_its_time_is_told(channel, provider):
    channel.publish(b"plain")
    provider.get("theme", max_age=0)
    with pytest.raises(GetParameterError, match="Request too early"):
        provider.get("theme", force_fetch=True)


def test_options_reach_the_session(tenant, channel, provider):
    channel.publish(b"one")
    assert provider.get("theme", max_age=0, RequiredMinimumPollIntervalInSeconds=15) == b"one"
    channel.publish(b"two")
    tenant.server.advance(15)
    assert provider.get("theme", max_age=0) == b"two"


def test_one_provider_reads_several_profiles(tenant, channel, provider):
    channel.publish(b"colours")
    tenant.control.create_configuration_profile(ApplicationId="shop", Name="limits", LocationUri="hosted")
    tenant.control.create_hosted_configuration_version(
        ApplicationId="shop", ConfigurationProfileId="limits", Content=b"numbers", ContentType="text/plain"
    )
    channel.start(tenant.strategy(), 1, ConfigurationProfileId="limits")
    assert provider.get("theme") == b"colours"
    assert provider.get("limits") == b"numbers"


def test_an_unknown_configuration_is_told(channel, provider):
    channel.publish(b"plain")
    with pytest.raises(GetParameterError, match="ResourceNotFoundException"):
        provider.get("not this one")


def test_the_short_form_works_too(monkeypatch, channel, function):
    channel.publish(b'{"a": 1}', "application/json")
    monkeypatch.setattr("aws_lambda_powertools.utilities.parameters.appconfig.DEFAULT_PROVIDERS", {})
    value = parameters.get_app_config("theme", environment="live", application="shop", transform="json")
    assert value == {"a": 1}


def test_a_rollout_reaches_the_function(tenant, channel, provider):
    channel.publish(b"old")
    channel.put(b"new")
    assert provider.get("theme", max_age=0) == b"old"
    channel.start(tenant.strategy(duration=20, growth=25.0), 2)
    seen = []
    for _ in range(20):
        tenant.server.advance(61)
        seen.append(provider.get("theme", max_age=0))
    assert seen == sorted(seen, reverse=True), "it went back"
    assert seen[-1] == b"new"
