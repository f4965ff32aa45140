"""What the answer must be in the small world, from the messages and their dates alone.

Written for the promise and its mirror, and in other words than the rules': which messages are left once the
corrected ones are gone, what each charge came to, and then the first rule that speaks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeVar

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    SubjectFinding,
)
from conviction_gate.contracts.message import Message
from tests.support import facts as the
from tests.support.small_world import ASKED, EXCLUDED, IN_SCOPE, NON_TRAFFIC, PASTS, Charged, Messages

M = TypeVar("M", bound=Message)
Came = Literal["convicted", "doubt", "ended", "open"]

WAIT: Final = "defer.traffic_only"
ENDING: Final = "review of an ending"
"""Either of the two rules that ask how a charge ended."""
RECORD: Final = "review.unclear_history"

_A_CRIME_BY_LAW: Final = (the.MINOR, the.RECKLESS)
_NO_CRIME_BY_LAW: Final = (the.MINOR_INFRACTION,)
_GUILT_STAYS: Final = ("dismissed", "dismissed_without_prejudice", "merged", "diversion_completed")
_UNDOES: Final = ("appeal_reversed", "appeal_de_novo")
_THE_RECORD_SAYS: Final = {
    "clean": None,
    "harmless": None,
    "a warrant for not coming to court": None,
    "a priority": "flag.priority_category",
    "a warrant for another crime": "flag.priority_category",
    "a citizen's": None,
}


class Version(NamedTuple):
    """A charge as it was filed; `day` is empty where it was booked so at first."""

    day: str
    charged: Charged


@dataclass(frozen=True)
class Truth:
    """A case: its first booking, its history by the name of `PASTS`, and what was said since."""

    booking: Booking
    past: str
    said: Messages

    @cached_property
    def left(self) -> Messages:
        """The messages that count: what was corrected is gone, with whoever convicted in the same words."""
        came = (self.booking, *self.said)
        fixes = [message for message in came if isinstance(message, Correction)]
        right = [fix.replacement for fix in fixes if fix.replacement is not None]
        wrong = {fix.corrects for fix in fixes}
        says = {_says(one) for one in came if isinstance(one, Conviction) and one.message_id in wrong}
        return (
            *(one for one in came if one.message_id not in wrong and _says(one) not in says),
            *(one for one in right if one.message_id not in wrong),
        )

    def all(self, kind: type[M]) -> list[M]:
        return [message for message in self.left if isinstance(message, kind)]

    @cached_property
    def bookings(self) -> list[Booking]:
        return sorted(self.all(Booking), key=lambda booking: booking.booked_at)

    @cached_property
    def versions(self) -> dict[str, list[Version]]:
        """Each charge as it was filed, one after another."""
        found: dict[str, list[Version]] = {}
        first = self.bookings[0]
        filed = [(str(m.filed_on), 0, m.charge) for m in self.all(Amendment)]
        filed += [
            ("" if booking is first else str(booking.booked_at.date()), 1, charge)
            for booking in self.bookings
            for charge in booking.charges
        ]
        for day, is_booked, charge in sorted(filed, key=lambda one: one[:2]):
            charged: Charged = ((charge.scheme, charge.code), charge.severity)
            versions = found.setdefault(charge.charge_id, [])
            if not (is_booked and versions and versions[-1].charged == charged):
                versions.append(Version(day, charged))
        return found

    @property
    def rule(self) -> str:
        """The rule that must answer."""
        if not self.bookings:
            return WAIT
        return next(self._rules())

    def _rules(self) -> Iterator[str]:
        if self.all(SubjectFinding) or (self.past == "a citizen's" and not self.is_about_two):
            yield "clear.us_citizen"
        now = [versions[-1].charged for versions in self.versions.values()]
        ever = [
            (version.charged[0], versions[-1].charged[1])  # a felony or not as it is filed now
            for versions in self.versions.values()
            for version in versions
        ]
        excluded = [code for code, severity in EXCLUDED if severity != "felony"]
        if any(code in excluded or (code, severity) in EXCLUDED for code, severity in ever):
            yield "flag.excluded_offense"
        if any(code == NON_TRAFFIC[0] for code, _ in ever):
            yield "flag.non_traffic_charge"
        asked = [code for code, _ in ASKED]
        if any(code in asked for code, _ in now) or all(code == the.COURT_PROCESS for code, _ in now):
            yield "review.unclassified_charge"
        if self.of_record is not None:
            yield self.of_record
        if any(isinstance(m, Correction) and m.ground == "deceased" for m in self.left):  # of nothing that came
            yield RECORD
        came = {charge_id: self.came_to(charge_id) for charge_id in self.versions}
        offenses = {
            charge_id
            for charge_id, versions in self.versions.items()
            if versions[-1].charged[0] != the.COURT_PROCESS
        }
        if any(came[charge_id] == "convicted" for charge_id in offenses):
            yield "flag.convicted"
        have_ended = all(came[charge_id] != "open" for charge_id in offenses)
        if any(came[charge_id] == "doubt" and (charge_id in offenses or have_ended) for charge_id in came):
            yield ENDING
        yield "clear.no_conviction" if have_ended else WAIT

    @property
    def is_about_two(self) -> bool:
        """Whether the bookings name two people, of whom one has a record."""
        has_record = self.past not in ("clean", "not known")
        return has_record and len({booking.subject for booking in self.bookings}) > 1

    @property
    def of_record(self) -> str | None:
        """What the history alone says of the person; None where it is clean."""
        if self.is_about_two:
            return RECORD
        if self.past == "another crime":
            days = [str(booking.booked_at.date()) for booking in self.bookings]
            record = PASTS["another crime"]
            assert record is not None
            decided_on = str(record.records[0].decided_on)
            if decided_on < min(days):
                return "flag.prior_conviction"
            return None if max(days) <= decided_on else RECORD
        return _THE_RECORD_SAYS.get(self.past, RECORD)

    def came_to(self, charge_id: str) -> Came:
        """What a charge came to: a conviction for a traffic crime, an end without one, or neither yet."""
        since, charged = self.versions[charge_id][-1]
        words: list[tuple[str, str]] = [
            (str(entry.occurred_on), entry.entry)
            for entry in self.all(CourtUpdate)
            if entry.charge_id in (charge_id, None)
        ]
        said: list[Conviction | Dismissal] = [*self.all(Conviction), *self.all(Dismissal)]
        ends = [end for end in said if end.charge_id in (charge_id, None) and str(end.decided_on) >= since]
        appealed = {end.message_id: _appealed(end, words) for end in ends if isinstance(end, Conviction)}
        undone = max((day for day in appealed.values() if day != "doubt"), default="")
        ends = [
            end
            for end in ends
            if appealed.get(end.message_id, "doubt") in ("", "doubt") and str(end.decided_on) >= undone
        ]
        since = max(since, undone)
        last = max((str(end.decided_on) for end in ends), default="")
        final = [end for end in ends if str(end.decided_on) == last]
        guilty = [end for end in final if isinstance(end, Conviction)]
        dropped = [end.disposition for end in final if isinstance(end, Dismissal)]
        pleaded = [day for day, word in words if word == "adjudication_withheld" and day >= since]
        forfeited = [day for day, word in words if word in ("bail_forfeited", "pardoned") and day >= since]
        earlier = [
            end
            for end in ends
            if isinstance(end, Conviction) and end not in final and _is_crime(end, charged) is not False
        ]
        again = [day for day, word in words if word == "reinstated"]
        if not final:
            return "doubt" if pleaded or forfeited else "open"
        if last < str(self.bookings[0].booked_at.date() - timedelta(days=1)):
            return "doubt"
        is_reinstated = "dismissed_without_prejudice" in dropped and max(again, default="") >= last
        if is_reinstated and not guilty:
            return "doubt" if earlier or max([*pleaded, *forfeited], default="") >= last else "open"
        guilt_stays = any(word in _GUILT_STAYS for word in dropped)
        if max([*pleaded, *forfeited], default="") >= last or (guilt_stays and (pleaded or earlier)):
            return "doubt"
        if any(appealed[end.message_id] == "doubt" for end in guilty):
            return "doubt"
        crimes = {_is_crime(end, charged) for end in guilty} | ({False} if dropped else set())
        if len(crimes) > 1 or None in crimes:
            return "doubt"
        if crimes == {False}:
            return "ended"
        is_of_court = any(end.convicted_of is not None for end in guilty)  # in this world: not coming to court
        return "convicted" if charged[0] in [code for code, _ in IN_SCOPE] and not is_of_court else "doubt"


def _says(message: Message) -> object:
    """What a conviction says, in the same words for everybody who says it."""
    if not isinstance(message, Conviction):
        return message.message_id
    return message.charge_id, message.decided_on, message.severity, message.convicted_of


def _is_crime(conviction: Conviction, charged: Charged) -> bool | None:
    """Whether a conviction is for a crime; None where nobody can tell."""
    code, filed = charged
    if conviction.severity == "infraction":
        return False
    if conviction.convicted_of is not None:  # not coming to court, which may or may not be a crime
        return True if conviction.severity else None
    if conviction.severity is not None:
        return None if code in _NO_CRIME_BY_LAW else True
    if code in _NO_CRIME_BY_LAW:
        return False
    return True if code in _A_CRIME_BY_LAW and filed != "infraction" else None


def _appealed(conviction: Conviction, words: list[tuple[str, str]]) -> str:
    """The day on which a conviction was undone; "" where it stands, "doubt" where nobody knows."""
    decided_on = str(conviction.decided_on)
    noticed = str(conviction.decided_on - timedelta(days=30))
    undone = [day for day, word in words if word in _UNDOES and day >= decided_on]
    settled = [day for day, word in words if word == "appeal_affirmed" and day >= noticed]
    if undone:
        return "doubt" if any(day > min(undone) for day in settled) else max(undone)
    of_another = [
        day
        for day, word in words
        if word in ("appeal_reversed", "appeal_de_novo") and noticed <= day < decided_on
    ]
    filed = [day for day, word in words if word == "appeal_filed" and day >= noticed]
    over = [day for day, word in words if word == "appeal_ended" and day >= noticed]
    is_open = any(day > max([*settled, *of_another], default="") for day in filed)
    return "doubt" if is_open or (over and not settled) else ""
