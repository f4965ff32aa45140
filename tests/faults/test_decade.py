"""A simulated decade: a case that waits is carried through six releases, and notices none of them.

Each release is a changed copy of this tree in a process of its own, on top of the changes before it. Time
passes on the server's virtual clock; its file outlives a `kill -9`.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.activities import CASE_INTERVALS, CHECK_DOCKET
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.devserver.embedded import EmbeddedServer, embedded
from conviction_gate.devserver.resources import free_port
from conviction_gate.devserver.temporal_server import DYNAMIC_CONFIG
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import DocketEntry, Registry
from tests.support.doc_pages import Page
from tests.support.instance import Instance
from tests.support.killable_workers import World
from tests.support.senders import Senders
from tests.support.worker_builds import Change, build
from tests.support.workflow_cases import (
    amendment,
    as_json,
    case_id,
    conviction,
    court_update,
    dismissal,
    settled,
    view,
)

CASE: Final = "workflows/booking_case.py"
CALLS: Final = "workflows/calls.py"
PATCHES: Final = SearchAttributeKey.for_keyword_list("TemporalChangeVersion")
GATE: Final = "conviction_gate"
EDITIONS: Final = f"{GATE}/policy/editions.py"
FIRST, SECOND = "2012-04-27", "2012-05-01"
A_SCOOTER: Final = "21235"

ARRIVED: Final = "            await self._wait_for_booking()\n"
OVERDUE: Final = '                case "docket_overdue":\n'
ASKED: Final = "    asked: bool = True\n"
RULES: Final = "from conviction_gate.policy.rules import"
ASK: Final = "await calls.case_intervals(self._case_id.agency)\n"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}" for line in text.splitlines(keepends=True))


GUARDED: Final = indented('if workflow.patched("ask-when-overdue"):\n', 20) + indented(ASK, 24)
DEPRECATED: Final = indented('workflow.deprecate_patch("ask-when-overdue")\n', 20) + indented(ASK, 20)

RELEASES: Final[dict[str, list[Change]]] = {
    "0.1.0": [],
    "0.2.0": [  # safe: another summary, another retry policy
        Change(CALLS, '"What the court\'s docket holds"', '"What the docket holds"'),
        Change(CALLS, "maximum_interval=timedelta(minutes=10)", "maximum_interval=timedelta(hours=1)"),
    ],
    "0.3.0": [  # a patch before the wait and one after it
        Change(CASE, ARRIVED, f'{ARRIVED}            if workflow.patched("ask-anew"):\n{indented(ASK, 16)}'),
        Change(CASE, OVERDUE, OVERDUE + GUARDED),
    ],
    # The first one stays: a case is open that took the old way.
    "0.4.0": [Change(CASE, GUARDED, DEPRECATED)],
    "0.5.0": [  # an edition whose day has passed for all of them; it clears everybody
        Change(
            EDITIONS,
            RULES,
            f"from conviction_gate.policy.decision import Decision\n{RULES}",
        ),
        Change(
            EDITIONS,
            '(Edition("2012-04-27", date(2012, 4, 27), RULES_OF_APRIL_2012),)',
            f'(Edition("{FIRST}", date(2012, 4, 27), RULES_OF_APRIL_2012), '
            f'Edition("{SECOND}", date(2012, 5, 1), '
            '(PolicyRule(1, (), lambda matter: Decision(rule="clear.no_conviction", explanation="Nobody '
            'is flagged.")),)))',
        ),
    ],
    "0.6.0": [  # a new field of a message and of an answer, and a new word
        Change(
            "conviction_gate/contracts/court.py",
            "    convicted_of: Offense | None = None\n",
            "    convicted_of: Offense | None = None\n    docket_number: Id | None = None\n",
        ),
        Change("conviction_gate/contracts/internal/activities.py", ASKED, f'{ASKED}    clerk: str = ""\n'),
        Change("activities/look_ups.py", "messages=messages,", 'messages=messages, clerk="c-7",'),
        Change(
            f"{GATE}/contracts/fields.py",
            '    "minor_traffic",\n',
            '    "minor_traffic",\n    "scooter",\n',
        ),
        Change(
            f"{GATE}/policy/classification.py",
            'frozenset({"minor_traffic", ',
            'frozenset({"minor_traffic", "scooter", ',
        ),
        Change(
            "conviction_gate/policy/page.py",
            '    "minor_traffic": ClassWords(',
            '    "scooter": ClassWords("a scooter", "It is treated like minor traffic."),\n'
            '    "minor_traffic": ClassWords(',
        ),
        Change(
            "conviction_gate/policy/catalog/__init__.py",
            "charge_class=placing.charge_class,",
            f'charge_class="scooter" if offense.code == "{A_SCOOTER}" else placing.charge_class,',
        ),
    ],
}


A_QUARTER, AN_HOUR = timedelta(days=90), timedelta(hours=1)


@dataclass
class Decade:
    """A world whose clock is ours, and the releases that come and go in it."""

    world: World
    skipper: TimeSkipper
    folder: Path

    @property
    def senders(self) -> Senders:
        return self.world.senders

    @asynccontextmanager
    async def release(self, name: str) -> AsyncIterator[None]:
        """Its worker, which knows of no case but by its history, and its command line."""
        names = [*RELEASES]
        changes = [change for one in names[: names.index(name) + 1] for change in RELEASES[one]]
        its_own = build(self.folder / name, *changes) | {"CONVICTION_GATE_WORKER_STICKY_FOR": "0.1s"}
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PYTHONPATH", its_own["PYTHONPATH"])
            async with self.world.worker(**its_own):
                yield

    async def open(self) -> CaseId:
        """A case that waits for the court."""
        case = await self.senders.book()
        await settled(self.senders.handle(case), "waiting_for_court")
        return case

    async def hear(self, case: CaseId, release: str) -> None:
        """News, the same news again, and what fits no contract."""
        for _ in range(2):
            await self.senders.send(case, "court_update", court_update(f"u-{release}"))
        await self.senders.send(case, "conviction", conviction(f"x-{release}", decided_on="soon"), fits=False)

    async def wait(self, case: CaseId, checks: int) -> None:
        """So many looks at the docket, which holds nothing of it."""
        handle = self.senders.handle(case)
        looks = await self.asked(case, CHECK_DOCKET) + checks
        await self.skipper.fast_forward(handle, checks * A_QUARTER + AN_HOUR)
        while (await view(handle)).next_docket_check_at is None:
            await asyncio.sleep(0.02)
        assert await self.asked(case, CHECK_DOCKET) == looks

    async def asked(self, case: CaseId, activity: str) -> int:
        """How often a case had an activity done."""
        events = (await self.senders.handle(case).fetch_history()).events
        asked = (event.activity_task_scheduled_event_attributes for event in events)
        return sum(one.activity_type.name == activity for one in asked)

    async def today(self, case: CaseId) -> date:
        """By the case's own clock."""
        return (await self.skipper.get_current_time(self.senders.handle(case))).date()

    async def ways(self, case: CaseId) -> tuple[set[str], int]:
        """The patches whose new way a case took, and how often it asked on such a way."""
        attributes = (await self.senders.handle(case).describe()).typed_search_attributes
        return set(attributes.get(PATCHES) or ()), await self.asked(case, CASE_INTERVALS)

    async def listed(self, instance: Instance, patch: str) -> set[CaseId]:
        """The open cases that did not take a patch's new way, as the documentation has them found."""
        printed = await Page("changing-workflows.md", instance).run("TemporalChangeVersion", patch)
        return {case for case in self.senders.sent if str(case) in printed}

    async def failed_tasks(self) -> list[str]:
        """Cases of which a workflow task failed, ever."""
        return [
            str(case)
            for case in self.senders.sent
            for event in (await self.senders.handle(case).fetch_history()).events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ]


