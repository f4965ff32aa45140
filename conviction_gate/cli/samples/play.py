"""The samples of `conviction-gate demo`, at least one for each rule, and how they are played on a server."""

import asyncio
import json
from collections.abc import Callable
from importlib import resources
from typing import Any, Final, NamedTuple

from conviction_gate.client.case_client import CaseClient
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.fields import Model, RuleName
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_booking, read_typed
from conviction_gate.devserver.embedded import EmbeddedServer
from conviction_gate.registry import Registry
from conviction_gate.temporal.connect import connect

SETTLED_WITHIN: Final = 60.0
"""Seconds in which every case has to reach its rule."""
BETWEEN_QUERIES: Final = 0.1  # seconds


class Sample(Model):
    """One sample: its booking, what the history source knows, the messages, and the rule it must reach."""

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


class Played(NamedTuple):
    """A sample and its case in the end; `case` is None where the server has none."""

    sample: Sample
    case: CaseView | None

    @property
    def is_as_expected(self) -> bool:
        """Whether the case reached the sample's rule."""
        return self.case is not None and self.case.rule == self.sample.rule


def samples() -> list[Sample]:
    """The bundled samples."""
    text = resources.files("conviction_gate.cli.samples").joinpath("cases.json").read_text("utf-8")
    return [Sample.model_validate(sample) for sample in json.loads(text)]


async def play(server: EmbeddedServer) -> list[Played]:
    """Import the samples' histories, start their bookings, send their messages, and wait for the cases."""
    settings = Settings(data=server.data)
    async with await Registry.open(settings.registry) as registry:
        client = CaseClient(await connect(settings), registry)
        every = samples()
        await registry.import_history(
            HistoryAnswer.model_validate_json(
                json.dumps({"subject": sample.booking["subject"]} | sample.history)
            )
            for sample in every
            if sample.history
        )
        return await asyncio.gather(*(_play(client, sample) for sample in every))


async def _play(client: CaseClient, sample: Sample) -> Played:
    await client.start(read_booking(json.dumps(sample.booking)))
    for fields in sample.messages:
        message = read_typed(json.dumps(fields))
        # A ruling answers the question that is open when it arrives, so it waits for the question.
        if fields["type"] == "review_decision":
            await _case_once(client, sample, lambda case: case.status == "needs_review")
        await client.send(message, sample.case_id)
    return Played(sample, await _case_once(client, sample, lambda case: case.rule == sample.rule))


async def _case_once(
    client: CaseClient, sample: Sample, is_ready: Callable[[CaseView], bool]
) -> CaseView | None:
    """The case once it is ready; as it is then, where that takes too long."""
    case = None
    for _ in range(int(SETTLED_WITHIN / BETWEEN_QUERIES)):
        case = await client.case(sample.case_id)
        if case is not None and is_ready(case):
            break
        await asyncio.sleep(BETWEEN_QUERIES)
    return case
