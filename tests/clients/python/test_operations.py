"""Health, numbers and the start of the binary: what an operator looks at."""

import http.client
import json
import subprocess
import time

import pytest
from harness import BINARY, Session, Tenant, until


def metric_total(server, *words):
    """Sums the samples of /_tidegate/metrics whose line has all these words."""
    status, headers, body = server.request("GET", "/_tidegate/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    lines = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(word in line for word in words))


def test_a_server_that_can_write_is_healthy(server):
    status, _, _ = server.request("GET", "/_tidegate/health")
    assert status == 200


def test_requests_are_counted_by_operation_and_status(tenant):
    count = lambda *words: metric_total(tenant.server, "_total", *words)  # noqa: E731
    created, missing = count("CreateApplication", "201"), count("GetApplication", "404")
    tenant.application("shop")
    with pytest.raises(tenant.control.exceptions.ResourceNotFoundException):
        tenant.control.get_application(ApplicationId="other")
    assert count("CreateApplication", "201") == created + 1
    assert count("GetApplication", "404") == missing + 1


def test_the_clock_is_there_to_read_and_moves_when_told(server):
    before_ms = server.now_ms()
    time.sleep(0.05)
    assert server.now_ms() == before_ms, "a manual clock stands still"
    server.advance(90)
    assert server.now_ms() == before_ms + 90_000
    status, _, body = server.request("GET", "/_tidegate/clock")
    assert json.loads(body)["now"].endswith("Z") and status == 200


def test_a_real_clock_moves_by_itself_and_nobody_else_moves_it(own_server):
    server = own_server(clock=None)
    tenant = Tenant(server)
    channel = tenant.channel()
    channel.publish(b"content")
    assert channel.open_session().poll() == b"content"
    status, _, _ = server.request("POST", "/_tidegate/clock/advance", b'{"seconds": 60}')
    assert 400 <= status < 500
    channel.put()
    channel.start(tenant.strategy(bake=1), 2)
    # Real time is the subject here.
    until(lambda: channel.deployment(2)["State"] == "BAKING", 15)


def test_an_operator_gets_help():
    for arguments in (["--help"], ["serve", "--help"]):
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0
    for flag in ("--listen", "--data", "--clock", "--token-reuse"):
        assert flag in done.stdout


@pytest.mark.parametrize(
    "flags",
    [
        ["--listen", "nowhere"],
        ["--listen", "127.0.0.1:99999"],
        ["--clock", "sundial"],
        ["--token-reuse", "sometimes"],
        ["--poll-interval", "soon"],
        ["--data", "/dev/null/data"],
        ["--no-such-flag"],
    ],
    ids=lambda flags: flags[0],
)
def test_a_wrong_flag_is_named(tmp_path, flags):
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data"]
    if flags[0] in command:
        at = command.index(flags[0])
        del command[at : at + 2]
    done = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert (flags[1] if len(flags) > 1 else flags[0]) in done.stderr


@pytest.mark.parametrize(
    "flags",
    [
        ["--listen", "0.0.0.0:0"],
        ["--listen", "[::]:0"],
        ["--listen", "127.0.0.1:0", "--clock", "manual", "--credentials", "checked"],
    ],
    ids=["every address", "every address, IPv6", "a manual clock with real credentials"],
)
def test_what_would_be_unsafe_does_not_start(tmp_path, flags):
    command = [BINARY, "serve", "--data", tmp_path / "data", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert "error: " in done.stderr and "hint: " in done.stderr


def test_content_and_tokens_are_never_logged(own_server):
    server = own_server("--log", "trace")
    channel = Tenant(server).channel()
    secret = b"the-secret-ingredient-is-cardamom"
    channel.publish(secret)
    session = channel.open_session()
    tokens = [session.token]
    session.poll()
    tokens.append(session.token)
    server.request("GET", f"/configuration?configuration_token={session.token}")
    server.request("GET", f"/configuration?configuration_token={session.token[:-9]}")
    server.request("POST", "/applications", b'{"Name": "' + secret)
    channel.tenant.control.get_configuration(
        Application="shop", Environment="live", Configuration="theme", ClientId="client"
    )
    assert server.terminate() == 0
    assert len(server.log) > 0
    assert secret.decode() not in server.log
    for token in tokens:
        assert token not in server.log and token[:60] not in server.log


def test_a_request_under_way_is_answered_before_the_server_stops(own_server):
    server = own_server()
    channel = Tenant(server).channel()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest(
        "POST", "/applications/shop/configurationprofiles/theme/hostedconfigurationversions"
    )
    for name, value in channel.tenant.authorization.items():
        connection.putheader(name, value)
    connection.putheader("content-type", "text/plain")
    connection.putheader("content-length", "10")
    connection.endheaders(b"12345")
    until(lambda: metric_total(server, "tidegate_connections") >= 1)
    server.process.terminate()
    until(lambda: "stopping" in server.log)
    connection.send(b"67890")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (201, b"1234567890")
    connection.close()
    assert server.process.wait(30) == 0

    server.start()
    channel.tenant = Tenant(server, channel.tenant.account)
    channel.deploy_at_once(1)
    assert channel.open_session().poll() == b"1234567890"


def test_idle_connections_do_not_keep_the_server_from_stopping(own_server):
    server = own_server()
    idle = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in range(20)]
    for connection in idle:
        connection.request("GET", "/_tidegate/health")
        connection.getresponse().read()
    before = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - before < 5


def test_a_session_without_an_interval_gets_the_operators(own_server):
    server = own_server("--poll-interval", "7")
    channel = Tenant(server).channel()
    channel.publish(b"content")
    session = channel.open_session(None)
    answer = channel.tenant.data.get_latest_configuration(ConfigurationToken=session.token)
    assert answer["NextPollIntervalInSeconds"] == 7
    server.advance(7)
    assert Session(channel.tenant, answer["NextPollConfigurationToken"]).poll() == b""


def test_what_has_no_handler_yet_says_so(tenant):
    status, headers, body = tenant.raw("GET", "/extensions")
    assert status in (200, 501)
    if status == 501:
        assert headers["content-type"] == "application/json" and headers["x-amzn-errortype"]
        assert "ListExtensions" in json.loads(body)["Message"]
