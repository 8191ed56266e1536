"""What no SDK would send. Everything gets an answer, the answer is a 4xx with a JSON body, and the server goes on."""

import http.client
import json
import socket
import threading

import pytest
from harness import until, without_metadata

MEBIBYTE = 1024 * 1024
# The server throws away 128 MiB of what is too large, so that its refusal can be read, and what lies in buffers.
READ_AT_MOST = 160 * MEBIBYTE
JSON = {"content-type": "application/json"}
VERSIONS = "/applications/shop/configurationprofiles/theme/hostedconfigurationversions"


@pytest.fixture(autouse=True)
def goes_on_serving(tenant, channel):
    yield
    assert without_metadata(tenant.control.get_application(ApplicationId="shop"))["Id"] == channel.application_id


def assert_modelled_refusal(answer, statuses=range(400, 500)):
    status, headers, body = answer
    assert status in statuses, answer
    assert headers["content-type"] == "application/json"
    assert headers["x-amzn-errortype"].endswith(":"), headers
    assert headers["x-amzn-requestid"]
    said = json.loads(body)
    assert isinstance(said, dict)
    return said


def assert_refused_with(code, status, answer):
    said = assert_modelled_refusal(answer, [status])
    assert answer[1]["x-amzn-errortype"] == f"{code}:"
    assert said["Message"]
    return said


# Bodies.

NOT_JSON = {
    "an open brace": b"{",
    "a bare word": b"Name",
    "a missing value": b'{"Name":}',
    "a trailing comma": b'{"Name":"a",}',
    "single quotes": b"{'Name':'a'}",
    "text after the end": b'{"Name":"a"} x',
    "two documents": b'{"Name":"a"}{"Name":"b"}',
    "bytes that are not UTF-8": b'{"Name":"\xff\xfe"}',
    "half a surrogate pair": b'{"Name":"\\ud800"}',
    "a raw control character": b'{"Name":"a\x01b"}',
    "not a number": b'{"Name":NaN}',
    "nulls": b"\x00\x00\x00",
    "a deep list": b"[" * 100_000,
    "a deep list in a member": b'{"Name":' + b"[" * 100_000,
    "a deep map": b'{"a":' * 100_000,
    "a deep map in a member that nobody knows": b'{"Name":"a","Other":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_a_body_that_is_not_json_is_refused(tenant, body):
    said = assert_modelled_refusal(tenant.raw("POST", "/applications", body, JSON), [400])
    assert said.get("Message") or said.get("message")
    assert [item["Name"] for item in tenant.control.list_applications()["Items"]] == ["shop"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"5", b"true", b'[{"Name":"a"}]'])
def test_a_body_that_is_not_an_object_is_refused(tenant, body):
    assert_modelled_refusal(tenant.raw("POST", "/applications", body, JSON), [400])


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Name":null}', b'{"name":"a"}', b'{"Other":"a"}'])
def test_a_body_without_the_required_member_is_refused_as_aws_does(tenant, body):
    said = assert_refused_with("BadRequestException", 400, tenant.raw("POST", "/applications", body, JSON))
    assert said["Message"] == (
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("name", ["5", "5.5", "true", "[]", '["a"]', "{}", '{"a":"b"}'])
def test_a_text_member_takes_only_text(tenant, name):
    body = '{"Name":%s}' % name
    assert_modelled_refusal(tenant.raw("POST", "/applications", body, JSON), [400])


@pytest.mark.parametrize("tags", ["[]", "5", '"a"', '{"a":5}', '{"a":null}', '{"a":["b"]}', '{"":"b"}'])
def test_a_map_of_texts_takes_nothing_else(tenant, tags):
    body = '{"Name":"other","Tags":%s}' % tags
    answer = tenant.raw("POST", "/applications", body, JSON)
    if tags == '{"a":null}' and answer[0] == 201:
        return  # A null among the values of a map may be left out instead.
    assert_modelled_refusal(answer, [400])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("DeploymentDurationInMinutes", value)
        for value in ['"5"', "5.5", "1e3000", "-1", "99999999999999999999999", "[]", "true", "1e400", "-0.5"]
    ]
    + [("GrowthFactor", value) for value in ['"x"', "1e3000", "-1", "[]", "{}", "true", "0", "1e-300"]]
    + [("GrowthType", value) for value in ["5", '""', '"linear"', "null", "[]"]]
    + [("FinalBakeTimeInMinutes", value) for value in ["2147483648", "-2147483649", '""']],
)
def test_numbers_and_choices_take_only_what_they_can_be(tenant, member, value):
    given = {"Name": '"steady"', "DeploymentDurationInMinutes": "10", "GrowthFactor": "50", member: value}
    body = "{%s}" % ",".join(f'"{name}":{text}' for name, text in given.items())
    answer = tenant.raw("POST", "/deploymentstrategies", body, JSON)
    if (member, value) == ("GrowthType", "null"):
        assert answer[0] == 201, "null is as good as absent"
    else:
        assert_modelled_refusal(answer, [400])


