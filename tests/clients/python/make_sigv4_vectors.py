"""Writes requests signed by botocore, one JSON object on a line: what `tidegate_wire::sigv4` has to make of each.

    python make_sigv4_vectors.py --seed 7 5000 target/sigv4.jsonl
    cargo run -p tidegate-wire --example sigv4_check target/sigv4.jsonl

Three kinds: calls of every operation as the clients make them, presigned URLs, and requests that no client makes but
the signer takes (odd paths, repeated parameters and headers, blanks). About one in six is spoilt afterwards, and says
under which name it has to be refused. The same seed gives the same lines, but for what botocore itself draws at random.

The sample that is checked in: `--seed 1 --longest 850 200 crates/wire/tests/sigv4/botocore.jsonl`.
"""

import argparse
import base64
import datetime
import json
import random
import string
import sys
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
from botocore.config import Config

SERVICES = ("appconfig", "appconfigdata")
REGIONS = ("eu-west-1", "us-gov-east-1", "ap-southeast-4", "cn-north-1", "x")
EPOCH = datetime.datetime(1970, 1, 1)
SKEW_S = 15 * 60

ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
ODD = ASCII + "äß€𝄞٣\u0301\u200b"
IDENTIFIER = string.ascii_lowercase + string.digits


class Captured(Exception):
    """A request on its way out."""

    def __init__(self, request):
        super().__init__()
        self.request = request


