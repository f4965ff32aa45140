"""The embedded server: Temporal's development server, codec server, registry and worker, in one command.

    conviction-gate up              with the codec server and the door, for its own web UI and this machine
    ├─ temporal server start-dev    holds the lock on the data folder
    └─ python -m worker             started again when it dies

The child processes die with their parent, however it ends.
"""

import asyncio
import signal
import tempfile
from asyncio.subprocess import STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client
from temporalio.service import RPCError

from conviction_gate.config.data_folder import SERVER_FILE, ServerAddresses, published
from conviction_gate.config.settings import PREFIX, Settings, SettingsError, cannot_bind
from conviction_gate.desk.one_time_links import OneTimeLinks
from conviction_gate.devserver import temporal_server, worker_process
from conviction_gate.devserver.errors import EmbeddedError, ResourceInUse
from conviction_gate.devserver.processes import own_server_environment, spawn, stop
from conviction_gate.devserver.resources import HOST, acquire, choose_port, free_port, lock_file
from conviction_gate.devserver.temporal_server import NAMESPACE
from conviction_gate.devserver.worker_process import WorkerFailed, print_error
from conviction_gate.encryption.codec import EncryptionCodec, converter_for
from conviction_gate.encryption.codec_app import CodecApp
from conviction_gate.encryption.http_server import serving
from conviction_gate.encryption.keys import ensure_key, read_keyring
from conviction_gate.encryption.readers import Readers
from conviction_gate.temporal import search_attributes

DEFAULT_PORTS: Final = {"--port": 7233, "--ui-port": 8233, "--codec-port": 8081, "--door-port": 8080}
OWN_PORTS: Final = ("--codec-port", "--door-port")
"""Ports of this process, and not of Temporal's server."""
DATABASE: Final = "temporal.db"
SERVER_LOG: Final = "server.log"
START_WITHIN: Final = 60.0
"""Seconds for the server, and again for the worker."""
SERVER_STOP_WITHIN: Final = 10.0
"""Seconds."""


@dataclass(frozen=True)
class EmbeddedServer(ServerAddresses):
    """An embedded server that answers: its addresses and its files."""

    data: Path
    namespace: str
    _process: Process = field(repr=False, compare=False)
    links: OneTimeLinks = field(default_factory=OneTimeLinks, repr=False, compare=False)
    """Sign the user of this machine in at the desk."""

    def __str__(self) -> str:
        """A line for each address and for the data folder."""
        parts = {
            "server": self.address,
            "web UI": self.ui_address,
            "HTTP API": self.http_address,
            "codec server": self.codec_address,
            "door": self.door_address,
            "data folder": self.data,
        }
        return "\n".join(f"  {name:<12}  {where}" for name, where in parts.items() if where)

    @property
    def pid(self) -> int:
        """The server's process id, for measurements."""
        return self._process.pid

    async def failure(self) -> EmbeddedError:
        """Wait for the server's end; the error that says so."""
        code = await self._process.wait()
        return EmbeddedError(f"the Temporal server ended with code {code}; see {self.data / SERVER_LOG}")


