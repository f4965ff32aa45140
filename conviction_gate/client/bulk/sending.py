"""Sends many messages at once, those of one case in their order.

However long the file is, what is read ahead and what is being sent is bounded.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Final
from weakref import WeakValueDictionary

from conviction_gate.client.bulk.items import Item
from conviction_gate.client.bulk.reading import Addressed
from conviction_gate.client.errors import RequestRefused
from conviction_gate.client.replies import Reply, reply_of
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit

CONCURRENT_SENDS: Final = 20
READ_AHEAD: Final = 200
"""Items that are read while the first of them is being sent."""

Post = Callable[[Addressed], Awaitable[Reply | SubmitAnswer]]


class Sent(Reply):
    """What happened to one item of a file. `case_id` and `message_id` are empty if it cannot be read."""

    where: str
    message_id: str = ""


class Stopped(Exception):
    """Not everything was sent; the text says where it stopped. The cause, if any, is what failed."""


Sending = asyncio.Task[Sent | None]
"""A message that is being sent; the result is None where it was not sent."""


async def deliver(
    items: Iterable[Item] | AsyncIterable[Item],
    read: Callable[[bytes], Addressed],
    post: Post,
    stop: asyncio.Event,
) -> AsyncGenerator[tuple[Item, Sent]]:
    """Read and post every item; yields, in the order of the items, what happened to each.

    A refused item does not delay the others. Once `stop` is set, which a failed post does too, what is
    being sent is finished and nothing new begins.

    Raises:
        Stopped: at the end, where not everything was sent.
    """
    slots = asyncio.Semaphore(CONCURRENT_SENDS)
    window: asyncio.Queue[tuple[Item, Sent | Sending] | None] = asyncio.Queue(READ_AHEAD)
    in_flight: set[Sending] = set()
    latest: WeakValueDictionary[CaseId, Sending] = WeakValueDictionary()
    failures: list[Exception] = []

    def fail(error: Exception) -> None:
        failures.append(error)
        stop.set()

    async def send(item: Item, addressed: Addressed, previous: Sending | None) -> Sent | None:
        if previous is not None:
            await asyncio.wait([previous])
        async with slots:
            if stop.is_set():
                return None
            try:
                return _sent(item, addressed, await _posted(addressed, post))
            except Exception as error:
                fail(error)
                return None

    def begin(item: Item) -> Sent | Sending:
        try:
            addressed = item.read(read)
        except DoesNotFit as reason:
            return Sent(where=item.where, status="refused", text=str(reason), case_id="")
        sending = asyncio.create_task(send(item, addressed, latest.get(addressed.case_id)))
        latest[addressed.case_id] = sending
        in_flight.add(sending)
        sending.add_done_callback(in_flight.discard)
        return sending

    async def fill() -> None:
        try:
            async for item in items if isinstance(items, AsyncIterable) else _ahead(items, stop):
                await window.put((item, begin(item)))
        except Exception as error:
            fail(error)
        await window.put(None)

    filling = asyncio.create_task(fill())
    stopped = "before the first line"
    try:
        while (entry := await window.get()) is not None:
            item, outcome = entry
            sent = outcome if isinstance(outcome, Sent) else await outcome
            if sent is not None:
                yield item, sent
            if not stopped.startswith("at "):
                stopped = f"after {item.where}" if sent else f"at {item.where}"
    finally:
        done = not stop.is_set()
        stop.set()
        filling.cancel()
        if in_flight:
            await asyncio.wait(in_flight)
    if not done:
        raise Stopped(stopped) from (failures[0] if failures else None)


async def _ahead(items: Iterable[Item], stop: asyncio.Event) -> AsyncIterator[Item]:
    """The items, until `stop`.

    They are read in a thread, so that a slow pipe delays neither the messages in flight nor the stop.
    The thread may be left waiting for the pipe: it is a daemon.
    """
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    read_items: Queue[Item | Exception | None] = Queue(CONCURRENT_SENDS)

    def hand_over(item: Item | Exception | None) -> None:
        read_items.put(item)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(arrived.set)

    def read() -> None:
        try:
            for item in items:
                hand_over(item)
            hand_over(None)
        except Exception as error:
            hand_over(error)

    Thread(target=read, daemon=True).start()
    stopping = asyncio.create_task(stop.wait())
    stopping.add_done_callback(lambda _: arrived.set())
    try:
        while not stop.is_set():
            try:
                item = read_items.get_nowait()
            except Empty:
                arrived.clear()
                await arrived.wait()
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stopping.cancel()


async def _posted(addressed: Addressed, post: Post) -> Reply | SubmitAnswer:
    try:
        return await post(addressed)
    except RequestRefused as error:  # a fault of this message, such as its size; any other is raised
        return Reply(status="refused", text=str(error), case_id=str(addressed.case_id))


def _sent(item: Item, addressed: Addressed, reply: Reply | SubmitAnswer) -> Sent:
    if isinstance(reply, SubmitAnswer):
        reply = reply_of(reply, addressed.case_id)
    return Sent(where=item.where, message_id=addressed.message.message_id, **reply.model_dump())
