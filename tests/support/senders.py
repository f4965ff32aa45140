"""Senders that remember what was acknowledged to them, and the promise that every fault is held to.

> No case is lost, none is decided twice, no flag comes too early, and every message that was
> acknowledged is applied once.

Every case here is about driving without a license and a clean record: only a conviction may flag it.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from conviction_gate.contracts.case import CaseResult, CaseView, CorrectionResult, Flag
from conviction_gate.contracts.fields import A_DAY
from conviction_gate.contracts.names import BOOKING_CASE, FLAG_CORRECTION, TASK_QUEUE, CaseId
from conviction_gate.registry import RecordedCase, Registry
from tests.support.workflow_cases import booking, case_id, settled

Key = tuple[str, str]
FLAGS_AT_THE_END = {"flagged": ["active"], "withdrawn": ["withdrawn"]}


@dataclass
class Sent:
    """A message, and when it was first tried. `fits` false: the contract keeps it under `rejected`."""

    name: str
    message: dict[str, Any]
    first_tried: datetime
    fits: bool
    acknowledged: bool = False


async def real_time() -> datetime:
    return datetime.now(UTC)


@dataclass
class Senders:
    """A jail, a court and a desk. `clock`: the server's."""

    client: Client
    clock: Callable[[], Awaitable[datetime]] = real_time
    sent: dict[CaseId, dict[Key, Sent]] = field(default_factory=lambda: defaultdict(dict))

    async def book(self, case: CaseId | None = None, **changed: Any) -> CaseId:
        """Start a case, by default a new one, or hand the booking to the one that is open."""
        case = case or case_id()
        message = booking(case, **changed)
        noted = await self._note(case, "booking", message)
        try:
            await self._start(case, message)
        except WorkflowAlreadyStartedError:
            await self.handle(case).signal("booking", message)
        noted.acknowledged = True
        return case

    async def book_many(self, count: int) -> list[CaseId]:
        return await asyncio.gather(*(self.book() for _ in range(count)))

    async def send(self, case: CaseId, name: str, message: dict[str, Any], *, fits: bool = True) -> bool:
        """Signal a case, and open it where it is not open; whether anybody acknowledged that.

        Nobody does where the case has ended, or where the server does not answer.
        """
        noted = await self._note(case, name, message, fits)
        try:
            await self._start(case, None, start_signal=name, start_signal_args=[message])
        except (RPCError, WorkflowAlreadyStartedError):
            return False
        noted.acknowledged = True
        return True

    async def expect(self, case: CaseId, name: str, message: dict[str, Any]) -> None:
        """What is not sent: the case has to find it in the docket."""
        (await self._note(case, name, message)).acknowledged = True

    async def correct(self, case: CaseId, name: str, message: dict[str, Any]) -> None:
        """Send what comes after the end."""
        noted = await self._note(case, name, message)
        named = {"agency": case.agency, "tracking_number": case.tracking_number, "type": name}
        await self.client.start_workflow(
            FLAG_CORRECTION,
            named | message,
            id=case.correction_id(message["message_id"]),
            task_queue=TASK_QUEUE,
        )
        noted.acknowledged = True

    def handle(self, case: CaseId) -> WorkflowHandle[Any, CaseResult]:
        return self.client.get_workflow_handle(str(case), result_type=CaseResult)

    def corrected(self, case: CaseId, message_id: str) -> WorkflowHandle[Any, CorrectionResult]:
        return self.client.get_workflow_handle(case.correction_id(message_id), result_type=CorrectionResult)

    async def _start(self, case: CaseId, *inputs: Any, **signal: Any) -> None:
        await self.client.start_workflow(
            BOOKING_CASE,
            *inputs,
            id=str(case),
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            **signal,
        )

    async def _note(self, case: CaseId, name: str, message: dict[str, Any], fits: bool = True) -> Sent:
        sent = Sent(name, message, await self.clock(), fits)
        return self.sent[case].setdefault(_key(message), sent)

    # -- the promise -------------------------------------------------------------------------------

    async def broken_promises(self, registry: Registry, **ends: Iterable[CaseId]) -> list[str]:
        """What of the promise does not hold, once every case has come to its end.

        `ends`: all cases that were sent anything, by the outcome or, where they are to wait on, by the
        status that follows from what they were sent. The test's time-out is the limit.
        """
        expected = {case: end for end, cases in ends.items() for case in cases}
        assert expected.keys() == self.sent.keys(), "the test forgot a case"
        broken = await asyncio.gather(*(self._broken(registry, case, end) for case, end in expected.items()))
        return [f"{case} {what}" for case, problems in zip(expected, broken, strict=True) for what in problems]

    async def _broken(self, registry: Registry, case: CaseId, end: str) -> list[str]:
        if end in ("flagged", "cleared", "withdrawn"):
            result = await self.handle(case).result()
            for _, message_id in self.sent[case]:
                if await self._is_correction(case, message_id):
                    await self.corrected(case, message_id).result()
            kept = await registry.recorded_case(str(case))
            if kept is None:
                return [f"ended {result.outcome}, and the registry knows nothing of it"]
            view = kept.case  # what `show` prints
        else:
            acknowledged = sum(sent.acknowledged and sent.fits for sent in self.sent[case].values())
            result, kept = None, await registry.recorded_case(str(case))
            view = await settled(self.handle(case), end, messages=acknowledged)
        flags = [flag for flag in await registry.flags() if flag.case_id == str(case)]
        return [
            *_decided_twice(end, result, kept, flags),
            *self._flagged_early(case, flags),
            *self._not_applied_once(case, view),
            *[f"judged {key} twice" for key in await _judged_twice(registry, case)],
        ]

    async def _is_correction(self, case: CaseId, message_id: str) -> bool:
        try:
            await self.corrected(case, message_id).describe()
        except RPCError:
            return False
        return True

    def _flagged_early(self, case: CaseId, flags: list[Flag]) -> Iterator[str]:
        convictions = {
            sent.message["message_id"]: sent for sent in self.sent[case].values() if sent.name == "conviction"
        }
        for flag in flags:
            if flag.rule != "flag.convicted" or not flag.grounds:
                yield f"was flagged under {flag.rule} on the ground of {flag.grounds}"
            for ground in flag.grounds:
                said = convictions.get(ground)
                if said is None or said.first_tried > flag.flagged_at:
                    yield f"was flagged before anybody spoke of a conviction ({ground})"
                elif date.fromisoformat(said.message["decided_on"]) > flag.flagged_at.date() + A_DAY:
                    yield f"was flagged more than a day before its conviction ({ground})"

    def _not_applied_once(self, case: CaseId, view: CaseView) -> Iterator[str]:
        taken = Counter((message.sender, message.message_id) for message in view.messages)
        rejected = Counter(_key(json.loads(message.payload)) for message in view.rejected)
        for key, sent in self.sent[case].items():
            here, elsewhere = (taken, rejected) if sent.fits else (rejected, taken)
            if here[key] > 1 or elsewhere[key] or (sent.acknowledged and not here[key]):
                yield f"took {sent.name} {key} {taken[key]} times and rejected it {rejected[key]} times"
        if (view.messages_total, view.rejected_total) != (taken.total(), rejected.total()):
            yield f"counts {view.messages_total} messages and {view.rejected_total} that were rejected"
        if unknown := taken.keys() - self.sent[case].keys():
            yield f"took what nobody sent: {unknown}"


