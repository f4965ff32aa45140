"""Doubt goes to a person: `review list`, `review decide`, and what `explain` tells of it."""

import json
from typing import Any

import pytest

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.permits import NOT_A_REVIEWER
from conviction_gate.registry import Registry
from tests.support.instance import Instance
from tests.support.readability import grade
from tests.support.sent_messages import a_booking, a_conviction

AGENCY = "CAZZ00313"
WHY = ("--reason", "read the docket", "--by", "r-7")


def charges(*codes: str) -> list[dict[str, str]]:
    return [{"charge_id": str(n), "scheme": "CA-VC", "code": code} for n, code in enumerate(codes, 1)]


async def opened(instance: Instance, number: str, *codes: str, **expected: Any) -> str:
    """A case with charges of these codes, once it stands as expected."""
    booked = a_booking(number, agency=AGENCY, charges=charges(*codes))
    await instance.gate("start", "-", stdin=json.dumps(booked))
    case = f"booking-case:{AGENCY}:{number}"
    await instance.until(case, **expected)
    return case


async def sent(instance: Instance, number: str, **message: Any) -> None:
    named = {"agency": AGENCY, "tracking_number": number} | message
    await instance.gate("send", "-", stdin=json.dumps(named))


async def listed(instance: Instance) -> dict[str, list[dict[str, Any]]]:
    """The questions that stand, by case."""
    said = json.loads(await instance.gate("review", "list", "--agency", AGENCY, "--json"))
    return {one["case_id"]: one["questions"] for one in said}


async def kept(instance: Instance, case: str) -> tuple[Facts, tuple[str, ...]]:
    """What the registry holds of a case that has ended: its facts, and what decided it."""
    async with await Registry.open(Settings(data=instance.data).registry) as registry:
        ended = await registry.recorded_case(case)
    assert ended is not None
    return ended.facts, ended.result.grounds


async def test_a_person_answers_the_question_that_stands_and_no_other(shared_instance: Instance) -> None:
    gate = shared_instance.gate
    case = await opened(shared_instance, "V-1", "no such code", "23109(a)", status="needs_review")
    while case not in (asked := await listed(shared_instance)):
        pass  # the list follows the cases after a moment
    assert [question["charge_id"] for question in asked[case]] == ["1", "2"]
    said = await gate("review", "list", "--agency", AGENCY)
    assert "What kind of offense is charge 1 (CA-VC no such code)?" in said
    command = f"conviction-gate review decide {AGENCY}:V-1 RULING --charge 2 --reason WHY --by ID"
    assert command in said

    decide = ("review", "decide", case)
    said = await gate(*decide, "conviction", "--charge", "1", *WHY, code=1)
    assert "RULING: 'conviction' does not answer: What kind of offense is charge 1" in said
    assert "name one of 1, 2" in await gate(*decide, "dui", *WHY, code=1)
    assert "--by: empty" in await gate(*decide, "dui", "--reason", "x", "--by", " ", code=2)
    assert (await shared_instance.show(case))["messages_total"] == 1

    said = await gate(*decide, "minor_traffic", "--charge", "1", *WHY)
    assert said == f"{AGENCY}:V-1: ruled minor_traffic by r-7: read the docket (needs_review)\n"
    known = ("--message-id", "r-1", "--json")
    for is_duplicate in (False, True):
        answer = json.loads(await gate(*decide, "minor_traffic", *WHY, *known))
        assert (answer["status"], answer["duplicate"]) == ("waiting_for_court", is_duplicate)
    assert "it is waiting_for_court" in await gate(*decide, "minor_traffic", *WHY, code=1)
    assert (await shared_instance.show(case))["questions"] == []
    while case in await listed(shared_instance):
        pass

    said = await gate("explain", case)
    assert 'a person ruled: "ruled minor_traffic by r-7: read the docket"' in said
    assert "Only minor traffic and a clean record; the case waits for the court" in said