@pytest.mark.timeout(240)
async def test_a_case_lives_through_six_releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DYNAMIC_CONFIG, "frontend.WorkflowTimeSkippingEnabled", "true")
    monkeypatch.setitem(DYNAMIC_CONFIG, "history.timerProcessorMaxTimeShift", '"1ms"')
    instance = Instance(tmp_path / "data", free_port(), free_port())

    def serving() -> AbstractAsyncContextManager[EmbeddedServer]:
        return embedded(data=instance.data, port=instance.port, ui_port=instance.ui_port, worker=False)

    async with AsyncExitStack() as opened, AsyncExitStack() as server:
        running = await server.enter_async_context(serving())
        client = await Client.connect(running.address, data_converter=data_converter)
        skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        registry = await opened.enter_async_context(await Registry.open(Settings(data=instance.data).registry))
        decade = Decade(World(running, skipper.client, registry), skipper, tmp_path)
        senders = decade.senders
        somebody = case_id()  # so that there is a docket to ask
        entry = as_json({"type": "conviction"} | conviction())
        await registry.import_docket(
            [DocketEntry(agency=somebody.agency, tracking_number=somebody.tracking_number, message=entry)]
        )

        async with decade.release("0.1.0"):
            first, eve = await decade.open(), await decade.open()
            await decade.hear(first, "0.1.0")
            await decade.wait(first, 4)

        async with decade.release("0.2.0"):
            await decade.hear(first, "0.2.0")
            await decade.wait(first, 3)

        async with decade.release("0.3.0"):
            between = await decade.open()
            await decade.hear(first, "0.3.0")
            await decade.wait(first, 4)  # overdue from the ninth on
            os.kill(running.pid, signal.SIGKILL)
            await running.failure()
            await server.aclose()
            await server.enter_async_context(serving())
            await decade.wait(first, 2)

        async with decade.release("0.4.0"):
            after = await decade.open()
            await decade.hear(first, "0.4.0")
            await decade.wait(first, 7)
            await decade.wait(between, 9)
            while await decade.listed(instance, "ask-anew") != {
                first,
                eve,
            }:  # visibility follows after a moment
                await asyncio.sleep(0.1)

        async with decade.release("0.5.0"):
            later = await senders.book()
            assert (await senders.handle(later).result()).policy_edition == SECOND
            await decade.hear(first, "0.5.0")
            await decade.wait(first, 8)
            await decade.wait(after, 9)

        async with decade.release("0.6.0"):
            await decade.hear(first, "0.6.0")
            await decade.wait(first, 3)
        async with decade.release("0.5.0"):  # back, and on again
            await decade.wait(first, 1)
        async with decade.release("0.6.0"):
            scooter = amendment("a-1", "2030-01-07", charge_id="2", code=A_SCOOTER)
            await senders.send(first, "amendment", scooter)
            while (await senders.handle(first).query("case"))["messages_total"] < 8:
                await asyncio.sleep(0.02)
            await senders.send(first, "amendment", amendment("a-2", "2030-01-08", charge_id="2", code="22350"))
            await decade.wait(first, 8)
            assert await decade.asked(first, CHECK_DOCKET) == 40
            await decade.wait(eve, 9)

            # What stands before the wait, an open case passes by; what comes after it, all take.
            assert await decade.ways(first) == ({"ask-when-overdue"}, 1)
            assert await decade.ways(eve) == ({"ask-when-overdue"}, 1)
            assert await decade.ways(between) == ({"ask-anew", "ask-when-overdue"}, 2)
            assert await decade.ways(after) == ({"ask-anew", "ask-when-overdue"}, 2)

            late = conviction(decided_on=str(await decade.today(first) - A_QUARTER), docket_number="D-1")
            assert late["decided_on"] > "2036"
            for case in (first, first, between, after):
                await senders.send(case, "conviction", late if case == first else conviction())
            await senders.send(eve, "dismissal", dismissal())
            assert not await senders.broken_promises(
                registry, flagged=[first, between, after], cleared=[eve, later]
            )
            result = await senders.handle(first).result()
            assert (result.rule, result.grounds, result.policy_edition) == ("flag.convicted", ("c-1",), FIRST)
            assert not await decade.failed_tasks()

            parts = json.loads(await instance.gate("explain", str(first), "--json"))["parts"]
            explained = {part["title"]: part["lines"] for part in parts}
            came = [line.split(":", 2)[1].strip() for line in explained["What was received"]]
            assert came == [
                SIGNALS["booking"].reported_as,
                *[SIGNALS["court_update"].reported_as] * len(RELEASES),
                *[SIGNALS["amendment"].reported_as] * 2,
                SIGNALS["conviction"].reported_as,
            ]
            assert explained["What was rejected"][0].startswith(f"{len(RELEASES)} messages did not fit")
            assert "The case goes by the rules of 27 April 2012." in explained["The decision"]
