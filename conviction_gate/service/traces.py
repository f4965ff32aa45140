"""Traces of a worker, where the settings name a collector.

The packages for it are an extra, imported only then.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from temporalio.client import Interceptor

from conviction_gate.config.settings import PREFIX, SettingsError


@contextmanager
def tracing(collector: str | None) -> Iterator[Sequence[Interceptor]]:
    """Interceptors that make spans of the work of a client and its worker, exported while the context lasts.

    `collector`: an OTLP/HTTP address; None: no spans.

    Raises:
        SettingsError: the packages are not installed.
    """
    if collector is None:
        yield ()
        return
    try:
        from conviction_gate.service.spans import exporting_to
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{PREFIX}TRACES: {error.name} is not installed; run `pip install 'conviction-gate[traces]'`, or "
            "unset the variable"
        ) from None
    with exporting_to(collector) as interceptor:
        yield (interceptor,)