async def test_whoever_may_not_rule_is_told_so_and_sends_nothing(
    shared_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await opened(shared_instance, "V-5", "no such code", status="needs_review")
    monkeypatch.setenv("CONVICTION_GATE_REVIEWERS", "r-9")
    decide = ("review", "decide", case, "minor_traffic", *WHY)
    assert NOT_A_REVIEWER in await shared_instance.gate(*decide, code=1)
    shown = await shared_instance.show(case)
    assert (shown["status"], shown["messages_total"], shown["rejected_total"]) == ("needs_review", 1, 0)


async def test_a_ruling_is_kept_in_the_outcome(shared_instance: Instance) -> None:
    case = await opened(shared_instance, "V-2", "12500(a)", status="waiting_for_court")
    entry = {"message_id": "plea", "charge_id": "1", "occurred_on": "2012-07-01", "entry": "deferred_with_plea"}
    await sent(shared_instance, "V-2", type="court_update", **entry)
    await shared_instance.until(case, rule="review.unclear_disposition")
    decide = ("review", "decide", case, "conviction", *WHY, "--message-id", "r-2")
    assert "(flagged)" in await shared_instance.gate(*decide)

    facts, grounds = await kept(shared_instance, case)
    assert grounds == ("plea", "r-2")
    ruling = facts.rulings[0]
    assert (ruling.decision.reviewer, ruling.decision.reason) == ("r-7", "read the docket")
    assert (ruling.question.rule, ruling.question.charge_id) == ("review.unclear_disposition", "1")
    assert (await shared_instance.flags(case))[0]["grounds"] == ["plea", "r-2"]
    shown = await shared_instance.show(case)
    assert shown["questions"] == []
    assert shown["messages"][-1]["effect"] == "ruled conviction by r-7: read the docket"
    # What was sent before is reported as a duplicate, years later too.
    assert "this message was part of it" in await shared_instance.gate(*decide)
    assert "has no open question" in await shared_instance.gate(*decide[:-2], code=1)


async def test_a_ruling_on_the_record_is_kept_in_the_outcome(shared_instance: Instance) -> None:
    deferred = {"records": [{"disposition": "expunged"}], "subject": {"fbi_number": "F-V-3"}}
    await shared_instance.gate("history", "import", "-", stdin=json.dumps(deferred))
    case = await opened(shared_instance, "V-3", "12500(a)", status="needs_review")
    decide = ("review", "decide", case, "history_not_clean", *WHY, "--message-id", "r-3")
    assert "(flagged)" in await shared_instance.gate(*decide)
    facts, grounds = await kept(shared_instance, case)
    assert grounds == ("r-3",)
    assert facts.rulings[0].question.rule == "review.unclear_history"


async def test_an_ended_case_explains_itself_to_anybody(shared_instance: Instance) -> None:
    case = await opened(shared_instance, "V-4", "12500(a)", status="waiting_for_court")
    await shared_instance.gate(
        "send", "conviction", "-", stdin=json.dumps({"case_id": case, **a_conviction("V-4")})
    )
    await shared_instance.until(case, status="flagged", flag_status="active")
    said = json.loads(await shared_instance.gate("explain", f"{AGENCY}:V-4", "--json"))
    parts = {part["title"]: part["lines"] for part in said["parts"]}
    assert "Charge 1 ended in a conviction for a crime." in parts["The decision"]
    assert 'It rests on these messages: "court-V-4".' in parts["The decision"]
    assert grade("\n\n".join(line for lines in parts.values() for line in lines)) <= 8
    assert "F-V-4" not in json.dumps(said)
    assert "no case" in await shared_instance.gate("explain", f"{AGENCY}:V-99", code=1)


async def test_without_a_server_it_says_so(instance: Instance) -> None:
    said = await instance.gate("review", "decide", f"{AGENCY}:V-9", "dui", *WHY, code=2)
    assert said.startswith("error: ")
    assert len(said.splitlines()) == 1
