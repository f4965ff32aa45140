"""Rules 2 to 4, sentence by sentence (docs/policy.md): arrested for, charged with and convicted of what."""

from conviction_gate import policy
from conviction_gate.contracts.internal.facts import Facts
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    dismissal,
    facts_of,
    history,
    record,
    review,
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import (
    CLASS,
    CLEAR,
    DUI,
    EXCLUDED_OFFENSE,
    FLAG,
    NON_TRAFFIC,
    ONLY_COURT,
    OUTCOME,
    RACING,
    SEVERITY,
    UNPLACED,
    WAIT,
    holds,
    table,
)


@table(
    ("drunk driving, where it is no crime too", facts_of(DUI), EXCLUDED_OFFENSE),
    ("hit and run, property only", facts_of(booking(charge(the.HIT_AND_RUN))), EXCLUDED_OFFENSE),
    ("reckless with injury", facts_of(booking(charge(the.RECKLESS_INJURY))), EXCLUDED_OFFENSE),
    ("a serious felony", facts_of(booking(charge(the.SERIOUS_FELONY))), EXCLUDED_OFFENSE),
    (
        "the catalog's felony, whatever the booking says",
        facts_of(booking(charge(the.SERIOUS_FELONY, severity="infraction"))),
        EXCLUDED_OFFENSE,
    ),
    (
        "not the booking's felony, where the catalog has a severity",
        facts_of(booking(charge(the.SERIOUS, severity="felony"))),
        CLASS,
    ),
    (
        "the booking's felony, where the catalog has none",
        facts_of(booking(charge(the.SERIOUS_UNKNOWN, severity="felony"))),
        EXCLUDED_OFFENSE,
    ),
    (
        "the booking's felony, where the catalog has a wobbler",
        facts_of(booking(charge(the.SERIOUS_WOBBLER, severity="felony"))),
        EXCLUDED_OFFENSE,
    ),
    ("severity unknown counts as below", facts_of(booking(charge(the.SERIOUS_UNKNOWN))), CLASS),
    ("a wobbler alone counts as below", facts_of(booking(charge(the.SERIOUS_WOBBLER))), CLASS),
    (
        "as filed later",
        facts_of(booking(), amendment(charge(the.DUI_NO_CRIME, "2"), "2012-06-01")),
        EXCLUDED_OFFENSE,
    ),
    (
        "a DUI arrest later filed as speeding stays excluded",
        facts_of(DUI, amendment(charge(the.MINOR), "2012-06-01")),
        EXCLUDED_OFFENSE,
    ),
    (
        "even when it is then dismissed",
        facts_of(DUI, amendment(charge(the.MINOR), "2012-06-01"), dismissal("2013-01-01")),
        EXCLUDED_OFFENSE,
    ),
    (
        "as convicted of, while that conviction stands",
        facts_of(booking(), conviction("2013-01-01", of=the.DUI_NO_CRIME)),
        EXCLUDED_OFFENSE,
    ),
    (
        "convicted of a serious offense as a felony, where the catalog leaves it open",
        facts_of(booking(), conviction("2013-01-01", severity="felony", of=the.SERIOUS_WOBBLER)),
        EXCLUDED_OFFENSE,
    ),
    (
        "below felony it is a conviction for a crime like any other",
        facts_of(booking(), conviction("2013-01-01", severity="misdemeanor", of=the.SERIOUS_WOBBLER)),
        FLAG,
    ),
    (
        "not as convicted of, once the conviction is vacated",
        facts_of(
            booking(),
            conviction("2013-01-01", of=the.DUI_NO_CRIME),
            dismissal("2013-02-01", word="vacated"),
        ),
        CLEAR,
    ),
    (
        "not as convicted of, while it is under appeal",
        facts_of(
            booking(),
            conviction("2013-01-01", of=the.DUI_NO_CRIME),
            update("appeal_filed", "2013-01-10"),
        ),
        OUTCOME,
    ),
    (
        "not by an amendment that was filed in error",
        facts_of(
            booking(),
            amendment(charge(the.DUI_NO_CRIME), "2012-06-01"),
            correction(amendment(charge(the.DUI_NO_CRIME), "2012-06-01")),
        ),
        WAIT,
    ),
    ("a charge outside traffic law", facts_of(booking(charge(the.NON_TRAFFIC))), NON_TRAFFIC),
    (
        "one such charge among several",
        facts_of(booking(charge(), charge(the.NON_TRAFFIC, "2"))),
        NON_TRAFFIC,
    ),
    (
        "such a charge filed later",
        facts_of(booking(), amendment(charge(the.NON_TRAFFIC, "2"), "2012-06-01")),
        NON_TRAFFIC,
    ),
    (
        "such an offense as convicted of a crime",
        facts_of(booking(), conviction("2013-01-01", of=the.NON_TRAFFIC, severity="misdemeanor")),
        NON_TRAFFIC,
    ),
    (
        "a plea to one that is no crime is none",
        facts_of(booking(), conviction("2013-01-01", of=the.NON_TRAFFIC, severity="infraction")),
        CLEAR,
    ),
    (
        "of unknown severity a person says",
        facts_of(booking(), conviction("2013-01-01", of=the.NON_TRAFFIC)),
        SEVERITY,
    ),
    (
        "and where they say a crime, it counts as what it is",
        ruled(facts_of(booking(), conviction("2013-01-01", of=the.NON_TRAFFIC)), "conviction"),
        NON_TRAFFIC,
    ),
    (
        "excluded is asked before non-traffic",
        facts_of(booking(charge(the.NON_TRAFFIC), charge(the.HIT_AND_RUN, "2"))),
        EXCLUDED_OFFENSE,
    ),
    (
        "both before the history is known",
        facts_of(booking(charge(the.NON_TRAFFIC)), past=None),
        NON_TRAFFIC,
    ),
)
def test_rules_2_and_3_what_the_policy_leaves_out(facts: Facts, rule: str) -> None:
    holds(facts, rule)


