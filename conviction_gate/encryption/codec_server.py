"""The codec server's process: where it listens, and how it ends."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import uvicorn

from conviction_gate.config.setting_types import split_address
from conviction_gate.config.settings import Settings, cannot_bind
from conviction_gate.encryption.codec import EncryptionCodec
from conviction_gate.encryption.codec_app import CodecApp
from conviction_gate.encryption.keys import read_keyring
from conviction_gate.encryption.readers import Readers

SHUTDOWN_WITHIN: Final = 5
"""Seconds to finish requests that have begun."""


@asynccontextmanager
async def serving(app: CodecApp, address: str) -> AsyncIterator[None]:
    """Serve at an IP address and port; raises `SettingsError` where the process cannot listen there."""
    host, port = split_address(address)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise cannot_bind("CODEC_ADDRESS", address, error) from None
    server = _Server(
        uvicorn.Config(
            app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            http="h11",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_WITHIN,
        )
    )
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
    async with serving(app, settings.codec_address):
        print(f"ready: codec server http://{settings.codec_address}, namespace {namespace}", file=sys.stderr)
        await stop.wait()


class _Server(uvicorn.Server):
    """Leaves signals to the process that runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
