"""The facts of a case: all that `policy.decide` looks at, and all that the registry keeps of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, Self, get_args

from pydantic import model_validator

from contracts.booking import Booking, Offense
from contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    ReviewDecision,
    SubjectFinding,
)
from contracts.fields import ChargeClass, Id, Inside, Model, Rule, Text
from contracts.history import History
from contracts.message import Message

CatalogSeverity = Literal["infraction", "misdemeanor", "felony", "wobbler"]
CATALOG_SEVERITIES = get_args(CatalogSeverity)
CLASSES = get_args(ChargeClass)


class PlacedOffense(Offense):
    """Where the catalog placed an offense when it was looked up: recorded, never recomputed.

    A word that only a newer release knows leaves the offense to a person.
    """

    charge_class: ChargeClass
    severity: CatalogSeverity | None = None

    @model_validator(mode="before")
    @classmethod
    def _known_words(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        severity = data.get("severity")
        known = data.get("charge_class") in CLASSES and (severity is None or severity in CATALOG_SEVERITIES)
        # A severity alone may not be dropped: the rules would take the reported one for it.
        return data if known else data | {"charge_class": "unclassified", "severity": None}


class Question(Model):
    """What a person is asked: which rule asks, about which charge, on what grounds.

    `about` names the offense, the dispositions or the unclear points, so that new
    evidence makes another question.
    """

    rule: Rule
    charge_id: str | None = None
    about: str


class Ruling(Model):
    """A review decision, bound to the question that stood when it arrived."""

    decision: ReviewDecision
    question: Question


class Reopening(Model):
    """A person opened an ended case again. `set_aside` names what had ended its charges until then,
    by what was said: that ends them no more, whoever says it again."""

    by: Id
    reason: Text
    reopened_at: datetime
    set_aside: tuple[str, ...] = ()


class Facts(Inside):
    """Accepted messages by type, the history, and the classes of all offenses that they name.

    `history` is null until `check_history` answered. `us_citizen` tells of a finding that the
    registry holds under one of the subject's ids. `unasked` are rulings that answered no question
    when they arrived: they bind nothing, whenever they come again.
    """

    bookings: tuple[Booking, ...] = ()
    convictions: tuple[Conviction, ...] = ()
    dismissals: tuple[Dismissal, ...] = ()
    court_updates: tuple[CourtUpdate, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    findings: tuple[SubjectFinding, ...] = ()
    corrections: tuple[Correction, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    unasked: tuple[ReviewDecision, ...] = ()
    history: History | None = None
    us_citizen: bool = False
    placements: tuple[PlacedOffense, ...] = ()
    reopenings: tuple[Reopening, ...] = ()

    @property
    def messages(self) -> Iterator[Message]:
        """Every accepted message, rulings as they were sent."""
        yield from self.bookings
        yield from self.convictions
        yield from self.dismissals
        yield from self.court_updates
        yield from self.amendments
        yield from self.findings
        yield from self.corrections
        yield from (ruling.decision for ruling in self.rulings)
        yield from self.unasked

    def including(self, message: Message | Ruling) -> Self:
        """These facts and one more message."""
        name = _FIELDS[type(message)]
        return self.model_copy(update={name: (*getattr(self, name), message)})


_FIELDS: dict[type, str] = {
    Booking: "bookings",
    Conviction: "convictions",
    Dismissal: "dismissals",
    CourtUpdate: "court_updates",
    Amendment: "amendments",
    SubjectFinding: "findings",
    Correction: "corrections",
    Ruling: "rulings",
    ReviewDecision: "unasked",
}
