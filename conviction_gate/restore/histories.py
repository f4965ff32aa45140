"""What a run's history tells of its dealings with the registry. Reading one needs no worker."""

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


Written = Flagged | Cleared | Withdrawal | CorrectionRequest | Reopening
"""What was in the registry once the run went on; a reopening was there before it began."""

_WRITES: Final[Mapping[str, type[Conclusion | Withdrawal | CorrectionRequest]]] = {
    FLAG_CASE: Conclusion,
    CLEAR_CASE: Conclusion,
    WITHDRAW_FLAG: Withdrawal,
    CORRECT_FLAG: CorrectionRequest,
}


class _Carried(InternalModel):
    """What a run that goes on with another one was given; `workflows.state` has the whole of it."""

    facts: Facts = Facts()
    flags_written: int = 0
    asked_for: tuple[Any, ...] = ()


@dataclass
class RunSummary:
    """A run of a case or of a correction, as its history tells it.

    `continues`: the run before, whose state it goes on with. `first_task`: the event to which a reset
    takes it to its beginning. `is_due`: a worker has yet to take its next step.

    `knew`: a run before has asked what the registry knows of the case, so that this one never asks.
    `asks`: this one did, and `earlier` is the answer; `recalled`: and it has all that came with it.
    `flags`, `reopened`: how many flags and which reopenings it knows of.

    `written`: what is done, in order; `is_writing`: one more is under way. `decided`: when the ends were
    decided that it wrote or is writing.
    """

    continues: str = ""
    first_task: int = 0
    is_due: bool = False
    knew: bool = False
    asks: bool = False
    earlier: EarlierRecord | None = None
    recalled: bool = False
    flags: int = 0
    reopened: set[datetime] = field(default_factory=set)
    written: list[Written] = field(default_factory=list)
    is_writing: bool = False
    decided: set[datetime] = field(default_factory=set)


async def told(client: Client, workflow_id: str, run_id: str) -> RunSummary | None:
    """What the run's history tells; None where the server has forgotten it."""
    reader = _Reader(client)
    try:
        async for event in client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history_events():
            match event.WhichOneof("attributes"):
                case "workflow_execution_started_event_attributes":
                    started = event.workflow_execution_started_event_attributes
                    await reader.started(started.continued_execution_run_id, started.input)
                case "workflow_task_scheduled_event_attributes":
                    reader.told.is_due = True
                case "workflow_task_completed_event_attributes":
                    reader.told.is_due = False
                    reader.told.first_task = reader.told.first_task or event.event_id
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
    reader.told.is_writing = any(name in _WRITES for name, _ in reader.under_way.values())
    return reader.told


class _Reader:
    def __init__(self, client: Client) -> None:
        self._client = client
        self.under_way: dict[int, tuple[str, Any]] = {}
        self.told = RunSummary()

    async def started(self, continues: str, given: Payloads) -> None:
        if not continues:
            return
        carried = await self._read(given, _Carried)
        self.told.continues, self.told.flags = continues, carried.flags_written
        self.told.knew = bool(carried.asked_for)
        self.told.reopened |= {reopening.reopened_at for reopening in carried.facts.reopenings}

    async def scheduled(self, event_id: int, task: ActivityTaskScheduledEventAttributes) -> None:
        name = task.activity_type.name
        asked = await self._read(task.input, _WRITES[name]) if name in _WRITES else None
        self.under_way[event_id] = name, asked
        if name == CHECK_HISTORY and not self.told.knew:
            self.told.asks = True
        elif isinstance(asked, Conclusion):
            self.told.decided.add(asked.result.decided_at)

    async def completed(self, event_id: int, answer: Payloads) -> None:
        told = self.told
        match self.under_way.pop(event_id):
            case (name, _) if name == CHECK_HISTORY and told.asks and told.earlier is None:
                told.earlier = (await self._read(answer, HistoryFound)).earlier
                told.flags = max(told.flags, told.earlier.flags)
            case (name, _) if name == RECALL_CASE:
                told.recalled = True
                reopenings = (await self._read(answer, RecalledCase)).facts.reopenings
                told.written += reopenings
                told.reopened |= {reopening.reopened_at for reopening in reopenings}
            case (name, Conclusion() as asked) if _wrote(await self._read(answer, Concluded), asked):
                told.written.append(Flagged(asked) if name == FLAG_CASE else Cleared(asked))
                told.flags = max(told.flags, asked.number if name == FLAG_CASE else 0)
            case (_, Withdrawal() as asked):
                told.written.append(asked)
            case (_, CorrectionRequest() as asked) if (await self._read(answer, Corrected)).result:
                told.written.append(asked)
            case _:
                pass

    async def _read(self, payloads: Payloads, kind: type[T]) -> T:
        (value,) = await self._client.data_converter.decode(payloads.payloads, [kind])
        read: T = value
        return read


def _wrote(concluded: Concluded, asked: Conclusion) -> bool:
    """Whether this very end was written, and not another one stood or a citizen was found."""
    if concluded.result is None:
        return not concluded.us_citizen
    return concluded.result.decided_at == asked.result.decided_at
