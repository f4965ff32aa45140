"""What a check of `conviction-gate doctor` found, and how it is worded."""

from collections.abc import Collection
from datetime import timedelta
from typing import Literal, NamedTuple

Level = Literal["ok", "warn", "fail"]


class CheckResult(NamedTuple):
    """What one check found. `warn`: nothing is broken, but it needs a look. `next`: what to do about it."""

    level: Level
    found: str
    next: str | None = None


def failed(text: str) -> CheckResult:
    """Our errors say what is wrong, and after the last semicolon what to do."""
    found, _, step = text.rpartition("; ")
    return CheckResult("fail", found, step) if found else CheckResult("fail", step)


def some(ids: Collection[str]) -> str:
    """The first ids, for a line of text."""
    return ", ".join(sorted(ids)[:3]) + (" and more" if len(ids) > 3 else "")


def span(length: timedelta) -> str:
    """A length of time in the largest unit of which it has two."""
    seconds = max(round(length.total_seconds()), 0)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := seconds // size) >= 2:
            return f"{count} {unit}s"
    return f"{seconds} s"
