"""Which row places a code: the most exact one, on the day of the booking, and never a range by mistake."""

import csv
import re
from datetime import date

import pytest

from conviction_gate.contracts.booking import Charge, Offense
from conviction_gate.policy.catalog import Catalog, CatalogError, built_in, place
from tests.support.catalog_rows import DATA, FULL, GOOD, law, rows


def class_of(scheme: str, code: str) -> str:
    return built_in().look_up(scheme, code).charge_class


def class_in(catalog: Catalog, code: str) -> str:
    return catalog.look_up("ZZ-VC", code).charge_class


def test_the_most_exact_row_places_a_code() -> None:
    catalog = law(
        "100..200,range,,minor_traffic",
        "150..160,range,,court_process",
        "155,subdivisions,,dui",
        "155(a),,,hit_and_run",
        "155(a)(1),subdivisions,,non_traffic",
    )
    assert {code: class_in(catalog, code) for code in ("99", "100", "140(a)", "150.5", "201")} == {
        "99": "unclassified",
        "100": "minor_traffic",
        "140(a)": "minor_traffic",
        "150.5": "court_process",
        "201": "unclassified",
    }
    assert {code: class_in(catalog, f"155{code}") for code in ("", "(a)", "(a)(2)", "(a)(1)(b)", "(c)(1)")} == {
        "": "dui",
        "(a)": "hit_and_run",
        "(a)(2)": "dui",
        "(a)(1)(b)": "non_traffic",
        "(c)(1)": "dui",
    }


@pytest.mark.parametrize(
    ("whole", "part", "below"),
    [
        ("minor_traffic", "dui", "unclassified"),
        ("dui", "minor_traffic", "unclassified"),
        ("minor_traffic", "court_process", "unclassified"),
        ("court_process", "minor_traffic", "unclassified"),
        ("court_process", "dui", "unclassified"),
        ("dui", "court_process", "unclassified"),
        ("dui", "hit_and_run", "dui"),
        ("reckless_no_injury", "minor_traffic", "reckless_no_injury"),
    ],
)
def test_between_two_rows_of_other_weight_an_offense_is_left_open(whole: str, part: str, below: str) -> None:
    catalog = law(f"155,subdivisions,,{whole}", f"155(a),,,{part}")
    assert class_in(catalog, "155(a)(1)") == below


def test_a_range_leaves_out_its_exceptions_and_what_holds_another_class() -> None:
    catalog = law("100..200,range,110 120(b) 130..140,minor_traffic", "150(b),,,dui", "160(b),,,minor_traffic")
    codes = ("110", "110(a)", "120", "120(b)(1)", "129.9", "130", "135(a)", "140", "140.5")
    assert {code for code in codes if class_in(catalog, code) != "unclassified"} == {"120", "129.9", "140.5"}
    assert class_in(catalog, "150") == "unclassified"  # it may be 150(b)
    assert class_in(catalog, "150(a)") == "minor_traffic"
    assert class_in(catalog, "160") == "minor_traffic"


def test_only_one_row_is_the_one_that_is_found() -> None:
    catalog = built_in()
    assert catalog.find("CA-VC", "23152(a)/23152(b)") is catalog.find("CA-VC", "99999") is None
    found = catalog.find("CA-VC", "23152(a)")
    assert found
    assert found.code == "23152(a)"


def test_a_text_with_two_codes_is_of_their_class_or_of_none() -> None:
    catalog = law("1(a),,,dui", "1(b),,,dui", "2,,,minor_traffic")
    assert class_in(catalog, "1(a)/1(b)") == class_in(catalog, "1(a)/(b)") == "dui"
    assert class_in(catalog, "1(a)/2") == class_in(catalog, "1(a)/3") == "unclassified"


def test_an_attempt_is_of_the_same_class_and_of_no_known_severity() -> None:
    offense = Offense(scheme="CA-VC", code="664/2800.1")
    assert (place(offense).charge_class, place(offense).severity) == ("other_traffic_serious", None)
    assert place(Offense(scheme="CA-VC", code="2800.1")).severity == "misdemeanor"


