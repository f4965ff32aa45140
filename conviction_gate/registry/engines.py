"""How each database is opened, and all that differs between SQLite and PostgreSQL."""

import os
import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from conviction_gate.registry.errors import RegistryError, not_connected
from conviction_gate.registry.transactions import WAIT_SECONDS, ByDriver, InThread, Transactions

E = TypeVar("E", Engine, AsyncEngine)

BUSY_SECONDS: Final = 4
"""How long a transaction waits for one of another process. Together with `WAIT_SECONDS` it is less than
an activity's ten seconds."""

CONNECTIONS: Final = 10
"""Connections of one process to a server. A worker's hundred activities take turns, each for a few
milliseconds; by default a server accepts a hundred connections, and there are other workers."""

# WAL: readers do not wait for the writer. FULL: a commit survives a power failure.
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def read(address: str) -> URL:
    """The parsed address; raises `RegistryError`."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise _unreadable() from None
    # Of a password with an unescaped @ the rest would be taken for the host, and shown.
    if address.count("@") > 1 and url.get_backend_name() != "sqlite":
        raise _unreadable()
    return url


def transactions(url: URL) -> tuple[Transactions, Transactions]:
    """Transactions that read, and those that write; nothing is connected yet."""
    match url.drivername:
        case "sqlite" | "sqlite+aiosqlite":  # 0.1.0 wrote the second
            return InThread(_sqlite(url, "BEGIN")), InThread(_sqlite(url, "BEGIN IMMEDIATE"))
        case "postgresql+asyncpg":
            # A transaction of several reads sees one snapshot, as in SQLite, and can write nothing.
            engine = _postgresql(url)
            reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            return ByDriver(engine.execution_options(**reading)), ByDriver(engine)
        case other:
            raise RegistryError(
                f"the registry's driver {other} cannot be used; write sqlite or postgresql+asyncpg"
            )


def _create(make: Callable[..., E], url: URL, **options: Any) -> E:
    try:
        return make(url, hide_parameters=True, **options)
    except (ArgumentError, TypeError, ValueError):
        raise _unreadable() from None


def _unreadable() -> RegistryError:
    return RegistryError(
        "the registry's address cannot be read; write one such as sqlite:////srv/registry.db "
        "or postgresql+asyncpg://user:password@host/registry, with %40 for an @ in the password"
    )


# PostgreSQL ---------------------------------------------------------------------------------------


def _postgresql(url: URL) -> AsyncEngine:
    engine = _create(
        create_async_engine,
        url,
        # Whatever the server's default is; row locks do the rest (see `Database`).
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "timeout": WAIT_SECONDS,
            "server_settings": {"lock_timeout": f"{BUSY_SECONDS}s"},
        },
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(dialect: Dialect, _: object, args: Any, options: Any) -> Any:
        try:
            return dialect.connect(*args, **options)
        except Exception as error:  # drivers raise errors of many types here
            raise not_connected(url, error) from None

    return engine


# SQLite -------------------------------------------------------------------------------------------


def _sqlite(url: URL, begin: str) -> Engine:
    engine = _create(
        create_engine,
        url.set(drivername="sqlite"),
        pool_size=1,
        # None: otherwise the driver itself begins transactions, and only at the first write.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(*_: object) -> None:
        _file(url)  # SQLite would create a missing file

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _file(url)
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            _execute_when_free(cursor, f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "checkout")
    def _same(_: object, record: ConnectionPoolEntry, fairy: object) -> None:
        # A write to a file that was moved or replaced meanwhile would be lost.
        if record.info["file"] != _file(url):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _file(url: URL) -> tuple[int, int]:
    """The device and inode of the file at the address; raises `OSError` where there is none."""
    found = os.stat(url.database or "")
    return found.st_dev, found.st_ino


def _execute_when_free(cursor: Any, statement: str) -> None:
    """Execute a pragma. Unlike other statements, a change to WAL may not wait for other users of a new file."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
        time.sleep(0.1)
