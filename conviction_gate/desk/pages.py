"""A visit to the desk, and how a page is made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from conviction_gate.contracts.names import CaseId
from conviction_gate.desk import words
from conviction_gate.desk.forms import token_of
from conviction_gate.desk.sessions import Notice, Session
from conviction_gate.door.callers import REVIEW
from conviction_gate.door.calls import Call
from conviction_gate.door.problems import Problem

DESK: Final = "/desk"
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: with that, browsers hide the origin of our own forms too.
    "Referrer-Policy": "same-origin",
}

NAVIGATION: Final = (
    ("Questions", f"{DESK}/", REVIEW),
    ("Needs attention", f"{DESK}/attention", "read"),
    ("Flags", f"{DESK}/flags", "read_flags"),
)
"""The pages that the navigation names, and the right that each needs."""


@dataclass
class Visit:
    """A request of a person who is signed in. `form`: what they sent, where they did. `ends`: it signs them
    out."""

    call: Call
    session: Session
    form: Mapping[str, str]
    ends: bool = False

    def holds(self, right: str) -> bool:
        """Whether they have a right."""
        return self.call.identity.caller.holds(right)

    def token(self, path: str, form_id: str) -> str:
        """The token of a form on this page."""
        return token_of(self.session, path, form_id)

    def say(self, kind: str, text: str) -> None:
        """Show this on the next page. `kind`: `good` or `warn`."""
        self.session.notice = Notice(kind=kind, text=text[:1000])

    def page(self, template: str, status: int = 200, **content: Any) -> Response:
        """A page, with what the last request left to say."""
        notice, self.session.notice = self.session.notice, None
        links = [(title, path) for title, path, right in NAVIGATION if self.holds(right)]
        text = render(
            template,
            visit=self,
            notice=notice,
            navigation=links,
            here=self.call.request.url.path,
            **content,
        )
        return HTMLResponse(text, status)


PageHandler = Callable[[Visit], Awaitable[Response]]


def problem_page(problem: Problem, visit: Visit | None) -> Response:
    """The page that says what was refused, and what to do."""
    title, detail = words.PROBLEMS.get(problem.kind, (problem.title, None))
    if detail is None:
        detail = problem.detail[:1].upper() + problem.detail[1:] + "."
    if visit is not None:
        response = visit.page("problem.html", problem.status, title=title, detail=detail, errors=problem.errors)
    else:
        content = {"title": title, "detail": detail, "errors": problem.errors}
        text = render("problem.html", visit=None, notice=None, navigation=[], here="", **content)
        response = HTMLResponse(text, problem.status)
    response.headers.update(problem.headers)
    return response


def see_other(path: str) -> Response:
    """Go on to another page of the desk."""
    return RedirectResponse(path, 303)


def case_path(case_id: CaseId | str, page: str = "", **query: str) -> str:
    """The address of a case, or of a page of it."""
    parsed = CaseId.parse(str(case_id))
    if parsed is None:
        return f"{DESK}/"
    number = quote(parsed.tracking_number, safe="")
    path = f"{DESK}/cases/{parsed.agency}/{number}" + (f"/{page}" if page else "")
    return f"{path}?{urlencode(query)}" if query else path


def number_of(case_id: str) -> str:
    """The tracking number of a case."""
    parsed = CaseId.parse(case_id)
    return parsed.tracking_number if parsed else case_id


def render(template: str, **content: Any) -> str:
    """A template with its content, which is escaped."""
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("conviction_gate.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": words.day,
        "moment": words.moment,
        "plain": words.plain,
        "kind": words.kind_of,
        "rule_title": words.rule_title,
        "edition": words.edition,
        "sentence": words.sentence,
        "case_path": case_path,
        "number": number_of,
    }
    environment.globals |= {
        "desk": DESK,
        "badge_of": words.badge_of,
        "flag_badge": words.flag_badge,
        "answer_words": words.answer_words,
        "case_path": case_path,
        "style": f"{DESK}/desk.css?v={style()[1]}",
    }
    return environment


@cache
def style() -> tuple[str, str]:
    """The style sheet, and a hash that changes with it."""
    text = files("conviction_gate.desk").joinpath("static/desk.css").read_text(encoding="utf-8")
    return text, sha256(text.encode()).hexdigest()[:12]


@cache
def icon() -> str:
    """The icon of the desk."""
    return files("conviction_gate.desk").joinpath("static/icon.svg").read_text(encoding="utf-8")
