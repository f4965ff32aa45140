"""The connection to the Temporal server.

Its address comes from the SDK's `envconfig`: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, the TLS and API key
variables, and the profiles of `temporal.toml`. Payloads that go there are encrypted (encryption/codec.py).
"""

import asyncio
import shlex
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig, ClientConnectConfig

from conviction_gate.config.data_folder import running_server, running_servers
from conviction_gate.config.settings import Settings
from conviction_gate.encryption.codec import converter_for
from conviction_gate.encryption.converter import data_converter
from conviction_gate.temporal.runtime import sdk_runtime

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
CONNECT_WITHIN = 10.0  # seconds; a server that is up answers in milliseconds


class ConnectError(Exception):
    """The server cannot be reached; the text is one line with the next step."""


def connect_config(data: Path | None = None) -> ClientConnectConfig:
    """The server's address, its namespace and the credentials for it, from the environment.

    Where that names no address: the address of the embedded server that runs on the data folder, by default
    that of the settings; where none runs, `DEFAULT_ADDRESS`.

    Raises:
        ConnectError: a variable or temporal.toml is not valid; or the server at `DEFAULT_ADDRESS` is an
            embedded one on another data folder, whose keys and registry are others.
        SettingsError: a setting is not valid.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except Exception as error:  # the SDK's bridge exports no type for it
        reason = " ".join(str(error).split())
        raise ConnectError(
            f"the connection's settings cannot be read: {reason}; fix the TEMPORAL_ variables or temporal.toml"
        ) from error
    if "target_host" not in config:
        data = data or Settings().data
        running = running_server(data)
        if running is None:
            _check_default_server(data)
        config["target_host"] = running.address if running else DEFAULT_ADDRESS
    if "://" in config["target_host"]:
        raise ConnectError(
            "TEMPORAL_ADDRESS, or the address in temporal.toml: a URL; write host and port alone, as in "
            f"{DEFAULT_ADDRESS}"
        )
    config.setdefault("namespace", DEFAULT_NAMESPACE)
    return config


async def connect(
    settings: Settings | None = None,
    *,
    needs_keys: bool = True,
    metrics: str | None = None,
    interceptors: Sequence[Interceptor] = (),
    identity: str | None = None,
) -> Client:
    """A client that is connected to the server that the environment names.

    `settings`: by default those of the environment; their keys encrypt payloads, and their data folder may have
    a server. `needs_keys`: False for work that reads and writes no payload. `metrics`: see `sdk_runtime`.
    `interceptors`: of this client, and of any worker that runs on it. `identity`: what the server shows of it;
    by default its process and machine.

    Raises:
        SettingsError: a setting is not valid, or there is no key.
        ConnectError: a `TEMPORAL_` variable is not valid, or no Temporal server answers.
    """
    settings = settings or Settings()
    config = connect_config(settings.data)
    address = config["target_host"]
    payloads = converter_for(settings, config["namespace"]) if needs_keys else data_converter
    runtime = sdk_runtime(metrics)
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            return await Client.connect(
                **config,
                data_converter=payloads,
                runtime=runtime,
                interceptors=interceptors,
                identity=identity,
            )
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise ConnectError(_describe(address, str(error), is_tls=bool(config.get("tls")))) from error


def _check_default_server(data: Path) -> None:
    """Raises `ConnectError` where the default address is that of an embedded server on another data folder."""
    port = DEFAULT_ADDRESS.rpartition(":")[2]
    for other, server in running_servers().items():
        if server.address.rpartition(":")[2] == port:
            raise ConnectError(
                f"no server runs on the data folder {data.absolute()}, "
                f"and the one at {DEFAULT_ADDRESS} has another; "
                f"add --data {shlex.quote(str(other))}, or set TEMPORAL_ADDRESS"
            )


def _describe(address: str, reason: str, *, is_tls: bool) -> str:
    if "Unauthenticated" in reason or "PermissionDenied" in reason:
        return (
            f"the Temporal server at {address} refuses these credentials; "
            "check TEMPORAL_API_KEY, TEMPORAL_NAMESPACE and the TEMPORAL_TLS_ variables"
        )
    if is_tls:
        return (
            f"no Temporal server accepts a TLS connection at {address}; check TEMPORAL_ADDRESS and the "
            "certificates in the TEMPORAL_TLS_ variables"
        )
    return (
        f"no Temporal server answers at {address}; start one with `conviction-gate up` or set TEMPORAL_ADDRESS"
    )
