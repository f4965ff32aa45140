"""Two builds of the worker side by side, as docs/deploying-workers.md tells, while messages come."""

import asyncio
import itertools
import json
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from conviction_gate.client.diagnostics import CheckResult, Diagnostics
from conviction_gate.config.settings import Settings
from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import embedded
from conviction_gate.encryption.converter import data_converter
from tests.support.doc_pages import Page
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking, a_conviction

AGENCY = "CAZZ00414"
CASES = 16
OLD, NEW = "0.1.0", "0.2.0"


@asynccontextmanager
async def working(instance: Instance, build: str = "") -> AsyncIterator[None]:
    """`python -m worker` of this build, or of none."""
    env = worker_process.environment(
        {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{instance.port}",
            "CONVICTION_GATE_DATA": str(instance.data),
            "CONVICTION_GATE_WORKER_DEPLOYMENT": "conviction-gate" if build else "",
            "CONVICTION_GATE_WORKER_BUILD": build,
        }
    )
    process = await processes.spawn(*worker_process.COMMAND, env=env, stdout=PIPE, stderr=None)
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).startswith(worker_process.READY_LINE)
        yield
    finally:
        await processes.stop(process, worker_process.STOP_WITHIN)


class Court:
    """Tells the open cases something, one after the other and all the while, and ends some of them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.open = [f"booking-case:{AGENCY}:V-{number}" for number in range(CASES)]
        self.sent = Counter(dict.fromkeys(self.open, 1))  # the booking
        self.outcomes: dict[str, str] = {}

    async def speak(self) -> None:
        for number in itertools.count():
            case = self.open[number % len(self.open)]
            update = {"charge_id": "1", "occurred_on": "2012-09-03", "entry": "continuance"}
            await self._tell(case, "court_update", update | {"message_id": f"u-{number}"})
            await asyncio.sleep(0.05)

    async def end(self, count: int) -> None:
        """Half by a conviction, half by a dismissal; back once each has its outcome."""
        ending, self.open = self.open[:count], self.open[count:]
        for number, case in enumerate(ending):
            if number % 2:
                await self._tell(case, "conviction", a_conviction("1"))
            else:
                dismissal = {"message_id": "d-1", "charge_id": "1", "decided_on": "2013-07-15"}
                await self._tell(case, "dismissal", dismissal | {"disposition": "dismissed"})
            self.outcomes[case] = "flagged" if number % 2 else "cleared"
        for case in ending:
            result = await self._client.get_workflow_handle(case).result()
            assert result["outcome"] == self.outcomes[case]

    async def _tell(self, case: str, name: str, message: dict[str, Any]) -> None:
        self.sent[case] += 1
        await self._client.get_workflow_handle(case).signal(name, message)

    async def builds(self) -> set[str | None]:
        """The builds that open cases took their latest step with; None where there was no step yet."""
        return {steps[-1] if (steps := await self.steps(case)) else None for case in list(self.open)}

    async def steps(self, case: str) -> list[str]:
        """The build of each step of a case; none of them may have failed."""
        builds = []
        async for event in self._client.get_workflow_handle(case).fetch_history_events():
            assert event.event_type != EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                builds.append(event.workflow_task_completed_event_attributes.deployment_version.build_id)
        return builds

    async def until_all_go_on_with(self, build: str) -> None:
        while await self.builds() != {build}:
            await asyncio.sleep(0.2)


async def workers() -> CheckResult:
    """What `doctor` says of them."""
    async with Diagnostics(Settings()) as checks:
        return (await checks.results())["workers"]


@pytest.mark.timeout(240)
async def test_builds_take_over_from_each_other_under_waiting_cases(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    page = Page("deploying-workers.md", instance)
    async with embedded(data=instance.data, port=instance.port, ui_port=instance.ui_port, worker=False):
        client = await Client.connect(f"127.0.0.1:{instance.port}", data_converter=data_converter)
        court = Court(client)

        async with working(instance, OLD):  # the first with a version, beside the last without
            while OLD not in await described(page):
                await asyncio.sleep(0.2)
            to_do = f"set-current-version --deployment-name conviction-gate --build-id {OLD}`"
            while to_do not in ((await workers()).next or ""):
                pass
            async with working(instance):
                bookings = [a_booking(f"V-{number}", agency=AGENCY) for number in range(CASES)]
                await instance.gate("start", "-", stdin="\n".join(map(json.dumps, bookings)))
                speaking = asyncio.create_task(court.speak())
                await court.until_all_go_on_with("")
                await page.run("list")
                await page.run("set-current-version", OLD)
            await court.end(2)
            await court.until_all_go_on_with(OLD)
            while (await workers()).level != "ok":
                pass

            async with working(instance, NEW):
                while NEW not in await described(page):
                    await asyncio.sleep(0.2)
                await page.run("set-ramping-version", "--percentage")
                while await court.builds() != {OLD, NEW}:
                    await asyncio.sleep(0.2)
                while (await workers()).level != "ok":
                    pass
                await court.end(2)
                await page.run("set-ramping-version", "--delete")
                await court.until_all_go_on_with(OLD)
                await page.run("set-ramping-version", "--percentage")
                await court.end(2)

                await page.run("set-current-version", NEW)
                await court.until_all_go_on_with(NEW)
                await court.end(2)

                await page.run("set-current-version", OLD)
                await court.until_all_go_on_with(OLD)
                await court.end(2)
            await court.end(2)

        # Nobody polls as the current build: all wait until another one takes over.
        async with working(instance):
            await page.run("set-current-version", "--unversioned")
            await court.until_all_go_on_with("")
            speaking.cancel()
            with suppress(asyncio.CancelledError):
                await speaking
            await court.end(len(court.open))

            assert len(court.outcomes) == CASES
            taken = [await court.steps(case) for case in court.outcomes]
            assert {build for steps in taken for build in steps} == {"", OLD, NEW}
            for case, outcome in court.outcomes.items():
                shown = await client.get_workflow_handle(case).query("case", result_type=dict)
                assert (shown["status"], shown["rejected_total"]) == (outcome, 0)
                assert shown["messages_total"] == court.sent[case]
            flags = json.loads(await instance.gate("flags", "--json"))
            flagged = sorted(case for case, outcome in court.outcomes.items() if outcome == "flagged")
            assert sorted(flag["case_id"] for flag in flags) == flagged
    assert not page.left


async def described(page: Page) -> str:
    """What the deployment is made of; nothing before its first worker has polled."""
    with suppress(AssertionError):
        return await page.run("describe")
    return ""
