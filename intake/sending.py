"""Many messages at once: each to its case, those of one case in their order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from temporalio.service import RPCError, RPCStatusCode

from contracts.arrivals import DoesNotFit
from contracts.case import SubmitAnswer
from contracts.names import CaseId
from intake.client import Reply
from intake.reading import Addressed, Item
from intake.session import told

AT_ONCE: Final = 20
"""Cases that are written to at the same time."""


class Sent(Reply):
    """What became of one item of a file. `case_id` and `message_id` are empty if not readable."""

    where: str
    message_id: str = ""


async def deliver(
    items: Sequence[Item],
    read: Callable[[str | bytes], Addressed],
    post: Callable[[Addressed], Awaitable[Reply | SubmitAnswer]],
) -> list[Sent]:
    """Read and post every item; one that is refused does not hold up the others."""
    sent: dict[int, Sent] = {}
    by_case: dict[CaseId, list[tuple[int, Addressed]]] = {}
    for n, item in enumerate(items):
        try:
            addressed = read(item.text)
        except DoesNotFit as reason:
            sent[n] = Sent(where=item.where, status="refused", text=str(reason), case_id="")
        else:
            by_case.setdefault(addressed.case_id, []).append((n, addressed))

    slots = asyncio.Semaphore(AT_ONCE)

    async def post_all(case_id: CaseId) -> None:
        async with slots:
            for n, addressed in by_case[case_id]:
                sent[n] = _sent(items[n].where, addressed, await _posted(addressed, post))

    await asyncio.gather(*map(post_all, by_case))
    return [sent[n] for n in range(len(items))]


async def _posted(
    addressed: Addressed, post: Callable[[Addressed], Awaitable[Reply | SubmitAnswer]]
) -> Reply | SubmitAnswer:
    try:
        return await post(addressed)
    except RPCError as error:
        # This message's own fault, such as its size; all else would hit the next one too.
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return Reply(status="refused", text=told(error), case_id=str(addressed.case_id))


def _sent(where: str, addressed: Addressed, reply: Reply | SubmitAnswer) -> Sent:
    if isinstance(reply, SubmitAnswer):
        reply = Reply(
            status="duplicate" if reply.duplicate else "accepted" if reply.accepted else "refused",
            text=f"{reply.effect} ({reply.status})",
            case_id=str(addressed.case_id),
        )
    return Sent(where=where, message_id=addressed.message.message_id, **reply.model_dump())
