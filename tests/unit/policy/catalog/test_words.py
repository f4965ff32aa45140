"""The words beside a code: what they may say, and what leaves the code open."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conviction_gate.policy.catalog import CatalogRow, built_in
from conviction_gate.policy.catalog.citation import readings
from conviction_gate.policy.catalog.schemes import scheme_named


@pytest.mark.parametrize(
    ("name", "code", "read_as"),
    [
        ("CA-VC", "dui alcohol -- VC_23152(A)_M", ["23152(a), level m, the words dui alcohol"]),
        ("CA-VC", "CT 2: 12500(A) VC", ["12500(a)"]),
        ("CA-PC", "CT 1 191.5(a) PC FELONY", ["191.5(a), level felony"]),
        ("CA-VC", "ATTEMPT TO EVADE 2800.2(A)", ["2800.2(a), an attempt, the words attempt to evade"]),
        (
            "CA-VC",
            "PC664-VC2800.2(a)-F-Evade (F)",
            [
                "2800.2(a), an attempt, level f, the words evade (f)",
            ],
        ),
        (
            "CA-VC",
            "VC27360.5(a)-Child Restraint-Over 8/Under 16 (I)",
            ["27360.5(a), the words child restraint-over 8/under 16 (i)"],
        ),
        ("CA-VC", "12500(A) 14601.1(A)", []),
        ("CA-VC", "12500(A) VC 14601.1(A)", ["12500(a) and 14601.1(a)"]),
        ("CA-VC", "12500(A) ABC 14601.1(A)", []),
        (
            "CA-VC",
            "12500(A) NO LIC / 14601.1(A) SUSP",
            ["12500(a) and 14601.1(a), the words no lic, the words susp"],
        ),
        ("CA-VC", "WORDS 12", []),
        ("CA-VC", "WORDS ONLY", []),
        ("CA-VC", "AB 12500(A)", []),
        ("CA-VC", "PC 12500(A)", []),
        ("CA-VC", "PENAL CODE 12500(A)", []),
        ("CA-VC", "12500(A) PENAL CODE", []),
        ("CA-VC", "HEALTH & SAFETY 11377(A)", []),
        ("CA-VC", "SAN JOSE MUNICIPAL 10500", []),
        ("CA-VC", "CONSPIRACY 23152(A)", []),
        ("CA-VC", "AID AND ABET 23152(A)", []),
        ("CA-VC", "FTA ON 23152(A)", []),
        ("CA-VC", "FAILURE TO APPEAR-23152(A)", []),
        ("CA-VC", "BENCH WARRANT 12500(A)", []),
        ("CA-VC", "PROBATION VIOLATION 23152(A)", []),
        ("CA-VC", "DOCKET 1234567 12500(A)", []),
        ("CA-VC", "SEEN 06/12/2012 12500(A)", []),
        ("FL-FS", "FLEEING AND ELUDING (F.S. 316.1935)", ["316.1935, the words fleeing and eluding"]),
        ("FL-FS", "316.061-1 LEAVE SCENE (M2)", ["316.061(1), the words leave scene (m2)"]),
        ("FL-FS", "316.193 DUI 3", ["316.193, the words dui 3"]),
        ("FL-FS", "316.193 DUI #2-FEL", ["316.193, the words dui #2-fel"]),
        ("FL-FS", "316.193 DUI 322.34", []),
        ("FL-FS", "(316.193) DUI", ["316.193, the words dui"]),
        ("TX-TC", "STRIKE FIXTURE > $200 TC 550.025(B)2", ["550.025(b)(2), the words strike fixture > $200"]),
        (
            "TX-TC",
            "TRC 521.021 NO DL/TRC 601.191 NO INS",
            ["521.021 and 601.191, the words no dl, the words no ins"],
        ),
        (
            "NC-GS",
            "SPEEDING 80 MPH IN A 65 MPH ZONE G.S. 20-141(B)",
            ["20-141(b), the words speeding 80 mph in a 65 mph zone"],
        ),
        ("NC-GS", "SPEEDING 15-20 MPH OVER 20-141(B)", ["20-141(b), the words speeding 15-20 mph over"]),
        ("IL-625", "625 ILCS 5/11-601(B) SPEEDING 15-20 MPH", ["5/11-601(b), the words speeding 15-20 mph"]),
        ("CO-CRS", "42-4-1101(2)(H) SPEEDING 10-19 OVER", ["42-4-1101(2)(h), the words speeding 10-19 over"]),
        ("CO-CRS", "42-4-1402(2)(B) CARELESS M1T", ["42-4-1402(2)(b), the words careless m1t"]),
        ("AAMVA-ACD", "S92 SPEEDING 78/65", ["s92, the words speeding 78/65"]),
        ("AAMVA-ACD", "ACD(D53)", ["d53"]),
        ("AAMVA-ACD", "ACD=A08", ["a08"]),
        ("NCIC", "NCIC#0909", ["0909"]),
        ("NCIC", "5404-DRIVING UNDER INFL LIQUOR", ["5404, the words driving under infl liquor"]),
        ("NCIC", "5404-DR", []),
        ("NIBRS", "90G-LIQUOR LAW VIOLATIONS", ["90g, the words liquor law violations"]),
        ("NIBRS", "DRIVING UNDER THE INFLUENCE (90D)", ["90d, the words driving under the influence"]),
        ("WA-RCW", "46.61.502DUI ALCOHOL", ["46.61.502, the words dui alcohol"]),
        ("WA-RCW", "46.61.502DUI", []),
        ("VA", "46.2-300 - NO OL", ["46.2-300, the words no ol"]),
        ("NJ", "2C:29-2B 2ND DEGREE ELUDING", ["2c:29-2(b), the words 2nd degree eluding"]),
        ("MO-RSMO", "577.010-001Y20205404.0 DWI - ALCOHOL", ["577.010, the words dwi - alcohol"]),
        ("MI-MCL", "257.6251", ["257.625(1)"]),
        ("MI-MCL", "257.1351", ["257.1351"]),
        ("OR-ORS", "8130105", ["813.010(5)"]),
        ("OR-ORS", "811.540(1)(b)(A)", ["811.540(1)(b)(a)"]),
        ("NH-RSA", "RSA 265:60, II", ["265:60(ii)"]),
        ("NH-RSA", "265-A:2 I(b)", ["265-a:2(i)(b)"]),
        ("NE-RRS", "60-6.213 RECKLESS", ["60-6,213, the words reckless"]),
        ("OK-ST", "47 O.S. 2021, SECTION 11-902", ["47-11-902"]),
        ("OK-ST", "47 OS 11-902A1 DUI", ["47-11-902(a)(1), the words dui"]),
        ("OK-ST", "47O.S.7-606 NO INSURANCE", ["47-7-606, the words no insurance"]),
        ("KS-STAT", "K.S.A. 2022 SUPP. 8-1567(A)(1)", ["8-1567(a)(1)"]),
        ("AL-CODE", "CODE OF ALA 1975 32-10-1", ["32-10-1"]),
        ("DC-DCMR", "18-DCMR-2201.6", ["18-2201(6)"]),
        ("DE-CODE", "RECKLESS 21 DEL C 4175", ["21/4175, the words reckless"]),
        ("PA-VC", "ELUDING 18 3733", []),
    ],
)
def test_how_a_text_with_words_is_read(name: str, code: str, read_as: list[str]) -> None:
    scheme = scheme_named(name)
    assert scheme is not None
    assert sorted(map(str, readings(scheme, code))) == sorted(read_as)


@pytest.mark.parametrize(
    ("scheme", "code", "charge_class"),
    [
        ("CA-VC", "12500(A) NO LICENSE", "minor_traffic"),
        ("CA-VC", "HIT AND RUN 12500(A)", "unclassified"),
        ("CA-VC", "12500(A) VC-DUI ALCOHOL", "unclassified"),
        ("CA-VC", "FLEEING 12500(A)", "unclassified"),
        ("CA-VC", "14601.2(A) VC-DRIVE:LIC SUSP/ETC:DUI", "minor_traffic"),
        ("CA-VC", "23152(A) VC-DUI ALCOHOL", "dui"),
        ("CA-VC", "40508(A) VC-FAIL TO APPEAR:WRITTEN PROMISE", "court_process"),
        ("CA-VC", "23152(A) VC & 14601.2(A) VC", "unclassified"),
    ],
)
def test_words_that_contradict_a_minor_offense_leave_it_open(scheme: str, code: str, charge_class: str) -> None:
    assert built_in().look_up(scheme, code).charge_class == charge_class


LIGHT = ("minor_traffic", "reckless_no_injury")
TWO_CODES = (
    *(
        "{a} {b}",
        "{a}/{b}",
        "{a}, {b}",
        "{a} - {b}",
        "{a} & {b}",
        "{a}|{b}",
        "{a}: {b}",
        "{a} ({b})",
        "{a}({b})",
    ),
    *("{a} WORDS {b}", "WORDS {a}; {b}", "WORDS ({a}) {b}", "{a} WORDS ({b})", "WORDS {a} OTHERS {b}"),
    *(
        "{a} WORDS; OTHERS {b}",
        "{a} WORDS/{b}",
        "CT 1 {a} WORDS CT 2 {b}",
        "{a} M {b} F",
        "{a} AMENDED FROM {b}",
    ),
    *("WORDS ({a}; {b})", "SPEEDING {a} {b}", "{a} {b} OVER $500", "{a}.WORDS.{b}", "{a} W/ {b}"),
)
"""How a text names two offenses."""


@pytest.fixture(scope="module")
def placed_rows() -> dict[str, list[CatalogRow]]:
    """The rows that their own codes lead to, by scheme; of schemes that have some in scope and others."""
    rows: dict[str, list[CatalogRow]] = {}
    for row in built_in().entries:
        if row.covers != "range" and built_in().look_up(row.scheme, row.code).charge_class == row.charge_class:
            rows.setdefault(row.scheme, []).append(row)
    return {name: of for name, of in rows.items() if len({row.charge_class in LIGHT for row in of}) == 2}


@given(data=st.data(), form=st.sampled_from(TWO_CODES), light_first=st.booleans(), upper=st.booleans())
def test_a_text_that_names_two_offenses_of_other_weight_is_left_open(
    data: st.DataObject, form: str, light_first: bool, upper: bool, placed_rows: dict[str, list[CatalogRow]]
) -> None:
    scheme = data.draw(st.sampled_from(sorted(placed_rows)))
    light = data.draw(st.sampled_from([row for row in placed_rows[scheme] if row.charge_class in LIGHT]))
    other = data.draw(st.sampled_from([row for row in placed_rows[scheme] if row.charge_class not in LIGHT]))
    assume(other.charge_class != "unclassified")
    first, second = (light.code, other.code) if light_first else (other.code, light.code)
    text = form.format(a=first, b=second)
    assert built_in().look_up(scheme, text.upper() if upper else text).charge_class == "unclassified"
