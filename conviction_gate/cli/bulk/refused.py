"""The file of refused lines: as they stood, to be mended and sent again."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from conviction_gate.cli.bulk.reading import Item
from conviction_gate.cli.session import fail


class RefusedFile:
    """Written as it goes, so that an interrupted run has it too; not there where nothing was refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, item: Item) -> None:
        """Put an item there on one line; ends the command where that cannot be done."""
        # A line break within JSON is white space, whatever else is wrong with it.
        lines = item.text.split(b"\n")
        text = item.text if len(lines) == 1 else b" ".join(line.strip() for line in lines)
        try:
            if self.count == 0 and self.path.is_file() and not self.path.is_symlink():
                self.path.replace(f"{self.path}~")  # it may have been mended and not been sent yet
            with self.path.open("ab" if self.count else "wb") as file:
                file.write(text + b"\n")
        except OSError as error:
            fail(
                f"what was refused cannot be written to {self.path}: {error.strerror}; name another file "
                "with --refused and run the command again: what arrived already changes nothing"
            )
        self.count += 1


def beside(read: BinaryIO) -> Path | None:
    """Where the refused lines of a file go, if nothing else is said; None for a pipe."""
    name = Path(str(getattr(read, "name", "-")))
    return name.with_name(f"{name.stem}.refused.jsonl") if name.is_file() else None


def refuse_the_same(path: Path, read: BinaryIO) -> None:
    """Ends the command where the file of refused lines is the one that is read."""
    with suppress(OSError):  # it is not there yet, or what is read is no file
        if os.path.samestat(path.stat(), os.fstat(read.fileno())):
            fail(f"--refused: {path} is the file that is read; name another one")
