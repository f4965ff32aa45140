"""The project's own settings: environment variables `CONVICTION_GATE_…`, each with a default.

The address of the Temporal server is not among them: the SDK's `envconfig` reads it (temporal/connect.py).
"""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as InvalidJson

from conviction_gate.config.agencies import AGENCIES_EXAMPLE, AgencySettings, OriPrefix, most_specific
from conviction_gate.config.service_access import ServiceAccess
from conviction_gate.config.setting_types import (
    EMPTY_LIST,
    BindAddress,
    BuildId,
    DatabaseUrl,
    DeploymentName,
    Duration,
    IdList,
    JwksLocation,
    Origins,
    ServiceUrl,
    Token,
)
from conviction_gate.contracts.internal.activities import Intervals
from conviction_gate.contracts.internal.permits import Permits

PREFIX = "CONVICTION_GATE_"
SECRETS = f"{PREFIX}SECRETS"
REGISTRY_FILE = "registry.db"

LogFormat = Literal["json", "text"]

REQUIRES = (
    *(("worker_build", "worker_deployment"), ("worker_deployment", "worker_build")),
    *(("history_token", "history_url"), ("docket_token", "docket_url")),
    *(("history_certificate", "history_url"), ("docket_certificate", "docket_url")),
    *(("history_key", "history_certificate"), ("docket_key", "docket_certificate")),
    *(("history_ca", "history_url"), ("docket_ca", "docket_url")),
    *(("codec_jwks", "codec_issuer"), ("codec_jwks", "codec_audience")),
    *(("desk_issuer", "desk_client_id"), ("desk_issuer", "desk_address"), ("desk_client_id", "desk_issuer")),
    *(("desk_client_secret", "desk_issuer"), ("desk_address", "desk_issuer")),
    *((f"codec_{part}", "codec_jwks") for part in ("issuer", "audience", "reader_claim", "scope")),
)
"""Pairs: the first setting has no effect unless the second is set too."""
_ID_LISTS = {f"{PREFIX}{name}" for name in ("REVIEWERS", "REOPENERS", "WITHDRAWERS")}


class SettingsError(Exception):
    """A setting is not valid; the text names its variable, the reason, and what to write."""


def cannot_bind(setting: str, address: str, error: Exception) -> SettingsError:
    """The error for an address to listen at, named by a setting, that is taken or not allowed."""
    return SettingsError(
        f"{PREFIX}{setting}: cannot bind to {address} ({getattr(error, 'strerror', None) or error}); "
        "choose another port, or stop the program that listens there"
    )


def _from_variable(name: str) -> Callable[[], str | None]:
    """A default that is the value of a variable of another program."""
    return lambda: os.environ.get(name) or None


