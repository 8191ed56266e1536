"""The programs that the documents show, as they stand there, against a server with a manual clock."""

import os
import re
import subprocess

import pytest
from conftest import AWS
from harness import BINARY, REPOSITORY, free_port

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
    return runner(server, tmp_path)


def runner(server, tmp_path, ports=()):
    """Runs scripts beside this server; `ports` maps further ports of the documents to those of the test."""
    # The variables that the documents refer to as the walk-through's.
    exports = "\n".join(line for line in blocks("README.md", "sh")[0].splitlines() if line.startswith("export "))
    assert ADDRESS in exports
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"PATH": f"{AWS.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}

    def here(text):
        text = text.replace(ADDRESS, server.url)
        for port, own in dict(ports).items():
            text = re.sub(rf"\b{port}\b", str(own), text)
        return text

    def run(script):
        script = here(f"{exports}\n{SLEEP}\n{script}")
        command = ["bash", "-eu", "-o", "pipefail", "-c", script]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def write(name, text):
        (tmp_path / name).write_text(here(text))

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


def test_a_backup_is_made_checked_and_restored_and_the_doctor_is_content(own_server, tmp_path):
    server = own_server()
    (tmp_path / "tidegate-data").symlink_to(server.data)
    (tmp_path / "tidegate").symlink_to(BINARY)
    run = runner(server, tmp_path)
    back_up, restore, move, doctor = blocks("docs/day-two.md", "sh")
    assert "postgres://" in move
    said = run(f'export PATH="$PWD:$PATH"\n{back_up}\n{restore}\n{doctor}')
    assert "backup.tar is whole" in said and "restored entries 1 to" in said
    assert "is ready, and has taken in everything" in said and "PROBLEM" not in said
    kept = ("journal.sqlite3", "master-key", "webhook-secret")
    assert all((tmp_path / "new-data" / name).is_file() for name in kept)


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


def test_a_bad_release_is_rolled_back_because_of_prometheus(own_server, tmp_path):
    ports = {9090: free_port(), 9100: free_port()}
    table, tables = blocks("docs/alarms.md", "toml")
    options = tmp_path / "tidegate.toml"
    options.write_text(table.replace("9090", str(ports[9090])))
    server = own_server("--config", options, "--alarm-interval", "1", "--alarm-patience", "forever")
    run = runner(server, tmp_path, ports)
    run.write("prometheus.yml", blocks("docs/alarms.md", "yaml")[0])
    start, make, release, report = blocks("docs/alarms.md", "sh")
    # What the document starts in the background ends with the script.
    said = run("\n".join(["trap 'kill $(jobs -p)' EXIT", f"{{ {start} }} >/dev/null 2>&1", make, release]))
    assert said.splitlines()[-2] == "ROLLED_BACK"
    assert "checkout_failing_ratio is 0.31, above 0.05" in said.splitlines()[-1]
    run(report)
    # The other tables are right, too.
    options.write_text(tables)
    own_server("--config", options)
