"""Who sends a request: by an API key, by a token of a sign-in, or by a client certificate from a proxy."""

import asyncio
import base64
import binascii
import hmac
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal

import jwt

from conviction_gate.config.settings import SettingsError
from conviction_gate.door.callers import EVERYTHING, SETTING, Caller, Callers, read_callers
from conviction_gate.encryption.jwks import IssuerKeys
from conviction_gate.encryption.reader import Reader, Refusal, bad_token
from conviction_gate.encryption.sign_in import Claims, SignIn, granted

CHECKED_EVERY: Final = 1.0
"""Seconds between two looks at whether the file of callers has changed."""

_CERTIFICATE: Final = re.compile(r":([A-Za-z0-9+/]+={0,2}):")
_log = logging.getLogger(__name__)

Proof = Literal["key", "token", "certificate", "link"]
"""`link`: a one-time link of the desk."""


@dataclass(frozen=True)
class Identity:
    """Who sends a request, proven. `person`: the signed-in person's id, where there is one. `agencies`: the
    beginnings of the ORIs whose cases they may touch."""

    caller: Caller
    by: Proof
    person: str | None
    agencies: tuple[str, ...]

    def may_touch(self, agency: str) -> bool:
        """Whether they may touch cases of this agency."""
        return any(prefix == EVERYTHING or agency.startswith(prefix) for prefix in self.agencies)

    @property
    def agency_prefixes(self) -> tuple[str, ...] | None:
        """To restrict a list by; None where it needs no restriction."""
        return None if EVERYTHING in self.agencies else self.agencies


class Identities:
    """Identifies requests by one version of the file of callers."""

    def __init__(self, callers: Callers, keys: Mapping[str, IssuerKeys]) -> None:
        """`keys`: those of each issuer, by their location."""
        self.callers = callers
        entries = callers.caller.values()
        self._by_key = [(digest, caller) for caller in entries for digest in caller.key]
        self._by_certificate = [(digest, caller) for caller in entries for digest in caller.certificate]
        self._by_token = [(caller, _sign_in(caller, keys)) for caller in entries if caller.issuer]

    async def identify(
        self, authorization: Sequence[str], client_cert: Sequence[str], address: str | None
    ) -> Identity:
        """Who sends these headers from this address; raises `Refusal` where that is nobody known."""
        if authorization:
            scheme, _, secret = authorization[0].partition(" ")
            if len(authorization) == 1 and scheme.lower() == "bearer" and (secret := secret.strip()):
                return await self._by_bearer(secret)
        elif client_cert and self._is_proxy(address):
            return self._by_client_cert(client_cert)
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "no key and no token; send `Authorization: Bearer KEY` with your API key, or the access token of "
            "your sign-in",
        )

    async def _by_bearer(self, secret: str) -> Identity:
        digest = sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
        if caller := _matching(digest, self._by_key):
            return Identity(caller, "key", caller.person, caller.agencies)
        if secret.count(".") == 2 and self._by_token:
            return await self._by_jwt(secret)
        raise Refusal(
            HTTPStatus.UNAUTHORIZED, "this key is not known; check it, or ask the operator for a new one"
        )

    async def _by_jwt(self, token: str) -> Identity:
        issuer = _unverified_issuer(token)
        candidates = [(caller, sign_in) for caller, sign_in in self._by_token if caller.issuer == issuer]
        if not candidates:
            raise bad_token("no caller here signs in by its issuer; check the issuer, and the sign-in you use")
        failure: Refusal | None = None
        verified: list[tuple[Caller, SignIn, Claims]] = []
        for caller, sign_in in candidates:
            try:
                verified.append((caller, sign_in, await sign_in.verified(token)))
            except Refusal as refusal:
                failure = failure or refusal
        for caller, sign_in, claims in verified:
            if caller.scope is None or caller.scope in granted(claims):
                person = sign_in.name_in(claims)
                return Identity(caller, "token", person, _narrowed(caller, claims))
        if verified:
            _, sign_in, claims = verified[0]
            scopes = ", ".join(sorted({caller.scope for caller, _, _ in verified if caller.scope}))
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"the sign-in does not grant what a caller needs here; ask for one of the scopes {scopes}",
                Reader(sign_in.name_in(claims), "token"),
            )
        assert failure is not None
        raise failure

    def _by_client_cert(self, client_cert: Sequence[str]) -> Identity:
        match = _CERTIFICATE.fullmatch(client_cert[0].strip()) if len(client_cert) == 1 else None
        if match is None:  # two of them: the proxy passed on one that its client wrote
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "Client-Cert is not one certificate as RFC 9440 writes it; check the proxy's configuration",
            )
        try:
            certificate = base64.b64decode(match[1], validate=True)
        except binascii.Error:
            certificate = b""
        if caller := _matching(sha256(certificate).hexdigest(), self._by_certificate):
            return Identity(caller, "certificate", caller.person, caller.agencies)
        raise Refusal(
            HTTPStatus.UNAUTHORIZED, "this client certificate is not known; ask the operator to add its hash"
        )

    def _is_proxy(self, address: str | None) -> bool:
        try:
            host = ip_address(address or "")
        except ValueError:
            return False
        return any(host.version == network.version and host in network for network in self.callers.proxies)


