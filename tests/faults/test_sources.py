"""Sources that are slow, wrong, down for days, and right at last.

On the older time-skipping server: on it the pauses between an activity's tries pass in simulated time.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import CHECK_DOCKET, CHECK_HISTORY
from conviction_gate.contracts.names import SEARCH_ATTRIBUTES, TASK_QUEUE
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from conviction_gate.sources import http, open_sources
from tests.support.proxy import How, Proxy, proxy
from tests.support.senders import Senders
from tests.support.state_repository import Answer, StateRepository, answer_with, clean, record, state_repository
from tests.support.workflow_cases import booking, case_id, conviction, dismissal, settled, start, view
from worker import make_worker

Handle = WorkflowHandle[Any, CaseResult]
TEN_MINUTES, AN_HOUR, A_DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter,
        test_server_existing_path=str(Path(sys.executable).with_name("temporal-test-server")),
    ) as environment:
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=environment.client.namespace,
                search_attributes={key.name: key.indexed_value_type for key in SEARCH_ATTRIBUTES},
            )
        )
        # Time passes when a test says so: waiting for one result would skip another case's whole life.
        with environment.auto_time_skipping_disabled():
            yield environment


@asynccontextmanager
async def asking(
    environment: WorkflowEnvironment,
    registry: Registry,
    *,
    task_queue: str = TASK_QUEUE,
    history: StateRepository | Proxy | None = None,
    docket: StateRepository | Proxy | None = None,
) -> AsyncIterator[None]:
    """The real worker, asking these http."""
    settings = Settings(history_url=history and history.url, docket_url=docket and docket.url)
    async with (
        open_sources(settings.history, settings.docket) as asked,
        make_worker(environment.client, registry, settings, asked, task_queue=task_queue),
    ):
        yield


async def last_error(handle: Handle, activity: str) -> str:
    """What the web UI shows of a pending activity."""
    described = (await handle.describe()).raw_description
    (pending,) = (a for a in described.pending_activities if a.activity_type.name == activity)
    return pending.last_failure.message


async def let_pass(environment: WorkflowEnvironment, span: timedelta) -> None:
    """Let simulated time pass, however long that takes: `environment.sleep` gives up after a minute."""
    request = SleepRequest()
    request.duration.FromTimedelta(span)
    await environment.client.test_service.unlock_time_skipping_with_sleep(request, timeout=7 * A_DAY)


async def test_a_history_source_that_is_slow_wrong_down_for_days_and_right_at_last(
    skipping: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_WITHIN", 0.1)
    repository = StateRepository()
    stages: list[tuple[Callable[[], Any], str]] = [  # each lasts a quarter of a day
        (repository.down, "cannot be reached"),
        (repository.up, ""),
        (lambda: turn(repository, answer_with({}, 503)), "answered 503"),
        (lambda: turn(repository, lambda question: (200, b"<html>maintenance</html>")), "is not valid"),
        (lambda: turn(repository, record, stalls=True), "did not answer within"),
        (lambda: turn(repository, answer_with({"subject": {"fbi_number": "another"}})), "about another person"),
    ]
    async with asking(skipping, registry, history=repository):
        cases = [case_id() for _ in range(2)]
        handles = [await start(skipping.client, case, booking(case)) for case in cases]
        await handles[0].signal("conviction", conviction())
        for begins, reason in stages:
            begins()
            if reason:
                await let_pass(skipping, A_DAY / 4)
                for handle in handles:
                    assert reason in await last_error(handle, CHECK_HISTORY)
                    assert (await view(handle)).status == "checking_history"
        assert not {flag.case_id for flag in await registry.flags()} & {handle.id for handle in handles}
        turn(repository, record)
        await let_pass(skipping, 2 * TEN_MINUTES)
        assert (await handles[0].result()).rule == "flag.convicted"
        await settled(handles[1], "waiting_for_court")
        await handles[1].signal("dismissal", dismissal())
        assert (await handles[1].result()).outcome == "cleared"
    repository.down()


def turn(repository: StateRepository, answer: Answer, *, stalls: bool = False) -> None:
    repository.answer, repository.stalls = answer, stalls


# What a case costs the skipping server grows with the number of its cases: two hundred are ten times twenty.
TAKES_MINUTES = [pytest.mark.soak, pytest.mark.timeout(3600)]


@pytest.mark.parametrize(
    "cases", [2, *(pytest.param(20, marks=TAKES_MINUTES, id=f"20 cases, {n} of 10") for n in range(1, 11))]
)
async def test_a_week_without_histories_decides_nothing_and_asks_patiently(
    cases: int, skipping: WorkflowEnvironment, registry: Registry
) -> None:
    """No case asks more often than once in ten minutes once the first hour is over."""
    repository = StateRepository(answer_with({}, 503)).up()
    async with asking(skipping, registry, history=repository):
        ids = [case_id() for _ in range(cases)]
        handles = [await start(skipping.client, case, booking(case)) for case in ids]
        began: datetime = await skipping.get_current_time()
        await let_pass(skipping, AN_HOUR)
        in_the_first_hour = dict(repository.asked)
        await let_pass(skipping, 7 * A_DAY)
        passed = await skipping.get_current_time() - began - AN_HOUR
        for question, asked in repository.asked.items():
            later = asked - in_the_first_hour[question]
            assert later <= passed / TEN_MINUTES + 1
            assert later >= passed / TEN_MINUTES * 0.9
        assert len(repository.asked) == cases
        for handle in handles:
            assert (await view(handle)).status == "checking_history"
        ours = {handle.id for handle in handles}
        assert not {flag.case_id for flag in await registry.flags()} & ours
        repository.answer = clean
        await let_pass(skipping, 2 * TEN_MINUTES)
        for handle in handles[1:]:
            await settled(handle, "waiting_for_court")
            await handle.signal("dismissal", dismissal())
        await settled(handles[0], "waiting_for_court")
        await handles[0].signal("conviction", conviction())
        assert [(await handle.result()).outcome for handle in handles] == ["flagged"] + ["cleared"] * (
            cases - 1
        )
    repository.down()


FLAPPING: list[How] = ["cut at once", "silent", "cut in the answer"] * 2


async def test_sources_that_flap_decide_nothing_until_a_whole_answer_comes(
    skipping: WorkflowEnvironment, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers break off, stall and come late, at two services at once."""
    monkeypatch.setattr(http, "ANSWER_WITHIN", 0.5)
    senders = Senders(skipping.client, skipping.get_current_time)
    convicted = answer_with({"messages": [{"type": "conviction"} | conviction()]})
    with state_repository(record) as histories, state_repository(convicted) as court:
        async with (
            proxy(histories.url) as history,
            proxy(court.url) as docket,
            asking(skipping, registry, history=history, docket=docket),
        ):
            history.treat(FLAPPING, "cut in the answer")
            docket.treat(FLAPPING, "late")
            dismissed, convicted_later = [await senders.book() for _ in range(2)]
            await senders.send(dismissed, "dismissal", dismissal())
            await let_pass(skipping, A_DAY / 4)
            assert history.asked > len(FLAPPING)
            for case in (dismissed, convicted_later):
                assert (await view(senders.handle(case))).status == "checking_history"
            history.treat([], "late")
            await let_pass(skipping, AN_HOUR)
            await settled(senders.handle(convicted_later), "waiting_for_court")
            await senders.expect(convicted_later, "conviction", conviction())
            await let_pass(skipping, 91 * A_DAY)
            assert not await senders.broken_promises(registry, cleared=[dismissed], flagged=[convicted_later])
            assert docket.asked == len(FLAPPING) + 1


