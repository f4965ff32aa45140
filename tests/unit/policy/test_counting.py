"""Which messages count once some were corrected."""

import pytest

from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.signals import type_of
from conviction_gate.policy import CountedMessages
from tests.support import facts as the
from tests.support.facts import (
    amendment,
    booking,
    charge,
    conviction,
    correction,
    dismissal,
    facts_of,
    finding,
    update,
)
from tests.support.rule_tables import (
    CLEAR,
    DROPPED,
    DUI,
    EXCLUDED_OFFENSE,
    FLAG,
    GUILTY,
    GUILTY_AGAIN,
    RECORD,
    TWO,
    WAIT,
    holds,
    replaced,
    table,
)

DROPPED_BY_ANOTHER = DROPPED.model_copy(update={"message_id": "d-9", "sender": "clerk"})


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


def test_a_correction_without_a_sender_names_its_own_message_else_anybodys() -> None:
    said = conviction("2013-01-10", severity="misdemeanor").model_copy(update={"sender": "court"})
    named = correction(said).model_copy(update={"sender": "clerk"})
    holds(facts_of(booking(), said, named), WAIT)
    own = dismissal("2012-12-01").model_copy(update={"sender": "clerk", "message_id": said.message_id})
    holds(facts_of(booking(), said, named, own), FLAG)


@pytest.mark.parametrize("field", ["court", "docket_number"])
@pytest.mark.parametrize("named_by", ["the corrected one", "the copy"])
def test_a_copy_falls_also_where_one_of_the_two_names_no_court_or_docket(field: str, named_by: str) -> None:
    named, unnamed = (GUILTY.model_copy(update={"message_id": id}) for id in ("c-7", "c-8"))
    named = named.model_copy(update={field: "D-7"})
    corrected = named if named_by == "the corrected one" else unnamed
    holds(facts_of(booking(), named, unnamed, correction(corrected)), WAIT)


def test_a_replacement_that_came_by_itself_too_counts_once() -> None:
    right = GUILTY.model_copy(update={"message_id": "c-2"})
    facts = facts_of(booking(), GUILTY, right, replaced(GUILTY, right))
    assert CountedMessages(facts).convictions == (right,)


def test_a_correction_that_names_itself_finds_nothing() -> None:
    itself = correction("k-1", "deceased").model_copy(update={"message_id": "k-1"})
    holds(facts_of(booking(), itself), RECORD)


def test_only_a_ground_that_is_a_finding_finds_something_and_only_of_a_message() -> None:
    found, plain = correction(GUILTY, "deceased"), correction(DROPPED)
    counted = CountedMessages(facts_of(booking(), GUILTY, DROPPED, found, plain))
    assert counted.findings == {"deceased": (found.message_id,)}
    assert counted.baseless_findings == ()


def test_no_correction_undoes_a_correction() -> None:
    first = correction(GUILTY)
    counted = CountedMessages(facts_of(booking(), GUILTY, first, correction(first)))
    assert counted.undone_by == {GUILTY.key: first.message_id}


def test_a_copy_falls_where_both_name_the_same_court_and_docket() -> None:
    one, other = (
        GUILTY.model_copy(update={"message_id": id, "court": "C-1", "docket_number": "D-7"})
        for id in ("c-7", "c-8")
    )
    holds(facts_of(booking(), one, other, correction(one)), WAIT)


@pytest.mark.parametrize(
    "words",
    [
        DROPPED,
        update("dismissed_with_leave", "2013-01-01"),
        amendment(charge(), "2012-06-01"),
        finding(),
        GUILTY,
    ],
    ids=type_of,
)
def test_who_repeats_anothers_words_and_takes_them_back_takes_only_a_conviction_along(words: Message) -> None:
    theirs = words.model_copy(update={"sender": "court"})
    own = words.model_copy(update={"sender": "stranger", "message_id": "own"})
    taken_back = correction(own).model_copy(update={"sender": "stranger", "corrects_sender": "stranger"})
    counted = CountedMessages(facts_of(booking(), theirs, own, taken_back))
    assert (own.key in counted.undone_by, theirs.key in counted.undone_by) == (True, words is GUILTY)
