"""A guard of the policy that is gone is noticed: by a decision that differs, or by a test that fails."""

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from random import Random
from typing import Final

import pytest

from conviction_gate import policy
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.policy import UNREADABLE, Decision, Edition
from conviction_gate.policy.rules.rule import PolicyRule
from tests.mutants.changed import executed, failure, source_of
from tests.mutants.mutator import mutants
from tests.mutants.survivors import SURVIVORS
from tests.support.facts import EDITION, booking, decided, facts_of
from tests.support.facts_grid import grid
from tests.support.newer_facts import unread

DECIDES: Final = ("rules.findings", "rules.offenses", "rules.history", "rules.court", "deciding")
CHECKED_BY_TESTS: Final = (
    *("content", "counting", "classification", "filings", "appeals", "endings", "record", "matter"),
    *("correction", "review", "reopening", "editions", "decision"),
    *("catalog", "catalog.citation", "catalog.words", "catalog.run_together"),
    *("catalog.table", "catalog.rows", "catalog.schemes", "catalog.spelling"),
)


@pytest.mark.parametrize("module", DECIDES)
def test_every_guard_of_the_rules_decides_something(module: str) -> None:
    """Without it the rules decide some facts of the grid otherwise."""
    known = [(facts, decided(facts)) for facts in (*grid(), unread(facts_of(booking()), "findings"))]
    Random(0).shuffle(known)  # so that what differs is found soon
    excused, changed = SURVIVORS.get(module, {}), [*mutants(source_of(module))]
    assert {*excused} <= {mutant.name for mutant in changed}, GONE
    survived = [m.name for m in changed if m.name not in excused and decides_alike(module, m.source, known)]
    assert not survived, "\n".join([UNDECIDED, *survived])


def decides_alike(module: str, source: str, known: list[tuple[Facts, Decision]]) -> bool:
    """Whether the policy with this source of a module decides all that is known as it does without."""
    try:
        changed = vars(executed(module, source))
        decide = changed.get("decide", policy.decide)
        own = {rule.number: rule for rule in changed.values() if isinstance(rule, PolicyRule)}
        rules = tuple(own.get(rule.number, rule) for rule in EDITION.rules)
        edition = Edition(EDITION.name, EDITION.in_force_from, rules)
        blind = decide(known[0][0], None) == UNREADABLE
        return blind and all(decide(facts, edition) == decision for facts, decision in known)
    except Exception:  # rules that fail decide nothing
        return False


@pytest.mark.mutants
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("module", CHECKED_BY_TESTS)
def test_every_other_guard_of_the_policy_is_noticed_by_a_test(module: str) -> None:
    assert failure(module, source_of(module)) == "", "the policy's own tests fail: fix them first"
    excused, changed = SURVIVORS.get(module, {}), [*mutants(source_of(module))]
    with ThreadPoolExecutor(cpu_count()) as pool:
        failures = [*pool.map(lambda mutant: failure(module, mutant.source), changed)]
    survived = {mutant.name for mutant, failed in zip(changed, failures, strict=True) if not failed}
    print(f"\npolicy/{module}.py: {len(changed)} mutants, {len(survived)} not noticed")
    unnoticed = survived - {*excused}
    assert not unnoticed, "\n".join([UNNOTICED, *sorted(unnoticed)])
    assert {*excused} <= survived, "\n".join([GONE, *sorted({*excused} - survived)])


UNDECIDED: Final = (
    "add facts to tests/support/facts_grid.py that these rules decide differently, or the reason why there are "
    "none to tests/mutants/survivors.py"
)
UNNOTICED: Final = "write a test in tests/unit/policy/, or the reason in tests/mutants/survivors.py"
GONE: Final = "noticed by now, or no more there: take the reason out of tests/mutants/survivors.py"
