"""That the check of the promise notices when it is broken."""

import pytest
from temporalio.client import Client

from conviction_gate.contracts.fields import A_DAY
from conviction_gate.registry import Registry
from tests.support.senders import Senders
from tests.support.workflow_cases import conviction, court_update, settled


@pytest.fixture
async def senders(client: Client) -> Senders:
    """They have a case flagged, and keep what they sent."""
    senders = Senders(client)
    case = await senders.book()
    await settled(senders.handle(case), "waiting_for_court")
    await senders.send(case, "conviction", conviction())
    return senders


async def broken(senders: Senders, registry: Registry, end: str) -> str:
    return "\n".join(await senders.broken_promises(registry, **{end: [*senders.sent]}))


async def test_it_holds(senders: Senders, registry: Registry) -> None:
    assert await broken(senders, registry, "flagged") == ""


async def test_another_end_is_noticed(senders: Senders, registry: Registry) -> None:
    assert "was to be cleared and has the flags ['active']" in await broken(senders, registry, "cleared")
    assert "is flagged in the registry" in await broken(senders, registry, "cleared")


async def test_a_message_that_was_lost_is_noticed(senders: Senders, registry: Registry) -> None:
    (case,) = senders.sent
    await senders.expect(case, "court_update", court_update("u-1"))
    assert "took court_update ('', 'u-1') 0 times" in await broken(senders, registry, "flagged")


async def test_a_message_that_nobody_sent_is_noticed(senders: Senders, registry: Registry) -> None:
    (sent,) = senders.sent.values()
    del sent["", "c-1"]
    problems = await broken(senders, registry, "flagged")
    assert "took what nobody sent" in problems
    assert "was flagged before anybody spoke of a conviction (c-1)" in problems


async def test_a_flag_that_came_too_early_is_noticed(senders: Senders, registry: Registry) -> None:
    (sent,) = senders.sent.values()
    sent["", "c-1"].first_tried += A_DAY
    assert "was flagged before anybody spoke of a conviction" in await broken(senders, registry, "flagged")
    sent["", "c-1"].first_tried -= A_DAY
    sent["", "c-1"].message |= {"decided_on": "2126-01-01"}
    assert "was flagged more than a day before its conviction" in await broken(senders, registry, "flagged")
