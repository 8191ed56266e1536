"""Holds the verifier of signatures against fresh ones of the botocore that is installed."""

import pathlib
import random
import subprocess

import make_sigv4_vectors

ROOT = pathlib.Path(__file__).parents[3]
COUNT = 4000


def test_what_botocore_signs_is_verified_and_what_is_spoilt_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("botocore.auth.get_current_datetime", None)  # which the maker sets: put back afterwards
    seed = random.randrange(2**32)
    path = tmp_path / "vectors.jsonl"
    with path.open("w", encoding="ascii") as file:
        make_sigv4_vectors.write(COUNT, seed, file)
    command = ["cargo", "run", "--quiet", "-p", "tidegate-wire", "--example", "sigv4_check", "--", path]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, f"seed {seed}:\n{result.stdout[-4000:]}{result.stderr[-4000:]}"
