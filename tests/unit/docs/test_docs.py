"""What the documents name exists: pages and headings, commands and their options, targets of make, settings."""

import ast
import re
import shlex
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from conviction_gate.cli.command_line import app
from conviction_gate.config.settings import PREFIX, SECRETS, Settings
from conviction_gate.contracts.court import Disposition, Entry, Ground, RulingWord
from conviction_gate.contracts.fields import ChargeClass, FindingKind, Severity, Status
from conviction_gate.contracts.names import SEARCH_ATTRIBUTES
from conviction_gate.contracts.signals import SIGNALS

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^ *```(\w*).*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
GATE = re.compile(r"(?:^|(?<!entrypoint)(?<!namespace)[ `(;&])conviction-gate ([a-z][^`\n]*)", re.MULTILINE)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def anchors(page: Path) -> set[str]:
    """The headings of a page, as its links name them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def settings() -> set[str]:
    """The variables that are ours."""
    return {SECRETS, *(PREFIX + name.upper() for name in Settings.model_fields)}


def commands(text: str) -> list[str]:
    """What follows `conviction-gate` wherever a page writes it, without comments and redirections."""
    return [re.split(r" #|[|>]|&&", line)[0].strip() for line in GATE.findall(text)]


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    dead = []
    for link in LINK.findall(text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


@pages
def test_every_command_exists_with_its_options(page: Path) -> None:
    wrong = [line for line in commands(page.read_text(encoding="utf-8")) if not exists(line)]
    assert not wrong


def exists(line: str) -> bool:
    """Whether `conviction-gate` has such a command, and that command these options."""
    words = shlex.split(line) if line.count("'") % 2 == 0 else line.split()
    command: Any = typer.main.get_command(app)
    while groups := getattr(command, "commands", None):
        if words and words[0] in groups:
            command = groups[words.pop(0)]
        else:
            return False
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    return {word.partition("=")[0] for word in words if word.startswith("--")} <= known


@pages
def test_every_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"[`\n]make ([a-z-]+)", page.read_text(encoding="utf-8")))
    assert named <= targets


@pages
def test_every_setting_exists(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert named <= settings()


def test_the_architecture_page_has_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (checked,) = (one["layers"] for one in contracts if one.get("exhaustive"))
    table = (ROOT / "docs/architecture.md").read_text().partition("| packages in `conviction_gate/` |")[2]
    rows = re.findall(r"^\| (`[a-z_`, ]+) \|", table.partition("\n\n")[0], re.MULTILINE)
    assert [row.replace("`", "").replace(", ", " | ") for row in rows] == checked


@pages
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:activities|bench|conviction_gate|deploy|docs|examples|tests|workflows)/[\w/.-]+)",
        page.read_text(encoding="utf-8"),
    )
    own = re.compile(r"deploy/compose/secrets(/\w+_client_secret)?")  # made by the operator
    gone = [path for path in named if not own.fullmatch(path) and not (ROOT / path.rstrip(".")).exists()]
    assert not [path for path in gone if not re.search(r"[A-Z]{4}", path)]  # FILE, SCHEME: put in yours


@pages
def test_every_import_in_an_example_exists(page: Path) -> None:
    for language, code in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.ImportFrom) and node.module:
                    module = import_module(node.module)
                    assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_the_page_for_senders_has_every_word_and_every_field_of_the_contract() -> None:
    page = (ROOT / "docs/senders.md").read_text()
    words = {
        *(word for words in (Disposition, Entry, Ground, RulingWord) for word in get_args(words)),
        *(word for words in (ChargeClass, FindingKind, Severity, Status) for word in get_args(words)),
        *SIGNALS,
        *(name for signal in SIGNALS.values() for name in signal.model.model_fields),
    }
    assert {word for word in words if not re.search(rf"[`{{, ]{word}[`}},]", page)} == set()


@pytest.mark.parametrize("page", ["senders.md", "security.md", "glossary.md"])
def test_every_search_attribute_is_listed(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    assert [key.name for key in SEARCH_ATTRIBUTES if f"`{key.name}`" not in text] == []
