"""Rows become messages, or are refused with the reason; a missing row never makes a booking harmless."""

import json

import pytest

from conviction_gate.contracts.reading import read_booking, read_history
from conviction_gate.files.maps import read_map
from tests.support.csv_files import FORMATS, HEADER, bookings_map, converted, lines, reasons, row

COURT = """
makes = "{makes}"
{top}
[columns]
tracking_number = "OTN"
charge_id = "Count"
decided_on = {{ column = "Date", formats = ["%m/%d/%Y"] }}
disposition = {{ column = "Word", values = {{ G = "conviction", R = "conviction:infraction", D = "dismissed", S = "suspended_imposition", X = "other" }} }}
severity = {{ column = "Level", values = {{ M = "misdemeanor", "" = "" }} }}
[constants]
agency = "CA0190000"
"""  # noqa: E501
COURT_HEADER = "OTN,Count,Date,Word,Level"


def court(*rows: str, makes: str = "disposition", top: str = "") -> object:
    return converted(lines(*rows, header=COURT_HEADER), read_map(COURT.format(makes=makes, top=top), "court"))


def test_rows_of_one_booking_are_its_charges() -> None:
    done = converted(lines(row(), row(code="22350", level=""), row("B-2", day="2012-05-04T02:15:00-0400")))
    first, second = (read_booking(json.dumps(one.message)) for one in done.made)
    assert [(c.charge_id, c.code, c.severity) for c in first.charges] == [
        ("1", "12500(a)", "misdemeanor"),
        ("2", "22350", None),
    ]
    assert first.booked_at.isoformat() == "2012-05-04T02:15:00-07:00"
    assert second.booked_at.isoformat() == "2012-05-04T02:15:00-04:00"
    assert (first.message_id, done.made[0].where) == ("jail:B-1", "lines 2, 3")
    assert not done.refused


def test_a_row_that_the_map_does_not_explain_takes_its_whole_booking_with_it() -> None:
    done = converted(lines(row(), row(code="23152(a)", level="W"), row("B-2")))
    assert [one.message["booking_number"] for one in done.made] == ["B-2"]
    assert list(reasons(done)) == [2, 3]
    assert reasons(done)[2] == "line 3: " + reasons(done)[3]
    assert reasons(done)[3] == (
        "charge.severity (column 'Level'): 'W' has no value in the map; add it there, or correct the cell"
    )
    assert [(one.literal, count) for one, count in done.unmapped.items()] == [("W", 1)]


def test_a_charge_of_nobody_takes_the_booking_before_it_along() -> None:
    done = converted(lines(row("B-2"), row(), ",,,,23152(a),M,"))
    assert [one.message["booking_number"] for one in done.made] == ["B-2"]
    assert reasons(done)[4] == "booking_number: empty, so it belongs to no booking; fill it in"
    assert "line 4 may be another row of it" in reasons(done)[3]


def test_a_row_that_cannot_be_read_takes_the_booking_along_that_it_may_belong_to() -> None:
    done = converted(lines(row(), row("B-2"), "B-1,A-1,F-1,X, Jr,23152(a),M,05/04/2012 02:15"))
    assert [one.message["booking_number"] for one in done.made] == ["B-2"]
    assert reasons(done)[4].startswith("8 cells where the file has 7 columns; put a text")
    assert "line 4 may be another row of it, and cannot be read" in reasons(done)[2]


def test_a_total_at_the_end_is_refused_alone_or_left_out() -> None:
    total = "Total,,,,,,1"
    done = converted(lines(row(), total))
    assert (len(done.made), list(reasons(done))) == (1, [3])
    skipping = bookings_map(top='group_by = ["booking_number"]\nskip = {"Booking No" = ["TOTAL"]}')
    done = converted(lines(row(), total), skipping)
    assert (len(done.made), done.refused, done.skipped) == (1, [], 1)


def test_rows_of_one_booking_must_agree_on_it() -> None:
    done = converted(lines(row(), row(code="22350", day="05/04/2012 03:15")))
    assert not done.made
    assert reasons(done)[2] == "booked_at (column 'Book Date'): line 3 has another one than line 2; correct it"


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2012.05.04", "'2012.05.04' is not written as %m/%d/%Y %H:%M or %Y-%m-%dT%H:%M:%S%z; add its format"),
        ("13/05/2012 02:15", "'13/05/2012 02:15' is not written as"),
        ("03/11/2012 02:15", "the clock of America/Los_Angeles skips this hour of that day or shows it twice"),
        ("11/04/2012 01:15", "the clock of America/Los_Angeles skips this hour of that day or shows it twice"),
        ("05/04/2031 02:15", "booked_at (column 'Book Date'): 2031-05-04T02:15:00-07:00 is more than a day in"),
        ("", "booked_at (column 'Book Date'): missing; it is required"),
    ],
)
def test_a_date_is_never_guessed(day: str, reason: str) -> None:
    done = converted(lines(row(day=day)))
    assert not done.made
    assert reason in reasons(done)[2]


def test_a_day_that_two_formats_read_differently_is_refused() -> None:
    by = bookings_map(formats=("%m/%d/%Y", "%d/%m/%Y"))
    done = converted(
        lines(row(day="03/04/2012"), row("B-2", day="04/04/2012"), row("B-3", day="25/04/2012")), by
    )
    assert [one.message["booking_number"] for one in done.made] == ["B-2", "B-3"]
    assert "can be read as %m/%d/%Y and %d/%m/%Y, which are different days" in reasons(done)[2]


def test_an_id_that_a_spreadsheet_shortened_is_refused() -> None:
    done = converted(lines(row("2.01204E+11")))
    assert "is a number that a spreadsheet shortened; export that column as text" in reasons(done)[2]


