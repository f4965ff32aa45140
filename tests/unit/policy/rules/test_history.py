"""Rules 5 to 7, sentence by sentence (docs/policy.md): the criminal history before the booking."""

from datetime import datetime, timedelta, timezone

import pytest

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import PRIORITY_KINDS, History
from conviction_gate.contracts.internal.facts import Facts
from tests.support import facts as the
from tests.support.facts import (
    booking,
    conviction,
    correction,
    decided,
    dismissal,
    facts_of,
    finding,
    history,
    record,
    ruled,
    with_more,
)
from tests.support.rule_tables import EXPUNGED, PRIOR, PRIORITY, RECORD, WAIT, holds, priority, table, with_past


def warrant(of: the.Code | None) -> Facts:
    return with_past(priority("outstanding_criminal_warrant", of=of))


@table(
    ("a misdemeanor before the booking, traffic included", with_past(record()), PRIOR),
    ("a felony before the booking", with_past(record(severity="felony")), PRIOR),
    ("on the day of the booking it is not before", with_past(record(on="2012-05-04")), WAIT),
    ("after the booking", with_past(record(on="2012-05-05")), WAIT),
    (
        "between two bookings of the arrest a person says which one is right",
        facts_of(
            booking(on="2012-05-04"),
            booking(on="2013-05-04", message_id="again"),
            past=history(record(on="2012-12-01")),
        ),
        RECORD,
    ),
    (
        "after both it is not before",
        facts_of(
            booking(on="2012-05-04"),
            booking(on="2013-05-04", message_id="again"),
            past=history(record(on="2013-12-01")),
        ),
        WAIT,
    ),
    (
        "an old conviction for minor traffic is no other crime",
        with_past(record(of=the.MINOR)),
        RECORD,
    ),
    ("nor is one for reckless driving", with_past(record(of=the.RECKLESS)), RECORD),
    ("nor for not coming to court", with_past(record(of=the.COURT_PROCESS)), RECORD),
    ("drunk driving is", with_past(record(of=the.DUI)), PRIOR),
    ("and so is an offense that the catalog does not know", with_past(record(of=("X", "?"))), PRIOR),
    ("ruled not to count", ruled(with_past(record(of=the.MINOR)), "history_clean", None), WAIT),
    ("ruled to count", ruled(with_past(record(of=the.MINOR)), "history_not_clean", None), PRIOR),
    (
        "what was not looked up yet is held against nobody",
        with_past(record(of=the.DUI)).model_copy(update={"placements": facts_of(booking()).placements}),
        RECORD,
    ),
    (
        "a history that is too large",
        facts_of(booking(), past=History(too_large=True)),
        RECORD,
    ),
    (
        "a conviction of unknown severity after the arrest does not count either way",
        with_past(record(severity=None, on="2013-01-01")),
        WAIT,
    ),
    (
        "nor does a plea-based deferral, or an outcome that nobody knows, after it",
        with_past(record("deferred_with_plea", on="2013-01-01"), record("unknown", None, "2012-05-04")),
        WAIT,
    ),
    (
        "between two bookings it is a doubt as before the first",
        facts_of(
            booking(on="2012-05-04"),
            booking(on="2013-05-04", message_id="again"),
            past=history(record("deferred_with_plea", on="2012-12-01")),
        ),
        RECORD,
    ),
    ("an infraction does not count", with_past(record(severity="infraction")), WAIT),
    ("an infraction of unknown date neither", with_past(record(severity="infraction", on=None)), WAIT),
    ("an infraction found", with_past(record("infraction_found", None)), WAIT),
    ("a dismissal does not count", with_past(record("dismissed")), WAIT),
    ("an acquittal does not count", with_past(record("acquitted")), WAIT),
    ("an arrest does not count", with_past(record("pending", None, None)), WAIT),
    ("a juvenile adjudication does not count", with_past(record("adjudicated")), WAIT),
    ("of a juvenile's conviction a person says", with_past(record(juvenile=True)), RECORD),
    ("not of one after the arrest", with_past(record(juvenile=True, on="2012-06-01")), WAIT),
    ("nor of an infraction", with_past(record(severity="infraction", juvenile=True)), WAIT),
    ("unclear stays unclear for a juvenile", with_past(record("unknown", juvenile=True)), RECORD),
    ("also a plea of a juvenile", with_past(record("deferred_with_plea", juvenile=True)), RECORD),
    ("also what was expunged", with_past(record("expunged", juvenile=True)), RECORD),
    ("a vacated conviction does not count", with_past(record("vacated")), WAIT),
    ("a clean record", with_past(), WAIT),
    ("a plea-based deferral", with_past(record("deferred_with_plea")), RECORD),
    ("an expunged conviction", EXPUNGED, RECORD),
    ("a conviction of unknown severity", with_past(record(severity=None)), RECORD),
    ("a conviction of unknown date", with_past(record(on=None)), RECORD),
    ("an unknown word", with_past(record("nobody knows")), RECORD),
    ("a priority of unknown kind", with_past(priority("other")), RECORD),
    ("a priority without a record id", with_past(priority("gang", None)), RECORD),
    ("unlawful presence alone is none", with_past(priority("unlawful_presence", None)), WAIT),
    ("ids that lead to different rows", with_past(conflicting=True), RECORD),
    (
        "a conviction in one of the different rows is nobody's yet",
        with_past(record(), conflicting=True),
        RECORD,
    ),
    ("a priority in one of them too", with_past(priority("gang"), conflicting=True), RECORD),
    ("a history that is not known", facts_of(booking(), past=None), RECORD),
    ("what is settled is asked before doubt", with_past(record("expunged"), record()), PRIOR),
    ("ruled clean", ruled(EXPUNGED, "history_clean", None), WAIT),
    ("ruled not clean", ruled(EXPUNGED, "history_not_clean", None), PRIOR),
    (
        "different rows ruled clean: their convictions are not held against the person",
        ruled(with_past(record(), conflicting=True), "history_clean", None),
        WAIT,
    ),
    (
        "new evidence opens the question again",
        ruled(EXPUNGED, "history_clean", None).model_copy(
            update={"history": history(record("expunged"), record("unknown"))}
        ),
        RECORD,
    ),
    (
        "and a conviction found since flags",
        ruled(EXPUNGED, "history_clean", None).model_copy(
            update={"history": history(record("expunged"), record())}
        ),
        PRIOR,
    ),
    (
        "a doubtful record is asked before a conviction is held against the person",
        with_more(EXPUNGED, conviction("2013-01-01")),
        RECORD,
    ),
    ("and before a clearance", with_more(EXPUNGED, dismissal("2013-01-01")), RECORD),
)
def test_rules_5_to_7_the_record(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@pytest.mark.parametrize("kind", sorted(PRIORITY_KINDS))
def test_rule_6_a_coded_priority_with_a_record_id(kind: str) -> None:
    coded = priority(kind, of=the.NON_TRAFFIC)
    holds(with_past(coded), PRIORITY)
    holds(with_past(coded, record()), PRIOR)


@table(
    ("another crime", warrant(the.NON_TRAFFIC), PRIORITY),
    ("drunk driving", warrant(the.DUI), PRIORITY),
    ("this very ticket", warrant(the.MINOR), RECORD),
    ("an offense that the catalog does not know", warrant(("X", "?")), RECORD),
    ("an offense that it does not name", warrant(None), RECORD),
    ("not coming to court", warrant(the.COURT_PROCESS), WAIT),
)
def test_rule_6_what_a_warrant_is_for(facts: Facts, rule: str) -> None:
    holds(facts, rule)


OTHER = booking(subject=Subject(fingerprint_id="T-2"), message_id="again")
FELON = history(record(severity="felony"))


@table(
    ("somebody else's record flags nobody", facts_of(booking(), OTHER, past=FELON), RECORD),
    ("somebody else's priority neither", facts_of(booking(), OTHER, past=history(priority("gang"))), RECORD),
    ("a citizen under one of the ids clears nobody", facts_of(booking(), OTHER, us_citizen=True), RECORD),
    (
        "nor does one in the record",
        facts_of(booking(), OTHER, past=History(us_citizen=True)),
        RECORD,
    ),
    ("nothing under either id: no doubt", facts_of(booking(), OTHER), WAIT),
    (
        "ids of another kind are more of one person",
        facts_of(booking(), booking(subject=Subject(state_id="S-1"), message_id="again"), past=FELON),
        PRIOR,
    ),
    ("ruled clean", ruled(facts_of(booking(), OTHER, past=FELON), "history_clean", None), WAIT),
    ("ruled not clean", ruled(facts_of(booking(), OTHER, past=FELON), "history_not_clean", None), PRIOR),
    (
        "once the typo is corrected, the record counts",
        facts_of(booking(), OTHER, correction(OTHER), past=FELON),
        PRIOR,
    ),
    (
        "a conviction waits for the answer",
        facts_of(booking(), OTHER, conviction("2013-01-01"), past=FELON),
        RECORD,
    ),
    ("a finding in this case clears", facts_of(booking(), OTHER, finding(), past=FELON), "clear.us_citizen"),
)
def test_rule_7_ids_of_one_arrest_that_disagree(facts: Facts, rule: str) -> None:
    holds(facts, rule)


NOBODY = facts_of(booking(), correction("nothing we know", "deceased"))
TWO_IDS_ONE_CITIZEN = facts_of(booking(), OTHER, us_citizen=True)
TWO_IDS_HARMLESS = facts_of(
    booking(), OTHER, us_citizen=True, past=history(record("dismissed"), priority("unlawful_presence"))
)


@table(
    ("a finding that corrects nothing", ruled(NOBODY, "history_not_clean", None), WAIT),
    ("a citizen under one of two ids", ruled(TWO_IDS_ONE_CITIZEN, "history_not_clean", None), WAIT),
    ("nothing but what never counts", ruled(TWO_IDS_HARMLESS, "history_not_clean", None), WAIT),
    (
        "something that may count",
        ruled(facts_of(booking(), OTHER, past=history(record("expunged"))), "history_not_clean", None),
        PRIOR,
    ),
    (
        "a priority that may",
        ruled(facts_of(booking(), OTHER, past=history(priority("gang"))), "history_not_clean", None),
        PRIOR,
    ),
    (
        "or may not",
        ruled(with_past(priority("gang", None)), "history_not_clean", None),
        PRIOR,
    ),
    (
        "more than anybody read",
        ruled(facts_of(booking(), past=History(too_large=True)), "history_not_clean", None),
        PRIOR,
    ),
)
def test_a_record_that_holds_nothing_is_not_ruled_into_a_flag(facts: Facts, rule: str) -> None:
    """Where only the person is in doubt, a stray click must not flag."""
    holds(facts, rule)


def test_what_comes_twice_is_asked_once() -> None:
    fix = NOBODY.corrections[0]
    once, twice = decided(NOBODY), decided(NOBODY.including(fix))
    assert once == twice
    again = decided(NOBODY.including(fix.model_copy(update={"message_id": "another"})))
    assert again.questions == once.questions


def test_no_ruling_stands_in_for_a_history_that_is_not_known() -> None:
    facts = facts_of(booking(), past=None)
    for word in ("history_clean", "history_not_clean"):
        holds(ruled(facts, word, None), RECORD)


def test_the_day_of_an_arrest_that_is_told_in_two_zones_is_one_day() -> None:
    here = booking()
    early = datetime.fromisoformat("2012-05-05T06:00:00+00:00")
    there = here.model_copy(update={"booked_at": early, "message_id": "m-1"})
    here = here.model_copy(update={"booked_at": early.astimezone(timezone(timedelta(hours=-7)))})
    past = history(record(on="2012-05-04"))
    assert decided(facts_of(here, there, past=past)).rule == decided(facts_of(there, here, past=past)).rule


def test_a_ruling_on_a_record_that_is_too_large_does_not_answer_another_one() -> None:
    facts = facts_of(booking(), past=History(too_large=True, left_out="a"))
    clean = ruled(facts, "history_clean", None)
    holds(clean, WAIT)
    holds(clean.model_copy(update={"history": History(too_large=True, left_out="b")}), RECORD)


@pytest.mark.parametrize("named", [{"scheme": "CA-VC"}, {"code": "14601(a)"}, {}], ids=str)
def test_a_crime_of_which_the_offense_is_not_named_whole_counts_as_another(named: dict[str, str]) -> None:
    holds(with_past(record().model_copy(update=named)), PRIOR)


def test_why_an_earlier_conviction_for_minor_traffic_is_doubt_is_said() -> None:
    explained = decided(with_past(record(of=the.MINOR))).explanation
    assert "an earlier conviction for minor traffic or for not coming to court" in explained


def test_a_conviction_on_the_day_of_the_earlier_of_two_bookings_is_between_them() -> None:
    twice = (booking(), booking(on="2012-06-04"))
    holds(facts_of(*twice, past=history(record(on="2012-05-04", of=the.NON_TRAFFIC))), RECORD)


@pytest.mark.parametrize("offense", [the.RECKLESS, ("X", "not looked up")], ids=str)
def test_a_warrant_for_what_may_be_traffic_is_left_to_a_person(offense: the.Code) -> None:
    facts = with_past(priority("outstanding_criminal_warrant", of=offense))
    placed = tuple(one for one in facts.placements if one.scheme != "X")
    holds(facts.model_copy(update={"placements": placed}), RECORD)


def test_ids_of_one_kind_that_differ_are_doubt_also_where_those_of_another_agree() -> None:
    twice = (
        booking(message_id=f"b-{number}", subject=Subject(fbi_number=f"F-{number}", state_id="S-1"))
        for number in (1, 2)
    )
    holds(facts_of(*twice, past=history(record(of=the.NON_TRAFFIC))), RECORD)
