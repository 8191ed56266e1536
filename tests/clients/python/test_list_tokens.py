"""Lists in pages: tokens that say nothing, that hold while others write, and that fit one list only."""

import base64
import urllib.parse

import pytest
from harness import Tenant, assert_refused
from webhook import associate

URI = "https://hooks.example/"


def invalid(token):
    return f"Invalid nextToken parameter {token}."


@pytest.fixture
def lists(tenant, channel):
    """Every list with at least four items: the operation, what it is given, and how one more item is made."""
    control = tenant.control
    arn = f"arn:aws:appconfig:{tenant.region}:{tenant.account}:application/{channel.application_id}"
    in_application = {"ApplicationId": channel.application_id}

    def profile(name):
        return control.create_configuration_profile(**in_application, Name=name, LocationUri="hosted")

    def extension(name):
        return control.create_extension(Name=name, Actions={"ON_DEPLOYMENT_START": [{"Uri": URI + name}]})["Id"]

    strategy = tenant.strategy()
    extension("watch")
    made = {
        "list_applications": ({}, tenant.application),
        "list_environments": (in_application, lambda name: control.create_environment(**in_application, Name=name)),
        "list_configuration_profiles": (in_application, profile),
        "list_hosted_configuration_versions": (
            channel.in_profile,
            lambda name: channel.put(name.encode(), VersionLabel=name),
        ),
        "list_deployment_strategies": ({}, tenant.strategy),
        "list_deployments": (channel.in_environment, lambda name: channel.start(strategy, 1)),
        "list_extensions": ({}, extension),
        "list_extension_associations": ({}, lambda name: associate(tenant, "watch", arn)),
    }
    for _, make in made.values():
        for name in ("one", "two", "three", "four"):
            make(f"number {name}")
    return made


def key_of(item):
    return item.get("Id") or item.get("VersionNumber") or item["DeploymentNumber"]


def read_on(list_, token, **given):
    """Reads everything from a token on."""
    items = []
    while token:
        page = list_(**given, MaxResults=1, NextToken=token)
        items += page["Items"]
        token = page.get("NextToken")
    return items


