"""What each command does with the server and the registry, and how it ends where they fail."""

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import typer

from conviction_gate.cli.help import NOT_POSSIBLE
from conviction_gate.cli.printing import short_id
from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.case_lookup import Found, look_up, look_up_ended
from conviction_gate.client.case_names import CASE_FORM
from conviction_gate.client.errors import ClientError, client_errors
from conviction_gate.config.data_folder import folders_in_use
from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.contracts.case import Flag
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.contracts.names import CaseId
from conviction_gate.encryption.keys import KeysError
from conviction_gate.temporal.connect import ConnectError, connect
from conviction_gate.temporal.search_attributes import SetupError

if TYPE_CHECKING:
    from conviction_gate.policy.catalog import Catalog
    from conviction_gate.registry import RecordedCase, Registry

T = TypeVar("T")

NAMED: Final = {
    "TEMPORAL_ADDRESS",
    *(f"{PREFIX}{name}" for name in ("DATA", "REGISTRY_URL", "KEYS", "KEYRING")),
}
"""What names a server, a registry or keys."""
REFUSED: Final = 1
"""The exit code where something was refused or is unknown."""


def use_data(folder: Path | None) -> None:
    """Make `--data` the data folder of this process and of its children."""
    if folder is not None:
        os.environ[f"{PREFIX}DATA"] = str(folder)


def fail(text: str, code: int = NOT_POSSIBLE) -> NoReturn:
    """Print what is wrong and what to do, and end the command."""
    print(f"error: {text}", file=sys.stderr)
    raise typer.Exit(code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do a command's work; an expected failure becomes one line and exit code 2."""

    @client_errors()
    async def translated() -> T:
        return await work

    try:
        return asyncio.run(translated())
    except (ClientError, ConnectError, CannotDecrypt, SettingsError, SetupError) as error:
        fail(_with_hint(error))
    except Exception as error:
        # Not imported above: the registry needs a database toolkit, which takes a while to import.
        from conviction_gate.registry import RegistryError

        if not isinstance(error, RegistryError):
            raise
        fail(_with_hint(error))


def _with_hint(error: Exception) -> str:
    """What is wrong; where nothing is named, and `up` runs on other data folders than the default one, also
    which these are."""
    text = str(error)
    is_of_a_value = isinstance(error, SettingsError) and not isinstance(error, KeysError)
    if is_of_a_value or NAMED & os.environ.keys() or "--data" in text:
        return text
    default: Path = Settings.model_fields["data"].default
    in_use = folders_in_use()
    if not in_use or default.absolute() in in_use:
        return text
    if not default.exists():
        text = f"there is no data folder {default.absolute()}"
    options = " or ".join(f"--data {shlex.quote(str(folder))}" for folder in in_use)
    return f"{text}; `conviction-gate up` runs with another data folder: add {options}"


def agency_catalogs() -> "Callable[[str], Catalog]":
    """From an agency's ORI to its catalog; ends the command where a file of the settings cannot be read."""
    from conviction_gate.config.catalogs import read_catalogs

    try:
        return read_catalogs(Settings(), on_refused=lambda _: None)
    except SettingsError as error:
        fail(str(error))


@asynccontextmanager
async def cases() -> AsyncIterator[CaseClient]:
    """A client of the cases; the registry is opened at the first call that needs it."""
    settings = Settings()
    records = LazyRegistry(settings.registry)
    try:
        yield CaseClient(await connect(), records, settings.permits)
    finally:
        await records.close()


class LazyRegistry:
    """Opens the registry at its first use: a message to an open case needs none."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opening = asyncio.Lock()
        self._registry: Registry | None = None

    async def recorded_case(self, case_id: str) -> "RecordedCase | None":
        """See `Registry`."""
        return await (await self._opened()).recorded_case(case_id)

    async def flags(self) -> tuple[Flag, ...]:
        """See `Registry`."""
        return await (await self._opened()).flags()

    async def close(self) -> None:
        """Close what was opened."""
        if self._registry is not None:
            await self._registry.close()

    async def _opened(self) -> "Registry":
        from conviction_gate.registry import Registry

        async with self._opening:
            if self._registry is None:
                self._registry = await Registry.open(self._url)
        return self._registry


def found_case(case_id: CaseId | str) -> Found:
    """The case; ends the command where there is none."""

    async def work() -> Found | None:
        try:
            async with cases() as client:
                return await look_up(client, case_id)
        except ConnectError:  # no server is needed for a case that has ended
            if found := await _ended(case_id):
                return found
            raise

    if (found := run(work())) is None:
        fail(f"no case {short_id(str(case_id))}; see `conviction-gate list`, or write {CASE_FORM}", REFUSED)
    return found


async def _ended(case_id: CaseId | str) -> Found | None:
    """The case where the registry can be read and has its end."""
    from conviction_gate.registry import Registry, RegistryError

    with suppress(RegistryError):
        async with await Registry.open(Settings().registry) as registry:
            return await look_up_ended(registry, case_id)
    return None
