"""Powertools for AWS Lambda (Python): flags of both kinds, Powertools' own in a freeform profile and AppConfig's."""

import json

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags
from aws_lambda_powertools.utilities.feature_flags.exceptions import ConfigurationStoreError, SchemaValidationError
from harness import MINUTE, REGION

PREMIUM = {
    "premium": {
        "default": False,
        "rules": {
            "the tier is gold": {
                "when_match": True,
                "conditions": [{"action": "EQUALS", "key": "tier", "value": "gold"}],
            }
        },
    },
    "everybody": {"default": True},
    "limits": {"default": {"items": 10}, "boolean_type": False},
}


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


def store(name, **more):
    return AppConfigStore(environment="live", application="shop", name=name, boto3_session=boto3.Session(), **more)


def provider():
    return parameters.AppConfigProvider(environment="live", application="shop", boto3_session=boto3.Session())


# Powertools' own flags.


def test_rules_of_powertools_are_evaluated(channel, function):
    channel.publish(json.dumps(PREMIUM).encode(), "application/json")
    flags = FeatureFlags(store=store("theme", max_age=3600))
    assert flags.evaluate(name="premium", context={"tier": "gold"}, default=False) is True
    assert flags.evaluate(name="premium", context={"tier": "tin"}, default=False) is False
    assert flags.evaluate(name="limits", default={}) == {"items": 10}
    assert flags.evaluate(name="not this one", default="fallback") == "fallback"
    assert flags.get_enabled_features(context={"tier": "gold"}) == ["premium", "everybody", "limits"]


def test_an_envelope_is_opened(channel, function):
    content = {"logging": {"level": "INFO"}, "features": PREMIUM}
    channel.publish(json.dumps(content).encode(), "application/json")
    here = store("theme", envelope="features", max_age=3600)
    assert FeatureFlags(store=here).evaluate(name="everybody", default=False) is True
    assert here.get_raw_configuration["logging"] == {"level": "INFO"}


def test_a_change_reaches_the_store_and_an_empty_answer_keeps_what_is_there(tenant, channel, function):
    channel.publish(json.dumps(PREMIUM).encode(), "application/json")
    flags = FeatureFlags(store=store("theme", max_age=0))
    for _ in range(3):
        assert flags.evaluate(name="everybody", default=None) is True
        tenant.server.advance(MINUTE)
    channel.publish(json.dumps({"everybody": {"default": False}}).encode(), "application/json")
    assert flags.evaluate(name="everybody", default=None) is False


def test_what_is_not_there_is_a_store_error(channel, function):
    with pytest.raises(ConfigurationStoreError):
        store("not this one").get_configuration()
    # An evaluation falls back.
    assert FeatureFlags(store=store("not this one")).evaluate(name="premium", default="fallback") == "fallback"


# AppConfig's flags.

DOCUMENT = {
    "version": "1",
    "flags": {"banner": {"attributes": {"text": {"constraints": {"type": "string"}}}}},
    "values": {
        "banner": {"enabled": True, "text": "hello"},
        "search": {"enabled": False},
        "checkout": {
            "_variants": [
                {"name": "gold", "enabled": True, "rule": '(eq $tier "gold")'},
                {"name": "rest", "enabled": False},
            ]
        },
    },
}
SERVED = {
    "banner": {"enabled": True, "text": "hello"},
    "search": {"enabled": False},
    "checkout": {"_variant": "rest", "enabled": False},
}


def test_a_parameter_of_flags_is_their_values(flags, function):
    flags.release(DOCUMENT)
    assert provider().get("flags", transform="json") == SERVED


def test_the_short_form_reads_flags_too(monkeypatch, flags, function):
    flags.release(DOCUMENT)
    monkeypatch.setattr("aws_lambda_powertools.utilities.parameters.appconfig.DEFAULT_PROVIDERS", {})
    value = parameters.get_app_config("flags", environment="live", application="shop", transform="json")
    assert value == SERVED


def test_flags_are_kept_while_nothing_changed_and_follow_a_change(tenant, flags, function):
    flags.release(DOCUMENT)
    here = provider()
    for _ in range(3):
        assert here.get("flags", transform="json", max_age=0) == SERVED
        tenant.server.advance(MINUTE)
    flags.release({"version": "1", "values": {"search": {"enabled": True}}})
    assert here.get("flags", transform="json", max_age=0) == {"search": {"enabled": True}}


def test_a_rollback_reaches_the_function(tenant, flags, function):
    flags.release(DOCUMENT)
    here = provider()
    assert here.get("flags", transform="json", max_age=0)["search"]["enabled"] is False
    number, _ = flags.author({"version": "1", "values": {"search": {"enabled": True}}})
    deployment = flags.start(tenant.strategy(duration=10, growth=100.0, bake=30), number)
    tenant.server.advance(20 * MINUTE)
    assert here.get("flags", transform="json", max_age=0) == {"search": {"enabled": True}}
    flags.stop(deployment["DeploymentNumber"])
    tenant.server.advance(MINUTE)
    assert here.get("flags", transform="json", max_age=0) == SERVED


def test_the_store_gives_appconfigs_flags_as_they_are(flags, function):
    flags.release(DOCUMENT)
    here = store("flags", max_age=3600)
    assert here.get_configuration() == SERVED
    assert store("flags", envelope="banner").get_configuration() == SERVED["banner"]
    # Powertools' rules are another language.
    with pytest.raises(SchemaValidationError):
        FeatureFlags(store=here).evaluate(name="banner", default=False)
