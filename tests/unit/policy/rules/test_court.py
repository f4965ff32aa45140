"""Rules 8 to 11, sentence by sentence (docs/policy.md): how the court ended the charges."""

from typing import Any

import pytest

from conviction_gate import policy
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.policy.endings import DEFERRALS, DOUBTFUL_LAST_WORDS
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    decided,
    dismissal,
    facts_of,
    made_up,
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import (
    CLASS,
    CLEAR,
    EXCLUDED_OFFENSE,
    FLAG,
    OUTCOME,
    PLEA,
    SEVERITY,
    TWO,
    WAIT,
    either_way,
    holds,
    table,
)


@table(
    ("convicted of a crime", facts_of(booking(), conviction("2013-01-01")), FLAG),
    ("a felony too", facts_of(booking(), conviction("2013-01-01", severity="felony")), FLAG),
    (
        "one among several flags at once",
        facts_of(TWO, conviction("2013-01-01", "2")),
        FLAG,
    ),
    (
        "also where the other was dismissed, whichever came first",
        facts_of(TWO, dismissal("2013-02-01", "1"), conviction("2013-01-01", "2")),
        FLAG,
    ),
    ("a clear needs all charges ended", facts_of(TWO, dismissal("2013-01-01", "1")), WAIT),
    ("all ended", facts_of(TWO, dismissal("2013-01-01", "1"), dismissal("2013-01-02", "2")), CLEAR),
    ("all ended by one dismissal of the arrest", facts_of(TWO, dismissal("2013-01-01", None)), CLEAR),
    ("nothing yet", facts_of(TWO), WAIT),
    (
        "a conviction for a charge that the case does not have waits for it",
        facts_of(booking(), conviction("2013-01-01", "9")),
        WAIT,
    ),
    (
        "and counts when the charge arrives",
        facts_of(booking(), conviction("2013-01-01", "9"), amendment(charge(the.MINOR, "9"), "2012-06-01")),
        FLAG,
    ),
    (
        "court process is not waited for",
        facts_of(booking(charge(), charge(the.COURT_PROCESS, "2")), dismissal("2013-01-01", "1")),
        CLEAR,
    ),
    (
        "a court process conviction decides nothing while another charge waits",
        facts_of(
            booking(charge(), charge(the.COURT_PROCESS, "2")),
            conviction("2013-01-01", "2", severity="misdemeanor"),
        ),
        WAIT,
    ),
    (
        "once every other charge has ended it goes to a person",
        facts_of(
            booking(charge(), charge(the.COURT_PROCESS, "2")),
            conviction("2013-01-01", "2", severity="misdemeanor"),
            dismissal("2013-01-01", "1"),
        ),
        OUTCOME,
    ),
    (
        "in doubt too",
        facts_of(
            booking(charge(), charge(the.COURT_PROCESS, "2")),
            update("deferred_with_plea", "2013-01-01", "2"),
            dismissal("2013-01-01", "1"),
        ),
        OUTCOME,
    ),
    (
        "a plea to failing to appear is no traffic conviction: a person says",
        facts_of(booking(), conviction("2013-01-01", severity="misdemeanor", of=the.COURT_PROCESS)),
        OUTCOME,
    ),
)
def test_rules_8_to_11_how_charges_end(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@pytest.mark.parametrize("word", the.DISPOSITIONS)
def test_rule_10_every_word_for_an_end_without_a_conviction_clears(word: Any) -> None:
    holds(facts_of(booking(), dismissal("2013-01-01", word=word)), CLEAR)


@pytest.mark.parametrize("entry", [*the.ENTRIES, "a word nobody knows"])
def test_no_docket_entry_alone_ends_a_charge(entry: str) -> None:
    """Some are more than waiting: a person says what they mean."""
    expected = OUTCOME if entry in (*DEFERRALS, *DOUBTFUL_LAST_WORDS) else WAIT
    holds(facts_of(booking(), update(entry, "2013-01-01")), expected)
    holds(facts_of(booking(), update(entry, "2013-01-01", None)), expected)


@table(
    (
        "the message's own",
        facts_of(booking(charge(the.MINOR_UNKNOWN)), conviction("2013-01-01", severity="misdemeanor")),
        FLAG,
    ),
    (
        "a crime where the law knows none is unknown",
        facts_of(booking(charge(the.MINOR_INFRACTION)), conviction("2013-01-01", severity="misdemeanor")),
        SEVERITY,
    ),
    (
        "the court's own word for an infraction counts",
        facts_of(booking(), conviction("2013-01-01", severity="infraction")),
        CLEAR,
    ),
    (
        "booked as an infraction, and the court does not say",
        facts_of(booking(charge(severity="infraction")), conviction("2013-01-01")),
        SEVERITY,
    ),
    (
        "filed as one later",
        facts_of(booking(), amendment(charge(severity="infraction"), "2012-06-01"), conviction("2013-01-01")),
        SEVERITY,
    ),
    (
        "filed as a misdemeanor since",
        facts_of(
            booking(charge(severity="infraction")),
            amendment(charge(severity="misdemeanor"), "2012-06-01"),
            conviction("2013-01-01"),
        ),
        FLAG,
    ),
    (
        "booked as the infraction that the law makes it",
        facts_of(booking(charge(the.MINOR_INFRACTION, severity="infraction")), conviction("2013-01-01")),
        CLEAR,
    ),
    (
        "else the catalog's for what it was convicted of",
        facts_of(booking(charge(the.MINOR_INFRACTION)), conviction("2013-01-01", of=the.MINOR)),
        FLAG,
    ),
    ("a lesser offense too", facts_of(booking(), conviction("2013-01-01", of=the.MINOR_INFRACTION)), CLEAR),
    (
        "else the catalog's for the charge",
        facts_of(booking(charge(the.MINOR_INFRACTION)), conviction("2013-01-01")),
        CLEAR,
    ),
    (
        "never the booking's",
        facts_of(booking(charge(the.MINOR_UNKNOWN, severity="misdemeanor")), conviction("2013-01-01")),
        SEVERITY,
    ),
    (
        "not to clear either",
        facts_of(booking(charge(the.MINOR_UNKNOWN, severity="infraction")), conviction("2013-01-01")),
        SEVERITY,
    ),
    (
        "convicted of an offense without a severity: not the charge's",
        facts_of(booking(), conviction("2013-01-01", of=the.MINOR_UNKNOWN)),
        SEVERITY,
    ),
    (
        "a wobbler is unknown",
        facts_of(
            booking(charge(("X", "w"))),
            conviction("2013-01-01"),
            placed=[made_up("minor_traffic").model_copy(update={"code": "w", "severity": "wobbler"})],
        ),
        SEVERITY,
    ),
    (
        "of the charge as it stands",
        facts_of(booking(), amendment(charge(the.MINOR_INFRACTION), "2012-06-01"), conviction("2013-01-01")),
        CLEAR,
    ),
    (
        "two versions of one day with different severities: unknown",
        facts_of(
            booking(charge(the.MINOR)),
            booking(charge(the.MINOR_INFRACTION), message_id="resent"),
            conviction("2013-01-01"),
        ),
        SEVERITY,
    ),
    (
        "ruled a crime",
        ruled(facts_of(booking(charge(the.MINOR_UNKNOWN)), conviction("2013-01-01")), "conviction"),
        FLAG,
    ),
    (
        "ruled none",
        ruled(facts_of(booking(charge(the.MINOR_UNKNOWN)), conviction("2013-01-01")), "not_conviction"),
        CLEAR,
    ),
)
def test_severity_of_a_conviction(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@table(
    (
        "booked a felony and filed a misdemeanor",
        facts_of(
            booking(charge(the.SERIOUS_WOBBLER, severity="felony")),
            amendment(charge(the.SERIOUS_WOBBLER, severity="misdemeanor"), "2012-06-01"),
        ),
        CLASS,
    ),
    (
        "filed as something else, and no felony",
        facts_of(
            booking(charge(the.SERIOUS_WOBBLER, severity="felony")),
            amendment(charge(the.MINOR, severity="misdemeanor"), "2012-06-01"),
        ),
        WAIT,
    ),
    (
        "booked a misdemeanor and filed a felony",
        facts_of(
            booking(charge(the.SERIOUS_WOBBLER, severity="misdemeanor")),
            amendment(charge(the.SERIOUS_WOBBLER, severity="felony"), "2012-06-01"),
        ),
        EXCLUDED_OFFENSE,
    ),
    (
        "a felony by law, however it is filed",
        facts_of(
            booking(charge(the.SERIOUS_FELONY)),
            amendment(charge(the.SERIOUS_FELONY, severity="misdemeanor"), "2012-06-01"),
        ),
        EXCLUDED_OFFENSE,
    ),
    (
        "filed twice on one day, as both: nobody knows",
        facts_of(
            booking(charge(the.SERIOUS_WOBBLER, severity="felony")),
            booking(charge(the.SERIOUS_WOBBLER, severity="misdemeanor"), message_id="resent"),
        ),
        CLASS,
    ),
)
def test_a_serious_offense_is_a_felony_as_it_is_filed_now(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@table(
    (
        "ruled minor, then convicted of not coming to court",
        with_more(
            ruled(facts_of(booking(charge(the.COURT_PROCESS))), "minor_traffic"),
            conviction("2013-01-10", severity="misdemeanor", of=the.COURT_PROCESS),
        ),
        OUTCOME,
    ),
    (
        "also where the court does not name the offense",
        with_more(
            ruled(facts_of(booking(charge(the.COURT_PROCESS))), "minor_traffic"),
            conviction("2013-01-10", severity="misdemeanor"),
        ),
        OUTCOME,
    ),
    (
        "nor where it does not say whether that is a crime",
        with_more(
            ruled(facts_of(booking(charge(the.COURT_PROCESS))), "minor_traffic"),
            conviction("2013-01-10"),
        ),
        OUTCOME,
    ),
    (
        "convicted of the offense behind it",
        with_more(
            ruled(facts_of(booking(charge(the.COURT_PROCESS))), "minor_traffic"),
            conviction("2013-01-10", severity="misdemeanor", of=the.MINOR),
        ),
        FLAG,
    ),
)
def test_a_conviction_for_court_process_is_none_for_traffic(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@table(
    ("a dismissal of long ago", ruled(facts_of(booking(), dismissal("1998-03-02")), "conviction"), WAIT),
    ("a conviction of long ago", ruled(facts_of(booking(), conviction("1998-03-02")), "conviction"), FLAG),
    (
        "a transfer to juvenile court",
        ruled(facts_of(booking(), update("juvenile_transfer", "2013-01-01")), "conviction"),
        WAIT,
    ),
    *(
        (entry, ruled(facts_of(booking(), update(entry, "2013-01-01")), "conviction"), FLAG)
        for entry in (*sorted(DEFERRALS), "bail_forfeited", "juvenile_adjudicated", "pardoned")
    ),
)
def test_a_person_finds_a_conviction_only_where_a_court_spoke_of_guilt(facts: Facts, rule: str) -> None:
    holds(facts, rule)


def test_no_ruling_stands_in_for_a_conviction_that_a_court_has_yet_to_speak() -> None:
    pleaded = facts_of(TWO, PLEA)
    holds(ruled(pleaded, "not_conviction"), WAIT)
    assert policy.open_charges(ruled(pleaded, "not_conviction")) == ("2",)


def test_two_convictions_of_one_day_are_asked_about_in_one_order() -> None:
    other = ("NCIC", "0399")
    facts = either_way(
        (booking(),), conviction("2013-01-10", of=the.UNCLASSIFIED), conviction("2013-01-10", of=other)
    )
    assert len(decided(facts).questions) == 2


def test_a_conviction_of_what_a_person_ruled_court_process_is_none_for_a_traffic_offense() -> None:
    found = facts_of(booking(), conviction("2013-01-01", severity="misdemeanor", of=the.UNCLASSIFIED))
    holds(ruled(found, "court_process"), OUTCOME)
    holds(ruled(found, "minor_traffic"), FLAG)
