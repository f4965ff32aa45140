"""Who may read through the codec server: holders of its own tokens, and those who sign in elsewhere."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.encryption.reader import Reader, Refusal
from conviction_gate.encryption.sign_in import SignIn

_SETTING: Final = f"{PREFIX}CODEC_TOKEN"
_MIN_TOKEN: Final = 16  # characters
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Readers:
    """Authenticates readers.

    `tokens`: the token of each reader by name. None: everybody who reaches the address may read, as on the
    embedded server. `sign_in`: accepted as well, where there is one.
    """

    tokens: Mapping[str, str] | None = field(repr=False)
    sign_in: SignIn | None = None

    @classmethod
    async def from_settings(cls, settings: Settings) -> "Readers":
        """Raises `SettingsError` where a setting is not valid, or where nobody could read."""
        return cls(_read_tokens(settings), await SignIn.from_settings(settings))

    async def reader(self, authorization: str) -> Reader:
        """Who sends this header `Authorization`; raises `Refusal` where the token is not known."""
        if self.tokens is None:
            return Reader("anybody", None)
        scheme, _, token = authorization.partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        sent = token.encode("latin-1")
        # Compare with all of them, so that the time it takes reveals nothing.
        names = [name for name, known in self.tokens.items() if hmac.compare_digest(known.encode(), sent)]
        if names:
            return Reader(names[0], "token")
        if self.sign_in is not None and token:
            return await self.sign_in.reader(token)
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "no known token; send `Authorization: Bearer TOKEN` with "
            + ("the access token of your sign-in, or " if self.sign_in else "")
            + f"one of {_SETTING}",
        )


def _read_tokens(settings: Settings) -> dict[str, str]:
    """Tokens by name, from the form `name=token …`."""
    text = settings.codec_token.get_secret_value() if settings.codec_token else ""
    tokens: dict[str, str] = {}
    for part in text.split():
        name, _, token = part.partition("=")
        if not (_NAME.fullmatch(name) and len(token) >= _MIN_TOKEN):  # the error must not repeat it
            raise SettingsError(
                f"{_SETTING}: not of the form name=token with a token of at least {_MIN_TOKEN} characters; "
                "make one with `openssl rand -hex 32`"
            )
        if name in tokens:
            raise SettingsError(f"{_SETTING}: holds the name {name} twice; remove one of them")
        tokens[name] = token
    if not tokens and settings.codec_jwks is None:
        raise SettingsError(
            f"{_SETTING}: not set, so nobody could read; write name=token for each reader, with a token from "
            f"`openssl rand -hex 32`, or set {PREFIX}CODEC_JWKS for readers who sign in"
        )
    return tokens
