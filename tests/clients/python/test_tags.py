import pytest
from harness import REGION, assert_refused, status_of


@pytest.fixture
def arns(tenant, channel):
    """One resource of each taggable kind, none of them tagged."""
    strategy = tenant.strategy()
    channel.put()
    channel.start(strategy, 1)
    control = tenant.control
    actions = {"ON_DEPLOYMENT_START": [{"Uri": "https://hooks.example/"}]}
    extension = control.create_extension(Name="watch", Actions=actions)
    association = control.create_extension_association(
        ExtensionIdentifier="watch",
        ResourceIdentifier=f"arn:aws:appconfig:{REGION}:{tenant.account}:application/{channel.application_id}",
    )
    prefix = f"arn:aws:appconfig:{REGION}:{tenant.account}:"
    application = f"{prefix}application/{channel.application_id}"
    return {
        "application": application,
        "environment": f"{application}/environment/{channel.environment_id}",
        "profile": f"{application}/configurationprofile/{channel.profile_id}",
        "deployment": f"{application}/environment/{channel.environment_id}/deployment/1",
        "strategy": f"{prefix}deploymentstrategy/{strategy}",
        "extension": extension["Arn"],
        "association": association["Arn"],
    }


def tags_of(tenant, arn):
    return tenant.control.list_tags_for_resource(ResourceArn=arn)["Tags"]


@pytest.mark.parametrize(
    "kind", ["application", "environment", "profile", "deployment", "strategy", "extension", "association"]
)
def test_tags_are_merged_and_taken_off_by_key(tenant, arns, kind):
    arn = arns[kind]
    assert tags_of(tenant, arn) == {}
    tagged = tenant.control.tag_resource(ResourceArn=arn, Tags={"team": "shop", "a b/c:d": "ü"})
    assert status_of(tagged) == 204
    tenant.control.tag_resource(ResourceArn=arn, Tags={"team": "store", "empty": ""})
    assert tags_of(tenant, arn) == {"team": "store", "a b/c:d": "ü", "empty": ""}
    untagged = tenant.control.untag_resource(ResourceArn=arn, TagKeys=["team", "a b/c:d", "never there"])
    assert status_of(untagged) == 204
    assert tags_of(tenant, arn) == {"empty": ""}


def test_tags_are_given_at_birth(tenant, channel):
    tags = {"team": "shop"}
    prefix = f"arn:aws:appconfig:{REGION}:{tenant.account}:"
    application = tenant.control.create_application(Name="tagged", Tags=tags)["Id"]
    environment = tenant.control.create_environment(ApplicationId="tagged", Name="live", Tags=tags)["Id"]
    profile = tenant.control.create_configuration_profile(
        ApplicationId="tagged", Name="theme", LocationUri="hosted", Tags=tags
    )["Id"]
    strategy = tenant.control.create_deployment_strategy(
        Name="tagged", DeploymentDurationInMinutes=0, GrowthFactor=100.0, Tags=tags
    )["Id"]
    channel.put()
    channel.start(strategy, 1, Tags=tags)
    for resource in (
        f"application/{application}",
        f"application/{application}/environment/{environment}",
        f"application/{application}/configurationprofile/{profile}",
        f"deploymentstrategy/{strategy}",
        f"application/{channel.application_id}/environment/{channel.environment_id}/deployment/1",
    ):
        assert tags_of(tenant, prefix + resource) == tags


def test_tags_go_with_their_resource(tenant):
    application = tenant.application("shop", Tags={"team": "shop"})
    arn = f"arn:aws:appconfig:{REGION}:{tenant.account}:application/{application}"
    tenant.control.delete_application(ApplicationId="shop")
    for call, more in (
        (tenant.control.list_tags_for_resource, {}),
        (tenant.control.tag_resource, {"Tags": {"a": "b"}}),
        (tenant.control.untag_resource, {"TagKeys": ["a"]}),
    ):
        assert_refused("ResourceNotFoundException", None, call, ResourceArn=arn, **more)


