"""The codec server's process: where it listens, and how it ends."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from conviction_gate.config.setting_types import split_address
from conviction_gate.config.settings import Settings, SettingsError, cannot_bind
from conviction_gate.encryption.codec import EncryptionCodec
from conviction_gate.encryption.codec_app import CodecApp, Receive, Send
from conviction_gate.encryption.keys import read_keyring
from conviction_gate.encryption.readers import Readers

SHUTDOWN_WITHIN: Final = 5
"""Seconds to finish requests that have begun."""
MAX_CONNECTIONS: Final = 512
"""Connections at a time; one more is closed at once. Each takes a descriptor."""
HEADERS_WITHIN: Final = 10.0
"""Seconds in which a new connection has to send its first headers."""

App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@asynccontextmanager
async def serving(
    app: App,
    address: str,
    cannot_listen: Callable[[OSError], SettingsError],
    certificate: Path | None = None,
    key: Path | None = None,
) -> AsyncIterator[None]:
    """Serve at an IP address and port, with TLS where there is a certificate (PEM files).

    Raises the error of `cannot_listen` where the process cannot listen there, and `SettingsError` where the
    certificate or its key cannot be used.
    """
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small parts at once; else the body of an answer waits for the
    # acknowledgement of its head, 40 ms later.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise cannot_listen(error) from None
    config = uvicorn.Config(
        app,
        interface="asgi3",
        lifespan="off",
        ws="none",
        http=_Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_WITHIN,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except OSError as error:  # among them SSL's
        listener.close()
        raise SettingsError(
            f"--certificate, --key: cannot be used ({error.strerror or error}); name two PEM files that belong "
            "together"
        ) from None
    server = _Server(config)
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or serve.done()):  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serve


async def run(settings: Settings, namespace: str) -> None:
    """Serve until SIGTERM or SIGINT; the audit goes to stdout.

    Raises:
        SettingsError: a setting or a key is not valid, there is no token, or the address is taken.
    """
    codec = EncryptionCodec(read_keyring(settings), namespace)
    readers = await Readers.from_settings(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = CodecApp(codec, namespace, readers, settings.codec_origins, partial(print, flush=True))
    address = settings.codec_address
    async with serving(app, address, partial(cannot_bind, "CODEC_ADDRESS", address)):
        print(f"ready: codec server http://{settings.codec_address}, namespace {namespace}", file=sys.stderr)
        await stop.wait()


class _Connection(H11Protocol):
    """Closes a connection that has not sent the headers of its first request in time, and one too many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.close()
            return
        self.loop.call_later(HEADERS_WITHIN, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """Leaves signals to the process that runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
