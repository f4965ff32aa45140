"""Continues the cases that the server or an operator has ended, with all that they were sent.

A case ends by its facts alone, and its end is in the registry. One that was terminated, timed out, failed or
was replaced by another start has not ended; nor has one that is on a queue, a start delay or a type that no
worker serves. Bringing a case back twice changes nothing: it recognizes repeated messages.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.deliveries import arrival
from conviction_gate.client.runs import INTERRUPTED, IS_INTERRUPTED, OPEN, describe
from conviction_gate.contracts.encrypted_payloads import is_encrypted
from conviction_gate.contracts.fields import A_DAY
from conviction_gate.contracts.internal.patrol import PATROL, PATROL_ID, PATROL_ROUND, BroughtBack, PatrolState
from conviction_gate.contracts.names import BOOKING_CASE, BROUGHT_BACK, TASK_QUEUE, CaseId
from conviction_gate.restore.resending import has_ended, reset, run_events, send_again, sent_values

if TYPE_CHECKING:
    from conviction_gate.registry import Registry

MAX_A_DAY: Final = 3
"""How often a case is brought back in a day; then a person has to find out what ends it."""
MAX_A_ROUND: Final = 200
"""Cases that one round brings back; the next one goes on."""
MAX_REMEMBERED: Final = 1_000
"""Entries of each kind that a round leaves to the next: the server accepts 512 KiB. What is forgotten is found
in the event histories."""
EVERY: Final = timedelta(minutes=10)
"""How often the patrol starts; one run goes round for most of that (`workflows/patrol.py`)."""
_GIVEN_UP_AFTER: Final = 3 * EVERY
"""A run of the patrol that no worker can continue keeps the next ones away for so long."""
_A_MINUTE: Final = timedelta(minutes=1)
_REASON: Final = "the case had not ended; the patrol continues it"

_log = logging.getLogger("patrol")


class _Found(NamedTuple):
    """A run that ended before its case (`is_misplaced`: that is open, and that no worker serves)."""

    case_id: CaseId
    run_id: str
    is_misplaced: bool


class CasePatrol:
    """One round is one activity."""

    def __init__(self, client: Client, registry: "Registry") -> None:
        self._client = client
        self._cases = CaseClient(client, registry)
        self._settled: set[str] = set()

    @activity.defn(name=PATROL_ROUND)
    async def round(self, before: PatrolState) -> PatrolState:
        """Bring back what can be brought back; returns what the next round has to know."""
        now = datetime.now(UTC)
        done = [one for one in before.brought_back if one.at > now - A_DAY]
        handled = {one.run_id for one in done if one.is_whole}
        times = Counter(one.case_id for one in done)
        held_off: list[str] = []
        count = 0
        async for found in self._find(now):
            activity.heartbeat()
            case = str(found.case_id)
            if found.run_id in handled or found.run_id in self._settled:
                continue
            if times[case] >= MAX_A_DAY:
                if not await has_ended(self._cases, found.case_id):
                    held_off.append(case)
                continue
            if count >= MAX_A_ROUND:
                break  # the next round goes on
            try:
                is_whole: bool | None = await self._bring_back(found)
            except Exception as error:  # the next round tries again; meanwhile the other cases have their turn
                _log.warning("could not bring back %s: %s", case, type(error).__name__)
                if not (isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND):
                    continue
                is_whole = False  # it was ended again
            if is_whole is not None:
                count += 1
                times[case] += 1
                done.append(BroughtBack(case_id=case, run_id=found.run_id, at=now, is_whole=is_whole))
                if is_whole:
                    _log.warning("brought back %s", case)
                    self._count_brought_back()
        held_off = [*dict.fromkeys(held_off)]
        activity.metric_meter().create_gauge(
            "conviction_gate_held_off_cases", "Cases that were ended so often that the patrol leaves them alone"
        ).set(len(held_off))
        return PatrolState(
            brought_back=tuple(done[-MAX_REMEMBERED:]), held_off=tuple(held_off[:MAX_REMEMBERED])
        )

    @staticmethod
    def _count_brought_back() -> None:
        activity.metric_meter().create_counter(
            "conviction_gate_brought_back", "Cases that were ended from outside, and continued"
        ).add(1)

    async def _find(self, now: datetime) -> AsyncIterator[_Found]:
        since, soon = (f"'{at.isoformat()}'" for at in (now - A_DAY, now + _A_MINUTE))
        cases = "WorkflowId STARTS_WITH 'booking-case:'"
        ended = f"{cases} AND {IS_INTERRUPTED} AND CloseTime > {since}"
        misplaced = (
            f"{cases} AND {OPEN} AND (WorkflowType != '{BOOKING_CASE}' OR TaskQueue != '{TASK_QUEUE}' "
            f"OR ExecutionTime > {soon})"
        )
        for query, is_misplaced in ((ended, False), (misplaced, True)):
            async for run in self._client.list_workflows(query):
                if case_id := CaseId.parse(run.id):
                    yield _Found(case_id, run.run_id, is_misplaced)

    async def _bring_back(self, found: _Found) -> Literal[True] | None:
        """None where there was nothing to do. The registry knows for good whether the case has ended."""
        latest = await describe(self._client, str(found.case_id))
        if latest is None:
            return None
        if await has_ended(self._cases, found.case_id):
            if latest.run_id != found.run_id:  # it ended while it was sent its messages
                return await self._send_to(latest, found)
            self._settled.add(found.run_id)
            return None
        if found.is_misplaced:
            await self._handle(found, found.run_id).terminate(reason=_REASON)
            return await self._start_anew(found)
        if latest.run_id != found.run_id:
            return await self._send_to(latest, found)
        # A run that timed out would only time out again after a reset.
        if latest.status is not WorkflowExecutionStatus.TIMED_OUT and await self._reset(found):
            return True
        return await self._start_anew(found)

    async def _reset(self, found: _Found) -> bool:
        """Go back to the last workflow task that succeeded, and send again what came after it. Not where no
        task ever succeeded."""
        run_id: str | None = found.run_id
        later: list[HistoryEvent] = []
        while run_id and (events := await run_events(self._client, str(found.case_id), run_id)):
            tasks = [e.event_id for e in events if e.HasField("workflow_task_completed_event_attributes")]
            if tasks:
                await reset(self._client, str(found.case_id), run_id, tasks[-1], _REASON)
                later = [*(event for event in events if event.event_id > tasks[-1]), *later]
                await self._send(found, later)
                return True
            later, run_id = [*events[1:], *later], _continues(events[0])
        return False

    async def _start_anew(self, found: _Found) -> Literal[True] | None:
        """A new run that is sent all that the earlier one had been sent."""
        events = await self._chain(found)
        name, payloads = arrival(events[0])
        try:
            await self._client.start_workflow(
                BOOKING_CASE,
                args=await sent_values(self._client, payloads),
                id=str(found.case_id),
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"{name}, brought back",
            )
        except WorkflowAlreadyStartedError:
            return None
        await self._send(found, events[1:])
        return True

    async def _send_to(self, latest: WorkflowExecutionDescription, found: _Found) -> Literal[True] | None:
        """Send all that a run had been sent to the run that has taken its place, unless that has it: where
        another start replaced the run, or where a worker died while it brought the case back."""
        if latest.status in INTERRUPTED:
            return None  # which is brought back itself
        given = await self._chain(found._replace(run_id=latest.run_id or ""))
        if await self._is_marked(given, found.run_id):
            self._settled.add(found.run_id)
            return None
        await self._send(found, await self._chain(found))
        return True

    async def _send(self, found: _Found, events: Sequence[HistoryEvent]) -> None:
        await send_again(self._client, self._cases, found.case_id, events, activity.heartbeat)
        try:
            await self._handle(found).signal(BROUGHT_BACK, found.run_id)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or not await has_ended(self._cases, found.case_id):
                raise

    def _handle(self, found: _Found, run_id: str | None = None) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(str(found.case_id), run_id=run_id)

    async def _is_marked(self, events: Sequence[HistoryEvent], run_id: str) -> bool:
        """Whether all that this run had been sent was sent again before."""
        converter = self._client.data_converter
        for name, payloads in map(arrival, events):
            is_ours = converter.payload_codec is None or all(is_encrypted(one.metadata) for one in payloads)
            if name == BROUGHT_BACK and is_ours and await converter.decode(payloads) == [run_id]:
                return True
        return False

    async def _chain(self, found: _Found) -> list[HistoryEvent]:
        """The start of the first run of a chain, and what arrived in any of its runs that are kept."""
        events = await run_events(self._client, str(found.case_id), found.run_id) or []
        while events and (earlier := _continues(events[0])):
            before = await run_events(self._client, str(found.case_id), earlier)
            if not before:
                break
            events = [*before, *events[1:]]
        return events


async def schedule_patrol(client: Client) -> None:
    """Have the server start the patrol every ten minutes, and at once the first time. Idempotent; a server that
    does not allow it is a warning in the log."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            PATROL, id=PATROL_ID, task_queue=TASK_QUEUE, execution_timeout=_GIVEN_UP_AFTER
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)]),
        policy=SchedulePolicy(catchup_window=EVERY),
    )
    try:
        await client.create_schedule(PATROL_ID, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(PATROL_ID).update(
            # A pause is an operator's.
            lambda now: ScheduleUpdate(replace(schedule, state=now.description.schedule.state))
        )
    except RPCError as error:
        _log.warning("no patrol: the server does not create its schedule (%s)", error.status.name)


def _continues(started: HistoryEvent) -> str:
    return started.workflow_execution_started_event_attributes.continued_execution_run_id
