"""The door's ASGI application: which call is answered by what.

Every call of `CALLS` needs a caller that is known (identity.py). Whatever it raises becomes a problem
(problems.py), and every request is a line of the audit (audit.py).
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from conviction_gate.door import asking, bulk, sending
from conviction_gate.door.audit import App, AsgiMessage, Audited, Receive, Send
from conviction_gate.door.calls import Call, Door, Handler, admitted, problem_of


class _Part(Convertor[str]):
    """A part of an address. What is written there as %2F is no slash that divides parts."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """What the caller meant."""
        return value.replace("%2F", "/").replace("%25", "%")

    def to_string(self, value: str) -> str:
        """As it is written in an address."""
        return value.replace("%", "%25").replace("/", "%2F")


register_url_convertor("part", _Part())

CASE: Final = "/v1/cases/{agency:part}/{tracking_number:part}"
CALLS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/v1/bookings", sending.post_booking),
    ("POST", "/v1/messages", bulk.post_messages),
    ("GET", "/v1/cases", asking.list_cases),
    ("GET", CASE, asking.get_case),
    ("POST", f"{CASE}/messages", sending.post_message),
    ("GET", f"{CASE}/explanation", asking.get_explanation),
    ("GET", f"{CASE}/corrections/{{message_id:part}}", asking.get_correction),
    ("POST", f"{CASE}/rulings", sending.post_ruling),
    ("POST", f"{CASE}/reopenings", sending.post_reopening),
    ("POST", f"{CASE}/orders", sending.post_order),
    ("GET", "/v1/flags", asking.list_flags),
    ("GET", "/v1/reviews", asking.list_reviews),
    ("GET", "/v1/charges/{scheme:part}/{code:part}", asking.get_charge),
)


def application(door: Door, audit: Callable[[str], object], *more: BaseRoute) -> App:
    """The application. `audit`: takes the line of each request. `more`: routes without a caller."""
    routes = [Route(path, _Endpoint(door, path, handler), methods=[method]) for method, path, handler in CALLS]
    app = Starlette(routes=[*routes, *more], exception_handlers={HTTPException: _unrouted})
    return Audited(_with_parts(app), audit)


class _Endpoint:
    """Answers one call, and counts it among those of its caller until the answer is sent."""

    def __init__(self, door: Door, path: str, handler: Handler) -> None:
        self._door = door
        self._template = path.replace(":part}", "}")
        self._handler = handler

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        call: Call | None = None

        async def receive_body() -> AsgiMessage:
            message = await receive()
            if call is not None:
                self._door.rates.received(call.identity.caller, len(message.get("body", b"")))
            return message

        request = Request(scope, receive_body)
        if (audit := scope.get("audit")) is not None:
            audit["route"] = self._template
        try:
            call = await admitted(request, self._door)
        except Exception as error:
            await problem_of(error).response()(scope, receive, send)
            return
        try:
            response = await self._answer(call)
            await response(scope, receive_body, send)
        finally:
            self._door.rates.end(call.identity.caller)

    async def _answer(self, call: Call) -> Response:
        try:
            return await self._handler(call)
        except Exception as error:
            return problem_of(error).response()


async def _unrouted(request: Request, error: Exception) -> Response:
    return problem_of(error).response()


def _with_parts(app: App) -> App:
    """Routes by the address as it was written, so that a tracking number may contain a slash."""

    async def routed(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        raw: bytes | None = scope.get("raw_path") if scope["type"] == "http" else None
        if raw is not None and b"%" in raw:
            kept = raw.decode("latin-1").replace("%25", "%2525").replace("%2f", "%252F").replace("%2F", "%252F")
            scope = {**scope, "path": unquote(kept)}
        await app(scope, receive, send)

    return routed
