"""The codec server: the web UI and the `temporal` program have payloads opened here, for who may read them.

    POST /decode   {"payloads": […]} as protobuf's JSON, answered in the same form
    POST /encode   the other way round
    GET /livez     200 while it runs

A request names its namespace (X-Namespace) and who sends it (Authorization: Bearer …), by a token that is set
here or by that of a sign-in (sign_in.py). A browser's request is answered where its page's origin is listed,
and refused from any other. Each request for payloads is one line of the audit, a JSON object: when, who, what,
under which keys, and never what stood there.
"""

import asyncio
import hmac
import json
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from google.protobuf.json_format import MessageToJson, ParseDict, ParseError
from temporalio.api.common.v1 import Payload, Payloads

from conviction_gate.config.setting_types import split_address
from conviction_gate.config.settings import PREFIX, Settings, SettingsError, cannot_bind
from conviction_gate.contracts.encrypted_payloads import REFUSAL, is_encrypted, key_id
from conviction_gate.encryption.codec import SealingCodec
from conviction_gate.encryption.keys import read_keyring
from conviction_gate.encryption.sign_in import Reader, Refusal, SignIn

BODY_LIMIT: Final = 16 * 1024 * 1024
"""Bytes; a page of a history is sent in one request."""
ENDS_WITHIN: Final = 5  # seconds, for what is under way

_TOKENS: Final = f"{PREFIX}CODEC_TOKEN"
_SHORTEST: Final = 16  # characters of a token
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}", re.ASCII | re.IGNORECASE)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Readers:
    """`tokens`: by who has it. None: whoever reaches the address may read, as on the embedded server."""

    tokens: Mapping[str, str] | None = field(repr=False)
    sign_in: SignIn | None = None
    """Who may read beside them."""

    async def reader(self, authorization: str) -> Reader:
        """Who sends this header; raises `Refusal` where nobody does whom we know."""
        if self.tokens is None:
            return Reader("anybody", None)
        kind, _, token = authorization.partition(" ")
        token = token.strip() if kind.lower() == "bearer" else ""
        sent = token.encode("latin-1")
        # All are compared, so that the time tells nothing.
        known = [name for name, its in self.tokens.items() if hmac.compare_digest(its.encode(), sent)]
        if known:
            return Reader(known[0], "token")
        if self.sign_in is not None and token:
            return await self.sign_in.reader(token)
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "no token that is known here; send `Authorization: Bearer TOKEN` with "
            + ("the access token of your sign-in, or " if self.sign_in else "")
            + f"one of {_TOKENS}",
        )


class CodecServer:
    """The ASGI application. `origins`: of the pages whose requests are answered, such as https://ui.example.gov."""

    def __init__(
        self,
        codec: SealingCodec,
        namespace: str,
        readers: Readers,
        origins: frozenset[str],
        audit: Callable[[str], object],
    ) -> None:
        self._codec = codec
        self._namespace = namespace
        self._readers = readers
        self._origins = origins
        self._audit = audit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        told = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Origin"}
        if (origin := headers.get("origin")) in self._origins:
            told |= _cors(origin)
        status = HTTPStatus.OK
        try:
            body = await self._answer(scope, headers, receive)
        except Refusal as refusal:
            status, body = refusal.status, json.dumps({"error": str(refusal)})
            if status == HTTPStatus.UNAUTHORIZED:
                told["WWW-Authenticate"] = "Bearer"
        text = body.encode()
        told["Content-Length"] = str(len(text))
        await send(
            {
                "type": "http.response.start",
                "status": status.value,
                "headers": [(name.encode(), value.encode("latin-1")) for name, value in told.items()],
            }
        )
        await send({"type": "http.response.body", "body": text})

    async def _answer(self, scope: Message, headers: Mapping[str, str], receive: Receive) -> str:
        match scope["method"], scope["path"]:
            case "POST", "/decode" | "/encode":
                return await self._converted(scope, headers, receive)
            case "OPTIONS", "/decode" | "/encode":
                return "{}"  # what a browser asks for stands in the headers
            case "GET", "/livez":
                return '{"alive": true}'
        raise Refusal(HTTPStatus.NOT_FOUND, "no such page; POST to /decode or /encode")

    async def _converted(self, scope: Message, headers: Mapping[str, str], receive: Receive) -> str:
        opens = scope["path"] == "/decode"
        line: dict[str, Any] = {
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "logger": "codec",
            "route": scope["path"],
            "who": None,
            "by": None,
            "from": (scope.get("client") or ("",))[0],
            "namespace": headers.get("x-namespace", "")[:64],
        }
        try:
            line |= (await self._readers.reader(headers.get("authorization", "")))._asdict()
            self._check(headers)
            given = await _payloads(receive)
        except Refusal as refusal:
            line |= refusal.reader._asdict() if refusal.reader else {}
            self._audit(json.dumps(line | {"result": f"refused, {refusal.status.value}"}))
            raise
        made = self._codec.unseal(given) if opens else self._codec.seal(given)
        closed = sum(REFUSAL in payload.metadata for payload in made)
        line |= {
            "payloads": len(given),
            "keys": sorted(
                {key_id(p.metadata).strip("'") for p in [*given, *made] if is_encrypted(p.metadata)}
            ),
            "result": f"{closed} not opened" if closed else "ok",
        }
        self._audit(json.dumps(line))  # before anybody reads it
        return MessageToJson(Payloads(payloads=made), indent=None)

    def _check(self, headers: Mapping[str, str]) -> None:
        if headers.get("origin", "") not in {"", *self._origins}:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"pages of this origin are not answered; add it to {PREFIX}CODEC_ORIGINS",
            )
        if headers.get("x-namespace") != self._namespace:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"the keys here are those of the namespace {self._namespace}; name it in X-Namespace",
            )


