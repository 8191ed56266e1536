import pytest
from harness import all_pages, assert_refused, status_of

MEBIBYTE = 1024 * 1024


def create(tenant, channel, content=b"content", content_type="text/plain", **more):
    return tenant.control.create_hosted_configuration_version(
        **channel.in_profile, Content=content, ContentType=content_type, **more
    )


def get(tenant, channel, number):
    return tenant.control.get_hosted_configuration_version(**channel.in_profile, VersionNumber=number)


def test_content_comes_back_byte_for_byte_with_its_type(tenant, channel):
    content = bytes(range(256)) * 4
    made = create(tenant, channel, content, "image/x-invented; quality=1", Description="bytes", VersionLabel="v1.0")
    assert status_of(made) == 201
    for answer in (made, get(tenant, channel, 1)):
        assert answer["Content"].read() == content
        assert answer["ContentType"] == "image/x-invented; quality=1"
        assert answer["ApplicationId"] == channel.application_id
        assert answer["ConfigurationProfileId"] == channel.profile_id
        assert answer["VersionNumber"] == 1
        assert answer["Description"] == "bytes"
        assert answer["VersionLabel"] == "v1.0"


def test_names_do_for_ids(tenant, channel):
    made = tenant.control.create_hosted_configuration_version(
        ApplicationId="shop", ConfigurationProfileId="theme", Content=b"x", ContentType="text/plain"
    )
    assert (made["ApplicationId"], made["ConfigurationProfileId"]) == (channel.application_id, channel.profile_id)
    identity = {"ApplicationId": "shop", "ConfigurationProfileId": "theme"}
    got = tenant.control.get_hosted_configuration_version(**identity, VersionNumber=1)
    assert (got["ApplicationId"], got["ConfigurationProfileId"]) == (channel.application_id, channel.profile_id)
    assert len(tenant.control.list_hosted_configuration_versions(**identity)["Items"]) == 1
    tenant.control.delete_hosted_configuration_version(**identity, VersionNumber=1)


def test_freeform_content_is_not_deduplicated(tenant, channel):
    assert [channel.put(b"same"), channel.put(b"same")] == [1, 2]


def test_a_version_number_is_never_used_again(tenant, channel):
    assert [channel.put() for _ in range(3)] == [1, 2, 3]
    tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=3)
    assert channel.put() == 4
    for number in (1, 2, 4):
        tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=number)
    assert channel.put() == 5


def test_a_deleted_version_is_gone(tenant, channel):
    channel.put()
    deleted = tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=1)
    assert status_of(deleted) == 204
    given = {**channel.in_profile, "VersionNumber": 1}
    assert_refused("ResourceNotFoundException", None, tenant.control.get_hosted_configuration_version, **given)
    assert_refused("ResourceNotFoundException", None, tenant.control.delete_hosted_configuration_version, **given)
    assert tenant.control.list_hosted_configuration_versions(**channel.in_profile)["Items"] == []


@pytest.mark.parametrize("operation", ["get_hosted_configuration_version", "delete_hosted_configuration_version"])
def test_an_unknown_version_is_named_without_a_final_dot(tenant, channel, operation):
    assert_refused(
        "ResourceNotFoundException",
        f"Hosted Configuration Version with Application Id {channel.application_id}, Configuration Profile Id"
        f" {channel.profile_id}, and Version 99 could not be found for account {tenant.account}",
        getattr(tenant.control, operation),
        **channel.in_profile,
        VersionNumber=99,
    )


def test_there_is_no_content_in_a_list_and_the_newest_comes_first(tenant, channel):
    for number in range(1, 6):
        create(tenant, channel, b"%d" % number, f"text/x-{number}", Description=f"number {number}")
    sizes, items = all_pages(tenant.control, "list_hosted_configuration_versions", 2, **channel.in_profile)
    assert sizes == [2, 2, 1]
    assert [item["VersionNumber"] for item in items] == [5, 4, 3, 2, 1]
    assert items[0] == {
        "ApplicationId": channel.application_id,
        "ConfigurationProfileId": channel.profile_id,
        "VersionNumber": 5,
        "ContentType": "text/x-5",
        "Description": "number 5",
    }
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        tenant.control.list_hosted_configuration_versions,
        **channel.in_profile,
        NextToken="bogus",
    )


def test_a_page_has_50_items_unless_asked_for_less(tenant, channel):
    for _ in range(52):
        channel.put()
    first = tenant.control.list_hosted_configuration_versions(**channel.in_profile)
    assert [item["VersionNumber"] for item in first["Items"]] == list(range(52, 2, -1))
    rest = tenant.control.list_hosted_configuration_versions(**channel.in_profile, NextToken=first["NextToken"])
    assert [item["VersionNumber"] for item in rest["Items"]] == [2, 1]
    assert "NextToken" not in rest


