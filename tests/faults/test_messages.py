"""Messages that come twice, in any order, years late, or from a sender whose clock is a day off."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from conviction_gate.registry import Registry
from tests.support.senders import Senders
from tests.support.workflow_cases import (
    amendment,
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    dismissal,
    rejected,
    settled,
)

A_YEAR = timedelta(days=365)
CONVICTED = [
    ("court_update", court_update("u-1")),
    ("dismissal", dismissal("d-1", decided_on="2013-01-07", disposition="dismissed_without_prejudice")),
    ("amendment", amendment("a-1", "2013-02-04")),
    ("conviction", conviction("c-1")),
]
CLEARED = [
    ("conviction", conviction("c-1", decided_on="2013-01-07")),
    ("correction", correction("k-1", "c-1")),
    ("court_update", court_update("u-1", "failure_to_appear")),
    ("dismissal", dismissal("d-1", decided_on="2014-02-03")),
]


@pytest.fixture
def senders(client: Client) -> Senders:
    return Senders(client)


@pytest.mark.parametrize("seed", range(4))
async def test_a_storm_of_repeated_messages_in_any_order(
    seed: int, senders: Senders, registry: Registry
) -> None:
    """All before the booking, each three times, all senders at once."""
    chance = random.Random(seed)
    flagged, cleared = ([case_id() for _ in range(5)] for _ in range(2))

    async def storm(case_number: int) -> None:
        case, sent = (flagged + cleared)[case_number], (CONVICTED if case_number < 5 else CLEARED) * 3
        for name, message in chance.sample(sent, len(sent)):
            assert await senders.send(case, name, message)

    await asyncio.gather(*map(storm, range(10)))
    assert not {flag.case_id for flag in await registry.flags()} & set(map(str, senders.sent))
    await asyncio.gather(*(senders.book(case) for case in flagged + cleared))
    assert not await senders.broken_promises(registry, flagged=flagged, cleared=cleared)


async def test_a_conviction_of_2013_that_arrives_in_the_fourteenth_year(
    senders: Senders, server: WorkflowEnvironment, registry: Registry
) -> None:
    case = await senders.book()
    handle = senders.handle(case)
    await settled(handle, "waiting_for_court")
    await senders.send(case, "court_update", court_update("u-1"))
    for _ in range(13):
        await server.fast_forward(handle, A_YEAR)
    assert (await settled(handle, "waiting_for_court", messages=2)).needs_attention
    await senders.send(case, "court_update", court_update("u-1"))
    # It was dismissed before it was convicted, and the older word comes first.
    old = court_update("u-2", "dismissed_with_leave", occurred_on="2012-10-01")
    await senders.send(case, "court_update", old)
    await senders.send(case, "conviction", conviction(decided_on="2013-07-15"))
    assert not await senders.broken_promises(registry, flagged=[case])


async def test_a_conviction_that_comes_years_after_the_dismissal_changes_no_clearance(
    senders: Senders, registry: Registry
) -> None:
    case = await senders.book()
    await settled(senders.handle(case), "waiting_for_court")
    await senders.send(case, "dismissal", dismissal(decided_on="2020-02-03"))
    await senders.handle(case).result()
    assert not await senders.send(case, "conviction", conviction(decided_on="2013-07-15"))
    assert not await senders.send(case, "conviction", conviction("c-2", decided_on="2021-07-15"))
    assert not await senders.broken_promises(registry, cleared=[case])


async def test_a_court_whose_clock_is_a_day_ahead_is_believed_and_one_of_two_days_is_not(
    senders: Senders, registry: Registry
) -> None:
    """A date may be a day ahead, as somewhere on earth it is; more is no date of a court yet."""
    tomorrow, later = (str((datetime.now(UTC) + timedelta(days=days)).date()) for days in (1, 3))
    ahead, far_ahead = await senders.book_many(2)
    for case in (ahead, far_ahead):
        await settled(senders.handle(case), "waiting_for_court")
    await senders.send(ahead, "conviction", conviction(decided_on=tomorrow))
    await senders.send(far_ahead, "conviction", conviction(decided_on=later), fits=False)
    seen = await rejected(senders.handle(far_ahead), 1)
    assert (seen.status, seen.needs_attention) == ("waiting_for_court", True)
    assert "more than a day in the future; check the sender's clock" in seen.rejected[0].reason
    assert not await senders.broken_promises(registry, flagged=[ahead], waiting_for_court=[far_ahead])
    await senders.handle(far_ahead).terminate()


async def test_a_court_whose_clock_is_a_day_behind_dates_before_the_arrest_and_is_believed(
    senders: Senders, registry: Registry
) -> None:
    """What the court says of the charge counts, though it seems to have said so before the arrest."""
    flagged, cleared = await senders.book_many(2)
    await senders.send(flagged, "conviction", conviction(decided_on="2012-05-13"))
    await senders.send(cleared, "dismissal", dismissal(decided_on="2012-05-13"))
    assert not await senders.broken_promises(registry, flagged=[flagged], cleared=[cleared])


async def test_a_jail_whose_clock_is_a_day_off_flags_nobody(senders: Senders, registry: Registry) -> None:
    now = datetime.now(UTC)
    behind, ahead, far_ahead = (case_id() for _ in range(3))
    for case, days in ((behind, -1), (ahead, 0.99)):
        await senders.book(case, booked_at=(now + timedelta(days=days)).isoformat())
        await settled(senders.handle(case), "waiting_for_court")
    # The booking comes as a signal, so that what does not fit counts as any other message.
    wrong = booking(far_ahead, message_id="b-0", booked_at=(now + timedelta(days=2)).isoformat())
    await senders.send(far_ahead, "booking", wrong, fits=False)
    await rejected(senders.handle(far_ahead), 1)
    assert not await senders.broken_promises(
        registry, waiting_for_court=[behind, ahead], awaiting_booking=[far_ahead]
    )
    await senders.book(far_ahead)
    for case in (behind, ahead, far_ahead):
        today = str(datetime.now(UTC).date())
        await senders.send(case, "dismissal", dismissal(decided_on=today))
    assert not await senders.broken_promises(registry, cleared=[behind, ahead, far_ahead])
