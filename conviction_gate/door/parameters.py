"""Reads the parameters of a list from the address of a request; each that does not fit is a `Problem`."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from conviction_gate.config.setting_types import Duration
from conviction_gate.contracts.fields import Time
from conviction_gate.contracts.names import ORI_PATTERN
from conviction_gate.door.problems import bad_parameter

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
_TIME: TypeAdapter[datetime] = TypeAdapter(Time)


class Parameters:
    """The parameters of a request, of which each may be given once. `known`: all that the call has."""

    def __init__(self, request: Request, *known: str) -> None:
        self._given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name not in known:
                takes = f"leave it out; this call takes {', '.join(known) or 'none'}"
                raise bad_parameter(name[:64], f"unknown; {takes}")
            if name in self._given:
                raise bad_parameter(name, "given twice; write it once")
            self._given[name] = value

    def text(self, name: str) -> str | None:
        """Any text."""
        return self._given.get(name)

    def page(self) -> str | None:
        """The token of a page."""
        if (token := self._given.get("page")) == "":
            raise bad_parameter("page", "empty; copy it from the page before, or leave it out")
        return token

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number between these two."""
        text = self._given.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise bad_parameter(name, f"not a whole number from {least} to {most}")
        return int(text)

    def word(self, name: str, words: Sequence[str]) -> str | None:
        """One of these words."""
        text = self._given.get(name)
        if text is not None and text not in words:
            raise bad_parameter(name, f"an unknown word; write one of {', '.join(words)}")
        return text

    def flag(self, name: str) -> bool:
        """`true` or `false`, which is the default."""
        return self.word(name, ("true", "false")) == "true"

    def agency(self) -> str | None:
        """An ORI."""
        text = self._given.get("agency")
        if text is not None and not re.fullmatch(ORI_PATTERN, text):
            raise bad_parameter("agency", "not an ORI; write nine characters, as in CA0190000")
        return text

    def duration(self, name: str) -> timedelta | None:
        """A length of time, as in 180d."""
        text = self._given.get(name)
        try:
            return None if text is None else _DURATION.validate_python(text)
        except ValidationError as error:
            raise bad_parameter(name, error.errors()[0]["msg"].removeprefix("Value error, ")) from None

    def time(self, name: str) -> datetime | None:
        """A time with its offset."""
        text = self._given.get(name)
        try:
            return None if text is None else _TIME.validate_python(text)
        except ValidationError:
            reason = "not a time with an offset; write it as in 2012-05-04T02:15:00-07:00, with + as %2B"
            raise bad_parameter(name, reason) from None