@pytest.mark.parametrize("monitors", ["{}", "5", "[5]", "[null]", "[[]]", '[{"AlarmArn":5}]', '[{}]', '"a"'])
def test_a_list_of_structures_takes_nothing_else(tenant, monitors):
    body = '{"Name":"test","Monitors":%s}' % monitors
    assert_modelled_refusal(tenant.raw("POST", "/applications/shop/environments", body, JSON), [400])


def test_members_that_nobody_knows_are_passed_over(tenant):
    body = b'{"Name":"other","NotInTheModel":{"a":[1,2,{"b":null}]},"Description":"d"}'
    status, _, answer = tenant.raw("POST", "/applications", body, JSON)
    assert status == 201
    assert json.loads(answer)["Description"] == "d"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-amz-json-1.1", "", "absurd", None])
def test_json_is_read_whatever_its_type_is_called_or_refused(tenant, content_type):
    headers = {} if content_type is None else {"content-type": content_type}
    status, answer_headers, body = tenant.raw("POST", "/applications", b'{"Name":"other"}', headers)
    if status != 201:
        assert_modelled_refusal((status, answer_headers, body))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"ApplicationIdentifier":5}', b"[" * 100_000]
    + [
        b'{"ApplicationIdentifier":"shop","EnvironmentIdentifier":"live","ConfigurationProfileIdentifier":"theme",'
        b'"RequiredMinimumPollIntervalInSeconds":' + interval + b"}"
        for interval in (b'"60"', b"14", b"86401", b"60.5", b"-1", b"99999999999999999999", b"[]")
    ],
)
def test_a_session_is_not_started_from_nonsense(tenant, body):
    assert_modelled_refusal(tenant.raw("POST", "/configurationsessions", body, JSON), [400])


# Bodies that are too large.


