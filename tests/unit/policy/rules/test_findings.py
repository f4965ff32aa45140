"""Rule 1, sentence by sentence (docs/policy.md): a finding about the person."""

from typing import Any

import pytest

from conviction_gate.contracts.history import History
from conviction_gate.contracts.internal.facts import Facts
from tests.support.facts import (
    booking,
    conviction,
    correction,
    facts_of,
    finding,
)
from tests.support.rule_tables import DUI, RECORD, WAIT, holds, table


@table(
    ("a US citizen, whatever the charge", facts_of(DUI, finding("us_citizen")), "clear.us_citizen"),
    ("misidentified", facts_of(DUI, finding("misidentified")), "clear.misidentified"),
    ("deceased", facts_of(DUI, finding("deceased")), "clear.deceased"),
    ("a citizen in the registry", facts_of(DUI, us_citizen=True), "clear.us_citizen"),
    ("a citizen in the history", facts_of(DUI, past=History(us_citizen=True)), "clear.us_citizen"),
    (
        "before the history is known",
        facts_of(booking(), finding("deceased"), past=None),
        "clear.deceased",
    ),
    (
        "a finding that was corrected does not stand",
        facts_of(booking(), finding("misidentified"), correction(finding("misidentified"))),
        WAIT,
    ),
    (
        "a correction for such a ground is itself a finding",
        facts_of(DUI, correction(DUI, "us_citizen")),
        "clear.us_citizen",
    ),
    (
        "of a message that nobody sent it clears nobody",
        facts_of(booking(), correction("nothing we know", "deceased")),
        RECORD,
    ),
)
def test_rule_1_subject_findings(facts: Facts, rule: str) -> None:
    holds(facts, rule)


@pytest.mark.parametrize("ground", ["us_citizen", "misidentified", "deceased"])
def test_a_correction_may_be_a_finding_about_the_subject(ground: Any) -> None:
    said = conviction("2013-01-10", severity="misdemeanor")
    holds(facts_of(booking(), said, correction(said, ground)), f"clear.{ground}")
