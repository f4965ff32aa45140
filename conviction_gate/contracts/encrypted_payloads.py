"""Encrypted payloads as their metadata shows them; the codec, which has the keys, is in encryption/."""

from collections.abc import Mapping
from typing import Final

ENCODING: Final = "encoding"
ENCRYPTED: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
REFUSAL: Final = "conviction-gate-refused"
"""Set by the codec: why the payload cannot be decrypted, or why plaintext is refused. Empty, it was set by a
sender and means nothing."""

BY_DOOR: Final = "conviction-gate-by-door"
"""Set by the door, which has proved who the sender is, on the payload that it encrypts. On a payload that comes
unencrypted, a stranger may have written it: the codec takes it off."""


class CannotDecrypt(Exception):
    """A payload that must be read cannot be decrypted; the text names the key. The caller tries again later.

    The payload is in a history and nobody can send it again: so unlike a refusal, this is for the operator.
    """

    def __init__(self, metadata: Mapping[str, bytes]) -> None:
        if metadata.get(REFUSAL):
            reason = (
                "which is not here, or differs from it; restore that key "
                "(`conviction-gate keys list` shows which are here)"
            )
        else:
            reason = "and encryption is off here; set CONVICTION_GATE_ENCRYPTION=on, with that key"
        super().__init__(f"the payload is encrypted with the key {key_id(metadata)}, {reason}")


def is_encrypted(metadata: Mapping[str, bytes]) -> bool:
    """Whether the payload is still encrypted, since no key here decrypted it."""
    return metadata.get(ENCODING) == ENCRYPTED


def refusal_of(metadata: Mapping[str, bytes]) -> str | None:
    """Why the payload is refused, and what to do; None where it is accepted."""
    if reason := metadata.get(REFUSAL):
        return reason.decode(errors="replace")
    if is_encrypted(metadata):
        return (
            f"the payload is encrypted with the key {key_id(metadata)}, and encryption is off here; "
            "turn it on and send it again"
        )
    return None


def key_id(metadata: Mapping[str, bytes]) -> str:
    """The id of the key, quoted and safe to print, since any sender may have written it."""
    name = metadata.get(KEY_ID, b"").decode("ascii", "replace")[:64]
    return f"'{''.join(c if c.isprintable() else '?' for c in name)}'"
