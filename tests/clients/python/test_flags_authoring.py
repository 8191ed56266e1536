"""Feature-flag documents as authors store them: what becomes of them, and which are refused in which words."""

import base64
import concurrent.futures
import json

import pytest
from flags import FEATURE_FLAGS, JSON, FlagChannel, time_text, without_times
from harness import Tenant, assert_refused, status_of, without_metadata
from webhook import arns, associate, extend, gives

HELPER = "Error invoking extension AppConfig Feature Flags Helper: "
MEBIBYTE = 1024 * 1024


def document(flags=None, values=None):
    return {"version": "1", "flags": flags or {}, "values": values or {}}


def enabled(value):
    return document(values={"f": {"enabled": value}})


def attribute(value, constraints):
    """A document with one attribute, its constraints and its value."""
    return document(
        {"f": {"attributes": {"attr": {"constraints": constraints}}}}, {"f": {"enabled": True, "attr": value}}
    )


def variants(*given, **beside):
    return document(values={"checkout": {"_variants": list(given), **beside}})


def ruled(rule):
    return variants({"name": "first", "enabled": True, "rule": rule}, {"name": "rest", "enabled": False})


# What is stored.


def test_a_document_is_stored_minified_with_sorted_keys_and_times(tenant, flags):
    given = b"""{
        "values": {"zoo": {"enabled": true, "size": 3, "animals": ["yak", "ant"]}, "bar": {"enabled": false}},
        "version": "1",
        "flags": {
            "zoo": {"name": "Zoo", "attributes": {
                "size": {"constraints": {"type": "number", "required": true, "maximum": 9, "minimum": 1}},
                "animals": {"description": "who lives there", "constraints": {
                    "type": "array", "elements": {"type": "string", "pattern": "^[a-z]+$"}}}}},
            "bar": {"description": "next door", "name": "Bar", "_deprecation": {"status": "planned", "date": "2031-01-31"}}
        }
    }"""
    now = time_text(tenant.server.now_ms())
    times = f'"_createdAt":"{now}",%s"_updatedAt":"{now}"'
    expected = (
        '{"flags":{"bar":{' + times % '"_deprecation":{"date":"2031-01-31","status":"planned"},' + ',"description":'
        '"next door","name":"Bar"},"zoo":{' + times % "" + ',"attributes":{"animals":{"constraints":{"elements":'
        '{"pattern":"^[a-z]+$","type":"string"},"type":"array"},"description":"who lives there"},"size":{"constraints":'
        '{"maximum":9,"minimum":1,"required":true,"type":"number"}}},"name":"Zoo"}},"values":{"bar":{'
        + times % ""
        + ',"enabled":false},"zoo":{'
        + times % ""
        + ',"animals":["yak","ant"],"enabled":true,"size":3}},"version":"1"}'
    )
    number, stored = flags.author(given)
    assert (number, stored.decode()) == (1, expected)
    assert flags.stored(1).decode() == expected


def test_the_answer_says_what_was_stored_and_under_which_type(tenant, flags):
    made = tenant.control.create_hosted_configuration_version(
        **flags.in_profile,
        Content=json.dumps(enabled(True)),
        ContentType="application/json; charset=utf-8",
        Description="first",
        VersionLabel="v1.0",
    )
    assert status_of(made) == 201
    body = made.pop("Content").read()
    assert without_metadata(made) == {
        "ApplicationId": flags.application_id,
        "ConfigurationProfileId": flags.profile_id,
        "VersionNumber": 1,
        "Description": "first",
        "ContentType": "application/json; charset=utf-8",
        "VersionLabel": "v1.0",
    }
    assert made["ResponseMetadata"]["HTTPHeaders"]["content-length"] == str(len(body))
    assert without_times(body) == b'{"values":{"f":{"enabled":true}},"version":"1"}'


