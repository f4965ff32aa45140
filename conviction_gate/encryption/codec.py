"""The payload codec: AES-256-GCM, docs/security.md.

A payload that cannot be decrypted is passed on as it is, marked with the reason: an exception would fail the
whole workflow task, and with it the messages of other senders. Its reader rejects it (converter.py, inbox.py).
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
    BY_DOOR,
    ENCODING,
    ENCRYPTED,
    KEY_ID,
    REFUSAL,
    is_encrypted,
    key_id,
)
from conviction_gate.encryption.converter import DecryptedPayloadConverter, data_converter
from conviction_gate.encryption.keys import Keyring, read_keyring

NONCE_BYTES = 12
DEFLATED = b"binary/zlib"
MAX_DECRYPTED = 1024 * 1024
"""Bytes of a payload after decryption; the largest that Conviction Gate writes has half of that."""


class EncryptionCodec(PayloadCodec):
    """Encrypts with the current key and decrypts with any. The namespace is the associated data."""

    def __init__(self, keyring: Keyring, namespace: str, *, accepts_plaintext: bool = True) -> None:
        self._keyring = keyring
        self._namespace = namespace
        self._accepts_plaintext = accepts_plaintext

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `encrypt`."""
        return self.encrypt(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `decrypt`."""
        return self.decrypt(payloads)

    def encrypt(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload with its metadata in one that names the key: nonce, ciphertext, tag. Deflated before,
        where that makes it shorter, since the server stores it for years."""
        return [self._encrypt(payload) for payload in payloads]

    def decrypt(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload decrypted; marked with the reason where it cannot be, or where plaintext is refused."""
        return [
            self._decrypt(p) if is_encrypted(p.metadata) else self._check_plaintext(p)
            for p in (unmarked(payload, REFUSAL, BY_DOOR) for payload in payloads)
        ]

    def _encrypt(self, payload: Payload) -> Payload:
        current, nonce = self._keyring.current, os.urandom(NONCE_BYTES)
        plaintext = _deflated(payload).SerializeToString()
        ciphertext = self._keyring.ciphers[current].encrypt(nonce, plaintext, self._namespace.encode())
        return Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: current.encode()}, data=nonce + ciphertext)

    def _decrypt(self, payload: Payload) -> Payload:
        name = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
        quoted = key_id(payload.metadata)
        if (cipher := self._keyring.ciphers.get(name)) is None:
            return _marked(
                payload,
                f"the payload is encrypted with the key {quoted}, which is not here; "
                f"add that key, or encrypt it with '{self._keyring.current}' and send it again",
            )
        nonce, ciphertext = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            plaintext = Payload.FromString(cipher.decrypt(nonce, ciphertext, self._namespace.encode()))
            return unmarked(_inflated(plaintext), REFUSAL)
        except (InvalidTag, DecodeError, ValueError, zlib.error):  # ValueError: a nonce that is too short
            return _marked(
                payload,
                f"the payload cannot be decrypted with the key {quoted}: it was changed, or encrypted with "
                f"another key or for another namespace than '{self._namespace}'; encrypt and send it again",
            )

    def _check_plaintext(self, payload: Payload) -> Payload:
        if self._accepts_plaintext or payload.data.strip() in (b"", b"null"):  # which holds no information
            return payload
        return _marked(
            payload, "the payload is not encrypted; encrypt it as docs/senders.md describes, and send it again"
        )


def encrypting_converter(codec: EncryptionCodec) -> DataConverter:
    """The project's converter with this codec, which also encrypts the texts of failures."""
    return dataclasses.replace(
        data_converter,
        payload_converter_class=DecryptedPayloadConverter,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def converter_for(settings: Settings, namespace: str) -> DataConverter:
    """The converter that the settings ask for; raises `KeysError`."""
    if settings.encryption == "off":
        return data_converter
    accepts_plaintext = settings.plaintext == "accept"
    return encrypting_converter(
        EncryptionCodec(read_keyring(settings), namespace, accepts_plaintext=accepts_plaintext)
    )


def codec_mismatch(at_start: PayloadCodec | None, now: PayloadCodec | None) -> str | None:
    """Why a worker that started with one codec and a worker that starts now could not read each other's
    payloads, and what to do; None where they can. Each encrypts an empty payload for the other to decrypt."""
    if not (isinstance(at_start, EncryptionCodec) and isinstance(now, EncryptionCodec)):
        if at_start is now:
            return None
        is_now = "off" if now is None else "on"
        return f"encryption is {is_now} now, and was not when this worker started; restart it"
    for writer, reader, problem in (
        (at_start, now, "this worker encrypts with the key {}, which is gone; put it back"),
        (now, at_start, "the key {} became the current one after this worker started; restart it"),
    ):
        (encrypted,) = writer.encrypt([Payload()])
        if any(REFUSAL in payload.metadata for payload in reader.decrypt([encrypted])):
            return problem.format(key_id(encrypted.metadata))
    return None


def _deflated(payload: Payload) -> Payload:
    """As the Go SDK's zlib codec does it."""
    text = payload.SerializeToString()
    deflated = Payload(metadata={ENCODING: DEFLATED}, data=zlib.compress(text))
    return deflated if deflated.ByteSize() < len(text) else payload


def _inflated(payload: Payload) -> Payload:
    if payload.metadata.get(ENCODING) != DEFLATED:
        return payload
    decompressor = zlib.decompressobj()
    text = decompressor.decompress(payload.data, MAX_DECRYPTED)
    if not decompressor.eof:
        raise ValueError("truncated, or too long")
    return Payload.FromString(text)


def unmarked(payload: Payload, *marks: str) -> Payload:
    """Without marks that did not come from us: a sender could otherwise write the reason, or that the door sent
    it."""
    if not any(mark in payload.metadata for mark in marks):
        return payload
    copy = Payload()
    copy.CopyFrom(payload)
    for mark in marks:
        copy.metadata.pop(mark, None)
    return copy


def _marked(payload: Payload, reason: str) -> Payload:
    marked = Payload()
    marked.CopyFrom(payload)
    marked.metadata[REFUSAL] = reason.encode()
    return marked
