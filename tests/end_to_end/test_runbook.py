"""The commands of docs/runbook.md, on cases that need them."""

import json
from pathlib import Path

import pytest

from tests.support.doc_pages import Page
from tests.support.fences import ROOT, blocks
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking

AGENCY = "CAZZ00100"  # the page's
NOBODY = "http://127.0.0.1:9/history"


async def test_one_message_for_many_cases(instance: Instance) -> None:
    page = Page("runbook.md", instance)
    numbers = ("A-1", "A-2", "A-3")
    await instance.up()
    lines = "\n".join(json.dumps(a_booking(number, agency=AGENCY)) for number in numbers)
    await instance.gate("start", "-", stdin=lines)
    for number in numbers:
        await instance.until(f"booking-case:{AGENCY}:{number}", status="waiting_for_court")
    while "Total: 3" not in await page.run("temporal workflow count"):
        pass  # visibility follows after a moment
    for _ in range(2):
        await page.run("temporal workflow signal", "closed-2026-48")
        while "Running" in await page.run("temporal batch list"):
            pass
    for number in numbers:
        await instance.until(f"booking-case:{AGENCY}:{number}", messages_total=2, rejected_total=0)


async def test_cases_ask_at_once_once_the_history_source_is_back(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page("runbook.md", instance)
    case = f"booking-case:{AGENCY}:A-1"
    monkeypatch.setenv("CONVICTION_GATE_HISTORY_URL", NOBODY)
    await instance.up()
    await instance.gate("start", "-", stdin=json.dumps(a_booking("A-1", agency=AGENCY)))
    while f"{AGENCY}:A-1" not in await instance.gate("list", "--status", "checking_history"):
        pass
    assert "127.0.0.1:9 cannot be reached" in await instance.gate("doctor", code=1)
    await instance.stop()
    monkeypatch.delenv("CONVICTION_GATE_HISTORY_URL")
    await instance.up()
    await page.run("temporal activity reset", "checking_history")
    await instance.until(case, status="waiting_for_court")


async def test_a_backup_is_copied_while_nothing_writes(instance: Instance, tmp_path: Path) -> None:
    page = ROOT / "docs/runbook.md"
    (block,) = (block for block in blocks(page) if block.words.get("by", "").endswith(Path(__file__).name))
    backup = tmp_path / "backup"
    command = block.text.replace(" backup ", f" {backup} ").replace(".conviction-gate", str(instance.data))
    await instance.up()
    await instance.gate("start", "-", stdin=json.dumps(a_booking("A-1", agency=AGENCY)))
    await instance.until(f"booking-case:{AGENCY}:A-1", status="waiting_for_court")
    assert await instance.run("sh", "-c", command) == "stop up first\n"
    assert not backup.exists()
    await instance.stop()
    assert await instance.run("sh", "-c", command) == ""
    instance.data = backup
    await instance.up()
    await instance.until(f"booking-case:{AGENCY}:A-1", status="waiting_for_court")
    await instance.stop()
