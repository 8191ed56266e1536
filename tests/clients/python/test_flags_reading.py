"""Feature flags as sessions read them: values in JSON for everybody, binary Ion for who asks and where there are variants."""

import json

import pytest
from flags import AGENT_ACCEPT, ION, JSON, FlagChannel, Reader, read_ion
from harness import HOUR, MINUTE, Tenant, assert_refused

MIXED = {
    "version": "1",
    "flags": {
        "banner": {
            "name": "Banner",
            "description": "on top of the page",
            "attributes": {
                "text": {"constraints": {"type": "string"}},
                "height": {"constraints": {"type": "number"}},
                "words": {"constraints": {"type": "array", "elements": {"type": "string"}}},
            },
        },
        "checkout": {"attributes": {"color": {"constraints": {"type": "string"}}}},
        "nowhere": {"name": "defined and not set"},
    },
    "values": {
        "banner": {"enabled": True, "text": "<hello>", "height": 2.5, "words": ["z", "a"]},
        "off": {"enabled": False},
        "checkout": {
            "_variants": [
                {"name": "blue", "enabled": True, "rule": '(eq $tier "premium")', "attributeValues": {"color": "blue"}},
                {"name": "gone", "enabled": False, "rule": "(gte $age 65)", "attributeValues": {"color": "grey"}},
                {"name": "default", "enabled": True, "attributeValues": {"color": "red"}},
            ]
        },
        "only": {"_variants": [{"name": "default", "enabled": False}]},
    },
}
MIXED_IN_JSON = (
    b'{"banner":{"enabled":true,"height":2.5,"text":"\\u003chello\\u003e","words":["z","a"]},'
    b'"checkout":{"_variant":"default","color":"red","enabled":true},'
    b'"off":{"enabled":false},"only":{"_variant":"default","enabled":false}}'
)
MIXED_IN_ION = {
    "banner": {"enabled": True, "height": 2.5, "text": "<hello>", "words": ["z", "a"]},
    "checkout": [
        ("blue", '(eq $tier "premium")', {"_variant": "blue", "color": "blue", "enabled": True}),
        ("gone", "(gte $age 65)", {"_variant": "gone", "enabled": False}),
        {"_variant": "default", "color": "red", "enabled": True},
    ],
    "off": {"enabled": False},
    "only": [{"_variant": "default", "enabled": False}],
}


def plain(**values):
    return {"version": "1", "values": {key: {"enabled": value} for key, value in values.items()}}


def varied(*names):
    """A flag whose last variant is for everybody and whose others are for who has their name."""
    ruled = [{"name": name, "enabled": True, "rule": f'(eq $name "{name}")'} for name in names[:-1]]
    return {"version": "1", "values": {"f": {"_variants": [*ruled, {"name": names[-1], "enabled": True}]}}}


# JSON.


def test_an_sdk_gets_values_only(flags):
    flags.release(MIXED)
    answer = flags.open_reader(accept=None).answer()
    assert (answer["ContentType"], answer["Configuration"]) == (JSON, MIXED_IN_JSON)
    assert "experiment-flags" not in answer["Headers"]


def test_attributes_of_what_is_off_are_stripped(flags):
    attributes = {"f": {"attributes": {"color": {"constraints": {"type": "string"}}}}}
    flags.release({"version": "1", "flags": attributes, "values": {"f": {"enabled": False, "color": "red"}}})
    assert flags.open_reader(None).poll() == b'{"f":{"enabled":false}}'


@pytest.mark.parametrize(
    ("document", "served"),
    [
        ({"version": "1"}, b"{}"),
        ({"version": "1", "flags": {"f": {}}}, b"{}"),
        ({"version": "1", "values": {"f": {"_variants": []}}}, b'{"f":{"enabled":false}}'),
        (varied("a", "b"), b'{"f":{"_variant":"b","enabled":true}}'),
    ],
)
@pytest.mark.parametrize("accept", [None, "application/json"])
def test_what_is_served_of_it_in_json(flags, document, served, accept):
    flags.release(document)
    assert flags.open_reader(accept).poll() == served


def test_the_authored_document_is_still_there(flags):
    number, stored = flags.author(MIXED)
    flags.deploy_at_once(number)
    flags.open_session().poll()
    assert flags.stored(number) == stored
    assert json.loads(stored)["flags"]["banner"]["description"] == "on top of the page"


# Ion.


def test_the_agent_gets_variants_and_rules_in_binary_ion(flags):
    flags.release(MIXED)
    answer = flags.open_reader().answer()
    assert answer["ContentType"] == ION
    assert read_ion(answer["Configuration"]) == MIXED_IN_ION
    assert list(read_ion(answer["Configuration"])) == sorted(MIXED_IN_ION)


