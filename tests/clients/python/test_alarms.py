"""Monitors: a deployment is taken back when an alarm is raised, by what reports, by Prometheus and by Alertmanager."""

import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest
from harness import HOUR, MINUTE, REGION, Tenant, free_port, until

TOKEN = "a long random text"


def arn(name, account="111122223333"):
    return f"arn:aws:cloudwatch:{REGION}:{account}:alarm:{name}"


class Watched:
    """A channel whose environment has monitors, with "good" deployed and "bad" stored."""

    def __init__(self, server, *alarms):
        self.tenant = Tenant(server)
        self.channel = self.tenant.channel()
        self.channel.publish(b"good")
        self.channel.put(b"bad")
        self.tenant.control.update_environment(
            **self.channel.in_environment,
            Monitors=[
                {"AlarmArn": arn(name), "AlarmRoleArn": "arn:aws:iam::111122223333:role/alarms"} for name in alarms
            ],
        )
        self.session = self.channel.open_session()
        assert self.session.poll() == b"good"

    @property
    def where(self):
        return f"?account={self.tenant.account}&region={REGION}"

    def start(self, **plan):
        plan = {"duration": 20, "growth": 25.0, "bake": 30, **plan}
        self.channel.start(self.tenant.strategy(**plan), 2)

    def report(self, name, state, reason=None, token=None):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"state": state, **({"reason": reason} if reason else {})}
        path = f"/_tidegate/alarms/{name}{self.where}"
        return self.tenant.server.request("PUT", path, json.dumps(body), headers)[0]

    @property
    def state(self):
        return self.channel.deployment(2)["State"]

    @property
    def log(self):
        return [(event["EventType"], event["TriggeredBy"]) for event in self.channel.deployment(2)["EventLog"]]

    def assert_rolled_back(self, because):
        until(lambda: self.state == "ROLLED_BACK", 30)
        deployment = self.channel.deployment(2)
        assert self.log[:2] == [
            ("ROLLBACK_COMPLETED", "CLOUDWATCH_ALARM"),
            ("ROLLBACK_STARTED", "CLOUDWATCH_ALARM"),
        ]
        assert because in deployment["EventLog"][1]["Description"]
        assert deployment["PercentageComplete"] == 0.0 and "CompletedAt" not in deployment
        assert self.channel.environment_state() == "RolledBack"
        self.tenant.server.advance(15)
        self.session.poll()
        assert self.session.held == b"good"


@pytest.fixture
def quick(own_server):
    """A server that asks for alarms every second."""

    def start(*flags, **more):
        return own_server("--alarm-interval", "1", *flags, **more)

    return start


@pytest.fixture
def configured(quick, tmp_path):
    def start(text, *flags):
        file = tmp_path / "tidegate.toml"
        file.write_text(text)
        return quick("--config", file, *flags)

    return start


# What reports by itself.


def test_an_alarm_that_is_reported_takes_a_deployment_back_and_its_clients_with_it(quick):
    watched = Watched(quick(), "checkout-errors")
    assert watched.report("checkout-errors", "OK") == 200
    watched.start()
    watched.tenant.server.advance(17 * MINUTE)
    watched.session.poll()
    assert watched.session.held == b"bad", "everybody has the new version"
    assert watched.report("checkout-errors", "ALARM", "12 % of requests fail") == 200
    watched.assert_rolled_back("12 % of requests fail")


def test_an_alarm_during_the_bake_counts_and_one_after_it_does_not(quick):
    watched = Watched(quick(), "errors")
    watched.report("errors", "OK")
    watched.start()
    watched.tenant.server.advance(25 * MINUTE)
    assert watched.state == "BAKING"
    watched.report("errors", "ALARM")
    watched.assert_rolled_back(arn("errors"))
    done = Watched(watched.tenant.server, "errors")
    done.report("errors", "OK")
    done.start()
    done.tenant.server.advance(HOUR)
    done.report("errors", "ALARM")
    assert done.state == "COMPLETE"
    assert done.session.poll() == b"bad"


def test_a_deployment_that_starts_under_an_alarm_is_taken_back_before_its_first_step(quick):
    watched = Watched(quick(), "errors")
    watched.report("errors", "ALARM")
    watched.start()
    watched.assert_rolled_back(arn("errors"))
    assert ("PERCENTAGE_UPDATED", "APPCONFIG") not in watched.log


def test_an_alarm_of_another_account_changes_nothing(quick):
    server = quick()
    watched, other = Watched(server, "errors"), Watched(server, "errors")
    watched.report("errors", "OK")
    watched.start()
    other.report("errors", "ALARM")
    server.advance(HOUR)
    assert watched.state == "COMPLETE"