def test_the_list_is_filtered_by_a_label_or_its_beginning(tenant, channel):
    for label in ("blue-1", "blue-2", "blue", "red-1"):
        channel.put(VersionLabel=label)
    channel.put()

    def labels(wanted):
        items = tenant.control.list_hosted_configuration_versions(**channel.in_profile, VersionLabel=wanted)["Items"]
        return [item["VersionLabel"] for item in items]

    assert labels("blue") == ["blue"]
    assert labels("blue*") == ["blue", "blue-2", "blue-1"]
    assert labels("blue-*") == ["blue-2", "blue-1"]
    assert labels("green*") == []
    sizes, items = all_pages(
        tenant.control, "list_hosted_configuration_versions", 2, **channel.in_profile, VersionLabel="blue*"
    )
    assert sizes == [2, 1] and len(items) == 3


def test_a_label_names_one_version(tenant, channel):
    channel.put(VersionLabel="v1.0")
    assert_refused(
        "BadRequestException",
        "The version label 'v1.0' has already been assigned to hosted configuration version 1. Please provide a"
        " different version label to create your hosted configuration version.",
        tenant.control.create_hosted_configuration_version,
        **channel.in_profile,
        Content=b"x",
        ContentType="text/plain",
        VersionLabel="v1.0",
    )
    assert channel.put() == 2


def test_a_label_is_not_only_digits(tenant, channel):
    assert_refused(
        "BadRequestException",
        "1 validation error detected: Value '123' at 'versionLabel' failed to satisfy constraint: Member must satisfy"
        " regular expression pattern: .*[^0-9].*",
        tenant.control.create_hosted_configuration_version,
        **channel.in_profile,
        Content=b"x",
        ContentType="text/plain",
        VersionLabel="123",
    )


def test_a_label_has_up_to_64_characters(tenant, channel):
    assert channel.put(VersionLabel="v" * 64) == 1
    assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked.create_hosted_configuration_version,
        **channel.in_profile,
        Content=b"x",
        ContentType="text/plain",
        VersionLabel="v" * 65,
    )


def test_the_latest_version_number_is_an_optimistic_lock(tenant, channel):
    channel.put()
    assert_refused(
        "ConflictException",
        "Expected latest version 5 does not match actual latest version 1",
        tenant.control.create_hosted_configuration_version,
        **channel.in_profile,
        Content=b"x",
        ContentType="text/plain",
        LatestVersionNumber=5,
    )
    assert channel.put(LatestVersionNumber=1) == 2


def test_content_is_not_empty(tenant, channel):
    assert_refused(
        "BadRequestException",
        "1 validation error detected: Value at 'content' failed to satisfy constraint: Member must not be null",
        tenant.control.create_hosted_configuration_version,
        **channel.in_profile,
        Content=b"",
        ContentType="text/plain",
    )


def test_content_has_up_to_two_mebibytes(tenant, channel):
    largest = b"x" * (2 * MEBIBYTE)
    assert create(tenant, channel, largest)["Content"].read() == largest
    assert get(tenant, channel, 1)["Content"].read() == largest
    for extra, size in ((1, 2049.0), (1024, 2049.0), (1025, 2050.0)):
        response = assert_refused(
            "PayloadTooLargeException",
            "Content size limit exceeded.",
            tenant.control.create_hosted_configuration_version,
            **channel.in_profile,
            Content=largest + b"x" * extra,
            ContentType="text/plain",
        )
        assert (response["Measure"], response["Limit"], response["Size"]) == ("KILOBYTES", 2048.0, size)
    assert channel.put() == 2


def test_an_empty_description_is_echoed_once_and_then_gone(tenant, channel):
    assert create(tenant, channel, Description="")["Description"] == ""
    assert "Description" not in get(tenant, channel, 1)
    (item,) = tenant.control.list_hosted_configuration_versions(**channel.in_profile)["Items"]
    assert "Description" not in item


def test_a_content_type_has_from_1_to_255_characters(tenant, channel):
    longest = "text/" + "x" * 250
    assert create(tenant, channel, content_type=longest)["ContentType"] == longest
    for content_type in ("", "text/" + "x" * 251):
        assert_refused(
            "BadRequestException",
            None,
            tenant.unchecked.create_hosted_configuration_version,
            **channel.in_profile,
            Content=b"x",
            ContentType=content_type,
        )


def test_a_version_needs_its_profile(tenant, channel):
    assert_refused(
        "ResourceNotFoundException",
        f"Configuration Profile with Application Id {channel.application_id} and Configuration Profile Id zzzzzzz"
        f" could not be found for account {tenant.account}.",
        tenant.control.create_hosted_configuration_version,
        ApplicationId=channel.application_id,
        ConfigurationProfileId="zzzzzzz",
        Content=b"x",
        ContentType="text/plain",
    )


def test_json_is_stored_as_it_was_sent(tenant, channel):
    content = b'{ "b": 1.50,\n\t"a" : [ ] , "b":2 }'
    assert create(tenant, channel, content, "application/json")["Content"].read() == content
    assert get(tenant, channel, 1)["Content"].read() == content
