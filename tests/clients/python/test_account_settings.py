"""An account's settings, and the deletion protection that they are about."""

import pytest
from harness import HOUR, MINUTE, Tenant, assert_refused, status_of, without_metadata

DEFAULT = {"DeletionProtection": {"Enabled": True, "ProtectionPeriodInMinutes": 60}, "VendedMetrics": {}}


def settings_of(tenant):
    return without_metadata(tenant.control.get_account_settings())


def set_protection(tenant, **given):
    return tenant.control.update_account_settings(DeletionProtection=given)


@pytest.fixture
def old(tenant, channel):
    """A channel that has long been there, with a deployment and without use."""
    channel.publish(b"content")
    tenant.server.advance(3 * HOUR)
    return channel


def poll(channel):
    """Uses a channel once; use is noted by the minute."""
    assert channel.open_session().poll() == b"content"


def is_deleted(channel, check=None):
    """Tries to delete the environment."""
    given = {} if check is None else {"DeletionProtectionCheck": check}
    try:
        channel.tenant.control.delete_environment(**channel.in_environment, **given)
    except channel.tenant.control.exceptions.BadRequestException as error:
        assert "is actively being used in your application and cannot be deleted." in str(error)
        return False
    return True


# The settings.


def test_an_account_is_protected_from_the_start(tenant):
    response = tenant.control.get_account_settings()
    assert status_of(response) == 200
    assert without_metadata(response) == DEFAULT


def test_updates_are_merged(tenant):
    updated = set_protection(tenant, ProtectionPeriodInMinutes=15)
    assert status_of(updated) == 200
    expected = {"DeletionProtection": {"Enabled": True, "ProtectionPeriodInMinutes": 15}, "VendedMetrics": {}}
    assert without_metadata(updated) == expected
    set_protection(tenant, Enabled=False)
    assert settings_of(tenant)["DeletionProtection"] == {"Enabled": False, "ProtectionPeriodInMinutes": 15}
    tenant.control.update_account_settings(VendedMetrics={"Enabled": True})
    assert settings_of(tenant) == {
        "DeletionProtection": {"Enabled": False, "ProtectionPeriodInMinutes": 15},
        "VendedMetrics": {"Enabled": True},
    }
    assert without_metadata(tenant.control.update_account_settings()) == settings_of(tenant)
    set_protection(tenant, Enabled=True, ProtectionPeriodInMinutes=1440)
    assert settings_of(tenant)["DeletionProtection"] == {"Enabled": True, "ProtectionPeriodInMinutes": 1440}


@pytest.mark.parametrize("minutes", [14, 1441, 0, -1])
def test_the_period_has_bounds(tenant, minutes):
    assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked.update_account_settings,
        DeletionProtection={"ProtectionPeriodInMinutes": minutes},
    )
    assert settings_of(tenant) == DEFAULT


def test_settings_are_of_an_account_and_a_region(tenant):
    set_protection(tenant, Enabled=False)
    assert settings_of(Tenant(tenant.server)) == DEFAULT
    assert settings_of(Tenant(tenant.server, tenant.account, region="us-east-2")) == DEFAULT


def test_settings_outlive_a_restart(own_server):
    server = own_server()
    tenant = Tenant(server)
    set_protection(tenant, Enabled=False, ProtectionPeriodInMinutes=77)
    before = settings_of(tenant)
    server.kill()
    server.start()
    assert settings_of(Tenant(server, tenant.account)) == before


# What the account has chosen.


def test_the_period_is_the_accounts(tenant, old):
    set_protection(tenant, ProtectionPeriodInMinutes=15)
    poll(old)
    tenant.server.advance(14 * MINUTE)
    assert not is_deleted(old)
    tenant.server.advance(3 * MINUTE)
    assert is_deleted(old)


def test_a_longer_period_protects_longer(tenant, old):
    set_protection(tenant, ProtectionPeriodInMinutes=1440)
    poll(old)
    tenant.server.advance(23 * HOUR)
    assert not is_deleted(old)
    tenant.server.advance(HOUR + 2 * MINUTE)
    assert is_deleted(old)


