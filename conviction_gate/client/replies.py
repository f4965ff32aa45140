"""What the client answers, and what it asks the registry."""

from typing import TYPE_CHECKING, Literal, Protocol

from conviction_gate.contracts.case import Flag
from conviction_gate.contracts.fields import Model
from conviction_gate.contracts.names import CaseId

if TYPE_CHECKING:
    from conviction_gate.registry import RecordedCase


class Records(Protocol):
    """What the client asks the registry; `registry.Registry` is one."""

    async def recorded_case(self, case_id: str) -> "RecordedCase | None": ...
    async def flags(self) -> tuple[Flag, ...]: ...


ReplyStatus = Literal["accepted", "duplicate", "closed", "refused"]


class Reply(Model):
    """What happened to one message.

    `accepted`: it is on its way to the case. `duplicate`: the case has it already. `closed`: the case has
    ended, and nothing was sent. `refused`: nothing was sent; `text` says why and what to do.
    `known`: the ended case holds this very message.
    """

    status: ReplyStatus
    text: str
    case_id: str
    known: bool = False

    @property
    def is_good(self) -> bool:
        """Whether there is nothing left for the sender to do."""
        return self.status in ("accepted", "duplicate") or self.known


def reply(status: ReplyStatus, text: str, case_id: CaseId, *, known: bool = False) -> Reply:
    """The reply to a message for this case."""
    return Reply(status=status, text=text, case_id=str(case_id), known=known)
