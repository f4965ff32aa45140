"""What a case keeps of its messages, and how much it can carry: its run, the server and the registry
hand it on whole, and the server takes half a megabyte at a time.
"""

from typing import Final

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import Amendment, Conviction, CourtMessage
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message

SOFT_MAX_FACTS_BYTES: Final = 200_000
"""Bytes of facts and what derives from them, after which docket entries that end nothing go."""
MAX_FACTS_BYTES: Final = 300_000
"""Bytes of facts and what derives from them, after which nothing more is taken but findings,
corrections and rulings: a person has to look at such a case."""
RESERVED_FACTS_BYTES: Final = 30_000
MAX_CARRIED_BYTES: Final = 450_000
"""Bytes that a case carries into its next run or tells at once; the server takes 512 KiB."""
_TEXT_KEPT: Final = 200


def shortened(message: Message) -> Message:
    """A message without what no rule reads: long texts are cut, descriptions go."""
    cut: dict[str, object] = {}
    if isinstance(message, CourtMessage):
        for field in ("court", "detail", "source", "reason"):
            text = getattr(message, field, None)
            if text is not None and len(text) > _TEXT_KEPT:
                cut[field] = text[:_TEXT_KEPT]
        charge = getattr(message, "charge", None)
        if charge is not None:
            cut["charge"] = charge.model_copy(update={"description": None})
    if isinstance(message, Booking):
        cut["charges"] = tuple(charge.model_copy(update={"description": None}) for charge in message.charges)
    return message.model_copy(update=cut) if cut else message


def size_of(message: Message) -> int:
    """Bytes of a message in the facts, with the places of its offenses and its charges in the view."""
    size = len(message.model_dump_json().encode())
    charges = message.charges if isinstance(message, Booking) else ()
    if isinstance(message, Amendment):
        charges = (message.charge,)
    size += sum(2 * len(charge.model_dump_json().encode()) + 200 for charge in charges)
    if isinstance(message, Conviction) and message.convicted_of is not None:
        size += len(message.convicted_of.model_dump_json().encode()) + 100
    return size


def size_of_facts(facts: Facts) -> int:
    """Bytes of all that a case was told, and of its reopenings."""
    reopenings = sum(len(reopening.model_dump_json().encode()) for reopening in facts.reopenings)
    return sum(map(size_of, facts.messages)) + reopenings
