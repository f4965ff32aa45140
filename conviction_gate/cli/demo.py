"""`conviction-gate demo`: the main job on an embedded server, with at least one case for each rule.

Starts a server with a worker on free ports and in memory, imports the samples' criminal history,
starts their bookings, sends their court messages, and shows how each case stands and why.
"""

import asyncio
import json
import os
import signal
import sys
from importlib import resources
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from conviction_gate.client.case_client import CaseClient
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.fields import Model, RuleName
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_booking, read_typed
from conviction_gate.devserver.embedded import Running, embedded
from conviction_gate.registry import Registry
from conviction_gate.temporal.connect import connect

PATIENCE = 60.0
"""Seconds in which every case has to come to where it belongs."""


class Sample(Model):
    """A case of the demo: its booking, what the history source knows, what is sent, and the end."""

    title: str
    rule: RuleName
    agency: str
    tracking_number: str
    booking: dict[str, Any]
    history: dict[str, Any]
    messages: tuple[dict[str, Any], ...]

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.agency, self.tracking_number)


def samples() -> list[Sample]:
    """The bundled samples."""
    text = resources.files("conviction_gate.cli.samples").joinpath("cases.json").read_text("utf-8")
    return [Sample.model_validate(sample) for sample in json.loads(text)]


async def run(*, leave: bool = False, as_json: bool = False) -> int:
    """Play all samples; exit code 0 where each ended as it must. `leave`: do not stay up."""
    async with embedded(ephemeral=True) as running:
        os.environ["TEMPORAL_ADDRESS"] = running.address
        os.environ["TEMPORAL_NAMESPACE"] = running.namespace
        settings = Settings(data=running.data)
        registry = await Registry.open(settings.registry)
        try:
            client = CaseClient(await connect(settings), registry)
            stand = await _play(client, registry)
        finally:
            await registry.close()
        wrong = [sample.title for sample, view in stand if view is None or view.rule != sample.rule]
        missing = sorted(set(get_args(RuleName)) - {view.rule for _, view in stand if view})
        _print(stand, running, as_json)
        for title in wrong:
            print(f"demo: '{title}' ended otherwise than it must", file=sys.stderr)
        for rule in missing:
            print(f"demo: no case shows {rule}", file=sys.stderr)
        if not leave and not as_json and sys.stdout.isatty():
            print("Look around in the web UI; Ctrl-C ends the demo.", flush=True)
            await _until_told_to_stop()
    return 1 if wrong or missing else 0


Stand = list[tuple[Sample, CaseView | None]]


async def _play(client: CaseClient, registry: Registry) -> Stand:
    played = samples()
    await registry.import_history(
        HistoryAnswer.model_validate_json(json.dumps({"subject": sample.booking["subject"]} | sample.history))
        for sample in played
        if sample.history
    )
    await asyncio.gather(*(_send(client, sample) for sample in played))
    views = await asyncio.gather(*(_as_it_stands(client, sample) for sample in played))
    return list(zip(played, views, strict=True))


async def _send(client: CaseClient, sample: Sample) -> None:
    await client.start(read_booking(json.dumps(sample.booking)))
    for fields in sample.messages:
        message = read_typed(json.dumps(fields))
        # A ruling answers the question that stands when it arrives, so it waits for the question.
        if fields["type"] == "review_decision":
            await _until(client, sample, lambda view: view.status == "needs_review")
        await client.send(message, sample.case_id)


async def _as_it_stands(client: CaseClient, sample: Sample) -> CaseView | None:
    return await _until(client, sample, lambda view: view.rule == sample.rule)


async def _until(client: CaseClient, sample: Sample, right: Any) -> CaseView | None:
    """The case once it is right; as it is, where that takes too long."""
    view = None
    for _ in range(int(PATIENCE / 0.1)):
        view = await client.case(sample.case_id)
        if view is not None and right(view):
            return view
        await asyncio.sleep(0.1)
    return view


def _print(stand: Stand, running: Running, as_json: bool) -> None:
    if as_json:
        told = [
            {
                "title": sample.title,
                "expected_rule": sample.rule,
                "case": view.model_dump(mode="json") if view else None,
            }
            for sample, view in stand
        ]
        print(json.dumps({"ui": running.ui_address, "cases": told}))
        return
    table = Table(title="Conviction Gate: every rule, on a real Temporal server")
    for heading in ("case", "what happened", "status", "rule", "why"):
        table.add_column(heading, overflow="fold")
    for sample, view in stand:
        status, rule, why = (view.status, view.rule, view.explanation) if view else ("?", "?", "?")
        table.add_row(sample.tracking_number, sample.title, status, str(rule), why)
    wide = None if sys.stdout.isatty() else 150
    Console(width=wide).print(table)
    right = sum(1 for sample, view in stand if view and view.rule == sample.rule)
    print(f"{right} of {len(stand)} cases stand as they must.")
    print(f"Web UI: {running.ui_address}", flush=True)


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
