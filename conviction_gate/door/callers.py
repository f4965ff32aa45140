"""The file of callers: who may speak through the door, how they prove who they are, and what they may do.

    [caller.county-jms]                # the name is the `sender` of all that it sends
    key = "sha256:…"                   # of an API key; `conviction-gate callers new` makes one
    agencies = ["CA019"]               # beginnings of the ORIs whose cases it may touch; "*": all
    may = ["booking", "correction"]

It is read again when it changes. A file that does not fit changes nothing: those that were read before stay.
"""

import json
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from conviction_gate.config.setting_types import JwksLocation
from conviction_gate.config.settings import PREFIX, SettingsError
from conviction_gate.contracts.fields import Id
from conviction_gate.contracts.signals import SIGNALS

SETTING: Final = f"{PREFIX}CALLERS"
EVERYTHING: Final = "*"
"""In `agencies`, `may` and `corrects`: all of them."""
REVIEW: Final = "review"
MESSAGE_RIGHTS: Final = tuple(name for name in SIGNALS if name != "review_decision")
"""A right for each type of message; a ruling needs the right `review`."""
RIGHTS: Final = (*MESSAGE_RIGHTS, "read", "read_flags", REVIEW, "reopen", "order", "oversight")
KEY_BYTES: Final = 32

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")
_ORI_PREFIX: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{0,7}", re.ASCII)


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _is_hash(value: str) -> str:
    if not (match := _HASH.fullmatch(value)):
        raise ValueError("not a hash; write sha256: and 64 hexadecimal digits, in lower case")
    return match[1]


def _is_right(value: str) -> str:
    if value not in (*RIGHTS, EVERYTHING):
        raise ValueError(f"not a right; write one of {', '.join(RIGHTS)}, or {EVERYTHING} for all")
    return value


def _is_agency(value: str) -> str:
    if value != EVERYTHING and not _ORI_PREFIX.fullmatch(value):
        raise ValueError(
            f"not the beginning of an ORI; write two letters or more, as in CA019, or {EVERYTHING}"
        )
    return value


Hashes = Annotated[tuple[Annotated[str, AfterValidator(_is_hash)], ...], BeforeValidator(_as_tuple)]
Rights = Annotated[
    tuple[Annotated[str, AfterValidator(_is_right)], ...], BeforeValidator(_as_tuple), Field(min_length=1)
]
Agencies = Annotated[
    tuple[Annotated[str, AfterValidator(_is_agency)], ...], BeforeValidator(_as_tuple), Field(min_length=1)
]
Senders = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class Caller(BaseModel):
    """One caller.

    `key`, `certificate`: SHA-256 of API keys, and of client certificates in DER that a proxy has verified.
    `issuer`, `audience`, `jwks`, `scope`: whose tokens are this caller; `person_claim` is the claim that names
    the person, `agencies_claim` one that narrows `agencies`. `person`: who a key or certificate belongs to,
    where that is one person. `corrects`: other senders whose messages it may correct.
    `per_minute`: requests; `bytes_per_minute`: of their bodies; `messages_per_case`: in a day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    key: Hashes = ()
    certificate: Hashes = ()
    issuer: Text | None = None
    audience: Text | None = None
    jwks: JwksLocation | None = None
    scope: Text | None = None
    person_claim: Text = "sub"
    agencies_claim: Text | None = None
    person: Id | None = None
    agencies: Agencies
    may: Rights
    corrects: Senders = ()
    per_minute: Annotated[int, Field(ge=1)] = 600
    bytes_per_minute: Annotated[int, Field(ge=1024)] = 64 * 1024 * 1024
    messages_per_case: Annotated[int, Field(ge=1)] = 2000

    @model_validator(mode="after")
    def _can_prove_itself(self) -> Self:
        if not (self.key or self.certificate or self.issuer):
            raise ValueError("has neither key, certificate nor issuer, so nobody could be it; set one of them")
        of_tokens = {"audience": self.audience, "jwks": self.jwks}
        for field, value in of_tokens.items():
            if self.issuer and value is None:
                raise ValueError(f"{field}: missing; a caller with an issuer needs it")
        given = of_tokens | {"scope": self.scope, "agencies_claim": self.agencies_claim}
        for field, value in given.items():
            if value is not None and not self.issuer:
                raise ValueError(f"{field}: requires issuer; set that too, or remove this one")
        if self.issuer and (self.key or self.certificate):
            raise ValueError("has an issuer and a key or certificate; make two callers of it")
        if self.issuer and self.person:
            raise ValueError("person: a token names its person; remove this one")
        return self

    def holds(self, right: str) -> bool:
        """Whether it has this right."""
        return right in self.may or EVERYTHING in self.may


class Callers(BaseModel):
    """The whole file. `proxies`: addresses that may tell of a client certificate (RFC 9440)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    caller: dict[str, Caller] = {}

    @model_validator(mode="after")
    def _differ(self) -> Self:
        owners: dict[object, str] = {}
        for caller in self.caller.values():
            proofs: list[object] = [*caller.key, *caller.certificate]
            if caller.issuer:
                proofs.append((caller.issuer, caller.audience, caller.scope))
            for proof in proofs:
                if (other := owners.setdefault(proof, caller.name)) != caller.name:
                    what = (
                        "issuer, audience and scope are"
                        if isinstance(proof, tuple)
                        else "key or certificate is"
                    )
                    raise ValueError(f"the {what} the same in {other} and {caller.name}; give each its own")
        return self


