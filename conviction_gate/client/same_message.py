"""Whether two messages under one `message_id` say the same."""

from typing import Any, Final

from conviction_gate.contracts.message import Message

MAX_ID_LENGTH: Final = 128
"""Characters; a longer text is free text, which may be kept shortened."""
TAKEN_IN_CASE: Final = "message_id: this sender used that id for a different message"
"""How the case itself begins to refuse what `OTHER_CONTENT` refuses before it is sent."""
OTHER_CONTENT: Final = "message_id: another message of this case has it; send this one under an id of its own"


def says_the_same(kept: Message, sent: Message) -> bool:
    """Whether a message repeats a kept one, whose long texts may be shortened."""
    return type(kept) is type(sent) and _same(kept.model_dump(mode="json"), sent.model_dump(mode="json"))


def _same(kept: Any, sent: Any) -> bool:
    match kept, sent:
        case dict(), dict():
            # No rule reads a description, so it may not have been kept.
            names = (kept.keys() | sent.keys()) - ({"description"} - kept.keys())
            return all(_same(kept.get(name), sent.get(name)) for name in names)
        case list(), list():
            return len(kept) == len(sent) and all(map(_same, kept, sent))
        case str(), str() if len(kept) > MAX_ID_LENGTH:
            return sent.startswith(kept)
        case _:
            return bool(kept == sent)
