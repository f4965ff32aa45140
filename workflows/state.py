"""What a case carries from one run to the next: facts, what people are shown, and when timers are due."""

import hashlib
from datetime import date, datetime
from typing import Any

from temporalio import workflow

from workflows.rejections import REJECTED_SHOWN, with_rejection

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

    from conviction_gate.contracts.booking import Booking, Offense, Subject
    from conviction_gate.contracts.case import CaseResult, FlagStatus, MessageView, RejectedView, ReopenedView
    from conviction_gate.contracts.court import Correction, CourtUpdate
    from conviction_gate.contracts.fields import DisplayOnly, RuleName, Status
    from conviction_gate.contracts.internal.activities import HistoryFound, Intervals, RecalledCase
    from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts, Ruling
    from conviction_gate.contracts.internal.limits import (
        MAX_CARRIED_BYTES,
        MAX_MESSAGES_SHOWN,
        MAX_REMEMBERED,
        SOFT_MAX_FACTS_BYTES,
        max_facts_bytes,
        max_messages,
        max_sender_bytes,
        shortened,
        size_of,
        size_of_facts,
    )
    from conviction_gate.contracts.message import Message
    from conviction_gate.contracts.signals import SIGNALS, type_of
    from conviction_gate.policy import (
        STATUS_CHANGING_ENTRIES,
        CountedMessages,
        LookedUp,
        edition_named,
        offenses_named,
        offenses_to_look_up,
        refusal_of_replacement,
    )


