"""The docket of a case: kept letter by letter, in one order."""

import pytest
from pydantic import ValidationError

from conviction_gate.registry import (
    DocketEntry,
    Registry,
)
from tests.support.conclusions import (
    AGENCY,
)
from tests.support.registry_rows import entry


async def test_the_docket_of_a_case_comes_back_letter_by_letter(registry: Registry) -> None:
    assert not await registry.has_docket()
    entries = [entry("d-1"), entry("d-2"), entry("d-1", case="T-2")]
    assert await registry.import_docket(entries) == 3
    assert await registry.has_docket()
    assert await registry.docket(AGENCY, "T-1") == (entries[0].message, entries[1].message)
    assert await registry.docket(AGENCY, "T-3") == ()


async def test_the_docket_comes_in_one_order(registry: Registry) -> None:
    ordered = [entry(message_id) for message_id in ("A", "_", "a", "b", "é")]
    await registry.import_docket(ordered[::-1])
    assert await registry.docket(AGENCY, "T-1") == tuple(given.message for given in ordered)


async def test_the_same_sender_and_message_id_replaces_a_docket_entry(registry: Registry) -> None:
    await registry.import_docket([entry("d-1"), entry("d-1", sender="court")])
    changed = entry("d-1", court="Y")
    assert await registry.import_docket([entry("d-1", court="Z"), changed]) == 1
    assert await registry.docket(AGENCY, "T-1") == (
        changed.message,
        entry("d-1", sender="court").message,
    )


def test_a_docket_entry_is_a_message_of_the_contract() -> None:
    with pytest.raises(ValidationError, match="type: missing"):
        DocketEntry(agency=AGENCY, tracking_number="T-1", message="{}")
