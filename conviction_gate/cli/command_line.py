"""The command line `conviction-gate`: people read lines and tables, programs `--json`.

Exit codes: 0 all is well; 1 something was refused or is unknown; 2 the command cannot be carried out;
130 and 143 stopped by Ctrl-C or SIGTERM; 141 whoever reads the output closed it (SIGPIPE).
"""

import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, Any, Final

import temporalio.client  # noqa: F401  imported late, it can crash the interpreter at its exit
import typer

from conviction_gate.cli.bulk.commands import send, start
from conviction_gate.cli.bulk.convert import convert
from conviction_gate.cli.callers import callers
from conviction_gate.cli.charges import charges
from conviction_gate.cli.codec_server import codec_server
from conviction_gate.cli.demo import demo
from conviction_gate.cli.desk import desk
from conviction_gate.cli.doctor import doctor
from conviction_gate.cli.explain import explain
from conviction_gate.cli.flags import flags
from conviction_gate.cli.help import NOT_POSSIBLE, PROGRAM, App, Group
from conviction_gate.cli.importing import docket, history
from conviction_gate.cli.keys import keys
from conviction_gate.cli.list_cases import list_cases
from conviction_gate.cli.options import Data
from conviction_gate.cli.reconcile import reconcile
from conviction_gate.cli.reopen import reopen
from conviction_gate.cli.review import review
from conviction_gate.cli.serve import serve
from conviction_gate.cli.setup import registry, setup
from conviction_gate.cli.show import show
from conviction_gate.cli.up import up

OUTPUT_CLOSED: Final = 128 + signal.SIGPIPE


CASES: Final = "Cases"
REVIEW: Final = "Review"
DATA: Final = "Data"
OPERATE: Final = "Operate"


class _Commands(Group):
    """All of them. Where the output is closed, as by `list --json | head -1`, a command ends silently and
    with the code of a program that SIGPIPE ended; typer's own code is 1, which here is a refusal."""

    panels = (CASES, REVIEW, DATA, OPERATE)
    examples = (f"{PROGRAM} demo", f"{PROGRAM} up", f"{PROGRAM} list --status waiting")

    def invoke(self, ctx: Any) -> Any:
        """Carry out a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise typer.Exit(OUTPUT_CLOSED) from None


app = App("Keep anybody arrested only for minor traffic from being flagged before a conviction.", cls=_Commands)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


@app.callback()
def _options(
    data: Data = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """The options before a command."""


CASE: Final = "CA0190000:A2012-0042117"
app.add(start, "start bookings.jsonl", "start - < booking.json", panel=CASES)
app.add(send, "send events.jsonl", "send dismissal sweep.jsonl", panel=CASES)
app.add(
    list_cases, "list --status review --agency CA0190000", "list --waiting-for 365d", panel=CASES, name="list"
)
app.add(show, f"show {CASE}", panel=CASES)
app.add(explain, f"explain {CASE}", panel=CASES)
app.add(flags, "flags", "flags --json > flags.json", panel=CASES)
app.add_typer(review, name="review", rich_help_panel=REVIEW)
app.add(desk, "desk", panel=REVIEW)
app.add(reopen, f"reopen {CASE} --reason 'refiled as 14CR-7' --by clerk-7", panel=REVIEW)
app.add(
    convert,
    "convert --map deploy/maps/jail-bookings.toml jail.csv > bookings.jsonl",
    "convert --map deploy/maps/case-charges.toml court.csv --check",
    panel=DATA,
)
app.add_typer(history, name="history", rich_help_panel=DATA)
app.add_typer(docket, name="docket", rich_help_panel=DATA)
app.add_typer(charges, name="charges", rich_help_panel=DATA)
app.add(demo, "demo", panel=OPERATE)
app.add(up, "up", "up --data /srv/gate --http-port 7243", panel=OPERATE)
app.add(setup, "setup", panel=OPERATE)
app.add(doctor, "doctor", "doctor --compare", panel=OPERATE)
app.add(reconcile, "reconcile", panel=OPERATE)
app.add_typer(keys, name="keys", rich_help_panel=OPERATE)
app.add(codec_server, "codec-server", panel=OPERATE)
app.add(serve, "serve", "serve --host 0.0.0.0 --certificate door.pem --key door.key", panel=OPERATE)
app.add_typer(callers, name="callers", rich_help_panel=OPERATE)
app.add_typer(registry, name="registry", rich_help_panel=OPERATE)


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
    except OSError as error:  # the output is closed, or the disk is full
        code = OUTPUT_CLOSED if isinstance(error, BrokenPipeError) else NOT_POSSIBLE
    with suppress(OSError):
        sys.stderr.flush()
    # The interpreter's own end sometimes crashes once the SDK has run (sdk-python#300), when all work
    # is done: 1 of 20 commands here ended with 139.
    os._exit(code if isinstance(code, int) else 0 if code is None else NOT_POSSIBLE)
