"""One command's dealings with the server and the registry, and what it says when they fail."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import typer

from conviction_gate.client.case_client import CaseClient, RecordedCase
from conviction_gate.client.errors import UNANSWERED, describe_error
from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.contracts.case import Flag
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.temporal.connect import ConnectError, connect
from conviction_gate.temporal.search_attributes import SetupError

if TYPE_CHECKING:
    from conviction_gate.registry import Registry

T = TypeVar("T")

REFUSED: Final = 1
NOT_POSSIBLE: Final = 2


def use_data(folder: Path | None) -> None:
    """Make `--data` the data folder of this process and of those that it starts."""
    if folder is not None:
        os.environ[f"{PREFIX}DATA"] = str(folder)


def fail(text: str, code: int = NOT_POSSIBLE) -> NoReturn:
    """Say what went wrong and what to do, and end the command."""
    print(f"error: {text}", file=sys.stderr)
    raise typer.Exit(code)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do a command's work; every failure that is no bug becomes one line and exit code 2."""
    try:
        return asyncio.run(work)
    except (ConnectError, CannotDecrypt, SettingsError, SetupError) as error:
        fail(str(error))
    except UNANSWERED as error:
        fail(describe_error(error))
    except Exception as error:
        # Here and not above: the registry imports a database toolkit, and most commands need none.
        from conviction_gate.registry import RegistryError

        if not isinstance(error, RegistryError):
            raise
        fail(str(error))


@asynccontextmanager
async def cases() -> AsyncIterator[CaseClient]:
    """A client of the cases; the registry is opened when it is first asked."""
    settings = Settings()
    records = LateRegistry(settings.registry)
    try:
        yield CaseClient(await connect(), records, settings.permits)
    finally:
        await records.close()


class LateRegistry:
    """The registry, opened late: a message to an open case does not need it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opening = asyncio.Lock()
        self._registry: Registry | None = None

    async def recorded_case(self, case_id: str) -> RecordedCase | None:
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