PLEA_TO_UNPLACED = facts_of(booking(), conviction("2013-01-01", of=the.UNCLASSIFIED))


@table(
    ("an unclassified charge", UNPLACED, CLASS),
    ("a serious one below felony", RACING, CLASS),
    ("nothing but court process", ONLY_COURT, CLASS),
    (
        "court process beside another charge is no question",
        facts_of(booking(charge(), charge(the.COURT_PROCESS, "2"))),
        WAIT,
    ),
    ("a standing conviction of an unclassified offense", PLEA_TO_UNPLACED, CLASS),
    (
        "as the charge stands now: filed anew as minor it is no question",
        facts_of(booking(charge(the.UNCLASSIFIED)), amendment(charge(), "2012-06-01")),
        WAIT,
    ),
    (
        "a dismissal does not settle the class",
        facts_of(booking(charge(the.UNCLASSIFIED)), dismissal("2013-01-01")),
        CLASS,
    ),
    (
        "it is asked before a record is held against the person",
        facts_of(booking(charge(the.UNCLASSIFIED)), past=history(record())),
        CLASS,
    ),
    ("ruled minor", ruled(UNPLACED, "minor_traffic"), WAIT),
    (
        "ruled minor, then convicted",
        with_more(ruled(UNPLACED, "minor_traffic"), conviction("2013-01-01")),
        SEVERITY,
    ),
    ("ruled drunk driving", ruled(UNPLACED, "dui"), EXCLUDED_OFFENSE),
    ("ruled non-traffic", ruled(UNPLACED, "non_traffic"), NON_TRAFFIC),
    ("ruled serious: asked once more, below felony", ruled(UNPLACED, "other_traffic_serious"), CLASS),
    (
        "and ruled serious again: excluded",
        ruled(ruled(UNPLACED, "other_traffic_serious"), "other_traffic_serious"),
        EXCLUDED_OFFENSE,
    ),
    (
        "an unclassified felony ruled minor",
        ruled(facts_of(booking(charge(the.UNCLASSIFIED, severity="felony"))), "minor_traffic"),
        WAIT,
    ),
    ("racing ruled minor", ruled(RACING, "minor_traffic"), WAIT),
    ("racing ruled serious means excluded", ruled(RACING, "other_traffic_serious"), EXCLUDED_OFFENSE),
    ("court process ruled minor", ruled(ONLY_COURT, "minor_traffic"), WAIT),
    ("a plea to an unplaced offense, ruled excluded", ruled(PLEA_TO_UNPLACED, "dui"), EXCLUDED_OFFENSE),
    ("and ruled minor: its severity is not known", ruled(PLEA_TO_UNPLACED, "minor_traffic"), SEVERITY),
    (
        "a ruling holds for that offense: another one is asked anew",
        with_more(ruled(UNPLACED, "minor_traffic"), amendment(charge(the.SERIOUS), "2014-02-01")),
        CLASS,
    ),
    (
        "and for that charge: the same offense on another is asked anew",
        with_more(
            ruled(UNPLACED, "minor_traffic"),
            amendment(charge(the.UNCLASSIFIED, "2"), "2014-02-01"),
        ),
        CLASS,
    ),
    (
        "an injury reported since is new evidence",
        with_more(
            ruled(UNPLACED, "reckless_no_injury"),
            amendment(charge(the.UNCLASSIFIED, injury=True), "2014-02-01"),
        ),
        CLASS,
    ),
    (
        "a felony filed since was never what the person ruled on",
        with_more(
            ruled(facts_of(booking(charge(the.SERIOUS_WOBBLER))), "minor_traffic"),
            amendment(charge(the.SERIOUS_WOBBLER, severity="felony"), "2014-02-01"),
        ),
        EXCLUDED_OFFENSE,
    ),
    (
        "a ruling that was corrected asks again",
        with_more(ruled(UNPLACED, "minor_traffic"), correction(review("minor_traffic"))),
        CLASS,
    ),
)
def test_rule_4_unclassified_charges(facts: Facts, rule: str) -> None:
    holds(facts, rule)


def test_offenses_that_no_look_up_has_placed_go_to_a_person() -> None:
    facts = Facts(bookings=(booking(),), history=the.CLEAN)
    holds(facts, CLASS)
    assert [(offense.scheme, offense.code) for offense in policy.offenses_to_look_up(facts)] == [the.MINOR]
