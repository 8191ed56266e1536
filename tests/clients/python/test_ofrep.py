"""OFREP on the agent's port: the protocol as bytes, and OpenFeature's Python provider."""

import json

import pytest
from agents import Agent
from harness import Channel, Server, Tenant, until
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

BASE = "/applications/shop/environments/live/configurations/flags"
PAGE = "https://shop.example"


def document(limit=10):
    plain = {"enabled": True, "text": "hello", "limit": limit, "ratio": 0.25}
    tier = [
        {"name": "gold", "enabled": True, "rule": '(eq $tier "gold")', "attributeValues": {"colour": "yellow"}},
        {"name": "rest", "enabled": False},
    ]
    half = [
        {"name": "in", "enabled": True, "rule": '(split by::$entityId pct::100 seed::"s")'},
        {"name": "out", "enabled": False},
    ]
    attributes = {
        "plain": {name: {"constraints": {"type": kind}} for name, kind in
                  [("text", "string"), ("limit", "number"), ("ratio", "number")]},
        "tier": {"colour": {"constraints": {"type": "string"}}},
    }
    values = {"plain": plain, "off": {"enabled": False}, "tier": {"_variants": tier}, "half": {"_variants": half}}
    flags = {key: {"name": key, "attributes": attributes.get(key, {})} for key in values}
    return json.dumps({"version": "1", "flags": flags, "values": values}).encode()


@pytest.fixture(scope="module")
def flags():
    """A channel of flags on a node that may be polled every second."""
    node = Server("--poll-interval", "1", clock=None)
    channel = Channel(Tenant(node), "shop", "live", "flags", Type="AWS.AppConfig.FeatureFlags")
    channel.publish(document(), "application/json")
    yield channel
    node.remove()


@pytest.fixture(scope="module")
def agent(flags):
    agent = Agent(flags.tenant, TIDEGATE_AGENT_OFREP_ORIGINS=PAGE, TIDEGATE_AGENT_OFREP_CONFIGURATION="shop:live:flags")
    yield agent
    agent.remove()


@pytest.fixture
def restored(flags, agent):
    """What a test changes of the flags is undone."""
    yield
    flags.publish(document(), "application/json")
    limit = f"{BASE}/ofrep/v1/evaluate/flags/plain.limit"
    until(lambda: ask(agent, limit)[2]["value"] == 10, limit_s=60)


def ask(agent, target, body=None, **headers):
    """Posts a body and gives the status, the headers and the answer as values."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    body = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    status, headers, text = agent.request("POST", target, body, {"content-type": "application/json", **headers})
    return status, headers, json.loads(text) if text else None


# The protocol.


def test_a_flag_is_evaluated_for_a_context(agent):
    for base in ["", BASE]:
        status, headers, answer = ask(
            agent, f"{base}/ofrep/v1/evaluate/flags/tier", {"context": {"targetingKey": "u1", "tier": "gold"}}
        )
        assert (status, headers["content-type"]) == (200, "application/json")
        assert answer == {
            "key": "tier", "value": True, "reason": "TARGETING_MATCH", "variant": "gold",
            "metadata": {"configurationVersion": answer["metadata"]["configurationVersion"]},
        }


def test_a_refusal_has_every_member_that_providers_insist_on(agent):
    def check(target, body, status, code, method="POST"):
        got, headers, text = agent.request(method, target, body)
        answer = json.loads(text)
        assert (got, answer["errorCode"], headers["content-type"]) == (status, code, "application/json"), answer
        assert answer["errorDetails"] and answer["metadata"] == {}
        return answer

    single = f"{BASE}/ofrep/v1/evaluate/flags/half"
    assert check(single, b"{}", 400, "TARGETING_KEY_MISSING")["key"] == "half"
    assert check(f"{BASE}/ofrep/v1/evaluate/flags/n%C3%B3", b"{}", 404, "FLAG_NOT_FOUND")["key"] == "nó"
    check(single, b"{", 400, "PARSE_ERROR")
    check(single, b'{"context":{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}}", 400, "PARSE_ERROR")
    check(single, b'{"context":[]}', 400, "INVALID_CONTEXT")
    check(single, b" " * 70_000, 413, "PARSE_ERROR")
    check(single, None, 405, "GENERAL", method="GET")
    check(BASE.replace("flags", "none") + "/ofrep/v1/evaluate/flags", b"{}", 404, "FLAG_NOT_FOUND")
    check("/applications/shop/ofrep/v1/evaluate/flags", b"{}", 400, "GENERAL")
    check("/ofrep/v1/configuration", b"{}", 404, "GENERAL")


def test_all_flags_have_a_tag_that_is_of_their_context(agent):
    gold, tin = {"context": {"tier": "gold"}}, {"context": {"tier": "tin"}}
    status, headers, answer = ask(agent, "/ofrep/v1/evaluate/flags", gold)
    assert status == 200 and {"key": "tier.colour", "value": "yellow"}.items() <= next(
        item for item in answer["flags"] if item["key"] == "tier.colour").items()
    failures = [item for item in answer["flags"] if "errorCode" in item]
    assert [(item["key"], item["errorCode"]) for item in failures] == [("half", "TARGETING_KEY_MISSING")]
    tag = headers["etag"]
    status, headers, answer = ask(agent, "/ofrep/v1/evaluate/flags/", gold, if_none_match=tag)
    assert (status, answer, headers["etag"]) == (304, None, tag)
    status, headers, _ = ask(agent, "/ofrep/v1/evaluate/flags", tin, if_none_match=tag)
    assert status == 200 and headers["etag"] != tag


def test_only_pages_of_the_origins_that_were_named_get_answers(agent):
    target = "/ofrep/v1/evaluate/flags"
    status, headers, _ = agent.request("OPTIONS", target, headers={
        "origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"})
    assert (status, headers["access-control-allow-origin"]) == (204, PAGE)
    assert "If-None-Match" in headers["access-control-allow-headers"]
    status, headers, _ = ask(agent, target, origin=PAGE)
    assert (status, headers["access-control-allow-origin"]) == (200, PAGE)
    assert "ETag" in headers["access-control-expose-headers"] and "Origin" in headers["vary"]
    for method in ["OPTIONS", "POST"]:
        status, headers, _ = agent.request(method, target, b"{}", {"origin": "https://evil.example"})
        assert status == 403 and "access-control-allow-origin" not in headers
    assert ask(agent, target, host="evil.example")[0] == 403


def test_an_access_token_is_asked_for_and_streams_have_tickets(flags):
    agent = Agent(flags.tenant, ACCESS_TOKEN="secret")
    try:
        target = f"{BASE}/ofrep/v1/evaluate/flags"
        for authorization in ["", "Bearer wrong"]:
            status, headers, answer = ask(agent, target, authorization=authorization)
            assert (status, answer["errorCode"], headers["www-authenticate"]) == (401, "GENERAL", "Bearer")
        _, _, answer = ask(agent, target, authorization="Bearer secret")
        stream = answer["eventStreams"][0]["endpoint"]["requestUri"]
        assert stream.startswith(f"{BASE}/ofrep/v1/events?ticket=") and "secret" not in stream
        assert agent.request("GET", stream[:-1] + "!")[0] == 401
        assert agent.request("GET", f"{BASE}/ofrep/v1/events")[0] == 401
        with Events(agent, stream) as events:
            assert events.next()["type"] == "refetchEvaluation"
    finally:
        agent.remove()


class Events:
    """A reader of a stream."""

    def __init__(self, agent, target):
        self.socket = agent.connect()
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        self.lines = self.socket.makefile("rb")
        assert self.lines.readline() == b"HTTP/1.1 200 OK\r\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def next(self):
        """Gives the next event's data."""
        while True:
            line = self.lines.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                return json.loads(line[6:])


