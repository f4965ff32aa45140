"""The types of single settings: each validates the text of a variable, and its error says what to write.

A value may hold a password or a token, so no error repeats one.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from conviction_gate.contracts.internal.permits import Allowed

EMPTY_LIST: Final = (
    "names nobody; write at least one id, as in r-7,r-9, or unset the variable to allow everybody"
)

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])", re.ASCII)
_MAX_DURATION: Final = timedelta(days=36_500)  # the server caps timers at a hundred years
_HTTP_URL: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:]+\](:[0-9]+)?")
_TOKEN: Final = re.compile(r"[!-~]+")
_DEPLOYMENT: Final = re.compile(r"[a-z0-9][a-z0-9_/-]{0,99}", re.ASCII | re.IGNORECASE)
_BUILD_ID: Final = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}", re.ASCII | re.IGNORECASE)
_DATABASE_URL: Final = re.compile(r"(sqlite|[a-z0-9]+\+[a-z0-9]+)://.*")
_MAX_ID: Final = 128  # characters


def split_address(address: str) -> tuple[str, int]:
    """The IP address and the port of an address to bind to; raises ValueError where one is missing."""
    host, _, port = address.rpartition(":")
    ip_address(host.removeprefix("[").removesuffix("]"))
    if not 0 < int(port) < 65536:
        raise ValueError(port)
    return host.strip("[]"), int(port)


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    # A bare number, which JSON may hold, would be taken for seconds.
    match = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a duration; write a number and s, m, h or d, such as 90d")
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        return timedelta.max


def _in_range(duration: timedelta) -> timedelta:
    if not timedelta(0) < duration <= _MAX_DURATION:
        raise ValueError("out of range; write more than 0s and at most 36500d")
    return duration


def _ids(value: object) -> object:
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.split(",")]
    if not any(ids):  # it could mean everybody as well as nobody
        raise ValueError(EMPTY_LIST)
    if not all(0 < len(one) <= _MAX_ID for one in ids):
        raise ValueError("not a list of ids; separate them by commas, as in r-7,r-9")
    return frozenset(ids)


def _http_url(url: str) -> SplitResult | None:
    """The parts of an http or https address; None where it is none."""
    try:
        parts = urlsplit(url)
        valid = bool(_HTTP_URL.fullmatch(url)) and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return parts if valid else None


def _service_url(url: str) -> str:
    if (parts := _http_url(url)) is None:
        raise ValueError("not the address of a service; write one such as https://records.example.gov/history")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            "holds more than an address; remove ? and # with what follows, and set credentials in "
            "the variable that ends in _TOKEN"
        )
    return url


def _jwks(location: str) -> str:
    """Anybody could replace keys that come unencrypted over a network, so http is for this machine only."""
    if "://" not in location:
        return location
    parts = _http_url(location)
    is_safe = parts and (parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1"))
    if parts is None or not is_safe or parts.username is not None:
        raise ValueError(
            "not a location of keys; write an https address, an http address on this machine, or a file's path"
        )
    return location


def _token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError("holds white space or characters other than printable ASCII; write the token alone")
    return token


def _bind_address(address: str) -> str:
    try:
        split_address(address)
    except ValueError:
        raise ValueError("not an IP address and a port; write one such as 127.0.0.1:9464") from None
    return address


def _origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    for origin in value.split():
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                "not a list of web origins; write scheme, host and port alone, as in https://temporal.example.gov"
            )
    return value.split()


def _matching(pattern: re.Pattern[str], error: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(error)
        return value

    return check


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_in_range)]
"""A number and a unit: `90d`, `12h`, `30m`, `0.5s`."""
IdList = Annotated[Allowed, NoDecode, BeforeValidator(_ids)]
"""Ids separated by commas; None: everybody."""
ServiceUrl = Annotated[str, AfterValidator(_service_url)]
JwksLocation = Annotated[str, AfterValidator(_jwks)]
Token = Annotated[SecretStr, AfterValidator(_token)]
BindAddress = Annotated[str, AfterValidator(_bind_address)]
"""An IP address and a port."""
Origins = Annotated[frozenset[str], NoDecode, BeforeValidator(_origins)]
"""Web origins separated by white space."""
DatabaseUrl = Annotated[
    str,
    AfterValidator(
        _matching(
            _DATABASE_URL,
            "not a database address with its driver; write one such as sqlite:////srv/registry.db",
        )
    ),
]
# The server would let a worker poll under any other name, and then never list its deployment.
DeploymentName = Annotated[
    str,
    AfterValidator(
        _matching(
            _DEPLOYMENT,
            "not a deployment name; write up to 100 letters, digits, -, _ and /, as in conviction-gate",
        )
    ),
]
BuildId = Annotated[
    str,
    AfterValidator(
        _matching(_BUILD_ID, "not a build id; write up to 100 letters, digits, ., +, - and _, as in 0.1.0")
    ),
]
