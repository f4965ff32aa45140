"""What the door asks of the rest: the cases behind a Temporal server, and the registry.

Both are opened at the first request that needs them, so that the door starts, and says that it is not ready,
while one of them is away.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, Generic, Literal, Protocol, TypeVar

from temporalio.client import Client, WorkflowExecutionStatus

from conviction_gate.client import listing
from conviction_gate.client.case_client import ANSWER_WITHIN, CaseClient
from conviction_gate.client.case_lookup import Found, look_up
from conviction_gate.client.errors import client_errors
from conviction_gate.client.reopening import NotReopened, reopen_case
from conviction_gate.client.replies import Reply
from conviction_gate.client.runs import describe
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseView, CorrectionResult, SubmitAnswer
from conviction_gate.contracts.fields import Model
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.encryption.converter import DoorPayloadConverter
from conviction_gate.registry import RecordedCase, Registry
from conviction_gate.registry.flag_list import FlagFilter, FlagPage
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.connect import connect

T = TypeVar("T")

OPENED_AGAIN_AFTER: Final = 2.0
"""Seconds after which what could not be opened is tried again."""


class CorrectionView(Model):
    """A message that came after the end of a case, and what became of it; `running`: nothing yet."""

    outcome: Literal["running", "withdrawn", "unchanged", "stopped"]
    explanation: str


class Cases(Protocol):
    """What the door asks. Calls raise `ClientError`, `ConnectError` or `RegistryError`."""

    async def start(self, booking: Booking) -> Reply:
        """See `CaseClient.start`."""

    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        """See `CaseClient.submit`."""

    async def send(self, message: Message, case_id: CaseId, *, look: bool = True) -> Reply:
        """See `CaseClient.send`."""

    async def is_idle(self, case_id: CaseId) -> bool:
        """See `CaseClient.is_idle`."""

    async def open_case(self, case_id: CaseId) -> CaseView | None:
        """See `CaseClient.open_case`."""

    async def case(self, case_id: CaseId) -> CaseView | None:
        """See `CaseClient.case`."""

    async def look_up(self, case_id: CaseId) -> Found | None:
        """See `case_lookup.look_up`."""

    async def recorded(self, case_id: CaseId) -> RecordedCase | None:
        """See `CaseClient.recorded`."""

    async def version(self, case_id: CaseId) -> object:
        """Something that changes whenever the case does; cheap to ask."""

    async def page(self, wanted: listing.Wanted, size: int, token: str | None) -> listing.Page:
        """See `listing.page`."""

    async def flags(self, wanted: FlagFilter, size: int, after: tuple[datetime, int] | None) -> FlagPage:
        """See `Registry.flags_page`."""

    async def correction(self, case_id: CaseId, message_id: str, sender: str) -> CorrectionView | None:
        """What became of a message after the end of its case; None where there is none."""

    async def reopen(self, case_id: CaseId, reopening: Reopening) -> NotReopened | None:
        """Reopen an ended case; why it is not reopened, or None where it is."""

    async def check_server(self) -> None:
        """Raises where the Temporal server does not answer."""

    async def check_registry(self) -> None:
        """Raises where the registry does not answer."""


class _Opened(Generic[T]):
    """What is opened at its first use. While it cannot be, whoever asks next gets the same error for a moment,
    instead of waiting for the next attempt to fail."""

    def __init__(self, opening: Callable[[], Awaitable[T]]) -> None:
        self._opening = opening
        self._turn = asyncio.Lock()
        self._failed: tuple[Exception, float] | None = None  # the error, and by time.monotonic() until when
        self.it: T | None = None

    async def get(self) -> T:
        async with self._turn:
            if self.it is None:
                if self._failed is not None and time.monotonic() < self._failed[1]:
                    raise self._failed[0]
                try:
                    self.it = await self._opening()
                except Exception as error:
                    self._failed = error, time.monotonic() + OPENED_AGAIN_AFTER
                    raise
        return self.it


class CasesBehindTheDoor:
    """The cases of the server and the registry that the settings name. `connecting`: to another server."""

    def __init__(self, settings: Settings, connecting: Callable[[], Awaitable[Client]] | None = None) -> None:
        self._settings = settings
        self._client = _Opened(connecting or partial(connect, settings))
        self._registry = _Opened(partial(Registry.open, settings.registry))
        self._marking: Client | None = None

    async def close(self) -> None:
        """Close what was opened."""
        if self._registry.it is not None:
            await self._registry.it.close()

    async def start(self, booking: Booking) -> Reply:
        return await (await self._cases()).start(booking)

    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        return await (await self._cases()).submit(message, case_id)

    async def send(self, message: Message, case_id: CaseId, *, look: bool = True) -> Reply:
        return await (await self._cases()).send(message, case_id, look=look)

    async def is_idle(self, case_id: CaseId) -> bool:
        return await (await self._cases()).is_idle(case_id)

    async def open_case(self, case_id: CaseId) -> CaseView | None:
        return await (await self._cases()).open_case(case_id)

    async def case(self, case_id: CaseId) -> CaseView | None:
        return await (await self._cases()).case(case_id)

    async def look_up(self, case_id: CaseId) -> Found | None:
        return await look_up(await self._cases(), case_id)

    async def recorded(self, case_id: CaseId) -> RecordedCase | None:
        return await (await self._registry.get()).recorded_case(str(case_id))

    @client_errors()
    async def version(self, case_id: CaseId) -> object:
        run = await describe(await self._client.get(), str(case_id))
        if run is not None and run.status is WorkflowExecutionStatus.RUNNING:
            return run.run_id, run.history_length
        recorded = await self.recorded(case_id)
        return run and (run.run_id, run.status), recorded and (recorded.case, recorded.closed)

    async def page(self, wanted: listing.Wanted, size: int, token: str | None) -> listing.Page:
        return await listing.page(await self._client.get(), wanted, size, token)

    async def flags(self, wanted: FlagFilter, size: int, after: tuple[datetime, int] | None) -> FlagPage:
        return await (await self._registry.get()).flags_page(wanted, size, after)

    @client_errors()
    async def correction(self, case_id: CaseId, message_id: str, sender: str) -> CorrectionView | None:
        client, workflow_id = await self._client.get(), case_id.correction_id(message_id, sender)
        for kept in await (await self._registry.get()).corrections(str(case_id)):
            if kept.correction_id == workflow_id:
                return CorrectionView.model_validate({"outcome": kept.outcome, "explanation": kept.explanation})
        run = await describe(client, workflow_id)
        if run is None:
            return None
        if run.status is WorkflowExecutionStatus.RUNNING:
            return CorrectionView(outcome="running", explanation="The correction is being decided.")
        if run.status is not WorkflowExecutionStatus.COMPLETED:
            return CorrectionView(outcome="stopped", explanation="An operator has to continue the correction.")
        handle = client.get_workflow_handle(workflow_id, result_type=CorrectionResult)
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            result: CorrectionResult = await handle.result()
        return CorrectionView.model_validate(result.model_dump())

    async def reopen(self, case_id: CaseId, reopening: Reopening) -> NotReopened | None:
        client, registry = await self._client.get(), await self._registry.get()
        return await reopen_case(client, registry, self._settings.permits, case_id, reopening)

    @client_errors()
    async def check_server(self) -> None:
        await search_attributes.check(await self._client.get())

    async def check_registry(self) -> None:
        await (await self._registry.get()).check()

    async def _cases(self) -> CaseClient:
        """Whose messages are marked: the door has proved who their sender is."""
        client, registry = await self._client.get(), await self._registry.get()
        if self._marking is None:
            config = client.config()
            converter = replace(config["data_converter"], payload_converter_class=DoorPayloadConverter)
            config["data_converter"] = converter
            self._marking = Client(**config)
        return CaseClient(self._marking, registry, self._settings.permits)
