"""Many messages at once, those of one case in order."""

import asyncio
import json
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from functools import partial
from threading import Event

import pytest

from conviction_gate.client.bulk.duplicates import DuplicateSampler
from conviction_gate.client.bulk.items import Item
from conviction_gate.client.bulk.reading import Addressed, read_addressed
from conviction_gate.client.bulk.sending import CONCURRENT_SENDS, READ_AHEAD, Sent, Stopped, deliver
from conviction_gate.client.errors import RequestRefused, ServerError
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.case import SubmitAnswer
from tests.support.messages import (
    CASE,
    CONVICTION,
)


def lines(*texts: str) -> list[Item]:
    return [Item(f"line {n}", text.encode()) for n, text in enumerate(texts, 1)]


def conviction_for(tracking_number: str, message_id: str) -> str:
    return json.dumps(CONVICTION | {"message_id": message_id, "case_id": f"{CASE.agency}:{tracking_number}"})


def delivering(
    items: Iterable[Item],
    post: Callable[[Addressed], Awaitable[Reply | SubmitAnswer]],
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[tuple[Item, Sent]]:
    return deliver(items, partial(read_addressed, name="conviction"), post, stop or asyncio.Event())


async def collect(answers: AsyncIterator[tuple[Item, Sent]], where: list[str]) -> None:
    """Takes down where each item stood, as far as that goes."""
    async for item, _ in answers:
        where.append(item.where)


async def accept(addressed: Addressed) -> Reply:
    return Reply(status="accepted", text="sent", case_id=str(addressed.case_id))


async def test_one_refusal_holds_up_nobody_and_a_case_gets_its_messages_in_order() -> None:
    posted: list[str] = []

    async def post(addressed: Addressed) -> Reply | SubmitAnswer:
        await asyncio.sleep(0)
        posted.append(addressed.message.message_id)
        if addressed.message.message_id == "m5":
            raise RequestRefused("Blob data size exceeds limit")
        if addressed.message.message_id == "m3":
            return SubmitAnswer(accepted=True, duplicate=True, status="cleared", effect="known")
        return await accept(addressed)

    texts = [conviction_for("A", f"m{n}") for n in range(6)]
    items = lines(*texts[:2], "broken", *texts[2:])
    answers = [answer async for answer in delivering(items, post)]
    assert posted == ["m0", "m1", "m2", "m3", "m4", "m5"]
    assert [item for item, _ in answers] == items
    sent = [one for _, one in answers]
    assert [one.where for one in sent] == [item.where for item in items]
    assert [one.status for one in sent] == [
        "accepted",
        "accepted",
        "refused",
        "accepted",
        "duplicate",
        "accepted",
        "refused",
    ]
    assert "Blob data size" in sent[-1].text
    assert [one.message_id for one in sent[1:4]] == ["m1", "", "m2"]


async def test_only_so_much_is_read_ahead_and_under_way() -> None:
    read, under_way, most = 0, 0, 0
    release = asyncio.Event()

    def endless() -> Iterator[Item]:
        nonlocal read
        while True:
            read += 1
            yield Item(f"line {read}", conviction_for(f"A-{read}", "m").encode())

    async def post(addressed: Addressed) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await release.wait()
        under_way -= 1
        return await accept(addressed)

    stop = asyncio.Event()
    async with aclosing(delivering(endless(), post, stop)) as answers:
        first = asyncio.ensure_future(anext(answers))
        before = -1
        while before < read:
            before = read
            await asyncio.sleep(0.2)
        assert read <= READ_AHEAD + CONCURRENT_SENDS + 3
        release.set()
        assert (await first)[0].where == "line 1"
        stop.set()
        with pytest.raises(Stopped, match="at line"):
            await collect(answers, [])
    assert most == CONCURRENT_SENDS


async def test_told_to_stop_it_ends_what_is_under_way_and_begins_nothing() -> None:
    stop, posted = asyncio.Event(), list[str]()
    all_read = Event()

    def items() -> Iterator[Item]:
        yield from lines(conviction_for("A", "1"), "broken", conviction_for("B", "2"), conviction_for("A", "3"))
        all_read.set()

    async def post(addressed: Addressed) -> Reply:
        posted.append(addressed.message.message_id)
        await stop.wait()
        return await accept(addressed)

    places: list[str] = []
    collecting = asyncio.create_task(collect(delivering(items(), post, stop), places))
    while not (all_read.is_set() and len(posted) == 2):
        await asyncio.sleep(0.01)
    stop.set()
    with pytest.raises(Stopped, match=r"^at line 4$"):
        await collecting
    assert posted == ["1", "2"]
    assert places == ["line 1", "line 2", "line 3"]


async def test_a_server_that_goes_away_ends_it_and_what_stood_before_is_told() -> None:
    async def post(addressed: Addressed) -> Reply:
        if addressed.message.message_id == "2":
            raise ServerError("away")
        return await accept(addressed)

    places: list[str] = []
    three = delivering(lines(*(conviction_for("A", n) for n in "123")), post)
    with pytest.raises(Stopped, match=r"^at line 2$") as stopped:
        await collect(three, places)
    assert places == ["line 1"]
    assert isinstance(stopped.value.__cause__, ServerError)


async def test_a_slow_pipe_holds_up_nothing() -> None:
    more = Event()

    def pipe() -> Iterator[Item]:
        yield lines(conviction_for("A", "1"))[0]
        more.wait()

    stop = asyncio.Event()
    answers = delivering(pipe(), accept, stop)
    assert (await anext(answers))[1].status == "accepted"
    stop.set()
    with pytest.raises(Stopped, match=r"^after line 1$"):
        await anext(answers)
    more.set()


async def test_a_file_that_cannot_be_read_further_ends_it() -> None:
    def broken() -> Iterator[Item]:
        yield lines(conviction_for("A", "1"))[0]
        raise OSError("input/output error")

    with pytest.raises(Stopped, match="line 1") as stopped:
        await collect(delivering(broken(), accept), [])
    assert isinstance(stopped.value.__cause__, OSError)


def test_messages_are_looked_up_while_that_finds_duplicates_and_then_sampled() -> None:
    def lookups(sampler: DuplicateSampler, duplicates: Sequence[bool]) -> int:
        count = 0
        for duplicate in duplicates:
            count += sampler.is_due()
            sampler.saw(duplicate)
        return count

    sampler = DuplicateSampler()
    assert lookups(sampler, [True] * 500) == 500
    assert lookups(sampler, [False] * 1000) < 100
    assert lookups(sampler, [False] * 60 + [True] * 100) >= 100