@pytest.mark.parametrize("code", ["200..100", "1(a)..2", "1..2(a)", "1..x y", "x y..2"])
def test_a_range_is_from_one_section_to_a_later_one(code: str) -> None:
    with pytest.raises(CatalogError, match="no range; write the first and the last section"):
        class_in(law(f"{code},range,,minor_traffic"), "1")


def test_an_exception_is_a_code_of_the_scheme() -> None:
    with pytest.raises(CatalogError, match=r"the exception \* is no code of this scheme"):
        law("1..2,range,*,minor_traffic")


SERIOUS = re.compile(
    r"drunk|drink|alcohol|drug|marijuana|death|killed|hurt|injur|scene|flee|elud|evad|rac(?:e|ing)\b|felony|contest"
)
EXCLUDED = list(csv.DictReader((DATA / "excluded-offenses.csv").read_text().splitlines()))
"""Sections of drink, drugs, death, injury, flight, racing and left scenes, also such as the catalog lacks."""


def test_no_range_in_scope_speaks_of_more_than_minor_offenses() -> None:
    ranges = [row for row in built_in().entries if row.covers == "range" and row.charge_class != "non_traffic"]
    assert {row.charge_class for row in ranges} == {"minor_traffic"}
    assert {row.severity for row in ranges} <= {None, "infraction", "misdemeanor"}
    assert [row.where for row in ranges if SERIOUS.search(f"{row.description} {row.note}")] == []


def test_no_range_reaches_what_the_policy_leaves_out() -> None:
    def in_scope(code: dict[str, str]) -> bool:
        rows = built_in().look_up(code["scheme"], code["code"]).rows
        return any(row.charge_class == "minor_traffic" and row.covers == "range" for row in rows)

    assert [f"{code['scheme']} {code['code']}" for code in EXCLUDED if in_scope(code)] == []


@pytest.mark.parametrize(
    ("scheme", "code", "charge_class"),
    [
        ("CA-VC", "12500(a)", "minor_traffic"),
        ("TX-TC", "543.009", "court_process"),
        ("FL-FS", "316.192(3)(c)1-PROP", "reckless_no_injury"),
        ("FL-FS", "316.192(3)(c)1-PERS", "reckless_injury"),
        ("NC-GS", "20-7(a)-NEVER", "minor_traffic"),
        ("NJ", "39:4-50", "dui"),
        ("NCIC", "0909", "other_traffic_serious"),
        ("NCIC", "5499", "unclassified"),
        ("NIBRS", "90Z", "unclassified"),
    ],
)
def test_what_a_code_is(scheme: str, code: str, charge_class: str) -> None:
    assert place(Offense(scheme=scheme, code=code)).charge_class == charge_class


def test_a_placed_offense_keeps_scheme_and_code_as_sent() -> None:
    placed = place(Charge(charge_id="1", scheme="ca vc", code="CVC § 20001 (A)"))
    assert placed.model_dump() == {
        "scheme": "ca vc",
        "code": "CVC § 20001 (A)",
        "charge_class": "hit_and_run",
        "severity": "wobbler",
        "of_record": False,
    }


def test_what_is_not_in_the_catalog_is_unclassified() -> None:
    placed = place(Offense(scheme="CA-VC", code="99999"))
    assert (placed.charge_class, placed.severity) == ("unclassified", None)
    assert place(Offense(scheme="ZZ-XX", code="12500(a)")).charge_class == "unclassified"


def test_two_codes_of_one_class_have_a_severity_only_where_they_agree() -> None:
    codes = [f"{GOOD.replace('1(a)', code)},,,the law,," for code in ("1(a)", "1(b)", "1(c)")]
    codes[2] = codes[2].replace("infraction", "misdemeanor")
    catalog = Catalog.of_rows(rows(*codes, header=FULL))
    assert catalog.look_up("ZZ-VC", "1(a)/1(b)").severity == "infraction"
    assert catalog.look_up("ZZ-VC", "1(a)/1(c)").severity is None


