"""The Dockerfile, as far as it can be tried without an engine. Run by `make test-ops`."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.ops.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_it_is_what_hadolint_takes() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([str(linter), str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_it_copies_is_all_that_the_package_is_made_of() -> None:
    let_in = set(re.findall(r"(?m)^!(\S+)$", (ROOT / ".dockerignore").read_text()))
    packages = set(re.findall(r'(?m)^  "([a-z_]+)(?:\.[a-z_.]+)?",$', _table("packages")))
    constraints = {"constraints.txt", "constraints-traces.txt"}
    assert let_in == packages | constraints | {"worker.py", "pyproject.toml", "README.md", "LICENSE"}


def test_it_is_nobody_and_has_no_shell_before_it() -> None:
    user, group = re.findall(r"(?m)^USER (\d+):(\d+)$", DOCKERFILE)[-1]
    assert int(user) > 0
    assert int(group) > 0
    (entry,) = re.findall(r"(?m)^ENTRYPOINT (.+)$", DOCKERFILE)
    assert json.loads(entry)[-2:] == ["-m", "worker"]


def _table(name: str) -> str:
    text = (ROOT / "pyproject.toml").read_text()
    return text.partition(f"\n{name} = [")[2].partition("\n]")[0]
