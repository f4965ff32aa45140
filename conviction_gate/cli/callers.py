"""The commands `callers new`, `callers list` and `callers check`: who may speak through the door."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from conviction_gate.cli.help import App
from conviction_gate.cli.options import Data, Json, completions
from conviction_gate.cli.printing import Column, console, print_table
from conviction_gate.cli.session import fail
from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.door.callers import (
    RIGHTS,
    SETTING,
    Caller,
    add_entry,
    entry_of,
    hashed,
    new_key,
    read_callers,
)

T = TypeVar("T")

callers: Final = App("Make, list and check the callers of the door.")

COLUMNS: Final = (
    Column("caller"),
    Column("by"),
    Column("agencies", prose=True),
    Column("may", prose=True),
    Column("a minute", rank=1),
)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The caller: the `sender` of all that it sends.")],
    may: Annotated[
        list[str] | None,
        typer.Option(
            "--may",
            metavar="RIGHT",
            autocompletion=completions(RIGHTS),
            help="What it may do, as in booking or read. Repeatable.",
        ),
    ] = None,
    agency: Annotated[
        list[str] | None,
        typer.Option("--agency", metavar="ORI", help="An ORI, or how several begin; * for all. Repeatable."),
    ] = None,
    person: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose key it is, where that is one person.")
    ] = None,
    shown: Annotated[
        bool, typer.Option("--print", help="Print the hash of the key too, and write no file.")
    ] = False,
    data: Data = None,
) -> None:
    """Make a caller with a new API key, which is printed once and kept nowhere.

    Without --may and --agency the caller is not added to the file.
    """
    key = new_key()
    if shown or not (may and agency):
        print(key)
        typer.echo(
            f'in the file of callers: [caller.{name}] with key = "{hashed(key)}", agencies and may', err=True
        )
        return
    file = _file()
    try:
        add_entry(file, entry_of(name, key, agency, may, person))
    except ValueError as error:
        fail(_reason(name, str(error)))
    except OSError as error:
        fail(f"{SETTING}: {error.filename} cannot be written ({error.strerror}); correct the path")
    print(key)
    typer.echo(f"{name} is in {file}; give it the key above, which is not shown again", err=True)


def show(as_json: Json = False, data: Data = None) -> None:
    """List the callers: how each proves who it is, and what it may do. Never a key."""
    found = _checked(lambda: read_callers(_file())).caller.values()
    if as_json:
        print(json.dumps([_as_json(caller) for caller in found], ensure_ascii=False))
        return
    rows = ((c.name, _proof(c), ", ".join(c.agencies), ", ".join(c.may), str(c.per_minute)) for c in found)
    print_table(console(), COLUMNS, rows)


def check(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", dir_okay=False, help="The file; by default the one of the settings."),
    ] = None,
    data: Data = None,
) -> None:
    """Check a file of callers before the door reads it."""
    path = file or _file()
    count = len(_checked(lambda: read_callers(path)).caller)
    print(f"{path} fits: {count} {'caller' if count == 1 else 'callers'}")


callers.add(new, "callers new county-jms --may booking --may read --agency CA019")
callers.add(show, "callers list", name="list")
callers.add(check, "callers check callers.toml")


def _file() -> Path:
    settings: Settings = _checked(Settings)
    return settings.callers_file


def _checked(work: Callable[[], T]) -> T:
    try:
        return work()
    except SettingsError as error:
        fail(str(error))


def _reason(name: str, error: str) -> str:
    """What does not fit, by the option that it came from."""
    for field, option in (("may", "--may"), ("agencies", "--agency"), ("person", "--person")):
        place, _, reason = error.partition(f"{field}")
        if place == f"caller.{name}." and reason:
            return f"{option}: {reason.partition(': ')[2]}"
    if "not TOML" in error:
        return (
            f"NAME: the file has {name} already, or is not TOML; choose another name, or add a key with --print"
        )
    return error


def _proof(caller: Caller) -> str:
    parts = [("key", caller.key), ("certificate", caller.certificate), ("token", caller.issuer)]
    return ", ".join(name for name, given in parts if given)


def _as_json(caller: Caller) -> dict[str, Any]:
    hidden = {"key", "certificate"}
    return {**caller.model_dump(mode="json", exclude=hidden), "by": _proof(caller).split(", ")}
