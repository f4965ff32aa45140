"""What comes after the end of a case, and whether the ground of its flag fell."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from conviction_gate import policy
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import is_taken_after_the_end
from conviction_gate.policy.catalog import place
from conviction_gate.policy.correction import NotLookedUp
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    decided,
    dismissal,
    facts_of,
    finding,
    history,
    record,
    record_update,
    review,
    update,
)
from tests.support.rule_tables import CLEAR, DROPPED, FLAG, GUILTY, TWO, WAIT, holds, replaced

CLERKS = DROPPED.model_copy(update={"sender": "clerk", "message_id": GUILTY.message_id})


@pytest.mark.parametrize(
    ("wrong", "sender", "right", "refused"),
    [
        (GUILTY, None, conviction("2013-02-01"), False),
        (GUILTY, None, DROPPED, True),
        (GUILTY, "", DROPPED, True),
        (GUILTY, "clerk", DROPPED, False),
        (GUILTY, "clerk", conviction("2013-02-01"), True),
        (GUILTY, "docket", DROPPED, False),
        (conviction("2013-03-01"), None, DROPPED, False),
        (booking(), None, booking(message_id="b-2"), False),
        (booking(), None, DROPPED, True),
    ],
)
def test_a_replacement_is_of_the_type_of_what_it_corrects(
    wrong: Message, sender: str | None, right: Message, refused: bool
) -> None:
    said = facts_of(booking(), GUILTY, CLERKS)
    fix = replaced(wrong, right).model_copy(update={"corrects_sender": sender})
    reason = policy.refusal_of_replacement(fix, said)
    assert (reason is not None) is refused
    if reason:
        assert reason.startswith("replacement: a ")
        assert reason.endswith("; send one of the same type")


def test_of_several_messages_of_one_id_a_replacement_fits_one() -> None:
    from_a_desk = replaced(GUILTY, DROPPED).model_copy(update={"sender": "desk"})
    assert policy.refusal_of_replacement(from_a_desk, facts_of(booking(), GUILTY, CLERKS)) is None
    assert policy.refusal_of_replacement(from_a_desk, facts_of(booking(), GUILTY)) is not None
    assert policy.refusal_of_replacement(correction(GUILTY), facts_of(booking(), GUILTY)) is None
    assert policy.refusal_of_replacement(GUILTY, facts_of(booking(), GUILTY)) is None


def ended(facts: Facts, outcome: Any = "flagged") -> CaseResult:
    decision = decided(facts)
    return CaseResult(
        outcome=outcome,
        rule=decision.rule,
        explanation=decision.explanation,
        policy_edition="2012-04-27",
        decided_at=datetime(2013, 2, 1, tzinfo=UTC),
        grounds=decision.grounds,
    )


FLAGGED = facts_of(booking(), GUILTY)
NOTHING_NEW = policy.LookedUp()


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        (correction(GUILTY), True),
        (finding(), True),
        (dismissal("2013-06-01", word="vacated"), True),
        (dismissal("2013-06-01"), True),
        (update("appeal_filed", "2013-06-01"), True),
        (amendment(charge(), "2013-06-01"), True),
        (review("not_conviction"), False),
    ],
)
def test_what_is_taken_after_the_end(message: Any, taken: bool) -> None:
    assert is_taken_after_the_end(message) is taken
    judgement = policy.judge(FLAGGED, ended(FLAGGED), message, NOTHING_NEW)
    assert judgement.withdraw is taken
    assert judgement.facts == (FLAGGED.including(message) if taken else FLAGGED)
    assert judgement.reason


@pytest.mark.parametrize(
    ("outcome", "message", "can"),
    [
        ("flagged", dismissal("2013-06-01"), True),
        (None, dismissal("2013-06-01"), True),
        (None, review("not_conviction"), False),
        ("cleared", dismissal("2013-06-01"), False),
        ("withdrawn", dismissal("2013-06-01"), False),
        ("cleared", finding("us_citizen"), True),
        ("withdrawn", correction(GUILTY), True),
    ],
)
def test_an_ended_case_without_a_flag_takes_only_what_is_said_of_the_person(
    outcome: Any, message: Any, can: bool
) -> None:
    assert policy.can_change_ended_case(outcome, message) is can


@pytest.mark.parametrize(
    ("message", "withdraw", "lift"),
    [
        (finding("us_citizen"), True, "U"),
        (finding("deceased"), True, "D"),
        (finding("misidentified"), True, "L"),
        (correction(GUILTY, "us_citizen"), True, "U"),
        (correction(GUILTY, "vacated"), True, "L"),
        (dismissal("2013-06-01", word="vacated"), True, "L"),
        (dismissal("2012-06-01", word="vacated"), False, "L"),
        (dismissal("2013-06-01", "2", word="vacated"), False, "L"),
        (correction("another message"), False, "L"),
        (conviction("2013-06-01", severity="infraction"), True, "L"),
        (booking(message_id="again"), False, "L"),
    ],
)
def test_a_flag_is_withdrawn_where_its_ground_fell(message: Any, withdraw: bool, lift: str) -> None:
    judgement = policy.judge(FLAGGED, ended(FLAGGED), message, NOTHING_NEW)
    assert (judgement.withdraw, judgement.lift_code) == (withdraw, lift)


@pytest.mark.parametrize(
    ("message", "reopens"),
    [
        (dismissal("2013-06-01", word="vacated"), False),
        (finding(), False),
        (update("appeal_de_novo", "2013-06-01"), True),
        (update("appeal_filed", "2013-01-10"), True),
        (amendment(charge(), "2013-06-01"), True),
        (correction(GUILTY), True),
        (correction(booking()), True),
    ],
)
def test_a_case_with_something_left_to_wait_for_goes_on(message: Any, reopens: bool) -> None:
    judgement = policy.judge(FLAGGED, ended(FLAGGED), message, NOTHING_NEW)
    assert judgement.withdraw
    assert judgement.reopens is reopens


def test_a_record_that_changed_is_asked_for_before_it_is_judged() -> None:
    facts = facts_of(booking(), past=history(record(of=the.DUI)))
    changed = record_update("2013-01-01")
    assert policy.to_look_up(facts, changed).subjects == (booking().subject,)
    with pytest.raises(NotLookedUp):
        policy.judge(facts, ended(facts), changed, NOTHING_NEW)
    judgement = policy.judge(facts, ended(facts), changed, policy.LookedUp(history=History()))
    assert (judgement.withdraw, judgement.reopens) == (True, True)


def test_a_day_of_booking_that_was_wrong_has_every_code_looked_up_anew() -> None:
    """A code means what it meant on the day of the arrest."""
    wrong = replaced(FLAGGED.bookings[0], booking(on="2016-05-04"))
    asked = policy.to_look_up(FLAGGED, wrong)
    assert str(asked.booked_on) == "2016-05-04"
    assert [(offense.scheme, offense.code) for offense in asked.offenses] == [the.MINOR]
    same_day = replaced(FLAGGED.bookings[0], booking(message_id="b-2"))
    assert policy.to_look_up(FLAGGED, same_day).offenses == ()
    found = policy.LookedUp(placements=(place(asked.offenses[0]).model_copy(update={"severity": None}),))
    judgement = policy.judge(FLAGGED, ended(FLAGGED), wrong, found)
    assert judgement.withdraw
    assert judgement.facts.placements == found.placements


def test_an_offense_that_came_after_the_end_is_looked_up_before_it_is_judged() -> None:
    added = amendment(charge(the.RECKLESS, "2"), "2013-06-01")
    asked = policy.to_look_up(FLAGGED, added)
    assert [(offense.scheme, offense.code) for offense in asked.offenses] == [the.RECKLESS]
    with pytest.raises(NotLookedUp):
        policy.judge(FLAGGED, ended(FLAGGED), added, NOTHING_NEW)
    found = policy.LookedUp(placements=tuple(map(place, asked.offenses)))
    assert not policy.judge(FLAGGED, ended(FLAGGED), added, found).withdraw


def test_a_flag_with_another_ground_stands() -> None:
    facts = facts_of(TWO, GUILTY, conviction("2013-01-01", "2"))
    judgement = policy.judge(facts, ended(facts), correction(GUILTY), NOTHING_NEW)
    assert not judgement.withdraw
    second = correction(conviction("2013-01-01", "2"))
    assert policy.judge(judgement.facts, ended(facts), second, NOTHING_NEW).withdraw


@pytest.mark.parametrize("outcome", ["cleared", "withdrawn"])
def test_a_clearance_never_becomes_a_flag(outcome: Any) -> None:
    dismissed = dismissal("2013-02-01", word="vacated")
    facts = facts_of(booking(), GUILTY, dismissed)
    holds(facts, CLEAR)
    judgement = policy.judge(facts, ended(facts, outcome), correction(dismissed), NOTHING_NEW)
    assert decided(judgement.facts).rule == FLAG
    assert not judgement.withdraw


def test_lift_codes() -> None:
    for rule, code in {"clear.us_citizen": "U", "clear.deceased": "D", WAIT: "L", CLEAR: "L"}.items():
        assert policy.lift_code(policy.Decision(rule=rule, explanation="Said.")) == code


DAY, EARLIER = date(2012, 5, 4), date(2012, 4, 30)
ANOTHER = booking(on="2012-04-30", message_id="b-9", subject=Subject(fingerprint_id="T-2"))


def test_what_is_looked_up_again_for_a_message_after_the_end() -> None:
    facts, wrong = facts_of(booking()), booking()
    named = policy.offenses_named(facts)
    updated = policy.to_look_up(facts, record_update("2013-01-01"))
    assert updated == policy.ToLookUp((the.ONE_PERSON,), named, DAY)
    assert policy.to_look_up(facts, conviction("2013-01-01")) == policy.ToLookUp((), (), DAY)
    rebooked = policy.to_look_up(facts, ANOTHER)
    assert rebooked == policy.ToLookUp((the.ONE_PERSON, ANOTHER.subject), named, EARLIER)
    withdrawn = policy.to_look_up(facts, correction(wrong))
    assert (withdrawn.offenses, withdrawn.booked_on) == ((), DAY)  # as the corrected booking said
    assert policy.to_look_up(Facts(), conviction("2013-01-01")).booked_on is None


def test_a_finding_counts_for_the_ids_on_which_all_bookings_agree() -> None:
    one, other = (
        booking(message_id=f"b-{number}", subject=Subject(fbi_number=f"F-{number}", state_id="S-1"))
        for number in (1, 2)
    )
    assert policy.citizen_ids(facts_of(one)) == ()
    assert policy.citizen_ids(facts_of(one, finding())) == (one.subject,)
    assert policy.citizen_ids(facts_of(one, other, finding())) == (Subject(state_id="S-1"),)
    assert policy.citizen_ids(facts_of(booking(), ANOTHER, finding())) == ()
