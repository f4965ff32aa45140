"""The server and the registry, each restored from another day: no flag is lost, none is doubled."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.runs import describe
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import Flag
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_booking, read_message
from conviction_gate.devserver.embedded import embedded
from conviction_gate.devserver.temporal_server import DYNAMIC_CONFIG
from conviction_gate.registry import Registry
from conviction_gate.restore.comparison import run_chain
from conviction_gate.temporal.connect import connect
from tests.support.instance import COMPARED, Instance
from tests.support.postgres import Postgres
from tests.support.sent_messages import a_booking, a_conviction

AGENCY = "CAZZ00777"
WHY = ("--reason", "refiled as 14CR-7", "--by", "clerk-7")


def case_id(number: str) -> CaseId:
    return CaseId(AGENCY, number)


def booking(number: str) -> Booking:
    return read_booking(json.dumps(a_booking(number, agency=AGENCY)))


def conviction(number: str, **more: Any) -> Message:
    return read_message("conviction", json.dumps(a_conviction(number, **more)))


def dismissal(number: str, **more: Any) -> Message:
    ended = {"message_id": f"d-{number}", "charge_id": "1", "decided_on": "2013-07-15"}
    return read_message("dismissal", json.dumps(ended | {"disposition": "dismissed"} | more))


def vacated(number: str) -> Message:
    """After a conviction it leaves nothing to wait for, so that the case does not run again by itself."""
    return dismissal(number, message_id=f"v-{number}", decided_on="2014-02-01", disposition="vacated")


def correction(number: str) -> Message:
    """It leaves the charge to wait for, so that the case runs again by itself."""
    said = {"message_id": f"k-{number}", "corrects": f"court-{number}", "ground": "clerical_error"}
    return read_message("correction", json.dumps(said | {"corrected_on": "2014-02-01"}))


def citizen(number: str) -> Message:
    found = {"message_id": f"f-{number}", "finding": "us_citizen", "found_on": "2013-08-01", "source": "desk"}
    return read_message("subject_finding", json.dumps(found))


def _all_but_registry(_: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith("registry.db")]


class Days:
    """Cases in a instance, whose server and registry can be brought back as they were on another day."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.sent: list[tuple[str, Message]] = []
        self._cases: CaseClient | None = None

    @asynccontextmanager
    async def up(self, *, worker: bool = True) -> AsyncIterator[None]:
        ports = {"port": self.instance.port, "ui_port": self.instance.ui_port}
        async with (
            embedded(data=self.instance.data, worker=worker, **ports),
            await Registry.open(Settings().registry) as registry,
        ):
            self._cases = CaseClient(await connect(), registry)
            yield

    @property
    def cases(self) -> CaseClient:
        assert self._cases is not None
        return self._cases

    async def tell(self, *messages: tuple[str, Message]) -> None:
        """Send each to its case."""
        self.sent += messages
        for number, message in messages:
            await self.cases.send(message, case_id(number))

    async def send_all_again(self) -> None:
        for number, message in self.sent:
            await self.cases.send(message, case_id(number))

    async def until(self, status: str, *numbers: str) -> None:
        for number in numbers:
            while (view := await self.cases.case(case_id(number))) is None or view.status != status:
                await asyncio.sleep(0.05)

    async def withdrawn(self, *numbers: str) -> None:
        for number in numbers:
            while not any(f.tracking_number == number and f.status == "withdrawn" for f in await self.flags()):
                await asyncio.sleep(0.05)

    async def evening(self, name: str) -> Path:
        """A copy of all there is; nothing runs."""
        return shutil.copytree(self.instance.data, self.instance.data.with_name(name))

    async def restore(self, *, server: Path, registry: Path) -> None:
        """Both as they were when they were copied."""
        shutil.rmtree(self.instance.data)
        shutil.copytree(server, self.instance.data, ignore=shutil.ignore_patterns("registry.db*"))
        shutil.copytree(registry, self.instance.data, ignore=_all_but_registry, dirs_exist_ok=True)

    async def compared(self) -> dict[str, str]:
        """What `doctor --compare` finds differing."""
        found = json.loads(await self.instance.gate("doctor", "--compare", "--json", code=None))
        by_name = {one["check"]: one for one in found}
        return {name: by_name[name]["found"] for name in COMPARED if by_name[name]["level"] != "ok"}

    async def flags(self) -> list[Flag]:
        return sorted(await self.cases.flags(), key=lambda flag: (flag.case_id, flag.flagged_at))


