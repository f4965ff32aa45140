"""What in a text is a part of its citation, and what is not: each guard of the reader by an example."""

import pytest

from conviction_gate.policy.catalog.citation import as_law_writes, readings
from conviction_gate.policy.catalog.rows import LONGEST
from conviction_gate.policy.catalog.schemes import scheme_named


@pytest.mark.parametrize(
    ("name", "code", "read_as"),
    [
        ("NY-VTL", "2600", ["2600"]),
        ("NY-VTL", "02001", ["200(1)"]),
        ("NY-VTL", "00509", ["00509"]),
        ("NY-VTL", "000", ["000"]),
        ("AAMVA-ACD", "A33", ["a33"]),
        ("AAMVA-ACD", "§ M11", ["m11"]),
        ("CA-PC", "A.192", []),
        ("PA-VC", "3736(AB)1-A", []),
        ("DE-CODE", "21/4142 a1a2b3c", []),
        ("CA-VC", "31405 (F)", ["31405(f)", "31405, level f"]),
        ("CA-VC", "31405 (M)", ["31405(m)", "31405, level m"]),
        ("CA-VC", "22450.M", ["22450(m)"]),
        ("NY-VTL", "402(m)", ["402(m)", "402, level m"]),
        ("NY-VTL", "319(i)", ["319(i)"]),
        ("MD-TA", "21-701 F(f1)", ["21-701(f), level f1"]),
        ("NC-GS", "20-173(A 1)", ["20-173(a)(1)", "20-173(a1)"]),
        ("NY-VTL", "381(a-1)", []),
        ("PA-18", "5104(F1)", ["5104, level f1"]),
        ("CA-VC", "23104(ATT)", ["23104, an attempt"]),
        ("NY-VTL", "509 ATT", ["509, an attempt"]),
        ("HI-HRS", "249-7(AB)", ["249-7(a) and 249-7(b)"]),
        ("WI-STAT", "346.63(01)", ["346.63(01)"]),
        ("MS-CODE", "63-7-7.1m1", []),
        ("LA-RS", "32:73/B", []),
        ("MO-RSMO", "307.173(1)/B", []),
        ("IL-625", "5/6-303(a) 625", []),
        ("CA-VC", "12500(a)/(f1)", ["12500(a), level f1"]),
        ("CA-VC", "12500(a)/(bc)", []),
        ("CA-VC", "12500(a)/(mz)", []),
        ("NC-GS", "20-7(A) NO OPER LICENSE", ["20-7(a), the words no oper license"]),
        ("FL-FS", "316.193 1 A DUI", ["316.193(1)(a), the words dui"]),
        ("CA-VC", "23152 AB", ["23152(a) and 23152(b)"]),
        ("CA-VC", "23152AB some words", ["23152(a) and 23152(b), the words some words"]),
        ("FL-FS", "316.072(1)(a)(b)", ["316.072(1)(a) and 316.072(1)(b)"]),
        ("CA-VC", "12500(a)/(b)", ["12500(a) and 12500(b)"]),
        ("FL-FS", "316.193(1abc)", []),
        ("MA-GL", "265/13&(c)", []),
        ("TX-PC", "49.04xab", []),
        ("PA-18", "5104(b)some words", ["5104(b), the words some words"]),
        ("NJ", "39:3-75(ab).1 att", []),
        ("NCIC", "0909 1-STOP", ["0909, the words 1-stop"]),
        ("NCIC", "0909 123-STOP", []),
        ("KS-STAT", "8-1022m1(1a)", ["8-1022(m1)(1)(a)"]),
        ("ND-CC", "39-04-37½ SUBD. 2", ["39-04-37½(2)"]),
        ("AL-CODE", "32-10-7X(M)", ["32-10-7(x), level m"]),
        ("CA-VC", "23153(II) F", ["23153(ii), level f"]),
        ("NH-RSA", "265:3AB", ["265:3ab"]),
        ("NC-GS", "20-138.2A(M1)-a", ["20-138.2a(m1)(a)"]),
        ("VT-STAT", "23/310.a aA", []),
        ("FL-FS", "316.072 11A2B3C", []),
        ("IL-720", "5/9-3 M a", []),
        ("PA-VC", "3733.a-a", []),
        ("NM-STAT", "66-3-1-a½", ["66-3-1(a½)"]),
        ("VT-STAT", "23/1201Aab", []),
        ("CT-CGS", "14-251AA", ["14-251(aa)"]),
        ("MA-GL", "90/7AA", ["90/7aa"]),
        ("NC-GS", "20-157ab", ["20-157(a) and 20-157(b)"]),
        ("CA-PC", "0192", ["0192"]),
        ("PA-VC", "75", ["75"]),
        ("AZ-ARS", "28 ars 1381", []),
        ("IL-625", "625 ILCS 45/5-16", ["45/5-16"]),
        ("ND-CC", "39-04-37(1)(2)", []),
        ("MN-STAT", "169A.20(1)(1)", ["169a.20(1)(1)"]),
    ],
)
def test_how_a_text_is_read(name: str, code: str, read_as: list[str]) -> None:
    scheme = scheme_named(name)
    assert scheme is not None
    assert sorted(map(str, readings(scheme, code))) == sorted(read_as)


@pytest.mark.parametrize(
    ("name", "code", "citation"),
    [
        ("CA-VC", "12500(a)(1)", "12500(a)(1)"),
        ("CA-VC", "12500(A)", "12500(a)"),
        ("CA-VC", "12500A", None),
        ("CA-VC", "12500 (a)", None),
        ("CA-VC", "CVC 12500", None),
        ("NY-VTL", "1111-d", "1111-d"),
        ("NY-VTL", "1111d", None),
        ("NC-GS", "20-28a", "20-28a"),
        ("MI-MCL", "257.602a", "257.602a"),
        ("AAMVA-ACD", "A20", "a20"),
        ("AAMVA-ACD", "A20 or", None),
        ("AAMVA-ACD", "20", None),
        ("NCIC", "909", "0909"),
    ],
)
def test_what_the_law_writes_so(name: str, code: str, citation: str | None) -> None:
    scheme = scheme_named(name)
    assert scheme is not None
    found = as_law_writes(scheme, code)
    assert (str(found) if found else None) == citation


def test_a_text_of_128_characters_is_read_and_a_longer_one_is_not() -> None:
    scheme = scheme_named("CA-VC")
    assert scheme is not None
    longest = "12500(a)".ljust(LONGEST)
    assert [str(reading) for reading in readings(scheme, longest)] == ["12500(a)"]
    assert readings(scheme, longest + " ") == ()
