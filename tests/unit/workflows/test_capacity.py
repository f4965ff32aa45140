"""What a case has space for: a flood never takes the place of what counts, nor of what another sender sends."""

from collections.abc import Callable
from datetime import UTC, datetime

from conviction_gate.contracts.case import RejectedView
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.reading import read_message
from conviction_gate.devserver.temporal_server import BLOB_LIMIT
from tests.support.workflow_cases import amendment, as_json, conviction, correction, court_update, finding
from workflows.rejections import REJECTED_SHOWN, with_rejection
from workflows.state import CaseState

AT = datetime(2014, 5, 2, 9, tzinfo=UTC)
Make = Callable[[int], Message]


def update(n: int, entry: str = "continuance", sender: str = "court") -> Message:
    return read_message("court_update", as_json(court_update(f"u-{n}", entry, sender=sender, detail="x" * 200)))


def reinstated(n: int) -> Message:
    return update(n, "reinstated")


def convicted(n: int, sender: str = "court") -> Message:
    return read_message("conviction", as_json(conviction(f"c-{n}", sender=sender)))


def corrected(n: int) -> Message:
    return read_message("correction", as_json(correction(f"k-{n}", "c-1", sender="court", detail="x" * 200)))


def filed(n: int) -> Message:
    return read_message("amendment", as_json(amendment(f"a-{n}", "2012-08-01") | {"sender": "court"}))


def found(sender: str) -> Message:
    return read_message("subject_finding", as_json(finding("f-1", "us_citizen", sender=sender)))


def flood(state: CaseState, make: Make, most: int = 5_000) -> str | None:
    """Send until the case refuses one; returns the reason, None where it took all."""
    for n in range(most):
        if reason := state.refusal(message := make(n)):
            return reason
        state.learn(message)
        state.record(message, AT, "recorded")
    return None


def test_docket_entries_that_decide_nothing_never_fill_a_case() -> None:
    state = CaseState()
    assert flood(state, update) is None
    assert state.messages_total == 5_000
    assert state.repeats(update(4_999)) is True
    assert [state.refusal(message) for message in (convicted(1), corrected(1), found("court"))] == [None] * 3
    assert len(state.model_dump_json()) < 300_000


def test_entries_and_filings_leave_space_for_dispositions_and_those_for_people() -> None:
    state = CaseState()
    assert "the case is full of messages of this sender" in str(flood(state, reinstated))
    assert state.refusal(filed(1)) is not None
    assert state.refusal(convicted(1)) is None
    assert "the case is full of messages of this sender" in str(flood(state, convicted))
    assert state.refusal(found("court")) is None
    assert "the case is full" in str(flood(state, corrected))


def test_one_sender_fills_only_its_own_share() -> None:
    state = CaseState()
    assert flood(state, reinstated) is not None
    assert flood(state, convicted) is not None
    assert flood(state, corrected) is not None
    for message in (convicted(1, "another court"), found("identity desk")):
        assert state.refusal(message) is None
    again = CaseState.model_validate_json(state.model_dump_json())
    assert (again.refusal(corrected(9_999)), again.refusal(found("identity desk"))) == (
        state.refusal(corrected(9_999)),
        None,
    )


def test_a_case_that_many_senders_fill_can_still_be_carried_on() -> None:
    state = CaseState()
    for make in (
        update,
        lambda n: update(n, "reinstated", sender=f"s-{n % 7}"),
        lambda n: convicted(n, f"t-{n % 7}"),
    ):
        flood(state, make)
    assert state.refusal(found("identity desk")) is None
    assert len(state.bounded().model_dump_json().encode()) < BLOB_LIMIT - 10_000


def refused(n: int, name: str = "conviction", payload: str = "{oops") -> RejectedView:
    return RejectedView(name=name, received_at=AT, reason=str(n), payload=payload)


def test_the_last_hundred_of_one_source_are_shown() -> None:
    shown: list[RejectedView] = []
    for n in range(150):
        shown = with_rejection(shown, refused(n))
    assert [one.reason for one in shown] == [str(n) for n in range(50, 150)]


def test_a_refused_conviction_outlives_any_amount_of_junk() -> None:
    real = refused(-1, payload='{"message_id": "c-1", "sender" : "county-court", "charge_id": "1"')
    shown = with_rejection([], real)
    for n in range(1_000):
        shown = with_rejection(shown, refused(n))
        shown = with_rejection(shown, refused(n, name=f"signal-{n}"))
        shown = with_rejection(shown, refused(n, payload='{"sender": "gang"}'))
    assert shown[0] == real
    assert len(shown) == REJECTED_SHOWN
