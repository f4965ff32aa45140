"""`conviction-gate doctor` on a server that is up, and on a namespace where nothing was set up."""

import json
from datetime import timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from conviction_gate.client import diagnostics
from conviction_gate.client.check_results import CheckResult
from conviction_gate.client.diagnostics import Diagnostics
from conviction_gate.config.settings import Settings
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking

pytestmark = pytest.mark.usefixtures("encrypted")

REVIEW = CheckResult("warn", "1 of 1 open need attention: 1 needs_review", "`conviction-gate list --attention`")


async def test_doctor(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    await instance.up()
    await instance.gate("history", "import", "-", stdin=json.dumps({"subject": {"fbi_number": "F-9"}}))
    for line in (await instance.gate("doctor")).splitlines():
        assert line.startswith("ok\t")

    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    unplaced = [{"charge_id": "1", "scheme": "CA-VC", "code": "no such code"}]
    await instance.gate("start", "-", stdin=json.dumps(a_booking("D-1", charges=unplaced)))
    while (asking := await not_ok()) != {"cases": REVIEW}:  # visibility follows after a moment
        assert asking.keys() <= {"cases"}, asking
    await instance.gate("doctor")

    monkeypatch.setenv("TEMPORAL_NAMESPACE", "bare")
    assert (await not_ok())["server"].found.endswith(" has no namespace bare")
    client = await Client.connect(f"127.0.0.1:{instance.port}")
    day = Duration(seconds=86_400)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace="bare", workflow_execution_retention_period=day)
    )
    while (bare := await not_ok())["search attributes"].next != "run `conviction-gate setup`":
        pass  # the server knows a new namespace after a moment
    assert {name: result.level for name, result in bare.items()} == {
        "retention": "warn",
        "search attributes": "fail",
        "workers": "fail",
        "cases": "fail",
        "slow histories": "fail",
        "unserved": "fail",
        "late reviews": "warn",
    }
    assert bare["cases"].next == "run `conviction-gate setup`"
    assert "--namespace bare --retention 30d" in (bare["retention"].next or "")


async def test_a_history_that_does_not_come(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in instance.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CONVICTION_GATE_HISTORY_URL", "http://127.0.0.1:9/history")  # nobody answers there
    await instance.up()
    await instance.gate("start", "-", stdin=json.dumps(a_booking("D-2")))
    assert (await not_ok()).keys() == {"histories"}  # it has not waited for an hour
    monkeypatch.setattr(diagnostics, "HISTORY_WITHIN", timedelta(0))
    while "slow histories" not in (asking := await not_ok()):  # visibility follows after a moment
        pass
    slow = asking["slow histories"]
    assert (slow.level, slow.found) == ("warn", "1 case has waited for a history for 0 s or more")
    assert "conviction-gate list --status checking_history" in (slow.next or "")


async def not_ok() -> dict[str, CheckResult]:
    """What a person would look at."""
    async with Diagnostics(Settings()) as checks:
        results = await checks.results()
    return {name: result for name, result in results.items() if result.level != "ok"}
