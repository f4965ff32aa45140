"""What holds of every decision, on facts that nobody thought of."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar, get_args

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking, Charge, Offense, Subject
from conviction_gate.contracts.case import CaseResult, Outcome
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    Dismissal,
    Ground,
    ReviewDecision,
    SubjectFinding,
)
from conviction_gate.contracts.court import Ruling as Word
from conviction_gate.contracts.fields import ChargeClass, FindingKind, RuleName, Severity
from conviction_gate.contracts.history import DISPOSITIONS, PRIORITY_KINDS, History, HistoryRecord, Priority
from conviction_gate.contracts.internal.facts import ClassifiedOffense, Facts, Question, Reopening, Ruling
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import is_taken_after_the_end
from conviction_gate.policy.catalog import find, place
from conviction_gate.policy.content import content_key
from tests.unit import facts as the
from tests.unit.facts import decided, with_more

T = TypeVar("T")
FEW: Final = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIRST: Final = date(2012, 5, 4)
CRIMES: Final = ("misdemeanor", "felony")

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
charge_ids = st.sampled_from(["1", "2"])
days = st.integers(0, 6).map(lambda day: FIRST + timedelta(days=day))
severities = st.none() | st.sampled_from(get_args(Severity))
words = st.sampled_from(get_args(Word))


def sent() -> dict[str, Any]:
    """The fields that every message has."""
    return {"message_id": ids, "sender": senders}


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
        subject=st.just(Subject(fingerprint_id="T-1")),
        charges=st.lists(charge, min_size=1, max_size=2, unique_by=lambda c: c.charge_id).map(tuple),
    )


def offenses(codes: Sequence[the.Code]) -> st.SearchStrategy[Offense | None]:
    """What somebody was convicted of, or nothing said."""
    return st.none() | st.sampled_from(codes).map(lambda code: Offense(scheme=code[0], code=code[1]))


def court_messages(
    charge: st.SearchStrategy[Charge], convicted_of: st.SearchStrategy[Offense | None]
) -> st.SearchStrategy[Message]:
    """Whatever a court sends, and corrections."""
    return st.one_of(
        st.builds(
            Conviction,
            **sent(),
            charge_id=charge_ids,
            decided_on=days,
            severity=severities,
            convicted_of=convicted_of,
        ),
        st.builds(
            Dismissal,
            **sent(),
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
        st.builds(Amendment, **sent(), filed_on=days, charge=charge),
        st.builds(
            Correction,
            **sent(),
            corrects=ids,
            corrects_sender=st.none() | senders,
            ground=st.sampled_from(["clerical_error", "vacated"]),
            corrected_on=days,
        ),
    )


identity_messages = st.one_of(
    st.builds(
        SubjectFinding,
        **sent(),
        finding=st.sampled_from(get_args(FindingKind)),
        found_on=days,
        source=st.just("desk"),
    ),
    st.builds(Correction, **sent(), corrects=ids, ground=st.sampled_from(get_args(Ground)), corrected_on=days),
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
histories = st.builds(
    History,
    records=st.lists(
        st.builds(
            HistoryRecord,
            disposition=st.sampled_from(sorted(DISPOSITIONS)),
            severity=severities,
            decided_on=st.none() | st.sampled_from([date(2009, 1, 1), FIRST, date(2013, 1, 1)]),
            juvenile=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    priorities=st.lists(
        st.builds(
            Priority,
            kind=st.sampled_from([*sorted(PRIORITY_KINDS), "unlawful_presence", "other"]),
            record_id=st.none() | ids,
        ),
        max_size=1,
    ).map(tuple),
    us_citizen=st.booleans(),
    conflicting=st.booleans(),
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


def each_once(
    messages: Iterable[Message | Ruling], known: Collection[tuple[str, str]] = ()
) -> list[Message | Ruling]:
    """The first message of each sender and id, as a case takes them."""
    first: dict[tuple[str, str], Message | Ruling] = {}
    for message in messages:
        sent = message.decision if isinstance(message, Ruling) else message
        first.setdefault(sent.key, message)
    return [message for key, message in first.items() if key not in known]


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """Facts of every kind; rulings among them arrive in between and are bound as they do."""
    placed = draw(st.lists(made_up_offense, max_size=1))
    facts = Facts(
        history=draw(st.none() | st.just(the.CLEAN) | histories),
        us_citizen=draw(st.sampled_from([False, False, False, True])),
        placements=tuple(placed),
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
    for message in each_once(arriving):
        if isinstance(message, ReviewDecision):
            bound = policy.bind(message, decided(facts))
            if isinstance(bound, Ruling):
                facts = facts.including(bound)
        else:
            facts = with_more(facts, message)
    return facts


@st.composite
def minor_facts(draw: st.DrawFn) -> Facts:
    """Nothing but minor traffic and a clean record, no person's ruling: who the property protects."""
    facts = with_more(Facts(history=the.CLEAN), draw(bookings(minor_charge)))
    convicted_of = offenses([*MINOR_CODES, the.COURT_PROCESS])
    arriving = bookings(minor_charge) | court_messages(minor_charge, convicted_of)
    known = {booking.key for booking in facts.bookings}
    return with_more(facts, *each_once(draw(st.lists(arriving, max_size=8)), known))


