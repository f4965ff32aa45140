"""Continues the cases that the server or an operator has ended, with all that they were sent.

A case ends by its facts alone, and its end is in the registry. One that was terminated, timed out, failed or
was replaced by another start has not ended; nor has one that is on a queue, a start delay or a type that no
worker serves. Bringing a case back twice changes nothing: it recognizes repeated messages.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from temporalio import activity
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WorkflowExecutionStatus,
)
from temporalio.common import RawValue, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.deliveries import arrival
from conviction_gate.client.runs import IS_INTERRUPTED, OPEN, describe, sent_fields
from conviction_gate.contracts.fields import A_DAY
from conviction_gate.contracts.internal.patrol import PATROL, PATROL_ID, PATROL_ROUND, BroughtBack, PatrolState
from conviction_gate.contracts.names import BOOKING_CASE, BROUGHT_BACK, TASK_QUEUE, UPDATE

if TYPE_CHECKING:
    from conviction_gate.registry import Registry

MAX_A_DAY: Final = 3
"""How often a case is brought back in a day; then a person has to find out what ends it."""
MAX_FOUND: Final = 500
"""Runs that one round examines; the next one goes on."""
EVERY: Final = timedelta(minutes=10)
"""How often the patrol starts; one run goes round for most of that (`workflows/patrol.py`)."""
_A_MINUTE: Final = timedelta(minutes=1)
_REASON: Final = "the case had not ended; the patrol continues it"
_EXCLUDED: Final = ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL

_log = logging.getLogger("patrol")


class _Found(NamedTuple):
    """A run that ended before its case (`is_misplaced`: that is open, and that no worker serves)."""

    case_id: str
    run_id: str
    is_misplaced: bool


class CasePatrol:
    """One round is one activity."""

    def __init__(self, client: Client, registry: "Registry") -> None:
        self._client = client
        self._registry = registry
        self._settled: set[str] = set()

    @activity.defn(name=PATROL_ROUND)
    async def round(self, before: PatrolState) -> PatrolState:
        """Bring back what can be brought back; returns what the next round has to know."""
        now = datetime.now(UTC)
        done = [one for one in before.brought_back if one.at > now - A_DAY]
        handled = {one.run_id for one in done}
        held_off = []
        async for found in self._find(now):
            if found.run_id in handled or found.run_id in self._settled:
                continue
            if sum(one.case_id == found.case_id for one in done) >= MAX_A_DAY:
                held_off.append(found.case_id)
                continue
            try:
                if await self._bring_back(found):
                    _log.warning("brought back %s", found.case_id)
                    activity.metric_meter().create_counter(
                        "conviction_gate_brought_back", "Cases that were ended from outside, and continued"
                    ).add(1)
                    done.append(BroughtBack(case_id=found.case_id, run_id=found.run_id, at=now))
            except RPCError as error:  # the next round tries again
                _log.warning("could not bring back %s: %s", found.case_id, error.status.name)
        return PatrolState(brought_back=tuple(done), held_off=tuple(dict.fromkeys(held_off)))

    async def _find(self, now: datetime) -> AsyncIterator[_Found]:
        since, soon = (f"'{at.isoformat()}'" for at in (now - A_DAY, now + _A_MINUTE))
        cases = "WorkflowId STARTS_WITH 'booking-case:'"
        ended = f"{cases} AND WorkflowType = '{BOOKING_CASE}' AND {IS_INTERRUPTED} AND CloseTime > {since}"
        misplaced = (
            f"{cases} AND {OPEN} AND (WorkflowType != '{BOOKING_CASE}' OR TaskQueue != '{TASK_QUEUE}' "
            f"OR ExecutionTime > {soon})"
        )
        for query, is_misplaced in ((ended, False), (misplaced, True)):
            async for run in self._client.list_workflows(query, limit=MAX_FOUND):
                yield _Found(run.id, run.run_id, is_misplaced)

    async def _bring_back(self, found: _Found) -> bool:
        """Whether there was something to do. The registry knows for good whether the case has ended."""
        recorded = await self._registry.recorded_case(found.case_id)
        if recorded is not None and recorded.closed:
            self._settled.add(found.run_id)
            return False
        latest = await describe(self._client, found.case_id)
        if latest is None:
            return False
        if found.is_misplaced:
            return await self._start_anew(found, is_open=True)
        run = await self._client.get_workflow_handle(found.case_id, run_id=found.run_id).describe()
        if latest.run_id != found.run_id:
            is_replaced = _first_run(latest) != _first_run(run)
            if is_replaced and latest.status is WorkflowExecutionStatus.RUNNING:
                return await self._send_to(found)
            self._settled.add(found.run_id)
            return False
        # A run that timed out would only time out again after a reset.
        if run.status is not WorkflowExecutionStatus.TIMED_OUT and await self._reset(found):
            return True
        return await self._start_anew(found)

    async def _reset(self, found: _Found) -> bool:
        """Go back to the last workflow task that succeeded, and send again what came after it, one by one: the
        server's own way to send it again fails for a large history. Not where no task ever succeeded."""
        events = await self._events(found.case_id, found.run_id)
        tasks = [e.event_id for e in events if e.HasField("workflow_task_completed_event_attributes")]
        if not tasks:
            return False
        await self._client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=found.case_id, run_id=found.run_id),
                reason=_REASON,
                workflow_task_finish_event_id=tasks[-1],
                request_id=str(uuid4()),
                reset_reapply_exclude_types=[_EXCLUDED],
            )
        )
        await self._signal(found.case_id, [event for event in events if event.event_id > tasks[-1]])
        return True

    async def _start_anew(self, found: _Found, *, is_open: bool = False) -> bool:
        """A new run that is sent all that the earlier one had been sent."""
        if is_open:
            handle = self._client.get_workflow_handle(found.case_id, run_id=found.run_id)
            await handle.terminate(reason=_REASON)
        events = await self._chain(found)
        name, payloads = arrival(events[0])
        try:
            await self._client.start_workflow(
                BOOKING_CASE,
                args=await self._values(payloads),
                id=found.case_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"{name}, brought back",
            )
        except WorkflowAlreadyStartedError:
            return False
        await self._signal(found.case_id, events[1:])
        return True

    async def _send_to(self, found: _Found) -> bool:
        """Send all that a run had been sent to the run that has taken its place."""
        await self._signal(found.case_id, await self._chain(found))
        return True

    async def _signal(self, case_id: str, events: Sequence[HistoryEvent]) -> None:
        handle = self._client.get_workflow_handle(case_id)
        for event in events:
            name, payloads = arrival(event)
            if name == UPDATE:
                name = str((await sent_fields(self._client, payloads)).get("type"))
            if name and payloads:
                await handle.signal(name, args=await self._values(payloads))
        await handle.signal(BROUGHT_BACK)

    async def _values(self, payloads: Sequence[Payload]) -> Sequence[Any]:
        """Decrypted, and otherwise as they were sent."""
        return await self._client.data_converter.decode(payloads, [RawValue] * len(payloads))

    async def _chain(self, found: _Found) -> list[HistoryEvent]:
        """The start of the first run of a chain, and what arrived in any of its runs that are kept."""
        events = await self._events(found.case_id, found.run_id)
        while earlier := _continues(events[0]):
            try:
                before = await self._events(found.case_id, earlier)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                break
            events = [*before, *events[1:]]
        return events

    async def _events(self, case_id: str, run_id: str) -> list[HistoryEvent]:
        history = self._client.get_workflow_handle(case_id, run_id=run_id).fetch_history_events()
        return [event async for event in history]


async def schedule_patrol(client: Client) -> None:
    """Have the server start the patrol every ten minutes, and at once the first time. Idempotent; a server that
    does not allow it is a warning in the log."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(PATROL, id=PATROL_ID, task_queue=TASK_QUEUE),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)]),
        policy=SchedulePolicy(catchup_window=EVERY),
    )
    try:
        await client.create_schedule(PATROL_ID, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(PATROL_ID).update(lambda _: ScheduleUpdate(schedule))
    except RPCError as error:
        _log.warning("no patrol: the server does not create its schedule (%s)", error.status.name)


def _first_run(run: Any) -> str:
    first: str = run.raw_description.workflow_execution_info.first_run_id
    return first


def _continues(started: HistoryEvent) -> str:
    return started.workflow_execution_started_event_attributes.continued_execution_run_id
