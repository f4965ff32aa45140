"""The policy's property in the real workflow, on messages that nobody thought of.

They come in any order, more than once and years apart, while the worker restarts, keeps nothing in
its cache and cuts the case into short runs.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import worker
import workflows.booking_case
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.names import FLAG_CORRECTION
from conviction_gate.registry import Registry
from tests.support.workflow_cases import (
    amendment,
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    dismissal,
    finding,
    review_decision,
    start,
    submit,
)

QUEUE: Final = "booking-cases-property"
Sent = tuple[str, dict[str, Any]]
Step = Sent | str

# What may come -----------------------------------------------------------------------------------

A_CRIME: Final = "14601(a)"  # driving while suspended: minor traffic, and a misdemeanor in California
CODES: Final = (A_CRIME, "12951(a)")
CHARGES: Final = [{"charge_id": str(n), "scheme": "CA-VC", "code": code} for n, code in enumerate(CODES, 1)]

charge_ids = st.sampled_from(["1", "1", "2"])
days = st.sampled_from(["2012-05-20", "2012-06-01", "2012-06-10", "2012-06-20"])
convictions = st.builds(
    lambda charge, day, severity: conviction("", charge_id=charge, decided_on=day, severity=severity),
    charge_ids,
    days,
    st.sampled_from([None, "infraction", "misdemeanor", "felony"]),
)
dismissals = st.builds(
    lambda charge, day, word: dismissal("", charge_id=charge, decided_on=day, disposition=word),
    st.none() | charge_ids,
    days,
    st.sampled_from(["dismissed", "dismissed_without_prejudice", "vacated"]),
)
court_updates = st.builds(
    lambda charge, day, entry: court_update("", entry, charge_id=charge, occurred_on=day),
    st.none() | charge_ids,
    days,
    st.sampled_from(
        [
            "continuance",
            "deferred_with_plea",
            "appeal_filed",
            "appeal_affirmed",
            "appeal_reversed",
            "appeal_ended",
            "reinstated",
        ]
    ),
)
amendments = st.builds(
    lambda charge, day, code: amendment("", day, charge_id=charge, code=code),
    charge_ids,
    days,
    st.sampled_from(CODES),
)
corrections = st.builds(lambda number: correction("", f"m-{number}"), st.integers(0, 9))
# A person's stray click: nothing that is ever asked about minor traffic and a clean record.
clicks = st.builds(
    lambda charge, word: review_decision("", word, charge_id=charge),
    st.none() | charge_ids,
    st.sampled_from(["non_traffic", "dui", "history_not_clean"]),
)
messages = st.one_of(
    st.tuples(st.just("conviction"), convictions),
    st.tuples(st.just("dismissal"), dismissals),
    st.tuples(st.just("court_update"), court_updates),
    st.tuples(st.just("amendment"), amendments),
    st.tuples(st.just("correction"), corrections),
    st.tuples(st.just("review_decision"), clicks),
    st.tuples(st.just("conviction"), convictions),
    st.just(("conviction", {"message_id": "", "charge_id": "1"})),  # does not fit
)
RESTART, YEARS, AGAIN = "the worker restarts", "two years pass", "the last message comes again"
steps = st.lists(messages | st.sampled_from([RESTART, YEARS, AGAIN]), min_size=3, max_size=9)


def for_a_crime(sent: Sequence[Sent]) -> bool:
    """Whether a conviction for a crime was sent that no correction names: by its severity, or by the
    catalog's where the charge was ever the one that is a crime."""
    named = {message["corrects"] for name, message in sent if name == "correction"}
    filed = [message["charge"] for name, message in sent if name == "amendment"]
    filed += [charge for name, message in sent if name == "booking" for charge in message["charges"]]
    by_catalog = {charge["charge_id"] for charge in filed if charge["code"] == A_CRIME}
    return any(
        message["severity"] in ("misdemeanor", "felony")
        or (message["severity"] is None and message["charge_id"] in by_catalog)
        for name, message in sent
        if name == "conviction" and "severity" in message and message["message_id"] not in named
    )


# How it goes -------------------------------------------------------------------------------------


