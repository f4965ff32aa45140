"""Addresses of databases, and how SQLite writes its file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from conviction_gate.registry import (
    Registry,
    RegistryError,
    engines,
    migrate,
)


async def test_a_new_file_is_for_its_user_alone(bare_sqlite_url: str, tmp_path: Path) -> None:
    await migrate(bare_sqlite_url)
    path = tmp_path / "made" / "registry.db"
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("sqlite://", "cannot be in memory"),
        ("sqlite:///:memory:", "cannot be in memory"),
        ("a registry", "address cannot be read"),
        ("nosuch+driver://host/registry", "driver nosuch\\+driver cannot be used"),
        ("postgresql://gate:hush@host/registry", "driver postgresql cannot be used; write .*asyncpg"),
        ("postgresql+asyncpg://gate:hush@host:one/registry", "address cannot be read"),
        ("postgresql+asyncpg://gate:with@hush@host/registry", "address cannot be read; .* with %40"),
        ("postgresql+asyncpg://gate:with@h:hush@host/registry", "address cannot be read"),
        ("postgresql+asyncpg://gate:hush@/registry?host=a:1,b:2&port=3", "address cannot be read"),
    ],
)
async def test_an_address_that_cannot_be_used_is_told(address: str, reason: str) -> None:
    for way in (Registry.open, migrate):
        with pytest.raises(RegistryError, match=reason) as error:
            await way(address)
        assert "hush" not in str(error.value)


async def test_an_address_of_the_first_release_is_read(sqlite_url: str) -> None:
    async with await Registry.open(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")) as registry:
        assert await registry.flags() == ()


async def test_the_file_is_written_ahead_and_to_the_disk(sqlite_url: str) -> None:
    def pragmas(session: Session) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [session.connection().exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    async with await Registry.open(sqlite_url) as registry:
        assert await registry._database.read(pragmas) == ["wal", 2, 1]


def test_a_file_that_another_program_keeps_to_itself_is_waited_for_once(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting(sqlite3.Cursor):
        tries = 0

        def execute(self, *args: Any) -> sqlite3.Cursor:
            self.tries += 1
            return super().execute(*args)

    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)
    file = tmp_path / "registry.db"
    with closing(sqlite3.connect(file)) as its, closing(sqlite3.connect(file, timeout=1)) as ours:
        its.execute("PRAGMA locking_mode=EXCLUSIVE")
        its.execute("BEGIN EXCLUSIVE")
        cursor = ours.cursor(Counting)
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            engines._execute_when_free(cursor, "PRAGMA journal_mode=WAL")
        assert cursor.tries == 1
