"""The command `up`: an embedded server with everything that a case needs."""

from typing import Annotated, Any

import typer

from conviction_gate.cli.options import Data, whole_number
from conviction_gate.cli.session import run
from conviction_gate.config.settings import Settings


def _port(help: str) -> Any:
    return typer.Option(parser=whole_number(1, 65535), metavar="PORT", help=help)


def up(
    port: Annotated[int, _port("The server's port.")] = 7233,
    ui_port: Annotated[int, _port("The web UI's port.")] = 8233,
    http_port: Annotated[int | None, _port("Also open the server's HTTP API, on this port.")] = None,
    codec_port: Annotated[int, _port("The codec server's port.")] = 8081,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep the cases in memory and the rest in a temporary folder.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Without a worker cases wait, as during a restore.")
    ] = True,
    data: Data = None,
) -> None:
    """Run an embedded server, its web UI, its codec server, the registry and a worker.

    It prints one line that begins with `ready:` once cases can be started, and runs until Ctrl-C.
    """
    from conviction_gate.devserver import embedded

    server = embedded.embedded(
        data=Settings().data,
        port=port,
        ui_port=ui_port,
        http_port=http_port,
        codec_port=codec_port,
        ephemeral=ephemeral,
        worker=worker,
    )
    raise typer.Exit(run(embedded.run_until_stopped(server)))
