"""A map: what the columns of an agency's file are, in TOML (docs/files.md)."""

import codecs
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from conviction_gate.files.dispositions import fold_word, sent_for
from conviction_gate.files.fields import ENTRIES_OF, FIELDS, SENT, Kind, Makes, Value

DISPOSITIONS: Final = "@dispositions"
ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-1", "ascii")
"""Python's own names of the encodings that a file may have."""

_PROBE: Final = datetime(2012, 5, 24, 14, 15, 16, tzinfo=UTC)
_REASONS: Final = {
    "extra_forbidden": "not a key of a map; take it out",
    "missing": "missing; a map must say it",
    "string_type": "not a text; put it in quotes",
    "literal_error": "an unknown word; write {expected}",
}


class MapError(ValueError):
    """A map cannot be used; the text names its key and what to write."""


def fold(text: str) -> str:
    """A literal as it is compared: whatever its case and blanks."""
    return " ".join(text.split()).casefold()


class Column(BaseModel):
    """One column. `values`: what each literal is; `own_values`: those that are not as `@dispositions` has them.
    `formats`: how dates are written (those of Python's strptime); `time_zone`: that of the clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: Annotated[str, Field(min_length=1)]
    values: dict[str, Value] | Literal["@dispositions"] | None = None
    own_values: dict[str, Value] = {}
    formats: tuple[str, ...] = ()
    time_zone: str | None = None

    @field_validator("column")
    @classmethod
    def _without_blanks(cls, column: str) -> str:
        return " ".join(column.split())

    @field_validator("formats")
    @classmethod
    def _are_formats(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for form in formats:
            try:
                read = datetime.strptime(_PROBE.strftime(form), form)  # noqa: DTZ007
            except ValueError:
                read = None
            if read is None or read.date() != _PROBE.date():
                raise ValueError(f"'{form}' is no whole date; write it as '%m/%d/%Y' or '%Y-%m-%dT%H:%M:%S%z'")
        return formats

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        try:
            ZoneInfo(name) if name is not None else None
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no time zone '{name}' here; write it as America/Los_Angeles") from None
        return name

    @model_validator(mode="after")
    def _own_values_add_to_a_table(self) -> Self:
        if self.own_values and self.values != DISPOSITIONS:
            raise ValueError(f"own_values without values = '{DISPOSITIONS}'; write all of them under values")
        return self

    @cached_property
    def zone(self) -> ZoneInfo | None:
        """The time zone of times without an offset."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    @cached_property
    def meanings(self) -> Mapping[str, Value] | None:
        """What each literal is, by the literal as it is compared; None where the cell itself is taken."""
        if self.values is None:
            return None
        table = sent_for() if self.values == DISPOSITIONS else {}
        return {**table, **{self.compared(word): value for word, value in self.listed.items()}}

    @property
    def listed(self) -> Mapping[str, Value]:
        """The literals that the map itself explains."""
        return self.values if isinstance(self.values, dict) else self.own_values

    def compared(self, literal: str) -> str:
        """A literal as it is compared."""
        return fold_word(literal) if self.values == DISPOSITIONS else fold(literal)


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Drop(BaseModel):
    """Columns that never come in. They are not copied into the file of refused rows either."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...] = ()


class Map(BaseModel):
    """A map. `tag`: how the ids of its messages begin. `key`: the fields that tell one row from another.

    `header`: the names of the columns, of a file that does not name them. `positions`: first and last character
    of each column, of a file without delimiters. `skip_lines`: lines above the names of the columns. `skip`: by
    column, literals of rows that are no record, as of a total.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    makes: Makes
    tag: str = ""
    encoding: str = "utf-8-sig"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header: tuple[str, ...] = ()
    positions: dict[str, tuple[int, int]] = {}
    skip_lines: Annotated[int, Field(ge=0)] = 0
    skip: dict[str, tuple[str, ...]] = {}
    group_by: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    columns: dict[str, Annotated[Column, BeforeValidator(_column)]]
    constants: dict[str, Value] = {}
    drop: Drop = Drop()

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            name = codecs.lookup(encoding).name
        except LookupError:
            name = ""
        if name not in ENCODINGS:
            known = ", ".join(ENCODINGS).replace("iso8859-1", "latin-1")
            raise ValueError(f"'{encoding}' is not read here; write one of {known}")
        return name

    @model_validator(mode="after")
    def _fits_what_it_makes(self) -> Self:
        for name in self.columns:
            self._check_field("columns", name)
            self._check_column(name, self.columns[name])
        for name, value in self.constants.items():
            self._check_field("constants", name)
            if name in self.columns:
                raise ValueError(f"constants.{name}: also under columns; keep one of the two")
            self._check_value(f"constants.{name}", self.kinds[name], value)
        for key in ("group_by", "key"):
            for name in getattr(self, key):
                if name not in self.columns or name.partition(".")[0] in ENTRIES_OF[self.makes]:
                    raise ValueError(f"{key}: '{name}' is not a field under columns that distinguishes rows")
        if self.group_by and self.makes not in ("booking", "history"):
            raise ValueError(f"group_by: each row of a {self.makes} is a message of its own; take it out")
        if self.makes in ("disposition", "docket"):
            for name, why in (
                ("disposition", "what the court decided"),
                ("charge_id", "of which charge; a dismissal without it ends every charge: to say so, write ''"),
            ):
                if name not in self.columns and name not in self.constants:
                    raise ValueError(f"columns: '{name}' is missing, {why}")
        if self.header and self.positions:
            raise ValueError("header: positions name the columns already; keep one of the two")
        for name, (first, last) in self.positions.items():
            if not 1 <= first <= last:
                raise ValueError(f"positions.{name}: not the first and last character; write them as [1, 12]")
        both = {one.column for one in self.columns.values()} & self.dropped
        if both:
            raise ValueError(f"drop.columns: '{min(both)}' is also under columns; keep one of the two")
        return self

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The fields of what it makes."""
        return FIELDS[self.makes]

    @cached_property
    def dropped(self) -> frozenset[str]:
        """The columns that never come in."""
        return frozenset(" ".join(name.split()) for name in self.drop.columns)

    def _check_field(self, where: str, name: str) -> None:
        if name not in self.kinds:
            near = get_close_matches(name, self.kinds, 1)
            advice = f"did you mean '{near[0]}'?" if near else f"write one of {', '.join(self.kinds)}"
            raise ValueError(f"{where}: '{name}' is not a field of a {self.makes}; {advice}")

    def _check_column(self, name: str, column: Column) -> None:
        where, kind = f"columns.{name}", self.kinds[name]
        if column.formats and kind not in ("date", "time"):
            raise ValueError(f"{where}.formats: this field is no date; take them out")
        if column.time_zone and kind != "time":
            raise ValueError(f"{where}.time_zone: this field is no time; take it out")
        if kind == "time" and column.zone is None and not all("%z" in form for form in column.formats):
            raise ValueError(f"{where}: a format without an offset (%z); name the time_zone of the clock")
        if column.values == DISPOSITIONS and kind not in ("disposition", "history_disposition"):
            raise ValueError(f"{where}.values: '{DISPOSITIONS}' is for court's words; list the values")
        if column.values is None and kind in ("truth", "disposition", "history_disposition"):
            raise ValueError(f"{where}: a court's word or a truth value needs values; say what each literal is")
        folded: dict[str, Value] = {}
        for literal, value in column.listed.items():
            if folded.setdefault(column.compared(literal), value) != value:
                raise ValueError(f"{where}.values: '{literal}' is there twice, case aside; keep one of the two")
            self._check_value(f"{where}.values.{literal}", kind, value)

    @staticmethod
    def _check_value(where: str, kind: Kind, value: Value) -> None:
        if value != "" and (kind == "truth") != isinstance(value, bool):
            right = "true or false" if kind == "truth" else "a text in quotes"
            raise ValueError(f"{where}: {value!r} does not fit the field; write {right}")
        if kind == "disposition" and value not in SENT:
            one_of = ", ".join(sorted(SENT))
            raise ValueError(f"{where}: '{value}' is nothing that a court can send; write one of {one_of}")


def read_map(text: str, tag: str) -> Map:
    """A map from its text. `tag`: of a map that names none.

    Raises:
        MapError: it is no TOML, or not a map.
    """
    try:
        read = Map.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"not TOML: {error}; correct it there") from None
    except ValidationError as error:
        raise MapError("; ".join(_reason(dict(one)) for one in error.errors()[:3])) from None
    return read if read.tag else read.model_copy(update={"tag": tag})


def _reason(problem: dict[str, Any]) -> str:
    inner = ("function", "literal", "dict")  # what pydantic adds to a place, as in function-before
    where = ".".join(str(part) for part in problem["loc"] if not str(part).startswith(inner))
    known = _REASONS.get(problem["type"])
    text = known.format_map(problem.get("ctx", {})) if known else problem["msg"].removeprefix("Value error, ")
    return f"{where}: {text}" if where else text
