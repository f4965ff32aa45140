"""A registry that is locked, gone or full: outcomes wait for it in the open, and nothing is lost."""

import asyncio
import re
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from temporalio.client import WorkflowHandle

from tests.support.killable_workers import World
from tests.support.workflow_cases import conviction, correction, dismissal, settled


@contextmanager
def locked(file: Path, worker: int) -> Iterator[None]:
    """Another program holds the one lock to write."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


@contextmanager
def gone(file: Path, worker: int) -> Iterator[None]:
    """Its files are moved away, as by somebody who tidies up."""
    away = file.with_name("away")
    away.mkdir()
    for part in (file, *file.parent.glob(f"{file.name}-*")):
        shutil.move(part, away / part.name)
    try:
        yield
    finally:
        for part in away.iterdir():
            shutil.move(part, file.parent / part.name)
        away.rmdir()


@contextmanager
def full(file: Path, worker: int) -> Iterator[None]:
    """No file of the worker may grow any more."""
    _, most = psutil.Process(worker).rlimit(resource.RLIMIT_FSIZE)
    psutil.Process(worker).rlimit(resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        psutil.Process(worker).rlimit(resource.RLIMIT_FSIZE, (most, most))


Fault = Callable[[Path, int], AbstractContextManager[None]]


async def last_error(handle: WorkflowHandle[Any, Any]) -> str:
    """What the web UI shows of the one pending activity, once it was tried in vain."""
    while True:
        pending = (await handle.describe()).raw_description.pending_activities
        if pending and pending[0].last_failure.message:
            return str(pending[0].last_failure.message)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(locked, "database is locked|TimeoutError"), (gone, "FileNotFoundError"), (full, "disk I/O error")],
    ids=["locked", "gone", "full"],
)
async def test_outcomes_wait_for_the_registry(fault: Fault, reason: str, world: World) -> None:
    senders, file = world.senders, world.running.data / "registry.db"
    flagged, cleared, corrected = await senders.book_many(3)
    async with world.worker() as process:
        for case in (flagged, cleared):
            await settled(senders.handle(case), "waiting_for_court")
        await senders.send(corrected, "conviction", conviction())
        await senders.handle(corrected).result()
        with fault(file, process.pid):
            await senders.send(flagged, "conviction", conviction())
            await senders.send(cleared, "dismissal", dismissal())
            await senders.correct(corrected, "correction", correction("k-1", "c-1"))
            waiting = [senders.handle(flagged), senders.handle(cleared), senders.corrected(corrected, "k-1")]
            for handle in waiting:
                error = await last_error(handle)
                assert f"the registry at sqlite:///{file} does not answer" in error
                assert re.search(reason, error)
                assert "then try again" in error
                assert not any(str(case.tracking_number) in error for case in senders.sent)
        assert not await senders.broken_promises(
            world.registry, flagged=[flagged], cleared=[cleared], withdrawn=[corrected]
        )
