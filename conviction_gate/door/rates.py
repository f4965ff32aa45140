"""How much each caller may send: token buckets of requests and bytes, messages to one case in a day, and how
many requests at a time.

Each process of the door counts for itself, and starts anew when it is restarted.
"""

import math
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from conviction_gate.contracts.names import CaseId
from conviction_gate.door.callers import Caller

MAX_COUNTED: Final = 100_000
"""Pairs of caller and case that are counted at once; with more, those of the day are counted from the start."""

MAX_AT_ONCE: Final = 128
"""Requests of one caller that are answered at a time: a quarter of the connections that there are."""


class Bucket:
    """Holds a minute's worth. What is taken may exceed what is left, and delays the next ones for it."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._left = float(per_minute)
        self._at = clock()

    def take(self, amount: int = 1) -> int:
        """0 where it was taken; else in how many seconds there is something to take."""
        self._fill()
        if self._left < 1:
            return max(1, math.ceil((1 - self._left) * 60 / self.per_minute))
        self._left -= amount
        return 0

    def owe(self, amount: int) -> None:
        """Take what has been used already."""
        self._fill()
        self._left -= amount

    def _fill(self) -> None:
        now = self._clock()
        self._left = min(self._left + (now - self._at) * self.per_minute / 60, float(self.per_minute))
        self._at = now


class Rates:
    """What each caller has left. Every method returns 0, or after how many seconds to try again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests: dict[str, Bucket] = {}
        self._bytes: dict[str, Bucket] = {}
        self._day = datetime.now(UTC).date()
        self._messages: dict[tuple[str, CaseId], int] = {}
        self._now = Counter[str]()

    def begin(self, caller: Caller) -> int:
        """One request is answered from now on, until its `end`."""
        if self._now[caller.name] >= MAX_AT_ONCE:
            return 1
        self._now[caller.name] += 1
        return 0

    def end(self, caller: Caller) -> None:
        """One request has been answered."""
        self._now[caller.name] -= 1

    def request(self, caller: Caller) -> int:
        """One request begins. Where the caller has sent too many bytes, it waits too."""
        if wait := self._bucket(self._bytes, caller.name, caller.bytes_per_minute).take(0):
            return wait
        return self._bucket(self._requests, caller.name, caller.per_minute).take()

    def received(self, caller: Caller, amount: int) -> None:
        """So many bytes of a body arrived."""
        self._bucket(self._bytes, caller.name, caller.bytes_per_minute).owe(amount)

    def message(self, caller: Caller, case_id: CaseId) -> int:
        """One message to a case."""
        now = datetime.now(UTC)
        if now.date() != self._day or len(self._messages) >= MAX_COUNTED:
            self._day, self._messages = now.date(), {}
        key = caller.name, case_id
        sent = self._messages.get(key, 0)
        if sent >= caller.messages_per_case:
            tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            return max(1, math.ceil((tomorrow - now).total_seconds()))
        self._messages[key] = sent + 1
        return 0

    def _bucket(self, buckets: dict[str, Bucket], name: str, per_minute: int) -> Bucket:
        bucket = buckets.get(name)
        if bucket is None or bucket.per_minute != per_minute:  # the caller's file has changed
            bucket = buckets[name] = Bucket(per_minute, self._clock)
        return bucket
