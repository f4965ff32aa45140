"""From payloads to text, whatever a sender's signal, update or start carries."""

import json
from collections.abc import Sequence
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.api.common.v1 import Payload
    from temporalio.common import RawValue

    from conviction_gate.contracts.encrypted_payloads import BY_DOOR, CannotDecrypt, is_encrypted, refusal_of
    from conviction_gate.contracts.message import Message
    from conviction_gate.contracts.names import CaseId
    from conviction_gate.contracts.reading import MAX_PAYLOAD_SHOWN, DoesNotFit, oversize
    from conviction_gate.contracts.signals import typed


def text_on_arrival(payloads: Sequence[Any], number: int) -> str:
    """The JSON text of the message of this number in the run; raises `DoesNotFit`.

    What a worker can read depends on its keys, and another worker may replay the case. So what was
    refused leaves a marker in the history and stays refused; what was read has to be read again.

    Raises:
        CannotDecrypt: it was read when it arrived, and now its key is missing.
    """
    reason = reason_to_refuse(payloads)
    if reason is None and was_refused(number):
        reason = (
            "the payload could not be decrypted when it arrived, or was refused as plaintext; send it again"
        )
    elif reason is not None and not workflow.patched(_marker(number)):
        reason = None
    if reason is not None:
        raise DoesNotFit(reason)
    check_arrived(payloads)
    return one_text(payloads)


def check_arrived(payloads: Sequence[Any]) -> None:
    """Raises `DoesNotFit` where there is more of it than a message can have; nothing of it was read."""
    if reason := oversize(size_of_payloads(payloads)):
        raise DoesNotFit(reason)


def size_of_payloads(payloads: Sequence[Any]) -> int:
    """Bytes of what arrived undecoded; the converter decodes only what is small."""
    return sum(len(value.payload.data) for value in payloads if isinstance(value, RawValue))


def is_by_door(payloads: Sequence[Any]) -> bool:
    """Whether the door sent it, which has proved who its sender is; the codec lets nobody else say so."""
    return any(isinstance(value, RawValue) and BY_DOOR in value.payload.metadata for value in payloads)


def sent_on(message: Message, *, by_door: bool) -> Any:
    """A message as it is sent to another workflow, with the mark of the door where it had one."""
    fields = message.model_dump_json().encode()
    if not by_door:
        return json.loads(fields)
    return RawValue(Payload(metadata={"encoding": b"json/plain", BY_DOOR: b"1"}, data=fields))


def was_refused(number: int) -> bool:
    """Whether the run refused its message of this number as unreadable, on whatever worker."""
    return workflow.unsafe.is_replaying() and workflow.patched(_marker(number))


def reason_to_refuse(payloads: Sequence[Any]) -> str | None:
    """Why this worker cannot read or does not accept one of the payloads; None where it can."""
    raws = (value.payload.metadata for value in payloads if isinstance(value, RawValue))
    return next(filter(None, map(refusal_of, raws)), None)


def check_decrypted(payloads: Sequence[Any]) -> None:
    """Raises `CannotDecrypt` where one is still encrypted: the workflow task fails, and is retried."""
    for value in payloads:
        if isinstance(value, RawValue) and is_encrypted(value.payload.metadata):
            raise CannotDecrypt(value.payload.metadata)


def _marker(number: int) -> str:
    return f"unreadable-{number}"


def one_text(payloads: Sequence[Any]) -> str:
    """The JSON text of the one payload that a message carries; raises `DoesNotFit` and `CannotDecrypt`."""
    check_decrypted(payloads)
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


def excerpt(payloads: Sequence[Any]) -> str:
    """The first 500 characters of what arrived, such that they can be written as JSON."""
    texts = []
    for value in payloads:
        if isinstance(value, RawValue):
            if is_encrypted(value.payload.metadata):
                continue
            text = value.payload.data[: 4 * MAX_PAYLOAD_SHOWN].decode("utf-8", "replace")
        else:
            text = json.dumps(value, ensure_ascii=False)
        texts.append(text[:MAX_PAYLOAD_SHOWN])
    kept = "\n".join(texts)[:MAX_PAYLOAD_SHOWN]
    # A control character takes six bytes when escaped, and the state that a case carries is bounded.
    return kept.encode("utf-8", "replace").decode("utf-8").translate(_PRINTABLE)


def addressed(case_id: CaseId, message: Message) -> str:
    """A message as the registry keeps it after the end: its fields in the contract, and its case."""
    named = {"agency": case_id.agency, "tracking_number": case_id.tracking_number}
    return json.dumps(named | typed(message), ensure_ascii=False)


_PRINTABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32)), "�")
