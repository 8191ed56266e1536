"""The systemd unit, the container file and the Kubernetes manifests: right in form, and what of them can run here runs."""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

import dockerfile_parse
import kubernetes_validate
import pytest
import yaml
from harness import BINARY, REPOSITORY, free_port, until

DEPLOY = REPOSITORY / "deploy"
UNIT = DEPLOY / "systemd/tidegate.service"
CONTAINER = DEPLOY / "container/Containerfile"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def program(name, package):
    path = shutil.which(name)
    assert path, f"{name} is missing: apt-get install --no-install-recommends {package}"
    return path


class Running:
    """A server started as one of these files says, on a free port of the loopback address."""

    def __init__(self, command, environment=()):
        self.port = free_port()
        command = [part.replace("0.0.0.0:8787", f"127.0.0.1:{self.port}") for part in map(str, command)]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")}
        self.process = subprocess.Popen(
            command, env={**clean, **dict(environment)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        until(lambda: self.process.poll() is not None or self.status("/_tidegate/health/live") == 200, 60)
        assert self.process.poll() is None, self.process.communicate()[0]

    def status(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said


# systemd.


def settings_of(unit):
    lines = [line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return [tuple(line.split("=", 1)) for line in lines]


def test_systemd_reads_the_unit_and_finds_little_exposed(tmp_path):
    analyze = program("systemd-analyze", "systemd")
    # It looks whether the program is there.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/tidegate", str(BINARY)))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", unit], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"an exposure of more than 2.0\n{done.stdout}"


def test_the_units_command_starts_a_node_and_sigterm_ends_it(tmp_path):
    [command] = [value for name, value in settings_of(UNIT) if name == "ExecStart"]
    file = tmp_path / "tidegate.toml"
    file.write_text('listen = "0.0.0.0:8787"\n')
    command = command.replace("/usr/local/bin/tidegate", str(BINARY)).replace("/etc/tidegate/tidegate.toml", str(file))
    command = shlex.split(command.replace("${STATE_DIRECTORY}", str(tmp_path / "data")))
    port = free_port()
    file.write_text(f'listen = "127.0.0.1:{port}"\n')
    server = Running.__new__(Running)
    server.port = port
    server.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until(lambda: server.process.poll() is not None or server.status("/_tidegate/health") == 200, 60)
    code, said = server.stop()
    assert code == 0 and "is listening" in said, said


# The container.


def container():
    parser = dockerfile_parse.DockerfileParser(fileobj=open(CONTAINER, "r+b"), cache_content=True)
    stages, stage = [], []
    for instruction in parser.structure:
        if instruction["instruction"] == "FROM":
            stage = []
            stages.append(stage)
        stage.append((instruction["instruction"], instruction["value"]))
    return stages


def test_the_container_is_built_in_one_stage_and_runs_as_nobody_in_another():
    build, run = container()
    assert build[0][1].endswith(" AS build") and not any(name == "COPY" and "--from" in value for name, value in build)
    rust = re.search(r"rust:([0-9.]+)-", build[0][1]).group(1)
    workspace = (REPOSITORY / "Cargo.toml").read_text()
    assert f'rust-version = "{rust}"' in workspace, "the compiler is the one that the workspace names"
    [build_command] = [value for name, value in build if name == "RUN" and "cargo build" in value]
    assert "--locked" in build_command and "--release" in build_command
    instructions = dict(run)
    assert instructions["USER"] == "65532:65532"
    assert instructions["EXPOSE"] == "8787"
    assert [value.split()[0] for name, value in run if name == "COPY"] == ["--from=build", "--from=build"]


def test_what_the_container_holds_is_enough_to_run(tmp_path):
    _, run = container()
    instructions = dict(run)
    command = json.loads(instructions["ENTRYPOINT"]) + json.loads(instructions["CMD"])
    environment = dict(pair.split("=", 1) for name, value in run if name == "ENV" for pair in shlex.split(value))
    # A root with the binary, the C library's files that it names, and a data directory.
    root = tmp_path / "root"
    binary = root / command[0].lstrip("/")
    binary.parent.mkdir(parents=True)
    shutil.copy(BINARY, binary)
    libraries = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"(/\S+)", libraries):
        copy = root / library.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, copy)
    names = {pathlib.Path(library).name for library in re.findall(r"(/\S+)", libraries)}
    of_libc = re.compile(r"lib(c|m|dl|pthread|rt|gcc_s)\.so|ld-linux")
    assert all(of_libc.match(name) for name in names), f"the image would need more than Debian's base: {names}"
    # The image has the certificates of public authorities, for webhooks and other calls over TLS.
    assert any("ca-certificates" in value for name, value in run if name == "RUN")
    certificates = root / "etc/ssl/certs"
    certificates.mkdir(parents=True)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", certificates)
    data = root / environment["TIDEGATE_DATA"].lstrip("/")
    data.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(data, 65532, 65532)
        inside = ["chroot", "--userspec=65532:65532", root]
    else:
        inside = ["unshare", "--user", "--map-root-user", "chroot", root]
    server = Running([*inside, *command, "--credentials", "checked"], environment)
    assert server.status("/_tidegate/health") == 200
    code, said = server.stop()
    assert code == 0, said
    assert (data / "journal.sqlite3").exists()


# Kubernetes.


def objects(manifest):
    return list(yaml.safe_load_all(manifest.read_text()))


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.stem)
def test_a_manifest_is_what_kubernetes_takes(manifest):
    for each in objects(manifest):
        kubernetes_validate.validate(each, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.stem)
def test_the_parts_of_a_manifest_name_each_other(manifest):
    by_kind = {each["kind"]: each for each in objects(manifest)}
    workload = by_kind.get("StatefulSet") or by_kind["Deployment"]
    template = workload["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert workload["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert by_kind["Service"]["spec"]["selector"].items() <= labels.items()
    if "PodDisruptionBudget" in by_kind:
        assert by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    [container] = template["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in by_kind["Service"]["spec"]["ports"]} <= ports
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} <= ports
    volumes = {volume["name"] for volume in template["spec"].get("volumes", [])}
    volumes |= {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    if "StatefulSet" in by_kind:
        assert workload["spec"]["replicas"] == 1 and workload["spec"]["serviceName"] == "tidegate"


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.stem)
def test_the_container_of_a_manifest_answers_its_probes_and_refuses_strangers(manifest, tmp_path):
    [pod] = [each["spec"]["template"]["spec"] for each in objects(manifest) if "template" in each["spec"]]
    [container] = pod["containers"]
    data, key = tmp_path / "data", tmp_path / "master-key"
    key.write_text("0f" * 32 + "\n")
    key.chmod(0o600)
    # What comes from secrets stands here in files; the database is another test's matter.
    places = {"/var/lib/tidegate": str(data), "/etc/tidegate/master-key": str(key)}
    environment = {
        variable["name"]: places.get(variable.get("value"), f"sqlite:{tmp_path / 'store'}")
        for variable in container.get("env", [])
    }
    server = Running([BINARY, *(places.get(part, part) for part in container["args"])], environment)
    for kind in ("startup", "liveness", "readiness"):
        assert server.status(container[f"{kind}Probe"]["httpGet"]["path"]) == 200
    assert server.status("/applications") == 403
    code, said = server.stop()
    assert code == 0, said
