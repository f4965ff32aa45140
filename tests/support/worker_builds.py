"""Other builds of the worker: changed copies of this tree, which run in processes of their own."""

import shutil
from pathlib import Path
from typing import NamedTuple

import worker

_PACKAGES = ("activities", "conviction_gate", "workflows")


class Change(NamedTuple):
    """A text of a file and what stands in its place in another build."""

    file: str
    old: str
    new: str


def build(there: Path, *changes: Change) -> dict[str, str]:
    """Write a copy of this tree with the changes made, one after the other; its environment."""
    here = Path(worker.__file__).parent
    for package in _PACKAGES:
        shutil.copytree(here / package, there / package, dirs_exist_ok=True)
    shutil.copy(here / "worker.py", there)
    for file, old, new in changes:
        source = (there / file).read_text()
        assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {file}; name another text"
        (there / file).write_text(source.replace(old, new))
    return {"PYTHONPATH": str(there)}
