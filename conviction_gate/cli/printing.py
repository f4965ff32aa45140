"""What commands print: text and tables for people, JSON for programs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

NARROWEST = 120
"""Columns of a table where nobody looks at a terminal."""

STYLES = {
    "accepted": "green",
    "duplicate": "green",
    "closed": "yellow",
    "refused": "red",
    "needs_review": "yellow",
    "flagged": "bold red",
    "cleared": "green",
}


def print_array(models: Sequence[BaseModel]) -> None:
    """One JSON array, an object a line."""
    print("[" + ",\n ".join(model.model_dump_json() for model in models) + "]")


def when(time: datetime) -> str:
    """A time in UTC, to the minute."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def clean(text: str) -> str:
    """Text that cannot steer a terminal: what a stranger sent is shown here."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more; the exit code of a command is its own to say."""
        self.quiet = True
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A terminal as wide as it is; what is no terminal is as wide as tables need it."""
    out = _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not out.is_terminal:
        out.width = NARROWEST
    return out


def table(title: str | None, columns: Iterable[str], lines: Iterable[Iterable[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(Text(clean(cell)) for cell in line))
    return table
