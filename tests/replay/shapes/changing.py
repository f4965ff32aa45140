"""Shapes of cases whose facts change or that go on in another run,."""

import asyncio

from tests.replay.shapes.desk import ANSWERED, RANG, TIMER, Desk, Handle, shape, until, until_continued
from tests.replay.shapes.ending import reopened_and_waiting
from tests.replay.shapes.waiting import (
    awaiting_booking,
    checking_history,
    waiting_while_the_docket_is_asked,
    waiting_with_rejected_messages,
)
from tests.support.workflow_cases import (
    amendment,
    as_json,
    booking,
    conviction,
    correction,
    court_update,
    dismissal,
    settled,
    submit,
    view,
)
from workflows.booking_case import MAX_MESSAGES_PER_RUN


@shape()
async def booking_corrected(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("correction", correction("k-1", "b-1"))
    await settled(handle, "awaiting_booking", messages=2)
    return handle


@shape()
async def booking_replaced(desk: Desk) -> Handle:
    handle = await desk.waiting()
    right = booking(desk.case, message_id="b-2", subject={"fbi_number": "another"})
    await handle.signal("correction", correction("k-1", "b-1", replacement=right))
    await until(handle, ANSWERED, 2)
    await settled(handle, "waiting_for_court", messages=2)
    return handle


@shape()
async def record_updated(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("record_update", {"message_id": "r-1", "reported_on": "2013-01-01"})
    await until(handle, ANSWERED, 2)
    await settled(handle, "waiting_for_court", messages=2)
    return handle


@shape()
async def unknown_charge(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("court_update", court_update("u-1", charge_id="001"))
    await until(handle, TIMER, 2)
    return handle


@shape(unknown_charge_after="1s")
async def unknown_charge_that_came(desk: Desk) -> Handle:
    handle = await desk.waiting()
    await handle.signal("court_update", court_update("u-1", charge_id="2"))
    await until(handle, RANG)
    while not (await view(handle)).needs_attention:
        await asyncio.sleep(0.05)
    await handle.signal("amendment", amendment("a-1", "2012-08-01", charge_id="2"))
    while (await view(handle)).needs_attention:
        await asyncio.sleep(0.05)
    return handle


async def until_it_goes_on(handle: Handle) -> Handle:
    """Docket entries, until the server suggests to continue as new, and one for the new run."""
    first = handle.first_execution_run_id
    n = 0
    while (await handle.describe()).run_id == first:
        n += 1
        await handle.signal("court_update", court_update(f"u-{n}"))
    await submit(handle, {"type": "court_update"} | court_update("u-last"))
    return handle


@shape(short=True)
async def continued_while_awaiting_booking(desk: Desk) -> Handle:
    return await until_it_goes_on(await awaiting_booking(desk))


@shape(short=True)
async def continued_while_checking_history(desk: Desk) -> Handle:
    handle = await until_it_goes_on(await checking_history(desk))
    desk.sources.history_fails = 0
    await settled(handle, "waiting_for_court")
    return handle


@shape(short=True)
async def continued_while_waiting(desk: Desk) -> Handle:
    handle = await until_it_goes_on(await waiting_with_rejected_messages(desk))
    await handle.signal("conviction", conviction())
    await handle.result()
    return handle


@shape(short=True, docket_check_every="1s")
async def continued_while_the_docket_is_asked(desk: Desk) -> Handle:
    handle = await until_it_goes_on(await waiting_while_the_docket_is_asked(desk))
    looks = desk.sources.looks
    while desk.sources.looks == looks:  # the new run asks, too
        await asyncio.sleep(0.05)
    desk.sources.messages = (as_json({"type": "dismissal"} | dismissal()),)
    desk.sources.docket_fails = 0
    await handle.result()
    return handle


@shape(short=True)
async def continued_in_review(desk: Desk) -> Handle:
    return await until_it_goes_on(await desk.in_review())


@shape(short=True)
async def continued_after_it_was_reopened(desk: Desk) -> Handle:
    return await until_it_goes_on(await reopened_and_waiting(desk))


@shape()
async def continued_at_the_most_messages(desk: Desk) -> Handle:
    """The same message as often as one run takes it, so that the number itself is on record."""
    handle = await desk.waiting()
    again = court_update("u-1")
    for _ in range(0, MAX_MESSAGES_PER_RUN, 100):
        await asyncio.gather(*(handle.signal("court_update", again) for _ in range(100)))
    await until_continued(handle)
    await settled(handle, "waiting_for_court", messages=2)
    return handle
