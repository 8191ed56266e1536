import pytest
from harness import HOUR, MINUTE, assert_refused, status_of


@pytest.fixture
def published(channel):
    """The channel with "old" deployed to everyone as deployment 1, and "new" stored as version 2."""
    channel.publish(b"old")
    channel.put(b"new")
    return channel


def assert_rolled_back(stopped):
    assert stopped["State"] == "ROLLED_BACK"
    assert stopped["PercentageComplete"] == 0.0
    assert "CompletedAt" not in stopped
    newest = stopped["EventLog"][0]
    assert (newest["EventType"], newest["TriggeredBy"]) == ("ROLLBACK_COMPLETED", "USER")
    assert newest["Description"] == "Deployment rolled back by user request"


@pytest.mark.parametrize("given", [{}, {"AllowRevert": True}, {"AllowRevert": False}])
def test_a_stop_while_deploying_rolls_back_whatever_allow_revert_says(tenant, published, given):
    published.start(tenant.strategy(duration=20, growth=25.0, bake=10), 2)
    tenant.server.advance(4 * MINUTE + 1)
    stopped = published.stop(2, **given)
    assert status_of(stopped) == 202
    assert stopped["DeploymentNumber"] == 2 and stopped["ConfigurationVersion"] == "2"
    assert_rolled_back(stopped)
    assert_rolled_back(published.deployment(2))
    assert published.environment_state() == "RolledBack"


@pytest.mark.parametrize("given", [{}, {"AllowRevert": True}])
def test_a_stop_while_baking_rolls_back(tenant, published, given):
    published.start(tenant.strategy(bake=30), 2)
    tenant.server.advance(15)
    assert published.deployment(2)["State"] == "BAKING"
    assert_rolled_back(published.stop(2, **given))
    assert published.environment_state() == "RolledBack"


def test_a_stopped_deployment_takes_no_more_steps(tenant, published):
    published.start(tenant.strategy(duration=20, growth=25.0, bake=10), 2)
    tenant.server.advance(4 * MINUTE + 1)
    before = published.stop(2)["EventLog"]
    tenant.server.advance(2 * HOUR)
    after = published.deployment(2)
    assert_rolled_back(after)
    assert after["EventLog"] == before


def test_a_new_deployment_starts_after_a_rollback(tenant, published):
    slow = tenant.strategy(duration=20, growth=25.0)
    published.start(slow, 2)
    published.stop(2)
    assert published.start(slow, 2)["DeploymentNumber"] == 3
    assert published.environment_state() == "Deploying"
    tenant.server.advance(21 * MINUTE)
    assert published.environment_state() == "ReadyForDeployment"
    assert published.open_session().poll() == b"new"


def test_a_stopped_deployment_serves_the_previous_version(tenant, published):
    published.start(tenant.strategy(bake=30), 2)
    tenant.server.advance(15)
    session = published.open_session()
    assert session.poll() == b"new"
    published.stop(2)
    tenant.server.advance(15)
    assert session.poll() == b"old"
    tenant.server.advance(15)
    assert session.poll() == b""
    assert published.open_session().poll() == b"old"


def test_a_session_that_never_saw_the_new_version_notices_nothing_of_its_end(tenant, published):
    session = published.open_session()
    assert session.poll() == b"old"
    published.start(tenant.strategy(duration=20, growth=25.0), 2)
    published.stop(2)
    tenant.server.advance(15)
    assert session.poll() == b""


def test_a_complete_deployment_is_not_stopped_unless_a_revert_is_allowed(tenant, published):
    published.deploy_at_once(2)
    assert_refused(
        "BadRequestException", None, tenant.control.stop_deployment, **published.in_environment, DeploymentNumber=2
    )
    assert_refused(
        "BadRequestException",
        None,
        tenant.control.stop_deployment,
        **published.in_environment,
        DeploymentNumber=2,
        AllowRevert=False,
    )
    assert published.deployment(2)["State"] == "COMPLETE"


def test_a_reverted_deployment_serves_the_previous_version(tenant, published):
    published.deploy_at_once(2)
    session = published.open_session()
    assert session.poll() == b"new"
    reverted = published.stop(2, AllowRevert=True)
    assert status_of(reverted) == 202
    assert reverted["State"] == "REVERTED"
    newest = reverted["EventLog"][0]
    assert (newest["EventType"], newest["TriggeredBy"]) == ("REVERT_COMPLETED", "USER")
    assert published.environment_state() == "Reverted"
    tenant.server.advance(15)
    assert session.poll() == b"old"
    published.deploy_at_once(2)
    assert published.environment_state() == "ReadyForDeployment"
    tenant.server.advance(15)
    assert session.poll() == b"new"


@pytest.mark.parametrize(("hours", "is_in_time"), [(71, True), (73, False)])
def test_a_revert_comes_within_72_hours_of_completion(tenant, published, hours, is_in_time):
    published.start(tenant.strategy(duration=600, growth=50.0), 2)
    tenant.server.advance(10 * HOUR + MINUTE)
    assert published.deployment(2)["State"] == "COMPLETE"
    tenant.server.advance(hours * HOUR)
    if is_in_time:
        assert published.stop(2, AllowRevert=True)["State"] == "REVERTED"
        assert published.open_session().poll() == b"old"
    else:
        assert_refused(
            "BadRequestException",
            None,
            tenant.control.stop_deployment,
            **published.in_environment,
            DeploymentNumber=2,
            AllowRevert=True,
        )
        assert published.open_session().poll() == b"new"


@pytest.mark.parametrize("given", [{}, {"AllowRevert": True}])
def test_what_was_stopped_or_reverted_is_not_stopped_again(tenant, published, given):
    published.start(tenant.strategy(duration=20, growth=25.0), 2)
    published.stop(2)
    published.deploy_at_once(2)
    published.stop(3, AllowRevert=True)
    for number in (2, 3):
        assert_refused(
            "BadRequestException",
            None,
            tenant.control.stop_deployment,
            **published.in_environment,
            DeploymentNumber=number,
            **given,
        )


def test_only_the_profiles_latest_deployment_is_reverted(tenant, published):
    published.deploy_at_once(2)
    assert_refused(
        "BadRequestException",
        None,
        tenant.control.stop_deployment,
        **published.in_environment,
        DeploymentNumber=1,
        AllowRevert=True,
    )
    assert published.open_session().poll() == b"new"


def test_nothing_is_served_after_the_first_ever_deployment_was_taken_back(tenant, channel):
    """Sessions start and get nothing, as those outside a first-ever deployment do; AWS's answer is not known."""
    channel.publish(b"only")
    before = channel.open_session()
    assert before.poll() == b"only"
    channel.stop(1, AllowRevert=True)
    assert channel.open_session().poll() == b""
    tenant.server.advance(15)
    assert before.poll() == b""
    channel.publish(b"better")
    tenant.server.advance(15)
    assert before.poll() == b"better"
