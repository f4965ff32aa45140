"""Many cases: ours and bare ones are opened, convicted and awaited in the same way."""

import asyncio
import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count
from typing import Any

from temporalio.client import Client

from bench.bare import BARE_CASE, BARE_QUEUE
from conviction_gate.client.case_client import CaseClient
from conviction_gate.contracts.names import BOOKING_CASE, CaseId
from conviction_gate.contracts.reading import read_booking, read_message

AGENCY = "CAZZ00100"
CONCURRENCY = 100
"""Calls in flight; `conviction-gate send` has 20."""


def booking(number: int) -> dict[str, Any]:
    """An arrest for driving without a license: in scope, one charge."""
    return {
        "message_id": f"b-{number}",
        "sender": "county-jms",
        "agency": AGENCY,
        "tracking_number": f"N-{number}",
        "booking_number": f"B-{number}",
        "booked_at": "2012-05-14T08:00:00+00:00",
        "subject": {"fbi_number": f"F-{number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "severity": "misdemeanor"}],
    }


def conviction(number: int) -> dict[str, Any]:
    """The message that flags a case."""
    return {
        "message_id": f"c-{number}",
        "sender": "county-court",
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "severity": "misdemeanor",
    }


def dismissal(number: int) -> dict[str, Any]:
    """The message that clears a case, with the case's name, as in a file."""
    return {
        "message_id": f"d-{number}",
        "sender": "county-court",
        "agency": AGENCY,
        "tracking_number": f"N-{number}",
        "charge_id": "1",
        "decided_on": "2013-07-15",
        "disposition": "dismissed",
    }


class Cases(ABC):
    """Cases of one kind on one server."""

    workflow_type: str

    def __init__(self, client: Client) -> None:
        self.client = client
        self._numbers = count(1)

    @abstractmethod
    def case_id(self, number: int) -> str:
        """The workflow id."""

    @abstractmethod
    async def start(self, number: int) -> None:
        """Open a case; returns when the server has it."""

    @abstractmethod
    async def convict(self, number: int) -> None:
        """Send a case its conviction; returns when the server has it."""

    def new(self, how_many: int) -> list[int]:
        """Numbers for new cases."""
        return [next(self._numbers) for _ in range(how_many)]

    async def open(self, how_many: int) -> list[int]:
        """Open new cases; returns when they wait for the court (60 of them are checked)."""
        numbers = self.new(how_many)
        await concurrently(self.start, numbers)
        sampled = {*numbers[-30:], *random.sample(numbers, min(30, how_many))}
        for number in sorted(sampled):  # one by one, since many checks at once would slow them down
            await self.until_waiting(number)
        return numbers

    async def close(self, numbers: Sequence[int]) -> None:
        """Send cases their convictions; returns when each has ended."""
        await concurrently(self.conclude, numbers)

    async def conclude(self, number: int) -> None:
        """Send a case its conviction; returns when it has ended."""
        await self.convict(number)
        await self.client.get_workflow_handle(self.case_id(number)).result()

    async def until_waiting(self, number: int) -> None:
        """Return when a case has nothing to do but wait."""
        handle = self.client.get_workflow_handle(self.case_id(number))
        while True:
            info = (await handle.describe()).raw_description
            idle = not info.pending_activities and not info.HasField("pending_workflow_task")
            if idle and info.workflow_execution_info.history_length > 4:
                return
            await asyncio.sleep(0.05)

    async def history_bytes(self) -> int:
        """What the server keeps of one case, from its start to its end."""
        [number] = await self.open(1)
        await self.close([number])
        described = await self.client.get_workflow_handle(self.case_id(number)).describe()
        return described.raw_description.workflow_execution_info.history_size_bytes

    async def completed(self) -> int:
        """How many of this kind have ended."""
        query = f"WorkflowType = '{self.workflow_type}' AND ExecutionStatus = 'Completed'"
        return (await self.client.count_workflows(query)).count

    async def latency(self, numbers: Sequence[int]) -> list[float]:
        """Seconds from a conviction to the outcome, one case after the other."""
        return [await seconds(self.conclude(number)) for number in numbers]


class Ours(Cases):
    """`BookingCase`, through the typed client."""

    workflow_type = BOOKING_CASE

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._cases = CaseClient(client, None)

    def case_id(self, number: int) -> str:
        return str(CaseId(AGENCY, f"N-{number}"))

    async def start(self, number: int) -> None:
        await self._cases.start(read_booking(json.dumps(booking(number))))

    async def convict(self, number: int) -> None:
        message = read_message("conviction", json.dumps(conviction(number)))
        await self._cases.send(message, CaseId(AGENCY, f"N-{number}"), look=False)


class Bare(Cases):
    """The yardstick, through the SDK's client."""

    workflow_type = BARE_CASE

    def case_id(self, number: int) -> str:
        return f"bare:{number}"

    async def start(self, number: int) -> None:
        await self.client.start_workflow(
            BARE_CASE, booking(number), id=self.case_id(number), task_queue=BARE_QUEUE
        )

    async def convict(self, number: int) -> None:
        await self.client.get_workflow_handle(self.case_id(number)).signal("conviction", conviction(number))


async def concurrently(work: Callable[[int], Awaitable[object]], numbers: Iterable[int]) -> None:
    """Do the work for each number, with a hundred in flight."""
    left = iter(numbers)

    async def worker() -> None:
        for number in left:
            await work(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(worker())


async def seconds(work: Awaitable[object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began
