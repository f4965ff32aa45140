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
