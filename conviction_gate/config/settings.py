"""The project's own settings: environment variables `CONVICTION_GATE_…`, each with a default.

How to reach the Temporal server is not among them: the SDK's `envconfig` tells (connect.py).
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import SettingsError as NotJson

from conviction_gate.contracts.internal.activities import Intervals
from conviction_gate.contracts.internal.permits import Allowed, Permits

T = TypeVar("T")

PREFIX = "CONVICTION_GATE_"
SECRETS = f"{PREFIX}SECRETS"
REGISTRY_FILE = "registry.db"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])", re.ASCII)
_LONGEST = timedelta(days=36_500)  # the server caps timers at a hundred years
_ADDRESS = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:]+\](:[0-9]+)?")
_TOKEN = re.compile(r"[!-~]+")
_DEPLOYMENT = re.compile(r"[a-z0-9][a-z0-9_/-]{0,99}", re.ASCII | re.IGNORECASE)
_BUILD = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}", re.ASCII | re.IGNORECASE)
_DATABASE_URL = re.compile(r"(sqlite|[a-z0-9]+\+[a-z0-9]+)://.*")

_NEEDS = (
    *(("worker_build", "worker_deployment"), ("worker_deployment", "worker_build")),
    *(("history_token", "history_url"), ("docket_token", "docket_url")),
    *(("history_certificate", "history_url"), ("docket_certificate", "docket_url")),
    *(("history_key", "history_certificate"), ("docket_key", "docket_certificate")),
    *(("history_ca", "history_url"), ("docket_ca", "docket_url")),
    *(("codec_jwks", "codec_issuer"), ("codec_jwks", "codec_audience")),
    *((f"codec_{part}", "codec_jwks") for part in ("issuer", "audience", "reader_claim", "scope")),
)
"""What is of no use alone, and what it needs."""
_LISTS = {f"{PREFIX}{name}" for name in ("REVIEWERS", "REOPENERS", "WITHDRAWERS")}
_NOBODY = "names nobody; name somebody, as in r-7,r-9, or to let everybody in leave the variable out"
_AGENCIES = 'write it as in {"CA019": {"docket_check_every": "30d"}}'


class SettingsError(Exception):
    """A variable does not fit; the text names it, says why, and what to write."""


def _read_span(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    # A bare number, which JSON may hold, would be one of seconds.
    match = _SPAN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a length of time; write a number and s, m, h or d, such as 90d")
    try:
        return timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        return timedelta.max


def _bounded(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= _LONGEST:
        raise ValueError("out of range; write more than 0s and at most 36500d")
    return span


def _database_url(url: str | None) -> str | None:
    # The value may hold a password, so the message does not repeat it.
    if url is not None and not _DATABASE_URL.fullmatch(url):
        raise ValueError("not a database address with its driver; write one such as sqlite:////srv/registry.db")
    return url


def _ids(value: object) -> object:
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.split(",")]
    if not any(ids):  # of whoever wrote that, nobody knows whether all are let in, or none
        raise ValueError(_NOBODY)
    if not all(0 < len(one) <= 128 for one in ids):
        raise ValueError("not a list of ids; write them with commas between, as in r-7,r-9")
    return frozenset(ids)


def _service_url(url: str | None) -> str | None:
    # It may hold a password, so the message does not repeat it.
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        fits = bool(_ADDRESS.fullmatch(url)) and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("not the address of a service; write one such as https://records.example.gov/history")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(
            "holds more than an address; leave out ? and # with what follows, and name credentials in "
            "the variable that ends in _TOKEN"
        )
    return url


def _jwks(place: str | None) -> str | None:
    """Keys that came in the clear would be anybody's, so but for this machine it takes https."""
    if place is None or "://" not in place:
        return place
    try:
        parts = urlsplit(place)
        ours = parts.hostname in ("localhost", "127.0.0.1", "::1")
        fits = bool(_ADDRESS.fullmatch(place)) and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = ours = False
    if not fits or not (parts.scheme == "https" or ours) or parts.username is not None:
        raise ValueError(
            "no place of keys; write an https address, one of http on this machine, or the path of a file"
        )
    return place


