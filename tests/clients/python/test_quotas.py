"""There is only so much of everything, as on AWS, unless the operator says otherwise."""

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
