"""The subject's criminal history as the rules read it: what counts, and what only a person can settle."""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Final, Literal, NamedTuple

from conviction_gate.contracts.fields import ChargeClass
from conviction_gate.contracts.history import PRIORITY_KINDS, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import Facts, Question
from conviction_gate.policy.classification import Classifier
from conviction_gate.policy.content import content_key, digest
from conviction_gate.policy.counting import CountedMessages

_WARRANT: Final = "outstanding_criminal_warrant"

Doubt = Literal[
    "unknown",
    "ids",
    "size",
    "finding",
    "expunged",
    "deferral",
    "outcome",
    "severity",
    "date",
    "between",
    "juvenile",
    "no_other_crime",
    "offense",
    "priority_kind",
    "priority_record",
    "warrant",
]

DOUBTS: Final[dict[Doubt, str]] = {
    "unknown": "nobody knows it yet",
    "ids": "the person's ids lead to different records",
    "size": "it is too long to be read by a machine",
    "finding": "a finding about the person corrects a message that never came",
    "expunged": "an expunged conviction",
    "deferral": "a plea with the judgment put off",
    "outcome": "an entry whose outcome is not known",
    "severity": "it does not say if a conviction was for a crime",
    "date": "a conviction of unknown date",
    "between": "a conviction dated between two bookings of this arrest",
    "juvenile": "a conviction of a juvenile",
    "no_other_crime": "an earlier conviction for minor traffic or for not coming to court",
    "offense": "an offense on it was not looked up yet",
    "priority_kind": "a priority of a kind that the policy does not name",
    "priority_record": "a priority without a record",
    "warrant": "a warrant that may be for traffic, or does not say what it is for",
}


_DOUBT_BY_WORD: Final[dict[str, Doubt]] = {
    "expunged": "expunged",
    "deferred_with_plea": "deferral",
    "unknown": "outcome",
}
# The sources speak of "other crimes": of these a person says whether they count.
_DOUBT_BY_CLASS: Final[dict[ChargeClass | None, Doubt]] = {
    None: "offense",
    "minor_traffic": "no_other_crime",
    "reckless_no_injury": "no_other_crime",
    "court_process": "no_other_crime",
}


class Point(NamedTuple):
    """What is not clear about a record, and on which entries.

    A ruling is bound to both, so the name of a doubt never changes; only its explanation may.
    """

    doubt: Doubt
    entries: str = ""


