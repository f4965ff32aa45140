"""Payloads that a worker cannot decrypt: refused on their case, also when another worker replays it.

A payload that was read before, or that is the case's own, must be readable: else the task fails, and is tried
again until the key is there.
"""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

import worker
import workflows.booking_case
import workflows.flag_correction
from conviction_gate.encryption.converter import data_converter
from conviction_gate.registry import Registry
from tests.support.keyed_queue import KeyedQueue, encrypting
from tests.support.workflow_cases import (
    booking,
    case_id,
    conviction,
    correction,
    court_update,
    open_by_signal,
    rejected,
    settled,
    start,
    submit,
    view,
)

# A case whose start cannot be decrypted fails before its `run`, which the SDK has made then and never awaits.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine '_WorkflowInstanceImpl:RuntimeWarning")


@pytest.fixture
def queue(server: WorkflowEnvironment, registry: Registry) -> KeyedQueue:
    return KeyedQueue(server, registry)


def of(client: Client, handle: WorkflowHandle[Any, Any]) -> WorkflowHandle[Any, Any]:
    """The same case, through another client."""
    return client.get_workflow_handle(handle.id)


async def test_a_message_whose_key_is_missing_is_refused_on_its_case_and_stays_so(queue: KeyedQueue) -> None:
    ours, theirs = queue.client(encrypting("k1")), queue.client(encrypting("k2", "k1"))
    case = case_id()
    async with queue.worker(encrypting("k1")):
        handle = await start(ours, case, booking(case), task_queue=queue.name)
        await settled(handle, "waiting_for_court")
        await of(theirs, handle).signal("conviction", conviction())
        seen = await rejected(handle, 1)
        assert seen.rejected[0].reason.startswith(
            "the payload is encrypted with the key 'k2', which is not here; "
        )
        assert (seen.status, seen.needs_attention, seen.rejected[0].payload) == ("waiting_for_court", True, "")
        await handle.signal("court_update", court_update("u-1"))  # nothing else is held up by it
        await settled(handle, "waiting_for_court", messages=2)
    for keys in (("k1",), ("k1", "k2"), ("k2", "k1")):
        assert await queue.replays(handle, encrypting(*keys)) is None
    async with queue.worker(encrypting("k2", "k1")):
        seen = await view(of(theirs, handle))
        assert (seen.status, seen.rejected_total) == ("waiting_for_court", 1)
        assert "could not be decrypted when it arrived" in seen.rejected[0].reason
        await of(theirs, handle).signal("conviction", conviction())
        assert (await of(theirs, handle).result())["outcome"] == "flagged"
    assert await queue.replays(handle, encrypting("k1", "k2")) is None


async def test_what_was_read_fails_the_task_where_its_key_is_lost(queue: KeyedQueue) -> None:
    ours, theirs = queue.client(encrypting("k1")), queue.client(encrypting("k2", "k1"))
    case = case_id()
    async with queue.worker(encrypting("k1", "k2")):
        handle = await start(ours, case, booking(case), task_queue=queue.name)
        await settled(handle, "waiting_for_court")
        await of(theirs, handle).signal("court_update", court_update("u-1"))
        await settled(handle, "waiting_for_court", messages=2)
    assert "key 'k2', which is not here" in str(await queue.replays(handle, encrypting("k1")))
    assert await queue.replays(handle, encrypting("k1", "k2")) is None


async def test_an_update_that_was_taken_fails_the_task_where_its_key_is_lost(queue: KeyedQueue) -> None:
    ours, theirs = queue.client(encrypting("k1")), queue.client(encrypting("k2", "k1"))
    case = case_id()
    async with queue.worker(encrypting("k1", "k2")):
        handle = await start(ours, case, booking(case), task_queue=queue.name)
        await settled(handle, "waiting_for_court")
        await submit(of(theirs, handle), court_update("u-1") | {"type": "court_update"})
    assert "key 'k2', which is not here" in str(await queue.replays(handle, encrypting("k1")))


