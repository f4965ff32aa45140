"""A file of an agency's own codes is refused by line, also where a line is no CSV."""

from conviction_gate.policy.catalog import built_in, read_lines
from tests.support.catalog_rows import GOOD, HEADER


def test_a_line_that_is_no_csv_is_refused_alone() -> None:
    text = "\n".join((HEADER, '"ZZ"-VC,2,Sign,minor_traffic,,ours,yes,', GOOD))
    own = built_in().with_own(read_lines(text, "zz.csv"))
    assert [str(error) for error in own.refused] == [
        "zz.csv line 2: not CSV (',' expected after '\"'); correct the line"
    ]
    assert own.look_up("ZZ-VC", "1(a)").rows


def test_a_quote_that_is_never_closed_is_said() -> None:
    text = "\n".join((HEADER, GOOD, 'ZZ-VC,"2,Sign,minor_traffic,,ours,yes,'))
    own = built_in().with_own(read_lines(text, "zz.csv"))
    assert [str(error) for error in own.refused] == [
        "zz.csv line 3: not CSV (unexpected end of data); correct the line"
    ]
    assert own.look_up("ZZ-VC", "1(a)").rows


def test_an_agency_s_rows_are_beside_the_catalog_s() -> None:
    catalog = built_in()
    again = "CA-VC,22350,Unsafe speed,minor_traffic,,ours,yes,"
    assert catalog.find("CA-VC", "22350") is not None
    own = catalog.with_own(read_lines("\n".join((HEADER, GOOD, again)), "zz.csv"))
    assert {row.where for row in set(own.entries) - set(catalog.entries)} >= {"zz.csv line 2"}
    assert set(own.schemes) - set(catalog.schemes) == {"ZZ-VC"}
    assert own.holds("zz vc")
    assert not catalog.holds("zz vc")
    assert [row.where for row in own.near("ZZ-VC", "1(b)")] == ["zz.csv line 2"]
    assert own.look_up("CA-VC", "99999") == catalog.look_up("CA-VC", "99999")
    placed = own.look_up("CA-VC", "22350").rows
    assert [row.where for row in placed] == [row.where for row in catalog.look_up("CA-VC", "22350").rows]


def test_an_agency_s_row_of_two_codes_is_refused_where_the_catalog_places_them() -> None:
    (a, b) = (built_in().find("CA-VC", f"12500({one})") for one in "ab")
    assert a
    assert b
    line = f"CA-VC,12500(a)/12500(b),Both,{a.charge_class},{a.severity or ''},ours,yes,"
    own = built_in().with_own(read_lines("\n".join((HEADER, line)), "zz.csv"))
    (error,) = own.refused
    assert "the catalog has it as" in str(error)


def test_an_agency_may_place_what_can_be_a_left_scene_in_that_class_and_never_as_minor() -> None:
    line = "MA-GL,90/24(2)(a),Offense,{},,ours,yes,used for this one here"
    placed = built_in().with_own(read_lines("\n".join((HEADER, line.format("hit_and_run"))), "zz.csv"))
    assert placed.refused == ()
    assert placed.look_up("MA-GL", "90/24(2)(a)").charge_class == "hit_and_run"
    (error,) = (
        built_in().with_own(read_lines("\n".join((HEADER, line.format("minor_traffic"))), "zz.csv")).refused
    )
    assert "so it is never minor_traffic" in str(error)
