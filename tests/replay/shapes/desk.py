"""A desk from which a shape is reached: each is a function that brings one workflow there by the real worker.

It hands back the handle of that workflow.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from conviction_gate import policy
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import History, HistoryRecord
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.names import FLAG_CORRECTION, CaseId
from tests.support.pausing_registry import PausingRegistry
from tests.support.workflow_cases import (
    booking,
    conviction,
    correct,
    dismissal,
    open_by_signal,
    settled,
    start,
)

Handle = WorkflowHandle[Any, Any]
AGENCY: Final = "ZZ0000100"
AT: Final = datetime(2014, 5, 2, 9, tzinfo=UTC)
NEVER: Final = 1_000_000
UNKNOWN: Final = [{"charge_id": "1", "scheme": "CA-VC", "code": "no-such-code"}]
VACATED: Final = dismissal("d-1", disposition="vacated", decided_on="2014-09-01")


class Sources:
    """A state repository and a court in one, which fail as often as a shape asks them to."""

    def __init__(self) -> None:
        self.history_fails = self.docket_fails = 0
        self.has = False
        self.looks = 0
        self.records: tuple[HistoryRecord, ...] = ()
        self.messages: tuple[str, ...] = ()

    async def history(self, subjects: Sequence[Subject]) -> History:
        if self.history_fails:
            self.history_fails -= 1
            raise ConnectionError("the repository is down")
        return History(records=self.records)

    async def has_docket(self) -> bool:
        return self.has

    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]:
        self.looks += 1
        if self.docket_fails:
            self.docket_fails -= 1
            raise ConnectionError("the court is down")
        return self.messages


@dataclass
class Desk:
    """What a shape is reached with: a worker of its own, whose sources and registry obey."""

    client: Client
    registry: PausingRegistry
    name: str
    sources: Sources = field(default_factory=Sources)

    @property
    def case(self) -> CaseId:
        return CaseId(AGENCY, self.name)

    async def book(self, **changed: Any) -> Handle:
        """A case that is opened by its booking."""
        return await start(self.client, self.case, booking(self.case, **changed), task_queue=self.name)

    async def waiting(self, **changed: Any) -> Handle:
        """A case that waits for the court."""
        handle = await self.book(**changed)
        await settled(handle, "waiting_for_court")
        return handle

    async def in_review(self) -> Handle:
        """A case that asks a person about its charge."""
        handle = await self.book(charges=UNKNOWN)
        await settled(handle, "needs_review")
        return handle

    async def ended(self, name: str, message: dict[str, Any], **changed: Any) -> Handle:
        """A case that ended by one message."""
        handle = await self.waiting(**changed)
        await handle.signal(name, message)
        await handle.result()
        return handle

    async def being_flagged(self) -> Handle:
        """A case whose flag is written, and which does not know that yet."""
        self.registry.may_answer.clear()
        handle = await self.waiting()
        await handle.signal("conviction", conviction())
        await self.registry.written.wait()
        return handle

    async def reopened(self) -> Handle:
        """A case that a person opened again after it was dismissed."""
        await self.ended("dismissal", dismissal())
        await self.reopen_the_record()
        return await self.book_again()

    async def book_again(self) -> Handle:
        """A new run of a case whose earlier one the server has forgotten."""
        sent = booking(self.case)
        return await start(self.client, self.case, sent, task_queue=self.name, forgotten=True)

    async def open_by(self, name: str, message: dict[str, Any], **how: Any) -> Handle:
        """A case that is opened by a message."""
        return await open_by_signal(self.client, self.case, name, message, task_queue=self.name, **how)

    async def reopen_the_record(self) -> None:
        reopening = Reopening(by="clerk-7", reason="refiled", reopened_at=AT)
        await self.registry.reopen(str(self.case), reopening, policy.reopen)

    async def correct(self, *inputs: Any) -> Handle:
        """A correction that has come to its end."""
        await correct(self.client, self.case, *inputs, task_queue=self.name)
        return self.client.get_workflow_handle(self.case.correction_id("k-1"))

    async def start_correcting(self, message: dict[str, Any]) -> Handle:
        named = {"agency": self.case.agency, "tracking_number": self.case.tracking_number}
        return await self.client.start_workflow(
            FLAG_CORRECTION,
            named | message,
            id=self.case.correction_id("k-1"),
            task_queue=self.name,
        )


Reach = Callable[[Desk], Awaitable[Handle]]


@dataclass(frozen=True)
class Shape:
    """`settings` of the worker; `short`: on a server that soon suggests to continue as new."""

    name: str
    reach: Reach
    settings: dict[str, Any]
    short: bool


SHAPES: Final[dict[str, Shape]] = {}


def shape(*, short: bool = False, **settings: Any) -> Callable[[Reach], Reach]:
    """Register a way to a shape under the function's name."""

    def register(reach: Reach) -> Reach:
        name = reach.__name__.replace("_", "-")
        SHAPES[name] = Shape(name, reach, settings, short)
        return reach

    return register


async def until(handle: Handle, kind: "EventType.ValueType", count: int = 1) -> None:
    """Until the history holds so many events of a kind; the recorder's time-out is the limit."""
    while True:
        history = await handle.fetch_history()
        if sum(event.event_type == kind for event in history.events) >= count:
            return
        await asyncio.sleep(0.05)


async def until_continued(handle: Handle) -> None:
    first = handle.first_execution_run_id
    while (await handle.describe()).run_id == first:
        await asyncio.sleep(0.05)


TIMER: Final = EventType.EVENT_TYPE_TIMER_STARTED
RANG: Final = EventType.EVENT_TYPE_TIMER_FIRED
ASKED: Final = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
ANSWERED: Final = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