async def test_submit_refuses_what_it_cannot_read(queue: KeyedQueue) -> None:
    ours, theirs = queue.client(encrypting("k1")), queue.client(encrypting("k2", "k1"))
    case = case_id()
    async with queue.worker(encrypting("k1")):
        handle = await start(ours, case, booking(case), task_queue=queue.name)
        await settled(handle, "waiting_for_court")
        with pytest.raises(WorkflowUpdateFailedError) as error:
            await submit(of(theirs, handle), conviction() | {"type": "conviction"})
        assert isinstance(error.value.cause, ApplicationError)
        assert "key 'k2', which is not here" in str(error.value.cause)
        assert (await view(handle)).rejected_total == 0


@pytest.mark.parametrize("null", [True, False])
async def test_a_start_whose_key_is_missing(queue: KeyedQueue, null: bool) -> None:
    """A null, too: our own client opens a case so, and encrypts the null."""
    ours, theirs = queue.client(encrypting("k1")), queue.client(encrypting("k2", "k1"))
    case = case_id()
    async with queue.worker(encrypting("k1")):
        opened = await start(theirs, case, None if null else booking(case), task_queue=queue.name)
        handle = of(ours, opened)
        seen = await rejected(handle, 1)
        assert seen.status == "awaiting_booking"
        assert "key 'k2', which is not here" in seen.rejected[0].reason
        await handle.signal("booking", booking(case))
        await settled(handle, "waiting_for_court")
    for keys in (("k1",), ("k1", "k2")):
        assert await queue.replays(handle, encrypting(*keys)) is None


@pytest.mark.parametrize("null", [True, False])
async def test_a_start_that_was_read_fails_the_task_where_its_key_is_lost(
    queue: KeyedQueue, null: bool
) -> None:
    ours, theirs = queue.client(encrypting("k1")), queue.client(encrypting("k2", "k1"))
    case = case_id()
    async with queue.worker(encrypting("k1", "k2")):
        opened = await start(theirs, case, None if null else booking(case), task_queue=queue.name)
        await settled(of(ours, opened), "awaiting_booking" if null else "waiting_for_court")
    assert "key 'k2', which is not here" in str(await queue.replays(opened, encrypting("k1")))
    assert await queue.replays(opened, encrypting("k1", "k2")) is None


async def test_results_and_carried_state_name_the_key_that_is_missing(
    queue: KeyedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows.booking_case, "MAX_MESSAGES_PER_RUN", 3)
    case = case_id()
    async with queue.worker(encrypting("k1")):
        handle = await start(queue.client(encrypting("k1")), case, booking(case), task_queue=queue.name)
        await settled(handle, "waiting_for_court")
        for number in range(4):
            await handle.signal("court_update", court_update(f"u-{number}"))
        await settled(handle, "waiting_for_court", messages=5)
    assert await queue.replays(handle, encrypting("k2", "k1")) is None
    assert "key 'k1', which is not here" in str(await queue.replays(handle, encrypting("k2")))


async def test_plaintext_can_be_refused(queue: KeyedQueue) -> None:
    plain, case = queue.client(data_converter), case_id()
    async with queue.worker(encrypting("k1", strict=True)):
        opened = await open_by_signal(plain, case, "conviction", conviction(), task_queue=queue.name)
        handle = of(queue.client(encrypting("k1")), opened)
        seen = await rejected(handle, 1)
        assert seen.rejected[0].reason.startswith(
            "the payload is not encrypted; encrypt it as docs/senders.md describes"
        )
        await handle.signal("booking", booking(case))
        await settled(handle, "waiting_for_court")
    for strict in (True, False):
        assert await queue.replays(handle, encrypting("k1", strict=strict)) is None