def test_variants_keep_their_order(flags):
    _, stored = flags.author(
        variants(
            {"rule": '(eq $tier "premium")', "name": "blue", "enabled": True, "attributeValues": {}},
            {"name": "amber", "enabled": False, "rule": '(and true (eq $tier "basic"))', "color": "dropped"},
            {"name": "default", "enabled": "FALSE", "rule": ""},
        )
    )
    assert without_times(stored) == (
        b'{"values":{"checkout":{"_variants":[{"enabled":true,"name":"blue","rule":"(eq $tier \\"premium\\")"},'
        b'{"enabled":false,"name":"amber","rule":"(and true (eq $tier \\"basic\\"))"},'
        b'{"enabled":false,"name":"default"}]}},"version":"1"}'
    )


def test_text_is_escaped_for_html(flags):
    _, stored = flags.author(document({"f": {"description": "<b>salt & \u2028 pepper</b> žluť"}}))
    assert without_times(stored) == (
        b'{"flags":{"f":{"description":"\\u003cb\\u003esalt \\u0026 \\u2028 pepper\\u003c/b\\u003e '
        + "žluť".encode()
        + b'"}},"version":"1"}'
    )


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"version": "1", "owner": "me", "$schema": "x"}, b'{"version":"1"}'),
        ({"version": "1", "flags": {}, "values": {}}, b'{"version":"1"}'),
        ({"version": "1", "flags": None, "values": None}, b'{"version":"1"}'),
        (document({"f": {"owner": "me", "attributes": {}}}), b'{"flags":{"f":{}},"version":"1"}'),
        (document(values={"f": {"_variants": []}}), b'{"values":{"f":{}},"version":"1"}'),
        (document(values={"f": {}}), b'{"values":{"f":{"enabled":false}},"version":"1"}'),
        (document(values={"f": {"enabled": True}}), b'{"values":{"f":{"enabled":true}},"version":"1"}'),
        (document({"f": {}}), b'{"flags":{"f":{}},"version":"1"}'),
    ],
)
def test_what_the_service_does_not_know_and_what_is_empty_is_dropped(flags, given, stored):
    assert without_times(flags.author(given)[1]) == stored


@pytest.mark.parametrize("true", [True, "true", "TRUE", "True", "t", "T", "1"])
def test_these_say_that_a_flag_is_on(flags, true):
    assert b'"enabled":true' in flags.author(enabled(true))[1]


@pytest.mark.parametrize("false", [False, "false", "FALSE", "False", "f", "F", "0", None])
def test_these_say_that_a_flag_is_off(flags, false):
    assert b'"enabled":false' in flags.author(enabled(false))[1]


# Times.


def times_of(stored):
    """The times of each entry as (created, updated)."""
    parsed = json.loads(stored)
    return {
        f"{part}.{key}": (entry["_createdAt"], entry["_updatedAt"])
        for part in ("flags", "values")
        for key, entry in parsed.get(part, {}).items()
    }


def test_an_entry_keeps_its_times_until_it_changes(tenant, flags):
    def author(given):
        tenant.server.advance(1.25)
        return time_text(tenant.server.now_ms()), times_of(flags.author(given)[1])

    both = {"a": {"name": "A"}, "b": {"name": "B"}}
    first, times = author(document(both, {"a": {"enabled": True}}))
    assert times == dict.fromkeys(["flags.a", "flags.b", "values.a"], (first, first))
    # The value alone has changed.
    second, times = author(document(both, {"a": {"enabled": False}}))
    assert times == {"flags.a": (first, first), "flags.b": (first, first), "values.a": (first, second)}
    # The definition alone has changed, and the other is gone.
    third, times = author(document({"a": {"name": "A!"}}, {"a": {"enabled": False}}))
    assert times == {"flags.a": (first, third), "values.a": (first, second)}
    # What the latest version does not have is new, even if an earlier one had it.
    fourth, times = author(document(both, {"a": {"enabled": False}}))
    assert times == {"flags.a": (first, fourth), "flags.b": (fourth, fourth), "values.a": (first, second)}


