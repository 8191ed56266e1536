"""Extensions and their associations, as resources; what they do is in test_extension_actions.py."""

import pytest
from harness import REGION, Tenant, all_pages, assert_refused, status_of, without_metadata
from webhook import arns, associate

URI = "https://hooks.example/watch"
ACTIONS = {"ON_DEPLOYMENT_COMPLETE": [{"Name": "tell", "Description": "who waits", "Uri": URI}]}
OTHER_ACTIONS = {"PRE_START_DEPLOYMENT": [{"Uri": "http://hooks.example/check"}]}

OF_AWS = [
    "AWS.AppConfig.FeatureFlags",
    "AWS.AppConfig.JiraIntegration",
    "AWS.AppConfig.DeploymentNotificationsToEventBridge",
    "AWS.AppConfig.DeploymentNotificationsToSqs",
    "AWS.AppConfig.DeploymentNotificationsToSns",
]


@pytest.fixture
def watch(tenant):
    """An extension with two versions."""
    first = tenant.control.create_extension(Name="watch", Actions=ACTIONS)
    tenant.control.create_extension(Name="watch", Actions=OTHER_ACTIONS, LatestVersionNumber=1)
    return first["Id"]


def arn_of(tenant, extension, version):
    return f"arn:aws:appconfig:{REGION}:{tenant.account}:extension/{extension}/{version}"


def not_found(tenant):
    return f"Extension could not be found for account {tenant.account}."


# Creation.


def test_an_extension_is_created_and_shown(tenant):
    created = tenant.control.create_extension(
        Name="watch",
        Description="sees everything",
        Actions={
            **ACTIONS,
            "AT_DEPLOYMENT_TICK": [
                {"Uri": "arn:aws:sqs:eu-west-1:1:q", "RoleArn": "arn:aws:iam::123456789012:role/caller"}
            ],
        },
        Parameters={"team": {"Required": True, "Description": "whose"}, "ticket": {"Dynamic": True}, "plain": {}},
        Tags={"team": "shop"},
    )
    assert status_of(created) == 201
    extension = created["Id"]
    assert without_metadata(created) == {
        "Id": extension,
        "Name": "watch",
        "VersionNumber": 1,
        "Arn": arn_of(tenant, extension, 1),
        "Description": "sees everything",
        "Actions": {
            **ACTIONS,
            "AT_DEPLOYMENT_TICK": [
                {"Uri": "arn:aws:sqs:eu-west-1:1:q", "RoleArn": "arn:aws:iam::123456789012:role/caller"}
            ],
        },
        "Parameters": {
            "team": {"Description": "whose", "Required": True, "Dynamic": False},
            "ticket": {"Required": False, "Dynamic": True},
            "plain": {"Required": False, "Dynamic": False},
        },
    }
    assert without_metadata(tenant.control.get_extension(ExtensionIdentifier=extension)) == without_metadata(created)
    assert tenant.control.list_tags_for_resource(ResourceArn=created["Arn"])["Tags"] == {"team": "shop"}


def test_what_was_not_given_is_not_shown(tenant):
    created = tenant.control.create_extension(Name="watch", Actions=OTHER_ACTIONS)
    assert set(without_metadata(created)) == {"Id", "Name", "VersionNumber", "Arn", "Actions"}


def test_the_same_again_is_the_same(tenant):
    given = {"Name": "watch", "Actions": ACTIONS, "Parameters": {"team": {}}}
    first = tenant.control.create_extension(**given)
    again = tenant.control.create_extension(**given)
    assert status_of(again) == 201
    assert without_metadata(again) == without_metadata(first)
    assert len(tenant.control.list_extensions(Name="watch")["Items"]) == 1


def test_a_taken_name_needs_the_version_that_one_knows(tenant):
    first = tenant.control.create_extension(Name="watch", Actions=ACTIONS)
    changed = {"Name": "watch", "Actions": OTHER_ACTIONS, "Description": "changed"}
    message = "LatestVersionNumber not populated and an extension with name watch already exists."
    assert_refused("BadRequestException", message, tenant.control.create_extension, **changed)
    second = tenant.control.create_extension(**changed, LatestVersionNumber=1)
    assert (second["Id"], second["VersionNumber"]) == (first["Id"], 2)
    assert second["Arn"] == arn_of(tenant, first["Id"], 2)
    message = "LatestVersionNumber supplied in request 1 does not match latest version 2."
    assert_refused("ConflictException", message, tenant.control.create_extension, **changed, LatestVersionNumber=1)
    # One who says the version means a new one, be it the same.
    assert tenant.control.create_extension(**changed, LatestVersionNumber=2)["VersionNumber"] == 3


