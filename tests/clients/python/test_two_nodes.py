"""Two servers on one journal are equal: what one was told the other knows, and any of them can answer any poll."""

import concurrent.futures
import json

import pytest
from harness import HOUR, MINUTE, Session, Tenant, until


@pytest.fixture
def nodes(own_server):
    """A channel seen through two servers that share their data."""
    first = own_server()
    second = own_server(beside=first)
    here = Tenant(first)
    return here, Tenant(second, here.account)


def test_what_one_writes_the_other_reads_at_once(nodes):
    here, there = nodes
    for number in range(20):
        writer, reader = (here, there) if number % 2 else (there, here)
        made = writer.application(f"application {number}")
        assert reader.control.get_application(ApplicationId=made)["Name"] == f"application {number}"
        assert len(reader.control.list_applications()["Items"]) == number + 1


def test_a_session_goes_from_one_to_the_other(nodes):
    here, there = nodes
    channel = here.channel()
    channel.publish(b"one")
    # News travels without being asked for, so it takes a moment.
    until(lambda: there.control.list_applications()["Items"])
    session = channel.open_session()
    for number in range(6):
        session.tenant = (here, there)[number % 2]
        assert session.poll() == (b"one" if number == 0 else b"")
        for tenant in nodes:
            tenant.server.advance(15)


def test_a_session_that_has_seen_the_new_never_gets_the_old(nodes):
    here, there = nodes
    channel = here.channel()
    channel.publish(b"version 0")
    session = channel.open_session()
    assert session.poll() == b"version 0"
    for number in range(1, 16):
        channel.publish(b"version %d" % number)
        for tenant in nodes:
            tenant.server.advance(15)
        # The first poll asks the node that knows; the second, at once, one that may not have heard yet.
        session.tenant = here
        session.poll()
        assert session.held == b"version %d" % number
        for tenant in nodes:
            tenant.server.advance(15)
        session.tenant = there
        session.poll()
        assert session.held == b"version %d" % number


def test_of_writers_at_both_nodes_one_is_told_of_the_conflict(nodes):
    here, there = nodes
    channel = here.channel()
    for number in range(1, 11):
        latest = channel.put()
        assert latest == 2 * number - 1

        def put(tenant, latest=latest):
            try:
                return tenant.control.create_hosted_configuration_version(
                    **channel.in_profile, Content=b"x", ContentType="text/plain", LatestVersionNumber=latest
                )["VersionNumber"]
            except tenant.control.exceptions.ConflictException:
                return None

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(put, nodes))
        assert sorted(outcomes, key=str) == [2 * number, None]


def test_nodes_that_race_for_a_step_take_it_once(nodes):
    here, there = nodes
    channel = here.channel()
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(here.strategy(duration=50, growth=25.0, bake=10), 2)
    there.control.get_deployment(**channel.in_environment, DeploymentNumber=2)
    seen = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(70):
            list(pool.map(lambda tenant: tenant.server.advance(MINUTE), nodes))
            states = [
                tenant.control.get_deployment(**channel.in_environment, DeploymentNumber=2) for tenant in nodes
            ]
            seen += [state["PercentageComplete"] for state in states]
    assert seen == sorted(seen)
    assert states[0]["State"] == states[1]["State"] == "COMPLETE"
    assert states[0]["EventLog"] == states[1]["EventLog"]
    assert [event["EventType"] for event in reversed(states[0]["EventLog"])] == [
        "DEPLOYMENT_STARTED",
        *["PERCENTAGE_UPDATED"] * 4,
        "BAKE_TIME_STARTED",
        "DEPLOYMENT_COMPLETED",
    ]


def test_a_clock_that_is_hours_ahead_hurries_nothing(nodes):
    here, there = nodes
    there.server.advance(5 * HOUR)
    channel = here.channel()
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(here.strategy(duration=50, growth=25.0), 2)

    def percentages():
        return [
            tenant.control.get_deployment(**channel.in_environment, DeploymentNumber=2)["PercentageComplete"]
            for tenant in nodes
        ]

    assert percentages() == [0.0, 0.0]
    there.server.advance(5 * MINUTE)
    assert percentages() == [0.0, 0.0]
    for percentage in (25.0, 50.0, 75.0, 100.0):
        here.server.advance(10 * MINUTE + 1)
        assert percentages() == [percentage, percentage]


def test_a_rollout_goes_on_at_the_node_that_is_left(nodes):
    here, there = nodes
    channel = here.channel()
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(here.strategy(duration=30, growth=50.0), 2)
    session = channel.open_session()
    there.control.get_deployment(**channel.in_environment, DeploymentNumber=2)
    here.server.kill()
    there.server.advance(31 * MINUTE)
    there.server.advance(31 * MINUTE)
    deployment = there.control.get_deployment(**channel.in_environment, DeploymentNumber=2)
    assert deployment["State"] == "COMPLETE"
    assert Session(there, session.token).poll() == b"new"


def test_both_are_ready(nodes):
    for tenant in nodes:
        status, _, body = tenant.server.request("GET", "/_tidegate/health")
        assert status == 200 and isinstance(json.loads(body), dict)
