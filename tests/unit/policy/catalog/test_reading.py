"""How codes are read: every spelling found, no two codes taken for one, doubt left to a person."""

import csv
import re
import tracemalloc
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conviction_gate.contracts.booking import Offense
from conviction_gate.policy.catalog import CatalogRow, built_in, normalised, place
from conviction_gate.policy.catalog.citation import Citation, as_law_writes, readings
from conviction_gate.policy.catalog.schemes import scheme_named
from tests.support.catalog_rows import DATA

SPELLINGS = list(csv.DictReader((DATA / "spellings.csv").read_text().splitlines()))
"""Codes as booking systems write them; the class, or `unclassified` for what must not be taken for a code."""
SCHEMES = sorted(built_in().schemes)
ROWS = [entry for entry in built_in().entries if entry.covers != "range"]
some_row = st.sampled_from(
    [
        row
        for row in ROWS
        if row.since is row.until is None and built_in().look_up(row.scheme, row.code).readings
    ]
)


def placed(scheme: str, code: str) -> str:
    return built_in().look_up(scheme, code).charge_class


def test_what_booking_systems_write_is_found_and_nothing_is_taken_for_another_code() -> None:
    wrong = [
        f"{one['scheme']} {one['text']}: {found}, not {one['class']}"
        for one in SPELLINGS
        if (found := placed(one["scheme"], one["text"])) != one["class"]
    ]
    assert len(SPELLINGS) > 2500
    assert wrong == []


@pytest.mark.parametrize(
    ("scheme", "code", "read_as"),
    [
        ("CA-VC", "12500(A)/M", ["12500(a), level m"]),
        ("CA-VC", "Veh. Code, § 12500, subd. (a)", ["12500(a)"]),
        ("CA-VC", "CVC 23152(A)/23152(B)", ["23152(a) and 23152(b)"]),
        ("CA-VC", "23152AB", ["23152(a) and 23152(b)"]),
        ("CA-VC", "23152 F", ["23152(f)", "23152, level f"]),
        ("CA-VC", "664/2800.2(A)", ["2800.2(a), an attempt"]),
        ("CA-VC", "23152(B) VC-DUI ALCOHOL/0.08 PERCENT", ["23152(b), the words dui alcohol/0.08 percent"]),
        ("FL-FS", "322.34(10b1)", ["322.34(10)(b)(1)"]),
        ("FL-FS", "s. 316.193(1), F.S.", ["316.193(1)"]),
        ("NY-VTL", "VTL0511001", ["511(1)"]),
        ("NY-VTL", "0511.01A", ["511(1)(a)"]),
        ("NY-VTL", "5091", ["509(1)"]),
        ("NY-VTL", "1111d(1)", ["1111(d)(1)", "1111-d(1)"]),
        ("NC-GS", "20-28a1", ["20-28(a)(1)", "20-28(a1)"]),
        ("NJ", "39:3-10a", ["39:3-10(a)", "39:3-10a"]),
        ("VA", "B.46.2-301", ["46.2-301(b)"]),
        ("WA-RCW", "4661502", ["46.61.502"]),
        ("IL-625", "625-5/6-303(a)", ["5/6-303(a)"]),
        ("IL-625", "5/11-503(b-1)", ["5/11-503(b-1)"]),
        ("MA-GL", "c. 90 § 24D", ["90/24d"]),
        ("MA-GL", "265/13 1/2", ["265/13½"]),
        ("MI-MCL", "257.625a", ["257.625a"]),
        ("MN-STAT", "169A.20.1(1)", ["169a.20(1)(1)"]),
        ("WI-STAT", "346.63(1)(am)", ["346.63(1)(am)"]),
        ("PA-VC", "75 § 3802 §§ A1", ["3802(a)(1)"]),
        ("SC-CODE", "56-05-2930", ["56-5-2930"]),
        ("FL-FS", "322.034", ["322.034"]),
        ("IL-625", "625 ILCS 5.0/6-303-A", ["5/6-303(a)"]),
        ("IL-625", "625ILCS5/11-501(a)(1)", ["5/11-501(a)(1)"]),
        ("NV-NRS", "484C110", ["484c.110"]),
        ("NE-RRS", "60-6213", ["60-6,213"]),
        ("ID-CODE", "I18-8004 {M}", ["18-8004, level m"]),
        ("NCIC", "909", ["0909"]),
        ("CA-VC", "2000 1(a)", []),
        ("CA-VC", "PC 12500(a)", []),
        ("NCIC", "05404", []),
    ],
)
def test_how_a_text_is_read(scheme: str, code: str, read_as: list[str]) -> None:
    named = scheme_named(scheme)
    assert named is not None
    assert sorted(map(str, readings(named, code))) == sorted(read_as)


