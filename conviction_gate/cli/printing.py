"""What commands print: text and tables for people, JSON for programs.

On a terminal text wraps at words, and a table fits the width: columns are left out, then each row becomes
a block. Anywhere else a row is one line of cells with tabs between them, and text is not wrapped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Final, NamedTuple

from pydantic import BaseModel
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conviction_gate.cli.help import lines_of

GOOD: Final = "color(28)"
WAITS: Final = "color(30)"
ASKS: Final = "color(130)"
BAD: Final = "color(196)"
"""Green, cyan, orange and red of the 256 colors that every terminal shows alike. They can be read on white and
on black; the cyan and the yellow of a terminal's own palette are pale on white."""

STYLES: Final = {
    "accepted": GOOD,
    "duplicate": GOOD,
    "closed": ASKS,
    "refused": BAD,
    "awaiting_booking": WAITS,
    "checking_history": WAITS,
    "waiting_for_court": WAITS,
    "needs_review": ASKS,
    "flagged": f"bold {BAD}",
    "cleared": GOOD,
    "active": f"bold {BAD}",
    "withdrawn": GOOD,
    "ok": GOOD,
    "warn": ASKS,
    "fail": f"bold {BAD}",
}
"""The colors of words that are a cell or a title of their own."""

GAP: Final = 2
"""Spaces between two columns."""
MIN_PROSE_WIDTH: Final = 24
"""Columns of the terminal below which prose is not squeezed."""


class Column(NamedTuple):
    """A column of a table. `prose`: its cells wrap at words; those of other columns never wrap.

    `rank`: where the width does not suffice, the columns with the highest are left out, never those with 0.
    """

    title: str
    rank: int = 0
    prose: bool = False


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """The output was closed; the command sets its own exit code."""
        self.quiet = True
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def print_array(models: Sequence[BaseModel]) -> None:
    """One JSON array, an object a line."""
    print("[" + ",\n ".join(model.model_dump_json() for model in models) + "]")


def print_text(out: Console, text: str, style: str = "", prefix: str | Text = "") -> None:
    """A paragraph. Its first line comes after the prefix, the others are indented as far."""
    prefix = Text(prefix) if isinstance(prefix, str) else prefix
    for line in _wrapped(out, clean(text), out.width - prefix.cell_len):
        out.print(prefix + Text(line, style), soft_wrap=True)
        prefix = Text(" " * prefix.cell_len)


def print_command(out: Console, command: str, prefix: str = "") -> None:
    """A command to copy; on a terminal a long one is continued as a shell reads it, before an option."""
    text = clean(command)
    for line in lines_of(text, out.width - cell_len(prefix)) if out.is_terminal else [text]:
        out.print(Text(f"{prefix}{line}"), soft_wrap=True)
        prefix = " " * cell_len(prefix)


def print_table(out: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """A table; see above for how it fits. Columns that are empty in every row are left out on a terminal."""
    cleaned = [[clean(cell) for cell in row] for row in rows]
    if not out.is_terminal:
        for row in cleaned:
            print("\t".join(row), file=out.file)  # rich would print spaces for the tabs
        out.file.flush()  # so that a closed output is noticed before anything else is printed
        return
    filled = [n for n in range(len(columns)) if any(row[n] for row in cleaned)]
    cells = {n: [columns[n].title, *(row[n] for row in cleaned)] for n in filled}
    widths = _fitting(columns, cells, out.width)
    if widths is None:
        _print_blocks(out, [columns[n].title for n in filled], [[row[n] for n in filled] for row in cleaned])
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for n, width in widths.items():
        table.add_column(columns[n].title, width=width, no_wrap=not columns[n].prose)
    for row in cleaned:
        table.add_row(*(_styled(row[n]) for n in widths))
    out.print(table)
    if hidden := [columns[n].title for n in filled if n not in widths]:
        out.print(Text(f"not shown at this width: {', '.join(hidden)}", "dim"), soft_wrap=True)


def local_time(time: datetime) -> str:
    """A time on this machine's clock, to the minute, with its zone."""
    return f"{time.astimezone():%Y-%m-%d %H:%M %Z}"


def short_id(case_id: str) -> str:
    """A case's id as a person types it."""
    return case_id.removeprefix("booking-case:")


def clean(text: str) -> str:
    """Text that cannot control a terminal, since some of it comes from strangers."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _wrapped(out: Console, text: str, width: int) -> list[str]:
    if not out.is_terminal:
        return [text]
    return wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]


def _styled(cell: str) -> Text:
    word = cell.partition(" ")[0]
    return Text(cell, STYLES.get(word, ""))


def _fitting(columns: Sequence[Column], cells: dict[int, list[str]], available: int) -> dict[int, int] | None:
    """The width of each column that is shown, in their order; None where the table does not fit."""
    natural = {n: max(map(cell_len, texts)) for n, texts in cells.items()}
    least = {n: _least_width(cells[n], natural[n]) if columns[n].prose else natural[n] for n in cells}
    left = available + GAP
    for n in sorted(least, key=lambda n: columns[n].rank):
        if least[n] + GAP <= left:
            left -= least[n] + GAP
        elif columns[n].rank == 0:
            return None
        else:
            del least[n]
    growing = sorted((n for n in least if columns[n].prose), key=lambda n: natural[n] - least[n])
    for place, n in enumerate(growing):
        more = min(natural[n] - least[n], left // (len(growing) - place))
        least[n] += more
        left -= more
    return least


def _least_width(texts: list[str], natural: int) -> int:
    longest_word = max(cell_len(word) for text in texts for word in text.split() or [""])
    return max(longest_word, min(natural, MIN_PROSE_WIDTH))


def _print_blocks(out: Console, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Each row as lines, a line for each of its cells that is not empty; the first cell is the head."""
    widest = max(map(cell_len, titles))
    for number, (head, *others) in enumerate(rows):
        if number:
            out.print()
        out.print(Text(head, "bold"), soft_wrap=True)
        for title, cell in zip(titles[1:], others, strict=True):
            if cell:
                style = STYLES.get(cell.partition(" ")[0], "")
                print_text(out, cell, style, prefix=Text(f"  {title:{widest}}  ", "dim"))
