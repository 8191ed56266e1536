import pytest
from harness import all_pages, assert_refused, status_of, without_metadata

ROLE = "arn:aws:iam::000000000000:role/reads-sources"
SCHEMA = {"Type": "JSON_SCHEMA", "Content": '{"type": "object"}'}
LAMBDA = {"Type": "LAMBDA", "Content": "arn:aws:lambda:eu-west-1:000000000000:function:checks"}


@pytest.fixture
def application(tenant):
    return tenant.application("shop")


def profile(tenant, name="theme", uri="hosted", **more):
    return tenant.control.create_configuration_profile(ApplicationId="shop", Name=name, LocationUri=uri, **more)


def test_a_created_profile_is_freeform_and_found_by_names_and_ids(tenant, application):
    made = profile(tenant, Description="colours")
    assert status_of(made) == 201
    made = without_metadata(made)
    assert made == {
        "ApplicationId": application,
        "Id": made["Id"],
        "Name": "theme",
        "Description": "colours",
        "LocationUri": "hosted",
        "Type": "AWS.Freeform",
    }
    for of in ("shop", application):
        for identifier in ("theme", made["Id"]):
            got = tenant.control.get_configuration_profile(ApplicationId=of, ConfigurationProfileId=identifier)
            assert without_metadata(got) == made


def test_get_shows_the_validators_and_list_only_their_types(tenant, application):
    made = profile(tenant, Validators=[SCHEMA, LAMBDA], Description="colours")
    assert made["Validators"] == [SCHEMA, LAMBDA]
    got = tenant.control.get_configuration_profile(ApplicationId="shop", ConfigurationProfileId="theme")
    assert got["Validators"] == [SCHEMA, LAMBDA]
    (item,) = tenant.control.list_configuration_profiles(ApplicationId="shop")["Items"]
    assert sorted(item.pop("ValidatorTypes")) == ["JSON_SCHEMA", "LAMBDA"]
    assert item == {
        "ApplicationId": application,
        "Id": made["Id"],
        "Name": "theme",
        "LocationUri": "hosted",
        "Type": "AWS.Freeform",
    }


def test_an_update_replaces_the_validators_whole(tenant, application):
    profile(tenant, Validators=[SCHEMA, LAMBDA])
    identity = {"ApplicationId": "shop", "ConfigurationProfileId": "theme"}
    assert tenant.control.update_configuration_profile(**identity, Name="look")["Validators"] == [SCHEMA, LAMBDA]
    identity["ConfigurationProfileId"] = "look"
    assert tenant.control.update_configuration_profile(**identity, Validators=[LAMBDA])["Validators"] == [LAMBDA]
    tenant.control.update_configuration_profile(**identity, Validators=[])
    assert not tenant.control.get_configuration_profile(**identity).get("Validators")


def test_a_schema_is_not_read_when_the_profile_is_made(tenant, application):
    for number, content in enumerate(["false", "no schema at all", ""]):
        validators = [{"Type": "JSON_SCHEMA", "Content": content}]
        assert profile(tenant, f"theme {number}", Validators=validators)["Validators"] == validators


def test_a_lambda_validator_names_a_function_by_arn(tenant, application):
    assert_refused(
        "BadRequestException",
        "ARN not-an-arn is invalid due to not containing an account ID.",
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="theme",
        LocationUri="hosted",
        Validators=[{"Type": "LAMBDA", "Content": "not-an-arn"}],
    )


def test_there_are_at_most_two_validators_of_known_types(tenant, application):
    given = {"ApplicationId": "shop", "Name": "theme", "LocationUri": "hosted"}
    for validators in ([SCHEMA, LAMBDA, SCHEMA], [{"Type": "GUESS", "Content": "x"}], [{"Type": "LAMBDA"}]):
        assert_refused(
            "BadRequestException",
            None,
            tenant.unchecked.create_configuration_profile,
            **given,
            Validators=validators,
        )