def test_the_first_version_may_come_with_a_lock(tenant):
    response = None
    try:
        tenant.control.create_extension(Name="watch", Actions=ACTIONS, LatestVersionNumber=0)
    except tenant.control.exceptions.ClientError as error:
        response = error.response
    assert response is None or status_of(response) in (400, 409)


@pytest.mark.parametrize(
    "change, code, message",
    [
        (
            {"Actions": {}},
            "BadRequestException",
            "1 validation error detected: Value '{}' at 'actions' failed to satisfy constraint: Member must have length"
            " greater than or equal to 1",
        ),
        (
            {"Parameters": {"both": {"Required": True, "Dynamic": True}}},
            "BadRequestException",
            "Extension parameters invalid can not be both required and dynamic",
        ),
        (
            {"Actions": {"ON_DEPLOYMENT_START": [{"Uri": "ftp://hooks.example"}]}},
            "BadRequestException",
            "The action Uri: ftp://hooks.example is of an unsupported type",
        ),
        ({"Actions": {"ON_DEPLOYMENT_START": [{"Name": "nowhere"}]}}, "BadRequestException", None),
        ({"Actions": {"ON_DEPLOYMENT_START": []}}, "BadRequestException", None),
        ({"Actions": {"ON_DEPLOYMENT_START": [{"Uri": URI}, {"Uri": URI}]}}, "BadRequestException", None),
        ({"Actions": {"ON_SUNDAYS": [{"Uri": URI}]}}, "BadRequestException", None),
        ({"Name": "a/b"}, "BadRequestException", None),
        ({"Name": "a:b"}, "BadRequestException", None),
        ({"Name": "a#b"}, "BadRequestException", None),
        ({"Parameters": {}}, "BadRequestException", None),
        ({"Tags": {"aws:x": "y"}}, "BadRequestException", None),
        ({"Name": "AWS.AppConfig.FeatureFlags"}, "BadRequestException", None),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_no_extension_can_be(tenant, change, code, message):
    given = {"Name": "watch", "Actions": ACTIONS, **change}
    assert_refused(code, message, tenant.unchecked.create_extension, **given)
    assert len(tenant.control.list_extensions()["Items"]) == len(OF_AWS)


def test_five_points_and_no_more(tenant):
    points = [
        "PRE_CREATE_HOSTED_CONFIGURATION_VERSION",
        "PRE_START_DEPLOYMENT",
        "AT_DEPLOYMENT_TICK",
        "ON_DEPLOYMENT_START",
        "ON_DEPLOYMENT_STEP",
        "ON_DEPLOYMENT_BAKING",
    ]
    actions = {point: [{"Uri": URI}] for point in points}
    assert_refused("BadRequestException", None, tenant.unchecked.create_extension, Name="watch", Actions=actions)
    del actions["ON_DEPLOYMENT_BAKING"]
    assert len(tenant.control.create_extension(Name="watch", Actions=actions)["Actions"]) == 5


# Reading, by id, name and ARN.


def test_an_extension_goes_by_id_by_name_and_by_arn(tenant, watch):
    get = tenant.control.get_extension
    for identifier in (watch, "watch"):
        assert get(ExtensionIdentifier=identifier)["VersionNumber"] == 2
        assert get(ExtensionIdentifier=identifier, VersionNumber=1)["Actions"] == ACTIONS
        assert_refused(
            "ResourceNotFoundException", not_found(tenant), get, ExtensionIdentifier=identifier, VersionNumber=3
        )
    assert get(ExtensionIdentifier=arn_of(tenant, watch, 1))["VersionNumber"] == 1
    assert get(ExtensionIdentifier=arn_of(tenant, watch, 2), VersionNumber=2)["VersionNumber"] == 2
    arn = arn_of(tenant, watch, 2)
    message = f"Version number in ExtensionIdentifier ARN {arn} does not match request ExtensionVersionNumber 1."
    assert_refused("BadRequestException", message, get, ExtensionIdentifier=arn, VersionNumber=1)


@pytest.mark.parametrize(
    "identifier",
    [
        "zzzzzzz",
        "nobody",
        "arn:aws:appconfig:eu-west-1:{account}:extension/zzzzzzz/1",
        "arn:aws:appconfig:eu-west-1:{account}:extension/{watch}/9",
        "arn:aws:appconfig:eu-west-1:{account}:extension/{watch}/x",
        "arn:aws:appconfig:eu-west-1:{account}:application/{watch}",
        "arn:aws:appconfig:eu-west-1:999999999999:extension/{watch}/1",
        "arn:aws:appconfig:us-east-2:{account}:extension/{watch}/1",
        "arn:",
        "a/b",
    ],
)
def test_what_is_not_there_is_not_found(tenant, watch, identifier):
    identifier = identifier.format(account=tenant.account, watch=watch)
    for call in (
        tenant.control.get_extension,
        tenant.control.update_extension,
        tenant.control.delete_extension,
    ):
        assert_refused("ResourceNotFoundException", not_found(tenant), call, ExtensionIdentifier=identifier)


def test_extensions_of_others_are_not_found(tenant, watch):
    other = Tenant(tenant.server)
    elsewhere = Tenant(tenant.server, tenant.account, region="us-east-2")
    for stranger in (other, elsewhere):
        for identifier in (watch, "watch", arn_of(tenant, watch, 1)):
            assert_refused(
                "ResourceNotFoundException",
                not_found(stranger),
                stranger.control.get_extension,
                ExtensionIdentifier=identifier,
            )


# Lists.


def test_a_list_has_the_latest_versions_and_those_of_aws(tenant, watch):
    tenant.control.create_extension(Name="another", Actions=ACTIONS, Description="one more")
    items = tenant.control.list_extensions()["Items"]
    own = [item for item in items if not item["Id"].startswith("AWS.")]
    assert [(item["Name"], item["VersionNumber"]) for item in own] == [("watch", 2), ("another", 1)]
    assert own[0] == {
        "Id": watch,
        "Name": "watch",
        "VersionNumber": 2,
        "Arn": arn_of(tenant, watch, 2),
    }
    assert own[1]["Description"] == "one more"
    of_aws = [item for item in items if item not in own]
    assert [item["Id"] for item in of_aws] == OF_AWS
    for item in of_aws:
        assert item["VersionNumber"] == 1
        assert item["Arn"] == f"arn:aws:appconfig:{REGION}::extension/{item['Id']}/1"


def test_a_list_is_filtered_by_the_exact_name(tenant, watch):
    tenant.control.create_extension(Name="watcher", Actions=ACTIONS)
    assert [item["Id"] for item in tenant.control.list_extensions(Name="watch")["Items"]] == [watch]
    assert tenant.control.list_extensions(Name="wat")["Items"] == []
    assert len(tenant.control.list_extensions(Name="AppConfig Feature Flags Helper")["Items"]) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_hold_everything_once(tenant, size):
    names = [f"extension {number}" for number in range(5)]
    for name in names:
        tenant.control.create_extension(Name=name, Actions=ACTIONS)
    sizes, items = all_pages(tenant.control, "list_extensions", size)
    assert [item["Name"] for item in items[:5]] == names
    assert [item["Id"] for item in items[5:]] == OF_AWS
    assert all(each == size for each in sizes[:-1]) and sizes[-1] <= size


# Updates.


def test_an_update_changes_the_latest_version_in_place(tenant, watch):
    updated = tenant.control.update_extension(ExtensionIdentifier="watch", Description="changed", Actions=ACTIONS)
    assert (updated["VersionNumber"], updated["Description"], updated["Actions"]) == (2, "changed", ACTIONS)
    read = tenant.control.get_extension(ExtensionIdentifier=watch)
    assert without_metadata(read) == without_metadata(updated)
    assert "Description" not in tenant.control.get_extension(ExtensionIdentifier=watch, VersionNumber=1)


def test_an_update_changes_the_version_that_it_names_and_only_what_it_names(tenant, watch):
    for given in (
        {"ExtensionIdentifier": watch, "VersionNumber": 1},
        {"ExtensionIdentifier": arn_of(tenant, watch, 1)},
    ):
        updated = tenant.control.update_extension(**given, Parameters={"team": {"Required": True}})
        assert (updated["VersionNumber"], updated["Actions"]) == (1, ACTIONS)
        assert updated["Parameters"] == {"team": {"Required": True, "Dynamic": False}}
    assert "Parameters" not in tenant.control.get_extension(ExtensionIdentifier=watch)
    updated = tenant.control.update_extension(ExtensionIdentifier=watch, VersionNumber=1, Description="x")
    assert updated["Parameters"] == {"team": {"Required": True, "Dynamic": False}}
    assert tenant.control.update_extension(ExtensionIdentifier=watch, VersionNumber=1, Description="")[
        "Description"
    ] == ""
    assert "Description" not in tenant.control.get_extension(ExtensionIdentifier=watch, VersionNumber=1)


def test_what_an_update_cannot_make_of_an_extension(tenant, watch):
    update = tenant.unchecked.update_extension
    for change in (
        {"Actions": {}},
        {"Actions": {"ON_DEPLOYMENT_START": [{"Uri": "mailto:x"}]}},
        {"Parameters": {"both": {"Required": True, "Dynamic": True}}},
    ):
        assert_refused("BadRequestException", None, update, ExtensionIdentifier=watch, **change)
    assert_refused(
        "ResourceNotFoundException", not_found(tenant), update, ExtensionIdentifier=watch, VersionNumber=3
    )


# Deletion.


def test_the_highest_version_goes_first(tenant, watch):
    assert status_of(tenant.control.delete_extension(ExtensionIdentifier="watch")) == 204
    assert tenant.control.get_extension(ExtensionIdentifier=watch)["VersionNumber"] == 1
    tenant.control.delete_extension(ExtensionIdentifier=watch)
    assert_refused(
        "ResourceNotFoundException", not_found(tenant), tenant.control.get_extension, ExtensionIdentifier="watch"
    )
    assert_refused(
        "ResourceNotFoundException", not_found(tenant), tenant.control.delete_extension, ExtensionIdentifier=watch
    )


def test_a_version_can_be_named(tenant, watch):
    tenant.control.delete_extension(ExtensionIdentifier=watch, VersionNumber=1)
    assert tenant.control.get_extension(ExtensionIdentifier=watch)["VersionNumber"] == 2
    assert_refused(
        "ResourceNotFoundException",
        not_found(tenant),
        tenant.control.get_extension,
        ExtensionIdentifier=watch,
        VersionNumber=1,
    )
    tenant.control.delete_extension(ExtensionIdentifier=arn_of(tenant, watch, 2))
    assert len(tenant.control.list_extensions()["Items"]) == len(OF_AWS)


def test_a_version_number_is_not_used_again(tenant, watch):
    tenant.control.delete_extension(ExtensionIdentifier=watch)
    created = tenant.control.create_extension(Name="watch", Actions=OTHER_ACTIONS, LatestVersionNumber=1)
    assert (created["Id"], created["VersionNumber"]) == (watch, 3)


def test_a_name_can_be_taken_again(tenant, watch):
    for _ in range(2):
        tenant.control.delete_extension(ExtensionIdentifier=watch)
    created = tenant.control.create_extension(Name="watch", Actions=ACTIONS)
    assert created["VersionNumber"] == 1 and created["Id"] != watch


def test_an_extension_at_work_is_not_deleted(tenant, channel, watch):
    associations = [associate(tenant, watch, arn, ExtensionVersionNumber=1) for arn in list(arns(channel).values())[:2]]
    message = (
        f"Cannot delete extension {watch}, version 1, for account {tenant.account}, as there are 2 associations of the"
        " extension still existing."
    )
    delete = tenant.control.delete_extension
    assert_refused("BadRequestException", message, delete, ExtensionIdentifier=watch, VersionNumber=1)
    delete(ExtensionIdentifier=watch)
    for association in associations:
        tenant.control.delete_extension_association(ExtensionAssociationId=association)
    delete(ExtensionIdentifier=watch, VersionNumber=1)


# Those of AWS.


@pytest.mark.parametrize("extension", OF_AWS)
def test_those_of_aws_can_be_read_and_not_changed(tenant, extension):
    arn = f"arn:aws:appconfig:{REGION}::extension/{extension}/1"
    for identifier in (extension, arn):
        read = tenant.control.get_extension(ExtensionIdentifier=identifier)
        assert (read["Id"], read["Arn"], read["VersionNumber"]) == (extension, arn, 1)
        assert read["Actions"]
        for call in (tenant.control.delete_extension, tenant.control.update_extension):
            with pytest.raises(tenant.control.exceptions.ClientError) as raised:
                call(ExtensionIdentifier=identifier)
            assert status_of(raised.value.response) in (400, 404)
    assert_refused(
        "ResourceNotFoundException",
        not_found(tenant),
        tenant.control.get_extension,
        ExtensionIdentifier=extension,
        VersionNumber=2,
    )


def test_a_notification_of_aws_needs_its_parameter(tenant, channel):
    arn = arns(channel)["application"]
    create = tenant.control.create_extension_association
    given = {"ExtensionIdentifier": "AWS.AppConfig.DeploymentNotificationsToSqs", "ResourceIdentifier": arn}
    assert_refused("BadRequestException", None, create, **given)
    queue = f"arn:aws:sqs:{REGION}:{tenant.account}:queue"
    created = create(**given, Parameters={"queueArn": queue})
    assert created["ExtensionArn"] == f"arn:aws:appconfig:{REGION}::extension/{given['ExtensionIdentifier']}/1"
    assert created["Parameters"] == {"queueArn": queue}


# Associations.


def test_an_association_is_created_and_shown(tenant, channel):
    extension = tenant.control.create_extension(
        Name="watch", Actions=ACTIONS, Parameters={"team": {"Required": True}, "ticket": {}}
    )["Id"]
    for resource in arns(channel).values():
        created = tenant.control.create_extension_association(
            ExtensionIdentifier=extension, ResourceIdentifier=resource, Parameters={"team": "shop"}, Tags={"a": "b"}
        )
        assert status_of(created) == 201
        association = created["Id"]
        arn = f"arn:aws:appconfig:{REGION}:{tenant.account}:extensionassociation/{association}"
        assert without_metadata(created) == {
            "Id": association,
            "ExtensionArn": arn_of(tenant, extension, 1),
            "ResourceArn": resource,
            "Arn": arn,
            "Parameters": {"team": "shop"},
            "ExtensionVersionNumber": 1,
        }
        read = tenant.control.get_extension_association(ExtensionAssociationId=association)
        assert without_metadata(read) == without_metadata(created)
        assert tenant.control.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}


def test_an_association_takes_the_latest_version_unless_it_names_one(tenant, channel, watch):
    resource = arns(channel)["application"]
    create = tenant.control.create_extension_association
    for identifier, more, version in (
        ("watch", {}, 2),
        (watch, {}, 2),
        (watch, {"ExtensionVersionNumber": 1}, 1),
        (arn_of(tenant, watch, 1), {}, 1),
        (arn_of(tenant, watch, 1), {"ExtensionVersionNumber": 1}, 1),
    ):
        created = create(ExtensionIdentifier=identifier, ResourceIdentifier=resource, **more)
        assert created["ExtensionVersionNumber"] == version
        assert created["ExtensionArn"] == arn_of(tenant, watch, version)
    arn = arn_of(tenant, watch, 2)
    message = f"Version number in ExtensionIdentifier ARN {arn} does not match request ExtensionVersionNumber 1."
    assert_refused(
        "BadRequestException",
        message,
        create,
        ExtensionIdentifier=arn,
        ResourceIdentifier=resource,
        ExtensionVersionNumber=1,
    )


def test_associations_may_be_the_same(tenant, channel, watch):
    resource = arns(channel)["application"]
    assert associate(tenant, watch, resource) != associate(tenant, watch, resource)


def test_what_cannot_be_associated(tenant, channel, watch):
    create = tenant.control.create_extension_association
    application = arns(channel)["application"]
    assert_refused(
        "ResourceNotFoundException",
        not_found(tenant),
        create,
        ExtensionIdentifier="nobody",
        ResourceIdentifier=application,
    )
    channel.put()
    strategy = tenant.strategy()
    channel.start(strategy, 1)
    prefix = f"arn:aws:appconfig:{REGION}:{tenant.account}:"
    for resource in (
        prefix + "application/zzzzzzz",
        f"{application}/environment/zzzzzzz",
        f"{application}/environment/{channel.environment_id}/deployment/1",
        f"{prefix}deploymentstrategy/{strategy}",
        arn_of(tenant, watch, 1),
        f"arn:aws:appconfig:{REGION}:999999999999:application/{channel.application_id}",
        "shop",
    ):
        with pytest.raises(tenant.control.exceptions.ClientError) as raised:
            create(ExtensionIdentifier=watch, ResourceIdentifier=resource)
        assert status_of(raised.value.response) in (400, 404), resource
    assert tenant.control.list_extension_associations()["Items"] == []


def test_required_parameters_are_required(tenant, channel):
    resource = arns(channel)["profile"]
    extension = tenant.control.create_extension(
        Name="watch", Actions=ACTIONS, Parameters={"fixed": {"Required": True}, "free": {}}
    )["Id"]
    create = tenant.control.create_extension_association
    given = {"ExtensionIdentifier": extension, "ResourceIdentifier": resource}
    message = "Extension watch version 1 has required parameters, but no parameters have been supplied"
    assert_refused("BadRequestException", message, create, **given)
    missing = f"Parameter fixed  is required for extension {extension} version 1, but a value has not been supplied."
    assert_refused("BadRequestException", missing, create, **given, Parameters={"free": "x"})
    unknown = f"Parameter other is not a parameter of extension {extension} version 1."
    assert_refused("BadRequestException", unknown, create, **given, Parameters={"fixed": "x", "other": "y"})
    association = create(**given, Parameters={"fixed": "x", "free": "y"})["Id"]

    update = tenant.control.update_extension_association
    assert_refused("BadRequestException", missing, update, ExtensionAssociationId=association, Parameters={})
    updated = update(ExtensionAssociationId=association, Parameters={"fixed": "z"})
    assert updated["Parameters"] == {"fixed": "z"}, "the map is replaced"
    assert update(ExtensionAssociationId=association)["Parameters"] == {"fixed": "z"}
    read = tenant.control.get_extension_association(ExtensionAssociationId=association)
    assert read["Parameters"] == {"fixed": "z"}


def test_an_association_is_deleted(tenant, channel, watch):
    association = associate(tenant, watch, arns(channel)["profile"])
    deleted = tenant.control.delete_extension_association(ExtensionAssociationId=association)
    assert status_of(deleted) == 204
    for call in (
        tenant.control.get_extension_association,
        tenant.control.update_extension_association,
        tenant.control.delete_extension_association,
    ):
        assert_refused("ResourceNotFoundException", None, call, ExtensionAssociationId=association)


def test_associations_are_listed_and_filtered(tenant, channel, watch):
    arn = arns(channel)
    other = tenant.control.create_extension(Name="other", Actions=ACTIONS)["Id"]
    one = associate(tenant, watch, arn["application"], ExtensionVersionNumber=1)
    two = associate(tenant, watch, arn["profile"])
    three = associate(tenant, other, arn["application"])
    list_ = tenant.control.list_extension_associations
    items = list_()["Items"]
    assert items[0] == {
        "Id": one,
        "ExtensionArn": arn_of(tenant, watch, 1),
        "ResourceArn": arn["application"],
    }
    assert [item["Id"] for item in items] == [one, two, three]
    for given, expected in (
        ({"ResourceIdentifier": arn["application"]}, [one, three]),
        ({"ResourceIdentifier": arn["environment"]}, []),
        ({"ExtensionIdentifier": watch}, [one, two]),
        ({"ExtensionIdentifier": "watch"}, [one, two]),
        ({"ExtensionIdentifier": arn_of(tenant, watch, 2)}, [two]),
        ({"ExtensionIdentifier": watch, "ExtensionVersionNumber": 1}, [one]),
        ({"ExtensionVersionNumber": 1}, [one, three]),
        ({"ExtensionIdentifier": other, "ResourceIdentifier": arn["application"]}, [three]),
        ({"ExtensionIdentifier": "nobody"}, []),
    ):
        assert [item["Id"] for item in list_(**given)["Items"]] == expected, given
    sizes, items = all_pages(tenant.control, "list_extension_associations", 2)
    assert sizes == [2, 1] and [item["Id"] for item in items] == [one, two, three]


# What is associated is not deleted.


def test_what_is_associated_is_deleted_last(tenant, channel, watch):
    arn = arns(channel)
    channel.put()
    associations = {kind: associate(tenant, watch, arn[kind]) for kind in arn}
    control = tenant.control
    in_profile = {"ApplicationId": channel.application_id, "ConfigurationProfileId": channel.profile_id}
    steps = {
        "environment": (control.delete_environment, channel.in_environment, "environment"),
        "profile": (control.delete_configuration_profile, in_profile, "configuration profile"),
        "application": (control.delete_application, {"ApplicationId": channel.application_id}, "application"),
    }
    for kind, (delete, given, words) in steps.items():
        # Before children are looked at.
        message = (
            f"Cannot delete {words} {arn[kind]} because there are extensions associated with it. Please remove the"
            f" extension associations to this {words} first."
        )
        assert_refused("BadRequestException", message, delete, **given)
    for association in associations.values():
        control.delete_extension_association(ExtensionAssociationId=association)
    message = (
        f"Cannot delete application {channel.application_id}, because there are still environments existing under it."
    )
    delete, given, _ = steps["application"]
    assert_refused("BadRequestException", message, delete, **given)
    control.delete_environment(**channel.in_environment)
    message = (
        f"Cannot delete application {channel.application_id}, because there are still configuration profiles existing"
        " under it."
    )
    assert_refused("BadRequestException", message, delete, **given)
    message = (
        f"Cannot delete configuration profile {channel.profile_id} because there are still hosted configuration"
        " versions existing under it."
    )
    assert_refused("BadRequestException", message, control.delete_configuration_profile, **in_profile)
    control.delete_hosted_configuration_version(**in_profile, VersionNumber=1)
    control.delete_configuration_profile(**in_profile)
    delete(**given)
    control.delete_extension(ExtensionIdentifier=watch)


def test_a_deployment_of_flags_has_the_extension_for_flags(tenant):
    tenant.application("shop")
    environment = tenant.control.create_environment(ApplicationId="shop", Name="live")["Id"]
    profile = tenant.control.create_configuration_profile(
        ApplicationId="shop", Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )["Id"]
    tenant.control.create_hosted_configuration_version(
        ApplicationId="shop",
        ConfigurationProfileId=profile,
        Content=b'{"version":"1","flags":{},"values":{}}',
        ContentType="application/json",
    )
    deployment = tenant.control.start_deployment(
        ApplicationId="shop",
        EnvironmentId=environment,
        ConfigurationProfileId=profile,
        ConfigurationVersion="1",
        DeploymentStrategyId=tenant.strategy(),
    )
    (applied,) = deployment["AppliedExtensions"]
    assert (applied["ExtensionId"], applied["VersionNumber"]) == ("AWS.AppConfig.FeatureFlags", 1)
    assert applied["ExtensionAssociationId"] and applied["Parameters"] == {}


def test_extensions_are_found_again_after_a_restart(own_server):
    server = own_server()
    tenant = Tenant(server)
    channel = tenant.channel()
    extension = tenant.control.create_extension(Name="watch", Actions=ACTIONS, Parameters={"a": {}}, Tags={"x": "y"})
    tenant.control.create_extension(Name="watch", Actions=OTHER_ACTIONS, LatestVersionNumber=1)
    association = associate(tenant, "watch", arns(channel)["profile"])

    def look(tenant):
        control = tenant.control
        return [
            control.list_extensions()["Items"],
            without_metadata(control.get_extension(ExtensionIdentifier="watch")),
            without_metadata(control.get_extension(ExtensionIdentifier="watch", VersionNumber=1)),
            without_metadata(control.get_extension_association(ExtensionAssociationId=association)),
            control.list_tags_for_resource(ResourceArn=extension["Arn"])["Tags"],
        ]

    before = look(tenant)
    server.kill()
    server.start()
    assert look(Tenant(server, tenant.account)) == before
