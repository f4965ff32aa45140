"""Readers who have signed in elsewhere: a JWT tells who they are, its issuer's public keys that it is genuine.

The keys (a JWKS, RFC 7517) are read at the start, after an hour, and when a token names one that is not there,
but not more often than every half a minute. Where they cannot be read, those that are there go on being used.
"""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conviction_gate.config.settings import PREFIX, Settings, SettingsError

_RSA: Final = frozenset(f"{kind}{bits}" for kind in ("RS", "PS") for bits in (256, 384, 512))
_CURVE: Final = frozenset({"ES256", "ES384", "ES512"})
ALGORITHMS: Final = _RSA | _CURVE
"""Those with a public key. One with a shared secret (HS256) would take the public key for the secret."""
LEEWAY: Final = 30.0  # seconds that the issuer's clock may be off
ANEW_AFTER: Final = 30.0  # seconds between two looks at the keys, however many tokens name unknown ones
GOOD_FOR: Final = 3600.0  # seconds; then a key that the issuer has taken back is gone here too
READ_WITHIN: Final = 5.0  # seconds
KEYS_MOST: Final = 1024 * 1024  # bytes
NAME_MOST: Final = 255  # characters, as OpenID Connect has it for `sub`

_JWKS: Final = f"{PREFIX}CODEC_JWKS"
_GRANTS: Final = ("scope", "scp", "roles")
"""The claims where issuers write what somebody may do: words with spaces between, or a list."""

_log = logging.getLogger(__name__)


class Reader(NamedTuple):
    """Who reads, as the audit names them, and by what: `token`, `jwt`, or nothing that was asked for."""

    who: str | None
    by: str | None


