"""A worker's gauges beside the SDK's own metrics: its health, and the namespace's cases.

Every worker counts the cases of the whole namespace, once a minute and cheaply, so that no separate exporter
is needed: aggregate them by `max`, not by `sum`. Counters of workflows are in `workflows/meters.py`.
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

from conviction_gate.contracts.names import BOOKING_CASE, CASE_STATUS, WAITING_SINCE
from conviction_gate.temporal.queries import HISTORY_WITHIN, STUCK, needs_attention, unserved

COUNT_EVERY: Final = 60.0
"""Seconds."""
UPDATE_WITHIN: Final = 30.0
"""Seconds."""
OPEN_STATUSES: Final = ("awaiting_booking", "checking_history", "waiting_for_court", "needs_review")
WAIT_DAYS: Final = (30, 90, 365, 730, 1825)
"""For each: how many cases have waited for the court for more days."""

_OPEN: Final = f"WorkflowType = '{BOOKING_CASE}' AND ExecutionStatus = 'Running'"

_log = logging.getLogger(__name__)


class CaseGauges:
    """Gauges of the namespace's cases."""

    def __init__(self, client: Client, meter: MetricMeter, overdue_after: timedelta) -> None:
        self._client = client
        self._overdue_after = overdue_after
        gauge = meter.create_gauge
        self._open = gauge("conviction_gate_open_cases", "Open cases by status")
        self._attention = gauge("conviction_gate_attention_cases", "Open cases that need a person's attention")
        self._waiting = gauge("conviction_gate_waiting_cases", "Cases that wait for the court for more days")
        self._overdue = gauge("conviction_gate_overdue_cases", "Cases that wait for the court for too long")
        self._slow = gauge("conviction_gate_slow_history_cases", "Cases without a history for over an hour")
        self._stuck = gauge("conviction_gate_stuck_cases", "Cases and corrections that no worker can advance")
        self._unserved = gauge("conviction_gate_unserved_cases", "Cases and corrections that no worker serves")
        self._counted = gauge("conviction_gate_counted_timestamp_seconds", "When the cases were counted last")

    async def update(self) -> None:
        """Ask the server for each count, one after the other: nobody waits for them.

        Raises:
            RPCError: the server does not answer.
        """
        now = datetime.now(UTC)

        def before(span: timedelta) -> str:
            return (now - span).strftime("'%Y-%m-%dT%H:%M:%SZ'")

        for status in OPEN_STATUSES:
            self._open.set(await self._count(f"{CASE_STATUS.name} = '{status}'"), {"status": status})
        self._attention.set(await self._count(needs_attention(now)))
        waits = f"{CASE_STATUS.name} = 'waiting_for_court' AND {WAITING_SINCE.name} <"
        for days in WAIT_DAYS:
            count = await self._count(f"{waits} {before(timedelta(days=days))}")
            self._waiting.set(count, {"longer_than_days": days})
        self._overdue.set(await self._count(f"{waits} {before(self._overdue_after)}"))
        slow = f"{CASE_STATUS.name} = 'checking_history' AND StartTime < {before(HISTORY_WITHIN)}"
        self._slow.set(await self._count(slow))
        self._unserved.set((await self._client.count_workflows(unserved(now))).count)
        try:
            self._stuck.set((await self._client.count_workflows(STUCK)).count)
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise  # otherwise this server does not record them
        self._counted.set(int(time.time()))

    async def _count(self, condition: str) -> int:
        return (await self._client.count_workflows(f"{_OPEN} AND {condition}")).count


class HealthGauges:
    """Gauges of the health checks: 1 where there is no problem, 0 where there is one."""

    def __init__(self, meter: MetricMeter) -> None:
        self._ready = meter.create_gauge("conviction_gate_ready", "Whether this worker is ready")
        self._check = meter.create_gauge(
            "conviction_gate_check", "Whether a health check of this worker passes"
        )

    def update(self, problems: Mapping[str, str | None]) -> None:
        """`problems`: by check, None where there is none."""
        self._ready.set(int(not any(problems.values())))
        for check, problem in problems.items():
            self._check.set(int(not problem), {"check": check})


async def repeat(seconds: float, update: Callable[[], Awaitable[object]]) -> NoReturn:
    """Update at this interval until cancelled, also after an update that failed."""
    while True:
        try:
            async with asyncio.timeout(UPDATE_WITHIN):
                await update()
        except (RPCError, TimeoutError) as error:
            _log.warning(
                "metrics were not updated (%s); the next attempt is in %d s", type(error).__name__, seconds
            )
        await asyncio.sleep(seconds)
