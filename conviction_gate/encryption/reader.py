"""Who reads through the codec server, and the refusal of a request."""

from http import HTTPStatus
from typing import NamedTuple


class Reader(NamedTuple):
    """Who reads, as the audit records it.

    `who`: a name; None where it is not known. `by`: how they authenticated, `token` or `jwt`; None where the
    codec server asks for no authentication.
    """

    who: str | None
    by: str | None


class Refusal(Exception):
    """An HTTP status and a text with the next step, which repeats nothing of the request.

    `reader`: who made the request, where that is known.
    """

    def __init__(self, status: HTTPStatus, text: str, reader: Reader | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.reader = reader


def bad_token(reason: str) -> Refusal:
    """The refusal of an access token that is not valid."""
    return Refusal(HTTPStatus.UNAUTHORIZED, f"this token is not accepted: {reason}")