def _cors(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "POST",
        # The web UI sends its ID token in the last one, and nothing at all where that is not allowed.
        "Access-Control-Allow-Headers": "authorization, content-type, x-namespace, authorization-extras",
        "Access-Control-Max-Age": "600",
    }


async def _payloads(receive: Receive) -> list[Payload]:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {BODY_LIMIT} bytes; send fewer payloads"
            )
    try:
        given = json.loads(body)
        if not isinstance(given, dict):  # protobuf reads an empty list as an empty object
            raise ParseError
        return list(ParseDict(given, Payloads(), ignore_unknown_fields=True).payloads)
    except (ParseError, ValueError, RecursionError):  # whose text holds what was sent
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            'no payloads in JSON; send {"payloads": [{"metadata": {"encoding": BASE64}, "data": BASE64}]}',
        ) from None


@asynccontextmanager
async def serving(app: CodecServer, address: str) -> AsyncIterator[None]:
    """Answer at an IP address and port; raises `SettingsError` where nobody can listen there."""
    host, port = split_address(address)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise cannot_bind("CODEC_ADDRESS", address, error) from None
    server = _Server(
        uvicorn.Config(
            app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            http="h11",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=ENDS_WITHIN,
        )
    )
    listening = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or listening.done()):  # noqa: ASYNC110  uvicorn tells nobody
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await listening


async def run(settings: Settings, namespace: str) -> None:
    """Answer until SIGTERM or SIGINT; the audit goes to stdout.

    Raises:
        SettingsError: a setting does not fit, or a key; there is no token, or the address is taken.
    """
    codec = SealingCodec(read_keyring(settings), namespace)
    readers = Readers(_tokens(settings), await SignIn.of(settings))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = CodecServer(codec, namespace, readers, settings.codec_origins, partial(print, flush=True))
    async with serving(app, settings.codec_address):
        print(f"ready: codec server http://{settings.codec_address}, namespace {namespace}", file=sys.stderr)
        await stop.wait()


def _tokens(settings: Settings) -> dict[str, str]:
    """Who may read, from the form `name=token …`."""
    said = settings.codec_token.get_secret_value().split() if settings.codec_token else []
    tokens: dict[str, str] = {}
    for part in said:
        name, _, token = part.partition("=")
        if not (_NAME.fullmatch(name) and len(token) >= _SHORTEST):  # what stands there may be a token
            raise SettingsError(
                f"{_TOKENS}: not of the form name=token, the token of {_SHORTEST} characters and more; "
                "make one with `openssl rand -hex 32`"
            )
        if name in tokens:
            raise SettingsError(f"{_TOKENS}: holds the name {name} twice; leave one of them out")
        tokens[name] = token
    if not tokens and settings.codec_jwks is None:
        raise SettingsError(
            f"{_TOKENS}: not set, and nobody could read; write name=token for each who may, "
            f"with a token of `openssl rand -hex 32`, or set {PREFIX}CODEC_JWKS for those who sign in"
        )
    return tokens


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
