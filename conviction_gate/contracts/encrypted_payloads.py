"""What a payload's metadata tells of its seal; the codec, which has the keys, is in runtime/."""

from collections.abc import Mapping
from typing import Final

ENCODING: Final = "encoding"
ENCRYPTED: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
REFUSAL: Final = "conviction-gate-refused"
"""Put there by the codec: why the payload could not be opened, or is not taken in the clear. Empty, it is
a stranger's, and says nothing."""


class CannotDecrypt(Exception):
    """What must be read does not open; the text names the key. Whoever needs it tries again.

    It stands in a history and nobody can send it again: so unlike a refusal, this is for who has the keys.
    """

    def __init__(self, metadata: Mapping[str, bytes]) -> None:
        if metadata.get(REFUSAL):
            told = (
                "which is not here, or not the same; bring that key back "
                "(`conviction-gate keys list` shows which are here)"
            )
        else:
            told = "and encryption is off here; turn it on, with that key"
        super().__init__(f"the payload is sealed with the key {key_id(metadata)}, {told}")


def is_encrypted(metadata: Mapping[str, bytes]) -> bool:
    """Whether the payload is still sealed, since nobody here could open it."""
    return metadata.get(ENCODING) == ENCRYPTED


def refusal_of(metadata: Mapping[str, bytes]) -> str | None:
    """Why the payload is not taken, and what to do; None where nothing speaks against it."""
    if reason := metadata.get(REFUSAL):
        return reason.decode(errors="replace")
    if is_encrypted(metadata):
        return (
            f"the payload is sealed with the key {key_id(metadata)}, and encryption is off here; "
            "turn it on and send it again"
        )
    return None


def key_id(metadata: Mapping[str, bytes]) -> str:
    """The id of the key that sealed it, fit to be shown: a stranger wrote it."""
    name = metadata.get(KEY_ID, b"").decode("ascii", "replace")[:64]
    return f"'{''.join(c if c.isprintable() else '?' for c in name)}'"
