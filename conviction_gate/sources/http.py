"""HTTP GET from another agency's service, with every way in which an answer can fail to come.

A question identifies a person by id. So no error and no log holds an address with its query, or any
part of an answer.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from http.cookiejar import Cookie, CookieJar
from typing import Final, NamedTuple

import httpx

from conviction_gate.config.service_access import ServiceAccess

ANSWER_WITHIN: Final = 8.0
"""Seconds for one whole request; the activity that makes it has ten."""
CONNECT_WITHIN: Final = 3.0
"""Seconds."""
MAX_CONNECTIONS: Final = 100
"""A worker runs as many activities at a time."""
MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of one answer."""

# At INFO httpx logs whole addresses, at DEBUG httpcore logs headers: ids of people, and the token.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class ServiceError(Exception):
    """No usable answer came; the text is one line with the next step, and identifies nobody."""


class Answer(NamedTuple):
    """What a service says: `found` false is a 404."""

    found: bool
    body: bytes


class _NoCookies(CookieJar):
    """Stores no cookie: a cookie from one answer could make the next request fail."""

    def set_cookie(self, cookie: Cookie) -> None:
        pass


class HttpService:
    """One service and its pool of connections, to be closed at the end."""

    def __init__(self, access: ServiceAccess) -> None:
        """Raises `ServiceError` where the address is not valid or a certificate cannot be read."""
        self._access = access
        try:
            _ = httpx.URL(access.url).host
        except (httpx.InvalidURL, UnicodeError) as error:  # idna's errors are of the latter kind
            raise ServiceError(
                f"{access.setting}_URL: not the address of a service ({error}); correct its host"
            ) from None
        self._client = httpx.AsyncClient(
            verify=_tls_context(access),
            headers={"Accept": "application/json"}
            | ({"Authorization": f"Bearer {access.token}"} if access.token else {}),
            timeout=httpx.Timeout(ANSWER_WITHIN, connect=CONNECT_WITHIN),
            cookies=_NoCookies(),
            # A proxy would see whom we ask about, and a 404 of its own would count as a clean record.
            trust_env=False,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS),
        )

    def __str__(self) -> str:
        return self._access.description

    async def get(self, params: Mapping[str, str]) -> Answer:
        """A 200 or a 404 and its body.

        Raises:
            ServiceError: any other answer, or none.
        """
        status, body = await self._get(params)
        if status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            raise ServiceError(self._describe(status))
        return Answer(status == HTTPStatus.OK, body)

    async def probe(self) -> bool:
        """Whether the service answers and accepts our credentials, asked without an id. False: it answers 404.

        Raises:
            ServiceError: it does not answer, or does not accept our credentials.
        """
        status, _ = await self._get({})
        refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        if refused or status >= 500 or 300 <= status < 400:
            raise ServiceError(self._describe(status))
        return status != HTTPStatus.NOT_FOUND

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _get(self, params: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN),
                self._client.stream("GET", self._access.url, params=params) as response,
            ):
                return response.status_code, await self._body(response)
        except (TimeoutError, httpx.TimeoutException):
            text = f"did not answer within {ANSWER_WITHIN:.0f} s; if this lasts, check that it is running"
        except httpx.ConnectError as error:  # its text is the system's or TLS's own
            text = f"cannot be reached ({error}); check {self._access.setting}_URL and the network"
        except httpx.HTTPError as error:
            text = f"broke off its answer ({type(error).__name__}); if this lasts, ask its operator"
        raise ServiceError(f"{self} {text}") from None

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_ANSWER:
                raise ServiceError(f"{self} sends more than {MAX_ANSWER} bytes; ask its operator why")
        return bytes(body)

    def _describe(self, status: int) -> str:
        setting = self._access.setting
        match status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                step = f"check {setting}_TOKEN, or {setting}_CERTIFICATE and {setting}_KEY"
            case _ if 300 <= status < 400:
                step = f"set {setting}_URL to the address that it redirects to"
            case _:
                step = "if this lasts, ask its operator"
        return f"{self} answered {status}; {step}"


def _tls_context(access: ServiceAccess) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=access.ca)
        if access.certificate is not None:
            context.load_cert_chain(access.certificate, access.key)
    except (OSError, ssl.SSLError) as error:
        raise ServiceError(
            f"the certificates for {access.description} cannot be read ({type(error).__name__}); "
            f"check {access.setting}_CERTIFICATE, {access.setting}_KEY and {access.setting}_CA"
        ) from None
    return context
