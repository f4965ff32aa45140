"""What waits without anybody knowing, and a patrol that does not go round: `doctor` and the list name them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from conviction_gate.client import listing, patrol_checks
from conviction_gate.client.check_results import CheckResult
from conviction_gate.client.listing import Wanted, page
from conviction_gate.client.patrol_checks import (
    LATE_REMINDERS,
    check_late_reviews,
    check_patrol,
    check_unserved,
)
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.patrol import PATROL_ID
from conviction_gate.contracts.names import BOOKING_CASE, CASE_STATUS, FLAG_CORRECTION, TASK_QUEUE
from conviction_gate.registry import Registry
from conviction_gate.restore.patrol import CasePatrol, schedule_patrol
from conviction_gate.temporal import queries
from tests.support.own_server import own_server
from tests.support.workflow_cases import booking, case_id, settled, start
from worker import make_worker


async def test_what_no_worker_serves_and_ids_of_no_case(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SERVED_WITHIN", -timedelta(minutes=1))
    async with own_server() as client, make_worker(client, registry, Settings()):
        case = case_id()
        await settled(await start(client, case, booking(case)), "waiting_for_court")
        assert await check_unserved(client) == CheckResult("ok", "none")
        lost = [("BookingCas", TASK_QUEUE), (FLAG_CORRECTION, "corrections"), (BOOKING_CASE, "bookings")]
        for number, (kind, queue) in enumerate(lost):
            await client.start_workflow(kind, None, id=f"lost-{number}", task_queue=queue)
        await client.start_workflow(
            *(BOOKING_CASE, None), id="late", task_queue=TASK_QUEUE, start_delay=timedelta(days=900)
        )
        await client.start_workflow("Foreign", None, id="foreign", task_queue="foreign")
        await client.start_workflow(BOOKING_CASE, None, id="booking-case:no", task_queue=TASK_QUEUE)
        served, named = "4 on a queue, of a type or with a delay that no worker serves: ", "booking-case:no"
        while not (found := await check_unserved(client)).found.startswith(served) or named not in found.found:
            await asyncio.sleep(0.1)
        assert found.level == "warn"
        assert found.found.endswith(f"; 1 under an id that is no case's: {named}")


async def test_a_case_without_a_history_for_a_day_needs_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    async with own_server() as client:
        case = case_id()
        checking = TypedSearchAttributes([SearchAttributePair(CASE_STATUS, "checking_history")])
        await client.start_workflow(
            BOOKING_CASE, booking(case), id=str(case), task_queue=TASK_QUEUE, search_attributes=checking
        )
        while not (await page(client, Wanted("checking_history"), 5)).rows:
            await asyncio.sleep(0.1)
        assert (await page(client, Wanted(attention=True), 5)).rows == ()
        monkeypatch.setattr(queries, "ATTENTION_WITHIN", -timedelta(minutes=1))
        monkeypatch.setattr(listing, "ATTENTION_WITHIN", -timedelta(minutes=1))
        (row,) = (await page(client, Wanted(attention=True), 5)).rows
        assert (row.case_id, row.needs_attention) == (str(case), True)


async def test_a_review_that_nobody_answers(registry: Registry) -> None:
    every = timedelta(milliseconds=300)
    async with own_server() as client, make_worker(client, registry, Settings(review_reminder_every="0.3s")):
        case = case_id()
        charges = [{"charge_id": "1", "scheme": "CA-VC", "code": "no-such-code"}]
        handle = await start(client, case, booking(case, charges=charges))
        assert (await settled(handle, "needs_review")).reminders < LATE_REMINDERS
        while (found := await check_late_reviews(client, every)).level == "ok":
            await asyncio.sleep(0.1)
        assert found.found == f"1 were reminded of 3 times or more: {case}"
        assert await check_late_reviews(client, timedelta(days=30)) == CheckResult("ok", "none")


async def test_a_patrol_that_does_not_go_round(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*, wanted: bool = True) -> CheckResult:
        return await check_patrol(client, wanted=wanted)

    async with own_server() as client:
        assert await found(wanted=False) == CheckResult("ok", "off by CONVICTION_GATE_PATROL")
        assert "no schedule" in (await found()).found
        await schedule_patrol(client)
        schedule = client.get_schedule_handle(PATROL_ID)
        await schedule.pause(note="an operator looks")
        await schedule_patrol(client)  # as another worker does that starts
        assert (await found()).found.startswith("paused: ")
        await schedule.unpause()
        while not (await schedule.describe()).info.recent_actions:
            await asyncio.sleep(0.1)
        assert (await found()).level == "ok"

        with monkeypatch.context() as broken:
            broken.setattr(CasePatrol, "_find", fails)
            broken.setattr(patrol_checks, "MAX_ATTEMPTS", 1)
            async with make_worker(client, registry, Settings()):
                while (failing := await found()).level == "ok":
                    await asyncio.sleep(0.1)
        assert failing.found.startswith("its round has failed ")
        async with make_worker(client, registry, Settings()):
            while (await found()).level != "ok":
                await asyncio.sleep(0.1)
        monkeypatch.setattr(patrol_checks, "STARTED_WITHIN", timedelta(0))
        assert "it has not gone round for " in (await found()).found


async def fails(*_: Any) -> AsyncIterator[Any]:
    raise OSError
    yield
