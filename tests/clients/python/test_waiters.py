"""botocore's waiters. Their every look at the server is followed by a step of its clock, so nothing here sleeps."""

import botocore.exceptions
import pytest

DONE_SOON = {"Delay": 0, "MaxAttempts": 60}


@pytest.fixture
def running(tenant, channel):
    """The channel with deployment 1 under way: two steps of ten minutes and a bake of ten."""
    channel.put()
    channel.start(tenant.strategy(duration=30, growth=50.0, bake=10), 1)
    return channel


def move_the_clock_after(tenant, operation):
    tenant.control.meta.events.register(
        f"after-call.appconfig.{operation}", lambda **_: tenant.server.advance(60)
    )


def test_deployment_complete_ends_when_the_deployment_does(tenant, running):
    move_the_clock_after(tenant, "GetDeployment")
    waiter = tenant.control.get_waiter("deployment_complete")
    waiter.wait(**running.in_environment, DeploymentNumber=1, WaiterConfig=DONE_SOON)
    assert running.deployment(1)["State"] == "COMPLETE"


def test_environment_ready_for_deployment_ends_when_the_deployment_does(tenant, running):
    move_the_clock_after(tenant, "GetEnvironment")
    waiter = tenant.control.get_waiter("environment_ready_for_deployment")
    waiter.wait(**running.in_environment, WaiterConfig=DONE_SOON)
    assert running.environment_state() == "ReadyForDeployment"
    assert running.deployment(1)["State"] == "COMPLETE"


def test_both_wait_no_time_when_nothing_runs(tenant, channel):
    channel.publish(b"content")
    at_once = {"Delay": 0, "MaxAttempts": 1}
    tenant.control.get_waiter("deployment_complete").wait(
        **channel.in_environment, DeploymentNumber=1, WaiterConfig=at_once
    )
    tenant.control.get_waiter("environment_ready_for_deployment").wait(
        **channel.in_environment, WaiterConfig=at_once
    )


def assert_both_fail(tenant, channel):
    for name, more in (("deployment_complete", {"DeploymentNumber": 1}), ("environment_ready_for_deployment", {})):
        with pytest.raises(botocore.exceptions.WaiterError, match="terminal failure state"):
            tenant.control.get_waiter(name).wait(**channel.in_environment, **more, WaiterConfig=DONE_SOON)


def test_both_fail_after_a_rollback(tenant, running):
    running.stop(1)
    assert_both_fail(tenant, running)


def test_both_fail_after_a_revert(tenant, channel):
    channel.publish(b"content")
    channel.stop(1, AllowRevert=True)
    assert_both_fail(tenant, channel)