def test_an_empty_description_is_echoed_once_and_then_gone(tenant, application):
    identity = {"ApplicationId": "shop", "ConfigurationProfileId": "theme"}
    assert profile(tenant, Description="")["Description"] == ""
    assert "Description" not in tenant.control.get_configuration_profile(**identity)
    tenant.control.update_configuration_profile(**identity, Description="colours")
    assert tenant.control.update_configuration_profile(**identity, Description="")["Description"] == ""
    assert "Description" not in tenant.control.update_configuration_profile(**identity, Name="theme")


def test_an_unknown_type_is_not_found(tenant, application):
    response = assert_refused(
        "ResourceNotFoundException",
        "Invalid type, must be one of: AWS.Freeform, AWS.AppConfig.FeatureFlags",
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="theme",
        LocationUri="hosted",
        Type="AWS.Unheard",
    )
    assert response["ResourceName"] == "ConfigurationProfileType"


def test_feature_flags_are_hosted(tenant, application):
    assert profile(tenant, "flags", Type="AWS.AppConfig.FeatureFlags")["Type"] == "AWS.AppConfig.FeatureFlags"
    assert_refused(
        "BadRequestException",
        "ConfigurationProfiles of type 'AWS.AppConfig.FeatureFlags' can only have a locationUri of 'hosted'",
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="flags elsewhere",
        LocationUri="ssm-parameter://flags",
        RetrievalRoleArn=ROLE,
        Type="AWS.AppConfig.FeatureFlags",
    )


@pytest.mark.parametrize(
    "uri",
    [
        "ssm-document://theme",
        "ssm-parameter://theme",
        "ssm-parameter:///shop/theme",
        "s3://bucket/some/key.json",
        "secretsmanager://theme",
        "arn:aws:ssm:eu-west-1:000000000000:parameter/theme",
    ],
)
def test_a_source_elsewhere_is_read_with_a_role(tenant, application, uri):
    made = profile(tenant, uri=uri, RetrievalRoleArn=ROLE)
    assert (made["LocationUri"], made["RetrievalRoleArn"]) == (uri, ROLE)


def test_a_pipeline_needs_no_role(tenant, application):
    assert profile(tenant, uri="codepipeline://release")["LocationUri"] == "codepipeline://release"


@pytest.mark.parametrize(
    "uri", ["ssm-document://theme", "ssm-parameter://theme", "s3://bucket/key", "secretsmanager://theme"]
)
def test_a_source_elsewhere_without_a_role_is_refused(tenant, application, uri):
    assert_refused(
        "BadRequestException",
        "1 validation error detected: Value null at 'retrievalRoleArn' failed to satisfy constraint:"
        f" Member must not be null if the request has the following uri: {uri}",
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="theme",
        LocationUri=uri,
    )


def test_hosted_content_has_no_role(tenant, application):
    assert_refused(
        "BadRequestException",
        f"1 validation error detected: Value {ROLE} at 'retrievalRoleArn' failed to satisfy constraint:"
        " Member must be null if the request has the following uri: hosted",
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="theme",
        LocationUri="hosted",
        RetrievalRoleArn=ROLE,
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ftp://x", "The Uri: ftp://x is of an unsupported type"),
        ("s3://bucket", "Invalid locationUri s3://bucket"),
    ],
)
def test_a_location_that_cannot_be_is_refused(tenant, application, uri, message):
    assert_refused(
        "BadRequestException",
        message,
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="theme",
        LocationUri=uri,
        RetrievalRoleArn=ROLE,
    )


def test_only_hosted_content_is_encrypted_here(tenant, application):
    assert_refused(
        "BadRequestException",
        "KmsKeyIdentifier applies only to AppConfig hosted configuration data. For non-hosted configuration sources,"
        " configure encryption in the corresponding service.",
        tenant.control.create_configuration_profile,
        ApplicationId="shop",
        Name="theme",
        LocationUri="ssm-parameter://theme",
        RetrievalRoleArn=ROLE,
        KmsKeyIdentifier="alias/theme",
    )


def test_a_key_is_shown_with_its_arn_and_taken_off_by_an_empty_one(tenant, application):
    identity = {"ApplicationId": "shop", "ConfigurationProfileId": "theme"}
    key = f"arn:aws:kms:eu-west-1:{tenant.account}:key/0f0f0f0f-0000-0000-0000-000000000000"
    made = profile(tenant, KmsKeyIdentifier=key)
    assert (made["KmsKeyIdentifier"], made["KmsKeyArn"]) == (key, key)
    assert tenant.control.update_configuration_profile(**identity, Description="x")["KmsKeyIdentifier"] == key
    bare = tenant.control.update_configuration_profile(**identity, KmsKeyIdentifier="")
    assert "KmsKeyIdentifier" not in bare and "KmsKeyArn" not in bare