def talk(server, head, chunks):
    """Sends a request piece by piece until it is answered, and gives the answer and how many bytes it took."""
    connection = server.connect()
    with connection:
        answers = []

        def listen():
            response = http.client.HTTPResponse(connection)
            response.begin()
            answers.append(
                (response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
            )

        failures = []

        def guarded():
            try:
                listen()
            except Exception as error:  # noqa: BLE001 - told by the assertion below
                failures.append(error)

        listener = threading.Thread(target=guarded)
        listener.start()
        sent = 0
        try:
            connection.sendall(head)
            for chunk in chunks:
                if not listener.is_alive():
                    break
                connection.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass  # The server has stopped listening; what it said is what matters.
        listener.join(60)
        assert answers, f"no answer after {sent} bytes: {failures}"
        return answers[0], sent


def head(tenant, method, target, **headers):
    lines = [f"{method} {target} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in tenant.authorization.items()]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunked(piece, count):
    framed = b"%x\r\n%s\r\n" % (len(piece), piece)
    for _ in range(count):
        yield framed
    yield b"0\r\n\r\n"


def test_a_json_body_that_is_too_large_is_refused(tenant):
    body = b'{"Name":"other","Description":"' + b"x" * (8 * MEBIBYTE) + b'"}'
    request = head(tenant, "POST", "/applications", content_type="application/json", content_length=len(body))
    answer, _ = talk(tenant.server, request, [body[at : at + 65536] for at in range(0, len(body), 65536)])
    assert_modelled_refusal(answer, [400, 413])


def test_a_json_body_that_never_ends_is_refused_while_it_comes(tenant):
    request = head(tenant, "POST", "/applications", content_type="application/json", transfer_encoding="chunked")
    answer, sent = talk(tenant.server, request, chunked(b" " * 65536, 4096))
    assert_modelled_refusal(answer, [400, 413])
    assert sent < READ_AT_MOST


def test_a_json_body_that_announces_too_much_is_refused_before_it_comes(tenant):
    request = head(tenant, "POST", "/applications", content_type="application/json", content_length=10**10)
    answer, sent = talk(tenant.server, request, [])
    assert_modelled_refusal(answer, [400, 413])


def assert_content_too_large(answer, size=None):
    said = assert_modelled_refusal(answer, [413])
    assert answer[1]["x-amzn-errortype"] == "PayloadTooLargeException:"
    assert said["Message"] == "Content size limit exceeded."
    assert (said["Measure"], said["Limit"]) == ("KILOBYTES", 2048.0)
    assert said["Size"] > 2048.0
    if size is not None:
        assert said["Size"] == size


def test_content_over_the_limit_is_refused_with_its_size(tenant):
    answer = tenant.raw("POST", VERSIONS, b"x" * (2 * MEBIBYTE + 1), {"content-type": "text/plain"})
    assert_content_too_large(answer, 2049.0)


def test_content_that_announces_too_much_is_refused_before_it_comes(tenant):
    request = head(tenant, "POST", VERSIONS, content_type="text/plain", content_length=1024 * MEBIBYTE)
    answer, _ = talk(tenant.server, request, [])
    assert_content_too_large(answer)


def test_content_in_chunks_is_refused_while_it_comes(tenant):
    request = head(tenant, "POST", VERSIONS, content_type="text/plain", transfer_encoding="chunked")
    answer, sent = talk(tenant.server, request, chunked(b"x" * 65536, 4096))
    assert_content_too_large(answer)
    assert sent < READ_AT_MOST


def test_content_in_chunks_under_the_limit_is_stored(tenant, channel):
    request = head(tenant, "POST", VERSIONS, content_type="text/plain", transfer_encoding="chunked")
    (status, _, body), _ = talk(tenant.server, request, chunked(b"x" * 65536, 32))
    assert (status, len(body)) == (201, 2 * MEBIBYTE)


def test_a_client_that_asks_first_is_told_first(tenant):
    request = head(tenant, "POST", VERSIONS, content_type="text/plain", content_length=10**9, expect="100-continue")
    connection = tenant.server.connect()
    with connection:
        connection.sendall(request)
        status_line = connection.makefile("rb").readline()
    assert status_line.split()[1] in (b"413", b"417", b"400"), status_line


# Headers.


@pytest.mark.parametrize("number", ["abc", "1.5", "99999999999999999999", "-99999999999999999999", "0x1", "1 2", "١"])
def test_a_number_in_a_header_is_a_number(tenant, number):
    headers = {"content-type": "text/plain", "latest-version-number": number.encode()}
    assert_modelled_refusal(tenant.raw("POST", VERSIONS, b"x", headers), [400])


@pytest.mark.parametrize("allow", ["maybe", "1", "yes", "truefalse", "[true]"])
def test_a_truth_in_a_header_is_a_truth(tenant, channel, allow):
    channel.publish(b"content")
    target = "/applications/shop/environments/live/deployments/1"
    assert_modelled_refusal(tenant.raw("DELETE", target, headers={"allow-revert": allow}), [400])
    assert channel.deployment(1)["State"] == "COMPLETE"


def test_a_content_type_is_needed(tenant):
    said = assert_refused_with("BadRequestException", 400, tenant.raw("POST", VERSIONS, b"x"))
    assert "Value null at 'contentType' failed to satisfy constraint: Member must not be null" in said["Message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"description": "x" * 1025},
        {"versionlabel": "x" * 65},
        {"versionlabel": ""},
        {"versionlabel": "12345"},
        {"content-type": "text/" + "x" * 300},
    ],
    ids=["description", "label", "no label", "digits", "type"],
)
def test_a_text_in_a_header_keeps_its_limits(tenant, headers):
    answer = tenant.raw("POST", VERSIONS, b"x", {"content-type": "text/plain", **headers})
    assert_refused_with("BadRequestException", 400, answer)


@pytest.mark.parametrize("name", ["description", "versionlabel", "content-type", "x-invented", "user-agent", "accept"])
def test_bytes_in_a_header_that_are_not_text_do_no_harm(tenant, name):
    headers = {"content-type": "text/plain", name: b"\xff\xfe\x80 caf\xc3\xa9"}
    answer = tenant.raw("POST", VERSIONS, b"x", headers)
    if answer[0] != 201:
        assert_modelled_refusal(answer)


def test_a_protection_check_is_one_of_three(tenant):
    headers = {"x-amzn-deletion-protection-check": "SIDEWAYS"}
    assert_refused_with(
        "BadRequestException", 400, tenant.raw("DELETE", "/applications/shop/environments/live", headers=headers)
    )


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "absurd",
        "Basic dXNlcjpwYXNz",
        "Bearer token",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f/g, SignedHeaders=host, Signature=zz",
        "AWS4-HMAC-SHA256 " + "Credential=a," * 200,
        b"AWS4-HMAC-SHA256 Credential=\xff\xfe/20260101/eu-west-1/appconfig/aws4_request",
        "AWS4-HMAC-SHA256 Credential=210000000000/20260101/../appconfig/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=210000000000/20260101/" + "r" * 4000 + "/appconfig/aws4_request, Signature=0",
        "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/appconfig/aws4_request, SignedHeaders=host, Signature=0",
    ],
)
def test_an_absurd_authorization_is_passed_over_or_refused(server, authorization):
    answer = server.request("GET", "/applications", headers={"authorization": authorization})
    if answer[0] != 200:
        assert_modelled_refusal(answer)


