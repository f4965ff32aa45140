"""One command's dealings with the server and the registry, and what it says when they fail."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import typer
from temporalio.client import RPCTimeoutOrCancelledError, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from contracts.case import Flag
from contracts.sealed import Locked
from intake.client import CaseClient, KeptCase
from runtime.connect import ConnectError, connect
from runtime.search_attributes import SetupError
from runtime.settings import PREFIX, Settings, SettingsError

if TYPE_CHECKING:
    from registry import Registry

T = TypeVar("T")

REFUSED: Final = 1
NOT_POSSIBLE: Final = 2

NO_WORKER: Final = "no worker answers; start one with `conviction-gate up` or `python -m worker`"
NOT_REPLAYED: Final = (
    "no worker that answers can replay its history; a worker's log says why, "
    'and "When a case is stuck" in docs/changing-workflows.md what to do'
)
_FAILING: Final = "failed state"
"""The server's words for a query of a case whose workflow task fails again and again."""


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
    except (ConnectError, Locked, SettingsError, SetupError) as error:
        fail(str(error))
    except UNANSWERED as error:
        fail(told(error))
    except Exception as error:
        # Here and not above: the registry imports a database toolkit, and most commands need none.
        from registry import RegistryError

        if not isinstance(error, RegistryError):
            raise
        fail(str(error))


UNANSWERED: Final = (RPCError, RPCTimeoutOrCancelledError, WorkflowQueryFailedError)
"""How the SDK says that a server, a worker or a case does not answer."""


def silence(error: Exception) -> str | None:
    """Why a case does not answer, and what to do; None where it is the server that does not."""
    match error:
        case WorkflowQueryFailedError():
            return NOT_REPLAYED
        case RPCTimeoutOrCancelledError():
            return NO_WORKER
        case RPCError(status=RPCStatusCode.FAILED_PRECONDITION) if _FAILING in error.message:
            return NOT_REPLAYED
        # The SDK's own time-out comes as one that is cancelled.
        case RPCError(status=status) if status in (
            RPCStatusCode.CANCELLED,
            RPCStatusCode.DEADLINE_EXCEEDED,
            RPCStatusCode.FAILED_PRECONDITION,
        ):
            return NO_WORKER
        case _:
            return None


def told(error: RPCError | RPCTimeoutOrCancelledError | WorkflowQueryFailedError) -> str:
    """What is wrong, and what to do about it."""
    if (silent := silence(error)) is not None:
        again = ", then send again: what arrived already changes nothing"
        return silent + (again if silent == NO_WORKER else "")
    assert isinstance(error, RPCError)
    if "search attribute" in error.message.lower():
        return f"{error.message}; run `conviction-gate setup`"
    match error.status:
        case RPCStatusCode.INVALID_ARGUMENT:
            return f"the server refuses it: {error.message}; shorten or mend it"
        case RPCStatusCode.UNAVAILABLE:
            step = "start it, then send again: what arrived already changes nothing"
        case _:
            step = "check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the server's log"
    return f"the Temporal server does not do it: {error.message}; {step}"


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

    async def kept_case(self, case_id: str) -> KeptCase | None:
        """See `Registry`."""
        return await (await self._opened()).kept_case(case_id)

    async def flags(self) -> tuple[Flag, ...]:
        """See `Registry`."""
        return await (await self._opened()).flags()

    async def close(self) -> None:
        """Close what was opened."""
        if self._registry is not None:
            await self._registry.close()

    async def _opened(self) -> "Registry":
        from registry import Registry

        async with self._opening:
            if self._registry is None:
                self._registry = await Registry.open(self._url)
        return self._registry
