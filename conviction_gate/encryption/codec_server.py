"""The codec server's process: where it listens, and how it ends."""

import asyncio
import signal
import sys
from functools import partial

from conviction_gate.config.settings import Settings, cannot_bind
from conviction_gate.encryption.codec import EncryptionCodec
from conviction_gate.encryption.codec_app import CodecApp
from conviction_gate.encryption.http_server import serving
from conviction_gate.encryption.keys import read_keyring
from conviction_gate.encryption.readers import Readers


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