async def run_until_stopped(
    server: AbstractAsyncContextManager[EmbeddedServer],
    on_ready: Callable[[EmbeddedServer], Awaitable[None]] | None = None,
) -> int:
    """Run an `embedded` server until SIGTERM or SIGINT; the exit code.

    Prints `ready: …` on stdout once cases can be started, then a line for each address, and an error as one
    line on stderr. Exit codes: 0 after a signal; 1 where it could not start or the server died; 2 where a port
    or the data folder is used by another process.
    """

    async def run() -> int:
        async with server as running:
            print(f"ready: cases can be started; Ctrl-C stops the server\n{running}", flush=True)
            if on_ready is not None:
                await on_ready(running)
            raise await running.failure()

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(run())
    stopped = asyncio.Event()

    def stop_once() -> None:
        if not stopped.is_set():  # cancel once, however many signals come: the shutdown must not be cut short
            stopped.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_once)
    try:
        return await task
    except asyncio.CancelledError:
        if not stopped.is_set():  # no signal: the caller was cancelled
            raise
        return 0
    except (EmbeddedError, SettingsError) as error:
        print_error(str(error))
        return 2 if isinstance(error, ResourceInUse) else 1
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
    door_port: int | None = None,
    prefer_default_ports: bool = False,
    ephemeral: bool = False,
    worker: bool = True,
) -> AsyncIterator[EmbeddedServer]:
    """An embedded server, ready, with or without a worker; stopped at the end.

    Ports that are None are free ones, or the default ones where these are preferred and free. There is no
    HTTP API without `http_port`. `ephemeral`: the cases are in memory, the registry in a temporary folder, and
    `data` is ignored. `server.json` in the data folder has the addresses for as long as the server runs.

    Raises:
        ResourceInUse: a port or the data folder is used by another process.
        SettingsError: a setting or a key is not valid.
        EmbeddedError: it cannot start.
    """
    temporal_server.program()
    with _data_folder(data, ephemeral) as folder, lock_file(folder) as lock:
        settings = Settings(data=folder, registry_url=None) if ephemeral else Settings(data=folder)
        encrypts = settings.encryption == "on"
        given = {"--port": port, "--ui-port": ui_port, "--http-port": http_port}
        given |= {"--door-port": door_port}
        given |= {"--codec-port": codec_port} if encrypts else {}
        ports = {option: number for option, number in given.items() if number is not None}
        await acquire(folder, lock, ports)
        for option in DEFAULT_PORTS.keys() & given.keys() - ports.keys():
            default = DEFAULT_PORTS[option]
            ports[option] = (
                choose_port(option, default, ports.values()) if prefer_default_ports else free_port()
            )
        (folder / SERVER_FILE).unlink(missing_ok=True)  # of a server that was killed
        if encrypts:
            if not (folder / DATABASE).exists():  # else its cases may need a key that was lost
                ensure_key(settings)
            read_keyring(settings)  # before the server starts, so that errors come at once
        addresses = _addresses(ports)
        command = temporal_server.command(
            {option: number for option, number in ports.items() if option not in OWN_PORTS},
            addresses.codec_address,
            None if ephemeral else folder / DATABASE,
        )
        with (folder / SERVER_LOG).open("wb") as log:
            process = await spawn(
                *command,
                env=own_server_environment() | {"GOGC": "400"},
                stdout=log,
                stderr=STDOUT,
                pass_fds=(lock,),
            )
        server = EmbeddedServer(**asdict(addresses), data=folder, namespace=NAMESPACE, _process=process)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(stop, process, SERVER_STOP_WITHIN)
            if encrypts:
                await stack.enter_async_context(_codec_server(settings, folder, ports))
            await _migrate(settings.registry)  # while the server is starting
            await _unless_it_fails(
                server, _set_up(server), f"the server is not ready; see {folder / SERVER_LOG}"
            )
            if worker:
                await stack.enter_async_context(_worker(server, settings))
            await stack.enter_async_context(_door(server, settings, ports))
            stack.enter_context(published(folder, addresses))
            yield server


def _addresses(ports: Mapping[str, int]) -> ServerAddresses:
    def url(option: str) -> str | None:
        return f"http://{HOST}:{ports[option]}" if option in ports else None

    return ServerAddresses(
        address=f"{HOST}:{ports['--port']}",
        ui_address=f"http://{HOST}:{ports['--ui-port']}",
        http_address=url("--http-port"),
        codec_address=url("--codec-port"),
        door_address=f"http://{HOST}:{ports['--door-port']}",
    )


