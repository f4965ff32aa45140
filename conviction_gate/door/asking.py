"""The calls that ask: a case, its explanation, lists of cases, flags and questions, codes of the catalog."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final, get_args

from starlette.responses import PlainTextResponse, Response

from conviction_gate.client.case_lookup import Found
from conviction_gate.client.explanation import explanation
from conviction_gate.client.listing import CaseRow, Wanted
from conviction_gate.client.questions import CaseInReview, UnansweredCase, questions_of
from conviction_gate.contracts.case import Flag, FlagStatus
from conviction_gate.contracts.fields import ChargeClass, Model, Status
from conviction_gate.contracts.names import CaseId
from conviction_gate.door.callers import REVIEW
from conviction_gate.door.calls import Call, json_response
from conviction_gate.door.parameters import Parameters
from conviction_gate.door.problems import Problem, bad_parameter, not_found
from conviction_gate.policy.catalog import built_in
from conviction_gate.policy.catalog.described import described
from conviction_gate.registry.flag_list import FlagFilter

MAX_WAIT: Final = 60
"""Seconds for which a caller may wait for a change."""
LOOK_EVERY: Final = 0.5
"""Seconds between two looks at whether a case has changed."""
STATUSES: Final[tuple[str, ...]] = get_args(Status)
FLAG_STATUSES: Final[tuple[str, ...]] = get_args(FlagStatus)


class CaseList(Model):
    """Cases, the latest first. `total`: of all pages. `next`: the `page` that comes after this one."""

    cases: tuple[CaseRow, ...]
    total: int
    next: str | None


class FlagList(Model):
    """Flags, in the order in which they were written. `next`: the `page` that comes after this one."""

    flags: tuple[Flag, ...]
    next: str | None


class ReviewList(Model):
    """Cases with their open questions. `next`: the `page` that comes after this one."""

    reviews: tuple[CaseInReview | UnansweredCase, ...]
    next: str | None


class ExplanationText(Model):
    """A case in plain sentences."""

    text: str


class CatalogCode(Model):
    """What the catalog has of a code: its class, its severity, and the rows with their sources."""

    scheme: str
    code: str
    read_as: tuple[str, ...]
    charge_class: ChargeClass
    severity: str | None
    meaning: str
    rows: tuple[dict[str, Any], ...]


async def get_case(call: Call) -> Response:
    """`GET /v1/cases/…`: the case, with a tag that changes whenever it does."""
    call.require("read")
    case_id = call.case_id()
    wait = Parameters(call.request, "wait").number("wait", 0, 0, MAX_WAIT)
    known = call.request.headers.get("if-none-match")
    body, tag = await _shown(call, case_id)
    if wait and (known is None or _matches(known, tag)):
        body, tag = await _changed(call, case_id, body, tag, wait)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if known is not None and _matches(known, tag):
        return Response(None, 304, headers)
    return Response(body, 200, headers, "application/json")


async def _shown(call: Call, case_id: CaseId) -> tuple[str, str]:
    found = await _found(call, case_id)
    body = found.shown.model_dump_json(indent=2)
    return body, f'"{sha256(body.encode()).hexdigest()[:32]}"'


async def _changed(call: Call, case_id: CaseId, body: str, tag: str, wait: int) -> tuple[str, str]:
    """The case once it differs from this one, or as it is after so many seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    version: object = None
    while (left := until - loop.time()) > 0:
        if (now := await call.cases.version(case_id)) != version:
            version = now
            body, new = await _shown(call, case_id)
            if new != tag:
                return body, new
        await asyncio.sleep(min(LOOK_EVERY, left))
    return body, tag


