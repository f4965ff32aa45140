"""Transactions: in a thread beside the event loop, or by an async driver.

The work of a transaction is a plain function of a session, and either of the two can run it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

T = TypeVar("T")

WAIT_SECONDS: Final = 4
"""How long a transaction waits for its turn, or for a connection. Together with the wait for another process
it is less than an activity's ten seconds, so that the activity fails with this error and not by a time-out."""


class InThread:
    """Transactions one at a time, in the order of the calls, so that none starves.

    A whole transaction switches to the thread and back once. An async driver does so for each step of each
    statement, which costs more than SQLite itself.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")

    async def do(self, work: Callable[[Session], T]) -> T:
        asked = monotonic()

        def in_turn() -> T:
            if monotonic() - asked > WAIT_SECONDS:
                raise TimeoutError("other transactions took too long")
            with self._sessions.begin() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._thread, in_turn)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)


class ByDriver:
    """As many transactions at a time as the engine has connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def do(self, work: Callable[[Session], T]) -> T:
        async with self._sessions.begin() as session:
            return await session.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


Transactions = InThread | ByDriver
"""`do` runs its work in one transaction, rolled back where it raises. `close` waits for what is running."""
