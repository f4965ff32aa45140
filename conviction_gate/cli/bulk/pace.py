"""How fast a long file is sent: as fast as its cases are told.

The server would take a message every few milliseconds, and a case takes a tenth of a second to act on
one. A booking that comes meanwhile stands in the same queue, behind all that was sent before it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar

from conviction_gate.contracts.names import CaseId

T = TypeVar("T")

AT_ONCE: Final = 50
"""Messages that go before anybody looks: a short file is sent as it is."""
AHEAD: Final = 3
"""Messages, after those, that are sent and that no case has acted on."""
PATIENCE: Final = 2.0
"""Seconds for which a look waits. Where no worker runs waiting is of no use: after each look in vain
twice as many messages go without one."""
BETWEEN: Final = 0.05  # seconds


class Pace:
    """`is_at_rest`: whether a case has nothing to do; one that is not there has nothing to do.
    `stop`: once it is set nobody waits any more."""

    def __init__(self, is_at_rest: Callable[[CaseId], Awaitable[bool]], stop: asyncio.Event) -> None:
        self._is_at_rest = is_at_rest
        self._stop = stop
        self._turn = asyncio.Lock()
        self._sent: deque[CaseId] = deque(maxlen=AHEAD)
        self._free = AT_ONCE
        self._in_vain = 1

    async def send(self, message: Callable[[], Awaitable[T]], case_id: CaseId) -> T:
        """Send a message to a case when it is its turn."""
        async with self._turn:
            if not self._free:
                await self._make_room()
            if not self._free:
                return await self._now(message, case_id)
            self._free -= 1
        return await self._now(message, case_id)

    async def _now(self, message: Callable[[], Awaitable[T]], case_id: CaseId) -> T:
        answer = await message()
        self._sent.append(case_id)
        return answer

    async def _make_room(self) -> None:
        if len(self._sent) < AHEAD:
            return
        if await self._rests(self._sent.popleft()):
            self._in_vain = 1
        else:
            self._in_vain *= 2
            self._free = self._in_vain

    async def _rests(self, case_id: CaseId) -> bool:
        until = monotonic() + PATIENCE
        while monotonic() < until and not self._stop.is_set():
            if await self._is_at_rest(case_id):
                return True
            await asyncio.sleep(BETWEEN)
        return False
