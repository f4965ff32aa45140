"""People and programs that sign in elsewhere: a JWT identifies them, and its issuer's public keys verify it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import jwt

from conviction_gate.config.settings import PREFIX, Settings
from conviction_gate.encryption.jwks import EC_ALGORITHMS, RSA_ALGORITHMS, IssuerKeys
from conviction_gate.encryption.reader import Reader, Refusal, bad_token

ALGORITHMS: Final = RSA_ALGORITHMS | EC_ALGORITHMS
"""Those with a public key. One with a shared secret (HS256) would use the public key as that secret."""
LEEWAY: Final = 30.0
"""Seconds by which the issuer's clock may differ."""
MAX_NAME: Final = 255
"""Characters of a reader's name: OpenID Connect's limit for `sub`."""

_GRANTS: Final = ("scope", "scp", "roles")
"""Claims in which issuers write what the holder may do: words separated by spaces, or a list."""


Claims = Mapping[str, Any]
"""What a verified token says."""


def codec_setting(name: str) -> str:
    """The setting of the codec server that an error refers to."""
    return f"{PREFIX}CODEC_{name.upper()}"


class SignIn:
    """Verifies that a JWT is of this issuer, for this audience, and holds this scope where one is required."""

    def __init__(
        self,
        keys: IssuerKeys,
        issuer: str,
        audience: str,
        *,
        claim: str = "sub",
        scope: str | None = None,
        setting: Callable[[str], str] = codec_setting,
    ) -> None:
        """`claim`: the one that names the reader. `setting`: how errors call `issuer`, `audience` and so on."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._claim = claim
        self._scope = scope
        self._setting = setting

    @classmethod
    async def from_settings(cls, settings: Settings) -> "SignIn | None":
        """The sign-in that is set; None where none is. Raises `SettingsError` where its file has no keys."""
        location, issuer, audience = settings.codec_jwks, settings.codec_issuer, settings.codec_audience
        if not (location and issuer and audience):  # the settings require all three or none
            return None
        keys = IssuerKeys(location)
        await keys.start()
        claim = settings.codec_reader_claim or "sub"
        return cls(keys, issuer, audience, claim=claim, scope=settings.codec_scope)

    async def reader(self, token: str) -> Reader:
        """The holder of this token; raises `Refusal`."""
        claims = await self.verified(token)
        reader = Reader(self.name_in(claims), "jwt")
        if self._scope is not None and self._scope not in granted(claims):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"your sign-in does not allow you to read here; ask its operator to grant you {self._scope}, "
                "then sign in again",
                reader,
            )
        return reader

    def name_in(self, claims: Claims) -> str:
        """Who holds the token of these claims; raises `Refusal` where it does not say."""
        who = claims.get(self._claim)
        if not isinstance(who, str) or not 0 < len(who) <= MAX_NAME:
            setting = self._setting("reader_claim")
            raise bad_token(f"its claim {self._claim} names no reader; set {setting} to one that does")
        return who

    async def verified(self, token: str) -> Claims:
        """The claims of a token of this issuer and for this audience; raises `Refusal`."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError
            if "kid" not in header:
                raise bad_token("it names no key (kid); its issuer must name one")
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
        except (jwt.PyJWTError, TypeError, RecursionError) as error:  # its text may repeat the token
            raise bad_token(_reason(error, self._setting)) from None


def _reason(error: Exception, setting: Callable[[str], str]) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired; sign in again"
        case jwt.ImmatureSignatureError():
            return "it is not valid yet; check the clocks of its issuer and of this machine"
        case jwt.InvalidIssuerError():
            return f"it is from another issuer; {setting('issuer')} must equal its iss exactly"
        case jwt.InvalidAudienceError():
            return f"it is for another audience; its aud must hold the value of {setting('audience')}"
        case jwt.MissingRequiredClaimError():  # the names are those required above
            return f"it has no {error.claim}; its issuer must write one"
        case jwt.InvalidAlgorithmError():
            return f"its algorithm does not suit its key; its issuer must use {', '.join(sorted(ALGORITHMS))}"
        case jwt.InvalidSignatureError():
            return "its signature does not match its key; sign in again"
        case jwt.InvalidKeyError():
            return "its key is too weak; its issuer must use one of 2048 bits or more"
    return "it is not a JWT; the sign-in must issue access tokens that are"


def granted(claims: Claims) -> set[str]:
    """All that the token allows its holder to do."""
    words_of: set[str] = set()
    for name in _GRANTS:
        value = claims.get(name)
        words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
        words_of |= {word for word in words if isinstance(word, str)}
    return words_of
