"""`conviction-gate explain`: what it tells of a case, and that anybody can read it."""

import re
from typing import Any, Final, get_args

import pytest

from conviction_gate import policy
from conviction_gate.client.case_lookup import Found
from conviction_gate.client.explanation import explanation
from conviction_gate.contracts.case import CaseResult, Flag, MessageView, RejectedView, ReopenedView
from conviction_gate.contracts.fields import RuleName
from conviction_gate.contracts.internal.facts import Facts
from tests.support import facts as the
from tests.support.facts import (
    booking,
    charge,
    conviction,
    decided,
    dismissal,
    facts_of,
    history,
    record,
    ruled,
    update,
)
from tests.support.facts_of_every_kind import CAME, PASTS, view_of, worlds
from tests.support.readability import grade

EIGHTH: Final = 8


def sections(
    facts: Facts, result: CaseResult | None = None, flag: Flag | None = None, **changed: Any
) -> dict[str, str]:
    """Each part of the explanation as one text, by its title."""
    parts = explanation(Found(view_of(facts, **changed), "case", result, flag)).parts
    return {part.title: "\n".join(part.lines) for part in parts}


def result(**changed: Any) -> CaseResult:
    fields: dict[str, Any] = {
        "outcome": "flagged",
        "rule": "flag.convicted",
        "explanation": "Charge 1 ended in a conviction for a crime.",
        "policy_edition": "2012-04-27",
        "decided_at": CAME,
    }
    return CaseResult(**fields | changed)


# Anybody can read it -------------------------------------------------------------------------------


def test_these_worlds_lead_to_every_rule() -> None:
    assert {decided(facts).rule for facts in worlds()} == set(get_args(RuleName))


def test_every_sentence_is_at_an_eighth_grade_level() -> None:
    sentences = set()
    for facts in worlds():
        view = view_of(facts)
        sentences |= {view.explanation, *(question.asks for question in view.questions)}
        sentences |= {view.history} - {None}
    too_hard = {sentence: grade(sentence) for sentence in sentences if grade(sentence) > EIGHTH}
    assert not too_hard, "say it in shorter words, or in two sentences"


def test_every_explanation_is_at_an_eighth_grade_level() -> None:
    texts = {"\n\n".join(sections(facts).values()) for facts in worlds()}
    too_hard = {text: grade(text) for text in texts if grade(text) > EIGHTH}
    assert not too_hard, "say it in shorter words, or in two sentences"


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The cat sat on the mat.", -2, 1),
        ("A person who is convicted of a crime is flagged.", 3, 7),
        ("Adjudication withheld notwithstanding, the jurisdictional disposition constitutes finality.", 18, 40),
    ],
)
def test_the_measure_tells_easy_from_hard(text: str, least: float, most: float) -> None:
    assert least <= grade(text) <= most


# What it tells ------------------------------------------------------------------------------------


def test_an_open_case_from_its_booking_to_what_comes_next() -> None:
    facts = facts_of(booking(), update("continuance", "2012-06-20"))
    parts = sections(facts, waiting_since=CAME, next_docket_check_at=CAME)
    assert list(parts) == [
        *("The arrest", "The charges", "The record", "What was received", "The decision", "What comes next")
    ]
    assert "The agency CA0190000 booked somebody on 2012-05-04." in parts["The arrest"]
    assert "Its tracking number is A-1." in parts["The arrest"]
    assert "Charge 1 is under CA-VC 14601(a).\n  Its kind: minor traffic." in parts["The charges"]
    assert "Our catalog says so." in parts["The charges"]
    assert parts["The record"] == "The record is clean."
    assert parts["What was received"].splitlines() == [
        '2014-03-05: the jail sent a booking: "the same arrest again, on 1 charge".',
        '2014-03-05: a court sent an entry that ends no charge: "charge 1: continuance on 2012-06-20".',
    ]
    assert 'The rule that fits is "Minor traffic only".' in parts["The decision"]
    assert "  Source: the announcement of 27 April 2012." in parts["The decision"]
    assert "The case goes by the rules of 27 April 2012." in parts["The decision"]
    assert parts["What comes next"].splitlines() == [
        "The case waits for the court, and has since 2014-03-05. It waits as long as it takes.",
        "On 2014-03-05 we ask the court again.",
    ]


def test_an_explanation_never_names_the_person() -> None:
    assert all("T-1" not in text for text in sections(facts_of(booking())).values())


def test_a_message_that_only_a_newer_release_knows_is_named() -> None:
    newer = MessageView(message_id="v-1", sender="", type="verdict", received_at=CAME, effect="recorded")
    came = sections(facts_of(booking()), messages=(newer,), messages_total=1)["What was received"]
    assert came.endswith(': verdict: "recorded".')


def test_the_record_is_told_without_what_stands_in_it() -> None:
    said = {policy.history_summary(facts_of(booking(), past=past)) for past in PASTS}
    assert "The person was convicted of a crime before this arrest." in said
    assert not [text for text in said if text and re.search(r"2009|P-1|nobody knows", text)]
    unclear = facts_of(booking(), past=history(record("expunged")))
    assert policy.history_summary(ruled(unclear, "history_clean", None)) == (
        "A person read the record and found it clean."
    )
    assert policy.history_summary(facts_of(booking(), past=None)) is None


