import pytest
from harness import all_pages, assert_refused, status_of, without_metadata

ALARM = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:too-many-errors"
ROLE = "arn:aws:iam::000000000000:role/reads-alarms"


@pytest.fixture
def application(tenant):
    return tenant.application("shop")


def test_a_created_environment_is_ready_and_found_by_names_and_ids(tenant, application):
    made = tenant.control.create_environment(ApplicationId="shop", Name="live", Description="the real one")
    assert status_of(made) == 201
    made = without_metadata(made)
    assert made == {
        "ApplicationId": application,
        "Id": made["Id"],
        "Name": "live",
        "Description": "the real one",
        "State": "ReadyForDeployment",
    }
    for of in ("shop", application):
        for identifier in ("live", made["Id"]):
            got = tenant.control.get_environment(ApplicationId=of, EnvironmentId=identifier)
            assert without_metadata(got) == made
        assert tenant.control.list_environments(ApplicationId=of)["Items"] == [made]


def test_monitors_are_kept_and_replaced_whole(tenant, application):
    monitors = [{"AlarmArn": ALARM, "AlarmRoleArn": ROLE}]
    made = tenant.control.create_environment(ApplicationId="shop", Name="live", Monitors=monitors)
    assert made["Monitors"] == monitors
    other = [{"AlarmArn": f"{ALARM}-2", "AlarmRoleArn": ROLE}]
    renamed = tenant.control.update_environment(ApplicationId="shop", EnvironmentId="live", Name="prod")
    assert renamed["Monitors"] == monitors
    replaced = tenant.control.update_environment(ApplicationId="shop", EnvironmentId="prod", Monitors=other)
    assert replaced["Monitors"] == other
    tenant.control.update_environment(ApplicationId="shop", EnvironmentId="prod", Monitors=[])
    assert not tenant.control.get_environment(ApplicationId="shop", EnvironmentId="prod").get("Monitors")


def test_a_monitor_needs_a_role(tenant, application):
    message = (
        "1 validation error detected: Value null at 'alarmRoleArn' failed to satisfy constraint: Member must not be null."
    )
    given = {"ApplicationId": "shop", "Name": "live", "Monitors": [{"AlarmArn": ALARM}]}
    assert_refused("BadRequestException", message, tenant.control.create_environment, **given)
    tenant.control.create_environment(ApplicationId="shop", Name="live")
    assert_refused(
        "BadRequestException",
        message,
        tenant.control.update_environment,
        ApplicationId="shop",
        EnvironmentId="live",
        Monitors=[{"AlarmArn": ALARM}],
    )


def test_there_are_at_most_five_monitors(tenant, application):
    monitors = [{"AlarmArn": f"{ALARM}-{number}", "AlarmRoleArn": ROLE} for number in range(6)]
    assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked.create_environment,
        ApplicationId="shop",
        Name="live",
        Monitors=monitors,
    )
    tenant.control.create_environment(ApplicationId="shop", Name="live", Monitors=monitors[:5])


def test_an_empty_description_is_echoed_once_and_then_gone(tenant, application):
    identity = {"ApplicationId": "shop", "EnvironmentId": "live"}
    made = tenant.control.create_environment(ApplicationId="shop", Name="live", Description="")
    assert made["Description"] == ""
    assert "Description" not in tenant.control.get_environment(**identity)
    assert "Description" not in tenant.control.list_environments(ApplicationId="shop")["Items"][0]
    tenant.control.update_environment(**identity, Description="the real one")
    assert tenant.control.update_environment(**identity, Description="")["Description"] == ""
    assert "Description" not in tenant.control.update_environment(**identity, Name="live")


def test_a_name_is_taken_only_once_in_an_application(tenant, application):
    first = tenant.control.create_environment(ApplicationId="shop", Name="live")["Id"]
    tenant.control.create_environment(ApplicationId="shop", Name="test")
    message = (
        f"Environment with name live already exists with id {first} in application {application}"
        f" and account {tenant.account}"
    )
    given = {"ApplicationId": "shop", "Name": "live"}
    assert_refused("BadRequestException", message, tenant.control.create_environment, **given)
    assert_refused("BadRequestException", message, tenant.control.update_environment, **given, EnvironmentId="test")
    tenant.application("other")
    assert tenant.control.create_environment(ApplicationId="other", Name="live")["Id"] != first


@pytest.mark.parametrize(
    "operation", ["get_environment", "update_environment", "delete_environment", "list_deployments"]
)
def test_an_unknown_environment_is_named_with_its_application(tenant, application, operation):
    assert_refused(
        "ResourceNotFoundException",
        f"Environment with Application Id {application} and Environment Id zzzzzzz could not be found"
        f" for account {tenant.account}.",
        getattr(tenant.control, operation),
        ApplicationId=application,
        EnvironmentId="zzzzzzz",
    )


def test_an_environment_of_another_application_is_not_found(tenant, application):
    there = tenant.control.create_environment(ApplicationId="shop", Name="live")["Id"]
    other = tenant.application("other")
    for identifier in (there, "live"):
        assert_refused(
            "ResourceNotFoundException",
            None,
            tenant.control.get_environment,
            ApplicationId=other,
            EnvironmentId=identifier,
        )


def test_an_environment_needs_an_application(tenant):
    assert_refused(
        "ResourceNotFoundException",
        f"Application with Id zzzzzzz could not be found for account {tenant.account}.",
        tenant.control.create_environment,
        ApplicationId="zzzzzzz",
        Name="live",
    )


def test_a_deleted_environment_is_gone_and_its_name_free(tenant, application):
    identity = {"ApplicationId": "shop", "EnvironmentId": "live"}
    first = tenant.control.create_environment(ApplicationId="shop", Name="live")["Id"]
    assert status_of(tenant.control.delete_environment(**identity)) == 204
    assert_refused("ResourceNotFoundException", None, tenant.control.get_environment, **identity)
    assert tenant.control.list_environments(ApplicationId="shop")["Items"] == []
    assert tenant.control.create_environment(ApplicationId="shop", Name="live")["Id"] != first


def test_an_environment_with_past_deployments_is_deleted_freely(tenant, channel):
    channel.publish(b"content")
    assert status_of(tenant.control.delete_environment(**channel.in_environment)) == 204


def test_an_environment_with_a_running_deployment_is_not_deleted(tenant, channel):
    channel.start(tenant.strategy(duration=10, growth=50.0), channel.put())
    assert_refused("ConflictException", None, tenant.control.delete_environment, **channel.in_environment)
    channel.stop(1)
    assert status_of(tenant.control.delete_environment(**channel.in_environment)) == 204


def test_pages_bring_each_environment_once(tenant, application):
    names = {f"environment {number}" for number in range(5)}
    for name in sorted(names):
        tenant.control.create_environment(ApplicationId="shop", Name=name)
    sizes, items = all_pages(tenant.control, "list_environments", 2, ApplicationId="shop")
    assert sizes == [2, 2, 1]
    assert {item["Name"] for item in items} == names and len(items) == len(names)
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        tenant.control.list_environments,
        ApplicationId="shop",
        NextToken="bogus",
    )
