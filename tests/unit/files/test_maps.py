"""A map that cannot be used is refused before a file is read, with its key and what to write."""

import pytest

from conviction_gate.files.maps import MapError, read_map

GOOD = """
makes = "disposition"
[columns]
tracking_number = "OTN"
charge_id = "Count"
decided_on = "Date"
disposition = { column = "Word", values = "@dispositions" }
[constants]
agency = "CA0190000"
"""


def test_a_map_without_a_tag_is_tagged_by_its_file() -> None:
    assert read_map(GOOD, "court").tag == "court"
    assert read_map(GOOD.replace("[columns]", 'tag = "own"\n[columns]', 1), "court").tag == "own"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[columns]", "[columns", "not TOML: "),
        (
            'disposition"\n',
            'verdict"\n',
            "makes: an unknown word; write 'booking', 'disposition', 'history' or",
        ),
        (
            "tracking_number",
            "traking_number",
            "columns: 'traking_number' is not a field of a disposition; did you mean",
        ),
        ("[constants]", "[constant]", "constant: not a key of a map; take it out"),
        (
            '"Date"',
            '{ column = "Date", formats = ["%m/%d"] }',
            "'%m/%d' is no whole date; write it as '%m/%d/%Y'",
        ),
        ('"Date"', '{ column = "Date", format = "%m/%d/%Y" }', "columns.decided_on.format: not a key of a map"),
        (
            '"OTN"',
            '{ column = "OTN", formats = ["%m/%d/%Y"] }',
            "columns.tracking_number.formats: this field is no",
        ),
        ('"OTN"', '{ column = "OTN", values = "@dispositions" }', "'@dispositions' is for court's words"),
        (
            '{ column = "Word", values = "@dispositions" }',
            '"Word"',
            "a court's word or a truth value needs values",
        ),
        (
            '"@dispositions"',
            '{ G = "guilty" }',
            "columns.disposition.values.G: 'guilty' is nothing that a court can",
        ),
        ('"@dispositions"', '{ G = "conviction", " g " = "dismissed" }', "' g ' is there twice, case aside"),
        (
            '"@dispositions"',
            '{ G = "conviction" }, own_values = { X = "other" }',
            "own_values without values =",
        ),
        (
            'charge_id = "Count"',
            "",
            "columns: 'charge_id' is missing, of which charge; a dismissal without it ends",
        ),
        ('agency = "CA0190000"', "agency = true", "constants.agency: True does not fit the field"),
        ('agency = "CA0190000"', 'charge_id = "1"', "constants.charge_id: also under columns"),
        (
            "[columns]",
            'group_by = ["charge_id"]\n[columns]',
            "group_by: each row of a disposition is a message",
        ),
        ("[columns]", 'key = ["Count"]\n[columns]', "key: 'Count' is not a field under columns"),
        (
            "[columns]",
            'encoding = "ebcdic-2"\n[columns]',
            "encoding: 'ebcdic-2' is not read here; write one of",
        ),
        ("[columns]", '[drop]\ncolumns = ["OTN"]\n[columns]', "drop.columns: 'OTN' is also under columns"),
        (
            "[columns]",
            "[positions]\nOTN = [5, 1]\n[columns]",
            "positions.OTN: not the first and last character",
        ),
        ("[columns]", 'delimiter = ",,"\n[columns]', "delimiter: "),
    ],
)
def test_what_is_wrong_with_a_map_is_named(old: str, new: str, reason: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(MapError) as error:
        read_map(text, "court")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("formats", "zone", "reason"),
    [
        ('["%m/%d/%Y %H:%M"]', "", "columns.booked_at: a format without an offset (%z); name the time_zone"),
        ('["%m/%d/%Y %H:%M"]', ', time_zone = "America/Los_Angles"', "no time zone 'America/Los_Angles' here"),
        ('["%m/%d/%Y %H:%M"]', ', time_zone = "../etc"', "no time zone '../etc' here"),
    ],
)
def test_the_time_of_a_booking_needs_a_zone(formats: str, zone: str, reason: str) -> None:
    with pytest.raises(MapError) as error:
        read_map(
            f'makes = "booking"\n[columns]\nbooked_at = {{ column = "D", formats = {formats}{zone} }}', "jail"
        )
    assert reason in str(error.value)
