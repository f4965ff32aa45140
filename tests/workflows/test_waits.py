"""Years of waiting: no timer flags, and none clears."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult, CaseView
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import NEEDS_ATTENTION, WAITING_SINCE, CaseId
from conviction_gate.registry import Background, DocketEntry, Registry, RegistryError, migrate
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    court_update,
    dismissal,
    review_decision,
    settled,
    start,
    view,
)
from worker import make_worker

Handle = WorkflowHandle[Any, CaseResult]
A_DAY = timedelta(days=1)


async def opened(client: Client, *inputs: Any, case: CaseId | None = None, **changed: Any) -> Handle:
    case = case or case_id()
    return await start(client, case, *(inputs or [booking(case, **changed)]))


async def until(handle: Handle, seen: Any) -> CaseView:
    """The case once it looks so; the test's time-out is the limit."""
    while not seen(shown := await view(handle)):
        await asyncio.sleep(0.02)
    return shown


async def card(handle: Handle) -> str:
    answer: WorkflowMetadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return answer.current_details


@pytest.mark.parametrize(
    ("name", "message", "outcome"),
    [
        ("conviction", conviction(decided_on="2027-02-01"), "flagged"),
        ("dismissal", dismissal(decided_on="2027-02-01"), "cleared"),
    ],
)
async def test_after_fifteen_years_the_court_still_decides(
    name: str,
    message: dict[str, Any],
    outcome: str,
    server: WorkflowEnvironment,
    client: Client,
    registry: Registry,
) -> None:
    handle = await opened(client)
    await settled(handle, "waiting_for_court")
    for _ in range(3):
        await server.fast_forward(handle, timedelta(days=5 * 365))
    seen = await until(handle, lambda case: case.needs_attention)
    assert (seen.status, seen.rule) == ("waiting_for_court", "defer.traffic_only")
    assert not [flag for flag in await registry.flags() if flag.case_id == handle.id]
    await handle.signal(name, message)
    assert (await handle.result()).outcome == outcome


async def test_an_overdue_docket_asks_for_attention_and_decides_nothing(
    server: WorkflowEnvironment, client: Client
) -> None:
    handle = await opened(client)
    await settled(handle, "waiting_for_court")
    await server.fast_forward(handle, timedelta(days=729))
    assert not (await view(handle)).needs_attention
    await server.fast_forward(handle, 2 * A_DAY)
    seen = await until(handle, lambda case: case.needs_attention)
    assert (seen.status, seen.rejected_total) == ("waiting_for_court", 0)
    attributes = (await handle.describe()).typed_search_attributes
    assert attributes[NEEDS_ATTENTION]
    assert attributes[WAITING_SINCE] == seen.waiting_since
    assert "**Overdue**" in await card(handle)
    await handle.signal("dismissal", dismissal())
    assert (await handle.result()).outcome == "cleared"
    assert not (await handle.describe()).typed_search_attributes[NEEDS_ATTENTION]


async def test_a_message_does_not_put_off_the_overdue_docket(
    server: WorkflowEnvironment, client: Client
) -> None:
    handle = await opened(client)
    await settled(handle, "waiting_for_court")
    for number in range(4):
        await server.fast_forward(handle, timedelta(days=182))
        await handle.signal("court_update", court_update(f"u-{number}"))
        await settled(handle, "waiting_for_court", messages=number + 2)
    assert not (await view(handle)).needs_attention
    await server.fast_forward(handle, 3 * A_DAY)
    assert (await until(handle, lambda case: case.needs_attention)).status == "waiting_for_court"
    await handle.terminate()


async def test_a_booking_that_never_came_asks_for_attention(
    server: WorkflowEnvironment, client: Client
) -> None:
    case = case_id()
    handle = await opened(client, None, case=case)
    await handle.signal("conviction", conviction())
    await until(handle, lambda case: case.messages_total == 1)
    await until_card(handle, "The booking is overdue from")
    await server.fast_forward(handle, timedelta(days=59))
    assert not (await view(handle)).needs_attention
    await server.fast_forward(handle, 2 * A_DAY)
    seen = await until(handle, lambda case: case.needs_attention)
    assert seen.status == "awaiting_booking"
    await server.fast_forward(handle, timedelta(days=1000))
    assert (await view(handle)).status == "awaiting_booking"
    await handle.signal("booking", booking(case))
    assert (await handle.result()).outcome == "flagged"


async def test_reminders_of_a_question_count_and_decide_nothing(
    server: WorkflowEnvironment, client: Client
) -> None:
    charges = [{"charge_id": "1", "scheme": "CA-VC", "code": "no-such-code"}]
    handle = await opened(client, charges=charges)
    await settled(handle, "needs_review")
    for count in (1, 2, 3):
        await server.fast_forward(handle, timedelta(days=30, hours=1))
        await until_card(handle, f"Reminders so far: {count}")
    seen = await view(handle)
    assert (seen.status, seen.rule) == ("needs_review", "review.unclassified_charge")
    assert seen.needs_attention
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    seen = await settled(handle, "waiting_for_court")
    assert not seen.needs_attention
    assert "Reminders" not in await card(handle)
    await handle.terminate()


