"""How payloads become values: pydantic's JSON, and never an exception where no type is asked for.

The SDK drops a signal whose payload does not decode, and its sender believes that it arrived. So what
does not decode is handed on as it came, a `RawValue`, and the handler keeps it with the reason.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter

from conviction_gate.contracts.encrypted_payloads import REFUSAL, CannotDecrypt, is_encrypted

_READ = (b"json/plain", b"binary/null")


class TolerantPayloadConverter(PydanticPayloadConverter):
    """Decodes as pydantic does; untyped, it returns a `RawValue` for what does not decode."""

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """One value for each payload.

        Raises:
            CannotDecrypt: one for which a type is asked is sealed, and no key here opens it.
        """
        if type_hints is not None:
            for payload, wanted in zip(payloads, type_hints, strict=False):
                if wanted is not RawValue and is_encrypted(payload.metadata):
                    raise CannotDecrypt(payload.metadata)
            return super().from_payloads(payloads, type_hints)
        return [self._value(payload) for payload in payloads]

    def _value(self, payload: Payload) -> Any:
        # Other encodings (protobuf among them) would become objects that no message is made of.
        if payload.metadata.get("encoding") not in _READ or REFUSAL in payload.metadata:
            return RawValue(payload)
        try:
            return super().from_payloads([payload])[0]
        except Exception:  # whatever a stranger's bytes bring about
            return RawValue(payload)


data_converter = DataConverter(payload_converter_class=TolerantPayloadConverter)
