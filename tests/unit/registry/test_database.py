"""What the database answers when it cannot answer: an error that names nobody."""

import asyncio
import time
from pathlib import Path

import pytest

from conviction_gate.registry import (
    Registry,
    RegistryError,
    migrate,
    transactions,
)
from tests.support.conclusions import (
    ONE_PERSON,
    flagged,
    sql,
)


async def test_a_file_that_is_no_database_is_told(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_text("nothing that a database wrote")
    for way in (Registry.open, migrate):
        with pytest.raises(RegistryError, match="not a database"):
            await way(sqlite_url)


async def test_an_error_of_the_database_names_nobody(bare_url: str) -> None:
    await migrate(bare_url)
    async with await Registry.open(bare_url) as registry:
        await sql(bare_url, "DROP TABLE citizen_findings")
        with pytest.raises(RegistryError, match=r"no such table|UndefinedTable") as error:
            await registry.flag(flagged())
    assert not [value for value in ONE_PERSON.values() if f"'{value}'" in str(error.value)]


async def test_whoever_waits_for_too_long_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "WAIT_SECONDS", 0.05)
    async with await Registry.open(sqlite_url) as registry:
        slow = asyncio.create_task(registry._database.write(lambda session: time.sleep(0.5)))
        await asyncio.sleep(0)
        with pytest.raises(RegistryError, match=r"does not answer \(TimeoutError.*then try again"):
            await registry.flag(flagged())
        await slow
        await registry.flag(flagged())


async def test_what_is_written_stands_in_the_file_that_is_there_now(sqlite_url: str, tmp_path: Path) -> None:
    file, away = tmp_path / "registry.db", tmp_path / "away.db"
    async with await Registry.open(sqlite_url) as registry:
        assert await registry.flags() == ()
        backup = file.read_bytes()
        file.rename(away)
        for way in (registry.flags(), registry.flag(flagged())):
            with pytest.raises(RegistryError, match=r"FileNotFoundError.*check that the database exists"):
                await way
        assert not file.exists()
        file.write_bytes(backup)
        await registry.flag(flagged())
        assert await sql(sqlite_url, "SELECT count(*) FROM flags") == [(1,)]