def test_missing_data_hold_a_rollout_and_after_a_while_take_it_back(quick):
    server = quick("--alarm-patience", "90")
    watched = Watched(server, "errors")
    watched.report("errors", "INSUFFICIENT_DATA", "the exporter is gone")
    watched.start()
    server.advance(5 * MINUTE)
    watched.assert_rolled_back("the exporter is gone")
    # With data again in time it goes on from where it was held.
    watched = Watched(server, "errors")
    watched.report("errors", "OK")
    watched.start()
    server.advance(5 * MINUTE)
    assert watched.channel.deployment(2)["PercentageComplete"] == 25.0
    watched.report("errors", "INSUFFICIENT_DATA")
    server.advance(3 * MINUTE + 30)
    assert watched.channel.deployment(2)["PercentageComplete"] == 25.0, "held"
    watched.report("errors", "OK")
    server.advance(4 * MINUTE)
    assert watched.state == "DEPLOYING" and watched.channel.deployment(2)["PercentageComplete"] >= 50.0


def test_an_operator_can_have_rollouts_held_for_ever(quick):
    server = quick("--alarm-patience", "forever")
    watched = Watched(server, "errors")
    watched.report("errors", "INSUFFICIENT_DATA")
    watched.start()
    server.advance(48 * HOUR)
    assert watched.state == "DEPLOYING" and watched.channel.deployment(2)["PercentageComplete"] == 0.0
    assert b"tidegate_deployments_held 1" in server.request("GET", "/_tidegate/metrics")[2]


def test_an_alarm_that_nobody_looks_at_is_named_in_the_log(own_server):
    server = own_server()
    watched = Watched(server, "dashboard-only")
    watched.start()
    server.advance(HOUR)
    assert watched.state == "COMPLETE"
    assert "nobody looks at an alarm" in server.log and arn("dashboard-only") in server.log


def test_reports_are_kept_listed_and_forgotten(own_server):
    server = own_server()
    watched = Watched(server)
    watched.report("a%2Fb%20c", "ALARM", "why")
    server.kill()
    server.start()
    status, _, body = server.request("GET", f"/_tidegate/alarms{watched.where}")
    (alarm,) = json.loads(body)["alarms"]
    assert status == 200 and (alarm["name"], alarm["state"], alarm["reason"]) == ("a/b c", "ALARM", "why")
    assert server.request("GET", f"/_tidegate/alarms/a%2Fb%20c{watched.where}")[0] == 200
    assert server.request("DELETE", f"/_tidegate/alarms/a%2Fb%20c{watched.where}")[0] == 200
    assert server.request("GET", f"/_tidegate/alarms/a%2Fb%20c{watched.where}")[0] == 404


def test_reporters_need_the_token_if_there_is_one(quick):
    watched = Watched(quick("--alarm-token", TOKEN), "errors")
    assert watched.report("errors", "ALARM") == 403
    assert watched.report("errors", "ALARM", token="another") == 403
    assert watched.report("errors", "ALARM", token=TOKEN) == 200


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("PUT", "/_tidegate/alarms/x", "{}", 400),
        ("PUT", "/_tidegate/alarms/x", '{"state": "FINE"}', 400),
        ("PUT", "/_tidegate/alarms/x", '{"state": "OK", "more": 1}', 400),
        ("PUT", "/_tidegate/alarms/x", "\x00", 400),
        ("PUT", "/_tidegate/alarms/", '{"state": "OK"}', 400),
        ("PUT", "/_tidegate/alarms/" + "x" * 256, '{"state": "OK"}', 400),
        ("PUT", "/_tidegate/alarms/%00", '{"state": "OK"}', 400),
        ("PUT", "/_tidegate/alarms/%ff", '{"state": "OK"}', 400),
        ("PUT", "/_tidegate/alarms/x?account=1", '{"state": "OK"}', 400),
        ("PUT", "/_tidegate/alarms/x?realm=1", '{"state": "OK"}', 400),
        ("POST", "/_tidegate/alarms/x", '{"state": "OK"}', 405),
        ("POST", "/_tidegate/alarms", "", 405),
        ("GET", "/_tidegate/alertmanager", "", 405),
        ("POST", "/_tidegate/alertmanager", "{}", 400),
        ("POST", "/_tidegate/alertmanager", '{"alerts": [{"status": "odd", "labels": {}}]}', 400),
        ("POST", "/_tidegate/alertmanager", '{"alerts": "many"}', 400),
        ("POST", "/_tidegate/alertmanager", '{"alerts": [{"status": "firing", "labels": {}}]}', 200),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(server, method, target, body, status):
    found, _, answer = server.request(method, target, body)
    assert found == status, answer
    assert "message" in json.loads(answer) or status == 200


