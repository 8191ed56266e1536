"""The programs that the documents show, as they stand there, against a server with a manual clock."""

import os
import re
import subprocess

import pytest
from conftest import AWS
from harness import REPOSITORY

ADDRESS = "http://127.0.0.1:8787"
# Instead of waiting, a walk-through moves the clock.
SLEEP = """
sleep() { python -c 'import json, sys, urllib.request
body = json.dumps({"seconds": float(sys.argv[2])}).encode()
urllib.request.urlopen(sys.argv[1] + "/_tidegate/clock/advance", data=body).read()' "$AWS_ENDPOINT_URL" "$1"; }
"""


def blocks(document, language):
    """The fenced blocks of a document in this language."""
    text = (REPOSITORY / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.fixture
def run(own_server, tmp_path):
    """Runs a shell script beside a server of its own, which is where the documents say that it is."""
    server = own_server()
    # The variables that the documents refer to as the walk-through's.
    exports = "\n".join(line for line in blocks("README.md", "sh")[0].splitlines() if line.startswith("export "))
    assert ADDRESS in exports
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"PATH": f"{AWS.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}

    def run(script):
        script = f"{exports}\n{SLEEP}\n{script}".replace(ADDRESS, server.url)
        command = ["bash", "-eu", "-o", "pipefail", "-c", script]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def write(name, text):
        (tmp_path / name).write_text(text.replace(ADDRESS, server.url))

    run.write = write
    return run


def test_the_readme_leads_from_nothing_to_a_rollback(run):
    run.write("snippet.py", blocks("README.md", "python")[0])
    said = run(blocks("README.md", "sh")[0] + "\npython snippet.py\n")
    received = [line for line in said.splitlines() if line.startswith('{"colour"')]
    assert received == [f'{{"colour": "{colour}"}}' for colour in ("sand", "teal", "sand", "sand")]
    assert re.findall(r'"State": "([A-Z_]+)"', said) == ["COMPLETE", "DEPLOYING", "BAKING", "ROLLED_BACK"]


def test_six_hours_pass_in_a_moment(run):
    [program] = [program for program in blocks("docs/operating.md", "python") if "six_hours" in program]
    run.write("hours.py", program)
    run("python hours.py")


def test_flags_are_made_deployed_and_read(run):
    run.write("flags.json", blocks("docs/feature-flags.md", "json")[0])
    run.write("read.py", blocks("docs/feature-flags.md", "python")[0])
    make, read_as_an_agent, refused = blocks("docs/feature-flags.md", "sh")
    said = run("\n".join([make, "python read.py", read_as_an_agent, refused]))
    assert '"Constraint":"FloatLTE(5)","Location":"values.f.n"' in said


def test_an_experiment_runs_from_the_start_to_the_end(run):
    run.write("experiment.py", blocks("docs/experiments.md", "python")[0])
    said = run("python experiment.py").splitlines()
    assert [line.split()[0] for line in said] == ["RUN_STOPPED", "EXPOSURE_UPDATED", "RUN_STARTED", *"4321"]
    assert said[-4:] == ["4 MANAGED COMPLETE", "3 MANAGED COMPLETE", "2 MANAGED COMPLETE", "1 USER COMPLETE"]
