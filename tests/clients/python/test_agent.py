"""The agent, as applications see it: Powertools, plain HTTP and the documents' examples against localhost."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse

import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags
from harness import BINARY, MINUTE, REPOSITORY, until


class Agent:
    """A `tidegate agent` process that follows a server as an account of it."""

    def __init__(self, server, account, **settings):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-agent-"))
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment = {
            **kept,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "any",
            "SERVICE_REGION": "eu-west-1",
            "TIDEGATE_AGENT_UPSTREAM": server.url,
            "HTTP_PORT": "0",
            **settings,
        }
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "agent"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        said = re.search(rb"listening on http://\S+:(\d+)", self.process.stdout.readline())
        assert said, self.log
        self.port = int(said.group(1))

    @property
    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def get(self, channel, query="", **headers):
        """Asks for a channel's configuration; gives status, headers and body."""
        application, environment, profile = (urllib.parse.quote(name, safe="") for name in channel.names)
        connection = http.client.HTTPConnection("localhost", self.port, timeout=30)
        path = f"/applications/{application}/environments/{environment}/configurations/{profile}{query}"
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def body(self, channel, query="", **headers):
        status, _, body = self.get(channel, query, **headers)
        assert status == 200, (body, self.log)
        return body

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log

    def remove(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture
def agent(tenant):
    started = []

    def start(**settings):
        started.append(Agent(tenant.server, tenant.account, **settings))
        return started[-1]

    yield start
    for each in started:
        each.remove()


RULED = {
    "version": "1",
    "flags": {"checkout": {"attributes": {"colour": {"constraints": {"type": "string"}}}}, "plain": {}},
    "values": {
        "checkout": {
            "_variants": [
                {"name": "czech", "enabled": True, "rule": '(eq $country "CZ")', "attributeValues": {"colour": "teal"}},
                {"name": "rest", "enabled": True, "attributeValues": {"colour": "sand"}},
            ]
        },
        "plain": {"enabled": False},
    },
}


# Powertools.


def test_powertools_reads_through_the_agent(channel, agent, monkeypatch):
    channel.publish(b'{"limit": 10}', "application/json")
    monkeypatch.setenv("AWS_APPCONFIG_EXTENSION_HTTP_PORT", str(agent().port))
    provider = parameters.AppConfigExtensionProvider(environment="live", application="shop")
    assert provider.get("theme", transform="json") == {"limit": 10}
    with pytest.raises(parameters.exceptions.GetParameterError, match="HTTP 404"):
        provider.get("nothing")


def test_powertools_reads_flags_by_name(flags, agent):
    flags.release(RULED)
    provider = parameters.AppConfigExtensionProvider(environment="live", application="shop", port=agent().port)
    colour = {"_variant": "rest", "colour": "sand", "enabled": True}
    assert provider.get("flags", transform="json", flag="checkout") == colour
    both = provider.get("flags", transform="json", flag=["checkout", "plain"], force_fetch=True)
    assert both == {"checkout": colour, "plain": {"enabled": False}}


def test_powertools_own_flags_work_through_the_agent(channel, agent, monkeypatch):
    channel.publish(b'{"everybody": {"default": true}}', "application/json")
    monkeypatch.setenv("AWS_APPCONFIG_EXTENSION_HTTP_PORT", str(agent().port))
    store = AppConfigStore(environment="live", application="shop", name="theme", use_extension=True)
    assert FeatureFlags(store=store).evaluate(name="everybody", default=False) is True


# Changes, without a poll: the server's clock stands still.


def test_a_change_is_there_at_once(channel, agent):
    channel.publish(b"first")
    local = agent()
    assert local.body(channel) == b"first"
    channel.publish(b"second", "text/plain", VersionLabel="two")
    until(lambda: local.body(channel) == b"second", 30)
    status, headers, _ = local.get(channel)
    assert (status, headers["configuration-version"], headers["version-label"]) == (200, "2", "two")
    assert headers["tidegate-stale"] is None


def rollout(channel):
    """Starts a linear deployment of a second version over ten minutes, in steps of a fifth."""
    strategy = channel.tenant.strategy("slow", duration=10, growth=20.0, bake=10)
    return channel.start(strategy, channel.put(b"new"))["DeploymentNumber"]


ENTITIES = [f"user-{number}" for number in range(200)]


def reached(local, channel):
    return {entity for entity in ENTITIES if local.body(channel, Entity_Id=entity) == b"new"}


def test_an_entity_keeps_the_new_version_once_it_has_it(channel, agent, server):
    channel.publish(b"old")
    local, other = agent(), agent()
    assert local.body(channel) == other.body(channel) == b"old"
    number = rollout(channel)
    before = set()
    while channel.deployment(number)["State"] == "DEPLOYING":
        share = channel.deployment(number)["PercentageComplete"]
        # All agents decide alike, and who was reached stays reached.
        until(lambda: abs(len(reached(local, channel)) - 2 * share) < 40 and before <= reached(local, channel), 30)
        now = reached(local, channel)
        until(lambda: reached(other, channel) == now, 30)
        before = now
        server.advance(2 * MINUTE)
    until(lambda: len(reached(local, channel)) == len(ENTITIES), 30)


def test_a_stopped_deployment_is_taken_back_from_everybody(channel, agent, server):
    channel.publish(b"old")
    local = agent()
    assert local.body(channel) == b"old"
    number = rollout(channel)
    server.advance(5 * MINUTE)
    until(lambda: 20 < len(reached(local, channel)) < 180, 30)
    channel.stop(number)
    until(lambda: not reached(local, channel), 30)
    assert local.body(channel) == b"old"


def test_the_place_of_an_entity_outlives_the_agent_and_the_node_for_it(channel, agent, server, tmp_path):
    channel.publish(b"old")
    local = agent(BACKUP_DIRECTORY=str(tmp_path))
    local.body(channel)
    rollout(channel)
    server.advance(5 * MINUTE)
    until(lambda: 20 < len(reached(local, channel)) < 180, 30)
    known = reached(local, channel)
    until(lambda: any(tmp_path.iterdir()), 30)
    local.stop()
    again = agent(BACKUP_DIRECTORY=str(tmp_path), TIDEGATE_AGENT_UPSTREAM="http://127.0.0.1:1")
    assert reached(again, channel) == known
    assert int(again.get(channel)[1]["tidegate-stale"]) >= 0


# Experiments.


def experiment(flags):
    control = flags.tenant.control
    application, environment, profile = flags.names
    value = lambda colour: {"Enabled": True, "AttributeValues": {"colour": {"StringValue": colour}}}  # noqa: E731
    control.create_experiment_definition(
        ApplicationIdentifier=application,
        Name="colours",
        ConfigurationProfileIdentifier=profile,
        EnvironmentIdentifier=environment,
        FlagKey="checkout",
        AudienceRule='(eq $country "CZ")',
        Control={"Weight": 50, "FlagValue": value("sand")},
        Treatments=[{"Weight": 50, "FlagValue": value("teal")}],
        Hypothesis="Teal sells more",
    )
    control.start_experiment_run(
        ApplicationIdentifier=application,
        ExperimentDefinitionIdentifier="colours",
        ExposurePercentage=100,
        TreatmentOverrides={"Inline": {"tester": "t1"}},
    )


def test_an_experiment_is_evaluated_and_recorded_once_for_each_entity(flags, agent, tmp_path):
    flags.release({**RULED, "values": {"checkout": {"enabled": True, "colour": "grey"}}})
    experiment(flags)
    local = agent(EXPERIMENT_ASSIGNMENT_LOG_DESTINATION=f"file:{tmp_path}/")

    def variant(entity, country="CZ"):
        return json.loads(local.body(flags, "?flag=checkout", Entity_Id=entity, Context=f"country={country}"))

    got = {entity: variant(entity) for entity in ENTITIES for _ in range(2)}
    treatments = {"__t1__": ("t1", "teal"), "__c__": ("c", "sand")}
    assert {flag["_variant"] for flag in got.values()} == set(treatments)
    assert all(flag["colour"] == treatments[flag["_variant"]][1] for flag in got.values())
    assert variant("abroad", "SK")["_variant"] == "__default__"
    assert variant("tester", "SK") == {"_variant": "__t1_override__", "colour": "teal", "enabled": True}
    # All flags at once count as well, and without an entity nobody is in it.
    assert json.loads(local.body(flags))["checkout"]["_variant"] == "__default__"
    local.stop()
    [log] = tmp_path.rglob("*.jsonl")
    where = log.relative_to(tmp_path).parts
    assert where[:3] == (flags.tenant.region, flags.tenant.account, flags.application_id) and where[4].startswith("1_")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    recorded = {line["entityId"]: line["treatmentKey"] for line in lines}
    assert len(recorded) == len(lines)
    assert recorded == {**{e: treatments[flag["_variant"]][0] for e, flag in got.items()}, "tester": "__t1_override__"}


def test_assignments_go_to_standard_error_in_awss_shape(flags, agent):
    flags.release({**RULED, "values": {"checkout": {"enabled": True, "colour": "grey"}}})
    experiment(flags)
    local = agent(AWS_APPCONFIG_EXTENSION_EXPERIMENT_ASSIGNMENT_LOG_DESTINATION="stderr")
    local.body(flags, Entity_Id="user-1", Context="country=CZ")
    local.stop()
    [line] = [json.loads(line) for line in local.log.splitlines() if line.startswith("{")]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line.pop("timestamp"))
    assert re.fullmatch("[a-z0-9]{7}", line.pop("experimentDefinitionId")) and line.pop("treatmentKey") in ("t1", "c")
    assert line == {
        "type": "AWS.AppConfig.TreatmentAssignment",
        "region": flags.tenant.region,
        "accountId": flags.tenant.account,
        "applicationId": flags.application_id,
        "experimentRunNumber": "1",
        "entityId": "user-1",
    }


# The documents.


def example(language):
    text = (REPOSITORY / "docs/agent.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, re.S).group(1)


@pytest.mark.parametrize(
    "language, command",
    [("python", [sys.executable, "-"]), ("sh", ["sh"]), ("js", ["node", "--input-type=module", "-"])],
)
def test_the_documents_examples_work(flags, agent, language, command):
    flags.release(RULED)
    program = example(language).replace(":2772", f":{agent().port}")
    done = subprocess.run(command, input=program, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    if language == "sh":
        assert json.loads(done.stdout) == {"_variant": "czech", "colour": "teal", "enabled": True}
    else:
        assert done.stdout.lower().split() == ["true", "teal"]
