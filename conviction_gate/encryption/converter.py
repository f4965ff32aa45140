"""The payload converter: pydantic's JSON, without exceptions where no type is requested.

The SDK drops a signal whose payload does not decode, and reports success to its sender. So such a
payload is passed on as it came, a `RawValue`, and the signal's handler keeps it with the reason.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter

from conviction_gate.contracts.encrypted_payloads import BY_DOOR, REFUSAL, CannotDecrypt, is_encrypted

_DECODED = (b"json/plain", b"binary/null")
_MAX_DECODED = 4096
"""Bytes of a payload that is decoded though no type is requested. The workflow reads messages itself, and it is
here that the SDK would decode all that arrived in one activation, which has two seconds."""


class TolerantPayloadConverter(PydanticPayloadConverter):
    """Decodes as pydantic does; where no type is requested, returns a `RawValue` for what does not decode, and
    for more than 4 KiB.

    Nobody's mark counts: without encryption everybody could write it.
    """

    _marks_count = False

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """One value for each payload.

        Raises:
            CannotDecrypt: a type is requested of a payload that no key here decrypts.
        """
        if type_hints is not None:
            for payload, requested in zip(payloads, type_hints, strict=False):
                if requested is not RawValue and is_encrypted(payload.metadata):
                    raise CannotDecrypt(payload.metadata)
            return super().from_payloads(payloads, type_hints)
        return [self._value(payload) for payload in payloads]

    def _value(self, payload: Payload) -> Any:
        if BY_DOOR in payload.metadata:
            if self._marks_count:
                return RawValue(payload)  # which still has the mark
            payload = _without(BY_DOOR, payload)
        # Other encodings (protobuf among them) would become objects that are no messages.
        if payload.metadata.get("encoding") not in _DECODED or REFUSAL in payload.metadata:
            return RawValue(payload)
        if len(payload.data) > _MAX_DECODED:
            return RawValue(payload)
        try:
            return super().from_payloads([payload])[0]
        except Exception:  # arbitrary bytes may cause any
            return RawValue(payload)


class DecryptedPayloadConverter(TolerantPayloadConverter):
    """The converter behind the codec, which takes the mark of the door off what it did not decrypt."""

    _marks_count = True


class DoorPayloadConverter(DecryptedPayloadConverter):
    """The converter of the door itself: it marks what it sends."""

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """See `PayloadConverter`."""
        payloads = super().to_payloads(values)
        for payload in payloads:
            payload.metadata[BY_DOOR] = b"1"
        return payloads


def _without(mark: str, payload: Payload) -> Payload:
    copy = Payload()
    copy.CopyFrom(payload)
    del copy.metadata[mark]
    return copy


data_converter = DataConverter(payload_converter_class=TolerantPayloadConverter)
