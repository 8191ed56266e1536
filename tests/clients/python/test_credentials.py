"""Checked credentials with real clients: keys, policies, roles, and web identities of an OIDC issuer made here."""

import base64
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from harness import BINARY, REGION, Server, refusal, until

ACCOUNT = "000000000000"


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEGATE_", "AWS_"))}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": REGION, **more}


class Guarded(Server):
    """A server with checked credentials, and the command line in front of its store."""

    def __init__(self, *flags):
        super().__init__(*flags, clock=None)
        self.admin = self.key("admin", "--policy", "AdministratorAccess")
        until(lambda: self.request("GET", "/settings")[0] == 403)

    def tidegate(self, *arguments, text=None):
        command = [str(BINARY), *map(str, arguments), "--json"]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, env=environment(TIDEGATE_DATA=str(self.data)), timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def key(self, name, *more):
        made = self.tidegate("keys", "create", name, *more)
        return {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}

    def policy(self, name, *statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.tidegate("policy", "put", name, "-", text=json.dumps(document))

    def as_(self, credentials, service="appconfig", region=REGION):
        config = Config(retries={"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.url, region_name=region, config=config, **credentials)

    def until_known(self, credentials):
        def is_known():
            with contextlib.suppress(botocore.exceptions.ClientError):
                return bool(self.as_(credentials, "sts").get_caller_identity())
            return False

        until(is_known)
        return credentials


@pytest.fixture(scope="module")
def guarded():
    server = Guarded()
    yield server
    server.remove()


def temporary(answer):
    given = answer["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


# Keys and policies.


def test_boto3_is_let_in_by_its_key_and_held_to_its_policies(guarded):
    guarded.policy("lists", allow("appconfig:ListApplications"))
    lists = guarded.until_known(guarded.key("lister", "--policy", "lists"))
    assert guarded.as_(lists).list_applications()["Items"] == []
    denied = refusal(guarded.as_(lists).create_application, Name="shop")
    assert denied["Error"]["Code"] == "AccessDeniedException"
    assert denied["Error"]["Message"].startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/lister is not authorized to perform: appconfig:CreateApplication"
    )
    wrong = {**lists, "aws_secret_access_key": "wrong"}
    assert refusal(guarded.as_(wrong).list_applications)["Error"]["Code"] == "InvalidSignatureException"
    unknown = {**lists, "aws_access_key_id": "AKIAUNKNOWNUNKNOWN22"}
    assert refusal(guarded.as_(unknown).list_applications)["Error"]["Code"] == "UnrecognizedClientException"


def test_the_aws_cli_is_let_in_and_refused_as_boto3(guarded):
    names = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}

    def run(credentials, *arguments):
        given = {names[name]: value for name, value in credentials.items()}
        # The one that was installed beside this Python.
        aws = pathlib.Path(sys.executable).with_name("aws")
        command = [str(aws), "--endpoint-url", guarded.url, "--output", "json", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment(**given), timeout=120)

    assert run(guarded.admin, "appconfig", "list-applications").returncode == 0
    identity = json.loads(run(guarded.admin, "sts", "get-caller-identity").stdout)
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/admin"
    refused = run({**guarded.admin, "aws_secret_access_key": "wrong"}, "appconfig", "list-applications")
    assert refused.returncode != 0 and "InvalidSignatureException" in refused.stderr


def test_a_presigned_url_is_good_until_it_expires(guarded):
    client = guarded.as_(guarded.admin)
    url = client.generate_presigned_url("list_applications", Params={}, ExpiresIn=600)
    with urllib.request.urlopen(url) as answer:
        assert "Items" in json.load(answer)
    for spoilt in (url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"), url.replace("/applications", "/extensions")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(spoilt)
        assert refused.value.headers["x-amzn-errortype"] == "InvalidSignatureException:"
    brief = client.generate_presigned_url("list_applications", Params={}, ExpiresIn=1)

    def is_over():
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(brief)
            return False
        return True

    until(is_over)


# Roles.


def test_a_role_is_taken_on_by_whom_it_trusts_and_may_what_its_policies_say(guarded):
    sailor = guarded.key("sailor")
    guarded.tidegate("roles", "put", "lookout", "--policy", "TidegateReadOnly", "--trust-user", "sailor")
    guarded.until_known(sailor)
    sts = guarded.as_(sailor, "sts")
    arn = f"arn:aws:iam::{ACCOUNT}:role/lookout"
    given = sts.assume_role(RoleArn=arn, RoleSessionName="watch", DurationSeconds=900)
    assert given["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/lookout/watch"
    assert given["Credentials"]["AccessKeyId"].startswith("ASIA")
    role = temporary(given)
    identity = guarded.as_(role, "sts").get_caller_identity()
    assert identity["Arn"] == given["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == given["AssumedRoleUser"]["AssumedRoleId"]
    guarded.as_(role).list_applications()
    denied = refusal(guarded.as_(role).create_application, Name="yard")["Error"]
    assert denied["Code"] == "AccessDeniedException"
    assert denied["Message"].startswith(f"User: {identity['Arn']} is not authorized")
    # Its token under another key, and its key under another token.
    other = temporary(sts.assume_role(RoleArn=arn, RoleSessionName="other"))
    for spoilt in (
        {**role, "aws_session_token": other["aws_session_token"]},
        {**role, "aws_session_token": role["aws_session_token"][:-2] + "AA"},
        {**role, "aws_access_key_id": other["aws_access_key_id"]},
    ):
        assert refusal(guarded.as_(spoilt).list_applications)["Error"]["Code"] == "UnrecognizedClientException"
    bare = {name: value for name, value in role.items() if name != "aws_session_token"}
    assert refusal(guarded.as_(bare).list_applications)["Error"]["Code"] == "UnrecognizedClientException"
    refused = refusal(guarded.as_(guarded.admin, "sts").assume_role, RoleArn=arn, RoleSessionName="watch")
    assert refused["Error"]["Code"] == "AccessDenied"
    long = refusal(sts.assume_role, RoleArn=arn, RoleSessionName="watch", DurationSeconds=7200)
    assert long["Error"]["Code"] == "ValidationError"
    guarded.tidegate("roles", "delete", "lookout")
    assert refusal(guarded.as_(role).list_applications)["Error"]["Code"] == "UnrecognizedClientException"


def test_a_sessions_policy_narrows_the_roles_and_never_widens_them(guarded):
    guarded.tidegate("roles", "put", "wide", "--policy", "TidegateReadOnly", "--trust-user", "admin")
    sts = guarded.as_(guarded.admin, "sts")
    arn = f"arn:aws:iam::{ACCOUNT}:role/wide"

    def is_there():
        with contextlib.suppress(botocore.exceptions.ClientError):
            return bool(sts.assume_role(RoleArn=arn, RoleSessionName="is-there"))

    until(is_there)
    narrow = json.dumps({"Statement": [allow("appconfig:ListApplications", "appconfig:CreateApplication")]})
    client = guarded.as_(temporary(sts.assume_role(RoleArn=arn, RoleSessionName="narrow", Policy=narrow)))
    client.list_applications()
    assert refusal(client.list_extensions)["Error"]["Code"] == "AccessDeniedException"
    assert refusal(client.create_application, Name="yard")["Error"]["Code"] == "AccessDeniedException"
    broken = refusal(sts.assume_role, RoleArn=arn, RoleSessionName="narrow", Policy="{}")
    assert broken["Error"]["Code"] == "MalformedPolicyDocument"


def role_of_admin(guarded, name, *more):
    """Makes a role that the administrator may take on, and gives a way to do so."""
    guarded.tidegate("roles", "put", name, "--trust-user", "admin", *more)
    sts = guarded.as_(guarded.admin, "sts")
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def take(session, **narrow):
        def taken():
            with contextlib.suppress(botocore.exceptions.ClientError):
                return sts.assume_role(RoleArn=arn, RoleSessionName=session, **narrow)

        until(taken)
        return temporary(taken())

    return take


def test_what_a_policy_gives_one_session_of_a_role_no_other_gets(guarded):
    only_alice = {"StringLike": {"aws:userid": "*:alice"}}
    guarded.policy(
        "alice-reads",
        allow("appconfig:StartConfigurationSession"),
        allow("appconfig:GetLatestConfiguration", Condition=only_alice),
    )
    take = role_of_admin(guarded, "shared", "--policy", "alice-reads")
    admin = guarded.as_(guarded.admin)
    application = admin.create_application(Name="pantry")["Id"]
    environment_id = admin.create_environment(ApplicationId=application, Name="live")["Id"]
    profile = admin.create_configuration_profile(ApplicationId=application, Name="list", LocationUri="hosted")["Id"]
    admin.create_hosted_configuration_version(
        ApplicationId=application, ConfigurationProfileId=profile, Content=b"secret", ContentType="text/plain"
    )
    strategy = admin.create_deployment_strategy(
        Name="at once", DeploymentDurationInMinutes=0, GrowthFactor=100, ReplicateTo="NONE"
    )["Id"]
    admin.start_deployment(
        ApplicationId=application, EnvironmentId=environment_id, ConfigurationProfileId=profile,
        ConfigurationVersion="1", DeploymentStrategyId=strategy,
    )

    def poll(credentials):
        data = guarded.as_(credentials, "appconfigdata")
        token = data.start_configuration_session(
            ApplicationIdentifier="pantry", EnvironmentIdentifier="live", ConfigurationProfileIdentifier="list"
        )["InitialConfigurationToken"]
        return data.get_latest_configuration, token

    alice, bob = take("alice"), take("bob")
    for _ in range(2):
        call, token = poll(alice)
        assert call(ConfigurationToken=token)["Configuration"].read() == b"secret"
        call, token = poll(bob)
        assert refusal(call, ConfigurationToken=token)["Error"]["Code"] == "AccessDeniedException"


def test_policies_know_a_session_by_the_arn_of_its_role(guarded):
    by_role = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/den*"}}
    deny = {"Effect": "Deny", "Action": "appconfig:ListApplications", "Resource": "*", "Condition": by_role}
    guarded.policy("but-for-some", allow("appconfig:*"), deny)
    denied, other = (role_of_admin(guarded, name, "--policy", "but-for-some")("session") for name in ("denied", "other"))
    assert refusal(guarded.as_(denied).list_applications)["Error"]["Code"] == "AccessDeniedException"
    guarded.as_(denied).list_extensions()
    guarded.as_(other).list_applications()


def test_what_narrows_a_session_narrows_what_is_taken_on_from_it(guarded):
    take = role_of_admin(guarded, "step-one", "--policy", "AdministratorAccess")
    role_of_admin(guarded, "step-two", "--policy", "AdministratorAccess", "--trust-role", "step-one")("known")
    second = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/step-two", "RoleSessionName": "escape"}
    narrow = json.dumps({"Statement": [allow("appconfig:GetApplication")]})
    narrowed = guarded.as_(take("narrow", Policy=narrow), "sts")
    assert refusal(narrowed.assume_role, **second)["Error"]["Code"] == "AccessDenied"
    wide = json.dumps({"Statement": [allow("sts:AssumeRole")]})
    assert guarded.as_(take("wide", Policy=wide), "sts").assume_role(**second)


def test_nobody_reports_alarms_for_another_account(guarded):
    tenant = guarded.until_known(guarded.key("neighbour", "--account", "111122223333", "--policy", "AdministratorAccess"))

    def put(credentials, query=""):
        url = f"{guarded.url}/_tidegate/alarms/boom{query}"
        request = AWSRequest("PUT", url, data=b'{"state": "ALARM"}')
        keys = Credentials(credentials["aws_access_key_id"], credentials["aws_secret_access_key"])
        SigV4Auth(keys, "appconfig", REGION).add_auth(request)
        target = url.removeprefix(guarded.url)
        return guarded.request("PUT", target, request.data, dict(request.headers))[0]

    assert put(tenant) == 200
    assert put(tenant, "?account=111122223333") == 200
    assert put(tenant, f"?account={ACCOUNT}") == 403
    assert put(guarded.admin, "?account=111122223333") == 403
    assert guarded.request("PUT", "/_tidegate/alarms/boom", b'{"state": "ALARM"}')[0] == 403


def test_roles_are_taken_on_one_from_another_for_an_hour_and_not_for_ever(guarded):
    guarded.tidegate("roles", "put", "chain", "--policy", "AdministratorAccess", "--trust-user", "admin",
                     "--trust-role", "chain", "--max-session", "12h")
    arn = f"arn:aws:iam::{ACCOUNT}:role/chain"
    credentials = guarded.admin

    def first():
        with contextlib.suppress(botocore.exceptions.ClientError):
            return guarded.as_(guarded.admin, "sts").assume_role(RoleArn=arn, RoleSessionName="link-0", DurationSeconds=43200)

    until(first)
    for depth in range(5):
        sts = guarded.as_(credentials, "sts")
        if depth:
            too_long = refusal(sts.assume_role, RoleArn=arn, RoleSessionName="link", DurationSeconds=3601)
            assert too_long["Error"]["Code"] == "ValidationError"
        credentials = temporary(sts.assume_role(RoleArn=arn, RoleSessionName=f"link-{depth}"))
    refused = refusal(guarded.as_(credentials, "sts").assume_role, RoleArn=arn, RoleSessionName="link-5")
    assert refused["Error"]["Code"] == "AccessDenied"


def test_a_profile_with_a_role_needs_nothing_else(guarded, tmp_path):
    guarded.tidegate("roles", "put", "profiled", "--policy", "TidegateReadOnly", "--trust-account", ACCOUNT,
                     "--external-id", "4711")
    (tmp_path / "config").write_text(
        f"[profile base]\nregion = {REGION}\n"
        f"[profile reader]\nregion = {REGION}\nsource_profile = base\nexternal_id = 4711\n"
        f"role_arn = arn:aws:iam::{ACCOUNT}:role/profiled\n"
    )
    (tmp_path / "credentials").write_text(
        "[base]\n" + "".join(f"{name} = {value}\n" for name, value in guarded.admin.items())
    )
    script = "import boto3; print(boto3.client('appconfig').list_applications()['Items'])"
    given = environment(AWS_CONFIG_FILE=str(tmp_path / "config"), AWS_PROFILE="reader", AWS_ENDPOINT_URL=guarded.url,
                        AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"))

    def run():
        return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=given, timeout=60)

    until(lambda: run().returncode == 0, limit_s=60)
    without = refusal(guarded.as_(guarded.admin, "sts").assume_role,
                      RoleArn=f"arn:aws:iam::{ACCOUNT}:role/profiled", RoleSessionName="reader")
    assert without["Error"]["Code"] == "AccessDenied"


# Web identities.


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_prime(number):
    """Miller and Rabin's test, often enough for a key that guards nothing."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def prime(bits=1024):
    while True:
        number = secrets.randbits(bits) | 3 << (bits - 2) | 1
        if number % 65537 != 1 and all(number % small for small in (3, 5, 7, 11, 13, 17, 19)) and is_prime(number):
            return number


class RsaKey:
    """RS256 by hand: what an issuer signs with. It guards nothing."""

    PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")

    def __init__(self, key_id):
        p, q = prime(), prime()
        self.key_id, self.n, self.d = key_id, p * q, pow(65537, -1, (p - 1) * (q - 1))

    def public(self):
        return {"kty": "RSA", "kid": self.key_id, "use": "sig", "alg": "RS256", "n": b64(self.n.to_bytes(256)), "e": "AQAB"}

    def sign(self, claims, **header):
        header = {"alg": "RS256", "kid": self.key_id, "typ": "JWT", **header}
        signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
        digest = self.PREFIX + hashlib.sha256(signed.encode()).digest()
        padded = b"\x00\x01" + b"\xff" * (253 - len(digest)) + b"\x00" + digest
        return f"{signed}.{b64(pow(int.from_bytes(padded), self.d, self.n).to_bytes(256))}"


class Issuer:
    """An OIDC issuer with discovery and keys."""

    def __init__(self):
        self.keys, self.asked = [RsaKey("first")], 0
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                pages = {
                    "/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"},
                    "/keys": {"keys": [key.public() for key in issuer.keys]},
                }
                text = json.dumps(pages[self.path]).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def claims(self, **more):
        now = int(time.time())
        return {"iss": self.url, "sub": "system:serviceaccount:shop:reader", "aud": ["tidegate"], "exp": now + 600,
                "iat": now, **more}

    def token(self, **more):
        return self.keys[0].sign(self.claims(**more))


@pytest.fixture(scope="module")
def issuer(guarded):
    issuer = Issuer()
    guarded.tidegate("issuers", "put", issuer.url)
    guarded.tidegate("roles", "put", "pods", "--policy", "TidegateReadOnly", "--trust-oidc",
                     f"issuer={issuer.url},audience=tidegate,subject=system:serviceaccount:shop:*")
    until(lambda: assume(guarded, issuer.token())[0] == "ASIA")
    yield issuer
    issuer.server.shutdown()


def assume(guarded, token, role="pods", **more):
    """Takes a role on with a token; gives the beginning of the key, or the error's code."""
    sts = boto3.client("sts", endpoint_url=guarded.url, region_name=REGION, aws_access_key_id="x",
                       aws_secret_access_key="x", config=Config(retries={"total_max_attempts": 1}))
    given = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": "pod-1", "WebIdentityToken": token, **more}
    try:
        answer = sts.assume_role_with_web_identity(**given)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], None
    return answer["Credentials"]["AccessKeyId"][:4], answer


def test_a_pods_token_becomes_credentials(guarded, issuer):
    _, answer = assume(guarded, issuer.token())
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:shop:reader"
    assert (answer["Audience"], answer["Provider"]) == ("tidegate", issuer.url)
    client = guarded.as_(temporary(answer))
    client.list_applications()
    assert refusal(client.create_application, Name="yard")["Error"]["Code"] == "AccessDeniedException"


def test_the_sdks_standard_settings_are_enough(guarded, issuer, tmp_path):
    (tmp_path / "token").write_text(issuer.token())
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    given = environment(AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"), AWS_ENDPOINT_URL=guarded.url,
                        AWS_ROLE_ARN=f"arn:aws:iam::{ACCOUNT}:role/pods", AWS_ROLE_SESSION_NAME="pod-7")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=given, timeout=60)
    assert done.stdout.strip() == f"arn:aws:sts::{ACCOUNT}:assumed-role/pods/pod-7", done.stderr


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another"}, "AccessDenied"),
        ({"aud": []}, "AccessDenied"),
        ({"sub": "system:serviceaccount:bank:reader"}, "AccessDenied"),
        ({"iss": "https://issuer.example"}, "AccessDenied"),
        ({"exp": 1_000_000_000}, "ExpiredTokenException"),
        ({"nbf": 4_000_000_000}, "InvalidIdentityToken"),
        ({"exp": None}, "InvalidIdentityToken"),
    ],
)
def test_a_token_for_others_or_of_another_time_is_refused(guarded, issuer, claims, code):
    assert assume(guarded, issuer.token(**claims))[0] == code


def test_a_token_that_the_issuer_did_not_sign_is_refused(guarded, issuer):
    claims, genuine = issuer.claims(), issuer.token()
    signed, _, signature = genuine.rpartition(".")
    unsigned = f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(json.dumps(claims).encode())}."
    other = f"{signed.split('.')[0]}.{b64(json.dumps({**claims, 'sub': 'system:serviceaccount:shop:admin'}).encode())}"
    for forged in (unsigned, f"{other}.{signature}", f"{signed}.", RsaKey("first").sign(claims),
                   issuer.keys[0].sign(claims, alg="HS256"), issuer.keys[0].sign(claims, crit=["b64"]), "a.b.c"):
        assert assume(guarded, forged)[0] == "InvalidIdentityToken", forged
    assert assume(guarded, genuine, role="unknown")[0] == "AccessDenied"
    assert assume(guarded, genuine, Policy="{}")[0] == "MalformedPolicyDocument"


def test_an_issuer_is_not_asked_more_often_than_now_and_then(guarded, issuer):
    before = issuer.asked
    stranger = RsaKey("unknown-key")
    for _ in range(20):
        assert assume(guarded, stranger.sign(issuer.claims()))[0] == "InvalidIdentityToken"
    assert issuer.asked - before <= 2 * 3
