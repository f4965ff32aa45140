"""Column types that mean the same on SQLite and on PostgreSQL."""

import re
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

_NUL = "\0"
_SHOWN_NUL = "\N{SYMBOL FOR NULL}"
_HALF = re.compile("[\ud800-\udfff]")
_SHOWN_HALF = "\N{REPLACEMENT CHARACTER}"


class Words(TypeDecorator[str]):
    """Text of any length, without what a database does not take.

    Ids are not checked for what they hold; PostgreSQL takes no NUL, and nothing takes the half of a
    character that a command line makes of bytes that are no UTF-8.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _HALF.sub(_SHOWN_HALF, value.replace(_NUL, _SHOWN_NUL))


class Instant(TypeDecorator[datetime]):
    """A time in UTC, aware of it: SQLite drops offsets, so none is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without offset was to be stored; give it its offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class AsJson(TypeDecorator[T], Generic[T]):
    """A pydantic model, or what pydantic can read, as its JSON text.

    Text and not the database's own JSON: messages are strict models, which read dates from JSON
    text only, and a text comes back letter by letter.
    """

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[T]) -> None:
        super().__init__()
        self.kind = kind
        self._adapter = TypeAdapter(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self._adapter.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:
        return None if value is None else self._adapter.validate_json(value)