@pytest.mark.parametrize("name", ["ca-vc", "CA VC", "CA_VC", " Ca–Vc ", "CAVC", "ca__vc", "VC", "cvc", "CAVEH"])
def test_names_of_one_scheme(name: str) -> None:
    assert placed(name, "12500(a)") == "minor_traffic"


# No code is read as another one --------------------------------------------------------------------


def spelled(scheme: str, section: str, path: tuple[str, ...]) -> Iterator[str]:
    """A code in the ways that people and systems write it. A number is never run together with the section's
    own: 322.341 is not 322.34(1), but what the law itself calls 322.341."""
    named = scheme_named(scheme)
    law = named.laws.partition(" ")[0] if named else scheme
    full = section + "".join(f"({part})" for part in path)
    yield from (full, full.upper(), f"§ {full}", f"{law} {full}".upper(), f"{full} {law}".upper(), f"{full}/M")
    yield from (
        f"{full} (F)",
        f"{full} M",
        f"{full} - unsafe driving",
        f"{full} {law} unsafe driving",
        full.replace("(", " ("),
    )
    if path:
        yield from (f"{section}-{''.join(path)}", f"{section}({''.join(path)})".upper())
        yield from (f"{section}{sign}{sign.join(path)}" for sign in ".- ")
        if path[0].isalpha():
            yield section + "".join(path)


def citation_of(row: CatalogRow) -> Citation | None:
    """The offense that a row names; None where its code has a suffix, as 20-7(a)-NEVER."""
    scheme = scheme_named(row.scheme)
    assert scheme is not None, f"{row.scheme} is in no table"
    if citation := as_law_writes(scheme, row.code):
        return citation
    read = [one for one in readings(scheme, row.code) if not one.besides and not one.suffix]
    return read[0].citations[0] if len(read) == 1 else None


def test_the_spellings_that_are_tried_are_of_codes_of_every_scheme() -> None:
    left_out = [f"{row.scheme} {row.code}" for row in ROWS if citation_of(row) is None]
    assert {row.scheme for row in ROWS if citation_of(row)} == set(SCHEMES)
    assert len(left_out) < 0.005 * len(ROWS), left_out


def test_no_spelling_of_one_code_is_read_as_another_code() -> None:
    """Over all pairs of codes of the catalog: each spelling of each leads to that row, or to one that has
    its class, or to none; save that what the law itself calls another code is that one (14-222a of CT-CGS)."""
    read, wrong, found = 0, [], 0
    codes = {(row.scheme, row.code) for row in ROWS}
    for row in ROWS:
        citation = citation_of(row)
        day = row.since or row.until or date(2012, 5, 4)
        for text in spelled(row.scheme, *citation) if citation else ():
            if text != row.code and (row.scheme, text) in codes:
                continue
            placing = built_in().look_up(row.scheme, text, day)
            read, found = read + 1, found + bool(placing.rows)
            if placing.charge_class not in ("unclassified", row.charge_class):
                wrong.append(
                    f"{row.scheme} {row.code} as {text}: {placing.rows[0].code}, {placing.charge_class}"
                )
    print(f"\n{read} spellings of {len(ROWS)} codes, {found} found")
    assert wrong == []
    assert found > 0.9 * read


def test_spellings_that_two_codes_share_lead_to_no_class_but_theirs() -> None:
    by_text: dict[tuple[str, str], set[str]] = {}
    for row in ROWS:
        citation = citation_of(row)
        for text in spelled(row.scheme, *citation) if citation else ():
            by_text.setdefault((row.scheme, text.lower()), set()).add(row.charge_class)
    shared = {key for key, classes in by_text.items() if len(classes - {"unclassified"}) > 1}
    codes = {(row.scheme, row.code) for row in ROWS}
    assert [key for key in shared - codes if placed(*key) != "unclassified"] == []


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("CA-VC", "2000 1(a)"),  # two numbers are not one
        ("CA-VC", "28001"),
        ("CA-VC", "2800(1)"),  # another thing than 2800.1
        ("CA-VC", "PC 12500(a)"),  # another scheme's citation
        ("CA-PC", "VC 191.5(a)"),
        ("CA-VC", "12500(a), 23152(a)"),
        ("FL-FS", "316.192(3)(c)1"),  # the subsection holds two offenses
        ("FL-FS", "316.192(3)(c)"),
        ("FL-FS", "316.1923c2"),
        ("IL-625", "IL-6255/6-101"),
        ("NC-GS", "20-141.4a2"),
        ("NCIC", "05404"),
        ("NCIC", "54-04"),
        ("NIBRS", "9B"),
        ("NIBRS", "90(D)"),
    ],
)
def test_doubt_is_left_to_a_person(scheme: str, code: str) -> None:
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
    assert placed("CA-VC", code) == "unclassified"
    assert built_in().look_up("CA-VC", code).readings == ()


