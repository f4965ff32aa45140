"""A case whose run was ended from outside, by an operator or a failure: it says so, and how it can go on."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from conviction_gate.client.diagnostics import Diagnostics
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.policy import reopen
from conviction_gate.registry import Registry
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking, a_conviction

AGENCY = "CAZZ00313"
WHY = ("--reason", "refiled as 14CR-7", "--by", "clerk-7")


def named(number: str, **fields: Any) -> str:
    return json.dumps({"agency": AGENCY, "tracking_number": number} | fields)


async def test_a_case_that_was_ended_from_outside_goes_on_with_all_it_was_told(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance.up()
    gate, case = instance.gate, f"booking-case:{AGENCY}:X-1"
    booked, convicted = json.dumps(a_booking("X-1", agency=AGENCY)), named("X-1", **a_conviction("X-1"))
    await gate("start", "-", stdin=booked)
    update = {"message_id": "u-1", "charge_id": "1", "occurred_on": "2012-09-03", "entry": "continuance"}
    await gate("send", "court_update", "-", stdin=named("X-1", **update))
    await instance.until(case, status="waiting_for_court", messages_total=2)
    await instance.run("temporal", "workflow", "terminate", "--workflow-id", case, "--reason", "a slip")
    while (shown := await instance.show(case))["stopped"] is None:
        await asyncio.sleep(0.2)
    assert shown["needs_attention"]
    command = f"temporal workflow reset --workflow-id {case} --type LastWorkflowTask --reason WHY"
    for said in (
        await gate("show", case),
        await gate("start", "-", stdin=booked, code=1),
        await gate("send", "conviction", "-", stdin=convicted, code=1),
        await gate("reopen", case, *WHY, code=1),
    ):
        assert command in said
    assert "(terminated)" in await gate("list")

    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    await broken_off(case)

    await instance.run(*command.split()[:-1], "a slip")
    assert (await instance.until(case, stopped=None))["messages_total"] == 2
    await gate("send", "conviction", "-", stdin=convicted)
    await instance.until(case, status="flagged")
    await broken_off(None)

    correction = f"flag-correction:{AGENCY}:X-1:k-1"
    begun = ("--type", "FlagCorrection", "--task-queue", "nobody", "--input", "{}")
    await instance.run("temporal", "workflow", "start", "--workflow-id", correction, *begun)
    await instance.run("temporal", "workflow", "terminate", "--workflow-id", correction, "--reason", "a slip")
    await broken_off(correction)


async def broken_off(workflow_id: str | None) -> None:
    """Wait until `doctor` names this run, or none, as one that was ended from outside."""
    while True:  # visibility follows after a moment
        async with Diagnostics(Settings()) as checks:
            found = (await checks.results())["interrupted runs"]
        if found.level == ("fail" if workflow_id else "ok"):
            assert workflow_id is None or workflow_id in found.found
            return


async def test_a_reopened_case_without_a_run_says_so_and_can_be_opened_once_more(
    shared_instance: Instance,
) -> None:
    gate, case = shared_instance.gate, f"booking-case:{AGENCY}:X-2"
    await gate("start", "-", stdin=json.dumps(a_booking("X-2", agency=AGENCY)))
    ended = {"message_id": "d-1", "charge_id": "1", "decided_on": "2013-07-15", "disposition": "dismissed"}
    await gate("send", "dismissal", "-", stdin=named("X-2", **ended))
    await shared_instance.until(case, status="cleared")
    await only_on_record(shared_instance, case)
    shown = await shared_instance.show(case)
    assert "no workflow runs for it" in shown["stopped"]
    convicted = named("X-2", **a_conviction("X-2"))
    for said in (
        await gate("show", case),
        await gate("start", "-", stdin=json.dumps(a_booking("X-2", agency=AGENCY)), code=1),
    ):
        assert f"`conviction-gate reopen {case}`" in said
    assert "no workflow runs for it yet; a correction was started" in await gate(
        "send", "conviction", "-", stdin=convicted
    )
    await gate("reopen", case, "--reason", "its run was lost", "--by", "clerk-8")
    shown = await shared_instance.until(case, status="flagged")  # by what was sent before
    assert (shown["stopped"], shown["reopened"]["by"]) == (None, "clerk-8")


async def only_on_record(instance: Instance, case: str) -> None:
    """What `reopen` does where it dies between the record and the run."""
    reopening = Reopening(by="clerk-7", reason="refiled", reopened_at=datetime.now(UTC))
    async with await Registry.open(Settings(data=instance.data).registry) as registry:
        await registry.reopen(case, reopening, reopen)
