"""Validators: what a configuration has to pass before it is deployed."""

import json

import pytest
from harness import REGION, assert_refused, status_of

DRAFT_TAG = "tidegate:json-schema-draft"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:check"


def with_schema(channel, schema, content=None):
    """Gives the channel's profile a schema, and stores a content; gives the schema's text and the version."""
    text = schema if isinstance(schema, str) else json.dumps(schema)
    channel.tenant.control.update_configuration_profile(
        **channel.in_profile, Validators=[{"Type": "JSON_SCHEMA", "Content": text}]
    )
    version = None if content is None else channel.put(content, "application/json")
    return text, version


def validate(channel, version, **more):
    return channel.tenant.control.validate_configuration(
        **{**channel.in_profile, **more}, ConfigurationVersion=str(version)
    )


def refused_text(channel, version):
    """Asserts that validation and deployment refuse the version with the same text, and gives it."""
    said = [
        assert_refused("BadRequestException", None, call)["Error"]["Message"]
        for call in (lambda: validate(channel, version), lambda: channel.start("AppConfig.AllAtOnce", version))
    ]
    assert said[0] == said[1]
    return said[0]


def test_a_valid_configuration_passes_and_is_deployed(channel):
    _, version = with_schema(channel, {"properties": {"count": {"minimum": 1}}}, b'{"count": 1}')
    answer = validate(channel, version)
    assert status_of(answer) == 204
    channel.deploy_at_once(version)
    assert channel.open_session().poll() == b'{"count": 1}'


def test_a_failure_names_the_place_in_the_words_of_aws(channel):
    schema, version = with_schema(channel, {"properties": {"count": {"minimum": 1}}}, b'{"count": 0}')
    assert refused_text(channel, version) == (
        f"Could not build JSON schema from invalid input:\n {schema}.\n Original error message:\n"
        '[message: "numeric instance is lower than the required minimum (minimum: 1, found: 0)" - parent node: /count]'
    )
    control = channel.tenant.control
    assert control.list_deployments(**channel.in_environment)["Items"] == []
    assert channel.environment_state() == "ReadyForDeployment"


def test_a_schema_is_not_looked_at_before_it_is_used(channel):
    for schema in ("false", "{", "", '{"type": "no type"}', "certainly"):
        _, version = with_schema(channel, schema, b"{}")
        text = refused_text(channel, version)
        assert text.startswith("Could not build JSON schema from invalid input:\n")


def test_a_boolean_is_no_schema(channel):
    _, version = with_schema(channel, "false", b"{}")
    text = refused_text(channel, version)
    assert "fatal: invalid JSON Schema, cannot continue\nSyntax errors:\n[ {" in text
    assert '"message" : "JSON value is of type boolean, not a JSON Schema (expected an object)"' in text
    assert '"found" : "boolean"' in text and text.endswith('    level: "fatal"\n')


def test_versions_are_stored_whatever_the_schema_says(channel):
    with_schema(channel, {"type": "string"})
    assert channel.put(b"7", "application/json") == 1
    assert channel.put(b"not JSON at all") == 2
    assert "fatal" in refused_text(channel, 2)


def test_a_version_is_validated_by_its_number_and_by_its_label(channel):
    with_schema(channel, {"required": ["a"]})
    channel.put(b'{"a": 1}', VersionLabel="good")
    channel.put(b"{}", VersionLabel="bad")
    for version in (1, "good"):
        assert status_of(validate(channel, version)) == 204
    for version in (2, "bad"):
        assert_refused("BadRequestException", None, validate, channel=channel, version=version)
    assert status_of(validate(channel, 1, ApplicationId="shop", ConfigurationProfileId="theme")) == 204


@pytest.mark.parametrize("version", ["3", "ugly", "0", "-1"])
def test_a_version_that_is_not_there_is_not_found(channel, version):
    channel.put()
    assert_refused("ResourceNotFoundException", None, validate, channel=channel, version=version)


