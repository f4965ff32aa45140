"""The connection to the database: transactions, and the errors where one fails."""

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
"""How often a write is tried where another process writes the same row."""

_RETRIED: Final = ("40001", "40P01")  # SQLSTATE: serialization_failure, deadlock_detected

# A migration waits for one that another process has begun, however long that takes.
_NO_LOCK_TIMEOUT: Final = text("SET LOCAL lock_timeout = 0")

# Any number that no other program on the same database uses.
_MIGRATION_LOCK: Final = select(func.pg_advisory_xact_lock(20120427))


class Database:
    """One database, with transactions that read and transactions that write.

    A write depends on what it has just read, so two of them may not change one case at a time. SQLite
    lets one process write at a time (`BEGIN IMMEDIATE`). Elsewhere the case's row is locked; where there
    is none yet, the primary key lets one of the two insert it, and the other is retried and finds it.
    """

    def __init__(self, address: str) -> None:
        self.url = engines.read(address)
        if self.is_sqlite and self.file is None:
            raise RegistryError(
                "the registry cannot be in memory, since other processes must see it; name a file, "
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
        """The address without its password, for messages."""
        return place(self.url)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work`, which only reads, on one snapshot of the database."""
        with self.errors_translated():
            return await self._reads.do(work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction, and again if another process wrote first."""
        for _ in range(ATTEMPTS):
            with self.errors_translated():
                try:
                    return await self._writes.do(work)
                except DBAPIError as error:
                    if not isinstance(error, IntegrityError) and sqlstate(error) not in _RETRIED:
                        raise
        raise RegistryError(f"other processes wrote to the registry first {ATTEMPTS} times; try again")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, a migration, in one transaction, while no other process migrates."""

        def locked(session: Session) -> T:
            connection = session.connection()
            if not self.is_sqlite:
                connection.execute(_NO_LOCK_TIMEOUT)
                connection.execute(_MIGRATION_LOCK)
            return work(connection)

        with self.errors_translated():
            return await self._writes.do(locked)

    async def close(self) -> None:
        await self._writes.close()
        await self._reads.close()

    @contextmanager
    def errors_translated(self) -> Iterator[None]:
        """Turn the database's errors into `RegistryError` with a next step and without any values."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise not_done(self.url, error) from None
