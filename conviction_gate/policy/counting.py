"""Which messages count: those that no correction undid and no reopening set aside.

A correction names one message by its id, and undoes it and its copies (policy: "what falls together"). The
replacement that it may carry counts as if it had come by itself, whatever it repeats.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final, TypeVar

from conviction_gate.contracts.booking import Booking, Subject
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtMessage,
    CourtUpdate,
    Dismissal,
    SubjectFinding,
)
from conviction_gate.contracts.fields import FindingKind
from conviction_gate.contracts.internal.facts import Facts, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.policy.content import content_key, digest

M = TypeVar("M", bound=Message)
Key = tuple[str, str]

Answers = Mapping[tuple[str | None, str], Ruling]
"""The ruling that answers a question, by the question's charge id and `about`."""

_FINDINGS: Final[tuple[FindingKind, ...]] = ("us_citizen", "misidentified", "deceased")


def named_by(correction: Correction, messages: Iterable[Message]) -> list[Message]:
    """The messages of that id which a correction names: where it names no sender, its own sender's; and
    where there is none, anybody's."""
    of_that_id = [message for message in messages if message.message_id == correction.corrects]
    sender = correction.sender if correction.corrects_sender is None else correction.corrects_sender
    named = [message for message in of_that_id if message.sender == sender]
    return named or (of_that_id if correction.corrects_sender is None else [])


class CountedMessages:
    """The messages of one case that count, and what the findings and rulings among them say."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.bookings = self._counted(Booking, facts.bookings)
        self.convictions = self._counted(Conviction, facts.convictions)
        self.dismissals = self._counted(Dismissal, facts.dismissals)
        self.court_updates = self._counted(CourtUpdate, facts.court_updates)
        self.amendments = self._counted(Amendment, facts.amendments)
        self.answers = self._answers() if facts.rulings else {}
        """For each question the latest ruling on it."""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The different sets of ids under which the person was booked."""
        return tuple(dict.fromkeys(booking.subject for booking in self.bookings))

    @property
    def ids(self) -> dict[str, set[str]]:
        """Each kind of id with its values: two of one kind may be two people, or a typo."""
        ids: dict[str, set[str]] = defaultdict(set)
        for booking in self.bookings:
            for kind, value in booking.subject.ids.items():
                ids[kind].add(value)
        return ids

    @property
    def findings(self) -> dict[FindingKind, tuple[str, ...]]:
        """Findings about the subject that count, with the ids of the messages that report them."""
        found: dict[FindingKind, tuple[str, ...]] = defaultdict(tuple)
        for finding in self._counted(SubjectFinding, self._facts.findings):
            found[finding.finding] += (finding.message_id,)
        for correction in self._facts.corrections:
            if correction.ground in _FINDINGS and self._names_a_message(correction):
                found[correction.ground] += (correction.message_id,)
        return dict(found)

    @property
    def baseless_findings(self) -> tuple[Correction, ...]:
        """Corrections that report a finding, and correct a message that nobody sent: a person looks at them."""
        return tuple(
            correction
            for correction in self._facts.corrections
            if correction.ground in _FINDINGS and not self._names_a_message(correction)
        )

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """Rulings that count, each already bound to its question."""
        return tuple(ruling for ruling in self._facts.rulings if self.counts(ruling.decision))

    def _answers(self) -> Answers:
        by_date = sorted(
            self.rulings, key=lambda r: (r.decision.decided_on, content_key(r.decision), r.decision.key)
        )
        return {(ruling.question.charge_id, ruling.question.about): ruling for ruling in by_date}

    def counts(self, message: Message) -> bool:
        """Whether a message of the case counts."""
        if message.key in self.undone_by:
            return False
        return not self._set_aside or digest([content_key(message)]) not in self._set_aside

    @cached_property
    def undone_by(self) -> dict[Key, str]:
        """The corrected messages and their copies, each with the id of a correction that undid it."""
        facts = self._facts
        if not facts.corrections:
            return {}
        by_id: dict[str, list[Message]] = defaultdict(list)
        by_content: dict[str, list[Message]] = defaultdict(list)
        for message in (*facts.messages, *self._replacements.values()):
            if not isinstance(message, Correction):
                by_id[message.message_id].append(message)
                by_content[content_key(message)].append(message)
        undone: dict[Key, str] = {}
        for correction in facts.corrections:
            for message in self._corrected(correction, by_id.get(correction.corrects, ())):
                undone[message.key] = correction.message_id
                for other in by_content[content_key(message)]:
                    if other.key not in self._replacements and self._is_copy(other, message):
                        undone.setdefault(other.key, correction.message_id)
        return undone

    @staticmethod
    def _corrected(correction: Correction, messages: Iterable[Message]) -> list[Message]:
        """Which messages a correction undoes; a booking only of its own sender and as a clerical error."""
        may_undo_bookings = correction.ground == "clerical_error"
        return [
            message
            for message in named_by(correction, messages)
            if not isinstance(message, Booking) or (may_undo_bookings and message.sender == correction.sender)
        ]

    def _is_copy(self, other: Message, message: Message) -> bool:
        """Whether a message of the same content falls with the corrected one.

        A conviction does whoever sent it, everything else where its own sender or the docket repeats it; not
        where they name different courts or dockets.
        """
        if isinstance(message, CourtMessage) and isinstance(other, CourtMessage):
            for one, two in (
                (message.court, other.court),
                (message.docket_number, other.docket_number),
            ):
                if one is not None and two is not None and one != two:
                    return False
        if isinstance(message, Conviction) or other.sender == message.sender:
            return True
        return other.full_id in self._facts.from_docket

    def _names_a_message(self, correction: Correction) -> bool:
        messages = (*self._facts.messages, *self._replacements.values())
        return bool(named_by(correction, (one for one in messages if one.key != correction.key)))

    def _counted(self, kind: type[M], sent: tuple[M, ...]) -> tuple[M, ...]:
        facts = self._facts
        if not facts.corrections and not facts.reopenings:
            return sent
        known = {message.key for message in sent}
        replacements = [
            message
            for message in self._replacements.values()
            if isinstance(message, kind) and message.key not in known
        ]
        return tuple(message for message in (*sent, *replacements) if self.counts(message))

    @cached_property
    def _replacements(self) -> dict[Key, Message]:
        """What corrections put in the place of messages."""
        return {message.key: message for message in self._facts.replacements}

    @cached_property
    def _set_aside(self) -> frozenset[str]:
        """What had ended charges until a person reopened the case."""
        return frozenset(key for reopening in self._facts.reopenings for key in reopening.set_aside)