def test_pages_hold_everything_once_and_in_order(tenant, lists):
    for operation, (given, _) in lists.items():
        list_ = getattr(tenant.control, operation)
        everything = list_(**given)
        assert "NextToken" not in everything and len(everything["Items"]) >= 4
        for size in (1, 2, 3, len(everything["Items"])):
            items, token, pages = [], None, 0
            while True:
                page = list_(**given, MaxResults=size, **({"NextToken": token} if token else {}))
                assert len(page["Items"]) <= size
                items += page["Items"]
                pages += 1
                token = page.get("NextToken")
                if token is None:
                    break
            assert items == everything["Items"], operation
            assert pages == -(-len(items) // size), operation


def test_what_is_written_meanwhile_takes_nothing_away_and_doubles_nothing(tenant, lists):
    for operation, (given, make) in lists.items():
        list_ = getattr(tenant.control, operation)
        before = [key_of(item) for item in list_(**given)["Items"]]
        page = list_(**given, MaxResults=2)
        first = [key_of(item) for item in page["Items"]]
        make("number five")
        rest = [key_of(item) for item in read_on(list_, page["NextToken"], **given)]
        assert len(set(first + rest)) == len(first + rest), operation
        assert [key for key in first + rest if key in before] == before, operation


def test_a_token_outlives_the_item_that_it_points_at(tenant):
    names = [f"number {number}" for number in range(6)]
    for name in names:
        tenant.application(name)
    list_ = tenant.control.list_applications
    page = list_(MaxResults=2)
    for name in ("number 0", "number 1", "number 2"):
        tenant.control.delete_application(ApplicationId=name)
    assert [item["Name"] for item in read_on(list_, page["NextToken"])] == names[3:]


def test_a_token_of_one_list_opens_no_other(tenant, channel, lists):
    tokens = {
        operation: getattr(tenant.control, operation)(**given, MaxResults=1)["NextToken"]
        for operation, (given, _) in lists.items()
    }
    for operation, (given, _) in lists.items():
        for origin, token in tokens.items():
            if origin != operation:
                list_ = getattr(tenant.control, operation)
                assert_refused("BadRequestException", None, list_, **given, NextToken=token)


def test_a_token_of_one_parent_opens_no_other(tenant):
    for application in ("here", "there"):
        tenant.application(application)
        for name in ("a", "b"):
            tenant.control.create_environment(ApplicationId=application, Name=name)
    list_ = tenant.control.list_environments
    token = list_(ApplicationId="here", MaxResults=1)["NextToken"]
    assert_refused("BadRequestException", None, list_, ApplicationId="there", MaxResults=1, NextToken=token)
    identifier = tenant.control.get_application(ApplicationId="here")["Id"]
    assert len(list_(ApplicationId=identifier, NextToken=token)["Items"]) == 1, "an id is the same as its name"


def test_a_token_of_one_account_or_region_opens_no_other(tenant):
    others = [Tenant(tenant.server), Tenant(tenant.server, tenant.account, region="us-east-2")]
    for each in (tenant, *others):
        each.application("one")
        each.application("two")
    token = tenant.control.list_applications(MaxResults=1)["NextToken"]
    for other in others:
        assert_refused("BadRequestException", None, other.control.list_applications, NextToken=token)
    assert len(tenant.control.list_applications(NextToken=token)["Items"]) == 1


def test_a_token_of_one_filter_opens_no_other(tenant, channel, lists):
    control = tenant.control
    arn = f"arn:aws:appconfig:{tenant.region}:{tenant.account}:application/{channel.application_id}"
    for list_, given, filters in (
        (
            control.list_configuration_profiles,
            {"ApplicationId": "shop"},
            [{}, {"Type": "AWS.Freeform"}, {"Type": "AWS.AppConfig.FeatureFlags"}],
        ),
        (
            control.list_hosted_configuration_versions,
            channel.in_profile,
            [{}, {"VersionLabel": "number*"}, {"VersionLabel": "num*"}],
        ),
        (
            control.list_extension_associations,
            {},
            [{}, {"ResourceIdentifier": arn}, {"ExtensionIdentifier": "watch"}, {"ExtensionVersionNumber": 1}],
        ),
    ):
        for filter_ in filters:
            token = list_(**given, **filter_, MaxResults=1).get("NextToken")
            if token is None:
                continue
            assert list_(**given, **filter_, NextToken=token)["Items"]
            for other in filters:
                if other != filter_:
                    assert_refused("BadRequestException", None, list_, **given, **other, NextToken=token)


def test_a_filtered_list_is_paged(tenant, channel):
    for number in range(7):
        channel.put(b"x", VersionLabel=f"{'even' if number % 2 == 0 else 'odd'}-{number}")
    list_ = tenant.control.list_hosted_configuration_versions
    page = list_(**channel.in_profile, VersionLabel="even*", MaxResults=3)
    assert [item["VersionNumber"] for item in page["Items"]] == [7, 5, 3]
    page = list_(**channel.in_profile, VersionLabel="even*", MaxResults=3, NextToken=page["NextToken"])
    assert [item["VersionNumber"] for item in page["Items"]] == [1]
    assert "NextToken" not in page


def test_a_token_that_was_altered_is_refused(tenant):
    tenant.application("one")
    tenant.application("two")
    list_ = tenant.control.list_applications
    token = list_(MaxResults=1)["NextToken"]
    for at in range(0, len(token), 5):
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert_refused("BadRequestException", None, list_, NextToken=altered)
    for altered in (token[:-1], token[1:], token + token, token.lower()):
        assert_refused("BadRequestException", None, list_, NextToken=altered)
    assert len(list_(NextToken=token)["Items"]) == 1


@pytest.mark.parametrize("token", ["bogus", "0", "1", "AAAA", "ü", "%", "a b", "x" * 60])
def test_a_token_that_is_none_is_named(tenant, lists, token):
    for operation, (given, _) in lists.items():
        list_ = getattr(tenant.control, operation)
        assert_refused("BadRequestException", invalid(token), list_, **given, NextToken=token)


def test_tokens_say_nothing(tenant):
    for name in ("one", "two", "three"):
        tenant.application(name)
    list_ = tenant.control.list_applications
    first, second = (list_(MaxResults=1)["NextToken"] for _ in range(2))
    assert first != second, "the same place, sealed twice"
    assert len(first) == len(list_(MaxResults=2)["NextToken"])
    raw = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4))
    assert tenant.account.encode() not in raw and b"one" not in raw
    assert urllib.parse.quote(first, safe="") == first, "it can stand in an address as it is"
    for token in (first, second):
        assert list_(MaxResults=1, NextToken=token)["Items"][0]["Name"] == "two"


def test_a_token_of_a_session_is_no_token_of_a_list_nor_the_other_way_round(tenant, channel):
    tenant.application("another")
    channel.publish(b"content")
    session = channel.open_session()
    assert_refused("BadRequestException", None, tenant.control.list_applications, NextToken=session.token[:2048])
    token = tenant.control.list_applications(MaxResults=1)["NextToken"]
    assert_refused("BadRequestException", None, tenant.data.get_latest_configuration, ConfigurationToken=token)


def test_a_token_outlives_a_restart(own_server):
    server = own_server()
    tenant = Tenant(server)
    for name in ("one", "two"):
        tenant.application(name)
    token = tenant.control.list_applications(MaxResults=1)["NextToken"]
    server.kill()
    server.start()
    items = Tenant(server, tenant.account).control.list_applications(NextToken=token)["Items"]
    assert [item["Name"] for item in items] == ["two"]


@pytest.mark.parametrize("size", [0, 51, -1])
def test_a_page_has_1_to_50_items(tenant, size):
    assert_refused("BadRequestException", None, tenant.unchecked.list_applications, MaxResults=size)


def test_a_page_has_50_items_unless_told_otherwise(tenant):
    for number in range(53):
        tenant.application(f"number {number}")
    assert len(tenant.control.list_applications()["Items"]) == 50
    assert len(tenant.control.list_applications(MaxResults=50)["Items"]) == 50


def test_one_who_reads_while_others_write_sees_what_was_there(tenant, channel):
    """New versions come to the front, behind the reader's back."""
    for _ in range(9):
        channel.put()
    list_ = tenant.control.list_hosted_configuration_versions
    seen, token = [], None
    while True:
        page = list_(**channel.in_profile, MaxResults=2, **({"NextToken": token} if token else {}))
        seen += [item["VersionNumber"] for item in page["Items"]]
        channel.put()
        token = page.get("NextToken")
        if token is None:
            break
    assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1]