class CaseState(BaseModel):
    """One model, bounded: 256 KB at 100 charges and 1,000 messages."""

    model_config = ConfigDict(hide_input_in_errors=True)

    facts: Facts = Facts()
    facts_size: int = 0
    seen: dict[str, str] = Field(default_factory=dict)
    remembered: dict[str, str] = Field(default_factory=dict)
    messages: list[MessageView] = Field(default_factory=list)
    messages_total: int = 0
    rejected: list[RejectedView] = Field(default_factory=list)
    rejected_total: int = 0

    status: DisplayOnly[Status] = "awaiting_booking"
    rule: DisplayOnly[RuleName] | None = None
    explanation: str = "The booking has not arrived yet."
    edition: str | None = None
    editions: tuple[str, ...] = ()
    opened_at: datetime | None = None
    waiting_since: datetime | None = None
    review_since: datetime | None = None
    reminders: int = 0
    overdue: bool = False
    due: dict[str, datetime] = Field(default_factory=dict)

    asked_for: tuple[Subject, ...] = ()
    classified_on: date | None = None
    updates_considered: int = 0
    unknown_entries: int = 0
    charge_unknown: bool = False
    has_docket: bool = False
    docket_misfits: list[str] = Field(default_factory=list)
    intervals: Intervals = Intervals()
    held: list[str] = Field(default_factory=list)
    flags_written: int = 0
    flag_status: DisplayOnly[FlagStatus] | None = None
    _by_sender: dict[str, int] | None = PrivateAttr(default=None)

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """The bookings that count; none, where none came or all were corrected."""
        return CountedMessages(self.facts).bookings

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Every set of ids that the bookings give, each once."""
        return CountedMessages(self.facts).subjects

    @property
    def booked_at(self) -> datetime | None:
        """When the arrest was booked first; None until its booking arrives.

        Where all bookings were corrected and no other one came, what they said.
        """
        return min((booking.booked_at for booking in self.bookings or self.facts.bookings), default=None)

    @property
    def booked_on(self) -> date | None:
        """The day of the first booking, at the jail."""
        return self.booked_at.date() if self.booked_at else None

    @property
    def is_history_checked(self) -> bool:
        """Whether the history was checked under all ids that the bookings give by now, and since it changed."""
        return bool(self.bookings) and self.subjects == self.asked_for and not self.is_record_updated

    @property
    def is_record_updated(self) -> bool:
        """Whether somebody said that the history changed, and it was not asked for since."""
        return len(self.facts.record_updates) > self.updates_considered

    @property
    def is_classified_anew(self) -> bool:
        """Whether the catalog is asked again for every offense: a code means what it meant on the day of the
        booking, and the case is of another day now."""
        return self.classified_on not in (None, self.booked_on)

    @property
    def offenses_to_look_up(self) -> tuple[Offense, ...]:
        """The offenses whose class the case lacks."""
        return offenses_named(self.facts) if self.is_classified_anew else offenses_to_look_up(self.facts)

    @property
    def is_readable(self) -> bool:
        """Whether this release knows every fact, edition and ruling that the case carries."""
        try:
            known = [*map(edition_named, self.editions), *self.held_rulings]
        except ValidationError:
            return False
        return self.facts.is_whole and None not in known

    @property
    def held_rulings(self) -> tuple[Ruling, ...]:
        """Rulings that wait until it is known whether their reviewers may rule."""
        return tuple(map(Ruling.model_validate_json, self.held))

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look: a review, something rejected or not understood, something overdue."""
        return (
            self.rejected_total > 0
            or self.unknown_entries > 0
            or self.overdue
            or self.charge_unknown
            or self.status == "needs_review"
        )

    def repeats(self, message: Message) -> bool | None:
        """True: the same message came before. False: its id came with other content. None: new."""
        id_ = _digest(message.full_id)
        known = self.seen.get(id_) or self.remembered.get(id_)
        return None if known is None else known == _content_key(message)

    def refusal(self, message: Message) -> str | None:
        """Why the case cannot take a message; None where it can, or has it already."""
        match self.repeats(message):
            case False:
                return (
                    "message_id: this sender used that id for a different message; "
                    "send this one under a new message_id"
                )
            case None if full := self._why_full(message):
                return full
            case None if isinstance(message, Correction) and message.replacement is not None:
                if self.repeats(message.replacement) is False:
                    return (
                        "replacement.message_id: this sender used that id for a different message; "
                        "give the replacement a new one"
                    )
                return refusal_of_replacement(message, self.facts)
            case _:
                return None

    def change_status(self, status: Status, rule: RuleName | None, explanation: str, now: datetime) -> None:
        """The one way from status to status before the end."""
        self.status, self.rule, self.explanation = status, rule, explanation
        if status == "waiting_for_court":
            self.waiting_since = self.waiting_since or now
        if status == "needs_review":
            self.review_since = self.review_since or now
        else:
            self.review_since, self.reminders = None, 0

    def end(self, result: CaseResult) -> None:
        """The case has ended with a result."""
        self.status = result.status
        self.rule, self.explanation, self.edition = result.rule, result.explanation, result.policy_edition
        self.waiting_since, self.overdue = None, False

    def learn_history(self, found: HistoryFound, *, booked_on: date | None, classified_anew: bool) -> None:
        """Put what the history check found into the facts; a charge that is classified already stays so, unless
        anew."""
        self.has_docket = found.has_docket
        self.intervals = found.intervals
        self.classified_on = booked_on
        classes = found.placements
        if not classified_anew:
            known = {(one.scheme, one.code) for one in self.facts.placements if not one.of_record}
            classes = tuple(new for new in classes if new.of_record or (new.scheme, new.code) not in known)
        self.facts = LookedUp(found.history, found.us_citizen, classes).in_facts(self.facts)

    def learn_classes(self, placements: tuple[ClassifiedOffense, ...], booked_on: date | None) -> None:
        """Put the classes of offenses on the day of the booking into the facts."""
        self.classified_on = booked_on
        self.facts = LookedUp(placements=placements).in_facts(self.facts)

    def learn_from_docket(self, message: Message) -> None:
        """A message was brought by a docket check."""
        self.facts = self.facts.model_copy(update={"from_docket": (*self.facts.from_docket, message.full_id)})
        self.facts_size += len(message.full_id)

    def learn_by_door(self, message: Message) -> None:
        """The door has proved who sent a message."""
        self.facts = self.facts.model_copy(update={"by_door": (*self.facts.by_door, message.full_id)})
        self.facts_size += len(message.full_id)

    def learn_citizenship(self) -> None:
        """The registry holds a finding that the subject is a US citizen."""
        self.facts = self.facts.model_copy(update={"us_citizen": True})

    def recall(self, recalled: RecalledCase) -> list[tuple[Message, str]]:
        """Restore what the case held before a person reopened it.

        The messages of this run count as received after that. Returns those that the case cannot take
        then, with the reasons.
        """
        case, since = recalled.case, self.facts
        new_updates = len(since.record_updates) - self.updates_considered
        # The class of a charge is what it was: the catalog may have grown since.
        self.facts = recalled.facts.model_copy(
            update={"history": since.history, "us_citizen": since.us_citizen}
        )
        self.classified_on = self.booked_on
        self.facts_size, self._by_sender = size_of_facts(self.facts), None
        known = {message.key for message in self.facts.messages}
        self._see(*self.facts.messages, *self.facts.replacements)
        refused = []
        for message in since.messages:
            if message.key not in known:
                self._forget(message)
            reason = self.refusal(message)
            if reason is not None:
                refused.append((message, reason))
            elif message.key not in known:
                self.learn(message)
                self._see(message)
                if message.full_id in since.by_door:
                    self.learn_by_door(message)
        self.updates_considered = len(self.facts.record_updates) - new_updates
        gone = known | {message.key for message, _ in refused}
        new = [one for one in self.messages if (one.sender, one.message_id) not in gone]
        self.messages = [*case.messages, *new][-MAX_MESSAGES_SHOWN:]
        self.messages_total += case.messages_total - sum(m.key in gone for m in since.messages)
        self.rejected = [*case.rejected, *self.rejected][-REJECTED_SHOWN:]
        self.rejected_total += case.rejected_total
        self.flag_status = case.flag_status
        self.editions = (case.policy_edition,) if case.policy_edition else self.editions
        return refused

    @property
    def reopened(self) -> ReopenedView | None:
        """Who reopened the case last, if anybody did."""
        if not self.facts.reopenings:
            return None
        last = self.facts.reopenings[-1]
        return ReopenedView(by=last.by, reason=last.reason, reopened_at=last.reopened_at)

    def _why_full(self, message: Message) -> str | None:
        """Why the case has no space left for a message; None where it has.

        What decides nothing needs none, some is reserved for what matters most, no sender fills all of it.
        """
        if _decides_nothing(message):
            return None
        reserve, size = SIGNALS[type_of(message)].reserve, size_of(shortened(message))
        many = len(self.seen) >= max_messages(reserve)
        if many or self.facts_size + size > max_facts_bytes(reserve):
            return "the case is full and takes no more messages; a person has to review it"
        if self._size_of_sender(message.sender) + size > max_sender_bytes(reserve):
            return "the case is full of messages of this sender; a person has to review it"
        return None

    def _size_of_sender(self, sender: str) -> int:
        """Bytes of the facts that a sender sent; counted once in a run, and not carried to the next."""
        if self._by_sender is None:
            self._by_sender = {}
            for message in self.facts.messages:
                self._add_to_sender(message)
        return self._by_sender.get(sender, 0)

    def _add_to_sender(self, message: Message) -> None:
        if self._by_sender is not None:
            known = self._by_sender.get(message.sender, 0)
            self._by_sender[message.sender] = known + size_of(message)

    def record(self, message: Message, received_at: datetime, effect: str, *, by_door: bool = False) -> None:
        """Note that a message was accepted, its effect, and whether the door has proved who sent it."""
        self._see(message)
        self.messages_total += 1
        view = MessageView(
            message_id=message.message_id,
            sender=message.sender,
            type=type_of(message),
            received_at=received_at,
            effect=effect[:300],
            by_door=by_door,
        )
        self.messages = [*self.messages[1 - MAX_MESSAGES_SHOWN :], view]

    def _see(self, *messages: Message) -> None:
        """Remember the ids and the content of messages, and of what they put in the place of others."""
        for message in messages:
            if _decides_nothing(message):
                self.remembered[_digest(message.full_id)] = _content_key(message)
                if len(self.remembered) > MAX_REMEMBERED:
                    del self.remembered[next(iter(self.remembered))]
                continue
            self.seen[_digest(message.full_id)] = _content_key(message)
            if isinstance(message, Correction) and message.replacement is not None:
                self._see(message.replacement)

    def _forget(self, message: Message) -> None:
        """As if a message had never come."""
        id_ = _digest(message.full_id)
        self.seen.pop(id_, None)
        self.remembered.pop(id_, None)

    def learn(self, message: Message | Ruling) -> None:
        """Add a message to the facts, its long texts cut short."""
        fact = shortened(message.decision if isinstance(message, Ruling) else message)
        size = size_of(fact)
        if _decides_nothing(fact) and self.facts_size + size > SOFT_MAX_FACTS_BYTES:
            return
        self.facts_size += size
        self._add_to_sender(fact)
        is_bound = isinstance(message, Ruling)
        self.facts = self.facts.including(message.model_copy(update={"decision": fact}) if is_bound else fact)

    def hold(self, ruling: Ruling) -> None:
        """Keep a ruling without effect until it is known whether its reviewer may rule."""
        self.learn(ruling.decision)
        self.held.append(ruling.model_copy(update={"decision": self.facts.unasked[-1]}).model_dump_json())

    def release(self, ruling: Ruling, *, counts: bool) -> None:
        """Let a held ruling count, or take it out of the case as if it had never been accepted."""
        decision = ruling.decision
        self.held.remove(ruling.model_dump_json())
        unasked = tuple(message for message in self.facts.unasked if message.key != decision.key)
        self.facts = self.facts.model_copy(update={"unasked": unasked})
        if counts:
            self.facts = self.facts.including(ruling)
            return
        self.facts_size, self._by_sender = self.facts_size - size_of(decision), None
        self._forget(decision)
        self.messages = [one for one in self.messages if (one.sender, one.message_id) != decision.key]
        self.messages_total -= 1

    def bounded(self) -> "CaseState":
        """This state, with fewer of its oldest entries where they are many and long."""
        state = self
        while (state.messages or state.rejected) and len(state.model_dump_json().encode()) > MAX_CARRIED_BYTES:
            state = state.model_copy(
                update={"messages": _newer(state.messages), "rejected": _newer(state.rejected)}
            )
        return state

    def new_misfits(self, misfits: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """What did not fit of a docket, without what an earlier check reported: the court still holds it.

        Each is a text and the reason. Where there are too many to remember one by one, all of them are
        reported again as soon as one of them changes.
        """
        before = self.docket_misfits
        self.docket_misfits = [_digest(text) for text, _ in misfits]
        if len(misfits) > REJECTED_SHOWN:  # more than can be remembered one by one
            self.docket_misfits = [_digest("".join(self.docket_misfits))]
            return [] if self.docket_misfits == before else misfits
        return [misfit for misfit in misfits if _digest(misfit[0]) not in before]

    def reject(self, name: str, received_at: datetime, reason: str, payload: str) -> None:
        """Keep what does not fit, with the reason."""
        self.rejected_total += 1
        view = RejectedView(name=name[:128], received_at=received_at, reason=reason[:300], payload=payload)
        self.rejected = with_rejection(self.rejected, view)


def _decides_nothing(message: Message) -> bool:
    """Whether no rule reads it: such a message is shown, and never takes the place of one that counts."""
    return isinstance(message, CourtUpdate) and message.entry not in STATUS_CHANGING_ENTRIES


def _content_key(message: Message) -> str:
    """The same for the same content, as far as it is kept: a message may be repeated years later."""
    return _digest(type_of(message) + shortened(message).model_dump_json())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def _newer(entries: list[Any]) -> list[Any]:
    return entries[(len(entries) + 1) // 2 :]
