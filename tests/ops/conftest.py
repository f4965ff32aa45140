"""What the files in deploy/ make, for the tests to try."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder that `deploy/compose/new-secrets` makes, in a tree of its own."""
    copied = tmp_path / "deploy" / "compose" / "new-secrets"
    copied.parent.mkdir(parents=True)
    shutil.copy(ROOT / "deploy/compose/new-secrets", copied)
    subprocess.run(["/bin/sh", str(copied)], check=True, capture_output=True)
    return copied.parent / "secrets"
