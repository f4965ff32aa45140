"""Facts hold every message."""

import json

from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.reading import (
    read_message,
)
from tests.support.full_messages import MESSAGES, NAMES


def test_facts_hold_every_message_and_come_back_as_they_were() -> None:
    facts = Facts()
    for name in NAMES:
        if name != "review_decision":
            facts = facts.including(read_message(name, json.dumps(MESSAGES[name])))
    assert Facts.model_validate_json(facts.model_dump_json()) == facts
    assert Facts.model_validate(facts.model_dump()) == facts
