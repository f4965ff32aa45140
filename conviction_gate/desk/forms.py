"""The forms of the desk: what was filled in, and that it came from a page of this session.

Each form carries a token that only its session can make, for this address and this id; so one of another
session, of another page or with another id is refused. A page of another site is refused by its `Origin`.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.requests import Request

from conviction_gate.desk.sessions import Session
from conviction_gate.door.bodies import MAX_MESSAGE_BYTES, check_content_type, parts_of
from conviction_gate.door.problems import Problem

FORM: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 20
TOKEN: Final = "form_token"
ID: Final = "form_id"


def token_of(session: Session, path: str, form_id: str) -> str:
    """The token of a form that is sent to this path under this id."""
    text = f"{unquote(path)}\n{form_id}".encode()
    return hmac.new(session.secret.encode(), text, sha256).hexdigest()


async def read_form(request: Request, session: Session, address: str | None) -> Mapping[str, str]:
    """The fields of a form that came from a page of this session.

    `address`: of the desk, where a proxy stands before it. Raises `Problem`.
    """
    _check_origin(request, address)
    check_content_type(request, FORM)
    body = b"".join([part async for part in parts_of(request, MAX_MESSAGE_BYTES)])
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:  # UnicodeError among them
        raise Problem(
            "not-permitted", "the form cannot be read; open its page again and send it once more"
        ) from None
    fields = dict(pairs)
    expected = token_of(session, request.url.path, fields.get(ID, ""))
    if len(fields) != len(pairs) or not hmac.compare_digest(expected.encode(), fields.get(TOKEN, "").encode()):
        raise Problem(
            "not-permitted",
            "the form is not from your present session, so nothing was sent; open its page again and fill it "
            "in there",
        )
    return fields


def _check_origin(request: Request, address: str | None) -> None:
    """Browsers name the page's origin with every form; `null` is one that they hide."""
    allowed = {request.headers.get("host", "").lower()}
    if address is not None:
        allowed.add(urlsplit(address).netloc.lower())
    origin = request.headers.get("origin", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if urlsplit(origin).netloc.lower() not in allowed - {""} or site != "same-origin":
        raise Problem(
            "not-permitted",
            "the form was sent from a page of another site, so nothing was sent; open the desk yourself and "
            "fill it in there",
        )
