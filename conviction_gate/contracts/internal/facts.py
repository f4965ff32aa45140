"""The facts of a case: all that `policy.decide` reads, and what the registry stores of a case."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, Self, get_args

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from conviction_gate.contracts.booking import Booking, Offense
from conviction_gate.contracts.court import (
    ENTRIES,
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    RecordUpdate,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.fields import ChargeClass, Date, Id, InternalModel, Model, RuleName, Text
from conviction_gate.contracts.history import History
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import SIGNALS, type_of

CatalogSeverity = Literal["infraction", "misdemeanor", "felony", "wobbler"]


class OffenseOfRecord(Offense):
    """An offense that the criminal history names. `days`: those of its entries, on which it is classified;
    null: the day of the booking, for an entry without one. Required, to tell it from an `Offense` in JSON."""

    days: tuple[Date | None, ...] = Field(strict=False)


class ClassifiedOffense(Offense):
    """An offense and its class in the catalog when it was looked up: recorded, never recomputed.

    `of_record`: on the days of the history's entries, and so apart from the same offense of a charge.
    """

    charge_class: ChargeClass
    severity: CatalogSeverity | None = None
    of_record: bool = False


class Question(Model):
    """What a person is asked: which rule asks, about which charge, on what grounds.

    `about` names the offense, the dispositions or the unclear points, so that new evidence is a new
    question.
    """

    rule: RuleName
    charge_id: str | None = None
    about: str


class Ruling(Model):
    """A review decision, bound to the question that was open when it arrived."""

    decision: ReviewDecision
    question: Question


class Reopening(Model):
    """A person reopened an ended case. `set_aside`: digests of the messages that had ended its charges,
    which they no longer do, whoever sends the same again."""

    by: Id
    reason: Text
    reopened_at: datetime
    set_aside: tuple[str, ...] = ()


class Facts(InternalModel):
    """Accepted messages by type, the history, and the classes of all offenses that they name.

    `history` is null until `check_history` answered. `us_citizen` tells of a finding that the
    registry holds under one of the subject's ids. `unasked` are rulings that answered no question
    when they arrived: they bind nothing, whenever they come again. `from_docket`: which messages (by
    `full_id`) a docket check brought; `by_door`: of which the door has proved who sent them.

    An entry that only a newer release can read is kept unread, and written back in its field. The rules do
    not see it, and decide nothing while there is one (`is_whole`).
    """

    bookings: tuple[Booking, ...] = ()
    convictions: tuple[Conviction, ...] = ()
    dismissals: tuple[Dismissal, ...] = ()
    court_updates: tuple[CourtUpdate, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    findings: tuple[SubjectFinding, ...] = ()
    corrections: tuple[Correction, ...] = ()
    record_updates: tuple[RecordUpdate, ...] = ()
    from_docket: tuple[str, ...] = ()
    by_door: tuple[str, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    unasked: tuple[ReviewDecision, ...] = ()
    history: History | None = None
    us_citizen: bool = False
    placements: tuple[ClassifiedOffense, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    _unread: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether all entries could be read."""
        return not (self.__pydantic_private__ or {}).get(
            "_unread"
        )  # the rules ask often, so not through pydantic's look-up of private attributes

    @model_validator(mode="wrap")
    @classmethod
    def _keep_unread_entries(
        cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        if info.mode != "json" or not isinstance(data, dict):
            return read(data)
        try:
            if all(map(_is_known, data.get("court_updates", ()))):
                return read(data)
        except ValidationError:
            pass
        readable, unread = data.copy(), {}
        for name, entries in _ENTRIES.items():
            if unreadable := [entry for entry in data.get(name, ()) if not _can_read(entries, entry)]:
                unread[name] = unreadable
                readable[name] = [entry for entry in data[name] if entry not in unreadable]
        if not _can_read(_HISTORY, data.get("history")):
            unread["history"] = readable.pop("history")
        facts = read(readable)
        facts._unread = unread
        return facts

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = super()._without_defaults(handler)
        for name, unread in self._unread.items():
            written[name] = [*written.get(name, ()), *unread] if name in _ENTRIES else unread
        return written

    @property
    def messages(self) -> Iterator[Message]:
        """Every accepted message, rulings as they were sent."""
        for name in _MESSAGES:
            for entry in getattr(self, name):
                yield entry.decision if isinstance(entry, Ruling) else entry

    @property
    def replacements(self) -> Iterator[Message]:
        """What corrections put in the place of messages."""
        return (c.replacement for c in self.corrections if c.replacement is not None)

    def including(self, message: Message | Ruling) -> Self:
        """These facts and one more message."""
        name = "rulings" if isinstance(message, Ruling) else SIGNALS[type_of(message)].facts_field
        return self.model_copy(update={name: (*getattr(self, name), message)})


_MESSAGES: Final = [
    name
    for name in Facts.model_fields
    if name == "rulings" or name in {signal.facts_field for signal in SIGNALS.values()}
]
_HISTORY: Final = TypeAdapter[Any](History | None)
_ENTRIES: Final[dict[str, TypeAdapter[Any]]] = {
    name: TypeAdapter(get_args(field.annotation)[0])
    for name, field in Facts.model_fields.items()
    if name not in ("history", "us_citizen")
}


def _can_read(kind: TypeAdapter[Any], written: Any) -> bool:
    try:
        read = kind.validate_json(json.dumps(written))
    except ValidationError:
        return False
    return not isinstance(read, CourtUpdate) or _is_known(written)


def _is_known(update: dict[str, Any]) -> bool:
    """Whether this release knows the entry: an unknown word of a sender was stored as `other`."""
    return update.get("entry") in ENTRIES
