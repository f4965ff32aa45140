"""How the server and the registry differ after they were restored from backups of different moments.

Each write of a case is in its event history, so what the registry has lost can be written again from
there. What the server has lost, a case reads from the registry when it checks the criminal history.
Both sides are read page by page; only the differences are kept in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from conviction_gate.client.runs import describe
from conviction_gate.contracts.internal.activities import Withdrawal
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.names import BOOKING_CASE, CASE_STATUS, FLAG_CORRECTION
from conviction_gate.restore.run_history import Cleared, Flagged, Judged, RunSummary, Written, summarize_run

if TYPE_CHECKING:
    from conviction_gate.registry import CaseSummary, Registry

PAGE: Final = 200
CONCURRENT_READS: Final = 16
"""Event histories that are read at the same time."""

_CASES: Final = f"WorkflowType = '{BOOKING_CASE}' AND ExecutionStatus != 'ContinuedAsNew'"
_CORRECTIONS: Final = f"WorkflowType = '{FLAG_CORRECTION}' AND ExecutionStatus = 'Completed'"
_UNQUERYABLE: Final = {*"'\"\\"}
"""Characters that servers do not agree on how to escape in a query."""


class Run(NamedTuple):
    """One run, and when it began."""

    began: datetime
    run_id: str


@dataclass
class Differences:
    """Ids of cases and corrections.

    `unwritten`: their runs wrote what the registry does not have. `behind`: they are open, without what
    the registry holds of them. `idle`: reopened in the registry, and no workflow runs. `unknown`: ended in
    the registry within the server's retention, and the server does not have that end; nothing needs it.
    """

    unwritten: dict[str, list[Run]] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    unknown: dict[str, datetime] = field(default_factory=dict)


class Comparison:
    """One pass through both sides. `kept_for`: the server's retention of closed workflows."""

    def __init__(self, client: Client, registry: "Registry", kept_for: timedelta) -> None:
        self._client, self._registry, self._kept_for = client, registry, kept_for
        self._found = Differences()
        self._reading = asyncio.Semaphore(CONCURRENT_READS)

    async def differences(self) -> Differences:
        """All of them. Reads the event history of each open case, and of each ended one that differs."""
        async for runs in self._pages(_CASES):
            on_record = await self._registry.case_summaries({run.id for run in runs})
            await asyncio.gather(*(self._case(run, on_record.get(run.id)) for run in runs))
        async for runs in self._pages(_CORRECTIONS):
            kept = await self._registry.recorded_corrections({run.id for run in runs})
            await asyncio.gather(*(self._correction(run) for run in runs if run.id not in kept))
        async for summaries in self._on_record():
            known = await self._known(summaries)
            await asyncio.gather(*(self._kept(it) for it in summaries if it.case_id not in known))
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

    async def _case(self, run: WorkflowExecution, record: "CaseSummary | None") -> None:
        is_open = run.status is WorkflowExecutionStatus.RUNNING
        if not is_open and _agree(run, record):
            return
        async with self._reading:
            runs = await run_chain(self._client, run.id, run.run_id)
        written = [it for _, history in runs for it in history.written]
        corrections = {it.request.correction_id for it in written if isinstance(it, Judged)}
        lost = corrections and corrections - await self._registry.recorded_corrections(corrections)
        if lost or (
            any(is_missing(record, it) for it in written) and await self._is_still_missing(run.id, written)
        ):
            self._unwritten(run)
        elif is_open and record and not knows(runs[-1][1], record):
            self._found.behind.append(run.id)

    async def _is_still_missing(self, case_id: str, written: list[Written]) -> bool:
        """The registry is asked again after the event history: a worker may have written meanwhile."""
        record = (await self._registry.case_summaries([case_id])).get(case_id)
        return any(is_missing(record, it) for it in written)

    async def _correction(self, run: WorkflowExecution) -> None:
        async with self._reading:
            history = await summarize_run(self._client, run.id, run.run_id)
        if history and history.written:
            self._unwritten(run)

    def _unwritten(self, run: WorkflowExecution) -> None:
        self._found.unwritten.setdefault(run.id, []).append(Run(run.start_time, run.run_id))

    # The registry's side ---------------------------------------------------------------------------

    async def _known(self, summaries: Iterable["CaseSummary"]) -> set[str]:
        """Those whose end both the registry and the server have: nearly all, for one query."""
        ended = {
            it.case_id: it.decided_at for it in summaries if it.closed and not _UNQUERYABLE & {*it.case_id}
        }
        if not ended:
            return set()
        ids = ", ".join(f"'{case_id}'" for case_id in ended)
        query = f"{_CASES} AND ExecutionStatus = 'Completed' AND WorkflowId IN ({ids})"
        listed = self._client.list_workflows(query, page_size=PAGE)
        return {run.id async for run in listed if run.close_time and run.close_time >= ended[run.id]}

    async def _kept(self, record: "CaseSummary") -> None:
        if record.case_id in self._found.unwritten:
            return
        async with self._reading:
            latest = await describe(self._client, record.case_id)
        if latest is not None and latest.status is not WorkflowExecutionStatus.COMPLETED:
            return  # already compared, or its run was ended from outside, which `doctor` reports
        if not record.closed:
            self._found.idle.append(record.case_id)
        elif latest is None or (latest.close_time and latest.close_time < record.decided_at):
            self._found.unknown[record.case_id] = record.decided_at


async def run_chain(client: Client, workflow_id: str, run_id: str) -> list[tuple[str, RunSummary]]:
    """The ids and summaries of a run and of those that it continues, the oldest that the server has first."""
    runs: list[tuple[str, RunSummary]] = []
    while run_id and (history := await summarize_run(client, workflow_id, run_id)) is not None:
        runs.insert(0, (run_id, history))
        run_id = history.continues
    return runs


def is_missing(record: "CaseSummary | None", written: Written) -> bool:
    """Whether a write is missing from the registry.

    A later state of the registry counts as written: a flag withdrawn since, an outcome reopened since. An
    earlier outcome does not, though it still stands there: what took it away is missing too.
    """
    match written:
        case Flagged(conclusion) | Cleared(conclusion):
            return record is None or record.decided_at < conclusion.result.decided_at
        case Withdrawal():
            return record is not None and record.flags.get(written.conclusion.number) == "active"
        case Reopening():
            return record is not None and written.reopened_at not in record.reopened
        case Judged():
            return False  # asked for by its id, not by its case


def knows(run: RunSummary, record: "CaseSummary") -> bool:
    """Whether an open run has, or is about to read, what the registry holds of its case."""
    if run.earlier is not None and (run.earlier.outcome or (run.earlier.is_open and not run.recalled)):
        return True
    will_ask = run.is_due and not run.asks and not run.was_asked
    if will_ask or run.is_writing or (run.asks and run.earlier is None):
        return True
    if record.closed:
        return record.decided_at in run.decided
    return record.reopened.keys() <= run.reopened and len(record.flags) <= run.flags


def _agree(run: WorkflowExecution, record: "CaseSummary | None") -> bool:
    """Whether the registry clearly has the end of a run, or a later one."""
    if record is None or run.close_time is None:
        return False
    if run.close_time < record.decided_at:
        return True
    status = run.typed_search_attributes.get(CASE_STATUS)
    fitting = {"flagged": ("flagged",), "cleared": ("cleared",), "withdrawn": ("flagged", "cleared")}
    return record.closed and run.start_time <= record.decided_at and status in fitting[record.outcome]