# -- the docket: on the server whose timers skip -----------------------------------------------------

COURT = "booking-cases-court-service"


@pytest.mark.parametrize(
    ("name", "message", "outcome"),
    [("conviction", conviction(), "flagged"), ("dismissal", dismissal(), "cleared")],
)
async def test_a_court_service_brings_what_no_signal_brought(
    name: str, message: dict[str, Any], outcome: str, server: WorkflowEnvironment, registry: Registry
) -> None:
    court = StateRepository(answer_with({"messages": [{"type": name} | message]})).up()
    async with asking(server, registry, docket=court, task_queue=COURT):
        case = case_id()
        handle = await start(server.client, case, booking(case), task_queue=COURT)
        await settled(handle, "waiting_for_court")
        assert not court.asked
        await server.fast_forward(handle, timedelta(days=90, hours=1))
        assert (await handle.result()).outcome == outcome
    assert court.asked == {f"agency={case.agency}&tracking_number={case.tracking_number}": 1}
    court.down()


async def test_a_court_service_that_is_down_holds_up_no_signal(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    court = StateRepository()
    async with asking(server, registry, docket=court, task_queue=COURT):
        case = case_id()
        handle = await start(server.client, case, booking(case), task_queue=COURT)
        await settled(handle, "waiting_for_court")
        skipping = asyncio.create_task(server.fast_forward(handle, timedelta(days=91)))
        while not (await handle.describe()).raw_description.pending_activities:
            await asyncio.sleep(0.02)
        while "cannot be reached" not in await last_error(handle, CHECK_DOCKET):
            await asyncio.sleep(0.02)
        assert (await view(handle)).status == "waiting_for_court"
        await handle.signal("conviction", conviction())
        assert (await handle.result()).rule == "flag.convicted"
        skipping.cancel()  # it waits for the look-up, which nobody waits for any more


async def test_a_court_service_that_comes_back_is_asked_again_after_the_usual_time(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    court = StateRepository()
    async with asking(server, registry, docket=court, task_queue=COURT):
        case = case_id()
        handle = await start(server.client, case, booking(case), task_queue=COURT)
        first = await settled(handle, "waiting_for_court")
        skipping = asyncio.create_task(server.fast_forward(handle, timedelta(days=91)))
        while (await view(handle)).next_docket_check_at is not None:
            await asyncio.sleep(0.02)
        court.up()
        await skipping
        while (seen := await view(handle)).next_docket_check_at is None:
            await asyncio.sleep(0.02)
        assert first.next_docket_check_at is not None
        assert seen.next_docket_check_at >= first.next_docket_check_at + timedelta(days=90)
        court.answer = answer_with({"messages": [{"type": "dismissal"} | dismissal()]})
        await server.fast_forward(handle, timedelta(days=91))
        assert (await handle.result()).outcome == "cleared"
    court.down()


async def test_fifteen_years_and_sixty_docket_checks_end_right(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    court = StateRepository().up()
    async with asking(server, registry, docket=court, task_queue=COURT):
        case = case_id()
        handle = await start(server.client, case, booking(case), task_queue=COURT)
        await settled(handle, "waiting_for_court")
        await server.fast_forward(handle, timedelta(days=60 * 90, hours=1))
        while court.asked.total() < 60 or (await view(handle)).next_docket_check_at is None:
            await asyncio.sleep(0.02)
        seen = await view(handle)
        assert seen.waiting_since is not None
        assert seen.next_docket_check_at is not None
        assert seen.next_docket_check_at - seen.waiting_since >= timedelta(days=61 * 90)
        assert (seen.status, seen.needs_attention) == ("waiting_for_court", True)
        decided = conviction(decided_on="2027-05-02")
        court.answer = answer_with({"messages": [{"type": "conviction"} | decided]})
        await server.fast_forward(handle, timedelta(days=91))
        assert (await handle.result()).rule == "flag.convicted"
        assert (await handle.describe()).history_length < 1500
    court.down()
