import concurrent.futures
import datetime

import pytest
from harness import HOUR, MINUTE, Tenant, all_pages, assert_refused, status_of, without_metadata


def event_types(deployment):
    return [event["EventType"] for event in deployment["EventLog"]]


def test_a_deployment_without_duration_and_bake_completes_in_the_answer(tenant, channel):
    strategy = tenant.strategy()
    channel.put(b"content", VersionLabel="v1.0")
    deployment = channel.start(strategy, 1, Description="the first")
    assert status_of(deployment) == 201
    deployment = without_metadata(deployment)
    completed, started = deployment.pop("EventLog")
    started_at, completed_at = deployment.pop("StartedAt"), deployment.pop("CompletedAt")
    assert deployment.pop("AppliedExtensions", []) == []
    assert deployment == {
        "ApplicationId": channel.application_id,
        "EnvironmentId": channel.environment_id,
        "DeploymentStrategyId": strategy,
        "ConfigurationProfileId": channel.profile_id,
        "DeploymentNumber": 1,
        "ConfigurationName": "theme",
        "ConfigurationLocationUri": "hosted",
        "ConfigurationVersion": "1",
        "Description": "the first",
        "DeploymentDurationInMinutes": 0,
        "GrowthType": "LINEAR",
        "GrowthFactor": 100.0,
        "FinalBakeTimeInMinutes": 0,
        "State": "COMPLETE",
        "PercentageComplete": 100.0,
        "VersionLabel": "v1.0",
    }
    assert (started["EventType"], started["TriggeredBy"]) == ("DEPLOYMENT_STARTED", "USER")
    assert started["Description"] == "Deployment started"
    assert (completed["EventType"], completed["TriggeredBy"]) == ("DEPLOYMENT_COMPLETED", "APPCONFIG")
    assert completed["Description"] == "Deployment completed instantly"
    assert datetime.timedelta(0) <= completed_at - started_at < datetime.timedelta(seconds=1)
    assert channel.environment_state() == "ReadyForDeployment"

    got = without_metadata(channel.deployment(1))
    got.pop("AppliedExtensions", None)
    assert got == {**deployment, "EventLog": [completed, started], "StartedAt": started_at, "CompletedAt": completed_at}


def test_names_do_for_ids(tenant, channel):
    channel.put()
    names = {"ApplicationId": "shop", "EnvironmentId": "live"}
    started = tenant.control.start_deployment(
        **names, ConfigurationProfileId="theme", ConfigurationVersion="1", DeploymentStrategyId=tenant.strategy()
    )
    assert started["ApplicationId"] == channel.application_id
    assert started["EnvironmentId"] == channel.environment_id
    assert started["ConfigurationProfileId"] == channel.profile_id
    got = tenant.control.get_deployment(**names, DeploymentNumber=1)
    assert got["EnvironmentId"] == channel.environment_id
    assert len(tenant.control.list_deployments(**names)["Items"]) == 1
    stopped = tenant.control.stop_deployment(**names, DeploymentNumber=1, AllowRevert=True)
    assert stopped["State"] == "REVERTED"


def test_a_version_is_named_by_number_or_by_label(tenant, channel):
    channel.put(b"one")
    channel.put(b"two", VersionLabel="second")
    strategy = tenant.strategy()
    by_number = channel.start(strategy, 1)
    assert by_number["ConfigurationVersion"] == "1" and "VersionLabel" not in by_number
    by_label = channel.start(strategy, "second")
    assert (by_label["ConfigurationVersion"], by_label["VersionLabel"]) == ("2", "second")
    assert channel.open_session().poll() == b"two"


def test_deployments_are_numbered_in_the_environment_across_its_profiles(tenant, channel):
    tenant.control.create_configuration_profile(
        ApplicationId=channel.application_id, Name="other", LocationUri="hosted"
    )
    tenant.control.create_hosted_configuration_version(
        ApplicationId="shop", ConfigurationProfileId="other", Content=b"x", ContentType="text/plain"
    )
    tenant.control.create_environment(ApplicationId="shop", Name="test")
    channel.put()
    strategy = tenant.strategy()
    assert channel.start(strategy, 1)["DeploymentNumber"] == 1
    assert channel.start(strategy, 1, ConfigurationProfileId="other")["DeploymentNumber"] == 2
    assert channel.start(strategy, 1)["DeploymentNumber"] == 3
    assert channel.start(strategy, 1, EnvironmentId="test")["DeploymentNumber"] == 1


