"""The command `reconcile`: makes the server and the registry agree after a restore of either."""

import json

import typer

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.session import REFUSED, run
from conviction_gate.config.settings import Settings
from conviction_gate.restore.reconciliation import Done, Reconciliation
from conviction_gate.temporal.connect import connect


def reconcile(as_json: Json = False, data: Data = None) -> None:
    """Make the server and the registry agree after a restore of either. Safe to repeat.

    Writes again what the registry has lost, and has cases read from it what the server has lost.
    Exit code 1 where a case could not be reconciled.
    """
    done = run(_reconcile())
    if as_json:
        print("[" + ",\n ".join(json.dumps(one._asdict()) for one in done) + "]")
    else:
        for one in done:
            print(f"{one.id}: {one.text}")
        print(f"{sum(one.ok for one in done):,} reconciled, {sum(not one.ok for one in done):,} not")
    if not all(one.ok for one in done):
        raise typer.Exit(REFUSED)


async def _reconcile() -> list[Done]:
    # Not imported above: it needs a database toolkit, which takes a while to import.
    from conviction_gate.registry import Registry

    client = await connect()
    async with await Registry.open(Settings().registry) as registry:
        return await Reconciliation(client, registry).run()