def test_capitals_can_be_either_where_the_law_has_both() -> None:
    found = {code: place(Offense(scheme="CT-CGS", code=code)).charge_class for code in ("14-222a", "14-222A")}
    assert found == {"14-222a": "other_traffic_serious", "14-222A": "unclassified"}


def test_a_section_that_ends_with_a_letter_is_meant_where_it_is_written_so() -> None:
    """Beside a reading that no row places: 1-1(a), 1129(a)."""
    codes = ("CT-CGS,1-1a", "CT-CGS,1-2", "NY-VTL,1129-a")
    catalog = Catalog.of_rows(rows(*(GOOD.replace("ZZ-VC,1(a)", code) for code in codes)))
    assert catalog.look_up("CT-CGS", "1-1A/1-2").charge_class == "minor_traffic"
    found = {code: catalog.look_up("NY-VTL", code).charge_class for code in ("VTL 1129-A", "VTL 1129A")}
    assert found == {"VTL 1129-A": "minor_traffic", "VTL 1129A": "unclassified"}


def test_words_are_taken_to_the_letter_up_to_the_longest() -> None:
    words = ("W" * 127 + "*").lower()
    own = built_in().with_own(rows(GOOD.replace("1(a)", words)))
    assert own.look_up("ZZ-VC", words.upper()).charge_class == "minor_traffic"
    assert own.look_up("ZZ-VC", f"{words}*").charge_class == "unclassified"


def test_of_two_rows_of_one_code_in_an_agency_s_file_the_first_stays() -> None:
    other = GOOD.replace("minor_traffic", "dui")
    own = built_in().with_own(rows(GOOD, other))
    (error,) = own.refused
    assert str(error).startswith("zz.csv line 3, code 1(a): the same code as 1(a) of zz.csv line 2; keep one")
    assert class_in(own, "1(a)") == "minor_traffic"


@pytest.mark.parametrize(
    ("code", "text", "is_found"),
    [
        ("1(a)/1(b)", "1(a)", False),
        ("1(a)/1(b)", "1(A)/1(B)", True),
        ("5/M", "5", False),
        ("5/M", "5/m", True),
        ("1 F", "1(f)", False),
        ("1 F", "1 f", True),
        ("1 (F)", "1(f)", True),
        ("1(a)-WORD", "1(A)-word", True),
        ("1(a)-WORD", "1(a)", False),
        ("1(a)-WORD", "1(a)-other", False),
    ],
)
def test_a_row_names_one_offense_or_is_taken_to_the_letter(code: str, text: str, is_found: bool) -> None:
    own = built_in().with_own(rows(GOOD.replace("1(a)", code)))
    assert not own.refused
    assert (class_in(own, text) == "minor_traffic") is is_found


def test_a_word_after_a_dash_tells_which_of_the_offenses_of_a_subsection_it_is() -> None:
    found = {word: class_of("FL-FS", f"s. 316.192(3)(c)1-{word}") for word in ("PROP", "PERS", "ELSE")}
    assert found == {"PROP": "reckless_no_injury", "PERS": "reckless_injury", "ELSE": "unclassified"}


def test_a_subdivision_that_may_be_a_level_is_placed_only_where_both_are() -> None:
    assert class_in(law("1(f),,,dui"), "1 (F)") == "unclassified"
    assert class_in(law("1,,,dui", "1(f),,,dui"), "1 (F)") == "dui"


def test_a_range_holds_on_its_days_alone() -> None:
    range_ = f"{GOOD.replace('1(a)', '100..200')},range,,,,2014-06-30"
    catalog = Catalog.of_rows(rows(range_, header=FULL))
    days = date(2014, 6, 30), date(2014, 7, 1)
    found = [catalog.look_up("ZZ-VC", "150", day).charge_class for day in days]
    assert found == ["minor_traffic", "unclassified"]
    assert class_in(catalog, "150") == "unclassified"
