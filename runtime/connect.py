"""The connection to the Temporal server.

Where it is comes from the SDK's `envconfig`: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, the TLS and
API key variables, and the profiles of `temporal.toml`. What goes there is sealed (sealing.py).
"""

import asyncio
import logging
from functools import cache

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig

from runtime.converter import data_converter
from runtime.sealing import converter
from runtime.settings import Settings

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
FIRST_ANSWER_WITHIN = 10.0  # seconds; a server that is there answers in milliseconds


class ConnectError(Exception):
    """The server cannot be reached; the text is one line with the next step."""


@cache
def core() -> Runtime:
    """The SDK's core, one a process. Its log joins Python's; by itself it would go to stdout."""
    log = LogForwardingConfig(logger=logging.getLogger("temporalio.core"))
    return Runtime(
        telemetry=TelemetryConfig(logging=LoggingConfig(filter=LoggingConfig.default.filter, forwarding=log))
    )


async def connect(settings: Settings | None = None, *, sealed: bool = True) -> Client:
    """A client of the server that the environment names, connected.

    `settings`: whose keys seal what goes there; by default those of the environment. Not `sealed`: for
    work that reads and writes no payload, and so needs no key.

    Raises:
        SettingsError: a setting does not fit, or there is no key.
        ConnectError: the environment does not fit, or no Temporal server answers there.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except Exception as error:  # the SDK's bridge exports no type for it
        reason = " ".join(str(error).split())
        raise ConnectError(
            f"the connection's settings cannot be read: {reason}; mend the TEMPORAL_ variables or temporal.toml"
        ) from error
    config.setdefault("target_host", DEFAULT_ADDRESS)
    config.setdefault("namespace", DEFAULT_NAMESPACE)
    address = config["target_host"]
    payloads = converter(settings or Settings(), config["namespace"]) if sealed else data_converter
    try:
        async with asyncio.timeout(FIRST_ANSWER_WITHIN):
            return await Client.connect(**config, data_converter=payloads, runtime=core())
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise ConnectError(_unreachable(address, str(error))) from error


def _unreachable(address: str, reason: str) -> str:
    if "Unauthenticated" in reason or "PermissionDenied" in reason:
        return (
            f"the Temporal server at {address} refuses these credentials; "
            "check TEMPORAL_API_KEY, TEMPORAL_NAMESPACE and the TEMPORAL_TLS_ variables"
        )
    return (
        f"no Temporal server answers at {address}; start one with `conviction-gate up` or set TEMPORAL_ADDRESS"
    )
