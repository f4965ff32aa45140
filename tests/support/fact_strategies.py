"""Facts that nobody thought of: strategies for messages of every kind, and for cases of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, get_args

from hypothesis import strategies as st

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking, Charge, Offense, Subject
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    Ground,
    RecordUpdate,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.court import RulingWord as Word
from conviction_gate.contracts.fields import ChargeClass, FindingKind, RuleName, Severity
from conviction_gate.contracts.history import DISPOSITIONS, PRIORITY_KINDS, History, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts, Question, Ruling
from conviction_gate.contracts.message import Message
from tests.support import facts as the
from tests.support.facts import decided, with_more

FIRST: Final = date(2012, 5, 4)

MINOR_CODES: Final = (the.MINOR, the.MINOR_INFRACTION, the.MINOR_UNKNOWN, the.RECKLESS)
ALL_CODES: Final = (
    *MINOR_CODES,
    the.DUI_NO_CRIME,
    the.HIT_AND_RUN,
    the.SERIOUS,
    the.SERIOUS_WOBBLER,
    the.SERIOUS_FELONY,
    the.NON_TRAFFIC,
    the.COURT_PROCESS,
    the.UNCLASSIFIED,
)

# Few of each, so that messages meet: the same ids, charges and days come again and again.
ids = st.sampled_from(["m-1", "m-2", "m-3", "m-4"])
senders = st.sampled_from(["", "court"])
SUBJECTS: Final = (
    *(Subject(fingerprint_id="T-1"),) * 3,
    Subject(fingerprint_id="T-1", state_id="S-1"),
    Subject(fingerprint_id="T-2"),
)
charge_ids = st.sampled_from(["1", "2"])
days = st.integers(0, 6).map(lambda day: FIRST + timedelta(days=day))
severities = st.none() | st.sampled_from(get_args(Severity))
words = st.sampled_from(get_args(Word))


def sent() -> dict[str, Any]:
    """The fields that every message has."""
    return {"message_id": ids, "sender": senders}


def by_court() -> dict[str, Any]:
    """Which court says so, where it does."""
    return {"docket_number": st.none() | st.sampled_from(["D-1", "D-2"])}


def charges(codes: Sequence[the.Code], injuries: Sequence[bool | None]) -> st.SearchStrategy[Charge]:
    """A charge of one of the codes."""
    return st.builds(
        lambda charge_id, code, severity, injury: Charge(
            charge_id=charge_id,
            scheme=code[0],
            code=code[1],
            severity=severity,
            resulted_in_injury=injury,
        ),
        charge_ids,
        st.sampled_from(codes),
        severities,
        st.sampled_from(injuries),
    )


def bookings(charge: st.SearchStrategy[Charge]) -> st.SearchStrategy[Booking]:
    """A booking at one of a few hours."""
    return st.builds(
        Booking,
        **sent(),
        agency=st.just("CA0190000"),
        tracking_number=st.just("A-1"),
        booking_number=st.just("B-1"),
        booked_at=days.map(lambda day: datetime(day.year, day.month, day.day, 8, tzinfo=UTC)),
        subject=st.sampled_from(SUBJECTS),
        charges=st.lists(charge, min_size=1, max_size=2, unique_by=lambda c: c.charge_id).map(tuple),
    )


def offenses(codes: Sequence[the.Code]) -> st.SearchStrategy[Offense | None]:
    """What somebody was convicted of, or nothing said."""
    return st.none() | st.sampled_from(codes).map(lambda code: Offense(scheme=code[0], code=code[1]))


def dispositions_and_entries(
    convicted_of: st.SearchStrategy[Offense | None],
) -> st.SearchStrategy[Conviction | Dismissal | CourtUpdate]:
    """What a court says of charges that are filed."""
    return st.one_of(
        st.builds(
            Conviction,
            **sent(),
            **by_court(),
            charge_id=charge_ids,
            decided_on=days,
            severity=severities,
            convicted_of=convicted_of,
        ),
        st.builds(
            Dismissal,
            **sent(),
            **by_court(),
            charge_id=st.none() | charge_ids,
            decided_on=days,
            disposition=st.sampled_from(the.DISPOSITIONS),
        ),
        st.builds(
            CourtUpdate,
            **sent(),
            charge_id=st.none() | charge_ids,
            occurred_on=days,
            entry=st.sampled_from(the.ENTRIES),
        ),
    )


def _corrected_by(replacement: Message | None, *, corrects: str, **fields: Any) -> Correction:
    if replacement is not None:
        by = replacement.sender or fields["sender"]
        replacement = replacement.model_copy(update={"message_id": f"{corrects} anew", "sender": by})
    fields |= {"message_id": f"fix of {corrects}", "corrects": corrects, "replacement": replacement}
    return Correction(**fields)


def court_messages(
    charge: st.SearchStrategy[Charge], convicted_of: st.SearchStrategy[Offense | None]
) -> st.SearchStrategy[Message]:
    """Whatever a court sends; corrections, of bookings too, with what replaces it; a changed record."""
    said = dispositions_and_entries(convicted_of)
    amendments = st.builds(Amendment, **sent(), filed_on=days, charge=charge)
    corrections = st.builds(
        _corrected_by,
        replacement=st.none() | said | amendments | bookings(charge),
        sender=senders,
        corrects=ids | ids.map("{} anew".format),
        corrects_sender=st.none() | senders,
        ground=st.sampled_from(["clerical_error", "clerical_error", "vacated"]),
        corrected_on=days,
    )
    record_updates = st.builds(RecordUpdate, **sent(), reported_on=days)
    return said | amendments | corrections | record_updates


identity_messages = st.one_of(
    st.builds(
        SubjectFinding,
        **sent(),
        finding=st.sampled_from(get_args(FindingKind)),
        found_on=days,
        source=st.just("desk"),
    ),
    st.builds(
        Correction,
        message_id=ids.map(lambda id: f"other fix of {id}"),
        sender=senders,
        corrects=ids,
        ground=st.sampled_from(get_args(Ground)),
        corrected_on=days,
    ),
)
baseless_findings = st.builds(
    Correction,
    message_id=st.just("fix of nothing"),
    corrects=st.just("nothing"),
    ground=st.sampled_from(get_args(FindingKind)),
    corrected_on=days,
)
reviews = st.builds(
    ReviewDecision,
    **sent(),
    charge_id=st.none() | charge_ids,
    ruling=words,
    reviewer=st.just("R-1"),
    reason=st.just("read"),
    decided_on=days,
)
# A ruling that no question asked for: a slip in another part must not break this one.
stray_rulings = st.builds(
    Ruling,
    decision=reviews,
    question=st.builds(
        Question,
        rule=st.sampled_from(get_args(RuleName)),
        charge_id=st.none() | charge_ids,
        about=st.sampled_from(["ncic 5499 as unclassified", "nothing"]),
    ),
)
named_or_not = st.just({"scheme": None, "code": None}) | st.sampled_from(ALL_CODES).map(
    lambda code: {"scheme": code[0], "code": code[1]}
)
histories = st.builds(
    History,
    records=st.lists(
        st.builds(
            lambda offense, **fields: HistoryRecord(**offense, **fields),
            offense=named_or_not,
            disposition=st.sampled_from(sorted(DISPOSITIONS)),
            severity=severities,
            decided_on=st.none()
            | st.sampled_from([date(2009, 1, 1), FIRST, date(2012, 5, 7), date(2013, 1, 1)]),
            juvenile=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    priorities=st.lists(
        st.builds(
            lambda offense, **fields: Priority(**offense, **fields),
            offense=named_or_not,
            kind=st.sampled_from([*sorted(PRIORITY_KINDS), "unlawful_presence", "other"]),
            record_id=st.none() | ids,
        ),
        max_size=1,
    ).map(tuple),
    us_citizen=st.booleans(),
    conflicting=st.sampled_from([False, False, True]),
    too_large=st.sampled_from([False, False, False, True]),
)
any_charge = charges(ALL_CODES, [None, False, True])
minor_charge = charges(MINOR_CODES, [None, False])
made_up_offense = st.builds(
    ClassifiedOffense,
    scheme=st.just("NCIC"),
    code=st.just("5499"),
    charge_class=st.sampled_from(get_args(ChargeClass)),
    severity=st.sampled_from([None, "infraction", "misdemeanor", "felony", "wobbler"]),
)


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """Facts of every kind; rulings among them arrive in between and are bound as they do."""
    placed = draw(st.lists(made_up_offense, max_size=1))
    facts = Facts(
        history=draw(st.none() | st.just(the.CLEAN) | histories),
        us_citizen=draw(st.sampled_from([False, False, False, True])),
        placements=(*placed, *map(the.of_record, placed)),
    )
    arriving = draw(
        st.lists(
            bookings(any_charge)
            | court_messages(any_charge, offenses(ALL_CODES))
            | reviews
            | identity_messages
            | stray_rulings,
            max_size=8,
        )
    )
    if draw(st.sampled_from([True, True, True, False])):
        arriving.insert(0, draw(bookings(any_charge)))
    return after(facts, *arriving)


@st.composite
def minor_facts(draw: st.DrawFn, *, with_rulings: bool = False) -> Facts:
    """Nothing but minor traffic and a clean record: who the property protects."""
    facts = after(Facts(history=the.CLEAN), draw(bookings(minor_charge)))
    convicted_of = offenses([*MINOR_CODES, the.COURT_PROCESS])
    arriving = bookings(minor_charge) | court_messages(minor_charge, convicted_of)
    if with_rulings:
        arriving |= reviews | baseless_findings
    return after(facts, *draw(st.lists(arriving, max_size=8)))


def after(facts: Facts, *arriving: Message | Ruling) -> Facts:
    """Facts once these have arrived: a ruling binds then, and an id that is known with other content is
    refused."""
    known: dict[tuple[str, str], Message] = {message.key: message for message in facts.messages}
    for arrived in arriving:
        message = arrived.decision if isinstance(arrived, Ruling) else arrived
        new = [message]
        if isinstance(message, Correction) and message.replacement is not None:
            new.append(message.replacement)
        if any(known.get(one.key, one) != one for one in new):
            continue
        known |= {one.key: one for one in new}
        if isinstance(arrived, Ruling):
            facts = facts.including(arrived)
        elif isinstance(message, ReviewDecision):
            bound = policy.bind(message, decided(facts))
            if isinstance(bound, Ruling):
                facts = facts.including(bound)
        else:
            facts = with_more(facts, message)
    return facts
