"""The catalog: every row accounted for, every spelling found, no two codes taken for one."""

from collections import Counter
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conviction_gate.contracts.booking import Charge, Offense
from conviction_gate.policy.catalog import (
    Catalog,
    CatalogError,
    Entry,
    built_in,
    find,
    normalised,
    place,
    read_rows,
)

RELEASED = {
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
FILES = sorted(
    file.name for file in files("conviction_gate.policy.catalog").iterdir() if file.name.endswith(".csv")
)
SCHEMES = sorted({entry.scheme for entry in built_in().entries})
HEADER = "scheme,code,description,charge_class,severity,source,verified,note"
GOOD = "ZZ-VC,1(a),Stop sign,minor_traffic,infraction,the code itself,yes,"
some_entry = st.sampled_from(built_in().entries)


def rows(*lines: str, header: str = HEADER) -> list[Entry]:
    return list(read_rows("\n".join((header, *lines)), "zz.csv"))


def code_found(scheme: str, code: str) -> str | None:
    entry = find(scheme, code)
    return entry.code if entry else None


@pytest.mark.parametrize("name", FILES)
def test_each_file_holds_to_the_rules(name: str) -> None:
    """Reading refuses what breaks a rule; a new file is tested by lying there."""
    text = files("conviction_gate.policy.catalog").joinpath(name).read_text("utf-8")
    held = Catalog(read_rows(text, name)).entries
    assert {f"{entry.scheme.lower()}.csv" for entry in held} == {name}
    assert [entry.where for entry in held if entry.verified != (entry.source != "recalled")] == []


def test_no_row_that_was_released_has_gone() -> None:
    held = Counter(entry.scheme for entry in built_in().entries)
    assert {scheme: min(held[scheme], count) for scheme, count in RELEASED.items()} == RELEASED
    assert sum(RELEASED.values()) == 389


def test_the_catalog_finds_its_own_rows() -> None:
    assert [entry for entry in built_in().entries if find(entry.scheme, entry.code) is not entry] == []


def test_a_row_is_read() -> None:
    assert rows(GOOD) == [
        Entry(
            scheme="ZZ-VC",
            code="1(a)",
            description="Stop sign",
            charge_class="minor_traffic",
            severity=None,
            recalled_severity="infraction",
            severity_source="",
            source="the code itself",
            verified=True,
            since=None,
            until=None,
            note="",
            where="zz.csv line 2",
        )
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD.replace("1(a)", ""), ", code (none): scheme or code cannot be looked up; write"),
        (GOOD.replace("1(a)", "1(а)"), ", code 1(а): scheme or code cannot be looked up; write"),  # Cyrillic
        (GOOD.replace("ZZ-VC", ""), ", code 1(a): scheme or code cannot be looked up; write"),
        (GOOD.replace("Stop sign", " "), ", code 1(a): no description; say"),
        (GOOD.replace("the code itself", ""), ", code 1(a): no source; say"),
        (
            GOOD.replace("minor_traffic", "minor"),
            ", code 1(a): charge_class 'minor' is none of the policy's; write",
        ),
        (
            GOOD.replace("infraction", "petty"),
            ", code 1(a): severity 'petty' is unknown; write infraction, misde",
        ),
        (GOOD.replace("the code itself", "recalled"), ", code 1(a): verified, yet only recalled; name"),
        (GOOD.replace("yes", "true"), ", code 1(a): verified 'true' is neither yes nor no; write"),
        (GOOD + ",", ": not as many cells as columns; put"),
        (GOOD.removesuffix(","), ": not as many cells as columns; put"),
        (GOOD.replace("Stop sign", '"Stop" sign'), ": not CSV ("),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_place(line: str, reason: str) -> None:
    with pytest.raises(CatalogError) as caught:
        rows(GOOD.replace("1(a)", "1(b)"), line)
    assert str(caught.value).startswith("zz.csv line 3" + reason)


@pytest.mark.parametrize(
    "header", ["", HEADER.replace("source,", ""), HEADER + ",note", "code;scheme", HEADER + ",x"]
)
def test_a_file_without_the_columns_is_refused(header: str) -> None:
    with pytest.raises(CatalogError, match=r"zz.csv: its first line must name the columns scheme,code,"):
        rows(header=header)


@pytest.mark.parametrize(
    "told",
    [
        "DUI",
        "DWI, first",
        "OWI",
        "Driving while intoxicated",
        "Under the influence",
        "Alcohol in the blood",
        "Liquor in the car",
        "Drunken driving",
        "Under-age drinking",
        "Ability impaired",
        "Drugs at the wheel",
        "BAC of .08",
        "Refused a breath test",
        "Hit and run",
        "Hit-and-run",
        "Hit & run",
        "Leaving the scene",
        "Leaves an accident",
        "Left the scene",
        "Left place of crash",
        "Fail to stop after accident",
        "Failure to remain at a crash",
        "Fled a collision",
        "Crash with injury, no aid rendered",
        "Identity not revealed after injury crash",
        "Duty to give information",
        "Striking a fixture",
    ],
)
def test_minor_traffic_speaks_of_no_drunk_driving_and_of_no_left_scene(told: str) -> None:
    for line in (GOOD.replace("Stop sign", f'"{told}"'), f'{GOOD}"{told}"'):
        with pytest.raises(CatalogError, match=r"line 2, code 1\(a\): minor_traffic, yet it speaks of drunk"):
            rows(line)
        assert rows(line.replace("minor_traffic", "unclassified"))


@pytest.mark.parametrize(
    "told",
    [
        "Improper left turn",
        "Left of center",
        "Failure to report crash",
        "Failure to stop at a sign",
        "Obscene plate",
    ],
)
def test_words_of_minor_traffic_are_no_such_words(told: str) -> None:
    assert rows(GOOD.replace("Stop sign", told))


FULL = f"{HEADER},covers,except,severity_source,from,until"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (",,,2014-02-30,", "from '2014-02-30' is no day; write"),
        (",,,,20140630", "until '20140630' is no day; write"),
        (",,,2014-07-01,2014-06-30", "from 2014-07-01 is after until 2014-06-30; write"),
    ],
)
def test_days_are_days(cells: str, reason: str) -> None:
    with pytest.raises(CatalogError, match=f"zz.csv line 2, code 1\\(a\\): {reason}"):
        rows(f"{GOOD},{cells}", header=FULL)


