"""Criminal history, as its sources answer (contract, "Criminal history").

It is read leniently: an unknown word becomes `unknown`, and the rules leave it to a person.
"""

from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.fields import Date, Id, InternalModel, Model, Severity, Text

DISPOSITIONS: frozenset[str] = frozenset(
    {
        "convicted",
        "infraction_found",
        "dismissed",
        "acquitted",
        "adjudicated",
        "vacated",
        "expunged",
        "deferred_with_plea",
        "pending",
        "unknown",
    }
)
SEVERITIES = (None, *get_args(Severity))
PRIORITY_KINDS: frozenset[str] = frozenset(
    {
        "reentrant_after_removal",
        "final_order_fugitive",
        "national_security",
        "gang",
        "outstanding_criminal_warrant",
        "immigration_fraud",
    }
)

YesOrNo = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
"""Null is no."""


class HistoryRecord(Model):
    """One entry of a rap sheet. A disposition outside `DISPOSITIONS` is `unknown`."""

    scheme: Id | None = None
    code: Id | None = None
    disposition: str = Field("unknown", examples=sorted(DISPOSITIONS))
    severity: Severity | None = None
    decided_on: Date | None = None
    juvenile: YesOrNo = False

    @field_validator("disposition", mode="before")
    @classmethod
    def _known_word(cls, word: Any) -> Any:
        return word if isinstance(word, str) and word in DISPOSITIONS else "unknown"

    @field_validator("severity", mode="before")
    @classmethod
    def _known_severity(cls, word: Any) -> Any:
        return word if word in SEVERITIES else None


class Priority(Model):
    """A coded enforcement priority. One without a record id, or of unknown kind, is unclear; so is an
    `outstanding_criminal_warrant` that does not name its offense (`scheme`, `code`)."""

    kind: Text
    record_id: Id | None = None
    recorded_on: Date | None = None
    scheme: Id | None = None
    code: Id | None = None


class HistoryAnswer(Model):
    """What a history source holds for one set of ids. Absent lists are empty ones."""

    subject: Subject
    records: tuple[HistoryRecord, ...] = Field(default=(), max_length=1000)
    priorities: tuple[Priority, ...] = Field(default=(), max_length=100)
    us_citizen: YesOrNo = False

    @field_validator("records", "priorities", mode="before")
    @classmethod
    def _null_is_empty(cls, value: Any) -> Any:
        return () if value is None else value


class History(InternalModel):
    """All that is known of the subject's past, under every id that was asked for.

    `conflicting`: the ids led to different rows, so that nobody can say whose record it is. `too_large`: it
    is more than a case carries, so that records and priorities are left out here and a person reads them;
    `left_out`: a digest of them, so that another record is another question.
    """

    records: tuple[HistoryRecord, ...] = ()
    priorities: tuple[Priority, ...] = ()
    us_citizen: bool = False
    conflicting: bool = False
    too_large: bool = False
    left_out: str = ""

    @model_validator(mode="before")
    @classmethod
    def _holds_known_words(cls, data: Any, info: ValidationInfo) -> Any:
        """Unlike a source's answer, this was validated before: an unknown word is a newer release's."""
        if info.mode == "json" and isinstance(data, dict):
            for record in data.get("records", ()):
                known = record.get("disposition", "unknown") in DISPOSITIONS
                if not known or record.get("severity") not in SEVERITIES:
                    raise ValueError("a word of a record that only a newer release knows")
        return data