def read_callers(path: Path) -> Callers:
    """The callers of a file; raises `SettingsError` where it cannot be read, does not fit or names nobody."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(
            f"{SETTING}: {path} cannot be read ({reason}); make one with `conviction-gate callers new NAME`"
        ) from None
    try:
        callers = parse_callers(text)
    except ValueError as error:
        raise SettingsError(f"{SETTING}: {path}: {error}") from None
    if not callers.caller:
        raise SettingsError(
            f"{SETTING}: {path} names no caller; make one with `conviction-gate callers new NAME`"
        )
    return callers


def parse_callers(text: str) -> Callers:
    """The callers of a TOML text; raises ValueError, whose text names the field and repeats no value."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from None
    entries = written.get("caller", {})
    if not (isinstance(entries, dict) and all(isinstance(entry, dict) for entry in entries.values())):
        raise ValueError("caller: not tables; write [caller.NAME] above the fields of each caller")
    for name in entries:
        if not _NAME.fullmatch(name):
            raise ValueError(f"caller.{name[:64]}: not a name; use up to 64 letters, digits, '.', '_' and '-'")
    if named := [name for name, entry in entries.items() if "name" in entry]:
        raise ValueError(f"caller.{named[0]}.name: unknown; the table's title is the name")
    fields = written | {"caller": {name: entry | {"name": name} for name, entry in entries.items()}}
    if isinstance(proxies := written.get("proxies", []), list):
        fields["proxies"] = [_network(proxy) for proxy in proxies]
    try:
        return Callers.model_validate(fields)
    except ValidationError as error:
        raise ValueError("; ".join(_problem(problem) for problem in error.errors()[:3])) from None


def _network(text: object) -> object:
    try:
        return ip_network(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError("proxies: not addresses; write each as in 10.0.0.5 or 10.0.0.0/24") from None


def _problem(problem: Mapping[str, Any]) -> str:
    field = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            reason = "missing; it is required"
        case "extra_forbidden":
            reason = "unknown; remove it, or correct its spelling"
        case "too_short":
            reason = "empty; write one at least"
        case _:
            reason = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}" if field else reason


def new_key() -> str:
    """A new API key."""
    return f"cg_{secrets.token_urlsafe(KEY_BYTES)}"


def hashed(key: str) -> str:
    """What the file has of a key. A key is long and random, so a plain hash of it cannot be reversed."""
    return f"sha256:{sha256(key.encode()).hexdigest()}"


def entry_of(
    name: str, key: str, agencies: Iterable[str], may: Iterable[str], person: str | None = None
) -> str:
    """The TOML of a caller with a key; raises ValueError where it would not fit."""
    lines = [
        f"[caller.{json.dumps(name) if '.' in name else name}]",
        f"key = {json.dumps(hashed(key))}",
        *([f"person = {json.dumps(person)}"] if person else []),
        f"agencies = {json.dumps([*agencies])}",
        f"may = {json.dumps([*may])}",
    ]
    if not _NAME.fullmatch(name):
        raise ValueError("NAME: use up to 64 letters, digits, '.', '_' and '-'")
    text = "\n".join(lines) + "\n"
    parse_callers(text)
    return text


def add_entry(path: Path, entry: str) -> None:
    """Add a caller to the file, which is made where it is missing, for its user alone.

    Raises ValueError where the whole would not fit, as with a name that is there already; then nothing changes.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = f"{before.rstrip()}\n\n{entry}" if before.strip() else entry
    parse_callers(text)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.new")
    temporary.touch(mode=0o600)
    if path.exists():
        temporary.chmod(path.stat().st_mode & 0o777)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
