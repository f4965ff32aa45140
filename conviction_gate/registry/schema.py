"""The schema's version, and the migration to it."""

from typing import Final

from sqlalchemy import Connection, inspect, text

from conviction_gate.registry.database import Database
from conviction_gate.registry.errors import RegistryError

VERSION: Final = "0003"
"""The revision that this release reads and writes. They are numbered, so that a newer one is recognized."""

_MIGRATE: Final = "run `conviction-gate registry migrate`"


async def migrate(url: str) -> None:
    """Bring the database at `url` to this release's schema; safe to repeat.

    Several processes may do so at once; within one process it is done once at a time, since
    Alembic keeps its state in module globals.

    Raises:
        RegistryError: it cannot be reached, or a newer release has migrated it.
    """
    database = Database(url)
    try:
        if database.file is not None:
            _create_file(database)
        await database.run(lambda connection: _upgrade(connection, database.place))
    finally:
        await database.close()


async def check(database: Database) -> None:
    """Raises `RegistryError` where the schema is missing or not this release's."""
    place = database.place
    # SQLite creates a missing file when it is opened; a check must not.
    there = database.file is None or database.file.exists()
    found = await database.read(lambda session: _version(session.connection())) if there else None
    if found is None:
        raise RegistryError(f"the registry at {place} is not set up; {_MIGRATE}")
    if found > VERSION:
        raise RegistryError(_newer(place, found))
    if found < VERSION:
        raise RegistryError(f"the registry at {place} has the schema {found}, not yet {VERSION}; {_MIGRATE}")


async def check_writes(database: Database) -> None:
    """Raises `RegistryError` where the database takes no writes; changes nothing."""
    await database.write(
        lambda session: session.execute(text("UPDATE alembic_version SET version_num = version_num"))
    )


def _newer(place: str, found: str) -> str:
    return (
        f"the registry at {place} has the schema {found}, this release knows up to {VERSION}; "
        "install the release that wrote it, or a later one"
    )


def _create_file(database: Database) -> None:
    """Create an empty file that only this user can read: it will hold ids of people."""
    assert database.file is not None
    try:
        database.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not database.file.exists():
            database.file.touch(mode=0o600)
    except OSError as error:
        raise RegistryError(
            f"the registry's file {database.file} cannot be created ({type(error).__name__}); "
            "choose a folder that is writable"
        ) from None


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT max(version_num) FROM alembic_version")).scalar()


def _upgrade(connection: Connection, place: str) -> None:
    found = _version(connection)
    if found == VERSION:
        return
    if found is not None and found > VERSION:
        raise RegistryError(_newer(place, found))
    # Here and not above: only migrations need it, and it takes a while to import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "conviction_gate.registry:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
