"""Editions of the policy, each with the day from which it applies to bookings.

An edition never changes once released: a case is decided under the one in force when it was booked,
years later too. A new one is another entry here, with rules of its own.
"""

from dataclasses import dataclass
from datetime import date, datetime

from conviction_gate.policy.rules import RULES_OF_APRIL_2012
from conviction_gate.policy.rules.rule import PolicyRule


@dataclass(frozen=True)
class Edition:
    """A policy and its rules, in the order in which they are asked; the last one answers every case.

    `name` is the day of its announcement, which is how cases and flags refer to it.
    """

    name: str
    in_force_from: date
    rules: tuple[PolicyRule, ...]


EDITIONS: tuple[Edition, ...] = (Edition("2012-04-27", date(2012, 4, 27), RULES_OF_APRIL_2012),)


def edition_at(booked_at: datetime, editions: tuple[Edition, ...] = EDITIONS) -> Edition:
    """The edition in force on the day of a booking; before the first one, the first."""
    in_force = [edition for edition in editions if edition.in_force_from <= booked_at.date()]
    return in_force[-1] if in_force else editions[0]


def edition_named(name: str, editions: tuple[Edition, ...] = EDITIONS) -> Edition | None:
    """The edition of a name; None where only a newer release knows it."""
    return {edition.name: edition for edition in editions}.get(name)


def edition_among(
    names: tuple[str, ...], booked_at: datetime, editions: tuple[Edition, ...] = EDITIONS
) -> Edition | None:
    """The edition in force on the day of a booking, of those named (none: of the first alone).

    None where a newer release named one that is not known here: it might be the one in force.
    """
    known = tuple(edition for edition in (edition_named(name, editions) for name in names) if edition)
    return edition_at(booked_at, known or editions[:1]) if len(known) == len(names) else None
