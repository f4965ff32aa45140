"""A person opens a cleared case again: it goes on with all that it was made of."""

import asyncio
import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from conviction_gate import policy
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import CorrectionRequest
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry import RecordedCase, Registry
from tests.support.workflow_cases import (
    amendment,
    booking,
    case_id,
    conviction,
    correct,
    correction,
    court_update,
    dismissal,
    finding,
    open_by_signal,
    rejected,
    review_decision,
    settled,
    start,
    submit,
    view,
)

Handle = WorkflowHandle[Any, CaseResult]
AT = datetime(2014, 5, 2, 9, tzinfo=UTC)
LONG = "a plea of nolo contendere was offered and withdrawn. " * 20


async def cleared(client: Client, registry: Registry, **changed: Any) -> tuple[CaseId, dict[str, Any]]:
    """A case that was dismissed, and its booking."""
    case = case_id()
    charge = {"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)", "description": "driving unlicensed"}
    booked = booking(case, charges=[charge], **changed)
    handle = await start(client, case, booked)
    await handle.signal("court_update", court_update("u-1", detail=LONG))
    await handle.signal("conviction", {"not": "one"})
    await rejected(handle, 1)
    await handle.signal("dismissal", dismissal())
    assert (await handle.result()).outcome == "cleared"
    return case, booked


REOPENING = Reopening(by="clerk-7", reason="refiled as 14CR-7", reopened_at=AT)


async def on_record(registry: Registry, case: CaseId) -> dict[str, Any]:
    """The first half of `conviction-gate reopen`; returns the booking that the run is started with."""
    kept = await registry.reopen(str(case), REOPENING, policy.reopen)
    assert isinstance(kept, RecordedCase)
    return kept.facts.bookings[0].model_dump(mode="json")


async def reopened(client: Client, registry: Registry, case: CaseId) -> Handle:
    """What `conviction-gate reopen` does: a record first, then a run."""
    return await start(client, case, await on_record(registry, case), forgotten=True)


async def reopened_with(
    client: Client, registry: Registry, case: CaseId, name: str, message: dict[str, Any]
) -> Handle:
    """A case that is reopened, and gets a message before it can recall what it was made of."""
    return await open_by_signal(
        client, case, name, message, input=await on_record(registry, case), forgotten=True
    )


async def test_a_reopened_case_goes_on_with_what_it_was_made_of(client: Client, registry: Registry) -> None:
    case, _ = await cleared(client, registry)
    handle = await reopened(client, registry, case)
    seen = await settled(handle, "waiting_for_court")
    assert [message.message_id for message in seen.messages] == ["b-1", "u-1", "d-1"]
    assert (seen.messages_total, seen.rejected_total) == (3, 1)
    assert seen.reopened is not None
    assert (seen.reopened.by, seen.reopened.reason) == ("clerk-7", "refiled as 14CR-7")
    assert seen.charges[0].disposition is None
    await handle.signal("conviction", conviction(decided_on="2014-09-01"))
    assert (await handle.result()).rule == "flag.convicted"
    (flag,) = [flag for flag in await registry.flags() if flag.case_id == str(case)]
    assert flag.status == "active"
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    assert [one.by for one in kept.facts.reopenings] == ["clerk-7"]


async def test_what_it_heard_before_changes_nothing_when_it_comes_again(
    client: Client, registry: Registry
) -> None:
    case, booked = await cleared(client, registry)
    handle = await reopened(client, registry, case)
    await settled(handle, "waiting_for_court")
    for name, message in [
        ("booking", booked),
        ("court_update", court_update("u-1", detail=LONG)),
        ("dismissal", dismissal()),
    ]:
        answer = await submit(handle, {"type": name} | message)
        assert (answer.duplicate, answer.status) == (True, "waiting_for_court")
    same = await submit(handle, {"type": "dismissal"} | dismissal("court-9", sender="court"))
    assert (same.duplicate, same.status) == (False, "waiting_for_court")
    await handle.signal("dismissal", dismissal("d-1", decided_on="2014-01-01"))
    assert "used that id for a different message" in (await rejected(handle, 2)).rejected[-1].reason
    await handle.signal("dismissal", dismissal("d-2", decided_on="2014-09-01"))
    assert (await handle.result()).outcome == "cleared"


async def test_what_came_after_the_end_is_known_to_the_reopened_case(
    client: Client, registry: Registry
) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("subject_finding", finding("f-1", "misidentified"))
    assert (await handle.result()).outcome == "cleared"
    assert "cleared again" in str(await registry.reopen(str(case), REOPENING, policy.reopen))
    await correct(client, case, correction("k-1", "f-1"))
    handle = await reopened(client, registry, case)
    seen = await settled(handle, "waiting_for_court")
    assert [message.message_id for message in seen.messages] == ["b-1", "f-1", "k-1"]
    await handle.terminate()


async def test_a_case_without_its_withdrawn_flag_is_flagged_anew(client: Client, registry: Registry) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("conviction", conviction())
    assert (await handle.result()).outcome == "flagged"
    await correct(client, case, correction("k-1", "c-1"))
    handle = client.get_workflow_handle(str(case), result_type=CaseResult)  # it runs again by itself
    await settled(handle, "waiting_for_court")
    assert (await view(handle)).flag_status == "withdrawn"
    await handle.signal("conviction", conviction("c-2", decided_on="2014-09-01"))
    assert (await handle.result()).rule == "flag.convicted"
    flags = [flag.status for flag in await registry.flags() if flag.case_id == str(case)]
    assert flags == ["withdrawn", "active"]


