"""A new edition is released while cases are open: they keep theirs, and new bookings take the new one."""

from datetime import date
from typing import Any, Final

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import activities.look_ups
import worker
import workflows.booking_case
from conviction_gate import policy
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult, CorrectionResult
from conviction_gate.contracts.names import FLAG_CORRECTION, CaseId
from conviction_gate.policy import Decision, Edition
from conviction_gate.policy.rules.rule import PolicyRule
from conviction_gate.registry import Registry
from tests.support.workflow_cases import (
    amendment,
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    review_decision,
    runs,
    settled,
    start,
)

QUEUE: Final = "booking-cases-editions"
FIRST: Final = policy.EDITIONS[0]


def everybody_is_cleared(matter: object) -> Decision:
    """A rule of an edition that only the tests know."""
    return Decision(rule="clear.no_conviction", explanation="The second edition clears everybody.")


SECOND: Final = Edition("2013-01-01", date(2013, 1, 1), (PolicyRule(1, (), everybody_is_cleared),))


def release(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next worker knows: a second edition, and cases that continue as new after five messages."""
    for asked in (policy.edition_at, policy.edition_named, policy.edition_among):
        monkeypatch.setattr(asked, "__defaults__", ((FIRST, SECOND),))
    monkeypatch.setattr(activities.look_ups, "EDITIONS", (FIRST, SECOND))
    monkeypatch.setattr(workflows.booking_case, "MAX_MESSAGES_PER_RUN", 5)
    monkeypatch.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())


@pytest.fixture
def polling(server: WorkflowEnvironment, registry: Registry) -> Any:
    """A new worker on the queue; the one before it must have stopped."""

    def started() -> Worker:
        return worker.make_worker(server.client, registry, Settings(), task_queue=QUEUE)

    return started


async def test_an_open_case_keeps_its_edition_and_a_later_booking_takes_the_new_one(
    polling: Any, server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case, later = case_id(), case_id()
    async with polling():
        on_the_eve = booking(open_case, booked_at="2012-12-31T23:30:00-08:00")
        await start(server.client, open_case, on_the_eve, task_queue=QUEUE)
        handle: WorkflowHandle[Any, CaseResult] = server.client.get_workflow_handle(
            str(open_case), result_type=CaseResult
        )
        seen = await settled(handle, "waiting_for_court")
        assert seen.policy_edition == FIRST.name
    release(monkeypatch)
    async with polling():
        new = booking(later, booked_at="2013-01-01T00:30:00-08:00")
        result = await (await start(server.client, later, new, task_queue=QUEUE)).result()
        assert (result.outcome, result.policy_edition) == ("cleared", SECOND.name)

        for number in range(6):
            await handle.signal("court_update", court_update(f"u-{number}"))
        await handle.signal("amendment", amendment("a-1", "2013-03-04", code="22350"))
        await handle.signal("court_update", court_update("p-1", "deferred_with_plea", occurred_on="2013-04-05"))
        seen = await settled(handle, "needs_review", messages=9)
        assert (seen.rule, seen.policy_edition) == ("review.unclear_disposition", FIRST.name)
        assert await runs(server.client, open_case) > 1
        await handle.signal("review_decision", review_decision("r-1", "conviction", charge_id="1"))
        result = await handle.result()
        assert (result.outcome, result.rule) == ("flagged", "flag.convicted")
        assert result.policy_edition == FIRST.name
        answer = await corrected(server, open_case, correction("k-1", "u-1"))
        assert answer.outcome == "unchanged", answer
        answer = await corrected(server, open_case, correction("k-2", "r-1"))
        assert answer.outcome == "withdrawn", answer


async def corrected(server: WorkflowEnvironment, case: CaseId, message: dict[str, Any]) -> CorrectionResult:
    """What came after the end; under the second edition no flag would stand."""
    handle: WorkflowHandle[Any, CorrectionResult] = await server.client.start_workflow(
        FLAG_CORRECTION,
        message | {"agency": case.agency, "tracking_number": case.tracking_number, "type": "correction"},
        id=case.correction_id(message["message_id"]),
        task_queue=QUEUE,
        result_type=CorrectionResult,
    )
    return await handle.result()


async def test_an_edition_that_is_released_late_takes_no_case_that_is_open(
    polling: Any, server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its day has passed when it is released, and bookings since were accepted under the one before."""
    case = case_id()
    async with polling():
        since = booking(case, booked_at="2013-05-06T08:00:00-07:00")
        handle = await start(server.client, case, since, task_queue=QUEUE)
        await settled(handle, "waiting_for_court")
    release(monkeypatch)
    async with polling():
        await handle.signal("court_update", court_update("u-1", occurred_on="2013-06-07"))
        seen = await settled(handle, "waiting_for_court", messages=2)
        assert seen.policy_edition == FIRST.name
        await handle.signal("conviction", conviction())
        result = await handle.result()
    assert (result.outcome, result.policy_edition) == ("flagged", FIRST.name)