def test_hundreds_of_headers_get_an_answer(server):
    headers = {f"x-invented-{number}": "value" for number in range(500)}
    status, _, _ = server.request("GET", "/applications", headers=headers)
    assert status == 200 or 400 <= status < 500


# Paths and queries.


@pytest.mark.parametrize(
    "target",
    [
        "/applications/%",
        "/applications/%z",
        "/applications/%zz",
        "/applications/%f",
        "/applications/%ff%fe",
        "/applications/%c0%80",
        "/applications/%ed%a0%80",
        "/applications/%00",
        "/applications/%2e%2e",
        "/applications/%2F",
        "/applications/%25",
        "/applications/a%0d%0ab",
        "/applications/shop/environments/%ff",
        "/applications/" + "x" * 65,
        "/applications/" + "%41" * 5000,
        "/applications/" + "a/" * 5000,
        "/deploymentstrategies/Not%20An%20Id",
        "/deploymentstrategies/" + "x" * 60,
    ],
    ids=lambda target: target[:40],
)
def test_a_path_that_names_nothing_is_refused(tenant, target):
    assert_modelled_refusal(tenant.raw("GET", target))


@pytest.mark.parametrize(
    "number", ["x", "-", "1.5", "0x1", "%31x", "99999999999999999999", "-99999999999999999999", "2147483648", "1e3", "%20", "NaN"]
)
@pytest.mark.parametrize(
    "collection",
    [
        "/applications/shop/environments/live/deployments",
        VERSIONS,
    ],
    ids=["deployment", "version"],
)
def test_a_number_in_a_path_is_a_number(tenant, collection, number):
    assert_modelled_refusal(tenant.raw("GET", f"{collection}/{number}"), [400, 404])


@pytest.mark.parametrize("number", ["0", "-1"])
def test_a_number_that_counts_nothing_is_not_found(tenant, number):
    assert_modelled_refusal(tenant.raw("GET", f"/applications/shop/environments/live/deployments/{number}"), [400, 404])
    assert_modelled_refusal(tenant.raw("GET", f"{VERSIONS}/{number}"), [400, 404])


