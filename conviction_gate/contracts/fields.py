"""Field types shared by all messages, and the base of every model.

Ids hold 1 to 128 characters, texts at most 2,000. Dates are `YYYY-MM-DD`; times are RFC 3339 and
carry an offset. Validation is strict: a number is never read as text, nor a text as a truth value.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)
from pydantic_core import CoreSchema, core_schema

from conviction_gate.contracts.names import ORI_PATTERN, TRACKING_NUMBER_PATTERN

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})", re.ASCII)


# These two run before the parsing and check the form alone. Otherwise pydantic would read a number as
# seconds since 1970, and guess at a date with a time, or a time without an offset.
def _check_date_form(value: object) -> object:
    written = isinstance(value, str) and _DATE.fullmatch(value)
    if not written and type(value) is not date:
        raise ValueError("not a date; write YYYY-MM-DD")
    return value


def _check_time_form(value: object) -> object:
    written = isinstance(value, str) and _TIME.fullmatch(value)
    if not written and not isinstance(value, datetime):
        raise ValueError("not a time with an offset; write it as in 2012-05-04T02:15:00-07:00")
    return value


def _null_is_empty(value: object) -> object:
    return "" if value is None else value


def _refuse_white_space(value: str) -> str:
    # The pattern's \s misses four separators that str.isspace knows; ids of cases refuse those too.
    if any(sign.isspace() for sign in value):
        raise ValueError("contains white space; send the number alone")
    return value


def _refuse_times_out_of_range(value: datetime) -> datetime:
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range; correct it") from None
    return value


Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(max_length=2000)]
SenderName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)]
Sender = Annotated[SenderName, BeforeValidator(_null_is_empty, json_schema_input_type=SenderName | None)]
Ori = Annotated[str, StringConstraints(pattern=ORI_PATTERN)]
TrackingNumber = Annotated[
    str, StringConstraints(pattern=TRACKING_NUMBER_PATTERN), AfterValidator(_refuse_white_space)
]
Date = Annotated[date, Field(strict=False), BeforeValidator(_check_date_form)]
Time = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(_check_time_form),
    AfterValidator(_refuse_times_out_of_range),
]

Severity = Literal["infraction", "misdemeanor", "felony"]
ChargeClass = Literal[
    "minor_traffic",
    "reckless_no_injury",
    "dui",
    "hit_and_run",
    "reckless_injury",
    "other_traffic_serious",
    "non_traffic",
    "court_process",
    "unclassified",
]
FindingKind = Literal["us_citizen", "misidentified", "deceased"]
Status = Literal[
    "awaiting_booking",
    "checking_history",
    "waiting_for_court",
    "needs_review",
    "flagged",
    "cleared",
]
RuleName = Literal[
    "flag.non_traffic_charge",
    "flag.excluded_offense",
    "flag.prior_conviction",
    "flag.priority_category",
    "flag.convicted",
    "defer.traffic_only",
    "clear.no_conviction",
    "clear.us_citizen",
    "clear.misidentified",
    "clear.deceased",
    "review.unclassified_charge",
    "review.unclear_history",
    "review.unclear_disposition",
    "review.unclear_severity",
]

A_DAY = timedelta(days=1)
W = TypeVar("W")


class _AsWritten:
    """Accepts any text in place of the known words, and writes it back unchanged."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, known: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return value if isinstance(value, str) else known(value)

        return core_schema.no_info_wrap_validator_function(
            read, handler(source), serialization=core_schema.simple_ser_schema("str")
        )


DisplayOnly = Annotated[W, _AsWritten()]
"""A word that is displayed and decides nothing: one that only a newer release knows is kept as it is."""


class Model(BaseModel):
    """A frozen model that ignores fields it does not know: contracts only ever grow."""

    # A decoding error becomes a failure that logs and pages show, so it must not contain the value.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class InternalModel(Model):
    """A model that no sender sees. Defaults are left out when it is written: histories are kept for years."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        return {
            name: value for name, value in handler(self).items() if getattr(self, name) != fields[name].default
        }


class WireModel(Model):
    """A model as senders write it: strict, and without its absent fields when written back."""

    model_config = ConfigDict(strict=True)

    @model_serializer(mode="wrap")
    def _without_absent_fields(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}
