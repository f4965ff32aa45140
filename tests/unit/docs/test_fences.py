"""Each fenced block of each page is run by a test, or says which other test runs it or why none can."""

from pathlib import Path

import pytest

from tests.support.fences import PAGES, ROOT, Block, blocks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_block_is_run_or_says_why_not(page: Path) -> None:
    found = blocks(page)
    assert {str(block): said for block in found if (said := block.problem())} == {}
    assert page.read_text().count("```") == 2 * len(found)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("", {}),
        ("bash", {}),
        ("text", {"no-run": "docker"}),
        ("sh", {"no-run": "lazy"}),
        ("sh", {"no-run": "docker"}),
        ("sh", {"by": "tests/end_to_end/test_runbook.py"}),
        ("sh", {"by": "tests/end_to_end/nothing.py"}),
        ("sh", {"suite": "soak"}),
        ("sh", {"until": "ready:", "after": "1"}),
        ("sh", {"no-run": "clone", "suite": "ops"}),
    ],
)
def test_a_block_that_no_test_knows_is_found(language: str, words: dict[str, str]) -> None:
    assert Block("docs/senders.md", 1, language, "make demo \n", words).problem() is not None
