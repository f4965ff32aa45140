"""What the history names is classified by the law of its entries' days, not of the booking's."""

from datetime import date

import pytest

from conviction_gate import policy
from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts, OffenseOfRecord
from conviction_gate.policy.catalog import Catalog, read_rows
from tests.support.facts import made_up, of_record

BOOKED_ON = date(2018, 5, 4)
COLUMNS = "scheme,code,description,charge_class,severity,source,verified,note,from,until\n"
CLASSES = ("minor_traffic", "reckless_no_injury", "court_process", "dui", "non_traffic")
CHANGED = Catalog.of_rows(
    read_rows(
        COLUMNS
        + "".join(f"ZZ,1,Then,{name},,ours,yes,,201{n}-01-01,201{n}-12-31\n" for n, name in enumerate(CLASSES)),
        "zz.csv",
    )
)


def classified(*days: date | None) -> str:
    offense = OffenseOfRecord(scheme="ZZ", code="1", days=days)
    return policy.classified_on(CHANGED, offense, BOOKED_ON).charge_class


@pytest.mark.parametrize(("year", "charge_class"), [*enumerate(CLASSES, 2010)])
def test_an_entry_is_of_its_own_day(year: int, charge_class: str) -> None:
    assert classified(date(year, 6, 1)) == charge_class
    charge = Offense(scheme="ZZ", code="1")
    assert policy.classified_on(CHANGED, charge, date(year, 6, 1)).charge_class == charge_class


def test_one_without_a_day_is_of_the_booking() -> None:
    assert classified(None) == "unclassified"
    assert classified(date(2013, 6, 1)) == "dui"
    offense = OffenseOfRecord(scheme="ZZ", code="1", days=(None,))
    assert policy.classified_on(CHANGED, offense, date(2013, 6, 1)).charge_class == "dui"
    assert policy.classified_on(CHANGED, offense, None).charge_class == "unclassified"


@pytest.mark.parametrize(
    ("years", "charge_class"),
    [
        ((2013, 2010), "minor_traffic"),
        ((2011, 2010), "minor_traffic"),
        ((2012, 2011), "reckless_no_injury"),
        ((2013, 2012), "court_process"),
        ((2017, 2012), "court_process"),
        ((2013, 2017), "unclassified"),
        ((2014, 2013), "non_traffic"),  # either is another crime: the first counts
    ],
)
def test_of_two_days_the_class_counts_that_leaves_it_to_a_person(
    years: tuple[int, int], charge_class: str
) -> None:
    assert classified(*(date(year, 6, 1) for year in years)) == charge_class


def test_of_an_earlier_history_no_class_is_left_and_those_of_charges_stay() -> None:
    of_charge, before, after = made_up("dui"), of_record(made_up("hit_and_run")), of_record(made_up("dui"))
    facts = Facts(history=History(), placements=(of_charge, before))
    anew = policy.LookedUp(History(), placements=(after,)).in_facts(facts)
    assert anew.placements == (of_charge, after)
    more = policy.LookedUp(placements=(made_up("hit_and_run"),)).in_facts(facts)
    assert more.placements == (of_charge, before, made_up("hit_and_run"))
