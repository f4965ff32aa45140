"""The command `up`: an embedded server with everything that a case needs."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from conviction_gate.cli.options import Data, whole_number
from conviction_gate.cli.session import run
from conviction_gate.config.settings import PREFIX, Settings
from conviction_gate.contracts.names import CASE_STATUS, NEEDS_ATTENTION
from conviction_gate.door.local_caller import key_file
from conviction_gate.temporal.connect import DEFAULT_ADDRESS

if TYPE_CHECKING:
    from conviction_gate.devserver.embedded import EmbeddedServer

LISTS: Final = {
    "wait for the court": f'{CASE_STATUS.name}="waiting_for_court"',
    "wait for a person's ruling": f'{CASE_STATUS.name}="needs_review"',
    "need attention": f'{NEEDS_ATTENTION.name}=true AND ExecutionStatus="Running"',
}
"""Lists of cases in the web UI, with their queries."""


def _port(help: str) -> Any:
    return typer.Option(parser=whole_number(1, 65535), metavar="PORT", help=help, show_default=False)


def up(
    port: Annotated[int | None, _port("The server's port; by default 7233, or a free one.")] = None,
    ui_port: Annotated[int | None, _port("The web UI's port; by default 8233, or a free one.")] = None,
    http_port: Annotated[int | None, _port("Also open the server's HTTP API, on this port.")] = None,
    codec_port: Annotated[int | None, _port("The codec server's port; by default 8081, or a free one.")] = None,
    door_port: Annotated[int | None, _port("The door's port; by default 8080, or a free one.")] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep the cases in memory and the rest in a temporary folder.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Without a worker cases wait, as during a restore.")
    ] = True,
    data: Data = None,
) -> None:
    """Run an embedded server, its web UI, its codec server, the registry, a worker and the door.

    It prints a line that begins with `ready:` once cases can be started, then its addresses, and runs until
    Ctrl-C.
    """
    from conviction_gate.devserver import embedded

    server = embedded.embedded(
        data=Settings().data,
        port=port,
        ui_port=ui_port,
        http_port=http_port,
        codec_port=codec_port,
        door_port=door_port,
        prefer_default_ports=True,
        ephemeral=ephemeral,
        worker=worker,
    )
    raise typer.Exit(run(embedded.run_until_stopped(server, _print_hints)))


async def _print_hints(server: "EmbeddedServer") -> None:
    print("\n".join(hints(server)), flush=True)


def hints(server: "EmbeddedServer") -> Iterator[str]:
    """What to do next: variables for another terminal, lists in the web UI, and how to read with `temporal`.

    An address longer than 80 columns has a line of its own, so that a terminal folds nothing else.
    """
    variables = {}
    if server.address != DEFAULT_ADDRESS.replace("localhost", "127.0.0.1"):
        variables["TEMPORAL_ADDRESS"] = server.address
    default: Path = Settings.model_fields["data"].default
    if server.data != default.absolute():
        variables[f"{PREFIX}DATA"] = str(server.data)
    if variables:
        yield "In another terminal:"
        yield from (f"  export {name}={shlex.quote(value)}" for name, value in variables.items())
    yield "The pages for reviewers, by a link that works once:"
    yield f"{server.door_address}{server.links.issue()}"
    key = key_file(server.data)
    if key.exists():
        yield "Over HTTP, with the key of the caller `local`:"
        yield f'  curl -H "Authorization: Bearer $(cat {shlex.quote(str(key))})" {server.door_address}/v1/cases'
    if server.codec_address is not None:
        yield "A case as Temporal's own program reads it, decrypted:"
        yield f"  temporal workflow show --codec-endpoint {server.codec_address} -w CASE"
    for name, query in LISTS.items():
        yield f"In the web UI, cases that {name}:"
        yield f"{server.ui_address}/namespaces/{server.namespace}/workflows?query={quote(query, safe='=')}"
