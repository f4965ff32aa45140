"""How fast a long file is sent: as fast as its cases are told.

The server would take a message every few milliseconds, and a case takes a tenth of a second to act on
one. A booking that comes meanwhile stands in the same queue, behind all that was sent before it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from contracts.names import CaseId

AT_ONCE: Final = 50
"""Messages that go before anybody looks: a short file is sent as it is."""
TOGETHER: Final = 4
"""Messages between two looks; up to twice as many are sent that no case has acted on."""
PATIENCE: Final = 2.0
"""Seconds for which a look waits. Where no worker runs, waiting is of no use: each look that was
in vain doubles the messages up to the next one."""
BETWEEN: Final = 0.05  # seconds


class Pace:
    """`is_at_rest`: whether a case has nothing to do; one that is not there has nothing to do."""

    def __init__(self, is_at_rest: Callable[[CaseId], Awaitable[bool]]) -> None:
        self._is_at_rest = is_at_rest
        self._turn = asyncio.Lock()
        self._together = TOGETHER
        self._left = AT_ONCE
        self._latest: CaseId | None = None
        self._mark: CaseId | None = None

    async def turn(self) -> None:
        """Returns when the next message may go."""
        async with self._turn:
            if self._left == 0:
                # The mark of the time before: so there is always something to do, and never much.
                mark, self._mark = self._mark, self._latest
                if mark is not None:
                    self._together = TOGETHER if await self._rests(mark) else 2 * self._together
                self._left = self._together
            self._left -= 1

    def sent(self, case_id: CaseId) -> None:
        """The server has a message for this case."""
        self._latest = case_id

    async def _rests(self, case_id: CaseId) -> bool:
        until = monotonic() + PATIENCE
        while monotonic() < until:
            if await self._is_at_rest(case_id):
                return True
            await asyncio.sleep(BETWEEN)
        return False
