"""What a run's event history says of its reads and writes of the registry. No worker is needed to read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from temporalio.api.common.v1 import Payloads
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.contracts.fields import InternalModel
from conviction_gate.contracts.internal.activities import (
    CHECK_HISTORY,
    CLEAR_CASE,
    CORRECT_FLAG,
    FLAG_CASE,
    RECALL_CASE,
    WITHDRAW_FLAG,
    Concluded,
    Conclusion,
    Corrected,
    CorrectionRequest,
    EarlierRecord,
    HistoryFound,
    RecalledCase,
    Withdrawal,
)
from conviction_gate.contracts.internal.facts import Facts, Reopening

T = TypeVar("T")


class Flagged(NamedTuple):
    """A flag was written."""

    conclusion: Conclusion


class Cleared(NamedTuple):
    """The end without a flag was written."""

    conclusion: Conclusion


class Judged(NamedTuple):
    """A message after the end was judged: what was asked, and what followed."""

    request: CorrectionRequest
    corrected: Corrected


Written = Flagged | Cleared | Withdrawal | Judged | Reopening
"""What the registry held once the run continued; a reopening was there before the run began."""

_WRITES: Final[Mapping[str, type[Conclusion | Withdrawal | CorrectionRequest]]] = {
    FLAG_CASE: Conclusion,
    CLEAR_CASE: Conclusion,
    WITHDRAW_FLAG: Withdrawal,
    CORRECT_FLAG: CorrectionRequest,
}


class _Carried(InternalModel):
    """The input of a run that continues another; `workflows.state` has all of its fields."""

    facts: Facts = Facts()
    flags_written: int = 0
    asked_for: tuple[Any, ...] = ()


@dataclass
class RunSummary:
    """A run of a case or of a correction, from its event history.

    `continues`: the run whose state it continues. `first_task`: the event to reset to for its beginning.
    `is_due`: a worker has yet to take its next step.

    `was_asked`: an earlier run asked the registry about the case, so that this one never does.
    `asks`: this run did, and `earlier` is the answer; `recalled`: it has read the facts that came with it.
    `flags`, `reopened`: how many flags and which reopenings it knows of.

    `written`: the writes that are done, in order; `is_writing`: one more has begun. `decided`: the times of
    the outcomes that it wrote or is writing.
    """

    continues: str = ""
    first_task: int = 0
    is_due: bool = False
    was_asked: bool = False
    asks: bool = False
    earlier: EarlierRecord | None = None
    recalled: bool = False
    flags: int = 0
    reopened: set[datetime] = field(default_factory=set)
    written: list[Written] = field(default_factory=list)
    is_writing: bool = False
    decided: set[datetime] = field(default_factory=set)


async def summarize_run(client: Client, workflow_id: str, run_id: str) -> RunSummary | None:
    """The run, from its event history; None where the server no longer has it."""
    reader = _Reader(client)
    try:
        async for event in client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history_events():
            match event.WhichOneof("attributes"):
                case "workflow_execution_started_event_attributes":
                    started = event.workflow_execution_started_event_attributes
                    await reader.started(started.continued_execution_run_id, started.input)
                case "workflow_task_scheduled_event_attributes":
                    reader.run.is_due = True
                case "workflow_task_completed_event_attributes":
                    reader.run.is_due = False
                    reader.run.first_task = reader.run.first_task or event.event_id
                case "activity_task_scheduled_event_attributes":
                    await reader.scheduled(event.event_id, event.activity_task_scheduled_event_attributes)
                case "activity_task_completed_event_attributes":
                    done = event.activity_task_completed_event_attributes
                    await reader.completed(done.scheduled_event_id, done.result)
                case _:
                    pass
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    reader.run.is_writing = any(name in _WRITES for name, _ in reader.pending.values())
    return reader.run


class _Reader:
    def __init__(self, client: Client) -> None:
        self._client = client
        self.pending: dict[int, tuple[str, Any]] = {}
        self.run = RunSummary()

    async def started(self, continues: str, given: Payloads) -> None:
        if not continues:
            return
        carried = await self._read(given, _Carried)
        self.run.continues, self.run.flags = continues, carried.flags_written
        self.run.was_asked = bool(carried.asked_for)
        self.run.reopened |= {reopening.reopened_at for reopening in carried.facts.reopenings}

    async def scheduled(self, event_id: int, task: ActivityTaskScheduledEventAttributes) -> None:
        name = task.activity_type.name
        asked = await self._read(task.input, _WRITES[name]) if name in _WRITES else None
        self.pending[event_id] = name, asked
        if name == CHECK_HISTORY and not self.run.was_asked:
            self.run.asks = True
        elif isinstance(asked, Conclusion):
            self.run.decided.add(asked.result.decided_at)

    async def completed(self, event_id: int, answer: Payloads) -> None:
        run = self.run
        match self.pending.pop(event_id):
            case (name, _) if name == CHECK_HISTORY and run.asks and run.earlier is None:
                run.earlier = (await self._read(answer, HistoryFound)).earlier
                run.flags = max(run.flags, run.earlier.flags)
            case (name, _) if name == RECALL_CASE:
                run.recalled = True
                reopenings = (await self._read(answer, RecalledCase)).facts.reopenings
                run.written += reopenings
                run.reopened |= {reopening.reopened_at for reopening in reopenings}
            case (name, Conclusion() as asked) if _is_written(await self._read(answer, Concluded), asked):
                run.written.append(Flagged(asked) if name == FLAG_CASE else Cleared(asked))
                run.flags = max(run.flags, asked.number if name == FLAG_CASE else 0)
            case (_, Withdrawal() as asked):
                run.written.append(asked)
            case (_, CorrectionRequest() as asked):
                corrected = await self._read(answer, Corrected)
                run.written += [Judged(asked, corrected)] if corrected.result else []
            case _:
                pass

    async def _read(self, payloads: Payloads, kind: type[T]) -> T:
        (value,) = await self._client.data_converter.decode(payloads.payloads, [kind])
        read: T = value
        return read


def _is_written(concluded: Concluded, asked: Conclusion) -> bool:
    """Whether this outcome was written; not where the registry had another, or found a US citizen."""
    if concluded.result is None:
        return not concluded.us_citizen
    return concluded.result.decided_at == asked.result.decided_at
