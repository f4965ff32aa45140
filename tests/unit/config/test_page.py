"""The reference of all settings: fresh, and complete."""

from pathlib import Path

from conviction_gate.config.page import SECTIONS, names_in, page
from conviction_gate.config.settings import Settings

FILE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_in_docs_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `make settings-page`"


def test_every_setting_is_in_one_section() -> None:
    listed = [name for section in SECTIONS for name in names_in(section)]
    assert sorted(listed) == sorted(Settings.model_fields)


def test_every_setting_has_a_description() -> None:
    bare = [name for name, field in Settings.model_fields.items() if not field.description]
    assert not bare, "write a docstring below the field: what it is, its unit, an example"
