"""Work on a session, in a transaction of its own: in a thread beside the event loop, or by an async driver.

What is to be done is written once, as plain functions of a session, and either way can run it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final, Protocol, TypeVar

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

T = TypeVar("T")

WAIT_SECONDS: Final = 4
"""How long a transaction waits for its turn, or for a connection. With the wait for one of another process
it stays below an activity's ten seconds: a worker that waits in vain says so, and is not just late."""


class Transactions(Protocol):
    """On one database, one after the other or several at a time."""

    async def do(self, work: Callable[[Session], T]) -> T:
        """Do all of `work`, or nothing of it where it raises."""

    async def close(self) -> None:
        """Give the connections back, once what is under way has ended."""


class InThread:
    """One at a time, in the order in which they were asked for, so that nobody starves.

    A whole transaction takes one way to the thread and back; an async driver takes one for each step
    of each statement, which costs more than SQLite itself.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")

    async def do(self, work: Callable[[Session], T]) -> T:
        asked = monotonic()

        def in_turn() -> T:
            if monotonic() - asked > WAIT_SECONDS:
                raise TimeoutError("others were busy for too long")
            with self._sessions.begin() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._thread, in_turn)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)


class ByDriver:
    """As many at a time as the engine has connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def do(self, work: Callable[[Session], T]) -> T:
        async with self._sessions.begin() as session:
            return await session.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()
