"""The bill of materials that `make sbom` writes. Run by `make test-ops`."""

import json
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

from tests.ops.conftest import ROOT


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "deploy" / "sbom.py")]
    written: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return written


def test_it_names_what_the_program_needs(bill: dict[str, Any]) -> None:
    scope = {each["name"]: each["scope"] for each in bill["components"]}
    # greenlet: by the extra of a package that is asked for.
    assert [scope[name] for name in ("temporalio", "asyncpg", "greenlet", "pytest", "mypy")] == [
        *("required", "required", "required"),
        *("excluded", "excluded"),
    ]
    (temporalio,) = (each for each in bill["components"] if each["name"] == "temporalio")
    assert temporalio["purl"] == f"pkg:pypi/temporalio@{version('temporalio')}"
    assert temporalio["licenses"]


def test_its_references_hold(bill: dict[str, Any]) -> None:
    known = {each["bom-ref"] for each in [bill["metadata"]["component"], *bill["components"]]}
    assert {each["ref"] for each in bill["dependencies"]} == known
    assert {need for each in bill["dependencies"] for need in each["dependsOn"]} <= known
