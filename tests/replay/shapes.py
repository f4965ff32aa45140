"""Every shape that the history of a case can have, and how a case gets there.

Each shape is a function that brings one workflow there by the real worker and hands back its handle.
What a shape is called is the name of the files that hold its recordings (`record.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from conviction_gate import policy
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.history import History, HistoryRecord
from conviction_gate.contracts.internal.activities import Concluded, Conclusion, EarlierRecord
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.names import BOOKING_CASE, FLAG_CORRECTION, CaseId
from conviction_gate.registry import Background, Registry
from tests.workflows.cases import (
    amendment,
    as_json,
    booking,
    conviction,
    correct,
    correction,
    court_update,
    dismissal,
    finding,
    open_by_signal,
    raw,
    rejected,
    review_decision,
    settled,
    start,
    submit,
    view,
)
from workflows.booking_case import MAX_MESSAGES_PER_RUN

Handle = WorkflowHandle[Any, Any]
AGENCY: Final = "ZZ0000100"
AT: Final = datetime(2014, 5, 2, 9, tzinfo=UTC)
NEVER: Final = 1_000_000
UNKNOWN: Final = [{"charge_id": "1", "scheme": "CA-VC", "code": "no-such-code"}]
VACATED: Final = dismissal("d-1", disposition="vacated", decided_on="2014-09-01")


class Sources:
    """A state repository and a court in one, which fail as often as a shape asks them to."""

    def __init__(self) -> None:
        self.history_fails = self.docket_fails = 0
        self.has = False
        self.looks = 0
        self.records: tuple[HistoryRecord, ...] = ()
        self.messages: tuple[str, ...] = ()

    async def history(self, subjects: Sequence[Subject]) -> History:
        if self.history_fails:
            self.history_fails -= 1
            raise ConnectionError("the repository is down")
        return History(records=self.records)

    async def has_docket(self) -> bool:
        return self.has

    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]:
        self.looks += 1
        if self.docket_fails:
            self.docket_fails -= 1
            raise ConnectionError("the court is down")
        return self.messages


class PausingRegistry(Registry):
    """Writes outcomes, but fails as often as it is asked to, and answers only once it may.

    `strange`: what it remembers of a case is in words that only a newer release knows.
    """

    def __init__(self, usual: Registry) -> None:
        super().__init__(usual._database)
        self.fails = 0
        self.strange = False
        self.written = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def background(self, subjects: Sequence[Subject], case_id: str) -> Background:
        known = await super().background(subjects, case_id)
        if not self.strange:
            return known
        outcome = CaseResult.model_construct(outcome="suspended")
        return replace(known, earlier=EarlierRecord.model_construct(outcome=outcome))

    async def flag(self, conclusion: Conclusion) -> Concluded:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the registry is down")
        concluded = await super().flag(conclusion)
        self.written.set()
        await self.may_answer.wait()
        return concluded


@dataclass
class Desk:
    """What a shape is reached with: a worker of its own, whose sources and registry obey."""

    client: Client
    registry: PausingRegistry
    name: str
    sources: Sources = field(default_factory=Sources)

    @property
    def case(self) -> CaseId:
        return CaseId(AGENCY, self.name)

    async def book(self, **changed: Any) -> Handle:
        """A case that is opened by its booking."""
        return await start(self.client, self.case, booking(self.case, **changed), task_queue=self.name)

    async def waiting(self, **changed: Any) -> Handle:
        """A case that waits for the court."""
        handle = await self.book(**changed)
        await settled(handle, "waiting_for_court")
        return handle

    async def in_review(self) -> Handle:
        """A case that asks a person about its charge."""
        handle = await self.book(charges=UNKNOWN)
        await settled(handle, "needs_review")
        return handle

    async def ended(self, name: str, message: dict[str, Any], **changed: Any) -> Handle:
        """A case that ended by one message."""
        handle = await self.waiting(**changed)
        await handle.signal(name, message)
        await handle.result()
        return handle

    async def being_flagged(self) -> Handle:
        """A case whose flag is written, and which does not know that yet."""
        self.registry.may_answer.clear()
        handle = await self.waiting()
        await handle.signal("conviction", conviction())
        await self.registry.written.wait()
        return handle

    async def reopened(self) -> Handle:
        """A case that a person opened again after it was dismissed."""
        await self.ended("dismissal", dismissal())
        await self.reopen_the_record()
        return await self.book_again()

    async def book_again(self) -> Handle:
        """A new run of a case whose earlier one the server has forgotten."""
        sent = booking(self.case)
        return await start(self.client, self.case, sent, task_queue=self.name, forgotten=True)

    async def open_by(self, name: str, message: dict[str, Any], **how: Any) -> Handle:
        """A case that is opened by a message."""
        return await open_by_signal(self.client, self.case, name, message, task_queue=self.name, **how)

    async def reopen_the_record(self) -> None:
        reopening = Reopening(by="clerk-7", reason="refiled", reopened_at=AT)
        await self.registry.reopen(str(self.case), reopening, policy.reopen)

    async def correct(self, *inputs: Any) -> Handle:
        """A correction that has come to its end."""
        await correct(self.client, self.case, *inputs, task_queue=self.name)
        return self.client.get_workflow_handle(self.case.correction_id("k-1"))

    async def start_correcting(self, message: dict[str, Any]) -> Handle:
        named = {"agency": self.case.agency, "tracking_number": self.case.tracking_number}
        return await self.client.start_workflow(
            FLAG_CORRECTION,
            named | message,
            id=self.case.correction_id("k-1"),
            task_queue=self.name,
        )


Reach = Callable[[Desk], Awaitable[Handle]]


@dataclass(frozen=True)
class Shape:
    """`settings` of the worker; `short`: on a server that soon suggests to continue as new."""

    name: str
    reach: Reach
    settings: dict[str, Any]
    short: bool


SHAPES: Final[dict[str, Shape]] = {}


def shape(*, short: bool = False, **settings: Any) -> Callable[[Reach], Reach]:
    """Register a way to a shape under the function's name."""

    def register(reach: Reach) -> Reach:
        name = reach.__name__.replace("_", "-")
        SHAPES[name] = Shape(name, reach, settings, short)
        return reach

    return register


async def until(handle: Handle, kind: "EventType.ValueType", count: int = 1) -> None:
    """Until the history holds so many events of a kind; the recorder's time-out is the limit."""
    while True:
        history = await handle.fetch_history()
        if sum(event.event_type == kind for event in history.events) >= count:
            return
        await asyncio.sleep(0.05)


async def until_continued(handle: Handle) -> None:
    first = handle.first_execution_run_id
    while (await handle.describe()).run_id == first:
        await asyncio.sleep(0.05)


TIMER: Final = EventType.EVENT_TYPE_TIMER_STARTED
RANG: Final = EventType.EVENT_TYPE_TIMER_FIRED
ASKED: Final = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
ANSWERED: Final = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED


# Waiting for the booking -------------------------------------------------------------------------


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


# The history -------------------------------------------------------------------------------------


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


# The court ---------------------------------------------------------------------------------------


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


# A person ----------------------------------------------------------------------------------------


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


# The end -----------------------------------------------------------------------------------------


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


# After the end -----------------------------------------------------------------------------------


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


# Facts that change -------------------------------------------------------------------------------


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


# A run that goes on as a new one -----------------------------------------------------------------


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


# Corrections -------------------------------------------------------------------------------------


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
