"""What was polled within the last hour is not deleted by mistake."""

import pytest
from harness import HOUR, MINUTE, assert_refused, status_of


@pytest.fixture
def in_use(tenant, channel):
    """A channel older than an hour, with a session that has just polled."""
    channel.publish(b"content")
    tenant.server.advance(2 * HOUR)
    channel.open_session().poll()
    # Use is registered within a minute.
    tenant.server.advance(2 * MINUTE)
    return channel


def test_an_environment_in_use_is_not_deleted(tenant, in_use):
    message = "Environment live is actively being used in your application and cannot be deleted."
    for check in ({}, {"DeletionProtectionCheck": "ACCOUNT_DEFAULT"}, {"DeletionProtectionCheck": "APPLY"}):
        assert_refused(
            "BadRequestException", message, tenant.control.delete_environment, **in_use.in_environment, **check
        )
    deleted = tenant.control.delete_environment(**in_use.in_environment, DeletionProtectionCheck="BYPASS")
    assert status_of(deleted) == 204


def test_a_profile_in_use_is_not_deleted(tenant, in_use):
    tenant.control.delete_hosted_configuration_version(**in_use.in_profile, VersionNumber=1)
    assert_refused("BadRequestException", None, tenant.control.delete_configuration_profile, **in_use.in_profile)
    deleted = tenant.control.delete_configuration_profile(**in_use.in_profile, DeletionProtectionCheck="BYPASS")
    assert status_of(deleted) == 204


def test_what_was_not_polled_for_an_hour_is_deleted(tenant, in_use):
    tenant.server.advance(HOUR)
    assert status_of(tenant.control.delete_environment(**in_use.in_environment)) == 204


def test_what_is_younger_than_an_hour_is_deleted_unless_asked_to_check(tenant, channel):
    channel.publish(b"content")
    channel.open_session().poll()
    tenant.server.advance(2 * MINUTE)
    assert_refused(
        "BadRequestException",
        None,
        tenant.control.delete_environment,
        **channel.in_environment,
        DeletionProtectionCheck="APPLY",
    )
    assert status_of(tenant.control.delete_environment(**channel.in_environment)) == 204
