"""Keys for what messages say, which rulings and reopenings refer to for years.

The keys are recorded with open cases: another key for the same content would ask every person again.
"""

import hashlib
import json
from functools import lru_cache

from conviction_gate.contracts.booking import Charge
from conviction_gate.contracts.message import Message
from conviction_gate.policy.catalog import normalised

_SENT_WITH = {"message_id", "sender", "court", "docket_number"}


@lru_cache(maxsize=8192)
def content_key(message: Message | Charge) -> str:
    """What a message says, whoever sent it under which id: type, charge, date and content."""
    content = message.model_dump(mode="json", exclude=_SENT_WITH)
    offenses = (content, content.get("convicted_of"), content.get("charge"), *content.get("charges", ()))
    for offense in offenses:
        if offense and "scheme" in offense:
            offense["scheme"], offense["code"] = normalised(offense["scheme"], offense["code"])
    return f"{type(message).__name__} {json.dumps(content, sort_keys=True)}"


def digest(parts: list[str]) -> str:
    """A short name for evidence, so that a ruling holds for this evidence and no other."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
