"""The fenced blocks of the pages: which are commands, which tests run them, and a shell that runs them.

The first line of a fence says more than its language, in words that a reader does not see:

    ```sh until=ready:         its last command goes on; the next block comes once it printed this word
    ```sh suite=interop        only the tests in that folder have the programs for it
    ```sh by=tests/FILE.py     that test runs it, on what it needs
    ```sh no-run=REASON        nothing here can run it; see NOT_RUN

A block without such words is run in `make test`, after those above it.
"""

import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conviction_gate.devserver import die_with_parent, processes
from conviction_gate.devserver.resources import free_port
from tests.support.instance import BIN, Instance

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
COMMANDS: Final = {"sh": "{}", "python": "python <<'PYTHON'\n{}PYTHON\n"}
"""The languages whose blocks are run, and as what a shell reads them."""
TEXTS: Final = ("ini", "json", "mermaid", "text", "toml")
"""The languages whose blocks are only read: files, pictures, and what a command prints."""
NOT_RUN: Final = {
    "clone": r"^(make|\.venv/bin/pytest) ",
    "cluster": r"^kubectl ",
    "docker": r"^docker compose ",
    "excerpt": r"^try \{$",
    "hosts": r"\bexample\.gov\b",
}
"""Why a block is not run, and what such a block holds: it works on the clone itself, as .ci/run does; it needs
a cluster or Docker; it is a part of a program; it names hosts that are the reader's own."""
SUITES: Final = ("interop", "ops")
FENCE: Final = re.compile(r"^( *)```(\S*)(.*)\n((?:.*\n)*?)\1```$", re.MULTILINE)
PORT: Final = re.compile(r"(127\.0\.0\.1:|-port )(\d+)")
UP: Final = "conviction-gate up"
DEFAULT_PORTS: Final = {"--port": "7233", "--ui-port": "8233", "--codec-port": "8081", "--door-port": "8080"}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the words after its language."""

    page: str
    line: int
    language: str
    text: str
    words: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def problem(self) -> str | None:
        """Why no test knows what to do with it; None where one does."""
        words = self.words
        if self.language in TEXTS:
            return "a block that is no command has no words after its language" if words else None
        if len(words.keys() & {"no-run", "by", "suite"}) > 1 or words.keys() - {
            "no-run",
            "by",
            "suite",
            "until",
        }:
            return f"one of no-run, by and suite, and until: not {' '.join(words)}"
        if reason := words.get("no-run"):
            if reason not in NOT_RUN:
                return f"no-run={reason} is none of {', '.join(NOT_RUN)}"
            held = re.search(NOT_RUN[reason], self.text, re.MULTILINE)
            return None if held else f"it holds nothing that no-run={reason} is for"
        if test := words.get("by"):
            takes_it = (ROOT / test).is_file() and f'Page("{Path(self.page).name}"' in (ROOT / test).read_text()
            return None if takes_it else f"{test} does not take it from this page"
        if (suite := words.get("suite")) and suite not in SUITES:
            return f"suite={suite} is none of {', '.join(SUITES)}"
        return None if self.language in COMMANDS else f"nobody runs or reads blocks of '{self.language}'"

    def is_run(self, suite: str | None) -> bool:
        """Whether the tests of the suite run it; None: those of `make test`."""
        is_command = self.language in COMMANDS and not self.words.keys() & {"no-run", "by"}
        return is_command and self.words.get("suite", suite) == suite


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        indent, language, words, inner = match.groups()
        found.append(
            Block(
                page=str(page.relative_to(ROOT)),
                line=text.count("\n", 0, match.start()) + 1,
                language=language,
                text=re.sub(f"^{indent}", "", inner, flags=re.MULTILINE),
                words=dict(word.partition("=")[::2] for word in words.split()),
            )
        )
    return found


def run_by(suite: str | None = None) -> list[str]:
    """The pages with blocks that these tests run, and no others do."""
    return [
        str(page.relative_to(ROOT))
        for page in PAGES
        if any(block.is_run(suite) and block.words.get("suite") == suite for block in blocks(page))
    ]


class Shell:
    """A shell that runs the blocks of a page in their order, in a folder that is empty but for `.venv`.

    Only ports differ: a free one stands for each that the page names and for each default of `up`, which is
    what `up` itself does where they are taken. What a block starts ends with the shell.
    `beside`: the instance that `up` runs in another terminal.
    """

    def __init__(self, folder: Path, beside: Instance | None = None) -> None:
        self.folder = folder / "empty"
        self.folder.mkdir()
        (self.folder / ".venv").symlink_to(BIN.parent)
        self.ports = {number: free_port() for number in DEFAULT_PORTS.values()}
        if beside:
            ports = (beside.port, beside.ui_port, beside.codec_port, beside.door_port)
            self.ports = dict(zip(DEFAULT_PORTS.values(), ports, strict=True))
            (self.folder / ".conviction-gate").symlink_to(beside.data)

    @property
    def environment(self) -> dict[str, str]:
        """That of a terminal, with the line that `up` prints where it chose another port."""
        own = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self.ports['7233']}",
            "TEMPORAL_CONFIG_FILE": os.devnull,
        }
        ours = ("TEMPORAL_", "CONVICTION_GATE_")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | own

    async def run(self, page: str, suite: str | None = None, before: str = "", after: str = "") -> str:
        """Run what the tests of a suite run of a page; what it printed.

        `before`, `after`: other commands, for what the reader has and to look at what came of it. Raises
        AssertionError where a command fails, or shows an encrypted payload or a stack trace.
        """
        commands = [block for block in blocks(ROOT / page) if block.is_run(suite)]
        script = "".join((SETUP.format(folder=self.folder), before, *map(self._script, commands), after))
        process = await processes.spawn(
            *("bash", "-euo", "pipefail", "-c", script), env=self.environment, stdout=PIPE, stderr=STDOUT
        )
        try:
            printed = (await process.communicate())[0].decode()
            assert process.returncode == 0, printed
            assert "binary/encrypted" not in printed, printed
            assert "Traceback" not in printed, printed
            return printed
        finally:
            await processes.stop(process, 0)

    def _script(self, block: Block) -> str:
        text = PORT.sub(self._port, COMMANDS[block.language].format(block.text))
        if "until" not in block.words:
            return text
        options = "".join(f" {option} {self.ports[number]}" for option, number in DEFAULT_PORTS.items())
        *before, last = text.replace(UP, UP + options).splitlines()
        start = START.format(command=last, log=f"../{block.line}.log", word=block.words["until"])
        return "\n".join((*before, start))

    def _port(self, match: re.Match[str]) -> str:
        before, number = match.groups()
        return f"{before}{self.ports.setdefault(number, free_port())}"


SETUP: Final = """\
cd {folder}
trap 'echo "failed: $BASH_COMMAND"' ERR
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
"""
START: Final = f"""\
(exec {sys.executable} -I -S {die_with_parent.__file__} $$ env {{command}}
) > {{log}} 2>&1 &
until grep --quiet '^{{word}}' {{log}}; do
    kill -0 $! || {{{{ cat {{log}}; exit 1; }}}}
    sleep 0.1
done
"""
