"""Which rejected messages people are shown, so that no flood pushes out what somebody else sent."""

import re
from collections import Counter

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts.case import RejectedView
    from conviction_gate.contracts.names import BOOKING_CASE
    from conviction_gate.contracts.signals import SIGNALS

REJECTED_SHOWN = 100
"""Rejected messages that people are shown."""
_SENDER = re.compile(r'"sender"\s*:\s*"([^"]{0,128})"')


def with_rejection(shown: list[RejectedView], new: RejectedView) -> list[RejectedView]:
    """These and a new one, in the order of their arrival; of more than 100, the oldest of those that are most.

    They are counted by signal and sender, as far as the first 500 characters name one; all names that are no
    signal's count as one.
    """
    shown = [*shown, new]
    while len(shown) > REJECTED_SHOWN:
        sources = [_source(one) for one in shown]
        counts = Counter(sources)
        most = max(counts.values())
        del shown[next(n for n, source in enumerate(sources) if counts[source] == most)]
    return shown


def _source(rejected: RejectedView) -> tuple[str, str]:
    sender = _SENDER.search(rejected.payload)
    known = rejected.name in SIGNALS or rejected.name == BOOKING_CASE
    return rejected.name if known else "", sender[1] if sender else ""
