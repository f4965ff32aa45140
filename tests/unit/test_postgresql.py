"""What only a server does: refuse, hang up, and let two writers meet. And the command line on it."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from conviction_gate.cli.command_line import app
from conviction_gate.registry import Registry, RegistryError, engines, migrate
from conviction_gate.registry.cases import locked
from conviction_gate.registry.database import ATTEMPTS
from conviction_gate.registry.engines import CONNECTIONS
from tests.postgres import Postgres
from tests.unit.registries import AGENCY, flagged, meanwhile, sql


@pytest.fixture
async def registry(postgresql_url: str) -> AsyncIterator[Registry]:
    async with await Registry.open(postgresql_url) as registry:
        yield registry


# The command line ---------------------------------------------------------------------------------


def gate(*words: str, stdin: str = "", code: int = 0) -> str:
    result = CliRunner().invoke(app, words, input=stdin)
    assert result.exit_code == code, result.output
    return result.output


def test_the_command_line_takes_a_server_by_its_address(
    bare_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_REGISTRY_URL", bare_postgresql_url)
    assert "registry migrate" in gate("flags", code=2)
    for _ in range(2):
        assert gate("registry", "migrate") == "the registry is set up\n"
    assert gate("history", "import", "-", stdin='{"subject": {"fbi_number": "F-1"}}').startswith("1 imported")
    entry = {
        "agency": AGENCY,
        "tracking_number": "T-1",
        "type": "conviction",
        "message_id": "c-1",
        "charge_id": "1",
        "decided_on": "2013-07-15",
    }
    assert gate("docket", "import", "-", stdin=json.dumps(entry)).startswith("1 imported")
    assert gate("flags", "--json") == "[]\n"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("kept-from-messages", "hush"), "InvalidPassword.*; correct the user and the password in its address"),
        (("//registry:", "//nobody:"), "InvalidPassword.*; correct the user and the password in its address"),
        (("/registry_", "/no_"), "InvalidCatalogName.*; create that database, .* registry migrate"),
        (("host=", "host=/nowhere"), "FileNotFound.*; start the server, or correct the host and the port"),
        (("@/", "@127.0.0.1:1/"), "ConnectionRefused.*; start the server, or correct the host and the port"),
        (("host=", "sslmode=require&host="), r"TypeError.*; correct what follows the `\?`"),
        (("host=", "command_timeout=soon&host="), r"Error.*; correct what follows the `\?`"),
        (("host=", "password=hush&host="), "InvalidPassword.*; correct the user and the password"),
    ],
    ids=lambda value: " to ".join(value) if isinstance(value, tuple) else "",
)
def test_a_server_that_lets_nobody_in_is_told_in_a_line_without_the_password(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, changed: tuple[str, str], told: str
) -> None:
    address = postgresql_url.replace(*changed)
    if changed[0] == "@/":
        address = address.partition("?")[0]
    monkeypatch.setenv("CONVICTION_GATE_REGISTRY_URL", address)
    said = gate("registry", "migrate", code=2)
    assert said.count("\n") == 1
    with pytest.raises(RegistryError, match=told) as error:
        asyncio.run(opened_and_closed(address))
    for shown in (said, str(error.value), repr(error.value)):
        assert Postgres.PASSWORD not in shown
        assert "hush" not in shown


async def opened_and_closed(address: str) -> None:
    async with await Registry.open(address):
        pass


async def test_a_user_who_may_not_make_tables_is_told(bare_postgresql_url: str) -> None:
    await sql(bare_postgresql_url, "CREATE ROLE guest LOGIN PASSWORD 'hush'")
    address = bare_postgresql_url.replace(f"registry:{Postgres.PASSWORD}@", "guest:hush@")
    try:
        with pytest.raises(RegistryError, match=r"InsufficientPrivilege.*; make the address's user the owner"):
            await migrate(address)
    finally:
        await sql(bare_postgresql_url, "DROP ROLE guest")


# Transactions -------------------------------------------------------------------------------------


async def test_a_lost_connection_is_told_and_the_next_call_works(
    registry: Registry, postgresql_url: str
) -> None:
    loop = asyncio.get_running_loop()

    def cut_off(session: Session) -> None:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        meanwhile(loop, sql(postgresql_url, f"SELECT pg_terminate_backend({pid}, 10000)"))
        session.execute(text("SELECT 1"))

    with pytest.raises(RegistryError, match=r"does not answer .* then try again"):
        await registry._database.write(cut_off)
    assert (await registry.flag(flagged())).result is not None
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    await sql(postgresql_url, f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}")
    assert len(await registry.flags()) == 1


async def test_writers_who_wait_for_each_other_begin_anew(registry: Registry) -> None:
    ends = [flagged(case=case) for case in ("T-1", "T-2")]
    for end in ends:
        await registry.flag(end)
    ids = [end.case.case_id for end in ends]
    loop, both = asyncio.get_running_loop(), asyncio.Barrier(2)
    begun = 0

    async def crosswise(first: str, then: str) -> None:
        def work(session: Session) -> None:
            nonlocal begun
            begun += 1
            locked(session, first)
            if begun <= 2:
                meanwhile(loop, both.wait())
            locked(session, then)

        await registry._database.write(work)

    await asyncio.gather(crosswise(*ids), crosswise(*ids[::-1]))
    assert begun == 3


@pytest.mark.parametrize(
    ("code", "times", "told"),
    [
        ("40001", ATTEMPTS, "other processes wrote"),  # serialization_failure
        ("40P01", ATTEMPTS, "other processes wrote"),  # deadlock_detected
        ("23505", ATTEMPTS, "other processes wrote"),  # unique_violation
        ("53100", 1, "DiskFull"),
    ],
)
async def test_only_what_others_did_is_tried_again(
    registry: Registry, code: str, times: int, told: str
) -> None:
    begun = 0

    def work(session: Session) -> None:
        nonlocal begun
        begun += 1
        session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'hush' USING ERRCODE = '{code}'; END $$"))

    with pytest.raises(RegistryError, match=told) as error:
        await registry._database.write(work)
    assert begun == times
    assert "hush" not in str(error.value)


async def test_a_table_that_another_program_holds_is_told_in_time(
    postgresql_url: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)
    loop = asyncio.get_running_loop()
    async with await Registry.open(postgresql_url) as impatient:

        def hold(session: Session) -> None:
            session.execute(text("LOCK TABLE cases"))
            with pytest.raises(RegistryError, match=r"LockNotAvailable.*not locked by another program"):
                meanwhile(loop, impatient.flag(flagged()))

        await registry._database.write(hold)
        assert (await impatient.flag(flagged())).result is not None


async def test_a_read_can_write_nothing(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="ReadOnly"):
        await registry._database.read(lambda session: session.execute(text("DELETE FROM flags")))


async def test_a_worker_takes_turns_on_a_few_connections(bare_postgresql_url: str) -> None:
    await migrate(bare_postgresql_url)
    async with await Registry.open(bare_postgresql_url) as registry:
        await asyncio.gather(*(registry.flag(flagged(case=f"T-{n}")) for n in range(100)))
        assert len(await registry.flags()) == 100
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connected = await sql(bare_postgresql_url, f"SELECT 1 FROM pg_stat_activity WHERE {others}")
    assert len(connected) <= CONNECTIONS
