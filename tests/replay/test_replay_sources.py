"""Histories of cases whose sources did not answer at once, and of those that a person opened again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

import policy
import worker
import workflows.booking_case
from activities import Sources
from contracts.booking import Subject
from contracts.case import CaseResult
from contracts.history import History
from contracts.names import FLAG_CORRECTION, CaseId
from registry import KeptCase, Registry
from runtime.converter import data_converter
from runtime.settings import Settings
from tests.workflows.cases import (
    as_json,
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    dismissal,
    settled,
    start,
    view,
)
from workflows import WORKFLOWS

Handle = WorkflowHandle[Any, CaseResult]
QUEUE = "booking-cases-replayed"
AT = datetime(2014, 5, 2, 9, tzinfo=UTC)


class Court:
    """A court and a state repository in one that do not answer until they are told to."""

    def __init__(self) -> None:
        self.looks = 0
        self.history_answers, self.docket_answers = True, False
        self.messages: tuple[str, ...] = ()

    async def history(self, subjects: Sequence[Subject]) -> History:
        if not self.history_answers:
            raise ConnectionError("the repository is down")
        return History()

    async def has_docket(self) -> bool:
        return True

    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]:
        self.looks += 1
        if not self.docket_answers:
            raise ConnectionError("the court is down")
        return self.messages


@pytest.fixture
async def court(
    server: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Court]:
    """It is asked every other second, and a run of a case is over after a few messages: outside the
    sandbox, which would import the module anew."""
    monkeypatch.setattr(workflows.booking_case, "RUN_MESSAGES_MOST", 8)
    monkeypatch.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())
    court = Court()
    settings = Settings(docket_check_every="2s")
    asked = Sources(court, court)
    async with worker.make_worker(server.client, registry, settings, asked, task_queue=QUEUE):
        yield court


async def waiting(client: Client, court: Court) -> Handle:
    """A case whose court is being asked and does not answer."""
    case = case_id()
    handle = await start(client, case, booking(case), task_queue=QUEUE)
    await settled(handle, "waiting_for_court")
    while not court.looks or (await view(handle)).next_docket_check_at is not None:
        await asyncio.sleep(0.02)
    return handle


async def runs(client: Client, case: str) -> list[Handle]:
    """Every run of a case, the last one last."""
    found = [found async for found in client.list_workflows(f"WorkflowId = '{case}'")]
    found.sort(key=lambda execution: execution.start_time)
    return [client.get_workflow_handle(case, run_id=execution.run_id) for execution in found]


async def replay_all(client: Client, case: str, *, at_least: int = 1) -> None:
    handles: list[Handle] = []
    while len(handles) < at_least:  # the list follows the cases after a moment
        handles = await runs(client, case)
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner(), data_converter=data_converter
    )
    for handle in handles:
        await replayer.replay_workflow(await handle.fetch_history())


def has_timer(history: WorkflowHistory) -> bool:
    return any(event.HasField("timer_started_event_attributes") for event in history.events)


async def test_a_case_that_ends_while_the_court_is_asked(client: Client, court: Court) -> None:
    handle = await waiting(client, court)
    await replay_all(client, handle.id)
    await handle.signal("conviction", conviction())
    assert (await handle.result()).rule == "flag.convicted"
    await replay_all(client, handle.id)


async def test_a_case_that_goes_on_as_a_new_run_while_the_court_is_asked(client: Client, court: Court) -> None:
    handle = client.get_workflow_handle((await waiting(client, court)).id, result_type=CaseResult)
    for n in range(20):
        await handle.signal("court_update", court_update(f"u-{n}"))
    await settled(handle, "waiting_for_court", messages=21)
    looks = court.looks
    while court.looks == looks:  # the new run asks, too
        await asyncio.sleep(0.02)
    court.messages = (as_json({"type": "dismissal"} | dismissal()),)
    court.docket_answers = True
    assert (await handle.result()).outcome == "cleared"
    await replay_all(client, handle.id, at_least=2)


async def test_a_case_that_goes_on_as_a_new_run_while_its_history_is_asked_for(
    client: Client, court: Court
) -> None:
    court.history_answers = False
    case = case_id()
    handle: Handle = await start(client, case, booking(case), task_queue=QUEUE)
    handle = client.get_workflow_handle(handle.id, result_type=CaseResult)
    for n in range(20):
        await handle.signal("court_update", court_update(f"u-{n}"))
    await handle.signal("conviction", conviction())
    await settled(handle, "checking_history", messages=22)
    court.history_answers = True
    assert (await handle.result()).rule == "flag.convicted"
    await replay_all(client, handle.id, at_least=2)


async def test_a_case_that_was_opened_again(client: Client, court: Court, registry: Registry) -> None:
    case: CaseId = case_id()
    handle = await start(client, case, booking(case), task_queue=QUEUE)
    await handle.signal("dismissal", dismissal())
    await handle.result()

    def again(kept: KeptCase) -> Any:
        return policy.reopen(kept.facts, kept.result, by="clerk-7", reason="refiled", at=AT)

    await registry.reopen(str(case), by="clerk-7", reason="refiled", at=AT, open_again=again)
    sent = {"agency": case.agency, "tracking_number": case.tracking_number} | correction("k-1", "nothing")
    waits = await client.start_workflow(FLAG_CORRECTION, sent, id=case.correction_id("k-1"), task_queue=QUEUE)
    while not has_timer(await waits.fetch_history()):  # the case has no run yet that could take it
        await asyncio.sleep(0.05)
    await start(client, case, booking(case), task_queue=QUEUE, forgotten=True)
    handle = client.get_workflow_handle(str(case), result_type=CaseResult)
    await settled(handle, "waiting_for_court", messages=3)
    await waits.result()
    await replay_all(client, waits.id, at_least=1)
    for n in range(20):
        await handle.signal("court_update", court_update(f"u-{n}"))
    await settled(handle, "waiting_for_court", messages=23)
    await handle.signal("conviction", conviction(decided_on="2014-09-01"))
    assert (await handle.result()).rule == "flag.convicted"
    await replay_all(client, handle.id, at_least=3)
    kept = await registry.kept_case(str(case))
    assert kept is not None
    assert len(kept.facts.reopenings) == 1
