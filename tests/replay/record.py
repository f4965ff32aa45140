"""Recorded histories, one folder for each release: `make histories` records the set of the next one.

A set is never written anew once its release is out: cases that were opened under it are open still. Until
then, remove the folder by hand and record it again.
"""

import asyncio
import gzip
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.names import SEARCH_ATTRIBUTES
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry, migrate
from conviction_gate.sources import Sources
from tests.replay.shapes import SHAPES
from tests.replay.shapes.desk import Desk, Handle, Shape
from tests.support.pausing_registry import PausingRegistry
from worker import make_worker

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = Path(__file__).parent
PLAIN_MOST: Final = 256 * 1024
"""Bytes of a history; a longer one is compressed."""
SHORT: Final = 60
"""Events after which the server of `short` shapes suggests to continue as new."""
AT_ONCE: Final = 3
_LEFT_OUT: Final = {"identity", "lastFailure", "requestId", "stackTrace", "taskId"}
"""What no replay reads; some of it names the machine that recorded."""


def version() -> str:
    """What pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def release() -> str:
    """The release that is out, or that the code is on its way to."""
    return re.sub(r"\.dev\d+$", "", version())


def sets() -> list[Path]:
    """The folder of each release, the oldest first."""
    folders = [folder for folder in FOLDER.iterdir() if folder.name[0].isdigit()]
    return sorted(folders, key=lambda folder: [int(part) for part in folder.name.split(".")])


def files(folder: Path) -> list[Path]:
    """The histories of a set."""
    return sorted(folder.iterdir())


def shape_of(file: Path) -> str:
    """The shape that a file holds a run of."""
    return file.name.split(".")[0]


def read(file: Path) -> WorkflowHistory:
    """A history as it was recorded."""
    data = file.read_bytes()
    history: dict[str, Any] = json.loads(gzip.decompress(data) if file.suffix == ".gz" else data)
    started = history["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started["workflowId"], history)


def write(file: Path, history: WorkflowHistory) -> None:
    """One event a line; nothing of the machine that recorded it."""
    events = [json.dumps(_kept(event)) for event in history.to_json_dict()["events"]]
    text = '{"events": [\n' + ",\n".join(events) + "\n]}\n"
    if len(text) > PLAIN_MOST:
        file = file.with_name(f"{file.name}.gz")
        file.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        file.write_text(text)


async def record(folder: Path, shapes: Iterable[Shape] = SHAPES.values()) -> None:
    """Reach every shape on servers of our own and write each of its runs into the folder."""
    some, shapes = asyncio.Semaphore(AT_ONCE), list(shapes)
    async with AsyncExitStack() as opened:
        registry = await opened.enter_async_context(_registry())
        clients = {
            short: await opened.enter_async_context(_server(short=short))
            for short in {shape.short for shape in shapes}
        }

        async def one(shape: Shape) -> None:
            async with some, asyncio.timeout(120):
                await _record(folder, shape, clients[shape.short], registry)

        await asyncio.gather(*map(one, shapes))


async def _record(folder: Path, shape: Shape, client: Client, registry: Registry) -> None:
    desk = Desk(client, PausingRegistry(registry), shape.name)
    asked = Sources(desk.sources, desk.sources)
    settings = Settings(**shape.settings)
    async with make_worker(client, desk.registry, settings, asked, task_queue=shape.name):
        runs = await _runs(client, await shape.reach(desk))
    for n, run in enumerate(runs, 1):
        write(folder / (f"{shape.name}.{n}.json" if len(runs) > 1 else f"{shape.name}.json"), run)


async def _runs(client: Client, handle: Handle) -> list[WorkflowHistory]:
    """The history of a run, and of those that it was continued as."""
    runs: list[WorkflowHistory] = []
    run_id = handle.first_execution_run_id
    while run_id is not None or not runs:
        runs.append(await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history())
        last = runs[-1].events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id or None
    return runs


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kept(kept) for name, kept in value.items() if name not in _LEFT_OUT}
    return [_kept(kept) for kept in value] if isinstance(value, list) else value


@asynccontextmanager
async def _registry() -> AsyncIterator[Registry]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/registry.db"
        await migrate(url)
        async with await Registry.open(url) as registry:
            yield registry


@asynccontextmanager
async def _server(*, short: bool) -> AsyncIterator[Client]:
    limit = ["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={SHORT}"]
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        identity="recorder",  # its default names the machine
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_log_level="error",
        dev_server_extra_args=limit if short else [],
    ) as environment:
        yield environment.client


def main() -> int:
    """Record the set of the next release; 1 with one line where there is one already."""
    folder = FOLDER / release()
    if folder.exists():
        print(
            f"the histories of {folder.name} are recorded already, and a set is never written anew once its "
            "release is out; raise the version in pyproject.toml, or, before that release, remove "
            f"tests/replay/{folder.name} first",
            file=sys.stderr,
        )
        return 1
    folder.mkdir()
    asyncio.run(record(folder))
    print(f"{len(files(folder))} histories of {len(SHAPES)} shapes in tests/replay/{folder.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