def test_the_agent_gets_json_where_no_flag_has_variants(flags):
    flags.release(plain(a=True, b=False))
    answer = flags.open_reader().answer()
    assert (answer["ContentType"], answer["Configuration"]) == (JSON, b'{"a":{"enabled":true},"b":{"enabled":false}}')


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (AGENT_ACCEPT, ION),
        (ION, ION),
        ("text/plain, Application/ION;Type=aws.appconfig.featureflags", ION),
        ("application/ion;type=AWS.AppConfig.FeatureFlags;q=0.5", ION),
        ('application/ion;type="AWS.AppConfig.FeatureFlags"', ION),
        ("application/ion;type=AWS.AppConfig.FeatureFlags;q=0", JSON),
        ("application/ion;type=AWS.AppConfig.FeatureFlags;q=0.0000, */*", JSON),
        ("application/ion;type=Other", JSON),
        ("application/ion", JSON),
        ("application/json", JSON),
        ("application/*", JSON),
        ("*/*", JSON),
        ("", JSON),
        (None, JSON),
    ],
)
def test_ion_is_for_who_names_it(flags, accept, content_type):
    flags.release(MIXED)
    answer = flags.open_reader(accept).answer()
    assert answer["ContentType"] == content_type
    if content_type == JSON:
        assert answer["Configuration"] == MIXED_IN_JSON
    else:
        assert read_ion(answer["Configuration"]) == MIXED_IN_ION


def test_rules_of_all_kinds_come_out_as_they_went_in(flags):
    rules = [
        "(and (or (lt $n 1) (gt $n -7)) (not (lte $n 42)) (gte $n 3))",
        '(begins_with $a "x")',
        '(ends_with $a "ř")',
        '(contains $a "\\"quoted\\"")',
        '(in $a ["1", "2"])',
        '(matches in::$a pattern::"^a+$")',
        '(exists key::"a")',
        '(split pct::10 by::$a seed::"s")',
        "(split by::$a pct::33)",
        "(eq $b true)",
    ]
    ruled = [{"name": f"v{n}", "enabled": True, "rule": rule} for n, rule in enumerate(rules)]
    last = {"name": "rest", "enabled": False}
    flags.release({"version": "1", "values": {"f": {"_variants": [*ruled, last]}}})
    *variants, default = flags.open_reader().read()["f"]
    assert [rule for _, rule, _ in variants] == rules
    assert [name for name, _, _ in variants] == [f"v{n}" for n in range(len(rules))]
    assert default == {"_variant": "rest", "enabled": False}


def test_awss_own_sample_of_variants_is_served(flags):
    def variant(name, enabled, dark, **rule):
        return {"name": name, "enabled": enabled, "attributeValues": {"dark_mode_support": dark}, **rule}

    flags.release(
        {
            "version": "1",
            "flags": {
                "ui_refresh": {
                    "name": "UI Refresh",
                    "description": "A release flag used to release a new UI",
                    "attributes": {"dark_mode_support": {"constraints": {"type": "boolean"}}},
                }
            },
            "values": {
                "ui_refresh": {
                    "_variants": [
                        variant("QA", True, True, rule='(ends_with $email "qa-testers.mycompany.com")'),
                        variant("Beta Testers", True, True, rule='(exists key::"opted_in_to_beta")'),
                        variant("Sample Population", True, False, rule="(split pct::10 by::$email)"),
                        variant("Default Variant", False, False),
                    ]
                }
            },
        }
    )

    def content(name, dark):
        return {"_variant": name, "dark_mode_support": dark, "enabled": True}

    assert flags.open_reader().read() == {
        "ui_refresh": [
            ("QA", '(ends_with $email "qa-testers.mycompany.com")', content("QA", True)),
            ("Beta Testers", '(exists key::"opted_in_to_beta")', content("Beta Testers", True)),
            ("Sample Population", "(split pct::10 by::$email)", content("Sample Population", False)),
            {"_variant": "Default Variant", "enabled": False},
        ]
    }
    assert flags.open_reader(None).poll() == b'{"ui_refresh":{"_variant":"Default Variant","enabled":false}}'


# Sessions.


@pytest.mark.parametrize("accept", [None, AGENT_ACCEPT])
def test_what_has_not_changed_is_empty(tenant, flags, accept):
    flags.release(MIXED)
    reader = flags.open_reader(accept)
    assert reader.poll() != b""
    for _ in range(3):
        tenant.server.advance(15)
        assert reader.poll() == b""


