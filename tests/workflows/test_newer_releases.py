"""What a newer release wrote and an older one reads: the case is held, and goes on when the newer is back."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any, ClassVar, Final

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import activities.look_ups
import worker
from activities import LookUps
from conviction_gate import policy
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.activities import CHECK_HISTORY, HistoryRequest
from conviction_gate.contracts.names import CaseId
from conviction_gate.policy import UNREADABLE, Edition
from conviction_gate.registry import Registry
from tests.support.pausing_registry import PausingRegistry
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    dismissal,
    review_decision,
    runs,
    settled,
    start,
)

QUEUE: Final = "booking-cases-newer"
FIRST: Final = policy.EDITIONS[0]
SECOND: Final = Edition("2013-01-01", date(2013, 1, 1), FIRST.rules)
A_REMINDER: Final = timedelta(days=30, hours=1)


@pytest.fixture
def polling(server: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A new worker on the queue, which plays every case back; the one before it must have stopped."""
    monkeypatch.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())

    def started() -> Worker:
        return worker.make_worker(server.client, registry, Settings(), task_queue=QUEUE)

    return started


class NewerLookUps(LookUps):
    """Those of a newer release, which knows more words."""

    changed: ClassVar[dict[str, Any]] = {}

    @activity.defn(name=CHECK_HISTORY)
    async def check_history(self, request: HistoryRequest) -> Any:
        return json.loads((await super().check_history(request)).model_dump_json()) | self.changed


async def events(client: Client, case: CaseId) -> AsyncIterator[EventType.ValueType]:
    async for event in client.get_workflow_handle(str(case)).fetch_history_events():
        yield event.event_type


async def test_a_case_of_an_unknown_edition_waits_for_the_release_that_knows_it(
    polling: Any, server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_id()
    monkeypatch.setattr(activities.look_ups, "EDITIONS", (FIRST, SECOND))  # a newer release's activities
    async with polling():
        since = booking(case, booked_at="2013-05-06T08:00:00-07:00")
        handle = await start(server.client, case, since, task_queue=QUEUE)
        seen = await settled(handle, "needs_review")
        assert (seen.explanation, seen.questions, seen.needs_attention) == (UNREADABLE.explanation, (), True)
        await server.fast_forward(handle, A_REMINDER)
        await handle.signal("review_decision", review_decision("r-1", "not_conviction", charge_id="1"))
        await handle.signal("conviction", conviction(decided_on="2014-07-15"))
        seen = await settled(handle, "needs_review", messages=3)
        assert (seen.reminders, await runs(server.client, case)) == (1, 2)
    for asked in (policy.edition_at, policy.edition_named, policy.edition_among):
        monkeypatch.setattr(asked, "__defaults__", ((FIRST, SECOND),))
    async with polling():
        await handle.signal("dismissal", dismissal("d-1", decided_on="2013-07-15"))
        seen = await settled(handle, "needs_review", messages=4)  # until the next run, as the older one
        failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        assert failed not in [kind async for kind in events(server.client, case)]
        await server.fast_forward(handle, A_REMINDER)
        result = await handle.result()
    assert (result.outcome, result.rule, result.policy_edition) == ("flagged", "flag.convicted", SECOND.name)
    assert await runs(server.client, case) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"placements": [{"scheme": "CA-VC", "code": "12500(a)", "charge_class": "street_racing"}]},
        {"history": {"records": [{"disposition": "pardoned"}]}},
        {"earlier": {"outcome": {"outcome": "suspended"}}},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_an_answer_that_nobody_can_read_is_asked_for_again(
    polling: Any, server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    case = case_id()
    with monkeypatch.context() as newer:
        newer.setattr(NewerLookUps, "changed", changed)
        newer.setattr(worker, "LookUps", NewerLookUps)
        async with polling():
            handle = await start(server.client, case, booking(case), task_queue=QUEUE)
            assert (await settled(handle, "needs_review")).rule == UNREADABLE.rule
            await handle.signal("conviction", conviction())
            await settled(handle, "needs_review", messages=2)
    async with polling():
        await server.fast_forward(handle, A_REMINDER)
        result = await handle.result()
    assert (result.outcome, result.rule) == ("flagged", "flag.convicted")
    assert await runs(server.client, case) == 2


async def test_a_flag_is_withdrawn_where_what_follows_it_cannot_be_read(
    server: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history under another id comes back unreadable while the flag is being written."""
    case, pausing = case_id(), PausingRegistry(registry)
    other = booking(case, message_id="b-2", subject={"state_id": f"S{case.tracking_number}"})
    with monkeypatch.context() as newer:
        newer.setattr(NewerLookUps, "changed", {})
        newer.setattr(worker, "LookUps", NewerLookUps)
        newer.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())
        async with worker.make_worker(server.client, pausing, Settings(), task_queue=QUEUE):
            handle = await start(server.client, case, booking(case), task_queue=QUEUE)
            await settled(handle, "waiting_for_court")
            pausing.may_answer.clear()
            await handle.signal("conviction", conviction())
            await pausing.written.wait()
            newer.setattr(NewerLookUps, "changed", {"history": {"records": [{"disposition": "pardoned"}]}})
            await handle.signal("booking", other)
            pausing.may_answer.set()
            seen = await settled(handle, "needs_review")
            assert (seen.explanation, seen.flag_status) == (UNREADABLE.explanation, "withdrawn")
    async with worker.make_worker(server.client, registry, Settings(), task_queue=QUEUE):
        await server.fast_forward(handle, A_REMINDER)
        assert (await handle.result()).outcome == "flagged"
    assert await runs(server.client, case) == 2