def test_times_lose_their_trailing_zeros(tenant, flags):
    # A little more than to the full second, which the clock rounds down to it.
    tenant.server.advance((1000 - tenant.server.now_ms() % 1000) / 1000 + 1e-6)
    _, stored = flags.author(enabled(True))
    assert "." not in times_of(stored)["values.f"][1]
    tenant.server.advance(0.5)
    _, stored = flags.author(enabled(False))
    assert times_of(stored)["values.f"][1].endswith(".5Z")


def test_a_supplied_creation_time_wins_and_a_supplied_update_time_is_overwritten(tenant, flags):
    def supplied(created, value):
        return document(values={"f": {"enabled": value, "_createdAt": created, "_updatedAt": "2001-01-01T00:00:00Z"}})

    now = time_text(tenant.server.now_ms())
    _, stored = flags.author(supplied("2000-02-03T04:05:06Z", True))
    assert times_of(stored) == {"values.f": ("2000-02-03T04:05:06Z", now)}
    # It stays, whoever does not mention it, and gives way to another.
    tenant.server.advance(1)
    _, stored = flags.author(enabled(False))
    assert times_of(stored)["values.f"][0] == "2000-02-03T04:05:06Z"
    _, stored = flags.author(supplied("1999-02-03T04:05:06Z", False))
    assert times_of(stored)["values.f"] == ("1999-02-03T04:05:06Z", time_text(tenant.server.now_ms()))


@pytest.mark.parametrize("member", ["_createdAt", "_updatedAt"])
def test_a_time_that_is_none_is_refused(flags, member):
    # AWS answers with an empty 500, which tells nobody anything.
    given = document(values={"f": {"enabled": True, member: "2000-01-01"}})
    response = assert_refused("BadRequestException", None, flags.author, document=given)
    assert "values.f." + member in response["Error"]["Message"]


# One version for one document.


def test_the_same_document_again_is_the_same_version(tenant, flags):
    number, stored = flags.author(document({"f": {"name": "F"}}, {"f": {"enabled": True}}))
    tenant.server.advance(90)
    for same in (
        document({"f": {"name": "F"}}, {"f": {"enabled": "1"}}),
        document({"f": {"name": "F", "owner": "me"}}, {"f": {"enabled": True}}),
        json.loads(stored),
    ):
        answer = tenant.control.create_hosted_configuration_version(
            **flags.in_profile, Content=json.dumps(same), ContentType=JSON
        )
        assert (status_of(answer), answer["VersionNumber"], answer["Content"].read()) == (201, number, stored)
    assert len(tenant.control.list_hosted_configuration_versions(**flags.in_profile)["Items"]) == 1


def test_only_the_latest_version_is_compared(tenant, flags):
    assert [flags.author(enabled(value))[0] for value in (True, False, True, True)] == [1, 2, 3, 3]


def test_another_profile_has_versions_of_its_own(tenant, flags):
    flags.author(enabled(True))
    other = tenant.control.create_configuration_profile(
        ApplicationId=flags.application_id, Name="other flags", LocationUri="hosted", Type=FEATURE_FLAGS
    )["Id"]
    made = tenant.control.create_hosted_configuration_version(
        ApplicationId=flags.application_id,
        ConfigurationProfileId=other,
        Content=json.dumps(enabled(True)),
        ContentType=JSON,
    )
    assert made["VersionNumber"] == 1


def test_a_deleted_version_is_compared_with_no_more(tenant, flags):
    assert [flags.author(enabled(value))[0] for value in (True, False)] == [1, 2]
    tenant.control.delete_hosted_configuration_version(**flags.in_profile, VersionNumber=2)
    assert flags.author(enabled(True))[0] == 1
    assert flags.author(enabled(False))[0] == 3
    for number in (1, 3):
        tenant.control.delete_hosted_configuration_version(**flags.in_profile, VersionNumber=number)
    assert flags.author(enabled(False))[0] == 4


