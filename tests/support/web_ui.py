"""A server whose payloads are encrypted, with a case of each kind, and Debian's chromium to look at it."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from conviction_gate.devserver.resources import free_port
from tests.support.instance import Instance

AGENCY = "CAZZ00100"
WAITING, IN_REVIEW, FLAGGED = (f"booking-case:{AGENCY}:{number}" for number in ("A-1", "A-2", "A-3"))


@dataclass(frozen=True)
class Shown:
    """The web UI in a browser."""

    instance: Instance
    page: Page

    @property
    def ui(self) -> str:
        return f"http://127.0.0.1:{self.instance.ui_port}/namespaces/default/workflows"

    async def case(self, case_id: str, tab: str | None = None) -> None:
        """Go to a case's page, and to a tab of it."""
        await self.page.goto(f"{self.ui}/{case_id}")
        if tab is not None:
            await self.page.get_by_text(tab, exact=True).first.click()


@asynccontextmanager
async def shown(data: Path) -> AsyncIterator[Shown]:
    """The instance is up, its cases stand, and the browser is open; encryption has to be on."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "no chromium; install Debian's package `chromium`"
    instance = Instance(data, free_port(), free_port())
    await instance.up()
    try:
        await _cases(instance)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"] if os.getuid() == 0 else []
            )
            page = await browser.new_page(viewport={"width": 1400, "height": 960}, timezone_id="UTC")
            expect.set_options(timeout=30_000)
            yield Shown(instance, page)
            await browser.close()
    finally:
        await instance.stop()


async def _cases(instance: Instance) -> None:
    numbers = {"A-1": "12500(a)", "A-2": "99999", "A-3": "12500(a)"}
    histories = [{"subject": {"fbi_number": f"F-{number}"}} for number in numbers]
    await instance.gate("history", "import", "-", stdin=lines(*histories))
    await instance.gate("start", "-", stdin=lines(*(booking(number, code) for number, code in numbers.items())))
    await instance.until(WAITING, status="waiting_for_court")
    await instance.until(IN_REVIEW, status="needs_review")
    await instance.until(FLAGGED, status="waiting_for_court")
    conviction = {"type": "conviction", "message_id": "court-1", "agency": AGENCY, "tracking_number": "A-3"}
    decided = {"charge_id": "1", "decided_on": "2013-07-15", "severity": "misdemeanor"}
    await instance.gate("send", "-", stdin=lines(conviction | decided))
    await instance.until(FLAGGED, status="flagged")


def booking(number: str, code: str) -> dict[str, Any]:
    """One that the jail sends."""
    return {
        "message_id": f"jms-{number}",
        "sender": "county-jms",
        "agency": AGENCY,
        "tracking_number": number,
        "booking_number": f"B-{number}",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": f"F-{number}"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": code, "severity": "misdemeanor"}],
    }


def lines(*messages: dict[str, Any]) -> str:
    """As a command reads them."""
    return "\n".join(map(json.dumps, messages))
