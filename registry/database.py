"""The connection to the database: transactions, and what is said when one cannot be had."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from registry import engines
from registry.errors import RegistryError, not_done, place, sqlstate

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often a write is begun anew because another process wrote the same row first."""

_BEGIN_ANEW: Final = ("40001", "40P01")  # SQLSTATE: serialization_failure, deadlock_detected

# Who migrates waits for whoever did so first, however long that takes.
_PATIENTLY: Final = text("SET LOCAL lock_timeout = 0")

# Any number does that no other program on the same database has chosen.
_ALONE: Final = select(func.pg_advisory_xact_lock(20120427))


@dataclass
class _Moment:
    """A transaction to be, ended by who opened the stack."""

    sessions: async_sessionmaker[AsyncSession]
    ends: AsyncExitStack
    begun: AsyncSession | None = None

    async def session(self) -> AsyncSession:
        if self.begun is None:
            self.begun = await self.ends.enter_async_context(self.sessions.begin())
        return self.begun


class Database:
    """Two engines on one database: one to read, one to write.

    A write decides on what it has just read. So no two may do so about one case at a time: SQLite
    lets one process write (`BEGIN IMMEDIATE`); elsewhere the case's row is locked, and where there
    is none yet its primary key lets one of the two in, while the other begins anew and finds it.
    """

    def __init__(self, address: str) -> None:
        self.url = engines.read(address)
        if self.is_sqlite and self.file is None:
            raise RegistryError(
                "the registry cannot live in memory: other processes must see it; name a file, "
                "as in sqlite+aiosqlite:////srv/registry.db"
            )
        self._reader, self._writer = engines.engines(self.url)
        self._reading = async_sessionmaker(self._reader, expire_on_commit=False)
        self._writing = async_sessionmaker(self._writer, expire_on_commit=False)
        self._moment: ContextVar[_Moment | None] = ContextVar("moment", default=None)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for a server."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name not in (None, "", ":memory:") else None

    @property
    def place(self) -> str:
        """The address as messages may show it."""
        return place(self.url)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only looks, at one moment of the database."""
        if (moment := self._moment.get()) is not None:
            with self.telling():
                yield await moment.session()
            return
        with self.telling():
            async with self._reading.begin() as session:
                yield session

    @asynccontextmanager
    async def one_moment(self) -> AsyncIterator[None]:
        """All that this task reads inside is one transaction, which the first read begins.

        To begin and to end one is most of what a small read costs.
        """
        async with AsyncExitStack() as ends:
            with self.telling():
                before = self._moment.set(_Moment(self._reading, ends))
                try:
                    yield
                finally:
                    self._moment.reset(before)

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Do `work` in one transaction, and once more if another process was there first."""
        for _ in range(ATTEMPTS):
            with self.telling():
                try:
                    async with self._writing.begin() as session:
                        return await work(session)
                except DBAPIError as error:
                    if not isinstance(error, IntegrityError) and sqlstate(error) not in _BEGIN_ANEW:
                        raise
        raise RegistryError(f"the registry was written by others {ATTEMPTS} times in a row; try again")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do synchronous `work` in one writing transaction, while nobody else does the like."""
        with self.telling():
            async with self._writer.begin() as connection:
                if not self.is_sqlite:
                    await connection.execute(_PATIENTLY)
                    await connection.execute(_ALONE)
                return await connection.run_sync(work)

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn the database's errors into ones with a next step, without the values in them."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise not_done(self.url, error) from None
