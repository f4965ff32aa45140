"""Whether the patrol goes round, and what waits without anybody knowing."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client, ScheduleActionExecutionStartWorkflow, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.check_results import CheckResult, some, span
from conviction_gate.client.errors import ClientError
from conviction_gate.client.listing import Wanted
from conviction_gate.client.questions import CONCURRENT_QUERIES
from conviction_gate.client.runs import OPEN, describe
from conviction_gate.config.settings import PREFIX
from conviction_gate.contracts.internal.patrol import PATROL_ID
from conviction_gate.temporal.queries import NO_CASE, unserved

STARTED_WITHIN: Final = timedelta(minutes=30)
"""The schedule starts the patrol every ten minutes, one at a time."""
MAX_ATTEMPTS: Final = 3
"""A round that was tried more often than this fails for a reason."""

LATE_REMINDERS: Final = 3
MAX_ASKED: Final = 200
"""Cases in review that are asked how often they were reminded of."""


async def check_patrol(client: Client, *, wanted: bool) -> CheckResult:
    """Whether cases that are ended from outside come back by themselves; `wanted` by the setting."""
    try:
        schedule = await client.get_schedule_handle(PATROL_ID).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        if not wanted:
            return CheckResult("ok", f"off by {PREFIX}PATROL")
        return CheckResult(
            "warn",
            "no schedule: nothing continues cases that are ended from outside",
            f"start a worker with {PREFIX}PATROL=on, which makes it",
        )
    if schedule.schedule.state.paused:
        return CheckResult(
            "warn",
            "paused: nothing continues cases that are ended from outside",
            f"`temporal schedule unpause --schedule-id {PATROL_ID} --reason WHY`",
        )
    runs = [it.action for it in schedule.info.recent_actions]
    started = max((it.started_at for it in schedule.info.recent_actions), default=schedule.info.created_at)
    age = datetime.now(UTC) - started
    if age > STARTED_WITHIN:
        return CheckResult(
            "warn", f"it has not gone round for {span(age)}", "start a worker: `python -m worker`"
        )
    latest = await describe(client, _workflow_of(runs[-1])) if runs else None
    if latest is None:
        return CheckResult("ok", "the server starts it every ten minutes")
    pending = latest.raw_description.pending_activities
    failed = next((one for one in pending if one.attempt > MAX_ATTEMPTS), None)
    if failed is not None:
        return CheckResult(
            "warn",
            f"its round has failed {failed.attempt - 1} times",
            f"the pending activity of {latest.id} in the web UI says why",
        )
    ended = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
    if latest.status is not None and latest.status not in ended:
        return CheckResult(
            "warn", f"its last run ended as {latest.status.name.lower()}", "a worker's log says why"
        )
    return CheckResult("ok", f"its last round was {span(age)} ago")


async def check_unserved(client: Client) -> CheckResult:
    """Open workflows that wait for nothing that can come."""
    kinds = {
        "on a queue, of a type or with a delay that no worker serves": unserved(datetime.now(UTC)),
        "under an id that is no case's": NO_CASE,
    }
    found = []
    for kind, query in kinds.items():
        if count := (await client.count_workflows(query)).count:
            ids = [run.id async for run in client.list_workflows(query, limit=3)]
            found.append(f"{count:,} {kind}: {', '.join(ids)}{' and more' if count > len(ids) else ''}")
    if not found:
        return CheckResult("ok", "none")
    return CheckResult(
        "warn",
        "; ".join(found),
        "end each with `temporal workflow terminate --workflow-id ID --reason WHY`, and have its sender send "
        "it as docs/senders.md describes",
    )


async def check_late_reviews(client: Client, reminded_every: timedelta) -> CheckResult:
    """Reviews that were reminded of three times or more. `reminded_every`: the shortest time between two."""
    now = datetime.now(UTC)
    since = (now - LATE_REMINDERS * reminded_every).isoformat()
    query = f"{Wanted('needs_review').query(now)} AND {OPEN} AND StartTime < '{since}'"
    ids = [run.id async for run in client.list_workflows(query, limit=MAX_ASKED)]
    slots = asyncio.Semaphore(CONCURRENT_QUERIES)

    async def reminders(case_id: str) -> int:
        async with slots:
            with suppress(ClientError):  # a case that does not answer is stuck, or answered meanwhile
                view = await CaseClient(client, None).open_case(case_id)
                return view.reminders if view else 0
            return 0

    counts = await asyncio.gather(*map(reminders, ids))
    late = [case_id for case_id, count in zip(ids, counts, strict=True) if count >= LATE_REMINDERS]
    if not late:
        return CheckResult("ok", "none")
    return CheckResult(
        "warn",
        f"{len(late):,} were reminded of {LATE_REMINDERS} times or more: {some(late)}",
        "`conviction-gate review list` has the questions",
    )


def _workflow_of(action: object) -> str:
    assert isinstance(action, ScheduleActionExecutionStartWorkflow)
    return action.workflow_id
