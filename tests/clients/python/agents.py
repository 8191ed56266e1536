"""The agent in a process of its own."""

import os
import pathlib
import subprocess
import tempfile
import threading

from harness import BINARY, REGION, START_LIMIT_S, Server


class Agent(Server):
    """`tidegate agent` on a free port in front of a tenant's node; `settings` are environment variables."""

    def __init__(self, tenant, **settings):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-agent-"))
        self.settings = {
            "TIDEGATE_AGENT_UPSTREAM": tenant.server.url,
            "SERVICE_REGION": REGION,
            "AWS_ACCESS_KEY_ID": tenant.account,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HTTP_PORT": "0",
            "POLL_INTERVAL": "1",
            **settings,
        }
        self.process = None
        self.url = None
        self.start()

    def start(self):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEGATE_", "AWS_"))}
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [str(BINARY), "agent"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**inherited, **self.settings},
            )
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        if not ready.wait(START_LIMIT_S) or self.url is None:
            self.kill()
            raise AssertionError(f"the agent did not say where it listens\n{self.log}")
        return self