@pytest.mark.parametrize("source", ["", "recalled"])
def test_a_severity_that_nobody_read_is_unknown_to_the_rules(source: str) -> None:
    known, unread = rows(f"{GOOD},,,the law,,", f"{GOOD},,,{source},,", header=FULL)
    assert (known.severity, known.recalled_severity) == ("infraction", None)
    assert (unread.severity, unread.recalled_severity) == (None, "infraction")
    assert Catalog([unread]).place(Offense(scheme="ZZ-VC", code="1(a)")).severity is None


def test_a_severity_is_never_read_where_there_is_none() -> None:
    with pytest.raises(CatalogError, match="a severity_source without a severity; write"):
        rows(f"{GOOD.replace('infraction', '')},,,the law,,", header=FULL)


def test_no_row_of_the_catalog_decides_by_a_severity_from_memory() -> None:
    unread = [entry for entry in built_in().entries if entry.recalled_severity]
    assert {entry.severity for entry in unread} == {None}
    assert {entry.severity_source for entry in unread} == {"recalled"}


def test_a_code_that_changed_is_looked_up_by_the_day_of_the_booking() -> None:
    old, new = (
        f"{GOOD},,,,,2014-06-30",
        f"{GOOD.replace('minor_traffic', 'hit_and_run').replace('Stop sign', 'Hit and run')},,,,2014-07-01,",
    )
    catalog = Catalog(rows(old, new, header=FULL))
    offense = Offense(scheme="ZZ-VC", code="1(A)")
    days = {day: catalog.place(offense, day).charge_class for day in (date(2014, 6, 30), date(2014, 7, 1))}
    assert list(days.values()) == ["minor_traffic", "hit_and_run"]
    assert catalog.place(offense).charge_class == "unclassified"  # no day, no meaning
    assert Catalog(rows(old, header=FULL)).place(offense, date(2014, 7, 1)).charge_class == "unclassified"
    with pytest.raises(CatalogError, match="keep one of the two, or part them by from and until"):
        Catalog(rows(old, new.replace("07-01", "06-30"), header=FULL))


def test_one_code_in_two_rows_is_refused() -> None:
    with pytest.raises(
        CatalogError, match=r"zz.csv line 3, code 1 \(A\): the same code as 1\(a\) of zz.csv line 2"
    ):
        Catalog(rows(GOOD, GOOD.replace("ZZ-VC,1(a)", "zz vc,1 (A)")))


def test_an_agency_adds_codes_and_places_what_the_catalog_leaves_open() -> None:
    own = built_in().with_own(
        rows(
            GOOD,
            GOOD.replace("ZZ-VC,1(a)", "NCIC,5499") + "the county books stop signs alone under it",
            "ca vc,CVC 12500 (A),Unlicensed,minor_traffic,wobbler,ours,yes,",  # as the catalog has it
        )
    )
    assert own.place(Offense(scheme="ZZ-VC", code="1(A)")).charge_class == "minor_traffic"
    assert own.place(Offense(scheme="NCIC", code="5499")).charge_class == "minor_traffic"
    assert own.find("CA-VC", "12500(a)") is find("CA-VC", "12500(a)")
    assert len(own.entries) == len(built_in().entries) + 1
    assert place(Offense(scheme="NCIC", code="5499")).charge_class == "unclassified"


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ("NJ,39:4-50,Careless,minor_traffic,infraction,ours,yes,", "dui, infraction"),
        ("nj,N.J.S.A. 39:4-50,D,dui,felony,ours,yes,", "dui, infraction"),
        ("CA-VC,12500A,Unlicensed,unclassified,,ours,yes,", "minor_traffic, wobbler"),
    ],
)
def test_an_agency_changes_nothing_that_the_catalog_places(row: str, held: str) -> None:
    with pytest.raises(
        CatalogError, match=rf"zz.csv line 3, code .*: the catalog has it as {held} \(.*; take the"
    ):
        built_in().with_own(rows(GOOD, row))


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
    told = rf"zz.csv line 3, code .*: the catalog has it as unclassified \(n.*.csv line .*\), {reason}"
    with pytest.raises(CatalogError, match=told):
        built_in().with_own(rows(GOOD, row))


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
