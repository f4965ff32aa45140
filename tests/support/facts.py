"""Facts for tests, in few words: messages with ids of their own, offenses placed by the catalog."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, get_args

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking, Charge, Offense, Subject
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    Disposition,
    Entry,
    Ground,
    RecordUpdate,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.court import RulingWord as Word
from conviction_gate.contracts.fields import ChargeClass, FindingKind, Severity
from conviction_gate.contracts.history import History, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import built_in

EDITION: Final = policy.EDITIONS[0]
CLEAN: Final = History()
DISPOSITIONS: Final[tuple[Disposition, ...]] = get_args(Disposition)
ENTRIES: Final[tuple[Entry, ...]] = get_args(Entry)

# One real code of each kind that the rules tell apart; test_policy_rules holds them to it.
MINOR: Final = ("CA-VC", "14601(a)")
MINOR_INFRACTION: Final = ("CA-VC", "12951(a)")
MINOR_UNKNOWN: Final = ("AAMVA-ACD", "B26")
RECKLESS: Final = ("CA-VC", "23103(a)")
DUI: Final = ("CA-VC", "23152(a)")
DUI_NO_CRIME: Final = ("NJ", "39:4-50")
HIT_AND_RUN: Final = ("CA-VC", "20002(a)")
RECKLESS_INJURY: Final = ("CA-VC", "23105")
SERIOUS: Final = ("CA-VC", "23109(a)")
SERIOUS_FELONY: Final = ("FL-FS", "316.1935")
SERIOUS_WOBBLER: Final = ("CA-VC", "2800.2")
SERIOUS_UNKNOWN: Final = ("AAMVA-ACD", "S95")
NON_TRAFFIC: Final = ("NIBRS", "90J")
COURT_PROCESS: Final = ("CA-VC", "40508(a)")
UNCLASSIFIED: Final = ("NCIC", "5499")

Code = tuple[str, str]
ONE_PERSON: Final = Subject(fingerprint_id="T-1")


def charge(
    code: Code = MINOR,
    charge_id: str = "1",
    *,
    severity: Severity | None = None,
    injury: bool | None = None,
) -> Charge:
    """A charge as bookings and amendments carry it."""
    scheme, text = code
    return Charge(charge_id=charge_id, scheme=scheme, code=text, severity=severity, resulted_in_injury=injury)


def booking(
    *charges: Charge,
    on: str = "2012-05-04",
    message_id: str | None = None,
    subject: Subject = ONE_PERSON,
) -> Booking:
    """A booking of one arrest, at eight in the morning."""
    return Booking(
        message_id=message_id or f"booking {on}",
        agency="CA0190000",
        tracking_number="A-1",
        booking_number="B-1",
        booked_at=datetime.fromisoformat(f"{on}T08:00:00+00:00"),
        subject=subject,
        charges=charges or (charge(),),
    )


def conviction(
    on: str, charge_id: str = "1", *, severity: Severity | None = None, of: Code | None = None
) -> Conviction:
    """A conviction, of another offense where `of` names one."""
    return Conviction(
        message_id=f"conviction {charge_id} {on} {severity} {of}",
        charge_id=charge_id,
        decided_on=date.fromisoformat(on),
        severity=severity,
        convicted_of=Offense(scheme=of[0], code=of[1]) if of else None,
    )


def dismissal(on: str, charge_id: str | None = "1", *, word: Disposition = "dismissed") -> Dismissal:
    """An end without a conviction; of every charge where `charge_id` is None."""
    return Dismissal(
        message_id=f"{word} {charge_id} {on}",
        charge_id=charge_id,
        decided_on=date.fromisoformat(on),
        disposition=word,
    )


def update(entry: str, on: str, charge_id: str | None = "1") -> CourtUpdate:
    """A docket entry, of every charge where `charge_id` is None."""
    return CourtUpdate.model_validate(
        {
            "message_id": f"{entry} {charge_id} {on}",
            "charge_id": charge_id,
            "occurred_on": on,
            "entry": entry,
        }
    )


def amendment(filed: Charge, on: str) -> Amendment:
    """A charge filed, added or changed."""
    return Amendment(
        message_id=f"amendment {filed.charge_id} {filed.code} {on}",
        filed_on=date.fromisoformat(on),
        charge=filed,
    )


def finding(what: FindingKind = "us_citizen", on: str = "2012-06-01") -> SubjectFinding:
    """A finding about the subject."""
    return SubjectFinding(
        message_id=f"finding {what}", finding=what, found_on=date.fromisoformat(on), source="desk"
    )


def correction(
    corrects: Message | str, ground: Ground = "clerical_error", *, sender: str | None = None
) -> Correction:
    """A correction of a message, named by its id."""
    named = corrects if isinstance(corrects, str) else corrects.message_id
    return Correction(
        message_id=f"correction of {named}"[:128],
        corrects=named,
        corrects_sender=sender,
        ground=ground,
        corrected_on=date(2014, 1, 1),
    )


def record_update(on: str) -> RecordUpdate:
    """Word that the criminal history changed."""
    return RecordUpdate(message_id=f"record update {on}", reported_on=date.fromisoformat(on))


def review(ruling: Word, charge_id: str | None = "1", on: str = "2014-01-02") -> ReviewDecision:
    """What a reviewer decided."""
    return ReviewDecision(
        message_id=f"review {charge_id} {ruling} {on}",
        charge_id=charge_id,
        ruling=ruling,
        reviewer="R-1",
        reason="read",
        decided_on=date.fromisoformat(on),
    )


def record(
    disposition: str = "convicted",
    severity: Severity | None = "misdemeanor",
    on: str | None = "2009-04-02",
    *,
    juvenile: bool = False,
    of: Code | None = None,
) -> HistoryRecord:
    """An entry of a rap sheet; of an offense that it names where `of` does."""
    scheme, code = of or (None, None)
    return HistoryRecord(
        scheme=scheme,
        code=code,
        disposition=disposition,
        severity=severity,
        decided_on=date.fromisoformat(on) if on else None,
        juvenile=juvenile,
    )


def history(*items: HistoryRecord | Priority, conflicting: bool = False) -> History:
    """A history of these entries and priorities."""
    return History(
        records=tuple(item for item in items if isinstance(item, HistoryRecord)),
        priorities=tuple(item for item in items if isinstance(item, Priority)),
        conflicting=conflicting,
    )


def facts_of(
    *messages: Message | Ruling,
    past: History | None = CLEAN,
    us_citizen: bool = False,
    placed: Iterable[ClassifiedOffense] = (),
) -> Facts:
    """Facts with these messages; what `placed` does not place, the catalog does."""
    return with_more(Facts(history=past, us_citizen=us_citizen, placements=tuple(placed)), *messages)


def with_more(facts: Facts, *messages: Message | Ruling) -> Facts:
    """The facts with more messages, and the offenses that they name placed."""
    for message in messages:
        facts = facts.including(message)
    found = tuple(map(classified, policy.offenses_to_look_up(facts)))
    return facts.model_copy(update={"placements": (*facts.placements, *found)})


def classified(offense: Offense) -> ClassifiedOffense:
    """What a look-up answers, of the charges' offenses and of the history's."""
    return policy.classified_on(built_in(), offense, None)


def made_up(charge_class: ChargeClass, severity: Severity | None = None) -> ClassifiedOffense:
    """A place for an offense of a scheme that no catalog holds."""
    return ClassifiedOffense(scheme="X", code=charge_class, charge_class=charge_class, severity=severity)


def of_record(placed: ClassifiedOffense) -> ClassifiedOffense:
    """The same place for an entry of the history."""
    return placed.model_copy(update={"of_record": True})


def decided(facts: Facts) -> policy.Decision:
    """What the first edition decides."""
    return policy.decide(facts, EDITION)


def ruled(facts: Facts, ruling: Word, charge_id: str | None = "1", on: str = "2014-01-02") -> Facts:
    """The facts once a ruling has arrived; AssertionError where it answers no question."""
    bound = policy.bind(review(ruling, charge_id, on), decided(facts))
    assert isinstance(bound, Ruling), bound
    return facts.including(bound)
