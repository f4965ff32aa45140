"""The project's own settings: environment variables `CONVICTION_GATE_…`, each with a default.

How to reach the Temporal server is not among them: the SDK's `envconfig` tells (connect.py).
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.work import Intervals

PREFIX = "CONVICTION_GATE_"
REGISTRY_FILE = "registry.db"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_LONGEST = timedelta(days=36_500)  # the server caps timers at a hundred years
_DATABASE_URL = re.compile(r"[a-z0-9]+\+[a-z0-9]+://.*")


class SettingsError(Exception):
    """A variable does not fit; the text names it, says why, and what to write."""


def _read_span(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _SPAN.fullmatch(value.strip().lower())
    if match is None:
        raise ValueError("not a length of time; write a number and s, m, h or d, such as 90d")
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        return timedelta.max


def _bounded(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= _LONGEST:
        raise ValueError("out of range; write more than 0s and at most 36500d")
    return span


def _database_url(url: str | None) -> str | None:
    # The value may hold a password, so the message does not repeat it.
    if url is not None and not _DATABASE_URL.fullmatch(url):
        raise ValueError(
            "not a database address with its async driver; "
            "write one such as sqlite+aiosqlite:////srv/registry.db"
        )
    return url


Span = Annotated[timedelta, BeforeValidator(_read_span), AfterValidator(_bounded)]


class Settings(BaseSettings):
    """Settings from the environment; a keyword argument overrules its variable.

    Raises:
        SettingsError: a variable does not fit.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    data: Path = Path(".conviction-gate")
    """The data folder: the registry, the keys, and the embedded server's files."""
    registry_url: Annotated[str | None, AfterValidator(_database_url)] = Field(None, repr=False)
    """The registry's SQLAlchemy address; None: a SQLite file in the data folder."""

    docket_check_every: Span = timedelta(days=90)
    """While a case waits for the court: the time between two looks at the docket."""
    docket_overdue_after: Span = timedelta(days=730)
    """A case that waited this long for the court needs attention."""
    review_reminder_every: Span = timedelta(days=30)
    """The time between two reminders of a question that a person has not answered."""
    booking_overdue_after: Span = timedelta(days=60)
    """A case that waited this long for its booking needs attention."""

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError("; ".join(map(_complaint, error.errors()))) from None

    @property
    def registry(self) -> str:
        """The registry's address, with its default."""
        return self.registry_url or f"sqlite+aiosqlite:///{self.data.absolute() / REGISTRY_FILE}"

    @property
    def intervals(self) -> Intervals:
        """The timers, as a case records them."""
        return Intervals(
            docket_check=self.docket_check_every,
            docket_overdue=self.docket_overdue_after,
            review_reminder=self.review_reminder_every,
            booking_overdue=self.booking_overdue_after,
        )


def _complaint(error: Any) -> str:
    variable = PREFIX + str(error["loc"][0]).upper()
    return f"{variable}: {error['msg'].removeprefix('Value error, ')}"
