"""The commands of the pages that need curl or npm. Run by `make test-interop`."""

import shutil
from pathlib import Path

import pytest

from tests.support.fences import ROOT, Shell, run_by

PRINTS = {
    "docs/monitoring.md": ['"ready": true'],
    "docs/senders.md": ['"status":"waiting_for_court"'],
    "examples/README.md": [
        "case: flagged, flag.convicted",
        "dismissal by update: accepted true; cleared, clear.no_conviction",
    ],
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", run_by("interop"))
async def test_each_page_runs_as_it_stands(page: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    if page.startswith("examples/"):
        ignored = shutil.ignore_patterns("node_modules", "dist", "door.d.ts")
        shutil.copytree(ROOT / "examples", shell.folder / "examples", ignore=ignored)
        (shell.folder / "docs").mkdir()
        shutil.copy(ROOT / "docs" / "openapi.json", shell.folder / "docs")
    printed = await shell.run(page, "interop")
    assert [line for line in PRINTS[page] if line not in printed] == []