def test_the_list_is_newest_first_and_paged(tenant, channel):
    strategy = tenant.strategy()
    for number in range(1, 6):
        channel.start(strategy, channel.put(VersionLabel=f"v{number}"))
    sizes, items = all_pages(tenant.control, "list_deployments", 2, **channel.in_environment)
    assert sizes == [2, 2, 1]
    assert [item["DeploymentNumber"] for item in items] == [5, 4, 3, 2, 1]
    newest = items[0]
    assert newest.pop("StartedAt") <= newest.pop("CompletedAt")
    assert newest == {
        "DeploymentNumber": 5,
        "ConfigurationProfileId": channel.profile_id,
        "ConfigurationName": "theme",
        "ConfigurationVersion": "5",
        "DeploymentDurationInMinutes": 0,
        "GrowthType": "LINEAR",
        "GrowthFactor": 100.0,
        "FinalBakeTimeInMinutes": 0,
        "State": "COMPLETE",
        "PercentageComplete": 100.0,
        "VersionLabel": "v5",
        "Type": "USER",
    }
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        tenant.control.list_deployments,
        **channel.in_environment,
        NextToken="bogus",
    )


def test_what_is_not_found_is_told_in_order(tenant, channel):
    account, application, environment = tenant.account, channel.application_id, channel.environment_id
    wrong = {
        "ApplicationId": "zzzzzzz",
        "EnvironmentId": "zzzzzzz",
        "DeploymentStrategyId": "zzzzzzz",
        "ConfigurationProfileId": "zzzzzzz",
        "ConfigurationVersion": "1",
    }

    def refused(message):
        assert_refused("ResourceNotFoundException", message, tenant.control.start_deployment, **wrong)

    refused(f"Application with Id zzzzzzz could not be found for account {account}.")
    wrong["ApplicationId"] = application
    refused(
        f"Environment with Application Id {application} and Environment Id zzzzzzz could not be found"
        f" for account {account}."
    )
    wrong["EnvironmentId"] = environment
    refused("DeploymentStrategy with Id zzzzzzz could not be found.")
    wrong["DeploymentStrategyId"] = tenant.strategy()
    refused(
        f"Configuration Profile with Application Id {application} and Configuration Profile Id zzzzzzz"
        f" could not be found for account {account}."
    )
    wrong["ConfigurationProfileId"] = channel.profile_id
    refused("Could not find configuration theme with version number 1")
    channel.put()
    assert tenant.control.start_deployment(**wrong)["State"] == "COMPLETE"


def test_an_unknown_deployment_is_not_found(tenant, channel):
    for operation in (tenant.control.get_deployment, tenant.control.stop_deployment):
        assert_refused("ResourceNotFoundException", None, operation, **channel.in_environment, DeploymentNumber=9)


def test_an_environment_has_one_deployment_at_a_time(tenant, channel):
    tenant.control.create_configuration_profile(ApplicationId="shop", Name="other", LocationUri="hosted")
    tenant.control.create_hosted_configuration_version(
        ApplicationId="shop", ConfigurationProfileId="other", Content=b"x", ContentType="text/plain"
    )
    tenant.control.create_environment(ApplicationId="shop", Name="test")
    channel.put()
    slow = tenant.strategy(duration=10, growth=50.0, bake=5)
    given = {**channel.in_environment, "DeploymentStrategyId": slow, "ConfigurationVersion": "1"}
    channel.start(slow, 1)
    for profile in ("theme", "other"):
        assert_refused(
            "ConflictException", None, tenant.control.start_deployment, **given, ConfigurationProfileId=profile
        )
    assert channel.start(slow, 1, EnvironmentId="test")["State"] == "DEPLOYING"
    tenant.server.advance(11 * MINUTE)
    assert channel.deployment(1)["State"] == "BAKING"
    assert_refused(
        "ConflictException", None, tenant.control.start_deployment, **given, ConfigurationProfileId="other"
    )
    tenant.server.advance(5 * MINUTE)
    assert channel.start(slow, 1, ConfigurationProfileId="other")["DeploymentNumber"] == 2


def test_of_racing_deployments_one_starts(tenant, channel):
    channel.put()
    slow = tenant.strategy(duration=10, growth=50.0)
    rivals = [Tenant(tenant.server, tenant.account) for _ in range(8)]

    def start(rival):
        try:
            return rival.control.start_deployment(
                **channel.in_environment,
                ConfigurationProfileId=channel.profile_id,
                DeploymentStrategyId=slow,
                ConfigurationVersion="1",
            )["DeploymentNumber"]
        except rival.control.exceptions.ConflictException:
            return None

    with concurrent.futures.ThreadPoolExecutor(len(rivals)) as pool:
        outcomes = list(pool.map(start, rivals))
    assert [number for number in outcomes if number is not None] == [1]


