"""Cases that a wrong worker got stuck: they are seen, and brought on as docs/changing-workflows.md tells."""

import asyncio
from typing import Any

from temporalio import workflow

from conviction_gate.client.check_results import CheckResult
from conviction_gate.contracts.names import BOOKING_CASE
from conviction_gate.policy import Decision
from tests.support.doc_pages import Page
from tests.support.instance import Instance
from tests.support.stuck_cases import Cases, HastyCase
from workflows.booking_case import BookingCase


@workflow.defn(name=BOOKING_CASE, sandboxed=False)
class PonderingCase(BookingCase):
    """A case that takes a step more after each message, without `workflow.patched`."""

    @workflow.run
    async def run(self, *inputs: Any) -> Any:
        return await super().run(*inputs)

    async def _wait_for_next_fact(self, decision: Decision) -> None:
        if self._state.messages_total > 1:
            self._pondering = asyncio.create_task(asyncio.sleep(3_600))
        await super()._wait_for_next_fact(decision)


async def test_a_case_that_a_wrong_worker_took_no_step_with_goes_on_with_one_that_fits(cases: Cases) -> None:
    numbers = [f"S-{number}" for number in range(4)]
    async with cases.worker():
        await cases.opened(*numbers)
    async with cases.wrong_worker(HastyCase):
        await cases.update("u-1", *numbers)
        check = await cases.stuck(*numbers)
        assert (check.level, check.found) == (
            "fail",
            "4 cannot continue, their workflow tasks keep failing: "
            + ", ".join(sorted(run for run in map(cases.id_of, numbers) if run in check.found))
            + " and more",
        )
        assert "docs/changing-workflows.md" in (check.next or "")
        assert await cases.that_need_attention() == {*map(cases.id_of, numbers)}
    async with cases.worker():
        assert await cases.stuck() == CheckResult("ok", "none")
        assert await cases.that_need_attention() == set()
        await cases.until(2, *numbers)
        await cases.convicted(*numbers)


async def test_a_case_that_a_wrong_worker_took_a_step_with_is_reset(cases: Cases, instance: Instance) -> None:
    page = Page("changing-workflows.md", instance, "When a case is stuck")
    fits, wrong = "0.1.0", "0.2.0"
    async with cases.worker(fits), cases.wrong_worker(PonderingCase, wrong):
        await cases.current(fits)
        await cases.opened("S-1", "S-2")
        await cases.current(wrong)
        await cases.update("u-1", "S-1", "S-2")
        await cases.until(2, "S-1", "S-2")
        await cases.current(fits)
        await cases.update("u-2", "S-1", "S-2")
        assert cases.id_of("S-1") in (await cases.stuck("S-1", "S-2")).found
        assert "S-2" in await page.run("workflow list")
        await page.run("--type LastWorkflowTask")
        await cases.stuck()
        await cases.until(3, "S-1", "S-2")

        await cases.opened("S-3", "S-4", "S-5")
        await cases.current(wrong)
        for message, count in (("u-1", 2), ("u-2", 3)):
            await cases.update(message, "S-3", "S-4", "S-5")
            await cases.until(count, "S-3", "S-4", "S-5")
        await cases.current(fits)
        await cases.update("u-3", "S-3", "S-4", "S-5")
        await cases.stuck("S-3", "S-4", "S-5")
        case, step = cases.id_of("S-3"), await cases.first_step(wrong, "S-3")
        assert f"{step} " in await page.run("workflow show", workflow_id=case)
        await page.run("--event-id", workflow_id=case, event_id=step)
        await cases.stuck("S-4", "S-5")
        await cases.until(4, "S-3")
        await page.run("--type BuildId")
        await cases.stuck()
        await cases.until(4, "S-4", "S-5")
        await cases.convicted("S-1", "S-2", "S-3", "S-4", "S-5")
    assert not page.left
