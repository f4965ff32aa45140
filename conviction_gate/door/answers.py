"""From what the client replies to what a caller reads: the status, the address, and the answer's meaning."""

from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from conviction_gate.client.replies import Reply
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.fields import DisplayOnly, Model, Status
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.door.calls import Call, json_response, place_of
from conviction_gate.door.problems import Problem, not_found, refused_text
from conviction_gate.registry import RecordedCase

FULL: Final = "the case is full"
"""How a case begins to refuse what it has no space for."""


class Answer(Model):
    """What happened to a message, as the update `submit` answers it. `status` null: it is recorded, and no case
    has considered it yet."""

    accepted: bool
    duplicate: bool
    status: DisplayOnly[Status] | None
    effect: str


def answered(answer: SubmitAnswer) -> Response:
    """The case has considered the message."""
    return json_response(Answer.model_validate(answer.model_dump()))


async def replied(call: Call, message: Message, case_id: CaseId, reply: Reply) -> Response:
    """The answer where no case has considered the message; raises `Problem` where it was not taken."""
    duplicate = reply.status == "duplicate" or reply.known
    answer = Answer(accepted=True, duplicate=duplicate, status=None, effect=reply.text)
    match reply.status:
        case "refused":
            raise await _refused(call, case_id, reply)
        case "accepted" | "duplicate" if reply.corrects:
            place = f"{place_of(case_id)}/corrections/{quote(message.message_id, safe='')}"
            return json_response(answer, 202, {"Location": place})
        case "accepted" if reply.opened:
            answer = answer.model_copy(update={"status": "checking_history"})
            return json_response(answer, 201, {"Location": place_of(case_id)})
        case "closed" if not reply.known:
            raise await _ended(call, case_id, reply.text)
        case _:
            recorded = await call.cases.recorded(case_id) if duplicate else None
            status = recorded.case.status if recorded is not None and recorded.closed else None
            return json_response(answer.model_copy(update={"status": status}))


async def _refused(call: Call, case_id: CaseId, reply: Reply) -> Problem:
    match reply.cause:
        case "other_content":
            return Problem(
                "other-content",
                "this message_id was used for another message, which stays; send this one under a new id",
                pointer="/message_id",
            )
        case "not_permitted":
            return Problem("not-permitted", reply.text)
        case "stopped":
            return Problem(
                "conflict", "an operator ended the case's run and has to continue it; send it again then"
            )
        case "not_open":
            if await call.cases.recorded(case_id) is None:
                return not_found()
            return await _ended(call, case_id, "a case that has ended asks nothing")
    return Problem("conflict", reply.text) if reply.text.startswith(FULL) else refused_text(reply.text)


async def _ended(call: Call, case_id: CaseId, text: str) -> Problem:
    return ended(await call.cases.recorded(case_id), text)


def ended(recorded: RecordedCase | None, text: str) -> Problem:
    """The refusal of what comes after the end, with the outcome."""
    outcome: dict[str, Any] = {}
    if recorded is not None:
        result = recorded.result
        outcome = {
            "outcome": result.outcome,
            "rule": result.rule,
            "decided_at": result.decided_at.isoformat(),
            "flag_status": recorded.case.flag_status,
        }
    return Problem("case-ended", text, **outcome)