@pytest.mark.parametrize(
    "query",
    [
        "max_results=abc",
        "max_results=0",
        "max_results=51",
        "max_results=-1",
        "max_results=1.5",
        "max_results=99999999999999999999",
        "max_results=%ff",
        "max_results=%zz",
        "next_token=",
        "next_token=" + "x" * 2049,
        "next_token=%ff",
        "next_token=%00",
        "next_token=bogus",
        "next_token=eyJvZmZzZXQiOi0xfQ==",
        "next_token=AAAA%2B%2F%3D",
    ],
    ids=lambda query: query[:30],
)
@pytest.mark.parametrize(
    "target",
    ["/applications", "/deploymentstrategies", "/applications/shop/environments", VERSIONS],
    ids=["applications", "strategies", "environments", "versions"],
)
def test_a_query_that_makes_no_sense_is_refused(tenant, target, query):
    assert_modelled_refusal(tenant.raw("GET", f"{target}?{query}"), [400])


@pytest.mark.parametrize("query", ["&&&", "=", "a=b=c&=&%41", "other=1", "%zz=1", "max_results", "?max_results=2"])
def test_a_query_that_nobody_asked_for_gets_an_answer(tenant, query):
    answer = tenant.raw("GET", f"/applications?{query}")
    if answer[0] != 200:
        assert_modelled_refusal(answer)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?configuration_token",
        "?configuration_token=",
        "?configuration_token=%",
        "?configuration_token=%zz",
        "?configuration_token=%ff%fe",
        "?configuration_token=%00",
        "?configuration_token=%20",
        "?configuration_token=a%20b",
        "?configuration_token=x",
        "?configuration_token=x&configuration_token=y",
        "?configuration_token=" + "x" * 8193,
        "?configuration_token=" + "%41" * 8193,
        "?Configuration_Token=x",
    ],
    ids=lambda query: query[:40],
)
def test_a_poll_without_a_token_that_could_be_is_refused(tenant, query):
    answer = tenant.raw("GET", f"/configuration{query}")
    said = assert_modelled_refusal(answer, [400])
    assert answer[1]["x-amzn-errortype"] in ("BadRequestException:", "SerializationException:")
    assert said["Message"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "/favicon.ico"),
        ("GET", "/no/such/path"),
        ("GET", "//"),
        ("GET", "//applications"),
        ("GET", "/Applications"),
        ("GET", "/applications/shop/environments/live/deployments/1/more"),
        ("GET", "/applications/shop/nothing"),
        ("POST", "/"),
        ("PUT", "/applications"),
        ("DELETE", "/applications"),
        ("PATCH", "/applications"),
        ("POST", "/configuration"),
        ("PUT", "/configuration?configuration_token=x"),
        ("DELETE", "/configuration"),
        ("GET", "/configurationsessions"),
        ("PATCH", "/configurationsessions"),
        ("DELETE", "/deploymentstrategies/abcdefg"),
        ("GET", "/deployementstrategies/abcdefg"),
        ("TRACE", "/applications"),
        ("OPTIONS", "/applications"),
        ("OPTIONS", "/"),
        ("INVENTED", "/applications"),
        ("get", "/applications"),
        ("A" * 200, "/applications"),
    ],
    ids=lambda text: text[:30],
)
def test_what_aws_does_not_know_is_an_unknown_operation(tenant, method, target):
    status, headers, body = tenant.raw(method, target)
    assert status == 404
    assert headers["x-amzn-errortype"] == "UnknownOperationException:"
    assert isinstance(json.loads(body), dict)


@pytest.mark.parametrize("target", ["/applications", "/configuration", "/no/such/path"])
def test_a_head_request_gets_a_head(tenant, target):
    status, _, body = tenant.raw("HEAD", target)
    assert 200 <= status < 500 and body == b""


def test_what_is_under_our_own_prefix_but_unknown_is_not_found(server):
    for method, target in (("GET", "/_tidegate/nothing"), ("GET", "/_tidegate"), ("DELETE", "/_tidegate/health")):
        status, _, _ = server.request(method, target)
        assert 400 <= status < 500


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"seconds":-1}', b'{"seconds":"x"}', b'{"seconds":1e300}', b'{"seconds":null}']
)
def test_the_clock_does_not_move_by_nonsense(server, body):
    before_ms = server.now_ms()
    status, _, _ = server.request("POST", "/_tidegate/clock/advance", body, JSON)
    assert 400 <= status < 500
    assert server.now_ms() == before_ms


# What is hardly HTTP.

