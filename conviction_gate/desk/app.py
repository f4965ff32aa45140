"""The desk's routes: which page answers what, for whom, and what every answer carries."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from conviction_gate.config.settings import Settings
from conviction_gate.desk import cases
from conviction_gate.desk.forms import read_form
from conviction_gate.desk.one_time_links import OneTimeLinks
from conviction_gate.desk.open_id import OpenId
from conviction_gate.desk.pages import DESK, HEADERS, PageHandler, Visit, icon, problem_page, see_other, style
from conviction_gate.desk.sessions import Cookies
from conviction_gate.desk.signing_in import SIGN_IN, Desk, SigningIn, refusal_problem, sign_in_path
from conviction_gate.door import app
from conviction_gate.door.calls import Door, problem_of
from conviction_gate.door.problems import Problem
from conviction_gate.encryption.reader import Refusal

CASE: Final = app.CASE.removeprefix("/v1")
PAGES: Final[tuple[tuple[str, str, PageHandler], ...]] = (
    ("GET", "/", cases.questions),
    ("GET", "/attention", cases.attention),
    ("GET", "/flags", cases.flags),
    ("GET", "/case", cases.find),
    ("GET", CASE, cases.case),
    ("GET", f"{CASE}/ruling", cases.ruling_form),
    ("POST", f"{CASE}/ruling", cases.rule),
    ("GET", f"{CASE}/reopening", cases.reopening_form),
    ("POST", f"{CASE}/reopening", cases.reopen),
)
"""The pages for who is signed in."""

Endpoint = Callable[[Request], Awaitable[Response]]


def desk_of(door: Door, settings: Settings, links: OneTimeLinks | None = None) -> Mount:
    """The desk of the settings, to be mounted beside the door's calls; raises `SettingsError`."""
    cookies, open_id = Cookies.from_settings(settings), OpenId.from_settings(settings)
    return mounted(Desk(door, cookies, open_id, links, settings.desk_person, settings.desk_address))


def mounted(desk: Desk) -> Mount:
    """The routes of a desk."""
    signing_in = SigningIn(desk)
    by_path: dict[str, dict[str, PageHandler]] = {"/sign-out": {"POST": _sign_out}}
    for method, path, handler in PAGES:
        by_path.setdefault(path, {})[method] = handler
    for_anybody: dict[str, tuple[str, Endpoint]] = {
        "/sign-in": ("GET", signing_in.page),
        "/sign-in/start": ("GET", signing_in.start),
        "/sign-in/callback": ("GET", signing_in.callback),
        "/enter": ("GET", signing_in.enter),
        "/links": ("POST", signing_in.new_link),
    }
    routes = [
        *(Route(path, _page(desk, path, of), methods=[*of]) for path, of in by_path.items()),
        *(Route(path, _open_page(path, get), methods=[of]) for path, (of, get) in for_anybody.items()),
        Route("/desk.css", _style),
        Route("/icon.svg", _icon),
    ]
    return Mount(DESK, app=Starlette(routes=routes, exception_handlers={HTTPException: _unrouted}))


def _page(desk: Desk, path: str, handlers: dict[str, PageHandler]) -> Endpoint:
    """A page for who is signed in. Everybody else is sent to the sign-in, and a form is refused."""

    async def endpoint(request: Request) -> Response:
        _note(request, path)
        visit: Visit | None = None
        try:
            visit = await desk.visit(request)
            if request.method == "POST":
                visit.form = await read_form(request, visit.session, desk.address)
            response = await handlers["GET" if request.method == "HEAD" else request.method](visit)
        except Exception as error:
            problem = _problem(error)
            if visit is None and problem.kind == "unknown-caller" and request.method != "POST":
                return _finished(see_other(sign_in_path(request)))
            response = problem_page(problem, visit)
        if visit is not None and not visit.ends:
            desk.keep(request, response, visit.session)
        elif visit is not None:
            desk.forget(request, response)
        return _finished(response)

    return endpoint


def _open_page(path: str, handler: Endpoint) -> Endpoint:
    """A page for anybody."""

    async def endpoint(request: Request) -> Response:
        _note(request, path)
        try:
            response = await handler(request)
        except Exception as error:
            response = problem_page(_problem(error), None)
        return _finished(response)

    return endpoint


async def _sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.ends = True
    return see_other(SIGN_IN)


def _problem(error: Exception) -> Problem:
    return refusal_problem(error) if isinstance(error, Refusal) else problem_of(error)


def _finished(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _note(request: Request, path: str) -> None:
    if (audit := request.scope.get("audit")) is not None:
        audit["route"] = DESK + path.replace(":part}", "}")


async def _style(request: Request) -> Response:
    """The style sheet. Its address changes with it, so that browsers may keep it."""
    headers = HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(style()[0], 200, headers, "text/css; charset=utf-8")


async def _icon(request: Request) -> Response:
    return Response(icon(), 200, HEADERS | {"Cache-Control": "public, max-age=86400"}, "image/svg+xml")


async def _unrouted(request: Request, error: Exception) -> Response:
    return _finished(problem_page(problem_of(error), None))
