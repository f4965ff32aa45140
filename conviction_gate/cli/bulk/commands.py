"""The commands `start` and `send`: files of messages, of any length."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from conviction_gate.cli.bulk.mapped import MapFile, source
from conviction_gate.cli.bulk.refused import require_other_file
from conviction_gate.cli.options import Data, File, Json, again, completions, read_case, suggest
from conviction_gate.cli.session import REFUSED, agency_catalogs, cases, fail, run
from conviction_gate.client.bulk.duplicates import DuplicateSampler
from conviction_gate.client.bulk.pace import Pace
from conviction_gate.client.bulk.reading import Addressed, read_addressed
from conviction_gate.client.bulk.sending import Post, Stopped, deliver
from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.booking import Booking, Offense
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.court import Amendment, Conviction
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.policy.catalog import Catalog

Refused = Annotated[
    Path | None,
    typer.Option(
        "--refused",
        metavar="FILE",
        dir_okay=False,
        help="Where to write refused lines, to be corrected and sent again. "
        "Without it, a file of several messages gets NAME.refused.jsonl beside it, and one with a map "
        "FILE.refused.csv.",
    ),
]


def start(
    context: typer.Context,
    file: File,
    map_file: MapFile = None,
    refused: Refused = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Start a case for each booking.

    Where the case is open already, it gets the booking as a message.
    """

    catalog_of = agency_catalogs()

    def post(client: CaseClient, pace: Pace) -> Post:
        async def one(addressed: Addressed) -> Reply:
            booking = addressed.message
            assert isinstance(booking, Booking)
            hints = unknown_schemes(booking, catalog_of(booking.agency))
            reply = await pace.send(partial(client.start, booking), addressed.case_id)
            return reply.model_copy(update={"text": "; ".join([reply.text, *hints])})

        return one

    _Delivery(
        file=file,
        read=partial(read_addressed, name="booking"),
        post=post,
        map_file=map_file,
        refused=refused,
        as_json=as_json,
        again=lambda path: again(context, path, map=map_file),
    ).run()


def send(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[TYPE] FILE",
            autocompletion=completions(list(SIGNALS)),
            help=f"TYPE: one of {', '.join(SIGNALS)}; without it, each message has its own `type`. "
            "FILE: JSON Lines, one JSON object, or an array of objects; - for standard input.",
        ),
    ],
    case: Annotated[
        CaseId | None,
        typer.Option(parser=read_case, metavar="CASE", help="The case of the messages that name none."),
    ] = None,
    answer: Annotated[
        bool, typer.Option("--answer", help="Wait for the answer of each case, which needs a worker.")
    ] = False,
    map_file: MapFile = None,
    refused: Refused = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Send messages of one type, or of several, each to the case that it names.

    Besides its own fields a message names its case, by agency and tracking_number or by case_id.
    """
    *names, path = words
    if len(names) > 1:
        fail(f"{len(words)} words where TYPE and FILE are two; send one file at a time")
    if names and names[0] not in SIGNALS:
        fail(f"TYPE: '{names[0]}' is not a type of message; {suggest(names[0], list(SIGNALS))}")

    catalog_of = agency_catalogs()

    def post(client: CaseClient, pace: Pace) -> Post:
        sampler = DuplicateSampler()

        async def one(addressed: Addressed) -> Reply | SubmitAnswer:
            to = addressed.message, addressed.case_id
            if answer:
                return await client.submit(*to)
            reply = await pace.send(partial(client.send, *to, look=sampler.is_due()), addressed.case_id)
            sampler.saw(reply.status == "duplicate")
            hints = unknown_schemes(addressed.message, catalog_of(addressed.case_id.agency))
            return reply.model_copy(update={"text": "; ".join([reply.text, *hints])})

        return one

    with _opened(path) as file:
        _Delivery(
            file=file,
            read=partial(read_addressed, name=names[0] if names else None, case_id=case),
            post=post,
            map_file=map_file,
            refused=refused,
            as_json=as_json,
            again=lambda path: again(context, *names, path, case=case, answer=answer, map=map_file),
        ).run()


def unknown_schemes(message: Message, catalog: Catalog) -> list[str]:
    """For each scheme that the catalog does not have, those that may be meant."""
    match message:
        case Booking():
            offenses: tuple[Offense, ...] = message.charges
        case Amendment():
            offenses = (message.charge,)
        case Conviction(convicted_of=Offense() as named):
            offenses = (named,)
        case _:
            offenses = ()
    return [
        f"the catalog has no scheme '{scheme}'; did you mean {' or '.join(near)}?"
        for scheme in dict.fromkeys(one.scheme for one in offenses)
        if (near := catalog.schemes_near(scheme))
    ]


def _opened(path: str) -> BinaryIO:
    if path == "-":
        return sys.stdin.buffer
    try:
        return open(path, "rb")
    except OSError as error:
        hint = f"write `send {path} FILE`" if path in SIGNALS else "name a file, or - for standard input"
        fail(f"FILE: '{path}' cannot be read: {error.strerror}; {hint}")


@dataclass(frozen=True)
class _Delivery:
    """What `start` and `send` do with a file. `again`: the command that sends another file like this one."""

    file: BinaryIO
    read: Callable[[bytes], Addressed]
    post: Callable[[CaseClient, Pace], Post]
    map_file: Path | None
    refused: Path | None
    as_json: bool
    again: Callable[[str], str]

    def run(self) -> None:
        """Send all of it, report it, and end the command."""
        # Not imported above: most of its time goes into what draws progress bars.
        from conviction_gate.cli.bulk.progress import ProgressReport

        found = source(self.file, self.map_file, self.refused, _size(self.file))
        if found.refused is not None:
            require_other_file(found.refused.path, self.file)
        report = ProgressReport(
            as_json=self.as_json,
            size=found.size,
            refused=found.refused,
            keep_single=self.refused is not None or self.map_file is not None,
            again=self.again(str(found.refused.path if found.refused else "-")),
        )

        async def deliver_all(stop: asyncio.Event) -> None:
            async with cases() as client:
                with report:
                    post = self.post(client, Pace(client.is_idle, stop))
                    async with aclosing(deliver(found.items, self.read, post, stop)) as delivered:
                        async for item, sent in delivered:
                            try:
                                report.add(item, sent)
                            except BrokenPipeError:
                                raise Stopped(f"at {item.where}: its output was closed") from None

        async def work() -> int:
            stopped_by = await _until_stopped(deliver_all)
            return stopped_by or (0 if report.is_good else REFUSED)

        raise typer.Exit(run(work()))


async def _until_stopped(deliver_all: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """The exit code where a signal or a closed output stopped it, else 0; raises what failed."""
    with _stop_signals() as (stop, signals):
        try:
            await deliver_all(stop)
        except Stopped as stopped:
            print(
                f"stopped {stopped}; run the same command again: what arrived already changes nothing",
                file=sys.stderr,
            )
            if stopped.__cause__ is not None:
                raise stopped.__cause__ from None
            return 128 + (signals[0] if signals else signal.SIGPIPE)
    return 0


@contextmanager
def _stop_signals() -> Iterator[tuple[asyncio.Event, list[int]]]:
    """An event that the first Ctrl-C or SIGTERM sets; the second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals: list[int] = []

    def on_signal(number: int) -> None:
        if signals:
            os._exit(128 + number)
        signals.append(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield stop, signals
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _size(file: BinaryIO) -> int | None:
    """Bytes of the file; None for a pipe."""
    try:
        return os.fstat(file.fileno()).st_size or None
    except OSError:
        return None
