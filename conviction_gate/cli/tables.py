"""The commands that fill and mend the project's own database."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

import typer

from conviction_gate.cli.bulk.reading import Item, items_in, read_addressed, read_history
from conviction_gate.cli.options import Data, File, Json
from conviction_gate.cli.session import REFUSED, run
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.reading import DoesNotFit
from conviction_gate.contracts.signals import typed

T = TypeVar("T")

history: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
docket: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
registry: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Imported(NamedTuple):
    """How many rows went in, and where the others stand with the reason."""

    imported: int
    refused: list[tuple[str, str]]


@history.callback()
def _history() -> None:
    """The table of criminal histories."""


@history.command("import")
def import_history(file: File, as_json: Json = False, data: Data = None) -> None:
    """Import criminal histories, one object each; the same set of ids again replaces."""

    async def work() -> Imported:
        from conviction_gate.registry import Registry, migrate

        answers, refused = _read_all(items_in(file), read_history)
        await migrate(url := Settings().registry)
        async with await Registry.open(url) as opened:
            return Imported(await opened.import_history(answers), refused)

    _report(run(work()), as_json)


@docket.callback()
def _docket() -> None:
    """The table of what courts hold."""


@docket.command("import")
def import_docket(file: File, as_json: Json = False, data: Data = None) -> None:
    """Import docket entries, each with agency, tracking_number, type and the message's fields."""

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


@registry.callback()
def _registry() -> None:
    """The project's own database."""


@registry.command("migrate")
def migrate_registry(data: Data = None) -> None:
    """Make the registry's tables, or bring them to this release's schema. Safe to repeat."""

    async def work() -> None:
        from conviction_gate.registry import migrate

        await migrate(Settings().registry)

    run(work())
    print("the registry is set up")


def _read_all(items: Iterable[Item], read: Callable[[bytes], T]) -> tuple[list[T], list[tuple[str, str]]]:
    """What could be read, and for the rest where it stands and the reason."""
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
