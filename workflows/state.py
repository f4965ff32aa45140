"""What a case carries from one run to the next: facts, what it told, and when it looks up again."""

import hashlib
from datetime import datetime
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel, Field

    from contracts.arrivals import type_of
    from contracts.booking import Booking, Subject
    from contracts.case import CaseView, FlagStatus, MessageView, RejectedView, ReopenedView
    from contracts.court import (
        Amendment,
        Conviction,
        Correction,
        CourtMessage,
        CourtUpdate,
        ReviewDecision,
        SubjectFinding,
    )
    from contracts.facts import Facts, Ruling
    from contracts.fields import Rule, Status
    from contracts.message import Message
    from contracts.work import Intervals
    from policy import TURNS

MESSAGES_SHOWN = 200
REJECTED_SHOWN = 100
FACTS_COMFORTABLE = 200_000
"""Bytes of facts and what derives from them, after which docket entries that end nothing go."""
FACTS_MOST = 300_000
"""Bytes of facts and what derives from them, after which nothing more is taken but findings,
corrections and rulings: a person has to look at such a case."""
FACTS_RESERVED = 30_000
MESSAGES_MOST = 3_500
CARRIED_MOST = 450_000
"""Bytes that a case carries into its next run or tells at once; the server takes 512 KiB."""
_TEXT_KEPT = 200