@contextmanager
def _data_folder(data: Path | None, ephemeral: bool) -> Iterator[Path]:
    if not ephemeral:
        yield (data or Settings().data).absolute()
        return
    with tempfile.TemporaryDirectory(prefix="conviction-gate-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@asynccontextmanager
async def _codec_server(settings: Settings, data: Path, ports: Mapping[str, int]) -> AsyncIterator[None]:
    """A codec server for pages of the embedded web UI and for programs on this machine.

    It asks for no token, since this web UI has no sign-in either: whoever reaches the one reaches the other.
    """
    codec = EncryptionCodec(read_keyring(settings), NAMESPACE)
    origins = frozenset(f"http://{host}:{ports['--ui-port']}" for host in (HOST, "localhost"))
    with (data / "codec.log").open("a") as log:
        audit = partial(print, file=log, flush=True)
        encrypts = settings.plaintext == "accept"
        app = CodecApp(codec, NAMESPACE, Readers(None), origins, audit, encrypts=encrypts)
        address = f"{HOST}:{ports['--codec-port']}"
        async with serving(app, address, partial(cannot_bind, "CODEC_ADDRESS", address)):
            yield


@asynccontextmanager
async def _door(server: EmbeddedServer, settings: Settings, ports: Mapping[str, int]) -> AsyncIterator[None]:
    """The door of the embedded server. Its first start makes a caller for this machine, with every right."""
    # Imported here: what it needs takes a while to import, and the worker is starting.
    from conviction_gate.desk.app import desk_of
    from conviction_gate.door import server as door
    from conviction_gate.door.local_caller import ensure_local_caller

    ensure_local_caller(settings)
    converter = converter_for(settings, NAMESPACE)
    connecting = partial(Client.connect, server.address, namespace=NAMESPACE, data_converter=converter)
    with (server.data / "door.log").open("a") as log:
        audit = partial(print, file=log, flush=True)
        address = f"{HOST}:{ports['--door-port']}"
        desk = partial(desk_of, settings=settings, links=server.links)
        async with door.opened(settings, address, audit, desk=desk, connecting=connecting):
            yield


async def _set_up(server: EmbeddedServer) -> None:
    """Wait until the server answers, then set its retention and search attributes."""
    client = await temporal_server.answering(server.address)
    try:
        await temporal_server.set_retention(client)
        await search_attributes.ensure(client)
    except (RPCError, search_attributes.SetupError) as error:
        raise EmbeddedError(f"the server cannot be set up: {error}") from error


async def _migrate(url: str) -> None:
    # Imported here, while the server is starting: SQLAlchemy takes a while to import.
    from conviction_gate.registry import RegistryError, migrate

    try:
        await migrate(url)
    except RegistryError as error:
        raise EmbeddedError(f"the registry cannot be set up: {error}") from error


@asynccontextmanager
async def _worker(server: EmbeddedServer, settings: Settings) -> AsyncIterator[None]:
    env = worker_process.environment(
        {
            "TEMPORAL_ADDRESS": server.address,
            "TEMPORAL_NAMESPACE": server.namespace,
            f"{PREFIX}DATA": str(server.data),
            f"{PREFIX}REGISTRY_URL": settings.registry,
            # The default, which worker_process.STOP_WITHIN allows for.
            f"{PREFIX}WORKER_GRACE": "",
            # Unversioned: a versioned worker gets no tasks until somebody makes its build the current one.
            f"{PREFIX}WORKER_DEPLOYMENT": "",
            f"{PREFIX}WORKER_BUILD": "",
        }
    )
    ready = asyncio.Event()
    supervisor = asyncio.create_task(worker_process.keep_running(worker_process.COMMAND, env, ready))

    async def until_ready() -> None:
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({supervisor, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if supervisor.done():
            supervisor.result()

    try:
        await _unless_it_fails(server, until_ready(), "the worker is not ready; see its log above")
        yield
    except WorkerFailed as error:
        raise EmbeddedError(f"{error}; see its output above") from error
    finally:
        supervisor.cancel()
        await asyncio.gather(supervisor, return_exceptions=True)


async def _unless_it_fails(server: EmbeddedServer, start: Coroutine[Any, Any, None], too_late: str) -> None:
    """Do it, unless the server ends meanwhile: then what answers is another server on the same port.

    `too_late`: the error where it is not done within `START_WITHIN`.
    """
    starting, failing = asyncio.create_task(start), asyncio.create_task(server.failure())
    try:
        async with asyncio.timeout(START_WITHIN):
            await asyncio.wait({starting, failing}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            raise failing.result()
        starting.result()
    except TimeoutError as error:
        raise EmbeddedError(f"after {START_WITHIN:.0f} s {too_late}") from error
    finally:
        for task in (starting, failing):
            task.cancel()
        await asyncio.gather(starting, failing, return_exceptions=True)
