"""Shapes of cases that wait: for the booking, the history, the court, or a person."""

import asyncio

from conviction_gate.contracts.names import BOOKING_CASE
from tests.replay.shapes.desk import (
    ANSWERED,
    ASKED,
    NEVER,
    RANG,
    TIMER,
    Desk,
    Handle,
    shape,
    until,
    until_continued,
)
from tests.support.workflow_cases import (
    amendment,
    as_json,
    booking,
    conviction,
    court_update,
    dismissal,
    raw,
    rejected,
    review_decision,
    settled,
    start,
    submit,
    view,
)


@shape()
async def awaiting_booking(desk: Desk) -> Handle:
    handle = await desk.open_by("conviction", conviction())
    await until(handle, TIMER)
    return handle


@shape(booking_overdue_after="1s")
async def awaiting_booking_overdue(desk: Desk) -> Handle:
    handle = await desk.open_by("conviction", conviction())
    await until(handle, RANG)
    while not (await view(handle)).needs_attention:
        await asyncio.sleep(0.05)
    return handle


@shape()
async def opened_by_its_conviction(desk: Desk) -> Handle:
    handle = await desk.open_by("conviction", conviction())
    await until(handle, TIMER)
    await handle.signal("booking", booking(desk.case))
    await handle.result()
    return handle


@shape()
async def started_with_what_does_not_fit(desk: Desk) -> Handle:
    handle = await start(desk.client, desk.case, "no booking", task_queue=desk.name)
    await until(handle, TIMER)
    await handle.signal("booking", booking(desk.case))
    await settled(handle, "waiting_for_court")
    return handle


@shape()
async def under_an_id_of_no_case(desk: Desk) -> Handle:
    handle = await desk.client.start_workflow(
        BOOKING_CASE, booking(desk.case), id=desk.name, task_queue=desk.name
    )
    await handle.signal("conviction", conviction())
    await settled(handle, "awaiting_booking", messages=1)
    return handle


@shape()
async def checking_history(desk: Desk) -> Handle:
    desk.sources.history_fails = NEVER
    handle = await desk.book()
    await until(handle, ASKED)
    return handle


@shape()
async def checking_history_while_messages_come(desk: Desk) -> Handle:
    handle = await checking_history(desk)
    await handle.signal("court_update", court_update("u-1"))
    await submit(handle, {"type": "conviction"} | conviction())
    await settled(handle, "checking_history", messages=3)
    return handle


@shape()
async def history_at_the_second_try(desk: Desk) -> Handle:
    desk.sources.history_fails = 1
    return await desk.waiting()


@shape(review_reminder_every="1s")
async def held_for_a_newer_release(desk: Desk) -> Handle:
    desk.registry.strange = True
    handle = await desk.open_by("conviction", conviction())  # so that it knows how often to remind
    await until(handle, TIMER)
    await handle.signal("booking", booking(desk.case))
    await settled(handle, "needs_review", messages=2)
    await until_continued(handle)
    desk.registry.strange = False
    await handle.result()
    return handle


@shape()
async def another_subject_and_another_charge(desk: Desk) -> Handle:
    handle = await desk.waiting()
    subject = {"state_id": "S-1", "fbi_number": f"F{desk.name}"}
    await handle.signal("booking", booking(desk.case, message_id="b-2", subject=subject))
    await until(handle, ANSWERED, 2)
    await handle.signal("amendment", amendment("a-1", "2012-08-01", charge_id="2", code="22350"))
    await until(handle, ANSWERED, 3)
    await settled(handle, "waiting_for_court", messages=3)
    return handle


@shape()
async def waiting_with_a_message_that_does_not_open(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("conviction", raw(b"sealed", "binary/encrypted"))
    await rejected(handle, 1)
    return handle


@shape()
async def waiting_for_court(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("court_update", court_update("u-1"))
    await handle.signal("court_update", court_update("u-1"))
    await submit(handle, {"type": "court_update"} | court_update("u-2"))
    return handle


@shape()
async def waiting_with_rejected_messages(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("verdict", "guilty")
    await handle.signal("conviction", {"not": "one"})
    await handle.signal("conviction", raw(b"\xff"))
    await handle.signal("dismissal", args=[dismissal(), dismissal()])
    await rejected(handle, 4)
    return handle


@shape(docket_check_every="1s")
async def waiting_and_the_docket_checked(desk: Desk) -> Handle:
    desk.sources.has = True
    desk.sources.docket_fails = 1
    desk.sources.messages = (
        as_json({"type": "verdict"}),
        as_json({"type": "court_update"} | court_update("u")),
    )
    handle = await desk.waiting()
    await until(handle, ANSWERED, 4)
    await settled(handle, "waiting_for_court", messages=2)
    return handle


@shape(docket_check_every="1s")
async def waiting_while_the_docket_is_asked(desk: Desk) -> Handle:
    desk.sources.has = True
    desk.sources.docket_fails = NEVER
    handle = await desk.waiting()
    await until(handle, ASKED, 2)
    return handle


@shape(docket_check_every="1s")
async def cleared_by_the_docket(desk: Desk) -> Handle:
    desk.sources.has = True
    desk.sources.messages = (as_json({"type": "dismissal"} | dismissal()),)
    handle = await desk.book()
    await handle.result()
    return handle


@shape(docket_check_every="1s")
async def flagged_while_the_docket_is_asked(desk: Desk) -> Handle:
    handle = await waiting_while_the_docket_is_asked(desk)
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


@shape(docket_overdue_after="1s")
async def waiting_overdue(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await until(handle, RANG)
    while not (await view(handle)).needs_attention:
        await asyncio.sleep(0.05)
    return handle


@shape()
async def asked_to_cancel(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.cancel()
    await rejected(handle, 1)
    return handle


@shape()
async def flagged_after_it_was_asked_to_cancel(desk: Desk) -> Handle:
    handle = await asked_to_cancel(desk)
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


@shape()
async def in_review(desk: Desk) -> Handle:
    return await desk.in_review()


@shape(review_reminder_every="1s")
async def in_review_with_reminders(desk: Desk) -> Handle:
    handle = await desk.in_review()
    while (await view(handle)).reminders < 2:
        await asyncio.sleep(0.05)
    return handle


@shape()
async def ruled_and_waiting(desk: Desk) -> Handle:
    handle = await desk.in_review()
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    await settled(handle, "waiting_for_court")
    return handle


@shape(reviewers="r-7")
async def ruled_by_who_may_and_by_who_may_not(desk: Desk) -> Handle:
    handle = await desk.in_review()
    stranger = review_decision("r-1", "dui", charge_id="1", reviewer="r-8")
    await handle.signal("review_decision", stranger)
    await rejected(handle, 1)
    await submit(handle, {"type": "review_decision"} | review_decision("r-2", "minor_traffic", charge_id="1"))
    return handle


@shape()
async def flagged_by_a_ruling(desk: Desk) -> Handle:
    handle = await desk.in_review()
    await submit(handle, {"type": "review_decision"} | review_decision("r-1", "non_traffic", charge_id="1"))
    await handle.result()
    return handle


@shape()
async def cleared_by_a_ruling(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("court_update", court_update("u-1", "deferred_with_plea"))
    await settled(handle, "needs_review")
    await handle.signal("review_decision", review_decision("r-1", "not_conviction", charge_id="1"))
    await handle.result()
    return handle
