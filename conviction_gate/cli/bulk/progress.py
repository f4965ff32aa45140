"""What became of each message of a file, told while it goes on: lines, a bar, a summary."""

import sys
from collections import Counter
from types import TracebackType
from typing import Final, Self

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from conviction_gate.cli.bulk.reading import Item
from conviction_gate.cli.bulk.refused import RefusedFile
from conviction_gate.cli.bulk.sending import Sent
from conviction_gate.cli.printing import STYLES, clean, console

LINES_MOST: Final = 10
"""Messages that have a line each, whatever became of them; after that only trouble has one."""


class Account:
    """For people: trouble on stderr, all else on stdout. For programs: one array on stdout.

    `size`: bytes of the file, where it is one. `refused` gets what can be mended; `again`: the
    command that sends it then. A file of one message is its own file of refused lines, unless
    `even_one`.
    """

    def __init__(
        self, *, as_json: bool, size: int | None, refused: RefusedFile | None, even_one: bool, again: str
    ) -> None:
        self.is_good = True
        self._is_read = True
        self._as_json = as_json
        self._refused = refused
        self._even_one = even_one
        self._again = again
        self._counts: Counter[str] = Counter()
        self._held: list[Item] = []
        self._out, self._err = console(), console(stderr=True)
        self._has_bar = self._err.is_terminal and not (as_json and self._out.is_terminal)
        self._bar = Progress(
            TextColumn("{task.description} done"),
            BarColumn(),
            TimeRemainingColumn(),
            console=self._err,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=size)

    def __enter__(self) -> Self:
        return self

    def tell(self, item: Item, sent: Sent) -> None:
        """Take down what became of an item. Raises BrokenPipeError once nobody reads."""
        try:
            self._tell(item, sent)
        except BrokenPipeError:
            self._is_read = False
            raise

    def _tell(self, item: Item, sent: Sent) -> None:
        self._counts[sent.status] += 1
        self.is_good &= sent.is_good
        count = self._counts.total()
        if self._as_json:
            print(",\n " if count > 1 else "[", sent.model_dump_json(), sep="", end="", flush=True)
        elif not sent.is_good:
            self._err.print(_line(sent), soft_wrap=True)
        elif count <= LINES_MOST:
            self._out.print(_line(sent), soft_wrap=True)
        if self._has_bar and count > LINES_MOST:
            self._bar.start()
            self._bar.update(self._task, description=f"{count:,}", completed=item.end)
        if sent.status == "refused" and self._refused is not None:
            self._held.append(item)
        if count > 1 or self._even_one:
            self._put_aside()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()  # one that never began would leave an empty line
        if not self._is_read:
            return
        if self._as_json:
            print("]" if self._counts else "[]")
        elif self._counts.total() > 1 or (not self._counts and error is None):
            self._out.print(self._summary(is_whole=error is None), soft_wrap=True)
        if self._refused is not None and self._refused.count:
            told = f"{self._refused.path} holds the refused; mend it, then: {self._again}"
            (self._err if self._as_json else self._out).print(told, soft_wrap=True)
        sys.stdout.flush()

    def _put_aside(self) -> None:
        for item in self._held:
            assert self._refused is not None
            if item.text:
                self._refused.add(item)
            else:
                self._err.print(f"{item.where}: too long to be put into {self._refused.path}", soft_wrap=True)
        self._held.clear()

    def _summary(self, is_whole: bool) -> str:
        if not self._counts:
            return "nothing to send"
        told = ", ".join(
            f"{self._counts[status]:,} {status}" for status in ("accepted", "duplicate", "closed", "refused")
        )
        if is_whole and self.is_good and not self._counts["accepted"]:
            told += "\nnothing changed: all of it had arrived before"
        return told


def _line(sent: Sent) -> Text:
    line = Text(f"{sent.where}: ")
    line.append(sent.status, STYLES[sent.status])
    line.append(clean(f" {sent.case_id}").rstrip())
    line.append(clean(f": {sent.text}"))
    return line
