"""Signing in and out: by OpenID Connect, or by a one-time link on the machine that runs `up`."""

import getpass
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from conviction_gate.desk.one_time_links import OneTimeLinks
from conviction_gate.desk.open_id import FLOW_LIFE, Flow, OpenId
from conviction_gate.desk.pages import DESK, Visit, render, see_other
from conviction_gate.desk.sessions import LONGEST, MAX_COOKIE, Cookies, Session
from conviction_gate.door.calls import Call, Door, admitted
from conviction_gate.door.identity import Identity
from conviction_gate.door.local_caller import NAME
from conviction_gate.door.problems import Problem, missing_right, too_many
from conviction_gate.encryption.reader import Refusal

SIGN_IN: Final = f"{DESK}/sign-in"
SESSION: Final = "conviction-gate-desk"
FLOW: Final = "conviction-gate-sign-in"
MAX_PERSON: Final = 128


@dataclass(frozen=True)
class Desk:
    """What all pages share. `open_id`, `links`: the ways to sign in. `person`: whom a link signs in; by default
    the account that runs this process. `address`: of the desk, where a proxy stands before it."""

    door: Door
    cookies: Cookies
    open_id: OpenId | None = None
    links: OneTimeLinks | None = None
    person: str | None = None
    address: str | None = None

    async def visit(self, request: Request) -> Visit:
        """The visit of who is signed in; raises `Problem` where nobody is, or where they send too much."""
        session = self.cookies.opened(Session, request.cookies.get(self._name(request, SESSION)))
        if session is None or session.is_over:
            raise Problem("unknown-caller", "you are not signed in, or were away for too long; sign in again")
        identity = session.identity(await self.door.current())
        if identity is None:
            raise Problem(
                "unknown-caller", "the operator has removed what you signed in as; ask them what to use"
            )
        call = Call(request, self.door, identity)
        call.note(caller=identity.caller.name, person=identity.person, by=identity.by)
        if wait := self.door.rates.request(identity.caller):
            raise too_many(wait, "too many requests in a minute")
        return Visit(call, session.renewed(), {})

    def keep(self, request: Request, response: Response, session: Session) -> None:
        """Let the browser keep the session."""
        self._set(request, response, SESSION, session, LONGEST)

    def forget(self, request: Request, response: Response, name: str = SESSION) -> None:
        """Let the browser forget a cookie."""
        response.delete_cookie(
            self._name(request, name), path="/", secure=self._is_secure(request), httponly=True, samesite="lax"
        )

    def flow(self, request: Request) -> Flow | None:
        """The sign-in that this browser has begun."""
        return self.cookies.opened(Flow, request.cookies.get(self._name(request, FLOW)))

    def keep_flow(self, request: Request, response: Response, flow: Flow) -> None:
        """Let the browser keep what a sign-in needs at its end."""
        self._set(request, response, FLOW, flow, FLOW_LIFE)

    def _set(self, request: Request, response: Response, name: str, content: BaseModel, life: int) -> None:
        value = self.cookies.sealed(content)
        if len(value) > MAX_COOKIE:
            raise Problem(
                "not-permitted", "your sign-in names more agencies than the desk can keep; ask the operator"
            )
        response.set_cookie(
            self._name(request, name),
            value,
            max_age=life,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def _is_secure(self, request: Request) -> bool:
        return request.url.scheme == "https" or urlsplit(self.address or "").scheme == "https"

    def _name(self, request: Request, name: str) -> str:
        """A cookie of this prefix is refused from a page without TLS, and from other hosts of the domain."""
        return f"__Host-{name}" if self._is_secure(request) else name


class SigningIn:
    """The pages for those who are not signed in yet."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, request: Request) -> Response:
        """Where to sign in."""
        start = f"{SIGN_IN}/start?to={quote(_local(request), safe='')}" if self._desk.open_id else None
        return HTMLResponse(
            render(
                "sign_in.html",
                visit=None,
                notice=None,
                navigation=[],
                here="",
                start=start,
                by_link=self._desk.links is not None,
            )
        )

    async def start(self, request: Request) -> Response:
        """Go to the issuer's page."""
        if self._desk.open_id is None:
            return see_other(SIGN_IN)
        address, flow = await self._desk.open_id.begin(_local(request))
        response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        self._desk.keep_flow(request, response, flow)
        return response

    async def callback(self, request: Request) -> Response:
        """Back from the issuer's page."""
        if self._desk.open_id is None:
            return see_other(SIGN_IN)
        flow = self._desk.flow(request)
        identities = await self._desk.door.current()
        identity = await self._desk.open_id.finish(flow, request.url.query, identities)
        assert flow is not None
        response = self._signed_in(request, identity, flow.to)
        self._desk.forget(request, response, FLOW)
        return response

    async def enter(self, request: Request) -> Response:
        """A one-time link was followed."""
        links = self._desk.links
        if links is None or not links.use(request.query_params.get("token", "")):
            raise Problem(
                "unknown-caller",
                "this link has been used, or is older than 15 minutes; make one with `conviction-gate desk`",
            )
        caller = (await self._desk.door.current()).callers.caller.get(NAME)
        if caller is None:
            raise Problem("unknown-caller", f"the file of callers has no caller {NAME}; ask the operator")
        person = self._desk.person or _account() or caller.person or NAME
        return self._signed_in(request, Identity(caller, "link", person, caller.agencies), f"{DESK}/")

    async def new_link(self, request: Request) -> Response:
        """`POST /desk/links`, with the key of the caller `local`: a new one-time link."""
        call = await admitted(request, self._desk.door)
        if self._desk.links is None or call.identity.caller.name != NAME:
            raise missing_right(call.identity.caller, "review")
        return JSONResponse({"path": self._desk.links.issue()}, HTTPStatus.CREATED)

    def _signed_in(self, request: Request, identity: Identity, to: str) -> Response:
        assert identity.person is not None
        if (audit := request.scope.get("audit")) is not None:
            audit.update(caller=identity.caller.name, person=identity.person, by=identity.by)
        response = see_other(to)
        self._desk.keep(request, response, Session.of(identity, identity.person))
        return response


def refusal_problem(refusal: Refusal) -> Problem:
    """What a person reads where the sign-in refuses them."""
    match refusal.status:
        case HTTPStatus.UNAUTHORIZED:
            return Problem("unknown-caller", str(refusal))
        case HTTPStatus.FORBIDDEN:
            return Problem("not-permitted", str(refusal))
    return Problem("unavailable", str(refusal))


def sign_in_path(request: Request) -> str:
    """Where to sign in, to come back to this page then."""
    to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return SIGN_IN if to in (DESK, f"{DESK}/") else f"{SIGN_IN}?to={quote(to, safe='')}"


def _local(request: Request) -> str:
    """The page of the desk to show after the sign-in."""
    to = request.query_params.get("to", "")
    is_page = to.startswith(f"{DESK}/") and "\\" not in to and to.isprintable() and len(to) < 1000
    return to if is_page and not to.startswith((SIGN_IN, f"{DESK}/enter")) else f"{DESK}/"


def _account() -> str | None:
    try:
        return getpass.getuser()[:MAX_PERSON] or None
    except (OSError, KeyError, ImportError):  # no entry for this user
        return None