class Refusal(Exception):
    """What somebody is answered instead; the text holds the next step, and nothing of what was sent."""

    def __init__(self, status: HTTPStatus, text: str, reader: Reader | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.reader = reader
        """Who that is, where it is known all the same."""


class _Key(NamedTuple):
    public: RSAPublicKey | EllipticCurvePublicKey
    algorithms: frozenset[str]


class _NoKeys(Exception):
    """Keys could not be read; the text says why and what to do."""


class Keys:
    """The public keys of an issuer, by their ids, at an address or in a file."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._remote = "://" in place
        self._keys: dict[str, _Key] = {}
        self._trouble: str | None = None
        self._tried: float | None = None  # as time.monotonic() tells it, as all of these
        self._read: float | None = None
        self._reading = asyncio.Lock()

    async def start(self) -> None:
        """Look at them for the first time; an address may answer later, a file is there.

        Raises:
            SettingsError: the file does not hold keys.
        """
        await self._look()

    async def key(self, kid: str) -> _Key:
        """The key of this id; raises `Refusal` where there is none."""
        old = self._read is None or time.monotonic() - self._read >= GOOD_FOR
        if old or kid not in self._keys:
            await self._look()
        if (key := self._keys.get(kid)) is not None:
            return key
        if self._trouble:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the sign-in's keys cannot be read; try again in {ANEW_AFTER:.0f} s, and if this lasts, have "
                f"an operator look at {_JWKS} and at what this server says",
            )
        raise _unauthorized(
            "it names a key that its issuer does not publish; sign in anew, and if the issuer has just changed "
            f"its keys, try again in {ANEW_AFTER:.0f} s"
        )

    async def _look(self) -> None:
        async with self._reading:  # who waits here finds what the first one read
            if self._tried is not None and time.monotonic() - self._tried < ANEW_AFTER:
                return
            self._tried = time.monotonic()
            try:
                self._keys = _public(await self._fetched())
            except _NoKeys as error:
                if self._read is None and not self._remote:
                    raise SettingsError(f"{_JWKS}: {error}") from None
                self._trouble = str(error)
                _log.warning("the sign-in's keys: %s", error)
            else:
                self._trouble, self._read = None, time.monotonic()

    async def _fetched(self) -> bytes:
        if not self._remote:
            try:
                return await asyncio.to_thread(Path(self._place).read_bytes)
            except OSError as error:
                raise _NoKeys(f"{self._place} cannot be read ({error.strerror}); mend the path") from None
        try:
            async with (
                asyncio.timeout(READ_WITHIN),
                # trust_env: neither a proxy nor a password out of ~/.netrc.
                httpx.AsyncClient(verify=ssl.create_default_context(), trust_env=False) as client,
                client.stream("GET", self._place, headers={"Accept": "application/json"}) as response,
            ):
                if response.status_code != HTTPStatus.OK:
                    raise _NoKeys(f"{self._place} answered {response.status_code}; mend the address")
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > KEYS_MOST:
                        raise _NoKeys(f"{self._place} answered more than {KEYS_MOST} bytes; mend the address")
                return body
        except TimeoutError:
            why = f"no answer within {READ_WITHIN:.0f} s"
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # idna's own are of the last kind
            why = str(error) or type(error).__name__
        raise _NoKeys(f"{self._place} cannot be read ({why}); check the address and the network")


def _public(text: bytes) -> dict[str, _Key]:
    """The keys of a JWKS that show a signature to be genuine, by their ids; others may stand beside them."""
    found: dict[str, _Key] = {}
    with suppress(ValueError, KeyError, TypeError, RecursionError):  # what is no JWKS holds none
        for said in json.loads(text)["keys"]:
            with suppress(
                jwt.PyJWTError, NotImplementedError, AttributeError, KeyError, TypeError
            ):  # of others
                key = jwt.PyJWK(said).key
                if said.get("use", "sig") == "sig" and isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
                    its = _RSA if isinstance(key, RSAPublicKey) else _CURVE
                    found[said["kid"]] = _Key(key, its & {said["alg"]} if "alg" in said else its)
    if not found:
        raise _NoKeys('no public keys with ids in it; name a JWKS, {"keys": [{"kid": …, "kty": "RSA", …}]}')
    return found


class SignIn:
    """What a JWT has to be: of this issuer, for this audience, with this grant where one is asked for."""

    def __init__(
        self, keys: Keys, issuer: str, audience: str, *, claim: str = "sub", scope: str | None = None
    ) -> None:
        """`claim`: the one that tells who it is."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._claim = claim
        self._scope = scope

    @classmethod
    async def of(cls, settings: Settings) -> "SignIn | None":
        """As it is set; None where it is not. Raises `SettingsError` where the file of its keys has none."""
        place, issuer, audience = settings.codec_jwks, settings.codec_issuer, settings.codec_audience
        if not (place and issuer and audience):  # all or none, as the settings see to
            return None
        keys = Keys(place)
        await keys.start()
        return cls(
            keys, issuer, audience, claim=settings.codec_reader_claim or "sub", scope=settings.codec_scope
        )

    async def reader(self, token: str) -> Reader:
        """Who sends this token; raises `Refusal`."""
        claims = await self._claims(token)
        who = claims.get(self._claim)
        if not isinstance(who, str) or not 0 < len(who) <= NAME_MOST:
            raise _unauthorized(
                f"its {self._claim} tells no reader; name a claim that does in {PREFIX}CODEC_READER_CLAIM"
            )
        reader = Reader(who, "jwt")
        if self._scope is not None and self._scope not in _granted(claims):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"your sign-in does not let you read here; have its operator grant you {self._scope}, "
                "then sign in anew",
                reader,
            )
        return reader

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError
            if "kid" not in header:
                raise _unauthorized("it names no key (kid); have its issuer name one")
            key = await self._keys.key(header["kid"])
            return jwt.decode(
                token,
                key.public,
                algorithms=sorted(key.algorithms),
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, TypeError, RecursionError) as error:  # whose text may hold what was sent
            raise _unauthorized(_told(error)) from None


def _unauthorized(why: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, f"this token is not taken: {why}")


def _told(error: Exception) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired; sign in anew"
        case jwt.ImmatureSignatureError():
            return "it is not valid yet; check the clocks of its issuer and of this machine"
        case jwt.InvalidIssuerError():
            return f"it is of another issuer; {PREFIX}CODEC_ISSUER has to be its iss, letter by letter"
        case jwt.InvalidAudienceError():
            return f"it is for another audience; have its issuer write that of {PREFIX}CODEC_AUDIENCE into aud"
        case jwt.MissingRequiredClaimError():  # the name is one of ours
            return f"it has no {error.claim}; have its issuer write one"
        case jwt.InvalidAlgorithmError():
            return (
                f"it is not signed as its key is made for; have its issuer use {', '.join(sorted(ALGORITHMS))}"
            )
        case jwt.InvalidSignatureError():
            return "its signature is not that of its key; sign in anew"
        case jwt.InvalidKeyError():
            return "its key is too weak; have its issuer make one of 2048 bits or more"
    return "it is no JWT; have the sign-in issue access tokens that are"


def _granted(claims: Mapping[str, Any]) -> set[str]:
    """All that the token says its holder may do."""
    granted: set[str] = set()
    for name in _GRANTS:
        said = claims.get(name)
        words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
        granted |= {word for word in words if isinstance(word, str)}
    return granted
