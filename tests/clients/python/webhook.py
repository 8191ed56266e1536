"""A web server for extensions to call: it keeps what it was told, and answers as the test says."""

import base64
import contextlib
import http.server
import json
import threading

from harness import until

HANG = object()
CLOSE = object()


class Answer:
    def __init__(self, status=200, body=b"", **headers):
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def says(**members):
    """An answer with these members."""
    return Answer(body=json.dumps(members).encode())


def gives(content):
    """An answer that replaces the content."""
    return says(Content=base64.b64encode(content).decode())


class Call:
    def __init__(self, path, headers, raw):
        self.path = path
        self.headers = headers
        self.raw = raw
        self.body = json.loads(raw)

    @property
    def id(self):
        return self.body["InvocationId"]

    @property
    def content(self):
        return base64.b64decode(self.body["Content"], validate=True)


class Webhook:
    """Each path is an endpoint of its own; one that was told nothing answers 200 and an empty body."""

    def __init__(self):
        self.calls = []
        self._answers = {}
        self._lock = threading.Lock()
        self._released = threading.Event()
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = webhook._answer(Call(self.path, headers, raw))
                if answer is CLOSE:
                    self.close_connection = True
                    return
                if answer is HANG:
                    webhook._released.wait()
                    answer = Answer()
                # Whoever asked may have given up.
                with contextlib.suppress(ConnectionError):
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)

            def do_GET(self):
                with webhook._lock:
                    webhook.calls.append(Call(self.path, {}, b'{"Type": "GET"}'))
                self.send_error(405)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}/{path}"

    def answers(self, path, *answers):
        """What the next calls of a path get, one after the other; the last stays. A function is asked with the call."""
        self._answers["/" + path] = list(answers)

    def at(self, path):
        """The calls of a path so far, in the order of their arrival."""
        with self._lock:
            return [call for call in self.calls if call.path == "/" + path]

    def types(self):
        with self._lock:
            return [call.body["Type"] for call in self.calls]

    def wait_for(self, path, count=1, limit_s=10):
        """Waits until a path was called so often, and gives the calls."""
        until(lambda: len(self.at(path)) >= count, limit_s)
        return self.at(path)

    def release(self):
        """Answers the calls that hang, and no call hangs any more."""
        self._released.set()

    def close(self):
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, call):
        with self._lock:
            self.calls.append(call)
            left = self._answers.get(call.path)
            if not left:
                return Answer()
            answer = left.pop(0) if len(left) > 1 else left[0]
        return answer(call) if callable(answer) else answer


def extend(tenant, name, points, parameters=None):
    """Creates an extension with an action at each of these points, `{point: address}`, and gives its id."""
    more = {"Parameters": parameters} if parameters else {}
    actions = {point: [{"Name": point.lower(), "Uri": uri}] for point, uri in points.items()}
    return tenant.control.create_extension(Name=name, Actions=actions, **more)["Id"]


def associate(tenant, extension, resource, **more):
    """Has an extension work on the resource of an ARN, and gives the association's id."""
    return tenant.control.create_extension_association(
        ExtensionIdentifier=extension, ResourceIdentifier=resource, **more
    )["Id"]


def arns(channel):
    """The ARNs of a channel's application, environment and profile."""
    tenant = channel.tenant
    application = f"arn:aws:appconfig:{tenant.region}:{tenant.account}:application/{channel.application_id}"
    return {
        "application": application,
        "environment": f"{application}/environment/{channel.environment_id}",
        "profile": f"{application}/configurationprofile/{channel.profile_id}",
    }
