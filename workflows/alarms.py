"""Durable timers by name, which survive messages: a 90-day timer is not started again by a signal."""

import asyncio
from datetime import datetime

from temporalio import workflow


class Alarms:
    """At most one timer of each name. What has rung waits to be taken."""

    def __init__(self) -> None:
        self._timers: dict[str, asyncio.Task[None]] = {}
        self.rung: list[str] = []

    @property
    def set(self) -> list[str]:
        """Names of the timers that are running."""
        return list(self._timers)

    def set_for(self, name: str, due: datetime, summary: str) -> None:
        """Start a timer that rings at `due`; one of that name that is running goes on."""
        if name not in self._timers:
            self._timers[name] = asyncio.create_task(self._ring(name, due, summary))

    def keep_only(self, *names: str) -> None:
        """Stop every other timer."""
        for name in [name for name in self._timers if name not in names]:
            self._timers.pop(name).cancel()
        self.rung = [name for name in self.rung if name in names]

    def clear(self) -> None:
        """Stop all timers."""
        self.keep_only()

    def take_rung(self) -> list[str]:
        """The names that rang since the last look, in the order in which they rang."""
        rung, self.rung = self.rung, []
        return rung

    async def _ring(self, name: str, due: datetime, summary: str) -> None:
        left = (due - workflow.now()).total_seconds()
        await workflow.sleep(max(left, 0), summary=summary)
        self._timers.pop(name, None)
        self.rung.append(name)
