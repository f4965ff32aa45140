"""The commands of a page, run as they stand there."""

import re
import shlex
from pathlib import Path

from tests.support.instance import Instance

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    """The `temporal` commands of a page, or of a section of it; each is run by what it holds, with its ids
    replaced."""

    def __init__(self, name: str, instance: Instance, section: str = "") -> None:
        text = (DOCS / name).read_text()
        if section:
            text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
        self._instance = instance
        self._commands = set(re.findall(r"^ *(temporal .+)$", text, re.MULTILINE))
        self.left = set(self._commands)
        """Those that were not run yet."""

    async def run(self, *held: str, **replaced: str) -> str:
        """Run the one command that holds all of this; `replaced`: the values of some options."""
        (command,) = (it for it in self._commands if all(part in f"{it} " for part in held))
        words = shlex.split(command)
        for option, value in replaced.items():
            words[words.index(f"--{option.replace('_', '-')}") + 1] = value
        out = await self._instance.run(*words)
        self.left.discard(command)
        return out


def views() -> dict[str, str]:
    """The links of docs/web-ui.md to lists in the web UI, by the question that each answers."""
    text = (DOCS / "web-ui.md").read_text()
    return dict(re.findall(r"^\| \[([^\]]+)\]\((http://127\.0\.0\.1:8233/[^)]+)\) \|", text, re.MULTILINE))
