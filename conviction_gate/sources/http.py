"""Other agencies' services over HTTP: JSON that is asked for, and every way in which it can fail to come.

What is asked for names a person by id. So neither errors nor logs hold an address with its query,
and nothing of an answer.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from http.cookiejar import Cookie, CookieJar
from typing import Final

import httpx

from conviction_gate.config.settings import Access

ANSWER_WITHIN: Final = 8.0
"""Seconds for all of one question; the activity that asks has ten."""
CONNECT_WITHIN: Final = 3.0
AT_ONCE: Final = 100
"""Connections; a worker runs as many activities at a time."""
ANSWER_MOST: Final = 4 * 1024 * 1024
"""Bytes of one answer."""

# At INFO httpx logs whole addresses, at DEBUG httpcore logs headers: ids of people, and the token.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class ServiceError(Exception):
    """No usable answer came; the text is one line with the next step, and names nobody."""


class _NoCookies(CookieJar):
    """Keeps none: each question stands alone, and what a service adds to one must not break the next."""

    def set_cookie(self, cookie: Cookie) -> None:
        pass


class Service:
    """One service, asked through a pool of connections; close it in the end."""

    def __init__(self, access: Access) -> None:
        """Raises `ServiceError` where a certificate or the address cannot be read."""
        self._access = access
        try:
            _ = httpx.URL(access.url).host
        except (httpx.InvalidURL, UnicodeError) as error:  # idna's own are of the latter kind
            raise ServiceError(
                f"{access.setting}_URL: not the address of a service ({error}); mend its host"
            ) from None
        self._client = httpx.AsyncClient(
            verify=_trust(access),
            headers={"Accept": "application/json"}
            | ({"Authorization": f"Bearer {access.token}"} if access.token else {}),
            timeout=httpx.Timeout(ANSWER_WITHIN, connect=CONNECT_WITHIN),
            cookies=_NoCookies(),
            # A proxy would learn whom we ask about, and its own 404 would be a clean record.
            trust_env=False,
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
        )

    @property
    def place(self) -> str:
        """The service as messages name it."""
        return self._access.place

    async def ask(self, params: Mapping[str, str]) -> bytes | None:
        """The body of a 200; None for a 404.

        Raises:
            ServiceError: anything else came, or nothing.
        """
        status, body = await self._get(params)
        match status:
            case HTTPStatus.OK:
                return body
            case HTTPStatus.NOT_FOUND:
                return None
            case _:
                raise ServiceError(self._told(status))

    async def reach(self) -> bool:
        """Ask for nobody: somebody is there and lets us in. False where all that is said is a 404.

        Raises:
            ServiceError: nobody is there, or we are not let in.
        """
        status, _ = await self._get({})
        unwelcome = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or status >= 500
        if unwelcome or 300 <= status < 400:
            raise ServiceError(self._told(status))
        return status != HTTPStatus.NOT_FOUND

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _get(self, params: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN),
                self._client.stream("GET", self._access.url, params=params) as response,
            ):
                return response.status_code, await self._body(response)
        except (TimeoutError, httpx.TimeoutException):
            text = f"did not answer within {ANSWER_WITHIN:.0f} s; if this lasts, check that it is up"
        except httpx.ConnectError as error:  # its text is the system's or TLS's own
            text = f"cannot be reached ({error}); check {self._access.setting}_URL and the network"
        except httpx.HTTPError as error:
            text = f"broke off ({type(error).__name__}); if this lasts, have its operator look"
        raise ServiceError(f"{self.place} {text}") from None

    async def _body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > ANSWER_MOST:
                raise ServiceError(
                    f"{self.place} sends more than {ANSWER_MOST} bytes; have its operator look what it sends"
                )
            parts.append(part)
        return b"".join(parts)

    def _told(self, status: int) -> str:
        match status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                setting = self._access.setting
                step = f"check {setting}_TOKEN, or {setting}_CERTIFICATE and {setting}_KEY"
            case _ if 300 <= status < 400:
                step = f"write the address that it leads to into {self._access.setting}_URL"
            case _:
                step = "if this lasts, have its operator look"
        return f"{self.place} answered {status}; {step}"


def _trust(access: Access) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=access.ca)
        if access.certificate is not None:
            context.load_cert_chain(access.certificate, access.key)
    except (OSError, ssl.SSLError) as error:
        raise ServiceError(
            f"the certificates for {access.place} cannot be read ({type(error).__name__}); "
            f"check {access.setting}_CERTIFICATE, {access.setting}_KEY and {access.setting}_CA"
        ) from None
    return context
