"""Whether the door runs (`/livez`), and whether it can do its work (`/readyz`).

Anybody may ask, so an answer names neither addresses nor callers: why something is not well is in the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conviction_gate.door.cases import Cases
from conviction_gate.door.identity import CallersFile

CHECK_WITHIN: Final = 4.0
"""Seconds for one check; a probe should wait a little longer."""
CACHED_FOR: Final = 5.0
"""Seconds for which probes get the same answer, so that frequent ones cause no load."""
AWAY: Final = "does not answer; the log says why"

_log = logging.getLogger(__name__)


class Readiness:
    """What the door needs, checked at most every `CACHED_FOR`. A broken file of callers is reported and
    does not make the door unready: the callers that were read before stay."""

    def __init__(self, cases: Cases, callers: CallersFile) -> None:
        self._checks: Mapping[str, Callable[[], Awaitable[None]]] = {
            "server": cases.check_server,
            "registry": cases.check_registry,
        }
        self._callers = callers
        self._problems: dict[str, str | None] = {}
        self._valid_until = 0.0
        self._running = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """200 where all is well, else 503."""
        async with self._running:
            now = asyncio.get_running_loop().time
            if now() >= self._valid_until:
                found = await asyncio.gather(*(self._problem(name) for name in self._checks))
                self._problems = dict(zip(self._checks, found, strict=True))
                self._valid_until = now() + CACHED_FOR
        is_ready = not any(self._problems.values())
        checks = {name: problem or "ok" for name, problem in self._problems.items()}
        await self._callers.current()
        broken = "the file does not fit, so those of before stay; the log says why"
        checks["callers"] = broken if self._callers.problem else "ok"
        headers = {"Cache-Control": "no-store"}
        return JSONResponse({"ready": is_ready, "checks": checks}, 200 if is_ready else 503, headers)

    async def _problem(self, name: str) -> str | None:
        try:
            async with asyncio.timeout(CHECK_WITHIN):
                await self._checks[name]()
        except Exception as error:  # whatever it is, the door cannot do its work
            _log.warning("the %s: %s", name, error or type(error).__name__)
            return AWAY
        return None


async def _alive(request: Request) -> Response:
    return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})


def health_routes(cases: Cases, callers: CallersFile) -> list[Route]:
    """Both pages."""
    return [Route("/livez", _alive), Route("/readyz", Readiness(cases, callers).answer)]
