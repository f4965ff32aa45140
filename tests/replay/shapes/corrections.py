"""Shapes of `FlagCorrection`: what comes after the end of a case."""

from tests.replay.shapes.desk import TIMER, VACATED, Desk, Handle, shape, until
from tests.support.workflow_cases import (
    conviction,
    correction,
    dismissal,
    finding,
)


@shape()
async def correction_that_withdraws_a_flag(desk: Desk) -> Handle:
    await desk.ended("conviction", conviction())
    return await desk.correct({"type": "dismissal"} | VACATED | {"message_id": "k-1"})


@shape()
async def correction_that_starts_its_case_again(desk: Desk) -> Handle:
    await desk.ended("conviction", conviction())
    return await desk.correct(correction("k-1", "c-1"))


@shape()
async def correction_that_leaves_a_flag(desk: Desk) -> Handle:
    await desk.ended("conviction", conviction())
    return await desk.correct(correction("k-1", "no-such"))


@shape()
async def correction_of_a_clearance(desk: Desk) -> Handle:
    await desk.ended("dismissal", dismissal())
    return await desk.correct({"type": "subject_finding"} | finding("k-1", "us_citizen"))


@shape()
async def correction_of_a_case_that_nobody_knows(desk: Desk) -> Handle:
    return await desk.correct(correction("k-1", "c-1"))


@shape()
async def correction_that_does_not_fit(desk: Desk) -> Handle:
    return await desk.correct("gone")


@shape()
async def correction_of_a_kind_that_is_not_taken(desk: Desk) -> Handle:
    await desk.ended("dismissal", dismissal())
    return await desk.correct({"type": "conviction"} | conviction("k-1"))


@shape()
async def correction_handed_to_an_open_case(desk: Desk) -> Handle:
    await desk.waiting()
    return await desk.correct({"type": "subject_finding"} | finding("k-1", "us_citizen"))


@shape()
async def correction_that_waits_for_a_case(desk: Desk) -> Handle:
    await desk.ended("dismissal", dismissal())
    await desk.reopen_the_record()
    handle = await desk.start_correcting(correction("k-1", "nothing"))
    await until(handle, TIMER)
    return handle


@shape()
async def correction_that_waited_for_a_case(desk: Desk) -> Handle:
    handle = await correction_that_waits_for_a_case(desk)
    await desk.book_again()
    await handle.result()
    return handle
