"""The commands `keys new`, `keys use` and `keys list`. None of them prints a key that is in use."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from conviction_gate.cli.help import App
from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import Column, console, print_table
from conviction_gate.cli.session import fail
from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.encryption.keys import checked_id, list_keys, make_key, new_secret, today, use_key

keys: Final = App("Make, choose and list the keys that encrypt payloads.")

Id = Annotated[str | None, typer.Argument(metavar="ID", help="The key's name; today's date by default.")]
_ELSEWHERE: Final = (
    f"the keys are those of {PREFIX}KEYRING; make one with `conviction-gate keys new --print` and add it there"
)


def new_key(
    key_id: Id = None,
    shown: Annotated[
        bool, typer.Option("--print", help="Print id=key for a secret store, and write no file.")
    ] = False,
    data: Data = None,
) -> None:
    """Make a key in the key folder. The first one is current; a later one only decrypts until `keys use`."""
    try:
        if shown:
            print(f"{checked_id(key_id or today())}={new_secret()}")
            return
        folder = _folder()
        file = make_key(folder, key_id)
        (made,) = (key for key in list_keys(Settings()) if key.file == file)
    except SettingsError as error:
        fail(str(error))
    print(f"made {file}; keep a copy in a safe place: what it encrypts cannot be read without it")
    if not made.is_current:
        print(f"copy it to every worker and client, then run `conviction-gate keys use {made.id}`")


def use(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="A key of the key folder.")], data: Data = None
) -> None:
    """Make a key the current one: processes that start from now on encrypt with it."""
    try:
        use_key(_folder(), key_id)
    except SettingsError as error:
        fail(str(error))
    print(f"{key_id} is the current key; restart the workers")


def show_keys(as_json: Json = False, data: Data = None) -> None:
    """List the keys: which one is current, its file, its age. Never the key itself."""
    try:
        found = list_keys(Settings())
    except SettingsError as error:
        fail(str(error))
    rows = [
        {
            "id": key.id,
            "current": key.is_current,
            "file": str(key.file) if key.file else None,
            "age_days": (datetime.now(UTC) - key.made_at).days if key.made_at else None,
        }
        for key in found
    ]
    if as_json:
        print(json.dumps(rows))
        return
    columns = (Column("key"), Column("use"), Column("kept in"), Column("age", rank=1))
    print_table(
        console(),
        columns,
        (
            (
                key.id,
                "current" if key.is_current else "decrypts only",
                str(key.file or f"{PREFIX}KEYRING"),
                f"{row['age_days']} days" if key.made_at else "",
            )
            for key, row in zip(found, rows, strict=True)
        ),
    )


keys.add(new_key, "keys new", "keys new 2027-01 --print", name="new")
keys.add(use, "keys use 2027-01")
keys.add(show_keys, "keys list", name="list")


def _folder() -> Path:
    settings = Settings()
    if settings.keyring is not None:
        fail(_ELSEWHERE)
    return settings.key_folder
