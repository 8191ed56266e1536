import pytest
from harness import all_pages, assert_refused, status_of, without_metadata


def test_a_created_application_is_found_by_id_and_by_name(tenant):
    made = tenant.control.create_application(Name="shop", Description="sells things")
    assert status_of(made) == 201
    assert made["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"
    made = without_metadata(made)
    assert set(made) == {"Id", "Name", "Description"}
    assert len(made["Id"]) == 7 and made["Id"].isalnum() and made["Id"].islower() | made["Id"].isdigit()
    for identifier in (made["Id"], "shop"):
        assert without_metadata(tenant.control.get_application(ApplicationId=identifier)) == made
    assert tenant.control.list_applications()["Items"] == [made]


def test_members_that_have_no_value_are_omitted(tenant):
    made = tenant.control.create_application(Name="shop")
    assert set(without_metadata(made)) == {"Id", "Name"}


def test_a_list_of_nothing_is_an_empty_list(tenant):
    assert without_metadata(tenant.control.list_applications()) == {"Items": []}


def test_an_update_changes_what_it_names_and_nothing_else(tenant):
    made = tenant.application("shop", Description="sells things")
    renamed = tenant.control.update_application(ApplicationId="shop", Name="store")
    assert status_of(renamed) == 200
    assert without_metadata(renamed) == {"Id": made, "Name": "store", "Description": "sells things"}
    described = tenant.control.update_application(ApplicationId="store", Description="buys things")
    assert without_metadata(described) == {"Id": made, "Name": "store", "Description": "buys things"}
    assert without_metadata(tenant.control.get_application(ApplicationId=made)) == without_metadata(described)
    assert_refused("ResourceNotFoundException", None, tenant.control.get_application, ApplicationId="shop")


def test_an_application_may_be_renamed_to_its_own_name(tenant):
    tenant.application("shop")
    assert tenant.control.update_application(ApplicationId="shop", Name="shop")["Name"] == "shop"


def test_an_empty_description_is_echoed_once_and_then_gone(tenant):
    made = tenant.control.create_application(Name="shop", Description="")
    assert made["Description"] == ""
    assert "Description" not in tenant.control.get_application(ApplicationId="shop")
    assert "Description" not in tenant.control.list_applications()["Items"][0]
    tenant.control.update_application(ApplicationId="shop", Description="sells things")
    assert tenant.control.update_application(ApplicationId="shop", Description="")["Description"] == ""
    assert "Description" not in tenant.control.get_application(ApplicationId="shop")
    assert "Description" not in tenant.control.update_application(ApplicationId="shop", Name="store")


def test_a_name_is_taken_only_once_in_an_account(tenant):
    first = tenant.application("shop")
    other = tenant.application("other")
    message = f"Application with name shop already exists with id {first} in account {tenant.account}"
    assert_refused("BadRequestException", message, tenant.control.create_application, Name="shop")
    assert_refused(
        "BadRequestException", message, tenant.control.update_application, ApplicationId=other, Name="shop"
    )


def test_a_deleted_application_is_gone_and_its_name_free(tenant):
    first = tenant.application("shop")
    deleted = tenant.control.delete_application(ApplicationId="shop")
    assert status_of(deleted) == 204
    assert deleted["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"
    assert_refused("ResourceNotFoundException", None, tenant.control.get_application, ApplicationId=first)
    assert tenant.application("shop") != first


@pytest.mark.parametrize(
    "operation",
    ["get_application", "update_application", "delete_application", "list_environments", "list_configuration_profiles"],
)
def test_an_unknown_application_is_named_with_the_account(tenant, operation):
    assert_refused(
        "ResourceNotFoundException",
        f"Application with Id zzzzzzz could not be found for account {tenant.account}.",
        getattr(tenant.control, operation),
        ApplicationId="zzzzzzz",
    )


def test_an_application_is_deleted_after_its_environments_and_then_its_profiles(tenant, channel):
    def refused(message):
        assert_refused("BadRequestException", message, tenant.control.delete_application, ApplicationId="shop")

    application = channel.application_id
    refused(f"Cannot delete application {application}, because there are still environments existing under it.")
    tenant.control.delete_environment(**channel.in_environment)
    refused(
        f"Cannot delete application {application}, because there are still configuration profiles existing under it."
    )
    tenant.control.delete_configuration_profile(**channel.in_profile)
    assert status_of(tenant.control.delete_application(ApplicationId="shop")) == 204


def test_pages_bring_each_application_once(tenant):
    names = {f"application {number}" for number in range(7)}
    for name in sorted(names):
        tenant.application(name)
    sizes, items = all_pages(tenant.control, "list_applications", 3)
    assert sizes == [3, 3, 1]
    assert {item["Name"] for item in items} == names and len(items) == len(names)


def test_a_full_last_page_has_no_next_token(tenant):
    for number in range(4):
        tenant.application(f"application {number}")
    sizes, _ = all_pages(tenant.control, "list_applications", 2)
    assert sizes == [2, 2]


def test_a_page_goes_on_where_the_last_ended_though_items_went_meanwhile(tenant):
    for number in range(6):
        tenant.application(f"application {number}")
    first = tenant.control.list_applications(MaxResults=3)
    for item in first["Items"]:
        tenant.control.delete_application(ApplicationId=item["Id"])
    second = tenant.control.list_applications(MaxResults=3, NextToken=first["NextToken"])
    assert len(second["Items"]) == 3
    assert not {item["Id"] for item in first["Items"]} & {item["Id"] for item in second["Items"]}


def test_an_invented_page_token_is_refused(tenant):
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        tenant.control.list_applications,
        NextToken="bogus",
    )


def test_a_page_token_of_another_list_is_refused(tenant, channel):
    for number in range(2):
        tenant.application(f"application {number}")
    token = tenant.control.list_applications(MaxResults=1)["NextToken"]
    assert_refused("BadRequestException", None, tenant.control.list_deployment_strategies, NextToken=token)


@pytest.mark.parametrize("count", [0, 51, -1])
def test_a_page_has_from_1_to_50_items(tenant, count):
    assert_refused("BadRequestException", None, tenant.unchecked.list_applications, MaxResults=count)


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("", "Member must have length greater than or equal to 1"),
        ("x" * 65, "Member must have length less than or equal to 64"),
    ],
)
def test_a_name_has_from_1_to_64_characters(tenant, name, constraint):
    response = assert_refused("BadRequestException", None, tenant.unchecked.create_application, Name=name)
    message = response["Error"]["Message"]
    assert message.startswith("1 validation error detected: ")
    assert f"at 'name' failed to satisfy constraint: {constraint}" in message


def test_a_name_is_counted_in_characters_not_bytes(tenant):
    name = "ü" * 64
    assert tenant.control.create_application(Name=name)["Name"] == name
    assert tenant.control.get_application(ApplicationId=name)["Name"] == name


def test_a_missing_name_is_null(tenant):
    assert_refused(
        "BadRequestException",
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        tenant.unchecked.create_application,
        Description="nameless",
    )


@pytest.mark.parametrize(
    "name", ["with space", "sl/ash", "per%cent", "%2F", "q?uestion", "plus+", "naïve", "日本", "a.b", "emoji 🐡", "semi;"]
)
def test_every_name_works_as_a_path_segment(tenant, name):
    made = tenant.application(name)
    assert tenant.control.get_application(ApplicationId=name)["Id"] == made
    assert tenant.control.list_environments(ApplicationId=name)["Items"] == []
    tenant.control.delete_application(ApplicationId=name)


def test_an_id_wins_over_a_name_that_looks_like_one(tenant):
    first = tenant.application("shop")
    second = tenant.application(first)
    assert tenant.control.get_application(ApplicationId=first)["Id"] == first
    assert tenant.control.get_application(ApplicationId=second)["Name"] == first
