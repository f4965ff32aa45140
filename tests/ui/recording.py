"""`make recording`: what the commands print on a terminal of 80 columns, written into a folder as pictures."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from conviction_gate.cli import demo
from conviction_gate.cli.help import PROGRAM
from conviction_gate.config.settings import PREFIX
from conviction_gate.devserver.embedded import EmbeddedServer, embedded

WIDTH: Final = 80
FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
BACKGROUND: Final = "#121212"
"""Darker than rich's own, for the contrast of the colors."""
CASE: Final = "CAZZ00100:DEMO-01"
SCREENS: Final = {
    "list": "list",
    "show": f"show {CASE}",
    "explain": f"explain {CASE}",
    "review": "review list",
    "doctor": "doctor",
}
"""Commands about the cases of the demo, by the name of their picture."""


async def record() -> dict[str, str]:
    """The pictures as SVG, by name.

    Raises AssertionError where the demo does not come out as expected, or a command fails.
    """
    out = terminal()
    out.print(demo.INTRODUCTION)
    async with embedded(ephemeral=True) as server:
        steps, played = await demo.present(out, server)
        assert all(it.is_as_expected for it in (*steps, *played))
        # The addresses and the folder of any other machine, where nothing else uses the ports.
        elsewhere = replace(
            server,
            ui_address="http://127.0.0.1:8233",
            door_address="http://127.0.0.1:8080",
            data=Path("/tmp/conviction-gate-demo"),
        )
        demo.print_next_steps(out, elsewhere, PROGRAM)
        pictures = {"demo": picture(out, "make demo")}
        for name, words in SCREENS.items():
            out = terminal()
            out.print(Text.from_ansi((await printed(words.split(), server)).rstrip()), soft_wrap=True)
            pictures[name] = picture(out, f"{PROGRAM} {words}")
    return pictures


async def printed(words: list[str], server: EmbeddedServer) -> str:
    """What the program prints on a terminal, with the colors as a terminal reads them."""
    colored = {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color", "TZ": "UTC"}
    found = {f"{PREFIX}DATA": str(server.data), "TEMPORAL_ADDRESS": server.address}
    command = (sys.executable, "-c", "from conviction_gate.cli.program import main; main()")
    process = await asyncio.create_subprocess_exec(
        *command, *words, env=os.environ | colored | found, stdout=PIPE
    )
    text = (await process.communicate())[0].decode()
    assert process.returncode == 0, text
    return text.replace(str(server.data), "/tmp/conviction-gate-demo").replace(server.address, "127.0.0.1:7233")


def terminal() -> Console:
    """One whose lines are kept."""
    return Console(
        record=True, width=WIDTH, file=StringIO(), force_terminal=True, highlight=False, markup=False
    )


def picture(out: Console, title: str) -> str:
    """What a terminal shows, under the command as its title."""
    svg = out.export_svg(title=title, unique_id=title.split()[1])
    svg = re.sub(r" *@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)  # an image may load no font
    return svg.replace("Fira Code, monospace", FONT).replace("#292929", BACKGROUND)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, svg in asyncio.run(record()).items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
