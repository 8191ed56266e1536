"""A stream's client, written by hand from docs/stream.md."""

import contextlib
import http.client
import json
import socket
import threading


class Stream:
    """One open stream; a thread reads it, and the test waits for what it is about."""

    def __init__(self, server, *tokens, accept=None, last_id=None, path="/_tidegate/stream"):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Configuration-Token": ", ".join(tokens)} if tokens else {}
        if accept:
            headers["Accept"] = accept
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection.connect()
        self.socket = self.connection.sock
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.headers = {name.lower(): value for name, value in self.answer.getheaders()}
        self.events, self.id, self.retry_ms, self.is_over = [], None, None, False
        self.changed = threading.Condition()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
        else:
            self.body = json.loads(self.answer.read())

    def _read(self):
        event, data = "message", []
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
            while line := self.answer.readline():
                line = line.decode().rstrip("\n")
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                with self.changed:
                    if not line and data:
                        self.events.append((event, json.loads("\n".join(data))))
                    if not line:
                        event, data = "message", []
                    elif name == "event":
                        event = value
                    elif name == "data":
                        data.append(value)
                    elif name == "id":
                        self.id = value
                    elif name == "retry":
                        self.retry_ms = int(value)
                    self.changed.notify_all()
        with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def until(self, claim, limit_s=20):
        """Waits until the claim about this stream gives something, and gives that."""
        with self.changed:
            assert self.changed.wait_for(lambda: claim(self), limit_s), f"it did not come true: {self.events}"
            return claim(self)

    def latest(self, session=0, kind="configuration"):
        found = [data for event, data in self.events if event == kind and data.get("session") == session]
        return found[-1] if found else None

    def state(self, claim=lambda _: True, session=0):
        """Waits for a state of a session that is as claimed."""
        return self.until(lambda it: (latest := it.latest(session)) and claim(latest) and latest)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def fetch(server, token, sha256, **headers):
    """Asks for a content by its hash."""
    given = {"Configuration-Token": token, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return server.request("GET", f"/_tidegate/contents/{sha256}", headers=given)
