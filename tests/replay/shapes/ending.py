"""Shapes of cases that end, and of ended ones that are reopened."""

import asyncio

from conviction_gate.contracts.names import CaseId
from tests.replay.shapes.corrections import correction_that_starts_its_case_again
from tests.replay.shapes.desk import AGENCY, VACATED, Desk, Handle, shape
from tests.replay.shapes.waiting import waiting_for_court
from tests.support.workflow_cases import (
    amendment,
    booking,
    conviction,
    correction,
    court_update,
    dismissal,
    finding,
    settled,
    start,
    view,
)


@shape()
async def flagged_at_its_booking(desk: Desk) -> Handle:
    handle = await desk.book(charges=[{"charge_id": "1", "scheme": "CA-VC", "code": "23152(a)"}])
    await handle.result()
    return handle


@shape()
async def flagged_by_a_conviction(desk: Desk) -> Handle:
    handle = await waiting_for_court(desk)
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


@shape()
async def flagged_at_the_second_try(desk: Desk) -> Handle:
    desk.registry.fails = 1
    return await desk.ended("conviction", conviction())


@shape()
async def flagged_while_more_came(desk: Desk) -> Handle:
    handle = await desk.being_flagged()
    await handle.signal("amendment", amendment("a-1", "2013-08-01", charge_id="2", code="22350"))
    await handle.signal("court_update", court_update("u-1"))
    desk.registry.may_answer.set()
    await handle.result()
    return handle


@shape()
async def cleared_by_a_dismissal(desk: Desk) -> Handle:
    return await desk.ended("dismissal", dismissal())


@shape()
async def cleared_since_never_charged(desk: Desk) -> Handle:
    return await desk.ended("dismissal", dismissal(charge_id=None, disposition="not_charged"))


@shape()
async def cleared_by_a_finding(desk: Desk) -> Handle:
    return await desk.ended("subject_finding", finding("f-1", "misidentified"))


@shape()
async def cleared_at_the_last_look(desk: Desk) -> Handle:
    """Another case's finding comes between the history and the flag."""
    handle = await desk.waiting()
    other = CaseId(AGENCY, f"{desk.name}-2")
    subject = {"fbi_number": f"F{desk.name}"}
    found = await start(desk.client, other, booking(other, subject=subject), task_queue=desk.name)
    await found.signal("subject_finding", finding("f-1", "us_citizen"))
    await found.result()
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


@shape()
async def withdrawn_in_its_own_run(desk: Desk) -> Handle:
    handle = await desk.being_flagged()
    await handle.signal("dismissal", VACATED)
    desk.registry.may_answer.set()
    assert (await handle.result()).outcome == "withdrawn"
    return handle


@shape()
async def withdrawn_and_flagged_again(desk: Desk) -> Handle:
    handle = await desk.being_flagged()
    await handle.signal("correction", correction("k-1", "c-1"))
    desk.registry.may_answer.set()
    while (await view(handle)).flag_status != "withdrawn":
        await asyncio.sleep(0.05)
    await handle.signal("conviction", conviction("c-2", decided_on="2014-06-02"))
    await handle.result()
    return handle


@shape()
async def reopened_and_waiting(desk: Desk) -> Handle:
    handle = await desk.reopened()
    await settled(handle, "waiting_for_court", messages=2)
    return handle


@shape()
async def reopened_and_flagged(desk: Desk) -> Handle:
    handle = await reopened_and_waiting(desk)
    await handle.signal("conviction", conviction(decided_on="2014-09-01"))
    await handle.result()
    return handle


@shape()
async def ended_as_it_had_ended(desk: Desk) -> Handle:
    await desk.ended("dismissal", dismissal())
    handle = await desk.book_again()
    await handle.result()
    return handle


@shape()
async def judged_anew(desk: Desk) -> Handle:
    await desk.ended("conviction", conviction())
    handle = await desk.open_by("dismissal", VACATED, input=booking(desk.case), forgotten=True)
    assert (await handle.result()).outcome == "withdrawn"
    return handle


@shape()
async def judged_anew_and_waiting(desk: Desk) -> Handle:
    await desk.ended("conviction", conviction())
    sent = correction("k-1", "c-1")
    handle = await desk.open_by("correction", sent, input=booking(desk.case), forgotten=True)
    await settled(handle, "waiting_for_court")
    return handle


@shape()
async def run_again_and_waiting(desk: Desk) -> Handle:
    handle = desk.client.get_workflow_handle(str(desk.case))
    await correction_that_starts_its_case_again(desk)
    await settled(handle, "waiting_for_court", messages=3)
    return handle


@shape()
async def run_again_and_flagged(desk: Desk) -> Handle:
    handle = await run_again_and_waiting(desk)
    await handle.signal("conviction", conviction("c-2", decided_on="2014-09-01"))
    await handle.result()
    return handle
