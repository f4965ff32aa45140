"""The public page of the rules: fresh, complete, and readable."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from conviction_gate import policy
from conviction_gate.contracts.fields import ChargeClass, RuleName
from conviction_gate.policy.matter import Matter
from conviction_gate.policy.page import CLASSES, RULES, long_date, page
from tests.support.facts_of_every_kind import worlds
from tests.support.readability import grade

EIGHTH = 8
FILE = Path(__file__).parents[3] / "docs" / "policy.md"


def test_the_page_in_docs_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `make policy-page`"


def test_rules_are_numbered_in_the_order_in_which_they_are_asked() -> None:
    for edition in policy.EDITIONS:
        assert [rule.number for rule in edition.rules] == [*range(1, len(edition.rules) + 1)]
    headings = re.findall(r"^### (\d+)", page(), re.MULTILINE)
    assert [*map(int, headings)] == [r.number for r in policy.EDITIONS[-1].rules for _ in r.words]


def test_every_rule_is_described_once() -> None:
    for edition in policy.EDITIONS:
        described = [words.rule for rule in edition.rules for words in rule.words]
        assert sorted(described) == sorted(get_args(RuleName))


def test_each_answer_of_a_rule_is_described_beside_it() -> None:
    for facts in filter(lambda facts: facts.bookings, worlds()):
        matter = Matter(facts)
        for rule in policy.EDITIONS[-1].rules:
            decision = rule.ask(matter)
            assert decision is None or decision.rule in {words.rule for words in rule.words}


def test_every_class_is_described() -> None:
    assert list(CLASSES) == list(get_args(ChargeClass))


def test_every_rule_has_a_source() -> None:
    for words in RULES.values():
        assert "our own reading" in words.source or "announcement of 27 April 2012" in words.source


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_at_an_eighth_grade_level(rule: RuleName) -> None:
    words = RULES[rule]
    assert grade(f"{words.when} {words.then} Source: {words.source}.") <= EIGHTH


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_at_an_eighth_grade_level(name: ChargeClass) -> None:
    assert grade(CLASSES[name].meaning) <= EIGHTH


@pytest.mark.parametrize("section", page().split("\n## "))
def test_the_page_is_at_an_eighth_grade_level(section: str) -> None:
    assert grade(section) <= EIGHTH


def test_a_long_date() -> None:
    assert long_date(date(2012, 4, 27)) == "27 April 2012"
