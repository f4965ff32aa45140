"""What an appeal does to a conviction."""

from conviction_gate.contracts.internal.facts import Facts
from tests.support.facts import (
    booking,
    conviction,
    dismissal,
    facts_of,
    ruled,
    update,
    with_more,
)
from tests.support.rule_tables import CLEAR, FLAG, OUTCOME, WAIT, holds, table

REVERSED = update("appeal_reversed", "2013-06-01")
APPEALED = facts_of(booking(), conviction("2013-01-01"), update("appeal_filed", "2013-01-10"))


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
    (
        "a reversal of the days before undid an earlier conviction",
        facts_of(booking(), conviction("2013-01-01"), update("appeal_reversed", "2012-12-20")),
        FLAG,
    ),
    (
        "that it ended changes nothing where it was reversed before",
        facts_of(booking(), conviction("2013-01-01"), REVERSED, update("appeal_ended", "2013-06-20")),
        WAIT,
    ),
    (
        "a contradiction stays one whatever is said later",
        facts_of(
            booking(),
            conviction("2013-01-01"),
            REVERSED,
            update("appeal_affirmed", "2013-07-01"),
            update("appeal_reversed", "2013-08-01"),
        ),
        OUTCOME,
    ),
)
def test_appeals(facts: Facts, rule: str) -> None:
    holds(facts, rule)