def test_a_stream_tells_of_a_change_and_ends_with_the_agent(flags, restored):
    agent = Agent(flags.tenant)
    try:
        with Events(agent, f"{BASE}/ofrep/v1/events") as events:
            first = events.next()
            flags.publish(document(limit=11), "application/json")
            second = events.next()
            assert first["etag"] != second["etag"]
            _, _, answer = ask(agent, f"{BASE}/ofrep/v1/evaluate/flags/plain.limit")
            assert answer["value"] == 11
            assert agent.terminate() == 0
    finally:
        agent.remove()


# The provider.


@pytest.fixture
def client(agent):
    api.set_provider(OFREPProvider(f"{agent.url}{BASE}"))
    yield api.get_client()
    api.clear_providers()


def test_the_provider_resolves_every_type(client):
    assert client.get_boolean_details("plain", False).value is True
    assert client.get_string_details("plain.text", "").value == "hello"
    assert client.get_integer_details("plain.limit", 0).value == 10
    assert client.get_float_details("plain.ratio", 0.0).value == 0.25
    assert client.get_object_details("plain.*", {}).value == {
        "enabled": True, "text": "hello", "limit": 10, "ratio": 0.25}


def test_the_provider_gets_defaults_where_there_is_nothing(client):
    missing = client.get_boolean_details("none", True)
    assert (missing.value, missing.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    assert client.get_boolean_details("off", True).value is False
    attribute = client.get_string_details("off.text", "mine")
    assert (attribute.value, attribute.reason) == ("mine", Reason.DISABLED)


def test_the_provider_gets_a_variant_by_context(client):
    gold = client.get_boolean_details("tier", False, EvaluationContext("u1", {"tier": "gold"}))
    assert (gold.value, gold.variant, gold.reason) == (True, "gold", Reason.TARGETING_MATCH)
    rest = client.get_boolean_details("tier", True, EvaluationContext("u1", {"tier": "tin"}))
    assert (rest.value, rest.variant, rest.reason) == (False, "rest", Reason.DEFAULT)
    assert client.get_boolean_details("half", False).error_code == ErrorCode.TARGETING_KEY_MISSING
    assert client.get_boolean_details("half", False, EvaluationContext("u1")).reason == Reason.SPLIT


def test_the_provider_sees_a_change(client, flags, restored):
    assert client.get_integer_value("plain.limit", 0) == 10
    flags.publish(document(limit=12), "application/json")
    until(lambda: client.get_integer_value("plain.limit", 0) == 12, limit_s=60)
