"""What the client answers, and what it asks the registry."""

from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from conviction_gate.contracts.case import Flag, SubmitAnswer
from conviction_gate.contracts.fields import Model
from conviction_gate.contracts.names import CaseId

if TYPE_CHECKING:
    from conviction_gate.registry import RecordedCase


class Records(Protocol):
    """What the client asks the registry; `registry.Registry` is one."""

    async def recorded_case(self, case_id: str) -> "RecordedCase | None": ...
    async def flags(self) -> tuple[Flag, ...]: ...


ReplyStatus = Literal["accepted", "duplicate", "closed", "refused"]
Cause = Literal["other_content", "not_permitted", "stopped", "not_open"]
"""Why a message was refused that fits: its id is taken; who sends it may not; the case cannot go on until an
operator has acted; or there is no open case that it could be for."""


class Reply(Model):
    """What happened to one message.

    `accepted`: it is on its way to the case. `duplicate`: the case has it already. `closed`: the case has
    ended, and nothing was sent. `refused`: nothing was sent; `text` says why and what to do.
    `known`: the ended case holds this very message. For other programs than the command line: `opened`: it
    opened its case; `corrects`: a `FlagCorrection` has it; `cause`: of a refusal.
    """

    status: ReplyStatus
    text: str
    case_id: str
    known: bool = False
    opened: bool = Field(False, exclude=True)
    corrects: bool = Field(False, exclude=True)
    cause: Cause | None = Field(None, exclude=True)

    @property
    def is_good(self) -> bool:
        """Whether there is nothing left for the sender to do."""
        return self.status in ("accepted", "duplicate") or self.known


def reply(status: ReplyStatus, text: str, case_id: CaseId, **more: Any) -> Reply:
    """The reply to a message for this case. `more`: other fields of `Reply`."""
    return Reply(status=status, text=text, case_id=str(case_id), **more)


def reply_of(answer: SubmitAnswer, case_id: CaseId) -> Reply:
    """What a case answered to `submit`, as a reply."""
    status: ReplyStatus = "duplicate" if answer.duplicate else "accepted" if answer.accepted else "refused"
    return reply(status, f"{answer.effect} ({answer.status})", case_id)
