"""Fixtures: one server with a manual clock for the whole run, and an account of its own for each test.

Run the suite alone, from the repository's root, after `cargo build`:

    python3 -m venv target/venv && target/venv/bin/pip install -r tests/clients/python/requirements.txt
    TIDEGATE_BIN=target/debug/tidegate target/venv/bin/pytest tests/clients/python

Nothing here waits for a rollout: the tests move the server's clock.
"""

import json
import pathlib
import shlex
import subprocess
import sys

import pytest
from flags import FlagChannel
from harness import BINARY, REGION, Server, Tenant
from webhook import Webhook

AWS = pathlib.Path(sys.executable).parent / "aws"


class _Shared:
    server = None


@pytest.fixture(scope="session")
def _shared():
    shared = _Shared()
    yield shared
    if shared.server is not None:
        shared.server.remove()


@pytest.fixture
def server(_shared, request):
    """The server that all tests share; each must leave it alive, and one that died is started anew for the next."""
    if _shared.server is None or not _shared.server.is_alive:
        if _shared.server is not None:
            _shared.server.remove()
        try:
            _shared.server = Server()
        except (OSError, AssertionError) as error:
            pytest.exit(f"cannot start {BINARY}: {error}", 2)
    request.node.servers.append((_shared.server, len(_shared.server.log)))
    yield _shared.server
    ended_with = _shared.server.process.poll()
    assert ended_with is None, f"the server ended with {ended_with} during this test"


@pytest.fixture
def tenant(server):
    return Tenant(server)


@pytest.fixture
def channel(tenant):
    return tenant.channel()


@pytest.fixture
def flags(tenant):
    """A channel of feature flags."""
    return FlagChannel(tenant)


@pytest.fixture
def own_server(request):
    """Starts servers that the test may end, restart and start with flags of its own."""
    started = []

    def start(*flags, **more):
        started.append(Server(*flags, **more))
        request.node.servers.append((started[-1], 0))
        return started[-1]

    yield start
    for each in started:
        each.remove()


@pytest.fixture
def webhook():
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture
def aws(tenant, tmp_path):
    """Runs one `aws` command in a directory of the test's own and gives what it printed, read as JSON."""
    environment = {
        "PATH": f"{AWS.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": tenant.account,
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_MAX_ATTEMPTS": "1",
    }

    def run(line, fails=False):
        command = [AWS, "--endpoint-url", tenant.server.url, *shlex.split(line)]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        if fails:
            assert done.returncode != 0, done.stdout
            return done.stderr
        assert done.returncode == 0, f"aws {line}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def pytest_itemcollected(item):
    item.servers = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server, start in item.servers:
            lines = server.log[start:].splitlines()
            report.sections.append(("the server's log", "\n".join(lines[-80:])))
    return report


def pytest_report_header():
    return f"tidegate: {BINARY}"
