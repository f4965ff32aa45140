"""What the history of a case tells without being replayed, on the recorded history of every shape."""

from pathlib import Path

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from conviction_gate.client.case_from_history import NOT_HANDLED_YET, CaseFromHistory, read_events
from conviction_gate.contracts.names import CASE_RULE, CASE_STATUS
from conviction_gate.encryption.converter import data_converter
from tests.replay import record
from workflows.state import CaseState

FILES = [file for one in record.sets() for file in record.files(one) if not file.name.startswith("correction")]


def named(name: str) -> Path:
    return next(file for file in FILES if file.name.startswith(name))


async def left_of(file: Path, events: int | None = None) -> CaseFromHistory:
    """Of the first `events` of a recorded history."""
    said = TypedSearchAttributes(
        [SearchAttributePair(CASE_STATUS, "a word of later"), SearchAttributePair(CASE_RULE, "review.other")]
    )
    history = record.read(file)
    return await read_events(data_converter, history.workflow_id, history.events[:events], said)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
async def test_it_tells_of_every_case_what_the_case_itself_handed_on(file: Path) -> None:
    left = await left_of(file)
    last = record.read(file).events[-1]
    if last.HasField("workflow_execution_completed_event_attributes"):
        assert left.result is not None
        assert left.view.explanation == left.result.explanation
        assert left.view.status == ("flagged" if left.result.outcome == "flagged" else "cleared")
    elif continued := last.workflow_execution_continued_as_new_event_attributes.input.payloads:
        (state,) = await data_converter.decode(continued, [CaseState])
        assert left.view.rejected_total == state.rejected_total
        if "reopened" not in file.name:  # what it was made of before came from the registry
            assert left.view.messages_total == state.messages_total
            assert [m.message_id for m in left.view.messages] == [m.message_id for m in state.messages]


async def test_what_no_worker_has_taken_yet_waits() -> None:
    file = named("flagged-by-a-conviction")
    events = record.read(file).events
    signaled = next(e.event_id for e in events if e.HasField("workflow_execution_signaled_event_attributes"))
    left = await left_of(file, signaled)
    assert left.result is None
    assert [m.effect for m in left.view.messages] == ["an arrest, on 1 charge", NOT_HANDLED_YET]
    assert (await left_of(file)).view.messages[1].effect == "charge 1: continuance on 2012-09-03"


async def test_a_state_that_cannot_be_read_is_left_out() -> None:
    file = named("continued-while-waiting.2")
    first = record.read(file).events[0]
    first.workflow_execution_started_event_attributes.input.payloads[0].data = b"another release's"
    left = await read_events(data_converter, "booking-case:CA0190000:A-1", [first], TypedSearchAttributes([]))
    assert left.view.messages == ()


async def test_a_word_of_a_later_release_is_left_out() -> None:
    view = (await left_of(named("waiting-for-court"))).view
    assert (view.status, view.rule) == ("checking_history", None)
