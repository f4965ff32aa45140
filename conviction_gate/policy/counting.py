"""Which messages count: those that no correction undid and no reopening set aside."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.fields import FindingKind
from conviction_gate.contracts.internal.facts import Facts, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.policy.content import content_key, digest

M = TypeVar("M", bound=Message)

Answers = Mapping[tuple[str | None, str], Ruling]
"""The ruling that answers a question, by the question's charge id and `about`."""


class CountedMessages:
    """The messages of one case that count, and what the findings and rulings among them say."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def counted(self, messages: Iterable[M]) -> Iterable[M]:
        """Those of these messages that count."""
        if not self._undone and not self._set_aside:
            return messages
        return (message for message in messages if self._counts(message))

    def _counts(self, message: Message) -> bool:
        key = content_key(message)
        return key not in self._undone and digest([key]) not in self._set_aside

    @cached_property
    def _undone(self) -> frozenset[str]:
        """The content of corrected messages. A correction names an id; it undoes what that message says."""
        if not self._facts.corrections:
            return frozenset()
        by_id: dict[str, list[Message]] = defaultdict(list)
        for message in self._facts.messages:
            if not isinstance(message, Booking | Correction):
                by_id[message.message_id].append(message)
        undone: set[str] = set()
        for correction in self._facts.corrections:
            named = by_id.get(correction.corrects, [])
            sender = correction.corrects_sender
            if sender is None:
                own = [message for message in named if message.sender == correction.sender]
                named = own or named
            else:
                named = [message for message in named if message.sender == sender]
            undone.update(content_key(message) for message in named)
        return frozenset(undone)

    @cached_property
    def _set_aside(self) -> frozenset[str]:
        """What had ended charges until a person reopened the case."""
        return frozenset(key for reopening in self._facts.reopenings for key in reopening.set_aside)

    @cached_property
    def findings(self) -> dict[FindingKind, tuple[str, ...]]:
        """Findings about the subject that count, with the ids of the messages that report them."""
        found: dict[FindingKind, tuple[str, ...]] = defaultdict(tuple)
        for finding in self.counted(self._facts.findings):
            found[finding.finding] += (finding.message_id,)
        for correction in self._facts.corrections:
            match correction.ground:
                case "us_citizen" | "misidentified" | "deceased" as ground:
                    found[ground] += (correction.message_id,)
                case "clerical_error" | "vacated":
                    pass
        history = self._facts.history
        if self._facts.us_citizen or (history is not None and history.us_citizen):
            found["us_citizen"] += ()
        return dict(found)

    @cached_property
    def rulings(self) -> tuple[Ruling, ...]:
        """Rulings that count, each already bound to its question."""
        return tuple(ruling for ruling in self._facts.rulings if [*self.counted([ruling.decision])])

    @cached_property
    def answers(self) -> Answers:
        """For each question the latest ruling on it."""
        if not self._facts.rulings:
            return {}
        by_date = sorted(
            self.rulings, key=lambda r: (r.decision.decided_on, content_key(r.decision), r.decision.key)
        )
        return {(ruling.question.charge_id, ruling.question.about): ruling for ruling in by_date}