class CallersFile:
    """The file of callers as it is now. `problem`: why its latest version is not used; None where it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        self._keys: dict[str, IssuerKeys] = {}
        self._version: object = None
        self._checked_at = 0.0
        self._identities: Identities | None = None
        self._reading = asyncio.Lock()

    async def start(self) -> None:
        """Read the file for the first time; raises `SettingsError` where nobody could call."""
        self._version = self._stat()
        self._identities = await self._read()

    async def current(self) -> Identities:
        """Those of the latest version that fits."""
        assert self._identities is not None
        if time.monotonic() - self._checked_at >= CHECKED_EVERY and not self._reading.locked():
            async with self._reading:
                self._checked_at = time.monotonic()
                await self._read_if_changed()
        return self._identities

    async def _read_if_changed(self) -> None:
        if (version := self._stat()) == self._version:
            return
        self._version = version
        try:
            self._identities = await self._read()
        except SettingsError as error:
            self.problem = f"{error} (the callers that were read before stay)"
            _log.error("%s", self.problem)
        else:
            self.problem = None
            _log.info("the file of callers was read again")

    async def _read(self) -> Identities:
        callers = await asyncio.to_thread(read_callers, self.path)
        keys = {}
        for caller in callers.caller.values():
            if caller.jwks and caller.jwks not in keys:
                known = self._keys.get(caller.jwks)
                if known is None:
                    known = IssuerKeys(caller.jwks, f"{SETTING}: caller.{caller.name}.jwks")
                    await known.start()
                keys[caller.jwks] = known
        self._keys = keys
        return Identities(callers, keys)

    def _stat(self) -> object:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _sign_in(caller: Caller, keys: Mapping[str, IssuerKeys]) -> SignIn:
    issuer, audience, jwks = caller.issuer, caller.audience, caller.jwks
    assert issuer is not None
    assert audience is not None
    assert jwks is not None

    def setting(name: str) -> str:
        return "the operator must check its caller's " + {"reader_claim": "person_claim"}.get(name, name)

    return SignIn(keys[jwks], issuer, audience, claim=caller.person_claim, setting=setting)


def _matching(digest: str, known: Sequence[tuple[str, Caller]]) -> Caller | None:
    """Compares with all of them, so that the time it takes reveals nothing."""
    found = [caller for other, caller in known if hmac.compare_digest(other, digest)]
    return found[0] if found else None


def _unverified_issuer(token: str) -> Any:
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, TypeError, ValueError, RecursionError):
        raise bad_token("it is not a JWT; the sign-in must issue access tokens that are") from None


def _narrowed(caller: Caller, claims: Claims) -> tuple[str, ...]:
    """The caller's agencies, or those of them that the token names; a token that names none has none."""
    if caller.agencies_claim is None:
        return caller.agencies
    value = claims.get(caller.agencies_claim)
    named = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    narrowed = []
    for one in named:
        for own in caller.agencies:
            if isinstance(one, str) and one:
                if own == EVERYTHING or (one != EVERYTHING and one.startswith(own)):
                    narrowed.append(one)
                elif one == EVERYTHING or own.startswith(one):
                    narrowed.append(own)
    return tuple(dict.fromkeys(narrowed))
