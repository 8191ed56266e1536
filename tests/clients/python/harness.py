"""The server under test, real clients that talk to it, and the few words that the tests are written in."""

import contextlib
import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import boto3
import botocore.exceptions
from botocore.config import Config

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("TIDEGATE_BIN", REPOSITORY / "target/debug/tidegate")).resolve()
START_LIMIT_S = 30
STOP_LIMIT_S = 30
REGION = "eu-west-1"

MINUTE = 60
HOUR = 60 * MINUTE

# One session for everybody: it reads the service models once.
_boto = boto3.Session()
_accounts = itertools.count(210000000001)


class Server:
    """One tidegate process with a data directory of its own; it can be ended and started again on the same data."""

    def __init__(self, *flags, clock="manual", rates="unlimited", beside=None):
        """Starts it; `beside` is another server whose data it shares. Tests ask more often than AWS lets an account."""
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-python-"))
        self.data = beside.data if beside else self.directory / "data"
        self.flags = [*flags]
        self.listen = "127.0.0.1:0"
        if clock:
            self.flags += ["--clock", clock]
        if rates:
            self.flags += ["--request-rates", rates]
        self.process = None
        self.url = None
        self.start()

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    @property
    def log(self):
        with contextlib.suppress(FileNotFoundError):
            return (self.directory / "log").read_text(errors="replace")
        return ""

    def start(self):
        log = open(self.directory / "log", "ab")
        command = [BINARY, "serve", "--listen", self.listen, "--data", self.data, *self.flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")}
        environment["NO_COLOR"] = "1"
        with log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
            )
        self.url = None
        ready = threading.Event()
        # The thread reads on after the address is known, so that the server never writes to a full pipe.
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        if not ready.wait(START_LIMIT_S) or self.url is None:
            self.kill()
            raise AssertionError(f"the server did not say where it listens\n{self.log}")
        return self

    def _listen(self, process, ready):
        with open(self.directory / "log", "ab") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()
                said = re.search(rb"listening on (https?://\S+)", line)
                if said and self.url is None:
                    self.url = said.group(1).decode().rstrip("/")
                    ready.set()
        ready.set()

    @property
    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Ends the server as a power cut would."""
        if self.is_alive:
            self.process.kill()
        self.process.wait()

    def terminate(self):
        """Asks the server to end, as an operator would, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_LIMIT_S)

    def remove(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    # The clock.

    def advance(self, seconds):
        """Moves the server's clock; every step that became due has been taken when it returns."""
        status, _, body = self.request(
            "POST", "/_tidegate/clock/advance", json.dumps({"seconds": seconds}), {"content-type": "application/json"}
        )
        assert status == 200, (status, body)

    def now_ms(self):
        status, _, body = self.request("GET", "/_tidegate/clock")
        assert status == 200, (status, body)
        return json.loads(body)["now_ms"]

    # Requests that no SDK would send.

    def request(self, method, target, body=None, headers=None):
        """Sends one request and gives the status, the headers (names in lower case) and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, target, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    # Real clients.

    def client(self, service, account, *, region=REGION, **config):
        config.setdefault("retries", {"total_max_attempts": 1})
        return _boto.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="any",
            config=Config(connect_timeout=10, read_timeout=60, **config),
        )


class Tenant:
    """An account that no other test uses, with clients for it."""

    def __init__(self, server, account=None, region=REGION):
        self.server = server
        self.account = account or str(next(_accounts))
        self.region = region
        self.control = server.client("appconfig", self.account, region=region)
        self.data = server.client("appconfigdata", self.account, region=region)
        # The same without botocore's own checks, for what only the server should refuse.
        self.unchecked = server.client("appconfig", self.account, region=region, parameter_validation=False)
        self.unchecked_data = server.client("appconfigdata", self.account, region=region, parameter_validation=False)

    @property
    def authorization(self):
        return {
            "authorization": f"AWS4-HMAC-SHA256 Credential={self.account}/20260101/{self.region}/appconfig/aws4_request,"
            " SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
            "x-amz-date": "20260101T000000Z",
        }

    def raw(self, method, target, body=None, headers=None):
        return self.server.request(method, target, body, {**self.authorization, **(headers or {})})

    def application(self, name="shop", **more):
        return self.control.create_application(Name=name, **more)["Id"]

    def strategy(self, name="strategy", *, duration=0, growth=100.0, bake=0, growth_type="LINEAR"):
        return self.control.create_deployment_strategy(
            Name=name,
            DeploymentDurationInMinutes=duration,
            GrowthFactor=growth,
            GrowthType=growth_type,
            FinalBakeTimeInMinutes=bake,
            ReplicateTo="NONE",
        )["Id"]

    def channel(self, application="shop", environment="live", profile="theme"):
        return Channel(self, application, environment, profile)


class Channel:
    """An application, an environment and a hosted profile: what sessions watch and deployments change."""

    def __init__(self, tenant, application, environment, profile, **more):
        """Makes the three; `more` is for the profile."""
        self.tenant = tenant
        self.names = (application, environment, profile)
        control = tenant.control
        self.application_id = tenant.application(application)
        self.environment_id = control.create_environment(ApplicationId=self.application_id, Name=environment)["Id"]
        self.profile_id = control.create_configuration_profile(
            ApplicationId=self.application_id, Name=profile, LocationUri="hosted", **more
        )["Id"]
        self._at_once = None

    @property
    def in_environment(self):
        return {"ApplicationId": self.application_id, "EnvironmentId": self.environment_id}

    @property
    def in_profile(self):
        return {"ApplicationId": self.application_id, "ConfigurationProfileId": self.profile_id}

    @property
    def identifiers(self):
        application, environment, profile = self.names
        return {
            "ApplicationIdentifier": application,
            "EnvironmentIdentifier": environment,
            "ConfigurationProfileIdentifier": profile,
        }

    def put(self, content=b"content", content_type="text/plain", **more):
        """Stores a hosted version and gives its number."""
        return self.tenant.control.create_hosted_configuration_version(
            **self.in_profile, Content=content, ContentType=content_type, **more
        )["VersionNumber"]

    def start(self, strategy, version, **more):
        given = {**self.in_environment, "ConfigurationProfileId": self.profile_id, **more}
        return self.tenant.control.start_deployment(
            **given, DeploymentStrategyId=strategy, ConfigurationVersion=str(version)
        )

    def deploy_at_once(self, version):
        if self._at_once is None:
            self._at_once = self.tenant.strategy("at once")
        deployment = self.start(self._at_once, version)
        assert deployment["State"] == "COMPLETE"
        return deployment

    def publish(self, content, content_type="text/plain", **more):
        """Stores a version, deploys it to everyone and gives its number."""
        version = self.put(content, content_type, **more)
        self.deploy_at_once(version)
        return version

    def deployment(self, number):
        return self.tenant.control.get_deployment(**self.in_environment, DeploymentNumber=number)

    def stop(self, number, **more):
        return self.tenant.control.stop_deployment(**self.in_environment, DeploymentNumber=number, **more)

    def environment_state(self):
        return self.tenant.control.get_environment(**self.in_environment)["State"]

    def open_session(self, interval_s=15, **more):
        """Starts a configuration session by the names; None leaves the interval to the server."""
        wanted = {} if interval_s is None else {"RequiredMinimumPollIntervalInSeconds": interval_s}
        started = self.tenant.data.start_configuration_session(**{**self.identifiers, **wanted, **more})
        return Session(self.tenant, started["InitialConfigurationToken"])


class Session:
    """A client's side of a configuration session: its next token, and the content that it works with."""

    def __init__(self, tenant, token):
        self.tenant = tenant
        self.token = token
        self.held = None

    def poll(self):
        """Polls once, keeps the next token, and gives the body; an empty one leaves what is held."""
        answer = self.tenant.data.get_latest_configuration(ConfigurationToken=self.token)
        self.token = answer["NextPollConfigurationToken"]
        body = answer["Configuration"].read()
        if body:
            self.held = body
        return body


def refusal(call, **given):
    """Makes a call that must be refused and gives the error response as botocore reads it."""
    try:
        call(**given)
    except botocore.exceptions.ClientError as error:
        return error.response
    raise AssertionError(f"{call.__name__} was not refused")


STATUS = {
    "BadRequestException": 400,
    "ServiceQuotaExceededException": 402,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "PayloadTooLargeException": 413,
}


def assert_refused(code, message, call, **given):
    """Asserts that a call is refused with this error and, unless it is None, exactly this message."""
    response = refusal(call, **given)
    said = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
    assert said == (code, STATUS[code]), response
    if message is not None:
        assert response["Error"]["Message"] == message
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-errortype"] == f"{code}:"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-amzn-requestid"])
    return response


def status_of(response):
    return response["ResponseMetadata"]["HTTPStatusCode"]


def without_metadata(response):
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def all_pages(client, operation, page_size, **given):
    """Gives the sizes of the pages and all items, by the SDK's own paginator."""
    paginator = client.get_paginator(operation)
    pages = list(paginator.paginate(PaginationConfig={"PageSize": page_size}, **given))
    return [len(page["Items"]) for page in pages], [item for page in pages for item in page["Items"]]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(claim, limit_s=10):
    """Waits, in real time, until a claim about another process holds: only where real time is the subject."""
    deadline = time.monotonic() + limit_s
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
