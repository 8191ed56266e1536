"""Feature flags as authors write them and as the agent reads them."""

import datetime
import json
import re

from amazon.ion import simpleion
from amazon.ion.core import IonType
from harness import Channel, Session

FEATURE_FLAGS = "AWS.AppConfig.FeatureFlags"
JSON = "application/json"
ION = "application/ion; type=AWS.AppConfig.FeatureFlags"
# What AWS's agent sends.
AGENT_ACCEPT = "application/ion;type=AWS.AppConfig.FeatureFlags;q=1.0,*/*;q=0.1"


class FlagChannel(Channel):
    """A channel of feature flags."""

    def __init__(self, tenant, application="shop", environment="live", profile="flags"):
        super().__init__(tenant, application, environment, profile, Type=FEATURE_FLAGS)

    def author(self, document, **more):
        """Stores a document and gives the version's number and what was stored."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        answer = self.tenant.control.create_hosted_configuration_version(
            **self.in_profile, Content=content, ContentType=JSON, **more
        )
        return answer["VersionNumber"], answer["Content"].read()

    def stored(self, number):
        answer = self.tenant.control.get_hosted_configuration_version(**self.in_profile, VersionNumber=number)
        assert answer["ContentType"] == JSON
        return answer["Content"].read()

    def release(self, document, **more):
        """Stores a document, deploys it to everyone and gives the version's number."""
        number, _ = self.author(document, **more)
        self.deploy_at_once(number)
        return number

    def open_reader(self, accept=AGENT_ACCEPT, interval_s=15):
        return Reader(self.tenant, self.open_session(interval_s).token, accept)


class Reader(Session):
    """A session whose polls name the types that they take."""

    def __init__(self, tenant, token, accept):
        super().__init__(tenant, token)
        self.accept = accept
        self.client = tenant.server.client("appconfigdata", tenant.account, region=tenant.region)
        self.client.meta.events.register("before-call.appconfigdata.GetLatestConfiguration", self._name_types)

    def _name_types(self, params, **_):
        if self.accept is not None:
            params["headers"]["Accept"] = self.accept

    def answer(self):
        """Polls once and gives the whole answer, with the body read."""
        answer = self.client.get_latest_configuration(ConfigurationToken=self.token)
        self.token = answer["NextPollConfigurationToken"]
        answer["Configuration"] = answer["Configuration"].read()
        answer["Headers"] = answer["ResponseMetadata"]["HTTPHeaders"]
        assert answer["Headers"]["content-length"] == str(len(answer["Configuration"]))
        return answer

    def poll(self):
        body = self.answer()["Configuration"]
        if body:
            self.held = body
        return body

    def read(self):
        """Polls once and gives the flags in whichever form they came; None if there is no news."""
        answer = self.answer()
        body = answer["Configuration"]
        if not body:
            return None
        return json.loads(body) if answer["ContentType"] == JSON else read_ion(body)


def read_ion(content):
    """Reads the agent's form: a flag is its content, or a list of (name, rule, content) and the default's content."""
    assert content[:4] == b"\xe0\x01\x00\xea", "it is binary Ion"
    flags = {}
    for value in simpleion.loads(content, single_value=False):
        (key,) = (annotation.text for annotation in value.ion_annotations)
        assert key not in flags
        flags[key] = _flag(value)
    return flags


def _flag(value):
    if value.ion_type == IonType.STRING:
        return json.loads(value)
    assert value.ion_type == IonType.LIST
    *ruled, default = value
    assert (default.ion_type, default.ion_annotations) == (IonType.STRING, ())
    variants = []
    for variant in ruled:
        assert variant.ion_type == IonType.LIST
        (name,) = (annotation.text for annotation in variant.ion_annotations)
        rule, content = variant
        assert (rule.ion_type, content.ion_type) == (IonType.SEXP, IonType.STRING)
        content = json.loads(content)
        assert content["_variant"] == name
        variants.append((name, rule_text(rule), content))
    return [*variants, json.loads(default)]


def rule_text(value):
    """A rule as a person would write it, in one line."""
    name = "".join(f"{annotation.text}::" for annotation in value.ion_annotations)
    match value.ion_type:
        case IonType.SEXP:
            return f"{name}({' '.join(map(rule_text, value))})"
        case IonType.LIST:
            return f"{name}[{', '.join(map(rule_text, value))}]"
        case IonType.SYMBOL:
            return name + value.text
        case IonType.STRING:
            return name + json.dumps(str(value), ensure_ascii=False)
        case IonType.BOOL:
            return name + ("true" if value else "false")
        case IonType.TIMESTAMP:
            return name + value.isoformat()
        case _:
            return f"{name}{value}"


def time_text(at_ms):
    """A time as the service writes it: in UTC, with milliseconds and without trailing zeros."""
    at = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC)
    text = at.strftime("%Y-%m-%dT%H:%M:%S") + f".{at_ms % 1000:03}"
    return text.rstrip("0").rstrip(".") + "Z"


def without_times(content):
    """A stored document with its times taken out."""
    return re.sub(rb'"_(created|updated)At":"[^"]*",?', b"", content).replace(b",}", b"}")