def _token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError("holds white space or other than ASCII letters and signs; write the token alone")
    return token


def not_listening(setting: str, address: str, error: OSError) -> SettingsError:
    """What is said where nobody can listen at the address that a setting names."""
    return SettingsError(
        f"{PREFIX}{setting}: nobody can listen at {address} ({error.strerror or type(error).__name__}); "
        "choose another port, or stop what listens there"
    )


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of an address to listen at; raises ValueError where it has not both."""
    host, _, port = address.rpartition(":")
    ip_address(host.removeprefix("[").removesuffix("]"))
    if not 0 < int(port) < 65536:
        raise ValueError(port)
    return host.strip("[]"), int(port)


def _listening(address: str | None) -> str | None:
    if address is not None:
        try:
            host_and_port(address)
        except ValueError:
            raise ValueError("not an IP address and a port; write one such as 127.0.0.1:9464") from None
    return address


def _origins(said: object) -> object:
    if not isinstance(said, str):
        return said
    for origin in said.split():
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                "not origins of pages; write scheme, host and port alone, as in https://temporal.example.gov"
            )
    return said.split()


def _deployment(name: str | None) -> str | None:
    # The server lets a worker poll under any other name, and never lists its deployment.
    if name is not None and not _DEPLOYMENT.fullmatch(name):
        raise ValueError(
            "no name of a deployment; write up to 100 letters, digits, -, _ and /, as in conviction-gate"
        )
    return name


def _build(build: str | None) -> str | None:
    if build is not None and not _BUILD.fullmatch(build):
        raise ValueError("no build id; write up to 100 letters, digits, ., +, - and _, as in 0.1.0")
    return build


def _elsewhere(variable: str) -> Callable[[], str | None]:
    """A default: what a variable that is not ours says."""
    return lambda: os.environ.get(variable) or None


Span = Annotated[timedelta, BeforeValidator(_read_span), AfterValidator(_bounded)]
Ids = Annotated[Allowed, NoDecode, BeforeValidator(_ids)]
ServiceUrl = Annotated[str | None, AfterValidator(_service_url)]
Token = Annotated[SecretStr | None, AfterValidator(_token)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{0,7}$")]
Deployment = Annotated[str | None, AfterValidator(_deployment)]
LogFormat = Literal["json", "text"]
Listening = Annotated[str | None, AfterValidator(_listening)]
Build = Annotated[str | None, AfterValidator(_build)]


class AgencySettings(BaseModel):
    """What an agency has of its own; what is left out is as for all others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    docket_check_every: Span | None = None
    docket_overdue_after: Span | None = None
    review_reminder_every: Span | None = None
    booking_overdue_after: Span | None = None
    catalog: Path | None = None
    """Codes beside the built-in catalog's, CSV (docs/catalog.md)."""


@dataclass(frozen=True)
class Access:
    """Where a service is and what lets us in. `setting`: how its variables begin, for messages.

    `token`: a bearer token. `certificate` and `key`: PEM files of a client certificate. `ca`: a PEM
    file of the authorities to trust instead of the system's.
    """

    name: str
    setting: str
    url: str
    token: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None

    @property
    def place(self) -> str:
        """The service as messages name it."""
        return f"the {self.name} service at {urlsplit(self.url).netloc}"


