"""Whatever a file holds: each row becomes part of a message, or is refused with a reason."""

import csv
from contextlib import suppress
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from conviction_gate.files.refused_rows import refused_header, refused_rows
from conviction_gate.files.tables import FileError, read_table
from tests.support.csv_files import HEADER, bookings_map, converted

COLUMNS = HEADER.split(",")
CELLS = st.one_of(
    st.sampled_from(["", "B-1", "B-2", "A-1", "F-1", "12500(a)", "23152(a)", "M", "W", "05/04/2012 02:15"]),
    st.text(max_size=8),
)
ROWS = st.lists(st.lists(CELLS, min_size=6, max_size=8), max_size=8)
BY = bookings_map()


def written(rows: list[list[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode("utf-8", errors="replace")


@given(ROWS)
def test_each_row_is_accounted_for(rows: list[list[str]]) -> None:
    data = written(rows)
    table = read_table(data, BY)
    done = converted(data)
    made = [row.line for one in done.made for row in one.rows]
    refused = [one.row.line for one in done.refused]
    assert sorted([*made, *refused]) == [row.line for row in table.rows]
    assert all(one.reason for one in done.refused)
    again = read_table(refused_header(table, BY) + refused_rows(done.refused, table, BY), BY)
    assert len(again.rows) == len(done.refused)


@given(ROWS)
def test_a_charge_that_is_refused_is_missing_in_no_booking(rows: list[list[str]]) -> None:
    done = converted(written(rows))
    booked = {one.message["booking_number"] for one in done.made}
    assert not [one for one in done.refused if one.row.cells.get("Booking No", "") in booked]


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"]))
def test_any_bytes_are_read_or_refused_as_a_whole(data: bytes, encoding: str) -> None:
    by = bookings_map(top=f'group_by = ["booking_number"]\nencoding = "{encoding}"')
    with suppress(FileError):
        read_table(HEADER.encode(encoding) + b"\r\n" + data, by)