def test_options_that_make_no_sense_stop_the_start(tmp_path):
    from harness import BINARY

    for text, said in [
        ("[alarms.x]\n", "names no source"),
        ("[alarms.x]\nprometheus = 'http://p'\nquery = 'up'\n", "above or below"),
        ("[alarms.x]\nwhatever = 1\n", "whatever"),
        ("alarm_patience = 'soon'\n", "forever"),
        ("alarm_interval = 60\n", "10"),
        ("alarm_token = ''\n", "empty"),
    ]:
        file = tmp_path / "tidegate.toml"
        file.write_text(text)
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--store", "memory:", "--config", file]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0 and said in done.stderr, done.stderr


# Alertmanager's webhook.


def alert(status, fingerprint, name="CheckoutErrors", **more):
    return {"status": status, "labels": {"alertname": name}, "fingerprint": fingerprint, **more}


def test_an_alarm_stays_raised_until_the_last_of_its_alerts_is_resolved(quick):
    server = quick()
    watched = Watched(server, "CheckoutErrors")

    def post(*alerts):
        body = json.dumps({"version": "4", "status": "firing", "alerts": alerts})
        assert server.request("POST", f"/_tidegate/alertmanager{watched.where}", body)[0] == 200

    def state():
        return json.loads(server.request("GET", f"/_tidegate/alarms/CheckoutErrors{watched.where}")[2])["state"]

    post(alert("firing", "1", annotations={"summary": "it burns"}), alert("firing", "2"))
    post(alert("resolved", "1"))
    assert state() == "ALARM"
    watched.start()
    watched.assert_rolled_back("it burns")
    post(alert("resolved", "2"), alert("firing", "3", name="SomethingElse"))
    assert state() == "OK"


# Prometheus and Alertmanager themselves.


class Shop(http.server.ThreadingHTTPServer):
    """An application under Prometheus' eyes: its share of failing requests is what the test says."""

    def __init__(self):
        shop = self
        self.failing = "0.01"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"checkout_failing_ratio {shop.failing}\n".encode() if shop.failing else b""
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def answers(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False


class Engine:
    """A program of a Debian package, with a directory of its own."""

    def __init__(self, package, program, configuration, *flags):
        path = shutil.which(program)
        assert path, f"{program} is missing: apt-get install {package}"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"tidegate-{package}-"))
        self.port = free_port()
        file = self.directory / "configuration.yml"
        file.write_text(configuration)
        command = [path, f"--config.file={file}", f"--web.listen-address=127.0.0.1:{self.port}", *flags]
        self.process = subprocess.Popen(
            command, cwd=self.directory, stdout=open(self.directory / "log", "wb"), stderr=subprocess.STDOUT
        )
        until(lambda: answers(self.port, "/-/ready"), 60)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def remove(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


PROMETHEUS = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
scrape_configs:
- job_name: shop
  static_configs: [{{targets: ["127.0.0.1:{shop}"]}}]
rule_files: ["rules.yml"]
alerting:
  alertmanagers:
  - static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]
"""

RULES = """
groups:
- name: shop
  rules:
  - alert: CheckoutErrors
    expr: checkout_failing_ratio > 0.05
    labels: {severity: page}
    annotations: {summary: "{{ $value }} of checkouts fail"}
"""

ALERTMANAGER = """
route: {{receiver: tidegate, group_wait: 0s, group_interval: 1s, group_by: [alertname]}}
receivers:
- name: tidegate
  webhook_configs:
  - url: "http://127.0.0.1:{tidegate}/_tidegate/alertmanager?account={account}&region={region}"
    http_config: {{authorization: {{credentials: "{token}"}}}}
"""


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.shutdown()
    shop.server_close()


@pytest.fixture
def engine():
    started = []

    def start(*arguments):
        started.append(Engine(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.remove()


@pytest.fixture
def prometheus(engine, shop, tmp_path):
    (tmp_path / "rules.yml").write_text(RULES)

    def start(alertmanager=9):
        text = PROMETHEUS.format(shop=shop.server_address[1], alertmanager=alertmanager)
        text = text.replace("rules.yml", str(tmp_path / "rules.yml"))
        return engine("prometheus", "prometheus", text, f"--storage.tsdb.path={tmp_path / 'tsdb'}")

    return start


def test_a_promql_expression_over_its_threshold_takes_a_bad_release_back(configured, prometheus, shop):
    server = configured(f"""
