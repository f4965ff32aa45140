"""The command `serve`: the door, which is the HTTP API."""

from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from conviction_gate.cli.options import Data, whole_number
from conviction_gate.cli.session import fail, run
from conviction_gate.config.settings import Settings


def _host(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not an IP address; write one, as 0.0.0.0 for all") from None
    return f"[{address}]" if address.version == 6 else str(address)


def serve(
    host: Annotated[
        str, typer.Option(parser=_host, metavar="ADDRESS", help="The IP address to listen at.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(parser=whole_number(1, 65535), metavar="PORT", help="The port to listen at.")
    ] = 8080,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="A certificate for TLS (PEM), with its chain."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="The certificate's key (PEM).")
    ] = None,
    data: Data = None,
) -> None:
    """Run the door: the HTTP API for systems without a Temporal client, until Ctrl-C.

    It needs callers: make one with `conviction-gate callers new NAME`. Its audit goes to standard output, a
    JSON object for each request. Where other machines reach it, give it a certificate, or put a proxy with TLS
    in front of it.
    """
    if key is not None and certificate is None:
        fail("--key: requires --certificate; name both")
    from conviction_gate.desk.app import desk_of
    from conviction_gate.door import server

    settings = Settings()
    desk = partial(desk_of, settings=settings)
    run(server.run(settings, f"{host}:{port}", certificate, key, desk))
