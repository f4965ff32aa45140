"""The names of schemes, those that may be meant, and how a scheme of nobody's table is numbered."""

import pytest

from conviction_gate.policy.catalog import Catalog, built_in
from conviction_gate.policy.catalog.schemes import scheme_named, schemes_near, shape_of
from tests.support.catalog_rows import GOOD, rows


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PC", ["CA-PC", "TX-PC"]),
        ("GL", ["MA-GL", "RI-GL"]),
        ("IL", ["IL-625", "IL-720"]),
        ("CAVX", ["CA-VC"]),
        ("CA-V-X", ["CA-VC"]),
        ("FLST", ["FL-FS"]),
        ("N", []),
        ("XQ", []),
        ("*", []),
        ("CA-VC", []),
    ],
)
def test_an_unknown_scheme_gets_those_that_may_be_meant(name: str, meant: list[str]) -> None:
    assert built_in().schemes_near(name) == meant


def test_a_scheme_of_an_agency_may_be_meant_too() -> None:
    own = built_in().with_own(rows(GOOD.replace("ZZ-VC", "KERN-ORD")))
    assert own.schemes_near("KERN_ORDS") == schemes_near("kernords", ["KERN-ORD"]) == ["KERN-ORD"]


def test_a_scheme_that_the_catalog_lacks_is_never_meant() -> None:
    assert Catalog.of_rows(rows(GOOD)).schemes_near("PC") == []


def test_all_names_of_a_scheme_are_one_name() -> None:
    names = built_in().name_of
    assert names("VC") == names("CA VC") == names("cavc") != names("CA-PC")
    assert names("zz_ords") == names("ZZ-ORDS")
    assert names("*") == "*"


@pytest.mark.parametrize("name", ["", "*", "ＣＡ-ＶＣ", "C" * 65])
def test_what_is_no_name_names_no_scheme(name: str) -> None:
    assert scheme_named(name) is None


@pytest.mark.parametrize(
    ("codes", "shape"),
    [
        (["28-1381(a)", "28-2", "3"], "9-9"),
        (["*", "*", "5.1"], "9.9"),
        (["HIT AND RUN", "PARKING"], "9"),
        ([], "9"),
    ],
)
def test_a_scheme_is_numbered_as_most_of_its_codes(codes: list[str], shape: str) -> None:
    assert shape_of(codes) == shape