[alarms.checkout-failing]
prometheus = "{prometheus().url}"
query = "checkout_failing_ratio"
above = 0.05
""", "--alarm-patience", "forever")
    watched = Watched(server, "checkout-failing")
    watched.start()
    until(lambda: b'reading="ok"' in server.request("GET", "/_tidegate/metrics")[2], 30)
    server.advance(5 * MINUTE)
    assert watched.channel.deployment(2)["PercentageComplete"] == 25.0
    shop.failing = "0.31"
    watched.assert_rolled_back("checkout_failing_ratio is 0.31, above 0.05")


def test_an_alert_of_prometheus_takes_a_bad_release_back(configured, prometheus, shop):
    server = configured(f"""
[alarms.checkout-failing]
prometheus = "{prometheus().url}"
alert = "CheckoutErrors"
""", "--alarm-patience", "forever")
    watched = Watched(server, "checkout-failing")
    watched.start()
    until(lambda: b'reading="ok"' in server.request("GET", "/_tidegate/metrics")[2], 30)
    shop.failing = "0.31"
    watched.assert_rolled_back("alert CheckoutErrors fires")


def test_a_source_that_is_gone_and_an_alert_that_is_not_there_are_unclear(configured, prometheus):
    running = prometheus()
    server = configured(f"""
[alarms.gone]
prometheus = "http://127.0.0.1:{free_port()}"
query = "up"
below = 1

[alarms.no-such-alert]
prometheus = "{running.url}"
alert = "Nothing"

[alarms.no-data]
prometheus = "{running.url}"
query = "nothing_of_that_name"
above = 1
""", "--alarm-patience", "0")
    for name, because in [
        ("gone", "cannot be reached"),
        ("no-such-alert", "no alerting rule Nothing"),
        ("no-data", "has no data"),
    ]:
        watched = Watched(server, name)
        watched.start()
        watched.assert_rolled_back(because)


def test_alertmanager_tells_and_is_asked(configured, engine, prometheus, shop, tmp_path):
    # Told by its webhook.
    watched = Watched(configured("", "--alarm-token", TOKEN), "CheckoutErrors")
    port = watched.tenant.server.port
    told = ALERTMANAGER.format(tidegate=port, account=watched.tenant.account, region=REGION, token=TOKEN)
    flags = ("--cluster.listen-address=", f"--storage.path={tmp_path / 'am'}")
    alertmanager = engine("prometheus-alertmanager", "prometheus-alertmanager", told, *flags)
    prometheus(alertmanager.port)
    watched.start()
    shop.failing = "0.31"
    watched.assert_rolled_back("of checkouts fail")
    # And asked by another server.
    asked = configured(f"""
[alarms.checkout-failing]
alertmanager = "{alertmanager.url}"
alert = "CheckoutErrors"
labels = {{ severity = "page" }}

[alarms.something-else]
alertmanager = "{alertmanager.url}"
alert = "CheckoutErrors"
labels = {{ severity = "info" }}
""", "--alarm-patience", "forever")
    calm = Watched(asked, "something-else")
    calm.start()
    watched = Watched(asked, "checkout-failing")
    watched.start()
    watched.assert_rolled_back("active alerts, such as CheckoutErrors")
    assert calm.state == "DEPLOYING"


# A source that misbehaves.


class Misbehaving(http.server.ThreadingHTTPServer):
    def __init__(self, behave):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                behave(self)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()


def hang(handler):
    handler.server.hanging = threading.Event()
    handler.server.hanging.wait(30)


def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()


def garbage(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"data\": ]")


def redirect(handler):
    handler.wfile.write(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n")


def endless(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass


@pytest.mark.parametrize("behave", [hang, reset, garbage, redirect, endless], ids=lambda behave: behave.__name__)
def test_a_source_that_misbehaves_is_unclear_and_holds_only_its_own_deployment(configured, behave):
    source = Misbehaving(behave)
    server = configured(f"""
[alarms.odd]
prometheus = "http://127.0.0.1:{source.server_address[1]}"
query = "up"
below = 1
""", "--alarm-patience", "forever")
    held, free = Watched(server, "odd"), Watched(server)
    held.start()
    free.start()
    until(lambda: b'reading="unclear"' in server.request("GET", "/_tidegate/metrics")[2], 30)
    server.advance(HOUR)
    assert free.state == "COMPLETE" and free.session.poll() == b"bad"
    assert held.state == "DEPLOYING" and held.channel.deployment(2)["PercentageComplete"] == 0.0
    assert held.session.poll() == b""
    source.shutdown()
    source.server_close()
