"""The file of refused lines: unchanged, to be corrected and sent again."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from conviction_gate.cli.session import fail
from conviction_gate.client.bulk.items import Item


class RefusedFile:
    """Written line by line, so that an interrupted run has it too. Without a refusal there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def add(self, item: Item, reason: str) -> bool:
        """Write an item on one line; ends the command where that fails. False: it is too long to be kept."""
        if not item.text:
            return False
        # A line break within JSON is white space, whatever else is wrong with it.
        lines = item.text.split(b"\n")
        text = item.text if len(lines) == 1 else b" ".join(line.strip() for line in lines)
        write_or_fail(self.path, text + b"\n", is_new=not self.count)
        self.count += 1
        return True


def write_or_fail(path: Path, text: bytes, *, is_new: bool) -> None:
    """Add to a file of what was refused; ends the command where that fails. `is_new`: its first lines."""
    try:
        if is_new and path.is_file() and not path.is_symlink():
            path.replace(f"{path}~")  # it may be corrected and not sent yet
        with path.open("wb" if is_new else "ab") as file:
            file.write(text)
    except OSError as error:
        fail(
            f"cannot write the refused lines to {path}: {error.strerror}; name another file with "
            "--refused and run the command again: what arrived already changes nothing"
        )


def default_path(file: BinaryIO) -> Path | None:
    """Where the refused lines of a file go without `--refused`; None for a pipe."""
    name = Path(str(getattr(file, "name", "-")))
    return name.with_name(f"{name.stem}.refused.jsonl") if name.is_file() else None


def require_other_file(path: Path, file: BinaryIO) -> None:
    """Ends the command where the refused lines would overwrite the file that is read."""
    with suppress(OSError):  # it does not exist yet, or the input is a pipe
        if os.path.samestat(path.stat(), os.fstat(file.fileno())):
            fail(f"--refused: {path} is the file that is read; name another file")
