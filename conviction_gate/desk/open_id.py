"""Sign-in by OpenID Connect: the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core).

The ID token proves that the answer is to our own request. The access token decides which caller its holder is
(`identity.py`), as it does for the API.
"""

import hmac
import logging
import secrets
import ssl
import time
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from pydantic import BaseModel, ConfigDict, Field

from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.door.identity import Identities, Identity
from conviction_gate.encryption.jwks import IssuerKeys
from conviction_gate.encryption.reader import Refusal
from conviction_gate.encryption.sign_in import SignIn

ANSWER_WITHIN: Final = 5.0
"""Seconds for a request to the issuer."""
FLOW_LIFE: Final = 10 * 60
"""Seconds in which a person has to sign in at the issuer."""
DISCOVERED_FOR: Final = 3600.0
"""Seconds for which the issuer's addresses are kept."""
MAX_ANSWER: Final = 256 * 1024
CALLBACK: Final = "/desk/sign-in/callback"
_log = logging.getLogger(__name__)

_PLACEHOLDER: Final = "https://placeholder"
"""The library insists on https, also of addresses on this machine; it is used for the query alone."""


class Flow(BaseModel):
    """A sign-in that has begun, in a cookie of the browser that began it. `to`: the page to show then."""

    model_config = ConfigDict(extra="forbid")

    state: str
    nonce: str
    verifier: str = Field(repr=False)
    to: str
    until: float


class _Issuer(BaseModel):
    """What an issuer publishes of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class OpenId:
    """The sign-in of one issuer. `address`: of the desk, as browsers see it."""

    def __init__(
        self, issuer: str, client_id: str, secret: str | None, address: str, scopes: tuple[str, ...]
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._redirect = address.rstrip("/") + CALLBACK
        self._scopes = scopes
        self._found: tuple[float, _Issuer, SignIn] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> "OpenId | None":
        """The sign-in that is set; None where none is."""
        issuer, client_id, address = settings.desk_issuer, settings.desk_client_id, settings.desk_address
        if not (issuer and client_id and address):  # the settings require all three or none
            return None
        secret = settings.desk_client_secret
        scopes = tuple(settings.desk_scope.split())
        if "openid" not in scopes:
            raise SettingsError(f"{PREFIX}DESK_SCOPE: has no openid; write it as in `openid gate.review`")
        return cls(str(issuer), client_id, secret.get_secret_value() if secret else None, str(address), scopes)

    async def begin(self, to: str) -> tuple[str, Flow]:
        """The issuer's page to go to, and what to keep until the person is back; raises `Refusal`."""
        issuer, _ = await self._discovered()
        client = WebApplicationClient(self._client_id)
        verifier = client.create_code_verifier(64)
        flow = Flow(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=verifier,
            to=to,
            until=time.time() + FLOW_LIFE,
        )
        prepared = client.prepare_request_uri(
            _PLACEHOLDER,
            redirect_uri=self._redirect,
            scope=list(self._scopes),
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=client.create_code_challenge(verifier, "S256"),
            code_challenge_method="S256",
        )
        joined = "&" if "?" in issuer.authorization_endpoint else "?"
        return f"{issuer.authorization_endpoint}{joined}{urlsplit(prepared).query}", flow

    async def finish(self, flow: Flow | None, query: str, identities: Identities) -> Identity:
        """Who has signed in; raises `Refusal` where that did not succeed, or where they are no caller."""
        if flow is None or flow.until < time.time():
            raise _failed("it took longer than ten minutes, or began in another browser")
        client = WebApplicationClient(self._client_id)
        try:
            answer = client.parse_request_uri_response(f"{_PLACEHOLDER}?{query}", state=flow.state)
        except (OAuth2Error, ValueError):
            raise _failed("the sign-in refused it, or its answer is to another request") from None
        issuer, sign_in = await self._discovered()
        tokens = await self._tokens(client, issuer, str(answer["code"]), flow)
        claims = await sign_in.verified(str(tokens.get("id_token", "")))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), flow.nonce.encode()):
            raise _failed("its answer is to another request")
        identity = await identities.identify([f"Bearer {tokens['access_token']}"], [], None)
        if identity.by != "token" or identity.person is None:
            raise _failed("its access token is not one of a person")
        return identity

    async def _tokens(
        self, client: WebApplicationClient, issuer: _Issuer, code: str, flow: Flow
    ) -> dict[str, Any]:
        body: str = client.prepare_request_body(
            code=code, redirect_uri=self._redirect, code_verifier=flow.verifier, include_client_id=True
        )
        auth = None
        if self._secret is not None:
            if "client_secret_basic" in issuer.token_endpoint_auth_methods_supported:
                auth = httpx.BasicAuth(_encoded(self._client_id), _encoded(self._secret))
            else:
                body += "&" + str(httpx.QueryParams({"client_secret": self._secret}))
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        response = await _request("POST", issuer.token_endpoint, content=body, headers=headers, auth=auth)
        try:
            tokens: dict[str, Any] = client.parse_request_body_response(response.text)
        except (OAuth2Error, ValueError):
            raise _failed(
                "the issuer gave no token for the code; the operator must check the client's id and secret"
            ) from None
        return tokens

    async def _discovered(self) -> tuple[_Issuer, SignIn]:
        """The issuer's addresses and keys; raises `Refusal` where it does not answer."""
        if self._found is not None and time.monotonic() - self._found[0] < DISCOVERED_FOR:
            return self._found[1:]
        address = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        response = await _request("GET", address, headers={"Accept": "application/json"})
        try:
            issuer = _Issuer.model_validate_json(response.content)
        except ValueError:
            raise _unavailable(f"{address} does not describe a sign-in") from None
        addresses = (issuer.authorization_endpoint, issuer.token_endpoint, issuer.jwks_uri)
        if issuer.issuer != self._issuer or not all(map(_is_safe, addresses)):
            raise _unavailable(f"{address} is of another issuer, or names an address without TLS")
        keys = IssuerKeys(issuer.jwks_uri, f"{PREFIX}DESK_ISSUER")
        await keys.start()
        sign_in = SignIn(keys, self._issuer, self._client_id, setting=_desk_setting)
        self._found = time.monotonic(), issuer, sign_in
        return issuer, sign_in


async def _request(method: str, address: str, **more: Any) -> httpx.Response:
    try:
        # trust_env: use neither a proxy nor a password from ~/.netrc.
        async with httpx.AsyncClient(
            verify=ssl.create_default_context(), trust_env=False, timeout=ANSWER_WITHIN
        ) as client:
            response = await client.request(method, address, **more)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise _unavailable(f"{address} cannot be read ({error or type(error).__name__})") from None
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or len(response.content) > MAX_ANSWER:
        raise _unavailable(f"{address} answered {response.status_code} and {len(response.content)} bytes")
    return response


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1", "localhost")


def _encoded(text: str) -> str:
    """As RFC 6749 writes a client's id and secret in a header."""
    return str(httpx.QueryParams({"": text})).removeprefix("=")


def _desk_setting(name: str) -> str:
    return f"{PREFIX}DESK_" + {"issuer": "ISSUER", "audience": "CLIENT_ID"}.get(name, name.upper())


def _failed(reason: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, f"you are not signed in: {reason}; begin the sign-in again")


def _unavailable(reason: str) -> Refusal:
    """`reason`: for the operator, in the log."""
    _log.warning("%sDESK_ISSUER: the sign-in cannot be used: %s", PREFIX, reason)
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the sign-in does not answer; try again in a minute")
