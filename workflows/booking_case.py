"""`BookingCase`: one arrest, from its booking to a flag or a clearance, however long the court takes.

`_run_case` is the policy: wait for the booking, check the history, and while the rules leave the case open,
wait for the next fact. Every fact asks the rules again, about all of them, so the order in which facts arrive
cannot matter. Nothing that a sender can send fails the case or stops it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError

from workflows import calls, meters
from workflows.alarms import Alarms
from workflows.case_rules import CaseRules
from workflows.display import Display
from workflows.earlier_runs import corrected_outcome, recall_facts
from workflows.inbox import Inbox
from workflows.payloads import one_text
from workflows.readability import Readability, WrittenByNewerRelease
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts import names
    from conviction_gate.contracts.booking import Subject
    from conviction_gate.contracts.case import CaseResult, CaseView, SubmitAnswer
    from conviction_gate.contracts.fields import RuleName, Status
    from conviction_gate.contracts.internal.activities import (
        Conclusion,
        DocketRequest,
        HistoryFound,
        HistoryRequest,
        OffensesToClassify,
        RulingsToPermit,
        Withdrawal,
    )
    from conviction_gate.contracts.internal.limits import MAX_CARRIED_BYTES
    from conviction_gate.contracts.internal.permits import NOT_A_REVIEWER
    from conviction_gate.contracts.reading import DoesNotFit
    from conviction_gate.contracts.signals import SIGNALS
    from conviction_gate.policy import (
        NO_BOOKING,
        UNREADABLE,
        Decision,
        citizen_ids,
        lift_code,
        offenses_named,
        offenses_to_look_up,
        open_charges,
    )

MAX_MESSAGES_PER_RUN = 2_000
"""Messages in one run after which the case continues as a new one. The server accepts 10,000 signals in one
run, and its own suggestion to continue as new does not count them."""

_CANNOT_CANCEL = (
    "the case was not canceled: only its facts can end it; "
    "send a subject_finding or a correction that says what is wrong"
)


def _signal(name: str, description: str) -> Callable[..., None]:
    """The handler of one signal. Each has its own, so that the web UI offers their names."""

    def receive(self: Any, *payloads: Any) -> None:
        self._inbox.receive(name, payloads)

    return workflow.signal(name=name, description=description)(receive)


@workflow.defn(name=names.BOOKING_CASE)
class BookingCase:
    """One case per arrest. Signals: those of `SIGNALS`. Update: `submit`. Query: `case`."""

    @workflow.init
    def __init__(self, *inputs: Any) -> None:
        info = workflow.info()
        is_continued = info.continued_run_id is not None
        self._case_id = names.CaseId.parse(info.workflow_id)
        self._state = CaseState(opened_at=workflow.now())
        if is_continued:
            self._state = CaseState.model_validate_json(one_text(inputs))
        self._readability = Readability()
        self._rules = CaseRules(self._state, self._readability)
        self._display = Display(self._case_id, self._state, self._rules)
        self._inbox = Inbox(self._case_id, self._state, self._rules, self._display)
        self._changes_considered = 0
        self._alarms = Alarms(self._state)
        self._docket_task: asyncio.Task[None] | None = None
        self._is_checking_history = False
        if not is_continued:
            self._inbox.open(inputs)
        if not self._state.bookings:
            self._display.show()

    @workflow.run
    async def run(self, *inputs: Any) -> CaseResult:
        """Input: a booking, or null where a court message opens the case. A request to cancel is rejected."""
        self._reader = asyncio.create_task(self._inbox.read_on())
        case = asyncio.create_task(self._run_case())
        while True:
            try:
                return await asyncio.shield(case)
            except asyncio.CancelledError:
                if case.done():
                    raise
                self._inbox.reject("cancel", (), _CANNOT_CANCEL, "not_taken")

    # -- the policy ----------------------------------------------------------------------------

    async def _run_case(self) -> CaseResult:
        """From the booking to the outcome."""
        try:
            self._readability.check(self._state.is_readable)
            await self._wait_for_booking()
            outcome = await self._check_history_first()
            while outcome is None:
                await self._inbox.all_read()
                await self._complete_facts()
                decision = self._rules.decide()
                if decision is NO_BOOKING:
                    await self._wait_for_booking()  # all that came were corrected
                elif decision.is_open:
                    await self._wait_for_next_fact(decision)
                else:
                    outcome = await self._conclude(decision)
            return await self._end(outcome)
        except WrittenByNewerRelease:
            await self._hold_for_newer_release()

    async def _wait_for_booking(self) -> None:
        """A court message can arrive before its booking. Under an id of no case, no booking can ever match."""
        state = self._state
        while self._case_id is None:
            await self._wait()
            self._continue_as_new_if_long()
        if state.bookings:
            return
        if state.status != "awaiting_booking":
            self._set_status("awaiting_booking", None, NO_BOOKING.explanation)
        if "booking_overdue" not in state.due and not state.overdue:
            state.intervals = await calls.case_intervals(self._case_id.agency)
        while not state.bookings:
            self._continue_as_new_if_long()
            self._alarms.set_for_booking()
            self._display.show()
            await self._wait()
            if "booking_overdue" in self._alarms.take_rung():
                state.overdue = True
        state.overdue = False
        self._alarms.clear()

    async def _check_history_first(self) -> CaseResult | None:
        """Returns how the case ended before, where the registry remembers an outcome; else None."""
        state = self._state
        if state.asked_for:  # the run before this one did it
            return None
        assert self._case_id is not None  # or no booking would have matched
        subjects = state.subjects
        found = await self._check_history(subjects)
        await self._inbox.all_read()
        state.editions = found.editions
        is_open = found.earlier.is_open
        if found.earlier.outcome is not None:
            outcome, is_open = await corrected_outcome(found.earlier.outcome, self._case_id, state, self._inbox)
            if not is_open:
                return outcome
        if is_open:
            await recall_facts(state, self._inbox, found.earlier.flags)
        state.asked_for = subjects  # from here on there can be a question to rule on
        self._readability.check(state.is_readable)
        return None

    async def _complete_facts(self) -> None:
        """Ask for what the facts still lack: a history, the class of a charge, who may rule."""
        state = self._state
        while True:
            if not state.bookings:
                return
            if not state.is_history_checked:
                subjects = state.subjects
                await self._check_history(subjects)
                state.asked_for = subjects
            elif offenses := state.offenses_to_look_up:
                agency, day = state.bookings[0].agency, state.booked_on
                request = OffensesToClassify(agency=agency, offenses=offenses, booked_on=day)
                found = await calls.classify_charges(request)
                self._readability.check(found.is_read)
                state.learn_classes(found.placements, day)
            elif state.held:
                await self._permit_rulings()
            else:
                return

    async def _check_history(self, subjects: tuple[Subject, ...]) -> HistoryFound:
        """Ask for as long as it takes. Where the run grows long meanwhile, the next one asks."""
        state = self._state
        updates = len(state.facts.record_updates)
        anew = state.is_record_updated or state.is_classified_anew
        booked_on = state.booked_on
        request = HistoryRequest(
            case_id=workflow.info().workflow_id,
            agency=state.bookings[0].agency,
            subjects=subjects,
            offenses=offenses_named(state.facts) if anew else offenses_to_look_up(state.facts),
            booked_on=booked_on,
        )
        self._set_status("checking_history", None, "The criminal history is being checked.")
        self._is_checking_history = True
        asked = calls.check_history(request)
        while not asked.done():
            await workflow.wait_condition(lambda: asked.done() or self._is_long)
            if not asked.done():
                self._continue_as_new_if_long()
        found = asked.result()
        self._is_checking_history = False
        self._readability.check(found.is_read)
        state.learn_history(found, booked_on=booked_on, classified_anew=anew)
        state.updates_considered = updates
        return found

    async def _permit_rulings(self) -> None:
        """Let those rulings count whose reviewers may rule, and keep the others under `rejected`."""
        held = self._state.held_rulings
        reviewers = dict.fromkeys(ruling.decision.reviewer for ruling in held)
        permitted = await calls.permit_rulings(RulingsToPermit(reviewers=tuple(reviewers)))
        for ruling in held:
            counts = ruling.decision.reviewer not in permitted.refused
            self._state.release(ruling, counts=counts)
            if not counts:
                self._inbox.reject_accepted(ruling.decision, NOT_A_REVIEWER)

    async def _wait_for_next_fact(self, decision: Decision) -> None:
        """Wait for a message or a timer. No timer decides anything."""
        self._alarms.set_for(decision, is_docket_check_running=self._docket_task is not None)
        self._set_status(decision.status, decision.rule, decision.explanation)
        await self._wait()
        for alarm in self._alarms.take_rung():
            match alarm:
                case "docket_overdue":
                    self._state.overdue = True
                case "review_reminder":
                    self._state.reminders += 1
                    meters.reminded(self._state.reminders)
                case "unknown_charge":
                    self._state.charge_unknown = True
                case "docket_check":
                    self._docket_task = asyncio.create_task(self._check_docket())
        if self._docket_task is not None and self._docket_task.done():
            self._docket_task = None
        self._continue_as_new_if_long()

    async def _check_docket(self) -> None:
        """Take what the court holds like any other message; where that is nothing, the case waits on.

        It runs beside the waiting: a court whose service is down can still send signals.
        """
        assert self._case_id is not None
        case = DocketRequest(agency=self._case_id.agency, tracking_number=self._case_id.tracking_number)
        try:
            found = await calls.check_docket(case)
        except ActivityError:  # the case has ended meanwhile, or the server gave up; a later check asks
            return
        self._state.has_docket = found.asked
        self._state.intervals = found.intervals or self._state.intervals
        self._inbox.receive_docket(found.messages)

    async def _conclude(self, decision: Decision) -> CaseResult | None:
        """Flag or clear, then decide on what arrived meanwhile. Returns None where the case goes on."""
        state = self._state
        result = self._rules.result(decision)
        written = await self._write_outcome(result)
        if decision.answer == "clear" or written is None or written.outcome != "flagged":
            return written
        state.flags_written += 1
        state.flag_status = "active"
        after = self._rules.decide()
        if after.answer == "flag":
            return written
        withdrawn = await self._withdraw_flag(result, after)
        if after is UNREADABLE:
            raise WrittenByNewerRelease
        return withdrawn if after.answer == "clear" else None

    async def _write_outcome(self, result: CaseResult) -> CaseResult | None:
        """Write the outcome, and all that arrives while it is being written.

        Returns the outcome that the registry has now; None where its last look found a US citizen.
        """
        state = self._state
        number = state.flags_written + 1
        while True:
            written = state.facts
            concluded = await calls.write_outcome(self._conclusion(result, number))
            await self._inbox.all_read()
            self._readability.check(concluded.is_read)
            if concluded.us_citizen:
                state.learn_citizenship()
                return None
            if state.facts is written:
                return concluded.result or result
            with suppress(WrittenByNewerRelease):  # what was written must be decided on before the case is held
                await self._complete_facts()

    async def _withdraw_flag(self, result: CaseResult, after: Decision) -> CaseResult:
        """Withdraw the case's own flag, since the decision after it is no longer to flag."""
        state = self._state
        withdrawn = result.model_copy(
            update={"outcome": "withdrawn", "rule": after.rule, "explanation": after.explanation}
        )
        written = None
        while written is not state.facts:
            written = state.facts
            await calls.withdraw_flag(
                Withdrawal(
                    conclusion=self._conclusion(withdrawn, state.flags_written),
                    ends=after.answer == "clear",
                    reason=after.explanation,
                    lift_code=lift_code(after),
                    withdrawn_at=workflow.now(),
                )
            )
            await self._inbox.all_read()
        state.flag_status = "withdrawn"
        meters.withdrawn(after.rule)
        return withdrawn

    def _conclusion(self, result: CaseResult, number: int) -> Conclusion:
        facts = self._state.facts
        bytes_left = MAX_CARRIED_BYTES - len(facts.model_dump_json().encode())
        view = self._display.view_at_end(result).within(bytes_left)
        return Conclusion(
            case=view,
            facts=facts,
            result=result,
            number=number,
            subjects=self._state.subjects,
            citizen=citizen_ids(facts),
        )

    async def _end(self, result: CaseResult) -> CaseResult:
        self._alarms.clear()
        if self._docket_task is not None:
            self._docket_task.cancel()
        self._state.end(result)
        self._display.show()
        await self._answer_all()
        return result

    async def _hold_for_newer_release(self) -> NoReturn:
        """Decide nothing and lose nothing: a person is asked to act, and each reminder starts a new run.

        The new run reads again what this one could not.
        """
        reminders = self._state.reminders
        while self._state.reminders <= reminders:
            await self._wait_for_next_fact(UNREADABLE)
        await self._answer_all()
        self._continue_as_new()

    def _set_status(self, status: Status, rule: RuleName | None, explanation: str) -> None:
        edition = self._rules.edition
        self._state.edition = edition.name if edition else self._state.edition
        self._state.change_status(status, rule, explanation, workflow.now())
        self._display.show()

    # -- waiting, and going on as a new run ----------------------------------------------------

    async def _wait(self) -> None:
        """Until a message is accepted or rejected, a timer rings, the docket answers, or the run is long."""
        known = self._changes_considered = self._inbox.changes
        await workflow.wait_condition(
            lambda: (
                self._inbox.changes > known
                or bool(self._alarms.rung)
                or (self._docket_task is not None and self._docket_task.done())
                or self._is_long
            )
        )

    async def _answer_all(self) -> None:
        """Let every sender of an update have its answer before the run ends."""
        self._consider()
        while not self._is_idle:
            await workflow.wait_condition(lambda: self._is_idle or self._consider())

    def _consider(self) -> bool:
        """Let the senders of updates have their answers. Returns whether there are new ones."""
        known, self._changes_considered = self._changes_considered, self._inbox.changes
        return self._changes_considered > known

    @property
    def _is_idle(self) -> bool:
        """Whether all that arrived is read and answered."""
        return self._inbox.is_read and workflow.all_handlers_finished()

    @property
    def _is_long(self) -> bool:
        """Whether the case should continue as a new run; repeated and rejected messages count too."""
        many = self._inbox.delivered >= MAX_MESSAGES_PER_RUN
        long = many or workflow.info().is_continue_as_new_suggested()
        return long and self._is_idle

    def _continue_as_new_if_long(self) -> None:
        if self._is_long:
            self._continue_as_new()

    def _continue_as_new(self) -> NoReturn:
        if self._docket_task is not None:
            self._state.due["docket_check"] = workflow.now()  # the new run asks again at once
        workflow.continue_as_new(self._state.bounded())

    # -- doors ---------------------------------------------------------------------------------

    locals().update((name, _signal(name, signal.description)) for name, signal in SIGNALS.items())

    @workflow.signal(dynamic=True, description="Any other name: kept under `rejected`")
    def unknown(self, name: str, payloads: Sequence[RawValue]) -> None:
        self._inbox.receive(name, payloads)

    @workflow.update(name=names.UPDATE, description="The same messages, with an answer")
    async def submit(self, *payloads: Any) -> SubmitAnswer:
        """Answers once the case has considered the message."""
        message, effect = self._inbox.receive_submitted(payloads)
        changes = self._inbox.changes
        await workflow.wait_condition(lambda: self._changes_considered >= changes or self._is_checking_history)
        if self._state.repeats(message) is None:  # accepted, and then its reviewer may not rule
            raise ApplicationError(NOT_A_REVIEWER, type="DoesNotFit", non_retryable=True)
        answer = effect or "this message was received before; nothing changed"
        still_open = open_charges(self._state.facts) if self._state.status == "waiting_for_court" else ()
        if still_open:
            answer += f"; charge {', '.join(still_open[:5])} still open"
        return SubmitAnswer(accepted=True, duplicate=effect is None, status=self._state.status, effect=answer)

    @submit.validator
    def _check_submitted(self, *payloads: Any) -> None:
        try:
            self._inbox.check_submitted(payloads)
        except DoesNotFit as reason:
            raise ApplicationError(str(reason), type="DoesNotFit", non_retryable=True) from None

    @workflow.query(name=names.QUERY, description="The case as it is now")
    def case(self) -> CaseView:
        return self._display.view().within(MAX_CARRIED_BYTES)