def test_a_label_and_a_description_given_with_the_same_document_are_ignored(tenant, flags):
    flags.author(enabled(True), VersionLabel="v1.0", Description="first")
    flags.author(enabled(True), VersionLabel="v1.1", Description="second")
    got = tenant.control.get_hosted_configuration_version(**flags.in_profile, VersionNumber=1)
    assert (got["VersionLabel"], got["Description"]) == ("v1.0", "first")
    # So the label is still to be had.
    assert flags.author(enabled(False), VersionLabel="v1.1")[0] == 2


def test_a_request_sent_twice_is_one_version(flags):
    assert [flags.author(enabled(True), VersionLabel="v1.0", Description="first")[0] for _ in range(2)] == [1, 1]
    assert flags.author(enabled(False), VersionLabel="v1.1")[0] == 2


def test_a_label_names_one_version(flags):
    flags.author(enabled(True), VersionLabel="v1.0")
    message = (
        "The version label 'v1.0' has already been assigned to hosted configuration version 1. Please provide a"
        " different version label to create your hosted configuration version."
    )
    given = enabled(False)
    assert_refused("BadRequestException", message, flags.author, document=given, VersionLabel="v1.0")


def test_the_latest_version_number_is_a_lock_for_the_same_document_too(flags):
    flags.author(enabled(True))
    for given in (enabled(True), enabled(False)):
        message = "Expected latest version 5 does not match actual latest version 1"
        assert_refused("ConflictException", message, flags.author, document=given, LatestVersionNumber=5)
    assert flags.author(enabled(True), LatestVersionNumber=1)[0] == 1
    assert flags.author(enabled(False), LatestVersionNumber=1)[0] == 2
    assert_refused("ConflictException", None, flags.author, document=enabled(True), LatestVersionNumber=1)


# Writers at the same time.