class DaysOnPostgreSQL(Days):
    """The same with the registry in a database of a server, whose copies are databases too."""

    def __init__(self, instance: Instance, postgres: Postgres, database: str) -> None:
        super().__init__(instance)
        self._postgres, self._database = postgres, database

    async def evening(self, name: str) -> Path:
        await self._postgres.execute(f"CREATE DATABASE {name} TEMPLATE {self._database}")
        return await super().evening(name)

    async def restore(self, *, server: Path, registry: Path) -> None:
        await super().restore(server=server, registry=registry)
        await self._postgres.execute(f"DROP DATABASE {self._database}")
        await self._postgres.execute(f"CREATE DATABASE {self._database} TEMPLATE {registry.name}")


@pytest.fixture
def days(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Days:
    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    return Days(instance)


@pytest.fixture
async def days_on_postgresql(
    instance: Instance, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Days]:
    async with postgres.database() as database:
        monkeypatch.setenv("CONVICTION_GATE_REGISTRY_URL", postgres.url(database))
        for name, value in instance.environment.items():
            monkeypatch.setenv(name, value)
        yield DaysOnPostgreSQL(instance, postgres, database)


@pytest.mark.usefixtures("encrypted")
async def test_both_ways(days: Days) -> None:
    gate = days.instance.gate
    numbers = ("kept", "withdrawn", "reopened", "waits-again", "flagged", "told", "cleared", "both", "twice")
    async with days.up():
        await days.tell(*((number, booking(number)) for number in numbers))
        await days.tell(*((number, conviction(number)) for number in ("kept", "withdrawn", "both", "early")))
        await days.tell(*((number, dismissal(number)) for number in ("reopened", "waits-again")))
        await days.until("flagged", "kept", "withdrawn", "both")
        await days.until("cleared", "reopened", "waits-again")
        await days.until("waiting_for_court", "flagged", "told", "cleared", "twice")
        await days.until("awaiting_booking", "early")
    monday = await days.evening("monday")

    async with days.up():
        await days.tell(*((number, booking(number)) for number in ("new", "waits", "early")))
        await days.tell(("cleared", dismissal("cleared")))
        await days.tell(("withdrawn", vacated("withdrawn")), ("twice", conviction("twice")))
        await days.until("flagged", "twice")
        await days.tell(*((number, correction(number)) for number in ("both", "twice")))
        await days.withdrawn("withdrawn", "both", "twice")
        for number in ("reopened", "waits-again"):
            await gate("reopen", str(case_id(number)), *WHY)
        await days.until("waiting_for_court", "reopened", "waits-again", "both", "twice", "waits")
        await days.tell(*((number, conviction(number)) for number in ("reopened", "flagged", "told", "new")))
        again = conviction("both", message_id="court-again", decided_on="2014-03-01")
        await days.tell(("both", again), ("twice", again))
        await days.until("flagged", "reopened", "flagged", "told", "new", "both", "twice", "early")
        await days.until("cleared", "cleared")
        flags = await days.flags()
    tuesday = await days.evening("tuesday")
    assert [(flag.tracking_number, flag.status) for flag in flags] == [
        ("both", "withdrawn"),
        ("both", "active"),
        ("early", "active"),
        ("flagged", "active"),
        ("kept", "active"),
        ("new", "active"),
        ("reopened", "active"),
        ("told", "active"),
        ("twice", "withdrawn"),
        ("twice", "active"),
        ("withdrawn", "withdrawn"),
    ]

    # The registry is of the day before.
    await days.restore(server=tuesday, registry=monday)
    async with days.up(worker=False):
        lost = await days.compared()
        assert lost.keys() == {"lost writes"}
        assert lost["lost writes"].startswith("12 whose writes the registry has lost: booking-case:")
        assert [flag.status for flag in await days.flags()] == ["active"] * 3
        said = await gate("reconcile")
        assert said.endswith("12 reconciled, 0 not\n")
        assert await days.flags() == flags
        assert await days.compared() == {}
        assert await gate("reconcile") == "0 reconciled, 0 not\n"
    async with days.up():
        await days.send_all_again()
        await days.cases.send(again, case_id("waits-again"))
        await days.until("flagged", "waits-again")
        assert [flag for flag in await days.flags() if flag.tracking_number != "waits-again"] == flags

    # The server is of the day before.
    await days.restore(server=monday, registry=tuesday)
    async with days.up(worker=False):
        # Of one, all that the server had was lost; another is told something before anybody compares.
        await days.cases.start_again(booking("cleared"), instead=True)
        await days.cases.send(citizen("told"), case_id("told"))
        behind = await days.compared()
        assert behind.keys() == {"outdated cases", "idle cases", "ended in the registry only"}
        assert behind["outdated cases"].startswith(
            "4 open and without what the registry holds of them: booking"
        )
        assert behind["idle cases"].endswith(f"for them: {case_id('waits-again')}")
        assert behind["ended in the registry only"].startswith(
            "3 whose end the registry has and the server does not: "
        )
        said = await gate("reconcile")
        assert said.endswith("5 reconciled, 0 not\n")
        assert (await days.compared()).keys() == {"ended in the registry only"}
    async with days.up():
        await days.until("flagged", "flagged", "early")
        await days.withdrawn("told")
        await days.until("waiting_for_court", "waits-again")
        await days.send_all_again()
        await days.until("waiting_for_court", "waits")
        assert not await days.cases.is_open(case_id("cleared"))
        now = await days.flags()
        assert [flag for flag in now if flag.tracking_number != "told"] == [
            flag for flag in flags if flag.tracking_number != "told"
        ]
        assert len(now) == len(flags)


def update(number: int) -> Message:
    """One more continuance."""
    entry = {"message_id": f"u-{number}", "charge_id": "1", "occurred_on": "2012-09-03"}
    return read_message("court_update", json.dumps(entry | {"entry": "continuance"}))


async def test_cases_of_several_runs_and_a_registry_on_a_server(
    days_on_postgresql: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the registry knows, or lost, was told to runs before the one that is open or ended."""
    monkeypatch.setitem(DYNAMIC_CONFIG, "limit.historyCount.suggestContinueAsNew", "40")
    days, gate, updates = days_on_postgresql, days_on_postgresql.instance.gate, count()

    async def runs(number: str) -> int:
        client = await connect()
        latest = await describe(client, str(case_id(number)))
        assert latest is not None
        assert latest.run_id is not None
        return len(await run_chain(client, latest.id, latest.run_id))

    async def lengthen(*numbers: str, to: int) -> None:
        for number in numbers:
            while await runs(number) < to:
                await days.tell(*((number, update(next(updates))) for _ in range(20)))
            await days.until("waiting_for_court", number)

    async with days.up():
        await days.tell(*((number, booking(number)) for number in ("told", "flagged", "reopened", "both")))
        await days.tell(*((number, dismissal(number)) for number in ("reopened", "both")))
        await days.until("cleared", "reopened", "both")
        await lengthen("told", "flagged", to=3)
    monday = await days.evening("monday")

    async with days.up():
        for number in ("reopened", "both"):
            await gate("reopen", str(case_id(number)), *WHY)
        await days.until("waiting_for_court", "reopened", "both")
        await lengthen("reopened", "both", to=3)
        await lengthen("flagged", to=4)
        await days.tell(*((number, conviction(number)) for number in ("told", "flagged")))
        await days.tell(("both", conviction("both", decided_on="2014-03-01")))
        await days.until("flagged", "told", "flagged", "both")
        flags = await days.flags()
    tuesday = await days.evening("tuesday")
    assert [flag.tracking_number for flag in flags] == ["both", "flagged", "told"]

    # The registry is of the day before.
    await days.restore(server=tuesday, registry=monday)
    async with days.up(worker=False):
        lost = await days.compared()
        assert lost.keys() == {"lost writes"}
        assert lost["lost writes"].startswith("4 whose writes the registry has lost: ")
        assert (await gate("reconcile")).endswith("4 reconciled, 0 not\n")
        assert await days.flags() == flags
        assert await days.compared() == {}
    async with days.up():
        await days.tell(("reopened", conviction("reopened", decided_on="2014-03-01")))
        await days.until("flagged", "reopened")
        assert [flag for flag in await days.flags() if flag.tracking_number != "reopened"] == flags

    # The server is of the day before.
    await days.restore(server=monday, registry=tuesday)
    async with days.up(worker=False):
        await days.cases.send(citizen("told"), case_id("told"))
        behind = await days.compared()
        assert behind.keys() == {"outdated cases", "idle cases", "ended in the registry only"}
        assert behind["outdated cases"].startswith("2 open and without what the registry holds of them: ")
        assert (await gate("reconcile")).endswith("3 reconciled, 0 not\n")
        assert (await days.compared()).keys() == {"ended in the registry only"}
    async with days.up():
        await days.until("flagged", "flagged")
        await days.withdrawn("told")
        await days.until("waiting_for_court", "reopened")
        assert len(await days.flags()) == len(flags)
