"""A jail's and a court's CSV files, sent by their maps; a whole county in the long run."""

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from temporalio.client import Client

from bench.county import BOOKINGS, MOST, drawn, written
from tests.support.instance import Instance

ROOT = Path(__file__).parents[2]
MAPS = ROOT / "deploy/maps"


def copied(folder: Path, agency: str) -> Path:
    """The shipped maps and samples, for an agency of this test's own."""
    shutil.copytree(MAPS, folder, dirs_exist_ok=True)
    for file in folder.rglob("*.*"):
        file.write_bytes(file.read_bytes().replace(b"CAZZ00100", agency.encode()))
    return folder


async def sent(instance: Instance, *words: str, code: int) -> list[dict[str, str]]:
    """What a command did with each item."""
    out = await instance.gate(*words, "--json", code=code)
    found: list[dict[str, str]] = json.loads(out[: out.rindex("]") + 1])
    return found


@pytest.mark.timeout(120)
async def test_bookings_and_their_ends_come_in_as_csv(shared_instance: Instance, tmp_path: Path) -> None:
    files = copied(tmp_path, agency := "CAZZ00316")
    jail = str(files / "samples/jail-bookings.csv"), "--map", str(files / "jail-bookings.toml")
    court = str(files / "samples/case-charges.csv"), "--map", str(files / "case-charges.toml")

    started = await sent(shared_instance, "start", *jail, code=1)
    assert [(one["where"], one["status"]) for one in started] == [
        ("line 2", "accepted"),
        ("lines 3, 5", "accepted"),
        ("line 6", "accepted"),
        ("line 7", "refused"),
        ("line 8", "accepted"),
    ]
    assert (files / "samples/jail-bookings.csv.refused.csv").exists()
    assert Counter(one["status"] for one in await sent(shared_instance, "send", *court, code=1)) == {
        "accepted": 6,
        "refused": 2,
    }
    for number, status in {"T-1001": "flagged", "T-1002": "cleared"}.items():
        await shared_instance.until(f"{agency}:{number}", status=status)

    again = Counter(one["status"] for one in await sent(shared_instance, "start", *jail, code=1))
    assert again["refused"] == 1
    assert again["accepted"] == 0


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_few_bookings_of_a_county_wait_for_a_person_because_of_a_code(
    instance: Instance, tmp_path: Path
) -> None:
    file = tmp_path / "county.csv"
    file.write_text(written(list(drawn(BOOKINGS, 1))), "utf-8")
    await instance.up()
    try:
        await instance.gate("start", str(file), "--map", str(ROOT / "bench/data/county.toml"))
        server = await Client.connect(instance.environment["TEMPORAL_ADDRESS"])

        async def count(query: str) -> int:
            return (await server.count_workflows(f"WorkflowType = 'BookingCase' AND {query}")).count

        decided = "CaseStatus IN ('waiting_for_court', 'needs_review', 'flagged', 'cleared')"
        while await count(decided) < BOOKINGS:  # the test's time-out is the limit
            await asyncio.sleep(2)
        waiting = await count("CaseRule = 'review.unclassified_charge'")
    finally:
        await instance.stop()
    assert 0 < waiting < MOST * BOOKINGS
