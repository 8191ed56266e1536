"""A server that ends and starts again on the same data: as an operator ends it, and as a power cut does."""

import pytest
from harness import MINUTE, Session, Tenant, without_metadata


@pytest.fixture(params=["terminate", "kill"])
def restart(request):
    """Ends the server, starts it again on the same data, and gives the tenant its new clients."""

    def restart(tenant):
        server = tenant.server
        before_ms = server.now_ms()
        if request.param == "terminate":
            assert server.terminate() == 0
        else:
            server.kill()
        server.start()
        # A clock that started from the wall again would make every token look younger than it is.
        behind_ms = before_ms - server.now_ms()
        if behind_ms > 0:
            server.advance(behind_ms // 1000 + 1)
        return Tenant(server, tenant.account)

    return restart


@pytest.fixture
def channel(own_server):
    return Tenant(own_server()).channel()


def test_everything_is_found_again(channel, restart):
    tenant = channel.tenant
    channel.put(b"one", VersionLabel="first")
    channel.publish(b"two", "text/x-two", Description="the second")
    strategy = tenant.strategy(duration=7, growth=33.0)

    def look(tenant):
        control = tenant.control
        version = control.get_hosted_configuration_version(**channel.in_profile, VersionNumber=2)
        return [
            control.list_applications()["Items"],
            control.list_environments(ApplicationId="shop")["Items"],
            without_metadata(control.get_configuration_profile(**channel.in_profile)),
            control.list_hosted_configuration_versions(**channel.in_profile)["Items"],
            (version["Content"].read(), version["ContentType"], version["Description"]),
            without_metadata(control.get_deployment_strategy(DeploymentStrategyId=strategy)),
            without_metadata(control.get_deployment(**channel.in_environment, DeploymentNumber=1)),
        ]

    before = look(tenant)
    channel.tenant = restart(tenant)
    assert look(channel.tenant) == before
    assert channel.open_session().poll() == b"two"
    assert channel.put(b"three") == 3


def test_a_deleted_version_number_is_not_used_again_after_a_restart(channel, restart):
    channel.put()
    channel.put()
    channel.tenant.control.delete_hosted_configuration_version(**channel.in_profile, VersionNumber=2)
    channel.tenant = restart(channel.tenant)
    assert channel.put() == 3


def test_tokens_stay_valid(channel, restart):
    channel.publish(b"content")
    unused, polled = channel.open_session(), channel.open_session()
    assert polled.poll() == b"content"
    channel.tenant = restart(channel.tenant)
    assert Session(channel.tenant, unused.token).poll() == b"content"
    channel.tenant.server.advance(15)
    session = Session(channel.tenant, polled.token)
    assert session.poll() == b""
    channel.publish(b"changed")
    channel.tenant.server.advance(15)
    assert session.poll() == b"changed"


def test_a_rollout_goes_on_where_it_was_and_skips_nothing(channel, restart):
    channel.publish(b"old")
    channel.put(b"new")
    channel.start(channel.tenant.strategy(duration=50, growth=25.0, bake=5), 2)
    channel.tenant.server.advance(10 * MINUTE + 1)
    assert channel.deployment(2)["PercentageComplete"] == 25.0
    sessions = [channel.open_session() for _ in range(60)]
    inside = [session.poll() == b"new" for session in sessions]

    channel.tenant = restart(channel.tenant)
    assert channel.deployment(2)["PercentageComplete"] == 25.0
    assert channel.environment_state() == "Deploying"
    channel.tenant.server.advance(15)
    for session, was_inside in zip(sessions, inside, strict=True):
        session.tenant = channel.tenant
        assert session.poll() == b""
        assert (session.held == b"new") == was_inside

    seen = [25.0]
    for _ in range(120):
        deployment = channel.deployment(2)
        if deployment["PercentageComplete"] != seen[-1]:
            seen.append(deployment["PercentageComplete"])
        if deployment["State"] == "COMPLETE":
            break
        channel.tenant.server.advance(MINUTE)
    assert seen == [25.0, 50.0, 75.0, 100.0]
    assert deployment["State"] == "COMPLETE"
    assert [event["EventType"] for event in reversed(deployment["EventLog"])] == [
        "DEPLOYMENT_STARTED",
        *["PERCENTAGE_UPDATED"] * 4,
        "BAKE_TIME_STARTED",
        "DEPLOYMENT_COMPLETED",
    ]


def test_a_second_start_is_as_good_as_a_third(channel, restart):
    channel.publish(b"content")
    for _ in range(3):
        channel.tenant = restart(channel.tenant)
    assert channel.open_session().poll() == b"content"
