"""The catalog: every row accounted for, every spelling found, no two codes taken for one."""

import re
from collections import Counter
from importlib.resources import files
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.booking import Charge, Offense
from contracts.facts import CatalogSeverity
from contracts.fields import ChargeClass
from policy.catalog import SCHEMES, Entry, entries, find, normalised, place

ROWS = {
    "NCIC": 22,
    "NIBRS": 29,
    "AAMVA-ACD": 60,
    "CA-VC": 33,
    "CA-PC": 2,
    "TX-TC": 17,
    "TX-PC": 5,
    "FL-FS": 26,
    "NY-VTL": 20,
    "NY-PL": 4,
    "IL-625": 19,
    "IL-720": 1,
    "AZ-ARS": 20,
    "GA-OCGA": 19,
    "NC-GS": 23,
    "NJ": 20,
    "VA": 24,
    "WA-RCW": 24,
    "CO-CRS": 21,
}
EXCLUDED_WORDS = re.compile(
    r"\b(dui|dwi|dwai|drunk\w*|impair\w*|intoxicat\w*|alcohol|liquor|drugs?|influence"
    r"|hit and run|hit-and-run|leav\w+|left|scene)\b",
    re.IGNORECASE,
)
some_entry = st.sampled_from(entries())


def code_found(scheme: str, code: str) -> str | None:
    entry = find(scheme, code)
    return entry.code if entry else None


def test_all_389_rows_are_there() -> None:
    assert Counter(entry.scheme for entry in entries()) == ROWS
    assert len(entries()) == sum(ROWS.values()) == 389


def test_no_file_lies_beside_the_schemes() -> None:
    names = {file.name for file in files("policy.catalog").iterdir() if file.name.endswith(".csv")}
    assert names == {f"{scheme.lower()}.csv" for scheme in SCHEMES}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_row_has_a_source_and_a_class_that_the_policy_knows(scheme: str) -> None:
    for entry in (entry for entry in entries() if entry.scheme == scheme):
        assert entry.charge_class in get_args(ChargeClass)
        assert entry.severity in (None, *get_args(CatalogSeverity))
        assert entry.source.strip()
        assert entry.description.strip()
        assert entry.verified == (entry.source != "recalled")


def test_minor_traffic_speaks_of_no_drunk_driving_and_of_no_left_scene() -> None:
    told = [
        entry
        for entry in entries()
        if entry.charge_class == "minor_traffic" and EXCLUDED_WORDS.search(f"{entry.description} {entry.note}")
    ]
    assert told == []


def test_different_codes_have_different_keys() -> None:
    keys = Counter(normalised(entry.scheme, entry.code) for entry in entries())
    assert [key for key, count in keys.items() if count > 1] == []


def test_the_catalog_finds_its_own_rows() -> None:
    assert [entry for entry in entries() if find(entry.scheme, entry.code) is not entry] == []


@pytest.mark.parametrize(
    ("scheme", "code", "charge_class"),
    [
        ("CA-VC", "12500(a)", "minor_traffic"),
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
    }


def test_what_is_not_in_the_catalog_is_unclassified() -> None:
    placed = place(Offense(scheme="CA-VC", code="99999"))
    assert (placed.charge_class, placed.severity) == ("unclassified", None)
    assert place(Offense(scheme="ZZ-XX", code="12500(a)")).charge_class == "unclassified"


@pytest.mark.parametrize(
    "code",
    [
        "12500(A)",
        "12500 (a)",
        " 12500\t(a)\n",
        "12500\u00a0(a)",
        "12500( a )",
        "12500[a]",
        "12500{a}",
        "12500a",
        "12500A",
        "12500 A",
        "12500.a",
        "12500.(a)",
        "12500(a).",
        "§ 12500(a)",
        "§12500(a)",
        "§§ 12500(a)",
        "sec. 12500(a)",
        "Section 12500 (A)",
        "VC 12500(a)",
        "VC12500(A)",
        "CVC 12500 (A)",
        "C.V.C. § 12500(a)",
        "CA-VC 12500(a)",
        "vc section 12500(a)",
        "12500(A) VC",
        "12500(a)VC",
    ],
)
def test_spellings_of_one_code(code: str) -> None:
    assert code_found("CA-VC", code) == "12500(a)"


@pytest.mark.parametrize("scheme", ["ca-vc", "CA VC", "CA_VC", " Ca–Vc ", "CAVC", "ca__vc"])
def test_spellings_of_one_scheme(scheme: str) -> None:
    assert code_found(scheme, "12500(a)") == "12500(a)"


@pytest.mark.parametrize(
    ("scheme", "code", "found"),
    [
        ("AZ-ARS", "A.R.S. § 28-1381(A)1", "28-1381(A)(1)"),
        ("AAMVA-ACD", "ACD a20", "A20"),
        ("FL-FS", "F.S. 316.193(3)(c)(2)", "316.193(3)(c)2"),
        ("FL-FS", "316.193(3)(c)2.", "316.193(3)(c)2"),
        ("FL-FS", "316.192 (3)(c)1 - prop", "316.192(3)(c)1-PROP"),
        ("IL-625", "625 ILCS 5/11-503(b-1)", "5/11-503(b-1)"),
        ("NC-GS", "N.C.G.S. § 20‑28(A1)", "20-28(a1)"),
        ("NC-GS", "20-7(a) – NEVER", "20-7(a)-NEVER"),
        ("NCIC", "NCIC 0909", "0909"),
        ("NJ", "N.J.S.A. 39:4-129(a)", "39:4-129(a)"),
        ("NY-VTL", "VTL 1192.2", "1192(2)"),
        ("NY-VTL", "511.3.a.ii", "511(3)(a)(ii)"),
        ("VA", "46.2-817B", "46.2-817(B)"),
    ],
)
def test_citations_of_other_schemes(scheme: str, code: str, found: str) -> None:
    assert code_found(scheme, code) == found


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("CA-VC", "12500"),  # a bare section is not its subsection
        ("CA-VC", "2000 1(a)"),  # two numbers are not one
        ("CA-VC", "28001"),
        ("CA-VC", "2800(1)"),  # another thing than 2800.1
        ("CA-VC", "4000a1"),
        ("CA-VC", "PC 12500(a)"),  # another scheme's citation
        ("CA-PC", "VC 191.5(a)"),
        ("CA-VC", "12500(a), 23152(a)"),
        ("FL-FS", "316.192(3)(c)1"),  # the subsection holds two offenses
        ("FL-FS", "316.192(3)(c)"),
        ("FL-FS", "316.1923c2"),
        ("IL-625", "IL-6255/6-101"),
        ("NC-GS", "20-7(a)"),
        ("NC-GS", "20-28a"),  # could be a section 20-28A
        ("NC-GS", "20-28a1"),
        ("NC-GS", "20-28(a)(1)"),  # another thing than 20-28(a1)
        ("NC-GS", "20-28(a 1)"),
        ("NC-GS", "20-141.4a2"),
        ("NCIC", "909"),  # leading zeros count
        ("NCIC", "05404"),
        ("NCIC", "54-04"),
        ("NIBRS", "9B"),
        ("NIBRS", "90(D)"),
        ("NJ", "39:4-129a"),
        ("NY-VTL", "1111d(1)"),  # could be section 1111-d
        ("NY-VTL", "1192-2"),
    ],
)
def test_doubt_is_left_to_a_person(scheme: str, code: str) -> None:
    assert code_found(scheme, code) is None
    assert place(Offense(scheme=scheme, code=code)).charge_class == "unclassified"


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "§",
        "VC",
        "section",
        "()",
        "12500(a)\x00",
        "12500\u200b(a)",  # an invisible character
        "12500\u00ad(a)",
        "１２５００(a)",  # full-width digits
        "١٢٥٠٠(a)",  # Arabic-Indic digits
        "12500(а)",  # a Cyrillic letter
        "12500⒜",
        "\ufeff12500(a)",
        "12500(a)\ud800",
        "12500(a)" + " " * 128,
        "0" * 1_000_000,
        "(" * 1_000_000,
    ],
)
def test_odd_input_is_never_taken_for_a_code(code: str) -> None:
    assert normalised("CA-VC", code) == ("CA-VC", code) or code_found("CA-VC", code) is None
    assert code_found("CA-VC", code) is None


