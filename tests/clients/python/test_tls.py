"""TLS, with real clients: boto3 and the AWS CLI, which judge the server's certificate and show their own."""

import http.client
import json
import ssl
import subprocess
import threading

import botocore.exceptions
import pytest
import trustme
from botocore.config import Config
from conftest import AWS
from cryptography.hazmat.primitives import serialization
from harness import REGION, Tenant, _boto, until


class Certificates:
    """Files of a certificate, its key and its authority."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = trustme.CA()
        self.bundle = folder / "authority.pem"
        self.authority.cert_pem.write_to_path(self.bundle)
        self.cert, self.key = folder / "server.crt", folder / "server.key"
        self.issue()

    def issue(self, form=serialization.PrivateFormat.PKCS8, key_type=trustme.KeyType.ECDSA):
        """Replaces the server's certificate, with its key in this form; gives the certificate in DER."""
        issued = self.authority.issue_cert("localhost", "127.0.0.1", key_type=key_type)
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        encoded = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        for path, content in [(self.key, encoded), (self.cert, b"".join(b.bytes() for b in issued.cert_chain_pems))]:
            draft = path.with_suffix(".new")
            draft.write_bytes(content)
            draft.replace(path)
        return ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())

    def of_client(self, authority, name):
        """Writes a client's certificate and its key; gives their paths."""
        issued = authority.issue_cert("worker.example")
        cert, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        issued.cert_chain_pems[0].write_to_path(cert)
        issued.private_key_pem.write_to_path(key)
        return str(cert), str(key)

    @property
    def flags(self):
        return ["--tls-cert", self.cert, "--tls-key", self.key]


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path)


def client(server, service, verify, own=None):
    return _boto.client(
        service,
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="any",
        verify=str(verify),
        config=Config(retries={"total_max_attempts": 1}, client_cert=own, connect_timeout=10, read_timeout=60),
    )


def shown_by(server):
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port), timeout=30))


def test_boto3_deploys_and_polls_over_tls_and_refuses_another_authority(own_server, certificates, tmp_path):
    server = own_server(*certificates.flags)
    assert server.url.startswith("https://127.0.0.1:")
    tenant = Tenant(server)
    tenant.control = client(server, "appconfig", certificates.bundle)
    tenant.data = client(server, "appconfigdata", certificates.bundle)
    channel = tenant.channel()
    channel.publish(b"over TLS")
    session = channel.open_session()
    assert session.poll() == b"over TLS"
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(botocore.exceptions.SSLError):
        client(server, "appconfig", other).list_applications()


def test_the_aws_cli_takes_the_authority_from_its_option_and_from_its_environment(own_server, certificates, tmp_path):
    server = own_server(*certificates.flags)
    environment = {
        "PATH": f"{AWS.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
    }
    command = [AWS, "--endpoint-url", server.url, "--output", "json"]
    call = ["appconfig", "list-applications"]

    def run(arguments, **more):
        return subprocess.run(arguments, env=environment | more, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    done = run([*command, "--ca-bundle", certificates.bundle, *call])
    assert (done.returncode, json.loads(done.stdout or "null")) == (0, {"Items": []}), done.stderr
    assert run([*command, *call], AWS_CA_BUNDLE=str(certificates.bundle)).returncode == 0
    refused = run([*command, *call])
    assert refused.returncode != 0 and "certificate" in refused.stderr.lower(), refused.stderr


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("key_type", [trustme.KeyType.ECDSA, trustme.KeyType.RSA])
def test_keys_of_every_form_are_read(own_server, certificates, form, key_type):
    shown = certificates.issue(form, key_type)
    server = own_server(*certificates.flags)
    assert shown_by(server) == shown
    assert client(server, "appconfig", certificates.bundle).list_applications()["Items"] == []


def test_clients_show_certificates_and_strangers_are_refused(own_server, certificates):
    own, stranger = trustme.CA(), trustme.CA()
    authority = certificates.folder / "clients.pem"
    own.cert_pem.write_to_path(authority)
    mine, theirs = certificates.of_client(own, "mine"), certificates.of_client(stranger, "theirs")
    server = own_server(*certificates.flags, "--tls-client-ca", authority)

    def ask(shown):
        return client(server, "appconfig", certificates.bundle, shown).list_applications()

    assert ask(mine)["Items"] == []
    for shown in [None, theirs]:
        with pytest.raises((botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)):
            ask(shown)
    assert ask(mine)["Items"] == []


def test_a_new_certificate_is_taken_under_load_without_a_failed_request(own_server, certificates):
    server = own_server(*certificates.flags)
    is_over, answered, failed = threading.Event(), [], []

    def work():
        context = ssl.create_default_context(cafile=certificates.bundle)
        kept = client(server, "appconfig", certificates.bundle)
        while not is_over.is_set():
            try:
                kept.list_applications()
                fresh = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=context)
                fresh.request("GET", "/applications")
                assert fresh.getresponse().status == 200
                fresh.close()
                answered.append(1)
            except Exception as error:
                failed.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(2):
        shown = certificates.issue()
        until(lambda shown=shown: shown_by(server) == shown, limit_s=30)
        count = len(answered)
        until(lambda count=count: len(answered) > count + 2 or failed, limit_s=30)
    is_over.set()
    for worker in workers:
        worker.join()
    assert not failed, failed