@pytest.mark.parametrize("scheme", ["", "-", "ｃａ-vc", "CA-VC\x00", "CA/VC", "C" * 1_000_000])
def test_odd_schemes_are_never_taken_for_one(scheme: str) -> None:
    assert normalised(scheme, "12500(a)") == (scheme, "12500(a)")
    assert placed(scheme, "12500(a)") == "unclassified"


@given(entry=some_row, data=st.data())
def test_case_blanks_signs_and_dashes_do_not_count(entry: CatalogRow, data: st.DataObject) -> None:
    blanks = st.text(" \t\u00a0\u2009", max_size=2)
    written = "".join(
        f"{data.draw(blanks)}{sign}{data.draw(blanks)}" if sign in "()-" else sign for sign in entry.code
    )
    written = written.replace("-", data.draw(st.sampled_from("-‐‑‒–—−")))
    written = data.draw(st.sampled_from([written, written.upper(), written.lower()]))
    sign = data.draw(st.sampled_from(["", "§ ", "§", "§§ ", "Sec. ", "section "]))
    scheme = data.draw(st.sampled_from(["", f"{entry.scheme} ", f"{entry.scheme.lower()} "]))
    if scheme_named(entry.scheme).shape == "code":  # type: ignore[union-attr]
        sign = ""
    rows = built_in().look_up(entry.scheme, f"{scheme}{sign}{written}").rows
    # 14-222A of CT-CGS can be 14-222a and 14-222(a): where these are not of one class it is neither.
    assert entry in rows or (not rows and entry.code[-1].isalpha())


@given(entry=some_row, separator=st.sampled_from(["-", "_", " ", "–", ""]))
def test_separators_of_a_scheme_do_not_count(entry: CatalogRow, separator: str) -> None:
    assert entry in built_in().look_up(entry.scheme.replace("-", separator).lower(), entry.code).rows


def without_padding(code: str) -> str:
    return re.sub(r"(?<![0-9.])0+(?=[0-9])", "", code)


@given(
    entry=st.sampled_from(
        [row for row in ROWS if not row.covers and row.scheme not in ("CA-DOJ", "IL-625", "NCIC", "NY-VTL")]
    ),
    data=st.data(),
)
def test_a_code_with_a_digit_more_or_less_is_not_that_code(entry: CatalogRow, data: st.DataObject) -> None:
    """But where a scheme writes numbers with zeros before them, or leaves out its act; and 056-5 is 56-5."""
    scheme = scheme_named(entry.scheme)
    assert scheme is not None
    is_padded = len(scheme.shape) > 1 and "." not in scheme.shape and not scheme.zeros
    at = data.draw(st.integers(0, len(entry.code) - 1))
    more = data.draw(st.sampled_from("0123456789"))
    for code in (f"{entry.code[:at]}{more}{entry.code[at:]}", entry.code[:at] + entry.code[at + 1 :]):
        if is_padded and without_padding(code) == entry.code:
            continue
        if code[at : at + 1] != "" and sum(map(str.isdigit, code)) != sum(map(str.isdigit, entry.code)):
            assert entry not in built_in().look_up(entry.scheme, code).rows


@given(scheme=st.sampled_from(SCHEMES), code=st.text(max_size=140))
def test_any_text_is_read_or_left_alone(scheme: str, code: str) -> None:
    assert built_in().place(Offense(scheme=scheme, code="1")).code == "1"
    placed(scheme, code)


@given(scheme=st.sampled_from(SCHEMES), code=st.text("0123456789abcdmvrs().-:/ §[]&,;½", max_size=24))
def test_likely_signs_are_read_or_left_alone(scheme: str, code: str) -> None:
    placed(scheme, code)
    key = normalised(scheme, code)
    assert normalised(*key) == key


@given(entry=some_row, stranger=st.characters(min_codepoint=0x80, exclude_categories=["Zs"]))
def test_a_foreign_character_makes_any_code_unknown(entry: CatalogRow, stranger: str) -> None:
    if stranger not in "§½‐‑‒–—―−" and not stranger.isspace():
        assert placed(entry.scheme, entry.code + stranger) == "unclassified"


# What it costs ---------------------------------------------------------------------------------------


def test_the_whole_catalog_takes_less_than_20_mib() -> None:
    tracemalloc.start()
    whole = built_in.__wrapped__()
    assert len(whole.entries) == len(built_in().entries)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size < 20 * 2**20