GARBAGE = {
    "words": b"hello there\r\n\r\n",
    "nulls": b"\x00\x00\x00\x00\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
    "no version": b"GET /applications\r\n\r\n",
    "a version that is none": b"GET /applications HTTP/9.9\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\n\r\n",
    "spaces in the target": b"GET /a b c HTTP/1.1\r\n\r\n",
    "a header without colon": b"GET /applications HTTP/1.1\r\nhost 127.0.0.1\r\n\r\n",
    "a header without name": b"GET /applications HTTP/1.1\r\n: value\r\n\r\n",
    "a space in a header's name": b"GET /applications HTTP/1.1\r\nbad name: value\r\n\r\n",
    "a null in a header": b"GET /applications HTTP/1.1\r\nhost: a\x00b\r\n\r\n",
    "a length that is none": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ncontent-length: abc\r\n\r\n",
    "a negative length": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
    "two lengths": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
    "a length beyond measure": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ncontent-length: "
    + b"9" * 40
    + b"\r\n\r\n",
    "an encoding that nobody knows": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: rot13\r\n\r\n",
    "a chunk without a size": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n",
    "a chunk beyond measure": b"POST /applications HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    + b"F" * 40
    + b"\r\n{}\r\n",
    "a header beyond measure": b"GET /applications HTTP/1.1\r\nhost: localhost\r\nx-long: " + b"x" * MEBIBYTE + b"\r\n\r\n",
    "a target beyond measure": b"GET /" + b"x" * MEBIBYTE + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "a tunnel": b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: 127.0.0.1:1\r\n\r\n",
}


@pytest.mark.parametrize("bytes_sent", GARBAGE.values(), ids=GARBAGE)
def test_what_is_hardly_http_gets_a_4xx(server, bytes_sent):
    connection = server.connect()
    received = []

    def listen():
        try:
            while piece := connection.recv(65536):
                received.append(piece)
                if b"\r\n\r\n" in b"".join(received):
                    break
        except OSError as error:
            received.append(repr(error).encode())

    with connection:
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            connection.sendall(bytes_sent)
        except OSError:
            pass
        listener.join(60)
    status_line = b"".join(received).split(b"\r\n", 1)[0]
    assert status_line[:9] in (b"HTTP/1.1 ", b"HTTP/1.0 "), status_line
    assert 400 <= int(status_line[9:12]) < 500, status_line


@pytest.mark.parametrize("bytes_sent", [b"", b"GET /applicat", b"GET /applications HTTP/1.1\r\nhost: localhost\r\n"])
def test_a_client_that_gives_up_leaves_the_server_well(server, bytes_sent):
    for _ in range(20):
        connection = server.connect()
        connection.sendall(bytes_sent)
        connection.close()


def test_a_client_that_falls_silent_is_not_waited_for_for_ever(server):
    connections = []
    for bytes_sent in (b"", b"P", b"GET /applicat"):
        connections.append(server.connect())
        connections[-1].sendall(bytes_sent)
        connections[-1].setblocking(False)

    def is_over(connection):
        try:
            return connection.recv(65536) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    # Real time is the subject here: a head has ten seconds to arrive.
    try:
        until(lambda: all([is_over(connection) for connection in connections]), 13)
    finally:
        for connection in connections:
            connection.close()


def test_a_client_that_gives_up_in_its_body_stores_nothing(tenant, channel):
    for announced in ({"content_length": 1000}, {"transfer_encoding": "chunked"}):
        connection = tenant.server.connect()
        body = b"x" * 10 if "content_length" in announced else b"a\r\nxxxxxxxxxx\r\n"
        connection.sendall(head(tenant, "POST", VERSIONS, content_type="text/plain", **announced) + body)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    assert tenant.control.list_hosted_configuration_versions(**channel.in_profile)["Items"] == []


def test_requests_on_one_connection_do_not_disturb_each_other(tenant):
    """A refused request with a body leaves the connection in order, or closes it after the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", tenant.server.port, timeout=60)
    for _ in range(10):
        for method, target, body, status in (
            ("POST", "/applications", b"{", 400),
            ("GET", "/applications/shop", None, 200),
            ("PUT", "/no/such/path", b"x" * 1000, 404),
            ("GET", "/configuration?configuration_token=x", None, 400),
        ):
            connection.request(method, target, body, {**tenant.authorization, **JSON})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
    connection.close()
