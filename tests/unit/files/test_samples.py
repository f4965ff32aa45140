"""The maps that are shipped, each with its sample: what comes of it, to the letter where it matters."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conviction_gate.contracts.reading import read_booking, read_history, read_typed
from conviction_gate.files.conversion import Conversion, convert
from conviction_gate.files.maps import read_map
from conviction_gate.files.tables import read_table
from tests.support.csv_files import reasons

MAPS = Path(__file__).parents[3] / "deploy/maps"
NOW = datetime(2014, 1, 1, tzinfo=UTC)


def converted(name: str) -> Conversion:
    (sample,) = (MAPS / "samples").glob(f"{name}.*")
    by = read_map((MAPS / f"{name}.toml").read_text("utf-8"), name)
    return convert(read_table(sample.read_bytes(), by), by, NOW)


def test_a_jail_s_bookings() -> None:
    done = converted("jail-bookings")
    bookings = [read_booking(json.dumps(one.message)) for one in done.made]
    assert [(one.message_id, len(one.charges), one.booked_at.isoformat()) for one in bookings] == [
        ("jail-bookings:B-1001", 1, "2012-05-04T02:15:00-07:00"),
        ("jail-bookings:B-1002", 2, "2012-05-04T09:30:00-07:00"),
        ("jail-bookings:B-1003", 1, "2012-05-05T23:59:00-07:00"),
        ("jail-bookings:B-1005", 1, "2012-05-06T14:20:00-07:00"),
    ]
    assert bookings[1].charges[0].description == "Suspended license,\r\nearlier matter"
    assert (list(reasons(done)), done.skipped) == ([7], 1)


def test_a_court_s_charges() -> None:
    done = converted("case-charges")
    read = [
        read_typed(json.dumps({k: v for k, v in one.message.items() if k not in ("agency", "tracking_number")}))
        for one in done.made
    ]
    assert [(type(one).__name__, one.message_id) for one in read] == [
        ("Conviction", "case-charges:M-77:1:2013-07-15"),
        ("Dismissal", "case-charges:M-78:1:2013-07-15"),
        ("Conviction", "case-charges:M-78:2:2013-07-15"),
        ("Dismissal", "case-charges:M-79:1:2013-07-16"),
        ("CourtUpdate", "case-charges:M-80:1:2013-07-16"),
        ("CourtUpdate", "case-charges:M-83:1:2013-07-17"),
    ]
    assert done.made[0].message["court"] == "La Cañada"
    assert done.made[2].message["convicted_of"] == {"code": "22350", "scheme": "CA-VC"}
    assert list(reasons(done)) == [7, 8]


def test_a_state_s_histories() -> None:
    done = converted("rap-sheet")
    answers = [read_history(json.dumps(one.message)) for one in done.made]
    assert [(one.subject.state_id, [r.disposition for r in one.records]) for one in answers] == [
        ("S-1001", []),
        ("S-1003", ["convicted", "dismissed"]),
        ("S-1004", ["unknown"]),
        ("S-1005", ["deferred_with_plea"]),
    ]
    assert (list(reasons(done)), done.unclear) == ([5], 1)


@pytest.mark.parametrize("sample", sorted((MAPS / "samples").iterdir()), ids=lambda file: file.name)
def test_a_sample_holds_nothing_of_a_person(sample: Path) -> None:
    by = read_map((MAPS / f"{sample.stem}.toml").read_text("utf-8"), sample.stem)
    for row in read_table(sample.read_bytes(), by).rows:
        assert {row.cells[name] for name in by.dropped} <= {"X", ""}
        assert all(
            re.fullmatch(r"[A-Z]-?\d*|", row.cells[one]) for one in ("SID", "FBI", "FBI No") if one in row.cells
        )