def shuffled(draw: st.DrawFn, items: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(draw(st.permutations(items)))


@st.composite
def in_three_orders(draw: st.DrawFn, facts: st.SearchStrategy[Facts]) -> tuple[Facts, Facts, Facts]:
    """Facts; the same in another order; and with some messages again, under the same and other ids."""
    once = draw(facts)
    fields = ("bookings", "convictions", "dismissals", "court_updates", "amendments", "findings", "rulings")
    mixed: dict[str, Any] = {
        name: shuffled(draw, getattr(once, name)) for name in (*fields, "corrections", "placements")
    }
    if once.history is not None:
        past = once.history
        mixed["history"] = past.model_copy(
            update={name: shuffled(draw, getattr(past, name)) for name in ("records", "priorities")}
        )
    again: dict[str, Any] = {
        name: (*getattr(once, name), *draw(st.lists(st.sampled_from(getattr(once, name)))))
        for name in (*fields, "corrections")
        if getattr(once, name)
    }
    for name in fields[:-1]:
        copies = (m.model_copy(update={"message_id": f"{m.message_id} again"}) for m in getattr(once, name))
        if draw(st.booleans()):
            again[name] = (*again.get(name, ()), *copies)
    return once, once.model_copy(update=mixed), once.model_copy(update=again)


@FEW
@given(in_three_orders(any_facts()))
def test_neither_order_nor_repetition_matters(versions: tuple[Facts, Facts, Facts]) -> None:
    once, mixed, again = versions
    decision = decided(once)
    assert decided(mixed) == decision
    assert _but_for_ids(decided(again)) == _but_for_ids(decision)
    assert policy.open_charges(once) == policy.open_charges(mixed) == policy.open_charges(again)
    assert policy.charge_views(once) == policy.charge_views(mixed) == policy.charge_views(again)


def _but_for_ids(decision: policy.Decision) -> policy.Decision:
    """The same content under another id is named as a ground too, and changes nothing else."""
    return decision.model_copy(update={"grounds": ()})


def _convictions_for_a_crime(facts: Facts) -> list[Conviction]:
    """Convictions that no correction names, of a severity that makes a crime: read off the messages
    and the catalog, by other means than the rules do."""
    filed = [charge for booking in facts.bookings for charge in booking.charges]
    filed += [amendment.charge for amendment in facts.amendments]
    found = []
    for conviction in facts.convictions:
        versions = [charge for charge in filed if charge.charge_id == conviction.charge_id]
        if not versions:
            continue
        named = [conviction.convicted_of] if conviction.convicted_of else versions
        entries = [find(offense.scheme, offense.code) for offense in named]
        by_catalog = {entry.severity for entry in entries if entry}
        own = {conviction.severity} if conviction.severity else by_catalog
        if own & set(CRIMES) and not _corrected(facts, conviction):
            found.append(conviction)
    return found


def _corrected(facts: Facts, message: Message) -> bool:
    """Whether a correction without doubt names the message, or one that says the same."""
    same = [other for other in facts.convictions if content_key(other) == content_key(message)]
    return any(
        other.message_id == correction.corrects
        and other.sender in (correction.corrects_sender, correction.sender)
        and correction.corrects_sender in (None, other.sender)
        for correction in facts.corrections
        for other in same
    )


@settings(FEW, max_examples=200)
@given(minor_facts())
def test_minor_traffic_is_never_flagged_before_a_conviction_for_a_crime(facts: Facts) -> None:
    """THE property."""
    decision = decided(facts)
    if decision.answer == "flag":
        assert decision.rule == "flag.convicted"
        assert _convictions_for_a_crime(facts)
    assert decided(facts.model_copy(update={"convictions": ()})).answer != "flag"


@FEW
@given(any_facts())
def test_a_decision_is_total_and_tells_itself_in_one_sentence(facts: Facts) -> None:
    decision = decided(facts)
    assert decision.explanation.endswith(".")
    assert "\n" not in decision.explanation
    assert bool(decision.questions) == (decision.answer == "review")
    assert len(set(decision.questions)) == len(decision.questions)
    assert decision.grounds == tuple(sorted(set(decision.grounds)))
    assert all(question.rule.startswith("review.") for question in decision.questions)
    assert set(policy.open_charges(facts)) <= {view.charge_id for view in policy.charge_views(facts)}
    assert all(
        policy.effect_of(message, facts) for message in (*facts.bookings, *facts.convictions, *facts.findings)
    )
    blind = facts.model_copy(update={"placements": (), "history": None})
    assert decided(blind).explanation


@FEW
@given(any_facts())
def test_what_is_not_known_never_clears_and_never_flags_more(facts: Facts) -> None:
    """Without a history only what needs none decides: a finding, or a charge that is left out."""
    blind = decided(facts.model_copy(update={"history": None}))
    assert blind.rule != "clear.no_conviction"
    assert blind.rule not in ("flag.convicted", "flag.prior_conviction", "flag.priority_category")
    if blind.answer == "flag":
        assert decided(facts).answer == "flag" or decided(facts).rule == "clear.us_citizen"
    unplaced = decided(facts.model_copy(update={"placements": ()}))
    assert unplaced.rule != "clear.no_conviction"


@FEW
@given(any_facts(), st.sampled_from(the.ENTRIES), st.none() | charge_ids, days)
def test_a_docket_entry_alone_neither_flags_nor_clears(
    facts: Facts, entry: Any, charge_id: str | None, day: date
) -> None:
    """It may make a case wait or ask; what decides is a court's disposition or a person's ruling."""
    facts = facts.model_copy(update={"convictions": (), "dismissals": (), "rulings": ()})
    assume(decided(facts).is_open)
    one_more = CourtUpdate(message_id="m-9", charge_id=charge_id, occurred_on=day, entry=entry)
    assert decided(facts.including(one_more)).answer in ("wait", "review")


@FEW
@given(any_facts(), reviews)
def test_a_ruling_answers_a_question_that_stands_or_nothing(facts: Facts, review: ReviewDecision) -> None:
    standing = decided(facts)
    bound = policy.bind(review, standing)
    if isinstance(bound, Ruling):
        assert standing.answer == "review"
        assert bound.question in standing.questions
    else:
        assert bound.startswith("no effect: ")


@FEW
@given(any_facts(), any_facts(), court_messages(any_charge, offenses(ALL_CODES)) | identity_messages)
def test_judging_an_ended_case_is_total_and_never_flags(facts: Facts, others: Facts, message: Message) -> None:
    for outcome in get_args(Outcome):
        decision = decided(others)
        asked = policy.to_look_up(facts, message)
        found = policy.LookedUp(
            history=the.CLEAN if asked.subjects else None, placements=tuple(map(place, asked.offenses))
        )
        result = policy.judge(facts, _result(outcome, decision), message, found)
        assert result.reason
        if result.withdraw:
            assert outcome == "flagged"
            assert is_taken_after_the_end(message)
            assert decided(result.facts).answer != "flag"


@settings(FEW, max_examples=150)
@given(minor_facts(), any_facts(), st.booleans())
def test_reopening_alone_never_flags_whom_the_promise_protects(minor: Facts, other: Facts, any_: bool) -> None:
    """It opens charges again, and nothing that was said before it, said once more, ends them."""
    facts = other if any_ and other.bookings else minor
    for outcome in get_args(Outcome):
        reopening = Reopening(by="c-7", reason="refiled", reopened_at=AT)
        answer = policy.reopen(facts, _result(outcome, decided(facts)), reopening)
        if isinstance(answer, RefusalReason):
            assert outcome == "flagged" or decided(facts).rule in _FINDINGS
            continue
        assert outcome != "flagged"
        reopened = decided(answer)
        assert reopened.answer != "clear"
        if facts is minor:
            assert reopened.is_open
            assert reopened.rule != "flag.convicted"
        copies = [
            message.model_copy(update={"message_id": f"{message.message_id} again", "sender": "docket"})
            for message in (*facts.convictions, *facts.dismissals)
        ]
        assert decided(with_more(answer, *copies)).rule == reopened.rule


AT: Final = datetime(2014, 1, 1, tzinfo=UTC)
_FINDINGS: Final = ("clear.us_citizen", "clear.misidentified", "clear.deceased")


def _result(outcome: Outcome, decision: policy.Decision) -> CaseResult:
    return CaseResult(
        outcome=outcome,
        rule=decision.rule,
        explanation=decision.explanation,
        policy_edition=the.EDITION.name,
        decided_at=AT,
    )
