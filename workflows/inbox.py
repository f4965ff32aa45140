"""What a case does with each message: take it into its state, or keep it under `rejected` with the reason."""

import json
from collections.abc import Sequence
from typing import Any

from temporalio import workflow

from workflows import meters
from workflows.case_rules import CaseRules
from workflows.display import Display
from workflows.payloads import excerpt, one_text, reason_to_refuse, text_on_arrival, was_refused
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts import names
    from conviction_gate.contracts.court import Correction, CourtUpdate, ReviewDecision
    from conviction_gate.contracts.message import Message
    from conviction_gate.contracts.reading import (
        DoesNotFit,
        RejectionKind,
        mismatch,
        read_booking,
        read_message,
        read_typed,
    )
    from conviction_gate.contracts.signals import type_of
    from conviction_gate.policy import bind, effect_of

MAX_RULINGS_PER_TASK = 50
"""Rulings that one workflow task accepts. Each asks the rules what is open, and a task has two seconds."""


class Inbox:
    """The messages of one run.

    `delivered` counts the signals and updates that the server delivered, repeated and rejected ones too.
    `changes` counts what was accepted or rejected: whatever the case has to consider or to show.
    """

    def __init__(
        self, case_id: names.CaseId | None, state: CaseState, rules: CaseRules, display: Display
    ) -> None:
        self._case_id = case_id
        self._state = state
        self._rules = rules
        self._display = display
        self._rulings = (0, 0)
        self.delivered = 0
        self.changes = 0

    def open(self, inputs: Sequence[Any]) -> None:
        """Take what the case was started with: a booking, null, or nothing."""
        if list(inputs) not in ([], [None]) or was_refused(self.delivered):
            try:
                booking = self._check(read_booking(text_on_arrival(inputs, self.delivered)))
            except DoesNotFit as reason:
                self.reject(names.BOOKING_CASE, inputs, str(reason), reason.kind)
            else:
                self.accept(booking)
        if self._case_id is None:
            self.reject(names.BOOKING_CASE, (), _NO_CASE_ID, "misplaced")

    def receive(self, name: str, payloads: Sequence[Any]) -> None:
        """Take a signal. Never raises for what a sender wrote: what does not fit is kept with the reason."""
        self.delivered += 1
        try:
            message = self._check(read_message(name, text_on_arrival(payloads, self.delivered)))
        except DoesNotFit as reason:
            self.reject(name, payloads, str(reason), reason.kind)
        else:
            self.accept(message)

    def check_submitted(self, payloads: Sequence[Any]) -> None:
        """Raises `DoesNotFit` where the update `submit` brings what cannot be taken."""
        if reason := reason_to_refuse(payloads):
            raise DoesNotFit(reason)
        self._check(read_typed(one_text(payloads)))

    def receive_submitted(self, payloads: Sequence[Any]) -> tuple[Message, str | None]:
        """Take what passed `check_submitted`. Returns the message and its effect, None for a repetition."""
        self.delivered += 1
        message = read_typed(one_text(payloads))
        return message, self.accept(message)

    def receive_docket(self, texts: Sequence[str]) -> None:
        """Take what a docket holds like any other message; what does not fit is rejected once."""
        misfits: list[tuple[str, str]] = []
        for text in texts:
            try:
                message = self._check(read_typed(text))
                if self.accept(message) is not None:
                    self._state.learn_from_docket(message)
            except DoesNotFit as reason:
                misfits.append((text, str(reason)))
        for text, why in self._state.new_misfits(misfits):
            self.reject("docket", (text,), why)

    def accept(self, message: Message) -> str | None:
        """Take a message that fits into the facts. Returns its effect, None for a repetition."""
        state = self._state
        if state.repeats(message):
            return None
        if isinstance(message, ReviewDecision):
            effect = self._accept_ruling(message)
        else:
            effect = effect_of(message, state.facts)
            state.learn(message)
            if isinstance(message, CourtUpdate | Correction) and message.unknown_entry is not None:
                state.unknown_entries += 1
        state.record(message, workflow.now(), effect)
        self.changes += 1
        return effect

    def reject(
        self, name: str, payloads: Sequence[Any], reason: str, kind: RejectionKind = "does_not_fit"
    ) -> None:
        """Keep what cannot be taken, with the reason."""
        meters.rejected(name, kind)
        self._state.reject(name, workflow.now(), reason, excerpt(payloads))
        self.changes += 1
        # Further rejections are shown once an activation, not one by one: many at once must not slow it down.
        if not workflow.info().typed_search_attributes.get(names.NEEDS_ATTENTION):
            self._display.show()

    def reject_accepted(self, message: Message, reason: str) -> None:
        """Reject a message that had been accepted before."""
        self.reject(type_of(message), (json.loads(message.model_dump_json()),), reason, "not_taken")

    def _check(self, message: Message) -> Message:
        """The message; raises `DoesNotFit` where it is of another case or day, or cannot be taken."""
        elsewhere = mismatch(message, self._case_id, workflow.now())
        reason = elsewhere or self._state.refusal(message)
        if reason is None and isinstance(message, ReviewDecision) and self._rulings_now >= MAX_RULINGS_PER_TASK:
            reason = _TOO_MANY_RULINGS
        if reason is not None:
            raise DoesNotFit(reason, "misplaced" if elsewhere else "not_taken")
        return message

    def _accept_ruling(self, message: ReviewDecision) -> str:
        """Keep a ruling until it is known whether its reviewer may rule, or take it without effect."""
        self._rulings = (workflow.info().get_current_history_length(), self._rulings_now + 1)
        ruling = bind(message, self._rules.decision_to_rule_on())
        if isinstance(ruling, str):
            self._state.learn(message)
            return ruling
        self._state.hold(ruling)
        return f"ruled {message.ruling} by {message.reviewer}: {message.reason}"

    @property
    def _rulings_now(self) -> int:
        """Rulings accepted in the current workflow task."""
        task, count = self._rulings
        return count if task == workflow.info().get_current_history_length() else 0


_NO_CASE_ID = (
    "the workflow id is not booking-case:{agency}:{tracking_number}, so no booking can match it; "
    "start the case under its own id"
)
_TOO_MANY_RULINGS = f"more than {MAX_RULINGS_PER_TASK} rulings arrived at once; send it again"