async def until_card(handle: Handle, text: str) -> None:
    while text not in await card(handle):
        await asyncio.sleep(0.02)


# -- the docket ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def docket(
    server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Registry]:
    """A registry whose docket is not empty, and a worker on a queue of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('docket') / 'registry.db'}"
    await migrate(url)
    opened = await Registry.open(url)
    await opened.import_docket([entry(case_id(), "conviction", conviction())])
    async with make_worker(server.client, opened, Settings(), task_queue=COURT):
        yield opened
    await opened.close()


COURT = "booking-cases-court"


def entry(case: CaseId, name: str, message: dict[str, Any]) -> DocketEntry:
    text = json.dumps({"type": name} | message)
    return DocketEntry(agency=case.agency, tracking_number=case.tracking_number, message=text)


@pytest.mark.parametrize(
    ("name", "message", "outcome"),
    [("conviction", conviction(), "flagged"), ("dismissal", dismissal(), "cleared")],
)
async def test_the_docket_brings_what_no_signal_brought(
    name: str, message: dict[str, Any], outcome: str, server: WorkflowEnvironment, docket: Registry
) -> None:
    case = case_id()
    handle = await start(server.client, case, booking(case), task_queue=COURT)
    first = await settled(handle, "waiting_for_court")
    assert first.next_docket_check_at is not None
    assert first.waiting_since is not None
    assert first.next_docket_check_at - first.waiting_since == timedelta(days=90)
    await server.fast_forward(handle, timedelta(days=90, hours=1))
    asked = await until(handle, lambda case: case.next_docket_check_at != first.next_docket_check_at)
    assert (asked.status, asked.messages_total) == ("waiting_for_court", 1)
    await docket.import_docket([entry(case, name, message)])
    await server.fast_forward(handle, timedelta(days=90, hours=1))
    assert (await handle.result()).outcome == outcome


async def test_a_message_does_not_put_off_the_docket_check(
    server: WorkflowEnvironment, docket: Registry
) -> None:
    case = case_id()
    await docket.import_docket([entry(case, "conviction", conviction())])
    handle = await start(server.client, case, booking(case), task_queue=COURT)
    first = await settled(handle, "waiting_for_court")
    for number in range(2):
        await server.fast_forward(handle, timedelta(days=40))
        await handle.signal("court_update", court_update(f"u-{number}"))
        seen = await settled(handle, "waiting_for_court", messages=number + 2)
        assert seen.next_docket_check_at == first.next_docket_check_at
    await server.fast_forward(handle, timedelta(days=11))
    assert (await handle.result()).outcome == "flagged"


# -- the history does not answer -------------------------------------------------------------------

OUTAGE = "booking-cases-outage"


class FailingRegistry(Registry):
    """Does not answer for the history until the test lets it."""

    def __init__(self, usual: Registry) -> None:
        super().__init__(usual._database)
        self.asked = 0
        self.answers = False

    async def background(self, subjects: Sequence[Subject], case_id: str) -> Background:
        self.asked += 1
        if not self.answers:
            raise RegistryError("the history does not answer; try again")
        return await super().background(subjects, case_id)


@pytest.mark.parametrize("convicted_before", [False, True])
async def test_not_knowing_the_history_decides_nothing(
    convicted_before: bool, server: WorkflowEnvironment, registry: Registry
) -> None:
    case, failing = case_id(), FailingRegistry(registry)
    record = {"disposition": "convicted", "severity": "misdemeanor", "decided_on": "2009-04-02"}
    answer = {
        "subject": booking(case)["subject"],
        "records": [{"scheme": "NIBRS", "code": "23C"} | record] if convicted_before else [],
    }
    await registry.import_history([HistoryAnswer.model_validate(answer)])
    async with make_worker(server.client, failing, Settings(), task_queue=OUTAGE):
        handle = await start(server.client, case, booking(case), task_queue=OUTAGE)
        await handle.signal("conviction", conviction("c-2", charge_id="2"))
        while failing.asked < 2:
            await asyncio.sleep(0.05)
        seen = await settled(handle, "checking_history", messages=2)
        assert (seen.rule, seen.needs_attention) == (None, False)
        assert not [flag for flag in await registry.flags() if flag.case_id == handle.id]
        failing.answers = True
        if not convicted_before:
            await settled(handle, "waiting_for_court")
            await handle.signal("dismissal", dismissal())
        result = await handle.result()
    expected = ("flagged", "flag.prior_conviction") if convicted_before else ("cleared", "clear.no_conviction")
    assert (result.outcome, result.rule) == expected
