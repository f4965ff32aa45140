"""What a case does with each message: take it into its state, or keep it under `rejected` with the reason."""

import json
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows import meters
from workflows.case_rules import CaseRules
from workflows.display import Display
from workflows.payloads import (
    check_arrived,
    excerpt,
    is_by_door,
    one_text,
    reason_to_refuse,
    size_of_payloads,
    text_on_arrival,
    was_refused,
)
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

MAX_MESSAGES_PER_TASK = 200
"""Messages that one workflow task reads, since it has two seconds; the next task reads the others."""
MAX_BYTES_PER_TASK = 300_000
"""Bytes of the messages that one workflow task reads, unless the first has more. 300 kB take 60 ms at worst."""
MESSAGES_PER_RULING = 4
"""How many messages a ruling counts for: it asks the rules what is open."""
_PAUSE = timedelta(milliseconds=1)


class Inbox:
    """The messages of one run.

    `delivered` counts the signals and updates that the server delivered, repeated and rejected ones too.
    `changes` counts what was accepted or rejected: whatever the case has to consider or to show.

    Signals are read in the order of their arrival, a bounded number and size of them in one workflow task. A
    timer of a millisecond makes the next task for the others, so that no number of signals, and no backlog of
    an outage, holds the worker up. What is counted is the same in every replay; a clock would not be.
    """

    def __init__(
        self, case_id: names.CaseId | None, state: CaseState, rules: CaseRules, display: Display
    ) -> None:
        self._case_id = case_id
        self._state = state
        self._rules = rules
        self._display = display
        self._unread: deque[tuple[int, str, Sequence[Any]]] = deque()
        self._task = 0
        self._messages_left = 0
        self._bytes_left = 0
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
                self.accept(booking, by_door=is_by_door(inputs))
        if self._case_id is None:
            self.reject(names.BOOKING_CASE, (), _NO_CASE_ID, "misplaced")

    def receive(self, name: str, payloads: Sequence[Any]) -> None:
        """Take a signal, in this task or a later one. Never raises for what a sender wrote."""
        self.delivered += 1
        self._unread.append((self.delivered, name, payloads))
        self._read_some()

    async def read_on(self) -> None:
        """Read what earlier tasks left over, for as long as the run lasts."""
        while True:
            await workflow.wait_condition(lambda: not self.is_read)
            await workflow.sleep(_PAUSE, summary=f"{len(self._unread)} more messages to read")
            self._read_some()

    @property
    def is_read(self) -> bool:
        """Whether all that arrived is read."""
        return not self._unread

    async def all_read(self) -> None:
        """Wait until all that arrived is read: only then does a case decide, end or continue as new."""
        if not self.is_read:
            await workflow.wait_condition(lambda: self.is_read)

    def check_submitted(self, payloads: Sequence[Any]) -> None:
        """Raises `DoesNotFit` where the update `submit` brings what cannot be taken."""
        if reason := reason_to_refuse(payloads):
            raise DoesNotFit(reason)
        check_arrived(payloads)
        self._check(read_typed(one_text(payloads)))

    def receive_submitted(self, payloads: Sequence[Any]) -> tuple[Message, str | None]:
        """Take what passed `check_submitted`. Returns the message and its effect, None for a repetition."""
        self.delivered += 1
        self._spend(payloads)
        message = read_typed(one_text(payloads))
        return message, self.accept(message, by_door=is_by_door(payloads))

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

    def accept(self, message: Message, *, by_door: bool = False) -> str | None:
        """Take a message that fits into the facts. Returns its effect, None for a repetition. `by_door`: the
        door has proved who its sender is."""
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
        if by_door:
            state.learn_by_door(message)
        state.record(message, workflow.now(), effect, by_door=by_door)
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
        if reason is not None:
            raise DoesNotFit(reason, "misplaced" if elsewhere else "not_taken")
        return message

    def _accept_ruling(self, message: ReviewDecision) -> str:
        """Keep a ruling until it is known whether its reviewer may rule, or take it without effect."""
        self._messages_left -= MESSAGES_PER_RULING - 1
        ruling = bind(message, self._rules.decision_to_rule_on())
        if isinstance(ruling, str):
            self._state.learn(message)
            return ruling
        self._state.hold(ruling)
        return f"ruled {message.ruling} by {message.reviewer}: {message.reason}"

    def _read_some(self) -> None:
        """Read in the order of arrival what the current workflow task may still read."""
        while self._unread:
            number, name, payloads = self._unread[0]
            if not self._can_read(size_of_payloads(payloads)):
                return
            self._unread.popleft()
            self._spend(payloads)
            self._read(number, name, payloads)

    def _read(self, number: int, name: str, payloads: Sequence[Any]) -> None:
        if name == names.BROUGHT_BACK:
            self.reject(name, (), _BROUGHT_BACK, "not_taken")
            return
        try:
            message = self._check(read_message(name, text_on_arrival(payloads, number)))
        except DoesNotFit as reason:
            self.reject(name, payloads, str(reason), reason.kind)
        else:
            self.accept(message, by_door=is_by_door(payloads))

    def _can_read(self, size: int) -> bool:
        task = workflow.info().get_current_history_length()
        if task != self._task:
            self._task, self._messages_left, self._bytes_left = task, MAX_MESSAGES_PER_TASK, MAX_BYTES_PER_TASK
        is_first = self._bytes_left == MAX_BYTES_PER_TASK
        return self._messages_left > 0 and (is_first or size <= self._bytes_left)

    def _spend(self, payloads: Sequence[Any]) -> None:
        size = size_of_payloads(payloads)
        self._can_read(size)
        self._messages_left -= 1
        self._bytes_left -= size


_NO_CASE_ID = (
    "the workflow id is not booking-case:{agency}:{tracking_number}, so no booking can match it; "
    "start the case under its own id"
)
_BROUGHT_BACK = (
    "the server or an operator had ended this case, and it was continued with all that it had been sent; "
    "find out why, and send a ruling again that is missing"
)
