"""Traces of a worker, where a collector is named that takes them.

The packages for it are an extra of their own, and nothing of them is imported before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from temporalio.client import Interceptor

from conviction_gate.config.settings import PREFIX, SettingsError


@contextmanager
def sent_to(collector: str | None) -> Iterator[Sequence[Interceptor]]:
    """What makes spans of the work of a client and its worker; they are sent as long as the context lasts.

    `collector`: an OTLP/HTTP address; None: no spans.

    Raises:
        SettingsError: the packages are not installed.
    """
    if collector is None:
        yield ()
        return
    try:
        from conviction_gate.service.spans import sending_to
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{PREFIX}TRACES: {error.name} is not installed; run `pip install 'conviction-gate[traces]'`, or "
            "leave the variable out"
        ) from None
    with sending_to(collector) as interceptor:
        yield (interceptor,)
