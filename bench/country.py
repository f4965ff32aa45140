"""A simulated country: what jails, courts and histories say of people who were booked for traffic.

Every frequency is a round guess of ours (`OFTEN`), and no statistic of any place: counts on this country show
which readings of the policy matter and in which direction, not how many people there are.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking, Charge, Subject
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    Disposition,
    Entry,
)
from conviction_gate.contracts.fields import Severity
from conviction_gate.contracts.history import History, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import built_in

Code = tuple[str, str]

OFTEN: Final[dict[str, float]] = {
    # of bookings
    "a second charge in scope": 30,
    "a charge of not coming to court beside": 12,
    "nothing but not coming to court": 2,
    "a serious offense, booked a felony": 1.5,
    "booked again": 6,
    # of bookings again
    "another id, by a typo": 5,
    "a year too early, by a typo": 3,
    "with a conviction in between on the record": 2,
    # of records
    "another crime": 12,
    "a traffic crime": 8,
    "a plea with the judgment put off": 3,
    "a conviction as a juvenile": 0.5,
    "a warrant for not coming to court": 3,
    "a warrant for traffic": 1,
    "a warrant for another crime": 1,
    "a warrant that names no offense": 1,
    "something after the arrest, without its severity": 2,
    # of charges
    "filed as an infraction": 20,
    "filed with a lesser severity": 50,  # of serious offenses
    "no word yet": 8,
    "dropped": 35,
    "bail forfeited": 3,
    "judgment put off": 8,
    "moved to a juvenile court": 0.3,
    "adjudicated by a juvenile court": 0.3,
    "merged into another charge": 2,
    "dated before the arrest, by a typo": 0.3,
    # of judgments put off
    "and then dismissed": 70,
    # of convictions
    "for an infraction, in the court's word": 40,
    "without a word on its severity": 30,
    "appealed": 2,
    "appealed before the judgment is entered": 0.3,
    "set aside by a dismissal": 5,
    "vacated": 1,
    "pardoned": 0.5,
    "sent by mistake and corrected": 0.5,
    # of appeals, by how they end
    "affirmed": 50,
    "reversed": 15,
    "tried anew": 10,
    "ended, nobody says how": 15,
    # of convictions that were corrected
    "of which the docket has a copy": 50,
}
"""In per cent: a round guess each."""

IN_SCOPE: Final[list[tuple[Code, int]]] = [
    (("CA-VC", "12500(a)"), 30),
    (("CA-VC", "14601.1(a)"), 35),
    (("AAMVA-ACD", "B26"), 15),
    (("CA-VC", "22350"), 10),
    (("CA-VC", "23103(a)"), 10),
]
NOT_COMING: Final = ("CA-VC", "40508(a)")
SERIOUS: Final = ("CA-VC", "2800.2")
OTHER_CRIME: Final = ("NIBRS", "90J")
BOOKED_ON: Final = date(2012, 5, 4)


class Country:
    """Cases, always the same ones for a seed."""

    def __init__(self, seed: int = 2012) -> None:
        self._random = Random(seed)
        self._messages = 0

    def cases(self, number: int) -> Iterable[Facts]:
        """So many cases, each with all that is ever said of it."""
        return (self._case() for _ in range(number))

    def _happens(self, what: str) -> bool:
        return self._random.random() * 100 < OFTEN[what]

    def _one_of(self, *what: str) -> str:
        """One of several things that exclude each other; "" for none."""
        drawn = self._random.random() * 100
        for name in what:
            drawn -= OFTEN[name]
            if drawn < 0:
                return name
        return ""

    def _day(self, after: date, days: int) -> date:
        return after + timedelta(days=self._random.randint(1, days))

    def _sent(self, by: str) -> dict[str, Any]:
        self._messages += 1
        return {"message_id": f"{by}-{self._messages}", "sender": by}

    def _case(self) -> Facts:
        if self._happens("nothing but not coming to court"):
            codes = [NOT_COMING]
        else:
            code = self._random.choices(*map(list, zip(*IN_SCOPE, strict=True)))[0]
            codes = [code]
            codes += [IN_SCOPE[1][0]] * self._happens("a second charge in scope")
            codes += [NOT_COMING] * self._happens("a charge of not coming to court beside")
        charges = [self._charge(str(n), code) for n, code in enumerate(codes, start=1)]
        messages: list[Message] = []
        if self._happens("a serious offense, booked a felony"):
            serious = _charged(str(len(charges) + 1), SERIOUS, "felony")
            charges.append(serious)
            if self._happens("filed with a lesser severity"):
                filed = serious.model_copy(update={"severity": "misdemeanor"})
                messages.append(Amendment(**self._sent("da"), filed_on=self._day(BOOKED_ON, 30), charge=filed))
        past = self._record()
        booked = _booking(self._sent("jail"), BOOKED_ON, charges)
        messages.append(booked)
        if self._happens("booked again"):
            again, past = self._booked_again(booked, past)
            messages.append(again)
        for charge in charges:
            if (charge.scheme, charge.code) != NOT_COMING or len(charges) == 1:
                messages += self._court(charge.charge_id)
        return _facts(messages, past)

    def _charge(self, charge_id: str, code: Code) -> Charge:
        as_infraction = code != NOT_COMING and self._happens("filed as an infraction")
        return _charged(charge_id, code, "infraction" if as_infraction else "misdemeanor")

    def _booked_again(self, booked: Booking, past: History) -> tuple[Booking, History]:
        on = BOOKED_ON + timedelta(days=200)
        update: dict[str, Any] = self._sent("jail")
        what = self._one_of(
            "another id, by a typo", "a year too early, by a typo", "with a conviction in between on the record"
        )
        if what == "another id, by a typo":
            update["subject"] = Subject(fingerprint_id="T-1", fbi_number="another")
        elif what == "a year too early, by a typo":
            on = BOOKED_ON - timedelta(days=365)
        elif what:
            between = _crime(OTHER_CRIME, BOOKED_ON + timedelta(days=100))
            past = past.model_copy(update={"records": (*past.records, between)})
        update["booked_at"] = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
        return booked.model_copy(update=update), past

    def _record(self) -> History:
        records: list[HistoryRecord] = []
        priorities: list[Priority] = []
        before, after = date(2009, 4, 2), BOOKED_ON + timedelta(days=300)
        match self._one_of(
            "another crime", "a traffic crime", "a plea with the judgment put off", "a conviction as a juvenile"
        ):
            case "another crime":
                records.append(_crime(OTHER_CRIME, before))
            case "a traffic crime":
                records.append(_crime(IN_SCOPE[0][0], before))
            case "a plea with the judgment put off":
                records.append(HistoryRecord(disposition="deferred_with_plea", decided_on=before))
            case "a conviction as a juvenile":
                records.append(_crime(OTHER_CRIME, before).model_copy(update={"juvenile": True}))
        if self._happens("something after the arrest, without its severity"):
            records.append(HistoryRecord(disposition="convicted", decided_on=after))
        match self._one_of(
            "a warrant for not coming to court",
            "a warrant for traffic",
            "a warrant for another crime",
            "a warrant that names no offense",
        ):
            case "a warrant for not coming to court":
                priorities.append(_warrant(NOT_COMING))
            case "a warrant for traffic":
                priorities.append(_warrant(IN_SCOPE[0][0]))
            case "a warrant for another crime":
                priorities.append(_warrant(OTHER_CRIME))
            case "a warrant that names no offense":
                priorities.append(_warrant(None))
        return History(records=tuple(records), priorities=tuple(priorities))

    def _court(self, charge_id: str) -> list[Message]:
        """What a court says of a charge."""
        on = self._day(BOOKED_ON, 400)
        if self._happens("dated before the arrest, by a typo"):
            on -= timedelta(days=730)
        match self._one_of(
            "no word yet",
            "dropped",
            "bail forfeited",
            "judgment put off",
            "moved to a juvenile court",
            "adjudicated by a juvenile court",
            "merged into another charge",
        ):
            case "no word yet":
                return []
            case "dropped":
                return [self._dismissal(charge_id, on, "dismissed")]
            case "bail forfeited":
                return [self._entry(charge_id, on, "bail_forfeited")]
            case "judgment put off":
                plea = self._entry(charge_id, on, "deferred_with_plea")
                done = self._dismissal(charge_id, self._day(on, 700), "diversion_completed")
                return [plea, *[done] * self._happens("and then dismissed")]
            case "moved to a juvenile court":
                return [self._entry(charge_id, on, "juvenile_transfer")]
            case "adjudicated by a juvenile court":
                return [self._entry(charge_id, on, "juvenile_adjudicated")]
            case "merged into another charge":
                return [self._dismissal(charge_id, on, "merged")]
            case _:
                return self._convicted(charge_id, on)

    def _convicted(self, charge_id: str, on: date) -> list[Message]:
        weights: dict[str, Severity | None] = {
            "for an infraction, in the court's word": "infraction",
            "without a word on its severity": None,
        }
        severity = weights.get(self._one_of(*weights), "misdemeanor")
        guilty = Conviction(**self._sent("court"), charge_id=charge_id, decided_on=on, severity=severity)
        messages: list[Message] = [guilty]
        later = self._day(on, 500)
        match self._one_of(
            "appealed",
            "appealed before the judgment is entered",
            "set aside by a dismissal",
            "vacated",
            "pardoned",
            "sent by mistake and corrected",
        ):
            case "appealed":
                messages += [
                    self._entry(charge_id, self._day(on, 30), "appeal_filed"),
                    *self._appeal(charge_id, on),
                ]
            case "appealed before the judgment is entered":
                messages.append(self._entry(charge_id, on - timedelta(days=3), "appeal_filed"))
            case "set aside by a dismissal":
                messages.append(self._dismissal(charge_id, later, "dismissed"))
            case "vacated":
                messages.append(self._dismissal(charge_id, later, "vacated"))
            case "pardoned":
                messages.append(self._entry(charge_id, later, "pardoned"))
            case "sent by mistake and corrected":
                messages += [guilty.model_copy(update=self._sent("docket"))] * self._happens(
                    "of which the docket has a copy"
                )
                fix = self._sent("court") | {"corrects": guilty.message_id, "corrected_on": later}
                messages.append(Correction(**fix, ground="clerical_error"))
        return messages

    def _appeal(self, charge_id: str, on: date) -> list[Message]:
        ends: dict[str, Entry] = {
            "affirmed": "appeal_affirmed",
            "reversed": "appeal_reversed",
            "tried anew": "appeal_de_novo",
            "ended, nobody says how": "appeal_ended",
        }
        how = self._one_of(*ends)
        return [self._entry(charge_id, on + timedelta(days=300), ends[how])] if how else []

    def _dismissal(self, charge_id: str, on: date, word: Disposition) -> Dismissal:
        return Dismissal(**self._sent("court"), charge_id=charge_id, decided_on=on, disposition=word)

    def _entry(self, charge_id: str, on: date, word: Entry) -> CourtUpdate:
        return CourtUpdate(**self._sent("court"), charge_id=charge_id, occurred_on=on, entry=word)


def _charged(charge_id: str, code: Code, severity: Severity | None) -> Charge:
    return Charge(charge_id=charge_id, scheme=code[0], code=code[1], severity=severity)


def _booking(sent: dict[str, Any], on: date, charges: list[Charge]) -> Booking:
    return Booking(
        **sent,
        agency="CAZZ00100",
        tracking_number="A-1",
        booking_number="B-1",
        booked_at=datetime(on.year, on.month, on.day, 8, tzinfo=UTC),
        subject=Subject(fingerprint_id="T-1", fbi_number="F-1"),
        charges=tuple(charges),
    )


def _crime(code: Code, on: date) -> HistoryRecord:
    scheme, text = code
    return HistoryRecord(
        scheme=scheme, code=text, disposition="convicted", severity="misdemeanor", decided_on=on
    )


def _warrant(code: Code | None) -> Priority:
    scheme, text = code or (None, None)
    return Priority(kind="outstanding_criminal_warrant", record_id="W-1", scheme=scheme, code=text)


def _facts(messages: Iterable[Message], past: History) -> Facts:
    facts = Facts(history=past)
    for message in messages:
        facts = facts.including(message)
    return classified(facts)


def classified(facts: Facts) -> Facts:
    """The facts with every offense in its class."""
    found = tuple(policy.classified_on(built_in(), one, None) for one in policy.offenses_to_look_up(facts))
    return facts.model_copy(update={"placements": (*facts.placements, *found)})