class Settings(BaseSettings):
    """Settings from the environment; a keyword argument overrules its variable.

    Any of them may stand in a file of its name instead (`conviction_gate_registry_url`), in the folder
    that `CONVICTION_GATE_SECRETS` names: what is secret then stands in no environment.

    Raises:
        SettingsError: a variable does not fit.
    """

    # docs/settings.md is made of the docstrings.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    data: Path = Path(".conviction-gate")
    """The data folder: the registry, the keys, and the embedded server's files."""
    registry_url: Annotated[str | None, AfterValidator(_database_url)] = Field(None, repr=False)
    """The registry's database, as SQLAlchemy writes it: `sqlite:////srv/registry.db` or
    `postgresql+asyncpg://gate:…@db.example.gov/gate`. Unset: `registry.db` in the data folder."""

    encryption: Literal["on", "off"] = "on"
    """Whether payloads are encrypted before they leave for the server: `on`, or `off` for development."""
    keys: Path | None = None
    """The folder of keys: a file `ID.key` for each, 32 bytes in base64, and where there are several a file
    `current` with the id of the one that encrypts. Unset: `keys` in the data folder."""
    keyring: SecretStr | None = None
    """The keys themselves instead of files: `id=base64 id=base64`, the current one first."""
    plaintext: Literal["accept", "refuse"] = "accept"
    """Messages that senders did not encrypt: `accept`, or `refuse`, which keeps them under `rejected`."""

    codec_address: Annotated[str, AfterValidator(_listening)] = "127.0.0.1:8081"
    """Where the codec server listens: an IP address and a port. It has no TLS of its own; put a proxy with TLS
    before it where other machines reach it."""
    codec_token: SecretStr | None = None
    """Who may read through the codec server, by tokens: `name=token name=token`, 16 characters or more each;
    the audit records the name. The codec server starts only with this or `CONVICTION_GATE_CODEC_JWKS`."""
    codec_jwks: Annotated[str | None, AfterValidator(_jwks)] = None
    """Who may read through the codec server, by a sign-in (OpenID Connect): where the issuer's public keys
    (JWKS) are. An https address, an http address on this machine, or a file."""
    codec_issuer: str | None = None
    """The issuer of accepted access tokens, exactly as their `iss` has it:
    `https://id.example.gov/realms/courts`."""
    codec_audience: str | None = None
    """The audience of accepted access tokens, one of those in `aud`: `conviction-gate-codec`."""
    codec_reader_claim: str | None = None
    """The claim that names the reader in the audit. Unset: `sub`, which is an id in most sign-ins; `email` or
    `name` would put personal data there."""
    codec_scope: str | None = None
    """The word that `scope`, `scp` or `roles` of the token must hold, such as `cases.read`. **Unset: everybody
    who gets a token for this audience may read everything.**"""
    codec_origins: Annotated[frozenset[str], NoDecode, BeforeValidator(_origins)] = frozenset()
    """The web UIs whose pages the codec server answers: their origins with spaces between, such as
    `https://temporal.example.gov`."""

    docket_check_every: Span = timedelta(days=90)
    """How often a case that waits for the court asks the docket for entries that no signal brought."""
    docket_overdue_after: Span = timedelta(days=730)
    """After how long a wait for the court a case needs attention; it goes on waiting."""
    review_reminder_every: Span = timedelta(days=30)
    """How often a case counts a reminder of a question that no reviewer has answered."""
    booking_overdue_after: Span = timedelta(days=60)
    """After how long a wait for its booking a case that a court message opened needs attention."""
    agencies: dict[Prefix, AgencySettings] = Field(default={})
    """Timers and offense codes of single agencies, as JSON: `{"CA": {"docket_check_every": "30d"}, "CA019":
    {"catalog": "county.csv"}}`. The keys are ORIs or how they begin; the longest that fits counts."""

    reviewers: Ids = None
    """Who may answer a case in review: ids with commas between, `r-7,r-9`. Unset: everybody who reaches the
    server."""
    reopeners: Ids = None
    """Who may open a cleared case again: ids with commas between. Unset: everybody who reaches the registry."""
    withdrawers: Ids = None
    """Which senders may withdraw the flag of an ended case: ids with commas between. Unset: everybody who
    reaches the server."""

    worker_cache: Annotated[int, Field(ge=0)] = 500
    """How many cases a worker keeps in memory, at about 0.2 MiB each. It replays any other from its history
    when a message or a timer comes for it."""
    worker_pollers: Annotated[int, Field(ge=2)] = 5
    """How many polls for workflow tasks a worker keeps open, and as many for activity tasks."""
    worker_workflow_tasks: Annotated[int, Field(ge=2)] = 100
    """How many workflow tasks a worker runs at a time."""
    worker_activities: Annotated[int, Field(ge=1)] = 100
    """How many activities (look-ups and writes) a worker runs at a time."""
    worker_sticky_for: Span = timedelta(seconds=5)
    """How long a task waits for the worker that has its case in memory before any worker may take it: the time
    that a case stands still after its worker was killed."""

    worker_grace: Span = timedelta(seconds=20)
    """How long a worker may finish its tasks after SIGTERM. Give the process 5 seconds more before a kill."""

    log: LogFormat | None = None
    """How a worker logs: `json` or `text`. Unset: text on a terminal, else JSON."""
    metrics: Listening = None
    """Where Prometheus reads a worker's metrics: an IP address and a port, such as `127.0.0.1:9464`. Unset:
    nowhere."""
    health: Listening = None
    """Where a worker answers `/livez` and `/readyz`: an IP address and a port, such as `127.0.0.1:9465`. Unset:
    nowhere."""
    traces: ServiceUrl = None
    """Where a worker sends spans: the OTLP/HTTP address of an OpenTelemetry collector, such as
    `http://127.0.0.1:4318/v1/traces`. Unset: nowhere. It needs the extra `traces`."""

    # Temporal's worker controller for Kubernetes names both in variables of its own.
    worker_deployment: Deployment = Field(default_factory=_elsewhere("TEMPORAL_DEPLOYMENT_NAME"))
    """The worker deployment that a worker belongs to, such as `conviction-gate`: up to 100 letters, digits,
    `-`, `_` and `/`. Set it together with the build. Unset: what `TEMPORAL_DEPLOYMENT_NAME` has, else no
    version."""
    worker_build: Build = Field(default_factory=_elsewhere("TEMPORAL_WORKER_BUILD_ID"))
    """The build id of a worker's code, such as `0.2.0`: a new one for every release. Unset: what
    `TEMPORAL_WORKER_BUILD_ID` has, else no version."""

    history_url: ServiceUrl = None
    """The state repository that is asked for criminal histories. Unset: the registry's table, which `history
    import` fills."""
    history_token: Token = None
    """A bearer token for the state repository."""
    history_certificate: Path | None = None
    """A client certificate for the state repository: a PEM file, which may hold the key too."""
    history_key: Path | None = None
    """The key of the client certificate, where it is a PEM file of its own."""
    history_ca: Path | None = None
    """A PEM file of the certificate authorities to trust for the state repository instead of the system's."""

    docket_url: ServiceUrl = None
    """The court's service that is asked for docket entries. Unset: the registry's table, which `docket import`
    fills; while that is empty no docket is checked."""
    docket_token: Token = None
    """A bearer token for the court's service."""
    docket_certificate: Path | None = None
    """A client certificate for the court's service: a PEM file, which may hold the key too."""
    docket_key: Path | None = None
    """The key of the client certificate, where it is a PEM file of its own."""
    docket_ca: Path | None = None
    """A PEM file of the certificate authorities to trust for the court's service instead of the system's."""

    def __init__(self, **values: Any) -> None:
        for name, text in os.environ.items():
            # Empty is unset everywhere else; here that would let everybody in.
            if not text and name.upper() in _LISTS:
                raise SettingsError(f"{name}: {_NOBODY}")
        try:
            super().__init__(_secrets_dir=_secrets(), **values)
        except OSError as error:
            raise SettingsError(
                f"{SECRETS}: {error.filename} cannot be read ({error.strerror}); let the worker's user read it"
            ) from None
        except ValidationError as error:
            raise SettingsError("; ".join(map(_complaint, error.errors()))) from None
        except (NotJson, RecursionError):  # the one setting that is written as JSON
            raise SettingsError(f"{PREFIX}AGENCIES: not a JSON object; {_AGENCIES}") from None
        for part, of in _NEEDS:
            if getattr(self, part) and not getattr(self, of):
                mine, its = (f"{PREFIX}{name}".upper() for name in (part, of))
                raise SettingsError(f"{mine}: of no use without {its}; set that too, or leave this out")

    @property
    def registry(self) -> str:
        """The registry's address, with its default."""
        return self.registry_url or f"sqlite:///{self.data.absolute() / REGISTRY_FILE}"

    @property
    def key_folder(self) -> Path:
        """The folder of key files, with its default."""
        return self.keys or self.data.absolute() / "keys"

    @property
    def permits(self) -> Permits:
        """Who may do what a person answers for."""
        return Permits(self.reviewers, self.reopeners, self.withdrawers)

    @property
    def history(self) -> Access | None:
        """The state repository, where there is one."""
        return self._access("history")

    @property
    def docket(self) -> Access | None:
        """The court's service, where there is one."""
        return self._access("docket")

    def _access(self, name: str) -> Access | None:
        url = getattr(self, f"{name}_url")
        if url is None:
            return None
        token: SecretStr | None = getattr(self, f"{name}_token")
        return Access(
            name=name,
            setting=PREFIX + name.upper(),
            url=url,
            token=token.get_secret_value() if token else None,
            certificate=getattr(self, f"{name}_certificate"),
            key=getattr(self, f"{name}_key"),
            ca=getattr(self, f"{name}_ca"),
        )

    def intervals_of(self, agency: str) -> Intervals:
        """The timers of an agency's cases, as a case records them."""

        def of(timer: str) -> timedelta:
            for_all: timedelta = getattr(self, timer)
            own = {prefix: getattr(its, timer) for prefix, its in self.agencies.items()}
            return own_of(agency, own) or for_all

        return Intervals(
            docket_check=of("docket_check_every"),
            docket_overdue=of("docket_overdue_after"),
            review_reminder=of("review_reminder_every"),
            booking_overdue=of("booking_overdue_after"),
        )


