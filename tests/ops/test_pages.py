"""The commands of the pages that need what `make test-ops` installs."""

import shutil
from pathlib import Path

import pytest

from tests.support.fences import ROOT, Shell, run_by


@pytest.mark.parametrize("page", run_by("ops"))
async def test_each_page_runs_as_it_stands(page: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shutil.copy(ROOT / "constraints-traces.txt", shell.folder)
    await shell.run(page, "ops")
