"""What came by the door is recorded as proven, and nobody else can have it recorded so."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment

from conviction_gate.contracts.encrypted_payloads import BY_DOOR
from conviction_gate.contracts.names import FLAG_CORRECTION
from conviction_gate.encryption.converter import DoorPayloadConverter, data_converter
from conviction_gate.registry import Registry
from tests.support.keyed_queue import KeyedQueue, encrypting
from tests.support.workflow_cases import (
    as_json,
    booking,
    case_id,
    conviction,
    court_update,
    settled,
    start,
    view,
)


@pytest.fixture
def queue(server: WorkflowEnvironment, registry: Registry) -> KeyedQueue:
    return KeyedQueue(server, registry)


def as_door(converter: DataConverter) -> DataConverter:
    return replace(converter, payload_converter_class=DoorPayloadConverter)


def marked(value: Any) -> RawValue:
    """What a stranger writes who knows the mark."""
    metadata = {"encoding": b"json/plain", BY_DOOR: b"1"}
    return RawValue(Payload(metadata=metadata, data=as_json(value).encode()))


async def test_what_the_door_sent_is_told_from_what_a_stranger_did(
    queue: KeyedQueue, registry: Registry
) -> None:
    keyed, case = encrypting("k1"), case_id()
    door, other, stranger = map(queue.client, (as_door(keyed), keyed, data_converter))
    long = {"detail": "x" * 1900, "court": "y" * 1900, "docket_number": "z" * 128}
    async with queue.worker(keyed):
        handle = await start(door, case, booking(case), task_queue=queue.name)
        by_door = door.get_workflow_handle(handle.id)
        await settled(handle, "waiting_for_court")
        await by_door.signal("court_update", court_update("u-1") | long)
        await by_door.execute_update("submit", court_update("u-2") | {"type": "court_update"})
        await other.get_workflow_handle(handle.id).signal("court_update", court_update("u-3"))
        plain = stranger.get_workflow_handle(handle.id)
        await plain.signal("court_update", marked(court_update("u-4")))
        await plain.signal("court_update", court_update("u-5") | {"by_door": True})
        await plain.execute_update("submit", marked(court_update("u-6") | {"type": "court_update"}))
        await settled(handle, "waiting_for_court", messages=7)
        seen = await view(handle)
        proven = {message.message_id: message.by_door for message in seen.messages}
        assert proven == dict.fromkeys(("b-1", "u-1", "u-2"), True) | dict.fromkeys(
            ("u-3", "u-4", "u-5", "u-6"), False
        )
        await by_door.signal("conviction", conviction())
        await handle.result()
    recorded = await registry.recorded_case(str(case))
    assert recorded is not None
    assert recorded.facts.by_door == ("0:b-1", "0:u-1", "0:u-2", "0:c-1")
    assert await queue.replays(handle, keyed) is None

    late = {"agency": case.agency, "tracking_number": case.tracking_number, "type": "court_update"}
    async with queue.worker(keyed):
        for client, message_id in ((door, "u-7"), (stranger, "u-8")):
            asked = {**late, **court_update(message_id)}
            await client.execute_workflow(
                FLAG_CORRECTION,
                asked if client is door else marked(asked),
                id=case.correction_id(message_id),
                task_queue=queue.name,
            )
    recorded = await registry.recorded_case(str(case))
    assert recorded is not None
    assert recorded.facts.by_door[4:] == ("0:u-7",)
    assert [message.by_door for message in recorded.case.messages[-2:]] == [True, False]


async def test_without_encryption_nobody_is_proven(queue: KeyedQueue) -> None:
    case = case_id()
    async with queue.worker(data_converter):
        client = queue.client(as_door(data_converter))
        handle = await start(client, case, booking(case), task_queue=queue.name)
        await settled(handle, "waiting_for_court")
        assert [message.by_door for message in (await view(handle)).messages] == [False]
