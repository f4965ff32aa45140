"""What holds of every decision, on facts that nobody thought of."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar, get_args

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from conviction_gate import policy
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseResult, Outcome
from conviction_gate.contracts.court import (
    Amendment,
    Conviction,
    Correction,
    CourtUpdate,
    RecordUpdate,
    ReviewDecision,
)
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts, Reopening, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import is_taken_after_the_end
from conviction_gate.policy.catalog import find
from tests.support import facts as the
from tests.support.fact_strategies import (
    ALL_CODES,
    after,
    any_charge,
    any_facts,
    bookings,
    charge_ids,
    court_messages,
    days,
    histories,
    identity_messages,
    minor_facts,
    offenses,
    reviews,
)
from tests.support.facts import classified, decided, with_more

T = TypeVar("T")
FEW: Final = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CRIMES: Final = ("misdemeanor", "felony")
GUILTY_WORDS: Final = {
    *("deferred_with_plea", "adjudication_withheld", "court_supervision", "probation_before_judgment"),
    *("continued_without_finding", "suspended_imposition", "prayer_for_judgment_continued"),
    *("bail_forfeited", "juvenile_adjudicated", "pardoned"),
}
"""Entries that a court makes once somebody pleaded guilty, or was found to be."""


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
    said = (*facts.messages, *facts.replacements)
    filed = [charge for message in said if isinstance(message, Booking) for charge in message.charges]
    filed += [message.charge for message in said if isinstance(message, Amendment)]
    found = []
    for conviction in said:
        if not isinstance(conviction, Conviction):
            continue
        versions = [charge for charge in filed if charge.charge_id == conviction.charge_id]
        named = [conviction.convicted_of] if conviction.convicted_of else versions
        entries = [find(offense.scheme, offense.code) for offense in named]
        by_catalog = {entry.severity for entry in entries if entry}
        own = {conviction.severity} if conviction.severity else by_catalog
        if versions and own & set(CRIMES) and not _corrected(facts, conviction):
            found.append(conviction)
    return found


def _corrected(facts: Facts, conviction: Conviction) -> bool:
    """Whether a correction names the conviction by its id and its sender, or one that says the same to the
    letter, under the same docket."""

    def says(one: Conviction) -> tuple[object, ...]:
        return one.charge_id, one.decided_on, one.severity, one.convicted_of, one.docket_number

    replacing = {one.key for one in facts.replacements}
    named = {
        (
            correction.sender if correction.corrects_sender is None else correction.corrects_sender,
            correction.corrects,
        )
        for correction in facts.corrections
    }
    same = [other for other in facts.convictions if says(other) == says(conviction)]
    return conviction.key in named or (
        conviction.key not in replacing and any(other.key in named for other in same)
    )


def _without(facts: Facts, kind: type[Message], entries: Collection[str] = ()) -> Facts:
    """The facts as if nobody had sent a message of a kind, or an entry of these; nor put one in the place of
    another."""

    def is_kept(message: Message | None) -> bool:
        if isinstance(message, CourtUpdate):
            return message.entry not in entries
        return not isinstance(message, kind)

    corrections = (
        one if is_kept(one.replacement) else one.model_copy(update={"replacement": None})
        for one in facts.corrections
    )
    return facts.model_copy(
        update={
            "convictions": tuple(filter(is_kept, facts.convictions)),
            "court_updates": tuple(filter(is_kept, facts.court_updates)),
            "corrections": tuple(corrections),
        }
    )


@settings(FEW, max_examples=200)
@given(minor_facts())
def test_minor_traffic_is_never_flagged_before_a_conviction_for_a_crime(facts: Facts) -> None:
    """THE property."""
    decision = decided(facts)
    if decision.answer == "flag":
        assert decision.rule == "flag.convicted"
        assert _convictions_for_a_crime(facts)
    assert decided(_without(facts, Conviction)).answer != "flag"


@settings(FEW, max_examples=100)
@given(st.lists(reviews, max_size=3), minor_facts(with_rulings=True))
def test_no_click_flags_whom_no_court_found_guilty(clicks: list[ReviewDecision], facts: Facts) -> None:
    """A person rules on what a court said, and on nothing else; whatever the ids of the bookings are."""
    unheard = _without(facts, Conviction, entries=GUILTY_WORDS)
    unheard = unheard.model_copy(update={"rulings": ()})
    assert decided(after(unheard, *clicks)).answer != "flag"


@settings(FEW, max_examples=200)
@given(any_facts(), st.data())
def test_a_flag_whose_ground_falls_falls_with_it(facts: Facts, data: st.DataObject) -> None:
    """The mirror of the property: its grounds are corrected one by one, by who sent them, or leave the
    record, in any order; each of them is a ground no more, and when all are gone so is the flag."""
    result = _result("flagged", decided(facts))
    fallen: set[str] = set()
    while (decision := decided(facts)).answer == "flag":
        of_record = decision.rule in ("flag.prior_conviction", "flag.priority_category")
        change: Message
        if not decision.grounds or (of_record and data.draw(st.booleans())):
            change = RecordUpdate(message_id=f"update {len(fallen)}", reported_on=date(2015, 1, 1))
            past: History | None = the.CLEAN
            fallen.add(change.message_id)
        else:
            ground = data.draw(st.sampled_from(decision.grounds))
            assert ground not in fallen
            fallen.add(ground)
            named = [one for one in (*facts.messages, *facts.replacements) if one.message_id == ground]
            for one in named[1:]:
                facts = facts.including(_fix_of(one, fallen))
            change, past = _fix_of(named[0], fallen), facts.history
        judgement = policy.judge(facts, result, change, _looked_up(facts, change, past))
        assert judgement.withdraw is (decided(judgement.facts).answer != "flag")
        facts = judgement.facts


def _fix_of(message: Message, fallen: set[str]) -> Correction:
    return Correction(
        message_id=f"fix {len(fallen)} of {message.key}",
        sender=message.sender,
        corrects=message.message_id,
        corrects_sender=message.sender,
        ground="clerical_error",
        corrected_on=date(2015, 1, 1),
    )


def _looked_up(facts: Facts, message: Message, past: History | None) -> policy.LookedUp:
    """What an activity finds before a message is judged after the end."""
    needed = policy.to_look_up(facts, message)
    found = (past or the.CLEAN) if needed.subjects else None
    named = policy.offenses_named(Facts(history=found))
    return policy.LookedUp(found, facts.us_citizen, tuple(map(classified, (*needed.offenses, *named))))


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
    decision = decided(facts)
    bound = policy.bind(review, decision)
    if isinstance(bound, Ruling):
        assert decision.answer == "review"
        assert bound.question in decision.questions
    else:
        assert bound.startswith("no effect: ")


@FEW
@given(
    any_facts(),
    any_facts(),
    court_messages(any_charge, offenses(ALL_CODES)) | identity_messages | bookings(any_charge),
    histories,
)
def test_judging_an_ended_case_is_total_and_never_flags(
    facts: Facts, others: Facts, message: Message, past: History
) -> None:
    found = _looked_up(facts, message, past)
    for outcome in get_args(Outcome):
        decision = decided(others)
        judgement = policy.judge(facts, _result(outcome, decision), message, found)
        assert judgement.reason
        if judgement.withdraw:
            assert outcome == "flagged"
            assert is_taken_after_the_end(message)
            assert decided(judgement.facts).answer != "flag"
            assert judgement.reopens is decided(judgement.facts).is_open
        else:
            assert outcome != "flagged" or decided(judgement.facts).answer == "flag"


@settings(FEW, max_examples=150)
@given(minor_facts(), any_facts(), st.booleans())
def test_reopening_alone_never_flags_whom_the_promise_protects(minor: Facts, other: Facts, any_: bool) -> None:
    """It opens charges again, and nothing that was said before it, said once more, ends them."""
    facts = other if any_ and other.bookings else minor
    for outcome in get_args(Outcome):
        answer = policy.reopen(facts, _result(outcome, decided(facts)), REOPENING)
        if isinstance(answer, str):
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
REOPENING: Final = Reopening(by="c-7", reason="refiled", reopened_at=AT)
_FINDINGS: Final = ("clear.us_citizen", "clear.misidentified", "clear.deceased")


def _result(outcome: Outcome, decision: policy.Decision) -> CaseResult:
    return CaseResult(
        outcome=outcome,
        rule=decision.rule,
        explanation=decision.explanation,
        policy_edition=the.EDITION.name,
        decided_at=AT,
    )
