"""`make screenshots`: the pictures of docs/web-ui.md, written into a folder."""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import FloatRect, expect

from tests.support.web_ui import IN_REVIEW, WAITING, shown

SMALL = 150_000  # bytes


async def main(folder: Path) -> None:
    """Raises AssertionError where a page does not come, or its picture is too big."""
    os.environ.pop("CONVICTION_GATE_ENCRYPTION", None)
    with TemporaryDirectory() as data:
        async with shown(Path(data) / "data") as ui:
            body = ui.page.locator("body")

            async def keep(name: str, height: int) -> None:
                beside_the_menu: FloatRect = {"x": 256, "y": 56, "width": 1144, "height": height}
                picture = await ui.page.screenshot(path=folder / f"{name}.png", clip=beside_the_menu)
                assert len(picture) < SMALL, f"{name}.png has {len(picture)} bytes"

            await ui.page.goto(f'{ui.ui}?query=CaseStatus = "needs_review"')
            await expect(body).to_contain_text("1–1")
            await keep("needs-review", 300)
            await ui.case(WAITING)
            await expect(body).to_contain_text("Waits for the court on charge 1. Overdue from")
            await keep("waiting", 830)
            await ui.case(IN_REVIEW, "User Metadata")
            await expect(ui.page.frame_locator("iframe").last.locator("body")).to_contain_text("Last message")
            await keep("card", 720)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
