"""The policy, sentence by sentence: what the messages are, and which rule answers.

Each table is one passage of the policy (docs/policy.md); each row one sentence of it, or one half.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest

from conviction_gate import policy
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.court import Correction
from conviction_gate.contracts.fields import ChargeClass, RuleName
from conviction_gate.contracts.history import PRIORITY_KINDS, History, Priority
from conviction_gate.contracts.internal.facts import Facts, Reopening, Ruling
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import is_taken_after_the_end
from conviction_gate.policy.catalog import find, place
from conviction_gate.policy.classification import EXCLUDED, IN_SCOPE
from conviction_gate.policy.correction import NotLookedUp
from conviction_gate.policy.endings import DEFERRALS, DOUBTFUL_LAST_WORDS
from tests.unit import facts as the
from tests.unit.facts import (
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
    made_up,
    record,
    record_update,
    review,
    ruled,
    update,
    with_more,
)

WAIT, CLEAR, FLAG = "defer.traffic_only", "clear.no_conviction", "flag.convicted"
OUTCOME, SEVERITY = "review.unclear_disposition", "review.unclear_severity"
CLASS, RECORD = "review.unclassified_charge", "review.unclear_history"
EXCLUDED_OFFENSE, NON_TRAFFIC = "flag.excluded_offense", "flag.non_traffic_charge"
PRIOR, PRIORITY = "flag.prior_conviction", "flag.priority_category"

Row = tuple[str, Facts, str]


def table(*rows: Row) -> pytest.MarkDecorator:
    """A table of sentence, facts and the rule that answers."""
    return pytest.mark.parametrize(
        ("facts", "rule"), [pytest.param(facts, rule, id=said) for said, facts, rule in rows]
    )


def holds(facts: Facts, rule: str) -> None:
    """The rule answers, in one plain sentence, with questions where a person is asked."""
    decision = decided(facts)
    assert decision.rule == rule, decision
    assert decision.explanation.endswith(".")
    assert decision.explanation[0].isupper()
    assert decision.explanation.count(". ") == 0
    assert bool(decision.questions) == (decision.answer == "review")


# Classes of charge -------------------------------------------------------------------------------


def test_the_codes_of_these_tables_are_what_they_are_called() -> None:
    def class_of(code: the.Code) -> tuple[str, str | None]:
        entry = find(*code)
        assert entry is not None
        return entry.charge_class, entry.severity

    assert class_of(the.MINOR) == ("minor_traffic", "misdemeanor")
    assert class_of(the.MINOR_INFRACTION) == ("minor_traffic", "infraction")
    assert class_of(the.MINOR_UNKNOWN) == ("minor_traffic", None)
    assert class_of(the.RECKLESS) == ("reckless_no_injury", "misdemeanor")
    assert class_of(the.DUI_NO_CRIME) == ("dui", "infraction")
    assert class_of(the.HIT_AND_RUN) == ("hit_and_run", "misdemeanor")
    assert class_of(the.RECKLESS_INJURY) == ("reckless_injury", "wobbler")
    assert class_of(the.SERIOUS) == ("other_traffic_serious", "misdemeanor")
    assert class_of(the.SERIOUS_FELONY) == ("other_traffic_serious", "felony")
    assert class_of(the.SERIOUS_WOBBLER) == ("other_traffic_serious", "wobbler")
    assert class_of(the.SERIOUS_UNKNOWN) == ("other_traffic_serious", None)
    assert class_of(the.NON_TRAFFIC)[0] == "non_traffic"
    assert class_of(the.COURT_PROCESS) == ("court_process", "wobbler")
    assert class_of(the.UNCLASSIFIED)[0] == "unclassified"


@pytest.mark.parametrize("code", [("NCIC", "5499"), ("NCIC", "0399"), ("NIBRS", "90Z"), ("X", "1")])
def test_a_code_that_could_be_several_offenses_or_is_unknown_goes_to_a_person(code: the.Code) -> None:
    holds(facts_of(booking(charge(code))), CLASS)


BY_CLASS: dict[ChargeClass, str] = {
    "minor_traffic": WAIT,
    "reckless_no_injury": WAIT,
    "dui": EXCLUDED_OFFENSE,
    "hit_and_run": EXCLUDED_OFFENSE,
    "reckless_injury": EXCLUDED_OFFENSE,
    "other_traffic_serious": CLASS,
    "non_traffic": NON_TRAFFIC,
    "court_process": CLASS,
    "unclassified": CLASS,
}


@pytest.mark.parametrize("severity", ["infraction", "misdemeanor", "felony"])
@pytest.mark.parametrize("booked_as", [None, "infraction", "felony"])
@pytest.mark.parametrize("name", get_args(ChargeClass))
def test_the_class_comes_from_the_offense_never_from_its_severity(
    name: ChargeClass, severity: Any, booked_as: Any
) -> None:
    offense = charge(("X", name), severity=booked_as)
    serious_felony = name == "other_traffic_serious" and severity == "felony"
    expected = EXCLUDED_OFFENSE if serious_felony else BY_CLASS[name]
    holds(facts_of(booking(offense), placed=[made_up(name, severity)]), expected)


def test_every_class_is_in_scope_excluded_or_named_by_a_rule_of_its_own() -> None:
    others = {"other_traffic_serious", "non_traffic", "court_process", "unclassified"}
    assert set(get_args(ChargeClass)) == IN_SCOPE | EXCLUDED | others
    assert set(BY_CLASS) == set(get_args(ChargeClass))


@table(
    (
        "injury makes reckless driving an excluded offense",
        facts_of(booking(charge(the.RECKLESS, injury=True))),
        EXCLUDED_OFFENSE,
    ),
    ("no injury leaves it in scope", facts_of(booking(charge(the.RECKLESS, injury=False))), WAIT),
    ("injury not reported leaves it in scope", facts_of(booking(charge(the.RECKLESS))), WAIT),
    (
        "injury changes no other class",
        facts_of(booking(charge(the.MINOR, injury=True))),
        WAIT,
    ),
    (
        "false never softens a code that itself says injury",
        facts_of(booking(charge(the.RECKLESS_INJURY, injury=False))),
        EXCLUDED_OFFENSE,
    ),
    (
        "injury once reported of a charge counts for the offense of its conviction",
        facts_of(booking(charge(the.MINOR, injury=True)), conviction("2013-01-01", of=the.RECKLESS)),
        EXCLUDED_OFFENSE,
    ),
)
def test_injury(facts: Facts, rule: str) -> None:
    holds(facts, rule)


# Rule 1 ------------------------------------------------------------------------------------------

DUI = booking(charge(the.DUI_NO_CRIME))


@table(
    ("a US citizen, whatever the charge", facts_of(DUI, finding("us_citizen")), "clear.us_citizen"),
    ("misidentified", facts_of(DUI, finding("misidentified")), "clear.misidentified"),
    ("deceased", facts_of(DUI, finding("deceased")), "clear.deceased"),
    ("a citizen in the registry", facts_of(DUI, us_citizen=True), "clear.us_citizen"),
    ("a citizen in the history", facts_of(DUI, past=History(us_citizen=True)), "clear.us_citizen"),
    (
        "before the history is known",
        facts_of(booking(), finding("deceased"), past=None),
        "clear.deceased",
    ),
    (
        "a finding that was corrected does not stand",
        facts_of(booking(), finding("misidentified"), correction(finding("misidentified"))),
        WAIT,
    ),
    (
        "a correction for such a ground is itself a finding",
        facts_of(DUI, correction(DUI, "us_citizen")),
        "clear.us_citizen",
    ),
    (
        "of a message that nobody sent it clears nobody",
        facts_of(booking(), correction("nothing we know", "deceased")),
        RECORD,
    ),
)
def test_rule_1_subject_findings(facts: Facts, rule: str) -> None:
    holds(facts, rule)


# Rules 2 and 3 -----------------------------------------------------------------------------------


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


# Rule 4 ------------------------------------------------------------------------------------------

UNPLACED = facts_of(booking(charge(the.UNCLASSIFIED)))
RACING = facts_of(booking(charge(the.SERIOUS)))
ONLY_COURT = facts_of(booking(charge(the.COURT_PROCESS)))
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


# Rules 5, 6 and 7 --------------------------------------------------------------------------------


def with_past(*items: Any, conflicting: bool = False) -> Facts:
    return facts_of(booking(), past=history(*items, conflicting=conflicting))


def priority(kind: str, record_id: str | None = "P-1", of: the.Code | None = None) -> Priority:
    scheme, code = of or (None, None)
    return Priority(kind=kind, record_id=record_id, scheme=scheme, code=code)


def warrant(of: the.Code | None) -> Facts:
    return with_past(priority("outstanding_criminal_warrant", of=of))


EXPUNGED = with_past(record("expunged"))


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


# Rules 8 to 11 -----------------------------------------------------------------------------------

TWO = booking(charge(), charge(the.MINOR, "2"))
PLEA = update("deferred_with_plea", "2012-09-01")
PLEADED = facts_of(booking(), PLEA)
REVERSED = update("appeal_reversed", "2013-06-01")
APPEALED = facts_of(booking(), conviction("2013-01-01"), update("appeal_filed", "2013-01-10"))
SAME_DAY = facts_of(booking(), conviction("2013-01-01"), dismissal("2013-01-01"))
DISPUTED = facts_of(booking(), conviction("2013-01-01", of=the.DUI_NO_CRIME), dismissal("2013-01-01"))


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
    (
        "a plea to an infraction is no conviction",
        facts_of(booking(), conviction("2013-01-01", severity="infraction")),
        CLEAR,
    ),
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
    ("a crime by the catalog", facts_of(booking(), conviction("2013-01-01")), FLAG),
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
    (
        "from an appeal filed on its day",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_filed", "2013-01-01")),
        OUTCOME,
    ),
    ("or later", APPEALED, OUTCOME),
    (
        "also where the notice was entered before the judgment",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_filed", "2012-12-02")),
        OUTCOME,
    ),
    (
        "not by one of long before",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_filed", "2012-12-01")),
        FLAG,
    ),
    (
        "of a dismissal it changes nothing",
        facts_of(booking(), dismissal("2013-01-01"), update("appeal_filed", "2013-01-10")),
        CLEAR,
    ),
    ("until it is affirmed", with_more(APPEALED, update("appeal_affirmed", "2013-06-01")), FLAG),
    ("or withdrawn, on the same date too", with_more(APPEALED, update("appeal_withdrawn", "2013-01-10")), FLAG),
    (
        "an end that does not say how is doubt",
        with_more(APPEALED, update("appeal_ended", "2013-06-01")),
        OUTCOME,
    ),
    (
        "also without an appeal that anybody saw",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_ended", "2013-06-01")),
        OUTCOME,
    ),
    (
        "until another entry says how",
        with_more(APPEALED, update("appeal_ended", "2013-06-01"), update("appeal_affirmed", "2013-06-01")),
        FLAG,
    ),
    (
        "a mandate after the affirmance says nothing new",
        with_more(APPEALED, update("appeal_affirmed", "2013-06-01"), update("appeal_ended", "2013-06-20")),
        FLAG,
    ),
    (
        "an end before the appeal ends nothing",
        with_more(APPEALED, update("appeal_affirmed", "2013-01-05")),
        OUTCOME,
    ),
    (
        "a second appeal",
        with_more(APPEALED, update("appeal_affirmed", "2013-06-01"), update("appeal_filed", "2013-07-01")),
        OUTCOME,
    ),
    ("reversed, it counts no more", with_more(APPEALED, REVERSED), WAIT),
    ("and a dismissal ends the charge", with_more(APPEALED, REVERSED, dismissal("2013-06-01")), CLEAR),
    (
        "not one of before",
        facts_of(booking(), dismissal("2012-12-01"), conviction("2013-01-01"), REVERSED),
        WAIT,
    ),
    ("convicted again", with_more(APPEALED, REVERSED, conviction("2013-09-01")), FLAG),
    (
        "a reversal of long ago is another conviction's",
        facts_of(booking(), REVERSED, conviction("2014-01-01")),
        FLAG,
    ),
    (
        "reversed on the day of the conviction: nobody knows which came first",
        facts_of(booking(), conviction("2013-06-01"), REVERSED),
        OUTCOME,
    ),
    (
        "affirmed and reversed in part",
        with_more(APPEALED, REVERSED, update("appeal_affirmed", "2013-06-01")),
        OUTCOME,
    ),
    (
        "affirmed after it was reversed",
        with_more(APPEALED, REVERSED, update("appeal_affirmed", "2014-06-01")),
        OUTCOME,
    ),
    (
        "reversed by a higher court",
        with_more(APPEALED, update("appeal_affirmed", "2013-03-01"), REVERSED),
        WAIT,
    ),
    (
        "the prosecution's appeal from that changes nothing",
        with_more(APPEALED, REVERSED, update("appeal_filed", "2013-07-01")),
        WAIT,
    ),
    (
        "a new trial",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_de_novo", "2013-01-01")),
        WAIT,
    ),
    (
        "and its acquittal",
        facts_of(
            booking(),
            conviction("2013-01-01"),
            update("appeal_de_novo", "2013-01-10"),
            dismissal("2013-06-01", word="acquitted"),
        ),
        CLEAR,
    ),
    ("acquitted on appeal", with_more(APPEALED, dismissal("2013-06-01", word="acquitted")), CLEAR),
    (
        "found an infraction on appeal",
        with_more(APPEALED, conviction("2013-06-01", severity="infraction")),
        CLEAR,
    ),
    ("vacated on appeal", with_more(APPEALED, dismissal("2013-06-01", word="vacated")), CLEAR),
    (
        "of the whole arrest too",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_filed", "2013-01-10", None)),
        OUTCOME,
    ),
    (
        "affirmed for the whole arrest",
        with_more(APPEALED, update("appeal_affirmed", "2013-06-01", None)),
        FLAG,
    ),
    ("ruled", ruled(APPEALED, "conviction"), FLAG),
    (
        "a ruling that was made during the appeal falls with its end",
        with_more(ruled(APPEALED, "not_conviction"), update("appeal_affirmed", "2014-06-01")),
        FLAG,
    ),
    ("a new conviction is not under the old appeal", with_more(APPEALED, conviction("2013-09-01")), FLAG),
)
def test_appeals(facts: Facts, rule: str) -> None:
    holds(facts, rule)


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


@table(
    (
        "filed after a dismissal it reopens the charge",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.RECKLESS), "2013-01-02")),
        WAIT,
    ),
    (
        "after a conviction too",
        facts_of(booking(), conviction("2013-01-01"), amendment(charge(the.RECKLESS), "2013-01-02")),
        WAIT,
    ),
    (
        "filed on its day it does not",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.RECKLESS), "2013-01-01")),
        CLEAR,
    ),
    (
        "what was said before the booking ends what was booked",
        facts_of(booking(), dismissal("2012-05-03")),
        CLEAR,
    ),
    (
        "filed before it does not",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.RECKLESS), "2012-12-01")),
        CLEAR,
    ),
    (
        "it opens that charge only",
        facts_of(TWO, conviction("2013-01-01", "2"), amendment(charge(the.RECKLESS), "2013-01-02")),
        FLAG,
    ),
    (
        "a new charge is waited for",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(the.MINOR, "2"), "2013-01-02")),
        WAIT,
    ),
    (
        "withdrawn as an error, the charge is closed again",
        facts_of(
            booking(),
            dismissal("2013-01-01"),
            amendment(charge(), "2013-01-02"),
            correction(amendment(charge(), "2013-01-02")),
        ),
        CLEAR,
    ),
    (
        "the same arrest sent again changes nothing",
        facts_of(booking(), dismissal("2013-01-01"), booking(message_id="again")),
        CLEAR,
    ),
    (
        "booked again with the same charge neither",
        facts_of(booking(), dismissal("2013-01-01"), booking(on="2013-06-01")),
        CLEAR,
    ),
    (
        "in another spelling neither",
        facts_of(booking(), dismissal("2013-01-01"), booking(charge(("ca vc", "14601 (A)")), on="2013-06-01")),
        CLEAR,
    ),
    (
        "booked again with a changed charge counts as an amendment",
        facts_of(booking(), dismissal("2013-01-01"), booking(charge(the.RECKLESS), on="2013-06-01")),
        WAIT,
    ),
    (
        "with an added one",
        facts_of(
            booking(), dismissal("2013-01-01"), booking(charge(), charge(the.MINOR, "2"), on="2013-06-01")
        ),
        WAIT,
    ),
    (
        "a charge that the new booking leaves out is still one",
        facts_of(TWO, booking(charge(), on="2013-06-01"), dismissal("2013-07-01", "1")),
        WAIT,
    ),
    (
        "whichever booking came first",
        facts_of(booking(charge(the.RECKLESS), on="2013-06-01"), booking(), dismissal("2013-01-01")),
        WAIT,
    ),
    (
        "an amendment that repeats the charge reopens it too",
        facts_of(booking(), dismissal("2013-01-01"), amendment(charge(), "2013-01-02")),
        WAIT,
    ),
    (
        "sent twice for one hour, as court process and as an offense: the offense is waited for",
        facts_of(
            booking(charge(), charge(the.MINOR, "2")),
            booking(charge(), charge(the.COURT_PROCESS, "2"), message_id="resent"),
            dismissal("2013-01-01", "1"),
        ),
        WAIT,
    ),
)
def test_amendments_and_bookings_again(facts: Facts, rule: str) -> None:
    holds(facts, rule)


GUILTY = conviction("2013-01-01")
GUILTY_AGAIN = GUILTY.model_copy(
    update={"message_id": "docket-7", "sender": "docket", "court": "another", "docket_number": "D-7"}
)
DROPPED = dismissal("2013-01-01")
DROPPED_BY_ANOTHER = DROPPED.model_copy(update={"message_id": "d-9", "sender": "clerk"})


def replaced(wrong: Message, right: Message) -> Correction:
    return correction(wrong).model_copy(update={"replacement": right})


@table(
    ("a correction undoes what it names", facts_of(booking(), GUILTY, correction(GUILTY)), WAIT),
    ("whichever came first", facts_of(booking(), correction(GUILTY), GUILTY), WAIT),
    (
        "and every message that says the same",
        facts_of(booking(), GUILTY, GUILTY_AGAIN, correction(GUILTY)),
        WAIT,
    ),
    (
        "in another spelling too",
        facts_of(
            booking(),
            conviction("2013-01-01", of=the.MINOR),
            conviction("2013-01-01", of=("ca-vc", "14601 (a)")),
            correction(conviction("2013-01-01", of=the.MINOR)),
        ),
        WAIT,
    ),
    (
        "not one that says something else",
        facts_of(booking(), GUILTY, conviction("2013-01-02"), correction(GUILTY)),
        FLAG,
    ),
    (
        "the older disposition stands again",
        facts_of(booking(), dismissal("2012-12-01"), GUILTY, correction(GUILTY)),
        CLEAR,
    ),
    (
        "a dismissal entered in error opens the charge",
        facts_of(booking(), dismissal("2013-01-01"), correction(dismissal("2013-01-01"))),
        WAIT,
    ),
    ("a vacated conviction", facts_of(booking(), GUILTY, correction(GUILTY, "vacated")), WAIT),
    ("an unknown id undoes nothing", facts_of(booking(), GUILTY, correction("nobody's")), FLAG),
    (
        "not another sender's dismissal, which only says the same",
        facts_of(booking(), DROPPED, DROPPED_BY_ANOTHER, correction(DROPPED)),
        CLEAR,
    ),
    (
        "its own sender's falls with it",
        facts_of(booking(), DROPPED, DROPPED.model_copy(update={"message_id": "d-2"}), correction(DROPPED)),
        WAIT,
    ),
    (
        "and what the docket brought of it",
        facts_of(booking(), DROPPED, DROPPED_BY_ANOTHER, correction(DROPPED)).model_copy(
            update={"from_docket": (DROPPED_BY_ANOTHER.full_id,)}
        ),
        WAIT,
    ),
    (
        "a conviction of another docket stands",
        facts_of(
            booking(),
            GUILTY.model_copy(update={"docket_number": "D-1"}),
            GUILTY_AGAIN,
            correction(GUILTY),
        ),
        FLAG,
    ),
    (
        "sent again in the right words, it counts",
        facts_of(booking(), GUILTY, replaced(GUILTY, GUILTY.model_copy(update={"message_id": "c-2"}))),
        FLAG,
    ),
    (
        "sent again without saying so it does not",
        facts_of(booking(), GUILTY, correction(GUILTY), GUILTY.model_copy(update={"message_id": "c-2"})),
        WAIT,
    ),
    ("a booking with a typo, of which no other one is left", facts_of(DUI, correction(DUI)), WAIT),
    ("replaced by the right one", facts_of(DUI, replaced(DUI, booking(message_id="b-2"))), WAIT),
    (
        "and the court's word counts for that",
        facts_of(DUI, replaced(DUI, booking(message_id="b-2")), dismissal("2013-01-01")),
        CLEAR,
    ),
    ("by a later booking", facts_of(DUI, correction(DUI), booking(message_id="b-2")), WAIT),
    (
        "and its copy in another spelling",
        facts_of(DUI, booking(charge(("nj", "39:4-50")), message_id="b-2"), correction(DUI)),
        WAIT,
    ),
    (
        "not by another sender",
        facts_of(DUI, correction(DUI).model_copy(update={"sender": "x"})),
        EXCLUDED_OFFENSE,
    ),
    ("not for another reason", facts_of(DUI, correction(DUI, "vacated")), EXCLUDED_OFFENSE),
    ("nor a correction", facts_of(booking(), GUILTY, correction(GUILTY), correction(correction(GUILTY))), WAIT),
    ("the named sender's", facts_of(booking(), GUILTY, correction(GUILTY, sender="")), WAIT),
    ("not another sender's", facts_of(booking(), GUILTY, correction(GUILTY, sender="docket")), FLAG),
    (
        "its own sender's first, where ids clash",
        facts_of(
            TWO,
            GUILTY,
            dismissal("2013-01-01", "2").model_copy(update={"message_id": GUILTY.message_id, "sender": "x"}),
            correction(GUILTY).model_copy(update={"sender": "x"}),
        ),
        FLAG,
    ),
)
def test_corrections(facts: Facts, rule: str) -> None:
    holds(facts, rule)


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


# Corollaries -------------------------------------------------------------------------------------


def test_a_case_without_its_booking_waits_whatever_came() -> None:
    facts = facts_of(GUILTY, dismissal("2013-01-01", None), finding("us_citizen"), past=None)
    holds(facts, WAIT)
    assert policy.charge_views(facts) == ()
    assert policy.open_charges(facts) == ()


def test_the_rules_are_asked_in_the_order_of_the_policy() -> None:
    """Every rule has an answer; taking away what one speaks of lets the next one speak."""
    charges = (
        charge(the.DUI_NO_CRIME, "1"),
        charge(the.NON_TRAFFIC, "2"),
        charge(the.UNCLASSIFIED, "3"),
        charge(the.MINOR, "4"),
        charge(the.MINOR, "5"),
    )
    findings = (finding("us_citizen"), finding("misidentified"), finding("deceased"))
    facts = facts_of(
        booking(*charges),
        *findings,
        conviction("2013-01-01", "4"),
        update("deferred_with_plea", "2013-01-01", "5"),
        past=history(record(), priority("gang"), record("expunged")),
    )
    taken_away: list[tuple[dict[str, Any], str]] = [
        ({}, "clear.us_citizen"),
        ({"findings": findings[1:]}, "clear.misidentified"),
        ({"findings": findings[2:]}, "clear.deceased"),
        ({"findings": ()}, EXCLUDED_OFFENSE),
        ({"bookings": (booking(*charges[1:]),)}, NON_TRAFFIC),
        ({"bookings": (booking(*charges[2:]),)}, CLASS),
        ({"bookings": (booking(*charges[3:]),)}, PRIOR),
        ({"history": history(priority("gang"), record("expunged"))}, PRIORITY),
        ({"history": history(record("expunged"))}, RECORD),
        ({"history": the.CLEAN}, FLAG),
        ({"bookings": (booking(charges[4]),)}, OUTCOME),
        ({"court_updates": (), "dismissals": (dismissal("2014-01-01", "5"),)}, CLEAR),
        ({"dismissals": ()}, WAIT),
    ]
    for less, rule in taken_away:
        facts = facts.model_copy(update=less)
        holds(facts, rule)


def test_a_decision_says_what_it_does() -> None:
    status = {
        FLAG: ("flag", "flagged", False),
        CLEAR: ("clear", "cleared", False),
        CLASS: ("review", "needs_review", True),
        WAIT: ("wait", "waiting_for_court", True),
    }
    for rule, expected in status.items():
        decision = policy.Decision(rule=rule, explanation="Said.")
        assert (decision.answer, decision.status, decision.is_open) == expected
    assert {rule.partition(".")[0] for rule in get_args(RuleName)} == {"flag", "clear", "review", "defer"}


def test_grounds_are_the_messages_that_decided() -> None:
    assert decided(facts_of(booking(), GUILTY, GUILTY_AGAIN)).grounds == (
        "conviction 1 2013-01-01 None None",
        "docket-7",
    )
    assert decided(DUI_FACTS := facts_of(DUI)).grounds == ("booking 2012-05-04",)
    assert decided(with_more(DUI_FACTS, finding("deceased"))).grounds == ("finding deceased",)
    pleaded = with_more(PLEADED, conviction("2013-09-01"))
    assert decided(pleaded).grounds == (conviction("2013-09-01").message_id,)
    pleaded = ruled(PLEADED, "conviction")
    assert decided(pleaded).grounds == (PLEA.message_id, review("conviction").message_id)


@pytest.mark.parametrize("ruling", ["dui", "non_traffic"])
def test_grounds_name_the_ruling_that_gave_a_charge_its_class(ruling: Any) -> None:
    flagged = decided(ruled(UNPLACED, ruling))
    assert flagged.answer == "flag"
    assert flagged.grounds == ("booking 2012-05-04", review(ruling).message_id)


# Rulings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "word", "charge_id", "binds"),
    [
        (facts_of(booking()), "not_conviction", "1", False),
        (facts_of(booking()), "history_not_clean", None, False),
        (facts_of(booking(), GUILTY), "not_conviction", "1", False),
        (UNPLACED, "minor_traffic", "1", True),
        (UNPLACED, "minor_traffic", None, True),
        (UNPLACED, "minor_traffic", "2", False),
        (UNPLACED, "unclassified", "1", False),
        (UNPLACED, "conviction", "1", False),
        (UNPLACED, "history_clean", None, False),
        (ONLY_COURT, "court_process", "1", False),
        (RACING, "other_traffic_serious", "1", True),
        (RACING, "court_process", "1", True),
        (PLEADED, "conviction", "1", True),
        (PLEADED, "minor_traffic", "1", False),
        (PLEADED, "history_clean", None, False),
        (PLEADED, "conviction", "2", False),
        (EXPUNGED, "history_clean", None, True),
        (EXPUNGED, "history_clean", "1", True),
        (EXPUNGED, "not_conviction", "1", False),
        (facts_of(TWO, PLEA, update("deferred_with_plea", "2012-09-01", "2")), "conviction", None, False),
        (facts_of(TWO, PLEA, update("deferred_with_plea", "2012-09-01", "2")), "conviction", "2", True),
    ],
)
def test_a_ruling_answers_only_the_question_that_stands(
    facts: Facts, word: Any, charge_id: str | None, binds: bool
) -> None:
    bound = policy.bind(review(word, charge_id), decided(facts))
    if binds:
        assert isinstance(bound, Ruling)
        assert bound.question in decided(facts).questions
        assert decided(facts.including(bound)) != decided(facts)
    else:
        assert isinstance(bound, str)
        assert bound.startswith("no effect: ")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (facts_of(booking()), "no question is open"),
        (EXPUNGED, "dui does not answer the open question (review.unclear_history)"),
        (PLEADED, "dui does not answer the open question (review.unclear_disposition on charge 1)"),
    ],
)
def test_a_ruling_without_effect_names_the_open_question(facts: Facts, why: str) -> None:
    assert policy.bind(review("dui"), decided(facts)) == f"no effect: {why}"


def test_a_ruling_that_came_early_does_not_answer_a_later_question() -> None:
    """It was bound when it arrived, to nothing: so the facts do not hold it at all."""
    assert isinstance(policy.bind(review("conviction"), decided(facts_of(booking()))), str)
    holds(with_more(facts_of(booking()), PLEA), OUTCOME)


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


# Editions ----------------------------------------------------------------------------------------


def test_a_case_is_decided_under_the_edition_in_force_when_it_was_booked() -> None:
    first = policy.EDITIONS[0]
    later = policy.Edition("2030-01-01", datetime(2030, 1, 1, tzinfo=UTC).date(), first.rules)
    for day, edition in [
        ("2000-01-01", first),
        ("2012-04-26", first),
        ("2012-04-27", first),
        ("2029-12-31", first),
        ("2030-01-01", later),
        ("2040-01-01", later),
    ]:
        booked_at = booking(on=day).booked_at
        assert policy.edition_at(booked_at, (first, later)) is edition
        assert policy.edition_among((first.name, later.name), booked_at, (first, later)) is edition
        assert policy.edition_among((), booked_at, (first, later)) is first
    assert policy.edition_named("2012-04-27") is first
    assert policy.edition_named("2030-01-01") is None


# After the end -----------------------------------------------------------------------------------


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


# What the case tells -----------------------------------------------------------------------------


def test_charges_as_they_stand() -> None:
    facts = facts_of(
        booking(charge(), charge(the.MINOR, "2"), charge(the.COURT_PROCESS, "3"), charge(the.MINOR, "4")),
        amendment(charge(the.RECKLESS, "2", severity="misdemeanor"), "2012-06-01"),
        GUILTY,
        dismissal("2013-01-01", "1"),
        dismissal("2013-03-01", "4", word="acquitted"),
    )
    views = {view.charge_id: view for view in policy.charge_views(facts)}
    assert list(views) == ["1", "2", "3", "4"]
    assert views["1"].disposition == "conviction and dismissed"
    assert str(views["1"].decided_on) == "2013-01-01"
    assert (views["2"].code, views["2"].charge_class) == ("23103(a)", "reckless_no_injury")
    assert (views["2"].severity, views["2"].disposition, views["2"].decided_on) == ("misdemeanor", None, None)
    assert views["3"].charge_class == "court_process"
    assert views["4"].disposition == "acquitted"
    assert policy.open_charges(facts) == ("2",)


def test_a_class_that_was_not_looked_up_is_null() -> None:
    (view,) = policy.charge_views(Facts(bookings=(booking(),)))
    assert view.charge_class is None


@pytest.mark.parametrize(
    ("message", "effect"),
    [
        (booking(), "the same arrest again"),
        (GUILTY, "charge 1: conviction on 2013-01-01"),
        (conviction("2013-01-01", "9"), "kept until charge 9 is filed: conviction on 2013-01-01"),
        (dismissal("2013-01-01", None), "every charge: dismissed on 2013-01-01"),
        (update("continuance", "2013-01-01"), "charge 1: continuance on 2013-01-01"),
        (amendment(charge(the.MINOR, "2"), "2012-06-01"), "charge 2: filed on 2012-06-01"),
        (finding("deceased"), "finding: deceased"),
        (
            conviction("2013-01-01", "001"),
            "kept until charge 001 is filed: conviction on 2013-01-01; is it "
            "charge 1? Then send it again with that id",
        ),
        (correction(booking()), "message booking 2012-05-04 no longer counts"),
        (correction("m-1"), "no message m-1 of that sender has come: it will not count if it comes"),
        (record_update("2013-01-01"), "the criminal history is asked for again"),
        (
            update("GUILTY", "2013-01-01"),
            'unknown entry "GUILTY": ends nothing; send one of the words of the contract instead',
        ),
        (review("conviction"), "recorded"),
    ],
)
def test_effects_are_told_in_a_few_words(message: Any, effect: str) -> None:
    assert policy.effect_of(message, facts_of(booking())) == effect


def test_the_first_booking_is_the_booking() -> None:
    assert policy.effect_of(booking(), Facts()) == "the booking"
    amended = facts_of(booking(), amendment(charge(the.MINOR, "2"), "2012-06-01"))
    assert policy.effect_of(conviction("2013-01-01", "2"), amended).startswith("charge 2:")


@pytest.mark.parametrize(
    "first",
    [
        conviction("2013-01-01", severity="misdemeanor", of=the.COURT_PROCESS),
        conviction("2013-01-01", of=the.SERIOUS_WOBBLER),
        update("deferred_with_plea", "2013-01-01"),
    ],
    ids=["convicted outside the matter", "of unknown severity", "a plea"],
)
def test_a_ruling_on_an_ending_holds_for_that_evidence_alone(first: Any) -> None:
    """Each question names what it is about, so that another word of the court asks anew."""
    facts = facts_of(booking(), first)
    if decided(facts).rule == "review.unclassified_charge":
        facts = ruled(facts, "minor_traffic")
    assert decided(facts).answer == "review"
    answered = ruled(facts, "not_conviction")
    assert decided(answered).rule == "clear.no_conviction"
    later = with_more(answered, conviction("2013-06-01", severity="misdemeanor", of=the.COURT_PROCESS))
    assert decided(later).rule == "review.unclear_disposition"
    before, after = decided(facts).questions[0], decided(later).questions[0]
    assert before.about != after.about


# Guards that only rare facts show ----------------------------------------------------------------


def either_way(before: tuple[Any, ...], one: Any, other: Any) -> Facts:
    """Facts that are decided alike whichever of two messages came first."""
    facts = facts_of(*before, one, other)
    assert decided(facts) == decided(facts_of(*before, other, one))
    return facts


def test_two_entries_of_one_day_are_one_evidence_in_either_order() -> None:
    plea = update("deferred_with_plea", "2013-01-05")
    again = plea.model_copy(update={"message_id": "m-0", "detail": "as the clerk wrote it"})
    facts = either_way((booking(),), plea, again)
    assert len(decided(facts).grounds) == 2


def test_two_convictions_of_one_day_are_asked_about_in_one_order() -> None:
    other = ("NCIC", "0399")
    facts = either_way(
        (booking(),), conviction("2013-01-10", of=the.UNCLASSIFIED), conviction("2013-01-10", of=other)
    )
    assert len(decided(facts).questions) == 2


def test_a_plea_on_the_day_of_an_amendment_is_in_doubt() -> None:
    amended = (booking(), amendment(charge(the.MINOR), "2013-01-18"))
    holds(facts_of(*amended, update("deferred_with_plea", "2013-01-18")), OUTCOME)
    holds(facts_of(*amended, update("deferred_with_plea", "2013-01-17")), WAIT)


def test_an_injury_of_any_version_counts_for_what_was_convicted_of() -> None:
    booked = booking(charge(the.MINOR, injury=True))
    amended = amendment(charge(the.MINOR, injury=False), "2013-01-01")
    holds(facts_of(booked, amended, conviction("2013-01-10", of=the.RECKLESS)), EXCLUDED_OFFENSE)


def test_an_offense_that_nobody_placed_has_no_severity() -> None:
    facts = facts_of(booking(), conviction("2013-01-10"))
    holds(facts.model_copy(update={"placements": ()}), CLASS)


def test_a_correction_without_a_sender_names_its_own_message_else_anybodys() -> None:
    said = conviction("2013-01-10", severity="misdemeanor").model_copy(update={"sender": "court"})
    named = correction(said).model_copy(update={"sender": "clerk"})
    holds(facts_of(booking(), said, named), WAIT)
    own = dismissal("2012-12-01").model_copy(update={"sender": "clerk", "message_id": said.message_id})
    holds(facts_of(booking(), said, named, own), FLAG)


def test_the_day_of_an_arrest_that_is_told_in_two_zones_is_one_day() -> None:
    here = booking()
    early = datetime.fromisoformat("2012-05-05T06:00:00+00:00")
    there = here.model_copy(update={"booked_at": early, "message_id": "m-1"})
    here = here.model_copy(update={"booked_at": early.astimezone(timezone(timedelta(hours=-7)))})
    past = history(record(on="2012-05-04"))
    assert decided(facts_of(here, there, past=past)).rule == decided(facts_of(there, here, past=past)).rule


@pytest.mark.parametrize("ground", ["us_citizen", "misidentified", "deceased"])
def test_a_correction_may_be_a_finding_about_the_subject(ground: Any) -> None:
    said = conviction("2013-01-10", severity="misdemeanor")
    holds(facts_of(booking(), said, correction(said, ground)), f"clear.{ground}")


def test_rulings_that_contradict_each_other_ask_again_and_come_to_an_end() -> None:
    facts = ruled(facts_of(booking(charge(the.SERIOUS))), "court_process", on="2014-01-02")
    facts = ruled(facts, "other_traffic_serious", on="2014-01-03")
    holds(facts, CLASS)
    holds(ruled(facts, "minor_traffic", on="2014-01-04"), WAIT)


@pytest.mark.parametrize("doubtful", [the.UNCLASSIFIED, the.SERIOUS], ids=str)
@pytest.mark.parametrize("plain", [the.MINOR, the.MINOR_UNKNOWN], ids=str)
def test_of_two_versions_of_one_day_the_doubtful_one_stands(doubtful: the.Code, plain: the.Code) -> None:
    filed = [amendment(charge(code), "2013-01-18") for code in (doubtful, plain)]
    holds(either_way((booking(),), *filed), CLASS)
    booked = [booking(charge(code)).model_copy(update={"message_id": code[1]}) for code in (doubtful, plain)]
    holds(either_way((), *booked), CLASS)


@pytest.mark.parametrize(
    "changed",
    [{"severity": "felony"}, {"injury": False}, {"code": the.MINOR_UNKNOWN}],
    ids=str,
)
def test_a_booking_again_with_a_changed_charge_opens_it_again(changed: dict[str, Any]) -> None:
    ended = (booking(), dismissal("2012-12-01"))
    holds(facts_of(*ended, booking(charge(), on="2013-01-12")), CLEAR)
    holds(facts_of(*ended, booking(charge(**changed), on="2013-01-12")), WAIT)


def opened_again(facts: Facts) -> Facts:
    """The facts once a person has opened a withdrawn or cleared case again."""
    result = CaseResult(
        outcome="withdrawn",
        rule="clear.misidentified",
        explanation="It had ended.",
        policy_edition=the.EDITION.name,
        decided_at=datetime(2014, 5, 2, tzinfo=UTC),
    )
    reopening = Reopening(by="clerk-7", reason="refiled", reopened_at=datetime(2014, 5, 3, tzinfo=UTC))
    opened = policy.reopen(facts, result, reopening)
    assert isinstance(opened, Facts)
    return opened


def test_a_persons_ruling_on_a_class_outlasts_the_end_and_one_on_an_ending_does_not() -> None:
    facts = ruled(facts_of(booking(charge(the.UNCLASSIFIED))), "minor_traffic")
    holds(opened_again(with_more(facts, dismissal("2014-02-01"))), WAIT)
    facts = ruled(facts_of(booking(), update("deferred_with_plea", "2013-01-05")), "conviction")
    found = finding("misidentified")
    holds(opened_again(with_more(facts, found, correction(found))), OUTCOME)
