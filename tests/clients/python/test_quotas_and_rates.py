"""There is only so much of everything, and only so often, as on AWS, unless the operator says otherwise."""

import json

import pytest
from harness import Tenant, assert_refused


def fill(make, count):
    for number in range(count):
        make(f"number {number}")


def test_an_application_has_up_to_20_environments(tenant):
    tenant.application("shop")
    fill(lambda name: tenant.control.create_environment(ApplicationId="shop", Name=name), 20)
    assert_refused(
        "ServiceQuotaExceededException",
        None,
        tenant.control.create_environment,
        ApplicationId="shop",
        Name="one more",
    )
    tenant.control.delete_environment(ApplicationId="shop", EnvironmentId="number 0")
    tenant.control.create_environment(ApplicationId="shop", Name="one more")


def test_an_account_has_up_to_20_strategies_beside_the_predefined(tenant):
    fill(tenant.strategy, 20)
    assert_refused(
        "ServiceQuotaExceededException",
        None,
        tenant.control.create_deployment_strategy,
        Name="one more",
        DeploymentDurationInMinutes=0,
        GrowthFactor=100.0,
    )


def test_an_account_has_up_to_100_applications(tenant):
    fill(tenant.application, 100)
    assert_refused("ServiceQuotaExceededException", None, tenant.control.create_application, Name="one more")


def test_an_application_has_up_to_100_profiles(tenant):
    tenant.application("shop")
    given = {"ApplicationId": "shop", "LocationUri": "hosted"}
    fill(lambda name: tenant.control.create_configuration_profile(**given, Name=name), 100)
    assert_refused(
        "ServiceQuotaExceededException",
        None,
        tenant.control.create_configuration_profile,
        **given,
        Name="one more",
    )


@pytest.mark.parametrize("count", [1, 101])
def test_the_operator_may_say_otherwise(own_server, count):
    tenant = Tenant(own_server("--quota-applications", str(count)))
    fill(tenant.application, count)
    assert_refused("ServiceQuotaExceededException", None, tenant.control.create_application, Name="one more")


def test_the_operator_may_allow_larger_content(own_server):
    channel = Tenant(own_server("--quota-content-kib", "4000")).channel()
    content = b"x" * (4000 * 1024)
    channel.publish(content)
    assert channel.open_session().poll() == content
    response = assert_refused(
        "PayloadTooLargeException",
        "Content size limit exceeded.",
        channel.tenant.control.create_hosted_configuration_version,
        **channel.in_profile,
        Content=content + b"x",
        ContentType="text/plain",
    )
    assert (response["Limit"], response["Size"]) == (4000.0, 4001.0)


@pytest.mark.parametrize("limit", [0, 2])
def test_every_quota_can_be_set(own_server, limit):
    flags = [("environments", limit), ("profiles", limit), ("strategies", limit)]
    tenant = Tenant(own_server(*(part for name, count in flags for part in (f"--quota-{name}", str(count)))))
    tenant.application("shop")
    control = tenant.control
    at_once = {"DeploymentDurationInMinutes": 0, "GrowthFactor": 100.0}
    for create, given in (
        (control.create_environment, {"ApplicationId": "shop"}),
        (control.create_configuration_profile, {"ApplicationId": "shop", "LocationUri": "hosted"}),
        (control.create_deployment_strategy, at_once),
    ):
        fill(lambda name: create(**given, Name=name), limit)  # noqa: B023
        assert_refused("ServiceQuotaExceededException", None, create, **given, Name="one more")


def test_a_quota_is_of_an_account_a_region_and_an_application(own_server):
    server = own_server("--quota-applications", "1", "--quota-environments", "1")
    first = Tenant(server)
    first.application("shop")
    for other in (Tenant(server), Tenant(server, first.account, region="us-east-2")):
        other.application("shop")
        other.control.create_environment(ApplicationId="shop", Name="live")
    first.control.create_environment(ApplicationId="shop", Name="live")


def test_a_quota_that_was_lowered_takes_nothing_away(own_server):
    server = own_server()
    tenant = Tenant(server)
    fill(tenant.application, 3)
    server.terminate()
    server.flags += ["--quota-applications", "2"]
    server.start()
    tenant = Tenant(server, tenant.account)
    assert len(tenant.control.list_applications()["Items"]) == 3
    assert_refused("ServiceQuotaExceededException", None, tenant.control.create_application, Name="one more")
    for number in range(2):
        tenant.control.delete_application(ApplicationId=f"number {number}")
    tenant.application("one more")


# Request rates.


def refused_of(tenant, times, call):
    """Sends requests as fast as they go, and gives how many were refused for that."""
    refused = 0
    for _ in range(times):
        status, headers, body = call()
        if status == 400 and headers["x-amzn-errortype"] == "ThrottlingException:":
            assert json.loads(body) == {"Message": "Rate exceeded"}
            refused += 1
        else:
            assert status < 300, body
    return refused


@pytest.fixture
def held_to_rates(own_server):
    return Tenant(own_server(rates=None))


def lists(tenant):
    return lambda: tenant.raw("GET", "/applications")


def test_an_account_is_held_to_the_rates_of_aws(held_to_rates):
    # Ten at once, and ten a second: more than 190 are refused only if fewer than ten were let through.
    assert 0 < refused_of(held_to_rates, 200, lists(held_to_rates)) <= 190


def test_the_default_account_is_not_held_to_rates(held_to_rates):
    server = held_to_rates.server
    home = Tenant(server, "000000000000")
    assert refused_of(home, 200, lists(home)) == 0
    # Neither is one whose access key names no account.
    nobody = Tenant(server, "AKIDEXAMPLE")
    assert refused_of(nobody, 200, lists(nobody)) == 0


def test_each_operation_and_each_account_has_a_rate_of_its_own(held_to_rates):
    other = Tenant(held_to_rates.server)
    assert refused_of(held_to_rates, 100, lists(held_to_rates)) > 0
    assert refused_of(held_to_rates, 5, lambda: held_to_rates.raw("GET", "/deploymentstrategies")) == 0
    assert refused_of(other, 5, lists(other)) == 0


def test_to_get_is_allowed_more_often(held_to_rates):
    application = held_to_rates.application("shop")
    assert refused_of(held_to_rates, 60, lambda: held_to_rates.raw("GET", f"/applications/{application}")) == 0


def test_polls_are_not_held_to_the_rates_of_the_control_plane(held_to_rates):
    channel = held_to_rates.channel()
    channel.publish(b"content")
    assert [channel.open_session().poll() for _ in range(60)] == [b"content"] * 60


def test_an_sdk_waits_and_comes_through(held_to_rates):
    client = held_to_rates.server.client(
        "appconfig", held_to_rates.account, retries={"mode": "standard", "total_max_attempts": 10}
    )
    for _ in range(25):
        client.list_applications()


def test_an_operator_can_leave_rates_out(own_server):
    tenant = Tenant(own_server(rates="unlimited"))
    assert refused_of(tenant, 300, lists(tenant)) == 0


def test_an_operator_can_leave_accounts_out(own_server):
    server = own_server("--unlimited-accounts", "210987654321,210987654322", rates="aws")
    for account in ("210987654321", "210987654322"):
        free = Tenant(server, account)
        assert refused_of(free, 200, lists(free)) == 0
    for account in ("210987654323", "000000000000"):
        held = Tenant(server, account)
        assert refused_of(held, 200, lists(held)) > 0