@pytest.mark.parametrize("scheme", ["", "-", "ｃａ-vc", "CA-VC\x00", "CA/VC", "C" * 1_000_000])
def test_odd_schemes_are_never_taken_for_one(scheme: str) -> None:
    assert normalised(scheme, "12500(a)") == (scheme, "12500(a)")
    assert find(scheme, "12500(a)") is None


@given(entry=some_entry, data=st.data())
def test_case_blanks_signs_and_dashes_do_not_count(entry: Entry, data: st.DataObject) -> None:
    blanks = st.text(" \t\u00a0\u2009", max_size=2)
    around = {"(": True, ")": True, "-": True}
    spelled = "".join(
        f"{data.draw(blanks)}{sign}{data.draw(blanks)}" if sign in around else sign for sign in entry.code
    )
    spelled = spelled.replace("-", data.draw(st.sampled_from("-‐‑‒–—−")))
    spelled = data.draw(st.sampled_from([spelled, spelled.upper(), spelled.lower()]))
    sign = data.draw(st.sampled_from(["", "§ ", "§", "§§ ", "Sec. ", "section "]))
    scheme = data.draw(st.sampled_from(["", f"{entry.scheme} ", f"{entry.scheme.lower()} "]))
    assert find(entry.scheme, f"{scheme}{sign}{spelled}") is entry


@given(entry=some_entry, separator=st.sampled_from(["-", "_", " ", "–", ""]))
def test_separators_of_a_scheme_do_not_count(entry: Entry, separator: str) -> None:
    assert find(entry.scheme.replace("-", separator).lower(), entry.code) is entry


@given(entry=some_entry, data=st.data())
def test_a_code_with_a_letter_or_digit_more_or_less_is_not_that_code(entry: Entry, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entry.code) - 1))
    more = data.draw(st.sampled_from("0123456789abcdefghijxyz"))
    assert find(entry.scheme, f"{entry.code[:at]}{more}{entry.code[at:]}") is not entry
    if entry.code[at].isalnum():
        assert find(entry.scheme, entry.code[:at] + entry.code[at + 1 :]) is not entry


@given(scheme=st.sampled_from(SCHEMES), code=st.text(max_size=140))
def test_folding_is_total_and_folds_once(scheme: str, code: str) -> None:
    key = normalised(scheme, code)
    assert normalised(*key) == key


@given(
    scheme=st.sampled_from(SCHEMES),
    code=st.text("0123456789abcdvrs().-:/ §[]", max_size=24),
)
def test_folding_likely_signs_is_total_and_folds_once(scheme: str, code: str) -> None:
    key = normalised(scheme, code)
    assert normalised(*key) == key


@given(entry=some_entry, stranger=st.characters(min_codepoint=0x80, exclude_categories=["Zs"]))
def test_a_foreign_character_makes_any_code_unknown(entry: Entry, stranger: str) -> None:
    if stranger not in "§‐‑‒–—―−" and not stranger.isspace():
        assert find(entry.scheme, entry.code + stranger) is None