def test_of_racing_versions_with_one_lock_one_is_stored(tenant, channel):
    channel.put()
    rivals = [Tenant(tenant.server, tenant.account) for _ in range(8)]

    def put(rival):
        try:
            return rival.control.create_hosted_configuration_version(
                **channel.in_profile, Content=b"x", ContentType="text/plain", LatestVersionNumber=1
            )["VersionNumber"]
        except rival.control.exceptions.ConflictException:
            return None

    with concurrent.futures.ThreadPoolExecutor(len(rivals)) as pool:
        outcomes = list(pool.map(put, rivals))
    assert [number for number in outcomes if number is not None] == [2]


def test_the_latest_deployment_number_is_an_optimistic_lock(tenant, channel):
    strategy = tenant.strategy()
    channel.put()
    assert channel.start(strategy, 1, LatestDeploymentNumber=0)["DeploymentNumber"] == 1
    assert channel.start(strategy, 1, LatestDeploymentNumber=1)["DeploymentNumber"] == 2
    for stale in (0, 1, 3, 99):
        assert_refused(
            "ConflictException",
            None,
            tenant.control.start_deployment,
            **channel.in_environment,
            ConfigurationProfileId=channel.profile_id,
            DeploymentStrategyId=strategy,
            ConfigurationVersion="1",
            LatestDeploymentNumber=stale,
        )
    assert channel.start(strategy, 1)["DeploymentNumber"] == 3


@pytest.mark.parametrize(
    ("growth_type", "growth", "duration", "percentages"),
    [
        ("LINEAR", 25.0, 20, [25, 50, 75, 100]),
        ("LINEAR", 30.0, 100, [30, 60, 90, 100]),
        ("LINEAR", 100.0, 10, [100]),
        ("LINEAR", 12.5, 36, [12.5, 25, 37.5, 50, 62.5, 75, 87.5, 100]),
        ("EXPONENTIAL", 10.0, 60, [10, 20, 40, 80, 100]),
        ("EXPONENTIAL", 2.0, 80, [2, 4, 8, 16, 32, 64, 100]),
        ("EXPONENTIAL", 100.0, 10, [100]),
    ],
)
def test_a_deployment_grows_step_by_step_then_bakes_then_completes(
    tenant, channel, growth_type, growth, duration, percentages
):
    strategy = tenant.strategy(duration=duration, growth=growth, growth_type=growth_type, bake=10)
    channel.put()
    started = channel.start(strategy, 1)
    assert (started["State"], started["PercentageComplete"]) == ("DEPLOYING", 0.0)
    assert event_types(started) == ["DEPLOYMENT_STARTED"]
    assert "CompletedAt" not in started

    # The steps lie a part of the duration apart, and one such part lies between the last of them and the bake.
    interval_s = duration * MINUTE // (len(percentages) + 1)
    reached = 0
    for percentage in percentages:
        tenant.server.advance(interval_s - 30)
        assert channel.deployment(1)["PercentageComplete"] == reached
        assert channel.environment_state() == "Deploying"
        tenant.server.advance(31)
        deployment = channel.deployment(1)
        assert (deployment["State"], deployment["PercentageComplete"]) == ("DEPLOYING", percentage)
        reached = percentage
    tenant.server.advance(interval_s + 1)
    baking = channel.deployment(1)
    assert (baking["State"], baking["PercentageComplete"]) == ("BAKING", 100.0)
    assert channel.environment_state() == "Deploying"
    tenant.server.advance(9 * MINUTE)
    assert channel.deployment(1)["State"] == "BAKING"
    tenant.server.advance(MINUTE + 1)
    complete = channel.deployment(1)
    assert (complete["State"], complete["PercentageComplete"]) == ("COMPLETE", 100.0)
    assert channel.environment_state() == "ReadyForDeployment"

    log = [(event["EventType"], event["TriggeredBy"], event["Description"]) for event in complete["EventLog"]]
    assert log[::-1] == [
        ("DEPLOYMENT_STARTED", "USER", "Deployment started"),
        *(
            ("PERCENTAGE_UPDATED", "APPCONFIG", f"Configuration available to {percentage:.2f}% of clients")
            for percentage in percentages
        ),
        ("BAKE_TIME_STARTED", "APPCONFIG", "Deployment bake time started"),
        ("DEPLOYMENT_COMPLETED", "APPCONFIG", "Deployment completed"),
    ]
    occurred = [event["OccurredAt"] for event in reversed(complete["EventLog"])]
    assert occurred == sorted(occurred)
    assert occurred[0] == complete["StartedAt"]
    assert occurred[-1] == complete["CompletedAt"]
    for number, at in enumerate(occurred[1:-1], 1):
        late_s = (at - occurred[0]).total_seconds() - number * interval_s
        assert 0 <= late_s < 15, f"event {number} came {late_s} s after it was due"