def _decided_twice(
    end: str, result: CaseResult | None, kept: RecordedCase | None, flags: list[Flag]
) -> Iterator[str]:
    if (statuses := [flag.status for flag in flags]) != FLAGS_AT_THE_END.get(end, []):
        yield f"was to be {end} and has the flags {statuses}"
    if result is None:
        if kept is not None:
            yield f"is open, and {kept.result.outcome} in the registry"
        return
    if kept is None or kept.result.outcome != end:
        yield f"was to be {end} and is {kept and kept.result.outcome} in the registry"
    elif kept.result.decided_at != result.decided_at or result.outcome not in (end, *_before(end)):
        yield f"ended {result.outcome}, which is not what the registry has"
    if any(flag.flagged_at != result.decided_at for flag in flags):
        yield "has a flag of another decision"


def _before(end: str) -> tuple[str, ...]:
    """How a run may have ended whose flag was withdrawn after that."""
    return ("flagged",) if end == "withdrawn" else ()


async def _judged_twice(registry: Registry, case: CaseId) -> list[Key]:
    judged = Counter(_key(json.loads(kept.payload)) for kept in await registry.corrections(str(case)))
    return [key for key, count in judged.items() if count > 1]


def _key(message: dict[str, Any]) -> Key:
    return message.get("sender", ""), message["message_id"]
