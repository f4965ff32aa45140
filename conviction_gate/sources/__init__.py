"""Criminal histories and dockets from other agencies' services, where a deployment has such services."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from conviction_gate.config.service_access import ServiceAccess
from conviction_gate.sources.docket import DocketService
from conviction_gate.sources.history import HistoryService
from conviction_gate.sources.http import HttpService


class DocketSource(Protocol):
    """Where docket entries come from: a court's service, or the registry's own table."""

    async def has_docket(self) -> bool: ...
    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Sources:
    """The sources that a worker asks. None: the registry's own tables are the only source."""

    histories: HistoryService | None = None
    dockets: DocketSource | None = None


@asynccontextmanager
async def open_sources(history: ServiceAccess | None, docket: ServiceAccess | None) -> AsyncIterator[Sources]:
    """The services at these addresses; their connections are closed at the end.

    Raises:
        ServiceError: an address is not valid, or a service's certificates cannot be read.
    """
    async with AsyncExitStack() as stack:

        def connected(access: ServiceAccess) -> HttpService:
            service = HttpService(access)
            stack.push_async_callback(service.close)
            return service

        yield Sources(
            histories=HistoryService(connected(history)) if history else None,
            dockets=DocketService(connected(docket)) if docket else None,
        )
