"""Reports what happened to each message of a file: lines and a progress bar, then a summary."""

import sys
from collections import Counter
from types import TracebackType
from typing import Final, Self

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from conviction_gate.cli.bulk.mapped import RefusedRows
from conviction_gate.cli.bulk.refused import RefusedFile
from conviction_gate.cli.printing import STYLES, clean, console, short_id
from conviction_gate.client.bulk.items import Item
from conviction_gate.client.bulk.sending import Sent

MAX_LINES: Final = 10
"""Messages that get a line whatever happened to them; after these only refused and closed ones do."""


class ProgressReport:
    """For people: what needs action on stderr, the rest on stdout. For programs: one array on stdout.

    `size`: the end of the last item; None for a pipe. `refused`: gets the refused lines; `again`: the command
    that sends them later. The refused line of a file of one message is written only with `keep_single`.
    """

    def __init__(
        self,
        *,
        as_json: bool,
        size: int | None,
        refused: RefusedFile | RefusedRows | None,
        keep_single: bool,
        again: str,
    ) -> None:
        self.is_good = True
        self._is_open = True
        self._as_json = as_json
        self._refused = refused
        self._keep_single = keep_single
        self._again = again
        self._counts: Counter[str] = Counter()
        self._held: list[tuple[Item, str]] = []
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

    def add(self, item: Item, sent: Sent) -> None:
        """Report one item. Raises BrokenPipeError where the output was closed."""
        try:
            self._add(item, sent)
        except BrokenPipeError:
            self._is_open = False
            raise

    def _add(self, item: Item, sent: Sent) -> None:
        self._counts[sent.status] += 1
        self.is_good &= sent.is_good
        count = self._counts.total()
        if self._as_json:
            print(",\n " if count > 1 else "[", sent.model_dump_json(), sep="", end="", flush=True)
        elif not sent.is_good:
            self._err.print(_line(sent), soft_wrap=True)
        elif count <= MAX_LINES:
            self._out.print(_line(sent), soft_wrap=True)
        if self._has_bar and count > MAX_LINES:
            self._bar.start()
            self._bar.update(self._task, description=f"{count:,}", completed=item.end)
        if sent.status == "refused" and self._refused is not None:
            self._held.append((item, sent.text))
        if count > 1 or self._keep_single:
            self._write_refused()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()  # stopping one that was never started would print an empty line
        if not self._is_open:
            return
        if self._as_json:
            print("]" if self._counts else "[]")
        elif self._counts.total() > 1 or (not self._counts and error is None):
            self._out.print(self._summary(is_whole=error is None), soft_wrap=True)
        if self._refused is not None and self._refused.count:
            text = f"the refused lines are in {self._refused.path}; correct them there, then: {self._again}"
            (self._err if self._as_json else self._out).print(text, soft_wrap=True)
        sys.stdout.flush()

    def _write_refused(self) -> None:
        for item, reason in self._held:
            assert self._refused is not None
            if not self._refused.add(item, reason):
                self._err.print(f"{item.where}: too long to copy into {self._refused.path}", soft_wrap=True)
        self._held.clear()

    def _summary(self, is_whole: bool) -> str:
        if not self._counts:
            return "nothing to send"
        counts = ", ".join(
            f"{self._counts[status]:,} {status}" for status in ("accepted", "duplicate", "closed", "refused")
        )
        if is_whole and self.is_good and not self._counts["accepted"]:
            counts += "\nnothing changed: all of it had arrived before"
        return counts


def _line(sent: Sent) -> Text:
    line = Text(f"{sent.where}: ")
    line.append(sent.status, STYLES[sent.status])
    line.append(clean(f" {short_id(sent.case_id)}").rstrip())
    line.append(clean(f": {sent.text}"))
    return line
