"""What courts, prosecutors, identity desks and reviewers send (contract, "Signals")."""

import re
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    ModelWrapValidatorHandler,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    model_validator,
)

from conviction_gate.contracts.booking import Booking, Charge, Offense, Subject
from conviction_gate.contracts.fields import ChargeClass, Date, FindingKind, Id, SenderName, Severity, Text
from conviction_gate.contracts.message import Message

Disposition = Literal[
    "dismissed",
    "dismissed_without_prejudice",
    "acquitted",
    "nolle_prosequi",
    "declined",
    "not_charged",
    "diversion_completed",
    "vacated",
    "merged",
]
Entry = Literal[
    "continuance",
    "failure_to_appear",
    "warrant_issued",
    "transferred",
    "dismissed_with_leave",
    "reinstated",
    "diversion_started",
    "deferred_with_plea",
    "adjudication_withheld",
    "court_supervision",
    "probation_before_judgment",
    "continued_without_finding",
    "suspended_imposition",
    "prayer_for_judgment_continued",
    "bail_forfeited",
    "juvenile_adjudicated",
    "juvenile_transfer",
    "pardoned",
    "appeal_filed",
    "appeal_affirmed",
    "appeal_reversed",
    "appeal_withdrawn",
    "appeal_de_novo",
    "appeal_ended",
    "other",
]
ENTRIES: frozenset[str] = frozenset(get_args(Entry))
_ANY_WORD: dict[str, Any] = {
    "type": "string",
    "maxLength": 2000,
    "examples": sorted(ENTRIES),
    "description": "One of the examples; any other word is kept as `other`, with its text.",
}
Ground = Literal["clerical_error", "vacated", "us_citizen", "misidentified", "deceased"]
RulingWord = Literal[ChargeClass, "conviction", "not_conviction", "history_clean", "history_not_clean"]


def _folded(word: object) -> object:
    """A court's word as the contract spells it: "APPEAL FILED" is `appeal_filed`."""
    return re.sub(r"[\s_-]+", "_", word.strip()).lower() if isinstance(word, str) else word


class CourtMessage(Message):
    """Optional everywhere: which court, under which docket."""

    court: Text | None = None
    docket_number: Id | None = None


class Conviction(CourtMessage):
    """A finding or plea of guilt. What counts is the offense and the severity of conviction."""

    charge_id: Id
    decided_on: Date
    severity: Severity | None = None
    convicted_of: Offense | None = None


class Dismissal(CourtMessage):
    """An end without a conviction; `charge_id` null: of every charge of the arrest."""

    charge_id: Id | None = None
    decided_on: Date
    disposition: Annotated[Disposition, BeforeValidator(_folded)]


class CourtUpdate(CourtMessage):
    """A docket entry that ends nothing. A word nobody knows is kept as `other`, with its text."""

    charge_id: Id | None = None
    occurred_on: Date
    entry: Annotated[Entry, WithJsonSchema(_ANY_WORD, mode="validation")]
    detail: Text | None = None
    _unknown_entry: str | None = PrivateAttr(default=None)

    @property
    def unknown_entry(self) -> str | None:
        """The sender's own word, where nobody knows it; only on the message as it was read from its sender."""
        return self._unknown_entry

    @model_validator(mode="wrap")
    @classmethod
    def _unknown_word_is_other(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, dict) or not isinstance(data.get("entry"), str):
            return read(data)
        word, detail = data["entry"], data.get("detail")
        if (known := _folded(word)) in ENTRIES:
            return read(data | {"entry": known})
        if len(word) > 2000:
            raise ValueError("entry: longer than 2,000 characters; shorten it")
        if isinstance(detail, str) and len(detail) <= 2000:
            update = read(data | {"entry": "other", "detail": f"{word}: {detail}"[:2000]})
        else:
            update = read(data | {"entry": "other", "detail": word if detail is None else detail})
        update._unknown_entry = word
        return update


class Amendment(CourtMessage):
    """A charge filed, added or changed; it opens that charge again after an older disposition."""

    filed_on: Date
    charge: Charge


class SubjectFinding(CourtMessage):
    """Something about the subject that ends the case without a flag."""

    finding: FindingKind
    found_on: Date
    source: Text


class RecordUpdate(CourtMessage):
    """The subject's criminal history changed: the case asks for it again."""

    reported_on: Date
    subject: Subject | None = None
    detail: Text | None = None


_NAMED_BY: Final = {
    "booking": "booked_at",
    "dismissal": "disposition",
    "court_update": "occurred_on",
    "amendment": "filed_on",
    "subject_finding": "found_on",
    "conviction": "decided_on",
}
"""A field that only the messages of one type have, the first that is there; a conviction has no other."""


def _type_of_replacement(value: Any) -> str | None:
    """A replacement may name its `type`; else its fields tell. None: it is none of those messages."""
    if isinstance(value, Message):
        return next(name for name, model in _REPLACEMENTS.items() if type(value) is model)
    if not isinstance(value, dict) or "ruling" in value:
        return None
    named = value.get("type")
    if named is not None:
        return named if named in _NAMED_BY else None
    return next((name for name, field in _NAMED_BY.items() if field in value), None)


Replacement = Annotated[
    Annotated[Booking, Tag("booking")]
    | Annotated[Conviction, Tag("conviction")]
    | Annotated[Dismissal, Tag("dismissal")]
    | Annotated[CourtUpdate, Tag("court_update")]
    | Annotated[Amendment, Tag("amendment")]
    | Annotated[SubjectFinding, Tag("subject_finding")],
    Discriminator(
        _type_of_replacement,
        custom_error_type="no_replacement",
        custom_error_message="no message that can replace another; send the whole message that should have "
        "come, of the same type as the one that it corrects",
    ),
]
_REPLACEMENTS: Final[dict[str, type[Message]]] = {
    "booking": Booking,
    "conviction": Conviction,
    "dismissal": Dismissal,
    "court_update": CourtUpdate,
    "amendment": Amendment,
    "subject_finding": SubjectFinding,
}


class Correction(CourtMessage):
    """The message named by `corrects` was wrong, and so is every message that says the same.

    `replacement`: what should have come instead, of the same type, under a `message_id` of its own; it is
    from the sender of the correction unless it names another one.
    """

    corrects: Id
    corrects_sender: SenderName | None = None
    ground: Ground
    corrected_on: Date
    detail: Text | None = None
    replacement: Replacement | None = None

    @property
    def unknown_entry(self) -> str | None:
        """That of its replacement; see `CourtUpdate`."""
        return self.replacement.unknown_entry if isinstance(self.replacement, CourtUpdate) else None

    @model_validator(mode="before")
    @classmethod
    def _replaced_by_its_sender(cls, data: Any) -> Any:
        replacement = data.get("replacement") if isinstance(data, dict) else None
        if isinstance(replacement, dict) and not replacement.get("sender") and "sender" in data:
            return data | {"replacement": replacement | {"sender": data["sender"]}}
        return data

    @model_validator(mode="after")
    def _replacement_is_another_message(self) -> Self:
        replacement = self.replacement
        if replacement is not None and replacement.message_id in (self.message_id, self.corrects):
            raise ValueError(
                "replacement.message_id: the id of the correction, or of what it corrects; give it its own"
            )
        return self


class ReviewDecision(CourtMessage):
    """A person's answer to the question that stands when it arrives."""

    charge_id: Id | None = None
    ruling: RulingWord
    reviewer: Id
    reason: Text
    decided_on: Date
