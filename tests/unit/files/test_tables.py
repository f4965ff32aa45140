"""Encodings, ends of lines, delimiters and columns: a file goes through, or the error says why not."""

import pytest

from conviction_gate.files.refused_rows import refused_header, refused_rows
from conviction_gate.files.tables import FileError, read_table
from tests.support.csv_files import HEADER, bookings_map, converted, lines, reasons, row

GROUPED = 'group_by = ["booking_number"]\n'
COURT = 'court = "Court"'


def with_encoding(name: str, more: str = "") -> str:
    return f'{GROUPED}encoding = "{name}"\n{more}'


@pytest.mark.parametrize(
    ("encoding", "data", "form"),
    [
        ("utf-8-sig", lines(row("Bé1")), "utf-8, LF"),
        ("utf-8", b"\xef\xbb\xbf" + lines(row("Bé1")), "utf-8 with a mark, LF"),
        ("utf-8-sig", lines(row("Bé1")).replace(b"\n", b"\r\n"), "utf-8, CRLF"),
        ("utf-8", lines(row("Bé1")).replace(b"\n", b"\r"), "utf-8, CR"),
        ("latin-1", lines(row("Bé1")).decode().encode("latin-1"), "latin-1, LF"),
        ("windows-1252", lines(row("Bé1")).decode().encode("cp1252"), "cp1252, LF"),
        ("utf-16", lines(row("Bé1")).decode().encode("utf-16"), "utf-16 with a mark, LF"),
        ("utf-16-le", lines(row("Bé1")).decode().encode("utf-16-le"), "utf-16-le, LF"),
        ("utf-8", lines(row("Bé1")) + b"\x1a", "utf-8, LF"),
    ],
)
def test_a_file_in_the_encoding_of_its_map_goes_through(encoding: str, data: bytes, form: str) -> None:
    by = bookings_map(top=with_encoding(encoding))
    assert read_table(data, by).form == form
    assert [one.message["booking_number"] for one in converted(data, by).made] == ["Bé1"]


@pytest.mark.parametrize(
    ("encoding", "data", "reason"),
    [
        (
            "utf-8-sig",
            lines(row(), row("Bé1")).decode().encode("latin-1"),
            "its bytes are neither UTF-8 nor UTF-16, so perhaps cp1252 or latin-1 (line 3), and the map says "
            "utf-8-sig; write encoding = 'cp1252'",
        ),
        (
            "cp1252",
            lines(row("Bé1")),
            "its bytes are UTF-8, and the map says cp1252; write encoding = 'utf-8-sig'",
        ),
        ("latin-1", b"\xef\xbb\xbf" + lines(row()), "its bytes are UTF-8, and the map says latin-1"),
        ("utf-8", lines(row()).decode().encode("utf-16"), "its bytes are UTF-16, and the map says utf-8"),
        ("utf-8", lines(row()).decode().encode("utf-16-le"), "its bytes are UTF-16, and the map says utf-8"),
        ("utf-16", lines(row()).decode().encode("utf-16-le"), "UTF-16 without its mark; write encoding = "),
        ("latin-1", lines(row("B’1")).decode().encode("cp1252"), "letters in cp1252 only; write encoding ="),
        ("cp1252", lines(row()) + b"\x81", "line 3: not cp1252"),
    ],
)
def test_another_encoding_is_named(encoding: str, data: bytes, reason: str) -> None:
    with pytest.raises(FileError) as error:
        read_table(data, bookings_map(top=with_encoding(encoding)))
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            lines(row()).replace(b",", b";"),
            "its columns are not parted by ',' but by ';'; write delimiter = ';'",
        ),
        (
            lines(header=HEADER.replace("Level", "Degree")),
            "no column 'Level', which the map names under columns.",
        ),
        (lines(header=HEADER.replace("Book Date", "BookDate")), "did you mean 'BookDate'?"),
        (lines(header=f"{HEADER},Height"), "Height: neither mapped nor dropped; name each under [columns]"),
        (lines(f"{row()},5", header=f"{HEADER},"), "(number 8, without a name): neither mapped nor dropped"),
        (lines(header=f"{HEADER},OTN"), "two columns are named 'OTN'"),
        (lines(row(), 'B-2,"A-2'), "line 3: not to be read with the delimiter ','"),
        (b"", "empty; it must begin with the names of its columns"),
    ],
)
def test_a_file_that_is_not_as_its_map_says(data: bytes, reason: str) -> None:
    with pytest.raises(FileError) as error:
        read_table(data, bookings_map())
    assert reason in str(error.value)


def test_a_delimiter_at_the_end_of_each_line_and_blank_lines_are_nothing() -> None:
    data = lines(f"{row()},", ",,,,,,,", "", header=f"{HEADER},")
    assert len(converted(data).made) == 1
    assert not converted(data).refused


@pytest.mark.parametrize(
    ("top", "data"),
    [
        ('delimiter = ";"', lines(row()).replace(b",", b";")),
        (r'delimiter = "\t"', lines(row()).replace(b",", b"\t")),
        ("skip_lines = 2", b"County jail\nof 2012,,\n" + lines(row())),
        (f"header = {HEADER.split(',')}", lines(row()).partition(b"\n")[2]),
    ],
)
def test_other_forms_of_a_file(top: str, data: bytes) -> None:
    by = bookings_map(top=f"{GROUPED}{top}")
    assert [one.message["booking_number"] for one in converted(data, by).made] == ["B-1"]


def test_columns_of_fixed_width() -> None:
    positions = (
        'positions = {"Booking No" = [1, 4], OTN = [5, 8], FBI = [9, 12], Name = [13, 16], Statute = [17, 26], '
    )
    by = bookings_map(top=f'{GROUPED}{positions}Level = [27, 27], "Book Date" = [28, 43]}}')
    done = converted(b"B-1 A-1 F-1 X   12500(a)  M05/04/2012 02:15\nB-2 A-2 F-2 X   22350\n", by)
    assert [one.message["charges"][0]["code"] for one in done.made] == ["12500(a)"]
    assert list(reasons(done)) == [2]


@pytest.mark.parametrize("top", ["", 'encoding = "utf-16"', "skip_lines = 1", f"header = {HEADER.split(',')}"])
def test_refused_rows_are_read_again_by_the_same_map_without_what_is_dropped(top: str) -> None:
    by = bookings_map(top=f"{GROUPED}{top}")
    text = lines(row("Bé1", level="W"), row("B-2")).decode()
    text = text.partition("\n")[2] if "header" in top else "above\n" * ("skip" in top) + text
    data = text.encode("utf-16" if "utf-16" in top else "utf-8")
    table, done = read_table(data, by), converted(data, by)
    written = refused_header(table, by) + refused_rows(done.refused, table, by)
    encoding = "utf-16" if "utf-16" in top else "utf-8-sig"
    assert ",X," not in written.decode(encoding)
    corrected = written.decode(encoding).replace(",W,", ",M,").encode(encoding)
    again = converted(corrected, by)
    assert [one.message["booking_number"] for one in again.made] == ["Bé1"]
    assert not again.refused
