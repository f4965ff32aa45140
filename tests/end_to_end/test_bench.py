"""The benchmark runs, and what it counts rather than times does not grow."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

HOME = Path(__file__).parents[2]


async def test_a_figure_that_is_counted(tmp_path: Path) -> None:
    into = tmp_path / "bench.json"
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--quick", "--only", "history", "--json", str(into)),
        cwd=HOME,
        stdout=PIPE,
        stderr=PIPE,
    )
    printed, complaints = await program.communicate()
    assert program.returncode == 0, complaints.decode()
    assert printed.startswith(b"figure")
    rows = {row["what"]: row for row in json.loads(into.read_text())["figures"]}
    today = {"events": 25, "workflow tasks": 4, "bytes of history": 5_950}
    assert all(rows[what]["median"] <= most for what, most in today.items()), rows
    assert rows["events"]["median"] >= rows["events, bare"]["median"]