def _secrets() -> Path | None:
    """The folder of settings that stand in files, where there is one."""
    if not (named := os.environ.get(SECRETS)):
        return None
    if not Path(named).is_dir():
        raise SettingsError(f"{SECRETS}: {named} is no folder; make it, or leave the variable out")
    return Path(named)


def own_of(agency: str, own: Mapping[str, T | None]) -> T | None:
    """What an agency has of its own among what is set by prefix: the longest that fits counts."""
    for prefix in sorted(own, key=len, reverse=True):
        if own[prefix] is not None and agency.startswith(prefix):
            return own[prefix]
    return None


def _complaint(error: Any) -> str:
    first, *rest = error["loc"]
    variable = PREFIX + str(first).upper()
    within = f" ({'.'.join(str(name) for name in rest if name != '[key]')})" if rest else ""
    match error["type"]:
        case "string_pattern_mismatch":
            told = "no ORI, nor how one begins; write as in CA, CA019 or CA0190000"
        case "extra_forbidden":
            told = f"not known; write one of {', '.join(AgencySettings.model_fields)}"
        case "literal_error":
            told = f"not known; write {error['ctx']['expected']}"
        case "int_parsing":
            told = "not a whole number; write one such as 100"
        case "greater_than_equal":
            told = f"too small; write {error['ctx']['ge']} or more"
        case "dict_type" | "model_type" | "model_attributes_type":
            told = f"not an object; {_AGENCIES}"
        case _:
            told = error["msg"].removeprefix("Value error, ")
    return f"{variable}{within}: {told}"