class Court:
    """Sends to one case as the contract says, and keeps its worker."""

    def __init__(self, server: WorkflowEnvironment, registry: Registry, working: AsyncExitStack) -> None:
        self.server, self.registry, self.working = server, registry, working
        self.case = case_id()
        self.handle: WorkflowHandle[Any, CaseResult] = server.client.get_workflow_handle(
            str(self.case), result_type=CaseResult
        )
        self.sent: list[Sent] = []

    async def restart(self) -> None:
        await self.working.aclose()
        started = worker.make_worker(self.server.client, self.registry, Settings(), task_queue=QUEUE)
        await self.working.enter_async_context(started)

    async def let_years_pass(self) -> None:
        """No flag for silence: the case's own clock goes on by more than its longest timer."""
        if await self.is_open():
            await self.server.fast_forward(self.handle, timedelta(days=800))

    async def send_again(self) -> None:
        if self.sent:
            await self.send(*self.sent[-1])

    async def send(self, name: str, message: dict[str, Any]) -> None:
        """By signal; once the case has ended, by `FlagCorrection`, except for what a person clicked."""
        self.sent.append((name, message))
        try:
            await self.handle.signal(name, message)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            if name != "review_decision":
                await self._correct(name, message)

    async def _correct(self, name: str, message: dict[str, Any]) -> None:
        named = {"agency": self.case.agency, "tracking_number": self.case.tracking_number, "type": name}
        correcting = await self.server.client.start_workflow(
            FLAG_CORRECTION,
            message | named,
            id=self.case.correction_id(f"{message['message_id']}-{len(self.sent)}"),
            task_queue=QUEUE,
        )
        await correcting.result()

    async def is_open(self) -> bool:
        """Whether the case goes on, all that was sent considered."""
        asked = court_update("asked", occurred_on="2012-05-15") | {"type": "court_update"}
        while (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            try:
                answer = await submit(self.handle, asked)
            except (RPCError, WorkflowUpdateFailedError):  # the run ended meanwhile; another may go on
                continue
            if answer.status in ("awaiting_booking", "waiting_for_court", "needs_review"):
                return True
        return False

    async def has_flag(self) -> bool:
        """Whether a flag on the case stands."""
        flags = [flag for flag in await self.registry.flags() if flag.case_id == str(self.case)]
        return any(flag.status == "active" for flag in flags)


@pytest.fixture
def short_lived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that keep no case in the cache, and cases that continue as new after three messages."""
    monkeypatch.setattr(worker, "Worker", partial(Worker, max_cached_workflows=0))
    monkeypatch.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())
    monkeypatch.setattr(workflows.booking_case, "MAX_MESSAGES_PER_RUN", 3)


@pytest.mark.timeout(600)  # a task lost with its worker comes again after ten seconds
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # what a clock and a worker had a part in shrinks badly
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=steps, booked_after=st.integers(0, 4))
async def test_nobody_is_flagged_before_a_conviction_for_a_crime(
    steps: list[Step],
    booked_after: int,
    server: WorkflowEnvironment,
    registry: Registry,
    short_lived: None,
) -> None:
    async with AsyncExitStack() as working:
        court = Court(server, registry, working)
        happenings = {RESTART: court.restart, YEARS: court.let_years_pass, AGAIN: court.send_again}
        booked = booking(court.case, charges=CHARGES)
        await court.restart()
        await start(server.client, court.case, None, task_queue=QUEUE)
        for number, step in enumerate([*steps[:booked_after], ("booking", booked), *steps[booked_after:]]):
            if isinstance(step, str):
                await happenings[step]()
            else:
                name, message = step
                # No correction names the booking, without which the case would wait for another one.
                message_id = "booked" if name == "booking" else f"m-{number}"
                await court.send(name, message | {"message_id": message_id})
            # One that is being written while its ground falls is withdrawn in a moment.
            uncorrected = [(name, message) for name, message in court.sent if name != "correction"]
            assert not await court.has_flag() or for_a_crime(uncorrected)

        was_open, had_flag = await court.is_open(), await court.has_flag()
        assert not had_flag or for_a_crime(court.sent)
        await court.send("amendment", amendment("filed anew", "2019-01-01", charge_id="1", code=A_CRIME))
        await court.send("conviction", conviction("last", charge_id="1", decided_on="2020-01-01"))
        result = await court.handle.result()
        assert await court.has_flag() == (was_open or had_flag)  # a clearance never becomes a flag
        assert not was_open or (result.outcome, result.rule) == ("flagged", "flag.convicted")
        await court.send("subject_finding", finding("f-1", "us_citizen"))
        assert not await court.has_flag()  # a flag whose ground fell is withdrawn
