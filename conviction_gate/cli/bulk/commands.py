"""The commands `start` and `send`: files of messages, however long."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from conviction_gate.cli.bulk.pace import Pace
from conviction_gate.cli.bulk.reading import CASE_FORM, Addressed, items_in, read_addressed, read_case_id
from conviction_gate.cli.bulk.refused import RefusedFile, beside, refuse_the_same
from conviction_gate.cli.bulk.sending import AT_ONCE, Post, Stopped, deliver
from conviction_gate.cli.options import Data, File, Json, again
from conviction_gate.cli.session import REFUSED, cases, fail, run
from conviction_gate.client.case_client import CaseClient, Reply
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.signals import SIGNALS

IN_VAIN_MOST: Final = AT_ONCE
"""Messages without a duplicate among them: an interrupted run leaves gaps of so many."""
NOW_AND_THEN: Final = 20

Refused = Annotated[
    Path | None,
    typer.Option(
        "--refused",
        metavar="FILE",
        dir_okay=False,
        help="Where refused lines go, to be mended; else NAME.refused.jsonl beside a file of several.",
    ),
]


class Lookout:
    """When to look whether a case has a message already: while that finds some, else now and then.

    A look costs as much as the message itself, and a file was sent before as a whole, or was not.
    """

    def __init__(self) -> None:
        self._in_vain = 0

    def is_due(self) -> bool:
        """Whether to look at the next one."""
        return self._in_vain < IN_VAIN_MOST or self._in_vain % NOW_AND_THEN == 0

    def saw(self, a_duplicate: bool) -> None:
        """What became of one, whether looked at or not."""
        self._in_vain = 0 if a_duplicate else self._in_vain + 1


def start(
    context: typer.Context, file: File, refused: Refused = None, as_json: Json = False, data: Data = None
) -> None:
    """Start a case for each booking; one whose case is open is handed to that case."""

    def post(client: CaseClient, stop: asyncio.Event) -> Post:
        pace = Pace(client.is_at_rest, stop)

        async def one(addressed: Addressed) -> Reply:
            assert isinstance(addressed.message, Booking)
            return await pace.send(partial(client.start, addressed.message), addressed.case_id)

        return one

    _deliver(
        file,
        partial(read_addressed, name="booking"),
        post,
        refused,
        as_json,
        lambda path: again(context, path),
    )


def send(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[TYPE] FILE|-",
            help=f"One of {', '.join(SIGNALS)}; without it, each message names its `type`. "
            "The file: JSON Lines, one JSON object, or an array; - for standard input.",
        ),
    ],
    case: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="The case, where a message does not name it."),
    ] = None,
    answer: Annotated[
        bool, typer.Option("--answer", help="Wait for the case's own answer; needs a worker.")
    ] = False,
    refused: Refused = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Send messages of one type, or of several, each to the case that it names.

    Beside its own fields a message names its case: by agency and tracking_number, or by case_id.
    """
    *names, path = words
    if len(names) > 1:
        fail(f"two words at most, TYPE and FILE, not {len(words)}; send one file at a time")
    if names and names[0] not in SIGNALS:
        fail(f"TYPE: '{names[0]}' is none; name one of {', '.join(SIGNALS)}")
    case_id = read_case_id(case) if case else None
    if case and case_id is None:
        fail(f"CASE: '{case}' names no case; write {CASE_FORM}")

    def post(client: CaseClient, stop: asyncio.Event) -> Post:
        lookout, pace = Lookout(), Pace(client.is_at_rest, stop)

        async def one(addressed: Addressed) -> Reply | SubmitAnswer:
            to = addressed.message, addressed.case_id
            if answer:
                return await client.submit(*to)
            sent = partial(client.send, *to, look=lookout.is_due())
            reply = await pace.send(sent, addressed.case_id)
            lookout.saw(reply.status == "duplicate")
            return reply

        return one

    with _opened(path) as file:
        _deliver(
            file,
            partial(read_addressed, name=names[0] if names else None, case_id=case_id),
            post,
            refused,
            as_json,
            lambda path: again(context, *names, path, case=case, answer=answer),
        )


def _opened(path: str) -> BinaryIO:
    if path == "-":
        return sys.stdin.buffer
    try:
        return open(path, "rb")
    except OSError as error:
        hint = f"write `send {path} FILE`" if path in SIGNALS else "name a file, or - for standard input"
        fail(f"FILE: '{path}' cannot be read: {error.strerror}; {hint}")


def _deliver(
    file: BinaryIO,
    read: Callable[[bytes], Addressed],
    post: Callable[[CaseClient, asyncio.Event], Post],
    refused: Path | None,
    as_json: bool,
    again: Callable[[str], str],
) -> None:
    from conviction_gate.cli.bulk.progress import Account  # late: most of its time goes into what draws bars

    if (path := refused or beside(file)) is not None:
        refuse_the_same(path, file)
    account = Account(
        as_json=as_json,
        size=_size(file),
        refused=RefusedFile(path) if path else None,
        even_one=refused is not None,
        again=again(str(path)),
    )

    async def work() -> int:
        with _stop() as (stop, signals):
            try:
                async with cases() as client:
                    with account:
                        coming = deliver(items_in(file), read, post(client, stop), stop)
                        async with aclosing(coming) as told:
                            async for item, sent in told:
                                try:
                                    account.tell(item, sent)
                                except BrokenPipeError:
                                    raise Stopped(f"at {item.where}, nobody reads what it prints") from None
            except Stopped as where:
                print(
                    f"stopped {where}: run the same command again; what arrived already changes nothing",
                    file=sys.stderr,
                )
                if where.__cause__ is not None:
                    raise where.__cause__ from None
                return 128 + (signals[0] if signals else signal.SIGPIPE)
        return 0 if account.is_good else REFUSED

    raise typer.Exit(run(work()))


@contextmanager
def _stop() -> Iterator[tuple[asyncio.Event, list[int]]]:
    """Set at the first Ctrl-C or SIGTERM; the second one ends the process where it stands."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals: list[int] = []

    def told(number: int) -> None:
        if signals:
            os._exit(128 + number)
        signals.append(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
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
