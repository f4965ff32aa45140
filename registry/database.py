"""The connection to the database, and all that is different between one database and another."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.util import await_only

from registry.errors import RegistryError

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often a write is begun anew because another process wrote the same row first."""

BUSY_SECONDS: Final = 30
"""How long a SQLite connection waits for the writer before it."""

# WAL: readers do not wait for the writer. FULL: what was answered survives a power cut.
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


class Database:
    """Two engines on one database: one to read, one to write.

    A write decides on what it has just read. So no two may do so about one case at a time: SQLite
    lets one process write (`BEGIN IMMEDIATE`); elsewhere the case's row is locked, and where there
    is none yet its primary key lets one of the two in, while the other begins anew and finds it.
    """

    def __init__(self, address: str) -> None:
        self.url = _read(address)
        if self.is_sqlite and self.file is None:
            raise RegistryError(
                "the registry cannot live in memory: other processes must see it; name a file, "
                "as in sqlite+aiosqlite:////srv/registry.db"
            )
        self._reader = _engine(self.url, "BEGIN")
        # In a queue of one: who comes first is first, and nobody starves in SQLite's busy loop.
        self._writer = (
            _engine(self.url, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, pool_timeout=None)
            if self.is_sqlite
            else self._reader
        )
        self._reading = async_sessionmaker(self._reader, expire_on_commit=False)
        self._writing = async_sessionmaker(self._writer, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for a server."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name not in (None, "", ":memory:") else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only looks."""
        with self.telling():
            async with self._reading.begin() as session:
                yield session

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Do `work` in one transaction, and once more if another process was there first."""
        for _ in range(ATTEMPTS):
            with self.telling():
                try:
                    async with self._writing.begin() as session:
                        return await work(session)
                except IntegrityError:
                    continue
        raise RegistryError(f"the registry was written by others {ATTEMPTS} times in a row; try again")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do synchronous `work` on a connection, in one writing transaction."""
        with self.telling():
            async with self._writer.begin() as connection:
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
            place = self.url.render_as_string()
            raise RegistryError(
                f"the registry at {place} does not answer ({_kind(error)}); check that the "
                "database is there, writable and not held by another program, then try again"
            ) from None


def _kind(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    # SQLite's texts name tables and files; a server's may quote the row, and so a person's ids.
    told = f": {cause}" if type(cause).__module__ == "sqlite3" else ""
    return type(cause).__name__ + told


def _read(address: str) -> URL:
    try:
        return make_url(address)
    except ArgumentError:
        raise RegistryError(
            "the registry's address cannot be read; write one such as sqlite+aiosqlite:////srv/registry.db"
        ) from None


def _engine(url: URL, begin: str, **pool: Any) -> AsyncEngine:
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite:
        # The driver would begin by itself, and only once something is written.
        pool["connect_args"] = {"timeout": BUSY_SECONDS, "isolation_level": None}
    else:
        pool["pool_pre_ping"] = True
    try:
        engine = create_async_engine(url, hide_parameters=True, **pool)
    except (ArgumentError, ImportError) as error:
        raise RegistryError(
            f"the registry's driver {url.drivername} cannot be used ({type(error).__name__}); "
            "install it, or write sqlite+aiosqlite or postgresql+asyncpg"
        ) from None
    if is_sqlite:
        _set_up_sqlite(engine, begin)
    return engine


def _set_up_sqlite(engine: AsyncEngine, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            _in_turn(cursor, f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _in_turn(cursor: Any, statement: str) -> None:
    """Alone of all statements, the change to WAL does not wait while others use a new file."""
    for _ in range(10 * BUSY_SECONDS):
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        await_only(asyncio.sleep(0.1))
    cursor.execute(statement)
