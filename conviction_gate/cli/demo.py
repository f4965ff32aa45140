"""The command `demo`: the main job on an embedded server, with at least one case for each rule."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from conviction_gate.cli.options import Json
from conviction_gate.cli.printing import Column, console, print_table
from conviction_gate.cli.session import REFUSED
from conviction_gate.contracts.fields import RuleName

if TYPE_CHECKING:
    from conviction_gate.cli.samples.play import Played
    from conviction_gate.devserver.embedded import EmbeddedServer

COLUMNS: Final = (
    Column("case"),
    Column("what happened", prose=True),
    Column("status", rank=1),
    Column("rule"),
    Column("why", rank=2, prose=True),
)


def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End once all is shown. Without it, the server runs until Ctrl-C.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the main job on an embedded server of its own, with a case for every rule."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # so that the server and its folder are removed
    raise typer.Exit(asyncio.run(_demo(leave=leave, as_json=as_json)))


async def _demo(*, leave: bool, as_json: bool) -> int:
    from conviction_gate.cli.samples.play import play
    from conviction_gate.devserver.embedded import embedded

    async with embedded(ephemeral=True) as server:
        os.environ["TEMPORAL_ADDRESS"] = server.address
        os.environ["TEMPORAL_NAMESPACE"] = server.namespace
        played = await play(server)
        if as_json:
            _print_json(played, server)
        else:
            _print(played, server)
        wrong = [it.sample.title for it in played if not it.is_as_expected]
        missing = sorted(set(get_args(RuleName)) - {it.case.rule for it in played if it.case})
        for title in wrong:
            print(f"demo: '{title}' did not reach its rule", file=sys.stderr)
        for rule in missing:
            print(f"demo: no case shows {rule}", file=sys.stderr)
        if not leave and not as_json and sys.stdout.isatty():
            print("Look around in the web UI; Ctrl-C ends the demo.", flush=True)
            await _stopped()
    return REFUSED if wrong or missing else 0


def _print_json(played: Sequence["Played"], server: "EmbeddedServer") -> None:
    cases = [
        {
            "title": sample.title,
            "expected_rule": sample.rule,
            "case": case.model_dump(mode="json") if case else None,
        }
        for sample, case in played
    ]
    print(json.dumps({"ui": server.ui_address, "cases": cases}))


def _print(played: Sequence["Played"], server: "EmbeddedServer") -> None:
    print_table(console(), COLUMNS, map(_row, played))
    print(f"{sum(it.is_as_expected for it in played)} of {len(played)} cases reached their rule.")
    print(f"Web UI: {server.ui_address}", flush=True)


def _row(played: "Played") -> tuple[str, ...]:
    sample, case = played
    if case is None:
        return sample.tracking_number, sample.title, "", "", "the server has no such case"
    return sample.tracking_number, sample.title, case.status, case.rule or "", case.explanation


async def _stopped() -> None:
    """Ends at SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
