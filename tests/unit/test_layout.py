"""A file has one idea and at most 500 lines, and no test depends on another one."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("activities", "bench", "conviction_gate", "deploy", "tests", "workflows")
FILES = {
    str(file.relative_to(ROOT)): file.read_text(encoding="utf-8")
    for folder in FOLDERS
    for file in sorted((ROOT / folder).rglob("*.py"))
}


def test_no_file_is_long() -> None:
    long = {path: lines for path, text in FILES.items() if (lines := text.count("\n")) > 500}
    assert not long, "each holds more than one idea; split it"


def test_no_test_imports_from_another_one() -> None:
    imports = {(path, name) for path in FILES if path.startswith("tests/") for name in imported(FILES[path])}
    from_tests = {
        (path, name)
        for path, name in imports
        if name.startswith("tests.") and name.rpartition(".")[2].startswith("test_")
    }
    assert not from_tests, "move what they share to tests/support/"


def imported(text: str) -> Iterator[str]:
    """The modules that a source imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
