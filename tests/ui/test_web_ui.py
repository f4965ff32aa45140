"""What a person reads in the web UI, whose server holds encrypted payloads only. Run by `make test-ui`."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Locator, expect

from conviction_gate.contracts.signals import SIGNALS
from tests.support.doc_pages import views
from tests.support.web_ui import FLAGGED, IN_REVIEW, WAITING, Shown, booking, lines, shown


@pytest.fixture(scope="module")
async def ui(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CONVICTION_GATE_ENCRYPTION")
        async with shown(tmp_path_factory.mktemp("ui") / "data") as ui:
            yield ui


async def card(ui: Shown) -> str:
    """The current details, which the UI renders in a frame of their own."""
    frame = ui.page.frame_locator("iframe").last.locator("body")
    await expect(frame).to_contain_text("Last message")
    return " ".join((await frame.inner_text()).split())


async def signal_dialog(ui: Shown) -> Locator:
    """The dialog `Send a Signal` of the waiting case, with the names on offer open."""
    await ui.case(WAITING)
    await ui.page.get_by_role("button", name="More Actions").first.click()
    await ui.page.get_by_role("menuitem", name="Send a Signal").first.click()
    dialog = ui.page.locator("dialog[open]")
    await dialog.get_by_test_id("signal-select-button").click()
    return dialog


async def test_a_case_that_waits(ui: Shown) -> None:
    await ui.case(WAITING)
    body = ui.page.locator("body")
    await expect(body).to_contain_text('"message_id": "jms-A-1"')
    await expect(body).to_contain_text('"fbi_number": "F-A-1"')
    await expect(body).to_contain_text(re.compile(r"Waits for the court on charge 1\. Overdue from \d{4}-"))
    await expect(body).to_contain_text("check_history • Criminal history and class of each charge")
    await ui.case(WAITING, "User Metadata")
    text = await card(ui)
    assert text.startswith("Waiting for the court since ")
    assert "a clean record; the case waits for the court on charge 1. (defer.traffic_only)" in text
    assert "Charge 1: CA-VC 12500(a), minor traffic: open" in text


async def test_a_case_in_review(ui: Shown) -> None:
    await ui.case(IN_REVIEW)
    await expect(ui.page.locator("body")).to_contain_text(
        "Waits for a person's ruling (review.unclassified_charge). Next reminder on"
    )
    await ui.case(IN_REVIEW, "User Metadata")
    text = await card(ui)
    assert "What kind of offense is charge 1 (CA-VC 99999)? One of minor_traffic, " in text
    command = "conviction-gate review decide CAZZ00100:A-2 RULING --charge 1 --reason WHY --by ID"
    assert f"A reviewer answers with {command}" in text
    await ui.case(IN_REVIEW, "Search Attributes")
    attributes = ui.page.locator("body")
    await expect(attributes).to_contain_text('"CaseStatus": "needs_review"')
    await expect(attributes).to_contain_text('"NeedsAttention": true')
    await expect(attributes).to_contain_text('"CaseRule": "review.unclassified_charge"')


async def test_a_flagged_case(ui: Shown) -> None:
    await ui.case(FLAGGED)
    body = ui.page.locator("body")
    await expect(body).to_contain_text('"outcome": "flagged"')
    await expect(body).to_contain_text('"explanation": "Charge 1 ended in a conviction for a crime."')
    await expect(body).to_contain_text("flag_case • Write the flag")


async def test_the_signals_that_a_case_takes_are_offered_with_what_they_are_for(ui: Shown) -> None:
    dialog = await signal_dialog(ui)
    for name, signal in SIGNALS.items():
        option = dialog.get_by_role("option").filter(has=ui.page.get_by_text(name, exact=True))
        await expect(option).to_contain_text(signal.description)


async def test_a_signal_from_the_page_is_encrypted_and_read(ui: Shown) -> None:
    dialog = await signal_dialog(ui)
    await dialog.get_by_role("option", name="court_update").click()
    update = {"message_id": "page-1", "charge_id": "1", "occurred_on": "2012-06-20", "entry": "continuance"}
    await dialog.locator(".cm-content").fill(json.dumps(update, indent=2))
    await dialog.locator(".cm-content").blur()  # which writes it anew, and moves the button
    await dialog.get_by_role("button", name="Submit").click()
    while "page-1" not in [message["message_id"] for message in (await ui.instance.show(WAITING))["messages"]]:
        await asyncio.sleep(0.2)
    encrypted = await ui.instance.run("temporal", "workflow", "show", "-w", WAITING, "--detailed")
    assert "page-1" not in encrypted


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("needs review", {IN_REVIEW}),
        ("needs attention", {IN_REVIEW}),
        ("waits longest", set()),
        ("flagged this week", {FLAGGED}),
        ("stuck", set()),
    ],
)
async def test_the_links_of_the_runbook(ui: Shown, name: str, listed: set[str]) -> None:
    link = urlsplit(views()[name])
    (query,) = parse_qs(link.query)["query"]
    await ui.page.goto(f"{ui.ui}?{link.query}")
    await expect(ui.page.locator("body")).to_contain_text(f"{len(listed)}–{len(listed)}" if listed else "No")
    found = {text.strip() for text in await ui.page.locator("td a").all_inner_texts() if "booking-case" in text}
    assert found == listed, query


async def test_text_of_a_sender_is_text_on_the_card(ui: Shown) -> None:
    hostile = "[x](https://evil.example) ![](https://evil.example/p) <b>b</b> www.evil.example `c` **d** a@b.c"
    sent = booking("A-9", "12500(a)")
    sent["charges"][0]["charge_id"] = hostile
    await ui.instance.gate("history", "import", "-", stdin=lines({"subject": {"fbi_number": "F-A-9"}}))
    await ui.instance.gate("start", "-", stdin=lines(sent))
    case = WAITING.replace("A-1", "A-9")
    await ui.instance.until(case, status="waiting_for_court")
    await ui.case(case, "User Metadata")
    shown_text = (await card(ui)).replace("\N{WORD JOINER}", "")
    assert f"Charge {hostile}: CA-VC 12500(a), minor traffic: open" in shown_text
    frame = ui.page.frame_locator("iframe").last.locator("body")
    assert await frame.locator("a, img, b").count() == 0
    assert await frame.locator("code").all_inner_texts() == ["defer.traffic_only"]
