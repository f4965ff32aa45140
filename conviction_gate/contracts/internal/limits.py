"""How much a case may hold. Its state travels whole between runs, activities and the registry, and the
server accepts 512 KiB at a time.
"""

from typing import Final

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import Amendment, Conviction, Correction, CourtMessage
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.message import Message

SOFT_MAX_FACTS_BYTES: Final = 100_000
"""Bytes of facts, and of what derives from them, above which further docket entries that end nothing are
left out."""
MAX_FACTS_BYTES: Final = 300_000
"""Bytes of the same above which bookings and dispositions are rejected, so that a person looks at the case."""
RESERVE_BYTES: Final = 30_000
"""Bytes of each reserve (`Signal.reserve`): one is a part of those, one comes on top of them."""
SENDER_BYTES: Final = 200_000
"""Bytes of what one sender may fill, without the reserves."""
MAX_MESSAGES: Final = 1_900
"""Bookings and dispositions are rejected where a case holds so many messages, what decides nothing left out."""
RESERVE_MESSAGES: Final = 100
"""Messages of each reserve."""
MAX_REMEMBERED: Final = 1_500
"""Ids of messages that decide nothing; the oldest is forgotten, and its repetition counts as a new message."""
MAX_CARRIED_BYTES: Final = 450_000
"""Bytes that a case carries into its next run, writes to the registry, or answers a query with."""
MAX_MESSAGES_SHOWN: Final = 200
"""Messages in a case's view, the latest ones (contract, "Kept, not lost")."""
_MAX_TEXT_LENGTH: Final = 200


def shortened(message: Message) -> Message:
    """A message without what no rule reads: long texts are cut to 200 characters, descriptions left out."""
    cut: dict[str, object] = {}
    if isinstance(message, CourtMessage):
        for field in ("court", "detail", "source", "reason"):
            text = getattr(message, field, None)
            if text is not None and len(text) > _MAX_TEXT_LENGTH:
                cut[field] = text[:_MAX_TEXT_LENGTH]
        charge = getattr(message, "charge", None)
        if charge is not None:
            cut["charge"] = charge.model_copy(update={"description": None})
        replacement = getattr(message, "replacement", None)
        if replacement is not None:
            cut["replacement"] = shortened(replacement)
    if isinstance(message, Booking):
        cut["charges"] = tuple(charge.model_copy(update={"description": None}) for charge in message.charges)
    return message.model_copy(update=cut) if cut else message


def size_of(message: Message) -> int:
    """Bytes that a message adds: itself, the classes of its offenses, and its charges in the view."""
    size = len(message.model_dump_json().encode())
    charges = message.charges if isinstance(message, Booking) else ()
    if isinstance(message, Amendment):
        charges = (message.charge,)
    size += sum(2 * len(charge.model_dump_json().encode()) + 200 for charge in charges)
    if isinstance(message, Conviction) and message.convicted_of is not None:
        size += len(message.convicted_of.model_dump_json().encode()) + 100
    if isinstance(message, Correction) and message.replacement is not None:
        size += size_of(message.replacement)
    return size


def size_of_facts(facts: Facts) -> int:
    """Bytes of all messages of a case, of the ids of those of the door, and of its reopenings."""
    reopenings = sum(len(reopening.model_dump_json().encode()) for reopening in facts.reopenings)
    return sum(map(size_of, facts.messages)) + sum(map(len, facts.by_door)) + reopenings


def max_facts_bytes(reserve: int) -> int:
    """Bytes of facts up to which a message with so many reserves is accepted."""
    return MAX_FACTS_BYTES + (reserve - 1) * RESERVE_BYTES


def max_sender_bytes(reserve: int) -> int:
    """Bytes of the facts of one sender up to which its message with so many reserves is accepted."""
    return SENDER_BYTES + reserve * RESERVE_BYTES


def max_messages(reserve: int) -> int:
    """Messages up to which one with so many reserves is accepted."""
    return MAX_MESSAGES + (reserve - 1) * RESERVE_MESSAGES
