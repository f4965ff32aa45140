"""The desk in a browser, beside a server with a case of each kind. Run by `make test-ui`."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.desk_cases import ALSO_CLEARED, ALSO_IN_REVIEW, CLEARED, REJECTED, add_cases
from tests.support.web_ui import AGENCY, IN_REVIEW, WAITING, Shown, shown

AXE = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, SCREEN = 375, 1280


@pytest.fixture(scope="module")
async def ui(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CONVICTION_GATE_ENCRYPTION")
        patch.setenv("CONVICTION_GATE_DESK_PERSON", "r-7")
        async with shown(tmp_path_factory.mktemp("desk") / "data") as ui:
            await add_cases(ui.instance)
            yield ui


@asynccontextmanager
async def signed_in(ui: Shown, **options: Any) -> AsyncIterator[Page]:
    """A browser of its own whose person followed a one-time link."""
    browser: Browser | None = ui.page.context.browser
    assert browser is not None
    context = await browser.new_context(**options)
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    try:
        await page.goto((await ui.instance.gate("desk")).strip())
        yield page
    finally:
        await context.close()
    assert not [text for text in problems if "status of 4" not in text]


def place(case_id: str, page: str = "") -> str:
    return f"/desk/cases/{AGENCY}/{case_id.rpartition(':')[2]}{page}"


async def test_a_person_rules_and_sees_it_counted_and_reopens(ui: Shown) -> None:
    async with signed_in(ui, viewport={"width": SCREEN, "height": 900}) as page:
        await expect(page).to_have_title("Questions that wait – Conviction Gate")
        await expect(page.locator("header")).to_contain_text("Signed in as r-7")
        await page.get_by_role("link", name="A-2", exact=True).click()
        await expect(page.locator("main")).to_contain_text("Waits for a ruling")
        await page.get_by_role("link", name=re.compile("Rule on this")).click()
        await page.get_by_role("button", name="Send the ruling").click()
        # What is missing is said above, and leads to its field.
        await page.get_by_role("alert").get_by_role("link", name="Say why you rule so").click()
        await expect(page.get_by_label("Your reason")).to_be_focused()
        await page.get_by_label("Your reason").fill("read the statute")
        await page.get_by_role("radio", name="Minor traffic", exact=True).check()
        await page.get_by_role("button", name="Send the ruling").dblclick()
        await expect(page.get_by_role("status")).to_contain_text(re.compile("counted"))
        await expect(page.locator("main")).to_contain_text("Waits for the court")
        await expect(page.locator(".story")).to_contain_text("A person ruled")
        case = await ui.instance.show(IN_REVIEW)
        rulings = [message for message in case["messages"] if message["type"] == "review_decision"]
        assert [(ruling["sender"], case["status"]) for ruling in rulings] == [("local", "waiting_for_court")]
        await page.get_by_role("link", name="Questions", exact=True).click()
        await expect(page.locator("main")).to_contain_text("1 case waits for a ruling")
        # And a cleared one, found by its number, waits once more.
        await page.get_by_label("Agency").fill(AGENCY.lower())
        await page.get_by_label("Tracking number").fill("A-4")
        await page.get_by_role("button", name="Find").click()
        await page.get_by_role("link", name="Reopen this case").click()
        await page.get_by_label("Your reason").fill("refiled as 14CR-7")
        await page.get_by_role("button", name="Reopen the case").click()
        await expect(page.get_by_role("status")).to_contain_text("The case is reopened")
        reopened = await ui.instance.until(CLEARED, status="waiting_for_court")
        assert reopened["reopened"]["by"] == "r-7"


async def test_flags_and_attention_are_lists_to_read(ui: Shown) -> None:
    async with signed_in(ui) as page:
        await page.get_by_role("link", name="Flags").click()
        card = page.locator(".card").filter(has_text="A-3")
        await expect(card).to_contain_text("Active")
        await expect(card).to_contain_text("court-1")
        await page.get_by_role("link", name="Withdrawn").click()
        await expect(page.locator("main")).to_contain_text("There is no withdrawn flag here")
        await page.get_by_role("link", name="Needs attention").click()
        row = page.get_by_role("row").filter(has_text="A-5")
        await expect(row).to_contain_text("Waits for the court")
        await row.get_by_role("link").click()
        await expect(page.locator("#rejected")).to_have_text("What did not fit")
        await expect(page.locator(".rejected")).to_contain_text("decided_on")


async def test_it_works_without_scripts_and_by_keyboard(ui: Shown) -> None:
    async with signed_in(ui, java_script_enabled=False) as page:
        await page.keyboard.press("Tab")
        await expect(page.locator(":focus")).to_have_text("Skip to the content")
        await page.keyboard.press("Enter")
        await page.goto(page.url.partition("/desk")[0] + place(WAITING))
        await expect(page.get_by_role("heading", level=1)).to_have_text("Case A-1")
        await expect(page.locator("main")).to_contain_text("What comes next")


async def test_who_has_another_right_sees_and_does_nothing_else(ui: Shown) -> None:
    file = ui.instance.data / "callers.toml"
    before = file.read_text()
    async with signed_in(ui) as page:
        door = page.url.partition("/desk")[0]
        file.write_text(before.replace('may = ["*"]', 'may = ["read"]'))
        try:
            for _ in range(60):  # the file is looked at once a second
                answer = await page.goto(f"{door}/desk/flags")
                if answer is not None and answer.status == 403:
                    break
                await page.wait_for_timeout(200)
            await expect(page.get_by_role("heading", level=1)).to_have_text("You may not do this")
            assert await page.get_by_role("navigation").get_by_role("link").all_inner_texts() == [
                "Needs attention"
            ]
            refused = await page.goto(f"{door}{place(ALSO_IN_REVIEW, '/ruling')}")
            assert refused is not None
            assert refused.status == 403
        finally:
            file.write_text(before)


async def test_a_page_of_another_site_sends_nothing(ui: Shown) -> None:
    async with signed_in(ui) as page:
        door = page.url.partition("/desk")[0]
        path = place(ALSO_CLEARED, "/reopening")
        form = f'<form method="post" action="{door}{path}"><button>go</button></form>'
        await page.goto("about:blank")
        await page.set_content(form)
        async with page.expect_response(f"**{path}") as answer:
            await page.get_by_role("button").click()
        assert (await answer.value).status == 401  # the browser does not send the cookie along
        await expect(page.locator("main")).to_contain_text("You are not signed in")
    assert (await ui.instance.show(ALSO_CLEARED))["status"] == "cleared"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [SCREEN, PHONE])
async def test_no_page_is_hard_to_use(ui: Shown, scheme: Any, width: int) -> None:
    assert AXE.exists(), "no axe-core; run `make test-ui`"
    axe = AXE.read_text()
    size: Any = {"width": width, "height": 800}
    async with signed_in(ui, viewport=size, color_scheme=scheme) as page:
        door = page.url.partition("/desk")[0]
        paths = ["/desk/", "/desk/attention", "/desk/flags", "/desk/sign-in", "/desk/none"]
        paths += [place(case) for case in (WAITING, IN_REVIEW, CLEARED, REJECTED)]
        paths += [place(ALSO_IN_REVIEW, "/ruling"), place(ALSO_CLEARED, "/reopening")]
        for path in paths:
            await page.goto(f"{door}{path}")
            await _is_usable(page, axe, path, width)
        await page.goto(f"{door}{place(ALSO_IN_REVIEW, '/ruling')}")
        await page.get_by_role("button", name="Send the ruling").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await _is_usable(page, axe, "a form with errors", width)


async def _is_usable(page: Page, axe: str, path: str, width: int) -> None:
    await page.evaluate(axe)
    found = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
    )
    violations = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert violations == [], f"{path}: {json.dumps(violations, indent=1)}"
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is too wide"
    assert await page.locator("h1").count() == 1
    small = await page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), textarea, summary")]
            .filter(e => !e.closest("p, dd, li > a.skip") || e.matches(".button, button"))
            .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )
    assert small == [], path
