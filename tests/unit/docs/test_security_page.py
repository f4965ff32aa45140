"""Each claim of docs/security.md points to its test, which is there, or says why it has none."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@cache
def functions(path: str) -> set[str]:
    """The names of a file's functions; FileNotFoundError where there is no such file."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_the_page_names_is_there() -> None:
    named = TEST.findall(PAGE)
    assert named
    gone = [f"{path}::{name}" for path, name in named if name and name not in functions(path)]
    gone += [path for path, _ in named if not (ROOT / path).exists()]
    assert not gone, "docs/security.md claims what these showed: name the test that shows it now"


def test_every_claim_has_its_test_or_the_reason_why_not() -> None:
    claims = [
        line.strip("| ").split(" | ")
        for table in re.findall(r"^\|.* \| test \|\n\|[-| ]+\|\n((?:\|.*\n?)+)", PAGE, re.MULTILINE)
        for line in table.splitlines()
    ]
    assert claims
    bare = [
        claim[0] for claim in claims if not TEST.search(claim[-1]) and not claim[-1].startswith("no test; ")
    ]
    assert not bare, "point to the test of each claim, or write `no test; ` and the reason"
