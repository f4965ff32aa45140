"""The commands of docs/runbook.md, on cases that need them."""

import json

import pytest

from tests.end_to_end.conftest import House
from tests.end_to_end.pages import Page
from tests.end_to_end.test_client import a_booking

AGENCY = "CAZZ00100"  # the page's
NOBODY = "http://127.0.0.1:9/history"


async def test_one_message_for_many_cases(house: House) -> None:
    page = Page("runbook.md", house)
    numbers = ("A-1", "A-2", "A-3")
    await house.up()
    lines = "\n".join(json.dumps(a_booking(number, agency=AGENCY)) for number in numbers)
    await house.gate("start", "-", stdin=lines)
    for number in numbers:
        await house.until(f"booking-case:{AGENCY}:{number}", status="waiting_for_court")
    while "Total: 3" not in await page.run("temporal workflow count"):
        pass  # visibility follows after a moment
    for _ in range(2):
        await page.run("temporal workflow signal", "closed-2026-48")
        while "Running" in await page.run("temporal batch list"):
            pass
    for number in numbers:
        await house.until(f"booking-case:{AGENCY}:{number}", messages_total=2, rejected_total=0)


async def test_cases_ask_at_once_once_the_history_source_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page("runbook.md", house)
    case = f"booking-case:{AGENCY}:A-1"
    monkeypatch.setenv("CONVICTION_GATE_HISTORY_URL", NOBODY)
    await house.up()
    await house.gate("start", "-", stdin=json.dumps(a_booking("A-1", agency=AGENCY)))
    while f"{AGENCY}:A-1" not in await house.gate("list", "--status", "checking_history"):
        pass
    assert "127.0.0.1:9 cannot be reached" in await house.gate("doctor", code=1)
    await house.stop()
    monkeypatch.delenv("CONVICTION_GATE_HISTORY_URL")
    await house.up()
    await page.run("temporal activity reset", "checking_history")
    await house.until(case, status="waiting_for_court")
