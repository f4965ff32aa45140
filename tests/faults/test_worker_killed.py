"""A worker that is killed after the registry wrote and before the server knew."""

import asyncio
import sys
from pathlib import Path

from tests.support.killable_workers import World, kill
from tests.support.workflow_cases import conviction, correction, dismissal, settled

PAUSES = (sys.executable, "-P", "-m", "tests.support.pausing_worker")


async def committed(folder: Path, *writes: str) -> None:
    """Wait until the worker stands right after these commits."""
    while not all((folder / write).exists() for write in writes):
        await asyncio.sleep(0.02)


async def test_what_a_killed_worker_wrote_is_what_the_next_one_reports(world: World, tmp_path: Path) -> None:
    senders = world.senders
    flagged, cleared, withdrawn, corrected = await senders.book_many(4)
    kills = [
        f"flag:{flagged.tracking_number}",
        f"clear:{cleared.tracking_number}",
        f"withdraw:{withdrawn.tracking_number}",
        f"correct:{corrected.tracking_number}",
    ]
    held = f"flag:{withdrawn.tracking_number}"
    async with world.worker(*PAUSES, str(tmp_path), held, *kills) as first:
        for case in (flagged, cleared, withdrawn, corrected):
            await settled(senders.handle(case), "waiting_for_court")
        await senders.send(corrected, "conviction", conviction())
        await senders.handle(corrected).result()
        await senders.correct(corrected, "correction", correction("k-1", "c-1"))
        await senders.send(flagged, "conviction", conviction())
        await senders.send(cleared, "dismissal", dismissal())
        await senders.send(withdrawn, "conviction", conviction())
        await committed(tmp_path, held)
        # Its ground falls and another end comes before the first flag is reported.
        await senders.send(withdrawn, "correction", correction("k-1", "c-1"))
        await senders.send(withdrawn, "dismissal", dismissal())
        (tmp_path / held).unlink()
        await committed(tmp_path, *kills)
        before = await world.registry.flags()
        await kill(first)
    async with world.worker():
        assert not await senders.broken_promises(
            world.registry, flagged=[flagged], cleared=[cleared], withdrawn=[withdrawn, corrected]
        )
        assert await world.registry.flags() == before
