"""The pictures of the pages: each is shown somewhere, and small."""

from pathlib import Path

import pytest

from tests.support.fences import PAGES, ROOT

PICTURES = sorted((ROOT / "docs/images").iterdir())
SMALL = 150_000
"""Bytes."""


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_page_shows_it_and_it_is_small(picture: Path) -> None:
    assert any(f"images/{picture.name}" in page.read_text(encoding="utf-8") for page in PAGES)
    assert picture.stat().st_size < SMALL
