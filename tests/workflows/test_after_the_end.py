"""What comes after a case has ended, and what comes while its flag is being written."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import Flag
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.internal.activities import Concluded, Conclusion
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry import Registry
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
    raw,
    review_decision,
    settled,
    start,
    view,
)
from worker import make_worker

VACATED = dismissal("d-1", disposition="vacated", decided_on="2014-01-09")


async def flagged(client: Client, *convictions: dict[str, Any]) -> CaseId:
    """A case that ended flagged, on a conviction that is there before the booking."""
    case = case_id()
    handle = await start(client, case, None)
    for message in convictions or (conviction(),):
        await handle.signal("conviction", message)
    await handle.signal("booking", booking(case))
    assert (await handle.result()).outcome == "flagged"
    return case


async def cleared(client: Client) -> CaseId:
    case = case_id()
    handle = await start(client, case, booking(case))
    await handle.signal("dismissal", dismissal())
    assert (await handle.result()).outcome == "cleared"
    return case


async def flag_of(registry: Registry, case: CaseId) -> Flag | None:
    found = [flag for flag in await registry.flags() if flag.case_id == str(case)]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    "message",
    [
        correction("k-1", "c-1"),
        {"type": "correction"} | correction("k-1", "c-1", ground="vacated"),
        {"type": "dismissal"} | dismissal("k-1", disposition="vacated", decided_on="2015-02-02"),
        {"type": "subject_finding"} | finding("k-1", "us_citizen"),
        {"type": "subject_finding"} | finding("k-1", "misidentified"),
        {"type": "subject_finding"} | finding("k-1", "deceased"),
        correction("k-1", "no-such", ground="us_citizen"),
        # Handed on as it came, its quotes escaped once more, it was too large for the server.
        correction("k-1", "c-1", nobody_knows='"' * 140_000),
    ],
    ids=lambda message: f"{message.get('type')} {message.get('ground') or message.get('finding') or ''}",
)
async def test_a_flag_whose_ground_fell_is_withdrawn(
    message: dict[str, Any], client: Client, registry: Registry
) -> None:
    case = await flagged(client)
    result = await correct(client, case, message)
    assert result.outcome == "withdrawn"
    assert result.explanation
    flag = await flag_of(registry, case)
    assert flag is not None
    assert flag.status == "withdrawn"
    assert flag.withdrawn_at is not None
    assert flag.withdrawn_reason
    assert (flag.rule, flag.grounds) == ("flag.convicted", ("c-1",))


@pytest.mark.parametrize(
    "message",
    [
        correction("k-1", "no-such"),
        correction("k-1", "b-1", sender="another"),
        {"type": "conviction"} | conviction("k-1", decided_on="2013-09-09"),
        {"type": "court_update"} | court_update("k-1", "continuance", occurred_on="2013-09-09"),
        {"type": "record_update", "message_id": "k-1", "reported_on": "2013-09-09"},
        {"type": "amendment"} | amendment("k-1", "2012-08-01", charge_id="2", code="22350"),
        {"type": "dismissal"} | dismissal("k-1", disposition="vacated", charge_id="9"),
        {"type": "dismissal"} | dismissal("k-1", disposition="vacated", decided_on="2013-01-01"),
    ],
    ids=[
        *("unknown message", "another's booking", "a conviction", "a continuance", "the same record"),
        *("another charge filed", "another charge", "before the conviction"),
    ],
)
async def test_a_flag_stands_where_its_ground_is_not_touched(
    message: dict[str, Any], client: Client, registry: Registry
) -> None:
    case = await flagged(client)
    result = await correct(client, case, message)
    assert result.outcome == "unchanged"
    assert "the flag stands" in result.explanation
    flag = await flag_of(registry, case)
    assert flag is not None
    assert flag.status == "active"


async def test_a_clearance_stays_one(client: Client, registry: Registry) -> None:
    case = await cleared(client)
    result = await correct(client, case, correction("k-1", "d-1"))
    assert result.outcome == "unchanged"
    assert await flag_of(registry, case) is None
    outcome = await registry.outcome(str(case))
    assert outcome is not None
    assert outcome.outcome == "cleared"


async def test_a_case_that_nobody_knows_is_named(client: Client, registry: Registry) -> None:
    case = case_id()
    result = await correct(client, case, correction("k-1", "c-1"))
    assert result.outcome == "unchanged"
    assert str(case) in result.explanation
    assert len(await registry.corrections(str(case))) == 1


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (("gone",), "the payload is a text"),
        ((), "no payload"),
        ((None,), "the payload is null"),
        ((raw(b"{oops"),), "the payload is not JSON"),
        ((raw(b"\xff"),), "not UTF-8"),
        ((raw(b"\x01", "binary/sealed"),), "'binary/sealed'"),
        ((raw(b'{"agency": "\\ud800"}'),), "half a character"),
        (({"message_id": "k-1"}, {"message_id": "k-2"}), "2 payloads"),
        ((correction("k-1", "c-1") | {"tracking_number": "T-1"},), "agency: missing"),
        ((correction("k-1", "c-1") | {"agency": "zz", "tracking_number": "T-1"},), "name no case"),
    ],
    ids=str,
)
async def test_an_input_that_names_no_case_is_kept(
    inputs: tuple[Any, ...], reason: str, client: Client, registry: Registry
) -> None:
    before = len(await registry.corrections(None))
    result = await correct(client, None, *inputs)
    assert result.outcome == "unchanged"
    assert reason in result.explanation
    assert len(await registry.corrections(None)) == before + 1


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"message_id": "k-1", "corrects": "c-1"}, "ground: missing"),
        ({"message_id": "k-1", "corrects": "c-1", "detail": "x" * 900}, "ground: missing"),
        ({"type": 7} | correction("k-1", "c-1"), "type: not a text"),
        ({"type": "verdict"} | correction("k-1", "c-1"), "'verdict' is not a known signal"),
        ({"type": "review_decision"} | review_decision("k-1", "not_conviction"), "a person may reopen it"),
        (correction("k-1", "c-1", corrected_on="2226-01-01"), "corrected_on: 2226-01-01 is"),
        (correction("c-1", "c-1"), "message_id: known of this sender"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
async def test_an_input_that_does_not_fit_is_kept_with_its_case(
    message: dict[str, Any], reason: str, client: Client, registry: Registry
) -> None:
    case = await flagged(client)
    result = await correct(client, case, message)
    assert result.outcome == "unchanged"
    assert reason in result.explanation
    (kept,) = await registry.corrections(str(case))
    assert message["message_id"] in kept.payload
    flag = await flag_of(registry, case)
    assert flag is not None
    assert flag.status == "active"


async def test_an_open_case_is_handed_the_message(client: Client, registry: Registry) -> None:
    case = case_id()
    handle = await start(client, case, booking(case))
    await settled(handle, "waiting_for_court")
    result = await correct(client, case, {"type": "subject_finding"} | finding("k-1", "us_citizen"))
    assert result.outcome == "unchanged"
    assert "sent to it" in result.explanation
    assert (await handle.result()).rule == "clear.us_citizen"
    assert await registry.corrections(str(case)) == ()


async def test_a_second_correction_sees_the_first(client: Client, registry: Registry) -> None:
    case = await flagged(client, conviction("c-1"), conviction("c-2", severity="felony"))
    first = await correct(client, case, correction("k-1", "c-1"), message_id="k-1")
    assert first.outcome == "unchanged"
    second = await correct(client, case, correction("k-2", "c-2"), message_id="k-2")
    assert second.outcome == "withdrawn"
    assert len(await registry.corrections(str(case))) == 2
    third = await correct(client, case, correction("k-3", "c-2"), message_id="k-3")
    assert "sent to it" in third.explanation  # it waits for the court again
    await settled(client.get_workflow_handle(str(case)), "waiting_for_court", messages=6)


async def test_a_forgotten_case_ends_as_it_ended(client: Client, registry: Registry) -> None:
    case = await cleared(client)
    before = await registry.outcome(str(case))
    charges = [{"charge_id": "1", "scheme": "CA-VC", "code": "23152(a)"}]
    handle = await start(client, case, booking(case, charges=charges), forgotten=True)
    assert await handle.result() == before
    assert await flag_of(registry, case) is None


async def test_a_forgotten_flag_is_not_written_twice(client: Client, registry: Registry) -> None:
    case = await flagged(client)
    before = await registry.outcome(str(case))
    handle = await start(client, case, booking(case), forgotten=True)
    assert await handle.result() == before
    assert await flag_of(registry, case) is not None


async def test_what_comes_for_a_forgotten_flag_may_withdraw_it(client: Client, registry: Registry) -> None:
    """A sender that asks no records signals with a start, and then sends the booking again."""
    case = await flagged(client)
    handle = await open_by_signal(client, case, "dismissal", VACATED, forgotten=True)
    await handle.signal("court_update", court_update("u-1"))
    await handle.signal("booking", booking(case))
    assert (await handle.result()).outcome == "withdrawn"
    flag = await flag_of(registry, case)
    assert flag is not None
    assert flag.status == "withdrawn"
    applied = {one.correction_id for one in await registry.corrections(str(case))}
    assert applied == {case.correction_id(message_id) for message_id in ("b-1", "d-1", "u-1")}


async def test_a_forgotten_flag_may_be_followed_by_a_new_wait(client: Client, registry: Registry) -> None:
    case = await flagged(client)
    new_trial = court_update("u-1", "appeal_de_novo", occurred_on="2013-07-20")
    handle = await open_by_signal(client, case, "court_update", new_trial, forgotten=True)
    await handle.signal("booking", booking(case))
    await settled(handle, "waiting_for_court")
    await handle.signal("conviction", conviction("c-2", decided_on="2014-06-02"))
    assert (await handle.result()).grounds == ("c-2",)
    assert [flag.status for flag in await registry.flags() if flag.case_id == str(case)] == [
        "withdrawn",
        "active",
    ]


# -- a case that runs again ------------------------------------------------------------------------


def entry(message_id: str, word: str) -> dict[str, Any]:
    """A docket entry after the conviction, as a correction names its type."""
    return {"type": "court_update"} | court_update(message_id, word, occurred_on="2013-07-20")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (correction("k-1", "c-1"), "waiting_for_court"),
        (
            {"type": "court_update"} | court_update("k-1", "appeal_de_novo", occurred_on="2013-07-20"),
            "waiting_for_court",
        ),
        (
            {"type": "court_update"} | court_update("k-1", "appeal_filed", occurred_on="2013-07-20"),
            "needs_review",
        ),
        ({"type": "amendment"} | amendment("k-1", "2014-08-01"), "waiting_for_court"),
        (correction("k-1", "b-1"), "awaiting_booking"),
        ({"type": "amendment"} | amendment("k-1", "2014-08-01", code="no-such-code"), "needs_review"),
    ],
    ids=["corrected", "a new trial", "under appeal", "filed anew", "no booking left", "of an unknown class"],
)
async def test_a_case_with_something_left_to_wait_for_runs_again(
    message: dict[str, Any], status: str, client: Client, registry: Registry
) -> None:
    case = await flagged(client)
    assert (await correct(client, case, message)).outcome == "withdrawn"
    handle = client.get_workflow_handle(str(case))
    seen = await settled(handle, status)
    assert (seen.flag_status, seen.messages_total) == ("withdrawn", 3)
    if status == "awaiting_booking":
        await handle.signal("booking", booking(case, message_id="b-2", booking_number="B-2"))
        await settled(handle, "flagged")  # the conviction stands
        return
    if message.get("type") == "amendment":  # what the court had said was of the charge as it was
        await handle.signal("review_decision", review_decision("r-1", "minor_traffic", charge_id="1"))
    vacated = dismissal("d-9", disposition="vacated", decided_on="2015-01-09")
    await handle.signal("dismissal", vacated)
    await settled(handle, "cleared")
    outcome = await registry.outcome(str(case))
    assert outcome is not None
    assert outcome.outcome == "cleared"


async def test_a_booking_with_a_typo_flags_no_longer_once_it_is_corrected(
    client: Client, registry: Registry
) -> None:
    case = case_id()
    typo = [{"charge_id": "1", "scheme": "CA-VC", "code": "23152(a)"}]
    handle = await start(client, case, booking(case, charges=typo))
    assert (await handle.result()).rule == "flag.excluded_offense"
    right = correction("k-1", "b-1", replacement=booking(case, message_id="b-2"))
    assert (await correct(client, case, right)).outcome == "withdrawn"
    await settled(client.get_workflow_handle(str(case)), "waiting_for_court")


async def test_a_record_that_was_somebody_elses_flags_no_longer(client: Client, registry: Registry) -> None:
    case = case_id()
    felony = {"scheme": "NIBRS", "code": "23C", "severity": "felony", "decided_on": "2009-04-02"}
    row = {"subject": booking(case)["subject"], "records": [felony | {"disposition": "convicted"}]}
    await registry.import_history([HistoryAnswer.model_validate(row)])
    handle = await start(client, case, booking(case))
    assert (await handle.result()).rule == "flag.prior_conviction"
    changed = {"type": "record_update", "message_id": "k-1", "reported_on": "2013-01-01"}
    assert (await correct(client, case, changed)).outcome == "unchanged"
    await registry.import_history([HistoryAnswer.model_validate(row | {"records": []})])
    again = changed | {"message_id": "k-2"}
    assert (await correct(client, case, again, message_id="k-2")).outcome == "withdrawn"
    await settled(client.get_workflow_handle(str(case)), "waiting_for_court")


async def test_two_corrections_at_once_start_the_case_once(client: Client, registry: Registry) -> None:
    case = await flagged(client)
    new_trial = entry("k-2", "appeal_de_novo")
    await asyncio.gather(
        correct(client, case, correction("k-1", "c-1"), message_id="k-1"),
        correct(client, case, new_trial, message_id="k-2"),
    )
    seen = await settled(client.get_workflow_handle(str(case)), "waiting_for_court", messages=4)
    assert seen.messages_total == 4
    assert [flag.status for flag in await registry.flags() if flag.case_id == str(case)] == ["withdrawn"]


# -- while the flag is being written ---------------------------------------------------------------

SLOW = "booking-cases-slow"


class PausingRegistry(Registry):
    """Writes a flag, and answers only once it may: what comes meanwhile came too late to stop it."""

    def __init__(self, usual: Registry) -> None:
        super().__init__(usual._database)
        self.written = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def flag(self, conclusion: Conclusion) -> Concluded:
        concluded = await super().flag(conclusion)
        self.written.set()
        await self.may_answer.wait()
        return concluded


@pytest.mark.parametrize(
    ("name", "message", "outcome", "rule"),
    [
        ("dismissal", VACATED, "withdrawn", "clear.no_conviction"),
        ("subject_finding", finding("f-1", "us_citizen"), "withdrawn", "clear.us_citizen"),
        ("conviction", conviction("c-2", decided_on="2013-09-09"), "flagged", "flag.convicted"),
    ],
)
async def test_what_comes_while_the_flag_is_written_is_decided_on(
    name: str,
    message: dict[str, Any],
    outcome: str,
    rule: str,
    server: WorkflowEnvironment,
    registry: Registry,
) -> None:
    slow, case = PausingRegistry(registry), case_id()
    async with make_worker(server.client, slow, Settings(), task_queue=SLOW):
        handle = await start(server.client, case, booking(case), task_queue=SLOW)
        await settled(handle, "waiting_for_court")
        await handle.signal("conviction", conviction())
        await slow.written.wait()
        await handle.signal(name, message)
        slow.may_answer.set()
        result = await handle.result()
        status = "withdrawn" if outcome == "withdrawn" else "active"
        assert (await view(handle)).flag_status == status
    assert (result.outcome, result.rule) == (outcome, rule)
    flag = await flag_of(registry, case)
    assert flag is not None
    assert flag.status == status
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    assert message["message_id"] in {shown.message_id for shown in kept.case.messages}


async def test_a_flag_withdrawn_in_its_own_run_may_be_followed_by_another(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    slow, case = PausingRegistry(registry), case_id()
    async with make_worker(server.client, slow, Settings(), task_queue=SLOW):
        handle = await start(server.client, case, booking(case), task_queue=SLOW)
        await settled(handle, "waiting_for_court")
        await handle.signal("conviction", conviction())
        await slow.written.wait()
        await handle.signal("correction", correction("k-1", "c-1"))
        slow.may_answer.set()
        seen = await settled(handle, "waiting_for_court", messages=3)
        assert seen.charges[0].disposition is None
        while (flag := await flag_of(registry, case)) is None or flag.status == "active":
            await asyncio.sleep(0.02)
        while (await view(handle)).flag_status != "withdrawn":
            await asyncio.sleep(0.02)
        await handle.signal("conviction", conviction("c-2", decided_on="2014-06-02"))
        result = await handle.result()
    assert (result.outcome, result.grounds) == ("flagged", ("c-2",))
    statuses = [flag.status for flag in await registry.flags() if flag.case_id == str(case)]
    assert statuses == ["withdrawn", "active"]


async def test_a_charge_that_comes_while_the_flag_is_written_is_placed(
    server: WorkflowEnvironment, registry: Registry
) -> None:
    """So that a later correction finds no charge without a class and withdraws for that alone."""
    slow, case = PausingRegistry(registry), case_id()
    async with make_worker(server.client, slow, Settings(), task_queue=SLOW):
        handle = await start(server.client, case, booking(case), task_queue=SLOW)
        await settled(handle, "waiting_for_court")
        await handle.signal("conviction", conviction())
        await slow.written.wait()
        await handle.signal("amendment", amendment("a-1", "2013-08-01", charge_id="2", code="22350"))
        await handle.signal("court_update", court_update("u-1"))
        slow.may_answer.set()
        assert (await handle.result()).outcome == "flagged"
    kept = await registry.recorded_case(str(case))
    assert kept is not None
    assert {placed.code for placed in kept.facts.placements} == {"12500(a)", "22350"}
    assert kept.case.messages_total == 4
