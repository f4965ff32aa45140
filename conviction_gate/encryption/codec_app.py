"""The codec server's ASGI application: it decrypts payloads for the web UI and the `temporal` program.

    POST /decode   {"payloads": […]} as protobuf's JSON, answered in the same form
    POST /encode   the reverse, on an embedded server alone: elsewhere whoever may read may not write
    GET /livez     200 while it runs

A request names its namespace (X-Namespace) and its sender (Authorization: Bearer …), by a token of the settings
or of a sign-in (sign_in.py). A browser's request is answered only where the origin of its page is listed. Each
request for payloads is one line of the audit, a JSON object: when, who, what, and with which keys, but nothing
of the payloads' contents.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from google.protobuf.json_format import MessageToJson, ParseDict, ParseError
from temporalio.api.common.v1 import Payload, Payloads

from conviction_gate.config.settings import PREFIX
from conviction_gate.contracts.encrypted_payloads import BY_DOOR, REFUSAL, is_encrypted, key_id
from conviction_gate.encryption.codec import EncryptionCodec, unmarked
from conviction_gate.encryption.reader import Refusal
from conviction_gate.encryption.readers import Readers

MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes; a page of a history is one request."""
BODY_WITHIN: Final = 30.0
"""Seconds for the body of a request."""

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]


class CodecApp:
    """The application. `origins`: of the web pages to answer, such as https://ui.example.gov. `encrypts`:
    whether it also encrypts for whoever may read."""

    def __init__(
        self,
        codec: EncryptionCodec,
        namespace: str,
        readers: Readers,
        origins: frozenset[str],
        audit: Callable[[str], object],
        *,
        encrypts: bool = False,
    ) -> None:
        self._codec = codec
        self._encrypts = encrypts
        self._namespace = namespace
        self._readers = readers
        self._origins = origins
        self._audit = audit

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Origin"}
        if (origin := headers.get("origin")) in self._origins:
            answer |= _cors(origin)
        status = HTTPStatus.OK
        try:
            body = await self._answer(scope, headers, receive)
        except Refusal as refusal:
            status, body = refusal.status, json.dumps({"error": str(refusal)})
            if status == HTTPStatus.UNAUTHORIZED:
                answer["WWW-Authenticate"] = "Bearer"
        text = body.encode()
        answer["Content-Length"] = str(len(text))
        await send(
            {
                "type": "http.response.start",
                "status": status.value,
                "headers": [(name.encode(), value.encode("latin-1")) for name, value in answer.items()],
            }
        )
        await send({"type": "http.response.body", "body": text})

    async def _answer(self, scope: AsgiMessage, headers: Mapping[str, str], receive: Receive) -> str:
        match scope["method"], scope["path"]:
            case "POST", "/decode" | "/encode":
                return await self._convert(scope, headers, receive)
            case "OPTIONS", "/decode" | "/encode":
                return "{}"  # the answer to a browser is in the headers
            case "GET", "/livez":
                return '{"alive": true}'
        raise Refusal(HTTPStatus.NOT_FOUND, "no such page; POST to /decode or /encode")

    async def _convert(self, scope: AsgiMessage, headers: Mapping[str, str], receive: Receive) -> str:
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
            if scope["path"] == "/encode" and not self._encrypts:
                raise Refusal(
                    HTTPStatus.FORBIDDEN,
                    "readers may decrypt here, and not encrypt; send messages through the door, or encrypt "
                    "them with keys of your own",
                )
            given = _payloads_in(await _read_body(receive))
        except Refusal as refusal:
            line |= refusal.reader._asdict() if refusal.reader else {}
            self._audit(json.dumps(line | {"result": f"refused, {refusal.status.value}"}))
            raise
        given = [unmarked(payload, BY_DOOR) for payload in given]  # a reader is not the door
        convert = self._codec.decrypt if scope["path"] == "/decode" else self._codec.encrypt
        converted = convert(given)
        failed = sum(REFUSAL in payload.metadata for payload in converted)
        encrypted = [payload for payload in (*given, *converted) if is_encrypted(payload.metadata)]
        line |= {
            "payloads": len(given),
            "keys": sorted({key_id(payload.metadata).strip("'") for payload in encrypted}),
            "result": f"{failed} not decrypted" if failed else "ok",
        }
        self._audit(json.dumps(line))  # before anybody reads the answer
        return MessageToJson(Payloads(payloads=converted), indent=None)

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
        # The web UI sends its ID token in the last one, and sends no request where that is not allowed.
        "Access-Control-Allow-Headers": "authorization, content-type, x-namespace, authorization-extras",
        "Access-Control-Max-Age": "600",
    }


async def _read_body(receive: Receive) -> bytes:
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_WITHIN):
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > MAX_BODY:
                    raise Refusal(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MAX_BODY} bytes; send fewer payloads"
                    )
    except TimeoutError:
        raise Refusal(
            HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {BODY_WITHIN:.0f} s; send it again"
        ) from None
    return bytes(body)


def _payloads_in(body: bytes) -> list[Payload]:
    try:
        given = json.loads(body)
        if not isinstance(given, dict):  # protobuf reads an empty list as an empty object
            raise ParseError
        return list(ParseDict(given, Payloads(), ignore_unknown_fields=True).payloads)
    except (ParseError, ValueError, RecursionError):  # their texts repeat the request
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            'no payloads in JSON; send {"payloads": [{"metadata": {"encoding": BASE64}, "data": BASE64}]}',
        ) from None