class Settings(BaseSettings):
    """Settings from the environment; a keyword argument overrides its variable.

    Each may be in a file of its name instead (`conviction_gate_registry_url`), in the folder that
    `CONVICTION_GATE_SECRETS` names, so that secrets need not be in the environment.

    Raises:
        SettingsError: a setting is not valid.
    """

    # docs/settings.md is made of the docstrings.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    data: Path = Path(".conviction-gate")
    """The data folder: the registry, the keys, and the embedded server's files."""
    registry_url: DatabaseUrl | None = Field(None, repr=False)
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

    codec_address: BindAddress = "127.0.0.1:8081"
    """Where the codec server listens: an IP address and a port. It has no TLS of its own: put a proxy with TLS
    in front of it where other machines reach it."""
    codec_token: SecretStr | None = None
    """Who may read through the codec server, by tokens: `name=token name=token`, 16 characters or more each;
    the audit records the name. The codec server starts only with this or `CONVICTION_GATE_CODEC_JWKS`."""
    codec_jwks: JwksLocation | None = None
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
    codec_origins: Origins = frozenset()
    """The web UIs whose pages the codec server answers: their origins with spaces between, such as
    `https://temporal.example.gov`."""

    callers: Path | None = None
    """The file of callers of the door (TOML): who may call, by which key or sign-in, and what they may do.
    Unset: `callers.toml` in the data folder."""

    desk_issuer: ServiceUrl | None = None
    """The sign-in of the desk (OpenID Connect), exactly as its tokens name it in `iss`:
    `https://id.example.gov/realms/courts`. Unset: nobody can sign in, except by the link that `up` prints."""
    desk_client_id: str | None = None
    """The id of the desk as a client of that sign-in."""
    desk_client_secret: SecretStr | None = Field(None, repr=False)
    """The client's secret. Unset: it is a public client, which PKCE protects."""
    desk_address: ServiceUrl | None = None
    """The address of the door as browsers see it, `https://gate.example.gov`. The sign-in must allow
    `/desk/sign-in/callback` there as the address to come back to."""
    desk_scope: str = "openid"
    """What the desk asks the sign-in for, with blanks between: `openid gate.review`. The scope of a caller in
    the file of callers must be among them."""
    desk_person: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    """Whom the link that `up` prints signs in: an id, not a name. Unset: the name of the account that runs
    `up`."""

    docket_check_every: Duration = timedelta(days=90)
    """How often a case that waits for the court asks the docket for entries that no signal brought."""
    docket_overdue_after: Duration = timedelta(days=730)
    """After how long a wait for the court a case needs attention; it goes on waiting."""
    review_reminder_every: Duration = timedelta(days=30)
    """How often a case counts a reminder of a question that no reviewer has answered."""
    booking_overdue_after: Duration = timedelta(days=60)
    """After how long a wait for its booking a case that a court message opened needs attention."""
    unknown_charge_after: Duration = timedelta(days=3)
    """After how long a case needs attention where a court names a charge that the case does not have."""
    agencies: dict[OriPrefix, AgencySettings] = Field(default={})
    """Timers and offense codes of single agencies, as JSON: `{"CA": {"docket_check_every": "30d"}, "CA019":
    {"catalog": "county.csv"}}`. The keys are ORIs or how they begin; the longest that fits counts."""

    reviewers: IdList = None
    """Who may answer a case in review: ids with commas between, `r-7,r-9`. Unset: everybody who reaches the
    server."""
    reopeners: IdList = None
    """Who may open a cleared case again: ids with commas between. Unset: everybody who reaches the registry."""
    withdrawers: IdList = None
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
    worker_sticky_for: Duration = timedelta(seconds=1)
    """How long a task waits for the worker that has its case in memory before any worker may take it: the time
    for which a case is delayed after its worker was killed."""

    patrol: Literal["on", "off"] = "on"
    """Whether workers have the server continue cases that it or an operator ended from outside."""

    worker_grace: Duration = timedelta(seconds=20)
    """How long a worker may finish its tasks after SIGTERM. Give the process 5 seconds more before a kill."""

    log: LogFormat | None = None
    """How a worker logs: `json` or `text`. Unset: text on a terminal, else JSON."""
    metrics: BindAddress | None = None
    """Where Prometheus reads a worker's metrics: an IP address and a port, such as `127.0.0.1:9464`. Unset:
    nowhere."""
    health: BindAddress | None = None
    """Where a worker answers `/livez` and `/readyz`: an IP address and a port, such as `127.0.0.1:9465`. Unset:
    nowhere."""
    traces: ServiceUrl | None = None
    """Where a worker sends spans: the OTLP/HTTP address of an OpenTelemetry collector, such as
    `http://127.0.0.1:4318/v1/traces`. Unset: nowhere. It needs the extra `traces`."""

    # Temporal's worker controller for Kubernetes names both in variables of its own.
    worker_deployment: DeploymentName | None = Field(default_factory=_from_variable("TEMPORAL_DEPLOYMENT_NAME"))
    """The worker deployment that a worker belongs to, such as `conviction-gate`: up to 100 letters, digits,
    `-`, `_` and `/`. Unset: what `TEMPORAL_DEPLOYMENT_NAME` has, else no version."""
    worker_build: BuildId | None = Field(default_factory=_from_variable("TEMPORAL_WORKER_BUILD_ID"))
    """The build id of a worker's code, such as `0.2.0`: a new one for every release. Unset: what
    `TEMPORAL_WORKER_BUILD_ID` has, else no version."""

    history_url: ServiceUrl | None = None
    """The state repository that is asked for criminal histories. Unset: the registry's table, which `history
    import` fills."""
    history_token: Token | None = None
    """A bearer token for the state repository."""
    history_certificate: Path | None = None
    """A client certificate for the state repository: a PEM file, which may hold the key too."""
    history_key: Path | None = None
    """The key of the client certificate, where it is a PEM file of its own."""
    history_ca: Path | None = None
    """A PEM file of the certificate authorities to trust for the state repository instead of the system's."""

    docket_url: ServiceUrl | None = None
    """The court's service that is asked for docket entries. Unset: the registry's table, which `docket import`
    fills; while that is empty no docket is checked."""
    docket_token: Token | None = None
    """A bearer token for the court's service."""
    docket_certificate: Path | None = None
    """A client certificate for the court's service: a PEM file, which may hold the key too."""
    docket_key: Path | None = None
    """The key of the client certificate, where it is a PEM file of its own."""
    docket_ca: Path | None = None
    """A PEM file of the certificate authorities to trust for the court's service instead of the system's."""

    def __init__(self, **values: Any) -> None:
        for name, text in os.environ.items():
            # An empty variable counts as unset everywhere else; here that would allow everybody.
            if not text and name.upper() in _ID_LISTS:
                raise SettingsError(f"{name}: {EMPTY_LIST}")
        try:
            super().__init__(_secrets_dir=_secrets_folder(), **values)
        except OSError as error:
            raise SettingsError(
                f"{SECRETS}: {error.filename} cannot be read ({error.strerror}); let the worker's user read it"
            ) from None
        except ValidationError as error:
            raise SettingsError("; ".join(map(_describe, error.errors()))) from None
        except (InvalidJson, RecursionError):  # the one setting that is written as JSON
            raise SettingsError(
                f"{PREFIX}AGENCIES: not a JSON object; write it as in {AGENCIES_EXAMPLE}"
            ) from None
        for name, required in REQUIRES:
            if getattr(self, name) and not getattr(self, required):
                variable, other = (f"{PREFIX}{each}".upper() for each in (name, required))
                raise SettingsError(f"{variable}: requires {other}; set that too, or unset this one")

    @property
    def registry(self) -> str:
        """The registry's address, with its default."""
        return self.registry_url or f"sqlite:///{self.data.absolute() / REGISTRY_FILE}"

    @property
    def key_folder(self) -> Path:
        """The folder of key files, with its default."""
        return self.keys or self.data.absolute() / "keys"

    @property
    def callers_file(self) -> Path:
        """The file of callers, with its default."""
        return self.callers or self.data.absolute() / "callers.toml"

    @property
    def permits(self) -> Permits:
        """Who may rule, reopen a case and withdraw a flag."""
        return Permits(self.reviewers, self.reopeners, self.withdrawers)

    @property
    def history(self) -> ServiceAccess | None:
        """The state repository; None where none is set."""
        return self._access("history")

    @property
    def docket(self) -> ServiceAccess | None:
        """The court's service; None where none is set."""
        return self._access("docket")

    def _access(self, name: str) -> ServiceAccess | None:
        url = getattr(self, f"{name}_url")
        if url is None:
            return None
        token: SecretStr | None = getattr(self, f"{name}_token")
        return ServiceAccess(
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

        def timer(name: str) -> timedelta:
            default: timedelta = getattr(self, name)
            by_prefix = {prefix: getattr(own, name) for prefix, own in self.agencies.items()}
            return most_specific(agency, by_prefix) or default

        return Intervals(
            docket_check=timer("docket_check_every"),
            docket_overdue=timer("docket_overdue_after"),
            review_reminder=timer("review_reminder_every"),
            booking_overdue=timer("booking_overdue_after"),
            unknown_charge=timer("unknown_charge_after"),
        )


def _secrets_folder() -> Path | None:
    """The folder that holds settings as files; None where none is named."""
    if not (name := os.environ.get(SECRETS)):
        return None
    if not Path(name).is_dir():
        raise SettingsError(f"{SECRETS}: {name} is not a folder; create it, or unset the variable")
    return Path(name)


def _describe(error: Any) -> str:
    """One of pydantic's errors as `VARIABLE (key.field): what is wrong; what to write`."""
    first, *rest = error["loc"]
    variable = PREFIX + str(first).upper()
    within = f" ({'.'.join(str(name) for name in rest if name != '[key]')})" if rest else ""
    match error["type"]:
        case "string_pattern_mismatch":
            text = "not an ORI, nor the beginning of one; write it as in CA, CA019 or CA0190000"
        case "extra_forbidden":
            text = f"not known; write one of {', '.join(AgencySettings.model_fields)}"
        case "literal_error":
            text = f"not known; write {error['ctx']['expected']}"
        case "int_parsing":
            text = "not a whole number; write one such as 100"
        case "greater_than_equal":
            text = f"too small; write {error['ctx']['ge']} or more"
        case "dict_type" | "model_type" | "model_attributes_type":
            text = f"not an object; write it as in {AGENCIES_EXAMPLE}"
        case _:
            text = error["msg"].removeprefix("Value error, ")
    return f"{variable}{within}: {text}"
