"""The commands `history import` and `docket import`: fill the registry's histories and dockets."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

import typer

from conviction_gate.cli.bulk.items import Item, items_in
from conviction_gate.cli.bulk.reading import read_addressed, read_history
from conviction_gate.cli.help import App
from conviction_gate.cli.options import Data, File, Json
from conviction_gate.cli.session import REFUSED, run
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.reading import DoesNotFit
from conviction_gate.contracts.signals import typed

T = TypeVar("T")

history: Final = App("Import criminal histories into the registry.")
docket: Final = App("Import docket entries into the registry.")


class Imported(NamedTuple):
    """How many were imported, and where in the file the others are, with the reason."""

    imported: int
    refused: list[tuple[str, str]]


def import_history(file: File, as_json: Json = False, data: Data = None) -> None:
    """Import criminal histories, an object each. A history with the same ids replaces the one before."""

    async def work() -> Imported:
        from conviction_gate.registry import Registry, migrate

        answers, refused = _read_all(items_in(file), read_history)
        await migrate(url := Settings().registry)
        async with await Registry.open(url) as opened:
            return Imported(await opened.import_history(answers), refused)

    _report(run(work()), as_json)


def import_docket(file: File, as_json: Json = False, data: Data = None) -> None:
    """Import docket entries, each with agency, tracking_number, type and the message's own fields."""

    async def work() -> Imported:
        from conviction_gate.registry import DocketEntry, Registry, migrate

        found, refused = _read_all(items_in(file), read_addressed)
        entries = [
            DocketEntry(
                agency=one.case_id.agency,
                tracking_number=one.case_id.tracking_number,
                message=json.dumps(typed(one.message)),
            )
            for one in found
        ]
        await migrate(url := Settings().registry)
        async with await Registry.open(url) as opened:
            return Imported(await opened.import_docket(entries), refused)

    _report(run(work()), as_json)


history.add(import_history, "history import histories.jsonl", name="import")
docket.add(import_docket, "docket import entries.jsonl", name="import")


def _read_all(items: Iterable[Item], read: Callable[[bytes], T]) -> tuple[list[T], list[tuple[str, str]]]:
    """What fits, and for the rest the place in the file and the reason."""
    found: list[T] = []
    refused: list[tuple[str, str]] = []
    for item in items:
        try:
            found.append(item.read(read))
        except DoesNotFit as reason:
            refused.append((item.where, str(reason)))
    return found, refused


def _report(done: Imported, as_json: bool) -> None:
    if as_json:
        refused = [{"where": where, "text": text} for where, text in done.refused]
        print(json.dumps({"imported": done.imported, "refused": refused}))
    else:
        for where, text in done.refused:
            print(f"{where}: refused: {text}", file=sys.stderr)
        print(f"{done.imported} imported, {len(done.refused)} refused")
    if done.refused:
        raise typer.Exit(REFUSED)