def test_without_validators_everything_is_valid(channel):
    channel.put(b"\xff\x00")
    assert status_of(validate(channel, 1)) == 204


def test_a_validator_can_be_taken_away(channel):
    _, version = with_schema(channel, {"required": ["a"]}, b"{}")
    assert_refused("BadRequestException", None, validate, channel=channel, version=version)
    channel.tenant.control.update_configuration_profile(**channel.in_profile, Validators=[])
    assert status_of(validate(channel, version)) == 204


def test_both_validators_have_to_agree(channel):
    def schema(name):
        return {"Type": "JSON_SCHEMA", "Content": json.dumps({"required": [name]})}

    channel.tenant.control.update_configuration_profile(**channel.in_profile, Validators=[schema("a"), schema("b")])
    for content, is_valid in ((b'{"a": 1}', False), (b'{"b": 1}', False), (b'{"a": 1, "b": 1}', True)):
        version = channel.put(content)
        if is_valid:
            assert status_of(validate(channel, version)) == 204
        else:
            refused_text(channel, version)


# Draft 4, whatever the schema says.


@pytest.mark.parametrize(
    "schema, content",
    [
        ({"$schema": "http://json-schema.org/draft-07/schema#", "const": 1}, b"2"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "if": {}, "then": {"type": "string"}}, b"2"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "string"}]}, b"[2]"),
        ({"contains": {"type": "string"}}, b"[1]"),
        ({"propertyNames": {"maxLength": 1}}, b'{"long": 1}'),
    ],
    ids=["const", "if", "prefixItems", "contains", "propertyNames"],
)
def test_what_draft_4_does_not_know_is_ignored(channel, schema, content):
    _, version = with_schema(channel, schema, content)
    assert status_of(validate(channel, version)) == 204


def test_a_number_as_exclusive_minimum_is_a_fatal_error(channel):
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "exclusiveMinimum": 5}
    _, version = with_schema(channel, schema, b"7")
    text = refused_text(channel, version)
    assert "fatal: invalid JSON Schema, cannot continue\nSyntax errors:\n" in text


def test_a_boolean_as_exclusive_minimum_is_what_draft_4_has(channel):
    _, version = with_schema(channel, {"minimum": 5, "exclusiveMinimum": True}, b"5")
    refused_text(channel, version)
    assert status_of(validate(channel, channel.put(b"6"))) == 204


@pytest.mark.parametrize(
    "reference",
    ["http://127.0.0.1:1/schema", "https://schemas.example/a.json", "file:///etc/passwd", "other.json", "other.json#/a"],
)
def test_other_documents_are_not_referred_to(channel, reference):
    _, version = with_schema(channel, {"properties": {"a": {"$ref": reference}}}, b'{"a": 1}')
    assert "External schema references are not supported." in refused_text(channel, version)


def test_references_within_the_schema_work(channel):
    schema = {"definitions": {"colour": {"enum": ["sand", "sea"]}}, "items": {"$ref": "#/definitions/colour"}}
    _, version = with_schema(channel, schema, b'["sea"]')
    assert status_of(validate(channel, version)) == 204
    assert "/0" in refused_text(channel, channel.put(b'["stone"]'))


