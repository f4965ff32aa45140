"""Every command of README.md, taken from the page and run in order in an empty folder, beside a real `up`; and
the Python of the page for senders."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from conviction_gate.devserver.resources import free_port
from tests.support.doc_pages import ROOT, fenced
from tests.support.instance import Instance

IN_THE_CLONE = "make "
"""Such commands need the clone; .ci/run runs them."""
UP = ".venv/bin/conviction-gate up "


def commands() -> tuple[list[str], list[str]]:
    """The blocks that start something: `make` and `up`; and the others."""
    blocks = fenced(ROOT / "README.md", "sh")
    started = [block for block in blocks if block.startswith((IN_THE_CLONE, UP))]
    return started, [block for block in blocks if block not in started]


def test_what_the_others_need_is_started_first() -> None:
    in_the_clone, up = commands()[0]
    assert all(line.startswith(IN_THE_CLONE) for line in in_the_clone.splitlines())
    assert up.count("\n") == 1


async def test_every_command_runs_in_its_order(tmp_path: Path, encrypted: None) -> None:
    instance = Instance(tmp_path / ".conviction-gate", free_port(), free_port())
    await instance.up()
    script = "\n".join(commands()[1]).replace("127.0.0.1:8081", f"127.0.0.1:{instance.codec_port}")
    # Without the data folder: the commands find it where they run, and the server by it.
    environment = {
        name: value for name, value in instance.environment.items() if name != "CONVICTION_GATE_DATA"
    }
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-exuo", "pipefail", "-c", script), cwd=tmp_path, env=environment, stdout=PIPE, stderr=STDOUT
    )
    try:
        said = (await shell.communicate())[0].decode()
        assert shell.returncode == 0, said
        assert "binary/encrypted" not in said
        assert "waiting_for_court" in said
        await instance.until("booking-case:CAZZ00100:A-1", status="waiting_for_court", rejected_total=0)
        await instance.until("booking-case:CAZZ00100:A-2", status="flagged", rejected_total=0)
        ruled = await instance.until("booking-case:CAZZ00100:A-3", status="waiting_for_court", rejected_total=0)
        assert ruled["charges"][0]["charge_class"] == "minor_traffic"
        assert sorted(os.listdir(tmp_path)) == [
            ".conviction-gate",
            "booking-2.json",
            "booking-3.json",
            "booking.json",
        ]
    finally:
        await instance.stop()


async def test_the_python_of_the_page_for_senders_runs(instance: Instance, encrypted: None) -> None:
    await instance.up()
    (code,) = fenced(ROOT / "docs/senders.md", "python")
    assert "status='accepted'" in await instance.run(sys.executable, "-c", code)
    case = "booking-case:CAZZ00100:S-3"
    await instance.until(case, status="awaiting_booking", messages_total=1, rejected_total=0)
    await instance.stop()
