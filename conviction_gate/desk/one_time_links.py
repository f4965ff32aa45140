"""One-time links, which sign a person in on the machine that runs `up`."""

import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

LINK_LIFE: Final = 15 * 60.0
"""Seconds in which a link has to be followed."""
ENTER: Final = "/desk/enter"


class OneTimeLinks:
    """Links that have been issued and not yet used. Only hashes of their tokens are kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """The path of a new link, with its query."""
        token = secrets.token_urlsafe(24)
        self._expiry[_hashed(token)] = self._clock() + LINK_LIFE
        return f"{ENTER}?token={token}"

    def use(self, token: str) -> bool:
        """Whether the token is of a link that nobody has used yet; it is used up now."""
        now = self._clock()
        is_valid = self._expiry.pop(_hashed(token), 0.0) > now
        self._expiry = {digest: until for digest, until in self._expiry.items() if until > now}
        return is_valid


def _hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
