"""Workers of two builds at once, each of which goes on with what the other one began.

Before the first release two builds may differ in whatever no history records: here one explains a
conviction in other words, and keeps no case in memory, so that it plays every case back at each step.
What a change of the story itself needs is docs/changing-workflows.md's and the replay tests' matter.
"""

import pytest
from temporalio.api.enums.v1 import WorkflowTaskFailedCause

from tests.support.killable_workers import World
from tests.support.worker_builds import Change, build
from tests.support.workflow_cases import conviction, court_update, dismissal, settled

RULES = "conviction_gate/policy/rules/court.py"
OURS, THEIRS = "ended in a conviction for a crime.", "was found to be a crime by a court."


@pytest.fixture(scope="module")
def another_build(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a worker that runs a changed copy of this tree."""
    theirs = build(tmp_path_factory.mktemp("build"), Change(RULES, OURS, THEIRS))
    return theirs | {"CONVICTION_GATE_WORKER_CACHE": "0"}


async def test_each_of_two_builds_goes_on_with_what_the_other_began(
    world: World, another_build: dict[str, str]
) -> None:
    senders = world.senders
    first = await senders.book_many(8)
    async with world.worker() as ours:
        for case in first:
            await settled(senders.handle(case), "waiting_for_court")
        ours.terminate()
        await ours.wait()
    async with world.worker(**another_build) as theirs:
        second = await senders.book_many(8)
        for case in first:
            await senders.send(case, "court_update", court_update("u-1"))
        await senders.send(first[0], "conviction", conviction())
        assert (await senders.handle(first[0]).result()).explanation.endswith(THEIRS)
        for case in second:
            await settled(senders.handle(case), "waiting_for_court")
        async with world.worker():  # both at once
            third = await senders.book_many(8)
            for case in first[1:] + second + third:
                await senders.send(case, "court_update", court_update("u-2"))
            for case in third:
                await settled(senders.handle(case), "waiting_for_court", messages=2)
            for case in (first[2], second[2], third[2]):
                await senders.send(case, "conviction", conviction())
            theirs.terminate()
            await theirs.wait()
            everything = first + second + third
            flagged, cleared = everything[::2], everything[1::2]
            for case in flagged:
                await senders.send(case, "conviction", conviction())
            for case in cleared:
                await senders.send(case, "dismissal", dismissal())
            assert not await senders.broken_promises(world.registry, flagged=flagged, cleared=cleared)
            assert (await senders.handle(second[0]).result()).explanation.endswith(OURS)
    for case in everything:
        async for event in senders.handle(case).fetch_history_events():
            cause = event.workflow_task_failed_event_attributes.cause
            assert cause != WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
