"""The words beside a code: what they may say, and what leaves the code open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conviction_gate.policy.catalog import built_in
from conviction_gate.policy.catalog.citation import readings
from conviction_gate.policy.catalog.schemes import scheme_named
from conviction_gate.policy.catalog.words import speak_of_more


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
        ("PA-VC", "ELUDING 18 PACS 3733", ["18 and 3733, the words eluding"]),
        ("PA-18", "ELUDING 75 PACS 5104", ["75 and 5104, the words eluding"]),
        ("OK-ST", "SPEEDING 21 OS 11-902", ["21-11-902, the words speeding"]),
        ("DC-DCMR", "SPEEDING 18 DCMR 2200.6", ["18-2200(6), the words speeding"]),
        ("DC-CODE", "SPEEDING 50 DC CODE 2201", ["50-2201, the words speeding"]),
        ("FL-FS", "316.072-21", ["316.072(21)"]),
        ("FL-FS", "316.072 19", ["316.072(19)"]),
        ("FL-FS", "316.072 20", []),
        ("FL-FS", "316.072 .5", []),
        ("CA-VC", "23103(A) .5", []),
        ("FL-FS", "322.03-NO LIC", ["322.03, the words no lic"]),
        ("ME-MRS", "29-A/2411 1-AD OUI", []),
        ("DC-CODE", "50-2201.05b(b)(2) FLEEING LEO (FEL)", ["50-2201.05b(b)(2), the words fleeing leo (fel)"]),
        ("PA-18", "5104(b)words", ["5104(b), the words words"]),
        ("CA-VC", "12500(A) § 4462(B)", []),
        ("CA-VC", "12500(A) M 14601.1(A)", []),
        ("OR-ORS", "811.140 MISD A", ["811.140, level misd a"]),
        ("CA-VC", "12500(A) GM A", []),
        ("FL-FS", "316.072, II", []),
        ("CA-VC", "12500, II", []),
        ("DC-CODE", "50-2201.05b(b) FLEEING LEO", ["50-2201.05b(b), the words fleeing leo"]),
        ("CA-VC", "VC 2000 12500(a)", []),
        ("GA-OCGA", "2021 40-6-391", []),
        ("KY-KRS", "189.290-001Y20205404.0", []),
        ("CA-VC", "SDMC 22350", []),
        ("CA-VC", "DUI 23152(A)", ["23152(a), the words dui"]),
        ("CA-VC", "CT 1 DUI 23152(A)", ["23152(a), the words dui"]),
        ("CA-VC", "35551 27 OVER $500", []),
        ("CA-VC", "35551 26 OVER $500", ["35551, the words 26 over $500"]),
        ("MA-GL", "90/17 SPEEDING 90/24", []),
        ("WI-STAT", "346.63(1)(cc)", ["346.63(1)(cc)"]),
        ("PA-VC", "3309 CC", []),
        ("NIBRS", "90Z H&S OFFENSES", ["90z, the words h&s offenses"]),
        ("CA-VC", "25662 B AND P", []),
        ("NY-VTL", "050", ["50"]),
        *(("CA-VC", f"GOV {law} 12500(A)", []) for law in ("CODE", "CODES", "LAW", "LAWS", "TITLE")),
        *(("CA-VC", f"GOV {law} 12500(A)", []) for law in ("ST", "STAT", "STATS", "STATUTE", "STATUTES")),
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
        ("CA-VC", "12500(A) LEFT CRASH", "unclassified"),
        ("CA-VC", "12500(A) NO LIC ACCIDEN", "unclassified"),
        ("CA-VC", "12500(A) DRIVE SUSPENDE", "minor_traffic"),
        ("CA-VC", "SPEED 31", "unclassified"),
        ("CA-VC", "12500(A)/14601.2(A) SUSP FOR DUI", "unclassified"),
        ("CA-VC", "14601.2(A) SUSP FOR DUI", "minor_traffic"),
        ("CO-CRS", "42-2-138 DRIVING", "minor_traffic"),
        ("CO-CRS", "42-2-138 REV FOR DUI", "unclassified"),
        ("WA-RCW", "46.20.342 SUSP", "minor_traffic"),
        ("WA-RCW", "46.20.342 SUSP FOR DUI", "unclassified"),
        ("CO-CRS", "42-2-138 DRIVING 2ND", "unclassified"),
        ("FL-FS", "316.1275", "minor_traffic"),
        ("NC-GS", "20-7(a)-NEVER", "minor_traffic"),
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
    *(
        "{a} NO LICENSE {b}",
        "NO LICENSE {a}; {b}",
        "NO LICENSE ({a}) {b}",
        "{a} NO LICENSE ({b})",
        "NO LICENSE {a} EXPIRED TAGS {b}",
    ),
    *(
        "{a} NO LICENSE; EXPIRED TAGS {b}",
        "{a} NO LICENSE/{b}",
        "CT 1 {a} NO LICENSE CT 2 {b}",
        "{a} M {b} F",
        "{a} AMENDED FROM {b}",
    ),
    *("NO LICENSE ({a}; {b})", "SPEEDING {a} {b}", "{a} {b} OVER $500", "{a}.NO LICENSE.{b}", "{a} W/ {b}"),
)
"""How a text names two offenses."""


def two_codes() -> dict[str, tuple[list[str], list[str]]]:
    """By scheme, the codes that lead to their own rows: those in scope, and those of graver offenses."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for row in built_in().entries:
        if row.covers == "range" or row.charge_class == "unclassified":
            continue
        if built_in().look_up(row.scheme, row.code).charge_class == row.charge_class:
            found.setdefault(row.scheme, ([], []))[row.charge_class not in LIGHT].append(row.code)
    return {scheme: codes for scheme, codes in found.items() if all(codes)}


CODES = two_codes()


@given(data=st.data(), form=st.sampled_from(TWO_CODES), light_first=st.booleans(), upper=st.booleans())
def test_a_text_that_names_two_offenses_of_other_weight_is_left_open(
    data: st.DataObject, form: str, light_first: bool, upper: bool
) -> None:
    scheme = data.draw(st.sampled_from(sorted(CODES)))
    light, graver = (data.draw(st.sampled_from(codes)) for codes in CODES[scheme])
    text = form.format(a=light, b=graver) if light_first else form.format(a=graver, b=light)
    assert built_in().look_up(scheme, text.upper() if upper else text).charge_class == "unclassified"


# Said of an offense in scope these words are as plain as of the graver one.
PLAIN_ALL_THE_SAME = {
    "Disregard signal to stop",
    "Driving while revoked again",
    "Open container",
    "Prohibited materials",
    "Vehicle used in a misdemeanor",
    "Wrong way on divided highway",
}


def test_the_words_of_no_graver_offense_are_plain() -> None:
    graver = ("dui", "hit_and_run", "reckless_injury", "other_traffic_serious", "non_traffic")
    descriptions = [row.description for row in built_in().entries if row.charge_class in graver]
    assert len(descriptions) > 1800
    plain = {text for text in descriptions if not speak_of_more([text.lower()], of_a_lost_license=False)}
    assert plain <= PLAIN_ALL_THE_SAME
