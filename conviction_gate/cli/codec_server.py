"""The command `codec-server`: decrypts payloads for the web UI and the `temporal` program."""

from conviction_gate.cli.options import Data
from conviction_gate.cli.session import run
from conviction_gate.config.settings import Settings
from conviction_gate.temporal.connect import connect_config


def codec_server(data: Data = None) -> None:
    """Decrypt payloads for the web UI and the `temporal` program, until Ctrl-C.

    Its audit log goes to standard output, a JSON object for each request.
    """
    from conviction_gate.encryption import codec_server

    async def work() -> None:
        await codec_server.run(Settings(), connect_config()["namespace"])

    run(work())
