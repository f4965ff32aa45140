"""Who is signed in, in a cookie that only the desk can read: encrypted, and not kept on the server.

The cookie is bound to a purpose, expires by itself, and is renewed with every page. The callers file decides
with every request what its holder may do, so that a right that is withdrawn ends at once.
"""

import base64
import os
import secrets
import time
from typing import Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conviction_gate.config.settings import Settings
from conviction_gate.door.callers import EVERYTHING
from conviction_gate.door.identity import Identities, Identity, Proof
from conviction_gate.encryption.keys import KEY_BYTES, Keyring, read_keyring

IDLE: Final = 30 * 60
"""Seconds without a request after which a person has to sign in again."""
LONGEST: Final = 12 * 3600
"""Seconds after which a person has to sign in again in any case."""
NONCE_BYTES: Final = 12
MAX_COOKIE: Final = 3800
"""Characters; browsers keep 4,096 bytes with the name and the attributes."""

M = TypeVar("M", bound=BaseModel)


class Notice(BaseModel):
    """What happened to what a person has just sent, shown once."""

    kind: str
    text: str


class Session(BaseModel):
    """A signed-in person. `secret`: with which the tokens of their forms are made. `started`, `seen`: seconds
    since 1970."""

    model_config = ConfigDict(extra="forbid")

    caller: str
    person: str
    by: Proof
    agencies: tuple[str, ...]
    started: float
    seen: float
    secret: str = Field(repr=False)
    notice: Notice | None = None

    @classmethod
    def of(cls, identity: Identity, person: str) -> "Session":
        """A session that begins now."""
        now = time.time()
        return cls(
            caller=identity.caller.name,
            person=person,
            by=identity.by,
            agencies=identity.agencies,
            started=now,
            seen=now,
            secret=secrets.token_urlsafe(32),
        )

    def renewed(self) -> "Session":
        """The same session, used now."""
        return self.model_copy(update={"seen": time.time()})

    @property
    def is_over(self) -> bool:
        """Whether the person has to sign in again."""
        now = time.time()
        return now - self.seen > IDLE or now - self.started > LONGEST

    def identity(self, identities: Identities) -> Identity | None:
        """Who they are by the callers file as it is now; None where it no longer has their caller."""
        caller = identities.callers.caller.get(self.caller)
        if caller is None:
            return None
        # Those of the sign-in, as far as the caller still has them.
        agencies = tuple(agency for agency in self.agencies if _covers(caller.agencies, agency))
        return Identity(caller, self.by, self.person, agencies)


def _covers(prefixes: tuple[str, ...], agency: str) -> bool:
    return any(prefix == EVERYTHING or agency.startswith(prefix) for prefix in prefixes)


class Cookies:
    """Encrypts and decrypts what a cookie holds, with the keys of the payloads, or for this process alone."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @classmethod
    def from_settings(cls, settings: Settings) -> "Cookies":
        """Several processes with the same keys read each other's; raises `SettingsError`."""
        if settings.encryption == "on":
            return cls(read_keyring(settings))
        return cls(Keyring("process", {"process": AESGCM(os.urandom(KEY_BYTES))}))

    def sealed(self, content: BaseModel) -> str:
        """The cookie's value. What it is of is part of the seal."""
        key, nonce = self._keyring.current, os.urandom(NONCE_BYTES)
        text = content.model_dump_json().encode()
        sealed = nonce + self._keyring.ciphers[key].encrypt(nonce, text, _purpose(type(content)))
        return f"{key}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def opened(self, model: type[M], value: str | None) -> M | None:
        """What a cookie holds; None where it is missing, changed, of another purpose or of an old key."""
        key, _, text = (value or "").rpartition(".")
        cipher = self._keyring.ciphers.get(key)
        if cipher is None:
            return None
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            content = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _purpose(model))
            return model.model_validate_json(content)
        except (InvalidTag, ValueError, ValidationError):
            return None


def _purpose(model: type[BaseModel]) -> bytes:
    return f"conviction-gate desk: {model.__name__}".encode()
