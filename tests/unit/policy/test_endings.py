"""How a charge ended: deferrals, the court's last word, ties of one day, charges reinstated."""

import pytest

from conviction_gate.contracts.internal.facts import Facts
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
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import (
    CLEAR,
    EXCLUDED_OFFENSE,
    FLAG,
    OUTCOME,
    PLEA,
    PLEADED,
    SEVERITY,
    WAIT,
    either_way,
    holds,
    table,
)

SAME_DAY = facts_of(booking(), conviction("2013-01-01"), dismissal("2013-01-01"))
DISPUTED = facts_of(booking(), conviction("2013-01-01", of=the.DUI_NO_CRIME), dismissal("2013-01-01"))


@table(
    ("a plea-based deferral", PLEADED, OUTCOME),
    (
        "after the diversion is completed",
        with_more(PLEADED, dismissal("2013-09-01", word="diversion_completed")),
        OUTCOME,
    ),
    ("after the charge is then dismissed", with_more(PLEADED, dismissal("2013-09-01")), OUTCOME),
    ("an acquittal answers the plea", with_more(PLEADED, dismissal("2013-09-01", word="acquitted")), CLEAR),
    ("a vacatur too", with_more(PLEADED, dismissal("2013-09-01", word="vacated")), CLEAR),
    ("a conviction after the plea", with_more(PLEADED, conviction("2013-09-01")), FLAG),
    ("a plea after the conviction is the last word", with_more(PLEADED, conviction("2012-08-01")), OUTCOME),
    (
        "a diversion without a plea, completed",
        facts_of(
            booking(),
            update("diversion_started", "2012-09-01"),
            dismissal("2013-09-01", word="diversion_completed"),
        ),
        CLEAR,
    ),
    (
        "a diversion before it is completed",
        facts_of(booking(), update("diversion_started", "2012-09-01")),
        WAIT,
    ),
    ("ruled a conviction", ruled(PLEADED, "conviction"), FLAG),
    ("ruled none", ruled(PLEADED, "not_conviction"), CLEAR),
    (
        "new evidence opens the question again",
        with_more(ruled(PLEADED, "not_conviction"), dismissal("2014-09-01")),
        OUTCOME,
    ),
    (
        "the same evidence under another id does not",
        with_more(
            ruled(PLEADED, "not_conviction"),
            PLEA.model_copy(update={"message_id": "again", "sender": "docket"}),
        ),
        CLEAR,
    ),
    (
        "nor does an entry that ends nothing",
        with_more(ruled(PLEADED, "not_conviction"), update("continuance", "2014-09-01")),
        CLEAR,
    ),
    ("a deferral entered in error", with_more(PLEADED, correction(PLEA)), WAIT),
    ("a plea on the day of the conviction", with_more(PLEADED, conviction("2012-09-01")), OUTCOME),
    (
        "an amendment filed since reopens what was ruled",
        with_more(ruled(PLEADED, "not_conviction"), amendment(charge(), "2013-01-01")),
        WAIT,
    ),
)
def test_deferrals(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@table(
    (
        "the latest date is final",
        facts_of(booking(), conviction("2013-01-01"), dismissal("2013-02-01", word="vacated")),
        CLEAR,
    ),
    (
        "whichever came first",
        facts_of(booking(), dismissal("2013-02-01", word="acquitted"), conviction("2013-01-01")),
        CLEAR,
    ),
    (
        "dismissed after a conviction that nobody reversed",
        facts_of(booking(), conviction("2013-01-01"), dismissal("2013-02-01")),
        OUTCOME,
    ),
    (
        "merged after it neither",
        facts_of(booking(), conviction("2013-01-01"), dismissal("2013-02-01", word="merged")),
        OUTCOME,
    ),
    (
        "nor reinstated since",
        facts_of(
            booking(),
            conviction("2013-01-01"),
            dismissal("2013-02-01", word="dismissed_without_prejudice"),
            update("reinstated", "2013-03-01"),
        ),
        OUTCOME,
    ),
    (
        "a fine for a lesser offense, then dismissed, is no question",
        facts_of(booking(), conviction("2013-01-01", severity="infraction"), dismissal("2013-02-01")),
        CLEAR,
    ),
    (
        "of an offense that the policy leaves out it is",
        facts_of(booking(), conviction("2013-01-01", of=the.DUI_NO_CRIME), dismissal("2013-02-01")),
        OUTCOME,
    ),
    (
        "and of unknown severity",
        facts_of(booking(charge(the.MINOR_UNKNOWN)), conviction("2013-01-01"), dismissal("2013-02-01")),
        OUTCOME,
    ),
    (
        "a fine that was dismissed without prejudice and reinstated waits",
        facts_of(
            booking(),
            conviction("2013-01-01", severity="infraction"),
            dismissal("2013-02-01", word="dismissed_without_prejudice"),
            update("reinstated", "2013-03-01"),
        ),
        WAIT,
    ),
    ("long before the arrest", facts_of(booking(), conviction("1998-03-02")), OUTCOME),
    ("a dismissal neither", facts_of(booking(), dismissal("2012-05-02")), OUTCOME),
    ("a day before it the clerk's date is off", facts_of(booking(), dismissal("2012-05-03")), CLEAR),
    ("bail lost is no word of a court", facts_of(booking(), update("bail_forfeited", "2013-01-01")), OUTCOME),
    (
        "until the court speaks",
        facts_of(booking(), update("bail_forfeited", "2013-01-01"), dismissal("2013-02-01")),
        CLEAR,
    ),
    ("a pardon", facts_of(booking(), conviction("2013-01-01"), update("pardoned", "2014-01-01")), OUTCOME),
    ("a later conviction", facts_of(booking(), dismissal("2013-01-01"), conviction("2013-02-01")), FLAG),
    ("one date, different effect", SAME_DAY, OUTCOME),
    (
        "one date, the same effect",
        facts_of(booking(), dismissal("2013-01-01"), dismissal("2013-01-01", word="acquitted")),
        CLEAR,
    ),
    (
        "an infraction and a dismissal have the same effect",
        facts_of(booking(), conviction("2013-01-01", severity="infraction"), dismissal("2013-01-01")),
        CLEAR,
    ),
    (
        "a misdemeanor and an infraction do not",
        facts_of(booking(), conviction("2013-01-01", severity="infraction"), conviction("2013-01-01")),
        OUTCOME,
    ),
    (
        "of the arrest and of the charge",
        facts_of(booking(), conviction("2013-01-01"), dismissal("2013-01-01", None)),
        OUTCOME,
    ),
    ("ruled a conviction", ruled(SAME_DAY, "conviction"), FLAG),
    ("ruled none", ruled(SAME_DAY, "not_conviction"), CLEAR),
    (
        "a later word makes the ruling moot",
        with_more(ruled(SAME_DAY, "not_conviction"), conviction("2014-06-01")),
        FLAG,
    ),
    ("a finding of an excluded offense, no crime, and a dismissal do not", DISPUTED, OUTCOME),
    (
        "nor do findings of an excluded and of a minor offense",
        facts_of(
            booking(),
            conviction("2013-01-01", of=the.DUI_NO_CRIME),
            conviction("2013-01-01", of=the.MINOR_INFRACTION),
        ),
        OUTCOME,
    ),
    (
        "two crimes have the same effect, whatever their class",
        facts_of(booking(), conviction("2013-01-01", of=the.SERIOUS), conviction("2013-01-01", of=the.MINOR)),
        FLAG,
    ),
    ("ruled none, what it names as convicted of falls too", ruled(DISPUTED, "not_conviction"), CLEAR),
    ("ruled a conviction, it counts", ruled(DISPUTED, "conviction"), EXCLUDED_OFFENSE),
)
def test_the_last_word_and_ties(facts: Facts, rule: str) -> None:
    holds(facts, rule)


WITHOUT_PREJUDICE = dismissal("2013-01-01", word="dismissed_without_prejudice")


@table(
    ("a dismissal without prejudice ends a charge", facts_of(booking(), WITHOUT_PREJUDICE), CLEAR),
    ("reinstated later", facts_of(booking(), WITHOUT_PREJUDICE, update("reinstated", "2013-03-01")), WAIT),
    ("on the same date too", facts_of(booking(), WITHOUT_PREJUDICE, update("reinstated", "2013-01-01")), WAIT),
    (
        "reinstated before is no reopening",
        facts_of(booking(), WITHOUT_PREJUDICE, update("reinstated", "2012-12-31")),
        CLEAR,
    ),
    (
        "of the whole arrest",
        facts_of(booking(), WITHOUT_PREJUDICE, update("reinstated", "2013-03-01", None)),
        WAIT,
    ),
    (
        "dismissed again",
        facts_of(booking(), WITHOUT_PREJUDICE, update("reinstated", "2013-03-01"), dismissal("2013-06-01")),
        CLEAR,
    ),
    (
        "what was dismissed for good stays so",
        facts_of(booking(), dismissal("2013-01-01"), update("reinstated", "2013-03-01")),
        CLEAR,
    ),
    ("with leave it never ended", facts_of(booking(), update("dismissed_with_leave", "2013-01-01")), WAIT),
    (
        "with leave, reinstated, convicted",
        facts_of(
            booking(),
            update("dismissed_with_leave", "2013-01-01"),
            update("reinstated", "2013-02-01"),
            conviction("2013-03-01"),
        ),
        FLAG,
    ),
    (
        "reinstating does not reopen a conviction",
        facts_of(booking(), conviction("2013-01-01"), update("reinstated", "2013-03-01")),
        FLAG,
    ),
    (
        "beside a conviction of the same date it is a question",
        facts_of(booking(), WITHOUT_PREJUDICE, conviction("2013-01-01"), update("reinstated", "2013-01-01")),
        OUTCOME,
    ),
)
def test_reinstated(facts: Facts, rule: str) -> None:
    holds(facts, rule)


def test_two_entries_of_one_day_are_one_evidence_in_either_order() -> None:
    plea = update("deferred_with_plea", "2013-01-05")
    again = plea.model_copy(update={"message_id": "m-0", "detail": "as the clerk wrote it"})
    facts = either_way((booking(),), plea, again)
    assert len(decided(facts).grounds) == 2


def test_a_plea_on_the_day_of_an_amendment_is_in_doubt() -> None:
    amended = (booking(), amendment(charge(the.MINOR), "2013-01-18"))
    holds(facts_of(*amended, update("deferred_with_plea", "2013-01-18")), OUTCOME)
    holds(facts_of(*amended, update("deferred_with_plea", "2013-01-17")), WAIT)


@pytest.mark.parametrize(
    "word",
    [
        *("deferred_with_plea", "adjudication_withheld", "court_supervision", "probation_before_judgment"),
        *("continued_without_finding", "suspended_imposition", "prayer_for_judgment_continued"),
    ],
)
def test_each_word_of_a_plea_with_the_judgment_put_off_is_doubt_also_after_a_dismissal(word: str) -> None:
    deferred = facts_of(booking(), update(word, "2012-09-01"))
    holds(deferred, OUTCOME)
    holds(with_more(deferred, dismissal("2013-09-01")), OUTCOME)


REINSTATED = update("reinstated", "2013-02-01")
WITHOUT_PREJUDICE = dismissal("2013-01-01", word="dismissed_without_prejudice")
OF_A_COURT_PROCESS = conviction("2013-01-01", severity="misdemeanor", of=the.COURT_PROCESS)
AN_INFRACTION_OF_IT = conviction("2013-01-01", severity="infraction", of=the.COURT_PROCESS)
RULED_MINOR = ruled(facts_of(booking(charge(the.COURT_PROCESS))), "minor_traffic")
RULED_COURT_PROCESS = ruled(
    facts_of(booking(charge(), charge(the.UNCLASSIFIED, "2")), dismissal("2013-01-01")), "court_process", "2"
)


@table(
    (
        "a reversal is of a conviction, not of a dismissal",
        facts_of(booking(), dismissal("2013-01-01"), update("appeal_reversed", "2013-06-01")),
        CLEAR,
    ),
    (
        "a plea before the charge was filed anew is forgotten",
        facts_of(booking(), PLEA, amendment(charge(the.RECKLESS), "2012-09-02"), dismissal("2013-01-01")),
        CLEAR,
    ),
    (
        "not one of that day",
        facts_of(booking(), PLEA, amendment(charge(the.RECKLESS), "2012-09-01"), dismissal("2013-01-01")),
        OUTCOME,
    ),
    (
        "bail that was forfeited on the day of a dismissal",
        facts_of(booking(), dismissal("2013-01-01"), update("bail_forfeited", "2013-01-01")),
        OUTCOME,
    ),
    (
        "a plea on the day of a conviction",
        facts_of(booking(), conviction("2012-09-01"), PLEA),
        OUTCOME,
    ),
    (
        "a plea that is one of several entries",
        facts_of(booking(), PLEA, REINSTATED, dismissal("2013-03-01")),
        OUTCOME,
    ),
    (
        "a charge reinstated among other entries",
        facts_of(booking(), WITHOUT_PREJUDICE, REINSTATED, update("appeal_ended", "2013-01-05")),
        WAIT,
    ),
    (
        "another entry reinstates nothing",
        facts_of(booking(), WITHOUT_PREJUDICE, update("appeal_filed", "2013-02-01")),
        CLEAR,
    ),
    (
        "an infraction where the law says so too",
        facts_of(booking(charge(the.MINOR_INFRACTION)), conviction("2013-01-01", severity="infraction")),
        CLEAR,
    ),
    (
        "a charge filed twice on a day, once as an infraction",
        facts_of(
            booking(),
            amendment(charge(the.RECKLESS, severity="infraction"), "2012-06-01"),
            amendment(charge(the.MINOR, severity="misdemeanor"), "2012-06-01"),
            conviction("2013-01-01"),
        ),
        SEVERITY,
    ),
    (
        "a conviction of a serious offense is as grave as the charge where it does not say",
        facts_of(booking(charge(severity="felony")), conviction("2013-01-01", of=the.SERIOUS_WOBBLER)),
        EXCLUDED_OFFENSE,
    ),
    (
        "two convictions of one day, one of a court process",
        facts_of(booking(), OF_A_COURT_PROCESS, conviction("2013-01-01", severity="misdemeanor")),
        OUTCOME,
    ),
    ("an infraction of a court process ends a charge", facts_of(booking(), AN_INFRACTION_OF_IT), CLEAR),
    (
        "a conviction of what a person ruled court process flags nobody",
        with_more(RULED_COURT_PROCESS, conviction("2013-02-01", "2", severity="misdemeanor")),
        OUTCOME,
    ),
    (
        "until a person says that it counts",
        ruled(with_more(RULED_MINOR, OF_A_COURT_PROCESS), "conviction"),
        FLAG,
    ),
)
def test_what_leaves_a_doubt_and_what_does_not(facts: Facts, rule: str) -> None:
    holds(facts, rule)
