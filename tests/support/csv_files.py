"""Maps and CSV files for tests."""

from datetime import UTC, datetime

from conviction_gate.files.conversion import Conversion, convert
from conviction_gate.files.maps import Map, read_map
from conviction_gate.files.tables import read_table

NOW = datetime(2014, 1, 1, tzinfo=UTC)

BOOKINGS = """
makes = "booking"
{top}
[columns]
booking_number = "Booking No"
tracking_number = "OTN"
"subject.fbi_number" = "FBI"
"charge.code" = "Statute"
"charge.severity" = {{ column = "Level", values = {{ M = "misdemeanor", "" = "" }} }}
booked_at = {{ column = "Book Date", formats = {formats}, time_zone = "America/Los_Angeles" }}
{columns}
[constants]
agency = "CA0190000"
"charge.scheme" = "CA-VC"
[drop]
columns = ["Name"]
"""
HEADER = "Booking No,OTN,FBI,Name,Statute,Level,Book Date"
FORMATS = ("%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z")


def bookings_map(
    top: str = 'group_by = ["booking_number"]', columns: str = "", formats: tuple[str, ...] = FORMATS
) -> Map:
    """A map of bookings; `top`, `columns`: more lines of it."""
    return read_map(BOOKINGS.format(top=top, columns=columns, formats=list(formats)), "jail")


def row(number: str = "B-1", code: str = "12500(a)", level: str = "M", day: str = "05/04/2012 02:15") -> str:
    """A line of a file of bookings."""
    return f"{number},A-{number[-1:]},F-{number[-1:]},X,{code},{level},{day}"


def lines(*rows: str, header: str = HEADER) -> bytes:
    """A file."""
    return "".join(f"{one}\n" for one in (header, *rows)).encode()


def converted(data: bytes, by: Map | None = None) -> Conversion:
    """What becomes of a file."""
    by = by or bookings_map()
    return convert(read_table(data, by), by, NOW)


def reasons(done: Conversion) -> dict[int, str]:
    """Why rows were refused, by line."""
    return {one.row.line: one.reason for one in done.refused}
