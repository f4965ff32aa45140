"""A world small enough to look at all of it: one or two charges, a history, and one message of each class.

The messages are dated so that each can come before and after another. What the answer must be is said in
`small_world_truth.py`, in other words than the rules'; `small_world_walks.py` goes through the world.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from conviction_gate.contracts.booking import Booking, Charge, Offense, Subject
from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.court import RulingWord as Word
from conviction_gate.contracts.fields import Severity
from conviction_gate.contracts.history import History, Priority
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import place
from tests.support import facts as the
from tests.support.facts import (
    Code,
    amendment,
    booking,
    charge,
    conviction,
    correction,
    dismissal,
    facts_of,
    finding,
    history,
    record,
    record_update,
    review,
    update,
)

Messages = tuple[Message, ...]
Charged = tuple[Code, Severity | None]

IN_SCOPE: Final[tuple[Charged, ...]] = (
    (the.MINOR, None),
    (the.MINOR_INFRACTION, "felony"),
    (the.MINOR_UNKNOWN, "misdemeanor"),
    (the.RECKLESS, "infraction"),
)
EXCLUDED: Final[tuple[Charged, ...]] = (
    (the.DUI_NO_CRIME, None),
    (the.HIT_AND_RUN, "infraction"),
    (the.RECKLESS_INJURY, "misdemeanor"),
    (the.SERIOUS_FELONY, None),
    (the.SERIOUS_WOBBLER, "felony"),
)
NON_TRAFFIC: Final[Charged] = (the.NON_TRAFFIC, "infraction")
ASKED: Final[tuple[Charged, ...]] = (
    (the.SERIOUS, "felony"),
    (the.SERIOUS_WOBBLER, "misdemeanor"),
    (the.UNCLASSIFIED, "felony"),
)
COURT_PROCESS: Final[Charged] = (the.COURT_PROCESS, None)
CHARGED: Final = (*IN_SCOPE, *EXCLUDED, NON_TRAFFIC, *ASKED, COURT_PROCESS)
"""Every class of charge, with the severities that the rules must and must not look at."""


def _warrant(of: Code) -> History:
    scheme, code = of
    warrant = Priority(kind="outstanding_criminal_warrant", record_id="W-1", scheme=scheme, code=code)
    return history(warrant)


PASTS: Final[dict[str, History | None]] = {
    "clean": the.CLEAN,
    "harmless": history(
        record("dismissed"),
        record(severity="infraction"),
        record(on="2013-06-01", severity=None),
        Priority(kind="unlawful_presence"),
    ),
    "a warrant for not coming to court": _warrant(the.COURT_PROCESS),
    "not known": None,
    "another crime": history(record(on="2011-12-01", of=the.DUI)),
    "a priority": history(Priority(kind="gang", record_id="P-1")),
    "a warrant for another crime": _warrant(the.NON_TRAFFIC),
    "a traffic crime": history(record(of=the.MINOR)),
    "a warrant for traffic": _warrant(the.MINOR),
    "unclear": history(record("expunged")),
    "conflicting": history(record(), conflicting=True),
    "too large": History(too_large=True),
    "a citizen's": History(us_citizen=True),
}

MILD: Final[tuple[Word, ...]] = ("not_conviction", "history_clean", "minor_traffic")
STRICT: Final[tuple[Word, ...]] = ("conviction", "history_not_clean", "non_traffic")
BOOKED: Final = "2012-05-04"
EARLIER: Final = "2011-05-04"
"""A booking with a wrong year, before what `another crime` was decided on."""
LATER: Final = "2013-01-12"
SOMEBODY_ELSE: Final = Subject(fingerprint_id="T-2")

NOTHING_CAME: Final = correction("nothing that came", "deceased")


def with_replacement(wrong: Message, right: Message) -> Correction:
    """A correction with what should have come."""
    fix = correction(wrong)
    return fix.model_copy(update={"message_id": f"{fix.message_id}, replaced", "replacement": right})


def convictions_on(charge_id: str) -> Messages:
    """One of each class of conviction of one charge, and what corrects one."""
    guilty = conviction("2013-01-10", charge_id, severity="misdemeanor")
    copy = {"message_id": f"docket copy of {guilty.message_id}", "sender": "docket", "court": "another"}
    return (
        guilty,
        guilty.model_copy(update=copy),
        correction(guilty),
        conviction("2013-01-10", charge_id),
        conviction("2013-01-20", charge_id, severity="infraction"),
        conviction("2013-01-20", charge_id, severity="misdemeanor", of=the.COURT_PROCESS),
        conviction("2012-05-01", charge_id, severity="misdemeanor"),  # before the booking
    )


def appeals_on(charge_id: str) -> Messages:
    """The entries about an appeal, in the order of their dates."""
    return (
        update("appeal_filed", "2013-01-15", charge_id),
        update("appeal_de_novo", "2013-01-16", charge_id),
        update("appeal_affirmed", "2013-01-22", charge_id),
        update("appeal_reversed", "2013-01-24", charge_id),
        update("appeal_ended", "2013-01-25", charge_id),
    )


def other_words_on(charge_id: str, code: Code) -> Messages:
    """What else a court says of one charge."""
    return (
        dismissal("2013-01-10", charge_id, word="dismissed_without_prejudice"),
        dismissal("2013-01-25", charge_id, word="merged"),
        dismissal("2013-01-30", charge_id, word="vacated"),
        update("adjudication_withheld", "2013-01-05", charge_id),
        update("bail_forfeited", "2013-01-15", charge_id),
        update("reinstated", "2013-01-15", charge_id),
        amendment(charge(code, charge_id, severity="misdemeanor"), "2013-01-18"),
    )


@dataclass(frozen=True)
class World:
    """A case once its booking and history are there, and all that may arrive.

    `then`: the history once somebody says that it changed. `on_both`: what is about one charge may be about
    either; else about the first. `word`: how the person rules who is asked.
    """

    charges: tuple[Charged, ...]
    past: str = "clean"
    then: str | None = None
    on_both: bool = False
    word: Word | None = None

    @cached_property
    def booking(self) -> Booking:
        return booking(*self._charged(self.charges))

    @cached_property
    def base(self) -> Facts:
        named = (the.MINOR, the.COURT_PROCESS, the.DUI, the.NON_TRAFFIC)
        placed = [place(Offense(scheme=scheme, code=code)) for scheme, code in named]
        return facts_of(self.booking, past=PASTS[self.past], placed=[*placed, *map(the.of_record, placed)])

    @cached_property
    def on_charges(self) -> Messages:
        """What is about one charge."""
        about = self.charges if self.on_both else self.charges[:1]
        return tuple(
            message
            for number, (code, _) in enumerate(about, start=1)
            for message in (
                *convictions_on(str(number)),
                *appeals_on(str(number)),
                *other_words_on(str(number), code),
            )
        )

    @cached_property
    def on_the_arrest(self) -> Messages:
        """What is about the whole arrest, and about the person."""
        again = (self.charges[0], (the.MINOR, None))
        right = booking(*self._charged(((the.MINOR, None), *self.charges[1:])), message_id="the right booking")
        return (
            dismissal("2013-01-20", None),
            booking(*self._charged(again), on=LATER),
            booking(*self._charged(self.charges), on=EARLIER),
            booking(*self._charged(self.charges), on="2012-05-05", subject=SOMEBODY_ELSE),
            correction(self.booking),
            with_replacement(self.booking, right),
            finding(),
            NOTHING_CAME,
        )

    @cached_property
    def messages(self) -> Messages:
        """One of each class; a change of the record, and a ruling where a person answers."""
        changed = [record_update("2013-01-20")] if self.then else []
        ruling = [review(self.word)] if self.word else []
        return (*self.on_charges, *self.on_the_arrest, *changed, *ruling)

    def of_kind(self, kind: str) -> Messages:
        """A dozen of the messages: those about `appeals`, or `corrections` of bookings and the record."""
        guilty, _, fix, _, infraction, *_ = convictions_on("1")
        *_, vacated, plea, forfeited, _, filed = other_words_on("1", self.charges[0][0])
        rest = self.messages[len(self.on_charges) + len(self.on_the_arrest) :]
        if kind == "appeals":
            dismissed = self.on_the_arrest[0]
            others = (infraction, vacated, plea, forfeited, filed, dismissed)
            return (guilty, fix, *appeals_on("1"), *others, *rest)
        return (guilty, fix, vacated, *self.on_the_arrest, *rest)

    @cached_property
    def as_ruled(self) -> "World":
        """This world once a person has settled what it leaves open, mildly."""
        match self.word:
            case "history_clean":
                return replace(self, past="clean")
            case "minor_traffic":
                return replace(self, charges=((the.MINOR_UNKNOWN, None), *self.charges[1:]))
            case _:
                return self

    @staticmethod
    def _charged(charges: tuple[Charged, ...]) -> list[Charge]:
        return [charge(code, str(n), severity=said) for n, (code, said) in enumerate(charges, start=1)]
