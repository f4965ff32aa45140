"""How each database is opened, and all that is different between one database and another."""

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
"""How long a transaction waits for one of another process. With `WAIT_SECONDS` it stays
below an activity's ten seconds."""

CONNECTIONS: Final = 10
"""Of one process to a server. A worker's hundred activities take turns, each for a few milliseconds;
a server lets in a hundred connections unless told otherwise, and there are other workers."""

# WAL: readers do not wait for the writer. FULL: what was answered survives a power cut.
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def read(address: str) -> URL:
    """The address in its parts."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise _unreadable() from None
    # What follows an unescaped @ in a password would be taken for the host, and shown.
    if address.count("@") > 1 and url.get_backend_name() != "sqlite":
        raise _unreadable()
    return url


def transactions(url: URL) -> tuple[Transactions, Transactions]:
    """One way to read and one to write; nothing is connected yet."""
    match url.drivername:
        case "sqlite" | "sqlite+aiosqlite":  # 0.1.0 wrote the second
            return InThread(_sqlite(url, "BEGIN")), InThread(_sqlite(url, "BEGIN IMMEDIATE"))
        case "postgresql+asyncpg":
            # A read of several statements sees one moment, as in SQLite, and can write nothing.
            engine = _postgresql(url)
            once = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            return ByDriver(engine.execution_options(**once)), ByDriver(engine)
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
        # Row locks do the rest (see `Database`), whatever the server's own default is.
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
        except Exception as error:  # a driver raises here whatever it likes
            raise not_connected(url, error) from None

    return engine


# SQLite -------------------------------------------------------------------------------------------


def _sqlite(url: URL, begin: str) -> Engine:
    engine = _create(
        create_engine,
        url.set(drivername="sqlite"),
        pool_size=1,
        # The driver would begin by itself, and only once something is written.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(*_: object) -> None:
        _file(url)  # SQLite would make one that is missing

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _file(url)
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            _in_turn(cursor, f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "checkout")
    def _same(_: object, record: ConnectionPoolEntry, fairy: object) -> None:
        # What is written into a file that was moved away or replaced meanwhile, nobody would ever see.
        if record.info["file"] != _file(url):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _file(url: URL) -> tuple[int, int]:
    """Which file is at the address now; raises `OSError` where none is."""
    found = os.stat(url.database or "")
    return found.st_dev, found.st_ino


def _in_turn(cursor: Any, statement: str) -> None:
    """Alone of all statements, the change to WAL does not always wait while others use a new file."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
        time.sleep(0.1)
