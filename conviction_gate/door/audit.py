"""One audit line for each request: who, what, which case, how it ended, a hash of the body; never the body."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
App = Callable[[AsgiMessage, Receive, Send], Awaitable[None]]

UNAUDITED: Final = frozenset({"/livez", "/readyz"})
CLOSED: Final = 499
"""The status in the audit of a request whose sender went away before it was answered."""


FACTS: Final = ("route", "caller", "person", "by", "right", "case", "message_id")
"""What handlers write down; null where they do not know it."""


class Audited:
    """An ASGI application whose requests are written down. What handlers know is in `scope["audit"]`."""

    def __init__(self, app: App, audit: Callable[[str], object]) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Answer one request, and write its line when it has been answered."""
        if scope["type"] != "http" or scope["path"] in UNAUDITED:
            await self._app(scope, receive, send)
            return
        digest, size, status = sha256(), 0, CLOSED

        async def receive_body() -> AsgiMessage:
            nonlocal size
            message = await receive()
            body = message.get("body", b"")
            digest.update(body)
            size += len(body)
            return message

        async def send_answer(message: AsgiMessage) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        facts: dict[str, Any] = dict.fromkeys(FACTS)
        scope["audit"] = facts
        try:
            await self._app(scope, receive_body, send_answer)
        finally:
            line = {
                "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
                "logger": "door",
                "method": scope["method"],
                "from": (scope.get("client") or ("",))[0],
                **facts,
                "status": status,
                "size": size,
                "sha256": digest.hexdigest() if size else None,
            }
            self._audit(json.dumps(line))
