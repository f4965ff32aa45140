"""What the door refuses, as problem details (RFC 9457): every answer that is no success is one of these.

    {"type": "urn:conviction-gate:does-not-fit", "title": "The message does not fit", "status": 422,
     "detail": "…", "errors": [{"pointer": "/charges/0/code", "detail": "missing; it is required"}]}

No text repeats a value of the request.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.responses import JSONResponse

from conviction_gate.contracts.reading import FieldPath
from conviction_gate.door.callers import Caller

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 5
"""Seconds after which to try again where the server or the registry does not answer."""

TITLES: Final[Mapping[str, tuple[int, str]]] = {
    "not-json": (400, "The body is not JSON"),
    "unknown-caller": (401, "The caller is not known"),
    "not-permitted": (403, "The caller may not do this"),
    "not-found": (404, "There is no such thing here"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "too-slow": (408, "The body did not arrive in time"),
    "other-content": (409, "The id is taken by another message"),
    "conflict": (409, "The case cannot take this now"),
    "case-ended": (410, "The case has ended"),
    "too-large": (413, "The body is too large"),
    "wrong-content-type": (415, "The content type is not supported"),
    "does-not-fit": (422, "The message does not fit"),
    "too-many": (429, "Too many requests"),
    "internal": (500, "The door has failed"),
    "not-built": (501, "This is not built yet"),
    "unavailable": (503, "A service behind the door does not answer"),
}
"""By kind, the status and the title; the kind is the last part of `type`."""

_FIELD: Final = re.compile(r"([a-z_]+(?:\.[a-z_0-9]+)*): ", re.ASCII)


class Problem(Exception):
    """A refusal. `errors`: each field at fault. `headers`: such as `Retry-After`. `more`: further members."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status, self.title = TITLES[kind]
        self.detail = detail
        self.errors = [dict(error) for error in errors]
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> JSONResponse:
        """The answer."""
        body = {
            "type": f"urn:conviction-gate:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **({"errors": self.errors} if self.errors else {}),
            **self.more,
        }
        return JSONResponse(body, self.status, self.headers, MEDIA_TYPE)


def does_not_fit(errors: Iterable[tuple[FieldPath, str]]) -> Problem:
    """The refusal of a body, with every field at fault."""
    named = [{"pointer": pointer(path), "detail": reason} for path, reason in map(_with_field, errors)]
    count = f"{len(named)} fields do" if len(named) > 1 else "a field does"
    detail = f"{count} not fit; `errors` names each one and what to write"
    return Problem("does-not-fit", detail if named[0]["pointer"] else named[0]["detail"], errors=named)


def refused_text(text: str) -> Problem:
    """The refusal for a reason that begins with the name of its field."""
    return does_not_fit([((), text)])


def bad_parameter(name: str, reason: str) -> Problem:
    """The refusal of a parameter in the address."""
    return Problem(
        "does-not-fit", f"the parameter {name} does not fit", errors=[{"parameter": name, "detail": reason}]
    )


def not_found() -> Problem:
    """The same for a case that does not exist and for one of another agency."""
    return Problem("not-found", "no such case, or not one of an agency of this caller; check the address")


def missing_right(caller: Caller, right: str) -> Problem:
    """The refusal of what a caller has no right to."""
    return Problem(
        "not-permitted",
        f"{caller.name} does not have the right `{right}`; ask the operator to add it to `may`",
        right=right,
    )


def too_many(wait: int, what: str) -> Problem:
    """The refusal of a caller that sends too much. `wait`: seconds."""
    return Problem("too-many", f"{what}; send again in {wait} s", headers={"Retry-After": str(wait)})


def unavailable(detail: str) -> Problem:
    """The refusal while a service behind the door does not answer. Nothing is half done then."""
    return Problem("unavailable", detail, headers={"Retry-After": str(RETRY_AFTER)})


def pointer(path: FieldPath) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _with_field(error: tuple[FieldPath, str]) -> tuple[FieldPath, str]:
    """Some reasons about the whole begin with the name of their field."""
    path, reason = error
    if path == () and (match := _FIELD.match(reason)):
        return tuple(match[1].split(".")), reason[match.end() :]
    return path, reason
