"""What only a server does: hang up, and let two writers meet."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from conviction_gate.registry import Registry, RegistryError, engines, migrate
from conviction_gate.registry.cases import locked
from conviction_gate.registry.database import ATTEMPTS
from conviction_gate.registry.engines import CONNECTIONS
from tests.support.conclusions import flagged, meanwhile, sql


@pytest.fixture
async def registry(postgresql_url: str) -> AsyncIterator[Registry]:
    async with await Registry.open(postgresql_url) as registry:
        yield registry


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
    ("code", "times", "reason"),
    [
        ("40001", ATTEMPTS, "other processes wrote"),  # serialization_failure
        ("40P01", ATTEMPTS, "other processes wrote"),  # deadlock_detected
        ("23505", ATTEMPTS, "other processes wrote"),  # unique_violation
        ("53100", 1, "DiskFull"),
    ],
)
async def test_only_what_others_did_is_tried_again(
    registry: Registry, code: str, times: int, reason: str
) -> None:
    begun = 0

    def work(session: Session) -> None:
        nonlocal begun
        begun += 1
        session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'hush' USING ERRCODE = '{code}'; END $$"))

    with pytest.raises(RegistryError, match=reason) as error:
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
