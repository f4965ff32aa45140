"""The file of refused lines: unchanged, to be corrected and sent again."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from conviction_gate.cli.bulk.items import Item
from conviction_gate.cli.session import fail


class RefusedFile:
    """Written line by line, so that an interrupted run has it too. Without a refusal there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, item: Item) -> None:
        """Write an item on one line; ends the command where that fails."""
        # A line break within JSON is white space, whatever else is wrong with it.
        lines = item.text.split(b"\n")
        text = item.text if len(lines) == 1 else b" ".join(line.strip() for line in lines)
        try:
            if self.count == 0 and self.path.is_file() and not self.path.is_symlink():
                self.path.replace(f"{self.path}~")  # it may be corrected and not sent yet
            with self.path.open("ab" if self.count else "wb") as file:
                file.write(text + b"\n")
        except OSError as error:
            fail(
                f"cannot write the refused lines to {self.path}: {error.strerror}; name another file with "
                "--refused and run the command again: what arrived already changes nothing"
            )
        self.count += 1


def default_path(file: BinaryIO) -> Path | None:
    """Where the refused lines of a file go without `--refused`; None for a pipe."""
    name = Path(str(getattr(file, "name", "-")))
    return name.with_name(f"{name.stem}.refused.jsonl") if name.is_file() else None


def require_other_file(path: Path, file: BinaryIO) -> None:
    """Ends the command where the refused lines would overwrite the file that is read."""
    with suppress(OSError):  # it does not exist yet, or the input is a pipe
        if os.path.samestat(path.stat(), os.fstat(file.fileno())):
            fail(f"--refused: {path} is the file that is read; name another file")
