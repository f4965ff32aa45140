"""Many messages at once: each to its case, those of one case in their order.

However long the file is, only so much of it is read ahead, and only so many messages are under way.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Final
from weakref import WeakValueDictionary

from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.cli.bulk.reading import Addressed, Item
from conviction_gate.client.case_client import Reply
from conviction_gate.client.errors import describe_error
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit

AT_ONCE: Final = 20
"""Messages that are under way at the same time."""
READ_AHEAD: Final = 200
"""Items that are read while the first of them is under way."""

Post = Callable[[Addressed], Awaitable[Reply | SubmitAnswer]]


class Sent(Reply):
    """What became of one item of a file. `case_id` and `message_id` are empty if not readable."""

    where: str
    message_id: str = ""


class Stopped(Exception):
    """Not everything was sent; the text says from where on. The cause, if any, is what failed."""


Coming = asyncio.Task[Sent | None]
"""What becomes of a message; None: it was not sent."""


async def deliver(
    items: Iterable[Item], read: Callable[[bytes], Addressed], post: Post, stop: asyncio.Event
) -> AsyncGenerator[tuple[Item, Sent]]:
    """Read and post every item; tells, in the order of the items, what became of each.

    One that is refused does not hold up the others. Once `stop` is set, which a post that fails does
    too, what is under way comes to its end and nothing more begins.

    Raises:
        Stopped: at the end, where that was so.
    """
    slots = asyncio.Semaphore(AT_ONCE)
    window: asyncio.Queue[tuple[Item, Sent | Coming] | None] = asyncio.Queue(READ_AHEAD)
    under_way: set[Coming] = set()
    latest: WeakValueDictionary[CaseId, Coming] = WeakValueDictionary()
    failures: list[Exception] = []

    def fail(error: Exception) -> None:
        failures.append(error)
        stop.set()

    async def send(item: Item, addressed: Addressed, before: Coming | None) -> Sent | None:
        if before is not None:
            await asyncio.wait([before])
        async with slots:
            if stop.is_set():
                return None
            try:
                return _sent(item, addressed, await _posted(addressed, post))
            except Exception as error:
                fail(error)
                return None

    def begin(item: Item) -> Sent | Coming:
        try:
            addressed = item.read(read)
        except DoesNotFit as reason:
            return Sent(where=item.where, status="refused", text=str(reason), case_id="")
        coming = asyncio.create_task(send(item, addressed, latest.get(addressed.case_id)))
        latest[addressed.case_id] = coming
        under_way.add(coming)
        coming.add_done_callback(under_way.discard)
        return coming

    async def fill() -> None:
        try:
            async for item in _ahead(items, stop):
                await window.put((item, begin(item)))
        except Exception as error:
            fail(error)
        await window.put(None)

    filling = asyncio.create_task(fill())
    stopped = "before the first line"
    try:
        while (entry := await window.get()) is not None:
            item, became = entry
            sent = became if isinstance(became, Sent) else await became
            if sent is not None:
                yield item, sent
            if not stopped.startswith("at "):
                stopped = f"after {item.where}" if sent else f"at {item.where}"
    finally:
        done = not stop.is_set()
        stop.set()
        filling.cancel()
        if under_way:
            await asyncio.wait(under_way)
    if not done:
        raise Stopped(stopped) from (failures[0] if failures else None)


async def _ahead(items: Iterable[Item], stop: asyncio.Event) -> AsyncIterator[Item]:
    """The items, until told to stop.

    They are read in a thread, so that a slow pipe holds up neither the messages under way nor the
    stop. It may be left waiting for a pipe: it is a daemon.
    """
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    passed: Queue[Item | Exception | None] = Queue(AT_ONCE)

    def hand(what: Item | Exception | None) -> None:
        passed.put(what)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(news.set)

    def read() -> None:
        try:
            for item in items:
                hand(item)
            hand(None)
        except Exception as error:
            hand(error)

    Thread(target=read, daemon=True).start()
    stopping = asyncio.create_task(stop.wait())
    stopping.add_done_callback(lambda _: news.set())
    try:
        while not stop.is_set():
            try:
                what = passed.get_nowait()
            except Empty:
                news.clear()
                await news.wait()
                continue
            if what is None:
                return
            if isinstance(what, Exception):
                raise what
            yield what
    finally:
        stopping.cancel()


async def _posted(addressed: Addressed, post: Post) -> Reply | SubmitAnswer:
    try:
        return await post(addressed)
    except RPCError as error:
        # This message's own fault, such as its size; all else would hit the next one too.
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return Reply(status="refused", text=describe_error(error), case_id=str(addressed.case_id))


def _sent(item: Item, addressed: Addressed, reply: Reply | SubmitAnswer) -> Sent:
    if isinstance(reply, SubmitAnswer):
        reply = Reply(
            status="duplicate" if reply.duplicate else "accepted" if reply.accepted else "refused",
            text=f"{reply.effect} ({reply.status})",
            case_id=str(addressed.case_id),
        )
    return Sent(where=item.where, message_id=addressed.message.message_id, **reply.model_dump())
