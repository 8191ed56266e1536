"""Streams: changes that arrive at once, for whoever holds a token and for nobody else."""

import hashlib
import json
import socket
import time

import httpx
import pytest
from flags import AGENT_ACCEPT, FEATURE_FLAGS, ION, JSON
from harness import HOUR, MINUTE, Session, Tenant, until
from streams import Stream, fetch
from test_operations import metric_total


@pytest.fixture
def open_stream(server):
    opened = []

    def open_stream(*tokens, on=server, **more):
        opened.append(Stream(on, *tokens, **more))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.close()


def started(channel, **more):
    return channel.open_session(**more).token


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_a_stream_begins_with_what_is_served(tenant, open_stream):
    channel = tenant.channel()
    version = channel.publish(b"harbour", content_type="text/x-theme", VersionLabel="autumn")
    stream = open_stream(started(channel))
    state = stream.state()
    assert stream.status == 200 and stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-store"
    token = state.pop("token")
    assert state == {
        "session": 0,
        "served": "base",
        "type": "AWS.Freeform",
        "base": {
            "deployment": 1,
            "version": str(version),
            "label": "autumn",
            "content_type": "text/x-theme",
            "form": "stored",
            "sha256": sha256(b"harbour"),
            "size": 7,
        },
        "next": None,
        "seed": None,
    }
    assert stream.until(lambda it: it.retry_ms) in range(1_000, 3_000)
    assert stream.until(lambda it: it.id)
    status, headers, body = fetch(tenant.server, token, sha256(b"harbour"))
    assert (status, body) == (200, b"harbour")
    assert headers["content-type"] == "text/x-theme" and headers["etag"] == f'"{sha256(b"harbour")}"'
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    status, _, body = fetch(tenant.server, token, sha256(b"harbour"), If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")


def test_a_change_arrives_without_being_asked_for(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"one")
    stream = open_stream(started(channel))
    first = stream.state()
    channel.publish(b"two")
    second = stream.state(lambda state: state["base"]["version"] == "2")
    assert second["base"]["sha256"] == sha256(b"two")
    # The token of the first event says that its holder has the first content.
    tenant.server.advance(15)
    assert Session(tenant, first["token"]).poll() == b"two"
    # All that the stream gave count as one: a poll has used them up.
    tenant.server.advance(15)
    with pytest.raises(tenant.data.exceptions.BadRequestException, match="already been used"):
        Session(tenant, second["token"]).poll()


def test_a_token_of_the_stream_polls_for_what_it_does_not_hold(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"one")
    session = Session(tenant, open_stream(started(channel)).state()["token"])
    with pytest.raises(tenant.data.exceptions.BadRequestException) as refused:
        session.poll()
    problems = refused.value.response["Details"]["InvalidParameters"]["ConfigurationToken"]
    assert problems["Problem"] == "PollIntervalNotSatisfied", "a token that is fresh polls an interval later"
    tenant.server.advance(15)
    assert session.poll() == b"", "it holds what the stream told of"
    channel.publish(b"two")
    tenant.server.advance(15)
    assert session.poll() == b"two"
    again = open_stream(session.token)
    assert again.state()["base"]["version"] == "2"


def test_a_rollout_shows_both_sides_and_how_far_it_is(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"old")
    tokens = [started(channel) for _ in range(40)]
    stream = open_stream(*tokens)
    strategy = tenant.strategy(duration=10, growth=50, bake=5)
    before = stream.state(session=39)
    assert before["next"] is None
    channel.put(b"new")
    channel.start(strategy, 2)
    tenant.server.advance(5 * MINUTE + 1)
    states = [stream.state(lambda it: it["next"] and it["next"]["percentage"] == 50.0, n) for n in range(40)]
    assert all(it["base"]["version"] == "1" and it["next"]["version"] == "2" for it in states)
    assert all(it["seed"] == states[0]["seed"] and len(it["seed"]) == 16 for it in states)
    served = [it["served"] for it in states]
    assert 4 < served.count("next") < 36 and set(served) == {"base", "next"}
    # What it says is what polls get.
    tenant.server.advance(15)
    polled = [Session(tenant, token).poll() for token in tokens]
    assert polled == [{"base": b"old", "next": b"new"}[it] for it in served]
    tenant.server.advance(30 * MINUTE)
    state = stream.state(lambda it: it["base"]["version"] == "2")
    assert state["next"] is None and state["seed"] is None


def test_a_stopped_rollout_is_taken_back_at_once(tenant, open_stream):
    channel = tenant.channel()
    stream_before = channel.publish(b"old")
    stream = open_stream(started(channel))
    channel.put(b"new")
    channel.start(tenant.strategy(duration=0, bake=10), 2)
    tenant.server.advance(1)
    told = stream.state(lambda it: it["next"] and it["next"]["percentage"] == 100.0)
    assert told["served"] == "next"
    channel.stop(2)
    told = stream.state(lambda it: it["next"] is None and it["base"])
    assert (told["served"], told["base"]["version"]) == ("base", str(stream_before))


def test_before_the_first_rollout_reaches_a_session_there_is_nothing_for_it(tenant, open_stream):
    channel = tenant.channel()
    channel.put(b"first")
    channel.start(tenant.strategy(duration=100, growth=1, bake=1), 1)
    states = [open_stream(started(channel)).state() for _ in range(5)]
    assert all(it["base"] is None and it["next"]["version"] == "1" for it in states)
    assert None in [it["served"] for it in states]


def test_deleting_what_is_watched_is_told(tenant, open_stream):
    kept, gone = tenant.channel(), tenant.channel("other")
    for channel in (kept, gone):
        channel.publish(b"content")
    stream = open_stream(started(kept), started(gone))
    token = stream.state(session=1)["token"]
    tenant.server.advance(2 * HOUR)
    tenant.control.delete_environment(**gone.in_environment)
    stream.until(lambda it: it.latest(1, "gone"))
    kept.publish(b"more")
    assert stream.state(lambda it: it["base"]["version"] == "2")
    assert open_stream(token).status == 404
    assert fetch(tenant.server, token, sha256(b"content"))[0] == 404


def test_one_stream_carries_many_configurations_and_each_hears_its_own(tenant, open_stream):
    channels = [tenant.channel(f"app{n}") for n in range(8)]
    for n, channel in enumerate(channels):
        channel.publish(b"%d" % n)
    stream = open_stream(*map(started, channels))
    for n in range(8):
        assert stream.state(session=n)["base"]["sha256"] == sha256(b"%d" % n)
    count = len(stream.events)
    channels[5].publish(b"five")
    stream.state(lambda it: it["base"]["sha256"] == sha256(b"five"), session=5)
    assert len(stream.events) == count + 1, "nobody else is told"


def test_who_comes_back_is_told_only_what_changed(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"one")
    first = open_stream(started(channel))
    token, known = first.state()["token"], first.until(lambda it: it.id)
    first.close()
    again = open_stream(token, last_id=known)
    channel.publish(b"two")
    assert again.state()["base"]["version"] == "2", "the first event after coming back is the change"
    assert [event for event, _ in again.events] == ["configuration"]
    # Another session with the same id of the last event is not taken for the first.
    assert open_stream(started(channel), last_id=again.until(lambda it: it.id != known and it.id)).state()


def test_flags_come_in_the_form_that_is_accepted(server, flags, open_stream):
    variant = {"name": "dry", "enabled": False}
    document = {"version": "1", "flags": {"rain": {"name": "rain"}}, "values": {"rain": {"_variants": [variant]}}}
    flags.release(document)
    plain = open_stream(started(flags)).state()
    ion = open_stream(started(flags), accept=AGENT_ACCEPT).state()
    assert plain["type"] == ion["type"] == FEATURE_FLAGS
    assert (plain["base"]["form"], plain["base"]["content_type"]) == ("json", JSON)
    assert (ion["base"]["form"], ion["base"]["content_type"]) == ("ion", ION)
    for state in (plain, ion):
        status, _, body = fetch(server, state["token"], state["base"]["sha256"])
        assert status == 200 and sha256(body) == state["base"]["sha256"] and len(body) == state["base"]["size"]


def test_a_token_opens_its_own_configuration_and_no_other(tenant, open_stream):
    mine, theirs = tenant.channel(), Tenant(tenant.server).channel()
    mine.publish(b"mine")
    theirs.publish(b"theirs")
    token = started(mine)
    assert open_stream(token).state()["base"]["sha256"] == sha256(b"mine")
    for asked in (sha256(b"theirs"), sha256(b"mine").upper(), "0" * 64, "", "..", sha256(b"mine") + "/"):
        status, _, body = fetch(tenant.server, token, asked)
        assert status == 404, (asked, body)
    assert fetch(tenant.server, token, sha256(b"mine"))[0] == 200


def altered(token):
    return token[:40] + ("A" if token[40] != "A" else "B") + token[41:]


def test_tokens_that_are_not_good_open_nothing(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"content")
    token = started(channel)
    for bad in (altered(token), "AQAB", "%00", "é" * 3, "x" * 9_000):
        stream = open_stream(bad.encode().decode("latin-1"))
        assert (stream.status, stream.body["Reason"]) == (400, "InvalidParameters"), bad
        assert fetch(tenant.server, bad.encode().decode("latin-1"), sha256(b"content"))[0] == 400
    assert open_stream().status == 400, "there has to be one"
    assert open_stream(*[token] * 257).status == 400, "and not too many"
    used = Session(tenant, token)
    used.poll()
    tenant.server.advance(11)
    assert "already been used" in open_stream(token).body["Message"]
    late = used.token
    tenant.server.advance(25 * HOUR)
    stream = open_stream(late)
    assert stream.body["Details"]["InvalidParameters"]["ConfigurationToken"]["Problem"] == "Expired"
    # One that is not good does not spoil the others.
    good = open_stream(altered(token), started(channel), late)
    good.state(session=1)
    assert good.until(lambda it: it.latest(0, "refused")) == {"session": 0, "problem": "Corrupted"}
    assert good.until(lambda it: it.latest(2, "refused")) == {"session": 2, "problem": "Expired"}


def test_web_pages_open_no_streams(tenant):
    channel = tenant.channel()
    channel.publish(b"content")
    headers = {"Configuration-Token": started(channel), "Origin": "https://example.com"}
    assert tenant.server.request("GET", "/_tidegate/stream", headers=headers)[0] == 403


def test_tokens_may_stand_in_the_query(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"content")
    query = "&".join(f"configuration_token={started(channel)}" for _ in range(2))
    assert open_stream(path=f"/_tidegate/stream?{query}").state(session=1)


def test_there_are_no_more_streams_than_there_may_be(own_server, open_stream):
    server = own_server("--max-streams=2")
    channel = Tenant(server).channel()
    channel.publish(b"content")
    first, second = (open_stream(started(channel), on=server) for _ in range(2))
    assert first.state() and second.state()
    refused = open_stream(started(channel), on=server)
    assert refused.status == 503 and "Retry-After".lower() in refused.headers
    first.close()
    until(lambda: metric_total(server, "tidegate_streams ") == 1)
    assert open_stream(started(channel), on=server).state()


def test_a_stopping_server_says_bye_and_when_to_come_back(own_server, open_stream):
    server = own_server()
    channel = Tenant(server).channel()
    channel.publish(b"content")
    streams = [open_stream(started(channel), on=server) for _ in range(8)]
    for stream in streams:
        stream.state()
    began = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - began < 8, "nobody waited for the time limit"
    for stream in streams:
        stream.until(lambda it: it.is_over)
        assert stream.events[-1][0] == "bye"
    assert len({stream.retry_ms for stream in streams}) > 1, "not all come back at once"


def test_who_does_not_read_is_told_the_last_state_and_costs_no_memory(tenant):
    channel = tenant.channel()
    channel.publish(b"0")
    tokens = ",".join(started(channel) for _ in range(200))
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.connect(("127.0.0.1", tenant.server.port))
        head = f"GET /_tidegate/stream HTTP/1.1\r\nHost: localhost\r\nConfiguration-Token: {tokens}\r\n\r\n"
        slow.sendall(head.encode())

        def told():
            return metric_total(tenant.server, "tidegate_stream_events_total")

        # Each change is 200 states of more than half a KiB. After a while the way is full, and nobody writes any more.
        before, n = -1, 0
        while told() != before:
            before = told()
            for _ in range(20):
                n += 1
                channel.publish(b"%d" % n)
            assert n < 1_000, "it writes on and on to somebody who does not read"
        # Who begins to read gets what was written, and then the last state of all.
        slow.settimeout(30)
        last, read, tail = sha256(b"%d" % n).encode(), 0, b""
        while not (last in tail and b'"session":199' in tail[tail.find(last) :]):
            received = slow.recv(1 << 18)
            assert received
            read += len(received)
            tail = tail[-300_000:] + received
        assert read < n * 200 * 500, "states in between were left out"


def test_streams_speak_http2(tenant):
    channel = tenant.channel()
    version = channel.publish(b"one")
    headers = {"configuration-token": started(channel)}
    with httpx.Client(http1=False, http2=True, base_url=tenant.server.url, timeout=30) as client:
        with client.stream("GET", "/_tidegate/stream", headers=headers) as answer:
            assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
            lines = answer.iter_lines()

            def next_state():
                for line in lines:
                    if line.startswith('data: {"session"'):
                        return json.loads(line.removeprefix("data: "))

            state = next_state()
            assert state["base"]["version"] == str(version)
            channel.publish(b"two")
            state = next_state()
            # On the same connection, beside the stream.
            content = client.get(
                f"/_tidegate/contents/{state['base']['sha256']}", headers={"configuration-token": state["token"]}
            )
            assert (content.status_code, content.content) == (200, b"two")


def test_an_open_stream_is_use(tenant, open_stream):
    channel = tenant.channel()
    channel.publish(b"content")
    tenant.server.advance(2 * HOUR)
    open_stream(started(channel)).state()
    tenant.server.advance(2 * MINUTE)
    with pytest.raises(tenant.control.exceptions.BadRequestException, match="actively being used"):
        tenant.control.delete_environment(**channel.in_environment)
