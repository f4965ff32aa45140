"""The command `demo`: the main job on an embedded server, with at least one case for each rule."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from conviction_gate.cli.options import Json
from conviction_gate.cli.session import REFUSED
from conviction_gate.contracts.fields import RuleName

if TYPE_CHECKING:
    from conviction_gate.cli.samples.play import Played
    from conviction_gate.devserver.embedded import Running


def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End when all is shown; else the server runs on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the main job on an embedded server of its own and show every rule."""
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


def _print_json(played: Sequence["Played"], server: "Running") -> None:
    cases = [
        {
            "title": sample.title,
            "expected_rule": sample.rule,
            "case": case.model_dump(mode="json") if case else None,
        }
        for sample, case in played
    ]
    print(json.dumps({"ui": server.ui_address, "cases": cases}))


def _print(played: Sequence["Played"], server: "Running") -> None:
    table = Table(title="Conviction Gate: every rule, on a real Temporal server")
    for heading in ("case", "what happened", "status", "rule", "why"):
        table.add_column(heading, overflow="fold")
    for sample, case in played:
        status, rule, why = (case.status, case.rule, case.explanation) if case else ("?", "?", "?")
        table.add_row(sample.tracking_number, sample.title, status, str(rule), why)
    wide = None if sys.stdout.isatty() else 150
    Console(width=wide).print(table)
    print(f"{sum(it.is_as_expected for it in played)} of {len(played)} cases reached their rule.")
    print(f"Web UI: {server.ui_address}", flush=True)


async def _stopped() -> None:
    """Ends at SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
