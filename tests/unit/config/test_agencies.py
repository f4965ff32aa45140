"""An agency's own codes beside the catalog's: what they may place, and which lines are refused."""

import re

import pytest

from conviction_gate.contracts.booking import Offense
from conviction_gate.policy.catalog import built_in, find, place, read_lines
from tests.support.catalog_rows import FULL, GOOD, HEADER, rows


def test_an_agency_adds_codes_and_places_what_the_catalog_leaves_open() -> None:
    own = built_in().with_own(
        rows(
            GOOD,
            GOOD.replace("ZZ-VC,1(a)", "NCIC,5499") + "the county books stop signs alone under it",
            "ca vc,CVC 12500 (A),Unlicensed,minor_traffic,wobbler,ours,yes,",  # as the catalog has it
        )
    )
    assert own.refused == ()
    assert own.place(Offense(scheme="ZZ-VC", code="1(A)")).charge_class == "minor_traffic"
    assert own.place(Offense(scheme="NCIC", code="5499")).charge_class == "minor_traffic"
    assert own.find("CA-VC", "12500(a)") is find("CA-VC", "12500(a)")
    assert {row.where for row in set(own.entries) - set(built_in().entries)} == {
        f"zz.csv line {n}" for n in (2, 3, 4)
    }
    assert place(Offense(scheme="NCIC", code="5499")).charge_class == "unclassified"


@pytest.mark.parametrize(
    "text",
    [
        "316.192(1)*",
        "42-2-138(1)(a)#B",
        "HIT AND RUN; DUTY UPON STRIKING",
        "No License",
        "Fahren ohne Führerschein",
        "*",
    ],
)
def test_an_agency_s_own_text_is_taken_to_the_letter(text: str) -> None:
    own = built_in().with_own(rows(GOOD.replace("ZZ-VC,1(a),Stop sign", f"CA-VC,{text},Words of the jail")))
    assert own.refused == ()
    assert own.place(Offense(scheme="CA-VC", code=text)).charge_class == "minor_traffic"
    assert own.place(Offense(scheme="CA-VC", code=f"  {text.upper()} ")).charge_class == "minor_traffic"
    assert own.place(Offense(scheme="CA-VC", code=f"{text} more")).charge_class == "unclassified"
    assert place(Offense(scheme="CA-VC", code=text)).charge_class == "unclassified"


def refusals(*lines: str) -> list[str]:
    return [
        str(error) for error in built_in().with_own(read_lines("\n".join((HEADER, *lines)), "zz.csv")).refused
    ]


def test_what_an_agency_cannot_say_is_refused_by_line_and_the_rest_is_taken() -> None:
    bad = GOOD.replace("Stop sign", "")
    lines = "\n".join((HEADER, bad, GOOD, GOOD, GOOD.replace("1(a)", "2")))
    own = built_in().with_own(read_lines(lines, "zz.csv"))
    assert [str(error).partition(";")[0] for error in own.refused] == [
        "zz.csv line 2, code 1(a): no description",
        "zz.csv line 4, code 1(a): the same code as 1(a) of zz.csv line 3",
    ]
    assert own.place(Offense(scheme="ZZ-VC", code="2")).charge_class == "minor_traffic"


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ("NJ,39:4-50,Careless,minor_traffic,infraction,ours,yes,", "dui, infraction"),
        ("nj,N.J.S.A. 39:4-50,D,dui,felony,ours,yes,", "dui, infraction"),
        ("CA-VC,12500A,Unlicensed,unclassified,,ours,yes,", "minor_traffic, wobbler"),
        ("CA-VC,20001 (A) FELONY,Words,minor_traffic,,ours,yes,", "hit_and_run, wobbler"),
    ],
)
def test_an_agency_changes_nothing_that_the_catalog_places(row: str, held: str) -> None:
    (refusal,) = refusals(GOOD, row)
    assert re.match(rf"zz.csv line 3, code .*: the catalog has it as {held} \(.*; take the", refusal)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("NCIC,5499,Stop sign,minor_traffic,,ours,yes,", "as it may be several offenses; say in the note why"),
        ("NCIC,5499,Drag race,other_traffic_serious,,ours,yes,", "as it may be several offenses; say"),
        (
            "NIBRS,90Z,Stop sign,minor_traffic,,ours,yes,ours alone",
            "as it may be 'hit and run', so it is never",
        ),
    ],
)
def test_an_agency_says_why_an_ambiguous_code_is_one_offense_with_it(row: str, reason: str) -> None:
    (refusal,) = refusals(GOOD, row)
    assert re.match(
        rf"zz.csv line 3, code .*: the catalog has it as unclassified \(n.*.csv line .*\), {reason}", refusal
    )


def test_an_agency_names_its_codes_one_by_one() -> None:
    text = f"{FULL}\n{GOOD.replace('1(a)', '1..99999')},range,,,,"
    assert "a range; an agency's file names its codes one by one" in str(
        built_in().with_own(read_lines(text, "zz.csv")).refused[0]
    )
