"""What Prometheus reads of a worker beside the SDK's own numbers: how the namespace's cases stand.

Every worker counts them, once a minute and cheaply, so that no exporter has to be run beside the workers:
take `max` of them, not `sum`. What workflows count, `workflows/meters.py` tells.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.contracts.names import (
    BOOKING_CASE,
    CASE_STATUS,
    FLAG_CORRECTION,
    NEEDS_ATTENTION,
    TASK_QUEUE,
    WAITING_SINCE,
)

COUNTED_EVERY: Final = 60.0
ANSWER_WITHIN: Final = 30.0
"""Seconds."""
OPEN_STATUSES: Final = ("awaiting_booking", "checking_history", "waiting_for_court", "needs_review")
WAITS: Final = (30, 90, 365, 730, 1825)
"""Days; how many cases have waited for the court for longer, each is counted."""
HISTORY_WITHIN: Final = timedelta(hours=1)
"""A history that takes longer is one that somebody should ask after."""

STUCK: Final = (
    f"WorkflowType IN ('{BOOKING_CASE}', '{FLAG_CORRECTION}') AND TaskQueue = '{TASK_QUEUE}' "
    "AND TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"
)
"""Kept by the server where its dynamic configuration has a number of failures running that make a problem."""

_OPEN: Final = f"WorkflowType = '{BOOKING_CASE}' AND ExecutionStatus = 'Running'"

_log = logging.getLogger(__name__)


class Cases:
    """The gauges of the namespace's cases."""

    def __init__(self, client: Client, meter: MetricMeter, overdue_after: timedelta) -> None:
        self._client = client
        self._overdue_after = overdue_after
        gauge = meter.create_gauge
        self._open = gauge("conviction_gate_open_cases", "Open cases by status")
        self._attention = gauge("conviction_gate_attention_cases", "Open cases that need a person's attention")
        self._waiting = gauge("conviction_gate_waiting_cases", "Cases that wait for the court for more days")
        self._overdue = gauge("conviction_gate_overdue_cases", "Cases that wait for the court for too long")
        self._slow = gauge("conviction_gate_slow_history_cases", "Cases without a history for over an hour")
        self._stuck = gauge(
            "conviction_gate_stuck_cases", "Cases and corrections that no worker can go on with"
        )
        self._counted = gauge("conviction_gate_counted_timestamp_seconds", "When the cases were counted last")

    async def count(self) -> None:
        """Ask the server for each number, one after the other: nobody waits for them.

        Raises:
            RPCError: the server does not say.
        """
        now = datetime.now(UTC)

        def before(span: timedelta) -> str:
            return (now - span).strftime("'%Y-%m-%dT%H:%M:%SZ'")

        for status in OPEN_STATUSES:
            self._open.set(await self._count(f"{CASE_STATUS.name} = '{status}'"), {"status": status})
        self._attention.set(await self._count(f"{NEEDS_ATTENTION.name} = true"))
        waits = f"{CASE_STATUS.name} = 'waiting_for_court' AND {WAITING_SINCE.name} <"
        for days in WAITS:
            count = await self._count(f"{waits} {before(timedelta(days=days))}")
            self._waiting.set(count, {"longer_than_days": days})
        self._overdue.set(await self._count(f"{waits} {before(self._overdue_after)}"))
        asked = f"{CASE_STATUS.name} = 'checking_history' AND StartTime < {before(HISTORY_WITHIN)}"
        self._slow.set(await self._count(asked))
        try:
            self._stuck.set((await self._client.count_workflows(STUCK)).count)
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise  # else a server that keeps no record of them
        self._counted.set(int(time.time()))

    async def _count(self, condition: str) -> int:
        return (await self._client.count_workflows(f"{_OPEN} AND {condition}")).count


class Verdicts:
    """The gauges of what the health checks found: 1 where a thing is well, 0 where it is not."""

    def __init__(self, meter: MetricMeter) -> None:
        self._ready = meter.create_gauge("conviction_gate_ready", "Whether this worker is ready")
        self._check = meter.create_gauge("conviction_gate_check", "Whether a check of this worker is well")

    def tell(self, found: Mapping[str, str | None]) -> None:
        """`found`: by check what is wrong, None where nothing is."""
        self._ready.set(int(not any(found.values())))
        for check, wrong in found.items():
            self._check.set(int(not wrong), {"check": check})


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Do it again and again, until cancelled; what the server does not answer is asked again next time."""
    while True:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await work()
        except (RPCError, TimeoutError) as error:
            _log.warning(
                "the cases were not counted (%s); the next try is in %d s", type(error).__name__, seconds
            )
        await asyncio.sleep(seconds)