def all_at_once(calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_writers_of_one_document_share_a_version(tenant, flags):
    made = all_at_once([lambda: flags.author(enabled(True))] * 8)
    assert {number for number, _ in made} == {1}
    assert len({stored for _, stored in made}) == 1


@pytest.mark.parametrize("servers", [1, 2])
def test_no_writer_is_lost_and_each_continues_from_the_one_before(own_server, servers):
    first = own_server()
    nodes = [Tenant(first)]
    if servers == 2:
        nodes.append(Tenant(own_server(beside=first), nodes[0].account))
    here = FlagChannel(nodes[0])

    def writer(place):
        def write():
            answer = nodes[place % servers].control.create_hosted_configuration_version(
                **here.in_profile,
                Content=json.dumps(document({"shared": {"name": "S"}}, {f"f{place}": {"enabled": True}})),
                ContentType=JSON,
            )
            return answer["VersionNumber"], answer["Content"].read()

        return write

    made = all_at_once([writer(place) for place in range(40)])
    assert sorted(number for number, _ in made) == list(range(1, 41))
    created = set()
    for number, stored in made:
        assert here.stored(number) == stored
        created.add(times_of(stored)["flags.shared"][0])
    assert len(created) == 1, "all but the first have found the entry there"


def test_a_lock_lets_one_writer_through(flags):
    flags.author(enabled(True))

    def write(place):
        try:
            return flags.author(document(values={f"f{place}": {"enabled": True}}), LatestVersionNumber=1)[0]
        except flags.tenant.control.exceptions.ConflictException:
            return None

    made = all_at_once([lambda place=place: write(place) for place in range(6)])
    assert sorted(filter(None, made)) == [2]


# Extensions come first: what they make of a document is what is checked and normalised.


def test_a_document_changed_by_an_extension_is_normalised_like_any_other(tenant, flags, webhook):
    point = "PRE_CREATE_HOSTED_CONFIGURATION_VERSION"
    extension = extend(tenant, "changes", {point: webhook.url("change")})
    associate(tenant, extension, arns(flags)["profile"])
    webhook.answers("change", gives(b'{"values": {"z": {"enabled": "t"}, "a": {}}, "version": "1", "more": 1}'))
    number, stored = flags.author(enabled(True))
    assert without_times(stored) == b'{"values":{"a":{"enabled":false},"z":{"enabled":true}},"version":"1"}'
    # The author's document is another one, what the extension makes of it is not.
    assert flags.author(enabled(False)) == (number, stored)
    second = webhook.at("change")[1].body["PreviousContent"]
    assert base64.b64decode(second["Content"]) == stored
    for content, message in ((b"{", "Malformed 'Content' provided"), (b'{"version":"2"}', "Invalid 'Content' data")):
        webhook.answers("change", gives(content))
        assert_refused("BadRequestException", HELPER + message, flags.author, document=enabled(True))


# The profile.


def test_flags_live_in_hosted_profiles_only(tenant, flags):
    assert_refused(
        "BadRequestException",
        "ConfigurationProfiles of type 'AWS.AppConfig.FeatureFlags' can only have a locationUri of 'hosted'",
        tenant.control.create_configuration_profile,
        ApplicationId=flags.application_id,
        Name="elsewhere",
        LocationUri="ssm-parameter://flags",
        Type=FEATURE_FLAGS,
    )


def test_a_profile_says_that_it_is_of_flags(tenant, flags):
    got = tenant.control.get_configuration_profile(**flags.in_profile)
    assert (got["Type"], got["LocationUri"]) == (FEATURE_FLAGS, "hosted")
    listed = tenant.control.list_configuration_profiles(ApplicationId=flags.application_id, Type=FEATURE_FLAGS)
    assert [item["Id"] for item in listed["Items"]] == [flags.profile_id]


def test_a_freeform_profile_takes_the_same_document_as_it_is(tenant, channel):
    given = b'{"version": "1", "values": {"f": {"enabled": "maybe"}}}'
    assert [channel.put(given, JSON), channel.put(given, JSON)] == [1, 2]
    got = tenant.control.get_hosted_configuration_version(**channel.in_profile, VersionNumber=1)
    assert got["Content"].read() == given


# Refusals.


@pytest.mark.parametrize(
    "content", [b"{", b"not JSON", b"[]", b"1", b'"version"', b"null", b'{"version":"1"}x', b"\xff"]
)
def test_what_is_no_object_in_json_is_malformed(flags, content):
    response = assert_refused(
        "BadRequestException", HELPER + "Malformed 'Content' provided", flags.author, document=content
    )
    assert "Details" not in response


def test_nothing_is_no_content(flags):
    message = "1 validation error detected: Value at 'content' failed to satisfy constraint: Member must not be null"
    assert_refused("BadRequestException", message, flags.author, document=b"")


def test_a_document_has_up_to_two_mebibytes(flags):
    def document_of(size):
        empty = len(b'{"version":"1","_":""}')
        return b'{"version":"1","_":"' + b"x" * (size - empty) + b'"}'

    assert flags.author(document_of(2 * MEBIBYTE))[1] == b'{"version":"1"}'
    response = assert_refused(
        "PayloadTooLargeException",
        "Content size limit exceeded.",
        flags.author,
        document=document_of(2 * MEBIBYTE + 1),
    )
    assert (response["Measure"], response["Limit"], response["Size"]) == ("KILOBYTES", 2048.0, 2049.0)


def details_of(flags, given):
    """The details of a refusal, each as (Constraint, Location, Type, Value), with a Reason if there is one."""
    response = assert_refused("BadRequestException", HELPER + "Invalid 'Content' data", flags.author, document=given)
    assert response["Reason"] == "InvalidConfiguration"
    found = []
    for detail in response["Details"]["InvalidConfiguration"]:
        assert set(detail) - {"Reason"} == {"Constraint", "Location", "Type", "Value"}
        found.append(
            tuple(detail[name] for name in ("Constraint", "Location", "Type", "Value", "Reason") if name in detail)
        )
    return found


COLOR = {"type": "string", "enum": ["blue", "green"]}
RANGE = {"type": "number", "minimum": 1, "maximum": 5}
TAGS = {"type": "array", "elements": {"type": "string", "pattern": "^[a-z]+$"}}
FIVE_TO = {"type": "array", "elements": {"type": "number", "minimum": 5}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("Required", "version", "NotSatisfied", "")]),
        ({"version": None}, [("Required", "version", "NotSatisfied", "")]),
        ({"version": "2"}, [("OneOf(1)", "version", "NotSatisfied", "2")]),
        ({"version": 1}, [("OneOf(1)", "version", "NotSatisfied", "1")]),
        (enabled("yes"), [("AttributeType(boolean)", "values.f.enabled", "Invalid", "yes")]),
        (enabled("tRUE"), [("AttributeType(boolean)", "values.f.enabled", "Invalid", "tRUE")]),
        (enabled(1), [("AttributeType(boolean)", "values.f.enabled", "Invalid", "1")]),
        (attribute("red", COLOR), [("OneOf(blue, green)", "values.f.attr", "NotSatisfied", "red")]),
        (attribute(0, RANGE), [("FloatGTE(1)", "values.f.attr", "NotSatisfied", "0")]),
        (attribute(6, RANGE), [("FloatLTE(5)", "values.f.attr", "NotSatisfied", "6")]),
        (attribute("3", RANGE), [("AttributeType(number)", "values.f.attr", "NotSatisfied", "3")]),
        (attribute(3, COLOR), [("AttributeType(string)", "values.f.attr", "NotSatisfied", "3")]),
        (attribute("x", {"type": "boolean"}), [("AttributeType(boolean)", "values.f.attr", "NotSatisfied", "x")]),
        (attribute("x", TAGS), [("AttributeType(array)", "values.f.attr", "NotSatisfied", "x")]),
        (attribute(["B", "ok"], TAGS), [("Regexp(^[a-z]+$)", "values.f.attr.0", "NotSatisfied", "B")]),
        (attribute(["ok", 7], TAGS), [("ElementType(string)", "values.f.attr.1", "NotSatisfied", "7")]),
        (attribute([5, 4], FIVE_TO), [("FloatGTE(5)", "values.f.attr.1", "NotSatisfied", "4")]),
        (
            document(values={"f": {"enabled": True, "attr": "abc"}}),
            [("Satisfies(map[])", "values.f.attr", "NotSatisfied", '{"Key":"attr","Value":"abc"}')],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(flags, given, expected):
    assert details_of(flags, given) == expected


def test_an_attribute_beside_the_defined_ones_is_refused_with_their_names(flags):
    given = document({"f": {"attributes": {"color": {"constraints": COLOR}}}}, {"f": {"enabled": True, "extra": 1}})
    ((constraint, *rest),) = details_of(flags, given)
    assert constraint.startswith("Satisfies(map[color:") and constraint.endswith("])")
    assert rest == ["values.f.extra", "NotSatisfied", '{"Key":"extra","Value":1}']


def test_a_missing_required_attribute_is_said_twice(flags):
    given = document(
        {"f": {"attributes": {"color": {"constraints": {**COLOR, "required": True}}}}}, {"f": {"enabled": False}}
    )
    found = details_of(flags, given)
    assert [detail[:3] for detail in found] == [
        ("Not(IsZero([]))", "values.f.attributes", "NotSatisfied"),
        ("Entries", "values.f.attributes.color", "NotSatisfied"),
    ]


def test_constraints_hold_for_flags_that_are_off_and_for_variants(flags):
    flag = {"checkout": {"attributes": {"color": {"constraints": COLOR}}}}
    off = document(flag, {"checkout": {"enabled": False, "color": "red"}})
    assert details_of(flags, off) == [("OneOf(blue, green)", "values.checkout.color", "NotSatisfied", "red")]
    varied = variants(
        {"name": "vip", "enabled": False, "rule": '(eq $tier "vip")', "attributeValues": {"color": "red"}},
        {"name": "rest", "enabled": True, "attributeValues": {"color": "blue"}},
    )
    ((constraint, location, *_),) = details_of(flags, {**varied, "flags": flag})
    assert constraint == "OneOf(blue, green)"
    assert location.startswith("values.checkout._variants.") and location.endswith(".color")


def test_all_faults_are_said_at_once(flags):
    given = {
        **document(
            {"f": {"attributes": {"color": {"constraints": COLOR}, "size": {"constraints": RANGE}}}},
            {"f": {"enabled": "yes", "color": "red", "size": 9}},
        ),
        "version": "3",
    }
    found = {detail[:2] for detail in details_of(flags, given)}
    assert found == {
        ("OneOf(1)", "version"),
        ("AttributeType(boolean)", "values.f.enabled"),
        ("OneOf(blue, green)", "values.f.color"),
        ("FloatLTE(5)", "values.f.size"),
    }


def test_the_last_variant_is_for_everybody_and_the_others_are_not(flags):
    by_name = "values.checkout._variants.variants."
    first, rest = {"name": "first", "enabled": True}, {"name": "rest", "enabled": False}
    rule = '(eq $tier "gold")'
    assert details_of(flags, variants({**first, "rule": rule}, {**rest, "rule": rule})) == [
        ("Empty", f"{by_name}rest.rule", "NotSatisfied", rule)
    ]
    for without in ({}, {"rule": ""}):
        assert details_of(flags, variants({**first, **without}, rest)) == [
            ("NonEmpty", f"{by_name}first.rule", "NotSatisfied", "")
        ]


def test_variants_have_different_names(flags):
    rule = '(eq $tier "gold")'
    ((constraint, location, kind, value),) = details_of(
        flags, variants({"name": "same", "enabled": True, "rule": rule}, {"name": "same", "enabled": False})
    )
    assert (constraint, kind) == ("UniqueVariantNames", "NotSatisfied")
    assert location.startswith("values.checkout._variants")
    assert '"Name":"same"' in value


@pytest.mark.parametrize("beside", [{"enabled": True}, {"color": "red"}])
def test_a_flag_with_variants_has_nothing_beside_them(flags, beside):
    found = details_of(flags, variants({"name": "only", "enabled": True}, **beside))
    ((constraint, location, kind, value), *_) = found
    assert (constraint, location, kind) == ("StrictVariants", "values.checkout", "NotSatisfied")
    assert json.loads(value)["Value"]["Variants"][0]["Name"] == "only"


# Rules.


@pytest.mark.parametrize(
    ("rule", "path", "reason"),
    [
        ("true", "", "NotAnExpression"),
        ("$tier", "", "NotAnExpression"),
        ('"text"', "", "NotAnExpression"),
        ("42", "", "NotAnExpression"),
        ("[1, 2]", "", "NotAnExpression"),
        ('(nope $tier "x")', "", "UnknownSymbol"),
        ("(eq $tier)", ".eq", "TooFewOperands"),
        ("(gt $date 2024-01)", ".gt", "TooFewOperands"),
        ('(and (eq $tier "gold") (nope $a "x"))', ".and.2", "UnknownSymbol"),
        ('(and (eq $tier) (eq $b "x"))', ".and.1.eq", "TooFewOperands"),
    ],
)
def test_a_rule_that_is_wrong_is_said_with_its_place(flags, rule, path, reason):
    at = "values.checkout._variants.0.rule"
    assert details_of(flags, ruled(rule)) == [
        ("Empty", at, "NotSatisfied", rule),
        ("RuleIsValid", at + path, "NotSatisfied", rule, reason),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "(eq $tier",
        '(matches in::$greeting pattern::"(")',
        "(split pct::101 by::$userId)",
        "(split by::$userId)",
        '(exists "tier")',
        '(not (eq $a "x") (eq $b "y"))',
        "(in $tier $other)",
        '(eq $tier "x") (eq $tier "y")',
        "(" * 2000 + ")" * 2000,
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(flags, rule):
    assert "RuleIsValid" in {detail[0] for detail in details_of(flags, ruled(rule))}


# The operators as AWS documents them, and as people combine them.
RULES = [
    '(eq $state "Virginia")',
    "(gt $age 65)",
    "(gte $age 65)",
    "(lt $age 65)",
    "(lte $age 65)",
    '(and (eq $state "Virginia") (gt $age 65))',
    '(or (eq $state "Virginia") (gt $age 65))',
    '(not (eq $state "Virginia"))',
    '(begins_with $state "A")',
    '(ends_with $email "amazon.com")',
    '(contains $promoCode "WIN")',
    '(in $userId ["123", "456"])',
    '(matches in::$greeting pattern::"h.*y")',
    '(exists key::"country")',
    '(split pct::10 by::$userId seed::"abc")',
    "(split by::$uniqueId pct::20)",
    '(split by:: $loanId pct::20 seed:: "rollout-2026")',
    '(and true (eq $tier "premium"))',
    '(in $tier ["a","b"])',
    "(lt $osVersion 1.8)",
    "(gt $joined 2012-03-04T05:06:07-08:00)",
    "(gt $score 1.234e-5)",
    "(eq $isStaff true)",
    '(eq $name "Ḽơᶉëᶆ")',
    '(or\n  (eq $userId "userB")\n  (eq $userId "userC") // two of them\n)',
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_stored_as_it_was_written(flags, rule):
    number, stored = flags.author(ruled(rule))
    assert json.loads(stored)["values"]["checkout"]["_variants"][0]["rule"] == rule
    assert flags.stored(number) == stored


def test_a_flag_has_32_variants(flags):
    many = [{"name": f"v{n}", "enabled": True, "rule": f'(eq $n "{n}")'} for n in range(31)]
    flags.author(variants(*many, {"name": "rest", "enabled": False}))


# Limits of the published schema.


@pytest.mark.parametrize(
    "given",
    [
        document(values={"Upper": {"enabled": True}}),
        document(values={"1st": {"enabled": True}}),
        document(values={"a b": {"enabled": True}}),
        document({"x" * 65: {}}),
        document({"f": {"name": "n" * 65}}),
        document({"f": {"name": "two\nlines"}}),
        document({"f": {"description": "d" * 1025}}),
        document({"f": {"attributes": {"enabled": {"constraints": {"type": "string"}}}}}),
        document({"f": {"attributes": {f"a{n}": {} for n in range(26)}}}),
        document({"f": {"attributes": {"a": {"constraints": {"type": "text"}}}}}),
        document({"f": {"attributes": {"a": {"constraints": {"type": "string", "pattern": "("}}}}}),
        document(
            {"f": {"attributes": {"a": {"constraints": {"type": "string", "enum": [str(n) for n in range(101)]}}}}}
        ),
        document({"f": {"_deprecation": {"status": "done"}}}),
        attribute("s" * 1025, {"type": "string"}),
        attribute([1, "mixed"], {"type": "array"}),
        attribute({"an": "object"}, {"type": "string"}),
        ruled('(eq $a "' + "x" * 16384 + '")'),
        {"version": "1", "flags": []},
        {"version": "1", "values": {"f": True}},
    ],
)
def test_what_the_schema_does_not_allow_is_refused(flags, given):
    details_of(flags, given)


@pytest.mark.parametrize(
    "given",
    [
        document({"x" * 64: {}}, {"x" * 64: {"enabled": True}}),
        document({"f": {"name": "n" * 64, "description": "d" * 1024}}),
        document({"f": {"attributes": {f"a{n}": {} for n in range(25)}}}),
        document(
            {"f": {"attributes": {"a": {"constraints": {"type": "string", "enum": [str(n) for n in range(100)]}}}}}
        ),
        attribute("s" * 1024, {"type": "string"}),
        attribute([], {"type": "array"}),
        attribute([1.5, -2], {"type": "array"}),
    ],
)
def test_what_the_schema_just_allows_is_stored(flags, given):
    assert flags.author(given)[0] == 1


def test_a_refused_document_leaves_no_version(tenant, flags):
    details_of(flags, enabled("yes"))
    assert tenant.control.list_hosted_configuration_versions(**flags.in_profile)["Items"] == []
    assert flags.author(enabled(True))[0] == 1