def test_an_update_keeps_the_rules_about_roles(tenant, application):
    profile(tenant)
    profile(tenant, "elsewhere", "ssm-parameter://theme", RetrievalRoleArn=ROLE)
    assert_refused(
        "BadRequestException",
        None,
        tenant.control.update_configuration_profile,
        ApplicationId="shop",
        ConfigurationProfileId="theme",
        RetrievalRoleArn=ROLE,
    )
    updated = tenant.control.update_configuration_profile(
        ApplicationId="shop", ConfigurationProfileId="elsewhere", RetrievalRoleArn=f"{ROLE}-2"
    )
    assert updated["RetrievalRoleArn"] == f"{ROLE}-2"


def test_a_name_is_taken_only_once_in_an_application(tenant, application):
    first = profile(tenant)["Id"]
    profile(tenant, "other")
    message = (
        f"ConfigurationProfile with name theme already exists with id {first} in application {application}"
        f" account {tenant.account}"
    )
    given = {"ApplicationId": "shop", "Name": "theme"}
    assert_refused(
        "BadRequestException", message, tenant.control.create_configuration_profile, **given, LocationUri="hosted"
    )
    assert_refused(
        "BadRequestException",
        message,
        tenant.control.update_configuration_profile,
        **given,
        ConfigurationProfileId="other",
    )


def test_a_name_has_up_to_128_characters(tenant, application):
    name = "x" * 128
    profile(tenant, name)
    got = tenant.control.get_configuration_profile(ApplicationId="shop", ConfigurationProfileId=name)
    assert got["Name"] == name
    assert_refused(
        "BadRequestException",
        None,
        tenant.unchecked.create_configuration_profile,
        ApplicationId="shop",
        Name="x" * 129,
        LocationUri="hosted",
    )


@pytest.mark.parametrize(
    "operation",
    [
        "get_configuration_profile",
        "update_configuration_profile",
        "delete_configuration_profile",
        "list_hosted_configuration_versions",
    ],
)
def test_an_unknown_profile_is_named_with_its_application(tenant, application, operation):
    assert_refused(
        "ResourceNotFoundException",
        f"Configuration Profile with Application Id {application} and Configuration Profile Id zzzzzzz could not be"
        f" found for account {tenant.account}.",
        getattr(tenant.control, operation),
        ApplicationId=application,
        ConfigurationProfileId="zzzzzzz",
    )


def test_a_profile_is_deleted_after_its_versions(tenant, channel):
    version = channel.put()
    assert_refused(
        "BadRequestException",
        f"Cannot delete configuration profile {channel.profile_id} because there are still hosted configuration"
        " versions existing under it.",
        tenant.control.delete_configuration_profile,
        **channel.in_profile,
    )
    tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=version)
    assert status_of(tenant.control.delete_configuration_profile(**channel.in_profile)) == 204
    assert_refused(
        "ResourceNotFoundException", None, tenant.control.get_configuration_profile, **channel.in_profile
    )


def test_the_list_is_paged_and_filtered_by_type(tenant, application):
    for number in range(3):
        profile(tenant, f"theme {number}")
        profile(tenant, f"flags {number}", Type="AWS.AppConfig.FeatureFlags")
    sizes, items = all_pages(tenant.control, "list_configuration_profiles", 4, ApplicationId="shop")
    assert sizes == [4, 2] and len({item["Id"] for item in items}) == 6
    sizes, items = all_pages(
        tenant.control, "list_configuration_profiles", 2, ApplicationId="shop", Type="AWS.AppConfig.FeatureFlags"
    )
    assert sizes == [2, 1]
    assert {item["Name"] for item in items} == {"flags 0", "flags 1", "flags 2"}
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        tenant.control.list_configuration_profiles,
        ApplicationId="shop",
        NextToken="bogus",
    )
