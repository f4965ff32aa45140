"""`make screenshots`: the picture of docs/desk.md, and every page of the desk to look at."""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.desk_cases import add_cases
from tests.support.web_ui import AGENCY, shown

PAGES = {
    "questions": "/desk/",
    "attention": "/desk/attention",
    "flags": "/desk/flags",
    "case": f"/desk/cases/{AGENCY}/A-2",
    "rejected": f"/desk/cases/{AGENCY}/A-5",
    "flagged": f"/desk/cases/{AGENCY}/A-3",
    "cleared": f"/desk/cases/{AGENCY}/A-4",
    "ruling": f"/desk/cases/{AGENCY}/A-2/ruling",
    "reopening": f"/desk/cases/{AGENCY}/A-4/reopening",
    "sign-in": "/desk/sign-in",
}
SMALL = 150_000  # bytes


async def main(docs: Path, folder: Path) -> None:
    """Writes the case to `docs`, and all pages in two widths, light and dark, and on paper, to `folder`."""
    os.environ.pop("CONVICTION_GATE_ENCRYPTION", None)
    os.environ["CONVICTION_GATE_DESK_PERSON"] = "r-7"
    with TemporaryDirectory() as data:
        async with shown(Path(data) / "data") as ui:
            await add_cases(ui.instance)
            browser = ui.page.context.browser
            assert browser is not None
            for width in (1280, 375):
                for scheme in ("light", "dark"):
                    options: Any = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
                    context = await browser.new_context(**options)
                    page = await context.new_page()
                    await page.goto((await ui.instance.gate("desk")).strip())
                    door = page.url.partition("/desk")[0]
                    for name, path in PAGES.items():
                        await page.goto(f"{door}{path}")
                        await page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                        if (name, width, scheme) == ("case", 1280, "light"):
                            await page.emulate_media(media="print")
                            await page.screenshot(path=folder / "case-paper.png", full_page=True)
                            await page.emulate_media(media="screen")
                            picture = await page.screenshot(path=docs / "desk-case.png")
                            assert len(picture) < SMALL, f"desk-case.png has {len(picture)} bytes"
                    await context.close()


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
