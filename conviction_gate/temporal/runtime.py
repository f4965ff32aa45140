"""The SDK's core runtime of this process: where its log and its metrics go."""

import logging
from functools import cache

from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig

from conviction_gate.config.settings import cannot_bind


@cache
def sdk_runtime(metrics: str | None = None) -> Runtime:
    """The runtime, one for each process. It logs to Python's log; by default it would print to stdout.

    `metrics`: the IP address and port where Prometheus reads.

    Raises:
        SettingsError: the process cannot listen there.
    """
    # The log's fields may hold the text of an error, and so personal data: service/logs.py selects some.
    log = LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_log_fields_to_message=False)
    telemetry = TelemetryConfig(
        logging=LoggingConfig(filter=LoggingConfig.default.filter, forwarding=log),
        metrics=_prometheus(metrics) if metrics else None,
        attach_service_name=False,
    )
    try:
        return Runtime(telemetry=telemetry)
    except ValueError as error:
        raise cannot_bind("METRICS", metrics or "", error) from None


def _prometheus(address: str) -> PrometheusConfig:
    """Names and units by Prometheus's conventions."""
    return PrometheusConfig(
        bind_address=address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )
