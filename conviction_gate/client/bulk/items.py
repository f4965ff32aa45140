"""From a file to its objects: JSON Lines, one JSON object over as many lines as it likes, or an array."""

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice
from typing import BinaryIO, Final, TypeVar

from conviction_gate.contracts.reading import DoesNotFit

T = TypeVar("T")

MAX_LINE_BYTES: Final = 2**20
"""The server takes half of it in one message."""
MAX_WHOLE_FILE_BYTES: Final = 2**25
"""Of a file that is not JSON Lines: it is read whole."""
MAX_LINES_SNIFFED: Final = 100
"""Lines that are read to find out whether a file is JSON Lines."""


@dataclass(frozen=True)
class Item:
    """One piece of a file, and where it is, as in `line 3`.

    `text`: its bytes, unchanged; empty where it is too long to keep. `end`: bytes of the file up to the
    item's end. `flaw`: why it cannot be read, if so.
    """

    where: str
    text: bytes
    end: int = 0
    flaw: str = ""

    def read(self, reader: Callable[[bytes], T]) -> T:
        """What the reader returns for it; raises `DoesNotFit`."""
        if self.flaw:
            raise DoesNotFit(self.flaw)
        return reader(self.text)


def items_in(file: BinaryIO) -> Iterator[Item]:
    """The objects of a file, in order. A broken one is passed on as it is, for its reader to refuse.

    JSON Lines are read line by line, all else at once.
    """
    lines = iter(lambda: file.readline(MAX_LINE_BYTES + 1), b"")
    head: list[bytes] = []
    for line in islice(lines, MAX_LINES_SNIFFED):
        head.append(line if head else line.removeprefix(BOM_UTF8))
        if _is_object(head[-1]) or _is_overlong_object(head[-1]):
            yield from _each(chain(head, lines))
            return
    data = b"".join(head)
    yield from _in_whole(data + file.read(max(MAX_WHOLE_FILE_BYTES + 1 - len(data), 0)))


def _each(lines: Iterable[bytes]) -> Iterator[Item]:
    """Each line by itself; one that is too long may come in pieces."""
    number = end = 0
    inside = False
    for line in lines:
        end += len(line)
        if not inside:
            number += 1
            text = line.removesuffix(b"\n")
            if len(text) > MAX_LINE_BYTES:
                yield Item(f"line {number}", b"", end, _TOO_LONG)
            elif text.strip():
                yield Item(f"line {number}", text, end)
        inside = not line.endswith(b"\n")


def _in_whole(data: bytes) -> Iterable[Item]:
    """An array, or one object over many lines."""
    size = len(data)
    if size > MAX_WHOLE_FILE_BYTES:
        return [Item("line 1", b"", size, _TOO_LARGE)]
    try:
        whole = json.loads(data)
    except RecursionError:
        return [Item("line 1", data, size)]
    except ValueError as error:
        lines = [*_each(BytesIO(data))]
        if len(lines) > 1 and not any(_is_object(line.text) for line in lines):
            # One object over many lines, broken somewhere: one refusal, not one for each line.
            return [Item(f"line {getattr(error, 'lineno', 1)}", data, size)]
        return lines
    if not isinstance(whole, list):
        return [Item("line 1", data, size)]
    return (
        Item(f"item {n}", json.dumps(value).encode(), size * n // len(whole))
        for n, value in enumerate(whole, 1)
    )


_TOO_LONG: Final = f"longer than {MAX_LINE_BYTES // 2**20} MiB; shorten it"
_TOO_LARGE: Final = (
    f"the file is not JSON Lines and larger than {MAX_WHOLE_FILE_BYTES // 2**20} MiB; write one object a line"
)


def _is_overlong_object(line: bytes) -> bool:
    """What looks like an object and is longer than a line may be."""
    return len(line) > MAX_LINE_BYTES and line.startswith(b"{")


def _is_object(line: bytes) -> bool:
    """A whole object on a line of its own, not one that is indented within another."""
    if not line.startswith(b"{"):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