def test_a_six_hour_deployment_takes_one_step_of_the_clock(tenant, channel):
    strategy = tenant.strategy(duration=6 * 60, growth=5.0, growth_type="EXPONENTIAL", bake=30)
    channel.put()
    channel.start(strategy, 1)
    tenant.server.advance(7 * HOUR)
    complete = channel.deployment(1)
    assert complete["State"] == "COMPLETE"
    assert event_types(complete)[::-1] == [
        "DEPLOYMENT_STARTED",
        *["PERCENTAGE_UPDATED"] * 6,
        "BAKE_TIME_STARTED",
        "DEPLOYMENT_COMPLETED",
    ]


def test_a_bake_of_no_time_is_still_told(tenant, channel):
    channel.put()
    channel.start(tenant.strategy(duration=10, growth=100.0), 1)
    tenant.server.advance(10 * MINUTE + 15)
    complete = channel.deployment(1)
    assert complete["State"] == "COMPLETE"
    assert event_types(complete) == [
        "DEPLOYMENT_COMPLETED",
        "BAKE_TIME_STARTED",
        "PERCENTAGE_UPDATED",
        "DEPLOYMENT_STARTED",
    ]


def test_all_at_once_reaches_everyone_and_then_bakes(tenant, channel):
    channel.put()
    started = channel.start("AppConfig.AllAtOnce", 1)
    assert (started["State"], started["PercentageComplete"]) == ("DEPLOYING", 0.0)
    assert started["DeploymentStrategyId"] == "AppConfig.AllAtOnce"
    tenant.server.advance(15)
    baking = channel.deployment(1)
    assert (baking["State"], baking["PercentageComplete"]) == ("BAKING", 100.0)
    bake, percentage, _ = baking["EventLog"]
    assert (bake["EventType"], percentage["EventType"]) == ("BAKE_TIME_STARTED", "PERCENTAGE_UPDATED")
    assert percentage["Description"] == "Configuration available to 100.00% of clients"
    assert bake["OccurredAt"] == percentage["OccurredAt"]
    tenant.server.advance(10 * MINUTE + 15)
    assert channel.deployment(1)["State"] == "COMPLETE"


def test_a_running_deployment_keeps_the_strategy_it_started_with(tenant, channel):
    strategy = tenant.strategy(duration=20, growth=25.0)
    channel.put()
    channel.start(strategy, 1)
    tenant.control.update_deployment_strategy(
        DeploymentStrategyId=strategy, DeploymentDurationInMinutes=1000, GrowthFactor=1.0, GrowthType="EXPONENTIAL"
    )
    tenant.server.advance(4 * MINUTE + 1)
    tenant.control.delete_deployment_strategy(DeploymentStrategyId=strategy)
    tenant.server.advance(4 * MINUTE)
    deployment = channel.deployment(1)
    assert deployment["PercentageComplete"] == 50.0
    assert deployment["DeploymentDurationInMinutes"] == 20
    assert (deployment["GrowthFactor"], deployment["GrowthType"]) == (25.0, "LINEAR")


def test_a_deleted_version_is_served_as_long_as_it_is_deployed(tenant, channel):
    channel.publish(b"content")
    tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=1)
    assert channel.open_session().poll() == b"content"


def test_the_running_deployment_is_in_the_list(tenant, channel):
    channel.put()
    channel.start(tenant.strategy(duration=20, growth=25.0), 1)
    tenant.server.advance(4 * MINUTE + 1)
    (item,) = tenant.control.list_deployments(**channel.in_environment)["Items"]
    assert (item["State"], item["PercentageComplete"]) == ("DEPLOYING", 25.0)
    assert "CompletedAt" not in item


@pytest.mark.parametrize(
    "wrong",
    [
        {"DeploymentStrategyId": "no"},
        {"DeploymentStrategyId": "Not An Id"},
        {"ConfigurationVersion": ""},
        {"ConfigurationProfileId": ""},
        {"Description": "x" * 1025},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_the_model_does_not_allow_is_refused(tenant, channel, wrong):
    channel.put()
    given = {
        **channel.in_environment,
        "ConfigurationProfileId": channel.profile_id,
        "DeploymentStrategyId": tenant.strategy(),
        "ConfigurationVersion": "1",
    }
    response = assert_refused(
        "BadRequestException", None, tenant.unchecked.start_deployment, **{**given, **wrong}
    )
    assert response["Error"]["Message"].startswith("1 validation error detected: ")
