"""Which of many sessions see the new version while a deployment grows."""

import pytest
from harness import MINUTE

SESSIONS = 240


def assert_near(count, total, percentage):
    """Asserts a share within six standard deviations of a fair draw, which chance alone does not leave in a lifetime."""
    expected = total * percentage / 100
    deviation = (expected * (100 - percentage) / 100) ** 0.5
    assert abs(count - expected) <= 6 * deviation, f"{count} of {total} sessions at {percentage} %"


@pytest.fixture
def crowd(channel):
    """The channel with "old" deployed to everyone, and many sessions that hold it."""
    channel.publish(b"old")
    sessions = [channel.open_session() for _ in range(SESSIONS)]
    for session in sessions:
        assert session.poll() == b"old"
    return sessions


def moved(sessions):
    """Polls every session and gives the places of those that hold "new"."""
    for session in sessions:
        before = session.held
        body = session.poll()
        # A body comes exactly when something changed.
        assert (body == b"") == (session.held == before)
    return {place for place, session in enumerate(sessions) if session.held == b"new"}


def test_sessions_move_near_the_percentage_once_and_never_back(tenant, channel, crowd):
    channel.put(b"new")
    channel.start(tenant.strategy(duration=60, growth=20.0), 2)
    tenant.server.advance(MINUTE)
    before = moved(crowd)
    assert before == set()
    tenant.server.advance(9 * MINUTE)
    for percentage in (20, 40, 60, 80, 100):
        tenant.server.advance(5)
        assert channel.deployment(2)["PercentageComplete"] == percentage
        now = moved(crowd)
        assert before <= now, "a session went back"
        assert_near(len(now), SESSIONS, percentage)
        # Between two steps nothing moves.
        tenant.server.advance(5 * MINUTE)
        assert moved(crowd) == now
        tenant.server.advance(5 * MINUTE)
        before = now
    assert before == set(range(SESSIONS))


def test_an_exponential_rollout_shows_its_first_percent_to_few(tenant, channel, crowd):
    channel.put(b"new")
    channel.start(tenant.strategy(duration=80, growth=2.0, growth_type="EXPONENTIAL"), 2)
    before = set()
    for percentage in (2, 4, 8, 16, 32, 64, 100):
        tenant.server.advance(10 * MINUTE + 1)
        now = moved(crowd)
        assert before <= now
        assert_near(len(now), SESSIONS, percentage)
        before = now


def test_sessions_that_start_during_the_rollout_share_in_it(tenant, channel):
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(tenant.strategy(duration=30, growth=50.0), 2)
    tenant.server.advance(10 * MINUTE + 5)
    sessions = [channel.open_session() for _ in range(SESSIONS)]
    half = moved(sessions)
    assert_near(len(half), SESSIONS, 50)
    tenant.server.advance(MINUTE)
    assert moved(sessions) == half
    tenant.server.advance(10 * MINUTE)
    assert moved(sessions) == set(range(SESSIONS))


def test_a_first_ever_rollout_serves_nothing_to_those_outside(tenant, channel):
    channel.put(b"new")
    channel.start(tenant.strategy(duration=30, growth=50.0), 1)
    sessions = [channel.open_session() for _ in range(SESSIONS)]
    assert moved(sessions) == set()
    assert all(session.held is None for session in sessions)
    tenant.server.advance(10 * MINUTE + 5)
    half = moved(sessions)
    assert_near(len(half), SESSIONS, 50)
    tenant.server.advance(11 * MINUTE)
    assert moved(sessions) == set(range(SESSIONS))


def test_a_rollback_gives_the_old_content_to_those_who_had_moved_and_nothing_to_the_rest(tenant, channel, crowd):
    channel.put(b"new")
    channel.start(tenant.strategy(duration=30, growth=50.0), 2)
    tenant.server.advance(10 * MINUTE + 5)
    half = moved(crowd)
    assert_near(len(half), SESSIONS, 50)
    channel.stop(2)
    tenant.server.advance(15)
    for place, session in enumerate(crowd):
        assert session.poll() == (b"old" if place in half else b"")
        assert session.held == b"old"


def test_the_split_differs_from_deployment_to_deployment(tenant, channel, crowd):
    channel.put(b"new")
    strategy = tenant.strategy(duration=30, growth=50.0)
    halves = []
    for number in (2, 3, 4):
        channel.start(strategy, 2)
        tenant.server.advance(10 * MINUTE + 5)
        halves.append(moved(crowd))
        assert_near(len(halves[-1]), SESSIONS, 50)
        channel.stop(number)
        tenant.server.advance(15)
        assert moved(crowd) == set()
    first, second, third = halves
    # Independent halves have about half of their members in common.
    for one, other in ((first, second), (second, third), (first, third)):
        assert_near(len(one & other), len(one), 50)
