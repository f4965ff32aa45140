"""How the server and the registry differ, after they were restored from two moments.

Each write of a case is in its history, so what the registry lost can be written again from there; what
the server lost, a case learns from the registry when it asks for its history. Both sides are gone
through page by page: what is held at once are the differences.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.contracts.internal.activities import CorrectionRequest, Withdrawal
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.names import BOOKING_CASE, CASE_STATUS, FLAG_CORRECTION
from conviction_gate.restore.histories import Cleared, Flagged, RunSummary, Written, told

if TYPE_CHECKING:
    from conviction_gate.registry import CaseSummary, Registry

PAGE: Final = 200
MAX_CONCURRENT_READS: Final = 16
"""Histories read at a time."""

_CASES: Final = f"WorkflowType = '{BOOKING_CASE}' AND ExecutionStatus != 'ContinuedAsNew'"
_CORRECTIONS: Final = f"WorkflowType = '{FLAG_CORRECTION}' AND ExecutionStatus = 'Completed'"
_QUOTED: Final = {*"'\"\\"}
"""What an id is not asked for with: servers disagree on how it is written in a query."""


class Run(NamedTuple):
    """One run, and when it began."""

    began: datetime
    run_id: str


@dataclass
class Differences:
    """Ids of cases and corrections.

    `unwritten`: what their runs wrote is not in the registry. `behind`: they are open, and do not know
    what the registry holds of them. `idle`: open again on record, and nothing runs. `unknown`: ended on
    record lately, and the server does not know of that end; nothing depends on it.
    """

    unwritten: dict[str, list[Run]] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    unknown: dict[str, datetime] = field(default_factory=dict)


class Comparison:
    """One pass through both sides; `kept_for`: how long the server keeps what has ended."""

    def __init__(self, client: Client, registry: "Registry", kept_for: timedelta) -> None:
        self._client, self._registry, self._kept_for = client, registry, kept_for
        self._found = Differences()
        self._reading = asyncio.Semaphore(MAX_CONCURRENT_READS)

    async def differences(self) -> Differences:
        """All of them. Reads the history of each open case, and of the ended ones those that differ."""
        async for runs in self._pages(_CASES):
            on_record = await self._registry.case_summaries({run.id for run in runs})
            await asyncio.gather(*(self._case(run, on_record.get(run.id)) for run in runs))
        async for runs in self._pages(_CORRECTIONS):
            kept = await self._registry.recorded_corrections({run.id for run in runs})
            await asyncio.gather(*(self._correction(run) for run in runs if run.id not in kept))
        async for standings in self._on_record():
            known = await self._known(standings)
            await asyncio.gather(*(self._kept(it) for it in standings if it.case_id not in known))
        return self._found

    async def _pages(self, query: str) -> AsyncIterator[list[WorkflowExecution]]:
        listed = self._client.list_workflows(query, page_size=PAGE)
        while listed.current_page is None or listed.next_page_token:
            await listed.fetch_next_page()
            yield [*(listed.current_page or ())]

    async def _on_record(self) -> AsyncIterator[list["CaseSummary"]]:
        since, last = datetime.now(UTC) - self._kept_for, ""
        while ids := await self._registry.ids_decided_since(since, last, PAGE):
            yield [*(await self._registry.case_summaries(ids)).values()]
            last = ids[-1]

    # The server's side -----------------------------------------------------------------------------

    async def _case(self, run: WorkflowExecution, standing: "CaseSummary | None") -> None:
        is_open = run.status is WorkflowExecutionStatus.RUNNING
        if not is_open and _agree(run, standing):
            return
        async with self._reading:
            runs = await chain(self._client, run.id, run.run_id)
        written = [it for _, history in runs for it in history.written]
        corrections = {it.correction_id for it in written if isinstance(it, CorrectionRequest)}
        lost = corrections and corrections - await self._registry.recorded_corrections(corrections)
        if lost or (any(lacks(standing, it) for it in written) and await self._still_lacks(run.id, written)):
            self._unwritten(run)
        elif is_open and standing and not knows(runs[-1][1], standing):
            self._found.behind.append(run.id)

    async def _still_lacks(self, case_id: str, written: list[Written]) -> bool:
        """Looked up after the history was read: a worker may be writing meanwhile."""
        standing = (await self._registry.case_summaries([case_id])).get(case_id)
        return any(lacks(standing, it) for it in written)

    async def _correction(self, run: WorkflowExecution) -> None:
        async with self._reading:
            history = await told(self._client, run.id, run.run_id)
        if history and history.written:
            self._unwritten(run)

    def _unwritten(self, run: WorkflowExecution) -> None:
        self._found.unwritten.setdefault(run.id, []).append(Run(run.start_time, run.run_id))

    # The registry's side ---------------------------------------------------------------------------

    async def _known(self, standings: Iterable["CaseSummary"]) -> set[str]:
        """Those that ended on record and whose end the server lists: nearly all, for one query."""
        ended = {it.case_id: it.decided_at for it in standings if it.closed and not _QUOTED & {*it.case_id}}
        if not ended:
            return set()
        ids = ", ".join(f"'{case_id}'" for case_id in ended)
        query = f"{_CASES} AND ExecutionStatus = 'Completed' AND WorkflowId IN ({ids})"
        listed = self._client.list_workflows(query, page_size=PAGE)
        return {run.id async for run in listed if run.close_time and run.close_time >= ended[run.id]}

    async def _kept(self, standing: "CaseSummary") -> None:
        if standing.case_id in self._found.unwritten:
            return
        async with self._reading:
            latest = await described(self._client, standing.case_id)
        if latest is not None and latest.status is not WorkflowExecutionStatus.COMPLETED:
            return  # it was looked at, or its run was ended from outside, which `doctor` tells anyhow
        if not standing.closed:
            self._found.idle.append(standing.case_id)
        elif latest is None or (latest.close_time and latest.close_time < standing.decided_at):
            self._found.unknown[standing.case_id] = standing.decided_at


async def described(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    """The latest run; None where the server knows of none."""
    try:
        return await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def chain(client: Client, workflow_id: str, run_id: str) -> list[tuple[str, RunSummary]]:
    """A run's id and history after those that it continues, as far back as the server keeps them."""
    runs: list[tuple[str, RunSummary]] = []
    while run_id and (history := await told(client, workflow_id, run_id)) is not None:
        runs.insert(0, (run_id, history))
        run_id = history.continues
    return runs