def test_a_protection_that_is_off_is_off_unless_asked_for(tenant, old):
    set_protection(tenant, Enabled=False)
    poll(old)
    tenant.server.advance(MINUTE)
    assert not is_deleted(old, "APPLY")
    assert is_deleted(old, "ACCOUNT_DEFAULT")


def test_one_who_bypasses_is_not_asked(tenant, old):
    poll(old)
    tenant.server.advance(MINUTE)
    assert not is_deleted(old)
    assert is_deleted(old, "BYPASS")


def test_the_young_are_protected_only_if_asked_for(tenant, channel):
    channel.publish(b"content")
    tenant.server.advance(57 * MINUTE)
    poll(channel)
    tenant.server.advance(MINUTE)
    assert not is_deleted(channel, "APPLY")
    tenant.server.advance(2 * MINUTE)
    assert not is_deleted(channel), "an hour has passed"


def test_the_young_are_deleted_by_default(tenant, channel):
    channel.publish(b"content")
    poll(channel)
    tenant.server.advance(58 * MINUTE)
    assert is_deleted(channel, "ACCOUNT_DEFAULT")


# What counts as use.


def test_what_is_deployed_and_not_read_is_not_in_use(old):
    assert is_deleted(old, "APPLY")


def test_a_session_that_has_not_polled_is_no_use(tenant, old):
    old.open_session()
    tenant.server.advance(MINUTE)
    assert is_deleted(old, "APPLY")


def test_the_old_way_to_read_counts_too(tenant, old):
    tenant.control.get_configuration(Application="shop", Environment="live", Configuration="theme", ClientId="x")
    tenant.server.advance(MINUTE)
    assert not is_deleted(old)


def test_a_poll_without_news_counts_too(tenant, old):
    session = old.open_session()
    session.poll()
    tenant.server.advance(HOUR)
    assert session.poll() == b""
    tenant.server.advance(59 * MINUTE)
    assert not is_deleted(old)


def test_use_counts_for_the_environment_and_the_profile_that_were_read(tenant, old):
    control = tenant.control
    other = control.create_environment(ApplicationId="shop", Name="other")["Id"]
    profile = control.create_configuration_profile(ApplicationId="shop", Name="unread", LocationUri="hosted")["Id"]
    tenant.server.advance(2 * HOUR)
    poll(old)
    tenant.server.advance(MINUTE)
    assert not is_deleted(old)
    control.delete_environment(ApplicationId="shop", EnvironmentId=other)
    control.delete_configuration_profile(ApplicationId="shop", ConfigurationProfileId=profile)
    control.delete_hosted_configuration_version(**old.in_profile, VersionNumber=1)
    message = "Configuration Profile theme is actively being used in your application and cannot be deleted."
    assert_refused("BadRequestException", message, control.delete_configuration_profile, **old.in_profile)


def test_other_reasons_come_first(tenant, old):
    poll(old)
    tenant.server.advance(MINUTE)
    message = (
        f"Cannot delete configuration profile {old.profile_id} because there are still hosted configuration versions"
        " existing under it."
    )
    assert_refused(
        "BadRequestException", message, tenant.control.delete_configuration_profile, **old.in_profile
    )


def test_a_wrong_check_is_refused(tenant, channel):
    assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked.delete_environment,
        **channel.in_environment,
        DeletionProtectionCheck="MAYBE",
    )


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_use_is_remembered_over_a_restart(own_server, end):
    server = own_server()
    channel = Tenant(server).channel()
    channel.publish(b"content")
    server.advance(3 * HOUR)
    poll(channel)
    # The note is written when the minute is over.
    server.advance(MINUTE)
    now_ms = server.now_ms()
    getattr(server, end)()
    server.start()
    server.advance(max(0, now_ms - server.now_ms()) // 1000 + 1)
    channel.tenant = Tenant(server, channel.tenant.account)
    assert not is_deleted(channel)
    server.advance(HOUR + 10 * MINUTE)
    assert is_deleted(channel)