class CaseState(BaseModel):
    """One model, bounded: 256 KB at 100 charges and 1,000 messages."""

    facts: Facts = Facts()
    facts_size: int = 0
    seen: dict[str, str] = Field(default_factory=dict)
    messages: list[MessageView] = Field(default_factory=list)
    messages_total: int = 0
    rejected: list[RejectedView] = Field(default_factory=list)
    rejected_total: int = 0

    status: Status = "awaiting_booking"
    rule: Rule | None = None
    explanation: str = "The booking has not come yet."
    edition: str | None = None
    opened_at: datetime | None = None
    waiting_since: datetime | None = None
    review_since: datetime | None = None
    reminders: int = 0
    overdue: bool = False
    due: dict[str, datetime] = Field(default_factory=dict)

    asked_for: tuple[Subject, ...] = ()
    has_docket: bool = False
    intervals: Intervals = Intervals()
    flags_written: int = 0
    flag_status: FlagStatus | None = None
    shown: dict[str, str] = Field(default_factory=dict)

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look: a review, something rejected, something overdue."""
        return self.rejected_total > 0 or self.overdue or self.status == "needs_review"

    def repeats(self, message: Message) -> bool | None:
        """True: the same message came before. False: its id came with other content. None: new."""
        known = self.seen.get(_name(*message.key))
        return None if known is None else known == _content(message)

    def recall(self, case: CaseView, facts: Facts) -> None:
        """Take over what the case was made of before a person opened it again."""
        rulings = {ruling.decision.key: ruling for ruling in facts.rulings}
        for message in facts.messages:
            if self.repeats(message) is None:
                self.seen[_name(*message.key)] = _content(message)
                self.learn(rulings.get(message.key, message))
        # The class of a charge is what it was: the catalog may have grown since.
        placements = (*self.facts.placements, *facts.placements)
        self.facts = self.facts.model_copy(update={"placements": placements, "reopenings": facts.reopenings})
        known = {(told.sender, told.message_id) for told in case.messages}
        since = [told for told in self.messages if (told.sender, told.message_id) not in known]
        self.messages = [*case.messages, *since][-MESSAGES_SHOWN:]
        self.messages_total = case.messages_total + len(since)
        self.rejected = [*case.rejected, *self.rejected][-REJECTED_SHOWN:]
        self.rejected_total += case.rejected_total
        self.flag_status = case.flag_status

    @property
    def reopened(self) -> ReopenedView | None:
        """Who opened the case again last, if anybody did."""
        if not self.facts.reopenings:
            return None
        last = self.facts.reopenings[-1]
        return ReopenedView(by=last.by, reason=last.reason, reopened_at=last.reopened_at)

    def is_full(self, message: Message) -> bool:
        """Whether the case holds as much as it can carry."""
        last_words = isinstance(message, (SubjectFinding, Correction, ReviewDecision))
        most = FACTS_MOST + (FACTS_RESERVED if last_words else 0)
        many = len(self.seen) >= MESSAGES_MOST + (100 if last_words else 0)
        return many or self.facts_size + _size(_trimmed(message)) > most

    def record(self, message: Message, received_at: datetime, effect: str) -> None:
        """Take note of an accepted message."""
        self.seen[_name(*message.key)] = _content(message)
        self.messages_total += 1
        view = MessageView(
            message_id=message.message_id,
            sender=message.sender,
            type=type_of(message),
            received_at=received_at,
            effect=effect[:300],
        )
        self.messages = [*self.messages[1 - MESSAGES_SHOWN :], view]

    def learn(self, message: Message | Ruling) -> None:
        """Add a message to the facts, its long texts cut short."""
        told = message.decision if isinstance(message, Ruling) else message
        kept = _trimmed(told)
        size = _size(kept)
        passing = isinstance(told, CourtUpdate) and told.entry not in TURNS
        if passing and self.facts_size + size > FACTS_COMFORTABLE:
            return
        self.facts_size += size
        if isinstance(message, Ruling):
            kept = message.model_copy(update={"decision": kept})  # type: ignore[assignment]
        self.facts = self.facts.including(kept)

    def bounded(self) -> "CaseState":
        """This state, with fewer of its oldest entries where they are many and long."""
        state = self
        while (state.messages or state.rejected) and len(state.model_dump_json().encode()) > CARRIED_MOST:
            state = state.model_copy(
                update={"messages": _newer(state.messages), "rejected": _newer(state.rejected)}
            )
        return state

    def has_rejected(self, name: str, payload: str) -> bool:
        """Whether this very thing is among what did not fit."""
        return any((kept.name, kept.payload) == (name, payload) for kept in self.rejected)

    def reject(self, name: str, received_at: datetime, reason: str, payload: str) -> None:
        """Keep what does not fit, with the reason."""
        self.rejected_total += 1
        view = RejectedView(name=name[:128], received_at=received_at, reason=reason[:300], payload=payload)
        self.rejected = [*self.rejected[1 - REJECTED_SHOWN :], view]


def _size(message: Message) -> int:
    """Bytes of a message in the facts, with the places of its offenses and its charges in the view."""
    size = len(message.model_dump_json().encode())
    charges = message.charges if isinstance(message, Booking) else ()
    if isinstance(message, Amendment):
        charges = (message.charge,)
    size += sum(2 * len(charge.model_dump_json().encode()) + 200 for charge in charges)
    if isinstance(message, Conviction) and message.convicted_of is not None:
        size += len(message.convicted_of.model_dump_json().encode()) + 100
    return size


def _trimmed(message: Message) -> Message:
    """A message without what no rule reads: long texts are cut, descriptions go."""
    cut: dict[str, object] = {}
    if isinstance(message, CourtMessage):
        for field in ("court", "detail", "source", "reason"):
            text = getattr(message, field, None)
            if text is not None and len(text) > _TEXT_KEPT:
                cut[field] = text[:_TEXT_KEPT]
        charge = getattr(message, "charge", None)
        if charge is not None:
            cut["charge"] = charge.model_copy(update={"description": None})
    if isinstance(message, Booking):
        cut["charges"] = tuple(charge.model_copy(update={"description": None}) for charge in message.charges)
    return message.model_copy(update=cut) if cut else message


def _name(sender: str, message_id: str) -> str:
    return _short(f"{len(sender)}:{sender}{message_id}")


def _content(message: Message) -> str:
    """What a message says, as far as it is kept: one that is recalled years later must be the same."""
    return _short(type_of(message) + _trimmed(message).model_dump_json())


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def _newer(entries: list[Any]) -> list[Any]:
    return entries[(len(entries) + 1) // 2 :]
