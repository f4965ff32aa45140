"""`make recording`: the demo of the README, as its terminal shows it, written into a file."""

import asyncio
import re
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from conviction_gate.cli import demo
from conviction_gate.cli.help import PROGRAM
from conviction_gate.devserver.embedded import embedded

WIDTH = 80
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"


async def record() -> str:
    """The demo as SVG.

    Raises AssertionError where the demo does not come out as expected.
    """
    out = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, highlight=False, markup=False)
    out.print(demo.INTRODUCTION)
    async with embedded(ephemeral=True) as server:
        steps, played = await demo.present(out, server)
        assert all(it.is_as_expected for it in (*steps, *played))
        # The addresses and the folder of any other machine, where nothing else uses the ports.
        elsewhere = replace(server, ui_address="http://127.0.0.1:8233", data=Path("/tmp/conviction-gate-demo"))
        demo.print_next_steps(out, elsewhere, PROGRAM)
    svg = out.export_svg(title="make demo", unique_id="demo")
    svg = re.sub(r" *@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)  # an image may load no font
    return svg.replace("Fira Code, monospace", FONT)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(record()), encoding="utf-8")
