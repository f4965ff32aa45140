"""The door as a process: where it listens, and how it ends."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute
from temporalio.client import Client

from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.door.app import application
from conviction_gate.door.calls import Door
from conviction_gate.door.cases import CasesBehindTheDoor
from conviction_gate.door.docs_page import docs_routes
from conviction_gate.door.health import health_routes
from conviction_gate.door.identity import CallersFile
from conviction_gate.door.rates import Rates
from conviction_gate.encryption.http_server import serving

DEFAULT_PORT: Final = 8080


@asynccontextmanager
async def opened(
    settings: Settings,
    address: str,
    audit: Callable[[str], object],
    *,
    desk: Callable[[Door], BaseRoute] | None = None,
    connecting: Callable[[], Awaitable[Client]] | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> AsyncIterator[None]:
    """The door, at an IP address and port. `desk`: what makes the pages for people. `connecting`: to another
    server than the environment names.

    Raises:
        SettingsError: there are no callers, the address is taken, or the certificate cannot be used.
    """
    callers = CallersFile(settings.callers_file)
    await callers.start()
    cases = CasesBehindTheDoor(settings, connecting)
    door = Door(cases, callers.current, Rates())
    pages = [desk(door)] if desk else []
    app = application(door, audit, *health_routes(cases, callers), *docs_routes(), *pages)
    try:
        async with serving(app, address, partial(_cannot_listen, address), certificate, key):
            yield
    finally:
        await cases.close()


async def run(
    settings: Settings,
    address: str,
    certificate: Path | None,
    key: Path | None,
    desk: Callable[[Door], BaseRoute] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; the audit goes to stdout. Raises `SettingsError` as `opened` does."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    audit = partial(print, flush=True)
    async with opened(settings, address, audit, desk=desk, certificate=certificate, key=key):
        scheme = "https" if certificate else "http"
        print(f"ready: door {scheme}://{address}", file=sys.stderr, flush=True)
        await stop.wait()


def _cannot_listen(address: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"--host, --port: cannot bind to {address} ({error.strerror or error}); choose another port, or stop "
        "the program that listens there"
    )