class CriminalRecord:
    """The history of the subject, as of this arrest; a disputed one counts for nobody."""

    def __init__(self, facts: Facts, messages: CountedMessages, classifier: Classifier) -> None:
        self._facts = facts
        self._messages = messages
        self._classifier = classifier

    @property
    def is_disputed(self) -> bool:
        """Whether the ids of the bookings lead to different people, as far as anybody can tell.

        Either they lead to different rows; or the bookings name different ids of one kind, and something
        stands under any of them: a typo in a booking that is sent again must not flag, and not clear.
        """
        history = self._facts.history
        if history is None:
            return False
        if history.conflicting:
            return True
        if not (history.records or history.priorities or history.too_large or self._says_us_citizen):
            return False
        return any(len(ids) > 1 for ids in self._messages.ids.values())

    @property
    def is_us_citizen(self) -> bool:
        """Whether the record, or an earlier case of the same person, says so."""
        return self._says_us_citizen and not self.is_disputed

    @property
    def _says_us_citizen(self) -> bool:
        history = self._facts.history
        return self._facts.us_citizen or (history is not None and history.us_citizen)

    @property
    def has_prior_conviction(self) -> bool:
        """Whether the person was convicted of another crime before this arrest (rule 5)."""
        return any(map(self._is_prior_conviction, self._records))

    @property
    def priority(self) -> str | None:
        """The kind of a priority that has a record behind it (rule 6)."""
        return next((one.kind for one in self._priorities if self._is_ground(one)), None)

    @property
    def may_hold_a_ground(self) -> bool:
        """Whether anything on it may be a ground for a flag, under whichever of the ids it stands.

        Where nothing is, a person who says that the record is not clean speaks of no crime.
        """
        history = self._facts.history
        if history is None:
            return False
        return (
            history.too_large
            or any(self._is_prior_conviction(one) or self._record_doubt(one) for one in history.records)
            or any(self._is_ground(one) or self._priority_doubt(one) for one in history.priorities)
        )

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """What the rules do not settle (rule 7)."""
        history = self._facts.history
        if history is None:
            return (Point("unknown"),)
        points = [*self._unclear_records(), *self._unclear_priorities()]
        points += [Point("finding", content_key(one)) for one in self._messages.baseless_findings]
        if history.too_large:
            points.append(Point("size", history.left_out))
        if self.is_disputed:
            rows = sorted(entry.model_dump_json() for entry in (*history.records, *history.priorities))
            ids = sorted(str(sorted(subject.ids.items())) for subject in self._messages.subjects)
            points.append(Point("ids", "".join((*rows, *ids, str(self._says_us_citizen)))))
        return tuple(sorted(set(points)))

    @property
    def question(self) -> Question:
        """What a person is asked about the points that are not clear."""
        about = digest([f"{point.doubt}; {point.entries}" for point in self.points])
        return Question(rule="review.unclear_history", about=about)

    def _unclear_records(self) -> Iterator[Point]:
        for record in self._facts.history.records if self._facts.history else ():
            doubt = self._record_doubt(record)
            if doubt is not None:
                yield Point(doubt, record.model_dump_json())

    def _unclear_priorities(self) -> Iterator[Point]:
        for priority in self._facts.history.priorities if self._facts.history else ():
            doubt = self._priority_doubt(priority)
            if doubt is not None:
                yield Point(doubt, priority.model_dump_json())

    def _record_doubt(self, record: HistoryRecord) -> Doubt | None:
        first, last = self._booked_on
        decided_on = record.decided_on
        if decided_on is not None and decided_on >= last:  # whatever it is, it was not before the arrest
            return None
        if record.disposition != "convicted":
            return _DOUBT_BY_WORD.get(record.disposition)
        if record.severity == "infraction":
            return None
        if record.juvenile:
            return "juvenile"
        if record.severity is None:
            return "severity"
        if decided_on is None:
            return "date"
        return "between" if decided_on >= first else _DOUBT_BY_CLASS.get(self._class_of(record))

    def _priority_doubt(self, priority: Priority) -> Doubt | None:
        if priority.kind == "unlawful_presence":  # alone it is no priority
            return None
        if priority.kind not in PRIORITY_KINDS:
            return "priority_kind"
        if priority.record_id is None:
            return "priority_record"
        if priority.kind == _WARRANT and self._warrant(priority) == "unclear":
            return "warrant"
        return None

    def _warrant(self, warrant: Priority) -> Literal["other_crime", "same_matter", "unclear"]:
        """What a warrant is for. A capias on a ticket is no ground of its own."""
        match self._class_of(warrant):
            case "court_process":
                return "same_matter"
            case None | "unclassified" | "minor_traffic" | "reckless_no_injury":
                return "unclear"
            case _:
                return "other_crime"

    def _class_of(self, entry: HistoryRecord | Priority) -> ChargeClass | None:
        """What the catalog says of an entry's offense; None where it has not been looked up."""
        if entry.scheme is None or entry.code is None:
            return "unclassified"
        return self._classifier.class_by_law(entry.scheme, entry.code, of_record=True)

    def _is_prior_conviction(self, record: HistoryRecord) -> bool:
        return (
            record.disposition == "convicted"
            and record.severity in ("misdemeanor", "felony")
            and not record.juvenile
            and record.decided_on is not None
            and record.decided_on < self._booked_on[0]
            and self._class_of(record) not in _DOUBT_BY_CLASS
        )

    def _is_ground(self, priority: Priority) -> bool:
        is_coded = priority.kind in PRIORITY_KINDS and priority.record_id is not None
        return is_coded and (priority.kind != _WARRANT or self._warrant(priority) == "other_crime")

    @property
    def _records(self) -> tuple[HistoryRecord, ...]:
        history = self._facts.history
        return () if history is None or self.is_disputed else history.records

    @property
    def _priorities(self) -> tuple[Priority, ...]:
        history = self._facts.history
        return () if history is None or self.is_disputed else history.priorities

    @cached_property
    def _booked_on(self) -> tuple[date, date]:
        """The days of the earliest and the latest booking: nobody can say which of two is the typo."""
        days = [booking.booked_at.date() for booking in self._messages.bookings]
        return min(days), max(days)
