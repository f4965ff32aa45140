"""Corrections of an open case: what the corrected message says counts, as if it had come by itself."""

from typing import Any

import pytest
from temporalio.client import Client

from conviction_gate.contracts.names import NEEDS_ATTENTION
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    rejected,
    settled,
    start,
    submit,
)

EXPIRED = {"charge_id": "1", "scheme": "NC-GS", "code": "20-7(f)"}
"""An expired license: an infraction since December 2013; what it was before, nobody has verified."""
LEFT_THE_SCENE = {"charge_id": "1", "scheme": "FL-FS", "code": "316.027(1)(a)"}
"""Leaving the scene of a crash with an injury, as it was numbered until June 2014."""

pytestmark = pytest.mark.usefixtures("registry")


@pytest.mark.parametrize("held_by", ["replacement", "booking sent again"])
async def test_a_code_means_what_it_meant_on_the_mended_day_of_the_booking(
    held_by: str, client: Client
) -> None:
    case = case_id()
    wrong = booking(case, charges=[EXPIRED], booked_at="2013-11-20T08:00:00+00:00")
    right = wrong | {"message_id": "b-2", "booked_at": "2013-12-20T08:00:00+00:00"}
    handle = await start(client, case, wrong)
    await settled(handle, "waiting_for_court")
    if held_by == "replacement":
        await handle.signal("correction", correction("k-1", "b-1", replacement=right))
    else:
        await handle.signal("correction", correction("k-1", "b-1"))
        await settled(handle, "awaiting_booking")
        await handle.signal("booking", right)
    await handle.signal("conviction", conviction(severity=None, decided_on="2014-02-03"))
    assert (await handle.result()).rule == "clear.no_conviction"


async def test_a_code_means_what_it_meant_on_the_earliest_day_of_a_booking(client: Client) -> None:
    case = case_id()
    first = booking(case, charges=[LEFT_THE_SCENE], booked_at="2014-07-01T08:00:00+00:00")
    handle = await start(client, case, first)
    await settled(handle, "needs_review")
    earlier = first | {"message_id": "b-2", "booked_at": "2014-06-30T08:00:00+00:00"}
    await handle.signal("booking", earlier)
    assert (await handle.result()).rule == "flag.excluded_offense"


@pytest.mark.parametrize("sent_as", ["signal", "update"])
async def test_an_unknown_word_of_a_replacement_raises_attention(sent_as: str, client: Client) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("court_update", court_update("u-1", "continuance"))
    await settled(handle, "waiting_for_court", messages=2)
    assert await attention(handle) is False
    replacing = correction("k-1", "u-1", replacement=court_update("u-2", "held in abeyance"))
    if sent_as == "signal":
        await handle.signal("correction", replacing)
    else:
        await submit(handle, {"type": "correction"} | replacing)
    seen = await settled(handle, "waiting_for_court", messages=3)
    assert 'unknown entry "held in abeyance"' in seen.messages[-1].effect
    assert await attention(handle) is True


@pytest.mark.parametrize(
    ("replacement", "reason"),
    [
        ({"tracking_number": "T-1"}, "replacement: tracking_number: names another case"),
        ({"booked_at": "2226-05-14T08:00:00+00:00"}, "replacement: booked_at: 2226-05-14"),
    ],
    ids=["another arrest", "another century"],
)
async def test_a_replacement_is_of_this_arrest_and_of_the_past(
    replacement: dict[str, Any], reason: str, client: Client
) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    mended = booking(case, message_id="b-2") | replacement
    await handle.signal("correction", correction("k-1", "b-1", replacement=mended))
    seen = await rejected(handle, 1)
    assert seen.rejected[0].reason.startswith(reason)
    assert (await settled(handle, "waiting_for_court")).messages_total == 1


async def attention(handle: Any) -> bool | None:
    found: bool | None = (await handle.describe()).typed_search_attributes.get(NEEDS_ATTENTION)
    return found
