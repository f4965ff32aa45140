"""The command line `conviction-gate`: people read lines and tables, programs `--json`.

Exit codes: 0 all is well; 1 something was refused or is not known; 2 the command cannot be done;
130 and 143 it was told to stop, by Ctrl-C or SIGTERM; 141 nobody reads what it prints (SIGPIPE).
"""

import asyncio
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import temporalio.client  # noqa: F401  imported late, it can crash the interpreter at its exit
import typer
from pydantic import BaseModel
from typer.core import TyperGroup

from conviction_gate.cli import charges, doctor, keys, review, tables
from conviction_gate.cli import explain as explaining
from conviction_gate.cli import reconcile as reconciling
from conviction_gate.cli import reopen as reopening
from conviction_gate.cli.bulk import commands as bulk
from conviction_gate.cli.bulk.reading import CASE_FORM, read_case_id
from conviction_gate.cli.options import Data, Json, Port, again, read_span
from conviction_gate.cli.session import NOT_POSSIBLE, REFUSED, cases, fail, run
from conviction_gate.client import looking_up
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import Flag
from conviction_gate.contracts.fields import Status
from conviction_gate.contracts.names import ORI_PATTERN
from conviction_gate.temporal.connect import connect, connect_config

UNREAD: Final = 128 + signal.SIGPIPE


class _Commands(TyperGroup):
    """All of them; one whose output nobody reads any more, as in `list --json | head -1`, ends without
    a word, and with the code of a program that SIGPIPE ended. Typer would make it 1, what is refused."""

    def invoke(self, ctx: Any) -> Any:
        """Carry out a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise typer.Exit(UNREAD) from None


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(charges.charges, name="charges")
app.add_typer(tables.history, name="history")
app.add_typer(tables.docket, name="docket")
app.add_typer(tables.registry, name="registry")
app.add_typer(review.review, name="review")
app.add_typer(keys.keys, name="keys")


@app.callback()
def whole(data: Data = None) -> None:
    """Holds the promise that a traffic-only arrest is not flagged before a conviction."""


@app.command()
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

    async def work() -> int:
        return await embedded.up(
            data=Settings().data,
            port=port,
            ui_port=ui_port,
            http_port=http_port,
            codec_port=codec_port,
            ephemeral=ephemeral,
            worker=worker,
        )

    raise typer.Exit(run(work()))


@app.command()
def setup(data: Data = None) -> None:
    """Set up a server's search attributes and the registry. Safe to repeat."""

    async def work() -> None:
        from conviction_gate.registry import migrate
        from conviction_gate.temporal import search_attributes

        await search_attributes.ensure(await connect(needs_keys=False))
        await migrate(Settings().registry)

    run(work())
    print("the server's search attributes and the registry are set up")


@app.command()
def codec_server(data: Data = None) -> None:
    """Open sealed payloads for the web UI and the `temporal` program, until told to stop.

    Its audit goes to stdout, a JSON object for each request.
    """
    from conviction_gate.encryption import codec_server

    async def work() -> None:
        await codec_server.run(Settings(), connect_config()["namespace"])

    run(work())


app.command()(bulk.start)
app.command()(bulk.send)
app.command()(reopening.reopen)
app.command()(doctor.doctor)
app.command()(reconciling.reconcile)
app.command()(explaining.explain)


@app.command()
def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help=CASE_FORM)],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show one case: where it stands, who waits for what, and what it is made of."""
    # One under an id of another form is shown too: `list` names it, and somebody must see why.
    case_id = str(read_case_id(case) or case)

    async def work() -> looking_up.Found | None:
        async with cases() as client:
            return await looking_up.look_up(client, case_id)

    found = run(work())
    if found is None:
        fail(f"no case {case_id}; see `conviction-gate list`, or write {CASE_FORM}", REFUSED)
    if as_json:
        print(found.shown.model_dump_json(indent=2))
    else:
        from conviction_gate.cli.printing import print_case

        print_case(found.shown)


@app.command("list")
def list_cases(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only cases of this status.")] = None,
    agency: Annotated[str | None, typer.Option(metavar="ORI", help="Only this agency's.")] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only cases that need a person's attention.")
    ] = False,
    waiting_for: Annotated[
        str | None,
        typer.Option(metavar="SPAN", help="Only cases that wait for the court so long, such as 180d."),
    ] = None,
    limit: Annotated[int, typer.Option(help="Cases on a page.", min=1, max=1000)] = 100,
    page: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The page after the one that told this token.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List cases, the latest first, page by page."""
    from conviction_gate.client import listing

    if agency and not re.fullmatch(ORI_PATTERN, agency):
        fail(f"--agency: '{agency}' is no ORI; write nine characters, as in CA0190000")
    waited = read_span(waiting_for, "--waiting-for") if waiting_for else None

    async def work() -> listing.Page:
        wanted = listing.Wanted(status, agency, attention, waited)
        return await listing.page(await connect(), wanted, limit, page)

    try:
        found = run(work())
    except listing.NoSuchPage:
        fail("--page: no page goes by this token; take it from the page before, with the same options")
    if as_json:
        _print_array(found.rows)
        if found.next:
            print(f"next page: {found.next}", file=sys.stderr)
        return
    from conviction_gate.cli.printing import print_page

    following = again(
        context,
        status=status,
        agency=agency,
        attention=attention,
        waiting_for=waiting_for,
        limit=limit,
        page=found.next,
    )
    print_page(found, following)


@app.command()
def flags(as_json: Json = False, data: Data = None) -> None:
    """Print every flag on record, withdrawn ones included."""

    async def work() -> tuple[Flag, ...]:
        from conviction_gate.registry import Registry

        async with await Registry.open(Settings().registry) as opened:
            return await opened.flags()

    found = run(work())
    if as_json:
        _print_array(found)
    else:
        from conviction_gate.cli.printing import print_flags

        print_flags(found)


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End when all is shown; else the server runs on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the main job on an embedded server of its own and show every rule."""
    from conviction_gate.cli.demo import run as run_demo

    signal.signal(signal.SIGINT, signal.default_int_handler)  # its server and its folder are to go
    raise typer.Exit(asyncio.run(run_demo(leave=leave, as_json=as_json)))


def main() -> None:
    """The program `conviction-gate`."""
    code: str | int | None = NOT_POSSIBLE
    try:
        app()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except Exception:
        traceback.print_exc()
    try:
        sys.stdout.flush()
    except OSError as error:  # nobody reads any more, or the disk is full
        code = UNREAD if isinstance(error, BrokenPipeError) else NOT_POSSIBLE
    with suppress(OSError):
        sys.stderr.flush()
    # The interpreter's own end crashes now and then once the SDK has run (sdk-python#300), after
    # all was done and said: 1 of 20 commands here ended with 139.
    os._exit(code if isinstance(code, int) else 0 if code is None else NOT_POSSIBLE)


def _print_array(models: Sequence[BaseModel]) -> None:
    """One JSON array, an object a line."""
    print("[" + ",\n ".join(model.model_dump_json() for model in models) + "]")
