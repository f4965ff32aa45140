"""From payloads to text: whatever a sender's signal, update or start may carry."""

import json
from collections.abc import Sequence
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.common import RawValue

    from contracts.arrivals import PAYLOAD_KEPT, DoesNotFit, type_of
    from contracts.message import Message
    from contracts.names import CaseId


def one_text(payloads: Sequence[Any]) -> str:
    """The JSON text of the one payload that a message carries; raises `DoesNotFit`."""
    if len(payloads) != 1:
        count = "no payload" if not payloads else f"{len(payloads)} payloads"
        raise DoesNotFit(f"the message has {count}; send exactly one JSON object")
    match payloads[0]:
        case RawValue() as raw:
            encoding = raw.payload.metadata.get("encoding", b"").decode("ascii", "replace")
            if encoding == "json/plain":
                return _utf_8(raw.payload.data)
            raise DoesNotFit(f"the encoding '{encoding[:64]}' cannot be read; send json/plain")
        case value:
            return json.dumps(value, ensure_ascii=False)


def _utf_8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise DoesNotFit("the payload is not UTF-8; send one JSON object in UTF-8") from None


def shown(payloads: Sequence[Any]) -> str:
    """The first 500 characters of what arrived, fit to be written back as JSON."""
    texts = []
    for value in payloads:
        if isinstance(value, RawValue):
            text = value.payload.data[: 4 * PAYLOAD_KEPT].decode("utf-8", "replace")
        else:
            text = json.dumps(value, ensure_ascii=False)
        texts.append(text[:PAYLOAD_KEPT])
    kept = "\n".join(texts)[:PAYLOAD_KEPT]
    # Control characters grow sixfold when escaped; the state that a case carries is bounded.
    return kept.encode("utf-8", "replace").decode("utf-8").translate(_PRINTABLE)


def addressed(case_id: CaseId, message: Message) -> str:
    """A message as the registry keeps it after the end: what the contract knows of it, and its case."""
    named = {"agency": case_id.agency, "tracking_number": case_id.tracking_number}
    fields = json.loads(message.model_dump_json())
    return json.dumps(named | {"type": type_of(message)} | fields, ensure_ascii=False)


_PRINTABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32)), "�")