def capture(request, **_):
    raise Captured(request)


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = EPOCH
        self.clients = {}
        botocore.auth.get_current_datetime = lambda *_, **__: self.now

    # ---- pieces

    def text(self, alphabet, shortest=1, longest=24):
        return "".join(self.random.choices(alphabet, k=self.random.randint(shortest, longest)))

    def chance(self, of):
        return self.random.random() < of

    def credentials(self):
        token = self.text(string.ascii_letters + string.digits + "+/=", 40, 300) if self.chance(0.3) else None
        return botocore.credentials.Credentials(
            "AK" + self.text(string.ascii_uppercase + string.digits, 14, 18),
            self.text(string.ascii_letters + string.digits + "+/", 40, 40), token)

    def move_clock(self):
        self.now = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=self.random.randrange(10**8))

    def value(self, shape, in_header=False):
        kind = shape.type_name
        if kind == "structure":
            return {
                name: self.value(member, member.serialization.get("location") == "header")
                for name, member in shape.members.items()
                if name in shape.required_members or self.chance(0.5)
            }
        if kind == "list":
            return [self.value(shape.member) for _ in range(self.random.randint(1, 3))]
        if kind == "map":
            return {self.value(shape.key): self.value(shape.value) for _ in range(self.random.randint(1, 3))}
        if kind in ("integer", "long"):
            return self.random.randint(1, 50)
        if kind in ("float", "double"):
            return self.random.uniform(1, 100)
        if kind == "boolean":
            return self.chance(0.5)
        if kind == "timestamp":
            return self.now
        if kind == "blob":
            return self.random.randbytes(self.random.randint(0, 200))
        if in_header:
            return self.text(ASCII, 1, 40).strip() or "x"
        # A label that is all dots is another path: clients and servers do not agree about those.
        text = self.text(self.random.choice((IDENTIFIER, ASCII, ODD)), max(1, shape.metadata.get("min", 1)))
        return text if text.strip(".") else "x"

    # ---- requests

    def client(self, service, region, credentials):
        scheme = self.random.choice(("http", "https"))
        host = self.random.choice(("localhost:8787", "127.0.0.1", "appconfig.example.net", "[::1]:8443"))
        session = self.clients.setdefault("session", boto3.Session())
        client = session.client(
            service, region_name=region, endpoint_url=f"{scheme}://{host}",
            aws_access_key_id=credentials.access_key, aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token, config=Config(parameter_validation=False))
        client.meta.events.register("before-send.*", capture)
        return client

    def call(self, region, credentials):
        client = self.client(self.random.choice(SERVICES), region, credentials)
        model = client.meta.service_model
        operation = model.operation_model(self.random.choice(model.operation_names))
        members = self.value(operation.input_shape) if operation.input_shape else {}
        try:
            client._make_api_call(operation.name, members)
        except Captured as captured:
            return self.sent(captured.request)
        raise AssertionError("nothing was sent")

    def presigned(self, region, credentials):
        client = self.client(self.random.choice(SERVICES), region, credentials)
        model = client.meta.service_model
        names = [name for name in model.operation_names if model.operation_model(name).http["method"] == "GET"]
        operation = model.operation_model(self.random.choice(names))
        members = self.value(operation.input_shape) if operation.input_shape else {}
        expires = self.random.choice((1, 60, 3600, 604800, self.random.randint(1, 604800)))
        method = botocore.xform_name(operation.name)
        url = client.generate_presigned_url(method, Params=members, ExpiresIn=expires)
        parts = urllib.parse.urlsplit(url)
        return {
            "method": "GET", "path": parts.path, "query": parts.query or None,
            "headers": [["Host", parts.netloc]], "body": b"", "expires_s": expires}

    def synthetic(self, region, credentials, service="appconfig", headers=(), path=None):
        quote = lambda text: urllib.parse.quote(text, safe="-_.~")
        if path is None:
            segments = [self.text(self.random.choice((IDENTIFIER, ODD)), 1, 12) for _ in range(self.random.randint(0, 5))]
            path = "/" + "/".join(quote(segment) if segment.strip(".") else "x" for segment in segments)
            if segments and self.chance(0.1):
                path += "/"
        names = [self.text(self.random.choice((IDENTIFIER + "-._~", ODD)), 1, 3) for _ in range(3)]
        pairs = [(self.random.choice(names), self.text(ODD, 0, 12)) for _ in range(self.random.randint(0, 7))]
        pieces = [quote(name) if not value and self.chance(0.5) else f"{quote(name)}={quote(value)}" for name, value in pairs]
        host = self.random.choice(("localhost:8787", "appconfig.example.net", "localhost"))
        url = f"http://{host}{path}" + ("?" + "&".join(pieces) if pieces else "")
        method = self.random.choice(("GET", "POST", "PATCH", "DELETE", "PUT"))
        body = self.random.randbytes(self.random.randint(0, 300)) if self.chance(0.5) else b""
        request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body)
        for name, value in headers:
            request.headers[name] = value
        for _ in range(self.random.randint(0, 5)):
            name = self.random.choice(("X-Amz-", "x-AMZN-", "Accept-", "b", "B")) + self.text(string.ascii_letters, 0, 5)
            name = name.rstrip("-") if self.chance(0.7) else "B"
            words = [self.text(string.ascii_letters + "\"',;=/*", 0, 6) for _ in range(4)]
            request.headers[name] = self.random.choice((" ", "  ", "\t", " \t ")).join(words)
        if self.chance(0.1):
            request.headers["Date"] = "now"
        botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
        # What is prepared for sending has the last of repeated headers only, and the signer has signed them all.
        return self.sent(request.prepare(), request.headers.items())

    @staticmethod
    def sent(request, headers=None):
        parts = urllib.parse.urlsplit(request.url)
        plain = lambda text: text.decode("latin-1") if isinstance(text, bytes) else str(text)
        body = request.body or b""
        headers = [[plain(name), plain(value)] for name, value in headers or request.headers.items()]
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ["Host", parts.netloc])
        return {
            "method": request.method, "path": parts.path, "query": parts.query or None, "headers": headers,
            "body": body.encode() if isinstance(body, str) else bytes(body), "expires_s": None}

    # ---- lines

    def line(self):
        self.move_clock()
        region, credentials = self.random.choice(REGIONS), self.credentials()
        secret, expect = credentials.secret_key, "ok"
        late_by = None
        kind = self.random.choices(("call", "presigned", "synthetic", "spoilt"), (45, 15, 25, 15))[0]
        if kind == "call":
            request = self.call(region, credentials)
        elif kind == "presigned":
            request = self.presigned(region, credentials)
        elif kind == "synthetic":
            request = self.synthetic(region, credentials)
        else:
            request = self.synthetic(region, credentials)
            expect = "InvalidSignatureException"
            way = self.random.randrange(9)
            if way == 0:
                secret = secret[::-1]
            elif way == 1:
                request = self.synthetic(region, credentials, service=self.random.choice(("appconfigdata", "s3", "sts")))
            elif way == 2:
                stated = self.random.choice((
                    "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64))
                request = self.synthetic(region, credentials, headers=[("X-Amz-Content-SHA256", stated)])
            elif way == 3:
                late_by = self.random.choice((SKEW_S + 1, -SKEW_S - 1, 10**7, -(10**7)))
            elif way == 4:
                path = self.random.choice(("/a/../b", "/a//b", "/a/./b", "//", "/..", "/a/."))
                request = self.synthetic(region, credentials, path=path)
            elif way == 5:
                request["headers"].append(["X-Amz-Smuggled", "1"])
                expect = "IncompleteSignatureException"
            elif way == 6:
                request["headers"] = [pair for pair in request["headers"] if pair[0].lower() != "authorization"]
                expect = "MissingAuthenticationTokenException"
            elif way == 7:
                request["body"] += b"!"
            else:
                request["query"] = (request["query"] or "") + "&z=1"
        expires_s = request.pop("expires_s")
        if late_by is None:
            late_by = self.random.randint(-SKEW_S, SKEW_S if expires_s is None else expires_s)
        signed_at_ms = int((self.now - EPOCH).total_seconds()) * 1000
        request["body"] = base64.b64encode(request["body"]).decode()
        return {
            **request, "access_key_id": credentials.access_key, "secret": secret, "session_token": credentials.token,
            "region": region, "now_ms": signed_at_ms + late_by * 1000, "expect": expect}


def write(count, seed, file, longest=None):
    maker = Maker(seed)
    while count:
        line = json.dumps(maker.line(), separators=(",", ":"), ensure_ascii=True)
        if longest is None or len(line) <= longest:
            file.write(line + "\n")
            count -= 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("path", nargs="?")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=int, help="leave out longer lines")
    arguments = parser.parse_args()
    if arguments.path is None:
        write(arguments.count, arguments.seed, sys.stdout, arguments.longest)
    else:
        with open(arguments.path, "w", encoding="ascii") as out:
            write(arguments.count, arguments.seed, out, arguments.longest)
