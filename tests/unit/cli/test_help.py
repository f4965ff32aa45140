"""Help that a person reads once, and errors of one line with what to do next."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from conviction_gate.cli.command_line import app
from conviction_gate.cli.list_cases import STATUSES
from conviction_gate.cli.options import one_of

PYTHON_TYPES = re.compile(
    r"<\w+|\bTEXT\b|\bPATH\b|\bINTEGER\b|\bFLOAT\b|\bNone\b|\bstr\b|\bint\b|FileBinary|\[required\].*\["
)


def commands(command: Any, *words: str) -> Iterator[tuple[str, ...]]:
    """The words of every command, groups too."""
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *words, name)


ALL = list(commands(get_command(app)))


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_is_in_words(words: tuple[str, ...]) -> None:
    text = said(*words, "--help")
    assert said(*words, "-h") == text
    assert not PYTHON_TYPES.search(text), PYTHON_TYPES.search(text)
    assert all(len(line) <= 80 for line in text.splitlines() if not line.startswith("  conviction-gate "))
    what = text.split("\n\n")[1].strip()
    assert what[0].isupper()
    assert what.endswith(".")


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_each_help_ends_with_an_example(words: tuple[str, ...]) -> None:
    examples = re.split(r"^Examples?:\n", said(*words, "--help"), flags=re.MULTILINE)[1]
    commands = re.sub(r" \\\n *", " ", examples).strip().splitlines()
    assert commands
    assert all(command.strip().startswith(" ".join(("conviction-gate", *words))) for command in commands)


def test_commands_are_grouped() -> None:
    headings = re.findall(r"^(\w+):$", said("--help"), re.MULTILINE)
    assert headings == ["Options", "Cases", "Review", "Data", "Operate", "Examples"]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("list --status w", ["waiting_for_court"]),
        ("list --rule clear.m", ["clear.misidentified"]),
        ("review decide CA0190000:A-1 min", ["minor_traffic"]),
        ("send dis", ["dismissal"]),
        ("callers new county-jms --may read", ["read", "read_flags"]),
        ("list --st", ["--status"]),
        ("rev", ["review"]),
    ],
)
def test_the_shell_completes_words(typed: str, completed: list[str]) -> None:
    words = ["conviction-gate", *typed.split()]
    asked = {
        "_CONVICTION_GATE_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    answer = CliRunner().invoke(app, [], prog_name="conviction-gate", env=asked)
    assert answer.output.split() == completed


def test_the_version_is_that_of_the_package() -> None:
    assert said("--version") == f"conviction-gate {version('conviction-gate')}\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("lst", "no such command 'lst'; did you mean 'list'?"),
        ("list --limt 3", "no such option: --limt; did you mean --limit?"),
        ("list --status waitng", "--status: 'waitng' is not a status; did you mean waiting_for_court?"),
        ("list --status foo", "--status: 'foo' is not a status; write one of awaiting_booking, checking"),
        ("list --status x", "--status: 'x' is not a status; write one of awaiting_booking, checking"),
        ("list --rule flag.convict", "--rule: 'flag.convict' is not a rule; did you mean flag.convicted?"),
        ("list --rule flag", "--rule: 'flag' is not one rule; write one of flag."),
        ("list --since lately", "--since: 'lately' is not a time; write a day, as in 2026-11-01, or 7d"),
        ("list --limit many", "--limit: 'many' is out of range; write a number from 1 to 1000"),
        ("up --port 0", "--port: '0' is out of range; write a number from 1 to 65535"),
        ("send convction -", "TYPE: 'convction' is not a type of message; did you mean conviction?"),
        ("show", "CASE: missing; see `conviction-gate show --help`"),
        ("explain x", "CASE: 'x' is not a case; write ORI:NUMBER or"),
        (
            "review decide CA0190000:A-1 dui --by r-7",
            "--reason: missing; see `conviction-gate review decide --help`",
        ),
    ],
)
def test_a_slip_is_one_line_with_the_next_step(words: str, error: str) -> None:
    text = said(*words.split(), code=2)
    assert text.startswith(f"error: {error}")
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("waiting", "waiting_for_court"),
        ("Needs-Review", "needs_review"),
        ("review", "needs_review"),
        ("flagged", "flagged"),
    ],
)
def test_a_status_is_typed_as_a_person_would(typed: str, status: str) -> None:
    assert one_of(STATUSES, "status")(typed) == status