def lacks(standing: "CaseSummary | None", written: Written) -> bool:
    """Whether a write, before which nothing is lacking, is not in the registry.

    What the registry came to later is no lack: a flag that was withdrawn since, an end that was reopened.
    """
    match written:
        case Flagged(conclusion):
            return standing is None or (not standing.closed and conclusion.number not in standing.flags)
        case Cleared(conclusion):
            if standing is None:
                return True
            ends = {standing.decided_at, *standing.reopened.values()}
            return not standing.closed and conclusion.result.decided_at not in ends
        case Withdrawal():
            return standing is not None and standing.flags.get(written.conclusion.number) == "active"
        case Reopening():
            return standing is not None and written.reopened_at not in standing.reopened
        case CorrectionRequest():
            return False  # asked for by its id, not by its case


def knows(run: RunSummary, standing: "CaseSummary") -> bool:
    """Whether an open run knows what is on record of its case, or is about to be told."""
    if run.earlier is not None and (run.earlier.outcome or (run.earlier.is_open and not run.recalled)):
        return True
    will_ask = run.is_due and not run.asks and not run.knew
    if will_ask or run.is_writing or (run.asks and run.earlier is None):
        return True
    if standing.closed:
        return standing.decided_at in run.decided
    return standing.reopened.keys() <= run.reopened and len(standing.flags) <= run.flags


def _agree(run: WorkflowExecution, standing: "CaseSummary | None") -> bool:
    """Whether a run that has ended is plainly on record: its end, or a later one."""
    if standing is None or run.close_time is None:
        return False
    if run.close_time < standing.decided_at:
        return True
    told = run.typed_search_attributes.get(CASE_STATUS)
    fitting = {"flagged": ("flagged",), "cleared": ("cleared",), "withdrawn": ("flagged", "cleared")}
    return standing.closed and run.start_time <= standing.decided_at and told in fitting[standing.outcome]
