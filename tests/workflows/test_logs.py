"""A worker's log: a line for each thing, which says about what it is, and nobody's data in it."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.history import History
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry, RegistryError
from conviction_gate.service import logs
from conviction_gate.sources import Sources
from conviction_gate.sources.http import ServiceError
from conviction_gate.temporal.runtime import sdk_runtime
from tests.support.workflow_cases import booking, case_id, start
from worker import make_worker

QUEUE = "logged"

Lines = Callable[[], list[dict[str, Any]]]


class Log(io.StringIO):
    """A log's end; `is_terminal`: whether a person reads there."""

    is_terminal = False

    def isatty(self) -> bool:
        return self.is_terminal

    def lines(self) -> list[dict[str, Any]]:
        """What was logged since the last call, each line read as JSON."""
        text = self.getvalue()
        whole = text[: text.rfind("\n") + 1]
        self.seek(0)
        self.truncate()
        self.write(text[len(whole) :])
        return [json.loads(line) for line in whole.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """Logging is what it was afterwards."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield Log()
    logging.captureWarnings(False)
    logging.raiseExceptions = True
    root.handlers[:] = kept
    root.setLevel(level)


@pytest.fixture
def lines(log: Log) -> Lines:
    logs.configure("json", log)
    return log.lines


class Broken:
    """A source that answers with errors, the next for each question, and with the last for good."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = [*errors]

    async def history(self, subjects: object) -> History:
        raise self._errors.pop(0) if len(self._errors) > 1 else self._errors[0]


async def until(lines: Lines, count: int, message: str) -> list[dict[str, Any]]:
    """The lines of a kind, once so many of them have come."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        await asyncio.sleep(0.02)
        found += [line for line in lines() if message in line["message"]]
    return found


@pytest.fixture
async def client(server: WorkflowEnvironment) -> Client:
    """One whose core logs as a worker's does."""
    config = server.client.service_client.config
    return await Client.connect(
        config.target_host, data_converter=data_converter, runtime=sdk_runtime.__wrapped__()
    )


async def test_a_look_up_that_fails_is_one_line(lines: Lines, client: Client, registry: Registry) -> None:
    source = Broken(ServiceError("the history service at H answered 503; look"), ValueError("MARKER"))
    asked = Sources(source)
    async with make_worker(client, registry, Settings(), asked, task_queue=QUEUE):
        case = case_id()
        handle = await start(client, case, booking(case), task_queue=QUEUE)
        known, unknown = (await until(lines, 2, "Completing activity as failed"))[:2]
        await handle.terminate("seen")
    ids = {"workflow_id": str(case), "workflow_type": "BookingCase", "activity_type": "check_history"}
    assert known.items() >= (ids | {"attempt": 1, "level": "WARNING", "logger": "temporalio.activity"}).items()
    assert known["error"] == "ServiceError: the history service at H answered 503; look"
    assert "raised_at" not in known
    assert unknown.items() >= (ids | {"attempt": 2, "error": "ValueError"}).items()
    assert "test_logs.py" in unknown["raised_at"][0]
    assert "MARKER" not in repr(unknown)


@workflow.defn(sandboxed=False)
class Hasty:
    """A workflow whose first task fails, and says what it holds."""

    @workflow.run
    async def run(self) -> None:
        raise ValueError("MARKER")


async def test_a_workflow_task_that_fails_tells_no_value(lines: Lines, client: Client) -> None:
    async with Worker(client, task_queue=QUEUE, workflows=[Hasty]):
        handle = await client.start_workflow(Hasty.run, id=str(case_id()), task_queue=QUEUE)
        logged: list[dict[str, Any]] = []
        while not any(line["logger"].startswith("temporalio.core") for line in logged):
            await asyncio.sleep(0.02)
            logged += lines()
        await handle.terminate("seen")
    assert "MARKER" not in repr(logged)
    assert any(line.get("error") == "ValueError" for line in logged)
    assert all("run_id" in line for line in logged if line["logger"].startswith("temporalio.core"))


def test_what_others_say_is_cut_to_its_first_line(lines: Lines) -> None:
    try:
        raise RuntimeError("MARKER")
    except RuntimeError as error:
        logging.getLogger("asyncio").error("Task exception\nfuture: %r", error, exc_info=error)
        logging.getLogger("temporalio.worker").error("Handling failed, error: %s", error)
        logging.getLogger("conviction_gate").error("of ours: %s", 7)
    warnings.showwarning(RuntimeWarning("MARKER"), RuntimeWarning, "a.py", 7)
    logged = lines()
    assert [line["message"].rpartition(":")[2].strip() for line in logged] == [
        "Task exception",
        "Handling failed, error",
        "7",
        "RuntimeWarning",
    ]
    assert "MARKER" not in repr(logged)


def test_a_line_for_a_person(log: Log) -> None:
    logs.configure("text", log)
    try:
        raise RegistryError("the registry is gone;\nlook")
    except RegistryError:
        logging.getLogger("a.logger").warning("it waits", exc_info=True)
    (line,) = log.getvalue().splitlines()
    assert line.endswith("Z WARNING a.logger it waits: RegistryError: the registry is gone; look")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_gets_text_and_everything_else_json(log: Log, is_terminal: bool) -> None:
    log.is_terminal = is_terminal
    logs.configure(None, log)
    logging.getLogger("a.logger").warning("it waits")
    assert log.getvalue().startswith("{") is not is_terminal