@pytest.mark.parametrize(
    "schema, content",
    [
        ({"$ref": "#"}, b"1"),
        ({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/a"}, b"1"),
        ({"pattern": "(a{1,1000}){1,1000}"}, b'"aaaa"'),
        ({"pattern": "(?=a)b"}, b'"b"'),
        ("[" * 10_000, b"1"),
        ({"type": "array"}, b"[" * 100_000 + b"]" * 100_000),
        ({"required": ["x" * 30_000]}, b"{}"),
        ({"uniqueItems": True}, json.dumps([{"a": number} for number in range(20_000)] + [{"a": 1}]).encode()),
    ],
    ids=["itself", "loop", "huge pattern", "look-around", "deep schema", "deep document", "long name", "many items"],
)
def test_what_is_meant_to_do_harm_is_refused_and_the_server_goes_on(channel, schema, content):
    _, version = with_schema(channel, schema, content)
    text = refused_text(channel, version)
    assert len(text) < 10_000
    channel.tenant.control.update_configuration_profile(**channel.in_profile, Validators=[])
    channel.publish(b"content")
    assert channel.open_session().poll() == b"content"


# Newer drafts, for profiles that ask.


@pytest.mark.parametrize("draft, is_valid", [("draft-04", True), ("draft-07", False), ("2020-12", False)])
def test_a_tag_opts_in_to_a_newer_draft(channel, draft, is_valid):
    _, version = with_schema(channel, {"const": 1}, b"2")
    arn = (
        f"arn:aws:appconfig:{REGION}:{channel.tenant.account}:application/{channel.application_id}"
        f"/configurationprofile/{channel.profile_id}"
    )
    assert status_of(validate(channel, version)) == 204
    channel.tenant.control.tag_resource(ResourceArn=arn, Tags={DRAFT_TAG: draft})
    if is_valid:
        assert status_of(validate(channel, version)) == 204
    else:
        assert "Original error message" in refused_text(channel, version)
    channel.tenant.control.untag_resource(ResourceArn=arn, TagKeys=[DRAFT_TAG])
    assert status_of(validate(channel, version)) == 204


def test_a_tag_at_birth_counts_and_a_wrong_one_is_named(tenant):
    tenant.application("shop")
    for draft, words in (("2019-09", "Original error message"), ("draft-99", "draft-99")):
        profile = tenant.control.create_configuration_profile(
            ApplicationId="shop",
            Name=draft,
            LocationUri="hosted",
            Validators=[{"Type": "JSON_SCHEMA", "Content": '{"const": 1}'}],
            Tags={DRAFT_TAG: draft},
        )["Id"]
        given = {"ApplicationId": "shop", "ConfigurationProfileId": profile}
        tenant.control.create_hosted_configuration_version(**given, Content=b"2", ContentType="application/json")
        response = assert_refused(
            "BadRequestException", None, tenant.control.validate_configuration, **given, ConfigurationVersion="1"
        )
        assert words in response["Error"]["Message"]


# Functions.


@pytest.mark.parametrize("arn", ["not-an-arn", "arn:aws:lambda:eu-west-1::function:check", "arn:", "", "https://x.example/"])
def test_a_function_is_named_by_an_arn_with_an_account(tenant, channel, arn):
    message = f"ARN {arn} is invalid due to not containing an account ID."
    validators = [{"Type": "LAMBDA", "Content": arn}]
    update, create = tenant.control.update_configuration_profile, tenant.control.create_configuration_profile
    assert_refused("BadRequestException", message, update, **channel.in_profile, Validators=validators)
    assert_refused(
        "BadRequestException",
        message,
        create,
        ApplicationId="shop",
        Name="other",
        LocationUri="hosted",
        Validators=validators,
    )


def test_a_function_is_stored_and_shown(tenant, channel):
    validators = [{"Type": "LAMBDA", "Content": FUNCTION}, {"Type": "JSON_SCHEMA", "Content": "{}"}]
    updated = tenant.control.update_configuration_profile(**channel.in_profile, Validators=validators)
    assert updated["Validators"] == validators
    assert tenant.control.get_configuration_profile(**channel.in_profile)["Validators"] == validators
    (item,) = tenant.control.list_configuration_profiles(ApplicationId="shop")["Items"]
    assert item["ValidatorTypes"] == ["LAMBDA", "JSON_SCHEMA"] and "Validators" not in item


def test_a_function_that_cannot_be_called_refuses(tenant, channel):
    channel.put()
    validators = [{"Type": "LAMBDA", "Content": FUNCTION}]
    tenant.control.update_configuration_profile(**channel.in_profile, Validators=validators)
    assert FUNCTION in refused_text(channel, 1)