async def test_rulings_and_classes_are_recalled(client: Client, registry: Registry) -> None:
    case = case_id()
    unknown = [{"charge_id": "1", "scheme": "CA-VC", "code": "no-such-code"}]
    handle = await start(client, case, booking(case, charges=unknown))
    await settled(handle, "needs_review")
    await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    await settled(handle, "waiting_for_court")
    await handle.signal("dismissal", dismissal())
    assert (await handle.result()).outcome == "cleared"
    handle = await reopened(client, registry, case)
    seen = await settled(handle, "waiting_for_court")
    assert seen.charges[0].charge_class == "minor_traffic"
    await handle.terminate()


@pytest.mark.parametrize("name", ["conviction", "dismissal"])
async def test_no_message_reopens_a_case(name: str, client: Client, registry: Registry) -> None:
    """Started anew after the server forgot it, it ends with what is on record."""
    case, booked = await cleared(client, registry)
    before = await registry.outcome(str(case))
    handle = await start(client, case, booked, forgotten=True)
    message = partial(conviction if name == "conviction" else dismissal, "n-1", decided_on="2014-09-01")
    await handle.signal(name, message())
    assert await handle.result() == before


async def test_a_message_that_comes_before_it_recalls_replaces_nothing(
    client: Client, registry: Registry
) -> None:
    """The amendment to drunk driving was corrected; another correction of the same id undoes nothing."""
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("correction", correction("k-1", "a-1"))
    await handle.signal("amendment", amendment("a-1", "2012-08-01", code="23152(a)"))
    await settled(handle, "waiting_for_court", messages=3)
    await handle.signal("dismissal", dismissal())
    await handle.result()
    handle = await reopened_with(client, registry, case, "correction", correction("k-1", "no-such"))
    seen = await settled(handle, "waiting_for_court", messages=4)
    assert [message.message_id for message in seen.messages] == ["b-1", "k-1", "a-1", "d-1"]
    assert "used that id for a different message" in seen.rejected[0].reason
    assert json.loads(seen.rejected[0].payload)["corrects"] == "no-such"
    await handle.terminate()


async def test_a_ruling_that_comes_before_it_recalls_answers_nothing(
    client: Client, registry: Registry
) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("court_update", court_update("u-1", "deferred_with_plea"))
    await settled(handle, "needs_review")
    await handle.signal("review_decision", review_decision("r-1", "not_conviction", charge_id="1"))
    await handle.result()
    ruling = review_decision("r-2", "conviction", charge_id="1")
    handle = await reopened_with(client, registry, case, "review_decision", ruling)
    seen = await settled(handle, "needs_review", messages=4)
    assert seen.messages[-1].effect == "no effect: no question is open"
    await handle.terminate()


async def test_what_comes_before_it_recalls_is_taken_if_it_is_new(client: Client, registry: Registry) -> None:
    case, _ = await cleared(client, registry)
    new = conviction("c-9", decided_on="2014-09-01")
    handle = await reopened_with(client, registry, case, "conviction", new)
    assert (await handle.result()).grounds == ("c-9",)
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    assert [message.message_id for message in kept.case.messages] == ["b-1", "u-1", "d-1", "c-9"]
    assert kept.case.messages_total == 4


async def test_a_ruling_without_effect_binds_nothing_when_it_comes_again(
    client: Client, registry: Registry
) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await settled(handle, "waiting_for_court")
    ruling = {"type": "review_decision"} | review_decision("r-0", "conviction", charge_id="1")
    assert (await submit(handle, ruling)).effect.startswith("no effect")
    await handle.signal("dismissal", dismissal())
    await handle.result()
    handle = await reopened(client, registry, case)
    await settled(handle, "waiting_for_court")
    await handle.signal("court_update", court_update("u-9", "deferred_with_plea", occurred_on="2014-09-01"))
    await settled(handle, "needs_review")
    answer = await submit(handle, ruling)
    assert (answer.duplicate, answer.status) == (True, "needs_review")
    await handle.terminate()


@pytest.mark.parametrize("word", ["us_citizen", "misidentified", "deceased"])
async def test_a_finding_under_way_while_a_case_is_reopened_reaches_its_run(
    word: str, client: Client, registry: Registry
) -> None:
    case, _ = await cleared(client, registry)
    booked = await on_record(registry, case)
    sent = {"type": "subject_finding"} | finding("k-1", word)
    under_way = asyncio.create_task(correct(client, case, sent))
    await asyncio.sleep(1)  # the case is open in the registry, and has no run yet
    assert not under_way.done()
    handle = await start(client, case, booked, forgotten=True)
    assert (await handle.result()).rule == f"clear.{word}"
    assert (await under_way).outcome == "unchanged"


async def test_however_much_comes_after_the_end_a_reopened_case_recalls_it(
    client: Client, registry: Registry
) -> None:
    case, _ = await cleared(client, registry)
    for number in range(300):
        sent = correction(f"k-{number}", "nothing", detail="x" * 2000)
        named = {"agency": case.agency, "tracking_number": case.tracking_number, "type": "correction"}
        answer = await registry.correct(
            CorrectionRequest(
                correction_id=case.correction_id(f"k-{number}"),
                case_id=str(case),
                payload=json.dumps(named | sent),
                received_at=AT,
            ),
            partial(policy.judge, found=policy.LookedUp()),
        )
        assert answer is not None
    handle = await reopened(client, registry, case)
    assert (await settled(handle, "waiting_for_court")).messages_total == 303
    await handle.terminate()
