"""Our worker with every payload sealed by AES-256-GCM: `python -m bench.sealed`."""

import dataclasses
import os
import sys
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

import worker
from runtime import connect
from runtime.converter import data_converter

_ENCODING = b"binary/encrypted"
_KEY_ID = b"bench"


class SealingCodec(PayloadCodec):
    """One key for one run; the namespace is bound to what is sealed."""

    def __init__(self) -> None:
        self._key = AESGCM(bytes(32))  # nothing here is secret: a run's data goes with the run

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload, metadata and all, in one that says which key opens it."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """What was sealed, opened; the rest as it came."""
        return [self._opened(p) if p.metadata.get("encoding") == _ENCODING else p for p in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(12)
        data = nonce + self._key.encrypt(nonce, payload.SerializeToString(), b"default")
        return Payload(metadata={"encoding": _ENCODING, "encryption-key-id": _KEY_ID}, data=data)

    def _opened(self, payload: Payload) -> Payload:
        return Payload.FromString(self._key.decrypt(payload.data[:12], payload.data[12:], b"default"))


sealing_converter = dataclasses.replace(data_converter, payload_codec=SealingCodec())

if __name__ == "__main__":
    connect.data_converter = sealing_converter  # type: ignore[attr-defined]
    sys.exit(worker.main())
