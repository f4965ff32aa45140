"""The command `up`: an embedded server with everything that a case needs."""

from typing import Annotated

import typer

from conviction_gate.cli.options import Data, Port
from conviction_gate.cli.session import run
from conviction_gate.config.settings import Settings


def up(
    port: Port = 7233,
    ui_port: Port = 8233,
    http_port: Annotated[int | None, typer.Option(help="Open the HTTP API there.")] = None,
    codec_port: Port = 8081,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep nothing.")] = False,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Without one, cases wait, as during a restore.")
    ] = True,
    data: Data = None,
) -> None:
    """Run an embedded server, its codec server, the registry and a worker until told to stop."""
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