@pytest.mark.parametrize(
    ("code", "injury", "why"),
    [
        (("CA-VC", "12500(a)"), None, "Our catalog says so. We have yet to check it against the law."),
        (("CA-VC", "12500(a)"), None, 'It notes: "can be filed as an infraction".'),
        (("FL-FS", "322.15"), None, 'Our catalog says so, from "theorlandocriminaldefense.com".'),
        (the.RECKLESS, True, "The charge says that someone was hurt."),
        (("CA-VC", "no such code"), None, "Our catalog does not say what kind it is."),
    ],
)
def test_a_charge_has_its_class_on_somebodys_word(code: the.Code, injury: bool | None, why: str) -> None:
    assert f"  {why}\n" in sections(facts_of(booking(charge(code, injury=injury))))["The charges"]


def test_a_ruling_on_a_charge_is_told_as_one() -> None:
    facts = ruled(facts_of(booking(charge(the.UNCLASSIFIED))), "minor_traffic")
    assert "A person ruled on it" in sections(facts)["The charges"]


def test_a_closed_case_tells_when_it_was_decided_and_on_what() -> None:
    grounds = tuple(f"m-{number}" for number in range(1, 8))
    facts = facts_of(booking(), conviction("2013-07-15"))
    parts = sections(facts, result(grounds=grounds), flag_status="active")
    assert "It was decided on 2014-03-05." in parts["The decision"]
    assert '"m-1", "m-2", "m-3", "m-4", "m-5" and 2 more.' in parts["The decision"]
    assert "  It ended on 2013-07-15: conviction." in parts["The charges"]
    assert "that is all a flag does" in parts["What comes next"]


def taken_back(reason: str) -> Flag:
    """A flag that stands no more."""
    return Flag(
        case_id="booking-case:CA0190000:A-1",
        agency="CA0190000",
        tracking_number="A-1",
        status="withdrawn",
        rule="flag.convicted",
        explanation="Charge 1 ended in a conviction for a crime.",
        policy_edition="2012-04-27",
        grounds=(),
        flagged_at=CAME,
        withdrawn_at=CAME,
        withdrawn_reason=reason,
    )


def test_a_flag_that_was_taken_back_says_when_and_why() -> None:
    flag = taken_back("the reason no longer holds")
    parts = sections(facts_of(booking(), conviction("2013-07-15")), result(), flag, flag_status="withdrawn")
    assert (
        "The flag was withdrawn. Its record is kept, and says so.\n"
        'That was on 2014-03-05: "the reason no longer holds".' in (parts["The decision"])
    )
    assert "No message can make one." in parts["What comes next"]


@pytest.mark.parametrize(("sender", "told_so"), [("county-da", ' from "county-da"'), ("", "")])
def test_who_took_a_flag_back_is_named(sender: str, told_so: str) -> None:
    reason = "the reason no longer holds: no charge is left"
    facts = facts_of(booking(), conviction("2013-07-15"))
    shown = view_of(facts).messages
    last = shown[-1].model_copy(
        update={"message_id": "k-1", "sender": sender, "type": "correction", "effect": reason}
    )
    flag = taken_back(reason)
    parts = sections(facts, result(), flag, flag_status="withdrawn", messages=(*shown, last))
    assert f'The message "k-1"{told_so} did that.' in parts["The decision"]
    assert grade(parts["The decision"]) <= EIGHTH


def test_a_cleared_case_says_that_no_message_can_make_a_flag() -> None:
    parts = sections(facts_of(booking(), dismissal("2013-07-15")), result(outcome="cleared"))
    assert "withdrawn" not in parts["The decision"]
    assert "No message can make one." in parts["What comes next"]


def test_rejected_messages_are_counted_with_their_reasons() -> None:
    bad = RejectedView(name="conviction", received_at=CAME, reason="decided_on: not a date", payload="{}")
    other = bad.model_copy(update={"reason": "charge_id: missing"})
    parts = sections(facts_of(booking()), rejected=(bad, other, bad), rejected_total=3, needs_attention=True)
    assert parts["What was rejected"].splitlines() == [
        "3 messages did not fit, and changed nothing. The reasons:",
        '  "decided_on: not a date" (2)',
        '  "charge_id: missing" (1)',
    ]
    assert "A person should look at this case." in parts["What comes next"]


def test_reminders_and_a_reopening_are_told() -> None:
    reopened = ReopenedView(by="clerk-7", reason="refiled as 14CR-7", reopened_at=CAME)
    facts = facts_of(booking(charge(the.UNCLASSIFIED)))
    parts = sections(facts, reminders=2, reopened=reopened, messages_total=9)
    assert "A person was asked to rule, and reminded 2 times." in parts["What was received"]
    assert '"clerk-7" gave the reason "refiled as 14CR-7".' in parts["What was received"]
    assert "The first 8 are not shown here any more." in parts["What was received"]
    assert "  What kind of offense is charge 1 (NCIC 5499)?" in parts["What comes next"]
    assert (
        "  To rule:\n  `conviction-gate review decide CA0190000:A-1 RULING --charge 1 "
        in (parts["What comes next"])
    )