def test_a_version_has_its_label_and_number_in_the_headers(tenant, flags):
    flags.release(MIXED, VersionLabel="v1.0")
    for accept in (None, AGENT_ACCEPT):
        reader = flags.open_reader(accept)
        answer = reader.answer()
        assert answer["VersionLabel"] == "v1.0"
        assert answer["Headers"]["configuration-version"] == "1"
        tenant.server.advance(15)
        assert "VersionLabel" not in reader.answer()


def test_a_session_that_changes_its_mind_gets_the_other_form_once(tenant, flags):
    flags.release(MIXED)
    reader = flags.open_reader(None)
    assert reader.poll() == MIXED_IN_JSON
    for accept, expected in ((AGENT_ACCEPT, MIXED_IN_ION), (None, json.loads(MIXED_IN_JSON)), (ION, MIXED_IN_ION)):
        reader.accept = accept
        tenant.server.advance(15)
        assert reader.read() == expected
        tenant.server.advance(15)
        assert reader.read() is None


def test_a_session_that_changes_its_mind_gets_nothing_where_there_is_one_form(tenant, flags):
    flags.release(plain(a=True))
    reader = flags.open_reader(None)
    assert reader.poll() != b""
    tenant.server.advance(15)
    reader.accept = AGENT_ACCEPT
    assert reader.poll() == b""


def test_variants_come_and_go_with_the_type_of_content(tenant, flags):
    flags.release(plain(f=True))
    reader = flags.open_reader()
    assert reader.answer()["ContentType"] == JSON
    for document, content_type in ((varied("a", "b"), ION), (plain(f=False), JSON), (varied("b"), ION)):
        flags.release(document)
        tenant.server.advance(15)
        assert reader.answer()["ContentType"] == content_type


def test_the_same_document_deployed_again_is_no_news(tenant, flags):
    flags.release(MIXED)
    readers = [flags.open_reader(accept) for accept in (None, AGENT_ACCEPT)]
    for reader in readers:
        reader.poll()
    flags.release(MIXED)
    tenant.server.advance(15)
    assert [reader.poll() for reader in readers] == [b"", b""]


def seen_by(readers):
    """What each reader holds after a poll, as the name of the default variant."""
    names = []
    for reader in readers:
        flags = reader.read()
        if flags is not None:
            reader.flags = flags
        flag = reader.flags["f"]
        names.append((flag[-1] if isinstance(flag, list) else flag)["_variant"])
    return names


def test_flags_are_rolled_out_and_back_in_both_forms(tenant, flags):
    flags.release(varied("a", "old"))
    readers = [flags.open_reader(accept) for accept in (None, AGENT_ACCEPT) for _ in range(40)]
    assert set(seen_by(readers)) == {"old"}
    number, _ = flags.author(varied("a", "new"))
    deployment = flags.start(tenant.strategy(duration=20, growth=25.0, bake=10), number)
    before = seen_by_after(tenant, readers, 15)
    assert set(before) == {"old"}
    shares = []
    for _ in range(4):
        now = seen_by_after(tenant, readers, 4 * MINUTE)
        assert all(was == "old" or is_now == "new" for was, is_now in zip(before, now, strict=True)), "one went back"
        shares.append(now.count("new"))
        before = now
    assert shares == sorted(shares) and 0 < shares[0] < shares[1] < shares[2] <= shares[3] == len(readers)
    flags.stop(deployment["DeploymentNumber"])
    assert set(seen_by_after(tenant, readers, 15)) == {"old"}
    assert flags.deployment(deployment["DeploymentNumber"])["State"] == "ROLLED_BACK"


def seen_by_after(tenant, readers, seconds):
    tenant.server.advance(seconds)
    return seen_by(readers)


def test_a_session_stays_on_its_side_in_whichever_form(tenant, flags):
    flags.release(varied("a", "old"))
    readers = [flags.open_reader(None) for _ in range(30)]
    seen_by(readers)
    flags.start(tenant.strategy(duration=20, growth=50.0, bake=10), flags.author(varied("a", "new"))[0])
    in_json = seen_by_after(tenant, readers, 7 * MINUTE)
    assert set(in_json) == {"old", "new"}
    for reader in readers:
        reader.accept = AGENT_ACCEPT
    assert seen_by_after(tenant, readers, 15) == in_json


def test_a_reverted_document_makes_room_for_the_one_before(tenant, flags):
    flags.release(varied("a", "old"))
    reader = flags.open_reader()
    flags.release(varied("a", "new"))
    assert seen_by([reader]) == ["new"]
    assert flags.stop(2, AllowRevert=True)["State"] == "REVERTED"
    assert seen_by_after(tenant, [reader], 15) == ["old"]


