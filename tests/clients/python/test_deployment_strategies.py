import pytest
from harness import all_pages, assert_refused, status_of, without_metadata

PREDEFINED = {
    "AppConfig.AllAtOnce": ("Quick", "LINEAR", 100.0, 0, 10),
    "AppConfig.Linear50PercentEvery30Seconds": ("Test/Demo", "LINEAR", 50.0, 1, 1),
    "AppConfig.Canary10Percent20Minutes": ("AWS Recommended", "EXPONENTIAL", 10.0, 20, 10),
    "AppConfig.Linear20PercentEvery6Minutes": ("AWS Recommended", "LINEAR", 20.0, 30, 30),
}


def test_a_strategy_is_linear_without_bake_or_replica_unless_it_says_so(tenant):
    made = tenant.control.create_deployment_strategy(
        Name="steady", DeploymentDurationInMinutes=60, GrowthFactor=12.5, Description="by and by"
    )
    assert status_of(made) == 201
    made = without_metadata(made)
    assert made == {
        "Id": made["Id"],
        "Name": "steady",
        "Description": "by and by",
        "DeploymentDurationInMinutes": 60,
        "GrowthType": "LINEAR",
        "GrowthFactor": 12.5,
        "FinalBakeTimeInMinutes": 0,
        "ReplicateTo": "NONE",
    }
    got = tenant.control.get_deployment_strategy(DeploymentStrategyId=made["Id"])
    assert without_metadata(got) == made


def test_two_strategies_may_have_one_name(tenant):
    assert tenant.strategy("steady") != tenant.strategy("steady")


def test_an_update_changes_what_it_names_and_nothing_else(tenant):
    identity = {"DeploymentStrategyId": tenant.strategy(duration=60, growth=20.0, bake=5)}
    before = without_metadata(tenant.control.get_deployment_strategy(**identity))
    changes = {
        "Description": "by and by",
        "DeploymentDurationInMinutes": 30,
        "FinalBakeTimeInMinutes": 7,
        "GrowthFactor": 2.0,
        "GrowthType": "EXPONENTIAL",
    }
    for member, value in changes.items():
        before[member] = value
        updated = tenant.control.update_deployment_strategy(**identity, **{member: value})
        assert status_of(updated) == 200
        assert without_metadata(updated) == before
    assert without_metadata(tenant.control.get_deployment_strategy(**identity)) == before


def test_an_update_to_zero_is_not_an_update_to_nothing(tenant):
    identity = {"DeploymentStrategyId": tenant.strategy(duration=60, growth=20.0, bake=5)}
    updated = tenant.control.update_deployment_strategy(
        **identity, DeploymentDurationInMinutes=0, FinalBakeTimeInMinutes=0
    )
    assert (updated["DeploymentDurationInMinutes"], updated["FinalBakeTimeInMinutes"]) == (0, 0)


def test_an_empty_description_is_echoed_once_and_then_gone(tenant):
    made = tenant.control.create_deployment_strategy(
        Name="steady", DeploymentDurationInMinutes=0, GrowthFactor=100.0, Description=""
    )
    assert made["Description"] == ""
    identity = {"DeploymentStrategyId": made["Id"]}
    assert "Description" not in tenant.control.get_deployment_strategy(**identity)
    assert tenant.control.update_deployment_strategy(**identity, Description="")["Description"] == ""
    assert "Description" not in tenant.control.update_deployment_strategy(**identity, GrowthFactor=50.0)


def test_a_deleted_strategy_is_gone(tenant):
    identity = {"DeploymentStrategyId": tenant.strategy()}
    assert status_of(tenant.control.delete_deployment_strategy(**identity)) == 204
    assert_refused("ResourceNotFoundException", None, tenant.control.get_deployment_strategy, **identity)


@pytest.mark.parametrize(
    "operation", ["get_deployment_strategy", "update_deployment_strategy", "delete_deployment_strategy"]
)
@pytest.mark.parametrize("identifier", ["zzzzzzz", "AppConfig.Invented100"])
def test_an_unknown_strategy_is_named(tenant, operation, identifier):
    assert_refused(
        "ResourceNotFoundException",
        f"DeploymentStrategy with Id {identifier} could not be found.",
        getattr(tenant.control, operation),
        DeploymentStrategyId=identifier,
    )


@pytest.mark.parametrize("identifier", PREDEFINED)
def test_the_predefined_strategies_are_there_to_get(tenant, identifier):
    description, growth_type, factor, duration, bake = PREDEFINED[identifier]
    got = tenant.control.get_deployment_strategy(DeploymentStrategyId=identifier)
    assert without_metadata(got) == {
        "Id": identifier,
        "Name": identifier,
        "Description": description,
        "DeploymentDurationInMinutes": duration,
        "GrowthType": growth_type,
        "GrowthFactor": factor,
        "FinalBakeTimeInMinutes": bake,
        "ReplicateTo": "NONE",
    }


def test_the_predefined_strategies_stay_as_they_are(tenant):
    identity = {"DeploymentStrategyId": "AppConfig.AllAtOnce"}
    assert_refused(
        "BadRequestException",
        "Cannot update predefined Deployment Strategy AppConfig.AllAtOnce",
        tenant.control.update_deployment_strategy,
        **identity,
        FinalBakeTimeInMinutes=0,
    )
    assert_refused(
        "BadRequestException",
        "Cannot delete predefined Deployment Strategy AppConfig.AllAtOnce.",
        tenant.control.delete_deployment_strategy,
        **identity,
    )


def test_the_list_shows_the_accounts_own_before_the_predefined(tenant):
    own = {tenant.strategy(f"strategy {number}") for number in range(3)}
    for page_size in (2, 3, 50):
        _, items = all_pages(tenant.control, "list_deployment_strategies", page_size)
        assert {item["Id"] for item in items[:3]} == own
        assert {item["Id"] for item in items[3:]} == set(PREDEFINED) and len(items) == 7
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        tenant.control.list_deployment_strategies,
        NextToken="bogus",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"DeploymentDurationInMinutes": 1441},
        {"DeploymentDurationInMinutes": -1},
        {"FinalBakeTimeInMinutes": 1441},
        {"GrowthFactor": 0.5},
        {"GrowthFactor": 100.5},
        {"GrowthType": "SIDEWAYS"},
        {"ReplicateTo": "EVERYWHERE"},
        {"Name": "x" * 65},
        {"Description": "x" * 1025},
    ],
    ids=lambda wrong: next(iter(wrong.items()))[0] + str(next(iter(wrong.values())))[:6],
)
def test_what_the_model_does_not_allow_is_refused(tenant, wrong):
    given = {"Name": "steady", "DeploymentDurationInMinutes": 10, "GrowthFactor": 10.0, **wrong}
    response = assert_refused("BadRequestException", None, tenant.unchecked.create_deployment_strategy, **given)
    assert response["Error"]["Message"].startswith("1 validation error detected: ")


def test_several_wrong_members_are_told_together(tenant):
    response = assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked.create_deployment_strategy,
        Name="",
        DeploymentDurationInMinutes=1441,
        GrowthFactor=10.0,
    )
    message = response["Error"]["Message"]
    assert message.startswith("2 validation errors detected: ")
    assert "'name'" in message and "'deploymentDurationInMinutes'" in message and "; " in message
