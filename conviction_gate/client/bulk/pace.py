"""How fast a long file is sent: as fast as the cases handle its messages.

The server accepts a message every few milliseconds, and a case takes a tenth of a second to handle one.
A booking that arrives meanwhile waits in the same task queue, behind everything sent before it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar

from conviction_gate.contracts.names import CaseId

T = TypeVar("T")

UNPACED: Final = 50
"""Messages that are sent at once, so that a short file does not wait."""
AHEAD: Final = 4
"""After those, messages that are sent and not handled yet."""
WAIT: Final = 2.0
"""Seconds to wait for a case. Where no worker runs waiting is pointless: after each wait that times out,
twice as many messages are sent without one."""
POLL_EVERY: Final = 0.02  # seconds


class Pace:
    """Delays messages until the cases have handled earlier ones.

    `is_idle`: whether a case has nothing left to do; so has one that does not exist.
    `stop`: once it is set, nothing waits any more.
    """

    def __init__(self, is_idle: Callable[[CaseId], Awaitable[bool]], stop: asyncio.Event) -> None:
        self._is_idle = is_idle
        self._stop = stop
        self._turn = asyncio.Lock()
        self._sent: deque[CaseId] = deque(maxlen=AHEAD)
        self._free = UNPACED
        self._unpaced = 1

    async def send(self, message: Callable[[], Awaitable[T]], case_id: CaseId) -> T:
        """Send a message to a case once it is its turn."""
        async with self._turn:
            if not self._free:
                await self._wait_for_room()
            if not self._free:
                return await self._now(message, case_id)
            self._free -= 1
        return await self._now(message, case_id)

    async def _now(self, message: Callable[[], Awaitable[T]], case_id: CaseId) -> T:
        answer = await message()
        self._sent.append(case_id)
        return answer

    async def _wait_for_room(self) -> None:
        if len(self._sent) < AHEAD:
            return
        if await self._becomes_idle(self._sent.popleft()):
            self._unpaced = 1
        else:
            self._unpaced *= 2
            self._free = self._unpaced

    async def _becomes_idle(self, case_id: CaseId) -> bool:
        until = monotonic() + WAIT
        while monotonic() < until and not self._stop.is_set():
            if await self._is_idle(case_id):
                return True
            await asyncio.sleep(POLL_EVERY)
        return False
