"""The samples of `conviction-gate demo`, at least one for each rule, and how they are played on a server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from importlib import resources
from typing import Any, Final, Literal, NamedTuple

from conviction_gate.client.case_client import CaseClient
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.fields import Model, RuleName, Status
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_booking, read_typed
from conviction_gate.devserver.embedded import EmbeddedServer
from conviction_gate.registry import Registry
from conviction_gate.temporal.connect import connect

SETTLED_WITHIN: Final = 60.0
"""Seconds in which a case has to reach what is expected of it."""
BETWEEN_QUERIES: Final = 0.1  # seconds


class Line(Model):
    """One line of a sample's story: who does what, and where that must leave the case."""

    who: str
    what: str
    then: Status | Literal["withdrawn"]


class Sample(Model):
    """One sample: its booking, what the history source knows, the messages, and the rule it must reach.

    `story`: a line for the booking, one for the history, and one for each message.
    """

    title: str
    rule: RuleName
    agency: str
    tracking_number: str
    booking: dict[str, Any]
    history: dict[str, Any]
    messages: tuple[dict[str, Any], ...]
    story: tuple[Line, ...] = ()

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


class Step(NamedTuple):
    """A line of a story, the day in its message, and the case after it; `case` is None for the booking's."""

    line: Line
    day: date
    case: CaseView | None

    @property
    def is_as_expected(self) -> bool:
        """Whether the case was left where the line has it."""
        return self.case is None or _is_left(self.case, self.line)


def samples() -> list[Sample]:
    """The bundled samples; the first one has a story."""
    text = resources.files("conviction_gate.cli.samples").joinpath("cases.json").read_text("utf-8")
    return [Sample.model_validate(sample) for sample in json.loads(text)]


@asynccontextmanager
async def opened(server: EmbeddedServer, samples: Sequence[Sample]) -> AsyncIterator[CaseClient]:
    """A client of the server, once the histories of the samples are imported."""
    settings = Settings(data=server.data)
    async with await Registry.open(settings.registry) as registry:
        await registry.import_history(
            HistoryAnswer.model_validate_json(
                json.dumps({"subject": sample.booking["subject"]} | sample.history)
            )
            for sample in samples
            if sample.history
        )
        yield CaseClient(await connect(settings), registry)


async def tell(client: CaseClient, sample: Sample) -> AsyncIterator[Step]:
    """Play a sample with a story, each message once the case is where the one before it must leave it."""
    booked, checked, *lines = sample.story
    booking = read_booking(json.dumps(sample.booking))
    day = booking.booked_at.date()
    await client.start(booking)
    yield Step(booked, day, None)
    yield Step(checked, day, await _case_after(client, sample, checked, 1))
    for count, (line, fields) in enumerate(zip(lines, sample.messages, strict=True), 2):
        await client.send(read_typed(json.dumps(fields)), sample.case_id)
        day = next(date.fromisoformat(fields[name]) for name in fields if name.endswith("_on"))
        yield Step(line, day, await _case_after(client, sample, line, count))


async def play(client: CaseClient, samples: Sequence[Sample]) -> list[Played]:
    """Start the samples' bookings, send their messages, and wait for the cases."""
    return await asyncio.gather(*(_play(client, sample) for sample in samples))


async def _play(client: CaseClient, sample: Sample) -> Played:
    await client.start(read_booking(json.dumps(sample.booking)))
    for fields in sample.messages:
        message = read_typed(json.dumps(fields))
        # A ruling answers the question that is open when it arrives, so it waits for the question.
        if fields["type"] == "review_decision":
            await _case_once(client, sample, lambda case: case.status == "needs_review")
        await client.send(message, sample.case_id)
    return Played(sample, await _case_once(client, sample, lambda case: case.rule == sample.rule))


async def _case_after(client: CaseClient, sample: Sample, line: Line, messages: int) -> CaseView | None:
    return await _case_once(
        client, sample, lambda case: case.messages_total >= messages and _is_left(case, line)
    )


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


def _is_left(case: CaseView, line: Line) -> bool:
    if line.then == "withdrawn":  # a case with an open charge may go on then
        return case.flag_status == "withdrawn" and case.status != "checking_history" and not case.stopped
    return case.status == line.then
