"""The commands `history import` and `docket import`: fill the registry's histories and dockets."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple, TypeVar

import typer

from conviction_gate.cli.bulk.mapped import MapFile, RefusedRows, Source, source
from conviction_gate.cli.help import App
from conviction_gate.cli.options import Data, File, Json
from conviction_gate.cli.session import REFUSED, cases, run
from conviction_gate.client.bulk.items import Item
from conviction_gate.client.bulk.reading import read_addressed, read_history
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.court import RecordUpdate
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_unclear_history
from conviction_gate.contracts.signals import typed

T = TypeVar("T")

history: Final = App("Import criminal histories into the registry.")
docket: Final = App("Import docket entries into the registry.")


Recheck = Annotated[
    bool, typer.Option("--recheck", help="Ask again for the record of each flagged case that it concerns.")
]


class Imported(NamedTuple):
    """How many were imported, and where in the file the others are, with the reason."""

    imported: int
    refused: list[tuple[str, str]]
    flagged: Sequence[str] | None = None
    rechecked: bool = False


def import_history(
    file: File,
    map_file: MapFile = None,
    recheck: Annotated[
        bool,
        typer.Option("--recheck", help="Ask again for the record of each flagged case that the file concerns."),
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Import criminal histories, one JSON object for each person.

    A history with the same ids replaces the one before.

    Where a line is refused and names its subject, that record counts as unclear until a line that fits replaces
    it: a person reads it, and it never looks clean. The flagged cases that the file concerns are listed; a
    changed record can be a reason to withdraw a flag.
    """

    async def work() -> Imported:
        from conviction_gate.registry import Registry, migrate

        answers, refused, unclear = [], [], []
        found = source(file, map_file)
        for item in found.items:
            try:
                answers.append(item.read(read_history))
            except DoesNotFit as reason:
                refused.append((item.where, str(reason)))
                _keep(found, item, reason)
                with suppress(DoesNotFit):
                    unclear.append(item.read(read_unclear_history))
        await migrate(url := Settings().registry)
        async with await Registry.open(url) as opened:
            await opened.import_history((*unclear, *answers))
            concerned = await opened.flagged_cases([answer.subject for answer in (*unclear, *answers)])
        if recheck:
            await _recheck(concerned, answers)
        return Imported(len(answers), refused, concerned, recheck)

    _report(run(work()), as_json)


async def _recheck(flagged: Sequence[str], answers: Sequence[HistoryAnswer]) -> None:
    """Have each of these cases ask for its record anew. The same file on the same day asks once."""
    content = "\n".join(answer.model_dump_json() for answer in answers)
    today = datetime.now(UTC).date()
    update = RecordUpdate(
        message_id=f"history-import-{today}-{hashlib.sha256(content.encode()).hexdigest()[:16]}",
        sender="history-import",
        reported_on=today,
    )
    async with cases() as client:
        for case in flagged:
            case_id = CaseId.parse(case)
            assert case_id is not None  # it is on record
            await client.send(update, case_id)


def import_docket(file: File, map_file: MapFile = None, as_json: Json = False, data: Data = None) -> None:
    """Import docket entries, each with agency, tracking_number, type and the message's own fields."""

    async def work() -> Imported:
        from conviction_gate.registry import DocketEntry, Registry, migrate

        found, refused = _read_all(source(file, map_file), read_addressed)
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


def _read_all(items: Source, read: Callable[[bytes], T]) -> tuple[list[T], list[tuple[str, str]]]:
    """What fits, and for the rest the place in the file and the reason."""
    found: list[T] = []
    refused: list[tuple[str, str]] = []
    for item in items.items:
        try:
            found.append(item.read(read))
        except DoesNotFit as reason:
            refused.append((item.where, str(reason)))
            _keep(items, item, reason)
    return found, refused


def _keep(found: Source, item: Item, reason: DoesNotFit) -> None:
    """A refused row of a CSV file goes into a file of its own; a refused line of JSON stays where it is."""
    if isinstance(found.refused, RefusedRows):
        found.refused.add(item, str(reason))


def _report(done: Imported, as_json: bool) -> None:
    if as_json:
        refused = [{"where": where, "text": text} for where, text in done.refused]
        flagged = {} if done.flagged is None else {"flagged_cases": [*done.flagged]}
        print(json.dumps({"imported": done.imported, "refused": refused, **flagged}))
    else:
        for where, text in done.refused:
            print(f"{where}: refused: {text}", file=sys.stderr)
        print(f"{done.imported} imported, {len(done.refused)} refused")
        if done.flagged:
            step = "asked for again" if done.rechecked else "ask for their records again with --recheck"
            print(f"{len(done.flagged)} flagged cases concerned: {', '.join(done.flagged)}; {step}")
    if done.refused:
        raise typer.Exit(REFUSED)
