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
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN_SURROGATE = "\N{REPLACEMENT CHARACTER}"


class AnyText(TypeDecorator[str]):
    """Text of any length, without characters that a database refuses.

    The characters of ids are not checked. PostgreSQL refuses NUL, and every database refuses the lone
    surrogates that Python makes of command-line arguments that are not UTF-8.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _SURROGATE.sub(_SHOWN_SURROGATE, value.replace(_NUL, _SHOWN_NUL))


class Instant(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite drops offsets, so times are stored in UTC without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset cannot be stored; add its offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class AsJson(TypeDecorator[T], Generic[T]):
    """A pydantic model, or any type that pydantic validates, as JSON text.

    Text and not the database's own JSON type: messages are strict models, which read dates from JSON
    text only, and text is returned unchanged.
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
