"""The connection to the Temporal server.

Where it is comes from the SDK's `envconfig`: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, the TLS and
API key variables, and the profiles of `temporal.toml`. What goes there is sealed (sealing.py).
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig

from conviction_gate.config.settings import PREFIX, Settings
from conviction_gate.encryption.codec import converter
from conviction_gate.encryption.converter import data_converter

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
FIRST_ANSWER_WITHIN = 10.0  # seconds; a server that is there answers in milliseconds


class ConnectError(Exception):
    """The server cannot be reached; the text is one line with the next step."""


def prometheus(address: str) -> PrometheusConfig:
    """An endpoint with names and units as Prometheus has them; `address`: an IP address and a port."""
    return PrometheusConfig(
        bind_address=address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )


@cache
def core(metrics: str | None = None) -> Runtime:
    """The SDK's core, one a process. Its log joins Python's; by itself it would go to stdout.

    `metrics`: the IP address and port where Prometheus can read; raises `ConnectError` where it cannot.
    """
    # Its fields may hold what failed, and so anybody's data: service/logs.py writes those that do not.
    log = LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_log_fields_to_message=False)
    telemetry = TelemetryConfig(
        logging=LoggingConfig(filter=LoggingConfig.default.filter, forwarding=log),
        metrics=prometheus(metrics) if metrics else None,
        attach_service_name=False,
    )
    try:
        return Runtime(telemetry=telemetry)
    except ValueError as error:
        raise ConnectError(
            f"nobody can listen at {metrics} ({error}); choose another port in {PREFIX}METRICS, or stop what "
            "listens there"
        ) from None


def named_server() -> ClientConnectConfig:
    """What the environment says of the server: its address, the namespace, and what lets us in.

    Raises:
        ConnectError: the environment does not fit.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except Exception as error:  # the SDK's bridge exports no type for it
        reason = " ".join(str(error).split())
        raise ConnectError(
            f"the connection's settings cannot be read: {reason}; mend the TEMPORAL_ variables or temporal.toml"
        ) from error
    if "://" in config.setdefault("target_host", DEFAULT_ADDRESS):
        raise ConnectError(
            "TEMPORAL_ADDRESS, or the address in temporal.toml: a URL; write host and port alone, as in "
            f"{DEFAULT_ADDRESS}"
        )
    config.setdefault("namespace", DEFAULT_NAMESPACE)
    return config


async def connect(
    settings: Settings | None = None,
    *,
    sealed: bool = True,
    metrics: str | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """A client of the server that the environment names, connected; `metrics`: see `core`.

    `settings`: whose keys seal what goes there; by default those of the environment. Not `sealed`: for
    work that reads and writes no payload, and so needs no key. `interceptors`: of this client, and of
    whichever worker runs on it.

    Raises:
        SettingsError: a setting does not fit, or there is no key.
        ConnectError: the environment does not fit, or no Temporal server answers there.
    """
    config = named_server()
    address = config["target_host"]
    payloads = converter(settings or Settings(), config["namespace"]) if sealed else data_converter
    runtime = core(metrics)
    try:
        async with asyncio.timeout(FIRST_ANSWER_WITHIN):
            return await Client.connect(
                **config, data_converter=payloads, runtime=runtime, interceptors=interceptors
            )
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise ConnectError(_unreachable(address, str(error), is_tls=bool(config.get("tls")))) from error


def _unreachable(address: str, reason: str, *, is_tls: bool) -> str:
    if "Unauthenticated" in reason or "PermissionDenied" in reason:
        return (
            f"the Temporal server at {address} refuses these credentials; "
            "check TEMPORAL_API_KEY, TEMPORAL_NAMESPACE and the TEMPORAL_TLS_ variables"
        )
    if is_tls:
        return (
            f"no Temporal server lets us in at {address} over TLS; check TEMPORAL_ADDRESS and the certificates "
            "in the TEMPORAL_TLS_ variables"
        )
    return (
        f"no Temporal server answers at {address}; start one with `conviction-gate up` or set TEMPORAL_ADDRESS"
    )


def code_in(text: str) -> str | None:
    """The server's code in what the SDK's core says of an answer; the rest of that may hold anything."""
    if match := _CODE.search(text):
        return match[1]
    return next((code for said, code in _SPELT_OUT.items() if said in text), None)


_SPELT_OUT: Final = {
    "entity was not found": "NotFound",
    "does not have permission": "PermissionDenied",
    "does not have valid authentication": "Unauthenticated",
    "currently unavailable": "Unavailable",
}
"""How an error shows itself where it is no longer one of the protocol's."""
_CODE: Final = re.compile(
    r"\b(Cancelled|Unknown|InvalidArgument|DeadlineExceeded|NotFound|PermissionDenied|ResourceExhausted|"
    r"FailedPrecondition|Aborted|Unimplemented|Internal|Unavailable|Unauthenticated)\b"
)
