"""Relays: they serve what another node serves, and sessions come and go between them."""

import hashlib
import json

import pytest
from harness import Server, Session, Tenant, until
from streams import Stream, fetch


@pytest.fixture
def tree(tmp_path, request):
    """Starts nodes that share a relay secret: the first holds the journal, each other follows the one it is given."""
    secret = tmp_path / "secret"
    secret.write_text("a secret that is long enough to be one".replace(" ", "-"))
    started = []

    def start(follows=None, *flags):
        follow = ["--follow", follows.url] if follows else []
        started.append(Server("--relay-secret", secret, *follow, *flags))
        request.node.servers.append((started[-1], 0))
        return started[-1]

    yield start
    for server in reversed(started):
        server.remove()


def on(server, session):
    """The session, going on at another server."""
    moved = Session(Tenant(server, session.tenant.account), session.token)
    moved.held = session.held
    return moved


def sees(server, channel, content):
    """Waits until a server serves a content to new sessions."""
    tenant = Tenant(server, channel.tenant.account)

    def is_served():
        started = tenant.data.start_configuration_session(**channel.identifiers)
        return Session(tenant, started["InitialConfigurationToken"]).poll() == content

    until(is_served, 30)


def test_sessions_move_freely_between_a_tree_of_three(tree):
    root = tree()
    middle = tree(root)
    leaf = tree(middle)
    channel = Tenant(root).channel()
    channel.publish(b"one")
    for server in (middle, leaf):
        sees(server, channel, b"one")
    # A session that starts at the leaf goes on at the root, and back.
    tenant = Tenant(leaf, channel.tenant.account)
    token = tenant.data.start_configuration_session(**channel.identifiers, RequiredMinimumPollIntervalInSeconds=15)
    session = Session(tenant, token["InitialConfigurationToken"])
    assert session.poll() == b"one"
    for version, server in enumerate((root, middle, leaf, root), 2):
        channel.publish(b"version %d" % version)
        sees(leaf, channel, b"version %d" % version)
        for each in (root, middle, leaf):
            each.advance(15)
        session = on(server, session)
        assert session.poll() == b"version %d" % version


def test_streams_of_a_leaf_hear_of_changes_at_the_root(tree):
    root = tree()
    leaf = tree(tree(root))
    channel = Tenant(root).channel()
    channel.publish(b"one")
    sees(leaf, channel, b"one")
    stream = Stream(leaf, channel.open_session().token)
    stream.state()
    channel.publish(b"two")
    state = stream.state(lambda it: it["base"]["version"] == "2")
    digest = hashlib.sha256(b"two").hexdigest()
    assert fetch(leaf, state["token"], digest)[2] == b"two"
    # What the leaf said last is what the root says: nothing is told anew.
    known = stream.until(lambda it: it.id)
    moved = Stream(root, state["token"], last_id=known)
    channel.publish(b"three")
    assert moved.state()["base"]["version"] == "3"
    assert [event for event, _ in moved.events] == ["configuration"]
    for each in (stream, moved):
        each.close()


def test_the_middle_of_a_tree_dies_and_comes_back(tree):
    root = tree()
    middle = tree(root)
    port = middle.port
    leaf = tree(middle)
    channel = Tenant(root).channel()
    channel.publish(b"one")
    sees(leaf, channel, b"one")
    stream = Stream(leaf, channel.open_session().token)
    stream.state()
    middle.kill()
    channel.publish(b"two")
    sees(leaf, channel, b"one")
    assert stream.latest()["base"]["version"] == "1" and not stream.is_over, "the leaf serves what it has"
    middle.listen = f"127.0.0.1:{port}"
    middle.start()
    assert stream.until(lambda it: it.latest()["base"]["version"] == "2", 60)
    sees(leaf, channel, b"two")
    stream.close()


def test_a_relay_takes_no_changes_and_says_who_does(tree):
    root = tree()
    relay = tree(root)
    with pytest.raises(Tenant(relay).control.exceptions.BadRequestException, match=f"Ask {root.url} for") as refused:
        Tenant(relay).application("shop")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert relay.request("GET", "/_tidegate/health")[0] == 200
    root.kill()
    # What was found is good for a second.
    until(lambda: relay.request("GET", "/_tidegate/health")[0] == 503)
    assert root.url in json.loads(relay.request("GET", "/_tidegate/health")[2])["journal"]["problem"]
    assert relay.request("GET", "/_tidegate/health/ready")[0] == 200, "polls are answered from memory"


def test_nobody_follows_without_the_secret(tree, server, own_server):
    root = tree()
    pages = ("ends", "entries?after=0", "snapshot", "blobs/" + "0" * 64)
    for page in pages:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eA=="}):
            status, _, body = root.request("GET", f"/_tidegate/relay/{page}", headers=headers)
            assert status == 403 and b"AKIA" not in body and b"secret\":" not in body, page
        assert server.request("GET", f"/_tidegate/relay/{page}")[0] == 404, "who has no secret has no such pages"
    assert root.request("POST", "/_tidegate/relay/polls", b'{"channels": []}')[0] == 403
    right = {"Authorization": "Bearer a-secret-that-is-long-enough-to-be-one"}
    assert root.request("GET", "/_tidegate/relay/ends", headers=right)[0] == 200
    for page in ("entries", "entries?after=x", "blobs/x"):
        assert root.request("GET", f"/_tidegate/relay/{page}", headers=right)[0] == 400, page
    assert root.request("POST", "/_tidegate/relay/polls", b"[", headers=right)[0] == 400


def test_what_is_polled_at_a_relay_is_in_use(tree):
    root = tree()
    relay = tree(root)
    channel = Tenant(root).channel()
    channel.publish(b"content")
    for each in (root, relay):
        each.advance(2 * 60 * 60)
    sees(relay, channel, b"content")
    relay.advance(120)
    root.advance(120)
    with pytest.raises(channel.tenant.control.exceptions.BadRequestException, match="actively being used"):
        channel.tenant.control.delete_environment(**channel.in_environment)
