"""Payloads are sealed before they leave for the Temporal server: AES-256-GCM, docs/security.md.

What no key here opens is handed on as it came, marked with the reason: an exception would fail
the whole task, and with it what other senders sent. Who reads it refuses it (converter.py, inbox.py).
"""

import dataclasses
import os
import zlib
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.encrypted_payloads import (
    ENCODING,
    ENCRYPTED,
    KEY_ID,
    REFUSAL,
    is_encrypted,
    key_id,
)
from conviction_gate.encryption.converter import data_converter
from conviction_gate.encryption.keys import Keyring, read_keyring

NONCE_BYTES = 12
DEFLATED = b"binary/zlib"
OPENED_MOST = 8 * 1024 * 1024
"""Bytes of a payload once it is opened; the server takes 2 MB of them as they come."""


class SealingCodec(PayloadCodec):
    """Seals with the current key, and opens with any. The namespace is bound to what is sealed."""

    def __init__(self, keyring: Keyring, namespace: str, *, takes_plaintext: bool = True) -> None:
        self._keyring = keyring
        self._namespace = namespace
        self._takes_plaintext = takes_plaintext

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `seal`."""
        return self.seal(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `unseal`."""
        return self.unseal(payloads)

    def seal(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload, metadata and all, in one that names the key: nonce, ciphertext, tag. What is
        shorter deflated is deflated first, since it is kept for years."""
        return [self._sealed(payload) for payload in payloads]

    def unseal(self, payloads: Iterable[Payload]) -> list[Payload]:
        """What was sealed, opened; what does not open, or is not taken, marked with the reason."""
        return [
            self._opened(p) if is_encrypted(p.metadata) else self._in_the_clear(p)
            for p in map(_unmarked, payloads)
        ]

    def _sealed(self, payload: Payload) -> Payload:
        current, nonce = self._keyring.current, os.urandom(NONCE_BYTES)
        bound = self._namespace.encode()
        text = _deflated(payload).SerializeToString()
        data = nonce + self._keyring.ciphers[current].encrypt(nonce, text, bound)
        return Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: current.encode()}, data=data)

    def _opened(self, payload: Payload) -> Payload:
        name = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
        quoted = key_id(payload.metadata)
        if (cipher := self._keyring.ciphers.get(name)) is None:
            return _marked(
                payload,
                f"the payload is sealed with the key {quoted}, which is not here; "
                f"add that key, or seal it with '{self._keyring.current}' and send it again",
            )
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            opened = Payload.FromString(cipher.decrypt(nonce, sealed, self._namespace.encode()))
            return _unmarked(_inflated(opened))
        except (InvalidTag, DecodeError, ValueError, zlib.error):  # ValueError: a nonce that is too short
            return _marked(
                payload,
                f"the payload does not open with the key {quoted}: it was changed, or sealed with another "
                f"key or for another namespace than '{self._namespace}'; seal it anew and send it again",
            )

    def _in_the_clear(self, payload: Payload) -> Payload:
        if self._takes_plaintext or payload.data.strip() in (b"", b"null"):  # which tells nothing
            return payload
        return _marked(
            payload, "the payload is not sealed; seal it as docs/senders.md tells, and send it again"
        )


def sealing_converter(codec: SealingCodec) -> DataConverter:
    """The house's converter with everything sealed, the texts of failures too."""
    return dataclasses.replace(
        data_converter,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def converter(settings: Settings, namespace: str) -> DataConverter:
    """The converter that the settings ask for; raises `KeysError`."""
    if settings.encryption == "off":
        return data_converter
    codec = SealingCodec(read_keyring(settings), namespace, takes_plaintext=settings.plaintext == "accept")
    return sealing_converter(codec)


def parted(ours: PayloadCodec | None, now: PayloadCodec | None) -> str | None:
    """Why a worker and one that starts now could not read each other, and what to do; None where they can.

    Each seals nothing, for the other to open.
    """
    if not (isinstance(ours, SealingCodec) and isinstance(now, SealingCodec)):
        if ours is now:
            return None
        is_now = "off" if now is None else "on"
        return f"encryption is {is_now} now, and was not at this worker's start; start it anew"
    for seals, opens, told in (
        (ours, now, "this worker seals with the key {}, which is not there any more; bring it back"),
        (now, ours, "the key {} seals now, and came after this worker's start; start it anew"),
    ):
        (sealed,) = seals.seal([Payload()])
        if any(REFUSAL in opened.metadata for opened in opens.unseal([sealed])):
            return told.format(key_id(sealed.metadata))
    return None


def _deflated(payload: Payload) -> Payload:
    """As the Go SDK's zlib codec does it."""
    text = payload.SerializeToString()
    deflated = Payload(metadata={ENCODING: DEFLATED}, data=zlib.compress(text))
    return deflated if deflated.ByteSize() < len(text) else payload


def _inflated(payload: Payload) -> Payload:
    if payload.metadata.get(ENCODING) != DEFLATED:
        return payload
    inflating = zlib.decompressobj()
    text = inflating.decompress(payload.data, OPENED_MOST)
    if not inflating.eof:
        raise ValueError("cut off, or too long")
    return Payload.FromString(text)


def _unmarked(payload: Payload) -> Payload:
    """Without the mark that another than the codec put there, who would speak in its name."""
    if REFUSAL not in payload.metadata:
        return payload
    unmarked = Payload()
    unmarked.CopyFrom(payload)
    del unmarked.metadata[REFUSAL]
    return unmarked


def _marked(payload: Payload, reason: str) -> Payload:
    marked = Payload()
    marked.CopyFrom(payload)
    marked.metadata[REFUSAL] = reason.encode()
    return marked