def test_the_contract_s_own_reasons_name_the_column() -> None:
    done = converted(lines(row().replace("A-1", "A 1")))
    assert reasons(done)[2].startswith("tracking_number (column 'OTN'): ")


def test_the_same_row_twice_is_one_message_and_another_one_of_that_key_is_none() -> None:
    done = court("A-1,1,07/15/2013,D,", "A-1,1,07/15/2013,D,", "A-2,1,07/15/2013,G,", "A-2,1,07/15/2013,S,")
    assert [(one.message["tracking_number"], done.repeated) for one in done.made] == [("A-1", 1)]
    assert reasons(done)[4].startswith("the same key as line 5 and other content; keep the right one")
    assert reasons(done)[5].startswith("the same key as line 4")
    apart = court(
        "A-2,1,07/15/2013,G,", "A-2,1,07/15/2013,S,", top='key = ["charge_id", "decided_on", "disposition"]'
    )
    assert [one.message["message_id"] for one in apart.made] == [
        "court:1:2013-07-15:conviction",
        "court:1:2013-07-15:suspended_imposition",
    ]


def test_the_same_export_sent_twice_has_the_same_ids_and_a_corrected_row_too() -> None:
    (first,) = court("A-1,1,07/15/2013,D,").made
    (again,) = court("A-9,1,07/15/2013,D,", "A-1,1,07/15/2013,G,").made[1:]
    assert first.message["message_id"] == again.message["message_id"] == "court:CA0190000:A-1:1:2013-07-15"


@pytest.mark.parametrize("makes", ["disposition", "docket"])
def test_each_row_of_a_court_is_the_message_that_its_word_says(makes: str) -> None:
    done = court(
        "A-1,1,07/15/2013,G,M",
        "A-2,1,07/15/2013,R,",
        "A-3,1,07/15/2013,D,M",
        "A-4,1,07/15/2013,S,M",
        "A-5,1,07/15/2013,R,M",
        "A-6,,07/15/2013,D,",
        "A-7,1,,D,",
        "A-8,1,07/15/2013,,",
        makes=makes,
    )
    assert [
        {
            k: v
            for k, v in one.message.items()
            if k in ("type", "severity", "decided_on", "occurred_on", "entry")
        }
        for one in done.made
    ] == [
        {"type": "conviction", "severity": "misdemeanor", "decided_on": "2013-07-15"},
        {"type": "conviction", "severity": "infraction", "decided_on": "2013-07-15"},
        {"type": "dismissal", "decided_on": "2013-07-15"},
        {"type": "court_update", "occurred_on": "2013-07-15", "entry": "suspended_imposition"},
    ]
    assert "severity (column 'Level'): misdemeanor, and the court's word says infraction" in reasons(done)[6]
    assert "charge_id (column 'Count'): empty, and a dismissal without it ends every charge" in reasons(done)[7]
    assert reasons(done)[8] == "decided_on (column 'Date'): missing; it is required"
    assert "disposition (column 'Word'): empty" in reasons(done)[9]


HISTORIES = """
makes = "history"
[columns]
"subject.state_id" = "SID"
"record.code" = "Code"
"record.disposition" = { column = "Word", values = { C = "conviction", A = "acquitted" } }
"record.juvenile" = { column = "Juvenile", values = { Y = true, N = false } }
[constants]
"record.scheme" = "NIBRS"
"""


def test_a_history_with_a_refused_row_is_one_that_a_person_reads() -> None:
    data = lines("S-1,23C,C,N", "S-2,23C,C,N", "S-2,13A,ZZ,N", "S-3,,,N", header="SID,Code,Word,Juvenile")
    done = converted(data, read_map(HISTORIES, "rap"))
    first, unclear, clean = (read_history(json.dumps(one.message)) for one in done.made)
    assert [(r.code, r.disposition) for r in first.records] == [("23C", "convicted")]
    assert [(r.code, r.disposition) for r in unclear.records] == [(None, "unknown")]
    assert unclear.subject.state_id == "S-2"
    assert clean.records == ()
    assert (list(reasons(done)), done.unclear) == ([3, 4], 1)


def test_numbering_of_charges_is_taken_from_a_column_that_has_it() -> None:
    by = bookings_map(columns='"charge.charge_id" = "Count"')
    data = lines(f"{row()},7", f"{row(code='22350')},3", header=f"{HEADER},Count")
    assert [one["charge_id"] for one in converted(data, by).made[0].message["charges"]] == ["7", "3"]


def test_a_key_that_is_too_long_for_an_id_is_shortened_without_meeting_another() -> None:
    numbers = [f"{'9' * 125}{n}" for n in range(2)]
    ids = [one.message["message_id"] for one in converted(lines(*map(row, numbers))).made]
    assert len(set(ids)) == 2
    assert all(len(one) <= 128 for one in ids)


def test_a_cell_with_a_line_break_keeps_it_and_the_lines_after_it_their_numbers() -> None:
    by = bookings_map(columns='"charge.description" = "Charge"')
    data = lines(f'{row()},"two\r\nlines"', f"{row('B-2', level='W')},", header=f"{HEADER},Charge")
    done = converted(data, by)
    assert done.made[0].message["charges"][0]["description"] == "two\r\nlines"
    assert list(reasons(done)) == [4]


def test_three_formats_of_dates_in_one_file() -> None:
    by = bookings_map(formats=(*FORMATS, "%d-%b-%Y %H:%M"))
    days = ("05/04/2012 02:15", "2012-05-04T02:15:00-0700", "04-May-2012 02:15")
    done = converted(lines(*(row(f"B-{n}", day=day) for n, day in enumerate(days))), by)
    assert {one.message["booked_at"] for one in done.made} == {"2012-05-04T02:15:00-07:00"}
    assert len(done.made) == 3