async def test_accepted_plaintext_stays_accepted_once_plaintext_is_refused(queue: KeyedQueue) -> None:
    plain, case = queue.client(data_converter), case_id()
    async with queue.worker(encrypting("k1")):
        opened = await start(plain, case, booking(case), task_queue=queue.name)
        handle = of(queue.client(encrypting("k1")), opened)
        await settled(handle, "waiting_for_court")
        await of(plain, handle).signal("court_update", court_update("u-1"))
        await settled(handle, "waiting_for_court", messages=2)
        # The answer is encrypted; that it was accepted is all that this sender learns.
        await of(plain, handle).execute_update("submit", court_update("u-2") | {"type": "court_update"})
    async with queue.worker(encrypting("k1", strict=True)):
        seen = await view(handle)
        assert (seen.rejected_total, seen.messages_total) == (0, 3)
        await of(plain, handle).signal("conviction", conviction())
        assert "not encrypted" in (await rejected(handle, 1)).rejected[0].reason
    assert await queue.replays(handle, encrypting("k1")) is None


async def test_a_correction_waits_for_its_key(queue: KeyedQueue) -> None:
    theirs, case = queue.client(encrypting("k2", "k1")), case_id()
    asked = theirs.get_workflow_handle(case.correction_id("k-1"))
    async with queue.worker(encrypting("k1")):
        waiting = await theirs.start_workflow(
            "FlagCorrection",
            {"agency": case.agency, "tracking_number": case.tracking_number, **correction("k-1", "b-1")},
            id=asked.id,
            task_queue=queue.name,
        )
        failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        async for event in waiting.fetch_history_events(wait_new_event=True):
            if event.event_type == failed:
                failure = event.workflow_task_failed_event_attributes.failure
                break
        assert "key 'k2', which is not here" in str(await encrypting("k1").decode_failure(failure))
    async with queue.worker(encrypting("k1", "k2")):
        assert (await asked.result())["outcome"] == "unchanged"


async def test_a_correction_whose_key_never_comes_ends_with_the_reason(
    queue: KeyedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours, case = queue.client(encrypting("k2", "k1")), queue.client(encrypting("k1")), case_id()
    with monkeypatch.context() as later:
        later.setattr(workflows.flag_correction, "KEY_MISSING_FOR", timedelta(0))
        later.setattr(worker, "sandboxed", UnsandboxedWorkflowRunner())  # else the module is imported anew
        async with queue.worker(encrypting("k1")):
            asked = await theirs.start_workflow(
                "FlagCorrection",
                {"agency": case.agency, "tracking_number": case.tracking_number, **correction("k-1", "b-1")},
                id=case.correction_id("k-1"),
                task_queue=queue.name,
            )
            answer = await ours.get_workflow_handle(asked.id).result()
        assert answer["outcome"] == "unchanged"
        assert "encrypted with the key 'k2', which is not here; " in answer["explanation"]
        # Also where the key has come since.
        assert await queue.replays(asked, encrypting("k1", "k2")) is None
    assert await queue.replays(asked, encrypting("k1", "k2")) is None


async def test_a_plaintext_correction_can_be_refused(queue: KeyedQueue) -> None:
    plain, case = queue.client(data_converter), case_id()
    async with queue.worker(encrypting("k1", strict=True)):
        asked = await plain.start_workflow(
            "FlagCorrection",
            {"agency": case.agency, "tracking_number": case.tracking_number, **correction("k-1", "b-1")},
            id=case.correction_id("k-1"),
            task_queue=queue.name,
        )
        answer = await queue.client(encrypting("k1")).get_workflow_handle(asked.id).result()
    assert "not encrypted" in answer["explanation"]
    for strict in (True, False):
        assert await queue.replays(asked, encrypting("k1", strict=strict)) is None


async def test_nothing_is_read_where_encryption_is_off(queue: KeyedQueue) -> None:
    encrypted, plain, case = queue.client(encrypting("k1")), queue.client(data_converter), case_id()
    async with queue.worker(data_converter):
        opened = await start(encrypted, case, booking(case), task_queue=queue.name)
        handle = of(plain, opened)
        assert "encryption is off here" in (await rejected(handle, 1)).rejected[0].reason
    for converter in (data_converter, encrypting("k1")):
        assert await queue.replays(handle, converter) is None
