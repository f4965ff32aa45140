"""Migrations make the tables, once, whoever runs them; another schema is refused."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from conviction_gate.registry import (
    Registry,
    RegistryError,
    migrate,
)
from conviction_gate.registry.schema import VERSION
from conviction_gate.registry.tables import Base
from tests.support.conclusions import (
    flagged,
    sql,
)

ROOT = Path(__file__).parents[3]


async def test_migrating_twice_keeps_what_is_there(registry: Registry, url: str) -> None:
    await registry.flag(flagged())
    await migrate(url)
    assert len(await registry.flags()) == 1


async def test_several_processes_may_migrate_at_once(bare_url: str) -> None:
    program = (
        "import asyncio, sys; from conviction_gate import registry; asyncio.run(registry.migrate(sys.argv[1]))"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, bare_url, cwd=ROOT)
        for _ in range(3)
    ]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    async with await Registry.open(bare_url) as registry:
        assert await registry.flags() == ()


async def test_an_unmigrated_registry_is_refused_and_not_made(bare_url: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="not set up; run `conviction-gate registry migrate`"):
        await Registry.open(bare_url)
    path = tmp_path / "made"
    assert not path.exists()


async def test_an_empty_file_is_refused(bare_sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "made" / "registry.db"
    path.parent.mkdir()
    path.touch()
    with pytest.raises(RegistryError, match="not set up; run `conviction-gate registry migrate`"):
        await Registry.open(bare_sqlite_url)


async def test_an_older_or_newer_schema_is_refused(bare_url: str) -> None:
    await migrate(bare_url)
    await sql(bare_url, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(RegistryError, match=r"0000, not yet .* registry migrate"):
        await Registry.open(bare_url)
    await sql(bare_url, "UPDATE alembic_version SET version_num = '9999'")
    for way in (Registry.open, migrate):
        with pytest.raises(RegistryError, match="9999, this release knows up to"):
            await way(bare_url)


async def test_the_migrations_make_the_tables(url: str) -> None:
    def differences(session: Session) -> Any:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)

    async with await Registry.open(url) as registry:
        assert await registry._database.read(differences) == []


def test_the_newest_revision_is_the_one_that_this_release_expects() -> None:
    config = Config()
    config.set_main_option("script_location", "conviction_gate.registry:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [VERSION]
