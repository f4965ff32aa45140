"""The command line `conviction-gate`: people read lines and tables, programs `--json`.

Exit codes: 0 all is well; 1 something was refused or is not known; 2 the command cannot be done.
"""

import asyncio
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated

import temporalio.client  # noqa: F401  imported late, it can crash the interpreter at its exit
import typer
from pydantic import BaseModel

from contracts.arrivals import MESSAGE_TYPES
from contracts.booking import Booking
from contracts.case import CaseView, Flag
from contracts.fields import Status
from contracts.names import ORI_PATTERN, CaseId
from intake import tables
from intake.client import Reply
from intake.options import Data, File, Json, Port
from intake.reading import CASE_FORM, Addressed, items_in, read_addressed, read_case_id
from intake.sending import Sent, deliver
from intake.session import NOT_POSSIBLE, REFUSED, cases, fail, run
from runtime.connect import connect
from runtime.settings import Settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(tables.history, name="history")
app.add_typer(tables.docket, name="docket")
app.add_typer(tables.registry, name="registry")


@app.callback()
def whole(data: Data = None) -> None:
    """Holds the promise that a traffic-only arrest is not flagged before a conviction."""


@app.command()
def up(
    port: Port = 7233,
    ui_port: Port = 8233,
    http_port: Annotated[int | None, typer.Option(help="Open the HTTP API there.")] = None,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep nothing.")] = False,
    data: Data = None,
) -> None:
    """Run an embedded server, the registry and a worker until told to stop."""
    from runtime import embedded

    async def work() -> int:
        return await embedded.up(
            data=Settings().data,
            port=port,
            ui_port=ui_port,
            http_port=http_port,
            ephemeral=ephemeral,
        )

    raise typer.Exit(run(work()))


@app.command()
def setup(data: Data = None) -> None:
    """Set up a server's search attributes and the registry. Safe to repeat."""

    async def work() -> None:
        from registry import migrate
        from runtime import search_attributes

        await search_attributes.ensure(await connect())
        await migrate(Settings().registry)

    run(work())
    print("the server's search attributes and the registry are set up")


@app.command()
def start(file: File, as_json: Json = False, data: Data = None) -> None:
    """Start a case for each booking; one whose case is open is handed to that case."""

    async def work() -> list[Sent]:
        async with cases() as client:

            async def post(addressed: Addressed) -> Reply:
                assert isinstance(addressed.message, Booking)
                return await client.start(addressed.message)

            return await deliver(items_in(file.read()), partial(read_addressed, name="booking"), post)

    _report(run(work()), as_json)


@app.command()
def send(
    name: Annotated[str, typer.Argument(metavar="TYPE", help=", ".join(MESSAGE_TYPES))],
    file: File,
    case: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="The case, where a message does not name it."),
    ] = None,
    answer: Annotated[
        bool, typer.Option("--answer", help="Wait for the case's own answer; needs a worker.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Send messages of one type, each to the case that it names.

    Beside its own fields a message names its case: by agency and tracking_number, or by case_id.
    """
    if name not in MESSAGE_TYPES:
        fail(f"TYPE: '{name}' is none; name one of {', '.join(MESSAGE_TYPES)}")
    case_id = _case_id(case) if case else None

    async def work() -> list[Sent]:
        async with cases() as client:
            post = client.submit if answer else client.send
            return await deliver(
                items_in(file.read()),
                partial(read_addressed, name=name, case_id=case_id),
                lambda addressed: post(addressed.name, addressed.message, addressed.case_id),
            )

    _report(run(work()), as_json)


@app.command()
def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help=CASE_FORM)],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show one case: where it stands, who waits for what, and what it is made of."""
    # One under an id of another form is shown too: `list` names it, and somebody must see why.
    case_id = str(read_case_id(case) or case)

    async def work() -> CaseView | None:
        async with cases() as client:
            return await client.case(case_id)

    view = run(work())
    if view is None:
        fail(f"no case {case_id}; see `conviction-gate list`, or write {CASE_FORM}", REFUSED)
    if as_json:
        print(view.model_dump_json(indent=2))
    else:
        from intake.printing import print_case

        print_case(view)


@app.command("list")
def list_cases(
    status: Annotated[Status | None, typer.Option(help="Only cases of this status.")] = None,
    agency: Annotated[str | None, typer.Option(metavar="ORI", help="Only this agency's.")] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only cases that need a person's attention.")
    ] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 100,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List cases, the latest first."""
    from intake.listing import CaseRow, query_for, rows

    if agency and not re.fullmatch(ORI_PATTERN, agency):
        fail(f"--agency: '{agency}' is no ORI; write nine characters, as in CA0190000")

    async def work() -> list[CaseRow]:
        query = query_for(status, agency, attention)
        return [row async for row in rows(await connect(), query, limit + 1)]

    found = run(work())
    if as_json:
        _print_array(found[:limit])
    else:
        from intake.printing import print_rows

        print_rows(found, limit)


@app.command()
def flags(as_json: Json = False, data: Data = None) -> None:
    """Print every flag on record, withdrawn ones included."""

    async def work() -> tuple[Flag, ...]:
        from registry import Registry

        async with await Registry.open(Settings().registry) as opened:
            return await opened.flags()

    found = run(work())
    if as_json:
        _print_array(found)
    else:
        from intake.printing import print_flags

        print_flags(found)


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End when all is shown; else the server runs on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the main job on an embedded server of its own and show every rule."""
    from intake.demo import run as run_demo

    raise typer.Exit(asyncio.run(run_demo(leave=leave, as_json=as_json)))


def main() -> None:
    """The program `conviction-gate`."""
    code: str | int | None = NOT_POSSIBLE
    try:
        app()
    except SystemExit as end:
        code = end.code
    except Exception:
        traceback.print_exc()
    with suppress(OSError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    # The interpreter's own end crashes now and then once the SDK has run (sdk-python#300), after
    # all was done and said: 1 of 20 commands here ended with 139.
    os._exit(code if isinstance(code, int) else 0 if code is None else NOT_POSSIBLE)


def _case_id(text: str) -> CaseId:
    case_id = read_case_id(text)
    if case_id is None:
        fail(f"CASE: '{text}' names no case; write {CASE_FORM}")
    return case_id


def _report(sent: Sequence[Sent], as_json: bool) -> None:
    if as_json:
        _print_array(sent)
    else:
        from intake.printing import print_sent

        print_sent(sent)
    if not all(one.is_good for one in sent):
        raise typer.Exit(REFUSED)


def _print_array(models: Sequence[BaseModel]) -> None:
    """One JSON array, an object a line."""
    print("[" + ",\n ".join(model.model_dump_json() for model in models) + "]")
