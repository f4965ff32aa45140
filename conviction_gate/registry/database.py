"""The connection to the database: transactions, and what is said when one cannot be had."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from conviction_gate.registry import engines
from conviction_gate.registry.errors import RegistryError, not_done, place, sqlstate

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often a write is begun anew because another process wrote the same row first."""

_BEGIN_ANEW: Final = ("40001", "40P01")  # SQLSTATE: serialization_failure, deadlock_detected

# Who migrates waits for whoever did so first, however long that takes.
_PATIENTLY: Final = text("SET LOCAL lock_timeout = 0")

# Any number does that no other program on the same database has chosen.
_ALONE: Final = select(func.pg_advisory_xact_lock(20120427))


class Database:
    """Two ways into one database: one to read, one to write.

    A write decides on what it has just read. So no two may do so about one case at a time: SQLite
    lets one process write (`BEGIN IMMEDIATE`); elsewhere the case's row is locked, and where there
    is none yet its primary key lets one of the two in, while the other begins anew and finds it.
    """

    def __init__(self, address: str) -> None:
        self.url = engines.read(address)
        if self.is_sqlite and self.file is None:
            raise RegistryError(
                "the registry cannot live in memory: other processes must see it; name a file, "
                "as in sqlite:////srv/registry.db"
            )
        self._reads, self._writes = engines.transactions(self.url)

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

    async def read(self, work: Callable[[Session], T]) -> T:
        """Do `work`, which only looks, at one moment of the database."""
        with self.telling():
            return await self._reads.do(work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do `work` in one transaction, and once more if another process was there first."""
        for _ in range(ATTEMPTS):
            with self.telling():
                try:
                    return await self._writes.do(work)
                except DBAPIError as error:
                    if not isinstance(error, IntegrityError) and sqlstate(error) not in _BEGIN_ANEW:
                        raise
        raise RegistryError(f"the registry was written by others {ATTEMPTS} times in a row; try again")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one writing transaction, while nobody else does the like."""

        def alone(session: Session) -> T:
            connection = session.connection()
            if not self.is_sqlite:
                connection.execute(_PATIENTLY)
                connection.execute(_ALONE)
            return work(connection)

        with self.telling():
            return await self._writes.do(alone)

    async def close(self) -> None:
        await self._writes.close()
        await self._reads.close()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn the database's errors into ones with a next step, without the values in them."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise not_done(self.url, error) from None
