"""Who may rule and who may withdraw a flag: a setting that the worker holds to, however a message came."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.permits import NOT_A_REVIEWER, NOT_A_WITHDRAWER
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry import Registry
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    correct,
    correction,
    dismissal,
    finding,
    rejected,
    review_decision,
    settled,
    start,
    submit,
)
from worker import make_worker

Handle = WorkflowHandle[Any, CaseResult]
GUARDED = "booking-cases-guarded"
UNKNOWN = [{"charge_id": "1", "scheme": "CA-VC", "code": "no such code"}]
A_STRANGER = {"reviewer": "r-8"}


@pytest.fixture
async def guarded(server: WorkflowEnvironment, registry: Registry) -> AsyncIterator[WorkflowEnvironment]:
    """A worker that knows one reviewer and one sender of withdrawals."""
    settings = Settings(reviewers=frozenset({"r-7"}), withdrawers=frozenset({"county-da"}))
    async with make_worker(server.client, registry, settings, task_queue=GUARDED):
        yield server


async def asking(server: WorkflowEnvironment, case: CaseId) -> Handle:
    """A case that asks a person what its charge is."""
    handle = await start(server.client, case, booking(case, charges=UNKNOWN), task_queue=GUARDED)
    await settled(handle, "needs_review")
    return handle


async def test_a_ruling_of_a_stranger_is_rejected_and_one_of_a_reviewer_counts(
    guarded: WorkflowEnvironment, registry: Registry
) -> None:
    case = case_id()
    handle = await asking(guarded, case)
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", **A_STRANGER))
    seen = await rejected(handle, 1)
    assert (seen.status, seen.messages_total, seen.needs_attention) == ("needs_review", 1, True)
    assert (seen.rejected[0].name, seen.rejected[0].reason) == ("review_decision", NOT_A_REVIEWER)
    assert '"reviewer": "r-8"' in seen.rejected[0].payload

    answer = await submit(handle, {"type": "review_decision"} | review_decision("r-1", "minor_traffic"))
    assert (answer.status, answer.duplicate) == ("waiting_for_court", False)
    assert answer.effect.startswith("ruled minor_traffic by r-7: read the docket")
    await handle.signal("dismissal", dismissal())
    assert (await handle.result()).outcome == "cleared"
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    assert [ruling.decision.reviewer for ruling in kept.facts.rulings] == ["r-7"]
    assert kept.facts.unasked == ()


async def test_whoever_may_not_rule_is_told_so_by_the_update(guarded: WorkflowEnvironment) -> None:
    handle = await asking(guarded, case_id())
    ruling = {"type": "review_decision"} | review_decision("r-1", "dui", **A_STRANGER)
    # The same one again while the first is looked into is no more accepted than that.
    answers = await asyncio.gather(*(submit(handle, ruling) for _ in range(3)), return_exceptions=True)
    for refused in answers:
        assert isinstance(refused, WorkflowUpdateFailedError)
        assert isinstance(refused.cause, ApplicationError)
        assert (refused.cause.type, refused.cause.message) == ("DoesNotFit", NOT_A_REVIEWER)
    assert [message.message_id for message in (await settled(handle, "needs_review")).messages] == ["b-1"]


async def test_rulings_that_come_together_are_told_apart(guarded: WorkflowEnvironment) -> None:
    handle = await asking(guarded, case_id())
    rulings = [
        review_decision("r-1", "minor_traffic", charge_id="1", **A_STRANGER),
        review_decision("r-2", "minor_traffic", charge_id="1"),
        review_decision("r-3", "dui", charge_id="1", **A_STRANGER),
    ]
    await asyncio.gather(*(handle.signal("review_decision", ruling) for ruling in rulings))
    await settled(handle, "waiting_for_court", messages=2)
    seen = await rejected(handle, 2)
    assert [message.message_id for message in seen.messages] == ["b-1", "r-2"]


async def test_a_ruling_holds_though_the_reviewer_may_rule_no_more(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    case = case_id()
    settings = Settings(reviewers=frozenset({"r-7"}))
    async with make_worker(server.client, registry, settings, task_queue=GUARDED):
        handle = await asking(server, case)
        await handle.signal("review_decision", review_decision("r-1", "minor_traffic"))
        await settled(handle, "waiting_for_court")
    settings = Settings(reviewers=frozenset({"r-9"}))
    async with make_worker(server.client, registry, settings, task_queue=GUARDED):
        await handle.signal("conviction", conviction())
        assert (await handle.result()).outcome == "flagged"


async def test_a_stranger_withdraws_no_flag(guarded: WorkflowEnvironment, registry: Registry) -> None:
    case = case_id()
    handle = await start(guarded.client, case, booking(case), task_queue=GUARDED)
    await handle.signal("conviction", conviction())
    assert (await handle.result()).outcome == "flagged"

    for number, message in enumerate(
        [correction("k-1", "c-1"), {"type": "subject_finding"} | finding("k-2", "us_citizen", sender="jail")], 1
    ):
        ended = await correct(guarded.client, case, message, message_id=f"k-{number}", task_queue=GUARDED)
        assert (ended.outcome, ended.explanation) == ("unchanged", NOT_A_WITHDRAWER)
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    assert kept.case.flag_status == "active"
    assert not (await registry.background([kept.facts.bookings[0].subject], str(case))).us_citizen
    assert [one.explanation for one in await registry.corrections(str(case))] == [NOT_A_WITHDRAWER] * 2

    word = correction("k-3", "c-1", sender="county-da")
    ended = await correct(guarded.client, case, word, message_id="k-3", task_queue=GUARDED)
    assert ended.outcome == "withdrawn"


async def test_who_withdrew_a_flag_is_kept(guarded: WorkflowEnvironment, registry: Registry) -> None:
    case = case_id()
    handle = await start(guarded.client, case, booking(case), task_queue=GUARDED)
    await handle.signal("conviction", conviction())
    await handle.result()
    word = correction("k-1", "c-1", sender="county-da")
    await correct(guarded.client, case, word, message_id="k-1", task_queue=GUARDED)
    (kept,) = await registry.corrections(str(case))
    assert (kept.outcome, kept.correction_id) == ("withdrawn", case.correction_id("k-1"))
    assert '"sender": "county-da"' in kept.payload
    ended = await registry.recorded_case(str(case))
    assert ended is not None
    last = ended.case.messages[-1]
    assert (last.sender, last.message_id, last.type) == ("county-da", "k-1", "correction")