def test_keys_do_not_begin_with_aws(tenant, arns):
    arn = arns["application"]
    assert_refused("BadRequestException", None, tenant.control.tag_resource, ResourceArn=arn, Tags={"aws:a": "b"})
    assert_refused("BadRequestException", None, tenant.control.create_application, Name="x", Tags={"aws:a": "b"})
    assert tags_of(tenant, arn) == {}


def test_a_resource_has_up_to_50_tags(tenant, arns):
    arn = arns["application"]
    tenant.control.tag_resource(ResourceArn=arn, Tags={f"key {number}": "x" for number in range(50)})
    assert_refused("BadRequestException", None, tenant.control.tag_resource, ResourceArn=arn, Tags={"one more": "x"})
    tenant.control.tag_resource(ResourceArn=arn, Tags={"key 0": "y"})
    assert len(tags_of(tenant, arn)) == 50


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:appconfig:eu-west-1:{account}:application/zzzzzzz",
        "arn:aws:appconfig:eu-west-1:999999999999:application/{application}",
        "arn:aws:appconfig:us-east-2:{account}:application/{application}",
        "arn:aws:appconfig:eu-west-1:{account}:sandcastle/zzzzzzz",
        "arn:aws:appconfig:eu-west-1:{account}:application/{application}/environment/zzzzzzz/deployment/1",
    ],
)
def test_what_is_not_there_or_not_ones_own_is_not_tagged(tenant, channel, arn):
    arn = arn.format(account=tenant.account, application=channel.application_id)
    response = None
    for call, more in ((tenant.control.list_tags_for_resource, {}), (tenant.control.tag_resource, {"Tags": {"a": "b"}})):
        try:
            call(ResourceArn=arn, **more)
        except tenant.control.exceptions.ClientError as error:
            response = error.response
        assert status_of(response) in (400, 404)


def test_each_version_of_an_extension_has_tags_of_its_own(tenant):
    def create(uri, **more):
        actions = {"ON_DEPLOYMENT_START": [{"Uri": uri}]}
        return tenant.control.create_extension(Name="watch", Actions=actions, **more)["Arn"]

    first = create("https://hooks.example/1", Tags={"version": "first"})
    second = create("https://hooks.example/2", Tags={"version": "second"}, LatestVersionNumber=1)
    assert (tags_of(tenant, first), tags_of(tenant, second)) == ({"version": "first"}, {"version": "second"})
    tenant.control.delete_extension(ExtensionIdentifier=second)
    assert_refused("ResourceNotFoundException", None, tenant.control.list_tags_for_resource, ResourceArn=second)
    assert tags_of(tenant, first) == {"version": "first"}


def test_tags_of_a_deployment_go_with_its_environment(tenant, channel, arns):
    tenant.control.tag_resource(ResourceArn=arns["deployment"], Tags={"a": "b"})
    tenant.control.delete_environment(**channel.in_environment)
    for kind in ("deployment", "environment"):
        assert_refused(
            "ResourceNotFoundException", None, tenant.control.list_tags_for_resource, ResourceArn=arns[kind]
        )


@pytest.mark.parametrize(
    "tags", [{"x" * 129: "y"}, {"": "y"}, {"x": "y" * 257}, {f"key {number}": "x" for number in range(51)}],
    ids=["long key", "empty key", "long value", "51"],
)
def test_tags_have_bounds_at_birth_and_later(tenant, arns, tags):
    unchecked = tenant.unchecked
    assert_refused("BadRequestException", None, unchecked.tag_resource, ResourceArn=arns["application"], Tags=tags)
    assert_refused("BadRequestException", None, unchecked.create_application, Name="tagged", Tags=tags)
    assert tags_of(tenant, arns["application"]) == {}


def test_the_longest_tags_fit(tenant, arns):
    tags = {"ü" * 128: "ö" * 256, "x" * 128: ""}
    tenant.control.tag_resource(ResourceArn=arns["profile"], Tags=tags)
    assert tags_of(tenant, arns["profile"]) == tags
    tenant.control.untag_resource(ResourceArn=arns["profile"], TagKeys=list(tags))
    assert tags_of(tenant, arns["profile"]) == {}
