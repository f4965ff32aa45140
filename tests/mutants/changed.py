"""The policy with one module changed: beside the unchanged one, and under the policy's own tests.

`python -m tests.mutants.changed MODULE` reads a source and runs the tests on it; exit code 0: none noticed.
"""

import subprocess
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

ROOT: Final = Path(__file__).parents[2]
LEFT_OUT: Final = ("catalog", "test_page.py", "test_properties.py", "test_small_world.py")
"""What is not about the rules, and the properties: they take ten times as long, and what only chance finds, no
sentence says."""
DIGESTS: Final = (
    "test_a_released_edition_decides_the_grid_as_it_did",
    "test_codes_are_read_as_they_were_when_the_edition_was_released",
)
"""They notice any change, and say nothing of what it means."""
TESTS: Final = [
    "tests/unit/policy",
    *(f"--ignore=tests/unit/policy/{name}" for name in LEFT_OUT),
    *(f"--deselect=tests/unit/policy/test_editions.py::{name}" for name in DIGESTS),
]
CATALOG: Final = "tests/unit/policy/catalog"
TESTS_OF_CATALOG: Final = [f"{CATALOG}/test_rows.py", "tests/unit/config/test_agencies.py", CATALOG]
"""The quick ones first."""
OPTIONS: Final = [
    *("-x", "-q", "--noconftest", "--assert=plain", "-p", "no:cacheprovider"),
    *("--hypothesis-profile=ci", "--timeout=30"),  # no seed, record or clock of ours; some never end
]


def source_of(module: str) -> str:
    """The source of a module of `policy`."""
    return _path_of(module).read_text()


def executed(module: str, source: str) -> ModuleType:
    """A module of `policy` (`rules.court`: one of its rules) made from this source; nothing else imports it."""
    made = ModuleType(f"conviction_gate.policy.{module}")
    exec(compile(source, f"<conviction_gate.policy.{module}>", "exec"), made.__dict__)
    return made


def failure(module: str, source: str) -> str:
    """How the tests of the policy end where one fails on this source of a module; else nothing."""
    command = [sys.executable, "-m", "tests.mutants.changed", module]
    try:
        done = subprocess.run(command, input=source, text=True, cwd=ROOT, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "they never end"
    if done.returncode < 0:
        raise RuntimeError(f"the tests were killed by signal {-done.returncode}; run them again")
    return (done.stdout + done.stderr)[-3000:] if done.returncode else ""


def _path_of(module: str) -> Path:
    path = ROOT.joinpath("conviction_gate", "policy", *module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


class Changed(MetaPathFinder, SourceFileLoader):
    """Imports one module from a source of ours."""

    def __init__(self, module: str, source: str) -> None:
        super().__init__(f"conviction_gate.policy.{module}", str(_path_of(module)))
        self.source = source

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, f"<{self.name}>", "exec")


if __name__ == "__main__":
    import pytest

    module = sys.argv[1]
    sys.meta_path.insert(0, Changed(module, sys.stdin.read()))
    sys.exit(pytest.main([*OPTIONS, *(TESTS_OF_CATALOG if module.startswith("catalog") else TESTS)]))
