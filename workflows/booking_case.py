"""`BookingCase`: one arrest, from its booking to a flag or a clearance, however long the court takes.

`run` is the policy's own story: the booking comes, the history is checked, and as long as the rules
leave the case open it waits for the next fact. Every fact asks `policy.decide` again, about all of
them; which came first cannot matter. Nothing that a sender can send fails the case or stops it.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError

from workflows import meters
from workflows.alarms import Alarms
from workflows.inbox import addressed, arrived, one_text, refused, shown, was_refused
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts import names
    from conviction_gate.contracts.booking import Offense, Subject
    from conviction_gate.contracts.case import CaseResult, CaseView, SubmitAnswer
    from conviction_gate.contracts.court import ReviewDecision
    from conviction_gate.contracts.fields import Status
    from conviction_gate.contracts.internal.activities import (
        CASE_INTERVALS,
        CHECK_DOCKET,
        CHECK_HISTORY,
        CLASSIFY_CHARGE,
        CLEAR_CASE,
        CORRECT_FLAG,
        FLAG_CASE,
        PERMIT_RULINGS,
        RECALL_CASE,
        WITHDRAW_FLAG,
        Concluded,
        Conclusion,
        Corrected,
        CorrectionRequest,
        DocketFound,
        DocketRequest,
        HistoryFound,
        HistoryRequest,
        Intervals,
        OffensesClassified,
        OffensesToClassify,
        RecalledCase,
        RulingsPermitted,
        RulingsToPermit,
        Withdrawal,
    )
    from conviction_gate.contracts.internal.facts import Facts
    from conviction_gate.contracts.internal.limits import MAX_CARRIED_BYTES
    from conviction_gate.contracts.internal.permits import NOT_A_REVIEWER
    from conviction_gate.contracts.message import Message
    from conviction_gate.contracts.reading import (
        DoesNotFit,
        RejectionKind,
        mismatch,
        read_booking,
        read_message,
        read_typed,
    )
    from conviction_gate.contracts.signals import SIGNALS, is_taken_after_the_end, type_of
    from conviction_gate.policy import (
        UNREADABLE,
        Decision,
        Edition,
        bind,
        charge_views,
        decide,
        edition_among,
        effect_of,
        history_summary,
        lift_code,
        offenses_to_look_up,
        open_charges,
        question_views,
    )
    from workflows.card import card

RUN_MESSAGES_MOST = 2_000
"""Messages in one run after which the case continues as new: the server takes 10,000 signals in
one run, and its own suggestion does not count them."""

RULINGS_AT_ONCE = 50
"""Rulings that one workflow task binds. Each asks the rules what stands, and a task has two seconds."""

_NOT_CANCELED = (
    "a case ends by its facts alone, so it is not canceled; send what is wrong as a finding or a correction"
)
_UNTIL_ANSWERED = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10))
_UNTIL_WRITTEN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ONE_TRY: Any = {"start_to_close_timeout": timedelta(seconds=10)}


def _door(name: str, description: str) -> Callable[..., None]:
    """The handler of a signal; one for each name, so that the web UI offers them."""

    def arrive(self: Any, *payloads: Any) -> None:
        self._arrive(name, payloads)

    return workflow.signal(name=name, description=description)(arrive)


@workflow.defn(name=names.BOOKING_CASE)
class BookingCase:
    """One case per arrest. Signals: conviction, dismissal, court_update, amendment,
    subject_finding, correction, review_decision, booking. Update: submit. Query: case."""

    @workflow.init
    def __init__(self, *inputs: Any) -> None:
        info = workflow.info()
        self._case_id = names.CaseId.parse(info.workflow_id)
        self._state = CaseState(opened_at=workflow.now())
        self._received = 0
        self._arrivals = 0
        self._answered = 0
        self._readings = 0
        self._is_unread = False
        self._is_asking = False
        self._rulings = (0, 0)
        self._decided: tuple[Facts, Decision] | None = None
        self._alarms = Alarms()
        self._docket_look: asyncio.Task[None] | None = None
        if info.continued_run_id is not None:
            self._state = CaseState.model_validate_json(one_text(inputs))
        elif list(inputs) not in ([], [None]) or was_refused(self._received):
            self._open_with(inputs)
        if self._case_id is None and info.continued_run_id is None:
            self._reject(
                names.BOOKING_CASE,
                (),
                "the workflow id is not booking-case:{agency}:{tracking_number}, so that no "
                "booking can fit; start the case under its own id",
                "misplaced",
            )
        if not self._state.facts.bookings:
            self._show()

    @workflow.run
    async def run(self, *inputs: Any) -> CaseResult:
        """Input: a booking, or null where a court message opens the case."""
        story = asyncio.create_task(self._story())
        while True:
            try:
                return await asyncio.shield(story)
            except asyncio.CancelledError:
                if story.done():
                    raise
                self._reject("cancel", (), _NOT_CANCELED, "not_taken")

    # -- the way of a booking -----------------------------------------------------------------

    async def _story(self) -> CaseResult:
        if not self._legible(self._state.is_readable):
            await self._hold()
        await self._booking_arrived()
        while True:
            result = await self._complete_the_facts()
            if self._is_unread:
                await self._hold()
            if result is None:
                decision = self._decide()
                if decision.is_open:
                    await self._next_fact(decision)
                    continue
                result = await self._conclude(decision)
            if result is not None:
                return await self._end(result)

    async def _booking_arrived(self) -> None:
        state = self._state
        while self._case_id is None:
            await self._wait()
            self._continue_as_new_if_long()
        if state.facts.bookings:
            return
        if "booking_overdue" not in state.due and not state.overdue:
            state.intervals = await workflow.execute_activity(
                CASE_INTERVALS,
                self._case_id.agency,
                result_type=Intervals,
                summary="How long to wait for the booking",
                retry_policy=_UNTIL_ANSWERED,
                **_ONE_TRY,
            )
        while not state.facts.bookings:
            self._continue_as_new_if_long()
            if not state.overdue:
                self._set_alarm(
                    "booking_overdue",
                    state.intervals.booking_overdue,
                    "A court message came first: the booking should follow",
                )
            self._show()
            await self._wait()
            if "booking_overdue" in self._rung():
                state.overdue = True
        state.overdue = False
        self._alarms.clear()
        state.due.clear()

    async def _complete_the_facts(self) -> CaseResult | None:
        """Ask for the history and the classes that the facts still lack, and for who may rule.

        Returns how the case ended before, where the registry remembers it from an earlier run; None at
        once, with the facts as they were, where an answer cannot be read.
        """
        state = self._state
        while True:
            subjects = _different(booking.subject for booking in state.facts.bookings)
            offenses = offenses_to_look_up(state.facts)
            if subjects != state.asked_for:
                self._become("checking_history", None)
                self._is_asking = True
                found = await self._history(subjects, offenses)
                self._is_asking = False
                if not self._legible(found.is_read):
                    return None
                first = not state.asked_for
                state.has_docket = found.has_docket
                state.intervals = found.intervals
                state.facts = state.facts.model_copy(
                    update={
                        "history": found.history,
                        "us_citizen": state.facts.us_citizen or found.us_citizen,
                        "placements": (*state.facts.placements, *found.placements),
                    }
                )
                if first:
                    state.editions = found.editions
                if first and found.earlier.outcome is not None:
                    return await self._judged_anew(found.earlier.outcome)
                if first and found.earlier.is_open:
                    await self._recall(found.earlier.flags)
                state.asked_for = subjects  # from here on a question can stand
                if first and not self._legible(state.is_readable):
                    return None
            elif offenses:
                placed = await workflow.execute_activity(
                    CLASSIFY_CHARGE,
                    OffensesToClassify(
                        agency=state.facts.bookings[0].agency,
                        offenses=offenses,
                        booked_on=_booked_at(state.facts).date(),
                    ),
                    result_type=OffensesClassified,
                    summary="Class of a charge filed later",
                    retry_policy=_UNTIL_ANSWERED,
                    **_ONE_TRY,
                )
                if not self._legible(placed.is_read):
                    return None
                placements = (*state.facts.placements, *placed.placements)
                state.facts = state.facts.model_copy(update={"placements": placements})
            elif state.held:
                await self._permit_rulings()
            else:
                return None

    async def _history(self, subjects: tuple[Subject, ...], offenses: tuple[Offense, ...]) -> HistoryFound:
        """Ask for as long as it takes; a run that grows long meanwhile goes on as a new one and asks."""
        asked: asyncio.Task[HistoryFound] = workflow.start_activity(
            CHECK_HISTORY,
            HistoryRequest(
                case_id=workflow.info().workflow_id,
                agency=self._state.facts.bookings[0].agency,
                subjects=subjects,
                offenses=offenses,
                booked_on=_booked_at(self._state.facts).date(),
            ),
            result_type=HistoryFound,
            summary="Criminal history and class of each charge",
            retry_policy=_UNTIL_ANSWERED,
            **_ONE_TRY,
        )
        while not asked.done():
            await workflow.wait_condition(lambda: asked.done() or self._is_long)
            if not asked.done():
                self._continue_as_new_if_long()
        return asked.result()

    async def _permit_rulings(self) -> None:
        """Let those rulings count whose reviewers may rule, and keep the others under `rejected`."""
        held = self._state.held_rulings
        permitted = await workflow.execute_activity(
            PERMIT_RULINGS,
            RulingsToPermit(reviewers=tuple(dict.fromkeys(ruling.decision.reviewer for ruling in held))),
            result_type=RulingsPermitted,
            summary="Whether those who ruled may rule",
            retry_policy=_UNTIL_ANSWERED,
            **_ONE_TRY,
        )
        for ruling in held:
            counts = ruling.decision.reviewer not in permitted.refused
            self._state.release(ruling, counts=counts)
            if not counts:
                payload = json.loads(ruling.decision.model_dump_json())
                self._reject(type_of(ruling.decision), (payload,), NOT_A_REVIEWER, "not_taken")

    async def _recall(self, flags: int) -> None:
        """Go on with what a case was made of before a person opened it again."""
        recalled = await workflow.execute_activity(
            RECALL_CASE,
            workflow.info().workflow_id,
            result_type=RecalledCase,
            summary="What the case was made of before it was opened again",
            retry_policy=_UNTIL_ANSWERED,
            **_ONE_TRY,
        )
        self._state.flags_written = flags
        self._arrivals += 1
        for message, reason in self._state.recall(recalled):
            self._reject(type_of(message), (json.loads(message.model_dump_json()),), reason, "not_taken")

    async def _judged_anew(self, outcome: CaseResult) -> CaseResult:
        """The end on record, once what this run was told has been judged as after the end."""
        assert self._case_id is not None
        judged: set[tuple[str, str]] = set()
        while late := [
            message
            for message in self._state.facts.messages
            if is_taken_after_the_end(message) and message.key not in judged
        ]:
            judged.add(late[0].key)
            corrected: Corrected = await workflow.execute_activity(
                CORRECT_FLAG,
                CorrectionRequest(
                    correction_id=self._case_id.correction_id(late[0].message_id),
                    case_id=str(self._case_id),
                    payload=addressed(self._case_id, late[0]),
                    received_at=workflow.now(),
                ),
                result_type=Corrected,
                summary="Judge the flag on record anew",
                retry_policy=_UNTIL_WRITTEN,
                **_ONE_TRY,
            )
            if corrected.result is not None and corrected.result.outcome == "withdrawn":
                said = {"outcome": "withdrawn", "explanation": corrected.result.explanation}
                outcome = outcome.model_copy(update=said)
        return outcome

    def _legible(self, readable: bool) -> bool:
        """Whether what was recorded is read here, and was when the case first came by.

        Where a newer release wrote what this worker cannot read, the marker says so in the history. So the
        newer worker, once it is back, goes the way that the case went without it, until the next run.
        """
        self._readings += 1
        unread = f"unread-{self._readings}"
        if not readable:
            workflow.patched(unread)
        elif workflow.unsafe.is_replaying():
            readable = not workflow.patched(unread)
        self._is_unread = self._is_unread or not readable
        return readable

    async def _hold(self) -> NoReturn:
        """Decide nothing and lose nothing: a person is told, and at each reminder a new run reads anew."""
        reminders = self._state.reminders
        while self._state.reminders <= reminders:
            await self._next_fact(UNREADABLE)
        self._answered = self._arrivals
        await workflow.wait_condition(workflow.all_handlers_finished)
        self._continue_as_new()

    async def _next_fact(self, decision: Decision) -> None:
        """Wait for a message or a timer. No timer decides anything."""
        state = self._state
        intervals = state.intervals
        since = f"since {(state.waiting_since or workflow.now()).date()}"
        match decision.answer:
            case "review":
                self._alarms.keep_only("review_reminder")
                self._set_alarm(
                    "review_reminder",
                    intervals.review_reminder,
                    f"A person has to rule ({decision.rule}); next reminder",
                )
            case _:
                self._alarms.keep_only("docket_overdue", "docket_check")
                charges = ", ".join(open_charges(state.facts)[:5])
                if not state.overdue:
                    self._set_alarm(
                        "docket_overdue",
                        intervals.docket_overdue,
                        f"Waiting for the court on charge {charges} {since}; overdue then",
                        since=state.waiting_since,
                    )
                if state.has_docket and self._docket_look is None:
                    self._set_alarm(
                        "docket_check",
                        intervals.docket_check,
                        f"Waiting for the court on charge {charges} {since}; next docket check",
                    )
        for name in [name for name in state.due if name not in self._alarms.set]:
            del state.due[name]
        self._become(decision.status, decision)
        await self._wait()
        for alarm in self._rung():
            match alarm:
                case "docket_overdue":
                    state.overdue = True
                case "review_reminder":
                    state.reminders += 1
                case "docket_check":
                    self._docket_look = asyncio.create_task(self._ask_the_docket())
        if self._docket_look is not None and self._docket_look.done():
            self._docket_look = None
        self._continue_as_new_if_long()

    async def _ask_the_docket(self) -> None:
        """Take what the court holds like any other message; nothing found: wait on.

        Beside the waiting, not in its way: a court whose service is down still sends signals.
        """
        assert self._case_id is not None
        try:
            found: DocketFound = await workflow.execute_activity(
                CHECK_DOCKET,
                DocketRequest(agency=self._case_id.agency, tracking_number=self._case_id.tracking_number),
                result_type=DocketFound,
                summary="What the court holds",
                retry_policy=_UNTIL_ANSWERED,
                **_ONE_TRY,
            )
        except ActivityError:  # the case has ended meanwhile, or the server gave up; a later look asks
            return
        self._state.has_docket = found.asked
        self._state.intervals = found.intervals or self._state.intervals
        misfits: list[tuple[str, str]] = []
        for text in found.messages:
            try:
                self._accept(self._fitting(read_typed(text)))
            except DoesNotFit as reason:
                misfits.append((text, str(reason)))
        for text, why in self._state.new_misfits(misfits):
            self._reject("docket", (text,), why)

    async def _conclude(self, decision: Decision) -> CaseResult | None:
        """Flag or clear, then decide on what arrived meanwhile; None where the case goes on."""
        result = self._result(decision)
        if decision.answer == "clear":
            return await self._write(CLEAR_CASE, "Close the case without a flag", decision, result)
        concluded = await self._write(FLAG_CASE, "Write the flag", decision, result)
        if concluded is None or concluded.outcome != "flagged":
            return concluded
        self._state.flags_written += 1
        self._state.flag_status = "active"
        after = self._decide()
        if after.answer == "flag":
            return concluded
        withdrawn = result.model_copy(
            update={"outcome": "withdrawn", "rule": after.rule, "explanation": after.explanation}
        )
        written = None
        while written is not self._state.facts:
            written = self._state.facts
            await workflow.execute_activity(
                WITHDRAW_FLAG,
                Withdrawal(
                    conclusion=self._conclusion(after, withdrawn, self._state.flags_written),
                    ends=after.answer == "clear",
                    reason=after.explanation,
                    lift_code=lift_code(after),
                    withdrawn_at=workflow.now(),
                ),
                result_type=Concluded,
                summary="Withdraw the flag: its ground fell",
                retry_policy=_UNTIL_WRITTEN,
                **_ONE_TRY,
            )
        self._state.flag_status = "withdrawn"
        meters.withdrawn(after.rule)
        return withdrawn if after.answer == "clear" else None

    async def _write(
        self, activity: str, summary: str, decision: Decision, result: CaseResult
    ) -> CaseResult | None:
        """Write the outcome and all that arrived while it was being written.

        Returns what stands in the registry; None where the last look found a US citizen, or where what
        stands cannot be read.
        """
        number = self._state.flags_written + 1
        while True:
            written = self._state.facts
            concluded: Concluded = await workflow.execute_activity(
                activity,
                self._conclusion(decision, result, number),
                result_type=Concluded,
                summary=summary,
                retry_policy=_UNTIL_WRITTEN,
                **_ONE_TRY,
            )
            if not self._legible(concluded.is_read):
                return None
            if concluded.us_citizen:
                self._state.facts = self._state.facts.model_copy(update={"us_citizen": True})
                return None
            if self._state.facts is written:
                return concluded.result or result
            await self._complete_the_facts()

    async def _end(self, result: CaseResult) -> CaseResult:
        status: Status = "flagged" if result.outcome == "flagged" else "cleared"
        self._state.overdue = False
        self._state.rule, self._state.explanation = result.rule, result.explanation
        self._state.edition = result.policy_edition
        self._alarms.clear()
        self._state.due.clear()
        if self._docket_look is not None:
            self._docket_look.cancel()
        self._state.status = status
        self._state.waiting_since = None
        self._show()
        self._answered = self._arrivals
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    # -- deciding ------------------------------------------------------------------------------

    @property
    def _edition(self) -> Edition | None:
        """The one in force at the booking, of those that were released when the case was opened."""
        return edition_among(self._state.editions, _booked_at(self._state.facts))

    def _decide(self) -> Decision:
        """The decision on the facts as they are, worked out once for each change of them."""
        if self._is_unread:
            return UNREADABLE
        facts = self._state.facts
        if self._decided is None or self._decided[0] is not facts:
            self._decided = (facts, decide(facts, self._edition))
        return self._decided[1]

    def _result(self, decision: Decision) -> CaseResult:
        assert self._edition is not None  # or nothing would have been decided
        return CaseResult(
            outcome="flagged" if decision.answer == "flag" else "cleared",
            rule=decision.rule,
            explanation=decision.explanation,
            policy_edition=self._edition.name,
            decided_at=workflow.now(),
            grounds=decision.grounds[:100],
        )

    def _conclusion(self, decision: Decision, result: CaseResult, number: int) -> Conclusion:
        view = self._view().model_copy(
            update={
                "status": "flagged" if result.outcome == "flagged" else "cleared",
                "rule": decision.rule,
                "explanation": decision.explanation,
                "policy_edition": result.policy_edition,
                "waiting_since": None,
                "next_docket_check_at": None,
                "questions": (),
            }
        )
        facts = self._state.facts
        room = MAX_CARRIED_BYTES - len(facts.model_dump_json().encode())
        return Conclusion(case=view.within(room), facts=facts, result=result, number=number)

    # -- waiting -------------------------------------------------------------------------------

    async def _wait(self) -> None:
        """Until a message is accepted, a timer rings or the docket answers, or until the run is long."""
        known = self._answered = self._arrivals
        await workflow.wait_condition(
            lambda: (
                self._arrivals > known
                or bool(self._alarms.rung)
                or (self._docket_look is not None and self._docket_look.done())
                or self._is_long
            )
        )

    def _set_alarm(self, name: str, after: timedelta, summary: str, *, since: datetime | None = None) -> None:
        """Set a durable timer, once: a message that comes meanwhile does not start it again."""
        due = self._state.due.setdefault(name, (since or workflow.now()) + after)
        self._alarms.set_for(name, due, summary)

    def _rung(self) -> list[str]:
        rung = self._alarms.take_rung()
        for name in rung:
            self._state.due.pop(name, None)
        return rung

    @property
    def _is_long(self) -> bool:
        """Whether the run should go on as a new one; what is repeated or rejected counts too."""
        long = self._received >= RUN_MESSAGES_MOST or workflow.info().is_continue_as_new_suggested()
        return long and workflow.all_handlers_finished()

    def _continue_as_new_if_long(self) -> None:
        if self._is_long:
            self._continue_as_new()

    def _continue_as_new(self) -> NoReturn:
        if self._docket_look is not None:
            self._state.due["docket_check"] = workflow.now()  # the new run looks again
        workflow.continue_as_new(self._state.bounded())

    # -- messages ------------------------------------------------------------------------------

    def _open_with(self, inputs: Sequence[Any]) -> None:
        try:
            booking = self._fitting(read_booking(arrived(inputs, self._received)))
        except DoesNotFit as reason:
            self._reject(names.BOOKING_CASE, inputs, str(reason), reason.kind)
        else:
            self._accept(booking)

    def _arrive(self, name: str, payloads: Sequence[Any]) -> None:
        """The way of every signal. Total: what does not fit is kept with the reason."""
        self._received += 1
        try:
            message = self._fitting(read_message(name, arrived(payloads, self._received)))
        except DoesNotFit as reason:
            self._reject(name, payloads, str(reason), reason.kind)
        else:
            self._accept(message)

    def _fitting(self, message: Message) -> Message:
        """A message that belongs here and now; raises `DoesNotFit`."""
        elsewhere = mismatch(message, self._case_id, workflow.now())
        reason = elsewhere or self._state.refusal(message)
        if reason is None and isinstance(message, ReviewDecision) and self._rulings_now >= RULINGS_AT_ONCE:
            reason = "too many rulings came at once; send it again"
        if reason is not None:
            raise DoesNotFit(reason, "misplaced" if elsewhere else "not_taken")
        return message

    def _accept(self, message: Message) -> str | None:
        """Take a fitting message into the facts; returns its effect, None for a repetition."""
        state = self._state
        if state.repeats(message):
            return None
        if isinstance(message, ReviewDecision):
            self._rulings = (workflow.info().get_current_history_length(), self._rulings_now + 1)
            ruling = bind(message, self._standing_decision())
            effect = ruling if isinstance(ruling, str) else _ruled(message)
            if isinstance(ruling, str):
                state.learn(message)
            else:
                state.hold(ruling)
        else:
            effect = effect_of(message, state.facts)
            state.learn(message)
        state.record(message, workflow.now(), effect)
        self._arrivals += 1
        return effect

    @property
    def _rulings_now(self) -> int:
        task, count = self._rulings
        return count if task == workflow.info().get_current_history_length() else 0

    def _standing_decision(self) -> Decision:
        """The decision that stands when a ruling arrives; one without questions where none does."""
        facts = self._state.facts
        subjects = _different(booking.subject for booking in facts.bookings)
        if not facts.bookings or subjects != self._state.asked_for or offenses_to_look_up(facts):
            return Decision(rule="defer.traffic_only", explanation="")
        return self._decide()

    def _reject(
        self, name: str, payloads: Sequence[Any], reason: str, kind: RejectionKind = "does_not_fit"
    ) -> None:
        meters.rejected(name, kind)
        self._state.reject(name, workflow.now(), reason, shown(payloads))
        self._arrivals += 1
        # The card follows once an activation, not once a message: a flood must not hold the case up.
        if not workflow.info().typed_search_attributes.get(names.NEEDS_ATTENTION):
            self._show()

    # -- doors ---------------------------------------------------------------------------------

    locals().update((name, _door(name, signal.description)) for name, signal in SIGNALS.items())

    @workflow.signal(dynamic=True, description="Any other name: kept under `rejected`")
    def unknown(self, name: str, payloads: Sequence[RawValue]) -> None:
        self._arrive(name, payloads)

    @workflow.update(name=names.UPDATE, description="The same messages, with an answer")
    async def submit(self, *payloads: Any) -> SubmitAnswer:
        """Answers once the case has considered the message."""
        self._received += 1
        message = read_typed(one_text(payloads))
        effect = self._accept(message)
        mine = self._arrivals
        await workflow.wait_condition(lambda: self._answered >= mine or self._is_asking)
        if self._state.repeats(message) is None:  # it was taken out again
            raise ApplicationError(NOT_A_REVIEWER, type="DoesNotFit", non_retryable=True)
        waiting = open_charges(self._state.facts) if self._state.status == "waiting_for_court" else ()
        told = [effect or "the same message came before: nothing changed"]
        if waiting:
            told.append(f"charge {', '.join(waiting[:5])} still open")
        return SubmitAnswer(
            accepted=True,
            duplicate=effect is None,
            status=self._state.status,
            effect="; ".join(told),
        )

    @submit.validator
    def _submit_fits(self, *payloads: Any) -> None:
        try:
            if reason := refused(payloads):
                raise DoesNotFit(reason)
            self._fitting(read_typed(one_text(payloads)))
        except DoesNotFit as reason:
            raise ApplicationError(str(reason), type="DoesNotFit", non_retryable=True) from None

    @workflow.query(name=names.QUERY, description="The case as it stands")
    def case(self) -> CaseView:
        return self._view().within(MAX_CARRIED_BYTES)

    # -- telling -------------------------------------------------------------------------------

    def _become(self, status: Status, decision: Decision | None) -> None:
        """The one way from status to status."""
        state = self._state
        state.status = status
        state.rule = decision.rule if decision else None
        state.explanation = decision.explanation if decision else "The criminal history is being checked."
        if not self._is_unread and self._edition is not None:
            state.edition = self._edition.name
        match status:
            case "waiting_for_court":
                state.waiting_since = state.waiting_since or workflow.now()
            case "needs_review":
                state.review_since = state.review_since or workflow.now()
        if status != "needs_review":
            state.review_since, state.reminders = None, 0
        self._show()

    def _show(self) -> None:
        """Tell the web UI: search attributes where they changed, and the card."""
        state = self._state
        now: dict[SearchAttributeKey[Any], Any] = {
            names.CASE_STATUS: state.status,
            names.CASE_RULE: state.rule,
            names.AGENCY: self._case_id.agency if self._case_id else None,
            names.NEEDS_ATTENTION: state.needs_attention,
            names.WAITING_SINCE: state.waiting_since if state.status == "waiting_for_court" else None,
        }
        told = workflow.info().typed_search_attributes
        updates = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in now.items()
            if told.get(key) != value
        ]
        if updates:
            before = told.get(names.CASE_STATUS), told.get(names.CASE_RULE)
            if state.rule and before != (state.status, state.rule):
                meters.decided(state.status, state.rule)
            workflow.upsert_search_attributes(updates)
        workflow.set_current_details(card(state, self._view()))

    def _view(self) -> CaseView:
        state = self._state
        charges = charge_views(state.facts)
        asked = self._standing_decision() if state.status == "needs_review" else None
        return CaseView(
            case_id=workflow.info().workflow_id,
            agency=self._case_id.agency if self._case_id else "",
            tracking_number=self._case_id.tracking_number if self._case_id else "",
            status=state.status,
            rule=state.rule,
            explanation=state.explanation,
            policy_edition=state.edition,
            charges=charges,
            messages=tuple(state.messages),
            messages_total=state.messages_total,
            rejected=tuple(state.rejected),
            rejected_total=state.rejected_total,
            waiting_since=state.waiting_since,
            next_docket_check_at=state.due.get("docket_check"),
            needs_attention=state.needs_attention,
            flag_status=state.flag_status,
            reopened=state.reopened,
            booked_at=min((booking.booked_at for booking in state.facts.bookings), default=None),
            history=history_summary(state.facts),
            questions=question_views(asked, charges, state.facts.placements) if asked else (),
            reminders=state.reminders,
        )


def _ruled(message: ReviewDecision) -> str:
    return f"ruled {message.ruling} by {message.reviewer}: {message.reason}"


def _different(subjects: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(subjects))


def _booked_at(facts: Facts) -> datetime:
    """When the arrest was booked first."""
    return min(booking.booked_at for booking in facts.bookings)