def test_a_session_outside_a_first_ever_deployment_gets_nothing(tenant, flags):
    number, _ = flags.author(MIXED)
    flags.start(tenant.strategy(duration=20, growth=10.0), number)
    reader = flags.open_reader()
    assert reader.poll() == b""
    tenant.server.advance(HOUR)
    assert reader.read() == MIXED_IN_ION


def test_flags_are_served_after_a_restart(own_server):
    server = own_server()
    flags = FlagChannel(Tenant(server))
    flags.release(MIXED)
    reader = flags.open_reader()
    assert reader.read() == MIXED_IN_ION
    server.kill()
    server.start()
    flags.tenant = Tenant(server, flags.tenant.account)
    server.advance(15)
    again = Reader(flags.tenant, reader.token, AGENT_ACCEPT)
    assert again.read() is None, "the token of before the restart says what is held"
    assert flags.open_reader().read() == MIXED_IN_ION
    assert flags.open_reader(None).poll() == MIXED_IN_JSON


def test_any_node_answers_in_any_form(own_server):
    first = own_server()
    second = own_server(beside=first)
    here = Tenant(first)
    there = Tenant(second, here.account)
    flags = FlagChannel(here)
    flags.release(MIXED)
    there.control.list_applications()
    token = flags.open_session().token
    reader = Reader(there, token, AGENT_ACCEPT)
    assert reader.read() == MIXED_IN_ION
    for tenant in (here, there):
        tenant.server.advance(15)
    assert Reader(here, reader.token, AGENT_ACCEPT).read() is None


def test_a_large_document_is_served_whole(flags):
    values = {f"flag{n}": {"enabled": n % 2 == 0} for n in range(10_000)}
    values["varied"] = varied("a", "b")["values"]["f"]
    flags.release({"version": "1", "values": values})
    in_json = json.loads(flags.open_reader(None).poll())
    in_ion = flags.open_reader().read()
    assert len(in_json) == len(in_ion) == 10_001
    assert in_json["flag4711"] == in_ion["flag4711"] == {"enabled": False}
    assert in_ion["varied"][0][:2] == ("a", '(eq $name "a")')


# What stands around it.


def test_the_deployment_names_the_extension_of_flags(flags):
    flags.release(MIXED)
    (applied,) = flags.deployment(1)["AppliedExtensions"]
    assert (applied["ExtensionId"], applied["VersionNumber"]) == ("AWS.AppConfig.FeatureFlags", 1)


def test_the_old_way_of_reading_is_not_for_flags(tenant, flags):
    flags.release(MIXED)
    message = "Feature flag configurations must be accessed via AWS AppConfig Data's GetLatestConfiguration API."
    application, environment, configuration = flags.names
    assert_refused(
        "BadRequestException",
        message,
        tenant.control.get_configuration,
        Application=application,
        Environment=environment,
        Configuration=configuration,
        ClientId="me",
    )


def test_a_validator_sees_the_document_as_it_was_stored(tenant, flags):
    schema = {"type": "object", "required": ["flags"], "properties": {"values": {"type": "object"}}}
    tenant.control.update_configuration_profile(
        **flags.in_profile, Validators=[{"Type": "JSON_SCHEMA", "Content": json.dumps(schema)}]
    )
    # Not when a version is made, but when it is deployed.
    number, _ = flags.author(plain(f=True))
    strategy = tenant.strategy()
    assert_refused("BadRequestException", None, flags.start, strategy=strategy, version=number)
    number, _ = flags.author({**plain(f=True), "flags": {"f": {}}})
    assert flags.start(strategy, number)["State"] == "COMPLETE"


def test_flags_do_not_get_into_the_log(own_server):
    server = own_server("--log", "trace")
    flags = FlagChannel(Tenant(server))
    secret = "kumquat"
    document = {
        "version": "1",
        "flags": {f"{secret}Flag": {"description": secret, "attributes": {f"{secret}Attribute": {}}}},
        "values": {
            f"{secret}Flag": {
                "_variants": [
                    {"name": secret, "enabled": True, "rule": f'(eq $user "{secret}")'},
                    {"name": "rest", "enabled": True, "attributeValues": {f"{secret}Attribute": secret}},
                ]
            }
        },
    }
    flags.release(document)
    assert secret.encode() in flags.open_reader(None).poll()
    assert secret.encode() in flags.open_reader().poll()
    flags.release(plain(**{f"{secret}2": True}))
    document["values"][f"{secret}Flag"]["_variants"][0]["rule"] = f"({secret})"
    assert_refused("BadRequestException", None, flags.author, document=document)
    assert_refused("BadRequestException", None, flags.author, document=b"{" + secret.encode())
    assert server.terminate() == 0
    assert server.log and secret not in server.log
