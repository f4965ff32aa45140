"""Which spellings of one code have one key, so that a question about it is one question."""

import pytest

from conviction_gate.policy.catalog.spelling import LONGEST, key_of, normalised

CITED = {
    "AAMVA-ACD": ("A20", "AAMVA", "ACD"),
    "AZ-ARS": ("28-1381(a)", "ARS", "A.R.S."),
    "CA-PC": ("191.5(a)", "PC", "CPC"),
    "CA-VC": ("12500(a)", "VC", "CVC", "CA VC"),
    "CO-CRS": ("42-4-1301", "CRS"),
    "FL-FS": ("322.34(2)", "FS", "F.S."),
    "GA-OCGA": ("40-6-391", "OCGA", "O.C.G.A."),
    "IL-625": ("5/6-101", "625 ILCS"),
    "IL-720": ("5/9-3", "720 ILCS"),
    "NC-GS": ("20-28(a)", "GS", "NCGS"),
    "NJ": ("39:4-50", "NJS", "NJSA"),
    "NY-PL": ("120.03", "PL"),
    "NY-VTL": ("1192(3)", "VTL"),
    "TX-PC": ("49.04", "PC"),
    "TX-TC": ("521.457", "TC"),
    "WA-RCW": ("46.61.502", "RCW"),
}


@pytest.mark.parametrize(("scheme", "names"), CITED.items(), ids=CITED)
def test_the_name_of_the_scheme_may_stand_before_or_after(scheme: str, names: tuple[str, ...]) -> None:
    code = names[0]
    key = key_of(scheme, code)
    assert key is not None
    for name in (*names[1:], scheme):
        assert key_of(scheme, f"{name} {code}") == key_of(scheme, f"{name} § {code}") == key
        assert key_of(scheme, f"{code} {name}") == key


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("AZ-ARS", "28-1381A", "28-1381(a)"),
        ("CA-VC", "12500A", "12500(a)"),
        ("GA-OCGA", "40-5-20A", "40-5-20(a)"),
        ("TX-TC", "550.021A", "550.021(a)"),
        ("VA", "46.2-300A", "46.2-300(a)"),
        ("CA-VC", "12500.a", "12500(a)"),
        ("CA-VC", "12500[A]", "12500(a)"),
        ("CA-VC", "4000(a)1", "4000(a)(1)"),
        ("NY-VTL", "511.1.a", "511(1)(a)"),
        ("NY-VTL", "511.iv", "511(iv)"),
        ("AZ-ARS", "28–1381", "28-1381"),
        ("CA-VC", " Sec.  12500 ( a ) ", "12500(a)"),
        ("CA-VC", "12500(a).", "12500(a)"),
    ],
)
def test_spellings_of_one_code_have_one_key(scheme: str, one: str, other: str) -> None:
    assert key_of(scheme, one) == normalised(scheme, one) == normalised(scheme, other)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("NC-GS", "20-28A", "20-28(a)"),
        ("NC-GS", "20-28(a1)", "20-28(a)(1)"),
        ("NC-GS", "20-28(a 1)", "20-28(a1)"),
        ("FL-FS", "322.34", "322(34)"),
        ("CA-VC", "2000 1(a)", "20001(a)"),
        ("CA-VC", "2800.1", "2800(1)"),
    ],
)
def test_spellings_of_two_codes_have_two_keys(scheme: str, one: str, other: str) -> None:
    assert key_of(scheme, one) != key_of(scheme, other)


@pytest.mark.parametrize(
    "code", ["", "§", "12500 § 1", "12500(a)*", "12500\u212a", "１２５００", "1" * (LONGEST + 1)]
)
def test_what_has_no_key_comes_back_as_it_was_sent(code: str) -> None:
    assert key_of("CA-VC", code) is None
    assert normalised("CA-VC", code) == ("CA-VC", code)


@pytest.mark.parametrize("scheme", ["", "CA/VC", "ＣＡ-ＶＣ", "C" * (LONGEST + 1)])
def test_what_names_no_scheme_has_no_key(scheme: str) -> None:
    assert key_of(scheme, "12500") is None


def test_the_longest_that_is_looked_at_has_a_key() -> None:
    assert key_of("CA-VC", "1" * LONGEST)
    assert key_of("C" * LONGEST, "1")
