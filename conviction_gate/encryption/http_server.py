"""The HTTP server of the codec, the door and the desk: uvicorn, with bounds on what one connection holds up.

uvicorn waits for ever for the rest of a request's headers, and for a caller that does not read its answer.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from conviction_gate.config.setting_types import split_address
from conviction_gate.config.settings import SettingsError
from conviction_gate.encryption.codec_app import Receive, Send

SHUTDOWN_WITHIN: Final = 5
"""Seconds to finish requests that have begun."""
MAX_CONNECTIONS: Final = 512
"""Connections at a time; each takes a descriptor. One more takes the place of the one that has waited longest
without a request."""
HEADERS_WITHIN: Final = 10.0
"""Seconds for a handshake of TLS, and from the first byte of a request, or from the beginning of a connection,
to the end of the request's headers."""
READ_WITHIN: Final = 30.0
"""Seconds in which a caller has to read something of its answer, where the buffers are full."""

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
        http=Connection,
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


class Connection(H11Protocol):
    """A connection that is closed where its headers do not come in time, or nobody reads its answer."""

    _headers_due: asyncio.TimerHandle | None = None
    _reading_due: asyncio.TimerHandle | None = None
    _is_aborted = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > MAX_CONNECTIONS:
            self._make_place()
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect_headers()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_due = self.loop.call_later(READ_WITHIN, self.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._reading_due)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        _cancel(self._headers_due)
        _cancel(self._reading_due)

    def abort(self) -> None:
        """Close at once, whatever was not read."""
        self._is_aborted = True
        self.transport.abort()

    @property
    def _is_waiting(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _expect_headers(self) -> None:
        if not self._is_waiting:
            _cancel(self._headers_due)
            self._headers_due = None
        elif self._headers_due is None:
            self._since = self.loop.time()
            self._headers_due = self.loop.call_later(HEADERS_WITHIN, self._close_if_waiting)

    def _close_if_waiting(self) -> None:
        self._headers_due = None
        if self._is_waiting:
            self.abort()

    def _make_place(self) -> None:
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        waiting = [other for other in others if other._is_waiting and not other._is_aborted]
        min(waiting, key=lambda other: other._since, default=self).abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class _Server(uvicorn.Server):
    """Leaves signals to the process that runs it, and gives a handshake of TLS no more time than headers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        config, loop = self.config, asyncio.get_running_loop()
        protocol = partial(Connection, config=config, server_state=self.server_state, app_state={})
        within = HEADERS_WITHIN if config.ssl else None
        self.servers = [
            await loop.create_server(protocol, sock=sock, ssl=config.ssl, ssl_handshake_timeout=within)
            for sock in sockets or ()
        ]
        self.started = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
