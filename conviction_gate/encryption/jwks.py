"""The public keys of a token issuer (a JWKS, RFC 7517), at an address or in a file.

They are read at the start, after an hour, and when a token names an unknown key, but not more often than every
half minute. Where they cannot be read, the known ones stay in use.
"""

import asyncio
import json
import logging
import ssl
import time
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from conviction_gate.config.settings import PREFIX, SettingsError
from conviction_gate.encryption.reader import Refusal, bad_token

MIN_REFRESH: Final = 30.0
"""Seconds between two reads of the keys, however many tokens name unknown ones."""
VALID_FOR: Final = 3600.0
"""Seconds; then a key that the issuer has withdrawn is dropped here too."""
READ_WITHIN: Final = 5.0
"""Seconds."""
MAX_BYTES: Final = 1024 * 1024

RSA_ALGORITHMS: Final = frozenset(f"{kind}{bits}" for kind in ("RS", "PS") for bits in (256, 384, 512))
EC_ALGORITHMS: Final = frozenset({"ES256", "ES384", "ES512"})

_log = logging.getLogger(__name__)


class VerifyingKey(NamedTuple):
    """A public key, and the algorithms of the signatures that it verifies."""

    public: RSAPublicKey | EllipticCurvePublicKey
    algorithms: frozenset[str]


class _NoKeys(Exception):
    """The keys could not be read; the text says why, and the next step."""


class IssuerKeys:
    """The public keys of an issuer by their ids. `location`: an address, or the path of a file. `setting`: how
    errors call the setting that names it."""

    def __init__(self, location: str, setting: str = f"{PREFIX}CODEC_JWKS") -> None:
        self._location = location
        self._setting = setting
        self._is_remote = "://" in location
        self._keys: dict[str, VerifyingKey] = {}
        self._problem: str | None = None
        self._tried_at: float | None = None  # by time.monotonic()
        self._read_at: float | None = None  # by time.monotonic()
        self._refreshing = asyncio.Lock()

    async def start(self) -> None:
        """Read the keys for the first time. An address may answer later; a file must be there.

        Raises:
            SettingsError: the file does not hold keys.
        """
        await self._refresh()

    async def key(self, kid: str) -> VerifyingKey:
        """The key of this id; raises `Refusal` where there is none."""
        is_old = self._read_at is None or time.monotonic() - self._read_at >= VALID_FOR
        if is_old or kid not in self._keys:
            await self._refresh()
        if (key := self._keys.get(kid)) is not None:
            return key
        if self._problem:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the sign-in's keys cannot be read; try again in {MIN_REFRESH:.0f} s, and if this lasts, ask "
                f"an operator to check {self._setting} and this server's log",
            )
        raise bad_token(
            "it names a key that its issuer does not publish; sign in again, and if the issuer has just "
            f"changed its keys, try again in {MIN_REFRESH:.0f} s"
        )

    async def _refresh(self) -> None:
        async with self._refreshing:  # whoever waits here finds what the first one read
            if self._tried_at is not None and time.monotonic() - self._tried_at < MIN_REFRESH:
                return
            self._tried_at = time.monotonic()
            try:
                self._keys = _verifying_keys(await self._read())
            except _NoKeys as error:
                if self._read_at is None and not self._is_remote:
                    raise SettingsError(f"{self._setting}: {error}") from None
                self._problem = str(error)
                _log.warning("the sign-in's keys: %s", error)
            else:
                self._problem, self._read_at = None, time.monotonic()

    async def _read(self) -> bytes:
        if not self._is_remote:
            try:
                return await asyncio.to_thread(Path(self._location).read_bytes)
            except OSError as error:
                raise _NoKeys(f"{self._location} cannot be read ({error.strerror}); correct the path") from None
        try:
            async with (
                asyncio.timeout(READ_WITHIN),
                # trust_env: use neither a proxy nor a password from ~/.netrc.
                httpx.AsyncClient(verify=ssl.create_default_context(), trust_env=False) as client,
                client.stream("GET", self._location, headers={"Accept": "application/json"}) as response,
            ):
                if response.status_code != HTTPStatus.OK:
                    raise _NoKeys(f"{self._location} answered {response.status_code}; correct the address")
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise _NoKeys(f"{self._location} sent more than {MAX_BYTES} bytes; correct the address")
                return bytes(body)
        except TimeoutError:
            reason = f"no answer within {READ_WITHIN:.0f} s"
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # idna's errors are of the last kind
            reason = str(error) or type(error).__name__
        raise _NoKeys(f"{self._location} cannot be read ({reason}); check the address and the network")


def _verifying_keys(text: bytes) -> dict[str, VerifyingKey]:
    """The keys of a JWKS that verify signatures, by their ids; entries of other kinds are skipped."""
    keys: dict[str, VerifyingKey] = {}
    with suppress(ValueError, KeyError, TypeError, RecursionError):  # not a JWKS: no keys
        for entry in json.loads(text)["keys"]:
            with suppress(jwt.PyJWTError, NotImplementedError, AttributeError, KeyError, TypeError):
                key = jwt.PyJWK(entry).key
                if entry.get("use", "sig") == "sig" and isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
                    algorithms = RSA_ALGORITHMS if isinstance(key, RSAPublicKey) else EC_ALGORITHMS
                    if "alg" in entry:
                        algorithms &= {entry["alg"]}
                    keys[entry["kid"]] = VerifyingKey(key, algorithms)
    if not keys:
        raise _NoKeys('it holds no public keys with ids; name a JWKS, {"keys": [{"kid": …, "kty": "RSA", …}]}')
    return keys