def _matches(header: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; compared weakly, as for a GET (RFC 9110)."""
    names = [name.strip().removeprefix("W/") for name in header.split(",")]
    return header.strip() == "*" or tag in names


async def get_explanation(call: Call) -> Response:
    """`GET …/explanation`: the case in plain sentences, as JSON or as text."""
    call.require("read")
    case_id = call.case_id()
    Parameters(call.request)
    explained = explanation(await _found(call, case_id))
    text = "\n\n".join(
        "\n".join([part.title, *(f"  {line}" for line in part.lines)]) for part in explained.parts
    )
    accept = call.request.headers.get("accept", "")
    if "text/plain" in accept and "application/json" not in accept:
        return PlainTextResponse(text + "\n", headers={"Cache-Control": "no-store"})
    return json_response(ExplanationText(text=text))


async def get_correction(call: Call) -> Response:
    """`GET …/corrections/{message_id}`: what became of a message that this caller sent after the end."""
    call.require("correction", "read")
    case_id = call.case_id()
    message_id = call.request.path_params["message_id"]
    call.note(message_id=message_id[:128])
    found = await call.cases.correction(case_id, message_id, call.identity.caller.name)
    if found is None:
        raise not_found()
    return json_response(found)


async def list_cases(call: Call) -> Response:
    """`GET /v1/cases`: cases of the caller's agencies, the latest first."""
    call.require("read")
    asked = Parameters(call.request, "agency", "status", "attention", "waiting_longer_than", "limit", "page")
    wanted = Wanted(
        status=asked.word("status", STATUSES),
        agency=asked.agency(),
        attention=asked.flag("attention"),
        waiting_for=asked.duration("waiting_longer_than"),
        agencies=call.identity.agency_prefixes,
    )
    page = await call.cases.page(wanted, asked.number("limit", 100, 1, 1000), asked.page())
    return json_response(CaseList(cases=page.rows, total=page.total, next=page.next))


async def list_flags(call: Call) -> Response:
    """`GET /v1/flags`: flags of the caller's agencies, in the order in which they were written."""
    call.require("read_flags")
    asked = Parameters(call.request, "since", "agency", "status", "limit", "page")
    status: Any = asked.word("status", FLAG_STATUSES)
    wanted = FlagFilter(call.identity.agency_prefixes, asked.agency(), status, asked.time("since"))
    token = asked.page()
    limit = asked.number("limit", 100, 1, 1000)
    page = await call.cases.flags(wanted, limit, page_place(token) if token else None)
    return json_response(FlagList(flags=page.flags, next=page_token(*page.next) if page.next else None))


async def list_reviews(call: Call) -> Response:
    """`GET /v1/reviews`: the cases of the caller's agencies that wait for a ruling, with their questions."""
    call.require(REVIEW)
    asked = Parameters(call.request, "agency", "limit", "page")
    wanted = Wanted(
        "needs_review", agency=asked.agency(), attention=True, agencies=call.identity.agency_prefixes
    )
    page = await call.cases.page(wanted, asked.number("limit", 20, 1, 200), asked.page())
    case_ids = [case_id for row in page.rows if (case_id := CaseId.parse(row.case_id))]

    async def open_case(case_id: str) -> Any:
        parsed = CaseId.parse(case_id)
        assert parsed is not None
        return await call.cases.open_case(parsed)

    found = await questions_of(map(str, case_ids), open_case)
    return json_response(ReviewList(reviews=tuple(found), next=page.next))


async def get_charge(call: Call) -> Response:
    """`GET /v1/charges/{scheme}/{code}`: what the catalog has of a code."""
    asked = Parameters(call.request, "on")
    params = call.request.path_params
    found = described(built_in(), params["scheme"], params["code"], _day(asked.text("on")))
    if not found["rows"]:
        raise Problem("not-found", "no row of the catalog places this code", near=found["near"])
    return json_response(CatalogCode.model_validate(found))


async def _found(call: Call, case_id: CaseId) -> Found:
    found = await call.cases.look_up(case_id)
    if found is None:
        raise not_found()
    return found


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise bad_parameter("on", "not a day; write YYYY-MM-DD") from None


def page_token(time: datetime, number: int) -> str:
    """The token of a page of flags, which names its place."""
    return urlsafe_b64encode(json.dumps([time.isoformat(), number]).encode()).decode().rstrip("=")


def page_place(token: str) -> tuple[datetime, int]:
    """The place that a token names; raises `Problem`."""
    try:
        time, number = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        place = datetime.fromisoformat(time), int(number)
        if place[0].tzinfo is None:
            raise ValueError
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise bad_parameter("page", "not a token of this list; copy it from the page before") from None
    return place
